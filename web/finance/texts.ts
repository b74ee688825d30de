// Words all finance screens share: kinds, severities, states, units of money.
import type { Text } from '#core/contract.ts';

const t = (zh: string, en: string): Text => ({ zh, en });

export const common = {
  title: t('预决算公开', 'Disclosures'),
  demo: t(
    '预决算文件为公开文件或虚构文件，本中心的单位与完成情况均为虚构，不代表任何真实单位。',
    'Disclosures are published or invented; units and results of this centre are invented.',
  ),
  nav: t('预决算各页', 'Pages of disclosures'),
  print: t('打印', 'Print'),
  export: t('导出', 'Export'),
  csv: t('导出 CSV', 'Export CSV'),
  save: t('保存', 'Save'),
  submit: t('提交', 'Submit'),
  cancel: t('取消', 'Cancel'),
  close: t('关闭', 'Close'),
  undo: t('撤销', 'Undo'),
  reason: t('理由', 'Reason'),
  needReason: t('请写明理由', 'Give a reason'),
  note: t('备注', 'Note'),
  year: t('年度', 'Year'),
  yearOf: t('{year} 年', '{year}'),
  unit: t('单位', 'Unit'),
  allUnits: t('全部单位', 'All units'),
  kind: t('类别', 'Kind'),
  all: t('全部', 'All'),
  search: t('查找', 'Search'),
  unknown: t('未知', 'unknown'),
  moneyUnit: t('金额单位', 'Unit of money'),
  offline: t('网络不通，请稍后重试', 'Network is down, try again later'),
  chart: t('看图', 'Chart'),
  table: t('数据表', 'Table'),
  asOf: t('数据截至 {at}', 'as of {at}'),
  by: t('{name} {at}', '{name} {at}'),
  more: t('展开', 'More'),
  less: t('收起', 'Less'),
  wan: t('万元', '10,000 yuan'),
  yuan: t('元', 'yuan'),
  asPublished: t('按原文', 'As published'),
  count: t('{n} 项', '{n}'),
};

export const pages = {
  files: t('公开文件', 'Files'),
  compare: t('比较', 'Compare'),
  targets: t('目标与实时值', 'Targets'),
  execution: t('预算执行', 'Execution'),
  monitoring: t('双监控', 'Monitoring'),
  evaluations: t('绩效自评', 'Self-evaluation'),
  advice: t('公布前检查', 'Before publishing'),
};

export const kindWords: Record<string, Text> = { budget: t('预算', 'Budget'), 'final-account': t('决算', 'Final account') };

export const severityWords: Record<string, Text> = {
  error: t('差错', 'Error'),
  warning: t('提示', 'Warning'),
  rounding: t('尾差', 'Rounding'),
  undecidable: t('无法判定', 'Undecidable'),
};
export const severityTone: Record<string, string> = { error: 'error', warning: 'warning', rounding: 'default', undecidable: 'blue' };
export const classWords: Record<string, Text> = { figures: t('数字勾稽', 'Figures'), targets: t('绩效目标', 'Targets'), content: t('内容', 'Content') };
export const findingStatusWords: Record<string, Text> = { open: t('待处理', 'Open'), explained: t('已说明', 'Explained'), corrected: t('已更正', 'Corrected') };
export const findingStatusTone: Record<string, string> = { open: 'error', explained: 'processing', corrected: 'success' };

export const tableKindWords: Record<string, Text> = {
  'income-expenditure': t('部门收支总表', 'Income and expenditure'),
  income: t('收入总表', 'Income'),
  expenditure: t('支出总表', 'Expenditure'),
  'appropriation-summary': t('财政拨款收支总表', 'Appropriations'),
  'functional-expenditure': t('一般公共预算支出表', 'Expenditure by function'),
  'basic-by-economic': t('基本支出（部门经济分类）', 'Basic by economic class'),
  'basic-by-government-economic': t('基本支出（政府经济分类）', 'Basic by government class'),
  'project-by-economic': t('项目支出（部门经济分类）', 'Projects by economic class'),
  'project-by-government-economic': t('项目支出（政府经济分类）', 'Projects by government class'),
  'three-public': t('“三公”经费', 'Three public expenses'),
  'government-fund': t('政府性基金', 'Government funds'),
  'state-capital': t('国有资本经营', 'State capital'),
  procurement: t('政府采购', 'Procurement'),
  'project-list': t('项目清单', 'Projects'),
  'overall-targets': t('整体绩效目标', 'Overall targets'),
  'project-targets': t('项目绩效目标', 'Project targets'),
  'key-project-targets': t('重点项目绩效目标', 'Key project targets'),
  catalogue: t('目录', 'Catalogue'),
  assets: t('国有资产', 'Assets'),
  'operating-cost': t('机关运行经费', 'Operating cost'),
  other: t('其他', 'Other'),
};

export const cellNoteWords: Record<string, Text> = {
  'placed-by-sums': t('原文丢失空格，按合计关系唯一确定所在的栏', 'Blank cells were lost; this placement is the only one that sums allow'),
  undecided: t('原文丢失空格，所在的栏不能唯一确定，请对照原文', 'Blank cells were lost; the column is not certain, compare with the original'),
  joined: t('由多行拼接而成', 'Joined from several lines'),
  shifted: t('分页使本行错位，已移回', 'Shifted by a page break, moved back'),
  'error-value': t('表格软件的错误值', 'Error value of a spreadsheet'),
  stray: t('此处应为数字，而原文是其他字符', 'A figure belongs here, something else stands here'),
  masked: t('联系人信息已遮蔽', 'Contact masked'),
};

export const sheetWords: Record<string, Text> = {
  overall: t('整体绩效', 'Overall'),
  project: t('项目绩效', 'Project'),
  'key-project': t('重点项目绩效', 'Key project'),
};

export const progressTone: Record<string, string> = { reached: 'success', 'on-the-way': 'processing', 'at-risk': 'warning', missed: 'error', unknown: 'default' };
export const executionTone: Record<string, string> = { 'on-track': 'success', slow: 'warning', fast: 'processing', over: 'error', unknown: 'default' };
