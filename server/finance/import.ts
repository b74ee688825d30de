// Import of a disclosure: matched with a unit, stored once by content, a new version supersedes and says what differs.
import { gunzipSync, gzipSync } from 'node:zlib';
import { Readable } from 'node:stream';
import { matchUnits, surelyUnit, type UnitMatch } from '#core/finance/bind.ts';
import { figuresOf, projectsOf } from '#core/finance/compare.ts';
import type { ImportResult } from '#core/finance/contract.ts';
import { carryKeys } from '#core/finance/difference.ts';
import type { Disclosure, DisclosureKind } from '#core/finance/model.ts';
import { unpackDisclosure } from '#core/finance/packed.ts';
import type { RuleSet } from '#core/finance/pack.ts';
import type { Text } from '#core/contract.ts';
import { within } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { current } from '../packs/service.ts';
import { unitBy, units } from '../people/service.ts';
import type { Tx } from '../platform/db.ts';
import { append } from '../platform/facts.ts';
import { putFile } from '../platform/files.ts';
import type { Hub, Who, Work } from '../platform/hub.ts';
import { uuidv7 } from '../platform/ids.ts';
import { cellRows, findingRows, keyOf, rowRows, sheetRows, tableRows, targetRows } from './body.ts';
import { differenceOf } from './difference.ts';
import { shippedRules } from './rules.ts';
import * as store from './store.ts';
import * as targetStore from './store-targets.ts';
import type { GivenFile, Understood } from './understand.ts';

/** The checking rules in force: of the current content, else as shipped. */
export async function rulesOf(hub: Hub): Promise<RuleSet> {
  const content = await current(hub).catch(() => undefined);
  const rules = content ? [...content.content['finance-rules'].values()] : [];
  return rules.length ? rules : shippedRules();
}

export interface ImportWish {
  unit?: string | undefined;
  year?: number | undefined;
  kind?: DisclosureKind | undefined;
  /** Reads and checks, stores nothing. */
  trial?: boolean | undefined;
  /** Keeps the originals, unless they name a contact. */
  keep?: boolean | undefined;
  /** Stores a new version though the content is known (after the reader has learned). */
  again?: boolean | undefined;
}
const pack = (model: string): Buffer => gzipSync(model, { level: 6 });
export const modelFrom = (stored: Buffer): Disclosure => unpackDisclosure(gunzipSync(stored).toString('utf8'));

/** Units below these paths with their names. */
async function unitNames(hub: Hub, scope: string[]): Promise<{ path: string; name: string; text: Text }[]> {
  return (await units(hub.sql, false)).filter((u) => u.active && scope.some((s) => within(u.path, s))).map((u) => ({ path: u.path, name: u.name.zh, text: u.name }));
}

/** What a person chose for the same published name before goes first; chosen once and never otherwise, it is sure. */
function knownFirst(matches: UnitMatch[], called: string[], all: { path: string; name: string }[]): UnitMatch[] {
  const known = called.flatMap((path): UnitMatch[] => {
    const u = all.find((x) => x.path === path);
    return u ? [{ unit: path, name: u.name, score: 95, reason: '这个单位已存有以此名称公布的文件' }] : [];
  });
  return [...known, ...matches.filter((m) => !called.includes(m.unit) && (!known.length || m.score < 85))];
}

/**
 * Imports one disclosure. `scope`: units the actor may import for. Without a unit, year or kind that is given or surely read it stores
 * nothing and says what is needed. Idempotent by content for the same unit, year and kind.
 */
export async function importDisclosure(
  hub: Hub,
  who: Who,
  scope: string[],
  given: GivenFile[],
  wish: ImportWish,
  read: (files: GivenFile[], rules: RuleSet) => Promise<Understood>,
): Promise<ImportResult> {
  if (!given.length) throw problem('invalid-input', { detail: '没有文件' });
  const u = await read(given, await rulesOf(hub));
  const d = u.disclosure;
  const all = await unitNames(hub, scope);
  const called = d.unit ? await store.unitsCalled(hub.sql, who.realm, d.unit, scope) : [];
  const matches = d.unit ? knownFirst(matchUnits(d.unit, all), called, all) : [];
  if (wish.unit && !all.some((x) => x.path === wish.unit))
    throw (await unitBy(hub.sql, { path: wish.unit }))
      ? problem('forbidden', { detail: '不能为这个单位导入' })
      : problem('invalid-input', { errors: [{ pointer: '/query/unit', message: '没有这个机构' }] });
  const unit = wish.unit ?? surelyUnit(matches)?.unit ?? null;
  const year = wish.year ?? d.year;
  const kind = wish.kind ?? d.kind;
  const bySeverity = { error: 0, warning: 0, rounding: 0, undecidable: 0 };
  for (const f of u.report.findings) bySeverity[f.severity]++;
  const cells = cellRows(d);
  const notes: string[] = [];
  if (wish.unit && d.unit && !matches.some((m) => m.unit === wish.unit)) notes.push(`文件中的单位是“${d.unit}”，与所选机构名称不同`);
  if (wish.year && d.year && wish.year !== d.year) notes.push(`文件中的年度是 ${d.year}，按 ${wish.year} 年保存`);
  const result: ImportResult = {
    id: null,
    fresh: false,
    number: null,
    read: {
      unit: d.unit,
      year: d.year,
      kind: d.kind,
      moneyUnit: d.moneyUnit,
      tables: d.tables.length,
      targets: d.targets.length,
      cells: cells.filter((c) => c.text !== '').length,
      uncertain: cells.filter((c) => c.confidence < 1).length,
      unread: d.unread.length,
      masked: d.contacts.length,
      scannedPages: d.scannedPages.length,
      findings: bySeverity,
      checks: u.report.checks,
      milliseconds: u.milliseconds,
    },
    units: matches.map((m) => ({ unit: m.unit, unitName: all.find((x) => x.path === m.unit)!.text, score: m.score, reason: m.reason })),
    needs: [...(unit ? [] : (['unit'] as const)), ...(year ? [] : (['year'] as const)), ...(kind ? [] : (['kind'] as const))],
    superseded: null,
    difference: null,
    notes,
  };
  if (wish.trial || !unit || !year || !kind) return result;
  const mayKeep = wish.keep && d.contacts.length === 0;
  if (wish.keep && !mayKeep) notes.push(`文件写有联系人（${d.contacts.length} 处），不保存原件，只保存遮蔽后的文字`);
  // Bytes are on disk before any row points at them.
  if (mayKeep) for (const f of given) await putFile(hub.config.dataDir, Readable.from([f.bytes]));
  return hub.command(who, async (work) => {
    await work.tx`select pg_advisory_xact_lock(hashtextextended(${`finance:${work.realm}:${unit}:${year}:${kind}`}, 0))`;
    const before = await store.versions(work.tx, { realm: work.realm, unit, year, kind });
    const same = before.find((v) => v.content === u.content);
    if (same && !wish.again) {
      if (!same.current) notes.push(`这份内容是第 ${same.number} 版，已被后来的版本取代`);
      return { ...result, id: same.id, number: same.number };
    }
    return { ...result, ...(await insertVersion(work, u, { unit, year, kind }, before, !!mayKeep)), notes };
  });
}

async function insertVersion(
  work: Work,
  u: Understood,
  at: { unit: string; year: number; kind: DisclosureKind },
  before: { id: string; number: number; current: boolean }[],
  keep: boolean,
): Promise<Pick<ImportResult, 'id' | 'fresh' | 'number' | 'superseded' | 'difference'>> {
  const { tx, realm } = work;
  const d = u.disclosure;
  const id = uuidv7();
  const last = before.find((v) => v.current);
  const number = (before[0]?.number ?? 0) + 1;
  const head = { id, realm, ...at, number };
  await store.insert(tx, {
    ...head,
    publishedUnit: d.unit,
    unitCode: d.unitCode,
    department: d.department,
    moneyUnit: d.moneyUnit,
    content: u.content,
    files: u.files.map((f) => ({ ...f, kept: keep })),
    checks: u.report.checks,
    masked: d.contacts.length,
    unread: d.unread.map((x) => ({ text: x.text, reason: x.reason, place: x.place })),
    scanned: d.scannedPages,
    model: pack(u.model),
    by: work.by,
    at: work.at,
  });
  await store.insertBody(tx, id, { tables: tableRows(d), rows: rowRows(d), cells: cellRows(d), pages: u.pages, statements: d.statements });
  const old = last ? await targetStore.targetsOf(tx, last.id) : [];
  const fresh = targetRows(
    d,
    d.targets.map(() => ''),
  );
  const { keys, renamed } = carryKeys(old, fresh, (identity) => keyOf('target', realm, at.unit, at.year, at.kind, identity));
  await targetStore.insertTargets(
    tx,
    id,
    fresh.map((t, i) => ({ ...t, key: keys[i]! })),
    sheetRows(d),
  );
  await store.putFindings(tx, id, findingRows(u.report.findings), u.report.checks);
  await derive(tx, d, { id, realm, ...at, by: work.by, at: work.at });
  const difference = last ? await differenceOf(tx, last, { id, number }, { realm, ...at }) : null;
  await append(work, [
    {
      kind: 'disclosure.imported',
      subject: `disclosure:${id}`,
      unit: at.unit,
      data: {
        ...at,
        number,
        content: u.content,
        files: u.files,
        kept: keep,
        publishedUnit: d.unit,
        tables: d.tables.length,
        targets: d.targets.length,
        findings: u.report.findings.length,
        checks: u.report.checks,
        renamed,
      },
    },
    ...(last && difference
      ? [
          {
            kind: 'disclosure.superseded',
            subject: `disclosure:${last.id}`,
            unit: at.unit,
            data: { by: id, number, cells: difference.cells.length + difference.cellsMore, targets: difference.targets.length, findings: difference.findings.length },
          },
        ]
      : []),
  ]);
  return { id, fresh: true, number, superseded: last?.id ?? null, difference };
}

/** Comparable figures and, for a budget, the projects execution is entered for. */
export async function derive(tx: Tx, d: Disclosure, at: { id: string; realm: string; unit: string; year: number; kind: DisclosureKind; by: string; at: Date }): Promise<void> {
  const figures = figuresOf({ ...d, year: at.year, kind: at.kind });
  await store.putFigures(tx, at.id, figures);
  if (at.kind !== 'budget') return;
  const whole = figures.find((f) => f.dimension === 'total' && f.code === 'expenditure' && f.year === at.year)?.fen ?? null;
  const projects = [{ key: '', name: '单位整体', code: null, budget: whole }, ...projectsOf(d)];
  await store.dropProjects(
    tx,
    at,
    projects.map((p) => p.key),
  );
  await store.putProjects(tx, at, projects);
}
