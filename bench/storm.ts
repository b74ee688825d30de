// The duty officer's chair in a storm: 10,000 readings a second go on while 500 sensors fail at once, first with wrong values, then by silence.
// What counts: how soon the list shows it, how many rows it has, how fast it opens, and that senders are still acknowledged.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEMO_PASSWORD, firstStart } from '../server/first-start.ts';
import { readConfig } from '../server/platform/config.ts';
import { openInstance } from '../server/platform/instance.ts';
import { issueCredential, registerThings } from '../server/signals/service.ts';
import type { Job, Outcome } from './ingest-load.ts';
import { type Options, type Result, ratio } from './measure.ts';

const RATE = 10_000;
const FAILING = 500;
/** Rows a person can take in at once: a screen without scrolling. */
const ROWS = 20;

export async function run(o: Options): Promise<{ results: Result[] }> {
  const dir = mkdtempSync(join(tmpdir(), 'chengshu-bench-'));
  const env = { DATA_DIR: dir, PORT: '0', MQTT_PORT: '0', LOG: 'quiet' };
  let server: ChildProcess | undefined;
  let load: ChildProcess | undefined;
  try {
    const hub = await openInstance(readConfig(env));
    await firstStart(hub, () => {});
    const towns = (await hub.sql<{ path: string }[]>`select path from units where kind = 'town' order by path`).map((u) => u.path);
    const quiet = Array.from({ length: 1500 }, (_, i) => ({ code: `quiet-${i}`, name: `空气站 ${i}`, profile: 'air-station', unit: towns[i % towns.length]! }));
    const pipes = Array.from({ length: FAILING }, (_, i) => ({ code: `pipe-${i}`, name: `压力计 ${i}`, profile: 'pipe-pressure', unit: towns[i % towns.length]!, intervalS: 10 }));
    for (let i = 0; i < quiet.length; i += 500) await hub.command(hub.system('bench'), (work) => registerThings(work, quiet.slice(i, i + 500), ['']));
    await hub.command(hub.system('bench'), (work) => registerThings(work, pipes, ['']));
    const { secret } = await hub.command(hub.system('bench'), (work) => issueCredential(work, 'bench', 'demo'));
    const streams = (await hub.sql<{ id: string }[]>`select s.id::text from streams s join things t on t.id = s.thing_id where t.code like 'quiet-%' order by s.id`).map(
      (r) => r.id,
    );
    await hub.close();
    server = spawn(process.execPath, [fileURLToPath(new URL('../server/cli.ts', import.meta.url)), 'start'], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const url = await new Promise<string>((done, fail) => {
      let text = '';
      server!.stdout!.on('data', (d: Buffer) => {
        text += d.toString();
        const m = /ready (http:\S+)/.exec(text);
        if (m) done(m[1]!);
      });
      server!.once('exit', (code) => fail(new Error(`server ended with ${code}`)));
    });
    const signed = await fetch(`${url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ login: 'zhibanzhang', password: DEMO_PASSWORD }),
    });
    const cookie = signed.headers
      .getSetCookie()
      .map((c) => c.split(';')[0])
      .join('; ');
    const list = async (): Promise<{ headline: { zh: string }; kind: string; children: number; level: number }[]> =>
      (
        (await (await fetch(`${url}/api/warnings?state=open&limit=200`, { headers: { cookie } })).json()) as {
          items: { headline: { zh: string }; kind: string; children: number; level: number }[];
        }
      ).items;
    const send = (value: number) =>
      fetch(`${url}/api/observations`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Basic ${Buffer.from(`bench:${secret}`).toString('base64')}` },
        body: JSON.stringify(pipes.map((p) => ({ stream: `${p.code}/pressure`, time: new Date().toISOString(), value }))),
      }).then((r) => {
        if (!r.ok) throw new Error(`refused: ${r.status}`);
      });
    const before = new Set((await list()).map((w) => w.headline.zh)).size;
    load = fork(fileURLToPath(new URL('./ingest-load.ts', import.meta.url)), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const outcome = new Promise<Outcome>((done) => load!.once('message', (m) => done(m as Outcome)));
    load.send({
      kind: 'http',
      size: 100,
      connections: 20,
      pipeline: 1,
      url,
      mqttPort: 0,
      login: 'bench',
      secret,
      streams,
      things: [],
      base: Date.now() - 3_600_000,
      seconds: 600,
      rate: RATE,
    } satisfies Job);
    await new Promise((r) => setTimeout(r, 3000));
    await send(0.3);
    await new Promise((r) => setTimeout(r, 1500));
    const opened: number[] = [];
    /** Watches the list until everything is in it, one way or the other. */
    const watch = async (want: number, patience: number): Promise<{ seconds: number; rows: number }> => {
      const begun = performance.now();
      for (;;) {
        const at = performance.now();
        const rows = await list();
        opened.push(performance.now() - at);
        const ours = rows.filter((w) => w.kind === 'storm' || /压力计/.test(w.headline.zh));
        const covered = ours.reduce((n, w) => n + Math.max(1, w.children), 0);
        const seconds = (performance.now() - begun) / 1000;
        if (covered >= want || seconds > patience) {
          o.say(
            `${covered} 个告警在 ${rows.length} 行里（${seconds.toFixed(1)} 秒）：${rows
              .slice(0, 8)
              .map((w) => `${w.level}级 ${w.headline.zh}×${w.children}`)
              .join('；')}`,
          );
          return { seconds, rows: rows.length };
        }
        await new Promise((r) => setTimeout(r, 200));
      }
    };
    await send(0.02);
    const failing = await watch(FAILING, 60);
    await new Promise((r) => setTimeout(r, Math.max(5, o.seconds) * 1000));
    const settled = await watch(FAILING, 1);
    // And now the sensors say nothing any more: three intervals of ten seconds.
    const silence = await watch(FAILING + 1, 45);
    load.send('stop');
    const { p50, p99, acknowledged, seconds } = await outcome;
    opened.sort((a, b) => a - b);
    const at = (q: number) => Math.round(opened[Math.min(opened.length - 1, Math.floor(opened.length * q))]! * 10) / 10;
    return {
      results: [
        {
          name: 'all-in-list',
          value: Math.round(failing.seconds * 100) / 100,
          unit: '秒',
          limit: 10,
          ratio: ratio(failing.seconds, 10),
          note: `${FAILING} 个传感器同时越线，到列表全部覆盖`,
        },
        { name: 'rows', value: settled.rows, unit: '行', limit: ROWS, ratio: ratio(settled.rows, ROWS), note: `值班员列表的行数（之前 ${before}）` },
        { name: 'rows-after-silence', value: silence.rows, unit: '行', limit: ROWS, ratio: ratio(silence.rows, ROWS), note: '同一批传感器再静默之后' },
        { name: 'list', value: at(0.99), unit: '毫秒（p99）', limit: 300, ratio: ratio(at(0.99), 300), p50: at(0.5), p99: at(0.99), note: '打开预警列表（HTTP，含 JSON）' },
        {
          name: 'ingest',
          value: Math.round(acknowledged / seconds),
          unit: '条/秒',
          limit: RATE,
          ratio: ratio(acknowledged / seconds, RATE),
          p50,
          p99,
          note: '风暴中照常确认的读数',
        },
      ],
    };
  } finally {
    load?.kill();
    if (server && server.exitCode === null) {
      server.kill('SIGTERM');
      await new Promise((r) => server!.once('exit', r));
    }
    rmSync(dir, { recursive: true, force: true });
  }
}
