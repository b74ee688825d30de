// CloudEvents 1.0 in: three modes, the same event once, whole or not at all, faults by pointer, hostile input.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { READINGS_TYPE, readEvent } from '#core/signals/cloud-event.ts';
import { firstStart } from '../../first-start.ts';
import { compose } from '../../main.ts';
import { addToken } from '../../people/service.ts';
import { actAs, testHub } from '../../platform/testing.ts';
import { registerThings } from '../service.ts';

const at = (n: number) => new Date(Date.parse('2026-03-02T09:00:00+08:00') + n * 60_000).toISOString();
const event = (more: Record<string, unknown> = {}) => ({
  specversion: '1.0',
  id: 'e1',
  source: '/gateways/1',
  type: READINGS_TYPE,
  subject: 'p1',
  time: at(1),
  datacontenttype: 'application/json',
  data: { pressure: 0.31 },
  ...more,
});

async function door(t: Parameters<typeof testHub>[0]) {
  const hub = await testHub(t, { clock: '2026-03-02T12:00:00+08:00' });
  await firstStart(hub, () => {});
  await hub.command(hub.system('test'), (work) =>
    registerThings(
      work,
      [
        { code: 'p1', name: '压力计一', profile: 'pipe-pressure', unit: 'demo.t01' },
        { code: 'p2', name: '压力计二', profile: 'pipe-pressure', unit: 'demo.t01' },
        { code: 'GW01-1', name: '网关下的压力计', profile: 'pipe-pressure', unit: 'demo.t01' },
      ],
      ['demo'],
    ),
  );
  const actor = await actAs(hub, 'integrator', 'demo');
  const token = await hub.command(hub.system('test'), (work) => addToken(work, 'bus', actor.account!));
  const { app } = await compose(hub);
  const post = (payload: unknown, type = 'application/cloudevents+json', headers: Record<string, string> = {}) =>
    app.inject({
      method: 'POST',
      url: '/api/cloudevents',
      headers: { 'content-type': type, authorization: `Bearer ${token}`, ...headers },
      payload: typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload),
    });
  const rows = async () => (await hub.sql<{ n: number }[]>`select count(*)::int as n from observations`)[0]!.n;
  return { hub, app, post, rows };
}
type Taken = { accepted: number; duplicates: number; readings: { stored: number; quarantined: number } };

test('API-02 structured, batch and binary mode store the same; API-01 the same (source, id) again changes nothing', async (t) => {
  const { hub, post, rows } = await door(t);
  const one = await post(event());
  assert.equal(one.statusCode, 200, one.body);
  assert.deepEqual(one.json(), { accepted: 1, duplicates: 0, readings: { stored: 1, duplicates: 0, conflicts: 0, quarantined: 0 } });
  assert.equal(((await post(event({ data: { pressure: 99 } }))).json() as Taken).duplicates, 1);
  assert.equal(((await post(event({ source: '/gateways/2', time: at(2) }))).json() as Taken).accepted, 1, 'another source, another event');
  const batch = [
    event({ id: 'e2', time: at(3) }),
    event({
      id: 'e3',
      subject: undefined,
      data: [
        { stream: 'p2/pressure', value: 0.2, time: at(4) },
        { stream: 'p2/pressure', value: 0.21, time: at(5) },
      ],
    }),
    event({ id: 'e2', time: at(3) }),
  ];
  const b = (await post(batch, 'application/cloudevents-batch+json')).json() as Taken;
  assert.deepEqual([b.accepted, b.duplicates, b.readings.stored], [2, 1, 3]);
  assert.deepEqual(((await post([], 'application/cloudevents-batch+json')).json() as Taken).accepted, 0);
  const binary = await post(JSON.stringify({ pressure: 0.4 }), 'application/json; charset=utf-8', {
    'ce-specversion': '1.0',
    'ce-id': '%E4%BB%B6-4',
    'ce-source': '/gateways/1',
    'ce-type': READINGS_TYPE,
    'ce-subject': 'p2',
    'ce-time': at(6),
    'ce-sequence': '12',
  });
  assert.equal(binary.statusCode, 200, binary.body);
  const again = await post(event({ id: '件-4', subject: 'p2', time: at(7) }));
  assert.equal((again.json() as Taken).duplicates, 1, 'the percent-encoded id is the same id');
  assert.equal(await rows(), 6);
  const [first] = await hub.sql<{ num: number; at: Date }[]>`select num, at from observations order by at limit 1`;
  assert.deepEqual([first!.num, first!.at.toISOString()], [0.31, at(1)], 'the time of the event is the time of its reading');
});

test('other types go through the mapper that declares them; what it cannot map is set aside and the event is taken', async (t) => {
  const { hub, post, rows } = await door(t);
  const data = { gw: 'GW01', ts: Date.parse(at(1)) / 1000, slaves: [{ id: 1, regs: { '40001': 300 } }] };
  const r = (await post(event({ type: 'cn.ccg.gateway.modbus.v1', data }))).json() as Taken;
  assert.deepEqual([r.accepted, r.readings.stored], [1, 1]);
  const bad = await post(event({ id: 'e2', type: 'cn.ccg.gateway.modbus.v1', data: { gw: 'GW01', slaves: [{ id: 1, regs: { '40001': 1 } }] } }));
  assert.deepEqual([bad.statusCode, (bad.json() as Taken).readings.quarantined], [200, 1]);
  assert.equal(((await post(event({ id: 'e2', type: 'cn.ccg.gateway.modbus.v1' }))).json() as Taken).duplicates, 1, 'poison is not sent for ever');
  assert.equal(await rows(), 1);
  assert.match((await hub.sql<{ reason: string }[]>`select reason from quarantine`)[0]!.reason, /没有采集时间/);
  const unknown = await post(event({ id: 'e3', type: 'com.example.other' }));
  assert.equal(unknown.statusCode, 400);
  assert.deepEqual((unknown.json() as { errors: { pointer: string }[] }).errors[0]!.pointer, '/body/type');
});

test('I2 a batch is taken whole or refused with pointers, and nothing of it stays', async (t) => {
  const { hub, post, rows } = await door(t);
  const r = await post([event(), event({ id: 'e2', data: { nowhere: 1 } }), event({ id: 'e3', specversion: '0.3' })], 'application/cloudevents-batch+json');
  assert.equal(r.statusCode, 400);
  assert.deepEqual(
    (r.json() as { errors: { pointer: string }[] }).errors.map((e) => e.pointer),
    ['/body/2/specversion'],
  );
  const s = await post([event(), event({ id: 'e2', data: { nowhere: 1 } })], 'application/cloudevents-batch+json');
  assert.deepEqual((s.json() as { errors: { pointer: string }[] }).errors[0]!.pointer, '/body/1/data/stream');
  assert.equal(await rows(), 0);
  assert.equal((await hub.sql`select 1 from cloud_events`).length, 0);
  assert.equal((await post(event())).statusCode, 200, 'put right, it is taken');
});

test('rights, handshake, media types', async (t) => {
  const { app, post } = await door(t);
  const none = await app.inject({ method: 'POST', url: '/api/cloudevents', headers: { 'content-type': 'application/cloudevents+json' }, payload: JSON.stringify(event()) });
  assert.equal(none.statusCode, 401);
  assert.equal((await post(event(), 'application/json')).statusCode, 415);
  assert.equal((await post('<x/>', 'application/cloudevents+xml')).statusCode, 415);
  const hand = await app.inject({ method: 'OPTIONS', url: '/api/cloudevents', headers: { 'webhook-request-origin': 'bus.example' } });
  assert.deepEqual([hand.statusCode, hand.headers['webhook-allowed-origin']], [200, 'bus.example']);
  assert.equal((await post(event(), 'application/cloudevents+json', { 'content-encoding': 'br' })).statusCode, 415);
  assert.equal((await post(Buffer.from('nonsense'), 'application/cloudevents+json', { 'content-encoding': 'gzip' })).statusCode, 400);
});

test('F-29 hostile events are refused with a reason, never a 5xx, and leave nothing', async (t) => {
  const { hub, post, rows } = await door(t);
  const bodies: (string | Buffer)[] = [
    '',
    'null',
    '[]',
    '"x"',
    '{',
    '{"specversion":"1.0"}',
    JSON.stringify(event({ id: '' })),
    JSON.stringify(event({ id: 5 })),
    JSON.stringify(event({ id: 'a\u0000b' })),
    JSON.stringify(event({ source: 'a b' })),
    JSON.stringify(event({ time: 'yesterday' })),
    JSON.stringify(event({ subject: '../x' })),
    JSON.stringify(event({ 'bad-name': 'x' })),
    JSON.stringify(event({ ext: { deep: 1 } })),
    JSON.stringify(event({ data: null })),
    JSON.stringify(event({ data: 'text' })),
    JSON.stringify(event({ data: { pressure: { a: 'x'.repeat(20_000) } } })),
    JSON.stringify(event({ data_base64: '!!', data: undefined })),
    JSON.stringify(event({ data_base64: 'AAAA' })),
    `{"specversion":"1.0","id":"1","source":"/x","type":"${READINGS_TYPE}","data":{"__proto__":{"a":1}},"subject":"p1"}`,
    `{"specversion":"1.0","id":"1","source":"/x","type":"${READINGS_TYPE}","subject":"p1","data":{"pressure":1e400}}`,
    Buffer.from([0xff, 0xfe, 0x7b, 0x7d]),
    `${'['.repeat(5000)}${']'.repeat(5000)}`,
  ];
  for (const b of bodies) {
    const r = await post(b);
    assert.ok(r.statusCode >= 400 && r.statusCode < 500, `${r.statusCode} for ${b.toString().slice(0, 80)}: ${r.body.slice(0, 200)}`);
  }
  for (const h of [{ 'ce-id': '%FF' }, { 'ce-specversion': '2.0' }, { 'ce-id': 'x', 'ce-data': 'y' }] as Record<string, string>[])
    assert.equal((await post('{}', 'application/json', h)).statusCode, 400);
  assert.equal(await rows(), 0);
  assert.equal((await hub.sql`select 1 from cloud_events`).length, 0);
});

test('F-29 any object is an event or has faults', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.oneof(fc.constantFrom('id', 'source', 'type', 'specversion', 'time', 'data', 'data_base64'), fc.string()), fc.jsonValue()), (o) => {
      const faults: { pointer: string; message: string }[] = [];
      const e = readEvent(o, '/body', faults);
      assert.equal(e === undefined, faults.length > 0);
    }),
  );
});
