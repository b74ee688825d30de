// HTTP of evaluation.
import { evaluationApi } from '#core/evaluation/contract.ts';
import { type Counts, definitions, rates, total } from '#core/evaluation/rates.ts';
import { within } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { addDays, localInstant } from '#core/time.ts';
import { current } from '../packs/service.ts';
import { serve } from '../platform/http.ts';
import * as evaluation from './service.ts';

function readCursor(cursor: string | undefined): { key: string; id: string } | undefined {
  if (!cursor) return undefined;
  const m = /^([\d :.+-]{10,40})\|([0-9a-f-]{36})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (!m) throw problem('invalid-input', { errors: [{ pointer: '/query/cursor', message: '不是有效的游标' }] });
  return { key: m[1]!, id: m[2]! };
}
/** Local dates, both included, as a half-open span. */
function span(q: { from: string; to: string }): { from: Date; to: Date } {
  if (q.to < q.from) throw problem('invalid-input', { errors: [{ pointer: '/query/to', message: '不早于 from' }] });
  return { from: localInstant(q.from), to: localInstant(addDays(q.to, 1)) };
}
const percent = (part: number, whole: number): number | null => (whole > 0 ? Math.round((part / whole) * 1000) / 10 : null);

export const evaluationRoutes = serve(evaluationApi, {
  async units({ hub, query, scope, realm }) {
    const at = await hub.now(realm);
    const rows = await evaluation.unitCounts(hub.sql, { realm, ...span(query), at, flow: query.flow, scope });
    const items = rows.map(({ unit, unitName, kind, ...counts }) => ({ unit, unitName, kind, counts: counts as Counts, rates: rates(counts) }));
    const all = total(items.map((i) => i.counts));
    return { from: query.from, to: query.to, asOf: at, definitions, total: { counts: all, rates: rates(all) }, items };
  },
  async unitTasks({ hub, params, query, scope, realm }) {
    if (!scope.some((p) => within(params.unit, p))) throw problem('not-found', { detail: '没有这个机构，或不在您的范围内' });
    const at = await hub.now(realm);
    const rows = await evaluation.unitShares(hub.sql, { realm, ...span(query), at, flow: query.flow, scope }, params.unit, query.count, 501);
    return { items: rows.slice(0, 500), more: rows.length > 500 };
  },
  async surveys({ hub, query, scope, realm }) {
    const { content } = await current(hub);
    const items = await Promise.all(
      [...content.surveys.values()].map(async (s) => {
        const q = { realm, survey: s.code, ...span(query), units: scope };
        const c = await evaluation.surveyValue(hub.sql, { ...q, measure: 'satisfied-rate', satisfiedFrom: s.satisfiedFrom });
        return {
          code: s.code,
          name: s.name,
          satisfiedFrom: s.satisfiedFrom,
          asked: c.asked,
          answered: c.answered,
          unrated: c.askedUnrated,
          satisfied: c.satisfied,
          satisfiedRate: percent(c.satisfied, c.answered),
          mean: c.mean === null ? null : Math.round(c.mean * 100) / 100,
          spread: await evaluation.spread(hub.sql, q),
        };
      }),
    );
    return { items };
  },
  async requests({ hub, params, query, scope, realm }) {
    const rows = await evaluation.requests(hub.sql, { realm, survey: params.code, scope, state: query.state, limit: query.limit + 1, after: readCursor(query.cursor) });
    const items = rows.slice(0, query.limit);
    const last = items.at(-1);
    const shown = items.map((r) => ({
      id: r.id,
      subject: r.subject,
      title: r.title,
      unit: r.unit,
      unitName: r.unitName,
      askedAt: r.askedAt,
      expiresAt: r.expiresAt,
      answeredAt: r.answeredAt,
      via: r.via,
      rating: r.rating,
    }));
    return { items: shown, next: rows.length > query.limit && last ? Buffer.from(`${last.key}|${last.id}`).toString('base64url') : null };
  },
  link: ({ work, params, scope }) => evaluation.makeLink(work, params.id, scope),
  open: ({ hub, params }) => evaluation.openLink(hub, params.token),
  async answer({ work, params, body }) {
    await evaluation.answerLink(work, params.token, body.data);
    return { done: true as const };
  },
  targets: ({ hub, query, realm }) => evaluation.listTargets(hub, realm, query.year),
  target: ({ hub, params, actor, realm }) => evaluation.readTarget(hub, realm, params.code, actor),
  bind: ({ work, params, body }) => evaluation.bindTarget(work, params.code, body),
  unbind: ({ work, params }) => evaluation.unbindTarget(work, params.code),
  rate: ({ work, params, body }) => evaluation.rateTarget(work, params.code, body),
});
