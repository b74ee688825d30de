// HTTP of mappers.
import { mappersApi } from '#core/signals/mappers-contract.ts';
import { append } from '../platform/facts.ts';
import { type Served, serve } from '../platform/http.ts';
import { listMappers, replayMapper, tryMapper } from './mappers.ts';

export const mapperRoutes: Served = serve(
  mappersApi,
  {
    list: async ({ hub }) => ({ items: await listMappers(hub) }),
    try: ({ hub, params, body, scope }) => tryMapper(hub, params.mapper, body.payload, { topic: body.topic, scope }),
    async replay({ hub, params, scope, actor, realm, request }) {
      const result = await replayMapper(hub, params.mapper, { scope, by: `account:${actor.account}` });
      await hub.command({ actor, realm, request: request.id }, (work) => append(work, [{ kind: 'mapper.replayed', subject: `mapper:${params.mapper}`, data: { ...result } }]));
      return result;
    },
  },
  { transaction: { try: false, replay: false } },
);
