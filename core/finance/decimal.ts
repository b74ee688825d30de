// Exact decimals: texts to scaled integers, ratios rounded once, shares that add up to the whole.

const SCALE = 6;
const ONE = 10n ** BigInt(SCALE);

/** A plain decimal as an integer of millionths; undefined when the text is no plain decimal (`48`, `-3.5`, `1,200`, `95%`). */
export function decimalOf(text: string | null | undefined): bigint | undefined {
  const t = (text ?? '').normalize('NFKC').replace(/[\s,]/g, '').replace(/%$/, '');
  const m = /^(-?)(\d{1,15})(?:\.(\d{1,12}))?$/.exec(t);
  if (!m) return undefined;
  const fraction = m[3] ?? '';
  let n = BigInt(m[2]! + fraction.slice(0, SCALE).padEnd(SCALE, '0'));
  if (fraction.length > SCALE && fraction[SCALE]! >= '5') n += 1n;
  return m[1] ? -n : n;
}
/** Millionths to the shortest decimal text. */
export function decimalText(n: bigint): string {
  const digits = (n < 0n ? -n : n).toString().padStart(SCALE + 1, '0');
  const fraction = digits.slice(-SCALE).replace(/0+$/, '');
  return `${n < 0n ? '-' : ''}${digits.slice(0, -SCALE)}${fraction ? `.${fraction}` : ''}`;
}
/** Millionths as a number, for screens only. */
export const numberOf = (n: bigint): number => Number(n) / Number(ONE);
/** A finite number as millionths, rounded. */
export const fromNumber = (x: number): bigint => decimalOf(x.toFixed(SCALE)) ?? 0n;

/** a × b ÷ c rounded half away from zero; `c` must not be 0. */
export function muldiv(a: bigint, b: bigint, c: bigint): bigint {
  const n = a * b;
  const negative = n < 0n !== c < 0n;
  const [x, y] = [n < 0n ? -n : n, c < 0n ? -c : c];
  const q = (2n * x + y) / (2n * y);
  return negative ? -q : q;
}

/**
 * Splits `whole` in proportion to `weights` (largest remainder): integers ≥ 0 that add up to `whole` exactly.
 * Equal weights when all are 0.
 */
export function shares(whole: number, weights: number[]): number[] {
  if (!weights.length) return [];
  const even = weights.every((w) => w === 0);
  const w = weights.map((x) => (even ? 1n : BigInt(x)));
  const sum = w.reduce((a, b) => a + b, 0n);
  const parts = w.map((x, i) => ({ i, floor: (BigInt(whole) * x) / sum, rest: (BigInt(whole) * x) % sum }));
  let left = BigInt(whole) - parts.reduce((a, p) => a + p.floor, 0n);
  for (const p of parts.toSorted((a, b) => (a.rest === b.rest ? a.i - b.i : a.rest > b.rest ? -1 : 1))) {
    if (left <= 0n) break;
    p.floor += 1n;
    left -= 1n;
  }
  return parts.map((p) => Number(p.floor));
}
