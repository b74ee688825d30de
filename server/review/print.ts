// The review as a page to print: plain HTML, everything escaped, no script.
import { type Assembled, causeNames, changeNames } from '#core/review/review.ts';
import { durationText, minuteOf, MINUTE } from '#core/time.ts';
import type { Text } from '#core/contract.ts';
import type { ImprovementRow, ReviewRow } from './service.ts';

const escape = (v: unknown): string => String(v ?? '').replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const time = (at: string | Date | null): string => (at === null ? '' : minuteOf(typeof at === 'string' ? new Date(at) : at));
const table = (head: string[], rows: unknown[][]): string =>
  rows.length
    ? `<table><thead><tr>${head.map((h) => `<th>${escape(h)}</th>`).join('')}</tr></thead><tbody>${rows.map((r) => `<tr>${r.map((c) => `<td>${escape(c)}</td>`).join('')}</tr>`).join('')}</tbody></table>`
    : '<p>无</p>';
const paragraphs = (text: string): string =>
  text.trim()
    ? text
        .split(/\n+/)
        .map((p) => `<p>${escape(p)}</p>`)
        .join('')
    : '<p>（未填写）</p>';
const states = { planned: '拟定', open: '落实中', done: '已完成', dropped: '已取消' };

/** HTML of one review; `demo` says so on the page. */
export function printed(r: ReviewRow, a: Assembled, improvements: ImprovementRow[], names: Record<string, Text>, demo: boolean): string {
  const unit = (path: string | null): string => (path ? (names[path]?.zh ?? path) : '');
  return `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>${escape(r.title)}</title><style>
body{font:14px/1.7 "Noto Serif CJK SC","Source Han Serif SC",SimSun,serif;max-width:190mm;margin:12mm auto;color:#111}h1{font-size:22px;text-align:center}h2{font-size:16px;margin:18px 0 6px}
table{border-collapse:collapse;width:100%;font-size:12px}td,th{border:1px solid #666;padding:3px 6px;text-align:left;vertical-align:top}tr{break-inside:avoid}.meta{text-align:center;color:#444}.demo{text-align:center;border:1px solid #b00;color:#b00;padding:2px}
</style></head><body>${demo ? '<p class="demo">演示数据，不代表任何真实单位</p>' : ''}
<h1>${escape(r.title)}</h1><p class="meta">事件编号 ${escape(r.caseNo)} · ${escape(unit(r.unit))} · ${r.status === 'final' ? `完成于 ${time(r.finishedAt)}` : '草稿'}</p>
<h2>一、为何复盘</h2>${table(
    ['原因'],
    r.triggers.map((t) => [t.text.zh]),
  )}
<h2>二、经过与结论</h2>${paragraphs(r.summary)}
<h2>三、用时</h2>${table(
    ['阶段', '用时'],
    a.numbers.map((n) => [n.name.zh, n.minutes === null ? '—' : durationText(n.minutes * MINUTE)]),
  )}
<h2>四、超过的时限</h2>${table(
    ['任务', '单位', '时限', '应于', '完成于', '超过'],
    a.breaches.map((b) => [b.title, unit(b.unit), b.limit, time(b.due), b.metAt ? time(b.metAt) : '未完成', durationText(b.minutes * MINUTE)]),
  )}
<h2>五、决策点</h2>${table(
    ['时间', '岗位', '环节', '决定', '理由'],
    a.decisions.map((d) => [time(d.at), d.by, d.step.zh, d.outcome.zh, d.reason]),
  )}
<h2>六、做得好的</h2>${paragraphs(r.worked)}<h2>七、需要改进的</h2>${paragraphs(r.failed)}
<h2>八、原因</h2>${table(
    ['类别', '说明'],
    r.causes.map((c) => [causeNames[c.kind].zh, c.text]),
  )}
<h2>九、改进项</h2>${table(
    ['内容', '责任单位', '完成日期', '涉及', '状态', '改了什么'],
    improvements.map((i) => [i.text, i.unitName.zh, i.dueOn, changeNames[i.changes].zh, states[i.status], i.changed]),
  )}
<h2>附：事实时间线</h2>${table(
    ['时间', '岗位', '单位', '事实'],
    a.timeline.map((e) => [time(e.at), e.by, unit(e.unit), e.text.zh]),
  )}
</body></html>`;
}
