// The dialog for a command that asks for something: reason, form, units, grading.
import { Alert, Button, Checkbox, DatePicker, Form, Input, Modal, Select } from 'antd';
import type { Dayjs } from 'dayjs';
import { useMemo, useState } from 'react';
import { casesApi } from '#core/cases/contract.ts';
import type { Matter, Scenario, Step } from '#core/cases/pack.ts';
import type { Case } from '#core/cases/state.ts';
import type { Field } from '#core/form.ts';
import { peopleApi } from '#core/people/contract.ts';
import { randomKey, useCall, useCommand } from '../api.ts';
import { useAreas } from '../people/areas.ts';
import { useText } from '../texts.tsx';
import { CityMap } from '../ui/city-map.tsx';
import { FormFields } from '../ui/form-fields.tsx';
import type { Detail } from './detail.tsx';
import { commandWords } from './texts.ts';

export interface Wanted {
  kind: string;
  task?: string | null;
  outcome?: string;
}
interface Values {
  reason?: string;
  text?: string;
  suggested?: string;
  until?: Dayjs;
  into?: string;
  form?: Record<string, unknown>;
  set?: { title?: string; level?: number; matter?: string; condition?: string; scenario?: string; address?: string };
  assign?: { unit: string; title: string; lead?: boolean }[];
  tasks?: string[];
}

const needsText = new Set(['supervise', 'remind', 'instruct', 'comment']);
const needsReason = new Set(['return', 'refuse', 'withdraw', 'askExtension', 'refuseExtension', 'askDeferral', 'refuseDeferral', 'merge', 'unmerge', 'reopen', 'forceClose']);

export function ActDialog({ id, data, wanted, onClose, onUpload }: { id: string; data: Detail; wanted: Wanted; onClose(): void; onUpload(file: File): Promise<string> }) {
  const s = useText();
  const state = data.state as Case;
  const steps = data.stepInfo as Record<string, Step>;
  const task = state.tasks.find((t) => t.id === wanted.task);
  const step = task ? steps[task.step] : undefined;
  const outcome = step?.outcomes.find((o) => o.code === wanted.outcome);
  const [form] = Form.useForm<Values>();
  const [key] = useState(randomKey);
  const [place, setPlace] = useState(state.place ? { lon: state.place.lon, lat: state.place.lat } : undefined);
  const act = useCommand(casesApi.act, { done: '已提交', quiet: true, also: ['warnings', 'reviews'], onSuccess: onClose });
  const describing = wanted.kind === 'describe' || (outcome?.needs.length ?? 0) > 0;
  const assigning = outcome?.fanOut === true;
  const catalogue = useCall(casesApi.catalogue, {}, { enabled: describing || assigning, staleTime: 600_000 });
  const units = useCall(peopleApi.units, {}, { enabled: assigning || wanted.kind === 'return', staleTime: 600_000 });
  const { areas, schematic } = useAreas();
  const matters = (catalogue.data?.matters ?? []) as Matter[];
  const scenarios = (catalogue.data?.scenarios ?? []) as Scenario[];
  const matterCode = Form.useWatch(['set', 'matter'], form) ?? state.matter;
  const matter = matters.find((m) => m.code === matterCode);
  const unitOptions = useMemo(() => (units.data?.items ?? []).filter((u) => u.kind !== 'district' && u.active).map((u) => ({ value: u.path, label: s(u.name) })), [units.data, s]);
  const fields: Field[] =
    wanted.kind === 'submit'
      ? (step?.form ?? [])
      : wanted.kind === 'evaluate'
        ? ((data.evaluateForm as Field[] | null) ?? [])
        : [...(wanted.kind === 'decide' ? (step?.form ?? []) : []), ...(outcome?.form ?? [])];
  const suggestedAssign = useMemo(() => {
    const scenario = scenarios.find((x) => x.code === state.scenario);
    const resolve = (u: string) => (u === 'place' ? (state.place?.unit ?? state.owner) : `${state.root}.${u}`);
    if (scenario) return scenario.tasks.map((t) => ({ unit: resolve(t.unit), title: t.title.zh, lead: t.lead }));
    const m = matters.find((x) => x.code === state.matter);
    return m ? [{ unit: resolve(m.unit), title: '处置', lead: true }] : [];
  }, [scenarios, matters, state]);

  const send = (v: Values) => {
    const clean = (o: Record<string, unknown> | undefined) => Object.fromEntries(Object.entries(o ?? {}).filter(([, x]) => x !== undefined && x !== '' && x !== null));
    const body: Record<string, unknown> = { kind: wanted.kind };
    if (wanted.task) body.task = wanted.task;
    if (wanted.outcome) body.outcome = wanted.outcome;
    if (v.reason) body.reason = v.reason;
    if (v.text) body.text = v.text;
    if (v.suggested) body.suggested = v.suggested;
    if (v.into) body.into = v.into;
    if (v.until) body.until = v.until.toISOString();
    if (wanted.kind === 'submit' || wanted.kind === 'evaluate' || (wanted.kind === 'decide' && fields.length)) body.form = clean(v.form);
    if (describing) {
      const { address, ...set } = v.set ?? {};
      body.set = { ...clean(set), ...(place ? { place: { ...place, address: address ?? state.place?.address ?? '' } } : {}) };
    }
    if (assigning) body.assign = (v.assign ?? []).map((a, i) => ({ unit: a.unit, title: a.title, lead: a.lead ?? i === 0 }));
    if (outcome?.rework && v.tasks?.length) body.tasks = v.tasks;
    act.mutate({ params: { id }, version: data.version, key, body: body as never });
  };
  const title = outcome ? s(outcome.name) : s(commandWords[wanted.kind]);
  const ready = !assigning || catalogue.data;
  return (
    <Modal
      open
      title={title}
      onCancel={onClose}
      okText="提交（Ctrl+Enter）"
      cancelText="取消"
      onOk={() => form.submit()}
      confirmLoading={act.isPending}
      width={describing ? 720 : 560}
      okButtonProps={{ danger: outcome?.danger === true || wanted.kind === 'forceClose' }}
    >
      {act.error ? <Alert type="error" showIcon title={act.error.message} style={{ marginBottom: 12 }} role="alert" /> : null}
      {ready ? (
        <Form
          form={form}
          layout="vertical"
          onFinish={send}
          onKeyDown={(e) => {
            if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) form.submit();
          }}
          initialValues={{
            set: {
              title: state.title,
              level: state.level ?? undefined,
              matter: state.matter ?? undefined,
              condition: state.condition ?? undefined,
              scenario: state.scenario ?? undefined,
              address: state.place?.address,
            },
            assign: suggestedAssign,
          }}
        >
          {describing ? (
            <>
              <div style={{ display: 'grid', gridTemplateColumns: '1fr 1fr', gap: '0 12px' }}>
                <Form.Item name={['set', 'matter']} label="事项" rules={[{ required: outcome !== undefined }]}>
                  <Select
                    showSearch={{ optionFilterProp: 'label' }}
                    options={matters.map((m) => ({ value: m.code, label: s(m.name) }))}
                    onChange={() => form.setFieldValue(['set', 'condition'], undefined)}
                  />
                </Form.Item>
                <Form.Item
                  name={['set', 'condition']}
                  label="立案条件"
                  rules={[{ required: outcome !== undefined }]}
                  extra={matter?.conditions
                    .find((c) => c.code === form.getFieldValue(['set', 'condition']))
                    ?.limits.map((l) => `${s(l.name)} ${l.amount}`)
                    .join('，')}
                >
                  <Select
                    options={matter?.conditions.map((c) => ({ value: c.code, label: s(c.name) })) ?? []}
                    onChange={(c: string) => {
                      const found = matter?.conditions.find((x) => x.code === c);
                      if (found && !form.getFieldValue(['set', 'level'])) form.setFieldValue(['set', 'level'], found.level);
                    }}
                  />
                </Form.Item>
                <Form.Item name={['set', 'level']} label="等级" rules={[{ required: outcome !== undefined }]}>
                  <Select options={[1, 2, 3, 4].map((n) => ({ value: n, label: ['I 特别重大', 'II 重大', 'III 较大', 'IV 一般'][n - 1] }))} />
                </Form.Item>
                <Form.Item name={['set', 'scenario']} label="一件事场景（可不选）">
                  <Select allowClear options={scenarios.filter((x) => !matterCode || x.matter === matterCode).map((x) => ({ value: x.code, label: s(x.name) }))} />
                </Form.Item>
              </div>
              <Form.Item name={['set', 'address']} label="地址">
                <Input maxLength={300} />
              </Form.Item>
              <CityMap
                label="点选位置"
                areas={areas}
                points={place ? [{ id: 'p', ...place, level: 1, label: '位置' }] : []}
                schematic={schematic}
                height={220}
                onPick={(lon, lat) => setPlace({ lon: Math.round(lon * 1e5) / 1e5, lat: Math.round(lat * 1e5) / 1e5 })}
              />
              {wanted.kind === 'describe' ? (
                <Form.Item name="reason" label="理由（降级时必填）" style={{ marginTop: 10 }}>
                  <Input.TextArea rows={2} />
                </Form.Item>
              ) : null}
            </>
          ) : null}
          {assigning ? (
            <Form.List name="assign">
              {(rows, { add, remove }) => (
                <div style={{ display: 'grid', gap: 8, marginBottom: 12 }}>
                  {rows.map((r) => (
                    <div key={r.key} className="row" style={{ flexWrap: 'nowrap' }}>
                      <Form.Item name={[r.name, 'unit']} noStyle rules={[{ required: true, message: '请选择单位' }]}>
                        <Select aria-label="承办单位" style={{ width: 190 }} showSearch={{ optionFilterProp: 'label' }} options={unitOptions} />
                      </Form.Item>
                      <Form.Item name={[r.name, 'title']} noStyle rules={[{ required: true, message: '请写任务' }]}>
                        <Input aria-label="任务" placeholder="做什么" />
                      </Form.Item>
                      <Form.Item name={[r.name, 'lead']} noStyle valuePropName="checked">
                        <Checkbox>主办</Checkbox>
                      </Form.Item>
                      <Button size="small" onClick={() => remove(r.name)} aria-label="移除">
                        ×
                      </Button>
                    </div>
                  ))}
                  <Button type="dashed" onClick={() => add({ title: '处置' })}>
                    增加单位
                  </Button>
                </div>
              )}
            </Form.List>
          ) : null}
          {outcome?.rework ? (
            <Form.Item name="tasks" label="返工的任务（不选则全部）">
              <Select
                mode="multiple"
                options={state.tasks
                  .filter((t) => t.state === 'done' && steps[t.step]?.counted)
                  .map((t) => ({ value: t.id, label: `${s(data.names[t.unit] ?? t.unit)}：${t.title}` }))}
              />
            </Form.Item>
          ) : null}
          <FormFields fields={fields} prefix={['form']} onUpload={onUpload} />
          {wanted.kind === 'return' ? (
            <Form.Item name="suggested" label="建议由谁承办" rules={[{ required: true, message: '请建议承办单位' }]}>
              <Input list="units" />
            </Form.Item>
          ) : null}
          {wanted.kind === 'askDeferral' ? (
            <Form.Item name="until" label="挂账至" rules={[{ required: true, message: '请选择日期' }]}>
              <DatePicker showTime />
            </Form.Item>
          ) : null}
          {wanted.kind === 'merge' ? (
            <Form.Item name="into" label="并入的主案" rules={[{ required: true, message: '请选择主案' }]}>
              <Select
                options={data.similar.filter((x) => x.status === 'open').map((x) => ({ value: x.id, label: `${x.title}（${x.metres} 米）` }))}
                notFoundContent="附近没有办理中的同类事件"
              />
            </Form.Item>
          ) : null}
          {needsText.has(wanted.kind) ? (
            <Form.Item name="text" label="内容" rules={[{ required: true, whitespace: true, message: '请填写内容' }]}>
              <Input.TextArea rows={3} autoFocus maxLength={2000} />
            </Form.Item>
          ) : null}
          {needsReason.has(wanted.kind) || outcome?.reason ? (
            <Form.Item name="reason" label="理由" rules={[{ required: true, whitespace: true, message: '请写明理由' }]}>
              <Input.TextArea rows={3} maxLength={2000} />
            </Form.Item>
          ) : null}
        </Form>
      ) : null}
    </Modal>
  );
}
