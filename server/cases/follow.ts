// What cases hear: their own timers, and who may see their facts live.
import { scopeOf } from '#core/people/roles.ts';
import type { System } from '../main.ts';
import { serveOpen311 } from './open311.ts';
import { onTimer, visibleIds } from './service.ts';

export async function installCases(system: System): Promise<void> {
  system.timers.on('case.', (work, timer) => onTimer(work, timer.kind, timer.subject, timer.generation, timer.data as { task: string; limit?: string }));
  system.live.show('case', 'case.read', (hub, actor, realm, ids) => visibleIds(hub.sql, ids, scopeOf(actor, 'case.read'), realm));
  await serveOpen311(system.app, system.hub);
}
