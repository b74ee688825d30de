// Webhooks out: facts as CloudEvents, signed (API-04), delivered by the outbox, never to a private address unless the subscription says so (API-05).
import { createHmac, randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlockList, isIP } from 'node:net';
import type { Fact } from '#core/fact.ts';
import { within } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { localIso } from '#core/time.ts';
import { append } from '../platform/facts.ts';
import type { Hub, Work } from '../platform/hub.ts';
import { uuidv7 } from '../platform/ids.ts';
import { type Deliver, type Message, enqueue } from '../platform/outbox.ts';
import * as store from './store.ts';

const inside = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  inside.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
  ['64:ff9b::', 96],
  ['2001:db8::', 32],
] as const)
  inside.addSubnet(net, bits, 'ipv6');
/** Whether an address is private, local or otherwise not of the open network; IPv4 in IPv6 is judged as IPv4. */
export function isInside(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  const a = mapped ? mapped[1]! : address;
  return inside.check(a, isIP(a) === 6 ? 'ipv6' : 'ipv4');
}

/** `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`; two during rotation. */
export const signature = (secrets: string[], id: string, timestamp: number, body: string): string =>
  secrets.map((s) => `v1,${createHmac('sha256', Buffer.from(s, 'base64url')).update(`${id}.${timestamp}.${body}`).digest('base64')}`).join(' ');

/** A fact as a CloudEvent; its id is its place in the log, unique for ever with the source. */
export const cloudEvent = (f: Fact) => ({
  specversion: '1.0',
  id: `${f.tx}-${f.position}`,
  source: '/chengshu',
  type: `cn.ccg.${f.kind.replace('-', '')}.v1`,
  subject: f.subject,
  time: localIso(f.at),
  datacontenttype: 'application/json',
  sequence: f.position,
  partitionkey: f.subject,
  data: f.data,
});

/** Queues facts for the subscriptions that want them and may see them. */
export async function publishFacts(work: Work, facts: Fact[]): Promise<void> {
  const hooks = (await store.webhooks(work.tx, work.realm)).filter((h) => h.active);
  if (!hooks.length) return;
  for (const f of facts)
    for (const h of hooks)
      if (h.kinds.some((k) => f.kind.startsWith(k)) && (f.unit === null ? false : within(f.unit, h.unit)))
        await enqueue(work, { channel: 'webhook', to: h.id, subject: f.subject, payload: cloudEvent(f) as never });
}

interface Answer {
  status: number;
  retryAfter: string | undefined;
}
/** One POST to a resolved and pinned address; no redirects are followed, the answer's body is not read. */
async function post(url: URL, address: string, family: number, headers: Record<string, string>, body: string): Promise<Answer> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((done, fail) => {
    const r = request(
      {
        method: 'POST',
        host: url.hostname,
        port: url.port || undefined,
        path: url.pathname + url.search,
        headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
        timeout: 10_000,
        lookup: (_host, options, next) => (options.all ? next(null, [{ address, family }]) : next(null, address, family)),
      },
      (res) => {
        res.resume();
        done({ status: res.statusCode ?? 0, retryAfter: res.headers['retry-after'] });
        res.destroy();
      },
    );
    r.on('timeout', () => r.destroy(new Error('10 秒内没有答复')));
    r.on('error', fail);
    r.end(body);
  });
}

/** Delivers one queued event; failures stay visible in the outbox and are tried again by it. */
export const deliverWebhook =
  (hub: Hub): Deliver =>
  async (m: Message) => {
    const hook = (await store.webhooks(hub.sql, m.realm)).find((h) => h.id === m.destination);
    if (!hook?.active) return { dead: '订阅已停止' };
    const url = new URL(hook.url);
    const name = url.hostname.replace(/^\[|\]$/g, '');
    const found = isIP(name) ? [{ address: name, family: isIP(name) }] : await lookup(name, { all: true });
    if (!hook.allowPrivate && found.some((a) => isInside(a.address))) return { dead: '目标是内网地址，订阅未允许' };
    const target = found[0]!;
    const body = JSON.stringify(m.payload);
    const timestamp = Math.floor(Date.now() / 1000);
    const id = String((m.payload as { id: string }).id);
    const answer = await post(
      url,
      target.address,
      target.family,
      {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'user-agent': 'chengshu-webhook',
        'webhook-id': id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signature([hook.secret, ...(hook.previousSecret ? [hook.previousSecret] : [])], id, timestamp, body),
      },
      body,
    );
    if (answer.status >= 200 && answer.status < 300) return;
    if (answer.status === 410) {
      await hub.command(hub.system('webhooks', m.realm), (work) => endWebhook(work, hook.id, ['']));
      return { dead: '对方要求停止（410）' };
    }
    throw new Error(`对方答复 ${answer.status}${answer.retryAfter ? `，要求 ${answer.retryAfter} 后再试` : ''}`);
  };

/** Subscribes; the secret is shown this once. */
export async function addWebhook(work: Work, w: { url: string; kinds: string[]; unit: string; allowPrivate: boolean }, scope: string[]): Promise<{ id: string; secret: string }> {
  if (!scope.some((p) => within(w.unit, p))) throw problem('forbidden', { detail: '不在您的范围内' });
  const url = new URL(w.url);
  if (url.username || url.password) throw problem('invalid-input', { errors: [{ pointer: '/body/url', message: '地址中不能带账号' }] });
  const id = uuidv7();
  const secret = randomBytes(32).toString('base64url');
  await store.addWebhook(work.tx, work.realm, { id, ...w, secret, by: work.by, at: work.at });
  await append(work, [
    { kind: 'webhook.added', subject: `webhook:${id}`, data: { url: `${url.origin}${url.pathname}`, kinds: w.kinds, allowPrivate: w.allowPrivate }, unit: w.unit },
  ]);
  return { id, secret };
}
export async function endWebhook(work: Work, id: string, scope: string[]): Promise<void> {
  const found = (await store.webhooks(work.tx, work.realm)).find((h) => h.id === id);
  if (!found || !scope.some((p) => within(found.unit, p))) throw problem('not-found');
  await store.endWebhook(work.tx, id);
  await append(work, [{ kind: 'webhook.ended', subject: `webhook:${id}`, data: {}, unit: found.unit }]);
}
export async function listWebhooks(hub: Hub, realm: string, scope: string[]) {
  const hooks = (await store.webhooks(hub.sql, realm)).filter((h) => scope.some((p) => within(h.unit, p)));
  return {
    items: await Promise.all(
      hooks.map(async (h) => ({
        id: h.id,
        url: h.url,
        kinds: h.kinds,
        unit: h.unit,
        active: h.active,
        by: h.by,
        createdAt: h.createdAt,
        deliveries: [...(await store.deliveries(hub.sql, h.id))],
      })),
    ),
  };
}
