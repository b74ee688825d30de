// The frame of a device page: title, the way to its sister pages by permission, units and profiles by name.
import { Link, useLocation } from '@tanstack/react-router';
import { Result } from 'antd';
import { useMemo, type ReactNode } from 'react';
import { packsApi } from '#core/packs/contract.ts';
import { peopleApi } from '#core/people/contract.ts';
import { permissions } from '#core/people/roles.ts';
import { useCall, useMay } from '../api.ts';
import { useText } from '../texts.tsx';
import { Page } from '../ui/page.tsx';
import { SubNav } from '../ui/sub-nav.tsx';
import { gate, pages } from './texts.ts';

const links = [
  { to: '/things', text: pages.list, need: 'signal.read' },
  { to: '/things/register', text: pages.register, need: 'thing.manage' },
  { to: '/things/placing', text: pages.placing, need: 'thing.manage' },
  { to: '/things/calibrations', text: pages.calibrations, need: 'signal.read' },
  { to: '/things/probes', text: pages.probes, need: 'thing.manage' },
  { to: '/things/intake', text: pages.intake, need: 'thing.manage' },
  { to: '/things/mappers', text: pages.mappers, need: 'thing.manage' },
  { to: '/things/by-hand', text: pages.byHand, need: 'signal.write' },
  { to: '/things/quarantine', text: pages.quarantine, need: 'thing.manage' },
] as const;

export function ThingsPage({ title, note, actions, children }: { title: ReactNode; note?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  const s = useText();
  const may = useMay();
  const { pathname } = useLocation();
  const need = links.find((l) => l.to === pathname)?.need ?? 'signal.read';
  return (
    <Page title={title} note={note} actions={may(need) ? actions : null}>
      <SubNav label={s(pages.nav)} pages={links.filter((l) => may(l.need)).map((l) => ({ to: l.to, label: s(l.text) }))} />
      {may(need) ? children : <Result status="info" title={s(gate.title)} subTitle={s(gate.help, { p: s(permissions[need]) })} extra={<Link to="/things">{s(gate.back)}</Link>} />}
    </Page>
  );
}

export interface UnitChoice {
  path: string;
  name: string;
  depth: number;
}
/** All units in order with their names. */
export function useUnits(): { units: UnitChoice[]; nameOf: (path: string) => string } {
  const s = useText();
  const query = useCall(peopleApi.units, {}, { staleTime: 600_000 });
  return useMemo(() => {
    const units = (query.data?.items ?? []).filter((u) => u.active).map((u) => ({ path: u.path, name: s(u.name), depth: u.path.split('.').length - 1 }));
    const names = new Map(units.map((u) => [u.path, u.name]));
    return { units, nameOf: (path: string) => names.get(path) ?? path };
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [query.data, s('x')]);
}
/** Options of a unit chooser; units below another are set in. */
export const unitOptions = (units: readonly UnitChoice[]) => units.map((u) => ({ value: u.path, label: `${'　'.repeat(Math.max(0, u.depth - 1))}${u.name}`, text: u.name }));

/** Items of one kind of content (profiles, mappers, ledgers) with their names. */
export function useContent(kind: string): { code: string; name: string }[] {
  const query = useCall(packsApi.list, {}, { staleTime: 600_000 });
  return useMemo(() => query.data?.kinds.find((k) => k.kind === kind)?.items ?? [], [query.data, kind]);
}
