// CAP 1.2 out: XML valid against the schema by construction; colour is authoritative; internal alarms never look like official warnings (CAP-13).
import { problem } from '../problem.ts';
import { localIso } from '../time.ts';
import type { Level } from './pack.ts';

const NS = 'urn:oasis:names:tc:emergency:cap:1.2';
const colours = { 1: ['Red', 'Extreme'], 2: ['Orange', 'Severe'], 3: ['Yellow', 'Moderate'], 4: ['Blue', 'Minor'] } as const;
export type CapCategory = 'Geo' | 'Met' | 'Safety' | 'Security' | 'Rescue' | 'Fire' | 'Health' | 'Env' | 'Transport' | 'Infra' | 'CBRNE' | 'Other';

export interface CapReference {
  sender: string;
  identifier: string;
  sent: Date;
}
export interface CapInput {
  identifier: string;
  sender: string;
  sent: Date;
  /** `official` only when an authorised issuer released it; everything our rules raise is `internal`. */
  nature: 'internal' | 'official';
  realm: string;
  msgType: 'Alert' | 'Update' | 'Cancel';
  /** All unexpired messages this one replaces or cancels (CAP-02). */
  references: CapReference[];
  category: CapCategory;
  event: string;
  level: Level;
  headline: string;
  description: string;
  instruction: string;
  senderName: string;
  onset: Date;
  expires: Date | null;
  certainty: 'Observed' | 'Likely' | 'Possible';
  /** 11B03 and so on (CAP-11), only with official warnings. */
  eventCode?: string | undefined;
  area: { desc: string; circle?: { lat: number; lon: number; km: number }; polygon?: [lat: number, lon: number][] };
}

/** `YYYY-MM-DDThh:mm:ss+08:00`: CAP forbids `Z` and fractions (CAP-01). */
export const capTime = (at: Date): string => localIso(at);
const bad = /[\s,<&]/;
// Characters XML 1.0 cannot hold at all are dropped.
// eslint-disable-next-line no-control-regex
const text = (v: string): string =>
  v
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

/** 31 characters `ZZZZZZDDDUUUXX_YYYYMMDDhhmmss_N` (CAP-10): division, organisation, sub-unit, extension, local time, serial. */
export function capIdentifier(issuer14: string, at: Date, serial: number): string {
  if (!/^\d{14}$/.test(issuer14)) throw problem('invalid-input', { detail: '发布机构编码须为 14 位数字' });
  return `${issuer14}_${localIso(at).slice(0, 19).replace(/[-T:]/g, '')}_${serial % 10}`;
}

/** The alert as XML. Throws when the input could only give an invalid or a forbidden message. */
export function capXml(a: CapInput): string {
  for (const v of [a.identifier, a.sender]) if (!v || bad.test(v)) throw problem('invalid-input', { detail: 'CAP 标识与发送方不能含空格、逗号、< 或 &' });
  if (a.msgType !== 'Alert' && !a.references.length) throw problem('invalid-input', { detail: 'Update 与 Cancel 须引用所替代的消息' });
  for (const r of a.references) if (bad.test(r.sender) || bad.test(r.identifier)) throw problem('invalid-input', { detail: 'CAP 引用含有不允许的字符' });
  const official = a.nature === 'official';
  // A drill is an exercise whatever it says (CAP-06); an internal alarm is a message inside the network, addressed, never public.
  const status = a.realm !== 'live' ? 'Exercise' : official ? 'Actual' : 'System';
  const [colour, severity] = colours[a.level];
  const out: string[] = [];
  const el = (name: string, v: string | undefined | null, indent = '  ') => {
    if (v !== undefined && v !== null && v !== '') out.push(`${indent}<${name}>${text(v)}</${name}>`);
  };
  const pair = (name: string, key: string, v: string) => out.push(`    <${name}><valueName>${text(key)}</valueName><value>${text(v)}</value></${name}>`);
  el('identifier', a.identifier);
  el('sender', a.sender);
  el('sent', capTime(a.sent));
  el('status', status);
  el('msgType', a.msgType);
  el('scope', official ? 'Public' : 'Private');
  if (!official) {
    el('addresses', a.sender);
    el('code', 'internal');
    el('note', '内部监测告警，不是依法发布的预警信息，不得对外发布');
  }
  el('references', a.references.map((r) => `${r.sender},${r.identifier},${capTime(r.sent)}`).join(' '));
  out.push('  <info>');
  el('language', 'zh-CN', '    ');
  el('category', a.category, '    ');
  el('event', a.event, '    ');
  if (a.msgType === 'Cancel') el('responseType', 'AllClear', '    ');
  else el('responseType', official ? 'Prepare' : 'Assess', '    ');
  el('urgency', a.msgType === 'Cancel' ? 'Past' : a.certainty === 'Observed' ? 'Immediate' : 'Expected', '    ');
  el('severity', severity, '    ');
  el('certainty', a.certainty, '    ');
  if (official && a.eventCode) pair('eventCode', 'GB/T 35965.1', a.eventCode);
  el('effective', capTime(a.sent), '    ');
  el('onset', capTime(a.onset), '    ');
  if (a.expires) el('expires', capTime(a.expires), '    ');
  el('senderName', a.senderName, '    ');
  el('headline', a.headline.slice(0, 160), '    ');
  el('description', a.description, '    ');
  el('instruction', a.instruction, '    ');
  pair('parameter', 'color', colour);
  pair('parameter', 'nature', a.nature);
  out.push('    <area>');
  el('areaDesc', a.area.desc || '未注明', '      ');
  if (a.area.polygon) {
    const p = a.area.polygon;
    const closed = p[0]![0] === p.at(-1)![0] && p[0]![1] === p.at(-1)![1] ? p : [...p, p[0]!];
    if (closed.length < 4) throw problem('invalid-input', { detail: 'CAP 多边形至少四个点' });
    el('polygon', closed.map(([lat, lon]) => `${lat},${lon}`).join(' '), '      ');
  }
  if (a.area.circle) el('circle', `${a.area.circle.lat},${a.area.circle.lon} ${a.area.circle.km}`, '      ');
  out.push('    </area>', '  </info>');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<alert xmlns="${NS}">\n${out.join('\n')}\n</alert>\n`;
}
