// Links between the pages that share one entry of the menu.
import { Link, useLocation } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef } from 'react';
import './rows.css';

export interface SubPage {
  to: string;
  label: ReactNode;
}
/** The longest address that the present one begins with is the page one is on. */
export function SubNav({ pages, label }: { pages: readonly SubPage[]; label: string }) {
  const { pathname } = useLocation();
  const here = pages
    .filter((p) => pathname === p.to || pathname.startsWith(`${p.to}/`))
    .toSorted((a, b) => b.to.length - a.to.length)
    .at(0)?.to;
  const bar = useRef<HTMLElement>(null);
  // On a phone the bar is wider than the screen: the page one is on is in sight.
  useEffect(() => {
    const on = bar.current?.querySelector<HTMLElement>('[aria-current=page]');
    if (on && bar.current) bar.current.scrollLeft = on.offsetLeft - bar.current.offsetLeft - (bar.current.clientWidth - on.offsetWidth) / 2;
  }, [here, pages.length]);
  return (
    <nav ref={bar} className="sub-nav no-print" aria-label={label}>
      {pages.map((p) => (
        <Link key={p.to} to={p.to} activeOptions={{ exact: true }} {...(p.to === here ? { 'aria-current': 'page' as const } : {})}>
          {p.label}
        </Link>
      ))}
    </nav>
  );
}
