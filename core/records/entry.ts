// One entry of a ledger: when its work was done, whether what it says can stand, and how entries become a number.
import { type Field, formFaults } from '../form.ts';
import type { ProblemItem } from '../problem.ts';
import { localInstant } from '../time.ts';
import type { Ledger } from './pack.ts';

export type Data = Record<string, unknown>;

/** The field that dates an entry. */
export const whenField = (ledger: Ledger): Field => ledger.fields.find((f) => f.name === ledger.when) ?? ledger.fields.find((f) => f.type === 'date' || f.type === 'instant')!;

/** Instant the work was done; a date counts from its local midnight. */
export function happenedAt(ledger: Ledger, data: Data): Date {
  const f = whenField(ledger);
  const v = String(data[f.name]);
  return f.type === 'date' ? localInstant(v) : new Date(v);
}

/** What is wrong with an entry, by pointer: the form's own rules; work that is not done yet is not entered. */
export function entryFaults(ledger: Ledger, data: Data, now: Date, at = '/body/data'): ProblemItem[] {
  const faults = formFaults(ledger.fields, data, at);
  if (faults.length) return faults;
  const f = whenField(ledger);
  if (happenedAt(ledger, data) > now) return [{ pointer: `${at}/${f.name}`, message: `${f.label.zh}：不能晚于现在，台账只登记已经完成的工作` }];
  return [];
}

export const measures = ['count', 'sum', 'avg', 'max', 'days'] as const;
export type Measure = (typeof measures)[number];

/** Fields of a ledger that differ between two versions, by label: what an amendment changed. */
export function changes(ledger: Ledger, before: Data, after: Data): { name: string; label: { zh: string; en: string }; before: unknown; after: unknown }[] {
  return ledger.fields
    .filter((f) => JSON.stringify(before[f.name] ?? null) !== JSON.stringify(after[f.name] ?? null))
    .map((f) => ({ name: f.name, label: f.label, before: before[f.name] ?? null, after: after[f.name] ?? null }));
}
