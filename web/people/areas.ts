// The district's areas for maps, from the units that have one.
import { useMemo } from 'react';
import { peopleApi } from '#core/people/contract.ts';
import { useCall } from '../api.ts';
import type { MapArea } from '../ui/city-map.tsx';

/** Towns with their rings; `schematic` when they are sketches. */
export function useAreas(): { areas: MapArea[]; schematic: boolean } {
  const units = useCall(peopleApi.units, { query: { areas: 'true' } }, { staleTime: 600_000 });
  return useMemo(() => {
    const towns = (units.data?.items ?? []).filter((u) => u.kind === 'town' && u.area);
    return {
      areas: towns.map((u) => ({ id: u.path, name: u.name.zh, ring: (u.area as { coordinates: [number, number][][] }).coordinates[0]!.slice(0, -1) })),
      schematic: towns.some((u) => (u.area as { schematic?: boolean }).schematic),
    };
  }, [units.data]);
}
