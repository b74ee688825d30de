// Comparison of disclosures across years and units: totals, change, composition by function and economic class, 三公; every chart also a table.
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Alert, Button, Segmented, Select } from 'antd';
import { useMemo } from 'react';
import { financeApi } from '#core/finance/contract.ts';
import { useCall } from '../api.ts';
import { useText } from '../texts.tsx';
import { Loaded, Nothing } from '../ui/page.tsx';
import { ChartCard, PlainTable } from './charts.tsx';
import * as make from './compare-options.ts';
import { FinancePage, saveCsv } from './frame.tsx';
import { moneyText, MoneySwitch, percentText, useShown } from './money.tsx';
import { compare as words } from './texts-evaluation.ts';
import { common, kindWords } from './texts.ts';

interface Search {
  units?: string;
  kind?: 'budget' | 'final-account';
  from?: number;
  to?: number;
  year?: number;
  one?: string;
}

export function ComparePage() {
  const s = useText();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Search;
  const [shown, setShown] = useShown();
  const go = (next: Partial<Search>) =>
    void navigate({ to: '/finance/compare', search: Object.fromEntries(Object.entries({ ...search, ...next }).filter(([, v]) => v)) as never, replace: true });
  const kind = search.kind ?? 'budget';
  const query = useCall(financeApi.compare, {
    query: { kind, ...(search.units ? { units: search.units } : {}), ...(search.from ? { from: search.from } : {}), ...(search.to ? { to: search.to } : {}) },
  });
  const list = useCall(financeApi.disclosures, { query: { limit: 500 } }, { staleTime: 60_000 });
  const d = query.data;
  const all = { years: list.data?.years ?? [], units: list.data?.units ?? [] };
  const save = () =>
    d &&
    saveCsv('comparison.csv', [
      [s(words.perUnit), s(common.year), s(words.income), s(words.expenditure), s(words.basic), s(words.project), s(words.change)],
      ...d.totals.map((t) => [
        s(d.units.find((u) => u.unit === t.unit)?.unitName),
        t.year,
        ...[t.income, t.expenditure, t.basic, t.project].map((f) => (f === null ? '' : moneyText(f, shown).replaceAll(',', ''))),
        t.changeRate === null ? '' : percentText(t.changeRate),
      ]),
    ]);
  const yearOptions = all.years.toSorted((a, b) => a - b).map((y) => ({ value: y, label: s(common.yearOf, { year: y }) }));
  return (
    <FinancePage
      title={s(words.title)}
      actions={
        <>
          <MoneySwitch value={shown} onChange={setShown} />
          <Button onClick={save} disabled={!d?.totals.length}>
            {s(common.csv)}
          </Button>
          <Button onClick={() => print()}>{s(common.print)}</Button>
        </>
      }
    >
      <div className="card row no-print" style={{ padding: '10px 16px' }}>
        <Select
          mode="multiple"
          aria-label={s(words.units)}
          placeholder={s(words.units)}
          allowClear
          maxTagCount="responsive"
          style={{ flex: '1 1 260px', maxWidth: 560 }}
          showSearch={{ optionFilterProp: 'label' }}
          value={search.units ? search.units.split(',') : []}
          onChange={(v: string[]) => go({ units: v.join(',') })}
          options={all.units.map((u) => ({ value: u.unit, label: s(u.unitName) }))}
        />
        <Segmented<'budget' | 'final-account'>
          aria-label={s(common.kind)}
          value={kind}
          onChange={(k) => go({ kind: k })}
          options={Object.entries(kindWords).map(([value, w]) => ({ value: value as 'budget', label: s(w) }))}
        />
        <Select
          aria-label={s(words.from)}
          placeholder={s(words.from)}
          allowClear
          style={{ width: 110 }}
          value={search.from}
          onChange={(from?: number) => go({ from: from as never })}
          options={yearOptions}
        />
        <Select
          aria-label={s(words.to)}
          placeholder={s(words.to)}
          allowClear
          style={{ width: 110 }}
          value={search.to}
          onChange={(to?: number) => go({ to: to as never })}
          options={yearOptions}
        />
      </div>
      <Loaded query={query} rows={8}>
        {(data) =>
          data.totals.length ? (
            <Charts of={data} search={search} go={go} shown={shown} />
          ) : (
            <Nothing text={s(words.empty)} action={<Button onClick={() => void navigate({ to: '/finance/import' })}>{s(words.toImport)}</Button>} />
          )
        }
      </Loaded>
    </FinancePage>
  );
}

function Charts({ of: d, search, go, shown }: { of: make.Comparison; search: Search; go(next: Partial<Search>): void; shown: '万元' | '元' }) {
  const s = useText();
  const withParts = [...new Set(d.composition.map((c) => c.year))];
  const years = withParts.length ? withParts.toSorted((a, b) => b - a) : d.years.toSorted((a, b) => b - a);
  const year = search.year && years.includes(search.year) ? search.year : years[0]!;
  const unit =
    d.units.find((u) => u.unit === search.one)?.unit ??
    d.units.find((u) => d.composition.some((c) => c.unit === u.unit && c.year === year && c.dimension === 'function'))?.unit ??
    d.units[0]!.unit;
  const unitName = s(d.units.find((u) => u.unit === unit)?.unitName);
  const p = useMemo(
    () => ({
      totals: make.totals(d, shown, s),
      changes: make.changes(d, s),
      parts: make.basicAndProject(d, year, shown, s),
      map: make.functionMap(d, unit, year, shown, s),
      economic: make.economic(d, year, s),
      three: make.threePublic(d, unit, shown, s),
    }),
    // The text function changes with the language only, as the labels do.
    [d, shown, year, unit, s(words.title)],
  );
  const yearSelect = (
    <Select
      size="small"
      aria-label={s(common.year)}
      value={year}
      onChange={(y) => go({ year: y })}
      options={years.map((y) => ({ value: y, label: s(common.yearOf, { year: y }) }))}
    />
  );
  const unitSelect = (
    <Select
      size="small"
      aria-label={s(common.unit)}
      style={{ maxWidth: 200, minWidth: 120 }}
      value={unit}
      onChange={(u) => go({ one: u })}
      showSearch={{ optionFilterProp: 'label' }}
      options={d.units.map((u) => ({ value: u.unit, label: s(u.unitName) }))}
    />
  );
  const card = (title: string, label: string, picture: make.Picture, o: { extra?: React.ReactNode; wide?: boolean; height?: number } = {}) =>
    picture.empty ? (
      <section className={`card${o.wide ? ' wide' : ''}`}>
        <div className="spread">
          <h2 className="section-title">{title}</h2>
          {o.extra}
        </div>
        <Nothing text={s(words.noFigures)} />
      </section>
    ) : (
      <ChartCard title={title} label={label} option={picture.option} rows={picture.rows} {...o} />
    );
  const tall = Math.max(240, 90 + d.units.length * 34);
  return (
    <>
      <div className="fin-charts">
        {card(s(words.total), s(words.totalLabel, { unit: shown }), p.totals)}
        {card(s(words.change), s(words.changeLabel), p.changes)}
        {card(s(words.function), s(words.functionLabel, { unit: unitName, year, money: shown }), p.map, {
          wide: true,
          height: 360,
          extra: (
            <>
              {unitSelect}
              {yearSelect}
            </>
          ),
        })}
        {card(s(words.basicProject), s(words.basicProjectLabel, { year, unit: shown }), p.parts, { height: tall, extra: yearSelect })}
        {card(s(words.economic), s(words.economicLabel, { year }), p.economic, { height: tall, extra: yearSelect })}
        {card(s(words.threePublic), s(words.threePublicLabel, { unit: unitName, money: shown }), p.three, { wide: true, extra: unitSelect })}
      </div>
      <section className="card">
        <PlainTable
          caption={`${s(words.tableTitle)}（${shown}）`}
          rows={{
            head: [s(words.perUnit), s(common.year), s(words.income), s(words.expenditure), s(words.basic), s(words.project), s(words.change)],
            rows: d.totals.map((t) => [
              s(d.units.find((u) => u.unit === t.unit)?.unitName),
              String(t.year),
              moneyText(t.income, shown),
              moneyText(t.expenditure, shown),
              moneyText(t.basic, shown),
              moneyText(t.project, shown),
              t.changeRate === null ? '—' : `${percentText(t.changeRate)}`,
            ]),
          }}
        />
      </section>
      {d.notes.length ? (
        <Alert
          type="info"
          showIcon
          title={s(words.notes)}
          description={
            <ul style={{ margin: 0, paddingLeft: 18 }}>
              {d.notes.map((n) => (
                <li key={n}>{n}</li>
              ))}
            </ul>
          }
        />
      ) : null}
    </>
  );
}
