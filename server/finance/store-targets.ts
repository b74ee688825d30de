// SQL of disclosed targets: their sheets, what answers them, what was turned down, plans by quarter.
import type { Text } from '#core/contract.ts';
import type { BindingKind } from '#core/finance/bind.ts';
import type { Nature, Place } from '#core/finance/model.ts';
import type { Db, Sql, Tx } from '../platform/db.ts';
import { inScope } from '../people/scope.ts';

const as = (db: Db): Sql => db as Sql;
const named = (sql: Sql, column: string) => sql`coalesce((select a.post_name from accounts a where 'account:' || a.id::text = ${sql(column)}), ${sql(column)})`;

export type SheetScope = 'overall' | 'project' | 'key-project';
export interface NewTarget {
  n: number;
  key: string;
  sheet: SheetScope;
  table: string;
  project: string | null;
  level1: string | null;
  level2: string | null;
  indicator: string;
  nature: Nature | null;
  value: string | null;
  unit: string | null;
  weight: string | null;
  core: boolean | null;
  confidence: number;
  place: Place;
}
export interface SheetRow {
  n: number;
  sheet: SheetScope;
  project: string | null;
  goal: string | null;
  budget: number | null;
  executionWeight: string | null;
  projectCode: string | null;
  department: string | null;
  /** 其中：财政拨款, 区级支出, 补助镇街 … in fen. */
  parts: { label: string; fen: number | null }[];
  /** 立项依据, 项目概况 … as published. */
  fields: { label: string; text: string }[];
}

export async function insertTargets(tx: Tx, id: string, targets: NewTarget[], sheets: SheetRow[]): Promise<void> {
  await tx`insert into finance_targets (disclosure, n, key, sheet, table_id, project, level1, level2, indicator, nature, value, unit, weight, core, confidence, place)
    select ${id}, n, key, sheet, "table", project, level1, level2, indicator, nature, value, unit, weight, core, confidence, place
    from jsonb_to_recordset(${tx.json(targets as never)}) as x(n int, key text, sheet text, "table" text, project text, level1 text, level2 text, indicator text, nature text, value text, unit text,
      weight text, core boolean, confidence real, place jsonb)`;
  await tx`insert into finance_sheets (disclosure, n, sheet, project, goal, budget, execution_weight, project_code, department, parts, fields)
    select ${id}, n, sheet, project, goal, budget, "executionWeight", "projectCode", department, parts, fields from jsonb_to_recordset(${tx.json(sheets as never)})
      as x(n int, sheet text, project text, goal text, budget bigint, "executionWeight" text, "projectCode" text, department text, parts jsonb, fields jsonb)`;
}
export const changeTargets = (tx: Tx, id: string, targets: NewTarget[]) =>
  tx`update finance_targets t set indicator = x.indicator, nature = x.nature, value = x.value, unit = x.unit, weight = x.weight, confidence = x.confidence
    from jsonb_to_recordset(${tx.json(targets as never)}) as x(n int, indicator text, nature text, value text, unit text, weight text, confidence real) where t.disclosure = ${id} and t.n = x.n`;
export const targetsOf = (db: Db, id: string) =>
  as(db)<NewTarget[]>`select n, key, sheet, table_id as table, project, level1, level2, indicator, nature, value, unit, weight, core, confidence, place
    from finance_targets where disclosure = ${id} order by n`.then((r) => [...r]);
export const sheetsOf = (db: Db, id: string) =>
  as(db)<
    SheetRow[]
  >`select n, sheet, project, goal, budget::float8 as budget, execution_weight as "executionWeight", project_code as "projectCode", department, parts, fields from finance_sheets where disclosure = ${id} order by n`.then(
    (r) => [...r],
  );

export interface BindingRow {
  kind: BindingKind;
  code: string;
  unit: string;
  progress: 'cumulative' | 'level';
  score: number;
  reason: string;
  by: string;
  byName: string;
  at: string | Date;
}
export interface TargetRow extends NewTarget {
  disclosure: string;
  /** Unit that published it. */
  owner: string;
  ownerName: Text;
  year: number;
  plan: number[] | null;
  binding: BindingRow | null;
}
const select = (
  sql: Sql,
) => sql`select t.n, t.key, t.sheet, t.table_id as table, t.project, t.level1, t.level2, t.indicator, t.nature, t.value, t.unit, t.weight, t.core, t.confidence, t.place,
    d.id as disclosure, d.unit as owner, u.name as "ownerName", d.year, p.plan, case when b.key is null then null else jsonb_build_object('kind', b.kind, 'code', b.code, 'unit', b.unit, 'progress', b.progress,
      'score', b.score, 'reason', b.reason, 'by', b.by, 'byName', ${named(sql, 'b.by')}, 'at', b.at) end as binding
  from finance_targets t join finance_disclosures d on d.id = t.disclosure join units u on u.path = d.unit
    left join finance_bindings b on b.realm = d.realm and b.key = t.key left join finance_plans p on p.realm = d.realm and p.key = t.key`;

/** Targets of current budgets (or of one disclosure) in these units. */
export const targets = (
  db: Db,
  q: {
    realm: string;
    scope: string[];
    year?: number | undefined;
    unit?: string | undefined;
    disclosure?: string | undefined;
    bound?: 'bound' | 'unbound' | 'all';
    keys?: string[];
    limit?: number;
  },
): Promise<TargetRow[]> => {
  const sql = as(db);
  return sql<
    TargetRow[]
  >`${select(sql)} where d.realm = ${q.realm} and ${inScope(sql, 'd.unit', q.scope)} ${q.disclosure ? sql`and d.id = ${q.disclosure}` : sql`and d.current and d.kind = 'budget'`}
    ${q.year ? sql`and d.year = ${q.year}` : sql``} ${q.unit ? sql`and ${inScope(sql, 'd.unit', [q.unit])}` : sql``} ${q.keys ? sql`and t.key = any(${q.keys})` : sql``}
    ${q.bound === 'bound' ? sql`and b.key is not null` : q.bound === 'unbound' ? sql`and b.key is null` : sql``} order by d.unit, d.year, t.n limit ${q.limit ?? 2000}`.then(
    (r) => [...r],
  );
};
/** One target of a current disclosure by its stable key. */
export const target = async (db: Db, realm: string, key: string, scope: string[]): Promise<TargetRow | undefined> => {
  const sql = as(db);
  const [row] = await sql<TargetRow[]>`${select(sql)} where d.realm = ${realm} and d.current and t.key = ${key} and ${inScope(sql, 'd.unit', scope)} limit 1`;
  return row;
};
export const years = (db: Db, realm: string, scope: string[]) => {
  const sql = as(db);
  return sql<
    { year: number }[]
  >`select distinct d.year from finance_disclosures d where d.realm = ${realm} and d.current and d.kind = 'budget' and ${inScope(sql, 'd.unit', scope)} order by d.year desc`.then(
    (r) => r.map((x) => x.year),
  );
};
/** Bindings of targets with these names in earlier years, newest first. */
export const earlierBindings = (db: Db, realm: string, units: string[]) =>
  as(db)<{ unit: string; year: number; indicator: string; kind: BindingKind; code: string; boundUnit: string }[]>`
    select distinct on (d.unit, t.indicator, d.year) d.unit, d.year, t.indicator, b.kind, b.code, b.unit as "boundUnit" from finance_bindings b join finance_targets t on t.key = b.key
    join finance_disclosures d on d.id = t.disclosure where b.realm = ${realm} and d.realm = ${realm} and d.unit = any(${units}) order by d.unit, t.indicator, d.year desc`.then(
    (r) => [...r],
  );

export const bind = (tx: Tx, realm: string, key: string, b: Omit<BindingRow, 'byName' | 'at'> & { at: Date }) =>
  tx`insert into finance_bindings (realm, key, kind, code, unit, progress, score, reason, by, at) values (${realm}, ${key}, ${b.kind}, ${b.code}, ${b.unit}, ${b.progress}, ${b.score}, ${b.reason}, ${b.by}, ${b.at})
    on conflict (realm, key) do update set kind = excluded.kind, code = excluded.code, unit = excluded.unit, progress = excluded.progress, score = excluded.score, reason = excluded.reason, by = excluded.by, at = excluded.at`;
export const unbind = async (tx: Tx, realm: string, key: string): Promise<boolean> =>
  (await tx`delete from finance_bindings where realm = ${realm} and key = ${key} returning key`).length > 0;
export const rejections = (db: Db, realm: string, keys: string[]) =>
  as(db)<{ key: string; kind: BindingKind; code: string; unit: string }[]>`select key, kind, code, unit from finance_rejections where realm = ${realm} and key = any(${keys})`.then(
    (r) => [...r],
  );
export const reject = (tx: Tx, realm: string, key: string, r: { kind: string; code: string; unit: string; by: string; at: Date }) =>
  tx`insert into finance_rejections (realm, key, kind, code, unit, by, at) values (${realm}, ${key}, ${r.kind}, ${r.code}, ${r.unit}, ${r.by}, ${r.at}) on conflict do nothing`;
export const unreject = (tx: Tx, realm: string, key: string, r: { kind: string; code: string; unit: string }) =>
  tx`delete from finance_rejections where realm = ${realm} and key = ${key} and kind = ${r.kind} and code = ${r.code} and unit = ${r.unit}`;
export const setPlan = (tx: Tx, realm: string, key: string, plan: number[] | null, by: string, at: Date) =>
  plan === null
    ? tx`delete from finance_plans where realm = ${realm} and key = ${key}`
    : tx`insert into finance_plans (realm, key, plan, by, at) values (${realm}, ${key}, ${tx.json(plan as never)}, ${by}, ${at}) on conflict (realm, key) do update set plan = excluded.plan, by = excluded.by, at = excluded.at`;
