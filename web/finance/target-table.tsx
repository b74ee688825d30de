// The table of targets with promise, binding, live value, progress, forecast; used for all, for those at risk and for one disclosure.
import { Tag } from 'antd';
import { useText } from '../texts.tsx';
import { ListTable } from './list-table.tsx';
import { BindingCell } from './binding.tsx';
import { ForecastText, Now, ProgressBar, Promised, type Target } from './promise.tsx';
import { target as words } from './texts-targets.ts';
import { progressTone } from './texts.ts';

export function TargetTable({
  items,
  may,
  onOpen,
  empty,
  selected,
  onSelect,
}: {
  items: Target[];
  may: boolean;
  onOpen(key: string): void;
  empty: React.ReactNode;
  selected?: string[];
  onSelect?: (keys: string[]) => void;
}) {
  const s = useText();
  return (
    <ListTable<Target>
      label={s(words.indicator)}
      size="middle"
      rowKey="key"
      scroll={{ x: 1120 }}
      pagination={items.length > 50 ? { pageSize: 50, showSizeChanger: false } : false}
      dataSource={items}
      locale={{ emptyText: empty }}
      {...(onSelect
        ? {
            rowSelection: {
              selectedRowKeys: selected ?? [],
              onChange: (keys) => onSelect(keys as string[]),
              columnWidth: 36,
              getCheckboxProps: (t) => ({ disabled: Boolean(t.binding) || !t.suggestion, 'aria-label': `${s(words.select)} ${t.indicator}` }) as never,
            },
          }
        : {})}
      columns={[
        {
          title: s(words.indicator),
          card: 'head',
          width: 260,
          render: (_, t) => (
            <>
              <button type="button" className="fin-link" onClick={() => onOpen(t.key)}>
                {t.indicator}
              </button>
              {t.core ? <Tag style={{ marginLeft: 4 }}>{s(words.core)}</Tag> : null}
              {t.confidence < 0.9 ? (
                <Tag color="warning" style={{ marginLeft: 4 }}>
                  {s(words.low)}
                </Tag>
              ) : null}
              <div className="muted" style={{ fontSize: 12 }}>
                {s(t.unitName)} · {t.project ?? t.table}
                {t.level2 || t.level1 ? ` · ${t.level2 ?? t.level1}` : ''}
              </div>
            </>
          ),
        },
        { title: s(words.promised), width: 120, render: (_, t) => <Promised of={t} /> },
        { title: s(words.binding), width: 260, card: 'full', render: (_, t) => <BindingCell of={t} may={may} /> },
        { title: s(words.now), width: 100, align: 'right', render: (_, t) => <Now of={t} /> },
        { title: s(words.progress), width: 150, card: 'full', render: (_, t) => <ProgressBar of={t} /> },
        { title: s(words.forecast), width: 110, align: 'right', render: (_, t) => <ForecastText of={t} /> },
        {
          title: s(words.state),
          width: 220,
          card: 'full',
          render: (_, t) => (
            <>
              <Tag color={progressTone[t.progress.state]!}>{s(t.progress.stateName)}</Tag>
              <div className="muted" style={{ fontSize: 12 }}>
                {s(t.progress.reason)}
              </div>
            </>
          ),
        },
      ]}
    />
  );
}
