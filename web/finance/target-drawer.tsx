// One target: its promise and progress, months against the plan with the forecast, its binding and history.
import { Link } from '@tanstack/react-router';
import { Button, Drawer, Form, InputNumber, Tag } from 'antd';
import { useMemo } from 'react';
import { financeApi } from '#core/finance/contract.ts';
import { type Reply, useCall, useCommand } from '../api.ts';
import { useText } from '../texts.tsx';
import { timeText } from '../ui/clock.tsx';
import { Loaded } from '../ui/page.tsx';
import { BindingPanel } from './binding.tsx';
import { above, below, grid, legend } from './chart-parts.ts';
import { ChartCard } from './charts.tsx';
import { Evidence } from './evidence.tsx';
import { ForecastText, Now, ProgressBar, Promised } from './promise.tsx';
import { target as words } from './texts-targets.ts';
import { common, progressTone, sheetWords } from './texts.ts';

type Detail = Reply<typeof financeApi.target>;

export function TargetDrawer({ keyOf, onClose }: { keyOf: string; onClose(): void }) {
  const one = useCall(financeApi.target, { params: { key: keyOf } });
  return (
    <Drawer open onClose={onClose} size={Math.min(720, innerWidth)} title={one.data?.indicator}>
      <Loaded query={one}>{(t) => <Inside of={t} />}</Loaded>
    </Drawer>
  );
}

function Inside({ of: t }: { of: Detail }) {
  const s = useText();
  return (
    <div className="grid fin-body">
      <div>
        <Tag color={progressTone[t.progress.state]!}>{s(t.progress.stateName)}</Tag> {s(t.progress.reason)}
      </div>
      <div className="fin-two">
        <div>
          <span className="muted">{s(words.promised)}</span>
          <div>
            <Promised of={t} />
          </div>
        </div>
        <div>
          <span className="muted">{s(words.now)}</span>
          <div>
            <Now of={t} />
          </div>
        </div>
        <div>
          <span className="muted">{s(words.forecast)}</span>
          <div>
            <ForecastText of={t} />
          </div>
        </div>
      </div>
      <ProgressBar of={t} />
      {t.progress.forecastNote ? <div className="muted">{s(t.progress.forecastNote)}</div> : null}
      <div className="muted">
        {s(words.place)}：{s(t.unitName)} {s(common.yearOf, { year: t.year })} {t.table}（{s(sheetWords[t.sheet])}）{t.project ? ` ${t.project}` : ''} ·{' '}
        {[t.level1, t.level2].filter(Boolean).join(' / ')}
        {t.weight ? ` · ${s(words.weight)} ${t.weight}` : ''}{' '}
        <Link to="/finance/$id" params={{ id: t.disclosure }} search={{ tab: 'targets' } as never}>
          {s(words.openSource)}
        </Link>
      </div>
      {t.months.some((m) => m.value !== null || m.total !== null) ? <Months of={t} /> : null}
      {t.binding ? <Evidence of={t.binding} /> : null}
      <BindingPanel of={t} />
      {t.mayBind && t.nature !== '定性' ? <Plan of={t} /> : null}
      <h3>{s(words.history)}</h3>
      {t.history.length ? (
        <ul className="fin-list">
          {t.history.map((h) => (
            <li key={`${h.at}${h.kind}`} style={{ padding: '6px 0' }}>
              <span className="muted">{timeText(h.at)}</span> {h.byName}：{h.words}
            </li>
          ))}
        </ul>
      ) : (
        <span className="muted">{s(words.noHistory)}</span>
      )}
    </div>
  );
}

function Months({ of: t }: { of: Detail }) {
  const s = useText();
  const promised = t.nature === '定性' ? Number.NaN : Number(t.value);
  const chart = useMemo(() => {
    const names = Array.from({ length: 12 }, (_, i) => s(words.month, { n: i + 1 }));
    const total = names.map((_, i) => t.months.find((m) => m.month === i + 1)?.total ?? null);
    const value = names.map((_, i) => t.months.find((m) => m.month === i + 1)?.value ?? null);
    const plan = t.plan ? names.map((_, i) => ((i + 1) % 3 === 0 ? t.plan![(i + 1) / 3 - 1]! : null)) : null;
    return {
      option: {
        // The names of the lines stand at their right ends.
        grid: { ...grid, right: 64 },
        legend,
        tooltip: { trigger: 'axis' },
        xAxis: { type: 'category', data: names, ...below(s(words.monthAxis)) },
        yAxis: { type: 'value', ...above(t.measure ?? '') },
        series: [
          { type: 'bar', name: s(words.ofMonth), data: value, barMaxWidth: 18, itemStyle: { color: '#9dbcf2' } },
          {
            type: 'line',
            name: s(words.total),
            data: total,
            connectNulls: false,
            markLine: {
              silent: true,
              symbol: 'none',
              data: [
                ...(Number.isFinite(promised) ? [{ yAxis: promised, label: { formatter: s(words.promiseLine) }, lineStyle: { color: '#cf1322' } }] : []),
                ...(t.progress.forecast === null
                  ? []
                  : [{ yAxis: t.progress.forecast, label: { formatter: s(words.forecastLine) }, lineStyle: { color: '#7a3fb5', type: 'dotted' as const } }]),
              ],
            },
          },
          ...(plan ? [{ type: 'line', name: s(words.planLine), data: plan, connectNulls: true, lineStyle: { type: 'dashed' } }] : []),
        ],
      },
      rows: { head: [s(words.months), s(words.ofMonth), s(words.total)], rows: names.map((n, i) => [n, value[i] ?? null, total[i] ?? null]) },
    };
  }, [t, promised, s]);
  return <ChartCard title={s(words.months)} label={s(words.monthsLabel, { name: t.indicator })} option={chart.option} rows={chart.rows} height={280} />;
}

function Plan({ of: t }: { of: Detail }) {
  const s = useText();
  const plan = useCommand(financeApi.planTarget, { done: s(words.planSaved) });
  return (
    <details>
      <summary>{s(words.plan)}</summary>
      <p className="muted">{s(words.planHint)}</p>
      <Form
        layout="vertical"
        initialValues={{ q: t.plan ?? [null, null, null, null] }}
        onFinish={(v: { q: number[] }) => plan.mutate({ params: { key: t.key }, body: { plan: v.q } })}
      >
        <div className="row" style={{ alignItems: 'start' }}>
          {[0, 1, 2, 3].map((i) => (
            <Form.Item key={i} name={['q', i]} label={s(words.quarter, { n: i + 1 })} rules={[{ required: true, message: s(words.planNeed) }]}>
              <InputNumber style={{ width: 120 }} suffix={t.measure} />
            </Form.Item>
          ))}
        </div>
        <div className="row">
          <Button type="primary" htmlType="submit" loading={plan.isPending}>
            {s(common.save)}
          </Button>
          {t.plan ? <Button onClick={() => plan.mutate({ params: { key: t.key }, body: { plan: null } })}>{s(words.planClear)}</Button> : null}
        </div>
      </Form>
    </details>
  );
}
