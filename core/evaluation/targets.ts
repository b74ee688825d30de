// Judges a published target by its live value: reached, on the way, at risk, missed – or not measurable, and why. Pure.
import type { Text } from '../contract.ts';
import { DAY, dateOf, localInstant } from '../time.ts';
import type { Target } from './pack.ts';

export const targetStates = ['reached', 'on-the-way', 'at-risk', 'missed', 'not-measurable'] as const;
export type TargetState = (typeof targetStates)[number];
export const stateNames: Record<TargetState, Text> = {
  reached: { zh: '已达到', en: 'Reached' },
  'on-the-way': { zh: '推进中', en: 'On the way' },
  'at-risk': { zh: '有风险', en: 'At risk' },
  missed: { zh: '未达到', en: 'Missed' },
  'not-measurable': { zh: '无法计量', en: 'Not measurable' },
};

/** Three bands of the self-evaluation form (财预〔2020〕10号): 100–80, 80–60, below 60. */
export const ratingGrades = ['reached', 'partly', 'missed'] as const;
export type RatingGrade = (typeof ratingGrades)[number];
/** Band of a score of 0–100. */
export const gradeOf = (score: number): RatingGrade => (score >= 80 ? 'reached' : score >= 60 ? 'partly' : 'missed');

/** What the bound indicator says for the target's year so far; `value` null with the reason when unknown. */
export interface LiveValue {
  value: number | null;
  why?: Text | undefined;
}
export interface Rating {
  grade: RatingGrade;
  score: number;
  at: Date;
}
export interface Judgement {
  state: TargetState;
  /** One sentence for the screen. */
  reason: Text;
  value: number | null;
  /** What a cumulative target should have by now, in its own unit. */
  expected: number | null;
  /** Straight continuation to the end of the year. */
  forecast: number | null;
  /** Part of the promise fulfilled, 0–1 and beyond; for ≤ promised over actual (domain.md §9.1). */
  completion: number | null;
  /** The year is not over: what holds now must still hold at its end. */
  provisional: boolean;
}

/** First and last instant (exclusive) of a target's year. */
export const yearOf = (year: number): { from: Date; to: Date } => ({ from: localInstant(`${year}-01-01`), to: localInstant(`${year + 1}-01-01`) });

const holds = (nature: Target['nature'], value: number, promised: number): boolean =>
  nature === '≥' ? value >= promised : nature === '≤' ? value <= promised : nature === '>' ? value > promised : nature === '<' ? value < promised : value === promised;
const round = (x: number): number => Math.round(x * 10) / 10;

/** Judges a target at an instant. `live` is undefined when nothing is bound, `rating` when nobody has rated. */
export function judge(target: Target, at: Date, live: LiveValue | undefined, rating?: Rating): Judgement {
  const { from, to } = yearOf(target.year);
  const over = at >= to;
  const none = { value: null, expected: null, forecast: null, completion: null, provisional: !over };
  const unmeasured = (reason: Text): Judgement => ({ ...none, state: 'not-measurable', reason });
  if (at < from) return unmeasured({ zh: `${target.year} 年尚未开始`, en: `${target.year} has not begun` });
  if (target.nature === '定性') {
    if (!target.rater) return unmeasured(target.why ?? { zh: '没有写明由谁评定', en: 'No rater is named' });
    if (!rating) return unmeasured({ zh: `待${target.rater.zh}评定`, en: `Waits for the rating by ${target.rater.en}` });
    const state = rating.grade === 'reached' ? 'reached' : over ? 'missed' : rating.grade === 'partly' ? 'on-the-way' : 'at-risk';
    const day = dateOf(rating.at);
    return {
      ...none,
      state,
      completion: rating.score / 100,
      reason: { zh: `${target.rater.zh} ${day} 评定 ${rating.score} 分`, en: `Rated ${rating.score} on ${day} by ${target.rater.en}` },
    };
  }
  if (!live) return unmeasured(target.why ?? { zh: '没有绑定指标', en: 'No indicator is bound' });
  if (live.value === null) return unmeasured(live.why ?? { zh: '指标还没有数据', en: 'The indicator has no data yet' });
  const { value } = live;
  const promised = Number(target.value);
  const unit = target.unit ?? '';
  const fits = holds(target.nature, value, promised);
  const lower = target.nature === '≤' || target.nature === '<';
  const completion = lower ? (value <= 0 ? 1 : Math.min(1, promised / value)) : promised === 0 ? (fits ? 1 : 0) : value / promised;
  const elapsed = Math.min(1, (at.getTime() - from.getTime()) / (to.getTime() - from.getTime()));
  const base = { value, completion, provisional: !over };

  // A limit on something that grows (≤ 10 complaints a year) holds until it breaks; it cannot be reached early.
  if (target.progress === 'level' || lower || target.nature === '=') {
    const forecast = null;
    if (fits)
      return {
        ...base,
        expected: null,
        forecast,
        state: lower && target.progress === 'cumulative' && !over ? 'on-the-way' : 'reached',
        reason: over ? { zh: '全年达到', en: 'Held over the year' } : { zh: '至今达到，须保持到年末', en: 'Holds so far, must hold to the end of the year' },
      };
    return {
      ...base,
      expected: null,
      forecast,
      state: over || (lower && target.progress === 'cumulative') ? 'missed' : 'at-risk',
      reason: { zh: `现为 ${round(value)}${unit}，目标 ${target.nature}${target.value}${unit}`, en: `Now ${round(value)}${unit}, promised ${target.nature}${target.value}${unit}` },
    };
  }
  const expected = promised * elapsed;
  const forecast = elapsed > 0 ? round(value / elapsed) : null;
  if (fits)
    return { ...base, provisional: false, expected: round(expected), forecast, state: 'reached', reason: { zh: '已完成全年目标', en: 'The promise of the year is fulfilled' } };
  if (over)
    return {
      ...base,
      expected: round(expected),
      forecast,
      state: 'missed',
      reason: { zh: `全年 ${round(value)}${unit}，未达到 ${target.value}${unit}`, en: `${round(value)}${unit} over the year, promised ${target.value}${unit}` },
    };
  if (target.atMostPerDay !== undefined) {
    const possible = value + Math.ceil((to.getTime() - at.getTime()) / DAY) * target.atMostPerDay;
    if (possible < promised)
      return {
        ...base,
        expected: round(expected),
        forecast,
        state: 'missed',
        reason: {
          zh: `余下每天都算也只有 ${round(possible)}${unit}，已不能达到 ${target.value}${unit}`,
          en: `Even with every remaining day it can only come to ${round(possible)}${unit}`,
        },
      };
  }
  // Things are counted whole: what must be there now is the whole part of the expected progress.
  const wanted = Math.floor(expected);
  if (value >= wanted)
    return {
      ...base,
      expected: round(expected),
      forecast,
      state: 'on-the-way',
      reason: { zh: `已有 ${round(value)}${unit}，按时间进度应有 ${wanted}${unit}`, en: `${round(value)}${unit} so far, ${wanted}${unit} expected by now` },
    };
  return {
    ...base,
    expected: round(expected),
    forecast,
    state: 'at-risk',
    reason: { zh: `已有 ${round(value)}${unit}，落后于时间进度 ${wanted}${unit}`, en: `${round(value)}${unit} so far, behind the ${wanted}${unit} expected by now` },
  };
}

export const ratingGradeNames: Record<RatingGrade, Text> = {
  reached: { zh: '达成年度指标', en: 'Reached' },
  partly: { zh: '部分达成并有一定效果', en: 'Partly reached' },
  missed: { zh: '未达成且效果较差', en: 'Not reached' },
};
