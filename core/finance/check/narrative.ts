// The narrative against the tables and against itself: amounts, changes, percentages, shares, directions, counts.
import type { Disclosure, FundSource, MoneyUnit, Statement } from '../model.ts';
import { classCodeOf, functionalCodes, plainName } from '../classification/functional.ts';
import { fenOf, isRounded, sumTolerance } from '../rounding.ts';
import type { Book, Fact } from './facts.ts';
import { meanings } from './meaning.ts';
import { type Collector, placeOf } from './report.ts';
import { type Said, contradictory, money, repeatedItems, sign, totalBefore } from './said.ts';
import type { Scope } from './scope.ts';
import { sums } from './narrative-sums.ts';
import { changes } from './narrative-changes.ts';

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
