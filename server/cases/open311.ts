// Open311 GeoReport v2 over HTTP at /open311: format by extension, its own error form, reports by key.
import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Open311Error, readPairs, readReport, serviceDefinition, xmlOf } from '#core/cases/open311.ts';
import type { PublicServices } from '#core/cases/public-services.ts';
import { scopeOf } from '#core/people/roles.ts';
import { Problem } from '#core/problem.ts';
import { tokenActor } from '../people/service.ts';
import { isDatabaseAway } from '../platform/db.ts';
import type { Hub } from '../platform/hub.ts';
import * as open311 from './open311/service.ts';
import { Refusal } from './open311/service.ts';

const SPECIFICATION = 'http://wiki.open311.org/GeoReport_v2';
const MAX_BODY = 64 * 1024;
/** Reports a minute: of one key, and of one address without a key. */
const RATE = { key: 600, open: 6 };

type Format = 'xml' | 'json';
/** The format and the path without it: the extension decides, else the Accept header; XML is the standard's own. */
function formatOf(path: string, accept: string | undefined): { format: Format; path: string; known: boolean } {
  const m = /^(.*)\.([A-Za-z0-9]{1,10})$/.exec(path);
  if (m && (m[2] === 'xml' || m[2] === 'json')) return { format: m[2], path: m[1]!, known: true };
  return { format: /json/.test(accept ?? '') && !/xml/.test(accept ?? '') ? 'json' : 'xml', path, known: !m };
}

/** Sends a value under its XML root; JSON has no root. */
function send(reply: FastifyReply, format: Format, root: string, value: unknown, status = 200): FastifyReply {
  return format === 'json'
    ? reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(value))
    : reply.code(status).type('text/xml; charset=utf-8').send(xmlOf(root, value));
}

/** Form-encoded bytes to pairs; bytes that are not UTF-8 are refused. */
function pairsOf(body: string): [string, string][] {
  const decode = (v: string) => decodeURIComponent(v.replaceAll('+', ' '));
  if (!body) return [];
  const parts = body.split('&');
  if (parts.length > 500) throw new Refusal(400, '参数过多');
  return parts.flatMap((p) => {
    if (!p) return [];
    const at = p.indexOf('=');
    try {
      return [[decode(at < 0 ? p : p.slice(0, at)), at < 0 ? '' : decode(p.slice(at + 1))] as [string, string]];
    } catch {
      throw new Refusal(400, '参数不是 UTF-8 的百分号编码');
    }
  });
}
/** A report as JSON, which the standard does not ask for, in the same pairs: scalars as they are, `attribute` as an object of answers. */
function pairsOfJson(text: string): [string, string][] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refusal(400, '内容不是有效的 JSON');
  }
  if (!value || typeof value !== 'object' || Array.isArray(value)) throw new Refusal(400, '内容应是一个 JSON 对象');
  const pairs: [string, string][] = [];
  const add = (name: string, v: unknown): void => {
    if (v === null || v === undefined) return;
    if (typeof v !== 'string' && typeof v !== 'number' && typeof v !== 'boolean') throw new Refusal(400, `${name.slice(0, 60)} 应是文字或数`);
    if (pairs.push([name, String(v)]) > 500) throw new Refusal(400, '参数过多');
  };
  for (const [name, v] of Object.entries(value)) {
    if (name !== 'attribute' && name !== 'attributes') {
      add(name, v);
      continue;
    }
    if (!v || typeof v !== 'object' || Array.isArray(v)) throw new Refusal(400, `${name} 应是“代码: 值”的对象`);
    for (const [code, given] of Object.entries(v))
      if (Array.isArray(given)) for (const one of given) add(`attribute[${code}][]`, one);
      else add(`attribute[${code}]`, given);
  }
  return pairs;
}
function queryOf(request: FastifyRequest): Map<string, string> {
  const at = request.url.indexOf('?');
  const map = new Map<string, string>();
  for (const [k, v] of pairsOf(at < 0 ? '' : request.url.slice(at + 1))) {
    if (v.includes('\u0000') || !v.isWellFormed()) throw new Refusal(400, `参数 ${k.slice(0, 40)} 含有不能识别的字符`);
    if (v.trim() !== '') map.set(k, v.trim());
  }
  return map;
}
const listOf = (v: string | undefined, max: number, name: string): string[] => {
  const list = (v ?? '')
    .split(',')
    .map((x) => x.trim())
    .filter(Boolean);
  if (list.length > max) throw new Refusal(400, `${name} 一次最多 ${max} 个`);
  return list;
};
function instant(v: string | undefined, name: string): Date | undefined {
  if (v === undefined) return undefined;
  // A plus sign that was not encoded arrives as a space.
  const text = v.replace(/ (\d{2}:?\d{2})$/, '+$1');
  const m = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2}))?$/.exec(text);
  const at = m ? new Date(m[2] ? text : `${m[1]!}T00:00:00+08:00`) : new Date(Number.NaN);
  const real = m && new Date(`${m[1]!}T00:00:00Z`).toString() !== 'Invalid Date' && new Date(`${m[1]!}T00:00:00Z`).toISOString().startsWith(m[1]!);
  if (Number.isNaN(at.getTime()) || !real) throw new Refusal(400, `${name} 应为带时区的 W3C 时刻，如 2026-03-01T08:00:00+08:00`);
  return at;
}
function count(v: string | undefined, name: string, max: number, otherwise: number): number {
  if (v === undefined) return otherwise;
  if (!/^\d{1,6}$/.test(v) || Number(v) < 1 || Number(v) > max) throw new Refusal(400, `${name} 应为 1 至 ${max} 的整数`);
  return Number(v);
}

/** At most so many in a minute by name; says how long to wait otherwise. */
class Pace {
  readonly #seen = new Map<string, { minute: number; n: number }>();
  over(name: string, limit: number): boolean {
    const minute = Math.floor(performance.now() / 60_000);
    const s = this.#seen.get(name);
    if (s?.minute === minute) return ++s.n > limit;
    if (this.#seen.size > 10_000) this.#seen.clear();
    this.#seen.set(name, { minute, n: 1 });
    return false;
  }
}

const discovery = (all: PublicServices[], base: string) => ({
  changeset:
    all
      .map((a) => a.changeset)
      .sort()
      .at(-1) ?? null,
  contact: all.map((a) => a.contact).join('；'),
  key_service: all.map((a) => a.keyService).join('；'),
  endpoints: all.map((a) => ({
    specification: SPECIFICATION,
    url: `${base}/open311/v2`,
    changeset: a.changeset,
    type: a.type,
    formats: ['text/xml', 'application/json'],
    ...(all.length > 1 ? { jurisdiction_id: a.code } : {}),
  })),
});

async function get(hub: Hub, path: string, query: Map<string, string>, base: string): Promise<{ root: string; value: unknown }> {
  if (path === 'discovery' || path === 'v2/discovery') return { root: 'discovery', value: discovery(await open311.offers(hub), base) };
  const [version, resource, id, more] = path.split('/');
  if (version !== 'v2' || more !== undefined || !['services', 'requests', 'tokens'].includes(resource ?? '')) throw new Refusal(404, '没有这个地址');
  const offer = await open311.offerOf(hub, query.get('jurisdiction_id'));
  if (resource === 'services') {
    if (id === undefined) return { root: 'services', value: open311.services(offer) };
    const { service, matter } = open311.serviceOf(offer, id);
    return { root: 'service_definition', value: serviceDefinition(service, matter) };
  }
  if (resource === 'tokens') return { root: 'service_requests', value: [await open311.requestOfToken(hub, offer, id ?? '')] };
  if (id !== undefined) {
    const found = await open311.requestsByNumber(hub, offer, [id]);
    if (!found.length) throw new Refusal(404, '没有这个 service_request_id');
    return { root: 'service_requests', value: found };
  }
  const numbers = listOf(query.get('service_request_id'), open311.MAX_REQUESTS, 'service_request_id');
  // Numbers override everything else.
  if (numbers.length) return { root: 'service_requests', value: await open311.requestsByNumber(hub, offer, numbers) };
  const services = listOf(query.get('service_code'), 200, 'service_code');
  for (const code of services) open311.serviceOf(offer, code);
  const status = listOf(query.get('status'), 10, 'status');
  if (status.some((s) => s !== 'open' && s !== 'closed')) throw new Refusal(400, 'status 只能是 open、closed');
  const given = { from: instant(query.get('start_date'), 'start_date'), to: instant(query.get('end_date'), 'end_date') };
  const now = await hub.now('live');
  // The limit of ninety days is for ranges; with a beginning alone it goes on to now, with an end alone ninety days back.
  const to = given.to ?? new Date(Math.max(now.getTime(), given.from?.getTime() ?? 0));
  const from = given.from ?? new Date(to.getTime() - open311.SPAN);
  if (from > to) throw new Refusal(400, 'start_date 晚于 end_date');
  if (given.from && given.to && to.getTime() - from.getTime() > open311.SPAN) throw new Refusal(400, 'start_date 与 end_date 之间不超过 90 天');
  const size = count(query.get('page_size'), 'page_size', open311.MAX_REQUESTS, open311.MAX_REQUESTS);
  const page = count(query.get('page'), 'page', 100_000, 1);
  return {
    root: 'service_requests',
    value: await open311.requests(hub, offer, { services, status: [...new Set(status)] as ('open' | 'closed')[], from, to, limit: size, offset: (page - 1) * size }),
  };
}

/** Registers the façade: `GET` of everything without a key, `POST /open311/v2/requests` with one. */
export async function serveOpen311(app: FastifyInstance, hub: Hub): Promise<void> {
  const pace = new Pace();
  const refuse = (request: FastifyRequest, reply: FastifyReply, status: number, errors: Open311Error[], retryAfter?: number) => {
    const { format } = formatOf(request.url.split('?')[0]!, request.headers.accept);
    if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
    return send(reply, format, 'errors', errors, status);
  };
  const postReport = async (request: FastifyRequest, reply: FastifyReply, format: Format) => {
    if (!Buffer.isBuffer(request.body)) throw new Refusal(400, '请以 application/x-www-form-urlencoded 提交');
    if (!isUtf8(request.body)) throw new Refusal(400, '内容不是 UTF-8');
    const text = request.body.toString('utf8');
    const given = /^application\/json\b/i.test(String(request.headers['content-type'])) ? pairsOfJson(text) : pairsOf(text);
    // Some clients name key and jurisdiction in the address; what the body says counts more.
    const named = new Set(given.map(([name]) => name));
    const read = readPairs([...given, ...[...queryOf(request)].filter(([name]) => (name === 'api_key' || name === 'jurisdiction_id') && !named.has(name))]);
    if (read.errors.length) throw new Refusal(400, read.errors);
    const offer = await open311.offerOf(hub, read.plain.get('jurisdiction_id'));
    const key = read.plain.get('api_key') ?? (typeof request.headers['x-api-key'] === 'string' ? request.headers['x-api-key'] : undefined);
    // A browser's session is no key: a form on another page could send it.
    let actor = request.session?.actor.kind === 'api' ? request.session.actor : key === undefined ? undefined : await tokenActor(hub, key);
    if (key !== undefined && !actor) throw new Refusal(403, '无效的 api_key');
    if (actor && !scopeOf(actor, 'case.report').length) throw new Refusal(403, '这个 api_key 没有上报的权限');
    if (!actor && offer.terms.intake !== 'open') throw new Refusal(403, '缺少 api_key；申请办法见 discovery 中的 key_service');
    if (pace.over(actor?.account ?? request.ip, actor ? RATE.key : RATE.open)) throw new Refusal(429, '上报过于频繁，请稍后再试', 60);
    actor ??= hub.system('open311').actor;
    const code = read.plain.get('service_code');
    if (code === undefined) throw new Refusal(400, '缺少 service_code');
    const { service, matter } = open311.serviceOf(offer, code);
    const { report, errors } = readReport(read, service, matter);
    if (errors.length) throw new Refusal(400, errors);
    const once = request.headers['idempotency-key'];
    if (once !== undefined && (typeof once !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(once))) throw new Refusal(400, 'Idempotency-Key 应为 1–200 个可见 ASCII 字符');
    const made = await open311.report(hub, actor, offer, report, { key: once, request: request.id });
    // Exactly one of number and token (O311-02).
    const name = service.type === 'batch' ? { token: made.token } : { service_request_id: made.no };
    return send(reply, format, 'service_requests', [{ ...name, service_notice: service.notice?.zh ?? null, account_id: null }], 201);
  };
  await app.register(
    async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser(['application/x-www-form-urlencoded', 'application/json'], { parseAs: 'buffer', bodyLimit: MAX_BODY }, (_request, body, done) => done(null, body));
      scope.addContentTypeParser('*', (_request, payload, done) => {
        payload.resume();
        payload.on('end', () => done(null, undefined));
        payload.on('error', done);
      });
      // Reports come from pages of others as well: a key is in the body, a session is never enough.
      scope.addHook('onRequest', async (_request, reply) => void reply.header('access-control-allow-origin', '*'));
      scope.options('/*', (_request, reply) =>
        reply
          .code(204)
          .headers({
            'access-control-allow-methods': 'GET, HEAD, POST, OPTIONS',
            'access-control-allow-headers': 'Content-Type, Accept, Idempotency-Key, X-API-Key, X-Requested-With',
            'access-control-max-age': '3600',
          })
          .send(),
      );
      scope.setErrorHandler((error, request, reply) => {
        const status = (error as { statusCode?: number }).statusCode;
        if (error instanceof Refusal) return refuse(request, reply, error.status, error.errors, error.retryAfter);
        if (error instanceof Problem) {
          const more = (error.errors ?? []).map((e) => `${e.pointer} ${e.message}`).join('；');
          const served = error.status === 403 || error.status === 404 || error.status >= 429 ? error.status : 400;
          return refuse(request, reply, served, [{ code: error.status, description: more ? `${error.message}：${more}` : error.message }], error.retryAfter);
        }
        if (isDatabaseAway(error)) return refuse(request, reply, 503, [{ code: 503, description: '系统繁忙，请稍后重试' }], 5);
        if (status && status >= 400 && status < 500) return refuse(request, reply, 400, [{ code: status, description: status === 413 ? '请求内容过大' : '请求格式不正确' }]);
        if (/^22/.test((error as { code?: string }).code ?? '')) return refuse(request, reply, 400, [{ code: 400, description: '内容含有不能保存的值' }]);
        hub.log.error('open311 request failed', { request: request.id, error });
        return refuse(request, reply, 500, [{ code: 500, description: `系统内部错误，编号 ${request.id}` }]);
      });
      scope.setNotFoundHandler((request, reply) => refuse(request, reply, 404, [{ code: 404, description: '没有这个地址' }]));
      scope.get('/*', async (request, reply) => {
        const { format, path, known } = formatOf((request.params as { '*': string })['*'], request.headers.accept);
        if (!known) throw new Refusal(404, '格式只有 .xml 与 .json');
        const base = hub.config.publicUrl?.replace(/\/$/, '') ?? `${request.protocol}://${request.headers.host ?? 'localhost'}`;
        const { root, value } = await get(hub, path, queryOf(request), base);
        reply.header('cache-control', 'no-cache');
        return send(reply, format, root, value);
      });
      scope.post('/*', async (request, reply) => {
        const { format, path, known } = formatOf((request.params as { '*': string })['*'], request.headers.accept);
        if (!known || path !== 'v2/requests') throw new Refusal(404, '没有这个地址');
        return postReport(request, reply, format);
      });
    },
    { prefix: '/open311' },
  );
}
