// Money on screen: integer fen shown in 万元 or 元, the switch between them, and decimal strings read back to fen.
import { Segmented } from 'antd';
import { useState } from 'react';
import { useText } from '../texts.tsx';
import { common } from './texts.ts';

export type Shown = '万元' | '元';
const KEY = 'chengshu.finance.money';

/** Fen as a figure with separators: 万元 and 元 with two decimals. Null is an em dash. */
export function moneyText(fen: number | null | undefined, unit: Shown): string {
  if (fen === null || fen === undefined) return '—';
  const cents = unit === '元' ? fen : Math.round(fen / 10_000);
  return (cents / 100).toLocaleString('zh-CN', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}
/** The same as a plain decimal without separators or rounding, for inputs. */
export function moneyInput(fen: number, unit: Shown): string {
  const digits = unit === '元' ? 2 : 6;
  const text = Math.abs(fen)
    .toString()
    .padStart(digits + 1, '0');
  const whole = `${text.slice(0, -digits)}.${text.slice(-digits)}`.replace(/0+$/, '').replace(/\.$/, '');
  return fen < 0 ? `-${whole}` : whole;
}
export const percentText = (rate: number | null | undefined, digits = 1): string => (rate === null || rate === undefined ? '—' : `${(rate * 100).toFixed(digits)}%`);

/** The unit the person prefers, kept in this browser. */
export function useShown(): [Shown, (u: Shown) => void] {
  const [unit, set] = useState<Shown>(() => (localStorage.getItem(KEY) === '元' ? '元' : '万元'));
  return [
    unit,
    (u) => {
      localStorage.setItem(KEY, u);
      set(u);
    },
  ];
}

export function MoneySwitch({ value, onChange }: { value: Shown; onChange(u: Shown): void }) {
  const s = useText();
  return (
    <Segmented<Shown>
      aria-label={s(common.moneyUnit)}
      value={value}
      onChange={onChange}
      options={[
        { value: '万元', label: s(common.wan) },
        { value: '元', label: s(common.yuan) },
      ]}
    />
  );
}

export function Money({ fen, unit, tone }: { fen: number | null | undefined; unit: Shown; tone?: boolean }) {
  if (fen === null || fen === undefined) return <span className="muted">—</span>;
  return (
    <span className="num" style={{ fontSize: 15, whiteSpace: 'nowrap', color: tone && fen < 0 ? 'var(--bad)' : undefined }}>
      {moneyText(fen, unit)}
    </span>
  );
}
