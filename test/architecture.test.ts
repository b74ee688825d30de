// The architecture's import rule over the real files, and proof that the check sees a breach.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { breaches, importsOf, slices } from './imports.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = ['core', 'server', 'web'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((f) => /\.tsx?$/.test(f))
    .map((f) => `${folder}/${f.split(sep).join('/')}`),
);
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

test('imports point left: no file breaks the rule', () => {
  assert.ok(sources.length > 50);
  assert.deepEqual(
    sources.flatMap((f) => breaches(f, read(f))),
    [],
  );
});

test('planted breaches are seen', () => {
  const planted: [string, string][] = [
    ['core/cases/kernel.ts', `import { readFile } from 'node:fs/promises';`],
    ['core/cases/kernel.ts', `import { x } from '#server/cases/service.ts';`],
    ['core/cases/kernel.ts', `const at = new Date();`],
    ['core/cases/kernel.ts', `const id = Math.random();`],
    ['core/time.ts', `import { x } from './cases/kernel.ts';`],
    ['core/people/roles.ts', `import { x } from '../cases/kernel.ts';`],
    ['core/signals/pack.ts', `export * from '#core/packs/kinds.ts';`],
    ['core/form.ts', `import fastify from 'fastify';`],
    ['server/cases/service.ts', `import { x } from '../people/store.ts';`],
    ['server/cases/service.ts', `import type { X } from '../people/store.ts';`],
    ['server/cases/service.ts', `const x = await import('../records/routes.ts');`],
    ['server/cases/service.ts', `import {\n  a,\n  b,\n} from '#server/people/scope-internals.ts';`],
    ['server/platform/hub.ts', `import { x } from '../cases/service.ts';`],
    ['server/cases/service.ts', `import { startServer } from '../main.ts';`],
    ['web/cases/page.tsx', `import { x } from '#server/cases/service.ts';`],
    ['web/cases/page.tsx', `import { readFileSync } from 'node:fs';`],
    ['web/cases/page.tsx', `export { x } from '../../server/cases/store.ts';`],
    ['web/ui/level.tsx', `import { x } from '../cases/page.tsx';`],
  ];
  for (const [file, text] of planted) assert.equal(breaches(file, text).length > 0, true, `${file}: ${text}`);
});

test('what is allowed stays allowed', () => {
  const fine: [string, string][] = [
    ['core/cases/kernel.ts', `import * as z from 'zod';\nimport type { Role } from '../people/roles.ts';`],
    ['core/cases/kernel.ts', `// import x from 'node:fs'\nconst d = new Date(at);`],
    ['server/cases/service.ts', `import { unitBy } from '../people/service.ts';\nimport { rows } from './store.ts';\nimport { append } from '../platform/facts.ts';`],
    ['server/cases/follow.ts', `import type { Install } from '../main.ts';`],
    ['web/cases/page.tsx', `import { casesApi } from '#core/cases/contract.ts';\nimport { Page } from '../ui/page.tsx';`],
    ['server/cases/cases.test.ts', `import { rows } from '../people/store.ts';`],
  ];
  for (const [file, text] of fine) assert.deepEqual(breaches(file, text), [], file);
});

test('imports are found however they are written', () => {
  assert.deepEqual(
    importsOf(`import 'a';\nimport b from "b";\nimport {\n c,\n} from 'c';\nexport * from 'd';\nimport type { E } from 'e';\nconst f = import('f');`).map(
      (i) => i.from + (i.typeOnly ? '!' : ''),
    ),
    ['a', 'b', 'c', 'd', 'e!', 'f'],
  );
});

test('every folder with slices holds slices of the list only', () => {
  const known = new Set<string>([...slices, 'platform', 'migrations', 'cli', 'ui', 'shell', 'public', 'fonts', 'assets', 'maps', 'demo', 'settings', 'home', 'work']);
  const folders = new Set(sources.filter((f) => f.split('/').length > 2).map((f) => f.split('/')[1]!));
  assert.deepEqual(
    [...folders].filter((f) => !known.has(f)),
    [],
  );
});
