// The embedded PostgreSQL: private folders as root, adoption and clean-up after kill -9, restart, and a postmaster.pid that is never taken from a living server.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openDb } from './db.ts';
import { type Postgres, type StartOptions, findPostgres, startPostgres } from './postgres.ts';
import { alive, ended } from './process.ts';

const small = { shared_buffers: '16MB', max_connections: '20' };

/** mkdtemp makes folders of mode 0700: as root nobody else can enter them. */
function scratch(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'chengshu-pgtest-'));
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
async function rows(pg: { host: string; user: string }, text: string): Promise<Record<string, unknown>[]> {
  const sql = openDb({ host: pg.host, user: pg.user, database: 'postgres', max: 1 });
  try {
    return [...(await sql.unsafe(text))];
  } finally {
    await sql.end({ timeout: 1 });
  }
}
/** Starts PostgreSQL from a process of its own, which then waits to be killed: the app that crashes. */
async function appWith(t: TestContext, o: StartOptions): Promise<{ pid: number; kill(): Promise<void> }> {
  const text = `import { startPostgres } from ${JSON.stringify(new URL('./postgres.ts', import.meta.url).href)};
    const pg = await startPostgres(${JSON.stringify(o)}); console.log(pg.pid); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', text], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const pid = Number(await new Promise<Buffer>((done) => child.stdout.once('data', done)));
  return {
    pid,
    kill: () =>
      new Promise((done) => {
        child.once('exit', () => done());
        child.kill('SIGKILL');
      }),
  };
}

test('runs in a folder only its owner can enter, durable, on a private socket only', async (t) => {
  const dir = scratch(t);
  const pg = await startPostgres({ dir, settings: small });
  assert.equal(statSync(dir).mode & 0o777, 0o700);
  const [s] = await rows(
    pg,
    `select current_setting('listen_addresses') as listen, current_setting('fsync') as fsync, current_setting('synchronous_commit') as sync,
    current_setting('data_checksums') as sums, current_setting('server_encoding') as encoding, current_setting('unix_socket_permissions') as perm, version() as version`,
  );
  assert.deepEqual(
    { ...s, version: /^PostgreSQL 18\./.test(String(s!.version)) },
    { listen: '', fsync: 'on', sync: 'on', sums: 'on', encoding: 'UTF8', perm: '0700', version: true },
  );
  assert.ok(Buffer.byteLength(pg.host) <= 85);
  assert.equal(statSync(pg.host).mode & 0o077, 0);
  // Field 5 of stat is the process group: its own, so that Ctrl-C in the terminal does not reach it.
  const stat = readFileSync(`/proc/${pg.pid}/stat`, 'utf8');
  assert.equal(Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]), pg.pid);
  await pg.stop();
  assert.equal(alive(pg.pid), false);
  assert.equal(existsSync(join(dir, 'postgres', 'postmaster.pid')), false);
  assert.equal(existsSync(pg.host), false);
});

test(
  'as root, without user namespaces, runs as another user in the same private folder, and data survives the change',
  { skip: process.getuid?.() !== 0 && '需要 root' },
  async (t) => {
    const dir = scratch(t);
    let pg = await startPostgres({ dir, settings: small, as: 'uid' });
    await rows(pg, 'create table kept (n int); insert into kept values (7)');
    assert.notEqual(statSync(join(dir, 'postgres')).uid, 0);
    await pg.stop();
    pg = await startPostgres({ dir, settings: small });
    assert.deepEqual(await rows(pg, 'select n from kept'), [{ n: 7 }]);
    // And over to the other way again while an orphan runs the first way.
    const orphan = pg.pid;
    pg = await startPostgres({ dir, settings: small, as: 'uid' });
    assert.notEqual(pg.pid, orphan);
    assert.deepEqual(await rows(pg, 'select n from kept'), [{ n: 7 }]);
    await pg.stop();
  },
);

test('after kill -9 of the app its PostgreSQL is adopted, or stopped when it should run otherwise', async (t) => {
  const dir = scratch(t);
  const app = await appWith(t, { dir, settings: small });
  await app.kill();
  assert.ok(alive(app.pid));
  assert.equal((await findPostgres(dir, 0)).pid, app.pid);
  const same = await startPostgres({ dir, settings: small });
  assert.deepEqual([same.adopted, same.pid], [true, app.pid]);
  const other = await startPostgres({ dir, settings: { ...small, work_mem: '8MB' } });
  assert.equal(other.adopted, false);
  assert.equal(alive(app.pid), false);
  assert.deepEqual(await rows(other, 'show work_mem'), [{ work_mem: '8MB' }]);
  await other.stop();
});

test('kill -9 of PostgreSQL with work going on: started again by itself, nothing committed is lost', async (t) => {
  const dir = scratch(t);
  const said: string[] = [];
  const pg: Postgres = await startPostgres({ dir, settings: small, keepUp: { say: (text) => said.push(text) } });
  await rows(pg, 'create table kept (n int); insert into kept values (1)');
  const before = pg.pid;
  const busy = rows(pg, 'select pg_sleep(30)').catch(() => 'cut off');
  await new Promise((r) => setTimeout(r, 200));
  process.kill(before, 'SIGKILL');
  assert.equal(await busy, 'cut off');
  for (const until = Date.now() + 20_000; pg.pid === before && Date.now() < until;) await new Promise((r) => setTimeout(r, 50));
  assert.notEqual(pg.pid, before);
  assert.deepEqual(await rows(pg, 'select n from kept'), [{ n: 1 }]);
  assert.match(said[0]!, /重新启动/);
  await pg.stop();
  await new Promise((r) => setTimeout(r, 300));
  assert.equal(alive(pg.pid), false, 'a stop is not an accident');
});

test('a leftover postmaster.pid: a stranger’s number does not block the start; a living server’s file is left alone', async (t) => {
  const dir = scratch(t);
  const first = await startPostgres({ dir, settings: small });
  const file = join(dir, 'postgres', 'postmaster.pid');
  const text = readFileSync(file, 'utf8');
  process.kill(first.pid, 'SIGKILL');
  await ended(first.pid, 5000);
  // As after the restart of a container, where numbers repeat: the file names this test's own process.
  writeFileSync(file, text.replace(/^\d+/, String(process.pid)), { mode: 0o600 });
  const second = await startPostgres({ dir, settings: small });
  const inode = statSync(file).ino;
  const again = await startPostgres({ dir, settings: small });
  assert.deepEqual([again.pid, statSync(file).ino], [second.pid, inode]);
  await second.stop();
});

test('data of another major version, and a folder with something else in it, are refused untouched', async (t) => {
  const dir = scratch(t);
  const pg = await startPostgres({ dir, settings: small });
  await pg.stop();
  writeFileSync(join(dir, 'postgres', 'PG_VERSION'), '17\n');
  await assert.rejects(startPostgres({ dir, settings: small }), /17/);
  rmSync(join(dir, 'postgres', 'PG_VERSION'));
  await assert.rejects(startPostgres({ dir, settings: small }), /已存在/);
  assert.ok(existsSync(join(dir, 'postgres', 'global', 'pg_control')));
});
