// CreateObservations: many readings of several Datastreams in columns; each row is stored or refused by itself (STA-062).
import { readEntity } from '#core/signals/sta/body.ts';
import { StaFault, bad } from '#core/signals/sta/fault.ts';
import { idOf } from '#core/signals/sta/ids.ts';
import type { Sql, Tx } from '../../platform/db.ts';
import type { Hub } from '../../platform/hub.ts';
import type { Caller } from './caller.ts';
import { guarded, nowOf } from './commands.ts';
import { type Change, featureFor, placeOf, seen, type StreamPlace } from './create.ts';
import { feedOf } from './feed.ts';
import { type Key, answered, claim } from './once.ts';
import { checkTimes, type Draft, draftOf, keepIn } from './readings.ts';
import { selfLink } from './render.ts';

const MAX_ROWS = 20_000;

/** Gives, in the order of the rows, the link of what was stored or a text beginning with `error`. */
export async function createObservations(hub: Hub, caller: Caller, base: string, body: unknown, key?: Key): Promise<string[]> {
  if (!Array.isArray(body)) throw bad('CreateObservations 应是数组');
  const blocks = body as Record<string, unknown>[];
  const answers: string[] = [];
  const drafts: { draft: Draft; n: number }[] = [];
  const now = await nowOf(hub);
  const c = { sql: hub.sql, caller, touched: [] as Change['touched'] };
  let n = 0;
  for (const [i, block] of blocks.entries()) {
    const at = `/${i}`;
    if (!block || typeof block !== 'object') throw bad('每项应是一个对象', at);
    const components = block.components;
    const rows = block.dataArray;
    if (!Array.isArray(components) || components.some((x) => typeof x !== 'string') || new Set(components).size !== components.length)
      throw bad('components 应是不重复的名称', `${at}/components`);
    if (!Array.isArray(rows)) throw bad('dataArray 应是数组', `${at}/dataArray`);
    const names = components as string[];
    for (const [j, name] of names.entries())
      if (
        !['phenomenonTime', 'result', 'resultTime', 'resultQuality', 'validTime', 'parameters', 'id', '@iot.id', 'FeatureOfInterest/id', 'FeatureOfInterest/@iot.id'].includes(name)
      )
        throw bad(`不认识的列 ${name.slice(0, 60)}`, `${at}/components/${j}`);
    if (!names.includes('result')) throw bad('components 应含 result', `${at}/components`);
    if ((n += rows.length) > MAX_ROWS) throw new StaFault(413, `一次最多 ${MAX_ROWS} 条`);
    const stream = block.Datastream as { '@iot.id'?: unknown; id?: unknown } | undefined;
    const id = idOf(stream?.['@iot.id'] ?? stream?.id);
    if (id === undefined) throw bad('缺少 Datastream/@iot.id', `${at}/Datastream`);
    let place: StreamPlace | undefined;
    let refused = '';
    try {
      place = await placeOf(c, id, at);
    } catch (error) {
      if (!(error instanceof StaFault)) throw error;
      refused = `error: ${error.message}`;
    }
    const features = new Map<string, string | null | StaFault>();
    const featureOf = async (explicit: string | undefined, pointer: string): Promise<string | null> => {
      const key = explicit ?? '';
      const known = features.get(key);
      if (known instanceof StaFault) throw known;
      if (known !== undefined) return known;
      try {
        if (explicit !== undefined && !(await seen(c, 'FeatureOfInterest', explicit))) throw bad(`没有 FeaturesOfInterest(${explicit})`, pointer);
        const found = await featureFor(c, place!, explicit, at);
        features.set(key, found);
        return found;
      } catch (error) {
        if (error instanceof StaFault) features.set(key, error);
        throw error;
      }
    };
    for (const [j, row] of rows.entries()) {
      const pointer = `${at}/dataArray/${j}`;
      const slot = answers.push(refused) - 1;
      if (!place) continue;
      try {
        if (!Array.isArray(row) || row.length !== names.length) throw bad('与 components 的列数不同', pointer);
        const entity: Record<string, unknown> = {};
        let foi: string | undefined;
        for (const [k, name] of names.entries()) {
          const v = (row as unknown[])[k];
          if (name.startsWith('FeatureOfInterest/')) {
            if (v === null || v === undefined) continue;
            foi = idOf(v);
            if (foi === undefined) throw bad('FeatureOfInterest/id 应为整数', pointer);
          } else if (name !== 'id' && name !== '@iot.id') entity[name] = v;
        }
        const input = readEntity('Observation', entity, { given: ['Datastream'] });
        drafts.push({ draft: draftOf(input, place, now, await featureOf(foi, pointer)), n: slot });
      } catch (error) {
        if (!(error instanceof StaFault)) throw error;
        answers[slot] = `error: ${error.message}`;
      }
    }
  }
  const faults = await checkTimes(
    hub,
    drafts.map((d) => d.draft),
    now,
    caller.source,
  );
  const good = drafts.filter((d, i) => {
    if (faults[i]) answers[d.n] = `error: ${faults[i]}`;
    return !faults[i];
  });
  const told = await guarded(() =>
    hub.sql.begin(async (tx): Promise<(() => void) | string[]> => {
      const sql = tx as unknown as Sql;
      const before = key && (await claim(sql, key));
      if (before) return before as string[];
      const { kept, announce } = await keepIn(
        hub,
        tx as unknown as Tx,
        good.map((d) => d.draft),
      );
      for (const [i, k] of kept.entries()) answers[good[i]!.n] = k instanceof StaFault ? `error: ${k.message}` : selfLink(base, 'Observation', k.id);
      if (key) await answered(sql, key, answers);
      return announce;
    }),
  );
  if (typeof told !== 'function') return told as string[];
  (told as () => void)();
  if (c.touched.length) feedOf(hub).entities(c.touched);
  return answers;
}
