// Who did something, by the name of the post: accounts are posts, and people read names, not ids.
import type { Hub } from '../platform/hub.ts';

/** The rows with `by` as the post's name where it is an account; others (system:…, device:…) stay. */
export async function named<T extends { by: string }>(hub: Hub, rows: readonly T[]): Promise<T[]> {
  const found = await hub.sql<{ by: string; name: string }[]>`
    select 'account:' || id::text as by, post_name as name from accounts where 'account:' || id::text = any(${[...new Set(rows.map((r) => r.by))]})`;
  const names = new Map(found.map((f) => [f.by, f.name]));
  return rows.map((r) => ({ ...r, by: names.get(r.by) ?? r.by }));
}
