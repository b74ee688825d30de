// Charts of finance screens: an ECharts picture with the same figures as a table, and the tree map that only these pages need.
import { TreemapChart } from 'echarts/charts';
import { type EChartsCoreOption, use } from 'echarts/core';
import { Button } from 'antd';
import { type ReactNode, useMemo, useState } from 'react';
import { useText } from '../texts.tsx';
import { Chart } from '../ui/chart.tsx';
import { common } from './texts.ts';

use([TreemapChart]);

/** Told apart without colour too: bars carry their names in the legend and the table. */
export const palette = ['#1f5fd6', '#17844f', '#d4570a', '#7a3fb5', '#0b7d8c', '#ad7a00', '#b4235d', '#52667f', '#4c9bff', '#8a9a2c'];

export interface Rows {
  head: string[];
  rows: (string | number | null)[][];
}

/** A card with a chart; its button shows the same figures as a table. `option` must be stable (made in useMemo). */
export function ChartCard({
  title,
  label,
  option,
  rows,
  height = 300,
  wide,
  extra,
}: {
  title: string;
  label: string;
  option: EChartsCoreOption;
  rows: Rows;
  height?: number;
  wide?: boolean;
  extra?: ReactNode;
}) {
  const s = useText();
  const [table, setTable] = useState(false);
  const full = useMemo(() => ({ color: palette, ...option }), [option]);
  return (
    <section className={`card${wide ? ' wide' : ''}`}>
      <div className="spread" style={{ marginBottom: 6 }}>
        <h2 className="section-title" style={{ margin: 0 }}>
          {title}
        </h2>
        <div className="row no-print">
          {extra}
          <Button size="small" onClick={() => setTable(!table)} aria-pressed={table}>
            {s(table ? common.chart : common.table)}
          </Button>
        </div>
      </div>
      {table ? <PlainTable rows={rows} caption={label} height={height} /> : <Chart option={full} label={label} height={height} />}
    </section>
  );
}

export function PlainTable({ rows, caption, height }: { rows: Rows; caption: string; height?: number }) {
  return (
    <div style={{ overflow: 'auto', ...(height ? { maxHeight: height + 120 } : {}) }} tabIndex={0} role="region" aria-label={caption}>
      <table className="fin-matrix">
        <caption style={{ textAlign: 'left', padding: '2px 0 6px' }} className="muted">
          {caption}
        </caption>
        <thead>
          <tr>
            {rows.head.map((h, i) => (
              <th key={`${h}${i}`} scope="col">
                {h}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.rows.map((r, i) => (
            <tr key={i}>
              {r.map((v, j) => (
                <td key={j} style={j ? { textAlign: 'right' } : undefined}>
                  {j ? <span className="num">{v ?? '—'}</span> : v}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
