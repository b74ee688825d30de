// Runs the tests of a whole run on one PostgreSQL of their own, started before and stopped after; the arguments are Node's.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestCluster } from '#server/platform/testing.ts';

const dir = mkdtempSync(join(tmpdir(), 'chengshu-tests-'));
const pg = await startTestCluster(dir);
const child = spawn(process.execPath, process.argv.slice(2), { stdio: 'inherit', env: { ...process.env, CHENGSHU_TEST_DIR: dir } });
for (const s of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(s, () => child.kill(s));
process.exitCode = await new Promise<number>((done) => child.once('exit', (code) => done(code ?? 1)));
await pg.stop();
rmSync(dir, { recursive: true, force: true });
