// DOCX files: paragraphs and tables in order, merged cells with their spans, read from the XML as a stream.
import { SaxesParser } from 'saxes';
import type { Block, GridCell, SourceDocument } from '#core/finance/source.ts';
import { FileError, limits } from './limits.ts';
import { unpack, xmlText } from './zip.ts';

interface RawCell {
  span: number;
  merge: 'start' | 'continue' | null;
  text: string;
}
interface OpenTable {
  rows: RawCell[][];
  line: number;
  before: number;
}

/** Lines count paragraphs of the body and rows of tables, from 1. */
export function readDocx(bytes: Uint8Array, file: string): SourceDocument {
  const parts = unpack(bytes, (n) => n === 'word/document.xml');
  const main = parts.get('word/document.xml');
  if (!main) throw new FileError('unsupported', '这不是 DOCX 文件（没有正文）');
  const blocks: Block[] = [];
  const parser = new SaxesParser({ xmlns: false });
  const tables: OpenTable[] = [];
  let line = 0;
  let depth = 0;
  let text = '';
  let cell: RawCell | null = null;
  let inText = false;
  let deleted = 0;
  let cells = 0;
  const cellStack: (RawCell | null)[] = [];
  parser.on('opentag', (tag) => {
    depth += 1;
    if (depth > limits.depth) throw new FileError('malicious', '文档嵌套过深，已拒绝');
    const attribute = (name: string) => String((tag.attributes as Record<string, string>)[name] ?? '');
    switch (tag.name) {
      case 'w:tbl':
        tables.push({ rows: [], line, before: blocks.length });
        cellStack.push(cell);
        cell = null;
        break;
      case 'w:tr':
        tables.at(-1)?.rows.push([]);
        line += tables.length === 1 ? 1 : 0;
        break;
      case 'w:tc':
        cells += 1;
        if (cells > limits.cells) throw new FileError('too-large', '文档表格过大');
        cell = { span: 1, merge: null, text: '' };
        tables.at(-1)?.rows.at(-1)?.push(cell);
        break;
      case 'w:gridSpan':
        if (cell) cell.span = Math.min(200, Math.max(1, Number(attribute('w:val')) || 1));
        break;
      case 'w:gridBefore': {
        const n = Math.min(200, Number(attribute('w:val')) || 0);
        if (n > 0) tables.at(-1)?.rows.at(-1)?.unshift({ span: n, merge: null, text: '' });
        break;
      }
      case 'w:vMerge':
        if (cell) cell.merge = attribute('w:val') === 'restart' ? 'start' : 'continue';
        break;
      case 'w:p':
        if (!cell) {
          text = '';
          line += tables.length === 0 ? 1 : 0;
        }
        break;
      case 'w:t':
        inText = true;
        break;
      case 'w:tab':
      case 'w:br':
        if (cell) cell.text += ' ';
        else text += ' ';
        break;
      case 'w:del':
      case 'mc:Fallback':
      case 'w:txbxContent':
        deleted += tag.name === 'w:txbxContent' ? 0 : 1;
        break;
      default:
    }
  });
  parser.on('text', (t) => {
    if (!inText || deleted > 0) return;
    if (cell) cell.text += t;
    else text += t;
  });
  parser.on('closetag', (tag) => {
    depth -= 1;
    switch (tag.name) {
      case 'w:t':
        inText = false;
        break;
      case 'w:del':
      case 'mc:Fallback':
        deleted -= 1;
        break;
      case 'w:p':
        if (cell) {
          if (cell.text !== '' && !cell.text.endsWith(' ')) cell.text += ' ';
        } else if (tables.length === 0) {
          blocks.push({ kind: 'text', text, place: { line } });
          text = '';
        }
        break;
      case 'w:tc':
        cell = null;
        break;
      case 'w:tbl': {
        const t = tables.pop()!;
        cell = cellStack.pop() ?? null;
        const grid = gridOf(t);
        // A table inside a cell is read as a table of its own after the outer one's beginning.
        if (grid) blocks.push(grid);
        break;
      }
      default:
    }
  });
  try {
    parser.write(xmlText(main)).close();
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw new FileError('damaged', `DOCX 正文不是完好的 XML：${(error as Error).message.slice(0, 80)}`);
  }
  return { file, format: 'docx', pages: [{ page: 1, blocks }] };
}

/** Paragraphs of a cell: Chinese texts are joined without a blank. */
const cellText = (text: string): string => text.trim().replace(/(?<=[\p{Script=Han}，。、；：）】”])\s+(?=[\p{Script=Han}（【“])/gu, '');

function gridOf(t: OpenTable): Block | null {
  const cells: GridCell[] = [];
  const open = new Map<number, GridCell>();
  let columns = 0;
  t.rows.forEach((row, r) => {
    let c = 0;
    for (const raw of row) {
      const above = open.get(c);
      if (raw.merge === 'continue' && above) above.rowSpan += 1;
      else {
        const made: GridCell = { row: r, column: c, rowSpan: 1, columnSpan: raw.span, text: cellText(raw.text), place: { line: t.line + r + 1, row: r + 1, column: c + 1 } };
        cells.push(made);
        if (raw.merge === 'start') open.set(c, made);
        else open.delete(c);
      }
      c += raw.span;
    }
    columns = Math.max(columns, c);
  });
  return columns ? { kind: 'grid', rows: t.rows.length, columns, cells, place: { line: t.line + 1 } } : null;
}
