// How many readings a second the real server takes, acknowledged after their commit, against a binary COPY of the same rows alone (issue 4 §2).
// Server, PostgreSQL and load run as processes of their own; every acknowledged reading is counted in the database afterwards.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Columns } from '#core/signals/columns.ts';
import { type WarningRule, rulePack } from '#core/warnings/pack.ts';
import { DEMO_PASSWORD, firstStart } from '../server/first-start.ts';
import { type Config, readConfig } from '../server/platform/config.ts';
import type { Sql } from '../server/platform/db.ts';
import type { Hub } from '../server/platform/hub.ts';
import { attachInstance, openInstance } from '../server/platform/instance.ts';
import { COPY_COLUMNS, encodeRows } from '../server/signals/copy.ts';
import { issueCredential, registerThings } from '../server/signals/service.ts';
import type { Job, Outcome } from './ingest-load.ts';
import { type Options, type Result, ratio } from './measure.ts';

const STREAMS = 10_000;
/** Things of the reading → warning → browser measurement; each crosses its line once. */
const PROBES = 60;

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
  /** Streams that no load writes to. */
  probes: string[];
  secret: string;
}

/** Three rules for each kind of stream, all evaluated for every reading, none of which the load fulfils; they come on top of the catalogue's. */
function rules(code: string): WarningRule[] {
  const own = (kind: string, when: unknown) =>
    rulePack.parse({
      code: `bench-${code}-${kind}`,
      name: { zh: `压测 ${code} ${kind}`, en: `bench ${code} ${kind}` },
      on: { kind: 'stream', profile: 'air-station', stream: code },
      when,
      headline: { zh: '{thing} {value}', en: '{thing} {value}' },
      response: { zh: '压测规则，无需处置', en: 'a benchmark rule' },
      sourceRef: 'bench',
    });
  return [
    own('line', { kind: 'threshold', side: 'above', lines: [{ level: 3, at: 120, clear: 110 }] }),
    own('rate', { kind: 'rate', side: 'rise', over: 'PT1H', lines: [{ level: 3, at: 1000 }] }),
    own('trend', { kind: 'forecast', side: 'above', horizon: 'PT1H', lines: [{ level: 3, at: 1e9 }] }),
  ];
}

async function prepare(config: Config, say: (t: string) => void): Promise<Pick<Bench, 'streams' | 'things' | 'probes' | 'secret'>> {
  const hub = await openInstance(config);
  try {
    await firstStart(hub, say);
    const list = Array.from({ length: Math.ceil(STREAMS / 6) }, (_, i) => ({ code: `bench-${i}`, name: `压测站 ${i}`, profile: 'air-station', unit: 'demo' }));
    for (let i = 0; i < PROBES; i++) list.push({ code: `probe-${i}`, name: `探针 ${i}`, profile: 'air-station', unit: 'demo' });
    for (let i = 0; i < list.length; i += 500) await hub.command(hub.system('bench'), (work) => registerThings(work, list.slice(i, i + 500), ['']));
    const { secret } = await hub.command(hub.system('bench'), (work) => issueCredential(work, 'bench', 'demo'));
    for (const rule of ['pm25', 'pm10', 'o3', 'no2', 'so2', 'co'].flatMap(rules))
      await hub.sql`insert into warning_rules (code, version, definition, hash, by, created_at) values (${rule.code}, 1, ${hub.sql.json(rule as never)}, ${rule.code}, 'bench', now())`;
    const rows = await hub.sql<
      { id: string; code: string; thing: string }[]
    >`select s.id::text, s.code, t.code as thing from streams s join things t on t.id = s.thing_id where t.code like 'bench-%' order by s.id limit ${STREAMS}`;
    const probes = await hub.sql<
      { id: string }[]
    >`select s.id::text from streams s join things t on t.id = s.thing_id where t.code like 'probe-%' and s.code = 'pm25' order by s.id`;
    const things = new Map<string, string[]>();
    for (const r of rows) things.set(r.thing, [...(things.get(r.thing) ?? []), r.code]);
    return { streams: rows.map((r) => r.id), things: [...things].map(([code, streams]) => ({ code, streams })), probes: probes.map((p) => p.id), secret };
  } finally {
    await hub.close();
  }
}

/** Milliseconds from sending a reading over its line until a signed-in browser's event stream tells of the warning, one at a time. */
async function readingToBrowser(url: string, secret: string, probes: string[], seconds: number): Promise<number[]> {
  const signed = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ login: 'zhibanzhang', password: DEMO_PASSWORD }),
  });
  const cookie = signed.headers
    .getSetCookie()
    .map((c) => c.split(';')[0])
    .join('; ');
  const stream = await fetch(`${url}/api/live`, { headers: { cookie } });
  let heard: () => void = () => {};
  const reader = stream.body!.getReader();
  const reading = (async () => {
    const text = new TextDecoder();
    for (let part = await reader.read(); !part.done; part = await reader.read()) if (/"kind":"warning\.(raised|folded)"/.test(text.decode(part.value))) heard();
  })().catch(() => {});
  const waits: number[] = [];
  const pause = (seconds * 1000) / probes.length;
  for (const stream of probes) {
    const begun = performance.now();
    const told = new Promise<void>((done) => {
      heard = done;
      setTimeout(done, 10_000).unref();
    });
    const r = await fetch(`${url}/api/observations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Basic ${Buffer.from(`bench:${secret}`).toString('base64')}` },
      body: JSON.stringify([{ stream, time: new Date().toISOString(), value: 130 }]),
    });
    if (!r.ok) throw new Error(`probe refused: ${r.status} ${await r.text()}`);
    await told;
    waits.push(performance.now() - begun);
    await new Promise((done) => setTimeout(done, Math.max(20, pause - (performance.now() - begun))));
  }
  await reader.cancel().catch(() => {});
  await reading;
  return waits.sort((a, b) => a - b);
}

async function load(
  job: Job,
  watch: Record<string, number[]>,
  beside?: () => Promise<void>,
): Promise<{ outcome: Outcome; cpu: Record<string, number>; memory: Record<string, number> }> {
  const child = fork(fileURLToPath(new URL('./ingest-load.ts', import.meta.url)), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const all: Record<string, number[]> = { ...watch, load: [child.pid!] };
  const before = Object.fromEntries(Object.entries(all).map(([k, pids]) => [k, pids.reduce((s, p) => s + usage(p).cpu, 0)]));
  const begun = performance.now();
  const outcome = await new Promise<Outcome>((done, fail) => {
    child.once('message', (m) => done(m as Outcome));
    child.once('exit', (code) => fail(new Error(`load ended with ${code}`)));
    child.send(job);
    beside?.().then(() => child.send('stop'), fail);
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
export async function run(o: Options): Promise<{ results: Result[] }> {
  const { say, seconds } = o;
  const target = o.rows ?? 10_000_000;
  const dir = mkdtempSync(join(tmpdir(), 'chengshu-bench-'));
  const mqttPort = await freePort();
  const env = { DATA_DIR: dir, PORT: '0', MQTT_PORT: String(mqttPort), LOG: 'quiet' };
  const config = readConfig(env);
  let server: ChildProcess | undefined;
  let hub: Hub | undefined;
  try {
    say(`准备 ${STREAMS} 条数据流，每条三条预警规则 …`);
    const ready = await prepare(config, say);
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
    const postmaster = Number(readFileSync(join(dir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
    const pids = family(server.pid!).filter((pid) => !family(postmaster).includes(pid));
    const now = Date.now();
    let slot = 0;
    // Each scenario has eight hours of its own, so that none meets another's keys.
    const base = () => now - ++slot * 8 * 3_600_000;
    const common = { url, mqttPort, login: 'bench', secret: ready.secret, streams: ready.streams, things: ready.things };
    const wanted = (name: string) => !o.only || o.only.includes(name);
    const results: Result[] = [];
    const scenario = async (name: string, job: Pick<Job, 'kind' | 'size' | 'connections' | 'pipeline'>): Promise<number | undefined> => {
      if (!wanted(name)) return undefined;
      await settled(hub!);
      const from = base();
      const watch = { server: pids, postgres: family(postmaster) };
      const memoryBefore = Math.round(pids.reduce((sum, pid) => sum + usage(pid).memory, 0) / 1e6);
      const { outcome, cpu, memory } = await load({ ...job, ...common, base: from, seconds }, watch);
      const [{ n } = { n: 0 }] = await sql<
        { n: number }[]
      >`select count(*)::int as n from observations where at >= ${new Date(from)} and at < ${new Date(from + 8 * 3_600_000)} and stream = any(${ready.streams}::bigint[])`;
      if (n < outcome.acknowledged) throw new Error(`${name}: ${outcome.acknowledged} acknowledged, ${n} stored`);
      await settled(hub!);
      const rows = Math.max(200_000, Math.min(2_000_000, outcome.acknowledged));
      const one = await copyAlone(sql, ids, base(), rows, 1);
      const two = await copyAlone(sql, ids, base(), rows, 2);
      const limit = Math.max(one, two);
      const value = outcome.acknowledged / outcome.seconds;
      const shares = Object.entries(cpu).map(([k, v]) => `${k} ${v} 核 ${memory[k]} MB`);
      const note = `确认 ${outcome.acknowledged}，入库 ${n}，退回 ${outcome.refused}；${shares.join('，')}（服务进程开始时 ${memoryBefore} MB）`;
      results.push({ name, value: Math.round(value), unit: '条/秒', limit: Math.round(limit), ratio: ratio(value, limit), p50: outcome.p50, p99: outcome.p99, note });
      say(`${name}: ${Math.round(value)}/s，上限 ${Math.round(limit)}/s（比 ${ratio(value, limit)}），p50 ${outcome.p50} ms p99 ${outcome.p99} ms；${note}`);
      return value;
    };
    await load({ kind: 'http', size: 1000, connections: 4, pipeline: 1, ...common, base: base(), seconds: 2 }, {});
    await scenario('http-1', { kind: 'http', size: 1, connections: 64, pipeline: 1 });
    await scenario('http-100', { kind: 'http', size: 100, connections: 64, pipeline: 1 });
    const full = await scenario('http-1000', { kind: 'http', size: 1000, connections: 32, pipeline: 1 });
    await scenario('mqtt-qos1', { kind: 'mqtt', size: 1, connections: 64, pipeline: 16 });
    if (wanted('reading-to-browser')) {
      await settled(hub);
      const half = Math.round((full ?? 100_000) / 2);
      let waits: number[] = [];
      const span = Math.max(seconds, 10);
      await load({ kind: 'http', size: 1000, connections: 32, pipeline: 1, ...common, base: base(), seconds: span * 10, rate: half }, {}, async () => {
        waits = await readingToBrowser(url, ready.secret, ready.probes, span);
      });
      const at = (q: number) => Math.round(waits[Math.min(waits.length - 1, Math.floor(waits.length * q))]! * 10) / 10;
      results.push({
        name: 'reading-to-browser',
        value: at(0.99),
        unit: '毫秒（p99）',
        limit: 500,
        ratio: ratio(at(0.99), 500),
        p50: at(0.5),
        p99: at(0.99),
        note: `负载 ${half} 条/秒，${waits.length} 次越线，从发送读数到浏览器事件流收到预警；limit 为目标值`,
      });
      say(`reading-to-browser: p50 ${at(0.5)} ms p99 ${at(0.99)} ms（负载 ${half}/s）`);
    }
    if (wanted('http-1000-after-10M')) {
      const [{ n: have } = { n: 0 }] = await sql<{ n: number }[]>`select count(*)::int as n from observations`;
      say(`填充到 ${target} 条 …`);
      const old = now - 30 * 86_400_000;
      for (let i = 0; i < target - have; i += 1_000_000) {
        const n = Math.min(1_000_000, target - have - i);
        await copyAlone(sql, ids, old + Math.floor(i / STREAMS) * 1000, n, 2);
      }
      await sql`analyze observations`;
      const after = await scenario('http-1000-after-10M', { kind: 'http', size: 1000, connections: 32, pipeline: 1 });
      if (full && after) say(`after-10M / 空表：${ratio(after, full)}`);
    }
    return { results };
  } finally {
    await hub?.close().catch(() => {});
    if (server && server.exitCode === null) {
      server.kill('SIGTERM');
      await new Promise((r) => server!.once('exit', r));
    }
    rmSync(dir, { recursive: true, force: true });
  }
}
