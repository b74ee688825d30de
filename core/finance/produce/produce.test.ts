// Figures as published: rounding keeps every sum, contradictions are refused, words follow figures, the data package is valid.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { apportion, leaf, settle, sum } from './apportion.ts';
import { checkedInput, documentOf, ProduceError } from './document.ts';
import { Figures } from './figures.ts';
import { anyInput } from './fixtures/arbitrary.ts';
import { readPackage } from './fixtures/package.ts';
import { dataOf } from './json.ts';
import type { ProduceInput } from './input.ts';
import { packageOf } from './package.ts';
import { published, stepOf } from './publish.ts';
import { gridOf, printed } from './table.ts';

const demo = (): ProduceInput => parse(readFileSync(new URL('../../../demo/disclosure.yaml', import.meta.url), 'utf8')) as ProduceInput;
const problems = (input: unknown): string[] => {
  try {
    documentOf(input as ProduceInput);
    return [];
  } catch (error) {
    assert.ok(error instanceof ProduceError);
    return error.problems.map((p) => `${p.pointer} ${p.message}`);
  }
};

test('apportion: parts are the multiple below or above, and sum to the total', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 1, maxLength: 12 }), fc.boolean(), (parts, up) => {
      const step = 10_000;
      const exact = parts.reduce((a, b) => a + b, 0);
      const total = up ? Math.ceil(exact / step) * step : Math.floor(exact / step) * step;
      const out = apportion(total, parts, step);
      assert.equal(
        out.reduce((a, b) => a + b, 0),
        total,
      );
      out.forEach((v, i) => {
        assert.equal(v % step, 0);
        assert.ok(Math.abs(v - parts[i]!) < step);
        if (parts[i]! % step === 0) assert.equal(v, parts[i]);
      });
    }),
    { seed: 11 },
  );
  assert.deepEqual(apportion(10_000, [3333, 3333, 3334], 10_000), [0, 0, 10_000]);
  assert.deepEqual(apportion(10_000, [3333, 3333, 3334], 10_000, [10_000]), [10_000, 0, 0]);
  assert.throws(() => apportion(50_000, [3333, 3333], 10_000), RangeError);
});

test('settle: two partitions of one amount print the same total', () => {
  const got: number[] = [];
  const keep = (exact: number) => leaf(exact, (v) => got.push(v));
  settle(sum([keep(4_999), keep(5_001)], [keep(2_500), keep(7_500)]), 10_000);
  assert.equal(
    got.reduce((a, b) => a + b, 0),
    20_000,
  );
});

test('published: every line within one step of its exact amount, all partitions meet, nothing changes in 元', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const { exact } = checkedInput(input);
      const p = published(exact);
      const step = stepOf(p.moneyUnit);
      const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < step || a === b, `${a} ${b}`);
      p.spending.forEach((s, i) => {
        near(s.basic, exact.spending[i]!.basic);
        near(s.project, exact.spending[i]!.project);
        assert.equal((s.basic + s.project) % step, 0);
      });
      const f = new Figures(p);
      const total = (list: { amount: number }[] | null) => (list ?? []).reduce((n, x) => n + x.amount, 0);
      if (p.basic.department.length > 0) {
        assert.equal(total(p.basic.department), f.sum('basic', ['general']));
        assert.equal(f.personnel() + f.public(), f.sum('basic', ['general']));
        if (f.basicGovernment()) assert.equal(total(f.basicGovernment()), f.sum('basic', ['general']));
      }
      if (p.projects.length > 0) {
        assert.equal(
          p.projects.reduce((n, x) => n + f.projectTotal(x), 0),
          f.sum('project'),
        );
        for (const x of p.projects) for (const l of x.lines) if (l.items) assert.equal(total(l.items), l.amount);
      }
      assert.ok(p.spending.every((s) => s.basic + s.project + s.carriedOut - s.carriedIn >= 0));
      if (p.moneyUnit === '元') assert.deepEqual(p.spending, exact.spending);
      // The whole moves by less than a step per source.
      near(
        f.sum('total', ['general']),
        exact.spending.reduce((n, s) => n + (s.source === 'general' ? s.basic + s.project : 0), 0),
      );
    }),
    { numRuns: 150, seed: 3 },
  );
});

test('equal amounts of both years print equal, so that 持平 is told', () => {
  const input = demo();
  const d = documentOf(input);
  const words = d.paragraphs.map((p) => p.text).find((t) => t.includes('购房补贴'))!;
  assert.match(words, /与2025年持平/);
});

test('contradictions are refused with their place', () => {
  assert.deepEqual(problems(demo()), []);
  const change = (edit: (x: ReturnType<typeof demo>) => void) => {
    const x = demo();
    edit(x);
    return problems(x).join('\n');
  };
  assert.match(
    change((x) => (x.basic.department![0]!.amount += 1)),
    /^\/basic\/department 基本支出按经济分类合计.*相差0\.000001万元/,
  );
  assert.match(
    change((x) => (x.projects![0]!.lines[0]!.items![0]!.amount += 100)),
    /\/projects .*项目支出/,
  );
  assert.match(
    change((x) => (x.threePublic = { abroad: 1, reception: 1200000, vehiclePurchase: 0, vehicleRunning: 3500000 })),
    /\/threePublic\/abroad/,
  );
  assert.match(
    change((x) => x.spending.push({ ...x.spending[0]! })),
    /列了两次/,
  );
  assert.match(
    change((x) => (x.spending[0]!.code = '2990101')),
    /不知道科目299的名称/,
  );
  assert.match(
    change((x) => (x.spending[0]!.carriedIn = 900_000_000)),
    /上年结转/,
  );
  assert.match(
    change((x) => (x.targets![1]!.project = '没有的项目')),
    /不在项目清单中/,
  );
  assert.match(
    change((x) => delete x.targets![0]!.indicators[1]!.level1),
    /一级指标/,
  );
  assert.match(
    change((x) => (x.procurement![0]!.amount = 9_000_000_000)),
    /政府采购/,
  );
  assert.match(
    change((x) => delete x.basic.department![3]!.government),
    /只有一部分/,
  );
  assert.match(
    change((x) => Object.assign(x, { total: 1 })),
    /^\/ /,
  );
  assert.match(
    change((x) => (x.spending[1]!.project = 1.5)),
    /\/spending\/1\/project/,
  );
});

test('a governmental list beside departmental items must meet them class by class', () => {
  const x = demo();
  for (const l of x.basic.department!) delete l.government;
  const of = (re: RegExp) => x.basic.department!.filter((l) => re.test(l.code)).reduce((n, l) => n + l.amount, 0);
  x.basic.government = [
    { code: '50501', amount: of(/^301/) },
    { code: '50502', amount: of(/^302/) },
    { code: '50905', amount: of(/^303/) },
  ];
  assert.deepEqual(problems(x), []);
  x.basic.government[0]!.amount += 100;
  x.basic.government[1]!.amount -= 100;
  assert.match(problems(x).join(), /501与50501/);
});

test('words follow the figures: no percentage on nothing, 持平, missing reasons listed and marked in a draft', () => {
  const x = demo();
  x.spending[0]!.prior = 0;
  x.spending[2]!.prior = x.spending[2]!.basic!;
  x.reasons = {};
  const d = documentOf(x);
  const text = (d2: typeof d, word: string) => d2.paragraphs.find((p) => p.text.includes(word))!.text;
  const first = text(d, '事业运行（项）');
  assert.match(first, /比2025年增加426\.47万元。$/);
  assert.doesNotMatch(first, /%/);
  assert.match(text(d, '基本养老保险缴费支出（项）'), /与2025年持平/);
  assert.ok(d.toFill.some((t) => t.pointer === '/reasons/three-public'));
  assert.doesNotMatch(d.paragraphs.map((p) => p.text).join(), /待补充/);
  const draft = documentOf(x, { draft: true });
  assert.match(text(draft, '“三公”经费预算'), /主要原因是（待补充）/);
  // Growth column: blank where last year is zero.
  const table = d.tables.find((t) => t.kind === 'functional-expenditure')!;
  const at = table.columns.findIndex((c) => c.key === 'growth');
  assert.equal(table.rows.find((r) => r.cells[0] === '2010350')!.cells[at], null);
});

test('the full set of tables, numbered, each empty one with its remark', () => {
  const d = documentOf(demo());
  assert.deepEqual(
    d.tables.slice(0, 17).map((t) => [t.label, t.kind]),
    [
      ['表一', 'income-expenditure'],
      ['表二', 'income'],
      ['表三', 'expenditure'],
      ['表四', 'appropriation-summary'],
      ['表五', 'functional-expenditure'],
      ['表六', 'basic-by-economic'],
      ['表七', 'basic-by-government-economic'],
      ['表八', 'project-by-economic'],
      ['表九', 'project-by-government-economic'],
      ['表十', 'three-public'],
      ['表十一', 'government-fund'],
      ['表十二', 'state-capital'],
      ['表十三', 'project-list'],
      ['表十四', 'procurement'],
      ['表十五', 'overall-targets'],
      ['表十六', 'key-project-targets'],
      ['表十七', 'project-targets'],
    ],
  );
  for (const t of d.tables) if (t.empty) assert.match(t.notes.join(), /^备注：.*空/);
  assert.ok(d.tables.filter((t) => t.empty).length >= 2);
  // Grids never overlap and never leave the table.
  fc.assert(
    fc.property(anyInput, (input) => {
      for (const t of documentOf(input).tables) {
        const grid = gridOf(t);
        const seen = new Set<string>();
        grid.forEach((row, r) => {
          for (const { at, cell } of row.cells)
            for (let y = r; y < r + cell.rowSpan; y += 1)
              for (let x = at; x < at + cell.columnSpan; x += 1) {
                assert.ok(x < t.widths.length && y < grid.length, `${t.label} ${x} ${y}`);
                assert.ok(!seen.has(`${x}/${y}`), `${t.label} ${x} ${y} twice`);
                seen.add(`${x}/${y}`);
              }
        });
      }
    }),
    { numRuns: 60, seed: 5 },
  );
});

test('printed amounts', () => {
  assert.equal(printed(1_587_880_000, '万元'), '1,587.88');
  assert.equal(printed(564_814_113, '元'), '5,648,141.13');
  assert.equal(printed(0, '万元'), '0.00');
});

test('the data package is valid, its amounts are those of the tables', () => {
  fc.assert(
    fc.property(anyInput, (input) => {
      const d = documentOf(input);
      const { descriptor, tables, faults } = readPackage(packageOf(d));
      assert.deepEqual(faults, []);
      assert.equal(descriptor.fiscalPeriod.start, `${d.year}-01-01`);
      const fen = (t: string) => Math.round(Number(t) * 100);
      const total = (name: string, test: (row: Record<string, string>) => boolean) => (tables.get(name) ?? []).reduce((n, row) => n + (test(row) ? fen(row.amount!) : 0), 0);
      const f = new Figures(d.figures);
      assert.equal(
        total('budget', (r) => r.direction === 'expenditure' && r.fiscal_year === String(d.year)),
        f.sum('total'),
      );
      assert.equal(
        total('budget', (r) => r.direction === 'revenue'),
        f.sum('income'),
      );
      assert.equal(
        total('budget', (r) => r.source === 'general' && r.expenditure_type === 'basic'),
        f.sum('basic', ['general']),
      );
      assert.equal(
        total('project-funding', () => true),
        total('projects', () => true),
      );
      assert.equal(
        (tables.get('targets') ?? []).length,
        d.figures.targets.reduce((n, t) => n + t.indicators.length, 0),
      );
    }),
    { numRuns: 60, seed: 9 },
  );
});

test('a broken package is found broken', () => {
  const files = packageOf(documentOf(demo()));
  const edit = (path: string, from: string | RegExp, to: string) => readPackage(files.map((x) => (x.path === path ? { path, text: x.text.replace(from, to) } : x))).faults;
  assert.deepEqual(readPackage(files).faults, []);
  assert.ok(edit('data/budget.csv', '2010350', '2010999').some((x) => x.includes('is not in functions')));
  assert.ok(edit('data/budget.csv', /\d+\.\d\d\r\n/, 'many\r\n').some((x) => x.includes('is no number')));
  assert.ok(edit('datapackage.json', '"columnType": "value"', '"columnType": "direction"').some((x) => x.includes('columnType')));
  assert.ok(edit('data/sources.csv', 'general', '').length > 0);
});

test('the machine form holds every value of the tables as decimal strings', () => {
  const d = documentOf(demo());
  const data = dataOf(d) as { tables: { kind: string; rows: { values: Record<string, string | null> }[]; sheet?: { targets: unknown[] } }[]; notice?: string };
  assert.equal(data.notice, '演示数据');
  const general = data.tables.find((t) => t.kind === 'functional-expenditure')!;
  assert.deepEqual(general.rows[0]!.values, { code: '合计', name: null, prior: '1496.81', total: '1479.09', basic: '614.09', project: '865.00', growth: '-1.2' });
  assert.equal(
    data.tables.reduce((n, t) => n + (t.sheet?.targets.length ?? 0), 0),
    d.figures.targets.reduce((n, t) => n + t.indicators.length, 0),
  );
});
