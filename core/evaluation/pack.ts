// Published targets and satisfaction surveys as data; every target cites the document it was published in.
import * as z from 'zod';
import { text } from '../contract.ts';
import { fields } from '../form.ts';

const code = z.string().regex(/^[a-z][a-z0-9-]{0,80}$/);
export const targetPack = z.strictObject({
  code,
  name: text,
  year: z.number().int().min(2000).max(2100),
  nature: z.enum(['≥', '≤', '=', '>', '<', '定性']),
  value: z.string(),
  unit: z.string().nullable(),
  weight: z.number().nullable(),
  /** What answers it; none: not measurable, and why. */
  indicator: code.optional(),
  scope: z.string().default('.'),
  /** A number that grows over the year (count) or one that must hold (rate, limit). */
  progress: z.enum(['cumulative', 'level']),
  rater: text.optional(),
  why: text.optional(),
  source: z.strictObject({ document: z.string(), place: z.string() }),
});
export type Target = z.output<typeof targetPack>;

export const surveyPack = z.strictObject({ code, name: text, fields, rating: z.string(), satisfiedFrom: z.number().int().min(1).max(5).default(4) });
export type Survey = z.output<typeof surveyPack>;
