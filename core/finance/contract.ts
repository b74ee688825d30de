// HTTP contract of finance: disclosures read and checked, corrections, comparison, targets bound to indicators, execution, monitoring, self-evaluation.
import { disclosureRoutes } from './contract/disclosure-routes.ts';
import { targetRoutes } from './contract/target-routes.ts';
import { workRoutes } from './contract/work-routes.ts';

export { disclosureKinds, fen, natureNames, place, stableKey } from './contract/parts.ts';
export * from './contract/disclosure-items.ts';
export * from './contract/target-items.ts';
export * from './contract/work-items.ts';

export const financeApi = { ...disclosureRoutes, ...targetRoutes, ...workRoutes };
