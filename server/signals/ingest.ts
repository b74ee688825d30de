// The one door for readings: groups what arrives, writes it by binary COPY on connections of its own, and says so only after the commit.
// Followers miss nothing: every group leaves a row in ingest_batches, in the same transaction, with what it touched; a follower reads
// them by (tx, id) below pg_snapshot_xmin, as facts are read (follow.ts). What listens in memory hears groups after their commit only.
import type { Columns } from '#core/signals/columns.ts';
import { HOUR } from '#core/time.ts';
import { problem } from '#core/problem.ts';
import { counter, gauge } from '../platform/metrics.ts';
import { isDatabaseAway } from '../platform/db.ts';
import type { Hub } from '../platform/hub.ts';
import { COPY_COLUMNS, type Reading, encodeNote, encodeRows } from './copy.ts';
import { type Answer, Lane, LaneLost, copyData, query } from './lane.ts';
import { Partitions } from './partitions.ts';
import type { Registry } from './registry.ts';

export interface Stored {
  stored: number;
  /** Sent before with the same value: harmless. */
  duplicates: number;
  /** Sent before with another value: kept in quarantine, the first stays. */
  conflicts: number;
}
interface Part {
  columns: Columns;
  bytes: number;
  done(result: Stored): void;
  fail(error: unknown): void;
}
/** Groups as columns; the listener must not keep or change them. */
export type OnColumns = (parts: readonly Columns[]) => void;
export type OnStored = (rows: readonly Reading[]) => void;

const LANES = 2;
const MAX_GROUP = 20_000;
/** Bytes that may wait for a commit; beyond this the sender is told to come back. */
const MAX_WAITING = 64 * 1024 * 1024;
const MAX_WAITING_PARTS = 50_000;
const ROW_BYTES = 66;
const FUTURE_MS = 10 * 60_000;

const BEGIN = query(`begin; copy observations ${COPY_COLUMNS} from stdin with (format binary)`);
const NOTE = query('copy ingest_batches (id, readings, streams, hours) from stdin with (format binary)');
const COMMIT = query('commit');
const ROLLBACK = query('rollback');
// A key was there already: through a staging table, keeping the first of each and telling equal from different.
const STAGE =
  query(`begin; create temp table staging (n int generated always as identity, stream bigint, at timestamptz, kind smallint, quality smallint, batch bigint, num double precision, txt text) on commit drop;
  copy staging ${COPY_COLUMNS} from stdin with (format binary)`);
const ADD = query(`insert into observations ${COPY_COLUMNS} select distinct on (stream, at) stream, at, kind, quality, batch, num, txt from staging order by stream, at, n
  on conflict do nothing returning stream, (extract(epoch from at) * 1000000)::bigint`);
const DIFFERENT = query(
  `select s.n from staging s join observations o on o.stream = s.stream and o.at = s.at where (o.kind, o.num, o.txt) is distinct from (s.kind, s.num, s.txt)`,
);

const failed = (answers: Answer[]) => answers.find((a) => a.error)?.error;

export class Ingest {
  readonly #hub: Hub;
  readonly #registry: Registry;
  readonly #partitions: Partitions;
  #queue: Part[] = [];
  #bytes = 0;
  #busy = 0;
  #idle: Lane[] = [];
  #ids: number[] = [];
  #idsComing: Promise<void> | undefined;
  #closed = false;
  readonly #listeners: OnColumns[] = [];
  readonly #waitingGauge = gauge('chengshu_readings_waiting_bytes', '等待提交的读数（字节）');
  readonly #total = counter('chengshu_readings_total', '已提交的读数');

  constructor(hub: Hub, registry: Registry) {
    this.#hub = hub;
    this.#registry = registry;
    this.#partitions = new Partitions(hub);
    hub.onClose(() => this.close());
  }

  get partitions(): Partitions {
    return this.#partitions;
  }

  /** Hears every stored group after its commit, in this process; what must not be missed after a crash follows ingest_batches. */
  onColumns(listener: OnColumns): void {
    this.#listeners.push(listener);
  }
  /** The same as objects; costs more per reading. */
  onStored(listener: OnStored): void {
    this.#listeners.push((parts) => listener(parts.flatMap((c) => this.#registry.readings(c))));
  }

  /** Bytes waiting for a commit. */
  get waiting(): number {
    return this.#bytes;
  }

  /** Whether readings wait for a connection to write them: what can wait then rests. */
  get pressed(): boolean {
    return this.#busy === LANES && this.#queue.length > 0;
  }

  /** Whether a sender should be turned away at once, before anything is read. */
  get full(): boolean {
    return this.#bytes > MAX_WAITING || this.#queue.length > MAX_WAITING_PARTS;
  }

  /** Stores readings (which the ingest owns from now on); resolves after the commit that holds them all. Rejects with `overloaded` before taking more than it can hold. */
  submit(columns: Columns): Promise<Stored> {
    if (!columns.n) return Promise.resolve({ stored: 0, duplicates: 0, conflicts: 0 });
    if (this.#closed) return Promise.reject(problem('overloaded', { detail: '正在停止', retryAfter: 5 }));
    if (this.full) return Promise.reject(problem('overloaded', { detail: '读数来得太快，请稍后重发', retryAfter: 1 }));
    let bytes = columns.n * ROW_BYTES;
    if (columns.texts.size) for (const t of columns.texts.values()) bytes += t.length;
    this.#bytes += bytes;
    this.#waitingGauge.set(this.#bytes);
    return new Promise((done, fail) => {
      this.#queue.push({ columns, bytes, done, fail });
      if (this.#busy < LANES) void this.#work();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    while (this.#busy || this.#queue.length) await new Promise((r) => setTimeout(r, 5));
    for (const lane of this.#idle.splice(0)) lane.close();
  }

  async #work(): Promise<void> {
    this.#busy++;
    try {
      // Everything that arrives in this turn of the loop goes into one group.
      await new Promise((r) => setImmediate(r));
      while (this.#queue.length) {
        let n = 0;
        let size = 0;
        while (size < this.#queue.length && (n === 0 || n + this.#queue[size]!.columns.n <= MAX_GROUP)) n += this.#queue[size++]!.columns.n;
        const group = size === this.#queue.length ? this.#queue : this.#queue.slice(0, size);
        this.#queue = size === this.#queue.length ? [] : this.#queue.slice(size);
        await this.#group(group);
        for (const part of group) this.#bytes -= part.bytes;
        this.#waitingGauge.set(this.#bytes);
      }
    } finally {
      this.#busy--;
    }
  }

  /** Commits a group and tells every part its outcome; a part that no database takes does not take the others with it. */
  async #group(group: Part[]): Promise<void> {
    try {
      const outcome = await this.#commit(group.map((p) => p.columns));
      let n = 0;
      for (const [i, part] of group.entries()) {
        part.done(outcome?.[i] ?? { stored: part.columns.n, duplicates: 0, conflicts: 0 });
        n += part.columns.n;
      }
      this.#total.inc(n);
    } catch (error) {
      const away = isDatabaseAway(error) || /^(53|57|58)/.test((error as { code?: string }).code ?? '');
      if (!away && group.length > 1) {
        for (const part of group) await this.#group([part]);
        return;
      }
      if (!away) this.#hub.log.error('readings not stored', { error });
      for (const part of group) part.fail(away ? problem('overloaded', { detail: '数据库暂不可用，请稍后重发', retryAfter: 5 }) : error);
    }
  }

  async #commit(parts: Columns[]): Promise<Stored[] | undefined> {
    for (let attempt = 1; ; attempt++) {
      let lane: Lane | undefined;
      try {
        for (const c of parts) {
          const wait = this.#partitions.cover(c);
          if (wait) await wait;
        }
        const id = await this.#batchId();
        lane = this.#idle.pop();
        if (!lane?.alive) lane = await Lane.open(this.#hub.sql);
        const body = encodeRows(parts, this.#registry.ids, id);
        const answers = await lane.run([BEGIN, ...copyData(body), NOTE, ...copyData(this.#note(parts, id)), COMMIT], 3);
        const error = failed(answers);
        if (!error) {
          this.#tell(parts);
          return undefined;
        }
        if (error.code === '23505' || error.code === '40P01') return await this.#again(lane, parts, body, id);
        throw Object.assign(new Error(error.message), { code: error.code });
      } catch (error) {
        const code = (error as { code?: string }).code;
        if (lane?.alive) await lane.run([ROLLBACK], 1).catch(() => {});
        // A lost connection leaves open whether the commit happened; sending again is harmless by the key.
        if (attempt < 4 && (error instanceof LaneLost || code === '40P01' || code === '40001')) continue;
        if (attempt < 3 && code === '23514') {
          this.#partitions.forget();
          continue;
        }
        throw error;
      } finally {
        if (lane?.alive) this.#idle.push(lane);
      }
    }
  }

  async #again(lane: Lane, parts: Columns[], body: Buffer, id: number): Promise<Stored[]> {
    const answers = await lane.run([STAGE, ...copyData(body), ADD, DIFFERENT], 3);
    const error = failed(answers);
    if (error) throw Object.assign(new Error(error.message), { code: error.code });
    const added = new Set(answers[1]!.rows.map((r) => `${r[0]}/${r[1]}`));
    const different = new Set(answers[2]!.rows.map((r) => Number(r[0]) - 1));
    const outcome: Stored[] = [];
    const odd: Reading[] = [];
    const kept: Columns[] = [];
    let row = 0;
    for (const c of parts) {
      const own = { stored: 0, duplicates: 0, conflicts: 0 };
      // Rows of the part that are new go to the front; the rest is of no interest to anybody who listens.
      let to = 0;
      const n = c.n;
      for (let i = 0; i < n; i++, row++) {
        if (different.has(row)) {
          own.conflicts++;
          odd.push(this.#registry.reading(c, i));
        } else if (added.delete(`${this.#registry.ids[c.stream[i]!]}/${Math.round(c.at[i]! * 1000)}`)) {
          own.stored++;
          if (to !== i) c.move(i, to);
          to++;
        } else own.duplicates++;
      }
      c.cut(to);
      outcome.push(own);
      if (to) kept.push(c);
    }
    const rest = kept.length ? [NOTE, ...copyData(this.#note(kept, id)), COMMIT] : [COMMIT];
    const end = failed(await lane.run(rest, kept.length ? 2 : 1));
    if (end) throw Object.assign(new Error(end.message), { code: end.code });
    if (odd.length)
      await putAside(
        this.#hub,
        odd.map((r) => ({ stream: r.stream, reading: { at: new Date(r.at).toISOString(), value: r.txt ?? r.num }, reason: '同一时刻已有不同的值', source: 'ingest' })),
      );
    if (kept.length) this.#tell(kept);
    return outcome;
  }

  /** Tells the listeners of readings that were stored in another transaction, with their note in ingest_batches; after its commit. */
  announce(parts: Columns[]): void {
    this.#tell(parts);
  }

  #tell(parts: Columns[]): void {
    for (const l of this.#listeners)
      try {
        l(parts);
      } catch (error) {
        this.#hub.log.error('reading listener failed', { error });
      }
  }

  /** Block ends of the sequence are asked for ahead, so that a group never waits for one. */
  async #batchId(): Promise<number> {
    while (!this.#ids.length) await (this.#idsComing ??= this.#moreIds());
    const id = this.#ids.pop()!;
    if (this.#ids.length === 8) this.#idsComing ??= this.#moreIds();
    return id;
  }
  async #moreIds(): Promise<void> {
    try {
      const [row] = await this.#hub.sql<{ id: string }[]>`select nextval('ingest_batch_ids')::text as id`;
      const from = Number(row!.id);
      const more: number[] = [];
      for (let i = 63; i >= 0; i--) more.push(from + i);
      this.#ids.unshift(...more);
    } finally {
      this.#idsComing = undefined;
    }
  }

  // Distinct (stream, hour) pairs of a group: one cell per stream remembers the last hour of this group, rarer ones go through a set.
  #seenGroup = new Float64Array(0);
  #seenHour = new Float64Array(0);
  #group_ = 0;
  #note(parts: Columns[], id: number): Buffer {
    const ids = this.#registry.ids;
    if (this.#seenGroup.length < ids.length) {
      this.#seenGroup = new Float64Array(ids.length);
      this.#seenHour = new Float64Array(ids.length);
    }
    const turn = ++this.#group_;
    const streams: number[] = [];
    const hours: number[] = [];
    const rare = new Set<string>();
    let n = 0;
    for (const c of parts) {
      n += c.n;
      for (let i = 0; i < c.n; i++) {
        const s = c.stream[i]!;
        const at = c.at[i]!;
        const hour = at - (((at % HOUR) + HOUR) % HOUR);
        if (this.#seenGroup[s] === turn) {
          if (this.#seenHour[s] === hour) continue;
          const key = `${s}/${hour}`;
          if (rare.has(key)) continue;
          rare.add(key);
        } else {
          this.#seenGroup[s] = turn;
          this.#seenHour[s] = hour;
        }
        streams.push(ids[s]!);
        hours.push(hour);
      }
    }
    return encodeNote(id, n, streams, hours);
  }
}

/** Keeps readings that cannot be stored with the reason; the same one again changes nothing. */
export async function putAside(hub: Hub, rows: { stream: string | null; reading: unknown; reason: string; source: string }[]): Promise<void> {
  for (let i = 0; i < rows.length; i += 1000) {
    const part = rows.slice(i, i + 1000);
    await hub.sql`insert into quarantine (stream, reading, reason, source)
      select s, r::jsonb, w, o from unnest(${part.map((r) => r.stream)}::bigint[], ${part.map((r) => JSON.stringify(r.reading))}::text[], ${part.map((r) => r.reason)}::text[], ${part.map((r) => r.source)}::text[]) x (s, r, w, o)
      on conflict do nothing`;
  }
}

/** Why a reading's time cannot be taken; undefined when it can (F-16). */
export function timeFault(at: number, now: number, retentionDays: number): string | undefined {
  if (!Number.isFinite(at)) return '时间无法识别';
  if (at > now + FUTURE_MS) return '时间晚于当前 10 分钟以上';
  if (at < now - retentionDays * 86_400_000) return `时间早于保存期（${retentionDays} 天）`;
  return undefined;
}
