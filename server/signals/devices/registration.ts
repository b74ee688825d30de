// Bulk registrations as units that can be taken back: as long as nothing has been received or hung on the things they made.
import { within } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import type { Db, Sql } from '../../platform/db.ts';
import { inScope } from '../../people/scope.ts';
import { append } from '../../platform/facts.ts';
import type { Work } from '../../platform/hub.ts';
import { uuidv7 } from '../../platform/ids.ts';

/** Notes what one request registered, so that it can be taken back as a whole. */
export async function noteRegistration(work: Work, unit: string, ids: string[]): Promise<void> {
  await work.tx`insert into registrations (id, realm, at, by, unit, things) values (${uuidv7()}, ${work.realm}, ${work.at}, ${work.by}, ${unit}, ${ids}::bigint[])`;
}

export const registrations = (db: Db, scope: string[], realm: string) => {
  const sql = db as Sql;
  return sql<{ id: string; at: Date; by: string; unit: string; things: number; undoneAt: Date | null; undoable: boolean }[]>`
    select r.id, r.at, r.by, r.unit, cardinality(r.things) as things, r.undone_at as "undoneAt",
      r.undone_at is null and not exists (select 1 from streams s join stream_heads h on h.stream = s.id where s.thing_id = any(r.things)) as undoable
    from registrations r where r.realm = ${realm} and ${inScope(sql, 'r.unit', scope)} order by r.at desc limit 100`.then((r) => [...r]);
};

/** Removes the things of a registration. Refused once a reading came in or something else refers to one of them. */
export async function undoRegistration(work: Work, id: string, scope: string[]): Promise<{ removed: number }> {
  const { tx } = work;
  const [r] = await tx<{ unit: string; things: string[]; undone: boolean }[]>`select unit, things::text[], undone_at is not null as undone from registrations
    where id = ${id} and realm = ${work.realm} for update`;
  if (!r || !scope.some((p) => within(r.unit, p))) throw problem('not-found', { detail: '没有这次登记' });
  if (r.undone) throw problem('conflict', { detail: '这次登记已经撤销' });
  // The key and not the heads decides: a head is written a moment after its reading.
  const [heard] = await tx`select 1 from streams s where s.thing_id = any(${r.things}::bigint[]) and exists (select 1 from observations o where o.stream = s.id) limit 1`;
  if (heard) throw problem('conflict', { detail: '其中有设备已收到数据，不能撤销；可将设备停用' });
  try {
    await tx.savepoint(async (step) => {
      await step`delete from streams where thing_id = any(${r.things}::bigint[])`;
      await step`delete from things where id = any(${r.things}::bigint[])`;
    });
  } catch (error) {
    if ((error as { code?: string }).code !== '23503') throw error;
    throw problem('conflict', { detail: '其中有设备已被引用（下级设备、校准、探测或预警），不能撤销；可将设备停用' });
  }
  await tx`update registrations set undone_at = ${work.at} where id = ${id}`;
  await append(work, [{ kind: 'thing.registration-undone', subject: `registration:${id}`, data: { things: r.things.length }, unit: r.unit }]);
  return { removed: r.things.length };
}
