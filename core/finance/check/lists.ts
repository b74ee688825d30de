// Facts of 三公 tables, procurement tables and project lists.
import type { ColumnRole, Disclosure, ThreePublicView } from '../model.ts';
import type { Book, Fact } from './facts.ts';
import type { Scope } from './scope.ts';
import { columnName, missingTotals, shifted, sources } from './sums.ts';

const publicParts = ['abroad', 'vehicles', 'reception'] as const;
export function threePublicFacts(book: Book, view: ThreePublicView, disclosure: Disclosure): void {
  const { table } = view;
  const year = disclosure.year ?? table.year;
  const rowsOf = new Map<string, number>();
  for (const e of view.entries) rowsOf.set(`${e.year}/${e.basis}`, (rowsOf.get(`${e.year}/${e.basis}`) ?? 0) + 1);
  for (const e of view.entries) {
    const when = e.year === null || e.year === year ? 'now' : e.year === (year ?? 0) - 1 ? 'prior' : String(e.year);
    const whole =
      e.unit === null ||
      /合计|总计/.test(e.unit) ||
      rowsOf.get(`${e.year}/${e.basis}`) === 1 ||
      (disclosure.unit !== null && disclosure.unit.includes(e.unit.replace(/^区|^县|^市/, '')));
    const basis = disclosure.kind === 'final-account' && e.basis === 'budget' ? ':budget' : '';
    const key = (k: string) => (whole ? `T:${when}${basis}:${k}` : `T:${when}${basis}:${e.unit}:${k}`);
    const f = new Map<string, Fact>();
    // The total filled in under 小计: the total is blank, and what stands under 小计 is the sum of all items.
    const number = (k: keyof typeof e.figures) => Number(e.figures[k]?.value ?? 0);
    const cents = (n: number) => Math.round(n * 1e6);
    if (
      e.figures.total &&
      e.figures.total.text.trim() === '' &&
      e.figures.vehicles?.value &&
      number('vehicle-purchase') + number('vehicle-running') === 0 &&
      cents(number('vehicles')) === cents(number('abroad') + number('reception'))
    ) {
      shifted(book).push({ table, row: e.row, column: 'vehicles', sum: 0, parts: [] });
      book.cell(key('total'), e.figures.vehicles, table, `${table.id}“${partNames.vehicles}”`);
      for (const k of ['abroad', 'reception'] as const) book.cell(key(k), e.figures[k], table, `${table.id}“${partNames[k]}”`);
      continue;
    }
    // Where blanks were lost a blank cell says nothing.
    const lost = table.rows[e.row]?.cells.some((c) => c.notes?.includes('undecided')) ?? false;
    for (const [k, cell] of Object.entries(e.figures)) {
      const fact = book.cell(key(k), cell, table, `${table.id}${when === 'prior' ? '上年' : ''}“${partNames[k] ?? k}”`);
      if (fact) f.set(k, fact);
      else if (!lost && !((k === 'total' || k === 'vehicles') && Object.entries(e.figures).some(([o, c]) => o !== k && c.value !== null)))
        book.blank(key(k), cell, table, `${table.id}${when === 'prior' ? '上年' : ''}“${partNames[k] ?? k}”`);
    }
    const total = f.get('total');
    const vehicles = f.get('vehicles');
    const parts = publicParts.map((p) => (p === 'vehicles' && !vehicles ? null : (f.get(p) ?? null)));
    if (!vehicles) parts.push(f.get('vehicle-purchase') ?? null, f.get('vehicle-running') ?? null);
    const extra = [f.get('meeting') ?? null, f.get('training') ?? null];
    if (total && Object.keys(e.figures).length > 1) {
      const sum = (list: (Fact | null)[]) => list.reduce((s, x) => s + (x?.fen ?? 0), 0);
      const withExtra = sum(parts) !== total.fen && sum([...parts, ...extra]) === total.fen;
      book.sum('row-sum', total, withExtra ? [...parts, ...extra] : parts);
    } else if (!total && parts.some((p) => p) && e.figures.total)
      missingTotals(book).push({ table, row: e.row, column: 'total', sum: parts.reduce((s, x) => s + (x?.fen ?? 0), 0), parts: parts.filter((p) => p !== null) });
    if (e.figures.vehicles && e.figures['vehicle-running']) {
      const pieces = [f.get('vehicle-purchase') ?? null, f.get('vehicle-running') ?? null];
      if (vehicles) book.sum('row-sum', vehicles, pieces);
      else if (pieces.some((p) => p))
        missingTotals(book).push({ table, row: e.row, column: 'vehicles', sum: pieces.reduce((s, x) => s + (x?.fen ?? 0), 0), parts: pieces.filter((p) => p !== null) });
    }
  }
}
export const partNames: Record<string, string> = {
  total: '“三公”经费合计',
  abroad: '因公出国（境）费',
  vehicles: '公务用车购置及运行费小计',
  'vehicle-purchase': '公务用车购置费',
  'vehicle-running': '公务用车运行费',
  reception: '公务接待费',
  meeting: '会议费',
  training: '培训费',
};
for (const k of Object.keys(partNames)) partNames[k] = partNames[k]!.replace(/^“三公”经费合计$/, '三公经费合计');

export function procurementFacts(book: Book, d: Disclosure): void {
  const single = d.procurement.length === 1;
  for (const view of d.procurement) {
    const { table } = view;
    const present = new Set(table.columns.map((c) => c.role));
    const kinds = (['goods', 'works', 'services'] as const).filter((k) => present.has(k));
    const rows = view.rows.map((r) => {
      const facts = new Map<ColumnRole, Fact>();
      const name = (r.name ?? '').replace(/\s/g, '');
      const item = r.total
        ? 'total'
        : /^[A-C]?(政府采购)?货物(类)?(支出|预算)?$/.test(name)
          ? 'goods'
          : /^[A-C]?(政府采购)?工程(类)?(支出|预算)?$/.test(name)
            ? 'works'
            : /^[A-C]?(政府采购)?服务(类)?(支出|预算)?$/.test(name)
              ? 'services'
              : null;
      for (const role of ['total', ...kinds, ...sources] as ColumnRole[]) {
        if (!present.has(role)) continue;
        const concept =
          single && item && role === 'total' ? `PR:${item}` : single && r.total && (kinds as string[]).includes(role) ? `PR:${role}` : `PR:${table.id}:${r.row}:${role}`;
        const f = book.cell(concept, r.figures[role], table, `${table.id}“${name || '第' + (r.row + 1) + '行'}”${role === 'total' ? '' : columnName(table, role)}`);
        if (f) facts.set(role, f);
      }
      return { ...r, item, facts };
    });
    const total = rows.find((r) => r.total);
    const byKind = rows.filter((r) => r.item && r.item !== 'total');
    const others = rows.filter((r) => !r.item && table.rows[r.row]?.repeats === undefined);
    const addends = byKind.length > 0 ? byKind : others;
    const columns = new Set(rows.flatMap((r) => [...r.facts.keys()]));
    for (const column of columns) {
      const t = total?.facts.get(column);
      const parts = addends.map((r) => r.facts.get(column)).filter((f) => f !== undefined);
      if (t && parts.length > 0) book.sum('list-sum', t, parts);
      else if (!total && parts.length > 0 && single && byKind.length === 0) sums.get(book)?.set(column, parts);
    }
    for (const r of rows) {
      const t = r.facts.get('total');
      if (!t) continue;
      const list = kinds.length > 0 ? kinds : sources.filter((s) => present.has(s));
      const parts = list.map((k) => r.facts.get(k as ColumnRole)).filter((f) => f !== undefined);
      if (parts.length > 0) book.sum('row-sum', t, parts);
    }
  }
}
/** Columns of a procurement table that has no total row: the narrative must give their sum. */
const sums = new WeakMap<Book, Map<ColumnRole, Fact[]>>();
export const procurementSums = (book: Book): Map<ColumnRole, Fact[]> => {
  const m = sums.get(book) ?? new Map<ColumnRole, Fact[]>();
  sums.set(book, m);
  return m;
};

export function projectFacts(book: Book, d: Disclosure, scope: Scope): void {
  for (const view of d.projects) {
    const { table } = view;
    const present = new Set(table.columns.map((c) => c.role));
    const column = (['total', 'project', 'actual', 'amount', 'budget', 'general'] as const).find((c) => present.has(c));
    if (!column) continue;
    const rows = view.rows.filter((r) => table.rows[r.row]?.repeats === undefined);
    const pick = (r: (typeof rows)[number], role: ColumnRole, concept: string) => {
      const cell = r.figures[role] ?? (role === 'amount' ? table.rows[r.row]?.cells[table.columns.findIndex((c) => c.role === 'amount')] : undefined);
      return book.cell(concept, cell, table, `${table.id}“${(r.name ?? '').replace(/\s/g, '')}”${columnName(table, role)}`);
    };
    const totalRow = rows.find((r) => r.total);
    const total = totalRow ? pick(totalRow, column, `LIST:${table.id}:0`) : null;
    const parts = rows.filter((r) => !r.total && r.name).map((r) => ({ r, f: pick(r, column, `LIST:${table.id}:${r.row}`) }));
    const facts = parts.map((p) => p.f).filter((f) => f !== null);
    // Lists with subtotals per unit are left alone: without a code it cannot be told which rows are subtotals.
    const subtotals = rows.some((r) => r !== totalRow && r.total);
    if (total && facts.length > 0 && !subtotals) book.sum('list-sum', total, facts);
    // Every further money column of the list, and each row across.
    const money = (['total', ...sources, 'basic', 'project'] as ColumnRole[]).filter((c) => present.has(c) && c !== column);
    const across = money.filter((c) => sources.includes(c) && !(c.startsWith('carry-') && c !== 'carry-over' && present.has('carry-over')));
    const further = new Map<ColumnRole, { total: Fact | null; parts: Fact[] }>();
    for (const r of rows) {
      const cells: Fact[] = [];
      for (const c of money) {
        const f = pick(r, c, `LIST:${table.id}:${r.row}:${c}`);
        if (!f) continue;
        const entry = further.get(c) ?? { total: null, parts: [] };
        further.set(c, entry);
        if (r === totalRow) entry.total = f;
        else entry.parts.push(f);
        if (across.includes(c)) cells.push(f);
      }
      const own = r === totalRow ? total : parts.find((p) => p.r === r)?.f;
      const unknown = table.columns.some((c, i) => c.role === 'text' && table.rows[r.row]!.cells[i]?.value != null && /[1-9]/.test(table.rows[r.row]!.cells[i]!.value!));
      if (own && cells.length > 0 && column === 'total') book.sum('row-sum', own, cells, unknown ? { soft: '表中有未能识别的数字列' } : {});
    }
    if (!subtotals) for (const { total: t, parts: list } of further.values()) if (t && list.length > 0) book.sum('list-sum', t, list);
    if (totalRow && !total && facts.length > 0 && !subtotals && table.columns.some((c) => c.role === column))
      missingTotals(book).push({ table, row: totalRow.row, column, sum: facts.reduce((s, f) => s + f.fen, 0), parts: facts });
    // Without the expenditure of all money the general budget is no measure where other money comes in.
    const whole = book.main(scope.expenditure('all', '0', 'project')) ?? (scope.single ? book.main(scope.expenditure('general', '0', 'project')) : null);
    if (whole && !subtotals) {
      if (total) book.equal('project-budget', total, whole);
      else if (facts.length > 0) book.sum('project-budget', whole, facts);
    }
  }
}
