// Families of made series by the shape of the event: peaks, shifts, drifts, rhythm, variance, stuck values, trends, heart beats; and quiet ones.
import { DAY, MIN, type Rng, type Series, ar, bump, clock, holes, hourOf, places, roundTo, weekdayOf } from './series.ts';

type Maker = (r: Rng) => Omit<Series, 'family' | 'seed'>;

/** A normal background: noise, day, day and week, wander, or counts; with its scale. */
function background(r: Rng, n: number): { t: number[]; v: number[]; sd: number } {
  const step = r.pick([MIN, 5 * MIN, 5 * MIN, 15 * MIN, 60 * MIN]);
  const t = clock(r, n, step);
  const kind = r.int(0, 4);
  const level = r.between(-20, 200);
  const sd = 10 ** r.between(-1, 1.5);
  const e = ar(r, n, r.pick([0, 0.3, 0.8]));
  const amp = sd * r.between(2, 8);
  const slow = ar(r, n, 0.999);
  const v = t.map((x, i) => {
    const day = Math.cos((2 * Math.PI * hourOf(x)) / 24) + 0.4 * Math.cos((4 * Math.PI * hourOf(x)) / 24 + 1);
    if (kind === 0) return level + sd * e[i]!;
    if (kind === 1) return level + amp * day + sd * e[i]!;
    if (kind === 2) return level + amp * day * (weekdayOf(x) % 6 === 0 ? 0.5 : 1) + sd * e[i]!;
    if (kind === 3) return level + 3 * sd * slow[i]! + sd * e[i]!;
    return level + sd * (r.u() < 0.05 ? r.t(3) : 0.8 * r.n());
  });
  return { t, v, sd };
}
const length = (r: Rng): number => r.pick([2000, 4000, 6000]);

const spikes: Maker = (r) => {
  const n = length(r);
  const { t, v, sd } = background(r, n);
  const events = places(r, n, r.int(1, 4), () => r.int(1, 4));
  for (const [a, b] of events) {
    const by = sd * r.between(8, 25) * r.sign();
    for (let i = a; i <= b; i++) v[i]! += by;
  }
  return { t, v, events };
};
const shifts: Maker = (r) => {
  const n = length(r);
  const { t, v, sd } = background(r, n);
  const events: [number, number][] = [];
  for (const [a] of places(r, n, r.int(1, 2), () => 100)) {
    const by = sd * r.between(4, 12) * r.sign();
    for (let i = a; i < n; i++) v[i]! += by;
    events.push([a, Math.min(n - 1, a + Math.floor(n * 0.03))]);
  }
  return { t, v, events };
};
const drifts: Maker = (r) => {
  const n = r.pick([4000, 6000]);
  const { t, v, sd } = background(r, n);
  const [[a, b]] = places(r, n, 1, () => r.int(200, 700), 0.35) as [[number, number]];
  const by = sd * r.between(8, 18) * r.sign();
  for (let i = a; i < n; i++) v[i]! += by * Math.min(1, (i - a) / (b - a));
  return { t, v, events: [[a, b]] };
};
const variance: Maker = (r) => {
  const n = length(r);
  const t = clock(r, n, 5 * MIN);
  const e = ar(r, n, r.pick([0, 0.5]));
  const day = r.u() < 0.5 ? r.between(1, 4) : 0;
  const events = places(r, n, r.int(1, 2), () => r.int(60, 200), 0.25);
  const f = r.pick([0.1, 3.5, 5]);
  const v = t.map((x, i) => 50 + day * Math.cos((2 * Math.PI * hourOf(x)) / 24) + e[i]! * (events.some(([a, b]) => i >= a && i <= b) ? f : 1));
  return { t, v, events };
};
/** The beat changes: another period, another phase, or the beat is lost. No help from the clock. */
const rhythm: Maker = (r) => {
  const n = length(r);
  const period = r.int(20, 180);
  const t = clock(r, n, r.pick([1000, MIN, 5 * MIN]));
  const events = places(r, n, 1, () => Math.max(80, period * r.between(1.5, 3)), 0.35);
  const [[a, b]] = events as [[number, number]];
  const kind = r.int(0, 3);
  const f = r.pick([0.5, 1.8, 2.5]);
  const noise = r.between(0.02, 0.15);
  let phase = 0;
  const v = t.map((_, i) => {
    const during = i >= a && i <= b;
    phase += (during && kind === 0 ? f : 1) / period;
    let p = phase % 1;
    if (during && kind === 1) p = (p + 0.5) % 1;
    const y = Math.sin(2 * Math.PI * p) + 0.5 * Math.sin(4 * Math.PI * p + 1);
    return (during && kind === 2 ? 0.1 : 1) * (during && kind === 3 ? Math.sin(2 * Math.PI * p) * 1.2 : y) + noise * r.n();
  });
  return { t, v, events };
};
const stuck: Maker = (r) => {
  const n = length(r);
  const { t, v, sd } = background(r, n);
  const q = sd * r.pick([0.01, 0.1, 0.5]);
  const events = places(r, n, r.int(1, 2), () => r.int(40, 160));
  const x = v.map((y) => roundTo(y, q));
  for (const [a, b] of events) x.fill(r.u() < 0.7 ? x[a]! : 0, a, b + 1);
  return { t, v: x, events };
};
/** Trend, one or two seasons, noise; events are outliers or points of change. Times are counted 1, 2, 3 … */
const trended: Maker = (r) => {
  const n = r.pick([1421, 1680]);
  const t = Array.from({ length: n }, (_, i) => (i + 1) * 1000);
  const p1 = r.pick([12, 24, 48]);
  const p2 = 168;
  const a1 = r.between(50, 400);
  const a2 = r.u() < 0.6 ? r.between(50, 300) : 0;
  const slope = r.between(-0.5, 0.8);
  const sd = r.between(3, 25);
  const v = t.map((_, i) => 1000 + slope * i + a1 * Math.sin((2 * Math.PI * i) / p1) + a2 * Math.sin((2 * Math.PI * i) / p2) + sd * r.n());
  const events = places(r, n, r.int(2, 5), () => 1, 0.25);
  for (const ev of events) {
    const by = sd * r.between(7, 20) * r.sign();
    if (r.u() < 0.3) for (let i = ev[0]; i < n; i++) v[i]! += by * 1.5;
    else v[ev[0]]! += by;
    ev[1] = Math.min(n - 1, ev[0] + 3);
  }
  return { t, v, events };
};
/** Traffic of a site by the hour, times counted 1, 2, 3 …: day and week without a clock, heavy noise; peaks and drops. */
const siteTraffic: Maker = (r) => {
  const n = 1430;
  const t = Array.from({ length: n }, (_, i) => (i + 1) * 1000);
  const w = ar(r, n, 0.9);
  const v = t.map((_, i) => {
    const h = i % 24;
    const d = Math.floor(i / 24) % 7;
    return 0.2 + (0.3 + bump(h, 14, 4)) * (d > 4 ? 0.6 : 1) * Math.exp(0.1 * w[i]! + 0.08 * r.n());
  });
  const events = places(r, n, r.int(1, 3), () => r.int(1, 8));
  for (const [a, b] of events) {
    const f = r.pick([0.05, 3, 5]);
    for (let i = a; i <= b; i++) v[i]! *= f;
  }
  return { t, v, events };
};
/** Beats: a template repeated with small differences; one beat is early, inverted or deformed. */
const beats: Maker = (r) => {
  const n = 6000;
  const t = Array.from({ length: n }, (_, i) => i * 1000);
  const period = r.int(60, 200);
  const shape = (p: number, k: number): number =>
    0.15 * Math.exp(-0.5 * ((p - 0.2) / 0.03) ** 2) +
    (k === 1 ? -0.6 : 1.2) * Math.exp(-0.5 * ((p - 0.38) / 0.015) ** 2) -
    0.3 * Math.exp(-0.5 * ((p - 0.42) / 0.02) ** 2) +
    (k === 2 ? -0.2 : 0.35) * Math.exp(-0.5 * ((p - (k === 3 ? 0.55 : 0.68)) / 0.05) ** 2);
  const v: number[] = [];
  const bad = Math.floor((n / period) * r.between(0.4, 0.9));
  const kind = r.int(1, 3);
  const events: [number, number][] = [];
  for (let beat = 0; v.length < n; beat++) {
    const len = Math.round(period * (1 + 0.015 * r.n()) * (beat === bad - 1 && r.u() < 0.5 ? 0.7 : 1));
    if (beat === bad) events.push([v.length, Math.min(n - 1, v.length + len - 1)]);
    const g = 1 + 0.04 * r.n();
    for (let i = 0; i < len && v.length < n; i++) v.push(g * shape(i / len, beat === bad ? kind : 0) + 0.015 * r.n());
  }
  return { t, v, events: events.filter(([a]) => a < n) };
};
/** Peaks and shifts among missing values and missing stretches. */
const gappy: Maker = (r) => {
  const n = length(r);
  const { t, v, sd } = background(r, n);
  const events = places(r, n, r.int(1, 2), () => r.int(2, 60));
  for (const [a, b] of events) {
    const by = sd * r.between(8, 16) * r.sign();
    for (let i = a; i <= b; i++) v[i]! += by;
  }
  return holes(r, { family: '', seed: 0, t, v, events }, { drop: r.pick([0, 0.05]), stretches: r.int(2, 5), blank: r.u() < 0.6 });
};
/** Noise whose size itself wanders, heavy tails, a day, unlabelled small peaks; events of several kinds on top. */
const restless: Maker = (r) => {
  const n = length(r);
  const t = clock(r, n, r.pick([5 * MIN, 15 * MIN, 60 * MIN]));
  const size = ar(r, n, 0.995);
  const e = ar(r, n, r.pick([0.2, 0.7, 0.95]));
  const w = ar(r, n, 0.998);
  const day = r.u() < 0.6 ? r.between(1, 5) : 0;
  const skew = r.u() < 0.4;
  const v = t.map((x, i) => {
    const y = day * Math.cos((2 * Math.PI * hourOf(x)) / 24) + 2 * w[i]! + Math.exp(0.5 * size[i]!) * (e[i]! + 0.3 * r.t(4)) + (r.u() < 0.004 ? r.sign() * r.between(3, 6) : 0);
    return skew ? 10 * Math.exp(0.25 * y) : y;
  });
  const events = places(r, n, r.int(1, 3), () => r.int(2, 100));
  const sd = Math.sqrt(v.reduce((a, x) => a + x * x, 0) / n - (v.reduce((a, x) => a + x, 0) / n) ** 2);
  for (const [a, b] of events) disturb(r, v, a, b, sd);
  return { t, v, events };
};
/** Puts one event of a random kind into rows a…b: an offset, swings, a stuck value, or a swell; sd is the deviation of the whole series. */
export function disturb(r: Rng, v: number[], a: number, b: number, sd: number): void {
  const kind = b - a < 10 ? 0 : r.int(0, 3);
  const by = sd * r.between(3.5, 8) * r.sign();
  for (let i = a; i <= b; i++) {
    const s = (i - a) / (b - a + 1);
    if (kind === 0) v[i]! += by;
    else if (kind === 1) v[i]! += sd * 2.5 * r.n();
    else if (kind === 2) v[i] = v[a]!;
    else v[i]! += by * 1.3 * Math.sin(Math.PI * s);
  }
}
/** Nothing happens: thirteen kinds of ordinary life. */
const quiet: Maker = (r) => {
  const n = length(r);
  const t = clock(r, n, r.pick([MIN, 5 * MIN, 60 * MIN]));
  const e = ar(r, n, 0.9);
  const walk = ar(r, n, 0.9995);
  const kind = r.int(0, 12);
  const on = ar(r, n, 0.98);
  let k = 0;
  const v = t.map((x, i): number => {
    switch (kind) {
      case 0:
        return r.n();
      case 1:
        return r.t(3);
      case 2:
        return Math.exp(r.n());
      case 3:
        return 20 + e[i]!;
      case 4:
        return 100 + 20 * walk[i]! + 0.2 * r.n();
      case 5:
        return r.poisson(0.3);
      case 6:
        return r.poisson(6 * (1 + 0.8 * Math.cos((2 * Math.PI * hourOf(x)) / 24)));
      case 7:
        return on[i]! > 0.5 ? 1 : 0;
      case 8:
        return 42;
      case 9:
        return hourOf(x) >= 9 && hourOf(x) < 18 ? 80 + r.n() : 20 + r.n();
      case 10:
        return (k += r.exp());
      case 11:
        return roundTo(20 + 3 * Math.cos((2 * Math.PI * hourOf(x)) / 24) + 0.2 * e[i]!, 0.1);
      default:
        return Math.exp(2 + 0.5 * on[i]! + 0.4 * r.n());
    }
  });
  return { t, v, events: [] };
};
/** A weekly pattern by the quarter hour with a working-day hill; one day behaves like another kind of day. Kept for checking. */
const wrongDay: Maker = (r) => {
  const n = 96 * 42;
  const t = Array.from({ length: n }, (_, i) => Date.UTC(2014, r.int(0, 0), 6) + i * 15 * MIN);
  const bad = r.int(21, 40);
  const at = (h: number, work: boolean): number => 10 + (work ? 30 : 4) * bump(h, 12, 3.5);
  const v = t.map((x) => {
    const d = Math.floor((x - t[0]!) / DAY);
    const work = weekdayOf(x) % 6 !== 0;
    return at(hourOf(x), d === bad ? !work : work) + 1.5 * r.n();
  });
  return { t, v, events: [[bad * 96 + 28, bad * 96 + 76]] };
};
/** Smooth process with oscillation that grows before it fails. Kept for checking. */
const oscillation: Maker = (r) => {
  const n = 5000;
  const t = clock(r, n, 10_000);
  const w = ar(r, n, 0.995);
  const events = places(r, n, 1, () => r.int(100, 250), 0.3);
  const [[a, b]] = events as [[number, number]];
  const v = t.map((_, i) => 5 + 0.5 * w[i]! + 0.1 * r.n() + (i >= a && i <= b ? (2.5 * (i - a) * Math.sin(i / 3)) / (b - a) : 0));
  return { t, v, events };
};

export const tuned: Record<string, Maker> = { spikes, shifts, drifts, variance, rhythm, stuck, trended, siteTraffic, beats, gappy, restless, quiet };
export const kept: Record<string, Maker> = { wrongDay, oscillation };
