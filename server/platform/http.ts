// The HTTP edge: turns contract routes into Fastify handlers – checks input, session, rights, idempotency and versions – and errors into problem details.
import { createHash, randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import fastifyCookie from '@fastify/cookie';
import fastifyMultipart from '@fastify/multipart';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type * as z from 'zod';
import type { Api, Body, Output, Params, Query, Route } from '#core/contract.ts';
import { canonicalJson } from '#core/fact.ts';
import { type Actor, type Permission, scopeOf } from '#core/people/roles.ts';
import { Problem, type ProblemItem, problem, problems } from '#core/problem.ts';
import { isDatabaseAway } from './db.ts';
import type { Hub, Work } from './hub.ts';

/** Who stands behind a request, as the people slice found out; `csrf` is what a browser must echo. */
export interface Session {
  actor: Actor;
  realm: string;
  csrf: string | null;
  session: string | null;
  /** Set while the initial password must be changed: only sign-in routes work. */
  limited?: boolean;
}
export type Authenticate = (request: FastifyRequest) => Promise<Session | null>;

declare module 'fastify' {
  interface FastifyRequest {
    session: Session | null;
  }
}

export interface Call<R extends Route> {
  params: Params<R>;
  query: Query<R>;
  body: Body<R>;
  actor: Actor;
  realm: string;
  hub: Hub;
  /** The one transaction of a command (every method but GET, unless the route streams or is `served` with `transaction: false`). */
  work: Work;
  /** Unit paths where the actor holds the route's permission; `['']` is everywhere. */
  scope: string[];
  /** Version asked for by If-Match; compare with the row and throw `version-stale`. */
  ifMatch: number;
  /** Bytes of a streaming body. */
  stream: Readable;
  request: FastifyRequest;
  reply: FastifyReply;
}
type Given<R extends Route> = Output<R> extends undefined ? void | undefined : Output<R>;
export type Handler<R extends Route> = (call: Call<R>) => Promise<Given<R> | RawReply>;
export type Handlers<A extends Api> = { [K in keyof A]: Handler<A[K]> };
/** A reply that is not JSON by the contract: CSV, HTML, bytes. */
export class RawReply {
  readonly body: string | Buffer | Readable;
  readonly type: string;
  readonly headers: Record<string, string>;
  constructor(body: string | Buffer | Readable, type: string, headers: Record<string, string> = {}) {
    this.body = body;
    this.type = type;
    this.headers = headers;
  }
}

export interface Served {
  api: Api;
  handlers: Record<string, Handler<Route>>;
  options: { transaction?: Record<string, boolean> };
}

/** Pairs a slice's contract with its handlers; `transaction: { login: false }` leaves transactions to the handler. */
export function serve<A extends Api>(api: A, handlers: Handlers<A>, options: { transaction?: { [K in keyof A]?: boolean } } = {}): Served {
  return { api, handlers: handlers as unknown as Served['handlers'], options: options as Served['options'] };
}

/** Compares If-Match with the stored version. */
export function matchVersion(asked: number, stored: number | string): void {
  if (asked !== Number(stored)) throw problem('version-stale', { detail: `您看到的是第 ${asked} 版，现在是第 ${stored} 版，请刷新后再操作` });
}

const MAX_DEPTH = 32;
/** Depth, NUL, lone surrogates, dangerous keys: refused before anything reads the value (API-18). */
function unsafeAt(value: unknown, pointer: string, depth = 0): ProblemItem | undefined {
  if (depth > MAX_DEPTH) return { pointer, message: `嵌套超过 ${MAX_DEPTH} 层` };
  if (typeof value === 'string') {
    if (value.includes('\u0000')) return { pointer, message: '含有空字符' };
    if (!value.isWellFormed()) return { pointer, message: '含有不完整的字符' };
    return undefined;
  }
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : { pointer, message: '不是有限的数' };
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const bad = unsafeAt(value[i], `${pointer}/${i}`, depth + 1);
      if (bad) return bad;
    }
    return undefined;
  }
  if (value && typeof value === 'object')
    for (const [k, v] of Object.entries(value)) {
      if (k === '__proto__' || k === 'constructor' || k === 'prototype') return { pointer: `${pointer}/${k}`, message: '不允许的名称' };
      const bad = unsafeAt(k, `${pointer}/${k}`, depth + 1) ?? unsafeAt(v, `${pointer}/${k}`, depth + 1);
      if (bad) return bad;
    }
  return undefined;
}

const escapePointer = (part: PropertyKey): string => String(part).replaceAll('~', '~0').replaceAll('/', '~1');

function parsed<S extends z.ZodType>(schema: S, value: unknown, where: string): z.output<S> {
  const bad = unsafeAt(value, `/${where}`);
  if (bad) throw problem('invalid-input', { errors: [bad], detail: `${bad.pointer} ${bad.message}` });
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = result.error.issues.slice(0, 50).map((i) => ({
    pointer: `/${[where, ...i.path].map(escapePointer).join('/')}`,
    message: i.message,
  }));
  throw problem('invalid-input', {
    errors,
    detail: errors
      .map((e) => `${e.pointer}：${e.message}`)
      .slice(0, 3)
      .join('；'),
  });
}

/** Sends an error as RFC 9457 problem details; unknown errors become a 500 without inner detail. */
export function sendProblem(hub: Hub, request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  let p: Problem;
  const status = (error as { statusCode?: number })?.statusCode;
  if (error instanceof Problem) p = error;
  else if (isDatabaseAway(error)) p = problem('overloaded', { detail: '数据库暂不可用，请稍后重试', retryAfter: 5 });
  else if (status === 413) p = problem('too-large', { detail: '请求内容超过上限' });
  else if (status === 415) p = problem('unsupported-media-type');
  else if (status === 429) p = problem('too-many-requests');
  else if (status && status >= 400 && status < 500) p = problem('bad-request', { detail: (error as Error).message });
  else if (dataError(error)) p = problem('invalid-input', { detail: '内容含有数据库不能保存的值' });
  else {
    hub.log.error('request failed', { request: request.id, route: request.routeOptions?.url, error });
    p = problem('internal', { detail: `请联系管理员，并提供编号 ${request.id}` });
  }
  if (p.retryAfter !== undefined) reply.header('retry-after', String(p.retryAfter));
  return reply
    .code(p.status)
    .type('application/problem+json; charset=utf-8')
    .send(
      JSON.stringify({
        type: `urn:chengshu:problem:${p.code}`,
        title: problems[p.code].title.zh,
        status: p.status,
        detail: p.detail,
        instance: request.url.split('?')[0],
        code: p.code,
        traceId: request.id,
        errors: p.errors,
      }),
    );
}

/** PostgreSQL's own refusals of values (class 22: bad data) that validation let through. */
const dataError = (error: unknown): boolean => /^22/.test((error as { code?: string })?.code ?? '');

const KEY = /^[\x21-\x7e]{1,200}$/;

async function idempotent(work: Work, scope: string, key: string, print: Buffer, run: () => Promise<unknown>, statusOf: () => number) {
  const inserted = await work.tx`insert into idempotency (scope, key, fingerprint) values (${scope}, ${key}, ${print})
    on conflict do nothing returning key`;
  if (!inserted.length) {
    const [before] = await work.tx<{ fingerprint: Buffer; status: number | null; reply: unknown }[]>`
      select fingerprint, status, reply from idempotency where scope = ${scope} and key = ${key}`;
    if (!before) throw problem('request-in-progress', { retryAfter: 1 });
    if (!before.fingerprint.equals(print)) throw problem('key-reused');
    if (before.status === null) throw problem('request-in-progress', { retryAfter: 1 });
    return { replayed: true, status: before.status, value: before.reply };
  }
  const value = await run();
  await work.tx`update idempotency set status = ${statusOf()}, reply = ${work.tx.json((value ?? null) as never)}
    where scope = ${scope} and key = ${key}`;
  return { replayed: false, status: statusOf(), value };
}

/** Registers a slice's routes. */
export function register(app: FastifyInstance, hub: Hub, served: Served): void {
  for (const [name, r] of Object.entries(served.api)) {
    const handler = served.handlers[name];
    if (!handler) throw new Error(`route ${r.id} has no handler`);
    const transaction = served.options.transaction?.[name] ?? (r.method !== 'GET' && !r.stream);
    app.route({
      method: r.method,
      url: r.path,
      bodyLimit: r.bodyLimit ?? 1024 * 1024,
      handler: (request, reply) => answer(hub, r, handler, transaction, request, reply),
    });
  }
}

async function answer(hub: Hub, r: Route, handler: Handler<Route>, transaction: boolean, request: FastifyRequest, reply: FastifyReply) {
  const s = request.session;
  let scope: string[] = [];
  if (r.access !== 'public') {
    if (!s) throw problem('not-signed-in');
    if (s.limited && r.tag !== 'session') throw problem('password-change-required');
    if (r.access !== 'signed-in') {
      scope = scopeOf(s.actor, r.access as Permission);
      if (!scope.length) throw problem('forbidden', { detail: `需要权限：${r.access}` });
    }
  }
  if (r.method !== 'GET' && s?.csrf && request.headers['x-csrf-token'] !== s.csrf) throw problem('csrf-failed');
  let ifMatch = 0;
  if (r.ifMatch) {
    const given = request.headers['if-match'];
    if (!given) throw problem('version-required');
    const m = /^"v(\d{1,15})"$/.exec(given);
    if (!m) throw problem('bad-request', { errors: [{ pointer: '/headers/if-match', message: '应为 "v<版本号>"' }] });
    ifMatch = Number(m[1]);
  }
  const params = parsed(r.params, request.params ?? {}, 'path');
  const query = parsed(r.query, request.query ?? {}, 'query');
  const body = r.stream || r.method === 'GET' ? undefined : parsed(r.body, request.body ?? undefined, 'body');
  const call = {
    params,
    query,
    body,
    actor: s?.actor as Actor,
    realm: s?.realm ?? 'live',
    hub,
    scope,
    ifMatch,
    stream: r.stream ? (request.body as Readable) : undefined,
    request,
    reply,
    get work(): Work {
      throw new Error(`route ${r.id} has no transaction`);
    },
  } as unknown as Call<Route>;

  let value: unknown;
  reply.code(r.status);
  if (!transaction) value = await handler(call);
  else {
    const who = { actor: s?.actor ?? hub.system('public').actor, realm: call.realm, request: request.id };
    const key = request.headers['idempotency-key'];
    if (r.idempotent && (typeof key !== 'string' || !KEY.test(key)))
      throw problem('idempotency-key-missing', { detail: '请在请求头 Idempotency-Key 中给出每次操作唯一的编号（1–200 个可见 ASCII 字符）' });
    value = await hub.command(who, async (work) => {
      const inTx = Object.create(call, { work: { value: work } }) as Call<Route>;
      if (!r.idempotent) return handler(inTx);
      const print = createHash('sha256')
        .update(canonicalJson([r.id, params, query, body ?? null, ifMatch]))
        .digest();
      const outcome = await idempotent(
        work,
        `${who.actor.account ?? who.actor.name}:${r.id}`,
        key as string,
        print,
        () => handler(inTx),
        () => reply.statusCode,
      );
      if (outcome.replayed) {
        reply.code(outcome.status);
        reply.header('idempotency-replayed', 'true');
      }
      return outcome.value;
    });
  }
  if (reply.sent || reply.raw.headersSent) return reply;
  if (value instanceof RawReply) {
    reply.headers(value.headers).type(value.type);
    return reply.send(value.body);
  }
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version === 'number') reply.header('etag', `"v${version}"`);
  if (value === undefined || value === null) return reply.code(r.status === 200 ? 204 : r.status).send();
  reply.type('application/json; charset=utf-8');
  return reply.send(JSON.stringify(value));
}

export const securityHeaders: Record<string, string> = {
  'content-security-policy':
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(self)',
};

/** Makes the Fastify instance with its limits, headers and error form; slices and façades are registered by the composition root. */
export async function makeApp(hub: Hub, authenticate: Authenticate): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: 1024 * 1024,
    requestTimeout: 120_000,
    connectionTimeout: 0,
    keepAliveTimeout: 65_000,
    trustProxy: false,
    genReqId: () => randomUUID(),
    logger: false,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    routerOptions: { maxParamLength: 500, ignoreTrailingSlash: false },
  });
  app.decorateRequest('session', null);
  await app.register(fastifyCookie);
  await app.register(fastifyMultipart, { limits: { fileSize: 200 * 1024 * 1024, files: 20, fields: 50, fieldSize: 64 * 1024 } });
  for (const type of ['application/octet-stream', 'text/csv', 'application/x-ndjson', 'image/*'])
    app.addContentTypeParser(type === 'image/*' ? /^image\// : type, (_request, payload, done) => done(null, payload));
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders);
    reply.header('x-request-id', request.id);
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
    request.session = await authenticate(request);
  });
  app.setErrorHandler((error, request, reply) => sendProblem(hub, request, reply, error));
  app.setNotFoundHandler((request, reply) => sendProblem(hub, request, reply, problem('not-found', { detail: `没有这个地址：${request.method} ${request.url.split('?')[0]}` })));
  return app;
}
