// One uploaded CSV: what its columns mean, what the first rows become, then started – or resumed where it stopped.
import { Alert, App, Button, Input, Segmented, Tag } from 'antd';
import { useState } from 'react';
import type * as z from 'zod';
import { type csvMapping, importsApi } from '#core/signals/imports-contract.ts';
import { CallError, type Reply, useCall, useCommand } from '../api.ts';
import { useText } from '../texts.tsx';
import { timeText } from '../ui/clock.tsx';
import { Loaded } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import { ColumnSelect } from './imports.tsx';
import { ThingSelect } from './probes.tsx';
import { common, imports as words } from './texts.ts';

type Mapping = z.input<typeof csvMapping>;
type Read = Reply<typeof importsApi.read>;

export function ImportSetup({ id, onClose }: { id: string; onClose(): void }) {
  const one = useCall(importsApi.read, { params: { id } });
  return (
    <Loaded query={one} rows={3}>
      {(data) => <Setup data={data} onClose={onClose} />}
    </Loaded>
  );
}

function Setup({ data, onClose }: { data: Read; onClose(): void }) {
  const s = useText();
  const { modal, message } = App.useApp();
  const [m, setM] = useState<Mapping>(() => (data.mapping ?? data.looked.proposal) as Mapping);
  const tryIt = useCommand(importsApi.preview, { quiet: true });
  const start = useCommand(importsApi.start, { quiet: true, also: ['jobs'] });
  const { header, rows } = data.looked;
  const put = (next: Partial<Mapping>) => {
    tryIt.reset();
    start.reset();
    setM(Object.fromEntries(Object.entries({ ...m, ...next }).filter(([, v]) => v !== undefined)) as Mapping);
  };
  const params = { id: data.id };
  const tried = tryIt.data;
  const error = tryIt.error ?? start.error;
  const byParts = !('column' in m.time);
  const timeColumns = 'column' in m.time ? [m.time.column] : Object.values(m.time);
  const open = data.state === 'uploaded' || data.state === 'failed' || data.state === 'cancelled';
  return (
    <div className="card" style={{ marginTop: 12, borderColor: 'var(--primary)' }}>
      <div className="spread">
        <strong style={{ overflowWrap: 'anywhere' }}>{data.name}</strong>
        <span className="row">
          <Tag>{`${data.looked.encoding} · “${data.looked.delimiter === '\t' ? 'Tab' : data.looked.delimiter}”`}</Tag>
          <Button size="small" onClick={onClose}>
            {s(common.cancel)}
          </Button>
        </span>
      </div>
      <p className="muted" style={{ margin: '8px 0 2px' }}>
        {s(words.first)}
      </p>
      <pre className="code" tabIndex={0} style={{ maxHeight: 130, overflow: 'auto', whiteSpace: 'pre' }}>
        {[header, ...rows.slice(0, 5)].map((r) => r.join('  |  ')).join('\n')}
      </pre>
      {open ? (
        <>
          <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(180px, 1fr))', gap: 10, margin: '12px 0' }}>
            {byParts ? (
              <label style={{ display: 'grid', gap: 2 }}>
                <span className="muted" style={{ fontSize: 12 }}>
                  {s(words.time)}
                </span>
                <span>{timeColumns.join(' + ')}</span>
              </label>
            ) : (
              <ColumnSelect
                label={s(words.time)}
                header={header}
                value={'column' in m.time ? m.time.column : undefined}
                onChange={(column) => column && put({ time: { column } })}
              />
            )}
            <label style={{ display: 'grid', gap: 2 }}>
              <span className="muted" style={{ fontSize: 12 }}>
                {s(words.zone)}
              </span>
              <Input value={m.zone ?? '+08:00'} onChange={(e) => put({ zone: e.target.value })} />
            </label>
            <ColumnSelect label={s(words.thingColumn)} header={header} value={m.thingColumn} none={s(words.none)} onChange={(thingColumn) => put({ thingColumn })} />
            {m.thingColumn ? null : (
              <label style={{ display: 'grid', gap: 2 }}>
                <span className="muted" style={{ fontSize: 12 }}>
                  {s(words.thingCode)}
                </span>
                <ThingSelect label={s(words.thingCode)} {...(m.thing ? { value: m.thing } : {})} onChange={(thing) => put({ thing })} />
              </label>
            )}
          </div>
          <Segmented
            aria-label={s(words.layout)}
            value={m.layout ?? 'wide'}
            onChange={(layout) => put({ layout: layout as 'wide' })}
            options={[
              { value: 'wide', label: s(words.wide) },
              { value: 'long', label: s(words.long) },
            ]}
          />
          <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(180px, 1fr))', gap: 10, margin: '12px 0' }}>
            {m.layout === 'long' ? (
              <>
                <ColumnSelect label={s(words.streamColumn)} header={header} value={m.streamColumn} onChange={(streamColumn) => put({ streamColumn })} />
                <ColumnSelect label={s(words.valueColumn)} header={header} value={m.valueColumn} onChange={(valueColumn) => put({ valueColumn })} />
              </>
            ) : (
              header
                .filter((h, i) => h && header.indexOf(h) === i && !timeColumns.includes(h) && h !== m.thingColumn)
                .slice(0, 60)
                .map((h) => {
                  const own = m.streams?.find((x) => x.column === h)?.stream ?? '';
                  return (
                    <label key={h} style={{ display: 'grid', gap: 2 }}>
                      <span className="muted" style={{ fontSize: 12 }}>
                        {s(words.streamOf, { c: h })}
                      </span>
                      <Input
                        value={own}
                        placeholder={s(words.skip)}
                        onChange={(e) => {
                          const rest = (m.streams ?? []).filter((x) => x.column !== h);
                          put({ streams: e.target.value ? [...rest, { column: h, stream: e.target.value }] : rest });
                        }}
                      />
                    </label>
                  );
                })
            )}
          </div>
          <div className="row">
            <Button type={tried ? 'default' : 'primary'} loading={tryIt.isPending} onClick={() => tryIt.mutate({ params, body: { mapping: m } })}>
              {s(words.try)}
            </Button>
            <Button
              type={tried ? 'primary' : 'default'}
              disabled={!tried?.readings.length && data.state === 'uploaded'}
              loading={start.isPending}
              onClick={() =>
                modal.confirm({
                  title: s(words.startAsk, { name: data.name }),
                  onOk: () =>
                    start
                      .mutateAsync({ params, body: { mapping: m } })
                      .then(() => {
                        message.success(s(words.started));
                        onClose();
                      })
                      .catch(() => {}),
                })
              }
            >
              {s(data.state === 'uploaded' ? words.start : words.resume)}
            </Button>
          </div>
        </>
      ) : null}
      {error ? (
        <Alert
          type="error"
          showIcon
          role="alert"
          style={{ marginTop: 10 }}
          title={error instanceof CallError ? error.message : s(common.offline)}
          description={error instanceof CallError ? error.problem.errors?.map((e) => e.message).join('；') : undefined}
        />
      ) : null}
      {tried ? (
        <div style={{ marginTop: 10 }} role="status">
          <Alert
            type={tried.faults.length ? 'warning' : 'success'}
            showIcon
            title={s(words.tried, { n: tried.records, ok: Object.values(tried.byStream).reduce((a, b) => a + b, 0), bad: tried.faults.length })}
          />
          {tried.readings.length ? (
            <p style={{ overflowWrap: 'anywhere' }}>
              <span className="muted">{s(words.firstReadings)}</span>{' '}
              {tried.readings
                .slice(0, 4)
                .map((r) => `${r.stream} ${timeText(r.at)} ${r.value}`)
                .join('；')}
            </p>
          ) : null}
          <Faults rows={tried.faults} />
        </div>
      ) : data.problems.length ? (
        <Faults rows={data.problems} />
      ) : null}
    </div>
  );
}

function Faults({ rows }: { rows: Read['problems'] }) {
  const s = useText();
  if (!rows.length) return null;
  return (
    <Rows
      label={s(common.reason)}
      rows={rows.map((r, i) => ({ ...r, i }))}
      rowKey={(r) => String(r.i)}
      pageSize={8}
      minWidth={460}
      columns={[
        { title: s(words.line), card: 'head', render: (r) => <span className="num">{r.line}</span> },
        { title: s(words.column), render: (r) => r.column },
        { title: s(common.reason), render: (r) => <span style={{ color: 'var(--bad)' }}>{r.reason}</span> },
        { title: s(words.content), render: (r) => <span style={{ overflowWrap: 'anywhere' }}>{r.text}</span> },
      ]}
    />
  );
}
