// Signals: the registry of streams in memory, what a batch of readings means, who may write it, and the devices behind it.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Actor, scopeOf, within } from '#core/people/roles.ts';
import { type ProblemItem, problem } from '#core/problem.ts';
import type { NewThing } from '#core/signals/contract.ts';
import { durationMs } from '#core/time.ts';
import { current } from '../packs/service.ts';
import { append } from '../platform/facts.ts';
import type { Hub, Work } from '../platform/hub.ts';
import { parseExactly, readList, valueOf } from '#core/signals/careful.ts';
import { Columns } from '#core/signals/columns.ts';
import { type Form, decode } from '#core/signals/decode.ts';
import { Heads } from './heads.ts';
import { Ingest, type Stored, putAside, timeFault } from './ingest.ts';
import { Registry } from './registry.ts';
import * as store from './store.ts';
import type { TopicHandler } from './ways-in/mqtt.ts';
export { hours, latest, online, quarantine, raw, streamUnit, things } from './store.ts';
export type { StreamRow } from './store.ts';

/** What came of readings sent in. */
export interface Taken extends Stored {
  quarantined: number;
  /** Which readings were left out and why: with `partial`, and for those in quarantine. */
  errors?: ProblemItem[];
}
export interface Sender {
  /** Unit paths it may write for. */
  scope: string[];
  /** Named in quarantine: `http:gateway-1`. */
  source: string;
  /** Store what is good and name the rest, instead of all or nothing. */
  partial?: boolean | undefined;
}
const MAX_READINGS = 20_000;

/** One process's signals: the door, the registry, the last values and the clock that readings are checked by. */
export class Signals {
  readonly hub: Hub;
  readonly ingest: Ingest;
  readonly registry: Registry;
  readonly heads: Heads;
  /** What MQTT topics beyond the hub's own mean; standards and mappers add theirs before the start. */
  readonly topics: TopicHandler[] = [];
  #clock: { real: number; at: number; speed: number } | undefined;
  #clockComing: Promise<void> | undefined;
  constructor(hub: Hub) {
    this.hub = hub;
    this.registry = new Registry(hub);
    this.ingest = new Ingest(hub, this.registry);
    this.heads = new Heads(hub, this.registry);
    this.ingest.onColumns((parts) => this.heads.hear(parts));
  }

  /** Writes the last values that changed. */
  flush(): Promise<number> {
    return this.heads.flush();
  }

  /** Domain time of `live` in milliseconds, from the database at most half a second ago and counted on since. */
  async now(): Promise<number> {
    const real = performance.now();
    if (!this.#clock || real - this.#clock.real > 500)
      await (this.#clockComing ??= (async () => {
        try {
          const [row] = await this.hub.sql<{ at: Date; speed: number }[]>`select app_now(realm) as at, speed from realms where realm = 'live'`;
          this.#clock = { real: performance.now(), at: row!.at.getTime(), speed: Number(row!.speed) };
        } catch (error) {
          // A database away for a moment is found out by the commit, not here.
          if (!this.#clock) throw error;
        } finally {
          this.#clockComing = undefined;
        }
      })());
    const c = this.#clock!;
    return c.at + (performance.now() - c.real) * c.speed;
  }

  /**
   * Takes readings as bytes of JSON (a list, one reading, columns) or NDJSON. All of it is understood before any is stored: an unknown
   * stream, a bad value or a unit the sender may not write for refuses the whole batch with pointers (I2), unless `partial`;
   * a time that cannot be right goes to quarantine with its reason and does not hold the others up (F-16).
   */
  async takeBytes(bytes: Uint8Array, form: Form, by: Sender): Promise<Taken> {
    if (this.ingest.full) throw problem('overloaded', { detail: '读数来得太快，请稍后重发', retryAfter: 1 });
    const now = await this.now();
    const columns = new Columns(Math.max(1, Math.min(MAX_READINGS, Math.ceil(bytes.length / 48))));
    if (decode(bytes, form, this.registry.names, columns, { now, max: MAX_READINGS }) === 'read') {
      const done = this.#store(columns, [], now, by);
      if (done) return done;
    }
    return this.take(parseBody(bytes, form), by);
  }

  /** The same for readings that are parsed already. */
  async take(input: unknown, by: Sender): Promise<Taken> {
    const now = await this.now();
    const read = () => readList(input, { find: (ref) => this.registry.find(ref)?.index ?? -1, now, max: MAX_READINGS });
    let r = read();
    if (r.unknown && (await this.registry.lookAgain())) r = read();
    if (r.faults.length && !by.partial) throw problem('invalid-input', { detail: `${r.faults.length} 条读数有误，整批未保存`, errors: r.faults.slice(0, 50) });
    return this.#store(r.columns, r.faults, now, by)!;
  }

  /** Checks rights, ranges and times, then hands over. Undefined: a row may not be written; the careful way says which. */
  #store(c: Columns, faults: ProblemItem[], now: number, by: Sender): Promise<Taken> | undefined {
    const mask = this.registry.mask(by.scope);
    const { min, max, calibrations } = this.registry;
    const late = now - this.hub.config.retentionDays * 86_400_000;
    const early = now + 10 * 60_000;
    let aside: number[] | undefined;
    let denied: number[] | undefined;
    for (let i = 0; i < c.n; i++) {
      const s = c.stream[i]!;
      if (mask[s] !== 1) (denied ??= []).push(i);
      else {
        const at = c.at[i]!;
        if (!(at >= late && at <= early)) (aside ??= []).push(i);
        else if (c.kind[i] === 0 && c.quality[i] === 0) {
          // By the instant of the reading, so that sending it again later gives the same.
          const fix = calibrations.size ? calibrations.get(s)?.findLast((k) => k.at <= at) : undefined;
          if (fix) {
            c.num[i] = c.num[i]! * fix.gain + fix.bias;
            c.quality[i] = 1;
          }
          const v = c.num[i]!;
          if (v < min[s]! || v > max[s]!) c.quality[i] = 2;
        }
      }
    }
    if (denied) {
      const errors = denied.slice(0, 50).map((i) => ({ pointer: `/body/${i}/stream`, message: '无权写入这条数据流' }));
      if (!by.partial) return Promise.reject(problem('forbidden', { detail: `${denied.length} 条读数不在您可写的单位，整批未保存`, errors }));
      faults = [...faults, ...errors];
    }
    if (!aside && !denied) return this.ingest.submit(c).then((r) => ({ ...r, quarantined: 0, ...(faults.length ? { errors: faults } : {}) }));
    return this.#split(c, aside ?? [], new Set([...(aside ?? []), ...(denied ?? [])]), faults, now, by);
  }

  async #split(c: Columns, aside: number[], out: Set<number>, faults: ProblemItem[], now: number, by: Sender): Promise<Taken> {
    const notes: ProblemItem[] = [];
    const rows = aside.map((i) => {
      const reason = timeFault(c.at[i]!, now, this.hub.config.retentionDays)!;
      if (notes.length < 50) notes.push({ pointer: `/body/${i}/time`, message: `${reason}，已放入隔离区` });
      const r = this.registry.reading(c, i);
      // What cannot be a JSON number or an instant is kept as it was written.
      const at =
        Number.isFinite(r.at) && Math.abs(r.at) < 8.64e15
          ? new Date(r.at).toISOString()
          : asWritten(c.oddTimes.get(i) ?? r.at)
              .slice(0, 200)
              .replaceAll('\u0000', '')
              .toWellFormed();
      return {
        stream: r.stream,
        reading: { at, kind: r.kind, num: r.num, txt: r.txt, quality: r.quality, value: r.kind === 3 ? r.txt : (r.txt ?? (r.kind === 2 ? r.num === 1 : r.num)) },
        reason,
        source: by.source,
      };
    });
    let to = 0;
    const n = c.n;
    for (let i = 0; i < n; i++)
      if (!out.has(i)) {
        if (to !== i) c.move(i, to);
        to++;
      }
    c.cut(to);
    if (rows.length) await putAside(this.hub, rows);
    const errors = [...faults, ...notes];
    const r = await this.ingest.submit(c);
    return { ...r, quarantined: rows.length, ...(errors.length ? { errors } : {}) };
  }
}

/** Whatever stood where a time should: texts as they are, anything else in its own notation. */
const asWritten = (v: unknown): string => (typeof v === 'string' ? v : (JSON.stringify(v) ?? String(v)));

const text = new TextDecoder('utf-8', { fatal: true });
/** Bytes to values; what is not JSON is refused with its place. */
export function parseBody(bytes: Uint8Array, form: Form): unknown {
  let body: string;
  try {
    body = text.decode(bytes);
  } catch {
    throw problem('bad-request', { detail: '内容不是 UTF-8' });
  }
  if (form === 'json')
    try {
      return parseExactly(body);
    } catch (error) {
      throw problem('bad-request', { detail: `不是有效的 JSON：${(error as Error).message.slice(0, 200).toWellFormed()}` });
    }
  const list: unknown[] = [];
  for (const [i, line] of body.split('\n').entries()) {
    if (!line.trim()) continue;
    try {
      list.push(parseExactly(line));
    } catch {
      throw problem('bad-request', { detail: `第 ${i + 1} 行不是有效的 JSON`, errors: [{ pointer: `/body/${list.length}`, message: '不是有效的 JSON' }] });
    }
  }
  return list;
}

const seconds = (interval: string): number => Math.round((durationMs(interval) ?? 300_000) / 1000);

/** Registers things with the streams of their profiles: all of them or none. */
export async function registerThings(work: Work, list: NewThing[], scope: string[], preview = false): Promise<{ created: number; ids: string[] }> {
  const { content } = await current(work.hub, work.tx);
  const faults: ProblemItem[] = [];
  const ids: string[] = [];
  const codes = new Set<string>();
  const units = new Set((await work.tx<{ path: string }[]>`select path from units where active`).map((u) => u.path));
  for (const [i, t] of list.entries()) {
    const at = `/body/things/${i}`;
    const profile = content.profiles.get(t.profile);
    if (!profile) faults.push({ pointer: `${at}/profile`, message: `没有设备类型 ${t.profile}` });
    if (!units.has(t.unit)) faults.push({ pointer: `${at}/unit`, message: `没有单位 ${t.unit}` });
    else if (!scope.some((p) => within(t.unit, p))) faults.push({ pointer: `${at}/unit`, message: '不在您的管理范围' });
    if (codes.has(t.code)) faults.push({ pointer: `${at}/code`, message: '编码在本批中重复' });
    codes.add(t.code);
    const parent = t.parent ? await store.thingByCode(work.tx, t.parent) : undefined;
    if (t.parent && !parent) faults.push({ pointer: `${at}/parent`, message: `没有上级设备 ${t.parent}` });
    if (faults.length) continue;
    const id = await store.addThing(work.tx, {
      ...t,
      realm: work.realm,
      kind: profile!.kind,
      at: work.at,
      seconds: t.intervalS ?? seconds(profile!.interval),
      parentId: parent?.id ?? null,
    });
    if (!id) {
      faults.push({ pointer: `${at}/code`, message: `编码 ${t.code} 已登记` });
      continue;
    }
    ids.push(id);
    await store.addStreams(
      work.tx,
      id,
      profile!.streams.map((s) => ({ code: s.code, name: s.name.zh, unit: s.unit, min: s.min ?? null, max: s.max ?? null })),
    );
  }
  if (faults.length) throw problem('invalid-input', { detail: `${faults.length} 处有误，未登记任何设备`, errors: faults.slice(0, 50) });
  if (preview) throw new Preview(ids.length);
  await append(work, [{ kind: 'thing.registered', subject: `thing:${ids[0]}`, data: { count: ids.length, codes: list.slice(0, 20).map((t) => t.code) }, unit: list[0]!.unit }]);
  return { created: ids.length, ids };
}
/** Rolls a preview back after everything was tried for real. */
export class Preview extends Error {
  readonly count: number;
  constructor(count: number) {
    super('preview');
    this.count = count;
  }
}

const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Issues a device credential (32 random bytes; only a hash is kept). */
export async function issueCredential(work: Work, login: string, unit: string, secret = randomBytes(24).toString('base64url')): Promise<{ login: string; secret: string }> {
  const rows = await store.addCredential(work.tx, login, hashSecret(secret), unit);
  if (!rows.length) throw problem('conflict', { detail: `凭据 ${login} 已存在` });
  await append(work, [{ kind: 'device.credential-issued', subject: `credential:${login}`, data: { unit }, unit }]);
  return { login, secret };
}

const credentials = new WeakMap<Hub, Map<string, { found: { secretHash: string; unit: string } | undefined; until: number }>>();
const CREDENTIAL_MS = 10_000;

/** Unit paths a device may write for; undefined when login and secret do not match. A credential taken away counts for 10 s at most (F-35). */
export async function checkCredential(hub: Hub, login: string, secret: string): Promise<string[] | undefined> {
  let known = credentials.get(hub);
  if (!known) credentials.set(hub, (known = new Map()));
  let c = known.get(login);
  if (!c || c.until < performance.now()) {
    if (login.length > 100 || login.includes('\u0000')) return undefined;
    c = { found: await store.credential(hub.sql, login), until: performance.now() + CREDENTIAL_MS };
    if (known.size > 20_000) known.clear();
    // Only what exists is remembered: a credential issued just now works at once.
    if (c.found) known.set(login, c);
  }
  if (!c.found) return undefined;
  const a = Buffer.from(c.found.secretHash, 'hex');
  const b = Buffer.from(hashSecret(secret), 'hex');
  return timingSafeEqual(a, b) ? [c.found.unit] : undefined;
}

export const writeScope = (actor: Actor): string[] => scopeOf(actor, 'signal.write');

/** Releases a quarantined reading at its own or a corrected time. */
export async function release(work: Work, signals: Signals, id: string, at: string | undefined, scope: string[]): Promise<{ stored: number }> {
  const found = await store.takeAside(work.tx, id, work.by, work.at);
  if (!found?.stream) throw problem('not-found', { detail: '没有这条隔离的读数，或已放行' });
  const stream = await store.streamUnit(work.tx, found.stream);
  if (!stream || !scope.some((p) => within(stream.owner, p))) throw problem('not-found');
  const time = Date.parse(at ?? String(found.reading.at));
  const fault = timeFault(time, work.at.getTime(), work.hub.config.retentionDays);
  if (fault) throw problem('invalid-input', { detail: `${fault}，请给出正确的时间`, errors: [{ pointer: '/body/at', message: fault }] });
  const kept = found.reading as { kind?: number; num?: number | null; txt?: string | null; value?: unknown };
  const v = kept.kind === undefined ? valueOf(kept.value) : { kind: kept.kind as 0, num: kept.num ?? Number.NaN, text: kept.txt ?? null };
  if (typeof v === 'string') throw problem('invalid-input', { detail: v });
  await signals.registry.lookAgain();
  const index = signals.registry.find(found.stream)?.index;
  if (index === undefined) throw problem('not-found', { detail: '没有这条数据流' });
  await append(work, [{ kind: 'reading.released', subject: `stream:${found.stream}`, data: { quarantine: id, at: new Date(time).toISOString() }, unit: stream.owner }]);
  const columns = new Columns(1);
  columns.push(index, time, v.kind, v.num, v.text, 1);
  const r = await signals.ingest.submit(columns);
  return { stored: r.stored };
}

const known = new WeakMap<Hub, Signals>();
/** The signals of a hub's process; made on first use. */
export function signalsOf(hub: Hub): Signals {
  let s = known.get(hub);
  if (!s) known.set(hub, (s = new Signals(hub)));
  return s;
}
