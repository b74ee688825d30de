// Indicators: what other slices and the routes may use of them.
export { type Changed, type Evidence, type MeasureProvider, type MeasureQuery, type OnValues } from './compute.ts';
export { type Instance, syncDefinitions, syncInstances } from './catalogue.ts';
export { Indicators, indicatorsOf } from './live.ts';
export { type Value, browse, compare, drillDown, read, series, summary, valueOf } from './read.ts';
export { enter, preview, publish, recompute, startRecompute } from './define.ts';
export { putRiskPoint, riskPoints } from './risk-points.ts';
export { current as content } from '../packs/service.ts';
