// Runs a detector over the made families and gathers its scores by family and in sum.
import * as machines from './machines.ts';
import * as shapes from './shapes.ts';
import type { Scorer } from './baselines.ts';
import { Rng, type Series } from './series.ts';
import { type Judged, bestEvents, events, judge, nab } from './score.ts';

export const families = { ...machines.tuned, ...shapes.tuned };
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
