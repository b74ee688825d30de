// What a number is now and what stands behind it: values, series, catalogue, lineage, towns compared.
import { finish, mergeParts } from '#core/indicators/aggregate.ts';
import type { IndicatorItem, IndicatorPoint } from '#core/indicators/contract.ts';
import type { Indicator } from '#core/indicators/pack.ts';
import { bucketEnd, bucketStart, shiftBucket, spanOf } from '#core/indicators/window.ts';
import { within } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import type { Db, Sql } from '../platform/db.ts';
import type { Hub } from '../platform/hub.ts';
import { type Catalogue, type Instance, inputsOf } from './catalogue.ts';
import * as store from './store.ts';
import { indicatorsOf } from './live.ts';

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

export const mustInstance = (c: Catalogue, code: string, scope: string, paths: string[]): Instance => {
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
