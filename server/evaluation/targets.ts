// Published targets answered live: the binding, the value of the year so far, the judgement, and the evidence behind it.
import { type Judgement, type LiveValue, gradeOf, judge, stateNames, yearOf } from '#core/evaluation/targets.ts';
import type { Target } from '#core/evaluation/pack.ts';
import type { Text } from '#core/contract.ts';
import type { Indicator } from '#core/indicators/pack.ts';
import { type Actor, may, scopeOf, within } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import * as cases from '../cases/service.ts';
import { drillDown, indicatorsOf, series, valueOf } from '../indicators/service.ts';
import { type Current, current } from '../packs/service.ts';
import { unitBy } from '../people/service.ts';
import type { Db } from '../platform/db.ts';
import { append } from '../platform/facts.ts';
import type { Hub, Work } from '../platform/hub.ts';
import { uuidv7 } from '../platform/ids.ts';
import { read as readRecord } from '../records/service.ts';
import * as store from './store.ts';

const unknownWords: Record<string, Text> = {
  'no-data': { zh: '指标还没有数据', en: 'The indicator has no data yet' },
  coverage: { zh: '数据覆盖不足，不作判断', en: 'Too little of the data is there' },
  'input-unknown': { zh: '计算所需的指标未知', en: 'An input is unknown' },
  'not-connected': { zh: '数据来源尚未接入', en: 'The source is not connected' },
  error: { zh: '公式计算出错', en: 'The formula failed' },
};
const nothing: Record<string, Text> = {
  ledger: { zh: '台账还没有可计算的登记', en: 'The ledger has nothing to compute from' },
  survey: { zh: '还没有评价', en: 'Nobody has answered yet' },
  case: { zh: '期内没有可计算的事件', en: 'No cases to compute from' },
};

interface Bound {
  indicator: string;
  unit: string;
  definition: Indicator | undefined;
  changed: store.BindingRow | null;
}
/** What answers a target: the binding made on screen, else the pack's own. */
function boundOf(packs: Current, t: Target, changed: store.BindingRow | undefined): Bound | null {
  const indicator = changed?.indicator ?? t.indicator;
  if (!indicator) return null;
  const unit = changed?.unit ?? (t.scope === '.' ? packs.root : `${packs.root}.${t.scope}`);
  return { indicator, unit, definition: packs.content.indicators.get(indicator), changed: changed ?? null };
}

/** The bound indicator over the target's year so far (or a part of it). Ledgers, surveys and cases are measured over the span itself; others by their own window. */
export async function liveOf(
  hub: Hub,
  db: Db,
  t: Pick<Target, 'year' | 'progress'>,
  b: Pick<Bound, 'indicator' | 'unit' | 'definition'>,
  realm: string,
  at: Date,
  { from, to }: { from: Date; to: Date } = yearOf(t.year),
): Promise<LiveValue> {
  const d = b.definition;
  if (!d) return { value: null, why: { zh: `指标 ${b.indicator} 不在当前内容中`, en: `Indicator ${b.indicator} is not in the content` } };
  const until = at < to ? at : to;
  const f = 10 ** d.decimals;
  const round = (v: number) => Math.round((v + Number.EPSILON * Math.sign(v)) * f) / f;
  const provider = indicatorsOf(hub).providers.get(d.source.kind);
  if (provider) {
    const v = (await provider.measure(db, { realm, source: d.source, from, to: until, at, units: [b.unit] })).get(b.unit) ?? null;
    return v === null ? { value: null, why: nothing[d.source.kind] } : { value: round(v) };
  }
  const scope = `unit:${b.unit}`;
  if (t.progress === 'cumulative' && d.window.kind === 'tumbling') {
    const known = (await indicatorsOf(hub).catalogue(realm, db)).byKey.has(`${d.code}@${scope}`);
    const points = known ? (await series(hub, { realm, code: d.code, scope, from, to: until, paths: [''] })).points.filter((p) => p.value !== null) : [];
    return points.length ? { value: round(points.reduce((sum, p) => sum + p.value!, 0)) } : { value: null, why: unknownWords['no-data'] };
  }
  const v = await valueOf(hub, { code: d.code, scope, realm, at: until, latest: true }, db).catch(() => undefined);
  if (!v || v.value === null || !v.bucket || v.bucket < from) return { value: null, why: unknownWords[v?.reason ?? 'no-data'] ?? unknownWords['no-data'] };
  return { value: v.value };
}

async function judged(
  hub: Hub,
  db: Db,
  packs: Current,
  t: Target,
  changed: store.BindingRow | undefined,
  rating: store.RatingRow | undefined,
  realm: string,
  at: Date,
): Promise<{ bound: Bound | null; judgement: Judgement }> {
  const bound = boundOf(packs, t, changed);
  const live = bound ? await liveOf(hub, db, t, bound, realm, at) : undefined;
  return { bound, judgement: judge(t, at, live, rating) };
}

const row = (t: Target, bound: Bound | null, j: Judgement, rating: store.RatingRow | undefined, names: Record<string, Text>) => ({
  code: t.code,
  name: t.name,
  year: t.year,
  nature: t.nature,
  promised: t.value,
  unit: t.unit,
  weight: t.weight,
  progress: t.progress,
  source: t.source,
  rater: t.rater ?? null,
  binding: bound && {
    indicator: bound.indicator,
    indicatorName: bound.definition?.name ?? { zh: bound.indicator, en: bound.indicator },
    meaning: bound.definition?.meaning ?? { zh: '指标不在当前内容中', en: 'Not in the content' },
    unit: bound.unit,
    unitName: names[bound.unit] ?? { zh: bound.unit, en: bound.unit },
    changed: bound.changed && { reason: bound.changed.reason, by: bound.changed.by, at: bound.changed.at },
  },
  ...j,
  stateName: stateNames[j.state],
  rating: rating ? { grade: rating.grade, score: rating.score, reason: rating.reason, by: rating.by, at: rating.at, evidence: rating.evidence } : null,
});

/** All targets of a year with their states; the year of domain time unless told. */
export async function listTargets(hub: Hub, realm: string, asked?: number) {
  const at = await hub.now(realm);
  const packs = await current(hub);
  const all = [...packs.content.targets.values()];
  const years = [...new Set(all.map((t) => t.year))].sort((a, b) => b - a);
  const now = new Date(at.getTime() + 8 * 3_600_000).getUTCFullYear();
  const year = asked ?? (years.includes(now) ? now : (years[0] ?? now));
  const [changed, ratings] = await Promise.all([store.bindings(hub.sql), store.ratings(hub.sql, realm)]);
  const wanted = all.filter((t) => t.year === year);
  const done = await Promise.all(
    wanted.map(async (t) => ({
      t,
      rating: ratings.find((r) => r.target === t.code),
      ...(await judged(
        hub,
        hub.sql,
        packs,
        t,
        changed.get(t.code),
        ratings.find((r) => r.target === t.code),
        realm,
        at,
      )),
    })),
  );
  const names = await cases.unitNames(
    hub.sql,
    done.flatMap((d) => (d.bound ? [d.bound.unit] : [])),
  );
  const items = done.map((d) => row(d.t, d.bound, d.judgement, d.rating, names));
  const counts = Object.fromEntries(Object.keys(stateNames).map((s) => [s, items.filter((i) => i.state === s).length]));
  return { year, years, asOf: at, demo: await store.isDemo(hub.sql), items, counts };
}

/** What answers a pack's target now: its binding and the way its number grows; undefined when nothing does. */
export async function answerOf(hub: Hub, db: Db, code: string): Promise<{ target: Target; indicator: string; unit: string; definition: Indicator | undefined } | undefined> {
  const packs = await current(hub, db);
  const target = packs.content.targets.get(code);
  const bound = target && boundOf(packs, target, (await store.bindings(db)).get(code));
  return target && bound ? { target, indicator: bound.indicator, unit: bound.unit, definition: bound.definition } : undefined;
}

const targetOf = (packs: Current, code: string): Target => {
  const t = packs.content.targets.get(code);
  if (!t) throw problem('not-found', { detail: `没有目标 ${code}` });
  return t;
};

export interface EvidenceItem {
  kind: 'record' | 'case' | 'survey' | 'rating' | 'reading' | 'other';
  id: string;
  title: string;
  at: Date | null;
  value: number | null;
}
const LIMIT = 200;
const kindOf = (subject: string): EvidenceItem['kind'] => (/^(record|case|survey):/.exec(subject)?.[1] as EvidenceItem['kind'] | undefined) ?? 'other';

/** What a reader may see of the records, cases or readings behind a target's value. */
async function evidenceOf(
  hub: Hub,
  t: Target,
  b: Bound | null,
  ratings: store.RatingRow[],
  realm: string,
  at: Date,
  actor: Actor,
): Promise<{ evidence: EvidenceItem[]; evidenceMore: boolean }> {
  const may_ = (p: Parameters<typeof scopeOf>[1], unit: string) => scopeOf(actor, p).some((above) => within(unit, above));
  if (!b?.definition)
    return { evidence: ratings.flatMap((r) => r.evidence.map((e) => ({ kind: kindOf(e), id: e.split(':')[1]!, title: r.reason, at: r.at, value: r.score }))), evidenceMore: false };
  const { from, to } = yearOf(t.year);
  const until = at < to ? at : to;
  const source = b.definition.source;
  const provider = indicatorsOf(hub).providers.get(source.kind);
  if (provider?.evidence) {
    const list = await provider.evidence(hub.sql, { realm, source, from, to: until, at, units: [b.unit] }, LIMIT + 1);
    const permission = source.kind === 'ledger' ? 'record.read' : source.kind === 'case' ? 'case.read' : 'evaluation.read';
    const seen = list.filter((e) => may_(permission, e.unit));
    return {
      evidence: seen.slice(0, LIMIT).map((e) => ({ kind: kindOf(e.subject), id: e.subject.slice(e.subject.indexOf(':') + 1), title: e.title, at: e.at, value: e.value ?? null })),
      evidenceMore: list.length > LIMIT,
    };
  }
  const scope = `unit:${b.unit}`;
  const v = await valueOf(hub, { code: b.indicator, scope, realm, at: until, latest: true }).catch(() => undefined);
  const readers = scopeOf(actor, 'indicator.read');
  if (!v?.bucket || !readers.some((p) => within(b.unit, p))) return { evidence: [], evidenceMore: false };
  const d = await drillDown(hub, { realm, code: b.indicator, scope, bucket: v.bucket, paths: readers });
  return {
    evidence: [
      ...d.streams.map((s): EvidenceItem => ({ kind: 'reading', id: s.stream, title: s.name, at: s.to, value: s.value })),
      ...d.inputs.map((i): EvidenceItem => ({ kind: 'other', id: i.code, title: i.name.zh, at: d.until, value: i.value })),
      ...d.evidence.map((e): EvidenceItem => ({ kind: kindOf(e.subject), id: e.subject.slice(e.subject.indexOf(':') + 1), title: e.title, at: e.at, value: e.value })),
      ...(d.streams.length + d.inputs.length + d.evidence.length
        ? []
        : [{ kind: 'other', id: b.indicator, title: d.formula, at: v.computedAt, value: v.value } satisfies EvidenceItem]),
    ].slice(0, LIMIT),
    evidenceMore: d.streams.length >= LIMIT,
  };
}

/** The post that rates a target is named in it; whoever sits there, and nobody else, may. */
const isRater = (t: Target, actor: Actor): boolean => t.nature === '定性' && t.rater !== undefined && actor.kind === 'person' && actor.name === t.rater.zh;

/** One target with its evidence. */
export async function readTarget(hub: Hub, realm: string, code: string, actor: Actor) {
  const at = await hub.now(realm);
  const packs = await current(hub);
  const t = targetOf(packs, code);
  const changed = (await store.bindings(hub.sql)).get(code);
  const ratings = await store.ratings(hub.sql, realm, code);
  const { bound, judgement } = await judged(hub, hub.sql, packs, t, changed, ratings[0], realm, at);
  const names = bound ? await cases.unitNames(hub.sql, [bound.unit]) : {};
  return {
    ...row(t, bound, judgement, ratings[0], names),
    ...(await evidenceOf(hub, t, bound, ratings, realm, at, actor)),
    ratings: ratings.map(({ grade, score, reason, by, at: when, evidence }) => ({ grade, score, reason, by, at: when, evidence })),
    mayRate: isRater(t, actor),
    mayBind: t.nature !== '定性' && may(actor, 'target.manage'),
  };
}

async function stateAfter(work: Work, t: Target): Promise<{ state: Judgement['state'] }> {
  const packs = await current(work.hub, work.tx);
  const changed = (await store.bindings(work.tx)).get(t.code);
  const [rating] = await store.ratings(work.tx, work.realm, t.code);
  return { state: (await judged(work.hub, work.tx, packs, t, changed, rating, work.realm, work.at)).judgement.state };
}

/** Binds a target to another indicator or unit; the units must fit what it measures. */
export async function bindTarget(work: Work, code: string, b: { indicator: string; unit: string; reason: string }) {
  const packs = await current(work.hub, work.tx);
  const t = targetOf(packs, code);
  if (t.nature === '定性') throw problem('not-allowed-in-state', { detail: '定性目标由评定人评定，不绑定指标' });
  const d = packs.content.indicators.get(b.indicator);
  const invalid = (pointer: string, message: string) => problem('invalid-input', { detail: message, errors: [{ pointer, message }] });
  if (!d) throw invalid('/body/indicator', `没有指标 ${b.indicator}`);
  if (t.unit !== null && d.unit !== t.unit) throw invalid('/body/indicator', `目标的单位是 ${t.unit}，指标的单位是 ${d.unit}`);
  if (!(await unitBy(work.tx, { path: b.unit }))) throw invalid('/body/unit', '没有这个机构');
  if (!may(work.actor, 'target.manage', b.unit)) throw problem('forbidden', { detail: `不能维护 ${b.unit} 的目标` });
  await store.setBinding(work.tx, { target: code, ...b, by: work.by, at: work.at });
  await append(work, [{ kind: 'target.bound', subject: `target:${code}`, unit: b.unit, data: b }]);
  return stateAfter(work, t);
}
export async function unbindTarget(work: Work, code: string) {
  const t = targetOf(await current(work.hub, work.tx), code);
  if (!(await store.dropBinding(work.tx, code))) throw problem('not-found', { detail: '这个目标没有改绑' });
  await append(work, [{ kind: 'target.unbound', subject: `target:${code}`, data: {} }]);
  return stateAfter(work, t);
}

/** Rates a qualitative target by the named post, resting on records or cases the rater can see. */
export async function rateTarget(work: Work, code: string, r: { score: number; reason: string; evidence: string[] }) {
  const packs = await current(work.hub, work.tx);
  const t = targetOf(packs, code);
  if (t.nature !== '定性') throw problem('not-allowed-in-state', { detail: '定量目标由指标回答，不作评定' });
  if (!isRater(t, work.actor)) throw problem('forbidden', { detail: `只有${t.rater?.zh ?? '写明的评定人'}可以评定` });
  for (const [i, e] of r.evidence.entries()) {
    const [kind, id] = e.split(':') as [string, string];
    const found =
      kind === 'record'
        ? await readRecord(work.tx, id, work.realm, scopeOf(work.actor, 'record.read'))
        : (await cases.visibleIds(work.tx, [id], scopeOf(work.actor, 'case.read'), work.realm)).has(id);
    if (!found) throw problem('invalid-input', { detail: '依据不存在', errors: [{ pointer: `/body/evidence/${i}`, message: '没有这项依据' }] });
  }
  const id = uuidv7();
  const grade = gradeOf(r.score);
  await store.addRating(work.tx, { id, realm: work.realm, target: code, grade, ...r, by: work.by, at: work.at });
  await append(work, [{ kind: 'target.rated', subject: `target:${code}`, unit: packs.root, data: { grade, ...r } }]);
  return { id, grade };
}
