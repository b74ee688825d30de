// The streams this process knows, each with a dense index: what decoders, checks, last values and listeners address rows by.
import { setTimeout } from 'node:timers/promises';
import type { Columns } from '#core/signals/columns.ts';
import { Names } from '#core/signals/decode.ts';
import { within } from '#core/people/roles.ts';
import type { Hub } from '../platform/hub.ts';
import type { Reading } from './copy.ts';
import * as store from './store.ts';

const LOOK_GAP_MS = 100;

export class Registry {
  readonly #hub: Hub;
  /** By dense index. */
  readonly rows: store.StreamRow[] = [];
  readonly byId = new Map<string, store.StreamRow & { index: number }>();
  readonly byCode = new Map<string, store.StreamRow & { index: number }>();
  /** References `thing/stream` and ids, from bytes. */
  readonly names = new Names();
  /** Stream ids by dense index; below 2^53 by their making. */
  ids = new Float64Array(0);
  /** What is physically possible, by dense index. */
  min = new Float64Array(0);
  max = new Float64Array(0);
  /** Corrections by dense index, oldest first; most streams have none. */
  calibrations = new Map<number, { at: number; gain: number; bias: number }[]>();
  #calibrated = 0;
  #stale = false;
  #last = '0';
  #look: Promise<void> | null = null;
  #looking: Promise<void> = Promise.resolve();
  #looked = Number.NEGATIVE_INFINITY;
  #generation = 0;
  #masks = new Map<string, Uint8Array>();
  constructor(hub: Hub) {
    this.#hub = hub;
    hub.onWake((what) => {
      if (what === 'facts' && this.#stale) this.#readCalibrations().catch((error: unknown) => hub.log.warn('calibrations not read', { error }));
    });
  }

  /** Reads new streams, or with `all` every one again (units, ranges and states may have changed). */
  async refresh(all = false): Promise<void> {
    const found = await store.allStreams(this.#hub.sql, all ? '0' : this.#last);
    if (found.length) this.#add(found);
    await this.#readCalibrations();
  }
  #add(found: store.StreamRow[]): void {
    for (const s of found) {
      const known = this.byId.get(s.id);
      if (known) {
        Object.assign(known, s);
        continue;
      }
      const row = Object.assign(s, { index: this.rows.length });
      this.rows.push(row);
      this.byId.set(s.id, row);
      this.byCode.set(`${s.thing}/${s.code}`, row);
      this.names.add(s.id, row.index);
      this.names.add(`${s.thing}/${s.code}`, row.index);
    }
    this.#last = this.rows.reduce((a, r) => (BigInt(r.id) > BigInt(a) ? r.id : a), this.#last);
    this.ids = Float64Array.from(this.rows, (r) => Number(r.id));
    this.min = Float64Array.from(this.rows, (r) => r.min ?? Number.NEGATIVE_INFINITY);
    this.max = Float64Array.from(this.rows, (r) => r.max ?? Number.POSITIVE_INFINITY);
    this.#masks.clear();
    this.#generation++;
  }
  /** A calibration is about to be committed: it is looked for after every commit until it is there. */
  stale(): void {
    this.#stale = true;
  }
  async #readCalibrations(): Promise<void> {
    let n = 0;
    const map = new Map<number, { at: number; gain: number; bias: number }[]>();
    for (const c of await store.allCalibrations(this.#hub.sql)) {
      const index = this.byId.get(c.stream)?.index;
      if (index === undefined) continue;
      n++;
      const list = map.get(index);
      const item = { at: c.at.getTime(), gain: c.gain, bias: c.bias };
      if (list) list.push(item);
      else map.set(index, [item]);
    }
    if (n !== this.#calibrated) this.#stale = false;
    this.#calibrated = n;
    this.calibrations = map;
  }
  /** Changes whenever the registry does. */
  get generation(): number {
    return this.#generation;
  }

  find(ref: string): (store.StreamRow & { index: number }) | undefined {
    return this.byCode.get(ref) ?? this.byId.get(ref);
  }

  /**
   * Looks again in the database after something unknown was named: all who ask share one look that begins after they asked (an earlier one
   * might have missed a stream made just now), and looks keep a distance, so that a flood of unknown names costs a few queries a second.
   * True when the registry has changed meanwhile.
   */
  async lookAgain(): Promise<boolean> {
    const before = this.#generation;
    this.#look ??= this.#lookSoon(this.#looking);
    await this.#look;
    return this.#generation !== before;
  }
  async #lookSoon(running: Promise<void>): Promise<void> {
    await running.catch(() => {});
    const wait = this.#looked + LOOK_GAP_MS - performance.now();
    if (wait > 0) await setTimeout(wait);
    this.#look = null;
    this.#looking = this.refresh();
    try {
      await this.#looking;
    } finally {
      this.#looked = performance.now();
    }
  }

  /** By dense index: 1 where one of the unit paths may write, else 0. */
  mask(scope: readonly string[]): Uint8Array {
    const key = scope.join('\n');
    let mask = this.#masks.get(key);
    if (!mask) {
      mask = Uint8Array.from(this.rows, (r) => (scope.some((p) => within(r.unit, p)) ? 1 : 0));
      if (this.#masks.size > 1000) this.#masks.clear();
      this.#masks.set(key, mask);
    }
    return mask;
  }

  reading(c: Columns, i: number): Reading {
    const kind = c.kind[i] as Reading['kind'];
    return { stream: this.rows[c.stream[i]!]!.id, at: c.at[i]!, kind, num: kind === 0 || kind === 2 ? c.num[i]! : null, txt: c.texts.get(i) ?? null, quality: c.quality[i]! };
  }
  readings(c: Columns): Reading[] {
    return Array.from({ length: c.n }, (_, i) => this.reading(c, i));
  }
}
