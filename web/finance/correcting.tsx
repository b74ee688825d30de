// Corrections of what was misread: a cell, a field of a target, a figure of the narrative; each with its reason, kept and taken back.
import { Alert, App, Form, Input, Modal, Popconfirm, Button, Select, Tag } from 'antd';
import { type CorrectionInput, financeApi, natureNames } from '#core/finance/contract.ts';
import { type Reply, useCall, useCommand } from '../api.ts';
import { useText } from '../texts.tsx';
import { Time, timeText } from '../ui/clock.tsx';
import { Loaded, Nothing } from '../ui/page.tsx';
import { ListTable } from './list-table.tsx';
import type { Cell, GridRow, TableReply } from './table-grid.tsx';
import { correcting, reading } from './texts-disclosure.ts';
import { common } from './texts.ts';

type Disclosure = Reply<typeof financeApi.disclosure>;
type Correction = Reply<typeof financeApi.corrections>['items'][number];

/** The form all corrections share. `make` turns what was typed into the command. */
export function CorrectDialog({
  id,
  title,
  where,
  from,
  make,
  onClose,
  field,
}: {
  id: string;
  title?: string;
  where: string;
  from: string;
  make(to: string, reason: string): CorrectionInput;
  onClose(): void;
  field?: 'nature';
}) {
  const s = useText();
  const { message } = App.useApp();
  const correct = useCommand(financeApi.correct, {
    onSuccess: (r) => {
      message.success(s(correcting.result, { added: r.added.length, removed: r.removed.length }), 5);
      onClose();
    },
  });
  const [form] = Form.useForm<{ to: string; reason: string }>();
  return (
    <Modal
      open
      title={title ?? s(correcting.title)}
      onCancel={onClose}
      onOk={() => form.submit()}
      okText={s(correcting.save)}
      cancelText={s(common.cancel)}
      confirmLoading={correct.isPending}
      destroyOnHidden
    >
      <Alert type="info" showIcon title={s(correcting.explain)} style={{ marginBottom: 12 }} />
      <Form form={form} layout="vertical" initialValues={{ to: from }} onFinish={(v) => correct.mutate({ params: { id }, body: make(v.to.trim(), v.reason) })}>
        <p className="muted">{where}</p>
        <Form.Item label={s(correcting.from)}>
          <b>{from || s(reading.blank)}</b>
        </Form.Item>
        <Form.Item
          name="to"
          label={s(correcting.to)}
          extra={s(correcting.toHint)}
          rules={[{ validator: (_, v: string | undefined) => ((v ?? '').trim() === from ? Promise.reject(new Error(s(correcting.same))) : Promise.resolve()) }]}
        >
          {field === 'nature' ? (
            <Select aria-label={s(correcting.to)} options={natureNames.map((n) => ({ value: n, label: n }))} />
          ) : (
            <Input autoFocus onFocus={(e) => e.target.select()} maxLength={2000} />
          )}
        </Form.Item>
        <Form.Item name="reason" label={s(common.reason)} rules={[{ required: true, whitespace: true, message: s(common.needReason) }]}>
          <Input.TextArea rows={2} maxLength={2000} onKeyDown={(e) => (e.ctrlKey || e.metaKey) && e.key === 'Enter' && form.submit()} />
        </Form.Item>
      </Form>
    </Modal>
  );
}

export function CorrectCell({ of, table, row, cell, where, onClose }: { of: Disclosure; table: TableReply; row: GridRow; cell: Cell; where: string; onClose(): void }) {
  return (
    <CorrectDialog
      id={of.id}
      where={`${table.id} ${where}`}
      from={cell.text}
      onClose={onClose}
      make={(to, reason) => ({ what: 'cell', table: table.n, row: row.r, column: cell.c, from: cell.text, to, reason })}
    />
  );
}

export function Corrections({ of }: { of: Disclosure }) {
  const s = useText();
  const { message } = App.useApp();
  const list = useCall(financeApi.corrections, { params: { id: of.id } });
  const withdraw = useCommand(financeApi.withdrawCorrection, {
    onSuccess: (r) => message.success(s(correcting.withdrawn, { added: r.added.length, removed: r.removed.length }), 5),
  });
  const kinds = { cell: correcting.kindCell, target: correcting.kindTarget, statement: correcting.kindStatement };
  return (
    <section className="card" style={{ padding: 0 }}>
      <Loaded query={list}>
        {(data) => (
          <ListTable<Correction>
            label={s(correcting.where)}
            size="middle"
            rowKey="id"
            pagination={false}
            scroll={{ x: 760 }}
            dataSource={data.items}
            locale={{ emptyText: <Nothing text={s(correcting.empty)} /> }}
            columns={[
              {
                title: s(correcting.where),
                card: 'head',
                render: (_, c) => (
                  <>
                    <Tag>{s(kinds[c.what])}</Tag>
                    {c.where}
                  </>
                ),
              },
              {
                title: `${s(correcting.from)} → ${s(correcting.to)}`,
                card: 'full',
                render: (_, c) => (
                  <span style={c.withdrawn ? { textDecoration: 'line-through' } : undefined}>
                    <span className="muted">{c.from || s(reading.blank)}</span> → <b>{c.to || s(reading.blank)}</b>
                  </span>
                ),
              },
              { title: s(common.reason), dataIndex: 'reason' },
              {
                title: s(correcting.who),
                width: 190,
                render: (_, c) => (
                  <>
                    {c.byName}
                    <div className="muted" style={{ fontSize: 12 }}>
                      <Time at={c.at} />
                    </div>
                  </>
                ),
              },
              {
                title: '',
                card: 'foot',
                width: 150,
                render: (_, c) =>
                  c.withdrawn ? (
                    <span className="muted">{s(correcting.withdrawnBy, { name: c.withdrawn.byName, at: timeText(c.withdrawn.at) })}</span>
                  ) : of.mayManage ? (
                    <Popconfirm title={s(correcting.withdrawAsk, { from: c.from ?? '' })} onConfirm={() => withdraw.mutate({ params: { id: of.id, correction: c.id } })}>
                      <Button size="small">{s(correcting.withdraw)}</Button>
                    </Popconfirm>
                  ) : null,
              },
            ]}
          />
        )}
      </Loaded>
    </section>
  );
}
