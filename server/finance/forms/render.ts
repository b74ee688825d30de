// The self-evaluation form as DOCX, XLSX and a page to print, all from one layout.
import * as xlsx from '@e965/xlsx';
import { AlignmentType, Document, HeadingLevel, Packer, PageOrientation, Paragraph, Table, TableCell, TableRow, TextRun, VerticalAlign, WidthType } from 'docx';
import type { Form } from '#core/finance/form.ts';

const FONT = { ascii: 'Times New Roman', hAnsi: 'Times New Roman', eastAsia: 'SimSun' };
const PAGE_WIDTH = 14_000;

/** A DOCX document, A4 across. */
export async function formDocx(form: Form): Promise<Buffer> {
  const sum = form.widths.reduce((a, b) => a + b, 0);
  const widths = form.widths.map((w) => Math.round((w / sum) * PAGE_WIDTH));
  const rows = form.rows.map((row) => {
    let at = 0;
    return new TableRow({
      cantSplit: true,
      children: row.map((cell) => {
        const width = widths.slice(at, at + cell.span).reduce((a, b) => a + b, 0);
        at += cell.span;
        return new TableCell({
          columnSpan: cell.span,
          width: { size: width, type: WidthType.DXA },
          verticalAlign: VerticalAlign.CENTER,
          ...(cell.head ? { shading: { fill: 'EEF1F4' } } : {}),
          children: cell.text.split('\n').map(
            (line) =>
              new Paragraph({
                alignment: cell.right ? AlignmentType.RIGHT : cell.head ? AlignmentType.CENTER : AlignmentType.LEFT,
                children: [new TextRun({ text: line, size: 20, bold: cell.head ?? false, font: FONT })],
              }),
          ),
        });
      }),
    });
  });
  const doc = new Document({
    title: form.title,
    sections: [
      {
        properties: { page: { size: { orientation: PageOrientation.LANDSCAPE, width: 11_906, height: 16_838 }, margin: { top: 1000, bottom: 1000, left: 1100, right: 1100 } } },
        children: [
          new Paragraph({
            heading: HeadingLevel.HEADING_1,
            alignment: AlignmentType.CENTER,
            children: [new TextRun({ text: form.title, size: 32, bold: true, color: '000000', font: FONT })],
          }),
          new Paragraph({ alignment: AlignmentType.CENTER, spacing: { after: 160 }, children: [new TextRun({ text: form.subtitle, size: 22, font: FONT })] }),
          new Table({ rows, columnWidths: widths, width: { size: PAGE_WIDTH, type: WidthType.DXA } }),
          ...form.notes.map((text, i) => new Paragraph({ spacing: { before: i === 0 ? 200 : 40 }, children: [new TextRun({ text, size: 18, font: FONT })] })),
        ],
      },
    ],
  });
  return Packer.toBuffer(doc);
}

/** A workbook with the form and its arithmetic on one sheet; figures are numbers. */
export function formXlsx(form: Form): Buffer {
  const width = form.widths.length;
  const cells: (string | number)[][] = [[form.title], [form.subtitle]];
  const merges: xlsx.Range[] = [
    { s: { r: 0, c: 0 }, e: { r: 0, c: width - 1 } },
    { s: { r: 1, c: 0 }, e: { r: 1, c: width - 1 } },
  ];
  for (const row of form.rows) {
    const line: (string | number)[] = [];
    for (const cell of row) {
      if (cell.span > 1) merges.push({ s: { r: cells.length, c: line.length }, e: { r: cells.length, c: line.length + cell.span - 1 } });
      line.push(cell.right && /^-?\d+(\.\d+)?$/.test(cell.text) ? Number(cell.text) : cell.text);
      for (let i = 1; i < cell.span; i++) line.push('');
    }
    cells.push(line);
  }
  for (const note of form.notes) {
    merges.push({ s: { r: cells.length, c: 0 }, e: { r: cells.length, c: width - 1 } });
    cells.push([note]);
  }
  const sheet = xlsx.utils.aoa_to_sheet(cells);
  sheet['!merges'] = merges;
  sheet['!cols'] = form.widths.map((w) => ({ wch: w * 1.4 }));
  const book = xlsx.utils.book_new();
  xlsx.utils.book_append_sheet(book, sheet, '自评表');
  return xlsx.write(book, { type: 'buffer', bookType: 'xlsx' }) as Buffer;
}

export const escapeHtml = (s: string): string => s.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
const style = `*{box-sizing:border-box}body{font:14px/1.6 "Noto Sans CJK SC","Source Han Sans SC","PingFang SC","Microsoft YaHei",sans-serif;color:#1d2733;margin:0 auto;max-width:70rem;padding:1.5rem}
h1{font-size:1.35rem;text-align:center;margin:0}p.sub{text-align:center;margin:.25rem 0 1rem}table{border-collapse:collapse;width:100%;table-layout:fixed}
td,th{border:1px solid #6b7682;padding:.3rem .4rem;vertical-align:middle;text-align:left;font-weight:400;overflow-wrap:anywhere}th{background:#eef1f4;text-align:center;font-weight:600}td.r{text-align:right;font-variant-numeric:tabular-nums}
ol{font-size:.85rem;margin:1rem 0 0;padding-left:1.5rem}tr{break-inside:avoid}@media print{body{padding:0;max-width:none;font-size:9.5pt}@page{size:A4 landscape;margin:12mm}}`;

/** A page of its own to print. */
export function formHtml(form: Form): string {
  const sum = form.widths.reduce((a, b) => a + b, 0);
  const rows = form.rows.map(
    (row) =>
      `<tr>${row.map((x) => `<${x.head ? 'th' : 'td'}${x.span > 1 ? ` colspan="${x.span}"` : ''}${x.right ? ' class="r"' : ''}>${escapeHtml(x.text).replaceAll('\n', '<br>')}</${x.head ? 'th' : 'td'}>`).join('')}</tr>`,
  );
  return `<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(form.title)}</title><style>${style}</style></head><body>
<h1>${escapeHtml(form.title)}</h1><p class="sub">${escapeHtml(form.subtitle)}</p>
<table><colgroup>${form.widths.map((w) => `<col style="width:${((w / sum) * 100).toFixed(2)}%">`).join('')}</colgroup><tbody>${rows.join('\n')}</tbody></table>
<ol>${form.notes.map((t) => `<li>${escapeHtml(t)}</li>`).join('')}</ol>
</body></html>\n`;
}
