// SensorThings façade: entities, links, deep inserts, readings, rights; ids of the checklist in the names.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstStart } from '../first-start.ts';
import { compose } from '../main.ts';
import type { Hub } from '../platform/hub.ts';
import { actAs, testHub } from '../platform/testing.ts';
import { addToken } from '../people/service.ts';

/** Answers are looked into freely: what is wrong there is what a test finds out. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;
export interface Client {
  hub: Hub;
  call(method: string, url: string, body?: unknown, headers?: Record<string, string>): Promise<{ status: number; json: Json; text: string; headers: Record<string, unknown> }>;
  get(url: string): Promise<Json>;
  make(url: string, body: unknown): Promise<{ id: number; self: string; json: Json }>;
}
const ROOT = 'http://hub.test/sta/v1.1';

export async function ready(t: Parameters<typeof testHub>[0]): Promise<Client & { as(role: Parameters<typeof actAs>[1], unit: string): Promise<Record<string, string>> }> {
  const hub = await testHub(t, { clock: '2026-03-02T12:00:00+08:00' });
  await firstStart(hub, () => {});
  const { app } = await compose(hub);
  t.after(async () => void (await app.close()));
  const as = async (role: Parameters<typeof actAs>[1], unit: string) => {
    const actor = await actAs(hub, role, unit);
    const token = await hub.command(hub.system('test'), (work) => addToken(work, `${role}-${unit}`, actor.account!));
    return { authorization: `Bearer ${token}` };
  };
  const mine = await as('integrator', 'demo');
  const call: Client['call'] = async (method, url, body, headers = mine) => {
    const r = await app.inject({
      method: method as 'GET',
      url: url.startsWith('http') ? url.replace(/^http:\/\/hub\.test/, '') : `/sta/v1.1${url}`,
      headers: { host: 'hub.test', ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    let json: Json;
    try {
      json = JSON.parse(r.body);
    } catch {
      json = undefined;
    }
    return { status: r.statusCode, json, text: r.body, headers: r.headers as Record<string, unknown> };
  };
  return {
    hub,
    as,
    call,
    async get(url) {
      const r = await call('GET', url);
      assert.equal(r.status, 200, `${url}: ${r.text}`);
      return r.json;
    },
    async make(url, body) {
      const r = await call('POST', url, body);
      assert.equal(r.status, 201, `${url}: ${r.text}`);
      const self = String(r.headers.location);
      return { id: r.json['@iot.id'], self, json: r.json };
    },
  };
}

export const unit = { name: '摄氏度', symbol: '°C', definition: 'http://www.qudt.org/qudt/owl/1.0.0/unit/Instances.html#DegreeCelsius' };
export const MEASUREMENT = 'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement';
export const point = (lon: number, lat: number) => ({ type: 'Point', coordinates: [lon, lat] });
export const place = (name: string, lon = 106.3, lat = 29.4) => ({ name, description: '演示数据', encodingType: 'application/vnd.geo+json', location: point(lon, lat) });
export const sensor = (name: string) => ({ name, description: '演示数据', encodingType: 'application/pdf', metadata: 'http://example.org/t.pdf' });
export const property = (name: string) => ({ name, definition: `http://example.org/${encodeURIComponent(name)}`, description: '演示数据' });
export const stream = (name: string, more: object = {}) => ({
  name,
  description: '演示数据',
  unitOfMeasurement: unit,
  observationType: MEASUREMENT,
  Sensor: sensor(`${name}的传感器`),
  ObservedProperty: property(`${name}的量`),
  ...more,
});
export const thing = (name: string, more: object = {}) => ({ name, description: '演示数据', ...more });

test('STA-001 STA-002 STA-005 the service document names the eight sets and what is conformed to', async (t) => {
  const { get, call } = await ready(t);
  for (const url of ['', '/']) {
    const r = await call('GET', url);
    assert.equal(r.status, 200, r.text);
    assert.deepEqual(
      r.json.value.map((x: { name: string; url: string }) => [x.name, x.url]),
      ['Things', 'Locations', 'HistoricalLocations', 'Datastreams', 'Sensors', 'ObservedProperties', 'Observations', 'FeaturesOfInterest'].map((n) => [n, `${ROOT}/${n}`]),
    );
    assert.ok(r.json.serverSettings.conformance.every((c: string) => c.startsWith('http://www.opengis.net/spec/iot_sensing/1.1/req/')));
  }
  const old = await get('http://hub.test/sta/v1.0/');
  assert.equal(old.serverSettings, undefined);
  assert.equal(old.value[0].url, 'http://hub.test/sta/v1.0/Things');
});

test('STA-010 STA-050 STA-053 a Thing with everything in it is made at once; every property and link is there', async (t) => {
  const { make, get, call } = await ready(t);
  const made = await make(
    '/Things',
    thing('深井', {
      properties: { 井深: 12.5, deep: { er: [1, 2] } },
      Locations: [place('井口')],
      Datastreams: [stream('水温', { Observations: [{ phenomenonTime: '2026-03-01T08:00:00.000Z', result: 4.5 }] })],
    }),
  );
  assert.match(made.self, /^http:\/\/hub\.test\/sta\/v1\.1\/Things\(\d+\)$/);
  const one = await get(made.self);
  assert.deepEqual(one, {
    '@iot.id': made.id,
    '@iot.selfLink': made.self,
    name: '深井',
    description: '演示数据',
    properties: { 井深: 12.5, deep: { er: [1, 2] } },
    'Locations@iot.navigationLink': `${made.self}/Locations`,
    'HistoricalLocations@iot.navigationLink': `${made.self}/HistoricalLocations`,
    'Datastreams@iot.navigationLink': `${made.self}/Datastreams`,
  });
  const all = await get(
    `${made.self}?$expand=Locations,HistoricalLocations/Locations,Datastreams($expand=Sensor,ObservedProperty,Observations/FeatureOfInterest;$select=name,unitOfMeasurement,phenomenonTime,observedArea)`,
  );
  assert.equal(all.HistoricalLocations.length, 1);
  assert.equal(all.HistoricalLocations[0].Locations[0].name, '井口');
  const [ds] = all.Datastreams;
  assert.deepEqual(Object.keys(ds).sort(), ['Observations', 'ObservedProperty', 'Sensor', 'name', 'observedArea', 'phenomenonTime', 'unitOfMeasurement']);
  assert.deepEqual(ds.unitOfMeasurement, unit);
  assert.equal(ds.phenomenonTime, '2026-03-01T08:00:00.000Z/2026-03-01T08:00:00.000Z');
  assert.deepEqual(ds.observedArea, point(106.3, 29.4));
  assert.equal(ds.Observations[0].result, 4.5);
  assert.equal(ds.Observations[0].resultTime, null);
  assert.deepEqual(ds.Observations[0].FeatureOfInterest.feature, point(106.3, 29.4));
  assert.equal((await call('GET', '/Things(9223372036854775807)')).status, 404);
  assert.equal((await call('DELETE', '/Things(9223372036854775807)')).status, 404);
});

test('STA-051 STA-053 an incomplete deep insert stores nothing of itself', async (t) => {
  const { call, hub } = await ready(t);
  const count = async () =>
    (
      await hub.sql`select (select count(*) from things) + (select count(*) from locations) + (select count(*) from streams) + (select count(*) from sensors) + (select count(*) from observed_properties) + (select count(*) from observations) + (select count(*) from features_of_interest) as n`
    )[0]!.n as string;
  const before = await count();
  const wrong: [string, object, string][] = [
    ['/Things', thing('坏', { Locations: [place('好'), { name: '坏' }] }), '/Locations/1/description'],
    ['/Things', thing('坏', { Locations: [place('好')], Datastreams: [{ ...stream('缺'), Sensor: undefined }] }), '/Datastreams/0/Sensor'],
    ['/Datastreams', stream('没有物'), '/Thing'],
    ['/Things', thing('坏', { Datastreams: [stream('无位置', { Observations: [{ result: 1 }] })] }), '/Datastreams/0/Observations/0/FeatureOfInterest'],
    ['/Things', thing('坏', { Locations: [{ '@iot.id': 99_999_999 }], Datastreams: [stream('水温')] }), '/Locations'],
    ['/Observations', { result: 1 }, '/Datastream'],
    ['/Observations', { result: 1, Datastream: { '@iot.id': 99_999_999 } }, '/Datastream'],
    ['/Things', { name: '没有描述' }, '/description'],
    ['/Things', thing('坏', { Locations: [{ ...place('坏'), location: { type: 'Point', coordinates: ['a', 1] } }] }), '/Locations/0/location'],
  ];
  for (const [url, body, target] of wrong) {
    const r = await call('POST', url, body);
    assert.equal(r.status, 400, `${JSON.stringify(body)}: ${r.text}`);
    assert.equal(r.json.error.target, target, r.text);
  }
  assert.equal(await count(), before);
});
