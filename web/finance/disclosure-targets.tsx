// The targets of one disclosure: as read and correctable, with advice on their quality, and the way to their live values.
import { Link } from '@tanstack/react-router';
import { Button, Tag } from 'antd';
import { useState } from 'react';
import { financeApi } from '#core/finance/contract.ts';
import type { Place } from '#core/finance/source.ts';
import { type Reply, useCall } from '../api.ts';
import { useText } from '../texts.tsx';
import { Loaded, Nothing } from '../ui/page.tsx';
import { ListTable } from './list-table.tsx';
import { AdviceList } from './advice-list.tsx';
import { CorrectDialog } from './correcting.tsx';
import { placeKey, placeText } from './place.ts';
import type { Target } from './promise.tsx';
import { TargetDrawer } from './target-drawer.tsx';
import { correcting, reading } from './texts-disclosure.ts';
import { advice as adviceWords, target as words } from './texts-targets.ts';
import { common, pages, progressTone, sheetWords } from './texts.ts';

type Disclosure = Reply<typeof financeApi.disclosure>;
const fields = ['indicator', 'nature', 'value', 'unit', 'weight'] as const;
type Field = (typeof fields)[number];
const valueOf = (t: Target, f: Field): string | null => (f === 'unit' ? t.measure : t[f]);

export function DisclosureTargets({ of }: { of: Disclosure }) {
  const s = useText();
  const list = useCall(financeApi.targets, { query: { disclosure: of.id, year: of.year } });
  const advice = useCall(financeApi.advice, { params: { id: of.id } }, { enabled: of.targets > 0 });
  const [open, setOpen] = useState<string>();
  const [correct, setCorrect] = useState<{ of: Target; field: Field }>();
  const may = of.mayManage && of.current;
  const part = (t: Target, f: Field) => {
    const text = valueOf(t, f);
    return may ? (
      <Button size="small" type="text" onClick={() => setCorrect({ of: t, field: f })} aria-label={`${s(correcting.titleTarget)} ${t.indicator} ${s(correcting[f])}`}>
        {text || '—'}
      </Button>
    ) : (
      (text ?? '—')
    );
  };
  return (
    <div className="grid">
      {advice.data?.items.length ? (
        <section className="card">
          <div className="spread">
            <h2 className="section-title">{s(adviceWords.ofDisclosure)}</h2>
            <Link to="/finance/advice">{s(pages.advice)}</Link>
          </div>
          <AdviceList items={advice.data.items.slice(0, 3)} name={(i) => advice.data!.targets[i]?.indicator ?? ''} />
          {advice.data.items.length > 3 ? (
            <details>
              <summary>
                {s(common.more)} {s(common.count, { n: advice.data.items.length - 3 })}
              </summary>
              <AdviceList items={advice.data.items.slice(3)} name={(i) => advice.data!.targets[i]?.indicator ?? ''} />
            </details>
          ) : null}
        </section>
      ) : null}
      <section className="card" style={{ padding: 0 }}>
        <Loaded query={list}>
          {(data) => (
            <ListTable<Target>
              label={s(words.indicator)}
              size="small"
              rowKey="key"
              scroll={{ x: 980 }}
              pagination={data.items.length > 60 ? { pageSize: 60, showSizeChanger: false } : false}
              dataSource={data.items}
              locale={{ emptyText: <Nothing text={s(words.empty)} /> }}
              columns={[
                {
                  title: s(words.place),
                  card: 'full',
                  width: 190,
                  render: (_, t) => (
                    <>
                      {t.table} <Tag>{s(sheetWords[t.sheet])}</Tag>
                      <div className="muted" style={{ fontSize: 12 }}>
                        {t.project}
                      </div>
                    </>
                  ),
                },
                { title: s(adviceWords.level2), width: 120, render: (_, t) => t.level2 ?? t.level1 },
                { title: s(words.indicator), card: 'head', render: (_, t) => part(t, 'indicator') },
                { title: s(correcting.nature), width: 80, render: (_, t) => part(t, 'nature') },
                { title: s(correcting.value), width: 90, render: (_, t) => part(t, 'value') },
                { title: s(correcting.unit), width: 90, render: (_, t) => part(t, 'unit') },
                { title: s(correcting.weight), width: 80, render: (_, t) => part(t, 'weight') },
                {
                  title: s(words.state),
                  width: 120,
                  render: (_, t) => (
                    <button type="button" className="fin-link" onClick={() => setOpen(t.key)}>
                      <Tag color={progressTone[t.progress.state]!}>{t.binding ? s(t.progress.stateName) : s(words.unbound)}</Tag>
                    </button>
                  ),
                },
                {
                  title: '',
                  card: 'foot',
                  width: 120,
                  render: (_, t) => (
                    <>
                      {t.confidence < 0.9 ? <Tag color="warning">{s(reading.uncertainMark)}</Tag> : null}
                      <Link
                        to="/finance/$id"
                        params={{ id: of.id }}
                        search={{ tab: 'reading', table: of.tableList.find((x) => x.id === t.table)?.n, at: placeKey(t.place as Place), words: t.indicator } as never}
                      >
                        {placeText(s, t.place as Place, of.files.length)}
                      </Link>
                    </>
                  ),
                },
              ]}
            />
          )}
        </Loaded>
      </section>
      {open ? <TargetDrawer keyOf={open} onClose={() => setOpen(undefined)} /> : null}
      {correct ? (
        <CorrectDialog
          id={of.id}
          title={s(correcting.titleTarget)}
          where={`${correct.of.table} ${correct.of.indicator} · ${s(correcting[correct.field])}`}
          from={valueOf(correct.of, correct.field) ?? ''}
          onClose={() => setCorrect(undefined)}
          {...(correct.field === 'nature' ? { field: 'nature' as const } : {})}
          make={(to, reason) => ({ what: 'target', key: correct.of.key, field: correct.field, from: valueOf(correct.of, correct.field), to: to || null, reason })}
        />
      ) : null}
    </div>
  );
}
