// Inspections of risk points as the ledger tells them: entered, corrected or voided there, the point's last inspection follows.
import type { Fact } from '#core/fact.ts';
import { problem } from '#core/problem.ts';
import { within } from '#core/people/roles.ts';
import { current } from '../packs/service.ts';
import { append } from '../platform/facts.ts';
import type { Hub, Work } from '../platform/hub.ts';
import * as store from './store.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
interface Entry {
  ledger?: string;
  unit?: string;
  data?: Record<string, unknown>;
  changes?: { name: string; after: unknown }[];
}

/** Takes what facts of records say about risk points; facts of other ledgers and of points that are not there change nothing. The same facts again change nothing. */
export async function followInspections(work: Work, facts: readonly Pick<Fact, 'kind' | 'subject' | 'by' | 'at' | 'data'>[]): Promise<void> {
  const told = facts.filter((f) => /^record\.(created|amended|voided)$/.test(f.kind));
  if (!told.length) return;
  const { content } = await current(work.hub, work.tx);
  const ledgers = new Set([...content['risk-types'].values()].map((t) => t.inspection));
  for (const f of told) {
    const e = f.data as Entry;
    if (!e.ledger || !ledgers.has(e.ledger)) continue;
    const record = f.subject.slice('record:'.length);
    const touched = new Set<string>();
    const [before] = await work.tx<{ point: string; on: string; found: number }[]>`
      select point, to_char(inspected_on, 'YYYY-MM-DD') as on, found from risk_inspections where record = ${record}`;
    if (before) touched.add(before.point);
    if (f.kind === 'record.voided') await work.tx`update risk_inspections set void = true where record = ${record}`;
    else {
      const said = { ...before, ...e.data, ...Object.fromEntries((e.changes ?? []).map((c) => [c.name, c.after])) };
      const point = typeof said.point === 'string' && UUID.test(said.point) ? await store.riskPoint(work.tx, said.point) : undefined;
      // An entry counts for points of its own unit and those below it: nobody speaks for another unit's.
      if (!point || !e.unit || !within(point.unit, e.unit) || content['risk-types'].get(point.type)?.inspection !== e.ledger || typeof said.on !== 'string' || !DAY.test(said.on))
        continue;
      const found = typeof said.found === 'number' ? Math.trunc(said.found) : 0;
      await work.tx`
        insert into risk_inspections (record, point, inspected_on, found, by, at) values (${record}, ${point.id}, ${said.on}, ${found}, ${f.by}, ${f.at})
        on conflict (record) do update set point = excluded.point, inspected_on = excluded.inspected_on, found = excluded.found`;
      touched.add(point.id);
    }
    for (const id of touched) {
      const [p] = await work.tx<{ unit: string; on: string | null }[]>`
        update risk_points p set version = version + 1, inspected_on = (
          select max(d) from (
            select i.inspected_on as d from risk_inspections i where i.point = p.id and not i.void
            -- What was said at registration stands until an entry is put right.
            union all select p.inspected_on where ${f.kind === 'record.created'}) x)
        where id = ${id} returning unit, to_char(inspected_on, 'YYYY-MM-DD') as on`;
      await append(work, [{ kind: 'risk-point.inspected', subject: `risk-point:${id}`, data: { record, on: p!.on, void: f.kind === 'record.voided' }, unit: p!.unit }]);
    }
  }
}

/** The last inspections of one point, newest first; 404 outside the reader's units. */
export async function inspections(hub: Hub, id: string, scope: string[]) {
  const p = await store.riskPoint(hub.sql, id);
  if (!p || !scope.some((s) => within(p.unit, s))) throw problem('not-found');
  return hub.sql<{ record: string; on: string; found: number; void: boolean; by: string }[]>`
    select i.record, to_char(i.inspected_on, 'YYYY-MM-DD') as on, i.found, i.void, coalesce(a.post_name, i.by) as by from risk_inspections i left join accounts a on i.by = 'account:' || a.id::text
    where i.point = ${id} order by i.inspected_on desc, i.record desc limit 50`;
}
