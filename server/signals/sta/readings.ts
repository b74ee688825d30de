// Readings that come as Observations: what they mean for the hub's key of stream and instant, and storing them by the one door.
import type { Input } from '#core/signals/sta/body.ts';
import { StaFault, bad } from '#core/signals/sta/fault.ts';
import { parseStored } from '#core/signals/sta/json.ts';
import { formatInstant, type Interval, type Micros } from '#core/signals/sta/time.ts';
import { valueOf } from '#core/signals/careful.ts';
import { Columns, type Kind } from '#core/signals/columns.ts';
import type { Sql, Tx } from '../../platform/db.ts';
import type { Hub } from '../../platform/hub.ts';
import { putAside, timeFault } from '../ingest.ts';
import { type Signals, signalsOf } from '../service.ts';
import { giveIds } from './render.ts';
import { array } from './tables.ts';
import { observationId } from '#core/signals/sta/ids.ts';

/** A reading ready to be stored. */
export interface Draft {
  stream: string;
  /** Whether several readings of one instant are all kept. */
  all: boolean;
  /** Start of the phenomenon time. */
  at: Micros;
  kind: Kind;
  num: number | null;
  txt: string | null;
  ended: Micros | null;
  resultAt: Micros | null;
  valid: Interval | null;
  /** Only where it is not the stream's. */
  foi: string | null;
  data: Record<string, unknown>;
}
export interface Kept {
  stream: string;
  at: Micros;
  id: string;
  /** It was there already with the same value. */
  duplicate: boolean;
}

/** Values of an Observation as a draft; throws a 400 with the pointer for a result that cannot be kept. */
export function draftOf(input: Input, stream: { id: string; all: boolean }, now: Micros, foi: string | null): Draft {
  const v = valueOf(input.values.get('result') ?? null);
  if (typeof v === 'string') throw bad(v, `${input.at}/result`);
  const time = input.values.get('phenomenonTime') as { from: Micros; to: Micros | null } | undefined;
  const data: Record<string, unknown> = {};
  for (const name of ['resultQuality', 'parameters']) {
    const x = input.values.get(name);
    if (x !== undefined && x !== null) data[name] = x;
  }
  return {
    stream: stream.id,
    all: stream.all,
    at: time?.from ?? now,
    kind: v.kind,
    num: v.kind === 0 || v.kind === 2 ? v.num : null,
    txt: v.text,
    ended: time?.to ?? null,
    resultAt: (input.values.get('resultTime') as Micros | undefined) ?? null,
    valid: (input.values.get('validTime') as Interval | undefined) ?? null,
    foi,
    data,
  };
}

/** Readings on their way in this process, so that two of one instant do not take the same key. */
const flying = new WeakMap<Hub, Set<string>>();

/** Refuses an impossible time: it goes to quarantine with its reason, and the sender is told (F-16). */
export async function checkTimes(hub: Hub, drafts: readonly Draft[], now: Micros, source: string): Promise<(string | undefined)[]> {
  const faults = drafts.map((d) => timeFault(Number(d.at) / 1000, Number(now) / 1000, hub.config.retentionDays));
  const aside = drafts.flatMap((d, i) =>
    faults[i]
      ? [
          {
            stream: d.stream,
            reading: { at: formatInstant(d.at), kind: d.kind, num: d.num, txt: d.txt, quality: 0, value: d.kind === 3 ? parseStored(d.txt!) : (d.txt ?? d.num) },
            reason: faults[i]!,
            source,
          },
        ]
      : [],
  );
  if (aside.length) await putAside(hub, aside);
  return faults;
}

const plain = (d: Draft): boolean => d.ended === null && d.resultAt === null && !d.valid && d.foi === null && !Object.keys(d.data).length;
const keyOf = (d: { stream: string; at: Micros }): string => `${d.stream}/${d.at}`;

/** The process's registry of streams must know the stream before its first reading. */
export async function knownStreams(signals: Signals, streams: Iterable<string>): Promise<void> {
  for (const id of streams)
    if (!signals.registry.find(id)) {
      await signals.registry.refresh();
      return;
    }
}

/** Stores one reading: by the door where the reading is only a value at an instant, else with what belongs to it in one transaction. */
export async function keepOne(hub: Hub, d: Draft): Promise<Kept> {
  const signals = signalsOf(hub);
  let way = flying.get(hub);
  if (!way) flying.set(hub, (way = new Set()));
  const key = keyOf(d);
  if (plain(d) && !way.has(key)) {
    way.add(key);
    try {
      const [there] = d.all
        ? await hub.sql`select 1 from observations where stream = ${d.stream} and at = ${formatInstant(d.at)}::text::timestamptz union all select 1 from observation_extras where stream = ${d.stream} and at = ${formatInstant(d.at)}::text::timestamptz`
        : [];
      if (!there) {
        await knownStreams(signals, [d.stream]);
        const index = signals.registry.find(d.stream)?.index;
        if (index === undefined) throw new StaFault(404, `没有 Datastreams(${d.stream})`);
        const columns = new Columns(1);
        const v = valued(signals, d);
        columns.push(index, Number(d.at) / 1000, d.kind, v.num ?? Number.NaN, v.txt, v.quality);
        const r = await signals.ingest.submit(columns);
        if (r.conflicts) throw new StaFault(409, '同一时刻已有不同的值，已放入隔离区');
        return (await named(hub, [{ stream: d.stream, at: d.at, duplicate: r.duplicates > 0 }]))[0]!;
      }
    } finally {
      way.delete(key);
    }
  }
  const { kept, announce } = await hub.sql.begin(async (tx) => keepIn(hub, tx as unknown as Tx, [d]));
  announce();
  const [one] = kept;
  if (one instanceof StaFault) throw one;
  return one!;
}

/** The value as it is stored: corrected by the calibration that holds at its instant, flagged when it cannot be. As for readings of every way in. */
function valued(signals: Signals, d: Draft): { num: number | null; txt: string | null; quality: number } {
  const { registry } = signals;
  const index = registry.find(d.stream)?.index;
  if (index === undefined || d.kind !== 0 || d.num === null) return { num: d.num, txt: d.txt, quality: 0 };
  const fix = registry.calibrations.get(index)?.findLast((k) => k.at <= Number(d.at) / 1000);
  const num = fix ? d.num * fix.gain + fix.bias : d.num;
  const quality = num < registry.min[index]! || num > registry.max[index]! ? 2 : fix ? 1 : 0;
  return { num, txt: fix ? null : d.txt, quality };
}

async function named(db: { sql: Sql }, list: { stream: string; at: Micros; duplicate: boolean }[]): Promise<Kept[]> {
  const found = list.map((k) => ({ ...k, id: observationId(BigInt(k.stream), k.at)?.toString() ?? '' }));
  // A reading that was moved once has its own identifier; so has one that no formula names.
  const rows = await db.sql<{ stream: string; at: string; id: string }[]>`
    select x.stream::text, ((extract(epoch from x.at) * 1000000)::bigint)::text as at, x.id::text from observation_extras x
    join unnest(${array(list.map((k) => k.stream))}::text::bigint[], ${array(list.map((k) => k.at.toString()))}::text::bigint[]) k (s, u) on x.stream = k.s and x.at = timestamptz 'epoch' + k.u * interval '1 microsecond'
    where x.id is not null`;
  const own = new Map(rows.map((r) => [`${r.stream}/${r.at}`, r.id]));
  for (const k of found) k.id = own.get(keyOf(k)) ?? k.id;
  const nameless = found.filter((k) => !k.id);
  if (nameless.length) {
    const ids = await giveIds(
      db,
      nameless.map((k) => ({ stream: k.stream, at: k.at.toString() })),
    );
    for (const k of nameless) k.id = ids.get(keyOf(k))!;
  }
  return found;
}

/**
 * Stores readings in the caller's transaction with everything that belongs to them and the note that followers read; call `announce`
 * after the commit. Several of one instant get keys some microseconds apart where the stream keeps all.
 */
export async function keepIn(hub: Hub, tx: Tx, drafts: readonly Draft[]): Promise<{ kept: (Kept | StaFault)[]; announce(): void }> {
  const signals = signalsOf(hub);
  const sql = tx as unknown as Sql;
  if (!drafts.length) return { kept: [], announce: () => {} };
  const months = new Columns(drafts.length);
  for (const d of drafts) months.push(0, Number(d.at) / 1000, 4, Number.NaN, null, 0);
  await signals.ingest.partitions.cover(months);
  // A key that is taken, here or by a reading to come, is passed over.
  const taken = new Set<string>();
  const many = drafts.filter((d) => d.all);
  if (many.length)
    for (const r of await sql<{ stream: string; at: string }[]>`
      select stream::text, ((extract(epoch from at) * 1000000)::bigint)::text as at from (
        select o.stream, o.at from (select distinct s, u from unnest(${array(many.map((d) => d.stream))}::text::bigint[], ${array(many.map((d) => d.at.toString()))}::text::bigint[]) k (s, u)) k
          cross join lateral (select stream, at from observations o where o.stream = k.s and o.at >= timestamptz 'epoch' + k.u * interval '1 microsecond' and o.at < timestamptz 'epoch' + (k.u + 1000) * interval '1 microsecond'
            union all select stream, at from observation_extras o where o.stream = k.s and o.at >= timestamptz 'epoch' + k.u * interval '1 microsecond' and o.at < timestamptz 'epoch' + (k.u + 1000) * interval '1 microsecond') o) x`)
      taken.add(`${r.stream}/${r.at}`);
  const way = flying.get(hub);
  const batch = (await sql<{ id: string }[]>`select nextval('ingest_batch_ids')::text as id`)[0]!.id;
  const kept: (Kept | StaFault | undefined)[] = drafts.map(() => undefined);
  const places = drafts.map((d, i) => {
    let at = d.at;
    if (d.all) {
      for (; taken.has(`${d.stream}/${at}`) || way?.has(`${d.stream}/${at}`); at++)
        if (at >= d.at + 999n) {
          kept[i] = new StaFault(409, '同一毫秒的读数过多');
          break;
        }
      taken.add(`${d.stream}/${at}`);
    }
    return at;
  });
  await knownStreams(signals, new Set(drafts.map((d) => d.stream)));
  const rows = drafts.map((d, i) => ({ n: i, d, v: valued(signals, d), at: places[i]! })).filter((r) => !kept[r.n]);
  const added = new Set(
    (
      await sql<{ n: number }[]>`
      with new as (
        select * from unnest(${array(rows.map((r) => String(r.n)))}::text::int[], ${array(rows.map((r) => r.d.stream))}::text::bigint[], ${array(rows.map((r) => r.at.toString()))}::text::bigint[],
          ${array(rows.map((r) => String(r.d.kind)))}::text::smallint[], ${rows.map((r) => r.v.num)}::float8[], ${rows.map((r) => r.v.txt)}::text[], ${array(rows.map((r) => String(r.v.quality)))}::text::smallint[]) as n (n, stream, us, kind, num, txt, quality)),
      first as (select distinct on (stream, us) * from new order by stream, us, n),
      stored as (insert into observations (stream, at, kind, num, txt, quality, batch)
        select stream, timestamptz 'epoch' + us * interval '1 microsecond', kind, num, txt, quality, ${batch}::text::bigint from first on conflict do nothing returning stream, at)
      select f.n from first f join stored s on s.stream = f.stream and s.at = timestamptz 'epoch' + f.us * interval '1 microsecond'`
    ).map((r) => r.n),
  );
  for (const r of rows) {
    if (added.has(r.n)) continue;
    const [same] = await sql<{ same: boolean }[]>`select (kind, num, txt) is not distinct from (${r.d.kind}::smallint, ${r.v.num}::float8, ${r.v.txt}::text) as same
      from observations where stream = ${r.d.stream} and at = timestamptz 'epoch' + ${r.at.toString()}::text::bigint * interval '1 microsecond'`;
    // Somebody else took the key between looking and storing.
    if (!same || (r.d.all && same)) kept[r.n] = new StaFault(503, '请重发', undefined, 1);
    else if (!same.same) kept[r.n] = new StaFault(409, '同一时刻已有不同的值');
  }
  const fresh = rows.filter((r) => added.has(r.n));
  const more = fresh.filter((r) => !plain(r.d) || r.at !== r.d.at);
  if (more.length) await keepExtras(sql, more);
  const touched = [...new Map(fresh.map((r) => [`${r.d.stream}/${r.at / 3_600_000_000n}`, r])).values()];
  if (touched.length)
    await sql`insert into ingest_batches (id, readings, streams, hours)
      select ${batch}::text::bigint, ${fresh.length}, ${array(touched.map((r) => r.d.stream))}::text::bigint[], array(select date_trunc('hour', timestamptz 'epoch' + u * interval '1 microsecond') from unnest(${array(touched.map((r) => r.at.toString()))}::text::bigint[]) with ordinality as h (u, n) order by n)`;
  const good = rows.filter((r) => !kept[r.n]);
  const ids = await named(
    { sql },
    good.map((r) => ({ stream: r.d.stream, at: r.at, duplicate: !added.has(r.n) })),
  );
  good.forEach((r, i) => (kept[r.n] = ids[i]!));
  return {
    kept: kept as (Kept | StaFault)[],
    announce() {
      const columns = new Columns(fresh.length || 1);
      for (const r of fresh) {
        const index = signals.registry.find(r.d.stream)?.index;
        if (index !== undefined) columns.push(index, Number(r.at) / 1000, r.d.kind, r.v.num ?? Number.NaN, r.v.txt, r.v.quality);
      }
      if (columns.n) signals.ingest.announce([columns]);
    },
  };
}

const stamp = (us: Micros | null | undefined): string | null => (us === null || us === undefined ? null : formatInstant(us));
async function keepExtras(sql: Sql, rows: { d: Draft; at: Micros }[]): Promise<void> {
  await sql`insert into observation_extras (stream, at, began, ended, result_at, valid_from, valid_to, foi_id, data)
    select s, timestamptz 'epoch' + u * interval '1 microsecond', b::timestamptz, e::timestamptz, r::timestamptz, f::timestamptz, t::timestamptz, i::bigint, d::jsonb
    from unnest(${array(rows.map((r) => r.d.stream))}::text::bigint[], ${array(rows.map((r) => r.at.toString()))}::text::bigint[], ${rows.map((r) => (r.at === r.d.at ? null : formatInstant(r.d.at)))}::text[],
      ${rows.map((r) => stamp(r.d.ended))}::text[], ${rows.map((r) => stamp(r.d.resultAt))}::text[], ${rows.map((r) => stamp(r.d.valid?.from))}::text[], ${rows.map((r) => stamp(r.d.valid?.to))}::text[],
      ${rows.map((r) => r.d.foi)}::text[], ${rows.map((r) => JSON.stringify(r.d.data))}::text[]) as x (s, u, b, e, r, f, t, i, d)
    on conflict (stream, at) do update set began = excluded.began, ended = excluded.ended, result_at = excluded.result_at, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
      foi_id = excluded.foi_id, data = excluded.data`;
}
