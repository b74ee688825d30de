// Readings: stored before they are acknowledged, harmless twice, exact in rollups after late data, refused with pointers, safe against junk.
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { test } from 'node:test';
import fc from 'fast-check';
import mqtt from 'mqtt';
import { firstStart } from '../first-start.ts';
import { compose, run } from '../main.ts';
import type { Hub } from '../platform/hub.ts';
import { testHub } from '../platform/testing.ts';
import { batchStep, rollup, signalsOf } from './follow.ts';
import { Preview, issueCredential, registerThings } from './service.ts';
import { Columns } from '#core/signals/columns.ts';
import { encodeRows } from './copy.ts';

const T0 = Date.parse('2026-03-02T09:00:00+08:00');
const iso = (minutes: number) => new Date(T0 + minutes * 60_000).toISOString();

async function ready(t: Parameters<typeof testHub>[0]) {
  const hub = await testHub(t, { clock: '2026-03-02T12:00:00+08:00' });
  await firstStart(hub, () => {});
  await hub.command(hub.system('test'), (work) =>
    registerThings(
      work,
      [
        { code: 'p1', name: '压力计一', profile: 'pipe-pressure', unit: 'demo.t01', lon: 106.3, lat: 29.43 },
        { code: 'a1', name: '空气站', profile: 'air-station', unit: 'demo.ecology' },
      ],
      ['demo'],
    ),
  );
  const { secret } = await hub.command(hub.system('test'), (work) => issueCredential(work, 'gateway', 'demo.t01'));
  const signals = signalsOf(hub);
  return { hub, signals, secret, take: (input: unknown, scope = ['demo']) => signals.take(input, { scope, source: 'test' }) };
}
const count = async (hub: Hub) => (await hub.sql<{ n: number }[]>`select count(*)::int as n from observations`)[0]!.n;

test('I3 F-13 a batch sent again stores nothing twice; another value for the same instant is set aside', async (t) => {
  const { hub, take } = await ready(t);
  const batch = Array.from({ length: 50 }, (_, i) => ({ stream: 'p1/pressure', time: iso(i), value: 0.3 + i / 1000 }));
  assert.deepEqual(await take(batch), { stored: 50, duplicates: 0, conflicts: 0, quarantined: 0 });
  assert.deepEqual(await take(batch), { stored: 0, duplicates: 50, conflicts: 0, quarantined: 0 });
  assert.deepEqual(await take([...batch, { stream: 'p1/pressure', time: iso(99), value: 0.4 }, { stream: 'p1/pressure', time: iso(0), value: 9 / 10 }]), {
    stored: 1,
    duplicates: 50,
    conflicts: 1,
    quarantined: 0,
  });
  assert.equal(await count(hub), 51);
  const [first] = await hub.sql<{ num: number }[]>`select num from observations order by at limit 1`;
  assert.equal(first!.num, 0.3, 'the first value stays');
});

test('I2 one wrong reading refuses the batch with a pointer; F-16 impossible times go to quarantine and hold nobody up', async (t) => {
  const { hub, take } = await ready(t);
  await assert.rejects(
    take([
      { stream: 'p1/pressure', time: iso(0), value: 1 },
      { stream: 'nope/x', time: iso(0), value: 1 },
    ]),
    (e: { errors?: { pointer: string }[] }) => e.errors?.[0]?.pointer === '/body/1/stream',
  );
  await assert.rejects(take([{ stream: 'p1/pressure', time: iso(0), value: undefined }]), /有误/);
  assert.equal(await count(hub), 0);
  const r = await take([
    { stream: 'p1/pressure', time: iso(1), value: 0.3 },
    { stream: 'p1/pressure', time: '2031-01-01T00:00:00Z', value: 0.3 },
    { stream: 'p1/pressure', time: '1970-01-01T00:00:00Z', value: 0.3 },
    { stream: 'p1/pressure', time: '2026-02-30T00:00:00Z', value: 0.3 },
    { stream: 'p1/pressure', time: 'yesterday', value: 0.3 },
  ]);
  assert.deepEqual(
    { ...r, errors: r.errors?.map((e) => e.pointer) },
    { stored: 1, duplicates: 0, conflicts: 0, quarantined: 4, errors: ['/body/1/time', '/body/2/time', '/body/3/time', '/body/4/time'] },
  );
  const reasons = await hub.sql<{ reason: string }[]>`select reason from quarantine order by id`;
  assert.deepEqual(
    reasons.map((x) => x.reason.slice(0, 4)),
    ['时间晚于', '时间早于', '时间无法', '时间无法'],
  );
});

test('a sender writes only within its units', async (t) => {
  const { take } = await ready(t);
  await assert.rejects(
    take([{ stream: 'a1/pm25', time: iso(0), value: 12 }], ['demo.t01']),
    (e: { errors?: { message: string }[] }) => e.errors?.[0]?.message === '无权写入这条数据流',
  );
});

test('lossless values of every kind', async (t) => {
  const { hub, take } = await ready(t);
  await take(
    [
      [0, 0.1],
      [1, -0],
      [2, 1.7976931348623157e308],
      [3, '文字'],
      [4, true],
      [5, null],
      [6, { a: [1, '二'] }],
    ].map(([i, value]) => ({ stream: 'p1/pressure', time: iso(i as number), value })),
  );
  const rows = await hub.sql<{ kind: number; num: number | null; txt: string | null }[]>`select kind, num, txt from observations order by at`;
  assert.deepEqual(
    rows.map((r) => [r.kind, r.num, r.txt]),
    [
      [0, 0.1, null],
      [0, -0, null],
      [0, 1.7976931348623157e308, null],
      [1, null, '文字'],
      [2, 1, null],
      [4, null, null],
      [3, null, '{"a":[1,"二"]}'],
    ],
  );
});

/** Steps the rollup until it has read every group; a transaction elsewhere in the cluster may hold it back for a moment. */
async function rolled(hub: Hub): Promise<void> {
  for (const until = Date.now() + 20_000; ; await new Promise((r) => setTimeout(r, 20))) {
    while (await batchStep(hub, 'r', rollup));
    const [behind] = await hub.sql`select 1 from ingest_batches b, cursors c where c.name = 'r' and (b.tx, b.id) > (c.tx, c.position) limit 1`;
    if (!behind) return;
    assert.ok(Date.now() < until, 'the rollup stays behind');
  }
}

test('I9 F-14 F-15 rollups equal the readings whatever the order, also after late data', async (t) => {
  const { hub, take } = await ready(t);
  await hub.sql`insert into cursors (name) values ('r')`;
  const all = Array.from({ length: 180 }, (_, i) => ({ stream: 'p1/pressure', time: iso(i), value: Math.round(Math.sin(i) * 500 + 500) / 1000 }));
  const shuffled = all
    .map((x, i) => [Math.sin(i * 99), x] as const)
    .sort((a, b) => a[0] - b[0])
    .map((x) => x[1]);
  await take(shuffled.slice(0, 150));
  await rolled(hub);
  await take(shuffled.slice(150));
  await rolled(hub);
  const wrong =
    await hub.sql`select 1 from stream_hours h join (select stream, date_trunc('hour', at) as hour, count(*) as n, min(num) as lo, max(num) as hi, sum(num) as s from observations group by 1, 2) o
    on o.stream = h.stream and o.hour = h.hour where h.n <> o.n or h.min <> o.lo or h.max <> o.hi or abs(h.sum - o.s) > 1e-9`;
  assert.equal(wrong.length, 0);
  const [n] = await hub.sql<{ n: number; r: number }[]>`select count(*)::int as n, max(revision) as r from stream_hours`;
  assert.equal(n!.n, 3);
  assert.equal(n!.r, 2, 'late data revise');
});

test('binary rows are what PostgreSQL reads, for random readings', async (t) => {
  const { hub } = await ready(t);
  await hub.sql`create table probe (like observations)`;
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          stream: fc.maxSafeInteger().map((n) => String(Math.abs(n))),
          at: fc.integer({ min: Date.parse('1950-01-01'), max: Date.parse('2200-01-01') }),
          num: fc.option(fc.double({ noNaN: true }), { nil: null }),
          txt: fc.option(
            fc.string({ unit: 'grapheme' }).filter((x) => !x.includes('\u0000')),
            { nil: null },
          ),
        }),
        { minLength: 1, maxLength: 30 },
      ),
      async (rows) => {
        const columns = new Columns(1);
        for (const [i, r] of rows.entries()) columns.push(i, r.at, r.num === null ? 3 : 0, r.num ?? Number.NaN, r.txt, 1);
        const body = encodeRows(
          [columns],
          Float64Array.from(rows, (r) => Number(r.stream)),
          5,
        );
        await hub.sql`truncate probe`;
        await hub.sql.begin(async (tx) => {
          const sink = await tx`copy probe (stream, at, kind, quality, batch, num, txt) from stdin with (format binary)`.writable();
          await new Promise<void>((done, fail) => sink.end(body, (e?: Error | null) => (e ? fail(e) : done())));
          await new Promise<void>((done) => (sink.writableFinished ? done() : sink.once('finish', done)));
        });
        const back = await hub.sql<{ stream: string; at: Date; num: number | null; txt: string | null }[]>`select stream::text, at, num, txt from probe`;
        assert.deepEqual(
          back.map((r) => [r.stream, r.at.getTime(), r.num, r.txt]),
          rows.map((r) => [r.stream, r.at, r.num, r.txt]),
        );
      },
    ),
    { numRuns: 25 },
  );
});

test('bulk registration is all or none, and a preview leaves nothing', async (t) => {
  const { hub } = await ready(t);
  const bad = [
    { code: 'x1', name: '一', profile: 'pipe-pressure', unit: 'demo.t01' },
    { code: 'x1', name: '二', profile: 'none', unit: 'demo.t09' },
  ];
  await assert.rejects(
    hub.command(hub.system('test'), (w) => registerThings(w, bad, ['demo'])),
    (e: { errors?: unknown[] }) => e.errors?.length === 3,
  );
  await assert.rejects(
    hub.command(hub.system('test'), (w) => registerThings(w, [bad[0]!], ['demo'], true)),
    Preview,
  );
  assert.equal((await hub.sql`select 1 from things where code = 'x1'`).length, 0);
});

test('F-29 junk over HTTP gets a 4xx and stores nothing; gzip and NDJSON work', async (t) => {
  const { hub, secret } = await ready(t);
  const { app } = await compose(hub);
  t.after(() => app.close());
  const headers = { authorization: `Basic ${Buffer.from(`gateway:${secret}`).toString('base64')}`, 'content-type': 'application/json' };
  const send = (payload: string | Buffer, more: Record<string, string> = {}) => app.inject({ method: 'POST', url: '/api/observations', headers: { ...headers, ...more }, payload });
  for (const junk of [
    '',
    '{',
    '[1]',
    '[null]',
    '"x"',
    '[{"stream":{},"value":1}]',
    '[{"stream":"p1/pressure","value":1e999}]',
    '[{"stream":"p1/pressure","value":"\\u0000"}]',
    '[{"stream":"p1/pressure","value":"\\ud800"}]',
    '[{"__proto__":{"x":1}}]',
  ]) {
    const r = await send(junk);
    assert.ok(r.statusCode >= 400 && r.statusCode < 500, `${junk} → ${r.statusCode}`);
    assert.match(String(r.headers['content-type']), /problem\+json/);
  }
  assert.equal((await send('nonsense', { 'content-encoding': 'gzip' })).statusCode, 400);
  assert.equal((await send('[]', { authorization: 'Basic eDp5' })).statusCode, 401);
  assert.equal(await count(hub), 0);
  assert.equal((await send(gzipSync(JSON.stringify([{ stream: 'p1/pressure', time: iso(0), value: 1 }])), { 'content-encoding': 'gzip' })).statusCode, 200);
  assert.equal(
    (await send(`{"stream":"p1/pressure","time":"${iso(1)}","value":1}\n{"stream":"p1/pressure","time":"${iso(2)}","value":2}\n`, { 'content-type': 'application/x-ndjson' }))
      .statusCode,
    200,
  );
  assert.equal(await count(hub), 3);
});

test('T6 STA-074 MQTT: the acknowledgement waits for the commit; strangers and foreign things are refused; junk is set aside', async (t) => {
  const { hub, secret } = await ready(t);
  const system = await compose(hub);
  await run(system);
  const connect = (password: string) => mqtt.connectAsync({ host: '127.0.0.1', port: system.mqttPort!, username: 'gateway', password, reconnectPeriod: 0, protocolVersion: 4 });
  await assert.rejects(connect('wrong'));
  const client = await connect(secret);
  t.after(() => client.endAsync(true));
  await client.publishAsync('v1/things/p1/readings', JSON.stringify({ time: iso(0), pressure: 0.31 }), { qos: 1 });
  assert.equal(await count(hub), 1, 'when the PUBACK is here the row is there');
  // Hold the commit: no acknowledgement may come.
  let acknowledged = false;
  let pending: Promise<unknown> | undefined;
  await hub.sql.begin(async (tx) => {
    await tx`lock table observations in access exclusive mode`;
    pending = client.publishAsync('v1/things/p1/readings', JSON.stringify({ time: iso(1), pressure: 0.32 }), { qos: 1 }).then(() => (acknowledged = true));
    await new Promise((r) => setTimeout(r, 400));
    assert.equal(acknowledged, false);
  });
  await pending;
  assert.equal(await count(hub), 2);
  await client.publishAsync('v1/things/p1/readings', 'not json', { qos: 1 });
  await client.publishAsync('v1/things/a1/readings', JSON.stringify({ pm25: 3 }), { qos: 1 });
  assert.equal((await hub.sql`select 1 from quarantine`).length, 2);
  assert.equal(await count(hub), 2);
});
