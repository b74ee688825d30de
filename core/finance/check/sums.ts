// Sums inside a table: hierarchies of codes, rows across, totals left blank although their parts are there.
import type { ColumnRole, Table } from '../model.ts';
import type { RuleKind } from '../pack.ts';
import type { Book, Fact } from './facts.ts';

export const sources: ColumnRole[] = [
  'general',
  'fund',
  'capital',
  'special-account',
  'business',
  'superior',
  'subordinate',
  'operating',
  'other',
  'carry-over',
  'carry-general',
  'carry-fund',
  'carry-capital',
];
export const columnName = (table: Table, role: ColumnRole): string => {
  const c = table.columns.find((x) => x.role === role);
  return c?.path.at(-1)?.replace(/\s/g, '') || role;
};
export const rowName = (row: { code: string | null; name: string | null }): string => `${row.code ?? ''}${(row.name ?? '').replace(/\s/g, '')}`;
export const label = (table: Table, row: { code: string | null; name: string | null }, role: ColumnRole): string => `${table.id}“${rowName(row)}”${columnName(table, role)}`;

/** Nearest listed ancestor of a code; null when it stands directly under the total. */
export function parentOf(code: string, listed: ReadonlyMap<string, unknown>): string | null {
  for (let n = code.length - 1; n >= 3; n -= 1) if (listed.has(code.slice(0, n))) return code.slice(0, n);
  return null;
}

export interface CodedRow {
  code: string | null;
  name: string | null;
  level: number | null;
  row: number;
  facts: Map<ColumnRole, Fact>;
}

/** Parent = Σ children for every column; the total row = Σ of the top rows. */
export function hierarchy(book: Book, table: Table, rows: CodedRow[], columns: ColumnRole[]): void {
  const byCode = new Map<string, CodedRow>();
  for (const r of rows) if (r.code && /^\d{3,9}$/.test(r.code) && !byCode.has(r.code)) byCode.set(r.code, r);
  const total = rows.find((r) => r.level === 0 || (!r.code && /^(合计|总计|支出合计|本年支出合计)$/.test((r.name ?? '').replace(/\s/g, ''))));
  const children = new Map<string, CodedRow[]>();
  for (const r of byCode.values()) {
    const p = parentOf(r.code!, byCode) ?? '';
    const list = children.get(p);
    if (list) list.push(r);
    else children.set(p, [r]);
  }
  // Rows that carry figures but no code: an addend of unknown place, used only where a sum needs it.
  const loose = rows.filter((r) => !r.code && r !== total && r.level !== 0 && r.facts.size > 0);
  const nodes: [CodedRow | undefined, CodedRow[]][] = [[total, children.get('') ?? []]];
  for (const [code, list] of children) if (code) nodes.push([byCode.get(code), list]);
  for (const [parent, kids] of nodes) {
    if (!parent || kids.length === 0) continue;
    for (const column of columns) {
      const parts = kids.map((k) => k.facts.get(column) ?? null).filter((f) => f !== null);
      // A spreadsheet error in the column is reported as such; what it hides cannot be added up.
      const broken = table.columns.findIndex((c) => c.role === column);
      if (broken >= 0 && [parent, ...kids].some((k) => table.rows[k.row]!.cells[broken]?.notes?.includes('error-value'))) continue;
      const sum = parts.reduce((s, f) => s + f.fen, 0);
      const stated = parent.facts.get(column);
      const spare = loose.map((l) => l.facts.get(column)).filter((f) => f !== undefined);
      if (!stated) {
        if (sum !== 0 && !spare.some((f) => f.fen === sum)) missing.get(book)?.push({ table, row: parent.row, column, sum, parts });
        continue;
      }
      if (parts.length === 0 && column === 'prior') continue;
      if (stated.fen !== sum && spare.length > 0) {
        const extra = spare.find((f) => f.fen === stated.fen - sum);
        if (extra) {
          book.sum('hierarchy-sum', stated, [...parts, extra]);
          continue;
        }
      }
      book.sum('hierarchy-sum', stated, parts);
    }
  }
}

/** Totals left blank although their parts are published, found while building sums. */
export interface MissingTotal {
  table: Table;
  row: number;
  column: ColumnRole;
  sum: number;
  parts: Fact[];
}
const missing = new WeakMap<Book, MissingTotal[]>();
export const missingTotals = (book: Book): MissingTotal[] => {
  const list = missing.get(book) ?? [];
  missing.set(book, list);
  return list;
};

/** Rows of 三公 tables whose total stands under 小计. */
const shiftedRows = new WeakMap<Book, MissingTotal[]>();
export const shifted = (book: Book): MissingTotal[] => {
  const list = shiftedRows.get(book) ?? [];
  shiftedRows.set(book, list);
  return list;
};

export function rowSum(book: Book, table: Table, row: CodedRow, parts: ColumnRole[], kind: RuleKind = 'row-sum', extra: (Fact | undefined)[] = []): void {
  const facts = [...parts.map((p) => row.facts.get(p)), ...extra].filter((f) => f !== undefined);
  const total = row.facts.get('total');
  if ([...parts, 'total' as const].some((p) => table.rows[row.row]!.cells[table.columns.findIndex((c) => c.role === p)]?.notes?.includes('error-value'))) return;
  if (!total) {
    if (facts.length > 0 && table.columns.some((c) => c.role === 'total'))
      missingTotals(book).push({ table, row: row.row, column: 'total', sum: facts.reduce((s, f) => s + f.fen, 0), parts: facts });
    return;
  }
  if (parts.length === 0 && extra.length === 0) return;
  const cells = table.rows[row.row]!.cells;
  const unknown = table.columns.some((c, i) => c.role === 'text' && cells[i]?.value != null && /[1-9]/.test(cells[i]!.value!));
  book.sum(kind, total, facts, unknown ? { soft: '表中有未能识别的数字列' } : {});
}
