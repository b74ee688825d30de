// SQL of what follows from a budget: execution by month, monitoring records, self-evaluations.
import type { Text } from '#core/contract.ts';
import type { Db, Sql, Tx } from '../platform/db.ts';
import { inScope } from '../people/scope.ts';
import type { SheetScope } from './store-targets.ts';

const as = (db: Db): Sql => db as Sql;
const named = (sql: Sql, column: string) => sql`coalesce((select a.post_name from accounts a where 'account:' || a.id::text = ${sql(column)}), ${sql(column)})`;

export interface MonthRow {
  unit: string;
  year: number;
  project: string;
  month: number;
  fen: number;
  note: string | null;
  source: string | null;
  by: string;
  byName: string;
  at: Date;
}
export const months = (db: Db, q: { realm: string; unit?: string; year: number; scope: string[]; project?: string }) => {
  const sql = as(db);
  return sql<MonthRow[]>`select e.unit, e.year, e.project, e.month, e.fen::float8 as fen, e.note, e.source, e.by, ${named(sql, 'e.by')} as "byName", e.at from finance_execution e
    where e.realm = ${q.realm} and e.year = ${q.year} and ${inScope(sql, 'e.unit', q.scope)} ${q.unit ? sql`and e.unit = ${q.unit}` : sql``} ${q.project === undefined ? sql`` : sql`and e.project = ${q.project}`}
    order by e.unit, e.project, e.month`.then((r) => [...r]);
};
export const putMonths = (
  tx: Tx,
  p: { realm: string; unit: string; year: number; source: string | null; by: string; at: Date },
  list: { project: string; month: number; fen: number; note: string | null }[],
) =>
  tx`insert into finance_execution (realm, unit, year, project, month, fen, note, source, by, at)
    select ${p.realm}, ${p.unit}, ${p.year}, project, month, fen, note, ${p.source}, ${p.by}, ${p.at} from jsonb_to_recordset(${tx.json(list as never)}) as x(project text, month int, fen bigint, note text)
    on conflict (realm, unit, year, project, month) do update set fen = excluded.fen, note = excluded.note, source = excluded.source, by = excluded.by, at = excluded.at`;
export const dropMonth = (tx: Tx, p: { realm: string; unit: string; year: number; project: string; month: number }) =>
  tx`delete from finance_execution where realm = ${p.realm} and unit = ${p.unit} and year = ${p.year} and project = ${p.project} and month = ${p.month}`;
export const adjust = (tx: Tx, p: { realm: string; unit: string; year: number; project: string; name: string; adjusted: number | null; reason: string; by: string; at: Date }) =>
  tx`insert into finance_projects (realm, unit, year, project, name, adjusted, adjusted_reason, by, at) values (${p.realm}, ${p.unit}, ${p.year}, ${p.project}, ${p.name}, ${p.adjusted}, ${p.reason}, ${p.by}, ${p.at})
    on conflict (realm, unit, year, project) do update set adjusted = excluded.adjusted, adjusted_reason = excluded.adjusted_reason, by = excluded.by, at = excluded.at`;
/** Units that have projects in a year, with all of them. */
export const unitProjects = (db: Db, q: { realm: string; year: number; scope: string[]; unit?: string | undefined }) => {
  const sql = as(db);
  return sql<{ unit: string; unitName: Text; key: string; name: string; code: string | null; budget: number | null; adjusted: number | null; adjustedReason: string | null }[]>`
    select p.unit, u.name as "unitName", p.project as key, p.name, p.code, p.budget::float8 as budget, p.adjusted::float8 as adjusted, p.adjusted_reason as "adjustedReason"
    from finance_projects p join units u on u.path = p.unit where p.realm = ${q.realm} and p.year = ${q.year} and ${inScope(sql, 'p.unit', q.scope)} ${q.unit ? sql`and ${inScope(sql, 'p.unit', [q.unit])}` : sql``}
    order by p.unit, p.project <> '', p.budget desc nulls last, p.name`.then((r) => [...r]);
};

export interface MonitoringRow {
  id: string;
  unit: string;
  unitName: Text;
  year: number;
  period: string;
  project: string;
  state: 'draft' | 'submitted';
  snapshot: unknown;
  cause: string | null;
  correction: string | null;
  correctionDue: string | null;
  doneNote: string | null;
  doneBy: string | null;
  doneByName: string | null;
  doneAt: Date | null;
  by: string;
  byName: string;
  at: Date;
  version: number;
}
export const monitorings = (
  db: Db,
  q: { realm: string; scope: string[]; year?: number; id?: string; one?: { unit: string; year: number; period: string; project: string } },
  lock = false,
) => {
  const sql = as(db);
  return sql<
    MonitoringRow[]
  >`select m.id, m.unit, u.name as "unitName", m.year, m.period, m.project, m.state, m.snapshot, m.cause, m.correction, m.correction_due::text as "correctionDue", m.done_note as "doneNote",
    m.done_by as "doneBy", ${named(sql, 'm.done_by')} as "doneByName", m.done_at as "doneAt", m.by, ${named(sql, 'm.by')} as "byName", m.at, m.version
    from finance_monitorings m join units u on u.path = m.unit where m.realm = ${q.realm} and ${inScope(sql, 'm.unit', q.scope)} ${q.year ? sql`and m.year = ${q.year}` : sql``} ${q.id ? sql`and m.id = ${q.id}` : sql``}
    ${q.one ? sql`and m.unit = ${q.one.unit} and m.year = ${q.one.year} and m.period = ${q.one.period} and m.project = ${q.one.project}` : sql``}
    order by m.unit, m.project, m.period ${lock ? sql`for update of m` : sql``}`.then((r) => [...r]);
};
export const putMonitoring = (
  tx: Tx,
  m: {
    id: string;
    realm: string;
    unit: string;
    year: number;
    period: string;
    project: string;
    state: string;
    snapshot: unknown;
    cause: string | null;
    correction: string | null;
    correctionDue: string | null;
    by: string;
    at: Date;
    version: number;
  },
) =>
  tx`insert into finance_monitorings (id, realm, unit, year, period, project, state, snapshot, cause, correction, correction_due, by, at, version)
    values (${m.id}, ${m.realm}, ${m.unit}, ${m.year}, ${m.period}, ${m.project}, ${m.state}, ${tx.json(m.snapshot as never)}, ${m.cause}, ${m.correction}, ${m.correctionDue}, ${m.by}, ${m.at}, ${m.version})
    on conflict (id) do update set state = excluded.state, snapshot = excluded.snapshot, cause = excluded.cause, correction = excluded.correction, correction_due = excluded.correction_due,
      by = excluded.by, at = excluded.at, version = excluded.version`;
export const finishMonitoring = (tx: Tx, id: string, note: string, by: string, at: Date) =>
  tx`update finance_monitorings set done_note = ${note}, done_by = ${by}, done_at = ${at}, version = version + 1 where id = ${id}`;

/** What a person fills in. */
export interface EvaluationData {
  goalActual: string | null;
  executionCause: string | null;
  lines: { key: string; actual: string | null; rating: number | null; tooLow: boolean; cause: string | null }[];
}
export interface EvaluationRow {
  id: string;
  unit: string;
  unitName: Text;
  year: number;
  sheet: SheetScope;
  project: string | null;
  scheme: string;
  state: 'draft' | 'submitted' | 'reviewed';
  data: EvaluationData;
  frozen: unknown;
  review: { opinion: string; by: string; byName: string; at: string } | null;
  returned: { reason: string; by: string; byName: string; at: string } | null;
  by: string;
  byName: string;
  at: Date;
  version: number;
}
export const evaluations = (db: Db, q: { realm: string; scope: string[]; id?: string; year?: number; unit?: string | undefined }, lock = false) => {
  const sql = as(db);
  return sql<
    EvaluationRow[]
  >`select e.id, e.unit, u.name as "unitName", e.year, e.sheet, e.project, e.scheme, e.state, e.data, e.frozen, e.review, e.returned, e.by, ${named(sql, 'e.by')} as "byName", e.at, e.version
    from finance_evaluations e join units u on u.path = e.unit where e.realm = ${q.realm} and ${inScope(sql, 'e.unit', q.scope)} ${q.id ? sql`and e.id = ${q.id}` : sql``} ${q.year ? sql`and e.year = ${q.year}` : sql``}
    ${q.unit ? sql`and ${inScope(sql, 'e.unit', [q.unit])}` : sql``} order by e.unit, e.sheet, e.project ${lock ? sql`for update of e` : sql``}`.then((r) => [...r]);
};
/** Begins one; undefined when there is one already. */
export async function beginEvaluation(
  tx: Tx,
  e: { id: string; realm: string; unit: string; year: number; sheet: SheetScope; project: string | null; scheme: string; data: EvaluationData; by: string; at: Date },
): Promise<boolean> {
  const done = await tx`insert into finance_evaluations (id, realm, unit, year, sheet, project, scheme, state, data, by, at, version)
    values (${e.id}, ${e.realm}, ${e.unit}, ${e.year}, ${e.sheet}, ${e.project}, ${e.scheme}, 'draft', ${tx.json(e.data as never)}, ${e.by}, ${e.at}, 1)
    on conflict (realm, unit, year, sheet, coalesce(project, '')) do nothing returning id`;
  return done.length > 0;
}
export const saveEvaluation = (tx: Tx, e: Pick<EvaluationRow, 'id' | 'state' | 'data' | 'frozen' | 'review' | 'returned' | 'version'> & { by: string; at: Date }) =>
  tx`update finance_evaluations set state = ${e.state}, data = ${tx.json(e.data as never)}, frozen = ${e.frozen === null ? null : tx.json(e.frozen as never)}, review = ${e.review === null ? null : tx.json(e.review as never)},
    returned = ${e.returned === null ? null : tx.json(e.returned as never)}, by = ${e.by}, at = ${e.at}, version = ${e.version} where id = ${e.id}`;
