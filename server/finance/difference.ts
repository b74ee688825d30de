// The difference between two stored versions of a disclosure, in the words of the contract.
import type { Difference } from '#core/finance/contract.ts';
import { type ComparedCell, cellChanges, targetChanges } from '#core/finance/difference.ts';
import type { Db } from '../platform/db.ts';
import * as store from './store.ts';
import { targetsOf } from './store-targets.ts';

type Of = Pick<store.DisclosureRow, 'realm' | 'unit' | 'year' | 'kind'>;

async function comparable(db: Db, id: string): Promise<{ tables: string[]; cells: ComparedCell[] }> {
  const [tables, rows, cells] = [await store.tables(db, id), await store.rows(db, id), await store.cells(db, id)];
  const names = new Map(tables.map((t) => [t.n, `${t.id} ${t.title}`.trim()]));
  const columns = new Map(tables.map((t) => [t.n, t.columns]));
  const lines = new Map(rows.map((r) => [`${r.t}/${r.n}`, [r.code, r.name].filter(Boolean).join(' ') || `第${r.n + 1}行`]));
  return {
    tables: [...names.values()],
    cells: cells
      .filter((c) => c.text !== '')
      .map((c) => ({
        table: names.get(c.t)!,
        row: lines.get(`${c.t}/${c.r}`) ?? '',
        column: columns.get(c.t)?.[c.n]?.path.join('/') || `第${c.n + 1}列`,
        text: c.text,
      })),
  };
}

export async function differenceOf(db: Db, from: { id: string; number: number }, to: { id: string; number: number }, of: Of): Promise<Difference> {
  const [a, b] = [await comparable(db, from.id), await comparable(db, to.id)];
  const { cells, more } = cellChanges(a.cells, b.cells);
  const [oldTargets, newTargets] = [await targetsOf(db, from.id), await targetsOf(db, to.id)];
  const [oldFindings, newFindings] = [await store.findings(db, { ...of, id: from.id }), await store.findings(db, { ...of, id: to.id })];
  const before = new Map(oldFindings.map((f) => [f.key, f]));
  const after = new Set(newFindings.map((f) => f.key));
  return {
    from: { id: from.id, number: from.number },
    to: { id: to.id, number: to.number },
    tables: { added: b.tables.filter((t) => !a.tables.includes(t)), removed: a.tables.filter((t) => !b.tables.includes(t)) },
    cells,
    cellsMore: more,
    targets: targetChanges(oldTargets, newTargets),
    findings: [
      ...newFindings.flatMap((f): Difference['findings'] => {
        const old = before.get(f.key);
        if (!old) return [{ key: f.key, change: 'added', severity: f.severity, message: f.message, before: null, status: f.status }];
        return old.message !== f.message ? [{ key: f.key, change: 'changed', severity: f.severity, message: f.message, before: old.message, status: f.status }] : [];
      }),
      ...oldFindings
        .filter((f) => !after.has(f.key))
        .map((f) => ({ key: f.key, change: 'removed' as const, severity: f.severity, message: f.message, before: f.message, status: f.status })),
    ],
  };
}
