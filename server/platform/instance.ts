// One running centre on one data folder: lock, database (embedded or by URL), migrations, hub – for the server, the command line and the tests.
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import type { Config } from './config.ts';
import { type Sql, openDb } from './db.ts';
import { type Hub, openHub } from './hub.ts';
import { jsonLog, quietLog, silentLog } from './log.ts';
import { migrate } from './migrate.ts';
import { FolderInUse, type Postgres, lockFolder, startPostgres } from './postgres.ts';

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
  const [row] = await sql<{ v: string; encoding: string }[]>`select current_setting('server_version_num') as v, pg_encoding_to_char(encoding) as encoding from pg_database where datname = current_database()`;
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
      pg = await startPostgres({ dir: config.dataDir });
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
  try {
    return await openInstance(config);
  } catch (error) {
    if (!(error instanceof FolderInUse)) throw error;
    // The owner holds the folder; its database is adopted by address without stopping it at the end.
    const pg = config.databaseUrl ? undefined : await startPostgres({ dir: config.dataDir });
    const sql = config.databaseUrl ? openDb({ url: config.databaseUrl, max: 4 }) : openDb({ host: pg!.host, user: pg!.user, database: DATABASE, max: 4 });
    return openHub({ sql, config, log: logs[config.log] });
  }
}

/** Folder of the machine's cached test cluster. */
export const testFolder = (): string => join('/tmp', `chengshu-test-${process.getuid?.() ?? 0}`);
