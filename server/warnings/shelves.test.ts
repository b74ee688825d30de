// Windows of maintenance: those ahead are listed, ending one early makes what it held call again, nobody ends another unit's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scopeOf } from '#core/people/roles.ts';
import { actAs, testHub } from '../platform/testing.ts';
import { uuidv7 } from '../platform/ids.ts';
import { addShelf } from './service.ts';
import { endShelf, listShelves } from './shelves.ts';
import { named } from './names.ts';
import * as store from './store.ts';

test('a window ahead is listed, ended early, and what it held is due again', async (t) => {
  const hub = await testHub(t);
  const actor = await actAs(hub, 'duty_officer', 'yuxi');
  const scope = scopeOf(actor, 'warning.handle');
  const as = { actor, realm: 'live' };
  const now = (await hub.now('live')).getTime();
  const window = (fromMinutes: number, minutes: number, rule?: string) =>
    hub.command(as, (work) =>
      addShelf(
        work,
        {
          kind: 'maintenance',
          unit: 'yuxi',
          ...(rule ? { rule } : {}),
          from: new Date(now + fromMinutes * 60_000),
          until: new Date(now + (fromMinutes + minutes) * 60_000),
          reason: '换表',
        },
        scope,
      ),
    );
  const ahead = await window(120, 60);
  const running = await window(-5, 60, 'pipe-pressure-low');
  assert.deepEqual(
    (await listShelves(hub, 'live', scope)).map((s) => s.id),
    [running.id, ahead.id],
  );
  // People read the post's name; what no account did stays as it is.
  const who = await named(hub, [...(await listShelves(hub, 'live', scope)), { by: 'system:warnings' }]);
  assert.deepEqual(
    who.map((w) => w.by),
    ['duty_officer-yuxi', 'duty_officer-yuxi', 'system:warnings'],
  );
  const until = new Date(now + 55 * 60_000);
  const id = uuidv7();
  await hub.command(as, (work) =>
    store.add(work.tx, work.realm, [
      {
        id,
        kind: 'rule',
        rule: 'pipe-pressure-low',
        rule_version: 1,
        object: 'stream:1',
        episode: 1,
        thing_id: null,
        stream_id: null,
        parent_id: null,
        unit: 'yuxi',
        handler: null,
        level: 2,
        worst: 2,
        state: 'shelved',
        headline: { zh: '压力低', en: 'low' },
        value: 0.1,
        value_unit: 'MPa',
        evidence: {},
        folded_into: null,
        inhibited_by: null,
        children: 0,
        raised_at: new Date(now),
        shelved_until: until,
        lon: null,
        lat: null,
        place: null,
        notices: 0,
      },
    ]),
  );
  await assert.rejects(
    hub.command(as, (work) => endShelf(work, running.id, ['yuxi.waterworks'])),
    (e: { code?: string }) => e.code === 'not-found',
  );
  await hub.command(as, (work) => endShelf(work, running.id, scope));
  await hub.command(as, (work) => endShelf(work, ahead.id, scope));
  assert.deepEqual(await listShelves(hub, 'live', scope), []);
  const due = await hub.sql<{ kind: string; at: Date }[]>`select kind, due_at as at from timers where subject = ${`warning:${id}`}`;
  assert.equal(due[0]?.kind, 'warning.unshelve');
  assert.ok(due[0]!.at <= (await hub.now('live')), 'it calls at once, not at the end once planned');
});
