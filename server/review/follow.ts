// What reviews hear: the end of cases (a proposal, or an improvement done) and the days improvements are due.
import { scopeOf } from '#core/people/roles.ts';
import type { System } from '../main.ts';
import { follow } from '../platform/facts.ts';
import { followCases, onTimer, visibleIds } from './service.ts';

export const HEARD = ['case.closed', 'case.dismissed', 'case.reopened'];

export function installReview(system: System): void {
  const { hub } = system;
  system.timers.on('review.', onTimer);
  system.live.show('review', 'review.read', (h, actor, realm, ids) => visibleIds(h.sql, ids, realm, scopeOf(actor, 'review.read')));
  system.onStart(async () => {
    await follow(hub, 'review', { kinds: HEARD, handle: followCases });
  });
}
