// Flattened tables (text without tabs).
import type { Statement, Table, TargetSheet, Unread } from '../model.ts';
import type { Segment } from './segment.ts';
import type { Body } from './tables.ts';

export interface Hints {
  sources: Map<string, string> | null;
}
export function readFlatTable(segment: Segment, _hints: Hints, _statements: Statement[]): Body {
  return { columns: [], rows: [], remarks: [], unread: segment.lines.map((l) => ({ text: l.text, reason: '压平的表', place: l.place })) };
}
export function readFlatTargets(segment: Segment, _table: Table, unread: Unread[]): TargetSheet[] {
  unread.push(...segment.lines.map((l) => ({ text: l.text, reason: '压平的表', place: l.place })));
  return [];
}
