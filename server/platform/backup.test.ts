// Backup while writing, restore elsewhere, verified; a damaged copy is refused (F-33).
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { backup, restore } from './backup.ts';
import { readConfig } from './config.ts';
import { append } from './facts.ts';
import { openInstance } from './instance.ts';

test('F-33 a copy made under load restores to a centre whose facts verify', { skip: process.env.DATABASE_URL ? '外部数据库用它自己的备份工具' : false }, async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'chengshu-backup-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const config = readConfig({ DATA_DIR: join(root, 'data'), LOG: 'silent' });
  const hub = await openInstance(config);
  let stop = false;
  let written = 0;
  const writer = (async () => {
    while (!stop) {
      await hub.command(hub.system('test'), (work) => append(work, [{ kind: 'x.done', subject: `x:${written % 7}`, data: { n: written } }]));
      written++;
    }
  })();
  while (written < 50) await new Promise((r) => setTimeout(r, 10));
  const before = written;
  const manifest = await backup(hub, join(root, 'copy'));
  await assert.rejects(backup(hub, join(root, 'copy')), /不是空的/);
  stop = true;
  await writer;
  await hub.close();
  assert.ok(manifest.facts >= before);
  const { verdict } = await restore(join(root, 'copy'), readConfig({ DATA_DIR: join(root, 'again'), LOG: 'silent' }));
  assert.equal(verdict.good, true, verdict.problem);
  assert.ok(verdict.facts >= before && verdict.facts <= written);
  await assert.rejects(restore(join(root, 'copy'), readConfig({ DATA_DIR: join(root, 'again'), LOG: 'silent' })), /不是空的/);
  await appendFile(join(root, 'copy', 'postgres', 'global', 'pg_control'), 'x');
  await assert.rejects(restore(join(root, 'copy'), readConfig({ DATA_DIR: join(root, 'third'), LOG: 'silent' })), /备份损坏/);
});
