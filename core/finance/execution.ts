// Budget execution: what was spent by month and project against the budget and the time gone by.
import type { Text } from '../contract.ts';
import { dateOf } from '../time.ts';
import { fromFen, type MoneyUnit } from './model.ts';
import { fenOf } from './rounding.ts';
import { elapsedOf } from './progress.ts';

export const executionStates = ['on-track', 'slow', 'fast', 'over', 'unknown'] as const;
export type ExecutionState = (typeof executionStates)[number];
export const executionStateNames: Record<ExecutionState, Text> = {
  'on-track': { zh: '与时间进度相当', en: 'In step with time' },
  slow: { zh: '慢于时间进度', en: 'Behind' },
  fast: { zh: '快于时间进度', en: 'Ahead' },
  over: { zh: '超出预算', en: 'Over budget' },
  unknown: { zh: '尚无数据', en: 'No data yet' },
};

export interface ExecutionJudgement {
  rate: number | null;
  timeRate: number;
  state: ExecutionState;
  reason: Text;
}
const percent = (x: number): string => `${Math.round(x * 1000) / 10}%`;

/**
 * Execution rate against the part of the year gone by. Amounts in fen; `through` is the last month with a figure (0 none): figures are
 * compared with the end of that month when it lies before `at`. `tolerance` in percent points.
 */
export function judgeExecution(e: { budget: number | null; spent: number; through: number; year: number; tolerance: number }, at: Date): ExecutionJudgement {
  const now = elapsedOf(e.year, at);
  const timeRate = e.through > 0 ? Math.min(now, e.through / 12) : now;
  const say = (state: ExecutionState, rate: number | null, zh: string, en: string): ExecutionJudgement => ({ rate, timeRate, state, reason: { zh, en } });
  if (e.through === 0) return say('unknown', null, '还没有填报执行数', 'Nothing entered yet');
  if (e.budget === null) return say('unknown', null, '没有预算数，不能计算执行率', 'No budget, no rate');
  if (e.budget <= 0) return e.spent > 0 ? say('over', null, '预算为0而有支出', 'Spent without a budget') : say('on-track', null, '预算为0，没有支出', 'No budget, nothing spent');
  const rate = e.spent / e.budget;
  const late = now < 1 && Number(dateOf(at).slice(5, 7)) - 1 > e.through ? `（数据只到${e.through}月）` : '';
  const words = `执行率${percent(rate)}，时间进度${percent(timeRate)}${late}`;
  const en = `Rate ${percent(rate)}, time ${percent(timeRate)}`;
  if (e.spent > e.budget) return say('over', rate, `${words}，已超出预算${fromFen(BigInt(e.spent - e.budget), '万元')}万元`, `${en}, over budget`);
  const off = (rate - timeRate) * 100;
  if (off < -e.tolerance) return say('slow', rate, `${words}，落后${Math.round(-off * 10) / 10}个百分点`, `${en}, behind`);
  if (off > e.tolerance) return say('fast', rate, `${words}，超前${Math.round(off * 10) / 10}个百分点`, `${en}, ahead`);
  return say('on-track', rate, words, en);
}

export interface ExecutionEntry {
  /** Row of the file, from 1. */
  row: number;
  /** As written: a name or a code; '' is the unit as a whole. */
  project: string;
  month: number;
  fen: number;
}
export interface ExecutionReading {
  layout: string;
  entries: ExecutionEntry[];
  faults: { row: number; message: string }[];
}

const norm = (t: string): string => t.normalize('NFKC').replace(/[\s\u200b\ufeff]/g, '');
const whole = /^(合计|总计|部门合计|单位合计|单位整体|整体支出|全部|整体)?$/;
function monthIn(text: string, year: number): number | null {
  const t = norm(text);
  const m = /^(?:(20\d\d)[年./-]?)?(\d{1,2})月?(?:份|底|末|累计|执行数|支出)*(?:\([^)]{0,6}\))?$/.exec(t) ?? /^(20\d\d)(0[1-9]|1[0-2])$/.exec(t);
  if (!m || (m[1] && Number(m[1]) !== year)) return null;
  const n = Number(m[2]);
  return n >= 1 && n <= 12 ? n : null;
}
const unitIn = (text: string): MoneyUnit | null => (/万元/.test(text) ? '万元' : /[（(:：]?元[)）]?$/.test(norm(text)) ? '元' : null);

/**
 * Reads a table of amounts: one line per project and month (项目, 月份, 金额), or months as columns (项目, 1月 … 12月).
 * Cumulative columns (累计) become months by difference. All faults are listed; the caller stores nothing while there are any.
 */
export function readExecution(rows: string[][], o: { year: number; moneyUnit: MoneyUnit | null }): ExecutionReading {
  const faults: ExecutionReading['faults'] = [];
  const fail = (row: number, message: string) => faults.push({ row, message });
  const none = (message: string): ExecutionReading => ({ layout: '无法识别', entries: [], faults: [{ row: 1, message }] });
  const isProject = (t: string) => /^(项目|项目名称|项目编码|项目代码|专项|名称)$/.test(norm(t));
  const head = rows.findIndex((r) => r.some(isProject) && r.filter((c) => norm(c) !== '').length >= 2);
  if (head < 0) return none('没有找到表头：应有“项目”列，以及“月份”“金额”两列或各月份列');
  const titles = rows[head]!;
  const above = rows.slice(0, head).flat().join(' ');
  const project = Math.max(
    titles.findIndex((t) => /名称|^项目$|^专项$/.test(norm(t))),
    titles.findIndex(isProject),
  );
  const code = titles.findIndex((t) => /编码|代码/.test(norm(t)));
  const monthColumn = titles.findIndex((t) => /^(月份|月|期间|会计期间|年月)$/.test(norm(t)));
  const amountColumn = titles.findIndex(
    (t) => /^(本月)?(累计)?(金额|执行数|支出|支出数|支出金额|执行金额|累计执行数|累计支出)/.test(norm(t)) || /^(金额|执行数)[(（]/.test(norm(t)),
  );
  const wide = titles.map((t, i) => ({ i, month: i === project || i === code ? null : monthIn(t, o.year), cumulative: /累计/.test(t) })).filter((x) => x.month !== null);
  const stated =
    unitIn(amountColumn >= 0 ? titles[amountColumn]! : '') ?? unitIn(above.match(/单位[:：]?\s{0,3}(万元|元)/)?.[0] ?? '') ?? (titles.some((t) => /万元/.test(t)) ? '万元' : null);
  const unit = o.moneyUnit ?? stated;
  if (unit === null) return none('没有写明金额单位（元或万元），请在表头写明或在导入时选择');
  const entries: ExecutionEntry[] = [];
  const cumulative: (ExecutionEntry & { cumulative: true })[] = [];
  const put = (row: number, name: string, month: number, text: string, sum: boolean) => {
    const t = norm(text)
      .replace(/,/g, '')
      .replace(/(万元|元)$/, '');
    if (t === '' || /^[-—–/]+$/.test(t)) return;
    const fen = fenOf(t, unit);
    if (fen === null) return fail(row, `金额“${text.slice(0, 30)}”不是数字`);
    const e = { row, project: whole.test(norm(name)) ? '' : name.trim(), month, fen };
    if (sum) cumulative.push({ ...e, cumulative: true });
    else entries.push(e);
  };
  const nameOf = (r: string[]): string => (r[project] ?? '').trim() || (code >= 0 ? (r[code] ?? '').trim() : '');
  let layout: string;
  if (monthColumn >= 0 && amountColumn >= 0) {
    const sum = /累计/.test(titles[amountColumn]!);
    layout = `逐行：项目、月份、${sum ? '累计' : ''}金额（${unit}）`;
    for (let i = head + 1; i < rows.length; i++) {
      const r = rows[i]!;
      if (r.every((c) => norm(c) === '')) continue;
      const month = monthIn(r[monthColumn] ?? '', o.year);
      if (month === null) {
        fail(i + 1, `月份“${(r[monthColumn] ?? '').slice(0, 20)}”不是 ${o.year} 年的月份`);
        continue;
      }
      put(i + 1, nameOf(r), month, r[amountColumn] ?? '', sum);
    }
  } else if (wide.length) {
    layout = `月份为列：${wide.length}个月（${unit}）`;
    for (let i = head + 1; i < rows.length; i++) {
      const r = rows[i]!;
      if (r.every((c) => norm(c) === '')) continue;
      for (const w of wide) put(i + 1, nameOf(r), w.month!, r[w.i] ?? '', w.cumulative);
    }
  } else return none('表头有“项目”，但没有“月份”“金额”两列，也没有各月份列');
  // Cumulative figures become months: each less the one before it.
  const by = new Map<string, typeof cumulative>();
  for (const e of cumulative) by.set(e.project, [...(by.get(e.project) ?? []), e]);
  for (const list of by.values()) {
    let before = 0;
    let last = 0;
    for (const e of list.toSorted((a, b) => a.month - b.month)) {
      if (e.month === last) {
        fail(e.row, `${e.project || '合计'} ${e.month}月出现两次`);
        continue;
      }
      entries.push({ row: e.row, project: e.project, month: e.month, fen: e.fen - before });
      before = e.fen;
      last = e.month;
    }
  }
  const seen = new Map<string, number>();
  for (const e of entries) {
    const key = `${norm(e.project)}/${e.month}`;
    const first = seen.get(key);
    if (first !== undefined) fail(e.row, `${e.project || '合计'} ${e.month}月出现两次（另在第${first}行）`);
    else seen.set(key, e.row);
  }
  if (!entries.length && !faults.length) fail(head + 1, '表头之下没有金额');
  return { layout, entries: entries.toSorted((a, b) => a.row - b.row || a.month - b.month), faults: faults.toSorted((a, b) => a.row - b.row) };
}

/** Rows of a CSV text: quotes, doubled quotes, CR LF; comma, tab or semicolon, whichever the first lines have most of. */
export function readCsv(text: string): string[][] {
  const body = text.replace(/^\ufeff/, '');
  const counts = { ',': 0, '\t': 0, ';': 0 };
  for (let i = 0, inside = false; i < Math.min(body.length, 2000); i++) {
    const c = body[i]!;
    if (c === '"') inside = !inside;
    else if (!inside && c in counts) counts[c as ',']++;
  }
  const comma = ([',', '\t', ';'] as const).toSorted((x, y) => counts[y] - counts[x])[0]!;
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < body.length; i++) {
    const c = body[i]!;
    if (quoted) {
      if (c !== '"') cell += c;
      else if (body[i + 1] === '"') {
        cell += '"';
        i++;
      } else quoted = false;
    } else if (c === '"' && cell === '') quoted = true;
    else if (c === comma) {
      row.push(cell);
      cell = '';
    } else if (c === '\n' || c === '\r') {
      if (c === '\r' && body[i + 1] === '\n') i++;
      row.push(cell);
      rows.push(row);
      row = [];
      cell = '';
    } else cell += c;
  }
  if (cell !== '' || row.length) rows.push([...row, cell]);
  return rows;
}
