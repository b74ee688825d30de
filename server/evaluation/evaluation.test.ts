// Evaluation on a real lifecycle: rates of units with the shares behind them, surveys asked and answered once, targets that move with the facts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Output } from '#core/contract.ts';
import { evaluationApi } from '#core/evaluation/contract.ts';
import { evaluationRoutes } from './routes.ts';
import { caseMeasure, followCases, surveyValue } from './service.ts';
import { indicatorsOf } from '../indicators/service.ts';
import { catchUp, centre } from '../../test/centre.ts';

type Units = Output<typeof evaluationApi.units>;
type Targets = Output<typeof evaluationApi.targets>;
type OneTarget = Output<typeof evaluationApi.target>;
const MARCH = 'from=2026-03-01&to=2026-03-31';

test('every route has its handler', () => {
  assert.deepEqual(Object.keys(evaluationRoutes.handlers).sort(), Object.keys(evaluationApi).sort());
});

test('on-time and acknowledgement rates of units, with exactly the shares behind each count', async (t) => {
  const c = await centre(t, '2026-03-02T09:00:00+08:00');
  const id = await c.burst();
  const overseer = await c.signIn('ducha');
  const units = async (): Promise<Units> => {
    const r = await overseer.get(`/api/evaluation/units?${MARCH}`);
    assert.equal(r.statusCode, 200, r.body);
    return r.json() as Units;
  };
  const of = (u: Units, unit: string) => u.items.find((i) => i.unit === unit)!;
  let u = await units();
  assert.equal(u.items.length, 4, 'four units were called');
  assert.deepEqual(
    [of(u, 'demo.waterworks').counts.offered, of(u, 'demo.waterworks').rates.onTimeRate, of(u, 'demo.waterworks').rates.ackRate],
    [1, null, null],
    'nothing due yet: unknown, not zero',
  );
  // The waterworks acknowledges in time; the others only after their limit of 15 minutes.
  await c.as('waterworks-b', id, { kind: 'accept', task: c.taskOf(await c.stateOf(id), 'handle', 'demo.waterworks') });
  await c.clock('2026-03-02T09:40:00+08:00');
  u = await units();
  assert.equal(of(u, 'demo.waterworks').rates.ackRate, 100);
  assert.equal(of(u, 'demo.traffic').rates.ackRate, 0, 'past its limit without acknowledgement');
  await c.handleAll(id);
  u = await units();
  // The stage "stop the leak" (1 h) and the whole (8 h) are in time.
  assert.deepEqual([of(u, 'demo.waterworks').rates.onTimeRate, of(u, 'demo.waterworks').rates.doneRate], [100, 100]);
  assert.equal(u.total.counts.done, 4);
  // A second burst is never finished: overdue after eight hours.
  const second = await c.burst();
  await c.clock('2026-03-02T20:00:00+08:00');
  u = await units();
  assert.equal(of(u, 'demo.waterworks').counts.overdueOpen, 1);
  assert.equal(of(u, 'demo.waterworks').rates.onTimeRate, 50);
  // The number is its shares, for every count of every unit.
  for (const i of u.items)
    for (const count of ['offered', 'ackDue', 'ackInTime', 'needDone', 'done', 'doneInTime', 'overdueOpen', 'deferred', 'reworked', 'returned'] as const) {
      const r = await overseer.get(`/api/evaluation/units/${i.unit}/tasks?${MARCH}&count=${count}`);
      assert.equal(r.statusCode, 200, r.body);
      assert.equal((r.json() as { items: unknown[] }).items.length, i.counts[count], `${i.unit} ${count}`);
    }
  for (const name of ['onTimeRate', 'needDone']) assert.ok(u.definitions[name]!.zh.length > 5, 'the definition is printed');
  // Done late in the end: it stays on the record, and leaves the overdue.
  await c.handleAll(second);
  u = await units();
  assert.deepEqual([of(u, 'demo.waterworks').counts.overdueOpen, of(u, 'demo.waterworks').counts.done, of(u, 'demo.waterworks').counts.doneInTime], [0, 2, 1]);
  const april = (await overseer.get('/api/evaluation/units?from=2026-04-01&to=2026-04-30')).json() as Units;
  assert.deepEqual(april.items, [], 'another month has nothing');
  // A unit's own lead sees his unit only.
  const own = (await (await c.signIn('traffic')).get(`/api/evaluation/units?${MARCH}`)).json() as Units;
  assert.deepEqual(
    own.items.map((i) => i.unit),
    ['demo.traffic'],
  );
  assert.equal((await (await c.signIn('traffic')).get(`/api/evaluation/units/demo.waterworks/tasks?${MARCH}&count=done`)).statusCode, 404);
  // The indicator's own measure over the same cases.
  const source = { kind: 'case', measure: 'on-time-rate' } as const;
  const q = {
    realm: 'live',
    source,
    from: new Date('2026-03-01T00:00:00+08:00'),
    to: new Date('2026-04-01T00:00:00+08:00'),
    at: new Date('2026-03-02T20:00:00+08:00'),
    units: ['demo', 'demo.waterworks', 'demo.gas'],
  };
  const m = await caseMeasure.measure(c.hub.sql, q);
  assert.deepEqual([m.get('demo'), m.get('demo.waterworks'), m.get('demo.gas')], [50, 50, null]);
  assert.equal((await caseMeasure.evidence!(c.hub.sql, q, 10)).filter((e) => e.subject === `case:${id}`).length >= 1, true);
});

test('a closed case is asked about once; answered by link or by call, never twice; the unrated are apart', async (t) => {
  const c = await centre(t, '2026-03-02T09:00:00+08:00');
  const follow = () => catchUp(c.hub, 'evaluation', { kinds: ['case.closed', 'case.evaluated'], handle: followCases });
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) {
    const id = await c.burst();
    await c.handleAll(id);
    await c.inspectAndClose(id);
    ids.push(id);
  }
  await c.as('shouli', ids[0]!, { kind: 'evaluate', form: { satisfaction: 5 } });
  await follow();
  const agent = await c.signIn('shouli');
  const list = async () => ((await agent.get('/api/evaluation/surveys/case-satisfaction/requests')).json() as Output<typeof evaluationApi.requests>).items;
  const before = await list();
  assert.equal(before.length, 3);
  assert.deepEqual([...new Set(before.map((r) => r.unit))], ['demo.waterworks'], 'the unit that led is rated');
  assert.deepEqual(
    before.filter((r) => r.answeredAt).map((r) => [r.via, r.rating]),
    [['follow-up', 5]],
  );
  // A link is answered once, and a new link ends the old one.
  const waiting = before.find((r) => r.subject === `case:${ids[1]}`)!;
  const link = async () => ((await agent.send('POST', `/api/evaluation/requests/${waiting.id}/link`)).json() as { path: string }).path.replace('/survey/', '/api/surveys/');
  const old = await link();
  const path = await link();
  assert.equal((await c.app.inject({ url: old })).statusCode, 404);
  const shown = (await c.app.inject({ url: path })).json() as { answered: boolean; fields: unknown[] };
  assert.deepEqual([shown.answered, shown.fields.length], [false, 2]);
  const say = (data: object) => c.app.inject({ method: 'POST', url: path, payload: { data } });
  assert.equal((await say({ satisfaction: 9 })).statusCode, 400);
  const all = await Promise.all([say({ satisfaction: 2, comment: '慢' }), say({ satisfaction: 2, comment: '慢' })]);
  assert.deepEqual(all.map((r) => r.statusCode).sort(), [200, 409]);
  assert.equal((await agent.send('POST', `/api/evaluation/requests/${waiting.id}/link`)).statusCode, 409);
  const facts = await c.hub.sql<{ data: unknown }[]>`select data from facts where kind = 'survey.answered'`;
  assert.equal(JSON.stringify(facts).includes('慢'), false, 'a citizen’s words stay out of the facts');
  const sum = (await agent.get(`/api/evaluation/surveys?${MARCH}`)).json() as Output<typeof evaluationApi.surveys>;
  const { asked, answered, unrated, satisfied, satisfiedRate, mean } = sum.items[0]!;
  assert.deepEqual({ asked, answered, unrated, satisfied, satisfiedRate, mean }, { asked: 3, answered: 2, unrated: 1, satisfied: 1, satisfiedRate: 50, mean: 3.5 });
  const q = {
    realm: 'live',
    survey: 'case-satisfaction',
    measure: 'satisfied-rate',
    satisfiedFrom: 4,
    from: new Date('2026-01-01T00:00:00+08:00'),
    to: new Date('2027-01-01T00:00:00+08:00'),
  } as const;
  assert.equal((await surveyValue(c.hub.sql, { ...q, units: ['demo.gas'] })).value, null, 'no answers: unknown');
  // An expired link says so.
  const third = before.find((r) => r.subject === `case:${ids[2]}`)!;
  const late = ((await agent.send('POST', `/api/evaluation/requests/${third.id}/link`)).json() as { path: string }).path.replace('/survey/', '/api/surveys/');
  await c.clock('2026-05-02T09:00:00+08:00');
  const expired = await c.app.inject({ method: 'POST', url: late, payload: { data: { satisfaction: 5 } } });
  assert.equal(expired.statusCode, 409);
  assert.match(expired.body, /过期/);
});

test('published targets move with the facts; evidence is what the number is made of', async (t) => {
  const c = await centre(t, '2026-07-02T12:00:00+08:00');
  const officer = await c.signIn('zhiban1');
  const targets = async (): Promise<Targets> => {
    const r = await officer.get('/api/targets');
    assert.equal(r.statusCode, 200, r.body);
    return r.json() as Targets;
  };
  const of = (x: Targets, code: string) => x.items.find((i) => i.code === code)!;
  let x = await targets();
  assert.equal(x.year, 2026);
  assert.equal(x.demo, true, 'a demonstration says so');
  assert.equal(x.items.reduce((n, i) => n + (i.weight ?? 0), 0) > 0, true);
  assert.deepEqual([of(x, 'trainings').state, of(x, 'trainings').value, of(x, 'trainings').promised], ['at-risk', 0, '5']);
  assert.deepEqual([of(x, 'fault-repair').state, of(x, 'fault-repair').value], ['not-measurable', null], 'no faults entered: no repair time, and not zero');
  assert.match(of(x, 'mechanism').reason.zh, /待指挥长评定/);
  const record = async (ledger: string, data: object) => {
    const r = await officer.send('POST', `/api/ledgers/${ledger}/records`, { data });
    assert.equal(r.statusCode, 201, r.body);
    return (r.json() as { id: string }).id;
  };
  const first = await record('training', { on: '2026-02-01', people: 20, topic: '平台操作' });
  await record('training', { on: '2025-12-31', people: 20, topic: '上一年的不算' });
  await record('fault-repair', { on: '2026-06-01', device: '专线', hours: 1.5 });
  x = await targets();
  assert.deepEqual([of(x, 'trainings').state, of(x, 'trainings').value], ['at-risk', 1]);
  await record('training', { on: '2026-05-01', people: 10, topic: '应急流程' });
  x = await targets();
  assert.deepEqual([of(x, 'trainings').state, of(x, 'trainings').value], ['on-the-way', 2], 'two of five at the middle of the year');
  assert.deepEqual([of(x, 'fault-repair').state, of(x, 'fault-repair').value], ['reached', 1.5]);
  await record('fault-repair', { on: '2026-06-20', device: '交换机', hours: 3 });
  assert.equal(of(await targets(), 'fault-repair').state, 'at-risk');
  const one = (await officer.get('/api/targets/trainings')).json() as OneTarget;
  assert.equal(one.evidence.length, 2);
  assert.ok(one.evidence.some((e) => e.kind === 'record' && e.id === first));
  assert.ok(one.source.place && one.binding!.meaning.zh);
  const town = (await (await c.signIn('t02')).get('/api/targets/trainings')).json() as OneTarget;
  assert.deepEqual(town.evidence, [], 'the number is public, the entries of another unit are not');
  // What follows its own window comes from the indicators' values.
  const all = indicatorsOf(c.hub);
  await all.sync();
  while (await all.step());
  x = await targets();
  assert.equal(of(x, 'risk-types').state, 'reached', JSON.stringify(of(x, 'risk-types')));
  assert.ok(of(x, 'vital-signs').value! > 0, 'counted, whatever it comes to');

  // Rating: the named post only, resting on something that exists.
  const rating = { score: 85, reason: '季度会商、联动演练均按机制开展', evidence: [`record:${first}`] };
  assert.equal((await officer.send('POST', '/api/targets/mechanism/ratings', rating)).statusCode, 403);
  const commander = await c.signIn('zhihui');
  assert.equal((await commander.send('POST', '/api/targets/mechanism/ratings', { ...rating, evidence: ['record:0190d9a8-0000-7000-8000-000000000001'] })).statusCode, 400);
  assert.equal((await commander.send('POST', '/api/targets/trainings/ratings', rating)).statusCode, 409, 'a number is not rated');
  const rated = await commander.send('POST', '/api/targets/mechanism/ratings', rating);
  assert.equal(rated.statusCode, 201, rated.body);
  assert.equal(of(await targets(), 'mechanism').state, 'reached');

  // Binding on screen: only what measures the same thing; back to the pack's own afterwards.
  const budget = await c.signIn('yusuan');
  const bind = (indicator: string, unit = 'demo.t01') => budget.send('PUT', '/api/targets/trainings/binding', { indicator, unit, reason: '试改' });
  assert.equal((await officer.send('PUT', '/api/targets/trainings/binding', { indicator: 'trainings', unit: 'demo.t01', reason: 'x' })).statusCode, 403);
  assert.equal((await bind('nothing-here')).statusCode, 400);
  assert.equal((await bind('satisfaction-rate')).statusCode, 400, 'percent does not answer a count');
  assert.equal((await bind('trainings')).statusCode, 200);
  assert.deepEqual([of(await targets(), 'trainings').value, of(await targets(), 'trainings').binding!.unit], [0, 'demo.t01']);
  assert.equal((await budget.send('DELETE', '/api/targets/trainings/binding')).statusCode, 200);
  assert.equal(of(await targets(), 'trainings').value, 2);
});
