// Typed views over read tables: functional and economic rows, two-sided balances, 三公, procurement, projects.
import type { BalanceItem, BalanceView, Cell, ColumnRole, Disclosure, FunctionalRow, ProcurementRow, ProjectRow, Row, Table, ThreePublicEntry, ThreePublicView } from '../model.ts';
import { norm, tidy } from './text.ts';
import { isWordRole } from './tables.ts';
import { splitProject } from './target-form.ts';
import { isBalanceKind, isFunctionalClass, sourceOf, unnumbered } from './vocabulary.ts';

const total = /^(合计|总计|小计|总额)$/;

/** Figures of a row by role; the first column of a role wins. */
function figures(table: Table, row: Row): Partial<Record<ColumnRole, Cell>> {
  const out: Partial<Record<ColumnRole, Cell>> = {};
  table.columns.forEach((c, i) => {
    if (!isWordRole(c.role) && c.role !== 'amount') out[c.role] ??= row.cells[i]!;
  });
  return out;
}

const functionalRows = (table: Table): FunctionalRow[] =>
  table.rows.map((row, i) => ({
    code: row.code,
    name: row.name,
    level: row.level ?? (row.code === null && row.name !== null && total.test(norm(row.name)) ? 0 : null),
    row: i,
    figures: figures(table, row),
  }));

const words = (table: Table, row: Row, role: ColumnRole): string | null => {
  const i = table.columns.findIndex((c) => c.role === role);
  return i >= 0 && row.cells[i]!.text ? tidy(row.cells[i]!.text) : null;
};

function itemRole(name: string, carry: boolean): BalanceItem['role'] {
  const t = unnumbered(name);
  if (/^本年(收入|支出)/.test(t)) return 'group';
  if (/结转|结余/.test(t) && !/支出$/.test(t)) return 'carry';
  if (/(合计|总计|总额)$/.test(t)) return 'total';
  return carry ? 'carry' : 'item';
}

/** Two-sided tables; one-sided ones are told apart by what their lines name. */
export function balanceOf(table: Table): BalanceView {
  const income: BalanceItem[] = [];
  const expenditure: BalanceItem[] = [];
  const column = (role: ColumnRole) => table.columns.findIndex((c) => c.role === role);
  const inName = column('income-name');
  const outName = column('expenditure-name');
  let carryIn = false;
  let carryOut = false;
  table.rows.forEach((row, r) => {
    const pick = (role: ColumnRole): Cell | undefined => {
      const i = column(role);
      return i >= 0 ? row.cells[i] : undefined;
    };
    const push = (side: BalanceItem[], name: string, carry: boolean, roles: [keyof BalanceItem['figures'], ColumnRole][]): boolean => {
      const role = itemRole(name, carry);
      const values: BalanceItem['figures'] = {};
      for (const [key, from] of roles) {
        const c = pick(from);
        if (c) values[key] = c;
      }
      side.push({ name: tidy(name), role, row: r, figures: values, source: side === income ? sourceOf(unnumbered(name)) : null, place: row.place });
      return role === 'carry' ? true : role === 'item' ? carry : false;
    };
    if (inName >= 0 && outName >= 0) {
      const a = row.cells[inName]!.text;
      const b = row.cells[outName]!.text;
      if (a) carryIn = push(income, a, carryIn && !/^[一二三四五六七八九十]{1,3}、/.test(norm(a)), [['amount', 'income-amount']]);
      if (b)
        carryOut = push(expenditure, b, carryOut, [
          ['amount', 'expenditure-amount'],
          ['general', 'expenditure-general'],
          ['fund', 'expenditure-fund'],
          ['capital', 'expenditure-capital'],
        ]);
      if (!a && !b) return;
      return;
    }
    const name = row.name;
    if (!name) return;
    const side = isFunctionalClass(name) || /支出/.test(norm(name)) ? expenditure : income;
    push(side, name, false, [
      ['amount', 'total'],
      ['general', 'general'],
      ['fund', 'fund'],
      ['capital', 'capital'],
      ['prior', 'prior'],
      ['adjusted', 'adjusted'],
      ['actual', 'actual'],
    ]);
  });
  return { table, income, expenditure };
}

/** 三公 entries: one per row and year (or basis) block of columns. */
export function threePublicOf(table: Table): ThreePublicView {
  const entries: ThreePublicEntry[] = [];
  const keys = ['total', 'abroad', 'vehicles', 'vehicle-purchase', 'vehicle-running', 'reception', 'meeting', 'training'] as const;
  const basisOf = (path: string[]): 'budget' | 'actual' | null => {
    const t = norm(path.join(''));
    return /决算|支出数|执行/.test(t) ? 'actual' : /预算/.test(t) ? 'budget' : null;
  };
  const listed = table.columns.some((c) => (keys as readonly string[]).includes(c.role) && c.role !== 'total');
  if (!listed) {
    // One line per item: 项目 | 预算数.
    const itemOf = (name: string): (typeof keys)[number] | null => {
      const t = unnumbered(name);
      if (/出国|出境/.test(t)) return 'abroad';
      if (/接待/.test(t) && !/[国外]内?接待(人|批)|批次|人次/.test(t)) return 'reception';
      if (/购置(及|和|与)/.test(t)) return 'vehicles';
      if (/购置/.test(t)) return 'vehicle-purchase';
      if (/运行|维护/.test(t)) return 'vehicle-running';
      if (/用车/.test(t)) return 'vehicles';
      if (/会议/.test(t)) return 'meeting';
      if (/培训/.test(t)) return 'training';
      if (/合计|总计|三公/.test(t)) return 'total';
      return null;
    };
    table.columns.forEach((c, i) => {
      if (isWordRole(c.role) || c.role === 'growth' || c.role === 'change') return;
      const entry: ThreePublicEntry = {
        year: c.year ?? (c.role === 'prior' && table.year ? table.year - 1 : table.year),
        basis: basisOf(c.path),
        unit: table.unit,
        unitCode: null,
        row: 0,
        figures: {},
      };
      table.rows.forEach((row) => {
        const key = row.name ? itemOf(row.name) : null;
        if (key && /批次|人数|辆|保有量|团组/.test(norm(row.name!))) return;
        if (key) entry.figures[key] ??= row.cells[i]!;
      });
      if (Object.keys(entry.figures).length) entries.push(entry);
    });
    return { table, entries };
  }
  // Blocks of columns: a role seen again begins the next block.
  const blocks: { start: number; columns: number[] }[] = [];
  let seen = new Set<string>();
  table.columns.forEach((c, i) => {
    if (!(keys as readonly string[]).includes(c.role)) return;
    if (blocks.length === 0 || seen.has(c.role)) {
      blocks.push({ start: i, columns: [] });
      seen = new Set();
    }
    seen.add(c.role);
    blocks.at(-1)!.columns.push(i);
  });
  table.rows.forEach((row, r) => {
    if (row.cells.every((c) => c.value === null) && table.rows.length > 1) return;
    for (const b of blocks) {
      const first = table.columns[b.start]!;
      const entry: ThreePublicEntry = {
        year: first.year ?? table.year,
        basis: basisOf(first.path) ?? basisOf([table.title]),
        unit: words(table, row, 'unit-name') ?? words(table, row, 'name') ?? table.unit,
        unitCode: words(table, row, 'unit-code') ?? row.code,
        row: r,
        figures: {},
      };
      for (const i of b.columns) entry.figures[table.columns[i]!.role as (typeof keys)[number]] = row.cells[i]!;
      entries.push(entry);
    }
  });
  return { table, entries };
}

function procurementRows(table: Table): ProcurementRow[] {
  return table.rows.map((row, i) => {
    const name = words(table, row, 'project-name') ?? words(table, row, 'name') ?? row.name;
    return {
      code: row.code,
      name,
      unit: words(table, row, 'unit-name'),
      unitCode: words(table, row, 'unit-code'),
      total: total.test(norm(name ?? '')) || total.test(norm(row.cells[0]?.text ?? '')),
      row: i,
      figures: figures(table, row),
    };
  });
}

function projectRows(table: Table): ProjectRow[] {
  return table.rows.map((row, i) => {
    const text = words(table, row, 'project-name') ?? words(table, row, 'name') ?? row.name ?? '';
    const p = splitProject(text);
    return {
      code: p.code ?? row.code,
      name: p.name || null,
      unit: words(table, row, 'unit-name'),
      total: total.test(norm(text)) || row.cells.some((c) => total.test(norm(c.text))),
      row: i,
      figures: figures(table, row),
    };
  });
}

/** Fills the typed views of a disclosure from its tables. */
export function addViews(d: Disclosure): void {
  for (const table of d.tables) {
    if (isBalanceKind(table.kind)) d.balances.push(balanceOf(table));
    else if (['functional-expenditure', 'expenditure', 'income', 'government-fund', 'state-capital'].includes(table.kind))
      d.functional.push({ table, rows: functionalRows(table) });
    else if (/economic$/.test(table.kind))
      d.economic.push({
        table,
        set: /government/.test(table.kind) ? 'government' : 'department',
        scope: table.kind.startsWith('basic') ? 'basic' : 'project',
        rows: functionalRows(table),
      });
    else if (table.kind === 'three-public') d.threePublic.push(threePublicOf(table));
    else if (table.kind === 'procurement') d.procurement.push({ table, rows: procurementRows(table) });
    else if (table.kind === 'project-list') d.projects.push({ table, rows: projectRows(table) });
  }
}
