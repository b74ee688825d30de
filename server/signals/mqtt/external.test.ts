// Readings through an external broker (MQTT 5): what it held while the hub was away comes in, a killed broker is come back to, losses show as gaps.
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import mqtt from 'mqtt';
import { firstStart } from '../../first-start.ts';
import type { Hub } from '../../platform/hub.ts';
import { testHub } from '../../platform/testing.ts';
import { registerThings, signalsOf } from '../service.ts';
import { followBroker } from '../ways-in/mqtt.ts';

const T0 = Date.parse('2026-03-02T09:00:00+08:00');
const iso = (minutes: number) => new Date(T0 + minutes * 60_000).toISOString();
const count = async (hub: Hub) => (await hub.sql<{ n: number }[]>`select count(*)::int as n from observations`)[0]!.n;

const broker = ((): string | undefined => {
  try {
    return execFileSync('sh', ['-c', 'PATH=$PATH:/usr/sbin:/usr/local/sbin command -v mosquitto']).toString().trim();
  } catch {
    return undefined;
  }
})();
const freePort = () =>
  new Promise<number>((done) => {
    const s = createServer().listen(0, '127.0.0.1', () => {
      const { port } = s.address() as { port: number };
      s.close(() => done(port));
    });
  });

test('F-11 an external broker: nothing it acknowledged is lost when the hub or the broker is killed', { skip: broker ? false : 'mosquitto 未安装，跳过' }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'chengshu-broker-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const port = await freePort();
  const conf = join(dir, 'mosquitto.conf');
  writeFileSync(
    conf,
    `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location ${dir}/\nautosave_on_changes true\nautosave_interval 1\nmax_queued_messages 0\nuser root\n`,
  );
  let child: ChildProcess | undefined;
  const up = async () => {
    child = spawn(broker!, ['-c', conf], { stdio: 'ignore' });
    for (let i = 0; i < 100; i++) {
      const c = await mqtt.connectAsync({ host: '127.0.0.1', port, reconnectPeriod: 0, connectTimeout: 500 }).catch(() => undefined);
      if (c) return c.endAsync();
      await new Promise((r) => setTimeout(r, 50));
    }
    throw new Error('broker did not start');
  };
  t.after(() => child?.kill('SIGKILL'));
  await up();

  const hub = await testHub(t, { clock: '2026-03-02T12:00:00+08:00' });
  await firstStart(hub, () => {});
  await hub.command(hub.system('test'), (work) => registerThings(work, [{ code: 'p1', name: '压力计', profile: 'pipe-pressure', unit: 'demo.t01' }], ['demo']));
  await signalsOf(hub).registry.refresh();
  const url = `mqtt://127.0.0.1:${port}`;
  const arrived = async (n: number) => {
    for (let i = 0; i < 300 && (await count(hub)) < n; i++) await new Promise((r) => setTimeout(r, 30));
    assert.equal(await count(hub), n);
  };
  const device = await mqtt.connectAsync({ host: '127.0.0.1', port, protocolVersion: 5, reconnectPeriod: 100 });
  t.after(() => device.endAsync(true));
  const send = (seq: number) =>
    device.publishAsync('v1/things/p1/readings', JSON.stringify({ time: iso(seq), pressure: 0.3 }), { qos: 1, properties: { userProperties: { seq: String(seq) } } });
  const first = await followBroker(hub, signalsOf(hub), url);
  for (let i = 0; i < 100 && !first.connected(); i++) await new Promise((r) => setTimeout(r, 30));
  await new Promise((r) => setTimeout(r, 200));
  for (let i = 1; i <= 20; i++) await send(i);
  await arrived(20);

  // The database will not take them for a while: nothing is acknowledged to the broker, and nothing is lost.
  await hub.sql.begin(async (tx) => {
    await tx`lock table observations in access exclusive mode`;
    for (let i = 21; i <= 30; i++) await send(i);
    await new Promise((r) => setTimeout(r, 300));
  });
  await arrived(30);

  child!.kill('SIGKILL');
  await new Promise((r) => child!.once('exit', r));
  await up();
  for (let i = 0; i < 200 && !(first.connected() && device.connected); i++) await new Promise((r) => setTimeout(r, 50));
  await new Promise((r) => setTimeout(r, 300));
  // 31 to 33 never leave the device.
  for (let i = 34; i <= 40; i++) await send(i);
  await arrived(37);
  const gaps = () => hub.sql<{ first: string; last: string }[]>`select first::text, last::text from sequence_gaps where thing = 'p1' and closed_at is null`;
  for (let i = 0; i < 150 && !(await gaps()).length; i++) await new Promise((r) => setTimeout(r, 30));
  assert.deepEqual([...(await gaps())], [{ first: '31', last: '33' }]);
});
