// PATCH, PUT and DELETE: columns by an allow-list, links by identifier, cascades as the standard orders them (OGC 18-088 §10.4).
import { type Input, geometryFault } from '#core/signals/sta/body.ts';
import { StaFault, bad } from '#core/signals/sta/fault.ts';
import { entities, type EntityName } from '#core/signals/sta/model.ts';
import { formatInstant, type Micros } from '#core/signals/sta/time.ts';
import { type Signals, signalsOf } from '../service.ts';
import { covers } from './caller.ts';
import { type Change, moveTo, note, rehang, retarget, seen, settle } from './create.ts';
import type { Row } from './fetch.ts';
import { changeReading, removeReadings } from './correct.ts';
import { Args, array } from './tables.ts';

/** Property → column and type. */
const COLUMNS: Partial<Record<EntityName, Record<string, [column: string, type: string]>>> = {
  Thing: { name: ['name', 'text'], description: ['description', 'text'], properties: ['properties', 'jsonb'] },
  Location: {
    name: ['name', 'text'],
    description: ['description', 'text'],
    encodingType: ['encoding_type', 'text'],
    location: ['location', 'jsonb'],
    properties: ['properties', 'jsonb'],
  },
  HistoricalLocation: { time: ['at', 'timestamptz'] },
  Datastream: {
    name: ['name', 'text'],
    description: ['description', 'text'],
    observationType: ['observation_type', 'text'],
    unitOfMeasurement: ['unit_definition', 'jsonb'],
    properties: ['properties', 'jsonb'],
  },
  Sensor: {
    name: ['name', 'text'],
    description: ['description', 'text'],
    encodingType: ['encoding_type', 'text'],
    metadata: ['metadata', 'jsonb'],
    properties: ['properties', 'jsonb'],
  },
  ObservedProperty: { name: ['name', 'text'], definition: ['definition', 'text'], description: ['description', 'text'], properties: ['properties', 'jsonb'] },
  FeatureOfInterest: {
    name: ['name', 'text'],
    description: ['description', 'text'],
    encodingType: ['encoding_type', 'text'],
    feature: ['feature', 'jsonb'],
    properties: ['properties', 'jsonb'],
  },
};
const TABLE: Record<EntityName, string> = {
  Thing: 'things',
  Location: 'locations',
  HistoricalLocation: 'historical_locations',
  Datastream: 'streams',
  Sensor: 'sensors',
  ObservedProperty: 'observed_properties',
  Observation: 'observations',
  FeatureOfInterest: 'features_of_interest',
};
/** What the hub shows of a thing among its properties belongs to the hub; sent back it is not stored a second time. */
const SHOWN = ['code', 'profile', 'kind', 'unit', 'status', 'address'];

/** Whoever keeps the top of the hub keeps what belongs to no unit. */
const everywhere = (paths: readonly string[]): boolean => paths.some((p) => !p.includes('.'));
async function mayChange(c: Change, row: Row): Promise<string | null> {
  const found = await seen(c, row.entity, row.id!);
  if (!found) throw new StaFault(404, `没有 ${entities[row.entity].set}(${row.id})`);
  const allowed = found.unit === null ? everywhere(c.caller.manage) : covers(c.caller.manage, found.unit);
  if (!allowed) throw new StaFault(403, '需要权限：thing.manage');
  return found.unit;
}

/** Changes one entity: what is named (PATCH), or all of it (`replace`, PUT). */
export async function change(c: Change, row: Row, input: Input, replace: boolean): Promise<void> {
  for (const [name, list] of input.links) for (const l of list) if (l.id === undefined) throw bad('更新时只能以 {"@iot.id": …} 关联已有实体', `/${name}`);
  const { entity } = row;
  const id = row.id!;
  if (entity === 'Observation') {
    await changeReading(c, row, input, replace);
    return;
  }
  const unit = await mayChange(c, row);
  const columns = COLUMNS[entity]!;
  const names = Object.keys(columns).filter((n) => input.values.has(n) || (replace && !entities[entity].properties.find((p) => p.name === n)!.required));
  if (entity === 'Location' || entity === 'FeatureOfInterest') await checkGeometry(c, entity, id, input);
  const args = new Args();
  const sets: string[] = [];
  for (const name of names) {
    const [column, type] = columns[name]!;
    let value = input.values.get(name);
    if (name === 'properties') value = await properties(c, entity, id, value);
    sets.push(
      `${column} = ${type === 'jsonb' ? args.add(JSON.stringify(value ?? {}), 'jsonb') : args.add(type === 'timestamptz' ? formatInstant(value as Micros) : String(value ?? ''), type)}`,
    );
    if (name === 'unitOfMeasurement')
      sets.push(`unit = ${args.add(((value as { symbol?: string; name?: string }).symbol ?? (value as { name?: string }).name ?? '').slice(0, 100))}`);
  }
  if (entity === 'Thing' && sets.length) sets.push('version = version + 1');
  if (sets.length) await c.sql.unsafe(`update ${TABLE[entity]} set ${sets.join(', ')} where id = ${args.add(id, 'bigint')}`, args.values as never[]);
  // A place that was drawn anew is another feature for the readings to come; those before keep theirs.
  if (entity === 'Location' && input.values.has('location')) {
    await c.sql`update features_of_interest set location_id = null where location_id = ${id}`;
    for (const t of await c.sql<{ id: string }[]>`select thing_id::text as id from thing_locations where location_id = ${id}`)
      await moveTo(
        c,
        t.id,
        (await c.sql<{ id: string }[]>`select location_id::text as id from thing_locations where thing_id = ${t.id}`).map((x) => x.id),
      );
  }
  await relink(c, row, input);
  if (sets.length || input.links.size) {
    note(c, entity, id, 'changed', { names: [...names, ...input.links.keys()] }, unit);
    c.touched.push({ entity, id, how: 'changed', names });
  }
}

async function checkGeometry(c: Change, entity: 'Location' | 'FeatureOfInterest', id: string, input: Input): Promise<void> {
  const name = entity === 'Location' ? 'location' : 'feature';
  if (!input.values.has(name)) return;
  const [row] =
    entity === 'Location'
      ? await c.sql<{ e: string }[]>`select encoding_type as e from locations where id = ${id}`
      : await c.sql<{ e: string }[]>`select encoding_type as e from features_of_interest where id = ${id}`;
  const fault = geometryFault(input.values.get('encodingType') ?? row!.e, input.values.get(name));
  if (fault) throw bad(fault, `/${name}`);
}

async function properties(c: Change, entity: EntityName, id: string, value: unknown): Promise<unknown> {
  if (entity !== 'Thing' || !value) return value ?? {};
  const [thing] = await c.sql<{ profile: string }[]>`select profile from things where id = ${id}`;
  if (thing!.profile === 'sensorthings') return value;
  return Object.fromEntries(Object.entries(value).filter(([k]) => !SHOWN.includes(k)));
}

async function relink(c: Change, row: Row, input: Input): Promise<void> {
  const id = row.id!;
  const ids = (name: string) => (input.links.get(name) ?? []).map((l) => l.id!);
  const known = async (entity: EntityName, list: string[], at: string) => {
    for (const x of list) if (!(await seen(c, entity, x))) throw bad(`没有 ${entities[entity].set}(${x})`, `/${at}`);
    return list;
  };
  switch (row.entity) {
    case 'Thing': {
      const places = await known('Location', ids('Locations'), 'Locations');
      if (places.length) await settle(c, id, places);
      for (const s of ids('Datastreams')) await rehang(c, s, id, '/Datastreams');
      if (input.links.has('HistoricalLocations')) throw bad('HistoricalLocation 不能改属其他 Thing', '/HistoricalLocations');
      return;
    }
    case 'Location':
      for (const t of ids('Things')) {
        const found = await seen(c, 'Thing', t);
        if (!found) throw bad(`没有 Things(${t})`, '/Things');
        if (!covers(c.caller.manage, found.unit!)) throw new StaFault(403, `无权维护 Things(${t})`, '/Things');
        await settle(c, t, [id]);
      }
      return;
    case 'HistoricalLocation': {
      const places = await known('Location', ids('Locations'), 'Locations');
      if (places.length) {
        await c.sql`delete from historical_location_places where historical_location_id = ${id}`;
        for (const p of new Set(places)) await c.sql`insert into historical_location_places (historical_location_id, location_id) values (${id}, ${p})`;
      }
      const [thing] = ids('Thing');
      if (thing) {
        const found = await seen(c, 'Thing', thing);
        if (!found) throw bad(`没有 Things(${thing})`, '/Thing');
        if (!covers(c.caller.manage, found.unit!)) throw new StaFault(403, `无权维护 Things(${thing})`, '/Thing');
        await c.sql`update historical_locations set thing_id = ${thing} where id = ${id}`;
      }
      return;
    }
    case 'Datastream': {
      const [thing] = ids('Thing');
      if (thing) {
        if (!(await seen(c, 'Thing', thing))) throw bad(`没有 Things(${thing})`, '/Thing');
        await rehang(c, id, thing, '/Thing');
      }
      for (const [name, column] of [
        ['Sensor', 'sensor_id'],
        ['ObservedProperty', 'property_id'],
      ] as const) {
        const [x] = await known(name, ids(name), name);
        if (x) await retarget(c, id, column, x, `/${name}`);
      }
      if (input.links.has('Observations')) throw bad('请在 Observation 上修改 Datastream', '/Observations');
      return;
    }
    case 'Sensor':
    case 'ObservedProperty':
      for (const s of ids('Datastreams')) await retarget(c, s, row.entity === 'Sensor' ? 'sensor_id' : 'property_id', id, '/Datastreams');
      return;
    case 'FeatureOfInterest':
      if (input.links.has('Observations')) throw bad('请在 Observation 上修改 FeatureOfInterest', '/Observations');
  }
}

/** Most readings that one request may take away with an entity; more is the work of retention, not of a click (STA-058). */
const MAX_READINGS = 100_000;

/** Removes an entity and what cannot be without it (STA-057). */
export async function remove(c: Change, row: Row): Promise<void> {
  const { entity } = row;
  const id = row.id!;
  if (entity === 'Observation') {
    const { unit } = (await seen(c, 'Observation', id)) ?? {};
    if (!unit || !covers(c.caller.manage, unit)) throw new StaFault(403, '需要权限：thing.manage');
    await removeReadings(c, [{ stream: row.keys.stream!, at: row.at! }]);
    note(c, 'Observation', id, 'removed', { stream: row.keys.stream, at: formatInstant(BigInt(row.at!)) }, unit);
    c.touched.push({ entity, id, how: 'removed' });
    return;
  }
  const unit = await mayChange(c, row);
  let readings = 0;
  switch (entity) {
    case 'Thing':
      readings = await removeStreams(
        c,
        (await c.sql<{ id: string }[]>`select id::text from streams where thing_id = ${id}`).map((x) => x.id),
      );
      await c.sql`delete from placements where thing_id = ${id}`;
      await c.sql`delete from probes where thing_id = ${id}`;
      await c.sql`delete from things where id = ${id}`;
      break;
    case 'Datastream':
      readings = await removeStreams(c, [id]);
      break;
    case 'Sensor':
    case 'ObservedProperty': {
      const streams = await c.sql<{ id: string; unit: string }[]>`select s.id::text, t.unit from streams s join things t on t.id = s.thing_id
        where ${entity === 'Sensor' ? c.sql`s.sensor_id = ${id}` : c.sql`s.property_id = ${id}`}`;
      if (streams.some((s) => !covers(c.caller.manage, s.unit))) throw new StaFault(403, '还有其他单位的数据流使用它');
      readings = await removeStreams(
        c,
        streams.map((s) => s.id),
      );
      await c.sql.unsafe(`delete from ${TABLE[entity]} where id = $1::text::bigint`, [id]);
      break;
    }
    case 'Location': {
      const things = await c.sql<
        { id: string; unit: string }[]
      >`select t.id::text, t.unit from thing_locations tl join things t on t.id = tl.thing_id where tl.location_id = ${id}`;
      if (things.some((t) => !covers(c.caller.manage, t.unit))) throw new StaFault(403, '还有其他单位的设备在此位置');
      await c.sql`delete from historical_locations h using historical_location_places p where p.historical_location_id = h.id and p.location_id = ${id}`;
      await c.sql`delete from locations where id = ${id}`;
      break;
    }
    case 'HistoricalLocation':
      await c.sql`delete from historical_locations where id = ${id}`;
      break;
    case 'FeatureOfInterest': {
      const keys = await c.sql<{ stream: string; at: string; unit: string }[]>`
        select o.stream::text, ((extract(epoch from o.at) * 1000000)::bigint)::text as at, t.unit
        from observations o join streams s on s.id = o.stream join things t on t.id = s.thing_id left join observation_extras x on x.stream = o.stream and x.at = o.at
        where o.stream in (select f.id from streams f where f.foi_id = ${id} union select e.stream from observation_extras e where e.foi_id = ${id}) and coalesce(x.foi_id, s.foi_id) = ${id} limit ${MAX_READINGS + 1}`;
      if (keys.length > MAX_READINGS) throw new StaFault(409, `其下读数超过 ${MAX_READINGS} 条，不能随之删除`);
      if (keys.some((k) => !covers(c.caller.manage, k.unit))) throw new StaFault(403, '还有其他单位的读数属于它');
      readings = keys.length;
      await removeReadings(c, keys);
      await c.sql`delete from features_of_interest where id = ${id}`;
      break;
    }
  }
  note(c, entity, id, 'removed', { readings }, unit);
  c.touched.push({ entity, id, how: 'removed' });
}

/** Removes streams with their readings and everything that is kept of them; gives how many readings went. */
async function removeStreams(c: Change, ids: string[]): Promise<number> {
  if (!ids.length) return 0;
  const list = array(ids);
  const [n] = await c.sql<{ n: number }[]>`select count(*)::int as n from (select 1 from observations where stream = any(${list}::text::bigint[]) limit ${MAX_READINGS + 1}) x`;
  if (n!.n > MAX_READINGS) throw new StaFault(409, `其下读数超过 ${MAX_READINGS} 条，不能随之删除；请先停用设备`);
  await c.sql`delete from observations where stream = any(${list}::text::bigint[])`;
  for (const table of ['observation_extras', 'stream_heads', 'stream_hours', 'quarantine'])
    await c.sql.unsafe(`delete from ${table} where stream = any($1::text::bigint[])`, [list]);
  await c.sql`delete from calibrations where stream_id = any(${list}::text::bigint[])`;
  await c.sql`delete from streams where id = any(${list}::text::bigint[])`;
  const signals = signalsOf(c.work.hub);
  c.after.push(() => forget(signals, ids));
  return n!.n;
}

/** Readings for a stream that is gone are refused from now on, as for one that never was. */
function forget({ registry }: Signals, ids: string[]): void {
  for (const id of ids) {
    const row = registry.byId.get(id);
    if (!row) continue;
    registry.byId.delete(id);
    registry.byCode.delete(`${row.thing}/${row.code}`);
    registry.names.add(id, -1);
    registry.names.add(`${row.thing}/${row.code}`, -1);
  }
}
