// Indicators: browse by sector, compare towns on a map, one indicator with its definition, curve and what stands behind a number.
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Button, Drawer, Input, Select, Table, Tag, Tooltip } from 'antd';
import { useState } from 'react';
import { casesApi } from '#core/cases/contract.ts';
import type { Sector } from '#core/cases/pack.ts';
import { indicatorsApi } from '#core/indicators/contract.ts';
import { type Reply, useCall } from '../api.ts';
import { peopleApi } from '#core/people/contract.ts';
import { useAreas } from '../people/areas.ts';
import { useText } from '../texts.tsx';
import { TimeLine } from '../ui/chart.tsx';
import { CityMap } from '../ui/city-map.tsx';
import { Time, serverNow, timeText } from '../ui/clock.tsx';
import { Level } from '../ui/level.tsx';
import { Figure, Figures, Loaded, Nothing, Page } from '../ui/page.tsx';

type Item = Reply<typeof indicatorsApi.list>['items'][number];
const directions: Record<string, string> = { 'high-good': '越高越好', 'low-good': '越低越好', band: '区间为宜', neutral: '中性' };

export function useSectors(): Map<string, string> {
  const s = useText();
  const catalogue = useCall(casesApi.catalogue, {}, { staleTime: 600_000 });
  return new Map(((catalogue.data?.sectors ?? []) as Sector[]).map((x) => [x.code, s(x.name)]));
}

/** Names of units by their code below the district, as definitions give them. */
export function useUnitNames(): (code: string) => string {
  const s = useText();
  const units = useCall(peopleApi.units, {}, { staleTime: 600_000 });
  const names = new Map((units.data?.items ?? []).map((u) => [u.path.split('.').slice(1).join('.'), s(u.name)]));
  return (code) => names.get(code) ?? code;
}

/** A value as people read it; unknown is said, never shown as zero. */
export function Value({ value, unit, reason, big }: { value: number | null; unit: string; reason?: string | null; big?: boolean }) {
  if (value === null)
    return (
      <Tooltip title={reason}>
        <span className="muted">未知</span>
      </Tooltip>
    );
  return (
    <span className="num" style={{ fontSize: big ? 26 : 16 }}>
      {value.toLocaleString('zh-CN')} <small style={{ fontWeight: 500 }}>{unit}</small>
    </span>
  );
}

interface Search {
  sector?: string;
  state?: 'known' | 'unknown' | 'alert';
  text?: string;
}

export function Indicators() {
  const s = useText();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Search;
  const sectors = useSectors();
  const [cursors, setCursors] = useState<string[]>([]);
  const summary = useCall(indicatorsApi.summary);
  const list = useCall(indicatorsApi.list, {
    query: {
      limit: 100,
      ...(search.sector ? { sector: search.sector } : {}),
      ...(search.state ? { state: search.state } : {}),
      ...(search.text ? { text: search.text } : {}),
      ...(cursors.length ? { cursor: cursors.at(-1)! } : {}),
    },
  });
  const go = (next: Search) => {
    setCursors([]);
    void navigate({ to: '/indicators', search: Object.fromEntries(Object.entries({ ...search, ...next }).filter(([, v]) => v)) as never });
  };
  const unitName = useUnitNames();
  const name = (code: string) => sectors.get(code) ?? code;
  return (
    <Page title="体征指标" note={summary.data ? `${summary.data.definitions} 个定义，${summary.data.instances} 个实例，其中 ${summary.data.live} 个有数` : undefined}>
      <Loaded query={summary}>
        {(data) => (
          <Figures>
            {data.sectors
              .toSorted((a, b) => [...sectors.keys()].indexOf(a.sector) - [...sectors.keys()].indexOf(b.sector))
              .map((x) => {
                const alert = (x.grades['1'] ?? 0) + (x.grades['2'] ?? 0) + (x.grades['3'] ?? 0);
                return (
                  <Figure
                    key={x.sector}
                    label={name(x.sector)}
                    value={x.instances}
                    note={`${x.known} 有数${alert ? ` · ${alert} 异常` : ''}`}
                    active={search.sector === x.sector}
                    {...(alert ? { tone: 'warn' as const } : {})}
                    onClick={() => go({ sector: search.sector === x.sector ? (undefined as never) : x.sector })}
                  />
                );
              })}
          </Figures>
        )}
      </Loaded>
      <div className="card row">
        <Input.Search aria-label="查找指标" placeholder="名称或编码" allowClear defaultValue={search.text} onSearch={(text) => go({ text })} style={{ width: 240 }} />
        <Select
          aria-label="状态"
          allowClear
          placeholder="状态"
          style={{ width: 130 }}
          value={search.state}
          onChange={(state) => go({ state })}
          options={[
            { value: 'alert', label: '有等级' },
            { value: 'known', label: '有数' },
            { value: 'unknown', label: '未知' },
          ]}
        />
      </div>
      <div className="card" style={{ padding: 0 }}>
        <Loaded query={list}>
          {(data) => (
            <>
              <Table<Item>
                size="small"
                rowKey={(r) => `${r.code}/${r.scope}`}
                dataSource={data.items}
                pagination={false}
                scroll={{ x: 900 }}
                locale={{ emptyText: <Nothing text="没有符合条件的指标" /> }}
                onRow={(r) => ({ onClick: () => void navigate({ to: '/indicators/$code', params: { code: r.code } }), style: { cursor: 'pointer' } })}
                columns={[
                  {
                    title: '指标',
                    width: 260,
                    render: (_, r) => (
                      <>
                        <Link to="/indicators/$code" params={{ code: r.code }} style={{ color: 'inherit' }}>
                          {s(r.name)}
                        </Link>
                        <div className="muted" style={{ fontSize: 12 }}>
                          {r.code}
                        </div>
                      </>
                    ),
                  },
                  { title: '板块', render: (_, r) => name(r.sector) },
                  { title: '现值', align: 'right', render: (_, r) => <Value value={r.value} unit={r.unit} reason={r.reason} /> },
                  {
                    title: '等级',
                    render: (_, r) => (r.grade ? <Level level={r.grade} /> : r.levelName ? s(r.levelName) : r.value === null ? '' : <Tag color="success">正常</Tag>),
                  },
                  { title: '实例', align: 'right', dataIndex: 'instances' },
                  { title: '方向', render: (_, r) => directions[r.direction] ?? r.direction },
                  { title: '责任单位', render: (_, r) => unitName(r.owner) },
                  { title: '时间', render: (_, r) => <Time at={r.bucket} /> },
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
    </Page>
  );
}

export function IndicatorDetail() {
  const s = useText();
  const { code } = useParams({ strict: false }) as { code: string };
  const one = useCall(indicatorsApi.read, { params: { code }, query: {} });
  const compare = useCall(indicatorsApi.compare, { params: { code }, query: { kind: 'town' } });
  const unitName = useUnitNames();
  const { areas, schematic } = useAreas();
  const [scope, setScope] = useState<string>();
  const [bucket, setBucket] = useState<string>();
  const [days, setDays] = useState(30);
  const [end] = useState(() => new Date(serverNow() + 60_000).toISOString());
  const chosen = scope ?? one.data?.scopes[0]?.scope;
  const series = useCall(
    indicatorsApi.series,
    { params: { code }, query: { scope: chosen ?? 'unit:demo', from: new Date(Date.parse(end) - days * 86_400_000).toISOString(), to: end } },
    { enabled: Boolean(chosen) },
  );
  return (
    <Loaded query={one} rows={8}>
      {(data) => {
        const d = data.definition as {
          name: { zh: string; en: string };
          meaning?: { zh: string; en: string };
          unit: string;
          sourceRef?: string;
          owner: string;
          direction: string;
          levels?: unknown;
        };
        const points = (compare.data?.items ?? [])
          .map((t) => ({ area: areas.find((a) => a.id === t.unit), t }))
          .filter((x) => x.area)
          .map(({ area, t }) => ({
            id: t.unit,
            lon: area!.ring.reduce((n, p) => n + p[0], 0) / area!.ring.length,
            lat: area!.ring.reduce((n, p) => n + p[1], 0) / area!.ring.length,
            level: t.grade,
            label: `${s(t.name)}：${t.value ?? '未知'} ${compare.data!.unit}`,
          }));
        return (
          <Page title={s(d.name)} note={code}>
            <section className="card">
              <dl className="facts">
                <div>
                  <dt>口径</dt>
                  <dd>{s(d.meaning) || '—'}</dd>
                </div>
                <div>
                  <dt>单位</dt>
                  <dd>{d.unit}</dd>
                </div>
                <div>
                  <dt>方向</dt>
                  <dd>{directions[d.direction] ?? d.direction}</dd>
                </div>
                <div>
                  <dt>责任单位</dt>
                  <dd>{unitName(d.owner)}</dd>
                </div>
                <div>
                  <dt>依据</dt>
                  <dd>{d.sourceRef ?? '—'}</dd>
                </div>
                <div>
                  <dt>版本</dt>
                  <dd>
                    第 {data.version} 版{data.versions.length > 1 ? `（共 ${data.versions.length} 版）` : ''}
                  </dd>
                </div>
                {data.inputs.length ? (
                  <div>
                    <dt>由此计算</dt>
                    <dd>
                      {data.inputs.map((i) => (
                        <Link key={i} to="/indicators/$code" params={{ code: i }} style={{ marginRight: 8 }}>
                          {i}
                        </Link>
                      ))}
                    </dd>
                  </div>
                ) : null}
                {data.readers.length ? (
                  <div>
                    <dt>用于</dt>
                    <dd>
                      {data.readers.map((i) => (
                        <Link key={i} to="/indicators/$code" params={{ code: i }} style={{ marginRight: 8 }}>
                          {i}
                        </Link>
                      ))}
                    </dd>
                  </div>
                ) : null}
              </dl>
            </section>
            <div className="two-columns" style={{ display: 'grid', gridTemplateColumns: 'minmax(0, 2fr) minmax(280px, 1fr)', gap: 12, alignItems: 'start' }}>
              <section className="card">
                <div className="spread">
                  <h2 className="section-title">走势</h2>
                  <div className="row">
                    <Select
                      aria-label="范围"
                      value={chosen}
                      onChange={setScope}
                      style={{ minWidth: 200 }}
                      showSearch={{ optionFilterProp: 'label' }}
                      options={data.scopes.map((x) => ({ value: x.scope, label: x.name }))}
                    />
                    <Select
                      aria-label="期间"
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
                </div>
                {chosen ? (
                  <Loaded query={series}>
                    {(x) =>
                      x.points.length ? (
                        <>
                          <TimeLine points={x.points.map((p) => ({ at: p.bucket, value: p.value }))} unit={x.unit} label={s(d.name)} />
                          <Table
                            size="small"
                            rowKey="bucket"
                            pagination={{ pageSize: 8, size: 'small' }}
                            dataSource={x.points.toReversed()}
                            onRow={(p) => ({ onClick: () => setBucket(p.bucket), style: { cursor: 'pointer' } })}
                            columns={[
                              { title: '时段', render: (_, p) => timeText(p.bucket) },
                              { title: '值', align: 'right', render: (_, p) => <Value value={p.value} unit={x.unit} reason={p.reason} /> },
                              { title: '等级', render: (_, p) => (p.grade ? <Level level={p.grade} /> : '') },
                              { title: '数据完整', align: 'right', render: (_, p) => `${Math.round(p.coverage * 100)}%` },
                              { title: '修订', align: 'right', render: (_, p) => p.revision ?? '' },
                              { title: '', render: () => <a>依据</a> },
                            ]}
                          />
                        </>
                      ) : (
                        <Nothing text="这段时间没有值：没有接入数据，或完整性不足" />
                      )
                    }
                  </Loaded>
                ) : (
                  <Nothing text="还没有适用的单位或设备" />
                )}
              </section>
              <div className="grid">
                <section className="card">
                  <h2>各镇街</h2>
                  <CityMap label="各镇街比较" areas={areas} points={points} schematic={schematic} height={240} />
                  <Table
                    size="small"
                    rowKey="unit"
                    pagination={false}
                    dataSource={compare.data?.items ?? []}
                    columns={[
                      { title: '镇街', render: (_, t) => s(t.name) },
                      { title: '值', align: 'right', render: (_, t) => <Value value={t.value} unit="" reason={t.reason} /> },
                      { title: '', render: (_, t) => (t.grade ? <Level level={t.grade} /> : null) },
                    ]}
                  />
                </section>
              </div>
            </div>
            {bucket && chosen ? <Behind code={code} scope={chosen} bucket={bucket} onClose={() => setBucket(undefined)} /> : null}
          </Page>
        );
      }}
    </Loaded>
  );
}

function Behind({ code, scope, bucket, onClose }: { code: string; scope: string; bucket: string; onClose(): void }) {
  const s = useText();
  const query = useCall(indicatorsApi.drillDown, { params: { code }, query: { scope, bucket } });
  return (
    <Drawer open size={720} title={`依据：${timeText(bucket)}`} onClose={onClose}>
      <Loaded query={query}>
        {(d) => (
          <>
            <p>
              <Value big value={d.value} unit="" reason={d.reason} /> <span className="muted">{d.formula}</span>
            </p>
            {d.inputs.length ? (
              <>
                <h3>输入指标</h3>
                <Table
                  size="small"
                  rowKey="code"
                  pagination={false}
                  dataSource={d.inputs}
                  columns={[
                    {
                      title: '指标',
                      render: (_, i) => (
                        <Link to="/indicators/$code" params={{ code: i.code }}>
                          {s(i.name)}
                        </Link>
                      ),
                    },
                    { title: '值', align: 'right', render: (_, i) => i.value ?? '未知' },
                    { title: '权重', align: 'right', dataIndex: 'weight' },
                  ]}
                />
              </>
            ) : null}
            {d.streams.length ? (
              <>
                <h3>读数</h3>
                <Table
                  size="small"
                  rowKey="stream"
                  pagination={{ pageSize: 10 }}
                  dataSource={d.streams}
                  columns={[
                    { title: '数据流', dataIndex: 'name' },
                    { title: '值', align: 'right', render: (_, x) => x.value ?? '未知' },
                    { title: '读数', align: 'right', dataIndex: 'readings' },
                    { title: '有数小时', align: 'right', dataIndex: 'hours' },
                  ]}
                />
              </>
            ) : null}
            {d.evidence.length ? (
              <>
                <h3>记录</h3>
                <Table
                  size="small"
                  rowKey="subject"
                  pagination={{ pageSize: 10 }}
                  dataSource={d.evidence}
                  columns={[
                    {
                      title: '事项',
                      render: (_, e) =>
                        e.subject.startsWith('case:') ? (
                          <Link to="/cases/$id" params={{ id: e.subject.slice(5) }}>
                            {e.title}
                          </Link>
                        ) : (
                          e.title
                        ),
                    },
                    { title: '时间', render: (_, e) => <Time at={e.at} /> },
                    { title: '值', align: 'right', render: (_, e) => e.value ?? '' },
                  ]}
                />
              </>
            ) : null}
            {d.revisions.length ? (
              <>
                <h3>修订</h3>
                <ul>
                  {d.revisions.map((r) => (
                    <li key={`${r.version}/${r.revision}`}>
                      第 {r.revision} 次：{r.value ?? '未知'}（{timeText(r.computedAt)} 至 {timeText(r.supersededAt)}）
                    </li>
                  ))}
                </ul>
              </>
            ) : null}
          </>
        )}
      </Loaded>
    </Drawer>
  );
}
