// HTTP contract of probes: what is looked at, from where, how often, and what was seen last.
import * as z from 'zod';
import { bigId, page, paging, route } from '../contract.ts';
import { placeName, probeExpect, probeKinds } from './probe.ts';

const seconds = z.number().int().min(5).max(86_400);
const timeout = z.number().int().min(100).max(60_000);
const place = z.string().regex(placeName);
const last = z.object({
  at: z.string(),
  up: z.boolean().nullable(),
  ms: z.number().nullable(),
  status: z.number().nullable(),
  days: z.number().nullable(),
  issuer: z.string().nullable(),
  address: z.string().nullable(),
  reason: z.string(),
  failures: z.number(),
  since: z.string(),
});
const probe = z.object({
  id: bigId,
  thing: z.string(),
  thingName: z.string(),
  unit: z.string(),
  kind: z.enum(probeKinds),
  target: z.string(),
  place: z.string(),
  intervalS: z.number(),
  timeoutMs: z.number(),
  expect: probeExpect,
  active: z.boolean(),
  nextAt: z.date(),
  last: last.nullable(),
});
const params = z.strictObject({ id: bigId });

export const probesApi = {
  list: route({
    id: 'listProbes',
    method: 'GET',
    path: '/api/probes',
    tag: 'probes',
    access: 'thing.manage',
    summary: { zh: '探测（网站、端口、证书、域名）与最近结果', en: 'Probes with what was seen last' },
    query: z.strictObject({ ...paging, thing: z.string().max(80).optional(), place: place.optional(), state: z.enum(['up', 'down', 'unknown', 'paused', 'all']).default('all') }),
    output: page(probe),
  }),
  add: route({
    id: 'addProbe',
    method: 'POST',
    path: '/api/probes',
    tag: 'probes',
    access: 'thing.manage',
    idempotent: true,
    status: 201,
    summary: { zh: '添加探测', en: 'Add a probe' },
    body: z.strictObject({
      thing: z.string().min(1).max(80),
      kind: z.enum(probeKinds),
      target: z.string().min(1).max(500),
      place: place.default('local'),
      intervalS: seconds.default(60),
      timeoutMs: timeout.default(5000),
      expect: probeExpect.default({}),
    }),
    output: z.object({ id: bigId }),
  }),
  change: route({
    id: 'changeProbe',
    method: 'PATCH',
    path: '/api/probes/:id',
    tag: 'probes',
    access: 'thing.manage',
    idempotent: true,
    summary: { zh: '暂停、恢复或调整探测', en: 'Pause, resume or adjust a probe' },
    params,
    body: z.strictObject({ active: z.boolean().optional(), intervalS: seconds.optional(), timeoutMs: timeout.optional(), expect: probeExpect.optional() }),
    output: z.object({ id: bigId, active: z.boolean() }),
  }),
  run: route({
    id: 'runProbe',
    method: 'POST',
    path: '/api/probes/:id/run',
    tag: 'probes',
    access: 'thing.manage',
    summary: { zh: '立即探测', en: 'Run a probe now' },
    params,
    body: z.strictObject({}),
    /** `ran` false: the probe belongs to another place and runs there next. */
    output: z.object({ ran: z.boolean(), last: last.nullable() }),
  }),
  result: route({
    id: 'reportProbe',
    method: 'POST',
    path: '/api/probes/:id/result',
    tag: 'probes',
    access: 'thing.manage',
    summary: { zh: '回报另一探测点的结果', en: 'Report what another place saw' },
    params,
    body: z.strictObject({
      up: z.boolean().nullable(),
      ms: z.number().min(0).max(120_000).nullable(),
      status: z.number().int().min(100).max(599).nullable(),
      days: z.number().int().min(-100_000).max(100_000).nullable(),
      issuer: z.string().max(300).nullable(),
      address: z.string().max(100).nullable(),
      reason: z.string().min(1).max(500),
    }),
    output: z.object({ stored: z.number() }),
  }),
  remove: route({
    id: 'removeProbe',
    method: 'DELETE',
    path: '/api/probes/:id',
    tag: 'probes',
    access: 'thing.manage',
    summary: { zh: '删除探测（读数保留）', en: 'Remove a probe; its readings stay' },
    params,
    output: z.object({ removed: z.boolean() }),
  }),
};
