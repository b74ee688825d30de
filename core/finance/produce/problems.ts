// What keeps given figures from being written: sums that do not meet, names nobody knows, targets without a project.
import { decimal } from '../rounding.ts';
import { above, departmentGroup, governmentGroup, nameOf, publicParts } from './codes.ts';
import type { Produce } from './input.ts';
import { booked, knownPublic, lineAmount, projectItems } from './publish.ts';

export interface InputProblem {
  /** JSON pointer into the input. */
  pointer: string;
  message: string;
  /** `error`: nothing is written. `advice`: it is written, and a reader may find fault. */
  severity: 'error' | 'advice';
}

const publicNames = { abroad: '因公出国（境）费', reception: '公务接待费', vehiclePurchase: '公务用车购置费', vehicleRunning: '公务用车运行维护费' } as const;

/** Everything that does not hold in the figures; empty when a disclosure can be written as it stands. */
export function problemsOf(p: Produce): InputProblem[] {
  const out: InputProblem[] = [];
  const money = (fen: number) => `${decimal(fen, p.moneyUnit)}${p.moneyUnit}`;
  const error = (pointer: string, message: string) => out.push({ pointer, message, severity: 'error' });
  const advice = (pointer: string, message: string) => out.push({ pointer, message, severity: 'advice' });
  const same = (pointer: string, a: number, what: string, b: number, than: string) => {
    if (a !== b) error(pointer, `${what}${money(a)}，${than}${money(b)}，相差${money(Math.abs(a - b))}`);
  };
  const named = new Set<string>();
  const needName = (pointer: string, code: string) => {
    for (const c of [...above(code), code])
      if (!named.has(c)) {
        named.add(c);
        if (nameOf(c, p.names) === null) error(pointer, `不知道科目${c}的名称，请在 names 中给出`);
      }
  };

  /** Governmental items beside departmental ones: told on each line, or a list that meets it class by class. */
  const governmental = (
    pointer: string,
    what: string,
    own: { code: string; amount: number; government?: string | undefined }[],
    list: { code: string; amount: number }[] | undefined,
  ) => {
    const lines = own.filter((l) => l.government).length;
    if (lines > 0 && lines < own.length) error(`${pointer}/department`, `${what}的部门经济分类只有一部分写了对应的政府经济分类`);
    if (!list) return;
    if (lines > 0) error(`${pointer}/government`, `${what}的政府经济分类已写在部门经济分类各行中，不能再单独给出`);
    else if (own.length === 0) error(`${pointer}/government`, `没有给出${what}的部门经济分类`);
    else
      for (const g of ['301', '302', 'rest'] as const)
        same(
          `${pointer}/government`,
          list.filter((l) => governmentGroup(l.code) === g).reduce((n, l) => n + l.amount, 0),
          `${what}的${g === '301' ? '政府经济分类501与50501合计' : g === '302' ? '政府经济分类502与50502合计' : '政府经济分类其余各款合计'}`,
          own.filter((l) => departmentGroup(l.code) === g).reduce((n, l) => n + l.amount, 0),
          g === 'rest' ? '部门经济分类其余各款合计' : `部门经济分类${g}合计`,
        );
  };

  // Lines of spending.
  const seen = new Set<string>();
  p.spending.forEach((s, i) => {
    const at = `/spending/${i}`;
    const key = `${s.code}/${s.source}`;
    if (seen.has(key)) error(at, `科目${s.code}的同一资金来源列了两次`);
    seen.add(key);
    if (!s.code.startsWith('2')) error(at, `${s.code}不是支出功能分类科目`);
    else needName(at, s.code);
    if (s.basic + s.project + s.carriedOut - s.carriedIn < 0) error(at, `科目${s.code}的上年结转${money(s.carriedIn)}大于其支出与结转下年之和`);
    if (s.budget !== undefined && (p.kind === 'budget' || s.source !== 'general')) error(`${at}/budget`, '年初预算只写在决算的一般公共预算科目上');
    if (p.kind === 'budget' && s.source === 'general' && s.basic + s.project === 0 && (s.prior ?? 0) === 0) advice(at, `科目${s.code}没有任何数字`);
  });
  const general = p.spending.filter((s) => s.source === 'general');
  const basic = general.reduce((n, s) => n + s.basic, 0);
  const priors = p.spending.filter((s) => s.source === 'general' && s.prior !== undefined).reduce((n, s) => n + s.prior!, 0);
  if (p.prior.basic !== undefined && p.prior.basic > priors) error('/prior/basic', `上年基本支出${money(p.prior.basic)}大于上年一般公共预算支出${money(priors)}`);

  if (p.kind === 'budget' && p.budgeted.threePublic) error('/budgeted', '年初预算只写在决算中');

  // Basic spending by economic items.
  const department = p.basic.department;
  department.forEach((l, i) => {
    needName(`/basic/department/${i}`, l.code);
    if (l.government) needName(`/basic/department/${i}`, l.government);
  });
  p.basic.government?.forEach((l, i) => needName(`/basic/government/${i}`, l.code));
  if (department.length > 0)
    same(
      '/basic/department',
      department.reduce((n, l) => n + l.amount, 0),
      '基本支出按经济分类合计',
      basic,
      '按功能分类合计',
    );
  const told = department.filter((l) => l.government).length;
  governmental('/basic', '基本支出', department, p.basic.government);
  const together = p.projectEconomic;
  if (together) {
    together.department.forEach((l) => {
      needName('/projectEconomic', l.code);
      if (l.government) needName('/projectEconomic', l.government);
    });
    together.government?.forEach((l) => needName('/projectEconomic', l.code));
    if (p.projects.some((x) => x.lines.some((l) => l.items))) error('/projectEconomic', '各项目已写明经济分类，不能再合并给出');
    same(
      '/projectEconomic/department',
      together.department.reduce((n, l) => n + l.amount, 0),
      '项目支出按经济分类合计',
      general.reduce((n, s) => n + s.project, 0),
      '按功能分类合计',
    );
    governmental('/projectEconomic', '项目支出', together.department, together.government);
  }

  // Projects.
  const names = new Set<string>();
  p.projects.forEach((x, i) => {
    if (names.has(x.name)) error(`/projects/${i}/name`, `项目“${x.name}”列了两次`);
    names.add(x.name);
    x.lines.forEach((l, k) => {
      const at = `/projects/${i}/lines/${k}`;
      if (l.amount === undefined && !l.items) error(at, `项目“${x.name}”没有给出金额`);
      if (l.amount !== undefined && l.items)
        same(
          at,
          l.items.reduce((n, v) => n + v.amount, 0),
          `项目“${x.name}”按经济分类合计`,
          l.amount,
          '项目金额',
        );
      l.items?.forEach((v) => {
        needName(at, v.code);
        if (v.government) needName(at, v.government);
      });
    });
    const keys = x.lines.map((l) => `${l.source}/${l.function ?? ''}`);
    if (new Set(keys).size < keys.length) error(`/projects/${i}/lines`, `项目“${x.name}”的同一资金来源列了两次`);
  });
  if (out.some((x) => x.severity === 'error')) return out;
  const lines = p.projects.flatMap((x) => x.lines);
  if (lines.length > 0) {
    const linked = booked(p);
    const keyed = (source: string, code: string) => (linked ? `${source}/${code}` : source);
    const given = new Map<string, number>();
    const due = new Map<string, number>();
    for (const l of lines) given.set(keyed(l.source, l.function ?? ''), (given.get(keyed(l.source, l.function ?? '')) ?? 0) + lineAmount(l));
    for (const s of p.spending) due.set(keyed(s.source, s.code), (due.get(keyed(s.source, s.code)) ?? 0) + s.project);
    for (const key of new Set([...given.keys(), ...due.keys()])) same('/projects', given.get(key) ?? 0, `各项目合计（${key}）`, due.get(key) ?? 0, '功能分类的项目支出');
  }
  const items = projectItems(p);
  if (items) {
    const g = items.filter((i) => i.government).length;
    if (g > 0 && g < items.length) error('/projects', '项目支出只有一部分经济分类写了对应的政府经济分类');
  }

  // 三公 against the economic items.
  const known = knownPublic(p);
  if (!p.threePublic) {
    if (!known.all) advice('/threePublic', '没有给出“三公”经费，经济分类也不足以算出，“三公”经费表不能生成');
  } else
    for (const k of publicParts) {
      const stated = p.threePublic[k];
      if (known.all ? stated !== known.parts[k] : stated < known.parts[k])
        error(`/threePublic/${k}`, `${publicNames[k]}${money(stated)}，经济分类对应科目${known.all ? '合计' : '已有'}${money(known.parts[k])}`);
    }

  // Procurement and operating cost.
  const bought = p.procurement.reduce((n, x) => n + x.amount, 0);
  const spent = p.spending.reduce((n, s) => n + s.basic + s.project, 0);
  if (bought > spent) error('/procurement', `政府采购预算${money(bought)}大于支出总额${money(spent)}`);
  if (p.operatingCost.of === 'offices' && told === 0 && !p.basic.government && basic > 0) error('/operatingCost', '没有政府经济分类，不能算出机关的运行经费');
  if (p.operatingCost.of === 'all' && department.length === 0 && basic > 0) error('/operatingCost', '没有部门经济分类，不能算出公用经费');

  targets(p, error, advice);
  return out;
}

function targets(p: Produce, error: (pointer: string, message: string) => void, advice: (pointer: string, message: string) => void): void {
  const projects = new Set(p.projects.map((x) => x.name));
  const sheets = new Set<string>();
  p.targets.forEach((t, i) => {
    const at = `/targets/${i}`;
    const who = t.project ? `“${t.project}”` : '整体目标表';
    if (t.scope === 'overall' && t.project) error(at, '整体绩效目标表不写项目');
    if (t.scope !== 'overall' && (!t.project || !projects.has(t.project))) error(at, `目标表的项目${t.project ? `“${t.project}”` : ''}不在项目清单中`);
    const key = t.scope === 'overall' ? '' : (t.project ?? '');
    if (sheets.has(key)) error(at, `${who}的目标表有两张`);
    sheets.add(key);
    const level1 = t.indicators.filter((x) => x.level1).length;
    if (level1 > 0 && level1 < t.indicators.length) error(at, `${who}只有一部分指标写了一级指标`);
    if (t.indicators.some((x) => x.level2 && !x.level1)) error(at, `${who}有指标写了二级指标而没有一级指标`);
    // A blank cell of a level means "as above" to every reader.
    t.indicators.forEach((x, k) => {
      const before = t.indicators[k - 1];
      if (!x.level2 && before?.level2 && before.level1 === x.level1) error(`${at}/indicators/${k}`, `指标“${x.name}”没有二级指标，会被读作同上一行`);
      if (x.value === undefined && x.nature !== undefined) advice(`${at}/indicators/${k}`, `指标“${x.name}”没有指标值`);
      if (x.value !== undefined && x.nature !== undefined && x.nature !== '定性' && !/^-?\d+(\.\d+)?$/.test(x.value))
        advice(`${at}/indicators/${k}`, `指标“${x.name}”的指标值“${x.value}”不是数字`);
    });
    const weights = t.indicators.map((x) => x.weight).filter((w) => w !== undefined);
    if (weights.length > 0) {
      const total = weights.reduce((n, w) => n + Math.round(Number(w) * 100), 0);
      if (weights.length < t.indicators.length) advice(at, `${who}只有一部分指标写了权重`);
      else if (total !== 10_000 && total !== 9000) advice(at, `${who}各项权重合计${total / 100}，不等于100`);
    }
  });
}
