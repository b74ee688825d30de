// One running centre on one data folder: lock, database (embedded or by URL), migrations, hub – for the server, the command line and the tests.
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from './config.ts';
import { type Sql, openDb } from './db.ts';
import { type Hub, openHub } from './hub.ts';
import { jsonLog, quietLog, silentLog } from './log.ts';
import { migrate } from './migrate.ts';
import { FolderInUse, lockFolder } from './lock.ts';
import { type Postgres, findPostgres, startPostgres } from './postgres.ts';

const DATABASE = 'chengshu';
const logs = { json: jsonLog, quiet: quietLog, silent: silentLog };

async function ensureDatabase(pg: Postgres, name: string): Promise<void> {
  const sql = openDb({ host: pg.host, user: pg.user, database: 'postgres', max: 1 });
  try {
    const rows = await sql`select 1 from pg_database where datname = ${name}`;
    if (!rows.length) await sql.unsafe(`create database ${name}`);
  } finally {
    await sql.end();
  }
}

/** Refuses databases the hub does not run on. */
async function checkServer(sql: Sql): Promise<void> {
  const [row] = await sql<
    { v: string; encoding: string }[]
  >`select current_setting('server_version_num') as v, pg_encoding_to_char(encoding) as encoding from pg_database where datname = current_database()`;
  if (Number(row!.v) < 150_000) throw new Error('需要 PostgreSQL 15 或以上 (PostgreSQL 15 or newer is needed)');
  if (row!.encoding !== 'UTF8') throw new Error('数据库编码须为 UTF8');
}

/** Opens the centre of this configuration for this process alone; `hub.close()` stops everything again. */
export async function openInstance(config: Config, o: { migrate?: boolean } = {}): Promise<Hub> {
  mkdirSync(config.dataDir, { recursive: true });
  const unlock = lockFolder(config.dataDir);
  let pg: Postgres | undefined;
  try {
    let sql: Sql;
    if (config.databaseUrl) sql = openDb({ url: config.databaseUrl });
    else {
      pg = await startPostgres({ dir: config.dataDir, keepUp: { say: (text) => logs[config.log].warn(text) } });
      await ensureDatabase(pg, DATABASE);
      sql = openDb({ host: pg.host, user: pg.user, database: DATABASE });
    }
    await checkServer(sql);
    if (o.migrate !== false) await migrate(sql);
    const hub = openHub({ sql, config, log: logs[config.log] });
    const close = hub.close;
    hub.close = async () => {
      await close();
      await pg?.stop();
      unlock();
    };
    return hub;
  } catch (error) {
    await pg?.stop().catch(() => {});
    unlock();
    throw error;
  }
}

/** Opens the centre for a command: attaches to the running instance's database, or starts it for the time of the command. */
export async function attachInstance(config: Config): Promise<Hub> {
  for (const until = Date.now() + 60_000; ;) {
    try {
      return await openInstance(config);
    } catch (error) {
      if (!(error instanceof FolderInUse)) throw error;
      const hub = await attach(config).catch((reason: unknown) => {
        if (Date.now() > until) throw reason;
      });
      if (hub) return hub;
    }
  }
}

/** The hub of another process's centre: its database, which is left running at the end. Fails while that is still starting. */
async function attach(config: Config): Promise<Hub> {
  const at = config.databaseUrl ? { url: config.databaseUrl } : { ...(await findPostgres(config.dataDir, 2000)), database: DATABASE };
  const sql = openDb({ ...at, max: 4 });
  try {
    await sql`select 1 from installation limit 1`;
  } catch (error) {
    await sql.end();
    await new Promise((r) => setTimeout(r, 200));
    throw error;
  }
  return openHub({ sql, config, log: logs[config.log] });
}

/** Folder of this checkout's cached test cluster. */
export const testFolder = (): string => {
  const root = createHash('sha256')
    .update(fileURLToPath(new URL('../..', import.meta.url)))
    .digest('hex')
    .slice(0, 8);
  return join(tmpdir(), `chengshu-test-${process.getuid?.() ?? 0}-${root}`);
};
