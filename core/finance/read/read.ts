// Reads the documents of one disclosure into the typed model.
import type { CatalogueEntry, Disclosure, DisclosureKind, MoneyUnit, Table, Unread } from '../model.ts';
import type { SourceDocument } from '../source.ts';
import { readFlatTable, readFlatTargets, type Hints } from './flat.ts';
import { paragraphsOf, statementsOf } from './narrative.ts';
import { segment, type Segment } from './segment.ts';
import { type Line, streamOf } from './stream.ts';
import { isWordRole, readTable } from './tables.ts';
import { readTargets } from './targets.ts';
import { norm, tidy, yearIn } from './text.ts';
import { addViews, balanceOf } from './views.ts';
import { isBalanceKind, isTargetKind, isTitle, kindOfTitle } from './vocabulary.ts';

/** Unit, year and kind stand in the document's own title lines. */
function identity(lines: Line[], tables: Segment[], files: string[]): { unit: string | null; year: number | null; kind: DisclosureKind | null } {
  let unit: string | null = null;
  let year: number | null = null;
  let kind: DisclosureKind | null = null;
  const opening = lines.slice(0, 60).filter((l) => !l.tabular);
  let joined = '';
  const title = /^(.{2,50}?)(20\d\d)年(?:度)?(?:部门|单位)?(预算|决算)(?:公开)?(?:情况)?(?:信息)?(?:公开)?(?:的)?(?:编制)?(?:说明|公开|报告|草案|文本|情况|$)/;
  const before = /^(20\d\d)年(?:度)?(.{2,50}?)(?:部门|单位)?(预算|决算)(?:公开)?(?:情况)?(?:信息)?(?:公开)?(?:说明|公开|报告|草案|文本|情况|$)/;
  for (let i = 0; i < opening.length && !unit; i += 1) {
    for (const text of [joined + norm(opening[i]!.text), norm(opening[i]!.text)]) {
      if (text.length > 90) continue;
      const m = title.exec(text);
      const n = m ? null : before.exec(text);
      if (m && !/[，。:：,]/.test(m[1]!) && !/^(部门|单位|\d+|年度)$/.test(m[1]!)) {
        unit = m[1]!;
        year = Number(m[2]);
        kind = m[3] === '决算' ? 'final-account' : 'budget';
        break;
      }
      if (n && !/[，。:：,]/.test(n[2]!) && !/^(部门|单位|年度)$/.test(n[2]!)) {
        unit = n[2]!.replace(/^(关于)/, '');
        year = Number(n[1]);
        kind = n[3] === '决算' ? 'final-account' : 'budget';
        break;
      }
    }
    const own = norm(opening[i]!.text);
    joined = own.length < 50 && !/[。，]/.test(own) ? own : '';
  }
  unit = unit?.replace(/^\d{1,3}(?=\p{Script=Han})/u, '').replace(/^(目录|附件\d*[:：]?)/, '') ?? null;
  const votes = <T>(values: (T | null | undefined)[]): T | null => {
    const count = new Map<T, number>();
    for (const v of values) if (v !== null && v !== undefined) count.set(v, (count.get(v) ?? 0) + 1);
    return [...count].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? null;
  };
  if (!unit) unit = votes(tables.filter((t) => !isTargetKind(t.kind)).map((t) => t.unit)) ?? votes(tables.map((t) => t.unit));
  year ??=
    votes(tables.map((t) => t.year)) ??
    votes(lines.slice(0, 200).map((l) => yearIn(l.text))) ??
    votes(files.map((f) => yearIn(f) ?? (Number(/(20[0-4]\d)/.exec(f)?.[1] ?? 0) || null)));
  if (!kind) {
    const all = [...tables.map((t) => t.title), ...files, ...lines.slice(0, 80).map((l) => l.text)].map(norm).join('\n').slice(0, 20000);
    const final = (all.match(/决算/g) ?? []).length;
    const budget = (all.match(/预算(?!财政拨款|拨款|资金|单位)/g) ?? []).length;
    if (final + budget > 0) kind = final > budget ? 'final-account' : 'budget';
  }
  return { unit, year, kind };
}

/** Sums of a disclosure known from its two-sided tables and narrative: which sources bring money at all. */
function hintsFrom(tables: Table[]): Hints {
  const sources = new Map<string, string>();
  let known = false;
  for (const table of tables.filter((t) => isBalanceKind(t.kind))) {
    const items = balanceOf(table).income.filter((i) => i.role === 'item' && i.source);
    if (items.some((i) => i.figures.amount?.value)) known = true;
    const carry = balanceOf(table).income.find((i) => i.role === 'carry' && i.figures.amount?.value && Number(i.figures.amount.value) !== 0);
    if (carry) sources.set('carry-over', carry.figures.amount!.value!);
    for (const item of items) {
      const value = item.figures.amount?.value;
      if (value && Number(value) !== 0 && table.kind === 'income-expenditure') sources.set(item.source!, value);
      else if (value && Number(value) !== 0) sources.set(item.source!, sources.get(item.source!) ?? value);
    }
  }
  return { sources: known ? sources : null };
}

const catalogueEntries = (segment: Segment): CatalogueEntry[] =>
  segment.lines.flatMap((line): CatalogueEntry[] => {
    const cells = line.cells.filter((c) => c !== '');
    const text = (cells.length === 1 ? tidy(cells[0]!).split(' ') : cells).filter((c) => !/^\d{1,3}$/.test(norm(c))).join(' ');
    const t = norm(text)
      .replace(/[.…·]{2,}\d{0,3}$/, '')
      .replace(/\d{1,3}$/, (d) => (/表\d+$/.test(norm(text)) ? '' : d));
    const m = /^((?:附件|附表|公开表|表)(?:[一二三四五六七八九十]{1,3}|\d{1,2}(?!\d))(?:-\d)?)[:：、.]?(.*)$/.exec(t);
    const title = (m ? m[2]! : t).replace(/^[(（]?[一二三四五六七八九十\d]{1,3}[)）]?[、.]/, '');
    if (!isTitle(title)) return [];
    return [{ label: m ? m[1]! : null, title, place: line.place }];
  });

/**
 * Reads the documents of one disclosure (its files in order) into one model.
 * Pure: the same documents give the same model. Contacts are masked on the way; what is not understood is in `unread`.
 */
export function readDisclosure(documents: SourceDocument[]): Disclosure {
  const d: Disclosure = {
    files: documents.map((s) => s.file),
    unit: null,
    unitCode: null,
    department: null,
    year: null,
    kind: null,
    moneyUnit: null,
    tables: [],
    functional: [],
    economic: [],
    balances: [],
    threePublic: [],
    procurement: [],
    projects: [],
    targetSheets: [],
    targets: [],
    catalogue: [],
    paragraphs: [],
    statements: [],
    contacts: [],
    scannedPages: [],
    unread: [],
  };
  const narrative: Line[] = [];
  const segments: Segment[] = [];
  const all: Line[] = [];
  documents.forEach((doc, file) => {
    for (const p of doc.pages) if (p.scanned) d.scannedPages.push({ file, page: p.page });
    const lines = streamOf(doc, file, d.contacts, d.unread);
    const cut = segment(lines);
    all.push(...lines);
    narrative.push(...cut.narrative);
    segments.push(...cut.tables);
  });
  const { unit, year, kind } = identity(narrative.length ? narrative : all, segments, d.files);
  Object.assign(d, { unit, year, kind });
  for (const s of segments.filter((x) => x.kind === 'catalogue')) d.catalogue.push(...catalogueEntries(s));

  const stated = segments.filter((s) => s.kind !== 'catalogue').map((s) => s.moneyUnit);
  const yuan = stated.filter((u) => u === '元').length;
  const wan = stated.filter((u) => u === '万元').length;
  const text = narrative.map((l) => l.text).join('\n');
  d.moneyUnit = yuan + wan > 0 ? (yuan > wan ? '元' : '万元') : /\d\s?万元/.test(text) ? '万元' : /\d\s?元/.test(text) ? '元' : null;

  const paragraphs = paragraphsOf(narrative, d.unread);
  d.paragraphs = paragraphs;
  d.statements = statementsOf(paragraphs, d.year);

  const ids = new Map<string, number>();
  let anonymous = 0;
  const later: { s: Segment; table: Table }[] = [];
  for (const s of segments) {
    const table: Table = {
      id: '',
      title: s.title,
      kind: s.kind,
      moneyUnit: s.moneyUnit ?? (s.kind === 'catalogue' ? null : d.moneyUnit),
      moneyUnitStated: s.moneyUnit !== null,
      columns: [],
      rows: [],
      notes: s.notes,
      empty: false,
      place: s.place,
      unit: s.unit,
      year: s.year,
      remarks: s.remarks,
      confidence: s.confidence,
    };
    let label = s.label;
    if (!label && s.kind !== 'catalogue') {
      const key = norm(s.title);
      label =
        d.catalogue.find((c) => c.label && norm(c.title) === key)?.label ??
        d.catalogue.find((c) => c.label && key.length > 6 && (norm(c.title).endsWith(key) || key.endsWith(norm(c.title))))?.label ??
        null;
    }
    anonymous += s.kind === 'catalogue' ? 0 : 1;
    const base = label ?? (s.kind === 'catalogue' ? '目录' : `T${anonymous}`);
    const n = (ids.get(base) ?? 0) + 1;
    ids.set(base, n);
    table.id = n === 1 ? base : `${base}-${n}`;
    d.tables.push(table);
    if (s.kind === 'catalogue') {
      table.rows = catalogueEntries(s).map((e) => ({ code: e.label, name: e.title, level: null, cells: [], place: e.place }));
      continue;
    }
    later.push({ s, table });
  }
  // Two-sided tables first: their sources help to place the figures of flattened tables.
  const flat = (s: Segment) => !s.lines.some((l) => l.tabular && l.cells.length > 1);
  const read = ({ s, table }: { s: Segment; table: Table }, hints: Hints) => {
    if (isTargetKind(s.kind)) {
      const sheets = flat(s) ? readFlatTargets(s, table, d.unread) : readTargets(s, table, d.unread);
      d.targetSheets.push(...sheets);
      table.empty = sheets.every((x) => x.targets.length === 0);
      return;
    }
    const body = flat(s) ? readFlatTable(s, hints, d.statements) : readTable(s);
    table.kind = s.kind;
    table.columns = body.columns;
    table.rows = body.rows;
    table.remarks.push(...body.remarks);
    d.unread.push(...body.unread);
    table.empty = body.rows.every((r) => r.cells.every((c, i) => c.value === null || isWordRole(body.columns[i]!.role)));
    if (table.kind === 'other' && table.columns.length) table.kind = kindOfTitle(table.title);
  };
  for (const x of later) if (isBalanceKind(x.s.kind)) read(x, { sources: null });
  const hints = hintsFrom(d.tables);
  for (const x of later) if (!isBalanceKind(x.s.kind)) read(x, hints);
  const order = new Map(d.tables.map((t, i) => [t.id, i]));
  d.targetSheets.sort((a, b) => order.get(a.table.id)! - order.get(b.table.id)!);
  d.targets = d.targetSheets.flatMap((s) => s.targets);
  addViews(d);
  finish(d);
  return d;
}

/** Department and code, where forms or tables name them ('103001-某单位', 主管部门). */
function finish(d: Disclosure): void {
  for (const sheet of d.targetSheets) {
    const m = /^(\d{3,6})[-—]\s*(.+)$/.exec(tidy(sheet.unit ?? ''));
    if (m && d.unit && norm(m[2]!).includes(norm(d.unit))) d.unitCode ??= m[1]!;
    const dept = sheet.department ? tidy(sheet.department).replace(/^\d{3,6}[-—]\s*/, '') : null;
    if (dept) d.department ??= dept;
  }
  for (const v of d.threePublic) for (const e of v.entries) if (e.unitCode && /^\d{3,9}$/.test(e.unitCode)) d.unitCode ??= e.unitCode;
  for (const p of d.procurement) for (const r of p.rows) if (r.unitCode && r.unit && d.unit && norm(r.unit).includes(norm(d.unit))) d.unitCode ??= r.unitCode;
  const seen = new Set<string>();
  d.unread = d.unread.filter((u: Unread) => {
    const key = `${u.place.file}/${u.place.page}/${u.place.line}/${u.place.row}/${u.text}/${u.reason}`;
    return seen.has(key) ? false : (seen.add(key), true);
  });
}

export type { MoneyUnit };
