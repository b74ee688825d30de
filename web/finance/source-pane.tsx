// The original text of a page, line by line as it was read, with the places of what is selected marked.
import { Button, Select } from 'antd';
import { useEffect, useMemo, useRef } from 'react';
import { financeApi } from '#core/finance/contract.ts';
import type { Place } from '#core/finance/source.ts';
import { type Reply, useCall } from '../api.ts';
import { useText } from '../texts.tsx';
import { Loaded, Nothing } from '../ui/page.tsx';
import { around, type GridCellLike, type GridRowLike, lineOf, occurrenceOf, pageOf, samePlace } from './grid.ts';
import { reading } from './texts-disclosure.ts';

type Disclosure = Reply<typeof financeApi.disclosure>;
type Line = Reply<typeof financeApi.pageText>['lines'][number];
export interface Target {
  place: Place;
  /** The row and cell of the table, when it is one. */
  row?: GridRowLike;
  cell?: GridCellLike | undefined;
  /** Words to mark in a running text. */
  words?: string;
}

/** Lines in groups: neighbours that have cells make one table. */
function blocks(lines: Line[]): { from: number; table: boolean; lines: Line[] }[] {
  const out: { from: number; table: boolean; lines: Line[] }[] = [];
  for (const [i, line] of lines.entries()) {
    const table = line.cells !== null;
    const last = out.at(-1);
    if (table && last?.table) last.lines.push(line);
    else out.push({ from: i, table, lines: [line] });
  }
  return out;
}

export function SourcePane({
  of,
  page,
  onPage,
  target,
  others,
  onPick,
}: {
  of: Disclosure;
  page: { file: number; page: number };
  onPage(p: { file: number; page: number }): void;
  target: Target | undefined;
  /** Further places to mark (the other side of a finding). */
  others: Place[];
  onPick(place: Place): void;
}) {
  const s = useText();
  const text = useCall(financeApi.pageText, { params: { id: of.id, file: page.file, page: page.page } }, { enabled: of.pages.length > 0, staleTime: 600_000 });
  const at = of.pages.findIndex((p) => p.file === page.file && p.page === page.page);
  const holder = useRef<HTMLDivElement>(null);
  const here = target && (target.place.file ?? 0) === page.file && pageOf(target.place) === page.page ? target : undefined;
  const lines = text.data?.lines;
  const found = useMemo(() => {
    if (!lines || !here) return -1;
    if (here.row) return lineOf(lines, here.row, here.cell);
    const exact = lines.findIndex((l) => samePlace(l.place, here.place) && (!here.words || !l.text || l.text.includes(here.words)));
    return exact >= 0 || !here.words ? exact : lines.findIndex((l) => (l.text ?? l.cells?.join(' ') ?? '').includes(here.words!));
  }, [lines, here]);
  useEffect(() => {
    const box = holder.current;
    const mark = found >= 0 ? box?.querySelector<HTMLElement>(`[data-line="${found}"]`) : null;
    if (box && mark) box.scrollTop = Math.max(0, mark.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop - box.clientHeight / 3);
  }, [found, text.data]);
  const name = (p: { file: number; page: number }) =>
    of.files.length > 1 ? s(reading.fileNamed, { file: of.files[p.file]?.name ?? '', n: p.page }) : s(reading.pageOf, { n: p.page });
  const wide = (i: number) => lines !== undefined && i !== found && others.some((o) => (o.file ?? 0) === page.file && samePlace(lines[i]!.place, o));
  const className = (i: number) => (i === found ? 'lit' : wide(i) ? 'lit2' : undefined);
  return (
    <section className="fin-pane" aria-label={s(reading.source)}>
      <header>
        <h2>{s(reading.source)}</h2>
        <span className="row no-print">
          <Button size="small" disabled={at <= 0} onClick={() => onPage(of.pages[at - 1]!)} aria-label={`${s(reading.previous)} ${s(reading.page)}`}>
            ‹
          </Button>
          <Select
            size="small"
            aria-label={s(reading.page)}
            style={{ minWidth: 110, maxWidth: 240 }}
            value={`${page.file}.${page.page}`}
            onChange={(v) => onPage({ file: Number(v.split('.')[0]), page: Number(v.split('.')[1]) })}
            options={of.pages.map((p) => ({ value: `${p.file}.${p.page}`, label: name(p) }))}
          />
          <Button size="small" disabled={at < 0 || at >= of.pages.length - 1} onClick={() => onPage(of.pages[at + 1]!)} aria-label={`${s(reading.next)} ${s(reading.page)}`}>
            ›
          </Button>
        </span>
      </header>
      <div className="fin-scroll fin-source" ref={holder} tabIndex={0} role="region" aria-label={s(reading.sourceOf, { file: of.files[page.file]?.name ?? '', page: page.page })}>
        {of.pages.length ? (
          <Loaded query={text}>
            {(data) =>
              data.lines.length ? (
                blocks(data.lines).map((b) =>
                  b.table ? (
                    <table key={b.from}>
                      <tbody>
                        {b.lines.map((l, k) => {
                          const i = b.from + k;
                          return (
                            <tr key={i} data-line={i} className={className(i)} onClick={() => onPick(l.place)}>
                              {l.cells!.map((c, j) => (
                                <td key={j} className={`${/^[-+]?[\d,，.％%]{1,20}$/.test(c) ? 'figure' : ''}${i === found && cellIsMeant(l, j, here) ? ' lit' : ''}`}>
                                  {c}
                                </td>
                              ))}
                            </tr>
                          );
                        })}
                      </tbody>
                    </table>
                  ) : (
                    b.lines.map((l, k) => {
                      const i = b.from + k;
                      const words = i === found ? (here?.cell ? (here.cell.was ?? here.cell.text) : here?.words) : undefined;
                      const split = words ? around(l.text ?? '', words, here?.row && here.cell ? occurrenceOf(here.row, here.cell) : 0) : null;
                      return (
                        <p key={i} data-line={i} className={className(i)} onClick={() => onPick(l.place)}>
                          {l.place.line ? <span className="no">{l.place.line}</span> : null}
                          {split ? (
                            <>
                              {split[0]}
                              <mark>{split[1]}</mark>
                              {split[2]}
                            </>
                          ) : (
                            l.text
                          )}
                        </p>
                      );
                    })
                  ),
                )
              ) : (
                <Nothing text={s(reading.noPage)} />
              )
            }
          </Loaded>
        ) : (
          <Nothing text={s(reading.noPage)} />
        )}
      </div>
    </section>
  );
}

/** The cell of a source line that the selected cell was read from: its column, when that holds its words, else the first that does. */
function cellIsMeant(line: Line, j: number, t: Target | undefined): boolean {
  if (!t?.cell) return false;
  const words = t.cell.was ?? t.cell.text;
  const column = t.cell.place.column;
  const cells = line.cells!;
  if (column !== undefined && (words === '' || (cells[column - 1] ?? '').includes(words))) return j === column - 1;
  return words !== '' && j === cells.findIndex((c) => c.includes(words));
}
