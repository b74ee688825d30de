// What collects figures while they are taken from a read disclosure: amounts in fen, names of codes, what is missing.
import type { Cell, Disclosure, FunctionalRow, MoneyUnit, Table } from '../model.ts';
import { decimal, fenOf } from '../rounding.ts';
import { above, nameOf } from './codes.ts';
import type { ProduceInput } from './input.ts';
import { stepOf } from './publish.ts';

/** A line of spending with both amounts. */
export type Spending = NonNullable<ProduceInput['spending']>[number] & { basic: number; project: number };
export type Lines = { code: string; amount: number }[];

/** A cell in fen; blank is 0. */
export const fen = (cell: Cell | undefined, unit: MoneyUnit): number => (cell?.value == null ? 0 : (fenOf(cell.value, unit) ?? 0));
export const total = (list: readonly { amount: number }[]): number => list.reduce((n, x) => n + x.amount, 0);

/** A disclosure being taken apart. */
export class Reader {
  readonly missing: string[] = [];
  readonly names: Record<string, string> = {};
  readonly d: Disclosure;
  readonly unit: MoneyUnit;
  constructor(d: Disclosure) {
    this.d = d;
    this.unit = d.moneyUnit ?? '万元';
  }
  money(fenValue: number): string {
    return `${decimal(fenValue, this.unit)}${this.unit}`;
  }
  unitOf(table: Table): MoneyUnit {
    return table.moneyUnit ?? this.unit;
  }
  /** Remembers the name of a code that the lists do not know. */
  name(code: string, rows: readonly FunctionalRow[]): void {
    for (const c of [...above(code), code]) {
      if (nameOf(c, this.names) !== null) continue;
      const found = rows.find((r) => r.code === c)?.name;
      if (found) this.names[c] = found.replace(/\s/g, '');
    }
  }
  /** Brings a list to a sum it should have: a difference of roundings goes to the largest line, anything larger is refused. */
  meet(list: Lines, due: number, what: string): boolean {
    const off = due - total(list);
    if (off === 0) return true;
    const step = stepOf(this.unit);
    const largest = list.toSorted((a, b) => b.amount - a.amount)[0];
    const slack = this.unit === '万元' ? (step / 2) * (list.length + 1) : 0;
    if (largest && Math.abs(off) <= slack && largest.amount + off >= 0) {
      largest.amount += off;
      this.missing.push(`${what}合计与应有数${this.money(due)}相差${this.money(Math.abs(off))}（尾差），已并入最大的一项`);
      return true;
    }
    this.missing.push(`${what}合计${this.money(total(list))}，应为${this.money(due)}，相差${this.money(Math.abs(off))}`);
    return false;
  }
  items(rows: readonly FunctionalRow[]): FunctionalRow[] {
    return rows.filter((r) => r.code !== null && /^\d{7}$/.test(r.code));
  }
}
