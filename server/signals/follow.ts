// What signals start: the ways in, the hourly rollups behind the readings, the last values.
import { addCheck } from '../platform/health.ts';
import type { Hub } from '../platform/hub.ts';
import { loop } from '../platform/loop.ts';
import type { System } from '../main.ts';
import { signalsOf } from './service.ts';
export { signalsOf } from './service.ts';
import { mapperTopics } from './mappers.ts';
import { IMPORT_JOB, runImport } from './csv-import.ts';
import { runProbes } from './probes/service.ts';
import { CURSOR, rollStep } from './rollup.ts';
import { forgetBatches, forgetHours, healHeads, rollHours } from './store.ts';
import { cloudEventsWayIn } from './ways-in/cloudevents.ts';
import { httpWayIn } from './ways-in/http.ts';
import { sensorThings } from './sta/http.ts';
import { staTopics } from './sta/mqtt.ts';
import { forgetExtras, nameProfiles } from './sta/upkeep.ts';
import { followBroker, startMqtt } from './ways-in/mqtt.ts';

export interface Batch {
  tx: string;
  id: string;
  streams: string[];
  hours: Date[];
}
export type BatchHandler = (tx: Parameters<Parameters<Hub['sql']['begin']>[1]>[0], batches: Batch[]) => Promise<void>;

/** One step of a follower of stored groups: like followers of facts, cursor and effects commit together, nothing is skipped. */
export async function batchStep(hub: Hub, name: string, handle: BatchHandler, limit = 200): Promise<boolean> {
  return hub.sql.begin(async (tx) => {
    const [cursor] = await tx<{ tx: string; position: string }[]>`select tx::text, position::text from cursors where name = ${name} for update skip locked`;
    if (!cursor) return false;
    // As many groups as hold 50,000 touched hours: a follower's transaction stays short.
    const batches = await tx<Batch[]>`select tx::text, id::text, streams::text[], hours from (
        select *, row_number() over w as n, sum(cardinality(streams)) over w as total from (
          select tx, id, streams, hours from ingest_batches i
          where (i.tx, i.id) > (${cursor.tx}::text::xid8, ${cursor.position}::bigint) and i.tx < pg_snapshot_xmin(pg_current_snapshot()) order by i.tx, i.id limit ${limit}) x
        window w as (order by x.tx, x.id)) y
      where total <= 50000 or n = 1 order by y.tx, y.id`;
    const last = batches.at(-1);
    if (!last) return false;
    await handle(tx as never, [...batches]);
    await tx`update cursors set tx = ${last.tx}::text::xid8, position = ${last.id}, failures = 0, updated_at = clock_timestamp() where name = ${name}`;
    return true;
  }) as Promise<boolean>;
}

const followers = new Set([CURSOR]);
/** Follows stored groups under a name until the hub closes. */
export async function followBatches(hub: Hub, name: string, handle: BatchHandler): Promise<void> {
  followers.add(name);
  await hub.sql`insert into cursors (name) values (${name}) on conflict do nothing`;
  loop(hub, `batches ${name}`, 500, () => batchStep(hub, name, handle));
}

export const rollup: BatchHandler = async (tx, batches) => {
  await rollHours(
    tx as never,
    batches.flatMap((b) => b.streams),
    batches.flatMap((b) => b.hours),
  );
};

export async function installSignals(system: System): Promise<void> {
  const { hub, app } = system;
  const signals = signalsOf(hub);
  await httpWayIn(app, signals);
  await sensorThings(app, hub);
  await cloudEventsWayIn(app, hub, signals);
  signals.topics.push(mapperTopics(hub), staTopics(hub));
  system.jobs.on(IMPORT_JOB, runImport);
  system.live.show('thing', 'signal.read');
  system.onStart(async () => {
    runProbes(hub);
    await signals.registry.refresh();
    await healHeads(hub.sql);
    if (hub.config.mqttUrl) {
      const external = await followBroker(hub, signals, hub.config.mqttUrl);
      addCheck('broker', async () => ({ ok: external.connected(), detail: external.connected() ? '外部消息代理已连接' : '外部消息代理未连接' }));
    } else {
      const listener = await startMqtt(hub, signals);
      system.mqttPort = listener.port;
      // Where command-line tools find the listener when its port was chosen freely.
      await hub.sql`insert into installation (key, value) values ('mqtt-port', ${hub.sql.json(listener.port)}) on conflict (key) do update set value = excluded.value`;
      addCheck('broker', async () => ({ ok: true, detail: `内置 MQTT 端口 ${listener.port}，${listener.clients()} 个设备` }));
    }
    await hub.sql`insert into cursors (name) values (${CURSOR}) on conflict do nothing`;
    // Rollups take at most a quarter of the time of one connection, and give way to readings that wait.
    const share = (most: number) => () => (signals.ingest.pressed ? 0.4 * most : most);
    loop(
      hub,
      'stream hours',
      500,
      async () => {
        await rollStep(hub);
        return false;
      },
      undefined,
      share(0.25),
    );
    loop(hub, 'partitions', 3_600_000, async () => {
      const now = new Date(await signals.now());
      await signals.ingest.partitions.ahead(now);
      const dropped = await signals.ingest.partitions.drop(new Date(now.getTime() - hub.config.retentionDays * 86_400_000));
      if (dropped.length) hub.log.info('months beyond retention dropped', { dropped });
      await forgetExtras(hub, new Date(now.getTime() - hub.config.retentionDays * 86_400_000));
      await forgetHours(hub.sql, new Date(now.getTime() - hub.config.rollupDays * 86_400_000));
      await forgetBatches(hub.sql, [...followers]);
      return false;
    });
    // Units, ranges and states of streams may have changed.
    loop(hub, 'stream registry', 30_000, async () => {
      await signals.registry.refresh(true);
      await nameProfiles(hub);
      return false;
    });
    loop(
      hub,
      'stream heads',
      500,
      async () => {
        await signals.flush();
        return false;
      },
      undefined,
      share(0.1),
    );
    // Registered last, so that it runs first at close: what is known goes to disk before the pool ends.
    hub.onClose(() =>
      signals.flush().then(
        () => {},
        () => {},
      ),
    );
  });
}
