// Printed pages: running heads and feet, text in two columns, tables inside a frame.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ruling, SourcePage, TextItem } from '../source.ts';
import { linesOfPage } from './positions.ts';
import { readDisclosure } from './read.ts';
import { streamOf } from './stream.ts';

const item = (text: string, x: number, y: number): TextItem => ({ text, x, y, width: text.length * 10, height: 10 });
const words = '本单位认真落实过紧日子要求统筹安排各项支出保障重点工作';

test('heads and feet that come on every page are no text of the document; labels and titles of tables are', () => {
  const pages: SourcePage[] = Array.from({ length: 6 }, (_, i) => ({
    page: i + 1,
    items: [
      item('云溪区示例单位部门预算公开材料', 200, 30),
      item(`表${i + 1}`, 60, 60),
      item(`2026年${['收支', '收入', '支出', '采购', '资产', '三公经费'][i]}情况表`, 200, 80),
      item(words, 60, 120),
      item(`⽹⻚ 第 ${i + 1} ⻚ 共 6 ⻚`, 250, 800),
    ],
  }));
  const unread: { reason: string; text: string }[] = [];
  const lines = streamOf({ file: 'a.pdf', format: 'pdf', pages }, 0, [], unread as never);
  assert.equal(lines.length, 18);
  assert.deepEqual(
    lines.slice(0, 2).map((l) => l.text),
    ['表1', '2026年收支情况表'],
  );
  assert.equal(unread.length, 12, 'each head and foot is listed');
  assert.ok(unread.every((u) => u.reason === '页眉页脚' || u.reason === '页码'));
});

test('two columns are read one after the other; two sides of a table without rulings stay beside each other', () => {
  const left = Array.from({ length: 12 }, (_, i) => item(`${String.fromCharCode(0x7532 + i)}${words.slice(0, 21)}`, 50, 120 + i * 18));
  const right = Array.from({ length: 12 }, (_, i) => item(`${String.fromCharCode(0x4e00 + i)}${words.slice(0, 21)}`, 310, 120 + i * 18));
  const texts = linesOfPage({ page: 1, items: [item('二〇二六年部门预算编制说明及有关事项', 120, 60), ...left, ...right] }).map((b) => (b.kind === 'text' ? b.text : ''));
  assert.equal(texts.length, 25);
  assert.deepEqual(
    texts.slice(1, 13),
    left.map((i) => i.text),
  );
  const sides = Array.from({ length: 12 }, (_, i) => [
    item(`收入${i}`, 50, 120 + i * 18),
    item('12.50', 200, 120 + i * 18),
    item(`支出${i}`, 310, 120 + i * 18),
    item('12.50', 480, 120 + i * 18),
  ]).flat();
  assert.equal(linesOfPage({ page: 1, items: sides }).length, 12);
});

test('a frame around a page is no table', () => {
  const box = (x1: number, y1: number, x2: number, y2: number): Ruling[] => [
    { x1, y1, x2, y2: y1 },
    { x1, y1: y2, x2, y2 },
    { x1, y1, x2: x1, y2 },
    { x1: x2, y1, x2, y2 },
  ];
  const inner = [...box(100, 200, 400, 260), { x1: 100, y1: 230, x2: 400, y2: 230 }, { x1: 250, y1: 200, x2: 250, y2: 260 }];
  const frame = [...box(30, 30, 560, 800), { x1: 30, y1: 100, x2: 560, y2: 100 }];
  const page: SourcePage = {
    page: 1,
    rulings: [...frame, ...inner],
    items: [
      item('表1', 60, 120),
      item('2026年收支总表', 200, 150),
      item('项目', 110, 220),
      item('预算数', 260, 220),
      item('合计', 110, 250),
      item('3.00', 260, 250),
      item(words, 60, 400),
    ],
  };
  const blocks = linesOfPage(page);
  assert.deepEqual(
    blocks.map((b) => (b.kind === 'grid' ? `${b.rows}x${b.columns}` : b.kind === 'text' ? b.text : '')),
    ['表1', '2026年收支总表', '2x2', words],
  );
  assert.equal(readDisclosure([{ file: 'a.pdf', format: 'pdf', pages: [page] }]).tables.length, 1);
});
