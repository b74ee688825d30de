// My work and the list of cases: what has the least time left stands first.
import { DownloadOutlined, PlusOutlined, PrinterOutlined, ReloadOutlined } from '@ant-design/icons';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Button, Form, Input, Select, Table, Tag } from 'antd';
import { useEffect, useState } from 'react';
import { casesApi } from '#core/cases/contract.ts';
import { type Reply, addressOf, useCall, useMay } from '../api.ts';
import { useAreas } from '../people/areas.ts';
import { useText } from '../texts.tsx';
import { CityMap } from '../ui/city-map.tsx';
import { Countdown, Time, serverNow } from '../ui/clock.tsx';
import { Level } from '../ui/level.tsx';
import { Figure, Figures, Loaded, Nothing, Page } from '../ui/page.tsx';
import { sourceWords, stateWords, statusWords } from './texts.ts';

type WorkRow = Reply<typeof casesApi.work>['items'][number];
type CaseRow = Reply<typeof casesApi.list>['items'][number];

const toneOf = (due: string | null, from: string | null): string => {
  if (!due) return '';
  const left = Date.parse(due) - serverNow();
  if (left < 0) return 'row-over';
  return from && left < (Date.parse(due) - Date.parse(from)) * 0.2 ? 'row-near' : '';
};

/** First screen: what I must do now, in order of time left; one press of Enter opens it. */
export function Work() {
  const s = useText();
  const may = useMay();
  const navigate = useNavigate();
  const work = useCall(casesApi.work, { query: { limit: 100 } }, { refetchInterval: 60_000 });
  const counts = useCall(casesApi.counts, {}, { refetchInterval: 60_000 });
  const [at, setAt] = useState(0);
  const items = work.data?.items ?? [];
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      if ((e.target as HTMLElement).closest('input,textarea,[contenteditable],.ant-modal,.ant-drawer')) return;
      if (e.key === 'j') setAt((n) => Math.min(n + 1, items.length - 1));
      if (e.key === 'k') setAt((n) => Math.max(n - 1, 0));
      if (e.key === 'Enter' && items[at] && !(e.target as HTMLElement).closest('a,button')) void navigate({ to: '/cases/$id', params: { id: items[at].caseId } });
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [items, at, navigate]);
  const c = counts.data;
  return (
    <Page
      title="我的工作"
      note={`${items.length}${work.data?.more ? '+' : ''} 项待办，按剩余时限排列 · J/K 上下，Enter 打开`}
      actions={
        may('case.report') ? (
          <Link to="/cases/new">
            <Button type="primary" icon={<PlusOutlined />}>
              登记事件
            </Button>
          </Link>
        ) : null
      }
    >
      {c ? (
        <Figures>
          <Figure label="办理中" value={c.open} onClick={() => void navigate({ to: '/cases', search: {} })} />
          <Figure label="待签收" value={c.unacknowledged} {...(c.unacknowledged ? { tone: 'warn' as const } : {})} />
          <Figure label="临期" value={c.near} {...(c.near ? { tone: 'warn' as const } : {})} note="剩余不足 20%" />
          <Figure label="已超时" value={c.overdue} {...(c.overdue ? { tone: 'bad' as const } : {})} onClick={() => void navigate({ to: '/cases', search: { overdue: 'true' } })} />
          <Figure label="今日办结" value={c.closedToday} tone="ok" note={c.onTimeToday === null ? undefined : `按期 ${Math.round(c.onTimeToday * 1000) / 10}%`} />
        </Figures>
      ) : null}
      <div className="card" style={{ padding: 0 }}>
        <Loaded query={work}>
          {() =>
            items.length === 0 ? (
              <Nothing text="现在没有需要您办理的事项。新的任务会自动出现在这里。" />
            ) : (
              <ul style={{ listStyle: 'none', margin: 0, padding: 0 }}>
                {items.map((w, i) => (
                  <WorkItem key={w.task} w={w} active={i === at} s={s} />
                ))}
              </ul>
            )
          }
        </Loaded>
      </div>
    </Page>
  );
}

function WorkItem({ w, active, s }: { w: WorkRow; active: boolean; s: ReturnType<typeof useText> }) {
  const tone = toneOf(w.dueAt, w.dueFrom);
  return (
    <li
      style={{
        borderBottom: '1px solid var(--border)',
        background: active ? 'var(--hover)' : tone === 'row-over' ? 'var(--row-over)' : tone === 'row-near' ? 'var(--row-near)' : undefined,
      }}
    >
      <Link to="/cases/$id" params={{ id: w.caseId }} style={{ display: 'flex', gap: 14, alignItems: 'center', padding: '11px 16px', color: 'inherit', flexWrap: 'wrap' }}>
        <span style={{ width: 62 }}>
          <Level level={w.level} />
        </span>
        <span style={{ flex: '1 1 240px', minWidth: 0 }}>
          <strong style={{ display: 'block' }}>{w.caseTitle}</strong>
          <span className="muted" style={{ fontSize: 13 }}>
            {s(w.stepName)}：{w.title} · {s(w.unitName)}
            {w.address ? ` · ${w.address}` : ''}
          </span>
        </span>
        {w.lead ? null : <Tag>协办</Tag>}
        {w.own ? <Tag color="blue">本单位</Tag> : null}
        <Tag color={w.state === 'offered' ? 'orange' : w.state === 'rework' ? 'red' : 'processing'}>{s(stateWords[w.state])}</Tag>
        <span style={{ width: 100, textAlign: 'right' }}>
          <Countdown due={w.dueAt} from={w.dueFrom} />
        </span>
      </Link>
    </li>
  );
}

interface Search {
  status?: string;
  level?: number;
  text?: string;
  overdue?: string;
  step?: string;
}

export function Cases() {
  const s = useText();
  const may = useMay();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Search;
  const [cursors, setCursors] = useState<string[]>([]);
  const [map, setMap] = useState(false);
  const { areas, schematic } = useAreas();
  const counts = useCall(casesApi.counts);
  const status = (search.status ?? 'open') as 'open';
  const query = {
    limit: 50,
    status,
    ...(search.level ? { level: search.level } : {}),
    ...(search.text ? { text: search.text } : {}),
    ...(search.overdue ? { overdue: 'true' as const } : {}),
    ...(search.step ? { step: search.step } : {}),
    ...(cursors.length ? { cursor: cursors.at(-1)! } : {}),
  };
  const list = useCall(casesApi.list, { query });
  const go = (next: Search) => {
    setCursors([]);
    void navigate({ to: '/cases', search: Object.fromEntries(Object.entries({ ...search, ...next }).filter(([, v]) => v !== undefined && v !== '')) as never });
  };
  const c = counts.data;
  const points = (list.data?.items ?? []).filter((r) => r.lon !== null).map((r) => ({ id: r.id, lon: r.lon!, lat: r.lat!, level: r.level, label: r.title }));
  return (
    <Page
      title="事件中心"
      note={status === 'open' ? '办理中的事件，剩余时限少的在前' : undefined}
      actions={
        <>
          <Button onClick={() => setMap(!map)}>{map ? '收起地图' : '地图'}</Button>
          <a href={addressOf(casesApi.export, { query: { status: search.status ?? 'open' } })} download>
            <Button icon={<DownloadOutlined />}>导出</Button>
          </a>
          <Button icon={<PrinterOutlined />} onClick={() => print()}>
            打印
          </Button>
          {may('case.report') ? (
            <Link to="/cases/new">
              <Button type="primary" icon={<PlusOutlined />}>
                登记事件
              </Button>
            </Link>
          ) : null}
        </>
      }
    >
      {c ? (
        <Figures>
          <Figure
            label="办理中"
            value={c.open}
            active={status === 'open' && !search.overdue && !search.step}
            onClick={() => go({ status: 'open', overdue: undefined as never, step: undefined as never })}
          />
          <Figure label="待签收" value={c.unacknowledged} />
          <Figure label="处置中" value={c.handling} active={search.step === 'handle'} onClick={() => go({ status: 'open', step: 'handle', overdue: undefined as never })} />
          <Figure
            label="已超时"
            value={c.overdue}
            {...(c.overdue ? { tone: 'bad' as const } : {})}
            active={search.overdue === 'true'}
            onClick={() => go({ status: 'open', overdue: 'true', step: undefined as never })}
          />
          <Figure label="待核查" value={c.inspecting} active={search.step === 'inspect'} onClick={() => go({ status: 'open', step: 'inspect', overdue: undefined as never })} />
          <Figure
            label="今日办结"
            value={c.closedToday}
            tone="ok"
            note={c.onTimeToday === null ? undefined : `按期 ${Math.round(c.onTimeToday * 1000) / 10}%`}
            active={status === ('closed' as never)}
            onClick={() => go({ status: 'closed', overdue: undefined as never, step: undefined as never })}
          />
        </Figures>
      ) : null}
      <Form className="card no-print" layout="inline" style={{ rowGap: 8 }} initialValues={search} onFinish={(v: Search) => go(v)}>
        <Form.Item name="text" label="关键词">
          <Input placeholder="编号 / 标题 / 地址" allowClear aria-label="关键词" />
        </Form.Item>
        <Form.Item name="level" label="等级">
          <Select allowClear style={{ width: 110 }} aria-label="等级" options={[1, 2, 3, 4].map((n) => ({ value: n, label: ['I 红', 'II 橙', 'III 黄', 'IV 蓝'][n - 1] }))} />
        </Form.Item>
        <Form.Item name="status" label="状态">
          <Select
            style={{ width: 120 }}
            aria-label="状态"
            allowClear
            options={[...Object.entries(statusWords).map(([value, t]) => ({ value, label: s(t) })), { value: 'all', label: '全部' }]}
          />
        </Form.Item>
        <Button type="primary" htmlType="submit">
          查询
        </Button>
        <Button type="text" aria-label="刷新" icon={<ReloadOutlined />} onClick={() => void list.refetch()} />
      </Form>
      {map ? (
        <div className="card">
          <CityMap label="事件分布图" areas={areas} points={points} schematic={schematic} height={380} onPoint={(id) => void navigate({ to: '/cases/$id', params: { id } })} />
        </div>
      ) : null}
      <div className="card" style={{ padding: 0 }}>
        <Loaded query={list}>
          {(data) => (
            <>
              <Table<CaseRow>
                size="middle"
                rowKey="id"
                dataSource={data.items}
                pagination={false}
                scroll={{ x: 980 }}
                rowClassName={(r) => (r.status === 'open' ? toneOf(r.dueAt, r.dueFrom) : '')}
                onRow={(r) => ({ onClick: () => void navigate({ to: '/cases/$id', params: { id: r.id } }), style: { cursor: 'pointer' } })}
                locale={{ emptyText: <Nothing text="没有符合条件的事件" /> }}
                columns={[
                  { title: '等级', width: 78, render: (_, r) => <Level level={r.level} /> },
                  {
                    title: '事件',
                    width: 320,
                    render: (_, r) => (
                      <>
                        <Link to="/cases/$id" params={{ id: r.id }} style={{ color: 'inherit' }}>
                          {r.title}
                        </Link>
                        <div className="muted" style={{ fontSize: 12 }}>
                          {r.no} {r.tasks > 1 ? <Tag color="blue">多单位 {r.tasks}</Tag> : null}
                        </div>
                      </>
                    ),
                  },
                  {
                    title: '状态',
                    width: 110,
                    render: (_, r) => <Tag color={r.status === 'open' ? 'processing' : 'default'}>{r.status === 'open' ? s(r.stepName) : s(statusWords[r.status])}</Tag>,
                  },
                  { title: '剩余时限', width: 120, render: (_, r) => (r.status === 'open' ? <Countdown due={r.dueAt} from={r.dueFrom} /> : '—') },
                  { title: '事项', width: 110, render: (_, r) => s(r.matterName) || '—' },
                  { title: '来源', width: 90, render: (_, r) => s(sourceWords[r.source] ?? r.source) },
                  { title: '主责单位', width: 130, render: (_, r) => s(r.ownerName) },
                  { title: '上报时间', width: 150, render: (_, r) => <Time at={r.openedAt} /> },
                ]}
              />
              <div className="row no-print" style={{ justifyContent: 'flex-end', padding: 10 }}>
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
