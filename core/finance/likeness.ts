// How alike two Chinese names are: pairs of characters after the words that say nothing are gone.

/** NFKC without blanks, quotes and brackets, lower case. */
export const plainName = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s“”"'‘’《》（）()【】[\]、，,。.：:；;·—\-_/]/g, '');

/** The same few names are compared again and again: a small memory of their pairs. */
const memory = new Map<string, Map<string, number>>();
function pairs(text: string): Map<string, number> {
  const known = memory.get(text);
  if (known) return known;
  if (memory.size > 5000) memory.clear();
  const out = new Map<string, number>();
  memory.set(text, out);
  const t = text.length === 1 ? `${text}${text}` : text;
  for (let i = 0; i + 1 < t.length; i++) {
    const p = t.slice(i, i + 2);
    out.set(p, (out.get(p) ?? 0) + 1);
  }
  return out;
}
function count(m: Map<string, number>): number {
  let n = 0;
  for (const k of m.values()) n += k;
  return n;
}
function common(a: Map<string, number>, b: Map<string, number>): number {
  let n = 0;
  for (const [p, k] of a) n += Math.min(k, b.get(p) ?? 0);
  return n;
}

/** Dice's coefficient over pairs of characters, 0–1. */
export function dice(a: string, b: string): number {
  if (a === b) return a === '' ? 0 : 1;
  const x = pairs(a);
  const y = pairs(b);
  const n = count(x) + count(y);
  return n === 0 ? 0 : (2 * common(x, y)) / n;
}
/** Part of the pairs of `a` that `b` has too, 0–1. */
export function contained(a: string, b: string): number {
  const x = pairs(a);
  const n = count(x);
  return n === 0 ? 0 : common(x, pairs(b)) / n;
}
