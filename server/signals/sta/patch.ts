// JSON Patch (RFC 6902) over the properties of an entity: gives the properties that changed, to be taken as a PATCH of their own.
import { bad } from '#core/signals/sta/fault.ts';

const parse = (pointer: unknown): string[] => {
  if (typeof pointer !== 'string' || (pointer !== '' && !pointer.startsWith('/'))) throw bad('路径应是 JSON 指针');
  return pointer
    .split('/')
    .slice(1)
    .map((p) => p.replaceAll('~1', '/').replaceAll('~0', '~'));
};
const same = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (!a || !b || typeof a !== 'object' || typeof b !== 'object' || Array.isArray(a) !== Array.isArray(b)) return false;
  const [x, y] = [Object.entries(a), b as Record<string, unknown>];
  return x.length === Object.keys(y).length && x.every(([k, v]) => Object.hasOwn(y, k) && same(v, y[k]));
};

function find(root: unknown, path: string[], at: string): unknown {
  let v = root;
  for (const p of path) {
    if (!v || typeof v !== 'object' || !Object.hasOwn(v, p)) throw bad('路径不存在', at);
    v = (v as Record<string, unknown>)[p];
  }
  return v;
}
function put(root: unknown, path: string[], value: unknown, insert: boolean, at: string): void {
  const parent = find(root, path.slice(0, -1), at);
  const key = path.at(-1)!;
  if (Array.isArray(parent)) {
    const i = key === '-' ? parent.length : /^\d{1,9}$/.test(key) ? Number(key) : -1;
    if (i < 0 || i > parent.length || (!insert && i === parent.length)) throw bad('数组下标无效', at);
    parent.splice(i, insert ? 0 : 1, value);
  } else if (parent && typeof parent === 'object') {
    if (!insert && !Object.hasOwn(parent, key)) throw bad('路径不存在', at);
    (parent as Record<string, unknown>)[key] = value;
  } else throw bad('路径不存在', at);
}
function drop(root: unknown, path: string[], at: string): unknown {
  const value = find(root, path, at);
  const parent = find(root, path.slice(0, -1), at);
  if (Array.isArray(parent)) parent.splice(Number(path.at(-1)), 1);
  else delete (parent as Record<string, unknown>)[path.at(-1)!];
  return value;
}

/** Applies a patch document to an entity as it is served; throws a 400 with the operation that fails. */
export function patched(entity: Record<string, unknown>, operations: unknown): Record<string, unknown> {
  if (!Array.isArray(operations) || operations.length > 500) throw bad('JSON Patch 应是操作的数组');
  const before = Object.fromEntries(Object.entries(entity).filter(([k]) => !k.includes('@iot.')));
  const root = structuredCopy(before) as Record<string, unknown>;
  for (const [i, op] of operations.entries()) {
    const at = `/${i}`;
    if (!op || typeof op !== 'object') throw bad('操作应是对象', at);
    const o = op as { op?: unknown; path?: unknown; from?: unknown; value?: unknown };
    const path = parse(o.path);
    // Entities without properties show none; a patch may still add to them.
    if (path[0] === 'properties' && path.length > 1 && !root.properties && (o.op === 'add' || o.op === 'copy' || o.op === 'move')) root.properties = {};
    if (!path.length || path.includes('__proto__')) throw bad('不能替换整个实体', at);
    if (o.op === 'add') put(root, path, structuredCopy(o.value), true, at);
    else if (o.op === 'replace') put(root, path, structuredCopy(o.value), false, at);
    else if (o.op === 'remove') drop(root, path, at);
    else if (o.op === 'copy') put(root, path, structuredCopy(find(root, parse(o.from), at)), true, at);
    else if (o.op === 'move') {
      const from = parse(o.from);
      // RFC 6902 §4.4: nothing moves into itself.
      if (from.every((p, n) => p === path[n]) && from.length < path.length) throw bad('不能移到自己里面', at);
      put(root, path, drop(root, from, at), true, at);
    } else if (o.op === 'test') {
      if (!same(find(root, path, at), o.value)) throw bad('test 不成立', at);
    } else throw bad('不认识的操作', at);
  }
  const changed: Record<string, unknown> = {};
  for (const k of new Set([...Object.keys(before), ...Object.keys(root)])) if (!same(before[k], root[k])) changed[k] = root[k] ?? null;
  return changed;
}
/** Numbers in their own notation are shared: nothing changes them. */
const structuredCopy = (v: unknown): unknown => {
  if (Array.isArray(v)) return v.map(structuredCopy);
  if (!v || typeof v !== 'object' || Object.getPrototypeOf(v) === null) return v;
  return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, structuredCopy(x)]));
};
