// Small pieces of a target on screen: its promise, its number now, its progress with where time stands.
import { Tooltip } from 'antd';
import type { financeApi } from '#core/finance/contract.ts';
import type { Reply } from '../api.ts';
import { useText } from '../texts.tsx';
import { target } from './texts-targets.ts';
import { common } from './texts.ts';

export type Target = Reply<typeof financeApi.targets>['items'][number];

export function Promised({ of: t }: { of: Pick<Target, 'nature' | 'value' | 'measure'> }) {
  const s = useText();
  if (t.nature === '定性') return <span>{t.value || s(target.qualitative)}</span>;
  return (
    <span style={{ whiteSpace: 'nowrap' }}>
      {t.nature ?? ''}{' '}
      <span className="num" style={{ fontSize: 16 }}>
        {t.value ?? '—'}
      </span>{' '}
      {t.measure}
    </span>
  );
}

const round = (n: number) => n.toLocaleString('zh-CN', { maximumFractionDigits: 2 });

export function Now({ of: t }: { of: Pick<Target, 'progress' | 'measure' | 'binding'> }) {
  const s = useText();
  const { value, unknown } = t.progress;
  if (value === null)
    return (
      <Tooltip title={s(unknown)}>
        <span className="muted" tabIndex={0}>
          {t.binding ? s(common.unknown) : '—'}
        </span>
      </Tooltip>
    );
  return (
    <span className="num" style={{ fontSize: 17, whiteSpace: 'nowrap' }}>
      {round(value)} <small>{t.measure}</small>
    </span>
  );
}

export function ProgressBar({ of: t }: { of: Pick<Target, 'progress' | 'value'> }) {
  const s = useText();
  const p = t.progress;
  if (p.completion === null) return null;
  const promised = Number(t.value);
  const tick = p.expected !== null && p.expectedBy !== 'none' && promised > 0 ? Math.min(1, p.expected / promised) : null;
  // A level is to be held all year: only what grows is expected by time or plan.
  const words =
    p.expected === null || p.expectedBy === 'none' ? undefined : s(target.expected, { n: round(p.expected), by: s(p.expectedBy === 'plan' ? target.byPlan : target.byTime) });
  return (
    <Tooltip title={words}>
      <div style={{ display: 'grid', gap: 3 }}>
        <div className={`fin-bar ${p.state}`} role="img" aria-label={`${Math.round(p.completion * 100)}%${words ? `，${words}` : ''}`}>
          <i style={{ width: `${Math.min(100, Math.max(0, p.completion * 100))}%` }} />
          {tick === null ? null : <b style={{ left: `${tick * 100}%` }} />}
        </div>
        <span className="muted" style={{ fontSize: 12 }}>
          {Math.round(p.completion * 100)}%
        </span>
      </div>
    </Tooltip>
  );
}

export function ForecastText({ of: t }: { of: Pick<Target, 'progress' | 'measure'> }) {
  const s = useText();
  const p = t.progress;
  if (p.forecast === null) return <span className="muted">—</span>;
  return (
    <Tooltip title={s(p.forecastNote)}>
      <span>
        <span className="num">{round(p.forecast)}</span> {t.measure}
        {p.forecastLow !== null && p.forecastHigh !== null && p.forecastLow !== p.forecastHigh ? (
          <div className="muted" style={{ fontSize: 12, whiteSpace: 'nowrap' }}>
            {s(target.range, { low: round(p.forecastLow), high: round(p.forecastHigh) })}
          </div>
        ) : null}
      </span>
    </Tooltip>
  );
}
