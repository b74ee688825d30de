// What the clock says: the usual value for the quarter of an hour of the day and for the hour of the week, learned as readings come.

const DAY_BUCKETS = 96;
const WEEK_BUCKETS = 168;
const QUARTER = 900_000;
const HOUR = 3_600_000;
export const SEASON_FLOATS = 3 * DAY_BUCKETS + 2 * WEEK_BUCKETS;

/** Profiles as differences from the level; `spread` is how far readings of this quarter usually lie from it. */
export class Season {
  readonly #day: Float32Array;
  readonly #dayN: Float32Array;
  readonly #spread: Float32Array;
  readonly #week: Float32Array;
  readonly #weekN: Float32Array;
  #d = 0;
  #w = 0;

  constructor(m: Float32Array) {
    this.#day = m.subarray(0, DAY_BUCKETS);
    this.#dayN = m.subarray(DAY_BUCKETS, 2 * DAY_BUCKETS);
    this.#spread = m.subarray(2 * DAY_BUCKETS, 3 * DAY_BUCKETS);
    this.#week = m.subarray(3 * DAY_BUCKETS, 3 * DAY_BUCKETS + WEEK_BUCKETS);
    this.#weekN = m.subarray(3 * DAY_BUCKETS + WEEK_BUCKETS, 3 * DAY_BUCKETS + 2 * WEEK_BUCKETS);
  }
  /** Goes to the buckets of an instant (UTC; any fixed offset only renames them). */
  seek(t: number): void {
    const d = Math.floor(t / QUARTER) % DAY_BUCKETS;
    const w = Math.floor(t / HOUR) % WEEK_BUCKETS;
    this.#d = d < 0 ? d + DAY_BUCKETS : d;
    this.#w = w < 0 ? w + WEEK_BUCKETS : w;
  }
  /** Readings this quarter of the day has seen. */
  get known(): number {
    return this.#dayN[this.#d]!;
  }
  get weekKnown(): number {
    return this.#weekN[this.#w]!;
  }
  get day(): number {
    return this.#day[this.#d]!;
  }
  get week(): number {
    return this.#week[this.#w]!;
  }
  /** Mean deviation of this quarter, 0 while unknown. */
  get spread(): number {
    return this.#spread[this.#d]!;
  }
  /** `x` relative to the level; `cap` is the largest step believed; `dt` the interval in ms. */
  learn(x: number, u: number, cap: number, dt: number, weight: number): void {
    const d = this.#d;
    const w = this.#w;
    const n = this.#dayN[d]!;
    const rate = Math.max(1 / (n + 1), Math.min(1, dt / QUARTER) / 6) * (n < 2 ? 1 : weight);
    const e = x - this.#day[d]!;
    this.#day[d] = this.#day[d]! + rate * (n < 2 ? e : clip(e, cap));
    const a = u < 0 ? -u : u;
    this.#spread[d] = this.#spread[d]! + Math.max(1 / (n + 1), Math.min(1, dt / QUARTER) / 12) * ((n < 2 || a < cap ? a : cap) - this.#spread[d]!);
    this.#dayN[d] = Math.min(n + 1, 1000);
    const k = this.#weekN[w]!;
    const rest = x - this.#week[w]!;
    this.#week[w] = this.#week[w]! + Math.max(1 / (k + 1), Math.min(1, dt / HOUR) / 3) * (k < 2 ? 1 : weight) * (k < 2 ? rest : clip(rest, cap));
    this.#weekN[w] = Math.min(k + 1, 1000);
  }
}
const clip = (x: number, by: number): number => (x > by ? by : x < -by ? -by : x);
