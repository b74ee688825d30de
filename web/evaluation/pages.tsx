// Published targets answered live, and the units' rates with their definitions; every number opens what is behind it.
import { Link } from '@tanstack/react-router';
import { Alert, Button, DatePicker, Drawer, Form, Input, InputNumber, Modal, Progress, Select, Table, Tag, Tooltip } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import { evaluationApi } from '#core/evaluation/contract.ts';
import { type Reply, randomKey, useCall, useCommand } from '../api.ts';
import { useText } from '../texts.tsx';
import { Time, serverNow, timeText } from '../ui/clock.tsx';
import { Figure, Figures, Loaded, Nothing, Page } from '../ui/page.tsx';

type Target = Reply<typeof evaluationApi.targets>['items'][number];
const tone: Record<string, string> = { reached: 'success', 'on-the-way': 'processing', 'at-risk': 'warning', missed: 'error', 'not-measurable': 'default' };

export function Targets() {
  const s = useText();
  const [year, setYear] = useState<number>();
  const [open, setOpen] = useState<string>();
  const [state, setState] = useState<string>();
  const query = useCall(evaluationApi.targets, { query: year ? { year } : {} });
  return (
    <Page
      title="绩效目标"
      note={query.data ? `${query.data.year} 年 · 数据截至 ${timeText(query.data.asOf)}` : undefined}
      actions={
        query.data ? (
          <>
            <Select aria-label="年度" value={query.data.year} onChange={setYear} options={query.data.years.map((y) => ({ value: y, label: `${y} 年` }))} />
            <Button onClick={() => print()}>打印</Button>
          </>
        ) : null
      }
    >
      <Loaded query={query}>
        {(data) => (
          <>
            {data.demo ? <Alert type="warning" showIcon title="演示数据：目标数值取自公开的部门预算，完成情况由演示中心的虚构事实计算，不代表任何真实单位。" /> : null}
            <Figures>
              {(
                [
                  ['reached', '已达到', 'ok'],
                  ['on-the-way', '推进中', undefined],
                  ['at-risk', '有风险', 'warn'],
                  ['missed', '未达到', 'bad'],
                  ['not-measurable', '无法计量', undefined],
                ] as const
              ).map(([k, label, t]) => (
                <Figure
                  key={k}
                  label={label}
                  value={data.counts[k] ?? 0}
                  active={state === k}
                  onClick={() => setState(state === k ? undefined : k)}
                  {...(t && data.counts[k] ? { tone: t } : {})}
                />
              ))}
            </Figures>
            <div className="card" style={{ padding: 0 }}>
              <Table<Target>
                size="middle"
                rowKey="code"
                pagination={false}
                scroll={{ x: 980 }}
                dataSource={data.items.filter((t) => !state || t.state === state)}
                onRow={(t) => ({ onClick: () => setOpen(t.code), style: { cursor: 'pointer' } })}
                columns={[
                  {
                    title: '目标',
                    width: 240,
                    render: (_, t) => (
                      <>
                        {s(t.name)}
                        <div className="muted" style={{ fontSize: 12 }}>
                          {t.source.document} {t.source.place}
                        </div>
                      </>
                    ),
                  },
                  {
                    title: '公开承诺',
                    render: (_, t) => (
                      <span className="num" style={{ fontSize: 16 }}>
                        {t.nature === '定性' ? t.promised : `${t.nature} ${t.promised} ${t.unit ?? ''}`}
                      </span>
                    ),
                  },
                  {
                    title: '现在',
                    align: 'right',
                    render: (_, t) =>
                      t.value === null ? (
                        t.rating ? (
                          t.rating.score
                        ) : (
                          <span className="muted">—</span>
                        )
                      ) : (
                        <span className="num" style={{ fontSize: 18 }}>
                          {t.value} {t.unit}
                        </span>
                      ),
                  },
                  {
                    title: '进度',
                    width: 170,
                    render: (_, t) =>
                      t.completion === null ? null : (
                        <Tooltip title={t.expected === null ? undefined : `按时间进度应为 ${t.expected}`}>
                          <Progress
                            size="small"
                            percent={Math.min(100, Math.round(t.completion * 100))}
                            status={t.state === 'at-risk' || t.state === 'missed' ? 'exception' : t.state === 'reached' ? 'success' : 'active'}
                          />
                        </Tooltip>
                      ),
                  },
                  { title: '年底预计', align: 'right', render: (_, t) => (t.forecast === null ? '—' : <span className="num">{t.forecast}</span>) },
                  {
                    title: '判断',
                    render: (_, t) => (
                      <Tag color={tone[t.state]}>
                        {s(t.stateName)}
                        {t.provisional && t.state === 'reached' ? '（目前）' : ''}
                      </Tag>
                    ),
                  },
                  { title: '权重', align: 'right', dataIndex: 'weight' },
                  { title: '说明', width: 260, render: (_, t) => <span className="muted">{s(t.reason)}</span> },
                ]}
              />
            </div>
          </>
        )}
      </Loaded>
      {open ? <TargetDrawer code={open} onClose={() => setOpen(undefined)} /> : null}
    </Page>
  );
}

function TargetDrawer({ code, onClose }: { code: string; onClose(): void }) {
  const s = useText();
  const one = useCall(evaluationApi.target, { params: { code } });
  const [rating, setRating] = useState(false);
  const [key] = useState(randomKey);
  const rate = useCommand(evaluationApi.rate, { done: '已评定', onSuccess: () => setRating(false) });
  return (
    <Drawer open onClose={onClose} size={640} title={s(one.data?.name)}>
      <Loaded query={one}>
        {(t) => (
          <>
            <p>
              <Tag color={tone[t.state]}>{s(t.stateName)}</Tag> {s(t.reason)}
            </p>
            <dl className="facts" style={{ gridTemplateColumns: '1fr' }}>
              <div>
                <dt>公开承诺</dt>
                <dd>
                  {t.nature} {t.promised} {t.unit}
                </dd>
              </div>
              <div>
                <dt>出处</dt>
                <dd>
                  {t.source.document} {t.source.place}
                </dd>
              </div>
              {t.binding ? (
                <div>
                  <dt>绑定指标</dt>
                  <dd>
                    <Link to="/indicators/$code" params={{ code: t.binding.indicator }}>
                      {s(t.binding.indicatorName)}
                    </Link>
                    （{s(t.binding.unitName)}）<div className="muted">{s(t.binding.meaning)}</div>
                  </dd>
                </div>
              ) : null}
              {t.rater ? (
                <div>
                  <dt>评定人</dt>
                  <dd>{s(t.rater)}</dd>
                </div>
              ) : null}
            </dl>
            {t.mayRate ? (
              <Button type="primary" onClick={() => setRating(true)} style={{ margin: '10px 0' }}>
                评定
              </Button>
            ) : null}
            <h3>依据</h3>
            <Table
              size="small"
              rowKey="id"
              pagination={false}
              dataSource={t.evidence}
              locale={{ emptyText: <Nothing text="还没有可以查看的依据" /> }}
              columns={[
                {
                  title: '事项',
                  render: (_, e) =>
                    e.kind === 'case' ? (
                      <Link to="/cases/$id" params={{ id: e.id }}>
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
            {t.evidenceMore ? <p className="muted">只列出最近的部分；完整清单在台账与事件中查看。</p> : null}
            {t.ratings.map((r) => (
              <p key={r.at} className="muted">
                {timeText(r.at)} {r.by}：{r.score} 分。{r.reason}
              </p>
            ))}
            <Modal open={rating} footer={null} title="评定定性目标" onCancel={() => setRating(false)}>
              <Form
                layout="vertical"
                onFinish={(v: { score: number; reason: string; evidence: string }) =>
                  rate.mutate({ params: { code }, key, body: { score: v.score, reason: v.reason, evidence: v.evidence.split(/\s+/).filter(Boolean) } })
                }
              >
                <Form.Item name="score" label="得分（100–80 达成，80–60 部分达成，60 以下未达成）" rules={[{ required: true }]}>
                  <InputNumber min={0} max={100} precision={0} />
                </Form.Item>
                <Form.Item name="reason" label="理由" rules={[{ required: true }]}>
                  <Input.TextArea rows={3} />
                </Form.Item>
                <Form.Item name="evidence" label="依据" extra="台账、事件或复盘的编号，如 case:…，空格分开" rules={[{ required: true }]}>
                  <Input />
                </Form.Item>
                <Button type="primary" htmlType="submit" loading={rate.isPending}>
                  提交
                </Button>
              </Form>
            </Modal>
          </>
        )}
      </Loaded>
    </Drawer>
  );
}

type UnitRow = Reply<typeof evaluationApi.units>['items'][number];
const pct = (v: number | null) => (v === null ? <span className="muted">未知</span> : <span className="num">{v}%</span>);

export function Evaluation() {
  const s = useText();
  const [range, setRange] = useState(() => ({ from: dayjs(serverNow()).startOf('month').format('YYYY-MM-DD'), to: dayjs(serverNow()).format('YYYY-MM-DD') }));
  const query = useCall(evaluationApi.units, { query: range });
  const surveys = useCall(evaluationApi.surveys, { query: range });
  const [behind, setBehind] = useState<{ unit: string; count: 'overdueOpen' | 'done' | 'returned' | 'reworked' | 'offered'; name: string }>();
  const number = (r: UnitRow, count: 'overdueOpen' | 'done' | 'returned' | 'reworked' | 'offered') => (
    <a onClick={() => setBehind({ unit: r.unit, count, name: s(r.unitName) })} className="num">
      {r.counts[count]}
    </a>
  );
  return (
    <Page
      title="监督评价"
      note="评单位、不评个人；每个数都能点开看到任务"
      actions={
        <>
          <DatePicker.RangePicker
            aria-label="期间"
            allowClear={false}
            value={[dayjs(range.from), dayjs(range.to)]}
            onChange={(r) => r?.[0] && r[1] && setRange({ from: r[0].format('YYYY-MM-DD'), to: r[1].format('YYYY-MM-DD') })}
          />
          <Button onClick={() => print()}>打印</Button>
        </>
      }
    >
      <Loaded query={surveys}>
        {(data) => (
          <Figures>
            {data.items.map((x) => (
              <Figure
                key={x.code}
                label={s(x.name)}
                value={x.satisfiedRate === null ? '未知' : `${x.satisfiedRate}%`}
                note={`已评 ${x.answered}，未评 ${x.unrated}（未评不计入）`}
              />
            ))}
          </Figures>
        )}
      </Loaded>
      <div className="card">
        <Loaded query={query}>
          {(data) => (
            <>
              <Table<UnitRow>
                size="small"
                rowKey="unit"
                pagination={false}
                scroll={{ x: 860 }}
                dataSource={data.items}
                locale={{ emptyText: <Nothing text="这段时间没有派给单位的任务" /> }}
                columns={[
                  { title: '单位', render: (_, r) => s(r.unitName) },
                  { title: '派出', align: 'right', render: (_, r) => number(r, 'offered') },
                  { title: '签收及时率', align: 'right', render: (_, r) => pct(r.rates.ackRate) },
                  { title: '按期办结率', align: 'right', render: (_, r) => pct(r.rates.onTimeRate) },
                  { title: '已完成', align: 'right', render: (_, r) => number(r, 'done') },
                  { title: '超时未办', align: 'right', render: (_, r) => number(r, 'overdueOpen') },
                  { title: '返工', align: 'right', render: (_, r) => number(r, 'reworked') },
                  { title: '退回', align: 'right', render: (_, r) => number(r, 'returned') },
                  { title: '平均处置（小时）', align: 'right', render: (_, r) => <span className="num">{r.rates.meanHandleHours ?? '—'}</span> },
                ]}
              />
              <details style={{ marginTop: 12 }}>
                <summary>口径</summary>
                <ul>
                  {Object.entries(data.definitions).map(([k, t]) => (
                    <li key={k}>{s(t)}</li>
                  ))}
                </ul>
              </details>
            </>
          )}
        </Loaded>
      </div>
      {behind ? <Behind {...behind} range={range} onClose={() => setBehind(undefined)} /> : null}
    </Page>
  );
}

function Behind({
  unit,
  count,
  name,
  range,
  onClose,
}: {
  unit: string;
  count: 'overdueOpen' | 'done' | 'returned' | 'reworked' | 'offered';
  name: string;
  range: { from: string; to: string };
  onClose(): void;
}) {
  const query = useCall(evaluationApi.unitTasks, { params: { unit }, query: { ...range, count } });
  return (
    <Drawer open size={720} title={`${name}：数字背后的任务`} onClose={onClose}>
      <Loaded query={query}>
        {(data) => (
          <Table
            size="small"
            rowKey="task"
            pagination={{ pageSize: 20 }}
            dataSource={data.items}
            columns={[
              {
                title: '事件',
                render: (_, t) => (
                  <Link to="/cases/$id" params={{ id: t.caseId }}>
                    {t.title}
                  </Link>
                ),
              },
              { title: '派出', render: (_, t) => <Time at={t.offeredAt} /> },
              { title: '时限', render: (_, t) => <Time at={t.dueAt} /> },
              { title: '完成', render: (_, t) => <Time at={t.doneAt} /> },
              { title: '', render: (_, t) => (t.late ? <Tag color="error">超时</Tag> : null) },
            ]}
          />
        )}
      </Loaded>
    </Drawer>
  );
}
