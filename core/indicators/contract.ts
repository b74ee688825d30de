// HTTP contract of indicators: browse, read, compare, drill down, define, enter; risk points.
import * as z from 'zod';
import { bigId, date, idParams, instant, page, paging, route, text, uuid } from '../contract.ts';

const result = {
  value: z.number().nullable(), level: z.string().nullable(), levelName: text.nullable(), grade: z.number().nullable(), coverage: z.number(), reason: z.string().nullable(),
  bucket: z.date().nullable(), until: z.date().nullable(), revision: z.number().nullable(), version: z.number().nullable(), final: z.boolean(), computedAt: z.date().nullable(),
};
const code = z.string().regex(/^[a-z][a-z0-9-]{1,79}$/);
const params = z.strictObject({ code });
const scope = z.string().regex(/^(unit|thing):[A-Za-z0-9._-]{1,300}$/);
export const indicatorItem = z.object({
  code, name: text, sector: z.string(), track: z.string(), tier: z.string(), unit: z.string(), decimals: z.number(), owner: z.string(), direction: z.string(), every: z.string(),
  status: z.string(), instances: z.number(), scope: z.string().nullable(), ...result,
});
export type IndicatorItem = z.output<typeof indicatorItem>;
const point = z.object({ bucket: z.date(), until: z.date(), value: z.number().nullable(), level: z.string().nullable(), grade: z.number().nullable(), coverage: z.number(), reason: z.string().nullable(), revision: z.number().nullable(), version: z.number().nullable(), final: z.boolean() });
export type IndicatorPoint = z.output<typeof point>;
const definition = z.record(z.string(), z.unknown());
const riskPoint = z.object({
  id: uuid, type: z.string(), name: z.string(), unit: z.string(), level: z.number(), lon: z.number().nullable(), lat: z.number().nullable(), address: z.string().nullable(), attributes: z.record(z.string(), z.unknown()),
  responsible: z.record(z.string(), z.string()), things: z.array(bigId), status: z.string(), inspectedOn: z.string().nullable(), inspectionDueOn: z.string().nullable(), version: z.number(),
});
export const newRiskPoint = z.strictObject({
  type: code, name: z.string().min(1).max(120), unit: z.string().max(300), level: z.number().int().min(1).max(4), lon: z.number().min(-180).max(180).nullable().default(null), lat: z.number().min(-90).max(90).nullable().default(null),
  address: z.string().max(300).nullable().default(null), attributes: z.record(z.string(), z.union([z.string().max(500), z.number(), z.boolean()])).default({}),
  responsible: z.strictObject({ city: z.string().max(60).optional(), district: z.string().min(1).max(60), town: z.string().min(1).max(60), keeper: z.string().min(1).max(60) }),
  things: z.array(bigId).max(50).default([]), status: z.enum(['active', 'controlled', 'removed']).default('active'), inspectedOn: date.nullable().default(null),
});
export type NewRiskPoint = z.output<typeof newRiskPoint>;

export const indicatorsApi = {
  list: route({
    id: 'listIndicators', method: 'GET', path: '/api/indicators', tag: 'indicators', access: 'indicator.read', summary: { zh: '指标目录与最新值', en: 'Catalogue with latest values' },
    query: z.strictObject({ ...paging, text: z.string().max(100).optional(), sector: z.string().max(40).optional(), track: z.string().max(40).optional(), tier: z.enum(['vital', 'kpi', 'index']).optional(), unit: z.string().max(300).optional(), state: z.enum(['known', 'unknown', 'alert']).optional() }),
    output: page(indicatorItem),
  }),
  summary: route({
    id: 'summariseIndicators', method: 'GET', path: '/api/indicators/summary', tag: 'indicators', access: 'indicator.read', summary: { zh: '按板块的数量与等级分布', en: 'Counts and grades by sector' },
    output: z.object({ definitions: z.number(), instances: z.number(), live: z.number(), sectors: z.array(z.object({ sector: z.string(), definitions: z.number(), instances: z.number(), known: z.number(), unknown: z.number(), grades: z.record(z.string(), z.number()) })) }),
  }),
  read: route({
    id: 'readIndicator', method: 'GET', path: '/api/indicators/:code', tag: 'indicators', access: 'indicator.read', summary: { zh: '一个指标的口径、版本与各范围的最新值', en: 'Definition, versions, latest values by scope' }, params,
    query: z.strictObject({ at: instant.optional() }),
    output: z.object({ definition, version: z.number(), versions: z.array(z.object({ version: z.number(), by: z.string(), createdAt: z.date() })), inputs: z.array(z.string()), readers: z.array(z.string()), scopes: z.array(z.object({ scope: z.string(), name: z.string(), unit: z.string(), ...result })) }),
  }),
  series: route({
    id: 'readIndicatorSeries', method: 'GET', path: '/api/indicators/:code/series', tag: 'indicators', access: 'indicator.read', summary: { zh: '一段时间的值（缺的为未知）', en: 'Values over time, gaps as unknown' }, params,
    query: z.strictObject({ scope, from: instant, to: instant }), output: z.object({ unit: z.string(), every: z.string(), points: z.array(point) }),
  }),
  drillDown: route({
    id: 'drillDownIndicator', method: 'GET', path: '/api/indicators/:code/behind', tag: 'indicators', access: 'indicator.read', summary: { zh: '一个数背后的读数、事件、台账与修订', en: 'What stands behind one number' }, params,
    query: z.strictObject({ scope, bucket: instant }),
    output: z.object({
      formula: z.string(), from: z.date(), to: z.date(), ...result,
      revisions: z.array(z.object({ version: z.number(), revision: z.number(), value: z.number().nullable(), level: z.string().nullable(), computedAt: z.date(), supersededAt: z.date() })),
      inputs: z.array(z.object({ code, name: text, scope: z.string(), value: z.number().nullable(), weight: z.number().nullable() })),
      streams: z.array(z.object({ stream: bigId, thing: bigId, name: z.string(), value: z.number().nullable(), hours: z.number(), readings: z.number(), from: z.date(), to: z.date() })),
      evidence: z.array(z.object({ subject: z.string(), title: z.string(), at: z.date(), unit: z.string(), value: z.number().nullable() })),
    }),
  }),
  compare: route({
    id: 'compareIndicator', method: 'GET', path: '/api/indicators/:code/compare', tag: 'indicators', access: 'indicator.read', summary: { zh: '各镇街同期比较（地图用）', en: 'Towns side by side' }, params,
    query: z.strictObject({ at: instant.optional(), kind: z.enum(['town', 'department', 'grid']).default('town') }), output: z.object({ unit: z.string(), direction: z.string(), items: z.array(z.object({ unit: z.string(), name: text, area: z.unknown().nullable(), rank: z.number().nullable(), ...result })) }),
  }),
  preview: route({
    id: 'previewIndicator', method: 'POST', path: '/api/indicators/:code/preview', tag: 'indicators', access: 'indicator.manage', summary: { zh: '用新口径试算历史', en: 'Try a definition on history' }, params,
    body: z.strictObject({ definition, scope, from: instant, to: instant }), output: z.object({ points: z.array(z.object({ bucket: z.date(), before: z.number().nullable(), beforeLevel: z.string().nullable(), after: z.number().nullable(), afterLevel: z.string().nullable() })), changed: z.number(), truncated: z.boolean() }),
  }),
  publish: route({
    id: 'publishIndicator', method: 'PUT', path: '/api/indicators/:code', tag: 'indicators', access: 'indicator.manage', idempotent: true, summary: { zh: '发布口径（新版本；可重算历史）', en: 'Publish a definition' }, params,
    body: z.strictObject({ definition, recomputeFrom: instant.optional() }), output: z.object({ version: z.number(), job: uuid.nullable() }),
  }),
  recompute: route({
    id: 'recomputeIndicator', method: 'POST', path: '/api/indicators/:code/recompute', tag: 'indicators', access: 'indicator.manage', idempotent: true, status: 202, summary: { zh: '重算一段历史（后台任务）', en: 'Recompute history as a job' }, params,
    body: z.strictObject({ from: instant, to: instant }), output: z.object({ job: uuid }),
  }),
  enter: route({
    id: 'enterIndicator', method: 'POST', path: '/api/indicators/:code/entries', tag: 'indicators', access: 'record.write', idempotent: true, summary: { zh: '填报人工指标', en: 'Enter a manual value' }, params,
    body: z.strictObject({ scope, bucket: instant, value: z.number(), sourceRef: z.string().min(2).max(300) }), output: z.object({ entered: z.boolean() }),
  }),
  riskTypes: route({
    id: 'listRiskTypes', method: 'GET', path: '/api/risk-types', tag: 'risk-points', access: 'indicator.read', summary: { zh: '风险点类型', en: 'Types of risk points' }, output: z.object({ items: z.array(definition) }),
  }),
  riskPoints: route({
    id: 'listRiskPoints', method: 'GET', path: '/api/risk-points', tag: 'risk-points', access: 'indicator.read', summary: { zh: '风险点（列表与地图）', en: 'Risk points' },
    query: z.strictObject({ ...paging, type: code.optional() }), output: page(riskPoint),
  }),
  addRiskPoint: route({
    id: 'addRiskPoint', method: 'POST', path: '/api/risk-points', tag: 'risk-points', access: 'thing.manage', idempotent: true, status: 201, summary: { zh: '登记风险点', en: 'Register a risk point' }, body: newRiskPoint, output: riskPoint,
  }),
  changeRiskPoint: route({
    id: 'changeRiskPoint', method: 'PUT', path: '/api/risk-points/:id', tag: 'risk-points', access: 'thing.manage', ifMatch: true, summary: { zh: '修改风险点', en: 'Change a risk point' }, params: idParams, body: newRiskPoint, output: riskPoint,
  }),
};
