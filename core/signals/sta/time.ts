// Instants and intervals of SensorThings: ISO 8601 with an offset, kept to the microsecond, written in UTC with milliseconds.

/** Microseconds since 1970. */
export type Micros = bigint;
export interface Interval {
  from: Micros;
  to: Micros;
}

const INSTANT = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?\s*(?:([Zz])|([+-])(\d\d)(?::?(\d\d))?)$/;

/** An instant, undefined when it is none; the 30th of February is none. Digits beyond microseconds are dropped. */
export function instantOf(text: string): Micros | undefined {
  const m = INSTANT.exec(text.length > 60 ? '' : text);
  if (!m) return undefined;
  const [year, month, day, hour, minute, second] = [m[1], m[2], m[3], m[4], m[5], m[6] ?? '0'].map(Number) as [number, number, number, number, number, number];
  const midnight = new Date(0).setUTCFullYear(year, month - 1, day);
  if (year < 1 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59 || new Date(midnight).getUTCDate() !== day) return undefined;
  const offset = m[8] ? 0 : (Number(m[10]) * 60 + Number(m[11] ?? 0)) * (m[9] === '-' ? -1 : 1);
  if (Math.abs(offset) > 18 * 60 || Number(m[11] ?? 0) > 59) return undefined;
  const ms = midnight + hour * 3_600_000 + minute * 60_000 + second * 1000 - offset * 60_000;
  return BigInt(ms) * 1000n + BigInt((m[7] ?? '').slice(0, 6).padEnd(6, '0'));
}

/** `from/to`, undefined when it is none or ends before it begins. */
export function intervalOf(text: string): Interval | undefined {
  const [a, b, ...rest] = text.split('/');
  const from = a === undefined ? undefined : instantOf(a);
  const to = b === undefined ? undefined : instantOf(b);
  return from === undefined || to === undefined || rest.length || to < from ? undefined : { from, to };
}

/** `2026-03-02T01:00:00.000Z`; microseconds only where there are some. */
export function formatInstant(at: Micros): string {
  const us = ((at % 1000n) + 1000n) % 1000n;
  const iso = new Date(Number((at - us) / 1000n)).toISOString();
  return us === 0n ? iso : `${iso.slice(0, -1)}${us.toString().padStart(3, '0')}Z`;
}
export const formatInterval = (i: Interval): string => `${formatInstant(i.from)}/${formatInstant(i.to)}`;

const DURATION = /^(-?)P(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})(?:\.(\d{1,6}))?S)?)?$/;
/** Microseconds of an ISO 8601 duration without years and months. */
export function durationOf(text: string): Micros | undefined {
  const m = DURATION.exec(text);
  if (!m || /[PT]$/.test(text)) return undefined;
  const n = (i: number) => BigInt(m[i] ?? 0);
  const seconds = n(2) * 604_800n + n(3) * 86_400n + n(4) * 3600n + n(5) * 60n + n(6);
  const us = seconds * 1_000_000n + BigInt((m[7] ?? '').padEnd(6, '0'));
  return m[1] ? -us : us;
}
