// A ledger as a number with the entries behind it: what indicators of source `ledger` are made of.
import type { Data, Measure } from '#core/records/entry.ts';
import type { IndicatorSource } from '#core/indicators/pack.ts';
import type { MeasureProvider } from '../indicators/service.ts';
import type { Db } from '../platform/db.ts';
import * as store from './store.ts';

export interface LedgerQuery {
  realm: string;
  ledger: string;
  measure: Measure;
  /** The numeric field of sum, avg and max. */
  field?: string | undefined;
  /** Half-open period of the entries' own dates. */
  from: Date;
  to: Date;
  /** Unit paths whose entries count, each with all below it; `['']` is everywhere. */
  units: string[];
}
export interface Measured {
  /** Null: nothing to average or take the maximum of (an empty count or sum is 0, and that is known). */
  value: number | null;
  count: number;
}

/** The number. */
export async function ledgerValue(db: Db, q: LedgerQuery): Promise<Measured> {
  const a = await store.aggregate(db, q);
  const value = q.measure === 'count' ? a.count : q.measure === 'days' ? a.days : q.measure === 'sum' ? (a.sum ?? 0) : q.measure === 'avg' ? a.avg : a.max;
  return { value, count: a.count };
}

/** The entries behind the number, newest first, only those the reader may see. */
export async function ledgerRecords(
  db: Db,
  q: LedgerQuery,
  scope: string[],
  limit = 100,
): Promise<{ id: string; happenedAt: Date; unit: string; data: Data; value: number | null }[]> {
  const rows = await store.list(db, { realm: q.realm, ledger: q.ledger, scope, from: q.from, to: q.to, limit, units: q.units });
  return rows.map((r) => {
    const v = q.field === undefined ? undefined : r.data[q.field];
    return { id: r.id, happenedAt: r.happenedAt, unit: r.unit, data: r.data, value: typeof v === 'number' ? v : null };
  });
}

/** Answers indicators of source `ledger`. */
export const ledgerMeasure: MeasureProvider = {
  async measure(db, q) {
    const { ledger, measure, field } = q.source as LedgerSource;
    const values = new Map<string, number | null>();
    for (const unit of q.units) values.set(unit, (await ledgerValue(db, { realm: q.realm, ledger, measure, field, from: q.from, to: q.to, units: [unit] })).value);
    return values;
  },
  async evidence(db, q, limit) {
    const { ledger, measure, field } = q.source as LedgerSource;
    const rows = await ledgerRecords(db, { realm: q.realm, ledger, measure, field, from: q.from, to: q.to, units: q.units }, [''], limit);
    return rows.map((r) => ({ subject: `record:${r.id}`, title: titleOf(r.data), at: r.happenedAt, unit: r.unit, value: r.value }));
  },
};
type LedgerSource = Extract<IndicatorSource, { kind: 'ledger' }>;
/** The first words of an entry. */
const titleOf = (data: Data): string =>
  Object.values(data)
    .filter((v): v is string => typeof v === 'string' && !/^\d{4}-\d{2}-\d{2}/.test(v))
    .slice(0, 2)
    .join(' · ')
    .slice(0, 80) || '台账登记';
