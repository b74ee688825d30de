// Warnings: a short list worth waking for, the frozen reason behind each, the rules and how right they have been.
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { Alert, App, Button, DatePicker, Form, Input, Modal, Segmented, Table, Tabs, Tag, Timeline } from 'antd';
import dayjs from 'dayjs';
import { useEffect, useState } from 'react';
import { warningsApi } from '#core/warnings/contract.ts';
import { type Reply, addressOf, useCall, useCommand, useMay } from '../api.ts';
import { useUnitNames } from '../indicators/words.tsx';
import { onFact } from '../live.ts';
import { useAreas } from '../people/areas.ts';
import { useText } from '../texts.tsx';
import { Chart, TimeLine } from '../ui/chart.tsx';
import { CityMap } from '../ui/city-map.tsx';
import { Time, spanText, timeText, useNow } from '../ui/clock.tsx';
import { Level } from '../ui/level.tsx';
import { Figure, Figures, Loaded, Nothing, Page } from '../ui/page.tsx';
import { factWords, stateWords } from './texts.ts';

type Row = Reply<typeof warningsApi.list>['items'][number];
type Rule = Reply<typeof warningsApi.rules>['items'][number];

export function Warnings() {
  return (
    <Page title="预警中心" note="需要有人应对的才是预警；同因合并，恢复自动结束">
      <Tabs
        items={[
          { key: 'list', label: '当前预警', children: <List /> },
          { key: 'rules', label: '规则与准确率', children: <Rules /> },
          { key: 'load', label: '告警负荷', children: <Load /> },
          { key: 'shelves', label: '搁置与检修', children: <Shelves /> },
        ]}
      />
    </Page>
  );
}

function Age({ at }: { at: string }) {
  const now = useNow();
  return (
    <span className="num" title={timeText(at)}>
      {spanText(now - Date.parse(at))}
    </span>
  );
}

/** A red warning changes the tab's title until somebody looks: the wall and the desk both notice. */
function useFlash(red: number): void {
  useEffect(() => {
    if (!red) return;
    const title = document.title;
    let on = false;
    const timer = setInterval(() => {
      on = !on;
      document.title = on ? `【${red} 条红色预警】` : title;
    }, 1200);
    return () => {
      clearInterval(timer);
      document.title = title;
    };
  }, [red]);
}

function List() {
  const s = useText();
  const may = useMay();
  const navigate = useNavigate();
  const [state, setState] = useState<'open' | 'closed' | 'all'>('open');
  const [level, setLevel] = useState<number>();
  const [parent, setParent] = useState<string>();
  const [cursors, setCursors] = useState<string[]>([]);
  const { areas, schematic } = useAreas();
  const counts = useCall(warningsApi.counts);
  const list = useCall(warningsApi.list, {
    query: { limit: 100, state, ...(level ? { level } : {}), ...(parent ? { parent } : {}), ...(cursors.length ? { cursor: cursors.at(-1)! } : {}) },
  });
  const acknowledge = useCommand(warningsApi.acknowledge, { done: '已确认' });
  useFlash(counts.data?.byLevel['1'] ?? 0);
  const c = counts.data;
  const points = (list.data?.items ?? [])
    .filter((w) => w.lon !== null && w.lat !== null)
    .map((w) => ({ id: w.id, lon: w.lon!, lat: w.lat!, level: w.level, label: s(w.headline) }));
  return (
    <div className="grid">
      {c ? (
        <Figures>
          <Figure label="待确认" value={c.raised} {...(c.raised ? { tone: 'warn' as const } : {})} />
          {[1, 2, 3, 4].map((n) => (
            <Figure
              key={n}
              label={['I 级 红色', 'II 级 橙色', 'III 级 黄色', 'IV 级 蓝色'][n - 1]}
              value={c.byLevel[String(n)] ?? 0}
              active={level === n}
              onClick={() => setLevel(level === n ? undefined : n)}
              {...(n === 1 && c.byLevel['1'] ? { tone: 'bad' as const } : {})}
            />
          ))}
          <Figure label="已并入同因" value={c.folded} note="不再单独打扰" />
          <Figure label="搁置 / 抑制" value={c.shelved + c.inhibited} />
        </Figures>
      ) : null}
      <div className="row">
        <Segmented
          value={state}
          onChange={(v) => {
            setState(v as 'open');
            setCursors([]);
          }}
          options={[
            { value: 'open', label: '未结束' },
            { value: 'closed', label: '已结束' },
            { value: 'all', label: '全部' },
          ]}
        />
        {parent ? <Button onClick={() => setParent(undefined)}>返回全部</Button> : null}
      </div>
      <div className="two-columns" style={{ display: 'grid', gridTemplateColumns: 'minmax(0, 2.2fr) minmax(280px, 1fr)', gap: 12, alignItems: 'start' }}>
        <div className="card" style={{ padding: 0 }}>
          <Loaded query={list}>
            {(data) => (
              <>
                <Table<Row>
                  size="middle"
                  rowKey="id"
                  dataSource={data.items}
                  pagination={false}
                  scroll={{ x: 760 }}
                  locale={{ emptyText: <Nothing text="现在没有需要应对的预警" /> }}
                  onRow={(w) => ({ onClick: () => void navigate({ to: '/warnings/$id', params: { id: w.id } }), style: { cursor: 'pointer' } })}
                  columns={[
                    { title: '等级', width: 78, render: (_, w) => <Level level={w.level} /> },
                    {
                      title: '预警',
                      render: (_, w) => (
                        <>
                          <Link to="/warnings/$id" params={{ id: w.id }} style={{ color: 'inherit' }}>
                            {s(w.headline)}
                          </Link>
                          <div className="muted" style={{ fontSize: 12 }}>
                            {s(w.ruleName)}
                            {w.place ? ` · ${w.place}` : ''}
                            {w.flaps > 1 ? ` · 反复 ${w.flaps} 次` : ''}
                          </div>
                        </>
                      ),
                    },
                    {
                      title: '',
                      width: 110,
                      render: (_, w) =>
                        w.children ? (
                          <a
                            onClick={(e) => {
                              e.stopPropagation();
                              setParent(w.id);
                            }}
                          >
                            <Tag color="purple">合并 {w.children} 条</Tag>
                          </a>
                        ) : w.nature === 'internal' ? (
                          <Tag>内部告警</Tag>
                        ) : null,
                    },
                    {
                      title: '状态',
                      width: 110,
                      render: (_, w) => <Tag color={w.state === 'raised' ? 'warning' : w.state === 'acknowledged' ? 'processing' : 'default'}>{stateWords[w.state]}</Tag>,
                    },
                    { title: '已持续', width: 90, align: 'right', render: (_, w) => (w.closedAt ? <Time at={w.closedAt} /> : <Age at={w.raisedAt} />) },
                    {
                      title: '操作',
                      width: 130,
                      render: (_, w) =>
                        w.actions.includes('acknowledge') && may('warning.handle') ? (
                          <Button
                            size="small"
                            type="primary"
                            onClick={(e) => {
                              e.stopPropagation();
                              acknowledge.mutate({ params: { id: w.id }, body: {} });
                            }}
                          >
                            确认
                          </Button>
                        ) : w.caseId ? (
                          <Link to="/cases/$id" params={{ id: w.caseId }} onClick={(e) => e.stopPropagation()}>
                            查看事件
                          </Link>
                        ) : null,
                    },
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
          <CityMap label="预警分布" areas={areas} points={points} schematic={schematic} height={420} onPoint={(id) => void navigate({ to: '/warnings/$id', params: { id } })} />
        </div>
      </div>
    </div>
  );
}

export function WarningDetail() {
  const { id } = useParams({ strict: false }) as { id: string };
  const s = useText();
  const may = useMay();
  const navigate = useNavigate();
  const unitName = useUnitNames();
  const { areas, schematic } = useAreas();
  const one = useCall(warningsApi.read, { params: { id } });
  const [asking, setAsking] = useState<'close' | 'falseAlarm' | 'shelve'>();
  const [note, setNote] = useState('');
  const [until, setUntil] = useState(() => dayjs().add(2, 'hour'));
  const acknowledge = useCommand(warningsApi.acknowledge, { done: '已确认' });
  const close = useCommand(warningsApi.close, { done: '已处理完毕' });
  const falseAlarm = useCommand(warningsApi.falseAlarm, { done: '已记为误报，计入规则准确率' });
  const shelve = useCommand(warningsApi.shelve, { done: '已搁置，到期自动恢复' });
  const respond = useCommand(warningsApi.respond, { done: '已转为事件', also: ['cases'], onSuccess: (r) => void navigate({ to: '/cases/$id', params: { id: r.caseId } }) });
  useEffect(() => onFact((f) => void (f.subject === `warning:${id}` && one.refetch())), [id, one]);
  return (
    <Loaded query={one} rows={8}>
      {(w) => {
        const evidence = w.evidence as { points?: [number | string, number | null][]; readings?: { at: string; value: number | null }[]; threshold?: number; at?: string };
        const points = (evidence.readings ?? (evidence.points ?? []).map(([at, value]) => ({ at: typeof at === 'number' ? new Date(at).toISOString() : at, value }))) as {
          at: string;
          value: number | null;
        }[];
        const can = (a: string) => w.actions.includes(a) && may('warning.handle');
        return (
          <Page
            title={s(w.headline)}
            note={s(w.ruleName)}
            actions={
              <>
                {can('acknowledge') ? (
                  <Button type="primary" onClick={() => acknowledge.mutate({ params: { id }, body: {} })}>
                    确认
                  </Button>
                ) : null}
                {!w.caseId && may('warning.handle') && (w.offers.scenario || w.offers.matter) && w.closedAt === null ? (
                  <Button type="primary" loading={respond.isPending} onClick={() => respond.mutate({ params: { id }, body: {} })}>
                    按场景转事件
                  </Button>
                ) : null}
                {w.caseId ? (
                  <Link to="/cases/$id" params={{ id: w.caseId }}>
                    <Button>查看事件</Button>
                  </Link>
                ) : null}
                {can('close') ? <Button onClick={() => setAsking('close')}>处理完毕</Button> : null}
                {can('false-alarm') || can('falseAlarm') ? <Button onClick={() => setAsking('falseAlarm')}>误报</Button> : null}
                {can('shelve') ? <Button onClick={() => setAsking('shelve')}>搁置</Button> : null}
                {w.nature === 'official' ? (
                  <a href={addressOf(warningsApi.cap, { params: { id } })} download>
                    <Button>CAP</Button>
                  </a>
                ) : null}
              </>
            }
          >
            <section className="card">
              <div className="row" style={{ marginBottom: 8 }}>
                <Level level={w.level} />
                <Tag>{stateWords[w.state]}</Tag>
                {w.nature === 'internal' ? <Tag>内部告警，不作为预警信息发布</Tag> : null}
                {w.children ? <Tag color="purple">合并 {w.children} 条</Tag> : null}
                {w.foldedInto ? (
                  <Link to="/warnings/$id" params={{ id: w.foldedInto }}>
                    所属同因预警
                  </Link>
                ) : null}
              </div>
              {w.response ? <Alert type="info" showIcon title={`应对：${s(w.response)}`} style={{ marginBottom: 10 }} /> : null}
              <dl className="facts">
                <div>
                  <dt>触发</dt>
                  <dd>{timeText(w.raisedAt)}</dd>
                </div>
                <div>
                  <dt>确认</dt>
                  <dd>{timeText(w.acknowledgedAt)}</dd>
                </div>
                <div>
                  <dt>结束</dt>
                  <dd>
                    {timeText(w.closedAt)}
                    {w.outcome ? `（${w.outcome}）` : ''}
                  </dd>
                </div>
                <div>
                  <dt>当时的值</dt>
                  <dd className="num">
                    {w.value ?? '—'} {w.valueUnit}
                  </dd>
                </div>
                <div>
                  <dt>位置</dt>
                  <dd>{w.place ?? '—'}</dd>
                </div>
                <div>
                  <dt>负责单位</dt>
                  <dd>{unitName((w.handler ?? w.unit).split('.').slice(1).join('.'))}</dd>
                </div>
                {w.note ? (
                  <div>
                    <dt>说明</dt>
                    <dd>{w.note}</dd>
                  </div>
                ) : null}
              </dl>
            </section>
            <div className="two-columns" style={{ display: 'grid', gridTemplateColumns: 'minmax(0, 2fr) minmax(280px, 1fr)', gap: 12, alignItems: 'start' }}>
              <section className="card">
                <h2>触发时的依据（已冻结）</h2>
                {points.length ? (
                  <TimeLine
                    points={points}
                    unit={w.valueUnit}
                    label={s(w.headline)}
                    lines={evidence.threshold === undefined ? [] : [{ value: evidence.threshold, name: '阈值' }]}
                  />
                ) : null}
                <details>
                  <summary className="muted">规则版本与全部依据</summary>
                  <pre style={{ whiteSpace: 'pre-wrap', fontSize: 12, maxHeight: 320, overflow: 'auto' }}>{JSON.stringify(w.evidence, null, 1)}</pre>
                </details>
              </section>
              <div className="grid">
                {w.lon !== null && w.lat !== null ? (
                  <section className="card">
                    <CityMap label="位置" areas={areas} points={[{ id, lon: w.lon, lat: w.lat, level: w.level, label: s(w.headline) }]} schematic={schematic} height={220} />
                  </section>
                ) : null}
                <section className="card">
                  <h2>经过</h2>
                  <Timeline
                    items={w.history.toReversed().map((h) => ({
                      content: (
                        <div>
                          {factWords[h.kind] ?? h.kind}
                          <div className="muted" style={{ fontSize: 12 }}>
                            {timeText(h.at)} {h.by.startsWith('system:') ? '系统' : h.by}
                            {typeof h.data.note === 'string' ? ` · ${h.data.note}` : ''}
                          </div>
                        </div>
                      ),
                    }))}
                  />
                </section>
              </div>
            </div>
            <Modal
              open={Boolean(asking)}
              title={{ close: '处理完毕', falseAlarm: '误报', shelve: '搁置' }[asking ?? 'close']}
              onCancel={() => setAsking(undefined)}
              okButtonProps={{ disabled: !note.trim() }}
              onOk={() => {
                const input = { params: { id }, body: { note } };
                if (asking === 'close') close.mutate(input);
                else if (asking === 'falseAlarm') falseAlarm.mutate(input);
                else shelve.mutate({ params: { id }, body: { note, until: until.toISOString() } });
                setAsking(undefined);
                setNote('');
              }}
            >
              {asking === 'shelve' ? <DatePicker showTime aria-label="搁置到" value={until} onChange={(d) => d && setUntil(d)} style={{ marginBottom: 10 }} /> : null}
              <Input.TextArea rows={3} aria-label="说明" placeholder="说明（必填）" value={note} onChange={(e) => setNote(e.target.value)} autoFocus />
            </Modal>
          </Page>
        );
      }}
    </Loaded>
  );
}

function Rules() {
  const s = useText();
  const may = useMay();
  const { modal } = App.useApp();
  const rules = useCall(warningsApi.rules, { query: { days: 90 } });
  const retire = useCommand(warningsApi.retireRule, { done: '已停用' });
  const [trying, setTrying] = useState<Rule>();
  return (
    <div className="card">
      <Loaded query={rules}>
        {(data) => (
          <Table<Rule>
            size="small"
            rowKey="code"
            dataSource={data.items}
            pagination={{ pageSize: 30 }}
            scroll={{ x: 820 }}
            columns={[
              {
                title: '规则',
                render: (_, r) => (
                  <>
                    {s(r.name)}
                    <div className="muted" style={{ fontSize: 12 }}>
                      {r.code} 第 {r.version} 版
                    </div>
                  </>
                ),
              },
              { title: '90 天触发', align: 'right', dataIndex: 'raised' },
              { title: '属实 / 误报', align: 'right', render: (_, r) => `${r.right} / ${r.wrong}` },
              {
                title: '准确率',
                align: 'right',
                render: (_, r) => (r.precision === null ? <span className="muted">未判定</span> : <span className="num">{Math.round(r.precision * 100)}%</span>),
              },
              { title: '建议', render: (_, r) => (r.proposal ? <Tag color="orange">{r.proposal}</Tag> : null) },
              {
                title: '',
                render: (_, r) =>
                  may('rule.manage') ? (
                    <span className="row">
                      <Button size="small" onClick={() => setTrying(r)}>
                        回测
                      </Button>
                      {r.active ? (
                        <Button
                          size="small"
                          danger
                          onClick={() => {
                            let why = '';
                            modal.confirm({
                              title: `停用 ${r.name.zh}？`,
                              content: (
                                <Input
                                  aria-label="理由"
                                  placeholder="理由"
                                  onChange={(e) => {
                                    why = e.target.value;
                                  }}
                                />
                              ),
                              onOk: () => retire.mutateAsync({ params: { code: r.code }, body: { note: why || '不再需要' } }),
                            });
                          }}
                        >
                          停用
                        </Button>
                      ) : (
                        <Tag>已停用</Tag>
                      )}
                    </span>
                  ) : null,
              },
            ]}
          />
        )}
      </Loaded>
      {trying ? <Backtest rule={trying} onClose={() => setTrying(undefined)} /> : null}
    </div>
  );
}

function Backtest({ rule, onClose }: { rule: Rule; onClose(): void }) {
  const s = useText();
  const [text, setText] = useState(() => JSON.stringify(rule.definition, null, 1));
  const [fault, setFault] = useState<string>();
  const run = useCommand(warningsApi.backtest, { quiet: true });
  const put = useCommand(warningsApi.putRule, { done: '已发布新版本', onSuccess: onClose });
  const parse = (): Record<string, unknown> | undefined => {
    try {
      setFault(undefined);
      return JSON.parse(text) as Record<string, unknown>;
    } catch (error) {
      setFault((error as Error).message);
      return undefined;
    }
  };
  const r = run.data;
  return (
    <Modal
      open
      width={820}
      title={`回测：${s(rule.name)}`}
      onCancel={onClose}
      footer={[
        <Button
          key="run"
          loading={run.isPending}
          onClick={() => {
            const definition = parse();
            if (definition) run.mutate({ body: { definition, from: dayjs().subtract(30, 'day').toISOString(), to: dayjs().toISOString() } });
          }}
        >
          用近 30 天回测
        </Button>,
        <Button
          key="put"
          type="primary"
          loading={put.isPending}
          onClick={() => {
            const definition = parse();
            if (definition) put.mutate({ params: { code: rule.code }, body: { definition } });
          }}
        >
          发布
        </Button>,
      ]}
    >
      {(fault ?? run.error?.message) ? <Alert type="error" showIcon title={fault ?? run.error?.message} /> : null}
      <Form layout="vertical">
        <Form.Item label="规则">
          <Input.TextArea value={text} onChange={(e) => setText(e.target.value)} autoSize={{ minRows: 8, maxRows: 20 }} style={{ fontFamily: 'monospace' }} />
        </Form.Item>
      </Form>
      {r ? (
        <>
          <p>
            {r.streams} 条数据流、{r.readings} 个读数：会触发 <b>{r.warnings.length}</b> 次（每天 {r.perDay}），现行规则触发 {r.now} 次。{r.truncated ? '结果已截断。' : ''}
          </p>
          <Table
            size="small"
            rowKey={(w) => w.object + w.from}
            pagination={{ pageSize: 6 }}
            dataSource={r.warnings}
            columns={[
              { title: '对象', dataIndex: 'object' },
              { title: '起', render: (_, w) => <Time at={w.from} /> },
              { title: '止', render: (_, w) => <Time at={w.to} /> },
              { title: '等级', render: (_, w) => <Level level={w.worst} /> },
              { title: '极值', dataIndex: 'peak' },
              { title: '当时判定', render: (_, w) => ({ true: '属实', false: '误报', 'not-judged': '未判定', 'not-raised': '未触发' })[w.before] },
            ]}
          />
        </>
      ) : null}
    </Modal>
  );
}

function Load() {
  const load = useCall(warningsApi.load, { query: { seats: 1 } });
  return (
    <div className="card">
      <Loaded query={load}>
        {(d) => (
          <>
            <p className="muted">
              每席位 10 分钟内的通知数。可持续约 {d.sustainable}，超过 {d.flood} 即为洪峰；灰色是合并与抑制之前的原始告警。
            </p>
            <Chart
              label="告警负荷"
              height={280}
              option={{
                grid: { left: 44, right: 16, top: 20, bottom: 30 },
                tooltip: { trigger: 'axis' },
                legend: {},
                xAxis: { type: 'time' },
                yAxis: { type: 'value' },
                series: [
                  {
                    type: 'bar',
                    name: '通知',
                    data: d.buckets.map((b) => [b.at, b.notices]),
                    itemStyle: { color: '#1f5fd6' },
                    markLine: {
                      silent: true,
                      symbol: 'none',
                      data: [
                        { yAxis: d.sustainable, name: '可持续' },
                        { yAxis: d.flood, name: '洪峰' },
                      ],
                    },
                  },
                  { type: 'line', name: '原始告警', showSymbol: false, data: d.buckets.map((b) => [b.at, b.raw]), itemStyle: { color: '#98a4b8' } },
                ],
              }}
            />
          </>
        )}
      </Loaded>
    </div>
  );
}

function Shelves() {
  const shelves = useCall(warningsApi.shelves);
  return (
    <div className="card">
      <Loaded query={shelves}>
        {(d) => (
          <Table
            size="small"
            rowKey="id"
            pagination={false}
            dataSource={d.items}
            locale={{ emptyText: <Nothing text="没有搁置或检修窗口" /> }}
            columns={[
              { title: '种类', render: (_, x) => (x.kind === 'maintenance' ? '检修' : '搁置') },
              { title: '规则', dataIndex: 'rule' },
              { title: '设备', dataIndex: 'thing' },
              { title: '单位', dataIndex: 'unit' },
              { title: '起', render: (_, x) => <Time at={x.from} /> },
              { title: '止', render: (_, x) => <Time at={x.until} /> },
              { title: '理由', dataIndex: 'reason' },
              { title: '谁', dataIndex: 'by' },
            ]}
          />
        )}
      </Loaded>
    </div>
  );
}
