// Scores of a detector: the windows of the Numenta benchmark (Lavin and Ahmad 2015) and events with early reward, at 0.5 and at the best threshold.
import type { Series } from './series.ts';

/** Weights of the benchmark's three profiles: a missed window costs `fn`, a false alarm up to `fp`. */
export const profiles = { standard: { fp: 0.11, fn: 1 }, lowFP: { fp: 0.22, fn: 1 }, lowFN: { fp: 0.11, fn: 2 } } as const;
export type Profile = keyof typeof profiles;

const sigmoid = (y: number): number => 2 / (1 + Math.exp(5 * y)) - 1;
const MAX_TP = sigmoid(-1);

/** Windows as the benchmark draws them: a tenth of the rows shared between the events, each window centred on the start of its event and holding it. */
export function windowsOf(s: Series): [number, number][] {
  const n = s.v.length;
  const half = Math.floor((0.1 * n) / Math.max(1, s.events.length) / 2);
  const out: [number, number][] = [];
  for (const [a, b] of s.events) {
    const w: [number, number] = [Math.max(0, a - half), Math.min(n - 1, Math.max(a + half, Math.min(b, a + 2 * half)))];
    const last = out.at(-1);
    if (last && w[0] <= last[1]) last[1] = w[1];
    else out.push(w);
  }
  return out;
}

/** What one series adds: for every row its score, the window it lies in, and what it is worth there. */
interface Point {
  score: number;
  window: number;
  /** −1…1 by place in or after a window. */
  worth: number;
}
export interface Judged {
  points: Point[];
  windows: number;
}

/** Points of the series after the probation of the benchmark (15 % of the rows, at most 750). */
export function judge(s: Series, scores: ArrayLike<number>, firstWindow: number): Judged {
  const n = s.v.length;
  const probation = Math.floor(Math.min(0.15 * n, 750));
  const windows = windowsOf(s).filter((w) => w[1] >= probation);
  const points: Point[] = [];
  let k = 0;
  for (let i = probation; i < n; i++) {
    while (k < windows.length && i > windows[k]![1]) k++;
    const w = windows[k];
    if (w && i >= w[0]) points.push({ score: scores[i]!, window: firstWindow + k, worth: sigmoid(-(w[1] - i + 1) / (w[1] - w[0] + 1)) / MAX_TP });
    else {
      const past = windows[k - 1];
      const far = past ? (i - past[1]) / Math.max(1, past[1] - past[0]) : 3;
      points.push({ score: scores[i]!, window: -1, worth: far >= 3 ? -1 : sigmoid(far) });
    }
  }
  return { points, windows: windows.length };
}

/** Sum of the raw score at one threshold. */
function rawAt(points: Point[], windows: number, profile: Profile, threshold: number): number {
  const { fp, fn } = profiles[profile];
  const found = new Map<number, number>();
  let sum = 0;
  for (const p of points) {
    if (p.score < threshold) continue;
    if (p.window < 0) sum += fp * p.worth;
    else found.set(p.window, Math.max(found.get(p.window) ?? -9, p.worth));
  }
  for (const x of found.values()) sum += x;
  return sum - fn * (windows - found.size);
}
/** Normalised: 0 = says nothing, 100 = every window at its first row and no false alarm. */
const normal = (raw: number, windows: number, profile: Profile): number => (100 * (raw + profiles[profile].fn * windows)) / ((1 + profiles[profile].fn) * Math.max(1, windows));

export interface Nab {
  at: number;
  best: number;
  threshold: number;
}
export function nab(judged: Judged[], profile: Profile): Nab {
  const points = judged.flatMap((j) => j.points);
  const windows = judged.reduce((a, j) => a + j.windows, 0);
  const at = rawAt(points, windows, profile, 0.5);
  // Best threshold: rows from the highest score down, as the benchmark sweeps.
  const { fp, fn } = profiles[profile];
  points.sort((a, b) => b.score - a.score);
  const found = new Map<number, number>();
  let raw = -fn * windows;
  let best = raw;
  let threshold = 1.1;
  for (let i = 0; i < points.length; i++) {
    const p = points[i]!;
    if (p.window < 0) raw += fp * p.worth;
    else {
      const had = found.get(p.window);
      if (had === undefined || p.worth > had) {
        raw += had === undefined ? fn + p.worth : p.worth - had;
        found.set(p.window, p.worth);
      }
    }
    if (raw > best && points[i + 1]?.score !== p.score) {
      best = raw;
      threshold = p.score;
    }
  }
  return { at: normal(at, windows, profile), best: normal(best, windows, profile), threshold };
}

export interface Events {
  precision: number;
  recall: number;
  f1: number;
  /** Mean of 1 − (rows until found) / (rows of the event with grace), 0 when missed. */
  early: number;
  /** False alarms per thousand rows outside events. */
  falsePerThousand: number;
}
/**
 * Events without room before them: found when a row of the event, or of the grace after it, reaches the threshold. The grace is a fiftieth
 * of the series; rows of it count neither way. Alarms within ten rows of each other are one. Nothing of the first tenth is judged.
 */
export function events(all: { series: Series; scores: ArrayLike<number> }[], threshold: number): Events {
  let hit = 0;
  let total = 0;
  let alarms = 0;
  let early = 0;
  let rows = 0;
  for (const { series: s, scores } of all) {
    const n = s.v.length;
    const grace = Math.max(10, Math.floor(n / 50));
    const near = new Int32Array(n).fill(-1);
    s.events.forEach(([a, b], k) => near.fill(k, a, Math.min(n, b + 1 + grace)));
    const first = new Map<number, number>();
    let last = -99;
    for (let i = Math.floor(n / 10); i < n; i++) {
      if (near[i]! < 0) rows++;
      if (scores[i]! < threshold) continue;
      if (near[i]! >= 0) {
        if (!first.has(near[i]!)) first.set(near[i]!, i);
      } else {
        if (i - last > 10) alarms++;
        last = i;
      }
    }
    total += s.events.length;
    hit += first.size;
    for (const [k, i] of first) {
      const [a, b] = s.events[k]!;
      early += 1 - (i - a) / (b - a + 1 + grace);
    }
  }
  const precision = hit + alarms ? hit / (hit + alarms) : 1;
  const recall = total ? hit / total : 1;
  return {
    precision,
    recall,
    f1: precision + recall ? (2 * precision * recall) / (precision + recall) : 0,
    early: total ? early / total : 1,
    falsePerThousand: (1000 * alarms) / Math.max(1, rows),
  };
}
export function bestEvents(all: { series: Series; scores: ArrayLike<number> }[]): Events & { threshold: number } {
  let best: (Events & { threshold: number }) | undefined;
  const steps = new Set<number>();
  const every: number[] = [];
  for (const { scores } of all) for (let i = 0; i < scores.length; i++) if (scores[i]! > 0) every.push(scores[i]!);
  every.sort((a, b) => b - a);
  for (let k = 1; k < every.length; k = Math.ceil(k * 1.35)) steps.add(every[k]!);
  for (const threshold of steps) {
    const e = events(all, threshold);
    if (!best || e.f1 > best.f1) best = { ...e, threshold };
    if (e.falsePerThousand > 60) break;
  }
  return best ?? { ...events(all, 1.1), threshold: 1.1 };
}
