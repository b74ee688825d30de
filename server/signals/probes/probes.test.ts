// Probes against real local servers: web, TCP, TLS, DNS; reasons in words, readings of streams, the guard, the schedule, rights.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer as createTcp } from 'node:net';
import tlsModule from 'node:tls';
import { test } from 'node:test';
import { expectFault, ownTrouble, reasonOf, readingsOf, targetFault } from '#core/signals/probe.ts';
import { certificate } from '../../../test/fixtures/certificate.ts';
import { command } from '../../cli/probe.ts';
import { firstStart } from '../../first-start.ts';
import { compose, run } from '../../main.ts';
import { addToken } from '../../people/service.ts';
import { actAs, testHub } from '../../platform/testing.ts';
import { registerThings } from '../service.ts';
import { isForbidden, pin } from './guard.ts';
import { look } from './look.ts';
import { addProbe, changeProbe } from './service.ts';

type T = { after(fn: () => Promise<void> | void): void };
interface Closable {
  listen(port: number, host: string, done: () => void): unknown;
  close(done?: () => void): unknown;
  address(): unknown;
}
async function up<S extends Closable>(t: T, server: S): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()));
  t.after(() => {
    (server as { closeAllConnections?: () => void }).closeAllConnections?.();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
const DAYS = 86_400_000;
const authority = certificate({ organisation: '演示机构', common: 'demo ca', until: new Date(Date.now() + 3650 * DAYS), authority: true });
const issue = (more: Partial<Parameters<typeof certificate>[0]> = {}) =>
  certificate({ organisation: '演示单位', common: 'site', until: new Date(Date.now() + 40.5 * DAYS), dns: ['localhost'], ips: ['127.0.0.1'], by: authority, ...more });
const trust = (t: T) => {
  const before = tlsModule.getCACertificates('default');
  tlsModule.setDefaultCACertificates([...before, authority.cert]);
  t.after(() => tlsModule.setDefaultCACertificates(before));
};
const web = (target: string, expect = {}, timeoutMs = 3000) => look({ kind: 'web', target, expect, timeoutMs });

test('web: status, content in the page’s own encoding, slowness, redirects, silence, garbage', async (t) => {
  const port = await up(
    t,
    createServer((req, res) => {
      if (req.url === '/ok') res.end('<html>渝溪区人民政府</html>');
      else if (req.url === '/gbk') res.setHeader('content-type', 'text/html; charset=gbk').end(Buffer.from([0xb1, 0xa9, 0xd3, 0xea]));
      else if (req.url === '/500') res.writeHead(500).end('x');
      else if (req.url === '/to') res.writeHead(302, { location: '/ok' }).end();
      else if (req.url === '/loop') res.writeHead(302, { location: '/loop' }).end();
      else if (req.url === '/meta') res.writeHead(302, { location: 'http://169.254.169.254/latest/' }).end();
      else if (req.url === '/slow') setTimeout(() => res.end('late'), 400).unref();
      else if (req.url === '/big') for (let i = 0; i < 100; i++) res.write('x'.repeat(10_000));
      // '/hang' says nothing.
    }),
  );
  const at = `http://127.0.0.1:${port}`;
  const ok = await web(`${at}/ok`, { contains: '人民政府' });
  assert.deepEqual([ok.up, ok.status, ok.days, ok.address], [true, 200, null, '127.0.0.1']);
  assert.ok(ok.ms! >= 0 && ok.ms! < 2000);
  assert.equal((await web(`${at}/gbk`, { contains: '暴雨' })).up, true);
  const checks: [string, object, RegExp, number?][] = [
    [`${at}/ok`, { contains: '没有的字' }, /没有“没有的字”/],
    [`${at}/ok`, { lacks: '政府' }, /出现了/],
    [`${at}/500`, {}, /状态 500/],
    [`${at}/ok`, { status: [204] }, /应为 204/],
    [`${at}/to`, { status: [200] }, /状态 302/],
    [`${at}/loop`, { follow: true }, /重定向/],
    [`${at}/meta`, { follow: true }, /不允许/],
    [`${at}/slow`, { maxMs: 100 }, /超过 100 毫秒/],
    [`${at}/hang`, {}, /300 毫秒内没有答复/, 300],
    [`${at}/big`, { contains: 'never' }, /没有“never”|没有答复/, 1500],
    ['http://127.0.0.1:1/', {}, /拒绝连接/],
    ['http://no-such-host.invalid/', {}, /解析/],
  ];
  for (const [target, expect, reason, timeout] of checks) {
    const o = await web(target, expect, timeout);
    assert.equal(o.up, false, target);
    assert.match(o.reason, reason, target);
  }
  assert.equal((await web(`${at}/to`, { follow: true, status: [200], contains: '渝溪' })).up, true);
  const shout = await up(
    t,
    createTcp((s) => void s.on('error', () => {}).end('not http at all\r\n')),
  );
  assert.match((await web(`http://127.0.0.1:${shout}/`)).reason, /不是 HTTP/);
});

test('https and tls: days left, issuer, trust, name, expiry', async (t) => {
  trust(t);
  const good = issue();
  const site = await up(
    t,
    createHttps({ cert: good.cert, key: good.key }, (_q, r) => r.end('安全')),
  );
  const o = await web(`https://localhost:${site}/`, { contains: '安全', issuer: '演示机构', minDays: 30 });
  assert.deepEqual([o.up, o.status, o.days], [true, 200, 40], o.reason);
  assert.match((await web(`https://localhost:${site}/`, { issuer: '别家' })).reason, /签发者/);
  assert.match((await web(`https://localhost:${site}/`, { minDays: 60 })).reason, /只剩 40 天/);
  const tls = (port: number, expect = {}, host = 'localhost') => look({ kind: 'tls', target: `${host}:${port}`, timeoutMs: 3000, expect });
  const serve = async (c: { cert: string; key: string }) =>
    up(
      t,
      tlsModule.createServer({ cert: c.cert, key: c.key }, (s) => s.on('error', () => {})),
    );
  const fine = await tls(await serve(good));
  assert.deepEqual([fine.up, fine.days], [true, 40]);
  assert.match(fine.reason, /证书还有 40 天/);
  const expired = await tls(await serve(issue({ from: new Date(Date.now() - 90 * DAYS), until: new Date(Date.now() - 3.5 * DAYS) })));
  assert.deepEqual([expired.up, expired.days], [false, -4]);
  assert.match(expired.reason, /已过期/);
  assert.match((await tls(await serve(issue({ dns: ['other.example'], ips: [] })))).reason, /名称不符/);
  const own = certificate({ organisation: '自己', common: 'self', until: new Date(Date.now() + 10.5 * DAYS), dns: ['localhost'] });
  const self = await serve(own);
  assert.match((await tls(self)).reason, /不受信任/);
  assert.deepEqual([(await tls(self, { anyIssuer: true })).up, (await tls(self, { anyIssuer: true })).days], [true, 10]);
  const plain = await up(
    t,
    createTcp((s) => void s.on('error', () => {}).end('SSH-2.0-x\r\n')),
  );
  assert.match((await tls(plain)).reason, /TLS/);
});

test('tcp: open, greeting, refused, refused as a sign of life, silent', async (t) => {
  const port = await up(
    t,
    createTcp((s) => void s.on('error', () => {}).write('220 smtp ready\r\n')),
  );
  const tcp = (target: string, expect = {}, timeoutMs = 2000) => look({ kind: 'tcp', target, expect, timeoutMs });
  assert.match((await tcp(`127.0.0.1:${port}`)).reason, /已连接/);
  assert.equal((await tcp(`127.0.0.1:${port}`, { contains: 'smtp' })).up, true);
  const other = await tcp(`127.0.0.1:${port}`, { contains: 'ftp' }, 300);
  assert.deepEqual([other.up, other.ms === null], [false, false]);
  assert.match((await tcp('127.0.0.1:1')).reason, /拒绝连接/);
  assert.equal((await tcp('127.0.0.1:1', { refusedIsUp: true })).up, true, 'the host answers');
});

test('dns: records of a real server, wrong values, no answer', async (t) => {
  const server = createSocket('udp4');
  server.on('message', (q, from) => {
    const name = q.subarray(12, q.indexOf(0, 12)).toString('latin1');
    if (name.includes('silent')) return;
    const end = q.indexOf(0, 12) + 5;
    const head = Buffer.from([q[0]!, q[1]!, 0x81, name.includes('absent') ? 0x83 : 0x80, 0, 1, 0, name.includes('absent') ? 0 : 1, 0, 0, 0, 0]);
    const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 1, 2, 3]);
    server.send(Buffer.concat([head, q.subarray(12, end), ...(name.includes('absent') ? [] : [answer])]), from.port, from.address);
  });
  await new Promise<void>((done) => server.bind(0, '127.0.0.1', done));
  t.after(() => server.close());
  const at = `127.0.0.1:${server.address().port}`;
  const dns = (target: string, expect = {}, timeoutMs = 2000) => look({ kind: 'dns', target, expect: { server: at, ...expect }, timeoutMs });
  assert.deepEqual([(await dns('www.yuxi.example')).up, (await dns('www.yuxi.example')).reason], [true, 'A 10.1.2.3']);
  assert.equal((await dns('www.yuxi.example', { values: ['10.1.2.3'] })).up, true);
  assert.match((await dns('www.yuxi.example', { values: ['10.9.9.9'] })).reason, /没有 10.9.9.9，得到 10.1.2.3/);
  assert.match((await dns('absent.example')).reason, /解析/);
  assert.match((await dns('silent.example', {}, 300)).reason, /没有答复/);
  for (const server of ['169.254.169.254', '169.254.169.254:53', '[fe80::1]:53', '[::ffff:169.254.169.254]'])
    assert.match((await look({ kind: 'dns', target: 'x.example', expect: { server }, timeoutMs: 500 })).reason, /不允许/, server);
});

test('API-05 the guard: link-local, metadata and multicast never, in any notation', async () => {
  for (const a of [
    '169.254.169.254',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    'fe80::1',
    'fe80::1%eth0',
    'fd00:ec2::254',
    '100.100.100.200',
    '0.0.0.0',
    '::',
    '224.0.0.1',
    'ff02::1',
    'not an address',
  ])
    assert.ok(isForbidden(a), a);
  for (const a of ['10.0.0.1', '192.168.1.1', '127.0.0.1', '::1', '8.8.8.8', '2001:4860:4860::8888']) assert.ok(!isForbidden(a), a);
  for (const target of ['http://169.254.169.254/latest/meta-data/', 'http://[::ffff:169.254.169.254]/', 'http://2852039166/', 'http://0xa9fea9fe/', 'http://0/'])
    assert.match((await web(target)).reason, /不允许/, target);
  await assert.rejects(pin('169.254.1.1'));
});

test('targets and wishes are checked by kind; trouble of the looking place is no word about the target', () => {
  assert.equal(targetFault('web', 'https://gov.example/x'), undefined);
  for (const [kind, target] of [
    ['web', 'ftp://x'],
    ['web', 'file:///etc/passwd'],
    ['web', 'http://u:p@x/'],
    ['tcp', 'host'],
    ['tcp', 'host:0'],
    ['tls', 'a b'],
    ['dns', 'x..y'],
    ['dns', '-'],
  ] as const)
    assert.ok(targetFault(kind, target), `${kind} ${target}`);
  assert.equal(expectFault('tcp', { status: [200] })?.name, 'status');
  assert.ok(ownTrouble('ENETUNREACH'));
  assert.match(reasonOf({ code: 'ENETUNREACH' }), /探测点自身/);
  assert.deepEqual(readingsOf({ up: null, ms: null, status: null, days: null, issuer: null, address: null, reason: '' }), {}, 'unknown is not 0');
});

async function centre(t: Parameters<typeof testHub>[0], env: Record<string, string> = {}) {
  const hub = await testHub(t, { env });
  await firstStart(hub, () => {});
  await hub.command(hub.system('test'), (work) =>
    registerThings(
      work,
      [
        { code: 'portal', name: '门户网站', profile: 'website', unit: 'demo.office' },
        { code: 'room-1', name: '线路', profile: 'line', unit: 'demo.waterworks' },
      ],
      ['demo'],
    ),
  );
  const key = async (role: 'integrator' | 'duty_officer', unit: string) => {
    const actor = await actAs(hub, role, unit);
    return hub.command(hub.system('test'), (work) => addToken(work, role, actor.account!));
  };
  const token = await key('integrator', 'demo');
  const system = await compose(hub);
  let n = 0;
  const ask = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object, as = token) =>
    system.app.inject({ method, url, headers: { authorization: `Bearer ${as}`, 'idempotency-key': `k${++n}` }, ...(payload ? { payload } : {}) });
  const readings = () =>
    hub.sql<{ code: string; num: number }[]>`select s.code, o.num from observations o join streams s on s.id = o.stream order by s.code, o.at`.then((r) =>
      r.map((x) => [x.code, x.num] as const),
    );
  return { hub, system, ask, key, readings, token };
}

test('added, run now, paused, adjusted and removed by who manages the thing; results are readings and the last word', async (t) => {
  const { ask, key, readings, hub } = await centre(t);
  const port = await up(
    t,
    createServer((_q, r) => r.end('ok')),
  );
  const made = await ask('POST', '/api/probes', { thing: 'portal', kind: 'web', target: `http://127.0.0.1:${port}/`, intervalS: 30, timeoutMs: 2000 });
  assert.equal(made.statusCode, 201, made.body);
  const { id } = made.json() as { id: string };
  const ran = (await ask('POST', `/api/probes/${id}/run`, {})).json() as { ran: boolean; last: { up: boolean; reason: string } };
  assert.deepEqual([ran.ran, ran.last.up], [true, true]);
  assert.deepEqual(
    (await readings()).map((r) => r[0]),
    ['ms', 'ok', 'status', 'up'],
    'the older stream of the type is told too',
  );
  assert.deepEqual(Object.fromEntries((await readings()).filter((r) => r[0] !== 'ms')), { ok: 1, status: 200, up: 1 });
  await ask('PATCH', `/api/probes/${id}`, { expect: { contains: '政府' } });
  const down = (await ask('POST', `/api/probes/${id}/run`, {})).json() as { last: { up: boolean; reason: string; failures: number } };
  assert.deepEqual([down.last.up, down.last.failures], [false, 1]);
  assert.match(down.last.reason, /没有“政府”/);
  const list = (await ask('GET', '/api/probes?state=down')).json() as { items: { id: string; thing: string; last: { reason: string } }[] };
  assert.deepEqual(
    list.items.map((p) => [p.id, p.thing]),
    [[id, 'portal']],
  );
  assert.deepEqual((await ask('PATCH', `/api/probes/${id}`, { active: false })).json(), { id, active: false });
  assert.equal(((await ask('GET', '/api/probes?state=paused')).json() as { items: unknown[] }).items.length, 1);
  // Refusals.
  for (const [body, pointer] of [
    [{ thing: 'nothing', kind: 'tcp', target: 'a:1' }, '/body/thing'],
    [{ thing: 'portal', kind: 'tcp', target: 'a' }, '/body/target'],
    [{ thing: 'portal', kind: 'tcp', target: 'a:1', expect: { status: [200] } }, '/body/expect/status'],
    [{ thing: 'portal', kind: 'tcp', target: 'a:1', intervalS: 5, timeoutMs: 5000 }, '/body/timeoutMs'],
    [{ thing: 'portal', kind: 'icmp', target: 'a:1' }, '/body/kind'],
  ] as const) {
    const r = await ask('POST', '/api/probes', body);
    assert.equal(r.statusCode, 400);
    assert.equal((r.json() as { errors: { pointer: string }[] }).errors[0]!.pointer, pointer);
  }
  assert.equal((await ask('POST', '/api/probes', { thing: 'portal', kind: 'web', target: `http://127.0.0.1:${port}/` })).statusCode, 409);
  const officer = await key('duty_officer', 'demo');
  assert.equal((await ask('GET', '/api/probes', undefined, officer)).statusCode, 403);
  const other = await key('integrator', 'demo.waterworks');
  assert.equal(((await ask('GET', '/api/probes', undefined, other)).json() as { items: unknown[] }).items.length, 0);
  assert.equal((await ask('POST', `/api/probes/${id}/run`, {}, other)).statusCode, 404);
  assert.equal((await ask('POST', '/api/probes', { thing: 'portal', kind: 'tcp', target: 'a:1' }, other)).statusCode, 400);
  assert.deepEqual((await ask('DELETE', `/api/probes/${id}`)).json(), { removed: true });
  assert.equal((await ask('DELETE', `/api/probes/${id}`)).statusCode, 404);
  assert.deepEqual(
    (await hub.sql<{ kind: string }[]>`select kind from facts where subject = ${`probe:${id}`} order by seq`).map((f) => f.kind),
    ['probe.added', 'probe.changed', 'probe.changed', 'probe.removed'],
  );
});

test('the schedule looks when due, a few at once, none twice; a target that hangs holds nobody up; a paused one rests', async (t) => {
  const { hub, system } = await centre(t);
  let hits = 0;
  let together = 0;
  let most = 0;
  const port = await up(
    t,
    createServer((req, res) => {
      if (req.url === '/hang') return;
      hits++;
      most = Math.max(most, ++together);
      setTimeout(() => {
        together--;
        res.end('ok');
      }, 50);
    }),
  );
  // Added before the start: an app that answered once takes no more routes.
  await hub.command(hub.system('test'), async (work) => {
    const add = (thing: string, kind: 'web' | 'tcp', target: string, timeoutMs: number) =>
      addProbe(work, { thing, kind, target, place: 'local', intervalS: 3600, timeoutMs, expect: {} }, ['']);
    for (let i = 0; i < 40; i++) await add('portal', 'web', `http://127.0.0.1:${port}/${i}`, 3000);
    await add('room-1', 'web', `http://127.0.0.1:${port}/hang`, 4000);
    const { id } = await add('room-1', 'tcp', `127.0.0.1:${port}`, 1000);
    await changeProbe(work, id, { active: false }, ['']);
  });
  await run(system);
  for (const until = Date.now() + 15_000; hits < 40 && Date.now() < until;) await new Promise((r) => setTimeout(r, 50));
  assert.equal(hits, 40);
  assert.ok(most <= 16, `${most} at once`);
  await new Promise((r) => setTimeout(r, 2500));
  assert.equal(hits, 40, 'none is looked at again before its interval');
  const rows = await hub.sql<
    { active: boolean; last: { up: boolean } | null; wait: number }[]
  >`select active, last, extract(epoch from next_at - clock_timestamp())::float8 as wait from probes`;
  assert.equal(rows.filter((r) => r.last?.up).length, 40);
  assert.equal(rows.find((r) => !r.active)!.last, null);
  const waits = rows.filter((r) => r.last?.up).map((r) => r.wait);
  assert.ok(Math.min(...waits) > 3300 && Math.max(...waits) < 3900 && new Set(waits.map(Math.round)).size > 5, 'spread');
});

test('another place looks for itself over the interface; its readings are told apart', async (t) => {
  const { ask, system, token, readings, hub } = await centre(t);
  const site = await up(
    t,
    createServer((_q, r) => r.end('ok')),
  );
  const { id } = (await ask('POST', '/api/probes', { thing: 'portal', kind: 'web', target: `http://127.0.0.1:${site}/`, place: 'machine-room', intervalS: 30 })).json() as {
    id: string;
  };
  assert.deepEqual((await ask('POST', `/api/probes/${id}/run`, {})).json(), { ran: false, last: null });
  const url = await system.app.listen({ host: '127.0.0.1', port: 0 });
  const out: string[] = [];
  const io = { out: (s: string) => void out.push(s), say: () => {} };
  assert.equal(await command.run(['--place', 'machine-room', '--server', url, '--token', token, '--once'], io as never), 0);
  assert.deepEqual(JSON.parse(out[0]!), { place: 'machine-room', probed: 1 });
  assert.deepEqual(
    (await readings()).map((r) => r[0]),
    ['ms-machine-room', 'status-machine-room', 'up-machine-room'],
  );
  const [row] = await hub.sql<{ last: { up: boolean; failures: number } }[]>`select last from probes`;
  assert.deepEqual([row!.last.up, row!.last.failures], [true, 0]);
  assert.equal((await ask('POST', `/api/probes/${id}/result`, { up: true, ms: -1, status: 1, days: null, issuer: null, address: null, reason: 'x' })).statusCode, 400);
});
