// The fast decoder against JSON.parse: whatever it accepts is what JSON says, and junk never gets through.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Columns } from './columns.ts';
import { Names, decode, exactly } from './decode.ts';

const names = new Names();
names.add('p1/pressure', 0);
names.add('水泵/流量', 1);
names.add('7', 2);
const index: Record<string, number> = { 'p1/pressure': 0, '水泵/流量': 1, 7: 2 };
const NOW = 1_770_000_000_000;
const run = (text: string | Uint8Array, form: 'json' | 'lines' = 'json', max = 10_000) => {
  const out = new Columns(1);
  out.push(9, 1, 0, 1, null, 0);
  const outcome = decode(typeof text === 'string' ? new TextEncoder().encode(text) : text, form, names, out, { now: NOW, max });
  if (outcome !== 'read') assert.equal(out.n, 1, 'a refused body leaves nothing');
  const rows = Array.from({ length: out.n - 1 }, (_, i) => ({
    stream: out.stream[i + 1],
    at: out.at[i + 1],
    kind: out.kind[i + 1],
    num: out.num[i + 1],
    text: out.texts.get(i + 1) ?? null,
    quality: out.quality[i + 1],
  }));
  return { outcome, rows };
};

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.integer({ min: -100_000, max: 100_000 }).map((n) => n / 1000),
  fc.constantFrom(0, -0, 0.1, 1e-320, 1.7976931348623157e308, 123456789012345680),
);
const stamp = fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true });
const reading = fc.record(
  {
    stream: fc.constantFrom('p1/pressure', '水泵/流量', '7', 7),
    time: fc.oneof(
      stamp.map((d) => d.toISOString()),
      stamp.map((d) => d.toISOString().replace('Z', '+08:00')),
      fc.integer({ min: 0, max: 4e12 }),
    ),
    value: fc.oneof(number, fc.boolean(), fc.constant(null), fc.string({ unit: 'grapheme' }), fc.string()),
    quality: fc.integer({ min: 0, max: 9 }),
  },
  { requiredKeys: ['stream', 'value'] },
);
type R = { stream: string | number; time?: string | number; value: unknown; quality?: number };
const expected = (r: R) => ({
  stream: index[r.stream],
  at: r.time === undefined ? NOW : typeof r.time === 'number' ? r.time : Date.parse(r.time),
  kind: r.value === null ? 4 : typeof r.value === 'string' ? 1 : typeof r.value === 'boolean' ? 2 : 0,
  num: typeof r.value === 'number' ? r.value : typeof r.value === 'boolean' ? Number(r.value) : Number.NaN,
  text: typeof r.value === 'string' ? r.value : null,
  quality: r.quality ?? 0,
});

test('whatever it reads is what JSON.parse reads', () => {
  let read = 0;
  fc.assert(
    fc.property(fc.array(reading, { maxLength: 20 }), fc.constantFrom(0, 1, 2), (list, indent) => {
      const text = JSON.stringify(list, null, indent);
      const { outcome, rows } = run(text);
      if (outcome !== 'read') {
        // Only escapes and long texts may be left to the careful parser.
        assert.match(text, /\\/);
        return;
      }
      read++;
      assert.deepEqual(rows, (JSON.parse(text) as R[]).map(expected));
    }),
    { numRuns: 2000 },
  );
  assert.ok(read > 500);
});

test('NDJSON and columns read the same', () => {
  const list = [
    { stream: 'p1/pressure', time: '2026-03-02T09:00:00.123456+08:00', value: -0.31e2 },
    { stream: 7, time: '2026-03-02T01:00:00Z', value: '停', quality: 3 },
  ];
  const one = run(JSON.stringify(list)).rows;
  assert.equal(one.length, 2);
  assert.equal(Math.round((one[0]!.at! - Date.parse('2026-03-02T01:00:00Z')) * 1000), 123_456, 'microseconds are kept');
  assert.deepEqual(run(list.map((x) => JSON.stringify(x)).join('\n'), 'lines').rows, one);
  const columns = run('{"stream":"p1/pressure","times":["2026-03-02T01:00:00Z",1772413260000],"values":[0.5,null]}');
  assert.deepEqual(
    columns.rows.map((r) => [r.at, r.kind, r.num]),
    [
      [Date.parse('2026-03-02T01:00:00Z'), 0, 0.5],
      [1_772_413_260_000, 4, Number.NaN],
    ],
  );
  assert.equal(run('[]').outcome, 'read');
  assert.equal(run('{"stream":"p1/pressure","times":[1],"values":[1,2]}').outcome, 'other-form');
});

test('T10 a number that no double holds keeps its own notation', () => {
  const rows = run(
    '[{"stream":7,"value":9223372036854775807},{"stream":7,"value":0.10000000000000000001},{"stream":7,"value":123456789012345680},{"stream":7,"value":1.50000000000000000000}]',
  ).rows;
  assert.deepEqual(
    rows.map((r) => r.text),
    ['9223372036854775807', '0.10000000000000000001', null, null],
  );
  assert.equal(exactly('1e2', 100), null);
  assert.equal(exactly('100.0', 100), null);
  assert.equal(exactly('9007199254740993', 9007199254740992), '9007199254740993');
});

test('F-29 junk is left to the careful parser, never read as something else', () => {
  for (const junk of [
    '',
    '[',
    '[{}]',
    '[{"stream":7}]',
    '[{"value":1}]',
    '[{"stream":7,"value":1}',
    '[{"stream":7,"value":01}]',
    '[{"stream":7,"value":1.}]',
    '[{"stream":7,"value":+1}]',
    '[{"stream":7,"value":1e999}]',
    '[{"stream":7,"value":.5}]',
    '[{"stream":7,"value":NaN}]',
    '[{"stream":7,"value":1},]',
    '[{"stream":7,"value":1}]x',
    '[{"stream":7,"value":1,"value":2}]',
    '[{"stream":7,"time":"2026-02-30T00:00:00Z","value":1}]',
    '[{"stream":7,"time":"2026-02-03","value":1}]',
    '[{"stream":7,"time":"2026-02-03T24:00:00Z","value":1}]',
    '[{"stream":7,"value":1,"quality":10}]',
    '[{"stream":7,"value":1,"quality":1.5}]',
    '[{"stream":7.0,"value":1}]',
    '[{"stream":07,"value":1}]',
    '[{"stream":7,"value":"a\u0001"}]',
    '[{"stream":7,"value":tru}]',
    '[{"stream":7,"value":[1]}]',
  ])
    assert.equal(run(junk).outcome, 'other-form', junk);
  assert.equal(run('[{"stream":7,"value":1},{"stream":"nope","value":1}]').outcome, 'unknown-stream');
  assert.equal(run('[{"stream":7,"value":1},{"stream":7,"value":1}]', 'json', 1).outcome, 'other-form');
  assert.equal(run(Uint8Array.from([...new TextEncoder().encode('[{"stream":7,"value":"'), 0xff, 0xfe, ...new TextEncoder().encode('"}]')])).outcome, 'other-form');
  const good = new TextEncoder().encode(
    JSON.stringify([
      { stream: 'p1/pressure', time: '2026-03-02T01:00:00Z', value: 12.5, quality: 1 },
      { stream: 7, value: '文' },
    ]),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), (changes) => {
      const bytes = Uint8Array.from(good);
      for (const [i, c] of changes) bytes[i] = c;
      const { outcome, rows } = run(bytes);
      if (outcome !== 'read') return;
      const parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as R[];
      assert.deepEqual(rows, parsed.map(expected));
    }),
    { numRuns: 5000 },
  );
});
