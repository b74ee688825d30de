// Satisfaction surveys: asked once when a case closes, answered once by a link or a follow-up call, the unrated counted apart.
import { createHash, randomBytes } from 'node:crypto';
import type { Fact } from '#core/fact.ts';
import { splitSubject } from '#core/fact.ts';
import { formFaults } from '#core/form.ts';
import type { Survey } from '#core/evaluation/pack.ts';
import { problem } from '#core/problem.ts';
import { DAY } from '#core/time.ts';
import * as cases from '../cases/service.ts';
import { contentOf, current } from '../packs/service.ts';
import { append } from '../platform/facts.ts';
import type { Db } from '../platform/db.ts';
import type { Hub, Work } from '../platform/hub.ts';
import { uuidv7 } from '../platform/ids.ts';
import * as store from './store.ts';

const sha = (token: string): Buffer => createHash('sha256').update(token).digest();

async function surveyOf(hub: Hub, version: string, code: string, db: Db): Promise<Survey> {
  const survey = (await contentOf(hub, version, db)).content.surveys.get(code);
  if (!survey) throw problem('not-found', { detail: `没有调查 ${code}` });
  return survey;
}

/** Opens a request for a subject; a subject is asked once for each survey, however often its case closes. */
export async function askFor(work: Work, survey: Survey, packVersion: string, s: { subject: string; title: string; unit: string }): Promise<void> {
  const id = uuidv7();
  const expiresAt = new Date(work.at.getTime() + survey.days * DAY);
  if (await store.ask(work.tx, { id, realm: work.realm, survey: survey.code, packVersion, ...s, askedAt: work.at, expiresAt }))
    await append(work, [{ kind: 'survey.asked', subject: `survey:${id}`, unit: s.unit, data: { survey: survey.code, about: s.subject } }]);
}

async function answer(work: Work, row: store.RequestRow, survey: Survey, data: Record<string, unknown>, via: 'link' | 'follow-up'): Promise<void> {
  const rating = data[survey.rating] as number;
  await store.setAnswer(work.tx, { id: row.id, at: work.at, via, rating, data });
  // The free text of a citizen stays out of the fact; only the rating counts.
  await append(work, [{ kind: 'survey.answered', subject: `survey:${row.id}`, unit: row.unit, data: { survey: row.survey, about: row.subject, rating, via } }]);
}

/** What a case's end means for surveys: it is asked about, and a follow-up call's rating is its answer. */
export async function followCases(work: Work, facts: Fact[]): Promise<void> {
  for (const f of facts) {
    if (f.kind !== 'case.closed' && f.kind !== 'case.evaluated') continue;
    const [, id] = splitSubject(f.subject);
    const found = await cases.read(work.tx, id);
    if (!found) continue;
    const { state } = found;
    const packs = await contentOf(work.hub, state.packVersion, work.tx);
    const flow = packs.content.flows.get(state.flow);
    // The unit that led the work is rated, not the centre that closed it.
    const done = state.tasks.filter((t) => flow?.steps[t.step]?.counted && t.state === 'done');
    const unit = (done.find((t) => t.lead) ?? done[0])?.unit ?? state.owner;
    for (const survey of packs.content.surveys.values()) {
      if (!survey.after?.flows.includes(state.flow)) continue;
      await askFor(work, survey, state.packVersion, { subject: `case:${id}`, title: `${state.no} ${state.title}`, unit });
      const rating = (f.data.form as Record<string, unknown> | undefined)?.[survey.rating];
      if (f.kind !== 'case.evaluated' || typeof rating !== 'number') continue;
      const row = await store.request(work.tx, { subject: `case:${id}`, survey: survey.code, realm: work.realm }, true);
      if (row && !row.answeredAt) await answer(work, row, survey, { [survey.rating]: rating }, 'follow-up');
    }
  }
}

/** A link to answer by, for whoever asked; shown once, an earlier one ends. */
export async function makeLink(work: Work, id: string, scope: string[]): Promise<{ path: string; expiresAt: Date }> {
  const row = await store.request(work.tx, { id, scope, realm: work.realm }, true);
  if (!row) throw problem('not-found', { detail: '没有这个评价请求' });
  if (row.answeredAt) throw problem('not-allowed-in-state', { detail: '已经评价，不再重复' });
  const survey = await surveyOf(work.hub, row.packVersion, row.survey, work.tx);
  const token = randomBytes(24).toString('base64url');
  const expiresAt = new Date(work.at.getTime() + survey.days * DAY);
  await store.setToken(work.tx, id, sha(token), expiresAt);
  await append(work, [{ kind: 'survey.link-made', subject: `survey:${id}`, unit: row.unit, data: { until: expiresAt.toISOString() } }]);
  return { path: `/survey/${token}`, expiresAt };
}

/** What the holder of a link sees. */
export async function openLink(hub: Hub, token: string) {
  const row = await store.request(hub.sql, { token: sha(token) });
  if (!row) throw problem('not-found', { detail: '链接无效，或已换成新的链接' });
  const survey = await surveyOf(hub, row.packVersion, row.survey, hub.sql);
  return { name: survey.name, title: row.title, fields: survey.fields, answered: row.answeredAt !== null, expiresAt: row.expiresAt };
}

/** Answers by link, once. */
export async function answerLink(work: Work, token: string, data: Record<string, unknown>): Promise<void> {
  const row = await store.request(work.tx, { token: sha(token) }, true);
  if (!row || row.realm !== work.realm) throw problem('not-found', { detail: '链接无效，或已换成新的链接' });
  if (row.answeredAt) throw problem('not-allowed-in-state', { detail: '已经评价过，谢谢' });
  if (row.expiresAt <= work.at) throw problem('not-allowed-in-state', { detail: '链接已过期' });
  const survey = await surveyOf(work.hub, row.packVersion, row.survey, work.tx);
  const errors = formFaults(survey.fields, data, '/body/data');
  if (errors.length) throw problem('invalid-input', { errors, detail: errors.map((e) => e.message).join('；') });
  await answer(work, row, survey, data, 'link');
}

/** From which rating an answer counts as satisfied, by the current content. */
export const satisfiedFrom =
  (hub: Hub) =>
  async (db: Db, code: string): Promise<number> =>
    (await current(hub, db)).content.surveys.get(code)?.satisfiedFrom ?? 4;
