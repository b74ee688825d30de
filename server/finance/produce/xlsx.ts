// A disclosure as a workbook: one sheet per table with number formats, merged headers, print set-up and repeated header rows.
import { strToU8, zipSync } from 'fflate';
import type { OutDocument } from '#core/finance/produce/document.ts';
import { filled, type GridCell, gridOf, type OutTable } from '#core/finance/produce/table.ts';
import { decimal } from '#core/finance/rounding.ts';

// The workbook is written as plain SpreadsheetML: the installed library cannot write borders, print titles or page set-up.

const escape = (text: string): string =>
  text
    // Characters that XML 1.0 does not allow.
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;');

/** 0 → A, 26 → AA. */
export function columnName(n: number): string {
  let out = '';
  for (let k = n + 1; k > 0; k = Math.floor((k - 1) / 26)) out = String.fromCharCode(65 + ((k - 1) % 26)) + out;
  return out;
}
const ref = (row: number, column: number) => `${columnName(column)}${row + 1}`;

/** Cell formats, by their place in `cellXfs`. */
const formats = [
  'plain',
  'title',
  'meta',
  'metaRight',
  'head',
  'text',
  'center',
  'money',
  'percent',
  'totalText',
  'totalMoney',
  'totalPercent',
  'note',
  'indent1',
  'indent2',
] as const;
type Format = (typeof formats)[number];
const at = (f: Format) => formats.indexOf(f);

const border =
  '<left style="thin"><color auto="1"/></left><right style="thin"><color auto="1"/></right><top style="thin"><color auto="1"/></top><bottom style="thin"><color auto="1"/></bottom><diagonal/>';
const xf = (font: number, fill: number, edge: number, number: number, align: string) =>
  `<xf numFmtId="${number}" fontId="${font}" fillId="${fill}" borderId="${edge}" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"><alignment vertical="center" ${align}/></xf>`;
const font = (size: number, bold: boolean) => `<font>${bold ? '<b/>' : ''}<sz val="${size}"/><name val="宋体"/><family val="3"/><charset val="134"/></font>`;
// Number format 4 is #,##0.00; 164 is our own for percentages.
const styles = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="1"><numFmt numFmtId="164" formatCode="0.0"/></numFmts><fonts count="4">${font(10, false)}${font(10, true)}${font(16, true)}${font(9, false)}</fonts><fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid"><fgColor rgb="FFF2F2F2"/><bgColor indexed="64"/></patternFill></fill></fills><borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border><border>${border}</border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="${formats.length}">${[
  xf(0, 0, 0, 0, 'horizontal="left"'),
  xf(2, 0, 0, 0, 'horizontal="center" wrapText="1"'),
  xf(0, 0, 0, 0, 'horizontal="left"'),
  xf(0, 0, 0, 0, 'horizontal="right"'),
  xf(1, 2, 1, 0, 'horizontal="center" wrapText="1"'),
  xf(0, 0, 1, 0, 'horizontal="left" wrapText="1"'),
  xf(0, 0, 1, 0, 'horizontal="center" wrapText="1"'),
  xf(0, 0, 1, 4, 'horizontal="right"'),
  xf(0, 0, 1, 164, 'horizontal="right"'),
  xf(1, 0, 1, 0, 'horizontal="left" wrapText="1"'),
  xf(1, 0, 1, 4, 'horizontal="right"'),
  xf(1, 0, 1, 164, 'horizontal="right"'),
  xf(3, 0, 0, 0, 'horizontal="left" wrapText="1"'),
  xf(0, 0, 1, 0, 'horizontal="left" wrapText="1" indent="1"'),
  xf(0, 0, 1, 0, 'horizontal="left" wrapText="1" indent="2"'),
].join('')}</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`;

function formatOf(cell: GridCell): Format {
  const total = cell.look === 'total';
  if (cell.look === 'head' || cell.look === 'label') return 'head';
  if (cell.value !== null && typeof cell.value === 'object') return 'fen' in cell.value ? (total ? 'totalMoney' : 'money') : total ? 'totalPercent' : 'percent';
  if (total) return 'totalText';
  if (cell.align === 'center') return 'center';
  return cell.indent > 0 ? (cell.indent > 1 ? 'indent2' : 'indent1') : 'text';
}

const text = (row: number, column: number, value: string, f: Format): string =>
  value === '' ? `<c r="${ref(row, column)}" s="${at(f)}"/>` : `<c r="${ref(row, column)}" s="${at(f)}" t="inlineStr"><is><t xml:space="preserve">${escape(value)}</t></is></c>`;

function cellXml(row: number, column: number, cell: GridCell, t: OutTable): string {
  const f = formatOf(cell);
  if (cell.value === null) return text(row, column, '', f);
  if (typeof cell.value === 'string') return text(row, column, cell.value, f);
  const number = 'fen' in cell.value ? decimal(cell.value.fen, t.moneyUnit) : String(cell.value.percent);
  return `<c r="${ref(row, column)}" s="${at(f)}"><v>${number}</v></c>`;
}

/** Lines that a text takes in cells of a total width (characters of half an em). */
const linesOf = (value: string, width: number): number => Math.max(1, Math.ceil(([...value].reduce((n, c) => n + (c.charCodeAt(0) > 255 ? 2 : 1), 0) + 1) / Math.max(4, width)));

interface Sheet {
  name: string;
  xml: string;
  /** Rows (from 1) repeated on every printed page. */
  titles: [number, number] | null;
}

function sheetXml(rows: string[], merges: string[], widths: number[], landscape: boolean, freeze: number): string {
  return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView workbookViewId="0" showGridLines="0">${
    freeze > 0 ? `<pane ySplit="${freeze}" topLeftCell="A${freeze + 1}" activePane="bottomLeft" state="frozen"/>` : ''
  }</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>${widths.map((w, i) => `<col min="${i + 1}" max="${i + 1}" width="${w}" customWidth="1"/>`).join('')}</cols><sheetData>${rows.join('')}</sheetData>${
    merges.length ? `<mergeCells count="${merges.length}">${merges.map((m) => `<mergeCell ref="${m}"/>`).join('')}</mergeCells>` : ''
  }<printOptions horizontalCentered="1"/><pageMargins left="0.6" right="0.6" top="0.8" bottom="0.7" header="0.3" footer="0.3"/><pageSetup paperSize="9" orientation="${landscape ? 'landscape' : 'portrait'}" fitToWidth="1" fitToHeight="0"/><headerFooter><oddFooter>&amp;C&amp;P / &amp;N</oddFooter></headerFooter></worksheet>`;
}

function tableSheet(t: OutTable, issuer: string): Sheet {
  const grid = filled(gridOf(t), t.widths.length);
  const last = t.widths.length - 1;
  const rows: string[] = [];
  const merges: string[] = [];
  const row = (cells: string, height?: number) => {
    rows.push(`<row r="${rows.length + 1}"${height ? ` ht="${height}" customHeight="1"` : ''}>${cells}</row>`);
  };
  row(text(0, 0, t.label, 'meta'));
  row(text(1, 0, t.title, 'title'), 26 * linesOf(t.title, t.widths.reduce((s, x) => s + x, 0) * 0.6));
  if (last > 0) merges.push(`${ref(1, 0)}:${ref(1, last)}`);
  const cut = Math.max(1, last - 1);
  row(text(2, 0, `编制单位：${issuer}`, 'meta') + (last > 0 ? text(2, cut, `单位：${t.moneyUnit}`, 'metaRight') : ''));
  if (cut > 1) merges.push(`${ref(2, 0)}:${ref(2, cut - 1)}`);
  if (last > cut) merges.push(`${ref(2, cut)}:${ref(2, last)}`);
  const first = rows.length;
  grid.forEach((g, i) => {
    const cells = new Map<number, string>();
    let height = 0;
    for (const { at: c, cell } of g.cells) {
      cells.set(c, cellXml(first + i, c, cell, t));
      if (typeof cell.value === 'string' && cell.rowSpan === 1)
        height = Math.max(height, linesOf(cell.value, t.widths.slice(c, c + cell.columnSpan).reduce((s, x) => s + x, 0) - cell.indent));
      if (cell.columnSpan > 1 || cell.rowSpan > 1) {
        merges.push(`${ref(first + i, c)}:${ref(first + i + cell.rowSpan - 1, c + cell.columnSpan - 1)}`);
        // Covered cells carry the border, or the frame has gaps.
        for (let x = c + 1; x < c + cell.columnSpan; x += 1) cells.set(x, text(first + i, x, '', formatOf(cell)));
      }
    }
    grid.slice(0, i).forEach((above, k) => {
      for (const { at: c, cell } of above.cells)
        if (k + cell.rowSpan > i) for (let x = c; x < c + cell.columnSpan; x += 1) if (!cells.has(x)) cells.set(x, text(first + i, x, '', formatOf(cell)));
    });
    row(
      [...cells]
        .toSorted((a, b) => a[0] - b[0])
        .map((x) => x[1])
        .join(''),
      height > 1 ? Math.min(400, 4 + height * 13) : undefined,
    );
  });
  for (const note of t.notes) {
    row(
      text(rows.length, 0, note, 'note'),
      14 *
        linesOf(
          note,
          t.widths.reduce((s, x) => s + x, 0),
        ),
    );
    if (last > 0) merges.push(`${ref(rows.length - 1, 0)}:${ref(rows.length - 1, last)}`);
  }
  const head = grid.filter((g) => g.head).length;
  return {
    name: `${t.label} ${t.title.replace(/^20\d\d年/, '')}`.replace(/[[\]:*?/\\']/g, '').slice(0, 31),
    xml: sheetXml(rows, merges, t.widths, t.landscape, head > 0 ? first + head : 0),
    titles: head > 0 ? [first + 1, first + head] : null,
  };
}

function catalogue(d: OutDocument): Sheet {
  const rows: string[] = [];
  const put = (cells: string, height?: number) => rows.push(`<row r="${rows.length + 1}"${height ? ` ht="${height}" customHeight="1"` : ''}>${cells}</row>`);
  put(text(0, 0, '目录', 'title'), 28);
  put(['编号', '表号', '表名'].map((t, i) => text(1, i, t, 'head')).join(''));
  d.tables.forEach((t, i) => put(`<c r="${ref(i + 2, 0)}" s="${at('center')}"><v>${i + 1}</v></c>${text(i + 2, 1, t.label, 'center')}${text(i + 2, 2, t.title, 'text')}`));
  if (d.demo) put(text(rows.length, 0, '演示数据：所列单位与数字均为虚构，仅供演示。', 'note'));
  return { name: '目录', xml: sheetXml(rows, ['A1:C1'], [8, 14, 76], false, 0), titles: null };
}

/** The workbook as bytes; the same document gives the same bytes. */
export function xlsxOf(d: OutDocument): Uint8Array {
  const sheets = [catalogue(d), ...d.tables.map((t) => tableSheet(t, d.unit))];
  const names = sheets.flatMap((s, i) =>
    s.titles ? [`<definedName name="_xlnm.Print_Titles" localSheetId="${i}">'${escape(s.name)}'!$${s.titles[0]}:$${s.titles[1]}</definedName>`] : [],
  );
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
  const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
  const parts: Record<string, string> = {
    '[Content_Types].xml': `${head}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>${sheets
      .map((_, i) => `<Override PartName="/xl/worksheets/sheet${i + 1}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`)
      .join('')}</Types>`,
    '_rels/.rels': `${head}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="${office}/officeDocument" Target="xl/workbook.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`,
    'docProps/core.xml': `${head}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>${escape(d.title)}</dc:title><dc:creator>${escape(d.unit)}</dc:creator></cp:coreProperties>`,
    'xl/workbook.xml': `${head}<workbook xmlns="${main}" xmlns:r="${office}"><sheets>${sheets.map((s, i) => `<sheet name="${escape(s.name)}" sheetId="${i + 1}" r:id="rId${i + 1}"/>`).join('')}</sheets>${names.length ? `<definedNames>${names.join('')}</definedNames>` : ''}</workbook>`,
    'xl/_rels/workbook.xml.rels': `${head}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${sheets.map((_, i) => `<Relationship Id="rId${i + 1}" Type="${office}/worksheet" Target="worksheets/sheet${i + 1}.xml"/>`).join('')}<Relationship Id="rId${sheets.length + 1}" Type="${office}/styles" Target="styles.xml"/></Relationships>`,
    'xl/styles.xml': styles,
  };
  sheets.forEach((s, i) => (parts[`xl/worksheets/sheet${i + 1}.xml`] = s.xml));
  return zipSync(Object.fromEntries(Object.entries(parts).map(([k, v]) => [k, strToU8(v)])), { mtime: '1980-01-01T00:00:00' });
}
