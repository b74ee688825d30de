// Progress of a published target through its year: expected by time or by a plan, forecast at year end with its error.
import type { Text } from '../contract.ts';

export const progressStates = ['reached', 'on-the-way', 'at-risk', 'missed', 'unknown'] as const;
export type ProgressState = (typeof progressStates)[number];
export const progressStateNames: Record<ProgressState, Text> = {
  reached: { zh: '已达到', en: 'Reached' },
  'on-the-way': { zh: '推进中', en: 'On the way' },
  'at-risk': { zh: '有风险', en: 'At risk' },
  missed: { zh: '未达到', en: 'Missed' },
  unknown: { zh: '未知', en: 'Unknown' },
};
