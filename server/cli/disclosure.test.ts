// disclosure check on the command line: the JSON contract key by key, exit statuses, nothing else on standard output.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { budget, finalAccount } from '#core/finance/check/fixtures/sample.ts';
import { tableKinds } from '#core/finance/model.ts';
import { type Io, runCommand } from './_run.ts';

async function check(...argv: string[]): Promise<{ code: number; out: string; say: string }> {
  let out = '';
  let say = '';
  const io: Io = { out: (t) => void (out += `${t}\n`), say: (t) => void (say += `${t}\n`), colour: false, columns: 100 };
  return { code: await runCommand(['disclosure', 'check', ...argv], io), out, say };
}

type Test = (v: unknown) => boolean;
const text: Test = (v) => typeof v === 'string';
const count: Test = (v) => Number.isSafeInteger(v) && (v as number) >= 0;
const from1: Test = (v) => Number.isSafeInteger(v) && (v as number) >= 1;
const nothing: Test = (v) => v === null;
const either =
  (...tests: Test[]): Test =>
  (v) =>
    tests.some((t) => t(v));
const oneOf =
  (...values: unknown[]): Test =>
  (v) =>
    values.includes(v);
/** A decimal string: no separators, no percent sign. */
const decimal: Test = (v) => typeof v === 'string' && /^-?\d+(\.\d+)?$/.test(v);
/** Exactly these keys. */
function shape(v: unknown, keys: Record<string, Test>, where: string): void {
  assert.ok(typeof v === 'object' && v !== null, where);
  assert.deepEqual(Object.keys(v).toSorted(), Object.keys(keys).toSorted(), where);
  for (const [k, t] of Object.entries(keys)) assert.ok(t((v as Record<string, unknown>)[k]), `${where}.${k} = ${JSON.stringify((v as Record<string, unknown>)[k])}`);
}
// oxlint-disable-next-line typescript/no-explicit-any -- what came out of JSON.parse is only known once it was looked at
type Json = Record<string, any>;
function document(d: Json): void {
  shape(
    d,
    {
      file: text,
      unit: either(text, nothing),
      year: either(from1, nothing),
      kind: oneOf('budget', 'final-account', null),
      moneyUnit: oneOf('元', '万元', null),
      tables: Array.isArray,
      targets: Array.isArray,
      findings: Array.isArray,
      checks: (v) => typeof v === 'object',
      unread: Array.isArray,
    },
    'document',
  );
  for (const t of d.tables) {
    shape(t, { id: text, title: text, kind: oneOf(...tableKinds), rows: count, place: (v) => typeof v === 'object' }, 'table');
    assert.ok(from1(t.place.line ?? t.place.page));
  }
  for (const t of d.targets) {
    const place = { line: (v: unknown) => from1((v as Json).line), page: (v: unknown) => from1((v as Json).page) };
    shape(
      t,
      {
        table: text,
        project: either(text, nothing),
        level1: either(text, nothing),
        level2: either(text, nothing),
        indicator: text,
        nature: oneOf('≥', '≤', '=', '>', '<', '定性', null),
        value: either(text, nothing),
        unit: either(text, nothing),
        weight: either(decimal, nothing),
        core: oneOf(true, false, null),
        place: (v) => Object.keys(v as Json).length === 1 && (place.line(v) || place.page(v)),
      },
      'target',
    );
  }
  for (const f of d.findings) {
    shape(
      f,
      {
        rule: text,
        class: oneOf('figures', 'targets', 'content'),
        severity: oneOf('error', 'warning', 'rounding', 'undecidable'),
        places: Array.isArray,
        figures: Array.isArray,
        difference: either(decimal, nothing),
        message: (v) => text(v) && /[。]$/.test(v as string),
      },
      'finding',
    );
    for (const p of f.places) shape(p, { [p.line === undefined ? 'page' : 'line']: from1, table: either(text, nothing) }, 'finding place');
    for (const x of f.figures) shape(x, { label: text, value: (v) => text(v) && !/\d,\d{3}(\D|$)/.test(v as string) }, 'figure');
  }
  shape(d.checks, { passed: count, rounding: count, failed: count, undecidable: count }, 'checks');
  for (const u of d.unread) shape(u, { [u.line === undefined ? 'page' : 'line']: from1, text }, 'unread');
}

test('the JSON of disclosure check has exactly the keys and types of its contract', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'chengshu-check-'));
  t.after(() => rm(folder, { recursive: true }));
  const write = async (name: string, body: string) => {
    await writeFile(join(folder, name), body);
    return join(folder, name);
  };
  const clean = await write('clean.txt', budget);
  const wrong = await write('wrong.txt', budget.replace('30201\t办公费\t48.00\t\t48.00', '30201\t办公费\t38.00\t\t38.00').replace('险情处置率\t≥', '险情处置率\t≤'));
  const final = await write('final.txt', finalAccount);
  const nothingMuch = await write('hi.txt', 'hi\n');

  const ok = await check(clean, final, wrong, '--format', 'json');
  assert.deepEqual([ok.code, ok.say], [0, ''], 'findings do not change the status');
  const json = JSON.parse(ok.out) as Json;
  assert.deepEqual(Object.keys(json), ['documents']);
  assert.equal(json.documents.length, 3);
  json.documents.forEach(document);
  assert.deepEqual(
    json.documents.map((d: Json) => [d.unit, d.year, d.kind, d.moneyUnit]),
    [
      ['云溪区河道管理所', 2025, 'budget', '万元'],
      ['云溪区河道管理所', 2025, 'final-account', '万元'],
      ['云溪区河道管理所', 2025, 'budget', '万元'],
    ],
  );
  const sheets = json.documents[0].targets as Json[];
  assert.deepEqual(sheets.find((x) => x.indicator === '巡河里程')!.core, null, 'no such column');
  assert.deepEqual(
    sheets.find((x) => x.indicator === '水位监测次数'),
    {
      table: '表十二',
      project: '水位监测项目',
      level1: '产出指标',
      level2: '数量指标',
      indicator: '水位监测次数',
      nature: '≥',
      value: '48',
      unit: '次',
      weight: '30',
      core: true,
      place: sheets.find((x) => x.indicator === '水位监测次数')!.place,
    },
  );

  assert.equal((await check(clean, '--strict', '--format', 'json')).code, 0);
  assert.equal((await check(wrong, '--strict', '--format', 'json')).code, 1);
  const broken = await check(join(folder, 'absent.txt'), nothingMuch, clean, '--strict', '--format', 'json');
  assert.equal(broken.code, 2, 'unread files outweigh findings');
  const parts = (JSON.parse(broken.out) as Json).documents as Json[];
  for (const d of parts.slice(0, 2)) {
    shape(d, { file: text, error: (v) => typeof v === 'object' }, 'failed document');
    shape(d.error, { code: text, message: text }, 'error');
  }
  assert.equal(parts[1]!.error.code, 'not-a-disclosure');
  document(parts[2]!);
});
