// The façade on HTTP: /sta/v1.1 and /sta/v1.0, with its own error form; everything below is in serve.ts.
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { StaFault } from '#core/signals/sta/fault.ts';
import { Problem } from '#core/problem.ts';
import { isDatabaseAway } from '../../platform/db.ts';
import type { Hub } from '../../platform/hub.ts';
import { batch } from './batch.ts';
import { callerOfRequest } from './caller.ts';
import { type Reply, type Version, answer } from './serve.ts';

const MAX_BYTES = 8 * 1024 * 1024;
export const ROOT = '/sta';

/** Scheme and host of absolute links: as configured, else as the client named us. */
export function originOf(hub: Hub, request: FastifyRequest): string {
  if (hub.config.publicUrl) return hub.config.publicUrl.replace(/\/+$/, '');
  const host = request.headers.host ?? '';
  return /^[A-Za-z0-9.-]+(:\d{1,5})?$|^\[[0-9a-fA-F:.]+\](:\d{1,5})?$/.test(host) ? `${request.protocol}://${host}` : 'http://localhost';
}

/** Turns any error into status and message; what is not a refusal is logged and told without inner detail. */
export function faultOf(hub: Hub, error: unknown, id: string): StaFault {
  if (error instanceof StaFault) return error;
  if (error instanceof Problem)
    return new StaFault(error.status, [error.message, ...(error.errors ?? []).slice(0, 3).map((e) => `${e.pointer} ${e.message}`)].join('；'), undefined, error.retryAfter);
  if (isDatabaseAway(error)) return new StaFault(503, '数据库暂不可用，请稍后重试', undefined, 5);
  const status = (error as { statusCode?: number } | null)?.statusCode;
  if (status && status >= 400 && status < 500) return new StaFault(status, status === 413 ? '请求内容超过上限' : (error as Error).message);
  const code = (error as { code?: string } | null)?.code ?? '';
  if (/^(22|54)/.test(code)) return new StaFault(400, '请求含有数据库不能处理的值');
  hub.log.error('sensorthings request failed', { request: id, error });
  return new StaFault(500, `系统内部错误，编号 ${id}`);
}
export const faultBody = (f: StaFault): unknown => ({ error: { code: String(f.status), message: f.message, ...(f.at === undefined ? {} : { target: f.at }) } });

/** Any page may ask: without credentials of its own it is nobody, and a browser never adds its session to such a request. */
const OPEN: Record<string, string> = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'Location, Preference-Applied, Retry-After, WWW-Authenticate' };
const METHODS = 'GET, HEAD, POST, PATCH, PUT, DELETE, OPTIONS';
const MAY_ASK = {
  'access-control-allow-methods': METHODS,
  'access-control-allow-headers': 'Authorization, Content-Type, Accept, Prefer, Idempotency-Key, X-Requested-With',
  'access-control-max-age': '3600',
};

const unzip = promisify(gunzip);
/** The body as text; gzip is welcome. Throws 400, 413 or 415. */
async function textOf(request: FastifyRequest): Promise<string> {
  let bytes = request.body as Buffer | undefined;
  if (!bytes?.length) return '';
  const coding = String(request.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (coding === 'gzip' || coding === 'x-gzip') {
    bytes = await unzip(bytes, { maxOutputLength: MAX_BYTES }).catch((error: { code?: string }) => {
      throw error.code === 'ERR_BUFFER_TOO_LARGE' ? new StaFault(413, '请求内容解压后超过上限') : new StaFault(400, 'gzip 内容损坏');
    });
  } else if (coding !== 'identity') throw new StaFault(415, `不支持的内容编码 ${coding.slice(0, 40)}`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new StaFault(400, '内容不是 UTF-8');
  }
}

function send(request: FastifyRequest, reply: FastifyReply, r: Reply): FastifyReply {
  reply.code(r.status).headers(r.headers);
  // RFC 7240: who does not want to see what was stored need not.
  const wish =
    request.method === 'GET' || request.method === 'HEAD' ? undefined : /\breturn\s*=\s*"?(minimal|representation)/i.exec(String(request.headers.prefer ?? ''))?.[1]?.toLowerCase();
  if (wish && r.body !== undefined && r.headers.location !== undefined) {
    reply.header('preference-applied', `return=${wish}`);
    if (wish === 'minimal') return reply.code(r.status === 200 ? 204 : r.status).send('');
  }
  if (r.text !== undefined) return reply.type(r.headers['content-type'] ?? 'text/plain; charset=utf-8').send(r.text);
  if (r.body === undefined) return reply.send('');
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(r.body));
}

/** Registers the routes. */
export async function sensorThings(app: FastifyInstance, hub: Hub): Promise<void> {
  await app.register(async (scope) => {
    // Whatever a client calls its body, here it is JSON (or a batch); a DELETE may name a form and send none (STA-057).
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_BYTES }, (_request, payload, done) => done(null, payload));
    const fail = (request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply => {
      const f = faultOf(hub, error, request.id);
      if (f.status === 401) reply.header('www-authenticate', 'Basic realm="SensorThings", charset="UTF-8"');
      if (f.status === 405) reply.header('allow', METHODS);
      if (f.retryAfter !== undefined) reply.header('retry-after', String(f.retryAfter));
      return reply
        .code(f.status)
        .type('application/json; charset=utf-8')
        .send(JSON.stringify(faultBody(f)));
    };
    scope.setErrorHandler((error, request, reply) => fail(request, reply, error));
    scope.addHook('onRequest', async (_request, reply) => void reply.headers(OPEN));
    const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      try {
        const [full = '', ...rest] = request.url.split('?');
        const [, version = '', path = ''] = /^\/sta\/(v1\.[01])(\/.*)?$/s.exec(full) ?? [];
        if (!version) throw new StaFault(404, '没有这个地址');
        const caller = await callerOfRequest(hub, request);
        const base = `${originOf(hub, request)}${ROOT}/${version}`;
        const body = await textOf(request);
        const ask = {
          hub,
          caller,
          version: version as Version,
          base,
          method: request.method,
          path,
          query: rest.join('?'),
          type: String(request.headers['content-type'] ?? ''),
          body,
          key: request.headers['idempotency-key'],
        };
        return send(request, reply, /^\/\$batch\/?$/.test(path) ? await batch(ask) : await answer(ask));
      } catch (error) {
        return fail(request, reply, error);
      }
    };
    for (const version of ['v1.0', 'v1.1'])
      for (const url of [`${ROOT}/${version}`, `${ROOT}/${version}/`, `${ROOT}/${version}/*`]) {
        scope.route({ method: ['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE'], url, bodyLimit: MAX_BYTES, handler });
        scope.options(url, (_request, reply) =>
          reply
            .code(204)
            .headers({ ...MAY_ASK, allow: METHODS })
            .send(),
        );
      }
  });
}
