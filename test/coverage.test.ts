// coverage.yaml tells the truth: every content, route and test it names exists; with the reference at hand, it names every system.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import * as z from 'zod';
import { apis } from '#core/api.ts';
import { loadPacks } from '#core/packs/load.ts';
import { readPacks } from '#server/packs/service.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const reference = join(root, '..', 'shared', 'reference', 'systems.md');
const served = z.strictObject({ pack: z.string().regex(/^[a-z-]+\/[a-z0-9-]+$/), route: z.string(), test: z.string().regex(/\.test\.ts$/), missing: z.string().min(2).optional() });
const schema = z.record(z.string().regex(/^S\d{3}$/), z.union([z.string().regex(/^later(: .{2,})?$|^not software: .{2,}$/), served]));
const text = readFileSync(join(root, 'coverage.yaml'), 'utf8');

/** What an entry points at and is not there. */
async function missing(entries: z.output<typeof schema>): Promise<string[]> {
  const { content } = loadPacks(await readPacks(['district', 'finance-rules', 'demo-center']));
  const routes = new Set(apis.flatMap((a) => Object.values(a).map((r) => `${r.method} ${r.path}`)));
  const wrong: string[] = [];
  for (const [id, e] of Object.entries(entries)) {
    if (typeof e === 'string') continue;
    const [kind, code] = e.pack.split('/') as [keyof typeof content, string];
    if (!content[kind]?.has(code)) wrong.push(`${id}: no content ${e.pack}`);
    if (!routes.has(e.route)) wrong.push(`${id}: no route ${e.route}`);
    if (!existsSync(join(root, e.test))) wrong.push(`${id}: no test ${e.test}`);
  }
  return wrong;
}

test('everything coverage.yaml points at exists', async () => {
  const entries = schema.parse(parse(text));
  assert.deepEqual(await missing(entries), []);
});
test('a wrong pointer is seen', async () => {
  const wrong = await missing({ S001: { pack: 'flows/nothing', route: 'GET /api/nothing', test: 'server/nothing.test.ts' } });
  assert.equal(wrong.length, 3);
  assert.equal(schema.safeParse({ S001: 'done' }).success, false);
});
test('every system of the reference is named', { skip: existsSync(reference) ? false : 'the reference is not at hand' }, () => {
  const ids = [...new Set([...readFileSync(reference, 'utf8').matchAll(/^\| (S\d{3}) \|/gm)].map((m) => m[1]!))].sort();
  assert.equal(ids.length, 277);
  assert.deepEqual(Object.keys(schema.parse(parse(text))).sort(), ids);
});
