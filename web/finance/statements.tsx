// The narrative's statements with their figures marked, the findings they are part of, and corrections of misread figures.
import { Link } from '@tanstack/react-router';
import { Button, Input, Switch, Tag } from 'antd';
import { useState } from 'react';
import { financeApi } from '#core/finance/contract.ts';
import type { Place } from '#core/finance/source.ts';
import { type Reply, useCall } from '../api.ts';
import { useText } from '../texts.tsx';
import { Loaded, Nothing } from '../ui/page.tsx';
import { ListTable } from './list-table.tsx';
import { CorrectDialog } from './correcting.tsx';
import { marked } from './grid.ts';
import { placeKey, placeText } from './place.ts';
import { statement } from './texts-disclosure.ts';
import { common } from './texts.ts';

type Disclosure = Reply<typeof financeApi.disclosure>;
type Statement = Reply<typeof financeApi.statements>['items'][number];
type Field = 'amount' | 'change' | 'percent' | 'share';
const fields: Field[] = ['amount', 'change', 'percent', 'share'];

/** A figure as it may be written in the text: plain, or with separators. */
const written = (value: string | null): string[] => {
  if (!value) return [];
  const [whole, part] = value.replace(/^-/, '').split('.');
  const grouped = whole!.replace(/\B(?=(\d{3})+$)/g, ',');
  return part === undefined ? [whole!, grouped] : [`${whole}.${part}`, `${grouped}.${part}`];
};

export function Statements({ of }: { of: Disclosure }) {
  const s = useText();
  const list = useCall(financeApi.statements, { params: { id: of.id } });
  const [text, setText] = useState('');
  const [only, setOnly] = useState(false);
  const [open, setOpen] = useState<{ of: Statement; field: Field }>();
  return (
    <section className="card" style={{ padding: 0 }}>
      <div className="row no-print" style={{ padding: '10px 16px' }}>
        <Input.Search aria-label={s(common.search)} placeholder={s(common.search)} allowClear onSearch={setText} style={{ width: 220 }} />
        <label className="row" style={{ gap: 6 }}>
          <Switch size="small" checked={only} onChange={setOnly} aria-label={s(statement.onlyFindings)} />
          {s(statement.onlyFindings)}
        </label>
      </div>
      <Loaded query={list}>
        {(data) => (
          <ListTable<Statement>
            label={s(statement.subject)}
            size="middle"
            rowKey="n"
            scroll={{ x: 860 }}
            pagination={data.items.length > 60 ? { pageSize: 60, showSizeChanger: false } : false}
            dataSource={data.items.filter((x) => (!only || x.findingKeys.length > 0) && (!text.trim() || x.text.includes(text.trim()) || x.subject.includes(text.trim())))}
            locale={{ emptyText: <Nothing text={s(statement.empty)} /> }}
            columns={[
              { title: s(statement.subject), width: 180, card: 'head', render: (_, x) => <span className="fin-clamp">{x.subject}</span> },
              {
                title: s(statement.text),
                card: 'full',
                render: (_, x) => (
                  <span className="fin-figures">
                    {marked(
                      x.text.replace(/^[，；。、\s]+/, ''),
                      fields.flatMap((f) => written(x[f])),
                    ).map((p, i) => (p.mark ? <mark key={i}>{p.text}</mark> : <span key={i}>{p.text}</span>))}
                    {x.reason ? (
                      <div className="muted" style={{ fontSize: 12.5 }}>
                        {s(statement.reason)}：{x.reason}
                      </div>
                    ) : null}
                  </span>
                ),
              },
              {
                title: s(statement.figures),
                card: 'full',
                width: 250,
                render: (_, x) => (
                  <div style={{ display: 'grid', gap: 2 }}>
                    {fields
                      .filter((f) => x[f] !== null)
                      .map((f) => {
                        const said = `${f === 'change' && x.direction ? s(statement[x.direction]) : s(statement[f])} ${x[f]}${f === 'percent' || f === 'share' ? '%' : (x.amountUnit ?? '')}`;
                        return of.mayManage && of.current ? (
                          <Button
                            key={f}
                            size="small"
                            type="text"
                            style={{ justifyContent: 'start' }}
                            aria-label={s(statement.correct, { what: s(statement[f]), value: x[f]! })}
                            onClick={() => setOpen({ of: x, field: f })}
                          >
                            {said}
                          </Button>
                        ) : (
                          <span key={f}>{said}</span>
                        );
                      })}
                    {x.direction === 'flat' ? <span>{s(statement.flat)}</span> : null}
                  </div>
                ),
              },
              {
                title: '',
                card: 'foot',
                width: 150,
                render: (_, x) => (
                  <>
                    {x.findingKeys.length ? (
                      <Link to="/finance/$id" params={{ id: of.id }} search={{ tab: 'findings', finding: x.findingKeys[0] } as never}>
                        <Tag color="error">{s(statement.findings, { n: x.findingKeys.length })}</Tag>
                      </Link>
                    ) : null}
                    <Link to="/finance/$id" params={{ id: of.id }} search={{ tab: 'reading', at: placeKey(x.place as Place), words: x.text.slice(0, 60) } as never}>
                      {s(statement.see)}
                    </Link>
                    <div className="muted" style={{ fontSize: 12 }}>
                      {placeText(s, x.place as Place, of.files.length)}
                    </div>
                  </>
                ),
              },
            ]}
          />
        )}
      </Loaded>
      {open ? (
        <CorrectDialog
          id={of.id}
          where={`${open.of.subject} · ${s(statement[open.field])}`}
          from={open.of[open.field] ?? ''}
          onClose={() => setOpen(undefined)}
          make={(to, reason) => ({ what: 'statement', statement: open.of.n, field: open.field, from: open.of[open.field] ?? '', to, reason })}
        />
      ) : null}
    </section>
  );
}
