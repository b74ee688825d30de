// HTTP contract of finance: disclosures read and checked, corrections, comparison, targets bound to indicators, execution, monitoring, self-evaluation.
import * as z from 'zod';
import { date, flag, idParams, page, paging, route, text, uuid } from '../contract.ts';
import { advicePlaces, adviceRules } from './advice.ts';
import { bindingKinds } from './bind.ts';
import { dimensions } from './compare.ts';
import { executionStates } from './execution.ts';
import { tableKinds } from './model.ts';
import { findingClasses, severities } from './pack.ts';
import { progressStates } from './progress.ts';
import { gradeCodes, methods } from './self-evaluation.ts';

/** Money is an integer number of fen everywhere in this contract; figures as published are decimal strings in the document's own unit. */
export const fen = z.number().int();
const unit = z.string().min(1).max(300);
const year = z.number().int().min(2000).max(2100);
const yearQuery = z.coerce.number().int().min(2000).max(2100);
/** Stable key of a target or finding: it outlives the document version. */
export const stableKey = z.string().regex(/^[0-9a-f]{32}$/);
export const disclosureKinds = ['budget', 'final-account'] as const;
const kind = z.enum(disclosureKinds);
const moneyUnit = z.enum(['元', '万元']);
export const natureNames = ['≥', '≤', '=', '>', '<', '定性'] as const;
const nature = z.enum(natureNames).nullable();
const why = z.string().trim().min(1).max(2000);
/** A decimal amount as a person writes it; separators are not accepted. */
const amount = z.string().regex(/^-?\d{1,13}(\.\d{1,6})?$/, '金额应为数字，不带千分位');

/** Where something stands: file (from 0), page or line, row and column of a sheet, all from 1. */
export const place = z.object({ file: z.number().optional(), page: z.number().optional(), line: z.number().optional(), row: z.number().optional(), column: z.number().optional() });
const author = { by: z.string(), byName: z.string(), at: z.date() };

const checks = z.object({ passed: z.number(), rounding: z.number(), failed: z.number(), undecidable: z.number() });
export const disclosureItem = z.object({
  id: uuid,
  unit: z.string(),
  unitName: text,
  /** As published, which may be an older name of the unit. */
  publishedUnit: z.string().nullable(),
  department: z.string().nullable(),
  year: z.number(),
  kind,
  moneyUnit: moneyUnit.nullable(),
  /** 1 is the first import of this unit, year and kind; `current` is the newest one. */
  number: z.number(),
  current: z.boolean(),
  tables: z.number(),
  targets: z.number(),
  findings: z.object({ error: z.number(), warning: z.number(), rounding: z.number(), undecidable: z.number(), open: z.number() }),
  checks,
  /** Cells read with doubt. */
  uncertain: z.number(),
  corrections: z.number(),
  files: z.array(z.object({ name: z.string(), sha256: z.string(), size: z.number(), kept: z.boolean() })),
  importedAt: z.date(),
  importedBy: z.string(),
  importedByName: z.string(),
});
const tableItem = z.object({
  n: z.number(),
  id: z.string(),
  title: z.string(),
  kind: z.enum(tableKinds),
  moneyUnit: moneyUnit.nullable(),
  rows: z.number(),
  empty: z.boolean(),
  uncertain: z.number(),
  findings: z.number(),
  remarks: z.array(z.string()),
  place,
});
export const cellItem = z.object({
  /** Position of its column. */
  c: z.number(),
  text: z.string(),
  value: z.string().nullable(),
  /** Only for amounts of money. */
  fen: fen.nullable(),
  confidence: z.number(),
  notes: z.array(z.string()),
  place,
  /** Set when a person corrected it: what stood there before. */
  was: z.string().nullable(),
});
export const tableRow = z.object({
  r: z.number(),
  code: z.string().nullable(),
  name: z.string().nullable(),
  /** 0 合计, 1 类, 2 款, 3 项; null when not classified. */
  level: z.number().nullable(),
  /** `r` of the row this one belongs to, for the tree. */
  parent: z.number().nullable(),
  place,
  repeats: z.number().nullable(),
  cells: z.array(cellItem),
});
export const findingStatuses = ['open', 'explained', 'corrected'] as const;
export const findingItem = z.object({
  key: stableKey,
  rule: z.string(),
  ruleName: text,
  ruleMeaning: text,
  ruleSource: z.string(),
  class: z.enum(findingClasses),
  severity: z.enum(severities),
  places: z.array(place.extend({ table: z.string().nullable() })),
  figures: z.array(z.object({ label: z.string(), value: z.string() })),
  difference: z.string().nullable(),
  message: z.string(),
  status: z.enum(findingStatuses),
  note: z.string().nullable(),
  decided: z.object(author).nullable(),
  /** Said to be corrected, and found again since. */
  recurring: z.boolean(),
});
const changed = z.object({ field: z.string(), before: z.string().nullable(), after: z.string().nullable() });
/** What one version has and the other has not. */
export const difference = z.object({
  from: z.object({ id: uuid, number: z.number() }),
  to: z.object({ id: uuid, number: z.number() }),
  tables: z.object({ added: z.array(z.string()), removed: z.array(z.string()) }),
  cells: z.array(
    z.object({
      table: z.string(),
      row: z.string(),
      column: z.string(),
      change: z.enum(['added', 'removed', 'changed']),
      before: z.string().nullable(),
      after: z.string().nullable(),
    }),
  ),
  /** More cells differ than are listed (2,000). */
  cellsMore: z.number(),
  targets: z.array(z.object({ key: stableKey, project: z.string().nullable(), indicator: z.string(), change: z.enum(['added', 'removed', 'changed']), fields: z.array(changed) })),
  findings: z.array(
    z.object({
      key: stableKey,
      change: z.enum(['added', 'removed', 'changed']),
      severity: z.enum(severities),
      message: z.string(),
      before: z.string().nullable(),
      status: z.enum(findingStatuses).nullable(),
    }),
  ),
});
export type Difference = z.output<typeof difference>;
const unitMatch = z.object({ unit: z.string(), unitName: text, score: z.number(), reason: z.string() });
export const importResult = z.object({
  /** null for a trial and when the unit, year or kind must be chosen first. */
  id: uuid.nullable(),
  /** False: the same content is stored already. */
  fresh: z.boolean(),
  number: z.number().nullable(),
  read: z.object({
    unit: z.string().nullable(),
    year: z.number().nullable(),
    kind: kind.nullable(),
    moneyUnit: moneyUnit.nullable(),
    tables: z.number(),
    targets: z.number(),
    cells: z.number(),
    uncertain: z.number(),
    unread: z.number(),
    masked: z.number(),
    scannedPages: z.number(),
    findings: z.object({ error: z.number(), warning: z.number(), rounding: z.number(), undecidable: z.number() }),
    checks,
    milliseconds: z.number(),
  }),
  /** Hub units whose name is like the published one, best first; only those the actor may import for. */
  units: z.array(unitMatch),
  /** What still has to be chosen before it can be stored. */
  needs: z.array(z.enum(['unit', 'year', 'kind'])),
  superseded: uuid.nullable(),
  difference: difference.nullable(),
  /** Sentences for the person: an original not kept because it names a contact, … */
  notes: z.array(z.string()),
});
export type ImportResult = z.output<typeof importResult>;

export const correction = z.object({
  id: uuid,
  what: z.enum(['cell', 'target', 'statement']),
  address: z.string(),
  /** In words: table, row, column. */
  where: z.string(),
  from: z.string().nullable(),
  to: z.string().nullable(),
  reason: z.string(),
  ...author,
  withdrawn: z.object(author).nullable(),
});
const correctionInput = z.discriminatedUnion('what', [
  z.strictObject({
    what: z.literal('cell'),
    table: z.number().int().min(0),
    row: z.number().int().min(0),
    column: z.number().int().min(0),
    from: z.string().max(2000),
    to: z.string().max(2000),
    reason: why,
  }),
  z.strictObject({
    what: z.literal('target'),
    key: stableKey,
    field: z.enum(['indicator', 'nature', 'value', 'unit', 'weight']),
    from: z.string().max(500).nullable(),
    to: z.string().max(500).nullable(),
    reason: why,
  }),
  z.strictObject({
    what: z.literal('statement'),
    statement: z.number().int().min(0),
    field: z.enum(['amount', 'change', 'percent', 'share']),
    from: z.string().max(60),
    to: z.string().regex(/^-?\d{1,15}(\.\d{1,6})?$/),
    reason: why,
  }),
]);
export type CorrectionInput = z.output<typeof correctionInput>;

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
const counts = z.record(z.string(), z.number());

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

const list = { ...paging };
const tag = 'finance';
const files = ['multipart/form-data'];
const attachment = 'application/octet-stream';

export const financeApi = {
  disclosures: route({
    id: 'listDisclosures',
    method: 'GET',
    path: '/api/finance/disclosures',
    tag,
    access: 'finance.read',
    summary: { zh: '预决算公开文件', en: 'Disclosures' },
    query: z.strictObject({ ...list, unit: unit.optional(), year: yearQuery.optional(), kind: kind.optional(), old: flag.optional() }),
    output: page(disclosureItem).extend({ years: z.array(z.number()), units: z.array(z.object({ unit: z.string(), unitName: text })) }),
  }),
  importDisclosure: route({
    id: 'importDisclosure',
    method: 'POST',
    path: '/api/finance/disclosures',
    tag,
    access: 'finance.manage',
    stream: files,
    bodyLimit: 210 * 1024 * 1024,
    summary: { zh: '导入一份公开（可多个文件或压缩包）', en: 'Import one disclosure: several files or an archive' },
    /** `trial` reads and checks without storing; `keep` asks for the original (never kept when it names a contact); `again` reads known content anew. */
    query: z.strictObject({ unit: unit.optional(), year: yearQuery.optional(), kind: kind.optional(), trial: flag.optional(), keep: flag.optional(), again: flag.optional() }),
    output: importResult,
  }),
  disclosure: route({
    id: 'readDisclosure',
    method: 'GET',
    path: '/api/finance/disclosures/:id',
    tag,
    access: 'finance.read',
    summary: { zh: '一份公开', en: 'One disclosure' },
    params: idParams,
    output: disclosureItem.extend({
      tableList: z.array(tableItem),
      versions: z.array(z.object({ id: uuid, number: z.number(), importedAt: z.date(), importedByName: z.string(), current: z.boolean() })),
      unread: z.array(z.object({ text: z.string(), reason: z.string(), place })),
      scannedPages: z.array(z.object({ file: z.number(), page: z.number() })),
      masked: z.number(),
      pages: z.array(z.object({ file: z.number(), page: z.number(), lines: z.number() })),
      /** Target sheets with their goals, budgets and labelled texts (立项依据 …). */
      sheets: z.array(
        z.object({
          n: z.number(),
          sheet: z.enum(['overall', 'project', 'key-project']),
          project: z.string().nullable(),
          projectCode: z.string().nullable(),
          department: z.string().nullable(),
          goal: z.string().nullable(),
          budget: fen.nullable(),
          executionWeight: z.string().nullable(),
          parts: z.array(z.object({ label: z.string(), fen: fen.nullable() })),
          fields: z.array(z.object({ label: z.string(), text: z.string() })),
        }),
      ),
      projects: z.array(z.object({ key: z.string(), name: z.string(), code: z.string().nullable(), budget: fen.nullable() })),
      mayManage: z.boolean(),
    }),
  }),
  table: route({
    id: 'readDisclosureTable',
    method: 'GET',
    path: '/api/finance/disclosures/:id/tables/:n',
    tag,
    access: 'finance.read',
    summary: { zh: '一张表，逐格', en: 'One table, cell by cell' },
    params: z.strictObject({ id: uuid, n: z.coerce.number().int().min(0).max(10_000) }),
    output: tableItem.extend({
      columns: z.array(z.object({ path: z.array(z.string()), role: z.string(), year: z.number().nullable(), money: z.boolean() })),
      body: z.array(tableRow),
      notes: z.array(z.object({ text: z.string(), place })),
      /** Findings that name this table. */
      findingKeys: z.array(stableKey),
    }),
  }),
  pageText: route({
    id: 'readDisclosurePage',
    method: 'GET',
    path: '/api/finance/disclosures/:id/pages/:file/:page',
    tag,
    access: 'finance.read',
    summary: { zh: '一页原文（已遮蔽联系人）', en: 'The text of one page, contacts masked' },
    params: z.strictObject({ id: uuid, file: z.coerce.number().int().min(0), page: z.coerce.number().int().min(1) }),
    output: z.object({
      file: z.number(),
      fileName: z.string(),
      page: z.number(),
      /** A line is words or, where the source has cells, its cells. */
      lines: z.array(z.object({ place, text: z.string().nullable(), cells: z.array(z.string()).nullable() })),
    }),
  }),
  statements: route({
    id: 'listStatements',
    method: 'GET',
    path: '/api/finance/disclosures/:id/statements',
    tag,
    access: 'finance.read',
    summary: { zh: '文字说明中的数字', en: 'Figures of the narrative' },
    params: idParams,
    output: z.object({
      items: z.array(
        z.object({
          n: z.number(),
          topic: z.string(),
          subject: z.string(),
          text: z.string(),
          amount: z.string().nullable(),
          amountUnit: z.string().nullable(),
          change: z.string().nullable(),
          percent: z.string().nullable(),
          share: z.string().nullable(),
          direction: z.enum(['increase', 'decrease', 'flat']).nullable(),
          reason: z.string().nullable(),
          place,
          findingKeys: z.array(stableKey),
        }),
      ),
    }),
  }),
  findings: route({
    id: 'listFindings',
    method: 'GET',
    path: '/api/finance/disclosures/:id/findings',
    tag,
    access: 'finance.read',
    summary: { zh: '校验发现', en: 'Findings' },
    params: idParams,
    output: z.object({ items: z.array(findingItem), checks }),
  }),
  decideFinding: route({
    id: 'decideFinding',
    method: 'POST',
    path: '/api/finance/disclosures/:id/findings/:key',
    tag,
    access: 'finance.manage',
    summary: { zh: '处理一项发现：说明、更正、重开', en: 'Explain, mark corrected or reopen a finding' },
    params: z.strictObject({ id: uuid, key: stableKey }),
    body: z.strictObject({ status: z.enum(findingStatuses), note: why }),
    output: findingItem,
  }),
  report: route({
    id: 'printFindings',
    method: 'GET',
    path: '/api/finance/disclosures/:id/report',
    tag,
    access: 'finance.read',
    produces: 'text/html',
    summary: { zh: '校验报告（打印、表格、JSON）', en: 'The report: to print, as CSV, as JSON' },
    params: idParams,
    query: z.strictObject({ format: z.enum(['html', 'csv', 'json']).default('html') }),
  }),
  difference: route({
    id: 'compareVersions',
    method: 'GET',
    path: '/api/finance/disclosures/:id/difference',
    tag,
    access: 'finance.read',
    summary: { zh: '与另一版的差异', en: 'Difference from another version' },
    params: idParams,
    /** The version before it unless told. */
    query: z.strictObject({ from: uuid.optional() }),
    output: difference,
  }),
  original: route({
    id: 'downloadOriginal',
    method: 'GET',
    path: '/api/finance/disclosures/:id/files/:sha256',
    tag,
    access: 'finance.manage',
    produces: attachment,
    summary: { zh: '下载保存的原件', en: 'Download a kept original' },
    params: z.strictObject({ id: uuid, sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  }),
  produced: route({
    id: 'produceDisclosure',
    method: 'GET',
    path: '/api/finance/disclosures/:id/produce',
    tag,
    access: 'finance.read',
    produces: attachment,
    summary: { zh: '由存入的数字重新生成一份公开；不带格式时说明缺什么', en: 'Write the disclosure anew from its stored figures; without a format, what is missing' },
    params: idParams,
    query: z.strictObject({ format: z.enum(['xlsx', 'docx', 'html', 'csv', 'json']).optional() }),
    /** Without a format. */
    output: z.object({ missing: z.array(z.string()), formats: z.array(z.string()) }),
  }),
  corrections: route({
    id: 'listCorrections',
    method: 'GET',
    path: '/api/finance/disclosures/:id/corrections',
    tag,
    access: 'finance.read',
    summary: { zh: '更正记录', en: 'Corrections' },
    params: idParams,
    output: z.object({ items: z.array(correction) }),
  }),
  correct: route({
    id: 'correctReading',
    method: 'POST',
    path: '/api/finance/disclosures/:id/corrections',
    tag,
    access: 'finance.manage',
    status: 201,
    summary: { zh: '更正读取结果并重新校验', en: 'Correct what was read, and check again' },
    params: idParams,
    body: correctionInput,
    output: z.object({ id: uuid, checks, added: z.array(z.string()), removed: z.array(z.string()) }),
  }),
  withdrawCorrection: route({
    id: 'withdrawCorrection',
    method: 'DELETE',
    path: '/api/finance/disclosures/:id/corrections/:correction',
    tag,
    access: 'finance.manage',
    summary: { zh: '撤回更正', en: 'Withdraw a correction' },
    params: z.strictObject({ id: uuid, correction: uuid }),
    output: z.object({ checks, added: z.array(z.string()), removed: z.array(z.string()) }),
  }),

  compare: route({
    id: 'compareDisclosures',
    method: 'GET',
    path: '/api/finance/compare',
    tag,
    access: 'finance.read',
    summary: { zh: '跨年度、跨单位比较', en: 'Comparison across years and units' },
    /** `units` comma separated; all in scope unless told. */
    query: z.strictObject({ units: z.string().max(3000).optional(), from: yearQuery.optional(), to: yearQuery.optional(), kind: kind.default('budget') }),
    output: z.object({
      years: z.array(z.number()),
      units: z.array(z.object({ unit: z.string(), unitName: text })),
      /** Totals of each unit and year with the change on the year before. */
      totals: z.array(
        z.object({
          unit: z.string(),
          year: z.number(),
          disclosure: uuid.nullable(),
          expenditure: fen.nullable(),
          income: fen.nullable(),
          basic: fen.nullable(),
          project: fen.nullable(),
          /** Against the stored year before, else against the document's own prior-year column. */
          change: fen.nullable(),
          changeRate: z.number().nullable(),
          changeFrom: z.enum(['stored', 'published', 'none']),
        }),
      ),
      /** Parts of a whole: function 类, economic 类, procurement; for stacked bars and tree maps. */
      composition: z.array(
        z.object({
          unit: z.string(),
          year: z.number(),
          dimension: z.enum(dimensions),
          code: z.string(),
          name: z.string(),
          parent: z.string().nullable(),
          level: z.number(),
          fen,
          share: z.number().nullable(),
        }),
      ),
      threePublic: z.array(
        z.object({
          unit: z.string(),
          year: z.number(),
          basis: z.enum(['budget', 'actual']),
          total: fen.nullable(),
          abroad: fen.nullable(),
          vehiclePurchase: fen.nullable(),
          vehicleRunning: fen.nullable(),
          reception: fen.nullable(),
          published: z.enum(['own', 'prior']),
        }),
      ),
      /** Sentences on what cannot be compared and why. */
      notes: z.array(z.string()),
    }),
  }),

  targets: route({
    id: 'listDisclosedTargets',
    method: 'GET',
    path: '/api/finance/targets',
    tag,
    access: 'finance.read',
    summary: { zh: '公开的绩效目标与实时值', en: 'Disclosed targets with live values' },
    query: z.strictObject({
      year: yearQuery.optional(),
      unit: unit.optional(),
      disclosure: uuid.optional(),
      state: z.enum(progressStates).optional(),
      bound: z.enum(['bound', 'unbound', 'all']).default('all'),
    }),
    output: z.object({ year: z.number(), years: z.array(z.number()), asOf: z.date(), items: z.array(targetItem), counts }),
  }),
  target: route({
    id: 'readDisclosedTarget',
    method: 'GET',
    path: '/api/finance/targets/:key',
    tag,
    access: 'finance.read',
    summary: { zh: '一个目标：逐月值、预测与误差、绑定历史', en: 'One target: months, forecast with error, history' },
    params: z.strictObject({ key: stableKey }),
    output: targetItem.extend({
      suggestions: z.array(suggestionItem),
      plan: plan.nullable(),
      months: z.array(z.object({ month: z.number(), value: z.number().nullable(), total: z.number().nullable() })),
      history: z.array(z.object({ kind: z.string(), words: z.string(), ...author })),
      mayBind: z.boolean(),
    }),
  }),
  bindTarget: route({
    id: 'bindDisclosedTarget',
    method: 'PUT',
    path: '/api/finance/targets/:key/binding',
    tag,
    access: 'target.manage',
    summary: { zh: '确认绑定', en: 'Confirm a binding' },
    params: z.strictObject({ key: stableKey }),
    body: z.strictObject({
      kind: z.enum(bindingKinds),
      code: z.string().regex(/^[a-z][a-z0-9-]{0,80}$/),
      unit,
      progress: z.enum(['cumulative', 'level']),
      reason: z.string().trim().max(1000).optional(),
    }),
    output: targetItem,
  }),
  unbindTarget: route({
    id: 'unbindDisclosedTarget',
    method: 'DELETE',
    path: '/api/finance/targets/:key/binding',
    tag,
    access: 'target.manage',
    summary: { zh: '撤销绑定', en: 'Undo a binding' },
    params: z.strictObject({ key: stableKey }),
    output: targetItem,
  }),
  rejectSuggestion: route({
    id: 'rejectSuggestion',
    method: 'POST',
    path: '/api/finance/targets/:key/rejections',
    tag,
    access: 'target.manage',
    summary: { zh: '否决或恢复一条建议', en: 'Reject a suggestion, or take that back' },
    params: z.strictObject({ key: stableKey }),
    body: z.strictObject({ kind: z.enum(bindingKinds), code: z.string().max(100), unit, rejected: z.boolean() }),
    output: z.object({ suggestions: z.array(suggestionItem) }),
  }),
  bindAll: route({
    id: 'confirmSuggestions',
    method: 'POST',
    path: '/api/finance/targets/bindings',
    tag,
    access: 'target.manage',
    summary: { zh: '一次确认多条建议', en: 'Confirm several suggestions at once' },
    body: z.strictObject({ keys: z.array(stableKey).min(1).max(200), least: z.number().min(50).max(100) }),
    output: z.object({ bound: z.number(), left: z.array(z.object({ key: stableKey, why: z.string() })) }),
  }),
  planTarget: route({
    id: 'planTarget',
    method: 'PUT',
    path: '/api/finance/targets/:key/plan',
    tag,
    access: 'target.manage',
    summary: { zh: '分季度计划（累计值）', en: 'Plan by quarter, cumulative' },
    params: z.strictObject({ key: stableKey }),
    /** Cumulative values at the end of each quarter in the target's unit; null takes the plan away. */
    body: z.strictObject({ plan: z.array(z.number().finite()).length(4).nullable() }),
    output: targetItem,
  }),
  atRisk: route({
    id: 'listTargetsAtRisk',
    method: 'GET',
    path: '/api/finance/at-risk',
    tag,
    access: 'finance.read',
    summary: { zh: '有风险的目标与项目', en: 'Targets and projects at risk' },
    query: z.strictObject({ year: yearQuery.optional(), unit: unit.optional() }),
    output: z.object({ year: z.number(), asOf: z.date(), targets: z.array(targetItem), execution: z.array(executionRow.extend({ unit: z.string(), unitName: text })) }),
  }),

  advice: route({
    id: 'adviseDisclosure',
    method: 'GET',
    path: '/api/finance/disclosures/:id/advice',
    tag,
    access: 'finance.read',
    summary: { zh: '一份公开的目标质量建议', en: 'Advice on the targets of a disclosure' },
    params: idParams,
    output: z.object({ targets: z.array(z.object({ key: stableKey, project: z.string().nullable(), indicator: z.string() })), items: z.array(adviceItem) }),
  }),
  adviseTargets: route({
    id: 'adviseTargets',
    method: 'POST',
    path: '/api/finance/advice',
    tag,
    access: 'finance.read',
    summary: { zh: '公布前检查目标', en: 'Check targets before publishing' },
    body: z.strictObject({
      targets: z.array(adviceInput).min(1).max(500),
      goal: z.string().max(5000).nullable().default(null),
      budget: amount.nullable().default(null),
      moneyUnit: moneyUnit.default('万元'),
    }),
    output: z.object({ items: z.array(adviceItem) }),
  }),

  execution: route({
    id: 'readExecution',
    method: 'GET',
    path: '/api/finance/execution',
    tag,
    access: 'finance.read',
    summary: { zh: '预算执行', en: 'Execution of a unit and year' },
    query: z.strictObject({ unit, year: yearQuery }),
    output: z.object({ unit: z.string(), unitName: text, year: z.number(), asOf: z.date(), rows: z.array(executionRow), mayManage: z.boolean() }),
  }),
  enterExecution: route({
    id: 'enterExecution',
    method: 'PUT',
    path: '/api/finance/execution',
    tag,
    access: 'finance.manage',
    summary: { zh: '填写某月支出', en: 'Enter what was spent in a month' },
    body: z.strictObject({
      unit,
      year,
      /** '' for the unit as a whole. */
      project: z.string().max(300),
      month: z.number().int().min(1).max(12),
      /** null takes the entry away. */
      amount: amount.nullable(),
      moneyUnit,
      note: z.string().trim().max(500).optional(),
    }),
    output: executionRow,
  }),
  importExecution: route({
    id: 'importExecution',
    method: 'POST',
    path: '/api/finance/execution/import',
    tag,
    access: 'finance.manage',
    stream: files,
    bodyLimit: 20 * 1024 * 1024,
    summary: { zh: '导入执行数（CSV、XLSX，按月按项目）', en: 'Import amounts by month and project' },
    query: z.strictObject({ unit, year: yearQuery, moneyUnit: moneyUnit.optional(), trial: flag.optional() }),
    output: z.object({
      /** Nothing is stored while there are faults. */
      stored: z.number(),
      changed: z.number(),
      entries: z.array(z.object({ project: z.string(), name: z.string(), month: z.number(), fen, before: fen.nullable() })),
      faults: z.array(z.object({ row: z.number(), message: z.string() })),
      layout: z.string(),
    }),
  }),
  setBudget: route({
    id: 'adjustBudget',
    method: 'PUT',
    path: '/api/finance/budget',
    tag,
    access: 'finance.manage',
    summary: { zh: '登记全年预算数（调整后）或新增项目', en: 'Set the adjusted budget of a project' },
    body: z.strictObject({ unit, year, project: z.string().max(300), name: z.string().trim().min(1).max(300).optional(), adjusted: amount.nullable(), moneyUnit, reason: why }),
    output: executionRow,
  }),

  monitorings: route({
    id: 'listMonitorings',
    method: 'GET',
    path: '/api/finance/monitorings',
    tag,
    access: 'finance.read',
    summary: { zh: '双监控', en: 'Monitoring of targets and execution' },
    query: z.strictObject({ year: yearQuery.optional(), unit: unit.optional(), period: z.string().max(40).optional(), overdue: flag.optional() }),
    output: z.object({
      year: z.number(),
      asOf: z.date(),
      periods: z.array(z.object({ code: z.string(), name: text, through: date, dueOn: date, source: z.string() })),
      items: z.array(monitoringItem),
      overdue: z.number(),
    }),
  }),
  saveMonitoring: route({
    id: 'saveMonitoring',
    method: 'PUT',
    path: '/api/finance/monitorings',
    tag,
    access: 'finance.manage',
    summary: { zh: '保存或提交监控记录', en: 'Save or submit a monitoring record' },
    body: z.strictObject({
      unit,
      year,
      period: z.string().max(40),
      project: z.string().max(300),
      cause: z.string().trim().max(4000).nullable(),
      correction: z.string().trim().max(4000).nullable(),
      correctionDueOn: date.nullable(),
      submit: z.boolean(),
      version: z.number().int().nullable(),
    }),
    output: monitoringItem,
  }),
  finishCorrection: route({
    id: 'finishMonitoringCorrection',
    method: 'POST',
    path: '/api/finance/monitorings/:id/done',
    tag,
    access: 'finance.manage',
    summary: { zh: '纠偏措施完成', en: 'The correction is done' },
    params: idParams,
    body: z.strictObject({ note: why }),
    output: monitoringItem,
  }),

  schemes: route({
    id: 'listSchemes',
    method: 'GET',
    path: '/api/finance/schemes',
    tag,
    access: 'finance.read',
    summary: { zh: '自评办法', en: 'Self-evaluation schemes' },
    output: z.object({ items: z.array(z.object({ code: z.string(), name: text, from: date, until: date.nullable(), source: z.string(), rules: z.array(z.string()) })) }),
  }),
  evaluations: route({
    id: 'listSelfEvaluations',
    method: 'GET',
    path: '/api/finance/self-evaluations',
    tag,
    access: 'finance.read',
    summary: { zh: '绩效自评', en: 'Self-evaluations' },
    query: z.strictObject({ year: yearQuery.optional(), unit: unit.optional() }),
    output: z.object({
      year: z.number(),
      years: z.array(z.number()),
      items: z.array(
        z.object({
          id: uuid.nullable(),
          unit: z.string(),
          unitName: text,
          year: z.number(),
          sheet: z.enum(['overall', 'project', 'key-project']),
          project: z.string().nullable(),
          state: z.enum([...evaluationStates, 'missing']),
          total: z.number().int().nullable(),
          grade: z.enum(gradeCodes).nullable(),
          gradeName: text.nullable(),
          targets: z.number(),
        }),
      ),
    }),
  }),
  beginEvaluation: route({
    id: 'beginSelfEvaluation',
    method: 'POST',
    path: '/api/finance/self-evaluations',
    tag,
    access: 'finance.manage',
    status: 201,
    summary: { zh: '开始自评', en: 'Begin a self-evaluation' },
    body: z.strictObject({ unit, year, sheet: z.enum(['overall', 'project', 'key-project']), project: z.string().max(300).nullable(), scheme: z.string().max(80).optional() }),
    output: evaluationSheet,
  }),
  evaluation: route({
    id: 'readSelfEvaluation',
    method: 'GET',
    path: '/api/finance/self-evaluations/:id',
    tag,
    access: 'finance.read',
    summary: { zh: '一份自评，附算法', en: 'One self-evaluation with its arithmetic' },
    params: idParams,
    output: evaluationSheet,
  }),
  saveEvaluation: route({
    id: 'saveSelfEvaluation',
    method: 'PUT',
    path: '/api/finance/self-evaluations/:id',
    tag,
    access: 'finance.manage',
    ifMatch: true,
    summary: { zh: '填写自评', en: 'Fill in a self-evaluation' },
    params: idParams,
    body: z.strictObject({
      goalActual: z.string().trim().max(5000).nullable(),
      executionCause: z.string().trim().max(4000).nullable(),
      lines: z
        .array(
          z.strictObject({
            key: stableKey,
            actual: z.string().trim().max(200).nullable(),
            rating: z.number().min(0).max(100).nullable(),
            tooLow: z.boolean(),
            cause: z.string().trim().max(4000).nullable(),
          }),
        )
        .max(500),
    }),
    output: evaluationSheet,
  }),
  submitEvaluation: route({
    id: 'submitSelfEvaluation',
    method: 'POST',
    path: '/api/finance/self-evaluations/:id/submit',
    tag,
    access: 'finance.manage',
    ifMatch: true,
    summary: { zh: '提交自评', en: 'Submit' },
    params: idParams,
    output: evaluationSheet,
  }),
  reviewEvaluation: route({
    id: 'reviewSelfEvaluation',
    method: 'POST',
    path: '/api/finance/self-evaluations/:id/review',
    tag,
    access: 'finance.review',
    ifMatch: true,
    summary: { zh: '审核自评：通过或退回', en: 'Pass it or return it' },
    params: idParams,
    body: z.strictObject({ pass: z.boolean(), opinion: why }),
    output: evaluationSheet,
  }),
  evaluationForm: route({
    id: 'exportSelfEvaluation',
    method: 'GET',
    path: '/api/finance/self-evaluations/:id/form',
    tag,
    access: 'finance.read',
    produces: attachment,
    summary: { zh: '自评表（DOCX、XLSX、打印）', en: 'The form: DOCX, XLSX, to print' },
    params: idParams,
    query: z.strictObject({ format: z.enum(['docx', 'xlsx', 'html']).default('html') }),
  }),
};
