// One disclosure: its figures at the top and, under tabs, reading, findings, narrative, targets, corrections, versions.
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Alert, Button, Dropdown, Tabs, Tooltip } from 'antd';
import { useState } from 'react';
import { financeApi } from '#core/finance/contract.ts';
import { addressOf, useCall } from '../api.ts';
import { useText } from '../texts.tsx';
import { Loaded } from '../ui/page.tsx';
import { Corrections } from './correcting.tsx';
import { DisclosureTargets } from './disclosure-targets.tsx';
import { Findings } from './findings.tsx';
import { FinancePage } from './frame.tsx';
import { FindingCounts } from './list.tsx';
import { ProduceDialog } from './produce-dialog.tsx';
import { Reading } from './reading.tsx';
import { Statements } from './statements.tsx';
import { one, tabs } from './texts-disclosure.ts';
import { files, producing } from './texts-files.ts';
import { common, kindWords, pages } from './texts.ts';
import { Versions } from './versions.tsx';

export function DisclosurePage() {
  const s = useText();
  const { id } = useParams({ strict: false }) as { id: string };
  const query = useCall(financeApi.disclosure, { params: { id } });
  if (!query.data)
    return (
      <FinancePage title={s(common.title)}>
        <Loaded query={query} rows={10}>
          {() => null}
        </Loaded>
      </FinancePage>
    );
  return <Opened key={id} of={query.data} />;
}

function Opened({ of }: { of: NonNullable<ReturnType<typeof useCall<typeof financeApi.disclosure>>['data']> }) {
  const s = useText();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { tab?: string; finding?: string };
  const findings = useCall(financeApi.findings, { params: { id: of.id } });
  const items = findings.data?.items ?? [];
  const { error, warning, rounding, undecidable } = of.findings;
  const tab = search.tab ?? 'reading';
  const [makes, setProducing] = useState(false);
  const go = (next: Record<string, unknown>) =>
    void navigate({ to: '/finance/$id', params: { id: of.id }, search: Object.fromEntries(Object.entries(next).filter(([, v]) => v !== undefined)) as never, replace: true });
  const now = of.versions.find((v) => v.current);
  const report = (format: 'html' | 'csv' | 'json') => addressOf(financeApi.report, { params: { id: of.id }, query: { format } });
  return (
    <FinancePage
      title={s(one.title, { unit: s(of.unitName), year: of.year, kind: s(kindWords[of.kind]) })}
      note={
        <span className="row" style={{ gap: 10 }}>
          {of.publishedUnit && of.publishedUnit !== of.unitName.zh ? <span>{s(files.publishedAs, { name: of.publishedUnit })}</span> : null}
          <Tooltip title={s(files.checksOf, of.checks)}>
            <span>
              <FindingCounts of={of.findings} />
            </span>
          </Tooltip>
        </span>
      }
      actions={
        <>
          <Link to="/finance/compare" search={{ units: of.unit } as never}>
            {s(pages.compare)}
          </Link>
          <Dropdown
            trigger={['click']}
            menu={{
              items: [
                { key: 'csv', label: <a href={report('csv')}>{s(common.csv)}</a> },
                { key: 'json', label: <a href={report('json')}>{s(one.reportJson)}</a> },
                { key: 'produce', label: s(producing.open), onClick: () => setProducing(true) },
              ],
            }}
          >
            <Button>{s(common.export)}</Button>
          </Dropdown>
          <Button href={report('html')} target="_blank">
            {s(one.report)}
          </Button>
          <Button onClick={() => print()}>{s(common.print)}</Button>
        </>
      }
    >
      {makes ? <ProduceDialog of={of} onClose={() => setProducing(false)} /> : null}
      {of.current || !now ? null : (
        <Alert
          type="info"
          showIcon
          title={s(one.old, { n: of.number, now: now.number })}
          action={
            <Link to="/finance/$id" params={{ id: now.id }}>
              {s(one.openCurrent)}
            </Link>
          }
        />
      )}
      <Tabs
        activeKey={tab}
        onChange={(k) => go({ tab: k })}
        destroyOnHidden
        items={[
          {
            key: 'reading',
            label: s(tabs.reading),
            children: <Reading of={of} findings={items} />,
          },
          {
            key: 'findings',
            label: s(tabs.findings, { n: error + warning + rounding + undecidable }),
            children: (
              <Loaded query={findings}>
                {(data) => <Findings of={of} findings={data.items} checks={data.checks} chosen={search.finding} onChoose={(finding) => go({ tab: 'findings', finding })} />}
              </Loaded>
            ),
          },
          { key: 'statements', label: s(tabs.statements), children: <Statements of={of} /> },
          { key: 'targets', label: s(tabs.targets, { n: of.targets }), children: <DisclosureTargets of={of} /> },
          { key: 'corrections', label: s(tabs.corrections, { n: of.corrections }), children: <Corrections of={of} /> },
          { key: 'versions', label: s(tabs.versions), children: <Versions of={of} /> },
        ]}
      />
    </FinancePage>
  );
}
