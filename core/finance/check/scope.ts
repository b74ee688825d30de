// Which figures are the same concept in this document: when all money is general public budget, 部门 and 财政拨款 figures coincide.
import type { BalanceItem, Disclosure, FundSource } from '../model.ts';

const zero = (v: string | null | undefined) => v == null || !/[1-9]/.test(v);
const nothing = (i: BalanceItem) => Object.values(i.figures).every((c) => zero(c?.value));

/** Names concepts; `single` means the general public budget is the only money and nothing is carried over. */
export class Scope {
  /** True when known that only the general public budget feeds this unit and nothing is carried over. */
  readonly single: boolean;
  /** The same for the appropriations alone (no fund, no state capital, no carry-over). */
  readonly plainAppropriation: boolean;
  /** Money carried over stands among the appropriations: their columns are more than this year's budget. */
  readonly carried: boolean;
  private readonly budget: boolean;
  constructor(d: Disclosure) {
    this.budget = d.kind !== 'final-account';
    let single: boolean | null = null;
    let plain: boolean | null = null;
    for (const b of d.balances) {
      const general = b.income.some((i) => i.source === 'general' && !nothing(i));
      const carry =
        [...b.income, ...b.expenditure].some((i) => /结转|结余|弥补|使用非财政拨款/.test(i.name) && !nothing(i)) ||
        [...b.income, ...b.expenditure].some((i) => i.role === 'carry' && !nothing(i));
      const others = b.income.some((i) => i.role !== 'total' && i.role !== 'group' && i.source !== 'general' && !nothing(i));
      const only = general && !carry && !others;
      if (b.table.kind === 'income-expenditure') single = (single ?? true) && only;
      else plain = (plain ?? true) && only;
    }
    if (single === null) {
      const income = d.functional.find((v) => v.table.kind === 'income');
      if (income)
        single = income.rows.every((r) =>
          Object.entries(r.figures).every(
            ([k, c]) =>
              ['total', 'general', 'prior'].includes(k) ||
              !['fund', 'capital', 'special-account', 'business', 'superior', 'subordinate', 'operating', 'other', 'carry-over'].includes(k) ||
              zero(c?.value),
          ),
        );
    }
    this.carried = d.balances.some(
      (b) => b.table.kind === 'appropriation-summary' && [...b.income, ...b.expenditure].some((i) => (i.role === 'carry' || /结转|结余/.test(i.name)) && !nothing(i)),
    );
    this.single = single ?? false;
    this.plainAppropriation = plain ?? this.single;
  }
  private fund(scope: string): string {
    if (scope === 'all' && this.single) return 'general';
    if (scope === 'appr' && (this.plainAppropriation || this.single)) return 'general';
    return scope;
  }
  /** Scope of a fund column of the appropriation summary. */
  column(fund: string): string {
    return this.carried ? `carried-${fund}` : fund;
  }
  expenditure(scope: string, code: string, measure: string): string {
    if (code === '0' && measure === 'total') return this.total(scope, 'expenditure', '0');
    return `E:${this.fund(scope)}:${code}:${measure}`;
  }
  /** Row of an income table by functional code. */
  income(code: string, measure: string): string {
    if (code === '0') return measure === 'total' ? this.total('all', 'income', '0') : `I:all:0:${measure}`;
    return this.single && this.budget && measure === 'total' ? `E:general:${code}:total` : `IC:${code}:${measure}`;
  }
  source(code: string, source: string): string {
    if (this.single && source === 'general') return this.income(code, 'total');
    return code === '0' ? `IS:all:${source}` : `IC:${code}:${source}`;
  }
  incomeSource(kind: string, source: FundSource, name: string): string {
    if (source === 'general' && (kind === 'appr' ? this.plainAppropriation || this.single : this.single)) return this.total('general', 'income', '0');
    if (source === 'general') return this.total('general', 'income', '0');
    return source === 'other' ? `IS:${kind}:other:${name}` : source === 'fund' || source === 'capital' ? `IS:all:${source}` : `IS:${kind}:${source}`;
  }
  /** Totals: in a budget fed by one source alone income and expenditure are the same figure. */
  total(scope: string, side: 'income' | 'expenditure', which: string): string {
    const f = this.fund(scope);
    if (f === 'general' && (scope !== 'general' || this.single || this.plainAppropriation) && this.budget) return `E:general:0:total`;
    return side === 'expenditure' ? `E:${f}:0:${which === 'grand' ? 'grand' : 'total'}` : `I:${f}:0:${which === 'grand' ? 'grand' : 'total'}`;
  }
  economic(prefix: 'B' | 'P' | 'BG' | 'PG', code: string, measure: string): string {
    if (code === '0' && measure === 'total') return this.expenditure('general', '0', prefix.startsWith('B') ? 'basic' : 'project');
    return `${prefix}:${code}:${measure}`;
  }
}
