// A bar of the execution rate with a tick where the time progress stands.
import { useText } from '../texts.tsx';
import { percentText } from './money.tsx';
import { execution } from './texts-execution.ts';

export function ExecutionBar({ rate, time, state }: { rate: number | null; time: number; state: string }) {
  const s = useText();
  const words = `${s(execution.rate)} ${percentText(rate)}，${s(execution.time)} ${percentText(time)}`;
  return (
    <div style={{ display: 'grid', gap: 3, minWidth: 110 }}>
      <div className={`fin-bar ${state}`} role="img" aria-label={words} title={words}>
        <i style={{ width: `${Math.min(100, Math.max(0, (rate ?? 0) * 100))}%` }} />
        <b style={{ left: `${Math.min(100, time * 100)}%` }} />
      </div>
      <span className="num" style={{ fontSize: 14 }}>
        {percentText(rate)}
      </span>
    </div>
  );
}
