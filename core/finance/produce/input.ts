// What a disclosure is written from: leaf figures in fen, targets and words; every sum is derived, none is given.
import { z } from 'zod';
import { fundSources } from '../model.ts';

/** Integer fen, up to 90 万亿元 (safe integer). */
const money = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const words = z.string().trim().min(1).max(4000);
const name = z.string().trim().min(1).max(120);
const item7 = z.string().regex(/^\d{7}$/, '功能分类科目须为7位项级编码');
const economic = z.string().regex(/^\d{5}$/, '经济分类科目须为5位款级编码');
const departmental = economic.regex(/^3/, '部门预算支出经济分类科目编码以3开头');
const governmental = economic.regex(/^[5-9]/, '政府预算支出经济分类科目编码以5开头');

/** Sources that a line of spending may be paid from; money carried over keeps the source it came from. */
export const paidFrom = fundSources.filter((s) => s !== 'carry-over');
const source = z.enum(paidFrom as [(typeof paidFrom)[number], ...(typeof paidFrom)[number][]]);
export type PaidFrom = z.infer<typeof source>;

/** One 项 paid from one source. Income of the year is derived: basic + project + carriedOut − carriedIn. */
const spendingLine = z.strictObject({
  code: item7,
  source,
  basic: money.default(0),
  project: money.default(0),
  /** 上年结转 and 结转下年 of this line. */
  carriedIn: money.default(0),
  carriedOut: money.default(0),
  /** Last year's budget (or final account) of this line; absent when not known. */
  prior: money.optional(),
  /** 年初预算 of this line beside its final account (general public budget). */
  budget: money.optional(),
});

/** Basic spending of the general public budget by one 款 of the departmental economic classification. */
const basicLine = z.strictObject({
  code: departmental,
  amount: money,
  /** 人员经费 or 日常公用经费; by default 301 and 303 are personnel, the rest public. */
  use: z.enum(['personnel', 'public']).optional(),
  /** The governmental 款 of the same money; when every line names one, that table is derived too. */
  government: governmental.optional(),
});

const projectItem = z.strictObject({ code: departmental, amount: money, government: governmental.optional() });
/** Money of a project from one source; its amount is `amount` or, when given, the sum of its items. */
const projectLine = z.strictObject({
  source,
  /** The 项 it is booked to. */
  function: item7.optional(),
  amount: money.optional(),
  items: z.array(projectItem).min(1).optional(),
});
const project = z.strictObject({
  code: z
    .string()
    .regex(/^[0-9A-Z]{4,40}$/)
    .optional(),
  name,
  lines: z.array(projectLine).min(1),
});

const publicExpenses = z.strictObject({ abroad: money, reception: money, vehiclePurchase: money, vehicleRunning: money });

export const natures = ['≥', '≤', '=', '>', '<', '定性'] as const;
const indicator = z.strictObject({
  level1: name.optional(),
  level2: name.optional(),
  name: z.string().trim().min(1).max(200),
  nature: z.enum(natures).optional(),
  value: z.string().trim().min(1).max(200).optional(),
  unit: z.string().trim().min(1).max(20).optional(),
  /** Points; a decimal string. */
  weight: z
    .string()
    .regex(/^\d{1,3}(\.\d{1,2})?$/)
    .optional(),
  core: z.boolean().optional(),
});
export type Indicator = z.infer<typeof indicator>;
const targetSheet = z.strictObject({
  scope: z.enum(['overall', 'project', 'key-project']),
  /** Name of the project in `projects`; none for an overall sheet. */
  project: name.optional(),
  goal: words.optional(),
  /** Fields of the form such as 项目概况 and 立项依据. */
  outline: words.optional(),
  basis: words.optional(),
  indicators: z.array(indicator),
});
export type TargetSheetInput = z.infer<typeof targetSheet>;

export const vehicleKinds = ['leaders', 'confidential', 'emergency', 'enforcement', 'special', 'other'] as const;
const count = z.number().int().nonnegative().max(1_000_000);
const vehicles = z.strictObject(Object.fromEntries(vehicleKinds.map((k) => [k, count.default(0)])) as Record<(typeof vehicleKinds)[number], z.ZodDefault<typeof count>>);

/** What a change on last year may be explained for. */
export const reasonTopics = [
  'income',
  'expenditure',
  'basic',
  'project',
  'government-fund',
  'state-capital',
  'three-public',
  'abroad',
  'reception',
  'vehicle-purchase',
  'vehicle-running',
  'operating-cost',
] as const;

export const produceInput = z.strictObject({
  format: z.literal('chengshu-disclosure/1'),
  /** Invented data; every file says so (演示数据). */
  demo: z.boolean().default(false),
  kind: z.enum(['budget', 'final-account']),
  year: z.number().int().min(2015).max(2049),
  moneyUnit: z.enum(['万元', '元']),
  unit: z.strictObject({
    name,
    code: z
      .string()
      .regex(/^\d{3,9}$/)
      .optional(),
    /** 主管部门 when this is a subordinate unit. */
    department: name.optional(),
    /** A whole department (with subordinate units) or one unit. */
    level: z.enum(['department', 'unit']).default('unit'),
  }),
  duties: z.array(words).default([]),
  organisation: words.optional(),
  /** Names of codes that the shipped code lists do not have, or as the year's edition writes them. */
  names: z.record(z.string().regex(/^\d{3,7}$/), name).default({}),
  spending: z.array(spendingLine).min(1),
  basic: z.strictObject({
    department: z.array(basicLine).default([]),
    /** Governmental 款, when the lines above do not name theirs. */
    government: z.array(z.strictObject({ code: governmental, amount: money })).optional(),
  }),
  projects: z.array(project).default([]),
  /** Economic items of all projects of the general budget together, when the projects do not tell theirs. */
  projectEconomic: z.strictObject({ department: z.array(projectItem).min(1), government: z.array(z.strictObject({ code: governmental, amount: money })).optional() }).optional(),
  /** Only where the economic items above do not tell them (derived otherwise, and compared when given). */
  threePublic: publicExpenses.optional(),
  procurement: z.array(z.strictObject({ name, category: z.enum(['goods', 'works', 'services']), source, amount: money })).default([]),
  /** Which 公用经费 count as 机关运行经费: of the whole unit, of its offices (政府经济分类 502) only, or none. */
  operatingCost: z.strictObject({ of: z.enum(['all', 'offices', 'none']), prior: money.optional() }).default({ of: 'none' }),
  assets: z
    .strictObject({
      /** End of the month counted. */
      at: z.string().regex(/^20\d\d-\d\d$/),
      vehicles: vehicles.prefault({}),
      /** Equipment worth 1,000,000 yuan or more each, without vehicles. */
      equipment: count.default(0),
      /** Bought with this year's general public budget. */
      purchase: z.strictObject({ vehicles: vehicles.prefault({}), equipment: count.default(0) }).prefault({}),
    })
    .optional(),
  targets: z.array(targetSheet).default([]),
  prior: z
    .strictObject({
      /** Last year's basic spending of the general public budget. */
      basic: money.optional(),
      threePublic: publicExpenses.optional(),
    })
    .default({}),
  /** 年初预算 beside a final account. */
  budgeted: z.strictObject({ threePublic: publicExpenses.optional() }).default({}),
  /** Why figures changed, in clauses without a full stop. */
  reasons: z.strictObject(Object.fromEntries(reasonTopics.map((t) => [t, words.optional()])) as Record<(typeof reasonTopics)[number], z.ZodOptional<typeof words>>).default({}),
  /** The same for single 项 of the general public budget. */
  reasonsByCode: z.record(item7, words).default({}),
});

/** As written by a person or a program (defaults may be left out). */
export type ProduceInput = z.input<typeof produceInput>;
/** With every default filled in. */
export type Produce = z.output<typeof produceInput>;
export type SpendingLine = Produce['spending'][number];
export type PublicExpenses = z.infer<typeof publicExpenses>;
