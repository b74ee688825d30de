// What is made of a read disclosure: packing keeps shared cells, corrections reach every view, figures to compare, suggestions, advice.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { advise, type DraftTarget } from './advice.ts';
import { type BindingCandidate, growsByUnit, matchUnits, measuresFit, suggest, surelyUnit } from './bind.ts';
import { checkDisclosure } from './check/check.ts';
import { compareDocuments, figuresOf, projectsOf } from './compare.ts';
import { applyCorrection } from './corrections.ts';
import { packDisclosure, unpackDisclosure } from './packed.ts';
import { financeRulePack } from './pack.ts';
import { plainText } from './read/plain.ts';
import { readDisclosure } from './read/read.ts';

const folder = new URL('../../packs/finance-rules/finance-rules/', import.meta.url);
const rules = readdirSync(folder).flatMap((f) => (parse(readFileSync(new URL(f, folder), 'utf8')) as unknown[]).map((r) => financeRulePack.parse(r)));
/** An invented disclosure whose functional table has one wrong figure (31.00 for 30.00). */
export const invented = (wrong = '31.00', year = 2025) =>
  `临溪区示范事务中心${year}年部门预算情况说明
一、单位基本情况
本单位负责示范事务。
二、部门收支总体情况
${year}年收入总预算130.00万元，支出总预算130.00万元。
表一
一般公共预算财政拨款支出预算表
单位：万元
科目编码\t科目名称\t${year}年预算数\t基本支出\t项目支出
\t合计\t130.00\t100.00\t30.00
201\t一般公共服务支出\t100.00\t70.00\t30.00
20103\t政府办公厅（室）及相关机构事务\t100.00\t70.00\t30.00
2010301\t行政运行\t70.00\t70.00\t0.00
2010302\t一般行政管理事务\t${wrong}\t0.00\t30.00
208\t社会保障和就业支出\t30.00\t30.00\t0.00
20805\t行政事业单位养老支出\t30.00\t30.00\t0.00
2080505\t机关事业单位基本养老保险缴费支出\t30.00\t30.00\t0.00
表二
一般公共预算“三公”经费支出预算表
单位：万元
合计\t因公出国（境）费\t公务用车购置费\t公务用车运行费\t公务接待费
5.00\t0.00\t0.00\t4.00\t1.00
`;
const read = (wrong?: string) => readDisclosure([plainText(invented(wrong), '示范.txt')]);

test('a packed model comes back the same, with its shared cells', () => {
  const d = read();
  const back = unpackDisclosure(packDisclosure(d));
  assert.deepEqual(back, JSON.parse(JSON.stringify(d)));
  const view = back.functional[0]!;
  assert.ok(back.tables.includes(view.table), 'the view is over the very table');
  assert.equal(view.rows[1]!.figures.total, view.table.rows[view.rows[1]!.row]!.cells[2], 'and over its very cells');
});
test('a correction reaches the views, and the check sees it', () => {
  const d = unpackDisclosure(packDisclosure(read()));
  const before = checkDisclosure([d], rules)[0]!;
  const wrong = before.findings.filter((f) => f.severity === 'error');
  assert.ok(wrong.length >= 1, JSON.stringify(before));
  const n = d.tables.findIndex((t) => t.kind === 'functional-expenditure');
  const row = d.tables[n]!.rows.findIndex((r) => r.code === '2010302');
  const column = d.tables[n]!.columns.findIndex((c) => c.role === 'total');
  const c = { what: 'cell', table: n, row, column, from: '31.00', to: '30.00' } as const;
  assert.match(applyCorrection(d, { ...c, from: '99' })!, /现在是“31.00”/);
  assert.equal(applyCorrection(d, c), null);
  assert.equal(d.functional[0]!.rows.find((r) => r.code === '2010302')!.figures.total!.value, '30.00');
  const after = checkDisclosure([d], rules)[0]!;
  assert.deepEqual(
    after.findings.filter((f) => f.severity === 'error'),
    [],
  );
  assert.ok(applyCorrection(d, { what: 'cell', table: 99, row: 0, column: 0, from: '', to: '1' }));
});
test('figures to compare: totals, classes with their parents, three public expenses', () => {
  const f = figuresOf(read('30.00'));
  const of = (dimension: string, code: string) => f.find((x) => x.dimension === dimension && x.code === code);
  assert.deepEqual(
    [of('total', 'expenditure')!.fen, of('total', 'basic')!.fen, of('total', 'project')!.fen],
    [130_000_000, 100_000_000, 30_000_000].map((x) => x),
  );
  assert.deepEqual([of('function', '201')!.fen, of('function', '2010301')!.parent, of('function', '201')!.level], [100_000_000, '20103', 1]);
  assert.deepEqual([of('three-public', 'total')!.fen, of('three-public', 'vehicle-running')!.fen], [5_000_000, 4_000_000]);
  const c = compareDocuments([
    {
      unit: 'a',
      year: 2024,
      disclosure: 'x',
      kind: 'budget',
      figures: [{ dimension: 'total', code: 'expenditure', name: '', parent: null, level: 0, year: 2024, basis: 'budget', fen: 100_000_000 }],
    },
    { unit: 'a', year: 2025, disclosure: 'y', kind: 'budget', figures: f },
  ]);
  assert.deepEqual([c.totals[1]!.change, c.totals[1]!.changeFrom, c.totals[1]!.changeRate], [30_000_000, 'stored', 0.3]);
  const classes = c.composition.filter((x) => x.dimension === 'function' && x.level === 1);
  assert.equal(Math.round(classes.reduce((a, x) => a + x.share!, 0) * 1e9), 1e9);
  assert.deepEqual(projectsOf(read()), []);
  // Parts that make up the whole leave nothing for those left blank; parts that do not leave them unknown.
  const three = (total: number) =>
    compareDocuments([
      {
        unit: 'a',
        unitName: '甲局',
        year: 2025,
        disclosure: 'x',
        kind: 'budget',
        figures: (
          [
            ['total', total],
            ['reception', 500],
          ] as const
        ).map(([code, fen]) => ({ dimension: 'three-public', code, name: '', parent: null, level: 1, year: 2025, basis: 'budget', fen })),
      },
    ]);
  assert.deepEqual([three(500).threePublic[0]!.abroad, three(600).threePublic[0]!.abroad], [0, null]);
  assert.match(three(500).notes.join(), /甲局2025年/);
});

const candidate = (c: Partial<BindingCandidate>): BindingCandidate => ({
  kind: 'indicator',
  code: 'x',
  name: '值班电话抽查次数',
  meaning: '',
  measure: '次',
  direction: 'high-good',
  progress: 'cumulative',
  unit: 'demo',
  unitName: '渝溪区',
  ...c,
});
test('suggestions: the right one first, with reasons; another unit of measure never strongly', () => {
  const list = [
    candidate({ code: 'calls' }),
    candidate({ code: 'patrols', name: '值班现场巡查次数' }),
    candidate({ code: 'rate', name: '值班电话抽查率', measure: '%' }),
    candidate({ code: 'air', name: '空气质量优良天数', measure: '天' }),
  ];
  const wish = { indicator: '值班电话抽查次数', project: null, nature: '≥', measure: '次', unit: 'demo' } as const;
  const found = suggest(wish, list);
  assert.equal(found[0]!.candidate.code, 'calls');
  assert.ok(found[0]!.score >= 85 && found[0]!.reasons.some((r) => /名称相同/.test(r)));
  assert.ok(!found.some((s) => s.candidate.code === 'rate' || s.candidate.code === 'air'));
  assert.deepEqual(suggest({ ...wish, nature: '定性' }, list), []);
  assert.deepEqual(suggest(wish, list.toReversed()), found, 'the order given does not matter');
  const down = suggest({ ...wish, nature: '≤' }, list)[0]!;
  assert.ok(down.score < found[0]!.score && down.reasons.some((r) => /方向相反/.test(r)));
  const known = suggest({ ...wish, indicator: '电话查岗', before: { kind: 'indicator', code: 'calls', unit: 'demo', year: 2024 } }, list)[0]!;
  assert.equal(known.candidate.code, 'calls');
  assert.match(known.reasons.join(), /2024年/);
  assert.deepEqual([measuresFit('次', '场'), measuresFit('%', '％'), measuresFit('次', '%'), measuresFit(null, '次')], ['near', 'same', 'other', 'none']);
  assert.deepEqual([growsByUnit('次', '巡查次数'), growsByUnit('%', '在线率'), growsByUnit('小时', '修复时间'), growsByUnit('个', '指标数')], [true, false, false, true]);
});
test('units are taken without asking only when surely meant', () => {
  const units = [
    { path: 'demo.center', name: '区治理中心' },
    { path: 'demo.urban', name: '区城市管理局' },
    { path: 'demo.full', name: '重庆市渝溪区数字化城市运行和治理中心' },
  ];
  assert.equal(surelyUnit(matchUnits('重庆市渝溪区数字化城市运行和治理中心', units))?.unit, 'demo.full');
  assert.equal(surelyUnit(matchUnits('重庆市渝溪区城市管理局', units))?.unit, 'demo.urban');
  assert.equal(surelyUnit(matchUnits('渝溪区档案馆', units)), undefined);
  const [short] = matchUnits('重庆市渝溪区大数据应用发展管理局', [...units, { path: 'demo.data', name: '区大数据发展局' }]);
  assert.equal(short?.unit, 'demo.data', 'an abbreviation is offered');
  assert.ok(short.score < 85, 'and never taken without asking');
  assert.deepEqual(matchUnits('', units), []);
});

const draft = (t: Partial<DraftTarget>): DraftTarget => ({
  indicator: '巡查次数',
  level1: '产出指标',
  level2: '数量指标',
  nature: '≥',
  value: '48',
  unit: '次',
  weight: null,
  project: null,
  ...t,
});
test('advice names what is wrong with a target, and leaves good ones alone', () => {
  const of = (t: Partial<DraftTarget>, more: DraftTarget[] = []) => advise([draft(t), ...more], {}, rules).map((a) => a.rule);
  assert.deepEqual(of({}), []);
  assert.ok(of({ nature: '≥', value: '0' }).includes('always-met'));
  assert.ok(of({ indicator: '资金支付率', nature: '≤', value: '100', unit: '%' }).some((r) => r === 'always-met' || r === 'reversed'));
  assert.ok(of({ unit: null }).includes('no-unit'));
  assert.ok(of({ value: null }).includes('no-value'));
  assert.ok(of({ indicator: '系统运维成本', level1: '成本指标', level2: '经济成本指标', unit: '万元', value: '30' }).includes('cost-direction'));
  assert.deepEqual(of({}, [draft({ value: '50' })]), ['duplicate']);
  assert.ok(of({ indicator: '培训次数及参训人数覆盖率' }).includes('several-promises'));
  assert.ok(of({ indicator: '治理水平', nature: '定性', value: '有效提升', unit: null }).includes('unmeasurable'));
  assert.ok(of({ nature: '定性', value: '48' }).includes('qualitative-number'));
  const weights = advise([draft({ weight: '50' }), draft({ indicator: '办结率', value: '95', unit: '%', weight: '30' })], {}, rules);
  assert.ok(weights.some((a) => a.rule === 'weights' && a.severity !== 'hint'));
  for (const a of advise([draft({ unit: null, value: null }), draft({ nature: '≥', value: '0' })], {}, rules)) assert.ok(a.message.length > 5 && a.targets.every((i) => i < 2));
});
