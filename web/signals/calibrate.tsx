// Calibrations of a stream: what was certified when, a new one with its effect shown, and what runs out soon.
import { Alert, Button, DatePicker, Form, Input, InputNumber, Modal, Segmented, Tag } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { useState } from 'react';
import { devicesApi } from '#core/signals/devices-contract.ts';
import { type Reply, useCall, useCommand, useMay } from '../api.ts';
import { useText } from '../texts.tsx';
import { Time, serverNow } from '../ui/clock.tsx';
import { Figure, Figures, Loaded, Nothing } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import { ThingsPage } from './frame.tsx';
import { calibrate, common, pages } from './texts.ts';

interface Values {
  at: Dayjs;
  gain: number;
  bias: number;
  validUntil?: Dayjs | null;
  certificate?: string;
  note?: string;
}

export function CalibrateDialog({ stream, name, last, onClose }: { stream: string; name: string; last?: number | null; onClose(): void }) {
  const s = useText();
  const [form] = Form.useForm<Values>();
  const gain = Form.useWatch('gain', form) ?? 1;
  const bias = Form.useWatch('bias', form) ?? 0;
  const add = useCommand(devicesApi.calibrate, { done: s(calibrate.done), quiet: true, also: ['signals'], onSuccess: onClose });
  return (
    <Modal open title={`${s(calibrate.title)} · ${name}`} onCancel={onClose} onOk={() => form.submit()} confirmLoading={add.isPending} okText={s(calibrate.title)}>
      {add.error ? <Alert type="error" showIcon title={add.error.message} style={{ marginBottom: 10 }} /> : null}
      <Form<Values>
        form={form}
        layout="vertical"
        initialValues={{ at: dayjs(serverNow()), gain: 1, bias: 0 }}
        onFinish={(v) =>
          add.mutate({
            params: { id: stream },
            body: {
              at: v.at.toISOString(),
              gain: v.gain,
              bias: v.bias,
              note: v.note ?? '',
              ...(v.validUntil ? { validUntil: v.validUntil.format('YYYY-MM-DD') } : {}),
              ...(v.certificate ? { certificate: v.certificate } : {}),
            },
          })
        }
      >
        <Form.Item name="at" label={s(calibrate.at)} extra={s(calibrate.atHelp)} rules={[{ required: true }]}>
          <DatePicker showTime={{ format: 'HH:mm' }} format="YYYY-MM-DD HH:mm" style={{ width: '100%' }} />
        </Form.Item>
        <div className="row" style={{ alignItems: 'start' }}>
          <Form.Item name="gain" label={s(calibrate.gain)} rules={[{ required: true }, { validator: (_, v) => (v === 0 ? Promise.reject(new Error('≠ 0')) : Promise.resolve()) }]}>
            <InputNumber style={{ width: 140 }} />
          </Form.Item>
          <Form.Item name="bias" label={s(calibrate.bias)} rules={[{ required: true }]}>
            <InputNumber style={{ width: 140 }} />
          </Form.Item>
        </div>
        <p className="muted" style={{ marginTop: -8 }}>
          {s(calibrate.formula, { gain, bias })}
          {last === null || last === undefined ? '' : `；${s(calibrate.example, { raw: last, value: Math.round((last * gain + bias) * 10_000) / 10_000 })}`}
        </p>
        <Form.Item name="validUntil" label={s(calibrate.validUntil)}>
          <DatePicker style={{ width: '100%' }} minDate={dayjs(serverNow())} />
        </Form.Item>
        <Form.Item name="certificate" label={s(calibrate.certificate)}>
          <Input maxLength={200} />
        </Form.Item>
        <Form.Item name="note" label={s(calibrate.note)}>
          <Input.TextArea rows={2} maxLength={500} />
        </Form.Item>
      </Form>
    </Modal>
  );
}

export function CalibrationHistory({ stream, name, last }: { stream: string; name: string; last: number | null }) {
  const s = useText();
  const may = useMay();
  const [adding, setAdding] = useState(false);
  const history = useCall(devicesApi.calibrations, { params: { id: stream } });
  return (
    <section style={{ marginBottom: 14 }}>
      <div className="spread" style={{ marginBottom: 6 }}>
        <strong>{name}</strong>
        {may('thing.manage') ? (
          <Button size="small" onClick={() => setAdding(true)}>
            {s(calibrate.title)}
          </Button>
        ) : null}
      </div>
      <Loaded query={history} rows={2}>
        {(data) => (
          <Rows
            label={s(calibrate.history)}
            rows={data.items}
            rowKey={(c) => c.id}
            minWidth={560}
            empty={<span className="muted">{s(calibrate.none)}</span>}
            columns={[
              { title: s(calibrate.at), render: (c) => <Time at={c.at} />, card: 'head' },
              { title: `${s(calibrate.gain)} / ${s(calibrate.bias)}`, render: (c) => <span className="num">{`× ${c.gain} ＋ ${c.bias}`}</span> },
              { title: s(calibrate.validUntil), render: (c) => c.validUntil ?? '—' },
              { title: s(calibrate.certificate), render: (c) => [c.certificate, c.note].filter(Boolean).join('；') || '—', card: 'full' },
              { title: s(common.by), render: (c) => c.by },
            ]}
          />
        )}
      </Loaded>
      {adding ? <CalibrateDialog stream={stream} name={name} last={last} onClose={() => setAdding(false)} /> : null}
    </section>
  );
}

type Due = Reply<typeof devicesApi.due>['items'][number];

/** What runs out soon, over all devices in reach. */
export function CalibrationsDue() {
  const s = useText();
  const may = useMay();
  const [days, setDays] = useState(30);
  const [chosen, setChosen] = useState<Due>();
  const due = useCall(devicesApi.due, { query: { days } });
  const today = dayjs(serverNow()).startOf('day');
  return (
    <ThingsPage title={s(pages.calibrations)} note={s(calibrate.dueNote)} actions={<Button onClick={() => print()}>{s({ zh: '打印', en: 'Print' })}</Button>}>
      <Loaded query={due}>
        {(data) => (
          <>
            <Figures>
              <Figure
                label={s(calibrate.overdueCount)}
                value={data.items.filter((d) => d.overdue).length}
                {...(data.items.some((d) => d.overdue) ? { tone: 'bad' as const } : {})}
              />
              <Figure label={s(calibrate.soonCount)} value={data.items.filter((d) => !d.overdue).length} note={s(calibrate.within, { n: days })} />
            </Figures>
            <div className="card" style={{ padding: 0 }}>
              <div className="no-print" style={{ padding: '10px 12px' }}>
                <Segmented
                  value={days}
                  aria-label={s(calibrate.validUntil)}
                  onChange={setDays}
                  options={[30, 90, 180, 366].map((value) => ({ value, label: s(calibrate.within, { n: value }) }))}
                />
              </div>
              <Rows<Due>
                label={s(calibrate.due)}
                rows={data.items}
                rowKey={(d) => d.stream}
                pageSize={30}
                minWidth={520}
                rowClass={(d) => (d.overdue ? 'row-bad' : '')}
                empty={<Nothing text={s(calibrate.noneDue, { n: days })} />}
                columns={[
                  {
                    title: s(calibrate.stream),
                    card: 'head',
                    render: (d) => (
                      <>
                        {d.name}
                        <div className="muted" style={{ fontSize: 12 }}>
                          {d.thing}
                        </div>
                      </>
                    ),
                  },
                  { title: s(calibrate.validUntil), render: (d) => <span className="num">{d.validUntil}</span> },
                  {
                    title: s(common.status),
                    render: (d) =>
                      d.overdue ? <Tag color="error">{s(calibrate.overdue)}</Tag> : <Tag color="warning">{s(calibrate.left, { n: dayjs(d.validUntil).diff(today, 'day') })}</Tag>,
                  },
                  {
                    title: '',
                    card: 'foot',
                    render: (d) =>
                      may('thing.manage') ? (
                        <Button size="small" className="no-print" onClick={() => setChosen(d)}>
                          {s(calibrate.again)}
                        </Button>
                      ) : null,
                  },
                ]}
              />
            </div>
          </>
        )}
      </Loaded>
      {chosen ? <CalibrateDialog stream={chosen.stream} name={chosen.name} onClose={() => setChosen(undefined)} /> : null}
    </ThingsPage>
  );
}
