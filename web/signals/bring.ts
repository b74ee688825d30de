// Rows of a brought table as things to register, points to place or control points: what is wrong is said by row.
import { newThing, type NewThing } from '#core/signals/contract.ts';
import { type Control, type Crs, toWgs84 } from '#core/signals/place.ts';
import type { FieldSpec, Sheet } from './sheet.ts';

export interface RowFault {
  /** Index of the row below the heading. */
  row: number;
  field: string;
  message: string;
}
export interface Brought<T> {
  items: T[];
  /** Row of each item. */
  rows: number[];
  faults: RowFault[];
}
/** A name or a code as people write it → the code. */
export type Lookup = (text: string) => string | undefined;
export const lookup = (items: readonly { code: string; names: readonly string[] }[]): Lookup => {
  const by = new Map<string, string>();
  for (const i of items.toReversed()) for (const n of [...i.names, i.code]) by.set(n.trim().toLowerCase(), i.code);
  return (text) => by.get(text.trim().toLowerCase());
};

export const thingFields: FieldSpec[] = [
  { name: 'code', words: ['设备编码', '编码', '编号', '设备编号', 'code', 'id'] },
  { name: 'name', words: ['设备名称', '名称', 'name'] },
  { name: 'profile', words: ['设备类型', '类型', '种类', 'profile', 'type'] },
  { name: 'unit', words: ['责任单位', '单位', '所属单位', '权属单位', 'unit', 'owner'] },
  { name: 'lon', words: ['经度', 'lon', 'lng', 'longitude', 'x'] },
  { name: 'lat', words: ['纬度', 'lat', 'latitude', 'y'] },
  { name: 'address', words: ['地址', '位置', '安装位置', 'address'] },
  { name: 'intervalS', words: ['上报周期', '周期秒', '周期', 'interval', 'intervals'] },
  { name: 'parent', words: ['上级设备', '上级', '父设备', 'parent'] },
];
export const pointFields: FieldSpec[] = [
  { name: 'thing', words: ['设备编码', '编码', '编号', '设备', 'thing', 'code', 'id'] },
  { name: 'x', words: ['经度', 'x', '横坐标', '东坐标', 'lon', 'lng', 'longitude', 'east'] },
  { name: 'y', words: ['纬度', 'y', '纵坐标', '北坐标', 'lat', 'latitude', 'north'] },
];
export const controlFields: FieldSpec[] = [
  { name: 'x', words: ['x', '横坐标', '东坐标', 'east'] },
  { name: 'y', words: ['y', '纵坐标', '北坐标', 'north'] },
  { name: 'lon', words: ['经度', 'lon', 'lng', 'longitude'] },
  { name: 'lat', words: ['纬度', 'lat', 'latitude'] },
];

const numberOf = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text.replaceAll(',', '')));
const cellOf =
  (sheet: Sheet, columns: Record<string, number>) =>
  (row: number, field: string): string => {
    const c = columns[field];
    return c === undefined ? '' : (sheet.rows[row]?.[c] ?? '');
  };

/** Things from a sheet: units and profiles by name or code, coordinates converted to WGS84. `unit`, `profile`: for rows that name none. */
export function thingsOf(
  sheet: Sheet,
  columns: Record<string, number>,
  o: { units: Lookup; profiles: Lookup; crs: Exclude<Crs, 'frame'>; unit?: string | undefined; profile?: string | undefined },
): Brought<NewThing> {
  const cell = cellOf(sheet, columns);
  const out: Brought<NewThing> = { items: [], rows: [], faults: [] };
  const codes = new Map<string, number>();
  for (let i = 0; i < sheet.rows.length; i++) {
    const faults: RowFault[] = [];
    const say = (field: string, message: string) => faults.push({ row: i, field, message });
    const unitText = cell(i, 'unit');
    const unit = unitText ? o.units(unitText) : o.unit;
    if (!unit) say('unit', unitText ? `没有单位“${unitText}”` : '没有单位');
    const profileText = cell(i, 'profile');
    const profile = profileText ? o.profiles(profileText) : o.profile;
    if (!profile) say('profile', profileText ? `没有设备类型“${profileText}”` : '没有设备类型');
    const code = cell(i, 'code');
    const seen = codes.get(code);
    if (code && seen !== undefined) say('code', `与第 ${seen + 1} 行编码重复`);
    codes.set(code, i);
    const lonText = cell(i, 'lon');
    const latText = cell(i, 'lat');
    let place: [number, number] | undefined;
    if (lonText || latText) {
      const [lon, lat] = [numberOf(lonText), numberOf(latText)];
      if (!Number.isFinite(lon) || Math.abs(lon) > 180) say('lon', `经度“${lonText}”不是 -180 至 180 的数`);
      else if (!Number.isFinite(lat) || Math.abs(lat) > 90) say('lat', Math.abs(lat) <= 180 ? `纬度“${latText}”超出 90，经纬度可能写反` : `纬度“${latText}”不是数`);
      else place = toWgs84(o.crs, lon, lat).map((v) => Math.round(v * 1e7) / 1e7) as [number, number];
    }
    const every = cell(i, 'intervalS');
    const given = {
      code,
      name: cell(i, 'name'),
      profile: profile ?? '',
      unit: unit ?? '',
      ...(place ? { lon: place[0], lat: place[1] } : {}),
      ...(cell(i, 'address') ? { address: cell(i, 'address') } : {}),
      ...(every ? { intervalS: numberOf(every) } : {}),
      ...(cell(i, 'parent') ? { parent: cell(i, 'parent') } : {}),
    };
    const r = newThing.safeParse(given);
    if (!r.success)
      for (const issue of r.error.issues) {
        const field = String(issue.path[0]);
        if (!faults.some((f) => f.field === field)) say(field, wordOf(field, String(given[field as keyof typeof given] ?? '')));
      }
    if (faults.length) out.faults.push(...faults);
    else {
      out.items.push(r.data!);
      out.rows.push(i);
    }
  }
  return out;
}
const wordOf = (field: string, value: string): string => {
  if (field === 'code') return value ? `编码“${value}”只能用字母、数字、点、横线、下划线，最长 80` : '没有编码';
  if (field === 'name') return value ? '名称最长 120 字' : '没有名称';
  if (field === 'intervalS') return `上报周期“${value}”应为 1 至 31536000 的整数（秒）`;
  if (field === 'parent') return `上级设备编码“${value}”不合规`;
  return `“${value}”不合规`;
};

/** Points to place. */
export function pointsOf(sheet: Sheet, columns: Record<string, number>): Brought<{ thing: string; x: number; y: number }> {
  const cell = cellOf(sheet, columns);
  const out: Brought<{ thing: string; x: number; y: number }> = { items: [], rows: [], faults: [] };
  for (let i = 0; i < sheet.rows.length; i++) {
    const thing = cell(i, 'thing');
    const [x, y] = [numberOf(cell(i, 'x')), numberOf(cell(i, 'y'))];
    if (!thing) out.faults.push({ row: i, field: 'thing', message: '没有设备编码' });
    else if (!Number.isFinite(x)) out.faults.push({ row: i, field: 'x', message: `“${cell(i, 'x')}”不是数` });
    else if (!Number.isFinite(y)) out.faults.push({ row: i, field: 'y', message: `“${cell(i, 'y')}”不是数` });
    else {
      out.items.push({ thing, x, y });
      out.rows.push(i);
    }
  }
  return out;
}

/** Control points of a local grid; `lon`, `lat` in the coordinate system given, kept in WGS84. */
export function controlsOf(sheet: Sheet, columns: Record<string, number>, crs: Exclude<Crs, 'frame'>): Brought<Control> {
  const cell = cellOf(sheet, columns);
  const out: Brought<Control> = { items: [], rows: [], faults: [] };
  for (let i = 0; i < sheet.rows.length; i++) {
    const bad = ['x', 'y', 'lon', 'lat'].find((f) => !Number.isFinite(numberOf(cell(i, f))));
    const n = (f: string) => numberOf(cell(i, f));
    if (bad) out.faults.push({ row: i, field: bad, message: `“${cell(i, bad)}”不是数` });
    else if (Math.abs(n('lon')) > 180 || Math.abs(n('lat')) > 90) out.faults.push({ row: i, field: 'lat', message: '不是经纬度' });
    else {
      const [lon, lat] = toWgs84(crs, n('lon'), n('lat'));
      out.items.push({ x: n('x'), y: n('y'), lon, lat });
      out.rows.push(i);
    }
  }
  return out;
}

/** Faults of the server's answer (`/body/things/3/code`) by row of the sheet. */
export function serverFaults(errors: readonly { pointer: string; message: string }[] | undefined, list: string, rows: readonly number[], from = 0): RowFault[] {
  return (errors ?? []).flatMap((e) => {
    const m = new RegExp(`^/body/${list}/(\\d+)(?:/(\\w+))?`).exec(e.pointer);
    const row = m ? rows[from + Number(m[1])] : undefined;
    return row === undefined ? [] : [{ row, field: m![2] ?? '', message: e.message }];
  });
}
