// Settings: defaults that are safe, every mistake named at once, and the one documented table.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readConfig, settings } from './config.ts';

test('without any setting the hub listens on loopback only and keeps its data in ./data', () => {
  const c = readConfig({});
  assert.deepEqual([c.host, c.port, c.mqttHost, c.mqttPort, c.databaseUrl, c.demo], ['127.0.0.1', 8080, '127.0.0.1', 1883, undefined, true]);
  assert.ok(isAbsolute(c.dataDir) && c.dataDir.endsWith('data'));
});

test('ports accept 0; an empty value is no value', () => {
  const c = readConfig({ PORT: '0', MQTT_PORT: '0', HOST: '', DATABASE_URL: '', DEMO: 'false' });
  assert.deepEqual([c.port, c.mqttPort, c.host, c.databaseUrl, c.demo], [0, 0, '127.0.0.1', undefined, false]);
});

test('every wrong setting is named in one message', () => {
  assert.throws(
    () => readConfig({ PORT: '70000', MQTT_PORT: 'x', DATABASE_URL: 'mysql://h/d', PUBLIC_URL: 'nonsense', MQTT_TLS_CERT: 'a.pem', DEMO: 'maybe' }),
    (e) => ['PORT', 'MQTT_PORT', 'DATABASE_URL', 'PUBLIC_URL', 'MQTT_TLS_KEY', 'DEMO'].every((n) => (e as Error).message.includes(n)),
  );
});

test('a wrong DATABASE_URL does not show its password', () => {
  assert.throws(
    () => readConfig({ DATABASE_URL: 'mysql://u:geheim@h/d' }),
    (e) => !(e as Error).message.includes('geheim'),
  );
});

test('nothing but config.ts reads the environment for settings', () => {
  const root = fileURLToPath(new URL('../', import.meta.url));
  const names = new RegExp(`process\\.env(?:\\.|\\[['"])(${Object.keys(settings).join('|')})\\b`);
  const breaches = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((f) => f.endsWith('.ts') && !f.endsWith('.test.ts') && f !== join('platform', 'testing.ts'))
    .filter((f) => names.test(readFileSync(join(root, f), 'utf8')));
  assert.deepEqual(breaches, []);
});
