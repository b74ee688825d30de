// Facts: chains, followers that skip and repeat nothing, tampering named, timers exactly once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anchor, verify } from './audit.ts';
import { append, factsAfter, followStep, history } from './facts.ts';
import type { Hub } from './hub.ts';
import { setClock, testHub } from './testing.ts';
import { Timers, cancelTimers, setTimer } from './timers.ts';

const say = (hub: Hub, subject: string, n: number) => hub.command(hub.system('test'), (work) => append(work, [{ kind: 'thing.said', subject, data: { n } }]));

test('facts of one subject form an unbroken chain under concurrent writers', async (t) => {
  const hub = await testHub(t);
  await Promise.all(Array.from({ length: 60 }, (_, i) => say(hub, `a:${i % 3}`, i)));
  for (const s of ['a:0', 'a:1', 'a:2'])
    assert.deepEqual(
      (await history(hub.sql, s)).map((f) => f.seq),
      Array.from({ length: 20 }, (_, i) => i + 1),
    );
  const v = await verify(hub);
  assert.equal(v.good, true, v.problem);
  assert.equal(v.facts, 60);
});

test('writers of several subjects in opposite order do not lose facts to deadlock', async (t) => {
  const hub = await testHub(t);
  await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      hub.command(hub.system('test'), (work) => {
        const both = [
          { kind: 'x.done', subject: 'x:1', data: {} },
          { kind: 'x.done', subject: 'x:2', data: {} },
        ];
        return append(work, i % 2 ? both : both.reverse());
      }),
    ),
  );
  assert.equal((await history(hub.sql, 'x:1')).length, 40);
});

test('a follower sees every fact once, in order, though transactions commit out of order', async (t) => {
  const hub = await testHub(t);
  await hub.sql`insert into cursors (name) values ('f')`;
  const seen: number[] = [];
  const f = { kinds: ['thing.'], handle: async (_w: unknown, facts: { data: Record<string, unknown> }[]) => void seen.push(...facts.map((x) => x.data.n as number)) };
  // A slow transaction takes its place in the log first and commits last.
  let release!: () => void;
  const held = new Promise<void>((r) => (release = r));
  const slow = hub.command(hub.system('test'), async (work) => {
    await append(work, [{ kind: 'thing.said', subject: 's:slow', data: { n: -1 } }]);
    await held;
  });
  await new Promise((r) => setTimeout(r, 100));
  await say(hub, 's:1', 1);
  await followStep(hub, 'f', f);
  assert.deepEqual(seen, [], 'nothing passes an unfinished transaction');
  release();
  await slow;
  await say(hub, 's:2', 2);
  while (await followStep(hub, 'f', f));
  await followStep(hub, 'f', f);
  assert.deepEqual(seen, [-1, 1, 2]);
});

test('a follower that fails moves nothing and does it again', async (t) => {
  const hub = await testHub(t);
  await hub.sql`insert into cursors (name) values ('g')`;
  await hub.sql`create table effects (n int)`;
  await say(hub, 's:1', 7);
  let first = true;
  const f = {
    kinds: [''],
    handle: async (w: { tx: Hub['sql'] }, facts: { data: Record<string, unknown> }[]) => {
      for (const x of facts) await w.tx`insert into effects values (${x.data.n as number})`;
      if (first) {
        first = false;
        throw new Error('once');
      }
    },
  } as never;
  await assert.rejects(followStep(hub, 'g', f));
  await followStep(hub, 'g', f);
  await followStep(hub, 'g', f);
  assert.deepEqual(
    [...(await hub.sql`select n from effects`)].map((r) => r.n),
    [7],
  );
});

test('SEC-21 F-34: a changed, removed or truncated fact is named', async (t) => {
  const hub = await testHub(t);
  for (let i = 0; i < 12; i++) await say(hub, `s:${i % 4}`, i);
  await anchor(hub);
  for (let i = 0; i < 4; i++) await say(hub, `s:${i}`, 100 + i);
  await anchor(hub);
  assert.equal((await verify(hub)).good, true);
  const [victim] = await factsAfter(hub.sql, { tx: '0', position: '0' }, 6).then((r) => r.slice(5));
  await hub.sql`update facts set data = '{"n": 999}' where position = ${victim!.position}`;
  const changed = await verify(hub);
  assert.equal(changed.good, false);
  assert.match(changed.problem!, new RegExp(`事实 ${victim!.position}（`));
  await hub.sql`update facts set data = ${hub.sql.json(victim!.data as never)} where position = ${victim!.position}`;
  assert.equal((await verify(hub)).good, true);
  // Truncating the tail together with its head and cursor traces is only visible to the anchor.
  await hub.sql`delete from facts where position > 12`;
  await hub.sql`update fact_heads h set (seq, hash) = (select f.seq, f.hash from facts f where f.subject = h.subject order by seq desc limit 1)`;
  assert.match((await verify(hub)).problem!, /截断|不符/);
});

test('F-19 F-20: a timer 40 days ahead fires once, cancelled generations never', async (t) => {
  const hub = await testHub(t, { clock: '2026-03-02T09:00:00+08:00' });
  const fired: string[] = [];
  const make = () => {
    const timers = new Timers();
    timers.on('demo.', async (work, timer) => {
      await append(work, [{ kind: 'demo.fired', subject: timer.subject, data: { kind: timer.kind, generation: timer.generation } }]);
      fired.push(`${timer.kind}/${timer.generation}`);
    });
    return timers;
  };
  const due = new Date('2026-04-11T09:00:00+08:00');
  await hub.command(hub.system('test'), async (work) => {
    await setTimer(work, { subject: 'c:1', kind: 'demo.due', generation: 1, dueAt: due });
    await cancelTimers(work, 'c:1', 'demo.due');
    await setTimer(work, { subject: 'c:1', kind: 'demo.due', generation: 2, dueAt: due });
  });
  const three = [make(), make(), make()];
  await Promise.all(three.map((x) => x.fireDue(hub)));
  assert.deepEqual(fired, []);
  await setClock(hub, '2026-04-11T08:59:59.000+08:00', 0);
  await Promise.all(three.map((x) => x.fireDue(hub)));
  assert.deepEqual(fired, [], 'never before due');
  await setClock(hub, '2026-04-11T09:00:00+08:00', 0);
  await Promise.all(three.map((x) => x.fireDue(hub)));
  assert.deepEqual(fired, ['demo.due/2']);
  assert.equal((await history(hub.sql, 'c:1')).length, 1);
});

test('the log is in the order of numbers, not of their digits: a follower crosses from 999 to 1000 transactions', async (t) => {
  const hub = await testHub(t);
  for (let i = 0; i < 3; i++) await say(hub, 's:1', i);
  // As on a young cluster: the three facts belong to transactions 998, 999 and 1000.
  await hub.sql`update facts set tx = (998 + position - (select min(position) from facts))::text::xid8`;
  await hub.sql`insert into cursors (name) values ('w')`;
  const seen: number[] = [];
  await followStep(hub, 'w', { kinds: [''], batch: 1, handle: async (_w, facts) => void seen.push(...facts.map((f) => f.data.n as number)) });
  while (await followStep(hub, 'w', { kinds: [''], batch: 1, handle: async (_w, facts) => void seen.push(...facts.map((f) => f.data.n as number)) }));
  assert.deepEqual(seen, [0, 1, 2]);
  assert.equal((await verify(hub)).good, true);
});
