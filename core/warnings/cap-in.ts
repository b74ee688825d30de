// CAP 1.2 in: an element tree checked against the schema's order, counts, enumerations and formats, and what it means here; no parser, no I/O.
import type { ProblemItem } from '../problem.ts';
import type { Level } from './pack.ts';

export const CAP_NAMESPACE = 'urn:oasis:names:tc:emergency:cap:1.2';
const SIGNATURE_NAMESPACE = 'http://www.w3.org/2000/09/xmldsig#';

/** An element as a reader gives it: local name, namespace, own text, children in order. */
export interface XmlNode {
  name: string;
  ns: string;
  text: string;
  children: XmlNode[];
}

export const statuses = ['Actual', 'Exercise', 'System', 'Test', 'Draft'] as const;
export const msgTypes = ['Alert', 'Update', 'Cancel', 'Ack', 'Error'] as const;
const scopes = ['Public', 'Restricted', 'Private'] as const;
const categories = ['Geo', 'Met', 'Safety', 'Security', 'Rescue', 'Fire', 'Health', 'Env', 'Transport', 'Infra', 'CBRNE', 'Other'];
const responses = ['Shelter', 'Evacuate', 'Prepare', 'Execute', 'Avoid', 'Monitor', 'Assess', 'AllClear', 'None'];
const urgencies = ['Immediate', 'Expected', 'Future', 'Past', 'Unknown'];
const severities = ['Extreme', 'Severe', 'Moderate', 'Minor', 'Unknown'] as const;
const certainties = ['Observed', 'Likely', 'Possible', 'Unlikely', 'Unknown'];
/** Some national senders write the colour where CAP wants a severity (CAP-12); accepted only under their 31-character identifier. */
const colourWords = ['Red', 'Orange', 'Yellow', 'Blue'];

export interface CapRef {
  sender: string;
  identifier: string;
  sent: Date;
}
export interface CapArea {
  desc: string;
  polygons: [lat: number, lon: number][][];
  circles: { lat: number; lon: number; km: number }[];
  geocodes: { name: string; value: string }[];
}
export interface CapInfo {
  language: string;
  categories: string[];
  event: string;
  responseTypes: string[];
  urgency: string;
  severity: string;
  certainty: string;
  eventCodes: { name: string; value: string }[];
  parameters: { name: string; value: string }[];
  onset: Date | null;
  expires: Date | null;
  senderName: string;
  headline: string;
  description: string;
  instruction: string;
  web: string;
  resources: { desc: string; type: string; uri: string }[];
  areas: CapArea[];
}
export interface CapMessage {
  identifier: string;
  sender: string;
  sent: Date;
  /** `sent` as written: it is part of the key. */
  sentText: string;
  status: (typeof statuses)[number];
  msgType: (typeof msgTypes)[number];
  scope: (typeof scopes)[number];
  codes: string[];
  note: string;
  references: CapRef[];
  incidents: string[];
  infos: CapInfo[];
  /** An enveloped signature was there (not verified). */
  signed: boolean;
}

const DATE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}$/;
/** A CAP instant: seconds, numeric offset, no fraction, no `Z` (CAP-01); undefined when it is none or no such day exists. */
export function capInstant(text: string): Date | undefined {
  if (!DATE.test(text)) return undefined;
  const at = new Date(text);
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  return Number.isNaN(at.getTime()) || Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== text.slice(0, 10) ? undefined : at;
}

/** Takes the children of an element in the schema's order; what is missing, repeated, misplaced or unknown becomes a fault. */
class Sequence {
  readonly node: XmlNode;
  readonly at: string;
  readonly faults: ProblemItem[];
  readonly children: XmlNode[];
  #i = 0;
  constructor(node: XmlNode, at: string, faults: ProblemItem[]) {
    this.node = node;
    this.at = at;
    this.faults = faults;
    this.children = node.children;
  }
  say(message: string, at = this.at): void {
    if (this.faults.length < 50) this.faults.push({ pointer: at, message });
  }
  /** All next children of this name. */
  many(name: string, min = 0, max = Number.POSITIVE_INFINITY): XmlNode[] {
    const found: XmlNode[] = [];
    while (this.#i < this.children.length && this.children[this.#i]!.name === name && this.children[this.#i]!.ns === CAP_NAMESPACE) found.push(this.children[this.#i++]!);
    if (found.length < min) {
      const later = this.children.some((c, i) => i >= this.#i && c.name === name);
      this.say(later ? `${name} 的次序不对` : `缺少 ${name}`, `${this.at}/${name}`);
    }
    if (found.length > max) this.say(`${name} 最多 ${max} 个`, `${this.at}/${name}[${max + 1}]`);
    return found;
  }
  texts(name: string, min = 0, max = Number.POSITIVE_INFINITY): string[] {
    return this.many(name, min, max).map((n, i) => {
      if (n.children.length) this.say(`${name} 只能是文字`, `${this.at}/${name}[${i + 1}]`);
      const v = n.text.trim();
      if (!v && min) this.say(`${name} 不能为空`, `${this.at}/${name}[${i + 1}]`);
      return v;
    });
  }
  text(name: string, required = false): string {
    return this.texts(name, required ? 1 : 0, 1)[0] ?? '';
  }
  one(name: string, values: readonly string[], required = true): string {
    const v = this.text(name, required);
    if (v && !values.includes(v)) this.say(`${name} 只能是 ${values.join('、')}`, `${this.at}/${name}`);
    return v;
  }
  instant(name: string, required = false): { at: Date | null; text: string } {
    const v = this.text(name, required);
    const at = v ? capInstant(v) : undefined;
    if (v && !at) this.say(`${name} 应为带时差的时刻，如 2026-07-01T08:00:00+08:00（不用 Z，不带小数秒）`, `${this.at}/${name}`);
    return { at: at ?? null, text: v };
  }
  pairs(name: string): { name: string; value: string }[] {
    return this.many(name).map((n, i) => {
      const s = new Sequence(n, `${this.at}/${name}[${i + 1}]`, this.faults);
      const pair = { name: s.text('valueName', true), value: s.text('value', true) };
      s.end();
      return pair;
    });
  }
  end(allowSignature = false): boolean {
    let signed = false;
    for (; this.#i < this.children.length; this.#i++) {
      const c = this.children[this.#i]!;
      if (allowSignature && c.ns === SIGNATURE_NAMESPACE) signed = true;
      else this.say(c.ns === CAP_NAMESPACE ? `${c.name} 不应在这里（次序不对或重复）` : `不认识的元素 ${c.name.slice(0, 60)}`, `${this.at}/${c.name.slice(0, 60)}`);
    }
    if (this.node.text.trim()) this.say('元素之间不能有文字');
    return signed;
  }
}

const number = (v: string): number => (/^[+-]?\d{1,10}(\.\d{1,15})?$/.test(v) ? Number(v) : Number.NaN);
function point(v: string): [number, number] | undefined {
  const [a, b, more] = v.split(',');
  if (more !== undefined || a === undefined || b === undefined) return undefined;
  const lat = number(a);
  const lon = number(b);
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? [lat, lon] : undefined;
}

function areaOf(node: XmlNode, at: string, faults: ProblemItem[]): CapArea {
  const s = new Sequence(node, at, faults);
  const desc = s.text('areaDesc', true);
  const polygons = s.texts('polygon').map((text, i) => {
    const points = text.split(/\s+/).filter(Boolean).map(point);
    const where = `${at}/polygon[${i + 1}]`;
    if (points.includes(undefined)) s.say('polygon 应是“纬度,经度”的序列（WGS84）', where);
    else if (points.length < 4) s.say('polygon 至少四个点', where);
    else if (points.length > 10_000) s.say('polygon 最多一万个点', where);
    else if (points[0]![0] !== points.at(-1)![0] || points[0]![1] !== points.at(-1)![1]) s.say('polygon 首尾须是同一点', where);
    return points.filter((p) => p !== undefined);
  });
  const circles = s.texts('circle').map((text, i) => {
    const [centre, radius, more] = text.split(/\s+/);
    const p = point(centre ?? '');
    const km = number(radius ?? '');
    if (!p || !(km >= 0) || more !== undefined) s.say('circle 应为“纬度,经度 半径（千米）”', `${at}/circle[${i + 1}]`);
    return { lat: p?.[0] ?? 0, lon: p?.[1] ?? 0, km };
  });
  const geocodes = s.pairs('geocode');
  const altitude = s.text('altitude');
  const ceiling = s.text('ceiling');
  if (altitude && Number.isNaN(number(altitude))) s.say('altitude 应为数字', `${at}/altitude`);
  if (ceiling && Number.isNaN(number(ceiling))) s.say('ceiling 应为数字', `${at}/ceiling`);
  if (ceiling && !altitude) s.say('有 ceiling 须有 altitude', `${at}/ceiling`);
  s.end();
  return { desc, polygons, circles, geocodes };
}

function infoOf(node: XmlNode, at: string, faults: ProblemItem[], national: boolean): CapInfo {
  const s = new Sequence(node, at, faults);
  const language = s.text('language') || 'en-US';
  const cats = s.texts('category', 1);
  cats.forEach((c, i) => c && !categories.includes(c) && s.say(`category 只能是 ${categories.join('、')}`, `${at}/category[${i + 1}]`));
  const event = s.text('event', true);
  const responseTypes = s.texts('responseType');
  responseTypes.forEach((c, i) => !responses.includes(c) && s.say(`responseType 只能是 ${responses.join('、')}`, `${at}/responseType[${i + 1}]`));
  const urgency = s.one('urgency', urgencies);
  const severity = s.one('severity', national ? [...severities, ...colourWords] : severities);
  const certainty = s.one('certainty', certainties);
  s.text('audience');
  const eventCodes = s.pairs('eventCode');
  s.instant('effective');
  const onset = s.instant('onset').at;
  const expires = s.instant('expires').at;
  const senderName = s.text('senderName');
  const headline = s.text('headline');
  const description = s.text('description');
  const instruction = s.text('instruction');
  const web = s.text('web');
  if (/\s/.test(web)) s.say('web 应为网址', `${at}/web`);
  s.text('contact');
  const parameters = s.pairs('parameter');
  const resources = s.many('resource').map((n, i) => {
    const r = new Sequence(n, `${at}/resource[${i + 1}]`, faults);
    const desc = r.text('resourceDesc', true);
    const type = r.text('mimeType', true);
    const size = r.text('size');
    if (size && !/^\d{1,15}$/.test(size)) r.say('size 应为字节数', `${r.at}/size`);
    const uri = r.text('uri');
    const inline = r.text('derefUri');
    if (inline && !/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(inline)) r.say('derefUri 应为 base64', `${r.at}/derefUri`);
    const digest = r.text('digest');
    if (digest.length > 500) r.say('digest 过长', `${r.at}/digest`);
    r.end();
    return { desc, type, uri };
  });
  const areas = s.many('area').map((n, i) => areaOf(n, `${at}/area[${i + 1}]`, faults));
  s.end();
  return {
    language,
    categories: cats,
    event,
    responseTypes,
    urgency,
    severity,
    certainty,
    eventCodes,
    parameters,
    onset,
    expires,
    senderName,
    headline,
    description,
    instruction,
    web,
    resources,
    areas,
  };
}

/** 31 characters of the national platform (CAP-10). */
export const nationalIdentifier = /^\d{14}_\d{14}_\d$/;

/** Reads an alert; with faults the message is not to be used. Pointers are paths of elements: `/alert/info[1]/severity`. */
export function readCap(root: XmlNode): { message: CapMessage; faults: ProblemItem[] } {
  const faults: ProblemItem[] = [];
  const s = new Sequence(root, '/alert', faults);
  if (root.name !== 'alert' || root.ns !== CAP_NAMESPACE)
    s.say(root.name === 'alert' ? `名称空间应为 ${CAP_NAMESPACE}，收到 ${root.ns.slice(0, 100) || '（无）'}` : `根元素应为 alert，收到 ${root.name.slice(0, 60)}`);
  const name = (n: string) => {
    const v = s.text(n, true);
    if (/[\s,<&]/.test(v)) s.say(`${n} 不能含空格、逗号、< 或 &`, `/alert/${n}`);
    if (v.length > 300) s.say(`${n} 过长`, `/alert/${n}`);
    return v;
  };
  const identifier = name('identifier');
  const sender = name('sender');
  const sent = s.instant('sent', true);
  const status = s.one('status', statuses) as CapMessage['status'];
  const msgType = s.one('msgType', msgTypes) as CapMessage['msgType'];
  s.text('source');
  const scope = s.one('scope', scopes) as CapMessage['scope'];
  const restriction = s.text('restriction');
  const addresses = s.text('addresses');
  if (scope === 'Restricted' && !restriction) s.say('scope 为 Restricted 时须有 restriction', '/alert/restriction');
  if (scope === 'Private' && !addresses) s.say('scope 为 Private 时须有 addresses', '/alert/addresses');
  const codes = s.texts('code');
  const note = s.text('note');
  const refText = s.text('references');
  const references: CapRef[] = [];
  for (const [i, r] of refText.split(/\s+/).filter(Boolean).entries()) {
    const [who, id, when, more] = r.split(',');
    const at = when === undefined ? undefined : capInstant(when);
    if (!who || !id || !at || more !== undefined) s.say(`第 ${i + 1} 条引用应为“sender,identifier,sent”`, '/alert/references');
    else references.push({ sender: who, identifier: id, sent: at });
  }
  if (references.length > 200) s.say('引用过多', '/alert/references');
  if (msgType && msgType !== 'Alert' && !refText) s.say(`msgType 为 ${msgType} 时须引用先前的消息`, '/alert/references');
  const incidents = s.text('incidents').split(/\s+/).filter(Boolean);
  const national = nationalIdentifier.test(identifier);
  const infos = s.many('info').map((n, i) => infoOf(n, `/alert/info[${i + 1}]`, faults, national));
  const signed = s.end(true);
  return { message: { identifier, sender, sent: sent.at ?? new Date(0), sentText: sent.text, status, msgType, scope, codes, note, references, incidents, infos, signed }, faults };
}

const colourLevel: [RegExp, Level][] = [
  [/^(red|红色?(预警)?)$/i, 1],
  [/^(orange|橙色?(预警)?)$/i, 2],
  [/^(yellow|黄色?(预警)?)$/i, 3],
  [/^(blue|蓝色?(预警)?)$/i, 4],
];
const byColour = (v: string): Level | undefined => colourLevel.find(([r]) => r.test(v.trim()))?.[1];
const bySeverity: Record<string, Level> = { Extreme: 1, Severe: 2, Moderate: 3, Minor: 4 };

/** The level of an info: its colour where it says one (authoritative in China, CAP-12), else its severity; unknown counts as IV and says so. */
export function levelOf(info: CapInfo): { level: Level; from: 'colour' | 'severity' | 'unknown' } {
  const said = info.parameters.find((p) => /^(colou?r|颜色|预警颜色|alert-?colou?r|预警级别)$/i.test(p.name.trim()) && byColour(p.value));
  const colour = said ? byColour(said.value) : byColour(info.severity);
  if (colour) return { level: colour, from: 'colour' };
  const level = bySeverity[info.severity];
  return level ? { level, from: 'severity' } : { level: 4, from: 'unknown' };
}

/** The infos to show: Chinese ones where there are some; the worst first. */
export function chosenInfos(message: CapMessage): CapInfo[] {
  const zh = message.infos.filter((i) => /^zh\b/i.test(i.language));
  return (zh.length ? zh : message.infos).toSorted((a, b) => levelOf(a).level - levelOf(b).level);
}
/** When all that is said has ended; null when some info never says so. */
export function expiryOf(message: CapMessage): Date | null {
  if (!message.infos.length || message.infos.some((i) => !i.expires)) return null;
  return new Date(Math.max(...message.infos.map((i) => i.expires!.getTime())));
}

/** A point for the map: the centre of the first circle, else the mean of the first polygon's corners. */
export function pointOf(infos: CapInfo[]): { lat: number; lon: number } | undefined {
  for (const a of infos.flatMap((i) => i.areas)) {
    const c = a.circles[0];
    if (c) return { lat: c.lat, lon: c.lon };
    const p = a.polygons[0]?.slice(0, -1);
    if (p?.length) return { lat: p.reduce((n, x) => n + x[0], 0) / p.length, lon: p.reduce((n, x) => n + x[1], 0) / p.length };
  }
  return undefined;
}
/** Corners and ends of all areas, to see whether they lie in one town. */
export const cornersOf = (infos: CapInfo[]): { lat: number; lon: number }[] =>
  infos
    .flatMap((i) => i.areas)
    .flatMap((a) => [
      ...a.polygons.flat().map(([lat, lon]) => ({ lat, lon })),
      ...a.circles.flatMap((c) => {
        const d = c.km / 111.195;
        const e = d / Math.max(0.01, Math.cos((c.lat * Math.PI) / 180));
        return [
          { lat: c.lat + d, lon: c.lon },
          { lat: c.lat - d, lon: c.lon },
          { lat: c.lat, lon: c.lon + e },
          { lat: c.lat, lon: c.lon - e },
        ];
      }),
    ]);
/** Even–odd rule over a ring of lon/lat. */
export function inRing(ring: readonly (readonly [number, number])[], p: { lat: number; lon: number }): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi, yi] = ring[i]!;
    const [xj, yj] = ring[j]!;
    if (yi > p.lat !== yj > p.lat && p.lon < ((xj - xi) * (p.lat - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}
