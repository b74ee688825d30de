// Facts and sums inside each table: hierarchies, rows, two-sided balances, 三公, procurement, project lists.
import type { BalanceItem, BalanceView, ColumnRole, Disclosure, EconomicView, FunctionalView, Table, ThreePublicView } from '../model.ts';
import type { RuleKind } from '../pack.ts';
import { classCodeOf } from '../classification/functional.ts';
import type { Book, Fact } from './facts.ts';
import type { Scope } from './scope.ts';

const measures = ['total', 'basic', 'project', 'prior', 'personnel', 'public'] as const;
const sources: ColumnRole[] = ['general', 'fund', 'capital', 'special-account', 'business', 'superior', 'subordinate', 'operating', 'other', 'carry-over'];
const split: ColumnRole[] = ['basic', 'project', 'superior-payment', 'operating-expenditure', 'subordinate-subsidy'];

const columnName = (table: Table, role: ColumnRole): string => {
  const c = table.columns.find((x) => x.role === role);
  return c?.path.at(-1)?.replace(/\s/g, '') || role;
};
export const rowName = (row: { code: string | null; name: string | null }): string => `${row.code ?? ''}${(row.name ?? '').replace(/\s/g, '')}`;
const label = (table: Table, row: { code: string | null; name: string | null }, role: ColumnRole): string => `${table.id}“${rowName(row)}”${columnName(table, role)}`;

/** Nearest listed ancestor of a code; null when it stands directly under the total. */
export function parentOf(code: string, listed: ReadonlyMap<string, unknown>): string | null {
  for (let n = code.length - 1; n >= 3; n -= 1) if (listed.has(code.slice(0, n))) return code.slice(0, n);
  return null;
}

interface CodedRow {
  code: string | null;
  name: string | null;
  level: number | null;
  row: number;
  facts: Map<ColumnRole, Fact>;
}

/** Parent = Σ children for every column; the total row = Σ of the top rows. */
function hierarchy(book: Book, table: Table, rows: CodedRow[], columns: ColumnRole[]): void {
  const byCode = new Map<string, CodedRow>();
  for (const r of rows) if (r.code && /^\d{3,9}$/.test(r.code) && !byCode.has(r.code)) byCode.set(r.code, r);
  const total = rows.find((r) => r.level === 0 || (!r.code && /^(合计|总计|支出合计|本年支出合计)$/.test((r.name ?? '').replace(/\s/g, ''))));
  const children = new Map<string, CodedRow[]>();
  for (const r of byCode.values()) {
    const p = parentOf(r.code!, byCode) ?? '';
    const list = children.get(p);
    if (list) list.push(r);
    else children.set(p, [r]);
  }
  // Rows that carry figures but no code: an addend of unknown place, used only where a sum needs it.
  const loose = rows.filter((r) => !r.code && r !== total && r.level !== 0 && r.facts.size > 0);
  const nodes: [CodedRow | undefined, CodedRow[]][] = [[total, children.get('') ?? []]];
  for (const [code, list] of children) if (code) nodes.push([byCode.get(code), list]);
  for (const [parent, kids] of nodes) {
    if (!parent || kids.length === 0) continue;
    for (const column of columns) {
      const parts = kids.map((k) => k.facts.get(column) ?? null).filter((f) => f !== null);
      const sum = parts.reduce((s, f) => s + f.fen, 0);
      const stated = parent.facts.get(column);
      const spare = loose.map((l) => l.facts.get(column)).filter((f) => f !== undefined);
      if (!stated) {
        if (sum !== 0 && !spare.some((f) => f.fen === sum)) missing.get(book)?.push({ table, row: parent.row, column, sum, parts });
        continue;
      }
      if (parts.length === 0 && column === 'prior') continue;
      if (stated.fen !== sum && spare.length > 0) {
        const extra = spare.find((f) => f.fen === stated.fen - sum);
        if (extra) {
          book.sum('hierarchy-sum', stated, [...parts, extra]);
          continue;
        }
      }
      book.sum('hierarchy-sum', stated, parts);
    }
  }
}

/** Totals left blank although their parts are published, found while building sums. */
export interface MissingTotal {
  table: Table;
  row: number;
  column: ColumnRole;
  sum: number;
  parts: Fact[];
}
const missing = new WeakMap<Book, MissingTotal[]>();
export const missingTotals = (book: Book): MissingTotal[] => {
  const list = missing.get(book) ?? [];
  missing.set(book, list);
  return list;
};

/** Rows of 三公 tables whose total stands under 小计. */
const shiftedRows = new WeakMap<Book, MissingTotal[]>();
export const shifted = (book: Book): MissingTotal[] => {
  const list = shiftedRows.get(book) ?? [];
  shiftedRows.set(book, list);
  return list;
};

function rowSum(
  book: Book,
  table: Table,
  row: CodedRow,
  parts: ColumnRole[],
  kind: RuleKind = 'row-sum',
  extra: (Fact | undefined)[] = [],
  known: ReadonlySet<number> = new Set(),
): void {
  const facts = [...parts.map((p) => row.facts.get(p)), ...extra].filter((f) => f !== undefined);
  const total = row.facts.get('total');
  if (!total) {
    if (facts.length > 0 && table.columns.some((c) => c.role === 'total'))
      missingTotals(book).push({ table, row: row.row, column: 'total', sum: facts.reduce((s, f) => s + f.fen, 0), parts: facts });
    return;
  }
  if (parts.length === 0) return;
  const cells = table.rows[row.row]!.cells;
  const unknown = table.columns.some((c, i) => c.role === 'text' && !known.has(i) && cells[i]?.value != null && /[1-9]/.test(cells[i]!.value!));
  book.sum(kind, total, facts, unknown ? { soft: '表中有未能识别的数字列' } : {});
}

export function functionalFacts(book: Book, view: FunctionalView, scope: Scope): void {
  const { table } = view;
  const side =
    table.kind === 'income'
      ? 'income'
      : table.kind === 'functional-expenditure'
        ? 'general'
        : table.kind === 'government-fund'
          ? 'fund'
          : table.kind === 'state-capital'
            ? 'capital'
            : 'all';
  const present = new Set(table.columns.map((c) => c.role));
  const rows: CodedRow[] = [];
  for (const r of view.rows) {
    if (table.rows[r.row]?.repeats !== undefined) continue;
    const total = r.level === 0 && !r.code;
    const code = total ? '0' : (r.code ?? (r.name ? (classCodeOf(r.name) ?? `N:${r.name}`) : null));
    if (code === null) continue;
    const facts = new Map<ColumnRole, Fact>();
    const take = (role: ColumnRole, concept: string) => {
      const f = book.cell(concept, r.figures[role], table, label(table, r, role));
      if (f) facts.set(role, f);
      else if (role !== 'total') book.blank(concept, r.figures[role], table, label(table, r, role));
    };
    for (const m of measures)
      if (present.has(m))
        take(
          m,
          side === 'income'
            ? total && m === 'total' && Number(r.figures['carry-over']?.value ?? 0) !== 0
              ? scope.total('all', 'income', 'grand')
              : scope.income(code, m)
            : scope.expenditure(side, code, m),
        );
    if (!facts.has('total')) {
      const role = (['actual', 'amount', 'adjusted', 'budget'] as const).find((x) => r.figures[x]?.value !== undefined && r.figures[x]?.value !== null);
      if (role) {
        const f = book.cell(side === 'income' ? scope.income(code, 'total') : scope.expenditure(side, code, 'total'), r.figures[role], table, label(table, r, role));
        if (f) facts.set('total', f);
      }
    }
    for (const s of sources) if (present.has(s)) take(s, side === 'income' ? scope.source(code, s) : `${side}:${table.id}:${code}:${s}`);
    for (const s of ['superior-payment', 'operating-expenditure', 'subordinate-subsidy', 'opening', 'income', 'closing'] as const)
      if (present.has(s)) take(s, `${side}:${table.id}:${code}:${s}`);
    rows.push({ code: total ? null : r.code, name: r.name, level: r.level, row: r.row, facts });
  }
  const columns = [...new Set(rows.flatMap((r) => [...r.facts.keys()]))];
  hierarchy(book, table, rows, columns);
  // 财政拨款收入 of final accounts: all appropriations in one column.
  const granted = side === 'income' ? table.columns.findIndex((c) => c.role === 'text' && /^财政(补助|拨款)(拨款)?(收入)?$/.test((c.path.at(-1) ?? '').replace(/\s/g, ''))) : -1;
  for (const r of rows) {
    if (side === 'income') {
      const parts = sources.filter((s) => present.has(s));
      if (parts.length > 0) {
        const cell = granted >= 0 ? table.rows[r.row]!.cells[granted] : undefined;
        const fact = cell
          ? (book.cell(
              r.code ? `IC:${r.code}:appropriation` : scope.total('appr', 'income', '0'),
              cell,
              table,
              `${table.id}“${rowName(r)}”${table.columns[granted]!.path.at(-1)!.replace(/\s/g, '')}`,
            ) ?? undefined)
          : undefined;
        rowSum(book, table, r, parts, 'row-sum', [fact], new Set([granted]));
      }
    } else if (present.has('basic') && present.has('project')) rowSum(book, table, r, split);
    const flow = { opening: r.facts.get('opening'), income: r.facts.get('income'), total: r.facts.get('total'), closing: r.facts.get('closing') };
    if (present.has('opening') && present.has('income') && present.has('closing') && flow.total) {
      const terms = [
        { fact: flow.total, coef: 1 },
        ...(flow.opening ? [{ fact: flow.opening, coef: -1 }] : []),
        ...(flow.income ? [{ fact: flow.income, coef: -1 }] : []),
        ...(flow.closing ? [{ fact: flow.closing, coef: 1 }] : []),
      ];
      book.equation('row-sum', terms);
    }
  }
}

const economicPrefix = { 'department/basic': 'B', 'department/project': 'P', 'government/basic': 'BG', 'government/project': 'PG' } as const;
export function economicFacts(book: Book, view: EconomicView, scope: Scope): void {
  const { table } = view;
  const prefix = economicPrefix[`${view.set}/${view.scope}`];
  const present = new Set(table.columns.map((c) => c.role));
  const rows: CodedRow[] = [];
  for (const r of view.rows) {
    if (table.rows[r.row]?.repeats !== undefined) continue;
    const total = r.level === 0 && !r.code;
    const code = total ? '0' : r.code;
    if (code === null) continue;
    const facts = new Map<ColumnRole, Fact>();
    const first = (['total', 'basic', 'project', 'actual', 'budget', 'adjusted', 'amount'] as const).find((x) => present.has(x) && r.figures[x] !== undefined);
    const put = (as: ColumnRole, from: ColumnRole, concept: string) => {
      const f = book.cell(concept, r.figures[from], table, label(table, r, from));
      if (f) facts.set(as, f);
    };
    if (first) put('total', first, scope.economic(prefix, code, 'total'));
    for (const m of ['personnel', 'public'] as const) if (present.has(m)) put(m, m, scope.economic(prefix, code, m));
    if (present.has('prior')) put('prior', 'prior', scope.economic(prefix, code, 'prior'));
    rows.push({ code: total ? null : r.code, name: r.name, level: r.level, row: r.row, facts });
  }
  hierarchy(book, table, rows, ['total', 'personnel', 'public', 'prior']);
  if (present.has('personnel') && present.has('public')) for (const r of rows) rowSum(book, table, r, ['personnel', 'public']);
}

type BalanceColumn = keyof BalanceItem['figures'];
const carryWords = /结转|结余|弥补|使用非财政拨款|专用基金|动用/;
export function balanceFacts(book: Book, view: BalanceView, scope: Scope): void {
  const { table } = view;
  const kind = table.kind === 'appropriation-summary' ? 'appr' : 'all';
  const last: { income?: Fact; expenditure?: Fact } = {};
  const columnsOf = (items: BalanceItem[]) => new Set(items.flatMap((i) => (Object.keys(i.figures) as BalanceColumn[]).filter((k) => i.figures[k]?.value != null)));
  for (const [side, items] of [
    ['income', view.income],
    ['expenditure', view.expenditure],
  ] as const) {
    const columns = columnsOf(items);
    const main: BalanceColumn = columns.has('actual') ? 'actual' : 'amount';
    const facts = items.map((item) => {
      const m = new Map<BalanceColumn, Fact>();
      const clean = item.name.replace(/\s/g, '').replace(/^[（(]?[一二三四五六七八九十\d]{1,3}[)）]?[、.．]?/, '');
      for (const column of columns) {
        const cell = item.figures[column];
        if (!cell) continue;
        let concept = `${table.id}:${side}:${item.name}:${item.row}:${column}`;
        const current = column === main;
        if (side === 'expenditure' && item.role === 'item') {
          const code = classCodeOf(clean);
          if (code && current) concept = scope.expenditure(kind, code, 'total');
          else if (code && (column === 'general' || column === 'fund' || column === 'capital')) concept = scope.expenditure(scope.column(column), code, 'total');
          else if (code && column === 'prior') concept = scope.expenditure(kind, code, 'prior');
        } else if (item.role === 'total' || item.role === 'group') {
          const grand = item.role === 'total' && items.some((x) => x.role === 'group');
          const which = grand ? 'grand' : '0';
          if (current) concept = side === 'income' ? scope.total(kind, 'income', which) : scope.total(kind, 'expenditure', which);
          else if (side === 'expenditure' && (column === 'general' || column === 'fund' || column === 'capital')) concept = scope.total(scope.column(column), 'expenditure', which);
          else if (column === 'prior') concept = `${scope.total(kind, side, which)}:prior`;
        } else if (side === 'income' && item.role === 'item' && item.source && current) concept = scope.incomeSource(kind, item.source, clean);
        const f = book.cell(
          concept,
          cell,
          table,
          `${table.id}“${item.name.replace(/\s/g, '')}”${column === main ? '' : columnName(table, column === 'amount' ? 'total' : column === 'general' ? 'expenditure-general' : column === 'fund' ? 'expenditure-fund' : column === 'capital' ? 'expenditure-capital' : column)}`,
        );
        if (f) m.set(column, f);
        if (f && current && item.role === 'total') last[side] = f;
      }
      return m;
    });
    const pick = (test: (i: BalanceItem) => boolean) => items.map((item, i) => ({ item, m: facts[i]! })).filter((x) => test(x.item));
    const groups = pick((i) => i.role === 'group');
    const totals = pick((i) => i.role === 'total');
    // Sub-items: 其中：… of another item is not an addend of the total.
    const plain = pick((i) => i.role === 'item' && !carryWords.test(i.name) && !/^其中/.test(i.name.replace(/\s/g, '')));
    const carryAll = pick((i) => i.role === 'carry' || (i.role === 'item' && carryWords.test(i.name)));
    const heads = carryAll.filter((x) => carryWords.test(x.item.name));
    const main0 = groups[0] ?? (totals.length > 0 ? totals[0] : undefined);
    for (const column of columns) {
      const value = (x: { m: Map<BalanceColumn, Fact> }) => x.m.get(column) ?? null;
      const carries = heads.map(value).filter((f) => f !== null);
      const loose = carryAll
        .filter((x) => !heads.includes(x))
        .map(value)
        .filter((f) => f !== null);
      const carried = carries.length > 0 ? carries : loose;
      if (groups.length > 0) {
        const g = value(groups[0]!);
        if (g && plain.some((x) => value(x))) book.sum('list-sum', g, plain.map(value));
        for (const t of totals) {
          const f = value(t);
          if (f && g) book.sum('list-sum', f, [g, ...carried]);
        }
      } else if (main0) {
        for (const t of totals) {
          const f = value(t);
          if (f && plain.some((x) => value(x))) book.sum('list-sum', f, [...plain.map(value), ...carried]);
        }
      }
    }
    if (side === 'expenditure' && table.columns.some((c) => c.role === 'expenditure-general')) {
      items.forEach((item, i) => {
        const m = facts[i]!;
        const parts = (['general', 'fund', 'capital'] as const).map((c) => m.get(c) ?? null);
        const total = m.get('amount');
        if (total) book.sum('row-sum', total, parts);
        else if (parts.some((p) => p))
          missingTotals(book).push({
            table,
            row: item.row,
            column: 'expenditure-amount',
            sum: parts.reduce((s, f) => s + (f?.fen ?? 0), 0),
            parts: parts.filter((p) => p !== null),
          });
      });
    }
  }
  // 收入总计 = 支出总计.
  const a = last.income;
  const b = last.expenditure;
  if (a && b) book.equal('income-expenditure', a, b);
}

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
    for (const [k, cell] of Object.entries(e.figures)) {
      const fact = book.cell(key(k), cell, table, `${table.id}${when === 'prior' ? '上年' : ''}“${partNames[k] ?? k}”`);
      if (fact) f.set(k, fact);
      else book.blank(key(k), cell, table, `${table.id}${when === 'prior' ? '上年' : ''}“${partNames[k] ?? k}”`);
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
    const across = money.filter((c) => sources.includes(c));
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
    const whole = book.main(scope.expenditure('all', '0', 'project')) ?? book.main(scope.expenditure('general', '0', 'project'));
    if (whole && !subtotals) {
      if (total) book.equal('project-budget', total, whole);
      else if (facts.length > 0) book.sum('project-budget', whole, facts);
    }
  }
}
