// All SQL of the Open311 façade: reports with the public side of the cases that answer them.
import type { Db, Sql, Tx } from '../../platform/db.ts';

export interface RequestRow {
  id: string;
  no: string;
  token: string;
  status: 'open' | 'closed' | 'dismissed' | 'merged';
  /** Of the case it was merged into. */
  intoStatus: 'open' | 'closed' | 'dismissed' | 'merged' | null;
  intoNo: string | null;
  flow: string;
  step: string | null;
  packVersion: string;
  service: string;
  matter: string | null;
  description: string;
  reportedAddress: string | null;
  address: string | null;
  lon: number | null;
  lat: number | null;
  openedAt: Date;
  closedAt: Date | null;
  dueAt: Date | null;
  changedAt: Date | null;
  agency: string;
}

const rows = (db: Db, where: ReturnType<Sql>, limit: number, offset: number): Promise<RequestRow[]> => {
  const sql = db as Sql;
  return sql<RequestRow[]>`
    select c.id, c.no, r.token, c.status, m.status as "intoStatus", m.no as "intoNo", c.flow, c.step, c.pack_version as "packVersion", r.service, c.matter, r.description,
      r.address as "reportedAddress", c.address, c.lon, c.lat, c.opened_at as "openedAt", coalesce(c.closed_at, m.closed_at) as "closedAt", c.due_at as "dueAt",
      (select max(f.at) from facts f where f.subject = 'case:' || c.id::text) as "changedAt",
      coalesce((select u.name ->> 'zh' from tasks t join units u on u.path = t.unit where t.case_id = c.id and t.counted and t.state not in ('returned', 'withdrawn') order by t.lead desc, t.offered_at desc limit 1),
        (select u.name ->> 'zh' from units u where u.path = c.owner)) as agency
    from open311_requests r join cases c on c.id = r.case_id left join cases m on m.id = nullif(c.state ->> 'mergedInto', '')::uuid
    where ${where} order by r.created_at desc, c.id desc limit ${limit} offset ${offset}`.then((r) => [...r]);
};

export interface Search {
  jurisdiction: string;
  services: string[];
  from: Date;
  to: Date;
  status: ('open' | 'closed')[];
  limit: number;
  offset: number;
}
/** Reports of a jurisdiction by date, newest first. A case that is not open – done, refused, or merged into one that is – counts as closed. */
export const search = (db: Db, q: Search): Promise<RequestRow[]> => {
  const sql = db as Sql;
  const one = q.status.length === 1 ? q.status[0] : undefined;
  return rows(
    db,
    sql`r.jurisdiction = ${q.jurisdiction} and r.created_at >= ${q.from} and r.created_at <= ${q.to} and c.realm = 'live'
      ${q.services.length ? sql`and coalesce(c.matter, r.service) = any(${q.services})` : sql``}
      ${one === 'open' ? sql`and (c.status = 'open' or (c.status = 'merged' and m.status = 'open'))` : sql``}
      ${one === 'closed' ? sql`and not (c.status = 'open' or (c.status = 'merged' and m.status is not distinct from 'open'))` : sql``}` as never,
    q.limit,
    q.offset,
  );
};
export const byNumbers = (db: Db, jurisdiction: string, numbers: string[], limit: number): Promise<RequestRow[]> =>
  rows(db, (db as Sql)`r.jurisdiction = ${jurisdiction} and c.realm = 'live' and c.no = any(${numbers})` as never, limit, 0);
export async function byToken(db: Db, jurisdiction: string, token: string): Promise<{ no: string; token: string } | undefined> {
  const [r] = await (db as Sql)<
    { no: string; token: string }[]
  >`select c.no, r.token from open311_requests r join cases c on c.id = r.case_id where r.jurisdiction = ${jurisdiction} and r.token = ${token}`;
  return r;
}

/** What was sent before under the same key, newest first; the key is locked for this transaction. */
export async function before(tx: Tx, dedupe: string, since: Date): Promise<{ no: string; token: string; fingerprint: string } | undefined> {
  await tx`select pg_advisory_xact_lock(hashtextextended(${dedupe}, 7315052))`;
  const [r] = await tx<{ no: string; token: string; fingerprint: string }[]>`
    select c.no, r.token, r.fingerprint from open311_requests r join cases c on c.id = r.case_id where r.dedupe = ${dedupe} and r.created_at > ${since} order by r.created_at desc limit 1`;
  return r;
}
export const add = (
  tx: Tx,
  r: {
    caseId: string;
    jurisdiction: string;
    service: string;
    token: string;
    description: string;
    address: string | null;
    mediaUrl: string | null;
    attributes: Record<string, unknown>;
    dedupe: string;
    fingerprint: string;
    at: Date;
  },
) => tx`insert into open311_requests (case_id, jurisdiction, service, token, description, address, media_url, attributes, dedupe, fingerprint, created_at)
  values (${r.caseId}, ${r.jurisdiction}, ${r.service}, ${r.token}, ${r.description}, ${r.address}, ${r.mediaUrl}, ${tx.json(r.attributes as never)}, ${r.dedupe}, ${r.fingerprint}, ${r.at})`;
