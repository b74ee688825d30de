// Black-box checks of what the known clients do (FROST's Java and Python clients, QGIS, dashboards, browsers): their headers, spellings and shortcuts.
import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { type Suite, bodies, q } from './client.ts';
import type { Content } from './content.ts';

export async function clients(s: Suite, c: Content): Promise<void> {
  const b = bodies(`${s.mark}客`);
  const thing = c.ids.Things!;

  await s.check('spellings of addresses: slashes at the end and doubled, quoted identifiers, encoded signs, $format', async () => {
    for (const path of [
      `/Things(${thing})/`,
      `//Things(${thing})`,
      `/Things('${thing}')`,
      `/Things%28${thing}%29`,
      `/Things(${thing})?$format=json`,
      `/Things(${thing})?%24format=application%2Fjson`,
    ])
      assert.equal((await s.get(path))['@iot.id'], thing, path);
    assert.equal((await s.list(`/Things/?%24filter=id%20eq%20${thing}&%24top=1`)).length, 1);
    assert.equal((await s.list(`/Things?$filter=id+eq+${thing}`)).length, 1);
    assert.equal((await s.list(`/Things?$filter=${q(`id eq '${thing}'`)}`)).length, 1);
    assert.equal((await s.list(`/Things?$filter=${q(`@iot.id eq ${thing}`)}&$select=@iot.id,name`)).length, 1);
    assert.equal((await s.call('GET', '/Things?$format=atom')).status, 501);
  });
  await s.check('media types: with a charset, none, merge patch, a body packed by gzip', async () => {
    const body = JSON.stringify(b.thing('media'));
    for (const type of ['application/json; charset=UTF-8', 'application/json;IEEE754Compatible=true', 'text/plain'])
      assert.equal((await s.call('POST', '/Things', body, { 'content-type': type })).status, 201, type);
    const bytes = await s.call('POST', '/Things', new TextEncoder().encode(body));
    assert.equal(bytes.status, 201);
    assert.equal((await s.call('POST', '/Things', new Uint8Array(gzipSync(body)), { 'content-encoding': 'gzip' })).status, 201);
    assert.equal((await s.call('POST', '/Things', new Uint8Array(gzipSync(body).subarray(0, 20)), { 'content-encoding': 'gzip' })).status, 400);
    assert.equal((await s.call('POST', '/Things', body, { 'content-encoding': 'br' })).status, 415);
    assert.equal((await s.call('PATCH', bytes.headers.get('location')!, { description: 'merged' }, { 'content-type': 'application/merge-patch+json' })).status, 200);
    for (const accept of ['*/*', 'application/json', 'text/html,application/xhtml+xml', 'application/json;odata.metadata=minimal'])
      assert.equal((await s.call('GET', `/Things(${thing})`, undefined, { accept })).status, 200, accept);
  });
  await s.check('Prefer: what was stored is shown or not', async () => {
    const minimal = await s.call('POST', '/Things', b.thing('minimal'), { prefer: 'return=minimal' });
    assert.deepEqual([minimal.status, minimal.text, minimal.headers.get('preference-applied')], [201, '', 'return=minimal']);
    const self = minimal.headers.get('location')!;
    const whole = await s.call('PATCH', self, { description: 'x' }, { prefer: 'return=representation' });
    assert.deepEqual([whole.status, whole.json.description], [200, 'x']);
    assert.equal((await s.call('PATCH', self, { description: 'y' }, { prefer: 'return=minimal' })).status, 204);
    assert.equal((await s.get(self)).description, 'y');
  });
  await s.check('JSON Patch as the Python and Java clients send it', async () => {
    const made = await s.make('/Things', b.thing('patch', { properties: { a: 1, list: [1, 2] } }));
    const patch = (ops: unknown) => s.call('PATCH', made.self, ops, { 'content-type': 'application/json-patch+json' });
    const r = await patch([
      { op: 'test', path: '/properties/a', value: 1 },
      { op: 'replace', path: '/description', value: 'patched' },
      { op: 'add', path: '/properties/b', value: { c: 2 } },
      { op: 'add', path: '/properties/list/-', value: 3 },
      { op: 'remove', path: '/properties/a' },
      { op: 'copy', from: '/properties/b', path: '/properties/d' },
      { op: 'move', from: '/properties/d/c', path: '/properties/e' },
    ]);
    assert.equal(r.status, 200, r.text);
    const now = await s.get(made.self);
    assert.deepEqual(
      [now.description, now.properties],
      ['patched', { reference: undefined, b: { c: 2 }, list: [1, 2, 3], d: {}, e: 2 }].map((x) => JSON.parse(JSON.stringify(x))),
    );
    for (const wrong of [
      [{ op: 'test', path: '/name', value: 'other' }],
      [{ op: 'replace', path: '/properties/none', value: 1 }],
      [{ op: 'nothing', path: '/name' }],
      {},
      [{ op: 'add', path: 'name', value: 1 }],
    ])
      assert.equal((await patch(wrong)).status, 400);
  });
  await s.check('whole entities sent back as they were read: links are meant, control information is ignored', async () => {
    const read = await s.get(`/Things(${thing})?$expand=Locations`);
    const back = await s.call('PATCH', `/Things(${thing})`, read);
    assert.equal(back.status, 200, back.text);
    assert.deepEqual(await s.get(`/Things(${thing})?$expand=Locations`), read);
    const stream = await s.get(`/Datastreams(${c.ids.Datastreams})?$expand=Thing,Sensor,ObservedProperty`);
    assert.equal((await s.call('PATCH', `/Datastreams(${c.ids.Datastreams})`, stream)).status, 200);
    const text = await s.make('/Observations', { result: 5, phenomenonTime: '2026-04-01T00:00:00Z', Datastream: { '@iot.id': String(c.ids.Datastreams) } });
    assert.equal((await s.get(`/Observations(${text.id})/Datastream`))['@iot.id'], c.ids.Datastreams);
    const linked = await s.make(
      '/Datastreams',
      b.datastream('linked', { Thing: { '@iot.id': thing }, Sensor: stream.Sensor, ObservedProperty: stream.ObservedProperty, Observations: null }),
    );
    assert.equal((await s.get(`/Datastreams(${linked.id})/Sensor`))['@iot.id'], stream.Sensor['@iot.id']);
  });
  await s.check('a map program asks for kinds of geometry, the last value of each stream and a box', async () => {
    assert.ok((await s.get(`/Locations?$top=0&$count=true&$filter=${q("location/type eq 'Point' or location/geometry/type eq 'Point'")}`))['@iot.count'] >= 2);
    assert.ok((await s.get(`/FeaturesOfInterest?$top=0&$count=true&$filter=${q("feature/type eq 'Point' or feature/geometry/type eq 'Point'")}`))['@iot.count'] >= 1);
    await s.get(`/Datastreams?$top=0&$count=true&$filter=${q("observedArea/type eq 'Polygon' or observedArea/geometry/type eq 'Polygon'")}`);
    const [t] = await s.list(
      `/Things?$top=10&$count=true&$select=id,name,description,properties&$filter=${q(`${c.mine} and endswith(name,'alpha')`)}&$expand=${q('Locations($select=location;$top=1),Datastreams($expand=Observations($orderby=phenomenonTime desc;$top=1;$select=phenomenonTime,result),ObservedProperty($select=name))')}`,
    );
    assert.deepEqual(
      t.Datastreams.map((d: { Observations: unknown[] }) => d.Observations.length),
      [1, 1, 0],
    );
    const box = "geo.intersects(location, geography'POLYGON ((106.2 29.3, 106.35 29.3, 106.35 29.5, 106.2 29.5, 106.2 29.3))')";
    assert.equal((await s.list(`/Locations?$filter=${q(`${box} and ${c.mine}`)}`)).filter((l) => l.name === `${s.mark}alpha-place`).length, 1);
  });
  await s.check('HEAD, and questions of browsers on pages of others', async () => {
    const head = await s.call('HEAD', `/Things(${thing})`);
    assert.deepEqual([head.status, head.text], [200, '']);
    const asked = await s.call('OPTIONS', '/Things', undefined, {
      origin: 'https://map.example',
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'content-type,authorization',
    });
    assert.ok(asked.status < 300);
    assert.equal(asked.headers.get('access-control-allow-origin'), '*');
    assert.match(asked.headers.get('access-control-allow-methods')!, /PATCH/);
    assert.match(asked.headers.get('access-control-allow-headers')!.toLowerCase(), /authorization.*content-type|content-type.*authorization/);
    assert.equal(asked.headers.get('access-control-allow-credentials'), null);
    assert.equal((await s.call('GET', '/Things?$top=0', undefined, { origin: 'https://map.example' })).headers.get('access-control-allow-origin'), '*');
    assert.match((await s.call('POST', '/Things', b.thing('cors'), { origin: 'https://map.example' })).headers.get('access-control-expose-headers')!, /Location/);
  });
}
