// Readings over MQTT (3.1.1 and 5): what the topics mean, for the embedded listener and as a client of an external broker.
// Either way the acknowledgement goes out only after the commit (T6).
import mqtt, { type ISubscriptionMap } from 'mqtt';
import { scopeOf } from '#core/people/roles.ts';
import { Problem } from '#core/problem.ts';
import { actorFor } from '../../people/service.ts';
import type { Hub } from '../../platform/hub.ts';
import { counter } from '../../platform/metrics.ts';
import { type Listener, type Message, type Taken, listen } from '../mqtt/listener.ts';
import { Sequences } from '../sequences.ts';
import { byPassword } from '../sta/caller.ts';
import { isStaTopic, mayListen, tellSubscribers } from '../sta/mqtt.ts';
import { setMqttPort } from '../sta/root.ts';
import { type Signals, checkCredential, parseBody } from '../service.ts';

/** Topic of a device's readings: `v1/things/<thing>/readings`; the payload is one reading, a list, `{stream: value}` or `{seq, readings}`. */
const TOPIC = /^v1\/things\/([A-Za-z0-9][A-Za-z0-9._-]{0,79})\/readings$/;
/** The same as a filter, for one thing or for all. */
const FILTER = /^v1\/things\/([A-Za-z0-9][A-Za-z0-9._-]{0,79}|\+)\/readings$/;
const MAX_PAYLOAD = 1024 * 1024;

export interface Payload {
  readings: unknown[];
  /** The device's own count of its messages, where it gives one. */
  seq: number | undefined;
}
/** Turns a device's payload into the batch form: stream codes are relative to the thing of the topic. */
export function readPayload(thing: string, payload: Buffer): Payload {
  let value: unknown = parseBody(payload, 'json');
  let seq: number | undefined;
  if (value && typeof value === 'object' && 'seq' in value && 'readings' in value) {
    if (!Number.isSafeInteger(Number(value.seq)) || Number(value.seq) < 0) throw new Error('seq 须为非负整数');
    seq = Number(value.seq);
    value = value.readings;
  }
  const list = Array.isArray(value) ? value : [value];
  const readings = list.flatMap((x: unknown) => {
    if (!x || typeof x !== 'object') return [x];
    const r = x as Record<string, unknown>;
    if ('stream' in r && 'value' in r) return [{ ...r, stream: `${thing}/${String(r.stream)}` }];
    const { time, ...values } = r;
    return Object.entries(values).map(([stream, v]) => ({ stream: `${thing}/${stream}`, value: v, ...(time === undefined ? {} : { time }) }));
  });
  return { readings, seq };
}

/** What other topics mean; each gives undefined for a topic that is not its own. */
export type TopicHandler = (topic: string, payload: Buffer, by: { scope: string[]; source: string }) => Promise<Taken> | undefined;

/** Takes one message: stored, set aside with its reason, or denied; throws where it may pass later. */
async function take(signals: Signals, sequences: Sequences, message: Message, scope: string[], source: string): Promise<Taken> {
  const { topic, payload } = message;
  const aside = (reason: string) => setAside(signals, topic, payload, reason, source);
  if (payload.length > MAX_PAYLOAD) return aside('内容过大');
  try {
    const m = TOPIC.exec(topic);
    if (!m) {
      for (const handle of signals.topics) {
        const taken = handle(topic, payload, { scope, source });
        if (taken) return await taken;
      }
      return 'denied';
    }
    let read: Payload;
    try {
      read = readPayload(m[1]!, payload);
    } catch (error) {
      return aside((error as Error).message);
    }
    await signals.take(read.readings, { scope, source });
    const seq = read.seq ?? (/^\d{1,15}$/.test(message.properties.seq ?? '') ? Number(message.properties.seq) : undefined);
    if (seq !== undefined) sequences.hear(m[1]!, seq);
    return 'stored';
  } catch (error) {
    // What can never be stored is acknowledged and set aside, else a 3.1.1 device sends it for ever (STA-074); what may pass later is not acknowledged.
    if (!(error instanceof Problem) || error.status >= 500) throw error;
    const where = (error.errors ?? []).slice(0, 3).map((e) => `${e.pointer} ${e.message}`);
    return aside(`${error.message} ${where.join('；')}`);
  }
}

async function setAside(signals: Signals, topic: string, payload: Buffer, reason: string, source: string): Promise<Taken> {
  const text = payload.subarray(0, 2000).toString('utf8').replaceAll('\u0000', '').toWellFormed();
  await signals.hub
    .sql`insert into quarantine (reading, reason, source) values (${signals.hub.sql.json({ topic, payload: text })}, ${reason.slice(0, 500)}, ${source}) on conflict do nothing`;
  return 'stored';
}

const messages = counter('chengshu_mqtt_messages_total', '已提交并确认的 MQTT 消息');

/** Starts the embedded listener. Subscribers of a thing's readings hear them after their commit, if their units hold the thing. */
export async function startMqtt(hub: Hub, signals: Signals): Promise<Listener> {
  const sequences = await Sequences.open(hub);
  const listener = await listen(hub, {
    async identify(login, secret) {
      // A test installation may let in who says no name, with the same rights as over HTTP.
      if (!login && !secret) {
        const scope = hub.config.staOpenAs ? scopeOf(await actorFor(hub.sql, hub.config.staOpenAs), 'signal.write') : [];
        return scope.length ? { login: 'open', scope } : undefined;
      }
      const scope = await checkCredential(hub, login, secret);
      if (scope) return { login, scope };
      // An account or an access key as well, with what it may write; a device's wrong secret ends here.
      const caller = await byPassword(hub, login, secret, 'mqtt', 'mqtt').catch(() => undefined);
      return caller?.write.length ? { login, scope: caller.write } : undefined;
    },
    async take(message, by) {
      const taken = await take(signals, sequences, message, by.scope, `mqtt:${by.login}`);
      if (taken === 'stored') messages.inc();
      return taken;
    },
    listen: (filter, by) => FILTER.test(filter) || (isStaTopic(filter) && mayListen(hub, filter, by.scope)),
  });
  tellSubscribers(hub, listener);
  setMqttPort(hub, listener.port);
  const { registry } = signals;
  signals.ingest.onColumns((parts) => {
    if (!listener.filters().size) return;
    for (const c of parts)
      for (let i = 0; i < c.n; i++) {
        const row = registry.rows[c.stream[i]!]!;
        listener.tell(
          `v1/things/${row.thing}/readings`,
          () => {
            const r = registry.reading(c, i);
            return JSON.stringify({ stream: row.code, time: new Date(r.at).toISOString(), value: r.txt ?? (r.kind === 2 ? r.num === 1 : r.num) });
          },
          (who) => registry.mask(who.scope)[c.stream[i]!] === 1,
        );
      }
  });
  return listener;
}

/** Reads from an external broker instead: acknowledged to it only after our commit (MQTT 5, shared subscription). */
export async function followBroker(hub: Hub, signals: Signals, url: string): Promise<{ connected(): boolean }> {
  const sequences = await Sequences.open(hub);
  const client = mqtt.connect(url, { protocolVersion: 5, clean: false, clientId: 'chengshu-ingest', properties: { sessionExpiryInterval: 7 * 86_400 }, reconnectPeriod: 2000 });
  let listening = false;
  // A broker that comes back may have kept the session but not its shared subscriptions: always subscribed anew.
  client.on('connect', () => {
    const filters = { '$share/chengshu/v1/things/+/readings': { qos: 1 }, '$share/chengshu/in/#': { qos: 1 }, resubscribe: true };
    client.subscribe(filters as unknown as ISubscriptionMap, (error, granted) => {
      listening = !error && Boolean(granted?.length) && granted!.every((g) => g.qos < 128);
      if (!listening) hub.log.error('external broker refused the subscription', { error, granted });
    });
  });
  client.on('close', () => (listening = false));
  client.on('error', (error) => hub.log.warn('external broker', { error }));
  const tryAgain = async (message: Message): Promise<void> => {
    for (let wait = 200; ; wait = Math.min(wait * 2, 10_000)) {
      try {
        await take(signals, sequences, message, [''], 'mqtt:external');
        return;
      } catch (error) {
        hub.log.warn('reading not stored yet', { error });
        await new Promise((r) => setTimeout(r, wait));
      }
    }
  };
  client.handleMessage = (packet, done) => {
    const properties = Object.fromEntries(Object.entries(packet.properties?.userProperties ?? {}).map(([k, v]) => [k, Array.isArray(v) ? String(v.at(-1)) : String(v)]));
    void tryAgain({ topic: packet.topic, payload: packet.payload as Buffer, properties }).then(() => done());
  };
  hub.onClose(() => client.endAsync(true));
  return { connected: () => client.connected && listening };
}
