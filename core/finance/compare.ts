// Figures of a disclosure that can be compared across years and units, and the series made of them.
import type { Cell, ColumnRole, Disclosure, FunctionalRow, MoneyUnit, Table } from './model.ts';
import { fenOf } from './rounding.ts';

export const dimensions = ['function', 'economic', 'government-economic', 'procurement', 'source', 'project'] as const;
export type Dimension = (typeof dimensions)[number];

/** One comparable figure. `year` is the year it speaks of, which for prior-year columns is not the document's. */
export interface KeptFigure {
  dimension: Dimension | 'total' | 'three-public';
  /** Classification code; a word for totals and 三公 (`expenditure`, `reception` …). */
  code: string;
  name: string;
  /** Code of what it is a part of, or null. */
  parent: string | null;
  /** 0 whole, 1 类, 2 款, 3 项. */
  level: number;
  year: number;
  basis: 'budget' | 'actual';
  fen: number;
}

const money = (cell: Cell | undefined | null, unit: MoneyUnit): number | null => (cell?.value == null ? null : fenOf(cell.value, unit));
const clean = (name: string | null): string =>
  (name ?? '')
    .normalize('NFKC')
    .replace(/\s/g, '')
    .replace(/^[一二三四五六七八九十]{1,3}、/, '');
/** Functional codes have 3, 5, 7 digits; economic ones 3 and 5. */
const parentOf = (code: string): string | null => (code.length === 7 ? code.slice(0, 5) : code.length === 5 ? code.slice(0, 3) : null);
const levelOf = (code: string): number => (code.length === 3 ? 1 : code.length === 5 ? 2 : 3);

/** All comparable figures of a document; the first table that says one counts, later ones only fill gaps. */
export function figuresOf(d: Disclosure): KeptFigure[] {
  const year = d.year ?? 0;
  const basis: KeptFigure['basis'] = d.kind === 'final-account' ? 'actual' : 'budget';
  const out = new Map<string, KeptFigure>();
  const put = (f: Omit<KeptFigure, 'fen' | 'year' | 'basis'> & { year?: number; basis?: KeptFigure['basis'] }, fen: number | null) => {
    if (fen === null) return;
    const full = { year, basis, ...f, fen };
    const key = `${full.dimension}/${full.code}/${full.year}/${full.basis}`;
    if (!out.has(key)) out.set(key, full);
  };
  const unitOf = (t: Table): MoneyUnit => t.moneyUnit ?? d.moneyUnit ?? '万元';
  const pick = (r: FunctionalRow, roles: ColumnRole[], unit: MoneyUnit): number | null => {
    for (const role of roles) {
      const n = money(r.figures[role], unit);
      if (n !== null) return n;
    }
    return null;
  };
  const sum = (parts: (number | null)[]): number | null => (parts.every((p) => p === null) ? null : parts.reduce<number>((a, b) => a + (b ?? 0), 0));

  // The table of all expenditure comes before the one of the general budget alone.
  const functional = d.functional
    .filter((v) => (v.table.kind === 'expenditure' || v.table.kind === 'functional-expenditure') && !v.table.empty)
    .toSorted((a, b) => Number(b.table.kind === 'expenditure') - Number(a.table.kind === 'expenditure'));
  for (const v of functional) {
    const unit = unitOf(v.table);
    const main: ColumnRole[] = basis === 'actual' ? ['actual', 'total', 'amount'] : ['total', 'budget', 'amount'];
    for (const r of v.rows) {
      const n = pick(r, main, unit) ?? sum([pick(r, ['basic'], unit), pick(r, ['project'], unit)]);
      if (r.level === 0 && !r.code) {
        put({ dimension: 'total', code: 'expenditure', name: '支出', parent: null, level: 0 }, n);
        put({ dimension: 'total', code: 'basic', name: '基本支出', parent: 'expenditure', level: 1 }, pick(r, ['basic'], unit));
        put({ dimension: 'total', code: 'project', name: '项目支出', parent: 'expenditure', level: 1 }, pick(r, ['project'], unit));
        if (v.table.kind === 'functional-expenditure') {
          put({ dimension: 'total', code: 'general', name: '一般公共预算支出', parent: null, level: 0 }, n);
          put({ dimension: 'total', code: 'general', name: '一般公共预算支出', parent: null, level: 0, year: year - 1 }, pick(r, ['prior'], unit));
        }
        continue;
      }
      if (!r.code || !/^\d{3}(\d{2}){0,2}$/.test(r.code)) continue;
      put({ dimension: 'function', code: r.code, name: clean(r.name), parent: parentOf(r.code), level: levelOf(r.code) }, n);
    }
  }
  for (const v of d.economic) {
    const unit = unitOf(v.table);
    const dimension = v.set === 'government' ? ('government-economic' as const) : ('economic' as const);
    if (v.scope !== 'basic') continue;
    for (const r of v.rows) {
      const n = pick(r, ['total', 'amount', 'basic', 'budget'], unit) ?? sum([pick(r, ['personnel'], unit), pick(r, ['public'], unit)]);
      if (r.level === 0 && !r.code) put({ dimension: 'total', code: 'basic', name: '基本支出', parent: 'expenditure', level: 1 }, n);
      else if (r.code && /^\d{3}(\d{2})?$/.test(r.code)) put({ dimension, code: r.code, name: clean(r.name), parent: parentOf(r.code), level: levelOf(r.code) }, n);
    }
  }
  for (const v of d.balances.toSorted((a, b) => Number(b.table.kind === 'income-expenditure') - Number(a.table.kind === 'income-expenditure'))) {
    const unit = unitOf(v.table);
    const whole = v.table.kind === 'income-expenditure';
    const amount = (i: (typeof v.income)[number]) => money(basis === 'actual' ? (i.figures.actual ?? i.figures.amount) : i.figures.amount, unit) ?? null;
    // 总计 stands after 合计 and is the larger one.
    const last = (side: typeof v.income) =>
      side
        .filter((i) => i.role === 'total')
        .map(amount)
        .filter((n): n is number => n !== null)
        .at(-1) ?? null;
    put({ dimension: 'total', code: 'income', name: '收入', parent: null, level: 0 }, last(v.income));
    put({ dimension: 'total', code: 'expenditure', name: '支出', parent: null, level: 0 }, last(v.expenditure));
    if (whole) for (const i of v.income) if (i.role === 'item' && i.source) put({ dimension: 'source', code: i.source, name: clean(i.name), parent: null, level: 1 }, amount(i));
  }
  for (const v of d.threePublic)
    for (const e of v.entries) {
      if (e.year === null && !year) continue;
      const unit = unitOf(v.table);
      for (const [role, cell] of Object.entries(e.figures)) {
        if (role === 'vehicles' || !['total', 'abroad', 'vehicle-purchase', 'vehicle-running', 'reception', 'meeting', 'training'].includes(role)) continue;
        put(
          { dimension: 'three-public', code: role, name: '三公经费', parent: null, level: role === 'total' ? 0 : 1, year: e.year ?? year, basis: e.basis ?? basis },
          money(cell, unit),
        );
      }
    }
  for (const v of d.procurement) {
    const unit = unitOf(v.table);
    for (const r of v.rows) {
      if (r.total)
        for (const [code, name] of [
          ['goods', '货物'],
          ['works', '工程'],
          ['services', '服务'],
        ] as const)
          put({ dimension: 'procurement', code, name, parent: null, level: 1 }, money(r.figures[code], unit));
      else {
        const name = clean(r.name);
        const code = /货物/.test(name) ? 'goods' : /工程/.test(name) ? 'works' : /服务/.test(name) ? 'services' : null;
        if (code && name.length <= 8) put({ dimension: 'procurement', code, name: name.slice(0, 20), parent: null, level: 1 }, money(r.figures.total ?? r.figures.amount, unit));
      }
    }
  }
  for (const p of projectsOf(d)) put({ dimension: 'project', code: p.key, name: p.name, parent: null, level: 1 }, p.budget);
  return [...out.values()];
}

export interface KeptProject {
  /** Name without blanks and marks: the same project in every table and year. */
  key: string;
  name: string;
  code: string | null;
  budget: number | null;
}
/** A project's name in the form in which it is recognised again. */
export const projectKey = (name: string): string =>
  name
    .normalize('NFKC')
    .replace(/[\s“”"'《》（）()【】[\]、，,。.：:；;·—\-_/]/g, '')
    .slice(0, 200);

/** Projects of the project list and of the target sheets, the list's amounts first. */
export function projectsOf(d: Disclosure): KeptProject[] {
  const out = new Map<string, KeptProject>();
  const put = (name: string | null, code: string | null, budget: number | null) => {
    const key = projectKey(name ?? '');
    if (!key) return;
    const known = out.get(key);
    if (!known) out.set(key, { key, name: name!.trim(), code, budget });
    else {
      known.code ??= code;
      known.budget ??= budget;
    }
  };
  for (const v of d.projects)
    for (const r of v.rows) {
      if (r.total || !r.name) continue;
      const unit = v.table.moneyUnit ?? d.moneyUnit ?? '万元';
      put(r.name, r.code, money(r.figures.total ?? r.figures.amount ?? r.figures.project ?? r.figures.budget, unit));
    }
  for (const s of d.targetSheets)
    if (s.scope !== 'overall' && s.project) put(s.project, s.projectCode, money(s.budget, s.budgetUnit ?? s.table.moneyUnit ?? d.moneyUnit ?? '万元'));
  return [...out.values()];
}

export interface StoredDocument {
  unit: string;
  /** For the notes. */
  unitName?: string;
  year: number;
  disclosure: string;
  kind: 'budget' | 'final-account';
  figures: KeptFigure[];
}
export interface Comparison {
  years: number[];
  totals: {
    unit: string;
    year: number;
    disclosure: string | null;
    expenditure: number | null;
    income: number | null;
    basic: number | null;
    project: number | null;
    change: number | null;
    changeRate: number | null;
    changeFrom: 'stored' | 'published' | 'none';
  }[];
  composition: { unit: string; year: number; dimension: Dimension; code: string; name: string; parent: string | null; level: number; fen: number; share: number | null }[];
  threePublic: {
    unit: string;
    year: number;
    basis: 'budget' | 'actual';
    total: number | null;
    abroad: number | null;
    vehiclePurchase: number | null;
    vehicleRunning: number | null;
    reception: number | null;
    published: 'own' | 'prior';
  }[];
  notes: string[];
}

/** Series over units and years. A share is of the first-level whole of its dimension; a change needs both years and says where the earlier came from. */
export function compareDocuments(documents: StoredDocument[]): Comparison {
  const notes: string[] = [];
  const sorted = documents.toSorted((a, b) => (a.unit < b.unit ? -1 : a.unit > b.unit ? 1 : a.year - b.year));
  const value = (d: StoredDocument | undefined, code: string, year = d?.year ?? 0): number | null =>
    d?.figures.find((f) => f.dimension === 'total' && f.code === code && f.year === year)?.fen ?? null;
  const totals: Comparison['totals'] = sorted.map((d) => {
    const before = sorted.find((x) => x.unit === d.unit && x.year === d.year - 1 && x.kind === d.kind);
    const expenditure = value(d, 'expenditure');
    const stored = before ? value(before, 'expenditure') : null;
    // The published prior year is of the general budget: compared with this year's general budget only.
    const published = value(d, 'general', d.year - 1);
    const general = value(d, 'general');
    const [now, then, from] =
      stored !== null && expenditure !== null
        ? ([expenditure, stored, 'stored'] as const)
        : published !== null && general !== null
          ? ([general, published, 'published'] as const)
          : ([null, null, 'none'] as const);
    return {
      unit: d.unit,
      year: d.year,
      disclosure: d.disclosure,
      expenditure,
      income: value(d, 'income'),
      basic: value(d, 'basic'),
      project: value(d, 'project'),
      change: now === null ? null : now - then,
      changeRate: now === null || then === 0 ? null : (now - then) / then,
      changeFrom: from,
    };
  });
  const composition = sorted.flatMap((d) => {
    const mine = d.figures.filter((f): f is KeptFigure & { dimension: Dimension } => (dimensions as readonly string[]).includes(f.dimension) && f.year === d.year);
    const wholes = new Map<string, number>();
    for (const f of mine) if (f.level === 1) wholes.set(f.dimension, (wholes.get(f.dimension) ?? 0) + f.fen);
    return mine.map((f) => {
      const whole = wholes.get(f.dimension) ?? 0;
      return {
        unit: d.unit,
        year: d.year,
        dimension: f.dimension,
        code: f.code,
        name: f.name,
        parent: f.parent,
        level: f.level,
        fen: f.fen,
        share: whole > 0 ? f.fen / whole : null,
      };
    });
  });
  const three = new Map<string, Comparison['threePublic'][number]>();
  for (const d of sorted)
    for (const f of d.figures) {
      if (f.dimension !== 'three-public') continue;
      const key = `${d.unit}/${f.year}/${f.basis}`;
      const own = f.year === d.year ? 'own' : 'prior';
      const known = three.get(key);
      // The year's own document says it before a later one that repeats it.
      if (known && known.published === 'own' && own === 'prior') continue;
      const row =
        known && known.published === own
          ? known
          : {
              unit: d.unit,
              year: f.year,
              basis: f.basis,
              total: null,
              abroad: null,
              vehiclePurchase: null,
              vehicleRunning: null,
              reception: null,
              published: own as 'own' | 'prior',
            };
      const at = ({ total: 'total', abroad: 'abroad', 'vehicle-purchase': 'vehiclePurchase', 'vehicle-running': 'vehicleRunning', reception: 'reception' } as const)[
        f.code as 'total'
      ];
      if (at) row[at] = f.fen;
      three.set(key, row);
    }
  for (const row of three.values()) {
    const parts = [row.abroad, row.vehiclePurchase, row.vehicleRunning, row.reception];
    const known = parts.reduce<number>((a, b) => a + (b ?? 0), 0);
    if (row.total === null && parts.some((p) => p !== null)) row.total = known;
    // The parts that are told make up the whole: what was left blank is nothing, not unknown.
    else if (row.total === known) for (const part of ['abroad', 'vehiclePurchase', 'vehicleRunning', 'reception'] as const) row[part] ??= 0;
  }
  const called = (unit: string): string => documents.find((d) => d.unit === unit)?.unitName ?? '';
  for (const t of totals) if (t.changeFrom === 'published') notes.push(`${called(t.unit)}${t.year}年没有存入上一年的公开，变化取本文件“上年数”一栏，只含一般公共预算`);
  for (const t of totals) if (t.expenditure === null) notes.push(`${called(t.unit)}${t.year}年的公开中没有读到支出总额`);
  return {
    years: [...new Set([...sorted.map((d) => d.year), ...[...three.values()].map((t) => t.year)])].sort((a, b) => a - b),
    totals,
    composition,
    threePublic: [...three.values()].toSorted((a, b) => (a.unit < b.unit ? -1 : a.unit > b.unit ? 1 : a.year - b.year || (a.basis < b.basis ? 1 : -1))),
    notes: [...new Set(notes)],
  };
}
