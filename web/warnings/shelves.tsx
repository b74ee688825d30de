// Times in which warnings do not call: maintenance set beforehand, shelves that end by themselves; both may be ended early.
import { App, Button, DatePicker, Form, Input, Modal, Select, Tag } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { useState } from 'react';
import { signalsApi } from '#core/signals/contract.ts';
import { warningsApi } from '#core/warnings/contract.ts';
import { type Reply, useCall, useCommand, useMay } from '../api.ts';
import { unitOptions, useUnits } from '../signals/frame.tsx';
import { useText } from '../texts.tsx';
import { Time, serverNow, spanText, useNow } from '../ui/clock.tsx';
import { Loaded, Nothing } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import { WarningsPage } from './frame.tsx';
import { common, shelves as words } from './texts.ts';

type Shelf = Reply<typeof warningsApi.shelves>['items'][number];

export function ShelvesPage() {
  const s = useText();
  const may = useMay();
  const now = useNow();
  const { modal } = App.useApp();
  const { nameOf } = useUnits();
  const shelves = useCall(warningsApi.shelves);
  const rules = useCall(warningsApi.rules, { query: {} }, { staleTime: 60_000 });
  const end = useCommand(warningsApi.endShelf, { done: s(words.ended) });
  const [adding, setAdding] = useState(false);
  const ruleName = (code: string | null) => (code === null ? s(words.anyRule) : s(rules.data?.items.find((r) => r.code === code)?.name) || code);
  return (
    <WarningsPage
      title={s(words.title)}
      note={s(words.note)}
      actions={
        may('warning.handle') ? (
          <Button type="primary" onClick={() => setAdding(true)}>
            {s(words.add)}
          </Button>
        ) : null
      }
    >
      <section className="card" style={{ padding: 0 }}>
        <Loaded query={shelves}>
          {(d) => (
            <Rows<Shelf>
              label={s(words.title)}
              rows={d.items}
              rowKey={(x) => x.id}
              minWidth={860}
              empty={<Nothing text={s(words.none)} />}
              columns={[
                {
                  title: s(words.kind),
                  card: 'head',
                  render: (x) => (
                    <>
                      {s(words.kinds[x.kind]) || x.kind}{' '}
                      {Date.parse(x.from) > now ? <Tag>{s(words.ahead)}</Tag> : <Tag color="processing">{s(words.left, { n: spanText(Date.parse(x.until) - now) })}</Tag>}
                    </>
                  ),
                },
                { title: s(common.rule), render: (x) => ruleName(x.rule) },
                { title: s(common.unit), render: (x) => nameOf(x.unit) },
                { title: s(words.device), render: (x) => x.thingName ?? (x.thing === null ? s(words.anyDevice) : x.thing) },
                { title: s(common.from), render: (x) => <Time at={x.from} /> },
                { title: s(common.until), render: (x) => <Time at={x.until} /> },
                { title: s(common.reason), card: 'full', render: (x) => x.reason },
                { title: s(common.by), render: (x) => x.by.replace(/^\w+:/, '') },
                {
                  title: '',
                  card: 'foot',
                  render: (x) =>
                    may('warning.handle') ? (
                      <Button
                        size="small"
                        onClick={() =>
                          modal.confirm({
                            title: s(words.endAsk),
                            content: s(words.endHelp),
                            okText: s(words.end),
                            onOk: () => end.mutateAsync({ params: { id: x.id } }).catch(() => {}),
                          })
                        }
                      >
                        {s(words.end)}
                      </Button>
                    ) : null,
                },
              ]}
            />
          )}
        </Loaded>
      </section>
      {adding ? <Add rules={rules.data?.items ?? []} onClose={() => setAdding(false)} /> : null}
    </WarningsPage>
  );
}

interface Values {
  unit: string;
  rule?: string;
  thing?: string;
  window: [Dayjs, Dayjs];
  reason: string;
}

function Add({ rules, onClose }: { rules: Reply<typeof warningsApi.rules>['items']; onClose(): void }) {
  const s = useText();
  const { units } = useUnits();
  const [form] = Form.useForm<Values>();
  const unit = Form.useWatch('unit', form);
  const [text, setText] = useState('');
  const things = useCall(signalsApi.things, { query: { limit: 50, ...(unit ? { unit } : {}), ...(text ? { text } : {}) } }, { enabled: Boolean(unit) });
  const add = useCommand(warningsApi.addShelf, { done: s(words.done), onSuccess: onClose });
  return (
    <Modal open title={s(words.add)} onCancel={onClose} okText={s(words.add)} confirmLoading={add.isPending} onOk={() => form.submit()}>
      <Form<Values>
        form={form}
        layout="vertical"
        initialValues={{ window: [dayjs(serverNow()), dayjs(serverNow()).add(4, 'hour')] }}
        onFinish={(v) =>
          add.mutate({
            body: {
              kind: 'maintenance',
              unit: v.unit,
              ...(v.rule ? { rule: v.rule } : {}),
              ...(v.thing ? { thing: v.thing } : {}),
              from: v.window[0].toISOString(),
              until: v.window[1].toISOString(),
              reason: v.reason.trim(),
            },
          })
        }
      >
        <Form.Item name="unit" label={s(common.unit)} rules={[{ required: true }]}>
          <Select showSearch={{ optionFilterProp: 'text' }} options={unitOptions(units)} onChange={() => form.setFieldValue('thing', undefined)} />
        </Form.Item>
        <Form.Item name="thing" label={s(words.device)}>
          <Select
            allowClear
            disabled={!unit}
            placeholder={s(words.anyDevice)}
            showSearch={{ filterOption: false, onSearch: setText }}
            loading={things.isFetching}
            options={(things.data?.items ?? []).map((x) => ({ value: x.id, label: `${x.name} ${x.code}` }))}
          />
        </Form.Item>
        <Form.Item name="rule" label={s(common.rule)}>
          <Select
            allowClear
            placeholder={s(words.anyRule)}
            showSearch={{ optionFilterProp: 'label' }}
            options={rules.filter((r) => r.active).map((r) => ({ value: r.code, label: s(r.name) }))}
          />
        </Form.Item>
        <Form.Item
          name="window"
          label={s(words.window)}
          rules={[
            { required: true },
            {
              validator: (_, v: [Dayjs, Dayjs] | undefined) =>
                !v || (v[1].isAfter(v[0]) && v[1].diff(v[0], 'day', true) <= 31) ? Promise.resolve() : Promise.reject(new Error(s(words.limit))),
            },
          ]}
        >
          <DatePicker.RangePicker showTime={{ format: 'HH:mm' }} format="YYYY-MM-DD HH:mm" style={{ width: '100%' }} />
        </Form.Item>
        <Form.Item name="reason" label={s(common.reason)} rules={[{ required: true, whitespace: true }]}>
          <Input.TextArea rows={2} maxLength={500} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
