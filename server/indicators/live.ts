// One process's indicators: kept current by followers of readings and facts, bucket by bucket.
import { bucketStart, shiftBucket } from '#core/indicators/window.ts';
import { DAY, HOUR } from '#core/time.ts';
import { current } from '../packs/service.ts';
import type { Db } from '../platform/db.ts';
import type { Hub } from '../platform/hub.ts';
import { startJob } from '../platform/jobs.ts';
import { type Catalogue, loadCatalogue, syncDefinitions, syncInstances } from './catalogue.ts';
import { type Context, type MeasureProvider, type OnValues, drain } from './compute.ts';
import * as store from './store.ts';

/** One process's indicators: the catalogue by realm, the measures of other slices, and who wants to hear of new values. */
export class Indicators {
  readonly hub: Hub;
  readonly #catalogues = new Map<string, Catalogue>();
  readonly providers = new Map<string, MeasureProvider>();
  readonly listeners: OnValues[] = [];
  #lastTick = 0;
  #rounds = 0;
  constructor(hub: Hub) {
    this.hub = hub;
  }

  /** A slice to the right answers for sources of a kind (`case`, `ledger`, `survey`); until then they are `not-connected`. */
  provide(kind: string, provider: MeasureProvider): void {
    this.providers.set(kind, provider);
  }
  /** Hears every changed value inside the transaction that stores it. */
  onValues(listener: OnValues): void {
    this.listeners.push(listener);
  }

  async catalogue(realm = 'live', db: Db = this.hub.sql): Promise<Catalogue> {
    let c = this.#catalogues.get(realm);
    if (!c) this.#catalogues.set(realm, (c = await loadCatalogue(db, realm)));
    return c;
  }
  forget(): void {
    this.#catalogues.clear();
  }

  /** Brings definitions (from the content), instances (from units and things) and the catalogue in memory up to date. */
  async sync(realm = 'live'): Promise<void> {
    const { content } = await current(this.hub);
    await this.hub.command(this.hub.system('indicators', realm), async (work) => {
      await work.tx`select pg_advisory_xact_lock(7315040)`;
      const overlays = await work.tx<{ n: number }[]>`select count(*)::int as n from indicator_definitions where active`;
      const { changed } = await syncDefinitions(work, [...content.indicators.values()]);
      await syncInstances(work);
      if (changed.length && overlays[0]!.n)
        await startJob(work, 'indicators.recompute', { codes: changed, from: new Date(work.at.getTime() - 35 * DAY).toISOString(), to: work.at.toISOString() });
    });
    this.#catalogues.delete(realm);
    const c = await this.catalogue(realm);
    await this.#markAll(c, realm);
  }

  async context(realm: string, at: Date, db: Db = this.hub.sql): Promise<Context> {
    const { content, calendar } = await current(this.hub, db).catch(() => ({ content: undefined, calendar: undefined }));
    return {
      catalogue: await this.catalogue(realm, db),
      calendar: calendar ?? (await import('#core/duty/calendar.ts')).makeCalendar(),
      providers: this.providers,
      at,
      riskTypes: content?.['risk-types'].size ?? 0,
    };
  }

  /** Everything that does not follow readings gets its present bucket. */
  async #markAll(c: Catalogue, realm: string): Promise<void> {
    const now = (await this.hub.now(realm)).getTime();
    await store.markDirty(
      this.hub.sql,
      [...c.byId.values()].filter((i) => i.d.source.kind !== 'stream').map((i) => ({ instance: i.id, bucket: bucketStart(now, i.d.window.every), rank: i.rank })),
    );
  }

  /** Marks what newly stored readings touch; true when there may be more. Effects and cursor commit together. */
  async followReadings(): Promise<boolean> {
    const c = await this.catalogue();
    return this.hub.sql.begin(async (tx) => {
      const batches = await store.takeBatches(tx, 200);
      if (!batches.length) return false;
      const now = (await this.hub.now('live', tx)).getTime();
      const dirty = new Map<string, { instance: string; bucket: number; rank: number }>();
      const days = new Map<string, { stream: string; day: number }>();
      const seen = new Set<string>();
      for (const b of batches)
        for (const [i, stream] of b.streams.entries()) {
          const hour = b.hours[i]!.getTime();
          const key = `${stream}/${hour}`;
          if (seen.has(key)) continue;
          seen.add(key);
          c.touchedBy(stream, hour, now, dirty);
          if (c.daily.has(stream)) days.set(`${stream}/${bucketStart(hour, 'P1D')}`, { stream, day: bucketStart(hour, 'P1D') });
        }
      await store.rollDays(tx, [...days.values()]);
      await store.markDirty(tx, [...dirty.values()]);
      return batches.length === 200;
    }) as Promise<boolean>;
  }

  /** Marks what facts touch: cases, ledgers, surveys and fact counts of the hour they happened in. */
  async followFacts(tx: Db, realm: string, facts: { kind: string; at: Date }[]): Promise<void> {
    const c = await this.catalogue(realm, tx);
    const kinds = new Map<string, Set<number>>();
    for (const f of facts) {
      const sources =
        f.kind.startsWith('case.') || f.kind.startsWith('task.')
          ? ['case', 'survey', `facts:${f.kind}`]
          : f.kind.startsWith('record.')
            ? ['ledger', `facts:${f.kind}`]
            : f.kind.startsWith('survey.')
              ? ['survey', `facts:${f.kind}`]
              : [`facts:${f.kind}`];
      for (const s of sources) {
        const hour = Math.floor(f.at.getTime() / HOUR) * HOUR;
        const set = kinds.get(s);
        if (set) set.add(hour);
        else kinds.set(s, new Set([hour]));
      }
    }
    const dirty: { instance: string; bucket: number; rank: number }[] = [];
    const now = (await this.hub.now(realm, tx)).getTime();
    for (const i of c.byId.values()) {
      const s = i.d.source;
      const hours = kinds.get(s.kind === 'facts' ? `facts:${s.fact}` : s.kind);
      if (!hours) continue;
      const buckets = new Set<number>();
      // A case counts where it began, a record on its own day: the present and the last bucket, and the fact's own.
      for (const h of [...hours, now]) for (const b of [bucketStart(h, i.d.window.every), shiftBucket(bucketStart(h, i.d.window.every), i.d.window.every, -1)]) buckets.add(b);
      for (const bucket of buckets) dirty.push({ instance: i.id, bucket, rank: i.rank });
    }
    await store.markDirty(tx, dirty);
  }

  /** Marks buckets that something said outside the log's order changed (an entry for an earlier day). */
  async touch(tx: Db, realm: string, kind: string, at: Date): Promise<void> {
    const c = await this.catalogue(realm, tx);
    await store.markDirty(
      tx,
      [...c.byId.values()].filter((i) => i.d.source.kind === kind).map((i) => ({ instance: i.id, bucket: bucketStart(at.getTime(), i.d.window.every), rank: i.rank })),
    );
  }

  /** Computes one round of what is dirty; true when there is more. */
  async step(realm = 'live', limit = 1000): Promise<boolean> {
    return this.hub.sql.begin(async (tx) => {
      const at = await this.hub.now(realm, tx);
      return (await drain(tx, await this.context(realm, at, tx), this.listeners, limit, ++this.#rounds % 2 === 0)) > 0;
    }) as Promise<boolean>;
  }

  /** Once a minute: what follows time, buckets that ended, things that were registered. */
  async tick(realm = 'live'): Promise<void> {
    const at = await this.hub.now(realm);
    const now = at.getTime();
    const c = await this.catalogue(realm);
    if ((await store.thingsStamp(this.hub.sql, realm)) !== c.stamp) await this.sync(realm);
    const dirty: { instance: string; bucket: number; rank: number }[] = [];
    for (const i of (await this.catalogue(realm)).byId.values()) {
      const k = i.d.source.kind;
      const bucket = bucketStart(now, i.d.window.every);
      if (['online', 'things', 'catalogue', 'stable-days'].includes(k)) dirty.push({ instance: i.id, bucket, rank: i.rank });
      else if (['case', 'ledger', 'survey', 'facts'].includes(k) && bucket > this.#lastTick) dirty.push({ instance: i.id, bucket, rank: i.rank });
    }
    await store.markDirty(this.hub.sql, dirty);
    await store.finalise(this.hub.sql, new Date(now - 5 * 60_000));
    this.#lastTick = now;
  }
}
const known = new WeakMap<Hub, Indicators>();
/** The indicators of a hub's process; made on first use. */
export function indicatorsOf(hub: Hub): Indicators {
  let i = known.get(hub);
  if (!i) known.set(hub, (i = new Indicators(hub)));
  return i;
}
