// The beat of a stream without a clock: for every lag the mean difference to the value that long ago; the deepest valley is the period.

export const LAGS = 512;
export const LAG_FLOATS = 3 * LAGS + 3;

/** A ring of the last 512 values on a regular grid and a fading mean absolute difference for each lag. */
export class Lags {
  /** Ring written twice, so that the last 512 lie in one piece. */
  readonly #x: Float32Array;
  readonly #d: Float32Array;
  readonly #s: Float32Array;

  /** `memory` holds values once, differences, and [position, count]; the second copy of the ring is made from it. */
  constructor(memory: Float32Array) {
    this.#x = memory.subarray(0, 2 * LAGS);
    this.#d = memory.subarray(2 * LAGS, 3 * LAGS);
    this.#s = memory.subarray(3 * LAGS, 3 * LAGS + 3);
  }
  get count(): number {
    return this.#s[1]!;
  }
  /** Value `lag` rows before the one to come (1 = the last). */
  back(lag: number): number {
    return this.#x[this.#s[0]! + LAGS - lag]!;
  }
  /** Puts a value into the ring; `learn`: also into the differences, each cut at `cap`. */
  push(x: number, learn: boolean, cap: number, rate: number): void {
    const at = this.#s[0]!;
    const n = this.#s[1]!;
    if (learn) {
      const d = this.#d;
      const past = this.#x;
      const top = at + LAGS;
      const m = n < LAGS ? n : LAGS;
      // An eighth of the lags at each row, by a scrambled count so that no beat of the stream keeps step with it: the same mean, an eighth of the work.
      const k = (this.#s[2] = (this.#s[2]! + 1) & 0xffff);
      const part = (Math.imul(k, 0x9e3779b1) >>> 13) & 7;
      const end = Math.min(m, (part + 1) * (LAGS / 8));
      for (let lag = part * (LAGS / 8); lag < end; lag++) {
        let e = x - past[top - lag]!;
        if (e < 0) e = -e;
        if (e > cap) e = cap;
        // A lag begins when the stream is that long: its first differences count as a plain mean.
        const young = 8 / (n - lag);
        d[lag] = d[lag]! + (young > rate ? (young > 1 ? 1 : young) : rate) * (e - d[lag]!);
      }
    }
    this.#x[at] = x;
    this.#x[at + LAGS] = x;
    this.#s[0] = (at + 1) % LAGS;
    if (n < 4 * LAGS) this.#s[1] = n + 1;
  }
  /** The period in rows, 0 when there is none; `now` is the period believed so far. */
  period(now: number): number {
    const n = this.#s[1]!;
    // A lag counts once it has been seen half its length again, at least 20 times.
    const top = Math.min(LAGS - 2, Math.floor(n / 1.5), n - 20);
    if (top < 8) return 0;
    const d = this.#d;
    let sum = 0;
    for (let lag = 1; lag <= top; lag++) sum += d[lag]!;
    const mean = sum / top;
    // Small lags of a smooth stream are near for another reason: the valley must lie behind a hill.
    let from = 1;
    while (from < top && d[from]! < 0.9 * mean) from++;
    let best = 0;
    let least = Infinity;
    for (let lag = Math.max(4, from); lag <= top; lag++) {
      // Multiples of a period are as near as itself: the shorter wins unless the longer is clearly nearer.
      if (d[lag]! < least * (lag > best * 1.5 ? 0.85 : 1)) {
        least = d[lag]!;
        best = lag;
      }
    }
    if (!best || least > 0.75 * mean) return 0;
    return now > 0 && now <= top && d[now]! < 1.04 * least ? now : best;
  }
}
