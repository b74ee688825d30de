// Corrections of stored readings: another value, another instant, gone. Rollups and last values follow; the fact keeps what was before.
import type { Input } from '#core/signals/sta/body.ts';
import { StaFault, bad } from '#core/signals/sta/fault.ts';
import { observationId } from '#core/signals/sta/ids.ts';
import { formatInstant, type Interval, type Micros } from '#core/signals/sta/time.ts';
import { valueOf } from '#core/signals/careful.ts';
import { Columns } from '#core/signals/columns.ts';
import { timeFault } from '../ingest.ts';
import { signalsOf } from '../service.ts';
import { covers } from './caller.ts';
import { type Change, featureFor, note, placeOf, seen } from './create.ts';
import type { Row } from './fetch.ts';
import { array } from './tables.ts';

interface Stored {
  kind: number;
  num: number | null;
  txt: string | null;
  quality: number;
  began: string | null;
  ended: string | null;
  resultAt: string | null;
  validFrom: string | null;
  validTo: string | null;
  foi: string | null;
  data: string;
}
const at = (us: bigint | string): string => formatInstant(BigInt(us));

/** Changes one reading; its identifier stays even when it moves to another instant or stream. */
export async function changeReading(c: Change, row: Row, input: Input, replace: boolean): Promise<void> {
  const stream = row.keys.stream!;
  const was = BigInt(row.at!);
  const { unit } = (await seen(c, 'Observation', row.id!)) ?? {};
  if (!unit || !covers(c.caller.write, unit)) throw new StaFault(403, '需要权限：signal.write');
  const [old] = await c.sql<
    Stored[]
  >`select o.kind, o.num, o.txt, o.quality, x.began::text, x.ended::text, x.result_at::text as "resultAt", x.valid_from::text as "validFrom", x.valid_to::text as "validTo", x.foi_id::text as foi, coalesce(x.data, '{}')::text as data
    from observations o left join observation_extras x on x.stream = o.stream and x.at = o.at where o.stream = ${stream} and o.at = ${at(was)}::text::timestamptz for update of o`;
  if (!old) throw new StaFault(404, `没有 Observations(${row.id})`);
  const next = { ...old };
  const has = (name: string) => input.values.has(name) || replace;
  const get = (name: string) => input.values.get(name);
  if (has('result') && input.values.has('result')) {
    const v = valueOf(get('result') ?? null);
    if (typeof v === 'string') throw bad(v, '/result');
    Object.assign(next, { kind: v.kind, num: v.kind === 0 || v.kind === 2 ? v.num : null, txt: v.text, quality: 1 });
  }
  if (has('resultTime')) next.resultAt = get('resultTime') ? at(get('resultTime') as Micros) : null;
  if (has('validTime')) {
    const v = get('validTime') as Interval | undefined | null;
    next.validFrom = v ? at(v.from) : null;
    next.validTo = v ? at(v.to) : null;
  }
  const data = JSON.parse(old.data) as Record<string, unknown>;
  for (const name of ['resultQuality', 'parameters'])
    if (has(name)) {
      const v = get(name);
      if (v === undefined || v === null) delete data[name];
      else data[name] = v;
    }
  next.data = JSON.stringify(data);

  const asked = get('phenomenonTime') as { from: Micros; to: Micros | null } | undefined | null;
  const place = await placeOf(c, input.links.get('Datastream')?.[0]?.id ?? stream, '');
  const foi = input.links.get('FeatureOfInterest')?.[0]?.id;
  if (foi) {
    if (!(await seen(c, 'FeatureOfInterest', foi))) throw bad(`没有 FeaturesOfInterest(${foi})`, '/FeatureOfInterest');
    next.foi = await featureFor(c, place, foi, '');
  } else if (place.id !== stream && next.foi === null) next.foi = row.keys.foi_id === place.foi ? null : (row.keys.foi_id ?? null);
  let now = was;
  const start = old.began === null ? was : undefined;
  if (asked) {
    const fault = timeFault(Number(asked.from) / 1000, Number(c.now) / 1000, c.work.hub.config.retentionDays);
    if (fault) throw bad(fault, '/phenomenonTime');
    next.ended = asked.to === null ? null : at(asked.to);
    if (asked.from !== start || place.id !== stream) {
      now = await free(c, place.id, place.all, asked.from, stream, was);
      next.began = now === asked.from ? null : at(asked.from);
    }
  } else if (place.id !== stream) now = await free(c, place.id, place.all, was, stream, was);
  await write(c, row, { stream, at: was }, { stream: place.id, at: now }, next);
  note(
    c,
    'Observation',
    row.id!,
    'changed',
    { stream, at: at(was), before: { kind: old.kind, num: old.num, txt: old.txt }, after: { stream: place.id, at: at(now), kind: next.kind, num: next.num, txt: next.txt } },
    unit,
  );
  c.touched.push({ entity: 'Observation', id: row.id!, how: 'changed', names: [...input.values.keys()] });
}

/** A key at or, where the stream keeps all, within a millisecond after an instant. */
async function free(c: Change, stream: string, all: boolean, from: bigint, own: string, was: bigint): Promise<bigint> {
  const rows = await c.sql<
    { us: string }[]
  >`select ((extract(epoch from at) * 1000000)::bigint)::text as us from (select stream, at from observations union all select stream, at from observation_extras) o
    where stream = ${stream} and at >= ${at(from)}::text::timestamptz and at < ${at(from + 1000n)}::text::timestamptz`;
  const taken = new Set(rows.map((r) => r.us));
  if (stream === own) taken.delete(was.toString());
  for (let p = from; p < from + 1000n; p++) {
    if (!taken.has(p.toString())) return p;
    if (!all) break;
  }
  throw new StaFault(409, '这一时刻已有读数', '/phenomenonTime');
}

async function write(c: Change, row: Row, was: { stream: string; at: bigint }, now: { stream: string; at: bigint }, v: Stored): Promise<void> {
  const { hub } = c.work;
  const signals = signalsOf(hub);
  const moved = was.stream !== now.stream || was.at !== now.at;
  if (!moved)
    await c.sql`update observations set kind = ${v.kind}, num = ${v.num}, txt = ${v.txt}, quality = ${v.quality} where stream = ${was.stream} and at = ${at(was.at)}::text::timestamptz`;
  else {
    const month = new Columns(1);
    month.push(0, Number(now.at) / 1000, 4, Number.NaN, null, 0);
    await signals.ingest.partitions.cover(month);
    await c.sql`delete from observations where stream = ${was.stream} and at = ${at(was.at)}::text::timestamptz`;
    await c.sql`delete from observation_extras where stream = ${was.stream} and at = ${at(was.at)}::text::timestamptz`;
    await c.sql`insert into observations (stream, at, kind, num, txt, quality, batch) values (${now.stream}, ${at(now.at)}::text::timestamptz, ${v.kind}, ${v.num}, ${v.txt}, ${v.quality}, 0)`;
    // The identifier goes along; a reading that comes to the old place later must not be taken for this one.
    if (observationId(BigInt(was.stream), was.at)?.toString() === row.id)
      await c.sql`insert into observation_extras (stream, at, id) values (${was.stream}, ${at(was.at)}::text::timestamptz, (nextval('observation_extra_ids') << 2) | 3)`;
  }
  const id = moved ? row.id : null;
  await c.sql`insert into observation_extras as x (stream, at, id, began, ended, result_at, valid_from, valid_to, foi_id, data)
    values (${now.stream}, ${at(now.at)}::text::timestamptz, ${id}::text::bigint, ${v.began}::text::timestamptz, ${v.ended}::text::timestamptz, ${v.resultAt}::text::timestamptz, ${v.validFrom}::text::timestamptz,
      ${v.validTo}::text::timestamptz, ${v.foi}::text::bigint, ${v.data}::text::jsonb)
    on conflict (stream, at) do update set id = coalesce(excluded.id, x.id), began = excluded.began, ended = excluded.ended, result_at = excluded.result_at, valid_from = excluded.valid_from,
      valid_to = excluded.valid_to, foi_id = excluded.foi_id, data = excluded.data`;
  await revise(c, [
    { stream: was.stream, at: was.at.toString() },
    { stream: now.stream, at: now.at.toString() },
  ]);
}

/** Removes readings by their keys. */
export async function removeReadings(c: Change, keys: { stream: string; at: string }[]): Promise<void> {
  if (!keys.length) return;
  const streams = array(keys.map((k) => k.stream));
  const times = array(keys.map((k) => k.at));
  for (const table of ['observations', 'observation_extras'])
    await c.sql.unsafe(
      `delete from ${table} t using unnest($1::text::bigint[], $2::text::bigint[]) k (s, u) where t.stream = k.s and t.at = timestamptz 'epoch' + k.u * interval '1 microsecond'`,
      [streams, times],
    );
  await revise(c, keys);
}

/** Says which hours of which streams are to be worked out again, and sets the last values right. */
async function revise(c: Change, keys: { stream: string; at: string }[]): Promise<void> {
  const touched = [...new Map(keys.map((k) => [`${k.stream}/${BigInt(k.at) / 3_600_000_000n}`, k])).values()];
  await c.sql`insert into ingest_batches (id, readings, streams, hours)
    select nextval('ingest_batch_ids'), 0, ${array(touched.map((k) => k.stream))}::text::bigint[], array(select date_trunc('hour', timestamptz 'epoch' + u * interval '1 microsecond') from unnest(${array(touched.map((k) => k.at))}::text::bigint[]) with ordinality as h (u, n) order by n)`;
  const streams = [...new Set(keys.map((k) => k.stream))];
  await c.sql`delete from stream_heads where stream = any(${array(streams)}::text::bigint[])`;
  const heads = await c.sql<{ stream: string; at: Date; kind: number; num: number | null; txt: string | null }[]>`
    insert into stream_heads (stream, at, num, txt, received_at, kind)
    select o.stream, o.at, o.num, o.txt, clock_timestamp(), o.kind from unnest(${array(streams)}::text::bigint[]) s (id)
    cross join lateral (select * from observations o where o.stream = s.id order by o.at desc limit 1) o
    on conflict (stream) do update set at = excluded.at, num = excluded.num, txt = excluded.txt, kind = excluded.kind returning stream::text, at, kind, num, txt`;
  const signals = signalsOf(c.work.hub);
  c.after.push(() => {
    for (const s of streams) {
      const index = signals.registry.find(s)?.index;
      if (index === undefined) continue;
      const head = heads.find((h) => h.stream === s);
      signals.heads.put(index, head && { at: head.at.getTime(), kind: head.kind, num: head.num, txt: head.txt });
    }
  });
}
