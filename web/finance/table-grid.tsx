// A parsed table cell by cell: header with spans, 类/款/项 as a tree with sums of parts, doubtful and corrected cells marked, keys to move.
import { type KeyboardEvent, useEffect, useMemo, useRef } from 'react';
import type { financeApi } from '#core/finance/contract.ts';
import type { Reply } from '../api.ts';
import { useText } from '../texts.tsx';
import { headerOf, isUncertain, sumOfParts, treeOf, unfolded } from './grid.ts';
import { moneyText } from './money.tsx';
import { reading } from './texts-disclosure.ts';

export type TableReply = Reply<typeof financeApi.table>;
export type GridRow = TableReply['body'][number];
export type Cell = GridRow['cells'][number];
export interface At {
  r: number;
  c: number;
}
export type Show = 'published' | '万元' | '元';
const key = (a: At) => `${a.r}/${a.c}`;

export function TableGrid({
  table,
  show,
  folded,
  onFold,
  sums,
  selected,
  onSelect,
  onCorrect,
  findings,
  lit,
}: {
  table: TableReply;
  show: Show;
  folded: ReadonlySet<number>;
  onFold(r: number): void;
  sums: boolean;
  selected: At | undefined;
  onSelect(a: At): void;
  onCorrect: (() => void) | undefined;
  /** Cells that findings name. */
  findings: ReadonlyMap<string, 'error' | 'soft'>;
  /** Cells of the chosen finding. */
  lit: ReadonlySet<string>;
}) {
  const s = useText();
  const box = useRef<HTMLTableElement>(null);
  const header = useMemo(() => headerOf(table.columns), [table]);
  const tree = useMemo(() => treeOf(table.body), [table]);
  const rows = useMemo(() => unfolded(table.body, folded), [table, folded]);
  const nameColumn = Math.max(
    0,
    table.columns.findIndex((c) => c.role === 'name' || c.role === 'project-name' || c.role === 'income-name'),
  );
  const treeColumn = tree.parts.size ? nameColumn : -1;
  const active = selected && rows.some((r) => r.r === selected.r) ? selected : rows[0] ? { r: rows[0].r, c: 0 } : undefined;
  useEffect(() => {
    if (!selected) return;
    const cell = box.current?.querySelector<HTMLElement>(`[data-at="${key(selected)}"]`);
    const scroll = cell?.closest<HTMLElement>('.fin-scroll');
    if (!cell || !scroll) return;
    const c = cell.getBoundingClientRect();
    const b = scroll.getBoundingClientRect();
    const head = box.current!.tHead?.getBoundingClientRect().height ?? 0;
    if (c.top < b.top + head) scroll.scrollTop -= b.top + head - c.top + 8;
    else if (c.bottom > b.bottom) scroll.scrollTop += c.bottom - b.bottom + 8;
    if (c.left < b.left) scroll.scrollLeft -= b.left - c.left + 8;
    else if (c.right > b.right) scroll.scrollLeft += c.right - b.right + 8;
  }, [selected]);

  const move = (e: KeyboardEvent) => {
    if (!active) return;
    const i = rows.findIndex((r) => r.r === active.r);
    const to = (row: number, c: number) => {
      const next = rows[Math.min(rows.length - 1, Math.max(0, row))]!;
      const at = { r: next.r, c: Math.min(table.columns.length - 1, Math.max(0, c)) };
      e.preventDefault();
      onSelect(at);
      box.current?.querySelector<HTMLElement>(`[data-at="${key(at)}"]`)?.focus({ preventScroll: true });
    };
    const steps: Record<string, () => void> = {
      ArrowDown: () => to(i + 1, active.c),
      ArrowUp: () => to(i - 1, active.c),
      ArrowRight: () => to(i, active.c + 1),
      ArrowLeft: () => to(i, active.c - 1),
      Home: () => to(e.ctrlKey ? 0 : i, 0),
      End: () => to(e.ctrlKey ? rows.length - 1 : i, table.columns.length - 1),
      PageDown: () => to(i + 12, active.c),
      PageUp: () => to(i - 12, active.c),
      ' ': () => {
        e.preventDefault();
        if (tree.parts.has(active.r)) onFold(active.r);
        else onSelect(active);
      },
      Enter: () => {
        e.preventDefault();
        onSelect(active);
        onCorrect?.();
      },
    };
    if ((e.target as HTMLElement).tagName !== 'BUTTON' || e.key.startsWith('Arrow')) steps[e.key]?.();
  };
  const text = (cell: Cell): string => (show === 'published' || cell.fen === null ? cell.text : moneyText(cell.fen, show));
  return (
    <table className="fin-grid" role="grid" aria-label={s(reading.grid, { title: table.title })} aria-rowcount={table.body.length} onKeyDown={move} ref={box}>
      <thead>
        {header.map((line, i) => (
          <tr key={i}>
            {line.map((h) => (
              <th key={h.column} scope={h.columns > 1 ? 'colgroup' : 'col'} colSpan={h.columns} rowSpan={h.rows}>
                {h.text}
              </th>
            ))}
          </tr>
        ))}
      </thead>
      <tbody>
        {rows.map((row) => {
          const parts = tree.parts.get(row.r);
          return (
            <tr key={row.r} className={row.level === 0 ? 'level-total' : row.level === 1 && tree.parts.size ? 'class-1' : undefined}>
              {row.cells.map((cell) => {
                const k = `${row.r}/${cell.c}`;
                const money = table.columns[cell.c]?.money === true;
                const found = findings.get(k);
                const doubtful = isUncertain(cell);
                const classes = [
                  money ? 'money' : '',
                  doubtful ? 'uncertain' : cell.confidence < 1 ? 'placed' : '',
                  cell.was !== null ? 'corrected' : '',
                  found ? `finding${found === 'soft' ? ' soft' : ''}` : '',
                  lit.has(k) ? 'lit' : '',
                  selected && key(selected) === k ? 'selected' : '',
                ];
                const sum = sums && money ? sumOfParts(parts, cell.c) : null;
                const off = sum !== null && cell.fen !== null && sum !== cell.fen;
                // A total stands in the column of codes where it has no name.
                const inTree = cell.c === (treeColumn > 0 && !row.cells[treeColumn]?.text ? row.cells.findIndex((x) => x.text !== '') : treeColumn);
                return (
                  <td
                    key={cell.c}
                    role="gridcell"
                    data-at={k}
                    className={classes.filter(Boolean).join(' ')}
                    tabIndex={active && key(active) === k ? 0 : -1}
                    aria-selected={selected !== undefined && key(selected) === k}
                    style={inTree ? { paddingLeft: 8 + (tree.depth.get(row.r) ?? 0) * 16 } : undefined}
                    onClick={() => onSelect({ r: row.r, c: cell.c })}
                    onDoubleClick={() => onCorrect?.()}
                  >
                    {inTree && parts ? (
                      <button
                        type="button"
                        tabIndex={-1}
                        className="fin-fold no-print"
                        aria-expanded={!folded.has(row.r)}
                        aria-label={s(folded.has(row.r) ? reading.unfold : reading.fold, { name: row.name ?? '' })}
                        onClick={(e) => {
                          e.stopPropagation();
                          onFold(row.r);
                        }}
                      >
                        {folded.has(row.r) ? '▸' : '▾'}
                      </button>
                    ) : null}
                    <span className="v">{text(cell)}</span>
                    {doubtful ? <span className="fin-mark">{s(reading.uncertainMark)}</span> : null}
                    {sum !== null && cell.fen !== null ? (
                      <span className={`fin-sum${off ? ' off' : ''}`}>
                        {off ? '≠ ' : '= '}
                        {moneyText(sum, show === 'published' ? (table.moneyUnit ?? '万元') : show)}
                      </span>
                    ) : null}
                  </td>
                );
              })}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
