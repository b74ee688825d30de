// Registering or changing a risk point: what its type records, the posts that answer for it, its place on the map.
import { Alert, Button, DatePicker, Drawer, Form, Input, InputNumber, Select, Switch } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { useState } from 'react';
import { indicatorsApi } from '#core/indicators/contract.ts';
import type { RiskType } from '#core/indicators/pack.ts';
import { useCommand } from '../api.ts';
import { useAreas } from '../people/areas.ts';
import { useText } from '../texts.tsx';
import { CityMap } from '../ui/city-map.tsx';
import { levelWords } from '../ui/level.tsx';
import type { RiskPoint } from './risks.tsx';
import { common, risks as words } from './texts.ts';
import { useUnitList } from './words.tsx';

interface Values {
  type: string;
  name: string;
  unit: string;
  level: number;
  address?: string;
  status: 'active' | 'controlled' | 'removed';
  inspectedOn?: Dayjs | null;
  attributes?: Record<string, string | number | boolean | Dayjs | null | undefined>;
  responsible: { city?: string; district: string; town: string; keeper: string };
}

export function RiskForm({ types, point, preset, onClose }: { types: RiskType[]; point: RiskPoint | undefined; preset: string | undefined; onClose(): void }) {
  const s = useText();
  const [form] = Form.useForm<Values>();
  const units = useUnitList();
  const { areas, schematic } = useAreas();
  const [place, setPlace] = useState<[number, number] | undefined>(point?.lon !== null && point?.lon !== undefined && point.lat !== null ? [point.lon, point.lat] : undefined);
  const type = types.find((k) => k.code === (Form.useWatch('type', form) ?? point?.type ?? preset));
  const add = useCommand(indicatorsApi.addRiskPoint, { done: s(words.added), quiet: true, also: ['indicators'], onSuccess: onClose });
  const change = useCommand(indicatorsApi.changeRiskPoint, { done: s(words.changed), quiet: true, also: ['indicators'], onSuccess: onClose });
  const error = add.error ?? change.error;
  const initial: Partial<Values> = point
    ? {
        ...(point as unknown as Values),
        inspectedOn: point.inspectedOn ? dayjs(point.inspectedOn) : null,
        attributes: Object.fromEntries(
          Object.entries(point.attributes).map(([k, v]) => [
            k,
            types.find((x) => x.code === point.type)?.attributes.find((a) => a.code === k)?.type === 'date' ? dayjs(v as string) : (v as string),
          ]),
        ),
      }
    : { level: 3, status: 'active', ...(preset ? { type: preset } : {}) };
  const finish = (v: Values) => {
    const attributes = Object.fromEntries(
      Object.entries(v.attributes ?? {})
        .filter(([k, x]) => x !== undefined && x !== null && x !== '' && type?.attributes.some((a) => a.code === k))
        .map(([k, x]) => [k, dayjs.isDayjs(x) ? x.format('YYYY-MM-DD') : (x as string | number | boolean)]),
    );
    const { city, ...posts } = v.responsible;
    const body = {
      type: v.type,
      name: v.name,
      unit: v.unit,
      level: v.level,
      status: v.status,
      address: v.address || null,
      lon: place?.[0] ?? null,
      lat: place?.[1] ?? null,
      inspectedOn: v.inspectedOn?.format('YYYY-MM-DD') ?? null,
      attributes,
      responsible: { ...posts, ...(city ? { city } : {}) },
      things: point?.things ?? [],
    };
    if (point) change.mutate({ params: { id: point.id }, body, version: point.version });
    else add.mutate({ body });
  };
  return (
    <Drawer
      open
      size={620}
      onClose={onClose}
      title={s(point ? words.change : words.add)}
      extra={
        <Button type="primary" loading={add.isPending || change.isPending} onClick={() => form.submit()}>
          {s(common.save)}
        </Button>
      }
    >
      {error ? <Alert type="error" showIcon title={error.message} style={{ marginBottom: 10 }} role="alert" /> : null}
      <Form<Values> form={form} layout="vertical" initialValues={initial} onFinish={finish}>
        <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(200px, 1fr))', gap: '0 12px' }}>
          <Form.Item name="type" label={s(words.type)} rules={[{ required: true }]}>
            <Select disabled={Boolean(point)} showSearch={{ optionFilterProp: 'label' }} options={types.map((k) => ({ value: k.code, label: s(k.name) }))} />
          </Form.Item>
          <Form.Item name="name" label={s(words.name)} rules={[{ required: true }]}>
            <Input maxLength={120} />
          </Form.Item>
          <Form.Item name="unit" label={s(common.unit)} rules={[{ required: true }]}>
            <Select showSearch={{ optionFilterProp: 'label' }} options={units.map((u) => ({ value: u.path, label: u.name }))} />
          </Form.Item>
          <Form.Item name="level" label={s(words.levels)} rules={[{ required: true }]}>
            <Select options={levelWords.map((l, i) => ({ value: i + 1, label: s(l) }))} />
          </Form.Item>
          <Form.Item name="status" label={s(words.state)}>
            <Select options={(['active', 'controlled', 'removed'] as const).map((value) => ({ value, label: s(words.status[value]) }))} />
          </Form.Item>
          <Form.Item name="inspectedOn" label={s(words.inspected)}>
            <DatePicker style={{ width: '100%' }} maxDate={dayjs()} />
          </Form.Item>
        </div>
        <Form.Item name="address" label={s(words.address)}>
          <Input maxLength={300} />
        </Form.Item>
        {type?.attributes.length ? (
          <fieldset style={{ border: '1px solid var(--border)', borderRadius: 4, margin: '0 0 14px', padding: '6px 12px' }}>
            <legend>{s(words.attributes)}</legend>
            <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(200px, 1fr))', gap: '0 12px' }}>
              {type.attributes.map((a) => (
                <Form.Item key={a.code} name={['attributes', a.code]} label={s(a.name)} {...(a.type === 'flag' ? { valuePropName: 'checked' } : {})}>
                  {a.type === 'number' ? (
                    <InputNumber style={{ width: '100%' }} suffix={a.unit} />
                  ) : a.type === 'flag' ? (
                    <Switch />
                  ) : a.type === 'date' ? (
                    <DatePicker style={{ width: '100%' }} />
                  ) : (
                    <Input maxLength={500} suffix={a.unit} />
                  )}
                </Form.Item>
              ))}
            </div>
          </fieldset>
        ) : null}
        <fieldset style={{ border: '1px solid var(--border)', borderRadius: 4, margin: '0 0 14px', padding: '6px 12px' }}>
          <legend>{s(words.responsible)}</legend>
          <p className="muted" style={{ margin: '0 0 6px' }}>
            {s(words.postsNote)}
          </p>
          <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(200px, 1fr))', gap: '0 12px' }}>
            {(['district', 'town', 'keeper', 'city'] as const).map((k) => (
              <Form.Item key={k} name={['responsible', k]} label={s(words.tiers[k])} rules={[{ required: k !== 'city' }]}>
                <Input maxLength={60} placeholder={type?.responsible[k] ? s(type.responsible[k]) : ''} />
              </Form.Item>
            ))}
          </div>
        </fieldset>
      </Form>
      <p className="muted" style={{ margin: '0 0 6px' }}>
        {s(words.pick)} {place ? `${place[0].toFixed(5)}, ${place[1].toFixed(5)}` : ''}
      </p>
      <CityMap
        label={s(words.pick)}
        areas={areas}
        points={place ? [{ id: 'here', lon: place[0], lat: place[1], level: null, label: s(words.pick) }] : []}
        schematic={schematic}
        height={280}
        onPick={(lon, lat) => setPlace([Math.round(lon * 1e6) / 1e6, Math.round(lat * 1e6) / 1e6])}
      />
    </Drawer>
  );
}
