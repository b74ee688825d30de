// Reads the body of a table that came with cells: header rows, columns and their roles, rows, page breaks and shifted rows.
import type { Cell, Column, ColumnRole, Row, TableKind, Unread } from '../model.ts';
import { figureCell, wordCell } from './cells.ts';
import type { Segment } from './segment.ts';
import type { Line } from './stream.ts';
import { figure, glue, norm, tidy } from './text.ts';
import { isBalanceKind, isFunctionalClass, roleOfColumn, sourceOf, unnumbered } from './vocabulary.ts';

export interface Body {
  columns: Column[];
  rows: Row[];
  remarks: string[];
  unread: Unread[];
}

const headWord =
  /^(项目|科目|科目编码|科目代码|功能科目编码|科目名称|编码|代码|名称|单位名称|单位编码|部门编码|部门名称|收入|支出|预算数|决算数|金额|总计|合计|小计|基本支出|项目支出|人员经费|公用经费|日常公用经费|类|款|项|行次|栏次|序号|支出科目|功能分类科目|经济分类科目|项目编号|项目编码|项目名称|货物类|工程类|服务类|其他收入|20\d\d年(度)?(预算|决算)?数?(.{0,6})|.{0,8}(预算数|决算数|基本支出|项目支出|拨款支出|收入|费|经费|预算|科目|名称|编码|代码|资金|执行数))$/;
const totalWord = /^(合计|总计|小计|本年(收入|支出)(合计)?|收入(合计|总计)|支出(合计|总计)|总额)$/;
const codeText = /^(\d{3}|\d{5}|\d{7}|[A-Z]\d{0,8})$/;
const group = /^([一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十\d]{1,3}[)）])/;

/** True when the row belongs to the body: a figure, a code, 合计 alone, or a numbered line. */
function isBody(line: Line, headRows: number): boolean {
  const filled = line.cells.map(norm).filter((c) => c !== '');
  if (filled.length === 0) return false;
  const first = filled[0]!;
  if (/^(行次|栏次)$/.test(first)) return false;
  if (codeText.test(first) && filled.length > 1) return true;
  if (group.test(first)) return true;
  const figures = filled.filter((c) => figure(c).value !== null && !/^20[0-4]\d$/.test(c));
  if (figures.length > 0) {
    // 栏次 rows: 1 2 3 4 … under the header.
    const serial = figures.length >= 3 && figures.every((c, i) => c === figures[0] || Number(c) === Number(figures[0]) + i);
    if (serial && figures.length === filled.length && headRows > 0) return false;
    if (filled.some((c) => /^(行次|栏次)$/.test(c))) return false;
    return true;
  }
  if (headRows === 0) return false;
  if (filled.length === 1 && totalWord.test(first)) return true;
  const words = filled.filter((c) => headWord.test(c)).length;
  if (filled.some((c) => isFunctionalClass(c))) return true;
  if (words > 0) return false;
  // Pieces of wrapped headings under a heading stay head rows; anything after two such rows is body.
  return headRows >= 2 || !line.cells.some((c) => c !== '' && norm(c).length <= 8);
}

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
  let amounts = 0;
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
      if (/上年|20\d\d年.*预算数$/.test(t) && /上年/.test(t)) role = 'prior';
      else if (/年初预算/.test(t) && paths.some((p) => /决算/.test(p.at(-1) ?? ''))) role = 'budget';
      else if (/(全年|调整)预算/.test(t)) role = 'adjusted';
      else if (source === 'general') role = 'expenditure-general';
      else if (source === 'fund') role = 'expenditure-fund';
      else if (source === 'capital') role = 'expenditure-capital';
      else if (/预算数|决算数|金额|合计|小计|总计|数额|预算|执行数/.test(t)) {
        role = side === 'income' ? 'income-amount' : 'expenditure-amount';
        amounts += 1;
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
  // Two names: the first is the classification, unless one is a unit's.
  let named = false;
  for (const c of columns)
    if (c.role === 'name') {
      if (named) c.role = 'text';
      named = true;
    }
  return columns;
}

const sameRow = (a: string[], b: string[]) => a.length > 0 && a.length === b.length && a.every((t, i) => norm(t) === norm(b[i]!));
const wordRoles = new Set<ColumnRole>([
  'code',
  'name',
  'unit-code',
  'unit-name',
  'project-name',
  'line-number',
  'income-name',
  'expenditure-name',
  'income-line',
  'expenditure-line',
  'text',
]);
export const isWordRole = (role: ColumnRole): boolean => wordRoles.has(role);

/** Level by the length of a classification code: 3 → 类, 5 → 款, 7 → 项; 0 for the total; null otherwise. */
export function levelOf(code: string | null, name: string | null): number | null {
  if (code && /^\d{3}$/.test(code)) return 1;
  if (code && /^\d{5}$/.test(code)) return 2;
  if (code && /^\d{7}$/.test(code)) return 3;
  if (!code && name && /^(合计|总计|本年(支出|收入)合计|支出合计|收入合计|支出总计|收入总计)$/.test(norm(name))) return 0;
  return null;
}

/** Reads a table of tabular lines. Lines of running text inside it are reported unread. */
export function readTable(segment: Segment): Body {
  const remarks: string[] = [];
  const unread: Unread[] = [];
  const lines: Line[] = [];
  for (const line of segment.lines) {
    if (line.tabular) lines.push(line);
    else unread.push({ text: line.text.slice(0, 200), reason: `${segment.title || '表'}内未能识别的文字`, place: line.place });
  }
  let head = 0;
  while (head < lines.length && head < 8 && !isBody(lines[head]!, head)) head += 1;
  const headLines = lines.slice(0, head);
  const bodyLines = lines.slice(head);
  const used = (ls: Line[]) => Math.max(0, ...ls.map((l) => l.cells.findLastIndex((c) => c !== '') + 1));
  const width = Math.max(used(headLines), Math.min(used(bodyLines), Math.max(used(headLines), used(bodyLines))), ...headLines.map((l) => (l.grid === null ? l.cells.length : 0)));
  const serial = (l: Line) => l.cells.some((c) => /^(栏次|行次)$/.test(norm(c))) && l.cells.some((c) => figure(c).value !== null);
  const heads = headLines.filter((l) => !serial(l)).map((l) => l.cells.slice(0, width));
  const paths = headerPaths(heads, width);
  let columns = columnsOf(paths, segment.kind, segment.year);
  if (head === 0) columns = guessColumns(bodyLines, segment, remarks);
  const rows: Row[] = [];
  const codeColumns = columns.flatMap((c, i) => (c.role === 'code' ? [i] : []));
  const nameColumn = columns.findIndex((c) => c.role === 'name');
  const coded = codeColumns.length > 0 && nameColumn >= 0;
  let repeatedHead = false;
  for (const line of bodyLines) {
    if (headLines.some((h) => sameRow(h.cells, line.cells))) {
      repeatedHead = true;
      continue;
    }
    let cells = line.cells.slice(0, columns.length);
    let notes: 'shifted'[] = [];
    const filled = line.cells.filter((c) => c !== '');
    if (line.cells.slice(columns.length).some((c) => c !== '')) {
      if (cells[0] === '' && !line.cells.slice(columns.length + 1).some((c) => c !== '')) {
        cells = line.cells.slice(1, columns.length + 1);
        notes = ['shifted'];
      } else unread.push({ text: line.cells.slice(columns.length).filter(Boolean).join(' ').slice(0, 200), reason: '多出表头的单元格', place: line.place });
    }
    // A row cut by a page break that lost its first (blank or code) cell.
    if (coded && codeColumns[0] === 0 && codeColumns.length === 1 && line.cells.length === columns.length - 1 && filled.length > 1) {
      const first = norm(cells[0] ?? '');
      if (!codeText.test(first) && !totalWord.test(first) && figure(first).value === null && figure(cells[1] ?? '').value !== null) {
        cells = ['', ...cells];
        notes = ['shifted'];
      }
    }
    const offset = notes.length ? (cells.length >= line.cells.length ? -1 : 1) : 0;
    const at = (i: number) => line.at(Math.max(0, i + offset));
    const made: Cell[] = columns.map((c, i) => (wordRoles.has(c.role) ? wordCell(cells[i] ?? '', at(i), notes) : figureCell(cells[i] ?? '', at(i), notes)));
    for (const [i, c] of columns.entries()) if (c.role === 'text' && made[i]) made[i] = { ...made[i]!, value: figure(made[i]!.text).value };
    let code: string | null = null;
    let name: string | null = nameColumn >= 0 ? tidy(made[nameColumn]!.text) || null : null;
    if (codeColumns.length > 0) {
      const joined = norm(codeColumns.map((i) => made[i]!.text).join(''));
      if (/^[A-Z]?\d{1,12}$/i.test(joined) || /^[A-Z]$/i.test(joined)) code = joined;
      else if (joined !== '' && name === null) name = joined;
    }
    if (!coded && name === null)
      name =
        columns.flatMap((c, i) => (['income-name', 'expenditure-name', 'project-name', 'unit-name', 'text'].includes(c.role) && made[i]!.text ? [made[i]!.text] : []))[0] ?? null;
    const figures = made.some((c, i) => !wordRoles.has(columns[i]!.role) && c.text !== '');
    const previous = rows.at(-1);
    if (
      coded &&
      !figures &&
      previous &&
      !code &&
      name &&
      !totalWord.test(norm(name)) &&
      !previous.cells.every((c) => c.text === '' || !c.value) &&
      segment.kind !== 'procurement' &&
      segment.kind !== 'project-list'
    ) {
      // The rest of a name cut by a page break.
      previous.name = glue(previous.name ?? '', name);
      previous.cells[nameColumn] = { ...previous.cells[nameColumn]!, text: previous.name, notes: [...(previous.cells[nameColumn]!.notes ?? []), 'joined'], confidence: 0.9 };
      continue;
    }
    if (coded && previous && previous.code && !code && name && figures && !previous.cells.some((c) => c.value !== null) && !previous.name) {
      previous.name = name;
      previous.cells = made.map((c, i) => (codeColumns.includes(i) ? previous.cells[i]! : c));
      continue;
    }
    const row: Row = { code, name, level: levelOf(code, name), cells: made, place: line.place };
    if (repeatedHead) {
      const twin = rows.findIndex(
        (r) =>
          r.repeats === undefined &&
          sameRow(
            r.cells.map((c) => c.text),
            made.map((c) => c.text),
          ),
      );
      if (twin >= 0) row.repeats = twin;
      else repeatedHead = false;
    }
    rows.push(row);
  }
  return { columns, rows, remarks, unread };
}

/** Columns of a body without a head (orphaned pages): by shape only. */
function guessColumns(lines: Line[], segment: Segment, remarks: string[]): Column[] {
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

export { unnumbered };
