// What can be done on duty: plan shifts, write the log, hand over with a sheet that writes itself from facts.
import type { Sheet } from '#core/duty/contract.ts';
import { type Planned, gaps, shiftFaults } from '#core/duty/roster.ts';
import { type Actor, may, scopeOf } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { HOUR } from '#core/time.ts';
import * as cases from '../cases/service.ts';
import type { Db } from '../platform/db.ts';
import { append } from '../platform/facts.ts';
import type { Work } from '../platform/hub.ts';
import { uuidv7 } from '../platform/ids.ts';
import * as store from './store.ts';

export { entries, handovers, shifts } from './store.ts';
const LONGEST_STORY = 72 * HOUR;
const UNDONE_SHOWN = 200;

const invalid = (pointer: string, message: string) => problem('invalid-input', { detail: message, errors: [{ pointer, message }] });

async function mustBe(work: Pick<Work, 'tx' | 'actor'>, permission: 'duty.write' | 'duty.plan', unit: string): Promise<void> {
  if (!may(work.actor, permission, unit)) throw problem('forbidden', { detail: `需要权限：${permission}（${unit}）` });
  if (!(await store.unitExists(work.tx, unit))) throw invalid('/body/unit', `没有单位 ${unit}`);
}
const self = (work: Work): string => {
  if (!work.actor.account) throw problem('forbidden', { detail: '须由值班岗位办理' });
  return work.actor.account;
};

/** Puts a shift on the roster. Two officers and a leader; no two shifts of one unit at a time; nobody at two desks at once. */
export async function planShift(work: Work, s: Planned & { unit: string; note: string }): Promise<{ id: string; version: number }> {
  await mustBe(work, 'duty.plan', s.unit);
  const faults = shiftFaults(s);
  if (faults.length) throw problem('invalid-input', { detail: faults.join('；'), errors: faults.map((message) => ({ pointer: '/body', message })) });
  if (s.endsAt <= work.at) throw invalid('/body/endsAt', '不能为过去的时间排班');
  await store.lockRoster(work.tx, work.realm, s.unit);
  const posts = [s.leader, ...s.officers];
  const known = await store.knownAccounts(work.tx, posts);
  const stranger = posts.findIndex((p) => !known.has(p));
  if (stranger >= 0) throw invalid(stranger === 0 ? '/body/leader' : `/body/officers/${stranger - 1}`, '没有这个岗位，或已停用');
  const [there] = await store.shifts(work.tx, { realm: work.realm, scope: [''], from: s.startsAt, to: s.endsAt, unit: s.unit });
  if (there) throw problem('conflict', { detail: '与已有班次重叠' });
  const elsewhere = (await store.shifts(work.tx, { realm: work.realm, scope: [''], from: s.startsAt, to: s.endsAt }))
    .flatMap((x) => x.officers)
    .find((o) => s.officers.includes(o.account));
  if (elsewhere) throw problem('conflict', { detail: `${elsewhere.name} 同时在另一处值班` });
  const id = uuidv7();
  await store.addShift(work.tx, { id, realm: work.realm, unit: s.unit, startsAt: s.startsAt, endsAt: s.endsAt, leader: s.leader, officers: s.officers, note: s.note });
  await append(work, [
    {
      kind: 'duty.planned',
      subject: `duty-shift:${id}`,
      unit: s.unit,
      data: { unit: s.unit, startsAt: s.startsAt.toISOString(), endsAt: s.endsAt.toISOString(), leader: s.leader, officers: s.officers, note: s.note },
    },
  ]);
  return { id, version: 1 };
}

/** Takes a shift that has not begun off the roster. */
export async function dropShift(work: Work, id: string, version: number): Promise<void> {
  const found = await store.shiftOf(work.tx, work.realm, id);
  if (!found || !may(work.actor, 'duty.plan', found.unit)) throw problem('not-found', { detail: '没有这个班次' });
  if (found.version !== version) throw problem('version-stale');
  if (found.startsAt <= work.at) throw problem('not-allowed-in-state', { detail: '班次已开始，不能撤销' });
  await store.dropShift(work.tx, id);
  await append(work, [{ kind: 'duty.dropped', subject: `duty-shift:${id}`, unit: found.unit, data: {} }]);
}

/** Where the roster of a unit leaves the desk empty within a span; nothing to say where there is no roster at all. */
export const rosterFaults = (shifts: store.ShiftRow[], from: Date, to: Date): string[] => {
  const units = [...new Set(shifts.map((s) => s.unit))];
  return units.flatMap((u) => {
    const own = shifts.filter((s) => s.unit === u);
    return gaps(own, from, to).map((g) => `${own[0]!.unitName.zh}：${g}`);
  });
};

/** Adds to the log; the text is kept apart from the fact, which carries its salted digest. */
export async function writeEntry(
  work: Work,
  e: { unit: string; kind: string; text: string; happenedAt?: Date | undefined; caseId?: string | undefined; corrects?: string | undefined },
): Promise<{ id: string }> {
  await mustBe(work, 'duty.write', e.unit);
  const happenedAt = e.happenedAt ?? work.at;
  if (happenedAt.getTime() > work.at.getTime() + 60_000) throw invalid('/body/happenedAt', '发生时间不能晚于现在');
  if (e.caseId) await cases.mustSee(work, work.actor, e.caseId);
  if (e.corrects) {
    const wrong = await store.entry(work.tx, work.realm, e.corrects);
    if (wrong?.unit !== e.unit) throw invalid('/body/corrects', '没有要更正的记录');
    if (wrong.corrected) throw problem('conflict', { detail: '这条记录已有更正' });
  }
  const id = uuidv7();
  await store.addEntry(work.tx, {
    id,
    realm: work.realm,
    unit: e.unit,
    at: work.at,
    happenedAt,
    kind: e.kind,
    text: e.text,
    by: work.by,
    caseId: e.caseId ?? null,
    corrects: e.corrects ?? null,
  });
  await append(work, [
    {
      kind: 'duty.logged',
      subject: `duty-entry:${id}`,
      unit: e.unit,
      data: { kind: e.kind, happenedAt: happenedAt.toISOString(), caseId: e.caseId ?? null, corrects: e.corrects ?? null },
      erasable: { text: e.text },
    },
  ]);
  return { id };
}

/** When the story of a handover begins: where the last one ended, or the asked instant, at most three days back. */
export async function storyFrom(db: Db, realm: string, unit: string, at: Date, asked?: Date): Promise<Date> {
  const earliest = new Date(at.getTime() - LONGEST_STORY);
  const last = await store.lastHandover(db, realm, unit);
  const from = last ?? asked ?? new Date(at.getTime() - 12 * HOUR);
  return from < earliest ? earliest : from > at ? at : from;
}

/** The sheet: done and undone, what leaders said and limits passed, the log – all from facts, within what the actor may see. */
export async function sheetOf(db: Db, actor: Actor, realm: string, unit: string, from: Date, to: Date): Promise<Sheet> {
  const scope = scopeOf(actor, 'case.read');
  const [happened, undone, counts, warnings, log] = await Promise.all([
    cases.shiftOf(db, realm, scope, from, to),
    cases.list(db, { realm, scope, limit: UNDONE_SHOWN, status: 'open', at: to }),
    cases.counts(db, realm, scope, to, from),
    store.warningsOf(db, realm, scopeOf(actor, 'warning.read'), from, to),
    store.entries(db, { realm, scope: scopeOf(actor, 'duty.read'), unit, from, to, limit: 1000 }),
  ]);
  return {
    unit,
    from: from.toISOString(),
    to: to.toISOString(),
    counts: { ...happened.counts, warningsRaised: warnings.raised, warningsEnded: warnings.ended, entries: log.length, undone: counts.open },
    undone: undone.map((c) => ({
      id: c.id,
      no: c.no,
      title: c.title,
      level: c.level,
      step: c.step,
      owner: c.ownerName.zh,
      dueAt: c.dueAt?.toISOString() ?? null,
      overdue: c.dueAt !== null && c.dueAt < to,
    })),
    done: happened.done.map((d) => ({ ...d, at: d.at.toISOString() })),
    important: happened.important.map((i) => ({ ...i, at: i.at.toISOString() })),
    // A corrected entry gives way to its correction; both stay in the log.
    entries: log
      .filter((e) => !e.correctedBy)
      .reverse()
      .map((e) => ({ at: e.happenedAt.toISOString(), kind: e.kind, text: e.text, by: e.by })),
  };
}

/** Hands over: the sheet is made now and kept as it is, whatever happens afterwards. */
export async function giveHandover(work: Work, h: { unit: string; from?: Date | undefined; remarks: string }): Promise<{ id: string; version: number }> {
  await mustBe(work, 'duty.write', h.unit);
  const givenBy = self(work);
  await store.lockRoster(work.tx, work.realm, h.unit);
  const [waiting] = await store.handovers(work.tx, { realm: work.realm, scope: [''], limit: 1, unit: h.unit, status: 'offered' });
  if (waiting) throw problem('conflict', { detail: '上一次交班尚未有人接班' });
  const from = await storyFrom(work.tx, work.realm, h.unit, work.at, h.from);
  const sheet = await sheetOf(work.tx, work.actor, work.realm, h.unit, from, work.at);
  const id = uuidv7();
  await store.addHandover(work.tx, { id, realm: work.realm, unit: h.unit, from, to: work.at, sheet, remarks: h.remarks, givenBy, at: work.at });
  await append(work, [
    {
      kind: 'duty.handed-over',
      subject: `duty-handover:${id}`,
      unit: h.unit,
      data: { unit: h.unit, from: sheet.from, to: sheet.to, counts: sheet.counts },
      erasable: { sheet, remarks: h.remarks },
    },
  ]);
  return { id, version: 1 };
}

/** Takes over what another handed over. */
export async function takeHandover(work: Work, id: string, version: number, remarks: string): Promise<{ version: number }> {
  const takenBy = self(work);
  const found = await store.lockHandover(work.tx, work.realm, id);
  if (!found || !may(work.actor, 'duty.write', found.unit)) throw problem('not-found', { detail: '没有这次交班' });
  if (found.version !== version) throw problem('version-stale');
  if (found.status !== 'offered') throw problem('not-allowed-in-state', { detail: '已有人接班' });
  if (found.givenBy === takenBy) throw problem('not-allowed-in-state', { detail: '交班与接班须为不同的人' });
  await store.takeHandover(work.tx, { id, by: takenBy, at: work.at, remarks });
  await append(work, [{ kind: 'duty.taken-over', subject: `duty-handover:${id}`, unit: found.unit, data: {}, erasable: { remarks } }]);
  return { version: version + 1 };
}
