// Probes: what is looked at, what was seen last and how fast it answered; added, paused, run at once, deleted.
import { Alert, App, Button, Form, Input, InputNumber, Modal, Radio, Segmented, Select, Switch, Tag, Tooltip } from 'antd';
import { useMemo, useState } from 'react';
import { type ProbeKind, expectFault, probeKinds, targetFault } from '#core/signals/probe.ts';
import { devicesApi } from '#core/signals/devices-contract.ts';
import { probesApi } from '#core/signals/probes-contract.ts';
import { signalsApi } from '#core/signals/contract.ts';
import { type Reply, useCall, useCommand } from '../api.ts';
import { useText } from '../texts.tsx';
import { Time, serverNow, timeText } from '../ui/clock.tsx';
import { Loaded, Nothing } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import { ThingsPage } from './frame.tsx';
import { common, probes as words } from './texts.ts';

type Probe = Reply<typeof probesApi.list>['items'][number];
const states = ['all', 'up', 'down', 'unknown', 'paused'] as const;

export function ProbesPage() {
  const s = useText();
  const { modal, message } = App.useApp();
  const [state, setState] = useState<(typeof states)[number]>('all');
  const [text, setText] = useState('');
  const [adding, setAdding] = useState(false);
  const [running, setRunning] = useState<string>();
  const query = useCall(probesApi.list, { query: { limit: 500, state } }, { refetchInterval: 10_000, placeholderData: (old) => old });
  const change = useCommand(probesApi.change);
  const remove = useCommand(probesApi.remove, { done: s(words.removed) });
  const run = useCommand(probesApi.run);
  const latency = useLatencyStreams();
  const stateWord = { all: common.all, up: words.up, down: words.down, unknown: words.unknown, paused: words.paused };
  const runNow = (p: Probe) => {
    setRunning(p.id);
    run.mutate(
      { params: { id: p.id }, body: {} },
      {
        onSuccess: (r) =>
          r.ran ? (r.last?.up === false ? message.warning : message.success)(s(words.ran, { reason: r.last?.reason ?? '—' })) : message.info(s(words.notHere, { place: p.place })),
        onSettled: () => setRunning(undefined),
      },
    );
  };
  const matches = (p: Probe): boolean => !text || `${p.target} ${p.thingName} ${p.thing}`.toLowerCase().includes(text.toLowerCase());
  return (
    <ThingsPage
      title={s(words.title)}
      note={s(words.note)}
      actions={
        <Button type="primary" onClick={() => setAdding(true)}>
          {s(words.add)}
        </Button>
      }
    >
      <div className="card" style={{ padding: 0 }}>
        <div className="filters" style={{ padding: '10px 12px' }}>
          <Segmented aria-label={s(common.status)} value={state} onChange={setState} options={states.map((value) => ({ value, label: s(stateWord[value]) }))} />
          <Input.Search aria-label={s(words.search)} placeholder={s(words.search)} allowClear onSearch={setText} style={{ width: 220 }} />
        </div>
        <Loaded query={query}>
          {(data) => (
            <Rows<Probe>
              label={s(words.title)}
              rows={data.items.filter(matches)}
              rowKey={(p) => p.id}
              pageSize={30}
              minWidth={900}
              rowClass={(p) => (p.active && p.last?.up === false ? 'row-bad' : '')}
              empty={<Nothing text={s(words.empty)} action={<Button onClick={() => setAdding(true)}>{s(words.add)}</Button>} />}
              columns={[
                {
                  title: s(words.target),
                  card: 'head',
                  render: (p) => (
                    <>
                      <span style={{ overflowWrap: 'anywhere' }}>{p.target}</span>
                      <div className="muted" style={{ fontSize: 12 }}>
                        {p.thingName} · {s(words.kinds[p.kind])} · {p.intervalS} s{p.place === 'local' ? '' : ` · ${p.place}`}
                      </div>
                    </>
                  ),
                },
                {
                  title: s(common.status),
                  render: (p) => (
                    <>
                      <StateTag probe={p} />
                      {p.active && p.last && p.last.up === false && p.last.failures > 1 ? (
                        <div className="muted" style={{ fontSize: 12 }}>
                          {s(words.failures, { n: p.last.failures })}
                        </div>
                      ) : null}
                    </>
                  ),
                },
                {
                  title: s(words.last),
                  card: 'full',
                  render: (p) =>
                    p.last ? (
                      <Tooltip title={[p.last.address, p.last.issuer, s(words.since, { at: timeText(p.last.since) })].filter(Boolean).join(' · ')}>
                        <span>
                          {p.last.reason}
                          {p.last.days === null ? '' : ` · ${s(words.days, { n: p.last.days })}`}
                          <div className="muted" style={{ fontSize: 12 }}>
                            <Time at={p.last.at} />
                          </div>
                        </span>
                      </Tooltip>
                    ) : (
                      '—'
                    ),
                },
                {
                  title: s(words.latency),
                  card: 'full',
                  render: (p) => (
                    <span className="row" style={{ flexWrap: 'nowrap' }}>
                      <span className="num">{p.last?.ms === null || p.last?.ms === undefined ? '—' : `${Math.round(p.last.ms)} ms`}</span>
                      <Spark stream={latency.get(`${p.thing}/${p.place}`)} />
                    </span>
                  ),
                },
                {
                  title: '',
                  card: 'foot',
                  render: (p) => (
                    <span className="row" style={{ gap: 4 }}>
                      <Button size="small" loading={running === p.id} disabled={!p.active} onClick={() => runNow(p)}>
                        {s(words.run)}
                      </Button>
                      <Button size="small" onClick={() => change.mutate({ params: { id: p.id }, body: { active: !p.active } })}>
                        {s(p.active ? words.pause : words.resume)}
                      </Button>
                      <Button
                        size="small"
                        danger
                        onClick={() =>
                          modal.confirm({
                            title: s(words.removeAsk, { target: p.target }),
                            content: s(words.removeHelp),
                            okText: s(common.remove),
                            okButtonProps: { danger: true },
                            onOk: () => remove.mutateAsync({ params: { id: p.id } }).catch(() => {}),
                          })
                        }
                      >
                        {s(common.remove)}
                      </Button>
                    </span>
                  ),
                },
              ]}
            />
          )}
        </Loaded>
      </div>
      {adding ? <AddProbe onClose={() => setAdding(false)} /> : null}
    </ThingsPage>
  );
}

function StateTag({ probe: p }: { probe: Probe }) {
  const s = useText();
  if (!p.active) return <Tag>{s(words.paused)}</Tag>;
  if (!p.last || p.last.up === null) return <Tag>{s(words.unknown)}</Tag>;
  return p.last.up ? <Tag color="success">{s(words.up)}</Tag> : <Tag color="error">{s(words.down)}</Tag>;
}

/** Streams of the response time by `thing/place`: all known at once. */
function useLatencyStreams(): Map<string, string> {
  const here = useCall(devicesApi.latest, { query: { stream: 'ms' } }, { refetchInterval: 60_000 });
  return useMemo(() => new Map((here.data?.items ?? []).map((x) => [`${x.thing}/local`, x.stream])), [here.data]);
}

/** The last hour's response times as a small line; a gap where nothing answered. */
function Spark({ stream }: { stream: string | undefined }) {
  const s = useText();
  const [end] = useState(() => Math.ceil(serverNow() / 60_000) * 60_000);
  const query = useCall(
    signalsApi.series,
    { params: { id: stream ?? '0' }, query: { from: new Date(end - 3_600_000).toISOString(), to: new Date(end + 3_600_000).toISOString(), limit: 400 } },
    { enabled: Boolean(stream), refetchInterval: 60_000 },
  );
  const values = (query.data?.points ?? []).flatMap((p) => (p.value === null ? [] : [{ at: Date.parse(p.at), v: p.value }])).slice(-60);
  if (values.length < 2) return null;
  const [min, max] = [Math.min(...values.map((p) => p.v)), Math.max(...values.map((p) => p.v))];
  const [from, to] = [values[0]!.at, values.at(-1)!.at];
  const x = (at: number) => 1 + ((at - from) / (to - from || 1)) * 94;
  const y = (v: number) => 22 - ((v - min) / (max - min || 1)) * 20;
  return (
    <svg width={96} height={24} role="img" aria-label={s(words.spark, { n: values.length, min: Math.round(min), max: Math.round(max) })}>
      <polyline points={values.map((p) => `${x(p.at)},${y(p.v)}`).join(' ')} fill="none" stroke="var(--primary)" strokeWidth={1.4} />
    </svg>
  );
}

/** A device chosen by searching its code or name. */
export function ThingSelect({ value, onChange, label, id }: { value?: string; onChange?: (code: string) => void; label: string; id?: string }) {
  const s = useText();
  const [text, setText] = useState('');
  const found = useCall(signalsApi.things, { query: { limit: 50, ...(text ? { text } : {}) } }, { placeholderData: (old) => old });
  return (
    <Select
      {...(id ? { id } : {})}
      aria-label={label}
      value={value}
      onChange={onChange}
      showSearch={{ filterOption: false, onSearch: setText }}
      notFoundContent={s(words.noThings)}
      options={(found.data?.items ?? []).map((x) => ({ value: x.code, label: `${x.name}（${x.code}）` }))}
    />
  );
}

interface Values {
  thing: string;
  kind: ProbeKind;
  target: string;
  intervalS: number;
  timeoutMs: number;
  place?: string;
  contains?: string;
  minDays?: number | null;
  maxMs?: number | null;
  refusedIsUp?: boolean;
}

function AddProbe({ onClose }: { onClose(): void }) {
  const s = useText();
  const [form] = Form.useForm<Values>();
  const kind = Form.useWatch('kind', form) ?? 'web';
  const add = useCommand(probesApi.add, { done: s(words.added), quiet: true, onSuccess: onClose });
  const expectOf = (v: Values) => ({
    ...(v.contains && (v.kind === 'web' || v.kind === 'tcp') ? { contains: v.contains } : {}),
    ...(v.minDays && (v.kind === 'web' || v.kind === 'tls') ? { minDays: v.minDays } : {}),
    ...(v.maxMs ? { maxMs: v.maxMs } : {}),
    ...(v.refusedIsUp && v.kind === 'tcp' ? { refusedIsUp: true } : {}),
  });
  return (
    <Modal open title={s(words.add)} onCancel={onClose} onOk={() => form.submit()} okText={s(common.add)} confirmLoading={add.isPending}>
      {add.error ? <Alert type="error" showIcon title={add.error.message} style={{ marginBottom: 10 }} role="alert" /> : null}
      <Form<Values>
        form={form}
        layout="vertical"
        initialValues={{ kind: 'web', intervalS: 60, timeoutMs: 5000, place: 'local' }}
        onFinish={(v) => {
          const expect = expectOf(v);
          const fault = expectFault(v.kind, expect);
          if (fault) return form.setFields([{ name: 'target', errors: [fault.message] }]);
          add.mutate({ body: { thing: v.thing, kind: v.kind, target: v.target.trim(), intervalS: v.intervalS, timeoutMs: v.timeoutMs, place: v.place || 'local', expect } });
        }}
      >
        <Form.Item name="kind" label={s(common.kind)}>
          <Radio.Group optionType="button" options={probeKinds.map((value) => ({ value, label: s(words.kinds[value]) }))} />
        </Form.Item>
        <Form.Item
          name="target"
          label={s(words.target)}
          dependencies={['kind']}
          rules={[
            { required: true },
            {
              validator: (_, v: string | undefined) => {
                const fault = v && targetFault(kind, v.trim());
                return fault ? Promise.reject(new Error(fault)) : Promise.resolve();
              },
            },
          ]}
        >
          <Input placeholder={s(words.hints[kind])} maxLength={500} />
        </Form.Item>
        <Form.Item name="thing" label={s(words.thing)} extra={s(words.thingHelp)} rules={[{ required: true }]}>
          <ThingSelect label={s(words.thing)} />
        </Form.Item>
        <div className="row" style={{ alignItems: 'start' }}>
          <Form.Item name="intervalS" label={s(words.interval)} rules={[{ required: true }]}>
            <InputNumber min={5} max={86_400} precision={0} style={{ width: 130 }} />
          </Form.Item>
          <Form.Item name="timeoutMs" label={s(words.timeout)} rules={[{ required: true }]}>
            <InputNumber min={100} max={60_000} precision={0} style={{ width: 130 }} />
          </Form.Item>
          <Form.Item name="place" label={s(words.place)}>
            <Input style={{ width: 130 }} maxLength={31} />
          </Form.Item>
        </div>
        <details>
          <summary>{s(words.more)}</summary>
          <div style={{ paddingTop: 8 }}>
            {kind === 'web' || kind === 'tcp' ? (
              <Form.Item name="contains" label={s(words.contains)}>
                <Input maxLength={200} />
              </Form.Item>
            ) : null}
            {kind === 'web' || kind === 'tls' ? (
              <Form.Item name="minDays" label={s(words.minDays)}>
                <InputNumber min={0} max={3650} precision={0} />
              </Form.Item>
            ) : null}
            {kind === 'tcp' ? (
              <Form.Item name="refusedIsUp" label={s(words.refusedIsUp)} valuePropName="checked">
                <Switch />
              </Form.Item>
            ) : null}
            <Form.Item name="maxMs" label={s(words.maxMs)}>
              <InputNumber min={1} max={60_000} precision={0} />
            </Form.Item>
          </div>
        </details>
      </Form>
    </Modal>
  );
}
