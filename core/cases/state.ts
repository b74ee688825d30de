// A case as the fold of its facts: what it is now, its tasks, their limits.
import type { Fact } from '../fact.ts';
import type { Clock } from '../duty/deadline.ts';

export type CaseStatus = 'open' | 'closed' | 'dismissed' | 'merged';
export type TaskState = 'offered' | 'returned' | 'accepted' | 'working' | 'paused' | 'submitted' | 'rework' | 'done' | 'withdrawn';

export interface Limit {
  /** `ack`, `step`, or the matter's stage (`fence`, `repair`). */
  kind: string;
  name: string;
  generation: number;
  clock: Clock;
  amount: number;
  from: string;
  due: string;
  provisional: boolean;
  explanation: string[];
  /** When it was met, and whether in time. */
  metAt?: string;
  late?: boolean;
  /** How far time has spoken about it: near, passed, long passed. */
  told?: 'near' | 'passed' | 'escalated';
  /** The due time first promised; extensions move `due`, statistics may ask for this. */
  first: string;
}

export interface Task {
  id: string;
  step: string;
  unit: string;
  title: string;
  lead: boolean;
  mandatory: boolean;
  state: TaskState;
  offeredAt: string;
  acceptedAt?: string;
  submittedAt?: string;
  doneAt?: string;
  limits: Limit[];
  reworks: number;
  note?: string;
  form: Record<string, unknown>;
  extension: { used: number; asked?: { reason: string; by: string; at: string; approvals: number } };
  deferral: { used: number; asked?: { reason: string; until: string; by: string }; until?: string; since?: string };
  handler?: string;
  /** Who took a waiting decision out of the pool. */
  claimedBy?: string;
}

export interface Place {
  lon: number;
  lat: number;
  address: string;
  /** Path of the town or grid it lies in. */
  unit?: string | undefined;
}

export interface Case {
  id: string;
  no: string;
  flow: string;
  packVersion: string;
  status: CaseStatus;
  title: string;
  description: string;
  source: string;
  level: number | null;
  matter: string | null;
  condition: string | null;
  scenario: string | null;
  place: Place | null;
  /** Path of the district root; unit codes of packs are relative to it. */
  root: string;
  owner: string;
  openedAt: string;
  openedBy: string;
  filedAt: string | null;
  closedAt: string | null;
  endedBy: string | null;
  tasks: Task[];
  returns: number;
  reworks: number;
  arbitration: boolean;
  mergedInto: string | null;
  origin: string | null;
  evaluation: { form: Record<string, unknown>; by: string; at: string } | null;
  supervisions: number;
  fields: Record<string, unknown>;
  version: number;
}

// Facts were made by the kernel; their data has the shape it gave them.
// eslint-disable-next-line typescript/no-explicit-any
type Data = Record<string, any>;

const change = (state: Case, id: string, f: (t: Task) => Task): Case => ({ ...state, tasks: state.tasks.map((t) => (t.id === id ? f(t) : t)) });
const meet = (limits: Limit[], at: string, which: (l: Limit) => boolean): Limit[] =>
  limits.map((l) => (l.metAt === undefined && which(l) ? { ...l, metAt: at, late: at > l.due } : l));

/** The next state after a fact; every fact about a case is one version. Unknown kinds only count. */
export function evolve(before: Case | null, fact: Pick<Fact, 'kind' | 'data'> & { at: Date | string }): Case {
  const at = typeof fact.at === 'string' ? fact.at : fact.at.toISOString();
  const d = fact.data as Data;
  if (fact.kind === 'case.opened') {
    const o = fact.data as unknown as Case;
    return {
      id: o.id,
      no: o.no,
      flow: o.flow,
      packVersion: o.packVersion,
      status: 'open',
      title: o.title,
      description: o.description,
      source: o.source,
      level: o.level ?? null,
      matter: o.matter ?? null,
      condition: o.condition ?? null,
      scenario: o.scenario ?? null,
      place: o.place ?? null,
      root: o.root,
      owner: o.owner,
      openedAt: at,
      openedBy: o.openedBy,
      filedAt: null,
      closedAt: null,
      endedBy: null,
      tasks: [],
      returns: 0,
      reworks: 0,
      arbitration: false,
      mergedInto: null,
      origin: o.origin ?? null,
      evaluation: null,
      supervisions: 0,
      fields: o.fields ?? {},
      version: 1,
    };
  }
  if (!before) throw new Error(`${fact.kind} before case.opened`);
  const s: Case = { ...before, version: before.version + 1 };
  switch (fact.kind) {
    case 'case.task-offered': {
      const t = fact.data as unknown as Task;
      return {
        ...s,
        owner: t.lead || !s.tasks.some((x) => open(x)) ? t.unit : s.owner,
        tasks: [...s.tasks, { ...t, state: 'offered', offeredAt: at, reworks: 0, form: {}, extension: { used: 0 }, deferral: { used: 0 } }],
      };
    }
    case 'case.task-claimed':
      return change(s, d.task, (t) => ({ ...t, claimedBy: d.by }));
    case 'case.task-released':
      return change(s, d.task, ({ claimedBy: _, ...t }) => t);
    case 'case.limit-near':
    case 'case.limit-passed':
    case 'case.limit-escalated':
      return change(s, d.task, (t) => ({
        ...t,
        limits: t.limits.map((l) => (l.kind === d.limit && !l.metAt ? { ...l, told: fact.kind.slice('case.limit-'.length) as NonNullable<Limit['told']> } : l)),
      }));
    case 'case.task-accepted':
      return change(s, d.task, (t) => ({
        ...t,
        state: 'accepted',
        acceptedAt: at,
        ...(d.handler ? { handler: d.handler } : {}),
        limits: meet(t.limits, at, (l) => l.kind === 'ack'),
      }));
    case 'case.task-started':
      return change(s, d.task, (t) => ({ ...t, state: 'working', ...(d.handler ? { handler: d.handler } : {}) }));
    case 'case.task-staged':
      return change(s, d.task, (t) => ({ ...t, limits: meet(t.limits, at, (l) => l.kind === d.stage) }));
    case 'case.task-returned':
      return {
        ...change(s, d.task, (t) => ({ ...t, state: 'returned', note: d.reason, limits: t.limits.filter((l) => l.metAt) })),
        returns: s.returns + 1,
        arbitration: s.returns + 1 >= 2,
      };
    case 'case.task-submitted':
      return change(s, d.task, (t) => ({ ...t, state: 'submitted', submittedAt: at, form: { ...t.form, ...(d.form as object) } }));
    case 'case.task-refused':
      return change(s, d.task, (t) => ({ ...t, state: 'rework', note: d.reason, reworks: t.reworks + 1 }));
    case 'case.task-done':
      return change(s, d.task, (t) => ({ ...t, state: 'done', doneAt: at, form: { ...t.form, ...(d.form as object | undefined) }, limits: meet(t.limits, at, () => true) }));
    case 'case.task-reworked': {
      const more = (d.limits as Limit[] | undefined) ?? [];
      return {
        ...change(s, d.task, (t) => ({ ...t, state: 'rework', note: d.reason, reworks: t.reworks + 1, limits: [...t.limits.filter((l) => l.metAt), ...more] })),
        reworks: s.reworks + 1,
        owner: s.tasks.find((t) => t.id === d.task)?.unit ?? s.owner,
      };
    }
    case 'case.task-withdrawn':
      return change(s, d.task, (t) => ({ ...t, state: 'withdrawn', note: d.reason, limits: t.limits.filter((l) => l.metAt) }));
    case 'case.decided':
      return change(s, d.task, (t) => ({
        ...t,
        state: 'done',
        doneAt: at,
        form: { ...t.form, outcome: d.outcome, ...(d.form as object | undefined) },
        ...(d.reason ? { note: d.reason } : {}),
        limits: meet(t.limits, at, () => true),
      }));
    case 'case.described':
      return {
        ...s,
        level: (d.level as number | undefined) ?? s.level,
        matter: d.matter ?? s.matter,
        condition: d.condition ?? s.condition,
        scenario: d.scenario ?? s.scenario,
        place: (d.place as Place | undefined) ?? s.place,
        title: d.title ?? s.title,
        description: d.description ?? s.description,
        fields: { ...s.fields, ...(d.fields as object | undefined) },
        filedAt: s.filedAt ?? (d.filed ? at : null),
      };
    case 'case.extension-asked':
      return change(s, d.task, (t) => ({ ...t, extension: { ...t.extension, asked: { reason: d.reason, by: d.by, at, approvals: 0 } } }));
    case 'case.extension-endorsed':
      return change(s, d.task, (t) => ({ ...t, extension: { ...t.extension, asked: { ...t.extension.asked!, approvals: 1 } } }));
    case 'case.extension-refused':
      return change(s, d.task, (t) => ({ ...t, extension: { used: t.extension.used } }));
    case 'case.extended':
      return change(s, d.task, (t) => ({
        ...t,
        extension: { used: t.extension.used + 1 },
        limits: t.limits.map((l) => (d.limits as Limit[]).find((n) => n.kind === l.kind && !l.metAt) ?? l),
      }));
    case 'case.deferral-asked':
      return change(s, d.task, (t) => ({ ...t, deferral: { ...t.deferral, asked: { reason: d.reason, until: d.until, by: d.by } } }));
    case 'case.deferral-refused':
      return change(s, d.task, (t) => ({ ...t, deferral: { used: t.deferral.used } }));
    case 'case.deferred':
      return change(s, d.task, (t) => ({ ...t, state: 'paused', deferral: { used: t.deferral.used + 1, until: d.until, since: at } }));
    case 'case.resumed':
      return change(s, d.task, (t) => ({
        ...t,
        state: 'working',
        deferral: { used: t.deferral.used },
        limits: [...t.limits.filter((l) => l.metAt), ...((d.limits as Limit[] | undefined) ?? [])],
      }));
    case 'case.supervised':
    case 'case.reminded':
      return { ...s, supervisions: s.supervisions + 1 };
    case 'case.owned':
      return { ...s, owner: d.owner };
    case 'case.closed':
      return { ...s, status: 'closed', closedAt: at, endedBy: d.by, owner: d.owner ?? s.owner };
    case 'case.dismissed':
      return { ...s, status: 'dismissed', closedAt: at, endedBy: d.by, owner: d.owner ?? s.owner };
    case 'case.merged':
      return { ...s, status: 'merged', mergedInto: d.into, closedAt: at, owner: d.owner ?? s.owner };
    case 'case.unmerged':
    case 'case.reopened':
      return { ...s, status: 'open', mergedInto: null, closedAt: null };
    case 'case.evaluated':
      return { ...s, evaluation: { form: d.form as never, by: d.by, at } };
    default:
      return s;
  }
}

/** Whether a task still waits for somebody. */
export const open = (t: Task): boolean => t.state !== 'done' && t.state !== 'returned' && t.state !== 'withdrawn';

/** The fold of a whole history. */
export function fold(facts: (Pick<Fact, 'kind' | 'data'> & { at: Date | string })[]): Case {
  let state: Case | null = null;
  for (const f of facts) state = evolve(state, f);
  if (!state) throw new Error('no facts');
  return state;
}

/** The nearest limit that still runs, over all open tasks. */
export function nextLimit(s: Case): { task: Task; limit: Limit } | undefined {
  let best: { task: Task; limit: Limit } | undefined;
  if (s.status !== 'open') return undefined;
  for (const task of s.tasks) {
    if (!open(task) || task.state === 'paused') continue;
    for (const limit of task.limits) if (!limit.metAt && (!best || limit.due < best.limit.due)) best = { task, limit };
  }
  return best;
}
