// Amounts come in: one month of a project, an adjusted budget, or a whole sheet tried before it is stored.
import { Alert, App, Button, Form, Input, Modal, Segmented, Table, Upload } from 'antd';
import { useState } from 'react';
import { financeApi } from '#core/finance/contract.ts';
import { useQueryClient } from '@tanstack/react-query';
import { CallError, type Reply, send, useCommand } from '../api.ts';
import { useText } from '../texts.tsx';
import { timeText } from '../ui/clock.tsx';
import type { Execution, ExecutionRow } from './execution.tsx';
import { saveCsv } from './frame.tsx';
import { Money, moneyInput, MoneySwitch, moneyText, type Shown } from './money.tsx';
import { execution as words } from './texts-execution.ts';
import { common } from './texts.ts';

const decimal = /^-?\d{1,13}(\.\d{1,6})?$/;
const tidy = (v: string | undefined) => (v ?? '').replace(/[,，\s]/g, '');

export function EnterMonth({ of, row, month, shown, onClose }: { of: Execution; row: ExecutionRow; month: number; shown: Shown; onClose(): void }) {
  const s = useText();
  const [unit, setUnit] = useState<Shown>(shown);
  const [form] = Form.useForm<{ amount: string; note?: string }>();
  const enter = useCommand(financeApi.enterExecution, { done: s(words.saved), onSuccess: onClose });
  const before = row.months.find((m) => m.month === month);
  const name = row.project === '' ? s(words.whole) : row.name;
  const put = (amount: string | null, note?: string) =>
    enter.mutate({ body: { unit: of.unit, year: of.year, project: row.project, month, amount, moneyUnit: unit, ...(note?.trim() ? { note: note.trim() } : {}) } });
  return (
    <Modal
      open
      title={s(words.enterTitle, { project: name, n: month })}
      onCancel={onClose}
      onOk={() => form.submit()}
      okText={s(common.save)}
      cancelText={s(common.cancel)}
      confirmLoading={enter.isPending}
      {...(before
        ? {
            footer: (buttons) => [
              <Button key="clear" danger onClick={() => put(null)} style={{ float: 'left' }}>
                {s(words.clear)}
              </Button>,
              buttons,
            ],
          }
        : {})}
    >
      <Form
        form={form}
        layout="vertical"
        initialValues={{ amount: before ? moneyInput(before.fen, unit) : '', note: before?.note ?? '' }}
        onFinish={(v) => put(tidy(v.amount), v.note)}
      >
        <div className="row" style={{ alignItems: 'start' }}>
          <Form.Item
            name="amount"
            label={s(words.amount)}
            rules={[{ required: true, validator: (_, v: string) => (decimal.test(tidy(v)) ? Promise.resolve() : Promise.reject(new Error(s(words.amountRule)))) }]}
          >
            <Input autoFocus inputMode="decimal" style={{ width: 200 }} />
          </Form.Item>
          <Form.Item label={s(common.moneyUnit)}>
            <MoneySwitch
              value={unit}
              onChange={(u) => {
                const v = tidy(form.getFieldValue('amount') as string);
                // What was typed keeps its digits; only an untouched stored figure is converted.
                if (before && v === moneyInput(before.fen, unit)) form.setFieldValue('amount', moneyInput(before.fen, u));
                setUnit(u);
              }}
            />
          </Form.Item>
        </div>
        <Form.Item name="note" label={s(words.entryNote)}>
          <Input maxLength={500} />
        </Form.Item>
        {before ? (
          <p className="muted">
            {s(words.previous, { n: moneyText(before.fen, unit), name: before.byName, at: timeText(before.at) })} {before.source ? s(words.source, { source: before.source }) : ''}
          </p>
        ) : null}
      </Form>
    </Modal>
  );
}

export function AdjustBudget({ of, row, shown, onClose }: { of: Execution; row: ExecutionRow | null; shown: Shown; onClose(): void }) {
  const s = useText();
  const [unit, setUnit] = useState<Shown>(shown);
  const [form] = Form.useForm<{ name?: string; adjusted: string; reason: string }>();
  const set = useCommand(financeApi.setBudget, { done: s(words.saved), onSuccess: onClose });
  const name = row === null ? '' : row.project === '' ? s(words.whole) : row.name;
  const put = (v: { name?: string; reason: string }, adjusted: string | null) =>
    set.mutate({
      body: {
        unit: of.unit,
        year: of.year,
        project: row ? row.project : (v.name ?? '').trim(),
        ...(row === null && v.name ? { name: v.name.trim() } : {}),
        adjusted,
        moneyUnit: unit,
        reason: v.reason,
      },
    });
  const current = row ? (row.adjusted ?? row.budget) : null;
  return (
    <Modal
      open
      title={row ? `${s(words.adjust)} · ${name}` : s(words.addProject)}
      onCancel={onClose}
      onOk={() => form.submit()}
      okText={s(common.save)}
      cancelText={s(common.cancel)}
      confirmLoading={set.isPending}
      {...(row?.adjusted != null
        ? {
            footer: (buttons) => [
              <Button key="back" style={{ float: 'left' }} onClick={() => void form.validateFields(['reason']).then((v) => put(v as { reason: string }, null))}>
                {s(words.takeBack)}
              </Button>,
              buttons,
            ],
          }
        : {})}
    >
      <Form form={form} layout="vertical" initialValues={{ adjusted: current === null ? '' : moneyInput(current, unit) }} onFinish={(v) => put(v, tidy(v.adjusted))}>
        {row ? null : (
          <Form.Item name="name" label={s(words.projectName)} rules={[{ required: true, whitespace: true }]}>
            <Input autoFocus maxLength={300} />
          </Form.Item>
        )}
        {row?.budget != null ? (
          <p className="muted">
            {s(words.opening)} {moneyText(row.budget, unit)} {unit}
          </p>
        ) : null}
        <div className="row" style={{ alignItems: 'start' }}>
          <Form.Item
            name="adjusted"
            label={s(words.newBudget)}
            rules={[{ required: true, validator: (_, v: string) => (decimal.test(tidy(v)) ? Promise.resolve() : Promise.reject(new Error(s(words.amountRule)))) }]}
          >
            <Input inputMode="decimal" style={{ width: 200 }} />
          </Form.Item>
          <Form.Item label={s(common.moneyUnit)}>
            <MoneySwitch value={unit} onChange={setUnit} />
          </Form.Item>
        </div>
        <Form.Item name="reason" label={s(common.reason)} extra={s(words.reasonHint)} rules={[{ required: true, whitespace: true, message: s(common.needReason) }]}>
          <Input.TextArea rows={2} maxLength={2000} />
        </Form.Item>
      </Form>
    </Modal>
  );
}

type ImportReply = Reply<typeof financeApi.importExecution>;

/** A sheet is first read for trial; what it would store, and its faults, are shown before it is stored. */
export function ImportExecution({ of, onClose }: { of: Execution; onClose(): void }) {
  const s = useText();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [file, setFile] = useState<File>();
  const [unit, setUnit] = useState<'' | Shown>('');
  const [result, setResult] = useState<ImportReply>();
  const [failed, setFailed] = useState<string>();
  const [busy, setBusy] = useState(false);
  const post = async (f: File, trial: boolean, moneyUnit: '' | Shown) => {
    setBusy(true);
    setFailed(undefined);
    try {
      const form = new FormData();
      form.append('files', f, f.name);
      const reply = await send(
        financeApi.importExecution,
        { query: { unit: of.unit, year: of.year, ...(moneyUnit ? { moneyUnit } : {}), ...(trial ? { trial: 'true' as const } : {}) } },
        form,
      );
      if (trial || reply.faults.length) return setResult(reply);
      message.success(s(words.stored, { n: reply.stored, changed: reply.changed }), 5);
      void queries.invalidateQueries({ queryKey: ['finance'] });
      onClose();
    } catch (error) {
      setResult(undefined);
      setFailed(error instanceof CallError ? error.message : s(common.offline));
    } finally {
      setBusy(false);
    }
  };
  const changed = result?.entries.filter((e) => e.before !== e.fen).length ?? 0;
  const template = () =>
    saveCsv(`execution-template-${of.year}.csv`, [
      // Read back as it stands: the unit of the amounts is told above the head, the whole comes first.
      [s(words.templateUnit)],
      ['项目', ...Array.from({ length: 12 }, (_, i) => `${i + 1}月`)],
      ...of.rows.map((r) => [r.project === '' ? '单位整体' : r.name]),
    ]);
  return (
    <Modal
      open
      width={760}
      title={`${s(words.import)} · ${s(of.unitName)} ${of.year}`}
      onCancel={onClose}
      cancelText={s(common.cancel)}
      okText={s(words.storeThem, { n: result?.entries.length ?? 0 })}
      okButtonProps={{ disabled: !file || !result || result.faults.length > 0 || !result.entries.length, loading: busy }}
      onOk={() => file && void post(file, false, unit)}
    >
      <p className="muted">{s(words.importHint)}</p>
      <div className="row" style={{ marginBottom: 8 }}>
        <span>{s(common.moneyUnit)}</span>
        <Segmented
          aria-label={s(common.moneyUnit)}
          value={unit}
          onChange={(v) => {
            setUnit(v);
            if (file) void post(file, true, v);
          }}
          options={[
            { value: '' as const, label: s(words.moneyUnitAuto) },
            { value: '万元' as const, label: s(common.wan) },
            { value: '元' as const, label: s(common.yuan) },
          ]}
        />
        <Button size="small" onClick={template}>
          {s(words.template)}
        </Button>
      </div>
      <Upload.Dragger
        showUploadList={false}
        accept=".csv,.xlsx,.xls,.txt"
        beforeUpload={(f) => {
          setFile(f);
          void post(f, true, unit);
          return Upload.LIST_IGNORE;
        }}
      >
        <div className="fin-drop">{file ? file.name : s(words.importDrop)}</div>
      </Upload.Dragger>
      <div aria-live="polite" style={{ marginTop: 10 }}>
        {failed ? <Alert type="error" showIcon title={failed} /> : null}
        {result ? (
          <>
            <p className="muted">{s(words.layout, { layout: result.layout })}</p>
            {result.faults.length ? (
              <Alert
                type="error"
                showIcon
                title={s(words.faults, { n: result.faults.length })}
                description={
                  <ul style={{ margin: 0, paddingLeft: 18, maxHeight: 160, overflow: 'auto' }}>
                    {result.faults
                      .filter((f, i, all) => all.findIndex((x) => x.row === f.row && x.message === f.message) === i)
                      .map((f) => (
                        <li key={`${f.row}${f.message}`}>
                          {s(words.faultRow, { n: f.row })}：{f.message}
                        </li>
                      ))}
                  </ul>
                }
              />
            ) : (
              <p>{s(words.entries, { n: result.entries.length, changed })}</p>
            )}
            {result.entries.length ? (
              <Table
                size="small"
                rowKey={(e) => `${e.project}/${e.month}`}
                pagination={result.entries.length > 10 ? { pageSize: 10, size: 'small' } : false}
                dataSource={result.entries}
                columns={[
                  { title: s(words.project), render: (_, e) => e.name || s(words.whole) },
                  { title: '', width: 60, render: (_, e) => s(words.month, { n: e.month }) },
                  { title: s(words.before), align: 'right', render: (_, e) => <Money fen={e.before} unit="万元" /> },
                  { title: s(words.after), align: 'right', render: (_, e) => <Money fen={e.fen} unit="万元" /> },
                ]}
              />
            ) : null}
          </>
        ) : null}
      </div>
    </Modal>
  );
}
