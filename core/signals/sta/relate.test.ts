// Geometry: known relations, matrices against their mirror, distances, hulls; WKT and GeoJSON; times and identifiers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseExpression } from './expression.ts';
import { StaFault } from './fault.ts';
import { parseQuery } from './options.ts';
import { parsePath } from './path.ts';
import { distance, holds, intersectionMatrix, lengthOf, matches } from './relate.ts';
import { type Point, type Shape, hullOf, shapeOfGeoJson, shapeOfWkt } from './shape.ts';
import { durationOf, formatInstant, instantOf, intervalOf } from './time.ts';

const w = shapeOfWkt;
const matrix = (a: string, b: string): string =>
  intersectionMatrix(w(a), w(b))
    .map((d) => (d < 0 ? 'F' : d))
    .join('');

test('STA-039 matrices of known pairs', () => {
  const square = 'POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0))';
  const cases: [string, string, string][] = [
    ['POINT (1 1)', 'POINT (1 1)', '0FFFFFFF2'],
    ['POINT (1 1)', square, '0FFFFF212'],
    ['POINT (4 2)', square, 'F0FFFF212'],
    ['POINT (5 2)', square, 'FF0FFF212'],
    ['LINESTRING (0 0, 2 2)', 'LINESTRING (0 2, 2 0)', '0F1FF0102'],
    ['LINESTRING (0 0, 2 0)', 'LINESTRING (1 0, 3 0)', '1010F0102'],
    ['LINESTRING (0 0, 2 0)', 'LINESTRING (2 0, 3 0)', 'FF1F00102'],
    ['LINESTRING (1 1, 3 3)', square, '1FF0FF212'],
    ['LINESTRING (-1 2, 5 2)', square, '101FF0212'],
    ['LINESTRING (0 0, 4 0)', square, 'F1FF0F212'],
    [square, square, '2FFF1FFF2'],
    [square, 'POLYGON ((1 1, 2 1, 2 2, 1 2, 1 1))', '212FF1FF2'],
    [square, 'POLYGON ((2 2, 6 2, 6 6, 2 6, 2 2))', '212101212'],
    [square, 'POLYGON ((4 0, 8 0, 8 4, 4 4, 4 0))', 'FF2F11212'],
    [square, 'POLYGON ((4 4, 8 4, 8 8, 4 8, 4 4))', 'FF2F01212'],
    [square, 'POLYGON ((5 5, 8 5, 8 8, 5 8, 5 5))', 'FF2FF1212'],
    ['POLYGON ((0 0, 4 0, 4 4, 0 4, 0 0), (1 1, 3 1, 3 3, 1 3, 1 1))', 'POINT (2 2)', 'FF2FF10F2'],
    ['MULTIPOINT ((1 1), (9 9))', square, '0F0FFF212'],
  ];
  for (const [a, b, expected] of cases) {
    assert.equal(matrix(a, b), expected, `${a} / ${b}`);
    const mirrored = [0, 3, 6, 1, 4, 7, 2, 5, 8].map((i) => expected[i]).join('');
    assert.equal(matrix(b, a), mirrored, `${b} / ${a}`);
  }
  const is = (name: string, a: string, b: string) => holds(name, intersectionMatrix(w(a), w(b)), w(a), w(b));
  assert.ok(is('st_within', 'POINT (1 1)', square) && !is('st_within', 'POINT (4 2)', square) && is('st_contains', square, 'POINT (1 1)'));
  assert.ok(is('st_touches', 'POINT (4 2)', square) && is('st_touches', square, 'POLYGON ((4 0, 8 0, 8 4, 4 4, 4 0))'));
  assert.ok(
    is('st_crosses', 'LINESTRING (-1 2, 5 2)', square) && is('st_crosses', 'LINESTRING (0 0, 2 2)', 'LINESTRING (0 2, 2 0)') && !is('st_crosses', 'LINESTRING (1 1, 3 3)', square),
  );
  assert.ok(
    is('st_overlaps', square, 'POLYGON ((2 2, 6 2, 6 6, 2 6, 2 2))') && !is('st_overlaps', square, square) && is('st_equals', square, 'POLYGON ((4 4, 0 4, 0 0, 4 0, 4 4))'),
  );
  assert.ok(is('st_disjoint', square, 'POINT (5 5)') && is('geo.intersects', square, 'LINESTRING (4 4, 9 9)'));
  assert.ok(matches(intersectionMatrix(w(square), w(square)), 'T*F**FFF*') && !matches([0, 0, 0, 0, 0, 0, 0, 0, 2], '1********'));
  assert.equal(distance(w('POINT (8 54.1)'), w('POINT (8 53)')), Math.hypot(0, 54.1 - 53));
  assert.equal(distance(w(square), w('POINT (1 1)')), 0);
  assert.equal(distance(w(square), w('LINESTRING (6 -1, 6 9)')), 2);
  assert.equal(distance(w('LINESTRING (0 0, 2 2)'), w('LINESTRING (0 2, 2 0)')), 0);
  assert.equal(lengthOf(w('LINESTRING (0 0, 3 4, 3 5)')), 6);
  assert.equal(matrix('LINESTRING (4 1, 4 1)', square), 'F0FFFF212', 'a line without length is a point');
  assert.equal(distance(w(square), w('LINESTRING (4 1, 4 1)')), 0);
});

test('a matrix and its mirror say the same for random shapes; within is what even-odd counting says', () => {
  const coordinate = fc.integer({ min: 0, max: 8 });
  const point = fc.tuple(coordinate, coordinate);
  const box = fc.tuple(coordinate, coordinate, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })).map(([x, y, a, b]): Shape => ({
    points: [],
    lines: [],
    polygons: [
      [
        [
          [x, y],
          [x + a, y],
          [x + a, y + b],
          [x, y + b],
          [x, y],
        ],
      ],
    ],
  }));
  const line = fc.array(point, { minLength: 2, maxLength: 4 }).map((p): Shape => ({ points: [], lines: [p], polygons: [] }));
  const dot = point.map((p): Shape => ({ points: [p], lines: [], polygons: [] }));
  fc.assert(
    fc.property(fc.oneof(box, line, dot), fc.oneof(box, line, dot), (a, b) => {
      const m = intersectionMatrix(a, b);
      assert.deepEqual(
        [0, 3, 6, 1, 4, 7, 2, 5, 8].map((i) => intersectionMatrix(b, a)[i]),
        m,
      );
      assert.equal(distance(a, b) === 0, holds('st_intersects', m, a, b), 'touching is no distance');
      assert.ok(holds('st_equals', intersectionMatrix(a, a), a, a), 'equal to itself');
    }),
    { numRuns: 400 },
  );
  fc.assert(
    fc.property(box, dot, (a, d) => {
      const [[ring]] = a.polygons as [[Point[]]];
      const [[x, y]] = d.points as [Point];
      const [x0, y0, x1, y1] = [ring[0]![0], ring[0]![1], ring[2]![0], ring[2]![1]];
      const inside = x > x0 && x < x1 && y > y0 && y < y1;
      assert.equal(holds('st_within', intersectionMatrix(d, a), d, a), inside);
    }),
  );
});

test('hulls, GeoJSON and WKT', () => {
  assert.deepEqual(
    hullOf([
      [1, 1],
      [1, 1],
    ]),
    { type: 'Point', coordinates: [1, 1] },
  );
  assert.deepEqual(
    hullOf([
      [1, 1],
      [3, 3],
      [2, 2],
    ]),
    {
      type: 'LineString',
      coordinates: [
        [1, 1],
        [3, 3],
      ],
    },
  );
  assert.deepEqual(
    hullOf([
      [0, 0],
      [2, 0],
      [2, 2],
      [0, 2],
      [1, 1],
    ]),
    {
      type: 'Polygon',
      coordinates: [
        [
          [0, 0],
          [2, 0],
          [2, 2],
          [0, 2],
          [0, 0],
        ],
      ],
    },
  );
  assert.equal(hullOf([]), undefined);
  assert.deepEqual(shapeOfGeoJson({ type: 'Feature', geometry: { type: 'Point', coordinates: [1, 2, 3] } }), { points: [[1, 2]], lines: [], polygons: [] });
  for (const wrong of [
    null,
    1,
    {},
    { type: 'Point' },
    { type: 'Point', coordinates: ['1', 2] },
    {
      type: 'Polygon',
      coordinates: [
        [
          [0, 0],
          [1, 1],
        ],
      ],
    },
    { type: 'Nothing', coordinates: [] },
  ])
    assert.equal(shapeOfGeoJson(wrong), undefined, JSON.stringify(wrong));
  for (const wrong of ['', 'POINT', 'POINT (1)', 'POLYGON ((0 0, 1 1, 2 2))', 'LINESTRING (0 0)', 'POINT (1 2) x', 'POINT (1e999 2)'])
    assert.throws(() => w(wrong), StaFault, wrong);
  assert.equal(w('SRID=4326;POINT Z (1 2 3)').points.length, 1);
  assert.equal(w('GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (0 0, 1 1))').lines.length, 1);
});

test('instants keep their microseconds; days that do not exist are none', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n }), (us) => {
      assert.equal(instantOf(formatInstant(us)), us);
    }),
  );
  assert.equal(formatInstant(instantOf('2014-12-31T11:59:59.00+08:00')!), '2014-12-31T03:59:59.000Z');
  assert.equal(formatInstant(instantOf('2014-12-31T11:59Z')!), '2014-12-31T11:59:00.000Z');
  for (const wrong of ['2026-02-30T00:00:00Z', '2026-13-01T00:00:00Z', '2026-01-01T24:00:00Z', '2026-01-01T00:00:00', '2026-01-01', 'x', ''])
    assert.equal(instantOf(wrong), undefined, wrong);
  assert.equal(intervalOf('2026-01-02T00:00:00Z/2026-01-01T00:00:00Z'), undefined);
  assert.equal(durationOf('P1DT2H3M4.5S'), 93_784_500_000n);
  assert.equal(durationOf('P'), undefined);
});

test('STA-043 the parsers take anything and give a tree or a refusal', () => {
  const junk = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string(),
    fc.array(fc.constantFrom('a', '(', ')', "'", ',', '/', ' eq ', ' and ', '1', '$', '=', ';', '&', '%', 'any(', 'x:'), { maxLength: 30 }).map((x) => x.join('')),
  );
  const fine = (f: () => unknown) => {
    try {
      f();
    } catch (error) {
      if (!(error instanceof StaFault)) throw error;
      assert.ok(error.status >= 400 && error.status <= 501);
    }
  };
  fc.assert(
    fc.property(junk, (text) => {
      fine(() => parseExpression(text));
      fine(() => parseQuery(text, 'Thing'));
      fine(() => parseQuery(`$expand=${encodeURIComponent(text)}`, 'Thing'));
      fine(() => parsePath(text));
      fine(() => w(text));
    }),
    { numRuns: 2000 },
  );
  const deep = parseExpression('1 add 2 mul 3 eq 7 and not false or a/b eq null');
  assert.equal(deep.k === 'op' && deep.op, 'or');
  const negated = parseExpression('not result gt 3 and name eq null');
  assert.ok(negated.k === 'op' && negated.op === 'and' && negated.left.k === 'not' && negated.left.of.k === 'op' && negated.left.of.op === 'gt');
});
