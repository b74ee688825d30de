// The narrative against the tables and against itself: amounts, changes, percentages, shares, directions, counts.
import type { Disclosure, FundSource, MoneyUnit, Statement } from '../model.ts';
import { classCodeOf, functionalCodes, plainName } from '../classification/functional.ts';
import { decimal, fenOf, isRounded, percentVerdict, sumTolerance } from '../rounding.ts';
import type { Book, Fact } from './facts.ts';
import { meanings } from './meaning.ts';
import { type Collector, placeOf } from './report.ts';
import type { Scope } from './scope.ts';

const money = (unit: string | undefined): MoneyUnit | null => (unit === '元' || unit === '万元' ? unit : null);
const sign = (s: Statement): number => (s.direction === 'decrease' ? -1 : 1);
const publicTopics: Partial<Record<Statement['topic'], string>> = {
  'three-public': 'total',
  abroad: 'abroad',
  reception: 'reception',
  vehicles: 'vehicles',
  'vehicle-running': 'vehicle-running',
  'vehicle-purchase': 'vehicle-purchase',
  meeting: 'meeting',
  training: 'training',
};

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

/** Codes of functional rows by their path of names. */
function pathIndex(d: Disclosure): (path: string[]) => string | null {
  const index = new Map<string, string>();
  for (const v of d.functional) {
    const names = new Map<string, string>();
    for (const r of v.rows) if (r.code && r.name) names.set(r.code, plainName(r.name));
    for (const r of v.rows) {
      if (!r.code || !r.name) continue;
      // A table of leaves alone leaves its headings to the classification.
      const chain = [3, 5, 7].filter((n) => n <= r.code!.length).map((n) => names.get(r.code!.slice(0, n)) ?? functionalCodes.get(r.code!.slice(0, n))?.name);
      if (chain.every((x) => x !== undefined)) index.set(chain.map((x) => x!.replace(/支出$/, '')).join('/'), r.code);
    }
  }
  return (path) => index.get(path.map((x) => plainName(x).replace(/支出$/, '')).join('/')) ?? (path.length === 1 ? classCodeOf(path[0]!) : null);
}

/** Concepts a statement may mean, the likeliest first. */
function conceptsOf(s: Statement, parent: Statement | null, scope: Scope, codeOf: (path: string[]) => string | null, covers: { projects: boolean; all: boolean }): string[] {
  const scopes = (): string[] => {
    if (s.fund === 'general') return scope.carried ? ['general', 'carried-general'] : ['general'];
    if (s.fund === 'fund') return ['fund'];
    if (s.fund === 'capital') return ['capital'];
    if (parent?.topic === 'expenditure-total') return ['all'];
    if (parent?.topic === 'source' && parent.fund === 'general') return ['general', 'carried-general', 'all', 'appr'];
    if (parent?.topic === 'appropriation-expenditure') return [parent.fund ?? 'appr', 'general', 'carried-general'];
    return ['general', 'all', 'appr', 'carried-general'];
  };
  switch (s.topic) {
    case 'income-total':
      return /总计|总预算|总决算/.test(s.subject) ? ['I:all:0:grand', scope.total('all', 'income', '0')] : [scope.total('all', 'income', '0'), 'I:all:0:grand'];
    case 'expenditure-total':
      return /总计|总预算|总决算/.test(s.subject) ? ['E:all:0:grand', scope.total('all', 'expenditure', '0')] : [scope.total('all', 'expenditure', '0'), 'E:all:0:grand'];
    case 'appropriation-income':
      return s.fund === 'general'
        ? [scope.total('general', 'income', '0')]
        : /总计|总预算|总决算/.test(s.subject)
          ? ['I:appr:0:grand', scope.total('appr', 'income', '0')]
          : [scope.total('appr', 'income', '0'), 'I:appr:0:grand', scope.total('general', 'income', '0')];
    case 'appropriation-expenditure':
      return s.fund === 'general'
        ? [scope.total('general', 'expenditure', '0')]
        : /总计|总预算|总决算/.test(s.subject)
          ? ['E:appr:0:grand', scope.total('appr', 'expenditure', '0')]
          : [scope.total('appr', 'expenditure', '0'), 'E:appr:0:grand', scope.total('general', 'expenditure', '0')];
    case 'source':
      return s.fund ? [scope.incomeSource('all', s.fund as FundSource, s.subject)] : [];
    case 'basic':
    case 'project':
      return scopes().map((x) => scope.expenditure(x, '0', s.topic));
    case 'personnel':
    case 'public':
      return [`B:0:${s.topic}`];
    case 'functional': {
      const code = s.path ? codeOf(s.path) : null;
      return code ? scopes().map((x) => scope.expenditure(x, code, 'total')) : [];
    }
    case 'government-fund':
      return ['E:fund:0:total'];
    case 'state-capital':
      return ['E:capital:0:total'];
    case 'government-fund-income':
      return ['IS:all:fund'];
    case 'state-capital-income':
      return ['IS:all:capital'];
    case 'procurement':
      return s.fund && !scope.single ? [] : ['PR:total'];
    case 'procurement-goods':
    case 'procurement-works':
    case 'procurement-services':
      return (s.fund || parent?.fund) && !scope.single ? [] : [`PR:${s.topic.slice(12)}`];
    case 'covered-by-targets':
      // Without 均/全部 only some projects are meant, and no table gives their sum.
      return covers.all ? scopes().map((x) => scope.expenditure(x, '0', covers.projects ? 'project' : 'total')) : [];
    default: {
      const part = publicTopics[s.topic];
      return part ? [`T:now:${part}`] : [];
    }
  }
}

/** The total named last before a part, in the same section. */
function totalBefore(d: Disclosure, said: Said[], x: Said): Statement | null {
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

/** What the sentence says is covered by targets: projects or everything, all of them or some. */
function coverage(d: Disclosure, s: Statement): { projects: boolean; all: boolean } {
  const text = d.paragraphs[s.paragraph]?.text ?? '';
  const at = s.amount ? text.indexOf(s.amount.text) : -1;
  const clause = at < 0 ? text : text.slice(Math.max(text.lastIndexOf('。', at), text.lastIndexOf('；', at)) + 1, at);
  return {
    projects: /项目/.test(/整体支出/.test(clause) ? clause.replace(/整体支出/g, '') : text),
    all: /均|全部|所有|全面|(?:的|比例为?)100(?:\.0+)?%/.test(text) || (/整体支出/.test(clause) && !/项目/.test(clause)),
  };
}

const priorOf = (concept: string): string | null =>
  concept.startsWith('T:now:') ? concept.replace('T:now:', 'T:prior:') : /^E:[a-z]+:[^:]+:total$/.test(concept) ? concept.replace(/total$/, 'prior') : null;

/**
 * Of the totals a sentence may mean (this year's alone or with money carried over) the one its own base and change give,
 * else the nearest: a slip of the pen must not be compared with the other total.
 */
function nearest(book: Book, candidates: string[], s: Statement, unit: MoneyUnit, fen: number): string | null {
  if (!/^(income-total|expenditure-total|appropriation-income|appropriation-expenditure)$/.test(s.topic)) return null;
  // 本年收入合计 never means the grand total.
  const known = candidates.filter((c) => book.main(c) && !(/^(本年|当年)/.test(s.subject) && c.endsWith(':grand')));
  if (known.length === 1 && known.length < candidates.length) return known[0]!;
  if (known.length < 2) return null;
  const base = s.base ? fenOf(s.base.value, unit) : null;
  const change = s.change ? fenOf(s.change.value, unit) : null;
  if (base !== null && change !== null) {
    const expected = known.find((c) => book.main(c)!.fen === base + sign(s) * change);
    if (expected) return expected;
  }
  return known.toSorted((a, b) => Math.abs(book.main(a)!.fen - fen) - Math.abs(book.main(b)!.fen - fen))[0]!;
}

/** Turns statements into facts and builds their equations. Returns what was said, for later rules. */
export function narrativeFacts(book: Book, d: Disclosure, scope: Scope, out: Collector): Said[] {
  const codeOf = pathIndex(d);
  const hasTables = d.tables.some((t) => !t.empty && /expenditure|summary/.test(t.kind));
  const rowNames = new Set([...d.functional.flatMap((v) => v.rows), ...d.balances.flatMap((b) => b.expenditure)].map((r) => plainName(r.name ?? '')));
  const said: Said[] = meanings(d).map(({ s, budget }, index) => ({ s, budget, index, concept: null, amount: null, change: null, prior: null, base: null }));
  for (const x of said) {
    const { s } = x;
    // A part in a paragraph of its own belongs to the total told last in its section.
    const parent = s.within !== null ? (d.statements[s.within] ?? null) : ['basic', 'project', 'functional'].includes(s.topic) ? totalBefore(d, said, x) : null;
    const unit = money(s.amount?.unit ?? s.change?.unit) ?? (s.percent ? (d.moneyUnit ?? '万元') : null);
    if (!unit) continue;
    if (x.budget && s.amount) {
      // 年初预算 quoted in a final account: compared with the budget columns where the tables have them.
      const concept = publicTopics[s.topic] ? `T:now:budget:${publicTopics[s.topic]}` : `BUDGET:${s.topic}:${s.path?.join('/') ?? s.subject}`;
      x.concept = concept;
      x.amount = book.words(concept, s.amount.value, unit, s.amount.place, `文字说明“${s.subject.replace(/\s/g, '').replace(/[“”"]/g, '').slice(0, 40)}”`);
      continue;
    }
    const candidates = conceptsOf(s, parent, scope, codeOf, coverage(d, s));
    const label = `文字说明“${(s.path && s.path.length > 1 ? s.path.at(-1)! : s.subject).replace(/\s/g, '').replace(/[“”"]/g, '').slice(0, 40)}”`;
    const own = s.year !== null && d.year !== null && s.year !== d.year && s.year >= d.year - 3;
    if (own && s.amount) {
      // A figure of another year: only last year's can be compared.
      // The only figure of its kind bears a slip of the year, which is told as such.
      const alone = !said.some((y) => y !== x && y.s.topic === s.topic && y.s.amount && y.s.year === d.year);
      const concept = s.year === d.year! - 1 && candidates[0] && !alone ? priorOf(candidates[0]) : null;
      if (concept) book.words(concept, s.amount.value, unit, s.amount.place, `${label}${s.year}年`);
      continue;
    }
    if (s.amount && candidates.length > 0) {
      const probe = book.words('', s.amount.value, unit, s.amount.place, label);
      if (probe) {
        book.facts.pop();
        book.concepts.get('')?.pop();
        const exact = candidates.find((c) => book.main(c)?.fen === probe.fen);
        const close =
          exact ??
          candidates.find((c) => {
            const m = book.main(c);
            return m && Math.abs(m.fen - probe.fen) <= sumTolerance(Math.max(m.step, probe.step), unit, 1);
          });
        const near = nearest(book, candidates, s, unit, probe.fen);
        const carried = /结转/.test(d.paragraphs[s.paragraph]?.text ?? '') ? candidates.find((c) => c.endsWith(':grand') && book.main(c)) : undefined;
        x.concept = close ?? near ?? carried ?? candidates.find((c) => book.main(c)) ?? candidates.find((c) => book.blanks.has(c)) ?? candidates[0]!;
        if (probe.fen !== 0) book.zero(x.concept);
        x.amount = book.words(x.concept, s.amount.value, unit, s.amount.place, label);
      }
    } else if (candidates.length > 0) x.concept = candidates.find((c) => book.main(c)) ?? candidates[0]!;
    if (s.amount && !x.amount && candidates.length === 0) x.amount = book.words(`W:${x.index}`, s.amount.value, unit, s.amount.place, label);
    if (x.concept) {
      const p = priorOf(x.concept);
      x.prior = p ? (book.main(p) ?? (book.blanks.has(p) ? book.zero(p) : null)) : null;
    }
    if (s.base && money(s.base.unit)) {
      const p = x.concept ? priorOf(x.concept) : null;
      const table = p ? book.main(p) : null;
      const column = table?.table?.columns.find((c) => c.role === 'prior')?.path.join('') ?? '';
      const noun = (t: string) => /执行|决算/.exec(t)?.[0] ?? '预算';
      // Last year's budget in words and last year's outturn in a table are two figures.
      const same = table !== null && (noun(column) === noun(s.base.text) || p!.startsWith('T:'));
      x.base = book.words(same ? p! : `BASE:${x.index}`, s.base.value, money(s.base.unit)!, s.base.place, `${label}上年数`);
    }
    if (s.change && money(s.change.unit))
      x.change = book.words(
        `D:${x.concept ?? `${s.topic}:${s.subject}`}:${s.direction}`,
        s.change.value,
        money(s.change.unit)!,
        s.change.place,
        `${label}比上年${s.direction === 'decrease' ? '减少' : '增加'}`,
      );
    if (
      x.amount &&
      s.topic === 'functional' &&
      hasTables &&
      x.amount.fen !== 0 &&
      !book.main(x.concept!)?.table &&
      d.functional.some((v) => !v.table.empty) &&
      s.path &&
      !rowNames.has(plainName(s.path.at(-1)!))
    ) {
      out.add('narrative-table', {
        places: [x.amount.place],
        figures: [{ label, value: x.amount.value }],
        message: `${label}${x.amount.value}${unit}，但各表中没有这一科目的数字。`,
      });
    }
  }
  repeatedItems(d, said, out);
  sums(book, d, said);
  changes(book, d, said, scope, out);
  return said;
}

/** The same item twice in one list with different amounts. */
const repeated = new WeakMap<Disclosure, Set<number>>();
function repeatedItems(d: Disclosure, said: Said[], out: Collector): void {
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

/** Parts named in words against their whole. */
function sums(book: Book, d: Disclosure, said: Said[]): void {
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

const verb = (s: Statement) => (s.direction === 'decrease' ? '减少' : '增加');
function changes(book: Book, d: Disclosure, said: Said[], scope: Scope, out: Collector): void {
  const skip = contradictory(d);
  const generalChange = said.find((x) => x.change && x.concept?.startsWith('E:') && (x.s.topic === 'appropriation-expenditure' || x.s.fund === 'general'))?.change?.fen;
  const open: Said[] = [];
  for (const x of said) {
    const { s } = x;
    if (skip.has(x.index)) continue;
    const current = x.amount ?? (x.concept ? book.main(x.concept) : null);
    const lastYear = s.baseYear === null || d.year === null || s.baseYear === d.year - 1;
    const prior = x.base ?? (lastYear && (s.change || s.direction === 'flat' || s.percent) ? x.prior : null);
    const whole =
      s.topic === 'income-total' ||
      s.topic === 'expenditure-total' ||
      (s.topic === 'source' && s.within !== null) ||
      // A class of all money: last year's column speaks of the general budget alone.
      ((s.topic === 'functional' || s.topic === 'basic' || s.topic === 'project') &&
        !scope.single &&
        (s.path?.length ?? 1) === 1 &&
        totalBefore(d, said, x)?.topic === 'expenditure-total');
    const soft = x.base
      ? undefined
      : whole && x.change && generalChange !== undefined && x.change.fen !== generalChange
        ? '上年除一般公共预算外可能还有其他资金'
        : whole && generalChange === undefined
          ? '表中只公布了一般公共预算的上年数'
          : undefined;
    if (s.direction === 'flat' && prior && current && !/基本(持平|一致)/.test(s.text) && (!whole || x.base)) {
      book.equal('direction', current, prior, {
        say: (e) =>
          `${current.label}称与上年持平，但本年${current.value}${current.unit}、上年${prior.value}${prior.unit}，相差${decimal(Math.abs(e.off), current.unit)}${current.unit}`,
      });
    }
    if (x.change && s.direction && s.direction !== 'flat' && current) {
      if (prior) {
        const step = Math.max(current.step, prior.step, x.change.step);
        const wrongWay = x.change.fen !== 0 && Math.abs(x.change.fen + sign(s) * (current.fen - prior.fen)) <= sumTolerance(step, x.change.unit, 2);
        if (wrongWay) {
          out.add('direction', {
            places: [x.change.place, prior.place],
            figures: [
              { label: current.label, value: current.value },
              { label: prior.label, value: prior.value },
            ],
            difference: decimal(Math.abs(current.fen - prior.fen), current.unit),
            message: `${current.label}${current.value}${current.unit}，上年为${prior.value}${prior.unit}，应为${s.direction === 'decrease' ? '增加' : '减少'}，文字却写作${verb(s)}${x.change.value}${x.change.unit}，方向相反。`,
          });
        } else {
          const change = x.change;
          book.equation(
            'change',
            [
              { fact: change, coef: 1 },
              { fact: current, coef: -sign(s) },
              { fact: prior, coef: sign(s) },
            ],
            {
              ...(soft ? { soft } : {}),
              say: (e) => {
                const real = current.fen - prior.fen;
                return `${change.label}${change.value}${change.unit}，而按本年${current.value}${current.unit}、上年${prior.value}${prior.unit}计算应${real < 0 ? '减少' : '增加'}${decimal(Math.abs(real), change.unit)}${change.unit}，相差${decimal(Math.abs(e.off), change.unit)}${change.unit}`;
              },
            },
          );
        }
      } else if (s.direction === 'increase' && x.amount && x.change.fen > x.amount.fen) {
        out.add('change', {
          places: [x.amount.place],
          figures: [
            { label: x.amount.label, value: x.amount.value },
            { label: x.change.label, value: x.change.value },
          ],
          difference: decimal(x.change.fen - x.amount.fen, x.amount.unit),
          message: `${x.amount.label}${x.amount.value}${x.amount.unit}，却称比上年增加${x.change.value}${x.change.unit}，增加额大于本年数，上年数将为负数。`,
        });
      } else {
        out.count('change', 'undecidable');
        open.push(x);
      }
    }
    if (s.percent) percentOf(book, x, current, prior, out);
    if (s.share && x.amount) shareOf(book, d, x, said, out);
    if (s.direction === 'increase' && /△|-/.test(s.change?.value ?? ''))
      out.add('direction', { places: [placeOf(s.place, null)], message: `文字写作增加，所列数字${s.change!.value}却为负数。` });
  }
  // One cause: last year is not published for them.
  if (open.length > 0)
    out.add(
      'change',
      {
        places: open.map((x) => x.change!.place),
        figures: open.slice(0, 3).map((x) => ({ label: x.change!.label, value: x.change!.value })),
        message: `文字说明有${open.length}项与上年相比的增减额（${open
          .slice(0, 3)
          .map((x) => x.change!.label.replace(/^文字说明/, ''))
          .join('、')}${open.length > 3 ? '等' : ''}），各表没有公布相应的上年数，无法判定。`,
        severity: 'undecidable',
      },
      true,
    );
}

function percentOf(book: Book, x: Said, current: Fact | null, prior: Fact | null, out: Collector): void {
  const { s } = x;
  const p = s.percent!;
  const place = placeOf(p.place, null);
  const label = x.amount?.label ?? `文字说明“${s.subject}”`;
  const signed = x.change ? sign(s) * x.change.fen : null;
  const base = prior ? prior.fen : current && signed !== null ? current.fen - signed : null;
  const part = prior && current ? current.fen - prior.fen : signed;
  if (base === null || part === null) {
    out.count('growth', 'undecidable');
    return;
  }
  if (base === 0 || (x.concept && !prior && x.amount && x.change && x.change.fen === x.amount.fen && s.direction === 'increase')) {
    out.add('zero-base', {
      places: [place, ...(prior ? [prior.place] : [])],
      figures: [
        { label: '上年数', value: '0' },
        { label: `${label}增长率`, value: p.value },
      ],
      message: `${label}上年为零，增长率没有基数，不应写作${s.direction === 'decrease' ? '下降' : '增长'}${p.value}%。`,
    });
    return;
  }
  const step = Math.max(current?.step ?? 1, x.change?.step ?? 1);
  const tries = [[part, base]];
  if (signed !== null) tries.push([signed, base]);
  if (signed !== null && current) tries.push([signed, current.fen - signed]);
  if (signed !== null && x.concept && book.main(x.concept)) tries.push([signed, book.main(x.concept)!.fen - signed]);
  const office = s.topic === 'operating-cost' ? book.main('B:0:public') : null;
  if (signed !== null && office) tries.push([signed, office.fen - signed]);
  const results = tries.filter(([, b]) => b !== 0).map(([n, b]) => percentVerdict(p.value, Math.abs(n!), Math.abs(b!), step, prior?.step ?? step));
  const best = results.find((r) => r.verdict === 'passed') ?? results.find((r) => r.verdict === 'rounding') ?? results[0]!;
  if (best.verdict === 'passed') {
    out.pass('growth');
    return;
  }
  const expected = best.expected.toFixed(Math.max(1, best.decimals));
  out.add('growth', {
    places: [place, ...(prior ? [prior.place] : [])],
    figures: [
      { label: `${label}增减率(%)`, value: p.value },
      { label: '按金额计算(%)', value: expected },
    ],
    difference: Math.abs(Number(p.value) - best.expected).toFixed(Math.max(1, best.decimals)),
    message: `${label}写作${s.direction === 'decrease' ? '下降' : '增长'}${p.value}%，按所列金额计算应为${expected}%${best.verdict === 'rounding' ? '，属于尾差' : ''}。`,
    ...(best.verdict === 'rounding' ? { severity: 'rounding' as const } : {}),
  });
}

/** What the words of a share call its whole (占“三公”经费的…, 占项目支出总额的…); null when they name no part of the money, [] when it is unknown. */
function namedWholes(book: Book, said: Said[], x: Said): (Fact | null)[] | null {
  const words = x.s
    .share!.text.normalize('NFKC')
    .replace(/[\s“”"的]/g, '')
    .replace(/^占/, '')
    .replace(/[\d.,%]+$/, '');
  const spoken = (topic: Statement['topic']) => said.filter((y) => y !== x && y.amount && y.s.topic === topic).map((y) => y.amount);
  if (words === '') return null;
  if (/三公/.test(words)) {
    return [...(book.concepts.get('T:now:total') ?? []), ...spoken('three-public')];
  }
  if (/采购|货物|工程|服务/.test(words)) {
    const topic = /货物/.test(words) ? 'procurement-goods' : /工程/.test(words) ? 'procurement-works' : /服务/.test(words) ? 'procurement-services' : 'procurement';
    return [...spoken(topic), ...(book.concepts.get(`PR:${topic === 'procurement' ? 'total' : topic.slice(12)}`) ?? [])];
  }
  if (/项目支出|项目预算|项目资金|基本支出除外/.test(words) && !/基本支出[和与、]/.test(words))
    return [...spoken('project'), ...['all', 'general', 'appr', 'carried-general'].map((k) => book.main(`E:${k}:0:project`))];
  if (/基本支出/.test(words)) return [...spoken('basic'), ...['all', 'general', 'appr', 'carried-general'].map((k) => book.main(`E:${k}:0:basic`))];
  return /支出|收入|预算|总|合计|拨款|资金|决算/.test(words) ? null : [];
}

function shareOf(book: Book, d: Disclosure, x: Said, said: Said[], out: Collector): void {
  const { s } = x;
  const share = s.share!;
  const amount = x.amount!;
  const numerators = [amount, x.concept ? book.main(x.concept) : null].filter((f) => f !== null);
  const parent = s.within === null ? null : said[s.within];
  const section = s.paragraph;
  const sectionOf = (y: Said) => d.paragraphs[y.s.paragraph]?.section ?? null;
  const near = said
    .slice(0, x.index)
    .findLast((y) => y.amount && y.s.paragraph <= section && ['expenditure-total', 'income-total', 'appropriation-expenditure', 'appropriation-income'].includes(y.s.topic));
  const named = namedWholes(book, said, x);
  const wholes = (
    named ?? [
      parent?.amount ?? null,
      parent?.concept ? book.main(parent.concept) : null,
      near?.amount ?? null,
      ...said
        .filter(
          (y) =>
            y.index !== x.index &&
            y.amount &&
            y.index < x.index &&
            !(y.s.topic === s.topic && (y.s.path?.length ?? 1) === (s.path?.length ?? 1)) &&
            (y.s.paragraph === section || sectionOf(y) === sectionOf(x) || /(总计|合计|总额)/.test(y.s.subject)),
        )
        .map((y) => y.amount),
      book.main('I:all:0:total'),
      book.main('I:all:0:grand'),
      book.main('E:all:0:grand'),
      ...['E:general:0:total', 'E:carried-general:0:total'].flatMap((c) => book.concepts.get(c) ?? []),
      book.main('E:all:0:total'),
      book.main('E:appr:0:total'),
    ]
  ).filter((f) => f !== null && f.fen !== 0) as Fact[];
  if (wholes.length === 0) {
    out.count('share', 'undecidable');
    return;
  }
  const results = wholes.flatMap((w) => numerators.map((n) => ({ w, ...percentVerdict(share.value, n.fen, w.fen, n.step, w.step) })));
  const best = results.find((r) => r.verdict === 'passed') ?? results.find((r) => r.verdict === 'rounding') ?? results[0]!;
  if (best.verdict === 'passed') {
    out.pass('share');
    return;
  }
  if (s.topic === 'other' || x.concept === null) {
    out.count('share', 'undecidable');
    return;
  }
  const expected = best.expected.toFixed(Math.max(1, best.decimals));
  out.add('share', {
    places: [placeOf(share.place, null)],
    figures: [
      { label: `${amount.label}占比(%)`, value: share.value },
      { label: '按金额计算(%)', value: expected },
    ],
    difference: Math.abs(Number(share.value) - best.expected).toFixed(Math.max(1, best.decimals)),
    message: `${amount.label}${amount.value}${amount.unit}写作占${share.value}%，按总额${best.w.value}${best.w.unit}计算应为${expected}%${best.verdict === 'rounding' ? '，属于尾差' : ''}。`,
    ...(best.verdict === 'rounding' ? { severity: 'rounding' as const } : {}),
  });
}

/** Vehicles and equipment: the total named first against the kinds after it. */
export function countSums(d: Disclosure, out: Collector): void {
  d.statements.forEach((s, index) => {
    if (s.topic !== 'vehicle-count' || !s.amount || s.within !== null) return;
    const parts = d.statements.filter((y) => y.within === index && y.topic === 'vehicle-count' && y.amount);
    if (parts.length === 0) return;
    const total = Number(s.amount.value);
    const sum = parts.reduce((n, y) => n + Number(y.amount!.value), 0);
    const open = parts.length === 1 || /等/.test(parts.at(-1)!.subject);
    if (total === sum) out.pass('count-sum');
    else if (sum < total && open) out.count('count-sum', 'undecidable');
    else
      out.add('count-sum', {
        places: [placeOf(s.amount.place, null), ...parts.map((y) => placeOf(y.amount!.place, null))],
        figures: [
          { label: s.subject, value: s.amount.value },
          { label: '各类合计', value: String(sum) },
        ],
        difference: String(Math.abs(total - sum)),
        message: `文字说明“${s.subject.replace(/\s/g, '').slice(-16)}”${s.amount.value}辆，而所列${parts.length}类合计${sum}辆，相差${Math.abs(total - sum)}辆。`,
      });
  });
}

/** All occurrences of a concept must agree: every further figure against the one most places give. */
export function agreements(book: Book, d: Disclosure, said: Said[]): void {
  const skip = new Set<Fact>();
  for (const i of contradictory(d)) {
    const x = said[i]!;
    // The contradicting figure of a list is reported already; the agreeing one counts as confirmed.
    if (x.amount) skip.add(x.amount);
  }
  const soft = new Map<string, string>();
  for (const [concept, all] of book.concepts) {
    const facts = all.filter((f) => !skip.has(f));
    if (facts.length < 2 || (concept.startsWith('D:') && !sameChange(concept))) continue;
    const count = new Map<number, number>();
    for (const f of facts) count.set(f.fen, (count.get(f.fen) ?? 0) + (f.table ? 1.01 : 1));
    const most = Math.max(...count.values());
    const middle = facts.find((f) => count.get(f.fen) === most && f.table) ?? facts.find((f) => count.get(f.fen) === most)!;
    for (const f of facts) {
      if (f === middle) continue;
      // Among equal figures the one that speaks of the same side reads best beside this one.
      const side = /收入/.test(f.label);
      const center = f.fen === middle.fen ? middle : (facts.find((x) => x.fen === middle.fen && x.table !== null && /收入/.test(x.label) === side) ?? middle);
      const kind = f.table && center.table ? 'cross-table' : f.table || center.table ? 'narrative-table' : 'narrative-narrative';
      const [words, cell] = f.table ? [center, f] : [f, center];
      // An amount in words may be cut to fewer digits than the table prints.
      if (kind === 'narrative-table' && words!.fen !== cell!.fen && words!.value !== '0') {
        const digits = words!.value.includes('.') ? words!.value.split('.')[1]!.length : 0;
        const scale = (words!.unit === '万元' ? 1e6 : 100) / 10 ** digits;
        if (words!.unit !== cell!.unit ? isRounded(cell!.fen, words!.fen, scale) : isRounded(cell!.fen, words!.fen, scale) && Math.abs(words!.fen) >= 100 * scale) {
          const e = book.equal(kind, words!, cell!);
          if (e) {
            e.status = words!.unit !== cell!.unit ? 'passed' : 'rounding';
            e.tolerance = Math.max(e.tolerance, Math.abs(e.off));
          }
          continue;
        }
      }
      const why = soft.get(concept);
      book.equal(kind, f, center, why ? { soft: why } : {});
    }
  }
}
/** Changes are compared with each other only within what they surely share: the general budget and the 三公 items. */
const sameChange = (concept: string): boolean => /^D:(E:general:0:(basic|project)|T:now:)/.test(concept);
