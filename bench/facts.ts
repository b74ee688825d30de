// Facts: commits per second with and without chain, and eight writers with two followers who must skip and repeat nothing.
import { randomBytes } from 'node:crypto';
import { type Follower, append, followStep } from '#server/platform/facts.ts';
import type { Hub } from '#server/platform/hub.ts';
import { verify } from '#server/platform/audit.ts';
import { type Measured, type Options, type Result, joined, measure, openBench, ratio } from './measure.ts';

const data = { task: '018f0000-0000-7000-8000-000000000001', form: { result: '已处置，路面恢复，围护撤除' }, note: 'x'.repeat(120) };

/** The same row in a table with the same columns and indexes, but no chain, in a transaction of its own. */
const plain = (hub: Hub) => async (client: number, n: number) => {
  await hub.sql.begin(async (tx) => {
    await tx`insert into bench_plain (at, realm, by, kind, subject, unit, data, seq, digest, hash)
      values (now(), 'live', 'system:bench', 'bench.said', ${`bench:${client}-${n % 50}`}, 'demo', ${tx.json(data)}, ${n}, ${randomBytes(32)}, ${randomBytes(32)})`;
  });
};
const fact = (hub: Hub, of: (client: number, n: number) => string) => (client: number, n: number) =>
  hub.command(hub.system('bench'), (work) => append(work, [{ kind: 'bench.said', subject: of(client, n), unit: 'demo', data }]));

export async function run({ seconds, say }: Options): Promise<{ results: Result[] }> {
  const hub = await openBench();
  const results: Result[] = [];
  try {
    await hub.sql
      .unsafe(`create table bench_plain (position bigint generated always as identity primary key, tx xid8 not null default pg_current_xact_id(), at timestamptz not null, realm text not null references realms,
      by text not null, kind text not null, subject text not null, unit text, data jsonb not null, seq bigint not null, digest bytea not null, hash bytea not null, request text);
      create index on bench_plain (subject, seq); create index on bench_plain (tx, position); create index on bench_plain (at desc, position desc)`);
    const stretches = async (clients: number, acts: ((client: number, n: number) => Promise<void>)[]): Promise<Measured[]> => {
      // In turns, so that a machine that slows down slows all alike.
      const parts: Measured[][] = acts.map(() => []);
      for (let turn = 0; turn < 2; turn++) for (const [i, act] of acts.entries()) parts[i]!.push(await measure(clients, seconds / 2, act));
      return parts.map(joined);
    };
    await measure(
      8,
      Math.min(1, seconds / 2),
      fact(hub, (c) => `warm:${c}`),
    );
    for (const clients of [1, 8, 64]) {
      const [limit, ours] = await stretches(clients, [plain(hub), fact(hub, (c, n) => `bench:${c}-${n % 50}`)]);
      say(`facts, ${clients} clients: ${ours!.rate}/s against ${limit!.rate}/s`);
      results.push({
        name: `facts-${clients}`,
        value: ours!.rate,
        unit: 'commits/s',
        limit: limit!.rate,
        ratio: ratio(ours!.rate, limit!.rate),
        p50: ours!.p50,
        p99: ours!.p99,
        note: 'limit: one plain insert per commit, same columns and indexes',
      });
    }
    const [one] = await stretches(8, [fact(hub, () => 'bench:one')]);
    results.push({ name: 'facts-8-one-subject', value: one!.rate, unit: 'commits/s', p50: one!.p50, p99: one!.p99, note: 'all writers on one chain: the worst case' });
    results.push(...(await followed(hub, seconds, say)));
    const checked = await verify(hub);
    if (!checked.good) throw new Error(checked.problem);
    results.push({ name: 'verified', value: checked.facts, unit: 'facts' });
    return { results };
  } finally {
    await hub.close();
  }
}

/** Eight writers, some slow to commit, and two followers; throws when a follower skipped or repeated a fact. */
export async function followed(hub: Hub, seconds: number, say: (text: string) => void = () => {}): Promise<Result[]> {
  await hub.sql`create table if not exists bench_seen (follower text not null, writer int not null, n int not null, lag double precision not null)`;
  await hub.sql`truncate bench_seen`;
  const follower = (name: string): Follower => ({
    kinds: ['bench.written'],
    async handle(work, facts) {
      const rows = facts.map((f) => ({ follower: name, writer: f.data.writer as number, n: f.data.n as number, lag: Date.now() - (f.data.sent as number) }));
      await work.tx`insert into bench_seen ${work.tx(rows)}`;
    },
  });
  const names = ['bench-a', 'bench-b'];
  for (const name of names) await hub.sql`insert into cursors (name) values (${name}) on conflict do nothing`;
  // What stands in the log from before is not part of this.
  for (const name of names) while (await followStep(hub, name, follower(name)));
  await hub.sql`truncate bench_seen`;
  const written = Array.from({ length: 8 }, () => 0);
  let writing = true;
  const follow = names.map(async (name) => {
    for (;;) {
      const last = !writing;
      const more = await followStep(hub, name, follower(name));
      if (!more && last) return;
      if (!more) await new Promise((r) => setTimeout(r, 5));
    }
  });
  const made = await measure(8, seconds, async (writer) => {
    const n = written[writer]!++;
    await hub.command(hub.system('bench'), async (work) => {
      await append(work, [{ kind: 'bench.written', subject: `writer:${writer}`, data: { writer, n, sent: Date.now() } }]);
      // Now and then a transaction that took its place early commits late, behind others.
      if (n % 37 === writer) await new Promise((r) => setTimeout(r, 40));
    });
  });
  writing = false;
  await Promise.all(follow);
  const total = written.reduce((a, b) => a + b, 0);
  for (const name of names) {
    const rows = await hub.sql<{ writer: number; count: number; distinct: number; most: number }[]>`
      select writer, count(*)::int as count, count(distinct n)::int as distinct, max(n) + 1 as most from bench_seen where follower = ${name} group by writer order by writer`;
    for (const [writer, n] of written.entries()) {
      const r = rows.find((x) => x.writer === writer);
      if (!r || r.count !== n || r.distinct !== n || r.most !== n) throw new Error(`follower ${name}, writer ${writer}: wrote ${n}, saw ${JSON.stringify(r)}`);
    }
  }
  const [lag] = await hub.sql<
    { p50: number; p99: number }[]
  >`select percentile_cont(0.5) within group (order by lag) as p50, percentile_cont(0.99) within group (order by lag) as p99 from bench_seen`;
  say(`eight writers, two followers: ${total} facts, none skipped, none repeated`);
  return [
    {
      name: 'followed',
      value: made.rate,
      unit: 'facts/s',
      p50: Math.round(lag!.p50),
      p99: Math.round(lag!.p99),
      note: `${total} facts in ${made.seconds} s seen by two followers once each; p50/p99: from writing to being followed`,
    },
  ];
}
