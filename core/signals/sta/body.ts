// Bodies of requests: an entity with everything nested in it, checked against the model before anything is stored, with a pointer to each fault.
import { exactNumber } from './json.ts';
import { bad } from './fault.ts';
import { idOf } from './ids.ts';
import { type EntityName, type Property, entities, propertyOf, relationOf } from './model.ts';
import { shapeOfGeoJson } from './shape.ts';
import { type Interval, type Micros, instantOf, intervalOf } from './time.ts';

/** A linked entity that exists, or one to be made. */
export type Link = { id: string; input?: undefined } | { id?: undefined; input: Input };
export interface Input {
  entity: EntityName;
  /** Where it stands in the body, as a JSON pointer. */
  at: string;
  /** Checked values: instants and intervals in microseconds, everything else as it came. */
  values: Map<string, unknown>;
  links: Map<string, Link[]>;
}
export interface Reading {
  /** A phenomenon time that is an instant has no end. */
  phenomenonTime?: { from: Micros; to: Micros | null };
}

const MAX_ENTITIES = 20_000;
const escaped = (name: string): string => name.slice(0, 80).replaceAll('~', '~0').replaceAll('/', '~1');

/**
 * Reads an entity. `partial` is PATCH: nothing is mandatory and related entities can only be named, not described.
 * `given` are relations that the URL has settled already (POST to a navigation link).
 */
export function readEntity(entity: EntityName, body: unknown, o: { partial?: boolean; given?: readonly string[] } = {}): Input {
  const count = { left: MAX_ENTITIES };
  return read(entity, body, '', o.partial ?? false, new Set(o.given), 0, count);
}

function read(entity: EntityName, body: unknown, at: string, partial: boolean, given: ReadonlySet<string>, depth: number, count: { left: number }): Input {
  if (!body || typeof body !== 'object' || Array.isArray(body) || exactNumber(body) !== undefined) throw bad(`${entity} 应是一个 JSON 对象`, at);
  if (depth > 8) throw bad('嵌套超过 8 层', at);
  if (--count.left < 0) throw bad(`一次最多 ${MAX_ENTITIES} 个实体`, at);
  const input: Input = { entity, at, values: new Map(), links: new Map() };
  for (const [name, value] of Object.entries(body)) {
    const here = `${at}/${escaped(name)}`;
    const property = propertyOf(entity, name);
    if (property) {
      if (property.kept) continue;
      const v = readValue(entity, property, value, here);
      if (v === undefined) {
        if (property.required && !property.nullable) throw bad(`${name} 不能为空`, here);
        if (partial) input.values.set(name, null);
      } else input.values.set(name, v);
      continue;
    }
    const relation = relationOf(entity, name);
    if (relation) {
      if (value === null || value === undefined) continue;
      if (relation.many !== Array.isArray(value)) throw bad(relation.many ? `${name} 应是数组` : `${name} 应是一个对象`, here);
      const list = relation.many ? (value as unknown[]) : [value];
      input.links.set(
        name,
        list.map((x, i) => readLink(relation.to, x, relation.many ? `${here}/${i}` : here, partial, relation.back, depth, count)),
      );
      continue;
    }
    // Control information that clients send back is theirs to keep.
    if (name === 'id' || name.includes('@iot.')) continue;
    throw bad(`${entity} 没有 ${name.slice(0, 60)}`, here);
  }
  if (!partial) complete(input, given);
  if (entity === 'Thing') {
    // STA-013: several Locations of a Thing are the same place in different encodings.
    const kinds = (input.links.get('Locations') ?? []).flatMap((l) => (l.input ? [l.input.values.get('encodingType')] : []));
    if (new Set(kinds).size < kinds.length) throw bad('一个 Thing 的多个 Location 应使用不同的 encodingType', `${at}/Locations`);
  }
  return input;
}

function complete(input: Input, given: ReadonlySet<string>): void {
  const e = entities[input.entity];
  for (const p of e.properties) if (p.required && !input.values.has(p.name)) throw bad(`缺少必填的 ${p.name}`, `${input.at}/${p.name}`);
  for (const r of e.relations) if (r.required && !given.has(r.name) && !input.links.get(r.name)?.length) throw bad(`缺少必须关联的 ${r.name}`, `${input.at}/${r.name}`);
}

function readLink(entity: EntityName, value: unknown, at: string, partial: boolean, back: string, depth: number, count: { left: number }): Link {
  if (!value || typeof value !== 'object' || Array.isArray(value)) throw bad('应是对象', at);
  // What carries an identifier is meant as it is there: clients send back whole entities they have read before.
  const named = value as Record<string, unknown>;
  const key = '@iot.id' in named ? '@iot.id' : Object.keys(named).length === 1 && 'id' in named ? 'id' : undefined;
  if (key !== undefined && named[key] !== null) {
    const id = idOf(named[key]);
    if (id === undefined) throw bad('@iot.id 应为整数', `${at}/${key}`);
    return { id };
  }
  if (partial) throw bad('更新时只能以 {"@iot.id": …} 关联已有实体', at);
  return { input: read(entity, value, at, false, new Set([back]), depth + 1, count) };
}

const isGeoJson = (encoding: unknown): boolean => typeof encoding === 'string' && /geo\+json/i.test(encoding);

/** Undefined stands for null. */
function readValue(entity: EntityName, p: Property, value: unknown, at: string): unknown {
  if (p.type === 'result') return value;
  if (value === null || value === undefined) return undefined;
  switch (p.type) {
    case 'text':
      if (typeof value !== 'string') throw bad(`${p.name} 应是文字`, at);
      if (value.length > 4000) throw bad(`${p.name} 过长（最多 4000 字）`, at);
      if (!value && p.required && p.name !== 'description') throw bad(`${p.name} 不能为空`, at);
      return value;
    case 'instant': {
      const us = typeof value === 'string' ? instantOf(value) : undefined;
      if (us === undefined) throw bad(`${p.name} 应是带时区的 ISO 8601 时刻`, at);
      return us;
    }
    case 'interval': {
      const i = typeof value === 'string' ? intervalOf(value) : undefined;
      if (!i) throw bad(`${p.name} 应是 ISO 8601 时段 开始/结束`, at);
      return i;
    }
    case 'time':
      return phenomenonOf(value, at);
    case 'json':
      if (p.name === 'properties' || p.name === 'parameters') {
        // 1.0 clients send parameters as a list of objects.
        if (typeof value !== 'object' || (Array.isArray(value) && p.name === 'properties') || exactNumber(value) !== undefined) throw bad(`${p.name} 应是 JSON 对象`, at);
      } else if (p.name === 'unitOfMeasurement') unit(value, at);
      return value;
    case 'geo':
      return value;
  }
  throw new Error(`${entity} ${p.name}`);
}

/** GeoJSON where the encoding says so; checked once both are known (in PATCH one of them may be stored already). */
export function geometryFault(encoding: unknown, value: unknown): string | undefined {
  if (!isGeoJson(encoding)) return undefined;
  return shapeOfGeoJson(value) ? undefined : '不是有效的 GeoJSON';
}

export function phenomenonOf(value: unknown, at: string): { from: Micros; to: Micros | null } {
  if (typeof value === 'string') {
    const instant = instantOf(value);
    if (instant !== undefined) return { from: instant, to: null };
    const i: Interval | undefined = intervalOf(value);
    if (i) return i;
  }
  throw bad('phenomenonTime 应是带时区的 ISO 8601 时刻，或 开始/结束', at);
}

function unit(value: unknown, at: string): void {
  if (typeof value !== 'object' || Array.isArray(value) || !value) throw bad('unitOfMeasurement 应是 {name, symbol, definition}', at);
  for (const key of ['name', 'symbol', 'definition']) {
    const v = (value as Record<string, unknown>)[key];
    if (v !== null && v !== undefined && (typeof v !== 'string' || v.length > 1000)) throw bad(`${key} 应是文字或 null`, `${at}/${key}`);
  }
}
