// Many kills at random moments, and a planted tampering that must be named.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verify } from '#server/platform/audit.ts';
import { readConfig } from '#server/platform/config.ts';
import { attachInstance } from '#server/platform/instance.ts';
import { killing } from '../kills.ts';
import { scratch, start } from '../running.ts';

const seed = Number(process.env.SEED ?? Math.trunc(Date.now() / 1000));

test('F-02 F-03 thirty kills -9 of app and database lose nothing acknowledged, fire nothing twice', { timeout: 1_500_000 }, async (t) => {
  const r = await killing(t, Number(process.env.KILLS ?? 30), seed);
  assert.ok(r.app! > 0 && r.database! > 0, 'REL-01: both kinds of kill happened');
});

test('F-34 a planted tampering is named', { timeout: 120_000 }, async (t) => {
  const dataDir = scratch(t);
  const server = await start(dataDir);
  t.after(() => server.kill('SIGKILL'));
  const hub = await attachInstance(readConfig({ DATA_DIR: dataDir, LOG: 'silent' }));
  try {
    assert.equal((await verify(hub)).good, true);
    const [victim] = await hub.sql<{ position: string }[]>`select position::text from facts where kind = 'account.opened' order by position limit 1`;
    await hub.sql`update facts set data = data || '{"login": "intruder"}' where position = ${victim!.position}`;
    const v = await verify(hub);
    assert.equal(v.good, false);
    assert.match(v.problem!, new RegExp(`事实 ${victim!.position}（`));
  } finally {
    await hub.close();
  }
});
