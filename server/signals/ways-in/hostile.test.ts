// F-29 hostile bodies against every way in: every pointer of every valid body with nasty values, broken bytes, bombs, odd types – no 5xx, no row after a refusal.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { place, stream, thing } from '../sta/fixtures/client.ts';
import { BOMB, BROKEN, mutants, setting } from './fixtures/hostile.ts';

const OBSERVATIONS = [
  { stream: 'p1/pressure', time: '2026-03-02T03:00:00Z', value: 0.3, quality: 0 },
  { stream: 'p1/pressure', times: ['2026-03-02T03:01:00Z'], values: [0.4] },
];
const EVENT = {
  specversion: '1.0',
  id: 'e',
  source: '/g',
  type: 'cn.ccg.signal.readings.v1',
  subject: 'p1',
  time: '2026-03-02T03:00:00Z',
  datacontenttype: 'application/json',
  data: { pressure: 0.5 },
};

test('F-29 every pointer of every body with every nasty value: refused by pointer or understood, never a 5xx, no row of what was refused', async (t) => {
  const s = await setting(t);
  const th = await s.make('/Things', thing('物', { Locations: [place('处')], Datastreams: [stream('流')] }));
  const ds = (await s.get(`/Things(${th.id})/Datastreams`)).value[0]['@iot.id'];
  const doors: [string, string, unknown, Record<string, string>?][] = [
    ['POST', '/api/observations', OBSERVATIONS],
    ['POST', '/api/cloudevents', EVENT, { 'content-type': 'application/cloudevents+json' }],
    ['POST', '/api/cloudevents', [EVENT, { ...EVENT, id: 'f' }], { 'content-type': 'application/cloudevents-batch+json' }],
    ['POST', '/api/signals/mapped/modbus-gateway', { gw: 'GW01', ts: 1772413205, slaves: [{ id: 1, regs: { '40001': 352 } }] }],
    [
      'POST',
      '/sta/v1.1/Things',
      thing('物', {
        properties: { a: 1 },
        Locations: [place('处')],
        Datastreams: [stream('流', { Observations: [{ phenomenonTime: '2026-03-01T00:00:00Z', resultTime: '2026-03-01T00:00:00Z', result: 1, parameters: { a: 1 } }] })],
      }),
    ],
    ['PATCH', `/sta/v1.1/Things(${th.id})`, { name: '改', description: 'x', properties: { a: 1 }, Locations: [{ '@iot.id': 1 }] }],
    ['PUT', `/sta/v1.1/Things(${th.id})`, { name: '改', description: 'x', properties: { a: 1 } }],
    [
      'PATCH',
      `/sta/v1.1/Things(${th.id})`,
      [
        { op: 'add', path: '/properties/x', value: 1 },
        { op: 'move', from: '/properties/x', path: '/properties/y' },
      ],
      { 'content-type': 'application/json-patch+json' },
    ],
    [
      'POST',
      `/sta/v1.1/Datastreams(${ds})/Observations`,
      {
        phenomenonTime: '2026-03-01T00:00:00Z',
        resultTime: null,
        validTime: '2026-03-01T00:00:00Z/2026-03-02T00:00:00Z',
        result: 1,
        resultQuality: {},
        parameters: {},
        FeatureOfInterest: { '@iot.id': 1 },
      },
    ],
    ['POST', '/sta/v1.1/CreateObservations', [{ Datastream: { '@iot.id': ds }, components: ['phenomenonTime', 'result'], dataArray: [['2026-03-01T01:00:00Z', 1]] }]],
    [
      'POST',
      '/sta/v1.1/$batch',
      { requests: [{ id: '1', atomicityGroup: 'g', method: 'post', url: 'Things', headers: { 'content-type': 'application/json' }, body: thing('批') }] },
    ],
    [
      'POST',
      '/api/things',
      {
        preview: false,
        things: [{ code: 'n1', name: '新', profile: 'pipe-pressure', unit: 'demo.t01', lon: 106.3, lat: 29.4, address: 'x', intervalS: 60, parent: 'p1', properties: { a: 1 } }],
      },
    ],
    ['POST', '/api/signals/credentials', { login: 'gw-1', unit: 'demo.t01' }],
    ['POST', '/api/probes', { thing: 'p1', kind: 'tcp', target: 'example.org:80', place: 'elsewhere', intervalS: 60, timeoutMs: 1000, expect: { contains: 'x', minDays: 3 } }],
    ['POST', '/api/signals/by-hand', { readings: [{ stream: 'p1/pressure', at: '2026-03-01T00:00:00Z', value: 1, note: 'x' }] }],
    ['POST', `/api/streams/${s.stream}/calibrations`, { at: '2026-03-01T00:00:00Z', gain: 1.1, bias: 0.1, validUntil: '2027-03-01', certificate: 'x', note: 'x' }],
    [
      'POST',
      '/api/place-frames',
      {
        code: 'grid',
        name: '网格',
        unit: 'demo',
        preview: true,
        controls: [
          { x: 0, y: 0, lon: 106.3, lat: 29.4 },
          { x: 100, y: 0, lon: 106.301, lat: 29.4 },
          { x: 0, y: 100, lon: 106.3, lat: 29.401 },
        ],
      },
    ],
    ['POST', '/api/things/placements', { crs: 'wgs84', points: [{ thing: 'p1', x: 106.3, y: 29.4 }], reason: '校正', preview: false }],
    ['POST', '/open311/v2/requests.json', { service_code: 'manhole', lat: 29.4, long: 106.3, description: 'x', attribute: { condition: 'missing' } }],
  ];
  const without: string[] = [];
  for (const [method, url, body, headers] of doors) {
    for (const { at, text } of mutants(body)) {
      const r = await s.send(method, url, text, headers);
      // Where a field is wrong, the answer names it.
      if (r.status === 400 && at && !url.startsWith('/open311') && !/"pointer":"\/|"target":"|JSON/.test(r.body)) without.push(r.said);
    }
    for (const b of BROKEN) await s.send(method, url, b, headers);
    for (const packed of [BOMB, BOMB.subarray(0, 2000), gzipSync(JSON.stringify(body)).subarray(0, 30), Buffer.from('no gzip')])
      await s.send(method, url, packed, { ...headers, 'content-encoding': 'gzip' });
    for (const type of [
      'text/xml',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'multipart/mixed; boundary=',
      'application/json; charset=utf-16',
      'x',
      '/',
      'application/cloudevents+xml',
    ])
      await s.send(method, url, JSON.stringify(body), { ...headers, 'content-type': type });
    await s.look(url);
  }
  assert.deepEqual(without.slice(0, 5), [], `${without.length} refusals of a field do not name it`);
  await s.end();
});
