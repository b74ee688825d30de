// All SQL of evaluation: what units did in a period, survey requests and answers, bindings and ratings of targets.
import type { Text } from '#core/contract.ts';
import type { CountName, Counts } from '#core/evaluation/rates.ts';
import type { RatingGrade } from '#core/evaluation/targets.ts';
import type { Db, Sql, Tx } from '../platform/db.ts';
import { inScope } from '../people/scope.ts';

export interface Period {
  realm: string;
  from: Date;
  to: Date;
  /** Domain time now: an unfinished period ends here. */
  at: Date;
  flow?: string | undefined;
  scope: string[];
}

/** When a share must be done as a whole; the row of an open one holds only its nearest limit. */
const wholeDue = (sql: Sql) => sql`case when t.done_at is not null then t.due_at else
    (select max((l ->> 'due')::timestamptz) from jsonb_array_elements(c.state -> 'tasks') x, jsonb_array_elements(x -> 'limits') l where x ->> 'id' = t.id::text and l ->> 'kind' = 'step') end`;
/** Counted shares that touch the period, each with what decides its counts; the definitions are in core/evaluation/rates.ts. */
const shares = (sql: Sql, p: Period, unit?: string) => {
  const end = p.at < p.to ? p.at : p.to;
  return sql`
  select t.*, c.no, c.title as case_title,
    t.offered_at >= ${p.from} and t.offered_at < ${end} as is_offered,
    t.done_at >= ${p.from} and t.done_at < ${end} as is_done,
    (t.done_at is null or t.done_at >= ${end}) and not t.returned and t.state <> 'paused' and c.status in ('open', 'closed') and w.due >= ${p.from} and w.due < ${end} as is_overdue,
    w.due as whole_due
  from tasks t join cases c on c.id = t.case_id
  cross join lateral (select ${wholeDue(sql)} as due) w
  where t.realm = ${p.realm} and t.counted and t.state <> 'withdrawn' and t.offered_at < ${end} and (t.offered_at >= ${p.from} or t.done_at is null or t.done_at >= ${p.from})
    ${p.flow ? sql`and t.flow = ${p.flow}` : sql``} and ${inScope(sql, 't.unit', p.scope)} ${unit === undefined ? sql`` : sql`and t.unit = ${unit}`}`;
};
const ackDue = (sql: Sql, p: Period) =>
  sql`is_offered and ack_due is not null and not (returned and accepted_at is null) and (accepted_at is not null or ack_due <= ${p.at < p.to ? p.at : p.to})`;

/** Counts of every unit that had shares in the period, in the order of the organisation. */
export function unitCounts(db: Db, p: Period): Promise<(Counts & { unit: string; unitName: Text; kind: string })[]> {
  const sql = db as Sql;
  return sql<(Counts & { unit: string; unitName: Text; kind: string })[]>`
    with s as (${shares(sql, p)})
    select s.unit, u.name as "unitName", u.kind,
      count(*) filter (where is_offered)::int as offered,
      count(*) filter (where ${ackDue(sql, p)})::int as "ackDue",
      count(*) filter (where ${ackDue(sql, p)} and accepted_at is not null and ack_late is not true)::int as "ackInTime",
      count(*) filter (where is_done or is_overdue)::int as "needDone",
      count(*) filter (where is_done)::int as done,
      count(*) filter (where is_done and late is not true)::int as "doneInTime",
      count(*) filter (where is_overdue)::int as "overdueOpen",
      count(*) filter (where state = 'paused')::int as deferred,
      count(*) filter (where is_done and reworks > 0)::int as reworked,
      count(*) filter (where is_offered and returned)::int as returned,
      coalesce(sum(extract(epoch from done_at - accepted_at) / 3600) filter (where is_done and accepted_at is not null), 0)::float8 as "handleHours",
      count(*) filter (where is_done and accepted_at is not null)::int as timed
    from s join units u on u.path = s.unit group by s.unit, u.name, u.kind order by s.unit`.then((r) => [...r]);
}

export interface Share {
  caseId: string;
  no: string;
  title: string;
  task: string;
  state: string;
  offeredAt: Date;
  acceptedAt: Date | null;
  dueAt: Date | null;
  doneAt: Date | null;
  late: boolean | null;
}
/** The shares behind one count of one unit; exactly as many as the count says (up to `limit`). */
export function unitShares(db: Db, p: Period, unit: string, count: CountName, limit: number): Promise<Share[]> {
  const sql = db as Sql;
  const where = {
    offered: sql`is_offered`,
    ackDue: ackDue(sql, p),
    ackInTime: sql`${ackDue(sql, p)} and accepted_at is not null and ack_late is not true`,
    needDone: sql`is_done or is_overdue`,
    done: sql`is_done`,
    doneInTime: sql`is_done and late is not true`,
    overdueOpen: sql`is_overdue`,
    deferred: sql`state = 'paused'`,
    reworked: sql`is_done and reworks > 0`,
    returned: sql`is_offered and returned`,
  }[count];
  return sql<Share[]>`with s as (${shares(sql, p, unit)})
    select case_id as "caseId", no, case_title || ' · ' || title as title, id as task, state, offered_at as "offeredAt", accepted_at as "acceptedAt", whole_due as "dueAt", done_at as "doneAt", late
    from s where ${where} order by offered_at, id limit ${limit}`.then((r) => [...r]);
}

// Surveys

export interface RequestRow {
  id: string;
  realm: string;
  survey: string;
  packVersion: string;
  subject: string;
  title: string;
  unit: string;
  unitName: Text;
  askedAt: Date;
  expiresAt: Date;
  answeredAt: Date | null;
  via: 'link' | 'follow-up' | null;
  rating: number | null;
  key: string;
}
const requestColumns = (sql: Sql) =>
  sql`r.id, r.realm, r.survey, r.pack_version as "packVersion", r.subject, r.title, r.unit, u.name as "unitName", r.asked_at as "askedAt", r.expires_at as "expiresAt", r.answered_at as "answeredAt", r.via, r.rating, r.asked_at::text as key`;

/** Asks once for each subject; asking again changes nothing. */
export async function ask(
  tx: Tx,
  r: { id: string; realm: string; survey: string; packVersion: string; subject: string; title: string; unit: string; askedAt: Date; expiresAt: Date },
): Promise<boolean> {
  const done = await tx`insert into survey_requests (id, realm, survey, pack_version, subject, title, unit, asked_at, expires_at)
    values (${r.id}, ${r.realm}, ${r.survey}, ${r.packVersion}, ${r.subject}, ${r.title}, ${r.unit}, ${r.askedAt}, ${r.expiresAt}) on conflict (realm, survey, subject) do nothing returning id`;
  return done.length > 0;
}
export async function request(
  db: Db,
  by: { id: string; scope: string[]; realm: string } | { token: Buffer } | { subject: string; survey: string; realm: string },
  lock = false,
): Promise<RequestRow | undefined> {
  const sql = db as Sql;
  const where =
    'token' in by
      ? sql`r.token_hash = ${by.token}`
      : 'id' in by
        ? sql`r.id = ${by.id} and r.realm = ${by.realm} and ${inScope(sql, 'r.unit', by.scope)}`
        : sql`r.subject = ${by.subject} and r.survey = ${by.survey} and r.realm = ${by.realm}`;
  const [row] = await sql<RequestRow[]>`select ${requestColumns(sql)} from survey_requests r join units u on u.path = r.unit where ${where} ${lock ? sql`for update of r` : sql``}`;
  return row;
}
export const setToken = (tx: Tx, id: string, hash: Buffer, expiresAt: Date) => tx`update survey_requests set token_hash = ${hash}, expires_at = ${expiresAt} where id = ${id}`;
export const setAnswer = (tx: Tx, a: { id: string; at: Date; via: 'link' | 'follow-up'; rating: number; data: Record<string, unknown> }) =>
  tx`update survey_requests set answered_at = ${a.at}, via = ${a.via}, rating = ${a.rating}, data = ${tx.json(a.data as never)} where id = ${a.id} and answered_at is null`;
export function requests(
  db: Db,
  q: {
    realm: string;
    survey: string;
    scope: string[];
    state: 'answered' | 'waiting' | 'all';
    limit: number;
    after?: { key: string; id: string } | undefined;
    from?: Date;
    to?: Date;
    by?: 'asked' | 'answered';
    unit?: string;
  },
): Promise<RequestRow[]> {
  const sql = db as Sql;
  return sql<RequestRow[]>`select ${requestColumns(sql)} from survey_requests r join units u on u.path = r.unit
    where r.realm = ${q.realm} and r.survey = ${q.survey} and ${inScope(sql, 'r.unit', q.scope)} ${q.unit === undefined ? sql`` : sql`and ${inScope(sql, 'r.unit', [q.unit])}`}
      ${q.state === 'all' ? sql`` : q.state === 'answered' ? sql`and r.answered_at is not null` : sql`and r.answered_at is null`}
      ${q.from && q.to ? (q.by === 'answered' ? sql`and r.answered_at >= ${q.from} and r.answered_at < ${q.to}` : sql`and r.asked_at >= ${q.from} and r.asked_at < ${q.to}`) : sql``}
      ${q.after ? sql`and (r.asked_at, r.id) < (${q.after.key}::timestamptz, ${q.after.id})` : sql``}
    order by r.asked_at desc, r.id desc limit ${q.limit}`.then((r) => [...r]);
}
export interface SurveyCounts {
  asked: number;
  askedUnrated: number;
  answered: number;
  satisfied: number;
  mean: number | null;
}
/** Asked in the period, and answered in the period (whenever asked); unrated are those asked in the period without an answer. */
export async function surveyCounts(db: Db, q: { realm: string; survey: string; satisfiedFrom: number; from: Date; to: Date; units: string[] }): Promise<SurveyCounts> {
  const sql = db as Sql;
  const [row] = await sql<SurveyCounts[]>`select
      count(*) filter (where asked_at >= ${q.from} and asked_at < ${q.to})::int as asked,
      count(*) filter (where asked_at >= ${q.from} and asked_at < ${q.to} and answered_at is null)::int as "askedUnrated",
      count(*) filter (where answered_at >= ${q.from} and answered_at < ${q.to})::int as answered,
      count(*) filter (where answered_at >= ${q.from} and answered_at < ${q.to} and rating >= ${q.satisfiedFrom})::int as satisfied,
      (avg(rating) filter (where answered_at >= ${q.from} and answered_at < ${q.to}))::float8 as mean
    from survey_requests r where realm = ${q.realm} and survey = ${q.survey} and ${inScope(sql, 'r.unit', q.units)}`;
  return row!;
}
export const spread = async (db: Db, q: { realm: string; survey: string; from: Date; to: Date; units: string[] }): Promise<Record<string, number>> => {
  const sql = db as Sql;
  const rows = await sql<
    { rating: number; n: number }[]
  >`select rating, count(*)::int as n from survey_requests r where realm = ${q.realm} and survey = ${q.survey} and answered_at >= ${q.from} and answered_at < ${q.to} and ${inScope(sql, 'r.unit', q.units)} group by rating order by rating`;
  return Object.fromEntries(rows.map((r) => [String(r.rating), r.n]));
};

// Targets

export interface BindingRow {
  target: string;
  indicator: string;
  unit: string;
  reason: string;
  by: string;
  at: Date;
}
export const bindings = async (db: Db): Promise<Map<string, BindingRow>> => {
  const rows = await (db as Sql)<
    BindingRow[]
  >`select b.target, b.indicator, b.unit, b.reason, coalesce(a.post_name, b.by) as by, b.at from target_bindings b left join accounts a on b.by = 'account:' || a.id::text`;
  return new Map(rows.map((r) => [r.target, r]));
};
export const setBinding = (tx: Tx, b: BindingRow) =>
  tx`insert into target_bindings ${tx(b as never)} on conflict (target) do update set indicator = excluded.indicator, unit = excluded.unit, reason = excluded.reason, by = excluded.by, at = excluded.at`;
export const dropBinding = async (tx: Tx, target: string): Promise<boolean> => (await tx`delete from target_bindings where target = ${target} returning target`).length > 0;

export interface RatingRow {
  target: string;
  grade: RatingGrade;
  score: number;
  reason: string;
  evidence: string[];
  by: string;
  at: Date;
}
export const ratings = (db: Db, realm: string, target?: string): Promise<RatingRow[]> => {
  const sql = db as Sql;
  return sql<
    RatingRow[]
  >`select r.target, r.grade, r.score, r.reason, r.evidence, coalesce(a.post_name, r.by) as by, r.at from target_ratings r left join accounts a on r.by = 'account:' || a.id::text
    where r.realm = ${realm} ${target === undefined ? sql`` : sql`and r.target = ${target}`} order by r.at desc, r.id desc limit 1000`.then((r) => [...r]);
};
export const addRating = (tx: Tx, r: RatingRow & { id: string; realm: string }) =>
  tx`insert into target_ratings (id, realm, target, grade, score, reason, evidence, by, at) values (${r.id}, ${r.realm}, ${r.target}, ${r.grade}, ${r.score}, ${r.reason}, ${tx.json(r.evidence)}, ${r.by}, ${r.at})`;
export const isDemo = async (db: Db): Promise<boolean> => Boolean((await (db as Sql)<{ value: boolean }[]>`select value from installation where key = 'demo'`)[0]?.value);

// What indicators over cases are made of: cases begun in the window and their counted shares, of one unit with all below it.

export interface CaseFilter {
  realm: string;
  from: Date;
  to: Date;
  at: Date;
  unit: string;
  flow?: string | undefined;
  matter?: string | undefined;
  sector?: string | undefined;
  source?: string | undefined;
  level?: number | undefined;
}
const begun = (
  sql: Sql,
  f: CaseFilter,
) => sql`c.realm = ${f.realm} and c.opened_at >= ${f.from} and c.opened_at < ${f.to} and exists (select 1 from case_access a where a.case_id = c.id and ${inScope(sql, 'a.unit', [f.unit])})
  ${f.flow ? sql`and c.flow = ${f.flow}` : sql``} ${f.matter ? sql`and c.matter = ${f.matter}` : sql``} ${f.sector ? sql`and c.sector = ${f.sector}` : sql``} ${f.source ? sql`and c.source = ${f.source}` : sql``} ${f.level ? sql`and c.level <= ${f.level}` : sql``}`;
export interface CaseCounts {
  opened: number;
  filed: number;
  dismissed: number;
  closed: number;
  forced: number;
  open: number;
  overdueOpen: number;
  evaluated: number;
  satisfied: number;
}
export async function caseCounts(db: Db, f: CaseFilter): Promise<CaseCounts> {
  const sql = db as Sql;
  const [row] = await sql<
    CaseCounts[]
  >`select count(*)::int as opened, count(*) filter (where filed_at is not null)::int as filed, count(*) filter (where status = 'dismissed')::int as dismissed,
      count(*) filter (where status = 'closed')::int as closed, count(*) filter (where forced)::int as forced, count(*) filter (where status = 'open')::int as open,
      count(*) filter (where status = 'open' and due_at < ${f.at})::int as "overdueOpen", count(*) filter (where satisfaction is not null)::int as evaluated, count(*) filter (where satisfaction >= 4)::int as satisfied
    from cases c where ${begun(sql, f)} and c.status <> 'merged'`;
  return row!;
}
export interface TaskCounts {
  tasks: number;
  done: number;
  overdue: number;
  late: number;
  ackDue: number;
  ackInTime: number;
  reworked: number;
  returned: number;
  ackMinutes: number | null;
  handleHours: number | null;
}
export async function taskCounts(db: Db, f: CaseFilter): Promise<TaskCounts> {
  const sql = db as Sql;
  const [row] = await sql<TaskCounts[]>`select count(*)::int as tasks, count(*) filter (where t.done_at is not null)::int as done,
      count(*) filter (where t.done_at is null and not t.returned and t.state <> 'paused' and c.status = 'open' and ${wholeDue(sql)} < ${f.at})::int as overdue, count(*) filter (where t.done_at is not null and t.late)::int as late,
      count(*) filter (where t.ack_due is not null and not (t.returned and t.accepted_at is null) and (t.accepted_at is not null or t.ack_due <= ${f.at}))::int as "ackDue",
      count(*) filter (where t.ack_due is not null and t.accepted_at is not null and t.ack_late is not true)::int as "ackInTime",
      count(*) filter (where t.done_at is not null and t.reworks > 0)::int as reworked, count(*) filter (where t.returned)::int as returned,
      (avg(extract(epoch from t.accepted_at - t.offered_at) / 60))::float8 as "ackMinutes", (avg(extract(epoch from t.done_at - t.accepted_at) / 3600))::float8 as "handleHours"
    from tasks t join cases c on c.id = t.case_id where t.counted and t.state <> 'withdrawn' and ${begun(sql, f)} and ${inScope(sql, 't.unit', [f.unit])}`;
  return row!;
}
export const casesBegun = (db: Db, f: CaseFilter, limit: number): Promise<{ id: string; no: string; title: string; openedAt: Date; owner: string }[]> => {
  const sql = db as Sql;
  return sql<
    { id: string; no: string; title: string; openedAt: Date; owner: string }[]
  >`select c.id, c.no, c.title, c.opened_at as "openedAt", c.owner from cases c where ${begun(sql, f)} and c.status <> 'merged' order by c.opened_at desc, c.id limit ${limit}`.then(
    (r) => [...r],
  );
};
