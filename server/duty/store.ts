// All SQL of duty: roster, log, handovers.
import type { Text } from '#core/contract.ts';
import type { Sheet } from '#core/duty/contract.ts';
import { inScope } from '../people/scope.ts';
import type { Db, Sql, Tx } from '../platform/db.ts';

export interface ShiftRow {
  id: string;
  unit: string;
  unitName: Text;
  startsAt: Date;
  endsAt: Date;
  leader: { account: string; name: string };
  officers: { account: string; name: string }[];
  note: string;
  version: number;
}

export const shifts = (db: Db, q: { realm: string; scope: string[]; from: Date; to: Date; unit?: string | undefined }): Promise<ShiftRow[]> => {
  const sql = db as Sql;
  return sql<ShiftRow[]>`
    select s.id, s.unit, u.name as "unitName", s.starts_at as "startsAt", s.ends_at as "endsAt", jsonb_build_object('account', l.id, 'name', l.post_name) as leader, s.note, s.version,
      (select jsonb_agg(jsonb_build_object('account', a.id, 'name', a.post_name) order by array_position(s.officers, a.id)) from accounts a where a.id = any(s.officers)) as officers
    from duty_shifts s join units u on u.path = s.unit join accounts l on l.id = s.leader
    where s.realm = ${q.realm} and s.ends_at > ${q.from} and s.starts_at < ${q.to} and ${inScope(sql, 's.unit', q.scope)} ${q.unit ? sql`and s.unit = ${q.unit}` : sql``}
    order by s.starts_at, s.id limit 1000`.then((r) => [...r]);
};
/** Makes planners of one unit take turns. */
export const lockRoster = (tx: Tx, realm: string, unit: string) => tx`select pg_advisory_xact_lock(hashtextextended(${`duty ${realm} ${unit}`}, 0))`;
export const knownAccounts = async (tx: Tx, ids: string[]): Promise<Set<string>> =>
  new Set((await tx<{ id: string }[]>`select id from accounts where active and id = any(${ids})`).map((r) => r.id));
export const addShift = (tx: Tx, s: { id: string; realm: string; unit: string; startsAt: Date; endsAt: Date; leader: string; officers: string[]; note: string }) =>
  tx`insert into duty_shifts (id, realm, unit, starts_at, ends_at, leader, officers, note) values (${s.id}, ${s.realm}, ${s.unit}, ${s.startsAt}, ${s.endsAt}, ${s.leader}, ${s.officers}, ${s.note})`;
export const shiftOf = async (tx: Tx, realm: string, id: string): Promise<{ unit: string; startsAt: Date; version: number } | undefined> =>
  (
    await tx<{ unit: string; startsAt: Date; version: number }[]>`select unit, starts_at as "startsAt", version from duty_shifts where id = ${id} and realm = ${realm} for update`
  )[0];
export const dropShift = (tx: Tx, id: string) => tx`delete from duty_shifts where id = ${id}`;

export interface EntryRow {
  id: string;
  unit: string;
  at: Date;
  happenedAt: Date;
  kind: string;
  text: string;
  by: string;
  caseId: string | null;
  caseNo: string | null;
  corrects: string | null;
  correctedBy: string | null;
  key: string;
}
export interface LogQuery {
  realm: string;
  scope: string[];
  limit: number;
  unit?: string | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
  text?: string | undefined;
  after?: { at: string; id: string } | undefined;
}
export const entries = (db: Db, q: LogQuery): Promise<EntryRow[]> => {
  const sql = db as Sql;
  return sql<EntryRow[]>`
    select e.id, e.unit, e.at, e.happened_at as "happenedAt", e.kind, e.text, coalesce(a.post_name, e.by) as by, e.case_id as "caseId", c.no as "caseNo", e.corrects, x.id as "correctedBy", e.at::text as key
    from duty_entries e left join accounts a on e.by = 'account:' || a.id::text left join cases c on c.id = e.case_id left join duty_entries x on x.corrects = e.id
    where e.realm = ${q.realm} and ${inScope(sql, 'e.unit', q.scope)} ${q.unit ? sql`and e.unit = ${q.unit}` : sql``} ${q.from ? sql`and e.at > ${q.from}` : sql``} ${q.to ? sql`and e.at <= ${q.to}` : sql``}
      ${q.text ? sql`and e.text ilike ${`%${q.text.replace(/[\\%_]/g, '\\$&')}%`}` : sql``}
      ${q.after ? sql`and (e.at, e.id) < (${q.after.at}::timestamptz, ${q.after.id})` : sql``}
    order by e.at desc, e.id desc limit ${q.limit}`.then((r) => [...r]);
};
export const entry = async (tx: Tx, realm: string, id: string): Promise<{ unit: string; corrected: boolean } | undefined> =>
  (
    await tx<
      { unit: string; corrected: boolean }[]
    >`select unit, exists (select 1 from duty_entries x where x.corrects = e.id) as corrected from duty_entries e where id = ${id} and realm = ${realm}`
  )[0];
export const addEntry = (
  tx: Tx,
  e: { id: string; realm: string; unit: string; at: Date; happenedAt: Date; kind: string; text: string; by: string; caseId: string | null; corrects: string | null },
) =>
  tx`insert into duty_entries (id, realm, unit, at, happened_at, kind, text, by, case_id, corrects) values (${e.id}, ${e.realm}, ${e.unit}, ${e.at}, ${e.happenedAt}, ${e.kind}, ${e.text}, ${e.by}, ${e.caseId}, ${e.corrects})`;

export interface HandoverRow {
  id: string;
  unit: string;
  from: Date;
  to: Date;
  status: 'offered' | 'accepted';
  remarks: string;
  givenBy: string;
  givenAt: Date;
  takenBy: string | null;
  takenAt: Date | null;
  takenRemarks: string | null;
  version: number;
  sheet: Sheet;
  key: string;
}
export const handovers = (
  db: Db,
  q: {
    realm: string;
    scope: string[];
    limit: number;
    unit?: string | undefined;
    id?: string | undefined;
    status?: string | undefined;
    after?: { at: string; id: string } | undefined;
  },
): Promise<HandoverRow[]> => {
  const sql = db as Sql;
  return sql<HandoverRow[]>`
    select h.id, h.unit, h.from_at as "from", h.to_at as "to", h.status, h.remarks, g.post_name as "givenBy", h.given_at as "givenAt", t.post_name as "takenBy", h.taken_at as "takenAt", h.taken_remarks as "takenRemarks",
      h.version, ${q.id ? sql`h.sheet` : sql`null`} as sheet, h.given_at::text as key
    from duty_handovers h join accounts g on g.id = h.given_by left join accounts t on t.id = h.taken_by
    where h.realm = ${q.realm} and ${inScope(sql, 'h.unit', q.scope)} ${q.unit ? sql`and h.unit = ${q.unit}` : sql``} ${q.id ? sql`and h.id = ${q.id}` : sql``} ${q.status ? sql`and h.status = ${q.status}` : sql``}
      ${q.after ? sql`and (h.given_at, h.id) < (${q.after.at}::timestamptz, ${q.after.id})` : sql``}
    order by h.given_at desc, h.id desc limit ${q.limit}`.then((r) => [...r]);
};
/** Until when the last handover of a unit told its story: the next begins there, so that nothing falls between. */
export const lastHandover = async (db: Db, realm: string, unit: string): Promise<Date | undefined> =>
  (await (db as Sql)<{ to: Date }[]>`select to_at as "to" from duty_handovers where realm = ${realm} and unit = ${unit} order by to_at desc limit 1`)[0]?.to;
export const addHandover = (tx: Tx, h: { id: string; realm: string; unit: string; from: Date; to: Date; sheet: Sheet; remarks: string; givenBy: string; at: Date }) =>
  tx`insert into duty_handovers (id, realm, unit, from_at, to_at, status, sheet, remarks, given_by, given_at) values (${h.id}, ${h.realm}, ${h.unit}, ${h.from}, ${h.to}, 'offered', ${tx.json(h.sheet as never)}, ${h.remarks}, ${h.givenBy}, ${h.at})`;
export const lockHandover = async (tx: Tx, realm: string, id: string): Promise<{ unit: string; status: string; version: number; givenBy: string } | undefined> =>
  (
    await tx<
      { unit: string; status: string; version: number; givenBy: string }[]
    >`select unit, status, version, given_by as "givenBy" from duty_handovers where id = ${id} and realm = ${realm} for update`
  )[0];
export const takeHandover = (tx: Tx, h: { id: string; by: string; at: Date; remarks: string }) =>
  tx`update duty_handovers set status = 'accepted', taken_by = ${h.by}, taken_at = ${h.at}, taken_remarks = ${h.remarks}, version = version + 1 where id = ${h.id}`;

/** Warnings raised and ended within a span, by their facts. */
export const warningsOf = async (db: Db, realm: string, scope: string[], from: Date, to: Date): Promise<{ raised: number; ended: number }> => {
  const sql = db as Sql;
  const [r] = await sql<{ raised: number; ended: number }[]>`
    select count(*) filter (where f.kind = 'warning.raised')::int as raised, count(*) filter (where f.kind in ('warning.closed', 'warning.recovered', 'warning.false-alarm'))::int as ended
    from facts f where f.realm = ${realm} and f.at > ${from} and f.at <= ${to} and f.kind like 'warning.%' and (f.unit is null or ${inScope(sql, 'f.unit', scope)})`;
  return r!;
};
export const unitExists = async (db: Db, path: string): Promise<boolean> => (await (db as Sql)`select 1 from units where path = ${path} and active`).length > 0;
