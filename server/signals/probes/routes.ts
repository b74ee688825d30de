// HTTP of probes.
import { probesApi } from '#core/signals/probes-contract.ts';
import { serve } from '../../platform/http.ts';
import * as probes from './service.ts';

export const probeRoutes = serve(
  probesApi,
  {
    async list({ hub, query, scope, realm }) {
      const after = query.cursor && /^\d{1,18}$/.test(query.cursor) ? query.cursor : '0';
      const rows = await probes.list(hub.sql, { ...query, realm, scope, after, limit: query.limit + 1 });
      const items = rows.slice(0, query.limit);
      return { items, next: rows.length > query.limit ? items.at(-1)!.id : null };
    },
    add: ({ work, body, scope }) => probes.addProbe(work, body, scope),
    change: ({ work, params, body, scope }) => probes.changeProbe(work, params.id, body, scope),
    run: ({ hub, params, scope, realm }) => probes.runProbe(hub, params.id, realm, scope),
    result: ({ hub, params, body, scope, realm }) => probes.reportProbe(hub, params.id, realm, scope, body),
    remove: ({ work, params, scope }) => probes.removeProbe(work, params.id, scope),
  },
  { transaction: { run: false, result: false } },
);
