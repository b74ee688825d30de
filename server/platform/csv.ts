// Rows as CSV that office software opens rightly: byte order mark, quoting, no formulas.
import { minuteOf } from '#core/time.ts';

const cell = (v: unknown): string => {
  const text = v === null || v === undefined ? '' : v instanceof Date ? minuteOf(v) : typeof v === 'boolean' ? (v ? '是' : '否') : String(v);
  // A leading = + - @ would be a formula in a spreadsheet; plain numbers stay numbers.
  const safe = /^[=+\-@\t\r]/.test(text) && typeof v !== 'number' ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};
/** One CSV text of all rows; instants are shown in local time to the minute. */
export const csvOf = (rows: unknown[][]): string => `\ufeff${rows.map((r) => r.map(cell).join(',')).join('\r\n')}\r\n`;
