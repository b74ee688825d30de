// A centre in a process of its own, as others find it: the black-box SensorThings suite without credentials, and every example of docs/integrate.md as it stands there.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { scratch, start } from '../../test/running.ts';
import { runSuite } from './sta/suite/run.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

test('as others find it', { timeout: 180_000 }, async (t) => {
  const dir = scratch(t);
  const running = await start(dir, { STA_OPEN_AS: 'zhibiao' });
  t.after(() => running.kill('SIGKILL'));
  await t.test('SensorThings as suites and clients of others see it', () => suite(running));
  await t.test('the examples of docs/integrate.md run as they stand there', (own) => examples(own, running, dir));
});

async function suite(running: Awaited<ReturnType<typeof start>>): Promise<void> {
  const results = await runSuite({ root: `${running.url}/sta/v1.1`, headers: {}, mqtt: { url: `mqtt://127.0.0.1:${running.mqttPort}` } });
  assert.deepEqual(
    results.filter((r) => r.fault !== undefined),
    [],
  );
  assert.ok(results.length > 65, String(results.length));
  const old = await fetch(`${running.url}/sta/v1.0/`);
  assert.deepEqual([old.status, Object.keys((await old.json()) as object)], [200, ['value']]);
}

/** Every curl of the document tells its status; all must be taken. */
const TOLD = `curl() {
  local all code
  all=$(command curl -sS -w '\n%{http_code}' "$@") || true
  code=\${all##*$'\n'}
  printf '%s' "\${all%$'\n'*}"
  printf '%s\t%s\t%s\n' "$code" "\${all:0:300}" "$*" | tr '\n' ' ' >> "$STATUS"
  printf '\n' >> "$STATUS"
}
`;
async function examples(t: TestContext, running: Awaited<ReturnType<typeof start>>, dir: string): Promise<void> {
  if (spawnSync('curl', ['--version']).status !== 0 || spawnSync('bash', ['--version']).status !== 0) return t.skip('no curl or no bash');
  const env = { ...process.env, DATABASE_URL: '', DATA_DIR: dir, PORT: new URL(running.url).port, MQTT_PORT: String(running.mqttPort), LOG: 'quiet' };
  const { stdout, stderr } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', 'server/cli.ts', 'connect'], { cwd: root, env });
  assert.match(stdout, /^cs_\S{20,}\n$/);
  assert.match(stderr, /Bearer/);
  const text = readFileSync(join(root, 'docs/integrate.md'), 'utf8');
  const blocks = [...text.matchAll(/```bash\n([\s\S]*?)```/g)].map((m) => m[1]!);
  const script = join(dir, 'examples.sh');
  const status = join(dir, 'examples.tsv');
  writeFileSync(script, TOLD + blocks.join('\n'));
  await run('bash', [script], { cwd: dir, env: { ...env, HUB: running.url, KEY: stdout.trim(), STATUS: status, LC_ALL: 'C.UTF-8' } });
  const told = readFileSync(status, 'utf8').trim().split('\n');
  assert.deepEqual(
    told.filter((x) => !/^2\d\d\t/.test(x) || x.includes('"quarantined":1')),
    [],
  );
  assert.equal(told.length, blocks.join('\n').match(/\bcurl -s/g)!.length);
  assert.ok(told.length >= 20, String(told.length));
  // What they say they did is there.
  const get = async (path: string) =>
    (await fetch(`${running.url}${path}`, { headers: { authorization: `Bearer ${stdout.trim()}` } })).json() as Promise<{ value: { result: number }[] }>;
  const found = await get(`/sta/v1.1/Observations?$filter=${encodeURIComponent("Datastream/Thing/properties/code eq 'p1'")}&$orderby=result`);
  const results = found.value.map((o) => o.result);
  for (const v of [0.31, 0.32, 0.33, 0.34, 0.35]) assert.ok(results.includes(v), `${v} of ${results.join(' ')}`);
  const device = await run(process.execPath, ['--disable-warning=ExperimentalWarning', 'server/cli.ts', 'connect', '--device', 'gateway-1', '--unit', 'demo.waterworks'], {
    cwd: root,
    env,
  });
  const basic = { authorization: `Basic ${Buffer.from(device.stdout.trim()).toString('base64')}`, 'content-type': 'application/json' };
  assert.equal((await fetch(`${running.url}/api/observations`, { method: 'POST', headers: basic, body: '{"stream":"p1/pressure","value":0.36}' })).status, 200);
  assert.equal((await fetch(`${running.url}/api/observations`, { method: 'POST', headers: basic, body: '{"stream":"a1/pm25","value":36}' })).status, 403);
}
