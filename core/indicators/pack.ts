// What packs say about indicators: definition, where the number comes from, its levels; and types of risk points.
import * as z from 'zod';
import { text } from '../contract.ts';

const code = z.string().regex(/^[a-z][a-z0-9-]{0,80}$/);
const caseMeasures = ['opened', 'closed', 'on-time-rate', 'close-rate', 'ack-on-time-rate', 'rework-rate', 'return-rate', 'mean-handle-hours', 'dispatch-accuracy'] as const;
export type CaseMeasure = (typeof caseMeasures)[number];

export const source = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('stream'),
    profile: code,
    stream: code,
    agg: z.enum(['avg', 'min', 'max', 'sum', 'last', 'count']),
    window: z.enum(['hour', 'day', 'month']),
    /** Fewer valid readings in the window than this: unknown, never 0. */
    minCount: z.number().int().min(1).default(1),
  }),
  z.strictObject({ kind: z.literal('case'), measure: z.enum(caseMeasures), flow: code.optional(), sector: code.optional() }),
  z.strictObject({ kind: z.literal('ledger'), ledger: code, measure: z.enum(['count', 'sum', 'avg', 'max']), field: z.string().optional() }),
  z.strictObject({ kind: z.literal('survey'), survey: code, measure: z.enum(['satisfied-rate', 'mean', 'answers']) }),
  z.strictObject({ kind: z.literal('online'), deviceKind: z.enum(['iot', 'video', 'line', 'room', 'site', 'any']) }),
  z.strictObject({ kind: z.literal('stable-days'), deviceKind: z.enum(['iot', 'video', 'line', 'room', 'site', 'any']) }),
  z.strictObject({ kind: z.literal('catalogue'), of: z.enum(['indicators', 'risk-types']) }),
  z.strictObject({ kind: z.literal('expression'), formula: z.string(), inputs: z.record(z.string().regex(/^[a-z][A-Za-z0-9]*$/), code) }),
  z.strictObject({ kind: z.literal('manual') }),
]);
export type Source = z.output<typeof source>;

export const indicatorPack = z.strictObject({
  code,
  name: text,
  sector: code,
  track: text.optional(),
  unit: z.string().max(20),
  /** Responsible unit's code below the district. */
  owner: z.string(),
  frequency: z.enum(['realtime', 'hour', 'day', 'month', 'year']),
  direction: z.enum(['high-good', 'low-good', 'band', 'neutral']),
  /** 口径 in one sentence. */
  definition: text,
  source,
  digits: z.number().int().min(0).max(4).default(1),
  /** Worse levels: crossing `above` (or falling `below`) gives the level. */
  levels: z.array(z.strictObject({ level: z.number().int().min(1).max(4), above: z.number().optional(), below: z.number().optional(), name: text.optional() })).default([]),
  /** Bands with names of their own (air quality), by upper bound. */
  bands: z.array(z.strictObject({ upTo: z.number().nullable(), name: text })).default([]),
  sourceRef: z.string().optional(),
});
export type Indicator = z.output<typeof indicatorPack>;

/** Level of a value by an indicator's thresholds; undefined when none is crossed, null for unknown values. */
export function levelOf(indicator: Pick<Indicator, 'levels'>, value: number | null): number | undefined | null {
  if (value === null) return null;
  const crossed = indicator.levels.filter((l) => (l.above !== undefined && value > l.above) || (l.below !== undefined && value < l.below));
  return crossed.length ? Math.min(...crossed.map((l) => l.level)) : undefined;
}

/** Name of the band a value falls in (HJ 633-2012 style: upper bounds inclusive). */
export const bandOf = (indicator: Pick<Indicator, 'bands'>, value: number | null) =>
  value === null ? undefined : indicator.bands.find((b) => b.upTo === null || value <= b.upTo)?.name;

export const riskTypePack = z.strictObject({ code, name: text, sector: code, owner: z.string(), attributes: z.array(text).default([]), inspection: z.string().optional(), threshold: text.optional() });
