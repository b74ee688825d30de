// Makes model cells from texts: value, confidence, notes.
import type { Cell, CellNote, Place } from '../model.ts';
import { figure } from './text.ts';

/** A cell of words. */
export const wordCell = (text: string, place: Place, notes?: CellNote[]): Cell => ({
  text,
  value: null,
  place,
  confidence: 1,
  ...(notes?.length || text.includes('＊＊') ? { notes: [...(notes ?? []), ...(text.includes('＊＊') ? (['masked'] as const) : [])] } : {}),
});

/** A cell where a figure belongs: errors and stray characters are noted, blanks stay blank. */
export function figureCell(text: string, place: Place, notes: CellNote[] = [], confidence = 1): Cell {
  const f = figure(text);
  const all = [...notes];
  if (f.error) all.push('error-value');
  else if (f.value === null && !f.blank) all.push('stray');
  return { text, value: f.value, place, confidence: f.value === null && !f.blank && !f.error ? Math.min(0.5, confidence) : confidence, ...(all.length ? { notes: all } : {}) };
}
