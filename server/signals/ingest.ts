// The one door for readings: groups what arrives, writes it by binary COPY, and says so only after the commit.
// Followers miss nothing: every group leaves a row in ingest_batches, in the same transaction, with what it touched.
import { HOUR } from '#core/time.ts';
import { problem } from '#core/problem.ts';
import { counter, gauge } from '../platform/metrics.ts';
import type { Hub } from '../platform/hub.ts';
import type { Tx } from '../platform/db.ts';
import { type Reading, encode } from './copy.ts';

interface Waiting {
  rows: Reading[];
  done(result: Stored): void;
  fail(error: unknown): void;
}
export interface Stored {
  stored: number;
  /** Sent before with the same value: harmless. */
  duplicates: number;
  /** Sent before with another value: kept in quarantine, the first stays. */
  conflicts: number;
}
export type OnStored = (rows: readonly Reading[]) => void;

const LANES = 2;
const MAX_GROUP = 20_000;
/** Readings that may wait for a commit; beyond this the sender is told to come back. */
const MAX_WAITING = 200_000;
const FUTURE_MS = 10 * 60_000;

export class Ingest {
  readonly #hub: Hub;
  #queue: Waiting[] = [];
  #waiting = 0;
  #busy = 0;
  #ids: bigint[] = [];
  #months = new Set<string>();
  readonly #listeners: OnStored[] = [];
  #closed = false;
  constructor(hub: Hub) {
    this.#hub = hub;
    hub.onClose(() => this.close());
  }

  /** Hears every stored group after its commit, in this process; what must not be missed after a crash reads ingest_batches. */
  onStored(listener: OnStored): void {
    this.#listeners.push(listener);
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Stores readings; resolves after the commit that holds them all. Rejects with `overloaded` before taking more than it can hold. */
  submit(rows: Reading[]): Promise<Stored> {
    if (!rows.length) return Promise.resolve({ stored: 0, duplicates: 0, conflicts: 0 });
    if (this.#closed) return Promise.reject(problem('overloaded', { detail: '正在停止', retryAfter: 5 }));
    if (this.#waiting + rows.length > MAX_WAITING) return Promise.reject(problem('overloaded', { detail: '读数来得太快，请稍后重发', retryAfter: 1 }));
    this.#waiting += rows.length;
    gauge('chengshu_readings_waiting', '等待提交的读数').set(this.#waiting);
    return new Promise((done, fail) => {
      this.#queue.push({ rows, done, fail });
      if (this.#busy < LANES) void this.#lane();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    while (this.#busy || this.#queue.length) await new Promise((r) => setTimeout(r, 5));
  }

  async #lane(): Promise<void> {
    this.#busy++;
    try {
      // Everything that arrives in this turn of the loop goes into one group.
      await new Promise((r) => setImmediate(r));
      while (this.#queue.length) {
        const group: Waiting[] = [];
        let n = 0;
        while (this.#queue.length && (n === 0 || n + this.#queue[0]!.rows.length <= MAX_GROUP)) {
          const w = this.#queue.shift()!;
          group.push(w);
          n += w.rows.length;
        }
        await this.#commit(group, n);
      }
    } finally {
      this.#busy--;
    }
  }

  async #commit(group: Waiting[], n: number): Promise<void> {
    const rows = group.length === 1 ? group[0]!.rows : group.flatMap((w) => w.rows);
    try {
      const result = await this.#write(rows);
      if (result === 'plain') for (const w of group) w.done({ stored: w.rows.length, duplicates: 0, conflicts: 0 });
      else {
        // Someone in the group sent something twice: each part is told its own outcome.
        for (const w of group) {
          const own = { stored: 0, duplicates: 0, conflicts: 0 };
          for (const r of w.rows) own[result.get(r) ?? 'duplicates']++;
          w.done(own);
        }
      }
      counter('chengshu_readings_total', '已提交的读数').inc(n);
      for (const l of this.#listeners) {
        try {
          l(rows);
        } catch (error) {
          this.#hub.log.error('reading listener failed', { error });
        }
      }
    } catch (error) {
      for (const w of group) w.fail(error);
    } finally {
      this.#waiting -= n;
    }
  }

  async #batchId(): Promise<bigint> {
    const next = this.#ids.pop();
    if (next !== undefined) return next;
    const [row] = await this.#hub.sql<{ id: string }[]>`select nextval('ingest_batch_ids')::text as id`;
    const from = BigInt(row!.id);
    for (let i = 63n; i > 0n; i--) this.#ids.push(from + i);
    return from;
  }

  async #write(rows: Reading[]): Promise<'plain' | Map<Reading, keyof Stored>> {
    await this.#partitions(rows);
    const id = await this.#batchId();
    const body = encode(rows, id);
    try {
      await this.#hub.sql.begin(async (tx) => {
        await copy(tx, 'observations', body);
        await note(tx, id, rows);
      });
      return 'plain';
    } catch (error) {
      // 25P02: the COPY before it failed; the staging way finds out why.
      if ((error as { code?: string }).code !== '25P02') throw error;
    }
    // Most likely a key was there already: through a staging table, keeping the first of each and telling equal from different.
    const again = await this.#batchId();
    return this.#hub.sql.begin(async (tx) => {
      await tx`create temp table staging (like observations, n int generated always as identity) on commit drop`;
      await copy(tx, 'staging', encode(rows, again));
      const fresh = await tx<{ stream: string; at: Date }[]>`
        insert into observations select distinct on (stream, at) stream, at, kind, num, txt, quality, batch from staging order by stream, at, n
        on conflict do nothing returning stream::text, at`;
      const different = await tx<{ n: number }[]>`
        select s.n from staging s join observations o on o.stream = s.stream and o.at = s.at
        where (o.kind, o.num, o.txt) is distinct from (s.kind, s.num, s.txt)`;
      const added = new Set(fresh.map((r) => `${r.stream}/${r.at.getTime()}`));
      const conflict = new Set(different.map((r) => r.n - 1));
      const outcome = new Map<Reading, keyof Stored>();
      const stored: Reading[] = [];
      for (const [i, r] of rows.entries()) {
        const key = `${r.stream}/${r.at}`;
        if (conflict.has(i)) outcome.set(r, 'conflicts');
        else if (added.delete(key)) {
          outcome.set(r, 'stored');
          stored.push(r);
        } else outcome.set(r, 'duplicates');
      }
      const odd = rows.filter((_, i) => conflict.has(i));
      if (odd.length)
        await tx`insert into quarantine ${tx(odd.map((r) => ({ stream: r.stream, reading: tx.json({ at: new Date(r.at).toISOString(), value: r.num ?? r.txt } as never), reason: '同一时刻已有不同的值', source: 'ingest' })) as never)}`;
      if (stored.length) await note(tx, again, stored);
      return outcome;
    }) as Promise<Map<Reading, keyof Stored>>;
  }

  /** Makes the monthly partitions that these readings need; after the first time for a month nothing is asked of the database. */
  async #partitions(rows: Reading[]): Promise<void> {
    const missing = new Set<string>();
    let last = '';
    for (const r of rows) {
      const month = new Date(r.at).toISOString().slice(0, 7);
      if (month !== last && !this.#months.has(month)) missing.add(month);
      last = month;
    }
    for (const month of missing) {
      const [y, m] = month.split('-').map(Number) as [number, number];
      const from = `${month}-01T00:00:00Z`;
      const to = new Date(Date.UTC(y, m, 1)).toISOString();
      await this.#hub.sql.begin(async (tx) => {
        await tx`select pg_advisory_xact_lock(7315003)`;
        await tx.unsafe(`create table if not exists observations_${month.replace('-', '_')} partition of observations for values from ('${from}') to ('${to}')`);
      });
      this.#months.add(month);
    }
  }
}

/**
 * Sends a COPY body. The driver never says when a COPY fails after its end, so this does not wait for the stream to finish:
 * the next statement of the transaction tells (25P02 when the COPY failed), and every caller has one.
 */
async function copy(tx: Tx, table: 'observations' | 'staging', body: Buffer): Promise<void> {
  const sink = await tx`copy ${tx(table)} (stream, at, kind, num, txt, quality, batch) from stdin with (format binary)`.writable();
  sink.on('error', () => {});
  await new Promise<void>((done, fail) => sink.write(body, (error) => (error ? fail(error) : done())));
  sink.end();
  await new Promise((r) => setImmediate(r));
}

async function note(tx: Tx, id: bigint, rows: readonly Reading[]): Promise<void> {
  const seen = new Set<string>();
  const streams: string[] = [];
  const hours: string[] = [];
  for (const r of rows) {
    const hour = Math.floor(r.at / HOUR) * HOUR;
    const key = `${r.stream}/${hour}`;
    if (seen.has(key)) continue;
    seen.add(key);
    streams.push(r.stream);
    hours.push(new Date(hour).toISOString());
  }
  await tx`insert into ingest_batches (id, readings, streams, hours) values (${id.toString()}, ${rows.length}, ${streams}::bigint[], ${hours}::timestamptz[])`;
}

/** Why a reading's time cannot be taken; undefined when it can (F-16). */
export function timeFault(at: number, now: number, retentionDays: number): string | undefined {
  if (!Number.isFinite(at)) return '时间无法识别';
  if (at > now + FUTURE_MS) return '时间晚于当前 10 分钟以上';
  if (at < now - retentionDays * 86_400_000) return `时间早于保存期（${retentionDays} 天）`;
  return undefined;
}
