// HTTP contract of cases.
import * as z from 'zod';
import { flag, idParams, instant, page, paging, route, text, uuid } from '../contract.ts';

const place = z.strictObject({ lon: z.number().min(-180).max(180), lat: z.number().min(-90).max(90), address: z.string().max(300), unit: z.string().max(300).optional() });
const form = z.record(z.string().max(60), z.unknown());
const reason = z.string().trim().min(1).max(2000);
const set = z.strictObject({
  title: z.string().min(1).max(200).optional(), description: z.string().max(10_000).optional(), level: z.number().int().min(1).max(4).optional(), matter: z.string().max(80).optional(),
  condition: z.string().max(80).optional(), scenario: z.string().max(80).optional(), place: place.optional(),
});
const assign = z.array(z.strictObject({ unit: z.string().max(300), title: z.string().min(1).max(200), lead: z.boolean().optional(), mandatory: z.boolean().optional() })).max(50);
const task = uuid;

/** Every command of the kernel, as it travels. */
export const caseCommand = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('accept'), task }),
  z.strictObject({ kind: z.literal('start'), task }),
  z.strictObject({ kind: z.literal('stage'), task, stage: z.string().max(40), note: z.string().max(2000).optional() }),
  z.strictObject({ kind: z.literal('return'), task, reason, suggested: z.string().trim().min(1).max(300) }),
  z.strictObject({ kind: z.literal('submit'), task, form }),
  z.strictObject({ kind: z.literal('confirm'), task }),
  z.strictObject({ kind: z.literal('refuse'), task, reason }),
  z.strictObject({ kind: z.literal('decide'), task, outcome: z.string().max(60), reason: z.string().max(2000).optional(), form: form.optional(), set: set.optional(), assign: assign.optional(), tasks: z.array(uuid).max(50).optional() }),
  z.strictObject({ kind: z.literal('withdraw'), task, reason }),
  z.strictObject({ kind: z.literal('askExtension'), task, reason }),
  z.strictObject({ kind: z.literal('endorseExtension'), task }),
  z.strictObject({ kind: z.literal('grantExtension'), task }),
  z.strictObject({ kind: z.literal('refuseExtension'), task, reason }),
  z.strictObject({ kind: z.literal('askDeferral'), task, reason, until: instant }),
  z.strictObject({ kind: z.literal('grantDeferral'), task }),
  z.strictObject({ kind: z.literal('refuseDeferral'), task, reason }),
  z.strictObject({ kind: z.literal('resume'), task }),
  z.strictObject({ kind: z.literal('describe'), set, reason: z.string().max(2000).optional() }),
  z.strictObject({ kind: z.literal('supervise'), text: reason, task: uuid.optional() }),
  z.strictObject({ kind: z.literal('remind'), text: reason, task: uuid.optional() }),
  z.strictObject({ kind: z.literal('instruct'), text: reason }),
  z.strictObject({ kind: z.literal('comment'), text: reason, files: z.array(z.string()).max(20).optional() }),
  z.strictObject({ kind: z.literal('merge'), into: uuid, reason }),
  z.strictObject({ kind: z.literal('unmerge'), reason }),
  z.strictObject({ kind: z.literal('reopen'), reason }),
  z.strictObject({ kind: z.literal('forceClose'), reason }),
  z.strictObject({ kind: z.literal('evaluate'), form }),
]);

export const caseRow = z.object({
  id: uuid, no: z.string(), flow: z.string(), status: z.string(), title: z.string(), source: z.string(), level: z.number().nullable(), matter: z.string().nullable(), matterName: text.nullable(),
  step: z.string().nullable(), stepName: text.nullable(), owner: z.string(), ownerName: text, address: z.string().nullable(), lon: z.number().nullable(), lat: z.number().nullable(),
  openedAt: z.date(), closedAt: z.date().nullable(), dueAt: z.date().nullable(), dueFrom: z.date().nullable(), tasks: z.number(), openTasks: z.number(), version: z.number(),
});
export const workRow = z.object({
  caseId: uuid, no: z.string(), caseTitle: z.string(), level: z.number().nullable(), address: z.string().nullable(), task: uuid, title: z.string(), step: z.string(), stepName: text, state: z.string(),
  unit: z.string(), unitName: text, lead: z.boolean(), offeredAt: z.date(), dueAt: z.date().nullable(), dueFrom: z.date().nullable(), own: z.boolean(),
});
const detail = z.object({
  state: z.unknown(), version: z.number(), flowName: text, steps: z.array(z.object({ code: z.string(), name: text, kind: z.string() })),
  actions: z.array(z.object({ kind: z.string(), task: uuid.nullable(), possible: z.boolean(), why: z.string().optional() })),
  stepInfo: z.record(z.string(), z.unknown()), evaluateForm: z.unknown(), names: z.record(z.string(), text), matterName: text.nullable(), conditionName: text.nullable(), closing: text.nullable(),
  timeline: z.array(z.object({ at: z.date(), by: z.string(), kind: z.string(), data: z.record(z.string(), z.unknown()) })),
  personal: z.record(z.string(), z.string()).nullable(), files: z.array(z.object({ sha256: z.string(), name: z.string(), type: z.string(), size: z.number(), by: z.string(), at: z.date() })),
  similar: z.array(z.object({ id: uuid, no: z.string(), title: z.string(), status: z.string(), metres: z.number() })), origin: z.string().nullable(), scenario: z.unknown().nullable(),
});

export const casesApi = {
  open: route({
    id: 'openCase', method: 'POST', path: '/api/cases', tag: 'cases', access: 'case.report', idempotent: true, status: 201, summary: { zh: '上报（登记）', en: 'Report' },
    body: z.strictObject({ flow: z.string().max(60).default('incident'), title: z.string().trim().min(1).max(200), description: z.string().max(10_000).default(''), source: z.string().max(40).default('manual'), form: form.optional(), set: set.optional() }),
    output: z.object({ id: uuid, no: z.string(), version: z.number() }),
  }),
  list: route({
    id: 'listCases', method: 'GET', path: '/api/cases', tag: 'cases', access: 'case.read', summary: { zh: '事件列表（按剩余时限）', en: 'Cases by time left' },
    query: z.strictObject({ ...paging, status: z.enum(['open', 'closed', 'dismissed', 'merged', 'all']).default('open'), level: z.coerce.number().int().min(1).max(4).optional(), matter: z.string().max(80).optional(), unit: z.string().max(300).optional(), text: z.string().max(100).optional(), overdue: flag.optional(), step: z.string().max(60).optional(), from: instant.optional(), to: instant.optional(), flow: z.string().max(60).optional() }),
    output: page(caseRow),
  }),
  counts: route({
    id: 'countCases', method: 'GET', path: '/api/cases/counts', tag: 'cases', access: 'case.read', summary: { zh: '事件概况', en: 'Case counts' },
    output: z.object({ open: z.number(), unacknowledged: z.number(), handling: z.number(), near: z.number(), overdue: z.number(), inspecting: z.number(), closedToday: z.number(), onTimeToday: z.number().nullable() }),
  }),
  work: route({
    id: 'myWork', method: 'GET', path: '/api/cases/work', tag: 'cases', access: 'case.read', summary: { zh: '我的工作（按剩余时限）', en: 'My work by time left' },
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(100) }), output: z.object({ items: z.array(workRow), more: z.boolean() }),
  }),
  read: route({ id: 'readCase', method: 'GET', path: '/api/cases/:id', tag: 'cases', access: 'case.read', summary: { zh: '事件详情', en: 'One case' }, params: idParams, output: detail }),
  act: route({
    id: 'actOnCase', method: 'POST', path: '/api/cases/:id/commands', tag: 'cases', access: 'case.read', idempotent: true, ifMatch: true, summary: { zh: '办理', en: 'Act on a case' }, params: idParams,
    body: caseCommand, output: z.object({ version: z.number(), status: z.string() }),
  }),
  unmask: route({
    id: 'unmaskCase', method: 'POST', path: '/api/cases/:id/personal', tag: 'cases', access: 'case.handle', summary: { zh: '查看联系方式（留痕）', en: 'Unmask personal data (recorded)' }, params: idParams,
    body: z.strictObject({ reason }), output: z.record(z.string(), z.string()),
  }),
  attach: route({
    id: 'attachToCase', method: 'POST', path: '/api/cases/:id/files', tag: 'cases', access: 'case.read', stream: ['application/octet-stream', 'image/*'], bodyLimit: 50 * 1024 * 1024, status: 201,
    summary: { zh: '上传附件', en: 'Attach a file' }, params: idParams, query: z.strictObject({ name: z.string().min(1).max(200), type: z.string().max(100).default('application/octet-stream') }), output: z.object({ sha256: z.string(), size: z.number() }),
  }),
  file: route({
    id: 'readCaseFile', method: 'GET', path: '/api/cases/:id/files/:sha256', tag: 'cases', access: 'case.read', produces: 'application/octet-stream', summary: { zh: '下载附件', en: 'Download' },
    params: z.strictObject({ id: uuid, sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  }),
  export: route({
    id: 'exportCases', method: 'GET', path: '/api/cases.csv', tag: 'cases', access: 'case.read', produces: 'text/csv', summary: { zh: '导出事件（CSV）', en: 'Export CSV' },
    query: z.strictObject({ status: z.enum(['open', 'closed', 'dismissed', 'merged', 'all']).default('all'), from: instant.optional(), to: instant.optional() }),
  }),
  catalogue: route({
    id: 'caseCatalogue', method: 'GET', path: '/api/cases/catalogue', tag: 'cases', access: 'case.report', summary: { zh: '流程、板块、事项与场景', en: 'Flows, sectors, matters, scenarios' },
    output: z.object({ flows: z.array(z.unknown()), sectors: z.array(z.unknown()), matters: z.array(z.unknown()), scenarios: z.array(z.unknown()) }),
  }),
  suspicions: route({
    id: 'caseSuspicions', method: 'GET', path: '/api/cases/suspicions', tag: 'cases', access: 'case.supervise', summary: { zh: '疑似形式办理（供人工复核）', en: 'Suspicions for human review' },
    output: z.object({ items: z.array(z.object({ caseId: uuid, no: z.string(), title: z.string(), unit: z.string(), unitName: text, reason: z.string() })) }),
  }),
};
