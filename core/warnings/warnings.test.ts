// Warning rules in the pure core: hysteresis, durations, rates, silence, forecasts, groups, storms, CAP – against plain reference models.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { XMLParser } from 'fast-xml-parser';
import { capIdentifier, capXml, type CapInput } from './cap.ts';
import { stepsOf } from './duties.ts';
import { type Foldable, fold } from './fold.ts';
import { groupOf } from './group.ts';
import { type Change, frozen, machineOf } from './machine.ts';
import { condition, several, rulePack } from './pack.ts';

const MIN = 60_000;
const run = (c: unknown, readings: (readonly [number, number | null])[], o = {}): Change[] => {
  const m = machineOf(condition.parse(c) as never, o);
  const s = m.init();
  return readings.map(([t, v]) => m.step(s, t * MIN, v)).filter((x) => x !== null);
};
const steps = (all: Change[]): string[] => all.map((c) => `${c.at / MIN}:${c.from}>${c.to}`);

test('levels rise at once, fall by hysteresis, each only after its time', () => {
  const c = {
    kind: 'threshold',
    side: 'above',
    lines: [
      { level: 4, at: 15, clear: 12 },
      { level: 2, at: 30, clear: 25 },
    ],
  };
  assert.deepEqual(
    steps(
      run(c, [
        [1, 10],
        [2, 15],
        [3, 13],
        [4, 31],
        [5, 26],
        [6, 24],
        [7, 11],
      ]),
    ),
    ['2:0>4', '4:4>2', '6:2>4', '7:4>0'],
  );
  assert.deepEqual(
    steps(
      run({ ...c, for: 'PT2M' }, [
        [1, 20],
        [2, 20],
        [3, 20],
        [4, 5],
        [5, 20],
        [6, 20],
      ]),
    ),
    ['3:0>4', '4:4>0'],
  );
  assert.deepEqual(
    steps(
      run({ ...c, clearFor: 'PT3M' }, [
        [1, 20],
        [2, 5],
        [3, 20],
        [4, 5],
        [7, 5],
      ]),
    ),
    ['1:0>4', '7:4>0'],
  );
  assert.deepEqual(
    steps(
      run({ ...c, for: 'PT2M', maxGap: 'PT5M' }, [
        [1, 20],
        [30, 20],
        [31, 20],
        [32, 20],
      ]),
    ),
    ['32:0>4'],
    'silence proves nothing',
  );
  assert.deepEqual(
    steps(
      run({ kind: 'threshold', side: 'below', lines: [{ level: 3, at: 0.2, clear: 0.25 }] }, [
        [1, 0.3],
        [2, 0.2],
        [3, 0.24],
        [4, 0.25],
        [5, 0.26],
      ]),
    ),
    ['2:0>3', '5:3>0'],
  );
});

test('property: one open warning per machine, legal levels, no raise without its line held for its time', () => {
  const readings = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 40 })), { minLength: 1, maxLength: 80 });
  fc.assert(
    fc.property(readings, fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 }), (gaps, hold, clearHold) => {
      const c = condition.parse({
        kind: 'threshold',
        side: 'above',
        for: `PT${hold}M`,
        clearFor: `PT${clearHold}M`,
        lines: [
          { level: 4, at: 15, clear: 12 },
          { level: 3, at: 20, clear: 17 },
          { level: 1, at: 35, clear: 30 },
        ],
      }) as never;
      const m = machineOf(c);
      const s = m.init();
      const at = { 4: 15, 3: 20, 2: Infinity, 1: 35 } as Record<number, number>;
      const past: [number, number][] = [];
      let open = 0;
      let t = 0;
      for (const [gap, v] of gaps) {
        t += gap;
        past.push([t, v]);
        const change = m.step(s, t * MIN, v);
        if (!change) continue;
        assert.equal(change.from, open, 'continues where it was');
        assert.notEqual(change.from, change.to);
        open = change.to;
        const worse = change.to !== 0 && (change.from === 0 || change.to < change.from);
        if (worse) {
          // Reference: going back, every reading of the last `hold` minutes was across.
          let since = t;
          for (const [pt, pv] of past.toReversed()) {
            if (pv < at[change.to]!) break;
            since = pt;
          }
          assert.ok(t - since >= hold, `level ${change.to} held only ${t - since} of ${hold} minutes`);
        }
      }
    }),
  );
});

test('property: a saved and restored state goes on exactly like one that never stopped; repeats and late readings change nothing', () => {
  const conditions = [
    { kind: 'threshold', side: 'above', for: 'PT2M', lines: [{ level: 4, at: 15, clear: 12 }] },
    { kind: 'rate', side: 'fall', over: 'PT10M', lines: [{ level: 3, at: 8, clear: 2 }] },
    { kind: 'forecast', side: 'above', horizon: 'PT15M', lines: [{ level: 3, at: 35 }] },
  ].map((c) => machineOf(condition.parse(c) as never));
  fc.assert(
    fc.property(fc.constantFrom(...conditions), fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 2, maxLength: 60 }), fc.nat(), (m, values, cutAt) => {
      const cut = cutAt % values.length;
      const a = m.init();
      const one = values.map((v, i) => m.step(a, (i + 1) * MIN, v));
      let b = m.init();
      const two: (Change | null)[] = [];
      for (const [i, v] of values.entries()) {
        if (i === cut) b = JSON.parse(JSON.stringify(frozen(b)));
        two.push(m.step(b, (i + 1) * MIN, v));
        assert.equal(m.step(b, (i + 1) * MIN, v + 100), null);
        if (i > 0) assert.equal(m.step(b, i * MIN, 1000), null);
      }
      assert.deepEqual(two, one);
    }),
  );
});

test('rate of change: a pressure drop within the window, not the same drop spread over hours', () => {
  const c = {
    kind: 'rate',
    side: 'fall',
    over: 'PT10M',
    lines: [
      { level: 3, at: 0.05, clear: 0.02 },
      { level: 2, at: 0.1, clear: 0.05 },
    ],
  };
  assert.deepEqual(
    steps(
      run(c, [
        [1, 0.35],
        [2, 0.35],
        [3, 0.29],
        [4, 0.22],
        [5, 0.22],
      ]),
    ),
    ['3:0>3', '4:3>2'],
  );
  assert.deepEqual(
    run(
      c,
      Array.from({ length: 60 }, (_, i) => [i * 10 + 1, 0.35 - i * 0.005] as const),
    ),
    [],
  );
  assert.equal(
    run({ ...c, percent: true, lines: [{ level: 3, at: 20 }] }, [
      [1, 100],
      [2, 79],
    ]).length,
    1,
  );
});

test('silence is raised by time and ended by any reading; a stream never heard is not silent', () => {
  const m = machineOf(condition.parse({ kind: 'silent', level: 4, intervals: 3 }) as never, { intervalMs: 5 * MIN });
  const s = m.init();
  assert.equal(m.tick(s, 100 * MIN), null);
  m.step(s, 10 * MIN, 1);
  assert.equal(m.tick(s, 24 * MIN), null);
  assert.deepEqual(m.tick(s, 25 * MIN), { from: 0, to: 4, at: 25 * MIN, value: 15 });
  assert.equal(m.tick(s, 60 * MIN), null, 'once');
  assert.deepEqual(m.step(s, 61 * MIN, null), { from: 4, to: 0, at: 61 * MIN, value: 0 }, 'a null says it lives');
});

test('forecast warns ahead of a steady rise, and not on noise around a level', () => {
  const c = { kind: 'forecast', side: 'above', horizon: 'PT30M', lines: [{ level: 3, at: 50 }] };
  const [first] = run(
    c,
    Array.from({ length: 50 }, (_, i) => [i + 1, i] as const),
  );
  assert.ok(first && first.at / MIN > 15 && first.at / MIN < 30, `warned at minute ${first && first.at / MIN} for a line met at 51`);
  const wobbly = run(
    c,
    Array.from({ length: 60 }, (_, i) => [i + 1, i + ((i * 7919) % 5) - 2] as const),
  )[0]!;
  assert.ok(wobbly.error! > first.error! && wobbly.error! < 40, `the error is stated and grows with the noise: ${first.error} → ${wobbly.error}`);
  assert.ok(wobbly.value - wobbly.error! >= 50, 'even the near end of the band is across');
  const noise = Array.from({ length: 500 }, (_, i) => [i + 1, 30 + ((i * 7919) % 13) - 6] as const);
  assert.deepEqual(run(c, noise), []);
});

test('anomaly uses the detector it is given, at its fixed 0.5', () => {
  const detector = () => ({ push: (_t: number, v: number | null) => (v !== null && v > 9 ? 0.9 : 0.1), state: () => 0, restore: () => {} });
  assert.deepEqual(
    steps(
      run(
        { kind: 'anomaly', level: 4 },
        [
          [1, 5],
          [2, 10],
          [3, 5],
        ],
        { detector },
      ),
    ),
    ['2:0>4', '3:4>0'],
  );
  const [raised] = run({ kind: 'anomaly', level: 4 }, [[1, 10]], { detector });
  assert.deepEqual([raised!.value, raised!.score], [10, 0.9], 'people are told the reading, the score is evidence');
});

test('several: AND of two properties, k of n things, neighbours that agree with the thing itself', () => {
  const both = groupOf(
    several.parse({
      kind: 'several',
      level: 2,
      tests: [
        { stream: 'depth', side: 'above', at: 15 },
        { stream: 'rain', side: 'above', at: 10 },
      ],
    }),
    1,
  );
  const s = both.init();
  assert.equal(both.step(s, 0, 0, MIN, 20), null);
  assert.deepEqual(both.step(s, 0, 1, 2 * MIN, 12), { from: 0, to: 2, at: 2 * MIN, value: 1 });
  assert.equal(both.tick(s, 59 * MIN), null);
  assert.equal(both.tick(s, 62 * MIN)?.to, 0, 'a stale value agrees with nothing');
  const k = groupOf(several.parse({ kind: 'several', level: 3, among: 'area', k: 2, tests: [{ stream: 'gas', side: 'above', at: 5, clear: 3 }] }), 3);
  const g = k.init();
  assert.equal(k.step(g, 0, 0, MIN, 6), null);
  assert.equal(k.step(g, 2, 0, 2 * MIN, 7)?.value, 2);
  assert.deepEqual(k.agreeing(g, 2 * MIN), [0, 2]);
  assert.equal(k.step(g, 0, 0, 3 * MIN, 4), null, 'hysteresis per member');
  assert.equal(k.step(g, 0, 0, 4 * MIN, 2)?.to, 0);
  const n = groupOf(several.parse({ kind: 'several', level: 3, among: 'neighbours', radius: 500, k: 2, tests: [{ stream: 'gas', side: 'above', at: 5 }] }), 3);
  const h = n.init();
  n.step(h, 1, 0, MIN, 9);
  assert.equal(n.step(h, 2, 0, 2 * MIN, 9), null, 'neighbours alone are their own groups');
  assert.equal(n.step(h, 0, 0, 3 * MIN, 9)?.to, 3);
});

test('500 sensors failing in one minute become a short list, whatever the order', () => {
  const make = (i: number): Foldable => ({
    id: `w${String(i).padStart(3, '0')}`,
    rule: 'silent',
    level: 4,
    at: 1e9 + (i % 50) * 1000,
    parent: i < 400 ? `gw${i % 8}` : null,
    area: `d.t${i % 5}`,
  });
  const all = Array.from({ length: 500 }, (_, i) => make(i));
  const a = fold([], [], all);
  assert.equal(a.open.length, 8 + 5);
  assert.equal(
    a.open.reduce((n, s) => n + s.ids.length, 0),
    500,
  );
  assert.equal(new Set(a.open.flatMap((s) => s.ids)).size, 500, 'each under one storm');
  const b = fold([], [], [...all].reverse());
  assert.deepEqual(new Set(b.open.map((s) => `${s.key}=${[...s.ids].sort().join()}`)), new Set(a.open.map((s) => `${s.key}=${[...s.ids].sort().join()}`)));
  const late = fold([{ id: 's1', key: 'parent:gw1', lastAt: 1e9 + 50_000 }], [], [{ ...make(1), id: 'late', at: 1e9 + 90_000 }]);
  assert.deepEqual(late, { join: [{ storm: 's1', ids: ['late'] }], open: [] });
  assert.deepEqual(fold([], [], [make(0), make(1)]).open, [], 'two are no storm');
  const slow = Array.from({ length: 6 }, (_, i) => ({ ...make(i), id: `s${i}`, rule: 'odd', parent: null, area: 'd.t1', at: 1e9 + i * 20 * 60_000 }));
  assert.deepEqual(fold([], [], slow).open, [], 'twenty minutes apart is no storm');
  assert.equal(
    fold(
      [],
      [],
      slow.map((w) => ({ ...w, within: 30 * 60_000 })),
    ).open[0]!.ids.length,
    6,
    'but of a rule that folds over half an hour it is one line',
  );
  assert.equal(fold([], [make(0), make(8)], [make(16)]).open[0]!.ids.length, 3, 'the third calls back the first two');
});

test('each level has its duty: a rule without steps of its own is escalated by its level', () => {
  assert.deepEqual(stepsOf({ escalate: [] }, 1), stepsOf({ escalate: [] }, 2));
  assert.deepEqual(
    stepsOf({ escalate: [] }, 2).map((x) => [x.after, x.to]),
    [
      ['PT5M', 'shift_lead'],
      ['PT15M', 'duty_leader'],
    ],
  );
  assert.deepEqual(
    [3, 4].map((l) => stepsOf({ escalate: [] }, l).map((x) => x.after)),
    [['PT30M'], []],
  );
  assert.deepEqual(stepsOf({ escalate: [{ after: 'PT2M', to: 'shift_lead' }] }, 4), [{ after: 'PT2M', to: 'shift_lead' }], 'its own come first');
});

test('rules with contradictory lines are refused', () => {
  const rule = (c: unknown) =>
    rulePack.safeParse({
      code: 'r1',
      name: { zh: '规则', en: 'rule' },
      on: { kind: 'stream', profile: 'ponding-gauge', stream: 'depth' },
      when: c,
      headline: { zh: '{thing}', en: '{thing}' },
      response: { zh: '到场', en: 'go' },
      sourceRef: '测试',
    });
  assert.ok(
    rule({
      kind: 'threshold',
      side: 'above',
      lines: [
        { level: 4, at: 15, clear: 10 },
        { level: 3, at: 27 },
      ],
    }).success,
  );
  assert.ok(
    !rule({
      kind: 'threshold',
      side: 'above',
      lines: [
        { level: 4, at: 27 },
        { level: 3, at: 15 },
      ],
    }).success,
  );
  assert.ok(!rule({ kind: 'threshold', side: 'above', lines: [{ level: 4, at: 15, clear: 16 }] }).success);
  assert.ok(!rule({ kind: 'silent', level: 4, after: 'PT1H' }).success, 'silence is of a device');
});

const cap: CapInput = {
  identifier: 'w-1',
  sender: 'centre',
  sent: new Date('2026-07-01T00:00:00Z'),
  nature: 'internal',
  realm: 'live',
  msgType: 'Alert',
  references: [],
  category: 'Infra',
  event: '积水',
  level: 2,
  headline: '下穿道积水 <超限> & 上涨',
  description: '说明',
  instruction: '封路',
  senderName: '某中心',
  onset: new Date('2026-07-01T00:00:00Z'),
  expires: null,
  certainty: 'Observed',
  area: { desc: '某路', circle: { lat: 29.5, lon: 106.5, km: 0.2 } },
};
test('CAP-01/02/03/06/10/12/13: well-formed, in order, internal never public, a drill is an exercise', () => {
  const parser = new XMLParser({ ignoreAttributes: false, parseTagValue: false });
  const read = (c: CapInput): unknown => parser.parse(capXml(c)).alert;
  const a = read(cap) as {
    status: string;
    scope: string;
    sent: string;
    code: string;
    info: { severity: string; headline: string; parameter: { valueName: string; value: string }[]; area: { circle: string } };
  };
  assert.deepEqual([a.status, a.scope, a.code, a.sent], ['System', 'Private', 'internal', '2026-07-01T08:00:00+08:00']);
  assert.equal(a.info.headline, cap.headline);
  assert.equal(a.info.severity, 'Severe');
  assert.deepEqual(a.info.parameter[0], { valueName: 'color', value: 'Orange' });
  assert.equal(a.info.area.circle, '29.5,106.5 0.2');
  assert.equal((read({ ...cap, nature: 'official' }) as { status: string }).status, 'Actual');
  assert.equal((read({ ...cap, nature: 'official', realm: 'drill-1' }) as { status: string }).status, 'Exercise');
  assert.throws(() => capXml({ ...cap, identifier: 'a b' }));
  assert.throws(() => capXml({ ...cap, msgType: 'Update' }));
  assert.throws(() =>
    capXml({
      ...cap,
      area: {
        desc: 'x',
        polygon: [
          [1, 1],
          [2, 2],
        ],
      },
    }),
  );
  // Element order of the schema's sequences.
  const order = (xml: string, names: string[]) => {
    const found = names.map((n) => xml.indexOf(`<${n}>`)).filter((i) => i >= 0);
    assert.deepEqual(
      found,
      found.toSorted((x, y) => x - y),
    );
  };
  const xml = capXml({ ...cap, msgType: 'Update', references: [{ sender: 'centre', identifier: 'w-0', sent: cap.sent }] });
  assert.ok(xml.includes('<references>centre,w-0,2026-07-01T08:00:00+08:00</references>'));
  order(xml, ['identifier', 'sender', 'sent', 'status', 'msgType', 'scope', 'addresses', 'code', 'note', 'references', 'info']);
  order(xml, [
    'language',
    'category',
    'event',
    'responseType',
    'urgency',
    'severity',
    'certainty',
    'eventCode',
    'effective',
    'onset',
    'expires',
    'senderName',
    'headline',
    'description',
    'instruction',
    'parameter',
    'area',
    'areaDesc',
    'circle',
  ]);
  const id = capIdentifier('50011341600000', new Date('2026-07-01T00:00:05Z'), 3);
  assert.equal(id, '50011341600000_20260701080005_3');
  assert.equal(id.length, 31);
});
