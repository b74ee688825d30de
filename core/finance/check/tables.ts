// Facts and sums of functional, economic and two-sided tables.
import type { BalanceItem, BalanceView, ColumnRole, EconomicView, FunctionalView, Table } from '../model.ts';
import { classCodeOf } from '../classification/functional.ts';
import type { Book, Fact } from './facts.ts';
import type { Scope } from './scope.ts';
import { type CodedRow, columnName, hierarchy, label, missingTotals, rowName, rowSum, sources } from './sums.ts';
import { isUnitRow, unitBlocks } from './units.ts';

const measures = ['total', 'basic', 'project', 'prior', 'personnel', 'public'] as const;
const split: ColumnRole[] = ['basic', 'project', 'superior-payment', 'operating-expenditure', 'subordinate-subsidy'];

const sideOf = (table: Table): string =>
  ({ income: 'income', 'functional-expenditure': 'general', 'government-fund': 'fund', 'state-capital': 'capital' } as Partial<Record<Table['kind'], string>>)[table.kind] ?? 'all';

export function functionalFacts(book: Book, view: FunctionalView, scope: Scope): void {
  const { table } = view;
  const side = sideOf(table);
  const present = new Set(table.columns.map((c) => c.role));
  const blocks = unitBlocks(table, view.rows);
  const rows: (CodedRow & { block: number; unit: boolean })[] = [];
  for (const r of view.rows) {
    if (table.rows[r.row]?.repeats !== undefined) continue;
    const total = r.level === 0 && !r.code;
    const unit = isUnitRow(table, r);
    const code = total ? '0' : unit ? `U:${r.row}` : (r.code ?? (r.name ? (classCodeOf(r.name) ?? `N:${r.name}`) : null));
    if (code === null) continue;
    const block = total ? 0 : (blocks?.get(r.row) ?? 0);
    const local = unit || block > 0;
    const facts = new Map<ColumnRole, Fact>();
    const lost = table.rows[r.row]!.cells.some((c) => c.notes?.includes('undecided'));
    const take = (role: ColumnRole, concept: string) => {
      const f = book.cell(local ? `${concept}@${table.id}/${block}` : concept, r.figures[role], table, label(table, r, role));
      if (f) facts.set(role, f);
      else if (role !== 'total' && !local && !lost && !(total && view.rows.some((x) => x.figures[role]?.value != null)))
        book.blank(concept, r.figures[role], table, label(table, r, role));
    };
    const carried = total && Number(r.figures['carry-over']?.value ?? 0) !== 0;
    for (const m of measures)
      if (present.has(m))
        take(m, side === 'income' ? (carried && m === 'total' ? scope.total('all', 'income', 'grand') : scope.income(code, m)) : scope.expenditure(side, code, m));
    if (!facts.has('total')) {
      const role = (['actual', 'amount', 'adjusted', 'budget'] as const).find((x) => r.figures[x]?.value !== undefined && r.figures[x]?.value !== null);
      const f =
        role &&
        book.cell(
          `${side === 'income' ? scope.income(code, 'total') : scope.expenditure(side, code, 'total')}${local ? `@${table.id}/${block}` : ''}`,
          r.figures[role],
          table,
          label(table, r, role),
        );
      if (f) facts.set('total', f);
    }
    for (const s of sources) if (present.has(s)) take(s, side === 'income' ? scope.source(code, s) : `${side}:${table.id}:${code}:${s}`);
    for (const s of ['superior-payment', 'operating-expenditure', 'subordinate-subsidy', 'opening', 'closing'] as const)
      if (present.has(s)) take(s, `${side}:${table.id}:${code}:${s}`);
    if (present.has('change')) take('change', `${side}:${table.id}:${code}:change`);
    if (present.has('income')) take('income', side === 'income' && total ? scope.total('all', 'income', '0') : `${side}:${table.id}:${code}:income`);
    rows.push({ code: total || unit ? null : r.code, name: r.name, level: r.level, row: r.row, facts, block, unit });
  }
  sumsOf(book, table, rows, blocks !== null);
  acrossRows(book, table, side, rows, scope);
}

/** Hierarchies of one unit, or of every unit and the units against the whole. */
function sumsOf(book: Book, table: Table, rows: (CodedRow & { block: number; unit: boolean })[], several: boolean): void {
  const columns = [...new Set(rows.flatMap((r) => [...r.facts.keys()]))];
  const units = rows.filter((r) => r.unit);
  const total = rows.find((r) => r.level === 0 && !r.code);
  const codeAt = table.columns.findIndex((c) => c.role === 'unit-code');
  const unitCode = (r: CodedRow) => (codeAt >= 0 ? table.rows[r.row]!.cells[codeAt]!.text.replace(/\s/g, '') : '');
  if (units.length > 0 && units.every((u) => /^\d{3,12}$/.test(unitCode(u))))
    hierarchy(book, table, [...(total ? [total] : []), ...units.map((u) => ({ ...u, code: unitCode(u) }))], columns);
  else if (total && units.length > 0)
    for (const c of columns) {
      const whole = total.facts.get(c);
      const parts = units.map((u) => u.facts.get(c) ?? null);
      // A department above its units repeats their sum: either the first row alone or all of them.
      const nested = whole && units.length > 1 && parts[0]?.fen === whole.fen;
      if (whole && parts.some((p) => p)) book.sum('hierarchy-sum', whole, nested ? [parts[0]!] : parts);
    }
  if (!several) {
    hierarchy(
      book,
      table,
      rows.filter((r) => !r.unit),
      columns,
    );
    return;
  }
  for (const k of new Set(rows.map((r) => r.block))) {
    if (k === 0) continue;
    const own = rows.filter((r) => r.block === k);
    const head = own.find((r) => r.unit);
    hierarchy(book, table, [...(head ? [{ ...head, level: 0 }] : []), ...own.filter((r) => !r.unit)], columns);
  }
  if (units.length === 0 && total) {
    // Units only in a column: the whole is the sum of the deepest rows of all of them.
    const leaves = rows.filter((r) => r.code && !rows.some((o) => o.block === r.block && o.code && o.code !== r.code && o.code.startsWith(r.code!)));
    for (const c of columns) {
      const whole = total.facts.get(c);
      const parts = leaves.map((r) => r.facts.get(c) ?? null);
      if (whole && parts.some((p) => p)) book.sum('hierarchy-sum', whole, parts);
    }
  }
}

/** Every row across: funds, basic and project expenditure, opening + income − expenditure = closing. */
function acrossRows(book: Book, table: Table, side: string, rows: (CodedRow & { unit: boolean; block: number })[], scope: Scope): void {
  const present = new Set(table.columns.map((c) => c.role));
  // 财政拨款收入 of final accounts: all appropriations in one column.
  const granted = side === 'income' ? table.columns.findIndex((c) => c.role === 'appropriation') : -1;
  const carries: ColumnRole[] = ['carry-general', 'carry-fund', 'carry-capital'];
  for (const r of rows) {
    if (side === 'income') {
      const parts = sources.filter((s) => present.has(s) && (!present.has('carry-over') || !carries.includes(s)));
      if (parts.length === 0 && granted < 0) continue;
      const cell = granted >= 0 ? table.rows[r.row]!.cells[granted] : undefined;
      const concept = r.code ? `IC:${r.code}:appropriation` : r.unit || r.level !== 0 ? `IU:${r.row}:appropriation` : scope.total('appr', 'income', '0');
      const fact = cell
        ? (book.cell(
            r.block > 0 ? `${concept}@${table.id}/${r.block}` : concept,
            cell,
            table,
            `${table.id}“${rowName(r)}”${table.columns[granted]!.path.at(-1)!.replace(/\s/g, '')}`,
          ) ?? undefined)
        : undefined;
      const income = r.facts.get('income');
      if (income) {
        const own = parts.filter((p) => p !== 'carry-over' && !carries.includes(p));
        book.sum('row-sum', income, [...own.map((p) => r.facts.get(p) ?? null), fact ?? null]);
        const whole = r.facts.get('total');
        if (whole) book.sum('row-sum', whole, [income, ...parts.filter((p) => !own.includes(p)).map((p) => r.facts.get(p) ?? null)]);
      } else rowSum(book, table, r, parts, 'row-sum', [fact]);
      const carry = r.facts.get('carry-over');
      if (carry && carries.some((c) => present.has(c)))
        book.sum(
          'row-sum',
          carry,
          carries.map((c) => r.facts.get(c) ?? null),
        );
    } else if (present.has('basic') && present.has('project')) rowSum(book, table, r, split);
    if (side !== 'income' && present.has('basic') && present.has('personnel') && present.has('public')) {
      const basic = r.facts.get('basic');
      const parts = [r.facts.get('personnel') ?? null, r.facts.get('public') ?? null];
      if (basic && parts.some((p) => p)) book.sum('row-sum', basic, parts);
    }
    const [whole, prior, change] = [r.facts.get('total'), r.facts.get('prior'), r.facts.get('change')];
    if (whole && change && prior) book.sum('row-sum', whole, [prior, change]);
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

/** 人员经费合计 and 公用经费合计 below a table: sums of their classes, together the basic expenditure. */
function closingSums(book: Book, rows: CodedRow[], closing: { f: Fact; measure: 'personnel' | 'public' }[], scope: Scope, prefix: 'B' | 'P' | 'BG' | 'PG'): void {
  if (closing.length === 0) return;
  for (const { f, measure } of closing) {
    const classes = rows.filter((r) => r.code?.length === 3 && /^(301|303|501|509)$/.test(r.code) === (measure === 'personnel'));
    const parts = classes.map((r) => r.facts.get('total') ?? null);
    if (parts.some((p) => p)) book.sum('hierarchy-sum', f, parts);
  }
  const whole = book.main(scope.economic(prefix, '0', 'total'));
  if (whole && new Set(closing.map((c) => c.measure)).size === 2)
    book.sum(
      'cross-table',
      whole,
      closing.map((c) => c.f),
    );
}

const economicPrefix = { 'department/basic': 'B', 'department/project': 'P', 'government/basic': 'BG', 'government/project': 'PG' } as const;
export function economicFacts(book: Book, view: EconomicView, scope: Scope): void {
  const { table } = view;
  const prefix = economicPrefix[`${view.set}/${view.scope}`];
  const present = new Set(table.columns.map((c) => c.role));
  const rows: CodedRow[] = [];
  const blocks = unitBlocks(table, view.rows);
  const closing: { f: Fact; measure: 'personnel' | 'public' }[] = [];
  for (const r of view.rows) {
    if (table.rows[r.row]?.repeats !== undefined) continue;
    const total = r.level === 0 && !r.code;
    const kind = /^(人员|公用|日常公用)(经费|支出)(合计|总计|小计)$/.exec((r.name ?? '').replace(/\s/g, ''));
    if (kind && !r.code) {
      const measure = kind[1] === '人员' ? 'personnel' : 'public';
      const f = book.cell(scope.economic(prefix, '0', measure), r.figures.total ?? r.figures.actual ?? r.figures.amount, table, label(table, r, 'total'));
      if (f) closing.push({ f, measure });
      continue;
    }
    const code = total ? '0' : r.code;
    if (code === null) continue;
    const block = blocks?.get(r.row) ?? 0;
    const facts = new Map<ColumnRole, Fact>();
    const first = (['total', 'basic', 'project', 'actual', 'budget', 'adjusted', 'amount'] as const).find((x) => present.has(x) && r.figures[x] !== undefined);
    const put = (as: ColumnRole, from: ColumnRole, concept: string) => {
      const f = book.cell(block > 0 && !total ? `${concept}@${table.id}/${block}` : concept, r.figures[from], table, label(table, r, from));
      if (f) facts.set(as, f);
    };
    if (first) put('total', first, scope.economic(prefix, code, 'total'));
    for (const m of ['personnel', 'public'] as const) if (present.has(m)) put(m, m, scope.economic(prefix, code, m));
    if (present.has('prior')) put('prior', 'prior', scope.economic(prefix, code, 'prior'));
    rows.push({ code: total ? null : r.code, name: r.name, level: r.level, row: r.row, facts });
  }
  if (blocks === null) hierarchy(book, table, rows, ['total', 'personnel', 'public', 'prior']);
  closingSums(book, rows, closing, scope, prefix);
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
