// The frame of a duty page and the weekdays as people name them.
import type { ReactNode } from 'react';
import { useText } from '../texts.tsx';
import { Page } from '../ui/page.tsx';
import { SubNav } from '../ui/sub-nav.tsx';
import { duty } from './texts.ts';

export function DutyPage({ title, note, actions, children }: { title: ReactNode; note?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  const s = useText();
  return (
    <Page title={title} note={note} actions={actions}>
      <SubNav
        label={s(duty.nav)}
        pages={[
          { to: '/duty', label: s(duty.today) },
          { to: '/duty/handovers', label: s(duty.handover) },
          { to: '/duty/roster', label: s(duty.roster) },
        ]}
      />
      {children}
    </Page>
  );
}
