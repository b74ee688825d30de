// Mappers: the packs' own examples hold; messages become readings, poison is set aside and never stops the next, expressions stay within their bounds.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import mqtt from 'mqtt';
import { loadPacks } from '#core/packs/load.ts';
import { MapperProgram, exampleFault, jsonFault, mapperPack, readMessage, topicFits } from '#core/signals/mapper.ts';
import { firstStart } from '../first-start.ts';
import { compose, run } from '../main.ts';
import { currentFiles, putOverlay, readPacks } from '../packs/service.ts';
import { addToken } from '../people/service.ts';
import { actAs, testHub } from '../platform/testing.ts';
import { MapperThread } from './mapper-thread.ts';
import { mapPayload, mapperOfTopic, mapperTopics } from './mappers.ts';
import { issueCredential, registerThings, signalsOf } from './service.ts';

const T0 = Date.parse('2026-03-02T09:00:05+08:00');

async function ready(t: Parameters<typeof testHub>[0]) {
  const hub = await testHub(t, { clock: '2026-03-02T12:00:00+08:00' });
  await firstStart(hub, () => {});
  await hub.command(hub.system('test'), (work) =>
    registerThings(
      work,
      [
        { code: 'cover-1', name: '井盖一', profile: 'manhole-sensor', unit: 'demo.t01', properties: { deviceId: 'a84041000181d2e0' } },
        { code: 'ponding-7', name: '积水七', profile: 'ponding-gauge', unit: 'demo.t01' },
        { code: 'GW01-1', name: '压力', profile: 'pipe-pressure', unit: 'demo.waterworks' },
      ],
      ['demo'],
    ),
  );
  const rows = () => hub.sql<{ thing: string; code: string; num: number; at: Date; quality: number }[]>`
    select t.code as thing, s.code, o.num, o.at, o.quality from observations o join streams s on s.id = o.stream join things t on t.id = s.thing_id order by t.code, s.code, o.at`;
  const aside = () => hub.sql<{ reason: string; reading: { mapper: string; payload?: string }; source: string }[]>`select reason, reading, source from quarantine order by id`;
  const map = (mapper: string, payload: unknown, topic?: string, scope = ['demo']) =>
    mapPayload(hub, mapper, Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)), { scope, source: 'test', topic });
  return { hub, rows, aside, map };
}
const uplink = (object: unknown, devEui = 'a84041000181d2e0') => ({ time: new Date(T0).toISOString(), deviceInfo: { devEui, tags: {} }, fPort: 2, data: '', object });

test('every mapper of the packs does what its examples say', async () => {
  const { content, mistakes } = loadPacks(await readPacks(['district', 'demo-center']));
  assert.deepEqual(mistakes, []);
  assert.ok(content.mappers.size >= 3);
  for (const m of content.mappers.values()) for (const e of m.examples) assert.equal(await exampleFault(m, e), undefined, `${m.code}: ${e.name}`);
  // The check can fail.
  const m = content.mappers.get('nbiot-push')!;
  assert.match((await exampleFault(m, { ...m.examples[0]!, readings: [] })) ?? '', /应得/);
  assert.match((await exampleFault(m, { ...m.examples[1]!, fault: '别的' })) ?? '', /校验和/);
});

test('a mistake in an expression is found when the content is checked, with its place', () => {
  const base = { code: 'x', name: { zh: 'x', en: 'x' }, sourceRef: '说明书', examples: [{ name: 'a', payload: {} }] };
  assert.match(mapperPack.safeParse({ ...base, readings: '{ "thing": ' }).error!.issues[0]!.message, /JSONata 有误.*第 \d+ 个字符/);
  assert.match(mapperPack.safeParse({ ...base, readings: '$eval(x)' }).error!.issues[0]!.message, /\$eval/);
  assert.ok(mapperPack.safeParse({ ...base, readings: '[]', on: { topics: ['a/+/b/#'] } }).success);
  for (const bad of ['a+/b', 'a/#/b', '#a', 'a b']) assert.ok(!mapperPack.safeParse({ ...base, readings: '[]', on: { topics: [bad] } }).success, bad);
});

test('messages become readings of the right things; a device is known by its code or by its platform’s number', async (t) => {
  const { rows, aside, map } = await ready(t);
  const r = await map('chirpstack-up', uplink({ tilt: 3.5, unheard: 1 }), 'application/1/device/a84041000181d2e0/event/up');
  assert.deepEqual({ ...r, errors: [] }, { stored: 1, duplicates: 0, conflicts: 0, quarantined: 0, dropped: 1, ignored: false, errors: [] });
  assert.equal((await map('chirpstack-up', uplink({ tilt: 3.5 }))).duplicates, 1, 'F-13: again is harmless');
  assert.deepEqual(
    (await rows()).map((x) => [x.thing, x.code, x.num, x.at.getTime()]),
    [['cover-1', 'tilt', 3.5, T0]],
  );
  const m = await map('modbus-gateway', {
    gw: 'GW01',
    ts: T0 / 1000,
    slaves: [
      { id: 1, regs: { '40001': 352, '40002': 5 } },
      { id: 9, regs: { '40001': 1 } },
    ],
  });
  assert.deepEqual([m.stored, m.quarantined], [1, 2], 'what nobody registered is kept aside, the rest stored');
  assert.deepEqual((await aside()).map((a) => a.reason).sort(), ['没有设备 GW01-9', '设备 GW01-1 没有数据流 level']);
  assert.equal((await map('chirpstack-up', uplink({ tilt: 1 }), 'application/1/device/x/event/join')).ignored, true);
  const far = await map('chirpstack-up', { ...uplink({ tilt: 4 }), time: '2031-01-01T00:00:00Z' });
  assert.deepEqual([far.stored, far.quarantined], [0, 1], 'F-16');
  await assert.rejects(map('nothing', {}), /没有映射/);
});

test('F-24 poison goes to quarantine with its reason and the next message is taken', async (t) => {
  const { rows, aside, map, hub } = await ready(t);
  const poison: [string, RegExp][] = [
    ['{"a":', /JSON/],
    ['', /JSON/],
    ['[]', /fPort|映射|thing/],
    ['{"__proto__":{"x":1}}', /不允许的名称/],
    [JSON.stringify({ fPort: 2, deviceInfo: { devEui: 'x y', tags: {} }, object: { tilt: 1 } }), /设备编码/],
    [JSON.stringify({ fPort: 9, deviceInfo: { devEui: 'x', tags: {} }, data: 'AA==' }), /fPort 9/],
    [`${'['.repeat(60)}${']'.repeat(60)}`, /嵌套/],
    ['{"a":"\\u0000"}', /字符/],
    ['x'.repeat(300 * 1024), /超过/],
  ];
  for (const [p, reason] of poison) {
    const r = await map('chirpstack-up', p);
    if (r.ignored) continue;
    assert.equal(r.stored, 0, p.slice(0, 40));
    assert.equal(r.quarantined, 1, `${p.slice(0, 40)} ${JSON.stringify(r)}`);
    assert.match(r.errors[0]!.message, reason);
    assert.equal((await map('chirpstack-up', uplink({ tilt: 2 }))).quarantined, 0);
  }
  assert.ok((await aside()).length >= 7);
  assert.equal((await aside())[0]!.reading.mapper, 'chirpstack-up');
  assert.equal((await rows()).length, 1);
  // Bytes that are no text at all.
  const r = await mapPayload(hub, 'chirpstack-up', Buffer.from([0xff, 0xfe, 0x00, 0x80]), { scope: ['demo'], source: 'test' });
  assert.match(r.errors[0]!.message, /UTF-8/);
});

test('F-24 an expression that runs for ever, a regex bomb and a memory hog end within the limit; the hub answers meanwhile', async (t) => {
  const { hub, map, rows } = await ready(t);
  const spec = (code: string, readings: string) =>
    hub.command(hub.system('test'), (work) =>
      putOverlay(work, 'mappers', code, `code: ${code}\nname: { zh: x, en: x }\nsourceRef: test\nreadings: '${readings}'\nexamples: [{ name: a, payload: {}, ignored: true }]\n`),
    );
  await spec('endless', '($f := function($x) { $f($x) }; $f(1))');
  await spec('bomb', '$match(text, /^(a+)+$/)');
  await spec('hog', '($f := function($n, $a) { $n = 0 ? $count($a) : $f($n - 1, $append($a, $pad("x", 1000000 + $n))) }; $f(15000, []))');
  await new Promise((r) => setTimeout(r, 550));
  // Neither the loop of the hub nor other messages wait for ever.
  let ticks = 0;
  const beat = setInterval(() => ticks++, 20);
  const began = performance.now();
  const bad = await Promise.all([map('endless', { a: 1 }), map('bomb', { text: `${'a'.repeat(40)}!` }), map('hog', { a: 1 }), map('chirpstack-up', uplink({ tilt: 7 }))]);
  const took = performance.now() - began;
  clearInterval(beat);
  assert.match(bad[0]!.errors[0]!.message, /超时/);
  assert.match(bad[1]!.errors[0]!.message, /超时/);
  assert.match(bad[2]!.errors[0]!.message, /超时|内存|过深|结束/);
  assert.equal(bad[3]!.stored, 1, 'the message behind them');
  assert.equal((await rows()).length, 1);
  assert.ok(took < 40_000, `${took} ms`);
  assert.ok(ticks > took / 20 / 10, `the hub's loop went on: ${ticks} ticks in ${Math.round(took)} ms`);
});

test('an expression reaches nothing outside its message', async () => {
  const run = async (readings: string) => JSON.stringify(await new MapperProgram({ readings }).run({ payload: { a: { b: 1 } } }));
  for (const e of ['a.constructor', '$.constructor.constructor("return process")()', '$process', '$globalThis', '$require("fs")', 'a.__proto__'])
    assert.match(await run(`{ "thing": "x", "stream": "y", "value": ${e} }`), /"fault"/, e);
  const before = Object.keys(Object.prototype).length;
  await run('$ ~> | a | { "__proto__": { "polluted": 1 } } |');
  assert.equal(Object.keys(Object.prototype).length, before);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

test('over HTTP by bearer key or device; rights hold for every reading', async (t) => {
  const { hub, rows } = await ready(t);
  const { secret } = await hub.command(hub.system('test'), (work) => issueCredential(work, 'lora', 'demo.t01'));
  const { app } = await compose(hub);
  const post = (mapper: string, payload: unknown, auth = `Basic ${Buffer.from(`lora:${secret}`).toString('base64')}`) =>
    app.inject({
      method: 'POST',
      url: `/api/signals/mapped/${mapper}`,
      headers: { 'content-type': 'application/json', ...(auth ? { authorization: auth } : {}) },
      payload: JSON.stringify(payload),
    });
  assert.equal((await post('chirpstack-up', uplink({ tilt: 1 }), '')).statusCode, 401);
  const ok = await post('chirpstack-up', uplink({ tilt: 1 }));
  assert.deepEqual([ok.statusCode, (ok.json() as { stored: number }).stored], [200, 1]);
  const foreign = await post('modbus-gateway', { gw: 'GW01', ts: T0 / 1000, slaves: [{ id: 1, regs: { '40001': 1 } }] });
  assert.deepEqual([foreign.statusCode, (foreign.json() as { quarantined: number }).quarantined], [200, 1]);
  assert.match(foreign.body, /无权写入/);
  assert.equal((await post('none', {})).statusCode, 404);
  assert.equal((await post('__proto__', {})).statusCode, 404);
  assert.equal((await rows()).length, 1);
});

test('F-24 what was set aside is tried again after the mapper or the registry was put right; twice is harmless', async (t) => {
  const { hub, rows, aside, map } = await ready(t);
  const body = { gw: 'GW01', ts: T0 / 1000, slaves: [{ id: 2, regs: { '40001': 352 } }] };
  await map('modbus-gateway', body);
  await map('modbus-gateway', { gw: 'GW01', slaves: [{ id: 1, regs: { '40001': 1 } }] });
  assert.equal((await aside()).length, 2);
  const { app } = await compose(hub);
  const actor = await actAs(hub, 'integrator', 'demo');
  const token = await hub.command(hub.system('test'), (work) => addToken(work, 'k', actor.account!));
  const ask = async (url: string, payload?: object) =>
    (await app.inject({ method: payload ? 'POST' : 'GET', url, headers: { authorization: `Bearer ${token}` }, ...(payload ? { payload } : {}) })).json() as Record<string, never>;
  assert.deepEqual(await ask('/api/signals/mappers/modbus-gateway/replay', {}), { taken: 0, stored: 0, duplicates: 0, waiting: 2, left: 0 }, 'nothing has changed yet');
  assert.equal((await aside()).length, 2, 'and nothing was added');
  await hub.command(hub.system('test'), (work) => registerThings(work, [{ code: 'GW01-2', name: '新登记', profile: 'pipe-pressure', unit: 'demo.waterworks' }], ['demo']));
  assert.deepEqual(await ask('/api/signals/mappers/modbus-gateway/replay', {}), { taken: 1, stored: 1, duplicates: 0, waiting: 1, left: 0 });
  assert.deepEqual(
    (await rows()).map((r) => [r.thing, r.num]),
    [['GW01-2', 0.352]],
  );
  // The mapper is put right: a message without its time counts from its arrival.
  const file = (await currentFiles(hub)).files.find((f) => f.path.endsWith('mappers/modbus.yaml'))!.text;
  await hub.command(hub.system('test'), (work) =>
    putOverlay(work, 'mappers', 'modbus-gateway', file.replace('$error("没有采集时间 ts")', 'null').replace(/ {4}- name: 时间缺失[\s\S]*$/, '')),
  );
  await new Promise((r) => setTimeout(r, 550));
  assert.deepEqual(await ask('/api/signals/mappers/modbus-gateway/replay', {}), { taken: 1, stored: 1, duplicates: 0, waiting: 0, left: 0 });
  assert.deepEqual(await ask('/api/signals/mappers/modbus-gateway/replay', {}), { taken: 0, stored: 0, duplicates: 0, waiting: 0, left: 0 });
  const tried = (await ask('/api/signals/mappers/modbus-gateway/try', {
    payload: JSON.stringify({ ...body, slaves: [...body.slaves, { id: 8, regs: { '40002': 5 } }] }),
  })) as unknown as { readings: { thing: string; known: boolean }[] };
  assert.deepEqual(
    tried.readings.map((r) => [r.thing, r.known]),
    [
      ['GW01-2', true],
      ['GW01-8', false],
    ],
  );
  assert.match(String(((await ask('/api/signals/mappers/nbiot-push/try', { payload: '{' })) as unknown as { fault: string }).fault), /JSON/);
  assert.equal((await rows()).length, 2);
  const list = (await ask('/api/signals/mappers')) as unknown as { items: { code: string; examples: unknown[] }[] };
  assert.ok(list.items.length >= 3 && list.items.every((m) => m.examples.length));
});

test('a real MQTT client: PUBACK after the commit, poison acknowledged and set aside', async (t) => {
  const { hub, rows, aside } = await ready(t);
  const { secret } = await hub.command(hub.system('test'), (work) => issueCredential(work, 'lora', 'demo.t01'));
  const system = await compose(hub);
  await run(system);
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${system.mqttPort}`, { username: 'lora', password: secret, protocolVersion: 4, reconnectPeriod: 0 });
  t.after(() => void client.end(true));
  await client.publishAsync('in/chirpstack-up/application/1/device/2/event/up', '{"broken', { qos: 1 });
  await client.publishAsync('in/chirpstack-up/application/1/device/2/event/up', JSON.stringify(uplink({ tilt: 9 })), { qos: 1 });
  assert.deepEqual(
    (await rows()).map((r) => r.num),
    [9],
    'acknowledged means stored',
  );
  assert.equal((await aside()).length, 1);
});

test('MQTT topics: in/<mapper>/… by name, and what mappers list', async (t) => {
  const { hub, rows } = await ready(t);
  await signalsOf(hub).registry.refresh();
  const handle = mapperTopics(hub);
  const by = { scope: ['demo'], source: 'mqtt:x' };
  assert.equal(handle('v1/things/x/readings', Buffer.from('{}'), by), undefined);
  assert.equal(await handle('in/chirpstack-up/application/1/device/2/event/up', Buffer.from(JSON.stringify(uplink({ tilt: 1 }))), by), 'stored');
  assert.equal(await handle('in/none/x', Buffer.from('{}'), by), 'denied');
  await new Promise((r) => setTimeout(r, 100));
  assert.equal(await handle('application/1/device/2/event/up', Buffer.from(JSON.stringify({ ...uplink({ tilt: 2 }), time: new Date(T0 + 1000).toISOString() })), by), 'stored');
  assert.equal((await rows()).length, 2);
  assert.equal(await mapperOfTopic(hub, 'gateway/GW01/modbus'), 'modbus-gateway');
  assert.ok(topicFits('a/+/c', 'a/b/c') && topicFits('a/#', 'a') && topicFits('a/#', 'a/b/c') && !topicFits('a/+', 'a/b/c') && !topicFits('a/b', 'a'));
});

test('F-29 whatever JSON comes, a mapper answers', async () => {
  const { content } = loadPacks(await readPacks(['district']));
  const programs = [...content.mappers.values()].map((m) => new MapperProgram(m));
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), async (payload) => {
      if (jsonFault(payload)) return;
      for (const p of programs) {
        const r = await p.run({ payload, topic: 'a/b/up' });
        assert.ok('fault' in r || 'readings' in r || 'ignored' in r);
      }
    }),
    { numRuns: 150 },
  );
  assert.throws(() => readMessage('hex', '0g'), /十六进制/);
  assert.equal(readMessage('text', 'abc'), 'abc');
});

test('I12 messages beyond what may wait are turned away, not forgotten', async (t) => {
  const thread = new MapperThread();
  t.after(() => thread.close());
  const all = Array.from({ length: 6000 }, (_, i) =>
    thread.run('k', { readings: '[]' }, { payload: i }).then(
      () => 'done',
      (e: { code?: string }) => e.code,
    ),
  );
  const ends = await Promise.all(all);
  assert.ok(ends.filter((e) => e === 'overloaded').length >= 900);
  assert.ok(ends.filter((e) => e === 'done').length >= 5000);
});
