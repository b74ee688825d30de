// SQL of disclosures: the documents, their tables and cells, findings and what was decided about them, corrections, figures.
import type { Text } from '#core/contract.ts';
import type { CheckCounts, Finding } from '#core/finance/check/report.ts';
import type { KeptFigure, KeptProject } from '#core/finance/compare.ts';
import type { Column, DisclosureKind, MoneyUnit, Place, TableKind } from '#core/finance/model.ts';
import type { Db, Sql, Tx } from '../platform/db.ts';
import { inScope } from '../people/scope.ts';
import type { PageLine, PageText } from './understand.ts';

const as = (db: Db): Sql => db as Sql;
/** Author as a post's name; `by` stays what the fact says. */
const named = (sql: Sql, column: string) => sql`coalesce((select a.post_name from accounts a where 'account:' || a.id::text = ${sql(column)}), ${sql(column)})`;

export interface DisclosureRow {
  id: string;
  realm: string;
  unit: string;
  unitName: Text;
  publishedUnit: string | null;
  department: string | null;
  year: number;
  kind: DisclosureKind;
  moneyUnit: MoneyUnit | null;
  number: number;
  current: boolean;
  content: string;
  files: { name: string; sha256: string; size: number; kept: boolean }[];
  checks: CheckCounts;
  masked: number;
  unread: { text: string; reason: string; place: Place }[];
  scanned: { file: number; page: number }[];
  by: string;
  byName: string;
  at: Date;
  tables: number;
  targets: number;
  uncertain: number;
  corrections: number;
  error: number;
  warning: number;
  rounding: number;
  undecidable: number;
  open: number;
}
const columns = (
  sql: Sql,
) => sql`d.id, d.realm, d.unit, u.name as "unitName", d.published_unit as "publishedUnit", d.department, d.year, d.kind, d.money_unit as "moneyUnit", d.number, d.current, d.content,
  d.files, d.checks, d.masked, d.unread, d.scanned, d.by, ${named(sql, 'd.by')} as "byName", d.at,
  (select count(*)::int from finance_tables t where t.disclosure = d.id) as tables,
  (select count(*)::int from finance_targets t where t.disclosure = d.id) as targets,
  (select count(*)::int from finance_cells c where c.disclosure = d.id and c.confidence < 1 and c.was is null) as uncertain,
  (select count(*)::int from finance_corrections c where c.disclosure = d.id and c.withdrawn_at is null) as corrections,
  f.error, f.warning, f.rounding, f.undecidable, f.open`;
const joined = (sql: Sql) => sql`finance_disclosures d join units u on u.path = d.unit cross join lateral (
  select count(*) filter (where severity = 'error')::int as error, count(*) filter (where severity = 'warning')::int as warning, count(*) filter (where severity = 'rounding')::int as rounding,
    count(*) filter (where severity = 'undecidable')::int as undecidable, count(*) filter (where severity in ('error', 'warning') and coalesce(x.status, 'open') = 'open')::int as open
  from finance_findings f left join finance_decisions x on x.realm = d.realm and x.unit = d.unit and x.year = d.year and x.kind = d.kind and x.key = f.key where f.disclosure = d.id) f`;

export interface ListFilter {
  realm: string;
  scope: string[];
  unit?: string | undefined;
  year?: number | undefined;
  kind?: string | undefined;
  old?: boolean | undefined;
  after?: { year: number; id: string } | undefined;
  limit: number;
}
export const list = (db: Db, f: ListFilter): Promise<DisclosureRow[]> => {
  const sql = as(db);
  return sql<DisclosureRow[]>`select ${columns(sql)} from ${joined(sql)} where d.realm = ${f.realm} and ${inScope(sql, 'd.unit', f.scope)}
    ${f.unit ? sql`and ${inScope(sql, 'd.unit', [f.unit])}` : sql``} ${f.year ? sql`and d.year = ${f.year}` : sql``} ${f.kind ? sql`and d.kind = ${f.kind}` : sql``}
    ${f.old ? sql`` : sql`and d.current`} ${f.after ? sql`and (d.year < ${f.after.year} or (d.year = ${f.after.year} and d.id < ${f.after.id}))` : sql``}
    order by d.year desc, d.id desc limit ${f.limit}`.then((r) => [...r]);
};
/** Units and years that have disclosures in these units. */
export const stock = (db: Db, realm: string, scope: string[]): Promise<{ unit: string; unitName: Text; year: number }[]> => {
  const sql = as(db);
  return sql<{ unit: string; unitName: Text; year: number }[]>`select distinct d.unit, u.name as "unitName", d.year from finance_disclosures d join units u on u.path = d.unit
    where d.realm = ${realm} and d.current and ${inScope(sql, 'd.unit', scope)} order by d.unit, d.year`.then((r) => [...r]);
};
/** Units of these for which a person has stored a disclosure under exactly this published name. */
export const unitsCalled = (db: Db, realm: string, name: string, scope: string[]): Promise<string[]> => {
  const sql = as(db);
  return sql<
    { unit: string }[]
  >`select distinct d.unit from finance_disclosures d where d.realm = ${realm} and d.published_unit = ${name} and ${inScope(sql, 'd.unit', scope)} order by d.unit`.then((r) =>
    r.map((x) => x.unit),
  );
};
export async function read(db: Db, realm: string, id: string, scope: string[], lock = false): Promise<DisclosureRow | undefined> {
  const sql = as(db);
  const [row] = await sql<
    DisclosureRow[]
  >`select ${columns(sql)} from ${joined(sql)} where d.realm = ${realm} and d.id = ${id} and ${inScope(sql, 'd.unit', scope)} ${lock ? sql`for update of d` : sql``}`;
  return row;
}
export const modelOf = async (db: Db, id: string): Promise<Buffer> => (await as(db)<{ model: Buffer }[]>`select model from finance_disclosures where id = ${id}`)[0]!.model;
export const versions = (db: Db, d: { realm: string; unit: string; year: number; kind: string }) => {
  const sql = as(db);
  return sql<{ id: string; number: number; content: string; importedAt: Date; importedByName: string; current: boolean }[]>`
    select d.id, d.number, d.content, d.at as "importedAt", ${named(sql, 'd.by')} as "importedByName", d.current from finance_disclosures d
    where d.realm = ${d.realm} and d.unit = ${d.unit} and d.year = ${d.year} and d.kind = ${d.kind} order by d.number desc`.then((r) => [...r]);
};

export interface NewDisclosure {
  id: string;
  realm: string;
  unit: string;
  publishedUnit: string | null;
  unitCode: string | null;
  department: string | null;
  year: number;
  kind: DisclosureKind;
  moneyUnit: MoneyUnit | null;
  number: number;
  content: string;
  files: DisclosureRow['files'];
  checks: CheckCounts;
  masked: number;
  unread: DisclosureRow['unread'];
  scanned: DisclosureRow['scanned'];
  model: Buffer;
  by: string;
  at: Date;
}
/** Adds a version and makes it the current one. */
export async function insert(tx: Tx, d: NewDisclosure): Promise<void> {
  await tx`update finance_disclosures set current = false where realm = ${d.realm} and unit = ${d.unit} and year = ${d.year} and kind = ${d.kind} and current`;
  await tx`insert into finance_disclosures (id, realm, unit, published_unit, unit_code, department, year, kind, money_unit, number, current, content, files, checks, masked, unread, scanned, model, by, at)
    values (${d.id}, ${d.realm}, ${d.unit}, ${d.publishedUnit}, ${d.unitCode}, ${d.department}, ${d.year}, ${d.kind}, ${d.moneyUnit}, ${d.number}, true, ${d.content}, ${tx.json(d.files as never)},
      ${tx.json(d.checks as never)}, ${d.masked}, ${tx.json(d.unread as never)}, ${tx.json(d.scanned as never)}, ${d.model}, ${d.by}, ${d.at})`;
  for (const f of d.files) if (f.kept) await tx`insert into files (sha256, size) values (${f.sha256}, ${f.size}) on conflict do nothing`;
}

export interface TableRow {
  n: number;
  id: string;
  title: string;
  kind: TableKind;
  moneyUnit: MoneyUnit | null;
  columns: Column[];
  rows: number;
  empty: boolean;
  notes: { text: string; place: Place }[];
  remarks: string[];
  place: Place;
  confidence: number;
}
export interface RowRow {
  t: number;
  n: number;
  code: string | null;
  name: string | null;
  level: number | null;
  repeats: number | null;
  place: Place;
}
export interface CellRow {
  t: number;
  r: number;
  n: number;
  text: string;
  value: string | null;
  fen: number | null;
  confidence: number;
  notes: string[];
  place: Place;
  was: string | null;
}

/** Stores tables, rows, cells, pages and statements, each with one statement whatever their number. */
export async function insertBody(tx: Tx, id: string, b: { tables: TableRow[]; rows: RowRow[]; cells: CellRow[]; pages: PageText[]; statements: unknown[] }): Promise<void> {
  await tx`insert into finance_tables (disclosure, n, id, title, kind, money_unit, columns, rows, empty, notes, remarks, place, confidence)
    select ${id}, n, x.id, title, kind, "moneyUnit", columns, rows, empty, notes, remarks, place, confidence
    from jsonb_to_recordset(${tx.json(b.tables as never)}) as x(n int, id text, title text, kind text, "moneyUnit" text, columns jsonb, rows int, empty boolean, notes jsonb, remarks jsonb, place jsonb, confidence real)`;
  await tx`insert into finance_rows (disclosure, table_n, n, code, name, level, repeats, place)
    select ${id}, t, n, code, name, level, repeats, place from jsonb_to_recordset(${tx.json(b.rows as never)}) as x(t int, n int, code text, name text, level int, repeats int, place jsonb)`;
  await putCells(tx, id, b.cells);
  await tx`insert into finance_pages (disclosure, file, page, lines, count)
    select ${id}, file, page, lines, jsonb_array_length(lines) from jsonb_to_recordset(${tx.json(b.pages as never)}) as x(file int, page int, lines jsonb)`;
  await tx`insert into finance_statements (disclosure, n, data) select ${id}, (o - 1)::int, x from jsonb_array_elements(${tx.json(b.statements as never)}) with ordinality as s(x, o)`;
}
/** Adds cells, or replaces those that are there. */
export const putCells = (tx: Tx, id: string, cells: CellRow[]) =>
  tx`insert into finance_cells (disclosure, table_n, row_n, n, text, value, fen, confidence, notes, place, was)
    select ${id}, t, r, n, text, value, fen, confidence, array(select jsonb_array_elements_text(notes)), place, was
    from jsonb_to_recordset(${tx.json(cells as never)}) as x(t int, r int, n int, text text, value text, fen bigint, confidence real, notes jsonb, place jsonb, was text)
    on conflict (disclosure, table_n, row_n, n) do update set text = excluded.text, value = excluded.value, fen = excluded.fen, confidence = excluded.confidence, notes = excluded.notes, was = excluded.was`;
export const putRowNames = (tx: Tx, id: string, rows: RowRow[]) =>
  tx`update finance_rows r set code = x.code, name = x.name from jsonb_to_recordset(${tx.json(rows as never)}) as x(t int, n int, code text, name text)
    where r.disclosure = ${id} and r.table_n = x.t and r.n = x.n and (r.code is distinct from x.code or r.name is distinct from x.name)`;

export const tables = (db: Db, id: string) =>
  as(db)<
    (TableRow & { uncertain: number })[]
  >`select t.n, t.id, t.title, t.kind, t.money_unit as "moneyUnit", t.columns, t.rows, t.empty, t.notes, t.remarks, t.place, t.confidence,
    (select count(*)::int from finance_cells c where c.disclosure = t.disclosure and c.table_n = t.n and c.confidence < 1 and c.was is null) as uncertain
    from finance_tables t where t.disclosure = ${id} order by t.n`.then((r) => [...r]);
export const rows = (db: Db, id: string, table?: number) => {
  const sql = as(db);
  return sql<
    RowRow[]
  >`select table_n as t, n, code, name, level, repeats, place from finance_rows where disclosure = ${id} ${table === undefined ? sql`` : sql`and table_n = ${table}`} order by table_n, n`.then(
    (r) => [...r],
  );
};
export const cells = (db: Db, id: string, table?: number) => {
  const sql = as(db);
  return sql<CellRow[]>`select table_n as t, row_n as r, n, text, value, fen::float8 as fen, confidence, notes, place, was from finance_cells
    where disclosure = ${id} ${table === undefined ? sql`` : sql`and table_n = ${table}`} order by table_n, row_n, n`.then((r) => [...r]);
};
export const pageList = (db: Db, id: string) =>
  as(db)<{ file: number; page: number; lines: number }[]>`select file, page, count as lines from finance_pages where disclosure = ${id} order by file, page`.then((r) => [...r]);
export const page = async (db: Db, id: string, file: number, n: number): Promise<PageLine[] | undefined> =>
  (await as(db)<{ lines: PageLine[] }[]>`select lines from finance_pages where disclosure = ${id} and file = ${file} and page = ${n}`)[0]?.lines;
export const statements = <S>(db: Db, id: string): Promise<S[]> =>
  as(db)<{ data: S }[]>`select data from finance_statements where disclosure = ${id} order by n`.then((r) => r.map((x) => x.data as S));
export const putStatements = (tx: Tx, id: string, all: unknown[]) =>
  tx`update finance_statements s set data = x.data from (select (o - 1)::int as n, e as data from jsonb_array_elements(${tx.json(all as never)}) with ordinality as t(e, o)) x
    where s.disclosure = ${id} and s.n = x.n and s.data <> x.data`;

export interface FindingRow extends Finding {
  n: number;
  key: string;
}
export interface DecidedFinding extends FindingRow {
  status: 'open' | 'explained' | 'corrected' | null;
  note: string | null;
  decidedNumber: number | null;
  by: string | null;
  byName: string | null;
  at: Date | null;
}
/** Replaces all findings of a disclosure. */
export async function putFindings(tx: Tx, id: string, found: FindingRow[], checks: CheckCounts): Promise<void> {
  await tx`delete from finance_findings where disclosure = ${id}`;
  await tx`insert into finance_findings (disclosure, n, key, rule, class, severity, places, figures, difference, message)
    select ${id}, n, key, rule, class, severity, places, figures, difference, message
    from jsonb_to_recordset(${tx.json(found as never)}) as x(n int, key text, rule text, class text, severity text, places jsonb, figures jsonb, difference text, message text)`;
  await tx`update finance_disclosures set checks = ${tx.json(checks as never)} where id = ${id}`;
}
export const findings = (db: Db, d: Pick<DisclosureRow, 'id' | 'realm' | 'unit' | 'year' | 'kind'>, key?: string): Promise<DecidedFinding[]> => {
  const sql = as(db);
  return sql<
    DecidedFinding[]
  >`select f.n, f.key, f.rule, f.class, f.severity, f.places, f.figures, f.difference, f.message, x.status, x.note, x.number as "decidedNumber", x.by, ${named(sql, 'x.by')} as "byName", x.at
    from finance_findings f left join finance_decisions x on x.realm = ${d.realm} and x.unit = ${d.unit} and x.year = ${d.year} and x.kind = ${d.kind} and x.key = f.key
    where f.disclosure = ${d.id} ${key ? sql`and f.key = ${key}` : sql``} order by f.n`.then((r) => [...r]);
};
export const decide = (tx: Tx, d: Pick<DisclosureRow, 'realm' | 'unit' | 'year' | 'kind' | 'number'>, x: { key: string; status: string; note: string; by: string; at: Date }) =>
  tx`insert into finance_decisions (realm, unit, year, kind, key, status, note, number, by, at) values (${d.realm}, ${d.unit}, ${d.year}, ${d.kind}, ${x.key}, ${x.status}, ${x.note}, ${d.number}, ${x.by}, ${x.at})
    on conflict (realm, unit, year, kind, key) do update set status = excluded.status, note = excluded.note, number = excluded.number, by = excluded.by, at = excluded.at`;

export interface CorrectionRow {
  id: string;
  what: 'cell' | 'target' | 'statement';
  address: Record<string, unknown>;
  where: string;
  from: string | null;
  to: string | null;
  reason: string;
  by: string;
  byName: string;
  at: Date;
  withdrawnBy: string | null;
  withdrawnByName: string | null;
  withdrawnAt: Date | null;
}
export const corrections = (db: Db, id: string): Promise<CorrectionRow[]> => {
  const sql = as(db);
  return sql<CorrectionRow[]>`select c.id, c.what, c.address, c.words as where, c.was as from, c.becomes as to, c.reason, c.by, ${named(sql, 'c.by')} as "byName", c.at,
    c.withdrawn_by as "withdrawnBy", ${named(sql, 'c.withdrawn_by')} as "withdrawnByName", c.withdrawn_at as "withdrawnAt"
    from finance_corrections c where c.disclosure = ${id} order by c.at, c.id`.then((r) => [...r]);
};
export const addCorrection = (
  tx: Tx,
  disclosure: string,
  c: { id: string; what: string; address: unknown; where: string; from: string | null; to: string | null; reason: string; by: string; at: Date },
) =>
  tx`insert into finance_corrections (id, disclosure, what, address, words, was, becomes, reason, by, at)
    values (${c.id}, ${disclosure}, ${c.what}, ${tx.json(c.address as never)}, ${c.where}, ${c.from}, ${c.to}, ${c.reason}, ${c.by}, ${c.at})`;
export const withdrawCorrection = (tx: Tx, id: string, by: string, at: Date) => tx`update finance_corrections set withdrawn_by = ${by}, withdrawn_at = ${at} where id = ${id}`;

/** Replaces the comparable figures of a disclosure. */
export async function putFigures(tx: Tx, id: string, figures: KeptFigure[]): Promise<void> {
  await tx`delete from finance_figures where disclosure = ${id}`;
  await tx`insert into finance_figures (disclosure, dimension, code, name, parent, level, year, basis, fen)
    select ${id}, dimension, code, name, parent, level, year, basis, fen
    from jsonb_to_recordset(${tx.json(figures as never)}) as x(dimension text, code text, name text, parent text, level int, year int, basis text, fen bigint)`;
}
/** Current disclosures of units and years with all their figures, in one query. */
export const figures = (db: Db, q: { realm: string; scope: string[]; units?: string[] | undefined; from?: number | undefined; to?: number | undefined; kind: string }) => {
  const sql = as(db);
  return sql<{ id: string; unit: string; unitName: Text; year: number; kind: DisclosureKind; figures: KeptFigure[] | null }[]>`
    select d.id, d.unit, u.name as "unitName", d.year, d.kind, (select jsonb_agg(jsonb_build_object('dimension', f.dimension, 'code', f.code, 'name', f.name, 'parent', f.parent, 'level', f.level,
      'year', f.year, 'basis', f.basis, 'fen', f.fen) order by f.dimension, f.code, f.year) from finance_figures f where f.disclosure = d.id) as figures
    from finance_disclosures d join units u on u.path = d.unit where d.realm = ${q.realm} and d.current and d.kind = ${q.kind} and ${inScope(sql, 'd.unit', q.scope)}
      ${q.units ? sql`and d.unit = any(${q.units})` : sql``} ${q.from ? sql`and d.year >= ${q.from}` : sql``} ${q.to ? sql`and d.year <= ${q.to}` : sql``}
    order by d.unit, d.year`.then((r) => [...r]);
};

export interface ProjectRow extends KeptProject {
  adjusted: number | null;
  adjustedReason: string | null;
}
/** Adds projects of a unit and year; what a disclosure says of one replaces what an earlier one said, adjustments stay. */
export const putProjects = (tx: Tx, p: { realm: string; unit: string; year: number; by: string; at: Date }, list: KeptProject[]) =>
  tx`insert into finance_projects (realm, unit, year, project, name, code, budget, by, at)
    select ${p.realm}, ${p.unit}, ${p.year}, key, name, code, budget, ${p.by}, ${p.at} from jsonb_to_recordset(${tx.json(list as never)}) as x(key text, name text, code text, budget bigint)
    on conflict (realm, unit, year, project) do update set name = excluded.name, code = coalesce(excluded.code, finance_projects.code), budget = coalesce(excluded.budget, finance_projects.budget)`;
/** Takes away projects the present version no longer names, unless a person has put something on them: an amount, an adjusted budget, a monitoring. */
export const dropProjects = (tx: Tx, p: { realm: string; unit: string; year: number }, keep: string[]) =>
  tx`delete from finance_projects p where p.realm = ${p.realm} and p.unit = ${p.unit} and p.year = ${p.year} and not (p.project = any(${keep})) and p.adjusted_reason is null
    and not exists (select from finance_execution e where e.realm = p.realm and e.unit = p.unit and e.year = p.year and e.project = p.project)
    and not exists (select from finance_monitorings m where m.realm = p.realm and m.unit = p.unit and m.year = p.year and m.project = p.project)`;
export const projects = (db: Db, q: { realm: string; unit: string; year: number }) =>
  as(db)<ProjectRow[]>`select project as key, name, code, budget::float8 as budget, adjusted::float8 as adjusted, adjusted_reason as "adjustedReason"
    from finance_projects where realm = ${q.realm} and unit = ${q.unit} and year = ${q.year} order by project <> '', budget desc nulls last, name`.then((r) => [...r]);
