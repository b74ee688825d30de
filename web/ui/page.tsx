// A page's frame: title, side text, actions; and the three states every list has: loading, empty, failed.
import { Alert, Button, Empty, Skeleton } from 'antd';
import { type ReactNode, useEffect } from 'react';
import { CallError } from '../api.ts';
import { useText } from '../texts.tsx';
import type { Text } from '#core/contract.ts';

export function Page({ title, note, actions, children }: { title: ReactNode; note?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  useEffect(() => {
    if (typeof title === 'string') document.title = `${title} · 城枢`;
  }, [title]);
  return (
    <div className="grid" style={{ padding: 14, alignContent: 'start' }}>
      <div className="spread" style={{ minHeight: 34 }}>
        <div className="row" style={{ alignItems: 'baseline' }}>
          <h1 style={{ fontSize: 19, margin: 0, fontWeight: 600 }}>{title}</h1>
          {note ? <span className="muted">{note}</span> : null}
        </div>
        <div className="row no-print">{actions}</div>
      </div>
      {children}
    </div>
  );
}

interface Query<T> {
  data: T | undefined;
  error: Error | null;
  isPending: boolean;
  refetch(): unknown;
}
const failed: Text = { zh: '读取失败', en: 'Could not load' };
const again: Text = { zh: '重试', en: 'Try again' };

/** Shows a query's data, or its waiting, its failure with what to do. */
export function Loaded<T>({ query, children, rows = 4 }: { query: Query<T>; children: (data: T) => ReactNode; rows?: number }) {
  const s = useText();
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error)
    return (
      <Alert
        type="error"
        showIcon
        title={s(failed)}
        description={query.error instanceof CallError ? query.error.message : '网络不通，请检查连接后重试'}
        action={
          <Button size="small" onClick={() => void query.refetch()}>
            {s(again)}
          </Button>
        }
      />
    );
  return <Skeleton active paragraph={{ rows }} />;
}

export function Nothing({ text, action }: { text: ReactNode; action?: ReactNode }) {
  return (
    <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={text}>
      {action}
    </Empty>
  );
}

/** A figure with its caption; clicking it goes to what produced it. */
export function Figure({
  label,
  value,
  note,
  tone,
  onClick,
  active,
}: {
  label: ReactNode;
  value: ReactNode;
  note?: ReactNode;
  tone?: 'ok' | 'warn' | 'bad';
  onClick?: () => void;
  active?: boolean;
}) {
  const body = (
    <>
      <span className="muted" style={{ fontSize: 13 }}>
        {label}
      </span>
      <span className="row" style={{ alignItems: 'baseline', gap: 8 }}>
        <span className="num" style={{ fontSize: 26, lineHeight: 1.15, color: tone ? `var(--${tone})` : undefined }}>
          {value}
        </span>
        {note ? (
          <span className="muted" style={{ fontSize: 12 }}>
            {note}
          </span>
        ) : null}
      </span>
    </>
  );
  const style = {
    display: 'grid',
    gap: 2,
    padding: '10px 16px',
    textAlign: 'left' as const,
    background: active ? 'var(--hover)' : 'transparent',
    border: 0,
    borderBottom: `2px solid ${active ? 'var(--primary)' : 'transparent'}`,
    color: 'inherit',
    font: 'inherit',
    cursor: onClick ? 'pointer' : 'default',
  };
  return onClick ? (
    <button type="button" onClick={onClick} style={style}>
      {body}
    </button>
  ) : (
    <div style={style}>{body}</div>
  );
}
export function Figures({ children }: { children: ReactNode }) {
  return (
    <div className="card" style={{ padding: 0, display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(150px, 1fr))' }}>
      {children}
    </div>
  );
}
