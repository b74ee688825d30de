// From changes to warnings: one transaction a chunk – raise, worsen, reopen, close, inhibit, shelve, fold, freeze evidence, open cases, set escalation.
import { durationMs } from '#core/time.ts';
import { stepsOf } from '#core/warnings/duties.ts';
import { fold, foldDefaults, type Foldable } from '#core/warnings/fold.ts';
import { type Level, levelNames, type WarningRule } from '#core/warnings/pack.ts';
import { within } from '#core/people/roles.ts';
import type { NewFact } from '#core/fact.ts';
import { minuteOf } from '#core/time.ts';
import { append } from '../platform/facts.ts';
import type { Work } from '../platform/hub.ts';
import { uuidv7 } from '../platform/ids.ts';
import { cancelTimers, setTimers, type NewTimer } from '../platform/timers.ts';
import type { Event } from './engine.ts';
import * as store from './store.ts';

/** How the slice to the right opens a case for a warning; set by it (or the composition root) at start. */
export type OpenCase = (
  work: Work,
  w: {
    warningId: string;
    title: string;
    description: string;
    level: number;
    scenario?: string | undefined;
    matter?: string | undefined;
    condition?: string | undefined;
    place?: { lon: number; lat: number; address: string; unit?: string | undefined } | undefined;
    unit: string;
    evidence: Record<string, unknown>;
  },
) => Promise<{ id: string; no: string }>;

export interface Raising {
  /** Path of the district; handlers are codes below it. */
  root: string;
  openCase: OpenCase | null;
  /** Names of units by path. */
  units: Map<string, string>;
  /** What an indicator's instance is about. */
  instance?: (id: string) => { unit: string; name: string; valueUnit: string; thing: string | null } | undefined;
}

const round = (v: number): number => (Math.abs(v) >= 100 ? Math.round(v) : Math.round(v * 1000) / 1000);
const fillText = (text: string, vars: Record<string, string>): string => text.replace(/\{(\w+)\}/g, (all, k: string) => vars[k] ?? all);
/** The town (second code) a unit lies in: the area of folding. */
export const areaOf = (unit: string): string => unit.split('.').slice(0, 2).join('.');
/** Folded over a longer time than one cause takes to show: they lie together, nothing says that they have one cause. */
const slow = (rule: WarningRule): boolean => durationMs(rule.foldWithin ?? 'PT1M')! > foldDefaults.windowMs;
const openState = (w: store.WarningRow): boolean => w.closedAt === null;

/** Cancels and sets the escalation of a warning: who is told next while nobody acknowledges. */
export const escalationTimers = (w: { id: string; generation: number; level: number }, rule: WarningRule, from: Date): NewTimer[] =>
  stepsOf(rule, w.level).map((e, i) => ({
    subject: `warning:${w.id}`,
    kind: 'warning.escalate',
    generation: w.generation * 100 + i,
    dueAt: new Date(from.getTime() + durationMs(e.after)!),
    data: { to: e.to, step: i + 1 },
  }));

/** Calls that begin again from now, after a pause in which nobody was called: by the warning's rule, of a storm by the rule of its worst. */
export async function escalateAnew(work: Work, w: Pick<store.WarningRow, 'id' | 'rule' | 'level' | 'version'>): Promise<void> {
  const [worst] = w.rule
    ? [{ rule: w.rule }]
    : await work.tx<{ rule: string }[]>`select rule from warnings where folded_into = ${w.id} and closed_at is null and rule is not null order by level limit 1`;
  const rule = (await store.newestRules(work.tx)).find((r) => r.code === worst?.rule)?.definition;
  if (rule) await setTimers(work, escalationTimers({ id: w.id, generation: w.version + 1, level: w.level }, rule, work.at));
}

/** Applies changes in the order they happened. The same changes again (after a crash) change nothing. Gives the ids raised. */
export async function applyEvents(work: Work, events: Event[], o: Raising): Promise<string[]> {
  const at = work.at;
  const keys = new Map(events.map((e) => [`${e.rule.code}/${e.object}`, { rule: e.rule.code, object: e.object }]));
  const known = new Map((await store.newest(work.tx, work.realm, [...keys.values()])).map((w) => [`${w.rule}/${w.object}`, w]));
  const things = new Map((await store.about(work.tx, [...new Set(events.map((e) => e.thing).filter(Boolean))])).map((t) => [t.thing, t]));
  const streams = new Map((await store.streamUnits(work.tx, [...new Set(events.flatMap((e) => (e.stream ? [e.stream] : [])))])).map((s) => [s.stream, s]));
  const facts: NewFact[] = [];
  const fresh = new Map<string, { row: store.NewWarning; event: Event; over: boolean }>();
  const touchedStorms = new Set<string>();
  const freed: string[] = [];

  for (const e of events) {
    const key = `${e.rule.code}/${e.object}`;
    const { change, rule } = e;
    const w = known.get(key);
    const pending = fresh.get(key);
    const when = new Date(change.at);
    if (change.to === 0) {
      if (pending) {
        // Raised and over within one chunk (a backlog caught up): it is kept, closed, and nobody is called.
        pending.over = true;
        continue;
      }
      if (!w || !openState(w) || when.getTime() < w.raisedAt.getTime()) continue;
      await store.change(work.tx, w.id, { state: 'closed', outcome: 'recovered', closed_at: at, closed_by: work.by }, at);
      await cancelTimers(work, `warning:${w.id}`);
      w.closedAt = at;
      w.state = 'closed';
      facts.push({ kind: 'warning.recovered', subject: `warning:${w.id}`, data: { value: round(change.value), at: when.toISOString() }, unit: w.unit });
      if (w.foldedInto) touchedStorms.add(w.foldedInto);
      freed.push(w.id);
      continue;
    }
    if (pending) {
      pending.over = false;
      pending.row.level = change.to;
      pending.row.worst = Math.min(pending.row.worst, change.to);
      pending.row.value = round(change.value);
      continue;
    }
    if (w && openState(w)) {
      if (w.level === change.to) continue;
      const worse = change.to < w.worst;
      // Worse than anybody acknowledged: it must be looked at again.
      const again = worse && w.state === 'acknowledged';
      // Steps of a level begin with the level; a rule's own steps run on.
      const harder = worse && w.state === 'raised' && !rule.escalate.length;
      await store.change(
        work.tx,
        w.id,
        {
          level: change.to,
          worst: Math.min(w.worst, change.to),
          value: round(change.value),
          ...(again ? { state: 'raised', notices: w.notices + 1, acknowledged_at: null, acknowledged_by: null } : {}),
        },
        at,
      );
      if ((again || harder) && !w.foldedInto && !w.inhibitedBy) {
        await cancelTimers(work, `warning:${w.id}`);
        await setTimers(work, escalationTimers({ id: w.id, generation: w.version + 1, level: change.to }, rule, at));
      }
      facts.push({ kind: 'warning.levelled', subject: `warning:${w.id}`, data: { from: w.level, to: change.to, value: round(change.value), again }, unit: w.unit });
      w.level = change.to;
      w.worst = Math.min(w.worst, change.to);
      w.version++;
      if (w.foldedInto) touchedStorms.add(w.foldedInto);
      continue;
    }
    if (w && Number(w.episode) >= change.at) continue;
    if (w?.outcome === 'recovered' && w.closedAt && change.at - w.closedAt.getTime() <= durationMs(rule.reopenWithin)! && durationMs(rule.reopenWithin)! > 0) {
      // Flapping: the same episode goes on; no second notice.
      await store.change(
        work.tx,
        w.id,
        {
          state: w.acknowledgedAt ? 'acknowledged' : 'raised',
          outcome: null,
          closed_at: null,
          closed_by: null,
          level: change.to,
          worst: Math.min(w.worst, change.to),
          flaps: w.flaps + 1,
          value: round(change.value),
        },
        at,
      );
      facts.push({ kind: 'warning.reopened', subject: `warning:${w.id}`, data: { flaps: w.flaps + 1, value: round(change.value) }, unit: w.unit });
      // Nobody acknowledged it before it paused: it is still to be escalated.
      if (!w.acknowledgedAt && !w.foldedInto && !w.inhibitedBy) await setTimers(work, escalationTimers({ id: w.id, generation: w.version + 1, level: change.to }, rule, at));
      w.closedAt = null;
      w.state = w.acknowledgedAt ? 'acknowledged' : 'raised';
      w.level = change.to;
      w.version++;
      if (w.foldedInto) touchedStorms.add(w.foldedInto);
      continue;
    }
    const about = things.get(e.thing);
    const instance = e.object.startsWith('instance:') ? o.instance?.(e.object.slice(9)) : undefined;
    const unit = instance?.unit ?? about?.unit ?? o.root;
    const stream = e.stream ? streams.get(e.stream) : undefined;
    const vars = {
      thing: about?.name ?? instance?.name ?? o.units.get(unit) ?? unit,
      // Nobody needs the seconds of a silence.
      value: String(rule.when.kind === 'silent' ? Math.round(change.value) : round(change.value)),
      error: change.error === undefined ? '' : `±${round(change.error)}`,
      unit: stream?.unit ?? instance?.valueUnit ?? '',
      level: levelNames[change.to as Level].zh,
      place: about?.address ?? o.units.get(unit) ?? unit,
    };
    fresh.set(key, {
      event: e,
      over: false,
      row: {
        id: uuidv7(),
        kind: 'rule',
        rule: rule.code,
        rule_version: e.version,
        object: e.object,
        episode: Math.trunc(change.at),
        thing_id: e.thing || null,
        stream_id: e.stream,
        parent_id: about?.parent ?? null,
        unit,
        handler: rule.unit ? `${o.root}.${rule.unit}` : null,
        level: change.to,
        worst: change.to,
        state: 'raised',
        headline: { zh: fillText(rule.headline.zh, vars), en: fillText(rule.headline.en, vars) },
        value: round(change.value),
        value_unit: vars.unit,
        evidence: {
          rule: rule.code,
          version: e.version,
          when: rule.when,
          response: rule.response,
          at: when.toISOString(),
          value: round(change.value),
          ...(change.error === undefined ? {} : { error: round(change.error) }),
          ...(change.score === undefined ? {} : { score: round(change.score) }),
          ...(e.agreeing ? { agreeing: e.agreeing } : {}),
          points: [],
        },
        folded_into: null,
        inhibited_by: null,
        children: 0,
        raised_at: when,
        shelved_until: null,
        lon: about?.lon ?? null,
        lat: about?.lat ?? null,
        place: about?.address ?? about?.name ?? null,
        notices: 1,
      },
    });
  }

  // Shelved, under maintenance, or only a consequence of another open warning.
  const shelves = fresh.size ? await store.shelves(work.tx, work.realm, at) : [];
  const inhibiting = [...fresh.values()].flatMap((f) => f.event.rule.inhibitedBy);
  const inhibitors = inhibiting.length
    ? await store.inhibitors(
        work.tx,
        work.realm,
        [...new Set(inhibiting)],
        [...new Set([...fresh.values()].flatMap(({ row }) => [row.thing_id, row.parent_id].filter((x) => x !== null)))],
      )
    : [];
  const timers: NewTimer[] = [];
  for (const { row, event } of fresh.values()) {
    const shelf = shelves.find((s) => (!s.rule || s.rule === row.rule) && (!s.thing || s.thing === row.thing_id || s.thing === row.parent_id) && within(row.unit, s.unit));
    if (shelf) {
      row.state = 'shelved';
      row.shelved_until = shelf.until;
      row.notices = 0;
      timers.push({ subject: `warning:${row.id}`, kind: 'warning.unshelve', generation: 1, dueAt: shelf.until, data: { reason: shelf.reason } });
    }
    const by =
      inhibitors.find((i) => event.rule.inhibitedBy.includes(i.rule) && (i.thing === row.thing_id || i.thing === row.parent_id)) ??
      [...fresh.values()].map((f) => f.row).find((r) => r !== row && event.rule.inhibitedBy.includes(r.rule!) && (r.thing_id === row.thing_id || r.thing_id === row.parent_id));
    if (by) {
      row.inhibited_by = by.id;
      row.notices = 0;
    }
  }
  // The frozen chart: the readings before, as they were.
  const charted = [...fresh.values()].filter(({ row }) => row.stream_id);
  const points = new Map(
    (charted.length
      ? await store.before(
          work.tx,
          charted.map(({ row }) => ({ stream: row.stream_id!, at: row.episode })),
        )
      : []
    ).map((p) => [p.n, p]),
  );
  for (const [n, { row }] of charted.entries()) {
    const p = points.get(n);
    if (p) (row.evidence as { points: unknown }).points = p.at.map((t, i) => [t.toISOString(), p.num[i]]);
  }
  // Inhibiting rows first, so that the references hold.
  const rows = [...fresh.values()].map((f) => f.row).sort((a, b) => Number(a.inhibited_by !== null) - Number(b.inhibited_by !== null));
  const added = await store.add(work.tx, work.realm, rows);
  const raised = [...fresh.values()].filter(({ row }) => added.has(row.id));
  for (const { row } of raised)
    facts.push({
      kind: 'warning.raised',
      subject: `warning:${row.id}`,
      data: {
        rule: row.rule,
        version: row.rule_version,
        object: row.object,
        level: row.level,
        value: row.value,
        at: row.raised_at.toISOString(),
        ...(row.inhibited_by ? { inhibitedBy: row.inhibited_by } : {}),
        ...(row.state === 'shelved' ? { shelved: true } : {}),
      },
      unit: row.unit,
    });

  // Storms.
  for (const { row, over } of raised)
    if (over) {
      await store.change(work.tx, row.id, { state: 'closed', outcome: 'recovered', closed_at: at, closed_by: work.by, shelved_until: null, notices: 0 }, at);
      facts.push({ kind: 'warning.recovered', subject: `warning:${row.id}`, data: { at: at.toISOString() }, unit: row.unit });
    }
  const single = raised.filter(({ row, over }) => !over && row.state === 'raised' && !row.inhibited_by);
  const folded = new Set<string>();
  if (single.length) {
    // Rules of which one is raised here; another rule's wider window cannot hold these together.
    const within = new Map(single.map(({ row, event }) => [row.rule!, durationMs(event.rule.foldWithin ?? 'PT1M')!]));
    const widest = Math.max(foldDefaults.windowMs, ...within.values());
    // Slow ones come one by one: the whole chain is looked at, each within the time of the one before.
    const reach = widest > foldDefaults.windowMs ? foldDefaults.area * widest : widest;
    const since = new Date(Math.min(...single.map(({ row }) => row.raised_at.getTime())) - reach);
    const mine = new Set(single.map(({ row }) => row.id));
    const foldable = (w: { id: string; rule: string | null; level: number; raisedAt: Date; parent: string | null; unit: string }): Foldable => ({
      id: w.id,
      rule: w.rule!,
      level: w.level,
      at: w.raisedAt.getTime(),
      parent: w.parent,
      area: areaOf(w.unit),
      ...(within.has(w.rule!) ? { within: within.get(w.rule!)! } : {}),
    });
    const recent = (await store.recentSingles(work.tx, work.realm, since)).filter((w) => !mine.has(w.id)).map((w) => foldable({ ...w, parent: w.parentId }));
    const storms = (await store.openStorms(work.tx, work.realm, new Date(since.getTime() - 10 * widest))).map((s) => ({
      id: s.id,
      key: s.key,
      lastAt: s.lastAt.getTime(),
    }));
    const f = fold(
      storms,
      recent,
      single.map(({ row }) => foldable({ id: row.id, rule: row.rule, level: row.level, raisedAt: row.raised_at, parent: row.parent_id, unit: row.unit })),
    );
    for (const s of f.open) {
      const id = uuidv7();
      const one = single.find(({ row }) => s.ids.includes(row.id))!;
      const parentName = s.key.startsWith('parent:') ? things.get(one.row.thing_id ?? '')?.parentName : undefined;
      const place = parentName ?? (s.key.startsWith('area:') ? (o.units.get(areaOf(one.row.unit)) ?? areaOf(one.row.unit)) : (o.units.get(o.root) ?? o.root));
      const name = one.event.rule.name;
      await store.add(work.tx, work.realm, [
        {
          ...one.row,
          id,
          kind: 'storm',
          rule: null,
          rule_version: null,
          object: s.key,
          episode: Math.trunc(s.at),
          thing_id: s.key.startsWith('parent:') ? s.key.slice(7) : null,
          stream_id: null,
          parent_id: null,
          unit: s.key.startsWith('rule:') ? o.root : areaOf(one.row.unit),
          level: s.level,
          worst: s.level,
          state: 'raised',
          headline: slow(one.event.rule)
            ? { zh: `${place}：${name.zh}，合并 ${s.ids.length} 条`, en: `${place}: ${name.en}, ${s.ids.length} together` }
            : { zh: `${place}：${name.zh}等 ${s.ids.length} 条同因告警`, en: `${place}: ${s.ids.length} warnings with one cause (${name.en})` },
          value: s.ids.length,
          value_unit: '条',
          evidence: {
            key: s.key,
            at: new Date(s.at).toISOString(),
            response: one.event.rule.response,
            rules: [...new Set(single.filter(({ row }) => s.ids.includes(row.id)).map(({ row }) => row.rule))],
          },
          folded_into: null,
          inhibited_by: null,
          children: s.ids.length,
          shelved_until: null,
          raised_at: new Date(s.at),
          notices: 1,
        },
      ]);
      await store.foldUnder(work.tx, id, s.ids, at);
      for (const x of s.ids) folded.add(x);
      facts.push({
        kind: 'warning.storm',
        subject: `warning:${id}`,
        data: { key: s.key, level: s.level, children: s.ids },
        unit: s.key.startsWith('rule:') ? o.root : areaOf(one.row.unit),
      });
      // The storm is escalated like the worst of its own, once.
      timers.push(...escalationTimers({ id, generation: 1, level: s.level }, one.event.rule, at));
    }
    for (const j of f.join) {
      await store.foldUnder(work.tx, j.storm, j.ids, at);
      for (const x of j.ids) folded.add(x);
      touchedStorms.add(j.storm);
    }
    for (const x of folded) if (!mine.has(x)) await cancelTimers(work, `warning:${x}`);
    if (folded.size) await work.tx`update warnings set notices = 0 where id = any(${[...folded].filter((x) => mine.has(x))})`;
  }
  for (const { row, event } of single) if (!folded.has(row.id)) timers.push(...escalationTimers({ id: row.id, generation: 1, level: row.level }, event.rule, at));
  await setTimers(work, timers);
  await append(work, facts);
  for (const s of touchedStorms) await settleStorm(work, s);
  for (const id of freed) await release(work, id);

  // Cases that the catalogue opens by itself; a failure to open one must not lose the warning.
  if (o.openCase)
    for (const { row, event } of single)
      if (!folded.has(row.id) && event.rule.openCaseAt !== undefined && row.level <= event.rule.openCaseAt && (event.rule.scenario || event.rule.matter))
        await respond(work, row.id, event.rule, o).catch((error: unknown) => work.hub.log.error('case for warning failed', { warning: row.id, error }));
  return [...added];
}

/** What an issuer outside said, for whoever handles the case. */
function capWords(w: store.WarningRow): string {
  const cap = w.evidence.cap as { senderName?: string; sender?: string; sent?: string; event?: string; description?: string; instruction?: string };
  return [cap.description, cap.instruction, `外部预警：${cap.senderName || cap.sender} ${cap.sent} 发布，${cap.event}`].filter(Boolean).join('\n').slice(0, 9000);
}

/** Opens the case that answers a warning, in its own savepoint. */
export async function respond(
  work: Work,
  id: string,
  rule: WarningRule | null,
  o: Pick<Raising, 'openCase'>,
  more: { scenario?: string | undefined; matter?: string | undefined } = {},
): Promise<{ id: string; no: string }> {
  if (!o.openCase) throw new Error('没有事件模块');
  const w = (await store.lock(work.tx, id))!;
  const opened = await work.tx.savepoint(async (tx) =>
    o.openCase!(
      { ...work, tx: tx as never },
      {
        warningId: w.id,
        title: w.headline.zh,
        description:
          w.evidence.source === 'cap'
            ? capWords(w)
            : `${rule?.response.zh ?? ''}\n规则：${rule?.name.zh ?? '合并告警'}（第 ${w.ruleVersion ?? 1} 版），${minuteOf(w.raisedAt)} 触发，数值 ${w.value ?? '—'} ${w.valueUnit}`.trim(),
        level: w.level,
        scenario: more.scenario ?? rule?.scenario,
        matter: more.matter ?? rule?.matter,
        condition: rule?.condition,
        place: w.lon !== null && w.lat !== null ? { lon: w.lon, lat: w.lat, address: w.place ?? '' } : undefined,
        unit: w.unit,
        evidence: w.evidence,
      },
    ),
  );
  await store.change(work.tx, id, { case_id: opened.id }, work.at);
  await append(work, [{ kind: 'warning.answered', subject: `warning:${id}`, data: { case: opened.id, no: opened.no }, unit: w.unit }]);
  return opened;
}

/** Counts a storm's children again; with none open it is over, and with some open again it is there again: none of them shows on its own. */
export async function settleStorm(work: Work, id: string): Promise<void> {
  const [c] = await store.countChildren(work.tx, id, work.at);
  if (!c) return;
  const w = await store.lock(work.tx, id);
  if (!w || c.open > 0 === (w.closedAt === null)) return;
  if (c.open > 0) {
    // Back after it had recovered by itself, it is the same episode; back after a person had ended it, it is to be looked at again.
    const known = w.outcome === 'recovered' && w.acknowledgedAt !== null;
    await store.change(
      work.tx,
      id,
      {
        state: known ? 'acknowledged' : 'raised',
        outcome: null,
        verdict: null,
        closed_at: null,
        closed_by: null,
        flaps: w.flaps + 1,
        ...(known ? {} : { acknowledged_at: null, acknowledged_by: null }),
      },
      work.at,
    );
    if (!known) await escalateAnew(work, w);
    await append(work, [{ kind: 'warning.reopened', subject: `warning:${id}`, data: { children: c.open, flaps: w.flaps + 1 }, unit: w.unit }]);
    return;
  }
  await store.change(work.tx, id, { state: 'closed', outcome: 'recovered', closed_at: work.at, closed_by: work.by }, work.at);
  await cancelTimers(work, `warning:${id}`);
  await append(work, [{ kind: 'warning.recovered', subject: `warning:${id}`, data: { children: c.children }, unit: w.unit }]);
}

/** What was only a consequence of a warning that is over now stands for itself. */
export async function release(work: Work, id: string): Promise<void> {
  for (const w of await store.inhibitedBy(work.tx, id)) {
    await store.change(work.tx, w.id, { inhibited_by: null, notices: w.notices + 1 }, work.at);
    if (w.state === 'raised' && !w.foldedInto) await escalateAnew(work, w);
    await append(work, [{ kind: 'warning.released', subject: `warning:${w.id}`, data: { from: id }, unit: w.unit }]);
  }
}
