// Backup of a whole centre while it runs, and its verified restore: the embedded cluster by pg_backup_start/stop, attachments, anchors.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, cp, mkdir, open, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Verdict, verify } from './audit.ts';
import type { Config } from './config.ts';
import type { Hub } from './hub.ts';
import { openInstance } from './instance.ts';

interface Manifest {
  madeAt: string;
  version: string;
  facts: number;
  files: Record<string, { size: number; sha256: string }>;
}

async function* walk(dir: string): AsyncGenerator<string> {
  for (const e of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, e.name);
    if (e.isDirectory()) yield* walk(path);
    else if (e.isFile()) yield path;
  }
}

async function copyHashed(from: string, to: string): Promise<{ size: number; sha256: string } | undefined> {
  const hash = createHash('sha256');
  let size = 0;
  try {
    await mkdir(join(to, '..'), { recursive: true });
    await pipeline(
      createReadStream(from),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const c of chunks) {
          hash.update(c);
          size += c.length;
          yield c;
        }
      },
      createWriteStream(to),
    );
  } catch (error) {
    // Files of dropped tables vanish while we copy; the WAL makes up for it.
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw error;
  }
  return { size, sha256: hash.digest('hex') };
}

/** What a running cluster's copy must not contain (PostgreSQL manual, "Making a Base Backup Using the Low Level API"). */
const skipped = (path: string): boolean =>
  /^(postmaster\.(pid|opts)|pg_replslot\/|pg_wal\/|pg_dynshmem\/|pg_notify\/|pg_serial\/|pg_snapshots\/|pg_stat_tmp\/|pg_subtrans\/|pgsql_tmp)/.test(path) ||
  /\/pgsql_tmp/.test(path);

/**
 * Copies the centre into an empty folder while it goes on running. The WAL since the start is held by a temporary slot and copied last.
 * Only for the embedded database; with DATABASE_URL use that server's own tools.
 */
export async function backup(hub: Hub, target: string, progress: (files: number) => void = () => {}): Promise<Manifest> {
  if (hub.config.databaseUrl) throw new Error('使用外部数据库时，请用该数据库自己的备份工具 (use the database’s own backup tools)');
  const found = await readdir(target).catch(() => undefined);
  if (found?.length) throw new Error(`备份目录 ${target} 不是空的`);
  const from = join(hub.config.dataDir, 'postgres');
  const to = join(target, 'postgres');
  await mkdir(to, { recursive: true });
  const files: Manifest['files'] = {};
  let count = 0;
  const take = async (path: string, name: string) => {
    const r = await copyHashed(path, join(target, name));
    if (r) files[name] = r;
    if (++count % 200 === 0) progress(count);
  };
  const c = await hub.sql.reserve();
  try {
    await c`select pg_create_physical_replication_slot('chengshu_backup', true, true)`;
    await c`select pg_backup_start('chengshu', true)`;
    const [facts] = await c<{ n: number }[]>`select count(*)::int as n from facts`;
    for await (const path of walk(from)) {
      const name = relative(from, path);
      if (!skipped(name)) await take(path, join('postgres', name));
    }
    const [stopped] = await c<{ labelfile: string; spcmapfile: string }[]>`select labelfile, spcmapfile from pg_backup_stop(false)`;
    await writeFile(join(to, 'backup_label'), stopped!.labelfile);
    files['postgres/backup_label'] = { size: Buffer.byteLength(stopped!.labelfile), sha256: createHash('sha256').update(stopped!.labelfile).digest('hex') };
    // Folders that PostgreSQL expects though they are empty.
    for (const d of [
      'pg_wal/archive_status',
      'pg_wal/summaries',
      'pg_replslot',
      'pg_dynshmem',
      'pg_notify',
      'pg_serial',
      'pg_snapshots',
      'pg_stat_tmp',
      'pg_subtrans',
      'pg_stat',
      'pg_tblspc',
      'pg_twophase',
      'pg_commit_ts',
      'pg_logical/snapshots',
      'pg_logical/mappings',
      'pg_logical',
      'pg_multixact',
    ])
      await mkdir(join(to, d), { recursive: true });
    for await (const path of walk(join(from, 'pg_wal'))) if (/\/[0-9A-F]{24}$/.test(path)) await take(path, join('postgres', relative(from, path)));
    for (const part of ['files', 'anchors.log']) {
      const at = join(hub.config.dataDir, part);
      const info = await stat(at).catch(() => undefined);
      if (info?.isDirectory()) {
        for await (const path of walk(at)) if (!path.includes('/incoming/')) await take(path, join(part, relative(at, path)));
      } else if (info) await take(at, part);
    }
    const manifest: Manifest = { madeAt: new Date().toISOString(), version: hub.config.version, facts: facts!.n, files };
    await writeFile(join(target, 'manifest.json'), JSON.stringify(manifest));
    const handle = await open(join(target, 'manifest.json'), 'r');
    await handle.sync();
    await handle.close();
    return manifest;
  } finally {
    await c`select pg_drop_replication_slot('chengshu_backup') where exists (select 1 from pg_replication_slots where slot_name = 'chengshu_backup')`.catch(() => {});
    c.release();
  }
}

/** Restores a backup into a new data folder after checking every byte, starts it, and verifies the facts log. */
export async function restore(source: string, config: Config): Promise<{ manifest: Manifest; verdict: Verdict }> {
  const manifest = JSON.parse(
    await readFile(join(source, 'manifest.json'), 'utf8').catch(() => {
      throw new Error(`${source} 中没有 manifest.json：不是备份，或备份没有做完`);
    }),
  ) as Manifest;
  const there = await readdir(config.dataDir).catch(() => []);
  if (there.length) throw new Error(`数据目录 ${config.dataDir} 不是空的；请恢复到新的目录`);
  for (const [name, want] of Object.entries(manifest.files)) {
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of createReadStream(join(source, name))) {
      hash.update(chunk as Buffer);
      size += (chunk as Buffer).length;
    }
    if (size !== want.size || hash.digest('hex') !== want.sha256) throw new Error(`备份损坏：${name} 与清单不符`);
  }
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  try {
    for (const part of ['postgres', 'files', 'anchors.log'])
      if (await stat(join(source, part)).catch(() => undefined)) await cp(join(source, part), join(config.dataDir, part), { recursive: true, mode: 0 });
    await chmod(join(config.dataDir, 'postgres'), 0o700);
    const hub = await openInstance(config);
    try {
      const verdict = await verify(hub);
      if (verdict.facts < manifest.facts) throw new Error(`恢复后只有 ${verdict.facts} 条事实，备份时有 ${manifest.facts} 条`);
      return { manifest, verdict };
    } finally {
      await hub.close();
    }
  } catch (error) {
    await rm(config.dataDir, { recursive: true, force: true });
    throw error;
  }
}
