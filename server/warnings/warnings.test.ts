// Warnings on the database: one per cause, short lists in a storm, flapping, shelving, escalation, verdicts, catch-up after a crash, scope, CAP, webhooks.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { machineOf } from '#core/warnings/machine.ts';
import { loadPacks } from '#core/packs/load.ts';
import { importPacks, readPacks } from '../packs/service.ts';
import { history } from '../platform/facts.ts';
import type { Hub } from '../platform/hub.ts';
import { Outbox } from '../platform/outbox.ts';
import { actAs, ensureUnit, setClock, testHub } from '../platform/testing.ts';
import { Timers } from '../platform/timers.ts';
import { followStep } from '../platform/facts.ts';
import { Columns } from '#core/signals/columns.ts';
import { indicatorsOf } from '../indicators/service.ts';
import { batchStep, rollup, signalsOf } from '../signals/follow.ts';
import {
  acknowledge,
  backtest,
  cap,
  close,
  counts,
  falseAlarm,
  list,
  load,
  onTimer,
  openCaseFor,
  putRule,
  read,
  rules,
  setCaseOpener,
  shelve,
  Warnings,
  warningsOf,
  addShelf,
} from './service.ts';
import { addWebhook, deliverWebhook, isInside, listWebhooks, publishFacts, signature } from './webhooks.ts';

const T0 = Date.parse('2026-03-02T09:00:00+08:00');
const MIN = 60_000;
interface Site {
  hub: Hub;
  w: Warnings;
  stream: Map<string, string>;
  thing: Map<string, string>;
}

async function site(
  t: Parameters<typeof testHub>[0],
  things: { code: string; profile: string; unit: string; interval?: number; parent?: string; streams: string[] }[],
): Promise<Site> {
  const hub = await testHub(t, { clock: '2026-03-02T09:00:00+08:00' });
  await setClock(hub, new Date(T0), 0);
  for (const u of ['yuxi.t01', 'yuxi.t02', 'yuxi.t03', 'yuxi.waterworks', 'yuxi.gas', 'yuxi.urban', 'yuxi.center']) await ensureUnit(hub, u);
  await hub.command(hub.system('test'), (work) => importPacks(work, ['district']));
  const stream = new Map<string, string>();
  const thing = new Map<string, string>();
  for (const x of things) {
    const [row] = await hub.sql<
      { id: string }[]
    >`insert into things (code, name, profile, kind, unit, interval_s, created_at, parent_id, lon, lat) values (${x.code}, ${x.code}, ${x.profile}, 'iot', ${x.unit}, ${x.interval ?? 300}, now(), ${x.parent ? thing.get(x.parent)! : null}, 106.3, 29.4) returning id::text`;
    thing.set(x.code, row!.id);
    for (const s of x.streams) {
      const [r] = await hub.sql<{ id: string }[]>`insert into streams (thing_id, code, name, unit) values (${row!.id}, ${s}, ${s}, 'u') returning id::text`;
      stream.set(`${x.code}/${s}`, r!.id);
    }
  }
  const w = warningsOf(hub);
  await w.start();
  return { hub, w, stream, thing };
}
/** Puts readings through the door as decoded columns, past the check of their times. */
async function put(hub: Hub, rows: [stream: string, at: number, value: number][]): Promise<void> {
  const signals = signalsOf(hub);
  if (rows.some((r) => !signals.registry.byId.has(r[0]))) await signals.registry.refresh();
  const c = new Columns(rows.length);
  for (const [stream, at, value] of rows) c.push(signals.registry.byId.get(stream)!.index, at, 0, value, null, 0);
  await signals.ingest.submit(c);
}
const gauges = (n: number, unit = 'yuxi.t01') => Array.from({ length: n }, (_, i) => ({ code: `p-${i}`, profile: 'pipe-pressure', unit, streams: ['pressure'] }));
/** Stores readings as the door does, moves the clock to the last of them, and lets the engine judge and write. */
async function say(s: Site, rows: [stream: string, minute: number, value: number][], w = s.w): Promise<void> {
  await setClock(s.hub, new Date(T0 + Math.max(...rows.map((r) => r[1])) * MIN), 0);
  await put(
    s.hub,
    rows.map(([stream, minute, value]) => [s.stream.get(stream)!, T0 + minute * MIN, value]),
  );
  for (const [stream, minute, value] of rows) w.feed(s.stream.get(stream)!, T0 + minute * MIN, value);
  await w.flush();
}
const open = async (s: Site, scope = ['yuxi']) => (await list(s.hub, await actAs(s.hub, 'duty_officer', 'yuxi'), { realm: 'live', scope, state: 'open', limit: 100 })).items;
const all = (s: Site) =>
  s.hub.sql<
    { id: string; rule: string; state: string; outcome: string | null; flaps: number; level: number; episode: string; notices: number }[]
  >`select id, rule, state, outcome, flaps, level, episode::text, notices from warnings order by raised_at, id`;

test('I10: one open warning per rule and object, worsened and closed, with its evidence frozen', async (t) => {
  const s = await site(t, gauges(1));
  await say(s, [
    ['p-0/pressure', 1, 0.3],
    ['p-0/pressure', 6, 0.29],
    ['p-0/pressure', 11, 0.11],
  ]);
  await say(s, [['p-0/pressure', 12, 0.1]]);
  const [first, ...rest] = (await open(s)).filter((w) => w.rule === 'pipe-pressure-low');
  assert.equal(rest.length, 0);
  assert.deepEqual([first!.level, first!.colour, first!.value, first!.handler], [2, 'orange', 0.11, 'yuxi.waterworks']);
  assert.equal(first!.headline.zh, 'p-0 供水压力降至 0.11 MPa，疑似爆管');
  await say(s, [['p-0/pressure', 13, 0.04]]);
  const detail = await read(s.hub, await actAs(s.hub, 'duty_officer', 'yuxi'), 'live', first!.id, ['yuxi']);
  assert.equal(detail.level, 1);
  assert.deepEqual(
    (detail.evidence.points as [string, number][]).map((p) => p[1]),
    [0.3, 0.29, 0.11],
    'what was seen then, not what came later',
  );
  assert.equal(detail.offers.scenario, 'pipe-burst');
  await say(s, [['p-0/pressure', 20, 0.3]]);
  assert.deepEqual(
    (await history(s.hub.sql, `warning:${first!.id}`)).map((f) => f.kind),
    ['warning.raised', 'warning.levelled', 'warning.recovered'],
  );
  // The database itself refuses a second open one.
  await s.hub.sql`update warnings set state = 'raised', closed_at = null, outcome = null where id = ${first!.id}`;
  await assert.rejects(
    s.hub
      .sql`insert into warnings (id, realm, kind, rule, object, episode, unit, level, worst, state, headline, evidence, raised_at, changed_at) select gen_random_uuid(), realm, kind, rule, object, 1, unit, level, worst, 'raised', headline, evidence, now(), now() from warnings where id = ${first!.id}`,
    /warnings_one_open/,
  );
});

test('a storm that flaps is on the list while its sensors are wrong, one row as before, and is escalated again until acknowledged', async (t) => {
  const s = await site(
    t,
    Array.from({ length: 30 }, (_, i) => ({ code: `p-${i}`, profile: 'pipe-pressure', unit: 'yuxi.t01', streams: ['pressure'] })),
  );
  const every = (minute: number, value: number) =>
    say(
      s,
      Array.from({ length: 30 }, (_, i) => [`p-${i}/pressure`, minute, value] as [string, number, number]),
    );
  const rows = async () => (await open(s)).map((w) => [w.kind, w.level, w.state, w.children, w.flaps]);
  const timers = async () => (await s.hub.sql`select 1 from timers where kind = 'warning.escalate' and state = 'waiting'`).length;
  await every(1, 0.3);
  await every(2, 0.02);
  assert.deepEqual(await rows(), [['storm', 1, 'raised', 30, 0]]);
  const waiting = await timers();
  assert.ok(waiting > 0);
  await every(4, 0.3);
  assert.deepEqual(await rows(), []);
  await every(6, 0.02);
  assert.deepEqual(await rows(), [['storm', 1, 'raised', 30, 1]]);
  assert.equal(await timers(), waiting, 'nobody acknowledged it: it is escalated as before');
  await hubAck(s, (await open(s))[0]!.id);
  await every(8, 0.3);
  await every(10, 0.02);
  assert.deepEqual(await rows(), [['storm', 1, 'acknowledged', 30, 2]], 'known already');
  assert.equal((await s.hub.sql`select 1 from warnings where kind = 'storm'`).length, 1, 'one storm from first to last');
});

test('flapping is one warning with one notice; a consequence is only noted and stands up when its cause is gone', async (t) => {
  const s = await site(t, gauges(1));
  const rows: [string, number, number][] = [];
  for (let i = 0; i < 10; i++) rows.push(['p-0/pressure', 1 + i * 2, 0.3], ['p-0/pressure', 2 + i * 2, 0.1]);
  for (const r of rows) await say(s, [r]);
  const low = (await all(s)).filter((w) => w.rule === 'pipe-pressure-low');
  assert.equal(low.length, 1);
  assert.deepEqual([low[0]!.flaps, low[0]!.notices, low[0]!.state], [9, 1, 'raised']);
  const fall = await s.hub.sql<{ inhibited: boolean }[]>`select inhibited_by is not null as inhibited from warnings where rule = 'pipe-pressure-fall'`;
  assert.ok(fall.length >= 1 && fall[0]!.inhibited);
  assert.deepEqual(
    (await open(s)).map((w) => w.rule),
    ['pipe-pressure-low'],
  );
});

test('a storm: 500 devices silent at once are a short list; it closes when all are back', async (t) => {
  const things = [
    ...Array.from({ length: 10 }, (_, i) => ({ code: `gw-${i}`, profile: 'camera', unit: `yuxi.t0${(i % 3) + 1}`, streams: [] as string[] })),
    ...Array.from({ length: 500 }, (_, i) => ({
      code: `p-${i}`,
      profile: 'pipe-pressure',
      unit: `yuxi.t0${(i % 3) + 1}`,
      streams: ['pressure'],
      ...(i < 400 ? { parent: `gw-${i % 10}` } : {}),
    })),
  ];
  const s = await site(t, things);
  await say(
    s,
    Array.from({ length: 500 }, (_, i) => [`p-${i}/pressure`, 1, 0.3] as [string, number, number]),
  );
  await setClock(s.hub, new Date(T0 + 17 * MIN), 0);
  await s.w.tick();
  const started = Date.now();
  await s.w.flush();
  const took = Date.now() - started;
  const shown = await open(s);
  assert.ok(shown.length <= 16, `${shown.length} on the list`);
  const c = await counts(s.hub, 'live', ['yuxi']);
  assert.deepEqual([c.folded, c.open], [500, shown.length]);
  assert.equal(
    shown.reduce((n, w) => n + w.children, 0),
    500,
  );
  assert.ok(shown[0]!.headline.zh.includes('条同因告警'));
  const inside = await list(s.hub, await actAs(s.hub, 'duty_officer', 'yuxi'), { realm: 'live', scope: ['yuxi'], state: 'open', parent: shown[0]!.id, limit: 500 });
  assert.equal(inside.items.length, shown[0]!.children);
  const l = await load(s.hub, 'live', ['yuxi'], { seats: 1 });
  assert.deepEqual([l.buckets[0]!.raw, l.buckets[0]!.notices], [500, shown.length]);
  const by = async (seats: number) => (await load(s.hub, 'live', ['yuxi'], { seats })).buckets[0]!;
  assert.deepEqual(
    [(await by(1)).state, (await by(1)).perSeat, (await by(shown.length)).state],
    [shown.length >= 10 ? 'flood' : 'busy', shown.length, 'calm'],
    'against the limits of one seat in ten minutes',
  );
  await hubAck(s, shown[0]!.id);
  await say(
    s,
    Array.from({ length: 500 }, (_, i) => [`p-${i}/pressure`, 20, 0.3] as [string, number, number]),
  );
  assert.deepEqual(await open(s), []);
  t.diagnostic(`500 raised and folded in ${took} ms`);
});
const hubAck = async (s: Site, id: string) => s.hub.command({ actor: await actAs(s.hub, 'duty_officer', 'yuxi'), realm: 'live' }, (work) => acknowledge(work, id, ['yuxi']));

test('after a crash everything stored since the snapshot is judged, and nothing twice', async (t) => {
  const s = await site(t, gauges(3));
  await say(s, [
    ['p-0/pressure', 1, 0.1],
    ['p-1/pressure', 1, 0.3],
  ]);
  await s.w.snapshot();
  await s.w.snapshot();
  await say(s, [['p-1/pressure', 2, 0.1]]);
  const before = await all(s);
  // Stored and acknowledged, but this process died before judging it.
  await setClock(s.hub, new Date(T0 + 4 * MIN), 0);
  await put(s.hub, [[s.stream.get('p-2/pressure')!, T0 + 3 * MIN, 0.01]]);
  const again = new Warnings(s.hub);
  const { replayed } = await again.start();
  assert.ok(replayed >= 2);
  const now = await all(s);
  assert.deepEqual(
    now.slice(0, before.length).map((w) => w.id),
    before.map((w) => w.id),
  );
  assert.deepEqual(
    now
      .slice(before.length)
      .filter((w) => w.rule === 'pipe-pressure-low')
      .map((w) => [w.level, w.state]),
    [[1, 'raised']],
  );
  await say(s, [['p-0/pressure', 5, 0.3]], again);
  assert.equal((await all(s)).find((w) => w.id === before[0]!.id)!.outcome, 'recovered', 'the restored state goes on');
});

test('acknowledge, shelve until, escalate until acknowledged, on domain time; acts are refused where the state or the scope forbids', async (t) => {
  const s = await site(t, gauges(2));
  const timers = new Timers();
  timers.on('warning.', onTimer);
  await say(s, [['p-0/pressure', 1, 0.1]]);
  const id = (await open(s))[0]!.id;
  await setClock(s.hub, new Date(T0 + 8 * MIN), 0);
  await timers.fireDue(s.hub);
  assert.equal((await open(s))[0]!.escalation, 1);
  const officer = await actAs(s.hub, 'duty_officer', 'yuxi');
  const as = <T>(fn: (work: Parameters<Parameters<Hub['command']>[1]>[0]) => Promise<T>) => s.hub.command({ actor: officer, realm: 'live' }, fn);
  await assert.rejects(
    as((work) => acknowledge(work, id, ['yuxi.t02'])),
    /不在您的范围内/,
  );
  await as((work) => shelve(work, id, ['yuxi'], new Date(T0 + 60 * MIN), '等待供水公司核实'));
  assert.equal((await open(s))[0]!.state, 'shelved');
  await setClock(s.hub, new Date(T0 + 61 * MIN), 0);
  await timers.fireDue(s.hub);
  assert.equal((await open(s))[0]!.state, 'raised');
  await setClock(s.hub, new Date(T0 + 68 * MIN), 0);
  await timers.fireDue(s.hub);
  const calls = (await history(s.hub.sql, `warning:${id}`)).filter((f) => f.kind === 'warning.escalated').length;
  assert.equal(calls, 2, 'after the shelf it is escalated again until acknowledged');
  await as((work) => acknowledge(work, id, ['yuxi']));
  await assert.rejects(
    as((work) => acknowledge(work, id, ['yuxi'])),
    /不能这样做/,
  );
  await setClock(s.hub, new Date(T0 + 200 * MIN), 0);
  await timers.fireDue(s.hub);
  assert.equal((await open(s))[0]!.escalation, 1, 'acknowledged: nobody else is called');
  await as((work) => close(work, id, ['yuxi'], '阀门操作'));
  assert.deepEqual(await open(s), []);
  // Maintenance: raised inside the window, nobody is called.
  await as((work) => addShelf(work, { kind: 'maintenance', unit: 'yuxi.t01', from: new Date(T0 + 190 * MIN), until: new Date(T0 + 400 * MIN), reason: '检修' }, ['yuxi']));
  await say(s, [['p-1/pressure', 201, 0.1]]);
  const [kept] = await s.hub.sql`select state, notices from warnings where object = ${`stream:${s.stream.get('p-1/pressure')!}`} and rule = 'pipe-pressure-low'`;
  assert.deepEqual({ ...kept }, { state: 'shelved', notices: 0 });
  assert.equal((await open(s, ['yuxi.t02'])).length, 0, 'another town sees nothing');
  assert.equal((await open(s, ['yuxi.waterworks'])).length, 1, 'the unit that must answer does');
});

test('the catalogue opens the case by itself once; by hand only where none is open', async (t) => {
  const s = await site(t, gauges(1));
  const opened: { warningId: string; scenario?: string | undefined; level: number }[] = [];
  setCaseOpener(s.hub, async (_work, w) => {
    opened.push(w);
    return { id: '018f0000-0000-7000-8000-000000000001', no: 'GS1' };
  });
  await say(s, [
    ['p-0/pressure', 1, 0.1],
    ['p-0/pressure', 2, 0.09],
  ]);
  assert.deepEqual(
    opened.map((w) => [w.scenario, w.level]),
    [['pipe-burst', 2]],
  );
  const [w] = await open(s);
  assert.equal(w!.caseId, '018f0000-0000-7000-8000-000000000001');
  await assert.rejects(
    s.hub.command(s.hub.system('test'), (work) => openCaseFor(work, w!.id, [''], {})),
    /已转为事件/,
  );
});

test('verdicts make a precision; a rule below its floor is proposed for retirement; a new version is tried on history first', async (t) => {
  const s = await site(t, gauges(1));
  const officer = await actAs(s.hub, 'shift_lead', 'yuxi');
  for (let i = 0; i < 20; i++) {
    await say(s, [['p-0/pressure', 1 + i * 60, 0.1]]);
    const w = (await open(s)).find((x) => x.rule === 'pipe-pressure-low')!;
    await s.hub.command({ actor: officer, realm: 'live' }, (work) => (i < 4 ? close(work, w.id, ['yuxi'], '爆管') : falseAlarm(work, w.id, ['yuxi'], '仪器问题')));
    await say(s, [['p-0/pressure', 30 + i * 60, 0.3]]);
  }
  const r = (await rules(s.hub, 'live', 90)).items.find((x) => x.code === 'pipe-pressure-low')!;
  assert.deepEqual([r.right, r.wrong, r.precision, r.proposal !== null], [4, 16, 0.2, true]);
  const changed = structuredClone(r.definition) as { when: { lines: { at: number; clear: number }[] } };
  changed.when.lines = [{ level: 2, at: 0.05, clear: 0.1 } as never];
  const range = { from: new Date(T0), to: new Date(T0 + 21 * 60 * MIN), scope: ['yuxi'] };
  assert.equal((await backtest(s.hub, 'live', { definition: changed, ...range })).warnings.length, 0);
  const same = await backtest(s.hub, 'live', { definition: r.definition, ...range });
  assert.deepEqual([same.warnings.length, same.warnings.filter((w) => w.before === 'true').length, same.warnings.filter((w) => w.before === 'false').length], [20, 4, 16]);
  const { version } = await s.hub.command({ actor: officer, realm: 'live' }, (work) => putRule(work, 'pipe-pressure-low', changed));
  assert.equal(version, 2);
  await s.w.refresh();
  await say(s, [['p-0/pressure', 2000, 0.11]]);
  assert.equal((await open(s)).filter((x) => x.rule === 'pipe-pressure-low').length, 0);
});

test('a trial on history answers for rules over several sensors and for silence as operation would have', async (t) => {
  const s = await site(
    t,
    Array.from({ length: 3 }, (_, i) => ({ code: `g-${i}`, profile: 'ponding-gauge', unit: 'yuxi.t01', streams: ['depth'] })),
  );
  const rows: [string, number, number][] = [];
  for (let m = 0; m < 600; m += 5)
    for (let i = 0; i < 3; i++) if (!(i === 2 && m > 400 && m < 500)) rows.push([`g-${i}/depth`, m, m >= 200 && m < 240 && i < (m < 220 ? 1 : 3) ? 20 : 1 + ((m * 7919) % 7) / 10]);
  await put(
    s.hub,
    rows.map(([stream, minute, value]) => [s.stream.get(stream)!, T0 + minute * MIN, value]),
  );
  const range = { from: new Date(T0), to: new Date(T0 + 600 * MIN), scope: ['yuxi'] };
  const definitions = Object.fromEntries((await rules(s.hub, 'live', 30)).items.map((r) => [r.code, r.definition as unknown as Record<string, unknown>]));
  const minute = (d: Date | null) => (d === null ? null : (d.getTime() - T0) / MIN);
  const together = await backtest(s.hub, 'live', {
    definition: {
      ...definitions['ponding-with-rain'],
      when: { kind: 'several', level: 3, among: 'area', k: 3, tests: [{ stream: 'depth', side: 'above', at: 10, clear: 6, fresh: 'PT20M' }] },
    },
    ...range,
  });
  assert.deepEqual(
    together.warnings.map((w) => [w.object, minute(w.from), minute(w.to), w.peak]),
    [['unit:yuxi.t01', 220, 240, 3]],
    'only while all three agree',
  );
  const silence = await backtest(s.hub, 'live', { definition: { ...definitions['silent-ponding-gauge'], when: { kind: 'silent', level: 4, after: 'PT30M' } }, ...range });
  assert.deepEqual(
    silence.warnings.map((w) => [w.object, minute(w.from), minute(w.to)]),
    [[`thing:${s.thing.get('g-2')!}`, 430, 500]],
  );
  assert.equal(
    (await backtest(s.hub, 'live', { definition: definitions['ponding-with-rain'], ...range, scope: ['yuxi.t02'] })).streams,
    0,
    'nothing outside the units of the one who asks',
  );
});

test('CAP-13: what we raise is exported as internal, and its end cancels it', async (t) => {
  const s = await site(t, gauges(1));
  await say(s, [['p-0/pressure', 1, 0.1]]);
  const [w] = await open(s);
  const alert = await cap(s.hub, 'live', w!.id, ['yuxi']);
  assert.match(alert, /<status>System<\/status>[\s\S]*<scope>Private<\/scope>[\s\S]*<code>internal<\/code>/);
  await say(s, [['p-0/pressure', 9, 0.3]]);
  assert.match(
    await cap(s.hub, 'live', w!.id, ['yuxi']),
    new RegExp(`<msgType>Cancel</msgType>[\\s\\S]*<references>chengshu.internal,${w!.id},2026-03-02T09:01:00\\+08:00</references>`),
  );
  await assert.rejects(cap(s.hub, 'live', w!.id, ['yuxi.t02']), /不在您的范围内/);
});

test('API-01/03/04/05: webhooks are CloudEvents, signed, retried, visible when failing, and do not reach inside unasked', async (t) => {
  const s = await site(t, gauges(2));
  const got: { body: string; headers: Record<string, unknown> }[] = [];
  let status = 500;
  const server = createServer((request, response) => {
    let body = '';
    request
      .on('data', (c) => (body += c))
      .on('end', () => {
        got.push({ body, headers: request.headers });
        response.statusCode = status;
        response.end();
      });
  });
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  const hook = await s.hub.command(s.hub.system('test'), (work) => addWebhook(work, { url, kinds: ['warning.'], unit: 'yuxi.t01', allowPrivate: true }, ['']));
  const shut = await s.hub.command(s.hub.system('test'), (work) => addWebhook(work, { url, kinds: ['warning.raised'], unit: 'yuxi', allowPrivate: false }, ['']));
  await s.hub.sql`insert into cursors (name) values ('webhooks')`;
  await say(s, [['p-0/pressure', 1, 0.1]]);
  while (await followStep(s.hub, 'webhooks', { kinds: ['warning.'], handle: publishFacts }));
  const outbox = new Outbox();
  outbox.on('webhook', deliverWebhook(s.hub));
  await outbox.deliverDue(s.hub);
  const items = (await listWebhooks(s.hub, 'live', ['yuxi'])).items;
  assert.match(items.find((h) => h.id === hook.id)!.deliveries[0]!.lastError!, /对方答复 500/);
  assert.deepEqual(
    items.find((h) => h.id === shut.id)!.deliveries.map((d) => [d.state, d.lastError]),
    [['dead', '目标是内网地址，订阅未允许']],
  );
  status = 204;
  await s.hub.sql`update outbox set next_at = clock_timestamp()`;
  await outbox.deliverDue(s.hub);
  const last = got.at(-1)!;
  const event = JSON.parse(last.body) as { specversion: string; type: string; id: string; subject: string };
  assert.deepEqual([event.specversion, event.type], ['1.0', 'cn.ccg.warning.raised.v1']);
  const expected = createHmac('sha256', Buffer.from(hook.secret, 'base64url'))
    .update(`${event.id}.${String(last.headers['webhook-timestamp'])}.${last.body}`)
    .digest('base64');
  assert.equal(last.headers['webhook-signature'], `v1,${expected}`);
  assert.equal(signature([hook.secret, 'AAAA'], 'a', 1, 'b').split(' ').length, 2);
  assert.equal(got[0]!.body, last.body, 'the same event again, with the same id');
  for (const a of ['127.0.0.1', '::1', '10.1.2.3', '169.254.169.254', '::ffff:192.168.1.1', 'fd00::1']) assert.ok(isInside(a), a);
  for (const a of ['8.8.8.8', '2400:3200::1']) assert.ok(!isInside(a), a);
});

test('the examples written into the rules hold', async () => {
  const { content, mistakes } = loadPacks(await readPacks(['district']));
  assert.deepEqual(
    mistakes.filter((m) => m.file.includes('warning-rules') || m.file.includes('indicators')),
    [],
  );
  let examples = 0;
  for (const r of content['warning-rules'].values()) {
    assert.ok(r.response.zh.length > 3, `${r.code} asks for nothing`);
    if (r.when.kind === 'several') continue;
    for (const x of r.tests) {
      const m = machineOf(r.when, { intervalMs: 5 * MIN });
      const state = m.init();
      const got = x.readings
        .map(([minute, v]) => m.step(state, T0 + minute * MIN, v))
        .filter((c) => c !== null)
        .map((c) => `${(c.at - T0) / MIN}:${c.from}>${c.to}`);
      assert.deepEqual(got, x.expect, `${r.code}: ${x.name}`);
      examples++;
    }
  }
  assert.ok(examples >= 4);
});

test('an indicator warns once per cause and only with enough hours: a dirty day of one station', async (t) => {
  const s = await site(t, [{ code: 'air-1', profile: 'air-station', unit: 'yuxi.t01', interval: 3600, streams: ['pm25'] }]);
  const all = indicatorsOf(s.hub);
  await s.hub.sql`insert into cursors (name) values ('stream-hours'), ('indicator-readings') on conflict do nothing`;
  await all.sync();
  all.onValues((tx, realm, at, changed) => s.w.indicatorValues(tx, realm, at, changed));
  const settle = async () => {
    // Other tests' transactions on the same cluster may still precede ours in the log.
    for (let i = 0; i < 400; i++) {
      while (await batchStep(s.hub, 'stream-hours', rollup));
      const [row] = await s.hub.sql<
        { left: number }[]
      >`select count(*)::int as left from ingest_batches b where (b.tx, b.id) > (select c.tx, c.position from cursors c where c.name = 'stream-hours')`;
      if (!row!.left) break;
      await new Promise((r) => setTimeout(r, 25));
    }
    while (await all.followReadings());
    while (await all.step());
  };
  const midnight = (Date.parse('2026-03-01T00:00:00+08:00') - T0) / MIN;
  const hours = (from: number, to: number, value: number) =>
    Array.from({ length: to - from }, (_, i) => [s.stream.get('air-1/pm25')!, T0 + (midnight + (from + i) * 60) * MIN, value] as [string, number, number]);
  await put(s.hub, hours(0, 19, 200));
  await settle();
  assert.deepEqual(await open(s), [], '19 hours are no day');
  await put(s.hub, hours(19, 20, 200));
  await settle();
  assert.deepEqual(
    (await open(s)).map((w) => [w.rule, w.unit, w.level, w.value]),
    [['pm25-day', 'yuxi.t01', 2, 200]],
  );
  await put(s.hub, hours(20, 24, 600));
  await settle();
  assert.deepEqual(
    (await open(s)).map((w) => [w.level, w.value]),
    [[1, 267]],
    'the same day with more hours is judged again',
  );
  await put(s.hub, hours(24, 45, 20));
  await settle();
  assert.deepEqual(await open(s), [], 'the next day is clean');
});
