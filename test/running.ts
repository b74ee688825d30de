// A real centre in a process of its own, for tests that see it as users and devices do – and that may kill it.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DEMO_PASSWORD } from '#server/first-start.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

export interface Running {
  url: string;
  mqttPort: number;
  dataDir: string;
  child: ChildProcess;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** A scratch data folder, gone after the test. */
export function scratch(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'chengshu-run-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Starts the centre on a data folder and waits until it says that it is ready. */
export async function start(dataDir: string, env: Record<string, string> = {}): Promise<Running> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'server/cli.ts', 'start'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DATABASE_URL: '', DATA_DIR: dataDir, PORT: '0', MQTT_PORT: '0', LOG: 'quiet', DEMO_DATA: 'false', ...env },
  });
  let said = '';
  child.stderr!.on('data', (d: Buffer) => (said += d.toString()));
  const url = await new Promise<string>((done, fail) => {
    let out = '';
    child.stdout!.on('data', (d: Buffer) => {
      out += d.toString();
      const m = /ready (http:\S+)/.exec(out);
      if (m) done(m[1]!);
    });
    child.once('exit', (code) => fail(new Error(`启动失败（${code}）：${said.slice(-2000)}`)));
  });
  const ready = (await (await fetch(`${url}/readyz`)).json()) as { checks: { broker: { detail: string } } };
  const mqttPort = Number(/端口 (\d+)/.exec(ready.checks.broker.detail)?.[1]);
  return {
    url,
    mqttPort,
    dataDir,
    child,
    async kill(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((done) => child.once('exit', done));
      child.kill(signal);
      await gone;
    },
  };
}

export interface Session {
  cookie: string;
  get<T>(path: string): Promise<T>;
  send<T>(method: string, path: string, body?: unknown, o?: { key?: string; version?: number }): Promise<{ status: number; body: T }>;
}

/** Signs a demo post in over HTTP. */
export async function signIn(url: string, login: string): Promise<Session> {
  const r = await fetch(`${url}/api/session`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ login, password: DEMO_PASSWORD }) });
  assert.equal(r.status, 200, login);
  const cookie = r.headers.get('set-cookie')!.split(';')[0]!;
  const { csrf } = (await r.json()) as { csrf: string };
  const send: Session['send'] = async (method, path, body, o = {}) => {
    const answer = await fetch(url + path, {
      method,
      headers: {
        cookie,
        'x-csrf-token': csrf,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        'idempotency-key': o.key ?? crypto.randomUUID(),
        ...(o.version === undefined ? {} : { 'if-match': `"v${o.version}"` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: (text ? JSON.parse(text) : undefined) as never };
  };
  return {
    cookie,
    send,
    async get(path) {
      const answer = await send('GET', path);
      assert.equal(answer.status, 200, `${path} ${JSON.stringify(answer.body)}`);
      return answer.body as never;
    },
  };
}

/** Registers pressure gauges in the demo district and issues a device credential. */
export async function gauges(url: string, n: number): Promise<{ codes: string[]; login: string; secret: string }> {
  const session = await signIn(url, 'zhibiao');
  const codes = Array.from({ length: n }, (_, i) => `gauge-${i}`);
  const registered = await session.send('POST', '/api/things', {
    things: codes.map((code, i) => ({
      code,
      name: `测试压力计 ${i}`,
      profile: 'pipe-pressure',
      unit: 'demo.waterworks',
      lon: 106.33 + (i % 10) * 0.004,
      lat: 29.43 + Math.floor(i / 10) * 0.004,
    })),
  });
  assert.equal(registered.status, 201, JSON.stringify(registered.body));
  const credential = await session.send<{ login: string; secret: string }>('POST', '/api/signals/credentials', { login: `gateway-${Date.now()}`, unit: 'demo' });
  assert.equal(credential.status, 201);
  return { codes, ...credential.body };
}
