// Heads and rows of target sheets: what each column holds, rows moved back under their columns, heads that contradict their columns.
import { natureOf } from './promise.ts';
import type { Line } from './stream.ts';
import { figure, norm, scaled } from './text.ts';
import { isLevel1, isLevel2 } from './vocabulary.ts';

export type Part = 'label' | 'project' | 'level1' | 'level2' | 'name' | 'nature' | 'value' | 'unit' | 'weight' | 'core' | 'goal' | 'budget' | 'other';

/** What a heading of a target sheet stands for. */
function partOf(heading: string): Part {
  const t = norm(heading);
  if (t === '') return 'other';
  if (/一级指标|一级目标/.test(t)) return 'level1';
  if (/二级指标|二级目标/.test(t)) return 'level2';
  if (/三级指标|四级指标|指标名称|指标内容|^指标$|具体指标|明细指标|考核指标|三级目标/.test(t)) return 'name';
  if (/核心/.test(t)) return 'core';
  if (/权重|分值|权值|分数/.test(t) && !/执行率/.test(t)) return 'weight';
  if (/性质|方向|符号|运算符|比较符|逻辑符|计算关系/.test(t) && !/(项目|资金|单位)性质/.test(t)) return 'nature';
  if (/(计量|度量|指标)?单位$|计量|度量/.test(t) && !/(项目|预算|实施|主管)单位/.test(t)) return 'unit';
  if (/指标值|目标值|计划值|预期值|年度指标|指标目标|年初目标|指标数值/.test(t)) return 'value';
  if (/^项目(名称)?$|项目名称/.test(t)) return 'project';
  if (/(绩效|总体|年度)目标/.test(t)) return 'goal';
  if (/金额|预算|资金/.test(t)) return 'budget';
  if (/^绩效指标(名称)?$/.test(t)) return 'label';
  return 'other';
}

/** A head row names the indicator and at least its value, nature or weight. */
export function headParts(cells: string[]): Part[] | null {
  const parts = cells.map((c) => (c.length > 30 ? 'other' : partOf(c)));
  const filled = cells.filter((c) => c !== '').length;
  if (filled < 2) return null;
  if (!parts.includes('name')) {
    // 绩效指标 | 指标值: the label itself is the heading of the names.
    const label = parts.indexOf('label');
    if (label < 0 || !parts.some((p) => p === 'value')) return null;
    parts[label] = 'name';
  }
  if (!parts.some((p) => p === 'value' || p === 'nature' || p === 'weight')) return null;
  const names = parts.flatMap((p, i) => (p === 'name' ? [i] : []));
  const values = parts.flatMap((p, i) => (p === 'value' ? [i] : []));
  if (names.length > 1 && values.length > 1 && names.length === values.length && norm(cells[names[0]!]!) === norm(cells[names.at(-1)!]!)) {
    // 中期目标 | 年度目标 side by side: the last block is the year's; the first 一级指标 belongs to both.
    const start = names.at(-1)!;
    for (let i = 0; i < parts.length; i += 1) {
      const before = i < start;
      const own = parts[i] === 'level1' || (parts[i] === 'level2' && i === parts.lastIndexOf('level2')) || parts[i] === 'project' || parts[i] === 'label';
      if (before && !own) parts[i] = 'other';
    }
  } else if (names.length > 1) {
    const keep = names.findLast((i) => /三级|四级|内容|名称/.test(norm(cells[i]!))) ?? names.at(-1)!;
    for (const i of names) if (i !== keep) parts[i] = 'other';
  }
  const seen = new Set<Part>();
  return parts.map((p) => (p === 'other' || p === 'label' ? p : seen.has(p) ? 'other' : (seen.add(p), p)));
}

/** A second head row below a head: 指标值 over 性质 | 数值 | 单位. Null when the row is none. */
export function refine(parts: Part[], cells: string[]): Part[] | null {
  const below = cells.map((c) => (c.length > 16 ? 'other' : partOf(c)));
  const filled = cells.flatMap((c, i) => (c === '' ? [] : [i]));
  if (filled.length === 0 || filled.some((i) => below[i] === 'other' && !/^(数值|内容|指标)$/.test(norm(cells[i]!)))) return null;
  const name = parts.indexOf('name');
  if (name >= 0 && cells[name] && below[name] !== 'name' && below[name] !== 'label') return null;
  const out = [...parts];
  while (out.length < cells.length) out.push('other');
  for (const i of filled) {
    const p = /^数值$/.test(norm(cells[i]!)) ? 'value' : below[i]!;
    if (p === 'other' || p === 'label') continue;
    const known = out.indexOf(p);
    if (known >= 0 && known !== i) out[known] = 'other';
    out[i] = p;
  }
  return out;
}

/** Two head rows that only together name the indicator and its value. */
export const joinedHead = (above: string[], cells: string[]): Part[] | null => {
  const lower = cells.map((c) => partOf(c));
  if (!lower.includes('name') || !lower.includes('level2')) return null;
  return headParts(Array.from({ length: Math.max(above.length, cells.length) }, (_, i) => cells[i] || above[i] || ''));
};

export const isCore = (t: string): boolean | null => (/^(是|√|✓|Y|核心)$/i.test(t) ? true : /^(否|×|N|非核心)$/i.test(t) ? false : null);

export type Grid = { cells: string[]; line: Line; offset: number; note: boolean };

/** Whether texts fit their columns: a nature where a nature belongs, numbers for weights, 是/否 for core. */
function fits(cells: string[], parts: Part[]): boolean {
  let told = false;
  for (let i = 0; i < parts.length; i += 1) {
    const t = norm(cells[i] ?? '');
    const p = parts[i]!;
    if (t === '') {
      if (p === 'name') return false;
      continue;
    }
    if (p === 'nature' && !natureOf(t) && !/^(定量|正向|反向|负向|正指标|反指标|定量指标)$/.test(t)) return false;
    if (p === 'nature') told = true;
    if (p === 'weight' && figure(t).value === null && !/^\d+(\.\d+)?分?$/.test(t)) return false;
    if (p === 'core' && isCore(t) === null) return false;
    if (p === 'name' && (natureOf(t) !== null || figure(t).value !== null || isCore(t) !== null)) return false;
    if (p === 'unit' && (isCore(t) !== null || figure(t).value !== null || (natureOf(t) !== null && t !== '定性'))) return false;
    if ((p === 'level1' || p === 'level2') && (natureOf(t) !== null || figure(t).value !== null)) return false;
  }
  // The level columns must not hold each other's words.
  const l1 = norm(cells[parts.indexOf('level1')] ?? '');
  if (l1 && isLevel2(l1) && !isLevel1(l1)) return false;
  void told;
  return true;
}

/** Puts one row under its columns; a row that lost or gained leading blanks is moved, an inner blank is put back. */
export function align(line: Line, parts: Part[]): Grid {
  const cells = line.cells;
  const width = parts.length;
  const straight = { cells: cells.slice(0, width), line, offset: 0, note: false };
  while (straight.cells.length < width) straight.cells.push('');
  const over = (o: number) => cells.slice(Math.max(0, -o), o < 0 ? undefined : width - o);
  const extra = cells.slice(width).some((c) => c !== '');
  if (!extra && fits(straight.cells, parts)) return straight;
  for (const o of [width - cells.length, 1, -1, 2, -2, 3, -3]) {
    if (o === 0 || Math.abs(o) > 4) continue;
    if (o < 0 && cells.slice(0, -o).some((c) => c !== '')) continue;
    const moved = o > 0 ? [...new Array<string>(o).fill(''), ...over(o)] : over(o);
    if (o > 0 && cells.slice(width - o).some((c) => c !== '')) continue;
    while (moved.length < width) moved.push('');
    if (moved.slice(width).some((c) => c !== '')) continue;
    if (fits(moved, parts)) return { cells: moved.slice(0, width), line, offset: -o, note: true };
  }
  return straight;
}

/** When the headings contradict what stands below them, finds the order of the columns from their contents. */
export function reorder(rows: string[][], parts: Part[]): Part[] | null {
  const free = parts.flatMap((p, i) => (['nature', 'value', 'unit', 'weight'].includes(p) ? [i] : []));
  if (free.length < 3 || rows.length < 2) return null;
  const wrong = rows.filter((r) => !fits(r, parts)).length;
  if (wrong * 2 <= rows.length) return null;
  const column = (i: number) => rows.map((r) => norm(r[i] ?? '')).filter((t) => t !== '');
  const share = (i: number, test: (t: string) => boolean) => {
    const c = column(i);
    return c.length === 0 ? 0 : c.filter(test).length / c.length;
  };
  const nature = free.toSorted((a, b) => share(b, (t) => natureOf(t) !== null) - share(a, (t) => natureOf(t) !== null))[0]!;
  if (share(nature, (t) => natureOf(t) !== null) < 0.8) return null;
  const rest = free.filter((i) => i !== nature);
  const numeric = rest.filter((i) => share(i, (t) => figure(t).value !== null) >= 0.5);
  const unit = rest.find((i) => !numeric.includes(i));
  const sum = (i: number) => column(i).reduce((s, t) => s + scaled(figure(t).value ?? '0'), 0n);
  const whole = [100n, 90n, 80n].map((n) => n * 1_000_000n);
  const weight =
    numeric.length === 1
      ? parts.includes('value') && rest.length === 2
        ? undefined
        : numeric[0]
      : (numeric.find((i) => whole.includes(sum(i))) ?? numeric.find((i) => share(i, (t) => Number(figure(t).value ?? 999) <= 100) === 1 && i === numeric.at(-1)));
  const value = rest.find((i) => i !== unit && i !== weight);
  const out: Part[] = parts.map((p, i) => (free.includes(i) ? 'other' : p));
  out[nature] = 'nature';
  if (unit !== undefined) out[unit] = 'unit';
  if (weight !== undefined) out[weight] = 'weight';
  if (value !== undefined) out[value] = 'value';
  return out;
}
