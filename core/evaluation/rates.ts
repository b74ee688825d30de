// On-time and quality rates of units: the counts a period gives, the formulas over them, and the definitions printed under every table.
import type { Text } from '../contract.ts';

/** Counts of one unit's shares (承办任务) in a period; what they mean is in `definitions`. */
export interface Counts {
  offered: number;
  ackDue: number;
  ackInTime: number;
  needDone: number;
  done: number;
  doneInTime: number;
  overdueOpen: number;
  deferred: number;
  reworked: number;
  returned: number;
  /** Sum of hours from acknowledgement to done, over `timed` tasks. */
  handleHours: number;
  timed: number;
}
export const countNames = ['offered', 'ackDue', 'ackInTime', 'needDone', 'done', 'doneInTime', 'overdueOpen', 'deferred', 'reworked', 'returned'] as const;
export type CountName = (typeof countNames)[number];

export interface Rates {
  ackRate: number | null;
  onTimeRate: number | null;
  doneRate: number | null;
  reworkRate: number | null;
  returnRate: number | null;
  meanHandleHours: number | null;
}

const percent = (part: number, whole: number): number | null => (whole > 0 ? Math.round((part / whole) * 1000) / 10 : null);

/** Rates in percent with one decimal (hours for the mean); null where nothing was there to be measured – never 0, never 100. */
export const rates = (c: Counts): Rates => ({
  ackRate: percent(c.ackInTime, c.ackDue),
  onTimeRate: percent(c.doneInTime, c.needDone),
  doneRate: percent(c.done, c.needDone),
  reworkRate: percent(c.reworked, c.done),
  returnRate: percent(c.returned, c.offered),
  meanHandleHours: c.timed > 0 ? Math.round((c.handleHours / c.timed) * 10) / 10 : null,
});

export const noCounts: Counts = {
  offered: 0,
  ackDue: 0,
  ackInTime: 0,
  needDone: 0,
  done: 0,
  doneInTime: 0,
  overdueOpen: 0,
  deferred: 0,
  reworked: 0,
  returned: 0,
  handleHours: 0,
  timed: 0,
};
/** Sum over units: rates of a whole come from its counts, never from averaging rates. */
export const total = (list: Counts[]): Counts => {
  const sum = { ...noCounts };
  for (const c of list) for (const k of Object.keys(sum) as (keyof Counts)[]) sum[k] += c[k];
  return sum;
};

/** 口径, as printed (domain.md §7.2). */
export const definitions: Record<CountName | keyof Rates, Text> = {
  offered: { zh: '接收数：期内派给该单位的承办任务（撤回的不计）', en: 'Shares offered to the unit in the period, withdrawn ones left out' },
  ackDue: { zh: '应签收数：期内派出且已签收，或签收时限已过的任务', en: 'Offered in the period and acknowledged, or past the limit to acknowledge' },
  ackInTime: { zh: '及时签收数：应签收数中在签收时限内签收的', en: 'Of these, acknowledged within the limit' },
  needDone: {
    zh: '应办结数：期内办结的任务，加办结时限在期内、到期末（或此刻）仍未办结的任务；挂账中的与退回的不计',
    en: 'Done in the period, plus due in the period and still not done at its end (or now); deferred and returned ones left out',
  },
  done: { zh: '办结数：期内完成的任务', en: 'Done in the period' },
  doneInTime: { zh: '按期办结数：期内完成且各办理阶段均未超过时限的任务（依批准的延期计）', en: 'Done in the period with no handling limit passed (granted extensions count)' },
  overdueOpen: { zh: '超期未办结数：应办结而未办结的任务', en: 'Due but not done' },
  deferred: { zh: '挂账数：期末（或此刻）经批准挂账的任务', en: 'Deferred with approval' },
  reworked: { zh: '返工任务数：期内完成的任务中曾被退回返工的', en: 'Done in the period after rework' },
  returned: { zh: '退回数：期内派出后被该单位退回的任务', en: 'Offered in the period and returned as not theirs' },
  ackRate: { zh: '签收及时率 = 及时签收数 ÷ 应签收数', en: 'Acknowledged in time ÷ to acknowledge' },
  onTimeRate: { zh: '按期办结率 = 按期办结数 ÷ 应办结数（应办结数已扣除挂账）', en: 'Done in time ÷ to be done (deferred left out)' },
  doneRate: { zh: '办结率 = 办结数 ÷ 应办结数', en: 'Done ÷ to be done' },
  reworkRate: { zh: '返工率 = 返工任务数 ÷ 办结数', en: 'Reworked ÷ done' },
  returnRate: { zh: '退回率 = 退回数 ÷ 接收数', en: 'Returned ÷ offered' },
  meanHandleHours: { zh: '平均办理用时 = 期内完成任务从签收到完成的自然小时数的平均', en: 'Mean natural hours from acknowledgement to done' },
};
