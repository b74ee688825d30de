// The words of a filter: names, numbers, texts, instants and intervals as they stand in a URL, with their places.
import { bad } from './fault.ts';
import { durationOf, instantOf, intervalOf, type Interval, type Micros } from './time.ts';
import { type Shape, shapeOfWkt } from './shape.ts';

export type Literal =
  | { k: 'number'; text: string }
  | { k: 'text'; text: string }
  | { k: 'bool'; value: boolean }
  | { k: 'null' }
  | { k: 'instant'; at: Micros }
  | { k: 'interval'; value: Interval }
  | { k: 'duration'; us: Micros }
  /** A calendar day or a time of day, as text that compares as it should. */
  | { k: 'date'; text: string }
  | { k: 'clock'; text: string }
  | { k: 'shape'; shape: Shape };
export type Token = { at: number } & ({ t: 'literal'; value: Literal } | { t: 'name'; text: string } | { t: 'mark'; text: '(' | ')' | ',' | '/' | ':' | '-' } | { t: 'end' });

const NAME = /[\p{L}_@$][\p{L}\p{N}_.$@-]*/uy;
const INSTANT = /\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)/y;
const DATE = /\d{4}-\d\d-\d\d(?![\dT])/y;
const CLOCK = /\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?!\d)/y;
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?[dDfFmMlL]?(?![\p{L}\p{N}_])/uy;
const SPACE = /\s+/y;
/** What a filter may have at most. */
const MAX_TOKENS = 2000;

/** Cuts a text into tokens; throws a 400 that names the place. */
export function tokens(text: string): Token[] {
  const list: Token[] = [];
  let p = 0;
  const match = (re: RegExp): string | undefined => {
    re.lastIndex = p;
    return re.exec(text)?.[0];
  };
  const quoted = (): string => {
    let out = '';
    for (let i = p + 1; ; i++) {
      const c = text[i];
      if (c === undefined) throw bad(`引号没有结束（第 ${p + 1} 字）`);
      if (c !== "'") out += c;
      else if (text[i + 1] === "'") {
        out += "'";
        i++;
      } else {
        p = i + 1;
        return out;
      }
    }
  };
  const literal = (at: number, value: Literal): void => void list.push({ at, t: 'literal', value });
  for (;;) {
    p += match(SPACE)?.length ?? 0;
    const at = p;
    if (p >= text.length) {
      list.push({ at, t: 'end' });
      return list;
    }
    if (list.length > MAX_TOKENS) throw bad('表达式过长');
    const c = text[p]!;
    if (c === "'") {
      literal(at, { k: 'text', text: quoted() });
      continue;
    }
    if ('(),/:-'.includes(c)) {
      p++;
      list.push({ at, t: 'mark', text: c as '(' });
      continue;
    }
    if (c >= '0' && c <= '9') {
      const instant = match(INSTANT);
      if (instant) {
        p += instant.length;
        if (text[p] === '/') {
          p++;
          const second = match(INSTANT);
          const both = second && intervalOf(`${instant}/${second}`);
          if (!both) throw bad(`不是有效的时段（第 ${at + 1} 字）`);
          p += second.length;
          literal(at, { k: 'interval', value: both });
          continue;
        }
        const us = instantOf(instant);
        if (us === undefined) throw bad(`没有这个时刻：${instant}`);
        literal(at, { k: 'instant', at: us });
        continue;
      }
      const date = match(DATE);
      if (date) {
        p += date.length;
        if (instantOf(`${date}T00:00:00Z`) === undefined) throw bad(`没有这一天：${date}`);
        literal(at, { k: 'date', text: date });
        continue;
      }
      const clock = match(CLOCK);
      if (clock) {
        p += clock.length;
        literal(at, { k: 'clock', text: clockText(clock) });
        continue;
      }
      const number = match(NUMBER);
      if (number) {
        p += number.length;
        const plain = number.replace(/[dDfFmMlL]$/, '');
        if (!Number.isFinite(Number(plain)) || plain.length > 100) throw bad(`数字过大：${plain.slice(0, 40)}`);
        literal(at, { k: 'number', text: plain });
        continue;
      }
    }
    const name = match(NAME);
    if (!name) throw bad(`不认识的字符（第 ${p + 1} 字）`);
    p += name.length;
    if (text[p] === "'") {
      const inside = quoted();
      literal(at, prefixed(name, inside));
      continue;
    }
    list.push({ at, t: 'name', text: name });
  }
}

const clockText = (c: string): string => {
  const [h, m, s = '00'] = c.split(':') as [string, string, string?];
  if (Number(h) > 23 || Number(m) > 59 || Number(s) >= 60) throw bad(`没有这个钟点：${c}`);
  const [whole, fraction = ''] = s.split('.');
  return `${h}:${m}:${whole}.${fraction.padEnd(6, '0')}`;
};

/** `geography'POINT (…)'`, `duration'PT1H'`, `datetimeoffset'…'` and the other literals with a type before them. */
function prefixed(type: string, text: string): Literal {
  switch (type.toLowerCase()) {
    case 'geography':
    case 'geometry':
      return { k: 'shape', shape: shapeOfWkt(text) };
    case 'duration': {
      const us = durationOf(text);
      if (us === undefined) throw bad(`不是有效的时长：${text.slice(0, 40)}`);
      return { k: 'duration', us };
    }
    case 'datetime':
    case 'datetimeoffset': {
      const at = instantOf(text);
      if (at === undefined) throw bad(`不是有效的时刻：${text.slice(0, 40)}`);
      return { k: 'instant', at };
    }
    case 'interval': {
      const value = intervalOf(text);
      if (!value) throw bad(`不是有效的时段：${text.slice(0, 80)}`);
      return { k: 'interval', value };
    }
    case 'date':
      if (instantOf(`${text}T00:00:00Z`) === undefined || text.length !== 10) throw bad(`没有这一天：${text.slice(0, 40)}`);
      return { k: 'date', text };
    case 'time':
    case 'timeofday':
      if (!/^\d\d:\d\d(:\d\d(\.\d{1,6})?)?$/.test(text)) throw bad(`没有这个钟点：${text.slice(0, 40)}`);
      return { k: 'clock', text: clockText(text) };
    default:
      throw bad(`不认识的字面量类型 ${type.slice(0, 40)}`);
  }
}
