// Reviews on a real lifecycle: proposed by rule, written, finished into cases of the units, done when those are checked; shown and printed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Output } from '#core/contract.ts';
import type { reviewApi } from '#core/review/contract.ts';
import { open } from '#core/cases/state.ts';
import { catchUp, centre } from '../../test/centre.ts';
import { history } from '../platform/facts.ts';
import { HEARD } from './follow.ts';
import { followCases } from './service.ts';

type Detail = Output<typeof reviewApi.read>;
type List = Output<typeof reviewApi.list>;
const follow = (c: Awaited<ReturnType<typeof centre>>) => catchUp(c.hub, 'review', { kinds: HEARD, handle: followCases });

test('from a closed level II case to improvements that are really done', async (t) => {
  const c = await centre(t, '2026-03-02T09:00:00+08:00');
  const id = await c.burst();
  const lead = (await c.stateOf(id)).tasks.find((x) => x.lead && x.step === 'handle')!;
  await c.clock('2026-03-02T09:40:00+08:00');
  await c.handleAll(id);
  await c.inspectAndClose(id);
  await follow(c);
  await follow(c);
  const shift = await c.signIn('zhibanzhang');
  const list = (await shift.get('/api/reviews')).json() as List;
  assert.deepEqual(
    list.items.map((r) => [r.caseId, r.status, r.triggers.map((x) => x.kind)]),
    [[id, 'proposed', ['level']]],
    'one proposal, however often the follower looks',
  );
  const review = list.items[0]!.id;
  const read = async (): Promise<Detail> => (await shift.get(`/api/reviews/${review}`)).json() as Detail;
  let d = await read();
  assert.ok(
    d.breaches.some((b) => b.task === lead.id && b.limit === '签收' && b.minutes === 25),
    JSON.stringify(d.breaches),
  );
  assert.ok(d.decisions.some((x) => x.outcome.zh === '派遣') && d.decisions.some((x) => x.outcome.zh === '核查通过'));
  assert.deepEqual(
    d.timeline.map((e) => e.at),
    d.timeline.map((e) => e.at).toSorted(),
    'in order of time',
  );

  const body = (more: object = {}) => ({
    summary: '巡线发现晚，到场后处置顺利。',
    worked: '一键派出四个单位',
    failed: '签收慢',
    causes: [{ kind: 'dispatch', text: '夜间联络员未收到提醒' }],
    improvements: [
      { text: '压力阈值由 0.12 调到 0.15', unit: 'demo.center', dueOn: '2026-03-10', changes: 'threshold' },
      { text: '供水公司夜间值守培训', unit: 'demo.waterworks', dueOn: '2026-03-20', changes: 'training' },
    ],
    ...more,
  });
  assert.equal((await shift.send('POST', `/api/reviews/${review}/finish`, undefined, 1)).statusCode, 409, 'a proposal is not finished unwritten');
  assert.equal(
    (await shift.send('PUT', `/api/reviews/${review}`, body({ improvements: [{ text: 'x', unit: 'demo.center', dueOn: '2026-03-01', changes: 'plan' }] }), 1)).statusCode,
    400,
    'due in the past',
  );
  const officer = await c.signIn('zhiban1');
  assert.equal((await officer.send('PUT', `/api/reviews/${review}`, body(), 1)).statusCode, 403);
  const saved = await shift.send('PUT', `/api/reviews/${review}`, body(), 1);
  assert.equal(saved.statusCode, 200, saved.body);
  assert.equal((await shift.send('PUT', `/api/reviews/${review}`, body(), 1)).statusCode, 412);
  assert.equal((await shift.send('PUT', `/api/reviews/${review}`, body(), 2)).statusCode, 200, 'writing again replaces what is only planned');
  const finished = await shift.send('POST', `/api/reviews/${review}/finish`, undefined, 3);
  assert.equal(finished.statusCode, 200, finished.body);
  d = await read();
  assert.deepEqual([d.status, d.frozen, d.improvements.map((i) => i.status), d.closedLoop], ['final', true, ['open', 'open'], false]);
  assert.equal((await shift.send('PUT', `/api/reviews/${review}`, body(), 4)).statusCode, 409);

  // The units carry their improvement out like any case; it is checked by somebody else.
  const [threshold, training] = d.improvements;
  const carry = async (caseId: string, login: string, change: string) => {
    const task = (await c.stateOf(caseId)).tasks.find((x) => x.step === 'carry' && open(x))!;
    await c.as(login, caseId, { kind: 'accept', task: task.id });
    await c.as(login, caseId, { kind: 'submit', task: task.id, form: { change } });
  };
  await carry(training!.caseId!, 'waterworks-b', '3 月 5 日完成培训 12 人次');
  const check = async (caseId: string, login: string) => c.as(login, caseId, { kind: 'decide', task: c.taskOf(await c.stateOf(caseId), 'check'), outcome: 'pass' });
  await check(training!.caseId!, 'ducha');
  await carry(threshold!.caseId!, 'zhibanzhang', '预警规则阈值改为 0.15');
  await assert.rejects(check(threshold!.caseId!, 'ducha'), /承办单位不能/, 'the centre does not check its own improvement');
  // The day it is due passes: reminded once.
  await c.clock('2026-03-10T18:00:30+08:00');
  for (let i = 0; i < 3; i++) await c.system.timers.fireDue(c.hub);
  const facts = await history(c.hub.sql, `case:${threshold!.caseId}`);
  assert.equal(facts.filter((f) => f.kind === 'case.reminded').length, 1);
  assert.equal((await history(c.hub.sql, `review:${review}`)).filter((f) => f.kind === 'review.improvement-overdue').length, 1);
  await check(threshold!.caseId!, 'zongzhihui');
  await follow(c);
  d = await read();
  assert.deepEqual(
    d.improvements.map((i) => [i.status, i.changed, i.packBefore === i.packAfter]),
    [
      ['done', '预警规则阈值改为 0.15', true],
      ['done', '3 月 5 日完成培训 12 人次', true],
    ],
    'and that no content changed is plain to see',
  );
  assert.equal(d.closedLoop, true);
  await c.clock('2026-03-21T00:00:00+08:00');
  await c.system.timers.fireDue(c.hub);
  assert.equal(
    (await history(c.hub.sql, `case:${training!.caseId}`)).some((f) => f.kind === 'case.reminded'),
    false,
    'what is done is not reminded',
  );

  const page = await shift.get(`/api/reviews/${review}/print`);
  assert.match(String(page.headers['content-type']), /text\/html/);
  for (const words of ['演示数据', '夜间联络员未收到提醒', '压力阈值由 0.12 调到 0.15', '事实时间线', '签收']) assert.ok(page.body.includes(words), words);
});

test('asked for, declined, taken up again; nothing executable gets into the page; a review is seen by who sees the case', async (t) => {
  const c = await centre(t, '2026-03-02T09:00:00+08:00');
  const id = await c.burst(4);
  const shift = await c.signIn('zhibanzhang');
  const ask = (reason = '想看看派遣顺序') => shift.send('POST', '/api/reviews', { caseId: id, reason });
  assert.equal((await ask()).statusCode, 409, 'not before the case has ended');
  await c.handleAll(id);
  await c.inspectAndClose(id);
  await follow(c);
  assert.deepEqual(((await shift.get('/api/reviews')).json() as List).items, [], 'an ordinary case is not proposed');
  const made = await ask('<script>alert(1)</script>');
  assert.equal(made.statusCode, 201, made.body);
  assert.equal((await ask()).statusCode, 409);
  const { id: review } = made.json() as { id: string };
  const page = (await shift.get(`/api/reviews/${review}/print`)).body;
  assert.equal(page.includes('<script'), false);
  assert.ok(page.includes('&#60;script&#62;'));
  assert.equal((await shift.send('POST', `/api/reviews/${review}/decline`, { reason: '无新经验' }, 1)).statusCode, 200);
  assert.equal((await ask('还是要看')).statusCode, 201);
  assert.equal((await shift.send('POST', `/api/reviews/${review}/finish`, undefined, 3)).statusCode, 400, 'no summary, no cause');
  assert.equal((await (await c.signIn('waterworks')).get(`/api/reviews/${review}`)).statusCode, 200, 'who took part may learn');
  assert.equal((await (await c.signIn('gas')).get(`/api/reviews/${review}`)).statusCode, 404);
  assert.equal((await (await c.signIn('xitong')).get(`/api/reviews/${review}`)).statusCode, 403);
});
