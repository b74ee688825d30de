// Checks read disclosures against the rules: facts, equations, causes, then rules of targets, content and between documents. Pure.
import type { Disclosure } from '../model.ts';
import type { RuleSet } from '../pack.ts';
import { reportEquations } from './causes.ts';
import { checkContent } from './content.ts';
import { type Checked, checkDocuments } from './documents.ts';
import { Book } from './facts.ts';
import { checkFigures } from './figures.ts';
import { agreements, countSums, narrativeFacts } from './narrative.ts';
import { type CheckReport, Collector } from './report.ts';
import { Scope } from './scope.ts';
import { balanceFacts, economicFacts, functionalFacts, missingTotals, procurementFacts, procurementSums, projectFacts, threePublicFacts } from './tables.ts';
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
  countSums(d, out);
  checkTargets(book, d, out);
  checkContent(d, out);
  return { d, book, out };
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
