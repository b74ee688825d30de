// Kills a working centre at random moments and checks, each time, that nothing it acknowledged is gone and nothing happened twice.
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import mqtt, { type MqttClient } from 'mqtt';
import { fold } from '#core/cases/state.ts';
import { verify } from '#server/platform/audit.ts';
import { readConfig } from '#server/platform/config.ts';
import { attachInstance } from '#server/platform/instance.ts';
import { findPostgres } from '#server/platform/postgres.ts';
import { history } from '#server/platform/facts.ts';
import type { Hub } from '#server/platform/hub.ts';
import { type Running, type Session, gauges, scratch, signIn, start } from './running.ts';

/** mulberry32: the same seed gives the same kills. */
function random(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
const wait = (ms: number) => new Promise((r) => setTimeout(r, ms));

/** One line of the witness outside: what the centre said it holds. */
type Seen = { reading: { stream: string; at: string; value: number } } | { report: { id: string; key: string } } | { command: { id: string; version: number } };

class Load {
  stopped = false;
  tried = 0;
  readonly #witness: string;
  readonly #random: () => number;
  /** Reports whose answer never came: sent again with the same key after the restart. */
  readonly open = new Map<string, string>();
  /** Instants of batches: each is used once, whatever is killed. */
  #next = Date.now() - 7_200_000;
  constructor(witness: string, rnd: () => number) {
    this.#witness = witness;
    this.#random = rnd;
  }
  #write(s: Seen): void {
    appendFileSync(this.#witness, `${JSON.stringify(s)}\n`, { flush: true });
  }

  async readings(client: MqttClient, code: string, lane: number): Promise<void> {
    for (let n = 0; !this.stopped; n++) {
      // A grid of instants of its own, so that no two lanes ever mean the same reading.
      const at = new Date(Date.now() - 3_600_000 + lane).toISOString();
      const value = Math.round(this.#random() * 1000) / 10_000 + 0.2;
      this.tried++;
      try {
        await client.publishAsync(`v1/things/${code}/readings`, JSON.stringify({ time: at, pressure: value }), { qos: 1 });
      } catch {
        return;
      }
      this.#write({ reading: { stream: `${code}/pressure`, at, value } });
      await wait(5);
    }
  }

  async batches(url: string, auth: string, code: string): Promise<void> {
    while (!this.stopped) {
      const batch = Array.from({ length: 20 }, () => ({
        stream: `${code}/pressure`,
        time: new Date((this.#next += 40)).toISOString(),
        value: Math.round(this.#random() * 1000) / 10_000 + 0.2,
      }));
      this.tried += batch.length;
      const r = await fetch(`${url}/api/observations`, { method: 'POST', headers: { authorization: auth, 'content-type': 'application/json' }, body: JSON.stringify(batch) }).catch(
        () => undefined,
      );
      if (r?.status === 200) for (const b of batch) this.#write({ reading: { stream: b.stream, at: b.time, value: b.value } });
      await wait(60);
    }
  }

  async reports(session: Session): Promise<void> {
    while (!this.stopped) {
      const key = crypto.randomUUID();
      this.open.set(key, key);
      this.tried++;
      const made = await session
        .send<{ id: string; version: number }>('POST', '/api/cases', { title: `故障演练 ${key}`, set: { place: { lon: 106.3, lat: 29.43, address: '' } } }, { key })
        .catch(() => undefined);
      if (made?.status !== 201) {
        await wait(30);
        continue;
      }
      this.open.delete(key);
      this.#write({ report: { id: made.body.id, key } });
      let { version } = made.body;
      for (const text of ['一', '二']) {
        if (this.stopped) break;
        const r = await session.send<{ version: number }>('POST', `/api/cases/${made.body.id}/commands`, { kind: 'comment', text }, { version }).catch(() => undefined);
        if (r?.status !== 200) break;
        version = r.body.version;
        this.#write({ command: { id: made.body.id, version } });
      }
    }
  }

  /** After a restart: the same reports again with the same keys; each must have happened once. */
  async again(session: Session): Promise<void> {
    for (const key of this.open.keys()) {
      const r = await session
        .send<{ id: string }>('POST', '/api/cases', { title: `故障演练 ${key}`, set: { place: { lon: 106.3, lat: 29.43, address: '' } } }, { key })
        .catch(() => undefined);
      if (r?.status !== 201) continue;
      this.#write({ report: { id: r.body.id, key } });
      this.open.delete(key);
    }
  }
}

/** Checks the invariants of standards.md §8.3 against the witness, on the living database. */
async function check(hub: Hub, witness: string): Promise<{ readings: number; reports: number; commands: number; facts: number }> {
  const seen = readFileSync(witness, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((l) => JSON.parse(l) as Seen);
  const readings = seen.flatMap((s) => ('reading' in s ? [s.reading] : []));
  const stored = new Map(
    (
      await hub.sql<
        { ref: string; at: Date; num: number }[]
      >`select t.code || '/' || s.code as ref, o.at, o.num from observations o join streams s on s.id = o.stream join things t on t.id = s.thing_id`
    ).map((r) => [`${r.ref} ${r.at.toISOString()}`, r.num]),
  );
  for (const r of readings) assert.equal(stored.get(`${r.stream} ${r.at}`), r.value, `I1 reading ${r.stream} ${r.at}`);
  const reports = seen.flatMap((s) => ('report' in s ? [s.report] : []));
  const cases = new Map((await hub.sql<{ id: string; title: string; version: number }[]>`select id, title, version from cases`).map((c) => [c.id, c]));
  for (const r of reports) assert.ok(cases.has(r.id), `I1 report ${r.id}`);
  const titles = Array.from(cases.values(), (c) => c.title);
  assert.equal(new Set(titles).size, titles.length, 'I3 no report twice');
  const commands = seen.flatMap((s) => ('command' in s ? [s.command] : []));
  for (const c of commands) assert.ok(cases.get(c.id)!.version >= c.version, `I1 command ${c.id} v${c.version}`);
  const twice =
    await hub.sql`select subject, data ->> 'task' as task, data ->> 'limit' as l, kind, count(*) from facts where kind like 'case.limit-%' group by 1, 2, 3, 4, data ->> 'due' having count(*) > 1`;
  assert.equal(twice.length, 0, 'I5 no deadline twice');
  const homeless =
    await hub.sql`select c.id from cases c where c.status = 'open' and not exists (select 1 from timers t where t.subject = 'case:' || c.id::text and t.kind like 'case.%' and t.state in ('waiting', 'fired'))`;
  assert.equal(homeless.length, 0, 'I4 every open case has a clock');
  for (const [id] of [...cases].slice(-15)) {
    const [row] = await hub.sql<{ state: unknown; version: number }[]>`select state, version from cases where id = ${id}`;
    const facts = await history(hub.sql, `case:${id}`);
    assert.deepEqual(JSON.parse(JSON.stringify(fold(facts))), row!.state, 'I6 the row is the fold of its facts');
    assert.equal(row!.version, facts.length);
  }
  const v = await verify(hub);
  assert.equal(v.good, true, `I7 ${v.problem}`);
  return { readings: readings.length, reports: reports.length, commands: commands.length, facts: v.facts };
}

/** Runs `kills` rounds: work, kill -9 of the app or of PostgreSQL, restart, check. Gives what was acknowledged and verified in the end. */
export async function killing(t: TestContext, kills: number, seed: number): Promise<Record<string, number>> {
  const rnd = random(seed);
  t.diagnostic(`seed ${seed}`);
  const dataDir = scratch(t);
  const witness = join(scratch(t), 'witness.jsonl');
  writeFileSync(witness, '');
  let server: Running = await start(dataDir);
  t.after(() => server.kill('SIGKILL'));
  const device = await gauges(server.url, 4);
  const auth = `Basic ${Buffer.from(`${device.login}:${device.secret}`).toString('base64')}`;
  const load = new Load(witness, rnd);
  let app = 0;
  let database = 0;
  let result: Record<string, number> = {};
  for (let k = 0; k < kills; k++) {
    load.stopped = false;
    const session = await signIn(server.url, 'zhiban1');
    await load.again(session);
    const client = await mqtt.connectAsync({ host: '127.0.0.1', port: server.mqttPort, username: device.login, password: device.secret, protocolVersion: 4, reconnectPeriod: 0 });
    client.on('error', () => {});
    const work = Promise.allSettled([
      load.readings(client, 'gauge-0', 0),
      load.readings(client, 'gauge-1', 1),
      load.batches(server.url, auth, 'gauge-2'),
      load.reports(session),
      load.reports(session),
    ]);
    await wait(150 + rnd() * 1500);
    if (k % 3 !== 2) {
      await server.kill('SIGKILL');
      app++;
    } else {
      const { pid } = await findPostgres(dataDir);
      process.kill(pid, 'SIGKILL');
      database++;
      // Some time without its database: it must refuse, not pretend; then the app goes too.
      await wait(200 + rnd() * 600);
      await server.kill('SIGKILL');
    }
    load.stopped = true;
    client.end(true);
    await work;
    server = await start(dataDir);
    const hub = await attachInstance(readConfig({ DATA_DIR: dataDir, LOG: 'silent' }));
    try {
      // Let deadlines pass by moving domain time ahead a little each round.
      await hub.sql`update realms set base_real = clock_timestamp(), base_domain = app_now('live') + interval '7 minutes' where realm = 'live'`;
      await wait(1200);
      result = { ...(await check(hub, witness)), app, database };
    } finally {
      await hub.close();
    }
  }
  t.diagnostic(JSON.stringify(result));
  assert.ok(result.readings! > kills * 10 && result.reports! > kills, 'the kills hit a working centre');
  return result;
}
