// Ledgers: choose one, see its entries, enter a new one by its own form; corrections keep what was before.
import { DownloadOutlined, PlusOutlined } from '@ant-design/icons';
import { useNavigate, useParams } from '@tanstack/react-router';
import { Alert, Button, Drawer, Form, Input, Modal, Table, Tag, Timeline } from 'antd';
import { useState } from 'react';
import type { Field } from '#core/form.ts';
import { recordsApi } from '#core/records/contract.ts';
import { type Reply, addressOf, randomKey, useCall, useCommand, useMay } from '../api.ts';
import { useText } from '../texts.tsx';
import { Time, timeText } from '../ui/clock.tsx';
import { FormFields } from '../ui/form-fields.tsx';
import { Loaded, Nothing, Page } from '../ui/page.tsx';

type Ledger = Reply<typeof recordsApi.ledgers>['items'][number];
type Row = Reply<typeof recordsApi.list>['items'][number];

const shown = (f: Field, v: unknown, s: (t: Field['label']) => string): string => {
  if (v === undefined || v === null || v === '') return '—';
  if (typeof v === 'boolean') return v ? '是' : '否';
  if (f.type === 'instant') return timeText(String(v));
  if (f.type === 'choice') return s(f.options?.find((o) => o.value === v)?.label ?? { zh: String(v), en: String(v) });
  return `${Array.isArray(v) ? v.length : String(v)}${f.unit ? ` ${f.unit}` : ''}`;
};

export function Ledgers() {
  const s = useText();
  const navigate = useNavigate();
  const { code } = useParams({ strict: false }) as { code?: string };
  const ledgers = useCall(recordsApi.ledgers);
  return (
    <Page title="工作台账" note="登记一次，指标、绩效目标与复盘共用">
      <Loaded query={ledgers}>
        {(data) => {
          const ledger = data.items.find((l) => l.code === code) ?? data.items[0];
          if (!ledger) return <Nothing text="内容包中没有台账" />;
          return (
            <div className="two-columns" style={{ display: 'grid', gridTemplateColumns: '230px minmax(0, 1fr)', gap: 12, alignItems: 'start' }}>
              <nav className="card" style={{ padding: 6 }} aria-label="台账目录">
                {data.items.map((l) => (
                  <button
                    key={l.code}
                    type="button"
                    onClick={() => void navigate({ to: '/ledgers/$code', params: { code: l.code } })}
                    aria-current={l.code === ledger.code ? 'page' : undefined}
                    style={{
                      display: 'flex',
                      justifyContent: 'space-between',
                      width: '100%',
                      padding: '9px 12px',
                      border: 0,
                      borderRadius: 4,
                      background: l.code === ledger.code ? 'var(--hover)' : 'transparent',
                      color: 'inherit',
                      font: 'inherit',
                      cursor: 'pointer',
                      textAlign: 'left',
                    }}
                  >
                    <span>{s(l.name)}</span>
                    <span className="num muted">{l.entries}</span>
                  </button>
                ))}
              </nav>
              <Entries key={ledger.code} ledger={ledger} />
            </div>
          );
        }}
      </Loaded>
    </Page>
  );
}

function Entries({ ledger }: { ledger: Ledger }) {
  const s = useText();
  const may = useMay();
  const [cursors, setCursors] = useState<string[]>([]);
  const [adding, setAdding] = useState(false);
  const [open, setOpen] = useState<string>();
  const list = useCall(recordsApi.list, { params: { ledger: ledger.code }, query: { limit: 50, ...(cursors.length ? { cursor: cursors.at(-1)! } : {}) } });
  const fields = ledger.fields as Field[];
  return (
    <section className="card">
      <div className="spread">
        <div>
          <h2 className="section-title" style={{ marginBottom: 2 }}>
            {s(ledger.name)}
          </h2>
          <span className="muted">
            {s(ledger.purpose)}。佐证：{ledger.evidence.wanted ? '可附' : '不需要'}——{s(ledger.evidence.reason)}
          </span>
        </div>
        <div className="row no-print">
          <a href={addressOf(recordsApi.export, { params: { ledger: ledger.code } })} download>
            <Button icon={<DownloadOutlined />}>导出</Button>
          </a>
          {may('record.write') ? (
            <Button type="primary" icon={<PlusOutlined />} onClick={() => setAdding(true)}>
              登记
            </Button>
          ) : null}
        </div>
      </div>
      <Loaded query={list}>
        {(data) => (
          <>
            <Table<Row>
              size="small"
              style={{ marginTop: 10 }}
              rowKey="id"
              dataSource={data.items}
              pagination={false}
              scroll={{ x: 700 }}
              locale={{ emptyText: <Nothing text="本年还没有登记" action={may('record.write') ? <Button onClick={() => setAdding(true)}>登记第一条</Button> : undefined} /> }}
              onRow={(r) => ({ onClick: () => setOpen(r.id), style: { cursor: 'pointer' } })}
              columns={[
                { title: '发生时间', render: (_, r) => <Time at={r.happenedAt} /> },
                ...fields
                  .filter((f) => f.type !== 'long' && f.type !== 'file')
                  .slice(0, 5)
                  .map((f) => ({ title: s(f.label), render: (_: unknown, r: Row) => shown(f, r.data[f.name], s) })),
                { title: '单位', render: (_, r) => s(r.unitName) },
                { title: '登记', render: (_, r) => r.by },
                { title: '', render: (_, r) => (r.status === 'void' ? <Tag>已作废</Tag> : r.version > 1 ? <Tag color="blue">已更正</Tag> : null) },
              ]}
            />
            <div className="row" style={{ justifyContent: 'flex-end', paddingTop: 10 }}>
              {cursors.length ? <Button onClick={() => setCursors(cursors.slice(0, -1))}>上一页</Button> : null}
              {data.next ? <Button onClick={() => setCursors([...cursors, data.next!])}>下一页</Button> : null}
            </div>
          </>
        )}
      </Loaded>
      {adding ? <Entering ledger={ledger} onClose={() => setAdding(false)} /> : null}
      {open ? <One id={open} ledger={ledger} onClose={() => setOpen(undefined)} /> : null}
    </section>
  );
}

const clean = (v: Record<string, unknown>) => Object.fromEntries(Object.entries(v).filter(([, x]) => x !== undefined && x !== '' && x !== null));

function Entering({ ledger, onClose }: { ledger: Ledger; onClose(): void }) {
  const s = useText();
  const [form] = Form.useForm();
  const [key] = useState(randomKey);
  const create = useCommand(recordsApi.create, { done: '已登记', quiet: true, also: ['targets', 'indicators'], onSuccess: onClose });
  return (
    <Modal open title={`登记：${s(ledger.name)}`} onCancel={onClose} onOk={() => form.submit()} okText="登记" confirmLoading={create.isPending}>
      {create.error ? <Alert type="error" showIcon title={create.error.message} style={{ marginBottom: 10 }} /> : null}
      <Form form={form} layout="vertical" onFinish={(v: Record<string, unknown>) => create.mutate({ params: { ledger: ledger.code }, key, body: { data: clean(v) } })}>
        <FormFields fields={ledger.fields as Field[]} />
      </Form>
    </Modal>
  );
}

function One({ id, ledger, onClose }: { id: string; ledger: Ledger; onClose(): void }) {
  const s = useText();
  const may = useMay();
  const one = useCall(recordsApi.read, { params: { id } });
  const [editing, setEditing] = useState(false);
  const [form] = Form.useForm();
  const amend = useCommand(recordsApi.amend, { done: '已更正，原内容保留在历次版本中', also: ['targets', 'indicators'], onSuccess: () => setEditing(false) });
  const drop = useCommand(recordsApi.void, { done: '已作废', also: ['targets', 'indicators'] });
  const [reason, setReason] = useState('');
  const fields = ledger.fields as Field[];
  return (
    <Drawer open onClose={onClose} title={s(ledger.name)} size={560}>
      <Loaded query={one}>
        {(r) => (
          <>
            <dl className="facts" style={{ gridTemplateColumns: '1fr' }}>
              {fields.map((f) => (
                <div key={f.name}>
                  <dt>{s(f.label)}</dt>
                  <dd>{shown(f, r.data[f.name], s)}</dd>
                </div>
              ))}
              <div>
                <dt>单位</dt>
                <dd>{s(r.unitName)}</dd>
              </div>
              <div>
                <dt>登记</dt>
                <dd>
                  {r.by} {timeText(r.enteredAt)}
                </dd>
              </div>
            </dl>
            {r.status === 'void' ? (
              <Alert type="warning" showIcon title={`已作废：${r.voidReason}`} />
            ) : may('record.write') ? (
              <div className="row" style={{ margin: '14px 0' }}>
                <Button
                  onClick={() => {
                    form.setFieldsValue({ data: r.data });
                    setEditing(true);
                  }}
                >
                  更正
                </Button>
                <Input aria-label="作废原因" placeholder="作废原因" value={reason} onChange={(e) => setReason(e.target.value)} style={{ width: 200 }} />
                <Button danger disabled={!reason.trim()} onClick={() => drop.mutate({ params: { id }, version: r.version, body: { reason } })}>
                  作废
                </Button>
              </div>
            ) : null}
            {editing ? (
              <Form
                form={form}
                layout="vertical"
                onFinish={(v: { data: Record<string, unknown>; reason: string }) =>
                  amend.mutate({ params: { id }, version: r.version, body: { data: clean(v.data), reason: v.reason } })
                }
              >
                <FormFields fields={fields} prefix={['data']} />
                <Form.Item name="reason" label="更正理由" rules={[{ required: true }]}>
                  <Input />
                </Form.Item>
                <Button type="primary" htmlType="submit" loading={amend.isPending}>
                  保存更正
                </Button>
              </Form>
            ) : null}
            <h3>历次版本</h3>
            <Timeline
              items={r.versions.map((v) => ({
                content: (
                  <div>
                    第 {v.version} 版 · {v.by} · {timeText(v.at)}
                    {v.reason ? ` · ${v.reason}` : ''}
                    {v.changes.map((c) => (
                      <div key={c.name} className="muted">
                        {s(c.label)}：{String(c.before ?? '—')} → {String(c.after ?? '—')}
                      </div>
                    ))}
                  </div>
                ),
              }))}
            />
          </>
        )}
      </Loaded>
    </Drawer>
  );
}
