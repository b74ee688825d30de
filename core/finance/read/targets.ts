// Reads performance target sheets: the form's fields and one target per row, in any column order, with levels filled down.
import type { Cell, MoneyUnit, Nature, Place, Row, Table, Target, TargetSheet, Unread } from '../model.ts';
import { figureCell, wordCell } from './cells.ts';
import type { Segment } from './segment.ts';
import type { Line } from './stream.ts';
import { figure, glue, norm, scaled, tidy } from './text.ts';
import { isLevel1, isLevel2 } from './vocabulary.ts';

export type Part = 'label' | 'project' | 'level1' | 'level2' | 'name' | 'nature' | 'value' | 'unit' | 'weight' | 'core' | 'goal' | 'budget' | 'other';

const natureWords: Record<string, Nature> = {
  '≥': '≥',
  '>=': '≥',
  '≧': '≥',
  '=>': '≥',
  大于等于: '≥',
  大于或等于: '≥',
  不低于: '≥',
  不少于: '≥',
  不小于: '≥',
  至少: '≥',
  '≤': '≤',
  '<=': '≤',
  '≦': '≤',
  '=<': '≤',
  小于等于: '≤',
  小于或等于: '≤',
  不高于: '≤',
  不超过: '≤',
  不多于: '≤',
  不大于: '≤',
  '=': '=',
  等于: '=',
  '>': '>',
  大于: '>',
  高于: '>',
  超过: '>',
  '<': '<',
  小于: '<',
  低于: '<',
  少于: '<',
  定性: '定性',
  定性指标: '定性',
};
/** ≥ ≤ = > < 定性 in any spelling; null for everything else. */
export const natureOf = (text: string): Nature | null => natureWords[norm(text)] ?? null;

const valueHead =
  /^(≥|>=|≧|≤|<=|≦|=|>|<|大于等于|大于或等于|小于等于|小于或等于|不低于|不少于|不小于|不高于|不超过|不多于|不大于|大于|小于|高于|低于|等于)?(\d[\d,]*(?:\.\d+)?)(.{0,16})$/;
/** ≥48次 → ≥, 48, 次. Only for one figure with at most a unit after it. */
export function splitValue(text: string): { nature: Nature | null; value: string; unit: string | null } | null {
  const t = norm(text);
  if (t.length > 40) return null;
  const m = valueHead.exec(t);
  if (!m) return null;
  const unit = m[3]!.replace(/^\((.*)\)$/, '$1');
  if (/\d|[,，;；。、≥≤=<>]/.test(unit)) return null;
  return { nature: m[1] ? natureWords[m[1]]! : null, value: m[2]!.replace(/,/g, ''), unit: unit === '' ? null : unit };
}

/** What a heading of a target sheet stands for. */
function partOf(heading: string): Part {
  const t = norm(heading);
  if (t === '') return 'other';
  if (/一级指标|一级目标/.test(t)) return 'level1';
  if (/二级指标|二级目标/.test(t)) return 'level2';
  if (/三级指标|四级指标|指标名称|指标内容|^指标$|具体指标|三级目标/.test(t)) return 'name';
  if (/核心/.test(t)) return 'core';
  if (/权重|分值|权值|分数/.test(t)) return 'weight';
  if (/性质|方向|符号|运算符|计算关系/.test(t)) return 'nature';
  if (/(计量|度量|指标)?单位$|计量|度量/.test(t) && !/(项目|预算|实施|主管)单位/.test(t)) return 'unit';
  if (/指标值|目标值|计划值|预期值|年度指标|指标目标|年初目标|指标数值/.test(t)) return 'value';
  if (/^项目(名称)?$|项目名称/.test(t)) return 'project';
  if (/(绩效|总体|年度)目标/.test(t)) return 'goal';
  if (/金额|预算|资金/.test(t)) return 'budget';
  if (/^绩效指标(名称)?$/.test(t)) return 'label';
  return 'other';
}

/** A head row names the indicator and at least its value, nature or weight. */
export function headParts(cells: string[]): Part[] | null {
  const parts = cells.map((c) => (c.length > 30 ? 'other' : partOf(c)));
  const filled = cells.filter((c) => c !== '').length;
  if (filled < 2) return null;
  if (!parts.includes('name')) {
    // 绩效指标 | 指标值: the label itself is the heading of the names.
    const label = parts.indexOf('label');
    if (label < 0 || !parts.some((p) => p === 'value')) return null;
    parts[label] = 'name';
  }
  if (!parts.some((p) => p === 'value' || p === 'nature' || p === 'weight')) return null;
  const names = parts.flatMap((p, i) => (p === 'name' ? [i] : []));
  if (names.length > 1) {
    const keep = names.findLast((i) => /三级|四级|内容|名称/.test(norm(cells[i]!))) ?? names.at(-1)!;
    for (const i of names) if (i !== keep) parts[i] = 'other';
  }
  const seen = new Set<Part>();
  return parts.map((p) => (p === 'other' || p === 'label' ? p : seen.has(p) ? 'other' : (seen.add(p), p)));
}

const fieldLabel =
  /^(项目名称|专项资金名称|专项名称|项目编码|部门\(单位\)名称|部门名称|单位名称|部门\/单位名称|主管部门|业务主管部门|主管部门及代码|实施单位|项目实施单位|项目单位|项目主管部门|当年预算|项目当年预算|年度资金总额|资金总额|项目资金总额|其中[:：]?财政拨款|财政拨款|其他资金|上年结转资金|其他|资金情况(\(万元\)|\(元\))?|项目资金(\(万元\)|\(元\))?|[市区县本]级支出(\(万?元\))?|补助(镇街|区县|乡镇)(\(万?元\))?|项目概况|项目概述|项目描述|立项依据|设立依据|当年绩效目标|当年整体绩效目标|整体绩效目标|年度绩效目标|总体(绩效)?目标|年度(总体)?目标|年度主要任务|实施期目标|长期目标|部门支出预算数|部门预算(总额|支出)?|整体支出预算|年度预算申请|预算执行率权重(\(%\))?|预算执行率权重\(.{0,4}\)|项目负责人及联系电话|项目负责人|联系人|联系电话|项目属性|项目类型|项目期|项目期限|起止时间|实施期限|总体|编制单位|填报单位|基本支出|项目支出|政府预算资金|一般公共预算|政府性基金)$/;
const goalLabel = /绩效目标|总体目标|总体$|年度目标|年度总体目标|整体目标|实施期目标|长期目标/;
const budgetLabel = /^(年度资金总额|当年预算|部门支出预算数|项目资金总额|资金总额|项目当年预算|部门预算(总额|支出)?|整体支出预算|年度预算申请)/;
const clean = (label: string) => norm(label).replace(/[:：]$/, '');

interface Draft {
  sheet: TargetSheet;
  rows: Row[];
  width: number;
}

/** '50010425T000004862337-某项目' → its code and name. */
export function splitProject(text: string): { code: string | null; name: string } {
  const t = tidy(text);
  const m = /^([0-9A-Z]{8,40})\s*[-—－_]\s*(.+)$/.exec(t);
  return m ? { code: m[1]!, name: m[2]! } : { code: null, name: t };
}

const isCore = (t: string): boolean | null => (/^(是|√|✓|Y|核心)$/i.test(t) ? true : /^(否|×|N|非核心)$/i.test(t) ? false : null);

type Grid = { cells: string[]; line: Line; offset: number; note: boolean };

/** Whether texts fit their columns: a nature where a nature belongs, numbers for weights, 是/否 for core. */
function fits(cells: string[], parts: Part[]): boolean {
  let told = false;
  for (let i = 0; i < parts.length; i += 1) {
    const t = norm(cells[i] ?? '');
    const p = parts[i]!;
    if (t === '') {
      if (p === 'name') return false;
      continue;
    }
    if (p === 'nature' && !natureOf(t) && !/^(定量|正向|反向|负向|正指标|反指标|定量指标)$/.test(t)) return false;
    if (p === 'nature') told = true;
    if (p === 'weight' && figure(t).value === null && !/^\d+(\.\d+)?分?$/.test(t)) return false;
    if (p === 'core' && isCore(t) === null) return false;
    if (p === 'name' && (natureOf(t) !== null || figure(t).value !== null || isCore(t) !== null)) return false;
    if (p === 'unit' && (isCore(t) !== null || figure(t).value !== null || (natureOf(t) !== null && t !== '定性'))) return false;
    if ((p === 'level1' || p === 'level2') && (natureOf(t) !== null || figure(t).value !== null)) return false;
  }
  // The level columns must not hold each other's words.
  const l1 = norm(cells[parts.indexOf('level1')] ?? '');
  if (l1 && isLevel2(l1) && !isLevel1(l1)) return false;
  void told;
  return true;
}

/** Puts one row under its columns; a row that lost or gained leading blanks is moved, an inner blank is put back. */
function align(line: Line, parts: Part[]): Grid {
  const cells = line.cells;
  const width = parts.length;
  const straight = { cells: cells.slice(0, width), line, offset: 0, note: false };
  while (straight.cells.length < width) straight.cells.push('');
  const over = (o: number) => cells.slice(Math.max(0, -o), o < 0 ? undefined : width - o);
  const extra = cells.slice(width).some((c) => c !== '');
  if (!extra && fits(straight.cells, parts)) return straight;
  for (const o of [width - cells.length, 1, -1, 2, -2, 3, -3]) {
    if (o === 0 || Math.abs(o) > 4) continue;
    if (o < 0 && cells.slice(0, -o).some((c) => c !== '')) continue;
    const moved = o > 0 ? [...new Array<string>(o).fill(''), ...over(o)] : over(o);
    if (o > 0 && cells.slice(width - o).some((c) => c !== '')) continue;
    while (moved.length < width) moved.push('');
    if (moved.slice(width).some((c) => c !== '')) continue;
    if (fits(moved, parts)) return { cells: moved.slice(0, width), line, offset: -o, note: true };
  }
  return straight;
}

/** When the headings contradict what stands below them, finds the order of the columns from their contents. */
function reorder(rows: string[][], parts: Part[]): Part[] | null {
  const free = parts.flatMap((p, i) => (['nature', 'value', 'unit', 'weight'].includes(p) ? [i] : []));
  if (free.length < 3 || rows.length < 2) return null;
  const wrong = rows.filter((r) => !fits(r, parts)).length;
  if (wrong * 2 <= rows.length) return null;
  const column = (i: number) => rows.map((r) => norm(r[i] ?? '')).filter((t) => t !== '');
  const share = (i: number, test: (t: string) => boolean) => {
    const c = column(i);
    return c.length === 0 ? 0 : c.filter(test).length / c.length;
  };
  const nature = free.toSorted((a, b) => share(b, (t) => natureOf(t) !== null) - share(a, (t) => natureOf(t) !== null))[0]!;
  if (share(nature, (t) => natureOf(t) !== null) < 0.8) return null;
  const rest = free.filter((i) => i !== nature);
  const numeric = rest.filter((i) => share(i, (t) => figure(t).value !== null) >= 0.5);
  const unit = rest.find((i) => !numeric.includes(i));
  const sum = (i: number) => column(i).reduce((s, t) => s + scaled(figure(t).value ?? '0'), 0n);
  const whole = [100n, 90n, 80n].map((n) => n * 1_000_000n);
  const weight =
    numeric.length === 1
      ? parts.includes('value') && rest.length === 2
        ? undefined
        : numeric[0]
      : (numeric.find((i) => whole.includes(sum(i))) ?? numeric.find((i) => share(i, (t) => Number(figure(t).value ?? 999) <= 100) === 1 && i === numeric.at(-1)));
  const value = rest.find((i) => i !== unit && i !== weight);
  const out: Part[] = parts.map((p, i) => (free.includes(i) ? 'other' : p));
  out[nature] = 'nature';
  if (unit !== undefined) out[unit] = 'unit';
  if (weight !== undefined) out[weight] = 'weight';
  if (value !== undefined) out[value] = 'value';
  return out;
}

const blankSheet = (table: Table, scope: TargetSheet['scope']): TargetSheet => ({
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
});

/** Takes label → value pairs of one form row into the sheet. Returns texts that are neither. */
export function readFields(sheet: TargetSheet, cells: string[], at: (c: number) => Place, last: { label: string | null }): string[] {
  const rest: string[] = [];
  let label: string | null = null;
  const put = (name: string, text: string, place: Place) => {
    const n = clean(name);
    if (goalLabel.test(n)) {
      sheet.goal = sheet.goal ? { ...sheet.goal, text: glue(sheet.goal.text, text), notes: ['joined'] } : wordCell(text, place);
      last.label = name;
      return;
    }
    last.label = name;
    if (budgetLabel.test(n)) sheet.budget ??= figureCell(text, place);
    else if (/^(项目名称|专项资金名称|专项名称)$/.test(n)) {
      const p = splitProject(text);
      sheet.project = p.name;
      sheet.projectCode = p.code;
    } else if (/主管部门/.test(n)) sheet.department = text;
    else if (/^(部门\(单位\)名称|部门名称|单位名称|实施单位|项目实施单位|项目单位|编制单位|填报单位|部门\/单位名称)$/.test(n)) sheet.unit ??= text;
    else if (/执行率权重/.test(n)) sheet.executionWeight = figureCell(text, place);
    else if (/财政拨款|其他资金|上年结转|级支出|补助|其他$|基本支出|项目支出|一般公共预算|政府性基金/.test(n))
      sheet.budgetParts.push({ label: n.replace(/^其中[:：]?/, ''), cell: figureCell(text, place) });
    else sheet.fields.push({ label: n, cell: wordCell(text, place) });
    const unit = /\((万?元)\)/.exec(n);
    if (unit) sheet.budgetUnit = unit[1] as MoneyUnit;
  };
  cells.forEach((raw, i) => {
    if (raw === '') return;
    const t = clean(raw);
    if (t.length <= 20 && fieldLabel.test(t)) {
      const unit = /^(?:资金情况|项目资金)\((万?元)\)$/.exec(t);
      if (unit) sheet.budgetUnit = unit[1] as MoneyUnit;
      else {
        if (label !== null) last.label = label;
        label = raw;
      }
      return;
    }
    const inline = /^([^:：]{2,14})[:：](.{1,200})$/.exec(norm(raw));
    if (label === null && inline && fieldLabel.test(inline[1]!)) {
      put(inline[1]!, tidy(raw.slice(raw.search(/[:：]/) + 1)), at(i));
      return;
    }
    if (label !== null) {
      put(label, raw, at(i));
      label = null;
      return;
    }
    // The second half of a label broken over a page (总体 / 目标): its value goes on.
    if (/^(目标|标|目|指标|绩效|绩效指标|总体)$/.test(t)) {
      label = last.label && goalLabel.test(clean(last.label)) ? last.label : null;
      if (label === null) last.label = null;
      return;
    }
    rest.push(raw);
  });
  if (label !== null) {
    last.label = label;
    if (goalLabel.test(clean(label))) return rest;
    if (!sheet.fields.some((f) => f.label === clean(label!)) && !budgetLabel.test(clean(label)) && !/^(资金情况|项目资金|其他资金|总体)/.test(clean(label)))
      sheet.fields.push({ label: clean(label), cell: wordCell('', at(0)) });
  }
  return rest;
}

/** Makes one target of texts already under their parts. */
export function makeTarget(
  table: string,
  project: string | null,
  levels: [string | null, string | null],
  get: (p: Part) => Cell | null,
  has: TargetSheet['has'],
  place: Place,
  confidence: number,
): Target {
  const name = get('name')!;
  const natureCell = get('nature');
  const valueCell = get('value');
  const unitCell = get('unit');
  let nature = natureCell ? natureOf(natureCell.text) : null;
  let value = valueCell && valueCell.text !== '' ? tidy(valueCell.text) : null;
  let unit = unitCell && unitCell.text !== '' && !/^[-—/]+$/.test(unitCell.text) ? tidy(unitCell.text) : null;
  if (!nature && unit && natureOf(unit) === '定性') {
    nature = '定性';
    unit = null;
    confidence = Math.min(confidence, 0.8);
  }
  if (value !== null) {
    const split = splitValue(value);
    if (split && (nature !== '定性' || split.unit === null)) {
      if (!nature && split.nature) nature = split.nature;
      if (split.unit === null || unit === null || norm(unit) === norm(split.unit)) {
        if (split.nature === null || nature === split.nature) {
          value = split.value;
          if (split.unit !== null) unit ??= tidy(split.unit);
        }
      }
    } else if (natureOf(value) === '定性' && nature === null) {
      nature = '定性';
      value = null;
    }
  }
  const weightText = norm(get('weight')?.text ?? '').replace(/[%分]$/, '');
  const coreCell = get('core');
  return {
    table,
    project,
    level1: levels[0],
    level2: levels[1],
    indicator: tidy(name.text),
    nature,
    value,
    unit,
    weight: figure(weightText).value,
    core: coreCell ? isCore(norm(coreCell.text)) : null,
    place,
    raw: { indicator: name, nature: natureCell, value: valueCell, unit: unitCell, weight: get('weight'), core: coreCell },
    confidence: has.nature || value !== null ? confidence : Math.min(confidence, 0.9),
  };
}

/** Reads a target sheet that came with cells; one table may hold several sheets. */
export function readTargets(segment: Segment, table: Table, unread: Unread[]): TargetSheet[] {
  const scope: TargetSheet['scope'] = segment.kind === 'overall-targets' ? 'overall' : segment.kind === 'key-project-targets' ? 'key-project' : 'project';
  const drafts: Draft[] = [];
  let draft: Draft = { sheet: blankSheet(table, scope), rows: [], width: 0 };
  let parts: Part[] | null = null;
  let body: { line: Line; parts: Part[] }[] = [];
  const last: { label: string | null } = { label: null };
  let remark: string | null = null;
  const finish = () => {
    if (parts) remark = readRows(draft, body, parts, unread) ?? remark;
    body = [];
    parts = null;
    if (draft.sheet.targets.length || draft.sheet.fields.length || draft.sheet.project !== null || draft.sheet.budget || draft.sheet.goal || drafts.length === 0)
      drafts.push(draft);
  };
  for (const line of segment.lines) {
    const filled = line.cells.filter((c) => c !== '');
    const head = headParts(line.cells);
    if (head) {
      if (parts && body.length === 0) parts = null;
      if (parts && parts.join() === head.join()) continue;
      if (parts && body.length > 0) {
        finish();
        draft = { sheet: blankSheet(table, scope), rows: [], width: 0 };
      }
      parts = head;
      draft.width = line.cells.length;
      if (table.columns.length === 0) table.columns = line.cells.map((c) => ({ path: c ? [tidy(c)] : [], role: 'text', year: null }));
      continue;
    }
    const first = clean(filled[0] ?? '');
    if (parts && filled.length > 1 && /^(项目名称|专项资金名称|专项名称|部门\(单位\)名称|部门名称|单位名称)$/.test(first)) {
      finish();
      draft = { sheet: blankSheet(table, scope), rows: [], width: 0 };
    }
    if (!parts) {
      const rest = line.tabular || /[:：]/.test(line.text) ? readFields(draft.sheet, line.cells, line.at, last) : [line.text];
      for (const text of rest) {
        if (last.label && goalLabel.test(clean(last.label)))
          draft.sheet.goal = draft.sheet.goal ? { ...draft.sheet.goal, text: glue(draft.sheet.goal.text, text), notes: ['joined'] } : wordCell(text, line.place);
        else if (!/^(绩效指标|绩效|指标|目标)$/.test(norm(text))) unread.push({ text: text.slice(0, 200), reason: '绩效表中未能识别的内容', place: line.place });
      }
      continue;
    }
    if (!line.tabular) {
      unread.push({ text: line.text.slice(0, 200), reason: '绩效表中未能识别的内容', place: line.place });
      continue;
    }
    body.push({ line, parts });
  }
  finish();
  if (remark) table.remarks.push(remark);
  const sheets = drafts.flatMap((d) => (d.sheet.project === null && d.sheet.targets.some((t) => t.project !== null) ? byProject(d.sheet) : [d.sheet]));
  table.rows.push(...drafts.flatMap((d) => d.rows));
  return sheets;
}

/** A list of many projects in one body becomes one sheet each. */
function byProject(sheet: TargetSheet): TargetSheet[] {
  const groups = new Map<string | null, Target[]>();
  for (const t of sheet.targets) groups.set(t.project, [...(groups.get(t.project) ?? []), t]);
  return [...groups].map(([project, targets]) => ({ ...sheet, project, projectCode: null, targets }));
}

function readRows(draft: Draft, body: { line: Line; parts: Part[] }[], head: Part[], unread: Unread[]): string | null {
  let parts = head;
  let remark: string | null = null;
  const probe = body.map((b) => [...b.line.cells, ...new Array<string>(Math.max(0, head.length - b.line.cells.length)).fill('')]).filter((c) => c.filter(Boolean).length >= 3);
  const other = reorder(probe, head);
  if (other) {
    parts = other;
    remark = '绩效指标表表头与各列内容不符，按内容认定各列';
  }
  const sheet = draft.sheet;
  sheet.has = { weight: parts.includes('weight'), core: parts.includes('core'), unit: parts.includes('unit'), nature: parts.includes('nature') };
  let level1: string | null = null;
  let level2: string | null = null;
  let project: string | null = sheet.project;
  for (const { line } of body) {
    const g = align(line, parts);
    const cell = (p: Part): Cell | null => {
      const i = parts.indexOf(p);
      if (i < 0) return null;
      const place = line.at(Math.max(0, i + g.offset));
      const notes = g.note ? (['shifted'] as const) : [];
      return p === 'weight' ? { ...figureCell(g.cells[i]!.replace(/分$/, ''), place, [...notes]), text: g.cells[i]! } : wordCell(g.cells[i]!, place, [...notes]);
    };
    const text = (p: Part) => norm(cell(p)?.text ?? '');
    if (text('project')) {
      const p = splitProject(cell('project')!.text);
      if (p.name !== project) level1 = level2 = null;
      project = p.name;
      if (sheet.budget === null && text('budget')) sheet.budget = figureCell(cell('budget')!.text, cell('budget')!.place);
    }
    if (text('level1')) {
      if (text('level1') !== level1) level2 = null;
      level1 = text('level1');
    }
    if (text('level2')) level2 = text('level2');
    const name = cell('name');
    if (!name || name.text === '') {
      const filled = line.cells.filter((c) => c !== '');
      // Labels of the form and level words cut by a page break.
      const known = filled.every((c) => /^(绩效指标|绩效|指标|总体目标|目标|效指标)$/.test(norm(c)) || isLevel1(c) || isLevel2(c) || norm(c) === level1 || norm(c) === level2);
      if (!known) unread.push({ text: filled.join(' ').slice(0, 200), reason: '绩效指标行没有指标名称', place: line.place });
      continue;
    }
    const bare = !['nature', 'value', 'unit', 'weight', 'core'].some((p) => text(p as Part) !== '');
    const previous = sheet.targets.at(-1);
    if (bare && /^(合计|总计|小计)$/.test(norm(name.text))) continue;
    if (bare && previous && (line.gap > 0 || line.pageStart) && line.grid === null) {
      previous.indicator = glue(previous.indicator, name.text);
      previous.raw.indicator = { ...previous.raw.indicator, text: previous.indicator, notes: ['joined'] };
      previous.confidence = 0.9;
      continue;
    }
    if (/^(合计|总计)$/.test(norm(name.text)) && text('value') === '' && text('nature') === '') continue;
    const target = makeTarget(sheet.table.id, project, [level1, level2], cell, sheet.has, name.place, remark ? 0.8 : g.note ? 0.9 : 1);
    sheet.targets.push(target);
    draft.rows.push({
      code: null,
      name: target.indicator,
      level: null,
      place: line.place,
      cells: parts.map((p, i) => (p === 'weight' ? figureCell(g.cells[i]!, line.at(Math.max(0, i + g.offset))) : wordCell(g.cells[i]!, line.at(Math.max(0, i + g.offset))))),
    });
  }
  return remark;
}
