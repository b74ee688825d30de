// HTTP contract of records: ledgers, their entries with every version, evidence, and the export.
import * as z from 'zod';
import { date, flag, idParams, page, paging, route, text, uuid } from '../contract.ts';
import { field } from '../form.ts';

const ledger = z.string().regex(/^[a-z][a-z0-9-]{0,60}$/);
const data = z.record(z.string().max(60), z.unknown());
const reason = z.string().trim().min(1).max(1000);
const unit = z.string().max(300);

export const recordRow = z.object({
  id: uuid,
  ledger: z.string(),
  unit: z.string(),
  unitName: text,
  happenedAt: z.date(),
  data,
  status: z.enum(['valid', 'void']),
  voidReason: z.string().nullable(),
  origin: z.string().nullable(),
  by: z.string(),
  enteredAt: z.date(),
  changedAt: z.date(),
  files: z.number(),
  version: z.number(),
});
const filters = { from: date.optional(), to: date.optional(), unit: unit.optional(), void: flag.optional() };

export const recordsApi = {
  ledgers: route({
    id: 'listLedgers',
    method: 'GET',
    path: '/api/ledgers',
    tag: 'records',
    access: 'record.read',
    summary: { zh: '台账目录与本年登记数', en: 'Ledgers and this year’s entries' },
    output: z.object({
      items: z.array(
        z.object({
          code: z.string(),
          name: text,
          purpose: text,
          owner: z.string(),
          when: z.string(),
          evidence: z.object({ wanted: z.boolean(), reason: text }),
          fields: z.array(field),
          entries: z.number(),
          lastAt: z.date().nullable(),
        }),
      ),
    }),
  }),
  list: route({
    id: 'listRecords',
    method: 'GET',
    path: '/api/ledgers/:ledger/records',
    tag: 'records',
    access: 'record.read',
    summary: { zh: '台账条目（新的在前）', en: 'Entries, newest first' },
    params: z.strictObject({ ledger }),
    query: z.strictObject({ ...paging, ...filters }),
    output: page(recordRow),
  }),
  create: route({
    id: 'createRecord',
    method: 'POST',
    path: '/api/ledgers/:ledger/records',
    tag: 'records',
    access: 'record.write',
    idempotent: true,
    status: 201,
    summary: { zh: '登记', en: 'Enter' },
    params: z.strictObject({ ledger }),
    body: z.strictObject({
      data,
      unit: unit.optional(),
      origin: z
        .string()
        .regex(/^case:[0-9a-f-]{36}$/)
        .optional(),
    }),
    output: z.object({ id: uuid, version: z.number() }),
  }),
  read: route({
    id: 'readRecord',
    method: 'GET',
    path: '/api/records/:id',
    tag: 'records',
    access: 'record.read',
    summary: { zh: '一条登记及其历次版本', en: 'One entry and its versions' },
    params: idParams,
    output: recordRow.extend({
      ledgerName: text,
      versions: z.array(
        z.object({
          version: z.number(),
          at: z.date(),
          by: z.string(),
          reason: z.string().nullable(),
          changes: z.array(z.object({ name: z.string(), label: text, before: z.unknown(), after: z.unknown() })),
        }),
      ),
      attachments: z.array(z.object({ sha256: z.string(), name: z.string(), type: z.string(), size: z.number(), by: z.string(), at: z.date() })),
    }),
  }),
  amend: route({
    id: 'amendRecord',
    method: 'PUT',
    path: '/api/records/:id',
    tag: 'records',
    access: 'record.write',
    ifMatch: true,
    summary: { zh: '更正（保留原版本）', en: 'Amend, keeping the earlier version' },
    params: idParams,
    body: z.strictObject({ data, reason }),
    output: z.object({ version: z.number() }),
  }),
  void: route({
    id: 'voidRecord',
    method: 'POST',
    path: '/api/records/:id/void',
    tag: 'records',
    access: 'record.write',
    ifMatch: true,
    summary: { zh: '作废（写明原因，不删除）', en: 'Void with a reason' },
    params: idParams,
    body: z.strictObject({ reason }),
    output: z.object({ version: z.number() }),
  }),
  attach: route({
    id: 'attachToRecord',
    method: 'POST',
    path: '/api/records/:id/files',
    tag: 'records',
    access: 'record.write',
    stream: ['application/octet-stream', 'image/*'],
    bodyLimit: 50 * 1024 * 1024,
    status: 201,
    summary: { zh: '上传佐证', en: 'Attach evidence' },
    params: idParams,
    query: z.strictObject({ name: z.string().min(1).max(200), type: z.string().max(100).default('application/octet-stream') }),
    output: z.object({ sha256: z.string(), size: z.number() }),
  }),
  file: route({
    id: 'readRecordFile',
    method: 'GET',
    path: '/api/records/:id/files/:sha256',
    tag: 'records',
    access: 'record.read',
    produces: 'application/octet-stream',
    summary: { zh: '下载佐证', en: 'Download evidence' },
    params: z.strictObject({ id: uuid, sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  }),
  export: route({
    id: 'exportRecords',
    method: 'GET',
    path: '/api/ledgers/:ledger/records.csv',
    tag: 'records',
    access: 'record.read',
    produces: 'text/csv',
    summary: { zh: '导出台账（CSV）', en: 'Export CSV' },
    params: z.strictObject({ ledger }),
    query: z.strictObject(filters),
  }),
};
