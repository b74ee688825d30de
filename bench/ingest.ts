// How many readings a second the real server takes, acknowledged after their commit, against a binary COPY of the same rows alone (issue 4 §2).
// Server, PostgreSQL and load run as processes of their own; every acknowledged reading is counted in the database afterwards.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Columns } from '#core/signals/columns.ts';
import { firstStart } from '../server/first-start.ts';
import { type Config, readConfig } from '../server/platform/config.ts';
import type { Sql } from '../server/platform/db.ts';
import type { Hub } from '../server/platform/hub.ts';
import { attachInstance, openInstance } from '../server/platform/instance.ts';
import { COPY_COLUMNS, encodeRows } from '../server/signals/copy.ts';
import { issueCredential, registerThings } from '../server/signals/service.ts';
import type { Job, Outcome } from './ingest-load.ts';

export interface Options {
  /** Seconds of load per scenario. */
  seconds?: number;
  /** Readings in the table before `http-1000-after-10M`. */
  rows?: number;
  streams?: number;
  /** Only these scenarios. */
  only?: string[];
  say?: (text: string) => void;
}
export interface Result {
  name: string;
  /** Readings acknowledged a second. */
  perSecond: number;
  /** Acknowledgement latency of one request or message, milliseconds. */
  p50: number;
  p99: number;
  /** Readings a second of the binary COPY alone in this run. */
  limit: number;
  ratio: number;
  acknowledged: number;
  /** Readings of this scenario found in the table: must be all. */
  found: number;
  refused: number;
  /** Share of one core, and MB resident at the end, by process. */
  cpu: Record<string, number>;
  memory: Record<string, number>;
}

const freePort = () =>
  new Promise<number>((done) => {
    const s = createServer().listen(0, '127.0.0.1', () => {
      const { port } = s.address() as { port: number };
      s.close(() => done(port));
    });
  });

/** CPU seconds and resident bytes of a process, from /proc (Linux only, else zero). */
function usage(pid: number): { cpu: number; memory: number } {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const f = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { cpu: (Number(f[11]) + Number(f[12])) / 100, memory: Number(f[21]) * 4096 };
  } catch {
    return { cpu: 0, memory: 0 };
  }
}
function family(root: number): number[] {
  const parents = new Map<number, number>();
  try {
    for (const d of readdirSync('/proc'))
      if (/^\d+$/.test(d)) {
        const stat = readFileSync(`/proc/${d}/stat`, 'utf8');
        parents.set(Number(d), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
      }
  } catch {
    // A process that ended meanwhile.
  }
  const under = (pid: number): boolean => pid === root || (parents.has(pid) && pid > 1 && under(parents.get(pid)!));
  return [...parents.keys()].filter(under);
}

interface Bench {
  hub: Hub;
  config: Config;
  server: ChildProcess;
  url: string;
  streams: string[];
  /** Thing code and its stream codes, for MQTT topics. */
  things: { code: string; streams: string[] }[];
  secret: string;
}

async function prepare(config: Config, count: number, say: (t: string) => void): Promise<Pick<Bench, 'streams' | 'things' | 'secret'>> {
  const hub = await openInstance(config);
  try {
    await firstStart(hub, say);
    const list = Array.from({ length: Math.ceil(count / 6) }, (_, i) => ({ code: `bench-${i}`, name: `压测站 ${i}`, profile: 'air-station', unit: 'demo' }));
    for (let i = 0; i < list.length; i += 500) await hub.command(hub.system('bench'), (work) => registerThings(work, list.slice(i, i + 500), ['']));
    const { secret } = await hub.command(hub.system('bench'), (work) => issueCredential(work, 'bench', 'demo'));
    const rows = await hub.sql<
      { id: string; code: string; thing: string }[]
    >`select s.id::text, s.code, t.code as thing from streams s join things t on t.id = s.thing_id where t.code like 'bench-%' order by s.id limit ${count}`;
    const things = new Map<string, string[]>();
    for (const r of rows) things.set(r.thing, [...(things.get(r.thing) ?? []), r.code]);
    return { streams: rows.map((r) => r.id), things: [...things].map(([code, streams]) => ({ code, streams })), secret };
  } finally {
    await hub.close();
  }
}

async function load(job: Job, watch: Record<string, number[]>): Promise<{ outcome: Outcome; cpu: Record<string, number>; memory: Record<string, number> }> {
  const child = fork(fileURLToPath(new URL('./ingest-load.ts', import.meta.url)), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const all: Record<string, number[]> = { ...watch, load: [child.pid!] };
  const before = Object.fromEntries(Object.entries(all).map(([k, pids]) => [k, pids.reduce((s, p) => s + usage(p).cpu, 0)]));
  const begun = performance.now();
  const outcome = await new Promise<Outcome>((done, fail) => {
    child.once('message', (m) => done(m as Outcome));
    child.once('exit', (code) => fail(new Error(`load ended with ${code}`)));
    child.send(job);
  });
  const seconds = (performance.now() - begun) / 1000;
  const cpu: Record<string, number> = {};
  const memory: Record<string, number> = {};
  for (const [k, pids] of Object.entries(all)) {
    const u = pids.map(usage);
    cpu[k] = Math.round(((u.reduce((s, x) => s + x.cpu, 0) - before[k]!) / seconds) * 100) / 100;
    memory[k] = Math.round(Math.max(...u.map((x) => x.memory)) / 1e6);
  }
  child.removeAllListeners('exit');
  child.kill();
  return { outcome, cpu, memory };
}

/** Rows as the load makes them: streams in turn, one second between readings of one stream. */
function rowsFrom(base: number, from: number, n: number, streams: number): Columns {
  const c = new Columns(n);
  for (let i = from; i < from + n; i++) c.push(i % streams, base + Math.floor(i / streams) * 1000, 0, (i % 1000) / 10, null, 0);
  return c;
}

/** Binary COPY of `total` rows by the driver, nothing else running: the better of one and two connections. */
async function copyAlone(sql: Sql, ids: Float64Array, base: number, total: number, connections: number): Promise<number> {
  const size = 20_000;
  const bodies: Buffer[] = [];
  for (let i = 0; i < total; i += size) bodies.push(encodeRows([rowsFrom(base, i, Math.min(size, total - i), ids.length)], ids, 0));
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (let b = bodies.shift(); b; b = bodies.shift()) {
        const body = b;
        await sql.begin(async (tx) => {
          const sink = await tx.unsafe(`copy observations ${COPY_COLUMNS} from stdin with (format binary)`).writable();
          await new Promise<void>((done, fail) => sink.on('error', fail).end(body, () => done()));
        });
      }
    }),
  );
  return total / ((performance.now() - begun) / 1000);
}

/** Waits until followers have read everything, so that the next measurement is of itself alone. */
async function settled(hub: Hub): Promise<void> {
  for (const until = Date.now() + 120_000; Date.now() < until; await new Promise((r) => setTimeout(r, 300))) {
    const [row] = await hub.sql<
      { open: boolean }[]
    >`select exists (select 1 from ingest_batches b, cursors c where c.name = 'stream-hours' and (b.tx, b.id) > (c.tx, c.position)) as open`;
    if (!row!.open) break;
  }
  await hub.sql`checkpoint`.catch(() => {});
}

/** Runs the scenarios and gives their results. */
export async function run(o: Options = {}): Promise<{ name: 'ingest'; results: Result[]; notes: string[] }> {
  const say = o.say ?? ((t: string) => void process.stderr.write(`${t}\n`));
  const seconds = o.seconds ?? 10;
  const count = o.streams ?? 10_000;
  const target = o.rows ?? 10_000_000;
  const dir = mkdtempSync(join(tmpdir(), 'chengshu-bench-'));
  const mqttPort = await freePort();
  const env = { DATA_DIR: dir, PORT: '0', MQTT_PORT: String(mqttPort), LOG: 'quiet' };
  const config = readConfig(env);
  let server: ChildProcess | undefined;
  let hub: Hub | undefined;
  try {
    say(`准备 ${count} 条数据流 …`);
    const ready = await prepare(config, count, say);
    server = spawn(
      process.execPath,
      [...(process.env.BENCH_PROF ? ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROF}`] : []), fileURLToPath(new URL('../server/cli.ts', import.meta.url)), 'start'],
      { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const url = await new Promise<string>((done, fail) => {
      let text = '';
      server!.stdout!.on('data', (d: Buffer) => {
        text += d.toString();
        const m = /ready (http:\S+)/.exec(text);
        if (m) done(m[1]!);
      });
      server!.once('exit', (code) => fail(new Error(`server ended with ${code}`)));
    });
    hub = await attachInstance(config);
    const sql = hub.sql;
    const ids = Float64Array.from(ready.streams, Number);
    const pids = family(server.pid!);
    // PostgreSQL runs in a process group of its own, not under the server.
    const postmaster = Number(readFileSync(join(dir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
    const now = Date.now();
    let slot = 0;
    // Each scenario has eight hours of its own, so that none meets another's keys.
    const base = () => now - ++slot * 8 * 3_600_000;
    const warm = base();
    const results: Result[] = [];
    const scenario = async (name: string, job: Pick<Job, 'kind' | 'size' | 'connections' | 'pipeline'>): Promise<void> => {
      if (o.only && !o.only.includes(name)) return;
      await settled(hub!);
      const from = base();
      const watch = { server: pids, postgres: family(postmaster) };
      const { outcome, cpu, memory } = await load(
        { ...job, url, mqttPort, login: 'bench', secret: ready.secret, streams: ready.streams, things: ready.things, base: from, seconds },
        watch,
      );
      const [{ n } = { n: 0 }] = await sql<
        { n: number }[]
      >`select count(*)::int as n from observations where at >= ${new Date(from)} and at < ${new Date(from + 8 * 3_600_000)} and stream = any(${ready.streams}::bigint[])`;
      await settled(hub!);
      const rows = Math.max(200_000, Math.min(2_000_000, outcome.acknowledged));
      const one = await copyAlone(sql, ids, base(), rows, 1);
      const two = await copyAlone(sql, ids, base(), rows, 2);
      const limit = Math.max(one, two);
      const perSecond = outcome.acknowledged / outcome.seconds;
      results.push({
        name,
        perSecond: Math.round(perSecond),
        p50: outcome.p50,
        p99: outcome.p99,
        limit: Math.round(limit),
        ratio: Math.round((perSecond / limit) * 1000) / 1000,
        acknowledged: outcome.acknowledged,
        found: n,
        refused: outcome.refused,
        cpu,
        memory,
      });
      say(
        `${name}: ${Math.round(perSecond)}/s p50 ${outcome.p50} ms p99 ${outcome.p99} ms，上限 ${Math.round(limit)}/s（比 ${(perSecond / limit).toFixed(2)}），确认 ${outcome.acknowledged} 入库 ${n}，CPU ${JSON.stringify(cpu)}`,
      );
    };
    await load(
      {
        kind: 'http',
        size: 1000,
        connections: 4,
        pipeline: 1,
        url,
        mqttPort,
        login: 'bench',
        secret: ready.secret,
        streams: ready.streams,
        things: ready.things,
        base: warm,
        seconds: 2,
      },
      {},
    );
    await scenario('http-1', { kind: 'http', size: 1, connections: 64, pipeline: 1 });
    await scenario('http-100', { kind: 'http', size: 100, connections: 32, pipeline: 1 });
    await scenario('http-1000', { kind: 'http', size: 1000, connections: 32, pipeline: 1 });
    await scenario('mqtt-qos1', { kind: 'mqtt', size: 1, connections: 64, pipeline: 16 });
    if (!o.only || o.only.includes('http-1000-after-10M')) {
      const [{ n: have } = { n: 0 }] = await sql<{ n: number }[]>`select count(*)::int as n from observations`;
      say(`填充到 ${target} 条 …`);
      const old = now - 30 * 86_400_000;
      for (let i = 0; i < target - have; i += 1_000_000) {
        const n = Math.min(1_000_000, target - have - i);
        await copyAlone(sql, ids, old + Math.floor(i / count) * 1000, n, 2);
      }
      await sql`analyze observations`;
      await scenario('http-1000-after-10M', { kind: 'http', size: 1000, connections: 32, pipeline: 1 });
    }
    return { name: 'ingest', results, notes: [`${count} 条数据流；limit 为同次运行中驱动程序单独以二进制 COPY 写入同表的速率（一个与两个连接取高者）`] };
  } finally {
    await hub?.close().catch(() => {});
    if (server && server.exitCode === null) {
      server.kill('SIGTERM');
      await new Promise((r) => server!.once('exit', r));
    }
    rmSync(dir, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const value = (name: string) => process.argv[process.argv.indexOf(`--${name}`) + 1];
  const has = (name: string) => process.argv.includes(`--${name}`);
  const big = (t: string) => Number(t.replace(/k$/i, '000').replace(/m$/i, '000000'));
  const r = await run({
    ...(has('seconds') ? { seconds: Number(value('seconds')) } : {}),
    ...(has('rows') ? { rows: big(value('rows')!) } : {}),
    ...(has('only') ? { only: value('only')!.split(',') } : {}),
  });
  process.stdout.write(`${JSON.stringify(r, null, 2)}\n`);
}
