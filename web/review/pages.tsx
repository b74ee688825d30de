// Reviews: proposals, the assembled timeline, causes, and improvements that become tracked cases.
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Alert, App, Button, DatePicker, Form, Input, Select, Table, Tag, Timeline } from 'antd';
import dayjs from 'dayjs';
import { useEffect, useState } from 'react';
import { peopleApi } from '#core/people/contract.ts';
import { reviewApi } from '#core/review/contract.ts';
import { causeNames, causes, changeKinds, changeNames } from '#core/review/review.ts';
import { type Reply, addressOf, randomKey, useCall, useCommand, useMay } from '../api.ts';
import { useText } from '../texts.tsx';
import { Time, timeText } from '../ui/clock.tsx';
import { Level } from '../ui/level.tsx';
import { Loaded, Nothing, Page } from '../ui/page.tsx';

type Row = Reply<typeof reviewApi.list>['items'][number];
type Detail = Reply<typeof reviewApi.read>;
const statusWords: Record<string, string> = { proposed: '建议复盘', draft: '编写中', final: '已完成', declined: '不复盘' };

export function Reviews() {
  const s = useText();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { case?: string };
  const list = useCall(reviewApi.list, { query: { limit: 100, status: 'all' } });
  const [reason, setReason] = useState('');
  const [key] = useState(randomKey);
  const begin = useCommand(reviewApi.create, { done: '已发起复盘', onSuccess: (r) => void navigate({ to: '/reviews/$id', params: { id: r.id } }) });
  return (
    <Page title="复盘改进" note="从事实学到的，要改规则、阈值、目录、预案或时限">
      {search.case ? (
        <div className="card row">
          <span>为所选事件发起复盘：</span>
          <Input
            aria-label="复盘理由"
            placeholder="为什么要复盘"
            value={reason}
            onChange={(e) => setReason(e.target.value)}
            style={{ width: 320 }}
            onPressEnter={() => reason.trim() && begin.mutate({ key, body: { caseId: search.case!, reason } })}
          />
          <Button type="primary" disabled={!reason.trim()} loading={begin.isPending} onClick={() => begin.mutate({ key, body: { caseId: search.case!, reason } })}>
            发起
          </Button>
        </div>
      ) : null}
      <div className="card" style={{ padding: 0 }}>
        <Loaded query={list}>
          {(data) => (
            <Table<Row>
              size="middle"
              rowKey="id"
              pagination={false}
              scroll={{ x: 800 }}
              dataSource={data.items}
              locale={{ emptyText: <Nothing text="还没有复盘。II 级以上、返工两次以上或督办的事件结案后，会自动提出建议。" /> }}
              onRow={(r) => ({ onClick: () => void navigate({ to: '/reviews/$id', params: { id: r.id } }), style: { cursor: 'pointer' } })}
              columns={[
                { title: '等级', render: (_, r) => <Level level={r.level} /> },
                {
                  title: '事件',
                  render: (_, r) => (
                    <>
                      {r.title}
                      <div className="muted" style={{ fontSize: 12 }}>
                        {r.caseNo}
                      </div>
                    </>
                  ),
                },
                { title: '缘由', render: (_, r) => r.triggers.map((t) => <Tag key={t.kind}>{s(t.text)}</Tag>) },
                {
                  title: '状态',
                  render: (_, r) => <Tag color={r.status === 'final' ? 'success' : r.status === 'proposed' ? 'warning' : 'processing'}>{statusWords[r.status]}</Tag>,
                },
                { title: '改进项', render: (_, r) => (r.improvements ? `${r.improvementsDone} / ${r.improvements}` : '—') },
                { title: '发起', render: (_, r) => <Time at={r.openedAt} /> },
              ]}
            />
          )}
        </Loaded>
      </div>
    </Page>
  );
}

export function ReviewDetail() {
  const { id } = useParams({ strict: false }) as { id: string };
  const one = useCall(reviewApi.read, { params: { id } });
  return (
    <Loaded query={one} rows={10}>
      {(data) => <Shown id={id} data={data} />}
    </Loaded>
  );
}

interface Draft {
  summary: string;
  worked: string;
  failed: string;
  causes: { kind: (typeof causes)[number]; text: string }[];
  improvements: { text: string; unit: string; dueOn: dayjs.Dayjs; changes: (typeof changeKinds)[number] }[];
}

function Shown({ id, data }: { id: string; data: Detail }) {
  const s = useText();
  const may = useMay();
  const { modal } = App.useApp();
  const [form] = Form.useForm<Draft>();
  const units = useCall(peopleApi.units, {}, { staleTime: 600_000 });
  const save = useCommand(reviewApi.save, { done: '已保存' });
  const finish = useCommand(reviewApi.finish, { done: '已完成，改进项已成为事件', also: ['cases'] });
  const decline = useCommand(reviewApi.decline, { done: '已记录' });
  const editable = may('review.write') && (data.status === 'draft' || data.status === 'proposed');
  useEffect(() => {
    form.setFieldsValue({
      summary: data.summary,
      worked: data.worked,
      failed: data.failed,
      causes: data.causes as never,
      improvements: data.improvements.map((i) => ({ text: i.text, unit: i.unit, dueOn: dayjs(i.dueOn), changes: i.changes })),
    });
  }, [form, data]);
  const body = (v: Draft) => ({
    summary: v.summary ?? '',
    worked: v.worked ?? '',
    failed: v.failed ?? '',
    causes: v.causes ?? [],
    improvements: (v.improvements ?? []).map((i) => ({ ...i, dueOn: i.dueOn.format('YYYY-MM-DD') })),
  });
  return (
    <Page
      title={`复盘：${data.title}`}
      note={data.caseNo}
      actions={
        <>
          <Link to="/cases/$id" params={{ id: data.caseId }}>
            <Button>事件</Button>
          </Link>
          <a href={addressOf(reviewApi.print, { params: { id } })} target="_blank" rel="noreferrer">
            <Button>打印报告</Button>
          </a>
        </>
      }
    >
      <div className="row">
        <Level level={data.level} />
        <Tag>{statusWords[data.status]}</Tag>
        {data.triggers.map((t) => (
          <Tag key={t.kind} color="orange">
            {s(t.text)}
          </Tag>
        ))}
        {data.closedLoop ? <Tag color="success">改进已闭环</Tag> : null}
      </div>
      {data.declineReason ? <Alert type="info" showIcon title={`不复盘：${data.declineReason}`} /> : null}
      <div className="two-columns" style={{ display: 'grid', gridTemplateColumns: 'minmax(0, 1.4fr) minmax(300px, 1fr)', gap: 12, alignItems: 'start' }}>
        <div className="grid">
          <Form form={form} layout="vertical" disabled={!editable} className="card" onFinish={(v) => save.mutate({ params: { id }, version: data.version, body: body(v) })}>
            <h2>结论</h2>
            <Form.Item name="summary" label="经过与结论">
              <Input.TextArea rows={4} />
            </Form.Item>
            <Form.Item name="worked" label="做得好的">
              <Input.TextArea rows={2} />
            </Form.Item>
            <Form.Item name="failed" label="不足">
              <Input.TextArea rows={2} />
            </Form.Item>
            <h3>原因</h3>
            <Form.List name="causes">
              {(rows, { add, remove }) => (
                <div style={{ display: 'grid', gap: 8 }}>
                  {rows.map((r) => (
                    <div key={r.key} className="row" style={{ flexWrap: 'nowrap' }}>
                      <Form.Item name={[r.name, 'kind']} noStyle rules={[{ required: true }]}>
                        <Select aria-label="原因类别" style={{ width: 110 }} options={causes.map((c) => ({ value: c, label: s(causeNames[c]) }))} />
                      </Form.Item>
                      <Form.Item name={[r.name, 'text']} noStyle rules={[{ required: true, message: '请写明' }]}>
                        <Input aria-label="原因" />
                      </Form.Item>
                      {editable ? <Button onClick={() => remove(r.name)}>×</Button> : null}
                    </div>
                  ))}
                  {editable ? (
                    <Button type="dashed" onClick={() => add({ kind: causes[0], text: '' })}>
                      增加原因
                    </Button>
                  ) : null}
                </div>
              )}
            </Form.List>
            <h3>改进项</h3>
            <Form.List name="improvements">
              {(rows, { add, remove }) => (
                <div style={{ display: 'grid', gap: 8 }}>
                  {rows.map((r, i) => (
                    <div key={r.key} className="row">
                      <Form.Item name={[r.name, 'changes']} noStyle rules={[{ required: true }]}>
                        <Select aria-label="改什么" style={{ width: 110 }} options={changeKinds.map((c) => ({ value: c, label: s(changeNames[c]) }))} />
                      </Form.Item>
                      <Form.Item name={[r.name, 'text']} noStyle rules={[{ required: true, message: '请写明改什么' }]}>
                        <Input aria-label="改进内容" style={{ flex: '1 1 200px' }} />
                      </Form.Item>
                      <Form.Item name={[r.name, 'unit']} noStyle rules={[{ required: true }]}>
                        <Select
                          aria-label="责任单位"
                          style={{ width: 150 }}
                          showSearch={{ optionFilterProp: 'label' }}
                          options={(units.data?.items ?? []).filter((u) => u.kind !== 'grid').map((u) => ({ value: u.path, label: s(u.name) }))}
                        />
                      </Form.Item>
                      <Form.Item name={[r.name, 'dueOn']} noStyle rules={[{ required: true }]}>
                        <DatePicker aria-label="完成日期" />
                      </Form.Item>
                      {data.improvements[i]?.caseId ? (
                        <Link to="/cases/$id" params={{ id: data.improvements[i].caseId }}>
                          {data.improvements[i].status === 'done' ? '已完成' : '跟踪'}
                        </Link>
                      ) : null}
                      {editable ? <Button onClick={() => remove(r.name)}>×</Button> : null}
                    </div>
                  ))}
                  {editable ? (
                    <Button type="dashed" onClick={() => add({ changes: 'rule', text: '', unit: data.unit, dueOn: dayjs().add(14, 'day') })}>
                      增加改进项
                    </Button>
                  ) : null}
                </div>
              )}
            </Form.List>
            {editable ? (
              <div className="row" style={{ marginTop: 14 }}>
                <Button type="primary" htmlType="submit" loading={save.isPending}>
                  保存
                </Button>
                <Button
                  onClick={() =>
                    modal.confirm({
                      title: '完成复盘？',
                      content: '改进项会成为事件派给责任单位，复盘内容不再修改。',
                      onOk: () => finish.mutateAsync({ params: { id }, version: data.version }),
                    })
                  }
                >
                  完成复盘
                </Button>
                {data.status === 'proposed' ? (
                  <Button
                    danger
                    onClick={() => {
                      let why = '';
                      modal.confirm({
                        title: '不复盘',
                        content: (
                          <Input
                            aria-label="理由"
                            placeholder="理由"
                            onChange={(e) => {
                              why = e.target.value;
                            }}
                          />
                        ),
                        onOk: () => decline.mutateAsync({ params: { id }, version: data.version, body: { reason: why || '无需复盘' } }),
                      });
                    }}
                  >
                    不复盘
                  </Button>
                ) : null}
              </div>
            ) : null}
          </Form>
          <section className="card">
            <h2>超时</h2>
            <Table
              size="small"
              rowKey={(b) => b.task + b.limit}
              pagination={false}
              dataSource={data.breaches}
              locale={{ emptyText: '没有超时' }}
              columns={[
                { title: '单位', render: (_, b) => s(data.names[b.unit] ?? b.unit) },
                { title: '任务', dataIndex: 'title' },
                { title: '时限', dataIndex: 'limit' },
                { title: '到期', render: (_, b) => timeText(b.due) },
                { title: '超出（分钟）', align: 'right', dataIndex: 'minutes' },
              ]}
            />
          </section>
        </div>
        <div className="grid">
          <section className="card">
            <h2>用时</h2>
            <dl className="facts" style={{ gridTemplateColumns: '1fr' }}>
              {data.numbers.map((n) => (
                <div key={n.name.zh}>
                  <dt style={{ flexBasis: 150 }}>{s(n.name)}</dt>
                  <dd className="num">{n.minutes === null ? '—' : `${n.minutes} 分钟`}</dd>
                </div>
              ))}
            </dl>
          </section>
          <section className="card">
            <h2>时间线</h2>
            <Timeline
              items={data.timeline.map((t) => ({
                content: (
                  <div>
                    {s(t.text)}
                    <div className="muted" style={{ fontSize: 12 }}>
                      {timeText(t.at)} {t.by.startsWith('system:') ? '系统' : t.by}
                      {t.unit ? ` · ${s(data.names[t.unit] ?? t.unit)}` : ''}
                    </div>
                  </div>
                ),
              }))}
            />
          </section>
        </div>
      </div>
    </Page>
  );
}
