// What can be done with cases: open, act, let deadlines fire; one command, one transaction, and the row is the fold of its facts.
import { type Assignment, type Command, type Context, type Described, decide, openCase as begin } from '#core/cases/kernel.ts';
import { formFaults } from '#core/form.ts';
import type { Flow } from '#core/cases/pack.ts';
import { type Case, evolve, open } from '#core/cases/state.ts';
import type { NewFact } from '#core/fact.ts';
import { type Actor, type Permission, permissions, scopeOf } from '#core/people/roles.ts';
import { Problem, problem } from '#core/problem.ts';
import { OFFSET_MINUTES, MINUTE } from '#core/time.ts';
import { type Current, contentOf, current } from '../packs/service.ts';
import { append } from '../platform/facts.ts';
import type { Work } from '../platform/hub.ts';
import { uuidv7 } from '../platform/ids.ts';
import { type NewTimer, setTimers } from '../platform/timers.ts';
import * as store from './store.ts';

export { counts, files, list, read, shiftOf, similar, suspicions, timeline, unitNames, visibleIds, work as workOf } from './store.ts';
export type { CaseRow } from './store.ts';

/** Every unit that a command on this case could name, by pack, by place or by the actor. */
function named(
  packs: Current,
  flow: Flow,
  state: Pick<Case, 'owner' | 'place' | 'scenario' | 'matter'> | null,
  more: { set?: Described | undefined; assign?: Assignment[] | undefined },
): string[] {
  const { scenarios, matters } = packs.content;
  const refs = new Set<string>([flow.owner, ...Object.values(flow.steps).map((x) => x.unit), ...(more.assign ?? []).map((a) => a.unit)]);
  for (const code of [state?.scenario, more.set?.scenario]) for (const t of (code && scenarios.get(code)?.tasks) || []) refs.add(t.unit);
  for (const code of [state?.matter, more.set?.matter]) if (code && matters.has(code)) refs.add(matters.get(code)!.unit);
  for (const path of [state?.owner, state?.place?.unit, more.set?.place?.unit]) if (path) refs.add(path);
  return [...refs].flatMap((r) => [r, `${packs.root}.${r}`]);
}

const contextOf = async (work: Work, packs: Current, flow: Flow, paths: string[]): Promise<Context> => {
  const units = await store.activeUnits(work.tx, paths);
  return {
    at: work.at,
    actor: work.actor,
    calendar: packs.calendar,
    flow,
    matter: (code) => packs.content.matters.get(code),
    scenario: (code) => packs.content.scenarios.get(code),
    unitExists: (path) => units.has(path),
    newId: uuidv7,
  };
};

const flowOf = (packs: Current, code: string): Flow => {
  const flow = packs.content.flows.get(code);
  if (!flow) throw problem('invalid-input', { detail: `没有流程 ${code}`, errors: [{ pointer: '/body/flow', message: '没有这个流程' }] });
  return flow;
};

/** Case number: letters, domain time to the second, six digits of a sequence. */
const numberOf = (prefix: string, at: Date, n: number): string =>
  `${prefix}${new Date(at.getTime() + OFFSET_MINUTES * MINUTE).toISOString().slice(0, 19).replace(/\D/g, '')}${String(n).padStart(6, '0')}`;

/** Finds the town or grid whose schematic area holds a point, by even–odd rule over stored rings. */
export async function unitAt(work: Work, lon: number, lat: number): Promise<string | undefined> {
  const rows = await work.tx<
    { path: string; area: { coordinates?: [number, number][][] } | null }[]
  >`select path, area from units where area is not null and active and kind in ('town', 'grid')`;
  let best: string | undefined;
  for (const r of rows) {
    const ring = r.area?.coordinates?.[0];
    if (!ring) continue;
    let inside = false;
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [xi, yi] = ring[i]!;
      const [xj, yj] = ring[j]!;
      if (yi > lat !== yj > lat && lon < ((xj - xi) * (lat - yi)) / (yj - yi) + xi) inside = !inside;
    }
    if (inside && (!best || r.path.length > best.length)) best = r.path;
  }
  return best;
}

async function located(work: Work, set: Described | undefined): Promise<Described | undefined> {
  if (!set?.place || set.place.unit) return set;
  const unit = await unitAt(work, set.place.lon, set.place.lat);
  return unit ? { ...set, place: { ...set.place, unit } } : set;
}

const told = ['nothing', 'near', 'passed', 'escalated'];
const order = ['', 'near', 'due', 'escalate'];

/** Timers that a state asks for: reminder, due, escalation of every running limit; the end of a deferral. */
function timersFor(s: Case): NewTimer[] {
  if (s.status !== 'open') return [];
  const subject = `case:${s.id}`;
  const list: NewTimer[] = [];
  for (const t of s.tasks) {
    if (!open(t)) continue;
    if (t.state === 'paused') {
      list.push({ subject, kind: `case.resume:${t.id}`, generation: t.deferral.used, dueAt: new Date(t.deferral.until!), data: { task: t.id } });
      continue;
    }
    for (const l of t.limits) {
      if (l.metAt) continue;
      const due = Date.parse(l.due);
      const span = Math.max(MINUTE, due - Date.parse(l.from));
      const data = { task: t.id, limit: l.kind, generation: l.generation };
      const done = told.indexOf(l.told ?? 'nothing');
      for (const [what, at] of [
        ['near', due - span * 0.2],
        ['due', due],
        ['escalate', due + Math.min(Math.max(span * 0.5, 10 * MINUTE), 24 * 60 * MINUTE)],
      ] as const)
        if (order.indexOf(what) > done) list.push({ subject, kind: `case.limit-${what}:${t.id}:${l.kind}`, generation: l.generation, dueAt: new Date(at), data });
    }
  }
  return list;
}

/** What must change in the stored timers of a case so that they are those its state asks for. */
function timerChanges(s: Case, have: store.StoredTimer[]): { gone: string[]; fresh: NewTimer[] } {
  const wanted = timersFor(s);
  const key = (t: { kind: string; generation: number }) => `${t.kind}/${t.generation}`;
  const keep = new Set(wanted.map(key));
  const known = new Set(have.map(key));
  return { gone: have.filter((h) => h.state === 'waiting' && !keep.has(key(h))).map((h) => h.id), fresh: wanted.filter((t) => !known.has(key(t))) };
}

/** Stores what a command brought: row, tasks, access, timers and facts, sent together. */
async function store_(work: Work, packs: Current, flow: Flow, facts: NewFact[], before: { state: Case; timers: store.StoredTimer[] } | null, state: Case): Promise<void> {
  for (const f of facts) f.unit = state.owner;
  const sector = state.matter ? (packs.content.matters.get(state.matter)?.sector ?? null) : null;
  const { gone, fresh } = timerChanges(state, before?.timers ?? []);
  await Promise.all([
    store.save(
      work.tx,
      before?.state ?? null,
      state,
      work.realm,
      flow,
      sector,
      facts.some((f) => f.data.forced === true),
    ),
    gone.length ? store.cancelTimers(work.tx, gone) : undefined,
    setTimers(work, fresh),
    append(work, facts),
  ]);
}

export interface NewCase {
  flow: string;
  title: string;
  description: string;
  source: string;
  form?: Record<string, unknown> | undefined;
  set?: Described | undefined;
  origin?: string | undefined;
}

/** Opens a case. Personal fields of the form are kept apart from the facts. */
export async function openCase(work: Work, input: NewCase): Promise<{ id: string; no: string; version: number; state: Case }> {
  const packs = await current(work.hub, work.tx);
  const flow = flowOf(packs, input.flow);
  const set = await located(work, input.set);
  const [ctx, n] = await Promise.all([contextOf(work, packs, flow, named(packs, flow, null, { set })), store.nextNumber(work.tx)]);
  if (!ctx.unitExists(`${packs.root}.${flow.owner}`)) throw problem('conflict', { detail: `流程 ${flow.code} 的归口单位 ${flow.owner} 不存在` });
  const id = uuidv7();
  const faults = formFaults(flow.open.form, input.form ?? {});
  if (faults.length)
    throw problem('invalid-input', {
      detail: faults
        .map((f) => f.message)
        .slice(0, 3)
        .join('；'),
      errors: faults,
    });
  const personal: Record<string, string> = {};
  const form: Record<string, unknown> = { ...input.form };
  for (const f of flow.open.form)
    if (f.personal) {
      const given = form[f.name];
      if (given !== undefined && given !== null && given !== '') personal[f.name] = Array.isArray(given) ? given.join('、') : String(given);
      delete form[f.name];
    }
  const scenario = set?.scenario ? packs.content.scenarios.get(set.scenario) : undefined;
  const { facts, state } = begin(
    {
      id,
      no: numberOf(scenario?.prefix ?? flow.prefix, work.at, n),
      packVersion: packs.version,
      root: packs.root,
      title: input.title,
      description: input.description,
      source: input.source,
      form,
      set,
      origin: input.origin,
    },
    ctx,
  );
  await store_(work, packs, flow, facts, null, state);
  if (Object.keys(personal).length) await store.setPersonal(work.tx, id, personal);
  return { id, no: state.no, version: state.version, state };
}

interface Loaded {
  state: Case;
  timers: store.StoredTimer[];
  packs: Current;
  flow: Flow;
}
async function load(work: Work, id: string): Promise<Loaded> {
  const [found, timers] = await Promise.all([store.lock(work.tx, id), store.timersOf(work.tx, id)]);
  if (!found || found.realm !== work.realm) throw problem('not-found', { detail: '没有这个事件' });
  const packs = await contentOf(work.hub, found.state.packVersion, work.tx);
  return { state: found.state, timers, packs, flow: flowOf(packs, found.state.flow) };
}

/** Acts on a case at the version the actor saw (null: at whatever version it is, for the hub's own rules). */
export async function act(work: Work, id: string, version: number | null, command: Command): Promise<{ version: number; status: string; state: Case }> {
  if (command.kind === 'merge') await store.lockBoth(work.tx, id, command.into);
  // Asked together, answered in order: what he may not see is refused before what he finds.
  const [, before] = await Promise.all([work.actor.kind === 'system' ? undefined : mustSee(work, work.actor, id), load(work, id)]);
  const { state, packs, flow } = before;
  if (version !== null && version !== state.version) throw problem('version-stale', { detail: '事件已有新的进展，请刷新后再操作' });
  const adjusted = 'set' in command && command.set ? ({ ...command, set: await located(work, command.set) } as Command) : command;
  if (command.kind === 'merge') {
    await mustSee(work, work.actor, command.into);
    const into = await store.read(work.tx, command.into);
    if (into?.state.status !== 'open') throw problem('not-allowed-in-state', { detail: '只能并入办理中的事件' });
  }
  const set = 'set' in adjusted ? adjusted.set : undefined;
  const assign = 'assign' in adjusted ? adjusted.assign : undefined;
  const [ctx] = await Promise.all([contextOf(work, packs, flow, named(packs, flow, state, { set, assign })), mustHold(work, id, flow, state, command)]);
  const after = decide(state, adjusted, ctx);
  await store_(work, packs, flow, after.facts, before, after.state);
  return { version: after.state.version, status: after.state.status, state: after.state };
}

/** Attachments named in a form or a comment must have been added to this very case. */
async function mustHold(work: Work, id: string, flow: Flow, state: Case, command: Command): Promise<void> {
  const named: string[] = command.kind === 'comment' ? [...(command.files ?? [])] : [];
  if ((command.kind === 'submit' || command.kind === 'decide') && command.form) {
    const step = flow.steps[state.tasks.find((t) => t.id === command.task)?.step ?? ''];
    for (const f of [...(step?.form ?? []), ...(step?.outcomes.flatMap((o) => o.form) ?? [])]) {
      const v = command.form[f.name];
      if (f.type === 'file' && Array.isArray(v)) named.push(...v.map(String));
    }
  }
  if (!named.length) return;
  const held = await store.filesOf(work.tx, id, named);
  const missing = named.find((h) => !held.has(h));
  if (missing) throw problem('invalid-input', { detail: '引用了没有上传到本事件的附件', errors: [{ pointer: '/body', message: `没有附件 ${missing.slice(0, 12)}` }] });
}

/** Takes the most urgent unclaimed decision that this actor may make; undefined when the pool holds none. */
export async function claimNext(work: Work): Promise<{ caseId: string; task: string; version: number } | undefined> {
  const parts = (Object.keys(permissions) as Permission[])
    .filter((p) => p.startsWith('case.'))
    .map((p) => [p, scopeOf(work.actor, p)] as const)
    .filter(([, s]) => s.length);
  const passed: string[] = [];
  for (;;) {
    const found = await store.nextInPool(work.tx, work.realm, parts, passed);
    if (!found) return undefined;
    // Its row was read before the lock; the case itself says whether the decision still waits, and for whom.
    passed.push(found.task);
    try {
      const { version } = await act(work, found.caseId, null, { kind: 'claim', task: found.task });
      return { ...found, version };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
  }
}

/** 404 unless the actor may see the case: what he may not see does not exist for him. */
export async function mustSee(work: Pick<Work, 'tx' | 'realm'>, actor: Actor, id: string): Promise<void> {
  const seen = await store.visibleIds(work.tx, [id], scopeOf(actor, 'case.read'), work.realm);
  if (!seen.has(id)) throw problem('not-found', { detail: '没有这个事件' });
}

/** A fact that time itself brings: appended when a limit nears, passes or has long passed. */
export async function onTimer(work: Work, kind: string, subject: string, generation: number, data: { task: string; limit?: string }): Promise<void> {
  const id = subject.slice('case:'.length);
  const before = await load(work, id);
  const { state, packs, flow } = before;
  const task = state.tasks.find((t) => t.id === data.task);
  if (state.status !== 'open' || !task || !open(task)) return;
  if (kind.startsWith('case.resume:')) {
    if (task.state !== 'paused') return;
    await act(work, id, null, { kind: 'resume', task: task.id });
    return;
  }
  const limit = task.limits.find((l) => l.kind === data.limit && l.generation === generation && !l.metAt);
  if (!limit) return;
  const reached = order.indexOf(/^case\.limit-([a-z]+):/.exec(kind)?.[1] ?? '');
  const spoken = told.indexOf(limit.told ?? 'nothing');
  const facts: NewFact[] = [];
  let after = state;
  // After an outage several timers of one limit are due at once, and schedulers may take the later first: what was missed is said before it, once.
  for (let n = Math.max(spoken + 1, reached === 3 ? 2 : reached); n <= reached; n++) {
    const fact: NewFact = {
      kind: `case.limit-${told[n]!}`,
      subject,
      data: { task: task.id, limit: limit.kind, name: limit.name, unit: task.unit, due: limit.due, to: n === 3 ? `${state.root}.${flow.owner}` : task.unit },
    };
    facts.push(fact);
    after = evolve(after, { ...fact, at: work.at });
  }
  if (facts.length) await store_(work, packs, flow, facts, before, after);
}

/** Opens a case from a warning with what the rule knows; filed and dispatched at once when a scenario says who must come. */
export async function openFromWarning(
  work: Work,
  w: {
    warningId: string;
    title: string;
    description: string;
    level: number;
    scenario?: string | undefined;
    matter?: string | undefined;
    condition?: string | undefined;
    place?: Described['place'];
  },
): Promise<{ id: string; no: string }> {
  const packs = await current(work.hub, work.tx);
  const scenario = w.scenario ? packs.content.scenarios.get(w.scenario) : undefined;
  const set: Described = {
    level: w.level,
    matter: scenario?.matter ?? w.matter,
    condition: scenario?.condition ?? w.condition,
    ...(scenario ? { scenario: scenario.code } : {}),
    ...(w.place ? { place: w.place } : {}),
  };
  const opened = await openCase(work, { flow: 'incident', title: w.title, description: w.description, source: 'warning', set, origin: `warning:${w.warningId}` });
  // The catalogue decides, not a person: everything is known, so intake, filing and dispatch follow at once.
  if (scenario && set.matter && set.condition && w.place && work.actor.kind === 'system') {
    let { state } = opened;
    for (const outcome of ['accept', 'file', 'dispatch']) {
      const task = state.tasks.find((t) => open(t));
      if (!task) break;
      try {
        ({ state } = await act(work, opened.id, null, { kind: 'decide', task: task.id, outcome }));
      } catch (error) {
        // A catalogue that names a missing unit must not lose the warning: the case waits for a dispatcher, who reads why.
        if (!(error instanceof Problem)) throw error;
        await act(work, opened.id, null, { kind: 'comment', text: `目录自动派遣未成：${error.message}` });
        break;
      }
    }
  }
  return { id: opened.id, no: opened.no };
}
