// The self-evaluation form as rows of cells with spans: one layout for DOCX, XLSX and print.
import type { EvaluationSheet } from './contract.ts';
import { fromFen } from './model.ts';
import { methodNames, pointsText } from './self-evaluation.ts';

export interface FormCell {
  text: string;
  /** Columns it covers. */
  span: number;
  head?: boolean;
  /** Figures stand at the right. */
  right?: boolean;
}
export interface Form {
  title: string;
  subtitle: string;
  /** Relative widths of the columns. */
  widths: number[];
  rows: FormCell[][];
  /** Below the table: the scheme, the arithmetic, the states. */
  notes: string[];
}

const c = (text: string | null, span = 1): FormCell => ({ text: text ?? '', span });
const h = (text: string, span = 1): FormCell => ({ text, span, head: true });
const n = (text: string, span = 1): FormCell => ({ text, span, right: true });
const money = (fen: number | null): string => (fen === null ? '' : fromFen(BigInt(fen), '万元'));
const points = (x: number | null): string => (x === null ? '' : pointsText(x));
const states = { draft: '草稿，尚未提交', submitted: '已提交，待审核', reviewed: '已审核' } as const;

/** The layout of a form; every row covers all nine columns. */
export function formOf(e: EvaluationSheet): Form {
  const rate =
    e.execution.spent === null || (e.execution.adjusted ?? e.execution.budget ?? 0) <= 0
      ? ''
      : `${Math.round((e.execution.spent / (e.execution.adjusted ?? e.execution.budget)!) * 10_000) / 100}%`;
  const rows: FormCell[][] = [
    [h('单位名称', 2), c(e.unitName.zh, 3), h('年度'), c(String(e.year)), h('状态'), c(states[e.state])],
    [h(e.sheet === 'overall' ? '评价对象' : '项目名称', 2), c(e.sheet === 'overall' ? '部门（单位）整体支出' : e.project, 7)],
    [h('资金（万元）', 2), h('年初预算数'), h('全年预算数'), h('全年执行数'), h('分值'), h('执行率'), h('得分'), h('偏差原因')],
    [
      h('年度资金总额', 2),
      n(money(e.execution.budget)),
      n(money(e.execution.adjusted ?? e.execution.budget)),
      n(money(e.execution.spent)),
      n(points(e.execution.weight)),
      n(rate),
      n(points(e.execution.score)),
      c(e.execution.cause),
    ],
    [h('年度总体目标', 2), h('预期目标', 4), h('实际完成情况', 3)],
    [h('', 2), c(e.goal.expected, 4), c(e.goal.actual, 3)],
    [h('一级指标'), h('二级指标'), h('三级指标'), h('年度指标值'), h('实际完成值'), h('分值'), h('完成率'), h('得分'), h('偏差原因分析及改进措施')],
  ];
  let level1: string | null = null;
  let level2: string | null = null;
  for (const l of e.lines) {
    const first = l.level1 !== level1;
    const second = first || l.level2 !== level2;
    level1 = l.level1;
    level2 = l.level2;
    rows.push([
      c(first ? l.level1 : ''),
      c(second ? l.level2 : ''),
      c(l.indicator),
      c(`${l.nature && l.nature !== '定性' ? l.nature : ''}${l.target ?? (l.nature === '定性' ? '定性' : '')}${l.measure ?? ''}`),
      c(l.method === 'qualitative' ? (l.actual ?? (l.rating === null ? '' : `评定${l.rating}%`)) : l.actual === null ? '' : `${l.actual}${l.measure ?? ''}`),
      n(points(l.weight)),
      n(l.completion === null ? '' : `${Math.round(l.completion * 10_000) / 100}%`),
      n(points(l.score)),
      c(l.cause),
    ]);
  }
  rows.push([h('总分', 5), n('100'), c(''), n(points(e.total)), c(e.gradeName ? `等级：${e.gradeName.zh}` : '')]);
  const notes = [
    `自评办法：${e.scheme.name.zh}。${e.scheme.source}`,
    `预算执行率：${e.execution.steps.join('；')}`,
    ...e.lines.map((l) => `${l.indicator}（${methodNames[l.method].zh}）：${l.steps.join('；')}`),
    ...(e.review ? [`审核意见：${e.review.opinion}（${e.review.byName}）`] : []),
    ...(e.state === 'draft' && e.missing.length ? [`尚缺：${e.missing.join('；')}`] : []),
  ];
  return {
    title: e.sheet === 'overall' ? `${e.year}年度部门（单位）整体支出绩效自评表` : `${e.year}年度项目支出绩效自评表`,
    subtitle: `${e.unitName.zh}${e.project ? ` · ${e.project}` : ''}`,
    widths: [7, 8, 18, 10, 10, 6, 7, 6, 20],
    rows,
    notes,
  };
}
