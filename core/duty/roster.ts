// The rules of a roster: who may sit together, and where it leaves the desk empty; pure.
import { HOUR, minuteOf } from '../time.ts';

export interface Planned {
  startsAt: Date;
  endsAt: Date;
  leader: string;
  officers: string[];
}
const LONGEST = 24 * HOUR;

/** What is wrong with one shift: two officers and a leader, all different, at most a day long. Empty when it may stand. */
export function shiftFaults(s: Planned): string[] {
  const faults: string[] = [];
  if (!(s.endsAt > s.startsAt)) faults.push('班次结束应晚于开始');
  else if (s.endsAt.getTime() - s.startsAt.getTime() > LONGEST) faults.push('一个班次不超过 24 小时');
  if (new Set(s.officers).size < 2) faults.push('双人双岗：值班员至少两人');
  if (new Set(s.officers).size !== s.officers.length) faults.push('值班员重复');
  if (s.officers.includes(s.leader)) faults.push('带班领导不能兼值班员');
  return faults;
}

/** Stretches of a span that no shift covers, as sentences. */
export function gaps(shifts: Pick<Planned, 'startsAt' | 'endsAt'>[], from: Date, to: Date): string[] {
  const sorted = [...shifts].sort((a, b) => a.startsAt.getTime() - b.startsAt.getTime());
  const found: string[] = [];
  let at = from.getTime();
  const say = (until: number) => found.push(`${minuteOf(new Date(at))} 至 ${minuteOf(new Date(until))} 无人值班`);
  for (const s of sorted) {
    if (s.endsAt.getTime() <= at) continue;
    if (s.startsAt.getTime() >= to.getTime()) break;
    if (s.startsAt.getTime() > at) say(s.startsAt.getTime());
    at = Math.max(at, s.endsAt.getTime());
  }
  if (at < to.getTime()) say(to.getTime());
  return found;
}
