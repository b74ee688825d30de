// The case kernel: decide(state, command, context) → facts or a problem; pure. Flows say what is possible, this says how.
import { type Calendar } from '../duty/calendar.ts';
import { type Clock, deadline, runsThrough } from '../duty/deadline.ts';
import { type Field, formFaults } from '../form.ts';
import type { NewFact } from '../fact.ts';
import { type Actor, type Permission, may, within } from '../people/roles.ts';
import { type ProblemItem, problem } from '../problem.ts';
import type { Flow, Matter, Scenario, Step } from './pack.ts';
import { type Case, type Limit, type Place, type Task, type TaskState, evolve, open } from './state.ts';

export interface Context {
  at: Date;
  actor: Actor;
  calendar: Calendar;
  flow: Flow;
  matter(code: string): Matter | undefined;
  scenario(code: string): Scenario | undefined;
  /** Whether a unit path exists and is active. */
  unitExists(path: string): boolean;
  newId(): string;
}

export interface Assignment {
  unit: string;
  title: string;
  lead?: boolean | undefined;
  mandatory?: boolean | undefined;
}
type Form = Record<string, unknown>;
export interface Described {
  title?: string | undefined;
  description?: string | undefined;
  level?: number | undefined;
  matter?: string | undefined;
  condition?: string | undefined;
  scenario?: string | undefined;
  place?: Place | undefined;
}

export type Command =
  | { kind: 'claim'; task: string }
  | { kind: 'release'; task: string }
  | { kind: 'accept'; task: string }
  | { kind: 'start'; task: string }
  | { kind: 'stage'; task: string; stage: string; note?: string | undefined }
  | { kind: 'return'; task: string; reason: string; suggested: string }
  | { kind: 'submit'; task: string; form: Form }
  | { kind: 'confirm'; task: string }
  | { kind: 'refuse'; task: string; reason: string }
  | {
      kind: 'decide';
      task: string;
      outcome: string;
      reason?: string | undefined;
      form?: Form | undefined;
      set?: Described | undefined;
      assign?: Assignment[] | undefined;
      tasks?: string[] | undefined;
    }
  | { kind: 'withdraw'; task: string; reason: string }
  | { kind: 'askExtension'; task: string; reason: string }
  | { kind: 'endorseExtension'; task: string }
  | { kind: 'grantExtension'; task: string }
  | { kind: 'refuseExtension'; task: string; reason: string }
  | { kind: 'askDeferral'; task: string; reason: string; until: string }
  | { kind: 'grantDeferral'; task: string }
  | { kind: 'refuseDeferral'; task: string; reason: string }
  | { kind: 'resume'; task: string }
  | { kind: 'describe'; set: Described; reason?: string | undefined }
  | { kind: 'supervise'; text: string; task?: string | undefined }
  | { kind: 'remind'; text: string; task?: string | undefined }
  | { kind: 'instruct'; text: string }
  | { kind: 'comment'; text: string; files?: string[] | undefined }
  | { kind: 'merge'; into: string; reason: string }
  | { kind: 'unmerge'; reason: string }
  | { kind: 'reopen'; reason: string }
  | { kind: 'forceClose'; reason: string }
  | { kind: 'evaluate'; form: Form };
export type CommandKind = Command['kind'];

/** In which task states a command about a task is possible; the server checks by it and the screen shows by it. */
export const allowedIn: Partial<Record<CommandKind, readonly TaskState[]>> = {
  claim: ['offered'],
  release: ['offered'],
  accept: ['offered'],
  start: ['accepted', 'rework'],
  stage: ['accepted', 'working', 'rework'],
  return: ['offered', 'accepted'],
  submit: ['accepted', 'working', 'rework'],
  confirm: ['submitted'],
  refuse: ['submitted'],
  decide: ['offered', 'accepted', 'working'],
  withdraw: ['offered', 'accepted', 'working', 'rework'],
  askExtension: ['accepted', 'working', 'rework'],
  endorseExtension: ['accepted', 'working', 'rework'],
  grantExtension: ['accepted', 'working', 'rework'],
  refuseExtension: ['accepted', 'working', 'rework'],
  askDeferral: ['accepted', 'working'],
  grantDeferral: ['accepted', 'working'],
  refuseDeferral: ['accepted', 'working'],
  resume: ['paused'],
};
/** In which case states a command about the whole case is possible. */
export const allowedInCase: Partial<Record<CommandKind, readonly Case['status'][]>> = {
  describe: ['open'],
  supervise: ['open'],
  remind: ['open'],
  instruct: ['open'],
  comment: ['open', 'closed'],
  merge: ['open'],
  unmerge: ['merged'],
  reopen: ['closed', 'dismissed'],
  forceClose: ['open'],
  evaluate: ['closed'],
};
const casePermission: Partial<Record<CommandKind, Permission>> = {
  describe: 'case.file',
  supervise: 'case.supervise',
  remind: 'case.supervise',
  instruct: 'case.instruct',
  comment: 'case.read',
  merge: 'case.dispatch',
  unmerge: 'case.dispatch',
  reopen: 'case.force',
  forceClose: 'case.force',
};
const MAX_EXTENSIONS = 2;
const MAX_DEFERRAL_DAYS = 366;

const refuse = (detail: string, errors?: ProblemItem[]): never => {
  throw problem('not-allowed-in-state', errors ? { detail, errors } : { detail });
};
const invalid = (pointer: string, message: string): never => {
  throw problem('invalid-input', { detail: message, errors: [{ pointer, message }] });
};

const limitOf = (ctx: Context, kind: string, name: string, l: { clock: Clock; amount: number }, generation = 1, from = ctx.at): Limit => {
  const d = deadline(ctx.calendar, from, l.clock, l.amount);
  const due = d.due.toISOString();
  return { kind, name, generation, clock: l.clock, amount: l.amount, from: from.toISOString(), due, first: due, provisional: d.provisional, explanation: d.explanation };
};

const roman = ['I', 'II', 'III', 'IV'] as const;

function limitsFor(ctx: Context, state: Case, step: Step): Limit[] {
  const limits: Limit[] = [];
  if (step.ack) {
    const ack = 'clock' in step.ack ? step.ack : step.ack[roman[(state.level ?? 4) - 1]!];
    limits.push(limitOf(ctx, 'ack', '签收', ack));
  }
  const condition = step.matterLimits && state.matter ? ctx.matter(state.matter)?.conditions.find((c) => c.code === state.condition) : undefined;
  if (condition) for (const [i, l] of condition.limits.entries()) limits.push(limitOf(ctx, i === condition.limits.length - 1 ? 'step' : `stage-${i + 1}`, l.name.zh, l));
  else if (step.limit) limits.push(limitOf(ctx, 'step', step.name.zh, step.limit));
  return limits;
}

/** Unit path of a pack's unit reference. */
export function resolveUnit(ctx: Pick<Context, 'unitExists'>, state: Pick<Case, 'root' | 'place' | 'owner'>, ref: string): string {
  if (ref === 'place') {
    const at = state.place?.unit;
    if (at && ctx.unitExists(at)) return at;
    return state.owner;
  }
  if (ref === 'origin') return state.owner;
  const path = ref.startsWith(`${state.root}.`) || ref === state.root ? ref : `${state.root}.${ref}`;
  return path;
}

class Facts {
  readonly list: NewFact[] = [];
  state: Case;
  readonly ctx: Context;
  constructor(state: Case, ctx: Context) {
    this.state = state;
    this.ctx = ctx;
  }
  add(kind: string, data: Record<string, unknown>): void {
    const clean = JSON.parse(JSON.stringify(data)) as Record<string, unknown>;
    this.list.push({ kind, subject: `case:${this.state.id}`, data: clean });
    this.state = evolve(this.state, { kind, data: clean, at: this.ctx.at });
  }

  /** Opens the tasks of a step; `chosen` units come with the decision, or from the scenario, or the matter's responsible unit. */
  offer(stepCode: string, assign?: Assignment[]): void {
    const step = this.ctx.flow.steps[stepCode]!;
    let list = assign;
    if (step.unit !== 'chosen') list = [{ unit: resolveUnit(this.ctx, this.state, step.unit), title: step.name.zh, lead: true }];
    else if (!list?.length) {
      // After a return the catalogue has had its turn: offering the same units once more would double the work of the others.
      if (this.state.tasks.some((t) => t.step === stepCode && (t.state === 'returned' || open(t)))) invalid('/body/assign', '有单位退回，请选择改派的承办单位');
      const scenario = this.state.scenario ? this.ctx.scenario(this.state.scenario) : undefined;
      const matter = this.state.matter ? this.ctx.matter(this.state.matter) : undefined;
      if (scenario && step.kind === 'do')
        list = scenario.tasks.map((t) => ({ unit: resolveUnit(this.ctx, this.state, t.unit), title: t.title.zh, lead: t.lead, mandatory: t.mandatory }));
      else if (matter) list = [{ unit: resolveUnit(this.ctx, this.state, matter.unit), title: step.name.zh, lead: true }];
      else invalid('/body/assign', '请选择承办单位');
    }
    if (list!.length && !list!.some((a) => a.lead)) list = list!.map((a, i) => (i ? a : { ...a, lead: true }));
    for (const [i, a] of list!.entries()) {
      if (!this.ctx.unitExists(a.unit)) invalid(`/body/assign/${i}/unit`, `没有单位 ${a.unit}`);
      this.add('case.task-offered', {
        id: this.ctx.newId(),
        step: stepCode,
        unit: a.unit,
        title: a.title,
        lead: a.lead ?? false,
        mandatory: a.mandatory ?? true,
        limits: limitsFor(this.ctx, this.state, step),
      });
    }
  }

  /** Ends the case or opens the next step. */
  go(to: { next?: string | undefined; end?: 'closed' | 'dismissed' | undefined }, assign?: Assignment[], reason?: string): void {
    if (to.end) {
      const owner = resolveUnit(this.ctx, this.state, this.ctx.flow.owner);
      // Work still out when the case ends is called back: an ended case waits for nobody.
      for (const t of this.state.tasks.filter(open)) this.add('case.task-withdrawn', { task: t.id, reason: '事件已结束' });
      this.add(to.end === 'closed' ? 'case.closed' : 'case.dismissed', { by: this.ctx.actor.account, owner, ...(reason ? { reason } : {}) });
    } else if (to.next) this.offer(to.next, assign);
  }

  /** The case belongs to somebody who still has work in it. */
  keepOwner(): void {
    const left = this.state.tasks.filter(open);
    if (this.state.status !== 'open' || !left.length || left.some((t) => t.unit === this.state.owner)) return;
    this.add('case.owned', { owner: (left.find((t) => t.lead) ?? left[0]!).unit });
  }

  /** When the last mandatory task of a do-step is done, the flow goes on. */
  advance(stepCode: string): void {
    const step = this.ctx.flow.steps[stepCode]!;
    const tasks = this.state.tasks.filter((t) => t.step === stepCode && t.state !== 'returned' && t.state !== 'withdrawn');
    const waiting = tasks.filter((t) => t.state !== 'done');
    if (waiting.some((t) => t.mandatory) || waiting.length === tasks.length) return;
    if (this.state.tasks.some((t) => open(t) && t.step !== stepCode)) return;
    for (const t of waiting) this.add('case.task-withdrawn', { task: t.id, reason: '主要任务均已完成' });
    this.go({ next: step.next, end: step.end });
  }
}

function checkedForm(list: readonly Field[], form: Form | undefined): Form {
  const faults = formFaults(list, form ?? {});
  if (faults.length)
    throw problem('invalid-input', {
      detail: faults
        .map((f) => f.message)
        .slice(0, 3)
        .join('；'),
      errors: faults,
    });
  return form ?? {};
}

/** Whether the actor, or the unit he sits in, did the work that is judged; a visit to verify the report beforehand is not that work. */
function did(state: Case, actor: Actor, flow: Flow): boolean {
  const works = Object.values(flow.steps).some((s) => s.kind === 'do' && s.counted);
  return state.tasks.some((t) => {
    const s = flow.steps[t.step];
    return s?.kind === 'do' && (s.counted || !works) && t.acceptedAt !== undefined && (within(actor.unit.path, t.unit) || (t.handler !== undefined && t.handler === actor.account));
  });
}

/** Refuses attributes that the catalogue or the map does not know. */
function describable(set: Described, state: Case | null, ctx: Context): void {
  if (set.level !== undefined && !(Number.isInteger(set.level) && set.level >= 1 && set.level <= 4)) invalid('/body/set/level', '等级应为 1 至 4');
  const code = set.matter ?? state?.matter;
  if (set.matter !== undefined && !ctx.matter(set.matter)) invalid('/body/set/matter', `没有事项 ${set.matter}`);
  if (set.matter !== undefined && set.condition === undefined && state && state.condition !== null && !ctx.matter(set.matter)?.conditions.some((c) => c.code === state.condition))
    invalid('/body/set/condition', '更换事项须同时选择立案条件');
  if (set.condition !== undefined && !ctx.matter(code ?? '')?.conditions.some((c) => c.code === set.condition))
    invalid('/body/set/condition', `事项下没有立案条件 ${set.condition}`);
  if (set.scenario !== undefined && !ctx.scenario(set.scenario)) invalid('/body/set/scenario', `没有场景 ${set.scenario}`);
  if (set.place && !(Math.abs(set.place.lat) <= 90 && Math.abs(set.place.lon) <= 180)) invalid('/body/set/place', '坐标超出范围');
}

function describe(f: Facts, set: Described, filed: boolean, reason?: string): void {
  const { ctx, state } = f;
  describable(set, state, ctx);
  if (set.level !== undefined && state.level !== null && set.level > state.level && !reason) invalid('/body/reason', '降级须说明理由');
  if (set.level !== undefined && state.level !== null && set.level > state.level && !may(ctx.actor, 'case.force', state.root))
    throw problem('forbidden', { detail: '降级须由值班长以上办理' });
  f.add('case.described', { ...set, ...(filed ? { filed: true } : {}), ...(reason ? { reason } : {}) });
}

/** Opens a case: its first fact and the tasks of the first step. */
export function openCase(
  input: {
    id: string;
    no: string;
    packVersion: string;
    root: string;
    title: string;
    description: string;
    source: string;
    form?: Form | undefined;
    set?: Described | undefined;
    origin?: string | undefined;
    assign?: Assignment[] | undefined;
  },
  ctx: Context,
): { facts: NewFact[]; state: Case } {
  const { flow } = ctx;
  if (!input.title.trim()) invalid('/body/title', '请填写标题');
  // Personal fields are kept apart by the caller and never become facts.
  const form = checkedForm(
    flow.open.form.filter((x) => !x.personal),
    input.form,
  );
  describable(input.set ?? {}, null, ctx);
  const opened = {
    id: input.id,
    no: input.no,
    flow: flow.code,
    packVersion: input.packVersion,
    title: input.title,
    description: input.description,
    source: input.source,
    root: input.root,
    owner: `${input.root}.${flow.owner}`,
    openedBy: ctx.actor.account ?? ctx.actor.name,
    origin: input.origin ?? null,
    fields: form,
    level: input.set?.level ?? null,
    matter: input.set?.matter ?? null,
    condition: input.set?.condition ?? null,
    scenario: input.set?.scenario ?? null,
    place: input.set?.place ?? null,
  };
  const first: NewFact = { kind: 'case.opened', subject: `case:${input.id}`, data: opened };
  const f = new Facts(evolve(null, { kind: first.kind, data: first.data, at: ctx.at }), ctx);
  f.list.push(first);
  f.offer(flow.start, input.assign);
  return { facts: f.list, state: f.state };
}

/** Rights over the whole case are held over the district or its owner; a comment is free to every unit that has part in it. */
const mayOnCase = (actor: Actor, permission: Permission, state: Case, kind: CommandKind): boolean =>
  [state.root, state.owner, ...(kind === 'comment' ? [...(state.place?.unit ? [state.place.unit] : []), ...state.tasks.map((t) => t.unit)] : [])].some((path) =>
    may(actor, permission, path),
  );

/** What follows from a command; throws a `Problem` when it is not possible, having changed nothing. */
export function decide(state: Case, command: Command, ctx: Context): { facts: NewFact[]; state: Case } {
  const f = new Facts(state, ctx);
  const states = allowedInCase[command.kind];
  if (states) {
    if (!states.includes(state.status)) refuse(`事件${{ open: '办理中', closed: '已结案', dismissed: '不予受理', merged: '已并案' }[state.status]}，不能这样做`);
    const needed = command.kind === 'evaluate' ? ctx.flow.evaluate?.permission : casePermission[command.kind];
    if (!needed) refuse('这类事件不评价');
    if (!mayOnCase(ctx.actor, needed!, state, command.kind)) throw problem('forbidden', { detail: `需要权限：${needed}` });
    onCase(f, command);
    return { facts: f.list, state: f.state };
  }
  if (state.status !== 'open') refuse('事件已不在办理中');
  const { task: id } = command as { task: string };
  const task = state.tasks.find((t) => t.id === id);
  if (!task) throw problem('not-found', { detail: '没有这个任务' });
  const wanted = allowedIn[command.kind]!;
  const step = ctx.flow.steps[task.step]!;
  const why = whyNot(state, task, step, command.kind, ctx);
  if (why) {
    if (!wanted.includes(task.state)) refuse(why);
    throw problem(why.startsWith('需要权限') ? 'forbidden' : 'not-allowed-in-state', { detail: why });
  }
  onTask(f, task, step, command as Extract<Command, { task: string }>);
  return { facts: f.list, state: f.state };
}

const taskPermission = (step: Step, kind: CommandKind): Permission => {
  switch (kind) {
    case 'accept':
    case 'return':
      return step.kind === 'do' && step.permission === 'case.handle' ? 'case.acknowledge' : step.permission;
    case 'confirm':
    case 'refuse':
      return step.confirm ?? step.permission;
    case 'endorseExtension':
      return 'case.confirm';
    case 'grantExtension':
    case 'refuseExtension':
    case 'grantDeferral':
    case 'refuseDeferral':
      return 'case.extend.approve';
    case 'withdraw':
      return 'case.dispatch';
    default:
      return step.permission;
  }
};

/** Why a command about a task is not possible for this actor now; undefined when it is. */
export function whyNot(state: Case, task: Task, step: Step, kind: CommandKind, ctx: Pick<Context, 'actor' | 'at' | 'flow'>): string | undefined {
  const wanted = allowedIn[kind];
  if (!wanted?.includes(task.state)) return `任务${taskWords[task.state]}，不能这样做`;
  if (step.kind !== 'do' && kind !== 'decide' && kind !== 'claim' && kind !== 'release') return '这一步只需作出决定';
  if (step.kind === 'do' && (kind === 'claim' || kind === 'release')) return '这一步由承办单位签收';
  if (step.kind === 'do' && kind === 'decide') return '这一步须办理后提交';
  if (kind === 'return' && !step.returnable) return '这一步不能退回';
  if ((kind === 'confirm' || kind === 'refuse') && !step.confirm) return '这一步不需确认';
  if (kind.endsWith('Extension') && !step.extendable) return '这一步不能延期';
  if (kind.endsWith('Deferral') && !step.deferrable) return '这一步不能挂账';
  const permission = taskPermission(step, kind);
  // A unit lead who does not endorse refuses with the right by which he would endorse.
  if (kind === 'refuseExtension' && task.extension.asked?.approvals === 0 && may(ctx.actor, 'case.confirm', task.unit)) return undefined;
  // Who grants sits with the hub (dispatcher, shift lead), not in the unit that asks.
  const over = kind === 'grantExtension' || kind === 'refuseExtension' || kind === 'grantDeferral' || kind === 'refuseDeferral' || kind === 'withdraw' ? state.root : task.unit;
  if (!may(ctx.actor, permission, over)) return `需要权限：${permission}（${over}）`;
  if (kind === 'claim' && task.claimedBy) return task.claimedBy === ctx.actor.account ? '您已领取' : '已由他人领取';
  if (kind === 'release' && !task.claimedBy) return '没有人领取';
  // Whoever took it up decides; the shift lead may take it from him by releasing it.
  if (
    (kind === 'release' || kind === 'decide') &&
    task.claimedBy &&
    task.claimedBy !== ctx.actor.account &&
    ctx.actor.kind !== 'system' &&
    !may(ctx.actor, 'case.force', state.root)
  )
    return '已由他人领取';
  if (kind === 'decide' && step.independent && did(state, ctx.actor, ctx.flow)) return '承办单位不能核查或办结自己承办的事件';
  if (kind === 'askExtension') {
    if (task.extension.asked) return '已有一个延期申请等待审批';
    if (task.extension.used >= MAX_EXTENSIONS) return `延期最多 ${MAX_EXTENSIONS} 次`;
    const limit = task.limits.find((l) => l.kind === 'step' && !l.metAt);
    if (!limit) return '没有可延长的时限';
    if (limit.due < ctx.at.toISOString()) return '已超时，不能再申请延期';
  }
  if (kind === 'endorseExtension' && task.extension.asked?.approvals !== 0) return '没有等待部门负责人同意的延期申请';
  if (kind === 'grantExtension' && task.extension.asked?.approvals !== 1) return '延期须先经部门负责人同意';
  if (kind === 'refuseExtension' && !task.extension.asked) return '没有延期申请';
  if (kind === 'askDeferral' && (task.deferral.used > 0 || task.deferral.asked)) return '挂账只能一次';
  if ((kind === 'grantDeferral' || kind === 'refuseDeferral') && !task.deferral.asked) return '没有挂账申请';
  if (kind === 'grantDeferral' && task.deferral.asked!.until <= ctx.at.toISOString()) return '申请的挂账期限已过';
  return undefined;
}

export const taskWords: Record<TaskState, string> = {
  offered: '待签收',
  returned: '已退回',
  accepted: '已签收',
  working: '办理中',
  paused: '挂账中',
  submitted: '待确认',
  rework: '返工',
  done: '已完成',
  withdrawn: '已撤回',
};

function onTask(f: Facts, task: Task, step: Step, c: Extract<Command, { task: string }>): void {
  const { ctx } = f;
  const handler = ctx.actor.account ?? undefined;
  switch (c.kind) {
    case 'claim':
      return f.add('case.task-claimed', { task: task.id, by: ctx.actor.account ?? ctx.actor.name });
    case 'release':
      return f.add('case.task-released', { task: task.id, by: ctx.actor.account ?? ctx.actor.name });
    case 'accept':
      return f.add('case.task-accepted', { task: task.id, handler });
    case 'start':
      return f.add('case.task-started', { task: task.id, handler });
    case 'stage': {
      if (!task.limits.some((l) => l.kind === c.stage && !l.metAt)) refuse('没有这个阶段，或已完成');
      return f.add('case.task-staged', { task: task.id, stage: c.stage, ...(c.note ? { note: c.note } : {}) });
    }
    case 'return': {
      if (!c.reason.trim()) invalid('/body/reason', '请写明退回理由');
      if (!c.suggested.trim()) invalid('/body/suggested', '请建议应由哪个单位承办');
      f.add('case.task-returned', { task: task.id, reason: c.reason, suggested: c.suggested });
      // A second return goes to arbitration by whoever dispatches, never to a third hop unnoticed (domain.md §3.1).
      const again = ctx.flow.steps[step.onReturn!]!;
      f.add('case.task-offered', {
        id: ctx.newId(),
        step: step.onReturn,
        unit: again.unit === 'chosen' ? resolveUnit(ctx, f.state, ctx.flow.owner) : resolveUnit(ctx, f.state, again.unit),
        title: f.state.arbitration ? `权责协商：${task.title}` : `重新派遣：${task.title}`,
        lead: true,
        mandatory: true,
        limits: limitsFor(ctx, f.state, again),
      });
      return;
    }
    case 'submit': {
      const form = checkedForm(step.form, c.form);
      f.add('case.task-submitted', { task: task.id, form });
      if (!step.confirm) {
        f.add('case.task-done', { task: task.id });
        f.advance(task.step);
      }
      return;
    }
    case 'confirm':
      f.add('case.task-done', { task: task.id });
      return f.advance(task.step);
    case 'refuse':
      if (!c.reason.trim()) invalid('/body/reason', '请写明退回修改的理由');
      return f.add('case.task-refused', { task: task.id, reason: c.reason });
    case 'withdraw':
      if (!c.reason.trim()) invalid('/body/reason', '请写明撤回理由');
      f.add('case.task-withdrawn', { task: task.id, reason: c.reason });
      f.advance(task.step);
      if (f.state.status === 'open' && !f.state.tasks.some(open)) f.offer(step.onReturn ?? ctx.flow.start);
      return f.keepOwner();
    case 'decide': {
      const outcome = step.outcomes.find((o) => o.code === c.outcome);
      if (!outcome) return invalid('/body/outcome', `没有选项 ${c.outcome}`);
      if (outcome.reason && !c.reason?.trim()) invalid('/body/reason', '请写明理由');
      const form = checkedForm([...step.form, ...outcome.form], c.form);
      if (c.set && Object.values(c.set).some((v) => v !== undefined)) describe(f, c.set, outcome.needs.length > 0, c.reason);
      const missing = outcome.needs.filter((n) => f.state[n] === null);
      if (missing.length)
        throw problem('invalid-input', {
          detail: `还缺少：${missing.map((m) => ({ matter: '事项', condition: '立案条件', level: '等级', place: '位置' })[m]).join('、')}`,
          errors: missing.map((m) => ({ pointer: `/body/set/${m}`, message: '必填' })),
        });
      f.add('case.decided', { task: task.id, step: task.step, outcome: outcome.code, outcomeName: outcome.name.zh, form, ...(c.reason ? { reason: c.reason } : {}) });
      if (outcome.rework) {
        const chosen = f.state.tasks.filter(
          (t) => t.state === 'done' && ctx.flow.steps[t.step]!.kind === 'do' && ctx.flow.steps[t.step]!.counted && (!c.tasks?.length || c.tasks.includes(t.id)),
        );
        if (!chosen.length) refuse('没有可返工的任务');
        for (const t of chosen)
          f.add('case.task-reworked', {
            task: t.id,
            reason: c.reason,
            limits: limitsFor(ctx, f.state, ctx.flow.steps[t.step]!)
              .filter((l) => l.kind === 'step')
              .map((l) => ({ ...l, generation: 1 + Math.max(0, ...t.limits.filter((x) => x.kind === 'step').map((x) => x.generation)) })),
          });
        return;
      }
      return f.go(outcome, outcome.fanOut ? c.assign : undefined, c.reason);
    }
    case 'askExtension':
      if (!c.reason.trim()) invalid('/body/reason', '请写明延期理由');
      return f.add('case.extension-asked', { task: task.id, reason: c.reason, by: handler });
    case 'endorseExtension':
      return f.add('case.extension-endorsed', { task: task.id, by: handler });
    case 'refuseExtension':
      return f.add('case.extension-refused', { task: task.id, reason: c.reason, by: handler });
    case 'grantExtension': {
      // One more original limit, counted from the current deadline.
      const limits = task.limits
        .filter((l) => l.kind === 'step' && !l.metAt)
        .map((l) => ({ ...limitOf(ctx, l.kind, l.name, l, l.generation + 1, new Date(l.due)), first: l.first, from: l.from }));
      return f.add('case.extended', { task: task.id, limits, by: handler });
    }
    case 'askDeferral': {
      if (!c.reason.trim()) invalid('/body/reason', '请写明挂账理由与计划');
      const until = Date.parse(c.until);
      if (!(until > ctx.at.getTime())) invalid('/body/until', '挂账期限应晚于现在');
      if (until > ctx.at.getTime() + MAX_DEFERRAL_DAYS * 86_400_000) invalid('/body/until', '挂账不超过一年');
      return f.add('case.deferral-asked', { task: task.id, reason: c.reason, until: new Date(until).toISOString(), by: handler });
    }
    case 'refuseDeferral':
      return f.add('case.deferral-refused', { task: task.id, reason: c.reason, by: handler });
    case 'grantDeferral':
      return f.add('case.deferred', { task: task.id, until: task.deferral.asked!.until, by: handler });
    case 'resume':
      return f.add('case.resumed', { task: task.id, limits: resumed(ctx, task) });
  }
}

/** Limits after a pause: what was left when it began, counted again from now (urgent clocks); others anew by their clock. */
function resumed(ctx: Context, task: Task): Limit[] {
  return task.limits
    .filter((l) => !l.metAt)
    .map((l) => {
      const since = task.deferral.since ? Date.parse(task.deferral.since) : ctx.at.getTime();
      const left = Math.max(0, Date.parse(l.due) - since);
      const generation = l.generation + 1;
      if (runsThrough(l.clock)) {
        const due = new Date(ctx.at.getTime() + left).toISOString();
        return { ...l, generation, due, explanation: [...l.explanation, `挂账期间不计，恢复后剩余时限自 ${ctx.at.toISOString()} 续计`] };
      }
      return { ...limitOf(ctx, l.kind, l.name, l, generation), first: l.first };
    });
}

function onCase(f: Facts, c: Command): void {
  const { ctx, state } = f;
  const by = ctx.actor.account ?? ctx.actor.name;
  switch (c.kind) {
    case 'describe':
      if (!Object.values(c.set).some((v) => v !== undefined)) invalid('/body/set', '没有要更正的内容');
      return describe(f, c.set, false, c.reason);
    case 'supervise':
    case 'remind':
    case 'instruct':
    case 'comment': {
      if (!c.text.trim()) invalid('/body/text', '请填写内容');
      const kind = { supervise: 'case.supervised', remind: 'case.reminded', instruct: 'case.instructed', comment: 'case.commented' }[c.kind];
      return f.add(kind, { by, text: c.text, ...('task' in c && c.task ? { task: c.task } : {}), ...('files' in c && c.files?.length ? { files: c.files } : {}) });
    }
    case 'merge':
      if (c.into === state.id) invalid('/body/into', '不能并入自己');
      if (!c.reason.trim()) invalid('/body/reason', '请写明并案理由');
      for (const t of state.tasks.filter(open)) f.add('case.task-withdrawn', { task: t.id, reason: '已并案' });
      return f.add('case.merged', { into: c.into, by, reason: c.reason, owner: `${state.root}.${ctx.flow.owner}` });
    case 'unmerge':
    case 'reopen':
      if (!c.reason.trim()) invalid('/body/reason', '请写明理由');
      f.add(c.kind === 'unmerge' ? 'case.unmerged' : 'case.reopened', { by, reason: c.reason });
      return f.offer(ctx.flow.start);
    case 'forceClose':
      if (!c.reason.trim()) invalid('/body/reason', '强制结案须写明理由');
      for (const t of state.tasks.filter(open)) f.add('case.task-withdrawn', { task: t.id, reason: '强制结案' });
      return f.add('case.closed', { by, forced: true, reason: c.reason, owner: `${state.root}.${ctx.flow.owner}` });
    case 'evaluate':
      if (state.evaluation) refuse('已经评价过');
      return f.add('case.evaluated', { by, form: checkedForm(ctx.flow.evaluate!.form, c.form) });
    default:
      throw new Error(`unexpected ${c.kind}`);
  }
}

export interface Possible {
  kind: CommandKind;
  task: string | null;
  possible: boolean;
  /** Why not, when it is not possible but this actor might look for it. */
  why?: string;
}

/** Everything this actor might do now, with the reason where he may not; commands far outside his rights are left out. */
export function actions(state: Case, ctx: Pick<Context, 'actor' | 'at' | 'flow'>): Possible[] {
  const list: Possible[] = [];
  if (state.status === 'open')
    for (const task of state.tasks) {
      if (!open(task)) continue;
      const step = ctx.flow.steps[task.step];
      if (!step) continue;
      for (const kind of Object.keys(allowedIn) as CommandKind[]) {
        const why = whyNot(state, task, step, kind, ctx);
        if (why === undefined) list.push({ kind, task: task.id, possible: true });
        else if (
          !why.startsWith('需要权限') &&
          !why.startsWith('任务') &&
          !why.startsWith('这一步') &&
          !why.startsWith('没有') &&
          may(ctx.actor, taskPermission(step, kind), task.unit)
        )
          list.push({ kind, task: task.id, possible: false, why });
      }
    }
  for (const [kind, states] of Object.entries(allowedInCase) as [CommandKind, readonly Case['status'][]][]) {
    if (!states.includes(state.status)) continue;
    const needed = kind === 'evaluate' ? ctx.flow.evaluate?.permission : casePermission[kind];
    if (!needed || !mayOnCase(ctx.actor, needed, state, kind)) continue;
    if (kind === 'evaluate' && state.evaluation) continue;
    list.push({ kind, task: null, possible: true });
  }
  return list;
}
