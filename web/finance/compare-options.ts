// Chart options and the same figures as tables for the comparison; pure, from the contract's answer.
import type { financeApi } from '#core/finance/contract.ts';
import type { Reply } from '../api.ts';
import type { useText } from '../texts.tsx';
import { above, below, grid, legend } from './chart-parts.ts';
import type { Rows } from './charts.tsx';
import { moneyText, percentText, type Shown } from './money.tsx';
import { compare as words } from './texts-evaluation.ts';
import { common } from './texts.ts';

type Say = ReturnType<typeof useText>;
export type Comparison = Reply<typeof financeApi.compare>;
export interface Picture {
  option: Record<string, unknown>;
  rows: Rows;
  empty: boolean;
}
const plain = (fen: number | null, unit: Shown): number | null => (fen === null ? null : Number(moneyText(fen, unit).replaceAll(',', '')));

/** Expenditure of each unit by year, as grouped bars. */
export function totals(d: Comparison, unit: Shown, s: Say): Picture {
  const at = (u: string, y: number) => d.totals.find((t) => t.unit === u && t.year === y);
  const years = d.years.filter((y) => d.totals.some((t) => t.year === y && t.expenditure !== null));
  return {
    empty: !years.length,
    option: {
      grid,
      legend,
      tooltip: { trigger: 'axis' },
      xAxis: { type: 'category', data: years.map(String), ...below(s(common.year)) },
      yAxis: { type: 'value', ...above(`${s(words.expenditure)}（${unit}）`) },
      series: d.units.map((u) => ({ type: 'bar', name: s(u.unitName), barMaxWidth: 34, data: years.map((y) => plain(at(u.unit, y)?.expenditure ?? null, unit)) })),
    },
    rows: { head: [s(words.perUnit), ...years.map(String)], rows: d.units.map((u) => [s(u.unitName), ...years.map((y) => moneyText(at(u.unit, y)?.expenditure, unit))]) },
  };
}

/** Change on the year before, up and down from zero. */
export function changes(d: Comparison, s: Say): Picture {
  const years = d.years.filter((y) => d.totals.some((t) => t.year === y && t.changeRate !== null));
  const at = (u: string, y: number) => d.totals.find((t) => t.unit === u && t.year === y);
  const from = (x: ReturnType<typeof at>) => (x?.changeFrom === 'stored' ? s(words.changeStored) : x?.changeFrom === 'published' ? s(words.changePublished) : '');
  return {
    empty: !years.length,
    option: {
      grid,
      legend,
      tooltip: { trigger: 'axis', valueFormatter: (v: unknown) => (v === null || v === undefined ? '—' : `${String(v)}%`) },
      xAxis: { type: 'category', data: years.map(String), ...below(s(common.year)) },
      yAxis: { type: 'value', ...above(`${s(words.changeAxis)}（%）`) },
      series: d.units.map((u) => ({
        type: 'bar',
        name: s(u.unitName),
        barMaxWidth: 34,
        data: years.map((y) => {
          const rate = at(u.unit, y)?.changeRate ?? null;
          return rate === null ? null : Math.round(rate * 1000) / 10;
        }),
      })),
    },
    rows: {
      head: [s(words.perUnit), ...years.flatMap((y) => [String(y), ''])],
      rows: d.units.map((u) => [s(u.unitName), ...years.flatMap((y) => [percentText(at(u.unit, y)?.changeRate), from(at(u.unit, y))])]),
    },
  };
}

/** Basic and project expenditure of one year, stacked. */
export function basicAndProject(d: Comparison, year: number, unit: Shown, s: Say): Picture {
  const rows = d.units.map((u) => ({ u, t: d.totals.find((t) => t.unit === u.unit && t.year === year) })).filter((x) => x.t && (x.t.basic !== null || x.t.project !== null));
  return {
    empty: !rows.length,
    option: {
      grid,
      legend,
      tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' } },
      xAxis: { type: 'value', ...below(`${s(words.expenditure)}（${unit}）`) },
      yAxis: { type: 'category', data: rows.map((r) => s(r.u.unitName)), axisLabel: { width: 150, overflow: 'truncate' }, ...above(s(words.perUnit)) },
      series: [
        { type: 'bar', stack: 'all', name: s(words.basic), barMaxWidth: 26, data: rows.map((r) => plain(r.t!.basic, unit)) },
        {
          type: 'bar',
          stack: 'all',
          name: s(words.project),
          data: rows.map((r) => plain(r.t!.project, unit)),
          itemStyle: { decal: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -0.8, color: 'rgba(255,255,255,.35)' } },
        },
      ],
    },
    rows: {
      head: [s(words.perUnit), s(words.basic), s(words.project), s(words.expenditure)],
      rows: rows.map((r) => [s(r.u.unitName), moneyText(r.t!.basic, unit), moneyText(r.t!.project, unit), moneyText(r.t!.expenditure, unit)]),
    },
  };
}

interface Node {
  name: string;
  value: number;
  children?: Node[];
}
/** Functional classification of one unit and year as a tree map: 类, 款, 项. */
export function functionMap(d: Comparison, of: string, year: number, unit: Shown, s: Say): Picture {
  const items = d.composition.filter((c) => c.dimension === 'function' && c.unit === of && c.year === year);
  const codes = new Set(items.map((c) => c.code));
  const nodes = (parent: string | null): Node[] =>
    items
      .filter((c) => (parent === null ? c.parent === null || !codes.has(c.parent) : c.parent === parent) && c.fen > 0)
      .map((c) => {
        const children = nodes(c.code);
        return { name: c.name, value: plain(c.fen, unit)!, ...(children.length ? { children } : {}) };
      });
  return {
    empty: !items.some((c) => c.fen > 0),
    option: {
      tooltip: { formatter: (p: { name: string; value: number }) => `${p.name}<br/>${p.value.toLocaleString('zh-CN')} ${unit}` },
      series: [
        {
          type: 'treemap',
          roam: false,
          left: 0,
          right: 0,
          top: 4,
          bottom: 4,
          nodeClick: false,
          breadcrumb: { show: false },
          label: { formatter: (p: { name: string; value: number }) => `${p.name}\n${p.value.toLocaleString('zh-CN')}`, overflow: 'break', lineHeight: 18 },
          upperLabel: { show: true, height: 22, color: '#16233a', formatter: (p: { name: string; value: number }) => `${p.name} ${p.value.toLocaleString('zh-CN')}` },
          levels: [
            { itemStyle: { gapWidth: 3 }, upperLabel: { show: false } },
            { itemStyle: { borderColor: '#b9c7de', borderWidth: 2, gapWidth: 2 }, upperLabel: { show: true } },
            { itemStyle: { borderColor: '#dde6f3', borderWidth: 2, gapWidth: 1 }, upperLabel: { show: true } },
            { colorSaturation: [0.4, 0.65], itemStyle: { gapWidth: 1 } },
          ],
          data: nodes(null),
        },
      ],
    },
    rows: {
      head: [s(words.name), s(words.amount), s(words.share)],
      rows: items
        .toSorted((a, b) => (a.code < b.code ? -1 : 1))
        .map((c) => [`${'　'.repeat(Math.max(0, c.level - 1))}${c.code} ${c.name}`, moneyText(c.fen, unit), percentText(c.share)]),
    },
  };
}

/** Economic 类 of each unit, as shares that add up to 100. */
export function economic(d: Comparison, year: number, s: Say): Picture {
  const items = d.composition.filter((c) => c.dimension === 'economic' && c.year === year && c.level === 1);
  const names = [...new Map(items.map((c) => [c.code, c.name])).entries()].toSorted((a, b) => (a[0] < b[0] ? -1 : 1));
  const units = d.units.filter((u) => items.some((c) => c.unit === u.unit));
  const whole = (u: string) => items.filter((c) => c.unit === u).reduce((a, c) => a + c.fen, 0);
  const share = (u: string, code: string): number | null => {
    const found = items.find((c) => c.unit === u && c.code === code);
    return found && whole(u) > 0 ? Math.round((found.fen / whole(u)) * 1000) / 10 : null;
  };
  return {
    empty: !units.length,
    option: {
      grid,
      legend,
      tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: (v: unknown) => (v === null || v === undefined ? '—' : `${String(v)}%`) },
      xAxis: { type: 'value', max: 100, ...below(`${s(words.share)}（%）`) },
      yAxis: { type: 'category', data: units.map((u) => s(u.unitName)), axisLabel: { width: 150, overflow: 'truncate' }, ...above(s(words.perUnit)) },
      series: names.map(([code, name]) => ({ type: 'bar', stack: 'all', name, barMaxWidth: 26, data: units.map((u) => share(u.unit, code)) })),
    },
    rows: {
      head: [s(words.perUnit), ...names.map(([, n]) => n)],
      rows: units.map((u) => [s(u.unitName), ...names.map(([code]) => (share(u.unit, code) === null ? '—' : `${share(u.unit, code)}%`))]),
    },
  };
}

/** 三公 of one unit over the years, its parts as lines. Own figures count before those of the next year's prior column. */
export function threePublic(d: Comparison, of: string, unit: Shown, s: Say): Picture {
  const mine = d.threePublic.filter((t) => t.unit === of);
  const years = [...new Set(mine.map((t) => t.year))].toSorted((a, b) => a - b);
  const at = (y: number) => mine.filter((t) => t.year === y).toSorted((a, b) => Number(a.published === 'prior') - Number(b.published === 'prior'))[0];
  const parts = [
    ['total', words.sum],
    ['abroad', words.abroad],
    ['vehiclePurchase', words.vehiclePurchase],
    ['vehicleRunning', words.vehicleRunning],
    ['reception', words.reception],
  ] as const;
  // A part no year tells of would only be a name in the legend.
  const drawn = parts.map((p, i) => [...p, i] as const).filter(([k]) => years.some((y) => at(y)?.[k] != null));
  return {
    empty: !years.length,
    option: {
      grid,
      legend,
      tooltip: { trigger: 'axis' },
      xAxis: { type: 'category', data: years.map(String), ...below(s(common.year)) },
      yAxis: { type: 'value', ...above(`${s(words.amount)}（${unit}）`) },
      series: drawn.map(([k, name, i]) => ({
        type: 'line',
        name: s(name),
        symbol: ['circle', 'rect', 'triangle', 'diamond', 'roundRect'][i],
        symbolSize: 8,
        lineStyle: { width: k === 'total' ? 2.6 : 1.6, type: k === 'total' ? 'solid' : (['dashed', 'dotted', 'solid', 'dashed'] as const)[i - 1] },
        connectNulls: false,
        data: years.map((y) => plain(at(y)?.[k] ?? null, unit)),
      })),
    },
    rows: {
      head: ['', ...parts.map(([, n]) => s(n)), ''],
      rows: years.map((y) => {
        const t = at(y);
        return [
          String(y),
          ...parts.map(([k]) => moneyText(t?.[k] ?? null, unit)),
          `${s(t?.basis === 'actual' ? words.actualBasis : words.budgetBasis)}${t?.published === 'prior' ? s(words.prior) : ''}`,
        ];
      }),
    },
  };
}
