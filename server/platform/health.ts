// Readiness: database, migrations, timers, followers, and the durability class that the database's settings really give (standards.md §8.2).
import { migrationFiles } from './migrate.ts';
import type { Hub } from './hub.ts';

export interface Readiness {
  ready: boolean;
  durability: 'D0' | 'D1' | 'D2' | 'D3' | 'unknown';
  checks: Record<string, { ok: boolean; detail: string }>;
}

const extra = new Map<string, (hub: Hub) => Promise<{ ok: boolean; detail: string }>>();
/** A slice adds its own check (the MQTT listener, say). */
export const addCheck = (name: string, check: (hub: Hub) => Promise<{ ok: boolean; detail: string }>): void => {
  extra.set(name, check);
};

/** D0: crash may lose acknowledged data; D1: one node with fsync; D2: with checksums and archiving; D3: with a synchronous standby. */
export async function durability(hub: Hub): Promise<Readiness['durability']> {
  const rows = await hub.sql<{ name: string; setting: string }[]>`select name, setting from pg_settings
    where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums', 'archive_mode', 'synchronous_standby_names')`;
  const s = Object.fromEntries(rows.map((r) => [r.name, r.setting]));
  if (s.fsync !== 'on' || s.synchronous_commit === 'off' || s.full_page_writes !== 'on') return 'D0';
  const archived = s.archive_mode !== 'off' && s.data_checksums === 'on';
  if (archived && s.synchronous_standby_names) return 'D3';
  return archived ? 'D2' : 'D1';
}

/** Runs every check; `ready` only when all are good. */
export async function readiness(hub: Hub): Promise<Readiness> {
  const checks: Readiness['checks'] = {};
  const check = async (name: string, run: () => Promise<{ ok: boolean; detail: string }>) => {
    checks[name] = await run().catch((error: unknown) => ({ ok: false, detail: String((error as Error).message) }));
  };
  let level: Readiness['durability'] = 'unknown';
  await check('database', async () => {
    level = await durability(hub);
    return { ok: true, detail: level };
  });
  await check('migrations', async () => {
    const [files, rows] = await Promise.all([migrationFiles(), hub.sql<{ name: string }[]>`select name from migrations`]);
    const missing = files.filter((f) => !rows.some((r) => r.name === f.name)).length;
    return { ok: missing === 0, detail: `${rows.length} 个已执行，${missing} 个待执行` };
  });
  await check('timers', async () => {
    const [r] = await hub.sql<{ late: number }[]>`select count(*)::int as late from timers
      where state = 'waiting' and due_at < app_now(realm) - interval '60 seconds' and (retry_at is null or retry_at < clock_timestamp())`;
    return { ok: r!.late === 0, detail: `${r!.late} 个到期一分钟以上未触发` };
  });
  await check('followers', async () => {
    const rows = await hub.sql<{ name: string; failures: number }[]>`select name, failures from cursors where failures > 0`;
    return { ok: rows.length === 0, detail: rows.length ? rows.map((r) => `${r.name} 失败 ${r.failures} 次`).join('，') : '正常' };
  });
  for (const [name, run] of extra) await check(name, () => run(hub));
  return { ready: Object.values(checks).every((c) => c.ok), durability: level, checks };
}
