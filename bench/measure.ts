// What every benchmark uses: a durable centre of its own in a scratch folder, clients at work for some seconds, percentiles.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '#server/platform/config.ts';
import type { Hub } from '#server/platform/hub.ts';
import { openInstance } from '#server/platform/instance.ts';

export interface Options {
  /** How long each measured stretch lasts. */
  seconds: number;
  /** How many rows stand in the table, for benches that grow (`--rows 100M`). */
  rows?: number | undefined;
  /** Only these results, where a bench has several. */
  only?: string[] | undefined;
  say(text: string): void;
}
export interface Result {
  name: string;
  value: number;
  unit: string;
  /** What the same machine did in the same run without our work: the yardstick of `ratio`. */
  limit?: number;
  ratio?: number;
  p50?: number;
  p99?: number;
  note?: string;
}

/** A migrated, empty centre whose commits reach the disk (fsync on), gone at close. */
export async function openBench(): Promise<Hub> {
  const dataDir = mkdtempSync(join(tmpdir(), 'chengshu-bench-'));
  const hub = await openInstance(
    readConfig({ ...(process.env.DATABASE_URL ? { DATABASE_URL: process.env.DATABASE_URL } : {}), DATA_DIR: dataDir, PORT: '0', MQTT_PORT: '0', LOG: 'silent' }),
  );
  const [setting] = await hub.sql<{ fsync: string; commit: string }[]>`select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit`;
  if (setting!.fsync !== 'on' || setting!.commit === 'off') throw new Error('a benchmark of commits needs fsync and synchronous_commit');
  const close = hub.close;
  hub.close = async () => {
    await close();
    rmSync(dataDir, { recursive: true, force: true });
  };
  return hub;
}

export interface Measured {
  count: number;
  seconds: number;
  /** Per second. */
  rate: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
}
const round = (n: number, digits = 2): number => Number(n.toFixed(digits));

/** `clients` at once do `act` again and again for `seconds`; each call is one measured act. */
export async function measure(clients: number, seconds: number, act: (client: number, n: number) => Promise<void>): Promise<Measured> {
  const times: number[] = [];
  const start = performance.now();
  const until = start + seconds * 1000;
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      for (let n = 0; performance.now() < until; n++) {
        const from = performance.now();
        await act(client, n);
        times.push(performance.now() - from);
      }
    }),
  );
  const took = (performance.now() - start) / 1000;
  times.sort((a, b) => a - b);
  const at = (q: number) => round(times[Math.min(times.length - 1, Math.floor(times.length * q))] ?? 0);
  return { count: times.length, seconds: round(took), rate: round(times.length / took, 1), p50: at(0.5), p99: at(0.99) };
}

/** Several stretches of the same measurement as one (percentiles of the worst stretch). */
export const joined = (parts: Measured[]): Measured => {
  const count = parts.reduce((a, p) => a + p.count, 0);
  const seconds = round(parts.reduce((a, p) => a + p.seconds, 0));
  return { count, seconds, rate: round(count / seconds, 1), p50: Math.max(...parts.map((p) => p.p50)), p99: Math.max(...parts.map((p) => p.p99)) };
};
export const ratio = (value: number, limit: number): number => round(value / limit, 3);
