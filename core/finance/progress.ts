// Progress of a published target through its year: expected by time or by a plan, forecast at year end with its error.
import type { Text } from '../contract.ts';
import { localInstant } from '../time.ts';
import { decimalOf, numberOf } from './decimal.ts';
import type { Nature } from './model.ts';

export const progressStates = ['reached', 'on-the-way', 'at-risk', 'missed', 'unknown'] as const;
export type ProgressState = (typeof progressStates)[number];
export const progressStateNames: Record<ProgressState, Text> = {
  reached: { zh: '已达到', en: 'Reached' },
  'on-the-way': { zh: '推进中', en: 'On the way' },
  'at-risk': { zh: '有风险', en: 'At risk' },
  missed: { zh: '未达到', en: 'Missed' },
  unknown: { zh: '未知', en: 'Unknown' },
};

export interface Promise_ {
  year: number;
  nature: Nature | null;
  /** As published. */
  value: string | null;
  measure: string | null;
  /** Grows over the year, or is a level that must hold. */
  progress: 'cumulative' | 'level';
  /** Cumulative values planned for the end of each quarter, in the target's unit. */
  plan?: number[] | null;
}
export interface Progress {
  state: ProgressState;
  reason: Text;
  value: number | null;
  unknown: Text | null;
  expected: number | null;
  expectedBy: 'time' | 'plan' | 'none';
  forecast: number | null;
  forecastLow: number | null;
  forecastHigh: number | null;
  forecastNote: Text | null;
  completion: number | null;
}

/** Part of a year gone by at an instant, 0–1. */
export function elapsedOf(year: number, at: Date): number {
  const from = localInstant(`${year}-01-01`).getTime();
  const to = localInstant(`${year + 1}-01-01`).getTime();
  return Math.min(1, Math.max(0, (at.getTime() - from) / (to - from)));
}
/** Value planned for an instant: straight lines between the quarter ends. */
export function plannedAt(plan: number[], year: number, at: Date): number {
  const ends = [`${year}-01-01`, `${year}-04-01`, `${year}-07-01`, `${year}-10-01`, `${year + 1}-01-01`].map((d) => localInstant(d).getTime());
  const values = [0, ...plan];
  const t = Math.min(ends[4]!, Math.max(ends[0]!, at.getTime()));
  for (let q = 0; q < 4; q++) if (t <= ends[q + 1]!) return values[q]! + ((values[q + 1]! - values[q]!) * (t - ends[q]!)) / (ends[q + 1]! - ends[q]!);
  return values[4]!;
}

const round = (x: number): number => Math.round(x * 100) / 100;
const mean = (x: number[]): number => x.reduce((a, b) => a + b, 0) / x.length;
const spread = (x: number[]): number => {
  const m = mean(x);
  return Math.sqrt(x.reduce((a, b) => a + (b - m) ** 2, 0) / (x.length - 1));
};

export interface Forecast {
  value: number;
  low: number | null;
  high: number | null;
  note: Text;
}
/**
 * Forecast for the end of the year.
 * A growing number: what is there now over the part of the year (or of the plan) gone by. With at least three finished months the
 * 80 % error is that of the mean monthly growth: 1.28·s·√(r + r²/n), n months seen, r to come, s their standard deviation.
 * A level: the present value; its error the spread of the months.
 */
export function forecastOf(p: Promise_, at: Date, value: number, months: (number | null)[] = []): Forecast | null {
  const elapsed = elapsedOf(p.year, at);
  if (elapsed <= 0) return null;
  const seen = months.filter((m): m is number => m !== null);
  if (elapsed >= 1) return { value: round(value), low: round(value), high: round(value), note: { zh: '全年已结束，为全年实际值', en: 'The year is over: this is its value' } };
  if (p.progress === 'level') {
    const s = seen.length >= 3 ? 1.28 * spread(seen) : null;
    return {
      value: round(value),
      low: s === null ? null : round(value - s),
      high: s === null ? null : round(value + s),
      note:
        s === null
          ? { zh: '按现值保持不变推算；不足三个月数据，不能估计误差', en: 'The present value is kept; fewer than three months, no error can be given' }
          : { zh: `按现值保持不变推算；误差取${seen.length}个月的波动（八成把握）`, en: `The present value is kept; error from ${seen.length} months (80 %)` },
    };
  }
  const planned = p.plan ? plannedAt(p.plan, p.year, at) : 0;
  const byPlan = p.plan && planned > 0 && p.plan[3]! > 0;
  const point = byPlan ? (value / planned) * p.plan![3]! : value / elapsed;
  const how: Text = byPlan
    ? { zh: '按已完成数占同期计划的比例推算全年', en: 'In proportion to the plan so far' }
    : { zh: '按已过时间比例推算全年', en: 'In proportion to the time gone by' };
  if (seen.length < 3)
    return { value: round(point), low: null, high: null, note: { zh: `${how.zh}；不足三个整月，不能估计误差`, en: `${how.en}; fewer than three months, no error can be given` } };
  const r = 12 - seen.length;
  const error = 1.28 * spread(seen) * Math.sqrt(r + (r * r) / seen.length);
  return {
    value: round(point),
    low: round(Math.max(value, point - error)),
    high: round(point + error),
    note: { zh: `${how.zh}；误差按${seen.length}个整月的波动估计（八成把握）`, en: `${how.en}; error from the spread of ${seen.length} months (80 %)` },
  };
}

const holds = (nature: Nature | null, value: number, promised: number): boolean =>
  nature === '≤' ? value <= promised : nature === '<' ? value < promised : nature === '=' ? value === promised : nature === '>' ? value > promised : value >= promised;

/**
 * Judges a promise at an instant. `live` is undefined when nothing answers it; a value that is null carries the reason.
 * No data is unknown, never zero. `months` are increments (growing) or values (level) of finished months.
 */
export function progressOf(p: Promise_, at: Date, live: { value: number | null; why?: Text | undefined } | undefined, months: (number | null)[] = []): Progress {
  const blank = { value: null, expected: null, expectedBy: 'none' as const, forecast: null, forecastLow: null, forecastHigh: null, forecastNote: null, completion: null };
  const unknown = (why: Text): Progress => ({ ...blank, state: 'unknown', reason: why, unknown: why });
  const promised = p.nature === '定性' ? undefined : decimalOf(p.value);
  if (p.nature === '定性') return unknown({ zh: '定性目标，由自评分档评定', en: 'Qualitative: rated in the self-evaluation' });
  if (promised === undefined) return unknown({ zh: '目标值不是数字，不能计量', en: 'The promise is no number' });
  const elapsed = elapsedOf(p.year, at);
  if (elapsed <= 0) return unknown({ zh: `${p.year} 年尚未开始`, en: `${p.year} has not begun` });
  if (!live) return unknown({ zh: '没有绑定指标', en: 'Nothing is bound' });
  if (live.value === null) return unknown(live.why ?? { zh: '指标还没有数据', en: 'The indicator has no data yet' });
  const want = numberOf(promised);
  const { value } = live;
  const unit = p.measure ?? '';
  const lower = p.nature === '≤' || p.nature === '<';
  const over = elapsed >= 1;
  const fits = holds(p.nature, value, want);
  const completion = lower ? (value <= want ? 1 : value <= 0 ? 0 : want / value) : want === 0 ? (fits ? 1 : 0) : value / want;
  const f = forecastOf(p, at, value, months);
  const base = {
    value,
    unknown: null,
    completion: Math.round(completion * 10_000) / 10_000,
    forecast: f?.value ?? null,
    forecastLow: f?.low ?? null,
    forecastHigh: f?.high ?? null,
    forecastNote: f?.note ?? null,
  };
  const now = `${round(value)}${unit}`;
  const goal = `${p.nature ?? '≥'}${p.value}${unit}`;
  if (over)
    return {
      ...base,
      expected: want,
      expectedBy: 'time',
      state: fits ? 'reached' : 'missed',
      reason: fits
        ? { zh: `全年${now}，达到${goal}`, en: `${now} over the year, ${goal} reached` }
        : { zh: `全年${now}，未达到${goal}`, en: `${now} over the year, ${goal} missed` },
    };
  if (p.progress === 'level') {
    return {
      ...base,
      expected: want,
      expectedBy: 'none',
      state: fits ? 'reached' : 'at-risk',
      reason: fits
        ? { zh: `现为${now}，达到${goal}，须保持到年末`, en: `Now ${now}: holds, and must to the end of the year` }
        : { zh: `现为${now}，未达到${goal}`, en: `Now ${now}, promised ${goal}` },
    };
  }
  const byPlan = !!p.plan;
  const expected = byPlan ? plannedAt(p.plan!, p.year, at) : want * elapsed;
  const common = { ...base, expected: round(expected), expectedBy: byPlan ? ('plan' as const) : ('time' as const) };
  if (lower) {
    // A limit on something that grows holds until it breaks.
    if (!fits) return { ...common, state: 'missed', reason: { zh: `已有${now}，超过全年上限${goal}`, en: `${now} already, beyond ${goal}` } };
    const risk = (f?.value ?? 0) > want;
    return {
      ...common,
      state: risk ? 'at-risk' : 'on-the-way',
      reason: risk
        ? { zh: `已有${now}，按目前速度年末约${f!.value}${unit}，将超过${goal}`, en: `${now} so far, about ${f!.value}${unit} at year end` }
        : { zh: `已有${now}，没有超过${goal}`, en: `${now} so far, within ${goal}` },
    };
  }
  if (fits && p.nature !== '=') return { ...common, state: 'reached', reason: { zh: `已有${now}，完成全年目标${goal}`, en: `${now}: the promise of the year is fulfilled` } };
  if (p.nature === '=' && value > want) return { ...common, state: 'missed', reason: { zh: `已有${now}，超过目标值${goal}`, en: `${now}, beyond ${goal}` } };
  // Things are counted whole: what must be there now is the whole part of the expected progress.
  const wanted = Math.floor(expected + 1e-9);
  const word = byPlan ? '按计划' : '按时间进度';
  return value >= wanted
    ? { ...common, state: 'on-the-way', reason: { zh: `已有${now}，${word}应有${wanted}${unit}`, en: `${now} so far, ${wanted}${unit} expected by now` } }
    : { ...common, state: 'at-risk', reason: { zh: `已有${now}，${word}应有${wanted}${unit}`, en: `${now} so far, behind the ${wanted}${unit} expected by now` } };
}
