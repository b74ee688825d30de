// Ledgers over HTTP: entered, corrected with the earlier version kept, voided, exported – and counted; rights by unit.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { DEMO_PASSWORD, firstStart } from '../first-start.ts';
import { compose } from '../main.ts';
import { history } from '../platform/facts.ts';
import { testHub } from '../platform/testing.ts';
import { ledgerRecords, ledgerValue } from './service.ts';

const CLOCK = '2026-03-10T10:00:00+08:00';

async function signIn(app: FastifyInstance, login: string) {
  const r = await app.inject({ method: 'POST', url: '/api/session', payload: { login, password: DEMO_PASSWORD } });
  assert.equal(r.statusCode, 200, r.body);
  const cookie = String(r.headers['set-cookie']).split(';')[0]!;
  const headers = { cookie, 'x-csrf-token': (r.json() as { csrf: string }).csrf };
  let n = 0;
  return {
    get: (url: string) => app.inject({ url, headers }),
    send: (method: 'POST' | 'PUT', url: string, payload: object, version?: number) =>
      app.inject({ method, url, payload, headers: { ...headers, 'idempotency-key': `${login}-${++n}`, ...(version === undefined ? {} : { 'if-match': `"v${version}"` }) } }),
    raw: (url: string, payload: Buffer) => app.inject({ method: 'POST', url, payload, headers: { ...headers, 'content-type': 'application/octet-stream' } }),
  };
}

const year = { realm: 'live', from: new Date('2026-01-01T00:00:00+08:00'), to: new Date('2027-01-01T00:00:00+08:00'), units: ['demo'] };

test('an entry from first line to void, and the number it makes', async (t) => {
  const hub = await testHub(t, { clock: CLOCK });
  await firstStart(hub, () => {});
  const { app } = await compose(hub);
  const officer = await signIn(app, 'zhiban1');
  const bad = await officer.send('POST', '/api/ledgers/drill/records', { data: { on: '2026-03-11', scenario: '桌面推演', units: 3 } });
  assert.equal(bad.statusCode, 400);
  assert.match(bad.body, /不能晚于现在/);
  assert.equal(
    (await officer.send('POST', '/api/ledgers/drill/records', { data: { on: '2026-03-09', scenario: '桌面推演', units: 3, rank: 1 } })).statusCode,
    400,
    'unknown fields are refused',
  );
  assert.equal((await officer.send('POST', '/api/ledgers/nothing/records', { data: {} })).statusCode, 404);
  const made = await officer.send('POST', '/api/ledgers/drill/records', { data: { on: '2026-03-09', scenario: '=桌面推演', units: 3 } });
  assert.equal(made.statusCode, 201, made.body);
  const { id } = made.json() as { id: string };
  const second = (await officer.send('POST', '/api/ledgers/drill/records', { data: { on: '2026-03-09', scenario: '管网爆裂', units: 5 } })).json() as { id: string };
  assert.deepEqual(await ledgerValue(hub.sql, { ...year, ledger: 'drill', measure: 'count' }), { value: 2, count: 2 });
  assert.equal((await ledgerValue(hub.sql, { ...year, ledger: 'drill', measure: 'sum', field: 'units' })).value, 8);
  assert.equal((await ledgerValue(hub.sql, { ...year, ledger: 'drill', measure: 'avg', field: 'units' })).value, 4);
  assert.equal((await ledgerValue(hub.sql, { ...year, ledger: 'drill', measure: 'max', field: 'units' })).value, 5);
  assert.equal((await ledgerValue(hub.sql, { ...year, ledger: 'drill', measure: 'days' })).value, 1, 'two entries of one day');
  assert.equal((await ledgerValue(hub.sql, { ...year, ledger: 'training', measure: 'max', field: 'people' })).value, null, 'no maximum of nothing');
  assert.equal((await ledgerValue(hub.sql, { ...year, ledger: 'drill', measure: 'count', units: ['demo.t01'] })).value, 0, 'another unit');
  assert.equal(
    (await ledgerRecords(hub.sql, { ...year, ledger: 'drill', measure: 'sum', field: 'units' }, ['demo']))
      .map((r) => r.value)
      .sort()
      .join(),
    '3,5',
  );

  const stale = await officer.send('PUT', `/api/records/${id}`, { data: { on: '2026-03-09', scenario: '桌面推演', units: 4 }, reason: '漏记一个单位' }, 7);
  assert.equal(stale.statusCode, 412);
  const amended = await officer.send('PUT', `/api/records/${id}`, { data: { on: '2026-02-28', scenario: '桌面推演', units: 4 }, reason: '漏记一个单位' }, 1);
  assert.equal(amended.statusCode, 200, amended.body);
  const shown = (await officer.get(`/api/records/${id}`)).json() as {
    version: number;
    happenedAt: string;
    versions: { reason: string | null; changes: { name: string; before: unknown; after: unknown }[] }[];
  };
  assert.equal(shown.version, 2);
  assert.equal(shown.happenedAt, '2026-02-27T16:00:00.000Z');
  assert.deepEqual(
    shown.versions[1]!.changes.map((c) => [c.name, c.before, c.after]),
    [
      ['on', '2026-03-09', '2026-02-28'],
      ['scenario', '=桌面推演', '桌面推演'],
      ['units', 3, 4],
    ],
  );
  assert.equal(
    (await ledgerValue(hub.sql, { ...year, from: new Date('2026-03-01T00:00:00+08:00'), ledger: 'drill', measure: 'count' })).value,
    1,
    'the corrected date moved it to another month',
  );

  const voided = await officer.send('POST', `/api/records/${second.id}/void`, { reason: '重复登记' }, 1);
  assert.equal(voided.statusCode, 200, voided.body);
  assert.equal((await officer.send('POST', `/api/records/${second.id}/void`, { reason: '再次' }, 2)).statusCode, 409);
  assert.equal((await ledgerValue(hub.sql, { ...year, ledger: 'drill', measure: 'count' })).value, 1);
  const list = (await officer.get('/api/ledgers/drill/records?void=true')).json() as { items: { status: string; voidReason: string | null }[] };
  assert.deepEqual(
    list.items.map((r) => [r.status, r.voidReason]),
    [
      ['void', '重复登记'],
      ['valid', null],
    ],
  );
  assert.deepEqual(
    (await history(hub.sql, `record:${second.id}`)).map((f) => f.kind),
    ['record.created', 'record.voided'],
  );
  const csv = await officer.get('/api/ledgers/drill/records.csv?void=true');
  assert.match(csv.body, /已作废,重复登记,值班员一/);
  assert.equal(csv.body.charCodeAt(0), 0xfeff);
});

test('pages, evidence, and only within one’s own units', async (t) => {
  const hub = await testHub(t, { clock: CLOCK });
  await firstStart(hub, () => {});
  const { app } = await compose(hub);
  const centre = await signIn(app, 'zhiban1');
  const town = await signIn(app, 't01');
  const other = await signIn(app, 't02');
  const ids: string[] = [];
  for (let i = 1; i <= 5; i++) {
    const r = await town.send('POST', '/api/ledgers/training/records', { data: { on: `2026-02-0${Math.ceil(i / 2)}`, people: i, topic: `第 ${i} 次` } });
    assert.equal(r.statusCode, 201, r.body);
    ids.push((r.json() as { id: string }).id);
  }
  const seen: string[] = [];
  for (let cursor = ''; ;) {
    const page = (await centre.get(`/api/ledgers/training/records?limit=2${cursor && `&cursor=${cursor}`}`)).json() as { items: { id: string }[]; next: string | null };
    seen.push(...page.items.map((r) => r.id));
    if (!page.next) break;
    cursor = page.next;
  }
  assert.equal(seen.length, 5, 'every entry once, across pages with equal dates');
  assert.deepEqual(new Set(seen), new Set(ids));
  assert.deepEqual(((await other.get('/api/ledgers/training/records')).json() as { items: unknown[] }).items, []);
  assert.equal((await other.get(`/api/records/${ids[0]}`)).statusCode, 404);
  assert.equal((await other.send('PUT', `/api/records/${ids[0]}`, { data: { on: '2026-02-01', people: 9, topic: 'x' }, reason: 'x' }, 1)).statusCode, 404);
  assert.equal((await other.send('POST', '/api/ledgers/training/records', { unit: 'demo.t01', data: { on: '2026-02-01', people: 9, topic: 'x' } })).statusCode, 403);
  const bytes = Buffer.from('培训签到以外的佐证');
  const put = await town.raw(`/api/records/${ids[0]}/files?name=plan.pdf&type=application/pdf`, bytes);
  assert.equal(put.statusCode, 201, put.body);
  const { sha256 } = put.json() as { sha256: string };
  const got = await centre.get(`/api/records/${ids[0]}/files/${sha256}`);
  assert.deepEqual(got.rawPayload, bytes);
  assert.match(String(got.headers['content-disposition']), /^attachment/);
  assert.equal((await other.get(`/api/records/${ids[0]}/files/${sha256}`)).statusCode, 404);
  assert.equal((await other.raw(`/api/records/${ids[0]}/files?name=x`, bytes)).statusCode, 404);
  const admin = await signIn(app, 'xitong');
  assert.equal((await admin.get('/api/ledgers/training/records')).statusCode, 403, 'the administrator reads no business content');
  const same = await hub.sql`select count(*)::int as n from records where ledger = 'training' and status = 'valid'`;
  assert.equal(same[0]!.n, 5);
});

test('one event is entered once in a ledger, however many try at the same time', async (t) => {
  const hub = await testHub(t, { clock: CLOCK });
  await firstStart(hub, () => {});
  const { app } = await compose(hub);
  const officer = await signIn(app, 'zhiban1');
  const origin = 'case:0190d9a8-0000-7000-8000-000000000001';
  const all = await Promise.all(
    Array.from({ length: 8 }, (_, i) => officer.send('POST', '/api/ledgers/fault-repair/records', { origin, data: { on: '2026-03-09', device: '专线', hours: 1 + i } })),
  );
  assert.deepEqual(all.map((r) => r.statusCode).sort(), [201, ...Array.from({ length: 7 }, () => 409)]);
});
