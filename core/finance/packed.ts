// Writes a read disclosure as JSON without losing that a view and its table hold the very same cell, and reads it back.
import type { Disclosure } from './model.ts';

/** Objects that stand in two places are written once; elsewhere stands `{"$": number}`, the number of the object in order of writing. */
export function packDisclosure(d: Disclosure): string {
  const numbers = new Map<object, number>();
  const write = (v: unknown): unknown => {
    if (v === undefined) return undefined;
    if (typeof v === 'string') return v.replaceAll('\u0000', '').toWellFormed();
    if (v === null || typeof v !== 'object') return v;
    const seen = numbers.get(v);
    if (seen !== undefined) return { $: seen };
    numbers.set(v, numbers.size);
    if (Array.isArray(v)) return v.map(write);
    const out: Record<string, unknown> = {};
    for (const [k, x] of Object.entries(v)) {
      const w = write(x);
      if (w !== undefined) out[k] = w;
    }
    return out;
  };
  return JSON.stringify(write(d));
}

/** The inverse of `packDisclosure`. Throws when the text was not written by it. */
export function unpackDisclosure(text: string): Disclosure {
  const objects: object[] = [];
  const read = (v: unknown): unknown => {
    if (v === null || typeof v !== 'object') return v;
    if (!Array.isArray(v)) {
      const ref = (v as { $?: unknown }).$;
      if (typeof ref === 'number') {
        const found = objects[ref];
        if (!found) throw new Error('damaged disclosure');
        return found;
      }
    }
    // Numbered in the order of writing: before its children.
    if (Array.isArray(v)) {
      const list: unknown[] = [];
      objects.push(list);
      for (const x of v) list.push(read(x));
      return list;
    }
    const out: Record<string, unknown> = {};
    objects.push(out);
    for (const [k, x] of Object.entries(v)) out[k] = read(x);
    return out;
  };
  return read(JSON.parse(text)) as Disclosure;
}
