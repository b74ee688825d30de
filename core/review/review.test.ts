// Reviews in the pure core: when one is proposed, and what the facts say by themselves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Flow } from '../cases/pack.ts';
import type { Case } from '../cases/state.ts';
import { type PastFact, assemble, triggers } from './review.ts';

const at = (minute: number) => new Date(Date.parse('2026-03-02T09:00:00+08:00') + minute * 60_000).toISOString();
const flow = {
  steps: {
    filing: { name: { zh: '立案', en: 'File' }, kind: 'decide', outcomes: [{ code: 'file', name: { zh: '立案', en: 'File' } }] },
    handle: { name: { zh: '处置', en: 'Handle' }, kind: 'do', counted: true, outcomes: [] },
  },
} as unknown as Flow;
const state = (more: Partial<Case>): Case =>
  ({
    level: 3,
    reworks: 0,
    closedAt: at(120),
    tasks: [
      { id: 'a', step: 'filing', unit: 'd.center', title: '立案', state: 'done', offeredAt: at(0), doneAt: at(5), limits: [] },
      {
        id: 'b',
        step: 'handle',
        unit: 'd.water',
        title: '抢修',
        state: 'done',
        offeredAt: at(10),
        acceptedAt: at(40),
        doneAt: at(100),
        limits: [
          { kind: 'ack', name: '签收', due: at(25), metAt: at(40) },
          { kind: 'step', name: '修复', due: at(490), metAt: at(100) },
        ],
      },
      { id: 'c', step: 'handle', unit: 'd.urban', title: '围护', state: 'returned', offeredAt: at(10), limits: [{ kind: 'step', name: '围护', due: at(60) }] },
      { id: 'd', step: 'handle', unit: 'd.traffic', title: '疏导', state: 'working', offeredAt: at(10), acceptedAt: at(12), limits: [{ kind: 'step', name: '疏导', due: at(90) }] },
    ],
    ...more,
  }) as unknown as Case;
const fact = (minute: number, kind: string, data: Record<string, unknown> = {}): PastFact => ({ at: at(minute), by: '值班长', kind, data });

test('level, rework, long overdue limits and orders call for a review; an ordinary case does not', () => {
  assert.deepEqual(triggers(state({}), []), []);
  assert.deepEqual(triggers(state({ level: null }), []), []);
  assert.deepEqual(
    triggers(state({ level: 2 }), []).map((x) => x.kind),
    ['level'],
  );
  assert.deepEqual(triggers(state({ reworks: 1 }), []), []);
  assert.deepEqual(
    triggers(state({ level: 1, reworks: 2 }), [fact(1, 'case.instructed', { text: '查' }), fact(2, 'case.limit-escalated')]).map((x) => x.kind),
    ['level', 'rework', 'escalated', 'order'],
  );
});

test('timeline, decisions, limits passed and the times between milestones', () => {
  const a = assemble(
    state({}),
    [
      fact(0, 'case.opened'),
      fact(5, 'case.decided', { task: 'a', outcome: 'file', reason: '属实' }),
      fact(40, 'case.task-accepted', { task: 'b' }),
      fact(60, 'case.something-new', {}),
      fact(70, 'case.extended', { task: 'b', reason: '管径大' }),
      fact(120, 'case.closed', { by: 'x' }),
    ],
    flow,
    new Date(at(600)),
  );
  assert.deepEqual(
    a.timeline.map((e) => e.kind),
    ['case.opened', 'case.decided', 'case.task-accepted', 'case.extended', 'case.closed'],
    'unknown facts are left out, none is invented',
  );
  assert.equal(a.timeline[1]!.text.zh, '立案：立案（属实）');
  assert.equal(a.timeline[2]!.unit, 'd.water');
  assert.deepEqual(
    a.decisions.map((d) => [d.outcome.zh, d.reason]),
    [
      ['立案', '属实'],
      ['同意延期', '管径大'],
    ],
  );
  assert.deepEqual(
    a.breaches.map((b) => [b.limit, b.unit, b.minutes, b.metAt === null]),
    [
      ['围护', 'd.urban', 60, true],
      ['疏导', 'd.traffic', 30, true],
      ['签收', 'd.water', 15, false],
    ],
    'the repair within its limit is no breach',
  );
  assert.deepEqual(
    a.numbers.map((n) => n.minutes),
    [10, 2, 88, 120],
  );
});
