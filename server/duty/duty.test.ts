// Duty through HTTP: roster rules, a log that only grows, the handover that writes itself and changes hands between two people.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { gaps, shiftFaults } from '#core/duty/roster.ts';
import { act, openCase, read } from '../cases/service.ts';
import { firstStart } from '../first-start.ts';
import { compose } from '../main.ts';
import { putOverlay } from '../packs/service.ts';
import { actorFor } from '../people/service.ts';
import { history } from '../platform/facts.ts';
import { setClock, testHub } from '../platform/testing.ts';
import { verify } from '../platform/audit.ts';

const CLOCK = '2026-03-02T08:00:00+08:00';

async function centre(t: Parameters<typeof testHub>[0]) {
  const hub = await testHub(t, { clock: CLOCK });
  await firstStart(hub, () => {});
  const { app } = await compose(hub);
  t.after(() => app.close());
  let keys = 0;
  const signIn = async (login: string) => {
    const r = await app.inject({ method: 'POST', url: '/api/session', payload: { login, password: 'Yuxi-2026-demo' } });
    assert.equal(r.statusCode, 200, r.body);
    const headers = { cookie: (r.headers['set-cookie'] as string).split(';')[0]!, 'x-csrf-token': (r.json() as { csrf: string }).csrf };
    return async (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object, more: Record<string, string> = {}) => {
      const reply = await app.inject({
        method,
        url,
        headers: { ...headers, ...(method === 'POST' ? { 'idempotency-key': `k${++keys}` } : {}), ...more },
        ...(payload ? { payload } : {}),
      });
      // eslint-disable-next-line typescript/no-explicit-any
      return { status: reply.statusCode, body: (reply.body ? reply.json() : undefined) as any, text: reply.body };
    };
  };
  const account = async (login: string) => (await actorFor(hub.sql, login)).account!;
  return { hub, signIn, account };
}

test('the roster: two officers and a leader, no overlap, gaps are named, only who plans may plan', async (t) => {
  const { signIn, account } = await centre(t);
  const lead = await signIn('zhibanzhang');
  const officer = await signIn('zhiban1');
  const [a, b, leader] = await Promise.all([account('zhiban1'), account('zhiban2'), account('daiban')]);
  const day = { unit: 'demo.center', startsAt: '2026-03-02T09:00:00+08:00', endsAt: '2026-03-02T18:00:00+08:00', leader, officers: [a, b] };
  assert.equal((await officer('POST', '/api/duty/shifts', day)).status, 403);
  assert.match((await lead('POST', '/api/duty/shifts', { ...day, officers: [a] })).text, /双人双岗/);
  assert.match((await lead('POST', '/api/duty/shifts', { ...day, officers: [a, leader] })).text, /不能兼/);
  assert.equal((await lead('POST', '/api/duty/shifts', { ...day, startsAt: '2026-03-01T09:00:00+08:00', endsAt: '2026-03-01T18:00:00+08:00' })).status, 400);
  assert.equal((await lead('POST', '/api/duty/shifts', day)).status, 201);
  assert.equal((await lead('POST', '/api/duty/shifts', { ...day, startsAt: '2026-03-02T17:00:00+08:00', endsAt: '2026-03-02T23:00:00+08:00' })).status, 409);
  const night = await lead('POST', '/api/duty/shifts', { ...day, startsAt: '2026-03-02T19:00:00+08:00', endsAt: '2026-03-03T09:00:00+08:00' });
  assert.equal(night.status, 201);
  const now = await officer('GET', '/api/duty/now');
  assert.deepEqual(now.body.current, []);
  assert.deepEqual(
    now.body.next.map((s: { officers: { name: string }[] }) => s.officers.map((o) => o.name)),
    [
      ['值班员一', '值班员二'],
      ['值班员一', '值班员二'],
    ],
  );
  assert.equal(now.body.faults.length, 2, now.body.faults.join());
  assert.match(now.body.faults[1], /2026-03-02 18:00 至 2026-03-02 19:00 无人值班/);
  assert.equal((await lead('DELETE', `/api/duty/shifts/${night.body.id}`, undefined, { 'if-match': '"v1"' })).status, 204);
  assert.equal((await officer('GET', '/api/duty/shifts?from=2026-03-02T00:00:00%2B08:00&to=2026-03-04T00:00:00%2B08:00')).body.items.length, 1);
});

test('the log only grows: a correction stands beside what it puts right, and the database refuses to rewrite', async (t) => {
  const { hub, signIn } = await centre(t);
  const officer = await signIn('zhiban1');
  const first = await officer('POST', '/api/duty/log', { kind: 'call_in', text: '居民来电：示意路积水，约 20 厘米' });
  assert.equal(first.status, 201, first.text);
  assert.equal((await officer('POST', '/api/duty/log', { kind: 'note', text: '以后的事', happenedAt: '2026-03-02T10:00:00+08:00' })).status, 400);
  const fixed = await officer('POST', '/api/duty/log', { kind: 'call_in', text: '更正：约 30 厘米', corrects: first.body.id });
  assert.equal(fixed.status, 201, fixed.text);
  assert.equal((await officer('POST', '/api/duty/log', { kind: 'note', text: '再更正', corrects: first.body.id })).status, 409);
  const log = (await officer('GET', '/api/duty/log')).body.items as { id: string; correctedBy: string | null; by: string }[];
  assert.deepEqual(
    log.map((e) => [e.id, e.correctedBy, e.by]),
    [
      [fixed.body.id, null, '值班员一'],
      [first.body.id, fixed.body.id, '值班员一'],
    ],
  );
  await assert.rejects(hub.sql`update duty_entries set text = 'x'`, /只增不改/);
  await assert.rejects(hub.sql`delete from duty_entries`, /只增不改/);
  const [fact] = await history(hub.sql, `duty-entry:${first.body.id}`);
  assert.equal(JSON.stringify(fact!.data).includes('积水'), false, 'the text is not in the chain');
  const gas = await signIn('gas');
  assert.deepEqual((await gas('GET', '/api/duty/log')).body.items, [], 'another unit does not read it');
  assert.equal((await gas('POST', '/api/duty/log', { kind: 'note', text: '记' })).status, 403);
});

test('a handover tells the shift from its facts, stays as it was given, and is taken by somebody else; the next begins where it ended', async (t) => {
  const { hub, signIn } = await centre(t);
  const one = await signIn('zhiban1');
  const two = await signIn('zhiban2');
  const duty = { actor: await actorFor(hub.sql, 'zhiban1'), realm: 'live' };
  const place = { lon: 106.3, lat: 29.43, address: '示意路 1 号' };
  const report = (title: string) => hub.command(duty, (work) => openCase(work, { flow: 'incident', title, description: '', source: 'manual', set: { place } }));
  const [a, b] = [await report('示意路积水'), await report('误报')];
  const { state } = (await read(hub.sql, b.id))!;
  await hub.command(duty, (work) => act(work, b.id, null, { kind: 'decide', task: state.tasks[0]!.id, outcome: 'dismiss', reason: '误报' }));
  await hub.command(duty, (work) => act(work, a.id, null, { kind: 'supervise', text: '请尽快到场' }));
  await one('POST', '/api/duty/log', { kind: 'order', text: '通知城管到场', caseId: a.id });
  await setClock(hub, '2026-03-02T12:00:00+08:00', 0);
  const preview = (await one('GET', '/api/duty/handovers/preview')).body;
  assert.deepEqual([preview.counts.opened, preview.counts.dismissed, preview.counts.supervised, preview.counts.undone, preview.counts.entries], [2, 1, 1, 1, 1]);
  assert.deepEqual(
    preview.undone.map((c: { no: string; overdue: boolean }) => [c.no, c.overdue]),
    [[a.no, true]],
  );
  assert.deepEqual(
    preview.done.map((d: { no: string; how: string }) => [d.no, d.how]),
    [[b.no, '不予受理']],
  );
  assert.match(JSON.stringify(preview.important), /请尽快到场/);
  const given = await one('POST', '/api/duty/handovers', { remarks: '雨未停' });
  assert.equal(given.status, 201, given.text);
  assert.equal((await two('POST', '/api/duty/handovers', {})).status, 409, 'one handover waits at a time');
  const url = `/api/duty/handovers/${given.body.id}`;
  assert.equal((await one('POST', `${url}/accept`, {}, { 'if-match': '"v1"' })).status, 409, 'not by who gave it');
  await report('交班之后的事');
  const taken = await two('POST', `${url}/accept`, { remarks: '已接' }, { 'if-match': '"v1"' });
  assert.equal(taken.status, 200, taken.text);
  const kept = (await two('GET', url)).body;
  assert.deepEqual([kept.status, kept.givenBy, kept.takenBy, kept.sheet.counts.opened], ['accepted', '值班员一', '值班员二', 2]);
  await setClock(hub, '2026-03-02T13:00:00+08:00', 0);
  const next = (await two('GET', '/api/duty/handovers/preview')).body;
  assert.equal(next.from, kept.sheet.to, 'nothing falls between two handovers');
  const admin = await signIn('xitong');
  assert.equal((await admin('GET', url)).status, 403);
  assert.equal((await verify(hub)).good, true);
});

test('the calendar of the packs decides deadlines: a site day off moves the due time of what comes after, not of what is set', async (t) => {
  const { hub, signIn } = await centre(t);
  const one = await signIn('zhiban1');
  const ask = async () => (await one('GET', '/api/duty/deadline?from=2026-03-02T10:00:00%2B08:00&clock=work_day&amount=2')).body.due;
  assert.equal(await ask(), '2026-03-04T18:00:00+08:00');
  const report = () => hub.command(hub.system('test'), (work) => openCase(work, { flow: 'letter', title: '来信', description: '', source: 'letter', form: { channel: 'web' } }));
  const before = await report();
  await hub.command(hub.system('test'), (work) =>
    putOverlay(
      work,
      'calendars',
      'site',
      "code: site\nname: { zh: 本区, en: Site }\nsourceRef: 本区通知\ndays:\n  - { date: '2026-03-03', work: false, name: 本区放假, sourceRef: 本区通知 }\n",
    ),
  );
  assert.equal(await ask(), '2026-03-05T18:00:00+08:00');
  const after = await report();
  const due = async (id: string) => (await read(hub.sql, id))!.state.tasks[0]!.limits[0]!;
  assert.equal((await due(before.id)).due, new Date('2026-03-03T18:00:00+08:00').toISOString());
  assert.equal((await due(after.id)).due, new Date('2026-03-04T18:00:00+08:00').toISOString());
  assert.match((await due(after.id)).explanation.join(), /本区放假/);
  const days = (await one('GET', '/api/duty/calendar?from=2026-02-14&to=2026-02-16')).body.days as { work: boolean }[];
  assert.deepEqual(
    days.map((d) => d.work),
    [true, false, false],
    'the make-up day of 2026',
  );
  assert.equal((await one('GET', '/api/duty/deadline?from=2026-03-02T10:00:00%2B08:00&clock=work_day&amount=1.5')).status, 400);
});

test('property: gaps and shifts together cover a span exactly', () => {
  const H = 3_600_000;
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(100), fc.integer({ min: 1, max: 24 })), { maxLength: 12 }), (list) => {
      const shifts = list.map(([from, hours]) => ({ startsAt: new Date(from * H), endsAt: new Date((from + hours) * H) }));
      const free = Array.from({ length: 100 }, (_, h) => !shifts.some((s) => s.startsAt.getTime() <= h * H && s.endsAt.getTime() > h * H));
      const stretches = free.filter((f, h) => f && !(h > 0 && free[h - 1])).length;
      assert.equal(gaps(shifts, new Date(0), new Date(100 * H)).length, stretches);
    }),
  );
  assert.deepEqual(shiftFaults({ startsAt: new Date(0), endsAt: new Date(25 * H), leader: 'l', officers: ['a', 'a'] }).length, 3);
});
