// The command line: every command explains itself, results and talk are kept apart, and wrong use is exit status 2.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Io, commands, runCommand } from './_run.ts';

async function ran(...argv: string[]): Promise<{ code: number; out: string; say: string }> {
  let out = '';
  let say = '';
  const io: Io = { out: (t) => void (out += `${t}\n`), say: (t) => void (say += `${t}\n`), colour: false, columns: 100 };
  return { code: await runCommand(argv, io), out, say };
}

test('every command has its file’s name and explains itself in both languages', async () => {
  const all = await commands();
  for (const name of ['start', 'migrate', 'help', 'audit', 'user', 'deadline'])
    assert.ok(
      all.some((c) => c.name === name),
      name,
    );
  for (const c of all) {
    const { code, out, say } = await ran(c.name, '--help');
    assert.deepEqual([code, say], [0, '']);
    for (const part of [c.summary.zh, c.summary.en, c.usage]) assert.ok(part && out.includes(part), c.name);
  }
});

test('without a command the list; with an unknown one status 2, talk only', async () => {
  const list = await ran();
  assert.deepEqual([list.code, list.say], [0, '']);
  for (const c of await commands()) assert.ok(list.out.includes(c.summary.zh));
  const wrong = await ran('nope');
  assert.deepEqual([wrong.code, wrong.out], [2, '']);
  assert.match(wrong.say, /nope/);
});
