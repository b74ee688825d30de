// How fast what people look at is read, and how that grows: last values, a day of one stream, a year of one stream in hours (issue 4 §2).
// Rollups come from the product's own recomputation of touched hours; a sample of them is compared with the readings.
import { hours, latest, raw, registerThings, signalsOf } from '../server/signals/service.ts';
import { rollHours } from '../server/signals/store.ts';
import { firstStart } from '../server/first-start.ts';
import type { Hub } from '../server/platform/hub.ts';
import { type Options, type Result, measure, openBench, ratio } from './measure.ts';

const STREAMS = 10_000;
/** These have a reading an hour for a year; the others a reading each. */
const FULL = 1000;
const HOURS = 8760;
const DAY = 86_400_000;
const AIM_MS = 100;

/** Hours `from` to `to` of the year for the first `streams` streams, by the product's columns and keys, then their rollups. */
async function fill(hub: Hub, ids: string[], begin: number, from: number, to: number, perHour: number): Promise<number> {
  const [row] = await hub.sql<{ n: number }[]>`with o as (
      insert into observations (stream, at, kind, num, batch)
      select s::bigint, to_timestamp(${begin / 1000}::float8 + h * 3600 + k * ${Math.floor(3600 / perHour)}), 0, 20 + 10 * sin(h * 0.26) + (s::bigint % 7) + k, 0
      from unnest(${ids}::text[]) s, generate_series(${from}::int, ${to - 1}::int) h, generate_series(0, ${perHour - 1}::int) k returning 1) select count(*)::int as n from o`;
  // Some forty thousand hours at a time: a statement has a minute.
  const step = Math.max(1, Math.floor(40_000 / (to - from)));
  for (let i = 0; i < ids.length; i += step) {
    const part = ids.slice(i, i + step);
    await rollHours(
      hub.sql,
      part.flatMap((s) => Array.from({ length: to - from }, () => s)),
      part.flatMap(() => Array.from({ length: to - from }, (_, k) => new Date(begin + (from + k) * 3_600_000))),
    );
  }
  return row!.n;
}

export async function run(o: Options): Promise<{ results: Result[] }> {
  const target = o.rows ?? 10_000_000;
  const hub = await openBench();
  try {
    await firstStart(hub, () => {});
    const list = Array.from({ length: Math.ceil(STREAMS / 6) }, (_, i) => ({ code: `bench-${i}`, name: `压测站 ${i}`, profile: 'air-station', unit: 'demo' }));
    for (let i = 0; i < list.length; i += 500) await hub.command(hub.system('bench'), (work) => registerThings(work, list.slice(i, i + 500), ['']));
    const ids = (
      await hub.sql<{ id: string }[]>`select s.id::text from streams s join things t on t.id = s.thing_id where t.code like 'bench-%' order by s.id limit ${STREAMS}`
    ).map((r) => r.id);
    const begin = Math.floor((Date.now() - 364 * DAY) / DAY) * DAY;
    await signalsOf(hub).ingest.partitions.aheadOf(Array.from({ length: 14 }, (_, m) => new Date(begin + m * 30 * DAY)));
    await hub.sql`insert into stream_heads (stream, at, num, received_at) select s::bigint, now(), 1, now() from unnest(${ids}::text[]) s on conflict do nothing`;
    const full = ids.slice(0, FULL);
    const perHour = Math.max(1, Math.round(target / (FULL * HOURS)));
    const results: Result[] = [];
    let rows = 0;
    let hour = 0;
    const p99: Record<string, number> = {};
    for (const step of [target / 10, target]) {
      o.say(`填充到 ${step} 条 …`);
      while (rows < step && hour < HOURS) {
        const to = Math.min(HOURS, hour + Math.max(24, Math.ceil(200 / perHour)), hour + Math.ceil((step - rows) / (FULL * perHour)));
        rows += await fill(hub, full, begin, hour, to, perHour);
        hour = to;
      }
      await hub.sql`vacuum analyze observations, stream_hours`.simple().catch(() => {});
      await hub.sql`analyze`;
      const year: [string, string] = [new Date(begin).toISOString(), new Date(begin + hour * 3_600_000).toISOString()];
      const any = () => full[Math.floor(Math.random() * FULL)]!;
      const [wrong] = await hub.sql<{ n: number }[]>`select count(*)::int as n from (select stream, date_trunc('hour', at) as hour, count(*) as n, sum(num) as sum from observations
        where stream = any(${full.slice(0, 5)}::bigint[]) group by 1, 2) r full join (select * from stream_hours where stream = any(${full.slice(0, 5)}::bigint[])) h using (stream, hour)
        where h.n is distinct from r.n or abs(h.sum - r.sum) > 1e-6`;
      if (wrong!.n) throw new Error(`${wrong!.n} rollups differ from their readings`);
      const kinds: Record<string, () => Promise<unknown[]>> = {
        'last-10000': () => latest(hub.sql, { scope: ['demo'], realm: 'live', limit: STREAMS }),
        'day-of-one': () => {
          const day = begin + Math.floor((Math.random() * hour) / 24) * DAY;
          return raw(hub.sql, any(), new Date(day).toISOString(), new Date(day + DAY).toISOString(), 5000);
        },
        'year-in-hours': () => hours(hub.sql, any(), year[0], year[1], 'hour', 10_000),
        'year-in-days': () => hours(hub.sql, any(), year[0], year[1], 'day', 1000),
      };
      for (const [name, ask] of Object.entries(kinds)) {
        const sizes = (await ask()).length;
        const m = await measure(1, o.seconds, async () => void (await ask()));
        const small = p99[name];
        p99[name] = m.p99;
        results.push({
          name: `${name}@${rows >= 1e6 ? `${Math.round(rows / 1e6)}M` : `${Math.round(rows / 1000)}k`}`,
          value: m.p99,
          unit: '毫秒（p99）',
          limit: AIM_MS,
          ratio: ratio(m.p99, AIM_MS),
          p50: m.p50,
          p99: m.p99,
          note: `每次 ${sizes} 行${small === undefined ? '' : `；数据十倍时为 ${ratio(m.p99, small)} 倍`}；limit 为目标值`,
        });
        o.say(`${results.at(-1)!.name}: p50 ${m.p50} ms p99 ${m.p99} ms，${sizes} 行`);
      }
    }
    return { results };
  } finally {
    await hub.close();
  }
}
