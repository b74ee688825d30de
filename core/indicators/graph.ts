// The dependency graph of indicators: what a definition reads, in which order to compute, what a change touches, and cycles named.
import type { Indicator } from './pack.ts';

/** Codes of the indicators a definition reads. */
export function inputsOf(d: Pick<Indicator, 'source'>): string[] {
  if (d.source.kind === 'composite') return [...new Set(d.source.parts.map((p) => p.code))];
  if (d.source.kind === 'expression') return [...new Set(Object.values(d.source.inputs))];
  return [];
}

export interface Graph {
  /** 0 for what reads signals, cases or records; one more than its deepest input otherwise. */
  rank: ReadonlyMap<string, number>;
  /** Who reads a code directly. */
  readers: ReadonlyMap<string, readonly string[]>;
  /** Codes that are read but not defined, with who reads them. */
  missing: { code: string; by: string }[];
  /** Each cycle as the codes along it, first repeated last; its members have no rank. */
  cycles: string[][];
}

export function graphOf(definitions: readonly Pick<Indicator, 'code' | 'source'>[]): Graph {
  const known = new Map(definitions.map((d) => [d.code, inputsOf(d)]));
  const readers = new Map<string, string[]>();
  const missing: Graph['missing'] = [];
  for (const [code, inputs] of known)
    for (const i of inputs) {
      if (!known.has(i)) missing.push({ code: i, by: code });
      const list = readers.get(i);
      if (list) list.push(code);
      else readers.set(i, [code]);
    }
  const rank = new Map<string, number>();
  const cycles: string[][] = [];
  const bad = new Set<string>();
  const path: string[] = [];
  const on = new Set<string>();
  const visit = (code: string): number => {
    const done = rank.get(code);
    if (done !== undefined) return done;
    if (on.has(code)) {
      const cycle = [...path.slice(path.indexOf(code)), code];
      cycles.push(cycle);
      for (const c of cycle) bad.add(c);
      return 0;
    }
    on.add(code);
    path.push(code);
    let r = 0;
    for (const i of known.get(code) ?? []) if (known.has(i)) r = Math.max(r, visit(i) + 1);
    path.pop();
    on.delete(code);
    rank.set(code, r);
    return r;
  };
  for (const code of known.keys()) visit(code);
  for (const code of bad) rank.delete(code);
  return { rank, readers, missing, cycles };
}

/** Everything that a change of `codes` can change, in an order in which it may be computed. */
export function affected(g: Graph, codes: Iterable<string>): string[] {
  const out = new Set<string>();
  const queue = [...codes];
  for (let code = queue.pop(); code !== undefined; code = queue.pop())
    for (const r of g.readers.get(code) ?? [])
      if (!out.has(r) && g.rank.has(r)) {
        out.add(r);
        queue.push(r);
      }
  return [...out].sort((a, b) => g.rank.get(a)! - g.rank.get(b)! || (a < b ? -1 : 1));
}
