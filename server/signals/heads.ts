// The last value of every stream: in memory by dense index, written to stream_heads in bulk from time to time, never per reading (STA-014).
import type { Columns } from '#core/signals/columns.ts';
import type { Hub } from '../platform/hub.ts';
import type { Registry } from './registry.ts';
import * as store from './store.ts';

export interface Head {
  at: number;
  kind: number;
  num: number | null;
  txt: string | null;
}

export class Heads {
  readonly #hub: Hub;
  readonly #registry: Registry;
  #at = new Float64Array(0);
  #num = new Float64Array(0);
  #kind = new Uint8Array(0);
  #changed = new Uint8Array(0);
  readonly #texts = new Map<number, string>();
  constructor(hub: Hub, registry: Registry) {
    this.#hub = hub;
    this.#registry = registry;
  }

  #grow(): void {
    const n = this.#registry.rows.length;
    if (this.#at.length >= n) return;
    const at = new Float64Array(n).fill(Number.NEGATIVE_INFINITY);
    at.set(this.#at);
    const num = new Float64Array(n);
    num.set(this.#num);
    const kind = new Uint8Array(n);
    kind.set(this.#kind);
    const changed = new Uint8Array(n);
    changed.set(this.#changed);
    [this.#at, this.#num, this.#kind, this.#changed] = [at, num, kind, changed];
  }

  hear(parts: readonly Columns[]): void {
    this.#grow();
    for (const c of parts) {
      const texts = c.texts.size > 0;
      for (let i = 0; i < c.n; i++) {
        const s = c.stream[i]!;
        if (c.at[i]! < this.#at[s]!) continue;
        this.#at[s] = c.at[i]!;
        this.#num[s] = c.num[i]!;
        this.#kind[s] = c.kind[i]!;
        this.#changed[s] = 1;
        const text = texts ? c.texts.get(i) : undefined;
        if (text !== undefined) this.#texts.set(s, text);
        else if (this.#texts.size) this.#texts.delete(s);
      }
    }
  }

  /** The last value that came in through this process; undefined when none did since its start. */
  get(index: number): Head | undefined {
    const at = this.#at[index];
    if (at === undefined || at === Number.NEGATIVE_INFINITY) return undefined;
    const kind = this.#kind[index]!;
    return { at, kind, num: kind === 0 || kind === 2 ? this.#num[index]! : null, txt: this.#texts.get(index) ?? null };
  }

  /** Sets a last value right after a correction; undefined: there is none any more. */
  put(index: number, head: Head | undefined): void {
    this.#grow();
    if (index >= this.#at.length) return;
    this.#at[index] = head?.at ?? Number.NEGATIVE_INFINITY;
    this.#num[index] = head?.num ?? Number.NaN;
    this.#kind[index] = head?.kind ?? 4;
    this.#changed[index] = 0;
    if (head?.txt != null) this.#texts.set(index, head.txt);
    else this.#texts.delete(index);
  }

  /** Writes what changed; gives how many. */
  async flush(): Promise<number> {
    const list: number[] = [];
    for (let i = 0; i < this.#changed.length; i++)
      if (this.#changed[i]) {
        list.push(i);
        this.#changed[i] = 0;
      }
    for (let from = 0; from < list.length; from += 5000) {
      const part = list.slice(from, from + 5000);
      try {
        const now = new Date();
        await store.flushHeads(
          this.#hub.sql,
          part.map((i) => ({ ...this.get(i)!, stream: this.#registry.rows[i]!.id, at: new Date(this.#at[i]!) })),
          now,
        );
      } catch (error) {
        for (const i of list.slice(from)) this.#changed[i] = 1;
        throw error;
      }
    }
    return list.length;
  }
}
