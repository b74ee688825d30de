// What cases hear: their own timers, and who may see their facts live.
import { scopeOf } from '#core/people/roles.ts';
import type { System } from '../main.ts';
import { onTimer, visibleIds } from './service.ts';

export function installCases(system: System): void {
  system.timers.on('case.', (work, timer) => onTimer(work, timer.kind, timer.subject, timer.generation, timer.data as { task: string; limit?: string }));
  system.live.show('case', 'case.read', (hub, actor, realm, ids) => visibleIds(hub.sql, ids, scopeOf(actor, 'case.read'), realm));
}
