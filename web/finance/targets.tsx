// Disclosed targets against what really happens: suggestions to bind, progress, forecast, those at risk.
import { useNavigate, useSearch } from '@tanstack/react-router';
import { App, Button, InputNumber, Input, Select, Tabs, Tag } from 'antd';
import { useState } from 'react';
import { financeApi } from '#core/finance/contract.ts';
import { progressStateNames, progressStates } from '#core/finance/progress.ts';
import { useCall, useCommand, useMay } from '../api.ts';
import { useText } from '../texts.tsx';
import { timeText } from '../ui/clock.tsx';
import { Figure, Figures, Loaded, Nothing } from '../ui/page.tsx';
import { ExecutionBar } from './execution-bar.tsx';
import { FinancePage, saveCsv } from './frame.tsx';
import { Money, useShown } from './money.tsx';
import { TargetDrawer } from './target-drawer.tsx';
import { TargetTable } from './target-table.tsx';
import { target as words } from './texts-targets.ts';
import { common, executionTone } from './texts.ts';

interface Search {
  view?: 'risk';
  year?: number;
  unit?: string;
  state?: (typeof progressStates)[number];
  bound?: 'bound' | 'unbound';
  text?: string;
  open?: string;
}

export function FinanceTargets() {
  const s = useText();
  const may = useMay();
  const navigate = useNavigate();
  const { message } = App.useApp();
  const search = useSearch({ strict: false }) as Search;
  const [selected, setSelected] = useState<string[]>([]);
  const [least, setLeast] = useState(70);
  const go = (next: Partial<Search>) =>
    void navigate({ to: '/finance/targets', search: Object.fromEntries(Object.entries({ ...search, ...next }).filter(([, v]) => v)) as never, replace: true });
  const query = useCall(financeApi.targets, {
    query: { ...(search.year ? { year: search.year } : {}), ...(search.unit ? { unit: search.unit } : {}), ...(search.bound ? { bound: search.bound } : {}) },
  });
  const disclosures = useCall(financeApi.disclosures, { query: { limit: 500 } }, { staleTime: 60_000 });
  const bindAll = useCommand(financeApi.bindAll, {
    onSuccess: (r) => {
      message.success(s(words.bulkDone, { n: r.bound }));
      if (r.left.length) message.warning(s(words.bulkLeft, { n: r.left.length, why: r.left[0]!.why }), 6);
      setSelected([]);
    },
  });
  const shown = (query.data?.items ?? []).filter(
    (t) => (!search.state || t.progress.state === search.state) && (!search.text?.trim() || [t.indicator, t.project, t.unitName.zh].some((x) => x?.includes(search.text!.trim()))),
  );
  const mayBind = may('target.manage');
  const save = () =>
    saveCsv(`targets-${query.data?.year ?? ''}.csv`, [
      [s(common.unit), s(words.indicator), s(words.promised), s(words.binding), s(words.now), s(words.forecast), s(words.state)],
      ...shown.map((t) => [
        s(t.unitName),
        t.indicator,
        `${t.nature ?? ''}${t.value ?? ''}${t.measure ?? ''}`,
        t.binding ? s(t.binding.name) : '',
        t.progress.value,
        t.progress.forecast,
        s(t.progress.stateName),
      ]),
    ]);
  return (
    <FinancePage
      title={s(words.title)}
      note={query.data ? `${s(common.yearOf, { year: query.data.year })} · ${s(common.asOf, { at: timeText(query.data.asOf) })}` : undefined}
      actions={
        <>
          {query.data ? (
            <Select
              aria-label={s(common.year)}
              value={query.data.year}
              onChange={(year) => go({ year })}
              options={[...new Set([query.data.year, ...query.data.years])].toSorted((a, b) => b - a).map((y) => ({ value: y, label: s(common.yearOf, { year: y }) }))}
            />
          ) : null}
          <Button onClick={save} disabled={!shown.length}>
            {s(common.csv)}
          </Button>
          <Button onClick={() => print()}>{s(common.print)}</Button>
        </>
      }
    >
      <Tabs
        activeKey={search.view ?? 'all'}
        onChange={(k) => go({ view: k === 'risk' ? 'risk' : (undefined as never) })}
        items={[
          {
            key: 'all',
            label: s(words.tabAll),
            children: (
              <Loaded query={query}>
                {(data) => (
                  <div className="grid">
                    <Figures>
                      {progressStates.map((k) => (
                        <Figure
                          key={k}
                          label={s(progressStateNames[k])}
                          value={data.counts[k] ?? 0}
                          active={search.state === k}
                          onClick={() => go({ state: search.state === k ? (undefined as never) : k })}
                          {...(data.counts[k] && k === 'reached'
                            ? { tone: 'ok' as const }
                            : data.counts[k] && k === 'at-risk'
                              ? { tone: 'warn' as const }
                              : data.counts[k] && k === 'missed'
                                ? { tone: 'bad' as const }
                                : {})}
                        />
                      ))}
                    </Figures>
                    <div className="card spread no-print" style={{ padding: '10px 16px' }}>
                      <div className="row">
                        <Input.Search
                          aria-label={s(common.search)}
                          placeholder={s(words.indicator)}
                          allowClear
                          defaultValue={search.text}
                          onSearch={(text) => go({ text })}
                          style={{ width: 200 }}
                        />
                        <Select
                          aria-label={s(common.unit)}
                          allowClear
                          placeholder={s(common.allUnits)}
                          style={{ width: 220 }}
                          showSearch={{ optionFilterProp: 'label' }}
                          value={search.unit}
                          onChange={(unit?: string) => go({ unit: unit as never })}
                          options={(disclosures.data?.units ?? []).map((u) => ({ value: u.unit, label: s(u.unitName) }))}
                        />
                        <Select
                          aria-label={s(words.boundFilter)}
                          allowClear
                          placeholder={s(words.boundFilter)}
                          style={{ width: 110 }}
                          value={search.bound}
                          onChange={(bound?: 'bound' | 'unbound') => go({ bound: bound as never })}
                          options={[
                            { value: 'bound', label: s(words.bound) },
                            { value: 'unbound', label: s(words.unbound) },
                          ]}
                        />
                      </div>
                      {mayBind ? (
                        <div className="row">
                          <label className="row" style={{ gap: 6 }}>
                            {s(words.least)}
                            <InputNumber aria-label={s(words.least)} size="small" min={50} max={100} value={least} onChange={(v) => setLeast(v ?? 70)} style={{ width: 70 }} />
                          </label>
                          <Button disabled={!selected.length} loading={bindAll.isPending} onClick={() => bindAll.mutate({ body: { keys: selected, least } })}>
                            {s(words.bulk)} {selected.length || ''}
                          </Button>
                        </div>
                      ) : null}
                    </div>
                    <div className="card" style={{ padding: 0 }}>
                      <TargetTable
                        items={shown}
                        may={mayBind}
                        onOpen={(open) => go({ open })}
                        empty={
                          data.items.length ? (
                            <Nothing text={s(words.noMatch)} />
                          ) : (
                            <Nothing
                              text={s(words.empty)}
                              action={may('finance.manage') ? <Button onClick={() => void navigate({ to: '/finance/import' })}>{s(words.toImport)}</Button> : null}
                            />
                          )
                        }
                        selected={selected}
                        {...(mayBind ? { onSelect: setSelected } : {})}
                      />
                    </div>
                  </div>
                )}
              </Loaded>
            ),
          },
          {
            key: 'risk',
            label: s(words.tabRisk),
            children: search.view === 'risk' ? <AtRisk year={search.year} unit={search.unit} may={mayBind} onOpen={(open) => go({ open })} /> : null,
          },
        ]}
      />
      {search.open ? <TargetDrawer keyOf={search.open} onClose={() => go({ open: undefined as never })} /> : null}
    </FinancePage>
  );
}

function AtRisk({ year, unit, may, onOpen }: { year: number | undefined; unit: string | undefined; may: boolean; onOpen(key: string): void }) {
  const s = useText();
  const [shownUnit] = useShown();
  const query = useCall(financeApi.atRisk, { query: { ...(year ? { year } : {}), ...(unit ? { unit } : {}) } });
  return (
    <Loaded query={query}>
      {(data) => (
        <div className="grid">
          <section className="card" style={{ padding: 0 }}>
            <h2 className="section-title" style={{ margin: '12px 16px' }}>
              {s(words.riskTargets)} {data.targets.length}
            </h2>
            <TargetTable items={data.targets} may={may} onOpen={onOpen} empty={<Nothing text={s(words.noRisk)} />} />
          </section>
          <section className="card">
            <h2>
              {s(words.riskExecution)} {data.execution.length}
            </h2>
            {data.execution.length ? (
              <ul className="fin-list">
                {data.execution.map((e) => (
                  <li key={`${e.unit}/${e.project}`} className="spread" style={{ padding: '8px 0' }}>
                    <span style={{ flex: '2 1 260px' }}>
                      {s(e.unitName)} · {e.name} <Tag color={executionTone[e.state]!}>{s(e.stateName)}</Tag>
                      <div className="muted" style={{ fontSize: 12 }}>
                        {s(e.reason)}
                      </div>
                    </span>
                    <span style={{ flex: '1 1 160px' }}>
                      <ExecutionBar rate={e.rate} time={e.timeRate} state={e.state} />
                    </span>
                    <span>
                      <Money fen={e.spent} unit={shownUnit} /> / <Money fen={e.adjusted ?? e.budget} unit={shownUnit} /> {shownUnit}
                    </span>
                  </li>
                ))}
              </ul>
            ) : (
              <Nothing text={s(words.noRiskExecution)} />
            )}
          </section>
        </div>
      )}
    </Loaded>
  );
}
