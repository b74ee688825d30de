// Reviews: proposed by rule when a case closes, written by people, finished into improvements that become cases and come back done.
import type { Fact } from '#core/fact.ts';
import { splitSubject } from '#core/fact.ts';
import { may, scopeOf } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { type Assembled, type Trigger, assemble, changeNames, triggers } from '#core/review/review.ts';
import { dateOf, localInstant } from '#core/time.ts';
import * as cases from '../cases/service.ts';
import { contentOf, current } from '../packs/service.ts';
import { unitBy } from '../people/service.ts';
import type { Db } from '../platform/db.ts';
import { append } from '../platform/facts.ts';
import { matchVersion } from '../platform/http.ts';
import type { Hub, Work } from '../platform/hub.ts';
import { uuidv7 } from '../platform/ids.ts';
import { type Timer, cancelTimers, setTimer } from '../platform/timers.ts';
import * as store from './store.ts';

export { improvements, list, read, visibleIds } from './store.ts';
export type { ImprovementRow, ReviewRow } from './store.ts';

/** What the facts of a review's case say by themselves: live until the review is finished, then as they stood. */
export async function assembled(hub: Hub, db: Db, review: Pick<store.ReviewRow, 'caseId' | 'frozen'>, now: Date): Promise<Assembled> {
  if (review.frozen) return review.frozen;
  const found = await cases.read(db, review.caseId);
  if (!found) throw problem('not-found', { detail: '没有这个事件' });
  const packs = await contentOf(hub, found.state.packVersion, db);
  return assemble(found.state, await cases.timeline(db, review.caseId), packs.content.flows.get(found.state.flow)!, now);
}

/** Proposes a review of a case that closed with a reason to learn from; one review a case. */
async function propose(work: Work, caseId: string): Promise<void> {
  const found = await cases.read(work.tx, caseId);
  if (!found || found.state.status !== 'closed') return;
  const { state } = found;
  const why = triggers(state, await cases.timeline(work.tx, caseId));
  if (!why.length) return;
  const packs = await contentOf(work.hub, state.packVersion, work.tx);
  const unit = `${state.root}.${packs.content.flows.get(state.flow)!.owner}`;
  const id = uuidv7();
  if (await store.insert(work.tx, { id, realm: work.realm, caseId, status: 'proposed', triggers: why, title: `复盘：${state.title}`, unit, at: work.at, by: work.by }))
    await append(work, [{ kind: 'review.proposed', subject: `review:${id}`, unit, data: { case: caseId, why: why.map((t) => t.kind) } }]);
}

/** Begins a review because somebody asks for it; a proposed or declined one is taken up. */
export async function createReview(work: Work, caseId: string, reason: string): Promise<{ id: string; version: number }> {
  await cases.mustSee(work, work.actor, caseId);
  const { state } = (await cases.read(work.tx, caseId))!;
  if (state.status === 'open') throw problem('not-allowed-in-state', { detail: '事件结束后才能复盘' });
  const asked: Trigger = { kind: 'asked', text: { zh: `${work.actor.name}：${reason}`, en: `${work.actor.name}: ${reason}` } };
  const before = await store.read(work.tx, { caseId }, work.realm, [''], true);
  if (before) {
    mustWrite(work, before);
    if (before.status === 'draft' || before.status === 'final') throw problem('conflict', { detail: '这个事件已有复盘' });
    await store.begin(work.tx, before.id, [...before.triggers, asked]);
    await append(work, [{ kind: 'review.begun', subject: `review:${before.id}`, unit: before.unit, data: { case: caseId, reason } }]);
    return { id: before.id, version: before.version + 1 };
  }
  const packs = await contentOf(work.hub, state.packVersion, work.tx);
  const unit = `${state.root}.${packs.content.flows.get(state.flow)!.owner}`;
  if (!may(work.actor, 'review.write', unit)) throw problem('forbidden', { detail: `不能为 ${unit} 编写复盘` });
  const id = uuidv7();
  const fresh = await store.insert(work.tx, {
    id,
    realm: work.realm,
    caseId,
    status: 'draft',
    triggers: [...triggers(state, await cases.timeline(work.tx, caseId)), asked],
    title: `复盘：${state.title}`,
    unit,
    at: work.at,
    by: work.by,
  });
  if (!fresh) throw problem('conflict', { detail: '这个事件已有复盘' });
  await append(work, [{ kind: 'review.begun', subject: `review:${id}`, unit, data: { case: caseId, reason } }]);
  return { id, version: 1 };
}

function mustWrite(work: Work, r: store.ReviewRow): void {
  if (!may(work.actor, 'review.write', r.unit)) throw problem('forbidden', { detail: `不能编写 ${r.unit} 的复盘` });
}
async function held(work: Work, id: string, asked: number, allowed: store.ReviewRow['status'][]): Promise<store.ReviewRow> {
  const r = await store.read(work.tx, { id }, work.realm, scopeOf(work.actor, 'review.read'), true);
  if (!r) throw problem('not-found', { detail: '没有这次复盘' });
  mustWrite(work, r);
  matchVersion(asked, r.version);
  if (!allowed.includes(r.status)) throw problem('not-allowed-in-state', { detail: r.status === 'final' ? '复盘已完成，不能再改' : '复盘已谢绝' });
  return r;
}

export interface Written {
  summary: string;
  worked: string;
  failed: string;
  causes: store.Cause[];
  improvements: { text: string; unit: string; dueOn: string; changes: string }[];
}
/** Saves what people write; a proposal becomes a draft by it. */
export async function saveReview(work: Work, id: string, asked: number, w: Written): Promise<{ version: number }> {
  const r = await held(work, id, asked, ['proposed', 'draft']);
  for (const [i, x] of w.improvements.entries()) {
    if (!(await unitBy(work.tx, { path: x.unit }))) throw problem('invalid-input', { errors: [{ pointer: `/body/improvements/${i}/unit`, message: '没有这个机构' }] });
    if (x.dueOn < dateOf(work.at)) throw problem('invalid-input', { errors: [{ pointer: `/body/improvements/${i}/dueOn`, message: '完成日期已过' }] });
  }
  await store.save(work.tx, id, w);
  await store.planImprovements(
    work.tx,
    id,
    work.realm,
    w.improvements.map((x) => ({ id: uuidv7(), ...x })),
  );
  await append(work, [{ kind: 'review.written', subject: `review:${id}`, unit: r.unit, data: { causes: w.causes.map((c) => c.kind), improvements: w.improvements.length } }]);
  return { version: r.version + 1 };
}

export async function declineReview(work: Work, id: string, asked: number, reason: string): Promise<{ version: number }> {
  const r = await held(work, id, asked, ['proposed', 'draft']);
  await store.decline(work.tx, id, reason);
  await append(work, [{ kind: 'review.declined', subject: `review:${id}`, unit: r.unit, data: { case: r.caseId, reason } }]);
  return { version: r.version + 1 };
}

/** Finishes a review: the timeline is kept as it stands, every improvement becomes a case of its unit with a day it is due. */
export async function finishReview(work: Work, id: string, asked: number): Promise<{ version: number; cases: string[] }> {
  const r = await held(work, id, asked, ['draft']);
  const errors = [
    ...(r.summary.trim() ? [] : [{ pointer: '/summary', message: '请写明经过与结论' }]),
    ...(r.causes.length ? [] : [{ pointer: '/causes', message: '请至少写明一个原因' }]),
  ];
  if (errors.length) throw problem('invalid-input', { errors, detail: errors.map((e) => e.message).join('；') });
  const packs = await current(work.hub, work.tx);
  await store.finish(work.tx, id, await assembled(work.hub, work.tx, r, work.at), work.at);
  // The hub assigns them: the review has already decided whose they are.
  const who = work.hub.system('review', work.realm);
  const asHub: Work = { ...work, actor: who.actor, by: 'system:review' };
  const made: string[] = [];
  for (const i of await store.improvements(work.tx, id)) {
    if (i.status !== 'planned') continue;
    const opened = await cases.openCase(asHub, {
      flow: 'improvement',
      title: i.text.slice(0, 200),
      description: `${r.title}（${r.caseNo}）的改进项，涉及${changeNames[i.changes].zh}，${i.dueOn} 前完成。`,
      source: 'review',
      origin: `review:${id}`,
    });
    await cases.act(asHub, opened.id, null, {
      kind: 'decide',
      task: opened.state.tasks[0]!.id,
      outcome: 'assign',
      assign: [{ unit: i.unit, title: i.text.slice(0, 200), lead: true }],
    });
    await store.openImprovement(work.tx, i.id, opened.id, packs.version);
    await setTimer(work, { subject: `improvement:${i.id}`, kind: 'review.improvement-due', generation: 1, dueAt: localInstant(i.dueOn, '18:00') });
    made.push(opened.id);
  }
  await append(work, [{ kind: 'review.finished', subject: `review:${id}`, unit: r.unit, data: { case: r.caseId, cases: made, causes: r.causes.map((c) => c.kind) } }]);
  return { version: r.version + 1, cases: made };
}

/** The day an improvement was due has passed: its case is reminded, once. */
export async function onTimer(work: Work, timer: Timer): Promise<void> {
  const i = await store.improvementBy(work.tx, { id: timer.subject.slice('improvement:'.length) });
  if (i?.status !== 'open' || !i.caseId) return;
  await cases.act(work, i.caseId, null, { kind: 'remind', text: `改进项应于 ${i.dueOn} 完成，尚未验收` });
  await append(work, [{ kind: 'review.improvement-overdue', subject: `review:${i.reviewId}`, unit: i.unit, data: { improvement: i.id, case: i.caseId, dueOn: i.dueOn } }]);
}

/** What the end of a case means for reviews: one is proposed, or an improvement is done, dropped or open again. */
export async function followCases(work: Work, facts: Fact[]): Promise<void> {
  for (const f of facts) {
    const [, caseId] = splitSubject(f.subject);
    const i = await store.improvementBy(work.tx, { caseId });
    if (!i) {
      if (f.kind === 'case.closed') await propose(work, caseId);
      continue;
    }
    const { version } = await current(work.hub, work.tx);
    if (f.kind === 'case.reopened') await store.endImprovement(work.tx, i.id, { status: 'open', changed: null, packAfter: null, at: null });
    else {
      const { state } = (await cases.read(work.tx, caseId))!;
      const said = state.tasks.findLast((t) => typeof t.form.change === 'string')?.form.change;
      const status = f.kind === 'case.closed' ? 'done' : 'dropped';
      await store.endImprovement(work.tx, i.id, { status, changed: typeof said === 'string' ? said : null, packAfter: version, at: f.at });
      await cancelTimers(work, `improvement:${i.id}`);
      await append(work, [
        {
          kind: `review.improvement-${status}`,
          subject: `review:${i.reviewId}`,
          unit: i.unit,
          data: { improvement: i.id, case: caseId, contentChanged: i.packBefore !== version },
        },
      ]);
    }
  }
}
