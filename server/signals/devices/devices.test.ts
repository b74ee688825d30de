// Devices kept trustworthy: calibrations apply by the reading's own time, places come in any coordinate system and keep their history, registrations can be taken back.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { distance, fitFrame, fromFrame, fromWgs84, toWgs84 } from '#core/signals/place.ts';
import { DEMO_PASSWORD, firstStart } from '../../first-start.ts';
import { compose } from '../../main.ts';
import { testHub } from '../../platform/testing.ts';
import { signalsOf } from '../service.ts';

const T0 = Date.parse('2026-03-02T09:00:00+08:00');
const iso = (minutes: number) => new Date(T0 + minutes * 60_000).toISOString();

async function ready(t: Parameters<typeof testHub>[0]) {
  const hub = await testHub(t, { clock: '2026-03-02T12:00:00+08:00' });
  await firstStart(hub, () => {});
  const { app } = await compose(hub);
  const sessions = new Map<string, Record<string, string>>();
  const as = async (login: string) => {
    let h = sessions.get(login);
    if (!h) {
      const r = await app.inject({ method: 'POST', url: '/api/session', payload: { login, password: DEMO_PASSWORD } });
      assert.equal(r.statusCode, 200, login);
      sessions.set(login, (h = { cookie: String(r.headers['set-cookie']).split(';')[0]!, 'x-csrf-token': r.json<{ csrf: string }>().csrf }));
    }
    return h;
  };
  const send = async (login: string, url: string, payload: object) =>
    app.inject({ method: 'POST', url, payload, headers: { ...(await as(login)), 'idempotency-key': randomUUID() } });
  const get = async <T>(login: string, url: string) => (await app.inject({ url, headers: await as(login) })).json<T>();
  const list = [1, 2, 3].map((i) => ({ code: `p${i}`, name: `压力计${i}`, profile: 'pipe-pressure', unit: 'demo.t01', lon: 106.3 + i / 1000, lat: 29.43 }));
  const registered = await send('zhibiao', '/api/things', { things: list });
  assert.equal(registered.statusCode, 201, registered.body);
  return { hub, send, get };
}

test('a calibration corrects what comes for instants after it, the same for a reading sent again', async (t) => {
  const { hub, send, get } = await ready(t);
  const signals = signalsOf(hub);
  const take = (minute: number, value: number) => signals.take([{ stream: 'p1/pressure', time: iso(minute), value }], { scope: ['demo'], source: 'test' });
  await take(0, 0.3);
  const [s] = await hub.sql<{ id: string }[]>`select s.id::text from streams s join things t on t.id = s.thing_id where t.code = 'p1'`;
  const url = `/api/streams/${s!.id}/calibrations`;
  const body = { at: iso(10), gain: 2, bias: 0.1, validUntil: '2026-03-20', certificate: '检定-1', note: '' };
  assert.equal((await send('zhiban1', url, body)).statusCode, 403);
  assert.equal((await send('zhibiao', url, { ...body, gain: 0 })).statusCode, 400);
  assert.equal((await send('zhibiao', url, { ...body, validUntil: '2026-03-01' })).statusCode, 400);
  assert.equal((await send('zhibiao', url, body)).statusCode, 201);
  await signals.registry.refresh();
  await take(9, 0.3);
  await take(10, 0.3);
  await take(11, 0.4);
  assert.deepEqual((await take(11, 0.4)).duplicates, 1);
  const rows = await hub.sql<{ num: number; quality: number }[]>`select num, quality from observations order by at`;
  assert.deepEqual(
    rows.map((r) => [Math.round(r.num * 1000) / 1000, r.quality]),
    [
      [0.3, 0],
      [0.3, 0],
      [0.7, 1],
      [0.9, 1],
    ],
  );
  assert.equal((await send('zhibiao', url, { ...body, at: iso(5) })).statusCode, 409, 'the past is not calibrated anew');
  assert.deepEqual(
    (await get<{ items: { thing: string; overdue: boolean }[] }>('zhibiao', '/api/things/calibrations-due')).items.map((d) => [d.thing, d.overdue]),
    [['p1', false]],
  );
  assert.equal((await get<{ items: unknown[] }>('zhibiao', '/api/things/calibrations-due?days=5')).items.length, 0);
});

test('坐标标定: a grid fits its control points, keeps versions, and things are placed by it with a history', async (t) => {
  const { hub, send, get } = await ready(t);
  // A grid in metres turned by 12°, with a centimetre of survey error.
  const origin: [number, number] = [106.3, 29.43];
  const turn = (12 * Math.PI) / 180;
  const truth = (x: number, y: number): [number, number] => {
    const e = x * Math.cos(turn) - y * Math.sin(turn);
    const n = x * Math.sin(turn) + y * Math.cos(turn);
    return [origin[0] + e / (111_319.490793 * Math.cos((origin[1] * Math.PI) / 180)), origin[1] + n / 111_319.490793];
  };
  const corners = [
    [500, 500],
    [3500, 600],
    [3400, 2600],
    [600, 2500],
  ].map(([x, y], i) => {
    const [lon, lat] = truth(x! + (i % 2 ? 0.01 : -0.01), y!);
    return { x: x!, y: y!, lon, lat };
  });
  const frame = { code: 'plant', name: '厂区坐标', unit: 'demo', controls: corners };
  const preview = (await send('zhibiao', '/api/place-frames', { ...frame, preview: true })).json<{ id: null; fit: { rms: number; residuals: number[] } }>();
  assert.equal(preview.id, null);
  assert.ok(preview.fit.rms < 0.02 && preview.fit.residuals.length === 4);
  const line = await send('zhibiao', '/api/place-frames', { ...frame, controls: corners.map((c, i) => ({ ...c, x: i * 10, y: i * 20 })) });
  assert.equal(line.statusCode, 400);
  assert.equal((await send('zhibiao', '/api/place-frames', frame)).json<{ version: number }>().version, 1);
  assert.equal((await send('zhibiao', '/api/place-frames', frame)).json<{ version: number }>().version, 2);
  const points = [{ thing: 'p1', x: 2000, y: 1500 }];
  const want = truth(2000, 1500);
  const seen = (await send('zhibiao', '/api/things/placements', { crs: 'frame', frame: 'plant', points, reason: '厂区测图', preview: true })).json<{
    items: { lon: number; lat: number; moved: number }[];
    written: number;
  }>();
  assert.equal(seen.written, 0);
  assert.ok(distance(want, [seen.items[0]!.lon, seen.items[0]!.lat]) < 0.05);
  assert.ok(seen.items[0]!.moved > 100);
  const wrong = await send('zhibiao', '/api/things/placements', { crs: 'gcj02', points: [...points, { thing: 'nobody', x: 106, y: 29 }], reason: 'x' });
  assert.equal(wrong.statusCode, 400);
  assert.match(wrong.body, /points\/1\/thing/);
  assert.equal((await hub.sql`select 1 from placements`).length, 0, 'all or none');
  assert.equal((await send('zhibiao', '/api/things/placements', { crs: 'frame', frame: 'plant', points, reason: '厂区测图' })).json<{ written: number }>().written, 1);
  // GCJ-02 as map screens give it: half a kilometre off when taken for WGS84.
  const gcj = fromWgs84('gcj02', 106.305, 29.431);
  assert.ok(distance([106.305, 29.431], gcj) > 200);
  await send('zhibiao', '/api/things/placements', { crs: 'gcj02', points: [{ thing: 'p1', x: gcj[0], y: gcj[1] }], reason: '地图拾取' });
  const [p1] = await hub.sql<{ id: string; lon: number; lat: number }[]>`select id::text, lon, lat from things where code = 'p1'`;
  assert.ok(distance([106.305, 29.431], [p1!.lon, p1!.lat]) < 1);
  const history = await get<{ items: { crs: string; frame: string | null }[] }>('zhibiao', `/api/things/${p1!.id}/placements`);
  assert.deepEqual(
    history.items.map((h) => [h.crs, h.frame]),
    [
      ['gcj02', null],
      ['frame', 'plant v2'],
    ],
  );
});

test('conversions come back: any grid through its own control points, BD-09 and GCJ-02 within a metre', () => {
  const near = fc.record({ lon: fc.double({ min: 106, max: 107, noNaN: true }), lat: fc.double({ min: 29, max: 30, noNaN: true }) });
  fc.assert(
    fc.property(near, (p) => {
      for (const crs of ['gcj02', 'bd09'] as const) {
        const [x, y] = fromWgs84(crs, p.lon, p.lat);
        if (distance(toWgs84(crs, x, y), [p.lon, p.lat]) > 1) return false;
      }
      return true;
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 300_000, max: 500_000 }), fc.integer({ min: 3_000_000, max: 3_400_000 }), fc.double({ min: -3, max: 3, noNaN: true }), (x0, y0, angle) => {
      const controls = [
        [0, 0],
        [1000, 0],
        [0, 800],
        [900, 700],
      ].map(([x, y]) => ({
        x: x0 + x!,
        y: y0 + y!,
        lon: 106.5 + (x! * Math.cos(angle) - y! * Math.sin(angle)) / 97_000,
        lat: 29.5 + (x! * Math.sin(angle) + y! * Math.cos(angle)) / 111_319.490793,
      }));
      const f = fitFrame(controls)!;
      return controls.every((c) => distance(fromFrame(f, c.x, c.y), [c.lon, c.lat]) < 0.01);
    }),
  );
});

test('a registration can be taken back until a reading came in', async (t) => {
  const { hub, send, get } = await ready(t);
  const [first] = (await get<{ items: { id: string; things: number; undoable: boolean }[] }>('zhibiao', '/api/things/registrations')).items;
  assert.deepEqual([first!.things, first!.undoable], [3, true]);
  assert.equal((await send('zhibiao', `/api/things/registrations/${first!.id}/undo`, {})).json<{ removed: number }>().removed, 3);
  assert.equal((await hub.sql`select 1 from things where code = 'p1'`).length, 0);
  assert.equal((await send('zhibiao', `/api/things/registrations/${first!.id}/undo`, {})).statusCode, 409);
  assert.equal((await send('zhibiao', '/api/things', { things: [{ code: 'p9', name: '压力计', profile: 'pipe-pressure', unit: 'demo.t01' }] })).statusCode, 201);
  await signalsOf(hub).take([{ stream: 'p9/pressure', time: iso(0), value: 0.3 }], { scope: ['demo'], source: 'test' });
  const again = (await get<{ items: { id: string }[] }>('zhibiao', '/api/things/registrations')).items[0]!;
  assert.equal((await send('zhibiao', `/api/things/registrations/${again.id}/undo`, {})).statusCode, 409);
  assert.equal((await hub.sql`select 1 from things where code = 'p9'`).length, 1);
  const latest = await get<{ items: unknown[] }>('zhibiao', '/api/streams/latest?profile=pipe-pressure&stream=pressure');
  assert.equal(latest.items.length, 0);
  await signalsOf(hub).flush();
  assert.equal((await get<{ items: { value: number }[] }>('zhibiao', '/api/streams/latest?profile=pipe-pressure')).items.find((x) => x.value === 0.3)?.value, 0.3);
});
