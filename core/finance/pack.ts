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
