// CloudEvents 1.0 over HTTP, and messages by mapper: readings and whatever content maps to readings, acknowledged after the commit.
import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type CloudEvent, MAX_DATA, READINGS_TYPE, attributesOf, fromHeaders, readEvent, readingsOf } from '#core/signals/cloud-event.ts';
import { jsonFault } from '#core/signals/mapper.ts';
import { type ProblemItem, problem } from '#core/problem.ts';
import type { Hub } from '../../platform/hub.ts';
import { mapPayload, mapperOfType } from '../mappers.ts';
import { type Signals, parseBody } from '../service.ts';
import { bytesOf, senderOf } from './sender.ts';

const MAX_BYTES = 8 * 1024 * 1024;
const MAX_EVENTS = 1000;

const invalid = (faults: ProblemItem[]) =>
  problem('invalid-input', {
    detail: faults
      .slice(0, 3)
      .map((f) => `${f.pointer}：${f.message}`)
      .join('；'),
    errors: faults.slice(0, 50),
  });

/** The events of a request in whichever mode it uses. */
async function eventsOf(request: FastifyRequest, bytes: Buffer): Promise<CloudEvent[]> {
  const type = String(request.headers['content-type'] ?? '')
    .split(';')[0]!
    .trim()
    .toLowerCase();
  const faults: ProblemItem[] = [];
  let given: unknown[];
  if (type === 'application/cloudevents+json') given = [parseBody(bytes, 'json')];
  else if (type === 'application/cloudevents-batch+json') {
    const list = parseBody(bytes, 'json');
    if (!Array.isArray(list)) throw problem('invalid-input', { errors: [{ pointer: '/body', message: '批应是事件的列表' }], detail: '批应是事件的列表' });
    given = list;
  } else if (type.startsWith('application/cloudevents')) throw problem('unsupported-media-type', { detail: '事件格式只接受 JSON' });
  else {
    const e = fromHeaders(request.headers, '/headers', faults);
    if (!e) throw problem('unsupported-media-type', { detail: '不是 CloudEvents：既没有 application/cloudevents+json，也没有 ce- 开头的请求头' });
    if (type) e.datacontenttype = type;
    if (bytes.length) {
      if (!type || type === 'application/json' || type.endsWith('+json')) e.data = parseBody(bytes, 'json');
      else if (type.startsWith('text/')) e.data = bytes.toString('utf8').toWellFormed();
      else e.data_base64 = bytes.toString('base64');
    }
    given = [e];
  }
  if (given.length > MAX_EVENTS) throw problem('too-large', { detail: `一批最多 ${MAX_EVENTS} 个事件` });
  const batch = type === 'application/cloudevents-batch+json';
  const binary = !type.startsWith('application/cloudevents');
  const events = given.map((v, i) => readEvent(v, batch ? `/body/${i}` : binary ? '/headers' : '/body', faults));
  if (faults.length) throw invalid(faults);
  return events as CloudEvent[];
}

const keyOf = (e: CloudEvent): string => {
  const h = createHash('sha256').update(`${e.source}\u0000${e.id}`).digest('hex');
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20, 32)}`;
};

export interface EventsTaken {
  /** Events taken now; those taken before are `duplicates`. */
  accepted: number;
  duplicates: number;
  readings: { stored: number; duplicates: number; conflicts: number; quarantined: number };
  errors?: ProblemItem[];
}

/**
 * Takes events: all are understood before any is stored – an attribute that is wrong, a type nobody maps or a reading of an unknown stream
 * refuses them all with pointers. The same (source, id) again changes nothing (API-01); after a crash in between, the readings' own key
 * makes sending again harmless.
 */
export async function takeEvents(signals: Signals, events: CloudEvent[], by: { scope: string[]; source: string }): Promise<EventsTaken> {
  const { hub } = signals;
  const keys = events.map(keyOf);
  const taken = new Set((await hub.sql<{ key: string }[]>`select key from cloud_events where key = any(${keys}::uuid[])`).map((r) => r.key));
  const fresh: { e: CloudEvent; i: number; key: string }[] = [];
  for (const [i, e] of events.entries())
    if (!taken.has(keys[i]!)) {
      taken.add(keys[i]!);
      fresh.push({ e, i, key: keys[i]! });
    }
  const at = (i: number) => (events.length > 1 ? `/body/${i}` : '/body');
  const faults: ProblemItem[] = [];
  const own: unknown[] = [];
  /** Which event each of our own readings came in. */
  const from: number[] = [];
  const mapped: { e: CloudEvent; mapper: string; bytes: Buffer; i: number }[] = [];
  for (const { e, i } of fresh) {
    if (e.type === READINGS_TYPE) {
      const list = readingsOf(e);
      if (typeof list === 'string') faults.push({ pointer: `${at(i)}/data`, message: list });
      else
        for (const r of list) {
          own.push(r);
          from.push(i);
        }
      continue;
    }
    const mapper = await mapperOfType(hub, e.type);
    if (mapper === undefined) {
      faults.push({ pointer: `${at(i)}/type`, message: `没有为 ${e.type} 声明映射` });
      continue;
    }
    const fault = jsonFault(e.data);
    const bytes = Buffer.from(e.data === undefined ? 'null' : typeof e.data === 'string' ? e.data : JSON.stringify(e.data));
    if (fault) faults.push({ pointer: `${at(i)}/data`, message: fault });
    else if (bytes.length > MAX_DATA) faults.push({ pointer: `${at(i)}/data`, message: '数据过大' });
    else mapped.push({ e, mapper, bytes, i });
  }
  if (faults.length) throw invalid(faults);
  const readings = { stored: 0, duplicates: 0, conflicts: 0, quarantined: 0 };
  const errors: ProblemItem[] = [];
  const add = (r: typeof readings) => {
    for (const k of ['stored', 'duplicates', 'conflicts', 'quarantined'] as const) readings[k] += r[k];
  };
  if (own.length)
    try {
      add(await signals.take(own, by));
    } catch (error) {
      const p = error as { code?: 'invalid-input'; errors?: ProblemItem[]; detail?: string };
      if (!p.errors) throw error;
      // Pointers of the readings become pointers into the events.
      throw problem(p.code!, {
        ...(p.detail === undefined ? {} : { detail: p.detail }),
        errors: p.errors.map((f) => {
          const m = /^\/body\/(\d+)(.*)$/.exec(f.pointer);
          return m ? { pointer: `${at(from[Number(m[1])]!)}/data${m[2]}`, message: f.message } : f;
        }),
      });
    }
  for (const m of mapped) {
    const r = await mapPayload(hub, m.mapper, m.bytes, { ...by, event: attributesOf(m.e) });
    add(r);
    for (const f of r.errors) if (errors.length < 50) errors.push({ pointer: `${at(m.i)}${f.pointer}`, message: f.message });
  }
  if (fresh.length) await hub.sql`insert into cloud_events (key, at) select k, clock_timestamp() from unnest(${fresh.map((f) => f.key)}::uuid[]) k on conflict do nothing`;
  return { accepted: fresh.length, duplicates: events.length - fresh.length, readings, ...(errors.length ? { errors } : {}) };
}

/** `POST /api/cloudevents` in three modes, its subscription handshake, and `POST /api/signals/mapped/:mapper` for messages that are no events. */
export async function cloudEventsWayIn(app: FastifyInstance, hub: Hub, signals: Signals): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { bodyLimit: MAX_BYTES }, (_request, payload, done) => done(null, payload));
    scope.post('/api/cloudevents', async (request, reply) => {
      const who = await senderOf(hub, request);
      if (signals.ingest.full) throw problem('overloaded', { detail: '读数来得太快，请稍后重发', retryAfter: 1 });
      const events = await eventsOf(request, await bytesOf(request, MAX_BYTES));
      return reply.code(200).send(await takeEvents(signals, events, { scope: who.scope, source: `cloudevents:${who.name}` }));
    });
    // Abuse protection of HTTP webhooks: we agree to be sent to; whoever sends still needs a credential.
    scope.options('/api/cloudevents', (request, reply) => {
      const origin = request.headers['webhook-request-origin'];
      reply.header('allow', 'POST, OPTIONS');
      if (typeof origin === 'string' && /^[\w.:-]{1,200}$/.test(origin)) reply.header('webhook-allowed-origin', origin).header('webhook-allowed-rate', '6000');
      return reply.code(200).send();
    });
    scope.post('/api/signals/mapped/:mapper', async (request, reply) => {
      const who = await senderOf(hub, request);
      if (signals.ingest.full) throw problem('overloaded', { detail: '读数来得太快，请稍后重发', retryAfter: 1 });
      const { mapper } = request.params as { mapper: string };
      const topic = (request.query as { topic?: unknown }).topic;
      const result = await mapPayload(hub, mapper, await bytesOf(request, 1024 * 1024), {
        scope: who.scope,
        source: `mapped:${who.name}`,
        ...(typeof topic === 'string' ? { topic: topic.slice(0, 500).toWellFormed().replaceAll('\u0000', '') } : {}),
      });
      return reply.code(200).send(result);
    });
  });
}
