// Plane geometries in longitude and latitude: read from WKT (filters) and GeoJSON (locations, features).
import { bad } from './fault.ts';

export type Point = readonly [lon: number, lat: number];
/** Rings are closed; the first of a polygon is its outer one. Any mixture of the three kinds. */
export interface Shape {
  points: Point[];
  lines: Point[][];
  polygons: Point[][][];
}
export interface Box {
  west: number;
  south: number;
  east: number;
  north: number;
}
const MAX_POINTS = 20_000;
const empty = (): Shape => ({ points: [], lines: [], polygons: [] });
const same = (a: Point, b: Point): boolean => a[0] === b[0] && a[1] === b[1];

export function boxOf(s: Shape): Box | undefined {
  const box = { west: Infinity, south: Infinity, east: -Infinity, north: -Infinity };
  const take = ([x, y]: Point) => {
    box.west = Math.min(box.west, x);
    box.east = Math.max(box.east, x);
    box.south = Math.min(box.south, y);
    box.north = Math.max(box.north, y);
  };
  s.points.forEach(take);
  s.lines.flat().forEach(take);
  s.polygons.flat(2).forEach(take);
  return box.west > box.east ? undefined : box;
}

/** Reads well-known text; throws a 400. `SRID=4326;` before it is allowed. */
export function shapeOfWkt(text: string): Shape {
  const s = empty();
  const list = text.replace(/^\s*SRID=\d+;/i, '').match(/[A-Za-z]+|[(),]|-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|\S/g) ?? [];
  if (list.length > MAX_POINTS * 3) throw bad('几何过大');
  let p = 0;
  const wrong = () => bad(`不是有效的几何（WKT）：${text.slice(0, 60)}`);
  const need = (c: string) => {
    if (list[p++] !== c) throw wrong();
  };
  const isNumber = () => /^[-.\d]/.test(list[p] ?? '');
  const point = (): Point => {
    const n: number[] = [];
    while (isNumber() && n.length < 4) n.push(Number(list[p++]));
    if (n.length < 2 || n.some((x) => !Number.isFinite(x) || Math.abs(x) > 1e9)) throw wrong();
    return [n[0]!, n[1]!];
  };
  const listOf = <T>(read: () => T): T[] => {
    need('(');
    const found = [read()];
    while (list[p] === ',') {
      p++;
      found.push(read());
    }
    need(')');
    return found;
  };
  const bracketed = <T>(read: () => T) => {
    if (list[p] !== '(') return read();
    p++;
    const one = read();
    need(')');
    return one;
  };
  const line = () => {
    const points = listOf(point);
    if (points.length < 2) throw wrong();
    return points;
  };
  const ring = () => {
    const points = listOf(point);
    if (points.length < 4 || !same(points[0]!, points.at(-1)!)) throw bad('多边形的环应闭合，至少四点');
    return points;
  };
  const shape = (depth: number): void => {
    const kind = (list[p++] ?? '').toUpperCase();
    if (/^(Z|M|ZM)$/i.test(list[p] ?? '')) p++;
    if (/^empty$/i.test(list[p] ?? '')) {
      p++;
      return;
    }
    if (kind === 'POINT') s.points.push(...listOf(point).slice(0, 1));
    else if (kind === 'MULTIPOINT') s.points.push(...listOf(() => bracketed(point)));
    else if (kind === 'LINESTRING') s.lines.push(line());
    else if (kind === 'MULTILINESTRING') s.lines.push(...listOf(line));
    else if (kind === 'POLYGON') s.polygons.push(listOf(ring));
    else if (kind === 'MULTIPOLYGON') s.polygons.push(...listOf(() => listOf(ring)));
    else if (kind === 'GEOMETRYCOLLECTION' && depth < 3) listOf(() => shape(depth + 1));
    else throw wrong();
  };
  shape(0);
  if (p !== list.length) throw wrong();
  return s;
}

/** Reads GeoJSON (a geometry, a Feature or a FeatureCollection); undefined when it is none. */
export function shapeOfGeoJson(value: unknown): Shape | undefined {
  const s = empty();
  let count = 0;
  const point = (c: unknown): Point => {
    if (!Array.isArray(c) || typeof c[0] !== 'number' || typeof c[1] !== 'number' || !Number.isFinite(c[0]) || !Number.isFinite(c[1]) || ++count > MAX_POINTS) throw 0;
    return [c[0], c[1]];
  };
  const line = (c: unknown): Point[] => {
    if (!Array.isArray(c) || c.length < 2) throw 0;
    return c.map(point);
  };
  const ring = (c: unknown): Point[] => {
    const points = line(c);
    if (!same(points[0]!, points.at(-1)!)) points.push(points[0]!);
    if (points.length < 4) throw 0;
    return points;
  };
  const each = (c: unknown, f: (x: unknown) => void): void => {
    if (!Array.isArray(c)) throw 0;
    c.forEach(f);
  };
  const take = (v: unknown, depth: number): void => {
    const g = v as { type?: unknown; coordinates?: unknown; geometry?: unknown; geometries?: unknown; features?: unknown };
    if (!g || typeof g !== 'object' || depth > 4) throw 0;
    switch (g.type) {
      case 'Point':
        s.points.push(point(g.coordinates));
        break;
      case 'MultiPoint':
        each(g.coordinates, (c) => s.points.push(point(c)));
        break;
      case 'LineString':
        s.lines.push(line(g.coordinates));
        break;
      case 'MultiLineString':
        each(g.coordinates, (c) => s.lines.push(line(c)));
        break;
      case 'Polygon':
        each([g.coordinates], (c) => s.polygons.push((Array.isArray(c) && c.length ? c : [0]).map(ring)));
        break;
      case 'MultiPolygon':
        each(g.coordinates, (c) => s.polygons.push((Array.isArray(c) && c.length ? c : [0]).map(ring)));
        break;
      case 'GeometryCollection':
        each(g.geometries, (x) => take(x, depth + 1));
        break;
      case 'Feature':
        if (g.geometry !== null) take(g.geometry, depth + 1);
        break;
      case 'FeatureCollection':
        each(g.features, (x) => take(x, depth + 1));
        break;
      default:
        throw 0;
    }
  };
  try {
    take(value, 0);
    return s;
  } catch {
    return undefined;
  }
}

/** The convex hull of points as GeoJSON: a Point, a LineString or a Polygon; undefined of none. */
export function hullOf(points: readonly Point[]): { type: 'Point' | 'LineString' | 'Polygon'; coordinates: unknown } | undefined {
  const list = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]).filter((q, i, all) => i === 0 || !same(q, all[i - 1]!));
  if (!list.length) return undefined;
  if (list.length === 1) return { type: 'Point', coordinates: [...list[0]!] };
  const turn = (o: Point, a: Point, b: Point) => (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
  const half = (sorted: Point[]) => {
    const h: Point[] = [];
    for (const q of sorted) {
      while (h.length > 1 && turn(h.at(-2)!, h.at(-1)!, q) <= 0) h.pop();
      h.push(q);
    }
    h.pop();
    return h;
  };
  const ring = [...half(list), ...half([...list].reverse())];
  if (ring.length < 3) return { type: 'LineString', coordinates: [[...list[0]!], [...list.at(-1)!]] };
  return { type: 'Polygon', coordinates: [[...ring, ring[0]!].map((q) => [...q])] };
}
export const pointsOf = (s: Shape): Point[] => [...s.points, ...s.lines.flat(), ...s.polygons.flat(2)];
