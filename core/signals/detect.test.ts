// The detector: causal, restorable, bounded, sane on hostile input, and right about plain events on plain streams.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Detector, createDetector } from './detect.ts';

const MIN = 60_000;
/** Seeded noise: uniform and normal. */
function noise(seed: number): { u(): number; n(): number } {
  let a = seed >>> 0;
  const u = () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return { u, n: () => Math.sqrt(-2 * Math.log(1 - u())) * Math.cos(2 * Math.PI * u()) };
}
type Row = [t: number, v: number | null];
const run = (rows: Row[], d: Detector = createDetector()): number[] => rows.map(([t, v]) => d.push(t, v));
const T0 = Date.UTC(2014, 3, 1);
const stream = (n: number, f: (i: number, hour: number) => number | null, step = 5 * MIN): Row[] =>
  Array.from({ length: n }, (_, i) => [T0 + i * step, f(i, (((T0 + i * step) / 3_600_000) % 24) as number)]);
const alarms = (scores: number[]): number[] => scores.flatMap((s, i) => (s >= 0.5 ? [i] : []));

/** A stream with a day, noise, gaps, nulls, a peak and a shift: everything that moves the state. */
function lively(seed: number, n = 3000): Row[] {
  const r = noise(seed);
  const rows = stream(n, (i, h) => (r.u() < 0.02 ? null : 20 + 5 * Math.cos((h / 12) * Math.PI) + r.n() + (i === 1500 ? 40 : 0) + (i > 2200 ? 12 : 0)));
  return rows.filter((_, i) => i < 800 || i > 860);
}

test('a score depends on nothing that comes later', () => {
  const rows = lively(1);
  const all = run(rows);
  for (const cut of [1, 2, 61, 500, 1501, 2199]) assert.deepEqual(run(rows.slice(0, cut)), all.slice(0, cut));
  // Another future does not change the past either.
  assert.deepEqual(run([...rows.slice(0, 1000), ...stream(500, () => 1e9)]).slice(0, 1000), all.slice(0, 1000));
});

test('a restored detector goes on as if it had never stopped, at any row', () => {
  const rows = lively(2);
  const all = run(rows);
  for (const cut of [0, 1, 7, 100, 1502, 2300]) {
    const first = createDetector();
    run(rows.slice(0, cut), first);
    const saved = JSON.stringify(first.state());
    const second = createDetector();
    run(lively(9, 400), second);
    second.restore(JSON.parse(saved));
    assert.deepEqual(run(rows.slice(cut), second), all.slice(cut), `cut ${cut}`);
  }
});

test('a state of another form is refused and changes nothing', () => {
  const d = createDetector();
  run(lively(3, 500), d);
  const before = JSON.stringify(d.state());
  for (const wrong of [null, undefined, 0, 'x', [], {}, { version: 99 }, { version: 2 }, { version: 2, s: {}, m: '', w: [] }]) assert.throws(() => d.restore(wrong), /state/);
  assert.equal(JSON.stringify(d.state()), before);
});

test('memory does not grow: the state is as large after 200,000 readings as after 2,000', () => {
  const d = createDetector();
  const r = noise(4);
  const size = () => JSON.stringify(d.state()).length;
  for (let i = 0; i < 2000; i++) d.push(T0 + i * MIN, r.n());
  const early = size();
  for (let i = 2000; i < 200_000; i++) d.push(T0 + i * MIN, r.n());
  assert.ok(size() < early * 1.05, `${early} → ${size()}`);
  assert.ok(size() < 40_000, String(size()));
});

test('whatever comes in, a number from 0 to 1 goes out, and the stream is usable afterwards', () => {
  const hostile: (number | null)[] = [null, NaN, Infinity, -Infinity, 1e308, -1e308, 5e-324, 0, -0, Number.MAX_SAFE_INTEGER, 1e-300];
  const r = noise(5);
  for (let k = 0; k < 60; k++) {
    const d = createDetector();
    let t = T0;
    for (let i = 0; i < 1500; i++) {
      t += (r.u() < 0.1 ? -1 : r.u() < 0.1 ? 0 : 1) * MIN * (r.u() < 0.01 ? 1e6 : 1);
      const at = r.u() < 0.005 ? [NaN, Infinity, -Infinity, 0, -1e15, 8.64e15][Math.floor(r.u() * 6)]! : t;
      const v = r.u() < [0.5, 0.02][k % 2]! ? hostile[Math.floor(r.u() * hostile.length)]! : k % 3 ? r.n() : 7;
      const s = d.push(at, v);
      assert.ok(s >= 0 && s <= 1, `${s} for ${v} at ${at}`);
    }
    assert.ok(!JSON.stringify(d.state()).includes('null'), 'no NaN in the state');
  }
  for (const constant of [0, 1, -5, 1e12, 1e-12]) assert.deepEqual(alarms(run(stream(3000, () => constant))), []);
  assert.deepEqual(alarms(run(stream(3000, () => null))), []);
});

test('missing values score 0, and a missing stretch is no reason to warn when readings come back', () => {
  const r = noise(6);
  const rows = stream(6000, (i, h) => (i > 4000 && i < 4300 ? null : 50 + 10 * Math.cos((h / 12) * Math.PI) + r.n()));
  const scores = run(rows);
  for (let i = 0; i < rows.length; i++) if (rows[i]![1] === null) assert.equal(scores[i], 0);
  assert.deepEqual(alarms(scores.slice(4000)), []);
  assert.deepEqual(alarms(run(rows.filter((x) => x[1] !== null)).slice(4000)), []);
});

/** Share of twenty seeds in which an alarm falls into [from, to], and alarms per thousand rows before it. */
function found(from: number, to: number, make: (seed: number) => Row[]): { share: number; noisePerThousand: number } {
  let hit = 0;
  let noisy = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const a = alarms(run(make(seed)));
    if (a.some((i) => i >= from && i <= to)) hit++;
    noisy += a.filter((i) => i < from).length;
  }
  return { share: hit / 20, noisePerThousand: (noisy / 20 / from) * 1000 };
}
/** `noise`: a stream that jumps every day is not known before its second day. */
const cases: Record<string, { to: number; noise?: number; make: (seed: number) => Row[] }> = {
  'a peak': { to: 3000, make: (s) => ((r) => stream(3400, (i) => 40 + r.n() + (i === 3000 ? 15 : 0)))(noise(s)) },
  'a shift of the level': { to: 3040, make: (s) => ((r) => stream(3400, (i) => 40 + r.n() + (i >= 3000 ? 7 : 0)))(noise(s)) },
  'a slow drift': { to: 3600, make: (s) => ((r) => stream(3700, (i) => 40 + r.n() + Math.max(0, (i - 3000) / 50)))(noise(s)) },
  'a stuck sensor': { to: 3060, make: (s) => ((r) => ((v) => v.map(([t, x], i): Row => [t, i >= 3000 && i < 3100 ? v[3000]![1] : x]))(stream(3400, () => 40 + r.n())))(noise(s)) },
  'wild swings': { to: 3060, make: (s) => ((r) => stream(3400, (i) => 40 + r.n() * (i >= 3000 && i < 3100 ? 5 : 1)))(noise(s)) },
  'a day without its hill': { to: 3120, noise: 1.2, make: (s) => ((r) => stream(3400, (i, h) => (h >= 10 && h < 20 && !(i >= 2990 && i < 3170) ? 60 : 20) + r.n()))(noise(s)) },
  'a lost beat': { to: 3200, make: (s) => ((r) => stream(3400, (i) => 10 * Math.sin((2 * Math.PI * i) / (i >= 3000 && i < 3200 ? 23 : 50)) + 0.5 * r.n(), 1000))(noise(s)) },
};
for (const [name, { to, noise: most = 0.9, make }] of Object.entries(cases))
  test(`${name} is found at 0.5, and seldom anything before it`, () => {
    const { share, noisePerThousand } = found(3000, to, make);
    assert.ok(share >= 0.9, `found in ${share * 100} %`);
    assert.ok(noisePerThousand <= most, `${noisePerThousand} false alarms per thousand`);
  });

test('a lasting shift warns a few times at most, and peaks are told from the new level', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const r = noise(seed);
    const a = alarms(run(stream(6000, (i) => 40 + r.n() + (i >= 3000 ? 10 : 0) + (i === 5000 ? 20 : 0))));
    assert.ok(a.filter((i) => i >= 3000 && i < 5000).length <= 6, String(a));
    assert.ok(a.includes(5000), String(a));
  }
});

test('ordinary streams of every kind stay nearly silent', () => {
  const kinds: Record<string, (r: ReturnType<typeof noise>) => (i: number, h: number) => number> = {
    normal: (r) => () => r.n(),
    lognormal: (r) => () => Math.exp(r.n()),
    heavy: (r) => () => r.n() / Math.sqrt((r.n() ** 2 + r.n() ** 2 + r.n() ** 2) / 3),
    counts: (r) => () => Math.floor(-Math.log(1 - r.u()) * 0.7),
    onOff: (r) => {
      let on = 0;
      return () => (on = r.u() < 0.05 ? 1 - on : on);
    },
    square: (r) => (_, h) => (h >= 9 && h < 18 ? 80 : 20) + r.n(),
    wander: (r) => {
      let x = 0;
      return () => (x += r.n());
    },
    counter: (r) => {
      let x = 0;
      return () => (x += r.u());
    },
  };
  let rows = 0;
  let total = 0;
  for (const [name, kind] of Object.entries(kinds)) {
    let n = 0;
    for (let seed = 1; seed <= 6; seed++) n += alarms(run(stream(5000, kind(noise(seed * 77))))).length;
    assert.ok(n / 30 <= 1.5, `${name}: ${n / 30} per thousand`);
    rows += 30;
    total += n;
  }
  assert.ok(total / rows <= 0.7, `${total / rows} per thousand`);
});
