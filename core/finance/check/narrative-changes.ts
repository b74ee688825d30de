// What words say of change: differences on the year before, growth, shares, directions.
import type { Disclosure, Statement } from '../model.ts';
import { decimal, percentVerdict, sumTolerance } from '../rounding.ts';
import type { Book, Fact } from './facts.ts';
import { type Collector, placeOf } from './report.ts';
import { type Said, contradictory, sign, totalBefore } from './said.ts';
import type { Scope } from './scope.ts';

const verb = (s: Statement) => (s.direction === 'decrease' ? '减少' : '增加');
export function changes(book: Book, d: Disclosure, said: Said[], scope: Scope, out: Collector): void {
  const skip = contradictory(d);
  const generalChange = said.find((x) => x.change && x.concept?.startsWith('E:') && (x.s.topic === 'appropriation-expenditure' || x.s.fund === 'general'))?.change?.fen;
  const open: Said[] = [];
  for (const x of said) {
    const { s } = x;
    if (skip.has(x.index)) continue;
    const current = x.amount ?? (x.concept ? book.main(x.concept) : null);
    const lastYear = s.baseYear === null || d.year === null || s.baseYear === d.year - 1;
    const prior = x.base ?? (lastYear && (s.change || s.direction === 'flat' || s.percent) ? x.prior : null);
    const whole =
      s.topic === 'income-total' ||
      s.topic === 'expenditure-total' ||
      (s.topic === 'source' && s.within !== null) ||
      // A class of all money: last year's column speaks of the general budget alone.
      ((s.topic === 'functional' || s.topic === 'basic' || s.topic === 'project') &&
        !scope.single &&
        (s.path?.length ?? 1) === 1 &&
        totalBefore(d, said, x)?.topic === 'expenditure-total');
    const soft = x.base
      ? undefined
      : whole && x.change && generalChange !== undefined && x.change.fen !== generalChange
        ? '上年除一般公共预算外可能还有其他资金'
        : whole && generalChange === undefined
          ? '表中只公布了一般公共预算的上年数'
          : undefined;
    if (s.direction === 'flat' && prior && current && !/基本(持平|一致)/.test(s.text) && (!whole || x.base)) {
      book.equal('direction', current, prior, {
        say: (e) =>
          `${current.label}称与上年持平，但本年${current.value}${current.unit}、上年${prior.value}${prior.unit}，相差${decimal(Math.abs(e.off), current.unit)}${current.unit}`,
      });
    }
    if (x.change && s.direction && s.direction !== 'flat' && current) {
      if (prior) {
        const step = Math.max(current.step, prior.step, x.change.step);
        const wrongWay = x.change.fen !== 0 && Math.abs(x.change.fen + sign(s) * (current.fen - prior.fen)) <= sumTolerance(step, x.change.unit, 2);
        if (wrongWay) {
          out.add('direction', {
            places: [x.change.place, prior.place],
            figures: [
              { label: current.label, value: current.value },
              { label: prior.label, value: prior.value },
            ],
            difference: decimal(Math.abs(current.fen - prior.fen), current.unit),
            message: `${current.label}${current.value}${current.unit}，上年为${prior.value}${prior.unit}，应为${s.direction === 'decrease' ? '增加' : '减少'}，文字却写作${verb(s)}${x.change.value}${x.change.unit}，方向相反。`,
          });
        } else {
          const change = x.change;
          book.equation(
            'change',
            [
              { fact: change, coef: 1 },
              { fact: current, coef: -sign(s) },
              { fact: prior, coef: sign(s) },
            ],
            {
              ...(soft ? { soft } : {}),
              say: (e) => {
                const real = current.fen - prior.fen;
                return `${change.label}${change.value}${change.unit}，而按本年${current.value}${current.unit}、上年${prior.value}${prior.unit}计算应${real < 0 ? '减少' : '增加'}${decimal(Math.abs(real), change.unit)}${change.unit}，相差${decimal(Math.abs(e.off), change.unit)}${change.unit}`;
              },
            },
          );
        }
      } else if (s.direction === 'increase' && x.amount && x.change.fen > x.amount.fen) {
        out.add('change', {
          places: [x.amount.place],
          figures: [
            { label: x.amount.label, value: x.amount.value },
            { label: x.change.label, value: x.change.value },
          ],
          difference: decimal(x.change.fen - x.amount.fen, x.amount.unit),
          message: `${x.amount.label}${x.amount.value}${x.amount.unit}，却称比上年增加${x.change.value}${x.change.unit}，增加额大于本年数，上年数将为负数。`,
        });
      } else {
        out.count('change', 'undecidable');
        open.push(x);
      }
    }
    if (s.percent) percentOf(book, x, current, prior, out);
    if (s.share && x.amount) shareOf(book, d, x, said, out);
    if (s.direction === 'increase' && /△|-/.test(s.change?.value ?? ''))
      out.add('direction', { places: [placeOf(s.place, null)], message: `文字写作增加，所列数字${s.change!.value}却为负数。` });
  }
  // One cause: last year is not published for them.
  if (open.length > 0)
    out.add(
      'change',
      {
        places: open.map((x) => x.change!.place),
        figures: open.slice(0, 3).map((x) => ({ label: x.change!.label, value: x.change!.value })),
        message: `文字说明有${open.length}项与上年相比的增减额（${open
          .slice(0, 3)
          .map((x) => x.change!.label.replace(/^文字说明/, ''))
          .join('、')}${open.length > 3 ? '等' : ''}），各表没有公布相应的上年数，无法判定。`,
        severity: 'undecidable',
      },
      true,
    );
}

function percentOf(book: Book, x: Said, current: Fact | null, prior: Fact | null, out: Collector): void {
  const { s } = x;
  const p = s.percent!;
  const place = placeOf(p.place, null);
  const label = x.amount?.label ?? `文字说明“${s.subject}”`;
  const signed = x.change ? sign(s) * x.change.fen : null;
  const base = prior ? prior.fen : current && signed !== null ? current.fen - signed : null;
  const part = prior && current ? current.fen - prior.fen : signed;
  if (base === null || part === null) {
    out.count('growth', 'undecidable');
    return;
  }
  if (base === 0 || (x.concept && !prior && x.amount && x.change && x.change.fen === x.amount.fen && s.direction === 'increase')) {
    out.add('zero-base', {
      places: [place, ...(prior ? [prior.place] : [])],
      figures: [
        { label: '上年数', value: '0' },
        { label: `${label}增长率`, value: p.value },
      ],
      message: `${label}上年为零，增长率没有基数，不应写作${s.direction === 'decrease' ? '下降' : '增长'}${p.value}%。`,
    });
    return;
  }
  const step = Math.max(current?.step ?? 1, x.change?.step ?? 1);
  const tries = [[part, base]];
  if (signed !== null) tries.push([signed, base]);
  if (signed !== null && current) tries.push([signed, current.fen - signed]);
  if (signed !== null && x.concept && book.main(x.concept)) tries.push([signed, book.main(x.concept)!.fen - signed]);
  const office = s.topic === 'operating-cost' ? book.main('B:0:public') : null;
  if (signed !== null && office) tries.push([signed, office.fen - signed]);
  const results = tries.filter(([, b]) => b !== 0).map(([n, b]) => percentVerdict(p.value, Math.abs(n!), Math.abs(b!), step, prior?.step ?? step));
  const best = results.find((r) => r.verdict === 'passed') ?? results.find((r) => r.verdict === 'rounding') ?? results[0]!;
  if (best.verdict === 'passed') {
    out.pass('growth');
    return;
  }
  const expected = best.expected.toFixed(Math.max(1, best.decimals));
  out.add('growth', {
    places: [place, ...(prior ? [prior.place] : [])],
    figures: [
      { label: `${label}增减率(%)`, value: p.value },
      { label: '按金额计算(%)', value: expected },
    ],
    difference: Math.abs(Number(p.value) - best.expected).toFixed(Math.max(1, best.decimals)),
    message: `${label}写作${s.direction === 'decrease' ? '下降' : '增长'}${p.value}%，按所列金额计算应为${expected}%${best.verdict === 'rounding' ? '，属于尾差' : ''}。`,
    ...(best.verdict === 'rounding' ? { severity: 'rounding' as const } : {}),
  });
}

/** What the words of a share call its whole (占“三公”经费的…, 占项目支出总额的…); null when they name no part of the money, [] when it is unknown. */
function namedWholes(book: Book, said: Said[], x: Said): (Fact | null)[] | null {
  const words = x.s
    .share!.text.normalize('NFKC')
    .replace(/[\s“”"的]/g, '')
    .replace(/^占/, '')
    .replace(/[\d.,%]+$/, '');
  const spoken = (topic: Statement['topic']) => said.filter((y) => y !== x && y.amount && y.s.topic === topic).map((y) => y.amount);
  if (words === '') return null;
  if (/三公/.test(words)) {
    return [...(book.concepts.get('T:now:total') ?? []), ...spoken('three-public')];
  }
  if (/采购|货物|工程|服务/.test(words)) {
    const topic = /货物/.test(words) ? 'procurement-goods' : /工程/.test(words) ? 'procurement-works' : /服务/.test(words) ? 'procurement-services' : 'procurement';
    return [...spoken(topic), ...(book.concepts.get(`PR:${topic === 'procurement' ? 'total' : topic.slice(12)}`) ?? [])];
  }
  if (/项目支出|项目预算|项目资金|基本支出除外/.test(words) && !/基本支出[和与、]/.test(words))
    return [...spoken('project'), ...['all', 'general', 'appr', 'carried-general'].map((k) => book.main(`E:${k}:0:project`))];
  if (/基本支出/.test(words)) return [...spoken('basic'), ...['all', 'general', 'appr', 'carried-general'].map((k) => book.main(`E:${k}:0:basic`))];
  return /支出|收入|预算|总|合计|拨款|资金|决算/.test(words) ? null : [];
}

function shareOf(book: Book, d: Disclosure, x: Said, said: Said[], out: Collector): void {
  const { s } = x;
  const share = s.share!;
  const amount = x.amount!;
  const numerators = [amount, x.concept ? book.main(x.concept) : null].filter((f) => f !== null);
  const parent = s.within === null ? null : said[s.within];
  const section = s.paragraph;
  const sectionOf = (y: Said) => d.paragraphs[y.s.paragraph]?.section ?? null;
  const near = said
    .slice(0, x.index)
    .findLast((y) => y.amount && y.s.paragraph <= section && ['expenditure-total', 'income-total', 'appropriation-expenditure', 'appropriation-income'].includes(y.s.topic));
  const named = namedWholes(book, said, x);
  const wholes = (
    named ?? [
      parent?.amount ?? null,
      parent?.concept ? book.main(parent.concept) : null,
      near?.amount ?? null,
      ...said
        .filter(
          (y) =>
            y.index !== x.index &&
            y.amount &&
            y.index < x.index &&
            !(y.s.topic === s.topic && (y.s.path?.length ?? 1) === (s.path?.length ?? 1)) &&
            (y.s.paragraph === section || sectionOf(y) === sectionOf(x) || /(总计|合计|总额)/.test(y.s.subject)),
        )
        .map((y) => y.amount),
      book.main('I:all:0:total'),
      book.main('I:all:0:grand'),
      book.main('E:all:0:grand'),
      ...['E:general:0:total', 'E:carried-general:0:total'].flatMap((c) => book.concepts.get(c) ?? []),
      book.main('E:all:0:total'),
      book.main('E:appr:0:total'),
    ]
  ).filter((f) => f !== null && f.fen !== 0) as Fact[];
  if (wholes.length === 0) {
    out.count('share', 'undecidable');
    return;
  }
  const results = wholes.flatMap((w) => numerators.map((n) => ({ w, ...percentVerdict(share.value, n.fen, w.fen, n.step, w.step) })));
  const best = results.find((r) => r.verdict === 'passed') ?? results.find((r) => r.verdict === 'rounding') ?? results[0]!;
  if (best.verdict === 'passed') {
    out.pass('share');
    return;
  }
  if (s.topic === 'other' || x.concept === null) {
    out.count('share', 'undecidable');
    return;
  }
  const expected = best.expected.toFixed(Math.max(1, best.decimals));
  out.add('share', {
    places: [placeOf(share.place, null)],
    figures: [
      { label: `${amount.label}占比(%)`, value: share.value },
      { label: '按金额计算(%)', value: expected },
    ],
    difference: Math.abs(Number(share.value) - best.expected).toFixed(Math.max(1, best.decimals)),
    message: `${amount.label}${amount.value}${amount.unit}写作占${share.value}%，按总额${best.w.value}${best.w.unit}计算应为${expected}%${best.verdict === 'rounding' ? '，属于尾差' : ''}。`,
    ...(best.verdict === 'rounding' ? { severity: 'rounding' as const } : {}),
  });
}
