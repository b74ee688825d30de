// Reviews (复盘): when one is due, and what the facts of a case say by themselves – timeline, limits passed, decision points. Pure.
import { open } from '../cases/state.ts';
import type { Case } from '../cases/state.ts';
import type { Flow } from '../cases/pack.ts';
import type { Text } from '../contract.ts';
import { MINUTE } from '../time.ts';

export const causes = ['discovery', 'dispatch', 'responsibility', 'resources', 'standards', 'data'] as const;
export const causeNames: Record<(typeof causes)[number], Text> = {
  discovery: { zh: '发现', en: 'Discovery' },
  dispatch: { zh: '派遣', en: 'Dispatch' },
  responsibility: { zh: '权责', en: 'Responsibility' },
  resources: { zh: '资源', en: 'Resources' },
  standards: { zh: '标准', en: 'Standards' },
  data: { zh: '数据', en: 'Data' },
};
export const changeKinds = ['rule', 'threshold', 'catalogue', 'plan', 'limit', 'training'] as const;
export const changeNames: Record<(typeof changeKinds)[number], Text> = {
  rule: { zh: '预警规则', en: 'Rule' },
  threshold: { zh: '阈值', en: 'Threshold' },
  catalogue: { zh: '事项目录', en: 'Catalogue' },
  plan: { zh: '预案', en: 'Plan' },
  limit: { zh: '时限', en: 'Time limit' },
  training: { zh: '培训', en: 'Training' },
};
/** Kinds that change content: done only when a later content version is current. */
export const changesContent = (kind: (typeof changeKinds)[number]): boolean => kind !== 'training';

export const triggerKinds = ['level', 'rework', 'escalated', 'order', 'asked'] as const;
export interface Trigger {
  kind: (typeof triggerKinds)[number];
  text: Text;
}
export interface PastFact {
  at: Date | string;
  by: string;
  kind: string;
  data: Record<string, unknown>;
}

/** Why a closed case should be reviewed (domain.md §11): level I–II, two reworks, a limit long passed (red card), a leader's order. */
export function triggers(state: Case, facts: PastFact[]): Trigger[] {
  const list: Trigger[] = [];
  if (state.level !== null && state.level <= 2) list.push({ kind: 'level', text: { zh: `${state.level === 1 ? 'Ⅰ' : 'Ⅱ'} 级事件`, en: `Level ${state.level}` } });
  if (state.reworks >= 2) list.push({ kind: 'rework', text: { zh: `返工 ${state.reworks} 次`, en: `${state.reworks} reworks` } });
  const escalated = facts.filter((f) => f.kind === 'case.limit-escalated').length;
  if (escalated) list.push({ kind: 'escalated', text: { zh: `${escalated} 个时限严重超期`, en: `${escalated} limits long passed` } });
  const orders = facts.filter((f) => f.kind === 'case.instructed').length;
  if (orders) list.push({ kind: 'order', text: { zh: `有 ${orders} 条领导批示`, en: `${orders} orders by a leader` } });
  return list;
}

export interface Entry {
  at: string;
  kind: string;
  by: string;
  text: Text;
  unit: string | null;
}
export interface Breach {
  task: string;
  title: string;
  unit: string;
  limit: string;
  due: string;
  metAt: string | null;
  /** How long past due: until it was met, else until the case ended (or now). */
  minutes: number;
}
export interface Decision {
  at: string;
  by: string;
  step: Text;
  outcome: Text;
  reason: string | null;
}
export interface Assembled {
  timeline: Entry[];
  breaches: Breach[];
  decisions: Decision[];
  /** Times between the milestones, in minutes; null where one is missing. */
  numbers: { name: Text; minutes: number | null }[];
}

const words: Record<string, Text> = {
  'case.opened': { zh: '上报', en: 'Reported' },
  'case.described': { zh: '更新情况', en: 'Described' },
  'case.task-offered': { zh: '派给', en: 'Offered to' },
  'case.task-accepted': { zh: '签收', en: 'Acknowledged' },
  'case.task-started': { zh: '开始办理', en: 'Started' },
  'case.task-staged': { zh: '完成阶段', en: 'Stage done' },
  'case.task-returned': { zh: '退回', en: 'Returned' },
  'case.task-submitted': { zh: '提交结果', en: 'Submitted' },
  'case.task-refused': { zh: '未获确认', en: 'Not confirmed' },
  'case.task-done': { zh: '完成', en: 'Done' },
  'case.task-reworked': { zh: '返工', en: 'Rework' },
  'case.task-withdrawn': { zh: '撤回', en: 'Withdrawn' },
  'case.extension-asked': { zh: '申请延期', en: 'Asked for extension' },
  'case.extended': { zh: '同意延期', en: 'Extended' },
  'case.extension-refused': { zh: '不同意延期', en: 'Extension refused' },
  'case.deferral-asked': { zh: '申请挂账', en: 'Asked for deferral' },
  'case.deferred': { zh: '挂账', en: 'Deferred' },
  'case.resumed': { zh: '恢复办理', en: 'Resumed' },
  'case.supervised': { zh: '督办', en: 'Supervised' },
  'case.reminded': { zh: '催办', en: 'Reminded' },
  'case.instructed': { zh: '批示', en: 'Instructed' },
  'case.commented': { zh: '留言', en: 'Comment' },
  'case.limit-near': { zh: '时限临近', en: 'Limit near' },
  'case.limit-passed': { zh: '时限已过', en: 'Limit passed' },
  'case.limit-escalated': { zh: '超期上报', en: 'Escalated' },
  'case.closed': { zh: '结案', en: 'Closed' },
  'case.dismissed': { zh: '不予受理', en: 'Dismissed' },
  'case.merged': { zh: '并案', en: 'Merged' },
  'case.reopened': { zh: '重新打开', en: 'Reopened' },
  'case.evaluated': { zh: '评价', en: 'Evaluated' },
};
const iso = (at: Date | string): string => (typeof at === 'string' ? at : at.toISOString());
const some = (v: unknown): string | null => (typeof v === 'string' && v.trim() ? v : null);

/** What the facts say by themselves; `until` ends limits that were never met. */
export function assemble(state: Case, facts: PastFact[], flow: Flow, until: Date): Assembled {
  const task = (id: unknown) => state.tasks.find((t) => t.id === id);
  const timeline: Entry[] = [];
  const decisions: Decision[] = [];
  for (const f of facts) {
    const d = f.data;
    const t = task(d.task) ?? task(d.id);
    const unit = t?.unit ?? some(d.unit);
    if (f.kind === 'case.decided' || f.kind === 'case.closed' || f.kind === 'case.dismissed') {
      const step = t ? flow.steps[t.step] : undefined;
      const outcome = step?.outcomes.find((o) => o.code === d.outcome);
      if (f.kind === 'case.decided') {
        const names = { step: step?.name ?? { zh: '决定', en: 'Decision' }, outcome: outcome?.name ?? { zh: String(d.outcome ?? ''), en: String(d.outcome ?? '') } };
        decisions.push({ at: iso(f.at), by: f.by, ...names, reason: some(d.reason) });
        timeline.push({
          at: iso(f.at),
          kind: f.kind,
          by: f.by,
          unit,
          text: { zh: `${names.step.zh}：${names.outcome.zh}${some(d.reason) ? `（${some(d.reason)}）` : ''}`, en: `${names.step.en}: ${names.outcome.en}` },
        });
        continue;
      }
    }
    if (f.kind === 'case.extended' || f.kind === 'case.deferred' || f.kind === 'case.task-withdrawn' || f.kind === 'case.merged')
      decisions.push({ at: iso(f.at), by: f.by, step: t ? { zh: t.title, en: t.title } : { zh: '事件', en: 'Case' }, outcome: words[f.kind]!, reason: some(d.reason) });
    const word = words[f.kind];
    if (!word) continue;
    const more = [t?.title, some(d.name), some(d.text), some(d.reason), some(d.suggested) && `建议：${some(d.suggested)}`].filter(Boolean).join(' · ');
    timeline.push({ at: iso(f.at), kind: f.kind, by: f.by, unit, text: { zh: more ? `${word.zh}：${more}` : word.zh, en: more ? `${word.en}: ${more}` : word.en } });
  }
  const end = state.closedAt ?? until.toISOString();
  const breaches: Breach[] = [];
  for (const t of state.tasks)
    for (const l of t.limits) {
      const met = l.metAt ?? (open(t) ? null : end);
      const stop = met ?? end;
      if (stop > l.due)
        breaches.push({
          task: t.id,
          title: t.title,
          unit: t.unit,
          limit: l.name,
          due: l.due,
          metAt: l.metAt ?? null,
          minutes: Math.round((Date.parse(stop) - Date.parse(l.due)) / MINUTE),
        });
    }
  breaches.sort((a, b) => b.minutes - a.minutes);
  const at = (kind: string): string | undefined => {
    const f = facts.find((x) => x.kind === kind);
    return f && iso(f.at);
  };
  const handled = state.tasks.filter((t) => flow.steps[t.step]?.counted);
  const times = (f: (t: (typeof handled)[number]) => string | undefined, pick: 'first' | 'last'): string | undefined => {
    const list = handled
      .map(f)
      .filter((x) => x !== undefined)
      .sort();
    return pick === 'first' ? list[0] : list.at(-1);
  };
  const span = (a: string | undefined, b: string | undefined): number | null => (a && b ? Math.round((Date.parse(b) - Date.parse(a)) / MINUTE) : null);
  const opened = at('case.opened');
  const dispatched = times((t) => t.offeredAt, 'first');
  const acknowledged = times((t) => t.acceptedAt, 'first');
  const done = times((t) => t.doneAt, 'last');
  return {
    timeline,
    breaches,
    decisions,
    numbers: [
      { name: { zh: '上报到派遣', en: 'Report to dispatch' }, minutes: span(opened, dispatched) },
      { name: { zh: '派遣到首个签收', en: 'Dispatch to first acknowledgement' }, minutes: span(dispatched, acknowledged) },
      { name: { zh: '首个签收到全部完成', en: 'First acknowledgement to all done' }, minutes: span(acknowledged, done) },
      { name: { zh: '上报到结案', en: 'Report to close' }, minutes: span(opened, at('case.closed') ?? state.closedAt ?? undefined) },
    ],
  };
}
