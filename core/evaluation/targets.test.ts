// Judgement of targets: counts by the progress of the year, limits, rates, days that cannot be made up, ratings – and what cannot be measured.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Target, targetPack } from './pack.ts';
import { rates, noCounts, total } from './rates.ts';
import { gradeOf, judge, yearOf } from './targets.ts';

const target = (t: Partial<Target>): Target =>
  targetPack.parse({
    code: 'x',
    name: { zh: '目标', en: 'x' },
    year: 2026,
    nature: '≥',
    value: '48',
    unit: '次',
    weight: 10,
    indicator: 'x',
    progress: 'cumulative',
    source: { document: 'd', place: 'p' },
    ...t,
  });
const at = (local: string) => new Date(`${local}+08:00`);
const state = (t: Target, when: string, value: number | null) => judge(t, at(when), { value }).state;

test('a count follows the progress of the year, by whole things', () => {
  const t = target({});
  assert.equal(state(t, '2026-01-05T00:00', 0), 'on-the-way', 'nothing is due in the first days');
  assert.equal(state(t, '2026-07-02T12:00', 24), 'on-the-way', 'half of the year, half of the promise');
  assert.equal(state(t, '2026-07-02T12:00', 23), 'at-risk');
  assert.equal(state(t, '2026-07-02T12:00', 48), 'reached');
  assert.equal(state(t, '2027-01-01T00:00', 47), 'missed');
  assert.equal(judge(t, at('2026-07-02T12:00'), { value: 23 }).forecast, 46);
  assert.equal(state(t, '2025-12-31T00:00', 0), 'not-measurable', 'the year has not begun');
});
test('days that are lost cannot be made up', () => {
  const t = target({ value: '363', unit: '天', atMostPerDay: 1 });
  assert.equal(state(t, '2026-04-11T00:00', 100), 'on-the-way', 'all of 100 days');
  assert.equal(state(t, '2026-04-11T00:00', 98), 'at-risk');
  assert.equal(state(t, '2026-04-11T00:00', 97), 'missed', '97 + 265 days left = 362');
});
test('rates and limits hold now and must hold to the end', () => {
  const rate = target({ value: '90', unit: '%', progress: 'level' });
  assert.deepEqual([judge(rate, at('2026-05-01T00:00'), { value: 90 }).state, judge(rate, at('2026-05-01T00:00'), { value: 90 }).provisional], ['reached', true]);
  assert.equal(state(rate, '2026-05-01T00:00', 89.9), 'at-risk');
  assert.equal(state(rate, '2027-02-01T00:00', 89.9), 'missed');
  const repair = target({ nature: '≤', value: '2', unit: '小时', progress: 'level' });
  assert.equal(state(repair, '2026-05-01T00:00', 2), 'reached');
  assert.equal(state(repair, '2026-05-01T00:00', 2.1), 'at-risk');
  assert.equal(judge(repair, at('2026-05-01T00:00'), { value: 4 }).completion, 0.5, 'reverse: promised over actual');
  const complaints = target({ nature: '≤', value: '10', progress: 'cumulative' });
  assert.equal(state(complaints, '2026-05-01T00:00', 3), 'on-the-way', 'a limit on a count is not reached before the year ends');
  assert.equal(state(complaints, '2026-05-01T00:00', 11), 'missed', 'nor can it be undone');
  assert.equal(state(complaints, '2027-01-01T00:00', 10), 'reached');
});
test('unknown is not zero, and says why', () => {
  assert.equal(judge(target({}), at('2026-05-01T00:00'), undefined).reason.zh, '没有绑定指标');
  const unknown = judge(target({}), at('2026-05-01T00:00'), { value: null, why: { zh: '数据来源尚未接入', en: 'x' } });
  assert.deepEqual([unknown.state, unknown.value, unknown.reason.zh], ['not-measurable', null, '数据来源尚未接入']);
  const rated = target({ nature: '定性', value: '健全', unit: null, indicator: undefined, progress: 'level', rater: { zh: '指挥长', en: 'Commander' } });
  assert.match(judge(rated, at('2026-05-01T00:00'), undefined).reason.zh, /待指挥长评定/);
  const rating = (score: number) => ({ grade: gradeOf(score), score, at: at('2026-04-01T00:00') });
  assert.deepEqual(
    [100, 80, 79, 60, 59].map((s) => judge(rated, at('2026-05-01T00:00'), undefined, rating(s)).state),
    ['reached', 'reached', 'on-the-way', 'on-the-way', 'at-risk'],
  );
  assert.equal(judge(rated, at('2027-05-01T00:00'), undefined, rating(70)).state, 'missed');
});
test('a target that cannot be read is refused with its place', () => {
  const wrong = targetPack.safeParse({ ...target({}), value: '很多' });
  assert.equal(wrong.success, false);
  assert.deepEqual(
    wrong.error!.issues.map((i) => i.path.join('.')),
    ['value'],
  );
});
test('more of a good thing never makes it worse', () => {
  const order = ['missed', 'at-risk', 'on-the-way', 'reached'];
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 400 }), fc.constantFrom(undefined, 1), (a, b, day, atMostPerDay) => {
      const t = target({ value: '300', ...(atMostPerDay ? { atMostPerDay } : {}) });
      const when = new Date(yearOf(2026).from.getTime() + day * 86_400_000);
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      assert.ok(order.indexOf(judge(t, when, { value: high }).state) >= order.indexOf(judge(t, when, { value: low }).state));
    }),
  );
});
test('rates come from counts; nothing measured is null; the whole is not the mean of its parts', () => {
  assert.deepEqual(rates(noCounts), { ackRate: null, onTimeRate: null, doneRate: null, reworkRate: null, returnRate: null, meanHandleHours: null });
  const a = { ...noCounts, needDone: 9, done: 9, doneInTime: 9 };
  const b = { ...noCounts, needDone: 1, done: 0, doneInTime: 0, overdueOpen: 1 };
  assert.equal(rates(a).onTimeRate, 100);
  assert.equal(rates(b).onTimeRate, 0);
  assert.equal(rates(total([a, b])).onTimeRate, 90, 'not (100 + 0) / 2');
});
