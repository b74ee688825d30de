// From exact figures to the figures as published: in 万元 every leaf is a multiple of 100 元 and all sums still hold; in 元 nothing changes.
import { type Amount, leaf, like, roundTo, settle, sum } from './apportion.ts';
import { allSources, departmentGroup, governmentGroup, publicItems, publicParts } from './codes.ts';
import type { Produce } from './input.ts';

/** The smallest amount (fen) a published figure can show. */
export const stepOf = (unit: Produce['moneyUnit']): number => (unit === '万元' ? 10_000 : 1);

type Projects = Produce['projects'];
export const lineAmount = (line: Projects[number]['lines'][number]): number => line.amount ?? line.items!.reduce((s, i) => s + i.amount, 0);
/** Whether every project line says to which 项 it is booked, so that projects are parts of functional lines. */
export const booked = (p: Produce): boolean => p.projects.length > 0 && p.projects.every((x) => x.lines.every((l) => l.function !== undefined));
/** Economic items of all projects of the general budget, or null when some project does not tell them. */
export function projectItems(p: Produce): { code: string; amount: number; government?: string | undefined }[] | null {
  const general = p.spending.reduce((s, l) => s + (l.source === 'general' ? l.project : 0), 0);
  const lines = p.projects.flatMap((x) => x.lines.filter((l) => l.source === 'general'));
  if (p.projectEconomic) return p.projectEconomic.department;
  if (general > 0 && lines.length === 0) return null;
  return lines.every((l) => l.items) ? lines.flatMap((l) => l.items!) : null;
}
/** What economic items tell of each 三公 part (fen); `all` says whether nothing else can hold more. */
export function knownPublic(p: Produce): { parts: Record<(typeof publicParts)[number], number>; all: boolean } {
  const projects = projectItems(p);
  const basicKnown = p.basic.department.length > 0 || p.spending.every((l) => l.source !== 'general' || l.basic === 0);
  const items = [...p.basic.department, ...(projects ?? [])];
  const part = (codes: readonly string[]) => items.reduce((s, i) => s + (codes.includes(i.code) ? i.amount : 0), 0);
  return {
    parts: {
      abroad: part(publicItems.abroad),
      reception: part(publicItems.reception),
      vehiclePurchase: part(publicItems.vehiclePurchase),
      vehicleRunning: part(publicItems.vehicleRunning),
    },
    all: projects !== null && basicKnown,
  };
}

/**
 * A copy with amounts as they are printed. The rule: the total of each source is rounded half up, and what lies below it
 * by largest remainder (basic and project, then lines; classes, then items), so every printed sum is the sum of printed parts.
 * Expects figures that `problemsOf` found without error.
 */
export function published(exact: Produce): Produce {
  const p = structuredClone(exact);
  for (const x of p.projects) for (const l of x.lines) l.amount = lineAmount(l);
  const step = stepOf(p.moneyUnit);
  if (step === 1) return p;
  const before = knownPublic(exact).parts;

  const projectLine = (l: Projects[number]['lines'][number]): Amount =>
    leaf(
      l.amount!,
      (v) => (l.amount = v),
      (l.items ?? []).map((i) => leaf(i.amount, (v) => (i.amount = v))),
    );
  const linked = booked(p);
  for (const source of allSources) {
    const lines = p.spending.filter((s) => s.source === source);
    if (lines.length === 0) continue;
    const projects = p.projects.flatMap((x) => x.lines.filter((l) => l.source === source));
    const basic = sum(
      lines.map((s) => leaf(s.basic, (v) => (s.basic = v))),
      source === 'general' ? economicGroups(p.basic.department, p.basic.government) : [],
    );
    const project = sum(
      lines.map((s) => leaf(s.project, (v) => (s.project = v), linked ? projects.filter((l) => l.function === s.code).map(projectLine) : [])),
      linked ? [] : projects.map(projectLine),
      source === 'general' && p.projectEconomic ? economicGroups(p.projectEconomic.department, p.projectEconomic.government) : [],
    );
    settle(sum([basic, project]), step);
    settle(sum(lines.map((s) => leaf(s.carriedIn, (v) => (s.carriedIn = v)))), step);
    settle(sum(lines.map((s) => leaf(s.carriedOut, (v) => (s.carriedOut = v)))), step);
    for (const s of lines) s.carriedIn = Math.min(s.carriedIn, s.basic + s.project + s.carriedOut);
    const priors = lines
      .filter((s) => s.prior !== undefined)
      .map((s) => {
        const line = exact.spending[p.spending.indexOf(s)]!;
        return like(
          leaf(s.prior!, (v) => (s.prior = v)),
          { exact: line.basic + line.project, printed: s.basic + s.project },
        );
      });
    if (priors.length > 0) {
      const all = sum(priors);
      const old = source === 'general' ? p.prior.basic : undefined;
      settle(old === undefined || old > all.exact ? all : sum(priors, [leaf(old, (v) => (p.prior.basic = v)), leaf(all.exact - old, () => {})]), step);
    }
  }
  const budgets = p.spending.flatMap((s, i) =>
    s.budget === undefined
      ? []
      : [
          like(
            leaf(s.budget, (v) => (s.budget = v)),
            { exact: exact.spending[i]!.basic + exact.spending[i]!.project, printed: s.basic + s.project },
          ),
        ],
  );
  if (budgets.length > 0) settle(sum(budgets), step);
  settle(sum((['goods', 'works', 'services'] as const).map((c) => sum(p.procurement.filter((x) => x.category === c).map((x) => leaf(x.amount, (v) => (x.amount = v)))))), step);
  if (p.threePublic) {
    // What the economic items hold is printed as they are; only the rest is rounded by itself.
    const after = knownPublic(p).parts;
    for (const k of publicParts) p.threePublic[k] = after[k] + roundTo(Math.max(0, exact.threePublic![k] - before[k]), step);
  }
  const [was, now] = [exact.threePublic ?? before, p.threePublic ?? knownPublic(p).parts];
  for (const other of [p.prior.threePublic, p.budgeted.threePublic])
    if (other)
      settle(
        sum(
          publicParts.map((k) =>
            like(
              leaf(other[k], (v) => (other[k] = v)),
              { exact: was[k], printed: now[k] },
            ),
          ),
        ),
        step,
      );
  if (p.operatingCost.prior !== undefined) p.operatingCost.prior = roundTo(p.operatingCost.prior, step);
  return p;
}

/** Spending by economic items: classes 301, 302 and the rest, each split by departmental and by governmental items. */
function economicGroups(department: { code: string; amount: number }[], government: { code: string; amount: number }[] = []): Amount[] {
  if (department.length === 0) return [];
  const leaves = (list: { code: string; amount: number }[]) => list.map((l) => leaf(l.amount, (v) => (l.amount = v)));
  return (['301', '302', 'rest'] as const).flatMap((group) => {
    const own = department.filter((l) => departmentGroup(l.code) === group);
    const other = government.filter((l) => governmentGroup(l.code) === group);
    return own.length === 0 && other.length === 0 ? [] : [sum(leaves(own), leaves(other))];
  });
}
