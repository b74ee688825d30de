// The detector inside warnings: a stream that no rule watches warns by itself once for one event, and what was learned outlives the process.
import assert from 'node:assert/strict';
import test from 'node:test';
import { createDetector } from '#core/signals/detect.ts';
import { importPacks } from '../packs/service.ts';
import { ensureUnit, setClock, testHub } from '../platform/testing.ts';
import { Warnings } from './service.ts';

const T0 = Date.parse('2026-03-02T09:00:00+08:00');
const MIN = 60_000;
/** A steady course with seeded noise. */
function course(): () => number {
  let a = 7;
  return () => {
    a = (Math.imul(a, 1664525) + 1013904223) >>> 0;
    return 20 + (a / 2 ** 32 - 0.5) * 2;
  };
}

test('an unwatched stream warns on an unusual reading, once, also after a restart', async (t) => {
  const hub = await testHub(t, { clock: '2026-03-02T09:00:00+08:00' });
  await setClock(hub, new Date(T0), 0);
  for (const u of ['yuxi.center', 'yuxi.t01']) await ensureUnit(hub, u);
  await hub.command(hub.system('test'), (work) => importPacks(work, ['district']));
  const [thing] = await hub.sql<
    { id: string }[]
  >`insert into things (code, name, profile, kind, unit, interval_s, created_at) values ('x-1', 'x-1', 'nobody-wrote-a-rule', 'iot', 'yuxi.t01', 300, now()) returning id::text`;
  const [stream] = await hub.sql<{ id: string }[]>`insert into streams (thing_id, code, name, unit) values (${thing!.id}, 'odd', 'odd', 'u') returning id::text`;
  const open = () => hub.sql<{ rule: string; level: number }[]>`select rule, level from warnings where kind = 'rule' and state = 'raised'`;

  const first = new Warnings(hub);
  first.detector = createDetector;
  await first.start();
  const next = course();
  let at = T0 - 3000 * 5 * MIN;
  for (let i = 0; i < 1500; i++) first.feed(stream!.id, (at += 5 * MIN), next());
  await first.flush();
  assert.deepEqual([...(await open())], [], 'noise is no reason');
  await first.snapshot(true);

  const second = new Warnings(hub);
  second.detector = createDetector;
  await second.start();
  const kept = new Map(second.engine.living()).get(`unwatched-anomaly/stream:${stream!.id}`) as { d: { s?: { n: number } } };
  assert.equal(kept.d.s?.n, 1500, 'what was learned is there again');
  second.feed(stream!.id, (at += 5 * MIN), 35);
  for (let i = 0; i < 3; i++) second.feed(stream!.id, (at += 5 * MIN), 35);
  await second.flush();
  assert.deepEqual(
    (await open()).map((w) => [w.rule, w.level]),
    [['unwatched-anomaly', 4]],
  );
});

test('a stream with a rule is left to it, and anomalies of one town within half an hour of each other are one line', async (t) => {
  const hub = await testHub(t, { clock: '2026-03-02T09:00:00+08:00' });
  await setClock(hub, new Date(T0), 0);
  for (const u of ['yuxi.center', 'yuxi.t01']) await ensureUnit(hub, u);
  await hub.command(hub.system('test'), (work) => importPacks(work, ['district']));
  const streamOf = async (code: string, profile: string, stream: string) => {
    const [thing] = await hub.sql<
      { id: string }[]
    >`insert into things (code, name, profile, kind, unit, interval_s, created_at) values (${code}, ${code}, ${profile}, 'iot', 'yuxi.t01', 300, now()) returning id::text`;
    const [row] = await hub.sql<{ id: string }[]>`insert into streams (thing_id, code, name, unit) values (${thing!.id}, ${stream}, ${stream}, 'u') returning id::text`;
    return row!.id;
  };
  const ruled = await streamOf('p-1', 'pipe-pressure', 'pressure');
  const odd: string[] = [];
  for (let i = 0; i < 6; i++) odd.push(await streamOf(`x-${i}`, 'nobody-wrote-a-rule', 'odd'));
  const w = new Warnings(hub);
  w.detector = createDetector;
  await w.start();
  assert.ok(w.engine.node(ruled).slots.length > 0);
  assert.ok(w.engine.node(ruled).slots.every((x) => x.rule.rule.code !== 'unwatched-anomaly'));
  assert.ok(odd.every((id) => w.engine.node(id).slots.some((x) => x.rule.rule.code === 'unwatched-anomaly')));
  const next = course();
  const start = T0 - 1000 * 5 * MIN;
  for (const id of odd) for (let i = 0; i < 900; i++) w.feed(id, start + i * 5 * MIN, next());
  // One after the other, ten minutes apart, each jumps.
  for (const [k, id] of odd.entries()) {
    for (let i = 900; i < 902 + 2 * k; i++) w.feed(id, start + i * 5 * MIN, i < 900 + 2 * k ? next() : 60);
    await w.flush();
  }
  const top = await hub.sql<{ kind: string; level: number; children: number; zh: string }[]>`
    select kind, level, children, headline ->> 'zh' as zh from warnings where folded_into is null and closed_at is null and (kind = 'storm' or rule = 'unwatched-anomaly')`;
  assert.deepEqual(
    top.map((x) => [x.kind, x.level, x.children]),
    [['storm', 4, 6]],
  );
  assert.match(top[0]!.zh, /读数异常.*合并 5 条/, 'no cause is claimed');
});
