// A printable page of checked disclosures: findings first, then what was read.
import type { Outcome } from './json.ts';
import { classNames, kindNames, placeText, severityNames, sortedFindings } from './text.ts';

const escape = (s: string): string => s.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');

const style = `
:root{color-scheme:light}
*{box-sizing:border-box}
body{font:15px/1.7 "Noto Sans CJK SC","Source Han Sans SC","PingFang SC","Microsoft YaHei",sans-serif;color:#1d2733;margin:0 auto;max-width:60rem;padding:2rem 1.5rem}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2rem 0 .5rem;border-bottom:1px solid #c9d2dc;padding-bottom:.25rem}
.meta{color:#5b6875;margin:0 0 1rem}
.counts{display:flex;gap:1.5rem;flex-wrap:wrap;margin:1rem 0;padding:0;list-style:none}.counts b{display:block;font-size:1.6rem;line-height:1.2;font-variant-numeric:tabular-nums}
table{border-collapse:collapse;width:100%;font-size:.92rem}th,td{border:1px solid #d5dce4;padding:.35rem .5rem;text-align:left;vertical-align:top}th{background:#f1f4f7;font-weight:600}
td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.error{color:#b3261e}.warning{color:#8a5a00}.undecidable,.rounding{color:#33618f}.place{color:#5b6875;font-size:.85rem}
article{break-after:page}article:last-child{break-after:auto}tr{break-inside:avoid}thead{display:table-header-group}
@media print{body{max-width:none;padding:0;font-size:10.5pt}@page{size:A4;margin:16mm 14mm}}
`;

function articleOf(o: Outcome): string {
  if ('error' in o) return `<article><h1>${escape(o.file)}</h1><p class="error">未能读取：${escape(o.error.message)}</p></article>`;
  const d = o.disclosure;
  const k = o.report.checks;
  const rows = sortedFindings(o.report.findings).map((f, i) => {
    const figures = f.figures.map((x) => `${escape(x.label)} ${escape(x.value)}`).join('<br>');
    const places = f.places.map((p) => `${p.table ? `${escape(p.table)} ` : ''}${escape(placeText(p, d))}`).join('；');
    return `<tr><td class="n">${i + 1}</td><td class="${f.severity}">${severityNames[f.severity]}</td><td>${classNames[f.class]}</td><td>${escape(f.message)}<div class="place">${places}　${escape(f.rule)}</div></td><td>${figures}</td><td class="n">${f.difference === null ? '' : escape(f.difference)}</td></tr>`;
  });
  const tables = d.tables.map(
    (t) =>
      `<tr><td>${escape(t.id)}</td><td>${escape(t.title || '（标题缺失）')}${t.remarks.map((r) => `<div class="place">${escape(r)}</div>`).join('')}</td><td class="n">${t.rows.length}</td><td>${t.moneyUnit ?? ''}</td><td>${escape(placeText(t.place, d))}</td></tr>`,
  );
  const unread = d.unread.map((u) => `<tr><td>${escape(placeText(u.place, d))}</td><td>${escape(u.reason)}</td><td>${escape(u.text)}</td></tr>`);
  return `<article>
<h1>${escape(d.unit ?? o.file)}　${d.year ?? ''} 年${d.kind ? kindNames[d.kind] : ''}公开校验报告</h1>
<p class="meta">${escape(o.file)}　金额单位：${d.moneyUnit ?? '未注明'}　${d.tables.length} 张表　${d.targets.length} 个绩效指标</p>
<ul class="counts"><li><b>${k.passed}</b>通过</li><li><b>${k.rounding}</b>尾差</li><li class="error"><b>${k.failed}</b>不符</li><li><b>${k.undecidable}</b>无法判定</li></ul>
<h2>发现的问题</h2>
${rows.length ? `<table><thead><tr><th>序号</th><th>程度</th><th>类别</th><th>问题与位置</th><th>数字</th><th>相差</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>` : '<p>没有发现问题。</p>'}
<h2>读到的表</h2>
<table><thead><tr><th>编号</th><th>表名</th><th>行数</th><th>单位</th><th>位置</th></tr></thead><tbody>${tables.join('\n')}</tbody></table>
${unread.length ? `<h2>未能读懂的内容</h2><table><thead><tr><th>位置</th><th>原因</th><th>原文</th></tr></thead><tbody>${unread.join('\n')}</tbody></table>` : ''}
</article>`;
}

export const outcomesHtml = (outcomes: Outcome[]): string =>
  `<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>预决算公开校验报告</title><style>${style}</style></head><body>\n${outcomes.map(articleOf).join('\n')}\n</body></html>\n`;
