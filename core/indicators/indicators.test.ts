// Indicators in the pure core: windows, coverage, levels, unknown, dependency order, contradictions refused.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { finish, mergeParts, partOf, percentile } from './aggregate.ts';
import { indicatorDefinition, type IndicatorInput } from './pack.ts';
import { bandOf, evaluateComposite, evaluateExpression, judge } from './evaluate.ts';
import { affected, graphOf } from './graph.ts';
import { bucketEnd, bucketStart, bucketsTouched, offsetBucket, periods, spanOf } from './window.ts';

const at = (iso: string): number => Date.parse(iso);
const iso = (ms: number): string => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 16);
const define = (more: Partial<IndicatorInput>) =>
  indicatorDefinition.parse({
    code: 'xx',
    name: { zh: '某', en: 'x' },
    sector: 'ecology',
    track: 'air',
    unit: 'µg/m³',
    decimals: 0,
    owner: 'ecology',
    direction: 'low-good',
    meaning: { zh: '测试', en: 'test' },
    sourceRef: '测试',
    source: { kind: 'stream', profile: 'air-station', stream: 'pm25', agg: 'avg' },
    window: { kind: 'tumbling', every: 'P1D' },
    ...more,
  });

test('buckets follow the local calendar', () => {
  const t = at('2026-02-28T23:30:00+08:00');
  assert.deepEqual(
    periods.map((p) => iso(bucketStart(t, p))),
    [
      '2026-02-28T23:30',
      '2026-02-28T23:30',
      '2026-02-28T23:30',
      '2026-02-28T23:30',
      '2026-02-28T23:00',
      '2026-02-28T00:00',
      '2026-02-23T00:00',
      '2026-02-01T00:00',
      '2026-01-01T00:00',
      '2026-01-01T00:00',
    ],
  );
  assert.equal(iso(bucketEnd(bucketStart(t, 'P1M'), 'P1M')), '2026-03-01T00:00');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), fc.constantFrom(...periods), (ms, p) => {
      const start = bucketStart(ms, p);
      return start <= ms && ms < bucketEnd(start, p) && bucketStart(start, p) === start;
    }),
  );
});

test('sliding and to-date windows touch every bucket whose span holds the reading, and no other', () => {
  const windows = [
    { kind: 'sliding', every: 'PT1H', length: 'PT24H' },
    { kind: 'to-date', every: 'P1D', since: 'P1M' },
    { kind: 'tumbling', every: 'PT10M' },
  ] as const;
  fc.assert(
    fc.property(fc.constantFrom(...windows), fc.integer({ min: 1.7e12, max: 1.8e12 }), fc.integer({ min: 0, max: 40 * 86_400_000 }), (window, t, later) => {
      const d = { window };
      const got = new Set(bucketsTouched(d, t, t + later));
      for (const b of got) {
        const s = spanOf(d, b);
        if (t < s.from || t >= s.to) return false;
      }
      const next = Math.max(...got) + (window.every === 'P1D' ? 86_400_000 : window.every === 'PT1H' ? 3_600_000 : 600_000);
      const s = spanOf(d, next);
      return next > bucketStart(t + later, window.every) || t < s.from;
    }),
  );
});

test('same period last year: 29 February looks at the 28th', () => {
  assert.equal(iso(offsetBucket(bucketStart(at('2028-02-29T12:00:00+08:00'), 'P1D'), 'P1D', 'P1Y')), '2027-02-28T00:00');
  assert.equal(iso(offsetBucket(bucketStart(at('2026-03-31T12:00:00+08:00'), 'P1D'), 'P1D', 'P1M')), '2026-02-28T00:00');
});

test('parts merge in any order to the same numbers', () => {
  const reading = fc.tuple(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: -1000, max: 1000 }));
  fc.assert(
    fc.property(fc.uniqueArray(reading, { selector: (r) => r[0], minLength: 1, maxLength: 40 }), fc.integer({ min: 0, max: 40 }), fc.integer(), (all, cut, seed) => {
      const whole = partOf(all);
      const mixed = [...all].sort((a, b) => ((a[0] * 31 + seed) % 17) - ((b[0] * 31 + seed) % 17));
      const parts = [partOf(mixed.slice(0, cut)), partOf(mixed.slice(cut))].filter((p) => p !== undefined);
      assert.deepEqual(mergeParts(parts.reverse()), whole);
    }),
  );
  assert.equal(
    finish(
      partOf([
        [0, 5],
        [3_600_000, 9],
      ]),
      'rate',
    ),
    4,
  );
  assert.equal(
    finish(
      partOf([
        [0, 9],
        [3_600_000, 5],
      ]),
      'rate',
    ),
    null,
    'a counter that fell was reset',
  );
  assert.equal(percentile([1, 2, 3, 4], 50), 2.5);
  assert.equal(partOf([[0, 9999]], { max: 1000 }), undefined, 'a faulty reading is no reading');
});

const bands = [
  { code: 'you', name: { zh: '优', en: 'Good' }, upTo: 35 },
  { code: 'liang', name: { zh: '良', en: 'Moderate' }, upTo: 75 },
  { code: 'mild', name: { zh: '轻度', en: 'Mild' }, upTo: 115, grade: 4 as const },
  { code: 'heavy', name: { zh: '重', en: 'Heavy' }, grade: 1 as const },
];

test('a day with too few valid hours has a value and no level; nothing is unknown, not zero', () => {
  const d = define({ levels: { bands, sourceRef: 'HJ 633-2012' }, coverage: { slot: 'PT1H', min: 20 } });
  assert.deepEqual(judge(d, 75.4, { slots: 24, expected: 24 }), { value: 75, level: 'liang', grade: null, coverage: 1, reason: null });
  assert.equal(judge(d, 75.6, { slots: 24, expected: 24 }).level, 'mild', 'judged as published: 76');
  assert.deepEqual(judge(d, 300, { slots: 19, expected: 24 }), { value: 300, level: null, grade: null, coverage: 19 / 24, reason: 'coverage' });
  assert.deepEqual(judge(d, null, { slots: 0, expected: 24 }), { value: null, level: null, grade: null, coverage: 0, reason: 'no-data' });
  assert.equal(
    bandOf(
      [
        { code: 'bad', name: bands[0]!.name, below: 90 },
        { code: 'ok', name: bands[0]!.name },
      ],
      90,
    )!.code,
    'ok',
    'below excludes its end',
  );
});

test('an unknown input makes an expression unknown, and an index only when too much weight is missing', () => {
  const e = define({ unit: '%', source: { kind: 'expression', formula: 'a / b * 100.0', inputs: { a: 'one', b: 'two' } } });
  assert.equal(evaluateExpression(e, { a: 1, b: 4 }).value, 25);
  assert.equal(evaluateExpression(e, { a: 1, b: null }).reason, 'input-unknown');
  assert.equal(evaluateExpression(e, { a: 1, b: 0 }).value, null, 'division by zero is no number');
  const c = define({
    source: {
      kind: 'composite',
      parts: [
        { code: 'one', weight: 3, worst: 0, best: 10 },
        { code: 'two', weight: 1, worst: 10, best: 0 },
      ],
    },
  });
  assert.equal(evaluateComposite(c, { one: 10, two: 10 }).value, 75);
  assert.equal(evaluateComposite(c, { one: 10, two: null }).value, 100);
  assert.equal(evaluateComposite(c, { one: null, two: 0 }).reason, 'coverage');
});

test('the graph names cycles and orders the rest', () => {
  const node = (code: string, ...inputs: string[]) =>
    define({ code, ...(inputs.length ? { source: { kind: 'expression', formula: '1.0', inputs: Object.fromEntries(inputs.map((c, i) => [`v${i}`, c])) } } : {}) });
  const g = graphOf([node('aa'), node('bb', 'aa'), node('cc', 'bb', 'aa'), node('xx', 'yy'), node('yy', 'xx'), node('zz', 'none')]);
  assert.deepEqual(affected(g, ['aa']), ['bb', 'cc']);
  assert.equal(g.rank.get('cc'), 2);
  assert.deepEqual(g.cycles, [['xx', 'yy', 'xx']]);
  assert.equal(g.rank.has('xx'), false);
  assert.deepEqual(g.missing, [{ code: 'none', by: 'zz' }]);
});

test('definitions that contradict themselves are refused', () => {
  const refused = (more: object, at: string) => assert.throws(() => define(more as never), new RegExp(at));
  refused({ source: { kind: 'expression', formula: 'a / c', inputs: { a: 'one' } } }, '未声明的 c');
  refused({ levels: { bands: [bands[1], bands[0], bands[3]], sourceRef: '测试' } }, '递增');
  refused({ levels: { bands: [bands[0], bands[1]], sourceRef: '测试' } }, '最后一档');
  refused({ scope: 'thing', source: { kind: 'manual' } }, '读数');
});
