// Content packs: what is current, its source, and edits kept as this site's overlay.
import { Alert, App, Button, Drawer, Input, Table, Tabs, Tag } from 'antd';
import { useEffect, useState } from 'react';
import { packsApi } from '#core/packs/contract.ts';
import { useCall, useCommand, useMay } from '../api.ts';
import { Loaded, Page } from '../ui/page.tsx';

const kindWords: Record<string, string> = {
  centre: '中心与组织',
  sectors: '板块跑道',
  flows: '流程',
  matters: '事项',
  scenarios: '一件事',
  ledgers: '台账',
  profiles: '设备类型',
  indicators: '指标',
  'risk-types': '风险点类型',
  'warning-rules': '预警规则',
  surveys: '满意度',
  targets: '绩效目标',
  plans: '预案',
  'finance-rules': '勾稽规则',
};

export function Packs() {
  const list = useCall(packsApi.list);
  const [open, setOpen] = useState<{ kind: string; code: string }>();
  const [text, setText] = useState('');
  return (
    <Page title="内容包" note={list.data ? `当前版本 ${list.data.version.slice(0, 12)}；流程、规则、指标都是内容，改动即新版本，在办事项沿用原版本` : undefined}>
      <div className="card">
        <Loaded query={list}>
          {(data) => (
            <Tabs
              items={data.kinds.map((k) => ({
                key: k.kind,
                label: `${kindWords[k.kind] ?? k.kind} ${k.items.length}`,
                children: (
                  <>
                    <Input.Search aria-label="查找" placeholder="编码或名称" allowClear onSearch={setText} style={{ width: 240, marginBottom: 10 }} />
                    <Table
                      size="small"
                      rowKey="code"
                      pagination={{ pageSize: 20 }}
                      dataSource={k.items.filter((i) => !text || i.code.includes(text) || i.name.includes(text))}
                      onRow={(i) => ({ onClick: () => setOpen({ kind: k.kind, code: i.code }), style: { cursor: 'pointer' } })}
                      columns={[
                        { title: '编码', dataIndex: 'code' },
                        { title: '名称', dataIndex: 'name' },
                        { title: '来源文件', dataIndex: 'file' },
                        { title: '', render: (_, i) => (i.local ? <Tag color="blue">本地修改</Tag> : null) },
                      ]}
                    />
                  </>
                ),
              }))}
            />
          )}
        </Loaded>
      </div>
      {open ? <Source {...open} onClose={() => setOpen(undefined)} /> : null}
    </Page>
  );
}

function Source({ kind, code, onClose }: { kind: string; code: string; onClose(): void }) {
  const may = useMay();
  const { modal } = App.useApp();
  const item = useCall(packsApi.item, { params: { kind, code } });
  const [text, setText] = useState('');
  useEffect(() => {
    if (item.data) setText(item.data.text);
  }, [item.data]);
  const put = useCommand(packsApi.put, { done: '已保存为本地修改，并生成新版本', quiet: true, onSuccess: onClose });
  const drop = useCommand(packsApi.drop, { done: '已恢复内容包原文', onSuccess: onClose });
  return (
    <Drawer
      open
      size={760}
      title={`${kindWords[kind] ?? kind} · ${code}`}
      onClose={onClose}
      extra={
        may('pack.manage') ? (
          <span className="row">
            {item.data?.local ? (
              <Button danger onClick={() => modal.confirm({ title: '撤销本地修改？', onOk: () => drop.mutateAsync({ params: { kind, code } }) })}>
                撤销本地修改
              </Button>
            ) : null}
            <Button type="primary" loading={put.isPending} disabled={text === item.data?.text} onClick={() => put.mutate({ params: { kind, code }, body: { text } })}>
              保存
            </Button>
          </span>
        ) : null
      }
    >
      {put.error ? (
        <Alert type="error" showIcon title="没有保存" description={<pre style={{ whiteSpace: 'pre-wrap', margin: 0 }}>{put.error.message}</pre>} style={{ marginBottom: 10 }} />
      ) : null}
      <Loaded query={item}>
        {(data) => (
          <>
            <p className="muted">{data.file}</p>
            <Input.TextArea
              aria-label="内容"
              value={text}
              readOnly={!may('pack.manage')}
              onChange={(e) => setText(e.target.value)}
              autoSize={{ minRows: 16, maxRows: 40 }}
              style={{ fontFamily: 'monospace' }}
              spellCheck={false}
            />
          </>
        )}
      </Loaded>
    </Drawer>
  );
}
