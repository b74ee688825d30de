// Content rules: promised tables, empty notes, duplicated rows, classification names, years, placeholders, errors, marks, doubled phrases.
import type { Disclosure, Place, Table } from '../model.ts';
import { departmentCodes, governmentCodes } from '../classification/economic.ts';
import { classCodeOf, functionalCodes, plainName } from '../classification/functional.ts';
import { type Collector, placeOf } from './report.ts';
import { rowName } from './sums.ts';
import { isUnitRow } from './units.ts';

const norm = (t: string) => t.normalize('NFKC').replace(/\s/g, '');
const digits = '一二三四五六七八九十';
/** 表十二, 附件 3 → prefix and number; null for others. */
export function numberOf(id: string): { prefix: string; n: number } | null {
  const m = /^(\D*?)([一二三四五六七八九十]{1,3}|\d{1,2})(?:-\d{1,2})?(表)?$/.exec(norm(id));
  if (!m) return null;
  const t = m[2]!;
  if (/^\d/.test(t)) return { prefix: m[1]! + (m[3] ?? ''), n: Number(t) };
  const ten = t.indexOf('十');
  const unit = (c: string | undefined) => (c ? digits.indexOf(c) + 1 : 0);
  const n = ten < 0 ? (t.length === 1 ? unit(t) : 0) : (ten === 0 ? 1 : unit(t[0])) * 10 + unit(t[ten + 1]);
  return n > 0 ? { prefix: m[1]! + (m[3] ?? ''), n } : null;
}
const chinese = (n: number): string => (n <= 10 ? digits[n - 1]! : `${n >= 20 ? digits[Math.floor(n / 10) - 1] : ''}十${n % 10 ? digits[(n % 10) - 1] : ''}`);

function missingTables(d: Disclosure, out: Collector): void {
  const tables = d.tables.filter((t) => t.kind !== 'catalogue');
  const reported = new Set<number>();
  if (d.catalogue.length > 0 && tables.length > 0) {
    const key = (t: string) =>
      norm(t)
        .replace(/^(?:[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十\d]{1,3}\)|\d{1,2}[.、])/, '')
        .replace(/^20\d\d年(度)?/, '')
        .replace(/[“”"']/g, '');
    const titles = tables.map((t) => key(t.title));
    for (const e of d.catalogue) {
      const k = key(e.title);
      const found =
        tables.some((t) => e.label !== null && norm(t.id).replace(/-\d+$/, '') === norm(e.label)) ||
        titles.some((t) => t !== '' && (t === k || (k.length > 8 && (t.endsWith(k) || k.endsWith(t)) && Math.min(t.length, k.length) > 8)));
      if (found) out.pass('missing-table');
      else {
        const n = e.label ? numberOf(e.label) : null;
        if (n) reported.add(n.n);
        out.add('missing-table', { places: [placeOf(e.place, null)], message: `目录列有${e.label ?? ''}《${e.title.replace(/\s/g, '')}》，正文中没有这张表。` });
      }
    }
    return;
  }
  const numbered = tables.map((t, i) => ({ t, i, n: numberOf(t.id) })).filter((x) => x.n !== null && !/^T\d/.test(x.t.id));
  const prefixes = new Map<string, number>();
  for (const x of numbered) prefixes.set(x.n!.prefix, (prefixes.get(x.n!.prefix) ?? 0) + 1);
  for (const [prefix, count] of prefixes) {
    if (count < 3) continue;
    const of = numbered.filter((x) => x.n!.prefix === prefix);
    const have = new Set(of.map((x) => x.n!.n));
    const last = Math.max(...have);
    for (let n = 1; n < last; n += 1) {
      if (have.has(n)) {
        out.pass('missing-table');
        continue;
      }
      const after = of.find((x) => x.n!.n > n)!;
      const before = of.findLast((x) => x.n!.n < n && x.i < after.i);
      const id = /[一二三四五六七八九十]/.test(of[0]!.t.id)
        ? `${prefix.replace('表', '') === '' ? '表' : prefix}${chinese(n)}`
        : /\d表$/.test(of[0]!.t.id)
          ? `${prefix.slice(0, -1)}${String(n).padStart(/\d{2}表$/.test(of[0]!.t.id) ? 2 : 1, '0')}表`
          : `${prefix}${n}`;
      out.add('missing-table', {
        places: [placeOf(after.t.place, after.t.id), ...(before ? [placeOf(before.t.place, before.t.id)] : [])],
        message: `表号不连续：缺${id}（${before ? `${before.t.id}之后` : '开头'}即为${after.t.id}）。`,
      });
    }
  }
  for (const t of tables) {
    if (t.remarks.some((r) => /表题.*缺失|缺.*表题|标题.*缺失/.test(r)))
      out.add('missing-table', { places: [placeOf(t.place, t.id)], message: `${t.id}缺少表题和表头，只见续页各行，前面的行没有公布。` });
  }
}

const empties: Partial<Record<Table['kind'], RegExp>> = {
  'government-fund': /政府性基金/,
  'state-capital': /国有资本/,
  procurement: /采购/,
  'three-public': /三公/,
  'key-project-targets': /重点/,
  'project-list': /项目/,
};
function emptyNotes(d: Disclosure, out: Collector): void {
  for (const t of d.tables) {
    if (!t.empty || t.kind === 'catalogue' || t.kind === 'other' || /^第[一二三四五六七八九十]部分/.test(norm(t.title))) continue;
    const next = Math.min(...d.tables.filter((o) => o.place.file === t.place.file && (o.place.line ?? 0) > (t.place.line ?? 0)).map((o) => o.place.line ?? Infinity));
    const unread =
      (t.place.line !== undefined && d.unread.some((u) => u.place.file === t.place.file && u.place.line! > t.place.line! && u.place.line! < next)) ||
      d.targetSheets.some((s) => s.table === t && (s.goal !== null || s.budget?.value != null));
    const told =
      unread ||
      t.notes.length > 0 ||
      (empties[t.kind] !== undefined && d.paragraphs.some((p) => empties[t.kind]!.test(p.text) && /(无|没有|未安排|未使用|不涉及|总额\s?0|0\s?万?元|为零)/.test(p.text)));
    if (told) out.pass('empty-note');
    else out.add('empty-note', { places: [placeOf(t.place, t.id)], message: `${t.id}《${t.title.replace(/\s/g, '')}》没有数据，也没有备注说明原因。` });
  }
}

function duplicateRows(d: Disclosure, out: Collector): void {
  for (const t of d.tables) {
    const repeats = t.rows.map((r, i) => ({ r, i })).filter((x) => x.r.repeats !== undefined);
    if (repeats.length > 0) {
      out.add('duplicate-row', {
        places: repeats.flatMap((x) => [placeOf(x.r.place, t.id), placeOf(t.rows[x.r.repeats!]!.place, t.id)]),
        message: `${t.id}分页处${repeats.map((x) => `“${rowName(x.r)}”`).join('、')}重复列示。`,
      });
    }
    if (
      !['functional-expenditure', 'expenditure', 'income', 'basic-by-economic', 'basic-by-government-economic', 'project-by-economic', 'project-by-government-economic'].includes(
        t.kind,
      ) ||
      t.columns.some((c) => ['unit-code', 'unit-name', 'project-name'].includes(c.role))
    )
      continue;
    const seen = new Map<string, number>();
    t.rows.forEach((r, i) => {
      // Codes come again under the next unit.
      if (isUnitRow(t, { code: r.code, name: r.name, level: r.level, row: i })) seen.clear();
      if (!r.code || r.repeats !== undefined) return;
      const first = seen.get(r.code);
      if (first === undefined) seen.set(r.code, i);
      else out.add('duplicate-row', { places: [placeOf(r.place, t.id), placeOf(t.rows[first]!.place, t.id)], message: `${t.id}科目“${rowName(r)}”重复列示。` });
    });
    if (repeats.length === 0) out.pass('duplicate-row');
  }
}

function classificationNames(d: Disclosure, out: Collector): void {
  const wrong = new Map<string, { places: ReturnType<typeof placeOf>[]; code: string; name: string; right: string; until?: number }>();
  // 编码 旧名 最后一年: names that were right until then.
  const outdated = new Map(
    out.list('classification-name', 'outdated').map((line) => {
      const [code, old, until] = line.split(' ');
      return [`${code} ${plainName(old!)}`, Number(until)] as const;
    }),
  );
  const look = (code: string, name: string, place: Place, table: string, list: typeof functionalCodes) => {
    const known = list.get(code);
    if (!known) return;
    const n = plainName(name);
    const until = list === functionalCodes && d.year !== null ? outdated.get(`${code} ${n}`) : undefined;
    if (until !== undefined && d.year! > until) {
      const key = `${code}/${n}`;
      const w = wrong.get(key) ?? { places: [], code, name, right: known.name, until };
      w.places.push(placeOf(place, table));
      wrong.set(key, w);
      return;
    }
    if (
      n === '' ||
      known.accepted.has(n) ||
      known.accepted.has(`${n}支出`) ||
      known.accepted.has(n.replace(/支出$/, '')) ||
      n.replace(/[()]/g, '') === plainName(known.name).replace(/[()]/g, '') ||
      // A name cut by a narrow column is no wrong name.
      (n.length >= 6 && plainName(known.name).startsWith(n))
    ) {
      if (n !== '') out.pass('classification-name');
      return;
    }
    const key = `${code}/${n}`;
    const w = wrong.get(key) ?? { places: [], code, name, right: known.name };
    w.places.push(placeOf(place, table));
    wrong.set(key, w);
  };
  for (const v of d.functional)
    for (const r of v.rows)
      if (r.code && r.name && !['government-fund', 'state-capital'].includes(v.table.kind)) look(r.code, r.name, v.table.rows[r.row]!.place, v.table.id, functionalCodes);
  for (const v of d.economic)
    for (const r of v.rows) if (r.code && r.name) look(r.code, r.name, v.table.rows[r.row]!.place, v.table.id, v.set === 'government' ? governmentCodes : departmentCodes);
  for (const w of wrong.values())
    out.add('classification-name', {
      places: w.places,
      figures: [],
      message:
        w.until === undefined
          ? `科目${w.code}写作“${w.name.replace(/\s/g, '')}”，政府收支分类科目中应为“${w.right}”。`
          : `科目${w.code}写作“${w.name.replace(/\s/g, '')}”，是${w.until}年及以前的名称，${d.year}年政府收支分类科目中应为“${w.right}”。`,
    });
  for (const v of d.functional) {
    for (const r of v.rows) {
      const row = v.table.rows[r.row]!;
      if (
        r.code ||
        r.level === 0 ||
        !r.name ||
        /^(合计|总计|本年|备注|注[:：])/.test(norm(r.name)) ||
        Object.values(r.figures).every((c) => c?.value == null) ||
        row.repeats !== undefined ||
        isUnitRow(v.table, r)
      )
        continue;
      if (!v.rows.some((x) => x.code)) continue;
      out.add('empty-cell', { places: [placeOf(row.place, v.table.id)], message: `${v.table.id}“${r.name.replace(/\s/g, '')}”一行有数字而没有科目编码。` });
    }
    for (const r of v.rows)
      if (r.code && !r.name && /^\d{3,7}$/.test(r.code))
        out.add('empty-cell', { places: [placeOf(v.table.rows[r.row]!.place, v.table.id)], message: `${v.table.id}科目${r.code}没有科目名称。` });
  }
  // A class of a two-sided table whose name is no class, while its amount is that of a class missing there.
  const amounts = new Map<string, string>();
  for (const v of d.functional)
    if (v.table.kind === 'functional-expenditure' || v.table.kind === 'expenditure')
      for (const r of v.rows) if (r.code?.length === 3 && r.figures.total?.value != null) amounts.set(r.code, r.figures.total.value);
  for (const b of d.balances) {
    const present = new Set(b.expenditure.map((i) => classCodeOf(i.name)).filter((c) => c !== null));
    for (const i of b.expenditure) {
      if (i.role !== 'item' || classCodeOf(i.name) !== null) continue;
      const value = i.figures.amount?.value;
      if (value == null || Number(value) === 0) continue;
      const code = [...amounts].find(([c, v]) => !present.has(c) && Number(v) === Number(value))?.[0];
      if (code)
        out.add('classification-name', {
          places: [placeOf(i.place, b.table.id)],
          message: `${b.table.id}支出科目写作“${i.name.replace(/\s/g, '')}”，按金额${value}对照其他表应为“${functionalCodes.get(code)!.name}”。`,
        });
    }
  }
}

/** Sentences that must name the year of the budget, and titles with another year. */
function yearSlips(d: Disclosure, out: Collector): void {
  const year = d.year;
  if (year === null) return;
  for (const t of d.tables) {
    if (t.year === null || t.kind === 'catalogue') continue;
    if (t.year === year) out.pass('year-slip');
    else
      out.add('year-slip', {
        places: [placeOf(t.place, t.id)],
        figures: [
          { label: '表题年度', value: String(t.year) },
          { label: '本文年度', value: String(year) },
        ],
        message: `${t.id}表题写作${t.year}年，而本文是${year}年度的${d.kind === 'final-account' ? '决算' : '预算'}。`,
      });
  }
  for (const t of d.tables) {
    for (const c of t.columns) {
      const head = norm(c.path.join('/'));
      if (c.year === null || !['total', 'basic', 'project', 'budget', 'actual', 'amount'].includes(c.role) || (c.role === 'total' && t.kind === 'three-public')) continue;
      if (c.year > year || c.year < year - 1) {
        out.add('year-slip', {
          places: [placeOf(t.place, t.id)],
          figures: [
            { label: '表头年度', value: String(c.year) },
            { label: '本文年度', value: String(year) },
          ],
          message: `${t.id}表头“${head.slice(0, 30)}”的年度${c.year}与本文年度${year}不符。`,
        });
        break;
      }
    }
  }
  if (d.kind === 'final-account') {
    // What stands at the end of the year is told of the year of the account.
    for (const p of d.paragraphs) {
      const m = /截[至止](20\d\d)年(?:12月(?:31日)?|末|底)/.exec(norm(p.text));
      if (!m || (p.section && /名词|职能|职责/.test(p.section)) || !/车辆|资产|设备|保有量/.test(p.text)) continue;
      if (Number(m[1]) === year) out.pass('year-slip');
      else
        out.add('year-slip', {
          places: [placeOf(placeNear(d, p, m[0], ''), null)],
          figures: [
            { label: '文中年度', value: m[1]! },
            { label: '本文年度', value: String(year) },
          ],
          message: `文字说明写作“${m[0]}”，本文为${year}年度决算，资产情况应截至${year}年末。`,
        });
    }
    return;
  }
  for (const p of d.paragraphs) {
    if (p.section && /名词|职能|职责/.test(p.section)) continue;
    const text = norm(p.text);
    for (const m of text.matchAll(
      /(20\d\d)年(度)?(?=[^。，；]{0,6}(年初预算|一般公共预算(财政拨款)?(收入|支出|安排)|安排购置|“?三公”?经费预算|政府采购预算|项目支出均|预算总(收入|支出)|部门预算|机关运行经费|无使用政府性基金))/g,
    )) {
      const y = Number(m[1]);
      const before = text.slice(Math.max(0, m.index - 6), m.index);
      if (y === year) {
        out.pass('year-slip');
        continue;
      }
      const sentence = text.slice(Math.max(0, text.lastIndexOf('。', m.index)), text.indexOf('。', m.index) < 0 ? undefined : text.indexOf('。', m.index));
      // Last year's execution may be spoken of: told before the year, right after it, or by the heading.
      const near = text.slice(Math.max(0, text.lastIndexOf('。', m.index)), m.index + m[0].length + 14);
      if (
        y === year - 1 &&
        (/(执行|决算|实际完成|完成情况|回顾|上年)/.test(near.replace(/[，,][^，,]*上年.*$/, '') + (p.section ?? '')) || /(决算|实际完成|完成情况|回顾)/.test(sentence))
      )
        continue;
      if (/(较|比|与|同|和|上年|截至|截止|到|自|从|原|由)$/.test(before) || y < year - 1 || y > year + 1) continue;
      const after = text.slice(m.index + m[0].length, m.index + m[0].length + 24);
      if (
        /^(年初)?预算(数)?(相比|持平|一致|增加|减少|增长|下降)/.test(after) ||
        (/(增加|减少|持平|相比|增长|下降|调整|压减)/.test(after.split(/\d/)[0]!) && y === year - 1 && !/安排购置/.test(after))
      )
        continue;
      out.add('year-slip', {
        places: [placeOf(placeNear(d, p, m[0], after), null)],
        figures: [
          { label: '文中年度', value: String(y) },
          { label: '本文年度', value: String(year) },
        ],
        message: `文字说明写作“${m[0]}${after.slice(0, 16)}”，本文为${year}年度预算，年度可能有误。`,
      });
    }
  }
}
/** The statement whose words hold the slip knows its line; else the paragraph's own. */
function placeNear(d: Disclosure, p: Disclosure['paragraphs'][number], found: string, after: string): Place {
  const index = d.paragraphs.indexOf(p);
  const key = norm(found) + after.slice(0, 4);
  const s =
    d.statements.find((x) => x.paragraph === index && norm(x.text).includes(key)) ??
    d.statements.find((x) => x.paragraph === index && x.year !== null && x.year === Number(found.slice(0, 4)) && /购置/.test(x.subject) === /购置/.test(after));
  return s?.amount?.place ?? s?.place ?? p.place;
}

const placeholder =
  /(X{2,}|×{2,}|x{3,}|_{3,}|○{2,}|〇{2,}(?!\d)|增加[(（]减少[)）]|减少[(（]增加[)）]|增长[(（]下降[)）]|下降[(（]增长[)）]|(?:增加|减少)\/(?:增加|减少|持平)|[(（](?:填写|请|此处|根据实际|注明|写明|填列)[^)）]{0,20}[)）]|待补充|待填|\?{3,}|？{3,})/;
function texts(d: Disclosure): { text: string; place: Place; table: string | null }[] {
  const list: { text: string; place: Place; table: string | null }[] = d.paragraphs.map((p) => ({ text: p.text, place: p.place, table: null }));
  for (const t of d.tables) {
    if (t.kind === 'catalogue') continue;
    for (const r of t.rows) for (const c of r.cells) if (c.value === null && c.text.length > 1) list.push({ text: c.text, place: c.place, table: t.id });
    for (const n of t.notes) list.push({ text: n.text, place: n.place, table: t.id });
  }
  for (const s of d.targetSheets) {
    if (s.goal) list.push({ text: s.goal.text, place: s.goal.place, table: s.table.id });
    for (const f of s.fields) list.push({ text: f.cell.text, place: f.cell.place, table: s.table.id });
  }
  const seen = new Set<string>();
  return list.filter((x) => {
    const k = `${x.place.file}/${x.place.page}/${x.place.line}/${x.place.row}/${x.text}`;
    return seen.has(k) ? false : (seen.add(k), true);
  });
}

/**
 * A phrase of at least `least` characters that follows itself at once, perhaps with one comma or colon between.
 * Phrases with figures must be long, since lists repeat their words (收入0万元，事业收入0万元，事业…). Linear in the length.
 */
export function doubledPhrase(input: string, least = 5): { phrase: string; at: number } | null {
  const text = norm(input);
  const n = Math.min(text.length, 8000);
  const last = new Map<string, number>();
  for (let i = 0; i + least <= n; i += 1) {
    const gram = text.slice(i, i + least);
    const before = last.get(gram);
    last.set(gram, i);
    if (before === undefined || i - before > 60) continue;
    const period = i - before;
    for (const gap of [0, 1]) {
      const size = period - gap;
      if (size < least || (gap === 1 && !/[:,]/.test(text[i - 1]!))) continue;
      let k = 0;
      while (k < size && i + k < n && text[before + k] === text[i + k]) k += 1;
      if (k < size) continue;
      const phrase = text.slice(before, before + size);
      if (/^[\d.,%、\-—_=*()]+$/.test(phrase) || new Set(phrase).size <= 2 || (/\d/.test(phrase) && size < 15) || (/[,、;]/.test(phrase) && size < 12)) continue;
      return { phrase, at: before };
    }
  }
  return null;
}
/** 较2024年增加较去年增加: two comparisons run into each other. */
const stackedComparison = /[较比](?:上年|去年|20\d\d年)(?:度)?(?:预算)?(?:增加|减少|增长|下降)[较比](?:上年|去年|20\d\d年)(?:度)?(?:预算)?(?:增加|减少|增长|下降)/;

function wordsRules(d: Disclosure, out: Collector): void {
  const markup = /<\/?(p|br|div|span|td|tr|table|b|strong|font|a|li|ul|img|html|body|h\d)(\s[^<>]{0,200})?\/?>|&(nbsp|lt|gt|amp|quot|ldquo|rdquo);/i;
  const foreign = /[\p{Script=Han}]\s?\b(and|or|the|of|for|with)\b\s?[\p{Script=Han}]/u;
  for (const x of texts(d)) {
    const place = placeOf(x.place, x.table);
    const where = x.table ?? '文字说明';

    const m = placeholder.exec(x.text);
    if (m && !/[A-Za-z]{4,}/.test(x.text.slice(Math.max(0, m.index - 2), m.index + 6).replace(/x+/gi, '')))
      out.add('placeholder', { places: [place], message: `${where}中“${around(x.text, m.index, m[0].length)}”是没有填写或没有选定的模板文字。` });
    else out.pass('placeholder');
    const tag = markup.exec(x.text);
    if (tag) out.add('markup', { places: [place], message: `${where}中残留网页标记“${tag[0].slice(0, 20)}”。` });
    const f = foreign.exec(x.text);
    if (f) out.add('foreign-word', { places: [place], message: `${where}中“${around(x.text, f.index, f[0].length)}”夹有外文词“${f[1]}”，应当改为中文。` });
    const t = norm(x.text);
    const c = stackedComparison.exec(t);
    if (c) out.add('doubled-phrase', { places: [place], message: `${where}中“${c[0]}”比较的话说了两遍，文字重复。` });
    else {
      const dbl = doubledPhrase(x.text, out.number('doubled-phrase', 'least', 5));
      if (dbl) out.add('doubled-phrase', { places: [place], message: `${where}中“${dbl.phrase.slice(0, 24)}”连续写了两遍，文字重复。` });
      else out.pass('doubled-phrase');
    }
  }
}
const around = (text: string, at: number, length: number): string => text.slice(Math.max(0, at - 8), at + length + 8).replace(/\s/g, '');

function cells(d: Disclosure, out: Collector): void {
  for (const t of d.tables) {
    const errors = t.rows.flatMap((r) => r.cells.filter((c) => c.notes?.includes('error-value')).map((c) => ({ c, r })));
    if (errors.length > 0)
      out.add('excel-error', {
        places: errors.map((x) => placeOf(x.c.place, t.id)),
        figures: [],
        message: `${t.id}有${errors.length}个单元格残留电子表格错误值${[...new Set(errors.map((x) => x.c.text))].join('、')}（${errors
          .slice(0, 3)
          .map((x) => `“${rowName(x.r)}”`)
          .join('、')}）。`,
      });
    else if (!t.empty) out.pass('excel-error');
    const stray = t.rows.flatMap((r) => r.cells.filter((c) => c.notes?.includes('stray')));
    if (stray.length > 0)
      out.add('stray-mark', {
        places: stray.map((c) => placeOf(c.place, t.id)),
        message: `${t.id}的数字栏中有不是数字的字符“${[...new Set(stray.map((c) => c.text.slice(0, 10)))].join('”、“')}”。`,
      });
  }
}

export function checkContent(d: Disclosure, out: Collector): void {
  missingTables(d, out);
  emptyNotes(d, out);
  duplicateRows(d, out);
  classificationNames(d, out);
  yearSlips(d, out);
  wordsRules(d, out);
  cells(d, out);
}
