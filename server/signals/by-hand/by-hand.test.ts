// Readings by hand: meters with roll-over and replacement, what is impossible asked again, who and when in the facts, rights.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { meterStep } from '#core/signals/meter.ts';
import { firstStart } from '../../first-start.ts';
import { compose } from '../../main.ts';
import { addToken } from '../../people/service.ts';
import { actAs, testHub } from '../../platform/testing.ts';
import { registerThings } from '../service.ts';

const day = (n: number) => new Date(Date.parse('2026-02-01T08:00:00+08:00') + n * 86_400_000).toISOString();

test('a meter’s step: first count, use, roll-over, replacement, what is not believed', () => {
  const m = { digits: 5, used: 'used' };
  const at = (value: number, t: number) => ({ value, at: t });
  assert.deepEqual(meterStep(m, undefined, at(100, 1), {}), { used: 0, rolled: false });
  assert.deepEqual(meterStep(m, at(100, 1), at(150.5, 2), {}), { used: 50.5, rolled: false });
  assert.deepEqual(meterStep(m, at(99_990, 1), at(15, 2), { rollover: true }), { used: 25, rolled: true });
  assert.deepEqual(meterStep(m, at(99_990, 1), at(15, 2), { start: 0 }), { used: 15, rolled: false });
  assert.equal((meterStep(m, at(99_990, 1), at(15, 2), {}) as { ask: string }).ask, 'rollover');
  for (const [last, now, said] of [
    [at(1000, 1), at(900, 2), { rollover: true }],
    [at(100, 1), at(150, 2), { rollover: true }],
    [at(100, 2), at(150, 2), {}],
    [at(100, 1), at(100_000, 2), {}],
    [at(100, 1), at(-1, 2), {}],
    [at(100, 1), at(5, 2), { start: 10 }],
  ] as const)
    assert.ok('fault' in meterStep(m, last, now, said));
  // Over any run of honest counts the uses add up to what went through.
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 49_999 }), { maxLength: 30 }), (flows) => {
      let total = 0;
      let used = 0;
      let last: { at: number; value: number } | undefined = { at: 0, value: 0 };
      flows.forEach((f, i) => {
        total += f;
        const now = { at: i + 1, value: total % 100_000 };
        const s = meterStep(m, last, now, { rollover: now.value < last!.value });
        assert.ok('used' in s);
        used += s.used;
        last = now;
      });
      assert.equal(used, total);
    }),
  );
});

test('entered by hand: all or none, marked, with the use of meters; refused with pointers; in the facts by whom', async (t) => {
  const hub = await testHub(t, { clock: '2026-03-02T12:00:00+08:00' });
  await firstStart(hub, () => {});
  await hub.command(hub.system('test'), (work) =>
    registerThings(
      work,
      [
        { code: 'wm-1', name: '一号水表', profile: 'water-meter-by-hand', unit: 'demo.waterworks' },
        { code: 'level-1', name: '水位', profile: 'river-level', unit: 'demo.waterworks' },
        { code: 'gas-1', name: '燃气', profile: 'post-count', unit: 'demo.gas' },
      ],
      ['demo'],
    ),
  );
  const { app } = await compose(hub);
  const key = async (unit: string) => {
    const actor = await actAs(hub, 'unit_lead', unit);
    return { token: await hub.command(hub.system('test'), (work) => addToken(work, 'k', actor.account!)), account: actor.account! };
  };
  const { token, account } = await key('demo.waterworks');
  let n = 0;
  const enter = (readings: object[], k = `k${++n}`) =>
    app.inject({ method: 'POST', url: '/api/signals/by-hand', headers: { authorization: `Bearer ${token}`, 'idempotency-key': k }, payload: { readings } });
  const stored = async () =>
    (
      await hub.sql<{ code: string; num: number; quality: number }[]>`select s.code, o.num, o.quality from observations o join streams s on s.id = o.stream order by s.code, o.at`
    ).map((r) => [r.code, r.num, r.quality]);
  const first = await enter([{ stream: 'wm-1/count', at: day(0), value: 999_900 }], 'same');
  assert.equal(first.statusCode, 201, first.body);
  assert.deepEqual(first.json(), { stored: 1, duplicates: 0, used: [] });
  assert.deepEqual((await enter([{ stream: 'wm-1/count', at: day(0), value: 999_900 }], 'same')).json(), first.json(), 'the same request again');
  assert.deepEqual(((await enter([{ stream: 'wm-1/count', at: day(0), value: 999_900 }])).json() as { duplicates: number }).duplicates, 1, 'F-13');
  const low = await enter([{ stream: 'wm-1/count', at: day(10), value: 50 }]);
  assert.equal(low.statusCode, 400);
  assert.deepEqual((low.json() as { errors: { pointer: string }[] }).errors[0]!.pointer, '/body/readings/0/rollover');
  const rolled = await enter([
    { stream: 'wm-1/count', at: day(20), value: 80 },
    { stream: 'wm-1/count', at: day(10), value: 50, rollover: true, note: '已核对' },
  ]);
  assert.deepEqual((rolled.json() as { used: object[] }).used, [
    { stream: 'wm-1/used', used: 150, rolled: true },
    { stream: 'wm-1/used', used: 30, rolled: false },
  ]);
  assert.deepEqual(await stored(), [
    ['count', 999_900, 1],
    ['count', 50, 1],
    ['count', 80, 1],
    ['used', 150, 1],
    ['used', 30, 1],
  ]);
  const facts = await hub.sql<{ by: string; data: Record<string, unknown> }[]>`select by, data from facts where kind = 'reading.entered' and data ->> 'value' = '50'`;
  assert.equal(facts[0]!.by, `account:${account}`);
  assert.deepEqual({ ...facts[0]!.data, at: 0 }, { at: 0, value: 50, before: 999_900, rollover: true, note: '已核对' });
  // One wrong entry refuses all.
  const before = await stored();
  for (const [entry, pointer] of [
    [{ stream: 'nothing/x', at: day(1), value: 1 }, 'stream'],
    [{ stream: 'gas-1/count', at: day(1), value: 1 }, 'stream'],
    [{ stream: 'level-1/level', at: day(1), value: 500 }, 'value'],
    [{ stream: 'level-1/level', at: '2027-01-01T00:00:00Z', value: 1 }, 'at'],
    [{ stream: 'level-1/level', at: '1970-01-01T00:00:00Z', value: 1 }, 'at'],
    [{ stream: 'wm-1/count', at: day(15), value: 70 }, 'value'],
    [{ stream: 'wm-1/count', at: day(20), value: 81 }, 'at'],
    [{ stream: 'level-1/level', at: 'yesterday', value: 1 }, 'at'],
    [{ stream: 'level-1/level', at: day(1), value: '1' }, 'value'],
  ] as const) {
    const r = await enter([{ stream: 'level-1/level', at: day(2), value: 3 }, entry]);
    assert.equal(r.statusCode, 400, JSON.stringify(entry));
    assert.equal((r.json() as { errors: { pointer: string }[] }).errors[0]!.pointer, `/body/readings/1/${pointer}`);
  }
  assert.deepEqual(await stored(), before);
  assert.equal((await enter([{ stream: 'level-1/level', at: day(1), value: 120, confirmed: true }])).statusCode, 201);
  const list = (await app.inject({ url: '/api/signals/by-hand/streams', headers: { authorization: `Bearer ${token}` } })).json() as {
    items: { thing: string; code: string; meter: { digits: number } | null }[];
  };
  assert.deepEqual(
    list.items.map((s) => [s.thing, s.code, s.meter?.digits]),
    [['wm-1', 'count', 6]],
    'what is read by hand, in the own unit; the use is computed',
  );
  const all = (await app.inject({ url: '/api/signals/by-hand/streams?all=true', headers: { authorization: `Bearer ${token}` } })).json() as { items: unknown[] };
  assert.equal(all.items.length, 3);
});

test('two clerks enter one meter at once: the uses add up', async (t) => {
  const hub = await testHub(t, { clock: '2026-03-02T12:00:00+08:00' });
  await firstStart(hub, () => {});
  await hub.command(hub.system('test'), (work) => registerThings(work, [{ code: 'wm-1', name: '一号水表', profile: 'water-meter-by-hand', unit: 'demo.waterworks' }], ['demo']));
  const { app } = await compose(hub);
  const actor = await actAs(hub, 'unit_lead', 'demo.waterworks');
  const token = await hub.command(hub.system('test'), (work) => addToken(work, 'k', actor.account!));
  const enter = (i: number) =>
    app.inject({
      method: 'POST',
      url: '/api/signals/by-hand',
      headers: { authorization: `Bearer ${token}`, 'idempotency-key': `k${i}` },
      payload: { readings: [{ stream: 'wm-1/count', at: day(i), value: i * 10 }] },
    });
  await enter(0);
  const codes = (await Promise.all([1, 2, 3, 4].map(enter))).map((r) => r.statusCode);
  const taken = codes.filter((c) => c === 201).length;
  assert.ok(taken >= 1);
  const [sum] = await hub.sql<
    { used: number; last: number }[]
  >`select sum(num) filter (where s.code = 'used') as used, max(num) filter (where s.code = 'count') as last from observations o join streams s on s.id = o.stream`;
  assert.equal(sum!.used, sum!.last, 'whichever counts were taken, nothing is counted twice');
});
