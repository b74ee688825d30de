// Cases: whole lifecycles (report to closing, three units) and single commands per second, against plain commits of as many rows.
import type { Command } from '#core/cases/kernel.ts';
import { type Case, open } from '#core/cases/state.ts';
import type { Actor } from '#core/people/roles.ts';
import { act, openCase } from '#server/cases/service.ts';
import { firstStart } from '#server/first-start.ts';
import { actorFor } from '#server/people/service.ts';
import type { Hub } from '#server/platform/hub.ts';
import { type Options, type Result, measure, openBench, ratio } from './measure.ts';

const units = ['urban', 'traffic', 'police'];
const place = { lon: 106.3, lat: 29.43, address: '示意路 1 号' };

/** One case from report to closing: 17 commands of seven posts; `timed` runs each. */
async function lifecycle(hub: Hub, actors: Map<string, Actor>, timed: (run: () => Promise<void>) => Promise<void>): Promise<void> {
  let s!: Case;
  await timed(async () => {
    s = (
      await hub.command({ actor: actors.get('zhiban1')!, realm: 'live' }, (work) =>
        openCase(work, { flow: 'incident', title: '道路积水', description: '', source: 'manual', set: { place, matter: 'road-ponding', condition: 'deep', level: 2 } }),
      )
    ).state;
  });
  const as = (login: string, step: string, command: Record<string, unknown>, unit?: string) =>
    timed(async () => {
      const task = s.tasks.find((t) => t.step === step && open(t) && (!unit || t.unit === `demo.${unit}`))!.id;
      s = (await hub.command({ actor: actors.get(login)!, realm: 'live' }, (work) => act(work, s.id, s.version, { ...command, task } as unknown as Command))).state;
    });
  await as('zhiban1', 'intake', { kind: 'decide', outcome: 'accept' });
  await as('zhiban1', 'filing', { kind: 'decide', outcome: 'file' });
  await as('paiqian', 'dispatch', { kind: 'decide', outcome: 'dispatch', assign: units.map((u) => ({ unit: `demo.${u}`, title: '处置' })) });
  for (const u of units) {
    await as(u, 'handle', { kind: 'accept' }, u);
    await as(u, 'handle', { kind: 'start' }, u);
    await as(u, 'handle', { kind: 'submit', form: { result: '已抽排，恢复通行' } }, u);
    await as(u, 'handle', { kind: 'confirm' }, u);
  }
  await as('shouli', 'inspect', { kind: 'decide', outcome: 'pass', form: { evidence: '路面已干' } });
  await as('shouli', 'closing', { kind: 'decide', outcome: 'close', form: { conditionMet: true } });
  if (s.status !== 'closed') throw new Error('the lifecycle did not end');
}

/** Rows that commands have written so far, over all tables they touch. */
async function written(hub: Hub): Promise<number> {
  await hub.sql`select pg_stat_clear_snapshot()`;
  const [r] = await hub.sql<
    { n: string }[]
  >`select sum(n_tup_ins + n_tup_upd)::text as n from pg_stat_user_tables where relname in ('cases', 'tasks', 'case_access', 'timers', 'facts', 'fact_heads')`;
  return Number(r!.n);
}

export async function run({ seconds, say }: Options): Promise<{ results: Result[] }> {
  const hub = await openBench();
  const results: Result[] = [];
  try {
    await firstStart(hub, () => {});
    const actors = new Map<string, Actor>();
    for (const login of ['zhiban1', 'paiqian', 'shouli', ...units]) actors.set(login, await actorFor(hub.sql, login));
    await hub.sql`create table bench_plain (id bigint generated always as identity primary key, at timestamptz not null default now(), subject text not null, data jsonb not null)`;
    await hub.sql`create index on bench_plain (subject)`;
    await measure(4, Math.min(2, seconds / 2), () => lifecycle(hub, actors, (f) => f()));
    for (const clients of [1, 8, 64]) {
      const before = await written(hub);
      const times: number[] = [];
      const lives = await measure(clients, seconds, () =>
        lifecycle(hub, actors, async (f) => {
          const from = performance.now();
          await f();
          times.push(performance.now() - from);
        }),
      );
      // Statistics of the last transactions arrive with a second's delay.
      await new Promise((r) => setTimeout(r, 1500));
      const rows = Math.max(1, Math.round(((await written(hub)) - before) / times.length));
      const limit = await measure(clients, seconds / 2, (client, n) =>
        hub.sql
          .begin(async (tx) => {
            const many = Array.from({ length: rows }, (_, i) => ({ subject: `${client}-${n}-${i}`, data: tx.json({ text: 'x'.repeat(200) }) }));
            await tx`insert into bench_plain ${tx(many as never)}`;
          })
          .then(() => {}),
      );
      times.sort((a, b) => a - b);
      const at = (q: number) => Number((times[Math.floor(times.length * q)] ?? 0).toFixed(2));
      const rate = Number((times.length / lives.seconds).toFixed(1));
      say(`cases, ${clients} clients: ${lives.rate} lifecycles/s, ${rate} commands/s (${rows} rows each), plain commits ${limit.rate}/s`);
      results.push({
        name: `commands-${clients}`,
        value: rate,
        unit: 'commands/s',
        limit: limit.rate,
        ratio: ratio(rate, limit.rate),
        p50: at(0.5),
        p99: at(0.99),
        note: `limit: plain commits of ${rows} rows each, as many as a command writes`,
      });
      results.push({ name: `lifecycles-${clients}`, value: lives.rate, unit: 'lifecycles/s', p50: lives.p50, p99: lives.p99 });
    }
    return { results };
  } finally {
    await hub.close();
  }
}
