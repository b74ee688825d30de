// Turns the blocks of every format into one stream of lines, masking contacts on the way.
import type { Contact, Place, Unread } from '../model.ts';
import type { Block, GridBlock, SourceDocument } from '../source.ts';
import { maskCells, maskText } from './mask.ts';
import { characters, norm, tidy } from './text.ts';
import { linesOfPage } from './positions.ts';
import { isTitle, labelOf } from './vocabulary.ts';

/** One line: running text (one cell, `tabular` false) or a row of a table. */
export interface Line {
  cells: string[];
  /** Non-blank cells joined by a blank. */
  text: string;
  tabular: boolean;
  /** Number of the grid the row comes from, or null for text formats. */
  grid: number | null;
  place: Place;
  /** Place of each cell. */
  at: (column: number) => Place;
  /** Blank lines before it (text formats), a hint of a page break. */
  gap: number;
  /** First line of a page (formats with pages). */
  pageStart: boolean;
}

const makeLine = (cells: string[], tabular: boolean, grid: number | null, place: Place, at: (c: number) => Place, gap: number, pageStart: boolean): Line => ({
  cells,
  text: cells.length === 1 ? cells[0]! : cells.filter((c) => c !== '').join(' '),
  tabular,
  grid,
  place,
  at,
  gap,
  pageStart,
});

/** Rows of a grid with the text of a merged cell at its first position and blanks where it covers. */
export function gridRows(grid: GridBlock): { cells: string[]; places: (Place | undefined)[] }[] {
  const rows = Array.from({ length: grid.rows }, () => ({ cells: new Array<string>(grid.columns).fill(''), places: new Array<Place | undefined>(grid.columns) }));
  for (const cell of grid.cells) {
    const row = rows[cell.row];
    if (!row || cell.column >= grid.columns) continue;
    row.cells[cell.column] = cell.text;
    row.places[cell.column] = cell.place;
  }
  return rows;
}

/** Markup left in a cell is removed from the reading but kept in the text that is shown; here only blanks are tidied. */
const clean = (text: string) => tidy(text);

/** A line without its page number; '' for labels and titles of tables, which stand at the top of pages too. */
const runningKey = (text: string): string => (labelOf(text) !== null || isTitle(text) ? '' : norm(characters(text)).replace(/\d{1,4}/g, '#'));
/** Heads and feet of pages: the same words (page numbers aside) as the first or last lines of most pages. Titles of tables stand at the top too, but differ. */
function runningLines(doc: SourceDocument): Set<string> {
  const count = new Map<string, number>();
  let pages = 0;
  for (const page of doc.pages) {
    if (page.scanned || !page.items || page.items.length < 2) continue;
    pages += 1;
    const ys = [...new Set(page.items.map((i) => Math.round(i.y)))].toSorted((a, b) => a - b);
    const outer = [...ys.slice(0, 1), ...ys.slice(-1)];
    const keys = outer.map((y) =>
      runningKey(
        page
          .items!.filter((i) => Math.abs(i.y - y) <= 2)
          .toSorted((a, b) => a.x - b.x)
          .map((i) => i.text)
          .join(''),
      ),
    );
    for (const key of new Set(keys)) count.set(key, (count.get(key) ?? 0) + 1);
  }
  return new Set([...count].filter(([key, n]) => key !== '' && n >= 4 && n * 2 > pages).map(([key]) => key));
}

/** The lines of one document in reading order; page numbers standing alone go to `unread`. */
export function streamOf(doc: SourceDocument, file: number, contacts: Contact[], unread: Unread[]): Line[] {
  const out: Line[] = [];
  let gridNumber = 0;
  let gap = 0;
  let expectPerson = false;
  const add = (cells: string[], tabular: boolean, grid: number | null, place: Place, at: (c: number) => Place, pageStart: boolean) => {
    if (cells.every((c) => c === '')) {
      gap += 1;
      return;
    }
    if (tabular && cells.length > 1) {
      cells = maskCells(cells, at, contacts);
      expectPerson = false;
    } else {
      const n = norm(cells[0]!);
      cells = [maskText(cells[0]!, place, contacts, expectPerson && n.length <= 16)];
      expectPerson = /(联系人|负责人)[:：]?$/.test(n) && n.length <= 24;
    }
    out.push(makeLine(cells, tabular, grid, place, at, gap, pageStart));
    gap = 0;
  };
  const block = (b: Block, page: number, start: boolean) => {
    if (b.kind === 'text') add([clean(b.text)], false, null, { ...b.place, file }, () => ({ ...b.place, file }), start);
    else if (b.kind === 'cells') {
      const cells = b.cells.map(clean);
      add(cells, true, null, { ...b.place, file }, (c) => ({ ...b.place, file, column: c + 1 }), start);
    } else {
      gridNumber += 1;
      const rows = gridRows(b);
      rows.forEach((row, i) => {
        const first = row.places.find((p) => p !== undefined) ?? { ...b.place, row: i + 1 };
        const place = { ...first, file };
        delete place.column;
        add(row.cells.map(clean), true, gridNumber, place, (c) => ({ ...(row.places[c] ?? first), file }), start && i === 0);
      });
      gap = 0;
    }
    void page;
  };
  const running = doc.format === 'pdf' ? runningLines(doc) : null;
  for (const page of doc.pages) {
    if (page.scanned) {
      unread.push({ text: '', reason: '扫描页，没有可读的文字', place: { file, page: page.page } });
      continue;
    }
    const blocks = page.blocks ?? linesOfPage(page);
    blocks.forEach((b, i) => {
      if (b.kind === 'text' && (i < 2 || i >= blocks.length - 2) && running?.has(runningKey(b.text))) {
        unread.push({ text: tidy(b.text), reason: /^[\d第页共/-]*$/.test(norm(b.text)) ? '页码' : '页眉页脚', place: { ...b.place, file } });
        return;
      }
      const edge = i === 0 || i === blocks.length - 1 || (doc.format === 'pdf' && (i === 1 || i === blocks.length - 2));
      if (b.kind === 'text' && edge && /^[-—–－\s]*(第\s*)?\d{1,3}(\s*页)?(\s*[/／共]\s*\d{1,3}\s*页?)?[-—–－\s]*$/.test(characters(b.text.slice(0, 40))) && doc.format === 'pdf') {
        unread.push({ text: tidy(b.text), reason: '页码', place: { ...b.place, file } });
        return;
      }
      block(b, page.page, i === 0);
    });
  }
  for (const remark of doc.remarks ?? []) unread.push({ text: remark.text, reason: '文件格式', place: { ...remark.place, file } });
  return out;
}
