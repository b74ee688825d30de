// A rule tried on what is stored before it is published: through the engine itself, readings of all its sensors in the order they were taken.
import { within } from '#core/people/roles.ts';
import type { Detector } from '#core/warnings/machine.ts';
import type { WarningRule } from '#core/warnings/pack.ts';
import { indicatorsOf, series } from '../indicators/service.ts';
import type { Hub } from '../platform/hub.ts';
import { Engine, type Event } from './engine.ts';
import * as store from './store.ts';

const READINGS = 300_000;
/** Sensors tried at once; rules over several need their neighbours too. */
const STREAMS = 50;
const MEMBERS = 400;
const MINUTE = 60_000;

export interface Tried {
  object: string;
  from: Date;
  to: Date | null;
  worst: number;
  peak: number;
  /** What was said of the warning that this rule did raise then. */
  before: 'true' | 'false' | 'not-judged' | 'not-raised';
}
interface Question {
  from: Date;
  to: Date;
  streams?: string[] | undefined;
  scope: string[];
}

/** Rows of several streams as one course in time; each list is in order already. */
function* inOrder(lists: { stream: string; rows: { at: Date; num: number | null }[] }[]): Generator<[stream: string, at: number, value: number | null]> {
  // Readings of one instant come in the order of their streams: the same trial gives the same answer.
  const all = lists.flatMap(({ rows }, n) => rows.map((r, i) => ({ n, i, at: r.at.getTime() })));
  all.sort((a, b) => a.at - b.at || a.n - b.n || a.i - b.i);
  for (const { n, i, at } of all) yield [lists[n]!.stream, at, lists[n]!.rows[i]!.num];
}

/** Which warnings the rule would have raised between `from` and `to`, when, and what was said of those that were raised then. */
export async function tryRule(hub: Hub, realm: string, rule: WarningRule, detector: (() => Detector) | undefined, q: Question) {
  const { when, on } = rule;
  const warnings: Tried[] = [];
  const open = new Map<string, Tried>();
  const take = (events: Event[]): void => {
    for (const { object, change: c } of events.splice(0)) {
      if (c.from === 0) {
        const w: Tried = { object, from: new Date(c.at), to: null, worst: c.to, peak: c.value, before: 'not-raised' };
        open.set(object, w);
        warnings.push(w);
      } else {
        const w = open.get(object);
        if (!w) continue;
        if (c.to === 0) {
          w.to = new Date(c.at);
          open.delete(object);
        } else {
          if (c.to < w.worst) w.peak = c.value;
          w.worst = Math.min(w.worst, c.to);
        }
      }
    }
  };
  const out: Event[] = [];
  let streams = 0;
  let readings = 0;
  let truncated = false;
  if (on.kind === 'indicator') {
    const engine = new Engine([{ rule, version: 0 }], [], { detector });
    const c = await indicatorsOf(hub).catalogue(realm);
    const kinds = new Map(c.units.map((u) => [u.path, u.kind]));
    const instances = (c.byCode.get(on.indicator) ?? []).filter((i) => q.scope.some((p) => within(i.unit, p)));
    for (const i of instances) {
      if (streams >= MEMBERS || readings > READINGS) {
        truncated = true;
        break;
      }
      streams++;
      const { points } = await series(hub, { realm, code: i.code, scope: i.scope, from: q.from, to: q.to, paths: q.scope });
      readings += points.length;
      for (const p of points) {
        // As when it was computed: an under-covered number has no level and warns of nothing.
        engine.value(i.code, i.id, i.thingId ?? '', i.thingId ? 'thing' : (kinds.get(i.unit) ?? ''), p.until.getTime() - 1, p.level === null && i.d.levels ? null : p.value, out);
        take(out);
      }
    }
  } else {
    const all = (await store.watched(hub.sql, realm)).filter(
      (w) =>
        q.scope.some((p) => within(w.unit, p)) &&
        (on.kind === 'unwatched' || !on.profile || w.profile === on.profile) &&
        (on.kind !== 'stream' || w.code === on.stream) &&
        (when.kind !== 'several' || when.tests.some((x) => x.stream === w.code)),
    );
    const asked = q.streams ? all.filter((w) => q.streams!.includes(w.stream)) : all;
    const chosen = asked.slice(0, when.kind === 'several' ? MEMBERS : STREAMS);
    truncated = chosen.length < asked.length;
    streams = chosen.length;
    const lists: { stream: string; rows: { at: Date; num: number | null }[] }[] = [];
    // Sensors that judge together must all be there over the same time: where it is too much, the time is cut, not the sensors.
    const each = when.kind === 'several' ? Math.floor(READINGS / Math.max(1, chosen.length)) : 100_000;
    let until = q.to.getTime();
    for (const w of chosen) {
      const most = Math.min(each, READINGS - readings);
      if (most <= 0) {
        truncated = true;
        break;
      }
      const rows = await store.history(hub.sql, w.stream, q.from, q.to, most);
      readings += rows.length;
      if (rows.length === most) {
        truncated = true;
        if (when.kind === 'several') until = Math.min(until, rows.at(-1)!.at.getTime());
      }
      lists.push({ stream: w.stream, rows });
    }
    const engine = new Engine([{ rule, version: 0 }], chosen, { detector });
    const timed = when.kind === 'silent' || when.kind === 'several';
    // Time passes as in operation, but no finer than a minute nor than a twenty thousandth of the whole.
    const step = Math.max(MINUTE, Math.ceil((q.to.getTime() - q.from.getTime()) / 20_000));
    let clock = q.from.getTime();
    const pass = (to: number): void => {
      while (timed && clock + step <= to) {
        engine.tick((clock += step), out);
        take(out);
      }
    };
    for (const [stream, at, value] of inOrder(lists)) {
      if (at > until) break;
      pass(at);
      engine.step(stream, at, value, out);
      take(out);
    }
    pass(until);
  }
  const past = await store.judgedBefore(hub.sql, realm, rule.code, q.from, q.to);
  for (const w of warnings) {
    const p = past.find((x) => x.object === w.object && x.from <= (w.to ?? q.to) && x.to >= w.from);
    if (p) w.before = p.verdict === null ? 'not-judged' : p.verdict ? 'true' : 'false';
  }
  const days = Math.max(1, (q.to.getTime() - q.from.getTime()) / 86_400_000);
  return { streams, readings, warnings: warnings.slice(0, 1000), perDay: warnings.length / days, truncated, now: past.length };
}
