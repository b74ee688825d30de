// The public JSON of a checked disclosure (the contract of `disclosure check --format json`).
import type { CheckReport } from '../check/report.ts';
import type { Disclosure, Place } from '../model.ts';

export interface FailedFile {
  file: string;
  error: { code: string; message: string };
}

/** One document of a run: read and checked, or an error. */
export type Outcome = { file: string; disclosure: Disclosure; report: CheckReport } | FailedFile;

/** Page or line of a place; of several files also which one; `rows` adds the row of a page. */
export function placeJson(place: Place, d: Disclosure, rows = false): Record<string, number | string> {
  const out: Record<string, number | string> = {};
  if (d.files.length > 1 && place.file !== undefined) out.file = d.files[place.file] ?? '';
  if (place.line !== undefined) out.line = place.line;
  else {
    out.page = place.page ?? 1;
    if (rows && place.row !== undefined) out.row = place.row;
  }
  return out;
}

export function documentJson(o: Outcome): Record<string, unknown> {
  if ('error' in o) return { file: o.file, error: o.error };
  const d = o.disclosure;
  return {
    file: o.file,
    unit: d.unit,
    year: d.year,
    kind: d.kind,
    moneyUnit: d.moneyUnit,
    tables: d.tables.map((t) => ({ id: t.id, title: t.title, kind: t.kind, rows: t.rows.length, place: placeJson(t.place, d, true) })),
    targets: d.targets.map((t) => ({
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
      place: placeJson(t.place, d),
    })),
    findings: o.report.findings.map((f) => ({
      rule: f.rule,
      class: f.class,
      severity: f.severity,
      places: f.places.map((p) => ({ ...placeJson(p, d), table: p.table })),
      figures: f.figures,
      difference: f.difference,
      message: f.message,
    })),
    checks: o.report.checks,
    unread: d.unread.map((u) => ({ ...placeJson(u.place, d), text: u.text })),
  };
}

/** The whole output; documents in the order of the files. */
export const outcomesJson = (outcomes: Outcome[]): string => JSON.stringify({ documents: outcomes.map(documentJson) }, null, 2);
