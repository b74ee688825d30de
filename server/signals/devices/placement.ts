// Things on the map: points given in any system in use are converted, compared with where the thing stands, checked against its unit's area, and kept.
import { within } from '#core/people/roles.ts';
import { type ProblemItem, problem } from '#core/problem.ts';
import { type Control, type Crs, type Fit, type LonLat, distance, fitFrame, fromFrame, inRing, toWgs84 } from '#core/signals/place.ts';
import { inScope } from '../../people/scope.ts';
import type { Db, Sql } from '../../platform/db.ts';
import { append } from '../../platform/facts.ts';
import type { Work } from '../../platform/hub.ts';

export interface Frame {
  id: string;
  code: string;
  version: number;
  name: string;
  unit: string;
  controls: Control[];
  fit: Fit;
  by: string;
  at: Date;
}
/** The newest version of every local grid that the scope may see. */
export const frames = (db: Db, scope: string[]): Promise<Frame[]> => {
  const sql = db as Sql;
  return sql<
    Frame[]
  >`select distinct on (code) id::text, code, version, name, unit, controls, fit, by, at from place_frames where ${inScope(sql, 'unit', scope)} order by code, version desc`.then(
    (r) => [...r],
  );
};

/** Fits a grid to its control points and keeps it as the next version of its code; with `preview` only says how well it fits. */
export async function addFrame(
  work: Work,
  f: { code: string; name: string; unit: string; controls: Control[]; preview: boolean },
  scope: string[],
): Promise<{ id: string | null; version: number; fit: Fit }> {
  if (!scope.some((p) => within(f.unit, p))) throw problem('forbidden', { detail: '不在您的管理范围' });
  const fit = fitFrame(f.controls);
  if (!fit) throw problem('invalid-input', { detail: '控制点不能在一条直线上', errors: [{ pointer: '/body/controls', message: '控制点不能在一条直线上' }] });
  const [last] = await work.tx<{ version: number; unit: string }[]>`select version, unit from place_frames where code = ${f.code} order by version desc limit 1`;
  if (last && !scope.some((p) => within(last.unit, p))) throw problem('conflict', { detail: `编码 ${f.code} 已被其他单位使用` });
  const version = (last?.version ?? 0) + 1;
  if (f.preview) return { id: null, version, fit };
  const [row] = await work.tx<{ id: string }[]>`insert into place_frames (code, version, name, unit, controls, fit, by, at)
    values (${f.code}, ${version}, ${f.name}, ${f.unit}, ${work.tx.json(f.controls as never)}, ${work.tx.json(fit as never)}, ${work.by}, ${work.at}) returning id::text`;
  await append(work, [{ kind: 'thing.frame-fitted', subject: `frame:${f.code}`, data: { version, rms: Math.round(fit.rms * 1000) / 1000 }, unit: f.unit }]);
  return { id: row!.id, version, fit };
}

export interface Placed {
  thing: string;
  name: string | null;
  lon: number;
  lat: number;
  before: { lon: number; lat: number } | null;
  moved: number | null;
  outside: boolean;
}

type Area = { coordinates?: [number, number][][] } | null;

/** Converts the points and, unless it is a preview, writes them: all or none, each with its history. */
export async function placeThings(
  work: Work,
  p: { crs: Crs; frame?: string | undefined; points: { thing: string; x: number; y: number }[]; reason: string; preview: boolean },
  scope: string[],
): Promise<{ items: Placed[]; written: number }> {
  const { tx } = work;
  let frame: Frame | undefined;
  if (p.crs === 'frame') {
    frame = (await frames(tx, scope)).find((f) => f.code === p.frame);
    if (!frame) throw problem('invalid-input', { detail: '没有这个坐标框架', errors: [{ pointer: '/body/frame', message: `没有坐标框架 ${p.frame ?? ''}` }] });
  }
  const rows = await tx<{ id: string; code: string; name: string; unit: string; lon: number | null; lat: number | null; area: Area }[]>`
    select t.id::text, t.code, t.name, t.unit, t.lon, t.lat, u.area from things t join units u on u.path = t.unit
    where t.realm = ${work.realm} and t.code = any(${p.points.map((x) => x.thing)}::text[])`;
  const things = new Map(rows.map((r) => [r.code, r]));
  const faults: ProblemItem[] = [];
  const seen = new Set<string>();
  const items: Placed[] = [];
  for (const [i, point] of p.points.entries()) {
    const t = things.get(point.thing);
    const at = `/body/points/${i}`;
    if (!t || !scope.some((s) => within(t.unit, s))) faults.push({ pointer: `${at}/thing`, message: `没有设备 ${point.thing}，或不在您的管理范围` });
    if (seen.has(point.thing)) faults.push({ pointer: `${at}/thing`, message: `设备 ${point.thing} 重复` });
    seen.add(point.thing);
    const [lon, lat] = frame ? fromFrame(frame.fit, point.x, point.y) : toWgs84(p.crs as Exclude<Crs, 'frame'>, point.x, point.y);
    if (!(Math.abs(lon) <= 180 && Math.abs(lat) <= 90)) faults.push({ pointer: `${at}/x`, message: '换算后不是经纬度，请检查坐标系' });
    if (faults.length || !t) continue;
    const place: LonLat = [round(lon), round(lat)];
    const before = t.lon === null || t.lat === null ? null : { lon: t.lon, lat: t.lat };
    const ring = t.area?.coordinates?.[0];
    items.push({
      thing: t.code,
      name: t.name,
      lon: place[0],
      lat: place[1],
      before,
      moved: before && Math.round(distance([before.lon, before.lat], place) * 10) / 10,
      outside: ring ? !inRing(place, ring) : false,
    });
  }
  if (faults.length) throw problem('invalid-input', { detail: `${faults.length} 处有误，未改动任何设备`, errors: faults.slice(0, 50) });
  if (p.preview) return { items, written: 0 };
  const ids = items.map((x) => things.get(x.thing)!.id);
  await tx`insert into placements (thing_id, at, crs, given, lon, lat, frame_id, reason, by)
    select id, ${work.at}, ${p.crs}, array[x, y], lon, lat, ${frame?.id ?? null}, ${p.reason}, ${work.by}
    from unnest(${ids}::bigint[], ${p.points.map((q) => q.x)}::float8[], ${p.points.map((q) => q.y)}::float8[], ${items.map((q) => q.lon)}::float8[], ${items.map((q) => q.lat)}::float8[]) x (id, x, y, lon, lat)`;
  await tx`update things t set lon = x.lon, lat = x.lat, version = version + 1
    from unnest(${ids}::bigint[], ${items.map((q) => q.lon)}::float8[], ${items.map((q) => q.lat)}::float8[]) x (id, lon, lat) where t.id = x.id`;
  await append(
    work,
    items.map((x) => ({
      kind: 'thing.placed',
      subject: `thing:${things.get(x.thing)!.id}`,
      data: { crs: p.crs, lon: x.lon, lat: x.lat, before: x.before, moved: x.moved, reason: p.reason },
      unit: things.get(x.thing)!.unit,
    })),
  );
  return { items, written: items.length };
}
/** A ten-millionth of a degree: a centimetre. */
const round = (degrees: number): number => Math.round(degrees * 1e7) / 1e7;

export const placements = (db: Db, thing: string, scope: string[], realm: string) => {
  const sql = db as Sql;
  return sql<
    { at: Date; crs: string; given: number[]; lon: number; lat: number; frame: string | null; reason: string; by: string }[]
  >`select p.at, p.crs, p.given, p.lon, p.lat, f.code || ' v' || f.version as frame, p.reason, p.by from placements p join things t on t.id = p.thing_id left join place_frames f on f.id = p.frame_id
    where t.id = ${thing} and t.realm = ${realm} and ${inScope(sql, 't.unit', scope)} order by p.at desc, p.id desc limit 200`.then((r) => [...r]);
};
