// Published tables as typed objects, and the one grid of cells that every format prints from.
import type { MoneyUnit, TableKind } from '../model.ts';
import { decimal } from '../rounding.ts';

/** A money amount (fen), a percentage with one decimal, a word, or nothing. */
export type Value = { fen: number } | { percent: number } | string | null;

export interface OutColumn {
  /** Stable English key, unique in the table. */
  key: string;
  /** Headings from top to bottom; equal headings side by side are one merged cell. */
  path: string[];
  type: 'code' | 'name' | 'money' | 'percent' | 'text';
}

export interface OutRow {
  /** Aligned with the columns; missing cells at the end are blank. */
  cells: Value[];
  /** 0 合计, 1 类, 2 款, 3 项; null where there is no hierarchy. */
  level: number | null;
}

/** A cell of a printed grid. Covered positions have no cell. */
export interface GridCell {
  value: Value;
  columnSpan: number;
  rowSpan: number;
  look: 'head' | 'label' | 'total' | 'cell';
  align: 'left' | 'center' | 'right';
  /** Classification level, for indenting names. */
  indent: number;
}
export interface GridRow {
  head: boolean;
  /** Cell and the column (from 0) it begins at. */
  cells: { at: number; cell: GridCell }[];
}

export interface OutTable {
  /** 表一 … in the order of printing. */
  label: string;
  title: string;
  kind: TableKind;
  moneyUnit: MoneyUnit;
  columns: OutColumn[];
  rows: OutRow[];
  /** Filled forms (target sheets) are laid out by hand. */
  form?: GridRow[];
  /** 备注 and remarks. */
  notes: string[];
  /** Published without figures. */
  empty: boolean;
  /** Relative widths of the columns. */
  widths: number[];
  /** Wider than a page is high: printed across. */
  landscape: boolean;
}

const grouped = (digits: string): string => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
/** Fen as it is printed: 1,587.88 (two decimals, thousands separated). */
export function printed(fen: number, unit: MoneyUnit): string {
  const [whole, fraction] = decimal(fen, unit).split('.') as [string, string];
  return `${whole.startsWith('-') ? '-' : ''}${grouped(whole.replace('-', ''))}.${fraction}`;
}
/** A value as printed text; amounts of zero are blank except where a total is due. */
export function textOf(value: Value, unit: MoneyUnit): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if ('percent' in value) return value.percent.toFixed(1).replace(/^-0\.0$/, '0.0');
  return printed(value.fen, unit);
}

const blank: GridCell = { value: null, columnSpan: 1, rowSpan: 1, look: 'cell', align: 'left', indent: 0 };
export const cellOf = (value: Value, more: Partial<GridCell> = {}): GridCell => ({ ...blank, value, ...more });

/** Header rows: equal neighbours merge across, a heading with nothing below it reaches down. */
function headOf(columns: OutColumn[]): GridRow[] {
  const depth = Math.max(1, ...columns.map((c) => c.path.length));
  const taken = columns.map(() => new Set<number>());
  const rows: GridRow[] = [];
  for (let r = 0; r < depth; r += 1) {
    const cells: GridRow['cells'] = [];
    for (let c = 0; c < columns.length; c += 1) {
      if (taken[c]!.has(r)) continue;
      const text = columns[c]!.path[r];
      if (text === undefined) continue;
      const last = columns[c]!.path.length === r + 1;
      const rowSpan = last ? depth - r : 1;
      let columnSpan = 1;
      const lead = columns[c]!.path.slice(0, r + 1).join('\n');
      if (!last)
        while (columns[c + columnSpan] && columns[c + columnSpan]!.path.length > r + 1 && columns[c + columnSpan]!.path.slice(0, r + 1).join('\n') === lead) columnSpan += 1;
      for (let x = c; x < c + columnSpan; x += 1) for (let y = r; y < r + rowSpan; y += 1) taken[x]!.add(y);
      cells.push({ at: c, cell: cellOf(text, { look: 'head', align: 'center', columnSpan, rowSpan }) });
    }
    rows.push({ head: true, cells });
  }
  return rows;
}

/** The grid of a table: header rows, then the body; forms as they were laid out. */
export function gridOf(table: OutTable): GridRow[] {
  if (table.form) return table.form;
  const names = table.columns.findIndex((c) => c.type === 'name');
  const body = table.rows.map((row): GridRow => ({
    head: false,
    cells: row.cells.map((value, i) => {
      const type = table.columns[i]!.type;
      return {
        at: i,
        cell: cellOf(value, {
          look: row.level === 0 ? 'total' : 'cell',
          align: type === 'money' || type === 'percent' ? 'right' : 'left',
          indent: i === names && row.level !== null ? Math.max(0, row.level - 1) : 0,
        }),
      };
    }),
  }));
  return [...headOf(table.columns), ...body];
}

/** Cells without a value still need their place: fills the positions that no cell covers. */
export function filled(rows: GridRow[], columns: number): GridRow[] {
  const taken = rows.map(() => new Array<boolean>(columns).fill(false));
  rows.forEach((row, r) => {
    for (const { at, cell } of row.cells)
      for (let y = r; y < Math.min(rows.length, r + cell.rowSpan); y += 1) for (let x = at; x < Math.min(columns, at + cell.columnSpan); x += 1) taken[y]![x] = true;
  });
  return rows.map((row, r) => {
    const cells = [...row.cells];
    for (let x = 0; x < columns; x += 1) if (!taken[r]![x]) cells.push({ at: x, cell: cellOf(null) });
    return { ...row, cells: cells.toSorted((a, b) => a.at - b.at) };
  });
}

/** Amount, or blank when it is zero. */
export const amount = (fen: number): Value => (fen === 0 ? null : { fen });
/** Amount, printed even when it is zero. */
export const whole = (fen: number): Value => ({ fen });
