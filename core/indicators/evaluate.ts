// From inputs to a result: value, level and coverage by the definition; what is missing stays unknown, never zero and never green.
import { mustCompile, type Compiled } from '../expression.ts';
import type { Band, Indicator } from './pack.ts';

/** Why a result is unknown. */
export type Unknown = 'no-data' | 'coverage' | 'input-unknown' | 'not-connected' | 'error' | 'not-this-day';
export interface Result {
  /** Null is unknown; see `reason`. */
  value: number | null;
  /** Code of the band; null when unknown, under-covered or without levels. */
  level: string | null;
  /** Warning grade of the band, 1 worst; null when nothing is to be done or nothing is known. */
  grade: 1 | 2 | 3 | 4 | null;
  /** Share 0–1 of what should have been there. */
  coverage: number;
  reason: Unknown | null;
}

export const unknown = (reason: Unknown, coverage = 0): Result => ({ value: null, level: null, grade: null, coverage, reason });

const round = (v: number, decimals: number): number => {
  const f = 10 ** decimals;
  return Math.round((v + Number.EPSILON * Math.sign(v)) * f) / f;
};

/** The band a value falls into. Levels are judged on the value as published, that is, rounded. */
export function bandOf(bands: readonly Band[], value: number): Band | undefined {
  return bands.find((b) => (b.upTo !== undefined ? value <= b.upTo : b.below !== undefined ? value < b.below : true));
}

/** Rounds and levels a value; `slots` counts time slots with a valid reading, `expected` those in the span. */
export function judge(d: Indicator, raw: number | null, cover: { slots?: number; expected?: number; share?: number } = {}): Result {
  const { slots, expected, share } = cover;
  const coverage = share ?? (slots !== undefined && expected ? Math.min(1, slots / expected) : raw === null ? 0 : 1);
  if (raw === null || !Number.isFinite(raw)) return unknown('no-data', coverage);
  if (share !== undefined && share < d.minShare) return unknown('coverage', coverage);
  if (d.coverage && slots !== undefined && slots < d.coverage.valueMin) return unknown('coverage', coverage);
  const value = round(raw, d.decimals);
  const enough = !d.coverage || slots === undefined || slots >= d.coverage.min;
  const b = d.levels && enough ? bandOf(d.levels.bands, value) : undefined;
  return { value, level: b?.code ?? null, grade: b?.grade ?? null, coverage, reason: enough ? null : 'coverage' };
}

const compiled = new Map<string, Compiled>();
/** An expression over known inputs; one unknown input makes it unknown, so does division by zero or any error. */
export function evaluateExpression(d: Indicator, inputs: Record<string, number | null>): Result {
  if (d.source.kind !== 'expression') throw new Error(`${d.code} is not an expression`);
  const names = Object.keys(d.source.inputs);
  const known = names.filter((n) => inputs[n] !== null && inputs[n] !== undefined);
  if (known.length < names.length) return unknown('input-unknown', known.length / names.length);
  let c = compiled.get(d.source.formula);
  if (!c) compiled.set(d.source.formula, (c = mustCompile(d.source.formula)));
  try {
    const v = c.evaluate(inputs);
    return typeof v === 'number' && Number.isFinite(v) ? judge(d, v, { share: 1 }) : unknown('error', 1);
  } catch {
    return unknown('error', 1);
  }
}

/** Score 0–100 of a value between its worst and its best. */
export const score = (value: number, worst: number, best: number): number => Math.max(0, Math.min(100, (100 * (value - worst)) / (best - worst)));

/** Weighted index over the known parts; below `minShare` of the weight it is unknown, not merely smaller. */
export function evaluateComposite(d: Indicator, values: Record<string, number | null>): Result {
  if (d.source.kind !== 'composite') throw new Error(`${d.code} is not a composite`);
  let weight = 0;
  let sum = 0;
  let all = 0;
  for (const p of d.source.parts) {
    all += p.weight;
    const v = values[p.code];
    if (v === null || v === undefined) continue;
    weight += p.weight;
    sum += p.weight * score(v, p.worst, p.best);
  }
  return judge(d, weight ? sum / weight : null, { share: weight / all });
}
