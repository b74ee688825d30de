// XLSX and XLS workbooks: one page per visible sheet, merged cells with their spans, figures as they are shown.
import type { GridCell, SourceDocument, SourcePage } from '#core/finance/source.ts';
import { FileError, limits } from './limits.ts';
import { isZip, unpack, xmlText } from './zip.ts';

/** Shown text of a cell; unformatted numbers lose binary noise (12.299999999999999 → 12.3). */
function shown(cell: { t?: string; v?: unknown; w?: string }): string {
  if (cell.t === 'e') return cell.w ?? '#N/A';
  if (cell.t === 'n' && typeof cell.v === 'number') {
    const w = (cell.w ?? '').trim();
    if (w === '' || /^-?\d+(\.\d{9,})?(E[+-]?\d+)?$/i.test(w)) return String(Number(cell.v.toPrecision(14)));
    if (/^[-–—]+$/.test(w)) return w;
    return w;
  }
  return cell.w ?? String(cell.v ?? '');
}

export async function readSheet(bytes: Uint8Array, file: string): Promise<SourceDocument> {
  if (isZip(bytes)) {
    const parts = unpack(bytes, (n) => /\.(xml|rels)$/i.test(n) && /(workbook|sheet|sharedStrings|styles)/i.test(n));
    if (parts.size === 0) throw new FileError('unsupported', '这不是 XLSX 文件');
    for (const part of parts.values()) xmlText(part);
  }
  const xlsx = await import('@e965/xlsx');
  let book: ReturnType<typeof xlsx.read>;
  try {
    book = xlsx.read(bytes, { type: 'array', cellFormula: false, cellHTML: false, cellNF: false, sheetStubs: false, dense: false, sheetRows: 20_000 });
  } catch (error) {
    const message = (error as Error).message;
    if (/password|encrypt/i.test(message)) throw new FileError('encrypted', '工作簿有密码，无法读取');
    throw new FileError('damaged', `工作簿无法打开：${message.slice(0, 80)}`);
  }
  const pages: SourcePage[] = [];
  const remarks: NonNullable<SourceDocument['remarks']> = [];
  let total = 0;
  book.SheetNames.forEach((name, index) => {
    const sheet = book.Sheets[name];
    if (!sheet) return;
    const page = index + 1;
    if (book.Workbook?.Sheets?.[index]?.Hidden) {
      if (sheet['!ref']) remarks.push({ text: `隐藏的工作表“${name}”未读取`, place: { page } });
      return;
    }
    const keys = Object.keys(sheet).filter((k) => k[0] !== '!');
    if (keys.length === 0) return;
    total += keys.length;
    if (total > limits.cells) throw new FileError('too-large', '工作簿单元格过多');
    const merges = new Map((sheet['!merges'] ?? []).slice(0, 50_000).map((m) => [xlsx.utils.encode_cell(m.s), m]));
    const cells: GridCell[] = [];
    let rows = 0;
    let columns = 0;
    for (const key of keys) {
      const at = xlsx.utils.decode_cell(key);
      const text = shown(sheet[key] as { t?: string; v?: unknown; w?: string });
      if (text.trim() === '' || at.c > 200) continue;
      const m = merges.get(key);
      cells.push({
        row: at.r,
        column: at.c,
        rowSpan: m ? Math.min(1000, m.e.r - m.s.r + 1) : 1,
        columnSpan: m ? Math.min(200, m.e.c - m.s.c + 1) : 1,
        text,
        place: { page, row: at.r + 1, column: at.c + 1 },
      });
      rows = Math.max(rows, at.r + 1);
      columns = Math.max(columns, at.c + 1, m ? Math.min(200, m.e.c + 1) : 0);
    }
    if (cells.length) pages.push({ page, blocks: [{ kind: 'grid', rows, columns, cells, place: { page } }] });
  });
  return { file, format: 'xlsx', pages, remarks };
}
