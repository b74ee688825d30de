// A table that becomes cards on a phone: antd's table with its sorting and selection where there is room, one card a row where there is not.
import { Table, type TableColumnType, type TableProps } from 'antd';
import type { ReactNode } from 'react';
import { type Column, Rows, useNarrow } from '../ui/rows.tsx';

export type ListColumn<T> = Omit<TableColumnType<T>, 'render'> & {
  render?: (value: never, row: T, index: number) => ReactNode;
  /** Place on a card: its heading, a line of its own, its buttons, or nowhere; a half line unless told. */
  card?: Column<T>['card'];
};

export function ListTable<T extends object>({
  columns,
  label,
  ...p
}: Omit<TableProps<T>, 'columns' | 'rowKey'> & { columns: ListColumn<T>[]; rowKey: string | ((row: T) => string); label: string }) {
  const narrow = useNarrow();
  const key = p.rowKey;
  if (!narrow) return <Table<T> aria-label={label} {...p} columns={columns.map(({ card: _, ...c }) => c as TableColumnType<T>)} />;
  const cell = (c: ListColumn<T>, row: T, index: number): ReactNode => {
    const value = typeof c.dataIndex === 'string' ? row[c.dataIndex as keyof T] : undefined;
    return c.render ? c.render(value as never, row, index) : (value as ReactNode);
  };
  return (
    <Rows<T>
      rows={p.dataSource ?? []}
      rowKey={(r) => (typeof key === 'string' ? String(r[key as keyof T]) : key(r))}
      label={label}
      empty={p.locale?.emptyText as ReactNode}
      {...(typeof p.rowClassName === 'function' ? { rowClass: (r: T) => (p.rowClassName as (r: T, i: number) => string)(r, 0).replace('row-over', 'row-bad') } : {})}
      columns={columns.map((c): Column<T> => ({ title: c.title as ReactNode, render: (r, n) => cell(c, r, n), ...(c.card ? { card: c.card } : {}) }))}
    />
  );
}
