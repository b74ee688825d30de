// A plain drawn map (SVG): areas filled by level with their value written in, points, and moves from an old place to a new one.
import { type ReactNode, useId } from 'react';
import type { MapArea } from './city-map.tsx';

export interface AreaFill {
  /** Level I–IV by number; undefined: known and without a level; null: unknown. */
  grade: number | null | undefined;
  known: boolean;
  text: string;
}
export interface MapMove {
  id: string;
  label: string;
  from: [number, number] | null;
  to: [number, number];
  bad: boolean;
}
interface Props {
  areas: MapArea[];
  fills?: Map<string, AreaFill>;
  moves?: MapMove[];
  /** What to fit: everything, or only the moved points. */
  fit?: 'areas' | 'moves';
  height?: number;
  label: string;
  schematic?: boolean;
  schematicText?: string;
  onArea?: (id: string) => void;
  chosen?: string | undefined;
  children?: ReactNode;
}

const centre = (ring: [number, number][]): [number, number] => [ring.reduce((s, p) => s + p[0], 0) / ring.length, ring.reduce((s, p) => s + p[1], 0) / ring.length];
const W = 640;

export function AreaMap({ areas, fills, moves = [], fit = 'areas', height = 380, label, schematic, schematicText, onArea, chosen }: Props) {
  const hatch = useId();
  const arrow = useId();
  const spots = moves.flatMap((m) => [m.to, ...(m.from ? [m.from] : [])]);
  const all = fit === 'moves' && spots.length ? spots : [...areas.flatMap((a) => a.ring), ...(areas.length ? [] : spots)];
  const xs = all.map((p) => p[0]);
  const ys = all.map((p) => p[1]);
  const mid = all.length ? [(Math.min(...xs) + Math.max(...xs)) / 2, (Math.min(...ys) + Math.max(...ys)) / 2] : [106.4, 29.5];
  const k = Math.cos((mid[1]! * Math.PI) / 180);
  // At least some hundred metres across, so that one point does not fill the screen.
  const dx = Math.max(0.004, (Math.max(...xs, mid[0]!) - Math.min(...xs, mid[0]!)) * k);
  const dy = Math.max(0.004, Math.max(...ys, mid[1]!) - Math.min(...ys, mid[1]!));
  const scale = Math.min((W - 56) / dx, (height - 56) / dy);
  const px = (lon: number) => W / 2 + (lon - mid[0]!) * k * scale;
  const py = (lat: number) => height / 2 - (lat - mid[1]!) * scale;
  const fillOf = (f: AreaFill | undefined): string => (!f ? 'var(--hover)' : !f.known ? `url(#${hatch})` : f.grade ? `var(--level-${f.grade}-bg)` : 'var(--area-ok, #e7f5ee)');
  return (
    <figure style={{ margin: 0, position: 'relative' }}>
      <svg viewBox={`0 0 ${W} ${height}`} width="100%" style={{ display: 'block', background: 'var(--head)', borderRadius: 4 }} role="group" aria-label={label}>
        <defs>
          <pattern id={hatch} width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect width="8" height="8" fill="var(--card)" />
            <line x1="0" y1="0" x2="0" y2="8" stroke="var(--border)" strokeWidth="5" />
          </pattern>
          <marker id={arrow} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0 8 4 0 8z" fill="var(--text-3)" />
          </marker>
        </defs>
        {areas.map((a) => {
          const f = fills?.get(a.id);
          const [cx, cy] = centre(a.ring);
          const shape = (
            <>
              <polygon
                points={a.ring.map((p) => `${px(p[0])},${py(p[1])}`).join(' ')}
                fill={fillOf(f)}
                stroke={chosen === a.id ? 'var(--primary)' : f?.grade ? `var(--level-${f.grade})` : 'var(--text-3)'}
                strokeWidth={chosen === a.id ? 3 : 1}
                strokeOpacity={chosen === a.id ? 1 : 0.55}
              />
              <text x={px(cx)} y={py(cy) - (f ? 6 : 0)} textAnchor="middle" fontSize={14} fill="var(--text-2)" stroke="var(--card)" strokeWidth={3} paintOrder="stroke">
                {a.name}
              </text>
              {f ? (
                <text
                  x={px(cx)}
                  y={py(cy) + 14}
                  textAnchor="middle"
                  fontSize={15}
                  fontWeight={600}
                  fill={f.known ? 'var(--text)' : 'var(--text-3)'}
                  stroke="var(--card)"
                  strokeWidth={3}
                  paintOrder="stroke"
                >
                  {f.text}
                </text>
              ) : null}
            </>
          );
          if (!onArea) return <g key={a.id}>{shape}</g>;
          return (
            <g
              key={a.id}
              role="button"
              tabIndex={0}
              aria-label={`${a.name} ${f?.text ?? ''}`}
              aria-pressed={chosen === a.id}
              style={{ cursor: 'pointer' }}
              onClick={() => onArea(a.id)}
              onKeyDown={(e) => {
                if (e.key === 'Enter' || e.key === ' ') {
                  e.preventDefault();
                  onArea(a.id);
                }
              }}
            >
              {shape}
            </g>
          );
        })}
        {moves.map((m) => (
          <g key={m.id}>
            <title>{m.label}</title>
            {m.from ? (
              <>
                <line
                  x1={px(m.from[0])}
                  y1={py(m.from[1])}
                  x2={px(m.to[0])}
                  y2={py(m.to[1])}
                  stroke="var(--text-3)"
                  strokeWidth={1.4}
                  strokeDasharray="4 3"
                  markerEnd={`url(#${arrow})`}
                />
                <circle cx={px(m.from[0])} cy={py(m.from[1])} r={4.5} fill="var(--card)" stroke="var(--text-3)" strokeWidth={1.6} />
              </>
            ) : null}
            {m.bad ? (
              <path d={`M${px(m.to[0]) - 7} ${py(m.to[1]) + 6}h14l-7 -13z`} fill="var(--bad)" stroke="var(--card)" strokeWidth={1.5} />
            ) : (
              <circle cx={px(m.to[0])} cy={py(m.to[1])} r={5.5} fill="var(--primary)" stroke="var(--card)" strokeWidth={1.5} />
            )}
          </g>
        ))}
      </svg>
      {schematic && schematicText ? (
        <figcaption className="muted" style={{ position: 'absolute', right: 6, bottom: 4, fontSize: 12, background: 'var(--card)', padding: '0 6px', borderRadius: 3 }}>
          {schematicText}
        </figcaption>
      ) : null}
    </figure>
  );
}
