// Tables set in blocks side by side (人员经费 | 公用经费): every block becomes rows of its own below each other.
import type { TableKind } from '../model.ts';
import type { Line } from './stream.ts';
import { figure, norm } from './text.ts';

const codeHead = /(科目|经济分类)?(编码|代码)$/;
const nameHead = /名称$|^(科目|项目)$/;

/**
 * Splits a table whose columns repeat 科目代码 | 科目名称 | 金额 two or more times.
 * Null when the columns do not repeat, or the kind is none that is printed in blocks.
 */
export function unfolded(paths: string[][], body: Line[], kind: TableKind): { paths: string[][]; lines: Line[] } | null {
  if (!/economic$/.test(kind)) return null;
  const leaf = paths.map((p) => norm(p.at(-1) ?? ''));
  const starts = leaf.flatMap((t, i) => (codeHead.test(t) && nameHead.test(leaf[i + 1] ?? '') ? [i] : []));
  if (starts.length < 2) return null;
  const width = starts[1]! - starts[0]!;
  if (width < 3 || starts.some((s, i) => s !== starts[0]! + i * width) || leaf.length < starts.at(-1)! + width) return null;
  const lines: Line[] = [];
  const blockOf = (line: Line, start: number, cells = line.cells.slice(start, start + width)): Line => ({
    ...line,
    cells,
    text: cells.filter((c) => c !== '').join(' '),
    at: (column) => line.at(start + column),
  });
  const closing: Line[] = [];
  for (const [k, start] of starts.entries()) {
    for (const line of body) {
      const cells = line.cells.slice(start, start + width);
      while (cells.length < width) cells.push('');
      if (cells.every((c) => c === '')) continue;
      const filled = cells.filter((c) => c !== '');
      // 公用经费合计 spans the blocks after it: its figure stands under the last one.
      if (filled.length === 1 && figure(filled[0]!).value !== null && k > 0 && cells[0] === '' && cells[1] === '') continue;
      if (/(合计|总计)$/.test(norm(filled[0]!)) && !/^\d/.test(norm(filled[0]!))) {
        const value = filled.find((c) => figure(c).value !== null)
          ? cells.slice(2)
          : line.cells
              .slice(start + width)
              .filter((c) => figure(c).value !== null)
              .slice(0, 1);
        closing.push(blockOf(line, start, ['', filled[0]!, ...value, ...new Array<string>(width).fill('')].slice(0, width)));
        continue;
      }
      lines.push(blockOf(line, start, cells));
    }
  }
  return { paths: paths.slice(starts[0]!, starts[0]! + width).map((p) => p.slice(-1)), lines: [...lines, ...closing] };
}
