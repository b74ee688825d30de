// Parts named in words against their whole, and their changes against its change.
import type { Disclosure } from '../model.ts';
import { decimal } from '../rounding.ts';
import type { Book } from './facts.ts';
import { type Said, contradictory, sign } from './said.ts';

/** Parts named in words against their whole. */
export function sums(book: Book, d: Disclosure, said: Said[]): void {
  const skip = contradictory(d);
  const partsOf = (x: Said, topics: string[]) => said.filter((y) => y.s.within === x.index && y.amount && !y.budget && topics.includes(y.s.topic));
  for (const x of said) {
    if (!x.amount || x.budget || skip.has(x.index)) continue;
    const t = x.s.topic;
    if (t === 'income-total' || t === 'expenditure-total' || t === 'appropriation-income' || t === 'appropriation-expenditure') {
      const parts = partsOf(x, t.includes('income') ? ['source', 'appropriation-income'] : ['functional']).filter((y) => y !== x);
      if (
        parts.length > 0 &&
        !parts.some((y) => skip.has(y.index)) &&
        new Set(parts.map((y) => y.concept)).size === parts.length &&
        !parts.some((y) => (y.s.path?.length ?? 1) > 1)
      ) {
        const sum = parts.reduce((s, y) => s + y.amount!.fen, 0);
        const complete = listed(d, t, parts.length);
        if (sum > x.amount.fen || complete)
          book.sum(
            'narrative-sum',
            x.amount,
            parts.map((y) => y.amount),
            complete ? {} : { soft: '文字没有列出全部来源或科目' },
          );
        else
          book.sum(
            'narrative-sum',
            x.amount,
            parts.map((y) => y.amount),
            { soft: '文字可能没有列出全部项目' },
          );
      }
    }
    if (t === 'three-public') {
      const parts = said.filter(
        (y) =>
          y.amount &&
          !y.budget &&
          y.s.paragraph === x.s.paragraph &&
          y.index > x.index &&
          y.index <= x.index + 8 &&
          ['abroad', 'reception', 'vehicles', 'vehicle-running', 'vehicle-purchase'].includes(y.s.topic),
      );
      const first = uniqueTopics(parts);
      const tops = first.has('vehicles') ? ['abroad', 'vehicles', 'reception'] : ['abroad', 'reception', 'vehicle-running', 'vehicle-purchase'];
      const used = tops.map((k) => first.get(k)).filter((y) => y !== undefined);
      if (used.length >= 3)
        book.sum(
          'narrative-sum',
          x.amount,
          used.map((y) => y.amount),
        );
      changeSum(book, x, used, used.length === tops.length);
    }
    if (t === 'vehicles') {
      const first = uniqueTopics(
        said.filter(
          (y) => y.amount && y.s.paragraph === x.s.paragraph && y.index > x.index && y.index <= x.index + 4 && ['vehicle-running', 'vehicle-purchase'].includes(y.s.topic),
        ),
      );
      if (first.size === 2)
        book.sum(
          'narrative-sum',
          x.amount,
          [...first.values()].map((y) => y.amount),
        );
    }
    if (t === 'procurement') {
      const first = uniqueTopics(said.filter((y) => y.amount && y.s.within === x.index && y.s.topic.startsWith('procurement-')));
      if (first.size > 0)
        book.sum(
          'narrative-sum',
          x.amount,
          [...first.values()].map((y) => y.amount),
          first.size >= 2 || x.amount.fen === [...first.values()][0]!.amount!.fen ? {} : { soft: '文字没有列出全部采购类别' },
        );
    }
    if (t === 'basic') {
      const section = d.paragraphs[x.s.paragraph]?.section ?? null;
      const near = (y: Said) => (d.paragraphs[y.s.paragraph]?.section ?? null) === section && y.amount !== null;
      const total = said.slice(0, x.index).findLast((y) => near(y) && ['appropriation-expenditure', 'expenditure-total'].includes(y.s.topic));
      const next = said.findIndex((y) => y.index > x.index && y.s.topic === 'basic' && y.amount !== null);
      const project = said.find((y) => y.index > x.index && (next < 0 || y.index < next) && near(y) && y.s.topic === 'project');
      const other = said.some((y) => near(y) && y.s.within === total?.index && /经营支出|上缴上级|对附属/.test(y.s.subject));
      if (total && project && !other) {
        book.sum('narrative-sum', total.amount!, [x.amount, project.amount]);
        changeSum(book, total, [x, project], true);
      }
      const inner = uniqueTopics(said.filter((y) => y.index > x.index && y.index <= x.index + 4 && y.amount && near(y) && (y.s.topic === 'personnel' || y.s.topic === 'public')));
      if (inner.size === 2)
        book.sum(
          'narrative-sum',
          x.amount,
          [...inner.values()].map((y) => y.amount),
        );
    }
  }
  // 支出较上年减少 X，主要是基本支出增加 A、项目支出减少 B: changes told alone.
  for (const x of said) {
    if (!x.change || !['income-total', 'expenditure-total'].includes(x.s.topic)) continue;
    const first = uniqueTopics(said.filter((y) => y.s.within === x.index && y.s.changeOnly && y.change && (y.s.topic === 'basic' || y.s.topic === 'project')));
    if (first.size === 2) changeSum(book, x, [...first.values()], true);
  }
}

const uniqueTopics = (list: Said[]): Map<string, Said> => {
  const m = new Map<string, Said>();
  for (const y of list) if (!m.has(y.s.topic)) m.set(y.s.topic, y);
  return m;
};

/** Whether a list of parts is as long as the table has such parts. */
function listed(d: Disclosure, topic: string, n: number): boolean {
  const balance = d.balances.find((b) => b.table.kind === (topic.startsWith('appropriation') ? 'appropriation-summary' : 'income-expenditure')) ?? d.balances[0];
  if (!balance) return false;
  const side = topic.includes('income') ? balance.income : balance.expenditure;
  const items = side.filter((i) => i.role === 'item' || i.role === 'carry').filter((i) => Object.values(i.figures).some((c) => c?.value && /[1-9]/.test(c.value)));
  return items.length > 0 && n >= items.length;
}

/** Σ signed changes of the parts = signed change of the whole, when every part states one. */
function changeSum(book: Book, whole: Said, parts: Said[], complete: boolean): void {
  if (!complete || !whole.change || !whole.s.direction) return;
  const terms = [{ fact: whole.change, coef: 1 }];
  for (const p of parts) {
    if (p.s.direction === 'flat') continue;
    if (!p.change || !p.s.direction) return;
    terms.push({ fact: p.change, coef: -sign(p.s) * sign(whole.s) });
  }
  if (terms.length < 2) return;
  book.equation('narrative-sum', terms, {
    say: (e) =>
      `${whole.change!.label}${whole.change!.value}${whole.change!.unit}，而各分项增减相抵为${decimal(Math.abs(whole.change!.fen - e.off), whole.change!.unit)}${whole.change!.unit}，相差${decimal(Math.abs(e.off), whole.change!.unit)}${whole.change!.unit}`,
  });
}
