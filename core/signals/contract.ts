// HTTP contract of things and signals.
import * as z from 'zod';
import { bigId, instant, page, paging, route } from '../contract.ts';

const thing = z.object({
  id: bigId,
  code: z.string(),
  name: z.string(),
  profile: z.string(),
  kind: z.string(),
  unit: z.string(),
  unitName: z.string(),
  lon: z.number().nullable(),
  lat: z.number().nullable(),
  status: z.string(),
  intervalS: z.number(),
  lastAt: z.date().nullable(),
  online: z.boolean().nullable(),
  version: z.number(),
  streams: z.array(z.object({ id: bigId, code: z.string(), name: z.string(), unit: z.string(), lastAt: z.date().nullable(), last: z.number().nullable() })),
});
const code = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/);
export const newThing = z.strictObject({
  code,
  name: z.string().min(1).max(120),
  profile: z.string().max(60),
  unit: z.string().max(300),
  lon: z.number().min(-180).max(180).optional(),
  lat: z.number().min(-90).max(90).optional(),
  address: z.string().max(300).optional(),
  intervalS: z.number().int().min(1).max(31_536_000).optional(),
  parent: code.optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
});
export type NewThing = z.output<typeof newThing>;

export const signalsApi = {
  things: route({
    id: 'listThings',
    method: 'GET',
    path: '/api/things',
    tag: 'things',
    access: 'signal.read',
    summary: { zh: '设备与点位', en: 'Things' },
    query: z.strictObject({
      ...paging,
      text: z.string().max(100).optional(),
      profile: z.string().max(60).optional(),
      kind: z.string().max(20).optional(),
      /** This unit and those below it. */
      unit: z.string().max(300).optional(),
      state: z.enum(['online', 'silent', 'all']).default('all'),
    }),
    output: page(thing),
  }),
  register: route({
    id: 'registerThings',
    method: 'POST',
    path: '/api/things',
    tag: 'things',
    access: 'thing.manage',
    idempotent: true,
    status: 201,
    summary: { zh: '登记设备（批量，全部成功或全不）', en: 'Register things, all or none' },
    body: z.strictObject({ things: z.array(newThing).min(1).max(1000), preview: z.boolean().default(false) }),
    output: z.object({ created: z.number(), ids: z.array(bigId) }),
    bodyLimit: 4 * 1024 * 1024,
  }),
  online: route({
    id: 'onlineRates',
    method: 'GET',
    path: '/api/things/online',
    tag: 'things',
    access: 'signal.read',
    summary: { zh: '在线率（按种类）', en: 'Online rates by kind' },
    output: z.object({ items: z.array(z.object({ kind: z.string(), things: z.number(), online: z.number(), rate: z.number().nullable() })) }),
  }),
  series: route({
    id: 'readSeries',
    method: 'GET',
    path: '/api/streams/:id/series',
    tag: 'signals',
    access: 'signal.read',
    summary: { zh: '一条数据流的读数或逐时汇总', en: 'Readings or hourly rollups' },
    params: z.strictObject({ id: bigId }),
    query: z.strictObject({ from: instant, to: instant, every: z.enum(['raw', 'hour', 'day']).default('raw'), limit: z.coerce.number().int().min(1).max(10_000).default(2000) }),
    output: z.object({
      name: z.string(),
      unit: z.string(),
      /** `quality` of single readings: 0 as received, 1 corrected or released, 2 beyond what is physically possible; null of rollups. */
      points: z.array(
        z.object({ at: z.date(), value: z.number().nullable(), min: z.number().nullable(), max: z.number().nullable(), n: z.number(), quality: z.number().nullable() }),
      ),
      truncated: z.boolean(),
    }),
  }),
  quarantine: route({
    id: 'listQuarantine',
    method: 'GET',
    path: '/api/signals/quarantine',
    tag: 'signals',
    access: 'thing.manage',
    summary: { zh: '隔离区', en: 'Quarantine' },
    output: z.object({ items: z.array(z.object({ id: bigId, stream: bigId.nullable(), reading: z.unknown(), reason: z.string(), source: z.string(), receivedAt: z.date() })) }),
  }),
  release: route({
    id: 'releaseQuarantine',
    method: 'POST',
    path: '/api/signals/quarantine/:id/release',
    tag: 'signals',
    access: 'thing.manage',
    summary: { zh: '放行（作为读数收入）', en: 'Release as a reading' },
    params: z.strictObject({ id: bigId }),
    body: z.strictObject({ at: instant.optional() }),
    output: z.object({ stored: z.number() }),
  }),
  credentials: route({
    id: 'addDeviceCredential',
    method: 'POST',
    path: '/api/signals/credentials',
    tag: 'signals',
    access: 'thing.manage',
    summary: { zh: '签发设备接入凭据（只显示一次）', en: 'Issue a device credential' },
    body: z.strictObject({ login: z.string().regex(/^[a-z0-9][a-z0-9._-]{1,60}$/), unit: z.string().max(300) }),
    output: z.object({ login: z.string(), secret: z.string() }),
    status: 201,
  }),
};
