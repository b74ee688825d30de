// What evaluation offers: rates of units, surveys, targets.
export { answerLink, askFor, followCases, makeLink, openLink, satisfiedFrom } from './surveys.ts';
export { answerOf, bindTarget, listTargets, liveOf, rateTarget, readTarget, unbindTarget } from './targets.ts';
export { caseMeasure, surveyMeasure, surveyValue } from './measure.ts';
export type { SurveyQuery } from './measure.ts';
export { requests, spread, unitCounts, unitShares } from './store.ts';
