// The map of the screens: every address, what it shows; pages load when they are first opened.
import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { loadMe } from './api.ts';
import { Workbench } from './shell/layout.tsx';
import { PageFailed } from './shell/failed.tsx';
import { Login, Password } from './shell/login.tsx';
import { NotFound } from './shell/not-found.tsx';

const root = createRootRouteWithContext<{ queries: QueryClient }>()({ notFoundComponent: NotFound });
const login = createRoute({ getParentRoute: () => root, path: '/login', component: Login });
const password = createRoute({
  getParentRoute: () => root,
  path: '/password',
  component: Password,
  beforeLoad: async ({ context }) => {
    if (!(await loadMe(context.queries))) throw redirect({ to: '/login' });
  },
});
/** Opened by its link, without sign-in. */
const survey = createRoute({ getParentRoute: () => root, path: '/survey/$token', component: lazyRouteComponent(() => import('./evaluation/survey.tsx'), 'SurveyPage') });
/** Everything behind sign-in. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  component: Workbench,
  beforeLoad: async ({ context }) => {
    const me = await loadMe(context.queries);
    if (!me) throw redirect({ to: '/login' });
    if (me.mustChange) throw redirect({ to: '/password' });
  },
});
const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/work' });
  },
});

const page = <P extends string>(path: P, load: () => Promise<Record<string, unknown>>, name: string) =>
  createRoute({ getParentRoute: () => inside, path, component: lazyRouteComponent(load as () => Promise<Record<string, never>>, name) });

const caseList = () => import('./cases/list.tsx');
const records = () => import('./records/pages.tsx');
const evaluation = () => import('./evaluation/pages.tsx');
const reviews = () => import('./review/pages.tsx');
const people = () => import('./people/pages.tsx');

const tree = root.addChildren([
  home,
  login,
  password,
  survey,
  inside.addChildren([
    page('/work', caseList, 'Work'),
    page('/cases', caseList, 'Cases'),
    page('/cases/new', () => import('./cases/new.tsx'), 'NewCase'),
    page('/cases/$id', () => import('./cases/detail.tsx'), 'CaseDetail'),
    page('/warnings', () => import('./warnings/list.tsx'), 'Warnings'),
    page('/warnings/rules', () => import('./warnings/rules.tsx'), 'RulesPage'),
    page('/warnings/load', () => import('./warnings/load.tsx'), 'LoadPage'),
    page('/warnings/shelves', () => import('./warnings/shelves.tsx'), 'ShelvesPage'),
    page('/warnings/webhooks', () => import('./warnings/webhooks.tsx'), 'WebhooksPage'),
    page('/warnings/$id', () => import('./warnings/detail.tsx'), 'WarningDetail'),
    page('/duty', () => import('./duty/today.tsx'), 'DutyToday'),
    page('/duty/roster', () => import('./duty/roster.tsx'), 'Roster'),
    page('/duty/handovers', () => import('./duty/handovers.tsx'), 'Handovers'),
    page('/duty/handovers/$id', () => import('./duty/handovers.tsx'), 'HandoverDetail'),
    page('/things', () => import('./signals/list.tsx'), 'Things'),
    page('/things/register', () => import('./signals/register.tsx'), 'Register'),
    page('/things/placing', () => import('./signals/placing.tsx'), 'Placing'),
    page('/things/calibrations', () => import('./signals/calibrate.tsx'), 'CalibrationsDue'),
    page('/things/probes', () => import('./signals/probes.tsx'), 'ProbesPage'),
    page('/things/intake', () => import('./signals/intake.tsx'), 'Intake'),
    page('/things/mappers', () => import('./signals/mappers.tsx'), 'MappersPage'),
    page('/things/by-hand', () => import('./signals/by-hand.tsx'), 'ByHand'),
    page('/things/quarantine', () => import('./signals/quarantine.tsx'), 'QuarantinePage'),
    page('/indicators', () => import('./indicators/browse.tsx'), 'Indicators'),
    page('/indicators/compare', () => import('./indicators/compare.tsx'), 'ComparePage'),
    page('/indicators/indices', () => import('./indicators/indices.tsx'), 'Indices'),
    page('/indicators/$code', () => import('./indicators/detail.tsx'), 'IndicatorDetail'),
    page('/indicators/$code/edit', () => import('./indicators/edit.tsx'), 'IndicatorEdit'),
    page('/risk-points', () => import('./indicators/risks.tsx'), 'RiskPoints'),
    page('/ledgers', records, 'Ledgers'),
    page('/ledgers/$code', records, 'Ledgers'),
    page('/targets', evaluation, 'Targets'),
    page('/evaluation', evaluation, 'Evaluation'),
    page('/finance', () => import('./finance/list.tsx'), 'Disclosures'),
    page('/finance/import', () => import('./finance/import.tsx'), 'ImportPage'),
    page('/finance/compare', () => import('./finance/compare.tsx'), 'ComparePage'),
    page('/finance/targets', () => import('./finance/targets.tsx'), 'FinanceTargets'),
    page('/finance/execution', () => import('./finance/execution.tsx'), 'ExecutionPage'),
    page('/finance/monitoring', () => import('./finance/monitoring.tsx'), 'MonitoringPage'),
    page('/finance/evaluations', () => import('./finance/evaluations.tsx'), 'EvaluationsPage'),
    page('/finance/evaluations/$id', () => import('./finance/evaluation.tsx'), 'EvaluationPage'),
    page('/finance/advice', () => import('./finance/advice.tsx'), 'AdvicePage'),
    page('/finance/$id', () => import('./finance/disclosure.tsx'), 'DisclosurePage'),
    page('/reviews', reviews, 'Reviews'),
    page('/reviews/$id', reviews, 'ReviewDetail'),
    page('/settings/packs', () => import('./packs/pages.tsx'), 'Packs'),
    page('/settings/people', people, 'People'),
    page('/settings/audit', people, 'Audit'),
    page('/settings/jobs', people, 'JobsPage'),
  ]),
]);

export const makeRouter = (queries: QueryClient) =>
  createRouter({ routeTree: tree, context: { queries }, defaultPreload: false, scrollRestoration: true, defaultErrorComponent: PageFailed });
declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
