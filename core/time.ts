// Instants, dates and durations in the hub's one time zone (Asia/Shanghai, UTC+8, no daylight saving); no clock in here.

/** China has kept one offset without daylight saving since 1992; domain dates before that are not handled. */
export const OFFSET_MINUTES = 480;
const OFFSET_MS = OFFSET_MINUTES * 60_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;

/** Local calendar date `YYYY-MM-DD` of an instant. */
export const dateOf = (at: Date): string => new Date(at.getTime() + OFFSET_MS).toISOString().slice(0, 10);

/** Local `YYYY-MM-DD HH:mm` of an instant, as shown on every screen. */
export const minuteOf = (at: Date): string => new Date(at.getTime() + OFFSET_MS).toISOString().slice(0, 16).replace('T', ' ');

/** Instant of a local date and time of day (`HH:mm`, `24:00` allowed). */
export function localInstant(date: string, time = '00:00'): Date {
  const [h = 0, m = 0] = time.split(':').map(Number);
  return new Date(Date.parse(`${date}T00:00:00Z`) - OFFSET_MS + h * HOUR + m * MINUTE);
}

/** Local ISO 8601 with offset: `2026-02-14T12:00:00+08:00`. */
export const localIso = (at: Date): string => `${new Date(at.getTime() + OFFSET_MS).toISOString().slice(0, 19)}+08:00`;

/** Date `n` days after a local date. */
export const addDays = (date: string, n: number): string => new Date(Date.parse(`${date}T00:00:00Z`) + n * DAY).toISOString().slice(0, 10);

/** Day of the week of a local date, 1 Monday … 7 Sunday (ISO 8601). */
export const weekday = (date: string): number => ((new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7) + 1;

/** Content says the same few thousands of times a second. */
const durations = new Map<string, number>();
const DURATION = /^P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?$/;

/** Milliseconds of an ISO 8601 duration without years and months (`PT15M`, `P1D`); undefined when it is not one. */
export function durationMs(text: string): number | undefined {
  const known = durations.get(text);
  if (known !== undefined) return known;
  const m = DURATION.exec(text);
  if (!m || text === 'P' || text.endsWith('T')) return undefined;
  const [w = 0, d = 0, h = 0, min = 0, s = 0] = m.slice(1).map((part) => Number(part ?? 0));
  const ms = w * 7 * DAY + d * DAY + h * HOUR + min * MINUTE + s * 1000;
  if (durations.size < 1000) durations.set(text, ms);
  return ms;
}

/** A duration in words for people: 1 天 2 小时, 5 分钟. */
export function durationText(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / MINUTE);
  if (minutes < 1) return '不足 1 分钟';
  const d = Math.floor(minutes / 1440);
  const h = Math.floor((minutes % 1440) / 60);
  const m = minutes % 60;
  return [d && `${d} 天`, h && `${h} 小时`, m && !d && `${m} 分钟`].filter(Boolean).join(' ');
}
