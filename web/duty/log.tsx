// The duty log: written at the top, newest first; what is wrong is put right by another entry and stays readable.
import { Link } from '@tanstack/react-router';
import { Alert, Button, DatePicker, Input, Radio, Tag } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { useRef, useState } from 'react';
import { dutyApi, entryKinds } from '#core/duty/contract.ts';
import { type Reply, useCall, useCommand, useMay } from '../api.ts';
import { useText } from '../texts.tsx';
import { serverNow, timeText } from '../ui/clock.tsx';
import { Loaded, Nothing } from '../ui/page.tsx';
import { duty, log as words } from './texts.ts';

export type Entry = Reply<typeof dutyApi.log>['items'][number];
type Kind = keyof typeof entryKinds;

export function DutyLog() {
  const s = useText();
  const may = useMay();
  const [text, setText] = useState('');
  const [cursor, setCursor] = useState<string>();
  const [correcting, setCorrecting] = useState<Entry>();
  const list = useCall(dutyApi.log, { query: { limit: 30, ...(text ? { text } : {}), ...(cursor ? { cursor } : {}) } }, { refetchInterval: 30_000, placeholderData: (old) => old });
  return (
    <section className="card">
      <h2>{s(words.title)}</h2>
      {may('duty.write') ? <Writer correcting={correcting} onDone={() => setCorrecting(undefined)} /> : null}
      <div className="filters no-print" style={{ margin: '12px 0 4px' }}>
        <Input.Search
          aria-label={s(words.search)}
          placeholder={s(words.search)}
          allowClear
          onSearch={(v) => {
            setText(v);
            setCursor(undefined);
          }}
          style={{ maxWidth: 280 }}
        />
      </div>
      <Loaded query={list}>
        {(data) => (
          <>
            {data.items.length ? null : <Nothing text={s(text ? words.noneMatch : words.empty)} />}
            <ol style={{ listStyle: 'none', margin: 0, padding: 0 }} aria-label={s(words.title)}>
              {data.items.map((e) => (
                <li key={e.id} style={{ borderTop: '1px solid var(--border)', padding: '9px 0' }}>
                  <div className="spread" style={{ gap: 6, flexWrap: 'nowrap', alignItems: 'start' }}>
                    <span className="row" style={{ gap: 6 }}>
                      <time className="num" dateTime={e.happenedAt} style={{ whiteSpace: 'nowrap' }}>
                        {timeText(e.happenedAt)}
                      </time>
                      <Tag color={e.kind === 'order' || e.kind === 'report' ? 'blue' : 'default'}>{s(entryKinds[e.kind as Kind]) || e.kind}</Tag>
                      <span className="muted">{e.by}</span>
                      {Date.parse(e.at) - Date.parse(e.happenedAt) > 15 * 60_000 ? <Tag>{`${s(words.late)} ${timeText(e.at)}`}</Tag> : null}
                      {e.corrects ? <Tag color="purple">{s(words.corrects)}</Tag> : null}
                      {e.correctedBy ? <Tag color="warning">{s(words.corrected)}</Tag> : null}
                      {e.caseId ? (
                        <Link to="/cases/$id" params={{ id: e.caseId }}>
                          {e.caseNo ?? s(words.case)}
                        </Link>
                      ) : null}
                    </span>
                    {may('duty.write') && !e.correctedBy ? (
                      <Button size="small" type="text" className="no-print" onClick={() => setCorrecting(e)}>
                        {s(words.correct)}
                      </Button>
                    ) : null}
                  </div>
                  <div style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', ...(e.correctedBy ? { textDecoration: 'line-through', color: 'var(--text-3)' } : {}) }}>
                    {e.text}
                  </div>
                </li>
              ))}
            </ol>
            <div className="row no-print" style={{ justifyContent: 'flex-end' }}>
              {cursor ? <Button onClick={() => setCursor(undefined)}>{s(words.newest)}</Button> : null}
              {data.next ? <Button onClick={() => setCursor(data.next!)}>{s(words.older)}</Button> : null}
            </div>
          </>
        )}
      </Loaded>
    </section>
  );
}

function Writer({ correcting, onDone }: { correcting: Entry | undefined; onDone(): void }) {
  const s = useText();
  const [kind, setKind] = useState<Kind>('call_in');
  const [text, setText] = useState('');
  const [at, setAt] = useState<Dayjs>();
  const area = useRef<HTMLDivElement>(null);
  const write = useCommand(dutyApi.write, {
    done: s(words.saved),
    onSuccess: () => {
      setText('');
      setAt(undefined);
      onDone();
    },
  });
  const send = () => {
    if (!text.trim() || write.isPending) return;
    write.mutate({
      body: {
        kind: (correcting?.kind as Kind | undefined) ?? kind,
        text,
        ...(at ? { happenedAt: at.toISOString() } : correcting ? { happenedAt: correcting.happenedAt } : {}),
        ...(correcting ? { corrects: correcting.id, unit: correcting.unit } : {}),
        ...(correcting?.caseId ? { caseId: correcting.caseId } : {}),
      },
    });
  };
  return (
    <div className="grid no-print" ref={area}>
      {correcting ? (
        <Alert
          type="info"
          showIcon
          title={s(words.correcting, { text: correcting.text.slice(0, 60) })}
          action={
            <Button size="small" onClick={onDone}>
              {s(words.clear)}
            </Button>
          }
        />
      ) : (
        <Radio.Group
          aria-label={s(words.kind)}
          value={kind}
          onChange={(e) => setKind(e.target.value as Kind)}
          options={Object.entries(entryKinds).map(([value, label]) => ({ value, label: s(label) }))}
        />
      )}
      <Input.TextArea
        aria-label={s(words.text)}
        placeholder={s(words.hint)}
        autoSize={{ minRows: 2, maxRows: 8 }}
        maxLength={4000}
        value={text}
        onChange={(e) => setText(e.target.value)}
        onKeyDown={(e) => {
          if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) send();
        }}
      />
      <div className="filters">
        <DatePicker
          showTime={{ format: 'HH:mm' }}
          format="YYYY-MM-DD HH:mm"
          aria-label={s(words.happened)}
          placeholder={`${s(words.happened)}：${s(words.nowTime)}`}
          maxDate={dayjs(serverNow())}
          value={at ?? null}
          onChange={(d) => setAt(d ?? undefined)}
          style={{ width: 220 }}
        />
        <Button type="primary" disabled={!text.trim()} loading={write.isPending} onClick={send}>
          {s(correcting ? words.correct : words.write)}
        </Button>
      </div>
      {write.error instanceof TypeError ? <Alert type="error" showIcon title={s(duty.offline)} /> : null}
    </div>
  );
}
