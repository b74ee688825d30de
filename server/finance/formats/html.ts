// HTML pages: block texts and tables in order, row and column spans kept; scripts, styles and navigation dropped.
import { type DefaultTreeAdapterTypes, parse } from 'parse5';
import type { Block, GridCell, SourceDocument } from '#core/finance/source.ts';
import { FileError, limits } from './limits.ts';
import { decode } from './text.ts';

type Node = DefaultTreeAdapterTypes.ChildNode;
type Element = DefaultTreeAdapterTypes.Element;
const dropped = new Set(['script', 'style', 'noscript', 'template', 'head', 'nav', 'iframe', 'svg', 'select', 'button']);
const blocky = new Set([
  'p',
  'div',
  'li',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'br',
  'tr',
  'section',
  'article',
  'header',
  'footer',
  'ul',
  'ol',
  'dl',
  'dt',
  'dd',
  'blockquote',
  'pre',
  'center',
  'body',
  'main',
  'td',
]);

const isElement = (n: Node): n is Element => 'tagName' in n;

/** Declared charset of a page that is not UTF-8 is honoured through detection. */
export function readHtml(bytes: Uint8Array, file: string): SourceDocument {
  if (bytes.length > limits.htmlBytes) throw new FileError('too-large', `网页超过 ${limits.htmlBytes >> 20} MB`);
  const text = decode(bytes);
  // Depth of open tags, roughly: a page of a hundred thousand nested elements is not a disclosure.
  let open = 0;
  for (const m of text.matchAll(/<(\/?)(div|span|table|b|i|font|p|ul|li|a)\b/gi)) {
    open += m[1] ? -1 : /^(p|li)$/i.test(m[2]!) ? 0 : 1;
    if (open > 3000) throw new FileError('malicious', '网页嵌套过深，已拒绝');
  }
  const root = parse(text);
  const blocks: Block[] = [];
  let line = 0;
  let buffer = '';
  const flush = () => {
    const t = buffer.replace(/\s+/g, ' ').trim();
    buffer = '';
    if (t !== '') {
      line += 1;
      blocks.push({ kind: 'text', text: t, place: { line } });
    }
  };
  const plain = (node: Element): string => {
    let out = '';
    const stack: Node[] = [...node.childNodes].toReversed();
    while (stack.length) {
      const n = stack.pop()!;
      if ('value' in n) out += n.value;
      else if (isElement(n)) {
        if (dropped.has(n.tagName)) continue;
        if (n.tagName === 'br' || n.tagName === 'p' || n.tagName === 'div') out += ' ';
        stack.push(...[...n.childNodes].toReversed());
      }
    }
    return out
      .replace(/\s+/g, ' ')
      .trim()
      .replace(/(?<=[\p{Script=Han}，。、；：）】”])\s+(?=[\p{Script=Han}（【“])/gu, '');
  };
  const rowsOf = (table: Element): Element[] => {
    const out: Element[] = [];
    const stack: Node[] = [...table.childNodes].toReversed();
    while (stack.length) {
      const n = stack.pop()!;
      if (!isElement(n)) continue;
      if (n.tagName === 'tr') out.push(n);
      else if (['thead', 'tbody', 'tfoot'].includes(n.tagName)) stack.push(...[...n.childNodes].toReversed());
    }
    return out;
  };
  const nested = (table: Element): boolean => {
    const stack: Node[] = [...table.childNodes];
    while (stack.length) {
      const n = stack.pop()!;
      if (!isElement(n)) continue;
      if (n.tagName === 'table') return true;
      stack.push(...n.childNodes);
    }
    return false;
  };
  const table = (element: Element) => {
    const rows = rowsOf(element);
    const taken = new Set<string>();
    const cells: GridCell[] = [];
    let columns = 0;
    const start = line;
    rows.forEach((tr, r) => {
      let c = 0;
      for (const td of tr.childNodes) {
        if (!isElement(td) || (td.tagName !== 'td' && td.tagName !== 'th')) continue;
        while (taken.has(`${r}/${c}`)) c += 1;
        const attribute = (name: string) => Math.min(200, Math.max(1, Number(td.attrs.find((a) => a.name === name)?.value) || 1));
        const columnSpan = attribute('colspan');
        const rowSpan = Math.min(attribute('rowspan'), rows.length - r);
        for (let y = r; y < r + rowSpan; y += 1) for (let x = c; x < c + columnSpan; x += 1) taken.add(`${y}/${x}`);
        cells.push({ row: r, column: c, rowSpan, columnSpan, text: plain(td), place: { line: start + r + 1, row: r + 1, column: c + 1 } });
        if (cells.length > limits.cells || taken.size > limits.cells) throw new FileError('too-large', '网页表格过大');
        c += columnSpan;
        columns = Math.max(columns, c);
      }
    });
    line += rows.length;
    if (cells.length) blocks.push({ kind: 'grid', rows: rows.length, columns, cells, place: { line: start + 1 } });
  };
  type Step = Node | { end: true };
  const stack: Step[] = [...root.childNodes].toReversed() as Step[];
  while (stack.length) {
    const n = stack.pop()!;
    if ('end' in n) {
      flush();
      continue;
    }
    if ('value' in n) buffer += n.value;
    else if (isElement(n)) {
      if (dropped.has(n.tagName)) continue;
      // A table that lays out the page is walked through; one that holds data is a grid.
      if (n.tagName === 'table' && !nested(n)) {
        flush();
        table(n);
        continue;
      }
      const block = blocky.has(n.tagName);
      if (block) {
        flush();
        stack.push({ end: true });
      }
      stack.push(...([...n.childNodes].toReversed() as Step[]));
    }
  }
  flush();
  return { file, format: 'html', pages: [{ page: 1, blocks }] };
}
