// Open311 GeoReport v2 as values: reading a posted report, the shapes of services and requests, XML and JSON of both; no I/O.
import { type Field, formFaults } from '../form.ts';
import { dateOf } from '../time.ts';
import type { Matter } from './pack.ts';
import type { PublicService } from './public-services.ts';

/** One refusal in the standard's own form; `code` is at least as fine as the HTTP status. */
export interface Open311Error {
  code: number;
  description: string;
}
export interface Report {
  service: string;
  lat: number | null;
  long: number | null;
  address: string | null;
  description: string;
  mediaUrl: string | null;
  deviceId: string | null;
  /** Kept apart from everything public: name, telephone, e-mail. */
  personal: Record<string, string>;
  /** Answers to the service's own questions, by field name. */
  attributes: Record<string, unknown>;
}
export const MAX_DESCRIPTION = 4000;

/** The question every service asks of itself: what of the matter's conditions one sees. */
const CONDITION = 'condition';
const yes = { zh: '是', en: 'Yes' };
const no = { zh: '否', en: 'No' };

const datatype = (f: Field): string =>
  f.type === 'choice' || f.type === 'boolean'
    ? 'singlevaluelist'
    : f.type === 'choices'
      ? 'multivaluelist'
      : f.type === 'date' || f.type === 'instant'
        ? 'datetime'
        : f.type === 'number' || f.type === 'integer' || f.type === 'rating'
          ? 'number'
          : f.type === 'long'
            ? 'text'
            : 'string';
/** What a service asks, its matter's conditions first. */
export const questions = (service: PublicService, matter: Matter): Field[] => [
  {
    name: CONDITION,
    label: { zh: '所见情况', en: 'What is seen' },
    type: 'choice',
    required: false,
    personal: false,
    options: matter.conditions.map((c) => ({ value: c.code, label: c.name })),
  },
  ...service.form.filter((f) => f.name !== CONDITION),
];

/** `GET services`: one entry. */
export const serviceEntry = (service: PublicService, matter: Matter, group: string) => ({
  service_code: matter.code,
  service_name: matter.name.zh,
  description: service.description.zh,
  metadata: true,
  type: service.type,
  keywords: service.keywords.join(','),
  group,
});

/** `GET services/:code`: the questions as attributes. */
export const serviceDefinition = (service: PublicService, matter: Matter) => ({
  service_code: matter.code,
  attributes: questions(service, matter).map((f, i) => ({
    variable: true,
    code: f.name,
    datatype: datatype(f),
    required: f.required,
    datatype_description: f.help?.zh ?? f.unit ?? '',
    order: i + 1,
    description: f.label.zh,
    values:
      f.type === 'boolean'
        ? [
            { key: 'true', name: yes.zh },
            { key: 'false', name: no.zh },
          ]
        : (f.options ?? []).map((o) => ({ key: o.value, name: o.label.zh })),
  })),
});

const single = new Set([
  'api_key',
  'jurisdiction_id',
  'service_code',
  'lat',
  'long',
  'address_string',
  'address_id',
  'email',
  'device_id',
  'account_id',
  'first_name',
  'last_name',
  'phone',
  'description',
  'media_url',
]);
const decimal = /^[+-]?\d{1,3}(\.\d{1,15})?$/;
const unsafe = (v: string): boolean => v.includes('\u0000') || !v.isWellFormed();

/** Splits pairs into plain parameters and attribute values; an empty value counts as absent (O311-04). */
export function readPairs(pairs: readonly (readonly [string, string])[]): { plain: Map<string, string>; attributes: Map<string, string[]>; errors: Open311Error[] } {
  const plain = new Map<string, string>();
  const attributes = new Map<string, string[]>();
  const errors: Open311Error[] = [];
  for (const [name, value] of pairs) {
    if (unsafe(name) || unsafe(value)) {
      errors.push({ code: 400, description: '参数含有不能保存的字符' });
      continue;
    }
    if (value.trim() === '') continue;
    const attribute = /^attribute\[([A-Za-z0-9_-]{1,60})\](\[\d{0,3}\])?$/.exec(name);
    if (attribute) {
      const list = attributes.get(attribute[1]!) ?? [];
      list.push(value);
      attributes.set(attribute[1]!, list);
    } else if (name.startsWith('attribute[')) errors.push({ code: 400, description: `属性名 ${name.slice(0, 60)} 的写法不对，应为 attribute[代码] 或 attribute[代码][]` });
    else if (single.has(name)) {
      if (plain.has(name) && plain.get(name) !== value) errors.push({ code: 400, description: `参数 ${name} 重复` });
      plain.set(name, value);
    }
    // Unknown names are other vendors' extensions: ignored, as the standard asks.
  }
  return { plain, attributes, errors };
}

/** An answer as the form's field wants it; undefined when it cannot be read. */
function answer(f: Field, given: string[]): unknown {
  const v = given[0]!.trim();
  switch (f.type) {
    case 'choices':
      return given.flatMap((x) => x.split(',')).map((x) => x.trim());
    case 'boolean':
      return v === 'true' || v === '1' ? true : v === 'false' || v === '0' ? false : undefined;
    case 'number':
    case 'integer':
    case 'rating':
      return /^[+-]?\d{1,15}(\.\d{1,15})?$/.test(v) ? Number(v) : undefined;
    case 'date': {
      if (/^\d{4}-\d{2}-\d{2}$/.test(v)) return v;
      const at = /(Z|[+-]\d{2}:\d{2})$/.test(v) ? new Date(v) : new Date(Number.NaN);
      return Number.isNaN(at.getTime()) ? undefined : dateOf(at);
    }
    default:
      return given[0];
  }
}

/** Reads a posted report against a service; every fault is named at once. */
export function readReport(
  read: { plain: Map<string, string>; attributes: Map<string, string[]> },
  service: PublicService,
  matter: Matter,
): { report: Report; errors: Open311Error[] } {
  const { plain } = read;
  const errors: Open311Error[] = [];
  const bad = (description: string) => errors.push({ code: 400, description });
  const text = (name: string, max: number): string | null => {
    const v = plain.get(name)?.trim();
    if (v === undefined) return null;
    if ([...v].length > max) bad(`${name} 不超过 ${max} 字`);
    return v;
  };
  const number = (name: string, limit: number): number | null => {
    const v = plain.get(name)?.trim();
    if (v === undefined) return null;
    const n = decimal.test(v) ? Number(v) : Number.NaN;
    if (!(Math.abs(n) <= limit)) bad(`${name} 应为 -${limit} 至 ${limit} 的十进制度数（WGS84）`);
    return n;
  };
  const lat = number('lat', 90);
  const long = number('long', 180);
  const address = text('address_string', 300);
  if ((lat === null) !== (long === null)) bad('lat 与 long 须同时给出');
  else if (lat === null && address === null)
    bad(plain.has('address_id') ? '本中心没有地址编号库，请给出 lat 与 long，或 address_string' : '缺少位置：请给出 lat 与 long，或 address_string');
  const description = text('description', MAX_DESCRIPTION) ?? '';
  const mediaUrl = text('media_url', 1000);
  if (mediaUrl !== null && !/^https?:\/\/[^\s<>"]{3,}$/i.test(mediaUrl)) bad('media_url 应为 http 或 https 地址');
  const email = text('email', 200);
  if (email !== null && !/^[^\s@<>]+@[^\s@<>]+$/.test(email)) bad('email 的格式不对');
  const phone = text('phone', 40);
  if (phone !== null && !/^[+()\d\s#*,;x-]{3,40}$/i.test(phone)) bad('phone 的格式不对');
  const name = [text('last_name', 100), text('first_name', 100)].filter(Boolean).join(' ');
  text('account_id', 200);
  const deviceId = text('device_id', 200);
  const attributes: Record<string, unknown> = {};
  const asked = new Map(questions(service, matter).map((f) => [f.name, f]));
  for (const [code, given] of read.attributes) {
    const f = asked.get(code);
    if (!f) {
      bad(`服务 ${matter.code} 没有属性 ${code}`);
      continue;
    }
    if (f.type !== 'choices' && given.length > 1) bad(`属性 ${code} 只能有一个值`);
    const v = answer(f, given);
    if (v === undefined) bad(`属性 ${code}（${f.label.zh}）的值无法识别`);
    else attributes[code] = v;
  }
  if (!errors.length) for (const f of formFaults([...asked.values()], attributes, '')) bad(`属性 ${f.pointer.slice(1)}：${f.message}`);
  const personal: Record<string, string> = {};
  if (name) personal.contactName = name;
  if (phone) personal.contactPhone = phone;
  if (email) personal.contactEmail = email;
  return { report: { service: matter.code, lat, long, address, description, mediaUrl, deviceId, personal, attributes }, errors };
}

/** The report in words for whoever handles it: the reporter's text, then the answers. */
export function inWords(report: Report, service: PublicService, matter: Matter): string {
  const shown = (f: Field, v: unknown): string =>
    Array.isArray(v)
      ? v.map((x) => f.options?.find((o) => o.value === x)?.label.zh ?? String(x)).join('、')
      : typeof v === 'boolean'
        ? (v ? yes : no).zh
        : (f.options?.find((o) => o.value === v)?.label.zh ?? `${String(v)}${f.unit ? ` ${f.unit}` : ''}`);
  return [
    report.description,
    ...(report.lat === null && report.address ? [`报告的地址：${report.address}`] : []),
    ...questions(service, matter)
      .filter((f) => report.attributes[f.name] !== undefined)
      .map((f) => `${f.label.zh}：${shown(f, report.attributes[f.name])}`),
    ...(report.mediaUrl ? [`附图地址（未核验）：${report.mediaUrl}`] : []),
  ]
    .filter(Boolean)
    .join('\n');
}

/** A reporter's own words with what could name or reach a person taken out: numbers of seven digits and more, e-mail addresses, licence plates. */
export const masked = (text: string): string =>
  text
    .replace(/[^\s@，。；：、（）()<>"']{1,64}@[^\s@，。；：、（）()<>"']{1,100}/g, '***')
    .replace(/\+?\d(?:[ -]?[\dXx]){6,}/g, (m) => `${m.slice(0, 2)}***`)
    .replace(/[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·.\s]?[A-Z0-9]{4,5}[A-Z0-9挂学警港澳]/g, (m) => `${m.slice(0, 2)}***`);

const items: Record<string, string> = {
  services: 'service',
  service_requests: 'request',
  errors: 'error',
  attributes: 'attribute',
  values: 'value',
  endpoints: 'endpoint',
  formats: 'format',
};
// What XML 1.0 cannot hold at all is left out.
// eslint-disable-next-line no-control-regex
const gone = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
const escape = (v: string): string => v.replace(gone, '').toWellFormed().replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function element(name: string, value: unknown): string {
  if (value === null || value === undefined || value === '') return `<${name}/>`;
  if (Array.isArray(value)) return `<${name}>${value.map((v) => element(items[name] ?? 'item', v)).join('')}</${name}>`;
  if (typeof value === 'object')
    return `<${name}>${Object.entries(value)
      .map(([k, v]) => element(k, v))
      .join('')}</${name}>`;
  return `<${name}>${escape(String(value))}</${name}>`;
}
/** XML as GeoReport has it: no namespace, lists as plural and singular elements. */
export const xmlOf = (root: string, value: unknown): string => `<?xml version="1.0" encoding="utf-8"?>\n${element(root, value)}\n`;
