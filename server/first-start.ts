// What happens before the doors open: packs are imported, units and posts made from them, and a new folder becomes a demonstration centre unless told otherwise.
import type { Centre } from '#core/people/pack.ts';
import { accountBy, addAccount, grantRoles, hashPassword, putUnit, unitBy } from './people/service.ts';
import { current, importPacks } from './packs/service.ts';
import type { Hub, Work } from './platform/hub.ts';

/** Every demo post has this password; it opens nothing but invented data, and no real centre has such accounts. */
export const DEMO_PASSWORD = 'Yuxi-2026-demo';

type Node = Centre['root'];

async function plantUnits(work: Work, node: Node, parentId: string | null, schematic: boolean): Promise<void> {
  const area = node.area ? { type: 'Polygon', coordinates: [[...node.area, node.area[0]!]], schematic } : undefined;
  const unit = await putUnit(work, { code: node.code, name: node.name, kind: node.kind, parentId, ...(area ? { area } : {}) });
  for (const child of node.children ?? []) await plantUnits(work, child, unit.id, schematic);
}

/** Makes the units and accounts that a centre pack names; what exists stays as it is. */
export async function plantCentre(work: Work, centre: Centre): Promise<void> {
  await plantUnits(work, centre.root, null, centre.schematic);
  // All demo posts share one password, so one hash does for all of them.
  const passwordHash = centre.demo ? await hashPassword(DEMO_PASSWORD) : undefined;
  for (const a of centre.accounts) {
    if (await accountBy(work.tx, { login: a.login })) continue;
    const unit = await unitBy(work.tx, { path: a.unit });
    if (!unit) throw new Error(`账号 ${a.login} 的单位 ${a.unit} 不存在`);
    const { id } = await addAccount(work, { login: a.login, postName: a.post, unitId: unit.id, ...(passwordHash ? { passwordHash, demo: true, mustChange: false } : {}) });
    const grants = await Promise.all(a.roles.map(async (r) => ({ role: r.role, unitId: (await unitBy(work.tx, { path: r.over }))!.id })));
    await grantRoles(work.tx, id, grants);
  }
}

/** Prepares the centre; gives whether it is a demonstration. */
export async function firstStart(hub: Hub, say: (text: string) => void): Promise<{ demo: boolean; first: boolean }> {
  const [known] = await hub.sql<{ value: boolean }[]>`select value from installation where key = 'demo'`;
  const demo = known ? known.value : hub.config.demo;
  if (!known) say(demo ? '首次启动：建立演示中心 …' : '首次启动：建立空白中心 …');
  await hub.command(hub.system('start'), async (work) => {
    const { fresh } = await importPacks(work, demo ? ['district', 'finance-rules', 'demo-center'] : ['district', 'finance-rules']);
    if (known && !fresh) return;
    const { content } = await current(hub, work.tx);
    for (const centre of content.centre.values()) {
      await plantCentre(work, centre);
      await work.tx`insert into installation (key, value) values ('name', ${work.tx.json(centre.name)}) on conflict (key) do update set value = excluded.value`;
    }
    if (!known) await work.tx`insert into installation (key, value) values ('demo', ${work.tx.json(demo)})`;
  });
  return { demo, first: !known };
}
