// SensorThings queries: filters of every kind, orders, pages, counts, selections, columns; ids of the checklist in the names.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Client, type Json, place, point, property, ready, sensor, stream, thing } from './sta/fixtures/client.ts';

/** Twelve readings 1…12 a minute apart, on four streams of two things. */
async function twelve(c: Client) {
  const { id: s1 } = await c.make('/Sensors', sensor('甲'));
  const { id: p1 } = await c.make('/ObservedProperties', property('量一'));
  const t1 = await c.make(
    '/Things',
    thing('物一', {
      properties: { field: 1, string: 'one' },
      Locations: [place('地一', 106.3, 29.4)],
      Datastreams: [stream('流一', { Sensor: { '@iot.id': s1 } }), stream('流二', { ObservedProperty: { '@iot.id': p1 } })],
    }),
  );
  const t2 = await c.make(
    '/Things',
    thing('物二', {
      properties: { field: 2.5, string: 'two', list: [7, 8] },
      Locations: [place('地二', 107, 30)],
      Datastreams: [stream('流三'), stream('流四', { unitOfMeasurement: { name: null, symbol: null, definition: null } })],
    }),
  );
  const ds: number[] = (await c.get('/Datastreams?$orderby=name&$select=id,name&$filter=startswith(name,%27流%27)')).value
    .sort((a: Json, b: Json) => a['@iot.id'] - b['@iot.id'])
    .map((x: Json) => x['@iot.id']);
  for (let i = 1; i <= 12; i++) {
    const at = `2026-03-01T08:${String(i).padStart(2, '0')}:00.000Z`;
    await c.make(`/Datastreams(${ds[Math.floor((i - 1) / 3)]})/Observations`, {
      phenomenonTime: at,
      resultTime: at,
      result: i,
      parameters: { n: i },
      ...(i % 2 ? { resultQuality: { good: true } } : {}),
    });
  }
  return { t1, t2, ds };
}
const q = (s: string) => encodeURIComponent(s);

test('STA-036…041 filters', async (t) => {
  const c = await ready(t);
  const { t1, t2, ds } = await twelve(c);
  const results = async (filter: string) => (await c.get(`/Observations?$orderby=phenomenonTime&$filter=${q(filter)}`)).value.map((o: Json) => o.result);
  const names = async (set: string, filter: string) => (await c.get(`/${set}?$orderby=id&$filter=${q(filter)}`)).value.map((o: Json) => o.name);
  const cases: [string, number[]][] = [
    ['result eq 4', [4]],
    ['result ne 4 and result lt 7', [1, 2, 3, 5, 6]],
    ['result ge 11 or result le 2', [1, 2, 11, 12]],
    ['not (result gt 2)', [1, 2]],
    ["result gt '3'", [4, 5, 6, 7, 8, 9]],
    ["result eq '12'", [12]],
    ['result add 1 eq 3', [2]],
    ['result sub 1 mul 2 eq 1', [3]],
    ['(result sub 1) mul 2 eq 4', [3]],
    ['result div 2 gt 5.5', [12]],
    ['result mod 5 eq 2', [2, 7, 12]],
    ['-result lt -11', [12]],
    ['round(result div 2) eq 2', [3, 4]],
    ['floor(result div 5) eq 2', [10, 11, 12]],
    ['ceiling(result div 5) eq 1', [1, 2, 3, 4, 5]],
    ['phenomenonTime gt 2026-03-01T08:10:00Z', [11, 12]],
    ['phenomenonTime ge 2026-03-01T16:10:00+08:00', [10, 11, 12]],
    ['phenomenonTime lt 2026-03-01T08:02:00.000Z', [1]],
    ['phenomenonTime eq 2026-03-01T08:02:00Z', [2]],
    ['phenomenonTime ne 2026-03-01T08:02:00Z and result lt 4', [1, 3]],
    ['resultTime le 2026-03-01T08:02:00Z', [1, 2]],
    ['during(phenomenonTime, 2026-03-01T08:02:00Z/2026-03-01T08:04:00Z)', [2, 3]],
    ['before(phenomenonTime, 2026-03-01T08:02:00Z)', [1]],
    ['after(resultTime, 2026-03-01T08:11:00Z)', [12]],
    ['phenomenonTime lt 2026-03-01T08:02:00Z/2026-03-01T09:00:00Z', [1]],
    ["phenomenonTime sub 2026-03-01T08:00:00Z lt duration'PT2M'", [1]],
    ["phenomenonTime add duration'PT1H' gt 2026-03-01T09:11:00Z", [12]],
    ['minute(phenomenonTime) eq 5', [5]],
    [
      'hour(phenomenonTime) eq 8 and day(phenomenonTime) eq 1 and month(phenomenonTime) eq 3 and year(phenomenonTime) eq 2026 and second(resultTime) eq 0 and fractionalseconds(resultTime) eq 0 and result eq 1',
      [1],
    ],
    ['date(phenomenonTime) eq 2026-03-01 and result le 1', [1]],
    ['time(phenomenonTime) lt 08:02', [1]],
    ['phenomenonTime lt now() and totaloffsetminutes(phenomenonTime) eq 0 and result eq 1', [1]],
    ['phenomenonTime gt mindatetime() and phenomenonTime lt maxdatetime() and result eq 1', [1]],
    ['resultQuality ne null', [1, 3, 5, 7, 9, 11]],
    ['resultQuality/good eq true and result lt 4', [1, 3]],
    ['parameters/n ge 11', [11, 12]],
    ['validTime eq null and result eq 1', [1]],
    [`Datastream/id eq ${ds[1]}`, [4, 5, 6]],
    ["Datastream/Thing/name eq '物二' and result lt 9", [7, 8]],
    ['Datastream/Thing/properties/field gt 2 and result ge 10', [10, 11, 12]],
    ["Datastream/unitOfMeasurement/symbol eq '°C' and result gt 8", [9]],
    ["Datastream/Thing/Locations/name eq '地一' and result gt 4", [5, 6]],
    ["FeatureOfInterest/name eq '地二' and result lt 8", [7]],
    ["st_within(FeatureOfInterest/feature, geography'POLYGON ((106 29, 106.5 29, 106.5 30, 106 30, 106 29))') and result gt 4", [5, 6]],
    ['result in (1, 3)', [1, 3]],
    ['result eq null', []],
    ['result eq true', []],
  ];
  for (const [filter, expected] of cases) assert.deepEqual(await results(filter), expected, filter);

  const things: [string, string[]][] = [
    ["name eq '物一'", ['物一']],
    ["substringof('二', name)", ['物二']],
    ["contains(name, '一')", ['物一']],
    ["startswith(name,'物') and endswith(name, '一')", ['物一']],
    ["length(name) eq 2 and indexof(name, '二') eq 1", ['物二']],
    ["substring(properties/string, 1) eq 'wo'", ['物二']],
    ["substring(properties/string, 1, 1) eq 'w'", ['物二']],
    ["toupper(properties/string) eq 'ONE' and tolower(concat(trim(properties/string), 'X')) eq 'onex'", ['物一']],
    ['properties/field eq 2.5', ['物二']],
    ["properties/field eq '2.5'", ['物二']],
    ['properties/list/1 eq 8', ['物二']],
    ["Datastreams/name eq '流三'", ['物二']],
    ['Datastreams/Observations/result gt 9', ['物二']],
    ['Datastreams/Observations/resultTime ge 2026-03-01T08:12:00Z', ['物二']],
    ["Datastreams/any(d:d/name eq '流一') and Datastreams/any(d:d/name eq '流二')", ['物一']],
    ["Datastreams/all(d:d/name ne '流一') and startswith(name, '物')", ['物二']],
    ["Locations/any() and HistoricalLocations/any(h:h/Locations/any(l:l/name eq '地二'))", ['物二']],
    ["geo.distance(Locations/location, geography'POINT (106.3 29.5)') lt 0.2", ['物一']],
    ["geo.intersects(Locations/location, geography'LINESTRING (107 29, 107 31)')", ['物二']],
    ["name eq 'O''Hara'", []],
  ];
  for (const [filter, expected] of things) assert.deepEqual(await names('Things', `(${filter}) and startswith(name,'物')`), expected, filter);
  assert.deepEqual(await names('Datastreams', `Thing/id eq ${t1.id}`), ['流一', '流二']);
  assert.deepEqual(await names('Datastreams', 'phenomenonTime gt 2026-03-01T08:06:00Z'), ['流三', '流四']);
  assert.deepEqual(await names('Datastreams', `Observations/id eq null and Thing/id eq ${t2.id}`), []);
  assert.deepEqual(await names('Datastreams', "unitOfMeasurement/name eq null and startswith(name,'流')"), ['流四']);
  assert.deepEqual(await names('Datastreams', 'overlaps(phenomenonTime, 2026-03-01T08:05:00Z/2026-03-01T08:07:30Z)'), ['流二', '流三']);
});

test('STA-030…035 order, pages, counts, selections, expansions, continued lists', async (t) => {
  const c = await ready(t);
  const { t1, ds } = await twelve(c);
  const page = await c.get(`/Observations?$filter=${q("result gt '3'")}&$skip=2&$top=1&$orderby=phenomenonTime&$count=true`);
  assert.equal(page['@iot.count'], 6);
  assert.deepEqual(
    page.value.map((o: Json) => o.result),
    [6],
  );
  assert.equal(typeof page['@iot.nextLink'], 'string');
  for (const by of [
    'phenomenonTime',
    'phenomenonTime desc',
    'result desc',
    'Datastream/name,result desc',
    'id',
    'FeatureOfInterest/feature desc,result mod 3',
    'parameters/n',
    '',
  ]) {
    const seen: number[] = [];
    let url = `/Observations?$top=5&$select=result,phenomenonTime${by && `&$orderby=${q(by)}`}`;
    for (let n = 0; url; n++) {
      assert.ok(n < 5, 'ends');
      const p = await c.get(url);
      seen.push(...p.value.map((o: Json) => o.result));
      url = p['@iot.nextLink'];
    }
    assert.equal(new Set(seen).size, 12, `${by}: ${seen.join()}`);
    if (by === 'result desc' || by === 'phenomenonTime desc') assert.deepEqual(seen, [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  }
  assert.equal((await c.get('/Observations?$top=12'))['@iot.nextLink'], undefined);
  assert.equal((await c.get('/Observations?$top=0&$count=true')).value.length, 0);
  const x = await c.get(
    `/Things(${t1.id})/Datastreams?$orderby=name desc&$expand=Observations($top=2;$orderby=result desc;$select=result,id;$count=true),Thing($select=name)&$select=name`,
  );
  assert.deepEqual(
    x.value.map((d: Json) => [d.name, d.Thing, d['Observations@iot.count'], d.Observations.map((o: Json) => o.result)]),
    [
      ['流二', { name: '物一' }, 3, [6, 5]],
      ['流一', { name: '物一' }, 3, [3, 2]],
    ],
  );
  assert.equal('@iot.id' in x.value[0], false);
  const more = await c.get(x.value[0]['Observations@iot.nextLink']);
  assert.deepEqual(
    more.value.map((o: Json) => [Object.keys(o), o.result]),
    [[['@iot.id', 'result'], 4]],
  );
  const deep = await c.get(`/Datastreams(${ds[0]})?$expand=Thing/HistoricalLocations/Locations,Sensor,ObservedProperty($select=definition)`);
  assert.equal(deep.Thing.HistoricalLocations[0].Locations[0].name, '地一');
  assert.deepEqual(Object.keys(deep.ObservedProperty), ['definition']);
  assert.deepEqual(await c.get(`/Datastreams(${ds[0]})/Observations/$ref?$top=1`).then((r) => Object.keys(r.value[0])), ['@iot.selfLink']);
  assert.deepEqual(await c.get(`/Datastreams(${ds[0]})/Thing/$ref`), { '@iot.selfLink': t1.self });
  assert.deepEqual(await c.get(`/Datastreams(${ds[0]})/unitOfMeasurement/symbol`), { symbol: '°C' });
  assert.equal((await c.call('GET', `/Datastreams(${ds[0]})/unitOfMeasurement/symbol/$value`)).text, '°C');
  assert.deepEqual(JSON.parse((await c.call('GET', `/Things(${t1.id})/properties/$value`)).text), { field: 1, string: 'one' });
  for (const [url, status] of [
    ['/Observations?$top=-1', 400],
    ['/Observations?$top=x', 400],
    ['/Observations?$count=yes', 400],
    ['/Observations?$search=a', 501],
    ['/Observations?$filter=nothing eq 1', 400],
    ['/Observations?$filter=result eq', 400],
    ['/Observations?$filter=st_buffer(result,1) eq 1', 501],
    ['/Observations?$orderby=nothing', 400],
    ['/Observations?$select=nothing', 400],
    ['/Observations?$expand=Thing', 400],
    ['/Observations?$skiptoken=zzz', 410],
    ['/Things?$resultFormat=dataArray', 400],
    ['/Nothings', 404],
    [`/Things(${t1.id})/nothing`, 404],
    [`/Things(${t1.id})/Datastreams(${ds[2]})`, 404],
    ["/Things('abc')", 404],
  ] as [string, number][]) {
    const r = await c.call('GET', url.replaceAll(' ', '%20'));
    assert.equal(r.status, status, `${url}: ${r.text}`);
    assert.equal(r.json.error.code, String(status));
  }
  const noProperties = await c.make('/Things', thing('无'));
  assert.equal((await c.call('GET', `/Things(${noProperties.id})/properties`)).status, 204);
});

test('STA-061 STA-062 columns out and in; a row that is wrong does not take the others with it', async (t) => {
  const c = await ready(t);
  const { ds } = await twelve(c);
  const out = await c.get('/Observations?$resultFormat=dataArray&$select=result,phenomenonTime&$count=true&$orderby=id');
  assert.equal(out['@iot.count'], 12);
  assert.equal(out.value.length, 4);
  const block = out.value.find((b: Json) => b['Datastream@iot.navigationLink'].endsWith(`(${ds[0]})`));
  assert.deepEqual(block.components, ['result', 'phenomenonTime']);
  assert.equal(block['dataArray@iot.count'], 3);
  assert.deepEqual(block.dataArray[0], [1, '2026-03-01T08:01:00.000Z']);
  const foi = (await c.get(`/Observations?$top=1&$expand=FeatureOfInterest`)).value[0].FeatureOfInterest['@iot.id'];
  const body = [
    {
      Datastream: { '@iot.id': ds[0] },
      components: ['phenomenonTime', 'result', 'FeatureOfInterest/id'],
      'dataArray@iot.count': 3,
      dataArray: [
        ['2026-03-01T10:00:00Z', 20, foi],
        ['2026-03-01T10:01:00Z', 21, 99_999_999],
        ['2026-03-01T10:02:00Z', 22, null],
      ],
    },
    {
      Datastream: { '@iot.id': ds[1] },
      components: ['phenomenonTime', 'result', 'resultTime'],
      dataArray: [
        ['2026-03-01T10:00:00Z', 30, '2026-03-01T10:00:01Z'],
        ['2026-03-01T10:00:00Z', 31, null],
        ['wrong', 32, null],
      ],
    },
    { Datastream: { '@iot.id': 99_999_999 }, components: ['result'], dataArray: [[1]] },
  ];
  const r = await c.call('POST', '/CreateObservations', body);
  assert.equal(r.status, 201, r.text);
  assert.deepEqual(
    r.json.map((x: string) => (x.startsWith('error') ? 'error' : 'link')),
    ['link', 'error', 'link', 'link', 'link', 'error', 'error'],
  );
  assert.equal((await c.get(r.json[0])).result, 20);
  assert.deepEqual([(await c.get(r.json[3])).result, (await c.get(r.json[4])).result], [30, 31]);
  assert.deepEqual((await c.get(`/Datastreams(${ds[1]})`)).phenomenonTime, '2026-03-01T08:04:00.000Z/2026-03-01T10:00:00.000Z');
  assert.equal((await c.call('POST', '/CreateObservations', { a: 1 })).status, 400);
  assert.deepEqual(point(1, 2).type, 'Point');
});

test('STA-063 a request sent again with its key is answered as the first time', async (t) => {
  const c = await ready(t);
  const { ds } = await twelve(c);
  const key = { 'idempotency-key': 'k-1' };
  const a = await c.call('POST', `/Datastreams(${ds[0]})/Observations`, { phenomenonTime: '2026-03-01T11:00:00Z', result: 1 }, key);
  const b = await c.call('POST', `/Datastreams(${ds[0]})/Observations`, { phenomenonTime: '2026-03-01T11:00:00Z', result: 1 }, key);
  assert.deepEqual([a.status, b.status, b.headers.location], [201, 201, a.headers.location]);
  assert.equal((await c.call('POST', `/Datastreams(${ds[0]})/Observations`, { phenomenonTime: '2026-03-01T11:00:00Z', result: 2 }, key)).status, 422);
  const array = [{ Datastream: { '@iot.id': ds[1] }, components: ['phenomenonTime', 'result'], dataArray: [['2026-03-01T11:00:00Z', 1]] }];
  const x = await c.call('POST', '/CreateObservations', array, { 'idempotency-key': 'k-2' });
  const y = await c.call('POST', '/CreateObservations', array, { 'idempotency-key': 'k-2' });
  assert.deepEqual(x.json, y.json);
  assert.equal((await c.get('/Observations?$top=0&$count=true'))['@iot.count'], 14);
});

test('STA-039 geometric functions over places, features and areas', async (t) => {
  const c = await ready(t);
  const shapes: [string, object][] = [
    ['0', point(8, 51)],
    ['1', point(8, 52)],
    ['2', point(8, 53)],
    ['3', point(8, 54)],
    [
      '4',
      {
        type: 'Polygon',
        coordinates: [
          [
            [8, 53],
            [7, 52],
            [7, 53],
            [8, 53],
          ],
        ],
      },
    ],
    [
      '5',
      {
        type: 'LineString',
        coordinates: [
          [5, 52],
          [5, 53],
        ],
      },
    ],
    [
      '6',
      {
        type: 'LineString',
        coordinates: [
          [5, 52],
          [6, 53],
        ],
      },
    ],
    [
      '7',
      {
        type: 'LineString',
        coordinates: [
          [4, 52],
          [8, 52],
        ],
      },
    ],
  ];
  for (const [name, location] of shapes) await c.make('/Locations', { ...place(`形${name}`), location });
  const area = "geography'POLYGON((7.5 51.5, 7.5 53.5, 8.5 53.5, 8.5 51.5, 7.5 51.5))'";
  for (const [filter, expected] of [
    ["geo.distance(location, geography'POINT(8 54.1)') lt 1", '3'],
    ["geo.distance(location, geography'POINT(8 54.1)') gt 1", '0124567'],
    ["geo.intersects(location, geography'LINESTRING(7.5 51, 7.5 54)')", '47'],
    ['geo.length(location) gt 1', '67'],
    ['geo.length(location) eq 1', '5'],
    ['geo.length(location) lt 4', '0123456'],
    [`st_contains(${area}, location)`, '12'],
    [`st_within(location, ${area})`, '12'],
    ["st_crosses(geography'LINESTRING(7.5 51.5, 7.5 53.5)', location)", '47'],
    [`st_disjoint(${area}, location)`, '0356'],
    ["st_equals(location, geography'POINT(8 53)')", '2'],
    [`st_intersects(location, ${area})`, '1247'],
    ["st_touches(geography'POLYGON((8 53, 7.5 54.5, 8.5 54.5, 8 53))', location)", '24'],
    [`st_overlaps(${area}, location)`, '4'],
    ["st_relate(geography'POLYGON((7.5 51.5, 7.5 53.5, 8.5 53.5, 8.5 51.5, 7.5 51.5))', location, 'T********')", '1247'],
    ['not geo.length(location) gt 0', '01234'],
  ] as [string, string][]) {
    const found = (await c.get(`/Locations?$orderby=name&$filter=${q(`(${filter}) and startswith(name,'形')`)}`)).value.map((l: Json) => l.name.slice(1)).join('');
    assert.equal(found, expected, filter);
  }
  const { t1 } = await twelve(c);
  const streams = await c.get(`/Datastreams?$filter=${q("st_within(observedArea, geography'POLYGON((106 29, 106.5 29, 106.5 30, 106 30, 106 29))')")}&$expand=Thing($select=id)`);
  assert.deepEqual(
    streams.value.map((d: Json) => [d.name, d.Thing['@iot.id']]),
    [
      ['流一', t1.id],
      ['流二', t1.id],
    ],
  );
  assert.equal((await c.call('GET', `/Locations?$filter=${q('geo.distance(location, location) lt 1')}`)).status, 501);
  assert.equal((await c.call('GET', `/Locations?$filter=${q("geo.distance(name, geography'POINT(1 2)') lt 1")}`)).status, 501);
  assert.equal((await c.call('GET', `/Locations?$filter=${q("st_relate(location, geography'POINT(1 2)', 'x')")}`)).status, 400);
});
