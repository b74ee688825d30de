// Cases through the service and over HTTP: the whole lifecycle, fan-out, returns, deadlines, rights, races; the row is the fold of its facts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from '#core/cases/kernel.ts';
import { type Case, fold, open } from '#core/cases/state.ts';
import { loadPacks } from '#core/packs/load.ts';
import { firstStart } from '../first-start.ts';
import { compose } from '../main.ts';
import { readPacks } from '../packs/service.ts';
import { actorFor } from '../people/service.ts';
import { history } from '../platform/facts.ts';
import type { Hub } from '../platform/hub.ts';
import { setClock, testHub } from '../platform/testing.ts';
import { Timers } from '../platform/timers.ts';
import { act, onTimer, openCase, openFromWarning, read } from './service.ts';

const CLOCK = '2026-03-02T09:00:00+08:00';
const place = { lon: 106.3, lat: 29.43, address: '示意路 1 号' };

async function centre(t: Parameters<typeof testHub>[0], clock = CLOCK) {
  const hub = await testHub(t, { clock });
  await firstStart(hub, () => {});
  const as = async (login: string, command: Command, id: string) => {
    const actor = await actorFor(hub.sql, login);
    const { state } = (await read(hub.sql, id))!;
    return hub.command({ actor, realm: 'live' }, (work) => act(work, id, state.version, command));
  };
  const report = async (login: string, input: Partial<Parameters<typeof openCase>[1]> = {}) => {
    const actor = await actorFor(hub.sql, login);
    return hub.command({ actor, realm: 'live' }, (work) => openCase(work, { flow: 'incident', title: '测试事件', description: '', source: 'manual', ...input }));
  };
  const task = (s: Case, step: string, unit?: string) => {
    const found = s.tasks.find((x) => x.step === step && open(x) && (!unit || x.unit === `demo.${unit}`));
    assert.ok(found, `an open task at ${step}`);
    return found.id;
  };
  return { hub, as, report, task };
}

async function mirrors(hub: Hub, id: string): Promise<void> {
  const facts = await history(hub.sql, `case:${id}`);
  const row = (await read(hub.sql, id))!.state;
  assert.deepEqual(JSON.parse(JSON.stringify(fold(facts))), row, 'the row is the fold of its facts');
  const [version] = await hub.sql<{ version: number }[]>`select version from cases where id = ${id}`;
  assert.equal(version!.version, facts.length, 'I6: version = count of facts');
}

test('the incident flow from report to evaluation, with a return, an extension and a rework', async (t) => {
  const { hub, as, report, task } = await centre(t);
  const { id } = await report('t01-g01', { set: { place } });
  let s = (await read(hub.sql, id))!.state;
  assert.equal(s.place?.unit, 'demo.t01.g03', 'the point decides the grid');
  s = (await as('zhiban1', { kind: 'decide', task: task(s, 'intake'), outcome: 'accept' }, id)).state;
  await assert.rejects(as('zhiban1', { kind: 'decide', task: task(s, 'filing'), outcome: 'file' }, id), /还缺少：事项、立案条件、等级/);
  s = (await as('zhiban1', { kind: 'decide', task: task(s, 'filing'), outcome: 'file', set: { matter: 'water-main', condition: 'burst', level: 2, scenario: 'pipe-burst' } }, id))
    .state;
  s = (await as('paiqian', { kind: 'decide', task: task(s, 'dispatch'), outcome: 'dispatch' }, id)).state;
  const units = s.tasks
    .filter((x) => x.step === 'handle')
    .map((x) => x.unit)
    .sort();
  assert.deepEqual(units, ['demo.t01.g03', 'demo.traffic', 'demo.urban', 'demo.waterworks'], 'the scenario calls four units at once');
  const lead = s.tasks.find((x) => x.unit === 'demo.waterworks')!;
  assert.equal(lead.lead, true);
  assert.deepEqual(
    lead.limits.map((l) => [l.kind, (Date.parse(l.due) - Date.parse(l.from)) / 60_000]),
    [
      ['ack', 15],
      ['stage-1', 60],
      ['step', 480],
    ],
  );
  assert.equal(Date.parse(lead.limits[2]!.due) - Date.parse(lead.limits[2]!.from), 8 * 3_600_000, 'chained limits: stop the leak in 1 h, repair in 8 h');
  // Another unit cannot act on it, nor even see what is not its own business.
  await assert.rejects(as('gas', { kind: 'accept', task: lead.id }, id), /没有这个事件/);
  await assert.rejects(as('traffic', { kind: 'accept', task: lead.id }, id), /需要权限/);
  s = (await as('waterworks-b', { kind: 'accept', task: lead.id }, id)).state;
  assert.ok(s.tasks.find((x) => x.id === lead.id)!.limits[0]!.metAt);
  s = (await as('waterworks-b', { kind: 'stage', task: lead.id, stage: 'stage-1' }, id)).state;
  // Traffic says it is not theirs: back to dispatch, reason and suggestion mandatory.
  await assert.rejects(as('traffic', { kind: 'return', task: task(s, 'handle', 'traffic'), reason: ' ', suggested: '公安' }, id), /退回理由/);
  s = (await as('traffic', { kind: 'return', task: task(s, 'handle', 'traffic'), reason: '不占用机动车道', suggested: '公安分局' }, id)).state;
  s = (await as('paiqian', { kind: 'decide', task: task(s, 'dispatch'), outcome: 'dispatch', assign: [{ unit: 'demo.police', title: '现场秩序' }] }, id)).state;
  s = (await as('police', { kind: 'return', task: task(s, 'handle', 'police'), reason: '无治安因素', suggested: '街道' }, id)).state;
  assert.equal(s.arbitration, true, 'a second return asks for arbitration');
  s = (await as('paiqian', { kind: 'decide', task: task(s, 'dispatch'), outcome: 'dispatch', assign: [{ unit: 'demo.t01', title: '现场秩序' }] }, id)).state;
  // Extension: handler asks, unit lead endorses, dispatcher grants; at most twice.
  for (const n of [1, 2]) {
    s = (await as('waterworks-b', { kind: 'askExtension', task: lead.id, reason: '管径大' }, id)).state;
    await assert.rejects(as('paiqian', { kind: 'grantExtension', task: lead.id }, id), /先经部门负责人同意/);
    s = (await as('waterworks', { kind: 'endorseExtension', task: lead.id }, id)).state;
    s = (await as('paiqian', { kind: 'grantExtension', task: lead.id }, id)).state;
    const l = s.tasks.find((x) => x.id === lead.id)!.limits.find((x) => x.kind === 'step')!;
    assert.equal(Date.parse(l.due) - Date.parse(l.first), n * 8 * 3_600_000);
  }
  await assert.rejects(as('waterworks-b', { kind: 'askExtension', task: lead.id, reason: '再延' }, id), /最多 2 次/);
  const finish = async (login: string, boss: string, unit: string) => {
    if (unit !== 'waterworks') await as(login, { kind: 'accept', task: task(s, 'handle', unit) }, id);
    await assert.rejects(as(login, { kind: 'submit', task: task(s, 'handle', unit), form: {} }, id), /必填/);
    s = (await as(login, { kind: 'submit', task: task(s, 'handle', unit), form: { result: '已处置' } }, id)).state;
    s = (await as(boss, { kind: 'confirm', task: task(s, 'handle', unit) }, id)).state;
  };
  await finish('waterworks-b', 'waterworks', 'waterworks');
  await finish('urban-b', 'urban', 'urban');
  await finish('t01', 't01', 't01');
  await finish('t01', 't01', 't01.g03');
  assert.deepEqual(
    s.tasks.filter(open).map((x) => x.step),
    ['inspect'],
    'all mandatory tasks done: inspection',
  );
  // A unit that handled may not inspect; intake may.
  await assert.rejects(as('t01', { kind: 'decide', task: task(s, 'inspect'), outcome: 'pass', form: { evidence: '好' } }, id), /不能核查/);
  await assert.rejects(as('shouli', { kind: 'decide', task: task(s, 'inspect'), outcome: 'fail' }, id), /理由/);
  s = (await as('shouli', { kind: 'decide', task: task(s, 'inspect'), outcome: 'fail', reason: '路面未恢复', tasks: [lead.id] }, id)).state;
  assert.equal(s.tasks.find((x) => x.id === lead.id)!.state, 'rework');
  s = (await as('waterworks-b', { kind: 'submit', task: lead.id, form: { result: '已恢复路面' } }, id)).state;
  s = (await as('waterworks', { kind: 'confirm', task: lead.id }, id)).state;
  s = (await as('shouli', { kind: 'decide', task: task(s, 'inspect'), outcome: 'pass', form: { evidence: '现场恢复' } }, id)).state;
  s = (await as('shouli', { kind: 'decide', task: task(s, 'closing'), outcome: 'close', form: { conditionMet: true } }, id)).state;
  assert.equal(s.status, 'closed');
  await as('shouli', { kind: 'evaluate', form: { satisfaction: 5 } }, id);
  await assert.rejects(as('shouli', { kind: 'evaluate', form: { satisfaction: 1 } }, id), /已经评价/);
  await mirrors(hub, id);
  const [waiting] = await hub.sql<{ n: number }[]>`select count(*)::int as n from timers where subject = ${`case:${id}`} and state = 'waiting'`;
  assert.equal(waiting!.n, 0, 'a closed case leaves no clock running');
});

test('the letter flow needs no code; nor does a third flow from a text', async (t) => {
  const { hub, as, report, task } = await centre(t);
  const letter = await report('xinfang', { flow: 'letter', title: '公交站太远', form: { channel: 'web', publishable: true, contact: '13800001234' } });
  const stored = (await read(hub.sql, letter.id))!;
  assert.equal(JSON.stringify(stored.state).includes('13800001234'), false, 'personal data is not in the facts');
  assert.equal(stored.personal!.contact, '13800001234');
  let s = stored.state;
  s = (await as('xinfang', { kind: 'decide', task: task(s, 'receive'), outcome: 'assign', assign: [{ unit: 'demo.traffic', title: '答复' }] }, letter.id)).state;
  s = (await as('traffic-b', { kind: 'accept', task: task(s, 'reply') }, letter.id)).state;
  s = (await as('traffic-b', { kind: 'submit', task: task(s, 'reply'), form: { reply: '将增设站点' } }, letter.id)).state;
  s = (await as('traffic', { kind: 'confirm', task: task(s, 'reply') }, letter.id)).state;
  s = (await as('xinfang', { kind: 'decide', task: task(s, 'review'), outcome: 'publish' }, letter.id)).state;
  assert.equal(s.status, 'closed');
  await mirrors(hub, letter.id);

  const files = await readPacks(['district', 'demo-center']);
  const third = `code: leave\nname: { zh: 用车审批, en: Car }\nprefix: YC\nstart: ask\nowner: office\nopen: { permission: case.report }\nsteps:\n  ask:\n    kind: decide\n    name: { zh: 审批, en: Approve }\n    permission: case.instruct\n    unit: office\n    outcomes:\n      - { code: yes, name: { zh: 同意, en: Yes }, end: closed }\n      - { code: no, name: { zh: 不同意, en: No }, end: dismissed, reason: true }\n`;
  assert.deepEqual(loadPacks([...files, { path: 'site/flows/leave.yaml', text: third }]).mistakes, []);
  await hub.sql`insert into pack_overlays (path, body, by, at) values ('site/flows/leave.yaml', ${third}, 'test', now())`;
  await firstStart(hub, () => {});
  const car = await report('urban', { flow: 'leave', title: '用车' });
  await as('lingdao', { kind: 'decide', task: task(car.state, 'ask'), outcome: 'yes' }, car.id);
  assert.equal((await read(hub.sql, car.id))!.state.status, 'closed');
});

test('a warning with a scenario fans out within its own transaction', async (t) => {
  const { hub } = await centre(t);
  const made = await hub.command(hub.system('rules'), (work) =>
    openFromWarning(work, { warningId: '018f0000-0000-7000-8000-000000000001', title: '爆管', description: '', level: 1, scenario: 'pipe-burst', place: { ...place } }),
  );
  const { state } = (await read(hub.sql, made.id))!;
  assert.equal(state.tasks.filter((x) => x.step === 'handle' && x.state === 'offered').length, 4);
  assert.match(state.no, /^BGCZ20260302090\d{3}\d{6}$/);
  await mirrors(hub, made.id);
});

test('F-20 limits fire once each: near, passed, escalated; a finished task fires nothing', async (t) => {
  const { hub, as, report, task } = await centre(t);
  const { id } = await report('zhiban1', { set: { place } });
  const timers = [new Timers(), new Timers(), new Timers()];
  for (const x of timers) x.on('case.', (work, timer) => onTimer(work, timer.kind, timer.subject, timer.generation, timer.data as { task: string }));
  const kinds = async () => (await history(hub.sql, `case:${id}`)).map((f) => f.kind).filter((k) => k.startsWith('case.limit'));
  await setClock(hub, '2026-03-02T09:25:00+08:00', 0);
  await Promise.all(timers.map((x) => x.fireDue(hub)));
  assert.deepEqual(await kinds(), ['case.limit-near']);
  await setClock(hub, '2026-04-20T09:00:00+08:00', 0);
  await Promise.all(timers.map((x) => x.fireDue(hub)));
  await Promise.all(timers.map((x) => x.fireDue(hub)));
  assert.deepEqual(await kinds(), ['case.limit-near', 'case.limit-passed', 'case.limit-escalated']);
  const s = (await read(hub.sql, id))!.state;
  await as('zhiban1', { kind: 'decide', task: task(s, 'intake'), outcome: 'dismiss', reason: '误报' }, id);
  await setClock(hub, '2026-06-20T09:00:00+08:00', 0);
  await Promise.all(timers.map((x) => x.fireDue(hub)));
  assert.equal((await kinds()).length, 3);
  await mirrors(hub, id);
});

test('a deferral pauses the clock, resumes by itself, once', async (t) => {
  const { hub, as, report, task } = await centre(t);
  const { id } = await report('zhiban1', { set: { place, matter: 'road-damage', condition: 'broken', level: 4 } });
  let s = (await read(hub.sql, id))!.state;
  for (const [step, outcome] of [
    ['intake', 'accept'],
    ['filing', 'file'],
    ['dispatch', 'dispatch'],
  ] as const)
    s = (await as('zhibanzhang', { kind: 'decide', task: task(s, step), outcome }, id)).state;
  const handle = task(s, 'handle');
  await as('urban-b', { kind: 'accept', task: handle }, id);
  await as('urban-b', { kind: 'askDeferral', task: handle, reason: '雨季后施工', until: '2026-05-20T09:00:00+08:00' }, id);
  s = (await as('paiqian', { kind: 'grantDeferral', task: handle }, id)).state;
  assert.equal(s.tasks.find((x) => x.id === handle)!.state, 'paused');
  const timers = new Timers();
  timers.on('case.', (work, timer) => onTimer(work, timer.kind, timer.subject, timer.generation, timer.data as { task: string }));
  await setClock(hub, '2026-05-19T09:00:00+08:00', 0);
  await timers.fireDue(hub);
  assert.equal((await history(hub.sql, `case:${id}`)).filter((f) => f.kind.startsWith('case.limit')).length, 0, 'suspended limits do not fire');
  await setClock(hub, '2026-05-20T09:00:00+08:00', 0);
  await timers.fireDue(hub);
  s = (await read(hub.sql, id))!.state;
  assert.equal(s.tasks.find((x) => x.id === handle)!.state, 'working');
  await assert.rejects(as('urban-b', { kind: 'askDeferral', task: handle, reason: '再挂', until: '2026-09-20T09:00:00+08:00' }, id), /只能一次/);
  await mirrors(hub, id);
});

test('F-21 fifty clients with one If-Match: one succeeds, the rest get 412; idempotent retries replay', async (t) => {
  const { hub, report, task } = await centre(t);
  const { app } = await compose(hub);
  t.after(() => app.close());
  const signIn = async (login: string) => {
    const r = await app.inject({ method: 'POST', url: '/api/session', payload: { login, password: 'Yuxi-2026-demo' } });
    assert.equal(r.statusCode, 200, r.body);
    return { cookie: r.headers['set-cookie'] as string, csrf: (r.json() as { csrf: string }).csrf };
  };
  const officer = await signIn('zhiban1');
  const { id, state } = await report('zhiban1', { set: { place } });
  const send = (key: string) =>
    app.inject({
      method: 'POST',
      url: `/api/cases/${id}/commands`,
      headers: { cookie: officer.cookie.split(';')[0]!, 'x-csrf-token': officer.csrf, 'if-match': `"v${state.version}"`, 'idempotency-key': key },
      payload: { kind: 'decide', task: task(state, 'intake'), outcome: 'accept' },
    });
  const all = await Promise.all(Array.from({ length: 50 }, (_, i) => send(`key-${i}`)));
  const good = all.filter((r) => r.statusCode === 200);
  assert.equal(good.length, 1);
  assert.ok(
    all.every((r) => [200, 412].includes(r.statusCode)),
    [...new Set(all.map((r) => r.statusCode))].join(),
  );
  const again = await send(`key-${all.indexOf(good[0]!)}`);
  assert.equal(again.statusCode, 200);
  assert.equal(again.headers['idempotency-replayed'], 'true');
  assert.deepEqual(again.json(), good[0]!.json());
  const other = await app.inject({
    method: 'POST',
    url: `/api/cases/${id}/commands`,
    headers: { cookie: officer.cookie.split(';')[0]!, 'x-csrf-token': officer.csrf, 'if-match': `"v${state.version}"`, 'idempotency-key': `key-${all.indexOf(good[0]!)}` },
    payload: { kind: 'comment', text: 'x' },
  });
  assert.equal(other.statusCode, 422, 'the same key with another payload');
  const missing = await app.inject({
    method: 'POST',
    url: `/api/cases/${id}/commands`,
    headers: { cookie: officer.cookie.split(';')[0]!, 'x-csrf-token': officer.csrf, 'idempotency-key': 'k' },
    payload: { kind: 'comment', text: 'x' },
  });
  assert.equal(missing.statusCode, 428);
  const nocsrf = await app.inject({
    method: 'POST',
    url: `/api/cases/${id}/commands`,
    headers: { cookie: officer.cookie.split(';')[0]!, 'if-match': '"v9"', 'idempotency-key': 'k' },
    payload: { kind: 'comment', text: 'x' },
  });
  assert.equal(nocsrf.statusCode, 403);
  await mirrors(hub, id);
  // Another unit's handler sees neither list entry nor detail; the administrator may not read cases at all.
  const gas = await signIn('gas');
  assert.equal((await app.inject({ url: `/api/cases/${id}`, headers: { cookie: gas.cookie.split(';')[0]! } })).statusCode, 404);
  assert.deepEqual(((await app.inject({ url: '/api/cases', headers: { cookie: gas.cookie.split(';')[0]! } })).json() as { items: unknown[] }).items, []);
  const admin = await signIn('xitong');
  assert.equal((await app.inject({ url: `/api/cases/${id}`, headers: { cookie: admin.cookie.split(';')[0]! } })).statusCode, 403);
  const detail = (await app.inject({ url: `/api/cases/${id}`, headers: { cookie: officer.cookie.split(';')[0]! } })).json() as { actions: unknown[]; timeline: unknown[] };
  assert.ok(detail.actions.length > 0 && detail.timeline.length > 0);
  const work = (await app.inject({ url: '/api/cases/work', headers: { cookie: officer.cookie.split(';')[0]! } })).json() as { items: { caseId: string }[] };
  assert.deepEqual(
    work.items.map((w) => w.caseId),
    [id],
  );
  const counts = await app.inject({ url: '/api/cases/counts', headers: { cookie: officer.cookie.split(';')[0]! } });
  assert.equal((counts.json() as { open: number }).open, 1, counts.body);
  const csv = await app.inject({ url: '/api/cases.csv', headers: { cookie: officer.cookie.split(';')[0]! } });
  assert.match(csv.body, /测试事件/);
  assert.equal((await app.inject({ url: '/openapi.json' })).statusCode, 200);
  assert.equal((await app.inject({ url: '/readyz' })).statusCode, 200);
});
