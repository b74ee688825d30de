// What evaluation hears: cases that close or are rated become survey requests and answers; and the numbers it gives to indicators.
import { indicatorsOf } from '../indicators/service.ts';
import type { System } from '../main.ts';
import { follow } from '../platform/facts.ts';
import { caseMeasure, followCases, satisfiedFrom, surveyMeasure } from './service.ts';

export function installEvaluation(system: System): void {
  const { hub } = system;
  const all = indicatorsOf(hub);
  if (!all.providers.has('case')) all.provide('case', caseMeasure);
  all.provide('survey', surveyMeasure(satisfiedFrom(hub)));
  system.live.show('survey', 'evaluation.read');
  system.live.show('target', 'target.read');
  system.onStart(async () => {
    await follow(hub, 'evaluation', { kinds: ['case.closed', 'case.evaluated'], handle: followCases });
  });
}
