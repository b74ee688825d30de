// The page or text beside the parsed table, linked cell by cell both ways; the findings of the table; corrections.
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Alert, Button, Segmented, Select, Tag } from 'antd';
import { useEffect, useMemo, useState } from 'react';
import { financeApi } from '#core/finance/contract.ts';
import type { Place } from '#core/finance/source.ts';
import { type Reply, useCall } from '../api.ts';
import { useText } from '../texts.tsx';
import { Loaded, Nothing } from '../ui/page.tsx';
import { CellBar } from './cell-bar.tsx';
import { useNarrow } from './frame.tsx';
import { cellsAt, type GridRowLike, isUncertain, padded, pageOf, samePlace, treeOf } from './grid.ts';
import { placeOfKey } from './place.ts';
import { SourcePane, type Target } from './source-pane.tsx';
import { type At, type Show, TableGrid, type TableReply } from './table-grid.tsx';
import { reading } from './texts-disclosure.ts';
import { common, severityTone, severityWords } from './texts.ts';

type Disclosure = Reply<typeof financeApi.disclosure>;
export type Finding = Reply<typeof financeApi.findings>['items'][number];
export interface ReadingSearch {
  table?: number;
  finding?: string;
  at?: string;
  words?: string;
}
type Layout = 'both' | 'table' | 'source';

export function Reading({ of, findings }: { of: Disclosure; findings: Finding[] }) {
  const s = useText();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as ReadingSearch;
  const narrow = useNarrow();
  const [chosenLayout, setLayout] = useState<Layout>();
  const layout = chosenLayout ?? (narrow ? (search.at ? 'source' : 'table') : 'both');
  const n = of.tableList.some((t) => t.n === search.table) ? search.table! : (of.tableList.find((t) => !t.empty && t.kind !== 'catalogue')?.n ?? of.tableList[0]?.n);
  const table = useCall(financeApi.table, { params: { id: of.id, n: n ?? 0 } }, { enabled: n !== undefined, placeholderData: (before) => before });
  const [selected, setSelected] = useState<{ n: number; at: At }>();
  const given = placeOfKey(search.at);
  const item = of.tableList.find((t) => t.n === n);
  const pageOfTable = (t: typeof item) => ({ file: t?.place.file ?? 0, page: t ? pageOf(t.place as Place) : (of.pages[0]?.page ?? 1) });
  // What stands beside a table is the page it was read from.
  const [page, setPage] = useState(() => (given ? { file: given.file ?? 0, page: pageOf(given) } : pageOfTable(item)));
  const [loose, setLoose] = useState<Target | undefined>(given ? { place: given, ...(search.words ? { words: search.words } : {}) } : undefined);
  const go = (next: ReadingSearch) =>
    void navigate({
      to: '/finance/$id',
      params: { id: of.id },
      search: Object.fromEntries(Object.entries(next).filter(([, v]) => v !== undefined && v !== '')) as never,
      replace: true,
    });

  const ready = useMemo<TableReply | undefined>(
    () => (table.data && table.data.n === n ? { ...table.data, body: padded(table.data.body as GridRowLike[], table.data.columns.length) as TableReply['body'] } : undefined),
    [table.data, n],
  );
  const finding = findings.find((f) => f.key === search.finding);
  const cellsOf = (f: Finding, t: TableReply): At[] => f.places.filter((p) => p.table === t.id).flatMap((p) => cellsAt(t.body, p as Place, f.figures));
  // A finding chosen elsewhere selects its first cell here.
  useEffect(() => {
    if (!ready || !finding) return;
    const first = cellsOf(finding, ready)[0];
    if (first) select(first);
    // Only when the choice or the table changes, not when cells are clicked afterwards.
  }, [ready?.n, ready?.id, finding?.key]);
  const select = (at: At) => {
    setSelected({ n: n!, at });
    setLoose(undefined);
    const row = ready?.body.find((r) => r.r === at.r);
    const cell = row?.cells.find((c) => c.c === at.c);
    const place = cell && Object.keys(cell.place).length > 0 ? cell.place : row?.place;
    if (place) setPage({ file: place.file ?? 0, page: pageOf(place as Place) });
  };
  const at = selected?.n === n ? selected?.at : undefined;
  const row = ready?.body.find((r) => r.r === at?.r);
  const cell = row?.cells.find((c) => c.c === at?.c);
  const target: Target | undefined =
    loose ?? (row ? { place: (cell?.place ?? row.place) as Place, row: row as never, cell: cell as never } : item ? { place: item.place as Place } : undefined);
  const turn = (to: number) => {
    setLoose(undefined);
    setSelected(undefined);
    setPage(pageOfTable(of.tableList.find((t) => t.n === to)));
    go({ table: to });
  };

  /** A line of the original: its row in this table, else the table it stands in. */
  const pick = (place: Place) => {
    const here = ready?.body.find((r) => samePlace(r.place as Place, place) || r.cells.some((c) => samePlace(c.place as Place, place)));
    if (here) {
      const money = here.cells.find((c) => c.fen !== null) ?? here.cells[0];
      if (money) setSelected({ n: n!, at: { r: here.r, c: money.c } });
      setLoose(undefined);
      return;
    }
    setLoose({ place });
    const order = (p: Place) => (p.file ?? 0) * 1e9 + (p.page ?? 0) * 1e5 + (p.line ?? 0);
    const inside = of.tableList.filter((t) => order(t.place as Place) <= order(place) && (t.place.file ?? 0) === (place.file ?? 0)).at(-1);
    if (inside && inside.n !== n) go({ table: inside.n });
  };
  const openFinding = (f: Finding) => {
    const inThis = f.places.some((p) => p.table === ready?.id);
    const other = f.places.map((p) => of.tableList.find((t) => t.id === p.table)).find(Boolean);
    const free = f.places.find((p) => p.table === null);
    go({ finding: f.key, ...(inThis || !other ? { table: n as number } : { table: other.n }) });
    if (!inThis && !other && free) {
      setPage({ file: free.file ?? 0, page: pageOf(free as Place) });
      setLoose({ place: free as Place, words: f.figures[0]?.value ?? '' });
    }
  };
  if (n === undefined) return <Nothing text={s(reading.noTables)} />;
  const index = of.tableList.findIndex((t) => t.n === n);
  return (
    <div className="grid">
      <div className="spread no-print">
        <div className="row">
          <Button aria-label={s(reading.previous)} disabled={index <= 0} onClick={() => turn(of.tableList[index - 1]!.n)}>
            ‹
          </Button>
          <Select
            aria-label={s(reading.chooseTable)}
            style={{ width: narrow ? 220 : 380 }}
            value={n}
            showSearch={{ optionFilterProp: 'label' }}
            onChange={turn}
            options={of.tableList.map((t) => ({ value: t.n, label: `${t.id} ${t.title}${t.findings ? `（${t.findings}）` : ''}` }))}
          />
          <Button aria-label={s(reading.next)} disabled={index >= of.tableList.length - 1} onClick={() => turn(of.tableList[index + 1]!.n)}>
            ›
          </Button>
          {item ? (
            <span className="muted">
              {s(reading.rows, { n: item.rows })}
              {item.uncertain ? ` · ${s(reading.inferred, { n: item.uncertain })}` : ''}
            </span>
          ) : null}
        </div>
        <Segmented<Layout>
          aria-label={s(reading.layout)}
          value={layout}
          onChange={setLayout}
          options={[
            { value: 'both', label: s(reading.both) },
            { value: 'table', label: s(reading.tableOnly) },
            { value: 'source', label: s(reading.sourceOnly) },
          ]}
        />
      </div>
      <div className={`fin-split${layout === 'both' ? '' : ' single'}`}>
        {layout === 'table' ? null : (
          <div className={layout === 'both' ? 'fin-no-print' : ''}>
            <SourcePane of={of} page={page} onPage={(p) => (setPage(p), setLoose(undefined))} target={target} others={finding ? (finding.places as Place[]) : []} onPick={pick} />
          </div>
        )}
        {layout === 'source' ? null : (
          <Loaded query={{ ...table, data: ready }} rows={10}>
            {(t) => <TablePane key={t.n} of={of} table={t} findings={findings} finding={finding} cellsOf={cellsOf} at={at} onSelect={select} onFinding={openFinding} />}
          </Loaded>
        )}
      </div>
    </div>
  );
}

function TablePane({
  of,
  table,
  findings,
  finding,
  cellsOf,
  at,
  onSelect,
  onFinding,
}: {
  of: Disclosure;
  table: TableReply;
  findings: Finding[];
  finding: Finding | undefined;
  cellsOf(f: Finding, t: TableReply): At[];
  at: At | undefined;
  onSelect(a: At): void;
  onFinding(f: Finding): void;
}) {
  const s = useText();
  const [show, setShow] = useState<Show>('published');
  const [folded, setFolded] = useState<ReadonlySet<number>>(new Set());
  const [sums, setSums] = useState(false);
  const [correcting, setCorrecting] = useState(false);
  const parents = useMemo(() => [...treeOf(table.body).parts.keys()], [table]);
  const mine = findings.filter((f) => f.places.some((p) => p.table === table.id));
  const marks = useMemo(() => {
    const out = new Map<string, 'error' | 'soft'>();
    // Rounding and what cannot be decided is no fault of the cell.
    for (const f of mine.filter((x) => x.severity === 'error' || x.severity === 'warning'))
      for (const a of cellsOf(f, table)) if (f.severity === 'error' || !out.has(`${a.r}/${a.c}`)) out.set(`${a.r}/${a.c}`, f.severity === 'error' ? 'error' : 'soft');
    return out;
  }, [findings, table]);
  const lit = useMemo(() => new Set(finding ? cellsOf(finding, table).map((a) => `${a.r}/${a.c}`) : []), [finding, table]);
  const doubtful = useMemo(() => table.body.flatMap((r) => r.cells.filter((c) => isUncertain(c as never)).map((c) => ({ r: r.r, c: c.c }))), [table]);
  const row = table.body.find((r) => r.r === at?.r);
  const cell = row?.cells.find((c) => c.c === at?.c);
  const nextDoubt = () => {
    const i = doubtful.findIndex((d) => d.r === at?.r && d.c === at.c);
    onSelect(doubtful[(i + 1) % doubtful.length]!);
  };
  return (
    <section className="fin-pane" aria-label={table.title}>
      <header>
        <h2>
          {table.id} {table.title}{' '}
          {table.moneyUnit ? (
            <span className="muted" style={{ fontWeight: 400, fontSize: 13 }}>
              {s(reading.stated, { unit: show === 'published' ? table.moneyUnit : show })}
            </span>
          ) : null}
        </h2>
        <span className="row no-print">
          {doubtful.length ? (
            <Button size="small" onClick={nextDoubt}>
              {s(reading.nextUncertain)} {doubtful.length}
            </Button>
          ) : null}
          {parents.length ? (
            <>
              <Button size="small" onClick={() => setFolded(folded.size ? new Set() : new Set(parents.filter((r) => table.body.find((x) => x.r === r)?.level !== 0)))}>
                {s(folded.size ? reading.unfoldAll : reading.foldAll)}
              </Button>
              <Button size="small" aria-pressed={sums} type={sums ? 'primary' : 'default'} onClick={() => setSums(!sums)}>
                {s(reading.sums)}
              </Button>
            </>
          ) : null}
          <Segmented<Show>
            size="small"
            aria-label={s(common.moneyUnit)}
            value={show}
            onChange={setShow}
            options={[
              { value: 'published', label: s(common.asPublished) },
              { value: '万元', label: s(common.wan) },
              { value: '元', label: s(common.yuan) },
            ]}
          />
        </span>
      </header>
      {table.empty && !table.body.length ? (
        <Nothing text={s(reading.emptyTable)} />
      ) : (
        <div className="fin-scroll" style={{ minHeight: 120 }}>
          <TableGrid
            table={table}
            show={show}
            folded={folded}
            onFold={(r) => setFolded(new Set(folded.has(r) ? [...folded].filter((x) => x !== r) : [...folded, r]))}
            sums={sums}
            selected={at}
            onSelect={onSelect}
            onCorrect={of.mayManage && of.current ? () => setCorrecting(true) : undefined}
            findings={marks}
            lit={lit}
          />
        </div>
      )}
      {table.notes.length ? (
        <div style={{ padding: '6px 12px' }} className="muted">
          {s(reading.notes)}：{table.notes.map((x) => x.text).join('；')}
        </div>
      ) : null}
      {table.remarks.map((r) => (
        <Alert key={r} type="info" banner title={r} />
      ))}
      <CellBar of={of} table={table} row={row} cell={cell} correcting={correcting} onCorrecting={setCorrecting} />
      {mine.length ? (
        <div className="fin-cellbar">
          <b>
            {s(reading.findingsHere)} {mine.length}
          </b>
          <ul className="fin-list" style={{ maxHeight: 260, overflow: 'auto' }}>
            {mine.map((f) => (
              <li key={f.key}>
                <button type="button" className="fin-item" aria-pressed={finding?.key === f.key} onClick={() => onFinding(f)}>
                  <span>
                    <Tag color={severityTone[f.severity]!}>{s(severityWords[f.severity])}</Tag>
                    {f.message}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </div>
      ) : null}
    </section>
  );
}
