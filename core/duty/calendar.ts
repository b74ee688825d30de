// Which days are working days in China: the State Council's yearly notice through a maintained library, plus dated overrides.
import chineseDays from 'chinese-days';
import { addDays, weekday } from '../time.ts';

/** The last year for which the library holds the published arrangement; it calls later days ordinary without saying so. */
export const PUBLISHED_THROUGH = '2026-12-31';

export interface DayOverride {
  date: string;
  work: boolean;
  name: string;
  /** Where the arrangement was published. */
  sourceRef: string;
}

export interface OfficeHours {
  from: string;
  to: string;
}
/** Usual hours of Chongqing's offices; a site's calendar pack may set others. */
export const defaultHours: OfficeHours[] = [
  { from: '08:30', to: '12:00' },
  { from: '14:00', to: '18:00' },
];

export interface Calendar {
  hours: OfficeHours[];
  overrides: ReadonlyMap<string, DayOverride>;
  /** Last day whose arrangement is published; later ones are computed by weekday and provisional. */
  publishedThrough: string;
}

export function makeCalendar(o: { hours?: OfficeHours[]; overrides?: DayOverride[]; publishedThrough?: string } = {}): Calendar {
  const overrides = new Map((o.overrides ?? []).map((d) => [d.date, d]));
  const last = [...overrides.keys()].sort().at(-1);
  const published = o.publishedThrough ?? PUBLISHED_THROUGH;
  return { hours: o.hours ?? defaultHours, overrides, publishedThrough: last && last > published && o.publishedThrough === undefined ? `${last.slice(0, 4)}-12-31` : published };
}

export interface Day {
  date: string;
  work: boolean;
  /** 春节, 调休上班, 周末 … */
  name: string;
  provisional: boolean;
}

const weekdayNames = ['一', '二', '三', '四', '五', '六', '日'];

/** What kind of day a local date is. */
export function dayOf(calendar: Calendar, date: string): Day {
  const over = calendar.overrides.get(date);
  if (over) return { date, work: over.work, name: over.name, provisional: false };
  const w = weekday(date);
  const plain = w <= 5;
  if (date > calendar.publishedThrough) return { date, work: plain, name: `周${weekdayNames[w - 1]}`, provisional: true };
  const detail = chineseDays.getDayDetail(date);
  const holiday = detail.name.split(',')[1];
  if (detail.work !== plain) return { date, work: detail.work, name: detail.work ? `${holiday ?? ''}调休上班` : (holiday ?? '放假'), provisional: false };
  return { date, work: plain, name: !detail.work && holiday ? holiday : `周${weekdayNames[w - 1]}`, provisional: false };
}

/** The next working day after a date. */
export function nextWorkday(calendar: Calendar, date: string): Day {
  for (let d = addDays(date, 1), i = 0; i < 400; d = addDays(d, 1), i++) {
    const day = dayOf(calendar, d);
    if (day.work) return day;
  }
  throw new Error('no working day within 400 days');
}
