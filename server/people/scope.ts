// The one scope predicate in SQL: a unit path lies in one of the actor's paths (prefix match on whole codes).
import type { Db } from '../platform/db.ts';
export { may, scopeOf, within } from '#core/people/roles.ts';

/**
 * SQL condition that column (e.g. `c.unit_path`) lies within one of the paths.
 * `['']` is everywhere (the hub itself); `[]` is nowhere.
 */
export function inScope(db: Db, column: string, paths: string[]) {
  if (!/^[a-z_]+(\.[a-z_]+)?$/.test(column)) throw new Error(`not a column name: ${column}`);
  const sql = db as Extract<Db, { begin: unknown }>;
  if (paths.includes('')) return sql`true`;
  if (!paths.length) return sql`false`;
  const patterns = paths.map((p) => `${p.replace(/[\\%_]/g, '\\$&')}.%`);
  return sql`(${sql(column)} = any(${paths}) or ${sql(column)} like any(${patterns}))`;
}
