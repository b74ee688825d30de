// The composition root: the one file that imports everything. Read it to see the system.
import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { apis } from '#core/api.ts';
import { Jobs } from './platform/jobs.ts';
import { Live } from './platform/live.ts';
import { Outbox } from './platform/outbox.ts';
import { Timers } from './platform/timers.ts';
import { anchor } from './platform/audit.ts';
import { type Served, makeApp, register } from './platform/http.ts';
import type { Hub } from './platform/hub.ts';
import { metrics } from './platform/metrics.ts';
import { openapi } from './platform/openapi.ts';
import { readiness } from './platform/health.ts';
import { openFromWarning } from './cases/service.ts';
import { installCases } from './cases/follow.ts';
import { caseRoutes } from './cases/routes.ts';
import { installIndicators } from './indicators/follow.ts';
import { indicatorRoutes } from './indicators/routes.ts';
import { installWarnings } from './warnings/follow.ts';
import { setCaseOpener } from './warnings/service.ts';
import { warningRoutes } from './warnings/routes.ts';
import { installDuty } from './duty/follow.ts';
import { dutyRoutes } from './duty/routes.ts';
import { packRoutes } from './packs/routes.ts';
import { installSignals, signalsOf } from './signals/follow.ts';
import { byHandRoutes } from './signals/by-hand/routes.ts';
import { importRoutes } from './signals/imports/routes.ts';
import { mapperRoutes } from './signals/mapper-routes.ts';
import { probeRoutes } from './signals/probes/routes.ts';
import { signalRoutes } from './signals/routes.ts';
import { deviceRoutes } from './signals/devices/routes.ts';
import { peopleRoutes } from './people/routes.ts';
import { installRecords } from './records/follow.ts';
import { recordRoutes } from './records/routes.ts';
import { installEvaluation } from './evaluation/follow.ts';
import { evaluationRoutes } from './evaluation/routes.ts';
import { installFinance, readerOf } from './finance/follow.ts';
import { financeRoutes } from './finance/routes.ts';
import { installReview } from './review/follow.ts';
import { reviewRoutes } from './review/routes.ts';
import { authenticate } from './people/service.ts';

/** What a slice may hook into besides its routes. */
export interface System {
  hub: Hub;
  app: FastifyInstance;
  timers: Timers;
  jobs: Jobs;
  outbox: Outbox;
  live: Live;
  /** Runs when background work starts; tests that only `inject` do without. */
  onStart(begin: () => Promise<void>): void;
  /** Port of the embedded MQTT listener once started. */
  mqttPort: number | null;
}
/** A slice registers its timers, jobs, channels, followers and live rules here; called once, before requests come in. */
export type Install = (system: System) => Promise<void> | void;

const routes: Served[] = [
  indicatorRoutes,
  warningRoutes,
  peopleRoutes,
  packRoutes,
  caseRoutes,
  dutyRoutes,
  probeRoutes,
  importRoutes,
  mapperRoutes,
  recordRoutes,
  evaluationRoutes,
  reviewRoutes,
];
/** Routes over what one process holds in memory. */
const hubRoutes: ((hub: Hub) => Served)[] = [
  (hub) => signalRoutes(() => signalsOf(hub)),
  (hub) => deviceRoutes(() => signalsOf(hub)),
  (hub) => byHandRoutes(() => signalsOf(hub)),
  (hub) => financeRoutes(() => readerOf(hub)),
];
const installs: Install[] = [installIndicators, installCases, installDuty, installSignals, installWarnings, installRecords, installEvaluation, installReview, installFinance];
const webFolder = fileURLToPath(new URL('../dist/web/', import.meta.url));

/** Wires all slices onto a hub and a Fastify instance without listening: what tests use by `inject`. */
export async function compose(hub: Hub): Promise<System> {
  const app = await makeApp(hub, (request) => authenticate(hub, request));
  const starts: (() => Promise<void>)[] = [];
  const system: System = { hub, app, timers: new Timers(), jobs: new Jobs(), outbox: new Outbox(), live: new Live(), mqttPort: null, onStart: (begin) => starts.push(begin) };
  for (const served of [...routes, ...hubRoutes.map((make) => make(hub))]) register(app, hub, served);
  const description = JSON.stringify(openapi(apis, hub.config.version));
  app.get('/openapi.json', (_request, reply) => reply.type('application/json; charset=utf-8').send(description));
  app.get('/healthz', () => ({ ok: true }));
  app.get('/readyz', async (_request, reply) => {
    const r = await readiness(hub);
    return reply.code(r.ready ? 200 : 503).send(r);
  });
  app.get('/metrics', async (_request, reply) => reply.type('text/plain; version=0.0.4').send(await metrics(hub)));
  for (const install of installs) await install(system);
  setCaseOpener(hub, openFromWarning);
  await serveWeb(app);
  hub.onClose(() => app.close());
  started.set(system, starts);
  return system;
}
const started = new WeakMap<System, (() => Promise<void>)[]>();

async function serveWeb(app: FastifyInstance): Promise<void> {
  const built = await stat(`${webFolder}index.html`).catch(() => undefined);
  if (!built) return;
  await app.register(fastifyStatic, {
    root: webFolder,
    wildcard: false,
    index: false,
    setHeaders: (reply, path) => {
      reply.header('cache-control', /[.-][A-Za-z0-9_-]{8,}\.\w+$/.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  const page = await readFile(`${webFolder}index.html`);
  // Every screen is the same page; the app's own router takes it from there.
  app.get('/*', (request, reply) => {
    const path = request.url.split('?')[0]!;
    if (path.startsWith('/api/') || path.startsWith('/assets/')) return reply.callNotFound();
    return reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(page);
  });
}

/** Starts the background work of a composed system: followers are started by the slices' installs. */
export async function run(system: System): Promise<void> {
  const { hub } = system;
  system.timers.run(hub);
  system.outbox.run(hub);
  system.jobs.run(hub);
  await system.live.start(hub, system.app);
  for (const begin of started.get(system) ?? []) await begin();
  const every = setInterval(() => anchor(hub).catch((error: unknown) => hub.log.error('anchor failed', { error })), hub.config.anchorSeconds * 1000);
  hub.onClose(async () => {
    clearInterval(every);
    await anchor(hub).catch(() => {});
  });
}

/** Composes, starts background work and listens; gives the address. */
export async function startServer(hub: Hub): Promise<{ url: string; system: System; stop(): Promise<void> }> {
  const system = await compose(hub);
  await run(system);
  const url = await system.app.listen({ host: hub.config.host, port: hub.config.port });
  return { url, system, stop: () => hub.close() };
}
