// HTTP contract of people: sign-in, units, accounts, grants, audit.
import * as z from 'zod';
import { bigId, idParams, instant, page, paging, route, text, uuid } from '../contract.ts';
import { permissions, roleNames } from './roles.ts';

export const unitKind = z.enum(['city', 'district', 'department', 'town', 'grid', 'company', 'centre']);
export const unit = z.object({
  id: uuid, code: z.string(), path: z.string(), name: text, kind: unitKind, parentId: uuid.nullable(),
  active: z.boolean(), area: z.unknown().nullable(), version: z.number(),
});
export type Unit = z.output<typeof unit>;

const grant = z.object({ role: z.enum(roleNames as [string, ...string[]]), unitId: uuid, unitPath: z.string(), unitName: text });
export const account = z.object({
  id: uuid, login: z.string(), postName: z.string(), unitId: uuid, unitName: text, active: z.boolean(), locked: z.boolean(),
  mustChange: z.boolean(), lastLoginAt: z.date().nullable(), grants: z.array(grant), version: z.number(),
});
export type Account = z.output<typeof account>;

export const me = z.object({
  account: uuid, name: z.string(), unit: z.object({ id: uuid, path: z.string(), name: z.string() }),
  grants: z.array(z.object({ role: z.string(), path: z.string() })),
  permissions: z.array(z.enum(Object.keys(permissions) as [string, ...string[]])),
  csrf: z.string(), realm: z.string(), demo: z.boolean(), mustChange: z.boolean(), serverTime: z.date(), domainTime: z.date(),
});
export type Me = z.output<typeof me>;

const login = z.string().min(2).max(64);
const password = z.string().min(1).max(128);

export const peopleApi = {
  signIn: route({
    id: 'signIn', method: 'POST', path: '/api/session', tag: 'session', access: 'public',
    summary: { zh: '登录', en: 'Sign in' }, body: z.strictObject({ login, password }), output: me,
  }),
  me: route({
    id: 'me', method: 'GET', path: '/api/session', tag: 'session', access: 'signed-in',
    summary: { zh: '当前会话', en: 'Current session' }, output: me,
  }),
  signOut: route({
    id: 'signOut', method: 'DELETE', path: '/api/session', tag: 'session', access: 'signed-in',
    summary: { zh: '退出', en: 'Sign out' },
  }),
  changePassword: route({
    id: 'changePassword', method: 'POST', path: '/api/session/password', tag: 'session', access: 'signed-in',
    summary: { zh: '修改密码', en: 'Change password' }, body: z.strictObject({ current: password, next: password }),
  }),
  installation: route({
    id: 'installation', method: 'GET', path: '/api/installation', tag: 'session', access: 'public',
    summary: { zh: '本中心', en: 'This centre' },
    output: z.object({ name: text, demo: z.boolean(), version: z.string(), demoAccounts: z.array(z.object({ login: z.string(), postName: z.string(), unitName: z.string() })) }),
  }),
  units: route({
    id: 'listUnits', method: 'GET', path: '/api/units', tag: 'people', access: 'unit.read',
    summary: { zh: '组织机构（全部，按路径排序）', en: 'All units by path' },
    query: z.strictObject({ areas: z.enum(['true', 'false']).default('false') }),
    output: z.object({ items: z.array(unit) }),
  }),
  putUnit: route({
    id: 'putUnit', method: 'POST', path: '/api/units', tag: 'people', access: 'unit.manage', idempotent: true,
    summary: { zh: '新增机构', en: 'Add a unit' },
    body: z.strictObject({ code: z.string().regex(/^[a-z0-9-]{1,40}$/), name: text, kind: unitKind, parentId: uuid, area: z.unknown().optional() }),
    output: unit, status: 201,
  }),
  changeUnit: route({
    id: 'changeUnit', method: 'PATCH', path: '/api/units/:id', tag: 'people', access: 'unit.manage', ifMatch: true,
    summary: { zh: '修改机构', en: 'Change a unit' }, params: idParams,
    body: z.strictObject({ name: text.optional(), area: z.unknown().optional(), active: z.boolean().optional() }), output: unit,
  }),
  accounts: route({
    id: 'listAccounts', method: 'GET', path: '/api/accounts', tag: 'people', access: 'unit.read',
    summary: { zh: '账号', en: 'Accounts' },
    query: z.strictObject({ ...paging, text: z.string().max(100).optional(), unit: z.string().max(300).optional() }), output: page(account),
  }),
  addAccount: route({
    id: 'addAccount', method: 'POST', path: '/api/accounts', tag: 'people', access: 'account.manage', idempotent: true,
    summary: { zh: '开通账号（给出一次性初始密码）', en: 'Open an account' },
    body: z.strictObject({ login, postName: z.string().min(1).max(60), unitId: uuid }),
    output: z.object({ id: uuid, initialPassword: z.string() }), status: 201,
  }),
  changeAccount: route({
    id: 'changeAccount', method: 'PATCH', path: '/api/accounts/:id', tag: 'people', access: 'account.manage', ifMatch: true,
    summary: { zh: '停用、启用、解锁、重置密码', en: 'Disable, enable, unlock, reset password' }, params: idParams,
    body: z.strictObject({ active: z.boolean().optional(), unlock: z.literal(true).optional(), resetPassword: z.literal(true).optional(), postName: z.string().min(1).max(60).optional() }),
    output: z.object({ version: z.number(), initialPassword: z.string().nullable() }),
  }),
  setGrants: route({
    id: 'setGrants', method: 'PUT', path: '/api/accounts/:id/grants', tag: 'people', access: 'grant.manage', ifMatch: true,
    summary: { zh: '授予角色（整组替换）', en: 'Set roles' }, params: idParams,
    body: z.strictObject({ grants: z.array(z.strictObject({ role: z.enum(roleNames as [string, ...string[]]), unitId: uuid })).max(30) }),
    output: z.object({ version: z.number() }),
  }),
  audit: route({
    id: 'listFacts', method: 'GET', path: '/api/audit/facts', tag: 'audit', access: 'audit.read',
    summary: { zh: '审计：事实日志', en: 'Audit: facts' },
    query: z.strictObject({ ...paging, subject: z.string().max(200).optional(), kind: z.string().max(80).optional(), by: z.string().max(120).optional(), from: instant.optional(), to: instant.optional() }),
    output: page(z.object({ position: bigId, at: z.date(), by: z.string(), byName: z.string(), kind: z.string(), subject: z.string(), unit: z.string().nullable(), seq: z.number(), data: z.record(z.string(), z.unknown()), hash: z.string() })),
  }),
  auditVerify: route({
    id: 'verifyFacts', method: 'GET', path: '/api/audit/verify', tag: 'audit', access: 'audit.read',
    summary: { zh: '核验事实日志', en: 'Verify the facts log' },
    output: z.object({ good: z.boolean(), facts: z.number(), anchors: z.number(), unanchored: z.number(), problem: z.string().optional() }),
  }),
  jobs: route({
    id: 'listJobs', method: 'GET', path: '/api/jobs', tag: 'jobs', access: 'signed-in',
    summary: { zh: '后台任务（本人的；管理员看全部）', en: 'Background jobs' },
    output: z.object({ items: z.array(z.object({ id: uuid, kind: z.string(), by: z.string(), state: z.string(), done: z.number(), total: z.number().nullable(), message: z.string().nullable(), error: z.string().nullable(), result: z.unknown(), createdAt: z.date(), finishedAt: z.date().nullable() })) }),
  }),
  cancelJob: route({
    id: 'cancelJob', method: 'POST', path: '/api/jobs/:id/cancel', tag: 'jobs', access: 'signed-in',
    summary: { zh: '取消任务', en: 'Cancel a job' }, params: idParams,
  }),
};
