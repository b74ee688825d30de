// A rule tried on history before it is published: how often, when, which of them were real, on a chart and in a list.
import { Alert, App, Button, Input, InputNumber, Modal, Segmented } from 'antd';
import { useMemo, useState } from 'react';
import { durationMs } from '#core/time.ts';
import { warningsApi } from '#core/warnings/contract.ts';
import type { WarningRule } from '#core/warnings/pack.ts';
import { CallError, type Reply, useCommand } from '../api.ts';
import { useText } from '../texts.tsx';
import { Chart } from '../ui/chart.tsx';
import { Time, serverNow } from '../ui/clock.tsx';
import { Level } from '../ui/level.tsx';
import { Nothing } from '../ui/page.tsx';
import { Rows } from '../ui/rows.tsx';
import { conditionWords } from './condition.ts';
import type { Rule } from './rules.tsx';
import { backtest as words, common } from './texts.ts';

type Result = Reply<typeof warningsApi.backtest>;
type Verdict = Result['warnings'][number]['before'];
const verdicts: { key: Verdict; colour: string }[] = [
  { key: 'true', colour: '#17844f' },
  { key: 'false', colour: '#cf1322' },
  { key: 'not-judged', colour: '#98a4b8' },
  { key: 'not-raised', colour: '#1f5fd6' },
];
/** The day in the centre's time zone. */
const dayOf = (iso: string): string => new Date(Date.parse(iso) + 8 * 3_600_000).toISOString().slice(0, 10);

/** Warnings a day, parted by what was said of them then; days without one are there too. */
function byDay(r: Result, from: number, to: number): { days: string[]; counts: Record<Verdict, number[]> } {
  const days: string[] = [];
  for (let t = Date.parse(`${dayOf(new Date(from).toISOString())}T00:00:00Z`); t <= Date.parse(`${dayOf(new Date(to).toISOString())}T00:00:00Z`); t += 86_400_000)
    days.push(new Date(t).toISOString().slice(0, 10));
  const counts = Object.fromEntries(verdicts.map((v) => [v.key, days.map(() => 0)])) as Record<Verdict, number[]>;
  for (const w of r.warnings) {
    const i = days.indexOf(dayOf(w.from));
    if (i >= 0) counts[w.before][i]!++;
  }
  return { days, counts };
}

export function Backtest({ rule, onClose }: { rule: Rule; onClose(): void }) {
  const s = useText();
  const { modal } = App.useApp();
  const [text, setText] = useState(() => JSON.stringify(rule.definition, null, 1));
  const [days, setDays] = useState(30);
  const [tried, setTried] = useState<{ text: string; from: number; to: number }>();
  const run = useCommand(warningsApi.backtest, { quiet: true });
  const put = useCommand(warningsApi.putRule, { done: s(words.published), quiet: true, onSuccess: onClose });
  const parsed = useMemo((): { definition?: WarningRule; fault?: string } => {
    try {
      return { definition: JSON.parse(text) as WarningRule };
    } catch (error) {
      return { fault: (error as Error).message };
    }
  }, [text]);
  const d = parsed.definition;
  const change = (f: (when: Record<string, unknown>) => void) => {
    const next = structuredClone(d!) as unknown as { when: Record<string, unknown> };
    f(next.when);
    setText(JSON.stringify(next, null, 1));
  };
  const go = () => {
    if (!d) return;
    const to = serverNow();
    const from = to - days * 86_400_000;
    setTried({ text, from, to });
    run.mutate({ body: { definition: d as never, from: new Date(from).toISOString(), to: new Date(to).toISOString() } });
  };
  const publish = () =>
    modal.confirm({
      title: s(words.publishAsk),
      content: (
        <>
          {tried?.text === text && run.data ? null : <p>{s(words.notTried)}</p>}
          <p className="muted">{s(words.publishHelp)}</p>
        </>
      ),
      okText: s(words.publish),
      onOk: () => put.mutateAsync({ params: { code: rule.code }, body: { definition: d as never } }).catch(() => {}),
    });
  const error = run.error ?? put.error;
  const faults = error instanceof CallError ? (error.problem.errors ?? []) : [];
  const fresh = run.data && tried && tried.text === text ? { r: run.data, ...tried } : undefined;
  return (
    <Modal
      open
      width={920}
      title={s(words.title, { name: s(rule.name) })}
      onCancel={onClose}
      footer={[
        <Button key="cancel" onClick={onClose}>
          {s(common.cancel)}
        </Button>,
        <Button key="run" type={fresh ? 'default' : 'primary'} loading={run.isPending} disabled={!d} onClick={go}>
          {s(words.run)}
        </Button>,
        <Button key="put" type={fresh ? 'primary' : 'default'} loading={put.isPending} disabled={!d || run.isPending} onClick={publish}>
          {s(words.publish)}
        </Button>,
      ]}
    >
      <div className="grid">
        <span className="muted">{s(words.help)}</span>
        {error ? (
          <Alert
            role="alert"
            type="error"
            showIcon
            title={error.message}
            description={
              faults.length ? faults.map((f) => <div key={f.pointer + f.message}>{`${f.pointer.replace(/^\/body\/definition/, '') || '/'} ${f.message}`}</div>) : undefined
            }
          />
        ) : null}
        {d?.when ? <Fields when={d.when as unknown as Record<string, unknown>} change={change} /> : null}
        {d?.when ? <ConditionLine d={d} /> : null}
        <div className="row">
          <span className="muted">{s(words.span)}</span>
          <Segmented value={days} onChange={(v) => setDays(Number(v))} options={[7, 30, 90].map((n) => ({ value: n, label: s(words.days, { n }) }))} />
        </div>
        <details open={Boolean(parsed.fault) || undefined}>
          <summary className="muted">{s(words.full)}</summary>
          <Input.TextArea
            aria-label={s(words.full)}
            value={text}
            status={parsed.fault ? 'error' : ''}
            onChange={(e) => setText(e.target.value)}
            autoSize={{ minRows: 8, maxRows: 18 }}
            style={{ fontFamily: 'monospace', fontSize: 12.5 }}
          />
          {parsed.fault ? <div style={{ color: 'var(--bad)' }}>{parsed.fault}</div> : null}
        </details>
        {fresh ? <Outcome {...fresh} /> : null}
      </div>
    </Modal>
  );
}

/** The condition in words while it is edited; half-written JSON says nothing. */
function ConditionLine({ d }: { d: WarningRule }) {
  const s = useText();
  let said = '';
  try {
    said = s(conditionWords(d.when));
  } catch {
    // Not whole yet.
  }
  return said ? <div role="status">{said}</div> : null;
}

/** The numbers an official changes: lines with their clearing values, and how long they must hold. */
function Fields({ when, change }: { when: Record<string, unknown>; change(f: (when: Record<string, unknown>) => void): void }) {
  const s = useText();
  const lines = Array.isArray(when.lines) ? (when.lines as { level: number; at: number; clear?: number }[]) : [];
  const timed = ['threshold', 'rate', 'forecast', 'several'].includes(String(when.kind));
  const minutes = (key: 'for' | 'clearFor') => (typeof when[key] === 'string' ? (durationMs(when[key]) ?? 0) / 60_000 : null);
  const setMinutes = (key: 'for' | 'clearFor', v: number | null) =>
    change((w) => {
      if (v === null || v === 0) delete w[key];
      else w[key] = Number.isInteger(v) ? `PT${v}M` : `PT${Math.round(v * 60)}S`;
    });
  if (!lines.length && !timed) return null;
  return (
    <div className="row" style={{ gap: 16, alignItems: 'flex-end' }}>
      {lines.map((l, i) => (
        <fieldset key={l.level} style={{ border: '1px solid var(--border)', borderRadius: 4, padding: '6px 10px 8px', margin: 0 }}>
          <legend style={{ padding: '0 4px' }}>
            <Level level={l.level} />
          </legend>
          <span className="row" style={{ flexWrap: 'nowrap' }}>
            <label>
              {s(words.at)}{' '}
              <InputNumber
                style={{ width: 92 }}
                value={l.at}
                onChange={(v) =>
                  v !== null &&
                  change((w) => {
                    (w.lines as { at: number }[])[i]!.at = v;
                  })
                }
              />
            </label>
            <label>
              {s(words.clear)}{' '}
              <InputNumber
                style={{ width: 92 }}
                value={l.clear ?? null}
                placeholder={String(l.at)}
                onChange={(v) =>
                  change((w) => {
                    const one = (w.lines as { clear?: number }[])[i]!;
                    if (v === null) delete one.clear;
                    else one.clear = v;
                  })
                }
              />
            </label>
          </span>
        </fieldset>
      ))}
      {timed
        ? (['for', 'clearFor'] as const).map((key) => (
            <label key={key}>
              {s(words[key])} <InputNumber style={{ width: 80 }} min={0} max={10_080} value={minutes(key)} onChange={(v) => setMinutes(key, v)} /> {s(words.minutes)}
            </label>
          ))
        : null}
    </div>
  );
}

function Outcome({ r, from, to }: { r: Result; from: number; to: number }) {
  const s = useText();
  const option = useMemo(() => {
    const { days, counts } = byDay(r, from, to);
    return {
      grid: { left: 44, right: 16, top: 34, bottom: 28 },
      tooltip: { trigger: 'axis' },
      legend: { top: 0 },
      xAxis: { type: 'category', data: days.map((d) => d.slice(5)) },
      yAxis: { type: 'value', name: s(words.times), minInterval: 1 },
      series: verdicts
        .filter((v) => counts[v.key].some((n) => n))
        .map((v) => ({ type: 'bar', stack: 'all', name: s(words.verdict[v.key]), itemStyle: { color: v.colour }, data: counts[v.key] })),
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [r, from, to]);
  return (
    <section className="grid" aria-live="polite">
      <div>
        {s(words.result, { s: r.streams, r: r.readings.toLocaleString('zh-CN'), w: r.warnings.length, d: r.perDay, n: r.now })}
        {r.truncated ? <span style={{ color: 'var(--warn)' }}> {s(words.cut)}</span> : null}
      </div>
      {r.warnings.length ? (
        <>
          <Chart label={s(words.chart)} height={200} option={option} />
          <Rows
            label={s(words.chart)}
            rows={r.warnings}
            rowKey={(w) => w.object + w.from}
            pageSize={8}
            columns={[
              { title: s(words.object), card: 'head', render: (w) => w.object },
              { title: s(common.from), render: (w) => <Time at={w.from} /> },
              { title: s(common.until), render: (w) => <Time at={w.to} /> },
              { title: s(common.level), render: (w) => <Level level={w.worst} /> },
              { title: s(words.peak), align: 'right', render: (w) => <span className="num">{Math.round(w.peak * 1000) / 1000}</span> },
              { title: s(words.before), render: (w) => s(words.verdict[w.before]) },
            ]}
          />
        </>
      ) : (
        <Nothing text={s(words.none)} />
      )}
    </section>
  );
}
