// Filters and orders to parameterised SQL: every name is looked up in the model, every value becomes a parameter (STA-043).
import { type Expr, FUNCTIONS } from '#core/signals/sta/expression.ts';
import { bad, unsupported } from '#core/signals/sta/fault.ts';
import { type EntityName, propertyOf, relationOf } from '#core/signals/sta/model.ts';
import { formatInstant } from '#core/signals/sta/time.ts';
import type { Literal } from '#core/signals/sta/tokens.ts';
import { type Compare, asBool, asNumber, asText, compare, isTime, relate } from './compare.ts';
import { resultAs, values, type Value } from './values.ts';
import { type Args, type View, array, columnsOf, joinable, links, tables } from './tables.ts';

/** Answers of geometric functions, worked out before (geo.ts): for which rows one is true, or the number each has. */
export type GeoAnswers = Map<Expr, { entity: EntityName; ids: string[] } | { entity: EntityName; numbers: Record<string, number> }>;
interface Join {
  alias: string;
  entity: EntityName;
  sql: string;
}
export interface Scope {
  entity: EntityName;
  alias: string;
  /** Joins to related entities by their path from here, made when first named. */
  joins: Map<string, Join>;
  /** Whether a relation may be joined here; a filter over many relations lives in its own subquery. */
  many: boolean;
}

export class Compiler {
  readonly args: Args;
  readonly view: View;
  readonly geo: GeoAnswers;
  /** Domain time for `now()`. */
  readonly now: bigint;
  #count = 0;
  #variables = new Map<string, Scope>();
  constructor(args: Args, view: View, now: bigint, geo: GeoAnswers = new Map()) {
    this.args = args;
    this.view = view;
    this.geo = geo;
    this.now = now;
  }

  /** A root to compile against: the alias must be in the statement's FROM. */
  root(entity: EntityName, alias: string): Scope {
    return { entity, alias, joins: new Map(), many: false };
  }

  /** Joins that the statement needs, in order. */
  joins(scope: Scope): string {
    return [...scope.joins.values()].map((j) => j.sql).join(' ');
  }

  /** SQL of a filter over the root. To-one relations are joined to the statement; parts over to-many relations ask whether some combination fits. */
  filter(scope: Scope, e: Expr): string {
    const parts: Expr[] = [];
    const cut = (x: Expr): void => {
      if (x.k === 'op' && x.op === 'and') {
        cut(x.left);
        cut(x.right);
      } else parts.push(x);
    };
    cut(e);
    const single = parts.filter((x) => !this.#leadsToMany(scope.entity, x));
    const several = parts.filter((x) => this.#leadsToMany(scope.entity, x));
    const sql = single.map((x) => this.truth(scope, x));
    if (several.length) {
      const inner: Scope = { entity: scope.entity, alias: scope.alias, joins: new Map(), many: true };
      const conditions = several.map((x) => this.truth(inner, x)).join(' and ');
      sql.push(`exists (select 1 from (select 1) one ${this.joins(inner)} where ${conditions})`);
    }
    return sql.join(' and ') || 'true';
  }

  #leadsToMany(entity: EntityName, e: Expr): boolean {
    switch (e.k) {
      case 'path': {
        let at = entity;
        for (const part of e.parts) {
          const r = this.#variables.has(part) ? undefined : relationOf(at, part);
          if (!r) return false;
          if (r.many) return true;
          at = r.to;
        }
        return false;
      }
      case 'op':
        return this.#leadsToMany(entity, e.left) || this.#leadsToMany(entity, e.right);
      case 'call':
        return e.args.some((x) => this.#leadsToMany(entity, x));
      case 'not':
      case 'minus':
        return this.#leadsToMany(entity, e.of);
      case 'some':
        return e.body ? this.#leadsToMany(entity, e.body) : false;
      default:
        return false;
    }
  }

  truth(scope: Scope, e: Expr): string {
    const v = this.value(scope, e);
    if (v.t === 'bool' || v.t === 'json' || v.t === 'result') return asBool(v);
    throw bad('此处应为条件');
  }

  value(scope: Scope, e: Expr): Value {
    switch (e.k) {
      case 'literal':
        return this.#literal(e.value);
      case 'path':
        return this.#path(scope, e.parts);
      case 'not':
        return this.#bool(`(not ${this.truth(scope, e.of)})`);
      case 'minus':
        return { t: 'number', sql: `(- ${asNumber(this.value(scope, e.of))})`, column: false };
      case 'op':
        return this.#operation(scope, e);
      case 'call':
        return this.#call(scope, e);
      case 'some':
        return this.#some(scope, e);
    }
  }
  #bool(sql: string): Value {
    return { t: 'bool', sql, column: true };
  }

  #literal(l: Literal): Value {
    const own = { column: false } as const;
    switch (l.k) {
      case 'number':
        return { t: 'number', sql: this.args.add(l.text, 'float8'), ...own };
      case 'text':
        return { t: 'text', sql: this.args.add(l.text), ...own };
      case 'bool':
        return { t: 'bool', sql: l.value ? 'true' : 'false', ...own };
      case 'null':
        return { t: 'null', ...own };
      case 'instant':
        return { t: 'instant', sql: this.args.add(formatInstant(l.at), 'timestamptz'), ...own };
      case 'interval':
        return { t: 'interval', from: this.args.add(formatInstant(l.value.from), 'timestamptz'), to: this.args.add(formatInstant(l.value.to), 'timestamptz'), ...own };
      case 'duration':
        return { t: 'duration', sql: this.args.add(`${l.us} microseconds`, 'interval'), ...own };
      case 'date':
        return { t: 'date', sql: this.args.add(l.text), ...own };
      case 'clock':
        return { t: 'clock', sql: this.args.add(l.text), ...own };
      case 'shape':
        throw bad('几何只能用于 geo.* 与 st_* 函数');
    }
  }

  /** Follows relations, joining each once; gives the scope they end in and what is left of the path. */
  follow(scope: Scope, path: string[]): { entity: EntityName; alias: string; rest: string[] } {
    let { entity, alias } = scope;
    let at = '';
    const rest = [...path];
    for (;;) {
      const r = rest[0] === undefined ? undefined : relationOf(entity, rest[0]);
      if (!r) return { entity, alias, rest };
      if (r.many && !scope.many) throw unsupported(`此处不能经由 ${r.name}（一对多）`);
      rest.shift();
      at += `/${r.name}`;
      let join = scope.joins.get(at);
      if (!join) {
        if (scope.joins.size >= 12) throw bad('关联过多');
        const a = `j${++this.#count}_`;
        const t = tables[r.to];
        const on = `${links[`${entity}/${r.name}`]!(columnsOf(entity, alias), a)} and ${t.visible(a, this.args, this.view)}`;
        join = { alias: a, entity: r.to, sql: `left join ${joinable(r.to, a)} on ${on}` };
        scope.joins.set(at, join);
      }
      entity = r.to;
      alias = join.alias;
    }
  }

  #path(scope: Scope, parts: string[]): Value {
    const variable = this.#variables.get(parts[0]!);
    if (variable) return this.#path(variable, parts.slice(1));
    const { entity, alias, rest } = this.follow(scope, parts);
    const [name, ...inside] = rest;
    if (name === undefined) throw bad(`${parts.join('/').slice(0, 80) || '变量'} 是实体，不是值`);
    if (name === 'id' || name === '@iot.id') {
      if (inside.length) throw bad('编号没有下级');
      return { t: 'id', sql: tables[entity].id(alias), column: true };
    }
    if (!propertyOf(entity, name)) throw bad(`${entity} 没有 ${name.slice(0, 60)}`);
    const v = values[entity][name]!(alias);
    if (!inside.length) return v;
    if (v.t === 'json' || v.t === 'geo' || v.t === 'result') {
      const base = v.t === 'result' ? resultAs.json(v.alias) : v.sql;
      return { t: 'json', sql: `(${base} #> array[${inside.map((x) => this.args.add(x)).join(', ')}])`, column: true };
    }
    throw bad(`${name} 没有下级 ${inside[0]!.slice(0, 60)}`);
  }

  #operation(scope: Scope, e: Extract<Expr, { k: 'op' }>): Value {
    if (e.op === 'and' || e.op === 'or') return this.#bool(`(${this.truth(scope, e.left)} ${e.op} ${this.truth(scope, e.right)})`);
    const left = this.value(scope, e.left);
    const right = this.value(scope, e.right);
    switch (e.op) {
      case 'add':
      case 'sub': {
        const sign = e.op === 'add' ? '+' : '-';
        const column = left.column || right.column;
        if (isTime(left) && right.t === 'duration') {
          if (left.t === 'instant') return { t: 'instant', sql: `(${left.sql} ${sign} ${right.sql})`, column };
          return { t: 'interval', from: `(${left.from} ${sign} ${right.sql})`, to: `(${left.to} ${sign} ${right.sql})`, ...(left.ended ? { ended: left.ended } : {}), column };
        }
        if (left.t === 'duration' && e.op === 'add' && right.t === 'instant') return { t: 'instant', sql: `(${right.sql} + ${left.sql})`, column };
        if (left.t === 'duration' && right.t === 'duration') return { t: 'duration', sql: `(${left.sql} ${sign} ${right.sql})`, column };
        if (isTime(left) && isTime(right) && e.op === 'sub') return { t: 'duration', sql: `(${start(left)} - ${start(right)})`, column };
        return { t: 'number', sql: `(${asNumber(left)} ${sign} ${asNumber(right)})`, column };
      }
      case 'mul':
        return { t: 'number', sql: `(${asNumber(left)} * ${asNumber(right)})`, column: true };
      case 'div':
        return { t: 'number', sql: `(${asNumber(left)} / nullif(${asNumber(right)}, 0))`, column: true };
      case 'mod':
        return { t: 'number', sql: `mod((${asNumber(left)})::numeric, nullif((${asNumber(right)})::numeric, 0))::float8`, column: true };
      case 'in':
        throw bad('in 用法不对');
      default:
        if ((left.t === 'text' && isTime(right)) || (isTime(left) && right.t === 'text')) throw bad('时刻不加引号');
        return this.#bool(compare(e.op as Compare, left, right));
    }
  }

  #some(scope: Scope, e: Extract<Expr, { k: 'some' }>): Value {
    const variable = this.#variables.get(e.path[0]!);
    const base = variable ?? scope;
    const path = variable ? e.path.slice(1) : e.path;
    let entity = base.entity;
    let columns = columnsOf(entity, base.alias);
    const a = `v${++this.#count}_`;
    let from = '';
    let where = '';
    for (const [i, name] of path.entries()) {
      const r = relationOf(entity, name);
      if (!r) throw bad(`${entity} 没有关联 ${name.slice(0, 60)}`);
      const alias = i === path.length - 1 ? a : `${a}${i}_`;
      const condition = `${links[`${entity}/${name}`]!(columns, alias)} and ${tables[r.to].visible(alias, this.args, this.view)}`;
      from += `${from ? ' cross join ' : ''}${joinable(r.to, alias)}`;
      where += `${where ? ' and ' : ''}${condition}`;
      entity = r.to;
      columns = columnsOf(entity, alias);
    }
    if (!from) throw bad('any 与 all 之前应有关联');
    if (!e.body) return this.#bool(`exists (select 1 from ${from} where ${where})`);
    if (this.#variables.has(e.variable) || propertyOf(scope.entity, e.variable) || relationOf(scope.entity, e.variable)) throw bad(`变量名 ${e.variable.slice(0, 40)} 已有所指`);
    const inner: Scope = { entity, alias: a, joins: new Map(), many: true };
    this.#variables.set(e.variable, inner);
    const body = this.truth(scope, e.body);
    this.#variables.delete(e.variable);
    const condition = e.all ? `not coalesce(${body}, false)` : body;
    const joined = from;
    return this.#bool(`${e.all ? 'not ' : ''}exists (select 1 from ${joined} ${this.joins(inner)} where ${where} and ${condition})`);
  }

  #call(scope: Scope, e: Extract<Expr, { k: 'call' }>): Value {
    const name = e.name;
    if (name.startsWith('geo.') || name.startsWith('st_')) return this.#geometry(scope, e);
    if (!FUNCTIONS[name]) throw bad(`没有函数 ${name.slice(0, 40)}`);
    const args = e.args.map((x) => this.value(scope, x));
    const [a, b, c] = args as [Value, Value, Value];
    const num = (sql: string): Value => ({ t: 'number', sql, column: true });
    const str = (sql: string): Value => ({ t: 'text', sql, column: true });
    switch (name) {
      case 'substringof':
        return this.#bool(`(strpos(${asText(b)}, ${asText(a)}) > 0)`);
      case 'contains':
        return this.#bool(`(strpos(${asText(a)}, ${asText(b)}) > 0)`);
      case 'startswith':
        return this.#bool(`starts_with(${asText(a)}, ${asText(b)})`);
      case 'endswith':
        return this.#bool(`(right(${asText(a)}, length(${asText(b)})) = ${asText(b)} and length(${asText(a)}) >= length(${asText(b)}))`);
      case 'length':
        return num(`length(${asText(a)})::float8`);
      case 'indexof':
        return num(`(strpos(${asText(a)}, ${asText(b)}) - 1)::float8`);
      case 'substring': {
        const from = `greatest(least(${asNumber(b)}, 1e9), 0)::int + 1`;
        return str(args.length === 2 ? `substr(${asText(a)}, ${from})` : `substr(${asText(a)}, ${from}, greatest(least(${asNumber(c)}, 1e9), 0)::int)`);
      }
      case 'tolower':
        return str(`lower(${asText(a)})`);
      case 'toupper':
        return str(`upper(${asText(a)})`);
      case 'trim':
        return str(`btrim(${asText(a)})`);
      case 'concat':
        return str(`(${asText(a)} || ${asText(b)})`);
      case 'year':
      case 'month':
      case 'day':
      case 'hour':
      case 'minute':
        return num(`extract(${name} from ${start(a)} at time zone 'UTC')::float8`);
      case 'second':
        return num(`floor(extract(second from ${start(a)} at time zone 'UTC'))::float8`);
      case 'fractionalseconds':
        return num(`mod(extract(second from ${start(a)} at time zone 'UTC'), 1)::float8`);
      case 'date':
        return { t: 'date', sql: `to_char(${start(a)} at time zone 'UTC', 'YYYY-MM-DD')`, column: true };
      case 'time':
        return { t: 'clock', sql: `to_char(${start(a)} at time zone 'UTC', 'HH24:MI:SS.US')`, column: true };
      case 'totaloffsetminutes':
        // Everything is kept in UTC.
        return num(`(case when ${start(a)} is not null then 0 end)::float8`);
      case 'now':
        return { t: 'instant', sql: this.args.add(formatInstant(this.now), 'timestamptz'), column: false };
      case 'mindatetime':
        return { t: 'instant', sql: `(timestamptz '-infinity')`, column: false };
      case 'maxdatetime':
        return { t: 'instant', sql: `(timestamptz 'infinity')`, column: false };
      case 'round':
        // Half away from zero, as OData has it.
        return num(`(sign(${asNumber(a)}) * floor(abs(${asNumber(a)}) + 0.5))`);
      case 'floor':
        return num(`floor(${asNumber(a)})`);
      case 'ceiling':
        return num(`ceil(${asNumber(a)})`);
      default:
        return this.#bool(relate(name, a, b));
    }
  }

  #geometry(scope: Scope, e: Extract<Expr, { k: 'call' }>): Value {
    const answer = this.geo.get(e);
    const path = e.args.find((x) => x.k === 'path');
    if (!answer || !path || path.k !== 'path') throw unsupported(`${e.name} 需要一个位置属性和一个 geography'…'`);
    const v = this.#path(scope, path.parts);
    if (v.t !== 'geo') throw bad(`${e.name} 只能用于位置`);
    if ('ids' in answer) return this.#bool(`(${v.id} = any(${this.args.add(array(answer.ids), 'bigint[]')}))`);
    return { t: 'number', sql: `((${this.args.add(JSON.stringify(answer.numbers), 'jsonb')} ->> (${v.id})::text)::float8)`, column: true };
  }

  /** SQL of an order: several columns where a value sorts by more than one. Nulls come first upwards (STA-033). */
  order(scope: Scope, by: Expr, descending: boolean): string[] {
    const v = this.value(scope, by);
    const way = descending ? 'desc nulls last' : 'asc nulls first';
    const columns = ((): string[] => {
      switch (v.t) {
        case 'result':
          return [resultAs.number(v.alias), `${asText(v)} collate "C"`];
        case 'json':
          return [asNumber(v), `${asText(v)} collate "C"`];
        case 'geo':
        case 'text':
          return [`${asText(v)} collate "C"`];
        case 'interval':
          // The key of a reading follows its start; by it the index gives the order.
          return v.key ? [v.key] : [v.from, v.to];
        case 'instant':
          return [v.sql];
        case 'null':
          return [];
        default:
          return [v.sql];
      }
    })();
    return columns.map((c) => `${c} ${way}`);
  }
}

const start = (v: Value): string => {
  if (v.t === 'instant') return v.sql;
  if (v.t === 'interval') return v.from;
  throw bad('此处应为时刻');
};
