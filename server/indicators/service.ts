// Indicators: what a number is now, what stands behind it, who may define it; kept current by followers of readings and facts.
import { finish, mergeParts } from '#core/indicators/aggregate.ts';
import { graphOf } from '#core/indicators/graph.ts';
import type { IndicatorItem, IndicatorPoint, NewRiskPoint } from '#core/indicators/contract.ts';
import { type Indicator, indicatorDefinition } from '#core/indicators/pack.ts';
import { bucketEnd, bucketStart, shiftBucket, spanOf } from '#core/indicators/window.ts';
import { within } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { DAY, HOUR, dateOf, addDays } from '#core/time.ts';
import { current } from '../packs/service.ts';
import type { Db, Sql } from '../platform/db.ts';
import { append } from '../platform/facts.ts';
import type { Hub, Work } from '../platform/hub.ts';
import { uuidv7 } from '../platform/ids.ts';
import { type JobRun, startJob } from '../platform/jobs.ts';
import { type Catalogue, type Instance, hashOf, inputsOf, loadCatalogue, syncDefinitions, syncInstances } from './catalogue.ts';
import { type Changed, type Context, type Evidence, type MeasureProvider, type MeasureQuery, type OnValues, type Wanted, compute, drain } from './compute.ts';
import * as store from './store.ts';

export type { Changed, Evidence, Instance, MeasureProvider, MeasureQuery, OnValues };

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
      const batches = await store.takeBatches(tx, 'indicators', 200);
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

export interface Value {
  value: number | null;
  level: string | null;
  levelName: { zh: string; en: string } | null;
  grade: number | null;
  coverage: number;
  reason: string | null;
  bucket: Date | null;
  until: Date | null;
  revision: number | null;
  version: number | null;
  final: boolean;
  computedAt: Date | null;
}
const named = (d: Indicator, v: store.ValueRow | undefined): Value =>
  v
    ? {
        value: v.value,
        level: v.level,
        levelName: d.levels?.bands.find((b) => b.code === v.level)?.name ?? null,
        grade: v.grade,
        coverage: v.coverage,
        reason: v.reason,
        bucket: v.bucket,
        until: v.until,
        revision: v.revision,
        version: v.version,
        final: v.final,
        computedAt: v.computedAt,
      }
    : {
        value: null,
        level: null,
        levelName: null,
        grade: null,
        coverage: 0,
        reason: d.status === 'when-connected' ? 'not-connected' : 'no-data',
        bucket: null,
        until: null,
        revision: null,
        version: null,
        final: false,
        computedAt: null,
      };

/**
 * The value of an indicator over a scope (`unit:<path>`, `thing:<id>`): of the bucket that holds `at`, or with `latest` the newest at or before it.
 * Unknown is a value of null with a reason, never 0. For other slices (targets, cockpit): no rights are checked here.
 */
export async function valueOf(
  hub: Hub,
  q: { code: string; scope: string; realm?: string; at?: Date; latest?: boolean },
  db: Db = hub.sql,
): Promise<Value & { unit: string; instance: string | null }> {
  const realm = q.realm ?? 'live';
  const c = await indicatorsOf(hub).catalogue(realm, db);
  const d = c.definitions.get(q.code)?.definition;
  if (!d) throw problem('not-found', { detail: `没有指标 ${q.code}` });
  const i = c.byKey.get(`${q.code}@${q.scope}`);
  const at = q.at ?? (await hub.now(realm, db));
  if (!i) return { ...named(d, undefined), unit: d.unit, instance: null };
  const [row] = q.latest
    ? await store.latest(db, [i.id], at)
    : await store.valuesIn(db, i.id, new Date(bucketStart(at.getTime(), d.window.every)), new Date(bucketStart(at.getTime(), d.window.every) + 1), 1);
  return { ...named(d, row), unit: d.unit, instance: i.id };
}

const mustInstance = (c: Catalogue, code: string, scope: string, paths: string[]): Instance => {
  const i = c.byKey.get(`${code}@${scope}`);
  if (!i || !paths.some((p) => within(i.unit, p))) throw problem('not-found', { detail: '没有这个指标，或不在您的范围内' });
  return i;
};

/** Values of every bucket between two instants; buckets nobody computed are unknown, so that a gap is seen as a gap. */
export async function series(
  hub: Hub,
  q: { realm: string; code: string; scope: string; from: Date; to: Date; paths: string[] },
): Promise<{ unit: string; every: string; points: IndicatorPoint[] }> {
  const c = await indicatorsOf(hub).catalogue(q.realm);
  const i = mustInstance(c, q.code, q.scope, q.paths);
  const { every } = i.d.window;
  const rows = new Map((await store.valuesIn(hub.sql, i.id, q.from, q.to)).map((r) => [r.bucket.getTime(), r]));
  const points: IndicatorPoint[] = [];
  const end = Math.min(q.to.getTime(), (await hub.now(q.realm)).getTime());
  for (let b = bucketStart(q.from.getTime(), every); b < end && points.length < 5000; b = shiftBucket(b, every, 1)) {
    const r = rows.get(b);
    points.push(
      r
        ? {
            bucket: r.bucket,
            until: r.until,
            value: r.value,
            level: r.level,
            grade: r.grade,
            coverage: r.coverage,
            reason: r.reason,
            revision: r.revision,
            version: r.version,
            final: r.final,
          }
        : {
            bucket: new Date(b),
            until: new Date(bucketEnd(b, every)),
            value: null,
            level: null,
            grade: null,
            coverage: 0,
            reason: 'no-data',
            revision: null,
            version: null,
            final: false,
          },
    );
  }
  return { unit: i.d.unit, every, points };
}

/** The catalogue with the newest values over one unit, by code; `cursor` is the last code seen. */
export async function browse(
  hub: Hub,
  q: {
    realm: string;
    paths: string[];
    unit: string;
    text?: string | undefined;
    sector?: string | undefined;
    track?: string | undefined;
    tier?: string | undefined;
    state?: string | undefined;
    after: string;
    limit: number;
  },
): Promise<{ items: IndicatorItem[]; next: string | null }> {
  const c = await indicatorsOf(hub).catalogue(q.realm);
  const text = q.text?.toLowerCase();
  const all = [...c.definitions.values()]
    .filter(
      ({ definition: d }) =>
        d.code > q.after &&
        (!q.sector || d.sector === q.sector) &&
        (!q.track || d.track === q.track) &&
        (!q.tier || d.tier === q.tier) &&
        (!text || `${d.code} ${d.name.zh} ${d.name.en} ${d.meaning.zh}`.toLowerCase().includes(text)),
    )
    .sort((a, b) => (a.code < b.code ? -1 : 1));
  const at = await hub.now(q.realm);
  const items: IndicatorItem[] = [];
  let last = '';
  for (let from = 0; from < all.length && items.length < q.limit; from += 200) {
    const part = all.slice(from, from + 200);
    const shown = part.map((r) => {
      const mine = (c.byCode.get(r.code) ?? []).filter((i) => q.paths.some((p) => within(i.unit, p)));
      return { r, mine, main: mine.find((i) => i.scope === `unit:${q.unit}`) };
    });
    const values = new Map(
      (
        await store.latest(
          hub.sql,
          shown.flatMap((s) => (s.main ? [s.main.id] : [])),
          at,
        )
      ).map((v) => [v.instance, v]),
    );
    for (const { r, mine, main } of shown) {
      if (items.length >= q.limit) break;
      const { definition: d } = r;
      last = r.code;
      const v = named(d, main && values.get(main.id));
      if (q.state === 'known' ? v.value === null : q.state === 'unknown' ? v.value !== null : q.state === 'alert' ? v.grade === null : false) continue;
      items.push({
        code: d.code,
        name: d.name,
        sector: d.sector,
        track: d.track,
        tier: d.tier,
        unit: d.unit,
        decimals: d.decimals,
        owner: d.owner,
        direction: d.direction,
        every: d.window.every,
        status: d.status,
        instances: mine.length,
        scope: main?.scope ?? null,
        ...v,
        version: r.version,
      });
    }
  }
  return { items, next: items.length === q.limit && last !== all.at(-1)?.code ? last : null };
}

export async function summary(hub: Hub, realm: string, paths: string[]) {
  const c = await indicatorsOf(hub).catalogue(realm);
  const mine = [...c.byId.values()].filter((i) => paths.some((p) => within(i.unit, p)));
  const values = new Map(
    (
      await store.latest(
        hub.sql,
        mine.map((i) => i.id),
        await hub.now(realm),
      )
    ).map((v) => [v.instance, v]),
  );
  const sectors = new Map<string, { sector: string; definitions: Set<string>; instances: number; known: number; unknown: number; grades: Record<string, number> }>();
  for (const d of c.definitions.values())
    if (!sectors.has(d.definition.sector))
      sectors.set(d.definition.sector, { sector: d.definition.sector, definitions: new Set(), instances: 0, known: 0, unknown: 0, grades: {} });
  for (const d of c.definitions.values()) sectors.get(d.definition.sector)!.definitions.add(d.code);
  for (const i of mine) {
    const s = sectors.get(i.d.sector)!;
    const v = values.get(i.id);
    s.instances++;
    if (v?.value === null || v === undefined) s.unknown++;
    else s.known++;
    if (v?.grade) s.grades[v.grade] = (s.grades[v.grade] ?? 0) + 1;
  }
  const list = [...sectors.values()].map((s) => ({ ...s, definitions: s.definitions.size }));
  return { definitions: c.definitions.size, instances: mine.length, live: list.reduce((n, s) => n + s.known, 0), sectors: list };
}

/** One definition with its versions and the newest value of each scope the reader may see. */
export async function read(hub: Hub, q: { realm: string; code: string; paths: string[]; at?: Date | undefined }) {
  const c = await indicatorsOf(hub).catalogue(q.realm);
  const row = c.definitions.get(q.code);
  if (!row) throw problem('not-found', { detail: `没有指标 ${q.code}` });
  const mine = (c.byCode.get(q.code) ?? []).filter((i) => q.paths.some((p) => within(i.unit, p))).slice(0, 2000);
  const values = new Map(
    (
      await store.latest(
        hub.sql,
        mine.map((i) => i.id),
        q.at ?? (await hub.now(q.realm)),
      )
    ).map((v) => [v.instance, v]),
  );
  const names = await thingNames(
    hub.sql,
    mine.flatMap((i) => (i.thingId ? [i.thingId] : [])),
  );
  const units = new Map(c.units.map((u) => [u.path, u.name.zh]));
  return {
    definition: row.definition as unknown as Record<string, unknown>,
    version: row.version,
    versions: (await store.versionsOf(hub.sql, q.code)).map((v) => ({ version: v.version, by: v.by, createdAt: v.createdAt })),
    inputs: inputsOf(row.definition),
    readers: [...(c.graph.readers.get(q.code) ?? [])],
    scopes: mine.map((i) => ({
      scope: i.scope,
      name: i.thingId ? (names.get(i.thingId) ?? i.thingId) : (units.get(i.unit) ?? i.unit),
      unit: i.unit,
      ...named(i.d, values.get(i.id)),
    })),
  };
}
const thingNames = async (sql: Sql, ids: string[]): Promise<Map<string, string>> =>
  new Map(ids.length ? (await sql<{ id: string; name: string }[]>`select id::text, name from things where id = any(${ids}::bigint[])`).map((t) => [t.id, t.name]) : []);

/** Lineage: the streams with their share, the inputs, the cases or records behind one number, and what it was before late data. */
export async function drillDown(hub: Hub, q: { realm: string; code: string; scope: string; bucket: Date; paths: string[] }) {
  const all = indicatorsOf(hub);
  const c = await all.catalogue(q.realm);
  const i = mustInstance(c, q.code, q.scope, q.paths);
  const { d } = i;
  const bucket = bucketStart(q.bucket.getTime(), d.window.every);
  const span = spanOf(d, bucket);
  const [row] = await store.valuesIn(hub.sql, i.id, new Date(bucket), new Date(bucket + 1), 1);
  const s = d.source;
  const shown = i.streams.slice(0, 200);
  const parts =
    s.kind === 'stream'
      ? await store.hourParts(
          hub.sql,
          shown.map((stream) => ({ stream, from: span.from, to: span.to, min: s.valid?.min ?? null, max: s.valid?.max ?? null })),
        )
      : [];
  const about = shown.length
    ? await hub.sql<
        { id: string; thing: string; name: string }[]
      >`select s.id::text, t.id::text as thing, t.name || ' · ' || s.name as name from streams s join things t on t.id = s.thing_id where s.id = any(${shown}::bigint[])`
    : [];
  const inputs = inputsOf(d).map((code) => ({ code, at: c.inputOf(i, code) }));
  const offset = s.kind === 'expression' ? s.offsets : {};
  const inputValues = await Promise.all(
    inputs.map(async ({ code, at }) => {
      const found = c.definitions.get(code)?.definition;
      const [v] = at
        ? await store.inputValues(hub.sql, [{ instance: at.id, from: Math.min(bucket, bucketStart(bucket, at.d.window.every)), to: bucketEnd(bucket, d.window.every) }])
        : [];
      return {
        code,
        name: found?.name ?? { zh: code, en: code },
        scope: at?.scope ?? i.scope,
        value: v?.value ?? null,
        weight: s.kind === 'composite' ? (s.parts.find((p) => p.code === code)?.weight ?? null) : null,
      };
    }),
  );
  const provider = all.providers.get(s.kind);
  const at = await hub.now(q.realm);
  const evidence = provider?.evidence
    ? await provider.evidence(hub.sql, { realm: q.realm, source: s, from: new Date(span.from), to: new Date(span.to), at, units: [i.unit] }, 200)
    : [];
  return {
    formula:
      s.kind === 'expression'
        ? s.formula +
          (Object.keys(offset).length
            ? ` (${Object.entries(offset)
                .map(([n, o]) => `${n}: −${o}`)
                .join(', ')})`
            : '')
        : d.meaning.zh,
    from: new Date(span.from),
    to: new Date(span.to),
    ...named(d, row),
    revisions: await store.revisionsOf(hub.sql, i.id, new Date(bucket)),
    inputs: inputValues,
    streams: shown.map((stream, n) => {
      const mine = parts.filter((x) => x.n === n);
      const whole = mergeParts(mine.map((x) => x.part));
      const p = whole && { part: whole, hours: mine.reduce((a, x) => a + x.hours, 0) };
      const a = about.find((x) => x.id === stream);
      return {
        stream,
        thing: a?.thing ?? '0',
        name: a?.name ?? stream,
        value: p && s.kind === 'stream' && s.agg !== 'percentile' ? finish(p.part, s.agg) : null,
        hours: p?.hours ?? 0,
        readings: p?.part.count ?? 0,
        from: new Date(span.from),
        to: new Date(span.to),
      };
    }),
    evidence: evidence.filter((e) => q.paths.some((p) => within(e.unit, p))).map((e) => ({ ...e, value: e.value ?? null })),
  };
}

/** Units of a kind side by side, ranked by the direction of the indicator; unknown ones have no rank. */
export async function compare(hub: Hub, q: { realm: string; code: string; kind: string; paths: string[]; at?: Date | undefined }) {
  const c = await indicatorsOf(hub).catalogue(q.realm);
  const d = c.definitions.get(q.code)?.definition;
  if (!d) throw problem('not-found', { detail: `没有指标 ${q.code}` });
  const kinds = new Map(c.units.map((u) => [u.path, u]));
  const mine = (c.byCode.get(q.code) ?? []).filter((i) => !i.thingId && kinds.get(i.unit)?.kind === q.kind && q.paths.some((p) => within(i.unit, p)));
  const values = new Map(
    (
      await store.latest(
        hub.sql,
        mine.map((i) => i.id),
        q.at ?? (await hub.now(q.realm)),
      )
    ).map((v) => [v.instance, v]),
  );
  const areas = new Map((await hub.sql<{ path: string; area: unknown }[]>`select path, area from units where path = any(${mine.map((i) => i.unit)})`).map((u) => [u.path, u.area]));
  const items = mine.map((i) => ({ unit: i.unit, name: kinds.get(i.unit)!.name, area: areas.get(i.unit) ?? null, rank: null as number | null, ...named(d, values.get(i.id)) }));
  const order = items
    .filter((x) => x.value !== null)
    .map((x) => x.value!)
    .sort((a, b) => (d.direction === 'low-good' ? a - b : b - a));
  if (d.direction === 'high-good' || d.direction === 'low-good') for (const x of items) if (x.value !== null) x.rank = order.indexOf(x.value) + 1;
  return { unit: d.unit, direction: d.direction, items: items.sort((a, b) => (a.rank ?? 1e9) - (b.rank ?? 1e9) || (a.unit < b.unit ? -1 : 1)) };
}

const parsed = (code: string, raw: unknown): Indicator => {
  const r = indicatorDefinition.safeParse(raw);
  if (!r.success) throw problem('invalid-input', { errors: r.error.issues.slice(0, 30).map((i) => ({ pointer: `/body/definition/${i.path.join('/')}`, message: i.message })) });
  if (r.data.code !== code) throw problem('invalid-input', { errors: [{ pointer: '/body/definition/code', message: '编码不能改' }] });
  return r.data;
};
/** Refuses a definition that would make a cycle or read what does not exist. */
function checkGraph(c: Catalogue, d: Indicator): void {
  const g = graphOf([...[...c.definitions.values()].map((x) => x.definition).filter((x) => x.code !== d.code), d]);
  const cycle = g.cycles.find((x) => x.includes(d.code));
  if (cycle) throw problem('invalid-input', { detail: `指标相互引用成环：${cycle.join(' → ')}`, errors: [{ pointer: '/body/definition/source', message: '成环' }] });
  const missing = g.missing.filter((m) => m.by === d.code);
  if (missing.length) throw problem('invalid-input', { errors: missing.map((m) => ({ pointer: '/body/definition/source', message: `没有指标 ${m.code}` })) });
}

/** Tries a definition on history without publishing: at most 400 buckets, side by side with what is published. */
export async function preview(hub: Hub, q: { realm: string; code: string; definition: unknown; scope: string; from: Date; to: Date; paths: string[] }) {
  const all = indicatorsOf(hub);
  const c = await all.catalogue(q.realm);
  const d = parsed(q.code, q.definition);
  checkGraph(c, d);
  const [type, id] = q.scope.split(':') as ['unit' | 'thing', string];
  const things = await store.things(hub.sql, q.realm);
  const unit = type === 'unit' ? id : things.find((t) => t.id === id)?.unit;
  if (!unit || !q.paths.some((p) => within(unit, p))) throw problem('not-found');
  const s = d.source;
  const streams =
    s.kind === 'stream'
      ? things
          .filter((t) => t.profile === s.profile && (type === 'thing' ? t.id === id : within(t.unit, unit)))
          .flatMap((t) => t.streams.filter((x) => x.code === s.stream).map((x) => x.id))
      : [];
  const instance: Instance = {
    id: c.byKey.get(`${q.code}@${q.scope}`)?.id ?? '0',
    code: q.code,
    scope: q.scope,
    unit,
    thingId: type === 'thing' ? id : null,
    d,
    version: 0,
    rank: 0,
    streams,
  };
  const wanted: Wanted[] = [];
  let b = bucketStart(q.from.getTime(), d.window.every);
  for (; b < q.to.getTime() && wanted.length < 400; b = shiftBucket(b, d.window.every, 1)) wanted.push({ instance, bucket: b });
  const at = await hub.now(q.realm);
  const results = await compute(hub.sql, await all.context(q.realm, at), wanted);
  const before = new Map((await store.valuesIn(hub.sql, instance.id, q.from, q.to)).map((r) => [r.bucket.getTime(), r]));
  const points = wanted.map((w, i) => {
    const old = before.get(w.bucket);
    return { bucket: new Date(w.bucket), before: old?.value ?? null, beforeLevel: old?.level ?? null, after: results[i]!.value, afterLevel: results[i]!.level };
  });
  return { points, changed: points.filter((p) => p.before !== p.after || p.beforeLevel !== p.afterLevel).length, truncated: b < q.to.getTime() };
}

/** Publishes a definition as the next version; earlier values keep theirs until they are recomputed, and then stay as revisions. */
export async function publish(work: Work, code: string, raw: unknown, recomputeFrom?: Date): Promise<{ version: number; job: string | null }> {
  const all = indicatorsOf(work.hub);
  const d = parsed(code, raw);
  checkGraph(await all.catalogue(work.realm, work.tx), d);
  const [newest] = await store.versionsOf(work.tx, code);
  const hash = hashOf(d);
  if (newest?.hash === hash) throw problem('conflict', { detail: '口径没有变化' });
  const version = (newest?.version ?? 0) + 1;
  await store.addDefinitions(work.tx, [{ code, version, definition: d, hash, by: work.by, created_at: work.at }]);
  await append(work, [{ kind: 'indicator.published', subject: `indicator:${code}`, data: { version, before: newest?.version ?? null } }]);
  await syncInstances(work);
  const job = recomputeFrom ? await startJob(work, 'indicators.recompute', { codes: [code], from: recomputeFrom.toISOString(), to: work.at.toISOString() }) : null;
  return { version, job };
}

/** Recomputes codes over a span, day by day, inputs first; resumable: the checkpoint is the day reached. */
export async function recompute(job: JobRun<{ codes: string[]; from: string; to: string }>): Promise<{ computed: number }> {
  const all = indicatorsOf(job.hub);
  all.forget();
  const c = await all.catalogue(job.realm);
  const list = job.input.codes.flatMap((code) => c.byCode.get(code) ?? []);
  const from = Date.parse(job.input.from);
  const to = Date.parse(job.input.to);
  const done = job.checkpoint as { next: number; computed: number } | null;
  let computed = done?.computed ?? 0;
  const total = Math.max(1, Math.ceil((to - from) / DAY));
  for (let day = done?.next ?? 0; day < total; day++) {
    const start = from + day * DAY;
    const dirty: { instance: string; bucket: number; rank: number }[] = [];
    for (const i of list)
      for (let b = bucketStart(start, i.d.window.every); b < Math.min(start + DAY, to); b = shiftBucket(b, i.d.window.every, 1))
        if (b >= bucketStart(from, i.d.window.every)) dirty.push({ instance: i.id, bucket: b, rank: i.rank });
    await job.hub.sql.begin((tx) =>
      store.rollDays(
        tx,
        list.flatMap((i) => (c.daily.size ? i.streams.filter((x) => c.daily.has(x)).map((stream) => ({ stream, day: bucketStart(start, 'P1D') })) : [])),
      ),
    );
    await store.markDirty(job.hub.sql, dirty);
    computed += dirty.length;
    while (await all.step(job.realm, 2000));
    await job.progress(day + 1, total, `${dateOf(new Date(start))}`, { next: day + 1, computed });
  }
  return { computed };
}

/** Queues a recomputation; history is kept as revisions. */
export const startRecompute = (work: Work, codes: string[], from: Date, to: Date): Promise<string> =>
  startJob(work, 'indicators.recompute', { codes, from: from.toISOString(), to: to.toISOString() });

/** A manual value, with where it comes from; the owner's own unit only. */
export async function enter(work: Work, q: { code: string; scope: string; bucket: Date; value: number; sourceRef: string; paths: string[] }): Promise<void> {
  const all = indicatorsOf(work.hub);
  const c = await all.catalogue(work.realm, work.tx);
  const i = mustInstance(c, q.code, q.scope, q.paths);
  if (i.d.source.kind !== 'manual' && i.d.source.kind !== 'feed') throw problem('not-allowed-in-state', { detail: '这个指标由系统计算，不能填报' });
  const bucket = bucketStart(q.bucket.getTime(), i.d.window.every);
  await store.entry(work.tx, { instance: i.id, bucket: new Date(bucket), value: q.value, sourceRef: q.sourceRef, by: work.by, at: work.at });
  await append(work, [
    {
      kind: 'indicator.entered',
      subject: `indicator:${q.code}`,
      data: { scope: q.scope, bucket: new Date(bucket).toISOString(), value: q.value, sourceRef: q.sourceRef },
      unit: i.unit,
    },
  ]);
  await store.markDirty(work.tx, [{ instance: i.id, bucket, rank: i.rank }]);
}

const spanDays = (every: string): number => Number(every.slice(1, -1)) * ({ D: 1, W: 7, M: 30 }[every.at(-1) as 'D' | 'W' | 'M'] ?? 1);
const withDue = (p: store.RiskPointRow, every: string | undefined) => ({ ...p, inspectionDueOn: p.inspectedOn && every ? addDays(p.inspectedOn, spanDays(every)) : null });

export async function riskPoints(hub: Hub, q: { realm: string; scope: string[]; type?: string | undefined; after: string; limit: number }) {
  const { content } = await current(hub);
  const rows = await store.riskPoints(hub.sql, q.realm, q.scope, { type: q.type, after: q.after, limit: q.limit + 1 });
  const items = rows.slice(0, q.limit).map((p) => withDue(p, content['risk-types'].get(p.type)?.every));
  return { items, next: rows.length > q.limit ? items.at(-1)!.id : null };
}
/** Registers (no id) or changes a risk point; attributes must be those of its type, responsible posts are posts. */
export async function putRiskPoint(work: Work, p: NewRiskPoint, scope: string[], change?: { id: string; version: number }) {
  const { content } = await current(work.hub, work.tx);
  const type = content['risk-types'].get(p.type);
  if (!type) throw problem('invalid-input', { errors: [{ pointer: '/body/type', message: `没有风险点类型 ${p.type}` }] });
  for (const [k, v] of Object.entries(p.attributes)) {
    const a = type.attributes.find((x) => x.code === k);
    const fits = a && (a.type === 'number' ? typeof v === 'number' : a.type === 'flag' ? typeof v === 'boolean' : typeof v === 'string');
    if (!fits) throw problem('invalid-input', { errors: [{ pointer: `/body/attributes/${k}`, message: a ? '类型不对' : '这一类型没有这个属性' }] });
  }
  if (!scope.some((s) => within(p.unit, s))) throw problem('forbidden', { detail: '不在您的管理范围' });
  const before = change && (await store.riskPoint(work.tx, change.id));
  if (change && (!before || !scope.some((s) => within(before.unit, s)))) throw problem('not-found');
  if (before && before.version !== change!.version) throw problem('version-stale');
  const id = change?.id ?? uuidv7();
  await store.putRiskPoint(work.tx, work.realm, { id, ...p, responsible: p.responsible as Record<string, string> });
  await append(work, [
    { kind: change ? 'risk-point.changed' : 'risk-point.registered', subject: `risk-point:${id}`, data: { type: p.type, name: p.name, level: p.level }, unit: p.unit },
  ]);
  return withDue((await store.riskPoint(work.tx, id))!, type.every);
}
export { current as content } from '../packs/service.ts';
export { syncDefinitions, syncInstances };
