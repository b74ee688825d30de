// The streaming anomaly detector: causal, one reading at a time, a few kilobytes for each stream, nothing to train and nothing to tune.
import { LAGS, LAG_FLOATS, Lags } from './detect/lag.ts';
import { SEASON_FLOATS, Season } from './detect/season.ts';
import { TAIL_FLOATS, Tail } from './detect/tail.ts';

export interface Detector {
  /** Takes a reading (Unix ms; null, NaN or infinite = missing) and gives its score in [0, 1]; 0.5 and more deserves a warning. */
  push(timeMs: number, value: number | null): number;
  /** Everything it knows, as JSON. */
  state(): unknown;
  /** Goes on from a state; a state of another form is refused with an error. */
  restore(state: unknown): void;
}
/** Constants of the method; the defaults are the product's and are not meant to be changed for a stream. */
export const defaults = {
  warmUp: 60,
  threshold: 3.8,
  /** Tail estimate. */
  k: 6,
  index: 4,
  prior: 4,
  steep: 10,
  slack: 0.12,
  halfLife: 6000,
  /** Weight with which an alarmed reading is learned. */
  alarmWeight: 0.1,
  habit: 0.3,
  fast: 0.2,
  slow: 0.025,
  heat: 0.35,
  heatLife: 1500,
  hold: 150,
  margin: 1.25,
  run: 10,
  wPred: 1,
  wDiff: 1,
  wLevel: 1,
  wSeason: 1,
  wFast: 1,
  wSlow: 1,
  wDrift: 1,
  wVol: 1,
  wVolSlow: 1,
  wRun: 1,
  centre: 2500,
  scaleLife: 800,
  agree: 0.15,
};
export type Options = typeof defaults;

const E = 8;
const SIGNALS = 10;
const F_LAG = 0;
const F_SEASON = F_LAG + LAG_FLOATS;
const F_TAIL = F_SEASON + SEASON_FLOATS;
const F_ERR = F_TAIL + SIGNALS * TAIL_FLOATS;
const F_ALL = F_ERR + 2 * E;
const BIG = 1e30;

const scalars = () => ({
  n: 0,
  ref: 0,
  t: 0,
  last: 0,
  last2: 0,
  dt: 0,
  votes: 0,
  centre: 0,
  nc: 0,
  ew: 0,
  offset: 0,
  dayOffset: 0,
  period: 0,
  sPred: 0,
  sLevel: 0,
  sSeason: 0,
  sDiff: 0,
  fast: 0,
  slow: 0,
  drift: 0,
  vol: 1,
  volSlow: 1,
  run: 0,
  heat: 0,
  hold: 0,
  tick: 0,
  quantum: 0,
});

/** A detector for one stream. */
export function createDetector(options: Partial<Options> = {}): Detector & { parts(): Record<string, number> } {
  const o = { ...defaults, ...options };
  const s = scalars();
  const mem = new Float32Array(F_ALL);
  const shape = { k: o.k, index: o.index, prior: o.prior, steep: o.steep, slack: o.slack, halfLife: o.halfLife };
  const lags = new Lags(mem.subarray(F_LAG, F_LAG + LAG_FLOATS));
  const season = new Season(mem.subarray(F_SEASON, F_SEASON + SEASON_FLOATS));
  const independence = [1, 1, 0.3, 1, o.fast, o.slow, 0.01, o.fast, o.slow, 1];
  const tails = independence.map((i, k) => new Tail(mem.subarray(F_TAIL + k * TAIL_FLOATS, F_TAIL + (k + 1) * TAIL_FLOATS), i, shape));
  const [tPred, tDiff, tLevel, tSeason, tFast, tSlow, tDrift, tVol, tVolSlow, tRun] = tails as [Tail, Tail, Tail, Tail, Tail, Tail, Tail, Tail, Tail, Tail];
  const err = mem.subarray(F_ERR, F_ERR + E);
  const slowErr = mem.subarray(F_ERR + E, F_ERR + 2 * E);
  const guess = new Float64Array(E);
  const kFast = Math.sqrt((2 - o.fast) / o.fast);
  const kSlow = Math.sqrt((2 - o.slow) / o.slow);
  const parts: Record<string, number> = {};

  function push(timeMs: number, value: number | null): number {
    if (value === null || !Number.isFinite(value)) return 0;
    if (s.n === 0) {
      s.ref = value;
      s.t = Number.isFinite(timeMs) ? timeMs : 0;
    }
    let x = value - s.ref;
    if (!(x < BIG)) x = BIG;
    else if (!(x > -BIG)) x = -BIG;
    const n = ++s.n;

    // Time: the usual interval by majority vote; rows missing since the last reading.
    let missing = 0;
    if (Number.isFinite(timeMs) && n > 1) {
      const gap = timeMs - s.t;
      if (gap > 0) {
        if (s.votes > 0 && Math.abs(gap - s.dt) <= 0.1 * s.dt) s.votes = Math.min(s.votes + 1, 100);
        else if (s.votes > 0) s.votes -= 1;
        if (s.votes <= 0) {
          s.dt = gap;
          s.votes = 1;
        }
        missing = Math.min(LAGS, Math.max(0, Math.round(gap / s.dt) - 1));
        s.t = timeMs;
      }
    }
    if (n === 1) {
      s.centre = x;
      s.ew = x;
      s.last = x;
      s.last2 = x;
      lags.push(x, false, 0, 0);
      s.run = 1;
      return 0;
    }
    for (let i = 0; i < missing; i++) lags.push(s.period && lags.count > s.period ? lags.back(s.period) : s.last, false, 0, 0);
    season.seek(s.t);

    // What several simple forecasts expected.
    const seen = lags.count;
    const p = s.period;
    const c = s.centre;
    const naive = p > 0 && seen > p ? (seen > 2 * p && 2 * p <= LAGS ? 0.5 * (lags.back(p) + lags.back(2 * p)) : lags.back(p)) : c;
    const day = season.known >= 2 ? c + season.day : c;
    const week = season.weekKnown >= 2 ? c + season.week : day;
    guess[0] = s.last;
    guess[1] = s.ew;
    guess[2] = c;
    guess[3] = naive;
    guess[4] = (p > 0 && seen > p ? lags.back(p) : c) + s.offset;
    guess[5] = day;
    guess[6] = week;
    guess[7] = missing ? s.last : 2 * s.last - s.last2;
    let sum = 0;
    let expected = 0;
    for (let i = 0; i < E; i++) {
      const q = err[i]! + 1e-9 * (s.sLevel + 1e-12);
      const w = 1 / (q * q * q * q);
      sum += w;
      expected += w * guess[i]!;
    }
    expected = sum > 0 && sum < Infinity ? expected / sum : s.last;

    // The seasonal expectation: only where it has shown over a long time that it explains more than the level does.
    let usual = c;
    let seasonal = false;
    let least = 0.85 * slowErr[2]!;
    for (const i of [3, 5, 6])
      if (slowErr[i]! < least) {
        least = slowErr[i]!;
        usual = guess[i]!;
        seasonal = true;
      }
    const level = x - c;
    const u = x - usual;
    // What the season foretold is no news, however sudden it is.
    const news = (r: number): number => (seasonal && Math.abs(u) < Math.abs(r) ? (r < 0 ? -Math.abs(u) : Math.abs(u)) : r);
    const e = news(x - expected);
    const diff = news(x - s.last);
    const tiny = 1e-9 * (Math.abs(value) + Math.abs(s.ref)) + 1e-300;
    const floor = tiny + 0.02 * s.quantum;
    const wide = season.known >= 3 && s.sSeason > 0 ? Math.min(2.5, Math.max(0.5, season.spread / s.sSeason)) : 1;
    const h = Math.sqrt(wide);
    const gapWide = missing ? Math.sqrt(1 + Math.min(missing, 20)) : 1;
    const zPred = e / ((s.sPred * h + floor) * gapWide);
    const zDiff = diff / ((s.sDiff * h + floor) * gapWide);
    const zLevel = level / (s.sLevel + floor);
    const zSeason = u / (s.sSeason * h + floor);
    const cut = (z: number, by: number) => (z > by ? by : z < -by ? -by : z);
    const uCut = cut(u / (s.sSeason + floor), 5);
    s.fast += o.fast * (uCut - s.fast);
    s.slow += o.slow * (uCut - s.slow);
    const driftRate = Math.min(0.02, 1 / Math.max(100, p || 0));
    s.drift += driftRate * (cut(zLevel, 5) - s.drift);
    const eAbs = Math.min(6, Math.abs(zPred));
    s.vol += o.fast * (eAbs - s.vol);
    s.volSlow += o.slow * (eAbs - s.volSlow);
    const zFast = s.fast * kFast;
    const zSlow = s.slow * kSlow;
    const zDrift = s.drift * 4;
    const zVol = 3 * Math.log(s.vol + 0.02);
    const zVolSlow = 5 * Math.log(s.volSlow + 0.02);

    // Runs of the very same value.
    const same = x === s.last;
    if (!same) {
      const a = Math.abs(x - s.last);
      if (s.quantum === 0 || a < s.quantum) s.quantum = a;
      else s.quantum *= 1.0005;
    }
    const run = same ? s.run + 1 : 1;

    let surprise = 0;
    if (n > o.warmUp) {
      const a = o.wPred * tPred.surprise(zPred);
      const b = o.wDiff * tDiff.surprise(zDiff);
      const d = o.wLevel * tLevel.surprise(zLevel);
      const f = o.wSeason * tSeason.surprise(zSeason);
      const g = o.wFast * tFast.surprise(zFast);
      const i = o.wSlow * tSlow.surprise(zSlow);
      const j = o.wDrift * tDrift.surprise(zDrift);
      const k = o.wVol * tVol.surprise(zVol);
      const l = o.wVolSlow * tVolSlow.surprise(zVolSlow);
      const m = run >= o.run ? o.wRun * tRun.surprise(run) : 0;
      const top = Math.max(a, b, d, f, g, i, j, k, l, m);
      surprise = top + (o.agree * (a + b + d + f + g + i + j + k + l + m - top)) / 3;
      if (debug) Object.assign(parts, { a, b, d, f, g, i, j, k, l, m, surprise, heat: s.heat, hold: s.hold, period: p });
    }
    const line = o.threshold + s.heat;
    const alarm = surprise >= line;
    // What was called unusual is learned slowly, unless the stream keeps doing it.
    const weight = alarm ? Math.min(1, o.alarmWeight + o.habit * s.heat) : 1;

    // Learning.
    const young = n < 20;
    const rate = Math.max(1 / o.scaleLife, 1 / n);
    const grow = (scale: number, r: number, tail: Tail): number => {
      const cap = young ? 8 : Math.max(8, tail.far * 1.5);
      const a = Math.abs(r);
      return scale + rate * (scale > 0 && a > cap * scale ? cap * scale * (n < 200 ? 1 : 1) - scale : a - scale);
    };
    if (n > 5) {
      tPred.learn(zPred, weight);
      tDiff.learn(zDiff, weight);
      tLevel.learn(zLevel, weight);
      tSeason.learn(zSeason, weight);
      if (n > 30) {
        tFast.learn(zFast, weight);
        tSlow.learn(zSlow, weight);
        tDrift.learn(zDrift, weight);
        tVol.learn(zVol, weight);
        tVolSlow.learn(zVolSlow, weight);
      }
    }
    if (!same) tRun.learn(s.run, 1);
    s.run = run;
    s.sPred = grow(s.sPred, e, tPred);
    s.sDiff = grow(s.sDiff, diff, tDiff);
    s.sLevel = grow(s.sLevel, level, tLevel);
    s.sSeason = grow(s.sSeason, u, tSeason);
    const capE = 6 * s.sLevel + floor;
    for (let i = 0; i < E; i++) {
      const a = Math.min(capE, Math.abs(x - guess[i]!));
      err[i] = err[i]! + Math.max(0.01, 1 / n) * (a - err[i]!);
      slowErr[i] = slowErr[i]! + Math.max(0.002, 1 / n) * (a - slowErr[i]!);
    }
    const capX = young ? Infinity : Math.max(4, tLevel.far) * s.sLevel + floor;
    s.nc = Math.min(s.nc + 1, o.centre);
    s.centre += cut(level, capX) / (s.nc + 1);
    s.ew += 0.3 * (x - s.ew);
    if (p > 0 && seen > p) s.offset += 0.1 * (x - lags.back(p) - s.offset);
    season.learn(x - s.centre, u, capX, s.dt || 1, weight);
    lags.push(x, true, capX === Infinity ? BIG : 2 * capX, Math.max(1 / 150, Math.min(1, 4 / n)));
    if (++s.tick >= 32) {
      s.tick = 0;
      const was = s.period;
      s.period = lags.period(was);
      if (s.period !== was) s.offset = 0;
    }
    s.last2 = s.last;
    s.last = x;

    // One event, one alarm: what follows must clearly exceed what was said already.
    s.heat *= 1 - 1 / o.heatLife;
    s.hold *= 1 - 1 / o.hold;
    let score = surprise / (surprise + line);
    if (surprise < s.hold * o.margin) score *= 0.5;
    else if (alarm) {
      s.heat += o.heat;
      s.hold = surprise;
      if (i_shift()) s.nc = Math.min(s.nc, 60);
    }
    return score;
    function i_shift(): boolean {
      return Math.abs(zFast) > 3 || Math.abs(zSlow) > 3;
    }
  }
  let debug = false;
  return {
    push,
    parts: () => {
      debug = true;
      return parts;
    },
    state: () => ({ version: 1, s: { ...s }, m: pack(mem) }),
    restore(state) {
      const g = state as { version?: number; s?: Record<string, unknown>; m?: unknown } | null;
      const keys = Object.keys(s) as (keyof typeof s)[];
      const m = g?.version === 1 && typeof g.m === 'string' ? unpack(g.m, mem.length) : undefined;
      if (!m || !keys.every((k) => Number.isFinite(g!.s?.[k]))) throw new Error('not a state of this detector');
      for (const k of keys) s[k] = g!.s![k] as number;
      mem.set(m);
    },
  };
}

/** 32-bit floats as base64: a third of their length as text. */
function pack(m: Float32Array): string {
  const bytes = new Uint8Array(m.buffer, m.byteOffset, m.byteLength);
  let text = '';
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return btoa(text);
}
function unpack(text: string, length: number): Float32Array | undefined {
  let raw: string;
  try {
    raw = atob(text);
  } catch {
    return undefined;
  }
  if (raw.length !== length * 4) return undefined;
  return new Float32Array(Uint8Array.from(raw, (c) => c.charCodeAt(0)).buffer);
}
