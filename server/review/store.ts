// All SQL of reviews and their improvements.
import type { Text } from '#core/contract.ts';
import type { Assembled, Trigger, causes, changeKinds } from '#core/review/review.ts';
import type { Db, Sql, Tx } from '../platform/db.ts';
import { inScope } from '../people/scope.ts';

export interface Cause {
  kind: (typeof causes)[number];
  text: string;
}
export interface ReviewRow {
  id: string;
  caseId: string;
  caseNo: string;
  level: number | null;
  status: 'proposed' | 'draft' | 'final' | 'declined';
  triggers: Trigger[];
  title: string;
  unit: string;
  unitName: Text;
  summary: string;
  worked: string;
  failed: string;
  causes: Cause[];
  frozen: Assembled | null;
  declineReason: string | null;
  openedAt: Date;
  finishedAt: Date | null;
  version: number;
  improvements: number;
  improvementsDone: number;
  key: string;
}
const columns = (
  sql: Sql,
) => sql`r.id, r.case_id as "caseId", c.no as "caseNo", c.level, r.status, r.triggers, r.title, r.unit, u.name as "unitName", r.summary, r.worked, r.failed, r.causes, r.frozen, r.decline_reason as "declineReason",
  r.opened_at as "openedAt", r.finished_at as "finishedAt", r.version, r.opened_at::text as key,
  (select count(*)::int from improvements i where i.review_id = r.id and i.status <> 'dropped') as improvements, (select count(*)::int from improvements i where i.review_id = r.id and i.status = 'done') as "improvementsDone"`;
/** Whoever may see the case may learn from its review. */
const visible = (sql: Sql, scope: string[]) =>
  scope.includes('') ? sql`true` : sql`(${inScope(sql, 'r.unit', scope)} or exists (select 1 from case_access a where a.case_id = r.case_id and ${inScope(sql, 'a.unit', scope)}))`;
const joined = (sql: Sql) => sql`reviews r join cases c on c.id = r.case_id join units u on u.path = r.unit`;

export function list(db: Db, q: { realm: string; scope: string[]; status: string; limit: number; after?: { key: string; id: string } | undefined }): Promise<ReviewRow[]> {
  const sql = db as Sql;
  return sql<
    ReviewRow[]
  >`select ${columns(sql)} from ${joined(sql)} where r.realm = ${q.realm} and ${visible(sql, q.scope)} ${q.status === 'all' ? sql`` : sql`and r.status = ${q.status}`}
    ${q.after ? sql`and (r.opened_at, r.id) < (${q.after.key}::timestamptz, ${q.after.id})` : sql``} order by r.opened_at desc, r.id desc limit ${q.limit}`.then((r) => [...r]);
}
export async function read(db: Db, by: { id: string } | { caseId: string }, realm: string, scope: string[], lock = false): Promise<ReviewRow | undefined> {
  const sql = db as Sql;
  const [row] = await sql<
    ReviewRow[]
  >`select ${columns(sql)} from ${joined(sql)} where ${'id' in by ? sql`r.id = ${by.id}` : sql`r.case_id = ${by.caseId}`} and r.realm = ${realm} and ${visible(sql, scope)} ${lock ? sql`for update of r` : sql``}`;
  return row;
}
export async function visibleIds(db: Db, ids: string[], realm: string, scope: string[]): Promise<Set<string>> {
  const sql = db as Sql;
  const rows = await sql<{ id: string }[]>`select r.id from reviews r where r.id = any(${ids}) and r.realm = ${realm} and ${visible(sql, scope)}`;
  return new Set(rows.map((r) => r.id));
}

/** Adds a review; false when the case has one. */
export async function insert(
  tx: Tx,
  r: { id: string; realm: string; caseId: string; status: 'proposed' | 'draft'; triggers: Trigger[]; title: string; unit: string; at: Date; by: string },
): Promise<boolean> {
  const done = await tx`insert into reviews (id, realm, case_id, status, triggers, title, unit, opened_at, by, version)
    values (${r.id}, ${r.realm}, ${r.caseId}, ${r.status}, ${tx.json(r.triggers as never)}, ${r.title}, ${r.unit}, ${r.at}, ${r.by}, 1) on conflict (case_id) do nothing returning id`;
  return done.length > 0;
}
export const begin = (tx: Tx, id: string, triggers: Trigger[]) =>
  tx`update reviews set status = 'draft', decline_reason = null, triggers = ${tx.json(triggers as never)}, version = version + 1 where id = ${id}`;
export const save = (tx: Tx, id: string, r: { summary: string; worked: string; failed: string; causes: Cause[] }) =>
  tx`update reviews set status = 'draft', summary = ${r.summary}, worked = ${r.worked}, failed = ${r.failed}, causes = ${tx.json(r.causes as never)}, version = version + 1 where id = ${id}`;
export const decline = (tx: Tx, id: string, reason: string) => tx`update reviews set status = 'declined', decline_reason = ${reason}, version = version + 1 where id = ${id}`;
export const finish = (tx: Tx, id: string, frozen: Assembled, at: Date) =>
  tx`update reviews set status = 'final', frozen = ${tx.json(frozen as never)}, finished_at = ${at}, version = version + 1 where id = ${id}`;

export interface ImprovementRow {
  id: string;
  reviewId: string;
  text: string;
  unit: string;
  unitName: Text;
  dueOn: string;
  changes: (typeof changeKinds)[number];
  status: 'planned' | 'open' | 'done' | 'dropped';
  caseId: string | null;
  caseNo: string | null;
  changed: string | null;
  packBefore: string | null;
  packAfter: string | null;
  doneAt: Date | null;
}
const improvementRows = (
  sql: Sql,
) => sql`select i.id, i.review_id as "reviewId", i.text, i.unit, u.name as "unitName", i.due_on::text as "dueOn", i.changes, i.status, i.case_id as "caseId", c.no as "caseNo", i.changed,
  i.pack_before as "packBefore", i.pack_after as "packAfter", i.done_at as "doneAt" from improvements i join units u on u.path = i.unit left join cases c on c.id = i.case_id`;
export const improvements = (db: Db, review: string): Promise<ImprovementRow[]> => {
  const sql = db as Sql;
  return sql<ImprovementRow[]>`${improvementRows(sql)} where i.review_id = ${review} order by i.due_on, i.id`.then((r) => [...r]);
};
export async function improvementBy(db: Db, by: { caseId: string } | { id: string }): Promise<ImprovementRow | undefined> {
  const sql = db as Sql;
  const [row] = await sql<ImprovementRow[]>`${improvementRows(sql)} where ${'id' in by ? sql`i.id = ${by.id}` : sql`i.case_id = ${by.caseId}`} for update of i`;
  return row;
}
/** Replaces what is only planned. */
export async function planImprovements(tx: Tx, review: string, realm: string, list: { id: string; text: string; unit: string; dueOn: string; changes: string }[]): Promise<void> {
  await tx`delete from improvements where review_id = ${review} and status = 'planned'`;
  if (list.length)
    await tx`insert into improvements ${tx(list.map((i) => ({ id: i.id, review_id: review, realm, text: i.text, unit: i.unit, due_on: i.dueOn, changes: i.changes })) as never)}`;
}
export const openImprovement = (tx: Tx, id: string, caseId: string, packBefore: string) =>
  tx`update improvements set status = 'open', case_id = ${caseId}, pack_before = ${packBefore} where id = ${id}`;
export const endImprovement = (tx: Tx, id: string, e: { status: 'done' | 'dropped' | 'open'; changed: string | null; packAfter: string | null; at: Date | null }) =>
  tx`update improvements set status = ${e.status}, changed = ${e.changed}, pack_after = ${e.packAfter}, done_at = ${e.at} where id = ${id}`;
