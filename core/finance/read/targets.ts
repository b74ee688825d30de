// Reads performance target sheets: the form's fields and one target per row, in any column order, with levels filled down.
import type { Cell, Place, Row, Table, Target, TargetSheet, Unread } from '../model.ts';
import { figureCell, wordCell } from './cells.ts';
import { natureOf, splitValue, unprefixed } from './promise.ts';
import type { Segment } from './segment.ts';
import type { Line } from './stream.ts';
import { addGoal, clean, isGoal, newForm, readFields, splitProject } from './target-form.ts';
import { align, headParts, isCore, joinedHead, type Part, refine, reorder } from './target-head.ts';
import { figure, glue, norm, tidy } from './text.ts';
import { isLevel1, isLevel2 } from './vocabulary.ts';

/** Budget, goal and code of each project of a list. */
export type Listed = Map<string | null, Partial<Pick<TargetSheet, 'budget' | 'goal' | 'projectCode'>>>;

interface Draft {
  sheet: TargetSheet;
  rows: Row[];
  width: number;
  /** Budget and goal of each project of a list. */
  listed: Listed;
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
  // A sheet without a column for it tells the nature by the value alone: words are 定性.
  if (nature === null && !has.nature && value !== null && !/[\d一二三四五六七八九十百千]/.test(value) && !/^[-—/]+$/.test(value)) nature = '定性';
  const weightText = norm(get('weight')?.text ?? '').replace(/[%分]$/, '');
  const coreCell = get('core');
  return {
    table,
    project,
    level1: levels[0],
    level2: levels[1],
    indicator: unprefixed(tidy(name.text)),
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
  let draft: Draft = { sheet: blankSheet(table, scope), rows: [], width: 0, listed: new Map() };
  let parts: Part[] | null = null;
  let body: { line: Line; parts: Part[] }[] = [];
  const form = newForm();
  let above: string[] = [];
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
    const lower: Part[] | null = parts && body.length === 0 ? refine(parts, line.cells) : null;
    if (lower) {
      parts = lower;
      continue;
    }
    const head: Part[] | null = headParts(line.cells) ?? (parts ? null : joinedHead(above, line.cells));
    above = line.cells;
    if (head) {
      if (parts && body.length === 0) parts = null;
      if (parts && parts.join() === head.join()) continue;
      if (parts && body.length > 0) {
        finish();
        draft = { sheet: blankSheet(table, scope), rows: [], width: 0, listed: new Map() };
      }
      parts = head;
      draft.width = line.cells.length;
      if (table.columns.length === 0) table.columns = line.cells.map((c) => ({ path: c ? [tidy(c)] : [], role: 'text', year: null }));
      continue;
    }
    const first = clean(filled[0] ?? '');
    if (parts && filled.length > 1 && /^(项目名称|专项资金名称|专项名称|部门\(单位\)名称|部门名称|单位名称)$/.test(first)) {
      finish();
      draft = { sheet: blankSheet(table, scope), rows: [], width: 0, listed: new Map() };
    }
    if (!parts) {
      const rest = line.tabular || /[:：]/.test(line.text) ? readFields(draft.sheet, line.cells, line.at, form) : [line.text];
      for (const text of rest) {
        if (isGoal(form)) addGoal(draft.sheet, text, line.place);
        else if (!/^(绩效指标|绩效|指标|目标|年度绩效指标)$/.test(norm(text))) unread.push({ text: text.slice(0, 200), reason: '绩效表中未能识别的内容', place: line.place });
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
  const sheets = drafts.flatMap((d) => (d.sheet.project === null && d.sheet.targets.some((t) => t.project !== null) ? byProject(d.sheet, d.listed) : [d.sheet]));
  table.rows.push(...drafts.flatMap((d) => d.rows));
  return sheets;
}

/** A list of many projects in one body becomes one sheet each. */
export function byProject(sheet: TargetSheet, listed: Listed): TargetSheet[] {
  const groups = new Map<string | null, Target[]>();
  for (const t of sheet.targets) groups.set(t.project, [...(groups.get(t.project) ?? []), t]);
  return [...groups].map(([project, targets]) => ({ ...sheet, project, projectCode: null, targets, ...listed.get(project) }));
}

/** 产出指标（50分） → 产出指标. */
const levelName = (text: string): string => text.replace(/\(\d{1,3}(\.\d{1,2})?(分|%)?\)$/, '');
/** Rows that close a sheet: sums of weights, remarks. */
const closing = /^(总分|合计|总计|小计|总得分|自评得分|得分合计|备注|说明|其他需要说明的问题|其他说明|填表人)[:：]?/;

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
      const own = draft.listed.get(project) ?? { projectCode: p.code };
      if (text('budget')) own.budget ??= figureCell(cell('budget')!.text, cell('budget')!.place);
      if (text('goal')) own.goal ??= cell('goal');
      draft.listed.set(project, own);
    }
    const one = levelName(text('level1'));
    if (one) {
      if (one !== level1) level2 = null;
      level1 = one;
    }
    level2 = levelName(text('level2')) || level2;
    const name = cell('name');
    if (!name || name.text === '') {
      const filled = line.cells.filter((c) => c !== '');
      if (closing.test(norm(filled[0] ?? ''))) {
        if (!/分$|计$/.test(norm(filled[0]!))) sheet.fields.push({ label: norm(filled[0]!).slice(0, 20), cell: wordCell(filled.slice(1).join(' '), line.place) });
        continue;
      }
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
    if (/^(…+|\.{3,}|—+|-+|\/)$/.test(norm(name.text)) || unprefixed(name.text) === '') continue;
    if (/^(合计|总计|总分|小计)$/.test(norm(name.text)) && text('value') === '' && text('nature') === '') continue;
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
