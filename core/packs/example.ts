// Tests inside packs, as an official reads them: given this, the content must say that. Run by `packs test` and `packs check`.
import * as z from 'zod';
import { text } from '../contract.ts';
import type { Calendar } from '../duty/calendar.ts';
import { clocks, deadline } from '../duty/deadline.ts';
import { targetStates, judge as judgeTarget } from '../evaluation/targets.ts';
import { evaluateComposite, evaluateExpression, judge } from '../indicators/evaluate.ts';
import { compile } from '../expression.ts';
import { localIso } from '../time.ts';
import type { Content } from './load.ts';

const code = z.string().regex(/^[a-z][a-z0-9-]{0,80}$/);
const at = z.iso.datetime({ offset: true });
const number = z.number().nullable();
const base = { code, name: text };

/** What is given and what is expected; `about` says of what. */
export const examplePack = z.discriminatedUnion('about', [
  /** Handling limits of a filing condition, each from the dispatch. */
  z.strictObject({ ...base, about: z.literal('limits'), matter: code, condition: code, from: at, due: z.array(at).min(1) }),
  /** One deadline by one clock. */
  z.strictObject({ ...base, about: z.literal('deadline'), clock: z.enum(clocks), amount: z.number(), from: at, due: at }),
  /** An indicator computed from others. */
  z.strictObject({ ...base, about: z.literal('indicator'), indicator: code, inputs: z.record(z.string(), number), value: number, level: z.string().nullable().optional() }),
  /** The level of a value, with how many slots of its window had a reading. */
  z.strictObject({
    ...base,
    about: z.literal('level'),
    indicator: code,
    value: z.number(),
    slots: z.number().int().optional(),
    level: z.string().nullable(),
    grade: number.optional(),
  }),
  /** The grade a scenario proposes. */
  z.strictObject({ ...base, about: z.literal('grade'), scenario: code, given: z.record(z.string(), z.number()), grade: z.number().int().min(1).max(4) }),
  /** The state of a target with a value at a moment of its year. */
  z.strictObject({ ...base, about: z.literal('target'), target: code, at, value: number, state: z.enum(targetStates) }),
]);
export type Example = z.output<typeof examplePack>;

const same = (a: number | null, b: number | null): boolean => (a === null || b === null ? a === b : Math.abs(a - b) < 1e-9);
const show = (v: unknown): string => (v === null ? '未知' : String(v));

/** Runs one example against the content; undefined when it holds, else what is different. */
export function failureOf(e: Example, content: Content, calendar: Calendar): string | undefined {
  switch (e.about) {
    case 'limits': {
      const matter = content.matters.get(e.matter);
      const condition = matter?.conditions.find((c) => c.code === e.condition);
      if (!condition) return `没有事项 ${e.matter} 的立案条件 ${e.condition}`;
      const due = condition.limits.map((l) => deadline(calendar, new Date(e.from), l.clock, l.amount).due);
      if (due.length !== e.due.length) return `应有 ${e.due.length} 个时限，实有 ${due.length} 个`;
      const wrong = due.findIndex((d, i) => d.getTime() !== Date.parse(e.due[i]!));
      return wrong < 0 ? undefined : `${condition.limits[wrong]!.name.zh}：应为 ${e.due[wrong]}，算得 ${localIso(due[wrong]!)}`;
    }
    case 'deadline': {
      const d = deadline(calendar, new Date(e.from), e.clock, e.amount).due;
      return d.getTime() === Date.parse(e.due) ? undefined : `应为 ${e.due}，算得 ${localIso(d)}`;
    }
    case 'indicator':
    case 'level': {
      const d = content.indicators.get(e.indicator);
      if (!d) return `没有指标 ${e.indicator}`;
      if (e.about === 'level') {
        const r = judge(d, e.value, e.slots === undefined ? {} : { slots: e.slots });
        if (r.level !== e.level) return `${e.value} 应为 ${show(e.level)}，得 ${show(r.level)}`;
        return e.grade === undefined || r.grade === e.grade ? undefined : `等级应为 ${show(e.grade)}，得 ${show(r.grade)}`;
      }
      if (d.source.kind !== 'expression' && d.source.kind !== 'composite') return `${e.indicator} 不是由别的指标算出的`;
      const r = d.source.kind === 'expression' ? evaluateExpression(d, e.inputs) : evaluateComposite(d, e.inputs);
      if (!same(r.value, e.value)) return `应为 ${show(e.value)}，算得 ${show(r.value)}`;
      return e.level === undefined || r.level === e.level ? undefined : `应为 ${show(e.level)}，得 ${show(r.level)}`;
    }
    case 'grade': {
      const s = content.scenarios.get(e.scenario);
      if (!s?.grade) return `没有场景 ${e.scenario}，或它没有定级式`;
      const c = compile(s.grade);
      if ('error' in c) return `定级式有误：${c.error.message}`;
      const grade = c.evaluate(e.given);
      return grade === e.grade ? undefined : `应为 ${e.grade} 级，得 ${show(grade)}`;
    }
    case 'target': {
      const t = content.targets.get(e.target);
      if (!t) return `没有目标 ${e.target}`;
      const j = judgeTarget(t, new Date(e.at), { value: e.value });
      return j.state === e.state ? undefined : `应为 ${e.state}，判为 ${j.state}（${j.reason.zh}）`;
    }
  }
}
