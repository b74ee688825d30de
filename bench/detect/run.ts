// Runs a detector over the made families and gathers its scores by family and in sum.
import { existsSync, readFileSync } from 'node:fs';
import * as machines from './machines.ts';
import * as shapes from './shapes.ts';
import type { Scorer } from './baselines.ts';
import { Rng, type Series, places } from './series.ts';
import { type Judged, bestEvents, events, judge, nab } from './score.ts';

/** A table of hourly air and weather (UCI 381, columns as there), where AIR_CSV names one: real noise, real gaps, events put in. */
const airFile = process.env.AIR_CSV ?? '';
let air: string[][] | undefined;
function realAir(r: Rng): Omit<Series, 'family' | 'seed'> {
  air ??= readFileSync(airFile, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((l) => l.split(','));
  const column = r.pick([5, 5, 6, 7, 8, 10]);
  const n = r.pick([3000, 5000, 8000]);
  const from = r.int(30, air.length - n - 1);
  const rows = air.slice(from, from + n);
  // Half of them as if read every five minutes, so that the day does not fit the clock.
  const step = r.u() < 0.5 ? 3_600_000 : 300_000;
  const t = rows.map((x, i) => (step === 3_600_000 ? Date.UTC(Number(x[1]), Number(x[2]) - 1, Number(x[3]), Number(x[4])) : Date.UTC(2014, 0, 1) + i * step));
  const gone = rows.map((x) => !Number.isFinite(Number.parseFloat(x[column]!)));
  const v = rows.map((x, i) => (gone[i] ? 0 : Number(x[column])));
  const known = v.filter((_, i) => !gone[i]);
  const mean = known.reduce((a, x) => a + x, 0) / known.length;
  const sd = Math.sqrt(known.reduce((a, x) => a + (x - mean) ** 2, 0) / known.length);
  const events = places(r, n, r.int(1, 2), () => r.int(2, 100)).filter(([a]) => !gone[a]);
  for (const [a, b] of events) shapes.disturb(r, v, a, b, sd);
  return { t, v: v.map((x, i) => (gone[i] ? null : x)), events };
}
export const families = { ...machines.tuned, ...shapes.tuned, ...(existsSync(airFile) ? { realAir } : {}) };
export const keptFamilies = { ...machines.kept, ...shapes.kept };
/** Seeds from here on were never used while the detector was made. */
export const KEPT_SEEDS = 5000;

/** `count` series of each family, seeds from `from`. */
export function corpus(which: 'tuned' | 'kept' | 'all', from: number, count: number): Series[] {
  const list = { ...(which === 'kept' ? {} : families), ...(which === 'tuned' ? {} : keptFamilies) };
  return Object.entries(list).flatMap(([family, make], k) => Array.from({ length: count }, (_, i) => ({ ...make(new Rng((from + i) * 131 + k * 7919)), family, seed: from + i })));
}

export interface Card {
  nab: number;
  nabBest: number;
  lowFP: number;
  lowFPBest: number;
  lowFN: number;
  lowFNBest: number;
  nabThreshold: number;
  f1: number;
  f1Best: number;
  f1Threshold: number;
  precision: number;
  recall: number;
  early: number;
  falsePerThousand: number;
  rows: number;
}
export function card(all: { series: Series; scores: Float32Array }[]): Card {
  const judged: Judged[] = [];
  let windows = 0;
  for (const { series, scores } of all) {
    const j = judge(series, scores, windows);
    windows += j.windows;
    judged.push(j);
  }
  const [s, p, q] = [nab(judged, 'standard'), nab(judged, 'lowFP'), nab(judged, 'lowFN')];
  const e = events(all, 0.5);
  const b = bestEvents(all);
  return {
    nab: s.at,
    nabBest: s.best,
    nabThreshold: s.threshold,
    lowFP: p.at,
    lowFPBest: p.best,
    lowFN: q.at,
    lowFNBest: q.best,
    f1: 100 * e.f1,
    f1Best: 100 * b.f1,
    f1Threshold: b.threshold,
    precision: 100 * e.precision,
    recall: 100 * e.recall,
    early: 100 * e.early,
    falsePerThousand: e.falsePerThousand,
    rows: all.reduce((a, x) => a + x.series.v.length, 0),
  };
}
export function scoresOf(make: () => Scorer, s: Series): Float32Array {
  const d = make();
  return Float32Array.from(s.v, (v, i) => d.push(s.t[i]!, v));
}
/** The card of the whole corpus and of each family. */
export function report(make: () => Scorer, series: Series[]): { total: Card; by: Map<string, Card> } {
  const all = series.map((s) => ({ series: s, scores: scoresOf(make, s) }));
  return { total: card(all), by: new Map([...Map.groupBy(all, (x) => x.series.family)].map(([f, list]) => [f, card(list)])) };
}
