// Shared by the indicator pages: sectors and units by name, a value as people read it, levels, the catalogue read as a whole.
import { useQuery } from '@tanstack/react-query';
import { Tag, Tooltip } from 'antd';
import type { ReactNode } from 'react';
import { casesApi } from '#core/cases/contract.ts';
import type { Sector } from '#core/cases/pack.ts';
import { indicatorsApi } from '#core/indicators/contract.ts';
import { peopleApi } from '#core/people/contract.ts';
import { type Reply, call, useCall, useMay } from '../api.ts';
import { useText } from '../texts.tsx';
import { Level } from '../ui/level.tsx';
import { Page } from '../ui/page.tsx';
import { SubNav } from '../ui/sub-nav.tsx';
import { common, pages, reasonWords } from './texts.ts';

export type Item = Reply<typeof indicatorsApi.list>['items'][number];

const links = [
  { to: '/indicators', text: pages.browse },
  { to: '/indicators/compare', text: pages.compare },
  { to: '/indicators/indices', text: pages.indices },
  { to: '/risk-points', text: pages.risks },
] as const;
export function IndicatorsPage({ title, note, actions, children }: { title: ReactNode; note?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  const s = useText();
  const may = useMay();
  return (
    <Page title={title} note={note} actions={actions}>
      {may('indicator.read') ? <SubNav label={s(pages.nav)} pages={links.map((l) => ({ to: l.to, label: s(l.text) }))} /> : null}
      {children}
    </Page>
  );
}

export function useSectors(): { sectors: Sector[]; nameOf: (code: string) => string; trackOf: (code: string) => string } {
  const s = useText();
  const catalogue = useCall(casesApi.catalogue, {}, { staleTime: 600_000 });
  const sectors = (catalogue.data?.sectors ?? []) as Sector[];
  const names = new Map(sectors.map((x) => [x.code, s(x.name)]));
  const tracks = new Map(sectors.flatMap((x) => ((x as { tracks?: { code: string; name: { zh: string; en: string } }[] }).tracks ?? []).map((y) => [y.code, s(y.name)])));
  return { sectors, nameOf: (code) => names.get(code) ?? code, trackOf: (code) => tracks.get(code) ?? code };
}

/** Names of units by their code below the district, as definitions give them. */
export function useUnitNames(): (code: string) => string {
  const s = useText();
  const units = useCall(peopleApi.units, {}, { staleTime: 600_000 });
  const names = new Map((units.data?.items ?? []).map((u) => [u.path.split('.').slice(1).join('.'), s(u.name)]));
  return (code) => names.get(code) ?? code;
}
export interface Unit {
  path: string;
  name: string;
  kind: string;
}
export function useUnitList(): Unit[] {
  const s = useText();
  const units = useCall(peopleApi.units, {}, { staleTime: 600_000 });
  return (units.data?.items ?? []).filter((u) => u.active).map((u) => ({ path: u.path, name: s(u.name), kind: u.kind }));
}

/** A value as people read it; unknown is said with its reason, never shown as zero. */
export function Value({ value, unit, reason, big }: { value: number | null; unit: string; reason?: string | null; big?: boolean }) {
  const s = useText();
  if (value === null)
    return (
      <Tooltip title={reason ? s(reasonWords[reason]) || reason : undefined}>
        <span className="muted">{s(common.unknown)}</span>
      </Tooltip>
    );
  return (
    <span className="num" style={{ fontSize: big ? 26 : 16 }}>
      {value.toLocaleString('zh-CN')} <small style={{ fontWeight: 500 }}>{unit}</small>
    </span>
  );
}

export function LevelOf({ of }: { of: { grade: number | null; levelName: { zh: string; en: string } | null; value: number | null } }) {
  const s = useText();
  if (of.grade) return <Level level={of.grade} />;
  if (of.value === null) return null;
  return of.levelName ? <Tag color="success">{s(of.levelName)}</Tag> : null;
}

/** The whole catalogue with the latest values for one unit: read once, filtered at hand. */
export function useCatalogue(unit: string | undefined) {
  return useQuery<Item[]>({
    queryKey: ['indicators', 'catalogue', unit ?? ''],
    staleTime: 30_000,
    placeholderData: (old) => old,
    queryFn: async ({ signal }) => {
      const all: Item[] = [];
      let cursor: string | null = null;
      do {
        const page: Reply<typeof indicatorsApi.list> = await call(indicatorsApi.list, { query: { limit: 500, ...(unit ? { unit } : {}), ...(cursor ? { cursor } : {}) }, signal });
        all.push(...page.items);
        cursor = page.next;
      } while (cursor);
      return all;
    },
  });
}
