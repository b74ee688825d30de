// The catalogue as it ships: eight sectors, an owner and a source for every definition, risk types that can be inspected; towns beside each other;
// a recomputation that was killed goes on from the day it had reached.
import assert from 'node:assert/strict';
import test from 'node:test';
import { current, importPacks } from '../packs/service.ts';
import { ensureUnit, testHub } from '../platform/testing.ts';
import { Columns } from '#core/signals/columns.ts';
import { batchStep, rollup, signalsOf } from '../signals/follow.ts';
import { compare, indicatorsOf, recompute } from './service.ts';
import { READINGS, addCursor } from './store.ts';

test('definitions, risk types, towns, and a recomputation that is killed', async (t) => {
  const hub = await testHub(t, { clock: '2026-03-10T12:00:00+08:00' });
  for (const u of ['yuxi.t01', 'yuxi.t02', 'yuxi.t03']) await ensureUnit(hub, u);
  await hub.command(hub.system('test'), (work) => importPacks(work, ['district']));
  const { content } = await current(hub);

  await t.test('at least 300 definitions over eight sectors, each with an owner, a source, a unit of measure and a direction', () => {
    const all = [...content.indicators.values()];
    const sectors = new Map<string, number>();
    for (const i of all) sectors.set(i.sector, (sectors.get(i.sector) ?? 0) + 1);
    assert.ok(all.length >= 300, `${all.length}`);
    assert.deepEqual([...sectors.keys()].toSorted(), [...content.sectors.keys()].toSorted());
    assert.equal(sectors.size, 8);
    for (const [s, n] of sectors) assert.ok(n >= 10, `${s}: ${n}`);
    for (const i of all) assert.ok(i.owner && i.sourceRef.length > 1 && typeof i.unit === 'string' && i.direction, i.code);
    // An index by weights for each, of parts that there are.
    const indices = all.filter((i) => i.source.kind === 'composite');
    assert.equal(new Set(indices.map((i) => i.sector)).size, 8, `${indices.map((i) => i.code).join(' ')}`);
    for (const i of indices) for (const p of (i.source as { parts: { code: string }[] }).parts) assert.ok(content.indicators.has(p.code), `${i.code}: ${p.code}`);
  });

  await t.test('at least 20 risk types with attributes, posts by level, thresholds, and a ledger that can say which point was seen when', () => {
    const types = [...content['risk-types'].values()];
    assert.ok(types.length >= 20, `${types.length}`);
    for (const r of types) {
      assert.ok(r.attributes.length > 0 && r.sourceRef && /^P\d+[DWM]$/.test(r.every), r.code);
      for (const tier of ['district', 'town', 'keeper'] as const) assert.ok(r.responsible[tier], `${r.code} ${tier}`);
      const fields = content.ledgers.get(r.inspection)?.fields.map((f) => f.name) ?? [];
      for (const f of ['on', 'point', 'found']) assert.ok(fields.includes(f), `${r.code}: ${r.inspection} has no ${f}`);
    }
    assert.ok(types.filter((r) => r.thresholds.length).length >= types.length / 2);
  });

  const thing = async (code: string, unit: string): Promise<string> => {
    const [row] = await hub.sql<
      { id: string }[]
    >`insert into things (code, name, profile, kind, unit, interval_s, created_at) values (${code}, ${code}, 'pipe-pressure', 'iot', ${unit}, 300, now()) returning id::text`;
    const [s] = await hub.sql<{ id: string }[]>`insert into streams (thing_id, code, name) values (${row!.id}, 'pressure', 'pressure') returning id::text`;
    return s!.id;
  };
  const streams = [await thing('p-1', 'yuxi.t01'), await thing('p-2', 'yuxi.t02')];
  await addCursor(hub.sql, READINGS);
  await indicatorsOf(hub).sync();
  const from = Date.parse('2026-03-02T00:00:00+08:00');
  const rows: [string, number, number][] = [];
  for (let d = 0; d < 6; d++) for (const [k, stream] of streams.entries()) for (let h = 0; h < 24; h++) rows.push([stream, from + d * 86_400_000 + h * 3_600_000, k ? 0.2 : 0.3]);
  const signals = signalsOf(hub);
  await signals.registry.refresh();
  const columns = new Columns(rows.length);
  for (const [stream, at, value] of rows) columns.push(signals.registry.byId.get(stream)!.index, at, 0, value, null, 0);
  await hub.sql`insert into cursors (name) values ('stream-hours') on conflict do nothing`;
  await signals.ingest.submit(columns);
  for (let i = 0; i < 100; i++) {
    while (await batchStep(hub, 'stream-hours', rollup));
    const [row] = await hub.sql<
      { left: number }[]
    >`select count(*)::int as left from ingest_batches b where (b.tx, b.id) > (select c.tx, c.position from cursors c where c.name = 'stream-hours')`;
    if (!row!.left) break;
    // Other tests' transactions on the same cluster may still precede ours in the log.
    await new Promise((r) => setTimeout(r, 25));
  }

  await t.test('killed on the fourth day, it goes on from there and ends with the same numbers', async () => {
    const input = { codes: ['pipe-pressure-hour'], from: new Date(from).toISOString(), to: new Date(from + 6 * 86_400_000).toISOString() };
    const days: number[] = [];
    let checkpoint: unknown = null;
    const run = (stopAt: number) =>
      recompute({
        hub,
        realm: 'live',
        input,
        checkpoint,
        progress: (done: number, total: number, _: string, reached: unknown) => {
          if (done === stopAt) return Promise.reject(new Error('killed'));
          days.push(done);
          assert.equal(total, 6);
          checkpoint = reached;
          return Promise.resolve();
        },
      } as never);
    await assert.rejects(run(4), /killed/);
    assert.deepEqual(days, [1, 2, 3]);
    const { computed } = await run(0);
    assert.deepEqual(days, [1, 2, 3, 4, 5, 6], 'the days done are not done again');
    const c = await indicatorsOf(hub).catalogue();
    assert.equal(computed, c.byCode.get('pipe-pressure-hour')!.length * 6 * 24);
    const [n] = await hub.sql<
      { n: number }[]
    >`select count(*)::int as n from indicator_values where instance = ${c.byCode.get('pipe-pressure-hour')!.find((i) => i.scope === 'unit:yuxi.t01')!.id} and value = 0.3`;
    assert.equal(n!.n, 6 * 24);
  });

  await t.test('towns beside each other: best first by the direction, one without devices is unknown, without rank and last', async () => {
    const found = await compare(hub, { realm: 'live', code: 'pipe-pressure-hour', kind: 'town', paths: ['yuxi'], at: new Date(from + 3 * 86_400_000) });
    assert.deepEqual(
      found.items.map((i) => [i.unit, i.value]),
      found.direction === 'low-good'
        ? [
            ['yuxi.t02', 0.2],
            ['yuxi.t01', 0.3],
            ['yuxi.t03', null],
          ]
        : [
            ['yuxi.t01', 0.3],
            ['yuxi.t02', 0.2],
            ['yuxi.t03', null],
          ],
    );
    const last = found.items.at(-1)!;
    assert.deepEqual([last.rank, last.grade], [null, null], 'unknown is neither ranked nor green');
  });
});
