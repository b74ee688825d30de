// The import rule of the architecture as a table, and the check of one file against it: data flows right, imports point left.
import { posix } from 'node:path';

/** Slices from left to right; a slice may use those before it (types of any: they are gone at run time). */
export const slices = ['people', 'places', 'duty', 'signals', 'indicators', 'warnings', 'cases', 'records', 'evaluation', 'review', 'finance', 'packs'] as const;
const order = (name: string): number => (slices as readonly string[]).indexOf(name);

/** Pure libraries the domain may use; nothing of Node, no clock, no I/O. */
const pure = new Set(['zod', '@marcbachmann/cel-js', 'chinese-days', 'yaml', 'gcoord', 'jsonata', 'fast-check']);

const slice = (path: string): string | undefined => {
  const [folder, name] = path.split('/');
  return (folder === 'core' || folder === 'server' || folder === 'web') && (slices as readonly string[]).includes(name ?? '') ? name : undefined;
};

/** Every module a source text imports, whichever way it is written. */
export function importsOf(text: string): { from: string; typeOnly: boolean }[] {
  const found: { from: string; typeOnly: boolean }[] = [];
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  for (const m of code.matchAll(/^\s*(?:import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]/gm)) found.push({ from: m[2]!, typeOnly: !!m[1] });
  for (const m of code.matchAll(/\bimport\(\s*['"`]([^'"`]+)['"`]/g)) found.push({ from: m[1]!, typeOnly: false });
  return found;
}

/** A module's path in the project, or undefined for a library. */
function target(file: string, from: string): string | undefined {
  if (from.startsWith('#')) return from.slice(1);
  if (from.startsWith('.')) return posix.join(posix.dirname(file), from);
  return undefined;
}

/** What a file does against the rule, in sentences; empty when nothing. Tests may import what they test with. */
export function breaches(file: string, text: string): string[] {
  const found: string[] = [];
  const folder = file.split('/')[0];
  const mine = slice(file);
  const isTest = /\.test\.tsx?$|\/fixtures\//.test(file) || file === 'server/platform/testing.ts';
  const wrong = (from: string, why: string) => found.push(`${file} imports ${from}: ${why}`);
  for (const { from, typeOnly } of importsOf(text)) {
    const to = target(file, from);
    if (to === undefined) {
      if (folder === 'core' && !isTest && !pure.has(from)) wrong(from, 'core is pure');
      if (folder === 'web' && !isTest && from.startsWith('node:')) wrong(from, 'web runs in the browser');
      continue;
    }
    if (isTest) continue;
    const there = to.split('/')[0];
    const theirs = slice(to);
    if (folder === 'core' && there !== 'core') wrong(from, 'core imports core only');
    if (folder === 'web' && there !== 'web' && there !== 'core') wrong(from, 'web imports core and web only');
    if (folder === 'server' && (there === 'web' || there === 'bench' || there === 'test' || (there === 'demo' && !file.startsWith('server/cli/'))))
      wrong(from, `server does not import ${there}`);
    if (file.startsWith('web/ui/') && (theirs || (there === 'core' && to.split('/').length > 2))) wrong(from, 'web/ui knows no domain');
    if (folder === 'core' && !mine && theirs && !typeOnly && !rootRegistries.has(file)) wrong(from, 'the shared language knows no slice');
    if (file.startsWith('server/platform/') && theirs && !(there === 'core' && (typeOnly || theirs === 'people'))) wrong(from, 'the platform knows no slice');
    if (folder === 'server' && theirs && there === 'server' && mine && theirs !== mine && !/\/service\.ts$/.test(to) && to !== 'server/people/scope.ts' && !typeOnly)
      wrong(from, 'of another slice only its service');
    if (folder === 'server' && theirs && there === 'server' && theirs !== mine && /\/(store|routes)\.ts$/.test(to) && file !== 'server/main.ts')
      wrong(from, 'store and routes are private to their slice');
    if (folder === 'core' && mine && theirs && !typeOnly && order(theirs) > order(mine)) wrong(from, `${mine} is to the left of ${theirs}`);
    if (/(^|\/)server\/main\.ts$/.test(to) && !typeOnly && !file.startsWith('server/cli') && file !== 'server/cli.ts')
      wrong(from, 'the composition root is imported by nobody but the command line');
  }
  if (folder === 'core' && !isTest) {
    const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
    for (const [what, pattern] of Object.entries(impure)) if (pattern.test(code)) found.push(`${file} uses ${what}: core is pure`);
  }
  return found;
}

/** Files of the core's root that list all slices. */
const rootRegistries = new Set(['core/api.ts', 'core/problem.ts']);
const impure = {
  'the clock': /\bDate\.now\(|\bnew Date\(\s*\)|\bperformance\.now\(/,
  randomness: /\bMath\.random\(|\bcrypto\.(randomUUID|getRandomValues)\(/,
  'input or output':
    /\bfetch\(|\bprocess\.(?:env|argv|cwd|hrtime|std)|\blocalStorage\b|\bdocument\.(?:body|querySelector|createElement|addEventListener)|\bwindow\.(?:location|addEventListener|open)|\bsetTimeout\(|\bsetInterval\(/,
};
