// All SQL of probes.
import type { ProbeExpect, ProbeKind, ProbeLast } from '#core/signals/probe.ts';
import { inScope } from '../../people/scope.ts';
import type { Db, Sql, Tx } from '../../platform/db.ts';

export interface ProbeRow {
  id: string;
  thing: string;
  thingId: string;
  thingName: string;
  unit: string;
  realm: string;
  kind: ProbeKind;
  target: string;
  place: string;
  intervalS: number;
  timeoutMs: number;
  expect: ProbeExpect;
  active: boolean;
  nextAt: Date;
  last: ProbeLast | null;
}
const columns = (
  sql: Sql,
) => sql`p.id::text, t.code as thing, t.id::text as "thingId", t.name as "thingName", t.unit, p.realm, p.kind, p.target, p.place, p.interval_s as "intervalS",
  p.timeout_ms as "timeoutMs", p.expect, p.active, p.next_at as "nextAt", p.last`;

export const list = (
  db: Db,
  q: { realm: string; scope: string[]; after: string; limit: number; thing?: string | undefined; place?: string | undefined; state: string },
): Promise<ProbeRow[]> => {
  const sql = db as Sql;
  const state =
    q.state === 'up'
      ? sql`and p.active and p.last ->> 'up' = 'true'`
      : q.state === 'down'
        ? sql`and p.active and p.last ->> 'up' = 'false'`
        : q.state === 'unknown'
          ? sql`and p.active and p.last ->> 'up' is null`
          : q.state === 'paused'
            ? sql`and not p.active`
            : sql``;
  return sql<ProbeRow[]>`
    select ${columns(sql)} from probes p join things t on t.id = p.thing_id where p.realm = ${q.realm} and p.id > ${q.after} and ${inScope(sql, 't.unit', q.scope)}
      ${q.thing ? sql`and t.code = ${q.thing}` : sql``} ${q.place ? sql`and p.place = ${q.place}` : sql``} ${state} order by p.id limit ${q.limit}`.then((r) => [...r]);
};
export async function read(db: Db, id: string): Promise<ProbeRow | undefined> {
  const sql = db as Sql;
  const [r] = await sql<ProbeRow[]>`select ${columns(sql)} from probes p join things t on t.id = p.thing_id where p.id = ${id}`;
  return r;
}
export const add = (
  tx: Tx,
  p: { realm: string; thingId: string; kind: string; target: string; place: string; intervalS: number; timeoutMs: number; expect: ProbeExpect },
): Promise<{ id: string }[]> =>
  tx<{ id: string }[]>`insert into probes (realm, thing_id, kind, target, place, interval_s, timeout_ms, expect)
    values (${p.realm}, ${p.thingId}, ${p.kind}, ${p.target}, ${p.place}, ${p.intervalS}, ${p.timeoutMs}, ${tx.json(p.expect as never)}) on conflict do nothing returning id::text`.then(
    (r) => [...r],
  );
export const change = (
  tx: Tx,
  id: string,
  c: { active?: boolean | undefined; intervalS?: number | undefined; timeoutMs?: number | undefined; expect?: ProbeExpect | undefined },
) => tx<
  { active: boolean }[]
>`update probes set active = coalesce(${c.active ?? null}, active), interval_s = coalesce(${c.intervalS ?? null}, interval_s), timeout_ms = coalesce(${c.timeoutMs ?? null}, timeout_ms),
  expect = coalesce(${c.expect ? tx.json(c.expect as never) : null}, expect), next_at = case when ${c.active === true} or ${c.intervalS !== undefined} then clock_timestamp() else next_at end where id = ${id} returning active`;
export const remove = (tx: Tx, id: string) => tx`delete from probes where id = ${id} returning id`;
export const soon = (db: Db, id: string) => (db as Sql)`update probes set next_at = clock_timestamp() where id = ${id}`;

/**
 * Takes probes of a place that are due and sets when they are due again: its interval, spread by up to a tenth so that a thousand do not
 * go out together. A place that died in the middle looks again one interval later.
 */
export const due = (db: Db, place: string, limit: number): Promise<ProbeRow[]> => {
  const sql = db as Sql;
  return sql<ProbeRow[]>`
    with taken as (
      update probes set next_at = clock_timestamp() + make_interval(secs => interval_s * (0.95 + random() * 0.1))
      where id in (select id from probes where active and place = ${place} and next_at <= clock_timestamp() order by next_at limit ${limit} for update skip locked) returning id)
    select ${columns(sql)} from probes p join things t on t.id = p.thing_id where p.id in (select id from taken)`.then((r) => [...r]);
};
export const remember = (db: Db, id: string, last: ProbeLast) => (db as Sql)`update probes set last = ${(db as Sql).json(last as never)} where id = ${id}`;

/** Streams of a thing by code; missing ones of the list are made. */
export async function ensureStreams(tx: Tx, thingId: string, list: { code: string; name: string; unit: string; min: number | null; max: number | null }[]): Promise<void> {
  await tx`insert into streams ${tx(list.map((s) => ({ thing_id: thingId, ...s })) as never)} on conflict (thing_id, code) do nothing`;
}
