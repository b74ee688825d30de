// The roster by week: who is on when, where nobody is; shifts planned one or many days in a row, dropped before they begin.
import { Alert, App, Button, DatePicker, Form, Input, InputNumber, Modal, Segmented, Select, Tag } from 'antd';
import { useQueryClient } from '@tanstack/react-query';
import dayjs, { type Dayjs } from 'dayjs';
import { useState } from 'react';
import { dutyApi } from '#core/duty/contract.ts';
import { peopleApi } from '#core/people/contract.ts';
import { CallError, type Reply, call, useCall, useCommand, useMay, useMe } from '../api.ts';
import { useText } from '../texts.tsx';
import { serverNow, timeText } from '../ui/clock.tsx';
import { Loaded } from '../ui/page.tsx';
import { DutyPage } from './frame.tsx';
import { duty, rosterWords as words } from './texts.ts';
import './duty.css';

type Shift = Reply<typeof dutyApi.shifts>['items'][number];
const DAY = 86_400_000;
/** Monday 00:00 in the centre's zone of the week that holds an instant. */
const monday = (at: number): number => {
  const local = at + 8 * 3_600_000;
  const day = Math.floor(local / DAY);
  return (day - ((day + 3) % 7)) * DAY - 8 * 3_600_000;
};
const hm = (iso: string): string => timeText(iso).slice(11);
const dateOf = (ms: number): string => timeText(ms).slice(0, 10);

export function Roster() {
  const s = useText();
  const may = useMay();
  const { modal } = App.useApp();
  const [start, setStart] = useState(() => monday(serverNow()));
  const [planning, setPlanning] = useState<number>();
  const from = new Date(start).toISOString();
  const to = new Date(start + 7 * DAY).toISOString();
  const shifts = useCall(dutyApi.shifts, { query: { from, to } }, { placeholderData: (old) => old });
  const calendar = useCall(dutyApi.calendar, { query: { from: dateOf(start), to: dateOf(start + 6 * DAY) } });
  const drop = useCommand(dutyApi.drop, { done: s(words.dropped) });
  const today = dateOf(serverNow());
  return (
    <DutyPage
      title={s(duty.roster)}
      note={s(words.note)}
      actions={
        <>
          <Button onClick={() => setStart(start - 7 * DAY)}>{s(words.earlier)}</Button>
          <Button onClick={() => setStart(monday(serverNow()))}>{s(words.week)}</Button>
          <Button onClick={() => setStart(start + 7 * DAY)}>{s(words.later)}</Button>
          <Button onClick={() => print()}>{s(duty.print)}</Button>
          {may('duty.plan') ? (
            <Button type="primary" onClick={() => setPlanning(Math.max(start, monday(serverNow()) === start ? serverNow() : start))}>
              {s(duty.plan)}
            </Button>
          ) : null}
        </>
      }
    >
      <Loaded query={shifts}>
        {(data) => (
          <>
            {data.faults.length ? <Alert type="warning" showIcon title={s(words.faults)} description={data.faults.slice(0, 6).join('；')} /> : null}
            <div className="week">
              {Array.from({ length: 7 }, (_, i) => {
                const day = start + i * DAY;
                const date = dateOf(day);
                const own = data.items.filter((x) => dateOf(Date.parse(x.startsAt)) === date);
                const known = calendar.data?.days.find((d) => d.date === date);
                return (
                  <section key={date} className={date === today ? 'now' : ''} aria-label={date}>
                    <header>
                      <span className="num">{`${date.slice(5)} ${dayjs(`${date}T12:00:00+08:00`).format('ddd')}`}</span>
                      {known && !known.work ? <Tag>{known.name || s(words.rest)}</Tag> : null}
                    </header>
                    {own.length ? null : <span className="muted">{s(words.empty)}</span>}
                    {own.map((x) => (
                      <div key={x.id} className="shift">
                        <strong className="num">{`${hm(x.startsAt)}–${hm(x.endsAt)}`}</strong>
                        <span className="muted">{s(x.unitName)}</span>
                        <span>
                          {s(duty.leader)} {x.leader.name}
                        </span>
                        <span>{x.officers.map((o) => o.name).join('、')}</span>
                        {x.note ? <span className="muted">{x.note}</span> : null}
                        {may('duty.plan') && Date.parse(x.startsAt) > serverNow() ? (
                          <span className="no-print">
                            <Button
                              size="small"
                              onClick={() =>
                                modal.confirm({
                                  title: s(words.dropAsk),
                                  content: shiftText(x),
                                  okButtonProps: { danger: true },
                                  onOk: () => drop.mutateAsync({ params: { id: x.id }, version: x.version }).catch(() => {}),
                                })
                              }
                            >
                              {s(words.drop)}
                            </Button>
                          </span>
                        ) : null}
                      </div>
                    ))}
                  </section>
                );
              })}
            </div>
          </>
        )}
      </Loaded>
      {planning === undefined ? null : <Plan day={planning} onClose={() => setPlanning(undefined)} />}
    </DutyPage>
  );
}
const shiftText = (x: Shift): string => `${timeText(x.startsAt)} – ${timeText(x.endsAt)}：${x.leader.name}；${x.officers.map((o) => o.name).join('、')}`;

interface Values {
  unit: string;
  from: Dayjs;
  to: Dayjs;
  leader: string;
  officers: string[];
  days: number;
  note?: string;
}

function Plan({ day, onClose }: { day: number; onClose(): void }) {
  const s = useText();
  const me = useMe();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const [fault, setFault] = useState<string>();
  const [busy, setBusy] = useState(false);
  const units = useCall(peopleApi.units, {}, { staleTime: 600_000 });
  const accounts = useCall(peopleApi.accounts, { query: { limit: 500 } }, { staleTime: 600_000 });
  const posts = (accounts.data?.items ?? []).filter((a) => a.active).map((a) => ({ value: a.id, label: `${a.postName}（${s(a.unitName)}）` }));
  const base = dayjs(`${dateOf(day)}T00:00:00+08:00`);
  const set = (kind: string) => {
    const at = form.getFieldValue('from') as Dayjs | undefined;
    const d = (at ?? base).startOf('day');
    if (kind === 'day') form.setFieldsValue({ from: d.add(8.5, 'hour'), to: d.add(20.5, 'hour') });
    else if (kind === 'night') form.setFieldsValue({ from: d.add(20.5, 'hour'), to: d.add(32.5, 'hour') });
    else form.setFieldsValue({ from: d.add(8.5, 'hour'), to: d.add(32.5, 'hour') });
  };
  const finish = async (v: Values) => {
    setBusy(true);
    setFault(undefined);
    let done = 0;
    try {
      for (; done < v.days; done++)
        await call(dutyApi.plan, {
          body: {
            unit: v.unit,
            startsAt: v.from.add(done, 'day').toISOString(),
            endsAt: v.to.add(done, 'day').toISOString(),
            leader: v.leader,
            officers: v.officers,
            note: v.note ?? '',
          },
        });
      message.success(s(words.done));
      onClose();
    } catch (error) {
      const why = error instanceof CallError ? error.message : s(duty.offline);
      setFault(done ? s(words.doneSome, { n: done, why }) : why);
    } finally {
      setBusy(false);
      await queries.invalidateQueries({ queryKey: ['duty'] });
    }
  };
  return (
    <Modal open title={s(duty.plan)} onCancel={onClose} onOk={() => form.submit()} confirmLoading={busy} okText={s(duty.plan)}>
      {fault ? <Alert type="error" showIcon title={fault} style={{ marginBottom: 10 }} role="alert" /> : null}
      <Form<Values>
        form={form}
        layout="vertical"
        initialValues={{ unit: me.unit.path, from: base.add(8.5, 'hour'), to: base.add(32.5, 'hour'), days: 1, officers: [] }}
        onFinish={(v) => void finish(v)}
      >
        <Form.Item name="unit" label={s(duty.unit)} rules={[{ required: true }]}>
          <Select showSearch={{ optionFilterProp: 'label' }} options={(units.data?.items ?? []).filter((u) => u.active).map((u) => ({ value: u.path, label: s(u.name) }))} />
        </Form.Item>
        <Segmented
          style={{ marginBottom: 8 }}
          aria-label={s(duty.roster)}
          defaultValue="full"
          onChange={set}
          options={[
            { value: 'full', label: s(words.full) },
            { value: 'day', label: s(words.day) },
            { value: 'night', label: s(words.night) },
          ]}
        />
        <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(180px, 1fr))', gap: '0 12px' }}>
          <Form.Item name="from" label={s(words.from)} rules={[{ required: true }]}>
            <DatePicker showTime={{ format: 'HH:mm' }} format="YYYY-MM-DD HH:mm" style={{ width: '100%' }} />
          </Form.Item>
          <Form.Item name="to" label={s(words.to)} rules={[{ required: true }]}>
            <DatePicker showTime={{ format: 'HH:mm' }} format="YYYY-MM-DD HH:mm" style={{ width: '100%' }} />
          </Form.Item>
        </div>
        <Form.Item name="leader" label={s(duty.leader)} rules={[{ required: true }]}>
          <Select showSearch={{ optionFilterProp: 'label' }} options={posts} />
        </Form.Item>
        <Form.Item
          name="officers"
          label={s(duty.officers)}
          rules={[{ validator: (_, v: string[]) => (v.length >= 2 ? Promise.resolve() : Promise.reject(new Error(s(words.twoOfficers)))) }]}
        >
          <Select mode="multiple" showSearch={{ optionFilterProp: 'label' }} options={posts} maxCount={12} />
        </Form.Item>
        <Form.Item name="days" label={s(words.repeat)} extra={s(words.repeatHelp)}>
          <InputNumber min={1} max={31} precision={0} />
        </Form.Item>
        <Form.Item name="note" label={s(words.note2)}>
          <Input maxLength={500} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
