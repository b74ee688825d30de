// The black-box suite against any SensorThings service: node server/signals/sta/suite/run.ts URL [--user LOGIN:PASSWORD | --token KEY] [--mqtt URL]
import { parseArgs } from 'node:util';
import { arrays } from './arrays.ts';
import { changes } from './changes.ts';
import { type Result, Suite, type Target } from './client.ts';
import { clients } from './clients.ts';
import { makeContent } from './content.ts';
import { core } from './core.ts';
import { filtering } from './filtering.ts';
import { overMqtt } from './mqtt.ts';

/** Runs everything; it makes entities of its own and does not touch those of others. */
export async function runSuite(target: Target): Promise<Result[]> {
  const s = new Suite(target);
  const content = await makeContent(s);
  await Promise.all([core(s, content), filtering(s, content)]);
  await changes(s);
  await arrays(s, content);
  await clients(s, content);
  await overMqtt(s, content);
  return s.results;
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { user: { type: 'string' }, token: { type: 'string' }, mqtt: { type: 'string' } } });
  const [root] = positionals;
  if (!root) {
    process.stderr.write('URL? 例如 http://127.0.0.1:8080/sta/v1.1\n');
    process.exit(2);
  }
  const [username, ...rest] = (values.user ?? '').split(':');
  const password = rest.join(':');
  const results = await runSuite({
    root: root.replace(/\/+$/, ''),
    headers: values.token ? { authorization: `Bearer ${values.token}` } : values.user ? { authorization: `Basic ${Buffer.from(values.user).toString('base64')}` } : {},
    ...(values.mqtt ? { mqtt: { url: values.mqtt, ...(values.user ? { username: username!, password } : {}) } } : {}),
  });
  for (const r of results) process.stdout.write(`${r.fault === undefined ? '通过' : '不过'} ${r.name}（${r.ms} ms）${r.fault === undefined ? '' : `\n     ${r.fault}`}\n`);
  const failed = results.filter((r) => r.fault !== undefined).length;
  process.stdout.write(`${results.length - failed} 项通过，${failed} 项不过\n`);
  process.exit(failed ? 1 : 0);
}
