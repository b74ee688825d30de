// Rows as a table on wide screens and as cards on narrow ones: one list of columns serves both, so nothing is lost on a phone.
import { Button, Table } from 'antd';
import { type KeyboardEvent, type ReactNode, useEffect, useState } from 'react';
import { useText } from '../texts.tsx';
import './rows.css';

export interface Column<T> {
  title: ReactNode;
  render(row: T, index: number): ReactNode;
  align?: 'right';
  width?: number;
  /** Place on a card: its heading, a line of its own, its buttons, or nowhere; a half line unless told. */
  card?: 'head' | 'full' | 'foot' | 'none';
}
interface Props<T> {
  rows: readonly T[];
  columns: readonly Column<T>[];
  rowKey(row: T): string;
  label: string;
  onOpen?: ((row: T) => void) | undefined;
  empty?: ReactNode;
  /** Rows a page; all at once without it. */
  pageSize?: number;
  rowClass?: (row: T) => string;
  minWidth?: number;
  selected?: string[];
  onSelect?: (keys: string[]) => void;
}

/** True while the screen is narrower than `width` pixels. */
export function useNarrow(width = 700): boolean {
  const [narrow, set] = useState(() => innerWidth < width);
  useEffect(() => {
    const query = matchMedia(`(max-width: ${width - 1}px)`);
    const watch = () => set(query.matches);
    watch();
    query.addEventListener('change', watch);
    return () => query.removeEventListener('change', watch);
  }, [width]);
  return narrow;
}

const look = { zh: '查看', en: 'Open' };
const more = { zh: '再看 {n} 条', en: '{n} more' };

/** Enter and space open, unless they are meant for a button inside. */
const openByKey = (open: () => void) => (e: KeyboardEvent) => {
  if (e.target !== e.currentTarget || (e.key !== 'Enter' && e.key !== ' ')) return;
  e.preventDefault();
  open();
};

export function Rows<T extends object>(p: Props<T>) {
  const narrow = useNarrow();
  return narrow ? <Cards {...p} /> : <Wide {...p} />;
}

function Wide<T extends object>({ rows, columns, rowKey, label, onOpen, empty, pageSize, rowClass, minWidth, selected, onSelect }: Props<T>) {
  return (
    <Table<T>
      size="small"
      aria-label={label}
      rowKey={rowKey}
      dataSource={rows as T[]}
      pagination={pageSize && rows.length > pageSize ? { pageSize, showSizeChanger: false, size: 'small' } : false}
      scroll={{ x: minWidth ?? 640 }}
      {...(empty === undefined ? {} : { locale: { emptyText: empty } })}
      {...(rowClass ? { rowClassName: rowClass } : {})}
      {...(onSelect ? { rowSelection: { selectedRowKeys: selected ?? [], onChange: (keys) => onSelect(keys as string[]) } } : {})}
      onRow={(r) => (onOpen ? { onClick: () => onOpen(r), tabIndex: 0, onKeyDown: openByKey(() => onOpen(r)), style: { cursor: 'pointer' } } : {})}
      columns={columns.map((c, i) => ({
        key: String(i),
        title: c.title,
        render: (_: unknown, r: T, n: number) => c.render(r, n),
        ...(c.align ? { align: c.align } : {}),
        ...(c.width ? { width: c.width } : {}),
      }))}
    />
  );
}

function Cards<T extends object>({ rows, columns, rowKey, label, onOpen, empty, pageSize = 30, rowClass }: Props<T>) {
  const s = useText();
  const [shown, setShown] = useState(pageSize);
  if (!rows.length) return <div style={{ padding: 12 }}>{empty}</div>;
  const at = (card: Column<T>['card']) => columns.filter((c) => c.card === card);
  const heads = at('head').length ? at('head') : columns.slice(0, 1);
  return (
    <>
      <ul className="row-cards" aria-label={label}>
        {rows.slice(0, shown).map((r, n) => (
          <li key={rowKey(r)}>
            {/* Fingers may press the whole card; keys and readers have the button below. */}
            <div className={`row-card ${onOpen ? 'open' : ''} ${rowClass?.(r) ?? ''}`} onClick={() => onOpen?.(r)}>
              {heads.map((c, i) => (
                <div key={i} className="head">
                  {c.render(r, n)}
                </div>
              ))}
              <dl>
                {columns
                  .filter((c) => !heads.includes(c) && (c.card === undefined || c.card === 'full'))
                  .map((c, i) => (
                    <div key={i} className={c.card === 'full' ? 'full' : ''}>
                      <dt>{c.title}</dt>
                      <dd>{c.render(r, n)}</dd>
                    </div>
                  ))}
              </dl>
              <div className="foot">
                {onOpen ? (
                  <Button
                    size="small"
                    onClick={(e) => {
                      e.stopPropagation();
                      onOpen(r);
                    }}
                  >
                    {s(look)}
                  </Button>
                ) : null}
                {at('foot').map((c, i) => (
                  <span key={i} className="row" onClick={(e) => e.stopPropagation()}>
                    {c.render(r, n)}
                  </span>
                ))}
              </div>
            </div>
          </li>
        ))}
      </ul>
      {shown < rows.length ? (
        <div style={{ padding: '0 8px 10px' }}>
          <Button block onClick={() => setShown(shown + pageSize)}>
            {s(more, { n: Math.min(pageSize, rows.length - shown) })}
          </Button>
        </div>
      ) : null}
    </>
  );
}
