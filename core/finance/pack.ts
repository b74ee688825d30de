// Checking rules of budget disclosures as data: what each means, where it comes from, how heavy it weighs.
import * as z from 'zod';
import { text } from '../contract.ts';

/** Kinds of checks the code knows; a rule names one and gives its parameters. */
export const ruleKinds = [
  'hierarchy-sum',
  'row-sum',
  'list-sum',
  'cross-table',
  'income-expenditure',
  'three-public-economic',
  'government-economic',
  'operating-cost',
  'procurement',
  'project-budget',
  'narrative-table',
  'narrative-sum',
  'narrative-narrative',
  'change',
  'direction',
  'growth',
  'growth-column',
  'zero-base',
  'share',
  'comparison-word',
  'completion',
  'count-sum',
  'missing-table',
  'empty-cell',
  'empty-note',
  'duplicate-row',
  'classification-name',
  'year-slip',
  'placeholder',
  'excel-error',
  'stray-mark',
  'markup',
  'doubled-phrase',
  'foreign-word',
  'target-weights',
  'target-budgets',
  'target-covered',
  'target-goal',
  'target-cap',
  'target-direction',
  'target-qualitative-number',
  'target-several',
  'target-unit',
  'target-cost-direction',
  'target-name',
  'target-duplicate',
  'target-head',
  'parent-unit',
  'prior-document',
  'target-department-budget',
  'uncertain',
] as const;
export type RuleKind = (typeof ruleKinds)[number];

export const severities = ['error', 'warning', 'rounding', 'undecidable'] as const;
export type Severity = (typeof severities)[number];
export const findingClasses = ['figures', 'targets', 'content'] as const;

export const financeRulePack = z.strictObject({
  code: z.string().regex(/^[a-z][a-z0-9-]{0,60}$/),
  name: text,
  kind: z.enum(ruleKinds),
  /** One sentence: what must hold. */
  meaning: text,
  /** Law or arithmetic the rule rests on. */
  source: z.strictObject({ basis: z.enum(['legal', 'arithmetic', 'practice']), text: z.string().min(2) }),
  severity: z.enum(['error', 'warning']),
  class: z.enum(findingClasses),
  enabled: z.boolean().default(true),
  parameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.array(z.string())])).default({}),
});
export type FinanceRule = z.output<typeof financeRulePack>;
export type RuleSet = readonly FinanceRule[];

const monthDay = z.string().regex(/^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/);
const points = z.number().min(0).max(100);
/** First-level indicators of target sheets, as far as schemes tell them apart. */
export const indicatorClasses = ['产出', '效益', '满意度', '成本'] as const;
export type IndicatorClass = (typeof indicatorClasses)[number];

/** A scheme of self-evaluation (自评办法): what counts how much, dated, with the document it follows (domain.md §9.1). */
export const evaluationSchemePack = z
  .strictObject({
    code: z.string().regex(/^[a-z][a-z0-9-]{0,60}$/),
    name: text,
    /** It holds for budget years from this date on. */
    from: z.iso.date(),
    until: z.iso.date().optional(),
    source: z.string().min(2),
    /** 预算执行率: points × min(1, 执行数 ÷ 全年预算数). */
    execution: z.strictObject({ points }),
    /** Points of the classes where a sheet gives no weights; the first frame whose `has` are all there is taken. */
    frames: z.array(z.strictObject({ has: z.array(z.enum(indicatorClasses)), points: z.partialRecord(z.enum(indicatorClasses), points) })).min(1),
    /** The points of a class that is not there go to another one. */
    missing: z.partialRecord(z.enum(indicatorClasses), z.enum(indicatorClasses)).default({}),
    /** Lowest score (percent) of 达成年度指标 and of 部分达成; below is 未达成. */
    bands: z.strictObject({ reached: points, partly: points }),
    /** A target set too low: from which completion (percent) how much of the points is taken off (percent). */
    over: z.array(z.strictObject({ above: z.number().min(100), deduct: points })),
    /** Below the pass line (percent) satisfaction gets nothing, above it in proportion. */
    satisfaction: z.strictObject({ passLine: points }),
    /** Deviation (percent points of completion, either way) from which a cause must be given. */
    deviationLimit: z.number().min(0).max(100),
    grades: z.array(z.strictObject({ code: z.enum(['excellent', 'good', 'fair', 'poor']), name: text, from: points })).length(4),
    /** 双监控: which periods are analysed, until when, and from which deviation a cause and a correction are due. */
    monitoring: z.strictObject({
      source: z.string().min(2),
      periods: z
        .array(z.strictObject({ code: z.string().regex(/^[a-z][a-z0-9-]{0,20}$/), name: text, through: monthDay, due: monthDay, yearAfter: z.boolean().default(false) }))
        .min(1),
      /** Percent points between execution rate and time progress that are still in step. */
      tolerance: z.number().min(0).max(50),
    }),
  })
  .superRefine((s, ctx) => {
    for (const [i, f] of s.frames.entries()) {
      const sum = Object.values(f.points).reduce<number>((a, b) => a + (b ?? 0), 0);
      if (Math.abs(sum + s.execution.points - 100) > 1e-9)
        ctx.addIssue({ code: 'custom', message: `各类分值加预算执行率应为 100，现为 ${sum + s.execution.points}`, path: ['frames', i, 'points'] });
    }
    if (s.bands.partly > s.bands.reached) ctx.addIssue({ code: 'custom', message: '部分达成的下限不能高于达成的下限', path: ['bands'] });
  });
export type EvaluationScheme = z.output<typeof evaluationSchemePack>;
