// The case kernel alone: whatever anybody tries, the state stays the fold of its facts and keeps the guards of domain.md §3.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { makeCalendar } from '../duty/calendar.ts';
import type { NewFact } from '../fact.ts';
import { loadPacks } from '../packs/load.ts';
import type { Actor, Role } from '../people/roles.ts';
import { Problem } from '../problem.ts';
import { type Command, type Context, actions, allowedIn, allowedInCase, decide, openCase } from './kernel.ts';
import { type Case, fold, nextLimit, open } from './state.ts';

const pack = (path: string) => ({ path, text: readFileSync(new URL(`../../packs/${path}`, import.meta.url), 'utf8') });
const { content } = loadPacks(
  ['district/flows/incident.yaml', 'district/flows/letter.yaml', 'district/sectors/sectors.yaml', 'district/matters/matters.yaml', 'district/scenarios/scenarios.yaml'].map(pack),
);
const calendar = makeCalendar();
const units = new Set(['demo', 'demo.center', 'demo.office', 'demo.urban', 'demo.traffic', 'demo.waterworks', 'demo.police', 'demo.t01', 'demo.t01.g01']);
const actor = (name: string, unit: string, grants: [Role, string][]): Actor => ({
  account: name,
  name,
  kind: 'person',
  unit: { id: unit, path: unit, name: unit },
  grants: grants.map(([role, path]) => ({ role, path })),
});
const actors = [
  actor('shift', 'demo.center', [
    ['shift_lead', 'demo'],
    ['dispatcher', 'demo'],
    ['intake_agent', 'demo'],
  ]),
  actor('duty', 'demo.center', [['duty_officer', 'demo']]),
  actor('intake', 'demo.center', [['intake_agent', 'demo']]),
  actor('leader', 'demo.office', [
    ['leader', 'demo'],
    ['overseer', 'demo'],
  ]),
  ...['urban', 'traffic', 'waterworks', 'police'].map((u) => actor(u, `demo.${u}`, [['unit_lead', `demo.${u}`]])),
  actor('town', 'demo.t01', [['township_center', 'demo.t01']]),
  actor('grid', 'demo.t01.g01', [['grid_worker', 'demo.t01.g01']]),
];
const place = { lon: 106.24, lat: 29.4, address: '示意路', unit: 'demo.t01.g01' };
const START = Date.parse('2026-03-02T01:00:00Z');

let ids = 0;
const context = (at: number, who: Actor, flow: string): Context => {
  return {
    at: new Date(at),
    actor: who,
    calendar,
    flow: content.flows.get(flow)!,
    matter: (c) => content.matters.get(c),
    scenario: (c) => content.scenarios.get(c),
    unitExists: (p) => units.has(p),
    newId: () => `task-${++ids}`,
  };
};
const opened = (flow: string, set = {}) =>
  openCase(
    { id: 'c1', no: 'SJ1', packVersion: 'v', root: 'demo', title: '积水', description: '', source: 'manual', set, ...(flow === 'letter' ? { form: { channel: 'web' } } : {}) },
    context(START, actors[0]!, flow),
  );

/** A command with plausible content for a possible action, varied by a seed. */
function command(state: Case, kind: string, task: string | null, seed: number, at: number, flow: string): Command {
  const steps = content.flows.get(flow)!.steps;
  const t = state.tasks.find((x) => x.id === task);
  const step = t ? steps[t.step]! : undefined;
  const outcome = step?.outcomes[seed % Math.max(1, step.outcomes.length)];
  const fill = (list: { name: string; type: string; required: boolean; options?: { value: string }[] | undefined }[]) =>
    Object.fromEntries(
      list
        .filter((f) => f.required)
        .map((f) => [f.name, f.type === 'choice' ? f.options![seed % f.options!.length]!.value : f.type === 'boolean' ? true : f.type === 'rating' ? 4 : '已处理']),
    );
  const reason = seed % 7 ? '理由' : ' ';
  return {
    kind,
    ...(task ? { task } : {}),
    reason,
    suggested: '街道',
    text: '请抓紧',
    stage: `stage-${(seed % 2) + 1}`,
    outcome: outcome?.code ?? 'x',
    into: 'c2',
    until: new Date(at + ((seed % 500) - 20) * 86_400_000).toISOString(),
    form: kind === 'evaluate' ? { satisfaction: 5 } : kind === 'decide' ? fill([...(step?.form ?? []), ...(outcome?.form ?? [])]) : fill(step?.form ?? []),
    ...(kind === 'decide' || kind === 'describe'
      ? {
          set:
            seed % 3 || kind === 'describe'
              ? { matter: 'water-main', condition: 'burst', level: 1 + (seed % 4), place, ...(seed % 2 ? { scenario: 'pipe-burst' } : {}) }
              : undefined,
        }
      : {}),
    ...(outcome?.fanOut && seed % 2
      ? {
          assign: [
            { unit: 'demo.urban', title: '处置' },
            { unit: 'demo.police', title: '秩序', mandatory: seed % 5 !== 0 },
          ],
        }
      : {}),
  } as unknown as Command;
}

function holds(state: Case, facts: NewFact[], ats: number[]): void {
  const folded = fold(facts.map((f, i) => ({ ...f, at: new Date(ats[i]!) })));
  assert.deepEqual(JSON.parse(JSON.stringify(folded)), JSON.parse(JSON.stringify(state)), 'the state is the fold of its facts');
  assert.equal(state.version, facts.length);
  assert.ok(units.has(state.owner), 'somebody owns the case');
  if (state.status === 'open') assert.ok(state.tasks.some(open), 'an open case always waits for somebody');
  else assert.ok(!state.tasks.some(open) && !nextLimit(state), 'an ended case waits for nobody and runs no clock');
  for (const t of state.tasks) {
    assert.ok(t.extension.used <= 2 && t.deferral.used <= 1);
    const running = t.limits.filter((l) => !l.metAt).map((l) => l.kind);
    assert.equal(new Set(running).size, running.length, 'one running limit of a kind');
    const generations = t.limits.map((l) => `${l.kind}/${l.generation}`);
    assert.equal(new Set(generations).size, generations.length, 'a new limit is a new generation');
    if (t.state === 'done' && t.step === 'handle') assert.ok(t.acceptedAt && t.submittedAt);
  }
}

test('property: any sequence of attempts keeps every guard, and what is shown as possible is exactly what is', () => {
  const kinds = [...Object.keys(allowedIn), ...Object.keys(allowedInCase)];
  let done = 0;
  const reached = new Set<string>();
  fc.assert(
    fc.property(
      fc.constantFrom('incident', 'letter'),
      fc.array(fc.tuple(fc.nat(actors.length - 1), fc.nat(1000), fc.nat(1000), fc.integer({ min: 1, max: 600 }), fc.boolean()), { minLength: 10, maxLength: 90 }),
      (flow, tries) => {
        let { state, facts } = opened(flow, { place });
        facts = [...facts];
        let at = START;
        const ats = facts.map(() => at);
        for (const [who, pick, seed, minutes, any] of tries) {
          at += minutes * 60_000;
          const ctx = context(at, actors[who]!, flow);
          const shown = actions(state, ctx);
          const possible = shown.filter((a) => a.possible);
          // Now and then something that is not offered, which must then be refused.
          const wild = any && seed % 4 === 0;
          // Ways on are rare among all that is possible: a third of the tries take one, so that the far steps are reached too.
          const ways = possible.filter((a) => ['confirm', 'submit', 'askExtension', 'accept', 'decide'].includes(a.kind));
          const forward = ways[pick % Math.max(1, ways.length)];
          const choice = wild
            ? { kind: kinds[pick % kinds.length]!, task: allowedIn[kinds[pick % kinds.length] as Command['kind']] ? state.tasks[seed % state.tasks.length]!.id : null }
            : forward && seed % 2 === 0
              ? forward
              : possible.filter((a) => !['forceClose', 'merge', 'dismiss'].includes(a.kind) || seed % 9 === 0)[pick % Math.max(1, possible.length)];
          if (!choice) continue;
          const before = JSON.stringify(state);
          try {
            const after = decide(state, command(state, choice.kind, choice.task, seed, at, flow), ctx);
            assert.equal(JSON.stringify(state), before, 'decide changes nothing by itself');
            assert.ok(
              possible.some((p) => p.kind === choice.kind && p.task === choice.task),
              `${choice.kind} was done but not shown as possible to ${actors[who]!.name}`,
            );
            facts.push(...after.facts);
            ats.push(...after.facts.map(() => at));
            state = after.state;
            done++;
            reached.add(choice.kind);
            holds(state, facts, ats);
          } catch (error) {
            if (!(error instanceof Problem)) throw error;
            assert.notEqual(error.code, 'internal');
            assert.equal(JSON.stringify(state), before);
            if (!wild) assert.equal(error.message.startsWith('需要权限'), false, `shown as possible but forbidden: ${choice.kind} ${error.message}`);
          }
        }
      },
    ),
    { numRuns: 1200 },
  );
  assert.ok(done > 1000, `only ${done} commands went through`);
  for (const k of ['accept', 'submit', 'confirm', 'return', 'decide', 'askExtension', 'withdraw', 'claim', 'comment']) assert.ok(reached.has(k), `${k} was never reached`);
});

const drive = (state: Case, at: number, who: string, c: Record<string, unknown> & { kind: string; step?: string; unit?: string }): Case => {
  const { step, unit, ...rest } = c;
  const task = step ? state.tasks.find((t) => t.step === step && open(t) && (!unit || t.unit === unit))!.id : undefined;
  return decide(
    state,
    { ...rest, ...(task ? { task } : {}) } as unknown as Command,
    context(
      at,
      actors.find((a) => a.name === who)!,
      'incident',
    ),
  ).state;
};
const dispatched = (): Case => {
  let { state } = opened('incident', { place, matter: 'water-main', condition: 'burst', level: 2, scenario: 'pipe-burst' });
  state = drive(state, START, 'shift', { kind: 'decide', step: 'intake', outcome: 'accept' });
  state = drive(state, START, 'shift', { kind: 'decide', step: 'filing', outcome: 'file' });
  return drive(state, START, 'shift', { kind: 'decide', step: 'dispatch', outcome: 'dispatch' });
};

test('after a return the scenario is not fanned out a second time: the dispatcher names who comes instead', () => {
  let s = dispatched();
  assert.equal(s.tasks.filter((t) => t.step === 'handle').length, 4);
  s = drive(s, START, 'traffic', { kind: 'return', step: 'handle', unit: 'demo.traffic', reason: '不占路', suggested: '公安' });
  assert.throws(() => drive(s, START, 'shift', { kind: 'decide', step: 'dispatch', outcome: 'dispatch' }), /请选择改派/);
  s = drive(s, START, 'shift', { kind: 'decide', step: 'dispatch', outcome: 'dispatch', assign: [{ unit: 'demo.police', title: '秩序' }] });
  assert.equal(s.tasks.filter((t) => t.step === 'handle' && open(t)).length, 4);
});

test('each rework runs its own clock, also after an extension, and the first lateness stays', () => {
  let s = dispatched();
  const H = 3_600_000;
  for (const u of ['waterworks', 'traffic', 'urban']) s = drive(s, START, u, { kind: 'accept', step: 'handle', unit: `demo.${u}` });
  s = drive(s, START, 'grid', { kind: 'accept', step: 'handle', unit: 'demo.t01.g01' });
  const late = START + 9 * H;
  const finish = (u: string, unit: string, boss: string, at: number) => {
    s = drive(s, at, u, { kind: 'submit', step: 'handle', unit, form: { result: '已处置' } });
    s = drive(s, at, boss, { kind: 'confirm', step: 'handle', unit });
  };
  for (const u of ['traffic', 'urban']) finish(u, `demo.${u}`, u, START + H);
  finish('grid', 'demo.t01.g01', 'town', START + H);
  finish('waterworks', 'demo.waterworks', 'waterworks', late);
  const generations: number[] = [];
  for (let round = 0; round < 3; round++) {
    s = drive(s, late + round * H, 'intake', {
      kind: 'decide',
      step: 'inspect',
      outcome: 'fail',
      reason: '未恢复',
      tasks: [s.tasks.find((t) => t.unit === 'demo.waterworks')!.id],
    });
    if (round === 0) {
      s = drive(s, late, 'waterworks', { kind: 'askExtension', step: 'handle', reason: '材料' });
      s = drive(s, late, 'waterworks', { kind: 'endorseExtension', step: 'handle' });
      s = drive(s, late, 'shift', { kind: 'grantExtension', step: 'handle' });
    }
    generations.push(s.tasks.find((t) => t.unit === 'demo.waterworks')!.limits.find((l) => !l.metAt)!.generation);
    finish('waterworks', 'demo.waterworks', 'waterworks', late + round * H);
  }
  assert.equal(new Set(generations).size, 3, 'timers of one generation are never set twice');
  const t = s.tasks.find((x) => x.unit === 'demo.waterworks')!;
  assert.equal(t.limits.filter((l) => l.kind === 'step')[0]!.late, true);
  assert.equal(t.reworks, 3);
});

test('who verified the report may inspect the result; who handled it may not', () => {
  let { state: s } = opened('incident', { place, matter: 'road-ponding', condition: 'deep', level: 2 });
  s = drive(s, START, 'shift', { kind: 'decide', step: 'intake', outcome: 'verify' });
  s = drive(s, START, 'grid', { kind: 'accept', step: 'verify' });
  s = drive(s, START, 'grid', { kind: 'submit', step: 'verify', form: { found: 'yes' } });
  for (const [step, outcome] of [
    ['intake', 'accept'],
    ['filing', 'file'],
  ] as const)
    s = drive(s, START, 'shift', { kind: 'decide', step, outcome });
  s = drive(s, START, 'shift', { kind: 'decide', step: 'dispatch', outcome: 'dispatch', assign: [{ unit: 'demo.urban', title: '抽排' }] });
  s = drive(s, START, 'urban', { kind: 'accept', step: 'handle' });
  s = drive(s, START, 'urban', { kind: 'submit', step: 'handle', form: { result: '已抽排' } });
  s = drive(s, START, 'urban', { kind: 'confirm', step: 'handle' });
  s = drive(s, START, 'grid', { kind: 'decide', step: 'inspect', outcome: 'pass', form: { evidence: '路面已干' } });
  assert.deepEqual(
    s.tasks.filter(open).map((t) => t.step),
    ['closing'],
  );
});

test('withdrawing the last mandatory task lets the finished ones go on; with nothing finished it is dispatched anew', () => {
  let s = dispatched();
  s = drive(s, START, 'urban', { kind: 'accept', step: 'handle', unit: 'demo.urban' });
  s = drive(s, START, 'urban', { kind: 'submit', step: 'handle', unit: 'demo.urban', form: { result: '已围护' } });
  s = drive(s, START, 'urban', { kind: 'confirm', step: 'handle', unit: 'demo.urban' });
  for (const u of ['demo.waterworks', 'demo.traffic']) s = drive(s, START, 'shift', { kind: 'withdraw', step: 'handle', unit: u, reason: '不需要' });
  assert.equal(s.owner, 'demo.t01.g01', 'the case belongs to who still works on it');
  s = drive(s, START, 'shift', { kind: 'withdraw', step: 'handle', unit: 'demo.t01.g01', reason: '不需要' });
  assert.deepEqual(
    s.tasks.filter(open).map((t) => t.step),
    ['inspect'],
  );
  s = dispatched();
  for (const u of ['demo.waterworks', 'demo.traffic', 'demo.urban', 'demo.t01.g01']) s = drive(s, START, 'shift', { kind: 'withdraw', step: 'handle', unit: u, reason: '误派' });
  assert.deepEqual(
    s.tasks.filter(open).map((t) => t.step),
    ['dispatch'],
  );
});

test('a flow that cannot work is refused with what is wrong', () => {
  const bad = (text: string) =>
    loadPacks([{ path: 'x/flows/x.yaml', text }])
      .mistakes.map((m) => m.message)
      .join('；');
  const head = 'code: x\nname: { zh: 试, en: X }\nprefix: X\nstart: a\nowner: office\nopen: { permission: case.report }\nsteps:\n';
  assert.match(
    bad(
      `${head}  a:\n    kind: decide\n    name: { zh: 甲, en: A }\n    permission: case.accept\n    unit: office\n    outcomes: [{ code: go, name: { zh: 去, en: Go }, next: b }]\n`,
    ),
    /没有步骤 b/,
  );
  assert.match(bad(`${head}  a:\n    kind: do\n    name: { zh: 甲, en: A }\n    permission: case.handle\n`), /next 或 end/);
  assert.match(
    bad(
      `${head}  a:\n    kind: do\n    name: { zh: 甲, en: A }\n    permission: case.handle\n    end: closed\n    form: [{ name: phone, label: { zh: 电话, en: Phone }, type: text, personal: true }]\n`,
    ),
    /个人信息/,
  );
});
