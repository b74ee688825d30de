// Readings over MQTT 3.1.1 by an embedded broker: the acknowledgement goes out only after the commit (T6); or a client of an external broker.
import { readFileSync } from 'node:fs';
import { type Server, createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { Aedes, type AuthenticateError, type Client } from 'aedes';
import mqtt from 'mqtt';
import { Problem } from '#core/problem.ts';
import type { Hub } from '../../platform/hub.ts';
import { counter } from '../../platform/metrics.ts';
import { type Signals, checkCredential, parseBody } from '../service.ts';

/** Topic of a device's readings: `v1/things/<thing>/readings`; the payload is one reading, a list, or `{stream: value}`. */
const TOPIC = /^v1\/things\/([A-Za-z0-9][A-Za-z0-9._-]{0,79})\/readings$/;
const MAX_PAYLOAD = 1024 * 1024;

/** Turns a device's payload into the batch form: stream codes are relative to the thing of the topic. */
export function readPayload(thing: string, payload: Buffer): unknown[] {
  const value: unknown = parseBody(payload, 'json');
  const list = Array.isArray(value) ? value : [value];
  return list.flatMap((x: unknown) => {
    if (!x || typeof x !== 'object') return [x];
    const r = x as Record<string, unknown>;
    if ('stream' in r && 'value' in r) return [{ ...r, stream: `${thing}/${String(r.stream)}` }];
    const { time, ...values } = r;
    return Object.entries(values).map(([stream, v]) => ({ stream: `${thing}/${stream}`, value: v, ...(time === undefined ? {} : { time }) }));
  });
}

async function take(signals: Signals, topic: string, payload: Buffer, scope: string[], source: string): Promise<void> {
  const m = TOPIC.exec(topic);
  if (!m) throw new Error('topic');
  let batch: unknown[];
  try {
    if (payload.length > MAX_PAYLOAD) throw new Error('内容过大');
    batch = readPayload(m[1]!, payload);
  } catch (error) {
    await aside(signals, topic, payload, (error as Error).message, source);
    return;
  }
  try {
    await signals.take(batch, { scope, source });
  } catch (error) {
    // What can never be stored is acknowledged and set aside, else a 3.1.1 device sends it for ever (STA-074); what may pass later is not acknowledged.
    if (error instanceof Problem && error.status < 500)
      await aside(
        signals,
        topic,
        payload,
        `${error.message} ${(error.errors ?? [])
          .slice(0, 3)
          .map((e) => `${e.pointer} ${e.message}`)
          .join('；')}`,
        source,
      );
    else throw error;
  }
}

async function aside(signals: Signals, topic: string, payload: Buffer, reason: string, source: string): Promise<void> {
  const text = payload.subarray(0, 2000).toString('utf8').replaceAll('\u0000', '').toWellFormed();
  await signals.hub
    .sql`insert into quarantine (reading, reason, source) values (${signals.hub.sql.json({ topic: topic.replaceAll('\u0000', ''), payload: text })}, ${reason.slice(0, 500)}, ${source})`;
}

/** Starts the embedded listener; gives its port. */
export async function startMqtt(hub: Hub, signals: Signals): Promise<{ port: number; clients(): number }> {
  const scopes = new WeakMap<Client, string[]>();
  const broker = await Aedes.createBroker({ concurrency: 2000, maxClientsIdLength: 128 });
  const names = new WeakMap<Client, string>();
  broker.authenticate = (client, username, password, done) => {
    void checkCredential(hub, username ?? '', password?.toString() ?? '').then(
      (scope) => {
        if (!scope) {
          done(Object.assign(new Error('bad credentials'), { returnCode: 4 }) as AuthenticateError, false);
          return;
        }
        scopes.set(client, scope);
        names.set(client, username ?? '');
        done(null, true);
      },
      () => done(Object.assign(new Error('unavailable'), { returnCode: 3 }) as AuthenticateError, false),
    );
  };
  broker.authorizePublish = (client, packet, done) => {
    const scope = client && scopes.get(client);
    if (!scope || !TOPIC.test(packet.topic)) {
      done(new Error('not allowed'));
      return;
    }
    take(signals, packet.topic, packet.payload as Buffer, scope, `mqtt:${names.get(client)}`).then(
      () => {
        counter('chengshu_mqtt_messages_total', '已提交并确认的 MQTT 消息').inc();
        done(null);
      },
      // Not stored: the connection ends without an acknowledgement and the device sends again.
      (error: unknown) => done(error as Error),
    );
  };
  broker.authorizeSubscribe = (_client, subscription, done) => done(null, TOPIC.test(subscription.topic) ? subscription : null);
  // Readings live in the database; the broker forwards nothing it would have to keep.
  broker.published = (_packet, _client, done) => done();
  const handle = (socket: Parameters<typeof broker.handle>[0]) => void broker.handle(socket);
  const tls = hub.config.mqttTls;
  const server: Server = tls ? createTlsServer({ cert: readFileSync(tls.cert), key: readFileSync(tls.key) }, handle) : createServer(handle);
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(hub.config.mqttPort, hub.config.mqttHost, () => done());
  });
  hub.onClose(async () => {
    server.close();
    await new Promise<void>((done) => broker.close(() => done()));
  });
  const address = server.address();
  return { port: typeof address === 'object' && address ? address.port : 0, clients: () => broker.connectedClients };
}

/** Reads from an external broker instead: acknowledged to it only after our commit (MQTT 5, shared subscription). */
export function followBroker(hub: Hub, signals: Signals, url: string): { connected(): boolean } {
  const client = mqtt.connect(url, { protocolVersion: 5, clean: false, clientId: 'chengshu-ingest', properties: { sessionExpiryInterval: 7 * 86_400 }, reconnectPeriod: 2000 });
  client.on('connect', () => client.subscribe('$share/chengshu/v1/things/+/readings', { qos: 1 }));
  client.on('error', (error) => hub.log.warn('external broker', { error }));
  const tryAgain = async (topic: string, payload: Buffer): Promise<void> => {
    for (let wait = 200; ; wait = Math.min(wait * 2, 10_000)) {
      try {
        return await take(signals, topic, payload, [''], 'mqtt:external');
      } catch (error) {
        hub.log.warn('reading not stored yet', { error });
        await new Promise((r) => setTimeout(r, wait));
      }
    }
  };
  client.handleMessage = (packet, done) => {
    void tryAgain(packet.topic, packet.payload as Buffer).then(() => done());
  };
  hub.onClose(() => client.endAsync(true));
  return { connected: () => client.connected };
}
