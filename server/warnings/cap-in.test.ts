// CAP 1.2 in: what is valid becomes one warning, chains by reference in any order, drills stay quiet, hostile XML is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { capInstant, levelOf, readCap } from '#core/warnings/cap-in.ts';
import { capXml } from '#core/warnings/cap.ts';
import { firstStart } from '../first-start.ts';
import { compose } from '../main.ts';
import { addToken } from '../people/service.ts';
import { actAs, setClock, testHub } from '../platform/testing.ts';
import { Timers } from '../platform/timers.ts';
import { issueCredential } from '../signals/service.ts';
import { onCapTimer, parseCap } from './cap-in.ts';
import { onTimer } from './service.ts';
import { readXml } from './xml.ts';

const T0 = Date.parse('2026-07-01T08:00:00+08:00');
const iso = (minutes: number): string => `${new Date(T0 + minutes * 60_000 + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`;
interface Said {
  id?: string;
  sender?: string;
  sent?: number;
  status?: string;
  type?: string;
  refs?: [id: string, sent: number][];
  colour?: string;
  severity?: string;
  expires?: number;
  area?: string;
  headline?: string;
  scope?: string;
}
const alert = (a: Said = {}): string => `<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>${a.id ?? 'rain-1'}</identifier><sender>${a.sender ?? 'met@yuxi.example'}</sender><sent>${iso(a.sent ?? 0)}</sent>
  <status>${a.status ?? 'Actual'}</status><msgType>${a.type ?? 'Alert'}</msgType><scope>${a.scope ?? 'Public'}</scope>
  ${a.refs ? `<references>${a.refs.map(([id, sent]) => `${a.sender ?? 'met@yuxi.example'},${id},${iso(sent)}`).join(' ')}</references>` : ''}
  <info><language>zh-CN</language><category>Met</category><event>暴雨</event><urgency>Expected</urgency><severity>${a.severity ?? 'Severe'}</severity><certainty>Likely</certainty>
    <eventCode><valueName>GB/T 35965.1</valueName><value>11B03</value></eventCode>
    <expires>${iso(a.expires ?? 360)}</expires><senderName>演示气象台</senderName><headline>${a.headline ?? '演示：暴雨预警'}</headline><description>预计三小时雨量较大</description><instruction>低洼地带注意排涝</instruction>
    ${a.colour ? `<parameter><valueName>color</valueName><value>${a.colour}</value></parameter>` : ''}
    <area><areaDesc>渝溪街道</areaDesc>${a.area ?? '<polygon>29.40,106.23 29.40,106.31 29.47,106.31 29.47,106.23 29.40,106.23</polygon>'}</area>
  </info>
</alert>`;

async function door(t: Parameters<typeof testHub>[0]) {
  const hub = await testHub(t, { clock: '2026-07-01T08:00:00+08:00' });
  await setClock(hub, new Date(T0), 0);
  await firstStart(hub, () => {});
  const actor = await actAs(hub, 'integrator', 'demo');
  const token = await hub.command(hub.system('test'), (work) => addToken(work, 'met', actor.account!));
  const { app } = await compose(hub);
  const send = (xml: string | Buffer, headers: Record<string, string> = { authorization: `Bearer ${token}` }, type = 'application/cap+xml') =>
    app.inject({ method: 'POST', url: '/api/cap', headers: { 'content-type': type, ...headers }, payload: xml });
  const told = async (xml: string) => {
    const r = await send(xml);
    assert.ok(r.statusCode < 300, `${r.statusCode} ${r.body}`);
    return r.json() as { outcome: string; warningId: string | null; level: number | null; duplicate: boolean; note: string };
  };
  const warnings = () =>
    hub.sql<
      { id: string; level: number; worst: number; state: string; outcome: string | null; nature: string; unit: string; headline: { zh: string }; lon: number; lat: number }[]
    >`select * from warnings order by raised_at, id`;
  const officer = await actAs(hub, 'duty_officer', 'demo');
  const officerToken = await hub.command(hub.system('test'), (work) => addToken(work, 'duty', officer.account!));
  const ask = (url: string, method: 'GET' | 'POST' = 'GET', payload?: object) =>
    app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${officerToken}`, ...(method === 'POST' ? { 'idempotency-key': `k${Math.random()}` } : {}) },
      ...(payload ? { payload } : {}),
    });
  const timers = new Timers();
  timers.on('warning.', onTimer);
  timers.on('warning.cap-', onCapTimer);
  const later = async (minutes: number) => {
    await setClock(hub, new Date(T0 + minutes * 60_000), 0);
    await timers.fireDue(hub);
  };
  return { hub, app, send, told, warnings, ask, later };
}

test('an Actual alert is one official warning on the list, at its place, and opens a case; the same again is a no-op (CAP-05, CAP-12)', async (t) => {
  const { hub, told, send, warnings, ask } = await door(t);
  const r = await told(alert({ colour: 'Orange', severity: 'Minor' }));
  assert.deepEqual([r.outcome, r.level], ['raised', 2], 'the colour is authoritative');
  const again = await told(alert({ colour: 'Orange', severity: 'Minor' }));
  assert.deepEqual([again.duplicate, again.warningId], [true, r.warningId]);
  const other = await send(alert({ colour: 'Red' }));
  assert.equal(other.statusCode, 409, 'another content under the same key');
  const [w, more] = await warnings();
  assert.equal(more, undefined);
  assert.deepEqual([w!.nature, w!.unit, w!.state], ['official', 'demo.t01', 'raised']);
  assert.ok(w!.lon > 106.23 && w!.lon < 106.31);
  const list = (await ask('/api/warnings')).json() as { items: { id: string; headline: { zh: string }; nature: string; actions: string[] }[] };
  assert.equal(list.items[0]!.id, w!.id);
  assert.ok(list.items[0]!.actions.includes('respond'));
  const opened = await ask(`/api/warnings/${w!.id}/case`, 'POST', { matter: 'road-ponding' });
  assert.equal(opened.statusCode, 201, opened.body);
  const [c] = await hub.sql<{ description: string; matter: string; level: number }[]>`select * from cases`;
  assert.match(c!.description, /低洼地带.*\n外部预警：演示气象台/s);
  assert.equal(c!.level, 2);
  // Passed on as it came, never under our own name.
  const out = await ask(`/api/warnings/${w!.id}/cap`);
  assert.match(out.body, /<sender>met@yuxi.example<\/sender>/);
  assert.equal((await hub.sql`select 1 from facts where kind = 'cap.received'`).length, 1);
});

test('CAP-02 updates change it, worse asks again; a cancel ends it and leaves the case; the latest wins whatever the order', async (t) => {
  const { told, warnings, ask } = await door(t);
  const first = await told(alert({ colour: 'Yellow' }));
  await ask(`/api/warnings/${first.warningId}/acknowledge`, 'POST', {});
  assert.equal((await warnings())[0]!.state, 'acknowledged');
  // The second update arrives before the first.
  const second = await told(
    alert({
      id: 'rain-3',
      sent: 20,
      type: 'Update',
      refs: [
        ['rain-1', 0],
        ['rain-2', 10],
      ],
      colour: 'Red',
    }),
  );
  assert.deepEqual([second.outcome, second.warningId], ['updated', first.warningId]);
  let [w] = await warnings();
  assert.deepEqual([w!.level, w!.worst, w!.state], [1, 1, 'raised'], 'worse than what was acknowledged');
  const late = await told(alert({ id: 'rain-2', sent: 10, type: 'Update', refs: [['rain-1', 0]], colour: 'Blue' }));
  assert.equal(late.outcome, 'superseded');
  assert.equal((await warnings())[0]!.level, 1);
  await ask(`/api/warnings/${first.warningId}/case`, 'POST', { matter: 'road-ponding' });
  const end = await told(
    alert({
      id: 'rain-4',
      sent: 30,
      type: 'Cancel',
      refs: [
        ['rain-1', 0],
        ['rain-2', 10],
        ['rain-3', 20],
      ],
    }),
  );
  assert.equal(end.outcome, 'cancelled');
  [w] = await warnings();
  assert.deepEqual([w!.state, w!.outcome], ['closed', 'recovered']);
  assert.equal(((await ask('/api/cases')).json() as { items: unknown[] }).items.length, 1, 'the case goes on');
  assert.equal((await warnings()).length, 1);
});

test('CAP-05 a cancel before its alert is parked and the alert then stays quiet; an update without its alert speaks for itself', async (t) => {
  const { told, warnings } = await door(t);
  assert.equal((await told(alert({ id: 'c', sent: 5, type: 'Cancel', refs: [['a', 0]] }))).outcome, 'parked');
  assert.equal((await told(alert({ id: 'a', sent: 0 }))).outcome, 'superseded');
  assert.equal((await warnings()).length, 0);
  const up = await told(alert({ id: 'u', sent: 8, type: 'Update', refs: [['b', 1]], colour: 'Blue' }));
  assert.deepEqual([up.outcome, up.level], ['raised', 4]);
  assert.deepEqual([(await told(alert({ id: 'b', sent: 1, colour: 'Red' }))).outcome, (await warnings()).length], ['superseded', 1]);
});

test('expiry closes it at its time, a longer update postpones that; what comes too late raises nothing', async (t) => {
  const { told, warnings, later, ask } = await door(t);
  const first = await told(alert({ expires: 60 }));
  await later(30);
  await told(alert({ id: 'rain-2', sent: 30, type: 'Update', refs: [['rain-1', 0]], expires: 120 }));
  await ask(`/api/warnings/${first.warningId}/acknowledge`, 'POST', {});
  await later(61);
  assert.equal((await warnings())[0]!.state, 'acknowledged');
  await later(121);
  assert.deepEqual([(await warnings())[0]!.state, (await warnings())[0]!.outcome], ['closed', 'lapsed']);
  assert.equal((await told(alert({ id: 'old', sent: 0, expires: 100 }))).outcome, 'expired');
  assert.equal((await warnings()).length, 1);
});

test('CAP-06 Test, Exercise, System and Draft never raise a live warning, and the answer says so', async (t) => {
  const { told, warnings } = await door(t);
  for (const status of ['Test', 'Exercise', 'System', 'Draft']) {
    const r = await told(alert({ id: status, status }));
    assert.equal(r.outcome, 'not-live');
    assert.match(r.note, /不生成预警/);
  }
  // A drill's cancel does not touch a real warning.
  const real = await told(alert());
  await told(alert({ id: 'drill', status: 'Exercise', sent: 3, type: 'Cancel', refs: [['rain-1', 0]] }));
  assert.deepEqual([(await warnings()).length, (await warnings())[0]!.state, real.outcome], [1, 'raised', 'raised']);
});

test('rights: no session 401, no permission 403, a device only inside and never official, a form post 415', async (t) => {
  const { hub, send, app, warnings } = await door(t);
  assert.equal((await send(alert(), {})).statusCode, 401);
  const gauge = await hub.command(hub.system('test'), (work) => issueCredential(work, 'receiver-1', 'demo.water'));
  const basic = { authorization: `Basic ${Buffer.from(`receiver-1:${gauge.secret}`).toString('base64')}` };
  assert.equal((await send(alert(), { authorization: 'Basic cmVjZWl2ZXItMTp4' })).statusCode, 401);
  const r = await send(alert(), basic);
  assert.equal(r.statusCode, 201, r.body);
  assert.deepEqual([(await warnings())[0]!.nature, (await warnings())[0]!.unit], ['internal', 'demo.water']);
  const reader = await actAs(hub, 'finance_reviewer', 'demo');
  const token = await hub.command(hub.system('test'), (work) => addToken(work, 'x', reader.account!));
  assert.equal((await send(alert({ id: 'x' }), { authorization: `Bearer ${token}` })).statusCode, 403);
  // A device of another unit cannot end a warning that is not in its unit.
  const gas = await hub.command(hub.system('test'), (work) => issueCredential(work, 'receiver-2', 'demo.gas'));
  await send(alert({ id: 'kill', sent: 9, type: 'Cancel', refs: [['rain-1', 0]] }), { authorization: `Basic ${Buffer.from(`receiver-2:${gas.secret}`).toString('base64')}` });
  assert.equal((await warnings())[0]!.state, 'raised');
  assert.equal((await app.inject({ method: 'POST', url: '/api/cap', headers: { ...basic, 'content-type': 'application/json' }, payload: '{}' })).statusCode, 415);
});

test('CAP-01, CAP-03, CAP-04: every fault is named by its element; entities, bombs and deep nesting are refused; no row stays', async (t) => {
  const { hub, send } = await door(t);
  const ok = alert();
  const cases: [string, string, RegExp][] = [
    ['another namespace', ok.replace('cap:1.2', 'cap:1.1'), /名称空间/],
    ['no namespace', ok.replace(' xmlns="urn:oasis:names:tc:emergency:cap:1.2"', ''), /名称空间/],
    ['missing sender', ok.replace(/<sender>.*?<\/sender>/, ''), /\/alert\/sender.*缺少/],
    ['space in identifier', ok.replace('rain-1', 'rain 1'), /identifier/],
    ['Z in sent', ok.replace(iso(0), '2026-07-01T00:00:00Z'), /sent/],
    ['no such day', ok.replace(iso(0), '2026-02-30T00:00:00+08:00'), /sent/],
    ['fraction', ok.replace(iso(0), '2026-07-01T00:00:00.5+08:00'), /sent/],
    ['status', ok.replace('Actual', 'Real'), /status/],
    ['severity', ok.replace('Severe', 'Orange'), /\/alert\/info\[1\]\/severity/],
    ['category', ok.replace('>Met<', '>Rain<'), /category/],
    ['order', ok.replace(/(<status>.*?<\/status>)(<msgType>.*?<\/msgType>)/, '$2$1'), /次序/],
    ['twice', ok.replace('<event>暴雨</event>', '<event>暴雨</event><event>大风</event>'), /event/],
    ['unknown element', ok.replace('<event>', '<colour>red</colour><event>'), /colour/],
    ['open polygon', alert({ area: '<polygon>29.4,106.2 29.4,106.3 29.5,106.3 29.5,106.2</polygon>' }), /首尾/],
    ['short polygon', alert({ area: '<polygon>29.4,106.2 29.4,106.3 29.4,106.2</polygon>' }), /四个点/],
    ['swapped', alert({ area: '<polygon>106.2,29.4 106.3,29.4 106.3,29.5 106.2,29.4</polygon>' }), /polygon/],
    ['circle', alert({ area: '<circle>29.4,106.2</circle>' }), /circle/],
    ['ceiling alone', alert({ area: '<ceiling>10</ceiling>' }), /altitude/],
    ['update without references', alert({ type: 'Update' }), /引用/],
    ['bad reference', ok.replace('<info>', '<references>a,b</references><info>'), /引用/],
    ['private without addresses', alert({ scope: 'Private' }), /addresses/],
    ['far future', alert({ sent: 60 * 24 * 3 }), /晚于/],
    ['doctype', ok.replace('<alert', '<!DOCTYPE alert SYSTEM "file:///etc/passwd"><alert'), /DOCTYPE/],
    ['bomb', ok.replace('<alert', '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><alert').replace('暴雨</event>', '&b;</event>'), /DOCTYPE/],
    ['entity', ok.replace('暴雨</event>', '&xxe;</event>'), /XML/],
    ['not closed', ok.slice(0, -8), /XML/],
    ['deep', `<?xml version="1.0"?>${'<a>'.repeat(40)}${'</a>'.repeat(40)}`, /嵌套/],
    ['empty', '', /./],
    ['html', '<html><body>hi</body></html>', /alert/],
  ];
  for (const [what, xml, expected] of cases) {
    const r = await send(xml);
    assert.ok(r.statusCode >= 400 && r.statusCode < 500, `${what}: ${r.statusCode} ${r.body.slice(0, 200)}`);
    assert.match(r.body, expected, what);
  }
  const bytes: Buffer[] = [
    Buffer.from([0xff, 0xfe, 0x00]),
    Buffer.from('<alert>\xff\xfe</alert>', 'latin1'),
    Buffer.from(ok.replace('暴雨</event>', '\u0000</event>')),
    Buffer.alloc(2 * 1024 * 1024, 0x20),
  ];
  for (const b of bytes) assert.ok((await send(b)).statusCode < 500);
  assert.equal((await hub.sql`select 1 from cap_messages`).length, 0);
  assert.equal((await hub.sql`select 1 from warnings`).length, 0);
});

test('F-29 a message with any byte changed is taken or refused, never a crash', () => {
  const whole = Buffer.from(alert({ colour: 'Red' }));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 }), (edits) => {
      const b = Buffer.from(whole);
      for (const [i, v] of edits) b[i] = v;
      try {
        parseCap(b);
      } catch (error) {
        assert.equal((error as { status?: number }).status, 400, String(error));
      }
    }),
    { numRuns: 400 },
  );
});

test('what we write we read back: our own messages are valid by the strict reading', () => {
  const xml = capXml({
    identifier: 'a1',
    sender: 's',
    sent: new Date(T0),
    nature: 'internal',
    realm: 'live',
    msgType: 'Update',
    references: [{ sender: 's', identifier: 'a0', sent: new Date(T0 - 60_000) }],
    category: 'Infra',
    event: '压力低',
    level: 2,
    headline: 'h & <x>',
    description: 'd',
    instruction: 'i',
    senderName: 'n',
    onset: new Date(T0),
    expires: new Date(T0 + 60_000),
    certainty: 'Observed',
    area: {
      desc: '某处',
      circle: { lat: 29.4, lon: 106.3, km: 0.2 },
      polygon: [
        [29, 106],
        [29, 107],
        [30, 107],
      ],
    },
  });
  const { message, faults } = readCap(readXml(xml));
  assert.deepEqual(faults, []);
  assert.equal(message.infos[0]!.headline, 'h & <x>');
  assert.deepEqual(levelOf(message.infos[0]!), { level: 2, from: 'colour' });
  assert.equal(capInstant('2026-07-01T08:00:00-00:00')!.getTime(), Date.parse('2026-07-01T08:00:00Z'));
});

test('older encodings are read; the national profile may say the colour as severity (CAP-10, CAP-12)', () => {
  const xml = alert({ id: '50000041600000_20260701080000_1', severity: 'Orange' });
  assert.equal(levelOf(parseCap(Buffer.from(xml)).message.infos[0]!).level, 2);
  const ascii = alert({ headline: 'x' })
    .replace(/[^\x00-\x7f]+/g, 'x')
    .replace('UTF-8', 'GB2312');
  const gb = Buffer.concat([
    Buffer.from(ascii.replace('<headline>x', '<headline>').split('<headline>')[0]! + '<headline>'),
    Buffer.from([0xb1, 0xa9, 0xd3, 0xea]),
    Buffer.from(ascii.split('<headline>x')[1]!),
  ]);
  assert.equal(parseCap(gb).message.infos[0]!.headline, '暴雨');
});
