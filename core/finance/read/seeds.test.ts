// The five published disclosures beside the repository, counted by hand; skipped where they are not present.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Disclosure } from '../model.ts';
import { plainText } from './plain.ts';
import { readDisclosure } from './read.ts';

const folder = new URL('../../../../shared/seeds/', import.meta.url);
const seeds = existsSync(folder)
  ? readdirSync(folder)
      .filter((f) => f.endsWith('.txt'))
      .toSorted()
  : [];
const read = (i: number): Disclosure => readDisclosure([plainText(readFileSync(new URL(seeds[i]!, folder), 'utf8'), seeds[i]!)]);
const options = { skip: seeds.length < 5 };
const sum = (d: Disclosure, table: string) => d.targets.filter((t) => t.table === table).reduce((n, t) => n + Number(t.weight), 0);
const rows = (d: Disclosure, id: string) => d.tables.find((t) => t.id === id)!.rows.length;

test('flattened text: every table, the lost blanks and the target sheets', options, () => {
  const d = read(0);
  assert.deepEqual([d.year, d.kind, d.moneyUnit, d.tables.length, d.targets.length, d.unread.length], [2025, 'budget', '万元', 11, 19, 0]);
  assert.deepEqual(
    d.tables.map((t) => t.rows.length),
    [10, 16, 20, 1, 0, 9, 16, 16, 2, 10, 9],
  );
  const functional = d.functional.find((v) => v.table.kind === 'functional-expenditure')!;
  assert.equal(functional.rows[3]!.figures.basic!.value, '221.35');
  assert.equal(functional.rows[3]!.figures.prior!.value, null);
  assert.deepEqual(functional.rows[3]!.figures.basic!.notes, ['placed-by-sums']);
  const income = d.functional.find((v) => v.table.kind === 'income')!;
  assert.ok(income.rows.every((r) => r.figures.general!.value === r.figures.total!.value));
  const reception = d.threePublic[0]!.entries[0]!.figures.reception!;
  assert.deepEqual([reception.value, reception.notes], ['1.20', ['undecided']], 'two placements satisfy the sums');
  assert.deepEqual(
    d.targetSheets.map((s) => [s.budget!.value, s.executionWeight!.value, s.targets.length]),
    [
      ['299.75', '10', 10],
      ['41.65', '10', 9],
    ],
  );
  assert.deepEqual([sum(d, '表十'), sum(d, '表十一')], [90, 90]);
  assert.deepEqual(
    d.targets.slice(0, 3).map((t) => [t.level1, t.level2]),
    [
      ['产出指标', '成本指标'],
      ['产出指标', '成本指标'],
      ['产出指标', '数量指标'],
    ],
  );
});

test('tab-separated text with headings wrapped over two lines', options, () => {
  const d = read(1);
  assert.deepEqual([d.year, d.kind, d.moneyUnit, d.tables.length, d.targets.length, d.unread.length], [2026, 'budget', '万元', 12, 15, 0]);
  assert.deepEqual(
    ['表一', '表二', '表三', '表六', '表七', '表八'].map((id) => rows(d, id)),
    [10, 16, 26, 10, 16, 16],
  );
  assert.deepEqual(
    d.targetSheets.map((s) => s.budget!.value),
    ['183', '87.9', '67'],
  );
  assert.equal(d.functional.find((v) => v.table.kind === 'income')!.rows[0]!.figures.general!.value, '1587.88');
  assert.ok(d.targets.every((t) => t.core === null && t.weight !== null));
});

test('an orphaned page, a missing table, headings that contradict their columns, a shifted row', options, () => {
  const d = read(2);
  assert.deepEqual([d.year, d.tables.length, d.targets.length, d.unread.length], [2025, 12, 35, 0]);
  assert.deepEqual(
    ['表一', '表二', '表三', '表七', '表八'].map((id) => rows(d, id)),
    [10, 25, 33, 18, 24],
  );
  assert.equal(d.tables.find((t) => t.id === '表七')!.kind, 'income');
  assert.equal(
    d.tables.some((t) => t.id === '表九'),
    false,
  );
  assert.deepEqual(
    ['表十', '表十一', '表十二', '表十三'].map((id) => d.targets.filter((t) => t.table === id).length),
    [9, 9, 9, 8],
  );
  const overall = d.targets.filter((t) => t.table === '表十');
  assert.equal(sum(d, '表十'), 100);
  assert.deepEqual([overall[0]!.nature, overall[0]!.value, overall[0]!.unit, overall[0]!.weight], ['≥', '50', '次', '15']);
  const moved = d.targets.filter((t) => t.table === '表十二').at(-1)!;
  assert.deepEqual([moved.level1, moved.level2, moved.nature, moved.value, moved.weight, moved.core], ['产出指标', '时效指标', '≥', '100', '16', true]);
});

test('amounts in yuan, a catalogue, prior years, Excel errors, several sheets of one title', options, () => {
  const d = read(3);
  assert.deepEqual([d.year, d.moneyUnit, d.tables.length, d.catalogue.length, d.targets.length, d.unread.length], [2025, '元', 20, 17, 58, 0]);
  assert.deepEqual(
    d.targetSheets.map((s) => s.targets.length),
    [11, 0, 11, 10, 7, 7, 12],
  );
  assert.deepEqual(
    d.targetSheets.map((s) => s.scope),
    ['overall', 'key-project', 'project', 'project', 'project', 'project', 'project'],
  );
  const functional = d.functional.find((v) => v.table.kind === 'functional-expenditure')!;
  assert.equal(functional.rows.length, 20);
  assert.equal(functional.rows.filter((r) => r.figures.growth!.notes?.includes('error-value')).length, 2);
  assert.deepEqual(
    d.threePublic[0]!.entries.map((e) => [e.year, e.figures.total!.value]),
    [
      [2025, '42000.00'],
      [2024, '42000.00'],
    ],
  );
  const labels = new Set(d.tables.map((t) => t.id));
  assert.deepEqual(
    d.catalogue.filter((c) => !labels.has(c.label!)).map((c) => c.label),
    ['表二', '表十三'],
    'promised and missing',
  );
  assert.equal(d.targets.at(-1)!.unit, '元/人*天');
});

test('repeated heads and rows at page breaks, stray marks, weights with percent signs', options, () => {
  const d = read(4);
  assert.deepEqual([d.year, d.moneyUnit, d.tables.length, d.targets.length, d.unread.length], [2025, '万元', 10, 32, 0]);
  assert.deepEqual(
    ['附件1', '附件3', '附件6'].map((id) => rows(d, id)),
    [31, 23, 31],
  );
  const economic = d.economic[0]!.table;
  assert.deepEqual(
    economic.rows.filter((r) => r.repeats !== undefined).map((r) => r.code),
    ['30215', '30216'],
  );
  const appropriation = d.tables.find((t) => t.id === '附件1')!;
  assert.equal(appropriation.rows.flatMap((r) => r.cells).filter((c) => c.notes?.includes('stray')).length, 2);
  assert.deepEqual(
    d.threePublic[0]!.entries.map((e) => e.year),
    [2024, 2025, 2024, 2025],
  );
  const last = d.targets.slice(-4);
  assert.deepEqual(
    last.map((t) => [t.nature, t.unit, t.weight]),
    [
      ['定性', null, '4'],
      ['定性', null, '2'],
      ['≥', '%', '4'],
      ['定性', null, '3'],
    ],
  );
});

test('no telephone number and no contact is kept', options, () => {
  for (let i = 0; i < 5; i += 1) {
    const d = read(i);
    assert.ok(d.contacts.length > 0);
    const all = JSON.stringify(d, (k, v: unknown) => (k === 'table' || k === 'place' ? undefined : v));
    assert.doesNotMatch(all, /(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)0\d{2,3}-\d{7,8}/);
    assert.doesNotMatch(all, /联系人[:：]\s*\p{Script=Han}{2,3}(\s|")/u);
  }
});
