// Published targets and satisfaction surveys as data; every target cites the document it was published in.
import * as z from 'zod';
import { text } from '../contract.ts';
import { fields } from '../form.ts';

const code = z.string().regex(/^[a-z][a-z0-9-]{0,80}$/);
export const natures = ['≥', '≤', '=', '>', '<', '定性'] as const;
export const targetPack = z
  .strictObject({
    code,
    name: text,
    year: z.number().int().min(2000).max(2100),
    nature: z.enum(natures),
    value: z.string(),
    unit: z.string().nullable(),
    weight: z.number().nullable(),
    /** What answers it; none: not measurable, and why. */
    indicator: code.optional(),
    /** Unit below the district whose number counts; `.` is the district. */
    scope: z.string().default('.'),
    /** A number that grows over the year (count) or one that must hold (rate, limit). */
    progress: z.enum(['cumulative', 'level']),
    /** The most that one day can add (1 for days of stable running): tells when a target can no longer be reached. */
    atMostPerDay: z.number().positive().optional(),
    /** The post that rates a qualitative target, named as its account is. */
    rater: text.optional(),
    why: text.optional(),
    source: z.strictObject({ document: z.string(), place: z.string() }),
  })
  .superRefine((t, ctx) => {
    const say = (message: string, path: string) => ctx.addIssue({ code: 'custom', message, path: [path] });
    if (t.nature !== '定性' && !Number.isFinite(Number(t.value))) say('定量目标的 value 须是数字', 'value');
    if (t.nature === '定性' && t.indicator) say('定性目标由评定人评定，不绑定指标', 'indicator');
  });
export type Target = z.output<typeof targetPack>;

export const surveyPack = z
  .strictObject({
    code,
    name: text,
    fields,
    /** The field that carries the rating, 1 to its `max`. */
    rating: z.string(),
    satisfiedFrom: z.number().int().min(1).max(5).default(4),
    /** Asked once when a case of these flows closes. */
    after: z.strictObject({ flows: z.array(code).min(1) }).optional(),
    /** Days the link can be answered. */
    days: z.number().int().min(1).max(365).default(30),
  })
  .refine((s) => s.fields.some((f) => f.name === s.rating && f.type === 'rating' && f.required), { error: 'rating 须是一个必填的评分字段', path: ['rating'] });
export type Survey = z.output<typeof surveyPack>;
