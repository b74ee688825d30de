// Rounding of published figures: exact integer fen, the step a figure was printed with, and what a sum may differ by.
import type { MoneyUnit } from './model.ts';

const pow10 = [1, 10, 100, 1000, 1e4, 1e5, 1e6, 1e7, 1e8] as const;

/** Digits after the point of a decimal string. */
export const decimalsOf = (value: string): number => {
  const i = value.indexOf('.');
  return i < 0 ? 0 : value.length - i - 1;
};

/**
 * Decimal string to fen as an exact integer number (safe up to 90 万亿元); figures finer than a fen are rounded.
 * null when the text is not a plain decimal or too large to be exact.
 */
export function fenOf(value: string, unit: MoneyUnit): number | null {
  if (value.length > 24 || !/^-?\d+(?:\.\d+)?$/.test(value)) return null;
  const negative = value.startsWith('-');
  const body = negative ? value.slice(1) : value;
  const point = body.indexOf('.');
  const scale = unit === '万元' ? 6 : 2;
  const whole = point < 0 ? body : body.slice(0, point);
  const fraction = point < 0 ? '' : body.slice(point + 1);
  let n = Number(whole + fraction.slice(0, scale).padEnd(scale, '0'));
  if (fraction.length > scale && fraction[scale]! >= '5') n += 1;
  return Number.isSafeInteger(n) ? (negative && n !== 0 ? -n : n) : null;
}

/** Fen to a decimal string in a unit with at least two decimals where there are any, without separators. */
export function decimal(fen: number, unit: MoneyUnit): string {
  const scale = unit === '万元' ? 6 : 2;
  const digits = Math.abs(fen)
    .toString()
    .padStart(scale + 1, '0');
  const whole = digits.slice(0, -scale);
  let fraction = digits.slice(-scale);
  while (fraction.length > 2 && fraction.endsWith('0')) fraction = fraction.slice(0, -1);
  return `${fen < 0 ? '-' : ''}${whole}.${fraction}`;
}

/** The smallest amount (fen) that a figure with so many decimals can express; 1 when it is exact to the fen. */
export function stepOf(unit: MoneyUnit, decimals: number): number {
  const scale = unit === '万元' ? 6 : 2;
  return pow10[Math.max(0, scale - decimals)] ?? 1;
}

/**
 * What the two sides of a sum of `addends` figures may differ by (fen).
 * 万元 with two decimals: 0.005·(n+1); 元 with cents: nothing; whole 元: one per addend. The largest step counts.
 */
export function sumTolerance(step: number, unit: MoneyUnit, addends: number): number {
  if (step <= 1) return 0;
  if (unit === '元') return step * Math.max(1, addends);
  return (step / 2) * (addends + 1);
}

/** Whether `printed` is `exact` rounded to the printed step (half up or half even). */
export const isRounded = (exact: number, printed: number, step: number): boolean => Math.abs(exact - printed) * 2 <= step;

export type Verdict = 'passed' | 'rounding' | 'failed';
export const verdictOf = (difference: number, tolerance: number): Verdict => (difference === 0 ? 'passed' : Math.abs(difference) <= tolerance ? 'rounding' : 'failed');

/**
 * A printed percentage against part ÷ whole (fen). Passed within half of the last printed digit plus what the rounding of the
 * operands can move it; one whole last digit is rounding (cut instead of rounded); more has failed.
 */
export function percentVerdict(printed: string, part: number, whole: number, partStep: number, wholeStep: number): { verdict: Verdict; expected: number; decimals: number } {
  const d = decimalsOf(printed);
  const expected = whole === 0 ? Number.NaN : (100 * part) / whole;
  const last = 1 / pow10[Math.min(8, d)]!;
  const operands = whole === 0 ? 0 : (100 * (partStep > 1 ? partStep / 2 : 0)) / Math.abs(whole) + (Math.abs(expected) * (wholeStep > 1 ? wholeStep / 2 : 0)) / Math.abs(whole);
  const off = Math.abs(Number(printed) - expected);
  const slack = 1e-9 + operands;
  return { verdict: off <= last / 2 + slack ? 'passed' : off <= last + slack ? 'rounding' : 'failed', expected, decimals: d };
}
