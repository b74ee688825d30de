// Readings from parsed JSON, slowly and with a reason for everything refused: the way for what the byte decoder does not take.
import type { ProblemItem } from '../problem.ts';
import { Columns, KIND, type Kind } from './columns.ts';
import { exactly } from './decode.ts';

interface ExactJson {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): value is { rawJSON: string };
}
const exact = JSON as unknown as ExactJson;
/** Only such texts can hold a number that a double does not. */
const suspicious = /\d[\d.]{15}|\d[eE][+-]?\d{2}/;

/** JSON.parse that loses no number: what no double holds stays in its own notation (as `JSON.rawJSON`). Throws SyntaxError. */
export function parseExactly(text: string): unknown {
  if (!suspicious.test(text)) return JSON.parse(text);
  return exact.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && (!Number.isFinite(value) || exactly(source, value) !== null) ? exact.rawJSON(source) : value,
  );
}

/** A value as it is kept; a string says what is wrong with it. */
export function valueOf(v: unknown): { kind: Kind; num: number; text: string | null } | string {
  if (typeof v === 'number') return Number.isFinite(v) ? { kind: KIND.number, num: v, text: null } : '不是有限的数';
  if (typeof v === 'string') {
    if (v.length > 4000) return '文字过长（最多 4000 字）';
    return v.includes('\u0000') || !v.isWellFormed() ? '含有不能保存的字符' : { kind: KIND.text, num: Number.NaN, text: v };
  }
  if (typeof v === 'boolean') return { kind: KIND.boolean, num: v ? 1 : 0, text: null };
  if (v === null) return { kind: KIND.none, num: Number.NaN, text: null };
  if (v === undefined) return '缺少值';
  if (exact.isRawJSON(v)) {
    const num = Number(v.rawJSON);
    if (v.rawJSON.length > 200) return '数字过长';
    return Number.isFinite(num) ? { kind: KIND.number, num, text: v.rawJSON } : '不是有限的数';
  }
  if (typeof v !== 'object') return '值应是数、文字、是否、空或对象';
  if (deeper(v, 32)) return '嵌套超过 32 层';
  const text = JSON.stringify(v);
  if (text.length > 16_000) return '对象过大（最多 16000 字）';
  // JSON.stringify escapes lone surrogates and NUL; PostgreSQL takes neither back as text in JSON.
  return /\\u(0000|d[89a-f])/.test(text) ? '含有不能保存的字符' : { kind: KIND.json, num: Number.NaN, text };
}
function deeper(v: unknown, left: number): boolean {
  if (!v || typeof v !== 'object' || exact.isRawJSON(v)) return false;
  if (left === 0) return true;
  return Object.values(v).some((x) => deeper(x, left - 1));
}

/** Milliseconds of an instant (RFC 3339 with offset, or milliseconds as a number), NaN when it is none; days that do not exist are none. */
export function instantOf(t: unknown): number {
  if (typeof t === 'number') return t;
  if (typeof t !== 'string' || t.length > 40 || !/^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:?\d{2})$/.test(t)) return Number.NaN;
  const day = Date.parse(`${t.slice(0, 10)}T00:00:00Z`);
  if (!Number.isFinite(day) || new Date(day).toISOString().slice(0, 10) !== t.slice(0, 10)) return Number.NaN;
  const fraction = /\.(\d+)/.exec(t);
  if (!fraction) return Date.parse(t);
  return Date.parse(t.replace(fraction[0], '')) + Number(fraction[1]!.slice(0, 6).padEnd(6, '0')) / 1000;
}

export interface Careful {
  /** Dense index of a stream, -1 when unknown. */
  find(ref: string): number;
  now: number;
  max: number;
}

/**
 * Reads a list of `{stream, time?, value, quality?}` and `{stream, times, values}`. Faulty readings are named by pointer and left out;
 * a time that cannot be read is NaN with its original in `oddTimes` (it goes to quarantine, not back to the sender).
 */
export function readList(input: unknown, o: Careful): { columns: Columns; faults: ProblemItem[]; unknown: boolean } {
  const list = Array.isArray(input) ? input : [input];
  const columns = new Columns(list.length || 1);
  const faults: ProblemItem[] = [];
  let unknown = false;
  const say = (pointer: string, message: string) => {
    if (faults.length < 100) faults.push({ pointer: `/body/${pointer}`, message });
  };
  const add = (at: string, stream: number, time: unknown, given: unknown, quality: number) => {
    const v = valueOf(given);
    if (typeof v === 'string') {
      say(at, v);
      return;
    }
    if (columns.n >= o.max) {
      if (faults.at(-1)?.message !== '超过一次可收的数量') say(at, '超过一次可收的数量');
      return;
    }
    const instant = time === undefined ? o.now : instantOf(time);
    if (!Number.isFinite(instant)) columns.oddTimes.set(columns.n, time);
    columns.push(stream, Number.isFinite(instant) ? instant : Number.NaN, v.kind, v.num, v.text, quality);
  };
  for (const [i, x] of list.entries()) {
    if (!x || typeof x !== 'object' || Array.isArray(x)) {
      say(`${i}`, '每条读数应是一个对象');
      continue;
    }
    const r = x as Record<string, unknown>;
    const stray = Object.keys(r).find((k) => !['stream', 'time', 'value', 'quality', 'times', 'values'].includes(k));
    if (stray !== undefined) {
      say(`${i}`, `不认识的字段 ${stray.slice(0, 40).toWellFormed()}`);
      continue;
    }
    const stream = typeof r.stream === 'string' || typeof r.stream === 'number' ? o.find(String(r.stream)) : -1;
    if (stream < 0) {
      unknown = true;
      say(`${i}/stream`, '没有这条数据流');
      continue;
    }
    const quality = r.quality === undefined ? 0 : r.quality;
    if (typeof quality !== 'number' || !Number.isInteger(quality) || quality < 0 || quality > 9) {
      say(`${i}/quality`, '质量标记应为 0 至 9 的整数');
      continue;
    }
    if (!('times' in r) && !('values' in r)) add(`${i}/value`, stream, r.time, r.value, quality);
    else if (!Array.isArray(r.times) || !Array.isArray(r.values) || r.times.length !== r.values.length || 'time' in r || 'value' in r)
      say(`${i}/values`, 'times 与 values 应是同样长的数组');
    else for (let j = 0; j < r.times.length; j++) add(`${i}/values/${j}`, stream, r.times[j], r.values[j], quality);
  }
  return { columns, faults, unknown };
}
