// Gaps in what a device sent, by its own count of messages: what a broker lost without a word is seen here (F-11).
import type { Hub } from '../platform/hub.ts';
import { loop } from '../platform/loop.ts';

/** A count this much below the last is a device that began anew, not an old message. */
const RESTART = 1000;
/** Jumps beyond this are a device that counts otherwise, not a loss of that many messages. */
const MAX_GAP = 1_000_000;

interface Gap {
  thing: string;
  from: number;
  to: number;
}

/** Remembers each thing's last count; gaps go to `sequence_gaps`, and are closed when the missing messages come after all. */
export class Sequences {
  readonly #hub: Hub;
  readonly #last = new Map<string, number>();
  readonly #changed = new Set<string>();
  #gaps: Gap[] = [];
  #late: { thing: string; seq: number }[] = [];
  private constructor(hub: Hub) {
    this.#hub = hub;
  }

  /** Reads what was known and writes what changes every second. */
  static async open(hub: Hub): Promise<Sequences> {
    const s = new Sequences(hub);
    for (const r of await hub.sql<{ thing: string; seq: string }[]>`select thing, seq::text from device_sequences`) s.#last.set(r.thing, Number(r.seq));
    loop(hub, 'device sequences', 1000, async () => {
      await s.flush();
      return false;
    });
    hub.onClose(() => s.flush().catch(() => {}));
    return s;
  }

  /** A stored message said its count. */
  hear(thing: string, seq: number): void {
    const last = this.#last.get(thing);
    if (last !== undefined) {
      if (seq <= last && last - seq < RESTART) {
        if (seq < last) this.#late.push({ thing, seq });
        return;
      }
      if (seq > last + 1 && seq - last <= MAX_GAP) this.#gaps.push({ thing, from: last + 1, to: seq - 1 });
    }
    this.#last.set(thing, seq);
    this.#changed.add(thing);
  }

  async flush(): Promise<void> {
    const gaps = this.#gaps.splice(0);
    const late = this.#late.splice(0);
    const changed = [...this.#changed];
    this.#changed.clear();
    if (!gaps.length && !late.length && !changed.length) return;
    try {
      await this.#hub.sql.begin(async (tx) => {
        if (gaps.length)
          await tx`insert into sequence_gaps (thing, first, last, missing)
            select t, f, l, l - f + 1 from unnest(${gaps.map((g) => g.thing)}::text[], ${gaps.map((g) => g.from)}::bigint[], ${gaps.map((g) => g.to)}::bigint[]) x (t, f, l)`;
        // Which messages of a gap came is not kept one by one: how many are still missing is.
        if (late.length)
          await tx`update sequence_gaps g set missing = greatest(0, missing - x.n), closed_at = case when missing - x.n <= 0 then clock_timestamp() end
            from (select g.id, count(distinct l.seq)::int as n from sequence_gaps g join unnest(${late.map((l) => l.thing)}::text[], ${late.map((l) => l.seq)}::bigint[]) l (thing, seq)
              on l.thing = g.thing and l.seq between g.first and g.last where g.closed_at is null group by g.id) x where x.id = g.id`;
        if (changed.length)
          await tx`insert into device_sequences (thing, seq) select * from unnest(${changed}::text[], ${changed.map((t) => this.#last.get(t)!)}::bigint[])
            on conflict (thing) do update set seq = excluded.seq`;
      });
    } catch (error) {
      this.#gaps.unshift(...gaps);
      this.#late.unshift(...late);
      for (const t of changed) this.#changed.add(t);
      throw error;
    }
  }
}
