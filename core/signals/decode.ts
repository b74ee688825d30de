// Bytes of readings straight into columns: accepts exactly the documented, correct form and gives up on anything else,
// so that a careful parser can say what is wrong. What it accepts equals what JSON.parse would give; nothing is rounded.
import { type Columns, KIND } from './columns.ts';

/**
 * Stream references to dense indexes, straight from bytes. A reference is `thing/stream` or the decimal id;
 * inside one thing (MQTT topics) the bare stream code.
 */
export class Names {
  readonly #byHash = new Map<number, { bytes: Uint8Array; index: number }[]>();
  readonly #encoder = new TextEncoder();
  add(name: string, index: number): void {
    const bytes = this.#encoder.encode(name);
    const h = hash(bytes, 0, bytes.length);
    const list = this.#byHash.get(h);
    if (!list) this.#byHash.set(h, [{ bytes, index }]);
    else {
      const found = list.find((x) => same(x.bytes, bytes, 0, bytes.length));
      if (found) found.index = index;
      else list.push({ bytes, index });
    }
  }
  /** -1 when unknown. */
  find(b: Uint8Array, from: number, to: number): number {
    const list = this.#byHash.get(hash(b, from, to));
    if (list) for (const x of list) if (same(x.bytes, b, from, to)) return x.index;
    return -1;
  }
}
function hash(b: Uint8Array, from: number, to: number): number {
  let h = 0x811c9dc5;
  for (let i = from; i < to; i++) h = Math.imul(h ^ b[i]!, 0x01000193);
  return h >>> 0;
}
function same(a: Uint8Array, b: Uint8Array, from: number, to: number): boolean {
  if (a.length !== to - from) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[from + i]) return false;
  return true;
}

export type Form = 'json' | 'lines';
export type Outcome = 'read' | 'unknown-stream' | 'other-form';
export interface Defaults {
  /** For readings without a time; milliseconds. */
  now: number;
  /** Most readings to take; more is another form. */
  max: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const MINUS = 0x2d;
const POINT = 0x2e;
const POW10 = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Days from 1970-01-01 to the first of each month of a common year. */
const MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

class Other extends Error {}
const OTHER = new Other('other form');
const UNKNOWN = new Other('unknown stream');

/** Reads one body. On anything but `read` the columns are as they were. */
export function decode(b: Uint8Array, form: Form, names: Names, out: Columns, defaults: Defaults): Outcome {
  const mark = out.n;
  try {
    new Reader(b, names, out, defaults).all(form);
    return 'read';
  } catch (error) {
    out.cut(mark);
    if (error === UNKNOWN) return 'unknown-stream';
    if (error === OTHER) return 'other-form';
    throw error;
  }
}

class Reader {
  readonly b: Uint8Array;
  readonly end: number;
  readonly names: Names;
  readonly out: Columns;
  readonly now: number;
  readonly stop: number;
  p = 0;
  // What the last token was.
  num = 0;
  text: string | null = null;
  from = 0;
  to = 0;
  day = '';
  constructor(b: Uint8Array, names: Names, out: Columns, d: Defaults) {
    this.b = b;
    this.end = b.length;
    this.names = names;
    this.out = out;
    this.now = d.now;
    this.stop = out.n + d.max;
  }

  all(form: Form): void {
    const b = this.b;
    this.space();
    if (form === 'lines') {
      while (this.p < this.end) {
        this.object(true);
        // A line holds one object; what follows it is a line end or the end.
        while (this.p < this.end && (b[this.p] === 0x20 || b[this.p] === 0x09 || b[this.p] === 0x0d)) this.p++;
        if (this.p < this.end && b[this.p] !== 0x0a) throw OTHER;
        this.space();
      }
      return;
    }
    if (b[this.p] === 0x5b) {
      this.p++;
      this.space();
      if (b[this.p] === 0x5d) this.p++;
      else
        for (;;) {
          this.object(false);
          this.space();
          const c = b[this.p++];
          if (c === 0x5d) break;
          if (c !== COMMA) throw OTHER;
          this.space();
        }
    } else this.object(false);
    this.space();
    if (this.p !== this.end) throw OTHER;
  }

  space(): void {
    const b = this.b;
    for (;;) {
      const c = b[this.p];
      if (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) this.p++;
      else return;
    }
  }

  /** One reading, or one stream's columns `{stream, times, values}` in that order. */
  object(oneLine: boolean): void {
    const b = this.b;
    if (b[this.p] !== 0x7b) throw OTHER;
    this.p++;
    const begin = this.p;
    let stream = -2;
    let at = Number.NaN;
    let hasTime = false;
    let kind = -1;
    let num = Number.NaN;
    let text: string | null = null;
    let quality = -1;
    for (;;) {
      this.space();
      // The key decides by its first letter; then it must be that key to the letter.
      if (b[this.p] !== QUOTE) throw OTHER;
      const c = b[this.p + 1];
      if (c === 0x73) {
        this.key('stream');
        if (stream !== -2) throw OTHER;
        stream = this.reference();
      } else if (c === 0x74) {
        if (b[this.p + 5] === 0x73) {
          this.key('times');
          if (stream < 0 || hasTime || kind >= 0 || quality >= 0) throw stream === -1 ? UNKNOWN : OTHER;
          this.columns(stream);
          break;
        }
        this.key('time');
        if (hasTime) throw OTHER;
        hasTime = true;
        at = this.time();
      } else if (c === 0x76) {
        this.key('value');
        if (kind >= 0) throw OTHER;
        kind = this.value();
        num = this.num;
        text = this.text;
      } else if (c === 0x71) {
        this.key('quality');
        const q = b[this.p]! - 0x30;
        const next = b[this.p + 1]!;
        // One digit, and nothing that would go on with the number.
        if (quality >= 0 || !(q >= 0 && q <= 9) || (next !== COMMA && next !== 0x7d && next !== 0x20 && next !== 0x0a && next !== 0x0d && next !== 0x09)) throw OTHER;
        this.p++;
        quality = q;
      } else throw OTHER;
      this.space();
      const e = b[this.p++];
      if (e === 0x7d) {
        if (stream === -2 || kind < 0) throw OTHER;
        if (stream === -1) throw UNKNOWN;
        if (this.out.n >= this.stop) throw OTHER;
        this.out.push(stream, hasTime ? at : this.now, kind as 0, num, text, quality < 0 ? 0 : quality);
        break;
      }
      if (e !== COMMA) throw OTHER;
    }
    // A reading spread over lines is JSON, but not NDJSON.
    if (oneLine) for (let i = begin; i < this.p; i++) if (b[i] === 0x0a) throw OTHER;
  }

  columns(stream: number): void {
    const b = this.b;
    const out = this.out;
    const first = out.n;
    if (b[this.p++] !== 0x5b) throw OTHER;
    this.space();
    if (b[this.p] === 0x5d) this.p++;
    else
      for (;;) {
        this.space();
        if (out.n >= this.stop) throw OTHER;
        out.push(stream, this.time(), KIND.none, Number.NaN, null, 0);
        this.space();
        const c = b[this.p++];
        if (c === 0x5d) break;
        if (c !== COMMA) throw OTHER;
      }
    this.space();
    if (b[this.p++] !== COMMA) throw OTHER;
    this.space();
    this.key('values');
    if (b[this.p++] !== 0x5b) throw OTHER;
    let i = first;
    this.space();
    if (b[this.p] === 0x5d) this.p++;
    else
      for (;;) {
        this.space();
        if (i >= out.n) throw OTHER;
        out.kind[i] = this.value();
        out.num[i] = this.num;
        if (this.text !== null) out.texts.set(i, this.text);
        i++;
        this.space();
        const c = b[this.p++];
        if (c === 0x5d) break;
        if (c !== COMMA) throw OTHER;
      }
    if (i !== out.n) throw OTHER;
    this.space();
    if (b[this.p++] !== 0x7d) throw OTHER;
  }

  key(name: string): void {
    const b = this.b;
    let p = this.p + 1;
    for (let i = 0; i < name.length; i++) if (b[p++] !== name.charCodeAt(i)) throw OTHER;
    if (b[p++] !== QUOTE) throw OTHER;
    this.p = p;
    this.space();
    if (b[this.p++] !== COLON) throw OTHER;
    this.space();
  }

  /** A string without escapes; leaves its bounds in from/to and says whether it is plain ASCII. */
  string(): boolean {
    const b = this.b;
    if (b[this.p] !== QUOTE) throw OTHER;
    let p = this.p + 1;
    this.from = p;
    let ascii = true;
    for (; ; p++) {
      const c = b[p];
      if (c === QUOTE) break;
      if (c === undefined || c < 0x20 || c === 0x5c) throw OTHER;
      if (c >= 0x80) ascii = false;
    }
    this.to = p;
    this.p = p + 1;
    return ascii;
  }

  reference(): number {
    if (this.b[this.p] === QUOTE) {
      this.string();
      return this.names.find(this.b, this.from, this.to);
    }
    // An id as a JSON integer: digits without leading zero, and nothing that would go on with the number.
    const b = this.b;
    const from = this.p;
    while (b[this.p]! >= 0x30 && b[this.p]! <= 0x39) this.p++;
    const n = this.p - from;
    const c = b[this.p];
    if (n === 0 || n > 15 || (b[from] === 0x30 && n > 1) || c === POINT || c === 0x65 || c === 0x45) throw OTHER;
    return this.names.find(b, from, this.p);
  }

  two(p: number): number {
    const a = this.b[p]! - 0x30;
    const z = this.b[p + 1]! - 0x30;
    if (!(a >= 0 && a <= 9 && z >= 0 && z <= 9)) throw OTHER;
    return a * 10 + z;
  }

  /** An instant: RFC 3339 with offset, or milliseconds since 1970 as a number. */
  time(): number {
    const b = this.b;
    if (b[this.p] !== QUOTE) {
      if (this.value() !== KIND.number || this.text !== null) throw OTHER;
      return this.num;
    }
    let p = this.p + 1;
    const year = this.two(p) * 100 + this.two(p + 2);
    const month = this.two(p + 5);
    const day = this.two(p + 8);
    const hour = this.two(p + 11);
    const minute = this.two(p + 14);
    const second = this.two(p + 17);
    if (b[p + 4] !== MINUS || b[p + 7] !== MINUS || b[p + 10] !== 0x54 || b[p + 13] !== COLON || b[p + 16] !== COLON) throw OTHER;
    const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
    if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) throw OTHER;
    if (day > MONTH[month]! - MONTH[month - 1]! + (leap && month === 2 ? 1 : 0)) throw OTHER;
    const y = year - 1;
    const days = 365 * (year - 1970) + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) - 477 + MONTH[month - 1]! + (leap && month > 2 ? 1 : 0) + day - 1;
    p += 19;
    let fraction = 0;
    if (b[p] === POINT) {
      p++;
      let digits = 0;
      while (b[p]! >= 0x30 && b[p]! <= 0x39) {
        fraction = fraction * 10 + (b[p]! - 0x30);
        digits++;
        p++;
      }
      if (digits === 0 || digits > 6) throw OTHER;
      fraction = (fraction * POW10[6 - digits]!) / 1000;
    }
    let offset = 0;
    const sign = b[p];
    if (sign === 0x5a) p++;
    else if (sign === 0x2b || sign === MINUS) {
      const oh = this.two(p + 1);
      const om = this.two(p + 4);
      if (b[p + 3] !== COLON || oh > 23 || om > 59) throw OTHER;
      offset = (oh * 60 + om) * (sign === MINUS ? -60_000 : 60_000);
      p += 6;
    } else throw OTHER;
    if (b[p++] !== QUOTE) throw OTHER;
    this.p = p;
    return days * 86_400_000 + hour * 3_600_000 + minute * 60_000 + second * 1000 - offset + fraction;
  }

  literal(word: string): void {
    for (let i = 0; i < word.length; i++) if (this.b[this.p++] !== word.charCodeAt(i)) throw OTHER;
  }

  /** A value without inner structure; leaves num and text. */
  value(): 0 | 1 | 2 | 4 {
    const b = this.b;
    const c = b[this.p]!;
    this.text = null;
    this.num = Number.NaN;
    if (c === MINUS || (c >= 0x30 && c <= 0x39)) {
      this.number();
      return KIND.number;
    }
    if (c === QUOTE) {
      const ascii = this.string();
      if (this.to - this.from > 4000) throw OTHER;
      if (ascii) {
        let text = '';
        for (let i = this.from; i < this.to; i++) text += String.fromCharCode(b[i]!);
        this.text = text;
      } else
        try {
          this.text = utf8.decode(b.subarray(this.from, this.to));
        } catch {
          throw OTHER;
        }
      return KIND.text;
    }
    if (c === 0x74) {
      this.literal('true');
      this.num = 1;
      return KIND.boolean;
    }
    if (c === 0x66) {
      this.literal('false');
      this.num = 0;
      return KIND.boolean;
    }
    if (c === 0x6e) {
      this.literal('null');
      return KIND.none;
    }
    throw OTHER;
  }

  number(): void {
    const b = this.b;
    const from = this.p;
    let p = from;
    const negative = b[p] === MINUS;
    if (negative) p++;
    let m = 0;
    let digits = 0;
    const first = p;
    for (let c = b[p]!; c >= 0x30 && c <= 0x39; c = b[++p]!) {
      m = m * 10 + (c - 0x30);
      digits++;
    }
    if (digits === 0 || (digits > 1 && b[first] === 0x30)) throw OTHER;
    let scale = 0;
    if (b[p] === POINT) {
      p++;
      const start = p;
      for (let c = b[p]!; c >= 0x30 && c <= 0x39; c = b[++p]!) {
        m = m * 10 + (c - 0x30);
        digits++;
      }
      scale = p - start;
      if (scale === 0) throw OTHER;
    }
    const e = b[p];
    if (digits <= 15 && scale <= 22 && e !== 0x65 && e !== 0x45) {
      // Both numbers are exact in doubles, so the one division rounds as the standard asks.
      this.num = scale === 0 ? m : m / POW10[scale]!;
      if (negative) this.num = -this.num;
      this.p = p;
      return;
    }
    if (e === 0x65 || e === 0x45) {
      p++;
      if (b[p] === 0x2b || b[p] === MINUS) p++;
      const start = p;
      while (b[p]! >= 0x30 && b[p]! <= 0x39) p++;
      if (p === start) throw OTHER;
    }
    if (p - from > 200) throw OTHER;
    let token = '';
    for (let i = from; i < p; i++) token += String.fromCharCode(b[i]!);
    const value = Number(token);
    if (!Number.isFinite(value)) throw OTHER;
    this.num = value;
    this.text = exactly(token, value);
    this.p = p;
  }
}

/** The token itself when the double read from it stands for another number, else null (T10). */
export function exactly(token: string, value: number): string | null {
  const plain = (s: string): string => {
    const m = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(s);
    if (!m) return s;
    const fraction = m[3] ?? '';
    const all = `${m[2]}${fraction}`.replace(/^0+/, '');
    const digits = all.replace(/0+$/, '');
    return digits === '' ? '0' : `${m[1]}${digits}e${Number(m[4] ?? 0) - fraction.length + (all.length - digits.length)}`;
  };
  return plain(token) === plain(String(value)) ? null : token;
}
