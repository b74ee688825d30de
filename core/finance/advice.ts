// Advice on the quality of targets before they are published: what every result passes, what nobody can measure, what is promised twice.
import type { Text } from '../contract.ts';
import { checkDisclosure, type Finding } from './check/check.ts';
import { decimalOf } from './decimal.ts';
import { plainName } from './likeness.ts';
import type { Cell, Disclosure, MoneyUnit, Nature, Place, Table, Target, TargetSheet } from './model.ts';
import type { RuleSet } from './pack.ts';

export const adviceRules = [
  'always-met',
  'never-met',
  'reversed',
  'no-unit',
  'no-value',
  'cost-direction',
  'duplicate',
  'several-promises',
  'unmeasurable',
  'qualitative-number',
  'weights',
  'goal-mismatch',
  'over-budget',
  'no-weight',
  'no-satisfaction',
  'name',
] as const;
export type AdviceRule = (typeof adviceRules)[number];
export const adviceRuleNames: Record<AdviceRule, Text> = {
  'always-met': { zh: '任何结果都算完成', en: 'Every result passes' },
  'never-met': { zh: '不可能完成', en: 'No result passes' },
  reversed: { zh: '比较方向可能写反', en: 'Perhaps the wrong way round' },
  'no-unit': { zh: '没有计量单位', en: 'No unit' },
  'no-value': { zh: '没有指标值', en: 'No value' },
  'cost-direction': { zh: '成本指标写作“≥”', en: '“≥” on a cost' },
  duplicate: { zh: '重复的指标', en: 'Promised twice' },
  'several-promises': { zh: '一项里有几个承诺', en: 'Several promises in one' },
  unmeasurable: { zh: '用词不可衡量', en: 'Words nobody can measure' },
  'qualitative-number': { zh: '定性与数字矛盾', en: 'Qualitative with a number' },
  weights: { zh: '权重合计不对', en: 'Weights do not add up' },
  'goal-mismatch': { zh: '与目标文字不一致', en: 'Goal text says otherwise' },
  'over-budget': { zh: '上限超过预算', en: 'Cap above the budget' },
  'no-weight': { zh: '权重为零', en: 'No weight' },
  'no-satisfaction': { zh: '没有满意度指标', en: 'No satisfaction' },
  name: { zh: '指标名称有误', en: 'Name' },
};
export const advicePlaces = ['indicator', 'nature', 'value', 'unit', 'weight', 'sheet'] as const;
export type AdvicePlace = (typeof advicePlaces)[number];
export interface Advice {
  rule: AdviceRule;
  severity: 'error' | 'warning' | 'hint';
  /** Positions in the list given. */
  targets: number[];
  at: AdvicePlace;
  message: string;
  proposal: string | null;
}
export interface DraftTarget {
  indicator: string;
  level1: string | null;
  level2: string | null;
  nature: Nature | null;
  value: string | null;
  unit: string | null;
  weight: string | null;
  project: string | null;
}
export interface DraftContext {
  goal?: string | null;
  budget?: string | null;
  moneyUnit?: MoneyUnit;
}

const cell = (text: string | null, place: Place): Cell => ({
  text: text ?? '',
  value: decimalOf(text) === undefined ? null : (text ?? '').replace(/[,%％\s]/g, ''),
  place,
  confidence: 1,
});

/** A disclosure that holds nothing but these targets, one sheet a project; a target's line is its position + 1. */
function sheetsOf(targets: DraftTarget[], c: DraftContext): Disclosure {
  const unit = c.moneyUnit ?? '万元';
  const d: Disclosure = {
    files: ['草稿'],
    unit: null,
    unitCode: null,
    department: null,
    year: null,
    kind: 'budget',
    moneyUnit: unit,
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
  for (const project of new Set(targets.map((t) => t.project))) {
    const place: Place = { line: 0 };
    const table: Table = {
      id: project ? `“${project}”` : '本表',
      title: '绩效目标表',
      kind: project ? 'project-targets' : 'overall-targets',
      moneyUnit: unit,
      moneyUnitStated: true,
      columns: [],
      rows: [],
      notes: [],
      empty: false,
      place,
      unit: null,
      year: null,
      remarks: [],
      confidence: 1,
    };
    const mine = targets.map((t, i) => ({ t, i })).filter((x) => x.t.project === project);
    const sheet: TargetSheet = {
      table,
      scope: project ? 'project' : 'overall',
      project,
      projectCode: null,
      unit: null,
      department: null,
      budget: c.budget ? cell(c.budget, place) : null,
      budgetUnit: unit,
      budgetParts: [],
      goal: c.goal ? cell(c.goal, place) : null,
      executionWeight: null,
      has: { weight: mine.some(({ t }) => t.weight !== null && t.weight !== ''), core: false, unit: true, nature: true },
      targets: [],
      fields: [],
    };
    sheet.targets = mine.map(({ t, i }): Target => {
      const at: Place = { line: i + 1 };
      return {
        table: table.id,
        project,
        level1: t.level1,
        level2: t.level2,
        indicator: t.indicator,
        nature: t.nature,
        value: t.value === '' ? null : t.value,
        unit: t.unit === '' ? null : t.unit,
        weight: t.weight === '' ? null : t.weight,
        core: null,
        place: at,
        raw: { indicator: cell(t.indicator, at), nature: cell(t.nature, at), value: cell(t.value, at), unit: cell(t.unit, at), weight: cell(t.weight, at), core: null },
        confidence: 1,
      };
    });
    d.tables.push(table);
    d.targetSheets.push(sheet);
    d.targets.push(...sheet.targets);
  }
  return d;
}

/** What a checking rule's finding is called here; undefined: not about the quality of targets. */
function ruleOf(f: Finding): [AdviceRule, AdvicePlace] | undefined {
  switch (f.rule) {
    case 'target-direction':
      return [/不可能完成/.test(f.message) ? 'never-met' : /任何结果/.test(f.message) ? 'always-met' : 'reversed', 'nature'];
    case 'target-cost-direction':
      return ['cost-direction', 'nature'];
    case 'target-unit':
      return ['no-unit', 'unit'];
    case 'target-several':
      return ['several-promises', 'value'];
    case 'target-qualitative-number':
      return ['qualitative-number', 'nature'];
    case 'target-duplicate':
      return ['duplicate', 'indicator'];
    case 'target-weights':
      return ['weights', 'weight'];
    case 'target-goal':
      return ['goal-mismatch', 'value'];
    case 'target-cap':
      return ['over-budget', 'value'];
    case 'target-name':
      return ['name', 'indicator'];
    default:
      return undefined;
  }
}

const proposals: Partial<Record<AdviceRule, string>> = {
  'always-met': '改为做得不好就达不到的数值，或换成反映结果的指标',
  'cost-direction': '改为“≤”，或改成反映产出的指标',
  'several-promises': '拆成几个指标，各写指标值和单位',
  'no-unit': '写明计量单位，如次、个、%、小时',
  'qualitative-number': '有数字的写比较符号，没有数字的才写“定性”',
  unmeasurable: '写明以什么为证、达到什么程度算达成、部分达成、未达成',
  duplicate: '只保留一处，或写清两处的区别',
};

const vague =
  /^(?:(?:进一步|不断|持续|逐步|有效|明显|显著|大幅|稳步|切实|较|良|优|很|更加|有所|基本|充分|全面)*(?:提高|提升|增强|加强|改善|改进|优化|推进|促进|保障|完善|好|高|强|良好|优秀|显著|明显|有效|到位|满意|健全|规范))$/;
const counted = '(?:次数|人数|人次|数量|个数|场次|率|时长|面积|金额)';
const two = new RegExp(`${counted}.{0,12}[和及、与].{0,16}${counted}`);

/** Advice on draft targets, worst first. `rules` are the checking rules of the pack; those that are switched off give no advice either. */
export function advise(targets: DraftTarget[], context: DraftContext, rules: RuleSet): Advice[] {
  const out: Advice[] = [];
  const say = (rule: AdviceRule, severity: Advice['severity'], list: number[], at: AdvicePlace, message: string, proposal: string | null = proposals[rule] ?? null) => {
    if (!out.some((a) => a.rule === rule && a.targets.join() === list.join())) out.push({ rule, severity, targets: list, at, message, proposal });
  };
  const [report] = checkDisclosure([sheetsOf(targets, context)], rules);
  for (const f of report!.findings) {
    const known = ruleOf(f);
    if (!known || f.severity === 'rounding' || f.severity === 'undecidable') continue;
    const list = [...new Set(f.places.map((p) => (p.line ?? 0) - 1).filter((i) => i >= 0 && i < targets.length))];
    say(known[0], f.severity === 'error' ? 'error' : 'warning', list, list.length ? known[1] : 'sheet', f.message);
  }
  const of = (i: number, ...rulesOf: AdviceRule[]) => out.some((a) => rulesOf.includes(a.rule) && a.targets.includes(i));
  for (const [i, t] of targets.entries()) {
    const name = plainName(t.indicator);
    const quote = `“${t.indicator}”`;
    const value = decimalOf(t.value);
    const text = (t.value ?? '').normalize('NFKC').replace(/\s/g, '');
    const percent = /^[%％]$/.test((t.unit ?? '').trim()) || /[%％]$/.test(text);
    if (!name) {
      say('name', 'error', [i], 'indicator', `第${i + 1}项没有指标名称`, '写明指标名称');
      continue;
    }
    if (t.nature !== '定性' && text === '') say('no-value', 'error', [i], 'value', `${quote}没有指标值，无法判断是否完成`, '写明数值；确实不能计量的改为定性并写明评定标准');
    if (value !== undefined && !of(i, 'always-met', 'never-met', 'reversed')) {
      if ((t.nature === '≥' && value <= 0n) || (t.nature === '>' && value < 0n)) say('always-met', 'warning', [i], 'value', `${quote}写作${t.nature}${t.value}，任何结果都算完成`);
      else if ((t.nature === '≤' || t.nature === '<') && percent && value >= (t.nature === '<' ? 100_000_001n : 100_000_000n) && !/增长|变动|偏差|偏离|超支|负债/.test(name))
        say('always-met', 'warning', [i], 'value', `${quote}写作${t.nature}${t.value}%，百分比不会更高，任何结果都算完成`);
      else if ((t.nature === '<' && value <= 0n) || (t.nature === '≤' && value < 0n)) say('never-met', 'warning', [i], 'value', `${quote}写作${t.nature}${t.value}，不可能完成`);
      else if (t.nature === '>' && percent && value >= 100_000_000n && !/增长|完成率|变动/.test(name))
        say('never-met', 'warning', [i], 'value', `${quote}写作>${t.value}%，不可能完成`);
    }
    if (value !== undefined && t.nature !== '定性' && !t.unit && !percent && !of(i, 'no-unit')) say('no-unit', 'warning', [i], 'unit', `${quote}的指标值${t.value}没有计量单位`);
    if (t.nature === '定性' && (text === '' || vague.test(text))) say('unmeasurable', 'hint', [i], 'value', `${quote}的指标值“${t.value ?? ''}”没有说明达到什么程度、以什么为证`);
    else if (vague.test(name.replace(/^.*?(?=进一步|不断|持续|逐步|有效|明显|显著|大幅|稳步|切实)/, '')) && value === undefined)
      say('unmeasurable', 'hint', [i], 'indicator', `${quote}用词不可衡量`);
    if (two.test(t.indicator.normalize('NFKC')) && !of(i, 'several-promises'))
      say('several-promises', 'warning', [i], 'indicator', `${quote}一项里写了几件要计量的事，只有一个指标值`);
    if (decimalOf(t.weight) === 0n) say('no-weight', 'hint', [i], 'weight', `${quote}权重为0，做得好坏都不影响得分`, '给出权重，或不列入');
    const twin = targets.findIndex((o, k) => k < i && plainName(o.indicator) === name && o.project === t.project && o.nature === t.nature);
    if (twin >= 0 && !out.some((a) => a.rule === 'duplicate' && a.targets.includes(i)))
      say(
        'duplicate',
        'warning',
        [twin, i],
        'indicator',
        targets[twin]!.value === t.value ? `${quote}重复列了两次` : `${quote}列了两次，指标值不同（${targets[twin]!.value ?? ''}与${t.value ?? ''}）`,
      );
  }
  for (const project of new Set(targets.map((t) => t.project))) {
    const mine = targets.map((t, i) => ({ t, i })).filter((x) => x.t.project === project);
    if (mine.length >= 3 && mine.some(({ t }) => t.level1) && !mine.some(({ t }) => /满意/.test(`${t.level1 ?? ''}${t.level2 ?? ''}${t.indicator}`)))
      say(
        'no-satisfaction',
        'hint',
        mine.map((x) => x.i),
        'sheet',
        `${project ? `“${project}”` : '整体绩效目标'}没有满意度指标`,
        '有服务对象的，加一个满意度指标；没有的说明原因',
      );
  }
  const weight = { error: 0, warning: 1, hint: 2 } as const;
  return out.toSorted((a, b) => weight[a.severity] - weight[b.severity] || (a.targets[0] ?? -1) - (b.targets[0] ?? -1));
}
