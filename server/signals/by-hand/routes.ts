// HTTP of readings by hand.
import { byHandApi } from '#core/signals/by-hand-contract.ts';
import { type Served, serve } from '../../platform/http.ts';
import type { Signals } from '../service.ts';
import { enterByHand, streamsByHand } from './service.ts';

/** Routes over one process's signals. */
export const byHandRoutes = (own: () => Signals): Served =>
  serve(byHandApi, {
    async streams({ hub, query, scope, realm }) {
      const rows = await streamsByHand(hub, {
        realm,
        scope,
        unit: query.unit,
        text: query.text,
        all: query.all === 'true',
        after: query.cursor && /^\d{1,18}$/.test(query.cursor) ? query.cursor : '0',
        limit: query.limit + 1,
      });
      const items = rows.slice(0, query.limit);
      return { items, next: rows.length > query.limit ? items.at(-1)!.stream : null };
    },
    enter: ({ work, body, scope }) => enterByHand(work, own(), body.readings, scope),
  });
