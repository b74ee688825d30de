// Indicators on the database: daily levels of real readings with gaps, late data as revisions, unknown, versions, scope, recomputation.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { importPacks } from '../packs/service.ts';
import { append, follow } from '../platform/facts.ts';
import { Jobs } from '../platform/jobs.ts';
import type { Hub } from '../platform/hub.ts';
import { actAs, ensureUnit, setClock, testHub } from '../platform/testing.ts';
import { Columns } from '#core/signals/columns.ts';
import { batchStep, rollup, signalsOf } from '../signals/follow.ts';
import { enter, indicatorsOf, preview, publish, read, recompute, series, startRecompute, valueOf, drillDown, browse, putRiskPoint } from './service.ts';
import { READINGS, addCursor } from './store.ts';

const CSV = '/work/shared/data/beijing-air-2010-2011.csv';

/** A district with two towns, one air station in the first and pipe gauges in both. */
async function centre(t: Parameters<typeof testHub>[0], clock: string): Promise<{ hub: Hub; pm25: string; gauges: string[] }> {
  const hub = await testHub(t, { clock, env: { RETENTION_DAYS: '36500' } });
  for (const u of ['yuxi.t01.g01', 'yuxi.t02', 'yuxi.water']) await ensureUnit(hub, u);
  await hub.command(hub.system('test'), (work) => importPacks(work, ['district']));
  const add = async (code: string, profile: string, unit: string, interval: number, stream: string): Promise<string> => {
    const [thing] = await hub.sql<
      { id: string }[]
    >`insert into things (code, name, profile, kind, unit, interval_s, created_at) values (${code}, ${code}, ${profile}, 'iot', ${unit}, ${interval}, now()) returning id::text`;
    const [s] = await hub.sql<{ id: string }[]>`insert into streams (thing_id, code, name) values (${thing!.id}, ${stream}, ${stream}) returning id::text`;
    return s!.id;
  };
  const pm25 = await add('air-1', 'air-station', 'yuxi.t01.g01', 3600, 'pm25');
  const gauges = [await add('p-1', 'pipe-pressure', 'yuxi.t01', 300, 'pressure'), await add('p-2', 'pipe-pressure', 'yuxi.t02', 300, 'pressure')];
  await hub.sql`insert into cursors (name) values ('stream-hours') on conflict do nothing`;
  await addCursor(hub.sql, READINGS);
  await indicatorsOf(hub).sync();
  return { hub, pm25, gauges };
}
/** Puts readings through the door as decoded columns, past the check of their times. */
async function store(hub: Hub, rows: [stream: string, at: number, value: number][]): Promise<void> {
  const signals = signalsOf(hub);
  if (rows.some((r) => !signals.registry.byId.has(r[0]))) await signals.registry.refresh();
  const c = new Columns(rows.length);
  for (const [stream, at, value] of rows) c.push(signals.registry.byId.get(stream)!.index, at, 0, value, null, 0);
  await signals.ingest.submit(c);
}
/** Rolls up every stored group. */
async function rolled(hub: Hub): Promise<void> {
  // Other tests' transactions on the same cluster may still precede ours in the log.
  for (let i = 0; i < 400; i++) {
    while (await batchStep(hub, 'stream-hours', rollup));
    const [row] = await hub.sql<
      { left: number }[]
    >`select count(*)::int as left from ingest_batches b where (b.tx, b.id) > (select c.tx, c.position from cursors c where c.name = 'stream-hours')`;
    if (!row!.left) break;
    await new Promise((r) => setTimeout(r, 25));
  }
}
async function settle(hub: Hub): Promise<void> {
  await rolled(hub);
  while (await indicatorsOf(hub).followReadings());
  while (await indicatorsOf(hub).step());
}
const HOUR = 3_600_000;
const day = (d: string): number => Date.parse(`${d}T00:00:00+08:00`);

test(
  'real PM2.5 with missing hours: daily values and levels equal an independent computation; days under 20 hours have no level',
  { skip: !existsSync(CSV) && 'no readings here' },
  async (t) => {
    const { hub, pm25 } = await centre(t, '2010-07-01T00:00:00+08:00');
    const rows: [string, number, number][] = [];
    const expected = new Map<string, number[]>();
    for (const line of readFileSync(CSV, 'utf8').trim().split('\n').slice(1)) {
      const [, y, m, d, h, v] = line.split(',');
      const date = `${y}-${m!.padStart(2, '0')}-${d!.padStart(2, '0')}`;
      if (date >= '2010-07-01') break;
      const list = expected.get(date) ?? [];
      expected.set(date, list);
      if (v === '') continue;
      list.push(Number(v));
      rows.push([pm25, day(date) + Number(h) * HOUR, Number(v)]);
    }
    // Out of order, in several groups.
    const shuffled = rows
      .map((r, i) => [(i * 7919) % rows.length, r] as const)
      .sort((a, b) => a[0] - b[0])
      .map(([, r]) => r);
    for (let i = 0; i < shuffled.length; i += 1500) await store(hub, shuffled.slice(i, i + 1500));
    await settle(hub);
    const scope = 'unit:yuxi.t01';
    const got = await series(hub, { realm: 'live', code: 'air-pm25-day', scope, from: new Date(day('2010-01-01')), to: new Date(day('2010-07-01')), paths: ['yuxi'] });
    assert.equal(got.points.length, 181);
    let levelled = 0;
    let without = 0;
    for (const p of got.points) {
      const date = new Date(p.bucket.getTime() + 8 * HOUR).toISOString().slice(0, 10);
      const all = expected.get(date)!;
      if (!all.length) {
        assert.deepEqual([p.value, p.level], [null, null], `${date}: nothing is unknown`);
        continue;
      }
      const mean = Math.round(all.reduce((a, b) => a + b, 0) / all.length);
      assert.equal(p.value, mean, date);
      const level = all.length < 20 ? null : mean <= 35 ? 'excellent' : mean <= 75 ? 'good' : mean <= 115 ? 'light' : mean <= 150 ? 'moderate' : mean <= 250 ? 'heavy' : 'severe';
      assert.equal(p.level, level, `${date}: ${all.length} hours, mean ${mean}`);
      if (level) levelled++;
      else without++;
    }
    assert.ok(levelled > 150 && without > 5, `${levelled} days with a level, ${without} with too few hours`);
    // The district has only this station; its number is the same one, and the month follows from the same readings.
    const [a, b] = [
      await valueOf(hub, { code: 'air-pm25-day', scope: 'unit:yuxi', at: new Date(day('2010-03-05')) }),
      got.points.find((p) => p.bucket.getTime() === day('2010-03-05'))!,
    ];
    assert.equal(a.value, b.value);
    const t02 = await valueOf(hub, { code: 'air-pm25-day', scope: 'unit:yuxi.t02', at: new Date(day('2010-03-05')) });
    assert.deepEqual([t02.value, t02.reason], [null, 'no-data'], 'a town without a station knows nothing');
  },
);

test('I9: order and repetition do not matter; late data make a revision and the old value is kept', async (t) => {
  const { hub, gauges } = await centre(t, '2026-03-02T12:00:00+08:00');
  const [one] = gauges as [string, string];
  const at = day('2026-03-02') + 9 * HOUR;
  await store(hub, [
    [one, at, 0.3],
    [one, at + 600_000, 0.2],
    [one, at + 1_200_000, 0.28],
  ]);
  await settle(hub);
  const q = { code: 'pipe-pressure-hour', scope: 'unit:yuxi.t01', at: new Date(at) };
  const before = await valueOf(hub, q);
  assert.equal(before.value, 0.26);
  assert.deepEqual([before.revision, before.final], [1, true]);
  await store(hub, [[one, at + 600_000, 0.2]]);
  await settle(hub);
  assert.equal((await valueOf(hub, q)).revision, 1, 'a repeat is no revision');
  await store(hub, [[one, at + 1_800_000, 0.06]]);
  await settle(hub);
  const after = await valueOf(hub, q);
  assert.deepEqual([after.value, after.revision], [0.21, 2]);
  const behind = await drillDown(hub, { realm: 'live', code: q.code, scope: q.scope, bucket: q.at, paths: ['yuxi'] });
  assert.deepEqual(
    behind.revisions.map((r) => [r.revision, r.value]),
    [[1, 0.26]],
  );
  assert.deepEqual(
    behind.streams.map((s) => [s.stream, s.readings]),
    [[one, 4]],
  );
  // A device out of its range does not speak.
  await hub.sql`insert into observations (stream, at, kind, num, quality, batch) values (${one}, ${new Date(at + 2_400_000)}, 0, 9, 2, 1)`;
  assert.equal((await valueOf(hub, q)).value, 0.21);
});

test('an open bucket is not final; a reading touches only what depends on it; composite of unknown parts is unknown', async (t) => {
  const { hub, gauges } = await centre(t, '2026-03-02T09:30:00+08:00');
  while (await indicatorsOf(hub).step());
  await hub.sql`delete from indicator_dirty`;
  const at = day('2026-03-02') + 9 * HOUR;
  await store(hub, [[gauges[1]!, at, 0.3]]);
  await rolled(hub);
  await indicatorsOf(hub).followReadings();
  const c = await indicatorsOf(hub).catalogue();
  const touched = (await hub.sql<{ instance: string }[]>`select instance::text from indicator_dirty`).map((r) => c.byId.get(r.instance)!);
  assert.ok(touched.length >= 4 && touched.length < 12, `${touched.length} touched`);
  assert.ok(touched.every((i) => i.code.startsWith('pipe-pressure') && !i.scope.includes('t01')));
  while (await indicatorsOf(hub).step());
  const v = await valueOf(hub, { code: 'pipe-pressure-hour', scope: 'unit:yuxi.t02', at: new Date(at) });
  assert.deepEqual([v.value, v.final], [0.3, false]);
  const index = await valueOf(hub, { code: 'facilities-index', scope: 'unit:yuxi.t02', at: new Date(at) });
  assert.equal(index.value, null, 'one of six parts known is no index');
  assert.equal((await valueOf(hub, { code: 'gdp-growth', scope: 'unit:yuxi', latest: true })).reason, 'not-connected');
});

test('facts heard after readings do not hide the readings', async (t) => {
  const { hub, gauges } = await centre(t, '2026-03-02T09:30:00+08:00');
  const at = day('2026-03-02') + 8 * HOUR;
  await store(hub, [[gauges[0]!, at, 0.3]]);
  // Many later transactions append facts, and all that listen to facts hear them, before the readings are rolled up.
  const heard: string[] = [];
  for (const name of ['indicators', 'evaluation', 'webhooks']) {
    const { stop } = await follow(hub, name, { kinds: ['record.'], handle: async (_, facts) => void heard.push(...facts.map((f) => f.kind)) });
    t.after(stop);
  }
  await hub.command(hub.system('test'), (work) => append(work, [{ kind: 'record.created', subject: 'record:1', data: { ledger: 'none' } }]));
  for (let i = 0; i < 200 && heard.length < 3; i++) await new Promise((r) => setTimeout(r, 25));
  assert.equal(heard.length, 3);
  await settle(hub);
  assert.equal((await valueOf(hub, { code: 'pipe-pressure-hour', scope: 'unit:yuxi.t01', at: new Date(at) })).value, 0.3);
});

test('a published change is a new version; history is recomputed by a job and the old values stay', async (t) => {
  const { hub, gauges } = await centre(t, '2026-03-02T12:00:00+08:00');
  const at = day('2026-03-02') + 9 * HOUR;
  await store(hub, [
    [gauges[0]!, at, 0.3],
    [gauges[0]!, at + 600_000, 0.1],
  ]);
  await settle(hub);
  const manager = await actAs(hub, 'indicator_manager', 'yuxi');
  const c = await indicatorsOf(hub).catalogue();
  const d = structuredClone(c.definitions.get('pipe-pressure-hour')!.definition) as unknown as { source: { agg: string; across: string } };
  d.source.agg = 'min';
  d.source.across = 'min';
  const tried = await preview(hub, {
    realm: 'live',
    code: 'pipe-pressure-hour',
    definition: d,
    scope: 'unit:yuxi.t01',
    from: new Date(at - HOUR),
    to: new Date(at + HOUR),
    paths: ['yuxi'],
  });
  assert.deepEqual(
    tried.points.map((p) => [p.before, p.after]),
    [
      [null, null],
      [0.2, 0.1],
    ],
  );
  const who = { actor: manager, realm: 'live' };
  const { version } = await hub.command(who, (work) => publish(work, 'pipe-pressure-hour', d));
  assert.equal(version, 2);
  await assert.rejects(
    hub.command(who, (work) => publish(work, 'pipe-pressure-hour', { ...d, source: { kind: 'expression', formula: 'a', inputs: { a: 'pipe-pressure-hour' } } })),
    /成环/,
  );
  await hub.command(who, (work) => startRecompute(work, ['pipe-pressure-hour'], new Date(day('2026-03-01')), new Date(at + 2 * HOUR)));
  const jobs = new Jobs();
  jobs.on('indicators.recompute', recompute);
  await jobs.runOne(hub);
  const [job] = await hub.sql<{ state: string; done: string; total: string }[]>`select state, done::text, total::text from jobs`;
  assert.deepEqual({ ...job }, { state: 'done', done: '2', total: '2' });
  const v = await valueOf(hub, { code: 'pipe-pressure-hour', scope: 'unit:yuxi.t01', at: new Date(at) });
  assert.deepEqual([v.value, v.version, v.revision], [0.1, 2, 1]);
  const [old] = await hub.sql`select version, value from indicator_revisions where version = 1 and value is not null`;
  assert.deepEqual({ ...old }, { version: 1, value: 0.2 });
});

test('a manual number has a source; nobody reads or enters beyond his own units', async (t) => {
  const { hub } = await centre(t, '2026-03-02T12:00:00+08:00');
  const work = { code: 'gdp-growth', bucket: new Date(day('2026-02-15')), value: 5.2, sourceRef: '统计月报' };
  const town = await actAs(hub, 'township_center', 'yuxi.t02');
  await assert.rejects(
    hub.command({ actor: town, realm: 'live' }, (w) => enter(w, { ...work, scope: 'unit:yuxi.t01', paths: ['yuxi.t02'] })),
    /没有这个指标/,
  );
  await hub.command({ actor: town, realm: 'live' }, (w) => enter(w, { ...work, scope: 'unit:yuxi.t02', paths: ['yuxi.t02'] }));
  const scopes = (await read(hub, { realm: 'live', code: 'gdp-growth', paths: ['yuxi.t02'] })).scopes.map((s) => s.scope);
  assert.deepEqual(scopes, ['unit:yuxi.t02']);
  await assert.rejects(series(hub, { realm: 'live', code: 'gdp-growth', scope: 'unit:yuxi', from: new Date(0), to: new Date(), paths: ['yuxi.t02'] }), /没有这个指标/);
  const list = await browse(hub, { realm: 'live', paths: ['yuxi.t02'], unit: 'yuxi.t02', text: '生产总值', after: '', limit: 10 });
  assert.deepEqual(
    list.items.map((i) => [i.code, i.instances, i.value]),
    [['gdp-growth', 1, null]],
  );
});

test('the catalogue counts its own instances: more than a thousand in a district of six towns', async (t) => {
  const hub = await testHub(t, { clock: '2026-03-02T12:00:00+08:00' });
  for (let i = 1; i <= 6; i++) await ensureUnit(hub, `yuxi.t0${i}`);
  await hub.command(hub.system('test'), (work) => importPacks(work, ['district']));
  await indicatorsOf(hub).sync();
  while (await indicatorsOf(hub).step());
  const v = await valueOf(hub, { code: 'vital-sign-count', scope: 'unit:yuxi', latest: true });
  assert.ok(v.value! > 1000, `${v.value} instances`);
  const d = await valueOf(hub, { code: 'vital-sign-definitions', scope: 'unit:yuxi', latest: true });
  assert.ok(d.value! >= 300, `${d.value} definitions`);
  const online = await valueOf(hub, { code: 'iot-online-rate', scope: 'unit:yuxi', latest: true });
  assert.deepEqual([online.value, online.reason], [null, 'no-data'], 'no devices: no rate, not 0 %');
  // A change of the clock does not rewrite what is final.
  await setClock(hub, '2026-03-03T12:00:00+08:00');
  await indicatorsOf(hub).tick();
  const [open] = await hub.sql<{ n: number }[]>`select count(*)::int as n from indicator_values where not final and until < '2026-03-03T00:00:00+08:00'`;
  assert.equal(open!.n, 0);
  const point = await hub.command(hub.system('test'), (work) =>
    putRiskPoint(
      work,
      {
        type: 'ponding-spot',
        name: '演示下穿道',
        unit: 'yuxi.t01',
        level: 2,
        lon: 106.3,
        lat: 29.4,
        address: null,
        attributes: { rain2h: 50, closes: true },
        responsible: { district: '区城管岗位', town: '街道岗位', keeper: '排水养护岗位' },
        things: [],
        status: 'active',
        inspectedOn: '2026-03-01',
      },
      ['yuxi'],
    ),
  );
  assert.equal(point.inspectionDueOn, '2026-03-08');
  await assert.rejects(
    hub.command(hub.system('test'), (work) => putRiskPoint(work, { ...point, attributes: { unknown: 1 } } as never, ['yuxi'])),
    /填写内容有误/,
  );
});
