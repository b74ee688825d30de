// What evaluation answers to indicators: sources `case` and `survey` as numbers of a unit and a window, with what stands behind them.
import type { CaseMeasure, IndicatorSource } from '#core/indicators/pack.ts';
import type { Db } from '../platform/db.ts';
import type { MeasureProvider, MeasureQuery } from '../indicators/service.ts';
import * as store from './store.ts';

const percent = (part: number, whole: number): number | null => (whole > 0 ? (part / whole) * 100 : null);
type Source<K extends IndicatorSource['kind']> = Extract<IndicatorSource, { kind: K }>;
const filterOf = (q: MeasureQuery, s: Source<'case'>, unit: string): store.CaseFilter => ({
  realm: q.realm,
  from: q.from,
  to: q.to,
  at: q.at,
  unit,
  flow: s.flow,
  matter: s.matter,
  sector: s.sector,
  source: s.source,
  level: s.level,
});

const ofCases: Partial<Record<CaseMeasure, (c: store.CaseCounts) => number | null>> = {
  opened: (c) => c.opened,
  filed: (c) => c.filed,
  dismissed: (c) => c.dismissed,
  closed: (c) => c.closed,
  forced: (c) => c.forced,
  open: (c) => c.open,
  'overdue-open': (c) => c.overdueOpen,
  'filing-rate': (c) => percent(c.filed, c.opened),
  'close-rate': (c) => percent(c.closed, c.opened - c.dismissed),
  'satisfaction-rate': (c) => percent(c.satisfied, c.evaluated),
  'evaluated-rate': (c) => percent(c.evaluated, c.closed),
};
const ofTasks: Partial<Record<CaseMeasure, (t: store.TaskCounts) => number | null>> = {
  tasks: (t) => t.tasks,
  'tasks-done': (t) => t.done,
  'tasks-overdue': (t) => t.overdue,
  'on-time-rate': (t) => percent(t.done - t.late, t.done + t.overdue),
  'ack-on-time-rate': (t) => percent(t.ackInTime, t.ackDue),
  'rework-rate': (t) => percent(t.reworked, t.done),
  'return-rate': (t) => percent(t.returned, t.tasks),
  'dispatch-accuracy': (t) => percent(t.tasks - t.returned, t.tasks),
  'mean-ack-minutes': (t) => t.ackMinutes,
  'mean-handle-hours': (t) => t.handleHours,
};

/** Cases begun in the window, and their shares of this unit; rates are null while nothing is there to be measured. */
export const caseMeasure: MeasureProvider = {
  async measure(db: Db, q) {
    const s = q.source as Source<'case'>;
    const values = new Map<string, number | null>();
    for (const unit of q.units) {
      const f = filterOf(q, s, unit);
      const c = ofCases[s.measure];
      values.set(unit, c ? c(await store.caseCounts(db, f)) : ofTasks[s.measure]!(await store.taskCounts(db, f)));
    }
    return values;
  },
  async evidence(db, q, limit) {
    const list = [];
    for (const unit of q.units)
      for (const c of await store.casesBegun(db, filterOf(q, q.source as Source<'case'>, unit), limit))
        list.push({ subject: `case:${c.id}`, title: `${c.no} ${c.title}`, at: c.openedAt, unit: c.owner });
    return list.slice(0, limit);
  },
};

export interface SurveyQuery {
  realm: string;
  survey: string;
  measure: 'satisfied-rate' | 'mean' | 'count';
  satisfiedFrom: number;
  from: Date;
  to: Date;
  units: string[];
}
/** A survey as a number of the answers of a period; the unrated are never counted as satisfied or not. */
export async function surveyValue(db: Db, q: SurveyQuery): Promise<{ value: number | null } & store.SurveyCounts> {
  const c = await store.surveyCounts(db, q);
  return { ...c, value: q.measure === 'count' ? c.answered : q.measure === 'mean' ? c.mean : percent(c.satisfied, c.answered) };
}

/** `satisfiedFrom` of a survey as the current content says. */
export const surveyMeasure = (satisfiedFrom: (db: Db, survey: string) => Promise<number>): MeasureProvider => ({
  async measure(db, q) {
    const s = q.source as Source<'survey'>;
    const values = new Map<string, number | null>();
    for (const unit of q.units)
      values.set(
        unit,
        (await surveyValue(db, { realm: q.realm, survey: s.survey, measure: s.measure, satisfiedFrom: await satisfiedFrom(db, s.survey), from: q.from, to: q.to, units: [unit] }))
          .value,
      );
    return values;
  },
  async evidence(db, q, limit) {
    const s = q.source as Source<'survey'>;
    const list = [];
    for (const unit of q.units)
      for (const r of await store.requests(db, { realm: q.realm, survey: s.survey, scope: [''], unit, state: 'answered', limit, from: q.from, to: q.to, by: 'answered' }))
        list.push({ subject: `survey:${r.id}`, title: r.title, at: r.answeredAt!, unit: r.unit, value: r.rating });
    return list.slice(0, limit);
  },
});
