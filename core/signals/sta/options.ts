// Query options of a request ($filter, $expand with options of its own, $select …) from the query string (OGC 18-088 §9.3.3).
import { type Expr, parseExpression } from './expression.ts';
import { StaFault, bad, unsupported } from './fault.ts';
import { type EntityName, relationOf } from './model.ts';

export interface Order {
  by: Expr;
  descending: boolean;
}
export interface Expand {
  relation: string;
  options: Options;
}
export interface Options {
  filter?: Expr;
  orderby: Order[];
  select?: string[];
  expand: Expand[];
  top?: number;
  skip: number;
  count?: boolean;
  dataArray?: boolean;
  /** Opaque place to go on from, as the service wrote it. */
  after?: string;
  /** As they were written, for links that continue the list. */
  raw: [name: string, value: string][];
}
export const noOptions = (): Options => ({ orderby: [], expand: [], skip: 0, raw: [] });

/** `+` is a space in a query string, as browsers and Java write it. */
function decoded(text: string): string {
  let value: string;
  try {
    value = decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw bad('网址中的 % 编码不完整');
  }
  if (value.includes('\u0000') || !value.isWellFormed()) throw bad('网址含有不能使用的字符');
  return value;
}

/** Reads a query string (without `?`). */
export function parseQuery(query: string, entity: EntityName | undefined): Options {
  const pairs: [string, string][] = [];
  for (const part of query.split('&')) {
    if (!part) continue;
    const eq = part.indexOf('=');
    pairs.push([decoded(eq < 0 ? part : part.slice(0, eq)), decoded(eq < 0 ? '' : part.slice(eq + 1))]);
  }
  return optionsOf(pairs, entity, 0);
}

const whole = (name: string, value: string): number => {
  if (!/^\d{1,15}$/.test(value.trim())) throw bad(`${name} 应为非负整数`, name);
  return Number(value);
};

const MAX_EXPAND_DEPTH = 6;
function optionsOf(pairs: [string, string][], entity: EntityName | undefined, depth: number): Options {
  const o = noOptions();
  const seen = new Set<string>();
  for (const [name, value] of pairs) {
    if (seen.has(name)) throw bad(`${name.slice(0, 40)} 出现两次`, name);
    seen.add(name);
    try {
      switch (name) {
        case '$filter':
          o.filter = parseExpression(value);
          break;
        case '$orderby':
          o.orderby = split(value, ',').map(orderOf);
          break;
        case '$select':
          o.select = split(value, ',').map((x) => x.trim());
          if (o.select.some((x) => !x)) throw bad('$select 中有空项');
          break;
        case '$expand':
          o.expand = expandsOf(value, entity, depth);
          break;
        case '$top':
          o.top = whole(name, value);
          break;
        case '$skip':
          o.skip = whole(name, value);
          break;
        case '$count':
          if (value !== 'true' && value !== 'false') throw bad('$count 应为 true 或 false');
          o.count = value === 'true';
          break;
        case '$resultFormat':
        case 'resultFormat':
          if (value !== 'dataArray') throw unsupported(`不支持的结果格式 ${value.slice(0, 40)}`);
          if (depth) throw bad('$resultFormat 只能用于最外层');
          o.dataArray = true;
          break;
        case '$skiptoken':
          if (depth || value.length > 400) throw bad('$skiptoken 无效');
          o.after = value;
          break;
        case '$format':
          // The only one there is; clients of OData name it all the same.
          if (depth || !/^(application\/)?json\b/i.test(value)) throw unsupported(`不支持的格式 ${value.slice(0, 40)}`);
          break;
        default:
          if (name.startsWith('$')) throw unsupported(`不支持查询选项 ${name.slice(0, 40)}`);
          throw bad(`不认识的查询参数 ${name.slice(0, 40)}`);
      }
    } catch (error) {
      if (error instanceof StaFault && error.at === undefined) throw new StaFault(error.status, error.message, name.slice(0, 40));
      throw error;
    }
    o.raw.push([name, value]);
  }
  return o;
}

function orderOf(text: string): Order {
  const m = /^(.*?)(?:\s+(asc|desc))?$/is.exec(text.trim())!;
  if (!m[1]) throw bad('$orderby 中有空项');
  return { by: parseExpression(m[1]), descending: m[2]?.toLowerCase() === 'desc' };
}

/** Splits at a separator outside quotes and brackets. */
function split(text: string, by: ',' | ';'): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "'") quoted = !quoted;
    else if (quoted) continue;
    else if (c === '(') depth++;
    else if (c === ')') depth--;
    else if (c === by && depth === 0) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
    if (depth < 0) throw bad('括号不配对');
  }
  if (quoted || depth) throw bad(quoted ? '引号没有结束' : '括号不配对');
  parts.push(text.slice(from));
  if (parts.length > 100) throw bad('项数过多');
  return parts;
}

function expandsOf(text: string, entity: EntityName | undefined, depth: number): Expand[] {
  if (depth >= MAX_EXPAND_DEPTH) throw bad(`$expand 超过 ${MAX_EXPAND_DEPTH} 层`);
  const found: Expand[] = [];
  for (const item of split(text, ',')) {
    const open = item.indexOf('(');
    const path = (open < 0 ? item : item.slice(0, open)).trim();
    if (open >= 0 && !item.trim().endsWith(')')) throw bad('$expand 的括号不配对');
    const inside = open < 0 ? '' : item.trim().slice(item.trim().indexOf('(') + 1, -1);
    let list = found;
    let at = entity;
    const names = path.split('/');
    if (depth + names.length > MAX_EXPAND_DEPTH) throw bad(`$expand 超过 ${MAX_EXPAND_DEPTH} 层`);
    for (const [i, name] of names.entries()) {
      const relation = at && relationOf(at, name);
      if (at && !relation) throw bad(`${at} 没有关联 ${name.slice(0, 60) || '（空）'}`);
      const last = i === names.length - 1;
      let one = list.find((x) => x.relation === name);
      if (!one) list.push((one = { relation: name, options: noOptions() }));
      if (last && inside) {
        const pairs = split(inside, ';').map((part): [string, string] => {
          const eq = part.indexOf('=');
          if (eq < 0) throw bad('$expand 括号内应为 选项=值');
          return [part.slice(0, eq).trim(), part.slice(eq + 1)];
        });
        const own = optionsOf(pairs, relation?.to, depth + names.length);
        own.expand = [...one.options.expand, ...own.expand.filter((x) => !one.options.expand.some((y) => y.relation === x.relation))];
        one.options = own;
      }
      list = one.options.expand;
      at = relation?.to;
    }
  }
  return found;
}

/** The query string of a list's continuation. */
export function queryOf(raw: [string, string][], replace: Record<string, string>): string {
  const kept = raw.filter(([n]) => !(n in replace) && n !== '$skip' && n !== '$skiptoken');
  return [...kept, ...Object.entries(replace)].map(([n, v]) => `${n}=${encodeURIComponent(v).replace(/%(2C|2F|24|27|28|29|3A)/gi, (x) => decodeURIComponent(x))}`).join('&');
}
