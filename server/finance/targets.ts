// Disclosed targets answered live: suggestions, confirmed bindings that outlive the document, progress through the year, forecast.
import type { Output, Text } from '#core/contract.ts';
import { yearOf } from '#core/evaluation/targets.ts';
import { type BindingCandidate, type BindingKind, growsByUnit, measuresFit, suggest, type Suggestion } from '#core/finance/bind.ts';
import type { financeApi } from '#core/finance/contract.ts';
import { plainName } from '#core/finance/likeness.ts';
import { progressOf, progressStateNames, progressStates } from '#core/finance/progress.ts';
import type { Indicator } from '#core/indicators/pack.ts';
import { type Actor, may } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { dateOf, localInstant } from '#core/time.ts';
import { answerOf, liveOf } from '../evaluation/service.ts';
import { indicatorsOf } from '../indicators/service.ts';
import { current } from '../packs/service.ts';
import { unitBy, units } from '../people/service.ts';
import type { Db } from '../platform/db.ts';
import { append, history } from '../platform/facts.ts';
import type { Hub, Work } from '../platform/hub.ts';
import * as store from './store-targets.ts';

export type TargetItem = Output<typeof financeApi.targets>['items'][number];
type SuggestionItem = Output<typeof financeApi.rejectSuggestion>['suggestions'][number];

/** What answers a binding: an indicator over a unit. */
interface Answer {
  indicator: string;
  unit: string;
  definition: Indicator | undefined;
  name: Text;
  meaning: Text;
  measure: string;
}

/** Everything a list of targets needs, read once. */
export class Live {
  readonly hub: Hub;
  readonly db: Db;
  readonly realm: string;
  readonly at: Date;
  /** Whose suggestions: only what he may read is proposed. */
  readonly #actor: Actor | undefined;
  readonly #packs: Awaited<ReturnType<typeof current>>;
  readonly #names: Map<string, Text>;
  readonly #values = new Map<string, Promise<{ value: number | null; why?: Text | undefined }>>();
  #candidates: BindingCandidate[] | undefined;

  private constructor(hub: Hub, db: Db, realm: string, at: Date, packs: Awaited<ReturnType<typeof current>>, names: Map<string, Text>, actor: Actor | undefined) {
    this.#actor = actor;
    this.hub = hub;
    this.db = db;
    this.realm = realm;
    this.at = at;
    this.#packs = packs;
    this.#names = names;
  }
  /** `at`: the instant whose values count; domain time unless told. */
  static async open(hub: Hub, realm: string, db: Db = hub.sql, actor?: Actor, at?: Date): Promise<Live> {
    return new Live(hub, db, realm, at ?? (await hub.now(realm, db)), await current(hub, db), new Map((await units(db, false)).map((u) => [u.path, u.name])), actor);
  }

  nameOf(unit: string): Text {
    return this.#names.get(unit) ?? { zh: unit, en: unit };
  }

  /** What can answer: indicators over the publishing unit, else over the district, and the centre's own targets that an indicator answers. */
  async candidates(owner: string): Promise<BindingCandidate[]> {
    this.#candidates ??= await this.#all();
    const all = indicatorsOf(this.hub);
    const catalogue = await all.catalogue(this.realm, this.db);
    const { content } = this.#packs;
    return this.#candidates
      .map((c) => {
        if (c.kind !== 'indicator') return c;
        // What is counted from ledgers, cases and surveys can be counted for any unit.
        const own = catalogue.byKey.has(`${c.code}@unit:${owner}`) || all.providers.has(content.indicators.get(c.code)!.source.kind);
        return own ? { ...c, unit: owner, unitName: this.nameOf(owner).zh } : c;
      })
      .filter((c) => this.mayUse(c));
  }
  /** The number of a published target is open to whoever reads targets; an indicator's to who reads those of its unit. */
  mayUse(c: { kind: BindingKind; unit: string }): boolean {
    return !this.#actor || (c.kind === 'target' ? may(this.#actor, 'target.read') : may(this.#actor, 'indicator.read', c.unit));
  }
  async #all(): Promise<BindingCandidate[]> {
    const { content, root } = this.#packs;
    const all = indicatorsOf(this.hub);
    const catalogue = await all.catalogue(this.realm, this.db);
    const out: BindingCandidate[] = [];
    for (const d of content.indicators.values()) {
      if (d.scope === 'thing') continue;
      if (!all.providers.has(d.source.kind) && !catalogue.byKey.has(`${d.code}@unit:${root}`)) continue;
      out.push({
        kind: 'indicator',
        code: d.code,
        name: d.name.zh,
        meaning: d.meaning.zh,
        measure: d.unit,
        direction: d.direction,
        progress: grows(d),
        unit: root,
        unitName: this.nameOf(root).zh,
      });
    }
    for (const t of content.targets.values()) {
      const a = t.nature === '定性' ? undefined : await answerOf(this.hub, this.db, t.code);
      if (!a?.definition) continue;
      out.push({
        kind: 'target',
        code: t.code,
        name: t.name.zh,
        meaning: a.definition.meaning.zh,
        measure: t.unit ?? a.definition.unit,
        direction: t.nature === '≤' || t.nature === '<' ? 'low-good' : 'high-good',
        progress: t.progress,
        unit: a.unit,
        unitName: this.nameOf(a.unit).zh,
      });
    }
    return out;
  }

  async answer(b: { kind: BindingKind; code: string; unit: string }): Promise<Answer | undefined> {
    if (b.kind === 'target') {
      const a = await answerOf(this.hub, this.db, b.code);
      return (
        a && {
          indicator: a.indicator,
          unit: a.unit,
          definition: a.definition,
          name: a.target.name,
          meaning: a.definition?.meaning ?? a.target.name,
          measure: a.target.unit ?? a.definition?.unit ?? '',
        }
      );
    }
    const d = this.#packs.content.indicators.get(b.code);
    return d && { indicator: d.code, unit: b.unit, definition: d, name: d.name, meaning: d.meaning, measure: d.unit };
  }

  /** The number behind a binding over the target's year so far; the same one is computed once. */
  async value(t: store.TargetRow): Promise<{ value: number | null; why?: Text | undefined } | undefined> {
    const b = t.binding;
    if (!b) return undefined;
    const key = `${b.kind}/${b.code}/${b.unit}/${t.year}/${b.progress}`;
    let v = this.#values.get(key);
    if (!v)
      this.#values.set(
        key,
        (v = this.answer(b).then(async (a) =>
          a
            ? this.at < yearOf(t.year).from
              ? { value: null, why: { zh: `${t.year} 年尚未开始`, en: `${t.year} has not begun` } }
              : await liveOf(this.hub, this.db, { year: t.year, progress: b.progress }, a, this.realm, this.at)
            : { value: null, why: { zh: `绑定的${b.kind === 'target' ? '目标' : '指标'} ${b.code} 不在当前内容中`, en: `${b.code} is not in the content` } },
        )),
      );
    return v;
  }

  /** Values of the finished months of the target's year: what was added in each (growing) or the value at its end. */
  async months(t: store.TargetRow): Promise<{ month: number; value: number | null; total: number | null }[]> {
    const a = t.binding && (await this.answer(t.binding));
    if (!a) return [];
    const out: { month: number; value: number | null; total: number | null }[] = [];
    let total: number | null = null;
    for (let month = 1; month <= 12; month++) {
      const from = localInstant(`${t.year}-${String(month).padStart(2, '0')}-01`);
      const to = month === 12 ? localInstant(`${t.year + 1}-01-01`) : localInstant(`${t.year}-${String(month + 1).padStart(2, '0')}-01`);
      if (to > this.at) break;
      const { value } = await liveOf(this.hub, this.db, { year: t.year, progress: t.binding!.progress }, a, this.realm, to, { from, to });
      if (value !== null) total = t.binding!.progress === 'cumulative' ? (total ?? 0) + value : value;
      out.push({ month, value, total });
    }
    return out;
  }

  async item(t: store.TargetRow, more: { suggestion?: SuggestionItem | null; months?: (number | null)[] } = {}): Promise<TargetItem> {
    const a = t.binding ? await this.answer(t.binding) : undefined;
    const progress = t.binding?.progress ?? (growsByUnit(t.unit, t.indicator) ? 'cumulative' : 'level');
    const p = progressOf(
      { year: t.year, nature: t.nature, value: t.value, measure: t.unit, progress, plan: progress === 'cumulative' ? t.plan : null },
      this.at,
      await this.value(t),
      more.months,
    );
    const b = t.binding;
    return {
      key: t.key,
      disclosure: t.disclosure,
      unit: t.owner,
      unitName: t.ownerName,
      year: t.year,
      sheet: t.sheet,
      table: t.table,
      project: t.project,
      level1: t.level1,
      level2: t.level2,
      indicator: t.indicator,
      nature: t.nature,
      value: t.value,
      measure: t.unit,
      weight: t.weight,
      core: t.core,
      confidence: t.confidence,
      place: t.place,
      binding: b && {
        kind: b.kind,
        code: b.code,
        name: a?.name ?? { zh: b.code, en: b.code },
        meaning: a?.meaning ?? { zh: '不在当前内容中', en: 'Not in the content' },
        unit: a?.unit ?? b.unit,
        unitName: this.nameOf(a?.unit ?? b.unit),
        measure: a?.measure ?? '',
        progress: b.progress,
        score: b.score,
        reason: b.reason,
        by: b.by,
        byName: b.byName,
        at: new Date(b.at),
      },
      suggestion: more.suggestion ?? null,
      progress: { ...p, stateName: progressStateNames[p.state] },
    };
  }

  /** Suggestions for targets, turned down ones marked, with what the same name was bound to in earlier years. */
  async suggestions(list: store.TargetRow[]): Promise<Map<string, SuggestionItem[]>> {
    const wanted = list.filter((t) => t.nature !== '定性');
    const out = new Map<string, SuggestionItem[]>(list.map((t) => [t.key, []]));
    if (!wanted.length) return out;
    const [rejected, earlier] = [
      await store.rejections(
        this.db,
        this.realm,
        wanted.map((t) => t.key),
      ),
      await store.earlierBindings(this.db, this.realm, [...new Set(wanted.map((t) => t.owner))]),
    ];
    const byOwner = new Map<string, BindingCandidate[]>();
    for (const t of wanted) {
      let candidates = byOwner.get(t.owner);
      if (!candidates) byOwner.set(t.owner, (candidates = await this.candidates(t.owner)));
      const known = earlier.find((e) => e.unit === t.owner && e.year < t.year && plainName(e.indicator) === plainName(t.indicator));
      const found = suggest(
        {
          indicator: t.indicator,
          project: t.project,
          nature: t.nature,
          measure: t.unit,
          unit: t.owner,
          before: known && { kind: known.kind, code: known.code, unit: known.boundUnit, year: known.year },
        },
        candidates,
      );
      out.set(
        t.key,
        found.map((s) => ({
          ...this.#shown(s),
          rejected: rejected.some((r) => r.key === t.key && r.kind === s.candidate.kind && r.code === s.candidate.code && r.unit === s.candidate.unit),
        })),
      );
    }
    return out;
  }
  #shown(s: Suggestion): Omit<SuggestionItem, 'rejected'> {
    const { candidate: c } = s;
    return {
      kind: c.kind,
      code: c.code,
      name: { zh: c.name, en: c.name },
      unit: c.unit,
      unitName: this.nameOf(c.unit),
      measure: c.measure,
      progress: c.progress,
      score: s.score,
      reasons: s.reasons,
    };
  }
}

/** Whether an indicator's number grows over the year: counts and sums of what happened. */
function grows(d: Indicator): 'cumulative' | 'level' {
  const s = d.source;
  if (s.kind === 'ledger') return s.measure === 'count' || s.measure === 'sum' || s.measure === 'days' ? 'cumulative' : 'level';
  if (s.kind === 'case') return ['opened', 'filed', 'dismissed', 'closed', 'forced', 'tasks', 'tasks-done'].includes(s.measure) ? 'cumulative' : 'level';
  if (s.kind === 'facts') return 'cumulative';
  if (s.kind === 'survey') return s.measure === 'count' ? 'cumulative' : 'level';
  return 'level';
}

/** The year asked for, else domain time's when there is one, else the newest. */
export async function yearWanted(hub: Hub, realm: string, scope: string[], asked?: number): Promise<{ year: number; years: number[] }> {
  const years = await store.years(hub.sql, realm, scope);
  const now = Number(dateOf(await hub.now(realm)).slice(0, 4));
  return { year: asked ?? (years.includes(now) ? now : (years[0] ?? now)), years };
}

export async function listTargets(
  hub: Hub,
  realm: string,
  scope: string[],
  q: { year?: number | undefined; unit?: string | undefined; disclosure?: string | undefined; state?: string | undefined; bound: 'bound' | 'unbound' | 'all' },
  actor?: Actor,
): Promise<Output<typeof financeApi.targets>> {
  const { year, years } = await yearWanted(hub, realm, scope, q.year);
  const live = await Live.open(hub, realm, hub.sql, actor);
  const rows = await store.targets(hub.sql, { realm, scope, ...q, year: q.disclosure ? q.year : year });
  const suggestions = await live.suggestions(rows.filter((t) => !t.binding));
  const all = await Promise.all(rows.map((t) => live.item(t, { suggestion: suggestions.get(t.key)?.find((s) => !s.rejected) ?? null })));
  const counts: Record<string, number> = Object.fromEntries([
    ...progressStates.map((s) => [s, all.filter((t) => t.progress.state === s).length] as const),
    ['bound', all.filter((t) => t.binding).length],
  ]);
  return { year, years, asOf: live.at, items: q.state ? all.filter((t) => t.progress.state === q.state) : all, counts };
}

async function mustTarget(db: Db, realm: string, key: string, scope: string[]): Promise<store.TargetRow> {
  const t = await store.target(db, realm, key, scope);
  if (!t) throw problem('not-found', { detail: '没有这个目标，或不在您的范围内' });
  return t;
}

const words: Record<string, (d: Record<string, unknown>) => string> = {
  'disclosed-target.bound': (d) => `绑定${d.kind === 'target' ? '目标' : '指标'} ${String(d.code)}（${String(d.unit)}）：${String(d.reason)}`,
  'disclosed-target.unbound': (d) => `撤销绑定 ${String(d.code)}`,
  'disclosed-target.suggestion-rejected': (d) => `否决建议 ${String(d.code)}`,
  'disclosed-target.suggestion-restored': (d) => `恢复建议 ${String(d.code)}`,
  'disclosed-target.planned': (d) => (d.plan ? `分季度计划：${(d.plan as number[]).join('、')}` : '取消分季度计划'),
};

export async function readTarget(hub: Hub, realm: string, scope: string[], key: string, actor: Actor): Promise<Output<typeof financeApi.target>> {
  const t = await mustTarget(hub.sql, realm, key, scope);
  const live = await Live.open(hub, realm, hub.sql, actor);
  const suggestions = (await live.suggestions([t])).get(key) ?? [];
  const months = await live.months(t);
  const facts = await history(hub.sql, `disclosed-target:${key}`);
  const names = new Map(
    (
      await hub.sql<
        { by: string; name: string }[]
      >`select 'account:' || id::text as by, post_name as name from accounts where 'account:' || id::text = any(${facts.map((f) => f.by)})`
    ).map((a) => [a.by, a.name]),
  );
  return {
    ...(await live.item(t, { suggestion: t.binding ? null : (suggestions.find((s) => !s.rejected) ?? null), months: months.map((m) => m.value) })),
    suggestions,
    plan: t.plan,
    months,
    history: facts.map((f) => ({ kind: f.kind, words: words[f.kind]?.(f.data) ?? f.kind, by: f.by, byName: names.get(f.by) ?? f.by, at: f.at })),
    mayBind: t.nature !== '定性' && may(actor, 'target.manage', t.owner),
  };
}

const fact = (t: store.TargetRow, kind: string, data: Record<string, unknown>) => ({
  kind: `disclosed-target.${kind}`,
  subject: `disclosed-target:${t.key}`,
  unit: t.owner,
  data: { indicator: t.indicator, ...data },
});
const after = async (work: Work, key: string, scope: string[]): Promise<TargetItem> =>
  (await Live.open(work.hub, work.realm, work.tx, work.actor)).item(await mustTarget(work.tx, work.realm, key, scope));

/** Confirms what answers a target. The measure must fit, the unit exist, and its indicators be readable by who binds. */
export async function bindTarget(
  work: Work,
  scope: string[],
  key: string,
  b: { kind: BindingKind; code: string; unit: string; progress: 'cumulative' | 'level'; reason?: string | undefined },
): Promise<TargetItem> {
  const t = await mustTarget(work.tx, work.realm, key, scope);
  if (t.nature === '定性') throw problem('not-allowed-in-state', { detail: '定性目标由自评分档评定，不绑定指标' });
  const live = await Live.open(work.hub, work.realm, work.tx, work.actor);
  const invalid = (pointer: string, message: string) => problem('invalid-input', { detail: message, errors: [{ pointer, message }] });
  const a = await live.answer(b);
  if (!a) throw invalid('/body/code', `没有${b.kind === 'target' ? '可回答的目标' : '指标'} ${b.code}`);
  if (!(await unitBy(work.tx, { path: b.unit }))) throw invalid('/body/unit', '没有这个机构');
  if (b.kind === 'target' && a.unit !== b.unit) throw invalid('/body/unit', `目标 ${b.code} 由 ${a.unit} 的数回答`);
  if (!live.mayUse(b)) throw problem('forbidden', { detail: `不能查看 ${b.unit} 的指标` });
  if (measuresFit(t.unit, a.measure) === 'other') throw invalid('/body/code', `目标的单位是 ${t.unit}，指标的单位是 ${a.measure}`);
  const suggested = (await live.suggestions([t])).get(key)?.find((s) => s.kind === b.kind && s.code === b.code && s.unit === b.unit);
  const reason = b.reason || suggested?.reasons.join('；') || '人工指定';
  const score = suggested?.score ?? 0;
  await store.bind(work.tx, work.realm, key, { kind: b.kind, code: b.code, unit: b.unit, progress: b.progress, score, reason, by: work.by, at: work.at });
  await append(work, [
    fact(t, 'bound', {
      kind: b.kind,
      code: b.code,
      unit: b.unit,
      progress: b.progress,
      score,
      reason,
      before: t.binding && { kind: t.binding.kind, code: t.binding.code, unit: t.binding.unit },
    }),
  ]);
  return after(work, key, scope);
}

/** Confirms the best suggestion of each target from a score on; the rest says why not. */
export async function bindAll(work: Work, scope: string[], keys: string[], least: number): Promise<{ bound: number; left: { key: string; why: string }[] }> {
  const rows = await store.targets(work.tx, { realm: work.realm, scope, keys });
  const live = await Live.open(work.hub, work.realm, work.tx, work.actor);
  const suggestions = await live.suggestions(rows);
  const left: { key: string; why: string }[] = keys.filter((k) => !rows.some((t) => t.key === k)).map((key) => ({ key, why: '没有这个目标' }));
  let bound = 0;
  for (const t of rows) {
    const best = suggestions.get(t.key)?.find((s) => !s.rejected);
    const why = t.binding
      ? '已经绑定'
      : t.nature === '定性'
        ? '定性目标不绑定'
        : !best
          ? '没有建议'
          : best.score < least
            ? `最好的建议只有${best.score}分`
            : measuresFit(t.unit, best.measure) === 'other'
              ? '计量单位不同'
              : null;
    if (why) {
      left.push({ key: t.key, why });
      continue;
    }
    const b = best!;
    const reason = b.reasons.join('；');
    await store.bind(work.tx, work.realm, t.key, { kind: b.kind, code: b.code, unit: b.unit, progress: b.progress, score: b.score, reason, by: work.by, at: work.at });
    await append(work, [fact(t, 'bound', { kind: b.kind, code: b.code, unit: b.unit, progress: b.progress, score: b.score, reason, before: null })]);
    bound++;
  }
  return { bound, left };
}

export async function unbindTarget(work: Work, scope: string[], key: string): Promise<TargetItem> {
  const t = await mustTarget(work.tx, work.realm, key, scope);
  if (!(await store.unbind(work.tx, work.realm, key))) throw problem('not-found', { detail: '这个目标没有绑定' });
  await append(work, [fact(t, 'unbound', { kind: t.binding!.kind, code: t.binding!.code, unit: t.binding!.unit })]);
  return after(work, key, scope);
}

export async function rejectSuggestion(
  work: Work,
  scope: string[],
  key: string,
  r: { kind: BindingKind; code: string; unit: string; rejected: boolean },
): Promise<{ suggestions: SuggestionItem[] }> {
  const t = await mustTarget(work.tx, work.realm, key, scope);
  const { rejected, ...what } = r;
  if (rejected) await store.reject(work.tx, work.realm, key, { ...what, by: work.by, at: work.at });
  else await store.unreject(work.tx, work.realm, key, what);
  await append(work, [fact(t, rejected ? 'suggestion-rejected' : 'suggestion-restored', what)]);
  return { suggestions: (await (await Live.open(work.hub, work.realm, work.tx, work.actor)).suggestions([t])).get(key) ?? [] };
}

/** Sets or takes away the plan by quarter: cumulative, never falling. */
export async function planTarget(work: Work, scope: string[], key: string, plan: number[] | null): Promise<TargetItem> {
  const t = await mustTarget(work.tx, work.realm, key, scope);
  if (plan && plan.some((v, i) => v < 0 || (i > 0 && v < plan[i - 1]!)))
    throw problem('invalid-input', { errors: [{ pointer: '/body/plan', message: '应为各季度末的累计值，不能减少' }] });
  await store.setPlan(work.tx, work.realm, key, plan, work.by, work.at);
  await append(work, [fact(t, 'planned', { plan, before: t.plan })]);
  return after(work, key, scope);
}
