// The engine: every stream's rules in memory, stepped per stored batch; gives changes, knows nothing of the database.
import { type GroupMachine, type GroupState, groupOf } from '#core/warnings/group.ts';
import { type Change, type Detector, type Machine, type RuleState, frozen, machineOf } from '#core/warnings/machine.ts';
import type { WarningRule } from '#core/warnings/pack.ts';

export interface Watched {
  stream: string;
  code: string;
  thing: string;
  profile: string;
  unit: string;
  parent: string | null;
  intervalMs: number;
  lon: number | null;
  lat: number | null;
}
export interface ActiveRule {
  rule: WarningRule;
  version: number;
}
/** A change of one rule on one object, with where it came from. */
export interface Event {
  rule: WarningRule;
  version: number;
  object: string;
  stream: string | null;
  thing: string;
  change: Change;
  /** Things that agreed, for rules over several. */
  agreeing?: string[];
}
interface Slot {
  key: string;
  rule: ActiveRule;
  machine: Machine;
  state: RuleState;
  object: string;
  stream: string | null;
  thing: string;
}
interface GroupSlot {
  key: string;
  rule: ActiveRule;
  machine: GroupMachine;
  state: GroupState;
  object: string;
  things: string[];
}
/** What hears the readings of one stream. */
export interface Node {
  readonly stream: string;
  readonly slots: readonly Slot[];
  readonly groups: readonly Membership[];
}
interface Membership {
  group: GroupSlot;
  member: number;
  test: number;
}

const metres = (a: Watched, b: Watched): number => {
  if (a.lon === null || b.lon === null || a.lat === null || b.lat === null) return Infinity;
  const x = (b.lon - a.lon) * Math.cos((((a.lat + b.lat) / 2) * Math.PI) / 180);
  return Math.hypot(x, b.lat - a.lat) * 111_320;
};
/** Most neighbours that one group looks at; the nearest are kept. */
const MAX_NEIGHBOURS = 16;

export class Engine {
  readonly #ofStream = new Map<string, Slot[]>();
  readonly #silence = new Map<string, Slot[]>();
  readonly #nodes = new Map<string, Node>();
  readonly #thingOf = new Map<string, string>();
  readonly #groups = new Map<string, Membership[]>();
  readonly #all = new Map<string, Slot | GroupSlot>();
  readonly #groupSlots: GroupSlot[] = [];
  readonly #indicator = new Map<string, { rule: ActiveRule; slots: Map<string, Slot> }[]>();
  readonly #saved: Map<string, unknown>;
  readonly detector: (() => Detector) | undefined;

  constructor(rules: ActiveRule[], watched: Watched[], o: { detector?: (() => Detector) | undefined; saved?: Map<string, unknown> } = {}) {
    this.detector = o.detector;
    this.#saved = o.saved ?? new Map();
    const byThing = Map.groupBy(watched, (w) => w.thing);
    for (const w of watched) this.#thingOf.set(w.stream, w.thing);
    const own = new Set(
      rules.filter((r) => r.rule.on.kind === 'device' && r.rule.when.kind === 'silent' && r.rule.on.profile).map((r) => (r.rule.on as { profile: string }).profile),
    );
    for (const r of rules) {
      const { on, when } = r.rule;
      if (on.kind === 'stream' && when.kind !== 'several')
        for (const w of watched) if (w.profile === on.profile && w.code === on.stream) this.#add(w.stream, this.#slot(r, `stream:${w.stream}`, w.stream, w.thing, w.intervalMs));
      if (on.kind === 'device' && when.kind === 'silent')
        for (const [thing, streams] of byThing) {
          const w = streams[0]!;
          // The general rule leaves profiles with a rule of their own to it.
          if (on.profile ? w.profile !== on.profile : own.has(w.profile)) continue;
          const slot = this.#slot(r, `thing:${thing}`, null, thing, w.intervalMs);
          const list = this.#silence.get(thing);
          if (list) list.push(slot);
          else this.#silence.set(thing, [slot]);
        }
      if (on.kind === 'device' && when.kind === 'several')
        this.#makeGroups(
          r,
          [...byThing.values()].filter((s) => !on.profile || s[0]!.profile === on.profile),
        );
      if (on.kind === 'indicator') {
        const list = this.#indicator.get(on.indicator);
        const item = { rule: r, slots: new Map<string, Slot>() };
        if (list) list.push(item);
        else this.#indicator.set(on.indicator, [item]);
      }
    }
    const open = rules.filter((r) => r.rule.on.kind === 'unwatched');
    if (this.detector)
      for (const w of watched)
        if (!this.#ofStream.has(w.stream) && !this.#groups.has(w.stream))
          for (const r of open) this.#add(w.stream, this.#slot(r, `stream:${w.stream}`, w.stream, w.thing, w.intervalMs));
  }

  #add(stream: string, slot: Slot): void {
    const list = this.#ofStream.get(stream);
    if (list) list.push(slot);
    else this.#ofStream.set(stream, [slot]);
  }
  #slot(rule: ActiveRule, object: string, stream: string | null, thing: string, intervalMs: number): Slot {
    const machine = machineOf(rule.rule.when as Exclude<WarningRule['when'], { kind: 'several' }>, { intervalMs, ...(this.detector ? { detector: this.detector } : {}) });
    const key = `${rule.rule.code}/${object}`;
    const saved = this.#saved.get(key) as RuleState | undefined;
    const fresh = machine.init();
    // A saved memory of another shape belongs to another kind of condition: only what is open goes on.
    const state = saved ? (saved.m?.length === fresh.m?.length ? { ...fresh, ...saved } : { ...fresh, sev: saved.sev }) : fresh;
    const slot: Slot = { key, rule, machine, state, object, stream, thing };
    this.#all.set(key, slot);
    return slot;
  }
  #makeGroups(rule: ActiveRule, things: Watched[][]): void {
    const when = rule.rule.when;
    if (when.kind !== 'several') return;
    const sets: { object: string; members: Watched[][] }[] = [];
    if (when.among === 'thing') for (const t of things) sets.push({ object: `thing:${t[0]!.thing}`, members: [t] });
    else if (when.among === 'neighbours')
      for (const t of things) {
        const near = things
          .filter((o) => o !== t)
          .map((o) => ({ o, d: metres(t[0]!, o[0]!) }))
          .filter((x) => x.d <= when.radius!)
          .sort((a, b) => a.d - b.d)
          .slice(0, MAX_NEIGHBOURS);
        if (near.length + 1 >= when.k) sets.push({ object: `thing:${t[0]!.thing}`, members: [t, ...near.map((x) => x.o)] });
      }
    else
      for (const [key, members] of Map.groupBy(things, (t) => (when.among === 'parent' ? t[0]!.parent : t[0]!.unit)))
        if (key !== null && members.length >= when.k) sets.push({ object: when.among === 'parent' ? `thing:${key}` : `unit:${key}`, members });
    for (const { object, members } of sets) {
      const machine = groupOf(when, members.length);
      const key = `${rule.rule.code}/${object}`;
      const group: GroupSlot = { key, rule, machine, state: (this.#saved.get(key) as GroupState | undefined) ?? machine.init(), object, things: members.map((m) => m[0]!.thing) };
      if (group.state.held.length !== members.length * when.tests.length) group.state = machine.init();
      this.#all.set(key, group);
      this.#groupSlots.push(group);
      for (const [member, streams] of members.entries())
        for (const [test, t] of when.tests.entries()) {
          const w = streams.find((s) => s.code === t.stream);
          if (!w) continue;
          const list = this.#groups.get(w.stream);
          if (list) list.push({ group, member, test });
          else this.#groups.set(w.stream, [{ group, member, test }]);
        }
    }
  }

  /** All that one stream's readings concern, found once: callers that know their streams by place keep it. */
  node(stream: string): Node {
    let n = this.#nodes.get(stream);
    if (!n) {
      const thing = this.#thingOf.get(stream);
      n = { stream, slots: [...(this.#ofStream.get(stream) ?? []), ...(thing === undefined ? [] : (this.#silence.get(thing) ?? []))], groups: this.#groups.get(stream) ?? [] };
      this.#nodes.set(stream, n);
    }
    return n;
  }
  /** Judges one reading; changes are pushed to `out`. */
  step(stream: string, t: number, v: number | null, out: Event[]): void {
    this.judge(this.#nodes.get(stream) ?? this.node(stream), t, v, out);
  }
  judge(n: Node, t: number, v: number | null, out: Event[]): void {
    const { slots, groups } = n;
    for (let i = 0; i < slots.length; i++) {
      const s = slots[i]!;
      const change = s.machine.step(s.state, t, v);
      if (change) out.push({ rule: s.rule.rule, version: s.rule.version, object: s.object, stream: s.stream, thing: s.thing, change });
    }
    for (let i = 0; i < groups.length; i++) {
      const { group, member, test } = groups[i]!;
      const change = group.machine.step(group.state, member, test, t, v);
      if (change) out.push(this.#groupEvent(group, change));
    }
  }
  #groupEvent(g: GroupSlot, change: Change): Event {
    return {
      rule: g.rule.rule,
      version: g.rule.version,
      object: g.object,
      stream: null,
      thing: g.things[0]!,
      change,
      agreeing: g.machine.agreeing(g.state, change.at).map((i) => g.things[i]!),
    };
  }

  /** Judges a value of an indicator over one instance. */
  value(code: string, instance: string, thing: string, over: string, t: number, v: number | null, out: Event[]): void {
    for (const { rule, slots } of this.#indicator.get(code) ?? []) {
      if (rule.rule.on.kind === 'indicator' && rule.rule.on.over !== 'any' && rule.rule.on.over !== over) continue;
      let s = slots.get(instance);
      if (!s) slots.set(instance, (s = this.#slot(rule, `instance:${instance}`, null, thing, 0)));
      // The same bucket again with more readings is judged again, a fraction of a millisecond later; an older bucket is not.
      const again = t <= s.state.t && t > s.state.t - 1;
      const change = s.machine.step(s.state, again ? s.state.t + 0.001 : t, v);
      if (change) out.push({ rule: rule.rule, version: rule.version, object: s.object, stream: null, thing, change });
    }
  }
  watchesIndicator(code: string): boolean {
    return this.#indicator.has(code);
  }

  /** Judges the passing of time for everything that depends on it. */
  tick(now: number, out: Event[]): void {
    for (const list of this.#silence.values())
      for (const s of list) {
        const change = s.machine.tick(s.state, now);
        if (change) out.push({ rule: s.rule.rule, version: s.rule.version, object: s.object, stream: null, thing: s.thing, change });
      }
    for (const g of this.#groupSlots) {
      const change = g.machine.tick(g.state, now);
      if (change) out.push(this.#groupEvent(g, change));
    }
  }

  /** An open warning of before the first snapshot: its machine goes on from there. */
  adopt(rule: string, object: string, level: number): void {
    const s = this.#all.get(`${rule}/${object}`);
    if (s && s.state.sev === 0 && s.state.t < 0) s.state.sev = 5 - level;
  }
  /** Last time heard of a thing, where nothing newer is known (so that silence through a restart is seen). */
  heard(thing: string, t: number): void {
    for (const s of this.#silence.get(thing) ?? []) if (s.state.t < t) s.state.t = t;
  }
  get size(): number {
    return this.#all.size;
  }
  /** All states, by rule and object, as they live: for an engine that takes their place in this process. */
  *living(): Generator<[string, unknown]> {
    for (const [key, s] of this.#all) if (s.state.t >= 0) yield [key, s.state];
  }
  /** The same as JSON, the memory of detectors apart from the rest: it is a hundred times as large and may be older. */
  *states(): Generator<[key: string, state: unknown, detector: (() => unknown) | null]> {
    for (const [key, s] of this.#all) {
      if (s.state.t < 0) continue;
      const own = 'machine' in s && 'stream' in s ? (s.state as RuleState) : null;
      yield own?.d ? [key, { ...own, d: null }, () => frozen(own).d] : [key, s.state, null];
    }
  }
}
