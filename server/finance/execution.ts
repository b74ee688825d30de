// Budget execution on the server: amounts entered or imported by month and project, adjusted budgets, rates against time.
import type { Output } from '#core/contract.ts';
import { projectKey } from '#core/finance/compare.ts';
import type { financeApi } from '#core/finance/contract.ts';
import { executionStateNames, judgeExecution, readCsv, readExecution } from '#core/finance/execution.ts';
import { fromFen, type MoneyUnit } from '#core/finance/model.ts';
import { fenOf } from '#core/finance/rounding.ts';
import type { EvaluationScheme } from '#core/finance/pack.ts';
import { schemeFor } from '#core/finance/self-evaluation.ts';
import { type Actor, may } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { current } from '../packs/service.ts';
import { unitBy } from '../people/service.ts';
import type { Db } from '../platform/db.ts';
import { append } from '../platform/facts.ts';
import type { Hub, Who, Work } from '../platform/hub.ts';
import type { GivenFile } from './understand.ts';
import * as store from './store.ts';
import * as work_ from './store-work.ts';

export type ExecutionRow = Output<typeof financeApi.execution>['rows'][number];

/** The scheme in force for a budget year; 409 when the content has none. */
export async function schemeOf(hub: Hub, year: number, db: Db = hub.sql, code?: string): Promise<EvaluationScheme> {
  const { content } = await current(hub, db);
  const all = content['evaluation-schemes'];
  const s = code ? all.get(code) : schemeFor(all.values(), year);
  if (!s) throw problem('not-allowed-in-state', { detail: code ? `没有自评办法 ${code}` : `没有适用于 ${year} 年的自评办法，请在内容包中补充` });
  return s;
}

const toleranceOf = async (hub: Hub, year: number, db?: Db): Promise<number> =>
  schemeOf(hub, year, db).then(
    (s) => s.monitoring.tolerance,
    () => 10,
  );

/** Rows of a unit and year made of projects and months. `through`: only months up to this one count. */
export function executionRows(
  projects: Pick<store.ProjectRow, 'key' | 'name' | 'code' | 'budget' | 'adjusted' | 'adjustedReason'>[],
  months: work_.MonthRow[],
  o: { year: number; at: Date; tolerance: number; through?: number },
): ExecutionRow[] {
  const some = months.filter((m) => m.project !== '');
  return projects.map((p) => {
    const own = months.filter((m) => m.project === p.key && m.month <= (o.through ?? 12));
    // The whole is what was entered for it; where nothing was, the sum of its projects.
    const list = p.key === '' && !own.length ? some.filter((m) => m.month <= (o.through ?? 12)) : own;
    const spent = list.reduce((a, m) => a + m.fen, 0);
    const through = list.reduce((a, m) => Math.max(a, m.month), 0);
    const j = judgeExecution({ budget: p.adjusted ?? p.budget, spent, through, year: o.year, tolerance: o.tolerance }, o.at);
    return {
      project: p.key,
      name: p.name,
      code: p.code,
      budget: p.budget,
      adjusted: p.adjusted,
      adjustedReason: p.adjustedReason,
      months: own.map((m) => ({ month: m.month, fen: m.fen, note: m.note, source: m.source, by: m.by, byName: m.byName, at: m.at })),
      spent,
      through,
      ...j,
      stateName: executionStateNames[j.state],
    };
  });
}

async function mustUnit(db: Db, unit: string, scope: string[]): Promise<{ path: string; name: { zh: string; en: string } }> {
  const u = await unitBy(db, { path: unit });
  if (!u || !scope.some((s) => s === '' || unit === s || unit.startsWith(`${s}.`))) throw problem('not-found', { detail: '没有这个机构，或不在您的范围内' });
  return u;
}

export async function readExecutionOf(hub: Hub, realm: string, scope: string[], q: { unit: string; year: number }, actor: Actor): Promise<Output<typeof financeApi.execution>> {
  const u = await mustUnit(hub.sql, q.unit, scope);
  const at = await hub.now(realm);
  const [projects, months, tolerance] = await Promise.all([store.projects(hub.sql, { realm, ...q }), work_.months(hub.sql, { realm, ...q, scope }), toleranceOf(hub, q.year)]);
  return {
    unit: q.unit,
    unitName: u.name,
    year: q.year,
    asOf: at,
    rows: executionRows(projects, months, { year: q.year, at, tolerance }),
    mayManage: may(actor, 'finance.manage', q.unit),
  };
}

async function rowAfter(work: Work, unit: string, year: number, project: string): Promise<ExecutionRow> {
  const [projects, months] = [await store.projects(work.tx, { realm: work.realm, unit, year }), await work_.months(work.tx, { realm: work.realm, unit, year, scope: [''] })];
  return executionRows(projects, months, { year, at: work.at, tolerance: await toleranceOf(work.hub, year, work.tx) }).find((r) => r.project === project)!;
}

const fenFrom = (text: string, unit: MoneyUnit, pointer: string): number => {
  const n = fenOf(text, unit);
  if (n === null) throw problem('invalid-input', { errors: [{ pointer, message: '金额不是可以精确保存的数字' }] });
  return n;
};
/** Serialises writers of one unit and year. */
const lock = (work: Work, unit: string, year: number) => work.tx`select pg_advisory_xact_lock(hashtextextended(${`execution:${work.realm}:${unit}:${year}`}, 0))`;
const subject = (unit: string, year: number): string => `execution:${unit}:${year}`;

/** Enters, changes or takes away what was spent in a month. */
export async function enterExecution(
  work: Work,
  scope: string[],
  e: { unit: string; year: number; project: string; month: number; amount: string | null; moneyUnit: MoneyUnit; note?: string | undefined },
): Promise<ExecutionRow> {
  await mustUnit(work.tx, e.unit, scope);
  await lock(work, e.unit, e.year);
  const key = projectKey(e.project);
  const known = (await store.projects(work.tx, { realm: work.realm, unit: e.unit, year: e.year })).find((p) => p.key === key);
  if (!known) {
    if (key !== '') throw problem('invalid-input', { errors: [{ pointer: '/body/project', message: '这一年没有这个项目，请先登记' }] });
    await store.putProjects(work.tx, { realm: work.realm, unit: e.unit, year: e.year, by: work.by, at: work.at }, [{ key: '', name: '单位整体', code: null, budget: null }]);
  }
  const before = (await work_.months(work.tx, { realm: work.realm, unit: e.unit, year: e.year, scope: [''], project: key })).find((m) => m.month === e.month);
  const fen = e.amount === null ? null : fenFrom(e.amount, e.moneyUnit, '/body/amount');
  const at = { realm: work.realm, unit: e.unit, year: e.year };
  if (fen === null) await work_.dropMonth(work.tx, { ...at, project: key, month: e.month });
  else await work_.putMonths(work.tx, { ...at, source: null, by: work.by, at: work.at }, [{ project: key, month: e.month, fen, note: e.note ?? null }]);
  await append(work, [
    { kind: 'execution.entered', subject: subject(e.unit, e.year), unit: e.unit, data: { project: key, month: e.month, fen, before: before?.fen ?? null, note: e.note ?? null } },
  ]);
  return rowAfter(work, e.unit, e.year, key);
}

/** Sets the adjusted budget of a project, or adds a project no disclosure names. */
export async function setBudget(
  work: Work,
  scope: string[],
  b: { unit: string; year: number; project: string; name?: string | undefined; adjusted: string | null; moneyUnit: MoneyUnit; reason: string },
): Promise<ExecutionRow> {
  await mustUnit(work.tx, b.unit, scope);
  await lock(work, b.unit, b.year);
  const key = projectKey(b.project);
  const known = (await store.projects(work.tx, { realm: work.realm, unit: b.unit, year: b.year })).find((p) => p.key === key);
  const name = known?.name ?? (key === '' ? '单位整体' : (b.name ?? b.project.trim()));
  const adjusted = b.adjusted === null ? null : fenFrom(b.adjusted, b.moneyUnit, '/body/adjusted');
  if (adjusted !== null && adjusted < 0) throw problem('invalid-input', { errors: [{ pointer: '/body/adjusted', message: '预算数不能为负' }] });
  await work_.adjust(work.tx, { realm: work.realm, unit: b.unit, year: b.year, project: key, name, adjusted, reason: b.reason, by: work.by, at: work.at });
  await append(work, [
    {
      kind: 'budget.adjusted',
      subject: subject(b.unit, b.year),
      unit: b.unit,
      data: { project: key, name, adjusted, before: known?.adjusted ?? null, opening: known?.budget ?? null, reason: b.reason },
    },
  ]);
  return rowAfter(work, b.unit, b.year, key);
}

/** Imports amounts of a file by month and project: all or nothing, every fault named with its row. */
export async function importExecution(
  hub: Hub,
  who: Who,
  scope: string[],
  file: GivenFile,
  o: { unit: string; year: number; moneyUnit?: MoneyUnit | undefined; trial?: boolean | undefined },
  rowsOf: (f: GivenFile) => Promise<string[][]>,
): Promise<Output<typeof financeApi.importExecution>> {
  await mustUnit(hub.sql, o.unit, scope);
  const sheet = await rowsOf(file);
  const rows = sheet.length ? sheet : readCsv(decode(file.bytes));
  if (rows.length > 20_000) throw problem('too-large', { detail: `有 ${rows.length} 行，超过 20000 行` });
  const read = readExecution(rows, { year: o.year, moneyUnit: o.moneyUnit ?? null });
  return hub.command(who, async (work) => {
    await lock(work, o.unit, o.year);
    const projects = await store.projects(work.tx, { realm: work.realm, unit: o.unit, year: o.year });
    const months = await work_.months(work.tx, { realm: work.realm, unit: o.unit, year: o.year, scope: [''] });
    const faults = [...read.faults];
    const entries: Output<typeof financeApi.importExecution>['entries'] = [];
    for (const e of read.entries) {
      const key = projectKey(e.project);
      const p = projects.find((x) => x.key === key) ?? (key === '' ? { key: '', name: '单位整体' } : projects.find((x) => x.code !== null && x.code === e.project.trim()));
      if (!p) {
        faults.push({ row: e.row, message: `${o.year} 年没有项目“${e.project.slice(0, 60)}”` });
        continue;
      }
      entries.push({ project: p.key, name: p.name, month: e.month, fen: e.fen, before: months.find((m) => m.project === p.key && m.month === e.month)?.fen ?? null });
    }
    const twice = entries.filter((e, i) => entries.some((x, k) => k < i && x.project === e.project && x.month === e.month));
    for (const e of twice) faults.push({ row: 1, message: `${e.name} ${e.month}月有两个金额（名称与编码指同一项目）` });
    const base = { entries: entries.slice(0, 2000), faults: faults.toSorted((a, b) => a.row - b.row).slice(0, 500), layout: read.layout };
    const changed = entries.filter((e) => e.before !== e.fen);
    if (o.trial || faults.length) return { stored: 0, changed: changed.length, ...base };
    const at = { realm: work.realm, unit: o.unit, year: o.year, by: work.by, at: work.at };
    if (entries.some((e) => e.project === '') && !projects.some((p) => p.key === ''))
      await store.putProjects(work.tx, at, [{ key: '', name: '单位整体', code: null, budget: null }]);
    if (changed.length) {
      await work_.putMonths(
        work.tx,
        { ...at, source: file.name.slice(0, 200) },
        changed.map((e) => ({ project: e.project, month: e.month, fen: e.fen, note: null })),
      );
      await append(work, [
        {
          kind: 'execution.imported',
          subject: subject(o.unit, o.year),
          unit: o.unit,
          data: { file: file.name, layout: read.layout, rows: entries.length, changed: changed.map((e) => ({ project: e.project, month: e.month, fen: e.fen, before: e.before })) },
        },
      ]);
    }
    return { stored: entries.length, changed: changed.length, ...base };
  });
}

/** UTF-8, else GB18030: office software in China writes CSV in either. */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('gb18030').decode(bytes);
  }
}

/** Projects and wholes whose execution is slow or over, of all units in scope. */
export async function executionAtRisk(hub: Hub, realm: string, scope: string[], q: { year: number; unit?: string | undefined }) {
  const at = await hub.now(realm);
  const projects = await work_.unitProjects(hub.sql, { realm, scope, ...q });
  const months = await work_.months(hub.sql, { realm, year: q.year, scope });
  const tolerance = await toleranceOf(hub, q.year);
  const names = new Map(projects.map((p) => [p.unit, p.unitName]));
  return [...names].flatMap(([unit, unitName]) =>
    executionRows(
      projects.filter((p) => p.unit === unit),
      months.filter((m) => m.unit === unit),
      { year: q.year, at, tolerance },
    )
      .filter((r) => r.state === 'slow' || r.state === 'over')
      .map((r) => ({ ...r, unit, unitName })),
  );
}
export const money = (fen: number): string => `${fromFen(BigInt(fen), '万元')}万元`;
