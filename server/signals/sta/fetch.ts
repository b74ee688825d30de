// Reads entities: one statement for a list, one more for each expanded relation of all its rows together.
import { StaFault, bad, missing } from '#core/signals/sta/fault.ts';
import { keyOfId } from '#core/signals/sta/ids.ts';
import { type EntityName, type Relation, entities, propertyOf, relationOf } from '#core/signals/sta/model.ts';
import type { Expand, Options } from '#core/signals/sta/options.ts';
import type { Step } from '#core/signals/sta/path.ts';
import { formatInstant } from '#core/signals/sta/time.ts';
import type { Db, Sql } from '../../platform/db.ts';
import type { Hub } from '../../platform/hub.ts';
import { Compiler } from './compile.ts';
import { answerGeometry } from './geo.ts';
import { Args, type Columns, type KeyColumn, type View, array, joinable, links, tables } from './tables.ts';
import { selected } from './values.ts';

export const DEFAULT_TOP = 100;
export const MAX_TOP = 1000;
/** Rows of all expanded lists of one answer together, about. */
const EXPAND_BUDGET = 50_000;
const STATEMENT_MS = 20_000;

/** A row as it was read: identifier, key columns, the text of each wanted property. */
export interface Row {
  entity: EntityName;
  /** Null only of a reading whose identifier must first be given out. */
  id: string | null;
  keys: Partial<Record<KeyColumn, string | null>>;
  /** A reading's instant in microseconds. */
  at?: string;
  cells: Map<string, (string | null)[]>;
  related: Map<string, Related>;
  options: Options;
}
export interface Related {
  relation: Relation;
  options: Options;
  rows: Row[];
  count?: number;
  more: boolean;
  top: number;
}
export interface List {
  rows: Row[];
  more: boolean;
  top: number;
  count?: number;
}

async function run(db: Db, text: string, args: Args): Promise<(string | null)[][]> {
  // A comparison with null needs no value: what was set aside for one is named here, else PostgreSQL cannot know its type.
  const unused = args.values.flatMap((_, i) => (text.includes(`($${i + 1}::text`) ? [] : [`$${i + 1}::text`]));
  const whole = unused.length ? `with unused as (select ${unused.join(', ')}) ${text}` : text;
  return (await (db as Sql).unsafe(whole, args.values as never[]).values()) as unknown as (string | null)[][];
}

/** Runs reads on one snapshot with a limit on time; what the database refuses about values is the caller's fault. */
export async function reading<T>(hub: Hub, fn: (db: Db) => Promise<T>): Promise<T> {
  try {
    return (await hub.sql.begin('isolation level repeatable read read only', async (tx) => {
      await tx.unsafe(`set local statement_timeout = ${STATEMENT_MS}`);
      return fn(tx);
    })) as T;
  } catch (error) {
    throw readFault(error);
  }
}
export function readFault(error: unknown): unknown {
  const code = (error as { code?: string }).code ?? '';
  if (/^22/.test(code)) return bad('条件中的值超出可计算的范围');
  if (code === '57014') return bad('查询过大，请缩小范围');
  if (code === '54001') return bad('表达式过于复杂');
  // No operator or function for these types.
  if (['42883', '42804', '42846', '42725'].includes(code)) return bad('条件中的类型不能这样比较或计算');
  return error;
}

/** The properties an answer needs of an entity. */
export function wanted(entity: EntityName, options: Options): string[] {
  const all = entities[entity].properties.map((p) => p.name);
  if (!options.select) return all;
  for (const name of options.select)
    if (!propertyOf(entity, name) && !relationOf(entity, name) && !['id', '@iot.id', '@iot.selfLink', 'selfLink'].includes(name))
      throw bad(`${entity} 没有 ${name.slice(0, 60)}`, '$select');
  return all.filter((name) => options.select!.includes(name));
}

/** The select list of an entity and how to read it back. */
function shape(entity: EntityName, a: string, options: Options) {
  const t = tables[entity];
  const keys = Object.keys(t.keys).filter((k) => k !== 'id') as KeyColumn[];
  const list = [`(${t.id(a)})::text`, ...keys.map((k) => `(${t.keys[k]!(a)})::text`)];
  if (entity === 'Observation') list.push(`((extract(epoch from ${a}.at) * 1000000)::bigint)::text`);
  const first = list.length;
  const names = wanted(entity, options);
  const widths = names.map((name) => {
    const cells = selected(entity, name, a);
    list.push(...cells);
    return cells.length;
  });
  const read = (r: (string | null)[], from = 0): Row => {
    const row: Row = { entity, id: r[from]!, keys: { id: r[from]! }, cells: new Map(), related: new Map(), options };
    for (const [i, k] of keys.entries()) row.keys[k] = r[from + 1 + i] ?? null;
    if (entity === 'Observation') row.at = r[from + 1 + keys.length]!;
    let p = from + first;
    for (const [i, name] of names.entries()) {
      row.cells.set(name, r.slice(p, p + widths[i]!));
      p += widths[i]!;
    }
    return row;
  };
  return { list, read, width: list.length };
}

export interface Reader {
  hub: Hub;
  view: View;
  now: bigint;
}

/** Where a resource path ends: one row, or a list below a parent. */
export type Place = { row: Row; list?: undefined } | { row?: undefined; list: EntityName; link?: { relation: string; parent: Columns } };

/** Constants of a row that is known, as SQL. */
const constants =
  (row: Row, args: Args): Columns =>
  (column) =>
    args.add(row.keys[column] ?? null, 'bigint');

/** Follows the steps of a path; every entity on the way must exist, be visible and belong to the one before (STA-022). */
export async function follow(r: Reader, db: Db, steps: readonly Step[], options: Options): Promise<Place> {
  let row: Row | undefined;
  for (const [i, step] of steps.entries()) {
    const last = i === steps.length - 1;
    const before = i ? steps[i - 1]! : undefined;
    if (step.many) {
      if (!last) throw missing(`集合 ${step.name} 之后不能再接路径`);
      if (!row || !before) return { list: step.entity };
      const parent = row;
      return { list: step.entity, link: { relation: `${before.entity}/${step.name}`, parent: (column) => `(${literal(parent.keys[column])})` } };
    }
    const own: Options = last ? options : { orderby: [], expand: [], skip: 0, raw: [], select: [] };
    const args = new Args();
    const a = 'm';
    const t = tables[step.entity];
    const s = shape(step.entity, a, own);
    const conditions = [t.visible(a, args, r.view)];
    if (row && before) conditions.push(links[`${before.entity}/${step.name}`]!(constants(row, args), a));
    if (step.id !== undefined) conditions.push(await byId(db, step.entity, step.id, a, args));
    const [found] = await run(db, `select ${s.list.join(', ')} from ${t.from(a)} where ${conditions.join(' and ')} limit 1`, args);
    if (!found) throw missing(`没有 ${step.name}${step.id === undefined ? '' : `(${step.id})`}`);
    row = s.read(found);
  }
  if (!row) throw missing('没有这个地址');
  await expand(r, db, [row], options.expand, 0);
  return { row };
}
/** A key of ours (digits or nothing) as SQL. */
const literal = (value: string | null | undefined): string => (value && /^-?\d+$/.test(value) ? `${value}::bigint` : 'null::bigint');

/** SQL condition for one entity by its identifier. */
export async function byId(db: Db, entity: EntityName, id: string, a: string, args: Args): Promise<string> {
  const t = tables[entity];
  if (entity !== 'Observation') return `${t.id(a)} = ${args.add(id, 'bigint')}`;
  const [moved] = await (db as Sql)<{ stream: string; at: string }[]>`select stream::text, at::text from observation_extras where id = ${id}::text::bigint`;
  const key = moved ? undefined : keyOfId(BigInt(id));
  if (!moved && !key) return 'false';
  const stream = moved?.stream ?? key!.stream.toString();
  const at = moved?.at ?? formatInstant(key!.at);
  return `${a}.stream = ${args.add(stream, 'bigint')} and ${a}.at = ${args.add(at, 'timestamptz')} and ${t.id(a)} = ${args.add(id, 'bigint')}`;
}

/** Readings by their keys (microseconds), in no order; those that are gone are left out. */
export async function readingsByKeys(r: Reader, db: Db, keys: readonly { stream: string; at: bigint }[]): Promise<Row[]> {
  const args = new Args();
  const s = shape('Observation', 'm', { orderby: [], expand: [], skip: 0, raw: [] });
  const streams = args.add(array(keys.map((k) => k.stream)), 'bigint[]');
  const times = args.add(array(keys.map((k) => k.at.toString())), 'bigint[]');
  const text = `select ${s.list.join(', ')} from unnest(${streams}, ${times}) k (s, u) join ${joinable('Observation', 'm')} on m.stream = k.s and m.at = timestamptz 'epoch' + k.u * interval '1 microsecond' where ${tables.Observation.visible('m', args, r.view)}`;
  return (await run(db, text, args)).map((x) => s.read(x));
}

/** One page of a list with what is expanded in it. */
export async function list(r: Reader, db: Db, entity: EntityName, link: { relation: string; parent: Columns } | undefined, options: Options): Promise<List> {
  const top = Math.min(options.top ?? DEFAULT_TOP, MAX_TOP);
  const a = 'm';
  const args = new Args();
  const compiler = new Compiler(args, r.view, r.now, await answerGeometry(db, r.view, entity, options));
  const scope = compiler.root(entity, a);
  const t = tables[entity];
  const s = shape(entity, a, options);
  const conditions = [t.visible(a, args, r.view)];
  if (link) conditions.push(links[link.relation]!(link.parent, a));
  if (options.filter) conditions.push(`(${compiler.filter(scope, options.filter)})`);
  const order = [...options.orderby.flatMap((o) => compiler.order(scope, o.by, o.descending)), ...t.order(a)];
  const count = options.count ? await counted(db, r, entity, link, options) : undefined;
  if (options.after !== undefined) conditions.push(afterToken(options, entity, a, args));
  let rows: Row[] = [];
  if (top > 0) {
    const text = `select ${s.list.join(', ')} from ${t.from(a)} ${compiler.joins(scope)} where ${conditions.join(' and ')} order by ${order.join(', ')} limit ${top + 1} offset ${args.add(String(options.skip), 'bigint')}`;
    rows = (await run(db, text, args)).map((x) => s.read(x));
  }
  const more = rows.length > top;
  if (more) rows.length = top;
  await expand(r, db, rows, options.expand, 0);
  return { rows, more, top, ...(count === undefined ? {} : { count }) };
}

async function counted(db: Db, r: Reader, entity: EntityName, link: { relation: string; parent: Columns } | undefined, options: Options): Promise<number> {
  const args = new Args();
  const compiler = new Compiler(args, r.view, r.now, await answerGeometry(db, r.view, entity, options));
  const scope = compiler.root(entity, 'm');
  const t = tables[entity];
  const conditions = [t.visible('m', args, r.view)];
  if (link) conditions.push(links[link.relation]!(link.parent, 'm'));
  if (options.filter) conditions.push(`(${compiler.filter(scope, options.filter)})`);
  const [row] = await run(db, `select count(*)::text from ${t.from('m')} ${compiler.joins(scope)} where ${conditions.join(' and ')}`, args);
  return Number(row![0]);
}

/** How a list of readings goes on by its key instead of by counting: `a`scending or `d`escending by time, or `k`ey order. */
export function tokenMode(entity: EntityName, options: Options): 'k' | 'a' | 'd' | undefined {
  if (entity !== 'Observation') return undefined;
  if (!options.orderby.length) return 'k';
  const [o] = options.orderby;
  return options.orderby.length === 1 && o!.by.k === 'path' && o!.by.parts.join('/') === 'phenomenonTime' ? (o!.descending ? 'd' : 'a') : undefined;
}
function afterToken(options: Options, entity: EntityName, a: string, args: Args): string {
  const m = /^([kad])\.(\d{1,19})\.(-?\d{1,17})$/.exec(options.after!);
  if (!m || m[1] !== tokenMode(entity, options)) throw new StaFault(410, '续页链接已失效，请从头查询', '$skiptoken');
  const stream = args.add(m[2]!, 'bigint');
  const at = args.add(formatInstant(BigInt(m[3]!)), 'timestamptz');
  if (m[1] === 'k') return `(${a}.stream, ${a}.at) > (${stream}, ${at})`;
  return m[1] === 'a' ? `(${a}.at, ${a}.stream) > (${at}, ${stream})` : `(${a}.at <= ${at} and (${a}.at < ${at} or ${a}.stream > ${stream}))`;
}

const ONE: Record<string, KeyColumn> = {
  'HistoricalLocation/Thing': 'thing_id',
  'Datastream/Thing': 'thing_id',
  'Datastream/Sensor': 'sensor_id',
  'Datastream/ObservedProperty': 'property_id',
  'Observation/Datastream': 'stream',
  'Observation/FeatureOfInterest': 'foi_id',
};

/** Reads the expanded relations of rows of one entity, all rows at once. */
export async function expand(r: Reader, db: Db, rows: Row[], expands: readonly Expand[], depth: number): Promise<void> {
  if (!rows.length) return;
  const entity = rows[0]!.entity;
  for (const e of expands) {
    const relation = relationOf(entity, e.relation);
    if (!relation) throw bad(`${entity} 没有关联 ${e.relation}`, '$expand');
    const children = relation.many ? await expandMany(r, db, rows, relation, e.options) : await expandOne(r, db, rows, relation, e.options);
    await expand(r, db, children, e.options.expand, depth + 1);
  }
}

async function expandOne(r: Reader, db: Db, rows: Row[], relation: Relation, options: Options): Promise<Row[]> {
  const entity = rows[0]!.entity;
  const key = ONE[`${entity}/${relation.name}`]!;
  const ids = [...new Set(rows.flatMap((x) => x.keys[key] ?? []))];
  const args = new Args();
  const compiler = new Compiler(args, r.view, r.now, await answerGeometry(db, r.view, relation.to, options));
  const scope = compiler.root(relation.to, 'm');
  const s = shape(relation.to, 'm', options);
  const conditions = [tables[relation.to].visible('m', args, r.view), `m.id = any(${args.add(array(ids), 'bigint[]')})`];
  if (options.filter) conditions.push(`(${compiler.filter(scope, options.filter)})`);
  const found = (await run(db, `select ${s.list.join(', ')} from ${tables[relation.to].from('m')} ${compiler.joins(scope)} where ${conditions.join(' and ')}`, args)).map((x) =>
    s.read(x),
  );
  const byKey = new Map(found.map((x) => [x.id, x]));
  for (const row of rows) {
    const one = byKey.get(row.keys[key] ?? null);
    row.related.set(relation.name, { relation, options, rows: one ? [one] : [], more: false, top: 1 });
  }
  return found;
}

async function expandMany(r: Reader, db: Db, rows: Row[], relation: Relation, options: Options): Promise<Row[]> {
  const entity = rows[0]!.entity;
  const ids = [...new Set(rows.flatMap((x) => x.id ?? []))];
  const top = Math.min(options.top ?? DEFAULT_TOP, MAX_TOP, Math.max(10, Math.floor(EXPAND_BUDGET / ids.length)));
  const args = new Args();
  const geometry = await answerGeometry(db, r.view, relation.to, options);
  const compiler = new Compiler(args, r.view, r.now, geometry);
  const scope = compiler.root(relation.to, 'm');
  const t = tables[relation.to];
  const s = shape(relation.to, 'm', options);
  const parent: Columns = (column) => {
    if (column !== 'id') throw new Error(`no ${column} of an expanded parent`);
    return 'p.id';
  };
  const link = links[`${entity}/${relation.name}`]!(parent, 'm');
  const conditions = [t.visible('m', args, r.view), link];
  if (options.filter) conditions.push(`(${compiler.filter(scope, options.filter)})`);
  const order = [...options.orderby.flatMap((o) => compiler.order(scope, o.by, o.descending)), ...t.order('m')];
  const inner = `select ${s.list.map((c, i) => `${c} as c${i}`).join(', ')} from ${t.from('m')} ${compiler.joins(scope)} where ${conditions.join(' and ')} order by ${order.join(', ')} limit ${top + 1} offset ${args.add(String(options.skip), 'bigint')}`;
  const text = `select p.id::text, c.* from unnest(${args.add(array(ids), 'bigint[]')}) with ordinality p (id, n) cross join lateral (select x.*, row_number() over () as rn from (${inner}) x) c order by p.n, c.rn`;
  const children = new Map<string, Row[]>();
  for (const x of await run(db, text, args)) {
    const list = children.get(x[0]!) ?? [];
    list.push(s.read(x, 1));
    children.set(x[0]!, list);
  }
  const counts = options.count ? await countMany(db, r, entity, relation, options, ids) : undefined;
  const all: Row[] = [];
  for (const row of rows) {
    const list = (row.id && children.get(row.id)) || [];
    const more = list.length > top;
    const page = more ? list.slice(0, top) : list;
    all.push(...page);
    row.related.set(relation.name, { relation, options, rows: page, more, top, ...(counts ? { count: counts.get(row.id ?? '') ?? 0 } : {}) });
  }
  return all;
}

async function countMany(db: Db, r: Reader, entity: EntityName, relation: Relation, options: Options, ids: string[]): Promise<Map<string, number>> {
  const args = new Args();
  const compiler = new Compiler(args, r.view, r.now, await answerGeometry(db, r.view, relation.to, options));
  const scope = compiler.root(relation.to, 'm');
  const t = tables[relation.to];
  const conditions = [t.visible('m', args, r.view), links[`${entity}/${relation.name}`]!(() => 'p.id', 'm')];
  if (options.filter) conditions.push(`(${compiler.filter(scope, options.filter)})`);
  const inner = `select count(*) from ${t.from('m')} ${compiler.joins(scope)} where ${conditions.join(' and ')}`;
  const rows = await run(db, `select p.id::text, (${inner})::text from unnest(${args.add(array(ids), 'bigint[]')}) p (id)`, args);
  return new Map(rows.map((x) => [x[0]!, Number(x[1])]));
}
