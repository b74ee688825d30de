// The frame of a warning page: title, its sister pages; a storm's headline with its present number; what each level asks.
import { Button, Popover } from 'antd';
import type { ReactNode } from 'react';
import type { warningsApi } from '#core/warnings/contract.ts';
import { type Reply, useMay } from '../api.ts';
import { useText } from '../texts.tsx';
import { Level } from '../ui/level.tsx';
import { Page } from '../ui/page.tsx';
import { SubNav } from '../ui/sub-nav.tsx';
import { dutyRows, list as words, pages } from './texts.ts';

export type Row = Reply<typeof warningsApi.list>['items'][number];

const links = [
  { to: '/warnings', text: pages.list, need: 'warning.read' },
  { to: '/warnings/rules', text: pages.rules, need: 'warning.read' },
  { to: '/warnings/load', text: pages.load, need: 'warning.read' },
  { to: '/warnings/shelves', text: pages.shelves, need: 'warning.read' },
  { to: '/warnings/webhooks', text: pages.webhooks, need: 'rule.manage' },
] as const;

export function WarningsPage({ title, note, actions, children }: { title: ReactNode; note?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  const s = useText();
  const may = useMay();
  return (
    <Page title={title} note={note} actions={actions}>
      <SubNav label={s(pages.nav)} pages={links.filter((l) => may(l.need)).map((l) => ({ to: l.to, label: s(l.text) }))} />
      {children}
    </Page>
  );
}

/** A storm grows after it was named: its headline tells how many are in it now. */
export const headlineOf = (w: { kind: string; headline: { zh: string; en: string }; children: number }): { zh: string; en: string } =>
  w.kind === 'storm' ? { zh: w.headline.zh.replace(/等 \d+ 条/, `等 ${w.children} 条`), en: w.headline.en.replace(/: \d+ warnings/, `: ${w.children} warnings`) } : w.headline;

/** What a level means, who answers, and how. */
export function Duties() {
  const s = useText();
  return (
    <Popover
      trigger="click"
      placement="bottomRight"
      content={
        <div style={{ display: 'grid', gap: 10, maxWidth: 'min(440px, 84vw)' }}>
          {dutyRows.map((d) => (
            <div key={d.level}>
              <Level level={d.level} /> {s(d.mean)}
              <div className="muted" style={{ fontSize: 12.5 }}>
                {s(d.who)}
                <br />
                {s(d.how)}
              </div>
            </div>
          ))}
        </div>
      }
    >
      <Button>{s(words.duties)}</Button>
    </Popover>
  );
}
