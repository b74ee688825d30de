// The server's clock on the screen and countdowns against it: what a deadline has left, never by the desk's own clock.
import { Tooltip } from 'antd';
import { useEffect, useState } from 'react';

let offset = 0;
/** Sets the difference between domain time on the server and this machine's clock. */
export const setServerTime = (iso: string): void => {
  offset = Date.parse(iso) - Date.now();
};
export const serverNow = (): number => Date.now() + offset;

const ticks = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
/** The server's time, once a second (one timer for the whole page). */
export function useNow(): number {
  const [now, set] = useState(serverNow);
  useEffect(() => {
    const tick = () => set(serverNow());
    ticks.add(tick);
    timer ??= setInterval(() => {
      if (document.visibilityState === 'visible') for (const t of ticks) t();
    }, 1000);
    return () => {
      ticks.delete(tick);
      if (!ticks.size) {
        clearInterval(timer);
        timer = undefined;
      }
    };
  }, []);
  return now;
}

const pad = (n: number) => String(n).padStart(2, '0');
/** 2 天 3:04:05 as people read a countdown. */
export function spanText(ms: number): string {
  const s = Math.floor(Math.abs(ms) / 1000);
  const d = Math.floor(s / 86_400);
  const h = Math.floor((s % 86_400) / 3600);
  const m = Math.floor((s % 3600) / 60);
  if (d >= 3) return `${d} 天`;
  if (d) return `${d} 天 ${h} 时`;
  return h ? `${h}:${pad(m)}:${pad(s % 60)}` : `${pad(m)}:${pad(s % 60)}`;
}

export function Countdown({ due, from, explanation, large }: { due: string | null | undefined; from?: string | null; explanation?: string; large?: boolean }) {
  const now = useNow();
  if (!due) return <span className="muted">—</span>;
  const left = Date.parse(due) - now;
  const total = from ? Date.parse(due) - Date.parse(from) : 0;
  const used = total > 0 ? Math.min(1, Math.max(0, 1 - left / total)) : left < 0 ? 1 : 0;
  const colour = left < 0 ? 'var(--bad)' : total > 0 && used > 0.8 ? 'var(--warn)' : 'var(--ok)';
  const body = (
    <span className="num" role="timer" style={{ color: colour, fontSize: large ? 34 : 17, lineHeight: 1.1, display: 'inline-block', minWidth: 72 }}>
      {left < 0 ? `超 ${spanText(left)}` : spanText(left)}
      {total > 0 && !large ? (
        <span style={{ display: 'block', height: 3, background: 'var(--border)', marginTop: 3 }}>
          <span style={{ display: 'block', height: 3, width: `${used * 100}%`, background: colour }} />
        </span>
      ) : null}
    </span>
  );
  return explanation ? <Tooltip title={<span style={{ whiteSpace: 'pre-line' }}>{explanation}</span>}>{body}</Tooltip> : body;
}

const two = new Intl.DateTimeFormat('zh-CN', {
  timeZone: 'Asia/Shanghai',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});
/** `YYYY-MM-DD HH:mm` in the centre's time zone. */
export function timeText(iso: string | number | null | undefined): string {
  if (iso === null || iso === undefined || iso === '') return '—';
  const p = Object.fromEntries(two.formatToParts(new Date(iso)).map((x) => [x.type, x.value]));
  return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}`;
}
export const Time = ({ at }: { at: string | null | undefined }) => (
  <time dateTime={at ?? undefined} style={{ whiteSpace: 'nowrap' }}>
    {timeText(at)}
  </time>
);
