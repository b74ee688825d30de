// Target sheets (整体 / 重点项目 / 一般项目绩效目标表) as filled forms; budgets come from the figures, never from the sheet.
import type { Figures } from './figures.ts';
import type { TargetSheetInput } from './input.ts';
import { cellOf, type GridCell, type GridRow, type Value } from './table.ts';
import type { Draft, Words } from './tables.ts';

type Part = 'level1' | 'level2' | 'name' | 'weight' | 'unit' | 'nature' | 'value' | 'core';
const heads: Record<Part, string> = {
  level1: '一级指标',
  level2: '二级指标',
  name: '三级指标',
  weight: '指标权重',
  unit: '计量单位',
  nature: '指标性质',
  value: '指标值',
  core: '是否核心指标',
};
const widths: Record<Part, number> = { level1: 10, level2: 12, name: 32, weight: 9, unit: 9, nature: 9, value: 12, core: 9 };

const titles = { overall: '整体绩效目标表', 'key-project': '重点项目绩效目标表', project: '一般项目绩效目标表' } as const;

/** Columns that the sheet has: those no indicator fills are left out, so that blank and absent stay apart. */
function partsOf(sheet: TargetSheetInput): Part[] {
  const has = (test: (x: TargetSheetInput['indicators'][number]) => boolean) => sheet.indicators.some(test);
  const parts: Part[] = [];
  if (has((x) => x.level1 !== undefined)) parts.push('level1');
  if (has((x) => x.level2 !== undefined)) parts.push('level2');
  parts.push('name');
  if (has((x) => x.weight !== undefined)) parts.push('weight');
  parts.push('unit', 'nature', 'value');
  if (has((x) => x.core !== undefined)) parts.push('core');
  return parts;
}

export function targetSheetTable(f: Figures, w: Words, sheet: TargetSheetInput): Draft & { widths: number[] } {
  const parts = partsOf(sheet);
  const width = parts.length + 1;
  const project = f.p.projects.find((x) => x.name === sheet.project);
  const rows: GridRow[] = [];
  const put = (cells: (GridCell | null)[], head = false) => {
    let at = 0;
    const row: GridRow = { head, cells: [] };
    for (const cell of cells) {
      if (!cell) {
        at += 1;
        continue;
      }
      row.cells.push({ at, cell });
      at += cell.columnSpan;
    }
    rows.push(row);
  };
  const label = (text: string, columnSpan = 1) => cellOf(text, { look: 'label', align: 'center', columnSpan });
  // Left label, its value, right label, its value: the value on the left takes what is over.
  const middle = Math.max(1, width - 4);
  const pair = (a: string, x: Value, b: string, y: Value) => {
    const money = (v: Value) => typeof v === 'object' && v !== null;
    put([
      label(a),
      cellOf(x, { columnSpan: middle, align: money(x) ? 'right' : 'left' }),
      label(b),
      cellOf(y, { columnSpan: width - middle - 2, align: money(y) ? 'right' : 'left' }),
    ]);
  };
  const line = (a: string, text: string | undefined) => {
    if (text !== undefined) put([label(a), cellOf(text, { columnSpan: width - 1 })]);
  };
  if (sheet.scope === 'overall') {
    pair('部门（单位）名称', f.p.unit.name, '部门支出预算数', { fen: f.sum('total') });
    line('当年整体绩效目标', sheet.goal);
  } else {
    pair('项目名称', sheet.project ?? null, '主管部门', f.p.unit.department ?? f.p.unit.name);
    const granted = project ? f.projectTotal(project, f.appropriated) : 0;
    const all = project ? f.projectTotal(project) : 0;
    pair('项目编码', project?.code ?? null, '当年预算', { fen: all });
    pair('财政拨款', { fen: granted }, '其他资金', all - granted === 0 ? null : { fen: all - granted });
    line('项目概况', sheet.outline);
    line('立项依据', sheet.basis);
    line('当年绩效目标', sheet.goal);
  }
  // The label column reaches over all indicators; the first cell of the head row carries it.
  const headRow: GridRow = { head: false, cells: [{ at: 0, cell: cellOf('绩效指标', { look: 'label', align: 'center', rowSpan: sheet.indicators.length + 1 }) }] };
  parts.forEach((p, i) => headRow.cells.push({ at: i + 1, cell: cellOf(heads[p], { look: 'head', align: 'center' }) }));
  rows.push(headRow);
  const value = (x: TargetSheetInput['indicators'][number], p: Part): Value => {
    if (p === 'core') return x.core === undefined ? null : x.core ? '是' : '否';
    return x[p] ?? null;
  };
  sheet.indicators.forEach((x, i) => {
    const row: GridRow = { head: false, cells: [] };
    parts.forEach((p, k) => {
      if (p === 'level1' || p === 'level2') {
        const same = (a: typeof x | undefined) => a !== undefined && a.level1 === x.level1 && (p === 'level1' || a.level2 === x.level2) && x[p] !== undefined;
        if (same(sheet.indicators[i - 1])) return;
        let rowSpan = 1;
        while (same(sheet.indicators[i + rowSpan])) rowSpan += 1;
        row.cells.push({ at: k + 1, cell: cellOf(x[p] ?? null, { align: 'center', rowSpan }) });
      } else row.cells.push({ at: k + 1, cell: cellOf(value(x, p), { align: p === 'name' ? 'left' : 'center' }) });
    });
    rows.push(row);
  });
  return {
    title: `${w.year}年${sheet.scope === 'overall' ? w.who : ''}${titles[sheet.scope]}`,
    kind: sheet.scope === 'overall' ? 'overall-targets' : sheet.scope === 'key-project' ? 'key-project-targets' : 'project-targets',
    columns: [],
    rows: [],
    form: rows,
    notes: sheet.indicators.length ? [] : ['备注：本表没有绩效指标。'],
    empty: sheet.indicators.length === 0,
    widths: [12, ...parts.map((p) => widths[p])],
  };
}

/** A key-project form without a project: it is published empty, with its remark. */
export function emptyKeySheet(w: Words): Draft & { widths: number[] } {
  const parts: Part[] = ['name', 'weight', 'unit', 'nature', 'value', 'core'];
  const width = parts.length + 1;
  const label = (text: string) => cellOf(text, { look: 'label', align: 'center' });
  const form: GridRow[] = [
    {
      head: false,
      cells: [
        { at: 0, cell: label('项目名称') },
        { at: 1, cell: cellOf(null, { columnSpan: 3 }) },
        { at: 4, cell: label('主管部门') },
        { at: 5, cell: cellOf(null, { columnSpan: 2 }) },
      ],
    },
    {
      head: false,
      cells: [
        { at: 0, cell: label('当年预算') },
        { at: 1, cell: cellOf(null, { columnSpan: width - 1 }) },
      ],
    },
    {
      head: false,
      cells: [
        { at: 0, cell: label('当年绩效目标') },
        { at: 1, cell: cellOf(null, { columnSpan: width - 1 }) },
      ],
    },
    { head: false, cells: [{ at: 0, cell: label('绩效指标') }, ...parts.map((p, i) => ({ at: i + 1, cell: cellOf(heads[p], { look: 'head', align: 'center' }) }))] },
  ];
  return {
    title: `${w.year}年${titles['key-project']}`,
    kind: 'key-project-targets',
    columns: [],
    rows: [],
    form,
    notes: [`备注：本单位${w.year}年没有重点项目，本表为空。`],
    empty: true,
    widths: [12, ...parts.map((p) => widths[p])],
  };
}
