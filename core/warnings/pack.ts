// Warning rules as data: what is watched, when it counts as a warning, when it is over, and what follows.
import * as z from 'zod';
import { text } from '../contract.ts';

const code = z.string().regex(/^[a-z][a-z0-9-]{0,80}$/);
const duration = z.string().regex(/^PT?\w+$/);
export const rulePack = z
  .strictObject({
    code,
    name: text,
    on: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('stream'), profile: code, stream: code }),
      z.strictObject({ kind: z.literal('indicator'), indicator: code }),
      z.strictObject({ kind: z.literal('silence'), profile: code }),
    ]),
    /** From worst to mildest: raised when beyond `above` (or under `below`). */
    levels: z.array(z.strictObject({ level: z.number().int().min(1).max(4), above: z.number().optional(), below: z.number().optional() })).default([]),
    /** A level for rules without thresholds (silence). */
    level: z.number().int().min(1).max(4).optional(),
    /** Over only when this far back inside. */
    hysteresis: z.number().min(0).default(0),
    /** Must hold this long before it is raised. */
    holdFor: duration.default('PT0S'),
    scenario: code.optional(),
    matter: code.optional(),
    condition: code.optional(),
    /** Opens a case without being asked at this level or worse. */
    openCaseAt: z.number().int().min(1).max(4).optional(),
    unit: z.string(),
    text,
  })
  .refine((r) => r.on.kind === 'silence' ? r.level !== undefined : r.levels.length > 0, { error: '阈值规则须给出 levels，静默规则须给出 level' })
  .refine((r) => r.levels.every((l) => (l.above === undefined) !== (l.below === undefined)), { error: '每级须给出 above 或 below 之一' });
export type Rule = z.output<typeof rulePack>;
