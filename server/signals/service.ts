// Signals: the registry of streams in memory, what a batch of readings means, who may write it, and the devices behind it.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Actor, scopeOf, within } from '#core/people/roles.ts';
import { type ProblemItem, problem } from '#core/problem.ts';
import type { NewThing } from '#core/signals/contract.ts';
import { durationMs } from '#core/time.ts';
import { current } from '../packs/service.ts';
import { append } from '../platform/facts.ts';
import type { Hub, Work } from '../platform/hub.ts';
import type { Reading } from './copy.ts';
import { Ingest, type Stored, timeFault } from './ingest.ts';
import * as store from './store.ts';
export { hours, online, quarantine, raw, streamUnit, things } from './store.ts';
export type { StreamRow } from './store.ts';

/** Streams by id and by `thing/stream`, refreshed when something unknown is asked for. */
export class Registry {
  readonly #hub: Hub;
  readonly byId = new Map<string, store.StreamRow>();
  readonly byCode = new Map<string, store.StreamRow>();
  #last = '0';
  #missed = 0;
  constructor(hub: Hub) {
    this.#hub = hub;
  }
  async refresh(): Promise<void> {
    for (const s of await store.allStreams(this.#hub.sql, this.#last)) {
      this.byId.set(s.id, s);
      this.byCode.set(`${s.thing}/${s.code}`, s);
      this.#last = s.id;
    }
  }
  find(ref: string): store.StreamRow | undefined {
    return this.byCode.get(ref) ?? this.byId.get(ref);
  }
  /** Looks again in the database for references not known, at most a few times a second. */
  async ensure(refs: Iterable<string>): Promise<void> {
    for (const r of refs)
      if (!this.find(r)) {
        const now = Date.now();
        if (now - this.#missed < 200) return;
        this.#missed = now;
        return this.refresh();
      }
  }
}

/** One process's signals: the door, the registry and the last values. */
export class Signals {
  readonly hub: Hub;
  readonly ingest: Ingest;
  readonly registry: Registry;
  readonly heads = new Map<string, { at: number; num: number | null; txt: string | null }>();
  #dirty = new Set<string>();
  constructor(hub: Hub) {
    this.hub = hub;
    this.ingest = new Ingest(hub);
    this.registry = new Registry(hub);
    this.ingest.onStored((rows) => {
      for (const r of rows) {
        const head = this.heads.get(r.stream);
        if (head && head.at > r.at) continue;
        this.heads.set(r.stream, { at: r.at, num: r.num, txt: r.txt });
        this.#dirty.add(r.stream);
      }
    });
  }

  /** Writes the last values that changed, in one statement. */
  async flush(): Promise<number> {
    const list = [...this.#dirty];
    this.#dirty = new Set();
    for (let i = 0; i < list.length; i += 5000) {
      const part = list.slice(i, i + 5000);
      try {
        await store.flushHeads(this.hub.sql, part.map((s) => ({ stream: s, at: new Date(this.heads.get(s)!.at), num: this.heads.get(s)!.num, txt: this.heads.get(s)!.txt })), new Date());
      } catch (error) {
        for (const s of list.slice(i)) this.#dirty.add(s);
        throw error;
      }
    }
    return list.length;
  }

  /**
   * Takes readings as they come from outside: `[{stream | thing+code, time, value, quality?}]`. All of it is understood before any is stored:
   * an unknown stream, a bad value or a unit the sender may not write for refuses the whole batch with pointers (I2);
   * a time that cannot be right goes to quarantine with its reason and does not hold the others up (F-16).
   */
  async take(input: unknown, by: { scope: string[]; source: string; at?: Date }): Promise<Stored & { quarantined: number }> {
    const list = Array.isArray(input) ? input : [input];
    if (list.length > 10_000) throw problem('too-large', { detail: '一次最多 10000 条读数' });
    const refs = new Set<string>();
    for (const x of list) if (x && typeof x === 'object') refs.add(String((x as { stream?: unknown }).stream ?? ''));
    await this.registry.ensure(refs);
    const now = (by.at ?? (await this.hub.now('live'))).getTime();
    const faults: ProblemItem[] = [];
    const rows: Reading[] = [];
    const aside: { stream: string | null; reading: unknown; reason: string; source: string }[] = [];
    const say = (i: number, part: string, message: string) => {
      if (faults.length < 50) faults.push({ pointer: `/body/${i}${part}`, message });
    };
    for (const [i, x] of list.entries()) {
      if (!x || typeof x !== 'object' || Array.isArray(x)) {
        say(i, '', '每条读数应是一个对象');
        continue;
      }
      const r = x as { stream?: unknown; time?: unknown; value?: unknown; quality?: unknown };
      const s = typeof r.stream === 'string' || typeof r.stream === 'number' ? this.registry.find(String(r.stream)) : undefined;
      if (!s) {
        say(i, '/stream', '没有这条数据流');
        continue;
      }
      if (!by.scope.some((p) => within(s.unit, p))) {
        say(i, '/stream', '无权写入这条数据流');
        continue;
      }
      const v = r.value;
      let kind: Reading['kind'];
      let num: number | null = null;
      let txt: string | null = null;
      if (typeof v === 'number' && Number.isFinite(v)) {
        kind = 0;
        num = v;
      } else if (typeof v === 'string' && v.length <= 4000 && !v.includes('\u0000') && v.isWellFormed()) {
        kind = 1;
        txt = v;
      } else if (typeof v === 'boolean') {
        kind = 2;
        num = v ? 1 : 0;
      } else if (v === null) kind = 4;
      else if (v && typeof v === 'object') {
        txt = JSON.stringify(v);
        if (txt.length > 16_000 || txt.includes('\\u0000')) {
          say(i, '/value', '值过大或含有不能保存的字符');
          continue;
        }
        kind = 3;
      } else {
        say(i, '/value', '缺少值，或值不是数、文字、是否、对象');
        continue;
      }
      let quality = 0;
      if (r.quality !== undefined) {
        if (typeof r.quality !== 'number' || !Number.isInteger(r.quality) || r.quality < 0 || r.quality > 9) {
          say(i, '/quality', '质量标记应为 0 至 9 的整数');
          continue;
        }
        quality = r.quality;
      }
      if (kind === 0 && quality === 0 && ((s.min !== null && num! < s.min) || (s.max !== null && num! > s.max))) quality = 2;
      const at = r.time === undefined ? now : typeof r.time === 'number' ? r.time : typeof r.time === 'string' && /(Z|[+-]\d{2}:?\d{2})$/.test(r.time) && realDate(r.time) ? Date.parse(r.time) : Number.NaN;
      const fault = timeFault(at, now, this.hub.config.retentionDays);
      if (fault) aside.push({ stream: s.id, reading: { at: r.time ?? null, value: v }, reason: fault, source: by.source });
      else rows.push({ stream: s.id, at, kind, num, txt, quality });
    }
    if (faults.length) throw problem('invalid-input', { detail: `${faults.length} 条读数有误，整批未保存`, errors: faults });
    if (aside.length) await store.putAside(this.hub.sql, aside);
    const result = await this.ingest.submit(rows);
    return { ...result, quarantined: aside.length };
  }
}

/** 2026-02-30 parses as 2 March in JavaScript; devices mean something else. */
function realDate(text: string): boolean {
  const day = text.slice(0, 10);
  const t = Date.parse(`${day}T00:00:00Z`);
  return Number.isFinite(t) && new Date(t).toISOString().slice(0, 10) === day;
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
    const id = await store.addThing(work.tx, { ...t, realm: work.realm, kind: profile!.kind, at: work.at, seconds: t.intervalS ?? seconds(profile!.interval), parentId: parent?.id ?? null });
    if (!id) {
      faults.push({ pointer: `${at}/code`, message: `编码 ${t.code} 已登记` });
      continue;
    }
    ids.push(id);
    await store.addStreams(work.tx, id, profile!.streams.map((s) => ({ code: s.code, name: s.name.zh, unit: s.unit, min: s.min ?? null, max: s.max ?? null })));
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

/** Unit paths a device may write for; undefined when login and secret do not match. */
export async function checkCredential(hub: Hub, login: string, secret: string): Promise<string[] | undefined> {
  const c = await store.credential(hub.sql, login);
  if (!c) return undefined;
  const a = Buffer.from(c.secretHash, 'hex');
  const b = Buffer.from(hashSecret(secret), 'hex');
  return timingSafeEqual(a, b) ? [c.unit] : undefined;
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
  const value = found.reading.value;
  await append(work, [{ kind: 'reading.released', subject: `stream:${found.stream}`, data: { quarantine: id, at: new Date(time).toISOString() }, unit: stream.owner }]);
  const r = await signals.ingest.submit([{ stream: found.stream, at: time, kind: typeof value === 'number' ? 0 : 1, num: typeof value === 'number' ? value : null, txt: typeof value === 'number' ? null : JSON.stringify(value), quality: 1 }]);
  return { stored: r.stored };
}
