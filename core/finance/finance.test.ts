// Arithmetic of finance by properties: points that add up, scores within bounds and in order, shares, plans, packed models, keys that survive.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { readFileSync } from 'node:fs';
import { decimalOf, decimalText, muldiv, shares } from './decimal.ts';
import { carryKeys, cellChanges, findingIdentities, targetChanges } from './difference.ts';
import { judgeExecution, readCsv, readExecution } from './execution.ts';
import { type EvaluationScheme, evaluationSchemePack } from './pack.ts';
import { forecastOf, plannedAt, progressOf } from './progress.ts';
import { type LineInput, methodOf, schemeFor, scoreExecution, scoreLine, totalOf, weightsOf } from './self-evaluation.ts';

const schemes = (parse(readFileSync(new URL('../../packs/finance-rules/evaluation-schemes/schemes.yaml', import.meta.url), 'utf8')) as unknown[]).map((x) =>
  evaluationSchemePack.parse(x),
);
const scheme: EvaluationScheme = schemeFor(schemes, 2025)!;
const line = (l: Partial<LineInput>): LineInput => ({
  method: 'quantity',
  nature: '≥',
  weight: 1000,
  target: '48',
  measure: '次',
  actual: '48',
  rating: null,
  tooLow: false,
  cause: null,
  ...l,
});
const decimal = fc.integer({ min: 0, max: 10_000_000 }).map((n) => decimalText(BigInt(n) * 1000n));

test('decimals are exact and come back', () => {
  fc.assert(fc.property(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), (n) => assert.equal(decimalOf(decimalText(n)), n)));
  assert.equal(decimalOf('1,234.5'), 1_234_500_000n);
  assert.equal(decimalOf('９５％'), 95_000_000n);
  for (const bad of ['', '48次', '1e3', '--2', '3.', '.5', null]) assert.equal(decimalOf(bad), undefined, String(bad));
});
test('a ratio is rounded once, half away from zero', () => {
  assert.equal(muldiv(1n, 1n, 2n), 1n);
  assert.equal(muldiv(-1n, 1n, 2n), -1n);
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }), fc.bigInt({ min: 0n, max: 10n ** 9n }), fc.bigInt({ min: 1n, max: 10n ** 9n }), (a, b, c) => {
      const off = muldiv(a, b, c) * c * 2n - a * b * 2n;
      assert.ok(off <= c && off >= -c);
    }),
  );
});
test('shares are whole, in proportion within one, and add up', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000 }), fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 40 }), (whole, weights) => {
      const parts = shares(whole, weights);
      assert.equal(
        parts.reduce((a, b) => a + b, 0),
        whole,
      );
      const sum = weights.reduce((a, b) => a + b, 0);
      if (sum > 0) for (const [i, p] of parts.entries()) assert.ok(Math.abs(p - (whole * weights[i]!) / sum) < 1 + 1e-6);
    }),
  );
});

test('the scheme is the one of the year', () => {
  assert.equal(schemeFor(schemes, 2025)!.code, 'self-2021');
  assert.equal(schemeFor(schemes, 2020)!.code, 'self-2020');
  assert.equal(schemeFor(schemes, 2019), undefined);
});
test('points of lines and execution are 100 whatever weights were published', () => {
  const level = fc.constantFrom('产出指标', '效益指标', '满意度指标', '成本指标', null);
  const weight = fc.option(fc.integer({ min: 0, max: 4000 }).map((n) => decimalText(BigInt(n) * 10_000n)));
  fc.assert(
    fc.property(
      fc.array(fc.record({ level1: level, weight }), { minLength: 1, maxLength: 30 }),
      fc.constantFrom(...schemes),
      fc.option(fc.constantFrom('10', '20', '0', 'x')),
      (lines, s, stated) => {
        const w = weightsOf(lines, s, stated);
        assert.equal(w.weights.reduce((a, b) => a + b, 0) + w.execution, 10_000);
        assert.ok(w.weights.every((x) => x >= 0));
      },
    ),
  );
  const published = weightsOf(
    ['11', '10', '10', '30', '29'].map((weight) => ({ level1: null, weight })),
    scheme,
  );
  assert.deepEqual(published.weights, [1100, 1000, 1000, 3000, 2900]);
  const hundred = weightsOf(
    ['50', '50'].map((weight) => ({ level1: null, weight })),
    scheme,
  );
  assert.deepEqual(hundred.weights, [4500, 4500]);
  assert.match(hundred.words, /折算为90分/);
  const frame = (levels: string[]) =>
    weightsOf(
      levels.map((level1) => ({ level1, weight: null })),
      scheme,
    ).weights;
  assert.deepEqual(frame(['产出指标', '产出指标', '效益指标', '满意度指标']), [2500, 2500, 3000, 1000]);
  assert.deepEqual(frame(['产出指标', '效益指标']), [5000, 4000], 'without satisfaction its points go to 效益');
  assert.deepEqual(frame(['成本指标', '产出指标', '效益指标', '满意度指标']), [2000, 4000, 2000, 1000]);
});
test('a score lies between nothing and its points, and more is never worth less', () => {
  fc.assert(
    fc.property(
      decimal,
      decimal,
      decimal,
      fc.integer({ min: 0, max: 9000 }),
      fc.constantFrom<LineInput['method']>('quantity', 'reverse', 'equal', 'satisfaction'),
      fc.boolean(),
      (target, a, b, weight, method, tooLow) => {
        const of = (actual: string) => scoreLine(line({ method, nature: method === 'reverse' ? '≤' : method === 'equal' ? '=' : '≥', weight, target, actual, tooLow }), scheme);
        for (const x of [of(a), of(b)]) assert.ok(x.score !== null && x.score >= 0 && x.score <= weight && x.steps.length > 0);
        const [low, high] = decimalOf(a)! <= decimalOf(b)! ? [a, b] : [b, a];
        if (method === 'reverse') assert.ok(of(low).score! >= of(high).score!);
        else if (method !== 'equal' && !tooLow) assert.ok(of(low).score! <= of(high).score!);
      },
    ),
  );
});
test('scores by the cases of the form', () => {
  const s = (l: Partial<LineInput>) => scoreLine(line(l), scheme);
  assert.equal(s({}).score, 1000);
  assert.equal(s({ actual: '45' }).score, 938);
  assert.match(s({ actual: '45' }).steps.join(), /10 × 45 ÷ 48 = 9.38分/);
  assert.deepEqual([s({ actual: '45' }).causeRequired, s({ actual: '45' }).missing.length, s({ actual: '45', cause: '设备故障' }).missing.length], [true, 1, 0]);
  assert.equal(s({ actual: '70' }).score, 1000, 'far above: full, but it must be explained');
  assert.equal(s({ actual: '70' }).causeRequired, true);
  assert.equal(s({ actual: '70', tooLow: true }).score, 900, '146 % of a target set too low');
  assert.equal(s({ actual: '57', tooLow: true }).score, 1000, '119 % is within the limit');
  assert.equal(s({ method: 'reverse', nature: '≤', target: '2', measure: '小时', actual: '2.5' }).score, 800);
  assert.equal(s({ method: 'reverse', nature: '≤', target: '0', actual: '1' }).score, 0);
  assert.equal(s({ method: 'equal', nature: '=', target: '4', actual: '5' }).score, 750);
  assert.equal(s({ method: 'satisfaction', target: '95', measure: '%', actual: '50' }).score, 0);
  assert.equal(s({ method: 'satisfaction', target: '95', measure: '%', actual: '76' }).score, 800);
  assert.equal(s({ method: 'qualitative', rating: 85 }).score, 850);
  assert.equal(s({ method: 'qualitative', rating: 70 }).causeRequired, true);
  assert.deepEqual([s({ actual: null }).score, s({ method: 'qualitative' }).score], [null, null], 'nothing filled in is no score, not zero');
  assert.equal(methodOf({ nature: '≤', level1: '成本指标', indicator: '运维成本', value: '5' }), 'reverse');
  assert.equal(methodOf({ nature: '≥', level1: '满意度指标', indicator: '满意度', value: '95' }), 'satisfaction');
  assert.equal(methodOf({ nature: '定性', level1: null, indicator: 'x', value: '较好' }), 'qualitative');
});
test('execution is worth its points in proportion, never more', () => {
  const e = (budget: number | null, spent: number | null, adjusted: number | null = null) => scoreExecution({ weight: 1000, budget, adjusted, spent, cause: null }, scheme);
  assert.deepEqual([e(9_000_000, 8_550_000).score, e(9_000_000, 9_900_000).score, e(9_000_000, 0).score], [950, 1000, 0]);
  assert.equal(e(9_000_000, 4_500_000, 4_500_000).score, 1000, 'the adjusted budget counts');
  assert.deepEqual([e(null, 5).score, e(5, null).score, e(0, 5).score], [null, null, null]);
  assert.deepEqual([e(100, 70).causeRequired, e(100, 85).causeRequired], [true, false]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9e14 }), fc.integer({ min: 0, max: 9e14 }), (budget, spent) => {
      const { score } = e(budget, spent);
      const exact = Math.min(1000, Number((BigInt(spent) * 10_000n) / BigInt(budget)) / 10);
      assert.ok(Math.abs(score! - exact) <= 0.6);
    }),
  );
  assert.deepEqual(totalOf(950, [4500, 3500], scheme).total, 8950);
  assert.equal(totalOf(950, [4500, 3500], scheme).grade, 'good');
  assert.equal(totalOf(950, [4500, null], scheme).grade, null);
});

test('a plan is followed in straight lines and ends where it says', () => {
  const at = (d: string) => new Date(`${d}T00:00:00+08:00`);
  assert.equal(plannedAt([10, 20, 30, 48], 2025, at('2025-07-01')), 20);
  assert.equal(plannedAt([10, 20, 30, 48], 2025, at('2026-03-01')), 48);
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 4, maxLength: 4 }).map((x) => x.sort((a, b) => a - b)),
      fc.integer({ min: 0, max: 364 }),
      fc.integer({ min: 0, max: 364 }),
      (plan, a, b) => {
        const day = (n: number) => plannedAt(plan, 2025, new Date(Date.UTC(2024, 11, 31, 16) + n * 86_400_000));
        assert.ok(day(Math.min(a, b)) <= day(Math.max(a, b)) + 1e-9 && day(a) <= plan[3]!);
      },
    ),
  );
});
test('progress: expected, forecast with its error, and unknown when nothing is known', () => {
  const at = new Date('2025-07-02T12:00:00+08:00');
  const p = { year: 2025, nature: '≥', value: '48', measure: '次', progress: 'cumulative' } as const;
  assert.equal(progressOf(p, at, { value: 24 }).state, 'on-the-way');
  assert.equal(progressOf(p, at, { value: 23 }).state, 'at-risk');
  assert.equal(progressOf(p, at, { value: 23 }).forecast, 46);
  assert.equal(progressOf({ ...p, plan: [4, 10, 30, 48] }, at, { value: 11 }).state, 'on-the-way', 'the plan counts, not the calendar');
  assert.equal(progressOf({ ...p, plan: [4, 10, 30, 48] }, at, { value: 11 }).expectedBy, 'plan');
  assert.deepEqual(
    [progressOf(p, at, { value: null }).state, progressOf(p, at, undefined).state, progressOf({ ...p, nature: '定性', value: '好' }, at, { value: 1 }).state],
    ['unknown', 'unknown', 'unknown'],
  );
  assert.equal(progressOf(p, at, { value: null }).value, null);
  assert.equal(progressOf({ ...p, nature: '≤', value: '10' }, at, { value: 11 }).state, 'missed');
  assert.equal(progressOf({ ...p, nature: '≤', value: '10' }, at, { value: 8 }).state, 'at-risk', 'eight at half time becomes sixteen');
  assert.equal(progressOf({ ...p, nature: '≤', value: '10' }, at, { value: 2 }).state, 'on-the-way');
  assert.equal(progressOf({ ...p, progress: 'level', value: '95', measure: '%' }, at, { value: 94 }).state, 'at-risk');
  assert.equal(progressOf(p, new Date('2026-01-05T00:00:00+08:00'), { value: 47 }).state, 'missed');
  const six = forecastOf(p, at, 24, [4, 4, 4, 4, 4, 4])!;
  assert.deepEqual([six.low, six.high], [six.value, six.value], 'without spread there is no error');
  const wide = forecastOf(p, at, 24, [0, 8, 0, 8, 0, 8])!;
  assert.ok(wide.low! < wide.value && wide.high! > wide.value && wide.low! >= 24);
  assert.equal(forecastOf(p, at, 24, [4, 4])!.low, null);
});
test('execution against time, and months only as far as they were entered', () => {
  const at = new Date('2025-07-02T12:00:00+08:00');
  const j = (spent: number, through = 6, budget: number | null = 1000) => judgeExecution({ budget, spent, through, year: 2025, tolerance: 10 }, at);
  assert.deepEqual([j(500).state, j(390).state, j(610).state, j(1001).state, j(0, 0).state, j(5, 6, null).state], ['on-track', 'slow', 'fast', 'over', 'unknown', 'unknown']);
  assert.equal(j(250, 3).state, 'on-track', 'three months of data are compared with three months');
  assert.match(j(250, 3).reason.zh, /数据只到3月/);
});
test('amounts by month are read in three layouts; every fault is named', () => {
  const long = readExecution(readCsv('项目,月份,金额（万元）\n运维,1月,12.5\n运维,2,"1,000"\n合计,2025-03,3\n'), { year: 2025, moneyUnit: null });
  assert.deepEqual(
    long.entries.map((e) => [e.project, e.month, e.fen]),
    [
      ['运维', 1, 12_500_000],
      ['运维', 2, 1_000_000_000],
      ['', 3, 3_000_000],
    ],
  );
  const wide = readExecution(readCsv('单位：元\n项目名称\t1月\t2月\t12月\n甲\t1.23\t\t4\n'), { year: 2025, moneyUnit: null });
  assert.deepEqual(
    wide.entries.map((e) => [e.month, e.fen]),
    [
      [1, 123],
      [12, 400],
    ],
  );
  const template = readExecution(readCsv('单位：万元\n项目,1月,2月\n单位整体,1,2\n甲,,1\n'), { year: 2025, moneyUnit: null });
  assert.deepEqual(
    template.entries.map((e) => [e.project, e.month, e.fen]),
    [
      ['', 1, 1_000_000],
      ['', 2, 2_000_000],
      ['甲', 2, 1_000_000],
    ],
  );
  const sum = readExecution(readCsv('项目,月份,累计执行数\n甲,3,10\n甲,1,4\n甲,2,7\n'), { year: 2025, moneyUnit: '元' });
  assert.deepEqual(
    sum.entries.toSorted((a, b) => a.month - b.month).map((e) => e.fen),
    [400, 300, 300],
  );
  const bad = readExecution(readCsv('项目,月份,金额\n甲,13,1\n甲,2,x\n甲,3,1\n甲,3,2\n'), { year: 2025, moneyUnit: '元' });
  assert.deepEqual(
    bad.faults.map((f) => f.row),
    [2, 3, 5],
  );
  assert.equal(readExecution([['a', 'b']], { year: 2025, moneyUnit: '元' }).faults.length, 1);
  assert.match(readExecution(readCsv('项目,月份,金额\n甲,1,1\n'), { year: 2025, moneyUnit: null }).faults[0]!.message, /单位/);
  fc.assert(
    fc.property(fc.array(fc.array(fc.string(), { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 8 }), (rows) => {
      const text = rows.map((r) => r.map((c) => `"${c.replaceAll('"', '""')}"`).join(',')).join('\n');
      assert.deepEqual(readCsv(text), rows);
    }),
  );
});

test('keys survive a new version: same name, corrected name, and nothing else', () => {
  let n = 0;
  const make = (id: string) => `${id}#${n++}`;
  const t = (indicator: string, value = '1', project: string | null = null) => ({ sheet: 'overall', project, indicator, value, unit: '次' });
  const first = [t('值班电话抽查次数', '48'), t('会议次数'), t('会议次数'), t('培训人数', '20')];
  const a = carryKeys([], first, make);
  assert.equal(new Set(a.keys).size, 4);
  const before = first.map((x, i) => ({ ...x, key: a.keys[i]! }));
  const same = carryKeys(before, [first[3]!, first[0]!, first[1]!, first[2]!], make);
  assert.deepEqual(same.keys, [a.keys[3], a.keys[0], a.keys[1], a.keys[2]]);
  const renamed = carryKeys(before, [t('值班电话抽查次教', '48'), first[1]!, first[2]!, t('完全是另一件事情', '3')], make);
  assert.equal(renamed.keys[0], a.keys[0]);
  assert.equal(renamed.renamed.length, 1);
  assert.ok(!a.keys.includes(renamed.keys[3]!));
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('甲指标', '乙指标数量', '丙的比率', '丁次数'), { maxLength: 12 }),
      fc.array(fc.constantFrom('甲指标', '乙指标数', '丙的比率', '丁次数'), { maxLength: 12 }),
      (x, y) => {
        const one = carryKeys(
          [],
          x.map((i) => t(i)),
          make,
        ).keys;
        const two = carryKeys(
          x.map((i, k) => ({ ...t(i), key: one[k]! })),
          y.map((i) => t(i)),
          make,
        ).keys;
        assert.equal(new Set(two).size, y.length, 'a key is given once');
      },
    ),
  );
});
test('differences name what was added, removed, changed', () => {
  const c = (row: string, text: string) => ({ table: '表一', row, column: '合计', text });
  const d = cellChanges([c('a', '1'), c('b', '2'), c('b', '3')], [c('a', '1'), c('b', '2'), c('b', '4'), c('x', '5')]);
  assert.deepEqual(
    d.cells.map((x) => [x.row, x.change, x.before, x.after]),
    [
      ['b', 'changed', '3', '4'],
      ['x', 'added', null, '5'],
    ],
  );
  const base = { sheet: 'overall', project: null, level1: null, level2: null, nature: '≥', unit: '次', weight: '10', core: null };
  const changes = targetChanges(
    [
      { key: '1', indicator: 'a', value: '4', ...base },
      { key: '2', indicator: 'b', value: '1', ...base },
    ],
    [{ key: '1', indicator: 'a', value: '5', ...base }],
  );
  assert.deepEqual(
    changes.map((x) => [x.key, x.change, x.fields.length]),
    [
      ['1', 'changed', 1],
      ['2', 'removed', 0],
    ],
  );
  const f = (message: string, line: number) => ({ rule: 'row-sum', message, places: [{ line, table: '表二' }] });
  assert.deepEqual(findingIdentities([f('合计100，各项之和90', 3)]), findingIdentities([f('合计1,200.5，各项之和90.25', 77)]), 'a key does not hang on figures and lines');
  assert.equal(new Set(findingIdentities([f('合计1', 3), f('合计2', 4)])).size, 2);
});
