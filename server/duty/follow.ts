// What duty lets others hear: live changes of log, roster and handovers, to those who may read duty over the unit.
import type { System } from '../main.ts';

export function installDuty(system: System): void {
  for (const subject of ['duty-entry', 'duty-shift', 'duty-handover']) system.live.show(subject, 'duty.read');
}
