// An inspection of a risk point: entered by the form of its ledger, and those made so far.
import { Alert, Button, Form, Modal, Tag } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import type { Field } from '#core/form.ts';
import { indicatorsApi } from '#core/indicators/contract.ts';
import type { RiskType } from '#core/indicators/pack.ts';
import { recordsApi } from '#core/records/contract.ts';
import { type Reply, randomKey, useCall, useCommand, useMay } from '../api.ts';
import { useText } from '../texts.tsx';
import { serverNow } from '../ui/clock.tsx';
import { FormFields } from '../ui/form-fields.tsx';
import { Loaded } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import type { RiskPoint } from './risks.tsx';
import { inspect as words } from './texts.ts';

type Visit = Reply<typeof indicatorsApi.inspections>['items'][number];

export function Inspections({ point, type }: { point: RiskPoint; type: RiskType }) {
  const s = useText();
  const may = useMay();
  const [open, setOpen] = useState(false);
  const visits = useCall(indicatorsApi.inspections, { params: { id: point.id } });
  return (
    <div className="grid" style={{ marginTop: 8 }}>
      {may('record.write') ? (
        <div>
          <Button type="primary" onClick={() => setOpen(true)}>
            {s(words.enter)}
          </Button>
        </div>
      ) : null}
      <Loaded query={visits} rows={2}>
        {(d) => (
          <Rows<Visit>
            label={s(words.visits)}
            rows={d.items}
            rowKey={(v) => v.record}
            minWidth={300}
            pageSize={10}
            empty={<span className="muted">{s(words.none)}</span>}
            columns={[
              { title: s(words.on), card: 'head', render: (v) => <span className="num">{v.on}</span> },
              { title: s(words.found), align: 'right', render: (v) => <span className="num">{v.found}</span> },
              { title: s(words.by), render: (v) => v.by.replace(/^\w+:/, '') },
              { title: '', render: (v) => (v.void ? <Tag>{s(words.void)}</Tag> : null) },
            ]}
          />
        )}
      </Loaded>
      {open ? <Enter point={point} type={type} onClose={() => setOpen(false)} /> : null}
    </div>
  );
}

function Enter({ point, type, onClose }: { point: RiskPoint; type: RiskType; onClose(): void }) {
  const s = useText();
  const [form] = Form.useForm();
  const [key] = useState(randomKey);
  const ledgers = useCall(recordsApi.ledgers, {}, { staleTime: 600_000 });
  const ledger = ledgers.data?.items.find((l) => l.code === type.inspection);
  const create = useCommand(recordsApi.create, { done: s(words.done), quiet: true, also: ['risk-points', 'indicators'], onSuccess: onClose });
  // The point is known: it is not asked for.
  const fields = ((ledger?.fields ?? []) as Field[]).filter((f) => f.name !== 'point' && f.name !== 'name');
  return (
    <Modal
      open
      title={s(words.title, { name: point.name })}
      onCancel={onClose}
      okText={s(words.enter)}
      okButtonProps={{ disabled: !ledger }}
      confirmLoading={create.isPending}
      onOk={() => form.submit()}
    >
      {create.error ? <Alert type="error" showIcon title={create.error.message} style={{ marginBottom: 10 }} role="alert" /> : null}
      <Loaded query={ledgers} rows={4}>
        {() => (
          <Form
            form={form}
            layout="vertical"
            initialValues={{ on: dayjs(serverNow()).format('YYYY-MM-DD'), found: 0 }}
            onFinish={(v: Record<string, unknown>) =>
              create.mutate({
                params: { ledger: type.inspection },
                key,
                body: {
                  unit: point.unit,
                  data: { ...Object.fromEntries(Object.entries(v).filter(([, x]) => x !== undefined && x !== '' && x !== null)), point: point.id, name: point.name } as never,
                },
              })
            }
          >
            <FormFields fields={fields} />
          </Form>
        )}
      </Loaded>
    </Modal>
  );
}
