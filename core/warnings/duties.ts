// What a level asks by itself: who is told next while nobody acknowledges, where the rule has no steps of its own.
import type { Level, WarningRule } from './pack.ts';

type Step = WarningRule['escalate'][number];
/** Our numbers, the same the pages show as duties of the levels; level IV is planned work and calls nobody else. */
export const levelSteps: Record<Level, readonly Step[]> = {
  1: [
    { after: 'PT5M', to: 'shift_lead' },
    { after: 'PT15M', to: 'duty_leader' },
  ],
  2: [
    { after: 'PT5M', to: 'shift_lead' },
    { after: 'PT15M', to: 'duty_leader' },
  ],
  3: [{ after: 'PT30M', to: 'shift_lead' }],
  4: [],
};
/** Steps of a warning of this level by this rule: its own, or those of the level. */
export const stepsOf = (rule: Pick<WarningRule, 'escalate'>, level: number): readonly Step[] => (rule.escalate.length ? rule.escalate : (levelSteps[level as Level] ?? []));
