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
