// PDF pages: ruling lines make grids of cells, positioned text fills them, and what stands outside becomes lines of text.
import type { Block, GridCell, Ruling, SourcePage, TextItem } from '../source.ts';
import { glue } from './text.ts';

const near = 2.5;

/** Values that lie within `near` of each other become one. */
function cluster(values: number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  const out: number[] = [];
  let count = 0;
  for (const v of sorted) {
    const last = out.at(-1);
    if (last !== undefined && v - last <= near) {
      out[out.length - 1] = (last * count + v) / (count + 1);
      count += 1;
    } else {
      out.push(v);
      count = 1;
    }
  }
  return out;
}

const indexOf = (list: number[], v: number): number => {
  let best = 0;
  for (let i = 1; i < list.length; i += 1) if (Math.abs(list[i]! - v) < Math.abs(list[best]! - v)) best = i;
  return best;
};

/** Words of one line or cell: by baseline, then from left to right; lines of a cell are glued. */
export function joinItems(items: TextItem[], wrap: (a: string, b: string) => string = glue): string {
  return linesOf(items)
    .map((l) => l.text)
    .reduce(wrap, '');
}

function linesOf(items: TextItem[]): { text: string; y: number; x: number }[] {
  const sorted = items.toSorted((a, b) => a.y - b.y || a.x - b.x);
  const rows: { y: number; height: number; items: TextItem[] }[] = [];
  for (const item of sorted) {
    const row = rows.at(-1);
    if (row && Math.abs(item.y - row.y) <= Math.max(2, Math.min(item.height, row.height) * 0.5)) row.items.push(item);
    else rows.push({ y: item.y, height: item.height || 8, items: [item] });
  }
  return rows.map((row) => {
    const line = row.items.toSorted((a, b) => a.x - b.x);
    let text = '';
    let end: number | null = null;
    for (const item of line) {
      const gap = end === null ? 0 : item.x - end;
      const wide = gap > Math.max(2, (item.height || row.height) * 0.45);
      text = text === '' ? item.text : wide ? `${text} ${item.text}` : text + item.text;
      end = item.x + item.width;
    }
    return { text: text.trim(), y: row.y, x: line[0]!.x };
  });
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
  horizontal: Ruling[];
  vertical: Ruling[];
}

/** Groups of rulings that touch each other. */
function boxesOf(rulings: Ruling[]): Box[] {
  const usable = rulings.slice(0, 6000);
  const parent = usable.map((_, i) => i);
  const root = (i: number): number => {
    while (parent[i] !== i) {
      parent[i] = parent[parent[i]!]!;
      i = parent[i]!;
    }
    return i;
  };
  const isH = (r: Ruling) => Math.abs(r.y1 - r.y2) < Math.abs(r.x1 - r.x2);
  // Cells of a coarse raster keep the search for touching lines linear.
  const raster = new Map<string, number[]>();
  const step = 60;
  usable.forEach((r, i) => {
    const x1 = Math.floor((Math.min(r.x1, r.x2) - near) / step);
    const x2 = Math.floor((Math.max(r.x1, r.x2) + near) / step);
    const y1 = Math.floor((Math.min(r.y1, r.y2) - near) / step);
    const y2 = Math.floor((Math.max(r.y1, r.y2) + near) / step);
    for (let x = x1; x <= Math.min(x2, x1 + 60); x += 1)
      for (let y = y1; y <= Math.min(y2, y1 + 60); y += 1) {
        const key = `${x}/${y}`;
        const list = raster.get(key);
        if (!list) raster.set(key, [i]);
        else {
          for (const k of list.length > 400 ? list.slice(-400) : list) {
            const a = usable[k]!;
            const touch =
              Math.min(a.x1, a.x2) - near <= Math.max(r.x1, r.x2) &&
              Math.min(r.x1, r.x2) - near <= Math.max(a.x1, a.x2) &&
              Math.min(a.y1, a.y2) - near <= Math.max(r.y1, r.y2) &&
              Math.min(r.y1, r.y2) - near <= Math.max(a.y1, a.y2);
            if (touch) parent[root(i)] = root(k);
          }
          list.push(i);
        }
      }
  });
  const groups = new Map<number, Ruling[]>();
  usable.forEach((r, i) => {
    const g = root(i);
    groups.set(g, [...(groups.get(g) ?? []), r]);
  });
  const out: Box[] = [];
  for (const list of groups.values()) {
    const horizontal = list.filter(isH);
    const vertical = list.filter((r) => !isH(r));
    if (horizontal.length < 2 || vertical.length < 2) continue;
    const xs = list.flatMap((r) => [r.x1, r.x2]);
    const ys = list.flatMap((r) => [r.y1, r.y2]);
    out.push({ left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys), horizontal, vertical });
  }
  return out;
}

/** Outer edges that are not drawn (a table that goes on over the page, open sides) stand where the crossing lines end. */
function edged(lines: number[], first: number, last: number): number[] {
  const out = [...lines];
  if (out[0]! - first > 5) out.unshift(first);
  if (last - out.at(-1)! > 5) out.push(last);
  return out;
}

/** One box of rulings with its text as a grid block, or null when it is a frame of a single cell. */
function gridOf(box: Box, items: TextItem[], page: number): Block | null {
  const xs = edged(cluster(box.vertical.map((r) => (r.x1 + r.x2) / 2)), box.left, box.right);
  const ys = edged(cluster(box.horizontal.map((r) => (r.y1 + r.y2) / 2)), box.top, box.bottom);
  const columns = xs.length - 1;
  const rows = ys.length - 1;
  if (columns < 1 || rows < 1 || columns * rows < 2 || columns > 80 || rows > 400) return null;
  // Which elementary edges are drawn.
  const right = Array.from({ length: rows }, () => new Array<boolean>(columns).fill(false));
  const below = Array.from({ length: rows }, () => new Array<boolean>(columns).fill(false));
  const mid = (list: number[], i: number) => (list[i]! + list[i + 1]!) / 2;
  for (const r of box.vertical) {
    const c = indexOf(xs, (r.x1 + r.x2) / 2) - 1;
    if (c < 0 || c >= columns) continue;
    const [a, b] = [Math.min(r.y1, r.y2) - near, Math.max(r.y1, r.y2) + near];
    for (let k = 0; k < rows; k += 1) if (a <= mid(ys, k) && mid(ys, k) <= b) right[k]![c] = true;
  }
  for (const r of box.horizontal) {
    const k = indexOf(ys, (r.y1 + r.y2) / 2) - 1;
    if (k < 0 || k >= rows) continue;
    const [a, b] = [Math.min(r.x1, r.x2) - near, Math.max(r.x1, r.x2) + near];
    for (let c = 0; c < columns; c += 1) if (a <= mid(xs, c) && mid(xs, c) <= b) below[k]![c] = true;
  }
  // Cells without an edge between them are one.
  const owner = Array.from({ length: rows }, () => new Array<number>(columns).fill(-1));
  const cells: GridCell[] = [];
  for (let k = 0; k < rows; k += 1)
    for (let c = 0; c < columns; c += 1) {
      if (owner[k]![c] !== -1) continue;
      let c2 = c;
      while (c2 + 1 < columns && !right[k]![c2] && owner[k]![c2 + 1] === -1) c2 += 1;
      let k2 = k;
      const open = (row: number) => {
        for (let x = c; x <= c2; x += 1) if (below[row]![x]) return false;
        return true;
      };
      while (k2 + 1 < rows && open(k2)) k2 += 1;
      for (let y = k; y <= k2; y += 1) for (let x = c; x <= c2; x += 1) owner[y]![x] = cells.length;
      cells.push({ row: k, column: c, rowSpan: k2 - k + 1, columnSpan: c2 - c + 1, text: '', place: { page, row: k + 1, column: c + 1 } });
    }
  const texts = cells.map((): TextItem[] => []);
  const find = (list: number[], v: number) => {
    for (let i = 0; i + 1 < list.length; i += 1) if (v < list[i + 1]!) return i;
    return list.length - 2;
  };
  for (const item of items) {
    const k = find(ys, item.y - item.height * 0.4);
    const c = find(xs, item.x + Math.min(item.width / 2, 1e6));
    const owned = owner[Math.max(0, k)]?.[Math.max(0, c)];
    if (owned !== undefined && owned >= 0) texts[owned]!.push(item);
  }
  cells.forEach((cell, i) => (cell.text = joinItems(texts[i]!)));
  return { kind: 'grid', rows, columns, cells, place: { page } };
}

/**
 * Running text set in two columns: heading lines over both, the left column, the right column. Null for every other page; a table
 * without rulings also leaves a gap in the middle, but its lines do not fill their columns.
 */
function columnsOfText(items: TextItem[]): TextItem[][] | null {
  if (items.length < 24) return null;
  const left = Math.min(...items.map((i) => i.x));
  const right = Math.max(...items.map((i) => i.x + i.width));
  const middle = (left + right) / 2;
  const over = items.filter((i) => i.x < middle - 4 && i.x + i.width > middle + 4);
  const top = Math.max(0, ...over.map((i) => i.y));
  const below = items.filter((i) => i.y > top + 2);
  const sides = [below.filter((i) => i.x + i.width <= middle + 4), below.filter((i) => i.x >= middle - 4)];
  for (const side of sides) {
    const rows = new Map<number, { from: number; to: number; signs: number }>();
    for (const i of side) {
      const key = Math.round(i.y / 3);
      const row = rows.get(key) ?? { from: i.x, to: i.x, signs: 0 };
      rows.set(key, { from: Math.min(row.from, i.x), to: Math.max(row.to, i.x + i.width), signs: row.signs + i.text.length });
    }
    const lines = [...rows.values()];
    const width = Math.max(0, ...lines.map((r) => r.to)) - Math.min(...lines.map((r) => r.from));
    const full = lines.filter((r) => r.to - r.from > width * 0.85 && r.signs * 14 > r.to - r.from);
    if (lines.length < 8 || full.length * 2 < lines.length) return null;
  }
  return [items.filter((i) => i.y <= top + 2), ...sides];
}

/** Blocks of a page in reading order. Without rulings every line is text (and flattened tables are solved later). */
export function linesOfPage(page: SourcePage): Block[] {
  const items = (page.items ?? []).filter((i) => i.text.trim() !== '');
  // Inner tables first: a frame drawn around tables (layout of a web page) is no table itself.
  const area = (b: Box) => (b.right - b.left) * (b.bottom - b.top);
  const boxes = boxesOf(page.rulings ?? []).toSorted((a, b) => area(a) - area(b));
  const placed: { y: number; block: Block }[] = [];
  const used = new Set<TextItem>();
  const grids: Box[] = [];
  for (const box of boxes) {
    if (grids.some((g) => g.left > box.left - near && g.right < box.right + near && g.top > box.top - near && g.bottom < box.bottom + near)) continue;
    const inside = items.filter(
      (i) =>
        !used.has(i) &&
        i.x + i.width / 2 >= box.left - near &&
        i.x + i.width / 2 <= box.right + near &&
        i.y - i.height * 0.4 >= box.top - near &&
        i.y - i.height * 0.4 <= box.bottom + near,
    );
    const grid = inside.length ? gridOf(box, inside, page.page) : null;
    if (!grid) continue;
    for (const i of inside) used.add(i);
    grids.push(box);
    placed.push({ y: box.top, block: grid });
  }
  const free = items.filter((i) => !used.has(i));
  const columns = grids.length === 0 ? columnsOfText(free) : null;
  if (columns) return columns.flatMap(linesOf).map((line): Block => ({ kind: 'text', text: line.text, place: { page: page.page } }));
  for (const line of linesOf(free)) placed.push({ y: line.y, block: { kind: 'text', text: line.text, place: { page: page.page } } });
  return placed.toSorted((a, b) => a.y - b.y).map((p) => p.block);
}
