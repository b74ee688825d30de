// Benchmark of judging and of indicators: readings a second on one core through the rule machines and the engine; values and queries on the database.
import { machineOf } from '#core/warnings/machine.ts';
import { condition, rulePack, type WarningRule } from '#core/warnings/pack.ts';
import { Engine, type Event, type Watched } from '#server/warnings/engine.ts';

const out: Record<string, unknown> = {};
const rounds = Number(process.argv.find((a) => a.startsWith('--millions='))?.slice(11) ?? 5);

/** Best of three: others may use the machine meanwhile. */
function best(name: string, readings: number, run: () => void): void {
  let fastest = Infinity;
  for (let i = 0; i < 3; i++) {
    const t = performance.now();
    run();
    fastest = Math.min(fastest, performance.now() - t);
  }
  out[name] = Math.round(readings / (fastest / 1000));
}
const MIN = 60_000;
const streams = 10_000;
const kinds = {
  threshold: {
    kind: 'threshold',
    side: 'above',
    for: 'PT5M',
    lines: [
      { level: 4, at: 80, clear: 75 },
      { level: 2, at: 90, clear: 85 },
    ],
  },
  rate: { kind: 'rate', side: 'rise', over: 'PT10M', lines: [{ level: 3, at: 60, clear: 20 }] },
  forecast: { kind: 'forecast', side: 'above', horizon: 'PT30M', lines: [{ level: 4, at: 100 }] },
};
const noise = Float64Array.from({ length: 4096 }, (_, i) => 50 + 20 * Math.sin(i / 50) + ((i * 7919) % 101) / 10);
for (const [name, c] of Object.entries(kinds)) {
  const m = machineOf(condition.parse(c) as never);
  const states = Array.from({ length: streams }, () => m.init());
  let t = 0;
  const n = rounds * 1e6;
  best(`machine ${name} readings/s`, n, () => {
    for (let i = 0; i < n;) {
      t += MIN;
      for (let s = 0; s < streams && i < n; s++, i++) m.step(states[s]!, t, noise[(i + s) & 4095]!);
    }
  });
}
const rule = (code: string, when: unknown): WarningRule =>
  rulePack.parse({
    code,
    name: { zh: code, en: code },
    on: { kind: 'stream', profile: 'p', stream: 's' },
    when,
    headline: { zh: 'x', en: 'x' },
    response: { zh: 'x', en: 'x' },
    sourceRef: 'bench',
  });
const watched: Watched[] = Array.from({ length: streams }, (_, i) => ({
  stream: String(i + 1),
  code: 's',
  thing: String(i + 1),
  profile: 'p',
  unit: 'd.t01',
  parent: null,
  intervalMs: MIN,
  lon: null,
  lat: null,
}));
const silent = rulePack.parse({ ...rule('silent-one', kinds.threshold), on: { kind: 'device', profile: 'p' }, when: { kind: 'silent', level: 4, intervals: 3 } });
for (const [name, list] of [
  ['threshold + rate + silent', [rule('threshold-one', kinds.threshold), rule('rate-one', kinds.rate), silent]],
  ['3 thresholds', ['aa', 'bb', 'cc'].map((c) => rule(c, kinds.threshold))],
] as const) {
  const engine = new Engine(
    list.map((r) => ({ rule: r, version: 1 })),
    watched,
  );
  const events: Event[] = [];
  const nodes = watched.map((w) => engine.node(w.stream));
  let t = 0;
  const n = rounds * 1e6;
  best(`engine 10,000 streams x 3 rules (${name}) readings/s`, n, () => {
    events.length = 0;
    for (let i = 0; i < n;) {
      t += MIN;
      for (let s = 0; s < streams && i < n; s++, i++) engine.judge(nodes[s]!, t, noise[(i + s) & 4095]!, events);
    }
  });
  out[`engine changes (${name})`] = events.length;
  const a = performance.now();
  engine.tick(t + MIN, events);
  out[`engine tick ms (${name})`] = Math.round((performance.now() - a) * 10) / 10;
  const b = performance.now();
  let bytes = 0;
  for (const [k, s] of engine.states()) bytes += k.length + JSON.stringify(s).length;
  out[`snapshot ${engine.size} states (${name})`] = { ms: Math.round(performance.now() - b), kilobytes: Math.round(bytes / 1024) };
}
console.log(JSON.stringify(out, null, 2));
