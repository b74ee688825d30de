// What checking gives: findings with figures and places, and how many checks passed.
import type { FinanceRule, RuleKind, RuleSet, Severity } from '../pack.ts';
import type { Place } from '../model.ts';

export interface FindingPlace extends Place {
  table: string | null;
}
export interface Finding {
  /** Code of the rule. */
  rule: string;
  class: 'figures' | 'targets' | 'content';
  severity: Severity;
  places: FindingPlace[];
  /** Decimal strings in the document's own unit, without separators. */
  figures: { label: string; value: string }[];
  difference: string | null;
  /** One sentence in Chinese. */
  message: string;
}
export interface CheckCounts {
  passed: number;
  rounding: number;
  failed: number;
  undecidable: number;
}
export interface CheckReport {
  findings: Finding[];
  checks: CheckCounts;
}

export const placeOf = (place: Place, table: string | null): FindingPlace => ({ ...place, table });
const keyOf = (p: FindingPlace) => `${p.file ?? 0}/${p.page ?? 0}/${p.line ?? 0}/${p.row ?? 0}/${p.table ?? ''}`;
/** Places without repetition, in the order given; one per row (columns of the same row are one place). */
export function distinct(places: FindingPlace[]): FindingPlace[] {
  const seen = new Set<string>();
  return places.filter((p) => {
    const k = keyOf(p);
    return seen.has(k) ? false : (seen.add(k), true);
  });
}

/** Collects findings and counts; rules that are switched off neither count nor report. */
export class Collector {
  readonly findings: Finding[] = [];
  readonly counts: CheckCounts = { passed: 0, rounding: 0, failed: 0, undecidable: 0 };
  private readonly rules = new Map<RuleKind, FinanceRule>();
  constructor(rules: RuleSet) {
    for (const r of rules) if (r.enabled) this.rules.set(r.kind, r);
  }
  rule(kind: RuleKind): FinanceRule | null {
    return this.rules.get(kind) ?? null;
  }
  list(kind: RuleKind, name: string, fallback: string[] = []): string[] {
    const v = this.rules.get(kind)?.parameters[name];
    return Array.isArray(v) ? v : fallback;
  }
  number(kind: RuleKind, name: string, fallback: number): number {
    const v = this.rules.get(kind)?.parameters[name];
    return typeof v === 'number' ? v : fallback;
  }
  pass(kind: RuleKind, n = 1): void {
    if (this.rules.has(kind)) this.counts.passed += n;
  }
  /** Counts without reporting (further checks that fail for a cause already reported). */
  count(kind: RuleKind, status: keyof CheckCounts): void {
    if (this.rules.has(kind)) this.counts[status] += 1;
  }
  /** Reports a finding; counted as one check unless `counted` says it was counted already. */
  add(kind: RuleKind, finding: { places: FindingPlace[]; figures?: Finding['figures']; difference?: string | null; message: string; severity?: Severity }, counted = false): void {
    const rule = this.rules.get(kind);
    if (!rule) return;
    const severity = finding.severity ?? rule.severity;
    this.findings.push({
      rule: rule.code,
      class: rule.class,
      severity,
      places: distinct(finding.places),
      figures: finding.figures ?? [],
      difference: finding.difference ?? null,
      message: finding.message,
    });
    if (!counted) this.counts[severity === 'rounding' ? 'rounding' : severity === 'undecidable' ? 'undecidable' : 'failed'] += 1;
  }
}
