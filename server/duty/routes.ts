// HTTP of duty.
import { dayOf } from '#core/duty/calendar.ts';
import { dutyApi } from '#core/duty/contract.ts';
import { deadline, deadlineJson } from '#core/duty/deadline.ts';
import { problem } from '#core/problem.ts';
import { DAY, HOUR, addDays } from '#core/time.ts';
import { current } from '../packs/service.ts';
import { serve } from '../platform/http.ts';
import * as duty from './service.ts';

const cursorOf = (key: string, id: string): string => Buffer.from(`${key}|${id}`).toString('base64url');
function readCursor(cursor: string | undefined): { at: string; id: string } | undefined {
  if (!cursor) return undefined;
  const m = /^([\d :.+-]{10,40})\|([0-9a-f-]{36})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (!m) throw problem('invalid-input', { errors: [{ pointer: '/query/cursor', message: '不是有效的游标' }] });
  return { at: m[1]!, id: m[2]! };
}
const instantOf = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text));

export const dutyRoutes = serve(dutyApi, {
  async calendar({ hub, query }) {
    const { calendar } = await current(hub);
    const days = [];
    for (let d = query.from; d <= query.to; d = addDays(d, 1)) {
      if (days.length >= 800) throw problem('invalid-input', { errors: [{ pointer: '/query/to', message: '一次最多 800 天' }] });
      days.push(dayOf(calendar, d));
    }
    return { publishedThrough: calendar.publishedThrough, hours: calendar.hours, days };
  },
  async deadline({ hub, query }) {
    const { calendar } = await current(hub);
    try {
      return deadlineJson(deadline(calendar, new Date(query.from), query.clock, query.amount));
    } catch (error) {
      if (error instanceof RangeError) throw problem('invalid-input', { detail: error.message, errors: [{ pointer: '/query/amount', message: error.message }] });
      throw error;
    }
  },
  async now({ hub, scope, realm, query }) {
    const at = await hub.now(realm);
    const to = new Date(at.getTime() + 36 * HOUR);
    const [shifts, waiting] = await Promise.all([
      duty.shifts(hub.sql, { realm, scope, from: at, to, unit: query.unit }),
      duty.handovers(hub.sql, { realm, scope, limit: 20, unit: query.unit, status: 'offered' }),
    ]);
    return {
      current: shifts.filter((s) => s.startsAt <= at),
      next: shifts.filter((s) => s.startsAt > at),
      waiting,
      faults: duty.rosterFaults(shifts, at, new Date(at.getTime() + DAY)),
    };
  },
  async shifts({ hub, scope, realm, query }) {
    const from = new Date(query.from);
    const to = new Date(query.to);
    const items = await duty.shifts(hub.sql, { realm, scope, from, to, unit: query.unit });
    return { items, faults: duty.rosterFaults(items, from, to) };
  },
  plan: ({ work, body }) => duty.planShift(work, { ...body, startsAt: new Date(body.startsAt), endsAt: new Date(body.endsAt) }),
  async drop({ work, params, ifMatch }) {
    await duty.dropShift(work, params.id, ifMatch);
  },
  async log({ hub, scope, realm, query }) {
    const rows = await duty.entries(hub.sql, {
      realm,
      scope,
      limit: query.limit + 1,
      unit: query.unit,
      from: instantOf(query.from),
      to: instantOf(query.to),
      text: query.text,
      after: readCursor(query.cursor),
    });
    const items = rows.slice(0, query.limit);
    const last = items.at(-1);
    return { items, next: rows.length > query.limit && last ? cursorOf(last.key, last.id) : null };
  },
  write: ({ work, body, actor }) => duty.writeEntry(work, { ...body, unit: body.unit ?? actor.unit.path, happenedAt: instantOf(body.happenedAt) }),
  async preview({ hub, actor, realm, query }) {
    const unit = query.unit ?? actor.unit.path;
    const at = await hub.now(realm);
    return duty.sheetOf(hub.sql, actor, realm, unit, await duty.storyFrom(hub.sql, realm, unit, at, instantOf(query.from)), at);
  },
  give: ({ work, body, actor }) => duty.giveHandover(work, { unit: body.unit ?? actor.unit.path, from: instantOf(body.from), remarks: body.remarks }),
  take: ({ work, params, body, ifMatch }) => duty.takeHandover(work, params.id, ifMatch, body.remarks),
  async handovers({ hub, scope, realm, query }) {
    const rows = await duty.handovers(hub.sql, { realm, scope, limit: query.limit + 1, unit: query.unit, after: readCursor(query.cursor) });
    const items = rows.slice(0, query.limit);
    const last = items.at(-1);
    return { items, next: rows.length > query.limit && last ? cursorOf(last.key, last.id) : null };
  },
  async handover({ hub, scope, realm, params }) {
    const [found] = await duty.handovers(hub.sql, { realm, scope, limit: 1, id: params.id });
    if (!found) throw problem('not-found', { detail: '没有这次交班' });
    return found;
  },
});
