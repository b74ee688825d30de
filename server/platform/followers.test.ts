// Eight writers, some slow to commit, and two followers: none skipped, none repeated, the chains whole. FOLLOW_SECONDS=60 for the long run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { append, followStep } from './facts.ts';
import { verify } from './audit.ts';
import type { Hub } from './hub.ts';
import { testHub } from './testing.ts';

test('eight writers and two followers, of which each exists three times: every fact is followed once, in the order of its subject', async (t) => {
  const hub: Hub = await testHub(t, { max: 24 });
  await hub.sql`create table seen (follower text not null, writer int not null, n int not null, place bigint generated always as identity)`;
  const until = Date.now() + Number(process.env.FOLLOW_SECONDS ?? 4) * 1000;
  const written = Array.from({ length: 8 }, () => 0);
  let writing = true;
  let failures = 0;
  let calls = 0;
  const names = ['a', 'b'];
  for (const name of names) await hub.sql`insert into cursors (name) values (${name})`;
  const handle = (name: string) => ({
    kinds: ['writer.'],
    batch: 50,
    async handle(work: { tx: Hub['sql'] }, facts: { data: Record<string, unknown> }[]) {
      await work.tx`insert into seen ${work.tx(facts.map((f) => ({ follower: name, writer: f.data.writer as number, n: f.data.n as number })))}`;
      // A crash after the effect and before the cursor: both are undone, both done again.
      if (++calls % 9 === 0) {
        failures++;
        throw new Error('crash');
      }
    },
  });
  const follow = names.flatMap((name) =>
    Array.from({ length: 3 }, async () => {
      for (;;) {
        const last = !writing;
        const more = await followStep(hub, name, handle(name) as never).catch(() => true);
        if (!more && last) {
          const [left] = await hub.sql<{ n: number }[]>`select count(*)::int as n from facts f, cursors c where c.name = ${name} and (f.tx, f.position) > (c.tx, c.position)`;
          if (!left!.n) return;
        }
        if (!more) await new Promise((r) => setTimeout(r, 10));
      }
    }),
  );
  await Promise.all(
    written.map(async (_, writer) => {
      while (Date.now() < until) {
        const n = written[writer]!++;
        await hub.command(hub.system('test'), async (work) => {
          await append(work, [{ kind: 'writer.wrote', subject: `writer:${writer}`, data: { writer, n } }]);
          if (n % 23 === writer) await new Promise((r) => setTimeout(r, 30));
        });
      }
    }),
  );
  writing = false;
  await Promise.all(follow);
  for (const name of names)
    for (const [writer, count] of written.entries()) {
      const rows = await hub.sql<{ n: number }[]>`select n from seen where follower = ${name} and writer = ${writer} order by place`;
      assert.deepEqual(
        rows.map((r) => r.n),
        Array.from({ length: count }, (_, i) => i),
        `follower ${name} of writer ${writer}`,
      );
    }
  assert.ok(written.reduce((a, b) => a + b, 0) > 100);
  assert.ok(failures > 0, 'the followers did crash now and then');
  const checked = await verify(hub);
  assert.equal(checked.good, true, checked.problem);
});
