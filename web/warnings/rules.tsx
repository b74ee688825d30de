// The rules: what each watches, how right it has been, which are proposed for retirement; tried on history before a new version.
import { Link } from '@tanstack/react-router';
import { App, Button, Input, Switch, Tag } from 'antd';
import { useState } from 'react';
import { warningsApi } from '#core/warnings/contract.ts';
import type { WarningRule } from '#core/warnings/pack.ts';
import { type Reply, useCall, useCommand, useMay } from '../api.ts';
import { useText } from '../texts.tsx';
import { Loaded, Nothing } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import { Backtest } from './backtest.tsx';
import { conditionWords } from './condition.ts';
import { WarningsPage } from './frame.tsx';
import { common, rules as words } from './texts.ts';

export type Rule = Reply<typeof warningsApi.rules>['items'][number];

export function RulesPage() {
  const s = useText();
  const may = useMay();
  const { modal } = App.useApp();
  const rules = useCall(warningsApi.rules, { query: { days: 90 } });
  const retire = useCommand(warningsApi.retireRule, { done: s(words.retired) });
  const [trying, setTrying] = useState<Rule>();
  const [text, setText] = useState('');
  const [proposed, setProposed] = useState(false);
  const wanted = text.trim().toLowerCase();
  const ask = (r: Rule) => {
    let why = '';
    modal.confirm({
      title: s(words.retireAsk, { name: s(r.name) }),
      content: (
        <>
          <p className="muted">{s(words.retireHelp)}</p>
          <Input
            aria-label={s(common.reason)}
            placeholder={s(words.reasonHere)}
            maxLength={500}
            onChange={(e) => {
              why = e.target.value;
            }}
          />
        </>
      ),
      okText: s(words.retire),
      okButtonProps: { danger: true },
      // Without a reason the question stays.
      onOk: () => (why.trim() ? retire.mutateAsync({ params: { code: r.code }, body: { note: why.trim() } }).catch(() => {}) : Promise.reject(new Error('reason'))),
    });
  };
  return (
    <WarningsPage title={s(words.title)} note={s(words.note)} actions={<Button onClick={() => print()}>{s(common.print)}</Button>}>
      <Loaded query={rules} rows={8}>
        {(data) => {
          const proposals = data.items.filter((r) => r.proposal).length;
          const shown = data.items.filter((r) => (!proposed || r.proposal) && (!wanted || `${r.code} ${r.name.zh} ${r.name.en}`.toLowerCase().includes(wanted)));
          return (
            <>
              <div className="card filters no-print">
                <Input aria-label={s(words.search)} placeholder={s(words.search)} allowClear value={text} onChange={(e) => setText(e.target.value)} style={{ width: 220 }} />
                <label className="row" style={{ gap: 6 }}>
                  <Switch size="small" checked={proposed} onChange={setProposed} />
                  {s(words.onlyProposals)}
                </label>
                {proposals ? <Tag color="orange">{s(words.proposals, { n: proposals })}</Tag> : null}
              </div>
              <section className="card" style={{ padding: 0 }}>
                <Rows<Rule>
                  label={s(words.title)}
                  rows={shown}
                  rowKey={(r) => r.code}
                  pageSize={50}
                  minWidth={980}
                  empty={<Nothing text={s(words.none)} />}
                  rowClass={(r) => (r.proposal ? 'row-warn' : '')}
                  columns={[
                    {
                      title: s(common.rule),
                      card: 'head',
                      width: 220,
                      render: (r) => (
                        <>
                          {s(r.name)} {r.active ? null : <Tag>{s(words.retired)}</Tag>}
                          <div className="muted" style={{ fontSize: 12.5 }}>
                            {r.code} · {s(words.version, { v: r.version })}
                          </div>
                        </>
                      ),
                    },
                    {
                      title: s(words.when),
                      card: 'full',
                      render: (r) => {
                        const d = r.definition as unknown as WarningRule;
                        return (
                          <>
                            {s(conditionWords(d.when))}
                            <div className="muted" style={{ fontSize: 12.5 }}>
                              {s(words.answer)}：{s(d.response)}
                            </div>
                          </>
                        );
                      },
                    },
                    {
                      title: s(words.raised),
                      align: 'right',
                      width: 92,
                      render: (r) =>
                        r.raised ? (
                          <Link to="/warnings" search={{ state: 'all', rule: r.code } as never} aria-label={s(words.history)}>
                            <span className="num">{r.raised}</span>
                          </Link>
                        ) : (
                          <span className="num">0</span>
                        ),
                    },
                    { title: s(words.verdicts), align: 'right', width: 110, render: (r) => <span className="num">{`${r.right} / ${r.wrong}`}</span> },
                    {
                      title: s(words.precision),
                      align: 'right',
                      width: 90,
                      render: (r) => (r.precision === null ? <span className="muted">{s(words.unjudged)}</span> : <span className="num">{Math.round(r.precision * 100)}%</span>),
                    },
                    { title: s(words.proposal), card: 'full', width: 190, render: (r) => (r.proposal ? <span style={{ color: 'var(--warn)' }}>{r.proposal}</span> : '—') },
                    {
                      title: '',
                      card: 'foot',
                      width: 136,
                      render: (r) =>
                        may('rule.manage') ? (
                          <span className="row no-print" style={{ flexWrap: 'nowrap' }}>
                            <Button size="small" onClick={() => setTrying(r)}>
                              {s(words.backtest)}
                            </Button>
                            {r.active ? (
                              <Button size="small" danger onClick={() => ask(r)}>
                                {s(words.retire)}
                              </Button>
                            ) : null}
                          </span>
                        ) : null,
                    },
                  ]}
                />
              </section>
            </>
          );
        }}
      </Loaded>
      {trying ? <Backtest key={trying.code} rule={trying} onClose={() => setTrying(undefined)} /> : null}
    </WarningsPage>
  );
}
