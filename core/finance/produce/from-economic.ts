// Economic items, 三公 and the operating cost of a read disclosure, made to meet its functional figures or left out.
import type { FunctionalRow, MoneyUnit } from '../model.ts';
import { fenOf } from '../rounding.ts';
import { departmentGroup, governmentGroup, isPersonnel, publicItems } from './codes.ts';
import { fen, type Lines, type Reader, total } from './collect.ts';
import type { ProduceInput, PublicExpenses } from './input.ts';
import { stepOf } from './publish.ts';

/** Economic items of basic or project spending that meet the functional figure `due` (fen); null when there are none that do. */
export function economicOf(r: Reader, scope: 'basic' | 'project', due: number): { department: Lines & { use?: 'personnel' | 'public' }[]; government?: Lines } | null {
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

/** Last year’s basic spending (fen) as the narrative tells its change; null when it does not. */
export function priorBasic(r: Reader, basic: number): number | null {
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
/** 三公 of this year and last; parts that the economic items contradict are taken from those. */
export function publicOf(r: Reader, basic: Lines, basicTotal: number, project: Lines | null, projectTotal: number): { now: PublicExpenses | null; before: PublicExpenses | null } {
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

/** Which 公用经费 the stated 机关运行经费 is, and last year’s amount. */
export function operatingCostOf(
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
