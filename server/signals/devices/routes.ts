// HTTP of what keeps devices trustworthy: calibration, places on the map, registrations taken back, gaps.
import { devicesApi } from '#core/signals/devices-contract.ts';
import { within } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { inScope } from '../../people/scope.ts';
import { type Served, serve } from '../../platform/http.ts';
import { type Signals, latest, streamUnit } from '../service.ts';
import { calibrate, calibrations, calibrationsDue } from './calibration.ts';
import { addFrame, frames, placeThings, placements } from './placement.ts';
import { registrations, undoRegistration } from './registration.ts';

/** Routes over one process's signals. */
export const deviceRoutes = (own: () => Signals): Served =>
  serve(devicesApi, {
    latest: async ({ hub, query, scope, realm }) => ({ items: await latest(hub.sql, { ...query, scope, realm }) }),
    async calibrations({ hub, params, scope }) {
      const s = await streamUnit(hub.sql, params.id);
      if (!s || !scope.some((p) => within(s.owner, p))) throw problem('not-found', { detail: '没有这条数据流' });
      return { items: await calibrations(hub.sql, params.id) };
    },
    calibrate: ({ work, params, body, scope }) => calibrate(work, own(), params.id, body, scope),
    due: async ({ hub, query, scope, realm }) => ({ items: await calibrationsDue(hub.sql, { scope, realm, at: await hub.now(realm), days: query.days }) }),
    frames: async ({ hub, scope }) => ({ items: await frames(hub.sql, scope) }),
    addFrame: ({ work, body, scope }) => addFrame(work, body, scope),
    place: ({ work, body, scope }) => placeThings(work, body, scope),
    placements: async ({ hub, params, scope, realm }) => ({ items: await placements(hub.sql, params.id, scope, realm) }),
    registrations: async ({ hub, scope, realm }) => ({ items: await registrations(hub.sql, scope, realm) }),
    undo: ({ work, params, scope }) => undoRegistration(work, params.id, scope),
    gaps: async ({ hub, scope, realm }) => ({
      items: [
        ...(await hub.sql<{ thing: string; first: string; last: string; missing: string; seenAt: Date }[]>`
          select g.thing, g.first::text, g.last::text, g.missing::text, g.seen_at as "seenAt" from sequence_gaps g join things t on t.code = g.thing
          where g.closed_at is null and t.realm = ${realm} and ${inScope(hub.sql, 't.unit', scope)} order by g.id desc limit 200`),
      ],
    }),
  });
