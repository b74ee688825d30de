// From failed equations to causes: the smallest explanation, one finding per cause with all its places.
import type { RuleKind } from '../pack.ts';
import { decimal } from '../rounding.ts';
import type { Book, Equation, Fact } from './facts.ts';
import type { Collector, Finding, FindingPlace } from './report.ts';

/** One variable: every place where the same concept is published with the same amount. */
const variable = (f: Fact): string => `${f.concept}|${f.fen}`;

interface Failed {
  e: Equation;
  coefs: Map<string, number>;
}

export interface Cause {
  equations: Equation[];
  /** The variable that explains all of them, or null when every figure of one equation is as likely. */
  suspect: string | null;
  /** What would have to be added to the suspect (fen). */
  delta: number;
  facts: Fact[];
}

function coefficients(e: Equation): Map<string, number> {
  const m = new Map<string, number>();
  for (const t of e.terms) {
    const v = variable(t.fact);
    m.set(v, (m.get(v) ?? 0) + t.coef);
  }
  for (const [v, c] of m) if (c === 0) m.delete(v);
  return m;
}
const signature = (m: Map<string, number>): string =>
  [...m]
    .map(([v, c]) => `${v}*${c}`)
    .toSorted()
    .join('+');

/**
 * Groups failed equations by the figure that explains most of them and breaks fewest of those that hold.
 * Greedy over variables; each failed equation ends in exactly one cause.
 */
export function causesOf(book: Book): Cause[] {
  const failed: Failed[] = [];
  const held = new Map<string, { e: Equation; coef: number; key: string }[]>();
  const heldKeys = new Set<string>();
  const same = new Map<string, Failed>();
  const duplicates = new Map<Failed, Equation[]>();
  for (const e of book.equations) {
    if (e.status === 'undecidable') continue;
    const coefs = coefficients(e);
    const key = signature(coefs);
    if (e.status === 'failed') {
      const known = same.get(key);
      if (known) duplicates.get(known)!.push(e);
      else {
        const f = { e, coefs };
        same.set(key, f);
        duplicates.set(f, []);
        failed.push(f);
      }
      continue;
    }
    if (heldKeys.has(key) || coefs.size === 0) continue;
    heldKeys.add(key);
    for (const [v, coef] of coefs) {
      const list = held.get(v);
      const entry = { e, coef, key };
      if (list) list.push(entry);
      else held.set(v, [entry]);
    }
  }
  const occurrences = new Map<string, Fact[]>();
  for (const f of book.facts) {
    const v = variable(f);
    const list = occurrences.get(v);
    if (list) list.push(f);
    else occurrences.set(v, [f]);
  }
  const causes: Cause[] = [];
  let open = failed;
  while (open.length > 0) {
    const by = new Map<string, Failed[]>();
    for (const f of open) for (const v of f.coefs.keys()) (by.get(v) ?? by.set(v, []).get(v)!).push(f);
    let best: { v: string; delta: number; group: Failed[]; score: number; size: number; seen: number } | null = null;
    for (const [v, list] of by) {
      // Candidate corrections: what each equation asks of this figure.
      for (const first of list) {
        const delta = -first.e.off / first.coefs.get(v)!;
        const group = list.filter((f) => Math.abs(f.e.off + f.coefs.get(v)! * delta) <= Math.max(f.e.tolerance, first.e.tolerance));
        const broken = (held.get(v) ?? []).filter((h) => Math.abs(h.e.off + h.coef * delta) > h.e.tolerance).length;
        const score = group.length - broken * 0.9;
        const seen = occurrences.get(v)?.length ?? 0;
        if (!best || score > best.score || (score === best.score && (group.length > best.size || (group.length === best.size && seen < best.seen))))
          best = { v, delta, group, score, size: group.length, seen };
      }
    }
    if (!best) break;
    const { v, delta, group } = best;
    // With one equation only, the figure is known when all others are held by further equations and this one is not.
    let suspect: string | null = v;
    if (group.length === 1) {
      const alone = group[0]!;
      const free = [...alone.coefs.keys()].filter(
        (x) =>
          !(held.get(x) ?? []).some((h) => Math.abs(h.e.off + h.coef * (-alone.e.off / alone.coefs.get(x)!)) > h.e.tolerance) && (occurrences.get(x)?.length ?? 0) <= best.seen,
      );
      if (free.length !== 1) suspect = null;
    }
    const equations = group.flatMap((f) => [f.e, ...duplicates.get(f)!]);
    causes.push({ equations, suspect, delta, facts: suspect ? (occurrences.get(suspect) ?? []) : [] });
    const gone = new Set(group);
    open = open.filter((f) => !gone.has(f));
  }
  return merged(causes);
}

/** Two figures of the same row off by the same amount are one slip of the pen. */
function merged(causes: Cause[]): Cause[] {
  const out: Cause[] = [];
  const rows = new Map<string, Cause>();
  for (const c of causes) {
    // Without a suspect the stated figure's own row (or line of text) tells them together.
    const stated = c.equations[0]!.terms[0]!.fact;
    const keys =
      c.suspect === null || !c.facts.some((f) => f.table)
        ? [
            `${c.equations[0]!.kind}/${stated.table?.id ?? ''}/${stated.place.file ?? ''}/${stated.place.line ?? ''}/${stated.place.page ?? ''}/${stated.place.row ?? ''}/${Math.abs(c.equations[0]!.off)}`,
          ]
        : c.facts.filter((f) => f.table).map((f) => `${f.table!.id}/${f.place.line ?? ''}/${f.place.page ?? ''}/${f.place.row ?? ''}/${Math.abs(c.delta)}`);
    const known = keys.map((k) => rows.get(k)).find((x) => x !== undefined);
    if (known) {
      known.equations.push(...c.equations);
      known.facts.push(...c.facts);
    } else out.push(c);
    for (const k of keys) rows.set(k, known ?? c);
  }
  return out;
}

const priority: RuleKind[] = ['change', 'narrative-table', 'cross-table', 'income-expenditure', 'narrative-sum', 'row-sum', 'hierarchy-sum', 'list-sum'];
const rank = (e: Equation): number => {
  const i = priority.indexOf(e.kind);
  return i < 0 ? priority.length : i;
};

const amount = (f: Fact): string => `${f.label}${f.value}${f.unit}`;

/** The failure of an equation in one sentence. */
export function sentence(e: Equation): string {
  if (e.say) return e.say(e);
  const [first, ...rest] = e.terms;
  const unit = first!.fact.unit;
  const off = decimal(Math.abs(e.off), unit);
  if (rest.length === 0) return `${amount(first!.fact)}，但没有列出任何分项`;
  if (rest.length === 1) return `${amount(first!.fact)}，${amount(rest[0]!.fact)}，两处应当一致，相差${off}${unit}`;
  const total = rest.reduce((s, t) => s - t.coef * t.fact.fen, 0);
  return `${amount(first!.fact)}，而其${rest.length}个分项合计为${decimal(total, unit)}${unit}，相差${off}${unit}`;
}

/** Both figures of an equation: the stated one and what the others give. */
export function figuresOf(e: Equation): Finding['figures'] {
  const [first, ...rest] = e.terms;
  const unit = first!.fact.unit;
  const others =
    rest.length === 1 && rest[0]!.fact.unit === unit
      ? { label: rest[0]!.fact.label, value: rest[0]!.fact.value }
      : { label: rest.length === 1 ? rest[0]!.fact.label : '按其他数字计算', value: decimal(-rest.reduce((s, t) => s + t.coef * t.fact.fen, 0) / first!.coef, unit) };
  return [{ label: first!.fact.label, value: first!.fact.value }, others];
}

/**
 * Where most sums of one kind in a table fail, its columns were not understood: a table is not published wrong row after row.
 * Those failures become undecidable.
 */
function doubtStructure(book: Book): void {
  const by = new Map<string, Equation[]>();
  for (const e of book.equations) {
    const t = e.terms[0]!.fact.table;
    if (!t || !['row-sum', 'hierarchy-sum', 'list-sum'].includes(e.kind)) continue;
    const key = `${t.id}/${e.kind}`;
    (by.get(key) ?? by.set(key, []).get(key)!).push(e);
  }
  for (const list of by.values()) {
    const failed = list.filter((e) => e.status === 'failed');
    // Sums of one addend say little: a row that repeats its only part cannot clear the table.
    const telling = list.filter((e) => e.status === 'failed' || e.terms.length > 2);
    if (failed.length < 5 || failed.length * 2 <= telling.length) continue;
    for (const e of failed) {
      e.status = 'undecidable';
      e.soft = '表内多数合计都不成立，列的含义可能没有读对';
    }
  }
}

/** Reports causes, roundings and undecidable equations, and counts every equation. */
export function reportEquations(book: Book, out: Collector): Cause[] {
  doubtStructure(book);
  const causes = causesOf(book);
  for (const e of book.equations) out.count(e.kind, e.status);
  for (const c of causes) {
    const used = c.equations.filter((e) => out.rule(e.kind)).toSorted((a, b) => rank(a) - rank(b) || a.terms.length - b.terms.length);
    const e = used[0];
    if (!e) continue;
    const places: FindingPlace[] = c.facts.map((f) => f.place);
    for (const x of used) if (x === e || x.terms.length <= 3 || c.suspect === null) places.push(...x.terms.map((t) => t.fact.place), ...(x.also ?? []));
    const others = used.length - 1;
    const unit = e.terms[0]!.fact.unit;
    const blame = c.suspect && c.facts[0] && e.terms.length > 2 ? `；与其他各处核对，应是${c.facts[0].label}${c.facts[0].value}${c.facts[0].unit}有误` : '';
    out.add(
      e.kind,
      { places, figures: figuresOf(e), difference: decimal(Math.abs(e.off), unit), message: `${sentence(e)}${blame}${others > 0 ? `（另有${others}项核对因此不符）` : ''}。` },
      true,
    );
  }
  const seen = new Map<string, Finding>();
  for (const e of book.equations) {
    if (e.status !== 'rounding' && e.status !== 'undecidable') continue;
    if (!out.rule(e.kind)) continue;
    const unit = e.terms[0]!.fact.unit;
    const stated = e.terms[0]!.fact;
    const at = `${stated.table?.id ?? ''}/${stated.place.file ?? ''}/${stated.place.page ?? ''}/${stated.place.line ?? ''}/${stated.place.row ?? ''}`;
    const addends = e.terms
      .map((t) => t.fact.fen)
      .toSorted((x, y) => x - y)
      .join(',');
    // The same addends in another table, or the same total missed by two sums of its row, were rounded once.
    const keys = e.soft?.startsWith('表内多数')
      ? [`structure/${stated.table?.id}/${e.kind}`]
      : [`${e.status}/${e.off}/${e.soft ?? ''}/${addends}`, ...(e.status === 'rounding' && e.terms.length > 2 ? [`rounding/${e.off}/${stated.fen}/${at}`] : [])];
    const places = e.terms.map((t) => t.fact.place);
    const known = keys.map((k) => seen.get(k)).find((x) => x !== undefined);
    if (known) {
      for (const k of keys) seen.set(k, known);
      for (const p of places) if (!known.places.some((q) => q.line === p.line && q.page === p.page && q.row === p.row && q.table === p.table)) known.places.push(p);
      continue;
    }
    const tail = e.status === 'rounding' ? '，属于四舍五入造成的尾差' : `；${e.soft}，无法判定`;
    out.add(e.kind, { places, figures: figuresOf(e), difference: decimal(Math.abs(e.off), unit), message: `${sentence(e)}${tail}。`, severity: e.status }, true);
    for (const k of keys) seen.set(k, out.findings.at(-1)!);
  }
  return causes;
}
