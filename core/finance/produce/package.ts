// A disclosure as open data: CSV files and a Fiscal Data Package descriptor (columnType of the budget taxonomy, and the older model).
import { decimal } from '../rounding.ts';
import { above, nameOf, publicParts, sourceNames } from './codes.ts';
import type { OutDocument } from './document.ts';
import { Figures } from './figures.ts';
import type { PaidFrom } from './input.ts';
import { lineAmount } from './publish.ts';

type Cell = string | number | boolean | null;
interface Field {
  name: string;
  type: 'string' | 'integer' | 'number' | 'boolean';
  title: string;
  /** Of https://specs.frictionlessdata.io/taxonomies/fiscal/budgets.json */
  columnType?: string;
  constraints?: Record<string, unknown>;
}
interface Resource {
  name: string;
  title: string;
  fields: Field[];
  primaryKey: string[];
  foreignKeys?: { fields: string; resource: string; to: string }[];
  rows: Cell[][];
}

const f = (name: string, type: Field['type'], title: string, columnType?: string, constraints?: Field['constraints']): Field => ({
  name,
  type,
  title,
  ...(columnType ? { columnType } : {}),
  ...(constraints ? { constraints } : {}),
});
const required = { required: true };
const money = f('amount', 'number', '金额（元）', 'value', required);
/** Yuan with cents, whatever unit the document prints. */
const yuan = (fen: number): string => decimal(fen, '元');

const quoted = (v: Cell): string => {
  if (v === null) return '';
  const t = String(v);
  return /[",\r\n]/.test(t) || t !== t.trim() ? `"${t.replace(/"/g, '""')}"` : t;
};
/** RFC 4180 with CRLF, UTF-8 without a byte order mark. */
const csv = (r: Resource): string => [r.fields.map((x) => x.name), ...r.rows].map((row) => row.map(quoted).join(',')).join('\r\n') + '\r\n';

const typeNames = { basic: '基本支出', project: '项目支出', all: '未区分基本与项目' } as const;
const categoryNames = { goods: '货物', works: '工程', services: '服务' } as const;
const publicNames = { abroad: '因公出国（境）费', reception: '公务接待费', vehiclePurchase: '公务用车购置费', vehicleRunning: '公务用车运行维护费' } as const;

function resources(d: OutDocument): Resource[] {
  const p = d.figures;
  const figures = new Figures(p);
  const phase = p.kind === 'budget' ? 'adopted' : 'executed';
  const unit = p.unit.code ?? '1';
  const functions = new Map<string, Cell[]>();
  const items = new Map<string, Cell[]>();
  const sources = new Set<PaidFrom>();
  const called = (code: string) => nameOf(code, p.names)!;
  const fn = (code: string) => {
    const [a, b] = above(code) as [string, string];
    functions.set(code, [code, called(code), a, called(a), b, called(b)]);
    return code;
  };
  const item = (code: string) => {
    items.set(code, [code, called(code), code.slice(0, 3), called(code.slice(0, 3)), code.startsWith('3') ? 'department' : 'government']);
    return code;
  };
  const paid = (s: PaidFrom) => (sources.add(s), s);

  const lines: Cell[][] = [];
  const line = (year: number, direction: string, code: string, s: PaidFrom, type: string | null, fen: number) =>
    lines.push([`L${String(lines.length + 1).padStart(4, '0')}`, year, phase, direction, unit, fn(code), paid(s), type, yuan(fen)]);
  for (const s of p.spending) {
    if (s.basic) line(p.year, 'expenditure', s.code, s.source, 'basic', s.basic);
    if (s.project) line(p.year, 'expenditure', s.code, s.source, 'project', s.project);
    const income = s.basic + s.project + s.carriedOut - s.carriedIn;
    if (income) line(p.year, 'revenue', s.code, s.source, null, income);
    if (s.prior) line(p.year - 1, 'expenditure', s.code, s.source, 'all', s.prior);
  }
  const economic: Cell[][] = [];
  const byItem = (scope: 'basic' | 'project', project: string | null, code: string, fen: number) =>
    economic.push([`E${String(economic.length + 1).padStart(4, '0')}`, p.year, phase, unit, scope, project, item(code), yuan(fen)]);
  const merged = (list: { code: string; amount: number }[]) => {
    const m = new Map<string, number>();
    for (const x of list) m.set(x.code, (m.get(x.code) ?? 0) + x.amount);
    return [...m].toSorted((a, b) => (a[0] < b[0] ? -1 : 1));
  };
  for (const [c, v] of merged(p.basic.department)) byItem('basic', null, c, v);
  if (p.basic.department.length > 0) for (const [c, v] of merged(figures.basicGovernment() ?? [])) byItem('basic', null, c, v);
  const projects: Cell[][] = [];
  const funding: Cell[][] = [];
  p.projects.forEach((x, i) => {
    const id = `P${String(i + 1).padStart(3, '0')}`;
    projects.push([id, x.code ?? null, x.name, yuan(figures.projectTotal(x))]);
    x.lines.forEach((l, k) => funding.push([`${id}-${k + 1}`, id, paid(l.source), l.function ? fn(l.function) : null, yuan(lineAmount(l))]));
    const own = x.lines.flatMap((l) => l.items ?? []);
    for (const [c, v] of merged(own)) byItem('project', id, c, v);
    if (own.every((o) => o.government)) for (const [c, v] of merged(own.map((o) => ({ code: o.government!, amount: o.amount })))) byItem('project', id, c, v);
  });
  const threePublic: Cell[][] = [];
  const now = figures.threePublic();
  for (const [year, x] of [
    [p.year, now],
    [p.year - 1, p.prior.threePublic ?? null],
  ] as const)
    if (x) for (const k of publicParts) threePublic.push([year, phase, unit, k, publicNames[k], yuan(x[k])]);
  const targets = p.targets.flatMap((t, s) =>
    t.indicators.map((x, i): Cell[] => {
      const at = p.projects.findIndex((y) => y.name === t.project);
      return [
        `T${String(s + 1).padStart(2, '0')}-${i + 1}`,
        p.year,
        unit,
        t.scope,
        at >= 0 ? `P${String(at + 1).padStart(3, '0')}` : null,
        x.level1 ?? null,
        x.level2 ?? null,
        x.name,
        x.nature ?? null,
        x.value ?? null,
        x.unit ?? null,
        x.weight ?? null,
        x.core ?? null,
      ];
    }),
  );
  const key = (fields: string, resource: string, to: string) => ({ fields, resource, to });
  const id = (name: string, title: string, columnType?: string) => f(name, 'string', title, columnType, { required: true, unique: true });
  const year = f('fiscal_year', 'integer', '预算年度', 'date:fiscal-year', required);
  const phaseField = f('phase', 'string', '阶段：adopted 预算，executed 决算', 'phase:id', { required: true, enum: ['adopted', 'executed'] });
  const unitField = f('unit', 'string', '单位', undefined, required);
  const out: Resource[] = [
    {
      name: 'budget',
      title: '收支（按功能分类项级科目与资金来源）',
      fields: [
        id('id', '行号', 'budget-line-id'),
        year,
        phaseField,
        f('direction', 'string', '方向：revenue 收入，expenditure 支出', 'direction', { required: true, enum: ['revenue', 'expenditure'] }),
        unitField,
        f('function', 'string', '功能分类科目', undefined, required),
        f('source', 'string', '资金来源', undefined, required),
        f('expenditure_type', 'string', '支出类别'),
        money,
      ],
      primaryKey: ['id'],
      foreignKeys: [key('unit', 'units', 'code'), key('function', 'functions', 'code'), key('source', 'sources', 'code'), key('expenditure_type', 'expenditure-types', 'code')],
      rows: lines,
    },
    {
      name: 'economic',
      title: '一般公共预算支出（按经济分类款级科目）',
      fields: [
        id('id', '行号', 'budget-line-id'),
        year,
        phaseField,
        unitField,
        f('expenditure_type', 'string', '支出类别', undefined, required),
        f('project', 'string', '项目'),
        f('item', 'string', '经济分类科目', undefined, required),
        money,
      ],
      primaryKey: ['id'],
      foreignKeys: [key('unit', 'units', 'code'), key('expenditure_type', 'expenditure-types', 'code'), key('project', 'projects', 'id'), key('item', 'economic-items', 'code')],
      rows: economic,
    },
    {
      name: 'projects',
      title: '项目',
      fields: [
        id('id', '项目', 'activity:generic:project:code'),
        f('code', 'string', '项目编码'),
        f('name', 'string', '项目名称', 'activity:generic:project:label', required),
        money,
      ],
      primaryKey: ['id'],
      rows: projects,
    },
    {
      name: 'project-funding',
      title: '项目资金来源',
      fields: [
        id('id', '行号', 'budget-line-id'),
        f('project', 'string', '项目', undefined, required),
        f('source', 'string', '资金来源', undefined, required),
        f('function', 'string', '功能分类科目'),
        money,
      ],
      primaryKey: ['id'],
      foreignKeys: [key('project', 'projects', 'id'), key('source', 'sources', 'code'), key('function', 'functions', 'code')],
      rows: funding,
    },
    {
      name: 'three-public',
      title: '“三公”经费',
      fields: [year, phaseField, unitField, f('item', 'string', '项目', undefined, required), f('label', 'string', '项目名称', undefined, required), money],
      primaryKey: ['fiscal_year', 'item'],
      foreignKeys: [key('unit', 'units', 'code')],
      rows: threePublic,
    },
    {
      name: 'procurement',
      title: '政府采购',
      fields: [
        id('id', '行号', 'budget-line-id'),
        year,
        unitField,
        f('name', 'string', '采购项目', undefined, required),
        f('category', 'string', '类别：goods 货物，works 工程，services 服务', undefined, { required: true, enum: Object.keys(categoryNames) }),
        f('source', 'string', '资金来源', undefined, required),
        money,
      ],
      primaryKey: ['id'],
      foreignKeys: [key('unit', 'units', 'code'), key('source', 'sources', 'code')],
      rows: p.procurement.map((x, i): Cell[] => [`G${String(i + 1).padStart(3, '0')}`, p.year, unit, x.name, x.category, paid(x.source), yuan(x.amount)]),
    },
    {
      name: 'targets',
      title: '绩效目标',
      fields: [
        id('id', '行号'),
        year,
        unitField,
        f('scope', 'string', '范围', undefined, { required: true, enum: ['overall', 'project', 'key-project'] }),
        f('project', 'string', '项目'),
        f('level1', 'string', '一级指标'),
        f('level2', 'string', '二级指标'),
        f('indicator', 'string', '指标', undefined, required),
        f('nature', 'string', '指标性质'),
        f('value', 'string', '指标值'),
        f('value_unit', 'string', '计量单位'),
        f('weight', 'number', '权重'),
        f('core', 'boolean', '是否核心指标'),
      ],
      primaryKey: ['id'],
      foreignKeys: [key('unit', 'units', 'code'), key('project', 'projects', 'id')],
      rows: targets,
    },
    {
      name: 'units',
      title: '单位',
      fields: [
        id('code', '单位编码', 'administrative-classification:generic:code'),
        f('name', 'string', '单位名称', 'administrative-classification:generic:label', required),
        f('department', 'string', '主管部门'),
      ],
      primaryKey: ['code'],
      rows: [[unit, p.unit.name, p.unit.department ?? null]],
    },
    {
      name: 'functions',
      title: '支出功能分类科目',
      fields: [
        id('code', '项编码', 'functional-classification:generic:level3:code'),
        f('name', 'string', '项名称', 'functional-classification:generic:level3:label', required),
        f('class', 'string', '类编码', 'functional-classification:generic:level1:code', required),
        f('class_name', 'string', '类名称', 'functional-classification:generic:level1:label', required),
        f('section', 'string', '款编码', 'functional-classification:generic:level2:code', required),
        f('section_name', 'string', '款名称', 'functional-classification:generic:level2:label', required),
      ],
      primaryKey: ['code'],
      rows: [...functions.values()].toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
    },
    {
      name: 'economic-items',
      title: '支出经济分类科目',
      fields: [
        id('code', '款编码', 'economic-classification:generic:level2:code'),
        f('name', 'string', '款名称', 'economic-classification:generic:level2:label', required),
        f('class', 'string', '类编码', 'economic-classification:generic:level1:code', required),
        f('class_name', 'string', '类名称', 'economic-classification:generic:level1:label', required),
        f('set', 'string', 'department 部门预算经济分类，government 政府预算经济分类', undefined, { required: true, enum: ['department', 'government'] }),
      ],
      primaryKey: ['code'],
      rows: [...items.values()].toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
    },
    {
      name: 'sources',
      title: '资金来源',
      fields: [id('code', '来源', 'fin-source:generic:code'), f('name', 'string', '来源名称', 'fin-source:generic:label', required)],
      primaryKey: ['code'],
      rows: [...sources].map((s) => [s, sourceNames[s]]),
    },
    {
      name: 'expenditure-types',
      title: '支出类别',
      fields: [id('code', '类别', 'expenditure-type:code'), f('name', 'string', '类别名称', 'expenditure-type:label', required)],
      primaryKey: ['code'],
      rows: Object.entries(typeNames).map(([k, v]) => [k, v]),
    },
  ];
  return out;
}

/** The dimensions and measure of the fact table in the words of Fiscal Data Package 0.3, for tools that read that. */
const model = {
  measures: { amount: { source: 'amount', resource: 'budget', currency: 'CNY' } },
  dimensions: {
    line: { dimensionType: 'fact', primaryKey: ['id'], attributes: { id: { source: 'id', resource: 'budget' } } },
    year: { dimensionType: 'datetime', primaryKey: ['year'], attributes: { year: { source: 'fiscal_year', resource: 'budget' } } },
    phase: { dimensionType: 'other', primaryKey: ['phase'], attributes: { phase: { source: 'phase', resource: 'budget' } } },
    direction: { dimensionType: 'other', primaryKey: ['direction'], attributes: { direction: { source: 'direction', resource: 'budget' } } },
    unit: {
      dimensionType: 'entity',
      classificationType: 'administrative',
      primaryKey: ['code'],
      attributes: { code: { source: 'code', resource: 'units' }, name: { source: 'name', resource: 'units', labelfor: 'code' } },
    },
    function: {
      dimensionType: 'classification',
      classificationType: 'functional',
      primaryKey: ['code'],
      attributes: {
        class: { source: 'class', resource: 'functions' },
        section: { source: 'section', resource: 'functions', parent: 'class' },
        code: { source: 'code', resource: 'functions', parent: 'section' },
        name: { source: 'name', resource: 'functions', labelfor: 'code' },
      },
    },
    source: {
      dimensionType: 'other',
      primaryKey: ['code'],
      attributes: { code: { source: 'code', resource: 'sources' }, name: { source: 'name', resource: 'sources', labelfor: 'code' } },
    },
  },
} as const;

/** datapackage.json and its CSV files, paths relative to the descriptor. Amounts are the printed figures, in yuan. */
export function packageOf(d: OutDocument): { path: string; text: string }[] {
  const list = resources(d);
  const files = list.map((r) => ({ path: `data/${r.name}.csv`, text: csv(r) }));
  const currency = { name: 'currency', type: 'string', columnType: 'value-currency:code', constant: 'CNY' };
  const descriptor = {
    profile: 'fiscal-data-package',
    name: `disclosure-${d.figures.unit.code ?? 'unit'}-${d.year}-${d.kind}`,
    title: d.title,
    description: `${d.demo ? '演示数据。' : ''}由公开表同一套数字写出；金额单位为元，公开表以${d.moneyUnit}为单位。`,
    version: '1.0.0',
    countryCode: 'CN',
    granularity: 'aggregated',
    fiscalPeriod: { start: `${d.year}-01-01`, end: `${d.year}-12-31` },
    sources: [{ title: `${d.unit}${d.year}年${d.kind === 'budget' ? '预算' : '决算'}` }],
    columnTypes: ['https://specs.frictionlessdata.io/taxonomies/fiscal/budgets.json'],
    resources: list.map((r, i) => ({
      profile: 'tabular-data-resource',
      name: r.name,
      title: r.title,
      path: files[i]!.path,
      format: 'csv',
      mediatype: 'text/csv',
      encoding: 'utf-8',
      bytes: new TextEncoder().encode(files[i]!.text).length,
      dialect: { delimiter: ',', lineTerminator: '\r\n', quoteChar: '"', doubleQuote: true, header: true },
      schema: {
        fields: r.fields,
        missingValues: [''],
        primaryKey: r.primaryKey,
        ...(r.foreignKeys ? { foreignKeys: r.foreignKeys.map((k) => ({ fields: k.fields, reference: { resource: k.resource, fields: k.to } })) } : {}),
        ...(r.fields.some((x) => x.columnType === 'value') ? { extraFields: [currency] } : {}),
      },
    })),
    model,
  };
  return [{ path: 'datapackage.json', text: `${JSON.stringify(descriptor, null, 2)}\n` }, ...files];
}
