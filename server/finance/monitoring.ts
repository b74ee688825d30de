// 双监控: targets and execution of a period side by side, cause and correction where they deviate, and what is overdue.
import type { Output, Text } from '#core/contract.ts';
import type { financeApi } from '#core/finance/contract.ts';
import type { EvaluationScheme } from '#core/finance/pack.ts';
import { may } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { addDays, dateOf, localInstant } from '#core/time.ts';
import { projectKey } from '#core/finance/compare.ts';
import { append } from '../platform/facts.ts';
import { matchVersion } from '../platform/http.ts';
import type { Db } from '../platform/db.ts';
import type { Hub, Work } from '../platform/hub.ts';
import { uuidv7 } from '../platform/ids.ts';
import { executionRows, schemeOf } from './execution.ts';
import * as store from './store-work.ts';
import { targets as targetRows } from './store-targets.ts';
import { Live, type TargetItem, yearWanted } from './targets.ts';

type Item = Output<typeof financeApi.monitorings>['items'][number];
interface Snapshot {
  execution: Item['execution'];
  targets: Item['targets'];
  causeRequired: boolean;
}
type Period = EvaluationScheme['monitoring']['periods'][number];

const through = (p: Period, year: number): string => `${year}-${p.through}`;
const dueOn = (p: Period, year: number): string => `${p.yearAfter ? year + 1 : year}-${p.due}`;

/** What deviates at the end of a period (or now, while it runs): execution against time and targets behind. */
function snapshotOf(row: ReturnType<typeof executionRows>[number] | undefined, targets: TargetItem[], s: EvaluationScheme): Snapshot {
  const rate = row?.rate ?? null;
  const expected = row?.timeRate ?? 0;
  const deviation = rate === null ? null : Math.round((rate - expected) * 10_000) / 10_000;
  const behind = targets
    .filter((t) => t.progress.state === 'at-risk' || t.progress.state === 'missed')
    .map((t) => ({ key: t.key, indicator: t.indicator, value: t.progress.value, expected: t.progress.expected, reason: t.progress.reason }));
  return {
    execution: { budget: row ? (row.adjusted ?? row.budget) : null, spent: row?.spent ?? 0, rate, expected, deviation },
    targets: { total: targets.length, measured: targets.filter((t) => t.progress.state !== 'unknown').length, behind },
    causeRequired: behind.length > 0 || (deviation !== null && Math.abs(deviation) * 100 > s.monitoring.tolerance),
  };
}

/** Live snapshots of every project of units in a year for a period. */
async function snapshots(hub: Hub, db: Db, realm: string, scope: string[], year: number, periods: Period[], s: EvaluationScheme, unit?: string) {
  const at = await hub.now(realm, db);
  const projects = await store.unitProjects(db, { realm, year, scope, unit });
  const months = await store.months(db, { realm, year, scope });
  const promised = await targetRows(db, { realm, scope, year, unit });
  const out: { unit: string; unitName: Text; project: string; projectName: string; period: Period; snapshot: Snapshot }[] = [];
  for (const period of periods) {
    const last = Number(through(period, year).slice(5, 7));
    const end = localInstant(addDays(through(period, year), 1));
    // What was reached by the end of the period, whenever it is looked at.
    const live = await Live.open(hub, realm, db, undefined, at < end ? at : new Date(end.getTime() - 1));
    const targets = await Promise.all(promised.map((t) => live.item(t)));
    for (const u of new Map(projects.map((p) => [p.unit, p.unitName]))) {
      const mine = projects.filter((p) => p.unit === u[0]);
      const rows = executionRows(
        mine,
        months.filter((m) => m.unit === u[0]),
        { year, at: at < end ? at : new Date(end.getTime() - 1), tolerance: s.monitoring.tolerance, through: last },
      );
      for (const p of mine)
        out.push({
          unit: u[0],
          unitName: u[1],
          project: p.key,
          projectName: p.name,
          period,
          snapshot: snapshotOf(
            rows.find((r) => r.project === p.key),
            targets.filter((t) => t.unit === u[0] && (p.key === '' ? t.sheet === 'overall' : projectKey(t.project ?? '') === p.key)),
            s,
          ),
        });
    }
  }
  return out;
}

function itemOf(
  x: { unit: string; unitName: Text; project: string; projectName: string; period: Period; snapshot: Snapshot },
  m: store.MonitoringRow | undefined,
  year: number,
  today: string,
): Item {
  const kept = m ? (m.snapshot as Snapshot) : x.snapshot;
  return {
    id: m?.id ?? null,
    unit: x.unit,
    unitName: x.unitName,
    year,
    period: x.period.code,
    periodName: x.period.name,
    through: through(x.period, year),
    dueOn: dueOn(x.period, year),
    project: x.project,
    projectName: x.projectName,
    state: m?.state ?? 'missing',
    overdue: m?.state !== 'submitted' && today > dueOn(x.period, year),
    execution: kept.execution,
    targets: kept.targets,
    causeRequired: kept.causeRequired,
    cause: m?.cause ?? null,
    correction: m?.correction ?? null,
    correctionDueOn: m?.correctionDue ?? null,
    correctionDone: m?.doneAt ? { note: m.doneNote!, by: m.doneBy!, byName: m.doneByName ?? m.doneBy!, at: m.doneAt } : null,
    correctionOverdue: !!m?.correctionDue && !m.doneAt && today > m.correctionDue,
    version: m?.version ?? null,
    changed: m ? { by: m.by, byName: m.byName, at: m.at } : null,
  };
}

/** Every project of every unit for each period that has ended, with its record or without. */
export async function listMonitorings(
  hub: Hub,
  realm: string,
  scope: string[],
  q: { year?: number | undefined; unit?: string | undefined; period?: string | undefined; overdue?: boolean | undefined },
): Promise<Output<typeof financeApi.monitorings>> {
  const { year } = await yearWanted(hub, realm, scope, q.year);
  const s = await schemeOf(hub, year);
  const at = await hub.now(realm);
  const today = dateOf(at);
  const records = await store.monitorings(hub.sql, { realm, scope, year });
  const periods = s.monitoring.periods.filter((p) => (q.period ? p.code === q.period : today > through(p, year) || records.some((r) => r.period === p.code)));
  const all = (await snapshots(hub, hub.sql, realm, scope, year, periods, s, q.unit)).map((x) =>
    itemOf(
      x,
      records.find((r) => r.unit === x.unit && r.project === x.project && r.period === x.period.code),
      year,
      today,
    ),
  );
  return {
    year,
    asOf: at,
    periods: s.monitoring.periods.map((p) => ({ code: p.code, name: p.name, through: through(p, year), dueOn: dueOn(p, year), source: s.monitoring.source })),
    items: q.overdue ? all.filter((i) => i.overdue || i.correctionOverdue) : all,
    overdue: all.filter((i) => i.overdue || i.correctionOverdue).length,
  };
}

/** Saves or submits the record of a project and period; the numbers of the moment are kept with it. */
export async function saveMonitoring(
  work: Work,
  scope: string[],
  b: {
    unit: string;
    year: number;
    period: string;
    project: string;
    cause: string | null;
    correction: string | null;
    correctionDueOn: string | null;
    submit: boolean;
    version: number | null;
  },
): Promise<Item> {
  if (!may(work.actor, 'finance.manage', b.unit)) throw problem('not-found', { detail: '没有这个机构，或不在您的范围内' });
  const s = await schemeOf(work.hub, b.year, work.tx);
  const period = s.monitoring.periods.find((p) => p.code === b.period);
  if (!period) throw problem('invalid-input', { errors: [{ pointer: '/body/period', message: '没有这个监控期间' }] });
  const key = projectKey(b.project);
  const [x] = (await snapshots(work.hub, work.tx, work.realm, scope, b.year, [period], s, b.unit)).filter((i) => i.unit === b.unit && i.project === key);
  if (!x) throw problem('not-found', { detail: '这一年没有这个项目' });
  const today = dateOf(work.at);
  if (b.submit && today <= through(period, b.year)) throw problem('not-allowed-in-state', { detail: `${period.name.zh}到 ${through(period, b.year)} 才结束，可以先存草稿` });
  const [before] = await store.monitorings(work.tx, { realm: work.realm, scope: [''], one: { unit: b.unit, year: b.year, period: b.period, project: key } }, true);
  if (before) matchVersion(b.version ?? 0, before.version);
  else if (b.version !== null) throw problem('version-stale');
  if (before?.state === 'submitted') throw problem('not-allowed-in-state', { detail: '已经提交，不能再改' });
  if (b.submit && x.snapshot.causeRequired) {
    const errors = [
      ...(b.cause ? [] : [{ pointer: '/body/cause', message: '有偏差，须填写原因' }]),
      ...(b.correction ? [] : [{ pointer: '/body/correction', message: '有偏差，须填写纠偏措施' }]),
    ];
    if (errors.length) throw problem('invalid-input', { detail: '目标或执行有偏差，须填写原因和纠偏措施', errors });
  }
  const id = before?.id ?? uuidv7();
  const version = (before?.version ?? 0) + 1;
  await store.putMonitoring(work.tx, {
    id,
    realm: work.realm,
    unit: b.unit,
    year: b.year,
    period: b.period,
    project: key,
    state: b.submit ? 'submitted' : 'draft',
    snapshot: x.snapshot,
    cause: b.cause,
    correction: b.correction,
    correctionDue: b.correctionDueOn,
    by: work.by,
    at: work.at,
    version,
  });
  await append(work, [
    {
      kind: b.submit ? 'monitoring.submitted' : 'monitoring.saved',
      subject: `monitoring:${id}`,
      unit: b.unit,
      data: {
        year: b.year,
        period: b.period,
        project: key,
        cause: b.cause,
        correction: b.correction,
        correctionDueOn: b.correctionDueOn,
        execution: x.snapshot.execution,
        behind: x.snapshot.targets.behind.map((t) => t.key),
      },
    },
  ]);
  const [after] = await store.monitorings(work.tx, { realm: work.realm, scope: [''], id });
  return itemOf(x, after, b.year, today);
}

export async function finishCorrection(work: Work, scope: string[], id: string, note: string): Promise<Item> {
  const [m] = await store.monitorings(work.tx, { realm: work.realm, scope, id }, true);
  if (!m) throw problem('not-found', { detail: '没有这条监控记录' });
  if (!m.correction) throw problem('not-allowed-in-state', { detail: '这条记录没有纠偏措施' });
  if (m.doneAt) throw problem('not-allowed-in-state', { detail: '已经登记完成' });
  await store.finishMonitoring(work.tx, id, note, work.by, work.at);
  await append(work, [{ kind: 'monitoring.correction-done', subject: `monitoring:${id}`, unit: m.unit, data: { note, correction: m.correction, due: m.correctionDue } }]);
  const s = await schemeOf(work.hub, m.year, work.tx);
  const period = s.monitoring.periods.find((p) => p.code === m.period) ?? {
    code: m.period,
    name: { zh: m.period, en: m.period },
    through: '12-31',
    due: '12-31',
    yearAfter: false,
  };
  const [after] = await store.monitorings(work.tx, { realm: work.realm, scope, id });
  const [p] = (await store.unitProjects(work.tx, { realm: work.realm, year: m.year, scope: [m.unit], unit: m.unit })).filter((x) => x.key === m.project);
  return itemOf(
    { unit: m.unit, unitName: m.unitName, project: m.project, projectName: p?.name ?? m.project, period, snapshot: m.snapshot as Snapshot },
    after,
    m.year,
    dateOf(work.at),
  );
}
