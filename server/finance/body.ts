// What is stored of a read disclosure: rows for tables, cells, targets, sheets and findings, made from the model.
import { createHash } from 'node:crypto';
import type { Finding } from '#core/finance/check/report.ts';
import { findingIdentities } from '#core/finance/difference.ts';
import type { Column, Disclosure, MoneyUnit, Table } from '#core/finance/model.ts';
import { fenOf } from '#core/finance/rounding.ts';
import type { CellRow, FindingRow, RowRow, TableRow } from './store.ts';
import type { NewTarget, SheetRow } from './store-targets.ts';

/** 32 hexadecimal digits of a digest: the form of stable keys. */
export const keyOf = (...parts: (string | number)[]): string => createHash('sha256').update(parts.join('\u001f')).digest('hex').slice(0, 32);

const words = new Set([
  'code',
  'name',
  'unit-code',
  'unit-name',
  'project-name',
  'line-number',
  'income-name',
  'income-line',
  'expenditure-name',
  'expenditure-line',
  'text',
  'growth',
]);
/** Whether a column holds amounts of money. */
export const isMoney = (c: Column | undefined): boolean => c !== undefined && !words.has(c.role);
const unitOf = (t: Table, d: Disclosure): MoneyUnit => t.moneyUnit ?? d.moneyUnit ?? '万元';

export const tableRows = (d: Disclosure): TableRow[] =>
  d.tables.map((t, n) => ({
    n,
    id: t.id,
    title: t.title,
    kind: t.kind,
    moneyUnit: t.moneyUnit,
    columns: t.columns,
    rows: t.rows.length,
    empty: t.empty,
    notes: t.notes,
    remarks: t.remarks,
    place: t.place,
    confidence: t.confidence,
  }));
export const rowRows = (d: Disclosure): RowRow[] =>
  d.tables.flatMap((t, k) => t.rows.map((r, n) => ({ t: k, n, code: r.code, name: r.name, level: r.level, repeats: r.repeats ?? null, place: r.place })));
/** Cells that are not blank or that were read with doubt; `as` is the reading before corrections. */
export const cellRows = (d: Disclosure, as: Disclosure = d): CellRow[] =>
  d.tables.flatMap((t, k) =>
    t.rows.flatMap((row, r) =>
      row.cells.flatMap((c, n): CellRow[] => {
        const first = as.tables[k]!.rows[r]!.cells[n]!;
        const was = first.text === c.text ? null : first.text;
        if (c.text === '' && was === null && c.confidence >= 1 && !c.notes?.length) return [];
        const fen = c.value !== null && isMoney(t.columns[n]) ? fenOf(c.value, unitOf(t, d)) : null;
        return [{ t: k, r, n, text: c.text, value: c.value, fen, confidence: c.confidence, notes: c.notes ?? [], place: c.place, was }];
      }),
    ),
  );
/** Targets in the order of the model; `keys` as long as they are many. */
export const targetRows = (d: Disclosure, keys: string[]): NewTarget[] => {
  const scopes = new Map(d.targetSheets.flatMap((s) => s.targets.map((t) => [t, s.scope] as const)));
  return d.targets.map((t, n) => ({
    n,
    key: keys[n]!,
    sheet: scopes.get(t) ?? 'overall',
    table: t.table,
    project: t.project,
    level1: t.level1,
    level2: t.level2,
    indicator: t.indicator,
    nature: t.nature,
    value: t.value,
    unit: t.unit,
    weight: t.weight,
    core: t.core,
    confidence: t.confidence,
    place: t.place,
  }));
};
export const sheetRows = (d: Disclosure): SheetRow[] =>
  d.targetSheets.map((s, n) => ({
    n,
    sheet: s.scope,
    project: s.project,
    goal: s.goal?.text || null,
    budget: s.budget?.value != null ? fenOf(s.budget.value, s.budgetUnit ?? unitOf(s.table, d)) : null,
    executionWeight: s.executionWeight?.value ?? null,
    projectCode: s.projectCode,
    department: s.department,
    parts: s.budgetParts.map((p) => ({ label: p.label, fen: p.cell.value === null ? null : fenOf(p.cell.value, s.budgetUnit ?? unitOf(s.table, d)) })),
    fields: s.fields.map((f) => ({ label: f.label, text: f.cell.text })).filter((f) => f.text !== ''),
  }));
export const findingRows = (findings: Finding[]): FindingRow[] => {
  const ids = findingIdentities(findings);
  return findings.map((f, n) => ({ ...f, n, key: keyOf('finding', ids[n]!) }));
};
