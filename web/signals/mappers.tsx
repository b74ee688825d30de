// Mappers of foreign payloads: which there are and what waits, a message tried without writing, what was set aside tried again.
import { Alert, App, Button, Drawer, Input, Select, Tag } from 'antd';
import { useState } from 'react';
import { packsApi } from '#core/packs/contract.ts';
import { mappersApi } from '#core/signals/mappers-contract.ts';
import { type Reply, useCall, useCommand } from '../api.ts';
import { useText } from '../texts.tsx';
import { timeText } from '../ui/clock.tsx';
import { Loaded, Nothing } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import { ThingsPage } from './frame.tsx';
import { common, mappers as words } from './texts.ts';

type Mapper = Reply<typeof mappersApi.list>['items'][number];
type Tried = Reply<typeof mappersApi.try>;

export function MappersPage() {
  const s = useText();
  const { modal, message } = App.useApp();
  const list = useCall(mappersApi.list);
  const replay = useCommand(mappersApi.replay, { also: ['things'] });
  const [open, setOpen] = useState<string>();
  const one = list.data?.items.find((m) => m.code === open);
  const again = (m: Mapper) =>
    modal.confirm({
      title: s(words.replayAsk, { n: m.waiting }),
      content: s(words.replayHelp),
      okText: s(words.replay),
      onOk: () =>
        replay
          .mutateAsync({ params: { mapper: m.code }, body: {} })
          .then((r) => void message[r.waiting + r.left ? 'warning' : 'success'](s(words.replayed, { t: r.taken, s: r.stored, w: r.waiting + r.left }), 6))
          .catch(() => {}),
    });
  return (
    <ThingsPage title={s(words.title)} note={s(words.note)}>
      <section className="card" style={{ padding: 0 }}>
        <Loaded query={list}>
          {(data) => (
            <Rows<Mapper>
              label={s(words.title)}
              rows={data.items}
              rowKey={(m) => m.code}
              minWidth={820}
              onOpen={(m) => setOpen(m.code)}
              rowClass={(m) => (m.waiting ? 'row-warn' : '')}
              empty={<Nothing text={s(words.none)} />}
              columns={[
                {
                  title: s(words.title),
                  card: 'head',
                  render: (m) => (
                    <>
                      {s(m.name)}
                      <div className="muted" style={{ fontSize: 12.5 }}>
                        {m.code} · {m.format}
                      </div>
                    </>
                  ),
                },
                {
                  title: s(words.hears),
                  card: 'full',
                  render: (m) =>
                    m.topics.length + m.types.length ? (
                      <span style={{ overflowWrap: 'anywhere' }}>{[...m.topics.map((x) => `MQTT ${x}`), ...m.types.map((x) => `CloudEvents ${x}`)].join('、')}</span>
                    ) : (
                      <span className="muted">{s(words.httpOnly)}</span>
                    ),
                },
                { title: s(words.waiting), align: 'right', width: 90, render: (m) => <span className="num">{m.waiting}</span> },
                { title: s(words.source), card: 'full', render: (m) => <span className="muted">{m.sourceRef}</span> },
                {
                  title: '',
                  card: 'foot',
                  width: 170,
                  render: (m) => (
                    <span className="row" style={{ flexWrap: 'nowrap' }} onClick={(e) => e.stopPropagation()}>
                      <Button size="small" onClick={() => setOpen(m.code)}>
                        {s(words.try)}
                      </Button>
                      {m.waiting ? (
                        <Button size="small" type="primary" loading={replay.isPending && replay.variables?.params?.mapper === m.code} onClick={() => again(m)}>
                          {s(words.replay)}
                        </Button>
                      ) : null}
                    </span>
                  ),
                },
              ]}
            />
          )}
        </Loaded>
      </section>
      {one ? (
        <Drawer open onClose={() => setOpen(undefined)} size={760} title={`${s(one.name)} · ${s(words.try)}`}>
          <Trial key={one.code} mapper={one} />
        </Drawer>
      ) : null}
    </ThingsPage>
  );
}

/** A message put in, what comes of it beside; nothing is stored. */
function Trial({ mapper }: { mapper: Mapper }) {
  const s = useText();
  const written = (i: number): string => {
    const p = mapper.examples[i]?.payload;
    return p === undefined ? '' : typeof p === 'string' ? p : JSON.stringify(p, null, 1);
  };
  const [payload, setPayload] = useState(() => written(0));
  const [topic, setTopic] = useState(mapper.examples[0]?.topic ?? '');
  const attempt = useCommand(mappersApi.try, { quiet: true });
  const source = useCall(packsApi.item, { params: { kind: 'mappers', code: mapper.code } });
  return (
    <div className="grid">
      {mapper.examples.length > 1 ? (
        <Select
          aria-label={s(words.example)}
          placeholder={s(words.example)}
          options={mapper.examples.map((e, i) => ({ value: i, label: e.name }))}
          onChange={(i: number) => {
            setPayload(written(i));
            setTopic(mapper.examples[i]?.topic ?? '');
            attempt.reset();
          }}
        />
      ) : null}
      <label>
        {s(words.topic)}
        <Input value={topic} maxLength={500} onChange={(e) => setTopic(e.target.value)} placeholder={s(words.topicHelp)} />
      </label>
      <label>
        {s(words.payload)}
        <Input.TextArea
          value={payload}
          onChange={(e) => setPayload(e.target.value)}
          autoSize={{ minRows: 6, maxRows: 16 }}
          style={{ fontFamily: 'monospace', fontSize: 12.5 }}
          spellCheck={false}
        />
      </label>
      <div>
        <Button
          type="primary"
          loading={attempt.isPending}
          disabled={!payload.trim()}
          onClick={() => attempt.mutate({ params: { mapper: mapper.code }, body: { payload, ...(topic.trim() ? { topic: topic.trim() } : {}) } })}
        >
          {s(words.run)}
        </Button>{' '}
        <span className="muted">{s(words.nothingWritten)}</span>
      </div>
      {attempt.error ? <Alert type="error" showIcon title={attempt.error.message} role="alert" /> : null}
      {attempt.data ? <Outcome r={attempt.data} /> : null}
      <details>
        <summary className="muted">{s(words.definition)}</summary>
        <Loaded query={source}>
          {(x) => (
            <pre className="code" tabIndex={0}>
              {x.text}
            </pre>
          )}
        </Loaded>
      </details>
    </div>
  );
}

function Outcome({ r }: { r: Tried }) {
  const s = useText();
  if (r.fault) return <Alert type="error" showIcon title={s(words.fault)} description={r.fault} role="alert" />;
  if (r.ignored) return <Alert type="info" showIcon title={s(words.ignored)} />;
  const unknown = r.readings.filter((x) => !x.known).length;
  return (
    <section role="status" className="grid">
      <Alert
        type={unknown ? 'warning' : 'success'}
        showIcon
        title={s(unknown ? words.someUnknown : words.allKnown, { n: r.readings.length, u: unknown })}
        description={unknown ? s(words.unknownHelp) : undefined}
      />
      <Rows
        label={s(words.readings)}
        rows={r.readings.map((x, i) => ({ ...x, i }))}
        rowKey={(x) => String(x.i)}
        minWidth={420}
        pageSize={20}
        columns={[
          { title: s(common.device), card: 'head', render: (x) => x.thing },
          { title: s(words.stream), render: (x) => x.stream },
          { title: s(words.value), align: 'right', render: (x) => <span className="num">{typeof x.value === 'object' ? JSON.stringify(x.value) : String(x.value)}</span> },
          { title: s(words.time), render: (x) => (x.time === undefined ? <span className="muted">{s(words.onArrival)}</span> : timeText(x.time)) },
          { title: s(words.registered), render: (x) => <Tag color={x.known ? 'success' : 'warning'}>{s(x.known ? words.yes : words.no)}</Tag> },
        ]}
      />
    </section>
  );
}
