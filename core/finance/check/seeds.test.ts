// The published documents of ../shared/seeds against lists made by hand: every real inconsistency, and nothing else.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { plainText } from '../read/plain.ts';
import { readDisclosure } from '../read/read.ts';
import { checkDisclosure } from './check.ts';
import { shipped } from './fixtures/rules.ts';

const folder = new URL('../../../../shared/seeds/', import.meta.url);
/** File prefix → real inconsistencies as rule@one of its lines, found by reading the documents; tables; targets. */
const gold: Record<string, { tables: number; targets: number; real: string[]; rounding: boolean }> = {
  '000': { tables: 11, targets: 19, rounding: false, real: ['year-slip@84', 'target-goal@626', 'target-direction@769', 'target-direction@774'] },
  '001': { tables: 12, targets: 15, rounding: true, real: ['target-covered@57'] },
  '002': {
    tables: 12,
    targets: 35,
    rounding: true,
    real: [
      'change@57',
      'narrative-narrative@53',
      'missing-table@290',
      'missing-table@236',
      'classification-name@104',
      'target-covered@75',
      'target-head@300',
      'target-direction@307',
      'target-qualitative-number@330',
      'target-qualitative-number@331',
      'target-qualitative-number@357',
      'doubled-phrase@333',
      'doubled-phrase@335',
      'markup@297',
    ],
  },
  '003': {
    tables: 20,
    targets: 58,
    rounding: false,
    real: [
      'zero-base@65',
      'procurement@85',
      'missing-table@113',
      'missing-table@124',
      'empty-cell@216',
      'excel-error@215',
      'target-covered@87',
      'target-cap@439',
      'target-cap@500',
      'target-goal@529',
      'foreign-word@13',
    ],
  },
  '004': {
    tables: 10,
    targets: 32,
    rounding: true,
    real: [
      'narrative-table@71',
      'narrative-table@85',
      'hierarchy-sum@195',
      'row-sum@221',
      'empty-cell@220',
      'empty-cell@280',
      'duplicate-row@205',
      'stray-mark@113',
      'doubled-phrase@27',
      'doubled-phrase@67',
      'doubled-phrase@71',
      'target-cost-direction@365',
      'target-several@382',
      'target-name@376',
    ],
  },
};

test('published documents: real inconsistencies found, nothing else', { skip: !existsSync(folder) }, () => {
  const names = readdirSync(folder)
    .filter((n) => n.endsWith('.txt'))
    .toSorted();
  const documents = names.map((n) => readDisclosure([plainText(readFileSync(new URL(n, folder), 'utf8'), n)]));
  const reports = checkDisclosure(documents, shipped());
  names.forEach((name, i) => {
    const list = gold[name.slice(0, 3)]!;
    assert.equal(documents[i]!.tables.length, list.tables, `${name} tables`);
    assert.equal(documents[i]!.targets.length, list.targets, `${name} targets`);
    const told = reports[i]!.findings.filter((f) => f.severity === 'error' || f.severity === 'warning');
    const open = [...told];
    for (const item of list.real) {
      const [rule, line] = item.split('@');
      const at = open.findIndex((f) => f.rule === rule && f.places.some((p) => p.line === Number(line)));
      assert.ok(at >= 0, `${name} misses ${item}`);
      open.splice(at, 1);
    }
    assert.deepEqual(
      open.map((f) => `${name} ${f.rule} ${f.message}`),
      [],
    );
    assert.equal(
      reports[i]!.findings.some((f) => f.severity === 'rounding'),
      list.rounding,
      `${name} rounding`,
    );
  });
});

test('published documents are checked in a few milliseconds each', { skip: !existsSync(folder) }, () => {
  const rules = shipped();
  const documents = readdirSync(folder)
    .filter((n) => n.endsWith('.txt'))
    .map((n) => readDisclosure([plainText(readFileSync(new URL(n, folder), 'utf8'), n)]));
  for (let i = 0; i < 5; i += 1) checkDisclosure(documents, rules);
  const start = performance.now();
  for (let i = 0; i < 10; i += 1) for (const d of documents) checkDisclosure([d], rules);
  const each = (performance.now() - start) / (10 * documents.length);
  console.log(`${each.toFixed(1)} ms per document`);
  assert.ok(each < 60, `${each} ms`);
});
