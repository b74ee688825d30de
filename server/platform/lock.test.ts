// The folder lock: exclusive while its holder lives, free after any kind of end, never two winners over a dead holder's lock.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FolderInUse, lockFolder } from './lock.ts';
import { processStart } from './process.ts';

const scratch = (t: { after(fn: () => void): void }): string => {
  const dir = mkdtempSync(join(tmpdir(), 'chengshu-lock-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
};
const lockModule = new URL('./lock.ts', import.meta.url).href;
/** A process that takes the lock, says what came of it, and holds on until it is killed. */
const taker = (dir: string, at = 0) =>
  spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--input-type=module',
      '-e',
      `import { lockFolder } from ${JSON.stringify(lockModule)};
      while (Date.now() < ${at}) ;
      try { lockFolder(${JSON.stringify(dir)}); console.log('taken'); } catch (e) { console.log(e.constructor.name); }
      setInterval(() => {}, 1000);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
const firstLine = (child: ReturnType<typeof taker>): Promise<string> => new Promise((done) => child.stdout!.once('data', (d: Buffer) => done(d.toString().trim())));
const gone = (child: ReturnType<typeof taker>): Promise<unknown> => new Promise((done) => child.once('exit', done));

test('a held folder is refused with the holder named, and free again after release', (t) => {
  const dir = scratch(t);
  const release = lockFolder(dir);
  assert.throws(
    () => lockFolder(dir),
    (e) => e instanceof FolderInUse && e.pid === process.pid && e.message.includes(dir) && /正被进程/.test(e.message) && /in use/.test(e.message),
  );
  release();
  lockFolder(dir)();
  assert.deepEqual(readdirSync(dir), []);
});

test('after kill -9 of the holder the folder can be taken', async (t) => {
  const dir = scratch(t);
  const child = taker(dir);
  t.after(() => child.kill('SIGKILL'));
  assert.equal(await firstLine(child), 'taken');
  assert.throws(() => lockFolder(dir), FolderInUse);
  child.kill('SIGKILL');
  await gone(child);
  lockFolder(dir)();
});

test('a lock whose number now belongs to another process does not hold', (t) => {
  const dir = scratch(t);
  for (const left of [JSON.stringify({ pid: process.pid, start: 'other-1' }), JSON.stringify({ pid: 1 }), '', 'not json']) {
    writeFileSync(join(dir, 'chengshu.lock'), left);
    const release = lockFolder(dir);
    assert.equal((JSON.parse(readFileSync(join(dir, 'chengshu.lock'), 'utf8')) as { start: string }).start, processStart(process.pid));
    release();
  }
});

test('of several processes at a dead holder’s lock exactly one wins', async (t) => {
  for (let round = 0; round < 3; round++) {
    const dir = scratch(t);
    writeFileSync(join(dir, 'chengshu.lock'), JSON.stringify({ pid: 2 ** 22 - 1, start: 'dead' }));
    const at = Date.now() + 700;
    const all = Array.from({ length: 5 }, () => taker(dir, at));
    t.after(() => all.forEach((c) => c.kill('SIGKILL')));
    const said = await Promise.all(all.map(firstLine));
    assert.deepEqual(said.toSorted(), ['FolderInUse', 'FolderInUse', 'FolderInUse', 'FolderInUse', 'taken']);
    const ends = all.map(gone);
    for (const c of all) c.kill('SIGKILL');
    await Promise.all(ends);
  }
});
