// Who defines an indicator: preview on history, publishing a version, recomputing the past, values entered by hand.
import { graphOf } from '#core/indicators/graph.ts';
import { type Indicator, indicatorDefinition } from '#core/indicators/pack.ts';
import { bucketStart, shiftBucket } from '#core/indicators/window.ts';
import { within } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { DAY, dateOf } from '#core/time.ts';
import { append } from '../platform/facts.ts';
import type { Hub, Work } from '../platform/hub.ts';
import { type JobRun, startJob } from '../platform/jobs.ts';
import { type Catalogue, type Instance, hashOf, syncInstances } from './catalogue.ts';
import { type Wanted, compute } from './compute.ts';
import * as store from './store.ts';
import { indicatorsOf } from './live.ts';
import { mustInstance } from './read.ts';

const parsed = (code: string, raw: unknown): Indicator => {
  const r = indicatorDefinition.safeParse(raw);
  if (!r.success) throw problem('invalid-input', { errors: r.error.issues.slice(0, 30).map((i) => ({ pointer: `/body/definition/${i.path.join('/')}`, message: i.message })) });
  if (r.data.code !== code) throw problem('invalid-input', { errors: [{ pointer: '/body/definition/code', message: '编码不能改' }] });
  return r.data;
};
/** Refuses a definition that would make a cycle or read what does not exist. */
function checkGraph(c: Catalogue, d: Indicator): void {
  const g = graphOf([...[...c.definitions.values()].map((x) => x.definition).filter((x) => x.code !== d.code), d]);
  const cycle = g.cycles.find((x) => x.includes(d.code));
  if (cycle) throw problem('invalid-input', { detail: `指标相互引用成环：${cycle.join(' → ')}`, errors: [{ pointer: '/body/definition/source', message: '成环' }] });
  const missing = g.missing.filter((m) => m.by === d.code);
  if (missing.length) throw problem('invalid-input', { errors: missing.map((m) => ({ pointer: '/body/definition/source', message: `没有指标 ${m.code}` })) });
}

/** Tries a definition on history without publishing: at most 400 buckets, side by side with what is published. */
export async function preview(hub: Hub, q: { realm: string; code: string; definition: unknown; scope: string; from: Date; to: Date; paths: string[] }) {
  const all = indicatorsOf(hub);
  const c = await all.catalogue(q.realm);
  const d = parsed(q.code, q.definition);
  checkGraph(c, d);
  const [type, id] = q.scope.split(':') as ['unit' | 'thing', string];
  const things = await store.things(hub.sql, q.realm);
  const unit = type === 'unit' ? id : things.find((t) => t.id === id)?.unit;
  if (!unit || !q.paths.some((p) => within(unit, p))) throw problem('not-found');
  const s = d.source;
  const streams =
    s.kind === 'stream'
      ? things
          .filter((t) => t.profile === s.profile && (type === 'thing' ? t.id === id : within(t.unit, unit)))
          .flatMap((t) => t.streams.filter((x) => x.code === s.stream).map((x) => x.id))
      : [];
  const instance: Instance = {
    id: c.byKey.get(`${q.code}@${q.scope}`)?.id ?? '0',
    code: q.code,
    scope: q.scope,
    unit,
    thingId: type === 'thing' ? id : null,
    d,
    version: 0,
    rank: 0,
    streams,
  };
  const wanted: Wanted[] = [];
  let b = bucketStart(q.from.getTime(), d.window.every);
  for (; b < q.to.getTime() && wanted.length < 400; b = shiftBucket(b, d.window.every, 1)) wanted.push({ instance, bucket: b });
  const at = await hub.now(q.realm);
  const results = await compute(hub.sql, await all.context(q.realm, at), wanted);
  const before = new Map((await store.valuesIn(hub.sql, instance.id, q.from, q.to)).map((r) => [r.bucket.getTime(), r]));
  const points = wanted.map((w, i) => {
    const old = before.get(w.bucket);
    return { bucket: new Date(w.bucket), before: old?.value ?? null, beforeLevel: old?.level ?? null, after: results[i]!.value, afterLevel: results[i]!.level };
  });
  return { points, changed: points.filter((p) => p.before !== p.after || p.beforeLevel !== p.afterLevel).length, truncated: b < q.to.getTime() };
}

/** Publishes a definition as the next version; earlier values keep theirs until they are recomputed, and then stay as revisions. */
export async function publish(work: Work, code: string, raw: unknown, recomputeFrom?: Date): Promise<{ version: number; job: string | null }> {
  const all = indicatorsOf(work.hub);
  const d = parsed(code, raw);
  checkGraph(await all.catalogue(work.realm, work.tx), d);
  const [newest] = await store.versionsOf(work.tx, code);
  const hash = hashOf(d);
  if (newest?.hash === hash) throw problem('conflict', { detail: '口径没有变化' });
  const version = (newest?.version ?? 0) + 1;
  await store.addDefinitions(work.tx, [{ code, version, definition: d, hash, by: work.by, created_at: work.at }]);
  await append(work, [{ kind: 'indicator.published', subject: `indicator:${code}`, data: { version, before: newest?.version ?? null } }]);
  await syncInstances(work);
  const job = recomputeFrom ? await startJob(work, 'indicators.recompute', { codes: [code], from: recomputeFrom.toISOString(), to: work.at.toISOString() }) : null;
  return { version, job };
}

/** Recomputes codes over a span, day by day, inputs first; resumable: the checkpoint is the day reached. */
export async function recompute(job: JobRun<{ codes: string[]; from: string; to: string }>): Promise<{ computed: number }> {
  const all = indicatorsOf(job.hub);
  all.forget();
  const c = await all.catalogue(job.realm);
  const list = job.input.codes.flatMap((code) => c.byCode.get(code) ?? []);
  const from = Date.parse(job.input.from);
  const to = Date.parse(job.input.to);
  const done = job.checkpoint as { next: number; computed: number } | null;
  let computed = done?.computed ?? 0;
  const total = Math.max(1, Math.ceil((to - from) / DAY));
  for (let day = done?.next ?? 0; day < total; day++) {
    const start = from + day * DAY;
    const dirty: { instance: string; bucket: number; rank: number }[] = [];
    for (const i of list)
      for (let b = bucketStart(start, i.d.window.every); b < Math.min(start + DAY, to); b = shiftBucket(b, i.d.window.every, 1))
        if (b >= bucketStart(from, i.d.window.every)) dirty.push({ instance: i.id, bucket: b, rank: i.rank });
    await job.hub.sql.begin((tx) =>
      store.rollDays(
        tx,
        list.flatMap((i) => (c.daily.size ? i.streams.filter((x) => c.daily.has(x)).map((stream) => ({ stream, day: bucketStart(start, 'P1D') })) : [])),
      ),
    );
    await store.markDirty(job.hub.sql, dirty);
    computed += dirty.length;
    while (await all.step(job.realm, 2000));
    await job.progress(day + 1, total, `${dateOf(new Date(start))}`, { next: day + 1, computed });
  }
  return { computed };
}

/** Queues a recomputation; history is kept as revisions. */
export const startRecompute = (work: Work, codes: string[], from: Date, to: Date): Promise<string> =>
  startJob(work, 'indicators.recompute', { codes, from: from.toISOString(), to: to.toISOString() });

/** A manual value, with where it comes from; the owner's own unit only. */
export async function enter(work: Work, q: { code: string; scope: string; bucket: Date; value: number; sourceRef: string; paths: string[] }): Promise<void> {
  const all = indicatorsOf(work.hub);
  const c = await all.catalogue(work.realm, work.tx);
  const i = mustInstance(c, q.code, q.scope, q.paths);
  if (i.d.source.kind !== 'manual' && i.d.source.kind !== 'feed') throw problem('not-allowed-in-state', { detail: '这个指标由系统计算，不能填报' });
  const bucket = bucketStart(q.bucket.getTime(), i.d.window.every);
  await store.entry(work.tx, { instance: i.id, bucket: new Date(bucket), value: q.value, sourceRef: q.sourceRef, by: work.by, at: work.at });
  await append(work, [
    {
      kind: 'indicator.entered',
      subject: `indicator:${q.code}`,
      data: { scope: q.scope, bucket: new Date(bucket).toISOString(), value: q.value, sourceRef: q.sourceRef },
      unit: i.unit,
    },
  ]);
  await store.markDirty(work.tx, [{ instance: i.id, bucket, rank: i.rank }]);
}
