// Findings of a disclosure: filtered list, one finding with both figures and where both stand, and what was decided about it.
import { Button, Drawer, Input, Select, Tag } from 'antd';
import { useEffect, useMemo, useState } from 'react';
import { financeApi } from '#core/finance/contract.ts';
import { addressOf, type Reply } from '../api.ts';
import { useText } from '../texts.tsx';
import { Figure, Figures, Nothing } from '../ui/page.tsx';
import { Detail, placeOf } from './finding-detail.tsx';
import { saveCsv, useNarrow } from './frame.tsx';
import { placeText } from './place.ts';
import type { Finding } from './reading.tsx';
import { finding as words } from './texts-disclosure.ts';
import { classWords, common, findingStatusTone, findingStatusWords, severityTone, severityWords } from './texts.ts';

type Disclosure = Reply<typeof financeApi.disclosure>;

export function Findings({
  of,
  findings,
  checks,
  chosen,
  onChoose,
}: {
  of: Disclosure;
  findings: Finding[];
  checks: Disclosure['checks'];
  chosen: string | undefined;
  onChoose(key: string | undefined): void;
}) {
  const s = useText();
  const narrow = useNarrow();
  const [severity, setSeverity] = useState<string>();
  const [status, setStatus] = useState<string>();
  const [kind, setKind] = useState<string>();
  const [rule, setRule] = useState<string>();
  const [text, setText] = useState('');
  const shown = findings.filter(
    (f) =>
      (!severity || f.severity === severity) &&
      (!status || f.status === status) &&
      (!kind || f.class === kind) &&
      (!rule || f.rule === rule) &&
      (!text.trim() || f.message.includes(text.trim()) || f.places.some((p) => p.table?.includes(text.trim()))),
  );
  const rules = useMemo(() => [...new Map(findings.map((f) => [f.rule, f])).values()], [findings]);
  // Where both fit, the first is open at once.
  const current = findings.find((f) => f.key === chosen) ?? (narrow ? undefined : shown[0]);
  // J and K move through the list, as in the other lists.
  useEffect(() => {
    const hear = (e: KeyboardEvent) => {
      if (e.ctrlKey || e.metaKey || e.altKey || (e.target as HTMLElement).closest('input,textarea,select,[role=combobox],[role=gridcell]')) return;
      const step = e.key === 'j' ? 1 : e.key === 'k' ? -1 : 0;
      const next = step ? shown[Math.min(shown.length - 1, Math.max(0, shown.findIndex((f) => f.key === current?.key) + step))] : undefined;
      if (next) onChoose(next.key);
    };
    addEventListener('keydown', hear);
    return () => removeEventListener('keydown', hear);
  });
  if (!findings.length) return <Nothing text={s(words.empty, { passed: checks.passed })} />;
  const save = () =>
    saveCsv(`findings-${of.year}.csv`, [
      [s(words.severity), s(words.class), s(words.rule), s(words.message), s(words.figures), s(words.difference), s(words.where), s(words.status), s(common.note)],
      ...shown.map((f) => [
        s(severityWords[f.severity]),
        s(classWords[f.class]),
        s(f.ruleName),
        f.message,
        f.figures.map((x) => `${x.label} ${x.value}`).join('；'),
        f.difference,
        f.places.map((p) => `${p.table ?? s(words.narrative)} ${placeText(s, placeOf(p), of.files.length)}`).join('；'),
        s(findingStatusWords[f.status]),
        f.note,
      ]),
    ]);
  const detail = current ? <Detail key={current.key} of={of} finding={current} /> : <Nothing text={s(words.pick)} />;
  return (
    <div className="grid">
      <Figures>
        {(['error', 'warning', 'rounding', 'undecidable'] as const).map((k) => {
          const n = findings.filter((f) => f.severity === k).length;
          const open = findings.filter((f) => f.severity === k && f.status === 'open').length;
          return (
            <Figure
              key={k}
              label={s(severityWords[k])}
              value={n}
              note={open ? `${s(findingStatusWords.open)} ${open}` : undefined}
              active={severity === k}
              onClick={() => setSeverity(severity === k ? undefined : k)}
              {...(n && k === 'error' ? { tone: 'bad' as const } : n && k === 'warning' ? { tone: 'warn' as const } : {})}
            />
          );
        })}
      </Figures>
      <div className="card spread no-print" style={{ padding: '10px 16px' }} role="group" aria-label={s(words.filters)}>
        <div className="row">
          <Input.Search aria-label={s(words.text)} placeholder={s(words.text)} allowClear onSearch={setText} style={{ width: 190 }} />
          <Select
            aria-label={s(words.status)}
            allowClear
            placeholder={s(words.status)}
            style={{ width: 110 }}
            value={status}
            onChange={setStatus}
            options={Object.entries(findingStatusWords).map(([value, w]) => ({ value, label: s(w) }))}
          />
          <Select
            aria-label={s(words.class)}
            allowClear
            placeholder={s(words.class)}
            style={{ width: 120 }}
            value={kind}
            onChange={setKind}
            options={Object.entries(classWords).map(([value, w]) => ({ value, label: s(w) }))}
          />
          <Select
            aria-label={s(words.rule)}
            allowClear
            placeholder={s(words.rule)}
            style={{ width: 200 }}
            value={rule}
            onChange={setRule}
            showSearch={{ optionFilterProp: 'label' }}
            options={rules.map((f) => ({ value: f.rule, label: s(f.ruleName) }))}
          />
          <span className="muted">{s(words.shown, { n: shown.length, all: findings.length })}</span>
        </div>
        <div className="row">
          <Button onClick={save} disabled={!shown.length}>
            {s(words.exportShown)}
          </Button>
          <Button href={addressOf(financeApi.report, { params: { id: of.id }, query: { format: 'html' } })} target="_blank">
            {s(words.printReport)}
          </Button>
        </div>
      </div>
      <div className="two-columns" style={{ display: 'grid', gridTemplateColumns: 'minmax(0, 1fr) minmax(0, 1fr)', gap: 12, alignItems: 'start' }}>
        <section className="card" style={{ padding: 0 }}>
          {shown.length ? (
            <ul className="fin-list">
              {shown.map((f) => (
                <li key={f.key}>
                  <button type="button" className="fin-item" aria-pressed={f.key === current?.key} onClick={() => onChoose(f.key)}>
                    <span className="row" style={{ gap: 4 }}>
                      <Tag color={severityTone[f.severity]!} style={{ margin: 0 }}>
                        {s(severityWords[f.severity])}
                      </Tag>
                      <Tag color={findingStatusTone[f.status]!} variant="outlined" style={{ margin: 0 }}>
                        {s(findingStatusWords[f.status])}
                      </Tag>
                      {f.recurring ? <Tag color="magenta">{s(words.recurring)}</Tag> : null}
                      <span className="muted" style={{ fontSize: 12 }}>
                        {s(f.ruleName)}
                      </span>
                      {f.difference ? (
                        <span className="num" style={{ marginLeft: 'auto' }}>
                          {s(words.difference)} {f.difference}
                        </span>
                      ) : null}
                    </span>
                    <span>{f.message}</span>
                    {f.note ? <span className="muted">{f.note}</span> : null}
                  </button>
                </li>
              ))}
            </ul>
          ) : (
            <Nothing text={s(words.noMatch)} />
          )}
        </section>
        {narrow ? null : (
          <section
            className="card fin-no-print"
            style={{ position: 'sticky', top: 64, maxHeight: 'calc(100vh - 80px)', overflow: 'auto' }}
            tabIndex={0}
            aria-label={s(words.message)}
          >
            {detail}
            <p className="muted" style={{ fontSize: 12, margin: '10px 0 0' }}>
              {s(words.keys)}
            </p>
          </section>
        )}
      </div>
      {narrow ? (
        <Drawer open={Boolean(current)} onClose={() => onChoose(undefined)} size={Math.min(640, innerWidth)} title={s(words.message)}>
          {detail}
        </Drawer>
      ) : null}
    </div>
  );
}
