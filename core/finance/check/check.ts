// Checks read disclosures against the rules: facts, equations, causes, then rules of targets, content and between documents. Pure.
import type { Disclosure } from '../model.ts';
import type { RuleSet } from '../pack.ts';
import { reportEquations } from './causes.ts';
import { comparisonWords } from './comparison.ts';
import { checkContent } from './content.ts';
import { type Checked, checkDocuments } from './documents.ts';
import { Book } from './facts.ts';
import { checkFigures, growthColumns } from './figures.ts';
import { agreements, countSums, narrativeFacts } from './narrative.ts';
import { type CheckReport, Collector, placeOf } from './report.ts';
import { Scope } from './scope.ts';
import { procurementFacts, procurementSums, projectFacts, threePublicFacts } from './lists.ts';
import { missingTotals } from './sums.ts';
import { balanceFacts, economicFacts, functionalFacts } from './tables.ts';
import { checkTargets, targetFacts } from './targets.ts';

export type { CheckCounts, CheckReport, Finding, FindingPlace } from './report.ts';

function checkOne(d: Disclosure, rules: RuleSet): Checked {
  const out = new Collector(rules);
  const book = new Book(d.moneyUnit ?? '万元', d.tables);
  const scope = new Scope(d);
  missingTotals(book);
  procurementSums(book);
  for (const v of d.balances) balanceFacts(book, v, scope);
  for (const v of d.functional) functionalFacts(book, v, scope);
  for (const v of d.economic) economicFacts(book, v, scope);
  for (const v of d.threePublic) threePublicFacts(book, v, d);
  procurementFacts(book, d);
  projectFacts(book, d, scope);
  const said = narrativeFacts(book, d, scope, out);
  targetFacts(book, d, scope, said, out);
  agreements(book, d, said);
  checkFigures(book, d, scope, said, out);
  reportEquations(book, out);
  growthColumns(d, book, out);
  countSums(d, out);
  comparisonWords(d, book, said, out);
  checkTargets(book, d, out);
  checkContent(d, out);
  uncertainReadings(d, out);
  return { d, book, out };
}

/** Figures whose place in a table the sums could not decide: one remark per table, nothing is judged by them. */
function uncertainReadings(d: Disclosure, out: Collector): void {
  for (const t of d.tables) {
    const rows = t.rows.filter((r) => r.cells.some((c) => c.value !== null && c.notes?.includes('undecided')));
    if (rows.length === 0) {
      if (!t.empty) out.pass('uncertain');
      continue;
    }
    const figures = rows.reduce((n, r) => n + r.cells.filter((c) => c.value !== null && c.notes?.includes('undecided')).length, 0);
    out.add('uncertain', {
      places: rows.map((r) => placeOf(r.place, t.id)),
      message: `${t.id}在转换中丢失了空格，有${figures}个数字所在的栏不能由合计关系唯一确定，请对照原表核对。`,
      severity: 'undecidable',
    });
  }
}

const weight = { error: 0, warning: 1, rounding: 2, undecidable: 3 } as const;

/**
 * Checks disclosures one by one and against each other (department and units, this year and last year).
 * Reports come in the order of the documents; findings by weight, then in the order they were found.
 */
export function checkDisclosure(documents: Disclosure[], rules: RuleSet): CheckReport[] {
  const checked = documents.map((d) => checkOne(d, rules));
  if (checked.length > 1) checkDocuments(checked);
  return checked.map(({ out }) => ({ findings: out.findings.toSorted((a, b) => weight[a.severity] - weight[b.severity]), checks: out.counts }));
}
