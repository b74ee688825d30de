// Tables that list several units: rows of units among rows of codes, and codes that come again under each unit.
import type { FunctionalRow, Table } from '../model.ts';
import { classCodeOf } from '../classification/functional.ts';

const ending =
  /(局|委|办|办公室|中心|院|学校|中学|小学|园|所|站|队|支队|大队|会|部|处|馆|社|政府|街道|办事处|镇|乡|本级|机关|委员会|单位|科|厅|署|台|公司|集团)(（[^）]{1,12}）|\([^)]{1,12}\))?$/;
const plain = (t: string | null) => (t ?? '').normalize('NFKC').replace(/\s/g, '');

/** A row without a code that carries the figures of a whole unit. */
export function isUnitRow(table: Table, row: Pick<FunctionalRow, 'code' | 'name' | 'level' | 'row'>): boolean {
  if (row.code || row.level === 0) return false;
  const name = plain(row.name);
  const at = table.columns.findIndex((c) => c.role === 'unit-name' || c.role === 'unit-code');
  if (at >= 0 && plain(table.rows[row.row]?.cells[at]?.text ?? '') !== '' && !table.columns.some((c) => c.role === 'code' && c !== table.columns[at])) return true;
  return name.length >= 4 && ending.test(name) && classCodeOf(name) === null && !/支出|收入|经费|合计/.test(name);
}

/** Number of the unit each row belongs to (0 before the first unit), by unit rows or by a unit column; null when no code comes twice. */
export function unitBlocks(table: Table, rows: readonly FunctionalRow[]): Map<number, number> | null {
  const codes = new Set<string>();
  let twice = false;
  for (const r of rows) {
    if (!r.code || table.rows[r.row]?.repeats !== undefined) continue;
    if (codes.has(r.code)) twice = true;
    codes.add(r.code);
  }
  if (!twice) return null;
  const column = table.columns.findIndex((c) => c.role === 'unit-code' || c.role === 'unit-name');
  const out = new Map<number, number>();
  let block = 0;
  let last = '';
  for (const r of rows) {
    const unit = column >= 0 ? plain(table.rows[r.row]!.cells[column]!.text) : '';
    if (isUnitRow(table, r) || (unit !== '' && unit !== last)) {
      block += 1;
      last = unit;
    }
    out.set(r.row, block);
  }
  if (block < 2) return null;
  // A code twice within one unit is a repeated row, not another unit.
  return out;
}
