// Routes of targets: live values, bindings, plans, what is at risk, advice before publishing.
import * as z from 'zod';
import { idParams, route, text, uuid } from '../../contract.ts';
import { bindingKinds } from '../bind.ts';
import { progressStates } from '../progress.ts';
import { amount, author, counts, moneyUnit, stableKey, tag, unit, yearQuery } from './parts.ts';
import { adviceInput, adviceItem, plan, suggestionItem, targetItem } from './target-items.ts';
import { executionRow } from './work-items.ts';

export const targetRoutes = {
  targets: route({
    id: 'listDisclosedTargets',
    method: 'GET',
    path: '/api/finance/targets',
    tag,
    access: 'finance.read',
    summary: { zh: '公开的绩效目标与实时值', en: 'Disclosed targets with live values' },
    query: z.strictObject({
      year: yearQuery.optional(),
      unit: unit.optional(),
      disclosure: uuid.optional(),
      state: z.enum(progressStates).optional(),
      bound: z.enum(['bound', 'unbound', 'all']).default('all'),
    }),
    output: z.object({ year: z.number(), years: z.array(z.number()), asOf: z.date(), items: z.array(targetItem), counts }),
  }),
  target: route({
    id: 'readDisclosedTarget',
    method: 'GET',
    path: '/api/finance/targets/:key',
    tag,
    access: 'finance.read',
    summary: { zh: '一个目标：逐月值、预测与误差、绑定历史', en: 'One target: months, forecast with error, history' },
    params: z.strictObject({ key: stableKey }),
    output: targetItem.extend({
      suggestions: z.array(suggestionItem),
      plan: plan.nullable(),
      months: z.array(z.object({ month: z.number(), value: z.number().nullable(), total: z.number().nullable() })),
      history: z.array(z.object({ kind: z.string(), words: z.string(), ...author })),
      mayBind: z.boolean(),
    }),
  }),
  bindTarget: route({
    id: 'bindDisclosedTarget',
    method: 'PUT',
    path: '/api/finance/targets/:key/binding',
    tag,
    access: 'target.manage',
    summary: { zh: '确认绑定', en: 'Confirm a binding' },
    params: z.strictObject({ key: stableKey }),
    body: z.strictObject({
      kind: z.enum(bindingKinds),
      code: z.string().regex(/^[a-z][a-z0-9-]{0,80}$/),
      unit,
      progress: z.enum(['cumulative', 'level']),
      reason: z.string().trim().max(1000).optional(),
    }),
    output: targetItem,
  }),
  unbindTarget: route({
    id: 'unbindDisclosedTarget',
    method: 'DELETE',
    path: '/api/finance/targets/:key/binding',
    tag,
    access: 'target.manage',
    summary: { zh: '撤销绑定', en: 'Undo a binding' },
    params: z.strictObject({ key: stableKey }),
    output: targetItem,
  }),
  rejectSuggestion: route({
    id: 'rejectSuggestion',
    method: 'POST',
    path: '/api/finance/targets/:key/rejections',
    tag,
    access: 'target.manage',
    summary: { zh: '否决或恢复一条建议', en: 'Reject a suggestion, or take that back' },
    params: z.strictObject({ key: stableKey }),
    body: z.strictObject({ kind: z.enum(bindingKinds), code: z.string().max(100), unit, rejected: z.boolean() }),
    output: z.object({ suggestions: z.array(suggestionItem) }),
  }),
  bindAll: route({
    id: 'confirmSuggestions',
    method: 'POST',
    path: '/api/finance/targets/bindings',
    tag,
    access: 'target.manage',
    summary: { zh: '一次确认多条建议', en: 'Confirm several suggestions at once' },
    body: z.strictObject({ keys: z.array(stableKey).min(1).max(200), least: z.number().min(50).max(100) }),
    output: z.object({ bound: z.number(), left: z.array(z.object({ key: stableKey, why: z.string() })) }),
  }),
  planTarget: route({
    id: 'planTarget',
    method: 'PUT',
    path: '/api/finance/targets/:key/plan',
    tag,
    access: 'target.manage',
    summary: { zh: '分季度计划（累计值）', en: 'Plan by quarter, cumulative' },
    params: z.strictObject({ key: stableKey }),
    /** Cumulative values at the end of each quarter in the target's unit; null takes the plan away. */
    body: z.strictObject({ plan: z.array(z.number().finite()).length(4).nullable() }),
    output: targetItem,
  }),
  atRisk: route({
    id: 'listTargetsAtRisk',
    method: 'GET',
    path: '/api/finance/at-risk',
    tag,
    access: 'finance.read',
    summary: { zh: '有风险的目标与项目', en: 'Targets and projects at risk' },
    query: z.strictObject({ year: yearQuery.optional(), unit: unit.optional() }),
    output: z.object({ year: z.number(), asOf: z.date(), targets: z.array(targetItem), execution: z.array(executionRow.extend({ unit: z.string(), unitName: text })) }),
  }),

  advice: route({
    id: 'adviseDisclosure',
    method: 'GET',
    path: '/api/finance/disclosures/:id/advice',
    tag,
    access: 'finance.read',
    summary: { zh: '一份公开的目标质量建议', en: 'Advice on the targets of a disclosure' },
    params: idParams,
    output: z.object({ targets: z.array(z.object({ key: stableKey, project: z.string().nullable(), indicator: z.string() })), items: z.array(adviceItem) }),
  }),
  adviseTargets: route({
    id: 'adviseTargets',
    method: 'POST',
    path: '/api/finance/advice',
    tag,
    access: 'finance.read',
    summary: { zh: '公布前检查目标', en: 'Check targets before publishing' },
    body: z.strictObject({
      targets: z.array(adviceInput).min(1).max(500),
      goal: z.string().max(5000).nullable().default(null),
      budget: amount.nullable().default(null),
      moneyUnit: moneyUnit.default('万元'),
    }),
    output: z.object({ items: z.array(adviceItem) }),
  }),
};
