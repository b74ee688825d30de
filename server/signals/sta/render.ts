// Rows as the JSON of SensorThings: control information, properties, links, expanded entities; lossless numbers, times in UTC.
import { numberAs, parseStored } from '#core/signals/sta/json.ts';
import { type EntityName, entities } from '#core/signals/sta/model.ts';
import { type Options, queryOf } from '#core/signals/sta/options.ts';
import { hullOf, pointsOf, shapeOfGeoJson } from '#core/signals/sta/shape.ts';
import { formatInstant } from '#core/signals/sta/time.ts';
import type { Hub } from '../../platform/hub.ts';
import type { Related, Row } from './fetch.ts';
import { tokenMode } from './fetch.ts';
import { array } from './tables.ts';

/** An identifier as a JSON number, whatever its size. */
export const idNumber = (id: string): unknown => (id.length < 16 ? Number(id) : numberAs(id));
export const selfLink = (base: string, entity: EntityName, id: string): string => `${base}/${entities[entity].set}(${id})`;

/**
 * Gives identifiers to readings that no formula names, anywhere in the tree: once given they stay.
 */
export async function nameRows(hub: Hub, rows: readonly Row[]): Promise<void> {
  const nameless: Row[] = [];
  const walk = (list: readonly Row[]): void => {
    for (const row of list) {
      if (row.entity === 'Observation' && row.id === null) nameless.push(row);
      for (const r of row.related.values()) walk(r.rows);
    }
  };
  walk(rows);
  if (!nameless.length) return;
  const found = await giveIds(
    hub,
    nameless.map((r) => ({ stream: r.keys.stream!, at: r.at! })),
  );
  for (const row of nameless) row.keys.id = row.id = found.get(`${row.keys.stream}/${row.at}`)!;
}
/** Identifiers of readings from the sequence, kept beside them; microseconds since 1970 as text. */
export async function giveIds(hub: { sql: Hub['sql'] }, keys: { stream: string; at: string }[]): Promise<Map<string, string>> {
  const list = await hub.sql<{ stream: string; at: string; id: string }[]>`
    insert into observation_extras as x (stream, at, id)
    select s, timestamptz 'epoch' + u * interval '1 microsecond', (nextval('observation_extra_ids') << 2) | 3
    from (select distinct s, u from unnest(${array(keys.map((k) => k.stream))}::text::bigint[], ${array(keys.map((k) => k.at))}::text::bigint[]) as k (s, u)) k
    on conflict (stream, at) do update set id = coalesce(x.id, excluded.id)
    returning stream::text, ((extract(epoch from at) * 1000000)::bigint)::text as at, id::text`;
  return new Map(list.map((x) => [`${x.stream}/${x.at}`, x.id]));
}

const time = (us: string | null | undefined): string | null => (us === null || us === undefined ? null : formatInstant(BigInt(us)));

/** A property as JSON; undefined where there is none. */
export function valueOf(row: Row, name: string): unknown {
  const [a, b] = row.cells.get(name) ?? [];
  const p = entities[row.entity].properties.find((x) => x.name === name)!;
  if (name === 'observedArea') {
    if (!a) return undefined;
    const points = (JSON.parse(a) as unknown[]).flatMap((g) => {
      const s = shapeOfGeoJson(g);
      return s ? pointsOf(s) : [];
    });
    return hullOf(points);
  }
  switch (p.type) {
    case 'text':
      return a ?? undefined;
    case 'json':
    case 'geo': {
      if (a === null || a === undefined || a === 'null') return undefined;
      // No properties at all is none.
      if (a === '{}' && (name === 'properties' || name === 'parameters')) return undefined;
      return parseStored(a);
    }
    case 'instant':
      return time(a) ?? undefined;
    case 'interval':
      return a == null || b == null ? undefined : `${time(a)}/${time(b)}`;
    case 'time':
      return a == null ? undefined : b == null ? time(a) : `${time(a)}/${time(b)}`;
    case 'result':
      switch (a) {
        case '0':
          return resultNumber(b!);
        case '1':
          return b;
        case '2':
          return b === '1';
        case '3':
          return parseStored(b!);
        default:
          return null;
      }
  }
}
/** A double as JavaScript writes it; a longer notation as it was sent. */
function resultNumber(text: string): unknown {
  const n = Number(text);
  return Number.isFinite(n) && (String(n) === text || text.length < 16) ? n : numberAs(text);
}

export interface Writer {
  /** Absolute root with the version: `https://h/sta/v1.1`. */
  base: string;
}

/** One entity. */
export function entityJson(w: Writer, row: Row): Record<string, unknown> {
  const e = entities[row.entity];
  const self = selfLink(w.base, row.entity, row.id!);
  const out: Record<string, unknown> = {};
  const select = row.options.select;
  const has = (name: string) => !select || select.includes(name);
  if (!select || select.includes('id') || select.includes('@iot.id')) out['@iot.id'] = idNumber(row.id!);
  if (!select || select.includes('@iot.selfLink') || select.includes('selfLink')) out['@iot.selfLink'] = self;
  for (const p of e.properties) {
    if (!has(p.name)) continue;
    const v = valueOf(row, p.name);
    if (v !== undefined) out[p.name] = v;
    else if (p.nullable) out[p.name] = null;
  }
  for (const r of e.relations) {
    const related = row.related.get(r.name);
    if (related) writeRelated(w, out, self, related);
    else if (has(r.name)) out[`${r.name}@iot.navigationLink`] = `${self}/${r.name}`;
  }
  return out;
}

function writeRelated(w: Writer, out: Record<string, unknown>, self: string, related: Related): void {
  const name = related.relation.name;
  if (!related.relation.many) {
    const [row] = related.rows;
    if (row) out[name] = entityJson(w, row);
    return;
  }
  if (related.count !== undefined) out[`${name}@iot.count`] = related.count;
  out[name] = related.rows.map((row) => entityJson(w, row));
  if (related.more) out[`${name}@iot.nextLink`] = nextLink(`${self}/${name}`, related.relation.to, related.options, related.rows, related.top);
}

/** Where a list goes on: after the last reading shown, or by counting. */
export function nextLink(url: string, entity: EntityName, options: Options, rows: readonly Row[], top: number): string {
  const mode = tokenMode(entity, options);
  const last = rows.at(-1);
  const replace: Record<string, string> = mode && last ? { $skiptoken: `${mode}.${last.keys.stream}.${last.at}` } : { $skip: String(options.skip + top) };
  return `${url}?${queryOf(options.raw, { ...(options.top === undefined ? {} : { $top: String(options.top) }), ...replace })}`;
}

/** The answer to a GET of a list. */
export function listJson(w: Writer, url: string, entity: EntityName, options: Options, list: { rows: Row[]; more: boolean; top: number; count?: number }): Record<string, unknown> {
  return {
    ...(list.count === undefined ? {} : { '@iot.count': list.count }),
    ...(list.more ? { '@iot.nextLink': nextLink(url, entity, options, list.rows, list.top) } : {}),
    value: list.rows.map((row) => entityJson(w, row)),
  };
}

/** `$resultFormat=dataArray`: readings in columns, one block a stream (STA-061). */
export function dataArrayJson(w: Writer, url: string, options: Options, list: { rows: Row[]; more: boolean; top: number; count?: number }): Record<string, unknown> {
  const names = options.select
    ? options.select.filter((n) => n === 'id' || n === '@iot.id' || entities.Observation.properties.some((p) => p.name === n))
    : ['id', 'phenomenonTime', 'result', 'resultTime'];
  const extra = options.select ? [] : ['resultQuality', 'validTime', 'parameters'].filter((n) => list.rows.some((r) => valueOf(r, n) !== undefined));
  const components = [...names, ...extra];
  const blocks = new Map<string, unknown[][]>();
  for (const row of list.rows) {
    const stream = row.keys.stream!;
    const block = blocks.get(stream) ?? [];
    block.push(components.map((n) => (n === 'id' || n === '@iot.id' ? idNumber(row.id!) : (valueOf(row, n) ?? null))));
    blocks.set(stream, block);
  }
  return {
    ...(list.count === undefined ? {} : { '@iot.count': list.count }),
    ...(list.more ? { '@iot.nextLink': nextLink(url, 'Observation', options, list.rows, list.top) } : {}),
    value: [...blocks].map(([stream, rows]) => ({
      'Datastream@iot.navigationLink': selfLink(w.base, 'Datastream', stream),
      components,
      'dataArray@iot.count': rows.length,
      dataArray: rows,
    })),
  };
}
