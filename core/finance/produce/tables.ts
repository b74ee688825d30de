// The tables of a disclosure from published figures: 收支, 财政拨款, functional, economic, 三公, funds, projects, procurement.
import type { TableKind } from '../model.ts';
import { allSources, appropriations, nameOf, publicParts, sourceNames } from './codes.ts';
import { Figures, type Item, type TreeRow, treeOf } from './figures.ts';
import type { PaidFrom, PublicExpenses } from './input.ts';
import { amount, type OutColumn, type OutRow, type OutTable, type Value, whole } from './table.ts';

const code = (title = '科目编码', group = '功能分类科目'): OutColumn => ({ key: 'code', path: [group, title], type: 'code' });
const name = (title = '科目名称', group = '功能分类科目'): OutColumn => ({ key: 'name', path: [group, title], type: 'name' });
const money = (key: string, ...path: string[]): OutColumn => ({ key, path, type: 'money' });

/** Words that differ between a budget and a final account. */
interface Words {
  /** 预算 or 决算. */
  noun: '预算' | '决算';
  year: number;
  /** 2025年预算数. */
  head: string;
  who: string;
}

type Draft = Omit<OutTable, 'label' | 'moneyUnit' | 'landscape' | 'widths' | 'empty'> & { empty?: boolean };

/** Rows of a classification tree; the total shows its figure even when zero, unless the table is empty. */
function treeRows<K extends string>(f: Figures, tree: TreeRow<K>[], values: (sums: Record<K, number>, total: boolean) => Value[]): OutRow[] {
  if (tree.length === 0) return emptyBody;
  return tree.map((r) => ({
    level: r.level,
    cells: [r.level === 0 ? '合计' : r.code, r.level === 0 ? null : nameOf(r.code, f.p.names)!, ...values(r.sums, r.level === 0)],
  }));
}
/** 合计 alone: the body of an empty table. */
const emptyBody: OutRow[] = [{ level: 0, cells: ['合计'] }];
const first = (total: boolean, fen: number): Value => (total ? whole(fen) : amount(fen));

export function incomeExpenditure(f: Figures, w: Words): Draft {
  const used = new Set(f.sources());
  // A unit prints every source it could have; those without money stay blank.
  const left: [string, number][] = allSources.filter((s) => used.has(s) || s !== 'operating').map((s) => [sourceNames[s], f.sum('income', [s])]);
  const right: [string, number][] = f.classes().map((c) => [nameOf(c, f.p.names)!, f.sum('total', undefined, c)]);
  const income = f.sum('income');
  const total = f.sum('total');
  const items = Array.from({ length: Math.max(left.length, right.length) }, (_, i): Value[] => [
    left[i]?.[0] ?? null,
    left[i] ? amount(left[i]![1]) : null,
    right[i]?.[0] ?? null,
    right[i] ? amount(right[i]![1]) : null,
  ]);
  const [carriedIn, carriedOut] = [f.sum('carriedIn'), f.sum('carriedOut')];
  const ends: Value[] = [whole(income + carriedIn), whole(total + carriedOut)];
  const rows: Value[][] =
    w.noun === '预算'
      ? [
          ['一、本年收入合计', whole(income), '一、本年支出合计', whole(total)],
          ...items,
          ['二、上年结转', amount(carriedIn), '二、结转下年', amount(carriedOut)],
          ['收入总计', ends[0]!, '支出总计', ends[1]!],
        ]
      : [
          ...items,
          ['本年收入合计', whole(income), '本年支出合计', whole(total)],
          ['年初结转和结余', amount(carriedIn), '年末结转和结余', amount(carriedOut)],
          ['总计', ends[0]!, '总计', ends[1]!],
        ];
  return {
    title: w.noun === '预算' ? `${w.year}年${w.who}收支预算总表` : `${w.year}年度收入支出决算总表`,
    kind: 'income-expenditure',
    columns: [
      { key: 'income-name', path: ['收入', '项目'], type: 'name' },
      money('income', '收入', `${w.noun}数`),
      { key: 'expenditure-name', path: ['支出', '项目'], type: 'text' },
      money('expenditure', '支出', `${w.noun}数`),
    ],
    rows: rows.map((cells, i) => ({ cells, level: i === rows.length - 1 ? 0 : null })),
    notes: [],
  };
}

export function incomeTable(f: Figures, w: Words): Draft {
  const tree = f.income();
  const used = f.sources();
  const sources = allSources.filter((s) => used.includes(s) || (appropriations as readonly PaidFrom[]).includes(s) || s === 'business' || s === 'other');
  const columns = [code('科目编码', '科目'), name('科目名称', '科目'), money('total', '总计'), ...sources.map((s) => money(s, sourceNames[s]))];
  return {
    title: w.noun === '预算' ? `${w.year}年${w.who}收入预算总表` : `${w.year}年度收入决算表`,
    kind: 'income',
    columns,
    rows: treeRows(f, tree, (v, t) => [first(t, v.total), ...sources.map((s) => amount(v[s] ?? 0))]),
    notes: tree.length ? [] : [`备注：${w.year}年支出全部由上年结转资金安排，没有本年收入，本表为空。`],
  };
}

export function expenditureTable(f: Figures, w: Words): Draft {
  return {
    title: w.noun === '预算' ? `${w.year}年${w.who}支出预算总表` : `${w.year}年度支出决算表`,
    kind: 'expenditure',
    columns: [code('科目编码', '科目'), name('科目名称', '科目'), money('total', '总计'), money('basic', '基本支出'), money('project', '项目支出')],
    rows: treeRows(f, f.functional(['total', 'basic', 'project']), (v, t) => [first(t, v.total), first(t, v.basic), first(t, v.project)]),
    notes: [],
  };
}

export function appropriationSummary(f: Figures, w: Words): Draft {
  const funds = appropriations;
  const short: Record<(typeof funds)[number], string> = { general: '一般公共预算拨款', fund: '政府性基金预算拨款', capital: '国有资本经营预算拨款' };
  const income = f.sum('income', funds);
  const carriedIn = f.sum('carriedIn', funds);
  const split = (measure: 'total' | 'carriedOut', c = ''): Value[] => [amount(f.sum(measure, funds, c)), ...funds.map((s) => amount(f.sum(measure, [s], c)))];
  const both = funds.map((s) => f.sum('total', [s]) + f.sum('carriedOut', [s]));
  const left = funds.map((s): Value[] => [short[s], amount(f.sum('income', [s]))]);
  const right = f.classes(funds).map((c): Value[] => [nameOf(c, f.p.names)!, ...split('total', c)]);
  const none = [null, null, null, null, null];
  const budget = w.noun === '预算';
  const thisYear: Value[] = [
    budget ? '一、本年收入' : '本年收入合计',
    whole(income),
    budget ? '一、本年支出' : '本年支出合计',
    whole(f.sum('total', funds)),
    ...funds.map((s) => amount(f.sum('total', [s]))),
  ];
  const items = Array.from({ length: Math.max(left.length, right.length) }, (_, i) => [...(left[i] ?? [null, null]), ...(right[i] ?? none)]);
  const rows: Value[][] = [
    ...(budget ? [thisYear, ...items] : [...items, thisYear]),
    [budget ? '二、上年结转' : '年初财政拨款结转和结余', amount(carriedIn), budget ? '二、结转下年' : '年末财政拨款结转和结余', ...split('carriedOut')],
    ...funds.map((s): Value[] => [short[s], amount(f.sum('carriedIn', [s])), ...none]),
    [budget ? '收入合计' : '总计', whole(income + carriedIn), budget ? '支出合计' : '总计', whole(both.reduce((n, x) => n + x, 0)), ...both.map(amount)],
  ];
  return {
    title: budget ? `${w.year}年财政拨款收支预算总表` : `${w.year}年度财政拨款收入支出决算总表`,
    kind: 'appropriation-summary',
    columns: [
      { key: 'income-name', path: ['收入', '项目'], type: 'name' },
      money('income', '收入', `${w.noun}数`),
      { key: 'expenditure-name', path: ['支出', '项目'], type: 'text' },
      money('expenditure', '支出', '合计'),
      money('general', '支出', '一般公共预算'),
      money('fund', '支出', '政府性基金预算'),
      money('capital', '支出', '国有资本经营预算'),
    ],
    rows: rows.map((cells, i) => ({ cells, level: i === rows.length - 1 ? 0 : null })),
    notes: [],
  };
}

/** Percentage of change with one decimal, or null when there is no base. */
export const growth = (now: number, prior: number): number | null => (prior === 0 ? null : Math.round((1000 * (now - prior)) / prior) / 10);

export function generalExpenditure(f: Figures, w: Words): Draft {
  const prior = f.hasPrior;
  return {
    title: `${w.year}年一般公共预算财政拨款支出${w.noun}表`,
    kind: 'functional-expenditure',
    columns: [
      code(),
      name(),
      ...(prior ? [money('prior', `${w.year - 1}年${w.noun}数`)] : []),
      money('total', w.head, '总计'),
      money('basic', w.head, '基本支出'),
      money('project', w.head, '项目支出'),
      ...(prior ? [{ key: 'growth', path: ['比上年增减%'], type: 'percent' } satisfies OutColumn] : []),
    ],
    rows: treeRows(f, f.functional(prior ? ['total', 'basic', 'project', 'prior'] : ['total', 'basic', 'project'], ['general']), (raw, t) => {
      const v = raw as Record<'total' | 'basic' | 'project' | 'prior', number>;
      const g = prior ? growth(v.total, v.prior) : null;
      return [...(prior ? [first(t, v.prior)] : []), first(t, v.total), first(t, v.basic), first(t, v.project), ...(prior ? [g === null ? null : { percent: g }] : [])];
    }),
    notes: [],
  };
}

export function basicDepartment(f: Figures, w: Words): Draft {
  const rows = f.basicDepartment();
  const head = `${w.year}年基本支出`;
  const columns = [
    code('科目编码', '经济分类科目'),
    name('科目名称', '经济分类科目'),
    money('total', head, '总计'),
    money('personnel', head, '人员经费'),
    money('public', head, '日常公用经费'),
  ];
  return {
    title: `${w.year}年一般公共预算财政拨款基本支出${w.noun}表（部门预算支出经济分类科目）`,
    kind: 'basic-by-economic',
    columns,
    rows: treeRows(f, rows, (v, t) => [first(t, v.total), amount(v.personnel), amount(v.public)]),
    notes: rows.length ? [] : [`备注：本单位${w.year}年没有一般公共预算安排的基本支出，本表为空。`],
  };
}

const kindOfItems: Record<string, TableKind> = {
  'basic/government': 'basic-by-government-economic',
  'project/department': 'project-by-economic',
  'project/government': 'project-by-government-economic',
};
export function economicTable(f: Figures, w: Words, what: 'basic' | 'project', set: 'department' | 'government', items: Item[]): Draft {
  const words = what === 'basic' ? '基本支出' : '项目支出';
  const group = set === 'government' ? '政府预算经济科目' : '部门预算经济科目';
  const rows = treeOf(
    items.filter((i) => i.amount !== 0).map((i) => ({ code: i.code, sums: { total: i.amount } })),
    ['total'],
  );
  const columns = [code('科目编码', group), name('科目名称', group), money('total', words)];
  return {
    title: `${w.year}年一般公共预算财政拨款${words}${w.noun}表（${set === 'government' ? '政府' : '部门'}预算支出经济分类科目）`,
    kind: kindOfItems[`${what}/${set}`]!,
    columns,
    rows: treeRows(f, rows, (v, t) => [first(t, v.total)]),
    notes: rows.length ? [] : [`备注：本单位${w.year}年没有一般公共预算安排的${words}，本表为空。`],
  };
}

export function threePublicTable(f: Figures, w: Words, now: PublicExpenses): Draft {
  // A final account sets its budget beside it, a budget last year's.
  const planned = f.p.budgeted.threePublic;
  const before = planned ?? f.p.prior.threePublic;
  const block = (key: string, head: string): OutColumn[] => [
    money(`${key}total`, head, '合计'),
    money(`${key}abroad`, head, '因公出国（境）费'),
    money(`${key}vehicles`, head, '公务用车购置及运行费', '小计'),
    money(`${key}vehicle-purchase`, head, '公务用车购置及运行费', '公务用车购置费'),
    money(`${key}vehicle-running`, head, '公务用车购置及运行费', '公务用车运行费'),
    money(`${key}reception`, head, '公务接待费'),
  ];
  const values = (x: PublicExpenses): Value[] => [
    whole(Figures.total(x)),
    amount(x.abroad),
    amount(x.vehiclePurchase + x.vehicleRunning),
    amount(x.vehiclePurchase),
    amount(x.vehicleRunning),
    amount(x.reception),
  ];
  const nothing = [now, before].every((x) => !x || publicParts.every((k) => x[k] === 0));
  const columns = [...block('', w.head), ...(before ? block(planned ? 'budget-' : 'prior-', planned ? `${w.year}年预算数` : `${w.year - 1}年${w.noun}数`) : [])];
  return {
    title: `${w.year}年一般公共预算“三公”经费支出${w.noun}表`,
    kind: 'three-public',
    columns,
    rows: [{ level: null, cells: nothing ? columns.map(() => null) : [...values(now), ...(before ? values(before) : [])] }],
    notes: nothing ? [`备注：本单位${w.year}年没有安排“三公”经费，本表为空。`] : [],
    empty: nothing,
  };
}

export function fundTable(f: Figures, w: Words, source: 'fund' | 'capital'): Draft {
  const words = source === 'fund' ? '政府性基金' : '国有资本经营';
  const tree = f.functional(['total', 'basic', 'project'], [source]);
  const head = `本年${words}${source === 'fund' ? '预算财政拨款支出' : '预算财政拨款支出'}`;
  const columns = [code('科目编码', '科目'), name('科目名称', '科目'), money('total', head, '总计'), money('basic', head, '基本支出'), money('project', head, '项目支出')];
  return {
    title: `${w.year}年${words}预算财政拨款支出${w.noun}表`,
    kind: source === 'fund' ? 'government-fund' : 'state-capital',
    columns,
    rows: treeRows(f, tree, (v, t) => [first(t, v.total), amount(v.basic), amount(v.project)]),
    notes: tree.length ? [] : [`备注：本单位${w.year}年没有使用${words}预算财政拨款安排的支出，本表为空。`],
  };
}

export function projectList(f: Figures, w: Words): Draft {
  const used = f.sources();
  const groups = allSources
    .filter((s) => (appropriations as readonly PaidFrom[]).includes(s) || (used.includes(s) && f.sum('project', [s]) > 0))
    .map((s): [PaidFrom, string, PaidFrom[]] => [s, sourceNames[s], [s]]);
  const columns: OutColumn[] = [
    { key: 'code', path: ['项目编码'], type: 'code' },
    { key: 'name', path: ['项目名称'], type: 'name' },
    money('total', '合计'),
    ...groups.map(([k, t]) => money(k, t)),
  ];
  const total = (sources?: readonly PaidFrom[]) => f.p.projects.reduce((n, x) => n + f.projectTotal(x, sources), 0);
  const { projects } = f.p;
  return {
    title: `${w.year}年项目支出${w.noun}明细表`,
    kind: 'project-list',
    columns,
    rows: projects.length
      ? [
          { level: 0, cells: [null, '合计', whole(total()), ...groups.map(([, , s]) => amount(total(s)))] },
          ...projects.map((x): OutRow => ({ level: null, cells: [x.code ?? null, x.name, whole(f.projectTotal(x)), ...groups.map(([, , s]) => amount(f.projectTotal(x, s)))] })),
        ]
      : [{ level: 0, cells: [null, '合计'] }],
    notes: projects.length ? [] : [`备注：本单位${w.year}年没有安排项目支出，本表为空。`],
  };
}

export function procurementTable(f: Figures, w: Words): Draft {
  const kinds = [
    ['goods', '货物类'],
    ['works', '工程类'],
    ['services', '服务类'],
  ] as const;
  const columns: OutColumn[] = [{ key: 'name', path: ['采购项目名称'], type: 'name' }, money('total', '合计'), ...kinds.map(([k, t]) => money(k, t))];
  const rows = new Map<string, Record<string, number>>();
  for (const x of f.p.procurement) {
    const r = rows.get(x.name) ?? { goods: 0, works: 0, services: 0 };
    r[x.category] = r[x.category]! + x.amount;
    rows.set(x.name, r);
  }
  return {
    title: `${w.year}年政府采购${w.noun}明细表`,
    kind: 'procurement',
    columns,
    rows: rows.size
      ? [
          { level: 0, cells: ['合计', whole(f.procurement()), ...kinds.map(([k]) => amount(f.procurement(k)))] },
          ...[...rows].map(([n, r]): OutRow => ({ level: null, cells: [n, whole(r.goods! + r.works! + r.services!), ...kinds.map(([k]) => amount(r[k]!))] })),
        ]
      : emptyBody,
    notes: rows.size ? [] : [`备注：本单位${w.year}年没有安排政府采购${w.noun}，本表为空。`],
  };
}
export type { Draft, Words };
