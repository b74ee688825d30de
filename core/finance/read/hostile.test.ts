// Texts that want to be slow or to break the reader: time grows with length, nothing is thrown.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromFen, toFen } from '../model.ts';
import { plainText } from './plain.ts';
import { readDisclosure } from './read.ts';
import { solve } from './solve.ts';
import { figure } from './text.ts';

const heads = [
  '',
  '表一\n一般公共预算支出表\n科目编码 科目名称 总计 基本支出 项目支出\n合计 1.00 1.00\n',
  '项目绩效目标表\n一级指标 二级指标 三级指标 指标性质 指标值 度量单位 权重\n',
  '收支总表\n收入 支出\n一、本年收入 1.00 一、本年支出 1.00\n',
  '三公经费支出表\n合计 因公出国（境）费 小计 公务用车购置费 公务用车运行费 公务接待费\n1.00 1.00\n',
];
const words = [
  '增加',
  '较上年',
  '、',
  '1',
  '1,',
  '(类)',
  'A',
  '其中',
  '（',
  '合计 ',
  '12 万元',
  '分别减少 3 万元、',
  '-',
  '#',
  '联系人：张',
  '无安排政府性基金',
  '单位：',
  '2025年',
  '与上年持平',
  '合计\t1\t',
  '≥ 1 次 10 否 ',
  '电话 ',
  '负责人 ',
];
const read = (text: string) => readDisclosure([plainText(text, 'a.txt')]);

test('long repetitions take time in proportion to their length', () => {
  for (const head of heads)
    for (const word of words)
      for (const end of ['', '\n']) {
        const text = head + (word + end).repeat(Math.ceil(60_000 / (word.length + end.length)));
        const start = performance.now();
        read(text);
        const took = performance.now() - start;
        assert.ok(took < 4000, `${JSON.stringify(word + end)} after ${JSON.stringify(head.slice(0, 12))}: ${Math.round(took)} ms`);
      }
});

test('mixtures of words never throw, and every target has a name', () => {
  const piece = fc.constantFrom(
    ...words,
    ...heads,
    '\t',
    '\n',
    ' ',
    '单位：万元',
    '201\t一般公共服务支出\t1.00\t1.00\t',
    '指标名称\t指标权重\t指标性质\t指标值\n',
    '项目名称\t甲\n',
    '备注：无\n',
    '#DIV/0!',
    '目录\n',
    '公开01表\n',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (parts) => {
      for (const t of read(parts.join('')).targets) assert.ok(t.indicator.length > 0);
    }),
    { numRuns: 400 },
  );
});

test('figures: separators, widths, brackets, errors', () => {
  assert.deepEqual(
    ['1,587.88', '１２．５', '（3.5）', '-7%', '△3', '007', '.5', '—', '', '#DIV/0!', '.', '1.2.3', '2025年'].map((t) => figure(t).value),
    ['1587.88', '12.5', '-3.5', '-7', '-3', '7', '0.5', null, null, null, null, null, null],
  );
  assert.equal(figure('#DIV/0!').error, true);
  assert.equal(figure('—').blank, true);
});

test('fen and back, exactly', () => {
  assert.equal(toFen('1587.88', '万元'), 1_587_880_000n);
  assert.equal(toFen('-0.005', '元'), -1n);
  fc.assert(
    fc.property(fc.bigInt(-(10n ** 20n), 10n ** 20n), fc.constantFrom('元' as const, '万元' as const), (fen, unit) => {
      assert.equal(toFen(fromFen(fen, unit), unit), fen);
    }),
  );
});

test('lost blanks: the only placement that satisfies the sums is found, several are said to be several', () => {
  const roles = ['prior', 'total', 'basic', 'project'] as const;
  const rows = [
    { figures: ['50', '100', '60', '40'], code: null, level: 0 },
    { figures: ['50', '60', '60'], code: '201', level: 1 },
    { figures: ['40', '40'], code: '202', level: 1 },
  ];
  const placed = solve(rows, [...roles]);
  assert.deepEqual(
    placed.map((p) => p.columns),
    [
      [0, 1, 2, 3],
      [0, 1, 2],
      [1, 3],
    ],
  );
  assert.ok(placed.every((p) => p.decided));
  const three = solve([{ figures: ['1.2', '1.2'], code: null, level: null }], ['total', 'abroad', 'vehicles', 'vehicle-purchase', 'vehicle-running', 'reception'])[0]!;
  assert.equal(three.decided, false);
  assert.deepEqual(three.sure, [true, false]);
});
