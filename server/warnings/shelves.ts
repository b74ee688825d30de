// Shelves and maintenance windows as people see them: those that run and those ahead; ended before their time.
import { within } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { append } from '../platform/facts.ts';
import type { Hub, Work } from '../platform/hub.ts';
import { setTimer } from '../platform/timers.ts';

export interface Shelf {
  id: string;
  kind: string;
  rule: string | null;
  thing: string | null;
  thingName: string | null;
  unit: string;
  from: Date;
  until: Date;
  reason: string;
  by: string;
}

/** Windows that are not over yet, within the reader's units or around them. */
export async function listShelves(hub: Hub, realm: string, scope: string[]): Promise<Shelf[]> {
  const now = await hub.now(realm);
  const all = await hub.sql<Shelf[]>`
    select s.id, s.kind, s.rule, s.thing_id::text as thing, t.name as "thingName", s.unit, s.from_at as "from", s.until_at as until, s.reason, s.by
    from warning_shelves s left join things t on t.id = s.thing_id where s.realm = ${realm} and s.until_at > ${now} order by s.from_at, s.id`;
  return all.filter((s) => scope.some((p) => within(s.unit, p) || within(p, s.unit)));
}

/**
 * Ends a window now; one that has not begun never does. What it shelved and still holds calls again at once, by the timer that would
 * have called at its end. Refuses with `not-found` outside the caller's units.
 */
export async function endShelf(work: Work, id: string, scope: string[]): Promise<undefined> {
  const [s] = await work.tx<{ unit: string; from: Date; until: Date }[]>`
    select unit, from_at as "from", until_at as until from warning_shelves where id = ${id} and realm = ${work.realm} for update`;
  if (!s || !scope.some((p) => within(s.unit, p))) throw problem('not-found', { detail: '没有这个窗口，或不在您的范围内' });
  if (s.until <= work.at) return undefined;
  // A window may not end before it begins.
  await work.tx`update warning_shelves set from_at = least(from_at, ${work.at}::timestamptz - interval '1 second'), until_at = ${work.at} where id = ${id}`;
  if (s.from <= work.at) {
    const held = await work.tx<{ id: string; version: number }[]>`
      select w.id, w.version from warnings w join warning_shelves s on s.id = ${id} where w.realm = ${work.realm} and w.state = 'shelved' and w.shelved_until = ${s.until}
        and (s.rule is null or s.rule = w.rule) and (s.thing_id is null or s.thing_id = w.thing_id or s.thing_id = w.parent_id) for update of w`;
    for (const w of held) {
      await work.tx`update warnings set shelved_until = ${work.at}, version = version + 1 where id = ${w.id}`;
      await setTimer(work, { subject: `warning:${w.id}`, kind: 'warning.unshelve', generation: w.version + 1, dueAt: work.at, data: {} });
    }
  }
  await append(work, [{ kind: 'warning.shelf-ended', subject: `shelf:${id}`, data: { until: s.until.toISOString() }, unit: s.unit }]);
  return undefined;
}
