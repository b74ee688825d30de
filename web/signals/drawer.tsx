// One device: its readings, calibrations and the places it stood at.
import { Drawer, Tabs, Tag } from 'antd';
import type { ReactNode } from 'react';
import { devicesApi } from '#core/signals/devices-contract.ts';
import type { signalsApi } from '#core/signals/contract.ts';
import { type Reply, useCall } from '../api.ts';
import { useText } from '../texts.tsx';
import { Time } from '../ui/clock.tsx';
import { Loaded } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import { CalibrationHistory } from './calibrate.tsx';
import { Series } from './series.tsx';
import { common, crsWords, drawer, kindWords, list } from './texts.ts';

export type Thing = Reply<typeof signalsApi.things>['items'][number];

export function OnlineTag({ online }: { online: boolean | null }) {
  const s = useText();
  if (online === null) return <Tag>{s(list.inactive)}</Tag>;
  return online ? <Tag color="success">{s(list.online)}</Tag> : <Tag color="warning">{s(list.silent)}</Tag>;
}

export function ThingDrawer({ thing, missing, onClose }: { thing: Thing; missing?: string | undefined; onClose(): void }) {
  const s = useText();
  return (
    <Drawer
      open
      onClose={onClose}
      size={760}
      title={
        <span className="row">
          {thing.name} <OnlineTag online={thing.online} />
          {missing ? <Tag color="error">{s(list.gaps, { n: missing })}</Tag> : null}
        </span>
      }
    >
      <dl className="facts" style={{ marginBottom: 12 }}>
        <Fact name={s(common.code)}>{thing.code}</Fact>
        <Fact name={s(common.unit)}>{thing.unitName}</Fact>
        <Fact name={s(common.kind)}>{s(kindWords[thing.kind]) || thing.kind}</Fact>
        <Fact name={s(drawer.profile)}>{thing.profile}</Fact>
        <Fact name={s(drawer.interval)}>{s(drawer.seconds, { n: thing.intervalS })}</Fact>
        <Fact name={s(drawer.lastAt)}>{thing.lastAt ? <Time at={thing.lastAt} /> : s(drawer.never)}</Fact>
        <Fact name={s(drawer.place)}>{thing.lon === null || thing.lat === null ? s(drawer.noPlace) : `${thing.lon.toFixed(6)}, ${thing.lat.toFixed(6)}`}</Fact>
      </dl>
      <Tabs
        items={[
          { key: 'series', label: s(drawer.series), children: thing.streams.map((x) => <Series key={x.id} id={x.id} />) },
          {
            key: 'calibration',
            label: s(drawer.calibration),
            children: thing.streams.map((x) => <CalibrationHistory key={x.id} stream={x.id} name={x.name} last={x.last} />),
          },
          { key: 'places', label: s(drawer.places), children: <Places id={thing.id} /> },
        ]}
      />
    </Drawer>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Places({ id }: { id: string }) {
  const s = useText();
  const query = useCall(devicesApi.placements, { params: { id } });
  return (
    <Loaded query={query} rows={2}>
      {(data) => (
        <Rows
          label={s(drawer.places)}
          rows={data.items}
          rowKey={(p) => p.at + p.given.join()}
          minWidth={600}
          empty={<span className="muted">{s(drawer.noPlacements)}</span>}
          columns={[
            { title: s(common.time), render: (p) => <Time at={p.at} />, card: 'head' },
            { title: s(drawer.crs), render: (p) => p.frame ?? s(crsWords[p.crs]) },
            { title: s(drawer.given), render: (p) => <span className="num">{p.given.join(', ')}</span>, card: 'full' },
            { title: s(drawer.placed), render: (p) => <span className="num">{`${p.lon.toFixed(6)}, ${p.lat.toFixed(6)}`}</span>, card: 'full' },
            { title: s(common.reason), render: (p) => p.reason },
            { title: s(common.by), render: (p) => p.by },
          ]}
        />
      )}
    </Loaded>
  );
}
