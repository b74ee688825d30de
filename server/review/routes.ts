// HTTP of reviews.
import { reviewApi } from '#core/review/contract.ts';
import { problem } from '#core/problem.ts';
import * as cases from '../cases/service.ts';
import { RawReply, serve } from '../platform/http.ts';
import type { Hub } from '../platform/hub.ts';
import { printed } from './print.ts';
import * as reviews from './service.ts';

function readCursor(cursor: string | undefined): { key: string; id: string } | undefined {
  if (!cursor) return undefined;
  const m = /^([\d :.+-]{10,40})\|([0-9a-f-]{36})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (!m) throw problem('invalid-input', { errors: [{ pointer: '/query/cursor', message: '不是有效的游标' }] });
  return { key: m[1]!, id: m[2]! };
}
async function whole(hub: Hub, id: string, realm: string, scope: string[]) {
  const r = await reviews.read(hub.sql, { id }, realm, scope);
  if (!r) throw problem('not-found', { detail: '没有这次复盘' });
  const a = await reviews.assembled(hub, hub.sql, r, await hub.now(realm));
  const list = await reviews.improvements(hub.sql, id);
  const names = await cases.unitNames(hub.sql, [...new Set([r.unit, ...a.timeline.flatMap((e) => (e.unit ? [e.unit] : [])), ...a.breaches.map((b) => b.unit)])]);
  return { r, a, list, names };
}
const row = (r: reviews.ReviewRow) => ({
  id: r.id,
  caseId: r.caseId,
  caseNo: r.caseNo,
  title: r.title,
  level: r.level,
  status: r.status,
  triggers: r.triggers,
  unit: r.unit,
  unitName: r.unitName,
  openedAt: r.openedAt,
  finishedAt: r.finishedAt,
  version: r.version,
});

export const reviewRoutes = serve(reviewApi, {
  async list({ hub, query, scope, realm }) {
    const rows = await reviews.list(hub.sql, { realm, scope, status: query.status, limit: query.limit + 1, after: readCursor(query.cursor) });
    const items = rows.slice(0, query.limit);
    const last = items.at(-1);
    return {
      items: items.map((r) => ({ ...row(r), improvements: r.improvements, improvementsDone: r.improvementsDone })),
      next: rows.length > query.limit && last ? Buffer.from(`${last.key}|${last.id}`).toString('base64url') : null,
    };
  },
  create: ({ work, body }) => reviews.createReview(work, body.caseId, body.reason),
  async read({ hub, params, scope, realm }) {
    const { r, a, list, names } = await whole(hub, params.id, realm, scope);
    // The loop is closed when nothing that was promised is still open.
    const closedLoop = r.status === 'final' && list.every((i) => i.status === 'done' || i.status === 'dropped');
    return {
      ...row(r),
      summary: r.summary,
      worked: r.worked,
      failed: r.failed,
      causes: r.causes,
      declineReason: r.declineReason,
      frozen: r.frozen !== null,
      ...a,
      improvements: list,
      closedLoop,
      names,
    };
  },
  save: ({ work, params, body, ifMatch }) => reviews.saveReview(work, params.id, ifMatch, body),
  decline: ({ work, params, body, ifMatch }) => reviews.declineReview(work, params.id, ifMatch, body.reason),
  finish: ({ work, params, ifMatch }) => reviews.finishReview(work, params.id, ifMatch),
  async print({ hub, params, scope, realm }) {
    const { r, a, list, names } = await whole(hub, params.id, realm, scope);
    const [demo] = await hub.sql<{ value: boolean }[]>`select value from installation where key = 'demo'`;
    return new RawReply(printed(r, a, list, names, Boolean(demo?.value)), 'text/html; charset=utf-8');
  },
});
