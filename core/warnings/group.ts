// Conditions over several sensors: AND/OR of a thing's properties, k of n things, neighbours that agree; one small machine for a group.
import { durationMs } from '../time.ts';
import type { Change } from './machine.ts';
import type { Condition, Level } from './pack.ts';

type Several = Extract<Condition, { kind: 'several' }>;

/** State of one group, JSON-safe: per member and test the last time and whether it held (−1 unknown), and the group's own state. */
export interface GroupState {
  times: number[];
  held: number[];
  sev: number;
  t: number;
  since: number;
  gone: number;
}

/** The machine of a `several` rule over `members` things; for neighbours, member 0 is the thing itself and must agree. */
export function groupOf(c: Several, members: number) {
  const tests = c.tests.length;
  const need = c.need ?? tests;
  const fresh = c.tests.map((t) => durationMs(t.fresh)!);
  const forMs = c.for ? durationMs(c.for)! : 0;
  const clearMs = c.clearFor ? durationMs(c.clearFor)! : 0;
  const size = members * tests;

  const agree = (s: GroupState, member: number, now: number): boolean => {
    let n = 0;
    for (let i = 0; i < tests; i++) {
      const at = member * tests + i;
      if (s.held[at] === 1 && now - s.times[at]! <= fresh[i]!) n++;
    }
    return n >= need;
  };
  const judge = (s: GroupState, now: number): Change | null => {
    let count = 0;
    for (let i = 0; i < members; i++) if (agree(s, i, now)) count++;
    const on = count >= c.k && (c.among !== 'neighbours' || agree(s, 0, now));
    if (now > s.t) s.t = now;
    if (s.sev === 0) {
      if (!on) {
        s.since = -1;
        return null;
      }
      if (s.since < 0) s.since = now;
      if (now - s.since < forMs) return null;
      s.sev = 5 - c.level;
      s.gone = -1;
      return { from: 0, to: c.level as Level, at: now, value: count };
    }
    if (on) {
      s.gone = -1;
      return null;
    }
    if (s.gone < 0) s.gone = now;
    if (now - s.gone < clearMs) return null;
    s.sev = 0;
    s.since = -1;
    return { from: c.level as Level, to: 0, at: now, value: count };
  };

  return {
    init: (): GroupState => ({ times: new Array<number>(size).fill(-1), held: new Array<number>(size).fill(-1), sev: 0, t: -1, since: -1, gone: -1 }),
    /** A reading of test `test` on member `member`. */
    step(s: GroupState, member: number, test: number, t: number, v: number | null): Change | null {
      const at = member * tests + test;
      if (v === null || t <= s.times[at]!) return null;
      const c1 = c.tests[test]!;
      const flip = c1.side === 'below' ? -1 : 1;
      const limit = s.held[at] === 1 ? (c1.clear ?? c1.at) : c1.at;
      s.times[at] = t;
      s.held[at] = v * flip >= limit * flip ? 1 : 0;
      return judge(s, Math.max(t, s.t));
    },
    /** Time passes: values go stale, durations run out. */
    tick: (s: GroupState, now: number): Change | null => (s.t < 0 || now <= s.t ? null : judge(s, now)),
    /** Which members agree at `now`: the evidence. */
    agreeing: (s: GroupState, now: number): number[] => Array.from({ length: members }, (_, i) => i).filter((i) => agree(s, i, now)),
  };
}
export type GroupMachine = ReturnType<typeof groupOf>;
