// All disclosures in reach: counts, filters, findings by severity; and which units have none yet.
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Button, Input, Select, Switch, Tabs, Tag, Tooltip } from 'antd';
import { financeApi } from '#core/finance/contract.ts';
import { type Reply, useCall, useMay } from '../api.ts';
import { useText } from '../texts.tsx';
import { Time } from '../ui/clock.tsx';
import { Figure, Figures, Loaded, Nothing } from '../ui/page.tsx';
import { ListTable } from './list-table.tsx';
import { Coverage } from './coverage.tsx';
import { FinancePage, saveCsv } from './frame.tsx';
import { files } from './texts-files.ts';
import { common, kindWords, severityTone, severityWords } from './texts.ts';

export type Item = Reply<typeof financeApi.disclosures>['items'][number];
interface Search {
  view?: 'coverage';
  year?: number;
  unit?: string;
  kind?: 'budget' | 'final-account';
  text?: string;
  old?: boolean;
  errors?: boolean;
}

/** Numbers of findings by severity; nothing said when there are none. */
export function FindingCounts({ of }: { of: Item['findings'] }) {
  const s = useText();
  const kinds = ['error', 'warning', 'rounding', 'undecidable'] as const;
  if (kinds.every((k) => !of[k])) return <span style={{ color: 'var(--ok)' }}>{s(files.clean)}</span>;
  return (
    <span className="row" style={{ gap: 4 }}>
      {kinds
        .filter((k) => of[k])
        .map((k) => (
          <Tag key={k} color={severityTone[k]!} style={{ margin: 0 }}>
            {s(severityWords[k])} {of[k]}
          </Tag>
        ))}
    </span>
  );
}

export function Disclosures() {
  const s = useText();
  const navigate = useNavigate();
  const may = useMay();
  const search = useSearch({ strict: false }) as Search;
  const query = useCall(financeApi.disclosures, {
    query: {
      limit: 500,
      ...(search.year ? { year: search.year } : {}),
      ...(search.unit ? { unit: search.unit } : {}),
      ...(search.kind ? { kind: search.kind } : {}),
      ...(search.old ? { old: 'true' as const } : {}),
    },
  });
  const go = (next: Partial<Search>) =>
    void navigate({ to: '/finance', search: Object.fromEntries(Object.entries({ ...search, ...next }).filter(([, v]) => v)) as never, replace: true });
  const matches = (d: Item): boolean => {
    if (search.errors && !d.findings.error) return false;
    const text = search.text?.trim().toLowerCase();
    return !text || [d.unitName.zh, d.unitName.en, d.publishedUnit, d.department, ...d.files.map((f) => f.name)].some((x) => x?.toLowerCase().includes(text));
  };
  const shown = query.data?.items.filter(matches) ?? [];
  const sum = (f: (d: Item) => number) => shown.filter((d) => d.current).reduce((a, d) => a + f(d), 0);
  const filtered = Boolean(search.year || search.unit || search.kind || search.text || search.errors);
  const importButton = may('finance.manage') ? (
    <Button type="primary" onClick={() => void navigate({ to: '/finance/import' })}>
      {s(files.importOne)}
    </Button>
  ) : null;
  const save = () =>
    saveCsv('disclosures.csv', [
      [s(common.unit), s(common.year), s(common.kind), s(files.tabFiles), ...Object.values(severityWords).map((w) => s(w)), s(files.open), s(files.uncertain)],
      ...shown.map((d) => [
        s(d.unitName),
        d.year,
        s(kindWords[d.kind]),
        d.files.map((f) => f.name).join('；'),
        d.findings.error,
        d.findings.warning,
        d.findings.rounding,
        d.findings.undecidable,
        d.findings.open,
        d.uncertain,
      ]),
    ]);
  return (
    <FinancePage
      title={s(common.title)}
      note={query.data ? s(files.note, { n: query.data.items.length, units: new Set(query.data.items.map((d) => d.unit)).size }) : undefined}
      actions={
        <>
          {importButton}
          <Button onClick={save} disabled={!shown.length}>
            {s(common.csv)}
          </Button>
          <Button onClick={() => print()}>{s(common.print)}</Button>
        </>
      }
    >
      <Tabs
        activeKey={search.view ?? 'files'}
        onChange={(k) => go({ view: k === 'coverage' ? 'coverage' : (undefined as never) })}
        items={[
          {
            key: 'files',
            label: s(files.tabFiles),
            children: (
              <div className="grid">
                <Figures>
                  <Figure label={s(files.current)} value={shown.filter((d) => d.current).length} />
                  <Figure
                    label={s(files.errors)}
                    value={sum((d) => d.findings.error)}
                    active={Boolean(search.errors)}
                    onClick={() => go({ errors: !search.errors })}
                    {...(sum((d) => d.findings.error) ? { tone: 'bad' as const } : {})}
                  />
                  <Figure label={s(files.openFindings)} value={sum((d) => d.findings.open)} {...(sum((d) => d.findings.open) ? { tone: 'warn' as const } : {})} />
                  <Figure label={s(files.uncertain)} value={sum((d) => d.uncertain)} />
                </Figures>
                <div className="card row no-print" style={{ padding: '10px 16px' }}>
                  <Input.Search
                    aria-label={s(common.search)}
                    placeholder={s(files.searchHint)}
                    allowClear
                    defaultValue={search.text}
                    onSearch={(text) => go({ text })}
                    style={{ width: 230 }}
                  />
                  <Select
                    aria-label={s(common.year)}
                    allowClear
                    placeholder={s(common.year)}
                    style={{ width: 110 }}
                    value={search.year}
                    onChange={(year?: number) => go({ year: year as never })}
                    options={(query.data?.years ?? []).map((y) => ({ value: y, label: s(common.yearOf, { year: y }) }))}
                  />
                  <Select
                    aria-label={s(common.unit)}
                    allowClear
                    placeholder={s(common.allUnits)}
                    style={{ width: 220 }}
                    showSearch={{ optionFilterProp: 'label' }}
                    value={search.unit}
                    onChange={(unit?: string) => go({ unit: unit as never })}
                    options={(query.data?.units ?? []).map((u) => ({ value: u.unit, label: s(u.unitName) }))}
                  />
                  <Select
                    aria-label={s(common.kind)}
                    allowClear
                    placeholder={s(common.kind)}
                    style={{ width: 100 }}
                    value={search.kind}
                    onChange={(kind?: 'budget' | 'final-account') => go({ kind: kind as never })}
                    options={Object.entries(kindWords).map(([value, w]) => ({ value: value as 'budget', label: s(w) }))}
                  />
                  <label className="row" style={{ gap: 6 }}>
                    <Switch size="small" aria-label={s(files.oldToo)} checked={Boolean(search.old)} onChange={(old) => go({ old })} />
                    {s(files.oldToo)}
                  </label>
                </div>
                <div className="card" style={{ padding: 0 }}>
                  <Loaded query={query}>
                    {() => (
                      <ListTable<Item>
                        label={s(common.title)}
                        size="middle"
                        rowKey="id"
                        scroll={{ x: 1000 }}
                        pagination={shown.length > 50 ? { pageSize: 50, showSizeChanger: false } : false}
                        dataSource={shown}
                        locale={{
                          emptyText: filtered ? (
                            <Nothing text={s(files.noMatch)} action={<Button onClick={() => void navigate({ to: '/finance', search: {} as never })}>{s(files.clear)}</Button>} />
                          ) : (
                            <Nothing text={s(may('finance.manage') ? files.empty : files.emptyReader)} action={importButton} />
                          ),
                        }}
                        columns={[
                          {
                            title: s(files.disclosure),
                            width: 330,
                            render: (_, d) => (
                              <>
                                <Link to="/finance/$id" params={{ id: d.id }}>
                                  {s(d.unitName)}
                                </Link>
                                {d.current ? null : <Tag style={{ marginLeft: 6 }}>{s(files.superseded)}</Tag>}
                                <div className="muted" style={{ fontSize: 12 }}>
                                  {d.publishedUnit && d.publishedUnit !== d.unitName.zh ? s(files.publishedAs, { name: d.publishedUnit }) : d.files.map((f) => f.name).join('、')}
                                </div>
                              </>
                            ),
                          },
                          { title: s(common.year), width: 80, sorter: (a, b) => a.year - b.year, render: (_, d) => <span className="num">{d.year}</span> },
                          { title: s(common.kind), width: 80, render: (_, d) => s(kindWords[d.kind]) },
                          {
                            title: s(files.content),
                            card: 'full',
                            width: 150,
                            render: (_, d) => (
                              <>
                                {s(files.tablesTargets, { tables: d.tables, targets: d.targets })}
                                {d.uncertain ? <div style={{ fontSize: 12, color: 'var(--level-3)' }}>{`${s(files.uncertain)} ${d.uncertain}`}</div> : null}
                              </>
                            ),
                          },
                          {
                            title: s(files.findings),
                            card: 'full',
                            sorter: (a, b) => a.findings.error - b.findings.error || a.findings.warning - b.findings.warning,
                            render: (_, d) => (
                              <Link to="/finance/$id" params={{ id: d.id }} search={{ tab: 'findings' } as never}>
                                <FindingCounts of={d.findings} />
                              </Link>
                            ),
                          },
                          {
                            title: s(files.open),
                            width: 80,
                            align: 'right',
                            sorter: (a, b) => a.findings.open - b.findings.open,
                            render: (_, d) => <span className="num">{d.findings.open}</span>,
                          },
                          {
                            title: s(files.checks),
                            width: 100,
                            render: (_, d) => (
                              <Tooltip title={s(files.checksOf, d.checks)}>
                                <span className="muted">{s(files.passed, { n: d.checks.passed })}</span>
                              </Tooltip>
                            ),
                          },
                          {
                            title: s(files.imported),
                            width: 150,
                            render: (_, d) => (
                              <span className="muted" style={{ fontSize: 12 }}>
                                <Time at={d.importedAt} /> {d.number > 1 ? s(files.version, { n: d.number }) : ''}
                                <div>{d.importedByName}</div>
                              </span>
                            ),
                          },
                        ]}
                      />
                    )}
                  </Loaded>
                </div>
              </div>
            ),
          },
          { key: 'coverage', label: s(files.tabCoverage), children: search.view === 'coverage' ? <Coverage /> : null },
        ]}
      />
    </FinancePage>
  );
}
