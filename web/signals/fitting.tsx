// 坐标标定: a local grid tied to the map by control points, with the residual of each so that a wrong one is seen.
import { Alert, App, Button, Form, Input, Select, Tag } from 'antd';
import { useMemo, useState } from 'react';
import { type Crs, fitFrame } from '#core/signals/place.ts';
import { devicesApi } from '#core/signals/devices-contract.ts';
import { CallError, useCall, useCommand } from '../api.ts';
import { useText } from '../texts.tsx';
import { Time } from '../ui/clock.tsx';
import { Figure, Figures, Loaded, Nothing } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import { controlFields, controlsOf } from './bring.ts';
import { unitOptions, useUnits } from './frame.tsx';
import { type BroughtSheet, SheetInput, SheetRows } from './sheet-input.tsx';
import { bring, common, crsWords, fitting as words, placing } from './texts.ts';

const metres = (m: number): string => (m < 1 ? `${(m * 100).toFixed(1)} cm` : `${m.toFixed(2)} m`);

export function Fitting() {
  const s = useText();
  const { message } = App.useApp();
  const { units, nameOf } = useUnits();
  const frames = useCall(devicesApi.frames);
  const [brought, setBrought] = useState<BroughtSheet>();
  const [crs, setCrs] = useState<Exclude<Crs, 'frame'>>('wgs84');
  const keep = useCommand(devicesApi.addFrame, { quiet: true });
  const found = useMemo(() => brought && controlsOf(brought.sheet, brought.columns, crs), [brought, crs]);
  // The same pure fit that the server keeps: seen at once, while points are put right.
  const fit = useMemo(() => (found && found.items.length >= 3 ? fitFrame(found.items) : undefined), [found]);
  const suspicious = (i: number): boolean => Boolean(fit && found && found.items.length > 3 && fit.residuals[i]! > 2 * fit.rms && fit.residuals[i]! > 0.5);
  return (
    <div className="grid">
      <section className="card">
        <p className="muted" style={{ marginTop: 0 }}>
          {s(words.note)}
        </p>
        <SheetInput
          label={s(bring.paste)}
          fields={controlFields}
          names={words.fields}
          needed={['x', 'y', 'lon', 'lat']}
          value={brought}
          onChange={(v) => {
            keep.reset();
            setBrought(v);
          }}
          template={{
            name: 'controls.csv',
            rows: [
              ['x', 'y', s(words.fields.lon), s(words.fields.lat)],
              [500, 500, 106.3051, 29.4345],
              [3500, 600, 106.3352, 29.441],
              [600, 2500, 106.3021, 29.4523],
            ],
          }}
        />
        {brought && found ? (
          <>
            <div className="filters" style={{ marginTop: 10 }}>
              <span>{s(placing.crs)}</span>
              <Select
                aria-label={s(placing.crs)}
                value={crs}
                onChange={setCrs}
                style={{ width: 220 }}
                options={(['wgs84', 'cgcs2000', 'gcj02', 'bd09'] as const).map((value) => ({ value, label: s(crsWords[value]) }))}
              />
            </div>
            <SheetRows
              of={brought}
              faults={found.faults}
              names={words.fields}
              extra={{
                title: s(words.residual),
                render: (row) => {
                  const i = found.rows.indexOf(row);
                  if (!fit || i < 0) return '—';
                  return (
                    <span style={suspicious(i) ? { color: 'var(--bad)', fontWeight: 600 } : {}}>
                      <span className="num">{metres(fit.residuals[i]!)}</span> {suspicious(i) ? s(words.suspicious) : ''}
                    </span>
                  );
                },
              }}
            />
          </>
        ) : null}
      </section>
      {found && !found.faults.length && !fit ? <Alert type="warning" showIcon title={s(words.note)} /> : null}
      {fit && found && !found.faults.length ? (
        <>
          <Figures>
            <Figure label={s(words.point)} value={found.items.length} />
            <Figure label={s(words.rms)} value={metres(fit.rms)} tone={fit.rms > 5 ? 'bad' : fit.rms > 1 ? 'warn' : 'ok'} />
            <Figure label={s(words.worst)} value={metres(Math.max(...fit.residuals))} />
          </Figures>
          {found.items.length === 3 ? <Alert type="info" showIcon title={s(words.redundancy)} /> : null}
          <section className="card">
            {keep.error ? <Alert type="error" showIcon title={keep.error instanceof CallError ? keep.error.message : s(common.offline)} style={{ marginBottom: 10 }} /> : null}
            <Form
              layout="vertical"
              style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(220px, 1fr))', gap: '0 12px' }}
              onFinish={(v: { code: string; name: string; unit: string }) =>
                keep.mutate(
                  { body: { ...v, controls: found.items, preview: false } },
                  {
                    onSuccess: (r) => {
                      message.success(s(words.kept, { code: v.code, n: r.version }));
                      setBrought(undefined);
                    },
                  },
                )
              }
            >
              <Form.Item name="code" label={s(words.code)} extra={s(words.codeHelp)} rules={[{ required: true, pattern: /^[a-z][a-z0-9-]{1,40}$/, message: s(words.codeHelp) }]}>
                <Input maxLength={41} />
              </Form.Item>
              <Form.Item name="name" label={s(words.name)} rules={[{ required: true }]}>
                <Input maxLength={120} />
              </Form.Item>
              <Form.Item name="unit" label={s(words.unit)} rules={[{ required: true }]}>
                <Select showSearch={{ optionFilterProp: 'text' }} options={unitOptions(units)} />
              </Form.Item>
              <Form.Item label=" ">
                <Button type="primary" htmlType="submit" loading={keep.isPending}>
                  {s(words.keep)}
                </Button>
              </Form.Item>
            </Form>
          </section>
        </>
      ) : null}
      <section className="card" style={{ padding: 0 }}>
        <h2 className="section-title" style={{ margin: '12px 16px' }}>
          {s(words.frames)}
        </h2>
        <Loaded query={frames} rows={2}>
          {(data) => (
            <Rows
              label={s(words.frames)}
              rows={data.items}
              rowKey={(f) => f.id}
              empty={<Nothing text={s(words.noFrames)} />}
              columns={[
                {
                  title: s(words.name),
                  card: 'head',
                  render: (f) => (
                    <>
                      {f.name} <Tag>{s(words.version, { n: f.version })}</Tag>
                      <div className="muted" style={{ fontSize: 12 }}>
                        {f.code}
                      </div>
                    </>
                  ),
                },
                { title: s(words.unit), render: (f) => nameOf(f.unit) },
                { title: s(words.point), align: 'right', render: (f) => f.controls.length },
                { title: s(words.rms), align: 'right', render: (f) => <span className="num">{metres(f.fit.rms)}</span> },
                { title: s(words.worst), align: 'right', render: (f) => <span className="num">{metres(Math.max(...f.fit.residuals))}</span> },
                { title: s(common.time), render: (f) => <Time at={f.at} /> },
              ]}
            />
          )}
        </Loaded>
      </section>
    </div>
  );
}
