// Makes entities with everything nested in them, in one transaction: all of a body or nothing of it (STA-053).
import { type Input, type Link, geometryFault } from '#core/signals/sta/body.ts';
import { StaFault, bad } from '#core/signals/sta/fault.ts';
import { type EntityName, relationOf } from '#core/signals/sta/model.ts';
import { shapeOfGeoJson } from '#core/signals/sta/shape.ts';
import { formatInstant, type Micros } from '#core/signals/sta/time.ts';
import type { NewFact } from '#core/fact.ts';
import type { Sql } from '../../platform/db.ts';
import type { Work } from '../../platform/hub.ts';
import { type Caller, covers, viewOf } from './caller.ts';
import { type Draft, type Kept, draftOf } from './readings.ts';
import { Args, tables } from './tables.ts';

/** One change at work: what it made is told to listeners after the commit. */
export interface Change {
  work: Work;
  sql: Sql;
  caller: Caller;
  /** Domain time in microseconds, on a whole millisecond. */
  now: Micros;
  touched: { entity: EntityName; id: string; how: 'made' | 'changed' | 'removed'; names?: string[] }[];
  facts: NewFact[];
  drafts: Draft[];
  /** Filled when the drafts are stored, in their order. */
  kept: Kept[];
  /** Runs after the commit. */
  after: (() => void)[];
}
/** Relations that the URL or the surrounding entity gives: an identifier, or -1 and the index of a draft. */
export type Given = ReadonlyMap<string, string>;
export interface Made {
  entity: EntityName;
  /** Of an Observation: undefined until it is stored; then `kept[draft].id`. */
  id?: string;
  draft?: number;
}

const iso = (us: unknown): string => formatInstant(us as Micros);
const json = (value: unknown): string => JSON.stringify(value ?? {});
const KINDS: Record<EntityName, string> = {
  Thing: 'thing',
  Location: 'location',
  HistoricalLocation: 'historical-location',
  Datastream: 'stream',
  Sensor: 'sensor',
  ObservedProperty: 'observed-property',
  Observation: 'reading',
  FeatureOfInterest: 'feature',
};
export const subjectOf = (entity: EntityName, id: string): string => `${KINDS[entity]}:${id}`;
export function note(c: Change, entity: EntityName, id: string, how: 'registered' | 'changed' | 'removed', data: Record<string, unknown>, unit?: string | null): void {
  c.facts.push({ kind: `${KINDS[entity]}.${how}`, subject: subjectOf(entity, id), data, ...(unit ? { unit } : {}) });
}

/** An entity that exists and may be seen; the unit of a thing or of a stream's thing with it. */
export async function seen(c: Pick<Change, 'sql' | 'caller'>, entity: EntityName, id: string): Promise<{ unit: string | null } | undefined> {
  const args = new Args();
  const t = tables[entity];
  const unit = entity === 'Datastream' || entity === 'HistoricalLocation' || entity === 'Observation' ? 'mt.unit' : 'm.unit';
  const rows = await c.sql.unsafe<{ unit: string | null }[]>(
    `select ${unit} as unit from ${t.from('m')} where ${t.visible('m', args, viewOf(c.caller))} and ${t.id('m')} = ${args.add(id, 'bigint')}`,
    args.values as never[],
  );
  return rows[0];
}
async function linked(c: Change, entity: EntityName, id: string, at: string): Promise<{ unit: string | null }> {
  const found = await seen(c, entity, id);
  if (!found) throw bad(`没有 ${entity}(${id})`, at);
  return found;
}
/** A thing that may be changed. */
async function managed(c: Change, id: string, at: string): Promise<string> {
  const { unit } = await linked(c, 'Thing', id, at);
  if (!covers(c.caller.manage, unit!)) throw new StaFault(403, `无权维护 Things(${id})`, at);
  return unit!;
}
/** The unit that new shared entities belong to: of what they are part of, else of the caller where it may keep entities. */
function homeOf(c: Change, unit: string | undefined): string {
  if (unit !== undefined) return unit;
  const own = c.caller.actor.unit.path;
  if (covers(c.caller.manage, own) || covers(c.caller.write, own)) return own;
  const [first] = c.caller.manage;
  if (first) return first;
  throw new StaFault(403, '需要权限：thing.manage');
}

/** Makes one entity and what is nested in it. `unit`: of the entity it is part of. */
export async function make(c: Change, input: Input, given: Given = new Map(), unit?: string): Promise<Made> {
  if (input.entity !== 'Observation' && !(input.entity === 'FeatureOfInterest' && c.caller.write.length) && !c.caller.manage.length)
    throw new StaFault(403, '需要权限：thing.manage');
  const maker = makers[input.entity];
  const made = await maker(c, input, given, unit);
  if (made.id !== undefined) c.touched.push({ entity: input.entity, id: made.id, how: 'made' });
  return made;
}

/** The identifier of a single related entity: given, named or made now. */
async function one(c: Change, input: Input, name: string, given: Given, unit?: string): Promise<string> {
  const link = input.links.get(name)?.[0];
  const fixed = given.get(name);
  if (fixed !== undefined) return fixed;
  if (!link) throw bad(`缺少必须关联的 ${name}`, `${input.at}/${name}`);
  return target(c, input, name, link, unit);
}
async function target(c: Change, input: Input, name: string, link: Link, unit?: string): Promise<string> {
  const to = relationOf(input.entity, name)!.to;
  if (link.id === undefined) return (await make(c, link.input, new Map(), unit)).id!;
  await linked(c, to, link.id, `${input.at}/${name}`);
  return link.id;
}

function geometry(input: Input, name: string): void {
  const fault = geometryFault(input.values.get('encodingType'), input.values.get(name));
  if (fault) throw bad(fault, `${input.at}/${name}`);
}

type Maker = (c: Change, input: Input, given: Given, unit: string | undefined) => Promise<Made>;
const makers: Record<EntityName, Maker> = {
  async Thing(c, input) {
    const properties = (input.values.get('properties') ?? {}) as Record<string, unknown>;
    const asked = properties.unit;
    let unit = homeOf(c, undefined);
    if (typeof asked === 'string' && covers(c.caller.manage, asked)) {
      const [there] = await c.sql`select 1 from units where path = ${asked} and active`;
      if (there) unit = asked;
    }
    if (!covers(c.caller.manage, unit)) [unit] = c.caller.manage as [string];
    const [row] = await c.sql<{ id: string }[]>`
      with n as (select nextval(pg_get_serial_sequence('things', 'id')) as id)
      insert into things (id, realm, code, name, description, profile, kind, unit, interval_s, properties, created_at) overriding system value
      select id, ${c.work.realm}, 'sta-' || id, ${text(input, 'name')}, ${text(input, 'description')}, 'sensorthings', 'iot', ${unit}, 86400, ${json(properties)}::text::jsonb, ${c.work.at} from n
      returning id::text`;
    const id = row!.id;
    note(c, 'Thing', id, 'registered', { code: `sta-${id}`, name: text(input, 'name') }, unit);
    const places: string[] = [];
    for (const link of input.links.get('Locations') ?? []) places.push(await target(c, input, 'Locations', link, unit));
    if (places.length) await settle(c, id, places);
    for (const link of input.links.get('Datastreams') ?? []) {
      if (link.id === undefined) await make(c, link.input, new Map([['Thing', id]]), unit);
      else await rehang(c, link.id, id, `${input.at}/Datastreams`);
    }
    for (const link of input.links.get('HistoricalLocations') ?? []) {
      if (link.id !== undefined) throw bad('HistoricalLocation 不能改属其他 Thing', `${input.at}/HistoricalLocations`);
      await make(c, link.input, new Map([['Thing', id]]), unit);
    }
    return { entity: 'Thing', id };
  },

  async Location(c, input, given, unit) {
    geometry(input, 'location');
    const things: string[] = given.get('Things') ? [given.get('Things')!] : [];
    let home = unit;
    for (const t of things) home ??= await managed(c, t, input.at);
    for (const link of input.links.get('Things') ?? [])
      if (link.id !== undefined) {
        home ??= await managed(c, link.id, `${input.at}/Things`);
        things.push(link.id);
      } else things.push((await make(c, link.input, new Map(), unit)).id!);
    const owner = homeOf(c, home);
    const [row] = await c.sql<{ id: string }[]>`insert into locations (realm, name, description, encoding_type, location, properties, unit)
      values (${c.work.realm}, ${text(input, 'name')}, ${text(input, 'description')}, ${text(input, 'encodingType')}, ${json(input.values.get('location'))}::text::jsonb, ${json(input.values.get('properties'))}::text::jsonb, ${owner}) returning id::text`;
    const id = row!.id;
    note(c, 'Location', id, 'registered', { name: text(input, 'name') }, owner);
    for (const t of things) {
      await managed(c, t, `${input.at}/Things`);
      await settle(c, t, [id]);
    }
    for (const link of input.links.get('HistoricalLocations') ?? [])
      if (link.id === undefined) await make(c, link.input, new Map([['Locations', id]]), unit);
      else await addPlace(c, link.id, id, `${input.at}/HistoricalLocations`);
    const past = given.get('HistoricalLocations');
    if (past) await addPlace(c, past, id, input.at);
    return { entity: 'Location', id };
  },

  async HistoricalLocation(c, input, given, unit) {
    const thing = await one(c, input, 'Thing', given, unit);
    const home = await managed(c, thing, `${input.at}/Thing`);
    const places = given.get('Locations') ? [given.get('Locations')!] : [];
    for (const link of input.links.get('Locations') ?? []) places.push(await target(c, input, 'Locations', link, home));
    if (!places.length) throw bad('缺少必须关联的 Locations', `${input.at}/Locations`);
    const at = iso(input.values.get('time'));
    const [latest] = await c.sql<{ newer: boolean }[]>`select coalesce(max(at) < ${at}::text::timestamptz, true) as newer from historical_locations where thing_id = ${thing}`;
    const id = await remember(c, thing, at, places);
    if (latest!.newer) await moveTo(c, thing, places);
    note(c, 'HistoricalLocation', id, 'registered', { thing, at }, home);
    return { entity: 'HistoricalLocation', id };
  },

  async Datastream(c, input, given, unit) {
    const thing = await one(c, input, 'Thing', given, unit);
    const home = await managed(c, thing, `${input.at}/Thing`);
    const sensor = await one(c, input, 'Sensor', given, home);
    const property = await one(c, input, 'ObservedProperty', given, home);
    const unitOf = input.values.get('unitOfMeasurement') as { symbol?: string | null; name?: string | null };
    // The hub's own streams take a reading sent again as the same one; a Datastream keeps every Observation, unless it says otherwise.
    const dedupe = (input.values.get('properties') as { dedupe?: unknown } | undefined)?.dedupe === 'key' ? 'key' : 'all';
    const [row] = await c.sql<{ id: string }[]>`
      with n as (select nextval(pg_get_serial_sequence('streams', 'id')) as id)
      insert into streams (id, thing_id, code, name, description, unit, unit_definition, observation_type, sensor_id, property_id, dedupe, properties) overriding system value
      select id, ${thing}::text::bigint, 'ds-' || id, ${text(input, 'name')}, ${text(input, 'description')}, ${(unitOf.symbol ?? unitOf.name ?? '').slice(0, 100)}, ${json(unitOf)}::text::jsonb,
        ${text(input, 'observationType')}, ${sensor}::text::bigint, ${property}::text::bigint, ${dedupe}, ${json(input.values.get('properties'))}::text::jsonb from n
      returning id::text`;
    const id = row!.id;
    note(c, 'Datastream', id, 'registered', { thing, name: text(input, 'name') }, home);
    for (const link of input.links.get('Observations') ?? []) {
      if (link.id !== undefined) throw bad('Observation 不能改属其他 Datastream', `${input.at}/Observations`);
      await make(c, link.input, new Map([['Datastream', id]]), home);
    }
    return { entity: 'Datastream', id };
  },

  async Sensor(c, input, _given, unit) {
    const home = homeOf(c, unit);
    const [row] = await c.sql<{ id: string }[]>`insert into sensors (name, description, encoding_type, metadata, properties, unit)
      values (${text(input, 'name')}, ${text(input, 'description')}, ${text(input, 'encodingType')}, ${json(input.values.get('metadata'))}::text::jsonb, ${json(input.values.get('properties'))}::text::jsonb, ${home}) returning id::text`;
    const id = row!.id;
    note(c, 'Sensor', id, 'registered', { name: text(input, 'name') }, home);
    await streamsOf(c, input, 'Sensor', id, home);
    return { entity: 'Sensor', id };
  },

  async ObservedProperty(c, input, _given, unit) {
    const home = homeOf(c, unit);
    const [row] = await c.sql<{ id: string }[]>`insert into observed_properties (name, definition, description, properties, unit)
      values (${text(input, 'name')}, ${text(input, 'definition')}, ${text(input, 'description')}, ${json(input.values.get('properties'))}::text::jsonb, ${home}) returning id::text`;
    const id = row!.id;
    note(c, 'ObservedProperty', id, 'registered', { name: text(input, 'name') }, home);
    await streamsOf(c, input, 'ObservedProperty', id, home);
    return { entity: 'ObservedProperty', id };
  },

  async FeatureOfInterest(c, input, _given, unit) {
    geometry(input, 'feature');
    const home = homeOf(c, unit);
    const [row] = await c.sql<{ id: string }[]>`insert into features_of_interest (realm, name, description, encoding_type, feature, properties, unit)
      values (${c.work.realm}, ${text(input, 'name')}, ${text(input, 'description')}, ${text(input, 'encodingType')}, ${json(input.values.get('feature'))}::text::jsonb, ${json(input.values.get('properties'))}::text::jsonb, ${home}) returning id::text`;
    const id = row!.id;
    note(c, 'FeatureOfInterest', id, 'registered', { name: text(input, 'name') }, home);
    for (const link of input.links.get('Observations') ?? []) {
      if (link.id !== undefined) throw bad('请在 Observation 上修改 FeatureOfInterest', `${input.at}/Observations`);
      await make(c, link.input, new Map([['FeatureOfInterest', id]]), home);
    }
    return { entity: 'FeatureOfInterest', id };
  },

  async Observation(c, input, given, unit) {
    const stream = await placeOf(c, await one(c, input, 'Datastream', given, unit), input.at);
    const link = input.links.get('FeatureOfInterest')?.[0];
    const foi = given.get('FeatureOfInterest') ?? (link && (await target(c, input, 'FeatureOfInterest', link, stream.unit)));
    c.drafts.push(draftOf(input, stream, c.now, await featureFor(c, stream, foi, input.at)));
    return { entity: 'Observation', draft: c.drafts.length - 1 };
  },
};
const text = (input: Input, name: string): string => input.values.get(name) as string;

async function streamsOf(c: Change, input: Input, name: string, id: string, unit: string): Promise<void> {
  for (const link of input.links.get('Datastreams') ?? []) {
    if (link.id === undefined) await make(c, link.input, new Map([[name, id]]), unit);
    else await retarget(c, link.id, name === 'Sensor' ? 'sensor_id' : 'property_id', id, `${input.at}/Datastreams`);
  }
}

/** Puts a stream under another thing. */
export async function rehang(c: Change, stream: string, thing: string, at: string): Promise<void> {
  await owned(c, stream, at);
  await managed(c, thing, at);
  await c.sql`update streams set thing_id = ${thing} where id = ${stream}`;
  c.touched.push({ entity: 'Datastream', id: stream, how: 'changed' });
}
export async function retarget(c: Change, stream: string, column: 'sensor_id' | 'property_id', id: string, at: string): Promise<void> {
  await owned(c, stream, at);
  await (column === 'sensor_id' ? c.sql`update streams set sensor_id = ${id} where id = ${stream}` : c.sql`update streams set property_id = ${id} where id = ${stream}`);
  c.touched.push({ entity: 'Datastream', id: stream, how: 'changed' });
}
async function owned(c: Change, stream: string, at: string): Promise<void> {
  const { unit } = await linked(c, 'Datastream', stream, at);
  if (!covers(c.caller.manage, unit!)) throw new StaFault(403, `无权维护 Datastreams(${stream})`, at);
}

/** The thing is at these locations from now on: the history gets an entry (STA-054). */
export async function settle(c: Change, thing: string, places: string[]): Promise<void> {
  await remember(c, thing, c.work.at.toISOString(), places);
  await moveTo(c, thing, places);
}
async function remember(c: Change, thing: string, at: string, places: string[]): Promise<string> {
  const [row] = await c.sql<{ id: string }[]>`insert into historical_locations (thing_id, at) values (${thing}, ${at}::text::timestamptz) returning id::text`;
  for (const p of new Set(places)) await c.sql`insert into historical_location_places (historical_location_id, location_id) values (${row!.id}, ${p})`;
  c.touched.push({ entity: 'HistoricalLocation', id: row!.id, how: 'made' });
  return row!.id;
}
async function addPlace(c: Change, past: string, place: string, at: string): Promise<void> {
  const { unit } = await linked(c, 'HistoricalLocation', past, at);
  if (!covers(c.caller.manage, unit!)) throw new StaFault(403, `无权维护 HistoricalLocations(${past})`, at);
  await c.sql`insert into historical_location_places (historical_location_id, location_id) values (${past}, ${place}) on conflict do nothing`;
}
/** Sets the locations of a thing and, from a point among them, its place on the hub's map. */
export async function moveTo(c: Change, thing: string, places: string[]): Promise<void> {
  await c.sql`delete from thing_locations where thing_id = ${thing}`;
  for (const p of new Set(places)) await c.sql`insert into thing_locations (thing_id, location_id) values (${thing}, ${p})`;
  const rows = await c.sql<{ location: string }[]>`select l.location::text from thing_locations tl join locations l on l.id = tl.location_id where tl.thing_id = ${thing}`;
  for (const r of rows) {
    const point = shapeOfGeoJson(JSON.parse(r.location))?.points[0];
    if (!point || Math.abs(point[0]) > 180 || Math.abs(point[1]) > 90) continue;
    await c.sql`update things set lon = ${point[0]}, lat = ${point[1]} where id = ${thing}`;
    break;
  }
}

export interface StreamPlace {
  id: string;
  all: boolean;
  unit: string;
  /** Feature of readings that name none. */
  foi: string | null;
  location: string | null;
  /** The feature made from that location. */
  auto: string | null;
}
/** A stream that the caller may write readings to; 400 when it is not there (a link to nothing), 403 when it may only be seen. */
export async function placeOf(c: Pick<Change, 'sql' | 'caller'>, id: string, at: string): Promise<StreamPlace> {
  const [row] = await c.sql<StreamPlace[]>`
    select s.id::text, s.dedupe = 'all' as all, t.unit, s.foi_id::text as foi, l.id::text as location, (select f.id::text from features_of_interest f where f.location_id = l.id) as auto
    from streams s join things t on t.id = s.thing_id
    left join lateral (select p.id from thing_locations tl join locations p on p.id = tl.location_id where tl.thing_id = t.id order by (p.encoding_type ~* 'geo.json') desc, p.id limit 1) l on true
    where s.id = ${id}::text::bigint and t.realm = ${c.caller.realm}`;
  if (!row || !covers(c.caller.read, row.unit)) throw bad(`没有 Datastreams(${id})`, `${at}/Datastream`);
  if (!covers(c.caller.write, row.unit)) throw new StaFault(403, '需要权限：signal.write', `${at}/Datastream`);
  return row;
}

/** The feature a reading must name itself; null where it is the stream's own. Makes the feature of the thing's location when there is none yet (STA-052). */
export async function featureFor(c: Pick<Change, 'sql' | 'caller' | 'touched'>, s: StreamPlace, explicit: string | undefined, at: string): Promise<string | null> {
  let foi = explicit ?? s.auto;
  if (!foi) {
    if (!s.location) {
      if (!s.all) return null;
      throw bad('没有 FeatureOfInterest，且 Thing 没有 Location', `${at}/FeatureOfInterest`);
    }
    const [made] = await c.sql<{ id: string }[]>`insert into features_of_interest (realm, name, description, encoding_type, feature, location_id, unit)
      select realm, name, description, encoding_type, location, id, ${s.unit} from locations where id = ${s.location}
      on conflict (location_id) where location_id is not null do nothing returning id::text`;
    foi = made?.id ?? (await c.sql<{ id: string }[]>`select id::text from features_of_interest where location_id = ${s.location}`)[0]!.id;
    s.auto = foi;
    if (made) c.touched.push({ entity: 'FeatureOfInterest', id: foi, how: 'made' });
  }
  if (s.foi === null && s.all)
    s.foi = (await c.sql<{ foi: string }[]>`update streams set foi_id = coalesce(foi_id, ${foi}::text::bigint) where id = ${s.id} returning foi_id::text as foi`)[0]!.foi;
  return s.foi === foi ? null : foi;
}
