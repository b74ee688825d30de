// What a fact is: one change of judgement, appended in the transaction that made it, never edited.

/** A fact about to be appended. `kind` is past tense and dotted (`case.closed`), `subject` is `type:id`. */
export interface NewFact {
  kind: string;
  subject: string;
  data: Record<string, unknown>;
  /** Path of the unit this fact belongs to; live updates and followers may filter by it. */
  unit?: string;
  /** Personal or erasable content, stored apart; the chain holds only its salted digest. */
  erasable?: Record<string, unknown>;
}

/** A stored fact. `tx` and `position` together are its place in the log (the Last-Event-ID is `tx-position`). */
export interface Fact {
  position: string;
  tx: string;
  at: Date;
  realm: string;
  by: string;
  kind: string;
  subject: string;
  unit: string | null;
  data: Record<string, unknown>;
  /** Place in the chain of its subject, from 1. */
  seq: number;
  hash: string;
}

/** `case:018f…` → `['case', '018f…']`. */
export function splitSubject(subject: string): [type: string, id: string] {
  const at = subject.indexOf(':');
  return at < 0 ? [subject, ''] : [subject.slice(0, at), subject.slice(at + 1)];
}

/** JSON with sorted keys and no white space: the form that is hashed (RFC 8785 for the values we use). */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (value instanceof Date) return JSON.stringify(value.toISOString());
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const entries = Object.entries(value as Record<string, unknown>)
    .filter(([, v]) => v !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(',')}}`;
}
