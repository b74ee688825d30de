// Advice on the quality of targets before they are published: what every result passes, what nobody can measure, what is promised twice.
export const adviceRules = [
  'always-met',
  'never-met',
  'reversed',
  'no-unit',
  'no-value',
  'cost-direction',
  'duplicate',
  'several-promises',
  'unmeasurable',
  'qualitative-number',
  'weights',
  'goal-mismatch',
  'over-budget',
  'low-weight',
  'no-satisfaction',
  'name',
] as const;
export type AdviceRule = (typeof adviceRules)[number];
export const advicePlaces = ['indicator', 'nature', 'value', 'unit', 'weight', 'sheet'] as const;
