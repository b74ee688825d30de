// What differs between two versions of a disclosure: tables, cells, targets, findings; and stable keys that carry what people decided.
import { dice, plainName } from './likeness.ts';
import type { Finding } from './check/report.ts';

export interface ComparedCell {
  /** Kind and title of its table, its row and column in words: what a cell is recognised by in another version. */
  table: string;
  row: string;
  column: string;
  text: string;
}
export interface CellChange {
  table: string;
  row: string;
  column: string;
  change: 'added' | 'removed' | 'changed';
  before: string | null;
  after: string | null;
}

/** Cells that are only in one version, or differ. Rows and columns that occur twice are told apart by their order. */
export function cellChanges(before: ComparedCell[], after: ComparedCell[], most = 2000): { cells: CellChange[]; more: number } {
  const index = (cells: ComparedCell[]) => {
    const times = new Map<string, number>();
    const out = new Map<string, ComparedCell>();
    for (const c of cells) {
      const key = JSON.stringify([c.table, c.row, c.column]);
      const n = (times.get(key) ?? 0) + 1;
      times.set(key, n);
      out.set(`${key}#${n}`, c);
    }
    return out;
  };
  const a = index(before);
  const b = index(after);
  const all: CellChange[] = [];
  for (const [key, c] of b) {
    const old = a.get(key);
    if (!old) all.push({ table: c.table, row: c.row, column: c.column, change: 'added', before: null, after: c.text });
    else if (old.text !== c.text) all.push({ table: c.table, row: c.row, column: c.column, change: 'changed', before: old.text, after: c.text });
  }
  for (const [key, c] of a) if (!b.has(key)) all.push({ table: c.table, row: c.row, column: c.column, change: 'removed', before: c.text, after: null });
  return { cells: all.slice(0, most), more: Math.max(0, all.length - most) };
}

export interface KeyedTarget {
  key: string;
  project: string | null;
  sheet: string;
  indicator: string;
  level1: string | null;
  level2: string | null;
  nature: string | null;
  value: string | null;
  unit: string | null;
  weight: string | null;
  core: boolean | null;
}
export interface TargetChange {
  key: string;
  project: string | null;
  indicator: string;
  change: 'added' | 'removed' | 'changed';
  fields: { field: string; before: string | null; after: string | null }[];
}
const fields = ['indicator', 'level1', 'level2', 'nature', 'value', 'unit', 'weight', 'core'] as const;
const shown = (v: string | boolean | null): string | null => (typeof v === 'boolean' ? (v ? '是' : '否') : v);

export function targetChanges(before: KeyedTarget[], after: KeyedTarget[]): TargetChange[] {
  const old = new Map(before.map((t) => [t.key, t]));
  const now = new Set(after.map((t) => t.key));
  const out: TargetChange[] = [];
  for (const t of after) {
    const o = old.get(t.key);
    if (!o) out.push({ key: t.key, project: t.project, indicator: t.indicator, change: 'added', fields: [] });
    else {
      const changed = fields.filter((f) => o[f] !== t[f]).map((f) => ({ field: f, before: shown(o[f]), after: shown(t[f]) }));
      if (changed.length) out.push({ key: t.key, project: t.project, indicator: t.indicator, change: 'changed', fields: changed });
    }
  }
  for (const t of before) if (!now.has(t.key)) out.push({ key: t.key, project: t.project, indicator: t.indicator, change: 'removed', fields: [] });
  return out;
}

/** What a target is recognised by in its unit, year and kind: sheet, project, name, and its order among its like. */
export function targetIdentities(targets: { sheet: string; project: string | null; indicator: string }[]): string[] {
  const times = new Map<string, number>();
  return targets.map((t) => {
    const base = `${t.sheet === 'overall' ? 'overall' : 'project'}/${plainName(t.project ?? '')}/${plainName(t.indicator)}`;
    const n = (times.get(base) ?? 0) + 1;
    times.set(base, n);
    return `${base}/${n}`;
  });
}

/**
 * Keys of the targets of a new version: those of the same identity keep theirs; of the rest, a target that is much like just one that
 * disappeared from its sheet takes over its key (a name that was corrected). `make` gives the key of an identity.
 */
export function carryKeys(
  before: { key: string; sheet: string; project: string | null; indicator: string; value: string | null; unit: string | null }[],
  after: { sheet: string; project: string | null; indicator: string; value: string | null; unit: string | null }[],
  make: (identity: string) => string,
): { keys: string[]; renamed: { key: string; from: string; to: string }[] } {
  const old = targetIdentities(before);
  const byIdentity = new Map(old.map((id, i) => [id, before[i]!]));
  const ids = targetIdentities(after);
  const keys: (string | null)[] = ids.map((id) => byIdentity.get(id)?.key ?? null);
  const used = new Set(keys.filter((k) => k !== null));
  const free = before.filter((b) => !used.has(b.key));
  const renamed: { key: string; from: string; to: string }[] = [];
  const group = (t: { sheet: string; project: string | null }) => `${t.sheet === 'overall' ? 'overall' : 'project'}/${plainName(t.project ?? '')}`;
  const pairs = after
    .flatMap((t, i) =>
      keys[i] !== null
        ? []
        : free
            .filter((b) => group(b) === group(t))
            .map((b) => ({ i, b, like: dice(plainName(b.indicator), plainName(t.indicator)) + (b.value === t.value && b.unit === t.unit ? 0.15 : 0) })),
    )
    .filter((p) => p.like >= 0.7)
    .toSorted((x, y) => y.like - x.like || x.i - y.i);
  const taken = new Set<string>();
  for (const { i, b } of pairs) {
    if (keys[i] !== null || taken.has(b.key)) continue;
    keys[i] = b.key;
    taken.add(b.key);
    renamed.push({ key: b.key, from: b.indicator, to: after[i]!.indicator });
  }
  const all = new Set([...used, ...taken]);
  return {
    keys: keys.map((k, i) => {
      if (k !== null) return k;
      // A key made from an identity may already belong to a target that was renamed away from it.
      let made = make(ids[i]!);
      for (let n = 2; all.has(made); n++) made = make(`${ids[i]!}~${n}`);
      all.add(made);
      return made;
    }),
    renamed,
  };
}

/** What a finding is recognised by in another version: rule, tables, and its words without the figures. Several of a kind are told apart by their order. */
export function findingIdentities(findings: readonly Pick<Finding, 'rule' | 'places' | 'message'>[]): string[] {
  const times = new Map<string, number>();
  return findings.map((f) => {
    const tables = [...new Set(f.places.map((p) => p.table ?? ''))].sort().join(',');
    const base = `${f.rule}|${tables}|${f.message.normalize('NFKC').replace(/-?\d+(?:,\d{3})*(?:\.\d+)?/g, '#')}`;
    const n = (times.get(base) ?? 0) + 1;
    times.set(base, n);
    return `${base}|${n}`;
  });
}
