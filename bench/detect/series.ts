// Made series for the detector: seeded noise, the clock, a day and a week, and the ways an event can be put into a stream.

/** One labelled series; `events` are first and last row of each true event. 演示数据 in every case but the air of Beijing. */
export interface Series {
  family: string;
  seed: number;
  /** Unix ms of each row. */
  t: number[];
  v: (number | null)[];
  events: [number, number][];
}

/** Seeded random numbers (mulberry32) with the distributions the families need. */
export class Rng {
  #a: number;
  #spare: number | null = null;
  constructor(seed: number) {
    this.#a = (seed * 2654435761) >>> 0;
    for (let i = 0; i < 4; i++) this.u();
  }
  /** Uniform on [0, 1). */
  u(): number {
    this.#a = (this.#a + 0x6d2b79f5) >>> 0;
    let t = this.#a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  between(a: number, b: number): number {
    return a + (b - a) * this.u();
  }
  int(a: number, b: number): number {
    return Math.floor(this.between(a, b + 1));
  }
  sign(): number {
    return this.u() < 0.5 ? -1 : 1;
  }
  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.u() * list.length)]!;
  }
  n(): number {
    if (this.#spare !== null) {
      const s = this.#spare;
      this.#spare = null;
      return s;
    }
    const r = Math.sqrt(-2 * Math.log(1 - this.u()));
    const a = 2 * Math.PI * this.u();
    this.#spare = r * Math.sin(a);
    return r * Math.cos(a);
  }
  exp(): number {
    return -Math.log(1 - this.u());
  }
  /** Student's t with `k` degrees of freedom: heavy tails. */
  t(k: number): number {
    let s = 0;
    for (let i = 0; i < k; i++) s += this.n() ** 2;
    return this.n() / Math.sqrt(s / k);
  }
  poisson(m: number): number {
    if (m > 40) return Math.max(0, Math.round(m + Math.sqrt(m) * this.n()));
    const l = Math.exp(-m);
    let k = 0;
    for (let p = this.u(); p > l; p *= this.u()) k++;
    return k;
  }
}

export const MIN = 60_000;
export const DAY = 1440 * MIN;
/** Rows at `step` ms from a random day of 2014. */
export function clock(r: Rng, n: number, step: number): number[] {
  const start = Date.UTC(2014, r.int(0, 11), r.int(1, 28), r.int(0, 23), r.int(0, 11) * 5);
  return Array.from({ length: n }, (_, i) => start + i * step);
}
export const hourOf = (t: number): number => (t % DAY) / (60 * MIN);
export const weekdayOf = (t: number): number => (Math.floor(t / DAY) + 4) % 7;
export const bump = (h: number, at: number, width: number): number => {
  const d = Math.min(Math.abs(h - at), 24 - Math.abs(h - at));
  return Math.exp(-0.5 * (d / width) ** 2);
};
/** AR(1) noise of unit variance. */
export function ar(r: Rng, n: number, phi: number): Float64Array {
  const x = new Float64Array(n);
  let s = r.n();
  const k = Math.sqrt(1 - phi * phi);
  for (let i = 0; i < n; i++) x[i] = s = phi * s + k * r.n();
  return x;
}
export const roundTo = (x: number, q: number): number => Number((Math.round(x / q) * q).toPrecision(12));

/** Places for `k` events of `len` rows, after the first `free` share, well apart from each other. */
export function places(r: Rng, n: number, k: number, len: () => number, free = 0.2): [number, number][] {
  const out: [number, number][] = [];
  for (let tries = 0; tries < 400 && out.length < k; tries++) {
    const l = Math.max(1, Math.round(len()));
    const at = r.int(Math.floor(n * free), Math.floor(n * 0.97) - l);
    if (out.every(([a, b]) => at + l < a - n * 0.06 || at > b + n * 0.06)) out.push([at, at + l - 1]);
  }
  return out.sort((a, b) => a[0] - b[0]);
}

/** Drops rows (the way public traffic data lack them) or blanks values; events move with their rows. */
export function holes(r: Rng, s: Series, o: { drop?: number; stretches?: number; blank?: boolean }): Series {
  const n = s.v.length;
  const gone = new Uint8Array(n);
  if (o.drop) for (let i = 1; i < n; i++) if (r.u() < o.drop) gone[i] = 1;
  for (let k = 0; k < (o.stretches ?? 0); k++) {
    const len = r.int(5, Math.floor(n * 0.03));
    const at = r.int(Math.floor(n * 0.05), n - len - 1);
    if (s.events.some(([a, b]) => at <= b + 20 && at + len >= a - 20)) continue;
    gone.fill(1, at, at + len);
  }
  if (o.blank) return { ...s, v: s.v.map((x, i) => (gone[i] ? null : x)) };
  const place = new Int32Array(n + 1);
  const t: number[] = [];
  const v: (number | null)[] = [];
  for (let i = 0; i < n; i++) {
    place[i] = t.length;
    if (gone[i]) continue;
    t.push(s.t[i]!);
    v.push(s.v[i]!);
  }
  place[n] = t.length;
  return { ...s, t, v, events: s.events.map(([a, b]): [number, number] => [place[a]!, Math.max(place[a]!, place[b + 1]! - 1)]).filter(([a]) => a < t.length) };
}
