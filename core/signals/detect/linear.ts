// A linear forecast learned as readings come: recursive least squares with forgetting, its steps cut so that no outlier bends it.

export const FEATURES = 9;
export const LINEAR_DOUBLES = FEATURES * FEATURES + FEATURES;
const START = 10;
const LIMIT = 1000;

/** Weights and the inverse correlation of the features, in one piece of memory. */
export class Linear {
  readonly #w: Float64Array;
  readonly #p: Float64Array;
  readonly #g = new Float64Array(FEATURES);
  /** Features of the next reading; fill, then `guess`, then `learn`. */
  readonly f = new Float64Array(FEATURES);

  constructor(memory: Float64Array) {
    this.#w = memory.subarray(0, FEATURES);
    this.#p = memory.subarray(FEATURES, LINEAR_DOUBLES);
    for (let i = 0; i < FEATURES; i++) this.#p[i * FEATURES + i] = START;
  }
  guess(): number {
    let y = 0;
    for (let i = 0; i < FEATURES; i++) y += this.#w[i]! * this.f[i]!;
    return y;
  }
  /** Forgets what a feature was worth when it now means something else. */
  renew(i: number): void {
    for (let j = 0; j < FEATURES; j++) this.#p[i * FEATURES + j] = this.#p[j * FEATURES + i] = i === j ? START : 0;
    this.#w[i] = 0;
  }
  /** `error` of the guess, already cut; `keep` < 1: share of the past that counts on at each reading. */
  learn(error: number, keep: number): void {
    const p = this.#p;
    const g = this.#g;
    const f = this.f;
    let s = keep;
    for (let i = 0; i < FEATURES; i++) {
      let x = 0;
      for (let j = 0; j < FEATURES; j++) x += p[i * FEATURES + j]! * f[j]!;
      g[i] = x;
      s += x * f[i]!;
    }
    if (!(s > 1e-12)) return;
    let trace = 0;
    for (let i = 0; i < FEATURES; i++) trace += p[i * FEATURES + i]!;
    // Without excitation the forgetting would grow the matrix without end.
    const grow = trace < LIMIT ? 1 / keep : 1;
    for (let i = 0; i < FEATURES; i++) {
      const gi = g[i]! / s;
      this.#w[i] = this.#w[i]! + gi * error;
      for (let j = 0; j <= i; j++) p[i * FEATURES + j] = p[j * FEATURES + i] = (p[i * FEATURES + j]! - gi * g[j]!) * grow;
    }
  }
}
