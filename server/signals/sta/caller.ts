// Who calls the façade: a session, a key, an account or a device by Basic; what each may see, make and write.
import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { type Actor, scopeOf, within } from '#core/people/roles.ts';
import { StaFault } from '#core/signals/sta/fault.ts';
import { Problem } from '#core/problem.ts';
import { COOKIE, actorFor, authenticate, signIn } from '../../people/service.ts';
import type { Hub, Who } from '../../platform/hub.ts';
import type { Session } from '../../platform/http.ts';
import { checkCredential } from '../service.ts';
import type { View } from './tables.ts';

export interface Caller extends Who {
  actor: Actor;
  realm: string;
  /** Where it may see, keep entities, write readings: unit paths. */
  read: string[];
  manage: string[];
  write: string[];
  /** Named in quarantine. */
  source: string;
}
export const viewOf = (c: Caller): View => ({ realm: c.realm, read: c.read });
export const covers = (paths: readonly string[], unit: string): boolean => paths.some((p) => within(unit, p));

/** Who writes may also see what it writes to. */
export function callerOf(actor: Actor, realm: string, source: string): Caller {
  const manage = scopeOf(actor, 'thing.manage');
  const write = scopeOf(actor, 'signal.write');
  return { actor, realm, manage, write, read: [...new Set([...scopeOf(actor, 'signal.read'), ...manage, ...write])], source };
}
/** A device writes readings for its unit and sees the entities of its unit, nothing else. */
const deviceOf = (login: string, units: string[], source: string): Caller => ({
  actor: { account: null, name: login, kind: 'device', unit: { id: '', path: units[0] ?? '', name: login }, grants: [] },
  realm: 'live',
  read: units,
  manage: [],
  write: units,
  source,
});

const sessions = new WeakMap<Hub, Map<string, { cookie: string; until: number }>>();
const KEPT_MS = 10 * 60_000;
const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** A session as if it came by this header or cookie. */
const sessionBy = (hub: Hub, o: { bearer?: string; cookie?: string }): Promise<Session | null> =>
  authenticate(hub, { headers: o.bearer ? { authorization: `Bearer ${o.bearer}` } : {}, cookies: o.cookie ? { [COOKIE]: o.cookie } : {} } as unknown as FastifyRequest);

/**
 * Login and password: a device credential, an access key as the password, or an account (which opens a session with all its
 * rules – lockout, records – and goes on using it). Undefined when it is none of them.
 */
export async function byPassword(hub: Hub, login: string, password: string, address: string, way: string): Promise<Caller | undefined> {
  if (!login || login.length > 200 || password.length > 500 || login.includes('\u0000') || password.includes('\u0000')) return undefined;
  const source = `${way}:${login}`;
  if (password.startsWith('cs_')) {
    const s = await sessionBy(hub, { bearer: password });
    return s ? callerOf(s.actor, s.realm, source) : undefined;
  }
  const units = await checkCredential(hub, login, password);
  if (units) return deviceOf(login, units, source);
  // A device's wrong secret must not count against an account.
  const [device] = await hub.sql`select 1 from device_credentials where login = ${login}`;
  if (device) return undefined;
  let known = sessions.get(hub);
  if (!known) sessions.set(hub, (known = new Map()));
  const key = hash(`${login}\u0000${password}`);
  const before = known.get(key);
  if (before && before.until > performance.now()) {
    const s = await sessionBy(hub, { cookie: before.cookie });
    if (s && !s.limited) return callerOf(s.actor, s.realm, source);
  }
  known.delete(key);
  try {
    const { token } = await signIn(hub, login, password, address);
    const s = await sessionBy(hub, { cookie: token });
    if (!s) return undefined;
    if (s.limited) throw new StaFault(403, '请先登录页面修改初始密码');
    if (known.size > 1000) known.clear();
    known.set(key, { cookie: token, until: performance.now() + KEPT_MS });
    return callerOf(s.actor, s.realm, source);
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return undefined;
    throw error;
  }
}

/** The caller of an HTTP request; throws 401 or 403. A browser's session must echo its token when it changes something. */
export async function callerOfRequest(hub: Hub, request: FastifyRequest): Promise<Caller> {
  const header = request.headers.authorization ?? '';
  const basic = /^Basic ([A-Za-z0-9+/=_-]+)$/i.exec(header);
  let caller: Caller | undefined;
  if (basic) {
    const [login = '', ...rest] = Buffer.from(basic[1]!, 'base64').toString('utf8').split(':');
    caller = await byPassword(hub, login, rest.join(':'), request.ip, 'sta');
    if (!caller) throw new StaFault(401, '账号、设备或密码不正确');
  } else if (request.session) {
    const s = request.session;
    if (s.limited) throw new StaFault(403, '请先修改初始密码');
    if (s.csrf && request.method !== 'GET' && request.method !== 'HEAD' && request.headers['x-csrf-token'] !== s.csrf) throw new StaFault(403, '会话校验失败：缺少 X-CSRF-Token');
    caller = callerOf(s.actor, s.realm, `sta:${s.actor.name}`);
  } else if (!header && hub.config.staOpenAs) caller = callerOf(await actorFor(hub.sql, hub.config.staOpenAs), 'live', 'sta:open');
  if (!caller) throw new StaFault(401, '请以会话、访问密钥或 Basic 凭据访问');
  if (!caller.read.length) throw new StaFault(403, '需要权限：signal.read');
  return caller;
}
