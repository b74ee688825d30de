// A disclosure as a Word document: narrative with headings, tables with repeated headers, wide ones on pages lying across, page numbers.
import {
  AlignmentType,
  BorderStyle,
  Document,
  Footer,
  HeadingLevel,
  type ISectionOptions,
  PageNumber,
  PageOrientation,
  Packer,
  Paragraph,
  Table,
  TableCell,
  TableLayoutType,
  TableRow,
  TextRun,
  VerticalAlign,
  VerticalMergeType,
  WidthType,
} from 'docx';
import type { OutDocument } from '#core/finance/produce/document.ts';
import { filled, type GridCell, type GridRow, gridOf, type OutTable, textOf } from '#core/finance/produce/table.ts';

const fonts = { body: '仿宋', heading: '黑体', title: '宋体', table: '宋体' } as const;
const face = (name: string) => ({ ascii: 'Times New Roman', hAnsi: 'Times New Roman', cs: 'Times New Roman', eastAsia: name });
// Twentieths of a point: A4 and its margins.
const page = { width: 11_906, height: 16_838, margin: 1134 };

const line = { style: BorderStyle.SINGLE, size: 4, color: '000000' };
const borders = { top: line, bottom: line, left: line, right: line };
const align = { left: AlignmentType.LEFT, center: AlignmentType.CENTER, right: AlignmentType.RIGHT } as const;

function cellOf(cell: GridCell, t: Pick<OutTable, 'moneyUnit'>, width: number, merge?: (typeof VerticalMergeType)[keyof typeof VerticalMergeType]): TableCell {
  const bold = cell.look !== 'cell';
  return new TableCell({
    borders,
    columnSpan: cell.columnSpan,
    width: { size: width, type: WidthType.DXA },
    verticalAlign: VerticalAlign.CENTER,
    margins: { left: 60, right: 60, top: 20, bottom: 20 },
    ...(merge ? { verticalMerge: merge } : {}),
    ...(cell.look === 'head' || cell.look === 'label' ? { shading: { fill: 'F2F2F2' } } : {}),
    children: [
      new Paragraph({
        alignment: align[cell.align],
        ...(cell.indent > 0 ? { indent: { left: cell.indent * 160 } } : {}),
        children: merge === VerticalMergeType.CONTINUE ? [] : [new TextRun({ text: textOf(cell.value, t.moneyUnit), bold, size: 18, font: face(fonts.table) })],
      }),
    ],
  });
}

/** Rows of a grid; a cell that reaches down is a merge that begins here and continues below. */
function rowsOf(grid: GridRow[], widths: number[], t: Pick<OutTable, 'moneyUnit'>): TableRow[] {
  const open: { cell: GridCell; left: number; at: number }[] = [];
  return grid.map((g) => {
    const span = (at: number, n: number) => widths.slice(at, at + n).reduce((s, x) => s + x, 0);
    const cells: { at: number; made: TableCell }[] = [];
    for (const o of open)
      if (o.left > 0) {
        cells.push({ at: o.at, made: cellOf(o.cell, t, span(o.at, o.cell.columnSpan), VerticalMergeType.CONTINUE) });
        o.left -= 1;
      }
    for (const { at, cell } of g.cells) {
      cells.push({ at, made: cellOf(cell, t, span(at, cell.columnSpan), cell.rowSpan > 1 ? VerticalMergeType.RESTART : undefined) });
      if (cell.rowSpan > 1) open.push({ cell, left: cell.rowSpan - 1, at });
    }
    return new TableRow({ tableHeader: g.head, cantSplit: true, children: cells.toSorted((a, b) => a.at - b.at).map((c) => c.made) });
  });
}

function tableOf(grid: GridRow[], relative: number[], width: number, t: Pick<OutTable, 'moneyUnit'>): Table {
  const all = relative.reduce((s, x) => s + x, 0);
  const widths = relative.map((w) => Math.round((w / all) * width));
  return new Table({ layout: TableLayoutType.FIXED, width: { size: width, type: WidthType.DXA }, columnWidths: widths, rows: rowsOf(filled(grid, widths.length), widths, t) });
}

const run = (text: string, size: number, font: string, bold = false) => new TextRun({ text, size, bold, font: face(font) });

function tableBlocks(t: OutTable, issuer: string, width: number, first: boolean): (Paragraph | Table)[] {
  return [
    new Paragraph({ pageBreakBefore: !first, children: [run(t.label, 21, fonts.heading)] }),
    new Paragraph({ heading: HeadingLevel.HEADING_2, alignment: AlignmentType.CENTER, children: [run(t.title, 30, fonts.title, true)] }),
    new Paragraph({ children: [run(`编制单位：${issuer}`, 20, fonts.table)] }),
    new Paragraph({ alignment: AlignmentType.RIGHT, children: [run(`单位：${t.moneyUnit}`, 20, fonts.table)] }),
    tableOf(gridOf(t), t.widths, width, t),
    ...t.notes.map((n) => new Paragraph({ spacing: { before: 60 }, children: [run(n, 20, fonts.table)] })),
  ];
}

function words(d: OutDocument): Paragraph[] {
  return d.paragraphs.map((p) => {
    if (p.kind === 'title')
      return new Paragraph({ heading: HeadingLevel.TITLE, alignment: AlignmentType.CENTER, spacing: { after: 300 }, children: [run(p.text, 40, fonts.title, true)] });
    if (p.kind === 'text')
      return new Paragraph({ alignment: AlignmentType.JUSTIFIED, indent: { firstLine: 560 }, spacing: { line: 500 }, children: [run(p.text, 28, fonts.body)] });
    const big = p.kind === 'heading1';
    return new Paragraph({
      heading: big ? HeadingLevel.HEADING_1 : HeadingLevel.HEADING_3,
      keepNext: true,
      indent: { firstLine: 560 },
      spacing: { before: big ? 200 : 80, line: 500 },
      children: [run(p.text, 28, big ? fonts.heading : '楷体', big)],
    });
  });
}

function catalogue(d: OutDocument, width: number): (Paragraph | Table)[] {
  const cell = (value: string, look: GridCell['look'], side: GridCell['align'] = 'center'): GridCell => ({ value, columnSpan: 1, rowSpan: 1, look, align: side, indent: 0 });
  const row = (head: boolean, ...cells: GridCell[]): GridRow => ({ head, cells: cells.map((c, at) => ({ at, cell: c })) });
  const grid = [
    row(true, ...['编号', '表号', '表名'].map((t) => cell(t, 'head'))),
    ...d.tables.map((t, i) => row(false, cell(String(i + 1), 'cell'), cell(t.label, 'cell'), cell(t.title, 'cell', 'left'))),
  ];
  return [
    new Paragraph({ pageBreakBefore: true, alignment: AlignmentType.CENTER, spacing: { after: 120 }, children: [run('目录', 32, fonts.heading, true)] }),
    tableOf(grid, [8, 14, 78], width, { moneyUnit: d.moneyUnit }),
  ];
}

/** The document as bytes. */
export async function docxOf(d: OutDocument): Promise<Uint8Array> {
  const footer = new Footer({ children: [new Paragraph({ alignment: AlignmentType.CENTER, children: [new TextRun({ children: ['— ', PageNumber.CURRENT, ' —'], size: 18 })] })] });
  const section = (across: boolean, children: (Paragraph | Table)[]): ISectionOptions => ({
    properties: {
      page: {
        // The library turns width and height round for pages lying across.
        size: { width: page.width, height: page.height, orientation: across ? PageOrientation.LANDSCAPE : PageOrientation.PORTRAIT },
        margin: { top: page.margin, bottom: page.margin, left: page.margin, right: page.margin },
      },
    },
    footers: { default: footer },
    children,
  });
  const widthOf = (across: boolean) => (across ? page.height : page.width) - 2 * page.margin;
  const sections = [section(false, [...words(d), ...catalogue(d, widthOf(false))])];
  let open: { across: boolean; children: (Paragraph | Table)[] } | null = null;
  for (const t of d.tables) {
    if (!open || open.across !== t.landscape) {
      if (open) sections.push(section(open.across, open.children));
      open = { across: t.landscape, children: [] };
    }
    open.children.push(...tableBlocks(t, d.unit, widthOf(t.landscape), open.children.length === 0));
  }
  if (open) sections.push(section(open.across, open.children));
  const doc = new Document({
    title: d.title,
    creator: d.unit,
    description: d.demo ? '演示数据' : '',
    styles: { default: { document: { run: { font: face(fonts.body), size: 28 } } } },
    sections,
  });
  return new Uint8Array(await Packer.toBuffer(doc));
}
