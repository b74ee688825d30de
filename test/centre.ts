// For tests of what comes after cases: the demonstration centre with one incident driven from a warning to its end.
import assert from 'node:assert/strict';
import type { Command } from '#core/cases/kernel.ts';
import { type Case, open } from '#core/cases/state.ts';
import { act, openFromWarning, read } from '#server/cases/service.ts';
import { DEMO_PASSWORD, firstStart } from '#server/first-start.ts';
import { compose } from '#server/main.ts';
import { actorFor } from '#server/people/service.ts';
import { type Follower, followStep } from '#server/platform/facts.ts';
import type { Hub } from '#server/platform/hub.ts';
import { setClock, testHub } from '#server/platform/testing.ts';

/** Runs a follower until it has passed every fact there is; other tests' transactions in the same cluster may hold it back for a moment. */
export async function catchUp(hub: Hub, name: string, follower: Follower): Promise<void> {
  await hub.sql`insert into cursors (name) values (${name}) on conflict do nothing`;
  const [last] = await hub.sql<{ position: string }[]>`select coalesce(max(position), 0)::text as position from facts`;
  for (const until = Date.now() + 20_000; ;) {
    await followStep(hub, name, follower);
    const [behind] = await hub.sql`select 1 from facts f, cursors c where c.name = ${name} and f.position <= ${last!.position} and (f.tx, f.position) > (c.tx, c.position) limit 1`;
    if (!behind) return;
    assert.ok(Date.now() < until, `follower ${name} stays behind`);
    await new Promise((r) => setTimeout(r, 20));
  }
}

/** A demonstration centre at an instant, with helpers that act as its posts. */
export async function centre(t: Parameters<typeof testHub>[0], clock: string) {
  const hub = await testHub(t, { clock });
  await firstStart(hub, () => {});
  const system = await compose(hub);
  const { app } = system;
  const stateOf = async (id: string): Promise<Case> => (await read(hub.sql, id))!.state;
  const as = async (login: string, id: string, command: Command): Promise<Case> => {
    const actor = await actorFor(hub.sql, login);
    return (await hub.command({ actor, realm: 'live' }, (work) => act(work, id, null, command))).state;
  };
  const taskOf = (s: Case, step: string, unit?: string): string => {
    const found = s.tasks.find((x) => x.step === step && open(x) && (!unit || x.unit === unit));
    assert.ok(found, `an open task at ${step} ${unit ?? ''}`);
    return found.id;
  };
  /** A pipe burst called by a warning: filed and dispatched to four units at once. */
  const burst = async (level = 2): Promise<string> => {
    const { id } = await hub.command(hub.system('warnings'), (work) =>
      openFromWarning(work, {
        warningId: crypto.randomUUID(),
        title: '供水管道爆裂',
        description: '',
        level,
        scenario: 'pipe-burst',
        place: { lon: 106.3, lat: 29.43, address: '示意路 1 号' },
      }),
    );
    return id;
  };
  const workers: Record<string, [doer: string, boss: string]> = {
    'demo.waterworks': ['waterworks-b', 'waterworks'],
    'demo.urban': ['urban-b', 'urban'],
    'demo.traffic': ['traffic-b', 'traffic'],
  };
  /** Every called unit acknowledges, submits and confirms. */
  const handleAll = async (id: string): Promise<void> => {
    for (const task of (await stateOf(id)).tasks.filter((x) => x.step === 'handle' && open(x))) {
      const [doer, boss] = workers[task.unit] ?? ['t01', 't01'];
      if (task.state === 'offered') await as(doer, id, { kind: 'accept', task: task.id });
      await as(doer, id, { kind: 'submit', task: task.id, form: { result: '已处置' } });
      await as(boss, id, { kind: 'confirm', task: task.id });
    }
  };
  const inspectAndClose = async (id: string): Promise<void> => {
    await as('shouli', id, { kind: 'decide', task: taskOf(await stateOf(id), 'inspect'), outcome: 'pass', form: { evidence: '现场恢复' } });
    await as('shouli', id, { kind: 'decide', task: taskOf(await stateOf(id), 'closing'), outcome: 'close', form: { conditionMet: true } });
  };
  /** Signs in over HTTP as a post. */
  const signIn = async (login: string) => {
    const r = await app.inject({ method: 'POST', url: '/api/session', payload: { login, password: DEMO_PASSWORD } });
    assert.equal(r.statusCode, 200, r.body);
    const headers = { cookie: String(r.headers['set-cookie']).split(';')[0]!, 'x-csrf-token': (r.json() as { csrf: string }).csrf };
    let n = 0;
    return {
      get: (url: string) => app.inject({ url, headers }),
      send: (method: 'POST' | 'PUT' | 'DELETE', url: string, payload?: object, version?: number) =>
        app.inject({
          method,
          url,
          ...(payload ? { payload } : {}),
          headers: { ...headers, 'idempotency-key': `${login}-${++n}`, ...(version === undefined ? {} : { 'if-match': `"v${version}"` }) },
        }),
    };
  };
  return { hub, system, app, as, stateOf, taskOf, burst, handleAll, inspectAndClose, signIn, clock: (at: string) => setClock(hub, at) };
}
