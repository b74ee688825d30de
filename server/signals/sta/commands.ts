// What can be done through the façade – make, change, remove – whichever way it came: HTTP, a batch, MQTT.
import { type Input, readEntity } from '#core/signals/sta/body.ts';
import { StaFault, bad, missing } from '#core/signals/sta/fault.ts';
import type { EntityName } from '#core/signals/sta/model.ts';
import { relationOf } from '#core/signals/sta/model.ts';
import type { ResourcePath } from '#core/signals/sta/path.ts';
import type { Micros } from '#core/signals/sta/time.ts';
import { append } from '../../platform/facts.ts';
import type { Hub, Work } from '../../platform/hub.ts';
import { signalsOf } from '../service.ts';
import type { Caller } from './caller.ts';
import { viewOf } from './caller.ts';
import { type Change, type Made, featureFor, make, placeOf, seen } from './create.ts';
import { follow } from './fetch.ts';
import { feedOf } from './feed.ts';
import { type Key, answered, claim } from './once.ts';
import { type Kept, checkTimes, draftOf, keepIn, keepOne } from './readings.ts';

/** Domain time on a whole millisecond, in microseconds. */
export const nowOf = async (hub: Hub): Promise<Micros> => BigInt(Math.floor(await signalsOf(hub).now())) * 1000n;

export interface Done {
  entity: EntityName;
  id: string;
}

/**
 * Runs changes in one transaction of the hub: facts, readings and rows commit together; listeners hear of them afterwards.
 * The place of a thing on the map follows its locations here, not the other way round.
 */
export async function changing<T>(hub: Hub, caller: Caller, fn: (c: Change) => Promise<T>): Promise<T> {
  const now = await nowOf(hub);
  let told: (() => void)[] = [];
  const result = await guarded(() =>
    hub.command(caller, async (work: Work) => {
      const c: Change = { work, sql: work.tx as unknown as Change['sql'], caller, now, touched: [], facts: [], drafts: [], kept: [], after: [] };
      await work.tx`select set_config('chengshu.sta', '1', true)`;
      const value = await fn(c);
      await settleDrafts(c);
      if (c.facts.length) await append(work, c.facts);
      told = [...c.after, () => feedOf(hub).entities(c.touched)];
      return value;
    }),
  );
  await signalsOf(hub).registry.refresh();
  for (const f of told) f();
  return result;
}

/** Stores what was drafted so far; called again it stores what came since. */
export async function settleDrafts(c: Change): Promise<void> {
  const { hub } = c.work;
  const waiting = c.drafts.slice(c.kept.length);
  if (!waiting.length) return;
  const faults = await checkTimes(hub, waiting, c.now, c.caller.source);
  const fault = faults.find((x) => x !== undefined);
  if (fault) throw bad(`${fault}，已放入隔离区`, '/phenomenonTime');
  const { kept, announce } = await keepIn(hub, c.work.tx, waiting);
  for (const k of kept) {
    if (k instanceof StaFault) throw k;
    c.kept.push(k);
  }
  c.after.push(announce);
}

/** Refusals of the database as refusals to the caller. */
export async function guarded<T>(fn: () => Promise<T>): Promise<T> {
  try {
    return await fn();
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    if (code === '23503') throw new StaFault(409, '还有其他内容引用它，不能这样做');
    if (/^22/.test(code)) throw bad('内容含有数据库不能保存的值');
    throw error;
  }
}

const idOfMade = (c: Change, made: Made): string => made.id ?? c.kept[made.draft!]!.id;

/** What a POST to a path makes and what the path already says of it. */
export async function target(hub: Hub, caller: Caller, path: ResourcePath, within?: Change): Promise<{ entity: EntityName; given: Map<string, string> }> {
  const last = path.steps.at(-1);
  if (!last || !last.many || path.property || path.ref) throw new StaFault(405, 'POST 只能用于集合');
  const given = new Map<string, string>();
  const parent = path.steps.at(-2);
  if (parent) {
    const place = await follow({ hub, view: viewOf(caller), now: 0n }, within?.sql ?? hub.sql, path.steps.slice(0, -1), { orderby: [], expand: [], skip: 0, raw: [], select: [] });
    if (!place.row?.id) throw missing(`没有 ${parent.name}`);
    given.set(relationOf(parent.entity, last.name)!.back, place.row.id);
  }
  return { entity: last.entity, given };
}

/** Makes an entity of a body. A lone Observation goes by the fast door, everything else in one transaction (`within`: in one that runs already). */
export async function create(
  hub: Hub,
  caller: Caller,
  entity: EntityName,
  given: Map<string, string>,
  body: unknown,
  o: { within?: Change | undefined; key?: Key | undefined } = {},
): Promise<Done> {
  const { within, key } = o;
  const input = readEntity(entity, body, { given: [...given.keys()] });
  if (within) {
    const made = await make(within, input, given);
    await settleDrafts(within);
    return { entity, id: idOfMade(within, made) };
  }
  if (entity === 'Observation' && !key && simple(input)) return { entity, id: (await observe(hub, caller, input, given)).id };
  return changing(hub, caller, async (c) => {
    const before = key && (await claim(c.sql, key));
    if (before) return before as Done;
    const made = await make(c, input, given);
    await settleDrafts(c);
    const done = { entity, id: idOfMade(c, made) };
    if (key) await answered(c.sql, key, done);
    return done;
  });
}
const simple = (input: Input): boolean => [...input.links.values()].every((list) => list.every((l) => l.id !== undefined));

/** Stores one Observation whose Datastream and feature exist. */
export async function observe(hub: Hub, caller: Caller, input: Input, given: ReadonlyMap<string, string>): Promise<Kept> {
  return guarded(async () => {
    const now = await nowOf(hub);
    const c = { sql: hub.sql, caller, touched: [] as Change['touched'] };
    const stream = await placeOf(c, given.get('Datastream') ?? input.links.get('Datastream')![0]!.id!, input.at);
    const explicit = given.get('FeatureOfInterest') ?? input.links.get('FeatureOfInterest')?.[0]?.id;
    if (explicit) await mustSee(c, explicit, input.at);
    const foi = await featureFor(c, stream, explicit, input.at);
    const draft = draftOf(input, stream, now, foi);
    const [fault] = await checkTimes(hub, [draft], now, caller.source);
    if (fault) throw bad(`${fault}，已放入隔离区`, `${input.at}/phenomenonTime`);
    const kept = await keepOne(hub, draft);
    if (c.touched.length) feedOf(hub).entities(c.touched);
    return kept;
  });
}
async function mustSee(c: Pick<Change, 'sql' | 'caller'>, foi: string, at: string): Promise<void> {
  if (!(await seen(c, 'FeatureOfInterest', foi))) throw bad(`没有 FeaturesOfInterest(${foi})`, `${at}/FeatureOfInterest`);
}
