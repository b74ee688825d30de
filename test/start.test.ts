// The centre as a process: ready line, refusal of a second start, commands that attach, clean stop, and recovery after kill -9.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findPostgres } from '#server/platform/postgres.ts';
import { alive, ended } from '#server/platform/process.ts';

const cli = fileURLToPath(new URL('../server/cli.ts', import.meta.url));

function scratch(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'chengshu-start-'));
  t.after(async () => {
    const left = await findPostgres(dir, 0).catch(() => undefined);
    if (left) {
      process.kill(left.pid, 'SIGQUIT');
      await ended(left.pid, 5000);
    }
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
}

interface Ran {
  child: ChildProcess;
  out: string;
  err: string;
  /** Exit status, once it has ended. */
  end: Promise<number | null>;
}
function command(t: TestContext, dir: string, argv: string[], env: Record<string, string> = {}): Ran {
  const { DATABASE_URL: _, ...rest } = process.env;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', cli, ...argv], {
    env: { ...rest, DATA_DIR: dir, PORT: '0', MQTT_PORT: '0', DEMO: 'false', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const ran: Ran = { child, out: '', err: '', end: new Promise((done) => child.once('close', (code) => done(code))) };
  child.stdout!.on('data', (d: Buffer) => (ran.out += d.toString()));
  child.stderr!.on('data', (d: Buffer) => (ran.err += d.toString()));
  return ran;
}
async function ready(ran: Ran): Promise<string> {
  for (const until = Date.now() + 60_000; ; await new Promise((r) => setTimeout(r, 20))) {
    const url = /^ready (http:\/\/127\.0\.0\.1:\d+)/m.exec(ran.out)?.[1];
    if (url) return url;
    assert.ok(ran.child.exitCode === null && Date.now() < until, `not ready: ${ran.out}${ran.err}`);
  }
}

test('one line says ready; a second start on the folder says who holds it; commands attach; SIGINT stops PostgreSQL too', async (t) => {
  const dir = scratch(t);
  const first = command(t, dir, ['start']);
  const url = await ready(first);
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
  const state = (await (await fetch(`${url}/readyz`)).json()) as { ready: boolean; durability: string };
  assert.deepEqual([state.ready, state.durability], [true, 'D1']);
  assert.equal(first.out.trim().split('\n').length, 1);

  const second = command(t, dir, ['start']);
  assert.notEqual(await second.end, 0);
  assert.match(second.err, new RegExp(`${first.child.pid} 使用.*in use`));

  const pg = await findPostgres(dir, 0);
  const attached = command(t, dir, ['audit', 'anchor']);
  assert.equal(await attached.end, 0, attached.err);
  assert.equal((await findPostgres(dir, 0)).pid, pg.pid, 'a command leaves the running database alone');

  first.child.kill('SIGINT');
  first.child.kill('SIGINT');
  assert.equal(await first.end, 0);
  assert.equal(alive(pg.pid), false);
  assert.equal(existsSync(join(dir, 'chengshu.lock')), false);
});

test('after kill -9 the next start takes over; a command alone starts the database for its own time', async (t) => {
  const dir = scratch(t);
  const first = command(t, dir, ['start']);
  await ready(first);
  const pg = await findPostgres(dir, 0);
  first.child.kill('SIGKILL');
  await first.end;
  assert.ok(alive(pg.pid));
  const again = command(t, dir, ['start']);
  await ready(again);
  assert.equal((await findPostgres(dir, 0)).pid, pg.pid);
  again.child.kill('SIGTERM');
  assert.equal(await again.end, 0);
  const alone = command(t, dir, ['user', 'list']);
  assert.equal(await alone.end, 0, alone.err);
  await assert.rejects(findPostgres(dir, 0));
});

test('a taken port is named and leaves nothing running', async (t) => {
  const dir = scratch(t);
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => other.once('listening', done));
  t.after(() => other.close());
  const { port } = other.address() as { port: number };
  const ran = command(t, dir, ['start'], { PORT: String(port) });
  assert.notEqual(await ran.end, 0);
  assert.match(ran.err, new RegExp(`${port} 已被占用`));
  await assert.rejects(findPostgres(dir, 0));
});
