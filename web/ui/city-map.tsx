// The district on a map without any tile server: MapLibre where WebGL2 is there, a plain SVG drawing where it is not.
import type { Map as GlMapType, Marker as GlMarker } from 'maplibre-gl';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useScheme } from './scheme.tsx';

export interface MapArea {
  id: string;
  name: string;
  ring: [number, number][];
  value?: number | null;
}
export interface MapPoint {
  id: string;
  lon: number;
  lat: number;
  level?: number | null;
  label: string;
}
interface Props {
  areas: MapArea[];
  points: MapPoint[];
  height?: number;
  schematic?: boolean;
  onPick?: (lon: number, lat: number) => void;
  onPoint?: (id: string) => void;
  label: string;
}

const colours = ['#cf1322', '#d4570a', '#ad7a00', '#1f5fd6'];
const colourOf = (level: number | null | undefined) => (level ? colours[level - 1]! : '#17844f');

const hasWebgl2 = (): boolean => {
  try {
    return !location.search.includes('map=lite') && Boolean(document.createElement('canvas').getContext('webgl2'));
  } catch {
    return false;
  }
};
const bounds = (areas: MapArea[], points: MapPoint[]): [number, number, number, number] => {
  const all = [...areas.flatMap((a) => a.ring), ...points.map((p) => [p.lon, p.lat] as [number, number])];
  if (!all.length) return [106.2, 29.37, 106.5, 29.58];
  return [Math.min(...all.map((p) => p[0])), Math.min(...all.map((p) => p[1])), Math.max(...all.map((p) => p[0])), Math.max(...all.map((p) => p[1]))];
};
const centre = (ring: [number, number][]): [number, number] => [ring.reduce((s, p) => s + p[0], 0) / ring.length, ring.reduce((s, p) => s + p[1], 0) / ring.length];

export function CityMap(props: Props) {
  const [gl] = useState(hasWebgl2);
  return (
    <figure style={{ margin: 0, position: 'relative' }} aria-label={props.label}>
      {gl ? <GlMap {...props} /> : <SvgMap {...props} />}
      {props.schematic ? (
        <figcaption
          className="muted"
          style={{ position: 'absolute', right: 6, bottom: 4, fontSize: 12, background: 'var(--card)', padding: '0 6px', borderRadius: 3, opacity: 0.9 }}
        >
          区划为示意，非真实边界
        </figcaption>
      ) : null}
    </figure>
  );
}

function SvgMap({ areas, points, height = 320, onPick, onPoint }: Props) {
  const [x0, y0, x1, y1] = bounds(areas, points);
  const w = 600;
  const k = Math.cos((((y0 + y1) / 2) * Math.PI) / 180);
  const scale = Math.min((w - 20) / ((x1 - x0) * k || 1), (height - 20) / (y1 - y0 || 1));
  const px = (lon: number) => 10 + (lon - x0) * k * scale;
  const py = (lat: number) => height - 10 - (lat - y0) * scale;
  return (
    <svg
      viewBox={`0 0 ${w} ${height}`}
      width="100%"
      height={height}
      role="img"
      onClick={(e) => {
        if (!onPick) return;
        const box = e.currentTarget.getBoundingClientRect();
        const sx = ((e.clientX - box.left) / box.width) * w;
        const sy = ((e.clientY - box.top) / box.height) * height;
        onPick(x0 + (sx - 10) / (k * scale), y0 + (height - 10 - sy) / scale);
      }}
    >
      {areas.map((a) => (
        <g key={a.id}>
          <polygon points={a.ring.map((p) => `${px(p[0])},${py(p[1])}`).join(' ')} fill="var(--hover)" stroke="var(--primary)" strokeOpacity={0.5} />
          <text x={px(centre(a.ring)[0])} y={py(centre(a.ring)[1])} textAnchor="middle" fontSize={13} fill="var(--text-2)">
            {a.name}
          </text>
        </g>
      ))}
      {points.map((p) => (
        <circle
          key={p.id}
          cx={px(p.lon)}
          cy={py(p.lat)}
          r={7}
          fill={colourOf(p.level)}
          stroke="#fff"
          strokeWidth={2}
          style={{ cursor: onPoint ? 'pointer' : undefined }}
          onClick={(e) => {
            e.stopPropagation();
            onPoint?.(p.id);
          }}
        >
          <title>{p.label}</title>
        </circle>
      ))}
    </svg>
  );
}

function GlMap({ areas, points, height = 320, onPick, onPoint }: Props) {
  const holder = useRef<HTMLDivElement>(null);
  const { dark } = useScheme();
  const [failed, setFailed] = useState(false);
  const handlers = useRef({ onPick, onPoint });
  handlers.current = { onPick, onPoint };
  const pointKey = useMemo(() => JSON.stringify(points), [points]);
  const areaKey = useMemo(() => JSON.stringify(areas), [areas]);
  // The view with no areas is fitted once to the points there were then.
  const first = useRef(points);
  const [drawn, setDrawn] = useState<{ map: GlMapType; Marker: typeof GlMarker }>();
  useEffect(() => {
    let gone = false;
    let remove: (() => void) | undefined;
    void (async () => {
      const [{ Map, Marker, setWorkerUrl }, worker] = await Promise.all([
        import('maplibre-gl'),
        import('maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'),
        import('maplibre-gl/dist/maplibre-gl.css'),
      ]);
      if (gone || !holder.current) return;
      setWorkerUrl((worker as unknown as { default: string }).default);
      const shape = JSON.parse(areaKey) as MapArea[];
      const [x0, y0, x1, y1] = bounds(shape, shape.length ? [] : first.current);
      const features = shape.map((a) => ({
        type: 'Feature' as const,
        properties: { name: a.name, value: a.value ?? 0 },
        geometry: { type: 'Polygon' as const, coordinates: [[...a.ring, a.ring[0]!]] },
      }));
      const labels = shape.map((a) => ({ type: 'Feature' as const, properties: { name: a.name }, geometry: { type: 'Point' as const, coordinates: centre(a.ring) } }));
      try {
        const map = new Map({
          container: holder.current,
          attributionControl: false,
          fadeDuration: 0,
          bounds: [x0, y0, x1, y1],
          fitBoundsOptions: { padding: 18 },
          dragRotate: false,
          localIdeographFontFamily: '"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif',
          style: {
            version: 8,
            sources: {
              areas: { type: 'geojson', data: { type: 'FeatureCollection', features } },
              labels: { type: 'geojson', data: { type: 'FeatureCollection', features: labels } },
            },
            layers: [
              { id: 'ground', type: 'background', paint: { 'background-color': dark ? '#0f1a2d' : '#f7f9fd' } },
              { id: 'fill', type: 'fill', source: 'areas', paint: { 'fill-color': dark ? '#173056' : '#e6effd', 'fill-opacity': 0.9 } },
              { id: 'line', type: 'line', source: 'areas', paint: { 'line-color': dark ? '#4c8dff' : '#8fb3ea', 'line-width': 1 } },
              {
                id: 'name',
                type: 'symbol',
                source: 'labels',
                layout: { 'text-field': ['get', 'name'], 'text-size': 13, 'text-font': ['sans-serif'] },
                paint: { 'text-color': dark ? '#a9bad2' : '#4a5b75', 'text-halo-color': dark ? '#0f1a2d' : '#fff', 'text-halo-width': 1.4 },
              },
            ],
          },
        });
        remove = () => {
          setDrawn(undefined);
          map.remove();
        };
        map.on('click', (e) => handlers.current.onPick?.(e.lngLat.lng, e.lngLat.lat));
        setDrawn({ map, Marker });
      } catch {
        setFailed(true);
      }
    })().catch(() => setFailed(true));
    return () => {
      gone = true;
      remove?.();
    };
  }, [areaKey, dark]);
  // Points come and go on the map that is there: a storm does not draw the district again and again.
  useEffect(() => {
    if (!drawn) return;
    const there = (JSON.parse(pointKey) as MapPoint[]).map((p) => {
      const dot = document.createElement('button');
      dot.type = 'button';
      dot.title = p.label;
      dot.setAttribute('aria-label', p.label);
      dot.style.cssText = `width:16px;height:16px;border-radius:50%;border:2px solid #fff;background:${colourOf(p.level)};padding:0;cursor:pointer;box-shadow:0 1px 4px rgba(0,0,0,.4)`;
      dot.onclick = (e) => {
        e.stopPropagation();
        handlers.current.onPoint?.(p.id);
      };
      return new drawn.Marker({ element: dot }).setLngLat([p.lon, p.lat]).addTo(drawn.map);
    });
    return () => {
      for (const m of there) m.remove();
    };
  }, [drawn, pointKey]);
  if (failed) return <SvgMap areas={areas} points={points} height={height} label="" {...(onPick ? { onPick } : {})} {...(onPoint ? { onPoint } : {})} />;
  return <div ref={holder} style={{ height, borderRadius: 4, overflow: 'hidden' }} role="application" />;
}
