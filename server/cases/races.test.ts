// Cases under many hands: claims from a pool, commands against timers, merges both ways; whatever wins, row, tasks and timers tell what the facts tell.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Command, actions } from '#core/cases/kernel.ts';
import { type Case, fold, nextLimit, open } from '#core/cases/state.ts';
import type { Actor } from '#core/people/roles.ts';
import { Problem } from '#core/problem.ts';
import { firstStart } from '../first-start.ts';
import { compose } from '../main.ts';
import { current } from '../packs/service.ts';
import { actorFor } from '../people/service.ts';
import { history } from '../platform/facts.ts';
import type { Hub } from '../platform/hub.ts';
import { setClock, testHub } from '../platform/testing.ts';
import { Timers } from '../platform/timers.ts';
import { act, claimNext, onTimer, openCase, openFromWarning, read, suspicions } from './service.ts';

const CLOCK = '2026-03-02T09:00:00+08:00';
const place = { lon: 106.3, lat: 29.43, address: '示意路 1 号' };

async function centre(t: Parameters<typeof testHub>[0]) {
  const hub = await testHub(t, { clock: CLOCK, max: 24 });
  await firstStart(hub, () => {});
  const actors = new Map<string, Actor>();
  const who = async (login: string) => actors.get(login) ?? actors.set(login, await actorFor(hub.sql, login)).get(login)!;
  const report = async (input: Partial<Parameters<typeof openCase>[1]> = {}) =>
    hub.command({ actor: await who('zhiban1'), realm: 'live' }, (work) =>
      openCase(work, { flow: 'incident', title: '测试事件', description: '', source: 'manual', set: { place }, ...input }),
    );
  const as = async (login: string, id: string, command: Command, version: number | null = null) => {
    const actor = await who(login);
    return hub.command({ actor, realm: 'live' }, (work) => act(work, id, version, command));
  };
  const timers = () => {
    const made = new Timers();
    made.on('case.', (work, timer) => onTimer(work, timer.kind, timer.subject, timer.generation, timer.data as { task: string }));
    return made;
  };
  return { hub, who, as, report, timers };
}

/** Everything stored about a case agrees with its facts. */
async function agrees(hub: Hub, id: string): Promise<Case> {
  const facts = await history(hub.sql, `case:${id}`);
  const s = (await read(hub.sql, id))!.state;
  assert.deepEqual(JSON.parse(JSON.stringify(fold(facts))), s);
  const [row] = await hub.sql<{ version: number; status: string; owner: string; due: Date | null }[]>`select version, status, owner, due_at as due from cases where id = ${id}`;
  assert.deepEqual([row!.version, row!.status, row!.owner, row!.due?.toISOString()], [facts.length, s.status, s.owner, nextLimit(s)?.limit.due]);
  const tasks = await hub.sql<
    { id: string; state: string; waits: boolean; claimed: string | null }[]
  >`select id, state, permission is not null as waits, claimed_by as claimed from tasks where case_id = ${id} order by id`;
  const wanted = s.tasks.map((t) => [t.id, t.state, t.claimedBy ?? null]).sort((a, b) => (a[0]! < b[0]! ? -1 : 1));
  assert.deepEqual(
    tasks.map((t) => [t.id, t.state, t.claimed]),
    wanted,
  );
  for (const t of tasks) assert.equal(t.waits, s.status === 'open' && !['done', 'returned', 'withdrawn', 'paused'].includes(t.state), `${t.state} waits`);
  const due = await hub.sql<
    { kind: string; generation: number; at: Date }[]
  >`select kind, generation, due_at as at from timers where subject = ${`case:${id}`} and state = 'waiting' and kind like 'case.limit-due:%'`;
  const clocks =
    s.status === 'open'
      ? s.tasks.flatMap((t) =>
          open(t) && t.state !== 'paused'
            ? t.limits.filter((l) => !l.metAt && !['passed', 'escalated'].includes(l.told ?? '')).map((l) => `case.limit-due:${t.id}:${l.kind}/${l.generation} ${l.due}`)
            : [],
        )
      : [];
  assert.deepEqual(due.map((d) => `${d.kind}/${d.generation} ${d.at.toISOString()}`).sort(), clocks.sort(), 'each running limit has its timer, and nothing else has');
  return s;
}

test('F-22 twenty dispatchers empty one pool: each case is claimed once', async (t) => {
  const { hub, who, report, as } = await centre(t);
  const ids = new Set<string>();
  for (let i = 0; i < 120; i += 8) for (const c of await Promise.all(Array.from({ length: 8 }, () => report()))) ids.add(c.id);
  const actor = await who('zhiban1');
  const got: string[] = [];
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      for (;;) {
        const found = await hub.command({ actor, realm: 'live' }, claimNext);
        if (!found) return;
        got.push(found.caseId);
      }
    }),
  );
  assert.equal(got.length, ids.size);
  assert.deepEqual(new Set(got), ids);
  assert.equal((await hub.sql`select 1 from facts where kind = 'case.task-claimed'`).length, ids.size);
  const s = await agrees(hub, got[0]!);
  const task = s.tasks.find(open)!.id;
  // Another officer may not decide what this one took; the shift lead may put it back, and then he may.
  await assert.rejects(as('zhiban2', s.id, { kind: 'decide', task, outcome: 'accept' }), /已由他人领取/);
  await as('zhibanzhang', s.id, { kind: 'release', task });
  await as('zhiban2', s.id, { kind: 'decide', task, outcome: 'accept' });
  await agrees(hub, s.id);
});

test('random commands of many posts against timers: no deadlock, no timer twice, everything agrees with the facts', async (t) => {
  const { hub, who, report, as, timers } = await centre(t);
  const packs = await current(hub);
  const flow = packs.content.flows.get('incident')!;
  const cases = await Promise.all(Array.from({ length: 6 }, () => report()));
  const logins = ['zhiban1', 'zhibanzhang', 'paiqian', 'shouli', 'waterworks', 'waterworks-b', 'urban', 'traffic', 'police', 't01', 't01-g01'];
  let seed = 20260302;
  const random = (n: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
  const fill = (list: { name: string; type: string; required: boolean; options?: { value: string }[] | undefined }[]) =>
    Object.fromEntries(list.filter((f) => f.required).map((f) => [f.name, f.type === 'choice' ? f.options![0]!.value : f.type === 'boolean' ? true : '已处理']));
  let done = 0;
  let minutes = 0;
  const unexpected: unknown[] = [];
  const attempt = async () => {
    const id = cases[random(cases.length)]!.id;
    const login = logins[random(logins.length)]!;
    const actor = await who(login);
    const { state } = (await read(hub.sql, id))!;
    const possible = actions(state, { actor, at: await hub.now('live'), flow }).filter(
      (a) => a.possible && !['merge', 'forceClose', 'comment', 'remind', 'supervise', 'describe'].includes(a.kind),
    );
    const choice = possible[random(Math.max(1, possible.length))];
    if (!choice) return;
    const task = state.tasks.find((x) => x.id === choice.task);
    const step = task && flow.steps[task.step]!;
    const outcome = step?.outcomes[random(10) < 8 ? 0 : random(step.outcomes.length)];
    const command = {
      kind: choice.kind,
      ...(choice.task ? { task: choice.task } : {}),
      reason: '理由',
      suggested: '街道',
      text: '请办',
      stage: 'stage-1',
      outcome: outcome?.code,
      until: new Date(Date.parse(CLOCK) + 90 * 86_400_000).toISOString(),
      form: choice.kind === 'evaluate' ? { satisfaction: 5 } : choice.kind === 'decide' ? fill([...step!.form, ...outcome!.form]) : fill(step?.form ?? []),
      ...(task?.step === 'filing' ? { set: { matter: 'water-main', condition: 'burst', level: 2, scenario: 'pipe-burst' } } : {}),
      ...(outcome?.fanOut && state.returns ? { assign: [{ unit: 'demo.urban', title: '处置' }] } : {}),
    } as unknown as Command;
    try {
      await as(login, id, command, state.version);
      done++;
    } catch (error) {
      if (!(error instanceof Problem) || error.code === 'internal' || error.code === 'forbidden') unexpected.push(error);
    }
  };
  const schedulers = [timers(), timers(), timers()];
  for (let round = 0; round < 40; round++) {
    minutes += 1 + random(120);
    await setClock(hub, new Date(Date.parse(CLOCK) + minutes * 60_000), 0);
    await Promise.all([...Array.from({ length: 12 }, attempt), ...schedulers.map((x) => x.fireDue(hub, 200))]);
  }
  assert.deepEqual(unexpected, []);
  assert.ok(done > 30, `only ${done} commands went through`);
  for (const c of cases) await agrees(hub, c.id);
  const [failed] = await hub.sql<{ n: number }[]>`select count(*)::int as n from timers where attempts > 0 or state = 'failed'`;
  assert.equal(failed!.n, 0, 'no timer had to be tried twice');
  const spoken = await hub.sql<
    { n: number }[]
  >`select count(*)::int as n from facts f where f.kind like 'case.limit-%' group by f.subject, f.kind, f.data ->> 'task', f.data ->> 'limit', f.data ->> 'due'`;
  assert.ok(spoken.length > 5 && spoken.every((x) => x.n === 1), 'each limit is spoken of once');
});

test('two cases merged into each other at once: one wins', async (t) => {
  const { hub, report, as } = await centre(t);
  for (let i = 0; i < 5; i++) {
    const [a, b] = await Promise.all([report(), report()]);
    const r = await Promise.allSettled([
      as('zhibanzhang', a.id, { kind: 'merge', into: b.id, reason: '同一处' }),
      as('zhibanzhang', b.id, { kind: 'merge', into: a.id, reason: '同一处' }),
    ]);
    assert.equal(r.filter((x) => x.status === 'fulfilled').length, 1);
    const states = await Promise.all([agrees(hub, a.id), agrees(hub, b.id)]);
    assert.deepEqual(states.map((s) => s.status).sort(), ['merged', 'open']);
  }
  const [a, b] = await Promise.all([report(), report()]);
  await as('zhibanzhang', a.id, { kind: 'merge', into: b.id, reason: '同一处' });
  await as('zhibanzhang', a.id, { kind: 'unmerge', reason: '不是同一处' });
  assert.equal((await agrees(hub, a.id)).status, 'open');
});

test('a catalogue that names a missing unit keeps the warning: the case waits for a dispatcher and says why', async (t) => {
  const { hub } = await centre(t);
  await hub.sql`update units set active = false where path = 'demo.traffic'`;
  const made = await hub.command(hub.system('rules'), (work) =>
    openFromWarning(work, { warningId: '018f0000-0000-7000-8000-000000000009', title: '爆管', description: '', level: 1, scenario: 'pipe-burst', place: { ...place } }),
  );
  const s = await agrees(hub, made.id);
  assert.deepEqual(
    s.tasks.filter(open).map((x) => x.step),
    ['dispatch'],
  );
  assert.match(JSON.stringify(await history(hub.sql, `case:${made.id}`)), /自动派遣未成：没有单位 demo.traffic/);
});

test('numbers of one second differ; attachments of another case are refused; a comment is open to every unit that has part', async (t) => {
  const { hub, report, as } = await centre(t);
  const many = await Promise.all(Array.from({ length: 40 }, () => report()));
  assert.equal(new Set(many.map((m) => m.no)).size, 40);
  const made = await hub.command(hub.system('rules'), (work) =>
    openFromWarning(work, { warningId: '018f0000-0000-7000-8000-000000000002', title: '爆管', description: '', level: 1, scenario: 'pipe-burst', place: { ...place } }),
  );
  await as('traffic', made.id, { kind: 'comment', text: '已到场' });
  await assert.rejects(as('gas', made.id, { kind: 'comment', text: '看看' }), /没有这个事件/);
  await assert.rejects(as('traffic', made.id, { kind: 'comment', text: '照片', files: ['a'.repeat(64)] }), /没有上传到本事件/);
});

test('what looks like a mere formality is listed for a person to judge', async (t) => {
  const { hub, as } = await centre(t);
  const made = await hub.command(hub.system('rules'), (work) =>
    openFromWarning(work, { warningId: '018f0000-0000-7000-8000-000000000003', title: '爆管', description: '', level: 1, scenario: 'pipe-burst', place: { ...place } }),
  );
  let s = (await read(hub.sql, made.id))!.state;
  const task = s.tasks.find((x) => x.unit === 'demo.urban')!.id;
  await setClock(hub, '2026-03-03T13:29:10+08:00', 0);
  await as('urban', made.id, { kind: 'accept', task });
  await setClock(hub, '2026-03-03T13:29:39+08:00', 0);
  await as('urban', made.id, { kind: 'submit', task, form: { result: '已处置' } });
  ({ state: s } = await as('urban', made.id, { kind: 'confirm', task }));
  const found = await suspicions(hub.sql, 'live', ['demo'], new Date(CLOCK));
  assert.deepEqual(
    found.map((f) => f.reason),
    ['I、II 级任务签收超时', '签收到办结不足 1 分钟'],
  );
  assert.deepEqual(await suspicions(hub.sql, 'live', ['demo.gas'], new Date(CLOCK)), []);
});

test('over HTTP: the pool, lists page by page, the timeline; the administrator reads none of it', async (t) => {
  const { hub, report } = await centre(t);
  const { app } = await compose(hub);
  t.after(() => app.close());
  const signIn = async (login: string) => {
    const r = await app.inject({ method: 'POST', url: '/api/session', payload: { login, password: 'Yuxi-2026-demo' } });
    return { cookie: (r.headers['set-cookie'] as string).split(';')[0]!, 'x-csrf-token': (r.json() as { csrf: string }).csrf };
  };
  const officer = await signIn('zhiban1');
  for (let i = 0; i < 7; i++) await report({ set: { place, matter: 'road-damage', condition: 'broken', level: 4 } });
  const claim = await app.inject({ method: 'POST', url: '/api/cases/work/claim', headers: { ...officer, 'idempotency-key': 'c1' } });
  assert.equal(claim.statusCode, 200, claim.body);
  const again = await app.inject({ method: 'POST', url: '/api/cases/work/claim', headers: { ...officer, 'idempotency-key': 'c1' } });
  assert.deepEqual(again.json(), claim.json(), 'a retry claims nothing more');
  const other = await signIn('zhiban2');
  const work = (await app.inject({ url: '/api/cases/work', headers: other })).json() as { items: unknown[] };
  assert.equal(work.items.length, 6, 'what another took is not in my work');
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const r: { statusCode: number; body: string; json(): unknown } = await app.inject({
      url: `/api/cases?limit=3&matter=road-damage${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
      headers: officer,
    });
    assert.equal(r.statusCode, 200, r.body);
    const page = r.json() as { items: { id: string }[]; next: string | null };
    seen.push(...page.items.map((x) => x.id));
    cursor = page.next;
  } while (cursor);
  assert.equal(seen.length, 7);
  assert.equal(new Set(seen).size, 7);
  assert.equal((await app.inject({ url: '/api/cases?text=%25', headers: officer })).json().items.length, 0, 'a percent sign is text');
  const admin = await signIn('xitong');
  for (const url of ['/api/cases', '/api/cases/work', `/api/cases/${seen[0]}`, '/api/cases.csv', '/api/cases/suspicions'])
    assert.equal((await app.inject({ url, headers: admin })).statusCode, 403, url);
});

test('F-19 a command never waits for a timer that is just firing on its case, and the timer then finds nothing to say', async (t) => {
  const { hub, report, as, timers } = await centre(t);
  const { id, state } = await report();
  await setClock(hub, '2026-03-02T09:25:00+08:00', 0);
  // As a scheduler does: it holds the timer's row, and its handler would next ask for the case.
  await hub.sql.begin(async (tx) => {
    const held = await tx`select 1 from timers where subject = ${`case:${id}`} and state = 'waiting' for update`;
    assert.ok(held.length > 0);
    const late = new Promise<never>((_, no) => setTimeout(() => no(new Error('the command waited for the timer')), 3000).unref());
    await Promise.race([as('zhiban1', id, { kind: 'decide', task: state.tasks[0]!.id, outcome: 'accept' }), late]);
  });
  await timers().fireDue(hub);
  assert.deepEqual(
    (await history(hub.sql, `case:${id}`)).filter((f) => f.kind.startsWith('case.limit')),
    [],
  );
});
