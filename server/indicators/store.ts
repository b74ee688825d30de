// All SQL of indicators: definitions, instances, values and revisions, what is dirty, and the readings behind a window.
import { type Part, partOf } from '#core/indicators/aggregate.ts';
import type { Result } from '#core/indicators/evaluate.ts';
import type { Indicator } from '#core/indicators/pack.ts';
import type { Db, Sql, Tx } from '../platform/db.ts';
import { inScope } from '../people/scope.ts';

const as = (db: Db): Sql => db as Sql;
/** Arrays of instants go as text: the driver takes the type of an array from its first element. */
function iso(ms: number): string {
  let text = written.get(ms);
  if (text === undefined) {
    if (written.size > 10_000) written.clear();
    written.set(ms, (text = new Date(ms).toISOString()));
  }
  return text;
}
/** The same few buckets are written thousands of times a round. */
const written = new Map<number, string>();

export interface DefinitionRow {
  code: string;
  version: number;
  definition: Indicator;
  hash: string;
  by: string;
  createdAt: Date;
}
/** The newest version of every active definition. */
export const definitions = (db: Db) => as(db)<DefinitionRow[]>`
  select distinct on (code) code, version, definition, hash, by, created_at as "createdAt" from indicator_definitions where active order by code, version desc`;
export const versionsOf = (db: Db, code: string) => as(db)<DefinitionRow[]>`
  select code, version, definition, hash, by, created_at as "createdAt" from indicator_definitions where code = ${code} order by version desc`;
export async function addDefinitions(tx: Tx, rows: { code: string; version: number; definition: unknown; hash: string; by: string; created_at: Date }[]): Promise<void> {
  for (let i = 0; i < rows.length; i += 500)
    await tx`insert into indicator_definitions ${tx(rows.slice(i, i + 500).map((r) => ({ ...r, definition: tx.json(r.definition as never) })) as never)}`;
}
export const retireDefinitions = (tx: Tx, codes: string[]) => tx`update indicator_definitions set active = false where code = any(${codes})`;
export const reviveDefinitions = (tx: Tx, codes: string[]) => tx`update indicator_definitions set active = true where code = any(${codes}) and not active`;

export interface InstanceRow {
  id: string;
  code: string;
  scope: string;
  unit: string;
  thingId: string | null;
}
export const instances = (db: Db, realm: string) => as(db)<InstanceRow[]>`
  select id::text, code, scope, unit, thing_id::text as "thingId" from indicator_instances where realm = ${realm} and active order by id`;
/** Makes the wanted instances exist and only them active. */
export async function syncInstances(tx: Tx, realm: string, wanted: { code: string; scope: string; unit: string; thingId: string | null }[]): Promise<{ added: number }> {
  const rows = await tx<{ added: number }[]>`
    with wanted as (select * from unnest(${wanted.map((w) => w.code)}::text[], ${wanted.map((w) => w.scope)}::text[], ${wanted.map((w) => w.unit)}::text[], ${wanted.map((w) => w.thingId)}::bigint[]) w(code, scope, unit, thing_id)),
    added as (insert into indicator_instances (realm, code, scope, unit, thing_id) select ${realm}, code, scope, unit, thing_id from wanted
      on conflict (realm, code, scope) do update set active = true, unit = excluded.unit, thing_id = excluded.thing_id
        where not indicator_instances.active or indicator_instances.unit <> excluded.unit returning 1)
    select count(*)::int as added from added`;
  await tx`update indicator_instances i set active = false where realm = ${realm} and active
    and not exists (select 1 from unnest(${wanted.map((w) => w.code)}::text[], ${wanted.map((w) => w.scope)}::text[]) w(code, scope) where w.code = i.code and w.scope = i.scope)`;
  return { added: rows[0]!.added };
}

export interface ThingRow {
  id: string;
  profile: string;
  kind: string;
  unit: string;
  streams: { id: string; code: string }[];
}
/** Things in use with their streams: what instances are made from. */
export const things = (db: Db, realm: string) => as(db)<ThingRow[]>`
  select t.id::text, t.profile, t.kind, t.unit, coalesce(jsonb_agg(jsonb_build_object('id', s.id::text, 'code', s.code)) filter (where s.id is not null), '[]') as streams
  from things t left join streams s on s.thing_id = t.id where t.realm = ${realm} and t.status in ('active', 'maintenance') group by t.id order by t.id`;
export const units = (db: Db) => as(db)<{ path: string; kind: string; name: { zh: string; en: string } }[]>`select path, kind, name from units where active order by path`;
/** Changes whenever things or streams do: cheap to ask, so that the catalogue follows registration. */
export async function thingsStamp(db: Db, realm: string): Promise<string> {
  const [row] = await as(db)<
    { stamp: string }[]
  >`select concat_ws('/', count(*), coalesce(max(id), 0), coalesce(sum(version), 0), (select coalesce(max(id), 0) from streams), (select count(*) from units where active)) as stamp from things where realm = ${realm}`;
  return row!.stamp;
}

export async function markDirty(db: Db, rows: { instance: string; bucket: number; rank: number }[]): Promise<void> {
  for (let i = 0; i < rows.length; i += 20_000) {
    const part = rows.slice(i, i + 20_000);
    await as(db)`insert into indicator_dirty (instance, bucket, rank)
      select * from unnest(${part.map((r) => r.instance)}::bigint[], ${part.map((r) => iso(r.bucket))}::text[]::timestamptz[], ${part.map((r) => r.rank)}::int[])
      on conflict (instance, bucket) do nothing`;
  }
}
/**
 * Takes rows of one rank off the list; the transaction that computes them also removes them. The lowest rank first (inputs before readers),
 * and on every other round the one that has waited longest, so that a flood of readings starves nothing.
 */
export const takeDirty = (tx: Tx, limit: number, oldest: boolean) => tx<{ instance: string; bucket: Date; rank: number }[]>`
  delete from indicator_dirty d using (
    select instance, bucket from indicator_dirty
    where rank = ${oldest ? tx`(select rank from indicator_dirty order by marked_at limit 1)` : tx`(select min(rank) from indicator_dirty)`} order by marked_at limit ${limit} for update skip locked) x
  where d.instance = x.instance and d.bucket = x.bucket returning d.instance::text, d.bucket, d.rank`;
export const dirtyCount = async (db: Db): Promise<number> => (await as(db)<{ n: number }[]>`select count(*)::int as n from indicator_dirty`)[0]!.n;

export interface ValueRow extends Result {
  instance: string;
  bucket: Date;
  version: number;
  revision: number;
  until: Date;
  final: boolean;
  computedAt: Date;
}
export interface NewValue extends Result {
  instance: string;
  bucket: number;
  until: number;
  version: number;
  final: boolean;
}
/** Writes values; what changes a final one becomes its next revision and the old one is kept. Gives what really changed. */
export async function putValues(tx: Tx, values: NewValue[], at: Date): Promise<(ValueRow & { before: { value: number | null; grade: number | null; final: boolean } | null })[]> {
  if (!values.length) return [];
  return tx<(ValueRow & { before: { value: number | null; grade: number | null; final: boolean } | null })[]>`
    with fresh as (
      select * from unnest(${values.map((v) => v.instance)}::bigint[], ${values.map((v) => iso(v.bucket))}::text[]::timestamptz[], ${values.map((v) => v.version)}::int[],
        ${values.map((v) => v.value)}::float8[], ${values.map((v) => v.level)}::text[], ${values.map((v) => v.grade)}::smallint[], ${values.map((v) => v.coverage)}::real[],
        ${values.map((v) => v.reason)}::text[], ${values.map((v) => iso(v.until))}::text[]::timestamptz[], ${values.map((v) => String(v.final))}::text[]::boolean[])
      f(instance, bucket, version, value, level, grade, coverage, reason, until, final)),
    old as (select v.* from indicator_values v join fresh f using (instance, bucket) for update of v),
    changed as (
      select f.*, o.revision as old_revision, o.version as old_version, o.value as old_value, o.grade as old_grade, o.final as old_final, o.instance is not null as known
      from fresh f left join old o using (instance, bucket)
      where o.instance is null or (o.value, o.level, o.reason, o.version, o.coverage, o.final or f.final) is distinct from (f.value, f.level, f.reason, f.version, f.coverage, o.final)),
    kept as (
      insert into indicator_revisions
      select o.instance, o.bucket, o.version, o.revision, o.value, o.level, o.grade, o.coverage, o.reason, o.computed_at, ${at}
      from old o join changed c using (instance, bucket)
      where o.version <> c.version or (o.final and (o.value, o.level, o.reason) is distinct from (c.value, c.level, c.reason))
      on conflict do nothing returning instance, bucket)
    insert into indicator_values as v (instance, bucket, version, revision, value, level, grade, coverage, reason, until, final, computed_at)
    select c.instance, c.bucket, c.version,
      case when k.instance is null then coalesce(c.old_revision, 1) when c.old_version <> c.version then 1 else c.old_revision + 1 end,
      c.value, c.level, c.grade, c.coverage, c.reason, c.until, c.final or coalesce(c.old_final, false), ${at}
    from changed c left join kept k using (instance, bucket)
    on conflict (instance, bucket) do update set version = excluded.version, revision = excluded.revision, value = excluded.value, level = excluded.level, grade = excluded.grade,
      coverage = excluded.coverage, reason = excluded.reason, until = excluded.until, final = excluded.final, computed_at = excluded.computed_at
    returning v.instance::text, v.bucket, v.version, v.revision, v.value, v.level, v.grade, v.coverage, v.reason, v.until, v.final, v.computed_at as "computedAt",
      (select case when c.known then jsonb_build_object('value', c.old_value, 'grade', c.old_grade, 'final', c.old_final) end from changed c where c.instance = v.instance and c.bucket = v.bucket) as before`;
}
/** Values of buckets that ended a while ago and were not touched since become final. */
export const finalise = (db: Db, before: Date) => as(db)`
  update indicator_values v set final = true where not final and until <= ${before}
    and not exists (select 1 from indicator_dirty d where d.instance = v.instance and d.bucket = v.bucket)`;

const valueColumns = `v.instance::text, v.bucket, v.version, v.revision, v.value, v.level, v.grade, v.coverage, v.reason, v.until, v.final, v.computed_at as "computedAt"`;
export const valuesIn = (db: Db, instance: string, from: Date, to: Date, limit = 5000) =>
  as(db).unsafe<ValueRow[]>(`select ${valueColumns} from indicator_values v where instance = $1 and bucket >= $2 and bucket < $3 order by bucket desc limit ${Number(limit)}`, [
    instance,
    from,
    to,
  ] as never);
/** The newest value of each instance at or before an instant. */
export const latest = (db: Db, ids: string[], at: Date) =>
  as(db).unsafe<ValueRow[]>(
    `select ${valueColumns} from unnest($1::bigint[]) i(id) cross join lateral (select * from indicator_values where instance = i.id and bucket <= $2 order by bucket desc limit 1) v`,
    [ids, at] as never,
  );
export const revisionsOf = (db: Db, instance: string, bucket: Date) => as(db)<
  { version: number; revision: number; value: number | null; level: string | null; coverage: number; reason: string | null; computedAt: Date; supersededAt: Date }[]
>`
  select version, revision, value, level, coverage, reason, computed_at as "computedAt", superseded_at as "supersededAt" from indicator_revisions where instance = ${instance} and bucket = ${bucket} order by version, revision`;
/** Values of inputs: the exact bucket, or the newest inside the span. */
export const inputValues = (db: Db, wanted: { instance: string; from: number; to: number }[]) => as(db)<{ n: number; value: number | null }[]>`
  select w.n::int as n, v.value from unnest(${wanted.map((w) => w.instance)}::bigint[], ${wanted.map((w) => iso(w.from))}::text[]::timestamptz[], ${wanted.map((w) => iso(w.to))}::text[]::timestamptz[]) with ordinality w(instance, f, t, n)
  cross join lateral (select value from indicator_values v where v.instance = w.instance and v.bucket >= w.f and v.bucket < w.t order by v.bucket desc limit 1) v`;

export interface WindowKey {
  stream: string;
  from: number;
  to: number;
  min: number | null;
  max: number | null;
}
export interface WindowPart {
  n: number;
  part: Part;
  hours: number;
  days: number;
}
const MAX_KEYS = 2000;
interface PartRow {
  n: string;
  count: number;
  sum: number;
  min: number;
  max: number;
  first: number;
  last: number;
  first_at: Date;
  last_at: Date;
  hours: number;
  days: number;
}
const asPart = (r: PartRow): WindowPart => ({
  n: Number(r.n) - 1,
  hours: r.hours,
  days: r.days,
  part: { count: r.count, sum: r.sum, min: r.min, max: r.max, first: r.first, last: r.last, firstAt: r.first_at.getTime(), lastAt: r.last_at.getTime() },
});
/**
 * Hourly rollups of windows with whole hours. An hour that holds a reading out of range is made anew from its readings, without them.
 * Each window is one range of the key (lateral, so that no plan reads a stream's whole history for it). A window may come as several parts.
 */
export async function hourParts(db: Db, keys: WindowKey[]): Promise<WindowPart[]> {
  const out: WindowPart[] = [];
  for (let i = 0; i < keys.length; i += MAX_KEYS) {
    const part = keys.slice(i, i + MAX_KEYS);
    const args = [part.map((k) => k.stream), part.map((k) => iso(k.from)), part.map((k) => iso(k.to)), part.map((k) => k.min), part.map((k) => k.max)] as never;
    const from = 'from unnest($1::bigint[], $2::text[]::timestamptz[], $3::text[]::timestamptz[], $4::float8[], $5::float8[]) with ordinality k(stream, f, t, lo, hi, i)';
    const good = await as(db).unsafe<PartRow[]>(
      `select k.i::text as n, h.* ${from} cross join lateral (
         select sum(n)::int as count, sum(sum) as sum, min(min) as min, max(max) as max, (array_agg(first order by hour))[1] as first, (array_agg(last order by hour desc))[1] as last,
           min(hour) as first_at, max(hour) as last_at, count(*)::int as hours, count(distinct (hour at time zone 'Asia/Shanghai')::date)::int as days
         from stream_hours where stream = k.stream and hour >= k.f and hour < k.t and n > 0 and (k.lo is null or min >= k.lo) and (k.hi is null or max <= k.hi) having count(*) > 0) h`,
      args,
    );
    const bad = await as(db).unsafe<{ n: string; stream: string; hour: Date }[]>(
      `select k.i::text as n, h.stream::text, h.hour ${from} cross join lateral (
         select stream, hour from stream_hours where stream = k.stream and hour >= k.f and hour < k.t and n > 0 and (min < k.lo or max > k.hi) offset 0) h`,
      args,
    );
    for (const r of good) out.push({ ...asPart(r), n: Number(r.n) - 1 + i });
    if (!bad.length) continue;
    const redone = await readings(
      db,
      bad.map((b) => ({ stream: b.stream, from: b.hour.getTime(), to: b.hour.getTime() + 3_600_000, min: null, max: null })),
    );
    for (const r of redone) {
      const n = Number(bad[r.n]!.n) - 1;
      const p = partOf(r.values, { ...(part[n]!.min === null ? {} : { min: part[n]!.min }), ...(part[n]!.max === null ? {} : { max: part[n]!.max }) });
      if (p) out.push({ n: n + i, part: p, hours: 1, days: 0 });
    }
  }
  return out;
}
/** Makes the local days of streams anew from their hours. */
export async function rollDays(tx: Tx, days: { stream: string; day: number }[]): Promise<void> {
  for (let i = 0; i < days.length; i += 5000) {
    const part = days.slice(i, i + 5000);
    await tx`
      insert into indicator_days as d (stream, day, n, sum, min, max, first, last, first_at, last_at, hours)
      select k.stream, k.day, h.* from unnest(${part.map((k) => k.stream)}::bigint[], ${part.map((k) => iso(k.day))}::text[]::timestamptz[]) k(stream, day)
      cross join lateral (
        select sum(n)::int, sum(sum), min(min), max(max), (array_agg(first order by hour))[1], (array_agg(last order by hour desc))[1], min(hour), max(hour), count(*)::int
        from stream_hours where stream = k.stream and hour >= k.day and hour < k.day + interval '1 day' and n > 0 having count(*) > 0) h
      on conflict (stream, day) do update set n = excluded.n, sum = excluded.sum, min = excluded.min, max = excluded.max, first = excluded.first, last = excluded.last,
        first_at = excluded.first_at, last_at = excluded.last_at, hours = excluded.hours`;
  }
}
/** Daily rollups of long windows; days with a reading out of range are named in `bad`, to be made from their hours. */
export async function dayParts(db: Db, keys: WindowKey[]): Promise<{ parts: WindowPart[]; bad: { n: number; day: number }[] }> {
  if (!keys.length) return { parts: [], bad: [] };
  const args = [keys.map((k) => k.stream), keys.map((k) => iso(k.from)), keys.map((k) => iso(k.to)), keys.map((k) => k.min), keys.map((k) => k.max)] as never;
  const from = `from unnest($1::bigint[], $2::text[]::timestamptz[], $3::text[]::timestamptz[], $4::float8[], $5::float8[]) with ordinality k(stream, f, t, lo, hi, i)
    join indicator_days d on d.stream = k.stream and d.day >= k.f and d.day < k.t`;
  const rows = await as(db).unsafe<
    { n: string; count: number; sum: number; min: number; max: number; first: number; last: number; first_at: Date; last_at: Date; hours: number; days: number }[]
  >(
    `select i::text as n, sum(n)::int as count, sum(sum) as sum, min(min) as min, max(max) as max, (array_agg(first order by day))[1] as first, (array_agg(last order by day desc))[1] as last,
      min(first_at) as first_at, max(last_at) as last_at, sum(hours)::int as hours, count(*)::int as days
     ${from} where (lo is null or min >= lo) and (hi is null or max <= hi) group by i`,
    args,
  );
  const bad = await as(db).unsafe<{ n: string; day: Date }[]>(`select i::text as n, day ${from} where min < lo or max > hi`, args);
  return {
    parts: rows.map((r) => ({
      n: Number(r.n) - 1,
      hours: r.hours,
      days: r.days,
      part: { count: r.count, sum: r.sum, min: r.min, max: r.max, first: r.first, last: r.last, firstAt: r.first_at.getTime(), lastAt: r.last_at.getTime() },
    })),
    bad: bad.map((b) => ({ n: Number(b.n) - 1, day: b.day.getTime() })),
  };
}
/** Readings of windows, one by one: for windows under an hour, percentiles and counters. */
export async function readings(db: Db, keys: WindowKey[]): Promise<{ n: number; values: [number, number][] }[]> {
  const rows = await as(db)<{ n: string; at: Date[]; num: number[] }[]>`
    select k.i::text as n, array_agg(o.at order by o.at) as at, array_agg(o.num order by o.at) as num
    from unnest(${keys.map((k) => k.stream)}::bigint[], ${keys.map((k) => iso(k.from))}::text[]::timestamptz[], ${keys.map((k) => iso(k.to))}::text[]::timestamptz[]) with ordinality k(stream, f, t, i)
    cross join lateral (select at, num from observations where stream = k.stream and at >= k.f and at < k.t and num is not null and quality < 2 offset 0) o group by k.i`;
  return rows.map((r) => ({ n: Number(r.n) - 1, values: r.at.map((t, i) => [t.getTime(), r.num[i]!] as [number, number]) }));
}
/** Things that had a reading within two intervals before the instant, of all in use, by unit. */
export const online = (db: Db, realm: string, f: { profile?: string | undefined; kind?: string | undefined }, at: Date) => as(db)<
  { unit: string; id: string; online: boolean; ever: boolean }[]
>`
  select t.unit, t.id::text, coalesce(bool_or(o.seen), false) as online, coalesce(bool_or(h.at is not null), false) as ever
  from things t left join streams s on s.thing_id = t.id left join stream_heads h on h.stream = s.id
  left join lateral (select true as seen from observations o where o.stream = s.id and o.at > ${at}::timestamptz - 2 * t.interval_s * interval '1 second' and o.at <= ${at} limit 1) o on true
  where t.realm = ${realm} and t.status = 'active' ${f.profile ? as(db)`and t.profile = ${f.profile}` : as(db)``} ${f.kind ? as(db)`and t.kind = ${f.kind}` : as(db)``}
  group by t.id`;
/** Days between two instants on which some reading came in every two hours. */
export async function stableDays(db: Db, from: Date, to: Date): Promise<number> {
  const [row] = await as(db)<{ days: number }[]>`
    select count(*)::int as days from (
      select (hour at time zone 'Asia/Shanghai')::date as day, array_agg(distinct extract(hour from hour at time zone 'Asia/Shanghai')::int) as hours
      from stream_hours where hour >= ${from} and hour < ${to} and n > 0 group by 1) d
    where not exists (select 1 from generate_series(0, 21) g(h) where not (d.hours && array[g.h, g.h + 1, g.h + 2]))`;
  return row!.days;
}
export const factCounts = (db: Db, realm: string, kind: string, from: Date, to: Date, path: string) => as(db)<{ n: number }[]>`
  select count(*)::int as n from facts where realm = ${realm} and kind = ${kind} and at >= ${from} and at < ${to} and (unit = ${path} or unit like ${`${path}.%`})`;

/** Stored groups after our cursor, as far as the hourly rollups have come: what is computed from them must be there first. */
export async function takeBatches(tx: Tx, limit: number, name = READINGS): Promise<{ streams: string[]; hours: Date[] }[]> {
  const [cursor] = await tx<{ tx: string; position: string }[]>`select tx::text, position::text from cursors where name = ${name} for update skip locked`;
  if (!cursor) return [];
  const rows = await tx<{ tx: string; id: string; streams: string[]; hours: Date[] }[]>`
    select tx::text, id::text, streams::text[], hours from ingest_batches
    where (tx, id) > (${cursor.tx}::text::xid8, ${cursor.position}::bigint)
      and (tx, id) <= (select tx, position from cursors where name = 'stream-hours') order by ingest_batches.tx, ingest_batches.id limit ${limit}`;
  const last = rows.at(-1);
  if (last) await tx`update cursors set tx = ${last.tx}::text::xid8, position = ${last.id}, failures = 0, updated_at = clock_timestamp() where name = ${name}`;
  return rows;
}
/** Where reading the stored groups of readings has come; facts have a cursor of their own: one must not run past the other's. */
export const READINGS = 'indicator-readings';
export const addCursor = (db: Db, name: string) => as(db)`insert into cursors (name) values (${name}) on conflict do nothing`;

export interface RiskPointRow {
  id: string;
  type: string;
  name: string;
  unit: string;
  level: number;
  lon: number | null;
  lat: number | null;
  address: string | null;
  attributes: Record<string, unknown>;
  responsible: Record<string, string>;
  things: string[];
  status: string;
  inspectedOn: string | null;
  version: number;
}
export const riskPoints = (db: Db, realm: string, scope: string[], q: { type?: string | undefined; after: string; limit: number }) => as(db)<RiskPointRow[]>`
  select id, type, name, unit, level, lon, lat, address, attributes, responsible, things::text[], status, to_char(inspected_on, 'YYYY-MM-DD') as "inspectedOn", version from risk_points r
  where realm = ${realm} and id::text > ${q.after} and ${inScope(db, 'r.unit', scope)} ${q.type ? as(db)`and type = ${q.type}` : as(db)``} order by id limit ${q.limit}`;
export const riskPoint = async (db: Db, id: string) =>
  (
    await as(db)<RiskPointRow[]>`
  select id, type, name, unit, level, lon, lat, address, attributes, responsible, things::text[], status, to_char(inspected_on, 'YYYY-MM-DD') as "inspectedOn", version from risk_points where id = ${id}`
  )[0];
export const putRiskPoint = (tx: Tx, realm: string, p: Omit<RiskPointRow, 'version'>) => tx`
  insert into risk_points as r (id, realm, type, name, unit, level, lon, lat, address, attributes, responsible, things, status, inspected_on)
  values (${p.id}, ${realm}, ${p.type}, ${p.name}, ${p.unit}, ${p.level}, ${p.lon}, ${p.lat}, ${p.address}, ${tx.json(p.attributes as never)}, ${tx.json(p.responsible)}, ${p.things}::bigint[], ${p.status}, ${p.inspectedOn})
  on conflict (id) do update set name = excluded.name, unit = excluded.unit, level = excluded.level, lon = excluded.lon, lat = excluded.lat, address = excluded.address, attributes = excluded.attributes,
    responsible = excluded.responsible, things = excluded.things, status = excluded.status, inspected_on = excluded.inspected_on, version = r.version + 1`;
export const riskPointCounts = (db: Db, realm: string) =>
  as(db)<{ unit: string; n: number }[]>`select unit, count(*)::int as n from risk_points where realm = ${realm} and status <> 'removed' group by unit`;
export const entry = (tx: Tx, e: { instance: string; bucket: Date; value: number; sourceRef: string; by: string; at: Date }) => tx`
  insert into indicator_entries (instance, bucket, value, source_ref, by, at) values (${e.instance}, ${e.bucket}, ${e.value}, ${e.sourceRef}, ${e.by}, ${e.at})
  on conflict (instance, bucket) do update set value = excluded.value, source_ref = excluded.source_ref, by = excluded.by, at = excluded.at`;
export const entriesFor = (db: Db, keys: { instance: string; bucket: number }[]) => as(db)<{ instance: string; bucket: Date; value: number }[]>`
  select e.instance::text, e.bucket, e.value from indicator_entries e join unnest(${keys.map((k) => k.instance)}::bigint[], ${keys.map((k) => iso(k.bucket))}::text[]::timestamptz[]) k(instance, bucket) using (instance, bucket)`;
export const catalogueCounts = async (db: Db, realm: string) =>
  (
    await as(db)<{ definitions: number; instances: number; live: number }[]>`select
  (select count(distinct code)::int from indicator_definitions where active) as definitions,
  (select count(*)::int from indicator_instances where realm = ${realm} and active) as instances,
  (select count(*)::int from indicator_instances i where realm = ${realm} and active and exists (select 1 from indicator_values v where v.instance = i.id and v.value is not null)) as live`
  )[0]!;
