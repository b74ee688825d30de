// Places on the map: coordinate systems in use in China, and a local grid tied to the map by control points (坐标标定、落图).
import gcoordModule from 'gcoord';

// Its types speak of a default within the default; at run time there is one.
const gcoord = gcoordModule as unknown as (typeof gcoordModule)['default'];

/** `cgcs2000` differs from `wgs84` by centimetres: both are taken as the same here. `frame`: a local grid. */
export const crsNames = ['wgs84', 'cgcs2000', 'gcj02', 'bd09', 'frame'] as const;
export type Crs = (typeof crsNames)[number];
export type LonLat = [lon: number, lat: number];

/** East and north in metres from `origin`: e = c0·x + c1·y + c2, n = c3·x + c4·y + c5. */
export interface Fit {
  coefficients: number[];
  origin: LonLat;
  /** Metres by control point. */
  residuals: number[];
  /** Root of the mean squared residual, metres. */
  rms: number;
}
export interface Control {
  x: number;
  y: number;
  lon: number;
  lat: number;
}

const METRES = 111_319.490793;
const east = (lon: number, origin: LonLat): number => (lon - origin[0]) * METRES * Math.cos((origin[1] * Math.PI) / 180);
const north = (lat: number, origin: LonLat): number => (lat - origin[1]) * METRES;

/** Metres between two places some kilometres apart at most. */
export const distance = (a: LonLat, b: LonLat): number => Math.hypot(east(b[0], a), north(b[1], a));

/** Solves the 3×3 system by elimination with pivoting; undefined when the points lie on a line. */
function solve(m: number[][], v: number[]): number[] | undefined {
  const a = m.map((r, i) => [...r, v[i]!]);
  for (let c = 0; c < 3; c++) {
    let best = c;
    for (let r = c + 1; r < 3; r++) if (Math.abs(a[r]![c]!) > Math.abs(a[best]![c]!)) best = r;
    if (Math.abs(a[best]![c]!) < 1e-9) return undefined;
    [a[c], a[best]] = [a[best]!, a[c]!];
    for (let r = 0; r < 3; r++) {
      if (r === c) continue;
      const k = a[r]![c]! / a[c]![c]!;
      for (let j = c; j < 4; j++) a[r]![j]! -= k * a[c]![j]!;
    }
  }
  return a.map((r, i) => r[3]! / r[i]!);
}

/**
 * Affine fit of grid to map by least squares over at least three control points. The grid is centred and scaled before the
 * normal equations are solved, so that coordinates of six digits lose nothing. Undefined: the points lie on one line.
 */
export function fitFrame(controls: readonly Control[]): Fit | undefined {
  const n = controls.length;
  const mean = (f: (c: Control) => number) => controls.reduce((s, c) => s + f(c), 0) / n;
  const origin: LonLat = [mean((c) => c.lon), mean((c) => c.lat)];
  const x0 = mean((c) => c.x);
  const y0 = mean((c) => c.y);
  const scale = Math.max(...controls.map((c) => Math.hypot(c.x - x0, c.y - y0))) || 1;
  const rows = controls.map((c) => [(c.x - x0) / scale, (c.y - y0) / scale, 1]);
  const normal = [0, 1, 2].map((i) => [0, 1, 2].map((j) => rows.reduce((s, r) => s + r[i]! * r[j]!, 0)));
  const right = (target: (c: Control) => number) => [0, 1, 2].map((i) => rows.reduce((s, r, k) => s + r[i]! * target(controls[k]!), 0));
  const e = solve(
    normal,
    right((c) => east(c.lon, origin)),
  );
  const h = solve(
    normal,
    right((c) => north(c.lat, origin)),
  );
  if (!e || !h) return undefined;
  const back = (v: number[]) => [v[0]! / scale, v[1]! / scale, v[2]! - (v[0]! * x0 + v[1]! * y0) / scale];
  const fit: Fit = { coefficients: [...back(e), ...back(h)], origin, residuals: [], rms: 0 };
  fit.residuals = controls.map((c) => distance([c.lon, c.lat], fromFrame(fit, c.x, c.y)));
  fit.rms = Math.sqrt(fit.residuals.reduce((s, r) => s + r * r, 0) / n);
  return fit;
}

/** A grid point on the map. */
export function fromFrame(f: Fit, x: number, y: number): LonLat {
  const [a, b, c, d, e, g] = f.coefficients as [number, number, number, number, number, number];
  const [lon, lat] = f.origin;
  return [lon + (a * x + b * y + c) / (METRES * Math.cos((lat * Math.PI) / 180)), lat + (d * x + e * y + g) / METRES];
}

const system = { gcj02: gcoord.GCJ02, bd09: gcoord.BD09, wgs84: gcoord.WGS84, cgcs2000: gcoord.WGS84 } as const;
/** From WGS84 to another system, for maps that want it. */
export const fromWgs84 = (crs: Exclude<Crs, 'frame'>, lon: number, lat: number): LonLat => gcoord.transform([lon, lat], gcoord.WGS84, system[crs]) as LonLat;
/** Any of the systems to WGS84 (the hub's own), degrees. GCJ-02 and BD-09 are undone to within a metre. */
export const toWgs84 = (crs: Exclude<Crs, 'frame'>, x: number, y: number): LonLat => gcoord.transform([x, y], system[crs], gcoord.WGS84) as LonLat;

/** Whether a place lies in a ring (even-odd). */
export function inRing([lon, lat]: LonLat, ring: readonly (readonly [number, number])[]): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi, yi] = ring[i]!;
    const [xj, yj] = ring[j]!;
    if (yi > lat !== yj > lat && lon < ((xj - xi) * (lat - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
