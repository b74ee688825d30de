// Comparisons of typed SQL values: numbers with numbers, texts by their letters, times as half-open intervals.
import type { Operator } from '#core/signals/sta/expression.ts';
import { bad } from '#core/signals/sta/fault.ts';
import { resultAs, type Value } from './values.ts';

export type Compare = Extract<Operator, 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le'>;
export const SIGN: Record<Compare, string> = { eq: '=', ne: '<>', gt: '>', ge: '>=', lt: '<', le: '<=' };
const FLIP: Record<Compare, Compare> = { eq: 'eq', ne: 'ne', gt: 'lt', ge: 'le', lt: 'gt', le: 'ge' };

export const isTime = (v: Value): v is Extract<Value, { t: 'instant' | 'interval' }> => v.t === 'instant' || v.t === 'interval';
/** As a double; null where it is none. */
export function asNumber(v: Value): string {
  switch (v.t) {
    case 'number':
      return v.sql;
    case 'id':
      return `(${v.sql})::float8`;
    case 'json':
      return `json_number(${v.sql})`;
    case 'result':
      return resultAs.number(v.alias);
    case 'null':
      return 'null::float8';
    default:
      throw bad('此处应为数');
  }
}
/** As text. */
export function asText(v: Value): string {
  switch (v.t) {
    case 'text':
    case 'date':
    case 'clock':
      return v.sql;
    case 'json':
      return `(${v.sql} #>> '{}')`;
    case 'geo':
      return `(${v.sql})::text`;
    case 'result':
      return resultAs.text(v.alias);
    case 'number':
    case 'bool':
    case 'id':
      return `(${v.sql})::text`;
    case 'null':
      return 'null::text';
    default:
      throw bad('此处应为文字');
  }
}
export function asBool(v: Value): string {
  switch (v.t) {
    case 'bool':
      return v.sql;
    case 'json':
      return `(${v.sql} = 'true'::jsonb)`;
    case 'result':
      return resultAs.bool(v.alias);
    case 'null':
      return 'null::boolean';
    default:
      throw bad('此处应为是否');
  }
}
export function isNone(v: Value): string {
  switch (v.t) {
    case 'null':
      return 'true';
    case 'result':
      return resultAs.none(v.alias);
    case 'json':
      // No own properties is the same as none.
      return `(${v.sql} is null or ${v.sql} in ('null', '{}'))`;
    case 'interval':
      return `(${v.from} is null)`;
    default:
      return `(${v.sql} is null)`;
  }
}

/** SQL of a comparison; throws a 400 for what cannot be compared. */
export function compare(op: Compare, left: Value, right: Value): string {
  if (left.t === 'null' || right.t === 'null') {
    const none = isNone(left.t === 'null' ? right : left);
    return op === 'eq' ? none : op === 'ne' ? `not ${none}` : 'false';
  }
  if (isTime(left) || isTime(right)) {
    if (!isTime(left) || !isTime(right)) throw bad('时刻只能与时刻或时段比较');
    return !left.column && right.column ? compareTimes(FLIP[op], right, left) : compareTimes(op, left, right);
  }
  const kinds = [left.t, right.t];
  const has = (t: Value['t']) => (kinds as Value['t'][]).includes(t);
  const sign = SIGN[op];
  if (has('duration')) {
    if (left.t !== 'duration' || right.t !== 'duration') throw bad('时长只能与时长比较');
    return `(${left.sql} ${sign} ${right.sql})`;
  }
  if (left.t === 'id' && right.t === 'id') return `(${left.sql} ${sign} ${right.sql})`;
  if (has('id')) {
    const id = left.t === 'id' ? left : (right as Extract<Value, { t: 'id' }>);
    const other = left.t === 'id' ? right : left;
    const its =
      other.t === 'number'
        ? `(${other.sql})::numeric`
        : other.t === 'text'
          ? `(case when ${other.sql} ~ '^\\d{1,19}$' then ${other.sql}::numeric end)`
          : `(${asNumber(other)})::numeric`;
    return left.t === 'id' ? `(${id.sql} ${sign} ${its})` : `(${its} ${sign} ${id.sql})`;
  }
  if (has('number')) {
    // A text stands beside a number only as text: what is compared then are the letters.
    if (has('text') || has('bool') || has('date') || has('clock') || has('geo')) return `(${asText(left)} collate "C" ${sign} ${asText(right)})`;
    return `(${asNumber(left)} ${sign} ${asNumber(right)})`;
  }
  if (has('bool')) {
    if (has('text')) return `(${asText(left)} ${sign} ${asText(right)})`;
    return `(${asBool(left)} ${sign} ${asBool(right)})`;
  }
  if (left.t === 'json' && right.t === 'json') return `(${left.sql} ${sign} ${right.sql})`;
  if (left.t === 'result' && right.t === 'json') return `(${resultAs.json(left.alias)} ${sign} ${right.sql})`;
  if (left.t === 'json' && right.t === 'result') return `(${left.sql} ${sign} ${resultAs.json(right.alias)})`;
  if (left.t === 'result' && right.t === 'result') return `(${resultAs.json(left.alias)} ${sign} ${resultAs.json(right.alias)})`;
  return `(${asText(left)} collate "C" ${sign} ${asText(right)})`;
}

type Time = Extract<Value, { t: 'instant' | 'interval' }>;
/** Start, end and whether it is an interval (SQL). */
const edges = (v: Time) =>
  v.t === 'instant' ? { from: v.sql, to: v.sql, long: 'false' } : { from: v.from, to: v.to, long: v.ended === undefined ? 'true' : `(${v.ended} is not null)` };

/**
 * Intervals are half-open, an instant is one without length (STA-040): before means ended by then. A comparison with the start of a
 * reading says as well what that means for its key, which the start precedes by less than a millisecond, so that the index is used.
 */
function compareTimes(op: Compare, left: Time, right: Time): string {
  const a = edges(left);
  const b = edges(right);
  let sql: string;
  if (left.t === 'instant' && right.t === 'instant') sql = `${a.from} ${SIGN[op]} ${b.from}`;
  else if (op === 'eq') sql = `${a.from} = ${b.from} and ${a.to} = ${b.to} and ${a.long} = ${b.long}`;
  else if (op === 'ne') sql = `not (${a.from} = ${b.from} and ${a.to} = ${b.to} and ${a.long} = ${b.long})`;
  else if (op === 'lt') sql = before(a, b);
  else if (op === 'gt') sql = before(b, a);
  else if (left.t === 'instant') sql = op === 'le' ? `${a.from} < ${b.from}` : `${a.from} >= ${b.to}`;
  else if (right.t === 'instant') sql = op === 'le' ? `${a.to} <= ${b.from}` : `${a.from} >= ${b.from}`;
  else sql = op === 'le' ? `${a.from} <= ${b.from} and ${a.to} <= ${b.to}` : `${a.from} >= ${b.from} and ${a.to} >= ${b.to}`;
  const { key } = left;
  if (!key || right.column) return `(${sql})`;
  const ms = `+ interval '1 millisecond'`;
  const bound =
    op === 'eq'
      ? `${key} >= ${b.from} and ${key} < ${b.from} ${ms}`
      : op === 'lt' || op === 'le'
        ? `${key} < ${b.to} ${ms}`
        : op === 'gt' || op === 'ge'
          ? `${key} >= ${b.from}`
          : 'true';
  return `(${sql} and ${bound})`;
}
type Edges = ReturnType<typeof edges>;
/** `a` is over before `b` begins; two instants must differ. */
function before(a: Edges, b: Edges): string {
  if (a.long === 'true') return `${a.to} <= ${b.from}`;
  if (a.long === 'false') return `${a.to} < ${b.from}`;
  return `(${a.to} < ${b.from} or (${a.to} = ${b.from} and ${a.long}))`;
}

/** The relations of two times by name (OGC 18-088 table 24); instants count as intervals without length. */
export function relate(name: string, left: Value, right: Value): string {
  if (!isTime(left) || !isTime(right)) throw bad(`${name} 需要两个时刻或时段`);
  const a = edges(left);
  const b = edges(right);
  switch (name) {
    case 'before':
      return `(${before(a, b)})`;
    case 'after':
      return `(${before(b, a)})`;
    case 'meets':
      return `(${a.to} = ${b.from} or ${b.to} = ${a.from})`;
    case 'during':
      return `(${a.from} >= ${b.from} and ${a.to} <= ${b.to} and (${a.to} < ${b.to} or ${a.from} < ${a.to}))`;
    case 'overlaps':
      return `(case when ${a.from} = ${a.to} and ${b.from} = ${b.to} then ${a.from} = ${b.from} when ${a.from} = ${a.to} then ${a.from} >= ${b.from} and ${a.from} < ${b.to} when ${b.from} = ${b.to} then ${b.from} >= ${a.from} and ${b.from} < ${a.to} else ${a.from} < ${b.to} and ${b.from} < ${a.to} end)`;
    case 'starts':
      return `(${a.from} = ${b.from})`;
    default:
      return `(${a.to} = ${b.to})`;
  }
}
