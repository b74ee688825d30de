// All SQL of things and signals besides the hot path in ingest.ts.
import type { NewThing } from '#core/signals/contract.ts';
import { inScope } from '../people/scope.ts';
import type { Db, Sql, Tx } from '../platform/db.ts';

export interface StreamRow {
  id: string;
  code: string;
  name: string;
  streamUnit: string;
  thingId: string;
  thing: string;
  thingName: string;
  profile: string;
  kind: string;
  unit: string;
  lon: number | null;
  lat: number | null;
  intervalS: number;
  parentId: string | null;
  min: number | null;
  max: number | null;
  status: string;
}

/** Every stream with its thing: what the ingest process keeps in memory to know whom a reading belongs to. */
export const allStreams = (db: Db, after = '0'): Promise<StreamRow[]> =>
  (db as Sql)<
    StreamRow[]
  >`select s.id::text, s.code, s.name, s.unit as "streamUnit", t.id::text as "thingId", t.code as thing, t.name as "thingName", t.profile, t.kind, t.unit, t.lon, t.lat, t.interval_s as "intervalS",
    t.parent_id::text as "parentId", s.min, s.max, t.status from streams s join things t on t.id = s.thing_id where s.id > ${after} order by s.id`.then((r) => [...r]);

export const allCalibrations = (db: Db) =>
  (db as Sql)<{ stream: string; at: Date; gain: number; bias: number }[]>`select stream_id::text as stream, at, gain, bias from calibrations order by stream_id, at, id`;

export interface ThingRow {
  id: string;
  code: string;
  name: string;
  profile: string;
  kind: string;
  unit: string;
  unitName: string;
  lon: number | null;
  lat: number | null;
  status: string;
  intervalS: number;
  lastAt: Date | null;
  online: boolean | null;
  version: number;
  streams: { id: string; code: string; name: string; unit: string; lastAt: Date | null; last: number | null }[];
}

export function things(
  db: Db,
  q: {
    scope: string[];
    after: string;
    limit: number;
    text?: string | undefined;
    profile?: string | undefined;
    kind?: string | undefined;
    unit?: string | undefined;
    state: string;
    at: Date;
    realm: string;
  },
): Promise<ThingRow[]> {
  const sql = db as Sql;
  return sql<ThingRow[]>`
    select * from (
      select t.id::text, t.code, t.name, t.profile, t.kind, t.unit, u.name ->> 'zh' as "unitName", t.lon, t.lat, t.status, t.interval_s as "intervalS", t.version,
        max(h.at) as "lastAt", case when t.status <> 'active' then null else coalesce(max(h.at) > ${q.at}::timestamptz - make_interval(secs => t.interval_s * 2), false) end as online,
        coalesce(jsonb_agg(jsonb_build_object('id', s.id::text, 'code', s.code, 'name', s.name, 'unit', s.unit, 'lastAt', h.at, 'last', h.num) order by s.id) filter (where s.id is not null), '[]') as streams
      from things t join units u on u.path = t.unit left join streams s on s.thing_id = t.id left join stream_heads h on h.stream = s.id
      where t.realm = ${q.realm} and t.id > ${q.after} and ${inScope(sql, 't.unit', q.scope)} ${q.profile ? sql`and t.profile = ${q.profile}` : sql``} ${q.kind ? sql`and t.kind = ${q.kind}` : sql``} ${q.unit ? sql`and ${inScope(sql, 't.unit', [q.unit])}` : sql``}
        ${q.text ? sql`and (t.code ilike ${`%${q.text}%`} or t.name ilike ${`%${q.text}%`})` : sql``}
      group by t.id, u.name order by t.id) x
    where ${q.state === 'all' ? sql`true` : q.state === 'online' ? sql`online` : sql`online = false`} order by id::bigint limit ${q.limit}`.then((r) => [...r]);
}

export async function addThing(tx: Tx, t: NewThing & { realm: string; kind: string; at: Date; seconds: number; parentId: string | null }): Promise<string | undefined> {
  const [row] = await tx<{ id: string }[]>`insert into things (realm, code, name, profile, kind, unit, parent_id, lon, lat, address, interval_s, properties, created_at)
    values (${t.realm}, ${t.code}, ${t.name}, ${t.profile}, ${t.kind}, ${t.unit}, ${t.parentId}, ${t.lon ?? null}, ${t.lat ?? null}, ${t.address ?? null}, ${t.seconds}, ${tx.json((t.properties ?? {}) as never)}, ${t.at})
    on conflict (code) do nothing returning id::text`;
  return row?.id;
}
export const addStreams = (tx: Tx, thingId: string, streams: { code: string; name: string; unit: string; min: number | null; max: number | null }[]) =>
  tx`insert into streams ${tx(streams.map((s) => ({ thing_id: thingId, ...s })) as never)}`;
export async function thingByCode(db: Db, code: string): Promise<{ id: string; unit: string } | undefined> {
  const [r] = await (db as Sql)<{ id: string; unit: string }[]>`select id::text, unit from things where code = ${code}`;
  return r;
}

export interface OnlineRow {
  kind: string;
  things: number;
  online: number;
}
/** Share of active things with a reading within two of their intervals, by kind (物联设备在线率). */
export function online(db: Db, scope: string[], at: Date, realm: string): Promise<OnlineRow[]> {
  const sql = db as Sql;
  return sql<OnlineRow[]>`
    select kind, count(*)::int as things, count(*) filter (where last > ${at}::timestamptz - make_interval(secs => interval_s * 2))::int as online
    from (select t.kind, t.interval_s, (select max(h.at) from streams s join stream_heads h on h.stream = s.id where s.thing_id = t.id) as last
      from things t where t.realm = ${realm} and t.status = 'active' and ${inScope(sql, 't.unit', scope)}) x group by kind order by kind`.then((r) => [...r]);
}

export async function streamUnit(db: Db, id: string): Promise<{ name: string; unit: string; owner: string } | undefined> {
  const [r] = await (db as Sql)<
    { name: string; unit: string; owner: string }[]
  >`select t.name || ' ' || s.name as name, s.unit, t.unit as owner from streams s join things t on t.id = s.thing_id where s.id = ${id}`;
  return r;
}
/** Last values, by unit and kind of device: what maps and walls show at once. */
export function latest(
  db: Db,
  q: { scope: string[]; realm: string; limit: number; profile?: string | undefined; stream?: string | undefined },
): Promise<{ stream: string; thing: string; at: Date; value: number | null }[]> {
  const sql = db as Sql;
  return sql<{ stream: string; thing: string; at: Date; value: number | null }[]>`
    select h.stream::text, t.code || '/' || s.code as thing, h.at, h.num as value from things t join streams s on s.thing_id = t.id join stream_heads h on h.stream = s.id
    where t.realm = ${q.realm} and t.status <> 'retired' and ${inScope(sql, 't.unit', q.scope)} ${q.profile ? sql`and t.profile = ${q.profile}` : sql``} ${q.stream ? sql`and s.code = ${q.stream}` : sql``}
    limit ${q.limit}`.then((r) => [...r]);
}
export const raw = (db: Db, id: string, from: string, to: string, limit: number) =>
  (db as Sql)<
    { at: Date; value: number | null; min: number | null; max: number | null; n: number; quality: number | null }[]
  >`select at, num as value, num as min, num as max, 1 as n, quality::int from observations where stream = ${id} and at >= ${from} and at < ${to} order by at limit ${limit}`.then(
    (r) => [...r],
  );
export const hours = (db: Db, id: string, from: string, to: string, every: 'hour' | 'day', limit: number) =>
  (db as Sql)<{ at: Date; value: number | null; min: number | null; max: number | null; n: number; quality: number | null }[]>`
    select case when ${every} = 'day' then date_trunc('day', hour at time zone 'Asia/Shanghai') at time zone 'Asia/Shanghai' else hour end as at,
      sum(sum) / nullif(sum(n), 0) as value, min(min) as min, max(max) as max, sum(n)::int as n, null::int as quality
    from stream_hours where stream = ${id} and hour >= ${from} and hour < ${to} group by 1 order by 1 limit ${limit}`.then((r) => [...r]);

/** Recomputes the hourly rollups of touched pairs from the readings themselves. */
export const rollHours = (tx: Db, streams: string[], hourList: Date[]) =>
  (tx as Sql)`
    insert into stream_hours as h (stream, hour, n, sum, min, max, first, last)
    select p.stream, p.hour, coalesce(o.n, 0), o.sum, o.min, o.max, o.first, o.last
    from (select distinct stream, hour from unnest(${streams}::bigint[], ${hourList.map((h) => h.toISOString())}::timestamptz[]) as x (stream, hour)) p
    cross join lateral (
      select count(num)::int as n, sum(num) as sum, min(num) as min, max(num) as max, (array_agg(num order by at) filter (where num is not null))[1] as first,
        (array_agg(num order by at desc) filter (where num is not null))[1] as last
      from observations where stream = p.stream and at >= p.hour and at < p.hour + interval '1 hour' and quality < 2) o
    on conflict (stream, hour) do update set n = excluded.n, sum = excluded.sum, min = excluded.min, max = excluded.max, first = excluded.first, last = excluded.last,
      revision = h.revision + case when (h.n, h.sum, h.min, h.max) is distinct from (excluded.n, excluded.sum, excluded.min, excluded.max) then 1 else 0 end`;

/** Deletes hours before an instant in small steps, so that no writer waits; gives how many. */
export async function forgetHours(db: Sql, before: Date): Promise<number> {
  for (let total = 0; ;) {
    const { count } = await db`delete from stream_hours h using (select stream, hour from stream_hours where hour < ${before} limit 5000 for update skip locked) o
      where h.stream = o.stream and h.hour = o.hour`;
    total += count;
    if (count < 5000) return total;
  }
}

export const flushHeads = (db: Db, rows: { stream: string; at: Date; kind: number; num: number | null; txt: string | null }[], now: Date) =>
  (db as Sql)`insert into stream_heads as h (stream, at, num, txt, received_at, kind)
    select s, a, n, t, ${now}, k from unnest(${rows.map((r) => r.stream)}::bigint[], ${rows.map((r) => r.at.toISOString())}::timestamptz[], ${rows.map((r) => r.num)}::float8[], ${rows.map((r) => r.txt)}::text[], ${rows.map((r) => r.kind)}::smallint[]) as x (s, a, n, t, k)
    on conflict (stream) do update set at = excluded.at, num = excluded.num, txt = excluded.txt, kind = excluded.kind, received_at = excluded.received_at where h.at <= excluded.at`;

/** Heads that the flush had not reached when the process died, from the groups committed since. */
export const healHeads = (db: Db) =>
  (db as Sql)`insert into stream_heads as h (stream, at, num, txt, received_at, kind)
    select distinct on (o.stream) o.stream, o.at, o.num, o.txt, clock_timestamp(), o.kind
    from (select distinct s from ingest_batches b, unnest(b.streams) s where b.received_at > coalesce((select max(received_at) from stream_heads), '-infinity') - interval '1 minute') t (s)
    cross join lateral (select * from observations where stream = t.s order by at desc limit 1) o
    order by o.stream, o.at desc
    on conflict (stream) do update set at = excluded.at, num = excluded.num, txt = excluded.txt, kind = excluded.kind where h.at <= excluded.at`;

export const quarantine = (db: Db) =>
  (db as Sql)<
    { id: string; stream: string | null; reading: { at?: string; value?: unknown }; reason: string; source: string; receivedAt: Date }[]
  >`select id::text, stream::text, reading, reason, source, received_at as "receivedAt" from quarantine where released_at is null order by id desc limit 200`.then((r) => [...r]);
export const putAside = (db: Db, rows: { stream: string | null; reading: unknown; reason: string; source: string }[]) =>
  (db as Sql)`insert into quarantine ${(db as Sql)(rows.map((r) => ({ ...r, reading: (db as Sql).json(r.reading as never) })) as never)}`;
export async function takeAside(tx: Tx, id: string, by: string, at: Date): Promise<{ stream: string | null; reading: { at?: string; value?: unknown } } | undefined> {
  const [r] = await tx<
    { stream: string | null; reading: { at?: string; value?: unknown } }[]
  >`update quarantine set released_at = ${at}, released_by = ${by} where id = ${id} and released_at is null returning stream::text, reading`;
  return r;
}
export const addCredential = (tx: Tx, login: string, hash: string, unit: string) =>
  tx`insert into device_credentials (login, secret_hash, unit) values (${login}, ${hash}, ${unit}) on conflict do nothing returning login`;
export async function credential(db: Db, login: string): Promise<{ secretHash: string; unit: string } | undefined> {
  const [r] = await (db as Sql)<{ secretHash: string; unit: string }[]>`select secret_hash as "secretHash", unit from device_credentials where login = ${login} and active`;
  return r;
}

/** Drops the notes of groups a week old that every follower has read, also those that follow by their own query. */
export const forgetBatches = (db: Db, followers: string[]) =>
  (db as Sql)`delete from ingest_batches b where received_at < clock_timestamp() - interval '7 days'
    and not exists (select 1 from cursors c where (c.name = any(${followers}) or c.name like '%readings%' or c.name like '%indicator%') and (c.tx, c.position) < (b.tx, b.id))`;
