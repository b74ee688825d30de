// The eight entities of the OGC SensorThings API 1.1 Sensing part (OGC 18-088 §8): properties, relations, what is mandatory.

export type EntityName = 'Thing' | 'Location' | 'HistoricalLocation' | 'Datastream' | 'Sensor' | 'ObservedProperty' | 'Observation' | 'FeatureOfInterest';

/** text; any JSON; a geometry (JSON as well); an instant; a pair of instants; either of the two; the typed result of a reading. */
export type PropertyType = 'text' | 'json' | 'geo' | 'instant' | 'interval' | 'time' | 'result';
export interface Property {
  name: string;
  type: PropertyType;
  /** Must be there when the entity is made. */
  required?: true;
  /** Kept by the service; what clients send is ignored. */
  kept?: true;
  /** Sent as null instead of being left out. */
  nullable?: true;
}
export interface Relation {
  name: string;
  to: EntityName;
  many: boolean;
  /** Must be linked or made with the entity. */
  required?: true;
  /** The relation of the other side that leads back. */
  back: string;
}
export interface Entity {
  name: EntityName;
  set: string;
  properties: Property[];
  relations: Relation[];
}

const p = (name: string, type: PropertyType, more: Partial<Property> = {}): Property => ({ name, type, ...more });
const must = { required: true } as const;
const one = (name: string, to: EntityName, back: string, required?: true): Relation => ({ name, to, many: false, back, ...(required ? { required } : {}) });
const many = (name: string, to: EntityName, back: string, required?: true): Relation => ({ name, to, many: true, back, ...(required ? { required } : {}) });
const named = [p('name', 'text', must), p('description', 'text', must)];
const properties = p('properties', 'json');

export const entities: Record<EntityName, Entity> = {
  Thing: {
    name: 'Thing',
    set: 'Things',
    properties: [...named, properties],
    relations: [many('Locations', 'Location', 'Things'), many('HistoricalLocations', 'HistoricalLocation', 'Thing'), many('Datastreams', 'Datastream', 'Thing')],
  },
  Location: {
    name: 'Location',
    set: 'Locations',
    properties: [...named, p('encodingType', 'text', must), p('location', 'geo', must), properties],
    relations: [many('Things', 'Thing', 'Locations'), many('HistoricalLocations', 'HistoricalLocation', 'Locations')],
  },
  HistoricalLocation: {
    name: 'HistoricalLocation',
    set: 'HistoricalLocations',
    properties: [p('time', 'instant', must)],
    relations: [one('Thing', 'Thing', 'HistoricalLocations', true), many('Locations', 'Location', 'HistoricalLocations', true)],
  },
  Datastream: {
    name: 'Datastream',
    set: 'Datastreams',
    properties: [
      ...named,
      p('observationType', 'text', must),
      p('unitOfMeasurement', 'json', must),
      p('observedArea', 'geo', { kept: true }),
      p('phenomenonTime', 'interval', { kept: true }),
      p('resultTime', 'interval', { kept: true }),
      properties,
    ],
    relations: [
      one('Thing', 'Thing', 'Datastreams', true),
      one('Sensor', 'Sensor', 'Datastreams', true),
      one('ObservedProperty', 'ObservedProperty', 'Datastreams', true),
      many('Observations', 'Observation', 'Datastream'),
    ],
  },
  Sensor: {
    name: 'Sensor',
    set: 'Sensors',
    properties: [...named, p('encodingType', 'text', must), p('metadata', 'json', must), properties],
    relations: [many('Datastreams', 'Datastream', 'Sensor')],
  },
  ObservedProperty: {
    name: 'ObservedProperty',
    set: 'ObservedProperties',
    properties: [p('name', 'text', must), p('definition', 'text', must), p('description', 'text', must), properties],
    relations: [many('Datastreams', 'Datastream', 'ObservedProperty')],
  },
  Observation: {
    name: 'Observation',
    set: 'Observations',
    properties: [
      p('phenomenonTime', 'time'),
      p('resultTime', 'instant', { nullable: true }),
      p('result', 'result', { ...must, nullable: true }),
      p('resultQuality', 'json'),
      p('validTime', 'interval'),
      p('parameters', 'json'),
    ],
    relations: [one('Datastream', 'Datastream', 'Observations', true), one('FeatureOfInterest', 'FeatureOfInterest', 'Observations')],
  },
  FeatureOfInterest: {
    name: 'FeatureOfInterest',
    set: 'FeaturesOfInterest',
    properties: [...named, p('encodingType', 'text', must), p('feature', 'geo', must), properties],
    relations: [many('Observations', 'Observation', 'FeatureOfInterest')],
  },
};
export const entityNames = Object.keys(entities) as EntityName[];
const bySet = new Map(Object.values(entities).map((e) => [e.set, e]));
export const entityOfSet = (set: string): Entity | undefined => bySet.get(set);
export const propertyOf = (e: EntityName, name: string): Property | undefined => entities[e].properties.find((x) => x.name === name);
export const relationOf = (e: EntityName, name: string): Relation | undefined => entities[e].relations.find((x) => x.name === name);
