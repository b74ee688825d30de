// A disclosure as a print page: A4, headers of tables repeat on every sheet, wide tables lie across.
import type { OutDocument } from './document.ts';
import { filled, type GridRow, gridOf, type OutTable, textOf } from './table.ts';

const escape = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');

const style = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
@page { size: A4 portrait; margin: 20mm 18mm 18mm; @bottom-center { content: counter(page); font-size: 9pt; } }
@page wide { size: A4 landscape; margin: 18mm 15mm; }
body { margin: 0 auto; max-width: 210mm; padding: 12mm; font: 12pt/1.75 "FangSong", "STFangsong", "Noto Serif CJK SC", "Source Han Serif SC", serif; color: #000; background: #fff; }
h1 { font: 700 20pt/1.5 "SimSun", "Noto Serif CJK SC", serif; text-align: center; margin: 0 0 18pt; }
h2 { font: 700 14pt/1.6 "SimHei", "Noto Sans CJK SC", sans-serif; margin: 14pt 0 4pt; break-after: avoid; }
h3 { font: 700 12pt/1.6 "KaiTi", "Noto Serif CJK SC", serif; margin: 8pt 0 2pt; break-after: avoid; }
p { margin: 0; text-indent: 2em; text-align: justify; }
section.table { break-before: page; }
section.wide { page: wide; max-width: none; }
section.table > .label { text-indent: 0; }
section.table > .title { text-indent: 0; text-align: center; font: 700 15pt/1.5 "SimSun", "Noto Serif CJK SC", serif; }
section.table > .meta { display: flex; justify-content: space-between; font-size: 10pt; }
section.table > .meta > p, section.table > .note { text-indent: 0; }
.note { font-size: 10pt; margin-top: 4pt; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; font-size: 9.5pt; line-height: 1.4; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th, td { border: 0.6pt solid #000; padding: 2pt 4pt; overflow-wrap: anywhere; vertical-align: middle; }
th, td.label { font-weight: 700; text-align: center; background: #f2f2f2; }
td.right { text-align: right; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
td.center { text-align: center; }
tr.total td { font-weight: 700; }
@media print { body { padding: 0; max-width: none; } }
`;

function rowHtml(row: GridRow, t: OutTable): string {
  const cells = row.cells
    .map(({ cell }) => {
      const head = cell.look === 'head' && row.head;
      const tag = head ? 'th' : 'td';
      const look = cell.look === 'label' || (cell.look === 'head' && !row.head) ? 'label' : cell.align === 'left' ? '' : cell.align;
      const indent = cell.indent > 0 ? ` style="padding-left:${4 + cell.indent * 10}pt"` : '';
      return `<${tag}${look && !head ? ` class="${look}"` : ''}${cell.columnSpan > 1 ? ` colspan="${cell.columnSpan}"` : ''}${cell.rowSpan > 1 ? ` rowspan="${cell.rowSpan}"` : ''}${indent}>${escape(textOf(cell.value, t.moneyUnit))}</${tag}>`;
    })
    .join('');
  return `<tr${row.cells.some((c) => c.cell.look === 'total') ? ' class="total"' : ''}>${cells}</tr>`;
}

function tableHtml(t: OutTable, issuer: string): string {
  const rows = filled(gridOf(t), t.widths.length);
  const all = t.widths.reduce((s, x) => s + x, 0);
  const head = rows.filter((r) => r.head);
  const body = rows.filter((r) => !r.head);
  return `<section class="table${t.landscape ? ' wide' : ''}">
<p class="label">${t.label}</p>
<p class="title">${escape(t.title)}</p>
<div class="meta"><p>编制单位：${escape(issuer)}</p><p>单位：${t.moneyUnit}</p></div>
<table><colgroup>${t.widths.map((w) => `<col style="width:${((100 * w) / all).toFixed(2)}%">`).join('')}</colgroup>
${head.length ? `<thead>${head.map((r) => rowHtml(r, t)).join('')}</thead>\n` : ''}<tbody>${body.map((r) => rowHtml(r, t)).join('\n')}</tbody></table>
${t.notes.map((n) => `<p class="note">${escape(n)}</p>`).join('\n')}
</section>`;
}

/** The page as a whole HTML document. */
export function htmlOf(d: OutDocument): string {
  const tags = { title: 'h1', heading1: 'h2', heading2: 'h3', text: 'p' } as const;
  const words = d.paragraphs.map((p) => `<${tags[p.kind]}>${escape(p.text)}</${tags[p.kind]}>`).join('\n');
  const list = d.tables.map((t, i) => `<tr><td class="center">${i + 1}</td><td class="center">${t.label}</td><td>${escape(t.title)}</td></tr>`).join('\n');
  return `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<title>${escape(d.title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${words}
<section class="table">
<h2>目录</h2>
<table><colgroup><col style="width:10%"><col style="width:18%"><col style="width:72%"></colgroup>
<thead><tr><th>编号</th><th>表号</th><th>表名</th></tr></thead>
<tbody>${list}</tbody></table>
</section>
${d.tables.map((t) => tableHtml(t, d.unit)).join('\n')}
</main>
</body>
</html>
`;
}
