// SensorThings over MQTT: Observations published to their collections, and subscriptions to entities, collections and properties (STA-070…074).
import { StaFault, bad } from '#core/signals/sta/fault.ts';
import { parseBody } from '#core/signals/sta/json.ts';
import { type Options, noOptions, parseQuery } from '#core/signals/sta/options.ts';
import { type ResourcePath, parsePath } from '#core/signals/sta/path.ts';
import { problem } from '#core/problem.ts';
import { within } from '#core/people/roles.ts';
import type { Hub } from '../../platform/hub.ts';
import { counter } from '../../platform/metrics.ts';
import type { Listener, Taken } from '../mqtt/listener.ts';
import type { TopicHandler } from '../ways-in/mqtt.ts';
import { type Caller, covers } from './caller.ts';
import { create, nowOf, target } from './commands.ts';
import { type Event, feedOf } from './feed.ts';
import { type Reader, type Row, follow, reading, readingsByKeys, wanted } from './fetch.ts';
import { seen } from './create.ts';
import { entityJson, nameRows, valueOf } from './render.ts';

const TOPIC = /^(v1\.[01])\/(.+)$/s;
export const isStaTopic = (topic: string): boolean => TOPIC.test(topic);

/** A sender known only by the units it writes for. */
export const writerOf = (scope: readonly string[], source: string): Caller => ({
  actor: { account: null, name: source, kind: 'device', unit: { id: '', path: scope[0] ?? '', name: source }, grants: [] },
  realm: 'live',
  read: [...scope],
  manage: [],
  write: [...scope],
  source,
});

/** Makes the Observation of a message; resolves after the commit, throws a StaFault for what can never be stored. */
export async function staPublish(hub: Hub, topic: string, payload: Buffer, caller: Caller): Promise<void> {
  const m = TOPIC.exec(topic);
  if (!m) throw bad('不是 SensorThings 的主题');
  const path = parsePath(m[2]!);
  if (path.steps.at(-1)?.entity !== 'Observation') throw bad('经 MQTT 只能新建 Observation');
  const { entity, given } = await target(hub, caller, path);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(payload);
  } catch {
    throw bad('内容不是 UTF-8');
  }
  await create(hub, caller, entity, given, parseBody(text));
}

/** For the listener's list of topics: what can never be stored is set aside there with its reason, what is not allowed is denied. */
export const staTopics =
  (hub: Hub): TopicHandler =>
  (topic, payload, by) => {
    if (!isStaTopic(topic)) return undefined;
    return (async (): Promise<Taken> => {
      try {
        await staPublish(hub, topic, payload, writerOf(by.scope, by.source));
        return 'stored';
      } catch (error) {
        if (!(error instanceof StaFault)) throw error;
        if (error.status === 403 || error.status === 401) return 'denied';
        if (error.status >= 500) throw problem('overloaded', { detail: error.message, retryAfter: error.retryAfter ?? 1 });
        throw problem('invalid-input', { detail: error.message, ...(error.at ? { errors: [{ pointer: error.at, message: error.message }] } : {}) });
      }
    })();
  };

interface Subscription {
  filter: string;
  path: ResourcePath;
  options: Options;
}
/** Reads a topic filter; undefined when it is none of the façade's. Throws a StaFault for one that can mean nothing. */
export function subscriptionOf(filter: string): Subscription | undefined {
  const m = TOPIC.exec(filter);
  if (!m) return undefined;
  // Devices hear what they name, never everything (STA-073).
  if (/[+#]/.test(m[2]!.split('?')[0]!)) throw bad('不接受通配订阅');
  const [path = '', ...query] = m[2]!.split('?');
  const parsed = parsePath(path);
  const last = parsed.steps.at(-1);
  if (!last || parsed.ref || parsed.value) throw bad('不能订阅这个主题');
  const options = query.length ? parseQuery(query.join('?'), last.entity) : noOptions();
  if (options.raw.some(([n]) => n !== '$select')) throw bad('订阅只支持 $select');
  wanted(last.entity, options);
  return { filter, path: parsed, options };
}

const ALL: readonly string[] = [''];
/** Most changes that wait for their notice; beyond it the oldest are let go: notices are QoS 0. */
const MAX_WAITING = 20_000;
const lost = counter('chengshu_sta_notices_dropped_total', '来不及通知而放弃的订阅消息');

/** Whether a subscriber in these units may hear of an entity that belongs to a unit. */
function mayHear(scope: readonly string[], event: Event['entity'], unit: string | null): boolean {
  if (event === 'Sensor' || event === 'ObservedProperty') return unit === null || covers(scope, unit) || scope.some((p) => within(p, unit));
  return unit !== null && covers(scope, unit);
}

/** Tells subscribers of the embedded listener what was made and changed, in order, after the commit. */
export function tellSubscribers(hub: Hub, listener: Listener): void {
  const parsed = new Map<string, Subscription | undefined>();
  const subscriptions = (): Subscription[] => {
    const filters = [...listener.filters()].filter(isStaTopic);
    for (const f of parsed.keys()) if (!filters.includes(f)) parsed.delete(f);
    return filters.flatMap((f) => {
      if (!parsed.has(f))
        try {
          parsed.set(f, subscriptionOf(f));
        } catch {
          parsed.set(f, undefined);
        }
      return parsed.get(f) ?? [];
    });
  };
  let queue: Event[] = [];
  let busy = false;
  const work = async (): Promise<void> => {
    busy = true;
    try {
      while (queue.length) {
        const some = queue.splice(0, 500);
        const subs = subscriptions();
        if (subs.length) await notify(hub, listener, subs, some).catch((error: unknown) => hub.log.warn('sensorthings notices', { error }));
      }
    } finally {
      busy = false;
    }
  };
  feedOf(hub).on((events) => {
    const subs = subscriptions();
    if (!subs.length) return;
    const kinds = new Set(subs.map((s) => s.path.steps.at(-1)!.entity));
    const streams = streamsOf(subs);
    const wantedEvents = events.filter((e) => e.how !== 'removed' && kinds.has(e.entity) && (e.stream === undefined || !streams || streams.has(e.stream)));
    if (!wantedEvents.length) return;
    queue.push(...wantedEvents);
    if (queue.length > MAX_WAITING) {
      lost.inc(queue.length - MAX_WAITING);
      queue = queue.slice(-MAX_WAITING);
    }
    if (!busy) void work();
  });
}

/** The streams whose readings anybody listens to; undefined: it takes a closer look. */
function streamsOf(subs: readonly Subscription[]): Set<string> | undefined {
  const found = new Set<string>();
  for (const { path } of subs) {
    const [first, second] = path.steps;
    if (path.steps.at(-1)!.entity !== 'Observation') continue;
    if (path.steps.length === 2 && first!.entity === 'Datastream' && first!.id && second!.many) found.add(first!.id);
    else return undefined;
  }
  return found;
}

async function notify(hub: Hub, listener: Listener, subs: readonly Subscription[], events: readonly Event[]): Promise<void> {
  const r: Reader = { hub, view: { realm: 'live', read: ALL }, now: await nowOf(hub) };
  const base = `${hub.config.publicUrl?.replace(/\/+$/, '') ?? `http://${hub.config.host}:${hub.config.port}`}/sta`;
  const keys = events.flatMap((e) => (e.stream !== undefined && e.at !== undefined ? [{ stream: e.stream, at: e.at }] : []));
  const readings = keys.length ? await reading(hub, (db) => readingsByKeys(r, db, keys)) : [];
  await nameRows(hub, readings);
  const byKey = new Map(readings.map((row) => [`${row.keys.stream}/${row.at}`, row]));
  for (const e of events) {
    const known = e.stream === undefined ? undefined : byKey.get(`${e.stream}/${e.at}`);
    const id = e.id ?? known?.id;
    if (!id) continue;
    const found = await seen({ sql: hub.sql, caller: { ...writerOf(ALL, 'mqtt') } }, e.entity, id);
    if (!found) continue;
    let row: Row | undefined = known;
    for (const s of subs) {
      const last = s.path.steps.at(-1)!;
      if (last.entity !== e.entity || (last.id !== undefined && last.id !== id)) continue;
      const [name] = s.path.property ?? [];
      if (name && e.how === 'changed' && e.names && !e.names.includes(name)) continue;
      if (!(await holds(r, s, e, id, known))) continue;
      row ??= (await reading(hub, (db) => follow(r, db, [{ name: e.entity, entity: e.entity, id, many: false }], noOptions()))).row!;
      const version = s.filter.slice(0, 4);
      const shown: Row = { ...row, options: s.options, related: new Map() };
      const payload = () => JSON.stringify(s.path.property ? propertyOf(shown, s.path.property) : entityJson({ base: `${base}/${version}` }, shown));
      listener.tell(s.filter, payload, (who) => mayHear(who.scope, e.entity, found.unit));
    }
  }
}

/** Whether the entity lies where the subscription looks. */
async function holds(r: Reader, s: Subscription, e: Event, id: string, row: Row | undefined): Promise<boolean> {
  const { steps } = s.path;
  if (steps.length === 1) return true;
  if (steps.length === 2 && steps[0]!.entity === 'Datastream' && e.entity === 'Observation' && row) return steps[0]!.id === row.keys.stream;
  const last = steps.at(-1)!;
  try {
    const place = await follow(r, r.hub.sql, last.many ? [...steps.slice(0, -1), { ...last, many: false, id }] : steps, { ...noOptions(), select: [] });
    return place.row?.id === id;
  } catch (error) {
    if (error instanceof StaFault) return false;
    throw error;
  }
}

function propertyOf(row: Row, path: string[]): Record<string, unknown> {
  let value = valueOf(row, path[0]!);
  for (const part of path.slice(1)) value = value && typeof value === 'object' ? (value as Record<string, unknown>)[part] : undefined;
  return { [path.at(-1)!]: value ?? null };
}

/** Whether a topic filter may be subscribed to: it must mean something, and what it starts from must be visible to the subscriber. */
export async function mayListen(hub: Hub, filter: string, scope: readonly string[]): Promise<boolean> {
  const s = subscriptionOf(filter);
  if (!s) return false;
  const [first] = s.path.steps;
  if (first!.id === undefined) return scope.length > 0;
  return (await seen({ sql: hub.sql, caller: writerOf(scope, 'mqtt') }, first!.entity, first!.id)) !== undefined;
}
