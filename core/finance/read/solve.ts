// Finds where the figures of a row stand when blank cells were lost: the placement for which row sums and hierarchy sums come out.
import type { ColumnRole } from '../model.ts';
import { scaled } from './text.ts';

export interface SolveRow {
  /** Figures in order (decimal strings; '' for an error value). */
  figures: string[];
  code: string | null;
  level: number | null;
}
export interface Placement {
  /** Column (index among the figure columns) of each figure. */
  columns: number[];
  /** True when exactly one placement satisfies the sums (or nothing was lost). */
  decided: boolean;
  /** For each figure: every placement that is left puts it here. */
  sure: boolean[];
  /** True when no blank was lost. */
  complete: boolean;
}

/** A row and the rows it is the sum of, column by column. */
export interface Family {
  parent: number;
  children: number[];
}

/** Sums a row must satisfy: total role = sum of part roles. Roles that are not among the columns count as blank. */
export function rowSums(roles: ColumnRole[]): { total: number; parts: number[] }[] {
  // Blocks side by side (预算数 | 决算数): each begins with its own total.
  const starts = roles.flatMap((r, i) => (r === 'total' ? [i] : []));
  if (starts.length > 1 && roles.includes('abroad')) {
    return starts.flatMap((from, k) => {
      const inner = rowSums(roles.slice(from, starts[k + 1]));
      return inner.map((x) => ({ total: x.total + from, parts: x.parts.map((p) => p + from) }));
    });
  }
  const at = (...wanted: ColumnRole[]) => wanted.flatMap((w) => (roles.includes(w) ? [roles.indexOf(w)] : []));
  const out: { total: number; parts: number[] }[] = [];
  const add = (total: ColumnRole, ...parts: ColumnRole[]) => {
    const t = at(total);
    const p = at(...parts);
    if (t.length === 1 && p.length > 0) out.push({ total: t[0]!, parts: p });
  };
  if (roles.includes('basic')) add('total', 'basic', 'project', 'superior-payment', 'operating-expenditure', 'subordinate-subsidy');
  if (roles.includes('personnel')) add(roles.includes('basic') ? 'basic' : 'total', 'personnel', 'public');
  if (roles.includes('expenditure-amount') && roles.includes('basic')) add('expenditure-amount', 'basic', 'project');
  if (roles.includes('abroad')) {
    add('vehicles', 'vehicle-purchase', 'vehicle-running');
    add('total', 'abroad', roles.includes('vehicles') ? 'vehicles' : 'vehicle-purchase', ...(roles.includes('vehicles') ? [] : (['vehicle-running'] as const)), 'reception');
  }
  if (roles.includes('prior') && roles.includes('change')) add('total', 'prior', 'change');
  if (roles.includes('general') || roles.includes('appropriation'))
    add('total', 'appropriation', 'general', 'fund', 'capital', 'special-account', 'business', 'superior', 'subordinate', 'operating', 'other', 'carry-over');
  if (roles.includes('expenditure-general')) add('expenditure-amount', 'expenditure-general', 'expenditure-fund', 'expenditure-capital');
  if (roles.includes('goods')) add('total', 'goods', 'works', 'services');
  return out;
}

/** Sums beyond this many are not followed. */
const mostSums = 400;
/**
 * Which values (in ten-thousandths of the unit) of a parent and of its children take part in a sum that comes out, for one column;
 * null when the sums are too many or none comes out (a figure is wrong, and nothing can be told by it).
 */
export function reconcile(parent: number[], children: number[][], slack: number): Set<number>[] | null {
  const reach = (lists: number[][]): number[][] | null => {
    const out: number[][] = [[0]];
    for (const list of lists) {
      const next = new Set<number>();
      for (const a of out.at(-1)!) for (const b of list) next.add(a + b);
      if (next.size > mostSums) return null;
      out.push([...next].toSorted((x, y) => x - y));
    }
    return out;
  };
  const forward = reach(children);
  const backward = forward && reach(children.toReversed());
  if (!forward || !backward) return null;
  /** Whether a sorted list holds a value within the slack of one that is wanted. */
  const holds = (list: number[], wanted: number): boolean => {
    let low = 0;
    let high = list.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (list[mid]! < wanted - slack) low = mid + 1;
      else high = mid;
    }
    return low < list.length && list[low]! <= wanted + slack;
  };
  const tops = parent.filter((p) => holds(forward.at(-1)!, p));
  if (tops.length === 0) return null;
  const fits = children.map((list, k) => {
    const after = backward[children.length - 1 - k]!;
    return new Set(list.filter((v) => tops.some((p) => forward[k]!.some((a) => holds(after, p - v - a)))));
  });
  return [new Set(tops), ...fits];
}

/** All order-preserving placements of k figures in n columns, at most `limit`. */
function placements(k: number, n: number, limit = 2000): number[][] {
  const out: number[][] = [];
  const go = (start: number, chosen: number[]) => {
    if (out.length >= limit) return;
    if (chosen.length === k) {
      out.push(chosen);
      return;
    }
    for (let c = start; c <= n - (k - chosen.length); c += 1) go(c + 1, [...chosen, c]);
  };
  go(0, []);
  return out;
}

/**
 * Places the figures of all rows of one table. `banned` columns are known to hold no money.
 * `tolerance` is in millionths (rounded tables: 0.02 of the unit). `more` are sums between rows that codes and levels do not tell.
 */
export function solve(rows: SolveRow[], roles: ColumnRole[], banned: Set<number> = new Set(), tolerance = 20_000n, more: Family[] = []): Placement[] {
  const n = roles.length;
  // Far beyond any published table: nothing is solved, the figures stand in their order.
  if (rows.length > 2500 || n > 24)
    return rows.map((row) => ({
      columns: row.figures.map((_, i) => i).filter((i) => i < n),
      decided: false,
      sure: row.figures.map(() => false),
      complete: row.figures.length >= n,
    }));
  const sums = rowSums(roles);
  const values = rows.map((r) => r.figures.map((f) => (f === '' ? 0n : scaled(f))));
  const vector = (r: number, p: number[]): bigint[] => {
    const v = new Array<bigint>(n).fill(0n);
    p.forEach((c, i) => (v[c] = values[r]![i]!));
    return v;
  };
  const near = (a: bigint, b: bigint, t: bigint) => (a > b ? a - b : b - a) <= t;
  const complete = rows.map((r) => r.figures.length >= n);
  /** Rows whose sums hold in no placement: one of their figures is wrong, wherever they stand. */
  const unfit = new Set<number>();
  const domains: number[][][] = rows.map((row, r) => {
    if (row.figures.length === 0) return [[]];
    if (complete[r]) return [row.figures.slice(0, n).map((_, i) => i)];
    const all = placements(row.figures.length, n);
    const allowed = all.filter((p) => !p.some((c, i) => banned.has(c) && values[r]![i] !== 0n));
    const fit = (list: number[][]) =>
      list.filter((p) => {
        const v = vector(r, p);
        return sums.every((s) =>
          near(
            v[s.total]!,
            s.parts.reduce((a, c) => a + v[c]!, 0n),
            tolerance,
          ),
        );
      });
    const first = fit(allowed);
    if (first.length) return first;
    const any = fit(all);
    if (any.length === 0 && sums.length > 0 && row.figures.length > 1) unfit.add(r);
    return any.length ? any : allowed.length ? allowed : all;
  });
  // Families: the total over the 类, a code over the codes it begins.
  const families: Family[] = [...more];
  const top = rows.findIndex((r) => r.level === 0);
  const listed = new Set(rows.map((r) => r.code ?? ''));
  const topChildren = rows.flatMap((r, i) =>
    r.level === 1 ||
    (r.code !== null && (r.level ?? 0) > 1 && !listed.has(r.code.slice(0, 3)) && !listed.has(r.code.slice(0, 5))) ||
    (r.code?.length === 5 && !listed.has(r.code.slice(0, 3)))
      ? [i]
      : [],
  );
  if (top >= 0 && topChildren.length) families.push({ parent: top, children: topChildren });
  const lengths = [0, 3, 5, 7];
  const under = new Map<string, number[]>();
  rows.forEach((row, i) => {
    if (!row.code || row.level === null || row.level < 2) return;
    const parent = row.code.slice(0, lengths[row.level - 1]!);
    const list = under.get(parent);
    if (list) list.push(i);
    else under.set(parent, [i]);
  });
  const claimed = new Set<string>();
  rows.forEach((row, i) => {
    const children = row.code && row.level !== null && row.level >= 1 && !claimed.has(row.code) ? under.get(row.code) : undefined;
    if (!children) return;
    claimed.add(row.code!);
    families.push({ parent: i, children });
  });
  /** Families to look at (again), by index. */
  const stale = new Set(families.keys());
  const memberOf = rows.map((): number[] => []);
  families.forEach((f, i) => [f.parent, ...f.children].forEach((r) => memberOf[r]!.push(i)));
  const touch = (r: number) => memberOf[r]!.forEach((i) => stale.add(i));
  const keep = (r: number, test: (p: number[]) => boolean): void => {
    if (domains[r]!.length <= 1) return;
    const next = domains[r]!.filter(test);
    if (next.length === 0 || next.length === domains[r]!.length) return;
    domains[r] = next;
    touch(r);
  };
  const coarse = values.map((row) => row.map((v) => Number(v / 100n)));
  const valueAt = (r: number, p: number[], c: number): number => {
    const i = p.indexOf(c);
    return i < 0 ? 0 : coarse[r]![i]!;
  };
  const has = (r: number, p: number[], c: number) => p.some((x, i) => x === c && values[r]![i] !== 0n);
  const propagate = () => {
    for (let steps = 0; steps < 40 * families.length; steps += 1) {
      const next = stale.values().next();
      if (next.done) return;
      stale.delete(next.value);
      settleFamily(families[next.value]!);
    }
  };
  const settleFamily = ({ parent, children }: Family) => {
    const members = [parent, ...children];
    for (let c = 0; c < n; c += 1) {
      if (roles[c] === 'growth') continue;
      if (domains[parent]!.every((p) => !has(parent, p, c))) for (const k of children) keep(k, (p) => !has(k, p, c));
      if (children.every((k) => domains[k]!.every((p) => !has(k, p, c)))) keep(parent, (p) => !has(parent, p, c));
    }
    for (let c = 0; c < n; c += 1) {
      if (roles[c] === 'growth') continue;
      const options = members.map((r) => [...new Set(domains[r]!.map((p) => valueAt(r, p, c)))]);
      if (options.every((o) => o.length === 1)) continue;
      const good = reconcile(options[0]!, options.slice(1), Number(tolerance) / 400 + 50 * (children.length + 1));
      if (good) members.forEach((r, i) => keep(r, (p) => good[i]!.has(valueAt(r, p, c))));
    }
    // Exact combinations while they are few.
    const product = members.reduce((a, r) => Math.min(1e6, a * domains[r]!.length), 1);
    if (product <= 1 || product > 4000) return;
    let good: Set<number>[] = members.map(() => new Set<number>());
    // All columns must come out; where one figure is wrong, all but its own column.
    let most = n - 1;
    const slack = tolerance / 4n + 5_000n * BigInt(children.length + 1);
    const go = (m: number, sum: bigint[], picks: number[]) => {
      if (m === members.length) {
        const target = vector(parent, domains[parent]![picks[0]!]!);
        const right = target.filter((t, c) => roles[c] === 'growth' || near(t, sum[c]!, slack)).length;
        if (right < most) return;
        if (right > most) {
          most = right;
          good = members.map(() => new Set<number>());
        }
        picks.forEach((x, i) => good[i]!.add(x));
        return;
      }
      domains[members[m]!]!.forEach((p, x) => {
        const v = m === 0 ? null : vector(members[m]!, p);
        go(m + 1, v ? sum.map((s, c) => s + v[c]!) : sum, [...picks, x]);
      });
    };
    go(0, new Array<bigint>(n).fill(0n), []);
    if (good[0]!.size > 0)
      members.forEach((r, i) => {
        if (good[i]!.size === domains[r]!.length) return;
        domains[r] = domains[r]!.filter((_, x) => good[i]!.has(x));
        touch(r);
      });
  };
  propagate();
  // A slip of the pen in a few rows: they stand under the columns their relatives use. Many such rows mean that the columns are not understood.
  if (unfit.size <= Math.max(1, rows.length / 10))
    for (const r of unfit) {
      const relatives = families.flatMap((f) => (f.parent === r ? f.children : f.children.includes(r) ? [f.parent] : [])).filter((k) => !unfit.has(k));
      const used = new Set(relatives.flatMap((k) => domains[k]![0]!.filter((c, i) => values[k]![i] !== 0n && domains[k]!.every((p) => p[i] === c))));
      const fits = domains[r]!.filter((p) => p.every((c) => used.size === 0 || used.has(c)) && sums.some((s) => p.includes(s.total) && s.parts.some((x) => p.includes(x))));
      if (fits.length === 1) domains[r] = fits;
    }
  const told = domains.map((list) => ({ decided: list.length === 1, list }));
  // What stays open is shown in one placement that is at least consistent with the sums of its relatives.
  let guesses = 0;
  for (let r = 0; r < rows.length && guesses < 80; r += 1) {
    if (domains[r]!.length <= 1) continue;
    guesses += 1;
    domains[r] = domains[r]!.slice(0, 1);
    touch(r);
    propagate();
  }
  return rows.map((row, r) => ({
    columns: domains[r]![0] ?? row.figures.map((_, i) => i),
    decided: told[r]!.decided,
    sure: row.figures.map((_, i) => told[r]!.list.every((p) => p[i] === told[r]!.list[0]![i])),
    complete: complete[r]! || row.figures.length === 0,
  }));
}
