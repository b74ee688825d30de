// Self-evaluations: begun from the disclosed targets, filled in, submitted, reviewed; a submitted form keeps its numbers.
import type { Output } from '#core/contract.ts';
import { projectKey } from '#core/finance/compare.ts';
import type { EvaluationSheet, financeApi } from '#core/finance/contract.ts';
import type { EvaluationScheme } from '#core/finance/pack.ts';
import { methodOf, schemeRules, scoreExecution, scoreLine, totalOf, weightsOf } from '#core/finance/self-evaluation.ts';
import { type Actor, may } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { dateOf } from '#core/time.ts';
import { current } from '../packs/service.ts';
import { append } from '../platform/facts.ts';
import type { Db } from '../platform/db.ts';
import { matchVersion } from '../platform/http.ts';
import type { Hub, Work } from '../platform/hub.ts';
import { uuidv7 } from '../platform/ids.ts';
import { executionRows, schemeOf } from './execution.ts';
import * as store from './store-work.ts';
import { projects as projectRows } from './store.ts';
import { type SheetRow, type SheetScope, sheetsOf, targets as targetRows, type TargetRow } from './store-targets.ts';
import { Live, yearWanted } from './targets.ts';

type Computed = Pick<EvaluationSheet, 'goal' | 'execution' | 'lines' | 'total' | 'grade' | 'gradeName' | 'missing'>;

const sameProject = (a: string | null, b: string | null): boolean => projectKey(a ?? '') === projectKey(b ?? '');
const isOf = (t: { sheet: SheetScope; project: string | null }, e: { sheet: SheetScope; project: string | null }): boolean =>
  e.sheet === 'overall' ? t.sheet === 'overall' : t.sheet === e.sheet && sameProject(t.project, e.project);

/** Computes a form from its inputs, the disclosed targets and the execution of the year. */
async function compute(hub: Hub, db: Db, realm: string, e: store.EvaluationRow, s: EvaluationScheme, withLive: boolean): Promise<Computed> {
  const all = await targetRows(db, { realm, scope: [''], year: e.year, unit: e.unit });
  const mine = all.filter((t) => t.owner === e.unit && isOf(t, e));
  const sheet: SheetRow | undefined = mine[0] ? (await sheetsOf(db, mine[0].disclosure)).find((x) => isOf(x, e)) : undefined;
  const { execution: weight, weights, words } = weightsOf(mine, s, sheet?.executionWeight);
  const live = withLive ? await Live.open(hub, realm, db) : null;
  const values = await Promise.all(mine.map((t) => live?.value(t)));
  const missing: string[] = [];
  const lines = mine.map((t: TargetRow, i): EvaluationSheet['lines'][number] => {
    const input = e.data.lines.find((l) => l.key === t.key);
    const method = methodOf(t);
    const score = scoreLine(
      {
        method,
        nature: t.nature,
        weight: weights[i]!,
        target: t.value,
        measure: t.unit,
        actual: input?.actual ?? null,
        rating: input?.rating ?? null,
        tooLow: input?.tooLow ?? false,
        cause: input?.cause ?? null,
      },
      s,
    );
    for (const m of score.missing) missing.push(`“${t.indicator}”：${m}`);
    const v = values[i];
    return {
      key: t.key,
      level1: t.level1,
      level2: t.level2,
      indicator: t.indicator,
      nature: t.nature,
      target: t.value,
      measure: t.unit,
      method,
      weight: weights[i]!,
      actual: input?.actual ?? null,
      live: v?.value ?? null,
      liveUnknown: v && v.value === null ? (v.why ?? { zh: '指标还没有数据', en: 'No data yet' }) : null,
      rating: input?.rating ?? null,
      tooLow: input?.tooLow ?? false,
      completion: score.completion,
      score: score.score,
      steps: score.steps,
      causeRequired: score.causeRequired,
      cause: input?.cause ?? null,
    };
  });
  if (!lines.length) missing.push('这份预算没有可自评的指标');
  const key = e.sheet === 'overall' ? '' : projectKey(e.project ?? '');
  const at = await hub.now(realm, db);
  const rows = executionRows(await projectRows(db, { realm, unit: e.unit, year: e.year }), await store.months(db, { realm, unit: e.unit, year: e.year, scope: [''] }), {
    year: e.year,
    at,
    tolerance: 10,
  });
  const row = rows.find((r) => r.project === key);
  const spent = row && row.through > 0 ? row.spent : null;
  const execution = scoreExecution({ weight, budget: row?.budget ?? null, adjusted: row?.adjusted ?? null, spent, cause: e.data.executionCause }, s);
  for (const m of execution.missing) missing.unshift(`预算执行率：${m}`);
  const total = totalOf(
    execution.score,
    lines.map((l) => l.score),
    s,
  );
  return {
    goal: { expected: sheet?.goal ?? null, actual: e.data.goalActual },
    execution: {
      budget: row?.budget ?? null,
      adjusted: row?.adjusted ?? null,
      spent,
      weight,
      score: execution.score,
      steps: [words, ...execution.steps],
      causeRequired: execution.causeRequired,
      cause: e.data.executionCause,
    },
    lines,
    ...total,
    missing: total.total === null && !missing.length ? ['还有未计分的项目'] : missing,
  };
}

const author = <T extends { by: string; byName: string; at: string }>(x: T | null): (Omit<T, 'at'> & { at: Date }) | null => (x ? { ...x, at: new Date(x.at) } : null);

async function sheetOf(hub: Hub, db: Db, realm: string, e: store.EvaluationRow, actor: Actor): Promise<EvaluationSheet> {
  const s = await schemeOf(hub, e.year, db, e.scheme);
  const computed = e.frozen && e.state !== 'draft' ? (e.frozen as Computed) : await compute(hub, db, realm, e, s, e.state === 'draft');
  return {
    id: e.id,
    unit: e.unit,
    unitName: e.unitName,
    year: e.year,
    sheet: e.sheet,
    project: e.project,
    scheme: { code: s.code, name: s.name, source: s.source },
    state: e.state,
    ...computed,
    review: author(e.review),
    returned: author(e.returned),
    version: e.version,
    changed: { by: e.by, byName: e.byName, at: e.at },
    mayEdit: e.state === 'draft' && may(actor, 'finance.manage', e.unit),
    // Nobody passes what he submitted himself.
    mayReview: e.state === 'submitted' && may(actor, 'finance.review', e.unit) && e.by !== `account:${actor.account}`,
  };
}

async function must(db: Db, realm: string, id: string, scope: string[], lock = false): Promise<store.EvaluationRow> {
  const [e] = await store.evaluations(db, { realm, scope, id }, lock);
  if (!e) throw problem('not-found', { detail: '没有这份自评，或不在您的范围内' });
  return e;
}

export async function listSchemes(hub: Hub): Promise<Output<typeof financeApi.schemes>> {
  const { content } = await current(hub);
  return {
    items: [...content['evaluation-schemes'].values()]
      .toSorted((a, b) => (a.from < b.from ? 1 : -1))
      .map((s) => ({ code: s.code, name: s.name, from: s.from, until: s.until ?? null, source: s.source, rules: schemeRules(s) })),
  };
}

/** Every sheet of the year's current budgets, with its self-evaluation or without. */
export async function listEvaluations(
  hub: Hub,
  realm: string,
  scope: string[],
  q: { year?: number | undefined; unit?: string | undefined },
): Promise<Output<typeof financeApi.evaluations>> {
  const { year, years } = await yearWanted(hub, realm, scope, q.year);
  const [targets, begun] = await Promise.all([targetRows(hub.sql, { realm, scope, year, unit: q.unit }), store.evaluations(hub.sql, { realm, scope, year, unit: q.unit })]);
  const items: Output<typeof financeApi.evaluations>['items'] = begun.map((e) => {
    const c = e.frozen as Computed | null;
    return {
      id: e.id,
      unit: e.unit,
      unitName: e.unitName,
      year,
      sheet: e.sheet,
      project: e.project,
      state: e.state,
      total: c?.total ?? null,
      grade: c?.grade ?? null,
      gradeName: c?.gradeName ?? null,
      targets: targets.filter((t) => t.owner === e.unit && isOf(t, e)).length,
    };
  });
  for (const t of targets) {
    const known = items.find((i) => i.unit === t.owner && isOf(t, i));
    if (known) {
      if (known.state === 'missing') known.targets++;
      continue;
    }
    items.push({
      id: null,
      unit: t.owner,
      unitName: t.ownerName,
      year,
      sheet: t.sheet,
      project: t.sheet === 'overall' ? null : t.project,
      state: 'missing',
      total: null,
      grade: null,
      gradeName: null,
      targets: 1,
    });
  }
  return { year, years, items };
}

export async function beginEvaluation(
  work: Work,
  b: { unit: string; year: number; sheet: SheetScope; project: string | null; scheme?: string | undefined },
): Promise<EvaluationSheet> {
  if (!may(work.actor, 'finance.manage', b.unit)) throw problem('not-found', { detail: '没有这个机构，或不在您的范围内' });
  const s = await schemeOf(work.hub, b.year, work.tx, b.scheme);
  const project = b.sheet === 'overall' ? null : b.project;
  const targets = (await targetRows(work.tx, { realm: work.realm, scope: [''], year: b.year, unit: b.unit })).filter((t) => t.owner === b.unit && isOf(t, { ...b, project }));
  if (!targets.length) throw problem('not-allowed-in-state', { detail: '这一年的预算没有这张目标表，请先导入公开文件' });
  const id = uuidv7();
  const name = project === null ? null : (targets[0]!.project ?? project);
  const data: store.EvaluationData = { goalActual: null, executionCause: null, lines: [] };
  if (!(await store.beginEvaluation(work.tx, { id, realm: work.realm, ...b, project: name, scheme: s.code, data, by: work.by, at: work.at })))
    throw problem('conflict', { detail: '这张表已经开始自评' });
  await append(work, [{ kind: 'self-evaluation.begun', subject: `self-evaluation:${id}`, unit: b.unit, data: { year: b.year, sheet: b.sheet, project: name, scheme: s.code } }]);
  return sheetOf(work.hub, work.tx, work.realm, await must(work.tx, work.realm, id, ['']), work.actor);
}

export async function readEvaluation(hub: Hub, realm: string, scope: string[], id: string, actor: Actor): Promise<EvaluationSheet> {
  return sheetOf(hub, hub.sql, realm, await must(hub.sql, realm, id, scope), actor);
}

async function editable(work: Work, scope: string[], id: string, version: number): Promise<store.EvaluationRow> {
  const e = await must(work.tx, work.realm, id, scope, true);
  matchVersion(version, e.version);
  if (e.state !== 'draft') throw problem('not-allowed-in-state', { detail: '已经提交，不能再改' });
  return e;
}

export async function saveEvaluation(work: Work, scope: string[], id: string, version: number, data: store.EvaluationData): Promise<EvaluationSheet> {
  const e = await editable(work, scope, id, version);
  const keys = new Set(
    (await targetRows(work.tx, { realm: work.realm, scope: [''], year: e.year, unit: e.unit })).filter((t) => t.owner === e.unit && isOf(t, e)).map((t) => t.key),
  );
  data.lines.forEach((l, i) => {
    if (!keys.has(l.key)) throw problem('invalid-input', { errors: [{ pointer: `/body/lines/${i}/key`, message: '这张表没有这项指标' }] });
  });
  const merged: store.EvaluationData = { ...data, lines: [...e.data.lines.filter((l) => !data.lines.some((x) => x.key === l.key)), ...data.lines] };
  const changed = data.lines.filter((l) => JSON.stringify(e.data.lines.find((x) => x.key === l.key)) !== JSON.stringify(l));
  await store.saveEvaluation(work.tx, { ...e, data: merged, by: work.by, at: work.at, version: e.version + 1 });
  await append(work, [
    { kind: 'self-evaluation.saved', subject: `self-evaluation:${id}`, unit: e.unit, data: { lines: changed, goalActual: data.goalActual, executionCause: data.executionCause } },
  ]);
  return sheetOf(work.hub, work.tx, work.realm, await must(work.tx, work.realm, id, ['']), work.actor);
}

/** Submits a complete form; what it says is frozen with it. */
export async function submitEvaluation(work: Work, scope: string[], id: string, version: number): Promise<EvaluationSheet> {
  const e = await editable(work, scope, id, version);
  const s = await schemeOf(work.hub, e.year, work.tx, e.scheme);
  const computed = await compute(work.hub, work.tx, work.realm, e, s, true);
  const missing = [...computed.missing, ...(e.data.goalActual?.trim() ? [] : ['没有填写年度总体目标实际完成情况'])];
  if (dateOf(work.at) < `${e.year}-12-01`) missing.push(`${e.year} 年还没有结束，年末前不能提交自评`);
  if (missing.length) throw problem('not-allowed-in-state', { detail: missing.slice(0, 5).join('；'), errors: missing.map((message) => ({ pointer: '/body', message })) });
  await store.saveEvaluation(work.tx, { ...e, state: 'submitted', frozen: computed, returned: null, by: work.by, at: work.at, version: e.version + 1 });
  await append(work, [
    {
      kind: 'self-evaluation.submitted',
      subject: `self-evaluation:${id}`,
      unit: e.unit,
      data: {
        total: computed.total,
        grade: computed.grade,
        execution: computed.execution.score,
        scores: computed.lines.map((l) => ({ key: l.key, score: l.score, actual: l.actual, rating: l.rating })),
      },
    },
  ]);
  return sheetOf(work.hub, work.tx, work.realm, await must(work.tx, work.realm, id, ['']), work.actor);
}

/** Passes a submitted form, or returns it with the opinion; never by who submitted it. */
export async function reviewEvaluation(work: Work, scope: string[], id: string, version: number, r: { pass: boolean; opinion: string }): Promise<EvaluationSheet> {
  const e = await must(work.tx, work.realm, id, scope, true);
  matchVersion(version, e.version);
  if (e.state !== 'submitted') throw problem('not-allowed-in-state', { detail: e.state === 'draft' ? '还没有提交' : '已经审核' });
  if (e.by === work.by && work.actor.kind === 'person') throw problem('forbidden', { detail: '不能审核自己提交的自评' });
  const who = { by: work.by, byName: work.actor.name, at: work.at.toISOString() };
  await store.saveEvaluation(work.tx, {
    ...e,
    state: r.pass ? 'reviewed' : 'draft',
    review: r.pass ? { opinion: r.opinion, ...who } : null,
    returned: r.pass ? null : { reason: r.opinion, ...who },
    frozen: r.pass ? e.frozen : null,
    by: work.by,
    at: work.at,
    version: e.version + 1,
  });
  await append(work, [{ kind: r.pass ? 'self-evaluation.reviewed' : 'self-evaluation.returned', subject: `self-evaluation:${id}`, unit: e.unit, data: { opinion: r.opinion } }]);
  return sheetOf(work.hub, work.tx, work.realm, await must(work.tx, work.realm, id, ['']), work.actor);
}
