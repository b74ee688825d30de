// Applies the numbered SQL files of server/migrations, forward only, each in its own transaction, one process at a time.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { Sql } from './db.ts';

const LOCK = 7_315_001;
const folder = new URL('../migrations/', import.meta.url);

/** The migration files in order, with a hash of their text. */
export async function migrationFiles(dir: URL = folder): Promise<{ name: string; text: string; hash: string }[]> {
  const names = (await readdir(dir)).filter((n) => /^\d{4}_.+\.sql$/.test(n)).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, dir), 'utf8');
      return { name, text, hash: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

/** Brings the schema up to date; gives how many files were applied. Refuses when an applied file has changed since. */
export async function migrate(sql: Sql, dir: URL = folder): Promise<number> {
  const files = await migrationFiles(dir);
  const connection = await sql.reserve();
  try {
    await connection`select pg_advisory_lock(${LOCK})`;
    await connection`create table if not exists migrations (
      name text primary key, hash text not null, applied_at timestamptz not null default clock_timestamp())`;
    const done = new Map((await connection<{ name: string; hash: string }[]>`select name, hash from migrations`).map((r) => [r.name, r.hash]));
    let count = 0;
    for (const file of files) {
      const before = done.get(file.name);
      if (before === file.hash) continue;
      if (before) throw new Error(`数据库迁移 ${file.name} 在执行之后被改动 (migration changed after it was applied)`);
      await connection.unsafe('begin');
      try {
        await connection.unsafe(file.text);
        await connection`insert into migrations (name, hash) values (${file.name}, ${file.hash})`;
        await connection.unsafe('commit');
      } catch (error) {
        await connection.unsafe('rollback');
        throw new Error(`数据库迁移 ${file.name} 失败: ${(error as Error).message}`, { cause: error });
      }
      count++;
    }
    return count;
  } finally {
    await connection`select pg_advisory_unlock(${LOCK})`.catch(() => {});
    connection.release();
  }
}
