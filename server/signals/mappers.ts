// Messages of other makers' devices and platforms: mapped as content says, stored through the one door, set aside with the reason when they cannot be.
import { isUtf8 } from 'node:buffer';
import { MAX_MESSAGE, type MappedReading, type Mapper, type MapOutcome, readMessage, topicFits } from '#core/signals/mapper.ts';
import { valueOf } from '#core/signals/careful.ts';
import { problem } from '#core/problem.ts';
import { within } from '#core/people/roles.ts';
import { contentOf, current } from '../packs/service.ts';
import type { Hub } from '../platform/hub.ts';
import { putAside } from './ingest.ts';
import { mapperThread } from './mapper-thread.ts';
import { type Signals, signalsOf } from './service.ts';

/** What came of one message. */
export interface Mapped {
  stored: number;
  duplicates: number;
  conflicts: number;
  /** Readings or messages in quarantine, with why in `errors`. */
  quarantined: number;
  /** Readings of streams nobody registered, left out because the mapper says so. */
  dropped: number;
  ignored: boolean;
  errors: { pointer: string; message: string }[];
}
export interface MapSender {
  /** Unit paths it may write for. */
  scope: string[];
  /** Named in quarantine. */
  source: string;
  topic?: string | undefined;
  event?: Record<string, unknown> | undefined;
}

const cache = new WeakMap<Hub, { version: string; until: number }>();
/** The mappers in force, and the version of the content they are of; looked up at most twice a second. */
async function mappersOf(hub: Hub): Promise<{ version: string; mappers: Map<string, Mapper> }> {
  const c = cache.get(hub);
  if (c && c.until > performance.now()) return { version: c.version, mappers: (await contentOf(hub, c.version)).content.mappers };
  const now = await current(hub);
  cache.set(hub, { version: now.version, until: performance.now() + 500 });
  return { version: now.version, mappers: now.content.mappers };
}
/** The mapper that speaks for a topic, by its own list; undefined when none does. */
export async function mapperOfTopic(hub: Hub, topic: string): Promise<string | undefined> {
  for (const m of (await mappersOf(hub)).mappers.values()) if (m.on.topics.some((f) => topicFits(f, topic))) return m.code;
  return undefined;
}
/** The mapper that speaks for a type of CloudEvent. */
export async function mapperOfType(hub: Hub, type: string): Promise<string | undefined> {
  for (const m of (await mappersOf(hub)).mappers.values()) if (m.on.types.includes(type)) return m.code;
  return undefined;
}

const devices = new WeakMap<Hub, Map<string, { code: string; until: number }>>();
/** Codes of things by what the platform calls them: the code itself, or `properties.deviceId`. Found ones are remembered for a minute. */
async function thingCodes(hub: Hub, signals: Signals, names: string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  let known = devices.get(hub);
  if (!known) devices.set(hub, (known = new Map()));
  const ask: string[] = [];
  for (const n of names) {
    const k = known.get(n);
    if (k && k.until > performance.now()) found.set(n, k.code);
    else ask.push(n);
  }
  if (!ask.length) return found;
  const rows = await signals.hub.sql<{ name: string; code: string }[]>`
    select n as name, coalesce((select code from things where code = n and realm = 'live'),
      (select min(code) from things where properties ->> 'deviceId' = n and properties ? 'deviceId' and realm = 'live' having count(*) = 1)) as code from unnest(${ask}::text[]) n`;
  if (known.size > 50_000) known.clear();
  for (const r of rows)
    if (r.code) {
      found.set(r.name, r.code);
      known.set(r.name, { code: r.code, until: performance.now() + 60_000 });
    }
  return found;
}

/** Topic of a message for a mapper by name: `in/<mapper>/…`; what follows is what the mapper sees as its topic. */
const BY_NAME = /^in\/([a-z][a-z0-9-]{0,60})(?:\/(.{0,400}))?$/s;
/**
 * What MQTT topics beyond the hub's own mean to mappers: `in/<mapper>/…`, and the topics mappers list. Undefined: not one of them.
 * Mappers that came into force a moment ago are known at the next message.
 */
export function mapperTopics(hub: Hub): (topic: string, payload: Buffer, by: { scope: string[]; source: string }) => Promise<'stored' | 'denied'> | undefined {
  let filters: { filter: string; mapper: string }[] = [];
  let asked = Number.NEGATIVE_INFINITY;
  const look = async () => {
    asked = performance.now();
    filters = [...(await mappersOf(hub)).mappers.values()].flatMap((m) => m.on.topics.map((filter) => ({ filter, mapper: m.code })));
  };
  const take = async (mapper: string, topic: string, payload: Buffer, by: { scope: string[]; source: string }): Promise<'stored' | 'denied'> => {
    try {
      await mapPayload(hub, mapper, payload, { ...by, topic });
      return 'stored';
    } catch (error) {
      if ((error as { code?: string }).code === 'not-found') return 'denied';
      throw error;
    }
  };
  void look().catch(() => {});
  return (topic, payload, by) => {
    const m = BY_NAME.exec(topic);
    if (m) return take(m[1]!, m[2] ?? '', payload, by);
    if (performance.now() - asked > 5000) void look().catch(() => {});
    const found = filters.find((f) => topicFits(f.filter, topic));
    return found && take(found.mapper, topic, payload, by);
  };
}
/** Filters an external broker has to be asked for, so that mappers hear what they list. */
export const mapperFilters = async (hub: Hub): Promise<string[]> => ['in/#', ...new Set([...(await mappersOf(hub)).mappers.values()].flatMap((m) => m.on.topics))];

const KEPT = 16 * 1024;
/** A payload as quarantine keeps it: whole where that is possible, so that it can be tried again; marked where it is not. */
function kept(payload: Uint8Array): { payload: string; partial?: true } {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  if (bytes.length <= KEPT && isUtf8(bytes) && !bytes.includes(0)) return { payload: bytes.toString('utf8') };
  return { payload: bytes.subarray(0, 4000).toString('utf8').replaceAll('\u0000', '').toWellFormed(), partial: true };
}

/** What a mapper makes of a message; nothing is written. */
async function outcomeOf(hub: Hub, version: string, spec: Mapper, payload: Uint8Array, by: Pick<MapSender, 'topic' | 'event'>): Promise<MapOutcome> {
  let value: unknown;
  try {
    value = readMessage(spec.format, new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch (error) {
    return { fault: error instanceof TypeError ? '内容不是 UTF-8' : (error as Error).message };
  }
  return mapperThread(hub).run(`${version}/${spec.code}`, spec, { payload: value, topic: by.topic, event: by.event });
}

/** Tries a message: the readings it would give, and which of their streams are there for the caller. */
export async function tryMapper(hub: Hub, mapper: string, payload: string, o: { topic?: string | undefined; scope: string[] }) {
  const { version, mappers } = await mappersOf(hub);
  const spec = mappers.get(mapper);
  if (!spec) throw problem('not-found', { detail: `没有映射 ${mapper}` });
  const outcome = await outcomeOf(hub, version, spec, Buffer.from(payload), { topic: o.topic });
  if ('fault' in outcome) return { ignored: false, fault: outcome.fault, readings: [] };
  if ('ignored' in outcome) return { ignored: true, fault: null, readings: [] };
  const signals = signalsOf(hub);
  await signals.registry.lookAgain();
  const codes = await thingCodes(hub, signals, [...new Set(outcome.readings.map((r) => r.thing))]);
  return {
    ignored: false,
    fault: null,
    readings: outcome.readings.map((r) => {
      const s = signals.registry.find(`${codes.get(r.thing) ?? r.thing}/${r.stream}`);
      return { ...r, known: s !== undefined && o.scope.some((p) => within(s.unit, p)) };
    }),
  };
}

const REPLAYED = 500;
interface Aside {
  id: string;
  reading: { mapper: string; topic?: string; event?: Record<string, unknown>; payload?: string; partial?: true } & Partial<MappedReading>;
  reason: string;
  source: string;
}
/**
 * Tries again what a mapper's messages left in quarantine, oldest first: what can be stored now leaves it, what still cannot stays with its
 * present reason. Doing it twice, or dying in the middle, stores nothing twice.
 */
export async function replayMapper(
  hub: Hub,
  mapper: string,
  o: { scope: string[]; by: string },
): Promise<{ taken: number; stored: number; duplicates: number; waiting: number; left: number }> {
  const { mappers } = await mappersOf(hub);
  const spec = mappers.get(mapper);
  if (!spec) throw problem('not-found', { detail: `没有映射 ${mapper}` });
  const signals = signalsOf(hub);
  const rows = await hub.sql<
    Aside[]
  >`select id::text, reading, reason, source from quarantine where released_at is null and stream is null and reading ->> 'mapper' = ${mapper} and not (reading ? 'partial') order by id limit ${REPLAYED}`;
  const sum = { taken: 0, stored: 0, duplicates: 0, waiting: 0, left: 0 };
  for (const row of rows) {
    const { reading: r } = row;
    const by: MapSender = { scope: o.scope, source: row.source, topic: r.topic, event: r.event };
    const fresh: Mapped = { stored: 0, duplicates: 0, conflicts: 0, quarantined: 0, dropped: 0, ignored: false, errors: [] };
    const result =
      r.payload === undefined
        ? await store(
            hub,
            signals,
            spec,
            [{ thing: r.thing!, stream: r.stream!, value: r.value, ...(r.time === undefined ? {} : { time: r.time }), ...(r.quality === undefined ? {} : { quality: r.quality }) }],
            by,
            fresh,
          )
        : await mapPayload(hub, mapper, Buffer.from(r.payload), by);
    sum.stored += result.stored;
    sum.duplicates += result.duplicates;
    // The same fault again is the same row; another fault is a row of its own by now, and this one is done with.
    if (result.quarantined && result.errors.every((e) => e.message === row.reason)) {
      sum.waiting++;
      continue;
    }
    await hub.sql`update quarantine set released_at = clock_timestamp(), released_by = ${o.by} where id = ${row.id} and released_at is null`;
    if (result.quarantined) sum.waiting++;
    else sum.taken++;
  }
  const [rest] = await hub.sql<{ n: number }[]>`select count(*)::int as n from quarantine where released_at is null and stream is null and reading ->> 'mapper' = ${mapper}`;
  sum.left = Math.max(0, rest!.n - sum.waiting);
  return sum;
}

/** All mappers with how much of each waits in quarantine. */
export async function listMappers(hub: Hub) {
  const { mappers } = await mappersOf(hub);
  const waiting = new Map(
    (
      await hub.sql<
        { mapper: string; n: number }[]
      >`select reading ->> 'mapper' as mapper, count(*)::int as n from quarantine where released_at is null and stream is null and reading ? 'mapper' group by 1`
    ).map((r) => [r.mapper, r.n]),
  );
  return [...mappers.values()].map((m) => ({
    code: m.code,
    name: m.name,
    format: m.format,
    topics: m.on.topics,
    types: m.on.types,
    sourceRef: m.sourceRef,
    examples: m.examples.map((e) => ({ name: e.name, topic: e.topic ?? null, payload: e.payload })),
    waiting: waiting.get(m.code) ?? 0,
  }));
}

/**
 * Maps one message and stores what it gives; resolves after the commit. A message that cannot be mapped, and readings that cannot be
 * stored, go to quarantine with the reason and hold nothing up (F-24). Throws `not-found` for a mapper that does not exist and
 * `overloaded` when it should come again later – nothing else.
 */
export async function mapPayload(hub: Hub, mapper: string, payload: Uint8Array, by: MapSender): Promise<Mapped> {
  const { version, mappers } = await mappersOf(hub);
  const spec = mappers.get(mapper);
  if (!spec) throw problem('not-found', { detail: `没有映射 ${mapper.slice(0, 60)}` });
  const signals = signalsOf(hub);
  const result: Mapped = { stored: 0, duplicates: 0, conflicts: 0, quarantined: 0, dropped: 0, ignored: false, errors: [] };
  const poison = async (reason: string): Promise<Mapped> => {
    const topic = by.topic?.slice(0, 500).replaceAll('\u0000', '').toWellFormed();
    const reading = { mapper, ...(topic === undefined ? {} : { topic }), ...(by.event === undefined ? {} : { event: by.event }), ...kept(payload) };
    await putAside(hub, [{ stream: null, reading, reason: reason.slice(0, 500), source: by.source }]);
    return { ...result, quarantined: 1, errors: [{ pointer: '/body', message: reason }] };
  };
  if (payload.length > MAX_MESSAGE) return poison(`消息超过 ${MAX_MESSAGE / 1024} KB`);
  const outcome = await outcomeOf(hub, version, spec, payload, by);
  if ('fault' in outcome) return poison(outcome.fault);
  if ('ignored' in outcome) return { ...result, ignored: true };
  return store(hub, signals, spec, outcome.readings, by, result);
}

/** Stores what a message gave; what cannot be stored goes aside, reading by reading. */
export async function store(hub: Hub, signals: Signals, spec: Mapper, readings: MappedReading[], by: MapSender, result: Mapped): Promise<Mapped> {
  const codes = await thingCodes(hub, signals, [...new Set(readings.map((r) => r.thing))]);
  const find = (r: MappedReading) => {
    const code = codes.get(r.thing);
    return code === undefined ? undefined : signals.registry.find(`${code}/${r.stream}`);
  };
  if (readings.some((r) => !find(r))) await signals.registry.lookAgain();
  const good: { stream: string; value: unknown; time?: string | number; quality?: number }[] = [];
  const aside: { stream: string | null; reading: unknown; reason: string; source: string }[] = [];
  for (const [i, r] of readings.entries()) {
    const s = find(r);
    let reason: string | undefined;
    if (!s) {
      if (codes.has(r.thing) && spec.unknownStream === 'drop') {
        result.dropped++;
        continue;
      }
      reason = codes.has(r.thing) ? `设备 ${r.thing} 没有数据流 ${r.stream}` : `没有设备 ${r.thing}`;
    } else if (!by.scope.some((p) => within(s.unit, p))) reason = '无权写入这条数据流';
    else {
      const v = valueOf(r.value);
      if (typeof v === 'string') reason = v;
    }
    if (reason === undefined)
      good.push({ stream: s!.id, value: r.value, ...(r.time === undefined ? {} : { time: r.time }), ...(r.quality === undefined ? {} : { quality: r.quality }) });
    else {
      if (result.errors.length < 50) result.errors.push({ pointer: `/readings/${i}`, message: reason });
      // Only what a release could put right keeps its stream; the reading stays whole beside it.
      aside.push({ stream: null, reading: { mapper: spec.code, ...r, value: JSON.stringify(r.value)?.length < 4000 ? r.value : null }, reason, source: by.source });
    }
  }
  if (good.length) {
    const taken = await signals.take(good, { scope: by.scope, source: by.source, partial: true });
    result.stored = taken.stored;
    result.duplicates = taken.duplicates;
    result.conflicts = taken.conflicts;
    result.quarantined = taken.quarantined;
    result.errors.push(...(taken.errors ?? []).slice(0, 50));
  }
  if (aside.length) await putAside(hub, aside);
  result.quarantined += aside.length;
  return result;
}
