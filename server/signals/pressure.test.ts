// Under pressure: overload is said before anything is taken, and months beyond retention go without anybody waiting for it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Columns } from '#core/signals/columns.ts';
import { firstStart } from '../first-start.ts';
import { compose } from '../main.ts';
import { testHub } from '../platform/testing.ts';
import { issueCredential, registerThings, signalsOf } from './service.ts';
import { forgetHours } from './store.ts';

const NOW = Date.parse('2026-03-02T12:00:00+08:00');

async function ready(t: Parameters<typeof testHub>[0]) {
  const hub = await testHub(t, { clock: new Date(NOW).toISOString() });
  await firstStart(hub, () => {});
  await hub.command(hub.system('test'), (work) => registerThings(work, [{ code: 'p1', name: '压力计', profile: 'pipe-pressure', unit: 'demo.t01' }], ['demo']));
  const { secret } = await hub.command(hub.system('test'), (work) => issueCredential(work, 'gateway', 'demo'));
  const signals = signalsOf(hub);
  await signals.registry.refresh();
  const place = signals.registry.find('p1/pressure')!.index;
  const one = (at: number) => {
    const c = new Columns(1);
    c.push(place, at, 0, 0.3, null, 0);
    return c;
  };
  return { hub, signals, one, secret };
}

test('F-26 I12 overload is refused with 503 and Retry-After before anything is read; what was taken is all there afterwards', async (t) => {
  const { hub, signals, one, secret } = await ready(t);
  const { app } = await compose(hub);
  const post = () =>
    app.inject({
      method: 'POST',
      url: '/api/observations',
      headers: { authorization: `Basic ${Buffer.from(`gateway:${secret}`).toString('base64')}`, 'content-type': 'application/json' },
      payload: JSON.stringify([{ stream: 'p1/pressure', time: new Date(NOW).toISOString(), value: 1 }]),
    });
  const taken: Promise<{ stored: number }>[] = [];
  await signals.ingest.submit(one(NOW - 1));
  await hub.sql.begin(async (tx) => {
    await tx`lock table observations in access exclusive mode`;
    let n = 0;
    while (!signals.ingest.full) {
      taken.push(signals.ingest.submit(one(NOW - 3_600_000 + n)));
      // Groups leave the queue in the turns of the loop between.
      if (++n % 10_000 === 0) await new Promise((r) => setImmediate(r));
      assert.ok(n < 200_000, 'there is an end to what may wait');
    }
    await assert.rejects(signals.ingest.submit(one(NOW)), /太快/);
    const r = await post();
    assert.equal(r.statusCode, 503);
    assert.ok(Number(r.headers['retry-after']) >= 1);
    assert.equal(r.json<{ code: string }>().code, 'overloaded');
  });
  const stored = (await Promise.all(taken)).reduce((s, r) => s + r.stored, 0);
  assert.equal(stored, taken.length);
  assert.equal((await post()).statusCode, 200);
  const [row] = await hub.sql<{ n: number }[]>`select count(*)::int as n from observations`;
  assert.equal(row!.n, taken.length + 2);
});

test('months beyond retention are dropped while readings come in; one that is being read waits for the next time; their hours stay', async (t) => {
  const { hub, signals, one } = await ready(t);
  const { partitions } = signals.ingest;
  const old = NOW - 400 * 86_400_000;
  await partitions.aheadOf([new Date(old), new Date(NOW)]);
  await signals.ingest.submit(one(old));
  await hub.sql`insert into stream_hours (stream, hour, n, sum, min, max, first, last) select stream, date_trunc('hour', at), 1, num, num, num, num, num from observations`;
  let sent = 0;
  let going = true;
  const senders = Promise.all(
    [0, 1, 2].map(async (k) => {
      for (let i = 0; going; i++) {
        const { stored } = await signals.ingest.submit(one(NOW - i * 3 - k - 1));
        sent += stored;
      }
    }),
  );
  const before = new Date(NOW - 365 * 86_400_000);
  // Somebody reads the old month for a long time.
  await hub.sql.begin(async (tx) => {
    await tx`select count(*) from observations where at < ${before}`;
    assert.deepEqual(await partitions.drop(before), []);
  });
  assert.ok(sent > 0, 'readings came in meanwhile');
  const dropped = await partitions.drop(before);
  assert.equal(dropped.length, 1);
  going = false;
  await senders;
  const [row] = await hub.sql<{ n: number; hours: number }[]>`select (select count(*)::int from observations) as n, (select count(*)::int from stream_hours) as hours`;
  assert.equal(row!.n, sent, 'the old reading is gone, every new one is there');
  assert.equal(row!.hours, 1);
  assert.equal(await forgetHours(hub.sql, new Date(old - 86_400_000)), 0);
  assert.equal(await forgetHours(hub.sql, before), 1);
  // A reading for the dropped month is refused by the door, not lost in it: its partition is made again only within retention.
  assert.equal((await signals.ingest.submit(one(NOW + 1))).stored, 1);
});
