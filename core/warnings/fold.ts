// Storm folding: many warnings with one cause – same parent thing, same area and rule, same rule everywhere, within a minute – under one.
/** What folding needs to know of a warning just raised. */
export interface Foldable {
  id: string;
  rule: string;
  /** 1 worst. */
  level: number;
  at: number;
  parent: string | null;
  /** Unit path of the town or area. */
  area: string;
  /** How long after the one before it still counts as coming with it, where its rule says otherwise than the options. */
  within?: number;
}
/** A storm that is open: later ones with its key join it while it is fresh. */
export interface Storm {
  id: string;
  key: string;
  lastAt: number;
}
export interface FoldOptions {
  windowMs: number;
  /** How many make a storm. */
  parent: number;
  area: number;
  rule: number;
}
/** Numbers are ours (decision): three on one parent is one cause; five alike in one town likely; twelve alike across the district likely. */
export const foldDefaults: FoldOptions = { windowMs: 60_000, parent: 3, area: 5, rule: 12 };

/** Keys a warning may fold under, most specific first: the cause, then where. */
export const foldKeys = (w: Foldable): string[] => [...(w.parent ? [`parent:${w.parent}`] : []), `area:${w.area}:${w.rule}`, `rule:${w.rule}`];

export interface Folding {
  /** Warnings that join a storm that is already open. */
  join: { storm: string; ids: string[] }[];
  /** New storms, with who is in them; `level` is the worst of them. */
  open: { key: string; ids: string[]; level: number; at: number }[];
}

/**
 * Folds `incoming` together with the still single ones of the last minute (`recent`).
 * Each warning goes under at most one storm. The result does not depend on the order within the minute.
 */
export function fold(storms: readonly Storm[], recent: readonly Foldable[], incoming: readonly Foldable[], o: FoldOptions = foldDefaults): Folding {
  const open = new Map(storms.map((s) => [s.key, { ...s }]));
  const join = new Map<string, string[]>();
  const left: Foldable[] = [];
  for (const w of [...incoming].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))) {
    const s = foldKeys(w)
      .map((k) => open.get(k))
      .find((x) => x && Math.abs(w.at - x.lastAt) <= 5 * (w.within ?? o.windowMs));
    if (s) {
      s.lastAt = Math.max(s.lastAt, w.at);
      const list = join.get(s.id);
      if (list) list.push(w.id);
      else join.set(s.id, [w.id]);
    } else left.push(w);
  }
  const result: Folding = { join: [...join].map(([storm, ids]) => ({ storm, ids })), open: [] };
  let rest = [...recent, ...left];
  for (const [kind, min] of [
    ['parent:', o.parent],
    ['area:', o.area],
    ['rule:', o.rule],
  ] as const) {
    const groups = new Map<string, Foldable[]>();
    for (const w of rest) {
      const key = foldKeys(w).find((k) => k.startsWith(kind));
      if (!key) continue;
      const g = groups.get(key);
      if (g) g.push(w);
      else groups.set(key, [w]);
    }
    const taken = new Set<string>();
    for (const [key, list] of groups) {
      list.sort((a, b) => a.at - b.at);
      // Runs in which each comes within the window of the one before.
      let run: Foldable[] = [];
      const flush = () => {
        if (run.length >= min) {
          result.open.push({ key, ids: run.map((w) => w.id), level: Math.min(...run.map((w) => w.level)), at: run[0]!.at });
          for (const w of run) taken.add(w.id);
        }
        run = [];
      };
      for (const w of list) {
        const before = run.at(-1);
        if (before && w.at - before.at > Math.min(before.within ?? o.windowMs, w.within ?? o.windowMs)) flush();
        run.push(w);
      }
      flush();
    }
    rest = rest.filter((w) => !taken.has(w.id));
  }
  return result;
}
