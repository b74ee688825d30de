// Rule conditions as small state machines: one reading in, at most one change out; pure, constant memory, made for millions of steps a second.
import { durationMs } from '../time.ts';
import type { Condition, Level } from './pack.ts';

/** What a step can say. `from`/`to` are levels, 0 = none; raise: 0 → n, clear: n → 0, otherwise a change of level. */
export interface Change {
  from: 0 | Level;
  to: 0 | Level;
  at: number;
  /** What is told: the reading, its change, its forecast, or the count of those that agree. */
  value: number;
  /** Half the band around a forecast, in the unit of the value. */
  error?: number;
  /** Score of the detector in [0, 1]. */
  score?: number;
}

/**
 * State of one (rule, stream): plain numbers, JSON-safe. `sev` is severity 0–4 = 5 − level.
 * `since[k]` is when severity k began to hold without a break (−1: it does not), `gone` since when the present one no longer does.
 */
export interface LevelState {
  sev: number;
  t: number;
  s1: number;
  s2: number;
  s3: number;
  s4: number;
  gone: number;
}
export interface RuleState extends LevelState {
  /** Memory of the transform before the lines: Holt's level, trend, error; the window's sub-buckets; the detector. */
  m: number[] | null;
  d: unknown;
}

/** The detector as the signals slice offers it; handed in, so that rules do not depend on how it works. */
export interface Detector {
  push(timeMs: number, value: number | null): number;
  state(): unknown;
  restore(state: unknown): void;
}
export interface MachineOptions {
  detector?: () => Detector;
  /** Expected interval of the stream in ms, for `silent` by intervals. */
  intervalMs?: number | null;
}

export interface Machine {
  init(): RuleState;
  /** Judges a reading. Older than the last one judged → ignored: late data revises indicators, it does not wake people. */
  step(s: RuleState, t: number, v: number | null): Change | null;
  /** Judges the passing of time (silence, durations that ran out). */
  tick(s: RuleState, now: number): Change | null;
}

const ms = (d: string | undefined, otherwise: number): number => (d === undefined ? otherwise : durationMs(d)!);
const levelOf = (sev: number): 0 | Level => (sev === 0 ? 0 : ((5 - sev) as Level));

interface Line {
  level: Level;
  at: number;
  clear?: number | undefined;
}

/** Lines with hysteresis and durations over any number; values are flipped for `below`, so that more is always worse. */
function lineJudge(side: 'above' | 'below', lines: readonly Line[], forMs: number, clearMs: number, maxGap: number) {
  const flip = side === 'below' ? -1 : 1;
  const at = [NaN, Infinity, Infinity, Infinity, Infinity];
  const clear = [NaN, Infinity, Infinity, Infinity, Infinity];
  for (const l of lines) {
    at[5 - l.level] = l.at * flip;
    clear[5 - l.level] = (l.clear ?? l.at) * flip;
  }
  const [, a1, a2, a3, a4] = at as [number, number, number, number, number];
  const lowest = Math.min(a1, a2, a3, a4, clear[1]!, clear[2]!, clear[3]!, clear[4]!);

  /** Severity that has held long enough at t. Kept cheap: the quiet case leaves at the first comparison. */
  return (s: RuleState, t: number, v: number, shown: number): Change | null => {
    const x = v * flip;
    if (s.sev === 0 && x < lowest) {
      if (s.s1 >= 0 || s.s2 >= 0 || s.s3 >= 0 || s.s4 >= 0) s.s1 = s.s2 = s.s3 = s.s4 = -1;
      s.t = t;
      return null;
    }
    if (t - s.t > maxGap) s.s1 = s.s2 = s.s3 = s.s4 = s.gone = -1;
    s.t = t;
    if (x >= a1) {
      if (s.s1 < 0) s.s1 = t;
    } else s.s1 = -1;
    if (x >= a2) {
      if (s.s2 < 0) s.s2 = t;
    } else s.s2 = -1;
    if (x >= a3) {
      if (s.s3 < 0) s.s3 = t;
    } else s.s3 = -1;
    if (x >= a4) {
      if (s.s4 < 0) s.s4 = t;
    } else s.s4 = -1;
    let up = 0;
    if (s.s4 >= 0 && t - s.s4 >= forMs) up = 4;
    else if (s.s3 >= 0 && t - s.s3 >= forMs) up = 3;
    else if (s.s2 >= 0 && t - s.s2 >= forMs) up = 2;
    else if (s.s1 >= 0 && t - s.s1 >= forMs) up = 1;
    if (up > s.sev) {
      const from = levelOf(s.sev);
      s.sev = up;
      s.gone = -1;
      return { from, to: levelOf(up), at: t, value: shown };
    }
    if (s.sev === 0) return null;
    if (x >= clear[s.sev]!) {
      s.gone = -1;
      return null;
    }
    if (s.gone < 0) s.gone = t;
    if (t - s.gone < clearMs) return null;
    // It has been gone long enough: down to the worst line whose clearing value still holds.
    let down = s.sev - 1;
    while (down > 0 && !(x >= clear[down]! && at[down]! !== Infinity)) down--;
    const from = levelOf(s.sev);
    s.sev = down;
    s.gone = -1;
    return { from, to: levelOf(down), at: t, value: shown };
  };
}

const fresh = (m: number[] | null): RuleState => ({ sev: 0, t: -1, s1: -1, s2: -1, s3: -1, s4: -1, gone: -1, m, d: null });
const never = (): null => null;
/** Sub-buckets of a rate window: memory is constant, the window exact to an eighth. */
const SUB = 8;

/** Makes the machine of a condition over one stream (`several` works over groups: see group.ts). */
export function machineOf(c: Exclude<Condition, { kind: 'several' }>, o: MachineOptions = {}): Machine {
  switch (c.kind) {
    case 'threshold': {
      const judge = lineJudge(c.side, c.lines, ms(c.for, 0), ms(c.clearFor, 0), ms(c.maxGap, Infinity));
      return {
        init: () => fresh(null),
        step: (s, t, v) => (v === null || t <= s.t ? null : judge(s, t, v, v)),
        tick: never,
      };
    }
    case 'rate': {
      const over = durationMs(c.over)!;
      const width = over / SUB;
      const judge = lineJudge('above', c.lines, ms(c.for, 0), ms(c.clearFor, 0), ms(c.maxGap, Infinity));
      const rise = c.side === 'rise';
      return {
        // Pairs of (slot number, extreme value), slot −1 = empty.
        init: () => fresh(Array.from({ length: (SUB + 1) * 2 }, (_, i) => (i % 2 ? 0 : -1))),
        step(s, t, v) {
          if (v === null || t <= s.t) return null;
          const m = s.m!;
          const slot = Math.floor(t / width);
          const at = (slot % (SUB + 1)) * 2;
          if (m[at] !== slot) {
            m[at] = slot;
            m[at + 1] = v;
          } else if (rise ? v < m[at + 1]! : v > m[at + 1]!) m[at + 1] = v;
          let base = v;
          for (let i = 0; i < m.length; i += 2) if (m[i]! >= 0 && m[i]! >= slot - SUB) base = rise ? Math.min(base, m[i + 1]!) : Math.max(base, m[i + 1]!);
          const change = rise ? v - base : base - v;
          const x = c.percent ? (base === 0 ? 0 : (100 * change) / Math.abs(base)) : change;
          return judge(s, t, x, x);
        },
        tick: never,
      };
    }
    case 'silent': {
      const after = c.after !== undefined ? durationMs(c.after)! : o.intervalMs ? c.intervals! * o.intervalMs : Infinity;
      const sev = 5 - c.level;
      return {
        init: () => fresh(null),
        step(s, t) {
          if (t <= s.t) return null;
          s.t = t;
          if (s.sev === 0) return null;
          s.sev = 0;
          return { from: c.level, to: 0, at: t, value: 0 };
        },
        tick(s, now) {
          if (s.sev !== 0 || s.t < 0 || now - s.t < after) return null;
          s.sev = sev;
          return { from: 0, to: c.level, at: now, value: (now - s.t) / 60_000 };
        },
      };
    }
    case 'forecast': {
      const horizon = durationMs(c.horizon)!;
      const judge = lineJudge(c.side, c.lines, ms(c.for, 0), ms(c.clearFor, 0), ms(c.maxGap, Infinity));
      const sign = c.side === 'above' ? -1 : 1;
      return {
        init: () => fresh([0, 0, 0, 0, 0]),
        step(s, t, v) {
          if (v === null || t <= s.t) return null;
          const f = holt(s.m!, s.t < 0 ? 0 : t - s.t, v, c.alpha, c.beta, horizon);
          if (f === undefined) {
            s.t = t;
            return null;
          }
          // The near end of the band must be across: raised only when even the cautious forecast crosses. What is already across counts too.
          const cautious = f.value + sign * c.z * f.error;
          const x = c.side === 'above' ? Math.max(v, cautious) : Math.min(v, cautious);
          const change = judge(s, t, x, f.value);
          if (change) change.error = c.z * f.error;
          return change;
        },
        tick: never,
      };
    }
    case 'anomaly': {
      const judge = lineJudge('above', [{ level: c.level, at: c.score, clear: c.score * 0.6 }], 0, ms(c.clearFor, 0), Infinity);
      const make = o.detector;
      if (!make) throw new Error('anomaly needs a detector');
      return {
        init: () => fresh(null),
        step(s, t, v) {
          if (t <= s.t) return null;
          const d = detectorOf(s, make);
          const score = d.push(t, v);
          if (v === null) return null;
          const change = judge(s, t, score, v);
          if (change) change.score = score;
          return change;
        },
        tick: never,
      };
    }
  }
}

/** The live detector of a state; after a restore, `d` holds its saved form until it is first needed. */
function detectorOf(s: RuleState, make: () => Detector): Detector {
  const d = s.d as (Detector & { push?: unknown }) | null;
  if (d && typeof d.push === 'function') return d;
  const made = make();
  try {
    if (d) made.restore(d);
  } catch {
    // A memory of an older form: it learns anew.
  }
  s.d = made;
  return made;
}
/** A state as JSON for a snapshot. */
export const frozen = (s: RuleState): RuleState => {
  const d = s.d as { state?: () => unknown } | null;
  return d && typeof d.state === 'function' ? { ...s, d: d.state() } : s;
};

/** Fewer readings give no honest error. */
const WARM_UP = 12;
/**
 * Holt's linear method for uneven steps; m = [n, level, trend per ms, mean squared one-step error, mean step ms].
 * Gives forecast and its standard error `ahead` ms from now; undefined until twelve readings are in.
 * The error of h steps grows as σ·√(1 + (h−1)·α²(1 + hβ + h(2h−1)β²/6)) (Hyndman et al., class 1 of linear exponential smoothing).
 */
export function holt(m: number[], dt: number, v: number, alpha: number, beta: number, ahead: number): { value: number; error: number } | undefined {
  const n = m[0]!;
  if (n === 0 || dt <= 0) {
    m[0] = 1;
    m[1] = v;
    return undefined;
  }
  const before = m[1]! + m[2]! * dt;
  const miss = v - before;
  const now = before + alpha * miss;
  // The first step only shows a slope; it is no error.
  m[2] = n === 1 ? (v - m[1]!) / dt : m[2]! + beta * ((now - m[1]!) / dt - m[2]!);
  m[1] = n === 1 ? v : now;
  if (n > 1) m[3] = n === 2 ? miss * miss : m[3]! + Math.max(0.05, 1 / n) * (miss * miss - m[3]!);
  m[4] = n === 1 ? dt : m[4]! + 0.1 * (dt - m[4]!);
  m[0] = n + 1;
  if (n < WARM_UP) return undefined;
  const h = Math.max(1, ahead / m[4]!);
  const grow = 1 + (h - 1) * alpha * alpha * (1 + h * beta + (h * (2 * h - 1) * beta * beta) / 6);
  return { value: m[1]! + m[2]! * ahead, error: Math.sqrt(m[3]! * grow) };
}
