// Reads XML from anybody into a tree: no document types, no entities but the five, bounded in size, depth and number of elements (CAP-04).
import { SaxesParser } from 'saxes';
import { problem } from '#core/problem.ts';
import type { XmlNode } from '#core/warnings/cap-in.ts';

const MAX_DEPTH = 32;
const MAX_NODES = 20_000;
const refuse = (detail: string) => problem('invalid-input', { detail, errors: [{ pointer: '/body', message: detail }] });

/** Bytes to text by byte order mark or XML declaration: UTF-8, UTF-16, or the GB encodings older senders use. */
export function xmlText(bytes: Buffer): string {
  const head = bytes.subarray(0, 200).toString('latin1');
  const said = /^\s*<\?xml[^>]*\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']/.exec(head.replace(/^\xef\xbb\xbf/, ''))?.[1]?.toLowerCase();
  const label = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : (said ?? 'utf-8');
  if (!['utf-8', 'utf8', 'us-ascii', 'utf-16', 'utf-16le', 'utf-16be', 'gb2312', 'gbk', 'gb18030'].includes(label)) throw refuse(`不支持的编码 ${label}`);
  try {
    return new TextDecoder(label === 'us-ascii' ? 'utf-8' : label === 'utf-16' ? 'utf-16le' : label.startsWith('gb') ? 'gb18030' : label, { fatal: true }).decode(bytes);
  } catch {
    throw refuse(`内容不是 ${label}`);
  }
}

/** The root element; throws `invalid-input` for anything that is not plain, well-formed, moderate XML. */
export function readXml(text: string): XmlNode {
  const parser = new SaxesParser({ xmlns: true });
  const stack: XmlNode[] = [];
  let root: XmlNode | undefined;
  let nodes = 0;
  const fail = (detail: string): never => {
    throw refuse(detail);
  };
  parser.on('doctype', () => fail('不接受文档类型声明（DOCTYPE）'));
  parser.on('error', (e) => fail(`不是格式良好的 XML：${e.message.slice(0, 200)}`));
  parser.on('opentag', (tag) => {
    if (++nodes > MAX_NODES) fail('元素过多');
    if (stack.length >= MAX_DEPTH) fail(`嵌套超过 ${MAX_DEPTH} 层`);
    const node: XmlNode = { name: tag.local, ns: tag.uri, text: '', children: [] };
    stack.at(-1)?.children.push(node);
    root ??= node;
    stack.push(node);
  });
  parser.on('closetag', () => void stack.pop());
  const add = (v: string) => {
    const top = stack.at(-1);
    if (top) top.text += v;
  };
  parser.on('text', add);
  parser.on('cdata', add);
  if (text.includes('\u0000')) fail('含有空字符');
  parser.write(text).close();
  return root ?? fail('没有内容');
}
