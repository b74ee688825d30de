// From a read disclosure back to the figures it could be written from; what is not there, or does not meet, is listed.
import type { Disclosure, Table } from '../model.ts';
import { allSources } from './codes.ts';
import { fen, Reader, type Spending } from './collect.ts';
import { economicOf, operatingCostOf, priorBasic, publicOf } from './from-economic.ts';
import { assetsOf, dutiesOf, procurementOf, projectsOf, reasonsOf, targetsOf } from './from-projects.ts';
import type { PaidFrom, ProduceInput } from './input.ts';
import { stepOf } from './publish.ts';

export interface Derived {
  input: ProduceInput;
  /** What the disclosure does not tell, or tells in a way that does not meet: one Chinese sentence each. */
  missing: string[];
}

/**
 * Derives an input. It is made to pass `problemsOf`: parts that contradict the functional figures are left out and listed.
 * Throws RangeError when there are no functional figures at all.
 */
export function inputFrom(d: Disclosure): Derived {
  const r = new Reader(d);
  const final = d.kind === 'final-account';
  const spending = spendingOf(r);
  if (spending.length === 0) throw new RangeError('没有读到按功能分类的支出，不能据以生成');
  const general = spending.filter((s) => s.source === 'general');
  const basicTotal = general.reduce((n, s) => n + s.basic, 0);
  const projectTotal = general.reduce((n, s) => n + s.project, 0);
  const basic = economicOf(r, 'basic', basicTotal);
  const projectEconomic = economicOf(r, 'project', projectTotal);
  const projects = projectsOf(r, spending);
  const targets = targetsOf(r, new Set(projects.map((p) => p.name)));
  const procurement = procurementOf(r, spending);
  const priors = general.some((s) => s.prior !== undefined);
  const priorTotal = general.reduce((n, s) => n + (s.prior ?? 0), 0);
  const base = priors ? priorBasic(r, basicTotal) : null;
  const threePublic = publicOf(r, basic?.department ?? [], basicTotal, projectEconomic?.department ?? null, projectTotal);
  const cost = operatingCostOf(r, basic);
  const vehicles = assetsOf(r);
  const duties = dutiesOf(d);
  if (duties.length === 0) r.missing.push('没有读到主要职责');
  const input: ProduceInput = {
    format: 'chengshu-disclosure/1',
    kind: final ? 'final-account' : 'budget',
    year: d.year ?? 2015,
    moneyUnit: r.unit,
    unit: {
      name: d.unit ?? '单位名称未读出',
      ...(d.unitCode && /^\d{3,9}$/.test(d.unitCode) ? { code: d.unitCode } : {}),
      ...(d.department && d.department !== d.unit ? { department: d.department } : {}),
      level: /部门/.test(d.tables.map((t) => t.title).join('')) && !/单位预算/.test(d.paragraphs[0]?.text ?? '') ? 'department' : 'unit',
    },
    duties,
    names: r.names,
    spending,
    basic: basic ?? {},
    projects,
    ...(projectEconomic ? { projectEconomic } : {}),
    ...(threePublic.now ? { threePublic: threePublic.now } : {}),
    procurement,
    operatingCost: cost,
    ...(vehicles ? { assets: vehicles } : {}),
    targets,
    prior: { ...(base !== null && base <= priorTotal ? { basic: base } : {}), ...(threePublic.before ? { threePublic: threePublic.before } : {}) },
    ...reasonsOf(d),
  };
  if (d.year === null) r.missing.push('没有读出年度');
  if (d.unit === null) r.missing.push('没有读出单位名称');
  return { input, missing: r.missing };
}

function spendingOf(r: Reader): Spending[] {
  const out: Spending[] = [];
  const { d } = r;
  const view = (kind: Table['kind']) => d.functional.find((v) => v.table.kind === kind && !v.table.empty);
  const take = (kind: Table['kind'], source: PaidFrom) => {
    const v = view(kind);
    if (!v) return;
    const unit = r.unitOf(v.table);
    const split = v.table.columns.some((c) => c.role === 'basic') && v.table.columns.some((c) => c.role === 'project');
    const hasPrior = kind === 'functional-expenditure' && v.table.columns.some((c) => c.role === 'prior');
    if (!split) r.missing.push(`${v.table.id}没有分列基本支出和项目支出，全部作为项目支出`);
    const rows = r.items(v.rows);
    for (const row of rows) {
      if (out.some((s) => s.code === row.code && s.source === source)) continue;
      const basic = split ? fen(row.figures.basic, unit) : 0;
      const project = split ? fen(row.figures.project, unit) : fen(row.figures.total, unit);
      const prior = hasPrior ? fen(row.figures.prior, unit) : 0;
      if (basic + project + prior === 0) continue;
      const stated = fen(row.figures.total, unit);
      if (stated !== 0 && Math.abs(stated - basic - project) > stepOf(r.unit) * 1.5)
        r.missing.push(`${v.table.id}科目${row.code}总计${r.money(stated)}与基本、项目支出之和${r.money(basic + project)}不符，按后者`);
      r.name(row.code!, v.rows);
      out.push({ code: row.code!, source, basic, project, ...(hasPrior ? { prior } : {}) });
    }
    const sum = v.rows.find((x) => x.level === 0);
    const stated = sum ? fen(sum.figures.total, unit) : null;
    const own = out.filter((s) => s.source === source).reduce((n, s) => n + s.basic + s.project, 0);
    if (stated !== null && Math.abs(stated - own) > stepOf(r.unit) * (rows.length + 1))
      r.missing.push(`${v.table.id}合计${r.money(stated)}，各项级科目之和${r.money(own)}：有科目没有列到项级或数字不符，按项级科目生成`);
  };
  take('functional-expenditure', 'general');
  take('government-fund', 'fund');
  take('state-capital', 'capital');
  const all = view('expenditure');
  if (all) {
    const unit = r.unitOf(all.table);
    const income = view('income');
    for (const row of r.items(all.rows)) {
      const known = out.filter((s) => s.code === row.code);
      const basic = fen(row.figures.basic, unit) - known.reduce((n, s) => n + s.basic, 0);
      const project = fen(row.figures.project, unit) - known.reduce((n, s) => n + s.project, 0);
      // Beside an appropriation a difference of a last digit is a rounding, no other money.
      if (Math.abs(basic) + Math.abs(project) <= (known.length > 0 ? stepOf(r.unit) * 2 : 0)) continue;
      if (basic < 0 || project < 0) {
        r.missing.push(`${all.table.id}科目${row.code}小于其财政拨款支出`);
        continue;
      }
      const from = income?.rows.find((x) => x.code === row.code);
      const others = allSources.filter((s) => !['general', 'fund', 'capital'].includes(s) && from && fen(from.figures[s], r.unitOf(income!.table)) > 0);
      const source = others.length === 1 ? others[0]! : others.length === 0 && known.length === 0 && !view('functional-expenditure') ? 'general' : null;
      if (!source) {
        r.missing.push(`科目${row.code}除财政拨款外的${r.money(basic + project)}不知道来自哪一项资金`);
        continue;
      }
      r.name(row.code!, all.rows);
      out.push({ code: row.code!, source, basic, project });
    }
  } else if (!view('functional-expenditure')) r.missing.push('没有读到支出总表和一般公共预算支出表');
  for (const b of d.balances)
    for (const item of [...b.income, ...b.expenditure])
      if (item.role === 'carry' && fen(item.figures.amount, r.unitOf(b.table)) > 0) r.missing.push(`${b.table.id}“${item.name}”有数，但没有按科目列出，未计入`);
  return out;
}
