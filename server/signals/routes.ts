// HTTP of things and signals; the batch of readings itself comes in through ways-in/http.ts.
import { signalsApi } from '#core/signals/contract.ts';
import { within } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { serve, type Served } from '../platform/http.ts';
import { noteRegistration } from './devices/registration.ts';
import * as signals from './service.ts';

/** Routes over one process's signals. */
export const signalRoutes = (own: () => signals.Signals): Served =>
  serve(signalsApi, {
    async things({ hub, query, scope, realm }) {
      const at = await hub.now(realm);
      const rows = await signals.things(hub.sql, { ...query, scope, realm, at, after: query.cursor && /^\d+$/.test(query.cursor) ? query.cursor : '0', limit: query.limit + 1 });
      const items = rows.slice(0, query.limit).map((t) => ({ ...t, streams: t.streams.map((s) => ({ ...s, lastAt: s.lastAt ? new Date(s.lastAt) : null })) }));
      return { items, next: rows.length > query.limit ? items.at(-1)!.id : null };
    },
    async register({ work, body, scope, hub, actor, realm }) {
      if (!body.preview) {
        const r = await signals.registerThings(work, body.things, scope);
        await noteRegistration(work, body.things[0]!.unit, r.ids);
        return r;
      }
      const tried = await hub.command({ actor, realm }, (w) => signals.registerThings(w, body.things, scope, true)).catch((error: unknown) => error);
      if (tried instanceof signals.Preview) return { created: tried.count, ids: [] };
      throw tried;
    },
    async online({ hub, scope, realm }) {
      const rows = await signals.online(hub.sql, scope, await hub.now(realm), realm);
      return { items: rows.map((r) => ({ ...r, rate: r.things ? Math.round((r.online / r.things) * 1000) / 10 : null })) };
    },
    async series({ hub, params, query, scope }) {
      const s = await signals.streamUnit(hub.sql, params.id);
      if (!s || !scope.some((p) => within(s.owner, p))) throw problem('not-found', { detail: '没有这条数据流' });
      const points =
        query.every === 'raw'
          ? await signals.raw(hub.sql, params.id, query.from, query.to, query.limit + 1)
          : await signals.hours(hub.sql, params.id, query.from, query.to, query.every, query.limit + 1);
      return { name: s.name, unit: s.unit, points: points.slice(0, query.limit), truncated: points.length > query.limit };
    },
    async quarantine({ hub }) {
      return { items: await signals.quarantine(hub.sql) };
    },
    async release({ work, params, body, scope }) {
      return signals.release(work, own(), params.id, body.at, scope);
    },
    async credentials({ work, body, scope }) {
      if (!scope.some((p) => within(body.unit, p))) throw problem('forbidden', { detail: '不在您的管理范围' });
      return signals.issueCredential(work, body.login, body.unit);
    },
  });
