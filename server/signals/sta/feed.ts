// What was made or changed, told inside the process after its commit: subscriptions hear of it here, readings of every way in included.
import type { EntityName } from '#core/signals/sta/model.ts';
import type { Columns } from '#core/signals/columns.ts';
import type { Hub } from '../../platform/hub.ts';
import { signalsOf } from '../service.ts';

export interface Event {
  entity: EntityName;
  id?: string;
  /** Of a reading: its key, microseconds. */
  stream?: string;
  at?: bigint;
  how: 'made' | 'changed' | 'removed';
  /** Properties that changed; undefined: all may have. */
  names?: string[];
}
export type Listener = (events: Event[]) => void;

export class Feed {
  readonly #hub: Hub;
  readonly #listeners = new Set<Listener>();
  /** Streams whose readings somebody listens to; `*` is all. */
  #bound = false;
  constructor(hub: Hub) {
    this.#hub = hub;
  }
  on(listener: Listener): () => void {
    if (!this.#bound) {
      this.#bound = true;
      const signals = signalsOf(this.#hub);
      signals.ingest.onColumns((parts) => this.#readings(parts));
    }
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  entities(events: Event[]): void {
    if (!events.length) return;
    for (const l of this.#listeners) l(events);
  }
  #readings(parts: readonly Columns[]): void {
    if (!this.#listeners.size) return;
    const { ids } = signalsOf(this.#hub).registry;
    const events: Event[] = [];
    for (const c of parts)
      for (let i = 0; i < c.n; i++) events.push({ entity: 'Observation', stream: String(ids[c.stream[i]!]), at: BigInt(Math.round(c.at[i]! * 1000)), how: 'made' });
    this.entities(events);
  }
}
const feeds = new WeakMap<Hub, Feed>();
/** The feed of a hub's process. */
export function feedOf(hub: Hub): Feed {
  let f = feeds.get(hub);
  if (!f) feeds.set(hub, (f = new Feed(hub)));
  return f;
}
