// Computing what is dirty: one transaction takes rows off the list, reads what stands behind them in bulk, and writes values and what reads them.
import { across, finish, mergeParts, partOf, percentile, type Part } from '#core/indicators/aggregate.ts';
import { evaluateComposite, evaluateExpression, judge, unknown, type Result } from '#core/indicators/evaluate.ts';
import { bucketEnd, bucketStart, offsetBucket, shiftBucket, spanOf, wholeHours } from '#core/indicators/window.ts';
import type { IndicatorSource } from '#core/indicators/pack.ts';
import { type Calendar, dayOf } from '#core/duty/calendar.ts';
import { DAY, HOUR, dateOf, durationMs } from '#core/time.ts';
import { within } from '#core/people/roles.ts';
import type { Db, Tx } from '../platform/db.ts';
import { type Catalogue, type Instance, longWindow } from './catalogue.ts';
import * as store from './store.ts';

/** What a slice to the right answers: one number per unit, null when it is not known. */
export interface MeasureQuery {
  realm: string;
  source: IndicatorSource;
  from: Date;
  to: Date;
  /** Domain time now: the end of an unfinished window. */
  at: Date;
  units: string[];
}
export interface Evidence {
  subject: string;
  title: string;
  at: Date;
  unit: string;
  value?: number | null;
}
export interface MeasureProvider {
  measure(db: Db, q: MeasureQuery): Promise<Map<string, number | null>>;
  /** The cases or records behind the number of one unit. */
  evidence?(db: Db, q: MeasureQuery, limit: number): Promise<Evidence[]>;
}

export interface Wanted {
  instance: Instance;
  bucket: number;
}
export interface Context {
  catalogue: Catalogue;
  calendar: Calendar;
  providers: ReadonlyMap<string, MeasureProvider>;
  at: Date;
  riskTypes: number;
}

/** Working days honour 调休. */
const dayKind = (calendar: Calendar, at: number): 'working' | 'rest' => (dayOf(calendar, dateOf(new Date(at))).work ? 'working' : 'rest');

/** Results of some (instance, bucket) pairs, in their order. Instances may belong to a definition that is not published (preview). */
export async function compute(db: Db, c: Context, wanted: Wanted[]): Promise<Result[]> {
  const out: Result[] = wanted.map(() => unknown('no-data'));
  const groups = new Map<string, number[]>();
  for (const [i, w] of wanted.entries()) {
    if (w.instance.d.days !== 'all' && w.instance.d.window.every === 'P1D' && dayKind(c.calendar, w.bucket) !== w.instance.d.days) {
      out[i] = unknown('not-this-day');
      continue;
    }
    if (w.instance.d.status === 'when-connected' && w.instance.d.source.kind === 'feed') {
      out[i] = unknown('not-connected');
      continue;
    }
    const kind = w.instance.d.source.kind;
    const list = groups.get(kind);
    if (list) list.push(i);
    else groups.set(kind, [i]);
  }
  for (const [kind, list] of groups) {
    const part = list.map((i) => wanted[i]!);
    const results =
      kind === 'stream' ? await fromStreams(db, c, part) : kind === 'expression' || kind === 'composite' ? await fromInputs(db, c, part) : await fromMeasures(db, c, kind, part);
    for (const [k, i] of list.entries()) out[i] = results[k]!;
  }
  return out;
}

async function fromStreams(db: Db, c: Context, wanted: Wanted[]): Promise<Result[]> {
  interface Asked {
    part?: Part | undefined;
    values?: number[];
    slots: number;
  }
  const hourly: store.WindowKey[] = [];
  const hourlyFor: [number, number][] = [];
  const daily: store.WindowKey[] = [];
  const dailyFor: [number, number][] = [];
  const raw: store.WindowKey[] = [];
  const rawFor: [number, number][] = [];
  const found: Asked[][] = wanted.map((w) => w.instance.streams.map(() => ({ slots: 0 })));
  for (const [i, w] of wanted.entries()) {
    const s = w.instance.d.source;
    if (s.kind !== 'stream') continue;
    const span = spanOf(w.instance.d, w.bucket);
    const slot = w.instance.d.coverage?.slot;
    const fine = !wholeHours(span) || s.agg === 'percentile' || s.agg === 'rate' || slot === 'PT5M' || slot === 'PT10M' || w.instance.d.days !== 'all';
    for (const [k, stream] of w.instance.streams.entries()) {
      const key = { stream, from: span.from, to: span.to, min: s.valid?.min ?? null, max: s.valid?.max ?? null };
      if (!fine && longWindow(w.instance.d)) {
        daily.push(key);
        dailyFor.push([i, k]);
      } else if (fine) {
        raw.push(key);
        rawFor.push([i, k]);
      } else {
        hourly.push(key);
        hourlyFor.push([i, k]);
      }
    }
  }
  const days = await store.dayParts(db, daily);
  const odd = await store.hourParts(
    db,
    days.bad.map((b) => ({ ...daily[b.n]!, from: b.day, to: b.day + DAY })),
  );
  for (const r of [...days.parts, ...odd.map((o) => ({ ...o, n: days.bad[o.n]!.n }))]) {
    const [i, k] = dailyFor[r.n]!;
    const a = found[i]![k]!;
    found[i]![k] = { part: mergeParts(a.part ? [a.part, r.part] : [r.part]), slots: a.slots + (wanted[i]!.instance.d.coverage?.slot === 'P1D' ? r.days : r.hours) };
  }
  for (const r of await store.hourParts(db, hourly)) {
    const [i, k] = hourlyFor[r.n]!;
    const a = found[i]![k]!;
    found[i]![k] = { part: mergeParts(a.part ? [a.part, r.part] : [r.part]), slots: a.slots + (wanted[i]!.instance.d.coverage?.slot === 'P1D' ? r.days : r.hours) };
  }
  if (raw.length)
    for (const r of await store.readings(db, raw)) {
      const [i, k] = rawFor[r.n]!;
      const { d } = wanted[i]!.instance;
      const s = d.source;
      if (s.kind !== 'stream') continue;
      const width = d.coverage ? durationMs(d.coverage.slot)! : HOUR;
      const valid = r.values.filter(
        ([t, v]) => (s.valid?.min === undefined || v >= s.valid.min) && (s.valid?.max === undefined || v <= s.valid.max) && (d.days === 'all' || dayKind(c.calendar, t) === d.days),
      );
      found[i]![k] = { part: partOf(valid), values: valid.map(([, v]) => v), slots: new Set(valid.map(([t]) => Math.floor((t + 8 * HOUR) / width))).size };
    }
  return wanted.map((w, i) => {
    const { d, streams } = w.instance;
    const s = d.source;
    if (s.kind !== 'stream') return unknown('error');
    if (!streams.length) return unknown('not-connected');
    const span = spanOf(d, w.bucket);
    const expected = d.coverage ? Math.max(1, Math.round((span.to - span.from) / durationMs(d.coverage.slot)!)) : undefined;
    const numbers: number[] = [];
    let best = 0;
    for (const a of found[i]!) {
      const v = s.agg === 'percentile' ? percentile(a.values ?? [], s.q!) : a.part ? finish(a.part, s.agg) : null;
      if (v === null) continue;
      numbers.push(v);
      best = Math.max(best, a.slots);
    }
    if (w.instance.thingId || streams.length === 1) return judge(d, numbers[0] ?? null, d.coverage ? { slots: best, expected: expected! } : {});
    // A unit: a stream with too few slots of its own does not speak for its day.
    const enough = d.coverage ? found[i]!.filter((a) => a.slots >= d.coverage!.min).length : numbers.length;
    const value = across(numbers, s.across, s.limit);
    const share = enough / streams.length;
    const result = judge(d, numbers.length ? value : null, { share: numbers.length / streams.length });
    if (d.coverage && result.value !== null && share < d.minShare) return { ...result, level: null, grade: null, coverage: share, reason: 'coverage' };
    return result;
  });
}

async function fromInputs(db: Db, c: Context, wanted: Wanted[]): Promise<Result[]> {
  const asked: { instance: string; from: number; to: number }[] = [];
  const place: { i: number; name: string }[] = [];
  const inputs: Record<string, number | null>[] = wanted.map(() => ({}));
  for (const [i, w] of wanted.entries()) {
    const { d } = w.instance;
    const list = d.source.kind === 'composite' ? d.source.parts.map((p) => [p.code, p.code] as const) : d.source.kind === 'expression' ? Object.entries(d.source.inputs) : [];
    for (const [name, code] of list) {
      inputs[i]![name] = null;
      const input = c.catalogue.inputOf(w.instance, code);
      if (!input) continue;
      const offset = d.source.kind === 'expression' ? d.source.offsets[name] : undefined;
      const from = offset ? offsetBucket(w.bucket, d.window.every, offset) : w.bucket;
      // A coarser input: the bucket that holds this one; a finer one: its newest within this one.
      const start = Math.min(from, bucketStart(from, input.d.window.every));
      asked.push({ instance: input.id, from: start, to: Math.max(bucketEnd(from, d.window.every), start + 1) });
      place.push({ i, name });
    }
  }
  for (const r of await store.inputValues(db, asked)) {
    const p = place[r.n - 1]!;
    inputs[p.i]![p.name] = r.value;
  }
  return wanted.map((w, i) => (w.instance.d.source.kind === 'composite' ? evaluateComposite(w.instance.d, inputs[i]!) : evaluateExpression(w.instance.d, inputs[i]!)));
}

async function fromMeasures(db: Db, c: Context, kind: string, wanted: Wanted[]): Promise<Result[]> {
  const out: Result[] = [];
  // One question per definition and span, for all its units at once.
  const asked = new Map<string, { span: { from: number; to: number }; list: number[] }>();
  for (const [i, w] of wanted.entries()) {
    const span = spanOf(w.instance.d, w.bucket);
    const key = `${w.instance.code}/${span.from}/${span.to}`;
    const g = asked.get(key);
    if (g) g.list.push(i);
    else asked.set(key, { span, list: [i] });
  }
  for (const { span, list } of asked.values()) {
    const { d } = wanted[list[0]!]!.instance;
    const s = d.source;
    const to = Math.min(span.to, c.at.getTime());
    let answer: (w: Wanted) => number | null | undefined = () => undefined;
    if (span.from > c.at.getTime()) answer = () => null;
    else if (s.kind === 'online' || s.kind === 'things') {
      const rows = await store.online(db, c.catalogue.realm, { profile: s.profile, kind: s.devices }, new Date(to));
      answer = ({ instance }) => {
        const mine = rows.filter((r) => (instance.thingId ? r.id === instance.thingId : within(r.unit, instance.unit)));
        if (s.kind === 'things') return s.measure === 'registered' ? mine.length : mine.filter((r) => r.ever).length;
        return mine.length ? (100 * mine.filter((r) => r.online).length) / mine.length : null;
      };
    } else if (s.kind === 'stable-days') {
      // Only whole days that are over count.
      const days = await store.stableDays(db, new Date(span.from), new Date(Math.min(span.to, bucketStart(c.at.getTime(), 'P1D'))));
      answer = () => days;
    } else if (s.kind === 'catalogue') {
      const n = await store.catalogueCounts(db, c.catalogue.realm);
      const points = s.measure === 'risk-points' ? await store.riskPointCounts(db, c.catalogue.realm) : [];
      answer = ({ instance }) =>
        s.measure === 'risk-types' ? c.riskTypes : s.measure === 'risk-points' ? points.filter((p) => within(p.unit, instance.unit)).reduce((a, p) => a + p.n, 0) : n[s.measure];
    } else if (s.kind === 'facts') {
      const counts = new Map<string, number>();
      for (const i of list) {
        const { unit } = wanted[i]!.instance;
        counts.set(unit, (await store.factCounts(db, c.catalogue.realm, s.fact, new Date(span.from), new Date(span.to), unit))[0]!.n);
      }
      answer = ({ instance }) => counts.get(instance.unit)!;
    } else if (s.kind === 'manual' || s.kind === 'feed') {
      const entries = new Map(
        (
          await store.entriesFor(
            db,
            list.map((i) => ({ instance: wanted[i]!.instance.id, bucket: wanted[i]!.bucket })),
          )
        ).map((e) => [`${e.instance}/${e.bucket.getTime()}`, e.value]),
      );
      answer = (w) => entries.get(`${w.instance.id}/${w.bucket}`) ?? null;
    } else {
      const provider = c.providers.get(kind);
      if (provider) {
        const values = await provider.measure(db, {
          realm: c.catalogue.realm,
          source: s,
          from: new Date(span.from),
          to: new Date(span.to),
          at: c.at,
          units: list.map((i) => wanted[i]!.instance.unit),
        });
        answer = ({ instance }) => values.get(instance.unit) ?? null;
      }
    }
    for (const i of list) {
      const v = answer(wanted[i]!);
      out[i] = v === undefined ? unknown('not-connected') : judge(d, v);
    }
  }
  return out;
}

export type Changed = Awaited<ReturnType<typeof store.putValues>>[number] & { of: Instance };
export type OnValues = (tx: Tx, realm: string, at: Date, changed: Changed[]) => Promise<void>;

/** One round: the lowest rank's next rows; gives how many were computed. All in the caller's transaction. */
export async function drain(tx: Tx, c: Context, listeners: readonly OnValues[], limit = 1000, oldest = false): Promise<number> {
  const rows = await store.takeDirty(tx, limit, oldest);
  if (!rows.length) return 0;
  const wanted = rows.map((r) => ({ instance: c.catalogue.byId.get(r.instance), bucket: r.bucket.getTime() })).filter((w): w is Wanted => w.instance !== undefined);
  const results = await compute(tx, c, wanted);
  const now = c.at.getTime();
  const changed = (
    await store.putValues(
      tx,
      wanted.map((w, i) => {
        const until = bucketEnd(w.bucket, w.instance.d.window.every);
        return { ...results[i]!, instance: w.instance.id, bucket: w.bucket, version: w.instance.version, until, final: until + 5 * 60_000 <= now };
      }),
      c.at,
    )
  ).map((v) => ({ ...v, of: c.catalogue.byId.get(v.instance)! }));
  const next = new Map<string, { instance: string; bucket: number; rank: number }>();
  for (const v of changed)
    for (const r of c.catalogue.readersOf(v.of)) {
      const add = (b: number) => next.set(`${r.id}/${b}`, { instance: r.id, bucket: b, rank: r.rank });
      const t = v.bucket.getTime();
      const { every } = r.d.window;
      add(bucketStart(t, every));
      if (r.d.source.kind === 'expression')
        for (const [name, offset] of Object.entries(r.d.source.offsets)) {
          if (r.d.source.inputs[name] !== v.of.code) continue;
          // The bucket that looks back at this one: about one offset later; tried around it, because months differ.
          const about = bucketStart(t + { P1D: DAY, P1W: 7 * DAY, P1M: 30 * DAY, P1Y: 365 * DAY }[offset], every);
          for (const b of [shiftBucket(about, every, -1), about, shiftBucket(about, every, 1)]) if (b <= now && offsetBucket(b, every, offset) === bucketStart(t, every)) add(b);
        }
      // A finer reader of a coarser input: its open bucket.
      if (bucketEnd(t, v.of.d.window.every) > bucketEnd(bucketStart(t, every), every)) add(bucketStart(Math.min(now, v.until.getTime() - 1), every));
    }
  await store.markDirty(tx, [...next.values()]);
  for (const l of listeners) await l(tx, c.catalogue.realm, c.at, changed);
  return rows.length;
}
