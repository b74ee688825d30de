// The catalogue in memory: definitions, their instances over units and things, and which instances a reading or a fact touches.
import { createHash } from 'node:crypto';
import { canonicalJson } from '#core/fact.ts';
import { graphOf, inputsOf, type Graph } from '#core/indicators/graph.ts';
import type { Indicator } from '#core/indicators/pack.ts';
import { bucketsTouched } from '#core/indicators/window.ts';
import { within } from '#core/people/roles.ts';
import { HOUR } from '#core/time.ts';
import type { Db } from '../platform/db.ts';
import { append } from '../platform/facts.ts';
import type { Work } from '../platform/hub.ts';
import * as store from './store.ts';

export interface Instance extends store.InstanceRow {
  d: Indicator;
  version: number;
  rank: number;
  /** Streams it is computed from, when it is computed from readings. */
  streams: string[];
}

/** Windows of whole days longer than two: computed from days, not hours. */
export const longWindow = (d: Indicator): boolean => {
  const w = d.window;
  return w.kind === 'to-date' ? w.every.startsWith('P') && !w.every.startsWith('PT') : w.kind === 'tumbling' && ['P1W', 'P1M', 'P3M', 'P1Y'].includes(w.every);
};

/** Place in the order of computing: by depth, and within it what readings say before what must be counted elsewhere. */
const rankOf = (d: Indicator, depth: number): number => depth * 2 + (d.source.kind === 'stream' ? 0 : 1);

export const hashOf = (d: unknown): string => createHash('sha256').update(canonicalJson(d)).digest('hex').slice(0, 32);

export class Catalogue {
  readonly realm: string;
  readonly byId = new Map<string, Instance>();
  readonly byKey = new Map<string, Instance>();
  readonly byCode = new Map<string, Instance[]>();
  readonly definitions = new Map<string, store.DefinitionRow>();
  /** Instances computed directly from a stream. */
  readonly ofStream = new Map<string, Instance[]>();
  /** Streams that long windows read: their days are kept. */
  readonly daily = new Set<string>();
  readonly graph: Graph;
  readonly units: Awaited<ReturnType<typeof store.units>>;
  readonly stamp: string;

  constructor(realm: string, definitions: store.DefinitionRow[], instances: store.InstanceRow[], things: store.ThingRow[], units: Catalogue['units'], stamp: string) {
    this.realm = realm;
    this.units = units;
    this.stamp = stamp;
    for (const d of definitions) this.definitions.set(d.code, d);
    this.graph = graphOf(definitions.map((d) => d.definition));
    const byStream = new Map<string, { id: string; unit: string; thing: string }[]>();
    for (const t of things)
      for (const s of t.streams) {
        const key = `${t.profile}/${s.code}`;
        const list = byStream.get(key);
        const item = { id: s.id, unit: t.unit, thing: t.id };
        if (list) list.push(item);
        else byStream.set(key, [item]);
      }
    for (const row of instances) {
      const found = this.definitions.get(row.code);
      if (!found) continue;
      const d = found.definition;
      const streams =
        d.source.kind !== 'stream'
          ? []
          : (byStream.get(`${d.source.profile}/${d.source.stream}`) ?? []).filter((s) => (row.thingId ? s.thing === row.thingId : within(s.unit, row.unit))).map((s) => s.id);
      const instance: Instance = { ...row, d, version: found.version, rank: rankOf(d, this.graph.rank.get(row.code) ?? 0), streams };
      this.byId.set(row.id, instance);
      this.byKey.set(`${row.code}@${row.scope}`, instance);
      const list = this.byCode.get(row.code);
      if (list) list.push(instance);
      else this.byCode.set(row.code, [instance]);
      if (longWindow(d)) for (const s of streams) this.daily.add(s);
      for (const s of streams) {
        const of = this.ofStream.get(s);
        if (of) of.push(instance);
        else this.ofStream.set(s, [instance]);
      }
    }
  }

  /** What readings of a stream in an hour make necessary to compute. */
  touchedBy(stream: string, hour: number, now: number, out: Map<string, { instance: string; bucket: number; rank: number }>): void {
    for (const i of this.ofStream.get(stream) ?? []) {
      // Buckets shorter than the hour that was touched: all of them.
      const short = i.d.window.every.startsWith('PT') && i.d.window.every !== 'PT1H';
      const points = short ? Array.from({ length: 12 }, (_, k) => hour + (k * HOUR) / 12) : [hour];
      for (const p of points) for (const b of bucketsTouched(i.d, p, now)) out.set(`${i.id}/${b}`, { instance: i.id, bucket: b, rank: i.rank });
    }
  }

  /** The instances of other indicators over the same scope that read this one. */
  readersOf(i: Instance): Instance[] {
    return (this.graph.readers.get(i.code) ?? []).map((code) => this.byKey.get(`${code}@${i.scope}`)).filter((x) => x !== undefined);
  }
  /** The instance that an input of this one means: same scope, or the district's when the input is only kept there. */
  inputOf(i: Instance, code: string): Instance | undefined {
    return this.byKey.get(`${code}@${i.scope}`) ?? this.byKey.get(`${code}@unit:${i.unit.split('.')[0]}`);
  }
}

/** Reads the catalogue from the database. */
export async function loadCatalogue(db: Db, realm: string): Promise<Catalogue> {
  const stamp = await store.thingsStamp(db, realm);
  const [definitions, instances, things, units] = await Promise.all([store.definitions(db), store.instances(db, realm), store.things(db, realm), store.units(db)]);
  return new Catalogue(realm, definitions, instances, things, units, stamp);
}

/** Which instances the definitions call for with these units and things. */
export function wantedInstances(
  definitions: Indicator[],
  things: store.ThingRow[],
  units: { path: string; kind: string }[],
): { code: string; scope: string; unit: string; thingId: string | null }[] {
  const out: { code: string; scope: string; unit: string; thingId: string | null }[] = [];
  for (const d of definitions) {
    const s = d.source;
    if (d.scope === 'thing') {
      for (const t of things)
        if (
          s.kind === 'stream'
            ? t.profile === s.profile && t.streams.some((x) => x.code === s.stream)
            : s.kind === 'online' && (!s.profile || t.profile === s.profile) && (!s.devices || t.kind === s.devices)
        )
          out.push({ code: d.code, scope: `thing:${t.id}`, unit: t.unit, thingId: t.id });
    } else
      for (const u of units)
        if ((d.scope as string[]).includes(u.kind) || ((d.scope as string[]).includes('department') && (u.kind === 'company' || u.kind === 'centre')))
          out.push({ code: d.code, scope: `unit:${u.path}`, unit: u.path, thingId: null });
  }
  return out;
}

/** Takes definitions from the current content: what changed becomes a new version, what is gone is retired, the rest stays. */
export async function syncDefinitions(work: Work, wanted: Indicator[]): Promise<{ changed: string[] }> {
  const now = new Map((await store.definitions(work.tx)).map((d) => [d.code, d]));
  const codes = wanted.map((w) => w.code);
  await store.reviveDefinitions(
    work.tx,
    codes.filter((c) => !now.has(c)),
  );
  const highest = new Map(
    (await work.tx<{ code: string; version: number; hash: string }[]>`select distinct on (code) code, version, hash from indicator_definitions order by code, version desc`).map(
      (r) => [r.code, r],
    ),
  );
  const fresh = wanted.map((d) => ({ d, hash: hashOf(d) })).filter(({ d, hash }) => highest.get(d.code)?.hash !== hash);
  await store.addDefinitions(
    work.tx,
    fresh.map(({ d, hash }) => ({ code: d.code, version: (highest.get(d.code)?.version ?? 0) + 1, definition: d, hash, by: work.by, created_at: work.at })),
  );
  const gone = [...now.keys()].filter((c) => !codes.includes(c));
  if (gone.length) await store.retireDefinitions(work.tx, gone);
  const changed = fresh.filter(({ d }) => highest.has(d.code)).map(({ d }) => d.code);
  if (fresh.length || gone.length)
    await append(work, [{ kind: 'indicator.defined', subject: 'indicator:catalogue', data: { added: fresh.length - changed.length, changed, retired: gone } }]);
  return { changed };
}

/** Makes instances agree with definitions, units and things. */
export async function syncInstances(work: Work): Promise<{ added: number }> {
  const definitions = (await store.definitions(work.tx)).map((d) => d.definition);
  const [things, units] = [await store.things(work.tx, work.realm), await store.units(work.tx)];
  return store.syncInstances(work.tx, work.realm, wantedInstances(definitions, things, units));
}
export { inputsOf };
