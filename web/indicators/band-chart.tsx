// Curves over time with the levels as bands behind them; what is unknown stays a gap; every curve can be read as a table.
import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkAreaComponent, TooltipComponent } from 'echarts/components';
import { type EChartsCoreOption, use } from 'echarts/core';
import { useMemo } from 'react';
import type { Band } from '#core/indicators/pack.ts';
import { useText } from '../texts.tsx';
import { Chart } from '../ui/chart.tsx';
import { useScheme } from '../ui/scheme.tsx';
import { common } from './texts.ts';

use([LineChart, GridComponent, LegendComponent, MarkAreaComponent, TooltipComponent]);

export interface Curve {
  name: string;
  points: { at: string; value: number | null }[];
  colour?: string;
  dashed?: boolean;
}
const light = ['rgba(207,19,34,.10)', 'rgba(212,87,10,.10)', 'rgba(173,122,0,.10)', 'rgba(31,95,214,.08)'];
const dark = ['rgba(255,77,94,.20)', 'rgba(255,138,61,.18)', 'rgba(255,210,74,.14)', 'rgba(76,156,255,.14)'];

export function BandChart({ curves, bands, unit, label, height = 280 }: { curves: Curve[]; bands?: readonly Band[] | undefined; unit: string; label: string; height?: number }) {
  const s = useText();
  const scheme = useScheme();
  const option = useMemo((): EChartsCoreOption => {
    const values = curves.flatMap((c) => c.points.flatMap((p) => (p.value === null ? [] : [p.value])));
    const [low, high] = values.length ? [Math.min(...values), Math.max(...values)] : [0, 1];
    const room = (high - low || Math.abs(high) || 1) * 0.12;
    const ends = (bands ?? []).map((b) => b.upTo ?? b.below);
    // Bands next to the values are drawn; those far away would flatten the curve.
    const areas = (bands ?? []).flatMap((b, i) => {
      const from = i ? ends[i - 1] : undefined;
      const to = ends[i];
      if (!b.grade || (to !== undefined && to < low - room) || (from !== undefined && from > high + room)) return [];
      return [
        [
          {
            ...(from === undefined ? {} : { yAxis: from }),
            name: s(b.name),
            itemStyle: { color: (scheme.dark ? dark : light)[b.grade - 1] },
            label: { color: scheme.dark ? '#a9bad2' : '#4a5b75', position: 'insideTopLeft', fontSize: 11 },
          },
          to === undefined ? {} : { yAxis: to },
        ],
      ];
    });
    return {
      grid: { left: 56, right: 16, top: curves.length > 1 ? 36 : 20, bottom: 44 },
      ...(curves.length > 1 ? { legend: { top: 0 } } : {}),
      tooltip: { trigger: 'axis', valueFormatter: (v: unknown) => (v === null || v === undefined ? s(common.unknown) : `${String(v)} ${unit}`) },
      xAxis: { type: 'time' },
      yAxis: { type: 'value', name: unit, scale: true, min: Math.floor((low - room) * 100) / 100, max: Math.ceil((high + room) * 100) / 100 },
      dataZoom: [{ type: 'inside' }],
      series: curves.map((c, i) => ({
        type: 'line',
        name: c.name,
        connectNulls: false,
        showSymbol: c.points.length < 60,
        lineStyle: { width: 1.8, type: c.dashed ? 'dashed' : 'solid' },
        itemStyle: { color: c.colour ?? (scheme.dark ? '#4c8dff' : '#1f5fd6') },
        data: c.points.map((p) => [p.at, p.value]),
        ...(i === 0 && areas.length ? { markArea: { silent: true, data: areas } } : {}),
      })),
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [curves, bands, unit, scheme.dark, s('x')]);
  return <Chart option={option} label={label} height={height} />;
}
