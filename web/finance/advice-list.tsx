// Advice on targets: what is weak, where, and what would be better.
import { Tag } from 'antd';
import type { financeApi } from '#core/finance/contract.ts';
import type { Reply } from '../api.ts';
import { useText } from '../texts.tsx';
import { advice } from './texts-targets.ts';

type Advice = Reply<typeof financeApi.adviseTargets>['items'][number];
const tone = { error: 'error', warning: 'warning', hint: 'default' };

export function AdviceList({ items, name }: { items: Advice[]; name(i: number): string }) {
  const s = useText();
  return (
    <ul className="fin-list">
      {items.map((a, i) => (
        <li key={i} style={{ padding: '8px 0' }}>
          <Tag color={tone[a.severity]}>{s(advice[a.severity])}</Tag>
          <b>{s(a.ruleName)}</b> {a.message}
          <div className="muted" style={{ fontSize: 12.5 }}>
            {a.at === 'sheet' ? s(advice.sheet) : a.targets.map((t) => `${s(advice.rows, { n: t + 1 })} ${name(t)}`).join('、')}
            {a.proposal ? ` · ${s(advice.proposal)}：${a.proposal}` : ''}
          </div>
        </li>
      ))}
    </ul>
  );
}
