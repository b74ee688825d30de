// Rounds a tree of exact amounts so that every sum of the rounded figures holds: largest remainder, from the total down.

/**
 * Parts (fen) rounded to multiples of `step` that sum to `total` (itself a multiple of step and within one step of the exact sum).
 * Each part becomes the multiple below or above it; the largest remainders are rounded up, earlier parts first among equals.
 */
export function apportion(total: number, parts: readonly number[], step: number): number[] {
  if (step === 1) return [...parts];
  const floor = parts.map((p) => Math.floor(p / step) * step);
  let left = Math.round((total - floor.reduce((s, x) => s + x, 0)) / step);
  const order = parts.map((p, i) => ({ i, rest: p - floor[i]! })).toSorted((a, b) => b.rest - a.rest || a.i - b.i);
  for (const { i, rest } of order) {
    if (left <= 0 || rest === 0) break;
    floor[i] = floor[i]! + step;
    left -= 1;
  }
  if (left !== 0) throw new RangeError('the total is not within one step of the sum of its parts');
  return floor;
}

/** Half up to a multiple of step. */
export const roundTo = (fen: number, step: number): number => Math.floor((fen + step / 2) / step) * step;

/** A leaf that is set, or a sum that is split in one or more ways (each way a partition of the same amount). */
export interface Amount {
  exact: number;
  ways: Amount[][];
  set?: (fen: number) => void;
}
export const leaf = (exact: number, set: (fen: number) => void, ...ways: Amount[][]): Amount => ({ exact, set, ways: ways.filter((w) => w.length > 0) });
/** A sum of parts; further partitions must have the same exact sum. */
export const sum = (first: Amount[], ...more: Amount[][]): Amount => ({ exact: first.reduce((s, a) => s + a.exact, 0), ways: [first, ...more].filter((w) => w.length > 0) });

/** Sets every amount of a tree: the root half up, everything below by largest remainder. */
export function settle(root: Amount, step: number): void {
  const stack: { node: Amount; fen: number }[] = [{ node: root, fen: roundTo(root.exact, step) }];
  while (stack.length) {
    const { node, fen } = stack.pop()!;
    node.set?.(fen);
    for (const way of node.ways) {
      const parts = apportion(
        fen,
        way.map((a) => a.exact),
        step,
      );
      way.forEach((a, i) => stack.push({ node: a, fen: parts[i]! }));
    }
  }
}
