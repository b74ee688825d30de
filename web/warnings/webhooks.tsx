// Webhooks: where warnings are sent, with the failures in sight; the secret is shown once.
import { Alert, App, Button, Checkbox, Form, Input, Modal, Select, Tag } from 'antd';
import { useState } from 'react';
import { warningsApi } from '#core/warnings/contract.ts';
import { type Reply, useCall, useCommand } from '../api.ts';
import { unitOptions, useUnits } from '../signals/frame.tsx';
import { useCopy } from '../signals/intake.tsx';
import { useText } from '../texts.tsx';
import { Time } from '../ui/clock.tsx';
import { Loaded, Nothing } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import { WarningsPage } from './frame.tsx';
import { common, webhooks as words } from './texts.ts';

type Hook = Reply<typeof warningsApi.webhooks>['items'][number];
type Delivery = Hook['deliveries'][number];

export function WebhooksPage() {
  const s = useText();
  const { modal } = App.useApp();
  const { nameOf } = useUnits();
  const hooks = useCall(warningsApi.webhooks, {}, { refetchInterval: 15_000 });
  const end = useCommand(warningsApi.endWebhook, { done: s(words.endDone) });
  const [adding, setAdding] = useState(false);
  return (
    <WarningsPage
      title={s(words.title)}
      note={s(words.note)}
      actions={
        <Button type="primary" onClick={() => setAdding(true)}>
          {s(words.add)}
        </Button>
      }
    >
      <Loaded query={hooks}>
        {(d) =>
          d.items.length ? (
            <>
              {d.items.map((h) => {
                const failing = h.deliveries.filter((x) => x.state !== 'sent' && (x.lastError !== null || x.state === 'dead')).length;
                return (
                  <section key={h.id} className="card" style={{ padding: 0 }}>
                    <div className="spread" style={{ padding: '12px 16px 8px' }}>
                      <div style={{ minWidth: 0, overflowWrap: 'anywhere' }}>
                        <b>{h.url}</b>
                        <div className="muted" style={{ fontSize: 12.5 }}>
                          {nameOf(h.unit)} · {h.kinds.map((k) => s(words.kindWords[k]) || k).join('、')} · <Time at={h.createdAt} />
                        </div>
                      </div>
                      <span className="row">
                        <Tag color={h.active ? 'processing' : 'default'}>{s(h.active ? words.active : words.ended)}</Tag>
                        {failing ? <Tag color="error">{s(words.failing, { n: failing })}</Tag> : h.deliveries.length ? <Tag color="success">{s(words.ok)}</Tag> : null}
                        {h.active ? (
                          <Button
                            size="small"
                            danger
                            onClick={() =>
                              modal.confirm({
                                title: s(words.endAsk),
                                content: s(words.endHelp),
                                okText: s(words.end),
                                onOk: () => end.mutateAsync({ params: { id: h.id } }).catch(() => {}),
                              })
                            }
                          >
                            {s(words.end)}
                          </Button>
                        ) : null}
                      </span>
                    </div>
                    <Deliveries rows={h.deliveries} />
                  </section>
                );
              })}
            </>
          ) : (
            <section className="card">
              <Nothing text={s(words.none)} />
            </section>
          )
        }
      </Loaded>
      {adding ? <Add onClose={() => setAdding(false)} /> : null}
    </WarningsPage>
  );
}

function Deliveries({ rows }: { rows: Delivery[] }) {
  const s = useText();
  const stateOf = (d: Delivery): string => (d.state === 'waiting' && d.lastError !== null ? 'failed' : d.state);
  return (
    <Rows<Delivery>
      label={s(words.deliveries)}
      rows={rows}
      rowKey={(d) => d.createdAt + d.subject + d.attempts}
      pageSize={8}
      minWidth={620}
      empty={<Nothing text={s(words.noDeliveries)} />}
      rowClass={(d) => (d.state === 'dead' ? 'row-bad' : d.lastError !== null && d.state !== 'sent' ? 'row-warn' : '')}
      columns={[
        {
          title: s(words.deliveries),
          card: 'head',
          render: (d) => (
            <Tag color={d.state === 'sent' ? 'success' : d.state === 'dead' ? 'error' : d.lastError === null ? 'default' : 'warning'}>{s(words.states[stateOf(d)]) || d.state}</Tag>
          ),
        },
        { title: s(words.created), render: (d) => <Time at={d.createdAt} /> },
        { title: s(words.sent), render: (d) => <Time at={d.sentAt} /> },
        { title: s(words.attempts), align: 'right', render: (d) => <span className="num">{d.attempts}</span> },
        { title: s(words.error), card: 'full', render: (d) => d.lastError ?? '—' },
        { title: s(words.subject), card: 'full', render: (d) => <span className="muted">{d.subject}</span> },
      ]}
    />
  );
}

interface Values {
  url: string;
  kinds: string[];
  unit: string;
  allowPrivate?: boolean;
}

function Add({ onClose }: { onClose(): void }) {
  const s = useText();
  const copy = useCopy();
  const { units } = useUnits();
  const [form] = Form.useForm<Values>();
  const [secret, setSecret] = useState<string>();
  const add = useCommand(warningsApi.addWebhook, { quiet: true, onSuccess: (r) => setSecret(r.secret) });
  return (
    <Modal
      open
      title={s(words.add)}
      onCancel={onClose}
      mask={{ closable: false }}
      okText={s(secret ? words.stored : words.add)}
      cancelButtonProps={{ hidden: Boolean(secret) }}
      confirmLoading={add.isPending}
      onOk={() => (secret ? onClose() : form.submit())}
    >
      {secret ? (
        <div className="grid" role="status">
          <Alert type="warning" showIcon title={s(words.secret)} />
          <div className="row">
            <code style={{ overflowWrap: 'anywhere' }}>{secret}</code>
            <Button size="small" onClick={() => copy(secret)}>
              {s({ zh: '复制', en: 'Copy' })}
            </Button>
          </div>
        </div>
      ) : (
        <Form<Values>
          form={form}
          layout="vertical"
          initialValues={{ kinds: ['warning.raised', 'warning.recovered'] }}
          onFinish={(v) => add.mutate({ body: { url: v.url.trim(), kinds: v.kinds, unit: v.unit, allowPrivate: Boolean(v.allowPrivate) } })}
        >
          {add.error ? <Alert type="error" showIcon title={add.error.message} style={{ marginBottom: 10 }} role="alert" /> : null}
          <Form.Item name="url" label={s(words.url)} rules={[{ required: true, type: 'url' }]}>
            <Input placeholder="https://" maxLength={500} inputMode="url" />
          </Form.Item>
          <Form.Item name="kinds" label={s(words.kinds)} rules={[{ required: true }]}>
            <Select mode="multiple" options={Object.entries(words.kindWords).map(([value, label]) => ({ value, label: s(label) }))} />
          </Form.Item>
          <Form.Item name="unit" label={s(common.unit)} rules={[{ required: true }]}>
            <Select showSearch={{ optionFilterProp: 'text' }} options={unitOptions(units)} />
          </Form.Item>
          <Form.Item name="allowPrivate" valuePropName="checked">
            <Checkbox>{s(words.private)}</Checkbox>
          </Form.Item>
        </Form>
      )}
    </Modal>
  );
}
