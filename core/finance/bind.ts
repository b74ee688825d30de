// Suggests what could answer a published target: indicators and targets of the centre, by name, unit of measure and direction, with reasons.
import { contained, dice, plainName } from './likeness.ts';
import type { Nature } from './model.ts';

export const bindingKinds = ['indicator', 'target'] as const;
export type BindingKind = (typeof bindingKinds)[number];

export interface BindingCandidate {
  kind: BindingKind;
  code: string;
  name: string;
  /** 口径 in words. */
  meaning: string;
  measure: string;
  direction: 'high-good' | 'low-good' | 'band' | 'neutral';
  progress: 'cumulative' | 'level';
  unit: string;
  unitName: string;
}
export interface BindingWish {
  indicator: string;
  project: string | null;
  nature: Nature | null;
  measure: string | null;
  /** Path of the unit that published it. */
  unit: string;
  /** What the same target was bound to in an earlier year. */
  before?: { kind: BindingKind; code: string; unit: string; year: number } | undefined;
}
export interface Suggestion {
  candidate: BindingCandidate;
  /** 0–100. */
  score: number;
  reasons: string[];
}

/** Words that say how a number is given, not what it is about. */
const idle = /(?:年度|全年|本年|每年|开展|组织|完成|实现|进行|情况|工作|数量|次数|人次|个数|场次|总数|的|次|数|率|度)/g;
const cores = new Map<string, string>();
const core = (text: string): string => {
  let known = cores.get(text);
  if (known === undefined) {
    if (cores.size > 5000) cores.clear();
    const t = plainName(text);
    const c = t.replace(idle, '');
    cores.set(text, (known = c.length >= 2 ? c : t));
  }
  return known;
};
const meanings = new Map<string, string>();
const meaningOf = (text: string): string => {
  let known = meanings.get(text);
  if (known === undefined) {
    if (meanings.size > 5000) meanings.clear();
    meanings.set(text, (known = plainName(text)));
  }
  return known;
};

const groups: string[][] = [
  ['次', '回', '场', '场次', '次/年', '批次', '批'],
  ['个', '项', '件', '类', '种', '处', '台', '台/套', '套', '份', '篇', '条', '期', '家', '户'],
  ['人', '人次', '名', '人数'],
  ['%', '百分比', '％', '百分点'],
  ['小时', 'h', '时'],
  ['分钟', 'min', '分'],
  ['天', '日', '工作日'],
  ['万元', '元', '亿元'],
];
const unitText = (u: string | null): string =>
  (u ?? '')
    .normalize('NFKC')
    .replace(/\s/g, '')
    .replace(/^\((.*)\)$/, '$1');
/** Same unit of measure (`same`), one of a kind that counts alike (`near`), another one (`other`), or not told (`none`). */
export function measuresFit(a: string | null, b: string | null): 'same' | 'near' | 'other' | 'none' {
  const [x, y] = [unitText(a), unitText(b)];
  if (!x || !y) return 'none';
  if (x === y || (x === '%' && y === '％') || (x === '小时' && y === 'h')) return 'same';
  const g = groups.find((list) => list.includes(x));
  return g && g !== groups[7] && g.includes(y) ? 'near' : 'other';
}

/** Scores one candidate, 0–100, with one sentence for each part. Another unit of measure can never be suggested strongly. */
export function scoreBinding(t: BindingWish, c: BindingCandidate): Suggestion {
  const reasons: string[] = [];
  const [a, b] = [core(t.indicator), core(c.name)];
  const name = Math.max(dice(a, b), 0.92 * Math.min(contained(a, b), b.length <= a.length * 2 ? 1 : 0.8), a.length >= 3 && b.length >= 3 ? 0.9 * contained(b, a) : 0);
  const before = t.before && t.before.kind === c.kind && t.before.code === c.code ? t.before : undefined;
  // Names that share next to nothing are not saved by a common unit of measure.
  if (name < 0.3 && !before) return { candidate: c, score: 0, reasons: ['名称不同'] };
  let score = name * 60;
  if (name >= 0.999) reasons.push('名称相同');
  else if (name >= 0.5) reasons.push(`名称相近（${Math.round(name * 100)}%）`);
  else if (name > 0) reasons.push(`名称只有部分相同（${Math.round(name * 100)}%）`);
  const meaning = contained(a, meaningOf(c.meaning));
  if (meaning >= 0.5) {
    score += meaning * 8;
    reasons.push('口径中提到同一件事');
  }
  const fit = measuresFit(t.measure, c.measure);
  if (fit === 'same') {
    score += 20;
    reasons.push(`计量单位都是“${unitText(c.measure)}”`);
  } else if (fit === 'near') {
    score += 10;
    reasons.push(`计量单位“${unitText(t.measure)}”与“${unitText(c.measure)}”可比`);
  } else if (fit === 'none') reasons.push('目标没有写计量单位，不能比对');
  const lower = t.nature === '≤' || t.nature === '<';
  if (t.nature === '≥' || t.nature === '>' || lower) {
    if (c.direction === (lower ? 'low-good' : 'high-good')) {
      score += 8;
      reasons.push(lower ? '都是越少越好' : '都是越多越好');
    } else if (c.direction === (lower ? 'high-good' : 'low-good')) {
      score -= 15;
      reasons.push('方向相反：一个越多越好，一个越少越好');
    }
  }
  if (c.unit === t.unit) {
    score += 4;
    reasons.push('由本单位的数回答');
  }
  if (before) {
    score += 30;
    reasons.push(`${before.year}年的同名目标由它回答`);
  }
  if (fit === 'other') {
    score = Math.min(score * 0.5, 35);
    reasons.push(`计量单位不同：目标“${unitText(t.measure)}”，指标“${unitText(c.measure)}”`);
  }
  return { candidate: c, score: Math.round(Math.max(0, Math.min(100, score))), reasons };
}

/** Below this a suggestion says more about the words than about the thing; weighed on the published targets of five units. */
export const leastScore = 45;

/** The best candidates, best first; equal scores by kind and code, so that the order never depends on the input. A qualitative target has none. */
export function suggest(t: BindingWish, candidates: readonly BindingCandidate[], most = 5): Suggestion[] {
  if (t.nature === '定性') return [];
  const order = (s: Suggestion) => `${s.candidate.kind === 'target' ? 0 : 1}/${s.candidate.code}/${s.candidate.unit}`;
  return candidates
    .map((c) => scoreBinding(t, c))
    .filter((s) => s.score >= leastScore)
    .toSorted((x, y) => y.score - x.score || (order(x) < order(y) ? -1 : 1))
    .slice(0, most);
}

/** Whether a promise grows over the year, where nothing better is known: counts do, rates, limits of time and money a time do not. */
export const growsByUnit = (measure: string | null, indicator: string): boolean =>
  !/[%％]|率|度$/.test(`${unitText(measure)}`) &&
  !/率$|满意度|时长|时间|覆盖|标准|单价/.test(plainName(indicator)) &&
  !/^(小时|分钟|天|日|工作日|h|min)$/.test(unitText(measure)) &&
  !/\//.test(unitText(measure));

export interface NamedUnit {
  path: string;
  name: string;
}
export interface UnitMatch {
  unit: string;
  name: string;
  /** 0–100; from 85 on, and alone there, it is taken without asking. */
  score: number;
  reason: string;
}
/** The name of a unit without the province, city and district it stands in. */
const bareUnit = (text: string): string => {
  const t = plainName(text).replace(/(本级|部门|单位)$/, '');
  const cut = t
    .replace(/^[^省市区县]{2,6}(?:省|自治区)/u, '')
    .replace(/^[^省市区县]{2,4}市/u, '')
    .replace(/^(?:[^省市区县]{2,6}区|[^省市区县]{1,6}[县旗])/u, '')
    .replace(/^[市区县](?=.{3})/u, '');
  return cut.length >= 3 ? cut : t;
};

/** Whether `short` is `long` with characters left out, both ending alike: how offices abbreviate (区治理中心 for 数字化城市运行和治理中心). */
function abbreviates(short: string, long: string): boolean {
  if (short.length < 4 || short.length >= long.length || short.at(-1) !== long.at(-1)) return false;
  let at = 0;
  for (const c of long) if (c === short[at]) at++;
  return at === short.length;
}

/** Units of the hub by likeness with a published name, best first. */
export function matchUnits(published: string, units: readonly NamedUnit[], most = 5): UnitMatch[] {
  const want = plainName(published);
  if (!want) return [];
  const bare = bareUnit(published);
  return units
    .map((u): UnitMatch => {
      const have = plainName(u.name);
      const mine = bareUnit(u.name);
      if (have === want) return { unit: u.path, name: u.name, score: 100, reason: '名称相同' };
      if (bare.length >= 3 && mine === bare) return { unit: u.path, name: u.name, score: 90, reason: '除省市区外名称相同' };
      const like = Math.max(dice(have, want), dice(mine, bare));
      const score = Math.round(Math.min(84, like * 100));
      const shortened = abbreviates(mine, bare) ? Math.round(50 + (34 * mine.length) / bare.length) : 0;
      if (shortened > score) return { unit: u.path, name: u.name, score: shortened, reason: `“${mine}”可能是“${bare}”的简称` };
      return { unit: u.path, name: u.name, score, reason: `名称相近（${Math.round(like * 100)}%）` };
    })
    .filter((m) => m.score >= 45)
    .toSorted((a, b) => b.score - a.score || (a.unit < b.unit ? -1 : 1))
    .slice(0, most);
}
/** The unit a published name surely means: one match from 85 on, and no second like it. */
export function surelyUnit(matches: readonly UnitMatch[]): UnitMatch | undefined {
  const [first, second] = matches;
  return first && first.score >= 85 && (!second || second.score < first.score) ? first : undefined;
}
