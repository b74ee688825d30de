// Units side by side for one indicator: a map filled by level and bars in order; unknown is hatched, never zero.
import type { indicatorsApi } from '#core/indicators/contract.ts';
import type { Reply } from '../api.ts';
import { useAreas } from '../people/areas.ts';
import { useText } from '../texts.tsx';
import { AreaMap, type AreaFill } from '../ui/area-map.tsx';
import { Level } from '../ui/level.tsx';
import { common, compare as words, reasonWords } from './texts.ts';

export type Compared = Reply<typeof indicatorsApi.compare>;

export function TownMap({ data, height, chosen, onArea }: { data: Compared; height?: number; chosen?: string | undefined; onArea?: (unit: string) => void }) {
  const s = useText();
  const { areas, schematic } = useAreas();
  const fills = new Map<string, AreaFill>(
    data.items.map((i) => [i.unit, { grade: i.grade, known: i.value !== null, text: i.value === null ? s(common.unknown) : `${i.value.toLocaleString('zh-CN')} ${data.unit}` }]),
  );
  return (
    <AreaMap
      label={s(common.map)}
      areas={areas}
      fills={fills}
      schematic={schematic}
      schematicText={`${s(common.schematic)} · ${s(words.onlyAlert)}`}
      chosen={chosen}
      {...(height ? { height } : {})}
      {...(onArea ? { onArea } : {})}
    />
  );
}

/** Bars from the best to the worst; the scale begins at zero. Where no direction is good, by value. */
export function RankedBars({ data, onPick, chosen }: { data: Compared; onPick?: (unit: string) => void; chosen?: string | undefined }) {
  const s = useText();
  const known = data.items.filter((i) => i.value !== null);
  const most = Math.max(...known.map((i) => Math.abs(i.value!)), 0) || 1;
  const rows = [
    ...(data.direction === 'high-good' || data.direction === 'low-good' ? known : known.toSorted((a, b) => b.value! - a.value!)),
    ...data.items.filter((i) => i.value === null),
  ];
  return (
    <ol style={{ listStyle: 'none', margin: 0, padding: 0, display: 'grid', gap: 6 }}>
      {rows.map((i) => {
        const body = (
          <>
            <span style={{ flex: '0 0 26px', color: 'var(--text-3)' }} className="num">
              {i.rank ?? ''}
            </span>
            <span style={{ flex: '0 0 92px', overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap', textAlign: 'left' }}>{s(i.name)}</span>
            <span
              style={{
                flex: 1,
                minWidth: 30,
                height: 16,
                background: i.value === null ? 'repeating-linear-gradient(45deg, var(--border) 0 5px, transparent 5px 10px)' : 'var(--head)',
                borderRadius: 2,
                overflow: 'hidden',
              }}
            >
              {i.value === null ? null : (
                <span
                  style={{
                    display: 'block',
                    height: '100%',
                    width: `${(Math.abs(i.value) / most) * 100}%`,
                    background: i.grade ? `var(--level-${i.grade})` : 'var(--primary)',
                    borderRadius: 2,
                  }}
                />
              )}
            </span>
            <span style={{ flex: '0 0 92px', textAlign: 'right' }}>
              {i.value === null ? (
                <span className="muted" title={s(reasonWords[i.reason ?? ''])}>
                  {s(common.unknown)}
                </span>
              ) : (
                <span className="num">{i.value.toLocaleString('zh-CN')}</span>
              )}
            </span>
            <span style={{ flex: '0 0 50px' }}>{i.grade ? <Level level={i.grade} /> : null}</span>
          </>
        );
        const style = {
          display: 'flex',
          gap: 8,
          alignItems: 'center',
          width: '100%',
          padding: '3px 6px',
          borderRadius: 4,
          background: chosen === i.unit ? 'var(--hover)' : 'transparent',
        } as const;
        return (
          <li key={i.unit}>
            {onPick ? (
              <button
                type="button"
                aria-pressed={chosen === i.unit}
                onClick={() => onPick(i.unit)}
                style={{ ...style, border: 0, font: 'inherit', color: 'inherit', cursor: 'pointer' }}
              >
                {body}
              </button>
            ) : (
              <div style={style}>{body}</div>
            )}
          </li>
        );
      })}
    </ol>
  );
}
