// Runs benchmarks by name: `npm run bench -- facts cases --json --seconds 10`; results on standard output, progress on standard error.
import { readdirSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { Options, Result } from './measure.ts';

const names = readdirSync(new URL('.', import.meta.url))
  .filter((f) => f.endsWith('.ts') && !f.endsWith('.test.ts') && !['run.ts', 'measure.ts', 'ingest-load.ts'].includes(f))
  .map((f) => f.slice(0, -3))
  .sort();
const usage = `npm run bench -- <name>… [--json] [--seconds 5] [--rows 10M] [--only a,b]\n\n可用 (available): ${names.join('、')}`;
const say = (text: string) => process.stderr.write(`${text}\n`);

let values: { json?: boolean; seconds?: string; rows?: string; only?: string; help?: boolean };
let chosen: string[];
try {
  ({ values, positionals: chosen } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean' }, seconds: { type: 'string' }, rows: { type: 'string' }, only: { type: 'string' }, help: { type: 'boolean' } },
  }));
} catch (error) {
  say(`${(error as Error).message}\n\n${usage}`);
  process.exit(2);
}
if (values.help) {
  process.stdout.write(`${usage}\n`);
  process.exit(0);
}
const unknown = chosen.find((n) => !names.includes(n));
const seconds = Number(values.seconds ?? 5);
const size = /^(\d+(?:\.\d+)?)([kM]?)$/.exec(values.rows ?? '0');
const rows = size ? Number(size[1]) * ({ k: 1e3, M: 1e6 }[size[2]!] ?? 1) : Number.NaN;
if (!chosen.length || unknown || !(rows >= 0) || !(seconds > 0 && seconds <= 3600)) {
  say(unknown ? `没有名为 ${unknown} 的基准\n\n${usage}` : usage);
  process.exit(2);
}
const machine = { cpus: cpus().length, model: cpus()[0]?.model ?? '', memoryGiB: Math.round(totalmem() / 2 ** 30), platform: `${platform()} ${arch()}`, node: process.version };
for (const bench of chosen) {
  const { run } = (await import(new URL(`${bench}.ts`, import.meta.url).href)) as { run(o: Options): Promise<{ results: Result[] }> };
  const { results } = await run({ seconds, say, ...(rows ? { rows } : {}), ...(values.only ? { only: values.only.split(',') } : {}) });
  if (values.json) process.stdout.write(`${JSON.stringify({ bench, machine, results })}\n`);
  else {
    const show = (r: Result) =>
      `  ${r.name}: ${r.value} ${r.unit}${r.limit === undefined ? '' : `（同机上限 ${r.limit}，比 ${r.ratio}）`}${r.p50 === undefined ? '' : `  p50 ${r.p50} ms  p99 ${r.p99} ms`}${r.note ? `  ${r.note}` : ''}`;
    process.stdout.write(`${bench}（${machine.cpus} 核，${machine.model}）\n${results.map(show).join('\n')}\n`);
  }
}
