// How the eight entities lie over the hub's own tables: where each is, who may see it, how one leads to another. The allow-list of all SQL here.
import type { EntityName } from '#core/signals/sta/model.ts';

/** Values of a statement in order; every one goes as text and is cast where it stands, so that no driver guesses its type. */
export class Args {
  readonly values: (string | null)[] = [];
  /** `$n::text::type` for a value. */
  add(value: string | null, type = 'text'): string {
    this.values.push(value);
    return `($${this.values.length}::text${type === 'text' ? '' : `::${type}`})`;
  }
}
/** A list of integers as a PostgreSQL array literal. */
export const array = (ids: readonly string[]): string => `{${ids.join(',')}}`;

/** What of the hub a caller may see. */
export interface View {
  realm: string;
  /** Unit paths; `''` is everywhere. */
  read: readonly string[];
}

/** SQL condition that a unit column lies within the paths. */
function within(args: Args, column: string, paths: readonly string[]): string {
  if (paths.includes('')) return 'true';
  if (!paths.length) return 'false';
  return `(${paths.map((p) => `${column} = ${args.add(p)} or ${column} like ${args.add(`${p.replace(/[\\%_]/g, '\\$&')}.%`)}`).join(' or ')})`;
}
/** … or above them: what an upper unit describes for those below. */
function around(args: Args, column: string, paths: readonly string[]): string {
  if (paths.includes('')) return 'true';
  const above = paths.flatMap((p) => p.split('.').map((_, i, all) => all.slice(0, i + 1).join('.')));
  return `(${column} is null or ${within(args, column, paths)} or ${column} in (${above.map((p) => args.add(p)).join(', ') || "''"}))`;
}

/** A column of the row an alias stands for, as SQL; of a row that is known, its value. */
export type Columns = (column: KeyColumn) => string;
export type KeyColumn = 'id' | 'thing_id' | 'sensor_id' | 'property_id' | 'stream' | 'foi_id';

export interface Table {
  /** Tables and joins under an alias. */
  from(a: string): string;
  id(a: string): string;
  /** Last order of every list: stable, and by an index. */
  order(a: string): string[];
  /** Which of these columns there are. */
  keys: Partial<Record<KeyColumn, (a: string) => string>>;
  visible(a: string, args: Args, view: View): string;
}
const byId = (a: string) => `${a}.id`;
/** The feature of a reading: its own, or that of its stream. */
const feature = (a: string) => `coalesce(${a}x.foi_id, ${a}s.foi_id)`;
const thingSeen = (t: string, args: Args, view: View) => `${t}.realm = ${args.add(view.realm)} and ${within(args, `${t}.unit`, view.read)}`;

export const tables: Record<EntityName, Table> = {
  Thing: { from: (a) => `things ${a}`, id: byId, order: (a) => [`${a}.id`], keys: { id: byId }, visible: (a, args, view) => thingSeen(a, args, view) },
  Location: {
    from: (a) => `locations ${a}`,
    id: byId,
    order: (a) => [`${a}.id`],
    keys: { id: byId },
    visible: (a, args, view) =>
      `${a}.realm = ${args.add(view.realm)} and (${within(args, `${a}.unit`, view.read)} or exists (select 1 from thing_locations vl join things vt on vt.id = vl.thing_id where vl.location_id = ${a}.id and ${within(args, 'vt.unit', view.read)}))`,
  },
  HistoricalLocation: {
    from: (a) => `historical_locations ${a} join things ${a}t on ${a}t.id = ${a}.thing_id`,
    id: byId,
    order: (a) => [`${a}.id`],
    keys: { id: byId, thing_id: (a) => `${a}.thing_id` },
    visible: (a, args, view) => thingSeen(`${a}t`, args, view),
  },
  Datastream: {
    from: (a) => `streams ${a} join things ${a}t on ${a}t.id = ${a}.thing_id`,
    id: byId,
    order: (a) => [`${a}.id`],
    keys: { id: byId, thing_id: (a) => `${a}.thing_id`, sensor_id: (a) => `${a}.sensor_id`, property_id: (a) => `${a}.property_id` },
    visible: (a, args, view) => thingSeen(`${a}t`, args, view),
  },
  Sensor: { from: (a) => `sensors ${a}`, id: byId, order: (a) => [`${a}.id`], keys: { id: byId }, visible: (a, args, view) => around(args, `${a}.unit`, view.read) },
  ObservedProperty: {
    from: (a) => `observed_properties ${a}`,
    id: byId,
    order: (a) => [`${a}.id`],
    keys: { id: byId },
    visible: (a, args, view) => around(args, `${a}.unit`, view.read),
  },
  Observation: {
    from: (a) =>
      `observations ${a} join streams ${a}s on ${a}s.id = ${a}.stream join things ${a}t on ${a}t.id = ${a}s.thing_id left join observation_extras ${a}x on ${a}x.stream = ${a}.stream and ${a}x.at = ${a}.at`,
    id: (a) => `coalesce(${a}x.id, observation_id(${a}.stream, ${a}.at))`,
    order: (a) => [`${a}.stream`, `${a}.at`],
    keys: { stream: (a) => `${a}.stream`, foi_id: feature },
    visible: (a, args, view) => thingSeen(`${a}t`, args, view),
  },
  FeatureOfInterest: {
    from: (a) => `features_of_interest ${a}`,
    id: byId,
    order: (a) => [`${a}.id`],
    keys: { id: byId },
    visible: (a, args, view) =>
      `${a}.realm = ${args.add(view.realm)} and (${within(args, `${a}.unit`, view.read)}
        or exists (select 1 from streams vs join things vt on vt.id = vs.thing_id where vs.foi_id = ${a}.id and ${within(args, 'vt.unit', view.read)})
        or exists (select 1 from observation_extras ve join streams vs on vs.id = ve.stream join things vt on vt.id = vs.thing_id where ve.foi_id = ${a}.id and ${within(args, 'vt.unit', view.read)}))`,
  },
};

/** The tables of an entity as one thing to join. */
export const joinable = (entity: EntityName, a: string): string => {
  const from = tables[entity].from(a);
  return from.includes(' join ') ? `(${from})` : from;
};

/** The key columns of an aliased row. */
export const columnsOf =
  (entity: EntityName, a: string): Columns =>
  (column) => {
    const of = tables[entity].keys[column];
    if (!of) throw new Error(`${entity} has no ${column}`);
    return of(a);
  };

const pairs = (table: string, mine: string, theirs: string) => (p: Columns, c: string) =>
  `exists (select 1 from ${table} r where r.${mine} = ${p('id')} and r.${theirs} = ${c}.id)`;

/** SQL condition that child alias `c` is what the relation of the parent leads to. */
export const links: Record<string, (p: Columns, c: string) => string> = {
  'Thing/Datastreams': (p, c) => `${c}.thing_id = ${p('id')}`,
  'Thing/HistoricalLocations': (p, c) => `${c}.thing_id = ${p('id')}`,
  'Thing/Locations': pairs('thing_locations', 'thing_id', 'location_id'),
  'Location/Things': pairs('thing_locations', 'location_id', 'thing_id'),
  'Location/HistoricalLocations': pairs('historical_location_places', 'location_id', 'historical_location_id'),
  'HistoricalLocation/Thing': (p, c) => `${c}.id = ${p('thing_id')}`,
  'HistoricalLocation/Locations': pairs('historical_location_places', 'historical_location_id', 'location_id'),
  'Datastream/Thing': (p, c) => `${c}.id = ${p('thing_id')}`,
  'Datastream/Sensor': (p, c) => `${c}.id = ${p('sensor_id')}`,
  'Datastream/ObservedProperty': (p, c) => `${c}.id = ${p('property_id')}`,
  'Datastream/Observations': (p, c) => `${c}.stream = ${p('id')}`,
  'Sensor/Datastreams': (p, c) => `${c}.sensor_id = ${p('id')}`,
  'ObservedProperty/Datastreams': (p, c) => `${c}.property_id = ${p('id')}`,
  'Observation/Datastream': (p, c) => `${c}.id = ${p('stream')}`,
  'Observation/FeatureOfInterest': (p, c) => `${c}.id = ${p('foi_id')}`,
  // The streams that can have such readings first, so that the key of the readings is used.
  'FeatureOfInterest/Observations': (p, c) =>
    `(${c}.stream in (select fs.id from streams fs where fs.foi_id = ${p('id')} union select fx.stream from observation_extras fx where fx.foi_id = ${p('id')}) and ${feature(c)} = ${p('id')})`,
};
