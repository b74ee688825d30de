// Corrections of what was read: applied to the model in place, so that every view and check sees them. What was there must be what is said.
import { figure } from './read/text.ts';
import type { Cell, Disclosure, Nature, Place, Target } from './model.ts';

export type Correction =
  | { what: 'cell'; table: number; row: number; column: number; from: string; to: string }
  | { what: 'target'; index: number; field: 'indicator' | 'nature' | 'value' | 'unit' | 'weight'; from: string | null; to: string | null }
  | { what: 'statement'; statement: number; field: 'amount' | 'change' | 'percent' | 'share'; from: string; to: string };

/** Why a correction does not fit; null when it was applied. */
export type Refusal = string | null;

const samePlace = (a: Place, b: Place): boolean => a.file === b.file && a.page === b.page && a.line === b.line && a.row === b.row && a.column === b.column;
const isCell = (v: unknown): v is Cell => typeof v === 'object' && v !== null && 'text' in v && 'value' in v && 'place' in v && 'confidence' in v;

/** Every cell object of the model that is a copy of this one (same place, same words) besides the object itself. */
function copiesOf(d: Disclosure, cell: Cell): Cell[] {
  const out = new Set<Cell>();
  const seen = new Set<object>();
  const walk = (v: unknown, depth: number): void => {
    if (v === null || typeof v !== 'object' || depth > 8 || seen.has(v)) return;
    seen.add(v);
    if (isCell(v)) {
      if (v !== cell && v.text === cell.text && samePlace(v.place, cell.place)) out.add(v);
      return;
    }
    for (const x of Array.isArray(v) ? v : Object.values(v)) walk(x, depth + 1);
  };
  walk([d.targetSheets, d.functional, d.economic, d.balances, d.threePublic, d.procurement, d.projects], 0);
  return [...out];
}

function rewrite(cell: Cell, text: string, isFigure: boolean): void {
  cell.text = text;
  cell.value = isFigure ? figure(text).value : null;
  cell.confidence = 1;
  delete cell.notes;
}

/** Columns that hold words: a number there is not a figure. */
const wordRoles = new Set(['code', 'name', 'unit-code', 'unit-name', 'project-name', 'line-number', 'income-name', 'income-line', 'expenditure-name', 'expenditure-line', 'text']);

/** Applies one correction in place, or says why not. */
export function applyCorrection(d: Disclosure, c: Correction): Refusal {
  if (c.what === 'cell') {
    const table = d.tables[c.table];
    const row = table?.rows[c.row];
    const cell = row?.cells[c.column];
    if (!table || !row || !cell) return '没有这一格';
    if (cell.text !== c.from) return `这一格现在是“${cell.text.slice(0, 40)}”，不是“${c.from.slice(0, 40)}”`;
    const column = table.columns[c.column];
    const isFigure = column !== undefined && !wordRoles.has(column.role);
    const copies = copiesOf(d, cell);
    for (const x of [cell, ...copies]) rewrite(x, c.to, isFigure);
    if (column?.role === 'code') row.code = /^\d{3}(\d{2}){0,2}$/.test(c.to.trim()) ? c.to.trim() : row.code;
    if (column?.role === 'name') row.name = c.to.trim() || row.name;
    for (const v of [...d.functional, ...d.economic])
      if (v.table === table)
        for (const r of v.rows)
          if (r.row === c.row) {
            r.code = row.code;
            r.name = row.name;
          }
    return null;
  }
  if (c.what === 'target') {
    const t = d.targets[c.index];
    if (!t) return '没有这个目标';
    const now: string | null = t[c.field];
    if (now !== c.from) return `这一项现在是“${now ?? ''}”，不是“${c.from ?? ''}”`;
    if (c.field === 'indicator') {
      if (!c.to?.trim()) return '指标名称不能为空';
      t.indicator = c.to.trim();
    } else if (c.field === 'nature') {
      if (c.to !== null && !['≥', '≤', '=', '>', '<', '定性'].includes(c.to)) return '指标性质只能是 ≥ ≤ = > < 定性';
      t.nature = c.to as Nature | null;
    } else if (c.field === 'weight') {
      if (c.to !== null && figure(c.to).value === null) return '权重应为数字';
      t.weight = c.to === null ? null : figure(c.to).value;
    } else t[c.field] = c.to?.trim() || null;
    const raw: Cell | null = t.raw[c.field];
    if (raw) {
      // The row of the sheet that the target was read from shows the same words.
      for (const table of d.tables)
        if (table.id === t.table)
          for (const row of table.rows) for (const x of row.cells) if (x.text === raw.text && samePlace(x.place, raw.place)) rewrite(x, c.to ?? '', c.field === 'weight');
      rewrite(raw, c.to ?? '', c.field === 'weight');
    }
    t.confidence = 1;
    return null;
  }
  const s = d.statements[c.statement];
  const f = s?.[c.field];
  if (!s || !f) return '没有这个数字';
  if (f.value !== c.from) return `这个数字现在是“${f.value}”，不是“${c.from}”`;
  if (figure(c.to).value === null) return '应为数字';
  f.value = figure(c.to).value!;
  return null;
}

/** Words for where a correction stands. */
export function whereOf(d: Disclosure, c: Correction): string {
  if (c.what === 'cell') {
    const t = d.tables[c.table];
    const row = t?.rows[c.row];
    return `${t?.id ?? ''} ${row?.name ?? row?.code ?? `第${c.row + 1}行`} ${t?.columns[c.column]?.path.join('/') ?? `第${c.column + 1}列`}`.trim();
  }
  if (c.what === 'target') {
    const t: Target | undefined = d.targets[c.index];
    return `${t?.table ?? ''} ${t?.indicator ?? ''} ${{ indicator: '指标名称', nature: '性质', value: '指标值', unit: '计量单位', weight: '权重' }[c.field]}`.trim();
  }
  const s = d.statements[c.statement];
  return `文字说明 ${s?.subject ?? ''} ${{ amount: '金额', change: '增减', percent: '增减百分比', share: '占比' }[c.field]}`.trim();
}
