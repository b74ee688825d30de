// People: sign-in, lockout, sessions, the password policy, three administrators apart, and who may do what where.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apis } from '#core/api.ts';
import { type Permission, type Role, may, permissions, roleNames, roles, scopeOf, separateRoles } from '#core/people/roles.ts';
import { passwordFaults, passwordPolicies } from '#core/people/password.ts';
import { firstStart } from '../first-start.ts';
import { compose } from '../main.ts';
import { actAs, testHub } from '../platform/testing.ts';
import { addToken, grantRoles } from './service.ts';
import { inScope } from './scope.ts';

const PASSWORD = 'Yuxi-2026-demo';

async function centre(t: Parameters<typeof testHub>[0]) {
  const hub = await testHub(t);
  await firstStart(hub, () => {});
  const { app } = await compose(hub);
  t.after(() => app.close());
  const signIn = (login: string, password = PASSWORD) => app.inject({ method: 'POST', url: '/api/session', payload: { login, password } });
  const session = async (login: string) => {
    const r = await signIn(login);
    assert.equal(r.statusCode, 200, r.body);
    return { cookie: String(r.headers['set-cookie']).split(';')[0]!, 'x-csrf-token': (r.json() as { csrf: string }).csrf };
  };
  return { hub, app, signIn, session };
}

test('SEC-03 five failures lock an account; the answer does not tell a wrong password from an unknown account', async (t) => {
  const { hub, signIn } = await centre(t);
  const wrong = await signIn('zhiban1', 'nope-nope-1A');
  const unknown = await signIn('nobody', 'nope-nope-1A');
  assert.equal(wrong.statusCode, 401);
  assert.deepEqual([wrong.json<{ code: string }>().code, unknown.json<{ code: string }>().code], ['login-failed', 'login-failed']);
  for (let i = 0; i < 4; i++) await signIn('zhiban1', 'nope-nope-1A');
  assert.equal((await signIn('zhiban1')).statusCode, 423, 'locked even with the right password');
  await hub.sql`update accounts set locked_until = clock_timestamp() - interval '1 second' where login = 'zhiban1'`;
  assert.equal((await signIn('zhiban1')).statusCode, 200);
});

test('SEC-04 the cookie is HttpOnly and SameSite; idle and absolute limits end a session; sign-out ends it at once', async (t) => {
  const { hub, app, signIn, session } = await centre(t);
  const set = String((await signIn('zhiban1')).headers['set-cookie']);
  assert.match(set, /HttpOnly/);
  assert.match(set, /SameSite=Strict/);
  const headers = await session('zhiban2');
  const me = () => app.inject({ url: '/api/session', headers });
  assert.equal((await me()).statusCode, 200);
  await hub.sql`update sessions set seen_at = clock_timestamp() - interval '31 minutes'`;
  assert.equal((await me()).statusCode, 401);
  await hub.sql`update sessions set seen_at = clock_timestamp(), created_at = clock_timestamp() - interval '13 hours'`;
  assert.equal((await me()).statusCode, 401);
  const again = await session('zhiban2');
  assert.equal((await app.inject({ method: 'DELETE', url: '/api/session', headers: again })).statusCode, 204);
  assert.equal((await app.inject({ url: '/api/session', headers: again })).statusCode, 401);
});

test('SEC-02 the policy is data: what mlps3 refuses, and that history is kept', async (t) => {
  assert.deepEqual(passwordFaults(passwordPolicies.mlps3, 'Good-pass-2026', 'zhiban'), []);
  for (const bad of ['short1A', 'alllowercase-', 'Zhiban1-2026-x', 'Password-2026', 'Aaaa1111-xyzQ'])
    assert.notDeepEqual(passwordFaults(passwordPolicies.mlps3, bad, 'zhiban1'), [], bad);
  assert.deepEqual(passwordFaults(passwordPolicies.asvs, 'correct horse battery', 'zhiban'), []);
  const { app, session } = await centre(t);
  const headers = await session('zhiban1');
  const change = (current: string, next: string) => app.inject({ method: 'POST', url: '/api/session/password', headers, payload: { current, next } });
  assert.equal((await change('wrong', 'Brand-new-77x')).statusCode, 401);
  assert.equal((await change(PASSWORD, PASSWORD)).statusCode, 400);
  assert.equal((await change(PASSWORD, 'Brand-new-77x')).statusCode, 204);
  assert.equal((await change('Brand-new-77x', PASSWORD)).statusCode, 400, 'an earlier password may not come back');
});

test('SEC-10 the three administrators exclude each other and business roles, in the database itself', async (t) => {
  const { hub, app, session } = await centre(t);
  const [unit] = await hub.sql<{ id: string }[]>`select id from units where path = 'demo'`;
  const [account] = await hub.sql<{ id: string; version: number }[]>`select id, version from accounts where login = 'zhiban1'`;
  for (const pair of [
    ['system_admin', 'security_admin'],
    ['auditor', 'system_admin'],
    ['auditor', 'duty_officer'],
    ['handler', 'security_admin'],
  ])
    await assert.rejects(
      hub.command(hub.system('test'), (work) =>
        grantRoles(
          work.tx,
          account!.id,
          pair.map((role) => ({ role, unitId: unit!.id })),
        ),
      ),
      /exclude each other/,
      pair.join(),
    );
  for (const role of separateRoles)
    assert.equal(
      roles[role].may.some((p) => (p as string).startsWith('case.')),
      false,
      `${role} sees no case`,
    );
  // Only the security administrator grants; not to himself.
  const payload = { grants: [{ role: 'duty_officer', unitId: unit!.id }] };
  const grant = async (login: string, id: string, version: number) =>
    (await app.inject({ method: 'PUT', url: `/api/accounts/${id}/grants`, headers: { ...(await session(login)), 'if-match': `"v${version}"` }, payload })).statusCode;
  assert.equal(await grant('xitong', account!.id, account!.version), 403);
  assert.equal(await grant('anquan', account!.id, account!.version), 200);
  const [own] = await hub.sql<{ id: string; version: number }[]>`select id, version from accounts where login = 'anquan'`;
  assert.equal(await grant('anquan', own!.id, own!.version), 403);
});

test('SEC-11 every permission × every role × inside and outside its unit', async (t) => {
  const hub = await testHub(t);
  for (const role of roleNames) {
    const actor = await actAs(hub, role, 'demo.water');
    for (const p of Object.keys(permissions) as Permission[]) {
      const granted = (roles[role as Role].may as readonly Permission[]).includes(p);
      assert.equal(may(actor, p, 'demo.water'), granted, `${role} ${p} inside`);
      assert.equal(may(actor, p, 'demo.water.pump'), granted, `${role} ${p} below`);
      for (const outside of ['demo', 'demo.waterworks', 'demo.urban', 'other.water']) assert.equal(may(actor, p, outside), false, `${role} ${p} at ${outside}`);
      // The SQL predicate says the same as the function.
      const scope = scopeOf(actor, p);
      const rows = await hub.sql<
        { path: string }[]
      >`select path from (values ('demo'), ('demo.water'), ('demo.water.pump'), ('demo.waterworks'), ('demo.urban')) as x (path) where ${inScope(hub.sql, 'x.path', scope)}`;
      assert.deepEqual(
        rows.map((r) => r.path),
        granted ? ['demo.water', 'demo.water.pump'] : [],
        `${role} ${p} in SQL`,
      );
    }
  }
});

/** Parameters that pass the shape check, so that what answers is the right and not the form. */
const filled = (path: string): string =>
  path.replace(/:(\w+)/g, (_, name: string) =>
    name === 'id' ? '018f0000-0000-7000-8000-000000000000' : name === 'sha256' ? '0'.repeat(64) : name === 'unit' ? 'demo' : name === 'token' ? 'x'.repeat(24) : 'none',
  );

test('SEC-11 every route × every demo post: without a session 401, without the permission 403, never 5xx', async (t) => {
  const { hub, app, session } = await centre(t);
  const posts = ['zhiban1', 'urban', 'urban-b', 't01', 't01-g01', 'lingdao', 'yusuan', 'xitong', 'anquan', 'shenji'];
  const routes = apis.flatMap((a) => Object.values(a)).filter((r) => r.access !== 'public' && r.tag !== 'session');
  for (const r of routes) assert.equal((await app.inject({ method: r.method, url: filled(r.path) })).statusCode, 401, `${r.id} without a session`);
  const held = new Map<string, Set<Permission>>();
  for (const login of posts) {
    const rows = await hub.sql<{ role: Role }[]>`select g.role from grants g join accounts a on a.id = g.account_id where a.login = ${login}`;
    held.set(login, new Set(rows.flatMap((x) => roles[x.role].may as readonly Permission[])));
  }
  for (const login of posts) {
    const headers = { ...(await session(login)), 'idempotency-key': `m-${login}`, 'if-match': '"v1"' };
    for (const r of routes) {
      const allowed = r.access === 'signed-in' || held.get(login)!.has(r.access as Permission);
      const answer = await app.inject({
        method: r.method,
        url: filled(r.path),
        headers: r.method === 'GET' || r.stream ? headers : { ...headers, 'content-type': 'application/json' },
        ...(r.method === 'GET' || r.stream ? {} : { payload: '{}' }),
      });
      assert.ok(answer.statusCode < 500, `${login} ${r.id} → ${answer.statusCode} ${answer.body}`);
      if (!allowed) assert.equal(answer.statusCode, 403, `${login} ${r.id} (${r.access})`);
    }
  }
});

test('API-18 hostile bodies get a 4xx with a pointer', async (t) => {
  const { app, session } = await centre(t);
  const headers = { ...(await session('zhiban1')), 'content-type': 'application/json' };
  let deep = '1';
  for (let i = 0; i < 60; i++) deep = `{"a":${deep}}`;
  for (const [i, payload] of [
    '{',
    '[]',
    'null',
    '{"title":"a\\u0000b"}',
    '{"title":"\\ud800"}',
    `{"title":"x","form":${deep}}`,
    '{"title":"x","form":{"__proto__":{"a":1}}}',
    '{"title":"x","form":{"constructor":1}}',
    `{"title":"${'x'.repeat(300)}"}`,
    '{"title":"x","extra":1}',
    '{"title":"x","set":{"level":9}}',
  ].entries()) {
    const r = await app.inject({ method: 'POST', url: '/api/cases', headers: { ...headers, 'idempotency-key': `h${i}` }, payload });
    assert.ok(r.statusCode >= 400 && r.statusCode < 500, `${payload.slice(0, 40)} → ${r.statusCode}`);
    assert.match(String(r.headers['content-type']), /problem\+json/);
  }
  const big = await app.inject({
    method: 'POST',
    url: '/api/cases',
    headers: { ...headers, 'idempotency-key': 'big' },
    payload: JSON.stringify({ title: 'x', description: 'y'.repeat(1_200_000) }),
  });
  assert.equal(big.statusCode, 413);
});

test('a bearer key acts as its service account; a revoked one does not', async (t) => {
  const { hub, app } = await centre(t);
  const [account] = await hub.sql<{ id: string }[]>`select id from accounts where login = 'zhibiao'`;
  const token = await hub.command(hub.system('test'), (work) => addToken(work, '物联平台', account!.id));
  const ask = () => app.inject({ url: '/api/things', headers: { authorization: `Bearer ${token}` } });
  assert.equal((await ask()).statusCode, 200);
  assert.equal((await hub.sql`select 1 from tokens where token_hash::text like ${`%${token}%`}`).length, 0, 'only a hash is kept');
  await hub.sql`update tokens set revoked_at = now()`;
  assert.equal((await ask()).statusCode, 401);
});

test('who changes a unit away from active loses its rights with the next request (F-35)', async (t) => {
  const { hub, app, session } = await centre(t);
  const headers = await session('gas');
  assert.equal((await app.inject({ url: '/api/cases/work', headers })).statusCode, 200);
  await hub.sql`update accounts set active = false where login = 'gas'`;
  assert.equal((await app.inject({ url: '/api/cases/work', headers })).statusCode, 401);
});
