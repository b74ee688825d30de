// How rare a number is among those seen before: a fading histogram on a logarithmic scale with an estimated power tail, in fixed memory.

const BINS = 40;
/** Octaves are cut in four; bin 0 takes everything below a quarter. */
const FIRST = (127 - 2) * 4 - 1;
const LN_EDGE = Float64Array.from({ length: BINS + 1 }, (_, b) => (b === 0 ? Math.log(0.2) : Math.log(2 ** Math.floor((b + FIRST) / 4 - 127) * (1 + ((b + FIRST) % 4) / 4))));
const LN_MID = Float64Array.from({ length: BINS }, (_, b) => (LN_EDGE[b]! + LN_EDGE[b + 1]!) / 2);
const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Bin of a magnitude, by the exponent and two bits of the mantissa of its 32-bit form: no logarithm on the way of every reading. */
function binOf(m: number): number {
  float[0] = m;
  const b = (bits[0]! >>> 21) - FIRST;
  return b < 0 ? 0 : b >= BINS ? BINS - 1 : b;
}

/** Numbers of the tail estimate. */
export interface TailShape {
  /** Exceedances the estimate rests on, in independent readings. */
  k: number;
  /** Prior tail index and how many exceedances it is worth (a Student-like tail until the stream has shown its own). */
  index: number;
  prior: number;
  /** Steepest tail believed, and how far beyond the bin of the estimate (in ln) a value must lie to count as beyond it. */
  steep: number;
  slack: number;
  /** Readings after which the weight of one has halved. */
  halfLife: number;
}
/** Counts of both sides, then: weight of all, growing increment, readings since the last refresh, far magnitude, the two common bins. */
export const TAIL_FLOATS = 2 * BINS + 6;

/**
 * Both tails of one signal. `independence` is the share of a reading that is news (1 for white residuals, about α for an exponential mean of
 * rate α), so that a smooth signal does not believe that it has seen thousands of cases when it has seen ten swings.
 */
export class Tail {
  readonly #c: Float32Array;
  readonly #independence: number;
  readonly #shape: TailShape;
  readonly #growth: number;

  constructor(memory: Float32Array, independence: number, shape: TailShape) {
    this.#c = memory;
    this.#independence = independence;
    this.#shape = shape;
    this.#growth = 2 ** (1 / shape.halfLife);
    if (!(memory[2 * BINS + 1]! > 0)) this.refresh();
  }

  /** −log10 of the chance of a value as far out on its side, never below 0. */
  surprise(z: number): number {
    const c = this.#c;
    const m = Math.abs(z);
    const b = binOf(m);
    const low = z < 0;
    // Bins below this are in the common 95 % and need no sum.
    if (b < c[2 * BINS + (low ? 5 : 4)]!) return 0;
    const n = c[2 * BINS]!;
    if (n <= 0) return 0;
    const at = low ? BINS : 0;
    const unit = this.#independence / c[2 * BINS + 1]!;
    const need = this.#shape.k / unit;
    let sum = 0;
    let hill = 0;
    let j = 0;
    // The lowest bin, where a stream of zeros or of equal values keeps most of its readings, is no part of a tail.
    for (let i = BINS - 1; i > 0; i--) {
      const x = c[at + i]!;
      if (x <= 0) continue;
      sum += x;
      hill += x * LN_MID[i]!;
      j = i;
      if (sum >= need) break;
    }
    if (j === 0) j = 1;
    const total = n * unit;
    const lnM = Math.log(m > 0.2 ? m : 0.2);
    if (b <= j) {
      for (let i = j - 1; i >= b; i--) sum += c[at + i]!;
      // Within its bin a value stands between the edges.
      const part = Math.min(1, Math.max(0, (lnM - LN_EDGE[b]!) / (LN_EDGE[b + 1]! - LN_EDGE[b]!)));
      return Math.max(0, -Math.log10(((sum - part * c[at + b]!) * unit + 0.5) / (total + 1)));
    }
    const ln0 = LN_EDGE[j]!;
    const count = sum * unit;
    const { prior, index, steep, slack } = this.#shape;
    const alpha = Math.min(steep, (count + prior) / (Math.max(0, (hill - sum * ln0) * unit) + prior / index));
    // Half an unseen reading, so that nothing seen is not impossible.
    const p0 = (count + 0.5) / (total + 1);
    return Math.max(0, -Math.log10(p0) + (alpha * Math.max(0, lnM - ln0 - slack)) / Math.LN10);
  }

  /** Takes a value in; `weight` below 1 for what was just called unusual. */
  learn(z: number, weight: number): void {
    const c = this.#c;
    const inc = (c[2 * BINS + 1] = c[2 * BINS + 1]! * this.#growth);
    const w = inc * weight;
    c[(z < 0 ? BINS : 0) + binOf(Math.abs(z))]! += w;
    c[2 * BINS]! += w;
    if (inc > 1e4) {
      for (let i = 0; i <= 2 * BINS; i++) c[i]! *= 1e-4;
      c[2 * BINS + 1] = 1;
    }
    const k = (c[2 * BINS + 2]! += 1);
    if (k >= 32) this.refresh();
  }

  /** Counts of weight fade: every sum is over growing increments, so the newest weighs most. */
  refresh(): void {
    const c = this.#c;
    c[2 * BINS + 2] = 0;
    if (!(c[2 * BINS + 1]! > 0)) c[2 * BINS + 1] = 1;
    const line = 0.05 * c[2 * BINS]!;
    for (let side = 0; side < 2; side++) {
      let sum = 0;
      let j = BINS - 1;
      for (; j > 0 && sum + c[side * BINS + j]! <= line; j--) sum += c[side * BINS + j]!;
      c[2 * BINS + 4 + side] = j;
    }
    let sum = 0;
    let j = BINS - 1;
    for (const line = 0.002 * c[2 * BINS]!; j > 0 && sum <= line; j--) sum += c[j]! + c[BINS + j]!;
    c[2 * BINS + 3] = Math.exp(LN_EDGE[j + 1]!);
  }
  /** Magnitude only one in five hundred exceeds. */
  get far(): number {
    return this.#c[2 * BINS + 3]!;
  }
}
