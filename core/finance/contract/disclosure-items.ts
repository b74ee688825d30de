// Shapes of disclosures on the wire: documents, tables, cells, findings, differences of versions, corrections.
import * as z from 'zod';
import { text, uuid } from '../../contract.ts';
import { tableKinds } from '../model.ts';
import { findingClasses, severities } from '../pack.ts';
import { author, fen, kind, moneyUnit, place, stableKey, why } from './parts.ts';

export const checks = z.object({ passed: z.number(), rounding: z.number(), failed: z.number(), undecidable: z.number() });
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
export const tableItem = z.object({
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
export const changed = z.object({ field: z.string(), before: z.string().nullable(), after: z.string().nullable() });
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
export const unitMatch = z.object({ unit: z.string(), unitName: text, score: z.number(), reason: z.string() });
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
export const correctionInput = z.discriminatedUnion('what', [
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
