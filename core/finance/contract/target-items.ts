// Shapes of targets on the wire: bindings, suggestions, progress, advice before publishing.
import * as z from 'zod';
import { text, uuid } from '../../contract.ts';
import { advicePlaces, adviceRules } from '../advice.ts';
import { bindingKinds } from '../bind.ts';
import { progressStates } from '../progress.ts';
import { author, nature, place, stableKey } from './parts.ts';

export const bindingItem = z.object({
  kind: z.enum(bindingKinds),
  /** Code of the indicator, or of the pack's target. */
  code: z.string(),
  name: text,
  meaning: text,
  /** Unit whose number answers. */
  unit: z.string(),
  unitName: text,
  measure: z.string(),
  progress: z.enum(['cumulative', 'level']),
  score: z.number(),
  reason: z.string(),
  ...author,
});
export const suggestionItem = z.object({
  kind: z.enum(bindingKinds),
  code: z.string(),
  name: text,
  unit: z.string(),
  unitName: text,
  measure: z.string(),
  progress: z.enum(['cumulative', 'level']),
  /** 0–100. */
  score: z.number(),
  /** Why, one sentence for each part of the score. */
  reasons: z.array(z.string()),
  rejected: z.boolean(),
});
export const progressItem = z.object({
  state: z.enum(progressStates),
  stateName: text,
  reason: text,
  value: z.number().nullable(),
  /** Why there is no value. */
  unknown: text.nullable(),
  expected: z.number().nullable(),
  expectedBy: z.enum(['time', 'plan', 'none']),
  forecast: z.number().nullable(),
  forecastLow: z.number().nullable(),
  forecastHigh: z.number().nullable(),
  /** Method of the forecast and its error, in words. */
  forecastNote: text.nullable(),
  completion: z.number().nullable(),
});
export const plan = z.array(z.number()).length(4);
export const targetItem = z.object({
  key: stableKey,
  disclosure: uuid,
  unit: z.string(),
  unitName: text,
  year: z.number(),
  sheet: z.enum(['overall', 'project', 'key-project']),
  table: z.string(),
  project: z.string().nullable(),
  level1: z.string().nullable(),
  level2: z.string().nullable(),
  indicator: z.string(),
  nature,
  value: z.string().nullable(),
  measure: z.string().nullable(),
  weight: z.string().nullable(),
  core: z.boolean().nullable(),
  confidence: z.number(),
  place,
  binding: bindingItem.nullable(),
  /** Best suggestion not rejected, when nothing is bound. */
  suggestion: suggestionItem.nullable(),
  progress: progressItem,
});

export const adviceInput = z.strictObject({
  indicator: z.string().trim().max(500),
  level1: z.string().max(60).nullable().default(null),
  level2: z.string().max(60).nullable().default(null),
  nature: nature.default(null),
  value: z.string().max(200).nullable().default(null),
  unit: z.string().max(40).nullable().default(null),
  weight: z.string().max(20).nullable().default(null),
  project: z.string().max(300).nullable().default(null),
});
export const adviceItem = z.object({
  rule: z.enum(adviceRules),
  ruleName: text,
  severity: z.enum(['error', 'warning', 'hint']),
  /** Positions in the list of targets. */
  targets: z.array(z.number()),
  at: z.enum(advicePlaces),
  message: z.string(),
  /** What would be better, when it can be said. */
  proposal: z.string().nullable(),
});
