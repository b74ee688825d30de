// Rounds a tree of exact amounts so that every sum of the rounded figures holds: largest remainder, from the total down.

/**
 * Parts (fen) rounded to multiples of `step` that sum to `total` (itself a multiple of step and within one step of the exact sum).
 * Each part becomes the multiple below or above it; the largest remainders are rounded up, earlier parts first among equals.
 * A pinned part takes its pin (a multiple next to it) as long as the others can still make up the total.
 */
export function apportion(total: number, parts: readonly number[], step: number, pins: readonly (number | undefined)[] = []): number[] {
  if (step === 1) return [...parts];
  const floor = parts.map((p) => Math.floor(p / step) * step);
  const rest = parts.map((p, i) => p - floor[i]!);
  const pinned = parts.map((_, i) => pins[i] !== undefined && pins[i]! - floor[i]! >= 0 && pins[i]! - floor[i]! <= (rest[i]! > 0 ? step : 0));
  const share = (free: (i: number) => boolean): number[] | null => {
    const out = floor.map((f, i) => (free(i) ? f : pins[i]!));
    let left = Math.round((total - out.reduce((s, x) => s + x, 0)) / step);
    if (left < 0) return null;
    const order = parts.map((_, i) => i).filter((i) => free(i) && rest[i]! > 0);
    for (const i of order.toSorted((a, b) => rest[b]! - rest[a]! || a - b).slice(0, left)) {
      out[i] = out[i]! + step;
      left -= 1;
    }
    return left === 0 ? out : null;
  };
  const out = (pinned.some(Boolean) ? share((i) => !pinned[i]) : null) ?? share(() => true);
  if (!out) throw new RangeError('the total is not within one step of the sum of its parts');
  return out;
}

/** Half up to a multiple of step. */
export const roundTo = (fen: number, step: number): number => Math.floor((fen + step / 2) / step) * step;

/** A leaf that is set, or a sum that is split in one or more ways (each way a partition of the same amount). */
export interface Amount {
  exact: number;
  ways: Amount[][];
  set?: (fen: number) => void;
  /** The figure it should print if the sums allow it. */
  pin?: number;
}
/** What is equal to another exact amount should print as that one does: 持平 stays 持平. */
export const like = (amount: Amount, other: { exact: number; printed: number }): Amount => (amount.exact === other.exact ? { ...amount, pin: other.printed } : amount);
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
        way.map((a) => a.pin),
      );
      way.forEach((a, i) => stack.push({ node: a, fen: parts[i]! }));
    }
  }
}
