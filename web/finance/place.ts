// A place in words, and as a part of an address.
import type { Place } from '#core/finance/source.ts';
import type { useText } from '../texts.tsx';
import { reading } from './texts-disclosure.ts';

type Say = ReturnType<typeof useText>;

/** 第 3 页，表内第 5 行，第 2 列; the file is named only where there are several. */
export function placeText(s: Say, p: Place, files = 1): string {
  const parts: string[] = [];
  if (files > 1 && p.file !== undefined) parts.push(s(reading.fileN, { n: p.file + 1 }));
  if (p.page !== undefined) parts.push(s(reading.pageOf, { n: p.page }));
  if (p.line !== undefined) parts.push(s(reading.line, { n: p.line }));
  if (p.row !== undefined) parts.push(s(reading.sheetRow, { n: p.row }));
  if (p.column !== undefined) parts.push(s(reading.sheetColumn, { n: p.column }));
  return parts.join('，');
}
export const placeKey = (p: Place): string => [p.file ?? 0, p.page ?? '', p.line ?? '', p.row ?? '', p.column ?? ''].join('.');
/** The inverse of `placeKey`; undefined for anything else. */
export function placeOfKey(key: string | undefined): Place | undefined {
  const parts = key?.split('.');
  if (parts?.length !== 5 || parts.some((x) => x !== '' && !/^\d{1,9}$/.test(x))) return undefined;
  const [file, page, line, row, column] = parts.map((x) => (x === '' ? undefined : Number(x)));
  return {
    file: file ?? 0,
    ...(page === undefined ? {} : { page }),
    ...(line === undefined ? {} : { line }),
    ...(row === undefined ? {} : { row }),
    ...(column === undefined ? {} : { column }),
  };
}
