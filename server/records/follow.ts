// What records let others hear: live changes, to those who may read the ledgers of the unit.
import type { System } from '../main.ts';

export function installRecords(system: System): void {
  system.live.show('record', 'record.read');
}
