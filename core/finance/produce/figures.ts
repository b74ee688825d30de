// Sums over published figures: by function, source, economic item and project; all derived from leaves, in fen.
import { above, appropriations, governmentGroup, isPersonnel, type PublicPart, publicParts } from './codes.ts';
import type { PaidFrom, Produce, PublicExpenses, SpendingLine } from './input.ts';
import { knownPublic, lineAmount, projectItems } from './publish.ts';

export type Measure = 'total' | 'basic' | 'project' | 'income' | 'carriedIn' | 'carriedOut' | 'prior';
const measures: Record<Measure, (s: SpendingLine) => number> = {
  total: (s) => s.basic + s.project,
  basic: (s) => s.basic,
  project: (s) => s.project,
  carriedIn: (s) => s.carriedIn,
  carriedOut: (s) => s.carriedOut,
  income: (s) => s.basic + s.project + s.carriedOut - s.carriedIn,
  prior: (s) => s.prior ?? 0,
};

export interface Item {
  code: string;
  amount: number;
}

/** One code of a classification tree with the sums of the leaves below it. */
export interface TreeRow<K extends string> {
  /** '' for the total. */
  code: string;
  /** 0 合计, 1 类, 2 款, 3 项. */
  level: number;
  sums: Record<K, number>;
}

/** All codes above and of the leaves, in order, the total first. */
export function treeOf<K extends string>(leaves: { code: string; sums: Record<K, number> }[], keys: readonly K[]): TreeRow<K>[] {
  const rows = new Map<string, TreeRow<K>>();
  for (const l of leaves)
    for (const code of ['', ...above(l.code), l.code]) {
      let row = rows.get(code);
      if (!row) {
        row = { code, level: code === '' ? 0 : (code.length - 1) / 2, sums: Object.fromEntries(keys.map((k) => [k, 0])) as Record<K, number> };
        rows.set(code, row);
      }
      for (const k of keys) row.sums[k] += l.sums[k];
    }
  return [...rows.values()].toSorted((a, b) => (a.code < b.code ? -1 : a.code > b.code ? 1 : 0));
}

/** Reads one set of published figures; cheap to make, nothing is kept between calls. */
export class Figures {
  readonly p: Produce;
  /** The general budget has last year's figures. */
  readonly hasPrior: boolean;
  constructor(p: Produce) {
    this.p = p;
    this.hasPrior = p.spending.some((s) => s.source === 'general' && s.prior !== undefined);
  }
  sum(measure: Measure, sources?: readonly PaidFrom[], code = ''): number {
    const of = measures[measure];
    return this.p.spending.reduce((n, s) => n + ((sources === undefined || sources.includes(s.source)) && s.code.startsWith(code) ? of(s) : 0), 0);
  }
  /** Functional tree of some sources; lines without any of the figures are left out. */
  functional<K extends Measure>(keys: readonly K[], sources?: readonly PaidFrom[]): TreeRow<K>[] {
    const lines = this.p.spending.filter((s) => (sources === undefined || sources.includes(s.source)) && keys.some((k) => measures[k](s) !== 0));
    return treeOf(
      lines.map((s) => ({ code: s.code, sums: Object.fromEntries(keys.map((k) => [k, measures[k](s)])) as Record<K, number> })),
      keys,
    );
  }
  /** Income by function and source. */
  income(): TreeRow<PaidFrom | 'total'>[] {
    const keys = ['total', ...new Set(this.p.spending.map((s) => s.source))] as (PaidFrom | 'total')[];
    return treeOf(
      this.p.spending
        .filter((s) => measures.income(s) !== 0)
        .map((s) => ({
          code: s.code,
          sums: Object.fromEntries(keys.map((k) => [k, k === 'total' || k === s.source ? measures.income(s) : 0])) as Record<PaidFrom | 'total', number>,
        })),
      keys,
    );
  }
  /** 类 with money this year, in order. */
  classes(sources?: readonly PaidFrom[]): string[] {
    return [
      ...new Set(this.p.spending.filter((s) => (sources === undefined || sources.includes(s.source)) && s.basic + s.project !== 0).map((s) => s.code.slice(0, 3))),
    ].toSorted();
  }
  /** Sources with any money: spent, received or carried. */
  sources(): PaidFrom[] {
    return [...new Set(this.p.spending.filter((s) => s.basic + s.project + s.carriedIn + s.carriedOut !== 0).map((s) => s.source))];
  }
  get appropriated(): readonly PaidFrom[] {
    return appropriations;
  }
  personnel(): number {
    return this.p.basic.department.reduce((n, l) => n + (isPersonnel(l) ? l.amount : 0), 0);
  }
  public(): number {
    return this.p.basic.department.reduce((n, l) => n + (isPersonnel(l) ? 0 : l.amount), 0);
  }
  /** Basic spending by departmental items with 人员 and 公用. */
  basicDepartment(): TreeRow<'total' | 'personnel' | 'public'>[] {
    return treeOf(
      this.p.basic.department.map((l) => ({ code: l.code, sums: { total: l.amount, personnel: isPersonnel(l) ? l.amount : 0, public: isPersonnel(l) ? 0 : l.amount } })),
      ['total', 'personnel', 'public'],
    );
  }
  /** Governmental items of the basic spending, or null when not told. */
  basicGovernment(): Item[] | null {
    const { department, government } = this.p.basic;
    if (government) return government;
    return department.every((l) => l.government) ? department.map((l) => ({ code: l.government!, amount: l.amount })) : null;
  }
  projectItems(set: 'department' | 'government'): Item[] | null {
    const items = projectItems(this.p);
    if (!items || set === 'department') return items;
    if (this.p.projectEconomic?.government) return this.p.projectEconomic.government;
    return items.every((i) => i.government) ? items.map((i) => ({ code: i.government!, amount: i.amount })) : null;
  }
  /** Money of a project, all or from some sources. */
  projectTotal(project: Produce['projects'][number], sources?: readonly PaidFrom[]): number {
    return project.lines.reduce((n, l) => n + (sources === undefined || sources.includes(l.source) ? lineAmount(l) : 0), 0);
  }
  /** 三公 parts as given, else from the economic items; null when they cannot be known. */
  threePublic(): PublicExpenses | null {
    if (this.p.threePublic) return this.p.threePublic;
    const known = knownPublic(this.p);
    return known.all ? known.parts : null;
  }
  static total(x: PublicExpenses): number {
    return publicParts.reduce((n, k: PublicPart) => n + x[k], 0);
  }
  /** 机关运行经费, or null when the unit has none by definition. */
  operatingCost(): number | null {
    const { of } = this.p.operatingCost;
    if (of === 'none') return null;
    if (of === 'all') return this.public();
    return (this.basicGovernment() ?? []).reduce((n, i) => n + (governmentGroup(i.code) === '302' && i.code.startsWith('502') ? i.amount : 0), 0);
  }
  procurement(category?: 'goods' | 'works' | 'services'): number {
    return this.p.procurement.reduce((n, x) => n + (category === undefined || x.category === category ? x.amount : 0), 0);
  }
}
