// Header spans, trees, sums and the way from a finding or a page's line to its cell.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { around, cellsAt, type GridRowLike, headerOf, lineOf, marked, pageOf, samePlace, sumOfParts, treeOf, unfolded } from './grid.ts';

const row = (r: number, parent: number | null, place: GridRowLike['place'], texts: string[]): GridRowLike => ({
  r,
  parent,
  place,
  code: null,
  name: texts[0] ?? null,
  level: null,
  cells: texts.map((text, c) => ({
    c,
    text,
    value: /^[\d.,]+$/.test(text) ? text.replaceAll(',', '') : null,
    fen: /^[\d.,]+$/.test(text) ? Math.round(Number(text.replaceAll(',', '')) * 100) : null,
    confidence: 1,
    notes: [],
    place: { ...place, column: c + 1 },
    was: null,
  })),
});

test('header: neighbours under the same words share a cell, short paths reach down', () => {
  const head = headerOf([{ path: ['科目'] }, { path: ['2025年', '合计'] }, { path: ['2025年', '基本'] }, { path: ['2024年', '合计'] }]);
  assert.deepEqual(head[0], [
    { text: '科目', column: 0, columns: 1, rows: 2 },
    { text: '2025年', column: 1, columns: 2, rows: 1 },
    { text: '2024年', column: 3, columns: 1, rows: 1 },
  ]);
  assert.deepEqual(
    head[1]!.map((h) => [h.text, h.column]),
    [
      ['合计', 1],
      ['基本', 2],
      ['合计', 3],
    ],
  );
  // The same column twice is two columns.
  assert.equal(headerOf([{ path: ['金额'] }, { path: ['金额'] }])[0]!.length, 2);
});

test('tree: folding hides all below; parts sum up; no figures is no sum', () => {
  const rows = [
    row(0, null, { line: 1 }, ['合计', '30']),
    row(1, 0, { line: 2 }, ['甲类', '10']),
    row(2, 1, { line: 3 }, ['甲款', '10']),
    row(3, 0, { line: 4 }, ['乙类', '20.5']),
  ];
  const { depth, parts } = treeOf(rows);
  assert.deepEqual([...depth.values()], [0, 1, 2, 1]);
  assert.deepEqual(
    unfolded(rows, new Set([1])).map((r) => r.r),
    [0, 1, 3],
  );
  assert.deepEqual(
    unfolded(rows, new Set([0])).map((r) => r.r),
    [0],
  );
  assert.equal(sumOfParts(parts.get(0), 1), 3050);
  assert.equal(sumOfParts(parts.get(0), 0), null);
  assert.equal(sumOfParts(parts.get(2), 1), null);
});

test('a finding means the cell in its column, else the cells with its figures, else the row', () => {
  const rows = [row(0, null, { line: 5 }, ['基本支出', '1,200.00', '7.5']), row(1, null, { line: 6 }, ['项目支出', '1,200.00', ''])];
  assert.deepEqual(cellsAt(rows, { line: 5, column: 3 }, []), [{ r: 0, c: 2 }]);
  assert.deepEqual(cellsAt(rows, { line: 5 }, [{ value: '1200' }]), [{ r: 0, c: 1 }]);
  assert.deepEqual(cellsAt(rows, { line: 6 }, [{ value: '9' }]), [
    { r: 1, c: 0 },
    { r: 1, c: 1 },
  ]);
  assert.deepEqual(cellsAt(rows, { line: 7 }, [{ value: '1200' }]), []);
  assert.deepEqual(cellsAt(rows, { page: 1 }, []), [], 'a page alone means no cell');
});

test('rows of several tables on one page share numbers: words decide', () => {
  const lines = [
    { place: { page: 1, row: 3 }, text: null, cells: ['一、收入', '100.00'] },
    { place: { page: 1, row: 3 }, text: null, cells: ['201', '一般公共服务', '88.00'] },
    { place: { page: 2, row: 3 }, text: null, cells: ['201', '一般公共服务', '88.00'] },
  ];
  assert.equal(lineOf(lines, row(0, null, { page: 1, row: 3 }, ['201', '一般公共服务', '88.00'])), 1);
  assert.equal(lineOf(lines, row(0, null, { page: 3, row: 3 }, ['201'])), -1);
  assert.ok(!samePlace({ file: 0, line: 3 }, { file: 1, line: 3 }));
  assert.equal(pageOf({ line: 400 }), 1);
  assert.equal(pageOf({ line: 401 }), 2);
  assert.equal(pageOf({ page: 7, row: 2 }), 7);
});

test('marks: figures are whole figures, the n-th of equal ones is found', () => {
  assert.deepEqual(around('甲 5.00 乙 5.00', '5.00', 1), ['甲 5.00 乙 ', '5.00', '']);
  assert.equal(around('甲', '5.00'), null);
  assert.deepEqual(
    marked('收入621.52万元，增加21.5万元', ['21.5', '621.52'])
      .filter((p) => p.mark)
      .map((p) => p.text),
    ['621.52', '21.5'],
  );
  assert.deepEqual(marked('2025年12', ['12', '02']), [
    { text: '2025年', mark: false },
    { text: '12', mark: true },
  ]);
});
