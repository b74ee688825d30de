// The difference of two versions of a disclosure: tables, cells, targets, findings.
import { Collapse, Tag } from 'antd';
import type { Text } from '#core/contract.ts';
import type { Difference } from '#core/finance/contract.ts';
import type { Wire } from '../api.ts';
import { useText } from '../texts.tsx';
import { ListTable } from './list-table.tsx';
import { differing } from './texts-files.ts';
import { advice, target } from './texts-targets.ts';
import { severityTone, severityWords } from './texts.ts';

/** What the differing fields of a target are called. */
const fieldWords: Record<string, Text> = { ...advice, core: target.core };
const tone: Record<string, string> = { added: 'success', removed: 'default', changed: 'processing' };

export function DifferenceView({ of }: { of: Wire<Difference> }) {
  const s = useText();
  const change = (c: string, words = differing as Record<string, { zh: string; en: string }>) => <Tag color={tone[c]!}>{s(words[c])}</Tag>;
  const arrow = (before: string | null, after: string | null) => (
    <>
      {before === null ? null : <del className="muted">{before || '""'}</del>} {before !== null && after !== null ? '→' : ''} {after === null ? null : <b>{after || '""'}</b>}
    </>
  );
  const empty = !of.tables.added.length && !of.tables.removed.length && !of.cells.length && !of.targets.length && !of.findings.length;
  if (empty) return <p className="muted">{s(differing.same)}</p>;
  return (
    <div className="grid">
      {of.tables.added.length ? (
        <div>
          {s(differing.tablesAdded)}：{of.tables.added.join('、')}
        </div>
      ) : null}
      {of.tables.removed.length ? (
        <div>
          {s(differing.tablesRemoved)}：{of.tables.removed.join('、')}
        </div>
      ) : null}
      <Collapse
        size="small"
        defaultActiveKey={of.findings.length ? ['findings'] : ['cells']}
        items={[
          {
            key: 'findings',
            label: `${s(differing.findings)} ${of.findings.length}`,
            children: (
              <ListTable
                label={s(differing.findings)}
                size="small"
                rowKey={(f) => `${f.key}${f.change}`}
                pagination={of.findings.length > 20 ? { pageSize: 20 } : false}
                scroll={{ x: 560 }}
                dataSource={of.findings}
                columns={[
                  { title: '', width: 90, render: (_, f) => change(f.change, { added: differing.appeared, removed: differing.solved, changed: differing.changed }) },
                  { title: '', width: 80, render: (_, f) => <Tag color={severityTone[f.severity]!}>{s(severityWords[f.severity])}</Tag> },
                  { title: s(differing.findings), card: 'head', render: (_, f) => (f.change === 'changed' ? arrow(f.before, f.message) : f.message) },
                ]}
              />
            ),
          },
          {
            key: 'cells',
            label: `${s(differing.cells)} ${of.cells.length}`,
            children: (
              <>
                <ListTable
                  label={s(differing.cells)}
                  size="small"
                  rowKey={(c) => `${c.table}/${c.row}/${c.column}/${c.change}`}
                  pagination={of.cells.length > 20 ? { pageSize: 20 } : false}
                  scroll={{ x: 640 }}
                  dataSource={of.cells}
                  columns={[
                    { title: s(differing.table), dataIndex: 'table', width: 140 },
                    { title: s(differing.row), dataIndex: 'row', card: 'head' },
                    { title: s(differing.column), dataIndex: 'column' },
                    { title: '', width: 80, render: (_, c) => change(c.change) },
                    { title: `${s(differing.before)} → ${s(differing.after)}`, card: 'full', render: (_, c) => arrow(c.before, c.after) },
                  ]}
                />
                {of.cellsMore ? <p className="muted">{s(differing.more, { n: of.cellsMore })}</p> : null}
              </>
            ),
          },
          {
            key: 'targets',
            label: `${s(differing.targets)} ${of.targets.length}`,
            children: (
              <ListTable
                label={s(differing.targets)}
                size="small"
                rowKey={(t) => `${t.key}${t.change}`}
                pagination={of.targets.length > 20 ? { pageSize: 20 } : false}
                scroll={{ x: 560 }}
                dataSource={of.targets}
                columns={[
                  { title: '', width: 80, render: (_, t) => change(t.change) },
                  {
                    title: s(differing.targets),
                    card: 'head',
                    render: (_, t) => (
                      <>
                        {t.indicator}
                        <div className="muted" style={{ fontSize: 12 }}>
                          {t.project}
                        </div>
                      </>
                    ),
                  },
                  {
                    title: `${s(differing.before)} → ${s(differing.after)}`,
                    card: 'full',
                    render: (_, t) =>
                      t.fields.map((f) => (
                        <div key={f.field}>
                          {s(fieldWords[f.field]) || f.field}：{arrow(f.before, f.after)}
                        </div>
                      )),
                  },
                ]}
              />
            ),
          },
        ].filter((i) => (of[i.key as 'cells'] as unknown[]).length)}
      />
    </div>
  );
}
