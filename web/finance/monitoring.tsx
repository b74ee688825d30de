// 双监控: execution and targets of each project by period, with deviation, cause and correction.
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Alert, Button, DatePicker, Drawer, Form, Input, Segmented, Select, Switch, Tag } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { useMemo, useState } from 'react';
import { financeApi } from '#core/finance/contract.ts';
import { type Reply, useCall, useCommand, useMay } from '../api.ts';
import { useText } from '../texts.tsx';
import { timeText } from '../ui/clock.tsx';
import { Figure, Figures, Loaded, Nothing } from '../ui/page.tsx';
import { ListTable } from './list-table.tsx';
import { above, below, grid } from './chart-parts.ts';
import { ChartCard } from './charts.tsx';
import { FinancePage, saveCsv } from './frame.tsx';
import { Money, moneyText, percentText, useShown } from './money.tsx';
import { execution, monitoring as words } from './texts-execution.ts';
import { common } from './texts.ts';

type Item = Reply<typeof financeApi.monitorings>['items'][number];
interface Search {
  year?: number;
  unit?: string;
  period?: string;
  overdue?: boolean;
}
const keyOf = (i: Item) => `${i.unit}/${i.period}/${i.project}`;
const stateTone = { missing: 'default', draft: 'processing', submitted: 'success' } as const;
const points = (n: number) => `${n > 0 ? '+' : ''}${(n * 100).toFixed(1)}`;

export function MonitoringPage() {
  const s = useText();
  const may = useMay();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Search;
  const [open, setOpen] = useState<string>();
  const go = (next: Partial<Search>) =>
    void navigate({ to: '/finance/monitoring', search: Object.fromEntries(Object.entries({ ...search, ...next }).filter(([, v]) => v)) as never, replace: true });
  const query = useCall(financeApi.monitorings, { query: { ...(search.year ? { year: search.year } : {}), ...(search.unit ? { unit: search.unit } : {}) } });
  const files = useCall(financeApi.disclosures, { query: { limit: 500 } }, { staleTime: 60_000 });
  const data = query.data;
  // The last period whose data are complete, unless one is chosen.
  const period = search.period ?? (data ? (data.periods.filter((p) => p.through <= data.asOf.slice(0, 10)).at(-1) ?? data.periods[0])?.code : undefined);
  const now = data?.periods.find((p) => p.code === period);
  const items = (data?.items ?? []).filter((i) => i.period === period && (!search.overdue || i.overdue || i.correctionOverdue));
  const chosen = data?.items.find((i) => keyOf(i) === open);
  const mayManage = may('finance.manage');
  const stateWords = { missing: words.missing, draft: words.draft, submitted: words.submitted };
  const save = () =>
    saveCsv(`monitoring-${data?.year ?? ''}-${period ?? ''}.csv`, [
      [
        s(common.unit),
        s(execution.project),
        s(words.budget),
        s(words.spent),
        s(words.rate),
        s(words.expected),
        s(words.deviation),
        s(words.state),
        s(words.cause),
        s(words.correction),
      ],
      ...items.map((i) => [
        s(i.unitName),
        i.projectName,
        moneyText(i.execution.budget, '万元').replaceAll(',', ''),
        moneyText(i.execution.spent, '万元').replaceAll(',', ''),
        percentText(i.execution.rate),
        percentText(i.execution.expected),
        i.execution.deviation === null ? '' : points(i.execution.deviation),
        s(stateWords[i.state]),
        i.cause,
        i.correction,
      ]),
    ]);
  return (
    <FinancePage
      title={s(words.title)}
      note={s(words.note)}
      actions={
        <>
          {data ? <YearSelect value={data.year} years={files.data?.years ?? []} onChange={(year) => go({ year, period: undefined as never })} /> : null}
          <Button onClick={save} disabled={!items.length}>
            {s(common.csv)}
          </Button>
          <Button onClick={() => print()}>{s(common.print)}</Button>
        </>
      }
    >
      <Loaded query={query}>
        {(d) => (
          <>
            <div className="card spread" style={{ padding: '10px 16px' }}>
              <div className="row" style={{ minWidth: 0, maxWidth: '100%' }}>
                <div style={{ overflowX: 'auto', minWidth: 0, maxWidth: '100%' }}>
                  <Segmented
                    aria-label={s(words.period)}
                    value={period ?? ''}
                    onChange={(v) => go({ period: v })}
                    options={d.periods.map((p) => ({ value: p.code, label: s(p.name) }))}
                  />
                </div>
                <Select
                  aria-label={s(common.unit)}
                  allowClear
                  placeholder={s(common.allUnits)}
                  style={{ width: 210 }}
                  value={search.unit}
                  showSearch={{ optionFilterProp: 'label' }}
                  onChange={(unit?: string) => go({ unit: unit as never })}
                  options={(files.data?.units ?? []).map((u) => ({ value: u.unit, label: s(u.unitName) }))}
                />
                <label className="row" style={{ gap: 6 }}>
                  <Switch size="small" aria-label={s(words.onlyOverdue)} checked={Boolean(search.overdue)} onChange={(overdue) => go({ overdue })} />
                  {s(words.onlyOverdue)}
                </label>
              </div>
              {now ? (
                <span className="muted">
                  {s(words.through, { date: now.through })} · {s(words.due, { date: now.dueOn })} · {s(words.basis, { source: now.source })}
                </span>
              ) : null}
            </div>
            <Figures>
              {(['missing', 'draft', 'submitted'] as const).map((k) => (
                <Figure key={k} label={s(stateWords[k])} value={items.filter((i) => i.state === k).length} />
              ))}
              <Figure label={s(words.overdue)} value={items.filter((i) => i.overdue).length} {...(items.some((i) => i.overdue) ? { tone: 'bad' as const } : {})} />
            </Figures>
            {items.some((i) => i.execution.deviation !== null) ? <DeviationChart items={items} /> : null}
            <section className="card" style={{ padding: 0 }}>
              <ListTable<Item>
                label={s(words.title)}
                size="middle"
                rowKey={keyOf}
                scroll={{ x: 960 }}
                pagination={items.length > 50 ? { pageSize: 50, showSizeChanger: false } : false}
                dataSource={items}
                rowClassName={(i) => (i.overdue || i.correctionOverdue ? 'row-over' : '')}
                locale={{ emptyText: <Nothing text={s(words.empty)} /> }}
                columns={[
                  {
                    title: s(words.project),
                    render: (_, i) => (
                      <>
                        {i.project === '' ? s(execution.whole) : i.projectName}
                        <div className="muted" style={{ fontSize: 12 }}>
                          {s(i.unitName)}
                        </div>
                      </>
                    ),
                  },
                  {
                    title: s(words.rate),
                    width: 150,
                    align: 'right',
                    render: (_, i) => (
                      <>
                        <span className="num" style={{ fontSize: 16 }}>
                          {percentText(i.execution.rate)}
                        </span>
                        <div className="muted" style={{ fontSize: 12 }}>
                          {s(words.expected)} {percentText(i.execution.expected)}
                        </div>
                      </>
                    ),
                  },
                  {
                    title: s(words.deviation),
                    width: 120,
                    align: 'right',
                    render: (_, i) =>
                      i.execution.deviation === null ? (
                        <span className="muted">—</span>
                      ) : (
                        <span className="num" style={{ color: i.causeRequired ? 'var(--bad)' : undefined }}>
                          {s(words.deviationOf, { n: points(i.execution.deviation) })}
                        </span>
                      ),
                  },
                  {
                    title: s(words.targets),
                    card: 'full',
                    render: (_, i) => s(words.targetsOf, { measured: i.targets.measured, total: i.targets.total, behind: i.targets.behind.length }),
                  },
                  {
                    title: s(words.state),
                    card: 'full',
                    render: (_, i) => (
                      <>
                        <Tag color={stateTone[i.state]}>{s(stateWords[i.state])}</Tag>
                        {i.overdue ? <Tag color="error">{s(words.overdue)}</Tag> : null}
                        {i.correctionOverdue ? <Tag color="error">{s(words.correctionOverdue)}</Tag> : null}
                        {i.correctionDone ? <Tag color="success">{s(words.correctionDone)}</Tag> : null}
                      </>
                    ),
                  },
                  {
                    title: '',
                    card: 'foot',
                    width: 90,
                    render: (_, i) => (
                      <Button
                        size="small"
                        onClick={() => setOpen(keyOf(i))}
                        aria-label={`${s(mayManage && i.state !== 'submitted' ? words.fill : words.open)} ${s(i.unitName)} ${i.projectName}`}
                      >
                        {s(mayManage && i.state !== 'submitted' ? words.fill : words.open)}
                      </Button>
                    ),
                  },
                ]}
              />
            </section>
          </>
        )}
      </Loaded>
      {chosen ? <Record key={`${keyOf(chosen)}${chosen.version}`} of={chosen} may={mayManage} onClose={() => setOpen(undefined)} /> : null}
    </FinancePage>
  );
}

export function YearSelect({ value, years, onChange }: { value: number; years: number[]; onChange(y: number): void }) {
  const s = useText();
  return (
    <Select
      aria-label={s(common.year)}
      value={value}
      onChange={onChange}
      options={[...new Set([value, ...years])].toSorted((a, b) => b - a).map((y) => ({ value: y, label: s(common.yearOf, { year: y }) }))}
    />
  );
}

function DeviationChart({ items }: { items: Item[] }) {
  const s = useText();
  const chart = useMemo(() => {
    const known = items.filter((i) => i.execution.deviation !== null).toSorted((a, b) => a.execution.deviation! - b.execution.deviation!);
    const name = (i: Item) => (i.project === '' ? s(i.unitName) : i.projectName);
    const value = known.map((i) => Math.round(i.execution.deviation! * 1000) / 10);
    return {
      n: known.length,
      option: {
        grid: { ...grid, bottom: 30 },
        tooltip: { trigger: 'axis' },
        xAxis: { type: 'value', ...below(s(words.deviationAxis)) },
        yAxis: { type: 'category', data: known.map(name), axisLabel: { width: innerWidth < 700 ? 100 : 220, overflow: 'truncate' }, ...above(s(words.project)) },
        series: [
          {
            type: 'bar',
            name: s(words.deviation),
            barMaxWidth: 18,
            data: value.map((v, i) => ({ value: v, itemStyle: { color: known[i]!.causeRequired ? '#cf1322' : '#1f5fd6' } })),
          },
        ],
      },
      rows: {
        head: [s(words.project), s(words.rate), s(words.expected), s(words.deviation)],
        rows: known.map((i, k) => [name(i), percentText(i.execution.rate), percentText(i.execution.expected), value[k]!]),
      },
    };
  }, [items, s]);
  return <ChartCard title={s(words.chart)} label={s(words.chart)} option={chart.option} rows={chart.rows} height={Math.min(520, 90 + chart.n * 26)} />;
}

interface Values {
  cause?: string;
  correction?: string;
  due?: Dayjs | null;
}
function Record({ of: i, may, onClose }: { of: Item; may: boolean; onClose(): void }) {
  const s = useText();
  const [shown] = useShown();
  const [form] = Form.useForm<Values>();
  const [note, setNote] = useState('');
  const save = useCommand(financeApi.saveMonitoring);
  const finish = useCommand(financeApi.finishCorrection, { done: s(words.saved) });
  const editable = may && i.state !== 'submitted';
  const put = (submit: boolean) => {
    const v = form.getFieldsValue();
    save.mutate(
      {
        body: {
          unit: i.unit,
          year: i.year,
          period: i.period,
          project: i.project,
          cause: v.cause?.trim() || null,
          correction: v.correction?.trim() || null,
          correctionDueOn: v.due?.format('YYYY-MM-DD') ?? null,
          submit,
          version: i.version,
        },
      },
      { onSuccess: () => submit && onClose() },
    );
  };
  return (
    <Drawer open onClose={onClose} size={Math.min(640, innerWidth)} title={`${s(i.unitName)} · ${i.project === '' ? s(execution.whole) : i.projectName} · ${s(i.periodName)}`}>
      <div className="grid">
        <div className="fin-two">
          <div>
            <span className="muted">
              {s(words.budget)}（{shown}）
            </span>
            <b>
              <Money fen={i.execution.budget} unit={shown} />
            </b>
          </div>
          <div>
            <span className="muted">
              {s(words.spent)}（{shown}）
            </span>
            <b>
              <Money fen={i.execution.spent} unit={shown} />
            </b>
          </div>
          <div>
            <span className="muted">{s(words.rate)}</span>
            <b>{percentText(i.execution.rate)}</b>
          </div>
          <div>
            <span className="muted">{s(words.expected)}</span>
            <b>{percentText(i.execution.expected)}</b>
          </div>
        </div>
        <section>
          <h3 style={{ margin: '0 0 6px' }}>
            {s(words.behind)} {i.targets.behind.length}
          </h3>
          {i.targets.behind.length ? (
            <ul className="fin-list">
              {i.targets.behind.map((b) => (
                <li key={b.key} style={{ padding: '5px 0' }}>
                  {b.indicator}：{s(words.value, { value: b.value ?? '—', expected: b.expected ?? '—' })}
                  <div className="muted" style={{ fontSize: 12 }}>
                    {s(b.reason)}
                  </div>
                </li>
              ))}
            </ul>
          ) : (
            <span className="muted">{s(words.noBehind)}</span>
          )}
        </section>
        {i.causeRequired && editable ? <Alert type="warning" showIcon title={s(words.causeNeeded)} /> : null}
        <Form
          form={form}
          layout="vertical"
          disabled={!editable}
          initialValues={{ cause: i.cause ?? '', correction: i.correction ?? '', due: i.correctionDueOn ? dayjs(i.correctionDueOn) : null }}
          onFinish={() => put(true)}
        >
          <Form.Item name="cause" label={s(words.cause)} rules={[{ required: i.causeRequired, whitespace: true, message: s(words.causeNeeded) }]}>
            <Input.TextArea rows={3} maxLength={4000} />
          </Form.Item>
          <Form.Item name="correction" label={s(words.correction)} rules={[{ required: i.causeRequired, whitespace: true, message: s(words.causeNeeded) }]}>
            <Input.TextArea rows={3} maxLength={4000} />
          </Form.Item>
          <Form.Item name="due" label={s(words.correctionDue)}>
            <DatePicker aria-label={s(words.correctionDue)} />
          </Form.Item>
          {editable ? (
            <div className="row">
              <Button type="primary" htmlType="submit" loading={save.isPending}>
                {s(words.submitIt)}
              </Button>
              <Button loading={save.isPending} onClick={() => put(false)}>
                {s(words.saveDraft)}
              </Button>
            </div>
          ) : null}
        </Form>
        {i.correctionDone ? (
          <Alert
            type="success"
            showIcon
            title={`${s(words.correctionDone)}：${i.correctionDone.note}`}
            description={`${i.correctionDone.byName} ${timeText(i.correctionDone.at)}`}
          />
        ) : i.id && i.state === 'submitted' && i.correction && may ? (
          <div className="row">
            <Input aria-label={s(words.finishNote)} placeholder={s(words.finishNote)} value={note} onChange={(e) => setNote(e.target.value)} style={{ flex: 1 }} />
            <Button disabled={!note.trim()} loading={finish.isPending} onClick={() => finish.mutate({ params: { id: i.id! }, body: { note } })}>
              {s(words.finish)}
            </Button>
          </div>
        ) : null}
        {i.changed ? <span className="muted">{s(words.last, { name: i.changed.byName, at: timeText(i.changed.at) })}</span> : null}
      </div>
    </Drawer>
  );
}
