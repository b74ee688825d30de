// Things and their readings: what is online, what is silent, what each said last and over time.

import { Button, Drawer, Input, Segmented, Select, Table, Tag } from 'antd';
import { useState } from 'react';
import { signalsApi } from '#core/signals/contract.ts';
import { type Reply, useCall } from '../api.ts';
import { useAreas } from '../people/areas.ts';
import { TimeLine } from '../ui/chart.tsx';
import { CityMap } from '../ui/city-map.tsx';
import { Time, serverNow } from '../ui/clock.tsx';
import { Figure, Figures, Loaded, Nothing, Page } from '../ui/page.tsx';

type Thing = Reply<typeof signalsApi.things>['items'][number];
const kindWords: Record<string, string> = { iot: '物联设备', video: '视联网', line: '专线', room: '机房', site: '网站', manual: '人工填报' };

export function Things() {
  const [state, setState] = useState<'all' | 'online' | 'silent'>('all');
  const [kind, setKind] = useState<string>();
  const [text, setText] = useState('');
  const [cursors, setCursors] = useState<string[]>([]);
  const [shown, setShown] = useState<Thing>();
  const { areas, schematic } = useAreas();
  const online = useCall(signalsApi.online, {}, { refetchInterval: 15_000 });
  const list = useCall(
    signalsApi.things,
    { query: { limit: 100, state, ...(kind ? { kind } : {}), ...(text ? { text } : {}), ...(cursors.length ? { cursor: cursors.at(-1)! } : {}) } },
    { refetchInterval: 15_000 },
  );
  const points = (list.data?.items ?? [])
    .filter((t) => t.lon !== null)
    .map((t) => ({ id: t.id, lon: t.lon!, lat: t.lat!, level: t.online === false ? 3 : null, label: `${t.name}${t.online === false ? '（静默）' : ''}` }));
  return (
    <Page title="感知设备" note="两个上报周期没有数据即为静默">
      <Figures>
        {(online.data?.items ?? []).map((k) => (
          <Figure
            key={k.kind}
            label={`${kindWords[k.kind] ?? k.kind}在线率`}
            value={k.rate === null ? '—' : `${k.rate}%`}
            note={`${k.online} / ${k.things}`}
            active={kind === k.kind}
            onClick={() => setKind(kind === k.kind ? undefined : k.kind)}
          />
        ))}
      </Figures>
      <div className="card row">
        <Segmented
          value={state}
          onChange={(v) => {
            setState(v as 'all');
            setCursors([]);
          }}
          options={[
            { value: 'all', label: '全部' },
            { value: 'online', label: '在线' },
            { value: 'silent', label: '静默' },
          ]}
        />
        <Select
          allowClear
          placeholder="种类"
          aria-label="种类"
          style={{ width: 140 }}
          value={kind}
          onChange={setKind}
          options={Object.entries(kindWords).map(([value, label]) => ({ value, label }))}
        />
        <Input.Search
          placeholder="编码或名称"
          aria-label="编码或名称"
          allowClear
          style={{ width: 220 }}
          onSearch={(v) => {
            setText(v);
            setCursors([]);
          }}
        />
      </div>
      <div className="two-columns" style={{ display: 'grid', gridTemplateColumns: 'minmax(0, 2fr) minmax(280px, 1fr)', gap: 12, alignItems: 'start' }}>
        <div className="card" style={{ padding: 0 }}>
          <Loaded query={list}>
            {(data) => (
              <>
                <Table<Thing>
                  size="small"
                  rowKey="id"
                  dataSource={data.items}
                  pagination={false}
                  scroll={{ x: 760 }}
                  locale={{ emptyText: <Nothing text="没有符合条件的设备" /> }}
                  onRow={(t) => ({ onClick: () => setShown(t), style: { cursor: 'pointer' } })}
                  columns={[
                    {
                      title: '设备',
                      render: (_, t) => (
                        <>
                          {t.name}
                          <div className="muted" style={{ fontSize: 12 }}>
                            {t.code}
                          </div>
                        </>
                      ),
                    },
                    { title: '种类', render: (_, t) => kindWords[t.kind] ?? t.kind },
                    { title: '单位', dataIndex: 'unitName' },
                    { title: '状态', render: (_, t) => (t.online === null ? <Tag>未启用</Tag> : t.online ? <Tag color="success">在线</Tag> : <Tag color="warning">静默</Tag>) },
                    {
                      title: '最近读数',
                      render: (_, t) =>
                        t.streams.map((x) => (
                          <div key={x.id}>
                            {x.name} <span className="num">{x.last ?? '—'}</span> {x.unit}
                          </div>
                        )),
                    },
                    { title: '时间', render: (_, t) => <Time at={t.lastAt} /> },
                  ]}
                />
                <div className="row" style={{ justifyContent: 'flex-end', padding: 10 }}>
                  {cursors.length ? <Button onClick={() => setCursors(cursors.slice(0, -1))}>上一页</Button> : null}
                  {data.next ? <Button onClick={() => setCursors([...cursors, data.next!])}>下一页</Button> : null}
                </div>
              </>
            )}
          </Loaded>
        </div>
        <div className="card">
          <CityMap label="设备分布" areas={areas} points={points} schematic={schematic} height={420} onPoint={(id) => setShown(list.data?.items.find((t) => t.id === id))} />
        </div>
      </div>
      <Drawer open={Boolean(shown)} onClose={() => setShown(undefined)} size={720} title={shown?.name}>
        {shown?.streams.map((s) => (
          <Series key={s.id} id={s.id} />
        ))}
      </Drawer>
    </Page>
  );
}

/** One stream over the last days. */
export function Series({ id, days: first = 1 }: { id: string; days?: number }) {
  const [days, setDays] = useState(first);
  const [end] = useState(() => new Date(serverNow() + 60_000).toISOString());
  const from = new Date(Date.parse(end) - days * 86_400_000).toISOString();
  const series = useCall(signalsApi.series, { params: { id }, query: { from, to: end, every: days > 2 ? 'hour' : 'raw', limit: 5000 } });
  return (
    <section style={{ marginBottom: 18 }}>
      <Loaded query={series}>
        {(data) => (
          <>
            <div className="spread">
              <strong>{data.name}</strong>
              <Segmented
                size="small"
                value={days}
                onChange={setDays}
                options={[
                  { value: 1, label: '1 天' },
                  { value: 7, label: '7 天' },
                  { value: 30, label: '30 天' },
                  { value: 366, label: '1 年' },
                ]}
              />
            </div>
            {data.points.length ? (
              <TimeLine points={data.points.map((p) => ({ at: p.at, value: p.value === null ? null : Math.round(p.value * 1000) / 1000 }))} unit={data.unit} label={data.name} />
            ) : (
              <Nothing text="这段时间没有读数" />
            )}
          </>
        )}
      </Loaded>
    </section>
  );
}
