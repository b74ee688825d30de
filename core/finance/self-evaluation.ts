// Scores of a self-evaluation (绩效自评) by a dated scheme, every one with its arithmetic in words. Points are integer hundredths.
import type { Text } from '../contract.ts';
import { decimalOf, decimalText, muldiv, numberOf, shares } from './decimal.ts';
import type { Nature } from './model.ts';
import { type EvaluationScheme, type IndicatorClass, indicatorClasses } from './pack.ts';
import { fromFen } from './model.ts';

export const methods = ['quantity', 'reverse', 'equal', 'qualitative', 'satisfaction'] as const;
export type Method = (typeof methods)[number];
export const methodNames: Record<Method, Text> = {
  quantity: { zh: '定量（越多越好）', en: 'Quantity' },
  reverse: { zh: '定量（越少越好）', en: 'Reverse' },
  equal: { zh: '定量（应等于）', en: 'Equal' },
  qualitative: { zh: '定性（分三档）', en: 'Qualitative' },
  satisfaction: { zh: '满意度', en: 'Satisfaction' },
};
export const gradeCodes = ['excellent', 'good', 'fair', 'poor'] as const;
export type GradeCode = (typeof gradeCodes)[number];

/** Hundredths of a point as people write them: 938 → 9.38, 900 → 9. */
export const pointsText = (hundredths: number): string => decimalText(BigInt(hundredths) * 10_000n);
const percentText = (part: bigint, whole: bigint): string => `${decimalText((muldiv(part, 100_000_000n, whole) / 10_000n) * 10_000n)}%`;

/** The scheme that holds for a budget year: the latest that began before the year ended and had not ended by then. */
export function schemeFor(schemes: Iterable<EvaluationScheme>, year: number): EvaluationScheme | undefined {
  const end = `${year}-12-31`;
  return [...schemes].filter((s) => s.from <= end && (!s.until || s.until >= end)).toSorted((a, b) => (a.from < b.from ? 1 : a.from > b.from ? -1 : a.code < b.code ? -1 : 1))[0];
}

/** Class of a first-level word (产出指标 → 产出); null when none is named. */
export const classOf = (level1: string | null): IndicatorClass | null => indicatorClasses.find((c) => (level1 ?? '').includes(c.slice(0, 2))) ?? null;

/** How a target is scored. */
export function methodOf(t: { nature: Nature | null; level1: string | null; indicator: string; value: string | null }): Method {
  if (t.nature === '定性' || decimalOf(t.value) === undefined) return 'qualitative';
  if (t.nature === '≤' || t.nature === '<') return 'reverse';
  if (/满意/.test(`${t.level1 ?? ''}${t.indicator}`)) return 'satisfaction';
  if (t.nature === '=') return 'equal';
  if (t.nature === null && classOf(t.level1) === '成本') return 'reverse';
  return 'quantity';
}

/**
 * Points of the lines in hundredths, adding up to 100 points less the execution rate's, with the reason in words.
 * Published weights count in proportion; without them the frame of the scheme is split evenly inside each class.
 */
export function weightsOf(
  lines: { level1: string | null; weight: string | null }[],
  scheme: EvaluationScheme,
  stated?: string | null,
): { execution: number; weights: number[]; words: string } {
  const own = decimalOf(stated ?? null);
  const execution = own !== undefined && own > 0n && own < 100_000_000n ? Number(muldiv(own, 100n, 1_000_000n)) : Math.round(scheme.execution.points * 100);
  const whole = 10_000 - execution;
  if (!lines.length) return { execution, weights: [], words: '没有指标' };
  const given = lines.map((l) => decimalOf(l.weight));
  if (given.every((w) => w !== undefined && w >= 0n) && given.some((w) => w! > 0n)) {
    const sum = given.reduce<bigint>((a, b) => a + b!, 0n);
    const weights = shares(
      whole,
      given.map((w) => Number(w)),
    );
    const words =
      sum === BigInt(whole) * 10_000n
        ? `按公开的权重，指标合计${pointsText(whole)}分，预算执行率${pointsText(execution)}分`
        : `公开的权重合计${decimalText(sum)}，按比例折算为${pointsText(whole)}分，预算执行率${pointsText(execution)}分`;
    return { execution, weights, words };
  }
  const classes = lines.map((l) => classOf(l.level1));
  if (classes.every((c) => c === null))
    return {
      execution,
      weights: shares(
        whole,
        lines.map(() => 1),
      ),
      words: `没有公开权重和一级指标，${pointsText(whole)}分平均分配`,
    };
  const there = new Set(classes.filter((c) => c !== null));
  const frame = scheme.frames.find((f) => f.has.every((c) => there.has(c))) ?? scheme.frames.at(-1)!;
  const points = new Map<IndicatorClass, number>();
  for (const c of indicatorClasses) {
    const p = Math.round((frame.points[c] ?? 0) * 100);
    const to = there.has(c) ? c : scheme.missing[c];
    if (p && to && there.has(to)) points.set(to, (points.get(to) ?? 0) + p);
  }
  // Classes the frame does not know, and lines without a class, share as much as an average class.
  const rest = Math.max(1, Math.round([...points.values()].reduce((a, b) => a + b, 0) / Math.max(1, points.size)));
  const groups = [...new Set(classes)];
  const groupPoints = shares(
    whole,
    groups.map((c) => (c !== null ? points.get(c) : undefined) ?? rest),
  );
  const weights = new Array<number>(lines.length).fill(0);
  groups.forEach((c, g) => {
    const mine = lines.map((_, i) => i).filter((i) => classes[i] === c);
    shares(
      groupPoints[g]!,
      mine.map(() => 1),
    ).forEach((w, k) => (weights[mine[k]!] = w));
  });
  const words = groups.map((c, g) => `${c ?? '其他'}${pointsText(groupPoints[g]!)}分`).join('、');
  return { execution, weights, words: `没有公开权重，按办法分配：${words}，各类之内平均` };
}

export interface LineInput {
  method: Method;
  nature: Nature | null;
  /** Hundredths of a point. */
  weight: number;
  target: string | null;
  measure: string | null;
  actual: string | null;
  /** Qualitative: percent. */
  rating: number | null;
  tooLow: boolean;
  cause: string | null;
}
export interface LineScore {
  completion: number | null;
  score: number | null;
  steps: string[];
  causeRequired: boolean;
  /** What is still missing, in a sentence each. */
  missing: string[];
}

const bandOf = (rating: number, s: EvaluationScheme): string =>
  rating >= s.bands.reached ? '达成年度指标' : rating >= s.bands.partly ? '部分达成年度指标并具有一定效果' : '未达成年度指标且效果较差';

/** Scores one line; `score` is null while something is missing. Always 0 ≤ score ≤ weight. */
export function scoreLine(l: LineInput, scheme: EvaluationScheme): LineScore {
  const steps: string[] = [];
  const full = pointsText(l.weight);
  const none = (missing: string): LineScore => ({ completion: null, score: null, steps: [missing], causeRequired: false, missing: [missing] });
  const done = (completion: bigint, score: bigint, causeRequired: boolean): LineScore => {
    const missing: string[] = [];
    if (causeRequired && !l.cause?.trim()) missing.push('偏差较大或未完成，须填写偏差原因分析及改进措施');
    return { completion: numberOf(completion), score: Number(score), steps, causeRequired, missing };
  };
  const limit = BigInt(Math.round(scheme.deviationLimit * 10_000));
  const ONE = 1_000_000n;
  if (l.method === 'qualitative') {
    if (l.rating === null) return none('尚未评定');
    const r = decimalOf(l.rating.toFixed(2))!;
    const score = muldiv(BigInt(l.weight), r, 100n * ONE);
    steps.push(`评定为“${bandOf(l.rating, scheme)}”，取${decimalText(r)}%`, `${full} × ${decimalText(r)}% = ${pointsText(Number(score))}分`);
    return done(r / 100n, score, l.rating < scheme.bands.reached);
  }
  const actual = decimalOf(l.actual);
  const target = decimalOf(l.target);
  if (target === undefined) return none('目标值不是数字，不能按定量计分');
  if (actual === undefined) return none(l.actual?.trim() ? '实际完成值不是数字' : '未填写实际完成值');
  const unit = l.measure ?? '';
  const [a, t] = [decimalText(actual), decimalText(target)];
  let completion: bigint;
  let score: bigint;
  if (l.method === 'reverse') {
    const fits = l.nature === '<' ? actual < target : actual <= target;
    if (fits) {
      completion = ONE;
      score = BigInt(l.weight);
      steps.push(`实际${a}${unit}，没有超过${t}${unit}，得满分${full}分`);
    } else if (actual <= 0n || target <= 0n) {
      completion = 0n;
      score = 0n;
      steps.push(`目标为${t}${unit}，实际${a}${unit}已超过，得0分`);
    } else {
      completion = muldiv(target, ONE, actual);
      score = muldiv(BigInt(l.weight), target, actual);
      steps.push(`反向指标：完成率 = 目标值 ÷ 实际值 = ${t} ÷ ${a} = ${percentText(target, actual)}`, `${full} × ${t} ÷ ${a} = ${pointsText(Number(score))}分`);
    }
  } else if (l.method === 'equal') {
    const off = actual > target ? actual - target : target - actual;
    if (off === 0n) {
      completion = ONE;
      score = BigInt(l.weight);
      steps.push(`实际${a}${unit}，等于目标值，得满分${full}分`);
    } else if (target <= 0n || off >= target) {
      completion = 0n;
      score = 0n;
      steps.push(`实际${a}${unit}与目标值${t}${unit}相差达到或超过目标值，得0分`);
    } else {
      completion = muldiv(target - off, ONE, target);
      score = muldiv(BigInt(l.weight), target - off, target);
      steps.push(`完成率 = 1 − |${a} − ${t}| ÷ ${t} = ${percentText(target - off, target)}`, `${full} × ${decimalText(target - off)} ÷ ${t} = ${pointsText(Number(score))}分`);
    }
  } else {
    const fits = l.nature === '>' ? actual > target : actual >= target;
    completion = target > 0n ? muldiv(actual < 0n ? 0n : actual, ONE, target) : fits ? ONE : 0n;
    if (fits || completion >= ONE) {
      score = BigInt(l.weight);
      steps.push(fits ? `实际${a}${unit}，达到${l.nature ?? '≥'}${t}${unit}，得满分${full}分` : `实际${a}${unit}，等于目标值而没有超过，按完成率100%计满分${full}分`);
      if (l.tooLow && target > 0n) {
        const band = scheme.over.filter((b) => completion > BigInt(Math.round(b.above * 10_000))).toSorted((x, y) => y.above - x.above)[0];
        if (band) {
          const minus = muldiv(BigInt(l.weight), BigInt(Math.round(band.deduct * 100)), 10_000n);
          score -= minus;
          steps.push(
            `完成率${percentText(actual, target)}，超过${band.above}%，系目标值设定偏低，扣减${band.deduct}%：${full} − ${pointsText(Number(minus))} = ${pointsText(Number(score))}分`,
          );
        } else steps.push('虽注明目标值偏低，完成率未超过扣减界线，不扣减');
      }
    } else if (
      l.method === 'satisfaction' &&
      completion < BigInt(Math.round(scheme.satisfaction.passLine * 10_000)) &&
      actual < BigInt(Math.round(scheme.satisfaction.passLine * 1e6))
    ) {
      score = 0n;
      steps.push(`满意度${a}${unit}低于合格线${scheme.satisfaction.passLine}%，得0分`);
    } else {
      score = target > 0n && actual > 0n ? muldiv(BigInt(l.weight), actual, target) : 0n;
      steps.push(`完成率 = ${a} ÷ ${t} = ${target > 0n ? percentText(actual < 0n ? 0n : actual, target) : '0%'}`, `${full} × ${a} ÷ ${t} = ${pointsText(Number(score))}分`);
    }
  }
  const deviation = completion > ONE ? completion - ONE : ONE - completion;
  return done(completion, score, score < BigInt(l.weight) || deviation > limit);
}

export interface ExecutionScore {
  score: number | null;
  steps: string[];
  causeRequired: boolean;
  missing: string[];
}
/** 预算执行率: points × min(1, 执行数 ÷ 全年预算数); amounts in fen. */
export function scoreExecution(
  e: { weight: number; budget: number | null; adjusted: number | null; spent: number | null; cause: string | null },
  scheme: EvaluationScheme,
): ExecutionScore {
  const none = (m: string): ExecutionScore => ({ score: null, steps: [m], causeRequired: false, missing: [m] });
  const base = e.adjusted ?? e.budget;
  if (base === null) return none('没有全年预算数');
  if (e.spent === null) return none('没有全年执行数');
  const [b, s] = [BigInt(base), BigInt(e.spent)];
  const money = (n: bigint) => `${fromFen(n, '万元')}万元`;
  const name = e.adjusted === null ? '年初预算数' : '调整后的全年预算数';
  if (b <= 0n) {
    if (s === 0n) return { score: e.weight, steps: ['预算与执行都为0，按执行率100%计'], causeRequired: false, missing: [] };
    return none(`${name}为0而有执行数${money(s)}，执行率没有意义，请核对预算数`);
  }
  const spent = s < 0n ? 0n : s;
  const score = spent >= b ? BigInt(e.weight) : muldiv(BigInt(e.weight), spent, b);
  const steps = [
    `执行率 = 全年执行数 ÷ ${name} = ${money(s)} ÷ ${money(b)} = ${percentText(spent, b)}`,
    spent > b
      ? `超过100%，按100%计：${pointsText(e.weight)} × 100% = ${pointsText(Number(score))}分`
      : `${pointsText(e.weight)} × ${fromFen(spent, '万元')} ÷ ${fromFen(b, '万元')} = ${pointsText(Number(score))}分`,
  ];
  const off = spent > b ? spent - b : b - spent;
  const causeRequired = off * 10_000n > b * BigInt(Math.round(scheme.deviationLimit * 100));
  return { score: Number(score), steps, causeRequired, missing: causeRequired && !e.cause?.trim() ? [`预算执行率偏差超过${scheme.deviationLimit}%，须填写原因`] : [] };
}

/** Sum and grade; null while any score is missing. */
export function totalOf(execution: number | null, lines: (number | null)[], scheme: EvaluationScheme): { total: number | null; grade: GradeCode | null; gradeName: Text | null } {
  if (execution === null || lines.some((s) => s === null)) return { total: null, grade: null, gradeName: null };
  const total = lines.reduce<number>((a, b) => a + b!, execution);
  const grade = scheme.grades.toSorted((a, b) => b.from - a.from).find((g) => total >= Math.round(g.from * 100)) ?? scheme.grades.toSorted((a, b) => a.from - b.from)[0]!;
  return { total, grade: grade.code, gradeName: grade.name };
}

/** The rules of a scheme in sentences, for the screen and the form. */
export function schemeRules(s: EvaluationScheme): string[] {
  const frames = s.frames.map((f) => {
    const p = Object.entries(f.points).map(([c, n]) => `${c}${n}`);
    return f.has.length ? `列有${f.has.join('、')}指标的：${p.join('、')}` : p.join('、');
  });
  return [
    `预算执行率${s.execution.points}分：执行数 ÷ 全年预算数，不超过满分`,
    `没有公开权重时按一级指标分配：${frames.join('；')}`,
    '定量指标：达到目标值得满分，未达到按完成比例计分；反向指标完成率为目标值 ÷ 实际值',
    `定性指标分三档：达成100–${s.bands.reached}%，部分达成${s.bands.reached}–${s.bands.partly}%，未达成${s.bands.partly}–0%`,
    ...s.over.map((o) => `目标值设定偏低、完成率超过${o.above}%的，扣减该指标分值的${o.deduct}%`),
    `满意度低于${s.satisfaction.passLine}%不得分`,
    `未得满分，或完成率偏离超过${s.deviationLimit}个百分点的，须填写偏差原因分析及改进措施`,
    `等级：${s.grades.map((g) => `${g.name.zh}${g.from}分以上`).join('，')}`,
  ];
}
