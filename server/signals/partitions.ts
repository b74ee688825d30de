// Monthly partitions of the readings: made before they are needed, dropped after retention, neither ever blocking a writer.
import type { Columns } from '#core/signals/columns.ts';
import type { Hub } from '../platform/hub.ts';

const LOCK = 7_315_003;

export class Partitions {
  readonly #hub: Hub;
  readonly #known = new Set<number>();
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;
  constructor(hub: Hub) {
    this.#hub = hub;
  }

  /** Makes what these readings need; undefined (nothing to wait for) when it is there. */
  cover(c: Columns): Promise<void> | undefined {
    let missing: Set<number> | undefined;
    for (let i = 0; i < c.n; i++) {
      const at = c.at[i]!;
      if (at >= this.#from && at < this.#to) continue;
      const d = new Date(at);
      const month = d.getUTCFullYear() * 12 + d.getUTCMonth();
      if (this.#known.has(month)) {
        this.#from = Date.UTC(Math.floor(month / 12), month % 12, 1);
        this.#to = Date.UTC(Math.floor(month / 12), (month % 12) + 1, 1);
      } else (missing ??= new Set()).add(month);
    }
    return missing && this.#make([...missing]);
  }

  /** After somebody else dropped one. */
  forget(): void {
    this.#known.clear();
    this.#from = Number.POSITIVE_INFINITY;
    this.#to = Number.NEGATIVE_INFINITY;
  }

  /** The months around an instant, ahead of need. */
  ahead(at: Date): Promise<void> {
    return this.aheadOf([-1, 0, 1, 2].map((m) => new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + m, 1))));
  }

  /** The months of these instants, for whoever is about to write many. */
  aheadOf(times: Date[]): Promise<void> {
    return this.#make([...new Set(times.map((t) => t.getUTCFullYear() * 12 + t.getUTCMonth()))].filter((m) => !this.#known.has(m)));
  }

  async #make(months: number[]): Promise<void> {
    for (const month of months) {
      const year = Math.floor(month / 12);
      const from = new Date(Date.UTC(year, month % 12, 1)).toISOString();
      const to = new Date(Date.UTC(year, (month % 12) + 1, 1)).toISOString();
      const name = `observations_${from.slice(0, 7).replace('-', '_')}`;
      await this.#hub.sql.begin(async (tx) => {
        await tx`select pg_advisory_xact_lock(${LOCK})`;
        const [there] = await tx`select 1 from pg_inherits where inhparent = 'observations'::regclass and inhrelid = to_regclass(${name})`;
        if (there) return;
        // Made apart and then attached: that lets readers and writers of the whole table go on.
        await tx.unsafe(`create table if not exists ${name} (like observations including defaults including constraints including storage, primary key (stream, at))`);
        await tx.unsafe(`alter table observations attach partition ${name} for values from ('${from}') to ('${to}')`);
      });
      this.#known.add(month);
    }
  }

  /** Drops months that lie wholly before an instant; gives their names. One that a writer or reader holds is left for the next time. */
  async drop(before: Date): Promise<string[]> {
    const rows = await this.#hub.sql<
      { name: string; pending: boolean }[]
    >`select inhrelid::regclass::text as name, inhdetachpending as pending from pg_inherits where inhparent = 'observations'::regclass order by 1`;
    const dropped: string[] = [];
    for (const { name, pending } of rows) {
      const m = /^observations_(\d{4})_(\d{2})$/.exec(name);
      if (!m || Date.UTC(Number(m[1]), Number(m[2]), 1) > before.getTime()) continue;
      const connection = await this.#hub.sql.reserve();
      try {
        await connection.unsafe(`set lock_timeout = '2s'`);
        // A detach that waited too long for a reader stays begun; the next round ends it.
        await connection.unsafe(`alter table observations detach partition ${name} ${pending ? 'finalize' : 'concurrently'}`);
        await connection.unsafe(`drop table ${name}`);
        dropped.push(name);
      } catch (error) {
        // 55P03: the lock was not had in time.
        if ((error as { code?: string }).code !== '55P03') throw error;
      } finally {
        await connection.unsafe('reset lock_timeout').catch(() => {});
        connection.release();
      }
    }
    if (dropped.length) this.forget();
    return dropped;
  }
}
