// HTTP of indicators and risk points.
import { indicatorsApi } from '#core/indicators/contract.ts';
import { problem } from '#core/problem.ts';
import { serve } from '../platform/http.ts';
import { inspections } from './inspections.ts';
import * as service from './service.ts';

export const indicatorRoutes = serve(
  indicatorsApi,
  {
    list: async ({ hub, query, actor, realm, scope }) => {
      const unit = query.unit ?? (scope.includes('') ? (await service.content(hub)).root : (scope[0] ?? actor.unit.path));
      return service.browse(hub, {
        realm,
        paths: scope,
        unit,
        text: query.text,
        sector: query.sector,
        track: query.track,
        tier: query.tier,
        state: query.state,
        after: query.cursor ?? '',
        limit: query.limit,
      });
    },
    summary: ({ hub, realm, scope }) => service.summary(hub, realm, scope),
    read: ({ hub, params, query, realm, scope }) => service.read(hub, { realm, code: params.code, paths: scope, at: query.at ? new Date(query.at) : undefined }),
    series: ({ hub, params, query, realm, scope }) =>
      service.series(hub, { realm, code: params.code, scope: query.scope, from: new Date(query.from), to: new Date(query.to), paths: scope }),
    drillDown: ({ hub, params, query, realm, scope }) => service.drillDown(hub, { realm, code: params.code, scope: query.scope, bucket: new Date(query.bucket), paths: scope }),
    compare: ({ hub, params, query, realm, scope }) =>
      service.compare(hub, { realm, code: params.code, kind: query.kind, paths: scope, at: query.at ? new Date(query.at) : undefined }),
    preview: ({ hub, params, body, realm, scope }) =>
      service.preview(hub, { realm, code: params.code, definition: body.definition, scope: body.scope, from: new Date(body.from), to: new Date(body.to), paths: scope }),
    publish: ({ work, params, body }) => service.publish(work, params.code, body.definition, body.recomputeFrom ? new Date(body.recomputeFrom) : undefined),
    recompute: async ({ work, hub, params, body }) => {
      const c = await service.indicatorsOf(hub).catalogue(work.realm, work.tx);
      if (!c.definitions.has(params.code)) throw problem('not-found', { detail: `没有指标 ${params.code}` });
      return { job: await service.startRecompute(work, [params.code], new Date(body.from), new Date(body.to)) };
    },
    enter: async ({ work, params, body, scope }) => {
      await service.enter(work, { code: params.code, scope: body.scope, bucket: new Date(body.bucket), value: body.value, sourceRef: body.sourceRef, paths: scope });
      return { entered: true };
    },
    riskTypes: async ({ hub }) => ({ items: [...(await service.content(hub)).content['risk-types'].values()] as unknown as Record<string, unknown>[] }),
    inspections: async ({ hub, params, scope }) => ({ items: await inspections(hub, params.id, scope) }),
    riskPoints: ({ hub, query, realm, scope }) => service.riskPoints(hub, { realm, scope, type: query.type, after: query.cursor ?? '', limit: query.limit }),
    addRiskPoint: ({ work, body, scope }) => service.putRiskPoint(work, body, scope),
    changeRiskPoint: ({ work, params, body, scope, ifMatch }) => service.putRiskPoint(work, body, scope, { id: params.id, version: ifMatch }),
  },
  { transaction: { preview: false } },
);
