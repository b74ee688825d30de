// The frame of a finance page: its title and actions, the way to the other finance pages, the mark of demo data.
import { Link, useLocation } from '@tanstack/react-router';
import { type ReactNode, useEffect, useState } from 'react';
import { type Actor, type Grant, type Permission, scopeOf, within } from '#core/people/roles.ts';
import { useMe } from '../api.ts';
import { useText } from '../texts.tsx';
import { shell } from '../shell/texts.ts';
import { Page } from '../ui/page.tsx';
import { common, pages } from './texts.ts';
import './finance.css';

const links = [
  { to: '/finance', text: pages.files, exact: true },
  { to: '/finance/compare', text: pages.compare },
  { to: '/finance/targets', text: pages.targets },
  { to: '/finance/execution', text: pages.execution },
  { to: '/finance/monitoring', text: pages.monitoring },
  { to: '/finance/evaluations', text: pages.evaluations },
  { to: '/finance/advice', text: pages.advice },
] as const;

export function FinancePage({ title, note, actions, children }: { title: ReactNode; note?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  const s = useText();
  const me = useMe();
  const { pathname } = useLocation();
  const others = links.slice(1).some((l) => pathname === l.to || pathname.startsWith(`${l.to}/`));
  return (
    <Page title={title} note={note} actions={actions}>
      <nav className="fin-nav no-print" aria-label={s(common.nav)}>
        {links.map((l) => {
          const here = 'exact' in l ? pathname.startsWith('/finance') && !others : pathname === l.to || pathname.startsWith(`${l.to}/`);
          return (
            <Link key={l.to} to={l.to} activeOptions={{ exact: true, includeSearch: false }} activeProps={{}} {...(here ? { 'aria-current': 'page' as const } : {})}>
              {s(l.text)}
            </Link>
          );
        })}
      </nav>
      {me.demo ? (
        <div className="muted" style={{ fontSize: 12.5 }}>
          <span className="demo-mark">{s(shell.demo)}</span> {s(common.demo)}
        </div>
      ) : null}
      {children}
    </Page>
  );
}

/** Whether a unit lies where the person may do this. */
export function useReach(permission: Permission): (path: string) => boolean {
  const me = useMe();
  const scope = scopeOf({ grants: me.grants as Grant[] } as Actor, permission);
  return (path) => scope.some((s) => within(path, s));
}

/** True on narrow screens, where panes become drawers. */
export function useNarrow(width = 1100): boolean {
  const [narrow, set] = useState(() => innerWidth <= width);
  useEffect(() => {
    const query = matchMedia(`(max-width: ${width}px)`);
    const watch = () => set(query.matches);
    watch();
    query.addEventListener('change', watch);
    return () => query.removeEventListener('change', watch);
  }, [width]);
  return narrow;
}

/** Saves rows as a CSV file that spreadsheet programs open in the right encoding and never as formulas. */
export function saveCsv(name: string, rows: (string | number | null | undefined)[][]): void {
  const cell = (v: string | number | null | undefined): string => {
    const text = v === null || v === undefined ? '' : String(v);
    const safe = /^[=+\-@\t]/.test(text) && !/^-?\d+(\.\d+)?%?$/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const url = URL.createObjectURL(new Blob([`\ufeff${rows.map((r) => r.map(cell).join(',')).join('\r\n')}\r\n`], { type: 'text/csv;charset=utf-8' }));
  const a = document.createElement('a');
  a.href = url;
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
