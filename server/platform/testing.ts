// Databases for tests: one cached throw-away cluster (or DATABASE_URL), a migrated template, a fresh clone for each test.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Actor, Role } from '#core/people/roles.ts';
import { addAccount, actorFor, grantRoles, putUnit, unitBy } from '../people/service.ts';
import { readConfig } from './config.ts';
import { type Sql, openDb } from './db.ts';
import { type Hub, openHub } from './hub.ts';
import { testFolder } from './instance.ts';
import { quietLog } from './log.ts';
import { migrate, migrationFiles } from './migrate.ts';
import { FolderInUse, lockFolder } from './lock.ts';
import { findPostgres, startPostgres } from './postgres.ts';
import { alive } from './process.ts';

type Address = { url: string } | { host: string; user: string };
let address: Promise<Address> | undefined;

/**
 * The cluster of this run: `DATABASE_URL`, the one the test runner started (`CHENGSHU_TEST_DIR`), or one cached for this checkout
 * that stays up between runs of single files. Nothing of value is in it, so it does without fsync.
 */
async function server(): Promise<Address> {
  if (process.env.DATABASE_URL) return { url: process.env.DATABASE_URL };
  const dir = process.env.CHENGSHU_TEST_DIR ?? testFolder();
  // Several test files start at once: one starts the cluster, the others use it.
  for (const until = Date.now() + 60_000; ;) {
    const found = await findPostgres(dir, 0).catch(() => undefined);
    if (found) return { host: found.host, user: found.user };
    try {
      return await startTestCluster(dir);
    } catch (error) {
      if (!(error instanceof FolderInUse) || Date.now() > until) throw error;
      await new Promise((r) => setTimeout(r, 100));
    }
  }
}

/** Starts the throw-away cluster of a folder and leaves it running; one that the machine's own crash spoiled is made anew. */
export async function startTestCluster(dir: string): Promise<{ host: string; user: string; stop(): Promise<void> }> {
  const unlock = lockFolder(dir);
  const start = () => startPostgres({ dir, unsafeNoFsync: true, settings: { max_connections: '300', shared_buffers: '128MB' } });
  try {
    return await start().catch(() => {
      rmSync(join(dir, 'postgres'), { recursive: true, force: true });
      return start();
    });
  } finally {
    unlock();
  }
}

const open = (a: Address, database: string, max: number): Sql => {
  if (!('url' in a)) return openDb({ ...a, database, max });
  const url = new URL(a.url);
  url.pathname = `/${database}`;
  return openDb({ url: url.href, max });
};

async function template(a: Address): Promise<string> {
  const files = await migrationFiles();
  const name = `chengshu_t_${createHash('sha256')
    .update(files.map((f) => f.name + f.hash).join())
    .digest('hex')
    .slice(0, 16)}`;
  const admin = open(a, 'postgres', 1);
  try {
    const c = await admin.reserve();
    try {
      await c`select pg_advisory_lock(7315002)`;
      const [found] = await c`select 1 from pg_database where datname = ${name} and datistemplate`;
      if (!found) {
        await sweep(c);
        await c.unsafe(`drop database if exists ${name}`);
        await c.unsafe(`create database ${name}`);
        const sql = open(a, name, 1);
        await migrate(sql).finally(() => sql.end());
        await c.unsafe(`alter database ${name} is_template true`);
      }
      await c`select pg_advisory_unlock(7315002)`;
    } finally {
      c.release();
    }
  } finally {
    await admin.end();
  }
  return name;
}

/** Drops databases whose test processes were killed. */
async function sweep(c: Sql): Promise<void> {
  for (const { datname } of await c<{ datname: string }[]>`select datname from pg_database where datname like 'chengshu\\_x\\_%'`)
    if (!alive(Number(datname.split('_')[2])) && !process.env.DATABASE_URL) await c.unsafe(`drop database if exists ${datname} with (force)`);
}

let count = 0;

/**
 * A migrated, empty database of its own behind a hub with default settings and a scratch data folder; gone after the test.
 * `clock` starts domain time there (running on at real speed).
 */
export async function testHub(t: TestContext | { after(fn: () => Promise<void>): void }, o: { clock?: string; env?: Record<string, string>; max?: number } = {}): Promise<Hub> {
  const a = await (address ??= server());
  const from = await template(a);
  const name = `chengshu_x_${process.pid}_${++count}_${Date.now().toString(36)}`;
  const admin = open(a, 'postgres', 1);
  for (let i = 0; ; i++) {
    try {
      await admin.unsafe(`create database ${name} template ${from}`);
      break;
    } catch (error) {
      // 55006: somebody is still connected to the template.
      if ((error as { code?: string }).code !== '55006' || i > 100) throw error;
      await new Promise((r) => setTimeout(r, 50));
    }
  }
  await admin.end();
  const dataDir = mkdtempSync(join(tmpdir(), 'chengshu-data-'));
  const config = readConfig({ DATA_DIR: dataDir, PORT: '0', MQTT_PORT: '0', ...o.env });
  const hub = openHub({ sql: open(a, name, o.max ?? 12), config, log: quietLog });
  t.after(async () => {
    await hub.close();
    const end = open(a, 'postgres', 1);
    await end.unsafe(`drop database if exists ${name} with (force)`).catch(() => {});
    await end.end();
    rmSync(dataDir, { recursive: true, force: true });
  });
  if (o.clock) await setClock(hub, o.clock);
  return hub;
}

/** Moves domain time of a realm; it runs on from there at `speed` (0: stands still). */
export async function setClock(hub: Hub, at: string | Date, speed = 1, realm = 'live'): Promise<void> {
  await hub.sql`update realms set base_real = clock_timestamp(), base_domain = ${new Date(at)}, speed = ${speed} where realm = ${realm}`;
}

/** Makes the units of a dotted path where they are missing. */
export async function ensureUnit(hub: Hub, path: string): Promise<{ id: string; path: string }> {
  let parentId: string | null = null;
  let found: { id: string; path: string } | undefined;
  const codes = path.split('.');
  for (const [i, code] of codes.entries()) {
    const at = codes.slice(0, i + 1).join('.');
    found = await unitBy(hub.sql, { path: at });
    const parent: string | null = parentId;
    const kind = i === 0 ? 'district' : /^t\d+/.test(code) ? 'town' : /^g\d+/.test(code) ? 'grid' : 'department';
    found ??= await hub.command(hub.system('test'), (work) => putUnit(work, { code, name: { zh: code, en: code }, kind, parentId: parent }));
    parentId = found.id;
  }
  return found!;
}

/** An account with one role over a unit (made when missing), as an actor. */
export async function actAs(hub: Hub, role: Role, unitPath: string): Promise<Actor> {
  const unit = await ensureUnit(hub, unitPath);
  const login = `${role}-${unitPath}`.replace(/[^a-z0-9._-]/g, '-').slice(0, 60);
  const found = await hub.sql`select 1 from accounts where login = ${login}`;
  if (!found.length)
    await hub.command(hub.system('test'), async (work) => {
      const { id } = await addAccount(work, { login, postName: login, unitId: unit.id, password: 'Test-only-9pass', mustChange: false });
      await grantRoles(work.tx, id, [{ role, unitId: unit.id }]);
    });
  const actor = await actorFor(hub.sql, login);
  return actor;
}
