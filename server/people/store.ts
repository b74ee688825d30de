// All SQL of people: units, accounts, grants, sessions.
import type { Grant, Role } from '#core/people/roles.ts';
import type { Text } from '#core/contract.ts';
import type { Db, Sql, Tx } from '../platform/db.ts';

export interface UnitRow {
  id: string;
  code: string;
  path: string;
  name: Text;
  kind: string;
  parentId: string | null;
  active: boolean;
  area: unknown;
  version: number;
}
export interface AccountRow {
  id: string;
  login: string;
  postName: string;
  unitId: string;
  unitPath: string;
  unitName: Text;
  passwordHash: string | null;
  passwordHistory: string[];
  passwordAt: Date | null;
  mustChange: boolean;
  lockedUntil: Date | null;
  failures: number;
  failedAt: Date | null;
  active: boolean;
  demo: boolean;
  lastLoginAt: Date | null;
  version: number;
}

export const units = (db: Db, areas: boolean): Promise<UnitRow[]> =>
  (db as Sql)<UnitRow[]>`select id, code, path, name, kind, parent_id as "parentId", active, ${areas ? (db as Sql)`area` : (db as Sql)`null::jsonb as area`}, version
    from units order by path`.then((r) => [...r]);

export async function unitBy(db: Db, by: { id: string } | { path: string }): Promise<UnitRow | undefined> {
  const sql = db as Sql;
  const [row] = await sql<UnitRow[]>`select id, code, path, name, kind, parent_id as "parentId", active, area, version from units
    where ${'id' in by ? sql`id = ${by.id}` : sql`path = ${by.path}`}`;
  return row;
}

export async function saveUnit(
  tx: Tx,
  u: { id: string; code: string; path: string; name: Text; kind: string; parentId: string | null; area: unknown; attributes?: Record<string, unknown> },
): Promise<void> {
  await tx`insert into units (id, code, path, name, kind, parent_id, area, attributes)
    values (${u.id}, ${u.code}, ${u.path}, ${tx.json(u.name as never)}, ${u.kind}, ${u.parentId}, ${u.area == null ? null : tx.json(u.area as never)}, ${tx.json((u.attributes ?? {}) as never)})
    on conflict (path) do update set name = excluded.name, kind = excluded.kind, area = coalesce(excluded.area, units.area), attributes = excluded.attributes, active = true`;
}

export async function changeUnit(tx: Tx, id: string, c: { name?: Text | undefined; area?: unknown; active?: boolean | undefined }): Promise<void> {
  await tx`update units set name = coalesce(${c.name ? tx.json(c.name as never) : null}, name),
    area = coalesce(${c.area === undefined ? null : tx.json(c.area as never)}, area), active = coalesce(${c.active ?? null}, active), version = version + 1 where id = ${id}`;
}

const account = (sql: Sql) => sql`a.id, a.login, a.post_name as "postName", a.unit_id as "unitId", u.path as "unitPath", u.name as "unitName",
  a.password_hash as "passwordHash", a.password_history as "passwordHistory", a.password_at as "passwordAt", a.must_change as "mustChange",
  a.locked_until as "lockedUntil", a.failures, a.failed_at as "failedAt", a.active, a.demo, a.last_login_at as "lastLoginAt", a.version`;

export async function accountBy(db: Db, by: { id: string } | { login: string }, lock = false): Promise<AccountRow | undefined> {
  const sql = db as Sql;
  const [row] = await sql<AccountRow[]>`select ${account(sql)} from accounts a join units u on u.id = a.unit_id
    where ${'id' in by ? sql`a.id = ${by.id}` : sql`a.login = ${by.login}`} ${lock ? sql`for update of a` : sql``}`;
  return row;
}

export const accounts = (db: Db, q: { after: string; limit: number; text?: string | undefined; unit?: string | undefined }): Promise<AccountRow[]> => {
  const sql = db as Sql;
  return sql<AccountRow[]>`select ${account(sql)} from accounts a join units u on u.id = a.unit_id
    where a.login > ${q.after} ${q.text ? sql`and (a.login ilike ${`%${q.text}%`} or a.post_name ilike ${`%${q.text}%`})` : sql``}
    ${q.unit ? sql`and (u.path = ${q.unit} or u.path like ${`${q.unit}.%`})` : sql``} order by a.login limit ${q.limit}`.then((r) => [...r]);
};

export const demoAccounts = (db: Db) =>
  (db as Sql)<{ login: string; postName: string; unitName: Text }[]>`select a.login, a.post_name as "postName", u.name as "unitName"
    from accounts a join units u on u.id = a.unit_id where a.demo and a.active order by a.created_at, a.login`.then((r) => [...r]);

export async function grantsOf(db: Db, ids: string[]): Promise<Map<string, (Grant & { unitId: string; unitName: Text })[]>> {
  const rows = await (db as Sql)<{ accountId: string; role: Role; path: string; unitId: string; unitName: Text }[]>`
    select g.account_id as "accountId", g.role, u.path, u.id as "unitId", u.name as "unitName"
    from grants g join units u on u.id = g.unit_id where g.account_id = any(${ids}) and u.active order by g.role`;
  return Map.groupBy(rows, (r) => r.accountId) as Map<string, (Grant & { unitId: string; unitName: Text })[]>;
}

export async function addAccount(
  tx: Tx,
  a: { id: string; login: string; postName: string; unitId: string; passwordHash: string | null; mustChange: boolean; demo: boolean },
): Promise<boolean> {
  const rows = await tx`insert into accounts (id, login, post_name, unit_id, password_hash, password_at, must_change, demo)
    values (${a.id}, ${a.login}, ${a.postName}, ${a.unitId}, ${a.passwordHash}, clock_timestamp(), ${a.mustChange}, ${a.demo})
    on conflict (login) do nothing returning id`;
  return rows.length > 0;
}

export async function setGrants(tx: Tx, accountId: string, grants: { role: string; unitId: string }[]): Promise<void> {
  await tx`delete from grants where account_id = ${accountId}`;
  if (grants.length) await tx`insert into grants ${tx(grants.map((g) => ({ account_id: accountId, role: g.role, unit_id: g.unitId })))} on conflict do nothing`;
}

export const setPassword = (tx: Tx, id: string, hash: string, history: string[], mustChange: boolean) =>
  tx`update accounts set password_hash = ${hash}, password_history = ${history}, password_at = clock_timestamp(), must_change = ${mustChange},
    failures = 0, locked_until = null, version = version + 1 where id = ${id}`;

export const changeAccount = (tx: Tx, id: string, c: { active?: boolean | undefined; unlock?: boolean | undefined; postName?: string | undefined }) =>
  tx`update accounts set active = coalesce(${c.active ?? null}, active), post_name = coalesce(${c.postName ?? null}, post_name),
    failures = case when ${c.unlock ?? false} then 0 else failures end, locked_until = case when ${c.unlock ?? false} then null else locked_until end,
    version = version + 1 where id = ${id}`;

export const bumpAccount = (tx: Tx, id: string) => tx`update accounts set version = version + 1 where id = ${id}`;

export const recordFailure = (db: Db, id: string, lockAfter: number, windowMinutes: number, lockMinutes: number) =>
  (db as Sql)`update accounts set
    failures = case when failed_at < clock_timestamp() - make_interval(mins => ${windowMinutes}) then 1 else failures + 1 end,
    failed_at = clock_timestamp(),
    locked_until = case when (case when failed_at < clock_timestamp() - make_interval(mins => ${windowMinutes}) then 1 else failures + 1 end) >= ${lockAfter}
      then clock_timestamp() + make_interval(mins => ${lockMinutes}) else locked_until end
    where id = ${id}`;
export const recordLogin = (db: Db, id: string) => (db as Sql)`update accounts set failures = 0, locked_until = null, last_login_at = clock_timestamp() where id = ${id}`;

export const recordAddressFailure = (db: Db, address: string) => (db as Sql)`insert into login_failures (address) values (${address})`;
export async function addressFailures(db: Db, address: string, windowMinutes: number): Promise<number> {
  const [row] = await (db as Sql)<{ n: number }[]>`select count(*)::int as n from login_failures
    where address = ${address} and at > clock_timestamp() - make_interval(mins => ${windowMinutes})`;
  return row!.n;
}

export const addSession = (tx: Db, s: { hash: Buffer; accountId: string; csrf: string; address: string }) =>
  (tx as Sql)`insert into sessions (token_hash, account_id, csrf, address) values (${s.hash}, ${s.accountId}, ${s.csrf}, ${s.address})`;
export const endSession = (db: Db, hash: Buffer) => (db as Sql)`delete from sessions where token_hash = ${hash}`;
export const endSessions = (db: Db, accountId: string) => (db as Sql)`delete from sessions where account_id = ${accountId}`;

export interface SessionRow {
  accountId: string;
  csrf: string;
  login: string;
  postName: string;
  unitId: string;
  unitPath: string;
  unitName: Text;
  mustChange: boolean;
  stale: boolean;
  grants: Grant[];
}
/** The live session of a token: idle and absolute limits checked by the database's real clock; `stale`: worth touching. */
export async function session(db: Db, hash: Buffer, idleMinutes: number, absoluteHours: number): Promise<SessionRow | undefined> {
  const [row] = await (db as Sql)<SessionRow[]>`
    select s.account_id as "accountId", s.csrf, a.login, a.post_name as "postName", u.id as "unitId", u.path as "unitPath", u.name as "unitName", a.must_change as "mustChange",
      s.seen_at < clock_timestamp() - interval '1 minute' as stale,
      coalesce((select jsonb_agg(jsonb_build_object('role', g.role, 'path', gu.path)) from grants g join units gu on gu.id = g.unit_id where g.account_id = a.id and gu.active), '[]') as grants
    from sessions s join accounts a on a.id = s.account_id join units u on u.id = a.unit_id
    where s.token_hash = ${hash} and a.active
      and s.seen_at > clock_timestamp() - make_interval(mins => ${idleMinutes}) and s.created_at > clock_timestamp() - make_interval(hours => ${absoluteHours})`;
  return row;
}
export const touchSession = (db: Db, hash: Buffer) => (db as Sql)`update sessions set seen_at = clock_timestamp() where token_hash = ${hash}`;
export async function tokenAccount(db: Db, hash: Buffer): Promise<SessionRow | undefined> {
  const [row] = await (db as Sql)<SessionRow[]>`
    select a.id as "accountId", '' as csrf, a.login, t.name as "postName", u.id as "unitId", u.path as "unitPath", u.name as "unitName", false as "mustChange", false as stale,
      coalesce((select jsonb_agg(jsonb_build_object('role', g.role, 'path', gu.path)) from grants g join units gu on gu.id = g.unit_id where g.account_id = a.id and gu.active), '[]') as grants
    from tokens t join accounts a on a.id = t.account_id join units u on u.id = a.unit_id where t.token_hash = ${hash} and t.revoked_at is null and a.active`;
  return row;
}
export const addToken = (tx: Db, t: { id: string; name: string; hash: Buffer; accountId: string }) =>
  (tx as Sql)`insert into tokens (id, name, token_hash, account_id) values (${t.id}, ${t.name}, ${t.hash}, ${t.accountId})`;

export const revokeTokens = (tx: Db, name: string, accountId: string) =>
  (tx as Sql)`update tokens set revoked_at = clock_timestamp() where name = ${name} and account_id = ${accountId} and revoked_at is null returning id`;
export const auditFacts = (
  db: Db,
  q: { before: string | null; limit: number; subject?: string | undefined; kind?: string | undefined; by?: string | undefined; from?: string | undefined; to?: string | undefined },
) => {
  const sql = db as Sql;
  return sql<
    { position: string; at: Date; by: string; byName: string; kind: string; subject: string; unit: string | null; seq: number; data: Record<string, unknown>; hash: string }[]
  >`
    select f.position::text, f.at, f.by, coalesce(a.post_name, f.by) as "byName", f.kind, f.subject, f.unit, f.seq::int, f.data, encode(f.hash, 'hex') as hash
    from facts f left join accounts a on f.by = 'account:' || a.id::text
    where true ${q.before ? sql`and f.position < ${q.before}` : sql``} ${q.subject ? sql`and f.subject = ${q.subject}` : sql``}
      ${q.kind ? sql`and f.kind like ${`${q.kind}%`}` : sql``} ${q.by ? sql`and f.by = ${q.by}` : sql``}
      ${q.from ? sql`and f.at >= ${q.from}` : sql``} ${q.to ? sql`and f.at < ${q.to}` : sql``}
    order by f.position desc limit ${q.limit}`.then((r) => [...r]);
};

export const jobRows = (db: Db, by: string | null) => {
  const sql = db as Sql;
  return sql<
    {
      id: string;
      kind: string;
      by: string;
      state: string;
      done: string;
      total: string | null;
      message: string | null;
      error: string | null;
      result: unknown;
      createdAt: Date;
      finishedAt: Date | null;
    }[]
  >`
    select id, kind, by, state, done::text, total::text, message, error, result, created_at as "createdAt", finished_at as "finishedAt"
    from jobs ${by ? sql`where by = ${by}` : sql``} order by created_at desc limit 100`.then((r) => [...r]);
};
