// Meter readings: a cumulative count with so many digits, what was used since the last, and when a smaller number is a roll-over.
export interface Meter {
  /** Digits before the point that the meter shows: after 99999 comes 00000. */
  digits: number;
  /** Stream of the same thing that gets what was used between two readings. */
  used: string;
}
export interface MeterReading {
  at: number;
  value: number;
}
export type MeterStep =
  | { used: number; rolled: boolean }
  /** What must be said or put right before it can be taken. */
  | { fault: string; ask: 'rollover' | 'none' };

const round = (v: number): number => Math.round(v * 1e6) / 1e6;

/**
 * What a new reading means after the last one. A smaller number is refused unless the reader says that the meter rolled over, or that it was
 * replaced (then counting begins with the new meter's `start`). A roll-over of more than half the meter's range is not believed.
 */
export function meterStep(meter: Meter, last: MeterReading | undefined, now: MeterReading, said: { rollover?: boolean | undefined; start?: number | undefined }): MeterStep {
  const range = 10 ** meter.digits;
  if (!(now.value >= 0 && now.value < range)) return { fault: `表底应在 0 与 ${range - 1} 之间`, ask: 'none' };
  if (!last) return { used: 0, rolled: false };
  if (now.at <= last.at) return { fault: '须晚于上次抄表的时刻', ask: 'none' };
  if (said.start !== undefined) {
    if (now.value < said.start) return { fault: '小于新表的起始表底', ask: 'none' };
    return { used: round(now.value - said.start), rolled: false };
  }
  if (now.value >= last.value) return said.rollover ? { fault: '读数没有变小，不是表底归零', ask: 'none' } : { used: round(now.value - last.value), rolled: false };
  const used = round(range - last.value + now.value);
  if (!said.rollover) return { fault: `小于上次的 ${last.value}：请核对；若表底已归零或换过表，请注明`, ask: 'rollover' };
  if (used > range / 2) return { fault: `按归零计算用量为 ${used}，超过量程的一半，请核对`, ask: 'none' };
  return { used, rolled: true };
}
