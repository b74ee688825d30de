// What packs say about warning rules: which readings or indicator it watches, its condition, and how a warning by it is handled; content of packs.
import * as z from 'zod';
import { text } from '../contract.ts';
import { roleNames } from '../people/roles.ts';
import { durationMs } from '../time.ts';

const code = z.string().regex(/^[a-z][a-z0-9-]{1,79}$/, '编码只能用小写字母、数字和连字符');
const ref = z.string().regex(/^[a-z][a-z0-9.-]{0,80}$/);
const duration = z.string().refine((v) => durationMs(v) !== undefined, { error: '须是 ISO 8601 时长，如 PT10M' });
/** Ⅰ worst … Ⅳ (domain.md §3.3: smaller = worse). */
export const level = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]);
export type Level = z.output<typeof level>;
export const levelNames: Record<Level, { zh: string; en: string; colour: 'red' | 'orange' | 'yellow' | 'blue'; colourZh: string; roman: string }> = {
  1: { zh: 'Ⅰ级（特别重大）', en: 'Level I', colour: 'red', colourZh: '红色', roman: 'Ⅰ' },
  2: { zh: 'Ⅱ级（重大）', en: 'Level II', colour: 'orange', colourZh: '橙色', roman: 'Ⅱ' },
  3: { zh: 'Ⅲ级（较大）', en: 'Level III', colour: 'yellow', colourZh: '黄色', roman: 'Ⅲ' },
  4: { zh: 'Ⅳ级（一般）', en: 'Level IV', colour: 'blue', colourZh: '蓝色', roman: 'Ⅳ' },
};

/** One line to cross: raised at `at`, left again only beyond `clear` (hysteresis; equal to `at` when absent). */
const line = z.strictObject({ level, at: z.number(), clear: z.number().optional() });
const lines = z.array(line).min(1).max(4);
const timing = {
  /** How long it must hold without a break before it counts; how long it must be gone before it is over. */
  for: duration.optional(),
  clearFor: duration.optional(),
  /** A pause longer than this breaks `for`: nothing proves that it held through silence. */
  maxGap: duration.optional(),
};

export const threshold = z.strictObject({ kind: z.literal('threshold'), side: z.enum(['above', 'below']), lines, ...timing });
/** Change within a window: a rise or fall of at least `at` (or `at` percent) against the window's lowest or highest value. */
export const rate = z.strictObject({ kind: z.literal('rate'), side: z.enum(['rise', 'fall']), over: duration, percent: z.boolean().default(false), lines, ...timing });
/** No reading for `after`, or for `intervals` × the stream's expected interval. */
export const silent = z.strictObject({ kind: z.literal('silent'), level, after: duration.optional(), intervals: z.number().min(1.5).max(1000).optional() });
/** Holt's linear trend: raised while the line will be crossed within `horizon` even at the near end of the error band. */
export const forecast = z.strictObject({
  kind: z.literal('forecast'),
  side: z.enum(['above', 'below']),
  horizon: duration,
  lines,
  /** Smoothing of level and trend, and the band's half width in standard errors. */
  alpha: z.number().min(0.01).max(1).default(0.3),
  beta: z.number().min(0.01).max(1).default(0.1),
  z: z.number().min(0).max(4).default(1.96),
  ...timing,
});
/** No threshold: the streaming detector's score; `score` 0.5 is what it was made to warn at. */
export const anomaly = z.strictObject({ kind: z.literal('anomaly'), level, score: z.number().min(0.1).max(1).default(0.5), clearFor: duration.optional() });
/** A single test of one stream's latest value, inside `several`. */
const test = z.strictObject({
  stream: ref,
  side: z.enum(['above', 'below']),
  at: z.number(),
  clear: z.number().optional(),
  /** A value older than this counts as not known. */ fresh: duration.default('PT1H'),
});
/**
 * Several conditions: a thing agrees when `need` of its tests hold (all unless told: AND; 1: OR), and the group – the thing itself, the
 * things of one parent or area, or a thing with its neighbours – warns when `k` of its things agree.
 */
export const several = z.strictObject({
  kind: z.literal('several'),
  level,
  tests: z.array(test).min(1).max(8),
  need: z.number().int().min(1).optional(),
  among: z.enum(['thing', 'parent', 'area', 'neighbours']).default('thing'),
  k: z.number().int().min(1).default(1),
  /** Metres, for neighbours. */
  radius: z.number().positive().max(50_000).optional(),
  ...timing,
});
export const condition = z.discriminatedUnion('kind', [threshold, rate, silent, forecast, anomaly, several]);
export type Condition = z.output<typeof condition>;

const escalationStep = z.strictObject({ after: duration, to: z.enum(roleNames as [string, ...string[]]) });
export const rulePack = z
  .strictObject({
    code,
    name: text,
    /**
     * What is watched: one stream of every device of a profile; the device as a whole (silence, several streams); an indicator;
     * or every stream that no other rule watches (the detector's default).
     */
    on: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('stream'), profile: ref, stream: ref }),
      z.strictObject({ kind: z.literal('device'), profile: ref.optional() }),
      /** `over`: for things, towns, the district, or whatever it is kept for; one cause should warn once. */
      z.strictObject({ kind: z.literal('indicator'), indicator: code, over: z.enum(['any', 'thing', 'grid', 'town', 'department', 'district']).default('any') }),
      z.strictObject({ kind: z.literal('unwatched') }),
    ]),
    when: condition,
    /** Unit that answers, by code below the district; without it, the unit of the place. */
    unit: ref.optional(),
    /** With {thing}, {value}, {unit}, {level}, {place} filled in. */
    headline: text,
    /** What the one who gets it is to do: a warning without an answer is not a warning (ISA-18.2). */
    response: text,
    scenario: code.optional(),
    matter: code.optional(),
    /** Filing condition of the matter. */
    condition: code.optional(),
    /** Opens the case by itself at this level or worse. */
    openCaseAt: level.optional(),
    /** Back within this time after the end = the same episode: reopened, no second notice. */
    reopenWithin: duration.default('PT10M'),
    /** Others of this rule coming within this time fold together with it; longer than a minute for what is seldom urgent. */
    foldWithin: duration.default('PT1M'),
    /** Who is told next while nobody acknowledges, by role. */
    escalate: z.array(escalationStep).default([]),
    /** While one of these is open on the same thing or its parent, this one is only noted. */
    inhibitedBy: z.array(code).default([]),
    /** Share of true warnings below which the rule is proposed for retirement, once `minVerdicts` are in. */
    precisionFloor: z.number().min(0).max(1).default(0.5),
    minVerdicts: z.number().int().min(5).default(20),
    sourceRef: z.string().min(2).max(300),
    /** Examples an official can read: readings (minutes after the start, value) and what must come of them. */
    tests: z
      .array(z.strictObject({ name: z.string(), readings: z.array(z.tuple([z.number(), z.number().nullable()])), until: z.number().optional(), expect: z.array(z.string()) }))
      .default([]),
  })
  .superRefine((r, ctx) => {
    const say = (message: string, ...path: (string | number)[]) => ctx.addIssue({ code: 'custom', message, path });
    const c = r.when;
    if ('lines' in c) {
      const up = c.kind === 'rate' || c.side === 'above';
      const sorted = [...c.lines].sort((a, b) => b.level - a.level);
      for (const [i, l] of sorted.entries()) {
        const next = sorted[i + 1];
        if (next && (next.level === l.level || (up ? next.at <= l.at : next.at >= l.at))) say('级别越高，阈值须越严', 'when', 'lines');
        if (l.clear !== undefined && (up ? l.clear > l.at : l.clear < l.at)) say('解除值须在触发值的安全一侧', 'when', 'lines', i, 'clear');
      }
      if (c.kind === 'rate' && c.lines.some((l) => l.at <= 0)) say('变化量须大于 0', 'when', 'lines');
    }
    if (c.kind === 'silent' && (c.after === undefined) === (c.intervals === undefined)) say('after 与 intervals 须给一个', 'when');
    if (c.kind === 'several' && c.among === 'neighbours' && c.radius === undefined) say('相邻判断须给出 radius', 'when', 'radius');
    if (c.kind === 'several' && c.need !== undefined && c.need > c.tests.length) say('need 超过条件个数', 'when', 'need');
    if (r.on.kind === 'indicator' && c.kind !== 'threshold' && c.kind !== 'rate' && c.kind !== 'forecast') say('指标只能用阈值、变化或预测条件', 'when');
    if (r.on.kind === 'device' && c.kind !== 'silent' && c.kind !== 'several') say('设备整体只能用静默或多条件', 'when');
    if ((c.kind === 'silent' || c.kind === 'several') && r.on.kind !== 'device') say('静默与多条件须针对设备（on.kind: device）', 'on');
    if (r.on.kind === 'unwatched' && c.kind !== 'anomaly') say('无规则的数据流只能用异常检测', 'when');
  });
export type WarningRule = z.output<typeof rulePack>;
