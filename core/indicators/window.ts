// Buckets and windows of indicators in local time: which span of readings stands behind one number; pure calendar arithmetic.
import { DAY, HOUR, MINUTE, OFFSET_MINUTES, durationMs } from '../time.ts';
import type { Indicator } from './pack.ts';

/** Lengths of a bucket: minutes and hours count from local midnight, weeks begin on Monday. */
export const periods = ['PT5M', 'PT10M', 'PT15M', 'PT30M', 'PT1H', 'P1D', 'P1W', 'P1M', 'P3M', 'P1Y'] as const;
export type Period = (typeof periods)[number];

const OFFSET = OFFSET_MINUTES * MINUTE;
const MONTHS: Partial<Record<Period, number>> = { P1M: 1, P3M: 3, P1Y: 12 };
const utcMonth = (year: number, month: number): number => Date.UTC(year, month, 1);

/** Start of the bucket that holds instant `at` (ms since epoch), as ms. */
export function bucketStart(at: number, period: Period): number {
  const local = at + OFFSET;
  const months = MONTHS[period];
  if (months) {
    const d = new Date(local);
    const m = d.getUTCMonth();
    return utcMonth(d.getUTCFullYear(), m - (m % months)) - OFFSET;
  }
  // 1970-01-05 was a Monday.
  if (period === 'P1W') return Math.floor((local - 4 * DAY) / (7 * DAY)) * 7 * DAY + 4 * DAY - OFFSET;
  const ms = durationMs(period)!;
  return Math.floor(local / ms) * ms - OFFSET;
}

/** Start of the bucket after (n > 0) or before (n < 0) the one beginning at `start`. */
export function shiftBucket(start: number, period: Period, n: number): number {
  const months = MONTHS[period];
  if (!months) return start + n * durationMs(period)!;
  const d = new Date(start + OFFSET);
  return utcMonth(d.getUTCFullYear(), d.getUTCMonth() + n * months) - OFFSET;
}
export const bucketEnd = (start: number, period: Period): number => shiftBucket(start, period, 1);

export interface Span {
  /** Inclusive. */
  from: number;
  /** Exclusive. */
  to: number;
}

/** The span of readings behind the bucket that begins at `start`. */
export function spanOf(d: Pick<Indicator, 'window'>, start: number): Span {
  const w = d.window;
  const to = bucketEnd(start, w.every);
  if (w.kind === 'tumbling') return { from: start, to };
  if (w.kind === 'sliding') return { from: to - durationMs(w.length)!, to };
  return { from: bucketStart(start, w.since), to };
}

/** Buckets whose span holds the instant, oldest first; at most up to the bucket of `now` (a to-date or sliding window touches later ones too). */
export function bucketsTouched(d: Pick<Indicator, 'window'>, at: number, now: number): number[] {
  const w = d.window;
  const first = bucketStart(at, w.every);
  if (w.kind === 'tumbling') return [first];
  const limit = bucketStart(Math.max(now, at), w.every);
  const out: number[] = [];
  for (let b = first; b <= limit; b = shiftBucket(b, w.every, 1)) {
    const s = spanOf(d, b);
    if (at < s.from) break;
    out.push(b);
  }
  return out;
}

/** The bucket one day, week, month or year earlier (同比, 环比); a day that the earlier month lacks becomes that month's last. */
export function offsetBucket(start: number, every: Period, offset: 'P1D' | 'P1W' | 'P1M' | 'P1Y'): number {
  if (offset === 'P1D') return bucketStart(start - DAY, every);
  if (offset === 'P1W') return bucketStart(start - 7 * DAY, every);
  const d = new Date(start + OFFSET);
  const months = offset === 'P1M' ? 1 : 12;
  const first = utcMonth(d.getUTCFullYear(), d.getUTCMonth() - months);
  const days = (utcMonth(d.getUTCFullYear(), d.getUTCMonth() - months + 1) - first) / DAY;
  const into = d.getTime() - utcMonth(d.getUTCFullYear(), d.getUTCMonth());
  return bucketStart(first + Math.min(into, days * DAY - 1) - OFFSET, every);
}

/** Whether hourly rollups hold enough for this window: its ends lie on whole hours. */
export const wholeHours = (s: Span): boolean => s.from % HOUR === 0 && s.to % HOUR === 0;
