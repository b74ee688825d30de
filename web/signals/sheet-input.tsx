// Bringing a table: paste it or choose a file, say what its columns are, see which rows are wrong and why.
import { Alert, Button, Input, Select, Switch, Tag } from 'antd';
import { type ClipboardEvent, type ReactNode, useState } from 'react';
import type { Text } from '#core/contract.ts';
import { useText } from '../texts.tsx';
import { Rows } from '../ui/rows.tsx';
import type { RowFault } from './bring.ts';
import { type FieldSpec, MAX_ROWS, type Sheet, fromFile, fromText, guess, save, toCsv } from './sheet.ts';
import { bring } from './texts.ts';

export interface BroughtSheet {
  sheet: Sheet;
  columns: Record<string, number>;
}

interface Props {
  fields: readonly FieldSpec[];
  names: Record<string, Text>;
  needed: readonly string[];
  value: BroughtSheet | undefined;
  onChange(value: BroughtSheet | undefined): void;
  /** Rows of the template that can be taken away, headings first. */
  template?: { name: string; rows: (string | number)[][] };
  label: string;
}

/** Where a table comes in; afterwards, what its columns are. */
export function SheetInput({ fields, names, needed, value, onChange, template, label }: Props) {
  const s = useText();
  const [over, setOver] = useState(false);
  const [fault, setFault] = useState<string>();
  const [typed, setTyped] = useState('');
  const accept = (sheet: Sheet) => {
    if (!sheet.rows.length) return setFault(s(bring.noRows));
    if (sheet.rows.length > MAX_ROWS) return setFault(s(bring.tooMany, { n: MAX_ROWS }));
    setFault(undefined);
    onChange({ sheet, columns: guess(sheet.heading, fields) });
  };
  const take = (file: File | undefined) => {
    if (file) fromFile(file).then(accept, () => setFault(s(bring.unreadable)));
  };
  if (value)
    return (
      <section>
        <div className="spread" style={{ marginBottom: 8 }}>
          <Tag color="blue">{s(bring.found, { n: value.sheet.rows.length, c: value.sheet.heading.length })}</Tag>
          <Button
            size="small"
            onClick={() => {
              setTyped('');
              onChange(undefined);
            }}
          >
            {s(bring.again)}
          </Button>
        </div>
        <div style={{ display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(170px, 1fr))', gap: 8 }} role="group" aria-label={s(bring.columns)}>
          {fields.map((f) => (
            <label key={f.name} style={{ display: 'grid', gap: 2 }}>
              <span className="muted" style={{ fontSize: 12 }}>
                {s(names[f.name])}
                {needed.includes(f.name) ? ' *' : ''}
              </span>
              <Select
                aria-label={s(names[f.name])}
                value={value.columns[f.name] ?? -1}
                onChange={(c) => {
                  const columns = { ...value.columns };
                  if (c < 0) delete columns[f.name];
                  else columns[f.name] = c;
                  onChange({ ...value, columns });
                }}
                options={[{ value: -1, label: s(bring.notGiven) }, ...value.sheet.heading.map((h, i) => ({ value: i, label: h || `#${i + 1}` }))]}
              />
            </label>
          ))}
        </div>
      </section>
    );
  return (
    <section className="grid" aria-label={label}>
      {fault ? <Alert type="error" showIcon title={fault} role="alert" /> : null}
      <Input.TextArea
        rows={5}
        value={typed}
        aria-label={s(bring.paste)}
        placeholder={s(bring.pasteHelp)}
        onChange={(e) => setTyped(e.target.value)}
        onPaste={(e: ClipboardEvent) => {
          const text = e.clipboardData.getData('text');
          // A block with more than a line is a table; a word stays a word to be typed on.
          if (/[\n\r]/.test(text.trim())) {
            e.preventDefault();
            accept(fromText(text));
          }
        }}
        style={{ fontFamily: 'ui-monospace, monospace' }}
      />
      {typed.trim() ? (
        <div>
          <Button onClick={() => accept(fromText(typed))}>{s(bring.paste)}</Button>
        </div>
      ) : null}
      <label
        className={`drop ${over ? 'over' : ''}`}
        onDragOver={(e) => {
          e.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(e) => {
          e.preventDefault();
          setOver(false);
          take(e.dataTransfer.files[0]);
        }}
      >
        <input type="file" accept=".csv,.txt,.tsv,.xlsx" aria-label={s(bring.choose)} onChange={(e) => take(e.target.files?.[0])} />
        {s(bring.choose)}
      </label>
      {template ? (
        <div>
          <Button type="link" style={{ padding: 0 }} onClick={() => save(template.name, toCsv(template.rows))}>
            {s(bring.template)}
          </Button>
        </div>
      ) : null}
    </section>
  );
}

/** Rows of the brought table with what is wrong beside them, the wrong ones first to be seen. */
export function SheetRows({
  of,
  faults,
  names,
  extra,
}: {
  of: BroughtSheet;
  faults: readonly RowFault[];
  names: Record<string, Text>;
  extra?: { title: string; render(row: number): ReactNode };
}) {
  const s = useText();
  const byRow = new Map<number, RowFault[]>();
  for (const f of faults) byRow.set(f.row, [...(byRow.get(f.row) ?? []), f]);
  const [only, setOnly] = useState(false);
  const wrongOnly = only && byRow.size > 0;
  const rows = of.sheet.rows.map((cells, i) => ({ i, cells })).filter((r) => !wrongOnly || byRow.has(r.i));
  const shown = Object.keys(of.columns).toSorted((a, b) => of.columns[a]! - of.columns[b]!);
  return (
    <section>
      <div className="spread" style={{ margin: '10px 0 6px' }}>
        <strong style={{ color: byRow.size ? 'var(--bad)' : 'var(--ok)' }} role="status">
          {byRow.size ? s(bring.faults, { n: byRow.size }) : s(bring.noFaults)}
        </strong>
        {byRow.size ? (
          <label className="row">
            <Switch size="small" checked={only} onChange={setOnly} aria-label={s(bring.onlyFaults)} />
            {s(bring.onlyFaults)}
          </label>
        ) : null}
      </div>
      <Rows
        label={s(bring.paste)}
        rows={rows}
        rowKey={(r) => String(r.i)}
        pageSize={20}
        minWidth={300 + shown.length * 110}
        rowClass={(r) => (byRow.has(r.i) ? 'row-bad' : '')}
        columns={[
          { title: s(bring.row), width: 56, render: (r) => <span className="num">{r.i + 1}</span>, card: 'head' },
          ...shown.map((f) => ({
            title: s(names[f]),
            render: (r: { i: number; cells: string[] }) => {
              const bad = byRow.get(r.i)?.some((x) => x.field === f);
              return <span style={bad ? { color: 'var(--bad)', fontWeight: 600 } : {}}>{r.cells[of.columns[f]!] || '—'}</span>;
            },
          })),
          ...(extra ? [{ title: extra.title, render: (r: { i: number }) => extra.render(r.i) }] : []),
          ...(byRow.size
            ? [
                {
                  title: s(bring.fault),
                  card: 'full' as const,
                  render: (r: { i: number }) => (
                    <span style={{ color: 'var(--bad)' }}>
                      {byRow
                        .get(r.i)
                        ?.map((f) => f.message)
                        .join('；')}
                    </span>
                  ),
                },
              ]
            : []),
        ]}
      />
    </section>
  );
}
