// Every rule of the pack: a clean document without it, and one mistake that it alone must find at its line.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ruleKinds } from '../pack.ts';
import { plainText } from '../read/plain.ts';
import { readDisclosure } from '../read/read.ts';
import { checkDisclosure, type Finding } from './check.ts';
import { shipped } from './fixtures/rules.ts';
import { budget, finalAccount } from './fixtures/sample.ts';

const rules = shipped();
const read = (text: string) => readDisclosure([plainText(text, 'a.txt')]);
const check = (text: string): Finding[] => checkDisclosure([read(text)], rules)[0]!.findings;
const told = (list: Finding[]) => list.filter((f) => f.severity !== 'rounding');

/** Changes the given occurrence of some words. */
function change(text: string, from: string, to: string, occurrence = 0): string {
  let at = -1;
  for (let i = 0; i <= occurrence; i += 1) at = text.indexOf(from, at + 1);
  assert.ok(at >= 0, `not in the sample: ${from}`);
  return text.slice(0, at) + to + text.slice(at + from.length);
}
type Change = [from: string, to: string, occurrence?: number];
interface Case {
  base?: string;
  changes: Change[];
  /** What else the same mistake may be reported as. */
  also?: string[];
}

/** One mistake for every rule that judges a single document. */
const mistakes: Record<string, Case> = {
  'hierarchy-sum': { changes: [['30201\t办公费\t48.00\t\t48.00', '30201\t办公费\t38.00\t\t38.00']] },
  'row-sum': { changes: [['2130301\t行政运行\t160.00\t170.00\t170.00', '2130301\t行政运行\t160.00\t170.00\t150.00']] },
  'list-sum': { changes: [['河岸维护项目\t40.00\t40.00', '河岸维护项目\t45.00\t45.00']], also: ['project-budget'] },
  'cross-table': {
    changes: [
      ['一般公共预算资金\t300.00\t农林水支出\t270.00\n政府', '一般公共预算资金\t300.00\t农林水支出\t260.00\n政府'],
      ['住房保障支出\t30.00\n\n表九', '住房保障支出\t40.00\n\n表九'],
    ],
  },
  'income-expenditure': {
    base: finalAccount,
    changes: [
      ['年末结转和结余\t12\t15.00', '年末结转和结余\t12\t25.00'],
      ['总计\t13\t290.00', '总计\t13\t300.00'],
    ],
  },
  'three-public-economic': {
    changes: [
      ['30217\t公务接待费\t2.00\t\t2.00', '30217\t公务接待费\t5.00\t\t5.00'],
      ['30201\t办公费\t48.00\t\t48.00', '30201\t办公费\t45.00\t\t45.00'],
    ],
  },
  'government-economic': {
    changes: [
      ['501\t机关工资福利支出\t140.00', '501\t机关工资福利支出\t150.00'],
      ['50101\t工资奖金津补贴\t110.00', '50101\t工资奖金津补贴\t120.00'],
      ['502\t机关商品和服务支出\t60.00', '502\t机关商品和服务支出\t50.00'],
      ['50201\t办公经费\t48.00', '50201\t办公经费\t38.00'],
    ],
  },
  'operating-cost': { changes: [['运行经费60.00万元', '运行经费90.00万元']] },
  procurement: {
    changes: [
      ['合计\t\t15.00\t15.00\t\n', ''],
      ['总额15.00万元：政府采购货物预算10.00万元、政府采购服务预算5.00万元', '总额25.00万元'],
      ['A\t货物', '1\t电脑'],
      ['C\t服务', '2\t保洁'],
    ],
  },
  'project-budget': {
    changes: [
      ['水位监测项目\t60.00\t60.00', '水位监测项目\t70.00\t70.00'],
      ['河岸维护项目\t40.00\t40.00', '河岸维护项目\t30.00\t30.00'],
    ],
  },
  'narrative-table': { changes: [['基本支出200.00万元，占66.7%', '基本支出250.00万元']], also: ['narrative-sum'] },
  'narrative-sum': { changes: [['其中：一般公共预算拨款300.00万元。收入', '其中：一般公共预算拨款300.00万元，事业收入8.00万元。收入']] },
  'narrative-narrative': { changes: [['其中：农林水支出270.00万元，', '其中：农林水支出270.00万元，农林水支出290.00万元，']] },
  change: { changes: [['一般公共预算财政拨款支出300.00万元，比2024年增加20.00万元，增长7.1%', '一般公共预算财政拨款支出300.00万元，比2024年增加28.00万元']] },
  direction: { changes: [['公务用车运行维护费10.00万元，比2024年减少3.00万元', '公务用车运行维护费10.00万元，比2024年增加3.00万元']], also: ['narrative-sum'] },
  growth: { changes: [['增长7.1%', '增长9.1%']] },
  'growth-column': { changes: [['100.00\t7.1\n', '100.00\t9.1\n']] },
  'zero-base': {
    changes: [
      ['2130311\t水资源节约管理与保护\t95.00\t100.00\t\t100.00\t5.3', '2130311\t水资源节约管理与保护\t\t100.00\t\t100.00\t100.0'],
      ['2130301\t行政运行\t160.00\t170.00\t170.00\t\t6.3', '2130301\t行政运行\t255.00\t170.00\t170.00\t\t-33.3'],
    ],
  },
  share: { changes: [['占66.7%', '占69.7%']] },
  'comparison-word': { base: finalAccount, changes: [['决算数小于年初预算数', '决算数大于年初预算数']] },
  completion: { base: finalAccount, changes: [['完成年初预算的90.0%', '完成年初预算的80.0%']] },
  'count-sum': { changes: [['共有车辆3辆', '共有车辆5辆']] },
  'missing-table': { changes: [[budget.slice(budget.indexOf('表七'), budget.indexOf('表八')), '']] },
  'empty-cell': { changes: [['2130311\t水资源节约管理与保护', '\t水资源节约管理与保护']] },
  'empty-note': {
    changes: [
      ['备注：本单位无政府性基金收支，故此表无数据。', ''],
      ['2025年无使用政府性基金预算拨款安排的支出。', ''],
    ],
  },
  'duplicate-row': { changes: [['30113\t住房公积金\t30.00\t30.00\t\n', '30113\t住房公积金\t30.00\t30.00\t\n30113\t住房公积金\t30.00\t30.00\t\n']] },
  'classification-name': { changes: [['30231\t公务用车运行维护费\t10.00', '30231\t公务用车购置费\t10.00']] },
  'year-slip': { changes: [['2025年政府采购预算明细表', '2023年政府采购预算明细表']] },
  placeholder: { changes: [['主要原因是监测点增加', '主要原因是XXX']] },
  'excel-error': { changes: [['100.00\t7.1\n', '100.00\t#DIV/0!\n']] },
  'stray-mark': { changes: [['政府性基金预算资金\t\t住房保障支出\t30.00\t30.00', '政府性基金预算资金\t.\t住房保障支出\t30.00\t30.00']] },
  markup: { changes: [['河道安全有序。', '河道安全有序。<br>']] },
  'doubled-phrase': { changes: [['负责河道巡查、水位监测', '负责河道巡查工作负责河道巡查工作、水位监测']] },
  'foreign-word': { changes: [['水位监测和河岸设施维护。', '水位监测and河岸设施维护。']] },
  'target-weights': { changes: [['公里\t60', '公里\t45']] },
  'target-budgets': { changes: [['其中：财政拨款\t60.00', '其中：财政拨款\t50.00']] },
  'target-covered': { changes: [['涉及一般公共预算当年财政拨款100.00万元', '涉及一般公共预算当年财政拨款100.00万元，涉及项目5个']] },
  'target-goal': { changes: [['开展水位监测不少于48次', '开展水位监测次数不少于60次']] },
  'target-cap': { changes: [['监测总费用\t≤\t20\t万元', '监测总费用\t≤\t200\t万元']] },
  'target-direction': { changes: [['险情处置率\t≥\t95', '险情处置率\t≤\t100']] },
  'target-qualitative-number': { changes: [['汛情提示及时性\t定性\t及时', '汛情提示及时性\t定性\t100']] },
  'target-several': { changes: [['险情处置率\t≥\t95\t%', '险情处置率\t≥\t95%，满意率≥90\t%']] },
  'target-unit': {
    changes: [
      ['水位监测次数\t≥\t48\t次', '水位监测次数\t≥\t48\t'],
      ['开展水位监测不少于48次，', ''],
    ],
  },
  'target-cost-direction': { changes: [['监测总费用\t≤\t20', '监测总费用\t≥\t20']] },
  'target-name': { changes: [['险情处置率', '险情处置率（含预警']] },
  'target-duplicate': { changes: [['效益指标\t社会效益指标\t险情处置率\t≥\t95\t%\t10\t否', '产出指标\t数量指标\t水位监测次数\t≥\t48\t次\t10\t否']] },
  'target-head': {
    changes: [['一级指标\t二级指标\t三级指标\t指标性质\t指标值\t度量单位\t权重\t是否核心指标', '一级指标\t二级指标\t三级指标\t权重\t指标性质\t指标值\t度量单位\t是否核心指标']],
  },
  'target-department-budget': { changes: [['部门支出预算数\t300.00', '部门支出预算数\t330.00']] },
};
const apply = (c: Case) => c.changes.reduce((t, [from, to, n]) => change(t, from, to, n), c.base ?? budget);

test('a price per head times the heads must fit the budget', () => {
  const row = '\t成本指标\t监测总费用\t≤\t20\t万元\t20\t否';
  const two = (price: string, heads: string) => change(budget, row, `\t成本指标\t聘用人员费用\t≤\t${price}\t万元/人\t10\t否\n\t数量指标\t聘用人员人数\t≤\t${heads}\t人\t10\t否`);
  assert.deepEqual(
    told(check(two('5', '12'))).map((f) => f.rule),
    [],
  );
  assert.deepEqual(
    told(check(two('5', '13'))).map((f) => [f.rule, f.figures[0]!.value, f.difference]),
    [['target-cap', '65.00', '5.00']],
  );
});

test('a name that was right years ago is told with its last year', () => {
  const old = change(budget, '2130301\t行政运行\t160.00', '2130301\t行政运行\t160.00').replace(
    '213\t农林水支出\t255.00\t270.00\t170.00\t100.00\t5.9\n21303\t水利',
    '213\t农林水支出\t255.00\t270.00\t170.00\t100.00\t5.9\n21301\t农业',
  );
  const f = told(check(old)).find((x) => x.rule === 'classification-name');
  assert.match(f?.message ?? '', /2019年及以前/);
});

test('the samples are clean', () => {
  for (const text of [budget, finalAccount]) {
    assert.deepEqual(
      told(check(text))
        .filter((f) => f.severity !== 'undecidable')
        .map((f) => `${f.rule} ${f.message}`),
      [],
    );
  }
  const report = checkDisclosure([read(budget)], rules)[0]!;
  assert.ok(report.checks.passed > 150, `${report.checks.passed} checks`);
});

for (const [code, c] of Object.entries(mistakes))
  test(`${code}: found where it is wrong, and nothing else`, () => {
    const list = told(check(apply(c))).filter((f) => f.severity !== 'undecidable' || f.rule === code);
    assert.ok(
      list.some((f) => f.rule === code && f.severity !== 'undecidable'),
      `${code} not among ${list.map((f) => `${f.rule}: ${f.message}`).join('\n') || 'nothing'}`,
    );
    const rule = rules.find((r) => r.code === code)!;
    const finding = list.find((f) => f.rule === code)!;
    assert.deepEqual([finding.severity, finding.class], [rule.severity, rule.class]);
    assert.ok(finding.places.length > 0 && finding.message.endsWith('。'));
    assert.deepEqual(
      list.filter((f) => f.rule !== code && !c.also?.includes(f.rule)).map((f) => `${f.rule}: ${f.message}`),
      [],
    );
  });

test('uncertain: blanks lost in flattened text are reported once per table, and only there', () => {
  const flat = budget.replace(/\t+/g, ' ').replace('15.00 13.00 13.00 2.00 12.00 10.00 10.00 2.00', '2.00 2.00');
  const list = check(flat).filter((f) => f.rule === 'uncertain');
  assert.equal(list.length, 1);
  assert.deepEqual([list[0]!.severity, list[0]!.places[0]!.table], ['undecidable', '表六']);
  assert.equal(
    check(budget).some((f) => f.rule === 'uncertain'),
    false,
  );
});

test('parent-unit: a unit may not spend more than its department', () => {
  const unit = budget.replaceAll('云溪区人民政府办公室', '云溪区水利局');
  const department = (text: string) => text.replaceAll('云溪区河道管理所', '云溪区水利局');
  const found = (parent: string) => checkDisclosure([read(unit), read(parent)], rules)[0]!.findings.filter((f) => f.rule === 'parent-unit');
  assert.equal(found(department(budget)).length, 0);
  const smaller = department(budget).replaceAll('30.00', '10.00').replaceAll('270.00', '250.00');
  const list = found(smaller);
  assert.equal(list.length, 1);
  assert.match(list[0]!.message, /不应大于部门/);
});

test('prior-document: last year’s column gives what last year published', () => {
  const last = budget.replaceAll('2025年', '2023年').replaceAll('2024年', '2022年').replaceAll('2023年', '2024年').replaceAll('2022年', '2023年');
  const found = (text: string) => checkDisclosure([read(budget), read(text)], rules)[0]!.findings.filter((f) => f.rule === 'prior-document');
  const list = found(last);
  assert.ok(list.length > 0, 'last year published 300.00, this year says it was 280.00');
  assert.equal(
    found(last.replaceAll('300.00', '280.00')).some((f) => f.figures.some((x) => x.value === '280.00' && x.label.includes('合计'))),
    false,
  );
});

test('every kind of check the code knows is a rule of the pack, and every rule has its test', () => {
  assert.deepEqual(rules.map((r) => r.kind).toSorted(), [...ruleKinds].toSorted());
  const tested = new Set([...Object.keys(mistakes), 'uncertain', 'parent-unit', 'prior-document']);
  assert.deepEqual(
    rules.filter((r) => !tested.has(r.code)).map((r) => r.code),
    [],
  );
});

test('a rule that is switched off neither counts nor reports', () => {
  const off = rules.map((r) => (r.code === 'growth' ? { ...r, enabled: false } : r));
  const wrong = change(budget, '增长7.1%', '增长9.1%');
  const list = checkDisclosure([read(wrong)], off)[0]!;
  assert.equal(
    list.findings.some((f) => f.rule === 'growth'),
    false,
  );
});
