// Cuts the stream of lines into narrative and tables: labels, titles, money units, issuing units, remarks, continuations.
import type { MoneyUnit, Place, TableKind } from '../model.ts';
import type { Line } from './stream.ts';
import { figure, norm, tidy } from './text.ts';
import { isBalanceKind, isTargetKind, isTitle, kindOfTitle, labelOf } from './vocabulary.ts';

export interface Segment {
  label: string | null;
  order: number | null;
  title: string;
  kind: TableKind;
  place: Place;
  moneyUnit: MoneyUnit | null;
  unit: string | null;
  year: number | null;
  lines: Line[];
  notes: { text: string; place: Place }[];
  remarks: string[];
  confidence: number;
}

const unitWord = (text: string): MoneyUnit | null => {
  const t = norm(text);
  return /万元/.test(t) ? '万元' : /元/.test(t) ? '元' : null;
};

/** 单位：万元 (or 金额单位, 计量单位); the unit may stand on the next line. */
const moneyLine = /^[(（]?(?:金额|计量|货币)?单位[:：]?[(（]?(人民币)?(万元|元|)[)）]?$/;
const issuer = /(编制单位|编报单位|填报单位|编制部门|部门全称|单位全称|单位名称|部门名称|预算单位|公开部门|公开单位|部门|单位)[:：]/;
const noteStart = /^[(（]?(备注|注|说明|注释)[:：]/;
const footer = /^(.{0,30}(无|没有|不涉及).{0,30}(此表|本表|无数据|为空|空表).{0,20}|.{0,10}(此表|本表)(无数据|为空|不涉及).{0,20})[)）]?$/;
const heading = /^第[一二三四五六七八九十]{1,2}部分|^[一二三四五六七八九十]{1,3}、.{0,40}(说明|情况|概况|解释|职责|职能|部分|联系方式|反馈)/;

/** Narrative that stands after a table: a section heading or a sentence. */
function isNarrative(line: Line): boolean {
  if (line.tabular) return false;
  const t = norm(line.text);
  return heading.test(t) || (t.length > 46 && /[。]/.test(t) && /^.{0,60}[,，。；]/.test(t));
}

const headWords = /^(科目编码|科目名称|项目|预算数|决算数|收入|支出|编码|名称|功能分类科目|经济分类科目|科目|支出科目|项目名称|行次|金额)$/;

export interface Segments {
  narrative: Line[];
  tables: Segment[];
}

/** Cuts one document. Lines before the first and after each table that are no table lines are narrative. */
export function segment(lines: Line[]): Segments {
  const narrative: Line[] = [];
  const tables: Segment[] = [];
  let current: Segment | null = null;
  let label: { id: string; order: number | null; line: Line } | null = null;
  let waitUnit = false;
  let waitIssuer = false;
  let heads: Segment['unit'] = null;
  let pendingMoney: MoneyUnit | null = null;

  const flushLabel = () => {
    if (label) narrative.push(label.line);
    label = null;
  };
  const open = (title: string, line: Line) => {
    const kind = kindOfTitle(title);
    current = {
      label: label?.id ?? null,
      order: label?.order ?? null,
      title,
      kind,
      place: label?.line.place ?? line.place,
      moneyUnit: pendingMoney,
      unit: heads,
      year: yearOfTitle(title),
      lines: [],
      notes: [],
      remarks: [],
      confidence: 1,
    };
    pendingMoney = null;
    heads = null;
    label = null;
    waitUnit = waitIssuer = false;
    tables.push(current);
  };

  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i]!;
    const filled = line.cells.filter((c) => c !== '');
    const single = filled.length === 1;
    const n = single ? norm(filled[0]!) : '';
    const inCatalogue: boolean = current !== null && (current as Segment).kind === 'catalogue';

    if (single && !line.tabular && n.length <= 12 && /^(目录|附件目录|附表目录)$/.test(n)) {
      flushLabel();
      open('目录', line);
      continue;
    }
    if (inCatalogue && line.tabular && filled.length > 1) {
      current!.lines.push(line);
      continue;
    }
    if (single) {
      // Text inside a cell of a wide grid row is a title only at its start (a form's own cells never are).
      const l = labelOf(filled[0]!);
      if (l && !(inCatalogue && l.rest && !catalogueEnds(lines, i, current!))) {
        const blank = current as Segment | null;
        if (!l.rest && blank && !blank.label && blank.lines.length === 0 && blank.kind !== 'catalogue' && !titleFollows(lines, i)) {
          // 公开01表 below its title.
          blank.label = l.id;
          blank.order = l.order;
          continue;
        }
        flushLabel();
        if (l.rest) {
          label = { id: l.id, order: l.order, line };
          open(withoutLabel(filled[0]!, l.rest), line);
        } else label = { id: l.id, order: l.order, line };
        continue;
      }
      if (isTitle(filled[0]!) && !(line.tabular && current && insideForm(current, line))) {
        const title = tidy(filled[0]!);
        const key = norm(title);
        if (inCatalogue && !catalogueEnds(lines, i, current!)) {
          current!.lines.push(line);
          continue;
        }
        const same = current !== null && norm((current as Segment).title) === key && !label && (current as Segment).lines.length > 0;
        if (same && !isTargetKind((current as Segment).kind)) {
          waitUnit = false;
          continue; // The title repeated after a page break: the table goes on.
        }
        open(title, line);
        continue;
      }
      if (label && /(?:表|总表)$/.test(n) === false && n.length <= 60 && !/[。；]/.test(n)) {
        // A wrapped title: 表一 / 一般公共预算财政拨款 / 支出预算表
        const next = lines[i + 1];
        const joined = next && next.cells.filter((c) => c !== '').length === 1 ? filled[0]! + next.cells.find((c) => c !== '')! : '';
        if (joined && isTitle(joined)) {
          open(tidy(joined), line);
          i += 1;
          continue;
        }
      }
    }
    const seg = current as Segment | null;
    if (label && !(single && n.length <= 4) && !moneyOf(line)) {
      // A label with no title after it: 附件 1 before the document's own title, or an untitled table.
      if (line.tabular && filled.length > 1) {
        open('', line);
        (tables.at(-1) as Segment).remarks.push('表题缺失');
        (tables.at(-1) as Segment).confidence = 0.6;
      } else flushLabel();
    }
    const meta = metaOf(line);
    if (
      meta &&
      (!seg || seg.lines.length === 0 || meta.money || (meta.issuer !== null && /^(编制|编报|填报|部门全称)/.test(n || norm(filled[0]!)))) &&
      !(seg && isTargetKind(seg.kind) && meta.money === null && meta.issuer === null && !meta.open)
    ) {
      const target = current as Segment | null;
      if (target) {
        if (meta.money && !target.moneyUnit) target.moneyUnit = meta.money;
        if (meta.issuer) target.unit ??= meta.issuer;
      } else {
        if (meta.money) pendingMoney = meta.money;
        if (meta.issuer && !line.tabular && filled.length === 1 && n.length < 40) narrative.push(line);
      }
      waitUnit = meta.open === 'money';
      waitIssuer = meta.open === 'issuer';
      continue;
    }
    if (waitUnit && single && /^(万元|元)$/.test(n)) {
      if (current) (current as Segment).moneyUnit ??= unitWord(n);
      waitUnit = false;
      continue;
    }
    if (waitIssuer && single && n.length <= 60 && current) {
      (current as Segment).unit ??= tidy(filled[0]!);
      waitIssuer = false;
      continue;
    }
    if (!current) {
      narrative.push(line);
      continue;
    }
    const table = current as Segment;
    if (single && /^[(（].{2,40}[)）]$/.test(tidy(filled[0]!)) && table.lines.length === 0 && !noteStart.test(n)) {
      const year = /^[(（]?(20\d\d)年(度)?[)）]?$/.exec(n);
      if (year) table.year ??= Number(year[1]);
      else {
        table.title += tidy(filled[0]!);
        table.kind = kindOfTitle(table.title);
      }
      continue;
    }
    if (single && (noteStart.test(n) || footer.test(n))) {
      table.notes.push({ text: tidy(filled[0]!), place: line.place });
      continue;
    }
    if (isNarrative(line) && !(isTargetKind(table.kind) && !heading.test(norm(line.text))) && !isFlatBody(table, line)) {
      current = null;
      narrative.push(line);
      continue;
    }
    if (table.kind === 'catalogue' && !line.tabular && !isTitle(line.text)) {
      const t = norm(line.text);
      if (t.length > 30 || heading.test(t)) {
        current = null;
        narrative.push(line);
        continue;
      }
    }
    if (!line.tabular && single && n.length > 1 && /^(联系人|联系电话|联系方式)/.test(n)) {
      narrative.push(line);
      continue;
    }
    if (orphan(table, line)) {
      const fresh: Segment = {
        label: null,
        order: null,
        title: '',
        kind: 'other',
        place: line.place,
        moneyUnit: table.moneyUnit,
        unit: null,
        year: null,
        lines: [line],
        notes: [],
        remarks: ['表题和表头缺失，只有续页'],
        confidence: 0.6,
      };
      tables.push(fresh);
      current = fresh;
      continue;
    }
    table.lines.push(line);
  }
  flushLabel();
  return { narrative, tables: settle(tables, narrative) };
}

const yearOfTitle = (title: string): number | null => {
  const m = /(20[0-4]\d)/.exec(norm(title));
  return m ? Number(m[1]) : null;
};

const withoutLabel = (text: string, rest: string): string => {
  // Keeps the title's own blanks: cut where the normalised rest begins.
  for (let i = 0; i < text.length; i += 1) if (norm(text.slice(i)) === rest) return tidy(text.slice(i));
  return rest;
};

/** Whether one of the next three lines is a title. */
function titleFollows(lines: Line[], i: number): boolean {
  return lines.slice(i + 1, i + 4).some((l) => l.cells.filter((c) => c !== '').length === 1 && isTitle(l.cells.find((c) => c !== '')!));
}

/** In a catalogue a title line ends it when a body follows: the next lines are a unit line, a table row or an issuer. */
function catalogueEnds(lines: Line[], i: number, catalogue: Segment): boolean {
  const key = norm(lines[i]!.text);
  const listed = catalogue.lines.some((l) => norm(l.text).includes(key.replace(/^(附件|附表|表)[一二三四五六七八九十\d]{1,3}[:：、.]?/, '')));
  for (let k = i + 1; k < Math.min(lines.length, i + 4); k += 1) {
    const line = lines[k]!;
    const t = norm(line.text);
    if (metaOf(line)) return true;
    if (line.tabular && line.cells.filter((c) => c !== '').length > 1) return line.cells.some((c) => headWords.test(norm(c)));
    if (isTitle(line.text) || labelOf(line.text)) return listed && !isTitle(line.text);
    if (t.length > 0) return listed;
  }
  return false;
}

/** Rows of target forms hold long texts and single cells that only look like titles. */
const insideForm = (segment: Segment, line: Line): boolean =>
  isTargetKind(segment.kind) && line.grid !== null && segment.lines.length > 0 && line.cells.findIndex((c) => c !== '') > 0;

interface Meta {
  money: MoneyUnit | null;
  issuer: string | null;
  open: 'money' | 'issuer' | null;
}
const moneyOf = (line: Line): boolean => line.cells.some((c) => moneyLine.test(norm(c)));

/** 单位：万元 / 部门全称：… lines, in one line or in cells of one. null for every other line. */
export function metaOf(line: Line): Meta | null {
  const filled = line.cells.filter((c) => c !== '');
  if (filled.length > 6 || filled.some((c) => c.length > 90)) return null;
  const meta: Meta = { money: null, issuer: null, open: null };
  let hit = false;
  for (let i = 0; i < filled.length; i += 1) {
    const raw = filled[i]!;
    const t = norm(raw);
    const inner = /(?:金额|计量|货币)?单位[:：][(（]?(?:人民币)?(万元|元)[)）]?$/.exec(t);
    if (moneyLine.test(t) && /单位/.test(t) && (/[:：]/.test(t) || /(万元|元)/.test(t))) {
      const own = unitWord(t);
      const next = filled[i + 1];
      if (own) meta.money = own;
      else if (next && /^(万元|元)$/.test(norm(next))) {
        meta.money = unitWord(next);
        i += 1;
      } else meta.open = 'money';
      hit = true;
      continue;
    }
    if (inner) {
      meta.money = inner[1] as MoneyUnit;
      hit = true;
    }
    const m = issuer.exec(t);
    if (m && m.index === 0) {
      const name = t.slice(m[0].length).replace(/(?:金额|计量|货币)?单位[:：].*$/, '');
      if (name) meta.issuer = name;
      else if (filled[i + 1] && !/[:：]/.test(filled[i + 1]!)) {
        meta.issuer = tidy(filled[i + 1]!);
        i += 1;
      } else meta.open = 'issuer';
      hit = true;
      continue;
    }
    if (inner) continue;
    if (/^(20\d\d)年(度|\d{1,2}月\d{1,2}日)?$/.test(t)) continue;
    return null;
  }
  return hit ? meta : null;
}

/** Text lines that belong to a flattened table body even when long. */
function isFlatBody(segment: Segment, line: Line): boolean {
  const t = norm(line.text);
  return !segment.lines.some((l) => l.tabular) && segment.lines.length > 0 && !heading.test(t) && /\d[\d,]*\.\d{2}/.test(line.text) && !/[。]/.test(t);
}

/** A row that cannot belong to the open table: classification codes in a two-sided table, or another width altogether. */
function orphan(segment: Segment, line: Line): boolean {
  if (!line.tabular || segment.lines.length === 0) return false;
  const first = norm(line.cells[0] ?? '');
  if (!/^(\d{3}|\d{5}|\d{7})$/.test(first) || !line.cells.some((c, i) => i > 1 && figure(c).value !== null)) return false;
  if (!isBalanceKind(segment.kind)) return false;
  const wide = Math.max(...segment.lines.filter((l) => l.tabular).map((l) => l.cells.length), 0);
  return wide > 0 && Math.abs(line.cells.length - wide) >= 2;
}

/** Titles without a body that come again with one, or stand in a run after 目录, are catalogue entries. */
function settle(tables: Segment[], narrative: Line[]): Segment[] {
  const out: Segment[] = [];
  let catalogue: Segment | null = null;
  const key = (s: Segment) => norm(s.title).replace(/^20\d\d年(度)?/, '');
  for (let i = 0; i < tables.length; i += 1) {
    const s = tables[i]!;
    if (s.kind === 'catalogue' && /目录/.test(s.title) && !/表$/.test(norm(s.title).replace(/目录/, ''))) {
      catalogue = s;
      out.push(s);
      continue;
    }
    const bare = s.lines.length === 0 && s.notes.length === 0 && s.moneyUnit === null;
    const again = tables.slice(i + 1).some((o) => key(o) === key(s) && o.lines.length > 0);
    if (bare && again) {
      if (!catalogue) {
        catalogue = { ...s, label: null, order: null, title: '目录', kind: 'catalogue', lines: [] };
        out.push(catalogue);
      }
      const text = s.label ? `${s.label} ${s.title}` : s.title;
      catalogue.lines.push({ cells: [text], text, tabular: false, grid: null, place: s.place, at: () => s.place, gap: 0, pageStart: false });
      continue;
    }
    if (bare && s.kind === 'other' && !s.label) {
      // 附件：部门预算公开表: a heading over all tables.
      narrative.push({ cells: [s.title], text: s.title, tabular: false, grid: null, place: s.place, at: () => s.place, gap: 1, pageStart: false });
      continue;
    }
    out.push(s);
  }
  // An orphan between 表六 and 表八 is 表七.
  out.forEach((s, i) => {
    if (s.title !== '' || s.label) return;
    const before = out.slice(0, i).findLast((o) => o.order !== null);
    const after = out.slice(i + 1).find((o) => o.order !== null);
    if (before && after && before.order !== null && after.order === before.order + 2) {
      s.order = before.order + 1;
      const number = /[一二三四五六七八九十]/.test(before.label!)
        ? ['', '一', '二', '三', '四', '五', '六', '七', '八', '九', '十', '十一', '十二', '十三', '十四', '十五', '十六', '十七', '十八', '十九', '二十'][s.order]
        : String(s.order);
      s.label = before.label!.replace(/[一二三四五六七八九十\d]{1,3}$/, number ?? String(s.order));
      s.remarks.push(`按前后表号推定为${s.label}`);
    }
  });
  return out;
}
