// Readings by hand and meter readings: one sheet for many meters, what was used seen at once, doubtful counts asked about.
import { Alert, App, Button, Checkbox, DatePicker, Input, InputNumber, Radio, Select, Switch } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { useState } from 'react';
import { byHandApi } from '#core/signals/by-hand-contract.ts';
import { meterStep } from '#core/signals/meter.ts';
import { CallError, type Reply, useCall, useCommand } from '../api.ts';
import { useText } from '../texts.tsx';
import { Time, serverNow } from '../ui/clock.tsx';
import { Loaded, Nothing } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import { ThingsPage, unitOptions, useUnits } from './frame.tsx';
import { byHand as words, common } from './texts.ts';

type Stream = Reply<typeof byHandApi.streams>['items'][number];
interface Given {
  value?: number | null;
  rollover?: boolean;
  start?: number | null;
  confirmed?: boolean;
  note?: string;
}

export function ByHand() {
  const s = useText();
  const { message } = App.useApp();
  const { units } = useUnits();
  const [unit, setUnit] = useState<string>();
  const [text, setText] = useState('');
  const [all, setAll] = useState(false);
  const [at, setAt] = useState<Dayjs>(() => dayjs(serverNow()).second(0).millisecond(0));
  const [given, setGiven] = useState<Record<string, Given>>({});
  const list = useCall(
    byHandApi.streams,
    { query: { limit: 200, all: all ? 'true' : 'false', ...(unit ? { unit } : {}), ...(text ? { text } : {}) } },
    { placeholderData: (old) => old },
  );
  const enter = useCommand(byHandApi.enter, { quiet: true, also: ['things', 'signals'] });
  const streams = list.data?.items ?? [];
  const filled = streams.filter((x) => typeof given[x.stream]?.value === 'number');
  const set = (id: string, next: Given) => {
    enter.reset();
    setGiven({ ...given, [id]: { ...given[id], ...next } });
  };
  const faults = new Map<string, string>();
  if (enter.error instanceof CallError)
    for (const e of enter.error.problem.errors ?? []) {
      const m = /^\/body\/readings\/(\d+)/.exec(e.pointer);
      const stream = m && filled[Number(m[1])];
      if (stream) faults.set(stream.stream, e.message);
    }
  const send = () =>
    enter.mutate(
      {
        body: {
          readings: filled.map((x) => {
            const g = given[x.stream]!;
            return {
              stream: x.stream,
              at: at.toISOString(),
              value: g.value!,
              ...(g.rollover ? { rollover: true } : {}),
              ...(typeof g.start === 'number' ? { start: g.start } : {}),
              ...(g.confirmed ? { confirmed: true } : {}),
              ...(g.note ? { note: g.note } : {}),
            };
          }),
        },
      },
      {
        onSuccess: (r) => {
          message.success(`${s(words.done, { n: r.stored })}${r.duplicates ? s(words.duplicates, { n: r.duplicates }) : ''}`);
          setGiven({});
        },
      },
    );
  return (
    <ThingsPage title={s(words.title)} note={s(words.note)}>
      <div className="card filters">
        <DatePicker
          showTime={{ format: 'HH:mm' }}
          format="YYYY-MM-DD HH:mm"
          allowClear={false}
          aria-label={s(words.at)}
          value={at}
          maxDate={dayjs(serverNow())}
          onChange={(d) => d && setAt(d)}
          style={{ width: 200 }}
        />
        <Select
          aria-label={s(common.unit)}
          placeholder={s(common.allUnits)}
          allowClear
          value={unit}
          onChange={setUnit}
          style={{ width: 190 }}
          showSearch={{ optionFilterProp: 'text' }}
          options={unitOptions(units)}
        />
        <Input.Search aria-label={s(words.search)} placeholder={s(words.search)} allowClear onSearch={setText} style={{ width: 200 }} />
        <label className="row">
          <Switch size="small" checked={all} onChange={setAll} aria-label={s(words.all)} />
          {s(words.all)}
        </label>
      </div>
      {enter.error ? (
        <Alert type="error" showIcon role="alert" title={faults.size ? s(words.refused) : enter.error instanceof CallError ? enter.error.message : s(common.offline)} />
      ) : null}
      <div className="card" style={{ padding: 0 }}>
        <Loaded query={list}>
          {() => (
            <Rows<Stream>
              label={s(words.title)}
              rows={streams}
              rowKey={(x) => x.stream}
              pageSize={40}
              minWidth={820}
              rowClass={(x) => (faults.has(x.stream) ? 'row-bad' : '')}
              empty={<Nothing text={s(words.empty)} />}
              columns={[
                {
                  title: s(common.device),
                  card: 'head',
                  render: (x) => (
                    <>
                      {x.thingName} · {x.name}
                      <div className="muted" style={{ fontSize: 12 }}>
                        {x.thing}/{x.code}
                      </div>
                    </>
                  ),
                },
                {
                  title: s(words.last),
                  render: (x) =>
                    x.last ? (
                      <>
                        <span className="num">{x.last.value ?? '—'}</span> {x.measure}
                        <div className="muted" style={{ fontSize: 12 }}>
                          <Time at={x.last.at} />
                        </div>
                      </>
                    ) : (
                      s(words.never)
                    ),
                },
                {
                  title: s(words.value),
                  card: 'full',
                  render: (x) => <Cell stream={x} at={at} given={given[x.stream] ?? {}} fault={faults.get(x.stream)} onChange={(g) => set(x.stream, g)} />,
                },
              ]}
            />
          )}
        </Loaded>
      </div>
      <div className="row" style={{ position: 'sticky', bottom: 0, padding: '8px 0', background: 'var(--bg)' }}>
        <Button type="primary" size="large" disabled={!filled.length} loading={enter.isPending} onClick={send}>
          {s(words.submit, { n: filled.length })}
        </Button>
      </div>
    </ThingsPage>
  );
}

function Cell({ stream: x, at, given: g, fault, onChange }: { stream: Stream; at: Dayjs; given: Given; fault: string | undefined; onChange(g: Given): void }) {
  const s = useText();
  const last = x.last && x.last.value !== null ? { at: Date.parse(x.last.at), value: x.last.value } : undefined;
  const step =
    x.meter && typeof g.value === 'number'
      ? meterStep(x.meter, last, { at: at.valueOf(), value: g.value }, { ...(g.rollover ? { rollover: true } : {}), ...(typeof g.start === 'number' ? { start: g.start } : {}) })
      : undefined;
  const outside = !x.meter && typeof g.value === 'number' && ((x.min !== null && g.value < x.min) || (x.max !== null && g.value > x.max));
  const asks = (step && 'fault' in step && step.ask === 'rollover') || g.rollover !== undefined || g.start !== undefined;
  const how = g.rollover ? 'rollover' : g.start !== undefined ? 'replaced' : undefined;
  return (
    <div style={{ display: 'grid', gap: 4, justifyItems: 'start' }}>
      <span className="row">
        <InputNumber aria-label={`${x.thingName} ${x.name}`} value={g.value ?? null} suffix={x.measure} style={{ width: 170 }} onChange={(value) => onChange({ value })} />
        {step && 'used' in step ? (
          <span>
            {s(words.used)} <span className="num">{step.used.toLocaleString('zh-CN')}</span> {x.measure}
          </span>
        ) : null}
        <Input
          aria-label={`${s(words.noteField)} ${x.thingName}`}
          placeholder={s(words.noteField)}
          maxLength={500}
          value={g.note ?? ''}
          onChange={(e) => onChange({ note: e.target.value })}
          style={{ width: 150 }}
        />
      </span>
      {(step && 'fault' in step) || fault ? <span style={{ color: 'var(--bad)' }}>{fault ?? (step as { fault: string }).fault}</span> : null}
      {asks ? (
        <span className="row">
          <Radio.Group
            value={how}
            onChange={(e) => onChange(e.target.value === 'rollover' ? { rollover: true, start: undefined as never } : { rollover: undefined as never, start: 0 })}
            options={[
              { value: 'rollover', label: s(words.rollover) },
              { value: 'replaced', label: s(words.replaced) },
            ]}
          />
          {how === 'replaced' ? (
            <InputNumber aria-label={s(words.replaced)} min={0} value={g.start ?? 0} onChange={(v) => onChange({ start: v ?? 0 })} style={{ width: 110 }} />
          ) : null}
        </span>
      ) : null}
      {outside || (fault && !x.meter) ? (
        <>
          {outside ? <span style={{ color: 'var(--warn)' }}>{s(words.outside, { min: x.min ?? '−∞', max: x.max ?? '∞' })}</span> : null}
          <Checkbox checked={g.confirmed ?? false} onChange={(e) => onChange({ confirmed: e.target.checked })}>
            {s(words.confirm)}
          </Checkbox>
        </>
      ) : null}
    </div>
  );
}
