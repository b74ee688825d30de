// Open311 GeoReport v2 against the running façade: both formats, errors, keys, privacy, idempotency, hostile input.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SaxesParser } from 'saxes';
import { firstStart } from '../first-start.ts';
import { compose } from '../main.ts';
import { putOverlay } from '../packs/service.ts';
import { addAccount, addToken, accountBy, grantRoles, revokeTokens, unitBy } from '../people/service.ts';
import { setClock, testHub } from '../platform/testing.ts';
import { act, read } from './service.ts';
import { actorFor } from '../people/service.ts';

const CLOCK = '2026-03-02T09:00:00+08:00';

/** Element names and texts of XML; throws when it is not well-formed. */
function xml(text: string): { root: string; names: Set<string>; texts: Record<string, string[]> } {
  const parser = new SaxesParser();
  const stack: string[] = [];
  const names = new Set<string>();
  const texts: Record<string, string[]> = {};
  let root = '';
  parser.on('error', (e) => {
    throw e;
  });
  parser.on('opentag', (tag) => {
    root ||= tag.name;
    names.add(tag.name);
    stack.push(tag.name);
  });
  parser.on('text', (v) => {
    if (v.trim()) (texts[stack.at(-1)!] ??= []).push(v);
  });
  parser.on('closetag', () => void stack.pop());
  parser.write(text).close();
  return { root, names, texts };
}

async function facade(t: Parameters<typeof testHub>[0]) {
  const hub = await testHub(t, { clock: CLOCK });
  await firstStart(hub, () => {});
  const unit = (await unitBy(hub.sql, { path: 'demo.center' }))!;
  const key = async (login: string, role: string) =>
    hub.command(hub.system('test'), async (work) => {
      const { id } = await addAccount(work, { login, postName: login, unitId: unit.id, mustChange: false });
      await grantRoles(work.tx, id, [{ role, unitId: unit.id }]);
      return addToken(work, 'app', id);
    });
  const api = await key('app', 'integrator');
  const { app } = await compose(hub);
  const post = (form: Record<string, string> | string, o: { ext?: string; headers?: Record<string, string> } = {}) =>
    app.inject({
      method: 'POST',
      url: `/open311/v2/requests${o.ext ?? '.json'}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', ...o.headers },
      payload: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    });
  const get = (path: string, headers: Record<string, string> = {}) => app.inject({ url: `/open311/${path}`, headers });
  const cases = async () => (await hub.sql<{ n: number }[]>`select count(*)::int as n from cases`)[0]!.n;
  return { hub, app, api, key, post, get, cases };
}
const good = { service_code: 'manhole', lat: '29.43', long: '106.3', address_string: '示意路 1 号', description: '井盖没有了，电话 13800001234' };

test('discovery, services and definitions in both formats', async (t) => {
  const { get } = await facade(t);
  const d = (await get('discovery.json')).json() as { changeset: string; contact: string; key_service: string; endpoints: Record<string, unknown>[] };
  for (const k of ['changeset', 'contact', 'key_service'] as const) assert.ok(d[k]);
  assert.equal(d.endpoints[0]!.specification, 'http://wiki.open311.org/GeoReport_v2');
  assert.match(String(d.endpoints[0]!.url), /\/open311\/v2$/);
  const dx = xml((await get('discovery.xml')).body);
  assert.equal(dx.root, 'discovery');
  assert.deepEqual(dx.texts.format, ['text/xml', 'application/json']);
  const r = await get('v2/services.json?jurisdiction_id=yuxi');
  assert.equal(r.headers['content-type'], 'application/json; charset=utf-8');
  const services = r.json() as Record<string, unknown>[];
  assert.ok(services.length >= 10);
  for (const s of services) {
    assert.equal(typeof s.service_code, 'string', 'O311-05');
    assert.ok(['realtime', 'batch', 'blackbox'].includes(String(s.type)));
    assert.equal(typeof s.metadata, 'boolean');
  }
  const sx = await get('v2/services.xml');
  assert.equal(sx.headers['content-type'], 'text/xml; charset=utf-8');
  const parsed = xml(sx.body);
  assert.equal(parsed.root, 'services');
  assert.deepEqual(
    parsed.texts.service_code,
    services.map((s) => s.service_code),
  );
  const def = (await get('v2/services/manhole.json')).json() as { service_code: string; attributes: { code: string; values: { key: string; name: string }[] }[] };
  assert.equal(def.service_code, 'manhole');
  assert.ok(def.attributes.find((a) => a.code === 'condition')!.values.some((v) => v.key === 'missing'));
  assert.ok(xml((await get('v2/services/manhole.xml')).body).names.has('attribute'));
  // The format by Accept when there is no extension; XML is the standard's own.
  assert.match(String((await get('v2/services', { accept: 'application/json' })).headers['content-type']), /json/);
  assert.equal(xml((await get('v2/services')).body).root, 'services');
});

test('O311-03 errors: 404 unknown, 403 no or wrong key, 400 otherwise; both forms', async (t) => {
  const { get, post, api, cases, key } = await facade(t);
  for (const [path, status] of [
    ['v2/services/none.json', 404],
    ['v2/services.json?jurisdiction_id=elsewhere', 404],
    ['v2/requests/SJ0.json', 404],
    ['v2/tokens/none.json', 404],
    ['v2/nothing.json', 404],
    ['v2/services.yaml', 404],
    ['v2/requests.json?status=maybe', 400],
    ['v2/requests.json?start_date=yesterday', 400],
    ['v2/requests.json?start_date=2026-02-30T00:00:00Z', 400],
    ['v2/requests.json?start_date=2025-01-01T00:00:00Z&end_date=2026-01-01T00:00:00Z', 400],
    ['v2/requests.json?page=0', 400],
    ['v2/requests.json?service_code=none', 404],
  ] as const) {
    const r = await get(path, { accept: 'application/json' });
    assert.equal(r.statusCode, status, path);
    const body = r.json() as { code: number; description: string }[];
    assert.ok(Array.isArray(body) && body[0]!.code === status && body[0]!.description, path);
    const x = await get(path.replace('.json', '.xml').replace('.yaml', '.yml'));
    assert.equal(x.statusCode, status);
    const e = xml(x.body);
    assert.equal(e.root, 'errors');
    assert.deepEqual(e.texts.code, [String(status)]);
  }
  assert.equal((await post(good)).statusCode, 403, 'no key');
  assert.equal((await post({ ...good, api_key: 'wrong' })).statusCode, 403);
  const reader = await key('reader', 'finance_reviewer');
  assert.equal((await post({ ...good, api_key: reader })).statusCode, 403, 'a key without the right to report');
  assert.equal((await post({ ...good, api_key: api, service_code: 'none' })).statusCode, 404);
  assert.equal((await post({ ...good, api_key: api, service_code: '' })).statusCode, 400);
  assert.equal((await post({ ...good, api_key: api, jurisdiction_id: 'elsewhere' })).statusCode, 404);
  const many = await post({ ...good, api_key: api, lat: '200', phone: '?', 'attribute[danger]': 'perhaps', description: 'x'.repeat(4001) });
  assert.equal(many.statusCode, 400);
  assert.ok((many.json() as unknown[]).length >= 4, 'several errors at once');
  assert.equal(await cases(), 0, 'nothing of a refused report is kept');
});

test('a report becomes a case; the public reads its state and nothing personal (O311-01, O311-02, O311-07)', async (t) => {
  const { hub, get, post, api } = await facade(t);
  const r = await post(
    {
      ...good,
      api_key: api,
      jurisdiction_id: '',
      first_name: '某',
      last_name: '测试',
      phone: '13800001234',
      email: 'a@example.com',
      device_id: 'd1',
      'attribute[danger]': 'true',
      'attribute[condition]': 'missing',
    },
    { ext: '.xml' },
  );
  assert.equal(r.statusCode, 201, r.body);
  const made = xml(r.body);
  assert.equal(made.root, 'service_requests');
  assert.ok(made.names.has('request') && !made.names.has('token'), 'exactly one of number and token');
  const no = made.texts.service_request_id![0]!;
  const [row] = await hub.sql<
    { id: string; personal: Record<string, string>; description: string; source: string; matter: string; place_unit: string }[]
  >`select * from cases where no = ${no}`;
  assert.deepEqual(row!.personal, { contactName: '测试 某', contactPhone: '13800001234', contactEmail: 'a@example.com' });
  assert.equal(row!.source, 'open311');
  assert.equal(row!.matter, 'manhole');
  assert.equal(row!.place_unit, 'demo.t01.g03');
  assert.match(row!.description, /所见情况：.*\n是否影响通行安全：是/);
  assert.equal((await hub.sql`select 1 from facts where data::text like '%a@example.com%' or data::text like '%测试 某%'`).length, 0, 'contacts are no facts');
  const one = (await get(`v2/requests/${no}.json`)).json() as Record<string, unknown>[];
  assert.equal(one.length, 1);
  const pub = one[0]!;
  assert.deepEqual(Object.keys(pub), [
    'service_request_id',
    'status',
    'status_notes',
    'service_name',
    'service_code',
    'description',
    'agency_responsible',
    'service_notice',
    'requested_datetime',
    'updated_datetime',
    'expected_datetime',
    'address',
    'address_id',
    'zipcode',
    'lat',
    'long',
    'media_url',
  ]);
  assert.equal(pub.status, 'open');
  assert.equal(pub.service_code, 'manhole');
  assert.match(String(pub.requested_datetime), /^2026-03-02T09:00:\d\d\+08:00$/);
  assert.deepEqual([pub.lat, pub.long, pub.address], [29.43, 106.3, '示意路 1 号']);
  assert.match(String(pub.description), /井盖没有了/);
  for (const secret of ['13800001234', 'example.com', '测试']) assert.ok(!JSON.stringify(pub).includes(secret), secret);
  const x = xml((await get(`v2/requests/${no}.xml`)).body);
  assert.equal(x.texts.long![0], '106.3');
  // Dismissed by the centre: closed for the public, without the officer's words.
  const actor = await actorFor(hub.sql, 'zhiban1');
  const { state } = (await read(hub.sql, row!.id))!;
  await hub.command({ actor, realm: 'live' }, (work) =>
    act(work, row!.id, state.version, { kind: 'decide', task: state.tasks[0]!.id, outcome: 'dismiss', reason: '内部意见不公开' }),
  );
  const after = ((await get(`v2/requests/${no}.json`)).json() as Record<string, unknown>[])[0]!;
  assert.equal(after.status, 'closed');
  assert.ok(!JSON.stringify(after).includes('内部意见'));
  assert.ok(after.updated_datetime && !after.expected_datetime);
});

test('lists by number, service, status, dates and pages; tokens of batch services', async (t) => {
  const { hub, get, post, api } = await facade(t);
  const ids: string[] = [];
  for (const [i, service_code] of ['manhole', 'garbage', 'garbage', 'noise'].entries()) {
    await setClock(hub, new Date(Date.parse(CLOCK) + i * 86_400_000));
    const r = await post({ ...good, service_code, description: `第 ${i} 件`, api_key: api });
    ids.push((r.json() as { service_request_id: string }[])[0]!.service_request_id);
  }
  const list = async (q: string) => ((await get(`v2/requests.json?${q}`)).json() as { service_request_id: string }[]).map((x) => x.service_request_id);
  assert.deepEqual(await list(''), ids.toReversed(), 'newest first');
  assert.deepEqual((await list(`service_request_id=${ids[0]},${ids[3]}&status=closed&service_code=garbage`)).sort(), [ids[0]!, ids[3]!].sort(), 'numbers override everything');
  assert.deepEqual(await list('service_code=garbage,noise'), [ids[3], ids[2], ids[1]]);
  assert.deepEqual(await list('start_date=2026-03-03T00:00:00%2B08:00&end_date=2026-03-04T23:00:00+08:00'), [ids[2], ids[1]], 'an unencoded plus is understood');
  assert.deepEqual(await list('status=closed'), []);
  assert.deepEqual(await list('status=open,closed&page_size=2&page=2'), [ids[1], ids[0]]);
  const noise = ((await get(`v2/requests/${ids[3]}.json`)).json() as Record<string, unknown>[])[0]!;
  assert.deepEqual([noise.address, noise.lat], [null, 29.43], 'about a household: neighbourhood only');
  await setClock(hub, '2026-08-01T09:00:00+08:00');
  assert.deepEqual(await list(''), [], 'ninety days unless told');
  assert.equal((await list('start_date=2026-03-01T00:00:00Z')).length, 4, 'a beginning alone goes on to now');
  assert.deepEqual(await list('end_date=2026-03-03T10:00:00%2B08:00'), [ids[1], ids[0]]);
  const batch = ((await post({ ...good, service_code: 'consult', api_key: api })).json() as { token: string; service_request_id?: string }[])[0]!;
  assert.ok(batch.token && !('service_request_id' in batch));
  const told = ((await get(`v2/tokens/${batch.token}.json`)).json() as { token: string; service_request_id: string }[])[0]!;
  assert.equal(told.token, batch.token);
  assert.equal((await list('')).length, 1);
  assert.equal((await list(''))[0], told.service_request_id);
});

test('O311-08 the same report twice is one case; an Idempotency-Key guards one report', async (t) => {
  const { post, api, cases } = await facade(t);
  const all = await Promise.all(Array.from({ length: 6 }, () => post({ ...good, api_key: api, device_id: 'd1' })));
  assert.equal(new Set(all.map((r) => r.body)).size, 1);
  assert.equal(await cases(), 1, 'F-13');
  await post({ ...good, api_key: api, device_id: 'd2' });
  assert.equal(await cases(), 2, 'another device is another reporter');
  const headers = { 'idempotency-key': 'k1' };
  const a = await post({ ...good, api_key: api, description: '甲' }, { headers });
  const again = await post({ ...good, api_key: api, description: '甲' }, { headers });
  assert.equal(a.body, again.body);
  const other = await post({ ...good, api_key: api, description: '乙' }, { headers });
  assert.deepEqual([other.statusCode, (other.json() as { code: number }[])[0]!.code], [400, 422]);
  assert.equal(await cases(), 3);
});

test('O311-09 keys by header too, revocable; open intake only where the content says so, slowly', async (t) => {
  const { hub, post, api, cases } = await facade(t);
  assert.equal((await post({ ...good, description: '1' }, { headers: { authorization: `Bearer ${api}` } })).statusCode, 201);
  assert.equal((await post({ ...good, description: '2' }, { headers: { 'x-api-key': api } })).statusCode, 201);
  const account = (await accountBy(hub.sql, { login: 'app' }))!;
  await hub.command(hub.system('test'), (work) => revokeTokens(work, 'app', account.id));
  assert.equal((await post({ ...good, api_key: api, description: '3' })).statusCode, 403);
  const { files } = await (await import('../packs/service.ts')).currentFiles(hub);
  const own = files.find((f) => f.path.includes('public-services'))!.text.replace('intake: key', 'intake: open');
  await hub.command(hub.system('test'), (work) => putOverlay(work, 'public-services', 'yuxi', own));
  const codes: number[] = [];
  for (let i = 0; i < 9; i++) codes.push((await post({ ...good, description: `无密钥 ${i}` })).statusCode);
  assert.deepEqual(codes, [201, 201, 201, 201, 201, 201, 429, 429, 429]);
  assert.equal(await cases(), 8);
});

test('clients that send JSON, or key and jurisdiction in the address; questions of browsers', async (t) => {
  const { app, api, get, cases } = await facade(t);
  const post = (url: string, payload: unknown) =>
    app.inject({
      method: 'POST',
      url: `/open311/v2/${url}`,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
    });
  const made = await post(`requests.json?api_key=${api}&jurisdiction_id=yuxi`, { ...good, lat: 29.43, long: 106.3, attribute: { condition: 'missing' } });
  assert.equal(made.statusCode, 201, made.body);
  const [{ service_request_id: no }] = made.json() as [{ service_request_id: string }];
  assert.equal(((await get(`v2/requests/${no}.json`)).json() as { service_code: string }[])[0]!.service_code, 'manhole');
  const before = await cases();
  for (const [url, body, status] of [
    ['requests.json', good, 403],
    [`requests.json?api_key=${api}&jurisdiction_id=elsewhere`, good, 404],
    [`requests.xml?api_key=${api}`, '{', 400],
    [`requests.xml?api_key=${api}`, '[]', 400],
    [`requests.json?api_key=${api}`, { ...good, description: { a: 1 } }, 400],
    [`requests.json?api_key=${api}`, { ...good, attribute: [1] }, 400],
    [`requests.json?api_key=${api}`, { ...good, attribute: { condition: ['missing', 'broken'] } }, 400],
    [`requests.json?api_key=${api}`, { ...good, api_key: 'cs_wrong' }, 403],
    [`requests.json?api_key=${api}`, '{"__proto__":{"service_code":"manhole"}}', 400],
  ] as const) {
    const r = await post(url, body);
    assert.equal(r.statusCode, status, `${url} ${JSON.stringify(body)} ${r.body}`);
    if (url.includes('.xml')) assert.equal(xml(r.body).root, 'errors');
    assert.equal(r.headers['access-control-allow-origin'], '*');
  }
  assert.equal(await cases(), before);
  const asked = await app.inject({ method: 'OPTIONS', url: '/open311/v2/requests.json', headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' } });
  assert.equal(asked.statusCode, 204);
  assert.match(String(asked.headers['access-control-allow-methods']), /POST/);
});

test('F-29 hostile reports: no 5xx, no row', async (t) => {
  const { app, post, api, cases, get } = await facade(t);
  const bodies: string[] = [
    '',
    '&&&&=&==',
    '%',
    'service_code=%FF',
    `api_key=${api}&service_code=manhole&lat=29&long=106&description=%00`,
    `api_key=${api}&service_code=manhole&lat=NaN&long=Infinity`,
    `api_key=${api}&service_code=manhole&lat=29&lat=30&long=106`,
    `api_key=${api}&service_code=manhole&lat=29&long=106&attribute[__proto__]=x`,
    `api_key=${api}&service_code=manhole&lat=29&long=106&attribute[constructor][]=x`,
    `api_key=${api}&service_code=manhole&lat=29&long=106&attribute[=x`,
    `api_key=${api}&service_code=manhole'%20or%201=1--&lat=29&long=106`,
    `api_key=${api}&service_code=__proto__&lat=29&long=106`,
    `api_key=${'a'.repeat(5000)}`,
    `description=${'x'.repeat(70_000)}`,
    Array.from({ length: 2000 }, (_, i) => `a${i}=1`).join('&'),
  ];
  for (const b of bodies) {
    const r = await post(b);
    assert.ok(r.statusCode >= 400 && r.statusCode < 500, `${r.statusCode} for ${b.slice(0, 60)}`);
    assert.ok(Array.isArray(r.json()), b.slice(0, 60));
  }
  for (const type of ['multipart/form-data; boundary=x', 'text/xml']) {
    const r = await app.inject({ method: 'POST', url: '/open311/v2/requests.xml', headers: { 'content-type': type }, payload: '{"a":1}' });
    assert.equal(r.statusCode, 400, type);
    assert.equal(xml(r.body).root, 'errors');
  }
  for (const path of [
    'v2/requests/%00.json',
    'v2/requests/%ff.json',
    `v2/requests.json?service_request_id=${'1,'.repeat(1500)}`,
    'v2/requests.json?end_date=%00',
    'v2/services/..%2f..%2fetc.json',
    'v2/requests.json?start_date=275760-09-14',
    'v2/requests.json?page=999999&page_size=1000',
  ]) {
    const r = await get(path);
    assert.ok(r.statusCode < 500, `${path} ${r.statusCode}`);
  }
  assert.equal(await cases(), 0);
});
