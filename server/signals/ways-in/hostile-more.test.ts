// F-29 hostile addresses, tables, XML and MQTT bytes against every way in: no 5xx, no row after a refusal, alive at the end.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import * as packets from 'mqtt-packet';
import { issueCredential } from '../service.ts';
import { place, stream, thing } from '../sta/fixtures/client.ts';
import { ALWAYS, BOMB, BROKEN, SOMETIMES, mutants, next, setting } from './fixtures/hostile.ts';

/** Texts for addresses and headers. */
const WORDS = [
  '',
  ' ',
  '-1',
  '1e400',
  'NaN',
  'null',
  '%00',
  '%',
  '%ff%fe',
  '%ed%a0%80',
  "'",
  "';drop table things--",
  '__proto__',
  'constructor',
  '../..',
  '9'.repeat(500),
  'x'.repeat(10_000),
  '(',
  ')'.repeat(50),
  '$',
  '*',
  '\u202e',
  '{"a":1}',
  '[]',
  '2026-02-30',
  '+275760-09-13T00:00:00.001Z',
  '2026-03-01T00:00:00Z/2025-01-01T00:00:00Z',
];
const code = (w: string): string => (w.startsWith('%') ? w : encodeURIComponent(w));

test('F-29 every query option, path and filter with nasty texts; bombs of brackets, expansions and lists', async (t) => {
  const s = await setting(t);
  const { id } = await s.make('/Things', thing('物', { properties: { a: { b: 1 } }, Locations: [place('处')], Datastreams: [stream('流', { Observations: [{ result: 1 }] })] }));
  for (const set of ['Things', 'Observations'])
    for (const option of ['$filter', '$orderby', '$select', '$expand', '$top', '$skip', '$count', '$skiptoken', '$resultFormat', '$format', '$apply', 'x'])
      for (const w of WORDS) await s.send('GET', `/sta/v1.1/${set}?${option}=${code(w)}`);
  const many = (n: number, x: string) => x.repeat(n);
  for (const q of [
    `$filter=${many(5000, '(')}name${many(5000, ')')}`,
    `$filter=${many(55, '(')}name eq 'a'${many(55, ')')}`,
    `$filter=${many(3000, 'not ')}true`,
    `$filter=${many(500, "name eq 'x' or ")}true`,
    `$filter=name in (${Array.from({ length: 5000 }, (_, i) => `'${i}'`).join(',')})`,
    `$filter=${many(40, 'concat(name,')}name${many(40, ')')} eq 'x'`,
    `$filter=name eq '${many(10_000, 'x')}'`,
    `$filter=${many(20, 'Datastreams/Thing/')}name eq 'x'`,
    `$filter=${many(30, 'Datastreams/any(d:d/Thing/')}name eq 'x'${many(30, ')')}`,
    `$filter=substring(name,-5,1e300) eq 'x'`,
    `$filter=result div 0 eq 1`,
    `$filter=geo.distance(Locations/location,geography'POLYGON((${Array.from({ length: 19_000 }, (_, i) => `${i % 180} ${i % 90}`).join(',')}))') lt 1`,
    `$filter=st_intersects(Locations/location,geography'POLYGON((0 0,1e308 0,1e308 1e308,0 0))')`,
    `$expand=${many(50, 'Datastreams/Thing/')}Datastreams`,
    `$expand=${many(6, 'Datastreams($expand=Thing($expand=')}Locations${many(12, ')')}`,
    `$expand=${Array.from({ length: 400 }, () => 'Datastreams').join(',')}`,
    `$expand=Datastreams($top=1000000000;$expand=Observations($top=1000000000;$skip=1000000000))`,
    `$orderby=${Array.from({ length: 300 }, () => 'name').join(',')}`,
    `$select=${Array.from({ length: 300 }, () => 'name').join(',')}`,
    many(2000, '$filter=1&'),
  ])
    await s.send('GET', `/sta/v1.1/Things?${encodeURI(q)}`);
  for (const w of WORDS) {
    for (const path of [`Things(${code(w)})`, code(w), `Things(${id})/${code(w)}`, `Things(${id})/properties/${code(w)}`, `Things(${id})/Datastreams(${code(w)})/$ref`]) {
      await s.send('GET', `/sta/v1.1/${path}`);
      await s.send('DELETE', `/sta/v1.1/${path.startsWith('Things(') && !w ? 'Things(x)' : path}`);
    }
    for (const url of [
      `/api/streams/${code(w)}/series?from=${code(w)}&to=2026-03-02T00:00:00Z`,
      `/api/streams/${s.stream}/series?from=2026-03-01T00:00:00Z&to=${code(w)}&every=${code(w)}&limit=${code(w)}`,
      `/api/things?text=${code(w)}&cursor=${code(w)}`,
      `/api/things?unit=${code(w)}&limit=${code(w)}`,
      `/api/things/${code(w)}/placements`,
      `/api/streams/${code(w)}/calibrations`,
      `/api/signals/imports/${code(w)}`,
      `/api/signals/imports?cursor=${code(w)}`,
      `/api/probes?thing=${code(w)}&place=${code(w)}&cursor=${code(w)}`,
      `/api/signals/by-hand/streams?text=${code(w)}&unit=${code(w)}&cursor=${code(w)}`,
      `/api/streams/latest?profile=${code(w)}&stream=${code(w)}&limit=${code(w)}`,
      `/open311/v2/${code(w)}.json`,
      `/open311/v2/services/${code(w)}.xml`,
      `/open311/v2/tokens/${code(w)}.json`,
      `/open311/v2/requests/${code(w)}.json`,
      ...['service_request_id', 'service_code', 'start_date', 'end_date', 'status', 'page', 'page_size', 'jurisdiction_id', 'extensions'].map(
        (n) => `/open311/v2/requests.json?${n}=${code(w)}`,
      ),
    ])
      await s.send('GET', url);
    for (const n of [
      'jurisdiction_id',
      'service_code',
      'lat',
      'long',
      'address_string',
      'address_id',
      'email',
      'device_id',
      'account_id',
      'first_name',
      'phone',
      'media_url',
      'attribute[condition]',
      'attribute[x]',
      'attribute[condition][]',
    ])
      await s.send('POST', '/open311/v2/requests.xml', `service_code=manhole&lat=91&long=106.3&description=x&${encodeURIComponent(n)}=${code(w)}`, {
        'content-type': 'application/x-www-form-urlencoded',
      });
    await s.send('POST', `/api/signals/mapped/${code(w)}`, '{}');
    await s.send('POST', `/api/signals/mapped/modbus-gateway?topic=${code(w)}`, '{"gw":1}');
    // Binary events: attributes as headers, in what a header may hold.
    // oxlint-disable-next-line no-control-regex
    const plain = code(w).replace(/[^\x21-\x7e]/g, '');
    for (const attribute of ['specversion', 'id', 'source', 'type', 'subject', 'time', 'dataschema', 'datacontenttype', 'x_y', '-', 'data'])
      await s.send('POST', '/api/cloudevents', '{"pressure":1}', {
        'ce-specversion': '1.0',
        'ce-id': `h${w.length}`,
        'ce-source': '/g',
        'ce-type': 'cn.ccg.signal.readings.v1',
        'ce-subject': 'nobody',
        [`ce-${attribute}`]: plain,
      });
  }
  await s.end();
});

test('F-29 tables, XML and addresses of what is looked at: refused or taken, never a 5xx', async (t) => {
  const s = await setting(t);
  const csv = 'time,pressure\n2026-03-01T00:00:00Z,0.3\n';
  const tables: (string | Buffer)[] = [
    ...BROKEN,
    csv,
    'time,pressure',
    ',,,\n,,,\n',
    '"',
    '"time","pressure\n1,2',
    'time,time\n1,2\n',
    `${'a,'.repeat(5000)}b\n${'1,'.repeat(5000)}2\n`,
    `time,pressure\n${'2026-03-01T00:00:00Z,1e400\n'.repeat(50)}`,
    `__proto__,constructor\n1,2\n`,
    `time,pressure\n${'x'.repeat(200_000)},1\n`,
    '=cmd|calc!A1,pressure\n1,2\n',
    Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('time,pressure\n', 'utf16le'), Buffer.from([0x00, 0xd8])]),
    Buffer.from('time,pressure\n\x00\x00,\x00\n', 'latin1'),
    BOMB,
    BOMB.subarray(0, 3000),
    gzipSync(csv).subarray(0, 25),
  ];
  const ids: string[] = [];
  for (const table of tables)
    for (const q of ['name=a.csv&thing=p1', 'name=%00', `name=${'n'.repeat(300)}`, 'name=a.csv&thing=__proto__']) {
      const r = await s.send('POST', `/api/signals/imports?${q}`, table, { 'content-type': 'text/csv' });
      if (r.status === 201) ids.push((JSON.parse(r.body) as { id: string }).id);
    }
  assert.ok(ids.length > 3);
  const mapping = {
    mapping: { time: { column: 'time' }, zone: '+08:00', layout: 'wide', thing: 'p1', streams: [{ column: 'pressure', stream: 'pressure', factor: 1 }], missing: ['-'] },
  };
  for (const id of ids.slice(0, 6)) for (const { text } of mutants(mapping)) await s.send('POST', `/api/signals/imports/${id}/preview`, text);
  const sent = '2026-03-02T11:00:00+08:00';
  const alert = `<?xml version="1.0" encoding="UTF-8"?><alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>h-1</identifier><sender>met</sender><sent>${sent}</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope><references>met,h-0,${sent}</references><info><language>zh-CN</language><category>Met</category><event>暴雨</event><urgency>Immediate</urgency><severity>Severe</severity><certainty>Likely</certainty><onset>${sent}</onset><expires>2026-03-02T20:00:00+08:00</expires><parameter><valueName>color</valueName><value>Red</value></parameter><resource><resourceDesc>x</resourceDesc><mimeType>image/png</mimeType><size>1</size><uri>http://example.org/</uri></resource><area><areaDesc>区</areaDesc><polygon>29.4,106.2 29.4,106.3 29.5,106.3 29.4,106.2</polygon><circle>29.4,106.2 1</circle><geocode><valueName>a</valueName><value>b</value></geocode><altitude>1</altitude></area></info></alert>`;
  const nasty = [
    '',
    ' ',
    '&#0;',
    '&#xD800;',
    '&x;',
    '<a/>',
    '<![CDATA[]]>',
    '<![CDATA[</alert>]]>',
    '<!-- -- -->',
    '-1',
    '1e400',
    'NaN',
    "';drop table warnings--",
    '9'.repeat(400),
    '长'.repeat(20_000),
    '2026-02-30T00:00:00+08:00',
    '29,106 '.repeat(5000),
    '\u0000',
    '<?xml version="1.0"?>',
  ];
  for (const m of alert.matchAll(/<(\w+)>([^<]*)<\/\1>/g)) {
    for (let i = 0; i < 5; i++)
      await s.send(
        'POST',
        '/api/cap',
        alert.replace(m[0], () => `<${m[1]}>${nasty[next() % nasty.length]}</${m[1]}>`),
        { 'content-type': 'application/cap+xml' },
      );
    await s.send('POST', '/api/cap', alert.replace(m[0], ''), { 'content-type': 'application/cap+xml' });
    await s.send('POST', '/api/cap', alert.replace(m[0], m[0].repeat(1000)), { 'content-type': 'application/cap+xml' });
  }
  for (const b of [
    ...BROKEN,
    `${'<a>'.repeat(50_000)}`,
    `<alert ${Array.from({ length: 5000 }, (_, i) => `a${i}="1"`).join(' ')}/>`,
    alert.replace('UTF-8', 'UTF-7'),
    alert.replace('UTF-8', 'x'.repeat(500)),
    alert.replace('?>', '?><!DOCTYPE alert [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x">%x;]>'),
  ])
    await s.send('POST', '/api/cap', b, { 'content-type': 'application/cap+xml' });
  for (const kind of ['web', 'tcp', 'tls', 'dns', 'ping'])
    for (const target of [
      ...WORDS.map((w) => w.slice(0, 600)),
      'http://[::1',
      'http://user:pw@example.org/',
      'file:///etc/passwd',
      'gopher://x',
      '169.254.169.254:80',
      'http://0x7f000001/',
      'a:99999',
      'a:-1',
      `${'a.'.repeat(200)}b`,
      'xn--\u0000.cn',
    ])
      await s.send('POST', '/api/probes', JSON.stringify({ thing: 'p1', kind, target, place: 'elsewhere' }));
  await s.end();
});

test('F-29 MQTT: any bytes at any point of a connection end that connection at most', async (t) => {
  const s = await setting(t, { start: true });
  const { hub, system } = s;
  const { secret } = await hub.command(hub.system('test'), (work) => issueCredential(work, 'gateway', 'demo.t01'));
  const port = system.mqttPort!;
  const packet = (p: packets.Packet, protocolVersion: number) => Buffer.from(packets.generate(p, { protocolVersion }));
  const hello = (v: number) =>
    packet(
      {
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: v as 4,
        clean: true,
        clientId: `c${next()}`,
        keepalive: 30,
        username: 'gateway',
        password: Buffer.from(secret),
      } as packets.Packet,
      v,
    );
  let seed = 7;
  const random = (n: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * n);
  };
  const changed = (b: Buffer): Buffer => {
    const copy = Buffer.from(b);
    for (let i = 0; i <= random(4); i++) copy[random(copy.length)] = random(256);
    return random(4) === 0 ? copy.subarray(0, random(copy.length + 1)) : copy;
  };
  const conversations: Buffer[][] = [];
  for (const v of [4, 5]) {
    const publish = (topic: string, payload: string | Buffer, qos: 0 | 1 | 2 = 1) =>
      packet({ cmd: 'publish', topic, payload, qos, dup: false, retain: false, messageId: 1 + random(60_000) }, v);
    const good = [
      publish('v1/things/p1/readings', '{"pressure":0.3}'),
      publish('v1.1/Observations', '{"result":1}'),
      publish('in/modbus-gateway/x', '{}'),
      packet({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'v1.1/Observations', qos: 1 }] } as packets.Packet, v),
      packet({ cmd: 'pingreq' }, v),
      packet({ cmd: 'pubrel', messageId: 9 } as packets.Packet, v),
    ];
    for (let i = 0; i < 60; i++) conversations.push(random(5) === 0 ? [changed(hello(v))] : [hello(v), ...good.map((g) => (random(3) ? changed(g) : g))]);
    for (const payload of [
      ...BROKEN,
      ...ALWAYS.map((x) => `{"pressure":${x}}`),
      ...SOMETIMES.map((x) => `[{"stream":"pressure","value":${x},"time":${x}}]`),
      ...SOMETIMES.map((x) => `{"seq":${x},"readings":${x}}`),
    ])
      conversations.push([
        hello(v),
        publish('v1/things/p1/readings', payload),
        publish('v1.1/Observations', payload),
        publish('in/modbus-gateway/x', payload),
        publish('v1.1/Datastreams(1)/Observations', payload),
      ]);
    for (const topic of [
      'v1.1/Things',
      'v1.1/Observations(1)',
      'v1.1/__proto__',
      'v1/things/__proto__/readings',
      `v1.1/${'Datastreams(1)/Thing/'.repeat(100)}Observations`,
      '$SYS/x',
      'in/',
      'in/../x',
    ])
      conversations.push([hello(v), publish(topic, '{"result":1}')]);
  }
  const absurd = async () => (await hub.sql<{ n: number }[]>`select count(*)::int as n from observations where num = 'NaN' or abs(num) = 'Infinity'`)[0]!.n;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let c = conversations.pop(); c; c = conversations.pop()) {
        const bytes = Buffer.concat(c);
        await new Promise<void>((done) => {
          const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
          socket.on('error', () => {});
          socket.on('data', () => {});
          socket.on('close', () => done());
          setTimeout(() => socket.destroy(), 60);
        });
      }
    }),
  );
  assert.equal(await absurd(), 0);
  // Alive, and a good message is taken and acknowledged.
  const answer = await new Promise<Buffer>((done, fail) => {
    let all = Buffer.alloc(0);
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(
        Buffer.concat([
          hello(4),
          packet(
            { cmd: 'publish', topic: 'v1/things/p1/readings', payload: '{"pressure":0.77,"time":"2026-03-02T02:22:00Z"}', qos: 1, dup: false, retain: false, messageId: 77 },
            4,
          ),
        ]),
      ),
    );
    socket.on('error', fail);
    socket.on('data', (d: Buffer) => {
      all = Buffer.concat([all, d]);
      if (all.includes(Buffer.from([0x40, 0x02, 0, 77]))) {
        socket.destroy();
        done(all);
      }
    });
    setTimeout(() => fail(new Error(`no PUBACK: ${all.toString('hex')}`)), 5000).unref();
  });
  assert.ok(answer.length);
  assert.equal((await hub.sql<{ num: number }[]>`select num from observations where at = '2026-03-02T02:22:00Z'`)[0]!.num, 0.77);
  assert.equal((await s.send('GET', '/readyz')).status, 200);
});
