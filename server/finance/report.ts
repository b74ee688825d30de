// The findings of a stored disclosure as a page to print, as CSV and as JSON, with what was decided about each.
import type { Output } from '#core/contract.ts';
import type { financeApi } from '#core/finance/contract.ts';
import { classNames, kindNames, severityNames } from '#core/finance/report/text.ts';
import { csvOf } from '../platform/csv.ts';
import { escapeHtml as esc } from './forms/render.ts';

type One = Output<typeof financeApi.disclosure>;
type Found = Output<typeof financeApi.findings>;
const statuses = { open: '待处理', explained: '已说明', corrected: '已更正' } as const;
const placeText = (p: Found['items'][number]['places'][number]): string =>
  `${p.table ?? '文字'}${p.page ? ` 第${p.page}页` : ''}${p.line ? ` 第${p.line}行` : p.row ? ` 第${p.row}行` : ''}`;

export const reportCsv = (d: One, f: Found): string =>
  csvOf([
    ['程度', '类别', '规则', '说明', '位置', '数字', '相差', '状态', '处理说明', '处理岗位', '处理时间', '依据'],
    ...f.items.map((x) => [
      severityNames[x.severity],
      classNames[x.class],
      x.ruleName.zh,
      x.message,
      x.places.map(placeText).join('；'),
      x.figures.map((n) => `${n.label} ${n.value}`).join('；'),
      x.difference,
      statuses[x.status],
      x.note,
      x.decided?.byName,
      x.decided?.at,
      x.ruleSource,
    ]),
    [],
    ['单位', d.unitName.zh, '年度', d.year, '种类', kindNames[d.kind], '版本', d.number],
  ]);

const style = `*{box-sizing:border-box}body{font:14px/1.65 "Noto Sans CJK SC","Source Han Sans SC","PingFang SC","Microsoft YaHei",sans-serif;color:#1d2733;margin:0 auto;max-width:64rem;padding:1.5rem}h1{font-size:1.35rem;margin:0}
p.meta{color:#5b6875;margin:.2rem 0 1rem}ul{display:flex;gap:1.5rem;list-style:none;padding:0;flex-wrap:wrap}ul b{display:block;font-size:1.5rem;font-variant-numeric:tabular-nums}table{border-collapse:collapse;width:100%;font-size:.9rem}
td,th{border:1px solid #d5dce4;padding:.35rem .5rem;text-align:left;vertical-align:top}th{background:#f1f4f7}.error{color:#b3261e}.warning{color:#8a5a00}.rounding,.undecidable{color:#33618f}small{color:#5b6875}tr{break-inside:avoid}
thead{display:table-header-group}@media print{body{padding:0;max-width:none;font-size:10pt}@page{size:A4;margin:15mm 13mm}}`;

export function reportHtml(d: One, f: Found): string {
  const rows = f.items.map(
    (x, i) =>
      `<tr><td>${i + 1}</td><td class="${x.severity}">${severityNames[x.severity]}</td><td>${esc(x.message)}<br><small>${esc(x.places.map(placeText).join('；'))}　${esc(x.ruleName.zh)}：${esc(x.ruleSource)}</small></td><td>${x.figures
        .map((n) => `${esc(n.label)} ${esc(n.value)}`)
        .join(
          '<br>',
        )}${x.difference ? `<br>相差 ${esc(x.difference)}` : ''}</td><td>${statuses[x.status]}${x.recurring ? '（再次出现）' : ''}${x.note ? `<br><small>${esc(x.note)}（${esc(x.decided?.byName ?? '')}）</small>` : ''}</td></tr>`,
  );
  return `<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${esc(d.unitName.zh)} ${d.year} 校验报告</title><style>${style}</style></head><body>
<h1>${esc(d.unitName.zh)}　${d.year} 年${kindNames[d.kind]}公开校验报告</h1>
<p class="meta">第 ${d.number} 版　${esc(d.files.map((x) => x.name).join('、'))}　金额单位：${d.moneyUnit ?? '未注明'}　${d.tables} 张表　${d.targets} 个绩效指标　更正 ${d.corrections} 处</p>
<ul><li><b>${f.checks.passed}</b>通过</li><li><b>${f.checks.rounding}</b>尾差</li><li class="error"><b>${f.checks.failed}</b>不符</li><li><b>${f.checks.undecidable}</b>无法判定</li><li><b>${d.findings.open}</b>待处理</li></ul>
${rows.length ? `<table><thead><tr><th>序号</th><th>程度</th><th>问题与位置</th><th>数字</th><th>处理</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>` : '<p>没有发现问题。</p>'}
</body></html>\n`;
}
