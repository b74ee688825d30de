// What the reading view needs to know of a table: header with spans, tree of its rows, sums of parts, and which places mean which cell. Pure.
import type { Place } from '#core/finance/source.ts';

export interface GridCellLike {
  c: number;
  text: string;
  value: string | null;
  fen: number | null;
  confidence: number;
  notes: string[];
  place: Place;
  was: string | null;
}
export interface GridRowLike {
  r: number;
  code: string | null;
  name: string | null;
  level: number | null;
  parent: number | null;
  place: Place;
  cells: GridCellLike[];
}
export interface HeaderCell {
  text: string;
  column: number;
  columns: number;
  rows: number;
}

/** Header rows with spans from the columns' header paths; neighbours under the same words share a cell. */
export function headerOf(columns: { path: string[] }[]): HeaderCell[][] {
  const depth = Math.max(1, ...columns.map((c) => c.path.length));
  const out: HeaderCell[][] = Array.from({ length: depth }, () => []);
  for (let level = 0; level < depth; level++) {
    for (let i = 0; i < columns.length;) {
      const path = columns[i]!.path;
      if (path.length <= level) {
        if (level === 0) out[0]!.push({ text: '', column: i, columns: 1, rows: depth });
        i++;
        continue;
      }
      const last = path.length === level + 1;
      let n = 1;
      if (!last) {
        const same = (o: string[]) => o.length > level + 1 && path.slice(0, level + 1).every((x, k) => o[k] === x);
        while (i + n < columns.length && same(columns[i + n]!.path)) n++;
      }
      out[level]!.push({ text: path[level]!, column: i, columns: n, rows: last ? depth - level : 1 });
      i += n;
    }
  }
  return out;
}

/** Rows with a cell in every column: blank ones are not sent. */
export function padded<R extends GridRowLike>(rows: readonly R[], columns: number): R[] {
  return rows.map((row) => {
    const byColumn = new Map(row.cells.map((c) => [c.c, c]));
    const cells = Array.from({ length: columns }, (_, c) => byColumn.get(c) ?? { c, text: '', value: null, fen: null, confidence: 1, notes: [], place: row.place, was: null });
    return { ...row, cells };
  });
}

/** Depth of each row in the tree, and which rows have parts. */
export function treeOf(rows: readonly GridRowLike[]): { depth: Map<number, number>; parts: Map<number, GridRowLike[]> } {
  const byNumber = new Map(rows.map((r) => [r.r, r]));
  const depth = new Map<number, number>();
  const parts = new Map<number, GridRowLike[]>();
  for (const row of rows) {
    if (row.parent !== null && byNumber.has(row.parent)) parts.set(row.parent, [...(parts.get(row.parent) ?? []), row]);
    let d = 0;
    for (let p = row.parent; p !== null && d < 12; p = byNumber.get(p)?.parent ?? null) d++;
    depth.set(row.r, d);
  }
  return { depth, parts };
}
/** Rows not under a folded one. */
export function unfolded<R extends GridRowLike>(rows: readonly R[], folded: ReadonlySet<number>): R[] {
  const byNumber = new Map(rows.map((r) => [r.r, r]));
  return rows.filter((row) => {
    for (let p = row.parent, n = 0; p !== null && n < 12; p = byNumber.get(p)?.parent ?? null, n++) if (folded.has(p)) return false;
    return true;
  });
}
/** Sum in fen of a column over the parts of a row; null when no part has a figure. */
export function sumOfParts(parts: readonly GridRowLike[] | undefined, column: number): number | null {
  let sum: number | null = null;
  for (const p of parts ?? []) {
    const fen = p.cells[column]?.fen;
    if (fen !== null && fen !== undefined) sum = (sum ?? 0) + fen;
  }
  return sum;
}

/** Read with real doubt; figures placed by sums alone are certain enough. */
export const isUncertain = (c: GridCellLike): boolean => c.confidence < 0.9 || c.notes.includes('undecided') || c.notes.includes('stray') || c.notes.includes('error-value');

/** Whether two places are the same as far as both say. A row or column that only one names does not part them. */
export function samePlace(a: Place, b: Place): boolean {
  const same = (x: number | undefined, y: number | undefined) => x === undefined || y === undefined || x === y;
  if ((a.file ?? 0) !== (b.file ?? 0)) return false;
  const anchored = (a.line !== undefined && b.line !== undefined) || (a.row !== undefined && b.row !== undefined);
  return anchored && same(a.page, b.page) && same(a.line, b.line) && same(a.row, b.row);
}

const plain = (value: string | null): string | null => {
  if (value === null) return null;
  const t = value.replace(/[,，%％\s]/g, '');
  return /^-?\d+(\.\d+)?$/.test(t) ? String(Number(t)) : t || null;
};

/** Cells a finding's place means: the one in its column, else those with one of its figures, else the whole row. */
export function cellsAt(rows: readonly GridRowLike[], place: Place, figures: readonly { value: string }[]): { r: number; c: number }[] {
  const values = new Set(figures.map((f) => plain(f.value)).filter((v) => v !== null && v !== '0'));
  const out: { r: number; c: number }[] = [];
  for (const row of rows) {
    const cells = row.cells.filter((c) => samePlace(c.place, place) || samePlace(row.place, place));
    if (!cells.length) continue;
    const inColumn = place.column === undefined ? [] : cells.filter((c) => c.place.column === place.column && samePlace(c.place, place));
    const withFigure = cells.filter((c) => values.has(plain(c.value ?? c.text)));
    const named = inColumn.length ? inColumn : withFigure.length ? withFigure : cells.filter((c) => c.text !== '');
    out.push(...named.map((c) => ({ r: row.r, c: c.c })));
  }
  return out;
}

export interface SourceLine {
  place: Place;
  text: string | null;
  cells: string[] | null;
}
/** Texts without pages are shown by 400 lines. */
export const pageOf = (place: Place): number => place.page ?? Math.floor(((place.line ?? 1) - 1) / 400) + 1;

/**
 * The line of the page that a row was read from (−1 when none). Rows of several tables of one page may share their number: the line
 * that has most of the row's words is taken.
 */
export function lineOf(lines: readonly SourceLine[], row: Pick<GridRowLike, 'place' | 'cells'>, cell?: GridCellLike): number {
  const place = cell?.place ?? row.place;
  const words = row.cells.map((c) => c.was ?? c.text).filter((t) => t !== '');
  let best = -1;
  let most = -1;
  for (const [i, line] of lines.entries()) {
    if (!samePlace(line.place, place)) continue;
    const within = line.cells ?? [line.text ?? ''];
    const score = words.filter((w) => within.some((x) => x.includes(w))).length;
    if (score > most) {
      most = score;
      best = i;
    }
  }
  return best;
}

/** Splits a text around the n-th occurrence of some words; null when they are not there. */
export function around(text: string, words: string, nth = 0): [string, string, string] | null {
  if (!words) return null;
  let at = -1;
  for (let i = 0; i <= nth; i++) {
    const next = text.indexOf(words, at + 1);
    if (next < 0) break;
    at = next;
  }
  return at < 0 ? null : [text.slice(0, at), words, text.slice(at + words.length)];
}
/** Which occurrence of its words a cell is, counted among the cells before it in its row. */
export const occurrenceOf = (row: Pick<GridRowLike, 'cells'>, cell: GridCellLike): number =>
  row.cells.filter((c) => c.c < cell.c && (c.was ?? c.text) === (cell.was ?? cell.text) && c.place.line === cell.place.line).length;

/** Marks all given words in a text: parts in order, each marked or not. Longer words win. */
export function marked(text: string, words: readonly string[]): { text: string; mark: boolean }[] {
  const wanted = [...new Set(words.filter(Boolean))].toSorted((a, b) => b.length - a.length);
  const out: { text: string; mark: boolean }[] = [];
  let from = 0;
  for (let i = 0; i < text.length;) {
    const word = wanted.find((w) => text.startsWith(w, i) && !(/\d/.test(text[i - 1] ?? '') && /^\d/.test(w)) && !(/\d$/.test(w) && /[\d.]/.test(text[i + w.length] ?? '')));
    if (!word) {
      i++;
      continue;
    }
    if (i > from) out.push({ text: text.slice(from, i), mark: false });
    out.push({ text: word, mark: true });
    i += word.length;
    from = i;
  }
  if (from < text.length) out.push({ text: text.slice(from), mark: false });
  return out;
}
