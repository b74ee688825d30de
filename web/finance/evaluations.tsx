// Self-evaluations of a year: which sheets there are, how far each has come, its score; and the schemes that score them.
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Button, Select, Tag } from 'antd';
import { financeApi } from '#core/finance/contract.ts';
import { pointsText } from '#core/finance/self-evaluation.ts';
import { type Reply, useCall, useCommand, useMay } from '../api.ts';
import { useText } from '../texts.tsx';
import { Figure, Figures, Loaded, Nothing } from '../ui/page.tsx';
import { ListTable } from './list-table.tsx';
import { FinancePage, saveCsv } from './frame.tsx';
import { YearSelect } from './monitoring.tsx';
import { evaluation as words } from './texts-evaluation.ts';
import { common, sheetWords } from './texts.ts';

type Item = Reply<typeof financeApi.evaluations>['items'][number];
export const stateTone = { missing: 'default', draft: 'processing', submitted: 'warning', reviewed: 'success' } as const;
export const gradeTone = { excellent: 'success', good: 'processing', fair: 'warning', poor: 'error' } as const;

export function EvaluationsPage() {
  const s = useText();
  const may = useMay();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { year?: number; unit?: string };
  const go = (next: object) =>
    void navigate({ to: '/finance/evaluations', search: Object.fromEntries(Object.entries({ ...search, ...next }).filter(([, v]) => v)) as never, replace: true });
  const query = useCall(financeApi.evaluations, { query: { ...(search.year ? { year: search.year } : {}), ...(search.unit ? { unit: search.unit } : {}) } });
  const schemes = useCall(financeApi.schemes, {}, { staleTime: 600_000 });
  const files = useCall(financeApi.disclosures, { query: { limit: 500 } }, { staleTime: 60_000 });
  const begin = useCommand(financeApi.beginEvaluation, { onSuccess: (r) => void navigate({ to: '/finance/evaluations/$id', params: { id: r.id } }) });
  const items = query.data?.items ?? [];
  const save = () =>
    saveCsv(`self-evaluation-${query.data?.year ?? ''}.csv`, [
      [s(common.unit), s(words.sheet), s(words.targets), s(words.state), s(words.total), s(words.grade)],
      ...items.map((i) => [
        s(i.unitName),
        `${s(sheetWords[i.sheet])} ${i.project ?? ''}`.trim(),
        i.targets,
        s(words[i.state]),
        i.total === null ? '' : pointsText(i.total),
        s(i.gradeName),
      ]),
    ]);
  return (
    <FinancePage
      title={s(words.title)}
      note={query.data ? s(common.yearOf, { year: query.data.year }) : undefined}
      actions={
        <>
          {query.data ? <YearSelect value={query.data.year} years={query.data.years} onChange={(year) => go({ year })} /> : null}
          <Select
            aria-label={s(common.unit)}
            allowClear
            placeholder={s(common.allUnits)}
            style={{ width: 210 }}
            value={search.unit}
            showSearch={{ optionFilterProp: 'label' }}
            onChange={(unit?: string) => go({ unit })}
            options={(files.data?.units ?? []).map((u) => ({ value: u.unit, label: s(u.unitName) }))}
          />
          <Button onClick={save} disabled={!items.length}>
            {s(common.csv)}
          </Button>
          <Button onClick={() => print()}>{s(common.print)}</Button>
        </>
      }
    >
      <Loaded query={query}>
        {(data) => (
          <>
            <Figures>
              {(['missing', 'draft', 'submitted', 'reviewed'] as const).map((k) => (
                <Figure key={k} label={s(words[k])} value={data.items.filter((i) => i.state === k).length} />
              ))}
            </Figures>
            <section className="card" style={{ padding: 0 }}>
              <ListTable<Item>
                label={s(words.sheet)}
                size="middle"
                rowKey={(i) => `${i.unit}/${i.sheet}/${i.project ?? ''}`}
                scroll={{ x: 820 }}
                pagination={data.items.length > 50 ? { pageSize: 50, showSizeChanger: false } : false}
                dataSource={data.items}
                locale={{ emptyText: <Nothing text={s(words.empty)} /> }}
                columns={[
                  {
                    title: s(words.sheet),
                    render: (_, i) => (
                      <>
                        {i.id ? (
                          <Link to="/finance/evaluations/$id" params={{ id: i.id }}>
                            {i.project ?? s(sheetWords[i.sheet])}
                          </Link>
                        ) : (
                          (i.project ?? s(sheetWords[i.sheet]))
                        )}
                        <div className="muted" style={{ fontSize: 12 }}>
                          {s(i.unitName)} · {s(sheetWords[i.sheet])}
                        </div>
                      </>
                    ),
                  },
                  { title: s(words.targets), width: 90, align: 'right', render: (_, i) => <span className="num">{i.targets}</span> },
                  { title: s(words.state), width: 110, render: (_, i) => <Tag color={stateTone[i.state]}>{s(words[i.state])}</Tag> },
                  {
                    title: s(words.total),
                    width: 100,
                    align: 'right',
                    render: (_, i) =>
                      i.total === null ? (
                        <span className="muted">—</span>
                      ) : (
                        <span className="num" style={{ fontSize: 18 }}>
                          {pointsText(i.total)}
                        </span>
                      ),
                  },
                  { title: s(words.grade), width: 90, render: (_, i) => (i.grade ? <Tag color={gradeTone[i.grade]}>{s(i.gradeName)}</Tag> : null) },
                  {
                    title: '',
                    card: 'foot',
                    width: 120,
                    render: (_, i) =>
                      i.id ? (
                        <Link to="/finance/evaluations/$id" params={{ id: i.id }}>
                          {s(words.open)}
                        </Link>
                      ) : may('finance.manage') ? (
                        <Button
                          size="small"
                          type="primary"
                          ghost
                          loading={begin.isPending}
                          aria-label={`${s(words.begin)} ${i.project ?? s(i.unitName)}`}
                          onClick={() => begin.mutate({ body: { unit: i.unit, year: i.year, sheet: i.sheet, project: i.project } })}
                        >
                          {s(words.begin)}
                        </Button>
                      ) : null,
                  },
                ]}
              />
            </section>
          </>
        )}
      </Loaded>
      {schemes.data?.items.length ? (
        <section className="card">
          <h2>{s(words.schemes)}</h2>
          {schemes.data.items.map((x) => (
            <details key={x.code}>
              <summary>
                {s(x.name)}（{x.source}，{s(words.validFrom, { from: x.from })}）
              </summary>
              <ul>
                {x.rules.map((r) => (
                  <li key={r}>{r}</li>
                ))}
              </ul>
            </details>
          ))}
        </section>
      ) : null}
    </FinancePage>
  );
}
