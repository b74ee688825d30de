// Columns of tables: header rows to paths, paths to roles; two-sided tables, tables without a head, code columns without a heading.
import type { Column, ColumnRole, TableKind } from '../model.ts';
import type { Segment } from './segment.ts';
import type { Line } from './stream.ts';
import { norm, tidy } from './text.ts';
import { isBalanceKind, roleOfColumn, sourceOf } from './vocabulary.ts';

const codeText = /^(\d{3}|\d{5}|\d{7}|[A-Z]\d{0,8})$/;

/** Header paths: a blank heading with something below it and nothing above takes the group heading on its left. */
export function headerPaths(rows: string[][], width: number): string[][] {
  const at = (r: number, c: number) => rows[r]?.[c] ?? '';
  const below = (r: number, c: number) => rows.slice(r + 1).some((row) => (row[c] ?? '') !== '');
  const above = (r: number, c: number) => rows.slice(0, r).some((row) => (row[c] ?? '') !== '');
  return Array.from({ length: width }, (_, c) => {
    const path: string[] = [];
    for (let r = 0; r < rows.length; r += 1) {
      let text = at(r, c);
      if (text === '' && below(r, c) && !above(r, c)) {
        let k = c - 1;
        while (k >= 0 && at(r, k) === '') k -= 1;
        if (k >= 0 && below(r, k)) text = at(r, k);
      }
      if (text !== '') path.push(tidy(text));
    }
    return path;
  });
}

const nameLeaf = /^(项目|科目|支出科目|收入科目|科目名称|收入项目|支出项目|收入|支出|项目\(.*\)|支出功能分类.*|功能分类.*|支出项目类别|项目类别|按.*分类.*)$/;

/** Columns of a two-sided table: the second column of names begins the expenditure side. */
function balanceColumns(paths: string[][]): Column[] {
  const leaf = paths.map((p) => norm(p.at(-1) ?? ''));
  const names = leaf.flatMap((t, i) => (nameLeaf.test(t) ? [i] : []));
  const second = names[1] ?? -1;
  const years = paths.map(yearOf).filter((y): y is number => y !== null);
  const newest = years.length > 0 ? Math.max(...years) : null;
  return paths.map((path, i) => {
    const t = leaf[i]!;
    const year = yearOf(path);
    const side = second >= 0 && i >= second ? 'expenditure' : 'income';
    let role: ColumnRole = 'text';
    if (i === names[0]) role = 'income-name';
    else if (i === second) role = 'expenditure-name';
    else if (/^(行次|序号)$/.test(t)) role = side === 'income' ? 'income-line' : 'expenditure-line';
    else if (t !== '' && !names.includes(i)) {
      const source = side === 'expenditure' ? sourceOf(t) : null;
      if (/上年|去年/.test(t) && !/结转|结余/.test(t)) role = 'prior';
      else if (year !== null && newest !== null && year < newest) role = 'prior';
      else if (/年初预算/.test(t) && paths.some((p) => /决算/.test(p.at(-1) ?? ''))) role = 'budget';
      else if (/(全年|调整)预算/.test(t)) role = 'adjusted';
      else if (source === 'general') role = 'expenditure-general';
      else if (source === 'fund') role = 'expenditure-fund';
      else if (source === 'capital') role = 'expenditure-capital';
      else if (/预算数|决算数|金额|合计|小计|总计|数额|预算|执行数/.test(t)) {
        role = side === 'income' ? 'income-amount' : 'expenditure-amount';
      }
    }
    return { path, role, year };
  });
}

const yearOf = (path: string[]): number | null => {
  for (let i = path.length - 1; i >= 0; i -= 1) {
    const m = /(20[0-4]\d)年?/.exec(norm(path[i]!));
    if (m) return Number(m[1]);
  }
  return null;
};

const carryRoles: Partial<Record<ColumnRole, ColumnRole>> = { general: 'carry-general', fund: 'carry-fund', capital: 'carry-capital' };
/** 本年收入 | 上年结转 with their own parts: this year's subtotal, the carry-over, and which money was carried over. */
function carriedColumns(columns: Column[], kind: TableKind): void {
  if (kind !== 'income' && kind !== 'project-list' && kind !== 'expenditure') return;
  const totals = columns.filter((c) => c.role === 'total');
  for (const c of columns) {
    const path = c.path.map(norm);
    const leaf = path.at(-1) ?? '';
    const group = path.slice(0, -1).join('/');
    if (path.length > 1 && /结转|结余/.test(group)) {
      if (/^(小计|合计)$/.test(leaf)) c.role = 'carry-over';
      else c.role = carryRoles[sourceOf(leaf) ?? 'other'] ?? 'amount';
    } else if (kind === 'income' && totals.length > 1 && c !== totals[0] && (/^本年收入(合计|小计)?$/.test(leaf) || (/本年收入/.test(group) && /^(小计|合计)$/.test(leaf))))
      c.role = 'income';
  }
}

/** 类 款 项 columns without headings of their own: two digits each beside the code. */
export function codeParts(columns: Column[], lines: Line[]): void {
  for (let i = 1; i < columns.length; i += 1) {
    const c = columns[i]!;
    if (c.role !== 'text' || columns[i - 1]!.role !== 'code' || c.path.some((t) => /名称|金额|数/.test(t))) continue;
    const texts = lines.map((l) => norm(l.cells[i] ?? '')).filter((t) => t !== '');
    const blank = texts.length === 0 && columns.slice(i + 1).some((x) => x.role === 'name');
    if (blank || (texts.length > 0 && texts.every((t) => /^\d{2}$/.test(t)))) c.role = 'code';
  }
}

/** Roles for every heading; the same role twice is told apart by year (prior) or becomes 'amount'. */
export function columnsOf(paths: string[][], kind: TableKind, year: number | null): Column[] {
  if (isBalanceKind(kind) && paths.filter((p) => nameLeaf.test(norm(p.at(-1) ?? ''))).length >= 2) return balanceColumns(paths);
  const columns = paths.map((path) => ({ path, role: roleOfColumn(path, kind), year: yearOf(path) }));
  const years = columns.map((c) => c.year).filter((y): y is number => y !== null);
  const newest = year ?? (years.length ? Math.max(...years) : null);
  for (const c of columns) {
    const t = norm(c.path.join(''));
    if (kind === 'three-public') continue;
    if (
      ['total', 'budget', 'actual', 'amount', 'text'].includes(c.role) &&
      newest !== null &&
      ((c.year !== null && c.year < newest) || (c.year === null && /上年|去年/.test(t) && !/结转|结余/.test(t))) &&
      !/比|较|增/.test(t)
    )
      c.role = 'prior';
  }
  if (kind !== 'three-public' && !columns.some((c) => c.role === 'total')) {
    const plain = columns.filter((c) => ['budget', 'actual', 'amount', 'adjusted'].includes(c.role) && (c.year === null || c.year === newest));
    const main = plain.find((c) => c.role === 'actual') ?? plain.findLast((c) => c.role === 'budget') ?? plain[0];
    if (main) main.role = 'total';
  }
  carriedColumns(columns, kind);
  // Two names: the first is the classification, unless one is a unit's.
  let named = false;
  for (const c of columns)
    if (c.role === 'name') {
      if (named) c.role = 'text';
      named = true;
    }
  return columns;
}

/** Columns of a body without a head (orphaned pages): by shape only. */
export function guessColumns(lines: Line[], segment: Segment, remarks: string[]): Column[] {
  const width = Math.max(0, ...lines.map((l) => l.cells.length));
  const codes = lines.filter((l) => codeText.test(norm(l.cells[0] ?? ''))).map((l) => norm(l.cells[0]!));
  const roles: ColumnRole[] = new Array<ColumnRole>(width).fill('text');
  if (codes.length > lines.length / 2) {
    roles[0] = 'code';
    roles[1] = 'name';
    const functional = codes.some((c) => /^2\d{2}/.test(c));
    const incomeRoles: ColumnRole[] = ['total', 'general', 'fund', 'capital', 'special-account', 'business', 'superior', 'subordinate', 'operating', 'other'];
    if (functional && width >= 10) {
      incomeRoles.forEach((r, i) => (i + 2 < width ? (roles[i + 2] = r) : undefined));
      if (segment.kind === 'other') segment.kind = 'income';
    } else if (functional && width === 5) {
      roles.splice(2, 3, 'total', 'basic', 'project');
      if (segment.kind === 'other') segment.kind = 'expenditure';
    } else if (functional && width === 6) {
      roles.splice(2, 4, 'prior', 'total', 'basic', 'project');
      if (segment.kind === 'other') segment.kind = 'functional-expenditure';
    } else if (!functional && width === 5) {
      roles.splice(2, 3, 'total', 'personnel', 'public');
      if (segment.kind === 'other') segment.kind = 'basic-by-economic';
    } else for (let i = 2; i < width; i += 1) roles[i] = i === 2 ? 'total' : 'amount';
    remarks.push('没有表头，各列按形状推定');
  }
  return roles.map((role) => ({ path: [], role, year: null }));
}
