// Risk points of the city: what and where they are, who answers, when they were last inspected.
import type { NewRiskPoint } from '#core/indicators/contract.ts';
import { within } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { addDays } from '#core/time.ts';
import { current } from '../packs/service.ts';
import { append } from '../platform/facts.ts';
import type { Hub, Work } from '../platform/hub.ts';
import { uuidv7 } from '../platform/ids.ts';
import * as store from './store.ts';

const spanDays = (every: string): number => Number(every.slice(1, -1)) * ({ D: 1, W: 7, M: 30 }[every.at(-1) as 'D' | 'W' | 'M'] ?? 1);
const withDue = (p: store.RiskPointRow, every: string | undefined) => ({ ...p, inspectionDueOn: p.inspectedOn && every ? addDays(p.inspectedOn, spanDays(every)) : null });

export async function riskPoints(hub: Hub, q: { realm: string; scope: string[]; type?: string | undefined; after: string; limit: number }) {
  const { content } = await current(hub);
  const rows = await store.riskPoints(hub.sql, q.realm, q.scope, { type: q.type, after: q.after, limit: q.limit + 1 });
  const items = rows.slice(0, q.limit).map((p) => withDue(p, content['risk-types'].get(p.type)?.every));
  return { items, next: rows.length > q.limit ? items.at(-1)!.id : null };
}
/** Registers (no id) or changes a risk point; attributes must be those of its type, responsible posts are posts. */
export async function putRiskPoint(work: Work, p: NewRiskPoint, scope: string[], change?: { id: string; version: number }) {
  const { content } = await current(work.hub, work.tx);
  const type = content['risk-types'].get(p.type);
  if (!type) throw problem('invalid-input', { errors: [{ pointer: '/body/type', message: `没有风险点类型 ${p.type}` }] });
  for (const [k, v] of Object.entries(p.attributes)) {
    const a = type.attributes.find((x) => x.code === k);
    const fits = a && (a.type === 'number' ? typeof v === 'number' : a.type === 'flag' ? typeof v === 'boolean' : typeof v === 'string');
    if (!fits) throw problem('invalid-input', { errors: [{ pointer: `/body/attributes/${k}`, message: a ? '类型不对' : '这一类型没有这个属性' }] });
  }
  if (!scope.some((s) => within(p.unit, s))) throw problem('forbidden', { detail: '不在您的管理范围' });
  const before = change && (await store.riskPoint(work.tx, change.id));
  if (change && (!before || !scope.some((s) => within(before.unit, s)))) throw problem('not-found');
  if (before && before.version !== change!.version) throw problem('version-stale');
  const id = change?.id ?? uuidv7();
  await store.putRiskPoint(work.tx, work.realm, { id, ...p, responsible: p.responsible as Record<string, string> });
  await append(work, [
    { kind: change ? 'risk-point.changed' : 'risk-point.registered', subject: `risk-point:${id}`, data: { type: p.type, name: p.name, level: p.level }, unit: p.unit },
  ]);
  return withDue((await store.riskPoint(work.tx, id))!, type.every);
}
