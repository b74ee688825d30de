// Target sheets flattened to text: form fields by their labels, targets by the nature and value that end each row.
import type { Cell, Place, Table, TargetSheet, Unread } from '../model.ts';
import { figureCell, wordCell } from './cells.ts';
import type { Segment } from './segment.ts';
import type { Line } from './stream.ts';
import { natureOf, splitValue } from './promise.ts';
import { splitProject } from './target-form.ts';
import type { Part } from './target-head.ts';
import { byProject, type Listed, makeTarget } from './targets.ts';
import { figure, glue, joinWords, norm, tidy } from './text.ts';
import { level1Words, level2Words } from './vocabulary.ts';

const labels: [RegExp, string][] = [
  [/^项目名称/, 'project'],
  [/^专项资金名称/, 'project'],
  [/^项目负责人及联系电话/, 'contact'],
  [/^(业务)?主管部门/, 'department'],
  [/^实施单位/, 'unit'],
  [/^部门\(单位\)名称|^部门名称|^单位名称/, 'unit'],
  [/^部门支出预算数/, 'budget'],
  [/^当年预算/, 'budget'],
  [/^预算执行率权重(\(%\))?/, 'weight'],
  [/^年度资金总额/, 'budget'],
  [/^其中[:：]财政拨款/, '财政拨款'],
  [/^财政拨款[:：]?$/, '财政拨款'],
  [/^其他资金/, '其他资金'],
  [/^资金情况/, 'skip'],
  [/^\(万?元\)/, 'skip'],
  [/^(项目资金|资金来源)(\(万?元\))?$/, 'skip'],
  [/^(预算数|项目预算|年度预算数?|本年预算(数|金额)?|预算金额|资金总额|项目资金总额|申请资金总额)(\(万?元\))?[:：]?$/, 'budget'],
  [/^(中期|长期|实施期)(绩效)?目标/, '中期目标'],
  [/^(当年|年度|项目|部门)?(整体|年度)?(绩效目标|总体目标)|^年度目标/, 'goal'],
  [/^(项目概述|项目描述)/, '项目概况'],
  [/^项目概况/, '项目概况'],
  [/^立项依据/, '立项依据'],
];

/** Single characters of labels set upright (总体目标, 绩效指标). */
const upright = new Set('总体目标绩效指年度当整');

const partWords: [RegExp, Part][] = [
  [/^一级指标/, 'level1'],
  [/^二级指标/, 'level2'],
  [/^三级指标|^指标名称|^指标内容/, 'name'],
  [/^(指标|绩效指标)?(性质|方向)/, 'nature'],
  [/^指标值|^目标值|^指标目标值/, 'value'],
  [/^(度量|计量)?单位/, 'unit'],
  [/^年度指标值|^绩效指标值|^预期指标值/, 'value'],
  [/^(指标|分值)?权重(\(%\))?|^分值/, 'weight'],
  [/^是否核心(指标)?/, 'core'],
  [/^实际完成(值|情况)?|^完成值|^得分|^自评得分|^偏差原因(分析)?(及改进措施)?|^未完成原因.{0,10}|^评(\(扣\))?分标准|^扣分标准|^备注/, 'other'],
  [/^指标/, 'name'],
];

/** The order of the columns of the header text. */
function order(head: string): Part[] {
  const parts: Part[] = [];
  for (let i = 0; i < head.length;) {
    const hit = partWords.find(([re]) => re.test(head.slice(i, i + 16)));
    if (hit && (hit[1] === 'other' || !parts.includes(hit[1]))) parts.push(hit[1]);
    i += hit ? hit[0].exec(head.slice(i, i + 16))![0].length : 1;
  }
  return parts;
}

interface Piece {
  text: string;
  place: Place;
}

/** Takes level words (perhaps in several pieces) off the front: what is left names the indicator. */
function takeLevels(pieces: Piece[], state: { level1: string | null; level2: string | null }): Piece[] {
  let rest = pieces;
  for (;;) {
    let taken = 0;
    let joined = '';
    for (let i = 0; i < Math.min(4, rest.length - 1); i += 1) {
      joined += norm(rest[i]!.text);
      // The longest word wins: 服务对象满意 + 度指标.
      if (level1Words.includes(joined) || level2Words.includes(joined)) taken = i + 1;
    }
    if (taken === 0) return rest;
    const word = rest
      .slice(0, taken)
      .map((p) => norm(p.text))
      .join('');
    const second =
      level2Words.includes(word) && (!level1Words.includes(word) || state.level1 === word || (state.level1 !== null && word === '成本指标' && state.level1 === '产出指标'));
    if (second && !(level1Words.includes(word) && state.level1 === null)) state.level2 = word;
    else {
      state.level1 = word;
      state.level2 = null;
    }
    rest = rest.slice(taken);
  }
}

/** Texts after the name in the order of the header: each must suit its column; the fullest assignment wins. */
function assign(tokens: string[], parts: Part[]): Map<Part, string> | null {
  const suits = (p: Part, t: string) => {
    const n = norm(t);
    if (p === 'nature') return natureOf(n) !== null;
    if (p === 'weight') return figure(n).value !== null && Number(figure(n).value) <= 100;
    if (p === 'core') return /^[是否]$/.test(n);
    if (p === 'unit') return figure(n).value === null && natureOf(n) === null && !/^[是否]$/.test(n);
    if (p === 'other') return true;
    return p === 'value' && natureOf(n) === null && !/^[是否]$/.test(n);
  };
  let best: { map: Map<Part, string>; score: number } | null = null;
  const go = (i: number, k: number, map: Map<Part, string>, score: number) => {
    if (i === tokens.length) {
      if (!best || score > best.score) best = { map: new Map(map), score };
      return;
    }
    if (k === parts.length) return;
    const p = parts[k]!;
    if (suits(p, tokens[i]!)) {
      map.set(p, tokens[i]!);
      // A value column filled rather than a unit, a weight rather than a value for the last number.
      go(i + 1, k + 1, map, score + (p === 'other' ? 1 : p === 'value' ? 4 : p === 'weight' ? 3 : p === 'nature' ? 5 : 2));
      map.delete(p);
    }
    go(i, k + 1, map, score);
  };
  go(0, 0, new Map(), 0);
  return (best as { map: Map<Part, string> } | null)?.map ?? null;
}

const isLevelWord = (t: string) => level1Words.includes(norm(t)) || level2Words.includes(norm(t));
const isLevel1Word = (t: string) => level1Words.includes(norm(t));
/** A text that can only be a value: ≥48次, 不低于95%, 12次. */
const isValue = (t: string): boolean => {
  const p = splitValue(t);
  return p !== null && (p.nature !== null || p.unit !== null);
};

/** Where the columns after the name begin in a line, and what stands in them; null when the line ends no row. */
function endingOf(words: string[], parts: Part[], waiting: boolean, levelled: boolean): { cut: number; map: Map<Part, string> } | null {
  const isLevel = (w: string) => levelled && isLevelWord(w);
  const signs = words.findIndex((w) => natureOf(w) !== null);
  if (parts.includes('nature') || parts.length > 1) {
    // More texts than columns belong to the name.
    for (let cut = Math.max(0, words.length - parts.length - 4); cut < words.length; cut += 1) {
      if (cut === 0 && !waiting) continue;
      const rest = words.slice(cut);
      if (!waiting && words.slice(0, cut).every(isLevel)) {
        // 服务对象满意度 is a level in some sheets and an indicator in others: an indicator when a unit or a sign follows it.
        const names = !/指标$/.test(words[cut - 1]!) && (words[cut]!.length <= 3 || natureOf(words[cut]!) !== null);
        if (!names) continue;
      }
      const told = parts.includes('nature')
        ? rest.some((w) => natureOf(w) !== null)
        : rest.some(isValue) || (rest.length >= 2 && parts.some((p) => p === 'weight' || p === 'core') && figure(rest.at(-1)!).value !== null);
      if (!told) break;
      const first = parts.indexOf('nature') === 0 ? natureOf(words[cut]!) !== null : true;
      if (!first) continue;
      const map =
        (rest.length <= parts.length ? assign(rest, parts) : null) ??
        (rest.length > 3 && parts[0] === 'nature' ? assign([rest[0]!, rest.slice(1, -2).join(' '), ...rest.slice(-2)], parts) : null);
      if (map && (map.has('value') || map.has('nature'))) return { cut, map };
    }
    if (parts.includes('nature')) return null;
  }
  // Only a value follows the name.
  if (signs > 0 || (signs === 0 && waiting)) return { cut: signs, map: new Map([['value', words.slice(signs).join('')]]) };
  const strong = words.findIndex((w, i) => (i > 0 || waiting) && isValue(w));
  if (strong >= 0 && parts.length === 1) return { cut: strong, map: new Map([['value', words.slice(strong).join('')]]) };
  const names = words.filter((w) => !isLevel(w));
  if (parts.length === 1 && names.length >= 2 && words.at(-1)!.length <= 14) return { cut: words.length - 1, map: new Map([['value', words.at(-1)!]]) };
  return null;
}

/** Reads the target sheets of a flattened table; every further 项目名称 after targets begins a sheet of its own. */
export function readFlatTargets(segment: Segment, table: Table, unread: Unread[]): TargetSheet[] {
  const chunks: Line[][] = [];
  let headed = false;
  for (const line of segment.lines) {
    const t = norm(line.text);
    const heads = /^(项目名称|专项资金名称|专项名称)/.test(t);
    if (chunks.length === 0 || (headed && heads && !/预算|目标|指标/.test(t))) {
      chunks.push([]);
      headed = false;
    }
    headed ||= /指标值|目标值|指标性质|三级指标/.test(t);
    chunks.at(-1)!.push(line);
  }
  return chunks.flatMap((lines) => readOne(lines, segment, table, unread));
}

function readOne(lines: Line[], segment: Segment, table: Table, unread: Unread[]): TargetSheet[] {
  const scope: TargetSheet['scope'] = segment.kind === 'overall-targets' ? 'overall' : segment.kind === 'key-project-targets' ? 'key-project' : 'project';
  const sheet: TargetSheet = {
    table,
    scope,
    project: null,
    projectCode: null,
    unit: table.unit,
    department: null,
    budget: null,
    budgetUnit: table.moneyUnit,
    budgetParts: [],
    goal: null,
    executionWeight: null,
    has: { weight: false, core: false, unit: false, nature: false },
    targets: [],
    fields: [],
  };
  const joinedFrom = (i: number) =>
    norm(
      lines
        .slice(i, i + 14)
        .map((l) => l.text)
        .join(''),
    );
  const headAt = lines.findIndex(
    (l, i) => /(一级指标|指标名称|三级指标|^(绩效指标)?指标(指标)?权重|指标性质)/.test(norm(l.text)) && /(指标性质|指标值|目标值)/.test(joinedFrom(i)),
  );
  readForm(sheet, headAt < 0 ? lines : lines.slice(0, headAt));
  if (headAt < 0) return [sheet];
  // The header ends where its last word is complete.
  let head = '';
  let body = headAt;
  const isHead = (t: string) =>
    t.length <= 80 &&
    /^(绩效|年度|预期|单位名称|项目名称|项目单位|(本年|年度)?预算(金额|数)|绩效目标|一级指标|二级指标|三级指标|指标名称|指标内容|指标性质|指标方向|指标值|目标值|度量单位|计量单位|单位|权重|指标权重|分值|是否核心|指标|标|是否核心指|核心指标|实际完成值|实际完成情况|评\(扣\)分标准|评分标准|扣分标准|得分|自评得分|偏差原因|偏差原因分析|及改进措施|评分标准|年度|备注|[（(%％)）]|\s)+$/.test(
      t,
    );
  while (body < lines.length && isHead(norm(lines[body]!.text))) {
    head += norm(lines[body]!.text);
    body += 1;
  }
  const parts = order(head.slice(Math.max(0, head.indexOf('一级指标'))));
  const tailParts = parts.filter((p) => ['nature', 'value', 'unit', 'weight', 'core', 'other'].includes(p));
  const levelled = parts.includes('level1') || parts.includes('level2') || /指标类型|指标类别/.test(head);
  const double = (head.match(/三级指标/g)?.length ?? 0) > 1;
  sheet.has = { weight: parts.includes('weight'), core: parts.includes('core'), unit: parts.includes('unit'), nature: parts.includes('nature') };
  table.columns = parts.map((p) => ({
    path: [
      { level1: '一级指标', level2: '二级指标', name: '三级指标', nature: '指标性质', value: '指标值', unit: '度量单位', weight: '权重', core: '是否核心指标' }[p as string] ?? p,
    ],
    role: 'text',
    year: null,
  }));
  const state: { level1: string | null; level2: string | null } = { level1: null, level2: null };
  const listed: Listed | null = /项目名称/.test(head) ? new Map() : null;
  let project = sheet.project;
  let pieces: Piece[] = [];
  for (const line of lines.slice(body)) {
    let words = line.text.split(' ').filter(Boolean);
    const opening = listed ? projectOf(words) : null;
    if (opening) {
      project = opening.name;
      listed!.set(project, { projectCode: opening.code, budget: figureCell(opening.amount, line.place), goal: opening.goal ? wordCell(opening.goal, line.place) : null });
      words = opening.rest;
      state.level1 = state.level2 = null;
    }
    if (isHead(norm(line.text)) && norm(line.text).length > 3) continue;
    if (words.length === 1 && words[0]!.length === 1 && upright.has(words[0]!) && !/[高低优良中差]/.test(words[0]!) && (pieces.length === 0 || pieces.at(-1)!.text.length < 3))
      continue;
    if (double) {
      // 中期 and 年度 side by side in words: the second pair is the year's.
      const named = words.filter((w) => !isLevelWord(w));
      if (named.length === 4 && !words.some(isValue)) words.splice(0, words.length, ...words.slice(0, words.indexOf(named[0]!)), named[2]!, named[3]!);
    }
    const ending = endingOf(words, tailParts, pieces.length > 0, levelled);
    if (!ending) {
      pieces.push(...words.map((text) => ({ text, place: line.place })));
      continue;
    }
    pieces.push(...words.slice(0, ending.cut).map((text) => ({ text, place: line.place })));
    if (double && ending.cut + 1 < words.length) {
      // 中期 and 年度 side by side: what follows the first value is the year's own row.
      const again = words.slice(ending.cut + 1);
      const second = endingOf(again, tailParts, false, levelled);
      if (second && ending.map.size === 1) {
        ending.map = second.map;
        pieces = [
          ...pieces.slice(0, -ending.cut || undefined),
          ...words
            .slice(0, ending.cut)
            .filter(isLevel1Word)
            .map((text) => ({ text, place: line.place })),
          ...again.slice(0, second.cut).map((text) => ({ text, place: line.place })),
        ];
      }
    }
    const map = ending.map;
    const named = levelled ? takeLevels(pieces, state) : pieces;
    pieces = [];
    const name = named.map((p) => p.text).reduce(glue, '');
    if (name === '') {
      unread.push({ text: tidy(`${name} ${words.join(' ')}`).slice(0, 200), reason: '压平的绩效指标行不能识别', place: line.place });
      continue;
    }
    const place = named[0]!.place;
    const get = (p: Part): Cell | null => {
      if (p === 'name') return wordCell(name, place, named.length > 1 ? ['joined'] : []);
      if (!parts.includes(p)) return null;
      return p === 'weight' ? figureCell(map.get(p) ?? '', line.place) : wordCell(map.get(p) ?? '', line.place);
    };
    const target = makeTarget(table.id, project, [state.level1, state.level2], get, sheet.has, place, 0.95);
    sheet.targets.push(target);
    table.rows.push({
      code: null,
      name,
      level: null,
      place,
      cells: parts.map((p) => (p === 'level1' ? wordCell(state.level1 ?? '', place) : p === 'level2' ? wordCell(state.level2 ?? '', place) : (get(p) ?? wordCell('', place)))),
    });
  }
  for (const p of pieces) if (!(p.text.length === 1 && upright.has(p.text))) unread.push({ text: p.text, reason: '压平的绩效表中未能识别的文字', place: p.place });
  return listed && listed.size > 0 ? byProject(sheet, listed) : [sheet];
}

/** The first row of a project in a list: unit, project, amount, goal, then its first indicator. */
function projectOf(words: string[]): { name: string; code: string | null; amount: string; goal: string; rest: string[] } | null {
  const level = words.findIndex(isLevel1Word);
  if (level < 2) return null;
  const money = words.findIndex((w, i) => i > 0 && i < level && /\d\.\d/.test(w) && figure(w).value !== null);
  if (money < 1) return null;
  const p = splitProject(words[money - 1]!);
  return { name: p.name, code: p.code, amount: words[money]!, goal: words.slice(money + 1, level).join(' '), rest: words.slice(level) };
}

/** The fields above the targets. A label's value is what follows it, up to the next label. */
function readForm(sheet: TargetSheet, lines: Line[]): void {
  let field: string | null = null;
  let text = '';
  let at: Place | null = null;
  let goalMode = false;
  const close = () => {
    const value = tidy(text);
    const place = at ?? sheet.table.place;
    if (field === 'project' && value) {
      const p = splitProject(value);
      sheet.project = p.name;
      sheet.projectCode = p.code;
    } else if (field === 'department') sheet.department = value || null;
    else if (field === 'unit') sheet.unit = value || sheet.unit;
    else if (field === 'budget') sheet.budget ??= figureCell(value, place);
    else if (field === 'weight') sheet.executionWeight = figureCell(value, place);
    else if (field === '财政拨款' || field === '其他资金') sheet.budgetParts.push({ label: field, cell: figureCell(value, place) });
    else if (field === 'goal') sheet.goal = value ? wordCell(value, place, ['joined']) : sheet.goal;
    else if (field === 'contact') sheet.fields.push({ label: '项目负责人及联系电话', cell: wordCell(value, place) });
    else if (field && field !== 'skip') sheet.fields.push({ label: field, cell: wordCell(value, place) });
    field = null;
    text = '';
    at = null;
  };
  for (const line of lines) {
    const whole = norm(line.text);
    if (whole.length === 1 && upright.has(whole)) {
      if (!goalMode && (field === '其他资金' || field === 'skip' || field === null || field === '财政拨款' || field === 'budget')) {
        close();
        field = 'goal';
        goalMode = true;
      }
      continue;
    }
    const money = /资金情况|^\((万?元)\)/.exec(whole);
    if (money?.[1]) sheet.budgetUnit = money[1] as '元' | '万元';
    let before = '';
    for (const word of line.text.split(' ').filter(Boolean)) {
      const n = norm(word);
      const hit: [RegExp, string] | undefined = goalMode ? undefined : labels.find(([re]) => re.test(n));
      if (hit) {
        close();
        field = hit[1];
        goalMode = field === 'goal';
        const rest = n.slice(hit[0].exec(n)![0].length).replace(/^[:：]/, '');
        text = rest;
        at = line.place;
        before = rest;
        continue;
      }
      if (field === null && !goalMode) continue;
      // A blank beside letters or digits stood in the cell; between characters of Chinese it comes from the setting.
      text = before === '' ? glue(text, word) : joinWords(text, word);
      before = word;
      at ??= line.place;
      // Figures end their field: what follows is the next label or the goal.
      if ((field === 'budget' || field === 'weight' || field === '财政拨款' || field === '其他资金') && figure(word).value !== null) close();
    }
  }
  close();
}
