// The typed model of a read budget disclosure: tables, typed views, targets, statements, each with its place.
import type { Place } from './source.ts';

export type { Place } from './source.ts';

export type DisclosureKind = 'budget' | 'final-account';
/** Money units of published tables. */
export type MoneyUnit = '元' | '万元';

export const tableKinds = [
  'income-expenditure',
  'income',
  'expenditure',
  'appropriation-summary',
  'functional-expenditure',
  'basic-by-economic',
  'basic-by-government-economic',
  'project-by-economic',
  'project-by-government-economic',
  'three-public',
  'government-fund',
  'state-capital',
  'procurement',
  'project-list',
  'overall-targets',
  'project-targets',
  'key-project-targets',
  'catalogue',
  'assets',
  'operating-cost',
  'other',
] as const;
export type TableKind = (typeof tableKinds)[number];

/** Fund sources of the columns of income tables, procurement tables and appropriation summaries. */
export const fundSources = ['general', 'fund', 'capital', 'special-account', 'business', 'superior', 'subordinate', 'operating', 'other', 'carry-over'] as const;
export type FundSource = (typeof fundSources)[number];

/**
 * What a column holds.
 * code, name: classification. total: 总计/合计/小计 of the row. prior: last year's figure. basic, project: 基本/项目支出.
 * personnel, public: 人员/日常公用经费. growth: percentage on the prior year. A fund source: money from it.
 * income-*, expenditure-*: the two sides of a 收支总表. goods, works, services: procurement.
 * Three-public columns carry `abroad`, `vehicles`, `vehicle-purchase`, `vehicle-running`, `reception`, `meeting`, `training`.
 * opening, income, closing: 年初结转和结余, 本年收入, 年末结转和结余 of final accounts. superior-payment, operating-expenditure, subordinate-subsidy: 上缴上级支出, 经营支出, 对附属单位补助支出.
 * appropriation: all appropriations in one column of a final account's income table. change: 增减额 on the prior year.
 * carry-general, carry-fund, carry-capital: parts of the money carried over. income in income tables: this year's income without carry-over.
 * adjusted, actual: 全年/调整预算数 and 决算数 beside the opening budget.
 */
export type ColumnRole =
  | 'code'
  | 'name'
  | 'unit-code'
  | 'unit-name'
  | 'project-name'
  | 'line-number'
  | 'total'
  | 'prior'
  | 'basic'
  | 'project'
  | 'personnel'
  | 'public'
  | 'growth'
  | FundSource
  | 'appropriation'
  | 'change'
  | 'carry-general'
  | 'carry-fund'
  | 'carry-capital'
  | 'income-name'
  | 'income-amount'
  | 'income-line'
  | 'expenditure-name'
  | 'expenditure-amount'
  | 'expenditure-general'
  | 'expenditure-fund'
  | 'expenditure-capital'
  | 'expenditure-line'
  | 'goods'
  | 'works'
  | 'services'
  | 'abroad'
  | 'vehicles'
  | 'vehicle-purchase'
  | 'vehicle-running'
  | 'reception'
  | 'meeting'
  | 'training'
  | 'opening'
  | 'income'
  | 'closing'
  | 'superior-payment'
  | 'operating-expenditure'
  | 'subordinate-subsidy'
  | 'budget'
  | 'adjusted'
  | 'actual'
  | 'amount'
  | 'text';

export interface Column {
  /** Header texts from top to bottom, e.g. ['2025年预算数', '基本支出']. */
  path: string[];
  role: ColumnRole;
  /** Year named by the header, or null. */
  year: number | null;
}

/** Why a cell is not simply what stands at its place. */
export type CellNote =
  /** Blank cells were lost; this is the only placement for which row sums and hierarchy sums come out. */
  | 'placed-by-sums'
  /** Blank cells were lost and more than one placement (or none) fits: position by order only. */
  | 'undecided'
  /** Joined from several lines. */
  | 'joined'
  /** The row was shifted by a page break and moved back. */
  | 'shifted'
  /** `#DIV/0!`, `#REF!` … */
  | 'error-value'
  /** Something stands here that is not a figure (a full stop, markup …) though a figure belongs here. */
  | 'stray'
  /** A name or phone number was masked. */
  | 'masked';

export interface Cell {
  /** As published (masked where it named a contact), trimmed. '' when blank. */
  text: string;
  /** Decimal string without separators in the table's money unit, null when blank or not a figure. Percentages keep no '%'. */
  value: string | null;
  place: Place;
  /** 0..1; 1 = read as it stands. */
  confidence: number;
  notes?: CellNote[];
}

export interface Row {
  /** Classification code (digits or procurement letter) or null. */
  code: string | null;
  name: string | null;
  /** 0 合计, 1 类, 2 款, 3 项; for two-sided tables see `Balance`. null when not classified. */
  level: number | null;
  /** Aligned with `Table.columns`. */
  cells: Cell[];
  place: Place;
  /** Index of the row (same table) that this one repeats word by word after a page break with a repeated header. */
  repeats?: number;
}

export interface Table {
  /** 表一, 附件1 … as published (made unique by -2, -3); T1, T2 … when the document gives none. */
  id: string;
  title: string;
  kind: TableKind;
  moneyUnit: MoneyUnit | null;
  /** False when no unit line stood at this table and the document's unit was assumed. */
  moneyUnitStated: boolean;
  columns: Column[];
  rows: Row[];
  /** 备注 and other remarks below or above the body. */
  notes: { text: string; place: Place }[];
  /** Published without figures. */
  empty: boolean;
  place: Place;
  /** 编制单位 / 部门全称 / 填报单位 of this table, or null. */
  unit: string | null;
  /** Year of the title, or null. */
  year: number | null;
  /** Title or head missing (an orphaned page), header contradicts its columns, … in one Chinese sentence each. */
  remarks: string[];
  /** 1 = recognised by its title. */
  confidence: number;
}

/** Functional classification: functional-expenditure, expenditure, income, government-fund, state-capital tables. */
export interface FunctionalRow {
  code: string | null;
  name: string | null;
  /** 0 合计, 1 类, 2 款, 3 项. */
  level: number | null;
  /** Index in `table.rows`. */
  row: number;
  figures: Partial<Record<ColumnRole, Cell>>;
}
export interface FunctionalView {
  table: Table;
  rows: FunctionalRow[];
}

/** Economic classification; `set` department = 301…399, government = 501…599. */
export interface EconomicView {
  table: Table;
  set: 'department' | 'government';
  scope: 'basic' | 'project';
  rows: FunctionalRow[];
}

export interface BalanceItem {
  name: string;
  /** 'total' 收入合计/支出总计, 'group' 一、本年收入, 'item' a source or a 类, 'carry' 上年结转/结转下年. */
  role: 'total' | 'group' | 'item' | 'carry';
  row: number;
  figures: Partial<Record<'amount' | 'general' | 'fund' | 'capital' | 'prior' | 'budget' | 'adjusted' | 'actual', Cell>>;
  source: FundSource | null;
  place: Place;
}
/** Two-sided tables: income-expenditure and appropriation-summary. */
export interface BalanceView {
  table: Table;
  income: BalanceItem[];
  expenditure: BalanceItem[];
}

export interface ThreePublicEntry {
  year: number | null;
  /** 'budget' for 预算数, 'actual' for 决算数, null when the header says neither. */
  basis: 'budget' | 'actual' | null;
  unit: string | null;
  unitCode: string | null;
  row: number;
  figures: Partial<Record<'total' | 'abroad' | 'vehicles' | 'vehicle-purchase' | 'vehicle-running' | 'reception' | 'meeting' | 'training', Cell>>;
}
export interface ThreePublicView {
  table: Table;
  entries: ThreePublicEntry[];
}

export interface ProcurementRow {
  code: string | null;
  /** 货物/工程/服务 or a project name; '合计' for the total. */
  name: string | null;
  unit: string | null;
  unitCode: string | null;
  total: boolean;
  row: number;
  figures: Partial<Record<ColumnRole, Cell>>;
}
export interface ProcurementView {
  table: Table;
  rows: ProcurementRow[];
}

export interface ProjectRow {
  code: string | null;
  name: string | null;
  unit: string | null;
  total: boolean;
  row: number;
  figures: Partial<Record<ColumnRole, Cell>>;
}
export interface ProjectListView {
  table: Table;
  rows: ProjectRow[];
}

export type Nature = '≥' | '≤' | '=' | '>' | '<' | '定性';

/** One row of a target sheet; the first eleven fields are the public contract of the command line. */
export interface Target {
  table: string;
  project: string | null;
  level1: string | null;
  level2: string | null;
  indicator: string;
  nature: Nature | null;
  value: string | null;
  unit: string | null;
  weight: string | null;
  core: boolean | null;
  place: Place;
  /** Cells as they stood, for findings and screens. */
  raw: { indicator: Cell; nature: Cell | null; value: Cell | null; unit: Cell | null; weight: Cell | null; core: Cell | null };
  confidence: number;
}

export interface TargetSheet {
  table: Table;
  scope: 'overall' | 'project' | 'key-project';
  /** Project name without its code, or null for overall sheets and empty forms. */
  project: string | null;
  projectCode: string | null;
  unit: string | null;
  department: string | null;
  /** 年度资金总额 / 当年预算 / 部门支出预算数. */
  budget: Cell | null;
  budgetUnit: MoneyUnit | null;
  /** 其中：财政拨款, 其他资金, 区级支出 … in order. */
  budgetParts: { label: string; cell: Cell }[];
  /** 当年绩效目标 / 总体目标. */
  goal: Cell | null;
  /** 预算执行率权重(%). */
  executionWeight: Cell | null;
  /** Whether the sheet has these columns at all. */
  has: { weight: boolean; core: boolean; unit: boolean; nature: boolean };
  targets: Target[];
  /** Other label → text pairs of the form (立项依据, 项目概况 …). */
  fields: { label: string; cell: Cell }[];
}

export type Direction = 'increase' | 'decrease' | 'flat';

/** A figure of the narrative; value is a decimal string in `unit`. */
export interface Figure {
  value: string;
  unit: string;
  place: Place;
  /** The words as published. */
  text: string;
}

/** What a statement speaks of, so that it can be compared with tables. */
export const topics = [
  'income-total',
  'expenditure-total',
  'appropriation-income',
  'appropriation-expenditure',
  'basic',
  'project',
  'personnel',
  'public',
  'source',
  'functional',
  'economic',
  'three-public',
  'abroad',
  'reception',
  'vehicles',
  'vehicle-running',
  'vehicle-purchase',
  'meeting',
  'training',
  'operating-cost',
  'procurement',
  'procurement-goods',
  'procurement-works',
  'procurement-services',
  'covered-by-targets',
  'covered-projects',
  'vehicle-count',
  'equipment-count',
  'government-fund',
  'government-fund-income',
  'state-capital',
  'state-capital-income',
  'named-project',
  'other',
] as const;
export type Topic = (typeof topics)[number];

/** One statement of the narrative: subject, amount, change on the prior year, share, reason. */
export interface Statement {
  topic: Topic;
  /** Words naming the subject, e.g. '社会保障和就业支出' or '一般公共预算财政拨款支出'. */
  subject: string;
  /** [类, 款, 项] names for functional statements that give a path. */
  path: string[] | null;
  /** For topic 'source' the fund; for others the fund the sentence is limited to (一般公共预算…). */
  fund: FundSource | null;
  year: number | null;
  amount: Figure | null;
  /** Signed by `direction`, not by the figure. 与上年持平 has direction 'flat' and no change. */
  direction: Direction | null;
  change: Figure | null;
  /** Growth percentage (增长 82.1%). */
  percent: Figure | null;
  /** Share of the whole (占 8.4%). */
  share: Figure | null;
  baseYear: number | null;
  /** Last year's amount where the sentence gives it (比2023年预算数…万元增加…). */
  base?: Figure;
  reason: string | null;
  /** Index in `statements` of the statement this one is a part of (其中：…), or null. */
  within: number | null;
  /** True when the statement gives only a change (项目支出预算减少 904.31 万元). */
  changeOnly: boolean;
  /** Index in `paragraphs`. */
  paragraph: number;
  /** The clause as published. */
  text: string;
  place: Place;
}

export interface Paragraph {
  text: string;
  /** Heading it stands under, e.g. '四、“三公”经费情况说明', or null. */
  section: string | null;
  heading: boolean;
  /** Place of its first line. */
  place: Place;
}

export interface CatalogueEntry {
  /** 表一 … or null. */
  label: string | null;
  title: string;
  place: Place;
}

/** A contact, masked while reading: nothing of it is stored in clear. */
export interface Contact {
  name: string;
  phone: string;
  place: Place;
}

export interface Unread {
  text: string;
  reason: string;
  place: Place;
}

/** Everything read from the files of one disclosure. */
export interface Disclosure {
  /** File names in the order given. */
  files: string[];
  unit: string | null;
  unitCode: string | null;
  /** Superior department when the document names it, else null. */
  department: string | null;
  year: number | null;
  kind: DisclosureKind | null;
  moneyUnit: MoneyUnit | null;
  tables: Table[];
  functional: FunctionalView[];
  economic: EconomicView[];
  balances: BalanceView[];
  threePublic: ThreePublicView[];
  procurement: ProcurementView[];
  projects: ProjectListView[];
  targetSheets: TargetSheet[];
  targets: Target[];
  catalogue: CatalogueEntry[];
  paragraphs: Paragraph[];
  statements: Statement[];
  contacts: Contact[];
  /** Pages that were scanned and could not be read. */
  scannedPages: { file: number; page: number }[];
  unread: Unread[];
}

const scales: Record<MoneyUnit, number> = { 元: 2, 万元: 6 };

/**
 * Decimal string in a money unit to fen. Figures finer than a fen are rounded half away from zero.
 * Throws RangeError when the text is not a plain decimal.
 */
export function toFen(value: string, unit: MoneyUnit): bigint {
  const m = /^(-?)(\d{1,24})(?:\.(\d{1,24}))?$/.exec(value);
  if (!m) throw new RangeError(`not a decimal: ${value.slice(0, 40)}`);
  const scale = scales[unit];
  const fraction = m[3] ?? '';
  let fen = BigInt(m[2]! + fraction.slice(0, scale).padEnd(scale, '0'));
  if (fraction.length > scale && fraction[scale]! >= '5') fen += 1n;
  return m[1] ? -fen : fen;
}

/** Fen to the shortest decimal string in a money unit (no separators, no trailing zeros beyond `decimals`). */
export function fromFen(fen: bigint, unit: MoneyUnit, decimals = 2): string {
  const scale = scales[unit];
  const digits = (fen < 0n ? -fen : fen).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, -scale);
  let fraction = digits.slice(-scale);
  while (fraction.length > decimals && fraction.endsWith('0')) fraction = fraction.slice(0, -1);
  return `${fen < 0n ? '-' : ''}${whole}${fraction ? `.${fraction}` : ''}`;
}
