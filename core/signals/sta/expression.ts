// Filters and orders as trees: a small Pratt parser of the OData expressions that SensorThings uses (OGC 18-088 §9.3.3.5).
import { bad, unsupported } from './fault.ts';
import { type Literal, type Token, tokens } from './tokens.ts';

export type Expr =
  | { k: 'literal'; value: Literal }
  | { k: 'path'; parts: string[] }
  | { k: 'call'; name: string; args: Expr[] }
  | { k: 'op'; op: Operator; left: Expr; right: Expr }
  | { k: 'not' | 'minus'; of: Expr }
  | { k: 'some'; all: boolean; path: string[]; variable: string; body: Expr | null };
export type Operator = 'or' | 'and' | 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le' | 'add' | 'sub' | 'mul' | 'div' | 'mod' | 'in';

// OData 4.01 part 2 §5.1.1.17: or < and < equality < relational < additive < multiplicative < unary.
const POWER: Record<string, number> = { or: 1, and: 2, eq: 3, ne: 3, gt: 4, ge: 4, lt: 4, le: 4, in: 4, add: 5, sub: 5, mul: 6, div: 6, mod: 6 };
const MAX_DEPTH = 60;

/** Function → fewest and most arguments. What is not here does not exist. */
export const FUNCTIONS: Record<string, [number, number]> = {
  substringof: [2, 2],
  contains: [2, 2],
  endswith: [2, 2],
  startswith: [2, 2],
  length: [1, 1],
  indexof: [2, 2],
  substring: [2, 3],
  tolower: [1, 1],
  toupper: [1, 1],
  trim: [1, 1],
  concat: [2, 2],
  year: [1, 1],
  month: [1, 1],
  day: [1, 1],
  hour: [1, 1],
  minute: [1, 1],
  second: [1, 1],
  fractionalseconds: [1, 1],
  date: [1, 1],
  time: [1, 1],
  totaloffsetminutes: [1, 1],
  now: [0, 0],
  mindatetime: [0, 0],
  maxdatetime: [0, 0],
  round: [1, 1],
  floor: [1, 1],
  ceiling: [1, 1],
  before: [2, 2],
  after: [2, 2],
  meets: [2, 2],
  during: [2, 2],
  overlaps: [2, 2],
  starts: [2, 2],
  finishes: [2, 2],
  'geo.distance': [2, 2],
  'geo.length': [1, 1],
  'geo.intersects': [2, 2],
  st_equals: [2, 2],
  st_disjoint: [2, 2],
  st_touches: [2, 2],
  st_within: [2, 2],
  st_overlaps: [2, 2],
  st_crosses: [2, 2],
  st_intersects: [2, 2],
  st_contains: [2, 2],
  st_relate: [3, 3],
};

class Parser {
  readonly list: Token[];
  p = 0;
  depth = 0;
  constructor(text: string) {
    this.list = tokens(text);
  }
  get next(): Token {
    return this.list[this.p]!;
  }
  mark(text: string): boolean {
    const t = this.next;
    if (t.t !== 'mark' || t.text !== text) return false;
    this.p++;
    return true;
  }
  need(text: string): void {
    if (!this.mark(text)) throw bad(`此处应为 ${text}（第 ${this.next.at + 1} 字）`);
  }

  expression(power = 0): Expr {
    if (++this.depth > MAX_DEPTH) throw bad(`表达式嵌套超过 ${MAX_DEPTH} 层`);
    let left = this.unary();
    for (let n = 0; ; n++) {
      const t = this.next;
      const own = t.t === 'name' ? POWER[t.text] : undefined;
      if (own === undefined || own <= power) break;
      if (n > 500) throw bad('表达式过长');
      this.p++;
      const op = (t as { text: string }).text as Operator;
      if (op === 'in') {
        left = this.oneOf(left);
        continue;
      }
      left = { k: 'op', op, left, right: this.expression(own) };
    }
    this.depth--;
    return left;
  }

  /** `x in (1, 2)` as the alternatives it stands for. */
  oneOf(left: Expr): Expr {
    this.need('(');
    let all: Expr | undefined;
    for (let n = 0; ; n++) {
      if (n > 100) throw bad('in 之后最多 100 个值');
      const one: Expr = { k: 'op', op: 'eq', left, right: this.expression() };
      all = all ? { k: 'op', op: 'or', left: all, right: one } : one;
      if (!this.mark(',')) break;
    }
    this.need(')');
    return all;
  }

  unary(): Expr {
    const t = this.next;
    if (t.t === 'mark' && t.text === '-') {
      this.p++;
      const of = this.expression(7);
      return of.k === 'literal' && of.value.k === 'number' ? { k: 'literal', value: { k: 'number', text: `-${of.value.text}`.replace('--', '') } } : { k: 'minus', of };
    }
    if (t.t === 'name' && t.text === 'not') {
      const after = this.list[this.p + 1]!;
      if (after.t === 'name' || after.t === 'literal' || (after.t === 'mark' && (after.text === '(' || after.text === '-'))) {
        this.p++;
        // OData lets it bind tighter than comparisons. Of truths, (not a) eq b is not (a eq b); of numbers only the second means anything.
        return { k: 'not', of: this.expression(2) };
      }
    }
    return this.primary();
  }

  primary(): Expr {
    const t = this.next;
    this.p++;
    if (t.t === 'literal') return { k: 'literal', value: t.value };
    if (t.t === 'mark' && t.text === '(') {
      const inside = this.expression();
      this.need(')');
      return inside;
    }
    if (t.t !== 'name') throw bad(t.t === 'end' ? '表达式不完整' : `此处应为值或名称（第 ${t.at + 1} 字）`);
    if (this.next.t === 'mark' && this.next.text === '(') return this.call(t.text, t.at);
    if (t.text === 'true' || t.text === 'false') return { k: 'literal', value: { k: 'bool', value: t.text === 'true' } };
    if (t.text === 'null') return { k: 'literal', value: { k: 'null' } };
    return this.path(t.text);
  }

  call(name: string, at: number): Expr {
    const limits = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (!limits) {
      if (/^(geo|st_)/.test(name)) throw unsupported(`没有函数 ${name.slice(0, 40)}`);
      throw bad(`没有函数 ${name.slice(0, 40)}（第 ${at + 1} 字）`);
    }
    this.need('(');
    const args: Expr[] = [];
    if (!this.mark(')')) {
      do {
        if (args.length > limits[1]) break;
        args.push(this.expression());
      } while (this.mark(','));
      this.need(')');
    }
    if (args.length < limits[0] || args.length > limits[1]) throw bad(`${name} 的参数个数不对`);
    return { k: 'call', name, args };
  }

  path(first: string): Expr {
    const parts = [first];
    while (this.mark('/')) {
      const t = this.next;
      this.p++;
      if (parts.length > 20) throw bad('路径过长');
      if (t.t === 'literal' && t.value.k === 'number' && /^\d{1,6}$/.test(t.value.text)) parts.push(t.value.text);
      else if (t.t !== 'name') throw bad(`路径不完整（第 ${t.at + 1} 字）`);
      else if ((t.text === 'any' || t.text === 'all') && this.next.t === 'mark' && this.next.text === '(') return this.some(parts, t.text === 'all');
      else parts.push(t.text);
    }
    return { k: 'path', parts };
  }

  some(path: string[], all: boolean): Expr {
    this.need('(');
    if (!all && this.mark(')')) return { k: 'some', all, path, variable: '', body: null };
    const v = this.next;
    this.p++;
    if (v.t !== 'name') throw bad(`any 与 all 需要变量名（第 ${v.at + 1} 字）`);
    this.need(':');
    const body = this.expression();
    this.need(')');
    return { k: 'some', all, path, variable: v.text, body };
  }
}

/** One expression, all of the text. */
export function parseExpression(text: string): Expr {
  const p = new Parser(text);
  const e = p.expression();
  if (p.next.t !== 'end') throw bad(`此处多出内容（第 ${p.next.at + 1} 字）`);
  return e;
}
