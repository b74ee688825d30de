// Black-box checks of create, update and delete: each entity, deep inserts, refusals that leave nothing, history of places, cascades.
import assert from 'node:assert/strict';
import { type Json, SETS, type Suite, bodies, isMany, MODEL, q } from './client.ts';

const ref = (x: { id: number | string }) => ({ '@iot.id': x.id });

export async function changes(s: Suite): Promise<void> {
  const b = bodies(`${s.mark}改`);
  const counts = async () => Promise.all(SETS.map(async (set) => (await s.get(`/${set}?$count=true&$top=0`))['@iot.count'] as number));

  await s.check('each entity is made on its own, linked by identifier, and served as it was sent', async () => {
    const thing = await s.make('/Things', b.thing('one'));
    const place = await s.make(`/Things(${thing.id})/Locations`, b.location('one'));
    const sensor = await s.make('/Sensors', b.sensor('one'));
    const property = await s.make('/ObservedProperties', b.property('one'));
    const stream = await s.make('/Datastreams', b.datastream('one', { Thing: ref(thing), Sensor: ref(sensor), ObservedProperty: ref(property) }));
    const feature = await s.make('/FeaturesOfInterest', b.feature('one'));
    const o = await s.make('/Observations', {
      phenomenonTime: '2026-03-01T00:40:00.000Z',
      resultTime: '2026-03-01T00:41:00.000Z',
      validTime: '2026-03-01T00:00:00.000Z/2026-03-02T00:00:00.000Z',
      resultQuality: { nameOfMeasure: 'x' },
      parameters: { p: 1 },
      result: 8,
      Datastream: ref(stream),
      FeatureOfInterest: ref(feature),
    });
    const h = await s.make('/HistoricalLocations', { time: '2026-03-01T00:00:00.000Z', Thing: ref(thing), Locations: [ref(place)] });
    assert.equal((await s.get(`/HistoricalLocations(${h.id})`)).time, '2026-03-01T00:00:00.000Z');
    const got = await s.get(`/Observations(${o.id})?$expand=Datastream/Thing,FeatureOfInterest`);
    assert.deepEqual(
      [got.phenomenonTime, got.resultTime, got.validTime, got.parameters, got.result],
      ['2026-03-01T00:40:00.000Z', '2026-03-01T00:41:00.000Z', '2026-03-01T00:00:00.000Z/2026-03-02T00:00:00.000Z', { p: 1 }, 8],
    );
    assert.deepEqual([got.Datastream['@iot.id'], got.Datastream.Thing['@iot.id'], got.FeatureOfInterest['@iot.id']], [stream.id, thing.id, feature.id]);
    assert.deepEqual((await s.get(`/Locations(${place.id})`)).location, b.location('one').location);
    const d = await s.get(`/Datastreams(${stream.id})`);
    assert.equal(d.phenomenonTime, '2026-03-01T00:40:00.000Z/2026-03-01T00:40:00.000Z');
  });

  await s.check('results of every JSON type, intervals, times that the service gives', async () => {
    const thing = await s.make('/Things', b.thing('kinds', { Locations: [b.location('kinds')] }));
    const stream = await s.make(
      '/Datastreams',
      b.datastream('kinds', {
        observationType: 'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Observation',
        Thing: ref(thing),
        Sensor: b.sensor('kinds'),
        ObservedProperty: b.property('kinds'),
      }),
    );
    let n = 0;
    for (const result of [1, 0.1, -1e-7, 12_345_678_901, true, false, 'text', '', { a: [1, { b: null }] }, [1, 2], null]) {
      const o = await s.make(`/Datastreams(${stream.id})/Observations`, { phenomenonTime: `2026-02-01T00:00:${String(n++).padStart(2, '0')}Z`, result });
      const got = await s.get(`/Observations(${o.id})`);
      assert.deepEqual(got.result, result);
      assert.ok('resultTime' in got && got.resultTime === null);
    }
    const big = await s.call('POST', `/Datastreams(${stream.id})/Observations`, `{"phenomenonTime":"2026-02-02T00:00:00Z","result":9007199254740993}`);
    assert.match((await s.call('GET', big.headers.get('location')!)).text, /"result":9007199254740993[,}]/);
    const long = await s.make(`/Datastreams(${stream.id})/Observations`, { phenomenonTime: '2026-02-03T00:00:00.000Z/2026-02-03T01:00:00.000Z', result: 1 });
    assert.equal((await s.get(`/Observations(${long.id})`)).phenomenonTime, '2026-02-03T00:00:00.000Z/2026-02-03T01:00:00.000Z');
    const now = await s.make(`/Datastreams(${stream.id})/Observations`, { result: 1 });
    assert.match((await s.get(`/Observations(${now.id})`)).phenomenonTime, /^\d{4}-.*Z$/);
    const zone = await s.make(`/Datastreams(${stream.id})/Observations`, { phenomenonTime: '2026-02-04T08:00:00+08:00', result: 1 });
    assert.equal(new Date((await s.get(`/Observations(${zone.id})`)).phenomenonTime).getTime(), Date.UTC(2026, 1, 4));
  });

  await s.check('a feature of interest is made from the place, once, and again after it is gone or the place is another', async () => {
    const thing = await s.make(
      '/Things',
      b.thing('foi', { Locations: [b.location('foi')], Datastreams: [b.datastream('foi', { Sensor: b.sensor('foi'), ObservedProperty: b.property('foi') })] }),
    );
    const [d] = await s.list(`/Things(${thing.id})/Datastreams`);
    const at = `/Datastreams(${d['@iot.id']})/Observations`;
    const feature = async (o: { id: number | string }) => s.get(`/Observations(${o.id})/FeatureOfInterest`);
    const many = await Promise.all([1, 2, 3, 4].map((n) => s.make(at, { phenomenonTime: `2026-02-01T00:0${n}:00Z`, result: n })));
    const features = await Promise.all(many.map(feature));
    assert.equal(new Set(features.map((f) => f['@iot.id'])).size, 1);
    assert.deepEqual(features[0].feature, b.location('foi').location);
    assert.equal((await s.call('DELETE', `/FeaturesOfInterest(${features[0]['@iot.id']})`)).status, 200);
    assert.deepEqual(await s.list(at), []);
    const again = await s.make(at, { phenomenonTime: '2026-02-01T01:00:00Z', result: 1 });
    assert.deepEqual((await feature(again)).feature, b.location('foi').location);
    await s.make(`/Things(${thing.id})/Locations`, b.location('elsewhere', 107, 30));
    const moved = await s.make(at, { phenomenonTime: '2026-02-01T02:00:00Z', result: 1 });
    assert.deepEqual((await feature(moved)).feature, b.location('elsewhere', 107, 30).location);
    assert.equal((await s.get(`/Things(${thing.id})/HistoricalLocations?$count=true`))['@iot.count'], 2);
  });

  await s.check('what is incomplete or wrong is 400 and leaves nothing', async () => {
    const thing = await s.make('/Things', b.thing('plain'));
    const before = await counts();
    for (const [path, body] of [
      ['/Things', { description: 'no name' }],
      ['/Things', b.thing('x', { name: 5 })],
      ['/Things', b.thing('x', { nothing: 1 })],
      ['/Things', b.thing('x', { Locations: [{ ...b.location('x'), location: undefined }] })],
      ['/Things', b.thing('x', { Locations: [b.location('x')], Datastreams: [b.datastream('x', { Sensor: b.sensor('x') })] })],
      ['/Things', b.thing('x', { Datastreams: [b.datastream('x', { Sensor: b.sensor('x'), ObservedProperty: { name: 'x' } })] })],
      ['/Locations', { ...b.location('x'), encodingType: undefined }],
      ['/Datastreams', b.datastream('x')],
      ['/Datastreams', b.datastream('x', { Thing: ref(thing), Sensor: b.sensor('x') })],
      ['/Datastreams', b.datastream('x', { Thing: { '@iot.id': 9_223_372_036 }, Sensor: b.sensor('x'), ObservedProperty: b.property('x') })],
      ['/Sensors', { ...b.sensor('x'), metadata: undefined }],
      ['/ObservedProperties', { ...b.property('x'), definition: undefined }],
      ['/FeaturesOfInterest', { ...b.feature('x'), feature: undefined }],
      ['/Observations', { result: 1 }],
      ['/Observations', { result: 1, Datastream: { '@iot.id': 9_223_372_036 } }],
      ['/HistoricalLocations', { time: '2026-03-01T00:00:00Z' }],
      ['/HistoricalLocations', { time: 'yesterday', Thing: ref(thing), Locations: [b.location('x')] }],
      ['/Things', []],
      ['/Things', '{'],
      ['/Things', ''],
    ] as [string, unknown][])
      await s.refused('POST', path, body, 400, 409);
    assert.deepEqual(await counts(), before);
  });

  await s.check('PATCH changes what is named, PUT all, links by identifier; content inline is refused', async () => {
    const thing = await s.make('/Things', b.thing('patch', { Locations: [b.location('patch')] }));
    const place = await s.make('/Locations', b.location('second', 106.4, 29.5));
    const before = await s.get(thing.self);
    assert.equal((await s.call('PATCH', thing.self, { description: 'changed' })).status, 200);
    const after = await s.get(thing.self);
    assert.deepEqual(after, { ...before, description: 'changed' });
    assert.equal((await s.call('PATCH', thing.self, { Locations: [ref(place)] })).status, 200);
    assert.equal((await s.list(`/Things(${thing.id})/Locations?$filter=id eq ${place.id}`.replaceAll(' ', '%20'))).length, 1);
    await s.refused('PATCH', thing.self, { Locations: [b.location('inline')] });
    await s.refused('PATCH', thing.self, { Datastreams: [b.datastream('inline', { Sensor: b.sensor('x'), ObservedProperty: b.property('x') })] });
    await s.refused('PATCH', thing.self, { name: 7 });
    const put = await s.call('PUT', thing.self, { name: `${s.mark}put`, description: 'all' });
    assert.equal(put.status, 200, put.text);
    const whole = await s.get(thing.self);
    assert.deepEqual([whole.name, whole.description, whole.properties], [`${s.mark}put`, 'all', undefined]);
    await s.refused('PUT', thing.self, { description: 'no name' });
    for (const [path, body, patch] of [
      ['/Locations', b.location('p'), { description: 'new', location: { type: 'Point', coordinates: [1, 2] } }],
      ['/Sensors', b.sensor('p'), { metadata: 'new' }],
      ['/ObservedProperties', b.property('p'), { description: 'new' }],
      ['/FeaturesOfInterest', b.feature('p'), { feature: { type: 'Point', coordinates: [1, 2] } }],
    ] as [string, object, Record<string, unknown>][]) {
      const made = await s.make(path, body);
      assert.equal((await s.call('PATCH', made.self, patch)).status, 200, path);
      const now = await s.get(made.self);
      for (const [k, v] of Object.entries({ ...body, ...patch })) assert.deepEqual(now[k], v, `${path}/${k}`);
    }
  });

  await s.check('deletes take along what cannot be without them, and nothing else', async () => {
    const tree = async (name: string) => {
      const t = await s.make(
        '/Things',
        b.thing(name, {
          Locations: [b.location(name)],
          Datastreams: [b.datastream(name, { Sensor: b.sensor(name), ObservedProperty: b.property(name), Observations: [{ phenomenonTime: '2026-02-01T00:00:00Z', result: 1 }] })],
        }),
      );
      const e: Json = await s.get(`/Things(${t.id})?$expand=Locations,HistoricalLocations,Datastreams($expand=Sensor,ObservedProperty,Observations/FeatureOfInterest)`);
      const [d] = e.Datastreams;
      return {
        Things: t.self,
        Locations: e.Locations[0]['@iot.selfLink'],
        HistoricalLocations: e.HistoricalLocations[0]['@iot.selfLink'],
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
    for (const set of SETS) {
      const links = await tree(`del-${set}`);
      const r = await s.call('DELETE', links[set]!, undefined, { 'content-type': 'application/x-www-form-urlencoded' });
      assert.equal(r.status, 200, `${set}: ${r.text}`);
      for (const other of SETS) assert.equal((await s.call('GET', links[other]!)).status, gone[set]!.includes(other) ? 404 : 200, `DELETE ${set}: ${other}`);
      assert.equal((await s.call('DELETE', links[set]!)).status, 404);
    }
  });

  await s.check('deep inserts from every entity inwards', async () => {
    const stream = () => b.datastream('deep', { Sensor: b.sensor('deep'), ObservedProperty: b.property('deep') });
    const made: [string, object][] = [
      [
        '/Sensors',
        {
          ...b.sensor('in'),
          Datastreams: [b.datastream('in', { Thing: b.thing('in', { Locations: [b.location('in')] }), ObservedProperty: b.property('in'), Observations: [{ result: 1 }] })],
        },
      ],
      ['/ObservedProperties', { ...b.property('in'), Datastreams: [b.datastream('in', { Thing: b.thing('in'), Sensor: b.sensor('in') })] }],
      ['/Locations', { ...b.location('in'), Things: [b.thing('in', { Datastreams: [stream()] })] }],
      [
        '/Observations',
        {
          result: 2,
          phenomenonTime: '2026-02-01T00:00:00Z',
          FeatureOfInterest: b.feature('in'),
          Datastream: b.datastream('in', { Thing: b.thing('in'), Sensor: b.sensor('in'), ObservedProperty: b.property('in') }),
        },
      ],
      ['/Datastreams', { ...stream(), Thing: b.thing('in', { Locations: [b.location('in')] }), Observations: [{ result: 1 }] }],
      ['/HistoricalLocations', { time: '2026-02-01T00:00:00Z', Thing: b.thing('in'), Locations: [b.location('in')] }],
      [
        '/FeaturesOfInterest',
        {
          ...b.feature('in'),
          Observations: [
            {
              result: 3,
              phenomenonTime: '2026-02-01T00:00:00Z',
              Datastream: b.datastream('in', { Thing: b.thing('in'), Sensor: b.sensor('in'), ObservedProperty: b.property('in') }),
            },
          ],
        },
      ],
    ];
    for (const [path, body] of made) {
      const m = await s.make(path, body);
      for (const [link] of Object.entries(MODEL[path.slice(1)]!.links)) {
        if (!(link in body)) continue;
        const r = await s.get(`${m.self.slice(s.target.root.length)}/${link}`);
        assert.ok(isMany(link) ? r.value.length === 1 : r['@iot.id'], `${path}/${link}`);
      }
    }
    assert.equal((await s.list(`/Things?$filter=${q(`name eq '${s.mark}改in'`)}`)).length, 7);
  });
}
