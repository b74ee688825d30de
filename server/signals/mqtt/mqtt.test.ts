// The MQTT door by clients of others (3.1, 3.1.1 and 5, plain and TLS) and by packets no client would send.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type Socket, connect as tcp } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import mqtt from 'mqtt';
import * as packets from 'mqtt-packet';
import { firstStart } from '../../first-start.ts';
import { compose, run } from '../../main.ts';
import type { Hub } from '../../platform/hub.ts';
import { testHub } from '../../platform/testing.ts';
import { issueCredential, registerThings } from '../service.ts';
import { isFilter, meets } from './topics.ts';

const T0 = Date.parse('2026-03-02T09:00:00+08:00');
const iso = (minutes: number) => new Date(T0 + minutes * 60_000).toISOString();
const TOPIC = 'v1/things/p1/readings';
const tlsFile = (name: string) => fileURLToPath(new URL(`../../../test/fixtures/tls/${name}`, import.meta.url));

async function ready(t: Parameters<typeof testHub>[0], tls = false) {
  const hub = await testHub(t, { clock: '2026-03-02T12:00:00+08:00' });
  if (tls) (hub.config as { mqttTls: unknown }).mqttTls = { cert: tlsFile('cert.pem'), key: tlsFile('key.pem') };
  await firstStart(hub, () => {});
  await hub.command(hub.system('test'), (work) =>
    registerThings(
      work,
      [
        { code: 'p1', name: '压力计一', profile: 'pipe-pressure', unit: 'demo.t01' },
        { code: 'p2', name: '压力计二', profile: 'pipe-pressure', unit: 'demo.t02' },
      ],
      ['demo'],
    ),
  );
  const { secret } = await hub.command(hub.system('test'), (work) => issueCredential(work, 'gateway', 'demo.t01'));
  const system = await compose(hub);
  await run(system);
  return { hub, secret, port: system.mqttPort! };
}
const count = async (hub: Hub) => (await hub.sql<{ n: number }[]>`select count(*)::int as n from observations`)[0]!.n;

/** A client that speaks packets and keeps what it hears. */
async function raw(port: number, version: 3 | 4 | 5) {
  const socket: Socket = tcp(port, '127.0.0.1');
  await once(socket, 'connect');
  const heard: packets.Packet[] = [];
  const parser = packets.parser({ protocolVersion: version });
  parser.on('packet', (p: packets.Packet) => heard.push(p));
  socket.on('data', (d: Buffer) => parser.parse(d));
  socket.on('error', () => {});
  let closed = false;
  socket.on('close', () => (closed = true));
  const until = async (what: () => boolean) => {
    for (let i = 0; i < 500 && !what(); i++) await new Promise((r) => setTimeout(r, 10));
    assert.ok(what(), `heard ${JSON.stringify(heard.map((p) => p.cmd))} closed ${closed}`);
  };
  return {
    socket,
    heard,
    until,
    send: (p: packets.Packet) => socket.write(packets.generate(p, { protocolVersion: version })),
    cmd: (name: string) => heard.filter((p) => p.cmd === name),
    closed: () => closed,
  };
}
const hello = (version: 3 | 4 | 5, secret: string, more: Partial<packets.IConnectPacket> = {}): packets.IConnectPacket => ({
  cmd: 'connect',
  protocolId: version === 3 ? 'MQIsdp' : 'MQTT',
  protocolVersion: version,
  clientId: 'raw',
  clean: true,
  keepalive: 30,
  username: 'gateway',
  password: Buffer.from(secret),
  ...more,
});
const reading = (minute: number, value = 0.3) => JSON.stringify({ time: iso(minute), pressure: value });

test('STA-072 clients of 3.1, 3.1.1 and 5 store at QoS 0, 1 and 2, over TCP', async (t) => {
  const { hub, secret, port } = await ready(t);
  let minute = 0;
  for (const protocolVersion of [3, 4, 5] as const) {
    const client = await mqtt.connectAsync({
      host: '127.0.0.1',
      port,
      username: 'gateway',
      password: secret,
      reconnectPeriod: 0,
      protocolVersion,
      ...(protocolVersion === 3 ? { protocolId: 'MQIsdp' } : {}),
    });
    await client.publishAsync(TOPIC, reading(minute++), { qos: 1 });
    await client.publishAsync(TOPIC, reading(minute++), { qos: 2 });
    assert.equal(await count(hub), minute, `version ${protocolVersion}: stored when acknowledged`);
    await client.publishAsync(TOPIC, reading(minute++), { qos: 0 });
    // Whatever was sent before a later acknowledged message is dealt with.
    await client.publishAsync(TOPIC, reading(minute++), { qos: 1 });
    await client.endAsync();
  }
  for (let i = 0; i < 100 && (await count(hub)) < minute; i++) await new Promise((r) => setTimeout(r, 20));
  assert.equal(await count(hub), minute);
});

test('TLS: a client that trusts the certificate stores, plain text gets nowhere and harms nobody', async (t) => {
  const { hub, secret, port } = await ready(t, true);
  const plain = await raw(port, 4);
  plain.send(hello(4, secret));
  await plain.until(plain.closed);
  const ca = readFileSync(tlsFile('cert.pem'));
  await assert.rejects(mqtt.connectAsync({ protocol: 'mqtts', host: 'localhost', port, username: 'gateway', password: secret, reconnectPeriod: 0, connectTimeout: 3000 }));
  const client = await mqtt.connectAsync({ protocol: 'mqtts', host: 'localhost', port, ca, username: 'gateway', password: secret, reconnectPeriod: 0 });
  await client.publishAsync(TOPIC, reading(0), { qos: 1 });
  assert.equal(await count(hub), 1);
  await client.endAsync();
});

test('MQTT 5: reason codes say why; 3.1.1 is cut off rather than told a lie', async (t) => {
  const { hub, secret, port } = await ready(t);
  const five = await raw(port, 5);
  five.send(hello(5, secret, { clientId: '' }));
  await five.until(() => five.cmd('connack').length === 1);
  const ack = five.cmd('connack')[0] as packets.IConnackPacket;
  assert.equal(ack.reasonCode, 0);
  assert.ok(ack.properties?.assignedClientIdentifier);
  five.send({ cmd: 'publish', topic: 'elsewhere', payload: '1', qos: 1, messageId: 1, dup: false, retain: false });
  five.send({ cmd: 'publish', topic: TOPIC, payload: reading(0), qos: 1, messageId: 2, dup: false, retain: false, properties: { topicAlias: 3 } });
  five.send({ cmd: 'publish', topic: '', payload: reading(1), qos: 1, messageId: 3, dup: false, retain: false, properties: { topicAlias: 3 } });
  await five.until(() => five.cmd('puback').length === 3);
  assert.deepEqual(
    five.cmd('puback').map((p) => [p.messageId, (p as packets.IPubackPacket).reasonCode ?? 0]),
    [
      [1, 0x87],
      [2, 0],
      [3, 0],
    ],
  );
  assert.equal(await count(hub), 2);
  five.send({ cmd: 'publish', topic: '', payload: '1', qos: 1, messageId: 4, dup: false, retain: false, properties: { topicAlias: 9 } });
  await five.until(five.closed);
  assert.equal((five.cmd('disconnect')[0] as packets.IDisconnectPacket).reasonCode, 0x90);

  const bad = await raw(port, 5);
  bad.send(hello(5, 'wrong'));
  await bad.until(bad.closed);
  assert.equal((bad.cmd('connack')[0] as packets.IConnackPacket).reasonCode, 0x86);

  const four = await raw(port, 4);
  four.send(hello(4, secret));
  four.send({ cmd: 'publish', topic: 'elsewhere', payload: '1', qos: 1, messageId: 1, dup: false, retain: false });
  await four.until(four.closed);
  assert.equal(four.cmd('puback').length, 0);
});

test('T6 MQTT-4.6.0-2 acknowledgements keep their order and wait for the commit; QoS 2 is taken once', async (t) => {
  const { hub, secret, port } = await ready(t);
  const c = await raw(port, 4);
  c.send(hello(4, secret));
  await c.until(() => c.cmd('connack').length === 1);
  await hub.sql.begin(async (tx) => {
    await tx`lock table observations in access exclusive mode`;
    for (let i = 1; i <= 40; i++) c.send({ cmd: 'publish', topic: TOPIC, payload: i % 7 ? reading(i) : 'junk', qos: 1, messageId: i, dup: false, retain: false });
    await new Promise((r) => setTimeout(r, 300));
    assert.equal(c.cmd('puback').length, 0);
  });
  await c.until(() => c.cmd('puback').length === 40);
  assert.deepEqual(
    c.cmd('puback').map((p) => p.messageId),
    Array.from({ length: 40 }, (_, i) => i + 1),
  );
  assert.equal(await count(hub), 35);
  for (let i = 0; i < 3; i++) c.send({ cmd: 'publish', topic: TOPIC, payload: reading(60), qos: 2, messageId: 77, dup: i > 0, retain: false });
  await c.until(() => c.cmd('pubrec').length === 3);
  c.send({ cmd: 'pubrel', messageId: 77 });
  await c.until(() => c.cmd('pubcomp').length === 1);
  assert.equal(await count(hub), 36);
  assert.equal((await hub.sql`select 1 from quarantine`).length, 1, 'the same junk again fills one row');
});

test('a second connection of the same client takes over; another login with the same client id does not', async (t) => {
  const { hub, secret, port } = await ready(t);
  const { secret: other } = await hub.command(hub.system('test'), (work) => issueCredential(work, 'other', 'demo.t02'));
  const a = await raw(port, 5);
  a.send(hello(5, secret));
  await a.until(() => a.cmd('connack').length === 1);
  const stranger = await raw(port, 5);
  stranger.send(hello(5, other, { username: 'other' }));
  await stranger.until(() => stranger.cmd('connack').length === 1);
  assert.equal(a.closed(), false);
  const b = await raw(port, 5);
  b.send(hello(5, secret));
  await a.until(a.closed);
  assert.equal((a.cmd('disconnect')[0] as packets.IDisconnectPacket).reasonCode, 0x8e);
  b.send({ cmd: 'pingreq' });
  await b.until(() => b.cmd('pingresp').length === 1);
  b.socket.destroy();
  stranger.socket.destroy();
});

test('subscribers hear readings of their own units after the commit, and nothing else', async (t) => {
  const { hub, secret, port } = await ready(t);
  const { secret: other } = await hub.command(hub.system('test'), (work) => issueCredential(work, 'other', 'demo.t02'));
  const heard: Record<string, string[]> = { gateway: [], other: [] };
  const open = async (username: string, password: string) => {
    const c = await mqtt.connectAsync({ host: '127.0.0.1', port, username, password, reconnectPeriod: 0, protocolVersion: 5 });
    c.on('message', (topic, payload) => heard[username]!.push(`${topic} ${payload.toString()}`));
    t.after(() => c.endAsync(true));
    return c;
  };
  const [a, b] = [await open('gateway', secret), await open('other', other)];
  await a.subscribeAsync('v1/things/+/readings');
  await b.subscribeAsync('v1/things/+/readings');
  await assert.rejects(a.subscribeAsync('#'));
  await a.publishAsync(TOPIC, reading(0, 0.42), { qos: 1 });
  for (let i = 0; i < 100 && !heard.gateway!.length; i++) await new Promise((r) => setTimeout(r, 20));
  assert.deepEqual(heard.gateway, [`${TOPIC} {"stream":"pressure","time":"${iso(0)}","value":0.42}`]);
  await b.publishAsync('v1/things/p2/readings', reading(1), { qos: 1 });
  for (let i = 0; i < 100 && !heard.other!.length; i++) await new Promise((r) => setTimeout(r, 20));
  assert.equal(heard.other!.length, 1);
  assert.equal(heard.gateway!.length, 1);
});

test('F-11 gaps in a device’s own count are seen and close when the missing messages come', async (t) => {
  const { hub, secret, port } = await ready(t);
  const c = await mqtt.connectAsync({ host: '127.0.0.1', port, username: 'gateway', password: secret, reconnectPeriod: 0, protocolVersion: 5 });
  t.after(() => c.endAsync(true));
  const send = (seq: number, inBody = false) =>
    inBody
      ? c.publishAsync(TOPIC, JSON.stringify({ seq, readings: [{ time: iso(seq), pressure: 0.3 }] }), { qos: 1 })
      : c.publishAsync(TOPIC, reading(seq), { qos: 1, properties: { userProperties: { seq: String(seq) } } });
  await send(1);
  await send(2, true);
  await send(5);
  const gaps = async () => (await hub.sql<{ gap: string }[]>`select concat(thing, ' ', first, '-', last, ' ', missing) as gap from sequence_gaps`).map((r) => r.gap).join();
  for (let i = 0; i < 150 && (await gaps()) !== 'p1 3-4 2'; i++) await new Promise((r) => setTimeout(r, 20));
  assert.equal(await gaps(), 'p1 3-4 2');
  await send(4);
  await send(3, true);
  for (let i = 0; i < 150 && (await gaps()) !== 'p1 3-4 0'; i++) await new Promise((r) => setTimeout(r, 20));
  assert.equal(await gaps(), 'p1 3-4 0');
  assert.equal(await count(hub), 5);
});

test('F-29 bytes of no meaning end their own connection only', async (t) => {
  const { hub, secret, port } = await ready(t);
  const good = await raw(port, 4);
  good.send(hello(4, secret, { clientId: 'good' }));
  await good.until(() => good.cmd('connack').length === 1);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), fc.constantFrom(3, 4, 5) as fc.Arbitrary<3 | 4 | 5>, async (bytes, first, version) => {
      const c = await raw(port, version);
      if (first) c.send(hello(version, secret, { clientId: 'bad' }));
      c.socket.write(Buffer.from(bytes));
      await new Promise((r) => setTimeout(r, 5));
      c.socket.destroy();
    }),
    { numRuns: 120 },
  );
  // A packet that claims to be huge is cut off when it really grows.
  const huge = await raw(port, 5);
  huge.send(hello(5, secret, { clientId: 'huge' }));
  await huge.until(() => huge.cmd('connack').length === 1);
  huge.socket.write(Buffer.from([0x32, 0xff, 0xff, 0xff, 0x7f]));
  const block = Buffer.alloc(256 * 1024);
  for (let i = 0; i < 12 && !huge.closed(); i++) {
    huge.socket.write(block);
    await new Promise((r) => setTimeout(r, 20));
  }
  await huge.until(huge.closed);
  good.send({ cmd: 'publish', topic: TOPIC, payload: reading(0), qos: 1, messageId: 1, dup: false, retain: false });
  await good.until(() => good.cmd('puback').length === 1);
  assert.equal(await count(hub), 1);
  good.socket.destroy();
});

test('keep-alive: a client that falls silent is let go, and its will is taken', async (t) => {
  const { hub, secret, port } = await ready(t);
  const c = await raw(port, 4);
  c.send(hello(4, secret, { keepalive: 1, will: { topic: TOPIC, payload: Buffer.from(reading(9, 0.1)), qos: 0, retain: false } }));
  await c.until(() => c.cmd('connack').length === 1);
  await c.until(c.closed);
  for (let i = 0; i < 100 && !(await count(hub)); i++) await new Promise((r) => setTimeout(r, 20));
  assert.equal(await count(hub), 1);
});

test('filters and topics as MQTT 5 §4.7 has them', () => {
  assert.deepEqual(['a/+/b', 'a/#', '#', '+', 'a+/b', 'a/#/b', '', 'a/b#'].map(isFilter), [true, true, true, true, false, false, false, false]);
  assert.ok(meets('a/b', 'a/#') && meets('a', 'a/#') && meets('a/b', '+/+') && meets('/a', '+/a') && meets('/a', '/+'));
  assert.ok(!meets('a/b', 'a') && !meets('a', 'a/+') && !meets('$SYS/x', '#') && !meets('$SYS/x', '+/x') && meets('$SYS/x', '$SYS/#'));
});
