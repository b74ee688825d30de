// What the narrative said, statement by statement, with the facts it stated: shared by the checks that compare it.
import type { Disclosure, MoneyUnit, Statement } from '../model.ts';
import { decimal } from '../rounding.ts';
import type { Fact } from './facts.ts';
import type { Collector } from './report.ts';

/** The unit of money, where it is one. */
export const money = (unit: string | undefined): MoneyUnit | null => (unit === '元' || unit === '万元' ? unit : null);
export const sign = (s: Statement): number => (s.direction === 'decrease' ? -1 : 1);

export interface Said {
  s: Statement;
  /** A budget figure quoted in a final account. */
  budget: boolean;
  index: number;
  concept: string | null;
  amount: Fact | null;
  change: Fact | null;
  prior: Fact | null;
  /** Last year's amount as the sentence itself gives it. */
  base: Fact | null;
}

/** The total named last before a part, in the same section. */
export function totalBefore(d: Disclosure, said: Said[], x: Said): Statement | null {
  const section = d.paragraphs[x.s.paragraph]?.section ?? null;
  const found = said
    .slice(0, x.index)
    .findLast(
      (y) =>
        y.amount &&
        y.s.within === null &&
        (/^(expenditure-total|appropriation-expenditure)$/.test(y.s.topic) || (y.s.topic === 'source' && y.s.fund === 'general')) &&
        (d.paragraphs[y.s.paragraph]?.section ?? null) === section,
    );
  return found?.s ?? null;
}

/** The same item twice in one list with different amounts. */
const repeated = new WeakMap<Disclosure, Set<number>>();
export function repeatedItems(d: Disclosure, said: Said[], out: Collector): void {
  const skip = new Set<number>();
  repeated.set(d, skip);
  const lists = new Map<string, Said[]>();
  for (const x of said)
    if (x.s.within !== null && x.amount && ['functional', 'source'].includes(x.s.topic)) {
      const key = `${x.s.within}/${x.concept}`;
      (lists.get(key) ?? lists.set(key, []).get(key)!).push(x);
    }
  for (const list of lists.values()) {
    if (list.length < 2 || list.every((x) => x.amount!.fen === list[0]!.amount!.fen)) continue;
    const main = list.map((x) => x.amount!);
    out.add('narrative-narrative', {
      places: main.map((f) => f.place),
      figures: main.map((f) => ({ label: f.label, value: f.value })),
      difference: decimal(Math.abs(main[0]!.fen - main[1]!.fen), main[0]!.unit),
      message: `文字说明在同一句中把“${list[0]!.s.subject.replace(/\s/g, '')}”列了${list.length}次，金额分别为${main.map((f) => `${f.value}${f.unit}`).join('、')}，前后矛盾。`,
    });
    list.forEach((x) => skip.add(x.index));
  }
}
/** Statements that contradict themselves in one list: not compared a second time. */
export const contradictory = (d: Disclosure): Set<number> => repeated.get(d) ?? new Set();
