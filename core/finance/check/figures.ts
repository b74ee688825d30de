// Figure rules beyond sums: 三公 against economic items, operating cost, procurement without a total, growth columns, blank totals.
import type { Disclosure } from '../model.ts';
import { decimal, fenOf, percentVerdict } from '../rounding.ts';
import type { Book, Fact } from './facts.ts';
import type { Said } from './said.ts';
import { type Collector, placeOf } from './report.ts';
import type { Scope } from './scope.ts';
import { partNames, procurementSums } from './lists.ts';
import { missingTotals, rowName, shifted } from './sums.ts';

/** 三公 items and the economic 款 that hold them (departmental; governmental in 50206–50208). */
const economicItems: [part: string, codes: string[], government: string][] = [
  ['abroad', ['30212'], '50207'],
  ['reception', ['30217'], '50206'],
  ['vehicle-running', ['30231'], '50208'],
];

export function threePublicEconomic(book: Book, d: Disclosure): void {
  const projects =
    d.economic.some((v) => v.set === 'department' && v.scope === 'project' && !v.table.empty) ||
    book.main('E:general:0:project') === null ||
    book.main('E:general:0:project')!.fen === 0;
  const basics = d.economic.find((v) => v.set === 'department' && v.scope === 'basic' && !v.table.empty);
  if (!basics || !d.threePublic.some((v) => !v.table.empty)) return;
  for (const [part, codes] of economicItems) {
    const stated = book.main(`T:now:${part}`) ?? book.zero(`T:now:${part}`);
    if (!stated?.table) continue;
    const items = codes.flatMap((c) => [book.main(`B:${c}:total`), book.main(`P:${c}:total`)]).filter((f) => f !== null);
    const sum = items.reduce((s, f) => s + f.fen, 0);
    if (stated.fen === 0 && sum === 0) continue;
    const soft = projects ? undefined : sum <= stated.fen ? '其余部分可能列在项目支出中，而项目支出的经济分类没有公布' : undefined;
    if (!projects && sum < stated.fen && items.length === 0) {
      book.equation('three-public-economic', [{ fact: stated, coef: 1 }], {
        soft: '可能全部列在项目支出中，而项目支出的经济分类没有公布',
        say: () => `${stated.label}${stated.value}${stated.unit}，基本支出的经济分类中没有对应科目`,
      });
      continue;
    }
    book.sum('three-public-economic', stated, items, {
      ...(soft ? { soft } : {}),
      say: (e) =>
        `${stated.label}${stated.value}${stated.unit}，经济分类${codes.join('、')}科目合计${decimal(sum, stated.unit)}${stated.unit}，相差${decimal(Math.abs(e.off), stated.unit)}${stated.unit}`,
    });
  }
}

/** Governmental and departmental economic classification of the same basic expenditure: 501+50501 = 301, 502+50502 = 302. */
export function governmentEconomic(book: Book): void {
  for (const scope of ['B', 'P'] as const) {
    for (const [dep, parts] of [
      ['301', ['501', '50501']],
      ['302', ['502', '50502']],
    ] as const) {
      const whole = book.main(`${scope}:${dep}:total`);
      const facts = parts.map((c) => book.main(`${scope}G:${c}:total`)).filter((f) => f !== null);
      if (!whole || facts.length === 0 || (scope === 'P' && dep === '301')) continue;
      const names = parts.map((c) => c).join('与');
      book.sum('government-economic', whole, facts, {
        say: (e) =>
          `${whole.label}${whole.value}${whole.unit}，政府预算经济分类${names}合计${decimal(
            facts.reduce((s, f) => s + f.fen, 0),
            whole.unit,
          )}${whole.unit}，相差${decimal(Math.abs(e.off), whole.unit)}${whole.unit}`,
      });
    }
  }
}

/** Basic expenditure stands under 行政运行 and the insurances alone: there is no institution whose office money would not count. */
function onlyOffices(d: Disclosure): boolean {
  const v = d.functional.find((x) => x.table.kind === 'functional-expenditure' && !x.table.empty);
  if (!v) return false;
  const leaves = v.rows.filter((r) => r.code?.length === 7 && r.figures.basic?.value != null && Number(r.figures.basic.value) !== 0);
  return leaves.some((r) => /行政运行/.test(r.name ?? '')) && leaves.every((r) => /^(208|210|221)/.test(r.code!) || /^行政运行/.test((r.name ?? '').replace(/\s/g, '')));
}

/** 机关运行经费: the 公用经费 of the whole, or of those units that keep an office (governmental 502). */
export function operatingCost(book: Book, d: Disclosure, said: Said[], out: Collector): void {
  const x = said.find((y) => y.s.topic === 'operating-cost' && y.s.amount && (y.s.amount.unit === '元' || y.s.amount.unit === '万元'));
  if (!x) return;
  const stated = book.words('OC:now', x.s.amount!.value, x.s.amount!.unit as '元' | '万元', x.s.amount!.place, '文字说明“机关运行经费”');
  const all = book.main('B:0:public');
  const office = book.main('BG:502:total');
  const capital = book.main('BG:503:total');
  const candidates = [all, office].filter((f): f is Fact => f !== null);
  if (!stated || candidates.length === 0) {
    out.count('operating-cost', 'undecidable');
    return;
  }
  const close = candidates.find((c) => c.fen === stated.fen) ?? candidates.find((c) => Math.abs(c.fen - stated.fen) <= Math.max(c.step, stated.step));
  if (close) book.equal('operating-cost', stated, close);
  else if (office) book.sum('operating-cost', stated, [office, capital && office.fen + capital.fen === stated.fen ? capital : null]);
  else if (all && stated.fen < all.fen && !onlyOffices(d)) book.equal('operating-cost', stated, all, { soft: '下属事业单位的公用经费不计入机关运行经费，表中没有分列' });
  else book.equal('operating-cost', stated, all!);
}

/** A procurement table without a total row: the amounts in words must be the sums of its columns. */
export function procurementTotals(book: Book, said: Said[]): void {
  const columns = procurementSums(book);
  for (const [column, concept] of [
    ['total', 'PR:total'],
    ['goods', 'PR:goods'],
    ['works', 'PR:works'],
    ['services', 'PR:services'],
  ] as const) {
    const parts = columns.get(column);
    if (!parts) continue;
    const stated = said.find((x) => x.amount && x.concept === concept)?.amount;
    if (stated)
      book.sum('procurement', stated, parts, {
        say: (e) =>
          `${stated.label}${stated.value}${stated.unit}，而采购明细表${parts.length}行合计${decimal(stated.fen - e.off, stated.unit)}${stated.unit}，相差${decimal(Math.abs(e.off), stated.unit)}${stated.unit}`,
      });
  }
}

/** Printed growth columns against both years of the row; spreadsheet errors in them belong to another rule. */
export function growthColumns(d: Disclosure, book: Book, out: Collector): void {
  for (const v of d.functional) {
    const { table } = v;
    const at = table.columns.findIndex((c) => c.role === 'growth');
    if (at < 0) continue;
    for (const r of v.rows) {
      const row = table.rows[r.row]!;
      const printed = row.cells[at]!;
      const now = r.figures.total?.value;
      const prior = r.figures.prior?.value;
      if (printed.value === null || printed.notes?.includes('error-value')) continue;
      const place = placeOf(printed.place, table.id);
      const a = Number(now ?? 0);
      const b = Number(prior ?? 0);
      const name = `${table.id}“${rowName(r)}”`;
      if (b === 0) {
        if (a !== 0 && Number(printed.value) !== 0)
          out.add('zero-base', {
            places: [place],
            figures: [
              { label: `${name}增幅(%)`, value: printed.value },
              { label: '上年数', value: prior ?? '0' },
            ],
            message: `${name}上年数为零，增幅没有基数，表中却写作${printed.value}%。`,
          });
        continue;
      }
      const signed = printed.value;
      const percent = table.columns[at]!.path.join('').includes('%') || printed.text.includes('%');
      const scale = percent ? 1 : 100;
      const res = percentVerdict(signed, (a - b) * scale, b * scale, 1, 1);
      const alternative = percent ? res : percentVerdict(signed, (a - b) / 100, b, 1, 1);
      const verdict = res.verdict === 'failed' ? alternative.verdict : res.verdict;
      const scaleOf = (c: typeof printed | undefined) => (c?.value == null ? null : fenOf(c.value, table.moneyUnit ?? book.unit));
      const follows = (cells: (typeof printed | undefined)[]) =>
        cells.some((c, k) =>
          book.corrections(scaleOf(c) ?? Number.NaN, c?.place ?? row.place).some((right) => {
            const [x, y] = k === 0 ? [right, scaleOf(r.figures.prior) ?? 0] : [scaleOf(r.figures.total) ?? 0, right];
            return (
              y !== 0 &&
              [scale, scale / 100, scale * 100].some(
                (f) => percentVerdict(signed, (x - y) * f, y * 100, 1, 1).verdict !== 'failed' || percentVerdict(signed, (x - y) * f, y, 1, 1).verdict !== 'failed',
              )
            );
          }),
        );
      if (verdict === 'passed') out.pass('growth-column');
      else if (verdict === 'failed' && follows([r.figures.total, r.figures.prior])) out.count('growth-column', 'undecidable');
      else
        out.add('growth-column', {
          places: [place],
          figures: [
            { label: `${name}增幅(%)`, value: signed },
            { label: '按两年数计算(%)', value: res.expected.toFixed(Math.max(1, res.decimals)) },
          ],
          difference: Math.abs(Number(signed) - res.expected).toFixed(Math.max(1, res.decimals)),
          message: `${name}增幅写作${signed}%，按本年${now ?? '0'}、上年${prior}计算应为${res.expected.toFixed(Math.max(1, res.decimals))}%${verdict === 'rounding' ? '，属于尾差' : ''}。`,
          ...(verdict === 'rounding' ? { severity: 'rounding' as const } : {}),
        });
    }
  }
}

/** Totals left blank though their parts are there; grand totals of two-sided tables left blank. */
export function blankTotals(book: Book, d: Disclosure, out: Collector): void {
  const seen = new Set<string>();
  for (const m of missingTotals(book)) {
    const row = m.table.rows[m.row]!;
    const at = m.table.columns.findIndex((c) => c.role === m.column);
    const place = placeOf(row.cells[at]?.place ?? row.place, m.table.id);
    const key = `${m.table.id}/${m.row}/${m.column}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const column = m.table.columns[at]?.path.at(-1)?.replace(/\s/g, '') ?? partNames[m.column] ?? '合计';
    if (row.cells.some((c) => c.notes?.includes('undecided'))) continue;
    out.add('empty-cell', {
      places: [place],
      figures: [{ label: '分项合计', value: decimal(m.sum, m.table.moneyUnit ?? book.unit) }],
      message: `${m.table.id}“${rowName(row)}”的${column}为空，而其分项合计为${decimal(m.sum, m.table.moneyUnit ?? book.unit)}${m.table.moneyUnit ?? book.unit}，应当填列。`,
    });
  }
  const misplaced = shifted(book);
  for (const table of new Set(misplaced.map((m) => m.table))) {
    const rows = misplaced.filter((m) => m.table === table);
    const value = table.rows[rows[0]!.row]!.cells[table.columns.findLastIndex((c) => c.role === 'vehicles')]?.value ?? '';
    out.add('empty-cell', {
      places: rows.map((m) => placeOf(table.rows[m.row]!.place, table.id)),
      figures: [{ label: '公务用车购置及运行费小计', value }],
      message: `${table.id}的总计为空，而没有购置费和运行费的“公务用车购置及运行费小计”填有${value}，应是总计错填在小计栏。`,
    });
  }
  for (const v of d.balances) {
    if (v.table.empty) continue;
    const blank = [...v.income, ...v.expenditure].filter((i) => i.role === 'total' && Object.values(i.figures).every((c) => !c || c.text.trim() === ''));
    if (blank.length > 0)
      out.add('empty-cell', {
        places: blank.map((i) => placeOf(i.place, v.table.id)),
        message: `${v.table.id}的${blank.map((i) => i.name.replace(/\s/g, '')).join('、')}没有填列数字。`,
      });
    else out.pass('empty-cell');
  }
}

export function checkFigures(book: Book, d: Disclosure, scope: Scope, said: Said[], out: Collector): void {
  threePublicEconomic(book, d);
  governmentEconomic(book);
  operatingCost(book, d, said, out);
  procurementTotals(book, said);
  blankTotals(book, d, out);
  void scope;
}
