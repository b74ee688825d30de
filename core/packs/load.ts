// Reads pack files (YAML text in, typed content out); every mistake is reported as file:line:column, all at once.
import { LineCounter, type Node, isMap, isNode, isPair, isSeq, parseAllDocuments } from 'yaml';
import { type Calendar, makeCalendar } from '../duty/calendar.ts';
import { compile } from '../expression.ts';
import { failureOf } from './example.ts';
import { type Item, type KindName, kindNames, kinds } from './kinds.ts';

export interface PackFile {
  /** Relative to the packs folder: `district/flows/incident.yaml`. The second part is the kind. */
  path: string;
  text: string;
}
export interface Mistake {
  file: string;
  line: number;
  column: number;
  message: string;
}
export type Content = { [K in KindName]: Map<string, Item<K>> };
export interface Loaded {
  content: Content;
  mistakes: Mistake[];
  /** Tests inside the packs that do not hold; run only over content without mistakes. */
  failures: Mistake[];
}

const messages: Record<string, (i: { expected?: unknown; keys?: string[]; values?: unknown[]; minimum?: unknown; maximum?: unknown; message: string }) => string> = {
  unrecognized_keys: (i) => `不认识的字段 ${i.keys?.join('、')}`,
  invalid_type: (i) => `缺少或类型不对，应为 ${String(i.expected)}`,
  invalid_value: (i) => `只能是 ${i.values?.slice(0, 12).map(String).join('、')}`,
  too_small: (i) => `不能少于 ${String(i.minimum)}`,
  too_big: (i) => `不能超过 ${String(i.maximum)}`,
};
const say = (issue: { code: string; message: string }): string => messages[issue.code]?.(issue as never) ?? issue.message;

/** Loads files of one or several packs on top of each other: a later item with the same code replaces the earlier (site overlay). */
export function loadPacks(files: PackFile[], calendar: Calendar = makeCalendar()): Loaded {
  const content = Object.fromEntries(kindNames.map((k) => [k, new Map()])) as unknown as Content;
  const mistakes: Mistake[] = [];
  const where = new Map<string, { file: PackFile; lines: LineCounter; node: Node }>();
  for (const file of files) {
    const [pack, kindName] = file.path.split('/');
    const at = (line: number, column: number, message: string) => mistakes.push({ file: file.path, line, column, message });
    if (!kinds[kindName as KindName]) {
      at(1, 1, `没有内容种类 ${kindName}；可用：${kindNames.join('、')}`);
      continue;
    }
    const kind = kindName as KindName;
    const lines = new LineCounter();
    const documents = parseAllDocuments(file.text, { lineCounter: lines, uniqueKeys: true, strict: true });
    for (const doc of Array.isArray(documents) ? documents : []) {
      if (doc.errors.length) {
        for (const e of doc.errors) at(e.linePos?.[0].line ?? 1, e.linePos?.[0].col ?? 1, `YAML 格式：${e.message.split('\n')[0]}`);
        continue;
      }
      const root = doc.contents;
      const items: Node[] = isSeq(root) ? (root.items.filter(isNode) as Node[]) : isNode(root) ? [root] : [];
      for (const node of items) {
        const value: unknown = node.toJS(doc);
        const r = kinds[kind].schema.safeParse(value);
        const code = String((value as { code?: unknown } | null)?.code ?? '');
        if (!r.success) {
          for (const issue of r.error.issues) {
            const path = issue.code === 'unrecognized_keys' ? [...issue.path, (issue as { keys?: string[] }).keys?.[0] ?? ''] : issue.path;
            const p = lines.linePos(offsetOf(node, path, issue.code === 'unrecognized_keys'));
            at(p.line, p.col, `${code ? `${code}：` : ''}${issue.path.map(String).join('.')} ${say(issue)}`.trim());
          }
          continue;
        }
        const key = `${kind}/${code}`;
        const before = where.get(key);
        const pos = lines.linePos(node.range?.[0] ?? 0);
        if (before && before.file.path.split('/')[0] === pack) {
          at(pos.line, pos.col, `${kind} 的编码 ${code} 重复，已在 ${before.file.path}`);
          continue;
        }
        where.set(key, { file, lines, node });
        (content[kind] as Map<string, unknown>).set(code, r.data);
      }
    }
  }
  for (const kind of kindNames)
    for (const [code, item] of content[kind] as Map<string, unknown>) {
      const place = where.get(`${kind}/${code}`)!;
      const at = (path: PropertyKey[], message: string) => {
        const p = place.lines.linePos(offsetOf(place.node, path));
        mistakes.push({ file: place.file.path, line: p.line, column: p.col, message: `${code}：${message}` });
      };
      for (const [path, target] of kinds[kind].refs)
        for (const [found, value] of valuesAt(item, path.split('.')))
          if (typeof value === 'string' && !(content[target as KindName] as Map<string, unknown>).has(value)) at(found, `${found.join('.')} 指向的 ${target} 中没有 ${value}`);
      checkMore(kind, item as never, content, at);
    }
  for (const path of cycles(content)) {
    const place = where.get(`indicators/${path[0]}`)!;
    const p = place.lines.linePos(place.node.range?.[0] ?? 0);
    mistakes.push({ file: place.file.path, line: p.line, column: p.col, message: `指标相互引用成环：${path.join(' → ')}` });
  }
  mistakes.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column);
  const failures: Mistake[] = [];
  if (!mistakes.length)
    for (const e of content.tests.values()) {
      const why = failureOf(e, content, calendar);
      if (why === undefined) continue;
      const place = where.get(`tests/${e.code}`)!;
      const p = place.lines.linePos(place.node.range?.[0] ?? 0);
      failures.push({ file: place.file.path, line: p.line, column: p.col, message: `${e.code}（${e.name.zh}）：${why}` });
    }
  return { content, mistakes, failures };
}

/** Checks that need more than a schema: conditions exist, formulas compile and read only their inputs. */
function checkMore(kind: KindName, item: never, content: Content, at: (path: PropertyKey[], message: string) => void): void {
  if (kind === 'scenarios' || kind === 'warning-rules') {
    const s = item as { matter?: string; condition?: string; grade?: string };
    if (s.matter && s.condition && content.matters.has(s.matter) && !content.matters.get(s.matter)!.conditions.some((c) => c.code === s.condition))
      at(['condition'], `事项 ${s.matter} 没有立案条件 ${s.condition}`);
    if (s.grade) {
      const c = compile(s.grade);
      if ('error' in c) at(['grade'], `表达式有误：${c.error.message}（第 ${c.error.offset + 1} 个字符）`);
    }
  }
  if (kind === 'indicators') {
    const i = item as Item<'indicators'>;
    if (i.source.kind === 'expression') {
      const c = compile(i.source.formula);
      if ('error' in c) return at(['source', 'formula'], `表达式有误：${c.error.message}（第 ${c.error.offset + 1} 个字符）`);
      for (const n of c.names) if (!i.source.inputs[n]) at(['source', 'formula'], `公式用到的 ${n} 没有在 inputs 中给出`);
    }
    if (i.source.kind === 'stream') {
      const { profile, stream } = i.source;
      if (content.profiles.has(profile) && !content.profiles.get(profile)!.streams.some((s) => s.code === stream)) at(['source', 'stream'], `设备类型 ${profile} 没有量 ${stream}`);
    }
  }
  if (kind === 'warning-rules') {
    const r = item as Item<'warning-rules'>;
    if (r.on.kind === 'stream') {
      const { profile, stream } = r.on;
      if (content.profiles.has(profile) && !content.profiles.get(profile)!.streams.some((s) => s.code === stream)) at(['on', 'stream'], `设备类型 ${profile} 没有量 ${stream}`);
    }
  }
  if (kind === 'targets') {
    const t = item as Item<'targets'>;
    if (!t.indicator && !t.rater && !t.why) at(['indicator'], '没有绑定指标的目标须写明评定人 rater 或无法计量的原因 why');
  }
}

function cycles(content: Content): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const walk = (code: string, path: string[]): void => {
    const at = path.indexOf(code);
    if (at >= 0) {
      found.push([...path.slice(at), code]);
      return;
    }
    if (done.has(code)) return;
    const i = content.indicators.get(code);
    if (i?.source.kind === 'expression') for (const next of Object.values(i.source.inputs)) walk(next, [...path, code]);
    done.add(code);
  };
  for (const code of content.indicators.keys()) walk(code, []);
  return found;
}

function* valuesAt(value: unknown, path: string[], done: string[] = []): Generator<[string[], unknown]> {
  const [head, ...rest] = path;
  if (head === undefined) {
    if (value !== undefined) yield [done, value];
    return;
  }
  if (!value || typeof value !== 'object') return;
  if (head === '*') for (const [k, v] of Object.entries(value)) yield* valuesAt(v, rest, [...done, k]);
  else yield* valuesAt((value as Record<string, unknown>)[head], rest, [...done, head]);
}

/** Offset of the deepest node that exists on a path: of a value, or of the key itself when that is what is wrong. */
function offsetOf(node: Node, path: readonly PropertyKey[], ofKey = false): number {
  let at = node.range?.[0] ?? 0;
  let here: unknown = node;
  for (const key of path) {
    if (isMap(here)) {
      const pair = here.items.find((p) => isPair(p) && String((p.key as { value?: unknown })?.value ?? p.key) === String(key));
      if (!pair) break;
      at = (pair.key as Node).range?.[0] ?? at;
      here = pair.value;
      if (!ofKey && isNode(here) && here.range && !isMap(here) && !isSeq(here)) at = here.range[0];
    } else if (isSeq(here)) {
      here = here.items[Number(key)];
      if (isNode(here)) at = here.range?.[0] ?? at;
    } else break;
  }
  return at;
}
