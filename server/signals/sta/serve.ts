// One request of the façade answered: the same for a request of its own and for a part of a batch.
import { readEntity } from '#core/signals/sta/body.ts';
import { StaFault, bad, missing } from '#core/signals/sta/fault.ts';
import { parseBody } from '#core/signals/sta/json.ts';
import { entities } from '#core/signals/sta/model.ts';
import { parseQuery } from '#core/signals/sta/options.ts';
import { type ResourcePath, parsePath } from '#core/signals/sta/path.ts';
import type { Db } from '../../platform/db.ts';
import type { Hub } from '../../platform/hub.ts';
import { createObservations } from './arrays.ts';
import { type Caller, viewOf } from './caller.ts';
import { change, remove } from './change.ts';
import { changing, create, nowOf, target } from './commands.ts';
import type { Change } from './create.ts';
import { follow, list, readFault, reading, type List, type Reader, type Row } from './fetch.ts';
import { keyOf } from './once.ts';
import { patched } from './patch.ts';
import { serviceDocument } from './root.ts';
import { dataArrayJson, entityJson, listJson, nameRows, selfLink, valueOf } from './render.ts';

export type Version = 'v1.0' | 'v1.1';
export interface Ask {
  hub: Hub;
  caller: Caller;
  version: Version;
  /** Absolute root with the version. */
  base: string;
  method: string;
  /** After the version: path and query as they were sent. */
  path: string;
  query: string;
  type: string;
  body: string;
  /** The Idempotency-Key header, where there was one. */
  key?: unknown;
  /** Inside a change set: its transaction. */
  change?: Change;
}
export interface Reply {
  status: number;
  headers: Record<string, string>;
  /** JSON, or text for `$value`; undefined: nothing. */
  body?: unknown;
  text?: string;
}

/** Answers one request; throws a StaFault for every refusal. */
export async function answer(ask: Ask): Promise<Reply> {
  const { method } = ask;
  if (/^\/CreateObservations\/?$/.test(ask.path)) {
    if (method !== 'POST') throw new StaFault(405, 'CreateObservations 只接受 POST');
    return { status: 201, headers: {}, body: await createObservations(ask.hub, ask.caller, ask.base, parseBody(ask.body), keyOf(ask.caller, ask.key, ask.path, ask.body)) };
  }
  const path = parsePath(ask.path);
  if (method === 'GET' || method === 'HEAD') return get(ask, path);
  if (method === 'POST') return post(ask, path);
  if (method === 'PATCH' || method === 'PUT') return put(ask, path);
  if (method === 'DELETE') return del(ask, path);
  throw new StaFault(405, `不支持 ${method}`);
}

const readerOf = async (ask: Ask): Promise<Reader> => ({ hub: ask.hub, view: viewOf(ask.caller), now: await nowOf(ask.hub) });

async function get(ask: Ask, path: ResourcePath): Promise<Reply> {
  if (!path.steps.length) {
    if (ask.query) parseQuery(ask.query, undefined);
    return { status: 200, headers: {}, body: serviceDocument(ask.hub, ask.base, ask.version, ask.caller) };
  }
  const last = path.steps.at(-1)!;
  const options = parseQuery(ask.query, last.entity);
  if (options.dataArray && (last.entity !== 'Observation' || !last.many)) throw bad('$resultFormat=dataArray 只能用于 Observations 集合', '$resultFormat');
  if (path.property) options.select = [path.property[0]!];
  if (path.ref) options.select = [];
  const r = await readerOf(ask);
  const w = { base: ask.base };
  // Inside a change set its own transaction sees what it made.
  const find = async (db: Db): Promise<{ row?: Row; list?: List }> => {
    const place = await follow(r, db, path.steps, options);
    return place.row ? { row: place.row } : { list: await list(r, db, place.list, place.link, options) };
  };
  const found = ask.change ? await find(ask.change.sql).catch((e: unknown) => Promise.reject(readFault(e))) : await reading(ask.hub, find);
  if (found.row) {
    await nameRows(ask.hub, [found.row]);
    if (path.property) return property(w.base, path, found.row);
    if (path.ref) return { status: 200, headers: {}, body: { '@iot.selfLink': selfLink(w.base, last.entity, found.row.id!) } };
    return { status: 200, headers: {}, body: entityJson(w, found.row) };
  }
  const page = found.list!;
  await nameRows(ask.hub, page.rows);
  const url = `${ask.base}${ask.path.replace(/\/$/, '')}`;
  if (path.ref)
    return {
      status: 200,
      headers: {},
      body: { ...listJson(w, url, last.entity, options, page), value: page.rows.map((x) => ({ '@iot.selfLink': selfLink(w.base, last.entity, x.id!) })) },
    };
  return { status: 200, headers: {}, body: options.dataArray ? dataArrayJson(w, url, options, page) : listJson(w, url, last.entity, options, page) };
}
/** `/Things(1)/properties/owner` and `…/$value`. */
function property(base: string, path: ResourcePath, row: Row): Reply {
  const [name, ...inside] = path.property!;
  let value: unknown = name === 'id' || name === '@iot.id' ? undefined : valueOf(row, name!);
  if (name === 'id' || name === '@iot.id') value = entityJson({ base }, { ...row, options: { ...row.options, select: ['id'] }, related: new Map() })['@iot.id'];
  else if (name === '@iot.selfLink') value = selfLink(base, row.entity, row.id!);
  for (const part of inside) {
    if (value === undefined || value === null) break;
    if (typeof value !== 'object' || !Object.hasOwn(value, part)) throw missing(`没有 ${path.property!.join('/').slice(0, 120)}`);
    value = (value as Record<string, unknown>)[part];
  }
  if (value === undefined || value === null) return { status: 204, headers: {} };
  if (path.value) return { status: 200, headers: {}, text: typeof value === 'string' ? value : JSON.stringify(value) };
  return { status: 200, headers: {}, body: { [inside.at(-1) ?? name!]: value } };
}

async function post(ask: Ask, path: ResourcePath): Promise<Reply> {
  const { entity, given } = await target(ask.hub, ask.caller, path, ask.change);
  const body = parseBody(ask.body);
  const key = ask.change ? undefined : keyOf(ask.caller, ask.key, ask.path, ask.body);
  const done = await create(ask.hub, ask.caller, entity, given, body, { within: ask.change, key });
  const self = selfLink(ask.base, done.entity, done.id);
  return { status: 201, headers: { location: self }, body: await entityNow(ask, done.entity, done.id) };
}

/** The entity as it is now, for the answer of a change. */
async function entityNow(ask: Ask, entity: keyof typeof entities, id: string): Promise<unknown> {
  const r = await readerOf(ask);
  const options = { orderby: [], expand: [], skip: 0, raw: [] };
  const step = [{ name: entities[entity].set, entity, id, many: false }];
  const place = ask.change ? await follow(r, ask.change.sql, step, options) : await reading(ask.hub, (db) => follow(r, db, step, options));
  return entityJson({ base: ask.base }, place.row!);
}

async function put(ask: Ask, path: ResourcePath): Promise<Reply> {
  const last = path.steps.at(-1);
  if (!last || last.many || path.property || path.ref) throw new StaFault(405, `${ask.method} 只能用于单个实体`);
  const r = await readerOf(ask);
  const place = await follow(r, ask.change?.sql ?? ask.hub.sql, path.steps, { orderby: [], expand: [], skip: 0, raw: [] });
  const row = place.row!;
  await nameRows(ask.hub, [row]);
  let body = parseBody(ask.body);
  if (/json-patch/i.test(ask.type)) body = patched(entityJson({ base: ask.base }, row), body);
  const input = readEntity(last.entity, body, ask.method === 'PATCH' ? { partial: true } : { given: entities[last.entity].relations.map((x) => x.name) });
  const work = (c: Change) => change(c, row, input, ask.method === 'PUT');
  if (ask.change) await work(ask.change);
  else await changing(ask.hub, ask.caller, work);
  return { status: 200, headers: { location: selfLink(ask.base, last.entity, row.id!) }, body: await entityNow(ask, last.entity, row.id!) };
}

async function del(ask: Ask, path: ResourcePath): Promise<Reply> {
  const last = path.steps.at(-1);
  if (!last || last.many || path.property || path.ref) throw new StaFault(405, 'DELETE 只能用于单个实体');
  const r = await readerOf(ask);
  const place = await follow(r, ask.change?.sql ?? ask.hub.sql, path.steps, { orderby: [], expand: [], skip: 0, raw: [], select: [] });
  const work = (c: Change) => remove(c, place.row!);
  if (ask.change) await work(ask.change);
  else await changing(ask.hub, ask.caller, work);
  return { status: 200, headers: {} };
}
