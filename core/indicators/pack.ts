// What packs say about indicators: the published definition (口径) – source, window, levels, owner – and the types of risk points.
import * as z from 'zod';
import { text } from '../contract.ts';
import { compile } from '../expression.ts';
import { periods } from './window.ts';

export const indicatorCode = z.string().regex(/^[a-z][a-z0-9-]{1,79}$/, '编码只能用小写字母、数字和连字符');
/** What a device profile may be of (core/signals). */
export const deviceKinds = ['iot', 'video', 'line', 'room', 'site', 'manual'] as const;
const ref = z.string().regex(/^[a-z][a-z0-9.-]{0,80}$/);
const every = z.enum(periods);

export const aggregates = ['avg', 'min', 'max', 'sum', 'last', 'count', 'rate', 'percentile'] as const;
export type Aggregate = (typeof aggregates)[number];

/** Counts and rates over cases, by the formulas of domain.md §7.2; rates are in percent. */
export const caseMeasures = [
  'opened',
  'filed',
  'dismissed',
  'closed',
  'forced',
  'open',
  'overdue-open',
  'tasks',
  'tasks-done',
  'tasks-overdue',
  'filing-rate',
  'close-rate',
  'on-time-rate',
  'ack-on-time-rate',
  'rework-rate',
  'return-rate',
  'dispatch-accuracy',
  'mean-ack-minutes',
  'mean-handle-hours',
  'satisfaction-rate',
  'evaluated-rate',
] as const;
export type CaseMeasure = (typeof caseMeasures)[number];

export const indicatorSource = z.discriminatedUnion('kind', [
  /** Readings: one stream of every device of a profile. */
  z.strictObject({
    kind: z.literal('stream'),
    profile: ref,
    stream: ref,
    agg: z.enum(aggregates),
    /** Percentile 0–100 when agg is `percentile`. */
    q: z.number().min(0).max(100).optional(),
    /** Readings outside are faults of the instrument and do not count. */
    valid: z.strictObject({ min: z.number().optional(), max: z.number().optional() }).optional(),
    /** How the streams of a unit become one number; a thing has just its own. */
    across: z.enum(['avg', 'min', 'max', 'sum', 'count', 'share-above', 'share-below']).default('avg'),
    /** Limit of `share-above`/`share-below`: the share (%) of streams beyond it. */
    limit: z.number().optional(),
  }),
  /** Of cases that began in the window, or their tasks for `tasks…` and the rates over tasks; `level` means this one or worse. */
  z.strictObject({
    kind: z.literal('case'),
    measure: z.enum(caseMeasures),
    flow: ref.optional(),
    matter: ref.optional(),
    sector: ref.optional(),
    source: ref.optional(),
    level: z.number().int().min(1).max(4).optional(),
  }),
  z.strictObject({ kind: z.literal('ledger'), ledger: ref, measure: z.enum(['count', 'sum', 'avg', 'max', 'days']), field: z.string().max(60).optional() }),
  z.strictObject({ kind: z.literal('survey'), survey: ref, measure: z.enum(['satisfied-rate', 'mean', 'count']) }),
  /** Share (%) of things that report as expected: 在线率. */
  z.strictObject({ kind: z.literal('online'), profile: ref.optional(), devices: z.enum(deviceKinds).optional() }),
  /** How many things of a kind are registered: 归集数; `connected` only those that ever reported. */
  z.strictObject({ kind: z.literal('things'), profile: ref.optional(), devices: z.enum(deviceKinds).optional(), measure: z.enum(['registered', 'connected']) }),
  /** How many facts of a kind fell into the window. */
  z.strictObject({ kind: z.literal('facts'), fact: z.string().regex(/^[a-z][a-z.-]{2,60}$/) }),
  /** Days of the year so far on which readings came in without a break longer than two hours: 稳定运行天数. */
  z.strictObject({ kind: z.literal('stable-days') }),
  /** About this catalogue itself: 编制城市体征指标数. */
  z.strictObject({ kind: z.literal('catalogue'), measure: z.enum(['definitions', 'instances', 'live', 'risk-types', 'risk-points']) }),
  /** From a system of the owner that is not connected yet: unknown until it is. */
  z.strictObject({ kind: z.literal('feed'), system: text }),
  /** CEL over other indicators; any unknown input makes the result unknown. */
  z.strictObject({
    kind: z.literal('expression'),
    formula: z.string().min(1).max(500),
    inputs: z.record(z.string().regex(/^[a-z][A-Za-z0-9_]{0,30}$/), indicatorCode),
    /** Inputs taken from an earlier bucket: 环比 a month, 同比 a year before. */
    offsets: z.record(z.string(), z.enum(['P1D', 'P1W', 'P1M', 'P1Y'])).default({}),
  }),
  /** Weighted index: each part scored 0–100 between its worst and its best value. */
  z.strictObject({
    kind: z.literal('composite'),
    parts: z.array(z.strictObject({ code: indicatorCode, weight: z.number().positive(), worst: z.number(), best: z.number() })).min(2),
  }),
  /** Entered by the owner, with a source document. */
  z.strictObject({ kind: z.literal('manual') }),
]);
export type IndicatorSource = z.output<typeof indicatorSource>;

export const indicatorWindow = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('tumbling'), every }),
  /** The last `length` ending with the bucket. */
  z.strictObject({ kind: z.literal('sliding'), every, length: z.string().regex(/^P(T\d{1,4}[HM]|\d{1,4}D)$/) }),
  /** From the start of the month, quarter or year to the end of the bucket. */
  z.strictObject({ kind: z.literal('to-date'), every, since: z.enum(['P1M', 'P3M', 'P1Y']) }),
]);
export type IndicatorWindow = z.output<typeof indicatorWindow>;

/** Warning grade of a band, Ⅰ worst (domain.md §3.3); absent = nothing to do. */
const grade = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]);
export const band = z
  .strictObject({
    code: z.string().regex(/^[a-z0-9-]{1,30}$/),
    name: text,
    grade: grade.optional(),
    /** Upper end of the band: inclusive `upTo` or exclusive `below`; the last band has neither. */
    upTo: z.number().optional(),
    below: z.number().optional(),
  })
  .refine((b) => b.upTo === undefined || b.below === undefined, { error: 'upTo 与 below 只能给一个' });
export type Band = z.output<typeof band>;

const definitionShape = z.strictObject({
  code: indicatorCode,
  name: text,
  sector: ref,
  /** Code of the 跑道 within the 板块. */
  track: ref,
  /** L1 体征, L2 KPI, L3 综合指数 (domain.md §7.5). */
  tier: z.enum(['vital', 'kpi', 'index']).default('vital'),
  unit: z.string().max(20),
  decimals: z.number().int().min(0).max(6).default(1),
  /** Code below the district of the unit that answers for the number. */
  owner: ref,
  direction: z.enum(['high-good', 'low-good', 'band', 'neutral']),
  /** 口径 in words; where it comes from. */
  meaning: text,
  sourceRef: z.string().min(2).max(300),
  source: indicatorSource,
  window: indicatorWindow,
  /** Which days count: working days honour 调休. */
  days: z.enum(['all', 'working', 'rest']).default('all'),
  /** One instance for each thing, or each unit of these kinds. */
  scope: z.union([z.literal('thing'), z.array(z.enum(['district', 'town', 'grid', 'department'])).min(1)]).default(['district', 'town']),
  levels: z.strictObject({ bands: z.array(band).min(2), sourceRef: z.string().min(2).max(300) }).optional(),
  /** At least `min` slots with a valid reading, or there is no level; below `valueMin` there is no value either. */
  coverage: z.strictObject({ slot: z.enum(['PT5M', 'PT10M', 'PT1H', 'P1D']), min: z.number().int().positive(), valueMin: z.number().int().min(1).default(1) }).optional(),
  /** For units: share of streams (or of weight, in an index) that must be known; otherwise unknown. */
  minShare: z.number().min(0).max(1).default(0.5),
  /** `connected`: has a source in an installation as shipped; `when-connected`: unknown until the named system is connected. */
  status: z.enum(['connected', 'when-connected']).default('connected'),
  tags: z.array(z.string().max(30)).default([]),
});

/** One definition, with the checks that no type can make. */
export const indicatorDefinition = definitionShape.superRefine((d, ctx) => {
  const say = (message: string, ...path: (string | number)[]) => ctx.addIssue({ code: 'custom', message, path });
  const s = d.source;
  if (s.kind === 'stream' && s.agg === 'percentile' && s.q === undefined) say('percentile 须给出 q', 'source', 'q');
  if (s.kind === 'stream' && s.across.startsWith('share-') && s.limit === undefined) say('share-above/share-below 须给出 limit', 'source', 'limit');
  if (s.kind === 'expression') {
    const c = compile(s.formula);
    if ('error' in c) say(`公式有误：${c.error.message}`, 'source', 'formula');
    else for (const n of c.names) if (!(n in s.inputs)) say(`公式用到未声明的 ${n}`, 'source', 'formula');
  }
  if (s.kind === 'composite' && s.parts.some((p) => p.worst === p.best)) say('worst 与 best 不能相等', 'source', 'parts');
  if (d.levels) {
    const { bands } = d.levels;
    let last = -Infinity;
    for (const [i, b] of bands.entries()) {
      const end = b.upTo ?? b.below;
      if (i === bands.length - 1) {
        if (end !== undefined) say('最后一档不设上限', 'levels', 'bands', i);
      } else if (end === undefined) say('除最后一档外须给出 upTo 或 below', 'levels', 'bands', i);
      else if (end <= last) say('各档上限须递增', 'levels', 'bands', i);
      else last = end;
    }
    if (new Set(bands.map((b) => b.code)).size !== bands.length) say('档的编码重复', 'levels', 'bands');
  }
  if (d.scope === 'thing' && s.kind !== 'stream' && s.kind !== 'online') say('按设备计算的指标须来自读数', 'scope');
});
export type Indicator = z.output<typeof indicatorDefinition>;
export type IndicatorInput = z.input<typeof indicatorDefinition>;

/** The content kind `indicators`. */
export const indicatorPack = indicatorDefinition;

const attribute = z.strictObject({
  code: z.string().regex(/^[a-z][A-Za-z0-9]{0,40}$/),
  name: text,
  type: z.enum(['number', 'text', 'date', 'flag']),
  unit: z.string().max(20).optional(),
});
/** The content kind `risk-types`: a type of 城市风险点, what is recorded of each point, who answers for it at each level, when it is inspected. */
export const riskTypePack = z.strictObject({
  code: z.string().regex(/^[a-z][a-z0-9-]{0,60}$/),
  name: text,
  sector: ref,
  owner: ref,
  attributes: z.array(attribute).default([]),
  /** Four posts answer for each point (市级、区级、镇街、管护), as posts, never persons. */
  responsible: z.strictObject({ city: text.optional(), district: text, town: text, keeper: text }),
  /** Which readings at the point matter, with the line that calls for going there. */
  thresholds: z.array(z.strictObject({ name: text, unit: z.string().max(20), value: z.number(), side: z.enum(['above', 'below']) })).default([]),
  /** Ledger its inspections are entered in, and how often. */
  inspection: ref,
  every: z.string().regex(/^P\d{1,3}[DWM]$/),
  hazards: text,
  sourceRef: z.string().min(2).max(300),
});
export type RiskType = z.output<typeof riskTypePack>;
