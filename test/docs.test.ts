// What the documents say agrees with the code: settings, commands, paths.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { settings } from '#server/platform/config.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const documents = [
  ...readdirSync(root).filter((f) => f.endsWith('.md')),
  ...(readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }) as string[]).filter((f) => f.endsWith('.md')).map((f) => `docs/${f}`),
];

/** The settings as rows of a table: name, default, what for. */
export const settingRows = (): string[] =>
  Object.entries(settings).map(([name, s]) => {
    const value = s.schema.parse(undefined) as unknown;
    return `| \`${name}\` | ${value === undefined ? '—' : `\`${String(value)}\``} | ${s.note} |`;
  });

test('docs/operate.md lists exactly the settings of the code, with their defaults', () => {
  const table = /<!-- settings -->\n([\s\S]*?)<!-- \/settings -->/.exec(read('docs/operate.md'));
  assert.ok(table);
  assert.deepEqual(table[1]!.trim().split('\n'), settingRows());
});

test('every npm script and command named in a document exists', () => {
  const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts);
  const commands = readdirSync(join(root, 'server', 'cli')).map((f) => f.replace(/\.ts$/, ''));
  const wrong: string[] = [];
  for (const d of documents) {
    for (const m of read(d).matchAll(/npm run (?:-s )?([a-z][a-z:-]*)(?: -- ([a-z]+))?/g)) {
      if (!scripts.includes(m[1]!)) wrong.push(`${d}: ${m[0]}`);
      if (m[1] === 'chengshu' && m[2] && !commands.includes(m[2])) wrong.push(`${d}: ${m[0]}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('links between documents and to files lead somewhere', () => {
  const wrong: string[] = [];
  for (const d of documents) for (const m of read(d).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)) if (!existsSync(join(root, d, '..', m[1]!))) wrong.push(`${d}: ${m[1]}`);
  assert.deepEqual(wrong, []);
});

test('decisions are numbered without gaps', () => {
  const numbers = readdirSync(join(root, 'docs', 'decisions'))
    .filter((f) => f.endsWith('.md'))
    .sort()
    .map((f) => Number(f.slice(0, 4)));
  assert.deepEqual(
    numbers,
    numbers.map((_, i) => i + 1),
  );
});
