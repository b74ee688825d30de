// Settings: units and accounts, background jobs, the audit trail.
import { Alert, App, Button, DatePicker, Form, Input, Modal, Progress, Select, Table, Tag, Tree } from 'antd';
import type { Dayjs } from 'dayjs';
import { useMemo, useState } from 'react';
import { peopleApi, type Account, type Unit } from '#core/people/contract.ts';
import { roles, roleNames } from '#core/people/roles.ts';
import { type Wire, call, useCall, useCommand, useMay } from '../api.ts';
import { useText } from '../texts.tsx';
import { Time } from '../ui/clock.tsx';
import { Loaded, Page } from '../ui/page.tsx';

type Node = { key: string; title: string; children: Node[] };
const treeOf = (units: Wire<Unit>[], s: (t: Unit['name']) => string): Node[] => {
  const byId = new Map(units.map((u) => [u.id, { key: u.path, title: s(u.name) + (u.active ? '' : '（停用）'), children: [] as Node[] }]));
  const roots: Node[] = [];
  for (const u of units) (u.parentId ? (byId.get(u.parentId)?.children ?? roots) : roots).push(byId.get(u.id)!);
  return roots;
};

export function People() {
  const s = useText();
  const may = useMay();
  const [unit, setUnit] = useState<string>();
  const [text, setText] = useState('');
  const units = useCall(peopleApi.units, {}, { staleTime: 60_000 });
  const canSee = may('account.manage') || may('grant.manage') || may('audit.read');
  const nodes = useMemo(() => treeOf(units.data?.items ?? [], s), [units.data, s]);
  return (
    <Page title="组织与账号" note={`${units.data?.items.length ?? 0} 个单位`}>
      <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(280px, 1fr))', gap: 12, alignItems: 'start' }}>
        <section className="card">
          <h2>组织机构</h2>
          <Loaded query={units}>
            {() => <Tree treeData={nodes} defaultExpandAll height={560} selectedKeys={unit ? [unit] : []} onSelect={(keys) => setUnit(keys[0] as string | undefined)} />}
          </Loaded>
        </section>
        <section className="card" style={{ gridColumn: 'span 2', minWidth: 0 }}>
          <div className="spread">
            <h2 className="section-title">账号</h2>
            <Input.Search aria-label="查找账号" placeholder="账号或岗位" allowClear onSearch={setText} style={{ width: 220 }} />
          </div>
          {canSee ? (
            <Accounts unit={unit} text={text} units={units.data?.items ?? []} />
          ) : (
            <Alert type="info" showIcon title="账号由系统管理员开通，角色由安全管理员授予；您可以查看组织机构。" />
          )}
        </section>
      </div>
    </Page>
  );
}

function Accounts({ unit, text, units }: { unit: string | undefined; text: string; units: Wire<Unit>[] }) {
  const s = useText();
  const may = useMay();
  const { modal } = App.useApp();
  const accounts = useCall(peopleApi.accounts, { query: { limit: 200, ...(unit ? { unit } : {}), ...(text ? { text } : {}) } });
  const change = useCommand(peopleApi.changeAccount, {
    done: '已保存',
    onSuccess: (r) => r.initialPassword && modal.info({ title: '一次性初始密码', content: <code>{r.initialPassword}</code> }),
  });
  const [adding, setAdding] = useState(false);
  const [granting, setGranting] = useState<Wire<Account>>();
  return (
    <>
      {may('account.manage') ? (
        <Button type="primary" onClick={() => setAdding(true)} style={{ marginBottom: 10 }}>
          开通账号
        </Button>
      ) : null}
      <Loaded query={accounts}>
        {(data) => (
          <Table
            size="small"
            rowKey="id"
            dataSource={data.items}
            pagination={false}
            scroll={{ x: 720 }}
            columns={[
              { title: '账号', dataIndex: 'login' },
              { title: '岗位', dataIndex: 'postName' },
              { title: '单位', render: (_, a) => s(a.unitName) },
              {
                title: '角色',
                render: (_, a) =>
                  a.grants.map((g) => (
                    <Tag key={g.role + g.unitPath}>
                      {s(roles[g.role as keyof typeof roles]?.name)} @ {s(g.unitName)}
                    </Tag>
                  )),
              },
              { title: '状态', render: (_, a) => (a.locked ? <Tag color="error">已锁定</Tag> : a.active ? <Tag color="success">启用</Tag> : <Tag>停用</Tag>) },
              { title: '最近登录', render: (_, a) => <Time at={a.lastLoginAt} /> },
              {
                title: '操作',
                render: (_, a) => (
                  <span className="row">
                    {may('account.manage') ? (
                      <>
                        <Button size="small" type="link" onClick={() => change.mutate({ params: { id: a.id }, version: a.version, body: { active: !a.active } })}>
                          {a.active ? '停用' : '启用'}
                        </Button>
                        {a.locked ? (
                          <Button size="small" type="link" onClick={() => change.mutate({ params: { id: a.id }, version: a.version, body: { unlock: true } })}>
                            解锁
                          </Button>
                        ) : null}
                        <Button
                          size="small"
                          type="link"
                          onClick={() =>
                            modal.confirm({
                              title: `重置 ${a.postName} 的密码？`,
                              content: '该账号的会话会立即结束。',
                              onOk: () => change.mutateAsync({ params: { id: a.id }, version: a.version, body: { resetPassword: true } }),
                            })
                          }
                        >
                          重置密码
                        </Button>
                      </>
                    ) : null}
                    {may('grant.manage') ? (
                      <Button size="small" type="link" onClick={() => setGranting(a)}>
                        授权
                      </Button>
                    ) : null}
                  </span>
                ),
              },
            ]}
          />
        )}
      </Loaded>
      {adding ? <AddAccount units={units} onClose={() => setAdding(false)} /> : null}
      {granting ? <Granting account={granting} units={units} onClose={() => setGranting(undefined)} /> : null}
    </>
  );
}

const unitOptions = (units: Wire<Unit>[], s: (t: Unit['name']) => string) => units.map((u) => ({ value: u.id, label: `${s(u.name)}（${u.path}）` }));

function AddAccount({ units, onClose }: { units: Wire<Unit>[]; onClose(): void }) {
  const s = useText();
  const { modal } = App.useApp();
  const [form] = Form.useForm<{ login: string; postName: string; unitId: string }>();
  const add = useCommand(peopleApi.addAccount, {
    onSuccess: (r) => {
      onClose();
      modal.success({ title: '账号已开通，请转交一次性初始密码', content: <code>{r.initialPassword}</code> });
    },
  });
  return (
    <Modal open title="开通账号" onCancel={onClose} onOk={() => form.submit()} confirmLoading={add.isPending}>
      <Form form={form} layout="vertical" onFinish={(v) => add.mutate({ body: v })}>
        <Form.Item name="login" label="账号" rules={[{ required: true, pattern: /^[a-z0-9][a-z0-9._-]+$/, message: '小写字母、数字、点、横线' }]}>
          <Input />
        </Form.Item>
        <Form.Item name="postName" label="岗位名称" rules={[{ required: true }]} extra="写岗位，不写人名">
          <Input />
        </Form.Item>
        <Form.Item name="unitId" label="单位" rules={[{ required: true }]}>
          <Select showSearch={{ optionFilterProp: 'label' }} options={unitOptions(units, s)} />
        </Form.Item>
      </Form>
    </Modal>
  );
}

function Granting({ account, units, onClose }: { account: Wire<Account>; units: Wire<Unit>[]; onClose(): void }) {
  const s = useText();
  const [grants, setGrants] = useState(account.grants.map((g) => ({ role: g.role, unitId: g.unitId })));
  const save = useCommand(peopleApi.setGrants, { done: '已授权', onSuccess: onClose });
  return (
    <Modal
      open
      title={`授权：${account.postName}`}
      onCancel={onClose}
      okText="保存"
      confirmLoading={save.isPending}
      width={640}
      onOk={() => save.mutate({ params: { id: account.id }, version: account.version, body: { grants: grants.filter((g) => g.role && g.unitId) } })}
    >
      <p className="muted">系统管理员、安全管理员、审计员互斥，也不能兼任业务角色。</p>
      {grants.map((g, i) => (
        // eslint-disable-next-line react/no-array-index-key
        <div key={i} className="row" style={{ marginBottom: 8, flexWrap: 'nowrap' }}>
          <Select
            aria-label="角色"
            style={{ width: 180 }}
            value={g.role}
            options={roleNames.map((r) => ({ value: r, label: s(roles[r].name) }))}
            onChange={(role) => setGrants(grants.map((x, j) => (j === i ? { ...x, role } : x)))}
          />
          <Select
            aria-label="单位"
            style={{ flex: 1 }}
            value={g.unitId || undefined}
            showSearch={{ optionFilterProp: 'label' }}
            options={unitOptions(units, s)}
            onChange={(unitId) => setGrants(grants.map((x, j) => (j === i ? { ...x, unitId } : x)))}
          />
          <Button onClick={() => setGrants(grants.filter((_, j) => j !== i))}>移除</Button>
        </div>
      ))}
      <Button type="dashed" onClick={() => setGrants([...grants, { role: 'handler', unitId: account.unitId }])}>
        添加角色
      </Button>
    </Modal>
  );
}

export function Audit() {
  const [subject, setSubject] = useState('');
  const [kind, setKind] = useState('');
  const [range, setRange] = useState<[Dayjs | null, Dayjs | null] | null>(null);
  const [cursor, setCursor] = useState<string>();
  const query = {
    limit: 100,
    ...(subject ? { subject } : {}),
    ...(kind ? { kind } : {}),
    ...(cursor ? { cursor } : {}),
    ...(range?.[0] ? { from: range[0].toISOString() } : {}),
    ...(range?.[1] ? { to: range[1].endOf('day').toISOString() } : {}),
  };
  const facts = useCall(peopleApi.audit, { query });
  const [verdict, setVerdict] = useState<{ good: boolean; facts: number; anchors: number; unanchored: number; problem?: string | undefined }>();
  const [busy, setBusy] = useState(false);
  return (
    <Page
      title="审计"
      note="每一次判断都是一条不可修改的事实"
      actions={
        <Button
          loading={busy}
          onClick={async () => {
            setBusy(true);
            setVerdict(await call(peopleApi.auditVerify).finally(() => setBusy(false)));
          }}
        >
          核验完整性
        </Button>
      }
    >
      {verdict ? (
        <Alert
          showIcon
          closable
          type={verdict.good ? 'success' : 'error'}
          title={verdict.good ? `完好：${verdict.facts} 条事实，${verdict.anchors} 个锚点，${verdict.unanchored} 条尚未锚定` : `有问题：${verdict.problem}`}
        />
      ) : null}
      <div className="card row">
        <Input
          aria-label="对象"
          placeholder="对象，如 case:…"
          allowClear
          style={{ width: 260 }}
          onChange={(e) => {
            setSubject(e.target.value);
            setCursor(undefined);
          }}
        />
        <Input
          aria-label="类型"
          placeholder="类型开头，如 case.closed"
          allowClear
          style={{ width: 220 }}
          onChange={(e) => {
            setKind(e.target.value);
            setCursor(undefined);
          }}
        />
        <DatePicker.RangePicker
          aria-label="时间"
          onChange={(r) => {
            setRange(r);
            setCursor(undefined);
          }}
        />
      </div>
      <div className="card">
        <Loaded query={facts}>
          {(data) => (
            <>
              <Table
                size="small"
                rowKey="position"
                dataSource={data.items}
                pagination={false}
                scroll={{ x: 900 }}
                expandable={{
                  expandedRowRender: (f) => (
                    <pre style={{ margin: 0, whiteSpace: 'pre-wrap' }}>
                      {JSON.stringify(f.data, null, 1)}
                      {`\n链值 ${f.hash}`}
                    </pre>
                  ),
                }}
                columns={[
                  { title: '时间', render: (_, f) => <Time at={f.at} /> },
                  { title: '谁', dataIndex: 'byName' },
                  { title: '类型', dataIndex: 'kind' },
                  { title: '对象', dataIndex: 'subject', ellipsis: true },
                  { title: '序号', dataIndex: 'seq', align: 'right' },
                  { title: '单位', dataIndex: 'unit' },
                ]}
              />
              <div className="row" style={{ marginTop: 10, justifyContent: 'flex-end' }}>
                {cursor ? <Button onClick={() => setCursor(undefined)}>回到最新</Button> : null}
                {data.next ? <Button onClick={() => setCursor(data.next!)}>更早</Button> : null}
              </div>
            </>
          )}
        </Loaded>
      </div>
    </Page>
  );
}

export function JobsPage() {
  const jobs = useCall(peopleApi.jobs, {}, { refetchInterval: 3000 });
  const cancel = useCommand(peopleApi.cancelJob, { done: '已取消' });
  const word: Record<string, string> = { queued: '排队', running: '进行中', done: '完成', failed: '失败', cancelled: '已取消' };
  return (
    <Page title="后台任务">
      <div className="card">
        <Loaded query={jobs}>
          {(data) => (
            <Table
              size="small"
              rowKey="id"
              dataSource={data.items}
              pagination={false}
              scroll={{ x: 720 }}
              locale={{ emptyText: '还没有后台任务；导入、回放、重算会出现在这里' }}
              columns={[
                { title: '任务', dataIndex: 'kind' },
                { title: '状态', render: (_, j) => <Tag color={j.state === 'failed' ? 'error' : j.state === 'done' ? 'success' : 'processing'}>{word[j.state]}</Tag> },
                {
                  title: '进度',
                  width: 260,
                  render: (_, j) => (
                    <Progress
                      size="small"
                      percent={j.state === 'done' ? 100 : j.total ? Math.round((j.done / j.total) * 100) : 0}
                      format={() => (j.total ? `${j.done}/${j.total}` : String(j.done))}
                    />
                  ),
                },
                { title: '说明', render: (_, j) => j.error ?? j.message },
                { title: '开始', render: (_, j) => <Time at={j.createdAt} /> },
                {
                  title: '',
                  render: (_, j) =>
                    j.state === 'running' || j.state === 'queued' ? (
                      <Button size="small" onClick={() => cancel.mutate({ params: { id: j.id } })}>
                        取消
                      </Button>
                    ) : null,
                },
              ]}
            />
          )}
        </Loaded>
      </div>
    </Page>
  );
}
