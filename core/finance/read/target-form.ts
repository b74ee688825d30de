// The form above the targets of a sheet: labels and their values, in pairs, in head rows, or over several lines.
import type { MoneyUnit, Place, TargetSheet } from '../model.ts';
import { figureCell, wordCell } from './cells.ts';
import { figure, glue, norm, tidy } from './text.ts';

const bracket = '(\\((万元|元|%|.{0,6})\\))?';
const words = (list: string) => new RegExp(`^(${list})${bracket}$`);
const fieldLabel = words(
  [
    '项目名称|专项资金名称|专项名称|项目编码|项目代码|部门\\(单位\\)名称|单位\\(部门\\)名称|部门名称|单位名称|部门\\/单位名称|预算单位|申报单位',
    '(业务|项目)?主管部门(及代码|及编码)?|主管部门名称|实施单位|项目实施单位|项目单位',
    '当年预算|项目当年预算|年度资金总额|中期资金总额|实施期资金总额|资金总额|项目资金总额|预算数|预算金额|项目预算|年度预算|年度预算数|本年预算(数|金额)?|项目预算金额|申请资金总额|年度预算资金|预算资金',
    '其中[:：]?(当年|本年)?财政拨款|财政拨款|(本年|年度|上级|当年)财政拨款|其他资金|单位资金|自有资金|自筹资金|上年结转(资金)?|其他',
    '资金情况|项目资金|资金来源|[市区县本]级支出|补助(镇街|区县|乡镇)|上级补助|政府预算资金|一般公共预算(资金)?|政府性基金(资金)?|基本支出|项目支出',
    '项目概况|项目概述|项目描述|项目基本概况|立项依据|设立依据|项目设立依据|政策依据|实施方案|实施进度计划|保障措施|项目设立必要性|保证项目实施的制度、措施',
    '(当年|当年整体|整体|年度|年度整体|项目|项目年度|部门整体|总体|中期|长期|项目总体|项目支出|预期)?绩效目标|(年度|项目|部门)?总体(绩效)?目标|年度目标|整体目标|中期目标|实施期目标|长期目标|项目总体目标|项目年度目标|项目目标|总体',
    '年度主要任务|年度重点工作(任务)?|主要任务',
    '部门支出预算数|部门预算(总额|支出)?|整体支出预算|部门整体支出(预算|规模)?|部门\\(单位\\)整体支出预算|年度预算申请|预算执行率权重',
    '项目负责人及联系电话|项目负责人|联系人|联系电话|项目属性|项目类型|项目类别|项目性质|项目期|项目期限|项目起止时间|起止时间|实施期限|开始时间|结束时间|编制单位|填报单位|填报日期|职能职责|部门职能|整体绩效目标及年度任务',
  ].join('|'),
);
const goalLabel = /绩效目标|总体目标|总体$|年度目标|整体目标|项目目标/;
/** Goals of several years are kept as fields: the year's own goal is the sheet's. */
const longGoal = /^(中期|长期|实施期)(绩效)?目标/;
const budgetLabel =
  /^(年度资金总额|当年预算|部门支出预算数|项目资金总额|资金总额|项目当年预算|部门预算(总额|支出)?|整体支出预算|部门整体支出(预算|规模)?|年度预算(申请|数|资金)?|申请资金总额|预算(数|金额|资金)|项目预算(金额)?|本年预算(数|金额)?)(\(|$)/;
const longBudget = /^(中期|实施期|长期)资金总额/;
const partLabel = /财政拨款|其他资金|单位资金|自有资金|自筹资金|上年结转|级支出|补助|其他$|基本支出|项目支出|一般公共预算|政府性基金/;
const groupLabel =
  /^(资金情况|项目资金|资金来源|年度主要任务|年度重点工作(任务)?|主要任务|部门整体支出(预算|规模)?|整体绩效目标及年度任务|总体目标|绩效目标|整体支出预算|部门\(单位\)整体支出预算)(\(.{0,4}\))?$/;
export const clean = (label: string) => norm(label).replace(/[:：]$/, '');
const isMoneyCell = (text: string): boolean => figure(text).value !== null || /^[-—/]+$/.test(norm(text));
const isLabel = (text: string): boolean => {
  const t = clean(text).replace(/\(20\d\d年?(-|—|~|至)20\d\d(\+n)?年?\)$/, '');
  return t.length <= 24 && fieldLabel.test(t);
};
/** A short wording without figures or sentence marks, as labels of forms are. */
const looksLikeLabel = (text: string): boolean => {
  const t = clean(text);
  return t.length >= 2 && t.length <= 14 && /^[\p{Script=Han}()（）、/]+$/u.test(t);
};

/** What the form has told so far: the last label, labels waiting in a head row, a list of tasks, the columns of the two terms. */
export interface FormState {
  label: string | null;
  heads: { column: number; label: string }[];
  tasks: boolean;
  budgetColumn: number | null;
  longColumn: number | null;
}
export const newForm = (): FormState => ({ label: null, heads: [], tasks: false, budgetColumn: null, longColumn: null });
export const isGoal = (state: FormState): boolean => state.label !== null && goalLabel.test(clean(state.label)) && !longGoal.test(clean(state.label));
/** More of a goal that runs over several lines. */
export function addGoal(sheet: TargetSheet, text: string, place: Place): void {
  sheet.goal = sheet.goal ? { ...sheet.goal, text: glue(sheet.goal.text, text), notes: ['joined'] } : wordCell(text, place);
}

/** '50010425T000004862337-某项目' → its code and name. */
export function splitProject(text: string): { code: string | null; name: string } {
  const t = tidy(text);
  const m = /^([0-9A-Z]{8,40})\s*[-—－_]\s*(.+)$/.exec(t);
  return m ? { code: m[1]!, name: m[2]! } : { code: null, name: t };
}

function put(sheet: TargetSheet, state: FormState, name: string, column: number, text: string, place: Place): void {
  const n = clean(name).replace(/^其中[:：]?/, '');
  const unit = /\((万?元)\)/.exec(n);
  if (unit) sheet.budgetUnit = unit[1] as MoneyUnit;
  state.label = name;
  if (longGoal.test(n) || longBudget.test(n)) {
    if (longBudget.test(n)) state.longColumn = column;
    sheet.fields.push({ label: n, cell: wordCell(text, place) });
  } else if (goalLabel.test(n)) addGoal(sheet, text, place);
  else if (budgetLabel.test(n)) {
    if (!sheet.budget) {
      const amount = /^([\d,.]+)\s*(万元|元)$/.exec(norm(text));
      if (amount) sheet.budgetUnit = amount[2] as MoneyUnit;
      sheet.budget = figureCell(amount ? amount[1]! : text, place);
      state.budgetColumn = column;
    }
  } else if (/^(项目名称|专项资金名称|专项名称)$/.test(n)) {
    const p = splitProject(text);
    sheet.project = p.name;
    sheet.projectCode = p.code;
  } else if (/主管部门/.test(n)) sheet.department = text;
  else if (/^(部门\(单位\)名称|单位\(部门\)名称|部门名称|单位名称|实施单位|项目实施单位|项目单位|编制单位|填报单位|部门\/单位名称|预算单位|申报单位)$/.test(n)) sheet.unit ??= text;
  else if (/执行率权重/.test(n)) sheet.executionWeight = figureCell(text.replace(/[%％]$/, ''), place);
  else if (partLabel.test(n)) {
    // Beside the money of several years stands that of the year: a part belongs to the nearer one.
    const long = state.longColumn !== null && (state.budgetColumn === null || Math.abs(column - state.longColumn) < Math.abs(column - state.budgetColumn));
    if (long) sheet.fields.push({ label: n, cell: wordCell(text, place) });
    else sheet.budgetParts.push({ label: n, cell: figureCell(text, place) });
  } else sheet.fields.push({ label: n, cell: wordCell(text, place) });
}

/** Rows of a task list (任务名称, 主要内容, 预算金额) are kept as one field. */
function readTask(sheet: TargetSheet, cells: string[], at: (c: number) => Place): void {
  const text = cells.filter((c) => c !== '').join(' ');
  const column = cells.findIndex((c) => c !== '');
  sheet.fields.push({ label: '年度主要任务', cell: wordCell(text, at(Math.max(0, column))) });
}

/** Takes label → value pairs of one form row into the sheet. Returns texts that are neither. */
export function readFields(sheet: TargetSheet, cells: string[], at: (c: number) => Place, state: FormState): string[] {
  const filled = cells.flatMap((c, i) => (c === '' ? [] : [i]));
  const texts = filled.map((i) => clean(cells[i]!));
  if (texts.some((t) => /^(任务名称|主要内容|重点工作任务|工作任务)$/.test(t)) && texts.length > 1) {
    state.tasks = true;
    state.heads = [];
    return [];
  }
  if (state.tasks) {
    const ends = filled.some((i) => goalLabel.test(clean(cells[i]!)) && isLabel(cells[i]!)) || /^(项目名称|年度资金总额|部门支出预算数)$/.test(texts[0] ?? '');
    if (!ends) {
      readTask(sheet, cells, at);
      return [];
    }
    state.tasks = false;
  }
  // 年初预算数 | 全年预算数 | 全年执行数 | 分值 | 执行率 | 得分 of a review: the label's first figure is its budget.
  if (texts.some((t) => /执行数|执行率/.test(t)) && texts.some((t) => /预算数|年初预算|全年预算/.test(t)) && texts.every((t) => t.length <= 16)) return [];
  if (filled.length > 2 && isLabel(cells[filled[0]!]!) && !groupLabel.test(texts[0]!) && filled.slice(1).every((i) => isMoneyCell(cells[i]!))) {
    put(sheet, state, cells[filled[0]!]!, filled[0]!, cells[filled[1]!]!, at(filled[1]!));
    for (const i of filled.slice(2)) sheet.fields.push({ label: `${texts[0]}执行情况`, cell: wordCell(cells[i]!, at(i)) });
    return [];
  }
  // 资金总额 | 基本支出 | 项目支出 as a head row, the figures in the next row under them.
  if (filled.length > 1 && filled.every((i) => isLabel(cells[i]!))) {
    state.heads = filled.filter((i) => !groupLabel.test(clean(cells[i]!))).map((column) => ({ column, label: cells[column]! }));
    if (state.heads.length > 1) return [];
    state.heads = [];
  }
  if (state.heads.length > 0) {
    const heads = state.heads;
    state.heads = [];
    const under = filled.filter((i) => heads.some((h) => h.column === i) && !isLabel(cells[i]!));
    if (under.length > 0 && filled.every((i) => heads.some((h) => h.column === i) || groupLabel.test(clean(cells[i]!)))) {
      for (const i of under) put(sheet, state, heads.find((h) => h.column === i)!.label, i, cells[i]!, at(i));
      return [];
    }
  }
  return readPairs(sheet, cells, filled, at, state);
}

function readPairs(sheet: TargetSheet, cells: string[], filled: number[], at: (c: number) => Place, state: FormState): string[] {
  const rest: string[] = [];
  let label: { text: string; column: number } | null = null;
  const carry = (text: string) => {
    state.label = text;
  };
  for (const [k, i] of filled.entries()) {
    const raw = cells[i]!;
    const t = clean(raw);
    if (isLabel(raw)) {
      const unit = /^(?:资金情况|项目资金|资金来源)\((万?元)\)$/.exec(t);
      if (unit) sheet.budgetUnit = unit[1] as MoneyUnit;
      else if (!/^(资金情况|项目资金|资金来源)$/.test(t)) {
        if (label !== null) carry(label.text);
        label = { text: raw, column: i };
      }
      continue;
    }
    const inline = /^([^:：]{2,24})[:：](.{1,200})$/.exec(norm(raw));
    if (label === null && inline && isLabel(inline[1]!)) {
      put(sheet, state, inline[1]!, i, tidy(raw.slice(raw.search(/[:：]/) + 1)), at(i));
      continue;
    }
    if (label !== null) {
      put(sheet, state, label.text, label.column, raw, at(i));
      label = null;
      continue;
    }
    // The second half of a label broken over a page (总体 / 目标): its value goes on.
    if (/^(目标|标|目|指标|绩效|绩效指标|总体)$/.test(t)) {
      label = state.label && goalLabel.test(clean(state.label)) ? { text: state.label, column: i } : null;
      if (label === null) state.label = null;
      continue;
    }
    // A label this reader does not know, followed by its value.
    if (k % 2 === 0 && k + 1 < filled.length && filled.length <= 6 && filled.length % 2 === 0 && looksLikeLabel(raw) && !isLabel(cells[filled[k + 1]!]!) && !isGoal(state)) {
      label = { text: raw, column: i };
      continue;
    }
    rest.push(raw);
  }
  if (label !== null) {
    state.label = label.text;
    const n = clean(label.text);
    if (goalLabel.test(n)) return rest;
    if (!sheet.fields.some((f) => f.label === n) && !budgetLabel.test(n) && !groupLabel.test(n) && !/^(其他资金|总体)/.test(n))
      sheet.fields.push({ label: n, cell: wordCell('', at(0)) });
  }
  return rest;
}
