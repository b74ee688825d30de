// Tables flattened to text without tabs: headings and names joined again, lost blank cells found by their sums.
import type { Cell, Column, ColumnRole, Place, Row, Statement, TableKind, Unread } from '../model.ts';
import { figureCell, wordCell } from './cells.ts';
import type { Segment } from './segment.ts';
import { type Family, rowSums, solve } from './solve.ts';
import type { Line } from './stream.ts';
import { type Body, levelOf } from './tables.ts';
import { figure, glue, joinWords, norm } from './text.ts';
import { isBalanceKind, isFunctionalClass, sourceOf, unnumbered } from './vocabulary.ts';

export { readFlatTargets } from './flat-targets.ts';

export interface Hints {
  /** Sources that bring money at all, from the two-sided tables; null when unknown. */
  sources: Map<string, string> | null;
}

interface Token {
  text: string;
  place: Place;
  figure: boolean;
  /** First token of its line. */
  first: boolean;
  line: Line;
}

const isAmount = (t: string) => {
  const f = figure(t);
  return f.value !== null || f.error;
};
const tokensOf = (line: Line): Token[] =>
  line.text
    .split(' ')
    .filter(Boolean)
    .map((text, i) => ({ text, place: line.place, figure: isAmount(text), first: i === 0, line }));
const code = /^(\d{3}|\d{5}|\d{7})$/;
/** 类 款 项 in three columns: 206 04 04 成果转化 → 2060404 成果转化. */
function joinCodes(tokens: Token[]): Token[] {
  if (!/^\d{3}$/.test(norm(tokens[0]?.text ?? ''))) return tokens;
  let n = 1;
  while (n < 3 && /^\d{2}$/.test(norm(tokens[n]?.text ?? ''))) n += 1;
  if (n === 1 || tokens[n]?.figure !== false) return tokens;
  const text = tokens
    .slice(0, n)
    .map((t) => norm(t.text))
    .join('');
  return [{ ...tokens[0]!, text }, ...tokens.slice(n)];
}
const publicItem = /出国|接待|用车|购置|运行|会议费|培训费|合计|三公/;
const totalWord = /^(合计|总计|小计)$/;
/** No name of a classification or project is longer; what goes on beyond it is not a name. */
const longest = 160;

function bodyStart(lines: Line[], kind: TableKind): number {
  return lines.findIndex((line, at) => {
    const t = tokensOf(line);
    const first = norm(t[0]?.text ?? '');
    if (code.test(first) && (t.length > 1 || !/^20\d\d/.test(first) || first.length > 4)) return true;
    if (/^[A-C]$/.test(first) && t.length > 1) return true;
    if (totalWord.test(first) && t.length === 1) {
      // 合计 alone: a blank total when a code follows or nothing does, otherwise a piece of the header.
      const next = lines[at + 1];
      return kind !== 'three-public' && at > 0 && (!next || code.test(norm(tokensOf(next)[0]?.text ?? '')));
    }
    if (totalWord.test(first) && t.slice(1).every((x) => x.figure)) return true;
    if (isBalanceKind(kind) && (/^[一二三]、/.test(first) || t.some((x) => isFunctionalClass(x.text)))) return true;
    return t.some((x) => x.figure && /\d\.\d/.test(x.text)) || (t.length > 0 && t.every((x) => x.figure));
  });
}

/** Headings in the running text of a header, by the words they can hold. */
const phrases: [RegExp, ColumnRole | null][] = [
  [/^(科目|项目|功能科目)(编码|代码|编号)/, null],
  [/^(科目|项目)名称/, null],
  [/^(功能|经济)分类科目|^(政府|部门)预算(支出)?经济(分类)?科目/, null],
  [/^20\d\d年(度)?(基本支出|项目支出)/, null],
  [/^20\d\d年(度)?(预算|执行|决算)数?(比|较)(20\d\d年|上年)(度)?(预算|执行|决算)?数?/, null],
  [/^(20\d\d)年(度)?(年初)?(预算|决算|执行)数?/, 'budget'],
  [/^增减额|^增加额|^增减变化金额/, 'change'],
  [/^财政(补助|拨款)收入/, 'appropriation'],
  [/^(?:(?!支出|合计|小计|总计|预算数|决算数|执行数|增减额)[^%]){0,14}增(幅|长率|长%|减(幅|率|%))%?/, 'growth'],
  [/^(上年|使用)?结转(结余)?(资金)?/, 'carry-over'],
  [/^一般公共预算(财政)?(拨款)?(资金)?(收入)?/, 'general'],
  [/^政府性基金(预算)?(财政)?(拨款)?(资金)?(收入)?(?!支出)/, 'fund'],
  [/^国有资本经营(预算)?(财政)?(拨款)?(资金)?(收入)?(?!支出)/, 'capital'],
  [/^财政专户(管理)?(资金)?(收入)?/, 'special-account'],
  [/^事业单位经营收入/, 'operating'],
  [/^事业(预算)?收入/, 'business'],
  [/^上级补助收入/, 'superior'],
  [/^附属单位上缴收入/, 'subordinate'],
  [/^(单位)?其他收入/, 'other'],
  [/^因公出国\(境\)费?用?/, 'abroad'],
  [/^公务用车购置(及|和)运行(维护)?费?/, null],
  [/^公务用车购置费?/, 'vehicle-purchase'],
  [/^公务用车运行(维护)?费?/, 'vehicle-running'],
  [/^公务接待费/, 'reception'],
  [/^会议费/, 'meeting'],
  [/^培训费/, 'training'],
  [/^人员经费/, 'personnel'],
  [/^(日常)?公用经费/, 'public'],
  [/^基本支出/, 'basic'],
  [/^项目支出/, 'project'],
  [/^货物类?/, 'goods'],
  [/^工程类?/, 'works'],
  [/^服务类?/, 'services'],
  [/^(总计|合计|小计)/, 'total'],
];

function columnsFrom(head: string, kind: TableKind, year: number | null): Column[] {
  const found: Column[] = [];
  const years = [...head.matchAll(/(20\d\d)年/g)].map((m) => Number(m[1]));
  const newest = year ?? (years.length ? Math.max(...years) : null);
  let i = 0;
  while (i < head.length) {
    const rest = head.slice(i, i + 40);
    const hit = phrases.find(([re]) => re.test(rest));
    if (!hit) {
      i += 1;
      continue;
    }
    const text = hit[0].exec(rest)![0];
    i += Math.max(1, text.length);
    let role = hit[1];
    if (role === null) continue;
    const y = /(20\d\d)年/.exec(text);
    if (role === 'growth' && !/%|率|幅/.test(text)) continue;
    if (role === 'budget') {
      if (!y || newest === null || Number(y[1]) >= newest || kind === 'three-public') continue;
      role = 'prior';
    }
    if (role === 'appropriation' && kind !== 'income') continue;
    if (['general', 'fund', 'capital'].includes(role) && !['income', 'procurement', 'project-list'].includes(kind)) continue;
    found.push({ path: [text], role, year: y ? Number(y[1]) : null });
  }
  const has = (r: ColumnRole) => found.some((c) => c.role === r);
  const pick = (roles: ColumnRole[]) => roles.flatMap((r) => found.filter((c) => c.role === r).slice(0, 1));
  if (kind === 'three-public' && !has('abroad') && !has('reception')) {
    // One item a line: 项目 | 2024年预算数 | 2025年预算数 | 增减额.
    const money: Column[] = [...new Set(years)].map((y) => ({ path: [`${y}年预算数`], role: y === newest ? 'total' : 'prior', year: y }));
    return [
      { path: ['项目'], role: 'name', year: null },
      ...(money.length ? money : [{ path: ['预算数'], role: 'total' as const, year }]),
      ...found.filter((c) => c.role === 'change' || c.role === 'growth'),
    ];
  }
  if (kind === 'three-public' && /预算数/.test(head) && /决算数|支出数/.test(head)) {
    const items = pick(['total', 'abroad', 'vehicle-purchase', 'vehicle-running', 'reception']);
    const vehicles: Column = { path: ['公务用车购置及运行费', '小计'], role: 'vehicles', year };
    const block = (basis: string): Column[] => [...items.slice(0, 2), ...(/小计/.test(head) ? [vehicles] : []), ...items.slice(2)].map((c) => ({ ...c, path: [basis, ...c.path] }));
    const actual = block(/决算数/.test(head) ? '决算数' : '支出数');
    return head.search(/决算数|支出数/) < head.indexOf('预算数') ? [...actual, ...block('预算数')] : [...block('预算数'), ...actual];
  }
  if (kind === 'three-public') {
    const distinct = [...new Set(years)];
    const one = (y: number | null): Column[] => {
      const totals = found.filter((c) => c.role === 'total');
      const vehicles: Column = { path: ['公务用车购置及运行费', '小计'], role: 'vehicles', year: y };
      return [
        ...(totals[0] ? [{ ...totals[0], year: y }] : []),
        ...pick(['abroad']).map((c) => ({ ...c, year: y })),
        ...(/小计/.test(head) || totals.length > 1 ? [vehicles] : []),
        ...pick(['vehicle-purchase', 'vehicle-running', 'reception', 'meeting', 'training']).map((c) => ({ ...c, year: y })),
      ];
    };
    return distinct.length > 1 ? distinct.flatMap((y) => one(y)) : one(distinct[0] ?? year);
  }
  const seen = new Set<ColumnRole>();
  if (/^(basic|project)-by/.test(kind) && (head.match(/(科目|分类)?(编码|代码)/g)?.length ?? 0) > 1)
    return [
      { path: ['科目编码'], role: 'code', year: null },
      { path: ['科目名称'], role: 'name', year: null },
      { path: ['金额'], role: 'total', year },
    ];
  const figures = found.filter((c) => (seen.has(c.role) ? false : (seen.add(c.role), true)));
  // 基本支出 over 小计 | 人员经费 | 公用经费: its parts stand right behind it.
  if (has('basic') && has('personnel') && has('public') && has('project')) {
    const rest = figures.filter((c) => c.role !== 'personnel' && c.role !== 'public');
    const inner = figures.filter((c) => c.role === 'personnel' || c.role === 'public');
    rest.splice(rest.findIndex((c) => c.role === 'basic') + 1, 0, ...inner);
    figures.splice(0, figures.length, ...rest);
  }
  // 基本支出 as the only heading of a table that holds nothing else.
  if (/^(basic|project-by)/.test(kind) && figures.length === 1 && (figures[0]!.role === 'basic' || figures[0]!.role === 'project')) figures[0]!.role = 'total';
  if (!has('total') && figures.length === 0) figures.push({ path: ['预算数'], role: 'total', year });
  const listed = kind === 'project-list' || kind === 'procurement';
  return [
    ...(listed && !/编码|代码|编号/.test(head) ? [] : [{ path: [listed ? '项目编码' : '科目编码'], role: 'code' as const, year: null }]),
    listed ? { path: ['项目名称'], role: 'project-name', year: null } : { path: ['科目名称'], role: 'name', year: null },
    ...figures,
  ];
}

const isName = (c: Column): boolean => c.role === 'name' || c.role === 'project-name';

interface Draft {
  code: string | null;
  name: string;
  figures: Token[];
  place: Place;
  joined: boolean;
}

/** Codes of projects: digits, mostly with a letter. */
const projectCode = /^(?=[0-9A-Z]*\d{6})[0-9A-Z]{10,40}$/;
/**
 * Whether a wrapped name stands above the line with its figures and not below it: nothing can go on below 合计,
 * and the piece that filled its line is the longer one.
 */
function namesLead(lines: Line[]): boolean {
  const rows = lines.map((line) => {
    const tokens = tokensOf(line);
    const words = tokens.filter((t) => !t.figure || projectCode.test(norm(t.text)));
    return {
      total: totalWord.test(norm(tokens[0]?.text ?? '')),
      bare: words.length === tokens.length,
      length: words.reduce((n, t) => n + (projectCode.test(norm(t.text)) ? 0 : t.text.length + 1), 0),
    };
  });
  let lead = 0;
  let tail = 0;
  rows.forEach((row, i) => {
    const above = rows[i - 1];
    if (!row.bare || row.total || above?.bare) return;
    const below = rows.slice(i).find((r) => !r.bare);
    if (!above || above.total) lead += below ? 10 : 0;
    else if (!below) tail += 10;
    else {
      if (row.length >= below.length) lead += 1;
      if (above.length > row.length) tail += 1;
    }
  });
  return lead > tail;
}

/** Whether the figures of a row without blanks satisfy the sums of its columns. */
function addsUp(d: Draft, roles: ColumnRole[]): boolean {
  const values = d.figures.map((f) => Number(figure(f.text).value ?? 0));
  return rowSums(roles).every((s) => Math.abs(values[s.total]! - s.parts.reduce((a, c) => a + values[c]!, 0)) <= 0.03);
}
/** A heading over two lines (增幅%) comes too early when the head is flattened: the order that lets most full rows add up. */
function bestOrder(columns: Column[], drafts: Draft[]): Column[] {
  const late = columns.filter((c) => c.role === 'growth' || c.role === 'change');
  if (late.length === 0) return columns;
  const other = [...columns.filter((c) => !late.includes(c)), ...late];
  const score = (order: Column[]) => {
    const roles = order.flatMap((c) => (c.role === 'code' || isName(c) ? [] : [c.role]));
    return drafts.filter((d) => d.figures.length === roles.length && addsUp(d, roles)).length;
  };
  return score(other) > score(columns) ? other : columns;
}

/** Reads a flattened table. What fits nowhere is reported unread. */
export function readFlatTable(segment: Segment, hints: Hints, statements: Statement[]): Body {
  const unread: Unread[] = [];
  const start = bodyStart(segment.lines, segment.kind);
  const headLines = start < 0 ? segment.lines : segment.lines.slice(0, start);
  const bodyLines = start < 0 ? [] : segment.lines.slice(start);
  const head = norm(headLines.map((l) => l.text).join(''));
  if (isBalanceKind(segment.kind)) return readFlatBalance(segment, head, headLines, bodyLines, unread);
  let columns = columnsFrom(head, segment.kind, segment.year);
  const remarks: string[] = [];
  const known = new Set(headLines.map((l) => norm(l.text)));
  const drafts: Draft[] = [];
  const numbered = /序号/.test(head);
  const blocks = /economic$/.test(segment.kind) && (head.match(/(科目|分类)?(编码|代码)/g)?.length ?? 0) > 1;
  const listed = segment.kind === 'three-public' && columns.some((c) => c.role === 'name');
  const projects = segment.kind === 'project-list' || segment.kind === 'procurement' || segment.kind === 'other';
  // Without the pieces of the head repeated on every page.
  const rest = bodyLines.filter((line, i) => !known.has(norm(line.text)) || /\d\.\d/.test(line.text) || (i === 0 && totalWord.test(norm(line.text))));
  const leading = projects && namesLead(rest);
  let open: Draft | null = null;
  const begin = (d: Draft) => {
    drafts.push(d);
    open = d;
  };
  for (const [at, line] of rest.entries()) {
    const tokens = joinCodes(tokensOf(line));
    const more = tokens.some((x) => x.figure);
    for (const t of tokens) {
      const o = open as Draft | null;
      const n = norm(t.text);
      if (numbered && t.first && /^\d{1,3}$/.test(n)) {
        open = null;
        continue;
      }
      const next = tokens[tokens.indexOf(t) + 1];
      if (blocks && !t.first && /^(\d{3}|\d{5})$/.test(n) && next && !next.figure) {
        begin({ code: n, name: '', figures: [], place: t.place, joined: false });
        continue;
      }
      if (listed && t.first && !t.figure && publicItem.test(n)) {
        begin({ code: null, name: t.text, figures: [], place: t.place, joined: false });
        continue;
      }
      if (t.first && (code.test(n) || /^[A-C]\d{0,6}$/.test(n)) && segment.kind !== 'three-public') {
        begin({ code: n, name: '', figures: [], place: t.place, joined: false });
        continue;
      }
      if (t.first && projects && projectCode.test(n)) {
        begin({ code: n, name: '', figures: [], place: t.place, joined: false });
        continue;
      }
      const [, ownCode, ownName] = (t.first && projects && /^([0-9A-Z]{10,40})[-—－_](.+)$/.exec(n)) || [];
      if (ownCode && ownName) {
        begin({ code: ownCode, name: ownName, figures: [], place: t.place, joined: false });
        continue;
      }
      // The last digits of a wrapped name in front of its figures: 资料采集项目之 / 2 14,555.03
      if (
        t.first &&
        o &&
        o.name !== '' &&
        o.figures.length === 0 &&
        /^\d{1,3}$/.test(n) &&
        !totalWord.test(o.name) &&
        (tokens.length > 1 ? tokens.slice(1) : tokensOf(rest[at + 1] ?? line)).some((x) => x.figure && /\.\d/.test(x.text))
      ) {
        o.name += t.text;
        continue;
      }
      if (t.figure) {
        if (!o) begin({ code: null, name: '', figures: [t], place: t.place, joined: false });
        else if (segment.kind === 'three-public' && t.first && o.figures.length > 0) begin({ code: null, name: '', figures: [t], place: t.place, joined: false });
        else o.figures.push(t);
        continue;
      }
      if (o && o.name.length > longest) {
        unread.push({ text: t.text.slice(0, 200), reason: '过长的名称', place: t.place });
        open = null;
        continue;
      }
      if (o && o.figures.length === 0 && !totalWord.test(o.name)) {
        if (o.name) o.joined = true;
        o.name = t.first ? glue(o.name, t.text) : joinWords(o.name, t.text);
        continue;
      }
      if (o && o.figures.length > 0 && t.first && !more && !leading && !totalWord.test(n)) {
        // The rest of a name below its figures.
        o.name = glue(o.name, t.text);
        o.joined = true;
        continue;
      }
      begin({ code: null, name: t.text, figures: [], place: t.place, joined: false });
    }
  }
  columns = bestOrder(columns, drafts);
  const figureColumns = columns.flatMap((c, i) => (c.role === 'code' || isName(c) ? [] : [i]));
  const roles = figureColumns.map((i) => columns[i]!.role);
  const banned = new Set<number>();
  const sources = hints.sources;
  if (sources && (segment.kind === 'income' || segment.kind === 'procurement'))
    roles.forEach((r, i) => {
      if (['general', 'fund', 'capital', 'special-account', 'business', 'superior', 'subordinate', 'operating', 'other', 'carry-over'].includes(r) && !sources.has(r))
        banned.add(i);
    });
  const levels = drafts.map((d) => levelOf(d.code, d.name));
  const solveRows = drafts.map((d, i) => ({ figures: d.figures.slice(0, roles.length).map((f) => figure(f.text).value ?? ''), code: d.code, level: levels[i]! }));
  let placed = solve(solveRows, roles, banned);
  // More figures than columns, or subtotals whose groups were lost: the head was not understood, nothing is judged by this table.
  const full = drafts.filter((d) => d.figures.length === roles.length);
  const unclear =
    drafts.some((d) => d.figures.length > roles.length) ||
    (full.length > 1 && full.filter((d) => !addsUp(d, roles)).length * 2 > full.length) ||
    ((segment.kind === 'income' || segment.kind === 'project-list') && (head.match(/小计/g)?.length ?? 0) > 1);
  if (unclear) placed = placed.map((p) => ({ ...p, decided: false, complete: false, sure: p.sure.map(() => false) }));
  let told = false;
  if (!unclear && segment.kind === 'three-public' && placed.some((p) => !p.decided && !p.complete)) {
    // Only the narrative tells which item it is: taken over, but marked undecided.
    const zero = new Set<number>();
    roles.forEach((r, i) => {
      const s = statements.find((x) => x.topic === r && x.amount);
      if (s && Number(s.amount!.value) === 0) zero.add(i);
    });
    const again = solve(solveRows, roles, zero);
    if (again.every((p) => p.decided)) {
      placed = again.map((p, i) => (placed[i]!.decided ? placed[i]! : { ...p, decided: false, sure: placed[i]!.sure }));
      told = true;
    }
  }
  const rows: Row[] = drafts.map((d, r) => {
    const p = placed[r]!;
    const cells: Cell[] = columns.map((c) =>
      c.role === 'code' ? wordCell(d.code ?? '', d.place) : isName(c) ? wordCell(d.name, d.place, d.joined ? ['joined'] : []) : figureCell('', d.place),
    );
    d.figures.forEach((f, i) => {
      const at = p.columns[i];
      if (at === undefined) unread.push({ text: f.text, reason: '多出表头的数字', place: f.place });
      else {
        const sure = p.decided || p.sure[i] === true;
        cells[figureColumns[at]!] = figureCell(f.text, f.place, p.complete ? [] : [sure ? 'placed-by-sums' : 'undecided'], p.complete ? 1 : sure ? 0.95 : told ? 0.6 : 0.4);
      }
    });
    return { code: d.code, name: d.name || null, level: levels[r]!, cells, place: d.place };
  });
  const open_ = placed.filter((p) => !p.decided && !p.complete).length;
  if (open_ > 0)
    remarks.push(told ? '空格在转换中丢失，合计关系有多种排法都成立，按正文说明取其一，未能由表内数字确定' : `空格在转换中丢失，有 ${open_} 行的数字位置不能由合计关系唯一确定`);
  return { columns, rows, remarks, unread };
}

const complete = (t: string): boolean => {
  const n = unnumbered(t);
  return isFunctionalClass(n) || /(收入|资金|拨款|支出|结转|结余|合计|总计|差额|预备费|下年|本年)$/.test(n);
};

/** Expenditure side: 本年支出 is the sum of the 类, 支出总计 that of 本年支出 and what is carried on. */
function familiesOf(names: string[]): Family[] {
  const rows = (test: (n: string) => boolean) => names.flatMap((n, i) => (test(n) ? [i] : []));
  const [year] = rows((n) => /^本年支出(合计|小计)?$/.test(n));
  const [whole] = rows((n) => /^(支出)?(合计|总计)$/.test(n));
  const carried = rows((n) => /结转|结余/.test(n) && !/支出$/.test(n));
  const classes = rows(isFunctionalClass);
  const out: Family[] = [];
  if (year !== undefined && classes.length) out.push({ parent: year, children: classes });
  if (whole !== undefined && year !== undefined) out.push({ parent: whole, children: [year, ...carried] });
  else if (whole !== undefined && classes.length) out.push({ parent: whole, children: [...classes, ...carried] });
  return out;
}

/** Two-sided tables: names tell their side, the amounts follow them. */
function readFlatBalance(segment: Segment, head: string, headLines: Line[], bodyLines: Line[], unread: Unread[]): Body {
  const remarks: string[] = [];
  const wide = segment.kind === 'appropriation-summary';
  const columns: Column[] = [
    { path: ['收入', '项目'], role: 'income-name', year: null },
    { path: ['收入', '预算数'], role: 'income-amount', year: segment.year },
    { path: ['支出', '项目'], role: 'expenditure-name', year: null },
    { path: ['支出', wide ? '合计' : '预算数'], role: 'expenditure-amount', year: segment.year },
  ];
  if (wide || /一般公共预算/.test(head)) {
    if (/一般公共预算/.test(head)) columns.push({ path: ['支出', '一般公共预算'], role: 'expenditure-general', year: null });
    if (/政府性基金/.test(head)) columns.push({ path: ['支出', '政府性基金预算'], role: 'expenditure-fund', year: null });
    if (/国有资本/.test(head)) columns.push({ path: ['支出', '国有资本经营预算'], role: 'expenditure-capital', year: null });
  }
  if (/基本支出/.test(head) && /项目支出/.test(head))
    columns.push({ path: ['支出', '基本支出'], role: 'basic', year: null }, { path: ['支出', '项目支出'], role: 'project', year: null });
  // 行次: a small whole number before every amount, or alone where a line is empty.
  const lineNumbers = /行次/.test(head);
  const known = new Set(headLines.map((l) => norm(l.text)));
  type Side = { name: string; place: Place; figures: Token[]; joined: boolean; closed?: boolean };
  type Pair = { income: Side | null; expenditure: Side | null; place: Place; wrapped: boolean };
  const pairs: Pair[] = [];
  const isOut = (name: string) => isFunctionalClass(name) || (/支出|结转下年|年末|下年/.test(name) && !/收入/.test(name));
  let held: Token | null = null;
  for (const line of bodyLines) {
    let wrapped = false;
    if ((known.has(norm(line.text)) && !/\d\.\d/.test(line.text)) || /^栏次/.test(norm(line.text))) continue;
    const sides: Side[] = [];
    let tokens = tokensOf(line);
    if (held) {
      wrapped = tokens.length === 1;
      const first = tokens[0];
      if (first && !first.figure) tokens = [{ ...first, text: glue(held.text, first.text), place: held.place }, ...tokens.slice(1)];
      else tokens = [held, ...tokens];
      held = null;
    }
    const last = tokens.at(-1);
    if (last && !last.figure && last.text.length <= longest && tokens.length === 1 && !complete(last.text)) {
      held = last;
      continue;
    }
    for (const t of tokens) {
      if (lineNumbers && t.figure && /^\d{1,3}$/.test(t.text) && (sides.length === 0 || sides.at(-1)!.figures.length === 0 || (sides.at(-1)!.closed && t === last))) {
        if (sides.length > 0) sides.at(-1)!.closed = true;
        continue;
      }
      if (t.figure) {
        const above = pairs.at(-1);
        // The figure of a wrapped income name stands in the line below it.
        if (sides.length === 0 && above?.wrapped && above.income && above.income.figures.length === 0 && !above.expenditure) {
          pairs.pop();
          above.income.figures.push(t);
          sides.push(above.income);
        } else if (sides.length === 0) unread.push({ text: t.text, reason: '没有项目名称的数字', place: t.place });
        else sides.at(-1)!.figures.push(t);
      } else {
        const before = sides.at(-1);
        if (before && !before.closed && before.figures.length === 0 && before.name.length <= longest && !complete(before.name)) before.name = glue(before.name, t.text);
        else sides.push({ name: t.text, place: t.place, figures: [], joined: t.place !== line.place });
      }
    }
    const pair: Pair = { income: null, expenditure: null, place: line.place, wrapped };
    if (sides.length >= 2) {
      pair.income = sides[0]!;
      pair.expenditure = sides[1]!;
      for (const s of sides.slice(2)) unread.push({ text: s.name, reason: '收支表中多出的项目', place: s.place });
    } else if (sides[0]) {
      if (isOut(sides[0].name) || (sides[0].figures.length > 1 && !sourceOf(sides[0].name))) pair.expenditure = sides[0];
      else pair.income = sides[0];
    }
    const above = pairs.at(-1);
    // The last line of a wrapped income name alone, the other side of the row in the next line.
    if (above?.wrapped && above.income && above.income.figures.length === 0 && !above.expenditure && pair.expenditure && !pair.income) {
      above.expenditure = pair.expenditure;
      continue;
    }
    if (pair.income || pair.expenditure) pairs.push(pair);
  }
  if (held) unread.push({ text: held.text, reason: '收支表中残缺的项目名称', place: held.place });
  const roles = columns.slice(3).map((c) => c.role);
  const banned = new Set<number>();
  const live = new Set(pairs.flatMap((p) => (p.income && p.income.figures.some((f) => Number(figure(f.text).value) !== 0) ? [sourceOf(unnumbered(p.income.name))] : [])));
  if (live.has('general') || live.has('fund') || live.has('capital'))
    roles.forEach((r, i) => {
      const s = r === 'expenditure-general' ? 'general' : r === 'expenditure-fund' ? 'fund' : r === 'expenditure-capital' ? 'capital' : null;
      if (s && !live.has(s)) banned.add(i);
    });
  const outs = pairs.map((p) => p.expenditure);
  const placed = solve(
    outs.map((o) => ({ figures: (o?.figures ?? []).slice(0, roles.length).map((f) => figure(f.text).value ?? ''), code: null, level: null })),
    roles,
    banned,
    undefined,
    familiesOf(outs.map((o) => unnumbered(o?.name ?? ''))),
  );
  const rows: Row[] = pairs.map((p, r) => {
    const cells = columns.map((c) => (c.role === 'income-name' || c.role === 'expenditure-name' ? wordCell('', p.place) : figureCell('', p.place)));
    if (p.income) {
      cells[0] = wordCell(p.income.name, p.income.place, p.income.joined ? ['joined'] : []);
      if (p.income.figures[0]) cells[1] = figureCell(p.income.figures[0].text, p.income.figures[0].place);
      for (const f of p.income.figures.slice(1)) unread.push({ text: f.text, reason: '收入方多出的数字', place: f.place });
    }
    if (p.expenditure) {
      const at = placed[r]!;
      cells[2] = wordCell(p.expenditure.name, p.expenditure.place, p.expenditure.joined ? ['joined'] : []);
      p.expenditure.figures.forEach((f, i) => {
        const c = at.columns[i];
        if (c === undefined) unread.push({ text: f.text, reason: '多出表头的数字', place: f.place });
        else {
          const sure = at.decided || at.sure[i] === true;
          cells[3 + c] = figureCell(f.text, f.place, at.complete ? [] : [sure ? 'placed-by-sums' : 'undecided'], at.complete ? 1 : sure ? 0.95 : 0.4);
        }
      });
    }
    return { code: null, name: p.income?.name ?? p.expenditure?.name ?? null, level: null, cells, place: p.place };
  });
  if (placed.some((p) => !p.decided && !p.complete)) remarks.push('空格在转换中丢失，有的数字位置不能由合计关系唯一确定');
  return { columns, rows, remarks, unread };
}
