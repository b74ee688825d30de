// Layouts of many provinces as real files: workbooks with numbers and formats (XLSX, old XLS), documents, web pages; all read the same.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { strToU8, zipSync } from 'fflate';
import { asDocx, asHtml, type Invented } from '../../../test/fixtures/finance/invented.ts';
import { checkDisclosure } from '#core/finance/check/check.ts';
import { layouts } from '#core/finance/check/fixtures/layouts/layouts.ts';
import type { LayoutDoc, TableDoc } from '#core/finance/check/fixtures/layouts/ledger.ts';
import { lay, textsOf } from '#core/finance/check/fixtures/layouts/render.ts';
import { shipped } from '#core/finance/check/fixtures/rules.ts';
import { readDisclosure } from '#core/finance/read/read.ts';
import type { SourceDocument } from '#core/finance/source.ts';
import { Opener } from './open.ts';

const opener = new Opener();
after(() => opener.close());
const rules = shipped();
const chosen = layouts().filter((d, i, all) => all.findIndex((x) => x.name === d.name) === i);

function same(d: LayoutDoc, documents: SourceDocument[]): void {
  const read = readDisclosure(documents);
  const target = (t: LayoutDoc['targets'][number]) => [t.project, t.level1, t.level2, t.indicator, t.nature, t.value, t.unit, t.weight, t.core].join(' | ');
  assert.deepEqual([read.unit, read.year, read.kind, read.moneyUnit], [d.unit, d.year, d.kind, d.moneyUnit], d.name);
  assert.deepEqual(read.targets.map(target), d.targets.map(target), d.name);
  const report = checkDisclosure([read], rules)[0]!;
  assert.deepEqual(
    report.findings.filter((f) => f.severity === 'error' || f.severity === 'warning').map((f) => `${d.name} ${f.rule} ${f.message}`),
    [],
  );
  assert.ok(report.checks.passed > 500, `${d.name}: ${report.checks.passed} checks passed`);
}

const words = (d: LayoutDoc) => d.parts.filter((p) => typeof p === 'string').map(textsOf(d));
/** Figures as numbers with a format, headings merged over the table, one hidden sheet of remarks beside them. */
async function workbook(d: LayoutDoc, bookType: 'xlsx' | 'biff8'): Promise<Uint8Array> {
  const xlsx = await import('@e965/xlsx');
  const texts = textsOf(d);
  const book = xlsx.utils.book_new();
  const tables = d.parts.filter((p): p is TableDoc => typeof p !== 'string');
  const format = d.moneyUnit === '元' || !d.figures.some((f) => /\.\d{6}$/.test(f.text)) ? '#,##0.00' : '#,##0.000000';
  for (const [i, p] of tables.entries()) {
    const { cells, width } = lay(p.rows);
    const sheet: Record<string, unknown> = {};
    const merges: { s: { r: number; c: number }; e: { r: number; c: number } }[] = [];
    const put = (r: number, c: number, text: string, figure = false) => {
      if (text === '') return;
      const plain = text.replace(/,/g, '');
      sheet[xlsx.utils.encode_cell({ r, c })] = figure && /^-?\d+\.\d+$/.test(plain) ? { t: 'n', v: Number(plain), z: format } : { t: 's', v: text };
    };
    let top = 0;
    for (const b of p.before) {
      const [first, ...rest] = b.split('\t').filter((x) => x !== '');
      put(top, 0, first!);
      if (rest[0]) put(top, width - 1, rest[0]);
      else merges.push({ s: { r: top, c: 0 }, e: { r: top, c: width - 1 } });
      top += 1;
    }
    for (const c of cells) {
      put(top + c.row, c.column, texts(c.text), /^‹\d+›$/.test(c.text));
      if (c.rows > 1 || c.columns > 1) merges.push({ s: { r: top + c.row, c: c.column }, e: { r: top + c.row + c.rows - 1, c: c.column + c.columns - 1 } });
    }
    p.after.forEach((a, k) => put(top + p.rows.length + k, 0, texts(a)));
    sheet['!ref'] = xlsx.utils.encode_range({ s: { r: 0, c: 0 }, e: { r: top + p.rows.length + p.after.length, c: width - 1 } });
    sheet['!merges'] = merges;
    xlsx.utils.book_append_sheet(book, sheet as never, `${i + 1}`);
  }
  xlsx.utils.book_append_sheet(book, xlsx.utils.aoa_to_sheet([['项目绩效目标表'], ['一级指标', '三级指标', '指标值'], ['产出指标', '不公开的指标', '≥1次']]), '隐藏');
  book.Workbook = { Sheets: book.SheetNames.map((_, i) => ({ Hidden: i === book.SheetNames.length - 1 ? 1 : 0 })) };
  return new Uint8Array(xlsx.write(book, { type: 'array', bookType }) as ArrayBuffer);
}

for (const kind of ['xlsx', 'biff8'] as const)
  test(`workbooks (${kind}) with numbers, merged heads and a hidden sheet, beside a text`, async () => {
    for (const d of chosen) {
      const text = await opener.bytes(strToU8(words(d).join('\n\n')), 'a.txt');
      same(d, [...text, ...(await opener.bytes(await workbook(d, kind), kind === 'xlsx' ? 'a.xlsx' : 'a.xls'))]);
    }
  });

/** The same document for the writers of word processor files and web pages. */
const invented = (d: LayoutDoc): Invented => {
  const texts = textsOf(d);
  const [title, ...paragraphs] = words(d);
  return {
    title: title!,
    paragraphs,
    tables: d.parts.flatMap((p) =>
      typeof p === 'string'
        ? []
        : [
            {
              title: p.before[0]!,
              meta: p.before.slice(1).map((b) => b.replace(/\t+/g, '　　')),
              rows: p.rows.map((row) => row.map((g) => (typeof g === 'string' ? texts(g) : { ...g, t: texts(g.t) }))),
              ...(p.after[0] ? { note: p.after[0] } : {}),
            },
          ],
    ),
  };
};

test('word processor documents and web pages with spans, alone and in an archive', async () => {
  for (const d of chosen) {
    const docx = await asDocx(invented(d));
    same(d, await opener.bytes(docx, 'a.docx'));
    same(d, await opener.bytes(strToU8(asHtml(invented(d))), 'a.html'));
    same(d, await opener.bytes(zipSync({ '公开/全文.docx': docx }), 'a.zip'));
  }
});

test('a table inside a cell of a word processor table is read as a table', async () => {
  const cell = (t: string) => `<w:tc><w:p><w:r><w:t>${t}</w:t></w:r></w:p></w:tc>`;
  const inner = `<w:tbl><w:tr>${cell('科目编码')}${cell('科目名称')}${cell('合计')}</w:tr><w:tr>${cell('')}${cell('合计')}${cell('3.00')}</w:tr><w:tr>${cell('201')}${cell('一般公共服务支出')}${cell('3.00')}</w:tr></w:tbl>`;
  const xml = `<?xml version="1.0"?><w:document xmlns:w="x"><w:body><w:p><w:r><w:t>一般公共预算支出表</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>单位：万元</w:t></w:r></w:p>${inner}<w:p/></w:tc></w:tr></w:tbl></w:body></w:document>`;
  const d = readDisclosure(await opener.bytes(zipSync({ 'word/document.xml': strToU8(xml) }), 'a.docx'));
  assert.deepEqual(
    d.tables.map((t) => [t.kind, t.rows.length]),
    [['functional-expenditure', 2]],
  );
});
