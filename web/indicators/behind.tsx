// Behind one number: its formula, inputs, readings, cases and ledger entries, and how it was revised.
import { Link } from '@tanstack/react-router';
import { Button, Drawer } from 'antd';
import { useState } from 'react';
import { indicatorsApi } from '#core/indicators/contract.ts';
import { useCall } from '../api.ts';
import { Series } from '../signals/series.tsx';
import { useText } from '../texts.tsx';
import { Time, timeText } from '../ui/clock.tsx';
import { Loaded, Nothing } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import { common, detail as words, reasonWords } from './texts.ts';
import { LevelOf, Value } from './words.tsx';

export function Behind({ code, scope, bucket, unit, onClose }: { code: string; scope: string; bucket: string; unit: string; onClose(): void }) {
  const s = useText();
  const query = useCall(indicatorsApi.drillDown, { params: { code }, query: { scope, bucket } });
  const [stream, setStream] = useState<string>();
  const known = (v: number | null) => (v === null ? <span className="muted">{s(common.unknown)}</span> : <span className="num">{v.toLocaleString('zh-CN')}</span>);
  return (
    <Drawer open size={760} title={s(words.behindTitle, { at: timeText(bucket) })} onClose={onClose}>
      <Loaded query={query}>
        {(d) => (
          <div className="grid">
            <div>
              <span className="row">
                <Value big value={d.value} unit={unit} reason={d.reason} /> <LevelOf of={d} />
                {d.reason ? <span className="muted">{s(reasonWords[d.reason]) || d.reason}</span> : null}
              </span>
              <p className="muted" style={{ margin: '4px 0 0', overflowWrap: 'anywhere' }}>
                {d.formula}
              </p>
              <p className="muted" style={{ margin: 0 }}>
                {timeText(d.from)} – {timeText(d.to)} · {s(words.coverage)} {Math.round(d.coverage * 100)}%
              </p>
            </div>
            {d.inputs.length ? (
              <section>
                <h3 className="section-title">{s(words.inputs)}</h3>
                <Rows
                  label={s(words.inputs)}
                  rows={d.inputs}
                  rowKey={(i) => i.code}
                  minWidth={420}
                  columns={[
                    {
                      title: s(common.name),
                      card: 'head',
                      render: (i) => (
                        <Link to="/indicators/$code" params={{ code: i.code }} onClick={onClose}>
                          {s(i.name)}
                        </Link>
                      ),
                    },
                    { title: s(common.value), align: 'right', render: (i) => known(i.value) },
                    { title: s(words.weight), align: 'right', render: (i) => i.weight ?? '' },
                  ]}
                />
              </section>
            ) : null}
            {d.streams.length ? (
              <section>
                <h3 className="section-title">{s(words.readings)}</h3>
                <Rows
                  label={s(words.readings)}
                  rows={d.streams}
                  rowKey={(x) => x.stream}
                  pageSize={12}
                  minWidth={520}
                  columns={[
                    { title: s(words.stream), card: 'head', render: (x) => x.name },
                    { title: s(common.value), align: 'right', render: (x) => known(x.value === null ? null : Math.round(x.value * 1000) / 1000) },
                    { title: s(words.readings), align: 'right', render: (x) => <span className="num">{x.readings}</span> },
                    { title: s(words.hours), align: 'right', render: (x) => <span className="num">{x.hours}</span> },
                    {
                      title: '',
                      card: 'foot',
                      render: (x) => (
                        <Button size="small" onClick={() => setStream(stream === x.stream ? undefined : x.stream)}>
                          {s(words.curveOf)}
                        </Button>
                      ),
                    },
                  ]}
                />
                {stream ? <Series key={stream} id={stream} days={7} /> : null}
              </section>
            ) : null}
            {d.evidence.length ? (
              <section>
                <h3 className="section-title">{s(words.records)}</h3>
                <Rows
                  label={s(words.records)}
                  rows={d.evidence}
                  rowKey={(e) => e.subject}
                  pageSize={12}
                  minWidth={420}
                  columns={[
                    {
                      title: s(words.records),
                      card: 'head',
                      render: (e) =>
                        e.subject.startsWith('case:') ? (
                          <Link to="/cases/$id" params={{ id: e.subject.slice(5) }}>
                            {e.title}
                          </Link>
                        ) : (
                          e.title
                        ),
                    },
                    { title: s(common.time), render: (e) => <Time at={e.at} /> },
                    { title: s(common.value), align: 'right', render: (e) => e.value ?? '' },
                  ]}
                />
              </section>
            ) : null}
            {d.inputs.length || d.streams.length || d.evidence.length ? null : <Nothing text={s(words.nothingBehind)} />}
            {d.revisions.length ? (
              <section>
                <h3 className="section-title">{s(words.revisions)}</h3>
                <ul>
                  {d.revisions.map((r) => (
                    <li key={`${r.version}/${r.revision}`}>
                      {s(words.revisionLine, { n: r.revision, value: r.value ?? s(common.unknown), from: timeText(r.computedAt), to: timeText(r.supersededAt) })}
                    </li>
                  ))}
                </ul>
              </section>
            ) : null}
          </div>
        )}
      </Loaded>
    </Drawer>
  );
}
