// What the black-box suite sends with: any SensorThings service by its URL, and the list of what held and what did not.
import assert from 'node:assert/strict';

/** Answers are looked into freely: what is wrong there is what the suite finds out. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  json: Json;
}
export interface Target {
  /** Root with the version, without a slash at the end: `http://h/sta/v1.1`. */
  root: string;
  /** Sent with every request. */
  headers: Record<string, string>;
  mqtt?: { url: string; username?: string; password?: string };
}
export interface Result {
  name: string;
  fault?: string;
  ms: number;
}
export interface Made {
  id: number | string;
  self: string;
  json: Json;
}

export class Suite {
  readonly target: Target;
  readonly results: Result[] = [];
  /** Part of every name this run gives, so that a service with content can be tried as well. */
  readonly mark = `试${Date.now().toString(36)}`;
  constructor(target: Target) {
    this.target = target;
  }

  /** One named check; a failure is noted and the suite goes on. */
  async check(name: string, fn: () => Promise<void>): Promise<void> {
    const begun = performance.now();
    const ms = () => Math.round(performance.now() - begun);
    try {
      await fn();
      this.results.push({ name, ms: ms() });
    } catch (error) {
      this.results.push({ name, ms: ms(), fault: (error as Error).message.slice(0, 1500) });
    }
  }

  url(path: string): string {
    return path.startsWith('http') ? path : `${this.target.root}${path}`;
  }
  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const text = body === undefined ? undefined : typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
    const r = await fetch(this.url(path), {
      method,
      headers: { ...(text === undefined ? {} : { 'content-type': 'application/json' }), ...this.target.headers, ...headers },
      ...(text === undefined ? {} : { body: text as string }),
      signal: AbortSignal.timeout(30_000),
    });
    const answer = await r.text();
    let json: Json;
    try {
      json = JSON.parse(answer);
    } catch {
      json = undefined;
    }
    return { status: r.status, headers: r.headers, text: answer, json };
  }
  async get(path: string): Promise<Json> {
    const r = await this.call('GET', path);
    assert.equal(r.status, 200, `GET ${path}: ${r.status} ${r.text.slice(0, 400)}`);
    assert.match(r.headers.get('content-type') ?? '', /^application\/json/);
    return r.json;
  }
  async list(path: string): Promise<Json[]> {
    return (await this.get(path)).value;
  }
  async make(path: string, body: unknown): Promise<Made> {
    const r = await this.call('POST', path, body);
    assert.equal(r.status, 201, `POST ${path}: ${r.status} ${r.text.slice(0, 400)}`);
    const self = r.headers.get('location') ?? '';
    const text = /\(([^()]+)\)$/.exec(self)?.[1] ?? '';
    assert.ok(text, `Location: ${self}`);
    return { id: text.startsWith("'") ? text.slice(1, -1) : Number(text), self, json: r.json };
  }
  async refused(method: string, path: string, body: unknown, ...statuses: number[]): Promise<Answer> {
    const r = await this.call(method, path, body);
    assert.ok((statuses.length ? statuses : [400]).includes(r.status), `${method} ${path}: ${r.status} ${r.text.slice(0, 300)}`);
    return r;
  }
}

export const q = encodeURIComponent;
export const MEASUREMENT = 'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement';
export const unit = { name: 'Degree Celsius', symbol: 'degC', definition: 'http://qudt.org/vocab/unit#DegreeCelsius' };
export const point = (lon: number, lat: number) => ({ type: 'Point', coordinates: [lon, lat] });

/** Bodies with all that is mandatory. */
export const bodies = (mark: string) => ({
  thing: (name: string, more: object = {}) => ({ name: `${mark}${name}`, description: `the ${name}`, properties: { reference: name }, ...more }),
  location: (name: string, lon = 106.3, lat = 29.4) => ({ name: `${mark}${name}`, description: `at ${name}`, encodingType: 'application/vnd.geo+json', location: point(lon, lat) }),
  sensor: (name: string) => ({ name: `${mark}${name}`, description: `a ${name}`, encodingType: 'application/pdf', metadata: `http://example.org/${name}.pdf` }),
  property: (name: string) => ({ name: `${mark}${name}`, definition: `http://example.org/def/${name}`, description: `how ${name}` }),
  datastream: (name: string, more: object = {}) => ({ name: `${mark}${name}`, description: `stream ${name}`, unitOfMeasurement: unit, observationType: MEASUREMENT, ...more }),
  feature: (name: string) => ({ name: `${mark}${name}`, description: `of ${name}`, encodingType: 'application/vnd.geo+json', feature: point(106.31, 29.41) }),
});
export type Bodies = ReturnType<typeof bodies>;

/** The eight sets with what each must have (OGC 18-088 §8.2). */
export const MODEL: Record<string, { one: string; mandatory: string[]; links: Record<string, string> }> = {
  Things: { one: 'Thing', mandatory: ['name', 'description'], links: { Locations: 'Locations', HistoricalLocations: 'HistoricalLocations', Datastreams: 'Datastreams' } },
  Locations: { one: 'Location', mandatory: ['name', 'description', 'encodingType', 'location'], links: { Things: 'Things', HistoricalLocations: 'HistoricalLocations' } },
  HistoricalLocations: { one: 'HistoricalLocation', mandatory: ['time'], links: { Thing: 'Things', Locations: 'Locations' } },
  Datastreams: {
    one: 'Datastream',
    mandatory: ['name', 'description', 'unitOfMeasurement', 'observationType'],
    links: { Thing: 'Things', Sensor: 'Sensors', ObservedProperty: 'ObservedProperties', Observations: 'Observations' },
  },
  Sensors: { one: 'Sensor', mandatory: ['name', 'description', 'encodingType', 'metadata'], links: { Datastreams: 'Datastreams' } },
  ObservedProperties: { one: 'ObservedProperty', mandatory: ['name', 'definition', 'description'], links: { Datastreams: 'Datastreams' } },
  Observations: { one: 'Observation', mandatory: ['phenomenonTime', 'result', 'resultTime'], links: { Datastream: 'Datastreams', FeatureOfInterest: 'FeaturesOfInterest' } },
  FeaturesOfInterest: { one: 'FeatureOfInterest', mandatory: ['name', 'description', 'encodingType', 'feature'], links: { Observations: 'Observations' } },
};
export const SETS = Object.keys(MODEL);
export const isMany = (link: string): boolean => link in MODEL;
