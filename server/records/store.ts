// All SQL of records: entries, every version of them, evidence, and the numbers over them.
import type { Data } from '#core/records/entry.ts';
import type { Text } from '#core/contract.ts';
import type { Db, Sql, Tx } from '../platform/db.ts';
import { inScope } from '../people/scope.ts';

export interface RecordRow {
  id: string;
  ledger: string;
  unit: string;
  unitName: Text;
  happenedAt: Date;
  data: Data;
  status: 'valid' | 'void';
  voidReason: string | null;
  origin: string | null;
  by: string;
  enteredAt: Date;
  changedAt: Date;
  files: number;
  version: number;
  packVersion: string;
  key: string;
  realm: string;
}
const columns = (sql: Sql) => sql`r.id, r.ledger, r.realm, r.unit, u.name as "unitName", r.happened_at as "happenedAt", r.data, r.status, r.void_reason as "voidReason", r.origin,
  coalesce(a.post_name, r.by) as by, r.entered_at as "enteredAt", r.changed_at as "changedAt", r.version, r.pack_version as "packVersion", r.happened_at::text as key,
  (select count(*)::int from record_files f where f.record_id = r.id) as files`;
const joined = (sql: Sql) => sql`records r join units u on u.path = r.unit left join accounts a on r.by = 'account:' || a.id::text`;

export interface Filter {
  realm: string;
  ledger: string;
  scope: string[];
  from?: Date | undefined;
  to?: Date | undefined;
  unit?: string | undefined;
  units?: string[] | undefined;
  withVoid?: boolean | undefined;
  limit: number;
  after?: { key: string; id: string } | undefined;
}
export const list = (db: Db, f: Filter): Promise<RecordRow[]> => {
  const sql = db as Sql;
  return sql<RecordRow[]>`select ${columns(sql)} from ${joined(sql)}
    where r.realm = ${f.realm} and r.ledger = ${f.ledger} and ${inScope(sql, 'r.unit', f.scope)} ${f.withVoid ? sql`` : sql`and r.status = 'valid'`}
      ${f.from ? sql`and r.happened_at >= ${f.from}` : sql``} ${f.to ? sql`and r.happened_at < ${f.to}` : sql``} ${f.unit ? sql`and ${inScope(sql, 'r.unit', [f.unit])}` : sql``} ${f.units ? sql`and ${inScope(sql, 'r.unit', f.units)}` : sql``}
      ${f.after ? sql`and (r.happened_at, r.id) < (${f.after.key}::timestamptz, ${f.after.id})` : sql``}
    order by r.happened_at desc, r.id desc limit ${f.limit}`.then((r) => [...r]);
};

/** One entry by id, locked when about to change; undefined when there is none in these units. */
export async function read(db: Db, id: string, realm: string, scope: string[], lock = false): Promise<RecordRow | undefined> {
  const sql = db as Sql;
  const [row] = await sql<
    RecordRow[]
  >`select ${columns(sql)} from ${joined(sql)} where r.id = ${id} and r.realm = ${realm} and ${inScope(sql, 'r.unit', scope)} ${lock ? sql`for update of r` : sql``}`;
  return row;
}

export const versions = (db: Db, id: string) =>
  (db as Sql)<{ version: number; data: Data; reason: string | null; by: string; at: Date }[]>`select v.version, v.data, v.reason, coalesce(a.post_name, v.by) as by, v.at
    from record_versions v left join accounts a on v.by = 'account:' || a.id::text where v.record_id = ${id} order by v.version`.then((r) => [...r]);

/** Adds an entry; false when its origin is already entered in this ledger. */
export async function insert(
  tx: Tx,
  r: { id: string; realm: string; ledger: string; unit: string; happenedAt: Date; data: Data; packVersion: string; origin: string | null; by: string; at: Date },
): Promise<boolean> {
  const done = await tx`insert into records (id, realm, ledger, unit, happened_at, data, pack_version, origin, by, entered_at, changed_at, version)
    values (${r.id}, ${r.realm}, ${r.ledger}, ${r.unit}, ${r.happenedAt}, ${tx.json(r.data as never)}, ${r.packVersion}, ${r.origin}, ${r.by}, ${r.at}, ${r.at}, 1)
    on conflict (ledger, origin) where origin is not null and status = 'valid' do nothing returning id`;
  if (done.length) await addVersion(tx, { ...r, version: 1, reason: null });
  return done.length > 0;
}
const addVersion = (tx: Tx, r: { id: string; version: number; happenedAt: Date; unit: string; data: Data; reason: string | null; by: string; at: Date }) =>
  tx`insert into record_versions (record_id, version, happened_at, unit, data, reason, by, at) values (${r.id}, ${r.version}, ${r.happenedAt}, ${r.unit}, ${tx.json(r.data as never)}, ${r.reason}, ${r.by}, ${r.at})`;

export async function amend(
  tx: Tx,
  r: { id: string; version: number; happenedAt: Date; unit: string; data: Data; packVersion: string; reason: string; by: string; at: Date },
): Promise<void> {
  await tx`update records set happened_at = ${r.happenedAt}, data = ${tx.json(r.data as never)}, pack_version = ${r.packVersion}, changed_at = ${r.at}, version = ${r.version} where id = ${r.id}`;
  await addVersion(tx, r);
}
export async function setVoid(tx: Tx, r: { id: string; version: number; happenedAt: Date; unit: string; data: Data; reason: string; by: string; at: Date }): Promise<void> {
  await tx`update records set status = 'void', void_reason = ${r.reason}, changed_at = ${r.at}, version = ${r.version} where id = ${r.id}`;
  await addVersion(tx, { ...r, reason: `作废：${r.reason}` });
}

export async function addFile(tx: Tx, f: { recordId: string; sha256: string; size: number; name: string; type: string; by: string; at: Date }): Promise<void> {
  await tx`insert into files (sha256, size) values (${f.sha256}, ${f.size}) on conflict do nothing`;
  await tx`insert into record_files (record_id, sha256, name, type, by, at) values (${f.recordId}, ${f.sha256}, ${f.name}, ${f.type}, ${f.by}, ${f.at}) on conflict do nothing`;
}
export const files = (db: Db, id: string) =>
  (db as Sql)<{ sha256: string; name: string; type: string; size: number; by: string; at: Date }[]>`
    select f.sha256, f.name, f.type, s.size::float8 as size, coalesce(a.post_name, f.by) as by, f.at from record_files f join files s on s.sha256 = f.sha256
    left join accounts a on f.by = 'account:' || a.id::text where f.record_id = ${id} order by f.at, f.name`.then((r) => [...r]);

export const summary = async (db: Db, realm: string, scope: string[], from: Date): Promise<Map<string, { entries: number; lastAt: Date | null }>> => {
  const sql = db as Sql;
  const rows = await sql<
    { ledger: string; entries: number; lastAt: Date | null }[]
  >`select ledger, count(*) filter (where happened_at >= ${from})::int as entries, max(happened_at) as "lastAt"
    from records r where realm = ${realm} and status = 'valid' and ${inScope(sql, 'r.unit', scope)} group by ledger`;
  return new Map(rows.map((r) => [r.ledger, { entries: r.entries, lastAt: r.lastAt }]));
};

/** What an indicator over a ledger needs, in one row: count, distinct local days, and sum/average/maximum of a numeric field. */
export async function aggregate(
  db: Db,
  q: { realm: string; ledger: string; field?: string | undefined; from: Date; to: Date; units: string[] },
): Promise<{ count: number; days: number; numbers: number; sum: number | null; avg: number | null; max: number | null }> {
  const sql = db as Sql;
  const value = q.field === undefined ? sql`null::float8` : sql`case when jsonb_typeof(r.data -> ${q.field}) = 'number' then (r.data ->> ${q.field})::float8 end`;
  const [row] = await sql<{ count: number; days: number; numbers: number; sum: number | null; avg: number | null; max: number | null }[]>`
    select count(*)::int as count, count(distinct (happened_at at time zone 'Asia/Shanghai')::date)::int as days, count(v)::int as numbers, sum(v)::float8 as sum, avg(v)::float8 as avg, max(v)::float8 as max
    from (select r.happened_at, ${value} as v from records r where r.realm = ${q.realm} and r.ledger = ${q.ledger} and r.status = 'valid' and r.happened_at >= ${q.from} and r.happened_at < ${q.to}
      and ${inScope(sql, 'r.unit', q.units)}) x`;
  return row!;
}
