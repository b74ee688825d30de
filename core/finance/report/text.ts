// A report of checked disclosures that a person likes to read: what was read, what does not agree, where it stands.
import type { Finding } from '../check/report.ts';
import type { Disclosure, Place } from '../model.ts';
import type { Outcome } from './json.ts';

export const severityNames: Record<Finding['severity'], string> = { error: '错误', warning: '提醒', rounding: '尾差', undecidable: '无法判定' };
export const classNames: Record<Finding['class'], string> = { figures: '数字', targets: '绩效目标', content: '内容' };
export const kindNames: Record<string, string> = { budget: '预算', 'final-account': '决算' };
const order: Finding['severity'][] = ['error', 'warning', 'undecidable', 'rounding'];

/** 第 12 行 / 第 3 页第 8 行 / 工作表. */
export function placeText(p: Place, d: Disclosure): string {
  const file = d.files.length > 1 && p.file !== undefined ? `${d.files[p.file]} ` : '';
  if (p.line !== undefined) return `${file}第 ${p.line} 行`;
  return `${file}第 ${p.page ?? 1} 页${p.row === undefined ? '' : `第 ${p.row} 行`}`;
}

export const sortedFindings = (findings: Finding[]): Finding[] => findings.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));

/** Paints text for a terminal; the identity when colours are off. */
function painter(colour: boolean) {
  const wrap = (code: string) => (s: string) => (colour ? `\u001B[${code}m${s}\u001B[0m` : s);
  return { bold: wrap('1'), dim: wrap('2'), red: wrap('31'), yellow: wrap('33'), green: wrap('32'), blue: wrap('36') };
}

function documentText(o: Outcome, colour: boolean): string {
  const c = painter(colour);
  if ('error' in o) return `${c.bold(o.file)}\n  ${c.red('未能读取')}　${o.error.message}（${o.error.code}）`;
  const d = o.disclosure;
  const lines: string[] = [];
  const title = [d.unit ?? '单位未能识别', d.year === null ? '年度未能识别' : `${d.year} 年`, d.kind ? kindNames[d.kind] : '预算或决算未能识别'].join('　');
  lines.push(c.bold(title), c.dim(`${o.file}　金额单位：${d.moneyUnit ?? '未注明'}`), '');
  const sheets = d.targetSheets.filter((s) => s.targets.length > 0).length;
  lines.push(
    `读到 ${d.tables.length} 张表、${sheets} 张绩效目标表中的 ${d.targets.length} 个指标、${d.statements.length} 处文字数据${d.contacts.length ? `；联系人信息 ${d.contacts.length} 处已遮盖` : ''}`,
  );
  for (const t of d.tables) {
    const uncertain = t.rows.reduce((n, r) => n + r.cells.filter((x) => x.notes?.includes('undecided')).length, 0);
    lines.push(
      `  ${t.id}　${t.title || '（标题缺失）'}　${c.dim(`${t.rows.length} 行${t.empty ? '，空表' : ''}，${placeText(t.place, d)}`)}${uncertain ? c.yellow(`　${uncertain} 个数字位置不确定`) : ''}`,
    );
    for (const r of t.remarks) lines.push(`      ${c.yellow(r)}`);
  }
  const k = o.report.checks;
  lines.push('', `校验　${c.green(`通过 ${k.passed}`)}　尾差 ${k.rounding}　${k.failed ? c.red(`不符 ${k.failed}`) : '不符 0'}　无法判定 ${k.undecidable}`, '');
  const findings = sortedFindings(o.report.findings);
  findings.forEach((f, i) => {
    const paint = f.severity === 'error' ? c.red : f.severity === 'warning' ? c.yellow : c.blue;
    lines.push(`${String(i + 1).padStart(3)}. ${paint(severityNames[f.severity])}　${f.message}`);
    if (f.figures.length) lines.push(`     ${f.figures.map((x) => `${x.label} ${c.bold(x.value)}`).join('　')}${f.difference === null ? '' : `　相差 ${c.bold(f.difference)}`}`);
    const places = f.places.slice(0, 6).map((p) => `${p.table ? `${p.table} ` : ''}${placeText(p, d)}`);
    lines.push(c.dim(`     ${places.join('；')}${f.places.length > 6 ? ` 等 ${f.places.length} 处` : ''}　规则 ${f.rule}`));
  });
  if (findings.length === 0) lines.push(c.green('没有发现问题。'));
  if (d.unread.length) {
    lines.push('', `未能读懂的内容 ${d.unread.length} 处：`);
    for (const u of d.unread.slice(0, 12)) lines.push(c.dim(`  ${placeText(u.place, d)}　${u.reason}${u.text ? `：${u.text.slice(0, 60)}` : ''}`));
    if (d.unread.length > 12) lines.push(c.dim(`  另有 ${d.unread.length - 12} 处，见 --format json`));
  }
  return lines.join('\n');
}

/** The text report of a whole run, with a summary when there are several documents. */
export function outcomesText(outcomes: Outcome[], colour: boolean): string {
  const c = painter(colour);
  const parts = outcomes.map((o) => documentText(o, colour));
  if (outcomes.length > 1) {
    const read = outcomes.filter((o) => 'disclosure' in o);
    const errors = read.reduce((n, o) => n + ('report' in o ? o.report.findings.filter((f) => f.severity === 'error').length : 0), 0);
    parts.push(c.bold(`共 ${outcomes.length} 份：读取 ${read.length} 份，未能读取 ${outcomes.length - read.length} 份，错误 ${errors} 处`));
  }
  return parts.join(`\n\n${'─'.repeat(60)}\n\n`);
}
