// What records tell others: live changes to those who may read the ledgers of the unit, and the numbers of ledgers to indicators.
import { indicatorsOf } from '../indicators/service.ts';
import type { System } from '../main.ts';
import { ledgerMeasure } from './measure.ts';

export function installRecords(system: System): void {
  system.live.show('record', 'record.read');
  indicatorsOf(system.hub).provide('ledger', ledgerMeasure);
}
