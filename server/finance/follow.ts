// What finance hooks into: live changes for those who may read the unit's disclosures, and one reading process per hub.
import type { Hub } from '../platform/hub.ts';
import type { System } from '../main.ts';
import { Reader } from './reader.ts';

const readers = new WeakMap<Hub, Reader>();
/** The reader of uploads of a hub, started when first needed. */
export function readerOf(hub: Hub): Reader {
  let r = readers.get(hub);
  if (!r) {
    readers.set(hub, (r = new Reader()));
    hub.onClose(() => r!.close());
  }
  return r;
}

export function installFinance(system: System): void {
  for (const subject of ['disclosure', 'disclosed-target', 'execution', 'monitoring', 'self-evaluation']) system.live.show(subject, 'finance.read');
}
