// HTTP contract of evaluation: units' rates with their definitions, surveys by link, published targets answered live.
import * as z from 'zod';
import { date, idParams, page, paging, route, text, uuid } from '../contract.ts';
import { field } from '../form.ts';
import { countNames } from './rates.ts';
import { natures } from './pack.ts';
import { ratingGrades, targetStates } from './targets.ts';

const unit = z.string().max(300);
const code = z.string().regex(/^[a-z][a-z0-9-]{0,80}$/);
const period = { from: date, to: date, flow: z.string().max(60).optional() };
const counts = z.object({
  offered: z.number(),
  ackDue: z.number(),
  ackInTime: z.number(),
  needDone: z.number(),
  done: z.number(),
  doneInTime: z.number(),
  overdueOpen: z.number(),
  deferred: z.number(),
  reworked: z.number(),
  returned: z.number(),
  handleHours: z.number(),
  timed: z.number(),
});
const rate = z.number().nullable();
const rates = z.object({ ackRate: rate, onTimeRate: rate, doneRate: rate, reworkRate: rate, returnRate: rate, meanHandleHours: rate });
const token = z.string().regex(/^[A-Za-z0-9_-]{20,80}$/);

export const targetRow = z.object({
  code: z.string(),
  name: text,
  year: z.number(),
  nature: z.enum(natures),
  promised: z.string(),
  unit: z.string().nullable(),
  weight: z.number().nullable(),
  progress: z.enum(['cumulative', 'level']),
  source: z.object({ document: z.string(), place: z.string() }),
  rater: text.nullable(),
  binding: z
    .object({
      indicator: z.string(),
      indicatorName: text,
      meaning: text,
      unit: z.string(),
      unitName: text,
      changed: z.object({ reason: z.string(), by: z.string(), at: z.date() }).nullable(),
    })
    .nullable(),
  state: z.enum(targetStates),
  stateName: text,
  reason: text,
  value: z.number().nullable(),
  expected: z.number().nullable(),
  forecast: z.number().nullable(),
  completion: z.number().nullable(),
  provisional: z.boolean(),
  rating: z.object({ grade: z.enum(ratingGrades), score: z.number(), reason: z.string(), by: z.string(), at: z.date(), evidence: z.array(z.string()) }).nullable(),
});
const evidenceItem = z.object({
  kind: z.enum(['record', 'case', 'survey', 'rating', 'reading', 'other']),
  id: z.string(),
  title: z.string(),
  at: z.date().nullable(),
  value: z.number().nullable(),
});

export const evaluationApi = {
  units: route({
    id: 'evaluateUnits',
    method: 'GET',
    path: '/api/evaluation/units',
    tag: 'evaluation',
    access: 'evaluation.read',
    summary: { zh: '单位办理情况与口径', en: 'Rates of units, with definitions' },
    query: z.strictObject(period),
    output: z.object({
      from: z.string(),
      to: z.string(),
      asOf: z.date(),
      definitions: z.record(z.string(), text),
      total: z.object({ counts, rates }),
      items: z.array(z.object({ unit: z.string(), unitName: text, kind: z.string(), counts, rates })),
    }),
  }),
  unitTasks: route({
    id: 'evaluateUnitTasks',
    method: 'GET',
    path: '/api/evaluation/units/:unit/tasks',
    tag: 'evaluation',
    access: 'evaluation.read',
    summary: { zh: '数字背后的任务', en: 'The tasks behind a count' },
    params: z.strictObject({ unit }),
    query: z.strictObject({ ...period, count: z.enum(countNames) }),
    output: z.object({
      items: z.array(
        z.object({
          caseId: uuid,
          no: z.string(),
          title: z.string(),
          task: uuid,
          state: z.string(),
          offeredAt: z.date(),
          acceptedAt: z.date().nullable(),
          dueAt: z.date().nullable(),
          doneAt: z.date().nullable(),
          late: z.boolean().nullable(),
        }),
      ),
      more: z.boolean(),
    }),
  }),

  surveys: route({
    id: 'listSurveys',
    method: 'GET',
    path: '/api/evaluation/surveys',
    tag: 'evaluation',
    access: 'evaluation.read',
    summary: { zh: '满意度（未评价的另列）', en: 'Satisfaction, unrated ones apart' },
    query: z.strictObject({ from: date, to: date }),
    output: z.object({
      items: z.array(
        z.object({
          code: z.string(),
          name: text,
          satisfiedFrom: z.number(),
          asked: z.number(),
          answered: z.number(),
          unrated: z.number(),
          satisfied: z.number(),
          satisfiedRate: rate,
          mean: rate,
          spread: z.record(z.string(), z.number()),
        }),
      ),
    }),
  }),
  requests: route({
    id: 'listSurveyRequests',
    method: 'GET',
    path: '/api/evaluation/surveys/:code/requests',
    tag: 'evaluation',
    access: 'evaluation.read',
    summary: { zh: '评价请求', en: 'Requests of a survey' },
    params: z.strictObject({ code }),
    query: z.strictObject({ ...paging, state: z.enum(['answered', 'waiting', 'all']).default('all') }),
    output: page(
      z.object({
        id: uuid,
        subject: z.string(),
        title: z.string(),
        unit: z.string(),
        unitName: text,
        askedAt: z.date(),
        expiresAt: z.date(),
        answeredAt: z.date().nullable(),
        via: z.enum(['link', 'follow-up']).nullable(),
        rating: z.number().nullable(),
      }),
    ),
  }),
  link: route({
    id: 'makeSurveyLink',
    method: 'POST',
    path: '/api/evaluation/requests/:id/link',
    tag: 'evaluation',
    access: 'case.evaluate',
    summary: { zh: '生成评价链接（旧链接失效）', en: 'Make the link; an earlier one ends' },
    params: idParams,
    output: z.object({ path: z.string(), expiresAt: z.date() }),
  }),
  open: route({
    id: 'openSurvey',
    method: 'GET',
    path: '/api/surveys/:token',
    tag: 'evaluation',
    access: 'public',
    summary: { zh: '打开评价', en: 'Open a survey by its link' },
    params: z.strictObject({ token }),
    output: z.object({ name: text, title: z.string(), fields: z.array(field), answered: z.boolean(), expiresAt: z.date() }),
  }),
  answer: route({
    id: 'answerSurvey',
    method: 'POST',
    path: '/api/surveys/:token',
    tag: 'evaluation',
    access: 'public',
    summary: { zh: '提交评价（一次）', en: 'Answer once' },
    params: z.strictObject({ token }),
    body: z.strictObject({ data: z.record(z.string().max(60), z.unknown()) }),
    output: z.object({ done: z.literal(true) }),
  }),

  targets: route({
    id: 'listTargets',
    method: 'GET',
    path: '/api/targets',
    tag: 'targets',
    access: 'target.read',
    summary: { zh: '绩效目标与实时完成情况', en: 'Published targets, answered live' },
    query: z.strictObject({ year: z.coerce.number().int().min(2000).max(2100).optional() }),
    output: z.object({ year: z.number(), years: z.array(z.number()), asOf: z.date(), demo: z.boolean(), items: z.array(targetRow), counts: z.record(z.string(), z.number()) }),
  }),
  target: route({
    id: 'readTarget',
    method: 'GET',
    path: '/api/targets/:code',
    tag: 'targets',
    access: 'target.read',
    summary: { zh: '一个目标与它的依据', en: 'One target and its evidence' },
    params: z.strictObject({ code }),
    output: targetRow.extend({
      evidence: z.array(evidenceItem),
      evidenceMore: z.boolean(),
      ratings: z.array(z.object({ grade: z.enum(ratingGrades), score: z.number(), reason: z.string(), by: z.string(), at: z.date(), evidence: z.array(z.string()) })),
      mayRate: z.boolean(),
      mayBind: z.boolean(),
    }),
  }),
  bind: route({
    id: 'bindTarget',
    method: 'PUT',
    path: '/api/targets/:code/binding',
    tag: 'targets',
    access: 'target.manage',
    summary: { zh: '改绑指标与单位', en: 'Bind a target to an indicator and a unit' },
    params: z.strictObject({ code }),
    body: z.strictObject({ indicator: code, unit, reason: z.string().trim().min(1).max(1000) }),
    output: z.object({ state: z.enum(targetStates) }),
  }),
  unbind: route({
    id: 'unbindTarget',
    method: 'DELETE',
    path: '/api/targets/:code/binding',
    tag: 'targets',
    access: 'target.manage',
    summary: { zh: '恢复内容包的绑定', en: 'Back to the pack’s binding' },
    params: z.strictObject({ code }),
    output: z.object({ state: z.enum(targetStates) }),
  }),
  rate: route({
    id: 'rateTarget',
    method: 'POST',
    path: '/api/targets/:code/ratings',
    tag: 'targets',
    access: 'target.read',
    idempotent: true,
    status: 201,
    summary: { zh: '评定定性目标（限写明的岗位）', en: 'Rate a qualitative target, by its named post only' },
    params: z.strictObject({ code }),
    body: z.strictObject({
      score: z.number().int().min(0).max(100),
      reason: z.string().trim().min(1).max(2000),
      evidence: z
        .array(z.string().regex(/^(record|case):[0-9a-f-]{36}$/))
        .min(1)
        .max(50),
    }),
    output: z.object({ id: uuid, grade: z.enum(ratingGrades) }),
  }),
};
