// Families of made series after the public ones: servers, requests, temperatures, taxis, tweets, traffic, artificial daily patterns.
import { MIN, type Rng, type Series, ar, bump, clock, holes, hourOf, places, roundTo, weekdayOf } from './series.ts';

type Maker = (r: Rng) => Omit<Series, 'family' | 'seed'>;
const clip = (x: number, a: number, b: number): number => Math.min(b, Math.max(a, x));

/** Nearly idle processor: quantised, with small normal peaks; events are large peaks or a new level. */
const cpuFlat: Maker = (r) => {
  const n = 4032;
  const base = r.between(0.05, 3);
  const q = base * 0.015;
  const p = r.between(0.01, 0.06);
  const v = Array.from({ length: n }, () => base + q * r.pick([-1, 0, 0, 0, 1]) + (r.u() < p ? base * 0.1 * r.exp() : 0));
  const events = places(r, n, r.int(1, 3), () => r.int(1, 12));
  for (const [a, b] of events) for (let i = a; i <= b; i++) v[i]! += base * r.between(4, 15);
  return { t: clock(r, n, 5 * MIN), v: v.map((x) => roundTo(x, q)), events };
};
/** Processor at work: noise around a level with normal dips; events are shifts that stay or pass, and peaks. */
const cpuLevel: Maker = (r) => {
  const n = 4032;
  const level = r.between(20, 70);
  const sd = r.between(0.5, 4);
  const e = ar(r, n, r.between(0, 0.7));
  const v = Array.from({ length: n }, (_, i) => level + sd * e[i]! + (r.u() < 0.004 ? -sd * r.between(2, 5) : 0));
  const events: [number, number][] = [];
  for (const [a] of places(r, n, r.int(1, 2), () => 60)) {
    const len = r.pick([3, 24, 150, n]);
    const by = sd * r.between(5, 14) * r.sign();
    for (let i = a; i < Math.min(n, a + len); i++) v[i]! += by;
    events.push([a, Math.min(n - 1, a + Math.min(len, 100) - 1)]);
  }
  return { t: clock(r, n, 5 * MIN), v: v.map((x) => roundTo(clip(x, 0, 100), 0.002)), events };
};
/** Network of a batch machine: peaks every few hours and lognormal noise; events are larger, longer or missing peaks. */
const burstyNetwork: Maker = (r) => {
  const n = r.pick([4032, 4730]);
  const every = r.pick([12, 24, 48, 72]);
  const base = 10 ** r.between(4, 6);
  const height = r.between(5, 30);
  const v = Array.from({ length: n }, (_, i) => base * Math.exp(0.35 * r.n()) * (1 + (i % every < 2 ? height * r.between(0.7, 1.3) : 0)));
  const events = places(r, n, r.int(1, 2), () => r.int(2, 40));
  for (const [a, b] of events) {
    const f = r.between(2.5, 6);
    for (let i = a; i <= b; i++) v[i] = base * height * f * Math.exp(0.2 * r.n());
  }
  return { t: clock(r, n, 5 * MIN), v: v.map(Math.round), events };
};
/** Disk writes: mostly zero, bursts of heavy tail; events are long or huge bursts. */
const diskWrites: Maker = (r) => {
  const n = 4032;
  const p = r.between(0.02, 0.25);
  const scale = 10 ** r.between(4, 6);
  const v = Array.from({ length: n }, () => (r.u() < p ? Math.round(scale * Math.exp(0.8 * r.n())) : 0));
  const events = places(r, n, r.int(1, 2), () => r.int(6, 40));
  for (const [a, b] of events) for (let i = a; i <= b; i++) v[i] = Math.round(scale * r.between(8, 14));
  return { t: clock(r, n, 5 * MIN), v, events };
};
/** Requests of a balancer: counts with a daily cycle; events are peaks and drops. */
const requests: Maker = (r) => {
  const n = 4032;
  const t = clock(r, n, 5 * MIN);
  const m = r.between(20, 150);
  const depth = r.between(0.2, 0.8);
  const disperse = r.between(0.1, 0.4);
  const v = t.map((x) => r.poisson(m * (1 - depth * Math.cos((2 * Math.PI * (hourOf(x) - 4)) / 24)) * Math.exp(disperse * r.n())));
  const events = places(r, n, r.int(1, 2), () => r.int(2, 30));
  for (const [a, b] of events) {
    const f = r.pick([0, r.between(3.5, 7)]);
    const c = f === 0 ? Math.max(b, a + 11) : b;
    for (let i = a; i <= c; i++) v[i] = Math.round(v[i]! * f + (f ? m * 2 : 0));
  }
  return { t, v, events: events.map(([a, b]) => [a, Math.max(b, a + 11)]) };
};
/** Slow wandering level with weak day; events are sudden shifts or peaks. */
const rdsCpu: Maker = (r) => {
  const n = 4032;
  const t = clock(r, n, 5 * MIN);
  const w = ar(r, n, 0.998);
  const sd = r.between(0.3, 1.2);
  const v = t.map((x, i) => 15 + 3 * w[i]! + 1.5 * bump(hourOf(x), 14, 4) + sd * r.n());
  const events = places(r, n, 2, () => r.int(1, 100));
  for (const [a, b] of events) {
    const by = r.between(8, 20) * (r.u() < 0.75 ? 1 : -0.7);
    for (let i = a; i <= b; i++) v[i]! += by;
  }
  return { t, v: v.map((x) => clip(x, 0, 100)), events };
};
/** Temperature of a machine: smooth, wandering, normal short dips; events are decline with crash, stop, and odd swings. */
const machineTemperature: Maker = (r) => {
  const n = r.pick([8000, 12000]);
  const t = clock(r, n, 5 * MIN);
  const slow = ar(r, n, 0.9995);
  const mid = ar(r, n, 0.98);
  const v = t.map((x, i) => 85 + 5 * slow[i]! + 2.5 * mid[i]! + 1.5 * bump(hourOf(x), 15, 4) + 0.5 * r.n());
  const events = places(r, n, r.int(2, 4), () => r.int(80, 300));
  for (const [a, b] of events) {
    const kind = r.int(0, 2);
    for (let i = a; i <= b; i++) {
      const s = (i - a) / (b - a + 1);
      if (kind === 0) v[i]! -= 60 * Math.min(1, s * 4) * Math.min(1, (1 - s) * 5);
      else if (kind === 1) v[i]! -= 30 * s ** 2;
      else v[i]! += 14 * Math.sin(s * 40);
    }
  }
  return { t, v, events };
};
/** Outdoor temperature by the hour: day, season, weather; events are broken cooling, sensor offsets. */
const ambient: Maker = (r) => {
  const n = 6000;
  const t = clock(r, n, 60 * MIN);
  const w = ar(r, n, 0.985);
  const v = t.map((x, i) => 70 + 4 * Math.cos((2 * Math.PI * (hourOf(x) - 16)) / 24) + 3 * w[i]! + 0.7 * r.n());
  const events = places(r, n, 2, () => r.int(24, 120));
  for (const [a, b] of events) {
    const kind = r.int(0, 2);
    const by = r.between(8, 14) * r.sign();
    for (let i = a; i <= b; i++) {
      if (kind === 0) v[i]! += by;
      else if (kind === 1) v[i] = v[a]! + 0.3 * r.n();
      else v[i]! += 5 * r.n();
    }
  }
  return { t, v, events };
};
/** Passengers: strong day and week; events are holidays, a storm, a parade. */
const taxi: Maker = (r) => {
  const n = r.pick([4368, 6720, 10320]);
  const t = clock(r, n, 30 * MIN);
  const w = ar(r, n, 0.97);
  const at = (h: number, d: number): number => {
    const end = d === 0 || d === 6;
    return (
      4000 +
      13000 * bump(h, end ? 14 : 9, end ? 4.5 : 2.5) +
      15000 * bump(h, 19, 3.2) +
      (end || d === 5 ? 9000 * bump(h, 23.5, 2.5) : 2500 * bump(h, 23, 2)) +
      3000 * bump(h, 13, 3)
    );
  };
  const v = t.map((x, i) => at(hourOf(x), weekdayOf(x)) * (1 + 0.04 * w[i]! + 0.025 * r.n()));
  const events: [number, number][] = [];
  for (const [a] of places(r, n, r.int(3, 5), () => 48, 0.25)) {
    // Begins at midnight, as holidays do.
    let s = a;
    while (s < n - 60 && hourOf(t[s]!) >= 0.5) s++;
    const kind = r.int(0, 3);
    const f = r.between(0.3, 0.62);
    for (let i = s; i < s + 48; i++) {
      const h = hourOf(t[i]!);
      if (kind === 0) v[i]! *= f;
      else if (kind === 1) v[i]! *= h > 10 ? 0.08 + (0.3 * Math.abs(h - 17)) / 14 : 0.7;
      else if (kind === 2) v[i]! += 16000 * bump(h, 2, 1.5);
      else v[i] = at(h, 0) * 0.6 * (1 + 0.03 * r.n());
    }
    events.push([s, s + 47]);
  }
  return { t, v: v.map((x) => Math.max(0, Math.round(x))), events };
};
/** Latency: a narrow base with normal peaks; events are higher peaks and a raised base. */
const latency: Maker = (r) => {
  const n = 4032;
  const v = Array.from({ length: n }, () => 44 + 2 * r.n() + (r.u() < 0.01 ? 6 * r.exp() : 0));
  const events = places(r, n, r.int(2, 3), () => r.int(1, 90));
  for (const [a, b] of events) for (let i = a; i <= b; i++) v[i] = b - a < 10 ? 44 + r.between(20, 50) : 44 + r.between(3, 5) + 5 * r.n() ** 2;
  return { t: clock(r, n, 5 * MIN), v, events };
};
/** Several machines under one scaler: daily hills that never fall below a floor; the event is a plateau that stays. */
const scaler: Maker = (r) => {
  const n = 9000;
  const t = clock(r, n, 5 * MIN);
  const w = ar(r, n, 0.9);
  const v = t.map((x, i) => 30 + 22 * bump(hourOf(x), 14, 4) * (weekdayOf(x) % 6 === 0 ? 0.6 : 1) + 3.5 * w[i]! + 2 * r.n());
  const [[a]] = places(r, n, 1, () => 900, 0.4) as [[number, number]];
  for (let i = a; i < Math.min(n, a + 900); i++) v[i] = Math.max(v[i]!, 62 + 10 * w[i]! + 4 * r.n());
  return { t, v: v.map((x) => clip(x, 0, 100)), events: [[a, Math.min(n - 1, a + 899)]] };
};
/** Key strokes: irregular small numbers with a heavy tail; events are a dense stretch or absurd lengths. */
const keys: Maker = (r) => {
  const n = r.pick([1882, 5315]);
  const t = clock(r, n, 5 * MIN);
  const v = t.map(() => 0);
  let on = false;
  for (let i = 0; i < n; i++) {
    if (r.u() < (on ? 0.06 : 0.02)) on = !on;
    v[i] = on ? 0.05 + 0.03 * Math.exp(0.6 * r.n()) : r.u() < 0.1 ? 0.03 * r.exp() : 0;
  }
  const events = places(r, n, r.int(1, 2), () => r.int(6, 60));
  for (const [a, b] of events) {
    const f = r.between(6, 15);
    for (let i = a; i <= b; i++) v[i] = 0.08 * f * Math.exp(0.3 * r.n());
  }
  return { t, v, events };
};
/** Mentions of a company: overdispersed counts with a day, frequent bursts that fade; events are bursts beyond the usual. */
const tweets: Maker = (r) => {
  const n = r.pick([8000, 15800]);
  const t = clock(r, n, 5 * MIN);
  const m = 10 ** r.between(0.5, 2);
  const w = ar(r, n, 0.95);
  let burst = 0;
  const rate = r.between(0.001, 0.004);
  const v = t.map((x, i) => {
    burst = burst * 0.8 + (r.u() < rate ? m * 3 * Math.exp(0.7 * r.n()) : 0);
    return r.poisson((m * (0.5 + bump(hourOf(x), 17, 5)) * Math.exp(0.3 * w[i]!) + burst) * Math.exp(0.25 * r.n()));
  });
  const events = places(r, n, r.int(2, 4), () => r.int(6, 60));
  for (const [a, b] of events) {
    const f = m * r.between(18, 80);
    for (let i = a; i <= b; i++) v[i]! += Math.round(f * Math.exp((-4 * (i - a)) / (b - a + 1) + 0.2 * r.n()));
  }
  return { t, v, events };
};
/** Speed on a road: free flow with rush hours, rows dropped; events are jams at odd hours or a broken loop. */
const speed: Maker = (r) => {
  const n = r.pick([2500, 4000]);
  const t = clock(r, n, 5 * MIN);
  const v = t.map((x) => {
    const rush = weekdayOf(x) % 6 === 0 ? 0 : bump(hourOf(x), 8, 1) * r.between(0, 1) + bump(hourOf(x), 17.5, 1.3) * r.between(0, 1);
    return 67 - 20 * rush + 3.5 * r.n() - (r.u() < 0.01 ? r.between(5, 15) : 0);
  });
  const events = places(r, n, r.int(1, 3), () => r.int(10, 60));
  for (const [a, b] of events) {
    const f = r.between(0.25, 0.6);
    for (let i = a; i <= b; i++) v[i]! *= f;
  }
  return holes(r, { family: '', seed: 0, t, v: v.map(Math.round), events }, { drop: 0.25, stretches: 2 });
};
/** Occupancy: percentages with a rush-hour tail; events are high stretches at night or very high ones. */
const occupancy: Maker = (r) => {
  const n = 3500;
  const t = clock(r, n, 5 * MIN);
  const v = t.map((x) =>
    Math.max(0, 2 + 5 * bump(hourOf(x), 13, 5) + 9 * bump(hourOf(x), 17, 1.3) * r.u() + 1.3 * r.n() * (0.4 + bump(hourOf(x), 14, 5)) + (r.u() < 0.01 ? 6 * r.u() : 0)),
  );
  const events = places(r, n, r.int(1, 2), () => r.int(8, 50));
  for (const [a, b] of events) for (let i = a; i <= b; i++) v[i]! += r.between(16, 30);
  return holes(r, { family: '', seed: 0, t, v: v.map((x) => roundTo(x, 0.01)), events }, { drop: 0.2, stretches: 2 });
};
/** Cost per click by the hour: lognormal noise with stray peaks; events are clusters of high cost. */
const advertising: Maker = (r) => {
  const n = 1624;
  const t = clock(r, n, 60 * MIN);
  const w = ar(r, n, 0.8);
  const v = t.map((_, i) => 0.1 * Math.exp(0.15 * w[i]! + 0.1 * r.n()) + (r.u() < 0.004 ? 0.05 * r.exp() : 0));
  const events = places(r, n, r.int(1, 3), () => r.int(1, 10));
  for (const [a, b] of events) for (let i = a; i <= b; i++) v[i]! += r.between(0.25, 0.8);
  return { t, v, events };
};
/** The artificial day: a raised part of the day over a base; one day is higher, lower, flat, or lacks it. Some have none. */
const artificialDay: Maker = (r) => {
  const n = 4032;
  const t = Array.from({ length: n }, (_, i) => Date.UTC(2014, 3, 1) + i * 5 * MIN);
  const from = r.pick([9, 10]);
  const noise = r.pick([0, 1, 3, 8]);
  const low = r.pick([20, 40]);
  const high = r.pick([70, 80]);
  const bad = r.u() < 0.25 ? -1 : r.int(6, 12);
  const kind = r.pick(['up', 'down', 'flat', 'none', 'early']);
  const v = t.map((x, i) => {
    const h = hourOf(x);
    const on = h >= from && h < 18;
    let y = on ? high : low;
    if (Math.floor(i / 288) === bad) {
      if (kind === 'up' && on) y += 70;
      if (kind === 'down' && h >= 12 && h < 15) y = low - 15;
      if (kind === 'flat' && on) y = low + 0.5 * (high - low);
      if (kind === 'none' && on) y = low;
      if (kind === 'early' && h >= 3 && h < from) y = high;
    }
    return y + noise * (r.u() - 0.5) * 2;
  });
  const start = kind === 'down' ? 12 : kind === 'early' ? 3 : from;
  return { t, v, events: bad < 0 ? [] : [[bad * 288 + start * 12, bad * 288 + 18 * 12 - 1]] };
};
/** Peaks at random or at a beat over a quiet base; the event is more of them, or higher ones. */
const spikeDensity: Maker = (r) => {
  const n = 4032;
  const p = r.between(0.01, 0.03);
  const beat = r.u() < 0.5 ? r.pick([24, 40, 72]) : 0;
  const [ev] = places(r, n, 1, () => r.int(150, 300), 0.3) as [[number, number]];
  const higher = r.u() < 0.4;
  const v = Array.from({ length: n }, (_, i) => {
    const during = i >= ev[0] && i <= ev[1];
    const spike = beat ? i % (during && !higher ? Math.ceil(beat / 5) : beat) === 0 : r.u() < (during && !higher ? p * 7 : p);
    return spike ? (during && higher ? 3 : 1) * r.between(15, 22) : 0.5 * r.u();
  });
  return { t: clock(r, n, 5 * MIN), v, events: [ev] };
};
/** Travel times: heavy upper tail, irregular rows, a day; events are long delays. */
const travelTime: Maker = (r) => {
  const n = 3600;
  const t = clock(r, n, 5 * MIN);
  const v = t.map((x) => 90 + 120 * bump(hourOf(x), 17, 2) * r.u() + 25 * r.exp() + (r.u() < 0.01 ? 150 * r.exp() : 0));
  const events = places(r, n, r.int(2, 3), () => r.int(5, 40));
  for (const [a, b] of events) for (let i = a; i <= b; i++) v[i]! += r.between(700, 2500);
  return holes(r, { family: '', seed: 0, t, v: v.map(Math.round), events }, { drop: 0.3, stretches: 3 });
};
/** Calls to a hotline by quarter hours: counts, working day and week; events are a surge or a dead line. Kept for checking. */
const hotline: Maker = (r) => {
  const n = 5000;
  const t = clock(r, n, 15 * MIN);
  const m = r.between(8, 60);
  const v = t.map((x) => r.poisson(m * (weekdayOf(x) % 6 === 0 ? 0.5 : 1) * (0.15 + bump(hourOf(x), 10.5, 2.2) + 0.9 * bump(hourOf(x), 15.5, 2.2)) * Math.exp(0.15 * r.n())));
  const events = places(r, n, 2, () => r.int(8, 30));
  for (const [a, b] of events) {
    const f = r.between(2.5, 4);
    for (let i = a; i <= b; i++) v[i] = Math.round(v[i]! * f + m);
  }
  return { t, v, events };
};
/** Water level of a pumped pit: saw teeth between two marks; events are a pump that fails, runs on, or a level that sticks. Kept for checking. */
const pumpPit: Maker = (r) => {
  const n = 6000;
  const t = clock(r, n, MIN);
  const events = places(r, n, r.int(1, 2), () => r.int(60, 200));
  let level = 1;
  let pumping = false;
  const fill = r.between(0.01, 0.03);
  const v = t.map((_, i) => {
    const during = events.some(([a, b]) => i >= a && i <= b);
    if (level > 2) pumping = true;
    if (level < 0.6) pumping = false;
    const dead = during && pumping;
    level += fill * (1 + 0.1 * r.n()) - (pumping && !dead ? fill * 3.5 : 0);
    if (level > 3.4) level = 3.4;
    return roundTo(level + 0.01 * r.n(), 0.01);
  });
  return { t, v, events };
};
/** Current of a lift: on and off at random by the day; events are a motor left on or a level raised. Kept for checking. */
const liftCurrent: Maker = (r) => {
  const n = 5000;
  const t = clock(r, n, 5 * MIN);
  const v = t.map((x) => (r.u() < 0.1 + 0.5 * bump(hourOf(x), 13, 5) ? 8 + 0.6 * r.n() : 0.4 + 0.05 * r.n()));
  const events = places(r, n, 2, () => r.int(40, 90));
  for (const [a, b] of events) {
    const kind = r.int(0, 1);
    for (let i = a; i <= b; i++) v[i] = kind ? v[i]! * 2.2 : 8 + 0.6 * r.n();
  }
  return { t, v, events };
};

export const tuned: Record<string, Maker> = {
  cpuFlat,
  cpuLevel,
  burstyNetwork,
  diskWrites,
  requests,
  rdsCpu,
  machineTemperature,
  ambient,
  taxi,
  latency,
  scaler,
  keys,
  tweets,
  speed,
  occupancy,
  advertising,
  artificialDay,
  spikeDensity,
};
export const kept: Record<string, Maker> = { travelTime, hotline, pumpPit, liftCurrent };
