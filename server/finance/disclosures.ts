// Disclosures as the screens show them: lists, tables as trees with every cell, pages, statements, findings, comparison.
import type { Output } from '#core/contract.ts';
import { compareDocuments } from '#core/finance/compare.ts';
import type { financeApi } from '#core/finance/contract.ts';
import type { DisclosureKind, Statement } from '#core/finance/model.ts';
import type { FinanceRule } from '#core/finance/pack.ts';
import { type Actor, may } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import type { Db } from '../platform/db.ts';
import type { Hub } from '../platform/hub.ts';
import { isMoney } from './body.ts';
import { differenceOf } from './difference.ts';
import { rulesOf } from './import.ts';
import * as store from './store.ts';
import { sheetsOf } from './store-targets.ts';

export interface Reading {
  hub: Hub;
  realm: string;
  scope: string[];
}
type Item = Output<typeof financeApi.disclosures>['items'][number];
type FindingItem = Output<typeof financeApi.findings>['items'][number];

const itemOf = (d: store.DisclosureRow): Item => ({
  id: d.id,
  unit: d.unit,
  unitName: d.unitName,
  publishedUnit: d.publishedUnit,
  department: d.department,
  year: d.year,
  kind: d.kind,
  moneyUnit: d.moneyUnit,
  number: d.number,
  current: d.current,
  tables: d.tables,
  targets: d.targets,
  findings: { error: d.error, warning: d.warning, rounding: d.rounding, undecidable: d.undecidable, open: d.open },
  checks: d.checks,
  uncertain: d.uncertain,
  corrections: d.corrections,
  files: d.files,
  importedAt: d.at,
  importedBy: d.by,
  importedByName: d.byName,
});

/** The disclosure of an id in these units, or 404. */
export async function mustRead(db: Db, realm: string, id: string, scope: string[], lock = false): Promise<store.DisclosureRow> {
  const d = await store.read(db, realm, id, scope, lock);
  if (!d) throw problem('not-found', { detail: '没有这份公开，或不在您的范围内' });
  return d;
}

const cursor = {
  of: (d: store.DisclosureRow): string => Buffer.from(`${d.year}|${d.id}`).toString('base64url'),
  read(text: string | undefined): { year: number; id: string } | undefined {
    if (!text) return undefined;
    const m = /^(\d{4})\|([0-9a-f-]{36})$/.exec(Buffer.from(text, 'base64url').toString());
    if (!m) throw problem('invalid-input', { errors: [{ pointer: '/query/cursor', message: '不是有效的游标' }] });
    return { year: Number(m[1]), id: m[2]! };
  },
};

export async function listDisclosures(
  { hub, realm, scope }: Reading,
  q: { unit?: string | undefined; year?: number | undefined; kind?: DisclosureKind | undefined; old?: boolean | undefined; cursor?: string | undefined; limit: number },
): Promise<Output<typeof financeApi.disclosures>> {
  const rows = await store.list(hub.sql, { realm, scope, ...q, after: cursor.read(q.cursor), limit: q.limit + 1 });
  const items = rows.slice(0, q.limit);
  const stock = await store.stock(hub.sql, realm, scope);
  return {
    items: items.map(itemOf),
    next: rows.length > q.limit ? cursor.of(items.at(-1)!) : null,
    years: [...new Set(stock.map((s) => s.year))].sort((a, b) => b - a),
    units: [...new Map(stock.map((s) => [s.unit, { unit: s.unit, unitName: s.unitName }])).values()],
  };
}

const tableItemOf = (t: store.TableRow & { uncertain: number }, findings: store.DecidedFinding[]) => ({
  n: t.n,
  id: t.id,
  title: t.title,
  kind: t.kind,
  moneyUnit: t.moneyUnit,
  rows: t.rows,
  empty: t.empty,
  uncertain: t.uncertain,
  findings: findings.filter((f) => f.places.some((p) => p.table === t.id)).length,
  remarks: t.remarks,
  place: t.place,
});

export async function readOne({ hub, realm, scope }: Reading, id: string, actor: Actor): Promise<Output<typeof financeApi.disclosure>> {
  const d = await mustRead(hub.sql, realm, id, scope);
  const [tables, versions, pages, findings, projects, sheets] = await Promise.all([
    store.tables(hub.sql, id),
    store.versions(hub.sql, d),
    store.pageList(hub.sql, id),
    store.findings(hub.sql, d),
    store.projects(hub.sql, { realm, unit: d.unit, year: d.year }),
    sheetsOf(hub.sql, id),
  ]);
  return {
    ...itemOf(d),
    sheets,
    tableList: tables.map((t) => tableItemOf(t, findings)),
    versions: versions.map(({ id: vid, number, importedAt, importedByName, current }) => ({ id: vid, number, importedAt, importedByName, current })),
    unread: d.unread,
    scannedPages: d.scanned,
    masked: d.masked,
    pages,
    projects: projects.filter((p) => p.key !== '').map(({ key, name, code, budget }) => ({ key, name, code, budget })),
    mayManage: may(actor, 'finance.manage', d.unit),
  };
}

/** Parents of rows by their levels: the nearest row above that stands higher; rows without a level have none. */
export function parentsOf(levels: (number | null)[]): (number | null)[] {
  const above: { n: number; level: number }[] = [];
  return levels.map((level, n) => {
    if (level === null) return null;
    while (above.length && above.at(-1)!.level >= level) above.pop();
    const parent = above.at(-1)?.n ?? null;
    above.push({ n, level });
    return parent;
  });
}

export async function readTable({ hub, realm, scope }: Reading, id: string, n: number): Promise<Output<typeof financeApi.table>> {
  const d = await mustRead(hub.sql, realm, id, scope);
  const t = (await store.tables(hub.sql, id)).find((x) => x.n === n);
  if (!t) throw problem('not-found', { detail: '没有这张表' });
  const [rows, cells, findings] = await Promise.all([store.rows(hub.sql, id, n), store.cells(hub.sql, id, n), store.findings(hub.sql, d)]);
  const byRow = new Map<number, store.CellRow[]>();
  for (const c of cells) byRow.set(c.r, [...(byRow.get(c.r) ?? []), c]);
  const parents = parentsOf(rows.map((r) => r.level));
  return {
    ...tableItemOf(t, findings),
    columns: t.columns.map((c) => ({ path: c.path, role: c.role, year: c.year, money: isMoney(c) })),
    body: rows.map((r, i) => ({
      r: r.n,
      code: r.code,
      name: r.name,
      level: r.level,
      parent: parents[i] === null ? null : rows[parents[i]!]!.n,
      place: r.place,
      repeats: r.repeats,
      cells: (byRow.get(r.n) ?? []).map((c) => ({ c: c.n, text: c.text, value: c.value, fen: c.fen, confidence: c.confidence, notes: c.notes, place: c.place, was: c.was })),
    })),
    notes: t.notes,
    findingKeys: findings.filter((f) => f.places.some((p) => p.table === t.id)).map((f) => f.key),
  };
}

export async function readPage({ hub, realm, scope }: Reading, id: string, file: number, n: number): Promise<Output<typeof financeApi.pageText>> {
  const d = await mustRead(hub.sql, realm, id, scope);
  const lines = await store.page(hub.sql, id, file, n);
  if (!lines) throw problem('not-found', { detail: '没有这一页' });
  return { file, fileName: d.files[file]?.name ?? d.files[0]?.name ?? '', page: n, lines };
}

export async function listStatements({ hub, realm, scope }: Reading, id: string): Promise<Output<typeof financeApi.statements>> {
  const d = await mustRead(hub.sql, realm, id, scope);
  const [all, findings] = await Promise.all([store.statements<Statement>(hub.sql, id), store.findings(hub.sql, d)]);
  return {
    items: all.map((s, n) => ({
      n,
      topic: s.topic,
      subject: s.subject,
      text: s.text,
      amount: s.amount?.value ?? null,
      amountUnit: s.amount?.unit ?? null,
      change: s.change?.value ?? null,
      percent: s.percent?.value ?? null,
      share: s.share?.value ?? null,
      direction: s.direction,
      reason: s.reason,
      place: s.place,
      findingKeys: findings
        .filter((f) => f.places.some((p) => p.table === null && p.file === s.place.file && p.page === s.place.page && p.line === s.place.line && p.line !== undefined))
        .map((f) => f.key),
    })),
  };
}

export function findingOf(f: store.DecidedFinding, rules: Map<string, FinanceRule>, number: number): FindingItem {
  const rule = rules.get(f.rule);
  return {
    key: f.key,
    rule: f.rule,
    ruleName: rule?.name ?? { zh: f.rule, en: f.rule },
    ruleMeaning: rule?.meaning ?? { zh: f.rule, en: f.rule },
    ruleSource: rule?.source.text ?? '',
    class: f.class,
    severity: f.severity,
    places: f.places,
    figures: f.figures,
    difference: f.difference,
    message: f.message,
    status: f.status ?? 'open',
    note: f.note,
    decided: f.by ? { by: f.by, byName: f.byName ?? f.by, at: f.at! } : null,
    recurring: f.status === 'corrected' && (f.decidedNumber ?? number) < number,
  };
}

export async function listFindings({ hub, realm, scope }: Reading, id: string): Promise<Output<typeof financeApi.findings>> {
  const d = await mustRead(hub.sql, realm, id, scope);
  const rules = new Map((await rulesOf(hub)).map((r) => [r.code, r]));
  return { items: (await store.findings(hub.sql, d)).map((f) => findingOf(f, rules, d.number)), checks: d.checks };
}

/** Difference from another version of the same unit, year and kind; the one before it unless told. */
export async function readDifference({ hub, realm, scope }: Reading, id: string, from?: string): Promise<Output<typeof financeApi.difference>> {
  const d = await mustRead(hub.sql, realm, id, scope);
  const all = await store.versions(hub.sql, d);
  const other = from ? all.find((v) => v.id === from) : all.find((v) => v.number < d.number);
  if (!other) throw problem('not-found', { detail: from ? '没有这一版，或不是同一单位、年度与种类' : '这是第一版，没有更早的版本可比' });
  return differenceOf(hub.sql, other, d, d);
}

export async function compare(
  { hub, realm, scope }: Reading,
  q: { units?: string[] | undefined; from?: number | undefined; to?: number | undefined; kind: DisclosureKind },
): Promise<Output<typeof financeApi.compare>> {
  const rows = await store.figures(hub.sql, { realm, scope, ...q });
  const c = compareDocuments(rows.map((r) => ({ unit: r.unit, unitName: r.unitName.zh, year: r.year, disclosure: r.id, kind: r.kind, figures: r.figures ?? [] })));
  return { ...c, units: [...new Map(rows.map((r) => [r.unit, { unit: r.unit, unitName: r.unitName }])).values()] };
}
