// Charts by ECharts with only what is used; every chart can be read as a table too.
import { BarChart, LineChart } from 'echarts/charts';
import { AriaComponent, DataZoomComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { Button, Table } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useScheme } from './scheme.tsx';
import { timeText } from './clock.tsx';

use([LineChart, BarChart, GridComponent, TooltipComponent, LegendComponent, DataZoomComponent, MarkLineComponent, AriaComponent, CanvasRenderer]);

export function Chart({ option, height = 260, label }: { option: EChartsCoreOption; height?: number; label: string }) {
  const holder = useRef<HTMLDivElement>(null);
  const { dark } = useScheme();
  useEffect(() => {
    if (!holder.current) return;
    const chart = init(holder.current, dark ? 'dark' : undefined, { renderer: 'canvas' });
    chart.setOption({ backgroundColor: 'transparent', aria: { enabled: true }, animation: false, ...option });
    const watch = new ResizeObserver(() => chart.resize());
    watch.observe(holder.current);
    return () => {
      watch.disconnect();
      chart.dispose();
    };
  }, [option, dark]);
  return <div ref={holder} role="img" aria-label={label} style={{ height, width: '100%' }} />;
}

export interface SeriesPoint {
  at: string;
  value: number | null;
}
/** One line over time with thresholds, and the same as a table. Gaps stay gaps: unknown is not zero. */
export function TimeLine({
  points,
  unit,
  label,
  lines = [],
  height,
}: {
  points: SeriesPoint[];
  unit: string;
  label: string;
  lines?: { value: number; name: string; colour?: string }[];
  height?: number;
}) {
  const [table, setTable] = useState(false);
  const option: EChartsCoreOption = {
    grid: { left: 52, right: 18, top: 24, bottom: 44 },
    tooltip: { trigger: 'axis', valueFormatter: (v: unknown) => (v === null || v === undefined ? '未知' : `${String(v)} ${unit}`) },
    xAxis: { type: 'time' },
    yAxis: { type: 'value', name: unit, scale: true },
    dataZoom: [{ type: 'inside' }],
    series: [
      {
        type: 'line',
        name: label,
        showSymbol: points.length < 40,
        connectNulls: false,
        lineStyle: { width: 1.6 },
        itemStyle: { color: '#1f5fd6' },
        data: points.map((p) => [p.at, p.value]),
        markLine: {
          silent: true,
          symbol: 'none',
          data: lines.map((l) => ({
            yAxis: l.value,
            name: l.name,
            label: { formatter: l.name, position: 'insideEndTop' },
            lineStyle: { color: l.colour ?? '#cf1322', type: 'dashed' },
          })),
        },
      },
    ],
  };
  return (
    <div>
      <div style={{ textAlign: 'right' }} className="no-print">
        <Button size="small" type="text" onClick={() => setTable(!table)}>
          {table ? '看图' : '数据表'}
        </Button>
      </div>
      {table ? (
        <Table
          size="small"
          rowKey="at"
          pagination={{ pageSize: 12 }}
          dataSource={points}
          columns={[
            { title: '时间', render: (_, p) => timeText(p.at) },
            { title: `值（${unit}）`, align: 'right', render: (_, p) => (p.value === null ? '未知' : <span className="num">{p.value}</span>) },
          ]}
        />
      ) : (
        <Chart option={option} label={label} {...(height ? { height } : {})} />
      )}
    </div>
  );
}
