// Deadlines: the five clocks over the 2026 calendar with its make-up days; properties over random starts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addDays, dateOf, localIso } from '../time.ts';
import { dayOf, makeCalendar } from './calendar.ts';
import { type Clock, clocks, deadline } from './deadline.ts';

const calendar = makeCalendar();
const due = (from: string, clock: Clock, amount: number) => localIso(deadline(calendar, new Date(from), clock, amount).due);

test('the Friday before the 2026 Spring Festival', () => {
  const from = '2026-02-13T16:30+08:00';
  assert.equal(due(from, 'work_hour', 5), '2026-02-14T12:00:00+08:00');
  assert.equal(due(from, 'work_day', 5), '2026-02-27T18:00:00+08:00');
  assert.equal(due(from, 'urgent_day', 5), '2026-02-18T16:30:00+08:00');
  assert.equal(due(from, 'natural_day', 5), '2026-02-19T00:00:00+08:00');
  assert.equal(due(from, 'urgent_hour', 5), '2026-02-13T21:30:00+08:00');
});

test('make-up days count, holidays do not', () => {
  for (const d of ['2026-02-14', '2026-02-28', '2026-05-09', '2026-09-20', '2026-10-10', '2026-01-04']) assert.equal(dayOf(calendar, d).work, true, d);
  for (const d of ['2026-01-01', '2026-01-02', '2026-02-16', '2026-02-23', '2026-04-06', '2026-05-05', '2026-06-19', '2026-09-25', '2026-10-07'])
    assert.equal(dayOf(calendar, d).work, false, d);
});

test('beyond the published calendar the answer is provisional', () => {
  assert.equal(deadline(calendar, new Date('2026-12-30T10:00+08:00'), 'work_day', 3).provisional, true);
  assert.equal(deadline(calendar, new Date('2026-12-28T10:00+08:00'), 'work_day', 3).provisional, false);
  assert.equal(deadline(calendar, new Date('2027-03-01T10:00+08:00'), 'urgent_day', 3).provisional, false);
  const over = makeCalendar({ overrides: [{ date: '2027-01-01', work: false, name: '元旦', sourceRef: 'test' }] });
  assert.equal(deadline(over, new Date('2026-12-31T10:00+08:00'), 'work_day', 1).due.toISOString(), '2027-01-04T10:00:00.000Z');
});

test('an office hour that ends the day ends then, not next morning; receipt at night starts next morning', () => {
  assert.equal(due('2026-03-02T16:00+08:00', 'work_hour', 2), '2026-03-02T18:00:00+08:00');
  assert.equal(due('2026-03-02T22:00+08:00', 'work_hour', 1), '2026-03-03T09:30:00+08:00');
  assert.equal(due('2026-03-07T10:00+08:00', 'work_hour', 0.5), '2026-03-09T09:00:00+08:00');
});

const instant = fc.integer({ min: Date.parse('2024-01-01T00:00Z'), max: Date.parse('2026-11-01T00:00Z') }).map((ms) => new Date(Math.floor(ms / 60_000) * 60_000));

test('later receipt is never due earlier; a longer limit never earlier', () => {
  fc.assert(
    fc.property(instant, fc.integer({ min: 0, max: 5000 }), fc.constantFrom(...clocks), fc.integer({ min: 0, max: 12 }), (from, minutes, clock, n) => {
      const a = deadline(calendar, from, clock, n).due;
      assert.ok(deadline(calendar, new Date(from.getTime() + minutes * 60_000), clock, n).due >= a);
      assert.ok(deadline(calendar, from, clock, n + 1).due >= a);
      assert.ok(a >= from || clock === 'work_day');
    }),
  );
});

test('office hours add up: a then b is a + b', () => {
  fc.assert(
    fc.property(instant, fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }), (from, a, b) => {
      const first = deadline(calendar, from, 'work_hour', a).due;
      assert.equal(+deadline(calendar, first, 'work_hour', b).due, +deadline(calendar, from, 'work_hour', a + b).due);
    }),
  );
});

test('work_day falls on a working day and counts exactly its working days', () => {
  fc.assert(
    fc.property(instant, fc.integer({ min: 1, max: 40 }), (from, n) => {
      const end = dateOf(deadline(calendar, from, 'work_day', n).due);
      let count = 0;
      for (let d = addDays(dateOf(from), 1); d <= end; d = addDays(d, 1)) if (dayOf(calendar, d).work) count++;
      assert.equal(count, n);
      assert.ok(dayOf(calendar, end).work);
    }),
  );
});
