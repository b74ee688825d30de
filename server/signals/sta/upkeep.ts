// What the façade keeps in order by itself: names from the packs, and nothing left over of readings beyond their retention.
import type { Hub } from '../../platform/hub.ts';
import { current } from '../../packs/service.ts';

/** Sensors made for a profile carry its name once a pack says it. */
export async function nameProfiles(hub: Hub): Promise<void> {
  const rows = await hub.sql<{ code: string }[]>`select code from sensors where code is not null and name = code limit 200`;
  if (!rows.length) return;
  const { content } = await current(hub);
  for (const { code } of rows) {
    const profile = content.profiles.get(code);
    if (profile && profile.name.zh !== code)
      await hub.sql`update sensors set name = ${profile.name.zh}, description = ${profile.name.en ?? ''} where code = ${code} and name = code`;
  }
}

/** Drops what was kept beside readings that are gone with their month. */
export async function forgetExtras(hub: Hub, before: Date): Promise<void> {
  for (;;) {
    const gone = await hub.sql`delete from observation_extras where ctid in (select ctid from observation_extras where at < ${before} limit 10000) returning 1`;
    if (gone.length < 10_000) return;
  }
}
