// What happens before the doors open: packs are imported, and a new folder becomes a demonstration centre unless told otherwise.
import type { Hub } from './platform/hub.ts';

/** Prepares the centre; gives whether it is a demonstration. */
export async function firstStart(hub: Hub, say: (text: string) => void): Promise<{ demo: boolean }> {
  const [known] = await hub.sql<{ value: boolean }[]>`select value from installation where key = 'demo'`;
  const demo = known ? known.value : hub.config.demo;
  if (!known) {
    say(demo ? '首次启动：建立演示中心 …' : '首次启动：建立空白中心 …');
    await hub.sql`insert into installation (key, value) values ('demo', ${hub.sql.json(demo)}) on conflict do nothing`;
  }
  return { demo };
}
