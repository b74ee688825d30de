// A disclosure for programs: its tables with typed columns and every value, amounts as decimal strings in the document's unit.
import { decimal } from '../rounding.ts';
import type { OutDocument } from './document.ts';
import type { OutTable, Value } from './table.ts';
import type { TargetSheetInput } from './input.ts';

const plain = (value: Value, t: OutTable): string | null => {
  if (value === null || typeof value === 'string') return value;
  return 'fen' in value ? decimal(value.fen, t.moneyUnit) : value.percent.toFixed(1);
};

/** The object that `disclosure produce --format json` writes; keys of columns are stable, blank cells are null. */
export function dataOf(d: OutDocument): Record<string, unknown> {
  let sheet = 0;
  const sheets = [
    ...d.figures.targets.filter((t) => t.scope === 'overall'),
    ...d.figures.targets.filter((t) => t.scope === 'key-project'),
    ...d.figures.targets.filter((t) => t.scope === 'project'),
  ];
  return {
    format: 'chengshu-disclosure-tables/1',
    ...(d.demo ? { notice: '演示数据' } : {}),
    title: d.title,
    unit: d.unit,
    unitCode: d.figures.unit.code ?? null,
    department: d.figures.unit.department ?? null,
    year: d.year,
    kind: d.kind,
    moneyUnit: d.moneyUnit,
    tables: d.tables.map((t) => ({
      id: t.label,
      title: t.title,
      kind: t.kind,
      moneyUnit: t.moneyUnit,
      empty: t.empty,
      columns: t.columns.map((c) => ({ key: c.key, path: c.path, type: c.type })),
      rows: t.rows.map((r) => ({ level: r.level, values: Object.fromEntries(t.columns.map((c, i) => [c.key, plain(r.cells[i] ?? null, t)])) })),
      ...(t.form && !t.empty ? { sheet: targets(sheets[sheet++]!) } : {}),
      notes: t.notes,
    })),
    narrative: d.paragraphs,
    missing: d.missing,
    toFill: d.toFill,
  };
}

const targets = (s: TargetSheetInput) => ({
  scope: s.scope,
  project: s.project ?? null,
  goal: s.goal ?? null,
  targets: s.indicators.map((x) => ({
    level1: x.level1 ?? null,
    level2: x.level2 ?? null,
    indicator: x.name,
    nature: x.nature ?? null,
    value: x.value ?? null,
    unit: x.unit ?? null,
    weight: x.weight ?? null,
    core: x.core ?? null,
  })),
});

export const jsonOf = (d: OutDocument): string => `${JSON.stringify(dataOf(d), null, 2)}\n`;
