// What the properties of the entities are in SQL: for filters and orders (typed) and for answers (as text).
import type { EntityName } from '#core/signals/sta/model.ts';

/** A typed piece of SQL. `column`: it comes from a row, not from the request. */
export type Value =
  | { t: 'number' | 'text' | 'bool' | 'json' | 'id' | 'date' | 'clock' | 'duration'; sql: string; column: boolean }
  | { t: 'instant'; sql: string; column: boolean; key?: string }
  /** `ended`: null where the time is an instant; without it always an interval. `key`: the reading's key, which lies within a millisecond after `from`. */
  | { t: 'interval'; from: string; to: string; ended?: string; key?: string; column: boolean }
  | { t: 'result'; alias: string; column: true }
  | { t: 'geo'; sql: string; entity: EntityName; id: string; column: true }
  | { t: 'null'; column: false };

const text = (sql: string): Value => ({ t: 'text', sql, column: true });
const json = (sql: string): Value => ({ t: 'json', sql, column: true });

/** A thing registered by other ways shows what the hub knows of it beside its own properties. */
const thingProperties = (a: string) =>
  `(case when ${a}.profile = 'sensorthings' then ${a}.properties else ${a}.properties || jsonb_strip_nulls(jsonb_build_object('code', ${a}.code, 'profile', ${a}.profile, 'kind', ${a}.kind, 'unit', ${a}.unit, 'status', ${a}.status, 'address', ${a}.address)) end)`;
const unitOf = (a: string) =>
  `coalesce(${a}.unit_definition, case when ${a}.unit = '' then '{"name": null, "symbol": null, "definition": null}' else jsonb_build_object('name', ${a}.unit, 'symbol', ${a}.unit, 'definition', null) end)`;
/** A stream of the hub's own gives the instant of a reading as the time of its result as well; one of SensorThings only what was sent. */
const resultTime = (a: string) => `coalesce(${a}x.result_at, case when ${a}s.dedupe = 'key' then ${a}.at end)`;
const began = (a: string) => `coalesce(${a}x.began, ${a}.at)`;
const edge = (a: string, way: 'asc' | 'desc') => `(select e.at from observations e where e.stream = ${a}.id order by e.at ${way} limit 1)`;
const streamFrom = (a: string) => `date_trunc('milliseconds', ${edge(a, 'asc')})`;
const streamTo = (a: string) =>
  `greatest(date_trunc('milliseconds', ${edge(a, 'desc')}), (select e.ended from observation_extras e where e.stream = ${a}.id and e.ended is not null order by e.ended desc limit 1))`;
const resultEdge = (a: string, way: 'asc' | 'desc') =>
  `coalesce((select e.result_at from observation_extras e where e.stream = ${a}.id and e.result_at is not null order by e.result_at ${way} limit 1), case when ${a}.dedupe = 'key' then ${edge(a, way)} end)`;

type Of = (a: string) => Value;
const named: Record<string, Of> = { name: (a) => text(`${a}.name`), description: (a) => text(`${a}.description`) };
const properties: Of = (a) => json(`${a}.properties`);

export const values: Record<EntityName, Record<string, Of>> = {
  Thing: { ...named, properties: (a) => json(thingProperties(a)) },
  Location: {
    ...named,
    encodingType: (a) => text(`${a}.encoding_type`),
    location: (a) => ({ t: 'geo', sql: `${a}.location`, entity: 'Location', id: `${a}.id`, column: true }),
    properties,
  },
  HistoricalLocation: { time: (a) => ({ t: 'instant', sql: `${a}.at`, column: true }) },
  Datastream: {
    ...named,
    observationType: (a) => text(`${a}.observation_type`),
    unitOfMeasurement: (a) => json(unitOf(a)),
    observedArea: (a) => ({ t: 'geo', sql: `null::jsonb`, entity: 'Datastream', id: `${a}.id`, column: true }),
    phenomenonTime: (a) => ({ t: 'interval', from: streamFrom(a), to: streamTo(a), column: true }),
    resultTime: (a) => ({ t: 'interval', from: resultEdge(a, 'asc'), to: resultEdge(a, 'desc'), column: true }),
    properties,
  },
  Sensor: { ...named, encodingType: (a) => text(`${a}.encoding_type`), metadata: (a) => json(`${a}.metadata`), properties },
  ObservedProperty: { ...named, definition: (a) => text(`${a}.definition`), properties },
  Observation: {
    phenomenonTime: (a) => ({ t: 'interval', from: began(a), to: `coalesce(${a}x.ended, ${began(a)})`, ended: `${a}x.ended`, key: `${a}.at`, column: true }),
    resultTime: (a) => ({ t: 'instant', sql: resultTime(a), column: true }),
    result: (a) => ({ t: 'result', alias: a, column: true }),
    resultQuality: (a) => json(`coalesce(${a}x.data -> 'resultQuality', case when ${a}.quality > 0 then jsonb_build_object('quality', ${a}.quality) end)`),
    validTime: (a) => ({ t: 'interval', from: `${a}x.valid_from`, to: `${a}x.valid_to`, column: true }),
    parameters: (a) => json(`(${a}x.data -> 'parameters')`),
  },
  FeatureOfInterest: {
    ...named,
    encodingType: (a) => text(`${a}.encoding_type`),
    feature: (a) => ({ t: 'geo', sql: `${a}.feature`, entity: 'FeatureOfInterest', id: `${a}.id`, column: true }),
    properties,
  },
};

/** A reading's value in SQL: as a number, as text that compares by its letters, as truth, whether it is none. */
export const resultAs = {
  number: (a: string) => `(case when ${a}.kind = 0 then ${a}.num end)`,
  text: (a: string) =>
    `(case ${a}.kind when 0 then coalesce(${a}.txt, ${a}.num::text) when 2 then case when ${a}.num = 1 then 'true' else 'false' end when 4 then null else ${a}.txt end)`,
  bool: (a: string) => `(case when ${a}.kind = 2 then ${a}.num = 1 end)`,
  none: (a: string) => `(${a}.kind = 4)`,
  json: (a: string) =>
    `(case ${a}.kind when 0 then to_jsonb(coalesce(${a}.txt::numeric, ${a}.num::text::numeric)) when 1 then to_jsonb(${a}.txt) when 2 then to_jsonb(${a}.num = 1) when 3 then ${a}.txt::jsonb end)`,
};

const us = (sql: string) => `((extract(epoch from ${sql}) * 1000000)::bigint)::text`;
/** Columns that an answer needs for a property; each comes back as text or null under its name and number. */
export function selected(entity: EntityName, name: string, a: string): string[] {
  if (name === 'observedArea')
    return [
      `(select json_agg(f.feature)::text from features_of_interest f where f.id = ${a}.foi_id or f.id in (select e.foi_id from observation_extras e where e.stream = ${a}.id and e.foi_id is not null))`,
    ];
  const v = values[entity][name]!(a);
  switch (v.t) {
    case 'instant':
      return [us(v.sql)];
    case 'interval':
      return v.ended === undefined ? [us(v.from), us(v.to)] : [us(v.from), us(v.ended)];
    case 'result':
      return [`${a}.kind::text`, `coalesce(${a}.txt, ${a}.num::text)`];
    case 'json':
    case 'geo':
      return [`(${v.sql})::text`];
    case 'null':
      return ['null'];
    default:
      return [`(${v.sql})::text`];
  }
}
