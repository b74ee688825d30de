// Projects, target sheets, procurement, vehicles and words of a read disclosure.
import type { Disclosure, Statement } from '../model.ts';
import { allSources } from './codes.ts';
import { fen, type Lines, type Reader, type Spending, total } from './collect.ts';
import type { PaidFrom, ProduceInput, TargetSheetInput } from './input.ts';
import { stepOf } from './publish.ts';

type ProjectInput = NonNullable<ProduceInput['projects']>[number];
/** Projects from the list, else from the target sheets; what they leave open of the project spending becomes one more project, and is listed. */
export function projectsOf(r: Reader, spending: Spending[]): ProjectInput[] {
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

/** Target sheets of the projects known, and the overall sheet. */
export function targetsOf(r: Reader, projects: ReadonlySet<string>): TargetSheetInput[] {
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

/** Lines of procurement by kind: goods, works, services. */
export function procurementOf(r: Reader, spending: Spending[]): NonNullable<ProduceInput['procurement']> {
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

const vehicleWords = [
  ['leaders', /领导/],
  ['confidential', /机要/],
  ['emergency', /应急/],
  ['enforcement', /执法|执勤/],
  ['special', /特种|专业技术/],
  ['other', /其他|一般公务/],
] as const;
/** Vehicles by kind as the narrative counts them; null when it does not. */
export function assetsOf(r: Reader): ProduceInput['assets'] | null {
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
export function dutiesOf(d: Disclosure): string[] {
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
export function reasonsOf(d: Disclosure): Pick<ProduceInput, 'reasons'> {
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
