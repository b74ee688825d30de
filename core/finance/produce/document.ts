// A whole disclosure as one object: narrative, catalogue and tables, the single source of every format.
import type { DisclosureKind, MoneyUnit } from '../model.ts';
import { chineseNumeral } from '../read/text.ts';
import { Figures } from './figures.ts';
import { type Produce, type ProduceInput, produceInput } from './input.ts';
import { narrativeOf, type Paragraph } from './narrative.ts';
import { type InputProblem, problemsOf } from './problems.ts';
import { published } from './publish.ts';
import { emptyKeySheet, targetSheetTable } from './sheets.ts';
import type { ToFill } from './sentences.ts';
import type { OutTable } from './table.ts';
import {
  appropriationSummary,
  basicDepartment,
  type Draft,
  economicTable,
  expenditureTable,
  fundTable,
  generalExpenditure,
  incomeExpenditure,
  incomeTable,
  procurementTable,
  projectList,
  threePublicTable,
  type Words,
} from './tables.ts';

export interface OutDocument {
  title: string;
  unit: string;
  year: number;
  kind: DisclosureKind;
  moneyUnit: MoneyUnit;
  demo: boolean;
  paragraphs: Paragraph[];
  tables: OutTable[];
  /** What a person should still write. */
  toFill: ToFill[];
  /** Tables of the full set that the figures do not suffice for. */
  missing: string[];
  advice: InputProblem[];
  /** The figures as printed. */
  figures: Produce;
}

/** Figures that cannot be written: each problem names where in the input. */
export class ProduceError extends Error {
  readonly problems: InputProblem[];
  constructor(problems: InputProblem[]) {
    super(problems.map((x) => `${x.pointer}：${x.message}`).join('\n'));
    this.name = 'ProduceError';
    this.problems = problems;
  }
}

/** Reads an input: the shape by the schema, then the sums. Throws ProduceError. */
export function checkedInput(input: unknown): { exact: Produce; advice: InputProblem[] } {
  const parsed = produceInput.safeParse(input);
  if (!parsed.success) throw new ProduceError(parsed.error.issues.map((i) => ({ pointer: `/${i.path.map(String).join('/')}`, message: i.message, severity: 'error' as const })));
  const problems = problemsOf(parsed.data);
  const errors = problems.filter((x) => x.severity === 'error');
  if (errors.length > 0) throw new ProduceError(errors);
  return { exact: parsed.data, advice: problems };
}

/**
 * The disclosure of an input (checked here). In 万元 the printed figures are rounded as `published` says; all sums hold.
 * `draft` marks missing reasons in the text instead of only listing them.
 */
export function documentOf(input: ProduceInput, options: { draft?: boolean } = {}): OutDocument {
  const { exact, advice } = checkedInput(input);
  const p = published(exact);
  const f = new Figures(p);
  const noun = p.kind === 'budget' ? '预算' : '决算';
  const w: Words = { noun, year: p.year, head: `${p.year}年${noun}数`, who: p.unit.level === 'department' ? '部门' : '单位' };
  const { paragraphs, toFill } = narrativeOf(f, options.draft ?? false);
  const missing: string[] = [];
  const drafts: (Draft & { widths?: number[] })[] = [incomeExpenditure(f, w), incomeTable(f, w), expenditureTable(f, w), appropriationSummary(f, w), generalExpenditure(f, w)];
  const add = (what: string, table: (Draft & { widths?: number[] }) | null) => {
    if (table) drafts.push(table);
    else missing.push(what);
  };
  const basic = f.sum('basic', ['general']);
  const project = f.sum('project', ['general']);
  const known = p.basic.department.length > 0 || basic === 0;
  add('基本支出表（部门预算支出经济分类科目）', known ? basicDepartment(f, w) : null);
  const government = known ? f.basicGovernment() : null;
  add('基本支出表（政府预算支出经济分类科目）', government ? economicTable(f, w, 'basic', 'government', government) : null);
  for (const set of ['department', 'government'] as const) {
    const items = project === 0 ? [] : f.projectItems(set);
    add(`项目支出表（${set === 'government' ? '政府' : '部门'}预算支出经济分类科目）`, items ? economicTable(f, w, 'project', set, items) : null);
  }
  const now = f.threePublic();
  add('“三公”经费支出表', now ? threePublicTable(f, w, now) : null);
  drafts.push(fundTable(f, w, 'fund'), fundTable(f, w, 'capital'));
  add('项目支出明细表', p.projects.length > 0 || f.sum('project') === 0 ? projectList(f, w) : null);
  drafts.push(procurementTable(f, w));
  if (p.kind === 'budget') {
    const sheets = (scope: 'overall' | 'key-project' | 'project') => p.targets.filter((t) => t.scope === scope).map((t) => targetSheetTable(f, w, t));
    const [overall, key, project2] = [sheets('overall'), sheets('key-project'), sheets('project')];
    drafts.push(...overall);
    if (overall.length === 0) missing.push('整体绩效目标表');
    drafts.push(...(key.length ? key : [emptyKeySheet(w)]), ...project2);
    if (project2.length === 0 && f.sum('project') > 0) missing.push('一般项目绩效目标表');
  }
  const tables = drafts.map((d, i): OutTable => {
    const widths = d.widths ?? d.columns.map((c) => (c.type === 'name' || c.key.endsWith('-name') ? 30 : c.type === 'text' ? 30 : c.type === 'code' ? 12 : 15));
    const empty = d.empty ?? d.rows.every((r) => r.cells.every((c) => c === null || typeof c === 'string'));
    return {
      ...d,
      // A table published without figures always says why.
      notes: empty && d.notes.length === 0 ? [`备注：${w.who === '部门' ? '本部门' : '本单位'}${p.year}年没有此项收支，本表为空。`] : d.notes,
      label: `表${chineseNumeral(i + 1)}`,
      moneyUnit: p.moneyUnit,
      empty,
      widths,
      landscape: widths.reduce((s, x) => s + x, 0) > 105,
    };
  });
  return {
    title: paragraphs[0]!.text,
    unit: p.unit.name,
    year: p.year,
    kind: p.kind,
    moneyUnit: p.moneyUnit,
    demo: p.demo,
    paragraphs,
    tables,
    toFill,
    missing,
    advice,
    figures: p,
  };
}
