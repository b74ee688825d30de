// Partial aggregates that merge in any order: hours into days, streams into units; the same readings always give the same number.
import type { Aggregate } from './pack.ts';

/** What is kept of the readings of one stream in one slot of time. */
export interface Part {
  count: number;
  sum: number;
  min: number;
  max: number;
  firstAt: number;
  first: number;
  lastAt: number;
  last: number;
}

/** Part of readings `[time ms, value]`; undefined when none is valid. Duplicates of one time must have been removed before (a key does). */
export function partOf(readings: Iterable<readonly [number, number]>, valid?: { min?: number | undefined; max?: number | undefined }): Part | undefined {
  let p: Part | undefined;
  for (const [t, v] of readings) {
    if (!Number.isFinite(v) || (valid?.min !== undefined && v < valid.min) || (valid?.max !== undefined && v > valid.max)) continue;
    if (!p) p = { count: 1, sum: v, min: v, max: v, firstAt: t, first: v, lastAt: t, last: v };
    else {
      p.count++;
      p.sum += v;
      if (v < p.min) p.min = v;
      if (v > p.max) p.max = v;
      if (t < p.firstAt) {
        p.firstAt = t;
        p.first = v;
      }
      if (t > p.lastAt) {
        p.lastAt = t;
        p.last = v;
      }
    }
  }
  return p;
}

export function mergeParts(parts: readonly Part[]): Part | undefined {
  const [head, ...rest] = parts;
  if (!head) return undefined;
  const p = { ...head };
  for (const q of rest) {
    p.count += q.count;
    p.sum += q.sum;
    p.min = Math.min(p.min, q.min);
    p.max = Math.max(p.max, q.max);
    if (q.firstAt < p.firstAt) {
      p.firstAt = q.firstAt;
      p.first = q.first;
    }
    if (q.lastAt > p.lastAt) {
      p.lastAt = q.lastAt;
      p.last = q.last;
    }
  }
  return p;
}

/** The number an aggregate gives; `rate` is the change per hour of a counter that only grows (a fall means it was reset: unknown). */
export function finish(p: Part | undefined, agg: Exclude<Aggregate, 'percentile'>): number | null {
  if (!p) return agg === 'count' ? 0 : null;
  switch (agg) {
    case 'avg':
      return p.sum / p.count;
    case 'min':
      return p.min;
    case 'max':
      return p.max;
    case 'sum':
      return p.sum;
    case 'last':
      return p.last;
    case 'count':
      return p.count;
    case 'rate': {
      const hours = (p.lastAt - p.firstAt) / 3_600_000;
      return hours > 0 && p.last >= p.first ? (p.last - p.first) / hours : null;
    }
  }
}

/** Percentile q (0–100) by linear interpolation between closest ranks; null of nothing. */
export function percentile(values: readonly number[], q: number): number | null {
  if (!values.length) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q / 100) * (sorted.length - 1);
  const low = Math.floor(at);
  const lower = sorted[low]!;
  return lower + ((sorted[low + 1] ?? lower) - lower) * (at - low);
}

/** One number from the numbers of several streams; unknown ones are left out by the caller, who answers for coverage. */
export function across(values: readonly number[], how: 'avg' | 'min' | 'max' | 'sum' | 'count' | 'share-above' | 'share-below', limit = 0): number | null {
  if (how === 'count') return values.length;
  if (!values.length) return null;
  switch (how) {
    case 'avg':
      return values.reduce((a, b) => a + b, 0) / values.length;
    case 'sum':
      return values.reduce((a, b) => a + b, 0);
    case 'min':
      return values.reduce((a, b) => Math.min(a, b));
    case 'max':
      return values.reduce((a, b) => Math.max(a, b));
    case 'share-above':
      return (100 * values.filter((v) => v > limit).length) / values.length;
    case 'share-below':
      return (100 * values.filter((v) => v < limit).length) / values.length;
  }
}
