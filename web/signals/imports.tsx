// CSV backfill: uploaded with progress, tried, imported as a job one may leave and resume; what was wrong is read by line.
import { Alert, App, Button, Progress, Select, Tag } from 'antd';
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { importsApi } from '#core/signals/imports-contract.ts';
import { peopleApi } from '#core/people/contract.ts';
import { CallError, type Reply, addressOf, send, useCall, useCommand } from '../api.ts';
import { useText } from '../texts.tsx';
import { Time } from '../ui/clock.tsx';
import { Loaded, Nothing } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import { ImportSetup } from './import-setup.tsx';
import { ThingSelect } from './probes.tsx';
import { common, imports as words } from './texts.ts';

type Item = Reply<typeof importsApi.list>['items'][number];
const busy = (i: { state: string }): boolean => i.state === 'queued' || i.state === 'running';
const tone: Record<string, string> = { done: 'success', failed: 'error', running: 'processing', queued: 'processing' };

export function Imports() {
  const s = useText();
  const { modal } = App.useApp();
  const queries = useQueryClient();
  const [thing, setThing] = useState<string>();
  const [sent, setSent] = useState<number>();
  const [fault, setFault] = useState<string>();
  const [open, setOpen] = useState<string>();
  const [over, setOver] = useState(false);
  const stop = useRef<AbortController>(undefined);
  const list = useCall(importsApi.list, { query: { limit: 50 } }, { refetchInterval: (q) => (q.state.data?.items.some(busy) ? 1500 : 30_000) });
  const cancel = useCommand(peopleApi.cancelJob, { done: s(words.cancelled), also: ['signals'] });
  const take = async (file: File | undefined) => {
    if (!file) return;
    setFault(undefined);
    setSent(0);
    stop.current = new AbortController();
    try {
      const row = await send(importsApi.upload, { query: { name: file.name.slice(0, 200), ...(thing ? { thing } : {}) } }, file.slice(0, file.size, 'text/csv'), {
        onProgress: setSent,
        signal: stop.current.signal,
      });
      setOpen(row.id);
    } catch (error) {
      if (!(error instanceof DOMException)) setFault(error instanceof CallError ? error.message : s(common.offline));
    } finally {
      setSent(undefined);
      await queries.invalidateQueries({ queryKey: ['signals'] });
    }
  };
  return (
    <section className="card">
      <h2>{s(words.title)}</h2>
      <p className="muted" style={{ marginTop: 0 }}>
        {s(words.note)}
      </p>
      {fault ? <Alert type="error" showIcon title={fault} style={{ marginBottom: 10 }} role="alert" /> : null}
      {sent === undefined ? (
        <div className="grid">
          <label style={{ display: 'grid', gap: 2, maxWidth: 420 }}>
            <span className="muted" style={{ fontSize: 12 }}>
              {s(words.thing)}
            </span>
            <ThingSelect label={s(words.thing)} {...(thing ? { value: thing } : {})} onChange={setThing} />
          </label>
          <label
            className={`drop ${over ? 'over' : ''}`}
            onDragOver={(e) => {
              e.preventDefault();
              setOver(true);
            }}
            onDragLeave={() => setOver(false)}
            onDrop={(e) => {
              e.preventDefault();
              setOver(false);
              void take(e.dataTransfer.files[0]);
            }}
          >
            <input type="file" accept=".csv,.txt,text/csv" aria-label={s(words.choose)} onChange={(e) => void take(e.target.files?.[0])} />
            {s(words.choose)}
          </label>
        </div>
      ) : (
        <div className="row" role="status">
          <Progress percent={Math.round(sent * 100)} style={{ maxWidth: 360 }} />
          <Button size="small" onClick={() => stop.current?.abort()}>
            {s(words.cancelUpload)}
          </Button>
        </div>
      )}
      {open ? <ImportSetup key={open} id={open} onClose={() => setOpen(undefined)} /> : null}
      <h3 style={{ fontSize: 15, margin: '18px 0 6px' }}>{s(words.history)}</h3>
      <Loaded query={list} rows={2}>
        {(data) => (
          <Rows<Item>
            label={s(words.history)}
            rows={data.items}
            rowKey={(i) => i.id}
            pageSize={10}
            minWidth={640}
            empty={<Nothing text={s(words.empty)} />}
            columns={[
              {
                title: s(words.file),
                card: 'head',
                render: (i) => (
                  <>
                    <span style={{ overflowWrap: 'anywhere' }}>{i.name}</span>
                    <div className="muted" style={{ fontSize: 12 }}>
                      {(i.size / 1024 / 1024).toFixed(i.size > 1024 * 1024 ? 1 : 3)} MB · {i.by} · <Time at={i.at} />
                    </div>
                  </>
                ),
              },
              {
                title: s(words.progress),
                card: 'full',
                render: (i) => (
                  <>
                    <Tag color={tone[i.state]}>{s(words.states[i.state])}</Tag>
                    <span className="muted">{i.records ? s(words.records, { n: i.records.toLocaleString('zh-CN') }) : ''}</span>
                    {i.records ? <div style={{ fontSize: 12 }}>{s(words.counts, { s: i.stored, d: i.duplicates, c: i.conflicts, q: i.quarantined })}</div> : null}
                    {i.error ? <div style={{ color: 'var(--bad)' }}>{i.error}</div> : null}
                  </>
                ),
              },
              {
                title: '',
                card: 'foot',
                render: (i) => (
                  <span className="row" style={{ gap: 4 }}>
                    {i.faults ? (
                      <a href={addressOf(importsApi.faults, { params: { id: i.id } })} download>
                        <Button size="small">{`${s(words.faults, { n: i.faults })} · ${s(words.download)}`}</Button>
                      </a>
                    ) : null}
                    {busy(i) && i.job ? (
                      <Button
                        size="small"
                        danger
                        onClick={() => modal.confirm({ title: s(words.cancelAsk), onOk: () => cancel.mutateAsync({ params: { id: i.job! } }).catch(() => {}) })}
                      >
                        {s(words.cancel)}
                      </Button>
                    ) : (
                      <Button size="small" type={i.state === 'uploaded' || i.state === 'failed' || i.state === 'cancelled' ? 'primary' : 'default'} onClick={() => setOpen(i.id)}>
                        {s(i.state === 'failed' || i.state === 'cancelled' ? words.resume : words.open)}
                      </Button>
                    )}
                  </span>
                ),
              },
            ]}
          />
        )}
      </Loaded>
    </section>
  );
}

/** A column of the file, or none. */
export function ColumnSelect({
  label,
  header,
  value,
  onChange,
  none,
}: {
  label: string;
  header: string[];
  value: string | undefined;
  onChange(v: string | undefined): void;
  none?: string;
}) {
  return (
    <label style={{ display: 'grid', gap: 2 }}>
      <span className="muted" style={{ fontSize: 12 }}>
        {label}
      </span>
      <Select
        aria-label={label}
        value={value ?? ''}
        onChange={(v) => onChange(v || undefined)}
        options={[...(none === undefined ? [] : [{ value: '', label: none }]), ...header.filter((h, i) => h && header.indexOf(h) === i).map((h) => ({ value: h, label: h }))]}
      />
    </label>
  );
}
