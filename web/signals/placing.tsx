// Placing devices: points in any system, what each would move by and whether it leaves its unit, then written with a reason.
import { Alert, App, Button, Input, Segmented, Select, Tabs, Tag } from 'antd';
import { useMemo, useState } from 'react';
import { type Crs, crsNames } from '#core/signals/place.ts';
import { devicesApi } from '#core/signals/devices-contract.ts';
import { CallError, type Reply, useCall, useCommand } from '../api.ts';
import { useAreas } from '../people/areas.ts';
import { useText } from '../texts.tsx';
import { AreaMap } from '../ui/area-map.tsx';
import { Figure, Figures } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import { pointFields, pointsOf, serverFaults } from './bring.ts';
import { Fitting } from './fitting.tsx';
import { ThingsPage } from './frame.tsx';
import { type BroughtSheet, SheetInput, SheetRows } from './sheet-input.tsx';
import { bring, common, crsWords, drawer, fitting, placing as words } from './texts.ts';

type Item = Reply<typeof devicesApi.place>['items'][number];

export function Placing() {
  const s = useText();
  return (
    <ThingsPage title={s(words.title)} note={s(words.note)}>
      <Tabs
        items={[
          { key: 'place', label: s(words.title), children: <Place /> },
          { key: 'fit', label: s(fitting.title), children: <Fitting /> },
        ]}
      />
    </ThingsPage>
  );
}

const metres = (m: number): string => (m >= 10_000 ? `${(m / 1000).toFixed(1)} km` : `${m.toLocaleString('zh-CN')} m`);

function Place() {
  const s = useText();
  const { modal, message } = App.useApp();
  const frames = useCall(devicesApi.frames);
  const [brought, setBrought] = useState<BroughtSheet>();
  const [crs, setCrs] = useState<Crs>('wgs84');
  const [frame, setFrame] = useState<string>();
  const [reason, setReason] = useState('');
  const place = useCommand(devicesApi.place, { quiet: true });
  const [asked, setAsked] = useState<{ of: unknown; crs: Crs; frame: string | undefined; items: Item[] }>();
  const found = useMemo(() => brought && pointsOf(brought.sheet, brought.columns), [brought]);
  const current = asked && found && asked.of === found.items && asked.crs === crs && asked.frame === frame ? asked.items : undefined;
  const refused = place.error instanceof CallError ? serverFaults(place.error.problem.errors, 'points', found?.rows ?? []) : [];
  const outside = current?.filter((x) => x.outside).length ?? 0;
  const ready = Boolean(found?.items.length) && !found?.faults.length && (crs !== 'frame' || Boolean(frame));
  const body = (preview: boolean) => ({ crs, ...(crs === 'frame' && frame ? { frame } : {}), points: found!.items, reason: reason.trim() || '预览', preview });
  const change = (f: () => void) => {
    place.reset();
    f();
  };
  const preview = () => place.mutate({ body: body(true) }, { onSuccess: (r) => setAsked({ of: found!.items, crs, frame, items: r.items }) });
  const apply = () =>
    modal.confirm({
      title: s(words.applyAsk, { n: current!.length }),
      content: outside ? <Alert type="warning" showIcon title={s(words.outsideAsk, { n: outside })} /> : reason,
      okButtonProps: outside ? { danger: true } : {},
      okText: s(words.apply, { n: current!.length }),
      onOk: () =>
        place
          .mutateAsync({ body: body(false) })
          .then((r) => {
            message.success(s(words.done, { n: r.written }));
            setBrought(undefined);
            setAsked(undefined);
            setReason('');
          })
          .catch(() => {}),
    });
  return (
    <div className="grid">
      <section className="card">
        <SheetInput
          label={s(bring.paste)}
          fields={pointFields}
          names={words.fields}
          needed={['thing', 'x', 'y']}
          value={brought}
          onChange={(v) => change(() => setBrought(v))}
          template={{
            name: 'points.csv',
            rows: [
              [s(words.fields.thing), s(words.fields.x), s(words.fields.y)],
              ['demo-001', 106.3512, 29.4521],
            ],
          }}
        />
        {brought && found ? (
          <>
            <div className="filters" style={{ marginTop: 10 }}>
              <span>{s(words.crs)}</span>
              <Select
                aria-label={s(words.crs)}
                value={crs}
                onChange={(v) => change(() => setCrs(v))}
                style={{ width: 220 }}
                options={crsNames.map((value) => ({ value, label: s(crsWords[value]) }))}
              />
              {crs === 'frame' ? (
                <Select
                  aria-label={s(words.frame)}
                  placeholder={frames.data?.items.length ? s(words.frame) : s(fitting.noFrames)}
                  value={frame}
                  onChange={(v) => change(() => setFrame(v))}
                  style={{ width: 240 }}
                  options={(frames.data?.items ?? []).map((f) => ({ value: f.code, label: `${f.name} ${s(fitting.version, { n: f.version })}` }))}
                />
              ) : null}
              <Button disabled={!ready} loading={place.isPending} onClick={preview} type={current ? 'default' : 'primary'}>
                {s(words.preview)}
              </Button>
            </div>
            {place.error && !refused.length ? (
              <Alert type="error" showIcon title={place.error instanceof CallError ? place.error.message : s(common.offline)} style={{ marginTop: 10 }} role="alert" />
            ) : null}
            {current ? null : <SheetRows of={brought} faults={[...found.faults, ...refused]} names={words.fields} />}
          </>
        ) : null}
      </section>
      {current ? (
        <>
          <Preview items={current} />
          <section className="card filters">
            <Input
              aria-label={s(words.reason)}
              placeholder={`${s(words.reason)}：${s(words.reasonHint)}`}
              value={reason}
              maxLength={300}
              onChange={(e) => setReason(e.target.value)}
              style={{ maxWidth: 460 }}
            />
            <Button type="primary" disabled={!reason.trim()} loading={place.isPending} onClick={apply}>
              {s(words.apply, { n: current.length })}
            </Button>
          </section>
        </>
      ) : null}
    </div>
  );
}

/** What the placing would do: figures, map before and after, every point with its metres. */
function Preview({ items }: { items: Item[] }) {
  const s = useText();
  const { areas, schematic } = useAreas();
  const [fit, setFit] = useState<'areas' | 'moves'>('moves');
  const moved = items.flatMap((x) => (x.moved === null ? [] : [x.moved])).toSorted((a, b) => a - b);
  const outside = items.filter((x) => x.outside).length;
  return (
    <>
      <Figures>
        <Figure label={s(words.points)} value={items.length} />
        <Figure label={s(words.newPlaces)} value={items.length - moved.length} />
        <Figure label={s(words.median)} value={moved.length ? metres(moved[Math.floor(moved.length / 2)]!) : '—'} />
        <Figure label={s(words.most)} value={moved.length ? metres(moved.at(-1)!) : '—'} {...(moved.at(-1)! > 2000 ? { tone: 'warn' as const } : {})} />
        <Figure label={s(words.outside)} value={outside} {...(outside ? { tone: 'bad' as const } : { tone: 'ok' as const })} />
      </Figures>
      <div className="two-columns even">
        <section className="card">
          <div className="spread" style={{ marginBottom: 8 }}>
            <span className="muted">{s(words.legend)}</span>
            <Segmented
              size="small"
              aria-label={s(words.map)}
              value={fit}
              onChange={setFit}
              options={[
                { value: 'moves', label: s(words.fitPoints) },
                { value: 'areas', label: s(words.fitAll) },
              ]}
            />
          </div>
          <AreaMap
            label={s(words.map)}
            areas={areas}
            fit={fit}
            height={420}
            schematic={schematic}
            schematicText={s(common.schematic)}
            moves={items.slice(0, 2000).map((x) => ({
              id: x.thing,
              label: `${x.name ?? x.thing} ${x.moved === null ? s(words.first) : metres(x.moved)}`,
              from: x.before ? [x.before.lon, x.before.lat] : null,
              to: [x.lon, x.lat],
              bad: x.outside,
            }))}
          />
        </section>
        <section className="card" style={{ padding: 0 }}>
          <Rows<Item>
            label={s(words.preview)}
            rows={items.toSorted((a, b) => Number(b.outside) - Number(a.outside) || (b.moved ?? 0) - (a.moved ?? 0))}
            rowKey={(x) => x.thing}
            pageSize={12}
            minWidth={460}
            rowClass={(x) => (x.outside ? 'row-bad' : '')}
            columns={[
              {
                title: s(common.device),
                card: 'head',
                render: (x) => (
                  <>
                    {x.name ?? x.thing}
                    <div className="muted" style={{ fontSize: 12 }}>
                      {x.thing}
                    </div>
                  </>
                ),
              },
              { title: s(words.moved), align: 'right', render: (x) => (x.moved === null ? s(words.first) : <span className="num">{metres(x.moved)}</span>) },
              { title: s(drawer.placed), card: 'full', render: (x) => <span className="num">{`${x.lon.toFixed(6)}, ${x.lat.toFixed(6)}`}</span> },
              { title: '', render: (x) => (x.outside ? <Tag color="error">{s(words.outside)}</Tag> : null) },
            ]}
          />
        </section>
      </div>
    </>
  );
}
