// Black-box checks of the extensions for many at once: columns out, CreateObservations in, batches as multipart and as JSON.
import assert from 'node:assert/strict';
import { type Json, type Suite, bodies, q } from './client.ts';
import type { Content } from './content.ts';

export async function arrays(s: Suite, c: Content): Promise<void> {
  const b = bodies(`${s.mark}批`);
  const [one, two] = c.streams as [number, number];

  await s.check('$resultFormat=dataArray groups readings by stream in columns', async () => {
    const r = await s.get(`/Datastreams(${one})/Observations?$resultFormat=dataArray&$count=true&$top=5&$orderby=phenomenonTime`);
    assert.equal(r['@iot.count'], 12);
    const [block] = r.value;
    assert.ok(block['Datastream@iot.navigationLink'].includes(`(${one})`));
    const at = block.components.indexOf('result');
    assert.deepEqual(
      block.dataArray.map((x: Json[]) => x[at]),
      [1, 2, 3, 4, 5],
    );
    assert.equal(block['dataArray@iot.count'], 5);
    assert.ok(r['@iot.nextLink']);
    const some = await s.get(
      `/Observations?$resultFormat=dataArray&$select=result,phenomenonTime&$filter=${q(`(Datastream/id eq ${one} or Datastream/id eq ${two}) and (result eq 3 or result eq 103)`)}`,
    );
    assert.deepEqual(
      some.value.map((x: Json) => [x.components, x.dataArray.length]),
      [
        [['result', 'phenomenonTime'], 1],
        [['result', 'phenomenonTime'], 1],
      ],
    );
    await s.refused('GET', '/Things?$resultFormat=dataArray', undefined, 400, 501);
  });
  await s.check('CreateObservations: links in the order of the rows, a wrong row says error', async () => {
    const feature = await s.make('/FeaturesOfInterest', b.feature('rows'));
    const r = await s.call('POST', '/CreateObservations', [
      {
        Datastream: { '@iot.id': one },
        components: ['phenomenonTime', 'result', 'FeatureOfInterest/id'],
        'dataArray@iot.count': 3,
        dataArray: [
          ['2026-05-01T00:00:00Z', 20, feature.id],
          ['2026-05-01T00:01:00Z', 30, 9_223_372_036],
          ['2026-05-01T00:02:00Z', 40, feature.id],
        ],
      },
      { Datastream: { '@iot.id': two }, components: ['result', 'phenomenonTime'], dataArray: [[65, '2026-05-01T00:00:00Z']] },
    ]);
    assert.equal(r.status, 201, r.text);
    assert.equal(r.json.length, 4);
    assert.match(r.json[1], /^error/);
    for (const n of [0, 2, 3]) assert.equal((await s.call('GET', r.json[n])).status, 200);
    assert.deepEqual([(await s.get(r.json[2])).result, (await s.get(r.json[3])).result], [40, 65]);
    assert.equal((await s.get(`${r.json[0]}/FeatureOfInterest`))['@iot.id'], feature.id);
    for (const bad of [{}, [{ Datastream: { '@iot.id': one } }], 'x']) assert.ok([400, 201].includes((await s.call('POST', '/CreateObservations', bad)).status));
  });
  await s.check('$batch as multipart: reads, a change set with references, one that fails takes nothing', async () => {
    const path = new URL(s.target.root).pathname;
    const set = (...parts: string[]) => [
      '--batch',
      'Content-Type: multipart/mixed;boundary=set',
      '',
      ...parts.flatMap((p, i) => ['--set', 'Content-Type: application/http', `Content-ID: ${i + 1}`, '', p]),
      '--set--',
    ];
    const post = (to: string, body: unknown) => `POST ${to} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(body)}`;
    const send = (lines: string[]) => s.call('POST', '/$batch', [...lines, '--batch--', ''].join('\r\n'), { 'content-type': 'multipart/mixed;boundary=batch' });
    const good = await send([
      '--batch',
      'Content-Type: application/http',
      '',
      `GET ${path}/Things(${c.ids.Things})?$select=name HTTP/1.1`,
      'Host: localhost',
      '',
      '',
      ...set(post('Things', b.thing('batch')), post('$1/Locations', b.location('batch')), post(`${path}/Sensors`, b.sensor('batch'))),
    ]);
    assert.equal(good.status, 200, good.text);
    assert.match(good.headers.get('content-type')!, /^multipart\/mixed/);
    assert.equal(good.text.match(/HTTP\/1\.1 201/g)?.length, 3, good.text);
    const [made] = await s.list(`/Things?$filter=${q(`name eq '${s.mark}批batch'`)}&$expand=Locations`);
    assert.equal(made.Locations[0].name, `${s.mark}批batch`);
    const bad = await send(set(post('/Things', b.thing('torn')), post('/Things', { name: 'no description' })));
    assert.equal(bad.status, 200);
    assert.match(bad.text, /HTTP\/1\.1 400/);
    assert.deepEqual(await s.list(`/Things?$filter=${q(`name eq '${s.mark}批torn'`)}`), []);
  });
  await s.check('$batch as JSON', async () => {
    const r = await s.call('POST', '/$batch', {
      requests: [
        { id: '0', atomicityGroup: 'g', method: 'post', url: 'Things', body: b.thing('json') },
        { id: '1', atomicityGroup: 'g', method: 'patch', url: '$0', body: { description: 'two' } },
        { id: '2', method: 'get', url: `Things?$filter=${q(`name eq '${s.mark}批json'`)}&$select=description` },
        { id: '3', method: 'get', url: 'Nothings' },
      ],
    });
    assert.deepEqual(
      r.json.responses.map((x: Json) => [x.id, x.status]),
      [
        ['0', 201],
        ['1', 200],
        ['2', 200],
        ['3', 404],
      ],
    );
    assert.equal(r.json.responses[2].body.value[0].description, 'two');
  });
}
