// All SQL of imports of readings.
import type { CsvFault, CsvMapping } from '#core/signals/csv.ts';
import { inScope } from '../../people/scope.ts';
import type { Db, Sql, Tx } from '../../platform/db.ts';
import type { Looked } from './file.ts';

export interface ImportRow {
  id: string;
  realm: string;
  name: string;
  sha256: string;
  size: number;
  scope: string[];
  unit: string;
  by: string;
  at: Date;
  looked: Looked & { proposal: unknown };
  mapping: CsvMapping | null;
  job: string | null;
  state: 'uploaded' | 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  error: string | null;
  records: number;
  stored: number;
  duplicates: number;
  conflicts: number;
  quarantined: number;
  faults: number;
}
const columns = (
  sql: Sql,
) => sql`i.id, i.realm, i.name, i.sha256, f.size::float8 as size, i.scope, i.unit, i.by, i.at, i.looked, i.mapping, i.job_id as job, coalesce(j.state, 'uploaded') as state, j.error,
  i.records::float8 as records, i.stored::float8 as stored, i.duplicates::float8 as duplicates, i.conflicts::float8 as conflicts, i.quarantined::float8 as quarantined, i.faults::float8 as faults`;
const from = (sql: Sql) => sql`signal_imports i join files f on f.sha256 = i.sha256 left join jobs j on j.id = i.job_id`;

export async function add(
  tx: Tx,
  i: { id: string; realm: string; name: string; sha256: string; size: number; scope: string[]; unit: string; by: string; at: Date; looked: unknown },
): Promise<void> {
  await tx`insert into files (sha256, size) values (${i.sha256}, ${i.size}) on conflict do nothing`;
  await tx`insert into signal_imports (id, realm, name, sha256, scope, unit, by, at, looked)
    values (${i.id}, ${i.realm}, ${i.name}, ${i.sha256}, ${i.scope}, ${i.unit}, ${i.by}, ${i.at}, ${tx.json(i.looked as never)})`;
}
export async function read(db: Db, id: string, lock = false): Promise<ImportRow | undefined> {
  const sql = db as Sql;
  const [r] = await sql<ImportRow[]>`select ${columns(sql)} from ${from(sql)} where i.id = ${id} ${lock ? sql`for update of i` : sql``}`;
  return r;
}
export const list = (db: Db, q: { realm: string; scope: string[]; before: string | null; limit: number }): Promise<ImportRow[]> => {
  const sql = db as Sql;
  return sql<
    ImportRow[]
  >`select ${columns(sql)} from ${from(sql)} where i.realm = ${q.realm} and ${inScope(sql, 'i.unit', q.scope)} ${q.before ? sql`and i.id < ${q.before}` : sql``}
    order by i.id desc limit ${q.limit}`.then((r) => [...r]);
};
/** Sets what is to be done; another mapping than before begins anew. */
export async function begin(tx: Tx, id: string, mapping: CsvMapping, job: string, scope: string[], anew: boolean): Promise<void> {
  await tx`update signal_imports set mapping = ${tx.json(mapping as never)}, job_id = ${job}, scope = ${scope} where id = ${id}`;
  if (!anew) return;
  await tx`update signal_imports set records = 0, stored = 0, duplicates = 0, conflicts = 0, quarantined = 0, faults = 0 where id = ${id}`;
  await tx`delete from signal_import_faults where import_id = ${id}`;
}
/** Counts a batch and keeps its faults, together: what is counted is never read again, what is not is. */
export async function advance(
  tx: Tx,
  id: string,
  done: { from: number; to: number; stored: number; duplicates: number; conflicts: number; quarantined: number; faults: number },
  faults: CsvFault[],
): Promise<boolean> {
  const rows =
    await tx`update signal_imports set records = ${done.to}, stored = stored + ${done.stored}, duplicates = duplicates + ${done.duplicates}, conflicts = conflicts + ${done.conflicts},
    quarantined = quarantined + ${done.quarantined}, faults = faults + ${done.faults} where id = ${id} and records = ${done.from} returning id`;
  if (!rows.length) return false;
  if (faults.length)
    await tx`insert into signal_import_faults (import_id, line, column_name, reason, text)
      select ${id}::uuid, l, c, r, t from unnest(${faults.map((f) => f.line)}::bigint[], ${faults.map((f) => f.column)}::text[], ${faults.map((f) => f.reason)}::text[], ${faults.map((f) => f.text)}::text[]) x (l, c, r, t)
      on conflict do nothing`;
  return true;
}
export const faultsOf = (db: Db, id: string, limit: number): Promise<CsvFault[]> =>
  (db as Sql)<
    CsvFault[]
  >`select line::float8 as line, column_name as "column", reason, text from signal_import_faults where import_id = ${id} order by line, column_name limit ${limit}`.then((r) => [
    ...r,
  ]);
