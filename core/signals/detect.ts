// The streaming anomaly detector: causal, one reading at a time, a few kilobytes for each stream, nothing to train and nothing to tune.
import { LAGS, LAG_FLOATS, Lags } from './detect/lag.ts';
import { LINEAR_DOUBLES, Linear } from './detect/linear.ts';
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
/** Constants of the method, found on made series (decision 0008); the product runs with these, and they are not meant to be changed for a stream. */
export const defaults = {
  /** Readings before the first word; a stream younger than `youth` must exceed the line by up to `young` more. */
  warmUp: 60,
  young: 1.5,
  youth: 400,
  /** Surprise, −log10 of a chance, that gives 0.5; each alarm raises it by `heat`, which fades over `heatLife` readings. */
  threshold: 4,
  heat: 0.35,
  heatLife: 1200,
  /** After an alarm only what exceeds it `margin` times, fading over `hold` readings, is a new one. */
  hold: 80,
  margin: 1.25,
  /** Tail estimate: see TailShape. */
  k: 6,
  index: 4,
  prior: 4,
  steep: 10,
  slack: 0.12,
  halfLife: 6000,
  /** Weight with which an alarmed reading is learned, and how much of it the stream's habit of alarms gives back. */
  alarmWeight: 0.1,
  habit: 0.3,
  /** Rates of the fast and slow means of residuals and of the activity; readings the level and the scales rest on. */
  fast: 0.2,
  slow: 0.025,
  active: 0.04,
  centre: 2500,
  scaleLife: 1600,
  lagRate: 0.005,
  /** Forgetting of the linear forecast; how far (share of the period) a beat may be off; error against the level's from which a season counts. */
  keep: 0.998,
  envelope: 0.02,
  useful: 0.92,
  /** Equal values in a row from which a stuck sensor is thought of. */
  run: 10,
  /** Weights of the kinds of evidence, and of all but the strongest. */
  wPred: 0.84,
  wDiff: 0.8,
  wSeason: 0.85,
  wFast: 1,
  wSlow: 1,
  wVol: 0.95,
  wVolSlow: 0.85,
  wRun: 1,
  agree: 0.3,
};
export type Options = typeof defaults;

const E = 9;
const SIGNALS = 8;
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
  period: 0,
  sPred: 0,
  sLevel: 0,
  sDiff: 0,
  sSeason: 0,
  fast: 0,
  slow: 0,
  vol: 1,
  volSlow: 1,
  run: 0,
  sRaw: 0,
  said: 0,
  mode: 0,
  modeVotes: 0,
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
  const independence = [1, 1, o.fast, o.slow, o.active, o.slow, 1, 1];
  const tails = independence.map((i, k) => new Tail(mem.subarray(F_TAIL + k * TAIL_FLOATS, F_TAIL + (k + 1) * TAIL_FLOATS), i, shape));
  const [tPred, tSeason, tFast, tSlow, tVol, tVolSlow, tRun, tDiff] = tails as [Tail, Tail, Tail, Tail, Tail, Tail, Tail, Tail];
  const err = mem.subarray(F_ERR, F_ERR + E);
  const slowErr = mem.subarray(F_ERR + E, F_ERR + 2 * E);
  const mem64 = new Float64Array(LINEAR_DOUBLES);
  const linear = new Linear(mem64);
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
    // A beat that comes a little early or late is still the beat: the nearest of what the neighbours of that row say.
    let beat = naive;
    if (p > 0 && seen > p + 6) {
      const reach = Math.min(4, Math.max(1, Math.round(o.envelope * p)));
      let lo = naive;
      let hi = naive;
      for (let i = p - reach; i <= p + reach; i++) {
        const y = lags.back(i);
        if (y < lo) lo = y;
        if (y > hi) hi = y;
      }
      beat = x < lo ? lo : x > hi ? hi : x;
    }
    const day = season.known >= 2 ? c + season.day : c;
    // Once around is not enough for a week: the level was still being learned.
    const week = season.weekKnown > 1 + 3_600_000 / (s.dt || 3_600_000) ? c + season.week : day;
    guess[0] = s.last;
    guess[1] = s.ew;
    guess[2] = c;
    guess[3] = naive;
    guess[4] = (p > 0 && seen > p ? lags.back(p) : c) + s.offset;
    guess[5] = day;
    guess[6] = week;
    guess[7] = missing ? s.last : 2 * s.last - s.last2;
    const unitScale = s.sLevel > 0 ? s.sLevel : 1;
    const f = linear.f;
    const feature = (y: number): number => {
      const z = (y - c) / unitScale;
      return z > 20 ? 20 : z < -20 ? -20 : z;
    };
    const has = p > 0 && seen > p + 1;
    f[0] = feature(s.last);
    f[1] = feature(s.last2);
    f[2] = seen > 3 ? feature(lags.back(3)) : 0;
    f[3] = has ? feature(lags.back(p)) : 0;
    f[4] = has ? feature(lags.back(p + 1)) : 0;
    f[5] = has ? feature(lags.back(p - 1)) : 0;
    f[6] = has && 2 * p <= LAGS && seen > 2 * p ? feature(lags.back(2 * p)) : 0;
    f[7] = feature(day);
    f[8] = feature(week);
    const fitted = linear.guess();
    guess[8] = c + unitScale * (fitted > 30 ? 30 : fitted < -30 ? -30 : fitted);
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
    let off = 0;
    let least = o.useful * slowErr[2]!;
    for (const i of [3, 5, 6])
      if (slowErr[i]! < least) {
        least = slowErr[i]!;
        usual = guess[i]!;
        seasonal = true;
        off = i === 3 ? Math.abs(x - beat) : Math.abs(x - usual);
      }
    const level = x - c;
    const u = x - usual;
    // What the season foretold is no news, however sudden it is.
    const news = (r: number): number => (seasonal && off < Math.abs(r) ? (r < 0 ? -off : off) : r);
    const e = news(x - expected);
    const diff = news(x - s.last);
    const tiny = 1e-9 * (Math.abs(value) + Math.abs(s.ref)) + 1e-300;
    const floor = tiny + 0.02 * s.quantum;
    const wide = season.known >= 3 && s.sSeason > 0 ? Math.min(2.5, Math.max(0.5, season.spread / s.sSeason)) : 1;
    const h = Math.sqrt(wide);
    const gapWide = missing ? Math.sqrt(1 + Math.min(missing, 20)) : 1;
    const zPred = e / ((s.sPred * h + floor) * gapWide);
    const zDiff = diff / ((s.sDiff * h + floor) * gapWide);
    const zSeason = u / (s.sSeason * h + floor);
    const cut = (z: number, by: number) => (z > by ? by : z < -by ? -by : z);
    const uCut = cut(u / (s.sSeason + floor), 5);
    s.fast += o.fast * (uCut - s.fast);
    s.slow += o.slow * (uCut - s.slow);
    const eAbs = Math.min(6, Math.abs(zPred));
    const step = Math.abs(x - s.last);
    s.vol += o.active * (Math.min(6, step / (s.sRaw + floor)) - s.vol);
    s.volSlow += o.slow * (eAbs - s.volSlow);
    const zFast = s.fast * kFast;
    const zSlow = s.slow * kSlow;
    const zVol = 4 * Math.log(s.vol + 0.02);
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
      const jump = Math.max(o.wPred * tPred.surprise(zPred), o.wDiff * tDiff.surprise(zDiff));
      const place = o.wSeason * tSeason.surprise(zSeason);
      const fast = o.wFast * tFast.surprise(zFast);
      const slow = o.wSlow * tSlow.surprise(zSlow);
      const active = o.wVol * tVol.surprise(zVol);
      const restless = o.wVolSlow * tVolSlow.surprise(zVolSlow);
      const stuck = run >= o.run && !s.said && !(s.modeVotes > 20 && x === s.mode) ? o.wRun * tRun.surprise(run) : 0;
      const trend = Math.max(fast, slow);
      const swing = Math.max(active, restless);
      const top = Math.max(jump, place, trend, swing, stuck);
      // Evidence of another kind corroborates; two views of the same jump do not.
      surprise = top + o.agree * (jump + place + trend + swing + stuck - top);
      if (debug) Object.assign(parts, { jump, place, fast, slow, active, restless, stuck, surprise, heat: s.heat, hold: s.hold, period: p });
    }
    // A stream still new to us has to try harder.
    const line = o.threshold + s.heat + (n < o.youth ? o.young * (1 - n / o.youth) : 0);
    const alarm = surprise >= line;
    // What was called unusual is learned slowly, unless the stream keeps doing it.
    const weight = alarm ? Math.min(1, o.alarmWeight + o.habit * s.heat) : 1;

    // Learning.
    const young = n < 20;
    const rate = Math.max(1 / o.scaleLife, 1 / n);
    const grow = (scale: number, r: number, tail: Tail): number => {
      const cap = young ? 8 : Math.max(8, tail.far * 1.5);
      const a = Math.abs(r);
      return scale + rate * (scale > 0 && a > cap * scale ? cap * scale - scale : a - scale);
    };
    if (n > 5) {
      tPred.learn(zPred, weight);
      tSeason.learn(zSeason, weight);
      tDiff.learn(zDiff, weight);
      if (n > 30) {
        tFast.learn(zFast, weight);
        tSlow.learn(zSlow, weight);
        tVol.learn(zVol, weight);
        tVolSlow.learn(zVolSlow, weight);
      }
    }
    if (!same) tRun.learn(s.run, 1);
    s.run = run;
    if (!same) s.said = 0;
    // The value of the majority, if there is one (Boyer and Moore): resting there is ordinary.
    if (x === s.mode) s.modeVotes = Math.min(1000, s.modeVotes + 1);
    else if (s.modeVotes > 0) s.modeVotes--;
    else {
      s.mode = x;
      s.modeVotes = 1;
    }
    s.sPred = grow(s.sPred, e, tPred);
    s.sDiff = grow(s.sDiff, diff, tDiff);
    s.sRaw = grow(s.sRaw, step, tPred);
    s.sLevel = grow(s.sLevel, level, tSeason);
    s.sSeason = grow(s.sSeason, u, tSeason);
    const capE = 6 * s.sLevel + floor;
    for (let i = 0; i < E; i++) {
      const a = Math.min(capE, Math.abs(x - guess[i]!));
      err[i] = err[i]! + Math.max(0.01, 1 / n) * (a - err[i]!);
      slowErr[i] = slowErr[i]! + Math.max(0.002, 1 / n) * (a - slowErr[i]!);
    }
    const miss = (x - c) / unitScale - fitted;
    const most = (4 * s.sPred) / unitScale + 1e-9;
    if (n > 3) linear.learn(cut(miss, young ? 5 : most), o.keep);
    const capX = young ? Infinity : Math.max(4, tSeason.far) * s.sLevel + floor;
    s.nc = Math.min(s.nc + 1, o.centre);
    s.centre += cut(level, capX) / (s.nc + 1);
    s.ew += 0.3 * (x - s.ew);
    if (p > 0 && seen > p) s.offset += 0.1 * (x - lags.back(p) - s.offset);
    season.learn(x - s.centre, u, capX, s.dt || 1, weight);
    lags.push(x, true, capX === Infinity ? BIG : 2 * capX, o.lagRate);
    if (++s.tick >= 32) {
      s.tick = 0;
      const was = s.period;
      s.period = lags.period(was);
      if (s.period !== was) {
        s.offset = 0;
        for (let i = 3; i < 7; i++) linear.renew(i);
      }
    }
    s.last2 = s.last;
    s.last = x;

    // One event, one alarm: what follows must clearly exceed what was said already.
    s.heat *= 1 - 1 / o.heatLife;
    s.hold *= 1 - 1 / o.hold;
    let score = surprise / (surprise + line);
    if (surprise < s.hold * o.margin) score *= 0.5;
    else if (alarm) {
      if (same) s.said = 1;
      s.heat += o.heat;
      s.hold = surprise;
      // A new level, by its signs, is taken for granted sooner.
      if (Math.abs(zFast) > 3 || Math.abs(zSlow) > 3) s.nc = Math.min(s.nc, 60);
    }
    return score;
  }
  let debug = false;
  return {
    push,
    parts: () => {
      debug = true;
      return parts;
    },
    state: () => ({ version: 2, s: { ...s }, m: pack(mem), w: Array.from(mem64) }),
    restore(state) {
      const g = state as { version?: number; s?: Record<string, unknown>; m?: unknown; w?: unknown } | null;
      const keys = Object.keys(s) as (keyof typeof s)[];
      const m = g?.version === 2 && typeof g.m === 'string' ? unpack(g.m, mem.length) : undefined;
      const w = Array.isArray(g?.w) && g.w.length === LINEAR_DOUBLES && g.w.every(Number.isFinite) ? (g.w as number[]) : undefined;
      if (!m || !w || !keys.every((k) => Number.isFinite(g!.s?.[k]))) throw new Error('not a state of this detector');
      for (const k of keys) s[k] = g!.s![k] as number;
      mem.set(m);
      mem64.set(w);
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
