// People: who may sign in, as which post, over which units; sessions, lockout and the password policy.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import type { FastifyRequest } from 'fastify';
import { type PasswordPolicy, passwordFaults, passwordPolicies } from '#core/people/password.ts';
import { type Actor, type Role, roles, separateRoles } from '#core/people/roles.ts';
import type { Text } from '#core/contract.ts';
import { problem } from '#core/problem.ts';
import type { Db } from '../platform/db.ts';
import { append } from '../platform/facts.ts';
import type { Session } from '../platform/http.ts';
import type { Hub, Work } from '../platform/hub.ts';
import { uuidv7 } from '../platform/ids.ts';
import * as store from './store.ts';

// SEC-03 and SEC-04: five failures in 15 minutes lock for 30; 30 minutes idle (15 for administrators is set by profile), 12 hours at most.
const LOCK = { after: 5, windowMinutes: 15, lockMinutes: 30, perAddress: 30 };
const SESSION = { idleMinutes: 30, absoluteHours: 12 };
export const COOKIE = 'chengshu';

const sha = (text: string): Buffer => createHash('sha256').update(text).digest();
const argon = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** argon2id hash of a password. */
export const hashPassword = (password: string): Promise<string> => hash(password, argon);
let dummy: Promise<string> | undefined;

const actorOf = (row: store.SessionRow, kind: Actor['kind']): Actor => ({
  account: row.accountId,
  name: row.postName,
  kind,
  unit: { id: row.unitId, path: row.unitPath, name: row.unitName.zh },
  grants: row.grants,
});

/** The service account behind a bearer key; undefined when there is none or it was revoked. */
export async function tokenActor(hub: Hub, token: string): Promise<Actor | undefined> {
  if (!/^\S{20,200}$/.test(token)) return undefined;
  const row = await store.tokenAccount(hub.sql, sha(token));
  return row ? actorOf(row, 'api') : undefined;
}

/** Finds the session or token behind a request; null when there is none. The realm is `live` or a drill named in `x-realm`. */
export async function authenticate(hub: Hub, request: FastifyRequest): Promise<Session | null> {
  const bearer = /^Bearer (\S{20,200})$/.exec(request.headers.authorization ?? '');
  const realm = 'live';
  if (bearer) {
    const actor = await tokenActor(hub, bearer[1]!);
    return actor ? { actor, realm, csrf: null, session: null } : null;
  }
  const cookie = request.cookies[COOKIE];
  if (!cookie) return null;
  const key = sha(cookie);
  const row = await store.session(hub.sql, key, SESSION.idleMinutes, SESSION.absoluteHours);
  if (!row) return null;
  if (row.stale) await store.touchSession(hub.sql, key);
  return { actor: actorOf(row, 'person'), realm, csrf: row.csrf, session: cookie, limited: row.mustChange };
}

/** Checks login and password (uniform answer and timing), counts failures, opens a session; gives cookie value and CSRF token. */
export async function signIn(hub: Hub, login: string, password: string, address: string): Promise<{ token: string; csrf: string; accountId: string }> {
  if ((await store.addressFailures(hub.sql, address, LOCK.windowMinutes)) >= LOCK.perAddress)
    throw problem('too-many-requests', { detail: '登录失败次数过多，请稍后再试', retryAfter: 300 });
  const account = await store.accountBy(hub.sql, { login: login.toLowerCase() });
  const [{ real } = { real: new Date(0) }] = await hub.sql<{ real: Date }[]>`select clock_timestamp() as real`;
  const locked = account?.lockedUntil && account.lockedUntil > real;
  const good = await verify(account?.passwordHash ?? (await (dummy ??= hashPassword('no such account'))), password).catch(() => false);
  const who = { ...hub.system('session') };
  if (!account?.passwordHash || !account.active || locked || !good) {
    await store.recordAddressFailure(hub.sql, address);
    if (account && !locked) {
      await store.recordFailure(hub.sql, account.id, LOCK.after, LOCK.windowMinutes, LOCK.lockMinutes);
      await hub.command(who, (work) => append(work, [{ kind: 'session.refused', subject: `account:${account.id}`, data: {}, unit: account.unitPath }]));
    }
    if (locked) throw problem('account-locked', { detail: '登录失败次数过多，账号暂时锁定，请稍后再试或联系管理员解锁' });
    throw problem('login-failed');
  }
  const token = randomBytes(32).toString('base64url');
  const csrf = randomBytes(24).toString('base64url');
  await hub.command(who, async (work) => {
    await store.recordLogin(work.tx, account.id);
    await store.addSession(work.tx, { hash: sha(token), accountId: account.id, csrf, address });
    await append(work, [{ kind: 'session.opened', subject: `account:${account.id}`, data: {}, unit: account.unitPath }]);
  });
  return { token, csrf, accountId: account.id };
}

/** The actor of an account as it is now; 404 when there is none. Used by tests, the command line and device gateways. */
export async function actorFor(db: Db, login: string): Promise<Actor> {
  const a = await store.accountBy(db, { login });
  if (!a) throw problem('not-found', { detail: `没有账号 ${login}` });
  const grants = (await store.grantsOf(db, [a.id])).get(a.id) ?? [];
  return {
    account: a.id,
    name: a.postName,
    kind: 'person',
    unit: { id: a.unitId, path: a.unitPath, name: a.unitName.zh },
    grants: grants.map((g) => ({ role: g.role, path: g.path })),
  };
}

export async function signOut(hub: Hub, session: string): Promise<void> {
  await store.endSession(hub.sql, sha(session));
}

const policyOf = (hub: Hub): PasswordPolicy => passwordPolicies[hub.config.passwordPolicy as 'mlps3' | 'asvs'] ?? passwordPolicies.mlps3;

/** Changes the caller's own password; ends the account's other sessions. */
export async function changePassword(work: Work, current: string, next: string, keep: string | null): Promise<void> {
  const a = await store.accountBy(work.tx, { id: work.actor.account! }, true);
  if (!a?.passwordHash || !(await verify(a.passwordHash, current))) throw problem('login-failed', { detail: '当前密码不正确' });
  const policy = policyOf(work.hub);
  const faults = passwordFaults(policy, next, a.login);
  for (const old of [a.passwordHash, ...a.passwordHistory].slice(0, policy.history))
    if (await verify(old, next)) {
      faults.push(`不能与最近 ${policy.history} 次的密码相同`);
      break;
    }
  if (faults.length) throw problem('invalid-input', { detail: faults.join('；'), errors: faults.map((message) => ({ pointer: '/body/next', message })) });
  await store.setPassword(work.tx, a.id, await hashPassword(next), [a.passwordHash, ...a.passwordHistory].slice(0, policy.history), false);
  await work.tx`delete from sessions where account_id = ${a.id} ${keep ? work.tx`and token_hash <> ${sha(keep)}` : work.tx``}`;
  await append(work, [{ kind: 'account.password-changed', subject: `account:${a.id}`, data: {}, unit: a.unitPath }]);
}

const freshPassword = (): string => `${randomBytes(9).toString('base64url')}-Aa7`;

/** Opens an account for a post; gives its one-time initial password. */
export async function addAccount(
  work: Work,
  a: { login: string; postName: string; unitId: string; password?: string; passwordHash?: string; demo?: boolean; mustChange?: boolean },
): Promise<{ id: string; initialPassword: string }> {
  const unit = await store.unitBy(work.tx, { id: a.unitId });
  if (!unit) throw problem('invalid-input', { errors: [{ pointer: '/body/unitId', message: '没有这个机构' }] });
  const login = a.login.toLowerCase();
  const initialPassword = a.password ?? freshPassword();
  const id = uuidv7();
  const added = await store.addAccount(work.tx, {
    id,
    login,
    postName: a.postName,
    unitId: a.unitId,
    passwordHash: a.passwordHash ?? (await hashPassword(initialPassword)),
    mustChange: a.mustChange ?? true,
    demo: a.demo ?? false,
  });
  if (!added) throw problem('conflict', { detail: `账号 ${login} 已存在`, errors: [{ pointer: '/body/login', message: '已存在' }] });
  await append(work, [{ kind: 'account.opened', subject: `account:${id}`, data: { login, postName: a.postName, unit: unit.path }, unit: unit.path }]);
  return { id, initialPassword };
}

export async function changeAccount(
  work: Work,
  id: string,
  version: number,
  c: { active?: boolean | undefined; unlock?: true | undefined; resetPassword?: true | undefined; postName?: string | undefined },
) {
  const a = await store.accountBy(work.tx, { id }, true);
  if (!a) throw problem('not-found');
  if (a.version !== version) throw problem('version-stale');
  await store.changeAccount(work.tx, id, c);
  let initialPassword: string | null = null;
  if (c.resetPassword) {
    initialPassword = freshPassword();
    await store.setPassword(work.tx, id, await hashPassword(initialPassword), a.passwordHash ? [a.passwordHash, ...a.passwordHistory].slice(0, 5) : [], true);
  }
  if (c.active === false || c.resetPassword) await store.endSessions(work.tx, id);
  await append(work, [{ kind: 'account.changed', subject: `account:${id}`, data: { ...c }, unit: a.unitPath }]);
  const after = await store.accountBy(work.tx, { id });
  return { version: after!.version, initialPassword };
}

/** Replaces an account's roles. The three administrators exclude each other and business roles; nobody changes his own. */
export async function setGrants(work: Work, id: string, version: number, grants: { role: string; unitId: string }[]): Promise<{ version: number }> {
  const a = await store.accountBy(work.tx, { id }, true);
  if (!a) throw problem('not-found');
  if (a.version !== version) throw problem('version-stale');
  if (work.actor.account === id) throw problem('forbidden', { detail: '不能修改自己的角色' });
  const kinds = new Set(grants.map((g) => (separateRoles.includes(g.role as Role) ? g.role : 'business')));
  if (kinds.size > 1)
    throw problem('invalid-input', { detail: '系统管理员、安全管理员、审计员互斥，也不能兼任业务角色', errors: [{ pointer: '/body/grants', message: '角色互斥' }] });
  for (const [i, g] of grants.entries())
    if (!(await store.unitBy(work.tx, { id: g.unitId }))) throw problem('invalid-input', { errors: [{ pointer: `/body/grants/${i}/unitId`, message: '没有这个机构' }] });
  await store.setGrants(work.tx, id, grants);
  await store.bumpAccount(work.tx, id);
  await append(work, [{ kind: 'account.granted', subject: `account:${id}`, data: { grants }, unit: a.unitPath }]);
  return { version: a.version + 1 };
}

/** Adds a unit under a parent, or refreshes one that the pack already made (same path). */
export async function putUnit(
  work: Work,
  u: { code: string; name: Text; kind: string; parentId: string | null; area?: unknown; attributes?: Record<string, unknown> },
): Promise<store.UnitRow> {
  const parent = u.parentId ? await store.unitBy(work.tx, { id: u.parentId }) : undefined;
  if (u.parentId && !parent) throw problem('invalid-input', { errors: [{ pointer: '/body/parentId', message: '没有这个上级机构' }] });
  const path = parent ? `${parent.path}.${u.code}` : u.code;
  const before = await store.unitBy(work.tx, { path });
  await store.saveUnit(work.tx, {
    id: before?.id ?? uuidv7(),
    code: u.code,
    path,
    name: u.name,
    kind: u.kind,
    parentId: u.parentId,
    area: u.area ?? null,
    attributes: u.attributes ?? {},
  });
  const after = (await store.unitBy(work.tx, { path }))!;
  if (!before) await append(work, [{ kind: 'unit.added', subject: `unit:${after.id}`, data: { path, name: u.name, kind: u.kind }, unit: path }]);
  return after;
}

export async function changeUnit(work: Work, id: string, version: number, c: { name?: Text | undefined; area?: unknown; active?: boolean | undefined }): Promise<store.UnitRow> {
  const before = await store.unitBy(work.tx, { id });
  if (!before) throw problem('not-found');
  if (before.version !== version) throw problem('version-stale');
  await store.changeUnit(work.tx, id, c);
  await append(work, [{ kind: 'unit.changed', subject: `unit:${id}`, data: { name: c.name, active: c.active, area: c.area !== undefined }, unit: before.path }]);
  return (await store.unitBy(work.tx, { id }))!;
}

/** A bearer key for another system, acting as a service account; shown once. */
export async function addToken(work: Work, name: string, accountId: string): Promise<string> {
  const token = `cs_${randomBytes(30).toString('base64url')}`;
  await store.addToken(work.tx, { id: uuidv7(), name, hash: sha(token), accountId });
  await append(work, [{ kind: 'account.token-added', subject: `account:${accountId}`, data: { name } }]);
  return token;
}

/** Takes a service account's keys of that name away; gives how many. */
export async function revokeTokens(work: Work, name: string, accountId: string): Promise<number> {
  const rows = await store.revokeTokens(work.tx, name, accountId);
  if (rows.length) await append(work, [{ kind: 'account.token-revoked', subject: `account:${accountId}`, data: { name } }]);
  return rows.length;
}

export const sameText = (a: string, b: string): boolean => timingSafeEqual(sha(a), sha(b));
export const units = store.units;
export const unitBy = store.unitBy;
export const accountBy = store.accountBy;
export const accounts = store.accounts;
export const grantsOf = store.grantsOf;
export const demoAccounts = store.demoAccounts;
export const auditFacts = store.auditFacts;
export const jobRows = store.jobRows;
export const roleName = (role: Role): string => roles[role].name.zh;
/** Sets roles without the checks of `setGrants`' caller: for packs, demo and the first start; the database still keeps the separation. */
export const grantRoles = store.setGrants;
