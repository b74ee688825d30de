// Runs test files (arguments: lanes, minutes for a file, files) in lanes, each with a PostgreSQL of its own: databases of one cluster share transaction numbers, and a follower waits for every unfinished one.
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { startTestCluster } from '#server/platform/testing.ts';

const [lanes, minutes, ...files] = process.argv.slice(2);
// Those with a real browser and real kills take longest: they begin.
const queue = files.sort((a, b) => Number(b.includes('e2e')) - Number(a.includes('e2e')));
const begun = performance.now();
const sums: Record<string, number> = { tests: 0, suites: 0, passed: 0, failed: 0, cancelled: 0, skipped: 0, todo: 0 };
const names: Record<string, string> = { passed: 'pass', failed: 'fail' };
const stop = new AbortController();
for (const s of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(s, () => stop.abort());

const report = new PassThrough({ objectMode: true });
report.pipe(new spec()).pipe(process.stdout);
const say = (message: string) => report.write({ type: 'test:diagnostic', data: { message, nesting: 0, level: 'info' } });

async function lane(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'chengshu-tests-'));
  const pg = await startTestCluster(dir);
  try {
    for (let file = queue.shift(); file && !stop.signal.aborted; file = queue.shift()) {
      const events: { type: string; data: { nesting?: number; message?: string; file?: string; counts?: Record<string, number>; success?: boolean } }[] = [];
      let counts: Record<string, number> | undefined;
      const stream = run({
        files: [file],
        concurrency: 1,
        timeout: Number(minutes) * 60_000,
        signal: stop.signal,
        execArgv: ['--disable-warning=ExperimentalWarning', '--test-force-exit'],
        env: { ...process.env, CHENGSHU_TEST_DIR: dir },
      });
      for await (const event of stream as AsyncIterable<(typeof events)[number]>) {
        if (event.type === 'test:summary') {
          if (!event.data.file) counts = event.data.counts;
        } else if (
          !(event.type === 'test:diagnostic' && event.data.nesting === 0 && /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(event.data.message ?? ''))
        )
          events.push(event);
      }
      // File by file, so that what two lanes say does not mix.
      for (const event of events) report.write(event);
      if (!counts) sums.failed = sums.failed! + 1;
      else for (const k of Object.keys(sums)) sums[k] = sums[k]! + (counts[k] ?? 0);
    }
  } finally {
    await pg.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}
const ends = await Promise.allSettled(Array.from({ length: Math.min(Number(lanes), availableParallelism()) }, lane));
for (const l of ends) if (l.status === 'rejected') say(String(l.reason));
for (const [k, n] of Object.entries(sums)) say(`${names[k] ?? k} ${n}`);
say(`duration_ms ${performance.now() - begun}`);
report.end();
if (sums.failed || sums.cancelled || stop.signal.aborted || ends.some((l) => l.status === 'rejected')) process.exitCode = 1;
