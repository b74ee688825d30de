// Reporting: where, what, a few words – three taps on a phone, a full form at the duty desk.
import { Link, useNavigate } from '@tanstack/react-router';
import { Alert, Button, Form, Input, Select } from 'antd';
import { useMemo, useState } from 'react';
import { casesApi } from '#core/cases/contract.ts';
import type { Flow, Matter } from '#core/cases/pack.ts';
import { randomKey, useCall, useCommand } from '../api.ts';
import { useAreas } from '../people/areas.ts';
import { useText } from '../texts.tsx';
import { CityMap } from '../ui/city-map.tsx';
import { FormFields } from '../ui/form-fields.tsx';
import { Loaded, Page } from '../ui/page.tsx';

export function NewCase() {
  const s = useText();
  const navigate = useNavigate();
  const catalogue = useCall(casesApi.catalogue, {}, { staleTime: 600_000 });
  const { areas, schematic } = useAreas();
  const [form] = Form.useForm();
  const flowCode = Form.useWatch('flow', form) as string | undefined;
  const [place, setPlace] = useState<{ lon: number; lat: number }>();
  const [key] = useState(randomKey);
  const flows = (catalogue.data?.flows ?? []) as Flow[];
  const matters = (catalogue.data?.matters ?? []) as Matter[];
  const flow = flows.find((f) => f.code === (flowCode ?? 'incident'));
  const open = useCommand(casesApi.open, { done: '已上报', onSuccess: (r) => void navigate({ to: '/cases/$id', params: { id: r.id } }) });
  const points = useMemo(() => (place ? [{ id: 'here', ...place, level: 1, label: '事发位置' }] : []), [place]);
  return (
    <Page title="登记事件" note="先报事、再报情：只有标题必填，其余可以后补">
      <Loaded query={catalogue}>
        {() => (
          <Form
            form={form}
            layout="vertical"
            initialValues={{ flow: 'incident', source: 'manual' }}
            style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 380px), 1fr))', gap: 12 }}
            onFinish={(v: { flow: string; title: string; description?: string; source: string; address?: string; matter?: string; form?: Record<string, unknown> }) =>
              open.mutate({
                key,
                body: {
                  flow: v.flow,
                  title: v.title,
                  description: v.description ?? '',
                  source: v.source,
                  form: Object.fromEntries(Object.entries(v.form ?? {}).filter(([, x]) => x !== undefined && x !== '')),
                  set: { ...(v.matter ? { matter: v.matter } : {}), ...(place ? { place: { ...place, address: v.address ?? '' } } : {}) },
                },
              })
            }
          >
            <div className="card">
              <Form.Item name="title" label="标题" rules={[{ required: true, whitespace: true, message: '请写一句话说明是什么事' }]}>
                <Input maxLength={200} autoFocus placeholder="什么地方、发生了什么" size="large" />
              </Form.Item>
              <Form.Item name="description" label="情况">
                <Input.TextArea rows={4} maxLength={5000} placeholder="已知的人员、影响、已采取的措施；不清楚的可以后补" />
              </Form.Item>
              <Form.Item name="matter" label="事项（不确定可不选）">
                <Select allowClear showSearch={{ optionFilterProp: 'label' }} options={matters.map((m) => ({ value: m.code, label: s(m.name) }))} />
              </Form.Item>
              <Form.Item name="flow" label="办理流程">
                <Select options={flows.map((f) => ({ value: f.code, label: s(f.name) }))} />
              </Form.Item>
              <Form.Item name="source" label="来源">
                <Select
                  options={[
                    { value: 'manual', label: '值班登记' },
                    { value: 'call', label: '电话' },
                    { value: 'grid', label: '网格上报' },
                    { value: 'letter', label: '来信' },
                  ]}
                />
              </Form.Item>
              {flow ? <FormFields fields={flow.open.form} prefix={['form']} /> : null}
            </div>
            <div className="card">
              <h2>位置</h2>
              <CityMap
                label="点选事发位置"
                areas={areas}
                points={points}
                schematic={schematic}
                height={340}
                onPick={(lon, lat) => setPlace({ lon: Math.round(lon * 1e5) / 1e5, lat: Math.round(lat * 1e5) / 1e5 })}
              />
              <p className="muted" style={{ margin: '8px 0' }}>
                {place ? `已点选 ${place.lon}, ${place.lat}（WGS84），所属网格自动判断` : '在地图上点一下事发位置；立案前必须有位置'}
              </p>
              <Form.Item name="address" label="地址描述">
                <Input maxLength={300} />
              </Form.Item>
              {open.error ? <Alert type="error" showIcon title={open.error.message} style={{ marginBottom: 10 }} /> : null}
              <div className="row">
                <Button type="primary" htmlType="submit" size="large" loading={open.isPending}>
                  上报
                </Button>
                <Link to="/work">
                  <Button size="large">取消</Button>
                </Link>
              </div>
            </div>
          </Form>
        )}
      </Loaded>
    </Page>
  );
}
