// Rules of target sheets: weights, budgets, goal text, caps, directions, qualitative numbers, several promises in one cell, units.
import type { Disclosure, MoneyUnit, Target, TargetSheet } from '../model.ts';
import { decimal, fenOf } from '../rounding.ts';
import type { Book, Fact } from './facts.ts';
import type { Said } from './said.ts';
import { type Collector, placeOf } from './report.ts';
import type { Scope } from './scope.ts';

const norm = (t: string) => t.normalize('NFKC').replace(/\s/g, '');
const numeric = (v: string | null): number | null => (v !== null && /^-?\d+(\.\d+)?$/.test(v) ? Number(v) : null);
const at = (t: Target) => placeOf(t.place, t.table);

/** Money a unit word means, in yuan per unit: 万元, 元, 万/年 …; null when it is no money or a price per something. */
function moneyScale(unit: string | null, year: boolean): number | null {
  const u = norm(unit ?? '');
  const m = /^(万元?|元|亿元?)(?:\/年|每年)?$/.exec(u);
  if (!m || (!year && /年/.test(u))) return null;
  if (m[1] === '万' && u === '万') return null;
  return m[1]!.startsWith('万') ? 1e4 : m[1]!.startsWith('亿') ? 1e8 : 1;
}

function weights(sheet: TargetSheet, out: Collector): void {
  if (!sheet.has.weight || sheet.targets.length === 0) return;
  const values = sheet.targets.map((t) => numeric(t.weight?.replace('%', '') ?? null));
  if (values.some((v) => v === null)) {
    const blank = sheet.targets.filter((t) => !t.weight);
    if (blank.length > 0 && blank.length < sheet.targets.length)
      out.add('empty-cell', { places: blank.map(at), message: `${sheet.table.id}有${blank.length}项指标没有填写权重。` });
    else out.count('target-weights', 'undecidable');
    return;
  }
  const sum = Math.round(values.reduce<number>((s, v) => s + v!, 0) * 100) / 100;
  const execution = numeric(sheet.executionWeight?.value ?? null);
  const unity = sum > 0 && sum <= 1.01 && values.every((v) => v! <= 1);
  const right = unity ? sum === 1 : execution !== null && execution > 0 ? sum + execution === 100 || (sum === 100 && execution === 100) : sum === 100 || sum === 90;
  if (right) {
    out.pass('target-weights');
    return;
  }
  const due = execution !== null && execution > 0 ? 100 - execution : Math.abs(sum - 90) < Math.abs(sum - 100) ? 90 : 100;
  out.add('target-weights', {
    places: [placeOf(sheet.table.place, sheet.table.id), ...sheet.targets.map(at)],
    figures: [
      { label: '各指标权重合计', value: String(sum) },
      { label: '应为', value: String(due) },
    ],
    difference: String(Math.round(Math.abs(due - sum) * 100) / 100),
    message: `${sheet.table.id}${sheet.project ? `“${sheet.project}”` : ''}各项指标权重合计${sum}${execution ? `，加预算执行率权重${execution}` : ''}，不等于100。`,
  });
}

const words = (t: string) => norm(t).replace(/[\d.,%％≥≤=<>。，；、:：()（）“”"'《》\s]/g, '');
function bigrams(t: string): Set<string> {
  const out = new Set<string>();
  for (let i = 0; i + 1 < t.length; i += 1) out.add(t.slice(i, i + 2));
  return out;
}
/** Share of the indicator's pairs of characters that the clause has too. */
function likeness(indicator: string, clause: string): number {
  const a = bigrams(words(indicator));
  if (a.size === 0) return 0;
  const b = bigrams(words(clause));
  let n = 0;
  for (const x of a) if (b.has(x)) n += 1;
  return n / a.size;
}

interface Promise_ {
  clause: string;
  bound: '≥' | '≤' | '=';
  value: number;
  unit: string;
}
/** Figures promised in a goal text: 不少于12次, 达到95%以上, 1000个. Quoted names, document numbers and years are left out. */
export function promisesOf(goal: string): Promise_[] {
  const text = goal
    .normalize('NFKC')
    .replace(/[“"][^”"]{0,60}[”"]/g, '')
    .replace(/《[^》]{0,80}》/g, '')
    .replace(/〔[^〕]{0,12}〕\d*号?/g, '');
  const out: Promise_[] = [];
  for (const clause of text.split(/[。;；,，\n、]/)) {
    if (clause.length > 80) continue;
    let from = 0;
    for (const m of clause.matchAll(
      /(不少于|不低于|至少|达到|大于等于|超过|不超过|不高于|控制在|小于等于|≥|≤|>|<|=|为)?\s{0,2}(\d{1,9}(?:\.\d{1,4})?)\s{0,2}(%|个|次|期|份|条|件|场次|场|人次|人|家|台|类|项|篇|处|户|名|万人次|套|批|天|小时|分钟)(以上|以内|以下|左右)?/g,
    )) {
      if (/[年月日号第约]$/.test(clause.slice(0, m.index)) || m[4] === '左右' || /^[年月日]/.test(clause.slice(m.index + m[0].length))) continue;
      const bound =
        /不超过|不高于|控制在|小于|≤|</.test(m[1] ?? '') || m[4] === '以内' || m[4] === '以下'
          ? '≤'
          : /不少|不低|至少|大于|超过|≥|>/.test(m[1] ?? '') || m[4] === '以上'
            ? '≥'
            : '=';
      // Words of this figure only: from the figure before it to the one after it.
      const rest = clause.slice(m.index + m[0].length);
      const stop = rest.search(/\d/);
      out.push({ clause: clause.slice(from, m.index + m[0].length + (stop < 0 ? rest.length : stop)), bound, value: Number(m[2]), unit: m[3]! });
      from = m.index + m[0].length;
    }
  }
  return out;
}

/** The goal in words against the indicators: the same thing promised with another figure. */
function goals(sheet: TargetSheet, out: Collector): void {
  if (!sheet.goal || !sheet.goal.text) return;
  const taken = new Set<Target>();
  const open: { p: Promise_; fits: { t: Target; like: number }[] }[] = [];
  // First what agrees, so that an indicator promised elsewhere is not compared with another promise.
  for (const p of promisesOf(sheet.goal.text)) {
    const fits = sheet.targets
      .filter((t) => numeric(t.value) !== null && t.nature !== '定性' && norm(t.unit ?? '') === p.unit)
      .map((t) => ({ t, like: Math.max(likeness(t.indicator, p.clause), shareOf(p.clause, t.indicator)) }));
    const same = fits.filter((f) => numeric(f.t.value) === p.value && f.like > 0.2);
    if (same.length > 0) {
      same.forEach((f) => taken.add(f.t));
      out.pass('target-goal');
    } else open.push({ p, fits });
  }
  for (const { p, fits } of open) {
    const least = p.bound === '=' && p.unit !== '%' ? 0.8 : 0.6;
    const best = fits.filter((f) => f.like >= least && !taken.has(f.t)).toSorted((a, b) => b.like - a.like);
    if (best.length === 0) continue;
    const group = best.filter((f) => f.like >= best[0]!.like - 0.001);
    if (group.some((f) => numeric(f.t.value) === p.value)) continue;
    group.forEach((f) => taken.add(f.t));
    const t = group[0]!.t;
    if (p.bound === '≤' && t.nature === '≤' && Number(t.value) < p.value) continue;
    out.add('target-goal', {
      places: [...group.map((f) => at(f.t)), placeOf(sheet.goal.place, sheet.table.id)],
      figures: [
        { label: `目标文字“${p.clause.replace(/\s/g, '').slice(0, 30)}”`, value: String(p.value) },
        { label: `指标“${t.indicator}”`, value: t.value! },
      ],
      difference: String(Math.round(Math.abs(p.value - Number(t.value)) * 1e4) / 1e4),
      message: `${sheet.table.id}绩效目标文字写“${p.clause.replace(/\s/g, '').slice(0, 40)}”，而指标“${group.map((f) => f.t.indicator).join('”、“')}”为${t.nature ?? ''}${t.value}${t.unit ?? ''}，两处不一致。`,
    });
  }
}
/** Share of the indicator that is found in order inside the clause by its longest common run. */
function shareOf(clause: string, indicator: string): number {
  const a = words(indicator).replace(/(次数|人数|个数|数量|数|率)$/, '');
  const b = words(clause);
  if (a.length < 2) return 0;
  let best = 0;
  for (let i = 0; i < a.length && i < 40; i += 1) {
    for (let n = Math.max(best + 1, 2); i + n <= a.length && n <= 20; n += 1) {
      if (!b.includes(a.slice(i, i + n))) break;
      best = n;
    }
  }
  return best >= 3 ? best / a.length : 0;
}

const satisfaction = /满意/;
function single(sheet: TargetSheet, d: Disclosure, out: Collector): void {
  const byWords = out.list('target-direction', 'badIfHigh', [
    '事故',
    '投诉',
    '差错',
    '故障',
    '死亡',
    '发生率',
    '违规',
    '误报',
    '漏报',
    '能耗',
    '超时',
    '流失',
    '退回',
    '返修',
    '病发',
    '超标',
  ]);
  // Without a column for it the unit stands beside the figure; where most have one there, one without it lacks it.
  const counted = sheet.targets.filter((t) => numeric(t.value) !== null && t.nature !== null && t.nature !== '定性');
  const withUnit = counted.filter((t) => t.unit !== null).length;
  const united = !sheet.has.unit && withUnit >= 2 && withUnit * 2 > counted.length;
  const costly: Target[] = [];
  const names = new Map<string, Target>();
  let clean = 0;
  for (const t of sheet.targets) {
    const before = out.findings.length;
    const value = numeric(t.value);
    const unit = norm(t.unit ?? '');
    const name = norm(t.indicator);
    const text = norm(t.value ?? '');
    const several = /\d.{0,12}[,，;；、].{0,30}\d/.test(text) || (text.match(/[≥≤＞＜]/g)?.length ?? 0) > 1;
    if (several && !/^\d{1,3}(,\d{3})+(\.\d+)?$/.test(text))
      out.add('target-several', {
        places: [at(t)],
        figures: [{ label: '指标值', value: t.value! }],
        message: `${t.table}指标“${t.indicator}”的指标值“${t.value}”把几项承诺写在一格中，应当分列。`,
      });
    else if (t.nature === '定性' && value !== null)
      out.add('target-qualitative-number', {
        places: [at(t)],
        figures: [{ label: '指标值', value: t.value! }],
        message: `${t.table}指标“${t.indicator}”标为定性，指标值却是数字${t.value}${t.unit ?? ''}，应当写明比较符号。`,
      });
    else if (t.nature !== null && t.nature !== '定性' && t.value !== null && value === null && !/\d/.test(text))
      out.add('target-qualitative-number', { places: [at(t)], message: `${t.table}指标“${t.indicator}”的性质为${t.nature}，指标值“${t.value}”却不是数字。` });
    if (value !== null && t.nature !== null && t.nature !== '定性') {
      const share = unit === '%' || /^百分(比|之)?$/.test(unit);
      const bad =
        byWords.some((w) => name.includes(w)) &&
        !/(处置|处理|办结|整改|修复|排除|解决|回复|响应|下降|降低|减少|查处|发现|识别|预防|防范|控制|化解|追回|降幅|接报|上报|报告|报送|调查|结案|受理|答复|满意|培训|知晓|覆盖|检查|排查|演练|恢复|改善|监测|零)/.test(
          name,
        );
      const lower = /下降|降低|减少|成本|节约|偏差|变动|波动|误差|超支|调整|空置|闲置|结转|结余|控制|公用经费|流失|失业|贫困|不合格|逾期|不良|不超|占比|占.{0,8}比/.test(name);
      const all =
        (t.nature === '≤' && value >= 100 && share && !lower && !bad) ||
        (t.nature === '≥' && value === 0 && !/增长|增加|变化|净/.test(name)) ||
        (t.nature === '≥' && share && value > 0 && bad);
      const never =
        (share && t.nature === '>' && value >= 100 && /率|满意/.test(name) && !/增长|增幅|完成率|执行率/.test(name)) ||
        (share && t.nature === '≥' && value > 100 && /满意度|合格率|覆盖率|及格率/.test(name)) ||
        (t.nature === '<' && value === 0);
      if (all)
        out.add('target-direction', {
          places: [at(t)],
          figures: [{ label: `${t.nature}`, value: t.value! }],
          message:
            bad && t.nature === '≥'
              ? `${t.table}指标“${t.indicator}”写作${t.nature}${t.value}${t.unit ?? ''}，越差越算完成，比较方向写反。`
              : `${t.table}指标“${t.indicator}”写作${t.nature}${t.value}${t.unit ?? ''}，任何结果都算完成，比较方向可能写反。`,
        });
      else if (never)
        out.add('target-direction', {
          places: [at(t)],
          figures: [{ label: `${t.nature}`, value: t.value! }],
          message: `${t.table}指标“${t.indicator}”写作${t.nature}${t.value}${t.unit ?? ''}，不可能完成。`,
        });
      else if (share && satisfaction.test(name) && t.nature === '≤' && value > 0)
        out.add('target-direction', {
          places: [at(t)],
          figures: [{ label: `${t.nature}`, value: t.value! }],
          message: `${t.table}指标“${t.indicator}”写作≤${t.value}%，越低越算完成，比较方向可能写反。`,
        });
      if (
        (t.nature === '≥' || t.nature === '>') &&
        value > 0 &&
        (moneyScale(t.unit, true) !== null || /^(万元?|元|亿元?)\/.{1,8}$/.test(unit)) &&
        (/(费|成本|经费|采购|购置|租赁|印刷|运维|开支)/.test(name) || /成本/.test(`${t.level1 ?? ''}${t.level2 ?? ''}`) || /\/年/.test(unit)) &&
        !/发放|投入|投资|拨付|募集|保费|保额|赔付|增加值|收入|产值|招商|引进|营收|税收|增收|节约|节省|效益|融资|销售|贷款|交易|补助标准|补贴标准|工资|待遇|捐赠|营业额|进出口|消费额|撬动|带动|争取|到位|拉动/.test(
          name,
        )
      )
        costly.push(t);
      if ((sheet.has.unit || united) && !t.unit && !/^\d{4}$/.test(t.value ?? '') && !/%/.test(t.raw.value?.text ?? '') && !/(率|度)$/.test(name))
        out.add('target-unit', { places: [at(t)], message: `${t.table}指标“${t.indicator}”的指标值${t.value}没有计量单位。` });
    }
    if (
      (t.nature !== null && (t.value === null || t.value === '')) ||
      (sheet.has.nature && t.nature === null && value !== null && t.raw.nature !== null && t.raw.nature.text === '')
    )
      out.add('empty-cell', { places: [at(t)], message: t.value ? `${t.table}指标“${t.indicator}”没有写明指标性质。` : `${t.table}指标“${t.indicator}”没有填写指标值。` });
    const brackets = (name.match(/[(]/g)?.length ?? 0) - (name.match(/[)]/g)?.length ?? 0);
    if (brackets !== 0) out.add('target-name', { places: [at(t)], message: `${t.table}指标名称“${t.indicator}”括号不成对，可能有文字遗漏或多余。` });
    const key = `${name}/${t.level1}/${t.level2}/${t.nature}/${text}/${unit}`;
    const twin = names.get(key);
    if (twin) out.add('target-duplicate', { places: [at(twin), at(t)], message: `${t.table}指标“${t.indicator}”重复列了两次。` });
    names.set(key, t);
    if (out.findings.length === before) clean += 1;
  }
  out.pass('target-direction', clean);
  if (costly.length > 0)
    out.add('target-cost-direction', {
      places: costly.map(at),
      figures: costly.slice(0, 3).map((t) => ({ label: t.indicator, value: t.value! })),
      message: `${sheet.table.id}有${costly.length}项以金额计量的成本指标写作“≥”，花得越多越算完成，应为“≤”。`,
    });
  void d;
}

/** A cost cap above the whole budget of the project binds nothing. */
function caps(sheet: TargetSheet, book: Book, out: Collector): void {
  const unit: MoneyUnit | null = sheet.budgetUnit ?? sheet.table.moneyUnit;
  const budget = sheet.budget?.value != null && unit ? fenOf(sheet.budget.value, unit) : null;
  if (budget === null || budget === 0) return;
  const over: Target[] = [];
  for (const t of sheet.targets) {
    const scale = moneyScale(t.unit, true);
    const value = numeric(t.value);
    if (scale === null || value === null || t.nature === '定性' || t.nature === '≥' || t.nature === '>' || t.nature === null) continue;
    if (/收入|投资|产值|招商|损失|节约|效益/.test(t.indicator)) continue;
    if (value * scale * 100 > budget + 100) over.push(t);
    else out.pass('target-cap');
  }
  if (over.length > 0) {
    const t = over[0]!;
    const cap = decimal(Math.round(Number(t.value) * moneyScale(t.unit, true)! * 100), unit!);
    out.add('target-cap', {
      places: [...over.map(at), placeOf(sheet.budget!.place, sheet.table.id)],
      figures: [
        { label: `指标“${t.indicator}”上限`, value: cap },
        { label: '项目预算', value: sheet.budget!.value! },
      ],
      difference: decimal(Math.round(Number(t.value) * moneyScale(t.unit, true)! * 100) - budget, unit!),
      message: `${sheet.table.id}${sheet.project ? `“${sheet.project}”` : ''}预算${sheet.budget!.value}${unit}，指标“${t.indicator}”的成本上限却是${t.value}${t.unit}，超过整个项目的预算。`,
    });
  }
  void book;
}

/** A price per head and a number of heads: both at their bounds must fit the budget (5万元/人 × 8人 under 27万元 does not). */
function products(sheet: TargetSheet, out: Collector): void {
  const unit: MoneyUnit | null = sheet.budgetUnit ?? sheet.table.moneyUnit;
  const budget = sheet.budget?.value != null && unit ? fenOf(sheet.budget.value, unit) : null;
  if (budget === null || budget === 0) return;
  const bounded = (t: Target) => (t.nature === '≤' || t.nature === '=') && numeric(t.value) !== null;
  for (const t of sheet.targets) {
    const m = /^(万元|元)\/(人|名|次|场|个|台|套|份|期|件|户|处|座|公里|平方米|亩)(?:\/?[年·*].{0,4})?$/.exec(norm(t.unit ?? ''));
    if (!m || !bounded(t) || /[年月天日]/.test(norm(t.unit!).slice(m[1]!.length + 1 + m[2]!.length))) continue;
    const same = sheet.targets.filter((o) => norm(o.unit ?? '') === m[2] || (m[2] === '人' && norm(o.unit ?? '') === '名'));
    const price = words(t.indicator).replace(/(人均|费用|成本|经费|标准|单价|价格|费)/g, '');
    const of = same.filter((o) => bounded(o) && likeness(words(o.indicator).replace(/(人数|数量|个数|次数|数)$/, ''), price) >= 0.6);
    if (of.length !== 1) continue;
    const cap = Math.round(Number(t.value) * (m[1] === '万元' ? 1e6 : 100) * Number(of[0]!.value));
    if (cap <= budget + 100) {
      out.pass('target-cap');
      continue;
    }
    out.add('target-cap', {
      places: [at(t), at(of[0]!), placeOf(sheet.budget!.place, sheet.table.id)],
      figures: [
        { label: `指标“${t.indicator}”乘“${of[0]!.indicator}”`, value: decimal(cap, unit!) },
        { label: '项目预算', value: sheet.budget!.value! },
      ],
      difference: decimal(cap - budget, unit!),
      message: `${sheet.table.id}${sheet.project ? `“${sheet.project}”` : ''}预算${sheet.budget!.value}${unit}，指标“${t.indicator}”上限${t.value}${t.unit}与“${of[0]!.indicator}”${of[0]!.nature}${of[0]!.value}${of[0]!.unit}相乘为${decimal(cap, unit!)}${unit}，超过整个项目的预算。`,
    });
  }
}

/** Budgets of the sheets: parts against the whole, overall sheet against the department, project sheets against project expenditure. */
function budgets(book: Book, d: Disclosure, scope: Scope, said: Said[], out: Collector): void {
  const facts: { sheet: TargetSheet; fact: Fact; listed?: Fact }[] = [];
  for (const sheet of d.targetSheets) {
    const unit = sheet.budgetUnit ?? sheet.table.moneyUnit ?? book.unit;
    if (sheet.budget?.value == null) {
      if (sheet.targets.length > 0 && sheet.scope !== 'overall' && sheet.budget)
        out.add('empty-cell', {
          places: [placeOf(sheet.budget.place, sheet.table.id)],
          message: `${sheet.table.id}${sheet.project ? `“${sheet.project}”` : ''}没有填写项目预算。`,
        });
      continue;
    }
    const name = `${sheet.table.id}${sheet.project ? `“${sheet.project.slice(0, 30)}”` : ''}`;
    if (sheet.scope === 'overall') {
      const whole = book.main(scope.total('all', 'expenditure', '0'));
      const f = book.words(`SHEET:${sheet.table.id}:overall`, sheet.budget.value, unit, sheet.budget.place, `${name}部门支出预算数`, sheet.table);
      if (f && whole) book.equal('target-department-budget', f, whole);
      for (const part of sheet.budgetParts) {
        const measure = /基本支出/.test(part.label) ? 'basic' : /项目支出/.test(part.label) ? 'project' : null;
        const same = measure ? (book.main(scope.expenditure('all', '0', measure)) ?? book.main(scope.expenditure('general', '0', measure))) : null;
        const p =
          same && part.cell.value !== null ? book.words(`SHEET:${sheet.table.id}:${measure}`, part.cell.value, unit, part.cell.place, `${name}${part.label}`, sheet.table) : null;
        if (p && same) book.equal('target-department-budget', p, same);
      }
      continue;
    }
    const fact = book.words(`SHEET:${sheet.table.id}:${facts.length}`, sheet.budget.value, unit, sheet.budget.place, `${name}预算`, sheet.table);
    if (!fact) continue;
    facts.push({ sheet, fact });
    const parts = sheet.budgetParts
      .filter((p) => p.cell.value !== null)
      .map((p, i) => book.words(`SHEET:${sheet.table.id}:${facts.length}:${i}`, p.cell.value!, unit, p.cell.place, `${name}${p.label}`, sheet.table));
    if (parts.length > 0) book.sum('target-budgets', fact, parts);
  }
  if (facts.length === 0) return;
  const listRows = d.projects.flatMap((v) => v.rows.filter((r) => !r.total && r.name).map((r) => ({ v, r })));
  for (const entry of facts) {
    const { sheet, fact } = entry;
    const row = listRows.find(({ r }) => (sheet.projectCode && r.code === sheet.projectCode) || (sheet.project && r.name && norm(r.name) === norm(sheet.project)));
    if (!row) continue;
    const listed = book.facts.find((f) => f.concept === `LIST:${row.v.table.id}:${row.r.row}`);
    if (listed && listRows.filter(({ r }) => norm(r.name ?? '') === norm(row.r.name ?? '')).length === 1) {
      entry.listed = listed;
      book.equal('project-budget', fact, listed);
    }
  }
  // A sheet that differs from the project list is reported there; here the listed amount counts.
  const own = facts.reduce((s, f) => s + f.fact.fen, 0);
  const listedSum = facts.reduce((s, f) => s + (f.listed ?? f.fact).fen, 0);
  const covered = said.find((x) => x.s.topic === 'covered-by-targets' && x.s.within === null && x.amount && x.s.amount && x.amount.fen > 0)?.amount ?? null;
  const project = book.main(scope.expenditure('all', '0', 'project')) ?? (scope.single ? book.main(scope.expenditure('general', '0', 'project')) : null);
  const against = covered ?? project;
  if (!against) return;
  const sum = Math.abs(listedSum - against.fen) < Math.abs(own - against.fen) ? listedSum : own;
  // 填报绩效目标的项目5个，占全部项目6个的…: the first number that speaks of targets.
  const counted = said.filter((x) => x.s.topic === 'covered-projects' && x.s.amount);
  const first = counted.find((x) => /绩效|目标|涉及/.test(x.s.subject + x.s.text) && !/^(本部门)?(全部|共有|所有)/.test(x.s.subject)) ?? counted[0];
  const stated = first ? Number(first.s.amount!.value) : null;
  const all = /均|全部|所有|全面/.test(covered ? (d.paragraphs[said.find((x) => x.amount === covered)!.s.paragraph]?.text ?? '') : '');
  const onlyKey = facts.every((f) => f.sheet.scope === 'key-project');
  const places = [against.place, ...facts.map((f) => f.fact.place)];
  const tolerance = Math.max(against.step, ...facts.map((f) => f.fact.step)) > 1 ? (against.step / 2) * (facts.length + 1) : 0;
  const off = sum - against.fen;
  const figures = [
    { label: against.label, value: against.value },
    { label: `${facts.length}张项目绩效目标表预算合计`, value: decimal(sum, against.unit) },
  ];
  // Sheets that state no budget are published all the same: their amount is unknown, their number is not.
  const published = new Set(d.targetSheets.filter((s) => s.scope !== 'overall' && (s.targets.length > 0 || s.budget?.value != null)).map((s) => s.project ?? s));
  const silent = published.size > new Set(facts.map((f) => f.sheet.project ?? f.sheet)).size;
  const missing = stated !== null && stated !== published.size;
  // Sheets that give the project expenditure of the tables are complete; a differing amount in words is reported against the tables.
  if (!missing && project && covered && project.fen !== covered.fen && Math.abs(sum - project.fen) <= tolerance) {
    out.pass('target-covered');
    return;
  }
  if (Math.abs(off) <= tolerance && !missing) {
    out.count('target-covered', off === 0 ? 'passed' : 'rounding');
    return;
  }
  const money = `${facts.length}张项目绩效目标表预算合计${decimal(sum, against.unit)}${against.unit}，${against.label}${against.value}${against.unit}，相差${decimal(Math.abs(off), against.unit)}${against.unit}`;
  const base = { places, figures, difference: decimal(Math.abs(off), against.unit) };
  if (silent && off <= tolerance) out.add('target-covered', { ...base, severity: 'undecidable', message: `${money}；有的目标表没有写明项目预算，无法判定。` });
  else if (off > tolerance) out.add('target-covered', { ...base, severity: 'error', message: `${money}，目标表的金额反而更大。` });
  else if (onlyKey || (!all && !missing && (stated === null || silent)))
    out.add('target-covered', { ...base, severity: 'undecidable', message: `${money}；没有说明目标表是否全部公开，无法判定。` });
  else
    out.add('target-covered', {
      ...base,
      message: `${money}${!missing && stated !== null ? `；目标表的个数与所说的${stated}个一致，金额却不一致` : stated !== null ? `；文字说明涉及项目${stated}个，${published.size < stated ? '只' : '却'}公开了${published.size}个项目的目标表` : '；文字说明项目支出均实行绩效目标管理，公开的目标表不全'}。`,
    });
}

export function targetFacts(book: Book, d: Disclosure, scope: Scope, said: Said[], out: Collector): void {
  budgets(book, d, scope, said, out);
}
export function checkTargets(book: Book, d: Disclosure, out: Collector): void {
  for (const sheet of d.targetSheets) {
    weights(sheet, out);
    goals(sheet, out);
    single(sheet, d, out);
    caps(sheet, book, out);
    products(sheet, out);
    if (sheet.table.remarks.some((r) => /表头.*不符|表头.*矛盾/.test(r)))
      out.add('target-head', {
        places: [placeOf(sheet.targets[0]?.place ?? sheet.table.place, sheet.table.id)],
        message: `${sheet.table.id}绩效指标的表头与各列内容不符，列名与所填内容错位。`,
      });
    else if (sheet.targets.length > 0) out.pass('target-head');
  }
}
