// Deadlines by the five clocks (domain.md §5.1), each with an explanation that a person can check line by line.
import { DAY, HOUR, MINUTE, addDays, dateOf, localInstant, localIso, minuteOf } from '../time.ts';
import { type Calendar, dayOf } from './calendar.ts';

/** urgent_hour, urgent_day: natural time; work_hour: office hours only; work_day: working days; natural_day: calendar days. */
export const clocks = ['urgent_hour', 'work_hour', 'urgent_day', 'work_day', 'natural_day'] as const;
export type Clock = (typeof clocks)[number];
export const clockNames: Record<Clock, { zh: string; en: string }> = {
  urgent_hour: { zh: '紧急工作时', en: 'urgent hours' },
  work_hour: { zh: '工作时', en: 'office hours' },
  urgent_day: { zh: '紧急工作日', en: 'urgent days' },
  work_day: { zh: '工作日', en: 'working days' },
  natural_day: { zh: '自然日', en: 'calendar days' },
};

export interface Deadline {
  due: Date;
  /** Some day that decided it lies beyond the published calendar. */
  provisional: boolean;
  explanation: string[];
}

const hoursText = (ms: number): string => {
  const minutes = Math.round(ms / MINUTE);
  const h = Math.floor(minutes / 60);
  const m = minutes % 60;
  return [h && `${h} 小时`, m && `${m} 分钟`].filter(Boolean).join(' ') || '0 分钟';
};

/**
 * When something received at `from` is due: `amount` units of `clock`.
 * Day clocks do not count the day of receipt; work_day ends with the office hours of its last day, natural_day at 24:00
 * without rolling over a holiday, urgent_hour and urgent_day run through nights and holidays.
 * @throws RangeError when the amount is not between 0 and 10,000 (hours or days; fractions only for hours).
 */
export function deadline(calendar: Calendar, from: Date, clock: Clock, amount: number): Deadline {
  if (!(amount >= 0 && amount <= 10_000)) throw new RangeError(`时限数量应在 0 与 10000 之间: ${amount}`);
  if ((clock === 'work_day' || clock === 'natural_day' || clock === 'urgent_day') && !Number.isInteger(amount)) throw new RangeError(`按日计的时限应为整数: ${amount}`);
  const explanation = [`起算：${minuteOf(from)}`];
  switch (clock) {
    case 'urgent_hour':
    case 'urgent_day': {
      const ms = amount * (clock === 'urgent_hour' ? HOUR : DAY);
      const due = new Date(from.getTime() + ms);
      explanation.push(`${amount} ${clockNames[clock].zh}，连续计算，夜间与节假日不停`, `到期：${minuteOf(due)}`);
      return { due, provisional: false, explanation };
    }
    case 'natural_day': {
      const last = addDays(dateOf(from), amount);
      const due = localInstant(last, '24:00');
      explanation.push(`当日不计，自次日起 ${amount} 个自然日`, `到期：${last} 24:00，遇节假日不顺延`);
      return { due, provisional: false, explanation };
    }
    case 'work_day': {
      let date = dateOf(from);
      let left = amount;
      let provisional = false;
      const counted: string[] = [];
      const skipped: string[] = [];
      const flush = () => {
        if (skipped.length) explanation.push(`不计：${skipped.splice(0).join('、')}`);
      };
      explanation.push('收到当日不计');
      while (left > 0) {
        date = addDays(date, 1);
        const day = dayOf(calendar, date);
        provisional ||= day.provisional;
        if (day.work) {
          left--;
          counted.push(`${date}（${day.name}）`);
        } else skipped.push(`${date} ${day.name}`);
      }
      if (counted.length)
        explanation.push(`计入 ${counted.length} 个工作日：${counted.length > 8 ? `${counted.slice(0, 3).join('、')} … ${counted.slice(-2).join('、')}` : counted.join('、')}`);
      if (skipped.length > 12) skipped.splice(6, skipped.length - 9, '…');
      flush();
      const due = localInstant(date, calendar.hours.at(-1)!.to);
      explanation.push(`到期：${minuteOf(due)}（当日下班时）`);
      if (provisional) explanation.push('其中有尚未公布放假安排的日期，为暂定');
      return { due, provisional, explanation };
    }
    case 'work_hour': {
      let left = amount * HOUR;
      let date = dateOf(from);
      let provisional = false;
      let due = from;
      const skipped: string[] = [];
      for (let i = 0; i < 4000; i++, date = addDays(date, 1)) {
        const day = dayOf(calendar, date);
        provisional ||= day.provisional;
        if (!day.work) {
          skipped.push(`${date} ${day.name}`);
          continue;
        }
        for (const h of calendar.hours) {
          const start = Math.max(localInstant(date, h.from).getTime(), from.getTime());
          const end = localInstant(date, h.to).getTime();
          if (start >= end) continue;
          const used = Math.min(left, end - start);
          if (skipped.length) explanation.push(`不计：${skipped.length > 6 ? `${skipped.slice(0, 3).join('、')} … ${skipped.at(-1)}` : skipped.join('、')}`);
          skipped.length = 0;
          left -= used;
          due = new Date(start + used);
          if (used > 0) explanation.push(`${date}（${day.name}）${minuteOf(new Date(start)).slice(11)}–${minuteOf(due).slice(11)} 计 ${hoursText(used)}`);
          if (left <= 0) {
            explanation.push(`到期：${minuteOf(due)}`);
            if (provisional) explanation.push('其中有尚未公布放假安排的日期，为暂定');
            if (explanation.length > 40) explanation.splice(12, explanation.length - 20, '…');
            return { due, provisional, explanation };
          }
        }
      }
      throw new RangeError('时限超出可计算范围');
    }
  }
}

/** Milliseconds of a pause that must be added back are natural time for urgent clocks; day and office clocks are computed anew from the resumption. */
export const runsThrough = (clock: Clock): boolean => clock === 'urgent_hour' || clock === 'urgent_day' || clock === 'natural_day';

/** The JSON that the command line prints. */
export const deadlineJson = (d: Deadline): { due: string; provisional: boolean; explanation: string[] } => ({
  due: localIso(d.due),
  provisional: d.provisional,
  explanation: d.explanation,
});
