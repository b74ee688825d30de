// CSV of readings: records however the text is cut, times in the forms that occur, faults with their line.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CsvMapper, type CsvMapping, CsvReader, delimiterOf, lackingColumns, numberOf, proposal, timeOf, usualMissing, zoneMs } from './csv.ts';

const all = (text: string, pieces: number[] = [], delimiter = ',') => {
  const r = new CsvReader(delimiter);
  const out = [];
  let from = 0;
  for (const p of [...pieces, text.length]) {
    out.push(...r.feed(text.slice(from, Math.max(from, p))));
    from = Math.max(from, p);
  }
  return [...out, ...r.end()];
};

test('quotes, quoted line ends, doubled quotes, three line ends, empty lines; lines are counted as an editor shows them', () => {
  assert.deepEqual(all('a,b\r\n1,"x, ""y""\nz"\n\n3,\r4,5'), [
    { line: 1, cells: ['a', 'b'] },
    { line: 2, cells: ['1', 'x, "y"\nz'] },
    { line: 5, cells: ['3', ''] },
    { line: 6, cells: ['4', '5'] },
  ]);
  assert.throws(() => all('a,b\n1,"never closed'), /第 2 行起的引号没有结束/);
  assert.throws(() => all(`a,"${'x'.repeat(20_000)}`), /过长/);
});
test('however the text is cut, the records are the same, and writing then reading gives the cells back', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '1', ',', '"', '\n', '\r', ' ', '中'), maxLength: 6 });
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 }), fc.array(fc.nat(60), { maxLength: 5 }), (rows, cuts) => {
      const text = rows.map((r) => r.map((c) => `"${c.replaceAll('"', '""')}"`).join(',')).join('\n');
      const whole = all(text);
      assert.deepEqual(
        whole.map((r) => r.cells),
        rows,
      );
      assert.deepEqual(
        all(
          text,
          cuts.map((c) => c % (text.length + 1)).sort((a, b) => a - b),
        ),
        whole,
      );
    }),
    { numRuns: 500 },
  );
});
test('times as people write them, in the zone they mean; what is none is none', () => {
  const zone = zoneMs('+08:00');
  const t = Date.parse('2026-03-02T08:05:00+08:00');
  for (const text of [
    '2026-03-02 08:05',
    '2026-03-02T08:05:00',
    '2026/3/2 8:05',
    '2026.3.2 8:05:00',
    '20260302080500',
    '202603020805',
    '2026年3月2日 8时5分',
    '2026年3月2日 8时5分0秒',
    '2026-03-02T00:05:00Z',
    '2026-03-02 00:05:00+00:00',
    String(t / 1000),
    String(t),
  ])
    assert.equal(timeOf(text, zone), t, text);
  assert.equal(timeOf('2026-03-01 24:00', zone), Date.parse('2026-03-02T00:00:00+08:00'));
  assert.equal(timeOf('2026-03-02', zone), Date.parse('2026-03-02T00:00:00+08:00'));
  assert.equal(timeOf('2026-03-02 08:05:00.25', zone), t + 250);
  for (const text of ['', 'x', '2026-02-30', '2026-13-01', '2026-03-02 25:00', '2026-03-02 08:61', '02/03/2026', '1e9']) assert.ok(Number.isNaN(timeOf(text, zone)), text);
  assert.ok(Number.isNaN(zoneMs('Asia/Shanghai')));
});
test('numbers as tables write them', () => {
  assert.deepEqual(['1', '-1.5', '1,234.5', '.5', '1e3', '+2'].map(numberOf), [1, -1.5, 1234.5, 0.5, 1000, 2]);
  assert.deepEqual(
    ['', 'x', '1,23', '0x10', '1e400', 'Infinity', '１'].map(numberOf),
    Array.from({ length: 7 }, () => undefined),
  );
});
test('wide and long tables; missing values are no readings; faults carry their line', () => {
  const m: CsvMapping = {
    time: { column: '时间' },
    zone: '+08:00',
    layout: 'wide',
    thing: 'a1',
    streams: [
      { column: 'PM2.5', stream: 'pm25' },
      { column: 'CO', stream: 'co', factor: 0.001 },
    ],
    missing: usualMissing,
  };
  const rows = all('时间,pm2.5,CO\n2026-03-02 08:00,35,400\n昨天,1,1\n2026-03-02 09:00,NA,\n2026-03-02 10:00,bad,-');
  const mapper = new CsvMapper(m, rows[0]!.cells);
  const read = rows.slice(1).map((r) => mapper.read(r));
  assert.deepEqual(
    read.flatMap((r) => r.readings).map((r) => [r.ref, r.value]),
    [
      ['a1/pm25', 35],
      ['a1/co', 0.4],
    ],
  );
  assert.deepEqual(
    read.flatMap((r) => r.faults),
    [
      { line: 3, column: '时间', reason: '时间无法识别', text: '昨天' },
      { line: 5, column: 'PM2.5', reason: '不是数字', text: 'bad' },
    ],
  );
  const long = all('设备;指标;年;月;日;时;数值\nx;level;2026;3;2;8;1.25\nx;;2026;3;2;8;1', [], ';');
  const l = new CsvMapper(
    { time: { year: '年', month: '月', day: '日', hour: '时' }, zone: '+08:00', layout: 'long', thingColumn: '设备', streamColumn: '指标', valueColumn: '数值', missing: [] },
    long[0]!.cells,
  );
  assert.deepEqual(l.read(long[1]!).readings, [{ ref: 'x/level', at: Date.parse('2026-03-02T08:00:00+08:00'), value: 1.25 }]);
  assert.equal(l.read(long[2]!).faults[0]!.line, 3);
  assert.deepEqual(lackingColumns(m, ['时间', 'CO']), ['PM2.5']);
  assert.equal(delimiterOf('"a,b,c"\td\te'), '\t');
});
test('columns are guessed, not more', () => {
  const p = proposal(['No', 'year', 'month', 'day', 'hour', 'PM2.5', 'TEMP'], [{ code: 'pm25', name: 'PM2.5' }], 'a1');
  assert.deepEqual([p.time, p.streams, p.layout], [{ year: 'year', month: 'month', day: 'day', hour: 'hour' }, [{ column: 'PM2.5', stream: 'pm25' }], 'wide']);
  assert.equal(proposal(['设备', '指标', '时间', '数值'], []).layout, 'long');
});
