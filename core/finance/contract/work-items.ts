// Shapes of what follows a budget on the wire: execution, monitoring, self-evaluation.
import * as z from 'zod';
import { date, text, uuid } from '../../contract.ts';
import { executionStates } from '../execution.ts';
import { gradeCodes, methods } from '../self-evaluation.ts';
import { author, fen, nature, stableKey } from './parts.ts';

export const executionCell = z.object({ month: z.number(), fen, note: z.string().nullable(), source: z.string().nullable(), ...author });
export const executionRow = z.object({
  /** '' is the unit as a whole. */
  project: z.string(),
  name: z.string(),
  code: z.string().nullable(),
  /** 年初预算数. */
  budget: fen.nullable(),
  /** 全年预算数 after adjustment; null while the opening budget holds. */
  adjusted: fen.nullable(),
  adjustedReason: z.string().nullable(),
  months: z.array(executionCell),
  /** Sum of the months entered. */
  spent: fen,
  /** Through which month figures are there; 0 none. */
  through: z.number(),
  /** spent ÷ full-year budget, null without a budget. */
  rate: z.number().nullable(),
  timeRate: z.number(),
  state: z.enum(executionStates),
  stateName: text,
  reason: text,
});

export const monitoringStates = ['draft', 'submitted'] as const;
export const monitoringItem = z.object({
  id: uuid.nullable(),
  unit: z.string(),
  unitName: text,
  year: z.number(),
  period: z.string(),
  periodName: text,
  through: date,
  dueOn: date,
  project: z.string(),
  projectName: z.string(),
  state: z.enum([...monitoringStates, 'missing']),
  overdue: z.boolean(),
  /** As they stood when saved; of the present moment while nothing is saved. */
  execution: z.object({ budget: fen.nullable(), spent: fen, rate: z.number().nullable(), expected: z.number(), deviation: z.number().nullable() }),
  targets: z.object({
    total: z.number(),
    measured: z.number(),
    behind: z.array(z.object({ key: stableKey, indicator: z.string(), value: z.number().nullable(), expected: z.number().nullable(), reason: text })),
  }),
  causeRequired: z.boolean(),
  cause: z.string().nullable(),
  correction: z.string().nullable(),
  correctionDueOn: date.nullable(),
  correctionDone: z.object({ note: z.string(), ...author }).nullable(),
  correctionOverdue: z.boolean(),
  version: z.number().nullable(),
  changed: z.object(author).nullable(),
});

export const evaluationStates = ['draft', 'submitted', 'reviewed'] as const;
export const evaluationLine = z.object({
  key: stableKey.nullable(),
  level1: z.string().nullable(),
  level2: z.string().nullable(),
  indicator: z.string(),
  nature,
  target: z.string().nullable(),
  measure: z.string().nullable(),
  method: z.enum(methods),
  /** Hundredths of a point. */
  weight: z.number().int(),
  actual: z.string().nullable(),
  /** Live value of the bound indicator, offered as the actual. */
  live: z.number().nullable(),
  liveUnknown: text.nullable(),
  /** For qualitative ones, percent within its band. */
  rating: z.number().nullable(),
  /** The person says the target was set too low: over-fulfilment then costs points. */
  tooLow: z.boolean(),
  completion: z.number().nullable(),
  score: z.number().int().nullable(),
  /** The arithmetic in words, one step each. */
  steps: z.array(z.string()),
  causeRequired: z.boolean(),
  cause: z.string().nullable(),
});
export const evaluationSheet = z.object({
  id: uuid,
  unit: z.string(),
  unitName: text,
  year: z.number(),
  sheet: z.enum(['overall', 'project', 'key-project']),
  project: z.string().nullable(),
  scheme: z.object({ code: z.string(), name: text, source: z.string() }),
  state: z.enum(evaluationStates),
  goal: z.object({ expected: z.string().nullable(), actual: z.string().nullable() }),
  execution: z.object({
    budget: fen.nullable(),
    adjusted: fen.nullable(),
    spent: fen.nullable(),
    weight: z.number().int(),
    score: z.number().int().nullable(),
    steps: z.array(z.string()),
    causeRequired: z.boolean(),
    cause: z.string().nullable(),
  }),
  lines: z.array(evaluationLine),
  total: z.number().int().nullable(),
  grade: z.enum(gradeCodes).nullable(),
  gradeName: text.nullable(),
  /** What still prevents submission, in sentences. */
  missing: z.array(z.string()),
  review: z.object({ opinion: z.string(), ...author }).nullable(),
  returned: z.object({ reason: z.string(), ...author }).nullable(),
  version: z.number(),
  changed: z.object(author),
  mayEdit: z.boolean(),
  mayReview: z.boolean(),
});
export type EvaluationSheet = z.output<typeof evaluationSheet>;
