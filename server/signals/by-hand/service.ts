// Readings that a person enters: checked against what is possible and against the meter's last count, marked as by hand, with who and when in the facts.
import { type MeterReading, type Meter, meterStep } from '#core/signals/meter.ts';
import { within } from '#core/people/roles.ts';
import { type ProblemItem, problem } from '#core/problem.ts';
import { inScope } from '../../people/scope.ts';
import { current } from '../../packs/service.ts';
import type { Db, Sql } from '../../platform/db.ts';
import { append } from '../../platform/facts.ts';
import type { Hub, Work } from '../../platform/hub.ts';
import { type Signals } from '../service.ts';

/** Quality of readings by hand (0 is good, 2 and above is not counted). */
const BY_HAND = 1;
const FUTURE_MS = 10 * 60_000;

export interface Entry {
  stream: string;
  at: string;
  value: number;
  rollover?: boolean | undefined;
  start?: number | undefined;
  confirmed?: boolean | undefined;
  note?: string | undefined;
}

type Profiles = Awaited<ReturnType<typeof current>>['content']['profiles'];
const meterOf = (profiles: Profiles, profile: string, code: string): Meter | undefined => profiles.get(profile)?.streams.find((s) => s.code === code)?.meter;

/** Streams of devices that are read by hand (or, with `all`, of any) within the scope. */
export async function streamsByHand(
  hub: Hub,
  q: { realm: string; scope: string[]; unit?: string | undefined; text?: string | undefined; all: boolean; after: string; limit: number },
) {
  const { sql } = hub;
  const { profiles } = (await current(hub)).content;
  // What was used is computed, not entered.
  const computed = [...profiles.values()].flatMap((p) => p.streams.flatMap((s) => (s.meter ? [`${p.code}/${s.meter.used}`] : [])));
  const rows = await sql<
    {
      stream: string;
      thing: string;
      thingName: string;
      unit: string;
      profile: string;
      code: string;
      name: string;
      measure: string;
      min: number | null;
      max: number | null;
      at: Date | null;
      num: number | null;
    }[]
  >`
    select s.id::text as stream, t.code as thing, t.name as "thingName", t.unit, t.profile, s.code, s.name, s.unit as measure, s.min, s.max, h.at, h.num
    from streams s join things t on t.id = s.thing_id left join stream_heads h on h.stream = s.id
    where t.realm = ${q.realm} and t.status = 'active' and s.id > ${q.after} and ${inScope(sql, 't.unit', q.scope)} and not (t.profile || '/' || s.code = any(${computed}))
      ${q.all ? sql`` : sql`and t.kind = 'manual'`} ${q.unit ? sql`and (t.unit = ${q.unit} or t.unit like ${`${q.unit.replace(/[\\%_]/g, '\\$&')}.%`})` : sql``}
      ${q.text ? sql`and (t.code ilike ${`%${q.text.replace(/[\\%_]/g, '\\$&')}%`} or t.name ilike ${`%${q.text.replace(/[\\%_]/g, '\\$&')}%`})` : sql``}
    order by s.id limit ${q.limit}`;
  return rows.map(({ at, num, profile, ...r }) => ({ ...r, meter: meterOf(profiles, profile, r.code) ?? null, last: at ? { at, value: num } : null }));
}

const lastOf = async (db: Db, stream: string): Promise<MeterReading | undefined> => {
  const [r] = await (db as Sql)<{ at: Date; num: number }[]>`select at, num from observations where stream = ${stream} and kind = 0 and quality < 2 order by at desc limit 1`;
  return r && { at: r.at.getTime(), value: r.num };
};

/**
 * Enters readings: all or none, faults by pointer. A reading outside what is possible needs `confirmed`; a meter's count that went down needs
 * `rollover` or the new meter's `start`; the use between two counts becomes a reading of the meter's own stream for it. The readings are
 * stored before the facts commit: entered again after a failure in between, they are duplicates and harmless.
 */
export async function enterByHand(
  work: Work,
  signals: Signals,
  list: Entry[],
  scope: string[],
): Promise<{ stored: number; duplicates: number; used: { stream: string; used: number; rolled: boolean }[] }> {
  const { profiles } = (await current(work.hub, work.tx)).content;
  const faults: ProblemItem[] = [];
  if (list.some((e) => !signals.registry.find(e.stream))) await signals.registry.refresh();
  const rows = list.map((e, i) => ({ e, i, s: signals.registry.find(e.stream), at: Date.parse(e.at) }));
  const now = work.at.getTime();
  for (const { e, i, s, at } of rows) {
    const say = (name: string, message: string) => faults.push({ pointer: `/body/readings/${i}/${name}`, message });
    if (!s || !scope.some((p) => within(s.unit, p))) say('stream', '没有这条数据流，或不在您的范围');
    else if (!e.confirmed && ((s.min !== null && e.value < s.min) || (s.max !== null && e.value > s.max)))
      say('value', `${s.thingName} ${s.name}：超出 ${s.min ?? '…'} 至 ${s.max ?? '…'}，请核对；确认无误请注明`);
    if (at > now + FUTURE_MS) say('at', '时刻晚于现在');
    else if (at < now - work.hub.config.retentionDays * 86_400_000) say('at', '时刻早于保存期');
  }
  if (!faults.length) {
    const stored = await work.tx<{ stream: string; at: Date; num: number | null }[]>`
      select o.stream::text, o.at, o.num from observations o join unnest(${rows.map((r) => r.s!.id)}::bigint[], ${rows.map((r) => new Date(r.at).toISOString())}::text[]::timestamptz[]) k(stream, at) on o.stream = k.stream and o.at = k.at`;
    for (const { e, i, s, at } of rows)
      if (stored.some((o) => o.stream === s!.id && o.at.getTime() === at && o.num !== e.value))
        faults.push({ pointer: `/body/readings/${i}/at`, message: `${s!.thingName} ${s!.name}：这一时刻已有不同的读数，原值保留` });
  }
  const used: { stream: string; used: number; rolled: boolean }[] = [];
  const derived: { stream: string; time: number; value: number; quality: number }[] = [];
  const previous = new Map<number, MeterReading | undefined>();
  if (!faults.length) {
    // Counts of one meter in the order of their times, one meter at a time.
    const meters = Map.groupBy(
      rows.filter((r) => meterOf(profiles, r.s!.profile, r.s!.code)),
      (r) => r.s!.id,
    );
    for (const [id, entries] of [...meters].sort((a, b) => (a[0] < b[0] ? -1 : 1))) {
      await work.tx`select pg_advisory_xact_lock(7315034, ${Number(BigInt(id) % 2147483647n)})`;
      let last = await lastOf(work.tx, id);
      const meter = meterOf(profiles, entries[0]!.s!.profile, entries[0]!.s!.code)!;
      for (const { e, i, s, at } of entries.toSorted((a, b) => a.at - b.at)) {
        // Sent again: the same count at the same time is no second reading.
        if (last && last.at === at && last.value === e.value) continue;
        const step = meterStep(meter, last, { at, value: e.value }, e);
        if ('fault' in step) {
          faults.push({ pointer: `/body/readings/${i}/${step.ask === 'rollover' ? 'rollover' : 'value'}`, message: `${s!.thingName}：${step.fault}` });
          continue;
        }
        previous.set(i, last);
        const target = signals.registry.find(`${s!.thing}/${meter.used}`);
        if (last && target) {
          derived.push({ stream: target.id, time: at, value: step.used, quality: BY_HAND });
          used.push({ stream: `${s!.thing}/${meter.used}`, used: step.used, rolled: step.rolled });
        }
        last = { at, value: e.value };
      }
    }
  }
  if (faults.length)
    throw problem('invalid-input', {
      detail: faults
        .slice(0, 3)
        .map((f) => f.message)
        .join('；'),
      errors: faults,
    });
  const byHand = rows.map(({ e, s, at }) => ({ stream: s!.id, time: at, value: e.value, quality: BY_HAND }));
  await append(
    work,
    rows.map(({ e, i, s, at }) => ({
      kind: 'reading.entered',
      subject: `stream:${s!.id}`,
      data: {
        at: new Date(at).toISOString(),
        value: e.value,
        ...(previous.get(i) ? { before: previous.get(i)!.value } : {}),
        ...(e.rollover ? { rollover: true } : {}),
        ...(e.start === undefined ? {} : { start: e.start }),
        ...(e.confirmed ? { confirmed: true } : {}),
        ...(e.note ? { note: e.note } : {}),
      },
      unit: s!.unit,
    })),
  );
  const taken = await signals.take([...byHand, ...derived], { scope, source: `by-hand:${work.actor.name}` });
  return { stored: taken.stored, duplicates: taken.duplicates, used };
}
