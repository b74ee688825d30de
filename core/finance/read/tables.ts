// Reads the body of a table that came with cells: header rows, columns and their roles, rows, page breaks and shifted rows.
import type { Cell, Column, ColumnRole, Row, TableKind, Unread } from '../model.ts';
import { unfolded } from './blocks.ts';
import { figureCell, wordCell } from './cells.ts';
import { codeParts, columnsOf, guessColumns, headerPaths } from './columns.ts';
import type { Segment } from './segment.ts';
import type { Line } from './stream.ts';
import { figure, glue, norm, tidy } from './text.ts';
import { isBalanceKind, isFunctionalClass, sourceOf, unnumbered } from './vocabulary.ts';

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
    const serial = figures.length >= 3 && figures.every((c, i) => /^\d{1,2}$/.test(c) && (c === figures[0] || Number(c) === Number(figures[0]) + i));
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

const nameHead = /^(项目|收入项目|支出项目|科目|收入|支出)$/;
const amountHead = /(预算数|决算数|金额|数额)$/;
/** The first line of a two-sided table without a figure: a source of money or a 类 under 项目, nothing under 预算数. */
function isEmptyItem(line: Line, heads: Line[], kind: TableKind): boolean {
  if (!isBalanceKind(kind)) return false;
  const names = heads.findLast((h) => h.cells.some((c) => nameHead.test(norm(c))) && h.cells.some((c) => amountHead.test(norm(c))));
  if (!names) return false;
  const under = line.cells.flatMap((c, i) => (c === '' ? [] : [{ text: unnumbered(c), head: norm(names.cells[i] ?? '') }]));
  return under.length > 0 && under.every((x) => nameHead.test(x.head) && (isFunctionalClass(x.text) || (sourceOf(x.text) !== null && /(收入|拨款|资金|预算)$/.test(x.text))));
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
  while (head < lines.length && head < 8 && !isBody(lines[head]!, head) && !isEmptyItem(lines[head]!, lines.slice(0, head), segment.kind)) head += 1;
  const headLines = lines.slice(0, head);
  let bodyLines = lines.slice(head);
  const used = (ls: Line[]) => Math.max(0, ...ls.map((l) => l.cells.findLastIndex((c) => c !== '') + 1));
  const width = Math.max(used(headLines), Math.min(used(bodyLines), Math.max(used(headLines), used(bodyLines))), ...headLines.map((l) => (l.grid === null ? l.cells.length : 0)));
  const serial = (l: Line) => l.cells.some((c) => /^(栏次|行次)$/.test(norm(c))) && l.cells.some((c) => figure(c).value !== null);
  // 类 款 项 栏次 1 2 3: what is no serial number still names its column.
  const named = (l: Line) => (serial(l) ? l.cells.map((c) => (/^(栏次|行次)$/.test(norm(c)) || figure(c).value !== null ? '' : c)) : l.cells);
  const heads = headLines.map((l) => named(l).slice(0, width)).filter((cells) => cells.some((c) => c !== ''));
  let paths = headerPaths(heads, width);
  const blocks = unfolded(paths, bodyLines, segment.kind);
  if (blocks) ({ paths, lines: bodyLines } = blocks);
  let columns = columnsOf(paths, segment.kind, segment.year);
  codeParts(columns, bodyLines);
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
      if (/^[A-Z]?\d{1,12}$/i.test(joined) || /^[A-Z]$/i.test(joined) || (segment.kind === 'project-list' && /^(?=.*\d{6})[0-9A-Z]{10,40}$/.test(joined))) code = joined;
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
    // A name alone may stand twice in a table; a row with figures only by a repeated page.
    if (repeatedHead && figures) {
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
