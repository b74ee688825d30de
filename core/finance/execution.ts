// Budget execution: what was spent by month and project against the budget and the time gone by.
import type { Text } from '../contract.ts';

export const executionStates = ['on-track', 'slow', 'fast', 'over', 'unknown'] as const;
export type ExecutionState = (typeof executionStates)[number];
export const executionStateNames: Record<ExecutionState, Text> = {
  'on-track': { zh: '与时间进度相当', en: 'In step with time' },
  slow: { zh: '慢于时间进度', en: 'Behind' },
  fast: { zh: '快于时间进度', en: 'Ahead' },
  over: { zh: '超出预算', en: 'Over budget' },
  unknown: { zh: '尚无数据', en: 'No data yet' },
};
