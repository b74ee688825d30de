// The detector on one core: readings a second and bytes a stream; then its scores beside plain detectors on made series that were not used to make it.
import { createDetector } from '#core/signals/detect.ts';
import { baselines } from './detect/baselines.ts';
import { KEPT_SEEDS, type Card, corpus, report } from './detect/run.ts';
import type { Series } from './detect/series.ts';
import type { Options, Result } from './measure.ts';

const round = (n: number, digits = 1): number => Number(n.toFixed(digits));
/** What the requirement asks for. */
const ASKED = 200_000;
const STREAMS = 500;

/** Readings of many streams in turn, as they arrive in a centre: the memory of each is cold when its reading comes. */
function speed(series: Series[], seconds: number): { rate: number; p50: number; p99: number; readings: number } {
  const detectors = Array.from({ length: STREAMS }, () => createDetector());
  const times: number[] = [];
  let readings = 0;
  const began = performance.now();
  const cpu = process.cpuUsage();
  for (let i = 0; performance.now() - began < seconds * 1000; i++) {
    const from = performance.now();
    for (let k = 0; k < STREAMS; k++) {
      const s = series[k % series.length]!;
      detectors[k]!.push(s.t[0]! + i * 300_000, s.v[i % s.v.length]!);
    }
    times.push((performance.now() - from) / STREAMS);
    readings += STREAMS;
  }
  // Of the processor's time, so that others on the machine do not count; one thread, so at most one core.
  const { user, system } = process.cpuUsage(cpu);
  const rate = (1e6 * readings) / (user + system);
  times.sort((a, b) => a - b);
  return { rate, readings, p50: times[Math.floor(times.length / 2)]!, p99: times[Math.floor(times.length * 0.99)]! };
}

/** Live memory of one more detector, after a collection where the runtime allows one. */
function bytes(): number {
  const gc = (globalThis as { gc?: () => void }).gc;
  gc?.();
  const before = process.memoryUsage();
  const many = Array.from({ length: 2000 }, () => createDetector());
  for (const d of many) for (let i = 0; i < 5; i++) d.push(i * 60_000, i % 3);
  gc?.();
  const after = process.memoryUsage();
  return (after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / many.length;
}

export async function run({ seconds, say }: Options): Promise<{ results: Result[] }> {
  const results: Result[] = [];
  const memory = bytes();
  results.push({ name: 'memory-per-stream', value: round(memory / 1024), unit: 'KiB', note: '含对象与数组；上限固定，不随读数增长' });
  const series = corpus('all', KEPT_SEEDS, 1);
  speed(series, Math.min(2, seconds));
  const s = speed(series, seconds);
  results.push({
    name: 'readings',
    value: Math.round(s.rate),
    unit: '条/秒/核',
    limit: ASKED,
    ratio: round(s.rate / ASKED, 2),
    p50: round(s.p50, 5),
    p99: round(s.p99, 5),
    note: `${STREAMS} 条流轮流，上限为要求值`,
  });
  const line = (c: Card): string =>
    `NAB 标准 ${round(c.nab)}（最优阈值 ${round(c.nabBest)}）、少误报 ${round(c.lowFP)}（${round(c.lowFPBest)}）、少漏报 ${round(c.lowFN)}（${round(c.lowFNBest)}）；` +
    `事件 F1 ${round(c.f1)}（${round(c.f1Best)}），查准 ${round(c.precision)}，查全 ${round(c.recall)}，每千条误报 ${round(c.falsePerThousand, 2)}`;
  for (const [part, which, from] of [
    ['new-seeds', 'tuned', KEPT_SEEDS],
    ['kept-families', 'kept', KEPT_SEEDS],
  ] as const) {
    const list = corpus(which, from, which === 'kept' ? 6 : 3);
    const all = { detector: createDetector, ...baselines };
    for (const [name, make] of Object.entries(all)) {
      say(`${part} ${name}`);
      const { total } = report(make, list);
      results.push({ name: `${part}/${name}`, value: round(total.nab), unit: '分 @0.5', note: line(total) });
    }
  }
  return { results };
}
