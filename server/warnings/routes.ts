// HTTP of warnings, rules, shelves and webhooks.
import { warningsApi } from '#core/warnings/contract.ts';
import { RawReply, serve } from '../platform/http.ts';
import { named } from './names.ts';
import * as service from './service.ts';
import { endShelf, listShelves } from './shelves.ts';
import { addWebhook, endWebhook, listWebhooks } from './webhooks.ts';

const at = (v: string | undefined): Date | undefined => (v === undefined ? undefined : new Date(v));

export const warningRoutes = serve(
  warningsApi,
  {
    list: ({ hub, actor, realm, scope, query }) => service.list(hub, actor, { ...query, realm, scope }),
    counts: ({ hub, realm, scope }) => service.counts(hub, realm, scope),
    load: async ({ hub, realm, scope, query }) => {
      const found = await service.load(hub, realm, scope, { from: at(query.from), to: at(query.to), seats: query.seats });
      return { ...found, operators: await named(hub, found.operators) };
    },
    read: async ({ hub, actor, realm, scope, params }) => {
      const w = await service.read(hub, actor, realm, params.id, scope);
      return { ...w, history: await named(hub, w.history) };
    },
    acknowledge: ({ work, params, scope }) => service.acknowledge(work, params.id, scope),
    close: ({ work, params, scope, body }) => service.close(work, params.id, scope, body.note),
    falseAlarm: ({ work, params, scope, body }) => service.falseAlarm(work, params.id, scope, body.note),
    shelve: ({ work, params, scope, body }) => service.shelve(work, params.id, scope, new Date(body.until), body.note),
    respond: ({ work, params, scope, body }) => service.openCaseFor(work, params.id, scope, body),
    cap: async ({ hub, realm, scope, params }) => new RawReply(await service.cap(hub, realm, params.id, scope), 'application/cap+xml; charset=utf-8'),
    shelves: async ({ hub, realm, scope }) => ({ items: await named(hub, await listShelves(hub, realm, scope)) }),
    addShelf: ({ work, scope, body }) => service.addShelf(work, { ...body, from: new Date(body.from), until: new Date(body.until) }, scope),
    endShelf: ({ work, params, scope }) => endShelf(work, params.id, scope),
    rules: ({ hub, realm, query }) => service.rules(hub, realm, query.days),
    putRule: ({ work, params, body }) => service.putRule(work, params.code, body.definition),
    retireRule: ({ work, params, body }) => service.retireRule(work, params.code, body.note),
    backtest: ({ hub, realm, scope, body }) =>
      service.backtest(hub, realm, { definition: body.definition, from: new Date(body.from), to: new Date(body.to), streams: body.streams, scope }),
    webhooks: ({ hub, realm, scope }) => listWebhooks(hub, realm, scope),
    addWebhook: ({ work, scope, body }) => addWebhook(work, body, scope),
    endWebhook: ({ work, scope, params }) => endWebhook(work, params.id, scope),
  },
  { transaction: { backtest: false } },
);
