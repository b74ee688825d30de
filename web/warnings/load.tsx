// Alarm load: what reaches one seat in ten minutes against what a person can keep up, and what folding saved.
import { InputNumber, Segmented } from 'antd';
import { useMemo, useState } from 'react';
import { warningsApi } from '#core/warnings/contract.ts';
import { type Reply, useCall } from '../api.ts';
import { useText } from '../texts.tsx';
import { Chart } from '../ui/chart.tsx';
import { serverNow, spanText } from '../ui/clock.tsx';
import { Figure, Figures, Loaded, Nothing } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import { WarningsPage } from './frame.tsx';
import { load as words } from './texts.ts';

const SLOT = 600_000;

export function LoadPage() {
  const s = useText();
  const [days, setDays] = useState(1);
  const [seats, setSeats] = useState(1);
  const [now] = useState(() => Math.ceil(serverNow() / SLOT) * SLOT);
  const load = useCall(
    warningsApi.load,
    { query: { seats, from: new Date(now - days * 86_400_000).toISOString(), to: new Date(now).toISOString() } },
    { placeholderData: ((old: unknown) => old) as never },
  );
  return (
    <WarningsPage
      title={s(words.title)}
      note={s(words.note)}
      actions={
        <>
          <label>
            {s(words.seats)} <InputNumber min={1} max={100} value={seats} onChange={(v) => v && setSeats(v)} style={{ width: 70 }} />
          </label>
          <Segmented
            value={days}
            onChange={(v) => setDays(Number(v))}
            options={[
              { value: 1, label: s(words.day) },
              { value: 7, label: s(words.week) },
            ]}
          />
        </>
      }
    >
      <Loaded query={load} rows={8}>
        {(d) => <Load d={d} from={now - days * 86_400_000} to={now} />}
      </Loaded>
    </WarningsPage>
  );
}

function Load({ d, from, to }: { d: Reply<typeof warningsApi.load>; from: number; to: number }) {
  const s = useText();
  const sum = (f: (b: (typeof d.buckets)[number]) => number) => d.buckets.reduce((n, b) => n + f(b), 0);
  const [notices, raw] = [sum((b) => b.notices), sum((b) => b.raw)];
  const peak = Math.max(0, ...d.buckets.map((b) => b.perSeat));
  const floods = d.buckets.filter((b) => b.state === 'flood').length;
  const option = useMemo(() => {
    // Ten minutes without a notice are a zero that is known, and drawn.
    const at = new Map(d.buckets.map((b) => [Date.parse(b.at), b]));
    const slots = Array.from({ length: Math.round((to - from) / SLOT) }, (_, i) => from + i * SLOT);
    return {
      grid: { left: 48, right: 84, top: 36, bottom: 30 },
      tooltip: { trigger: 'axis' },
      legend: { top: 0 },
      xAxis: { type: 'time', min: from, max: to },
      yAxis: { type: 'value', name: s(words.per), minInterval: 1 },
      series: [
        {
          type: 'bar',
          name: s(words.notices),
          barMinWidth: 3,
          data: slots.map((t) => [t, at.get(t)?.perSeat ?? 0]),
          itemStyle: { color: '#1f5fd6' },
          markLine: {
            silent: true,
            symbol: 'none',
            data: [
              { yAxis: d.sustainable, label: { formatter: `${s(words.sustainable)} ${d.sustainable}` }, lineStyle: { color: '#17844f' } },
              { yAxis: d.flood, label: { formatter: `${s(words.floodLine)} ${d.flood}` }, lineStyle: { color: '#cf1322' } },
            ],
          },
        },
        { type: 'line', name: s(words.raw), showSymbol: false, data: slots.map((t) => [t, at.get(t)?.raw ?? 0]), itemStyle: { color: '#98a4b8' }, lineStyle: { width: 1 } },
      ],
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [d, from, to]);
  return (
    <>
      <Figures>
        <Figure label={s(words.total)} value={notices} />
        <Figure label={s(words.rawTotal)} value={raw} />
        <Figure label={s(words.saved)} value={raw > notices ? `${Math.round((1 - notices / raw) * 100)}%` : '—'} />
        <Figure
          label={s(words.peak)}
          value={Math.round(peak * 10) / 10}
          {...(peak >= d.flood ? { tone: 'bad' as const } : peak > d.sustainable ? { tone: 'warn' as const } : {})}
        />
        <Figure label={s(words.flood)} value={floods} {...(floods ? { tone: 'bad' as const } : {})} />
      </Figures>
      <section className="card">
        <p className="muted" style={{ marginTop: 0 }}>
          {s(words.help, { s: d.sustainable, f: d.flood })}
        </p>
        {raw ? <Chart label={s(words.title)} height={280} option={option} /> : <Nothing text={s(words.none)} />}
      </section>
      <section className="card" style={{ padding: 0 }}>
        <h2 className="section-title" style={{ margin: '12px 16px 8px' }}>
          {s(words.who)}
        </h2>
        <Rows
          label={s(words.who)}
          rows={d.operators}
          rowKey={(o) => o.by}
          minWidth={320}
          empty={<Nothing text={s(words.nobody)} />}
          columns={[
            { title: s(words.who), card: 'head', render: (o) => o.by.replace(/^\w+:/, '') },
            { title: s(words.acknowledged), align: 'right', render: (o) => <span className="num">{o.acknowledged}</span> },
            { title: s(words.mean), align: 'right', render: (o) => <span className="num">{spanText(o.meanSeconds * 1000)}</span> },
          ]}
        />
      </section>
    </>
  );
}
