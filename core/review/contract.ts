// HTTP contract of reviews (复盘): proposals, the assembled timeline, findings, improvements that become cases, a printable page.
import * as z from 'zod';
import { date, idParams, page, paging, route, text, uuid } from '../contract.ts';
import { causes, changeKinds, triggerKinds } from './review.ts';

const long = z.string().max(10_000);
const trigger = z.object({ kind: z.enum(triggerKinds), text });
const cause = z.strictObject({ kind: z.enum(causes), text: z.string().trim().min(1).max(2000) });
export const improvement = z.object({
  id: uuid, text: z.string(), unit: z.string(), unitName: text, dueOn: z.string(), changes: z.enum(changeKinds), status: z.enum(['planned', 'open', 'done', 'dropped']),
  caseId: uuid.nullable(), caseNo: z.string().nullable(), changed: z.string().nullable(), packBefore: z.string().nullable(), packAfter: z.string().nullable(), doneAt: z.date().nullable(),
});
export const reviewRow = z.object({
  id: uuid, caseId: uuid, caseNo: z.string(), title: z.string(), level: z.number().nullable(), status: z.enum(['proposed', 'draft', 'final', 'declined']), triggers: z.array(trigger), unit: z.string(), unitName: text,
  openedAt: z.date(), finishedAt: z.date().nullable(), improvements: z.number(), improvementsDone: z.number(), version: z.number(),
});
const detail = reviewRow.omit({ improvements: true, improvementsDone: true }).extend({
  summary: z.string(), worked: z.string(), failed: z.string(), causes: z.array(cause), declineReason: z.string().nullable(), frozen: z.boolean(),
  timeline: z.array(z.object({ at: z.string(), kind: z.string(), by: z.string(), text, unit: z.string().nullable() })),
  breaches: z.array(z.object({ task: z.string(), title: z.string(), unit: z.string(), limit: z.string(), due: z.string(), metAt: z.string().nullable(), minutes: z.number() })),
  decisions: z.array(z.object({ at: z.string(), by: z.string(), step: text, outcome: text, reason: z.string().nullable() })),
  numbers: z.array(z.object({ name: text, minutes: z.number().nullable() })),
  improvements: z.array(improvement), closedLoop: z.boolean(), names: z.record(z.string(), text),
});
const version = z.object({ version: z.number() });

export const reviewApi = {
  list: route({
    id: 'listReviews', method: 'GET', path: '/api/reviews', tag: 'reviews', access: 'review.read', summary: { zh: '复盘', en: 'Reviews' },
    query: z.strictObject({ ...paging, status: z.enum(['proposed', 'draft', 'final', 'declined', 'all']).default('all') }), output: page(reviewRow),
  }),
  create: route({
    id: 'createReview', method: 'POST', path: '/api/reviews', tag: 'reviews', access: 'review.write', idempotent: true, status: 201, summary: { zh: '发起复盘', en: 'Begin a review' },
    body: z.strictObject({ caseId: uuid, reason: z.string().trim().min(1).max(1000) }), output: z.object({ id: uuid, version: z.number() }),
  }),
  read: route({ id: 'readReview', method: 'GET', path: '/api/reviews/:id', tag: 'reviews', access: 'review.read', summary: { zh: '一次复盘', en: 'One review' }, params: idParams, output: detail }),
  save: route({
    id: 'saveReview', method: 'PUT', path: '/api/reviews/:id', tag: 'reviews', access: 'review.write', ifMatch: true, summary: { zh: '编写复盘', en: 'Write a review' }, params: idParams,
    body: z.strictObject({
      summary: long, worked: long, failed: long, causes: z.array(cause).max(20),
      improvements: z.array(z.strictObject({ text: z.string().trim().min(1).max(500), unit: z.string().max(300), dueOn: date, changes: z.enum(changeKinds) })).max(20),
    }),
    output: version,
  }),
  decline: route({ id: 'declineReview', method: 'POST', path: '/api/reviews/:id/decline', tag: 'reviews', access: 'review.write', ifMatch: true, summary: { zh: '不复盘（写明理由）', en: 'Decline with a reason' }, params: idParams, body: z.strictObject({ reason: z.string().trim().min(1).max(1000) }), output: version }),
  finish: route({ id: 'finishReview', method: 'POST', path: '/api/reviews/:id/finish', tag: 'reviews', access: 'review.write', ifMatch: true, summary: { zh: '完成复盘，改进项成为事件', en: 'Finish; improvements become cases' }, params: idParams, output: version.extend({ cases: z.array(uuid) }) }),
  print: route({ id: 'printReview', method: 'GET', path: '/api/reviews/:id/print', tag: 'reviews', access: 'review.read', produces: 'text/html', summary: { zh: '打印复盘报告', en: 'Printable report' }, params: idParams }),
};
