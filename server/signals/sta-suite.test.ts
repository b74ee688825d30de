// The black-box suite against a centre in a process of its own: without credentials where it is opened, with a key, and over MQTT.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scratch, start } from '../../test/running.ts';
import { runSuite } from './sta/suite/run.ts';

test('SensorThings as suites and clients of others see it, on a started centre opened to them', { timeout: 120_000 }, async (t) => {
  const running = await start(scratch(t), { STA_OPEN_AS: 'zhibiao' });
  t.after(() => running.kill('SIGKILL'));
  const results = await runSuite({ root: `${running.url}/sta/v1.1`, headers: {}, mqtt: { url: `mqtt://127.0.0.1:${running.mqttPort}` } });
  assert.deepEqual(
    results.filter((r) => r.fault !== undefined),
    [],
  );
  assert.ok(results.length > 65, String(results.length));
  const old = await fetch(`${running.url}/sta/v1.0/`);
  assert.deepEqual([old.status, Object.keys((await old.json()) as object)], [200, ['value']]);
});
