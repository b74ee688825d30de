// Readings set aside: why, what they said, and releasing one at its own, the received or a corrected time.
import { Alert, App, Button, DatePicker, Input, Modal, Radio } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { useState } from 'react';
import { signalsApi } from '#core/signals/contract.ts';
import { type Reply, useCall, useCommand } from '../api.ts';
import { useText } from '../texts.tsx';
import { Time, timeText } from '../ui/clock.tsx';
import { Loaded, Nothing } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import { ThingsPage } from './frame.tsx';
import { common, quarantine as words } from './texts.ts';

type Item = Reply<typeof signalsApi.quarantine>['items'][number];
const valueOf = (reading: unknown): string => {
  if (typeof reading !== 'object' || reading === null) return String(reading);
  const { value, num, txt } = reading as { value?: unknown; num?: unknown; txt?: unknown };
  const said = value ?? num ?? txt;
  return said === undefined || said === null ? JSON.stringify(reading) : typeof said === 'object' ? JSON.stringify(said) : String(said);
};
const claimed = (reading: unknown): string | undefined => {
  const at = (reading as { at?: unknown } | null)?.at;
  return typeof at === 'string' && Number.isFinite(Date.parse(at)) ? at : undefined;
};

export function QuarantinePage() {
  const s = useText();
  const query = useCall(signalsApi.quarantine, {}, { refetchInterval: 30_000 });
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState<Item>();
  return (
    <ThingsPage title={s(words.title)} note={s(words.note)}>
      <div className="card" style={{ padding: 0 }}>
        <div className="filters" style={{ padding: '10px 12px' }}>
          <Input.Search aria-label={s(words.search)} placeholder={s(words.search)} allowClear onSearch={setText} style={{ width: 260 }} />
          <span className="muted">{s(words.most)}</span>
        </div>
        <Loaded query={query}>
          {(data) => (
            <Rows<Item>
              label={s(words.title)}
              rows={data.items.filter((q) => !text || `${q.reason} ${q.source} ${q.stream ?? ''}`.includes(text))}
              rowKey={(q) => q.id}
              pageSize={25}
              minWidth={720}
              empty={<Nothing text={s(words.empty)} />}
              columns={[
                { title: s(common.reason), card: 'head', render: (q) => q.reason },
                {
                  title: s(words.reading),
                  render: (q) => (
                    <>
                      <span className="num">{valueOf(q.reading)}</span>
                      <div className="muted" style={{ fontSize: 12 }}>
                        {q.stream ? `#${q.stream}` : s(words.noStream)}
                      </div>
                    </>
                  ),
                },
                { title: s(words.claimed), render: (q) => (claimed(q.reading) ? <Time at={claimed(q.reading)} /> : '—') },
                { title: s(words.received), render: (q) => <Time at={q.receivedAt} /> },
                { title: s(words.source), render: (q) => <span style={{ overflowWrap: 'anywhere' }}>{q.source}</span> },
                {
                  title: '',
                  card: 'foot',
                  render: (q) =>
                    q.stream ? (
                      <Button size="small" onClick={() => setChosen(q)}>
                        {s(words.release)}
                      </Button>
                    ) : (
                      <span className="muted" style={{ fontSize: 12 }}>
                        {s(words.cannot)}
                      </span>
                    ),
                },
              ]}
            />
          )}
        </Loaded>
      </div>
      {chosen ? <Release item={chosen} onClose={() => setChosen(undefined)} /> : null}
    </ThingsPage>
  );
}

function Release({ item, onClose }: { item: Item; onClose(): void }) {
  const s = useText();
  const { message } = App.useApp();
  const own = claimed(item.reading);
  // What claims a time yet to come can only be released at another.
  const future = own !== undefined && Date.parse(own) > Date.parse(item.receivedAt);
  const [how, setHow] = useState<'own' | 'received' | 'corrected'>(own && !future ? 'own' : 'received');
  const [at, setAt] = useState<Dayjs>(dayjs(item.receivedAt));
  const release = useCommand(signalsApi.release, { quiet: true, also: ['things'] });
  const send = () =>
    release.mutate(
      { params: { id: item.id }, body: how === 'own' ? {} : { at: how === 'received' ? item.receivedAt : at.toISOString() } },
      {
        onSuccess: (r) => {
          if (r.stored) message.success(s(words.done));
          else message.info(s(words.already));
          onClose();
        },
      },
    );
  return (
    <Modal open title={`${s(words.release)} · ${valueOf(item.reading)}`} onCancel={onClose} onOk={send} okText={s(words.release)} confirmLoading={release.isPending}>
      <p>{item.reason}</p>
      {release.error ? <Alert type="error" showIcon title={release.error.message} style={{ marginBottom: 10 }} role="alert" /> : null}
      <Radio.Group
        value={how}
        onChange={(e) => setHow(e.target.value as 'own')}
        style={{ display: 'grid', gap: 8 }}
        options={[
          ...(own ? [{ value: 'own', label: `${s(words.own)}（${timeText(own)}）` }] : []),
          { value: 'received', label: `${s(words.received2)}（${timeText(item.receivedAt)}）` },
          { value: 'corrected', label: s(words.corrected) },
        ]}
      />
      {how === 'corrected' ? (
        <DatePicker
          showTime={{ format: 'HH:mm:ss' }}
          format="YYYY-MM-DD HH:mm:ss"
          aria-label={s(words.corrected)}
          value={at}
          onChange={(d) => d && setAt(d)}
          style={{ width: '100%', marginTop: 10 }}
        />
      ) : null}
    </Modal>
  );
}
