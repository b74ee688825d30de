// Words of comparison (大于, 小于, 等于, 持平 …) and 完成预算的百分比 against the figures they speak of.
import type { Disclosure, MoneyUnit, Paragraph } from '../model.ts';
import { placeIn } from '../read/narrative.ts';
import { decimal, decimalsOf, fenOf, percentVerdict, stepOf } from '../rounding.ts';
import type { Book, Fact } from './facts.ts';
import type { Said } from './said.ts';
import { type Collector, placeOf } from './report.ts';

type Relation = '>' | '<' | '=' | '≥' | '≤';
const relations: [RegExp, Relation][] = [
  [/^(不大于|不高于|不超过|不多于)/, '≤'],
  [/^(不小于|不低于|不少于)/, '≥'],
  [/^(大于|高于|多于|超过|超出)/, '>'],
  [/^(小于|低于|少于)/, '<'],
  [/^(等于|持平|一致|相等|相同)/, '='],
];
const relationOf = (word: string): Relation | null => relations.find(([re]) => re.test(word))?.[1] ?? null;
const holds = (off: number, r: Relation, tolerance: number): boolean =>
  r === '=' ? Math.abs(off) <= tolerance : r === '>' ? off > 0 : r === '<' ? off < 0 : r === '≥' ? off >= -tolerance : off <= tolerance;
const realWord = (off: number): string => (off > 0 ? '大于' : off < 0 ? '小于' : '等于');

/** Half-width text without blanks, with the place of every character in the paragraph. */
function compact(p: Paragraph): { text: string; at: number[] } {
  let text = '';
  const at: number[] = [];
  for (let i = 0; i < p.text.length; i += 1)
    for (const c of p.text[i]!.normalize('NFKC')) {
      if (/\s/.test(c)) continue;
      text += c;
      at.push(i);
    }
  return { text, at };
}

interface Amount {
  value: string;
  unit: MoneyUnit;
  fen: number;
  step: number;
  start: number;
  end: number;
  /** Words between the figure before it and this one, from the last mark on. */
  lead: string;
}

function amountsOf(text: string): Amount[] {
  const out: Amount[] = [];
  let from = 0;
  for (const m of text.matchAll(/(?<![\d.])(\d[\d,]{0,20}(?:\.\d{1,8})?)(万元|元)/g)) {
    const value = m[1]!.replace(/,/g, '');
    const unit = m[2] as MoneyUnit;
    const fen = fenOf(value, unit);
    const words = text.slice(Math.max(from, m.index - 60), m.index);
    from = m.index + m[0].length;
    if (fen === null) continue;
    const cut = Math.max(...[',', '。', ';', ':', '，', '；', '：'].map((c) => words.lastIndexOf(c)));
    out.push({ value, unit, fen, step: stepOf(unit, Math.max(decimalsOf(value), unit === '万元' ? 2 : 0)), start: m.index, end: from, lead: words.slice(cut + 1) });
  }
  return out;
}

const tailWords = '(?:数|安排|金额|总额|额)?(?:分别)?(?:为|是|共计|合计|共|计|约|达|达到)*$';
const budgetLead = new RegExp(`预算${tailWords}`);
const actualLead = new RegExp(`(?:决算|执行|实际支出|实际完成|实现|支出|收入)${tailWords}`);
const word = '不大于|不小于|不高于|不低于|不超过|不多于|不少于|大于|小于|等于|高于|低于|多于|少于|超过|超出';
const budgetWord = '(年初|全年|调整后?)?预算(?:数|安排)?';
const actualWord = '(?:支出|收入)?(?:决算|执行|实际支出)(?:数|金额)?';
const actualAgainstBudget = new RegExp(`${actualWord}(?:(${word})${budgetWord}|(?:与|和|同)${budgetWord}(?:基本)?(持平|一致|相等|相同))`, 'g');
const completion = new RegExp(`完成(?:了)?${budgetWord}(?:(\\d[\\d,]{0,20}(?:\\.\\d{1,8})?)(万元|元))?的?(\\d{1,5}(?:\\.\\d{1,4})?)%`, 'g');
const sides = new RegExp(
  `(收入|支出)(?:总计|合计|总额|总数|决算数?|预算数?)?(?:(${word})|(?:与|和|同))(?:本年|总)?(收入|支出)(?:总计|合计|总额|总数|决算数?|预算数?)?(持平|一致|相等|相同)?`,
  'g',
);
const againstLastYear = new RegExp(`(${word})(?:上年|去年|上一年|(20\\d\\d)年)(?:度)?(?:年初)?(?:预算|决算|执行)?(?:数)?(?=[,。;，；、]|的?主要|$)`, 'g');
const twoAmounts = /(大于|小于|等于)([^。;,，；\d]{0,24})$/;

/** The last amounts before `end` that the words name as 决算 and 预算; null when the paragraph does not give both. */
function pairBefore(amounts: Amount[], end: number, which: string | undefined): { actual: Amount; budget: Amount } | null {
  const before = amounts.filter((a) => a.end <= end);
  const isBudget = (a: Amount) => budgetLead.test(a.lead) && !/决算/.test(a.lead);
  const named = which === undefined ? -1 : before.findLastIndex((a) => isBudget(a) && a.lead.includes(`${which.replace('后', '')}`));
  const b = named >= 0 ? named : before.findLastIndex(isBudget);
  const a = before.findLastIndex((x) => actualLead.test(x.lead) && !budgetLead.test(x.lead));
  // Another figure between the two belongs to something else.
  if (a < 0 || b < 0 || Math.abs(a - b) > 1 || before.length - Math.min(a, b) > 4) return null;
  return { actual: before[a]!, budget: before[b]! };
}

/** The budget of a 三公 item whose final figure the words give alone, from the table's own budget columns. */
function tableBudget(book: Book, said: Said[], amounts: Amount[], paragraph: number, end: number): { actual: Amount; budget: Amount } | null {
  const actual = amounts.findLast((a) => a.end <= end && actualLead.test(a.lead));
  const concept = actual && said.findLast((x) => x.s.paragraph === paragraph && x.amount?.value === actual.value && x.concept?.startsWith('T:now:'))?.concept;
  const budget = concept ? book.main(concept.replace('T:now:', 'T:now:budget:')) : null;
  return actual && budget?.table ? { actual, budget: { ...actual, ...budget } } : null;
}

const skipped = /名词|术语|解释|职能|职责/;

export function comparisonWords(d: Disclosure, book: Book, said: Said[], out: Collector): void {
  d.paragraphs.forEach((p, index) => {
    if (p.heading || (p.section && skipped.test(p.section)) || p.text.length > 20_000) return;
    if (!/于|超过|超出|持平|一致|相等|相同|完成/.test(p.text)) return;
    const { text, at } = compact(p);
    const amounts = amountsOf(text);
    const where = (i: number) => placeOf(placeIn(p, at[i] ?? 0), null);
    const corrected = (a: { fen: number; start?: number }, i: number): number[] => book.corrections(a.fen, where(a.start ?? i));
    const told = (r: Relation, phrase: string, i: number, a: { label: string; fen: number; value: string; unit: MoneyUnit }, b: typeof a, tolerance: number) => {
      const off = a.fen - b.fen;
      if (holds(off, r, tolerance)) {
        out.pass('comparison-word');
        return;
      }
      if (corrected(a, i).some((x) => holds(x - b.fen, r, tolerance)) || corrected(b, i).some((x) => holds(a.fen - x, r, tolerance))) {
        out.count('comparison-word', 'undecidable');
        return;
      }
      out.add('comparison-word', {
        places: [where(i)],
        figures: [
          { label: a.label, value: a.value },
          { label: b.label, value: b.value },
        ],
        difference: decimal(Math.abs(off), a.unit),
        message: `文字写作“${phrase}”，而${a.label}${a.value}${a.unit}，${b.label}${b.value}${b.unit}，实为${realWord(off)}，相差${decimal(Math.abs(off), a.unit)}${a.unit}。`,
      });
    };
    const seen = new Set<number>();

    const rates = new Map<number, number>();
    for (const m of text.matchAll(completion)) {
      const stated = m[2] ? (amounts.find((a) => a.start >= m.index && a.end <= m.index + m[0].length) ?? null) : null;
      const before = amounts.filter((a) => a.end <= m.index);
      const pair = stated
        ? before.length > 0
          ? { actual: before.at(-1)!, budget: stated }
          : null
        : (pairBefore(amounts, m.index, m[1]) ?? tableBudget(book, said, amounts, index, m.index));
      if (!pair) continue;
      const place = where(m.index + m[0].length - 1);
      const figures = [
        { label: '决算数', value: pair.actual.value },
        { label: '预算数', value: pair.budget.value },
      ];
      if (pair.budget.fen === 0) {
        if (pair.actual.fen === 0) continue;
        out.add('zero-base', { places: [place], figures, message: `预算数为零而决算数为${pair.actual.value}${pair.actual.unit}，完成率没有基数，不应写作完成预算的${m[4]}%。` });
        continue;
      }
      const { verdict, expected, decimals } = percentVerdict(m[4]!, pair.actual.fen, pair.budget.fen, pair.actual.step, pair.budget.step);
      if (verdict === 'passed') {
        out.pass('completion');
        continue;
      }
      const again = (x: number, y: number) => y !== 0 && percentVerdict(m[4]!, x, y, pair.actual.step, pair.budget.step).verdict !== 'failed';
      if (
        verdict === 'failed' &&
        (corrected(pair.actual, m.index).some((x) => again(x, pair.budget.fen)) || corrected(pair.budget, m.index).some((y) => again(pair.actual.fen, y)))
      ) {
        out.count('completion', 'undecidable');
        continue;
      }
      if (verdict === 'failed') rates.set(pair.actual.start, Number(m[4]));
      const right = expected.toFixed(Math.max(1, decimals));
      out.add('completion', {
        places: [place],
        figures: [
          { label: '完成率(%)', value: m[4]! },
          { label: '按金额计算(%)', value: right },
        ],
        difference: Math.abs(Number(m[4]) - expected).toFixed(Math.max(1, decimals)),
        message: `文字写作“${m[0]}”，按决算数${pair.actual.value}${pair.actual.unit}、预算数${pair.budget.value}${pair.budget.unit}计算应为${right}%${verdict === 'rounding' ? '，属于尾差' : ''}。`,
        ...(verdict === 'rounding' ? { severity: 'rounding' as const } : {}),
      });
    }

    for (const m of text.matchAll(actualAgainstBudget)) {
      const relation = relationOf(m[1] ?? m[4]!);
      const pair = pairBefore(amounts, m.index, m[2] ?? m[3]) ?? tableBudget(book, said, amounts, index, m.index);
      if (!relation || !pair || /基本(持平|一致)/.test(m[0])) continue;
      // A rate that fits the word but not the figures: the figures are wrong, and the rate says so already.
      const rate = rates.get(pair.actual.start);
      if (rate !== undefined && holds(rate - 100, relation, 0) && !holds(pair.actual.fen - pair.budget.fen, relation, 0)) continue;
      seen.add(m.index + m[0].indexOf(m[1] ?? m[4]!));
      told(
        relation,
        m[0],
        m.index,
        { ...pair.actual, label: '决算数' },
        { ...pair.budget, label: '预算数' },
        relation === '=' ? Math.max(pair.actual.step, pair.budget.step) / 2 : 0,
      );
    }

    for (const m of text.matchAll(sides)) {
      const relation = m[2] ? relationOf(m[2]) : m[4] ? '=' : null;
      if (!relation || m[1] === m[3]) continue;
      const a = sideTotal(book, said, amounts, index, m.index, m[1]!);
      const b = sideTotal(book, said, amounts, index, m.index + m[0].length, m[3]!);
      if (!a || !b) continue;
      seen.add(m.index + m[1]!.length);
      told(relation, m[0], m.index, a, b, 0);
    }

    for (const m of text.matchAll(againstLastYear)) {
      const relation = relationOf(m[1]!);
      const last = amounts.findLast((a) => a.end <= m.index);
      if (!relation || !last || (m[2] && d.year !== null && Number(m[2]) !== d.year - 1)) continue;
      const x = said.find((y) => y.s.paragraph === index && y.amount?.value === last.value && y.prior !== null);
      if (!x) continue;
      const prior = x.prior!;
      told(relation, text.slice(Math.max(0, m.index - 6), m.index + m[0].length), m.index, { ...last, label: '本年数' }, { ...prior, label: prior.label }, 0);
    }

    amounts.forEach((b, i) => {
      const a = amounts[i - 1];
      const m = a ? twoAmounts.exec(text.slice(a.end, b.start)) : null;
      if (!a || !m || text.slice(a.end, b.start).includes('。') || b.start - a.end > 40 || /单价|单位价值|标准|限额|价值/.test(m[2]!)) return;
      const i0 = b.start - m[0].length;
      // 小于预算5万元 may name the difference alone: only a noun that owns an amount makes it a second figure.
      if (seen.has(i0) || !/(收入|支出|预算|决算|合计|总计|数|额)/.test(m[2]!)) return;
      if (Math.abs(a.fen - b.fen) !== 0 && /上年|预算/.test(m[2]!) && b.fen * 2 < a.fen) return;
      told(relationOf(m[1]!)!, `${a.value}${a.unit}${text.slice(a.end, b.end)}`, i0, { ...a, label: '前一数' }, { ...b, label: '后一数' }, 0);
    });
  });
}

/** Income or expenditure as a whole: named in the same paragraph before or right after the words, else from the tables. */
function sideTotal(
  book: Book,
  said: Said[],
  amounts: Amount[],
  paragraph: number,
  offset: number,
  side: string,
): { label: string; fen: number; value: string; unit: MoneyUnit } | null {
  const topic = side === '收入' ? 'income-total' : 'expenditure-total';
  const own = said.findLast((x) => x.s.paragraph === paragraph && x.s.topic === topic && x.amount !== null && x.s.within === null);
  const after = amounts.find((a) => a.start === offset);
  if (after) return { ...after, label: side };
  if (own?.amount) return { ...own.amount, label: side };
  const letter = side === '收入' ? 'I' : 'E';
  const fact: Fact | null = book.main(`${letter}:all:0:total`) ?? book.main(`${letter}:all:0:grand`) ?? book.main('E:general:0:total');
  return fact ? { label: fact.label, fen: fact.fen, value: fact.value, unit: fact.unit } : null;
}
