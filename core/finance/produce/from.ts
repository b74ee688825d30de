// From a read disclosure back to the figures it could be written from; what is not there, or does not meet, is listed.
import type { Cell, Disclosure, FunctionalRow, MoneyUnit, Statement, Table } from '../model.ts';
import { decimal, fenOf } from '../rounding.ts';
import { above, allSources, departmentGroup, governmentGroup, isPersonnel, nameOf, publicItems } from './codes.ts';
import type { PaidFrom, ProduceInput, PublicExpenses, TargetSheetInput } from './input.ts';
import { stepOf } from './publish.ts';

export interface Derived {
  input: ProduceInput;
  /** What the disclosure does not tell, or tells in a way that does not meet: one Chinese sentence each. */
  missing: string[];
}
type Spending = NonNullable<ProduceInput['spending']>[number] & { basic: number; project: number };
type Lines = { code: string; amount: number }[];

const fen = (cell: Cell | undefined, unit: MoneyUnit): number => (cell?.value == null ? 0 : (fenOf(cell.value, unit) ?? 0));
const total = (list: readonly { amount: number }[]): number => list.reduce((n, x) => n + x.amount, 0);

class Reader {
  readonly missing: string[] = [];
  readonly names: Record<string, string> = {};
  readonly d: Disclosure;
  readonly unit: MoneyUnit;
  constructor(d: Disclosure) {
    this.d = d;
    this.unit = d.moneyUnit ?? '万元';
  }
  money(fenValue: number): string {
    return `${decimal(fenValue, this.unit)}${this.unit}`;
  }
  unitOf(table: Table): MoneyUnit {
    return table.moneyUnit ?? this.unit;
  }
  /** Remembers the name of a code that the lists do not know. */
  name(code: string, rows: readonly FunctionalRow[]): void {
    for (const c of [...above(code), code]) {
      if (nameOf(c, this.names) !== null) continue;
      const found = rows.find((r) => r.code === c)?.name;
      if (found) this.names[c] = found.replace(/\s/g, '');
    }
  }
  /** Brings a list to a sum it should have: a difference of roundings goes to the largest line, anything larger is refused. */
  meet(list: Lines, due: number, what: string): boolean {
    const off = due - total(list);
    if (off === 0) return true;
    const step = stepOf(this.unit);
    const largest = list.toSorted((a, b) => b.amount - a.amount)[0];
    const slack = this.unit === '万元' ? (step / 2) * (list.length + 1) : 0;
    if (largest && Math.abs(off) <= slack && largest.amount + off >= 0) {
      largest.amount += off;
      this.missing.push(`${what}合计与应有数${this.money(due)}相差${this.money(Math.abs(off))}（尾差），已并入最大的一项`);
      return true;
    }
    this.missing.push(`${what}合计${this.money(total(list))}，应为${this.money(due)}，相差${this.money(Math.abs(off))}`);
    return false;
  }
  items(rows: readonly FunctionalRow[]): FunctionalRow[] {
    return rows.filter((r) => r.code !== null && /^\d{7}$/.test(r.code));
  }
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

function economicOf(r: Reader, scope: 'basic' | 'project', due: number): { department: Lines & { use?: 'personnel' | 'public' }[]; government?: Lines } | null {
  const what = scope === 'basic' ? '基本支出' : '项目支出';
  const view = (set: 'department' | 'government') => r.d.economic.find((v) => v.scope === scope && v.set === set && !v.table.empty);
  const own = view('department');
  if (due === 0) return null;
  if (!own) {
    r.missing.push(`没有${what}的部门经济分类表`);
    return null;
  }
  const leaves = (rows: readonly FunctionalRow[]) => rows.filter((x) => x.code !== null && /^\d{5}$/.test(x.code));
  const amountOf = (row: FunctionalRow, unit: MoneyUnit) => fen(row.figures.total ?? row.figures.basic ?? row.figures.project ?? row.figures.actual ?? row.figures.budget, unit);
  const unit = r.unitOf(own.table);
  const department: (Lines[number] & { use?: 'personnel' | 'public' })[] = [];
  for (const row of leaves(own.rows)) {
    const amount = amountOf(row, unit);
    if (amount === 0) continue;
    r.name(row.code!, own.rows);
    const personnel = fen(row.figures.personnel, unit);
    const open = fen(row.figures.public, unit);
    const told = scope === 'basic' && personnel + open > 0;
    if (told && personnel > 0 && open > 0)
      department.push({ code: row.code!, amount: personnel, use: 'personnel' }, { code: row.code!, amount: amount - personnel, use: 'public' });
    else if (told && personnel > 0 !== isPersonnel({ code: row.code! })) department.push({ code: row.code!, amount, use: personnel > 0 ? 'personnel' : 'public' });
    else department.push({ code: row.code!, amount });
  }
  if (department.length === 0 || !r.meet(department, due, `${what}部门经济分类`)) return null;
  const other = view('government');
  if (!other) {
    r.missing.push(`没有${what}的政府经济分类表`);
    return { department };
  }
  const government: Lines = [];
  for (const row of leaves(other.rows)) {
    const amount = amountOf(row, r.unitOf(other.table));
    if (amount === 0) continue;
    r.name(row.code!, other.rows);
    government.push({ code: row.code!, amount });
  }
  const meets = (['301', '302', 'rest'] as const).every((g) => {
    const list = government.filter((l) => governmentGroup(l.code) === g);
    const want = total(department.filter((l) => departmentGroup(l.code) === g));
    return list.length === 0 && want === 0 ? true : r.meet(list, want, `${what}政府经济分类（${g === 'rest' ? '其余' : g}）`);
  });
  return meets ? { department, government } : { department };
}

type ProjectInput = NonNullable<ProduceInput['projects']>[number];
function projectsOf(r: Reader, spending: Spending[]): ProjectInput[] {
  const due = new Map<PaidFrom, number>();
  for (const s of spending) if (s.project > 0) due.set(s.source, (due.get(s.source) ?? 0) + s.project);
  const only = due.size === 1 ? [...due.keys()][0]! : null;
  const out: ProjectInput[] = [];
  const add = (name: string, code: string | null, lines: ProjectInput['lines']) => {
    if (lines.length === 0) return;
    let unique = name.slice(0, 100);
    for (let k = 2; out.some((p) => p.name === unique); k += 1) unique = `${name.slice(0, 100)}（${k}）`;
    out.push({ name: unique, ...(code && /^[0-9A-Z]{4,40}$/.test(code) ? { code } : {}), lines });
  };
  for (const v of r.d.projects) {
    const unit = r.unitOf(v.table);
    for (const row of v.rows) {
      if (row.total || !row.name) continue;
      const lines = allSources.flatMap((s) => (fen(row.figures[s], unit) > 0 ? [{ source: s, amount: fen(row.figures[s], unit) }] : []));
      const whole = fen(row.figures.total, unit);
      if (lines.length > 0) add(row.name, row.code, lines);
      else if (whole === 0 || only) add(row.name, row.code, [{ source: only ?? [...due.keys()][0] ?? 'general', amount: whole }]);
    }
  }
  if (out.length === 0)
    for (const sheet of r.d.targetSheets) {
      if (sheet.scope === 'overall' || !sheet.project) continue;
      const amount = fen(sheet.budget ?? undefined, sheet.budgetUnit ?? r.unitOf(sheet.table));
      const source = only ?? (due.has('general') ? 'general' : null);
      if (amount > 0 && source) add(sheet.project, sheet.projectCode, [{ source, amount }]);
      else r.missing.push(`${sheet.table.id}“${sheet.project}”没有可用的预算数`);
    }
  if (out.length === 0) {
    if (due.size > 0) r.missing.push('没有项目明细');
    return [];
  }
  for (const [source, want] of due) {
    const lines = out.flatMap((p) => p.lines.filter((l) => l.source === source)) as { amount: number }[];
    const rest = want - total(lines);
    if (rest > stepOf(r.unit) * (lines.length + 1) || (rest > 0 && lines.length === 0)) {
      add('公开文件未列明的其他项目', null, [{ source, amount: rest }]);
      r.missing.push(`所列项目比项目支出少${r.money(rest)}，差额作为“公开文件未列明的其他项目”`);
    } else if (!r.meet(lines as Lines, want, '项目明细')) return [];
  }
  for (const p of out) if (p.lines.some((l) => l.amount !== 0 && !due.has(l.source))) return (r.missing.push('项目明细的资金来源在支出中没有'), []);
  return out;
}

function targetsOf(r: Reader, projects: ReadonlySet<string>): TargetSheetInput[] {
  const out: TargetSheetInput[] = [];
  for (const s of r.d.targetSheets) {
    if (s.targets.length === 0) continue;
    const name = s.scope === 'overall' ? undefined : (s.project ?? undefined)?.slice(0, 100);
    if (s.scope !== 'overall' && (!name || !projects.has(name))) {
      r.missing.push(`${s.table.id}${name ? `“${name}”` : ''}的目标表没有对应的项目`);
      continue;
    }
    if (out.some((t) => (t.project ?? '') === (name ?? ''))) {
      r.missing.push(`${s.table.id}${name ? `“${name}”` : ''}的目标表不止一张，只取第一张`);
      continue;
    }
    const field = (re: RegExp) => s.fields.find((x) => re.test(x.label))?.cell.text.slice(0, 4000) || undefined;
    const outline = field(/概况|概述|描述/);
    const basis = field(/依据/);
    const leveled = s.targets.every((t) => t.level1 !== null);
    out.push({
      scope: s.scope,
      ...(name ? { project: name } : {}),
      ...(s.goal?.text ? { goal: s.goal.text.slice(0, 4000) } : {}),
      ...(outline ? { outline } : {}),
      ...(basis ? { basis } : {}),
      indicators: s.targets.map((t) => ({
        ...(leveled && t.level1 ? { level1: t.level1 } : {}),
        ...(leveled && t.level2 ? { level2: t.level2 } : {}),
        name: t.indicator.slice(0, 200),
        ...(t.nature ? { nature: t.nature } : {}),
        ...(t.value ? { value: t.value.slice(0, 200) } : {}),
        ...(t.unit ? { unit: t.unit.slice(0, 20) } : {}),
        ...(t.weight && /^\d{1,3}(\.\d{1,2})?$/.test(t.weight) ? { weight: t.weight } : {}),
        ...(t.core === null ? {} : { core: t.core }),
      })),
    });
  }
  return out;
}

function procurementOf(r: Reader, spending: Spending[]): NonNullable<ProduceInput['procurement']> {
  const out: NonNullable<ProduceInput['procurement']> = [];
  const kinds = ['goods', 'works', 'services'] as const;
  const letters = { A: 'goods', B: 'works', C: 'services' } as const;
  const source: PaidFrom = spending.some((s) => s.source === 'general') ? 'general' : spending[0]!.source;
  for (const v of r.d.procurement) {
    const unit = r.unitOf(v.table);
    const columns = v.table.columns.some((c) => (kinds as readonly string[]).includes(c.role));
    for (const row of v.rows) {
      const name = row.name?.slice(0, 120);
      if (row.total || !name) continue;
      if (columns) {
        for (const k of kinds) if (fen(row.figures[k], unit) > 0) out.push({ name, category: k, source, amount: fen(row.figures[k], unit) });
        continue;
      }
      if (row.code && v.rows.some((x) => x.code && x.code !== row.code && x.code.startsWith(row.code!))) continue;
      const letter = row.code?.[0];
      const category =
        letter && letter in letters ? letters[letter as keyof typeof letters] : /货物/.test(name) ? 'goods' : /工程/.test(name) ? 'works' : /服务/.test(name) ? 'services' : null;
      const amount = fen(row.figures.total, unit);
      if (amount === 0) continue;
      if (category) out.push({ name, category, source, amount });
      else r.missing.push(`${v.table.id}“${name}”不知道属于货物、工程还是服务`);
    }
  }
  return out;
}

function priorBasic(r: Reader, basic: number): number | null {
  const s = r.d.statements.find((x) => x.topic === 'basic' && x.amount && (x.change || x.direction === 'flat') && (x.baseYear === null || x.baseYear === (r.d.year ?? 0) - 1));
  if (!s) return null;
  if (s.direction === 'flat') return basic;
  const unit = s.change!.unit;
  const change = unit === '元' || unit === '万元' ? fenOf(s.change!.value, unit) : null;
  if (change === null || s.direction === null) return null;
  const before = basic - (s.direction === 'increase' ? change : -change);
  return before >= 0 ? before : null;
}

const publicCodes = new Set<string>(Object.values(publicItems).flat());
function publicOf(r: Reader, basic: Lines, basicTotal: number, project: Lines | null, projectTotal: number): { now: PublicExpenses | null; before: PublicExpenses | null } {
  const view = r.d.threePublic.find((v) => !v.table.empty);
  if (!view) {
    // A table published empty says that there is none.
    const none =
      r.d.threePublic.length > 0 && ![...basic, ...(project ?? [])].some((l) => l.amount > 0 && publicCodes.has(l.code))
        ? { abroad: 0, reception: 0, vehiclePurchase: 0, vehicleRunning: 0 }
        : null;
    if (!none) r.missing.push('没有“三公”经费的数字');
    return { now: none, before: null };
  }
  const unit = r.unitOf(view.table);
  const year = r.d.year;
  const final = r.d.kind === 'final-account';
  const parts = (e: (typeof view.entries)[number] | undefined): PublicExpenses | null => {
    if (!e) return null;
    const x = {
      abroad: fen(e.figures.abroad, unit),
      reception: fen(e.figures.reception, unit),
      vehiclePurchase: fen(e.figures['vehicle-purchase'], unit),
      vehicleRunning: fen(e.figures['vehicle-running'], unit),
    };
    const cars = fen(e.figures.vehicles, unit);
    // Only the subtotal is published: running cost, unless purchase is told.
    if (cars > 0 && x.vehiclePurchase + x.vehicleRunning === 0 && fen(e.figures.total, unit) !== cars) x.vehicleRunning = cars;
    const stated = fen(e.figures.total, unit);
    if (stated !== 0 && Math.abs(stated - (x.abroad + x.reception + x.vehiclePurchase + x.vehicleRunning)) > stepOf(r.unit) * 2) {
      r.missing.push(`${view.table.id}“三公”经费合计${r.money(stated)}与各项之和不符，按各项`);
    }
    return x;
  };
  const current = view.entries.filter((e) => e.year === null || e.year === year);
  const now = parts((final ? current.find((e) => e.basis === 'actual') : undefined) ?? current[0]);
  const before = parts(view.entries.find((e) => year !== null && e.year === year - 1));
  if (!now) return { now: null, before };
  const known = (basic.length > 0 || basicTotal === 0) && (project !== null || projectTotal === 0);
  const held = (codes: readonly string[]) => total([...basic, ...(project ?? [])].filter((l) => codes.includes(l.code)));
  const economic = {
    abroad: held(publicItems.abroad),
    reception: held(publicItems.reception),
    vehiclePurchase: held(publicItems.vehiclePurchase),
    vehicleRunning: held(publicItems.vehicleRunning),
  };
  for (const k of Object.keys(economic) as (keyof typeof economic)[])
    if (known ? now[k] !== economic[k] : now[k] < economic[k]) {
      r.missing.push(`${view.table.id}“三公”经费与经济分类对应科目不符（${r.money(now[k])}、${r.money(economic[k])}），按经济分类`);
      now[k] = economic[k];
    }
  return { now, before };
}

function operatingCostOf(
  r: Reader,
  basic: { department: (Lines[number] & { use?: 'personnel' | 'public' })[]; government?: Lines } | null,
): NonNullable<ProduceInput['operatingCost']> {
  const s = r.d.statements.find((x) => x.topic === 'operating-cost' && x.amount && (x.amount.unit === '元' || x.amount.unit === '万元'));
  if (!s || !basic) return { of: 'none' };
  const stated = fenOf(s.amount!.value, s.amount!.unit as MoneyUnit) ?? 0;
  const step = stepOf(r.unit);
  const near = (x: number) => Math.abs(x - stated) <= step;
  const of = near(total(basic.department.filter((l) => !isPersonnel(l))))
    ? 'all'
    : basic.government && near(total(basic.government.filter((l) => l.code.startsWith('502'))))
      ? 'offices'
      : null;
  if (!of || stated === 0) {
    if (stated !== 0) r.missing.push(`机关运行经费${r.money(stated)}不是公用经费，也不是政府经济分类502，不能由表算出`);
    return { of: 'none' };
  }
  const unit = s.change?.unit;
  const change = unit === '元' || unit === '万元' ? fenOf(s.change!.value, unit) : null;
  const prior = s.direction === 'flat' ? stated : change !== null && s.direction ? stated - (s.direction === 'increase' ? change : -change) : null;
  return { of, ...(prior !== null && prior >= 0 ? { prior } : {}) };
}

const vehicleWords = [
  ['leaders', /领导/],
  ['confidential', /机要/],
  ['emergency', /应急/],
  ['enforcement', /执法|执勤/],
  ['special', /特种|专业技术/],
  ['other', /其他|一般公务/],
] as const;
function assetsOf(r: Reader): ProduceInput['assets'] | null {
  const tops = r.d.statements.map((s, i) => ({ s, i })).filter((x) => x.s.topic === 'vehicle-count' && x.s.amount && x.s.within === null);
  const counts = (top: { s: Statement; i: number } | undefined) => {
    if (!top) return null;
    const out: Record<string, number> = {};
    for (const y of r.d.statements)
      if (y.within === top.i && y.topic === 'vehicle-count' && y.amount) {
        const kind = vehicleWords.find(([, re]) => re.test(y.subject))?.[0];
        if (kind) out[kind] = (out[kind] ?? 0) + Number(y.amount.value);
      }
    const sum = Object.values(out).reduce((a, b) => a + b, 0);
    const stated = Number(top.s.amount!.value);
    if (sum < stated) out.other = (out.other ?? 0) + stated - sum;
    else if (sum > stated) r.missing.push(`车辆各类合计${sum}辆多于所称${stated}辆，按各类`);
    return out;
  };
  const bought = tops.find((x) => /购置/.test(x.s.subject));
  const owned = counts(tops.find((x) => x !== bought));
  if (!owned || r.d.year === null) return null;
  const purchase = counts(bought);
  return { at: `${r.d.kind === 'final-account' ? r.d.year : r.d.year - 1}-12`, vehicles: owned, ...(purchase ? { purchase: { vehicles: purchase } } : {}) };
}

/** Paragraphs under 职能职责, without their numbering. */
function dutiesOf(d: Disclosure): string[] {
  const from = d.paragraphs.findIndex((p) => p.heading && /职责|职能/.test(p.text));
  if (from < 0) return [];
  const out: string[] = [];
  for (const p of d.paragraphs.slice(from + 1)) {
    if (p.heading) break;
    const text = p.text.replace(/^[（(]?[\d一二三四五六七八九十]{1,2}[)）.．、]\s?/, '').trim();
    if (text) out.push(text.slice(0, 2000));
    if (out.length >= 30) break;
  }
  return out;
}

/** Reasons told in words, without figures of their own. */
function reasonsOf(d: Disclosure): Pick<ProduceInput, 'reasons'> {
  const of: Partial<Record<Statement['topic'], string>> = {
    basic: 'basic',
    project: 'project',
    'three-public': 'three-public',
    abroad: 'abroad',
    reception: 'reception',
    'vehicle-running': 'vehicle-running',
    'vehicle-purchase': 'vehicle-purchase',
    'operating-cost': 'operating-cost',
    'appropriation-expenditure': 'expenditure',
  };
  const reasons: Record<string, string> = {};
  for (const s of d.statements) {
    const key = of[s.topic];
    if (key && s.reason && reasons[key] === undefined && !/\d/.test(s.reason) && s.reason.length <= 120 && !/主要/.test(s.reason)) reasons[key] = s.reason;
  }
  return { reasons };
}
