// Execution of a unit and year: amounts by month and project typed in or imported, the rate against time.
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Button, Select, Tag, Tooltip } from 'antd';
import { useMemo, useState } from 'react';
import { financeApi } from '#core/finance/contract.ts';
import { type Reply, useCall } from '../api.ts';
import { useText } from '../texts.tsx';
import { serverNow, timeText } from '../ui/clock.tsx';
import { Figure, Figures, Loaded, Nothing } from '../ui/page.tsx';
import { above, below, grid, legend } from './chart-parts.ts';
import { ChartCard } from './charts.tsx';
import { ExecutionBar } from './execution-bar.tsx';
import { AdjustBudget, EnterMonth, ImportExecution } from './execution-entry.tsx';
import { FinancePage, saveCsv } from './frame.tsx';
import { Money, moneyText, MoneySwitch, percentText, type Shown, useShown } from './money.tsx';
import { execution as words } from './texts-execution.ts';
import { common, executionTone } from './texts.ts';

export type Execution = Reply<typeof financeApi.execution>;
export type ExecutionRow = Execution['rows'][number];
const months = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

export function ExecutionPage() {
  const s = useText();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { unit?: string; year?: number };
  const [shown, setShown] = useShown();
  const list = useCall(financeApi.disclosures, { query: { limit: 500 } }, { staleTime: 60_000 });
  const budgets = (list.data?.items ?? []).filter((d) => d.current && d.kind === 'budget');
  const now = new Date(serverNow()).getFullYear();
  const best = budgets.find((d) => d.year === now) ?? budgets.toSorted((a, b) => b.year - a.year)[0];
  const unit = search.unit ?? best?.unit;
  const year = search.year ?? budgets.filter((d) => d.unit === unit).toSorted((a, b) => Math.abs(a.year - now) - Math.abs(b.year - now))[0]?.year ?? now;
  const query = useCall(financeApi.execution, { query: { unit: unit ?? '', year } }, { enabled: Boolean(unit) });
  const units = [...new Map(budgets.map((d) => [d.unit, d.unitName])).entries()];
  const years = [...new Set([now, ...budgets.filter((d) => d.unit === unit).map((d) => d.year), year])].toSorted((a, b) => b - a);
  const [dialog, setDialog] = useState<{ kind: 'enter'; row: ExecutionRow; month: number } | { kind: 'adjust'; row: ExecutionRow | null } | { kind: 'import' }>();
  const go = (next: object) => void navigate({ to: '/finance/execution', search: { unit, year, ...next } as never, replace: true });
  const data = query.data;
  const save = () =>
    data &&
    saveCsv(`execution-${data.year}.csv`, [
      [s(words.project), s(words.opening), s(words.full), ...months.map((m) => s(words.month, { n: m })), s(words.spent), s(words.rate), s(words.time), s(words.state)],
      ...data.rows.map((r) => [
        r.project === '' ? s(words.whole) : r.name,
        ...[r.budget, r.adjusted ?? r.budget].map((f) => (f === null ? '' : moneyText(f, shown).replaceAll(',', ''))),
        ...months.map((m) => {
          const cell = r.months.find((x) => x.month === m);
          return cell ? moneyText(cell.fen, shown).replaceAll(',', '') : '';
        }),
        moneyText(r.spent, shown).replaceAll(',', ''),
        percentText(r.rate),
        percentText(r.timeRate),
        s(r.stateName),
      ]),
    ]);
  return (
    <FinancePage
      title={s(words.title)}
      note={data ? s(common.asOf, { at: timeText(data.asOf) }) : undefined}
      actions={
        <>
          {units.length ? (
            <>
              <Select
                aria-label={s(common.unit)}
                style={{ width: 210 }}
                showSearch={{ optionFilterProp: 'label' }}
                value={unit}
                onChange={(v) => go({ unit: v, year: undefined })}
                options={units.map(([value, n]) => ({ value, label: s(n) }))}
              />
              <Select aria-label={s(common.year)} value={year} onChange={(v) => go({ year: v })} options={years.map((y) => ({ value: y, label: s(common.yearOf, { year: y }) }))} />
            </>
          ) : null}
          <MoneySwitch value={shown} onChange={setShown} />
          {data?.mayManage ? (
            <>
              <Button type="primary" onClick={() => setDialog({ kind: 'import' })}>
                {s(words.import)}
              </Button>
              <Button onClick={() => setDialog({ kind: 'adjust', row: null })}>{s(words.addProject)}</Button>
            </>
          ) : null}
          <Button onClick={save} disabled={!data?.rows.length}>
            {s(common.csv)}
          </Button>
          <Button onClick={() => print()}>{s(common.print)}</Button>
        </>
      }
    >
      {unit ? (
        <Loaded query={query} rows={8}>
          {(d) => (d.rows.length ? <Sheet of={d} shown={shown} onDialog={setDialog} /> : <Nothing text={s(words.empty)} />)}
        </Loaded>
      ) : (
        <Loaded query={list}>
          {() => <Nothing text={s(words.noUnits)} action={<Button onClick={() => void navigate({ to: '/finance/import' })}>{s(words.toImport)}</Button>} />}
        </Loaded>
      )}
      {data && dialog?.kind === 'enter' ? <EnterMonth of={data} row={dialog.row} month={dialog.month} shown={shown} onClose={() => setDialog(undefined)} /> : null}
      {data && dialog?.kind === 'adjust' ? <AdjustBudget of={data} row={dialog.row} shown={shown} onClose={() => setDialog(undefined)} /> : null}
      {data && dialog?.kind === 'import' ? <ImportExecution of={data} onClose={() => setDialog(undefined)} /> : null}
    </FinancePage>
  );
}

function Sheet({
  of,
  shown,
  onDialog,
}: {
  of: Execution;
  shown: Shown;
  onDialog(d: { kind: 'enter'; row: ExecutionRow; month: number } | { kind: 'adjust'; row: ExecutionRow | null }): void;
}) {
  const s = useText();
  const [picked, setPicked] = useState<string>();
  const main = of.rows.find((r) => r.project === (picked ?? '')) ?? of.rows[0]!;
  const name = (r: ExecutionRow) => (r.project === '' ? s(words.whole) : r.name);
  const off = of.rows.filter((r) => r.state === 'slow' || r.state === 'over').length;
  return (
    <div className="grid">
      <Figures>
        <Figure label={s(words.full)} value={moneyText(main.adjusted ?? main.budget, shown)} note={name(main)} />
        <Figure label={s(words.spent)} value={main.through ? moneyText(main.spent, shown) : '—'} note={main.through ? s(words.through, { n: main.through }) : s(words.none)} />
        <Figure
          label={s(words.rate)}
          value={percentText(main.rate)}
          note={`${s(words.time)} ${percentText(main.timeRate)}`}
          {...(main.state === 'over' ? { tone: 'bad' as const } : main.state === 'slow' ? { tone: 'warn' as const } : main.state === 'on-track' ? { tone: 'ok' as const } : {})}
        />
        <Figure label={s(words.project)} value={of.rows.filter((r) => r.project !== '').length} {...(off ? { note: `${s(words.off)} ${off}`, tone: 'warn' as const } : {})} />
      </Figures>
      <RateChart row={main} name={name(main)} shown={shown} />
      <section className="card" style={{ padding: 0, overflowX: 'auto' }} tabIndex={0} aria-label={s(words.title)}>
        <table className="fin-matrix dense" style={{ minWidth: 1180 }}>
          <thead>
            <tr>
              <th scope="col" style={{ position: 'sticky', left: 0, zIndex: 1 }}>
                {s(words.project)}
              </th>
              <th scope="col">{s(words.full)}</th>
              {months.map((m) => (
                <th key={m} scope="col">
                  {s(words.month, { n: m })}
                </th>
              ))}
              <th scope="col">{s(words.spent)}</th>
              <th scope="col">{s(words.rate)}</th>
            </tr>
          </thead>
          <tbody>
            {of.rows.map((r) => (
              <tr key={r.project} style={r.project === '' ? { fontWeight: 600, background: 'var(--head)' } : undefined}>
                <th
                  scope="row"
                  style={{ textAlign: 'left', fontWeight: 'inherit', whiteSpace: 'normal', minWidth: 180, maxWidth: 260, position: 'sticky', left: 0, background: 'var(--card)' }}
                >
                  <button
                    type="button"
                    className="fin-link"
                    onClick={() => setPicked(r.project)}
                    aria-label={s(words.show, { project: name(r) })}
                    aria-pressed={main.project === r.project}
                  >
                    {name(r)}
                  </button>
                  {r.code ? (
                    <div className="muted" style={{ fontSize: 12 }}>
                      {r.code}
                    </div>
                  ) : null}
                </th>
                <td style={{ textAlign: 'right' }}>
                  <Tooltip title={r.adjusted === null ? undefined : `${s(words.opening)} ${moneyText(r.budget, shown)}；${s(words.adjusted, { reason: r.adjustedReason ?? '' })}`}>
                    {of.mayManage ? (
                      <button type="button" className="fin-month" aria-label={`${s(words.adjust)} ${name(r)}`} onClick={() => onDialog({ kind: 'adjust', row: r })}>
                        {moneyText(r.adjusted ?? r.budget, shown)}
                        {r.adjusted === null ? '' : ' *'}
                      </button>
                    ) : (
                      <Money fen={r.adjusted ?? r.budget} unit={shown} />
                    )}
                  </Tooltip>
                </td>
                {months.map((m) => {
                  const cell = r.months.find((x) => x.month === m);
                  const text = cell ? moneyText(cell.fen, shown) : '·';
                  return (
                    <td key={m} style={{ padding: 2, textAlign: 'right' }}>
                      {of.mayManage ? (
                        <button
                          type="button"
                          className={`fin-month${cell ? '' : ' none'}`}
                          aria-label={`${s(words.enter, { project: name(r), n: m })}${cell ? `，${text}` : ''}`}
                          title={cell?.note ?? undefined}
                          onClick={() => onDialog({ kind: 'enter', row: r, month: m })}
                        >
                          {text}
                        </button>
                      ) : cell ? (
                        <Money fen={cell.fen} unit={shown} />
                      ) : (
                        ''
                      )}
                    </td>
                  );
                })}
                <td style={{ textAlign: 'right' }}>
                  <Money fen={r.through ? r.spent : null} unit={shown} />
                </td>
                <td style={{ textAlign: 'left', whiteSpace: 'normal', minWidth: 170 }}>
                  <ExecutionBar rate={r.rate} time={r.timeRate} state={r.state} />
                  <Tag color={executionTone[r.state]!}>{s(r.stateName)}</Tag>
                  <div className="muted" style={{ fontSize: 12, fontWeight: 400 }}>
                    {s(r.reason)}
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  );
}

function RateChart({ row, name, shown }: { row: ExecutionRow; name: string; shown: Shown }) {
  const s = useText();
  const chart = useMemo(() => {
    const base = row.adjusted ?? row.budget;
    let sum = 0;
    const amounts = months.map((m) => row.months.find((x) => x.month === m)?.fen ?? null);
    const rates = months.map((m, i) => {
      if (m > row.through || !base) return null;
      sum += amounts[i] ?? 0;
      return Math.round((sum / base) * 1000) / 10;
    });
    const time = months.map((m) => Math.round((m / 12) * 1000) / 10);
    const label = months.map((m) => s(words.month, { n: m }));
    const money = amounts.map((f) => (f === null ? null : Number(moneyText(f, shown).replaceAll(',', ''))));
    const unit = s(shown === '元' ? common.yuan : common.wan);
    return {
      option: {
        grid,
        legend,
        tooltip: { trigger: 'axis' },
        xAxis: { type: 'category', data: label, ...below(s(words.monthAxis)) },
        yAxis: [
          { type: 'value', min: 0, ...above(`${s(words.rate)}（%）`) },
          { type: 'value', ...above(s(words.monthAmount, { unit })), nameTextStyle: { align: 'right' }, splitLine: { show: false } },
        ],
        series: [
          { type: 'line', name: s(words.time), data: time, showSymbol: false, lineStyle: { type: 'dashed', color: '#52667f' }, itemStyle: { color: '#52667f' } },
          { type: 'line', name: s(words.cumulativeRate), data: rates, connectNulls: false, lineStyle: { width: 2.4 }, itemStyle: { color: '#1f5fd6' } },
          { type: 'bar', name: s(words.monthAmount, { unit }), yAxisIndex: 1, data: money, barMaxWidth: 22, itemStyle: { color: '#9dbcf2' } },
        ],
      },
      rows: {
        head: ['', s(words.monthAmount, { unit }), s(words.cumulativeRate), s(words.time)],
        rows: label.map((l, i) => [l, money[i] ?? null, rates[i] === null ? null : `${rates[i]}%`, `${time[i]}%`]),
      },
    };
  }, [row, shown, s]);
  return <ChartCard title={`${s(words.chart)} · ${name}`} label={s(words.chartLabel, { project: name })} option={chart.option} rows={chart.rows} height={270} />;
}
