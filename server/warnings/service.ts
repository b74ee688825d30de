// Warnings: the engine at work on stored readings, what people do with a warning, the rules and how well they do.
import { createHash } from 'node:crypto';
import { canonicalJson } from '#core/fact.ts';
import { scopeOf, within } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { capXml } from '#core/warnings/cap.ts';
import type { Warning } from '#core/warnings/contract.ts';
import type { Detector } from '#core/warnings/machine.ts';
import { type Level, levelNames, rulePack, type WarningRule } from '#core/warnings/pack.ts';
import type { Actor } from '#core/people/roles.ts';
import { indicatorsOf, type Changed } from '../indicators/service.ts';
import { current } from '../packs/service.ts';
import type { Tx } from '../platform/db.ts';
import { append, history as factHistory } from '../platform/facts.ts';
import type { Hub, Work } from '../platform/hub.ts';
import { uuidv7 } from '../platform/ids.ts';
import { type Timer, cancelTimers, setTimer } from '../platform/timers.ts';
import { tryRule } from './backtest.ts';
import { originalCap } from './cap-in.ts';
import { Engine, type Event, type Node } from './engine.ts';
import { type OpenCase, type Raising, applyEvents, escalateAnew, release, respond, settleStorm } from './raise.ts';
import * as store from './store.ts';

export type { OpenCase } from './raise.ts';
export const { visibleIds } = store;
const hashOf = (v: unknown): string => createHash('sha256').update(canonicalJson(v)).digest('hex').slice(0, 32);
const CURSOR = 'warnings';
const CHUNK = 200;
const SHARDS = 32;
/** Shards from here on hold detectors, some of them renewed at each snapshot. */
const DETECTOR_SHARDS = 1000;
const DETECTORS_AT_ONCE = 200;

/** One process's warnings: the engine, what it has still to write, and the snapshots it could start again from. */
export class Warnings {
  readonly hub: Hub;
  readonly realm = 'live';
  engine = new Engine([], []);
  openCase: OpenCase | null = null;
  detector: (() => Detector) | undefined;
  #pending: Event[] = [];
  #waiting: [string, number, number | null][] | null = [];
  #flushing: Promise<void> | null = null;
  #mark: { tx: string; position: string } | null = null;
  #stamp = '';
  #turn = 0;
  #places: Node[] = [];
  #placesOf: Engine | null = null;
  constructor(hub: Hub) {
    this.hub = hub;
  }

  /** Judges one stored reading; before the start is through, it waits. */
  feed(stream: string, t: number, v: number | null): void {
    if (this.#waiting) this.#waiting.push([stream, t, v]);
    else this.engine.step(stream, t, v, this.#pending);
  }
  /** The same by the stream's place in the caller's own numbering: no look-up per reading. */
  feedAt(place: number, id: (place: number) => string, t: number, v: number | null): void {
    if (this.#waiting) {
      this.#waiting.push([id(place), t, v]);
      return;
    }
    if (this.#placesOf !== this.engine) {
      this.#placesOf = this.engine;
      this.#places = [];
    }
    this.engine.judge((this.#places[place] ??= this.engine.node(id(place))), t, v, this.#pending);
  }
  /** Judges values of indicators in the transaction that stored them. */
  async indicatorValues(tx: Tx, realm: string, at: Date, changed: Changed[]): Promise<void> {
    if (realm !== this.realm) return;
    const out: Event[] = [];
    const kinds = new Map((await indicatorsOf(this.hub).catalogue(realm, tx)).units.map((u) => [u.path, u.kind]));
    for (const c of changed) {
      if (!this.engine.watchesIndicator(c.of.code)) continue;
      // An under-covered number has no level and warns of nothing. Judged at the end of its bucket, or now while that is open.
      const value = c.level === null && c.of.d.levels ? null : c.value;
      this.engine.value(c.of.code, c.of.id, c.of.thingId ?? '', c.of.thingId ? 'thing' : (kinds.get(c.of.unit) ?? ''), Math.min(at.getTime(), c.until.getTime() - 1), value, out);
    }
    if (!out.length) return;
    const who = this.hub.system('warnings', realm);
    await applyEvents({ hub: this.hub, tx, realm, actor: who.actor, by: 'system:warnings', at, request: null }, out, await this.raising());
  }

  async raising(): Promise<Raising> {
    const c = await indicatorsOf(this.hub).catalogue(this.realm);
    const said = await current(this.hub).then(
      (x) => x.root,
      () => '',
    );
    const root = c.units.some((u) => u.path === said) ? said : (c.units.find((u) => u.kind === 'district')?.path ?? said);
    const units = new Map(c.units.map((u) => [u.path, u.name.zh]));
    return {
      root,
      openCase: this.openCase,
      units,
      instance: (id) => {
        const i = c.byId.get(id);
        return i && { unit: i.unit, name: units.get(i.unit) ?? i.unit, valueUnit: i.d.unit, thing: i.thingId };
      },
    };
  }

  /** Takes rules from the content: what changed is a new version; a rule that someone changed on screen stays as it is until the content changes it. */
  async syncRules(): Promise<void> {
    const { content } = await current(this.hub);
    await this.hub.command(this.hub.system('warnings'), async (work) => {
      await work.tx`select pg_advisory_xact_lock(7315041)`;
      const newest = new Map((await store.newestRules(work.tx)).map((r) => [r.code, r]));
      const seen = new Map((await work.tx<{ code: string; hash: string }[]>`select code, hash from warning_rules`).map((r) => [`${r.code}/${r.hash}`, true]));
      const added: string[] = [];
      for (const r of content['warning-rules'].values()) {
        const hash = hashOf(r);
        if (seen.has(`${r.code}/${hash}`)) continue;
        await store.addRule(work.tx, { code: r.code, version: (newest.get(r.code)?.version ?? 0) + 1, definition: r, hash, by: work.by, at: work.at });
        added.push(r.code);
      }
      if (added.length) await append(work, [{ kind: 'rule.imported', subject: 'rule:catalogue', data: { codes: added } }]);
    });
  }

  /** Builds the engine from rules and things; states go on from the running engine, or from the last snapshot. */
  async rebuild(): Promise<void> {
    const [rules, watched] = [await store.rules(this.hub.sql), await store.watched(this.hub.sql, this.realm)];
    const saved = this.engine.size ? new Map(this.engine.living()) : await this.#savedStates();
    // States outlive a new version of their rule: what is open is judged on by the new lines.
    this.engine = new Engine(
      rules.map((r) => ({ rule: r.definition, version: r.version })),
      watched,
      { detector: this.detector, saved },
    );
    for (const w of await store.openOf(this.hub.sql, this.realm)) this.engine.adopt(w.rule, w.object, w.level);
    for (const h of await store.heads(this.hub.sql)) this.engine.heard(h.thing, h.at.getTime());
  }
  /** Rebuilds when rules, things or streams changed. */
  async refresh(): Promise<boolean> {
    const [row] = await this.hub.sql<
      { stamp: string }[]
    >`select concat_ws('/', (select count(*) from warning_rules where active), (select coalesce(sum(version), 0) from warning_rules), (select coalesce(max(id), 0) from streams),
      (select concat(count(*), ':', coalesce(sum(version), 0)) from things where status = 'active')) as stamp`;
    if (row!.stamp === this.#stamp) return false;
    this.#stamp = row!.stamp;
    await this.rebuild();
    return true;
  }

  /** Start: rules, states of the last snapshot, then every reading stored since, then live. Nothing is judged twice: states know what they saw. */
  async start(): Promise<{ replayed: number }> {
    await this.syncRules().catch((error: unknown) => this.hub.log.error('rule sync failed', { error }));
    await this.refresh();
    let at = (await store.cursor(this.hub.sql, CURSOR)) ?? (await store.batchEnd(this.hub.sql));
    let replayed = 0;
    for (;;) {
      const batches = await store.batchesBetween(this.hub.sql, at, 100);
      const last = batches.at(-1);
      if (!last) break;
      for (const r of await store.readingsOfHours(
        this.hub.sql,
        batches.flatMap((b) => b.streams),
        batches.flatMap((b) => b.hours),
      )) {
        this.engine.step(r.stream, r.at.getTime(), r.num, this.#pending);
        replayed++;
      }
      await this.flush();
      at = { tx: last.tx, position: last.position };
    }
    this.#mark = at;
    const waited = this.#waiting ?? [];
    this.#waiting = null;
    for (const [stream, t, v] of waited) this.engine.step(stream, t, v, this.#pending);
    await this.flush();
    return { replayed };
  }

  /** Judges silence and what depends on time, at domain time. */
  async tick(): Promise<void> {
    if (this.#waiting) return;
    this.engine.tick((await this.hub.now(this.realm)).getTime(), this.#pending);
  }

  /** Writes what the engine found, in chunks of one transaction each; changes of one object stay in order. */
  flush(): Promise<void> {
    return (this.#flushing ??= (async () => {
      // Never ends before it is remembered.
      await Promise.resolve();
      try {
        const o = this.#pending.length ? await this.raising() : null;
        while (this.#pending.length) {
          const chunk = this.#pending.slice(0, CHUNK);
          await this.hub.command(this.hub.system('warnings', this.realm), (work) => applyEvents(work, chunk, o!));
          this.#pending.splice(0, chunk.length);
        }
      } finally {
        this.#flushing = null;
      }
    })());
  }
  get pending(): number {
    return this.#pending.length;
  }

  /** Saves all states with the place from which to replay: where the log stood one snapshot ago, so that every group up to it has been judged. */
  async snapshot(everything = false): Promise<void> {
    if (this.#waiting) return;
    const next = await store.batchEnd(this.hub.sql);
    await this.flush();
    const shards: Record<string, unknown>[] = Array.from({ length: SHARDS }, () => ({}));
    const detectors: [string, () => unknown][] = [];
    let n = 0;
    for (const [key, state, detector] of this.engine.states()) {
      shards[n++ % SHARDS]![key] = state;
      if (detector) detectors.push([key, detector]);
    }
    const at = await this.hub.now(this.realm);
    const mark = this.#mark;
    await this.hub.sql.begin(async (tx) => {
      for (const [i, s] of shards.entries()) await store.saveStates(tx, this.realm, i, s, at);
      if (mark) await store.moveCursor(tx, CURSOR, mark);
    });
    this.#mark = next;
    // Detectors take turns: what one has learned over weeks may be an hour old after a restart.
    const groups = Math.ceil(detectors.length / DETECTORS_AT_ONCE);
    for (let k = 0; k < (everything ? groups : Math.min(1, groups)); k++) {
      const group = this.#turn++ % groups;
      const part = Object.fromEntries(detectors.slice(group * DETECTORS_AT_ONCE, (group + 1) * DETECTORS_AT_ONCE).map(([key, d]) => [key, d()]));
      await store.saveStates(this.hub.sql, this.realm, DETECTOR_SHARDS + group, part, at);
    }
  }
  /** States of the last snapshots, each detector's memory put back into its state. */
  async #savedStates(): Promise<Map<string, unknown>> {
    const rows = await store.savedStates(this.hub.sql, this.realm);
    const states = new Map(rows.filter((r) => r.shard < DETECTOR_SHARDS).flatMap((r) => Object.entries(r.states)));
    for (const r of rows)
      if (r.shard >= DETECTOR_SHARDS)
        for (const [key, d] of Object.entries(r.states)) {
          const s = states.get(key) as { d?: unknown } | undefined;
          if (s) s.d = d;
        }
    return states;
  }
}
const known = new WeakMap<Hub, Warnings>();
/** The warnings of a hub's process; made on first use. */
export function warningsOf(hub: Hub): Warnings {
  let w = known.get(hub);
  if (!w) known.set(hub, (w = new Warnings(hub)));
  return w;
}
/** The slice that keeps cases says how one is opened. */
export const setCaseOpener = (hub: Hub, open: OpenCase): void => {
  warningsOf(hub).openCase = open;
};

// ---- What people see and do ----

/** Which acts a state allows; screen and server read the same table. */
export const allowedIn: Record<store.WarningRow['state'], string[]> = {
  raised: ['acknowledge', 'close', 'false-alarm', 'shelve', 'respond'],
  acknowledged: ['close', 'false-alarm', 'shelve', 'respond'],
  shelved: ['acknowledge', 'close', 'false-alarm'],
  closed: [],
  'false-alarm': [],
};
const ruleNames = async (hub: Hub): Promise<Map<string, WarningRule>> => new Map((await store.newestRules(hub.sql)).map((r) => [r.code, r.definition]));
const shown = (w: store.WarningRow, rules: Map<string, WarningRule>, actor: Actor): Warning => {
  const rule = w.rule ? rules.get(w.rule) : undefined;
  const may = scopeOf(actor, 'warning.handle').some((p) => within(w.unit, p) || (w.handler !== null && within(w.handler, p)));
  return {
    id: w.id,
    kind: w.kind,
    nature: w.nature,
    rule: w.rule,
    ruleName: rule?.name ?? null,
    object: w.object,
    thingId: w.thingId,
    streamId: w.streamId,
    unit: w.unit,
    handler: w.handler,
    level: w.level,
    worst: w.worst,
    colour: levelNames[w.level as Level].colour,
    state: w.state,
    outcome: w.outcome,
    headline: w.headline,
    response: rule?.response ?? (w.evidence.response as Warning['response']) ?? null,
    value: w.value,
    valueUnit: w.valueUnit,
    children: w.children,
    flaps: w.flaps,
    escalation: w.escalation,
    raisedAt: w.raisedAt,
    changedAt: w.changedAt,
    acknowledgedAt: w.acknowledgedAt,
    shelvedUntil: w.shelvedUntil,
    closedAt: w.closedAt,
    foldedInto: w.foldedInto,
    inhibitedBy: w.inhibitedBy,
    caseId: w.caseId,
    lon: w.lon,
    lat: w.lat,
    place: w.place,
    version: w.version,
    actions: may ? allowedIn[w.state].filter((a) => a !== 'respond' || !w.caseId) : [],
  };
};
const cursorOf = (w: store.WarningRow & { key: string }): string => Buffer.from(`${w.level}|${w.key}|${w.id}`).toString('base64url');
const readCursor = (c: string | undefined) => {
  if (!c) return undefined;
  const m = /^([1-4])\|([-0-9 :.+]+)\|([0-9a-f-]{36})$/.exec(Buffer.from(c, 'base64url').toString());
  if (!m) throw problem('invalid-input', { errors: [{ pointer: '/query/cursor', message: '游标无效' }] });
  return { level: Number(m[1]), at: m[2]!, id: m[3]! };
};

export async function list(
  hub: Hub,
  actor: Actor,
  q: {
    realm: string;
    scope: string[];
    state: 'open' | 'closed' | 'all';
    level?: number | undefined;
    rule?: string | undefined;
    folded?: boolean | undefined;
    parent?: string | undefined;
    cursor?: string | undefined;
    limit: number;
  },
) {
  const rows = await store.list(hub.sql, { ...q, folded: q.folded ?? false, after: readCursor(q.cursor), limit: q.limit + 1 });
  const rules = await ruleNames(hub);
  const items = rows.slice(0, q.limit);
  return { items: items.map((w) => shown(w, rules, actor)), next: rows.length > q.limit ? cursorOf(items.at(-1)!) : null };
}
export const counts = (hub: Hub, realm: string, scope: string[]) => store.counts(hub.sql, realm, scope);

const seen = (w: store.WarningRow | undefined, realm: string, scope: string[]): store.WarningRow => {
  if (!w || w.realm !== realm || !scope.some((p) => within(w.unit, p) || (w.handler !== null && within(w.handler, p))))
    throw problem('not-found', { detail: '没有这条预警，或不在您的范围内' });
  return w;
};
export async function read(hub: Hub, actor: Actor, realm: string, id: string, scope: string[]) {
  const w = seen(await store.read(hub.sql, id), realm, scope);
  const rules = await ruleNames(hub);
  const rule = w.rule ? rules.get(w.rule) : undefined;
  return {
    ...shown(w, rules, actor),
    evidence: w.evidence,
    note: w.note,
    offers: { scenario: rule?.scenario ?? null, matter: rule?.matter ?? null },
    history: (await factHistory(hub.sql, `warning:${id}`)).map((f) => ({ at: f.at, kind: f.kind, by: f.by, data: f.data })),
  };
}

async function locked(work: Work, id: string, scope: string[], act: string): Promise<store.WarningRow> {
  const w = seen(await store.lock(work.tx, id), work.realm, scope);
  if (!allowedIn[w.state].includes(act)) throw problem('not-allowed-in-state', { detail: `预警当前为“${w.state}”，不能这样做` });
  return w;
}
/** The warning and, of a storm, its open children. */
const withChildren = async (work: Work, w: store.WarningRow): Promise<string[]> =>
  w.kind === 'storm'
    ? [w.id, ...(await work.tx<{ id: string }[]>`select id from warnings where folded_into = ${w.id} and closed_at is null order by id for update`).map((r) => r.id)]
    : [w.id];
const after = async (work: Work, id: string) => {
  const w = (await store.read(work.tx, id))!;
  return { id, state: w.state, version: w.version };
};

export async function acknowledge(work: Work, id: string, scope: string[]) {
  const w = await locked(work, id, scope, 'acknowledge');
  const all = await withChildren(work, w);
  await work.tx`update warnings set state = 'acknowledged', acknowledged_at = ${work.at}, acknowledged_by = ${work.by}, shelved_until = null, changed_at = ${work.at}, version = version + 1 where id = any(${all}) and state in ('raised', 'shelved')`;
  for (const x of all) await cancelTimers(work, `warning:${x}`);
  await append(work, [
    {
      kind: 'warning.acknowledged',
      subject: `warning:${id}`,
      data: { seconds: Math.round((work.at.getTime() - w.raisedAt.getTime()) / 1000), children: all.length - 1 },
      unit: w.unit,
    },
  ]);
  return after(work, id);
}
async function finish(work: Work, id: string, scope: string[], note: string, how: 'close' | 'false-alarm') {
  const w = await locked(work, id, scope, how);
  const all = await withChildren(work, w);
  const right = how === 'close';
  await work.tx`update warnings set state = ${right ? 'closed' : 'false-alarm'}, outcome = ${right ? 'handled' : 'false-alarm'}, verdict = ${right}, closed_at = ${work.at}, closed_by = ${work.by}, note = ${note}, changed_at = ${work.at}, version = version + 1
    where id = any(${all}) and closed_at is null`;
  for (const x of all) await cancelTimers(work, `warning:${x}`);
  await append(work, [{ kind: right ? 'warning.closed' : 'warning.false-alarm', subject: `warning:${id}`, data: { note, rule: w.rule, children: all.length - 1 }, unit: w.unit }]);
  if (w.foldedInto) await settleStorm(work, w.foldedInto);
  for (const x of all) await release(work, x);
  return after(work, id);
}
/** Handled: it was a true warning. */
export const close = (work: Work, id: string, scope: string[], note: string) => finish(work, id, scope, note, 'close');
/** Nothing was there: counts against the rule. */
export const falseAlarm = (work: Work, id: string, scope: string[], note: string) => finish(work, id, scope, note, 'false-alarm');

export async function shelve(work: Work, id: string, scope: string[], until: Date, note: string) {
  const w = await locked(work, id, scope, 'shelve');
  if (until.getTime() <= work.at.getTime() || until.getTime() > work.at.getTime() + 7 * 86_400_000)
    throw problem('invalid-input', { errors: [{ pointer: '/body/until', message: '搁置须在七天之内到期' }] });
  const all = await withChildren(work, w);
  await work.tx`update warnings set state = 'shelved', shelved_until = ${until}, note = ${note}, changed_at = ${work.at}, version = version + 1 where id = any(${all}) and closed_at is null`;
  for (const x of all) await cancelTimers(work, `warning:${x}`);
  await setTimer(work, { subject: `warning:${id}`, kind: 'warning.unshelve', generation: w.version + 1, dueAt: until, data: { reason: note } });
  await append(work, [{ kind: 'warning.shelved', subject: `warning:${id}`, data: { until: until.toISOString(), note }, unit: w.unit }]);
  return after(work, id);
}
/** Opens the case of the rule's scenario (or another one chosen). */
export async function openCaseFor(work: Work, id: string, scope: string[], more: { scenario?: string | undefined; matter?: string | undefined }) {
  const w = await locked(work, id, scope, 'respond');
  if (w.caseId) throw problem('conflict', { detail: '这条预警已转为事件' });
  const own = warningsOf(work.hub);
  if (!own.openCase) throw problem('not-supported', { detail: '事件模块未启用' });
  const rule = w.rule ? ((await store.newestRules(work.tx)).find((r) => r.code === w.rule)?.definition ?? null) : null;
  const opened = await respond(work, id, rule, { openCase: own.openCase }, more);
  if (w.state === 'raised') await acknowledge(work, id, scope);
  return { caseId: opened.id, no: opened.no };
}

/** Escalation and the end of shelving: fired by timers, on domain time. */
export async function onTimer(work: Work, timer: Timer): Promise<void> {
  const w = await store.lock(work.tx, timer.subject.slice('warning:'.length));
  if (!w || w.closedAt) return;
  if (timer.kind === 'warning.escalate') {
    if (w.state !== 'raised' || w.foldedInto || w.inhibitedBy) return;
    await store.change(work.tx, w.id, { escalation: Number(timer.data.step), notices: w.notices + 1 }, work.at);
    await append(work, [
      {
        kind: 'warning.escalated',
        subject: `warning:${w.id}`,
        data: { to: timer.data.to, step: timer.data.step, minutes: Math.round((work.at.getTime() - w.raisedAt.getTime()) / 60_000) },
        unit: w.unit,
      },
    ]);
  } else if (timer.kind === 'warning.unshelve' && w.state === 'shelved') {
    const all = await withChildren(work, w);
    await work.tx`update warnings set state = 'raised', shelved_until = null, notices = notices + 1, changed_at = ${work.at}, version = version + 1 where id = any(${all}) and state = 'shelved'`;
    if (!w.foldedInto && !w.inhibitedBy) await escalateAnew(work, w);
    await append(work, [{ kind: 'warning.unshelved', subject: `warning:${w.id}`, data: {}, unit: w.unit }]);
  }
}
export async function addShelf(
  work: Work,
  s: { kind: 'shelf' | 'maintenance'; rule?: string | undefined; thing?: string | undefined; unit: string; from: Date; until: Date; reason: string },
  scope: string[],
) {
  if (!scope.some((p) => within(s.unit, p))) throw problem('forbidden', { detail: '不在您的范围内' });
  if (s.until <= s.from || s.until.getTime() - s.from.getTime() > 31 * 86_400_000)
    throw problem('invalid-input', { errors: [{ pointer: '/body/until', message: '结束须晚于开始，且不超过 31 天' }] });
  const id = uuidv7();
  await store.addShelf(work.tx, work.realm, {
    id,
    kind: s.kind,
    rule: s.rule ?? null,
    thing: s.thing ?? null,
    unit: s.unit,
    from: s.from,
    until: s.until,
    reason: s.reason,
    by: work.by,
  });
  await append(work, [{ kind: 'warning.shelf-set', subject: `shelf:${id}`, data: { ...s, from: s.from.toISOString(), until: s.until.toISOString() }, unit: s.unit }]);
  return { id };
}
export const shelves = async (hub: Hub, realm: string, scope: string[]) =>
  (await store.shelves(hub.sql, realm, await hub.now(realm))).filter((s) => scope.some((p) => within(s.unit, p) || within(p, s.unit)));

/** Known limits of one seat: about 1 in ten minutes can be kept up, 10 is a flood (domain.md §7.6). */
const LOAD = { sustainable: 1, flood: 10 };
export async function load(hub: Hub, realm: string, scope: string[], q: { from?: Date | undefined; to?: Date | undefined; seats: number }) {
  const now = await hub.now(realm);
  const to = q.to ?? new Date(now.getTime() + 1);
  const from = q.from ?? new Date(Math.floor((to.getTime() - 86_400_000) / 600_000) * 600_000);
  if (to.getTime() - from.getTime() > 40 * 86_400_000) throw problem('invalid-input', { errors: [{ pointer: '/query/from', message: '一次最多 40 天' }] });
  const buckets = (await store.load(hub.sql, realm, scope, from, to)).map((b) => ({
    ...b,
    perSeat: b.notices / q.seats,
    state: b.notices / q.seats >= LOAD.flood ? ('flood' as const) : b.notices / q.seats > LOAD.sustainable ? ('busy' as const) : ('calm' as const),
  }));
  return {
    ...LOAD,
    seats: q.seats,
    buckets,
    operators: (await store.acknowledgers(hub.sql, realm, from, to)).map((o) => ({ by: o.by, acknowledged: o.n, meanSeconds: o.seconds })),
  };
}

/** Rules with what operators said of their warnings; below the floor, once enough is known, retirement is proposed – never done by itself. */
export async function rules(hub: Hub, realm: string, days: number) {
  const since = new Date((await hub.now(realm)).getTime() - days * 86_400_000);
  const said = new Map((await store.verdicts(hub.sql, realm, since)).map((v) => [v.rule, v]));
  return {
    items: (await store.newestRules(hub.sql)).map((r) => {
      const v = said.get(r.code) ?? { raised: 0, right: 0, wrong: 0, flaps: 0 };
      const judged = v.right + v.wrong;
      const precision = judged ? v.right / judged : null;
      const poor = r.active && judged >= r.definition.minVerdicts && precision! < r.definition.precisionFloor;
      return {
        code: r.code,
        version: r.version,
        name: r.definition.name,
        active: r.active,
        definition: r.definition as unknown as Record<string, unknown>,
        by: r.by,
        createdAt: r.createdAt,
        raised: v.raised,
        right: v.right,
        wrong: v.wrong,
        flaps: v.flaps,
        precision,
        proposal: poor ? `近 ${days} 天 ${judged} 条有结论，准确率 ${Math.round(precision! * 100)}%，低于 ${Math.round(r.definition.precisionFloor * 100)}%，建议停用或调整` : null,
      };
    }),
  };
}
const parsedRule = (raw: unknown): WarningRule => {
  const r = rulePack.safeParse(raw);
  if (!r.success) throw problem('invalid-input', { errors: r.error.issues.slice(0, 30).map((i) => ({ pointer: `/body/definition/${i.path.join('/')}`, message: i.message })) });
  return r.data;
};
export async function putRule(work: Work, code: string, raw: unknown): Promise<{ version: number }> {
  const rule = parsedRule(raw);
  if (rule.code !== code) throw problem('invalid-input', { errors: [{ pointer: '/body/definition/code', message: '编码不能改' }] });
  const newest = (await store.newestRules(work.tx)).find((r) => r.code === code);
  const hash = hashOf(rule);
  if (newest?.hash === hash && newest.active) throw problem('conflict', { detail: '规则没有变化' });
  const version = (newest?.version ?? 0) + 1;
  await store.addRule(work.tx, { code, version, definition: rule, hash, by: work.by, at: work.at });
  await append(work, [{ kind: 'rule.published', subject: `rule:${code}`, data: { version, before: newest?.version ?? null } }]);
  return { version };
}
export async function retireRule(work: Work, code: string, note: string): Promise<{ retired: boolean }> {
  const found = (await store.rules(work.tx)).find((r) => r.code === code);
  if (!found) throw problem('not-found', { detail: '没有这条规则，或已停用' });
  await store.setRuleActive(work.tx, code, false);
  const open = await work.tx<
    { id: string; unit: string }[]
  >`update warnings set state = 'closed', outcome = 'lapsed', closed_at = ${work.at}, closed_by = ${work.by}, changed_at = ${work.at}, version = version + 1
    where realm = ${work.realm} and rule = ${code} and closed_at is null returning id, unit`;
  for (const w of open) await cancelTimers(work, `warning:${w.id}`);
  await append(work, [{ kind: 'rule.retired', subject: `rule:${code}`, data: { note, closed: open.length } }]);
  return { retired: true };
}

/** Tries a rule on stored readings: which warnings it would have raised, when, and what was said of those that were raised then. */
export const backtest = (hub: Hub, realm: string, q: { definition: unknown; from: Date; to: Date; streams?: string[] | undefined; scope: string[] }) =>
  tryRule(hub, realm, parsedRule(q.definition), warningsOf(hub).detector, q);

/** A warning as CAP 1.2; ours are internal and say so. */
export async function cap(hub: Hub, realm: string, id: string, scope: string[]): Promise<string> {
  const w = seen(await store.read(hub.sql, id), realm, scope);
  // What another issuer published is passed on as it came, never under our name.
  const original = await originalCap(hub.sql, id);
  if (original !== undefined) return original;
  const rule = w.rule ? (await ruleNames(hub)).get(w.rule) : undefined;
  const r = await warningsOf(hub).raising();
  const over = w.closedAt !== null;
  const sender = 'chengshu.internal';
  return capXml({
    identifier: over ? `${w.id}.${w.version}` : w.id,
    sender,
    sent: over ? w.closedAt! : w.raisedAt,
    nature: w.nature,
    realm,
    msgType: over ? 'Cancel' : 'Alert',
    references: over ? [{ sender, identifier: w.id, sent: w.raisedAt }] : [],
    category: 'Infra',
    event: rule?.name.zh ?? '合并告警',
    level: w.level as Level,
    headline: w.headline.zh,
    description: `${w.headline.zh}（${w.value ?? '—'} ${w.valueUnit}）`,
    instruction: rule?.response.zh ?? '',
    senderName: r.units.get(r.root) ?? '城枢',
    onset: w.raisedAt,
    expires: w.closedAt,
    certainty: rule?.when.kind === 'forecast' ? 'Likely' : rule?.when.kind === 'anomaly' ? 'Possible' : 'Observed',
    area: { desc: w.place ?? r.units.get(w.unit) ?? w.unit, ...(w.lon !== null && w.lat !== null ? { circle: { lat: w.lat, lon: w.lon, km: 0.2 } } : {}) },
  });
}
