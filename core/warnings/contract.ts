// HTTP contract of warnings: the list a duty officer works from, what each asks, the rules, shelves, load, webhooks.
import * as z from 'zod';
import { bigId, flag, idParams, instant, page, paging, route, text, uuid } from '../contract.ts';

export const warning = z.object({
  id: uuid, kind: z.enum(['rule', 'storm']), nature: z.enum(['internal', 'official']), rule: z.string().nullable(), ruleName: text.nullable(), object: z.string(), thingId: z.string().nullable(), streamId: z.string().nullable(), unit: z.string(), handler: z.string().nullable(),
  level: z.number(), worst: z.number(), colour: z.enum(['red', 'orange', 'yellow', 'blue']), state: z.enum(['raised', 'acknowledged', 'shelved', 'closed', 'false-alarm']), outcome: z.string().nullable(), headline: text, response: text.nullable(), value: z.number().nullable(), valueUnit: z.string(),
  children: z.number(), flaps: z.number(), escalation: z.number(), raisedAt: z.date(), changedAt: z.date(), acknowledgedAt: z.date().nullable(), shelvedUntil: z.date().nullable(), closedAt: z.date().nullable(), foldedInto: uuid.nullable(), inhibitedBy: uuid.nullable(),
  caseId: uuid.nullable(), lon: z.number().nullable(), lat: z.number().nullable(), place: z.string().nullable(), version: z.number(), actions: z.array(z.string()),
});
export type Warning = z.output<typeof warning>;
const code = z.string().regex(/^[a-z][a-z0-9-]{1,79}$/);
const definition = z.record(z.string(), z.unknown());
const note = z.string().min(1).max(500);
const done = z.object({ id: uuid, state: z.string(), version: z.number() });
const ruleItem = z.object({
  code, version: z.number(), name: text, active: z.boolean(), definition, by: z.string(), createdAt: z.date(), raised: z.number(), right: z.number(), wrong: z.number(), flaps: z.number(), precision: z.number().nullable(), proposal: z.string().nullable(),
});

export const warningsApi = {
  list: route({
    id: 'listWarnings', method: 'GET', path: '/api/warnings', tag: 'warnings', access: 'warning.read', summary: { zh: '预警（同因合并，按等级与时间）', en: 'Warnings, folded, worst first' },
    query: z.strictObject({ ...paging, state: z.enum(['open', 'closed', 'all']).default('open'), level: z.coerce.number().int().min(1).max(4).optional(), rule: code.optional(), folded: flag.optional(), parent: uuid.optional() }), output: page(warning),
  }),
  counts: route({
    id: 'countWarnings', method: 'GET', path: '/api/warnings/counts', tag: 'warnings', access: 'warning.read', summary: { zh: '未结预警计数', en: 'Counts of open warnings' },
    output: z.object({ open: z.number(), raised: z.number(), folded: z.number(), shelved: z.number(), inhibited: z.number(), byLevel: z.record(z.string(), z.number()) }),
  }),
  load: route({
    id: 'warningLoad', method: 'GET', path: '/api/warnings/load', tag: 'warnings', access: 'warning.read', summary: { zh: '告警负荷（每席位每 10 分钟）', en: 'Alarm load per seat and 10 minutes' },
    query: z.strictObject({ from: instant.optional(), to: instant.optional(), seats: z.coerce.number().int().min(1).max(100).default(1) }),
    output: z.object({ sustainable: z.number(), flood: z.number(), seats: z.number(), buckets: z.array(z.object({ at: z.date(), notices: z.number(), raw: z.number(), perSeat: z.number(), state: z.enum(['calm', 'busy', 'flood']) })), operators: z.array(z.object({ by: z.string(), acknowledged: z.number(), meanSeconds: z.number() })) }),
  }),
  read: route({
    id: 'readWarning', method: 'GET', path: '/api/warnings/:id', tag: 'warnings', access: 'warning.read', summary: { zh: '一条预警与冻结的依据', en: 'A warning with its frozen evidence' }, params: idParams,
    output: warning.extend({ evidence: z.record(z.string(), z.unknown()), note: z.string().nullable(), history: z.array(z.object({ at: z.date(), kind: z.string(), by: z.string(), data: z.record(z.string(), z.unknown()) })), offers: z.object({ scenario: z.string().nullable(), matter: z.string().nullable() }) }),
  }),
  acknowledge: route({
    id: 'acknowledgeWarning', method: 'POST', path: '/api/warnings/:id/acknowledge', tag: 'warnings', access: 'warning.handle', idempotent: true, summary: { zh: '确认（含其下合并的）', en: 'Acknowledge' }, params: idParams, body: z.strictObject({}), output: done,
  }),
  close: route({
    id: 'closeWarning', method: 'POST', path: '/api/warnings/:id/close', tag: 'warnings', access: 'warning.handle', idempotent: true, summary: { zh: '处理完毕', en: 'Close as handled' }, params: idParams, body: z.strictObject({ note }), output: done,
  }),
  falseAlarm: route({
    id: 'falseAlarm', method: 'POST', path: '/api/warnings/:id/false-alarm', tag: 'warnings', access: 'warning.handle', idempotent: true, summary: { zh: '误报', en: 'False alarm' }, params: idParams, body: z.strictObject({ note }), output: done,
  }),
  shelve: route({
    id: 'shelveWarning', method: 'POST', path: '/api/warnings/:id/shelve', tag: 'warnings', access: 'warning.handle', idempotent: true, summary: { zh: '搁置到期', en: 'Shelve until' }, params: idParams, body: z.strictObject({ until: instant, note }), output: done,
  }),
  respond: route({
    id: 'respondToWarning', method: 'POST', path: '/api/warnings/:id/case', tag: 'warnings', access: 'warning.handle', idempotent: true, status: 201, summary: { zh: '按场景转事件', en: 'Open the case of its scenario' }, params: idParams,
    body: z.strictObject({ scenario: code.optional(), matter: code.optional() }), output: z.object({ caseId: uuid, no: z.string() }),
  }),
  cap: route({
    id: 'warningCap', method: 'GET', path: '/api/warnings/:id/cap', tag: 'warnings', access: 'warning.read', summary: { zh: 'CAP 1.2（内部告警不作为预警发布）', en: 'As CAP 1.2' }, params: idParams, produces: 'application/cap+xml',
  }),
  shelves: route({
    id: 'listShelves', method: 'GET', path: '/api/warning-shelves', tag: 'warnings', access: 'warning.read', summary: { zh: '搁置与检修窗口', en: 'Shelves and maintenance' },
    output: z.object({ items: z.array(z.object({ id: uuid, kind: z.string(), rule: z.string().nullable(), thing: z.string().nullable(), unit: z.string(), from: z.date(), until: z.date(), reason: z.string(), by: z.string() })) }),
  }),
  addShelf: route({
    id: 'addShelf', method: 'POST', path: '/api/warning-shelves', tag: 'warnings', access: 'warning.handle', idempotent: true, status: 201, summary: { zh: '设检修窗口或搁置', en: 'Set maintenance or a shelf' },
    body: z.strictObject({ kind: z.enum(['shelf', 'maintenance']), rule: code.optional(), thing: bigId.optional(), unit: z.string().max(300), from: instant, until: instant, reason: note }), output: z.object({ id: uuid }),
  }),
  rules: route({
    id: 'listWarningRules', method: 'GET', path: '/api/warning-rules', tag: 'warning-rules', access: 'warning.read', summary: { zh: '预警规则与准确率', en: 'Rules and their precision' }, query: z.strictObject({ days: z.coerce.number().int().min(1).max(366).default(90) }), output: z.object({ items: z.array(ruleItem) }),
  }),
  putRule: route({
    id: 'putWarningRule', method: 'PUT', path: '/api/warning-rules/:code', tag: 'warning-rules', access: 'rule.manage', idempotent: true, summary: { zh: '发布规则（新版本）', en: 'Publish a rule' }, params: z.strictObject({ code }), body: z.strictObject({ definition }), output: z.object({ version: z.number() }),
  }),
  retireRule: route({
    id: 'retireWarningRule', method: 'POST', path: '/api/warning-rules/:code/retire', tag: 'warning-rules', access: 'rule.manage', idempotent: true, summary: { zh: '停用规则', en: 'Retire a rule' }, params: z.strictObject({ code }), body: z.strictObject({ note }), output: z.object({ retired: z.boolean() }),
  }),
  backtest: route({
    id: 'backtestRule', method: 'POST', path: '/api/warning-rules/backtest', tag: 'warning-rules', access: 'rule.manage', summary: { zh: '发布前用历史回测', en: 'Try a rule on history' },
    body: z.strictObject({ definition, from: instant, to: instant, streams: z.array(bigId).max(50).optional() }),
    output: z.object({ streams: z.number(), readings: z.number(), warnings: z.array(z.object({ object: z.string(), from: z.date(), to: z.date().nullable(), worst: z.number(), peak: z.number(), before: z.enum(['true', 'false', 'not-judged', 'not-raised']) })), perDay: z.number(), truncated: z.boolean(), now: z.number() }),
  }),
  webhooks: route({
    id: 'listWebhooks', method: 'GET', path: '/api/webhooks', tag: 'webhooks', access: 'rule.manage', summary: { zh: '推送订阅与最近送达', en: 'Webhooks with deliveries' },
    output: z.object({ items: z.array(z.object({ id: uuid, url: z.string(), kinds: z.array(z.string()), unit: z.string(), active: z.boolean(), by: z.string(), createdAt: z.date(), deliveries: z.array(z.object({ state: z.string(), attempts: z.number(), lastError: z.string().nullable(), createdAt: z.date(), sentAt: z.date().nullable(), subject: z.string() })) })) }),
  }),
  addWebhook: route({
    id: 'addWebhook', method: 'POST', path: '/api/webhooks', tag: 'webhooks', access: 'rule.manage', idempotent: true, status: 201, summary: { zh: '订阅推送（密钥只显示一次）', en: 'Subscribe; the secret is shown once' },
    body: z.strictObject({ url: z.url({ protocol: /^https?$/ }).max(500), kinds: z.array(z.string().regex(/^[a-z][a-z.-]{1,60}$/)).min(1).max(20), unit: z.string().max(300), allowPrivate: z.boolean().default(false) }), output: z.object({ id: uuid, secret: z.string() }),
  }),
  endWebhook: route({
    id: 'endWebhook', method: 'DELETE', path: '/api/webhooks/:id', tag: 'webhooks', access: 'rule.manage', summary: { zh: '停止推送', en: 'End a webhook' }, params: idParams,
  }),
};
