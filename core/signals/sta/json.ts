// JSON without loss on both sides, and without what a database or a program must not take in.
import { parseExactly } from '../careful.ts';
import { bad } from './fault.ts';

interface Raw {
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): value is { rawJSON: string };
}
const raw = JSON as unknown as Raw;
/** A number in its own notation, written to JSON as it stands. */
export const numberAs = (text: string): unknown => raw.rawJSON(text);
/** The notation of a number that no double holds; undefined of anything else. */
export const exactNumber = (value: unknown): string | undefined => (raw.isRawJSON(value) ? value.rawJSON : undefined);
/** Stored JSON (text of jsonb or of a reading) as it was. */
export const parseStored = parseExactly;

const MAX_DEPTH = 32;
const dangerous = new Set(['__proto__', 'constructor', 'prototype']);

/** Parses a body; throws a 400 with the place for what is not JSON, too deep, or holds names and characters that are not allowed (API-18). */
export function parseBody(text: string): unknown {
  let value: unknown;
  try {
    value = parseExactly(text);
  } catch {
    throw bad('内容不是有效的 JSON');
  }
  check(value, '', 0);
  return value;
}

function check(value: unknown, at: string, depth: number): void {
  if (typeof value === 'string') {
    if (value.includes('\u0000') || !value.isWellFormed()) throw bad('含有不能保存的字符', at);
    return;
  }
  if (!value || typeof value !== 'object') return;
  const exact = exactNumber(value);
  if (exact !== undefined) {
    // jsonb keeps decimal numbers to this size; a larger exponent would be written out digit by digit.
    if (exact.length > 200 || Math.abs(Number(/[eE]([+-]?\d+)$/.exec(exact)?.[1] ?? 0)) > 500) throw bad('数字过大', at);
    return;
  }
  if (depth >= MAX_DEPTH) throw bad(`嵌套超过 ${MAX_DEPTH} 层`, at);
  if (Array.isArray(value)) {
    value.forEach((v, i) => check(v, `${at}/${i}`, depth + 1));
    return;
  }
  for (const [k, v] of Object.entries(value)) {
    if (dangerous.has(k)) throw bad('不允许的名称', `${at}/${k}`);
    check(k, at, depth + 1);
    check(v, `${at}/${k.slice(0, 80)}`, depth + 1);
  }
}
