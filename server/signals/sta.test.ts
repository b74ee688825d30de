// SensorThings façade: entities, links, deep inserts, changes, removals; ids of the checklist in the names.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROOT, type Json, place, point, ready, sensor, stream, thing, unit } from './sta/fixtures/client.ts';

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

test('STA-052 STA-054 history of places and the feature made from them; both come again when the place changes', async (t) => {
  const { make, get, call, hub } = await ready(t);
  const th = await make('/Things', thing('车', { Locations: [place('一')], Datastreams: [stream('速')] }));
  const ds = (await get(`/Things(${th.id})/Datastreams`)).value[0]['@iot.id'] as number;
  const foiOf = async (o: { id: number }) => (await get(`/Observations(${o.id})/FeatureOfInterest`))['@iot.id'] as number;
  const o1 = await make('/Observations', { phenomenonTime: '2026-03-01T00:00:00Z', result: 1, Datastream: { '@iot.id': ds } });
  const o2 = await make(`/Datastreams(${ds})/Observations`, { phenomenonTime: '2026-03-01T00:00:01Z', result: 2 });
  assert.equal(await foiOf(o1), await foiOf(o2), 'same place, same feature');
  const l2 = await make('/Locations', { ...place('二', 107, 30), Things: [{ '@iot.id': th.id }] });
  assert.deepEqual(
    (await get(`/Things(${th.id})/Locations`)).value.map((l: Json) => l.name),
    ['二'],
  );
  const o3 = await make('/Observations', { phenomenonTime: '2026-03-01T00:00:02Z', result: 3, Datastream: { '@iot.id': ds } });
  assert.notEqual(await foiOf(o3), await foiOf(o1));
  assert.equal(await foiOf(o2), await foiOf(o1), 'what was read before keeps its feature');
  assert.equal((await get(`/Things(${th.id})/HistoricalLocations?$count=true`))['@iot.count'], 2);
  const l3 = await make('/Locations', place('三', 108, 31));
  assert.equal((await call('PATCH', `/Things(${th.id})`, { Locations: [{ '@iot.id': l3.id }] })).status, 200);
  assert.equal((await get(`/Things(${th.id})/HistoricalLocations?$count=true`))['@iot.count'], 3);
  const [row] = await hub.sql`select lon, lat from things where id = ${th.id}`;
  assert.deepEqual([row!.lon, row!.lat], [108, 31], 'the map follows');
  // By hand: one later than all others moves the thing, an earlier one does not.
  await make('/HistoricalLocations', { time: '2026-03-01T00:00:00Z', Thing: { '@iot.id': th.id }, Locations: [{ '@iot.id': l2.id }] });
  assert.equal((await get(`/Things(${th.id})/Locations`)).value[0].name, '三');
  await make(`/Things(${th.id})/HistoricalLocations`, { time: '2026-03-09T00:00:00Z', Locations: [{ '@iot.id': l2.id }] });
  assert.equal((await get(`/Things(${th.id})/Locations`)).value[0].name, '二');
  assert.deepEqual((await get(`/Datastreams(${ds})`)).observedArea.type, 'LineString');
  // The feature is made again after it was removed.
  const auto = await foiOf(o3);
  assert.equal((await call('DELETE', `/FeaturesOfInterest(${auto})`)).status, 200);
  assert.equal((await call('GET', `/Observations(${o3.id})`)).status, 404);
  const o4 = await make('/Observations', { phenomenonTime: '2026-03-01T00:00:02Z', result: 3, Datastream: { '@iot.id': ds } });
  assert.notEqual(await foiOf(o4), auto);
  // Two first readings at once share one feature.
  const b = await make('/Things', thing('并发', { Locations: [place('处', 110, 30)], Datastreams: [stream('甲'), stream('乙')] }));
  const both = (await get(`/Things(${b.id})/Datastreams`)).value.map((d: Json) => d['@iot.id']) as number[];
  const made = await Promise.all(both.flatMap((d) => [1, 2, 3].map((result) => make(`/Datastreams(${d})/Observations`, { result }))));
  assert.equal(new Set(await Promise.all(made.map(foiOf))).size, 1);
  assert.equal(new Set(made.map((m) => m.id)).size, 6);
});

test('STA-055 STA-056 STA-024 changes: what is named, all of it, by JSON Patch; links by identifier only', async (t) => {
  const { make, get, call } = await ready(t);
  const th = await make('/Things', thing('物', { properties: { a: 1, b: 2 }, Locations: [place('地')], Datastreams: [stream('流')] }));
  let r = await call('PATCH', `/Things(${th.id})`, { description: '改', '@iot.id': 5 });
  assert.equal(r.status, 200, r.text);
  assert.deepEqual([r.json['@iot.id'], r.json.name, r.json.description, r.json.properties], [th.id, '物', '改', { a: 1, b: 2 }]);
  r = await call('PUT', `/Things(${th.id})`, thing('全新'));
  assert.deepEqual([r.status, r.json.name, r.json.properties], [200, '全新', undefined]);
  assert.equal((await call('PUT', `/Things(${th.id})`, { name: '缺' })).status, 400);
  assert.equal((await call('PATCH', `/Things(${th.id})`, { Locations: [place('内容')] })).status, 400);
  assert.equal((await call('PATCH', `/Things(${th.id})`, { name: null })).status, 400);
  assert.equal((await call('PATCH', '/Things(99999999)', { name: 'x' })).status, 404);
  r = await call(
    'PATCH',
    `/Things(${th.id})`,
    [
      { op: 'add', path: '/properties/x', value: 9 },
      { op: 'replace', path: '/name', value: '补丁' },
    ],
    { 'content-type': 'application/json-patch+json' },
  );
  assert.deepEqual([r.status, r.json.name, r.json.properties], [200, '补丁', { x: 9 }], r.text);
  assert.equal((await call('PATCH', `/Things(${th.id})`, [{ op: 'test', path: '/name', value: '别的' }], { 'content-type': 'application/json-patch+json' })).status, 400);
  const ds = (await get(`/Things(${th.id})/Datastreams`)).value[0]['@iot.id'] as number;
  const s2 = await make('/Sensors', sensor('另'));
  r = await call('PATCH', `/Datastreams(${ds})`, {
    Sensor: { '@iot.id': s2.id },
    unitOfMeasurement: { name: '米', symbol: 'm', definition: null },
    observationType: 'http://example.org/other',
  });
  assert.equal(r.status, 200, r.text);
  assert.deepEqual(r.json.unitOfMeasurement, { name: '米', symbol: 'm', definition: null });
  assert.equal((await get(`/Datastreams(${ds})/Sensor`)).name, '另');
  for (const [url, body, name, value] of [
    [`/Sensors(${s2.id})`, { metadata: { any: ['thing'] }, encodingType: 'http://example.org/x' }, 'metadata', { any: ['thing'] }],
    [`/Datastreams(${ds})/ObservedProperty`, { definition: 'urn:x' }, 'definition', 'urn:x'],
    [`/Things(${th.id})/Locations(${(await get(`/Things(${th.id})/Locations`)).value[0]['@iot.id']})`, { location: point(1, 2), encodingType: 'SQUARE' }, 'location', point(1, 2)],
    [`/HistoricalLocations(${(await get(`/Things(${th.id})/HistoricalLocations`)).value[0]['@iot.id']})`, { time: '2015-07-01T00:00:00.000Z' }, 'time', '2015-07-01T00:00:00.000Z'],
  ] as [string, object, string, unknown][]) {
    const p = await call('PATCH', url, body);
    assert.equal(p.status, 200, `${url} ${p.text}`);
    assert.deepEqual((await get(url))[name], value);
  }
  assert.equal((await call('PATCH', '/Things', { name: 'x' })).status, 405);
  assert.equal((await call('POST', `/Things(${th.id})`, thing('x'))).status, 405);
});

test('STA-023 STA-055 STA-059 readings: kinds of results, several of one instant, corrected and moved with the same identifier', async (t) => {
  const { make, get, call, hub } = await ready(t);
  const th = await make('/Things', thing('物', { Locations: [place('地')], Datastreams: [stream('流'), stream('一时一值', { properties: { dedupe: 'key' } })] }));
  const [ds, keyed] = (await get(`/Things(${th.id})/Datastreams?$orderby=id`)).value.map((d: Json) => d['@iot.id']) as [number, number];
  const raw = async (text: string) => {
    const r = await call('POST', `/Datastreams(${ds})/Observations`, `{"phenomenonTime":"2026-03-01T00:00:00.5Z","result":${text}}`);
    assert.equal(r.status, 201, `${text} ${r.text}`);
    return r;
  };
  const ids = new Set<string>();
  for (const text of [
    '1',
    '0.1',
    '-0.25',
    '9223372036854775807',
    '0.12345678901234567890123',
    '1e21',
    '"文字"',
    'true',
    'false',
    'null',
    '{"a":[1,2.5],"b":{"c":null}}',
    '[1,"x",null]',
    '""',
  ]) {
    const made = await raw(text);
    const self = String(made.headers.location);
    ids.add(self);
    const back = (await call('GET', self)).text;
    const result = /"result":(.*?),"Datastream@/.exec(back)![1]!;
    assert.equal(result, text === '1e21' ? '1e+21' : text);
    assert.match(back, /"phenomenonTime":"2026-03-01T00:00:00.500Z"/);
    const again = await call('GET', `${self}/result`);
    if (text === 'null') assert.equal(again.status, 204);
    else assert.equal(again.text, `{"result":${result}}`);
  }
  assert.equal(ids.size, 13, 'every one of an instant is kept and has its own identifier');
  for (const text of ['1e400', '"\\u0000"', '"\\ud800"']) assert.equal((await call('POST', `/Datastreams(${ds})/Observations`, `{"result":${text}}`)).status, 400, text);
  assert.equal((await call('POST', `/Datastreams(${ds})/Observations`, { phenomenonTime: '2031-01-01T00:00:00Z', result: 1 })).status, 400, 'an impossible time');
  assert.equal((await hub.sql`select 1 from quarantine`).length, 1);

  const all = {
    phenomenonTime: '2026-03-02T00:00:00.000Z/2026-03-02T01:00:00.000Z',
    resultTime: '2026-03-02T01:00:01.000Z',
    validTime: '2026-03-02T00:00:00.000Z/2026-03-03T00:00:00.000Z',
    result: 5,
    resultQuality: { 级: 'A' },
    parameters: { p: 1 },
  };
  const o = await make(`/Datastreams(${ds})/Observations`, {
    ...all,
    FeatureOfInterest: { name: '点', description: '演示数据', encodingType: 'application/geo+json', feature: point(1, 2) },
  });
  const keep = Object.fromEntries(Object.entries((await get(o.self)) as object).filter(([k]) => !k.includes('@')));
  assert.deepEqual(keep, all);
  const patched = await call('PATCH', o.self, { result: 6 });
  assert.deepEqual([patched.status, patched.json.result, patched.json.phenomenonTime, patched.json.parameters], [200, 6, all.phenomenonTime, { p: 1 }]);
  const moved = await call('PATCH', o.self, { phenomenonTime: '2015-07-01T00:40:00.000Z' });
  assert.deepEqual([moved.status, moved.json['@iot.id'], moved.json.phenomenonTime], [200, o.id, '2015-07-01T00:40:00.000Z'], moved.text);
  assert.equal((await get(`/Observations?$filter=id eq ${o.id}`.replaceAll(' ', '%20'))).value[0].phenomenonTime, '2015-07-01T00:40:00.000Z');
  const after = await make(`/Datastreams(${ds})/Observations`, { phenomenonTime: all.phenomenonTime, result: 7 });
  assert.notEqual(after.id, o.id, 'the old place is not the old reading');
  const put = await call('PUT', o.self, { result: '99', phenomenonTime: '2015-08-01T00:40:00.000Z' });
  assert.deepEqual(
    [put.status, put.json.result, put.json.phenomenonTime, put.json.parameters, put.json.resultTime],
    [200, '99', '2015-08-01T00:40:00.000Z', undefined, null],
    put.text,
  );
  assert.equal((await call('DELETE', o.self)).status, 200);
  assert.equal((await call('GET', o.self)).status, 404);
  assert.equal((await hub.sql`select 1 from ingest_batches where readings = 0`).length, 4, 'rollups hear of every correction');

  const k1 = await make(`/Datastreams(${keyed})/Observations`, { phenomenonTime: '2026-03-01T00:00:00Z', result: 1 });
  const k2 = await make(`/Datastreams(${keyed})/Observations`, { phenomenonTime: '2026-03-01T00:00:00Z', result: 1 });
  assert.equal(k1.id, k2.id, 'sent again it is the same reading');
  assert.equal((await call('POST', `/Datastreams(${keyed})/Observations`, { phenomenonTime: '2026-03-01T00:00:00Z', result: 2 })).status, 409);
});

test('STA-057 removing takes along what cannot be without it', async (t) => {
  const { make, get, call, hub } = await ready(t);
  const build = async () => {
    const th = await make(
      '/Things',
      thing('物', { Locations: [place('地')], Datastreams: [stream('流', { Observations: [{ phenomenonTime: '2026-03-01T00:00:00Z', result: 1 }] })] }),
    );
    const x = await get(`/Things(${th.id})?$expand=Locations,HistoricalLocations,Datastreams($expand=Sensor,ObservedProperty,Observations/FeatureOfInterest)`);
    const d = x.Datastreams[0];
    return {
      Things: th.self,
      Locations: x.Locations[0]['@iot.selfLink'],
      HistoricalLocations: x.HistoricalLocations[0]['@iot.selfLink'],
      Datastreams: d['@iot.selfLink'],
      Sensors: d.Sensor['@iot.selfLink'],
      ObservedProperties: d.ObservedProperty['@iot.selfLink'],
      Observations: d.Observations[0]['@iot.selfLink'],
      FeaturesOfInterest: d.Observations[0].FeatureOfInterest['@iot.selfLink'],
    } as Record<string, string>;
  };
  const gone: Record<string, string[]> = {
    Things: ['Things', 'HistoricalLocations', 'Datastreams', 'Observations'],
    Locations: ['Locations', 'HistoricalLocations'],
    HistoricalLocations: ['HistoricalLocations'],
    Datastreams: ['Datastreams', 'Observations'],
    Sensors: ['Sensors', 'Datastreams', 'Observations'],
    ObservedProperties: ['ObservedProperties', 'Datastreams', 'Observations'],
    Observations: ['Observations'],
    FeaturesOfInterest: ['FeaturesOfInterest', 'Observations'],
  };
  for (const [set, lost] of Object.entries(gone)) {
    const made = await build();
    const r = await call('DELETE', made[set]!);
    assert.equal(r.status, 200, `${set} ${r.text}`);
    for (const [name, self] of Object.entries(made)) assert.equal((await call('GET', self)).status, lost.includes(name) ? 404 : 200, `after ${set}: ${name}`);
    assert.equal((await call('DELETE', made[set]!)).status, 404);
  }
  assert.equal((await hub.sql`select 1 from observation_extras x where not exists (select 1 from observations o where o.stream = x.stream and o.at = x.at)`).length, 0);
  const facts = await hub.sql<{ kind: string }[]>`select distinct kind from facts where kind like '%.removed'`;
  assert.equal(facts.length, 8, 'every removal is a fact');
});
