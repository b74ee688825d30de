// HTTP contract of CSV backfill: upload, look before it is done, do it as a job, read what was wrong by line.
import * as z from 'zod';
import { page, paging, route, uuid } from '../contract.ts';
import { usualMissing, zoneMs } from './csv.ts';

const column = z.string().min(1).max(200);
const ref = z.string().min(1).max(200);
export const csvMapping = z
  .strictObject({
    time: z.union([z.strictObject({ column }), z.strictObject({ year: column, month: column, day: column, hour: column.optional(), minute: column.optional() })]),
    zone: z
      .string()
      .refine((v) => Number.isFinite(zoneMs(v)), { error: '应为时差，如 +08:00' })
      .default('+08:00'),
    layout: z.enum(['wide', 'long']).default('wide'),
    thing: ref.optional(),
    thingColumn: column.optional(),
    streams: z
      .array(z.strictObject({ column, stream: ref, factor: z.number().optional() }))
      .max(500)
      .optional(),
    streamColumn: column.optional(),
    valueColumn: column.optional(),
    missing: z.array(z.string().max(40)).max(50).default(usualMissing),
  })
  .superRefine((m, ctx) => {
    if (m.layout === 'wide' && !m.streams?.length) ctx.addIssue({ code: 'custom', path: ['streams'], message: '须写明哪一列是哪条数据流' });
    if (m.layout === 'long' && (!m.streamColumn || !m.valueColumn)) ctx.addIssue({ code: 'custom', path: ['streamColumn'], message: '须写明数据流与数值所在的列' });
  });
const fault = z.object({ line: z.number(), column: z.string(), reason: z.string(), text: z.string() });
const item = z.object({
  id: uuid,
  name: z.string(),
  size: z.number(),
  state: z.enum(['uploaded', 'queued', 'running', 'done', 'failed', 'cancelled']),
  at: z.date(),
  by: z.string(),
  job: uuid.nullable(),
  /** Records read so far. */
  records: z.number(),
  stored: z.number(),
  duplicates: z.number(),
  /** Same instant, another value: the first stays, this one is in quarantine. */
  conflicts: z.number(),
  quarantined: z.number(),
  faults: z.number(),
  error: z.string().nullable(),
});
const looked = z.object({
  encoding: z.string(),
  delimiter: z.string(),
  header: z.array(z.string()),
  rows: z.array(z.array(z.string())),
  /** What the columns probably mean. */
  proposal: z.unknown(),
});
const params = z.strictObject({ id: uuid });

export const importsApi = {
  upload: route({
    id: 'uploadReadings',
    method: 'POST',
    path: '/api/signals/imports',
    tag: 'signals',
    access: 'signal.write',
    stream: ['text/csv', 'application/octet-stream'],
    bodyLimit: 1024 * 1024 * 1024,
    status: 201,
    summary: { zh: '上传历史读数（CSV）', en: 'Upload readings as CSV' },
    query: z.strictObject({ name: z.string().min(1).max(200), thing: z.string().max(80).optional() }),
    output: item.extend({ looked }),
  }),
  list: route({
    id: 'listImports',
    method: 'GET',
    path: '/api/signals/imports',
    tag: 'signals',
    access: 'signal.write',
    summary: { zh: '历史读数的导入', en: 'Imports of readings' },
    query: z.strictObject({ ...paging }),
    output: page(item),
  }),
  read: route({
    id: 'readImport',
    method: 'GET',
    path: '/api/signals/imports/:id',
    tag: 'signals',
    access: 'signal.write',
    summary: { zh: '一次导入与进度', en: 'One import and its progress' },
    params,
    output: item.extend({ mapping: z.unknown(), looked, problems: z.array(fault) }),
  }),
  preview: route({
    id: 'previewImport',
    method: 'POST',
    path: '/api/signals/imports/:id/preview',
    tag: 'signals',
    access: 'signal.write',
    summary: { zh: '试读前若干行（不写入）', en: 'Try the first rows, writing nothing' },
    params,
    body: z.strictObject({ mapping: csvMapping }),
    output: z.object({
      records: z.number(),
      readings: z.array(z.object({ line: z.number(), stream: z.string(), at: z.date(), value: z.union([z.number(), z.string()]) })),
      faults: z.array(fault),
      /** Of the rows tried: readings that would be stored, by stream. */
      byStream: z.record(z.string(), z.number()),
    }),
  }),
  start: route({
    id: 'startImport',
    method: 'POST',
    path: '/api/signals/imports/:id/start',
    tag: 'signals',
    access: 'signal.write',
    idempotent: true,
    status: 202,
    summary: { zh: '开始导入（后台任务，可中断后续做）', en: 'Import as a resumable job' },
    params,
    body: z.strictObject({ mapping: csvMapping }),
    output: z.object({ job: uuid }),
  }),
  faults: route({
    id: 'importFaults',
    method: 'GET',
    path: '/api/signals/imports/:id/faults.csv',
    tag: 'signals',
    access: 'signal.write',
    produces: 'text/csv',
    summary: { zh: '逐行问题（CSV）', en: 'Faults by line' },
    params,
  }),
};
