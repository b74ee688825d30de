// How two plane geometries lie to each other: the nine-intersection matrix (DE-9IM, OGC 06-103r4 §6.1.15), distance, length; in degrees.
import { type Point, type Shape, boxOf, pointsOf } from './shape.ts';

/** Closer than this (degrees, about a hundredth of a millimetre) is on. */
const EPS = 1e-10;
type Place = 0 | 1 | 2;
const [I, B, E] = [0, 1, 2] as const;
type Segment = readonly [Point, Point];
/** Dimension of each intersection, -1 for none: rows interior, boundary, exterior of the first, columns of the second. */
export type Matrix = number[];

const lineSegments = (s: Shape): Segment[] => s.lines.flatMap(segmentsOf);
const ringSegments = (s: Shape): Segment[] => s.polygons.flat().flatMap(segmentsOf);
const near = (p: Point, q: Point): boolean => Math.hypot(p[0] - q[0], p[1] - q[1]) <= EPS;
function segmentsOf(points: readonly Point[]): Segment[] {
  const list: Segment[] = [];
  for (let i = 1; i < points.length; i++) if (!near(points[i - 1]!, points[i]!)) list.push([points[i - 1]!, points[i]!]);
  return list;
}

function toSegment(p: Point, [a, b]: Segment): number {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const square = dx * dx + dy * dy;
  const t = square ? Math.max(0, Math.min(1, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / square)) : 0;
  return Math.hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy);
}

/** Ends of lines that belong to one line only (the mod-2 rule); closed lines have none. */
function lineEnds(s: Shape): Point[] {
  const ends: { p: Point; n: number }[] = [];
  for (const l of s.lines)
    for (const p of [l[0]!, l.at(-1)!]) {
      const known = ends.find((x) => near(x.p, p));
      if (known) known.n++;
      else ends.push({ p, n: 1 });
    }
  return ends.filter((x) => x.n % 2).map((x) => x.p);
}

interface Prepared {
  shape: Shape;
  lines: Segment[];
  rings: Segment[];
  ends: Point[];
}
/** A line without length is the point it lies on. */
function settled(shape: Shape): Shape {
  const short = (l: Point[]) => l.every((p) => near(p, l[0]!));
  if (!shape.lines.some(short)) return shape;
  return { points: [...shape.points, ...shape.lines.filter(short).map((l) => l[0]!)], lines: shape.lines.filter((l) => !short(l)), polygons: shape.polygons };
}
function prepare(given: Shape): Prepared {
  const shape = settled(given);
  return { shape, lines: lineSegments(shape), rings: ringSegments(shape), ends: lineEnds(shape) };
}

/** Inside the area (even-odd over all rings of a polygon), on its edge, or outside. */
function inArea(p: Point, s: Prepared): Place {
  if (!s.rings.length) return E;
  if (s.rings.some((r) => toSegment(p, r) <= EPS)) return B;
  for (const polygon of s.shape.polygons) {
    let inside = false;
    for (const ring of polygon)
      for (let i = 1; i < ring.length; i++) {
        const [a, b] = [ring[i - 1]!, ring[i]!];
        if (a[1] > p[1] !== b[1] > p[1] && p[0] < ((b[0] - a[0]) * (p[1] - a[1])) / (b[1] - a[1]) + a[0]) inside = !inside;
      }
    if (inside) return I;
  }
  return E;
}
function locate(p: Point, s: Prepared): Place {
  const area = inArea(p, s);
  if (area !== E) return area;
  if (s.lines.some((l) => toSegment(p, l) <= EPS)) return s.ends.some((e) => near(e, p)) ? B : I;
  return s.shape.points.some((q) => near(p, q)) ? I : E;
}

/** Places along a segment (0…1) where another touches or crosses it. */
function cuts([a, b]: Segment, others: readonly Segment[], points: readonly Point[]): number[] {
  const found = [0, 1];
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const square = dx * dx + dy * dy;
  const along = (p: Point) => ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / square;
  const take = (p: Point) => {
    if (toSegment(p, [a, b]) <= EPS) found.push(along(p));
  };
  points.forEach(take);
  for (const [c, d] of others) {
    take(c);
    take(d);
    const cross = dx * (d[1] - c[1]) - dy * (d[0] - c[0]);
    if (Math.abs(cross) < 1e-300) continue;
    const t = ((c[0] - a[0]) * (d[1] - c[1]) - (c[1] - a[1]) * (d[0] - c[0])) / cross;
    const u = ((c[0] - a[0]) * dy - (c[1] - a[1]) * dx) / cross;
    if (t > 0 && t < 1 && u > 0 && u < 1) found.push(t);
  }
  return found.filter((t) => t >= 0 && t <= 1).sort((x, y) => x - y);
}
const at = ([a, b]: Segment, t: number): Point => [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])];

/** The matrix of two geometries. */
export function intersectionMatrix(first: Shape, second: Shape): Matrix {
  const m: Matrix = [-1, -1, -1, -1, -1, -1, -1, -1, 2];
  const [a, b] = [prepare(first), prepare(second)];
  overlay(a, b, (mine, theirs, dimension) => {
    m[mine * 3 + theirs] = Math.max(m[mine * 3 + theirs]!, dimension);
  });
  overlay(b, a, (mine, theirs, dimension) => {
    m[theirs * 3 + mine] = Math.max(m[theirs * 3 + mine]!, dimension);
  });
  return m;
}

/** Says where the parts of one geometry lie: its points, the pieces of its lines and rings, the areas beside the rings. */
function overlay(a: Prepared, b: Prepared, say: (mine: Place, theirs: Place, dimension: number) => void): void {
  const others = [...b.lines, ...b.rings];
  const points = b.shape.points;
  for (const p of a.shape.points) if (inArea(p, a) === E && !a.lines.some((l) => toSegment(p, l) <= EPS)) say(I, locate(p, b), 0);
  for (const p of a.ends) if (inArea(p, a) === E) say(B, locate(p, b), 0);
  const pieces = (s: Segment, visit: (middle: Point, ends: Point[], piece: Segment) => void) => {
    const t = cuts(s, others, points);
    for (let i = 1; i < t.length; i++) {
      const piece: Segment = [at(s, t[i - 1]!), at(s, t[i]!)];
      if (!near(piece[0], piece[1])) visit(at(s, (t[i - 1]! + t[i]!) / 2), [piece[0], piece[1]], piece);
    }
  };
  for (const s of a.lines)
    pieces(s, (middle, ends) => {
      const own = inArea(middle, a);
      if (own !== E) return;
      say(I, locate(middle, b), 1);
      for (const p of ends) if (inArea(p, a) === E && !a.ends.some((e) => near(e, p))) say(I, locate(p, b), 0);
    });
  for (const s of a.rings)
    pieces(s, (middle, ends, piece) => {
      say(B, locate(middle, b), 1);
      for (const p of ends) say(B, locate(p, b), 0);
      const area = inArea(middle, b);
      if (area === I) {
        say(I, I, 2);
        say(E, I, 2);
      } else if (area === E) say(I, E, 2);
      else {
        // A shared edge: the two sides of it, a little way off.
        const [dx, dy] = [piece[1][0] - piece[0][0], piece[1][1] - piece[0][1]];
        const off = Math.max(Math.hypot(dx, dy) * 1e-5, EPS * 20) / Math.hypot(dx, dy);
        for (const way of [off, -off]) {
          const side: Point = [middle[0] - dy * way, middle[1] + dx * way];
          const [mine, theirs] = [inArea(side, a), inArea(side, b)];
          if (mine !== B && theirs !== B) say(mine, theirs, 2);
        }
      }
    });
}

const dimension = (s: Shape): number => (s.polygons.length ? 2 : s.lines.length ? 1 : 0);
/** Whether a matrix fits a pattern of T, F, *, 0, 1, 2. */
export function matches(m: Matrix, pattern: string): boolean {
  return [...pattern.toUpperCase()].every((c, i) => c === '*' || (c === 'T' ? m[i]! >= 0 : c === 'F' ? m[i]! < 0 : m[i] === Number(c)));
}
/** A named relation of OGC simple features. */
export function holds(name: string, m: Matrix, first: Shape, second: Shape): boolean {
  const [a, b] = [dimension(settled(first)), dimension(settled(second))];
  switch (name) {
    case 'st_equals':
      return matches(m, 'T*F**FFF*');
    case 'st_disjoint':
      return matches(m, 'FF*FF****');
    case 'st_intersects':
    case 'geo.intersects':
      return !matches(m, 'FF*FF****');
    case 'st_touches':
      return matches(m, 'FT*******') || matches(m, 'F**T*****') || matches(m, 'F***T****');
    case 'st_within':
      return matches(m, 'T*F**F***');
    case 'st_contains':
      return matches(m, 'T*****FF*');
    case 'st_overlaps':
      return a === b && matches(m, a === 1 ? '1*T***T**' : 'T*T***T**');
    case 'st_crosses':
      return a === 1 && b === 1 ? matches(m, '0********') : a < b ? matches(m, 'T*T******') : a > b && matches(m, 'T*****T**');
    default:
      throw new Error(name);
  }
}

/** Shortest distance in degrees; 0 where they touch. */
export function distance(first: Shape, second: Shape): number {
  const [a, b] = [prepare(first), prepare(second)];
  const [sa, sb] = [
    [...a.lines, ...a.rings],
    [...b.lines, ...b.rings],
  ];
  let best = Infinity;
  for (const p of pointsOf(first)) {
    if (b.rings.length && inArea(p, b) !== E) return 0;
    for (const s of sb) best = Math.min(best, toSegment(p, s));
    for (const q of b.shape.points) best = Math.min(best, Math.hypot(p[0] - q[0], p[1] - q[1]));
  }
  for (const p of pointsOf(second)) {
    if (a.rings.length && inArea(p, a) !== E) return 0;
    for (const s of sa) best = Math.min(best, toSegment(p, s));
  }
  for (const s of sa) if (cuts(s, sb, []).some((t) => t > 0 && t < 1 && sb.some((o) => toSegment(at(s, t), o) <= EPS))) return 0;
  return best;
}
/** Length of the lines in degrees. */
export const lengthOf = (s: Shape): number => lineSegments(s).reduce((sum, [p, q]) => sum + Math.hypot(p[0] - q[0], p[1] - q[1]), 0);
export { boxOf };
