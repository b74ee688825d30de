// The documents on words and content agree with the code: every glossary word is in the source, every kind of content is described, every example in it is right.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { kindNames, kinds } from '#core/packs/kinds.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const source = ['core', 'server']
  .flatMap((folder) =>
    (readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }) as string[])
      .filter((f) => /\.(ts|sql)$/.test(f) && !f.endsWith('.test.ts'))
      .map((f) => read(`${folder}/${f}`)),
  )
  .join('\n');

test('every code word of the glossary is a word of the source, and stands there once', () => {
  const rows = read('docs/glossary.md')
    .split('\n')
    .filter((l) => /^\| (?!中文|---)/.test(l));
  assert.ok(rows.length > 40);
  const words = rows.flatMap((l) => [...(l.split('|')[3] ?? '').matchAll(/`([^`]+)`/g)].map((m) => m[1]!));
  const absent = words.filter((w) => !new RegExp(`(?<![\\w-])${w.replace(/[.]/g, '\\$&')}(?![\\w-])`).test(source));
  assert.deepEqual(absent, []);
  assert.deepEqual(
    words.filter((w, i) => words.indexOf(w) !== i),
    [],
  );
});
test('docs/packs.md describes exactly the kinds there are', () => {
  const listed = [...read('docs/packs.md').matchAll(/^\| `([a-z-]+)` \|/gm)].map((m) => m[1]!);
  assert.deepEqual(listed.sort(), [...kindNames].sort());
});
test('the examples in docs/packs.md are valid content', () => {
  const blocks = [...read('docs/packs.md').matchAll(/```yaml\n([\s\S]*?)```/g)].map((m) => parse(m[1]!) as { about?: string; nature?: string }[]);
  assert.equal(blocks.length, 3);
  for (const [item] of blocks) (item!.about ? kinds.tests : item!.nature ? kinds.targets : kinds.ledgers).schema.parse(item);
});
