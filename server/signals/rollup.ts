// Hourly rollups behind the readings: touched hours are recomputed from the readings themselves, so late data leave them exact.
// Recomputing is idempotent, so it runs in small transactions and the cursor moves after; under load many groups fold into one recomputation.
import type { Hub } from '../platform/hub.ts';
import * as store from './store.ts';

export const CURSOR = 'stream-hours';
/** Pairs looked through, and recomputed, in one step. */
const LOOK = 400_000;
const CHUNK = 500;

/** One step; gives how many groups it covered (0: nothing to do). */
export async function rollStep(hub: Hub, name = CURSOR): Promise<number> {
  const [range] = await hub.sql<{ fromTx: string; fromId: string; tx: string; id: string; n: number }[]>`
    select c.tx::text as "fromTx", c.position::text as "fromId", b.tx::text, b.id::text, b.n::int from cursors c cross join lateral (
      select tx, id, n from (
        select tx, id, row_number() over w as n, sum(cardinality(streams)) over w as total from (
          select tx, id, streams from ingest_batches i where (i.tx, i.id) > (c.tx, c.position) and i.tx < pg_snapshot_xmin(pg_current_snapshot()) order by i.tx, i.id limit 2000) x
        window w as (order by tx, id)) y
      where total <= ${LOOK} or n = 1 order by n desc limit 1) b
    where c.name = ${name}`;
  if (!range) return 0;
  const pairs = await hub.sql<{ stream: string; hour: Date }[]>`
    select distinct u.stream::text, u.hour from ingest_batches i cross join lateral unnest(i.streams, i.hours) u(stream, hour)
    where (i.tx, i.id) > (${range.fromTx}::text::xid8, ${range.fromId}::bigint) and (i.tx, i.id) <= (${range.tx}::text::xid8, ${range.id}::bigint)`;
  for (let i = 0; i < pairs.length; i += CHUNK) {
    const part = pairs.slice(i, i + CHUNK);
    await store.rollHours(
      hub.sql,
      part.map((p) => p.stream),
      part.map((p) => p.hour),
    );
  }
  // Only from where it began: two processes at it cannot move the cursor back.
  await hub.sql`update cursors set tx = ${range.tx}::text::xid8, position = ${range.id}, failures = 0, updated_at = clock_timestamp()
    where name = ${name} and tx = ${range.fromTx}::text::xid8 and position = ${range.fromId}`;
  return range.n;
}
