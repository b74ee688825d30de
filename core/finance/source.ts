// The format-neutral source of a disclosure: documents made of pages, pages of lines, grids and positioned text.

/** Where something stands. Pages, lines, rows and columns count from 1; `file` is the position of the file in its disclosure (from 0). */
export interface Place {
  file?: number;
  /** Page of a PDF or sheet of a workbook. */
  page?: number;
  /** Line of a text, paragraph or table row of a DOCX or HTML document (running number). */
  line?: number;
  /** Row and column inside a grid (sheet row and column for workbooks). */
  row?: number;
  column?: number;
}

/** A line of running text. `indent` is the number of leading blanks or, in PDFs, absent. */
export interface TextBlock {
  kind: 'text';
  text: string;
  place: Place;
}

/** A line already split in cells (a tab-separated text). Missing trailing cells are simply absent. */
export interface CellsBlock {
  kind: 'cells';
  cells: string[];
  place: Place;
}

/** One cell of a grid with its spans; covered positions hold no cell of their own. */
export interface GridCell {
  row: number;
  column: number;
  rowSpan: number;
  columnSpan: number;
  text: string;
  place: Place;
}

/** A table of a DOCX, XLSX, HTML or ruled PDF: cells with spans, positions from 0. */
export interface GridBlock {
  kind: 'grid';
  rows: number;
  columns: number;
  cells: GridCell[];
  place: Place;
}

export type Block = TextBlock | CellsBlock | GridBlock;

/** Text at a position of a PDF page; origin top left, unit point. */
export interface TextItem {
  text: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A straight ruling line of a PDF page; origin top left, unit point. Horizontal when y1 = y2, vertical when x1 = x2. */
export interface Ruling {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

/** A page: blocks in reading order, or (PDF) items and rulings still to be put in order. */
export interface SourcePage {
  page: number;
  blocks?: Block[];
  items?: TextItem[];
  rulings?: Ruling[];
  /** The page shows images and no text: it was scanned, and nothing could be read. */
  scanned?: boolean;
}

export type SourceFormat = 'txt' | 'pdf' | 'docx' | 'xlsx' | 'html';

export interface SourceDocument {
  /** Name as given by the person (never a machine path inside an archive prefix). */
  file: string;
  format: SourceFormat;
  pages: SourcePage[];
  /** What the format reader could not take over (hidden sheets, broken objects …). */
  remarks?: { text: string; place: Place }[];
}
