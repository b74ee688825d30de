// CloudEvents 1.0 as they arrive over HTTP: structured, batch and binary mode read into one shape, faults named by pointer.
import type { ProblemItem } from '../problem.ts';

/** The hub's own type: `data` is a reading, a list of readings or `{stream: value}` of the thing named by `subject`. */
export const READINGS_TYPE = 'cn.ccg.signal.readings.v1';
/** Bytes of one event's data. */
export const MAX_DATA = 1024 * 1024;

export interface CloudEvent {
  id: string;
  source: string;
  type: string;
  subject?: string;
  time?: string;
  datacontenttype?: string;
  dataschema?: string;
  /** Parsed JSON, a text, or `{base64}` for bytes. */
  data: unknown;
  extensions: Record<string, string | number | boolean>;
}

const known = new Set(['specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype', 'dataschema', 'data', 'data_base64']);
const INSTANT = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;
// Control characters have no place in an attribute (CloudEvents 1.0, type system).
// eslint-disable-next-line no-control-regex
const control = /[\u0000-\u001f\u007f-\u009f]/;

/** Checks one event given as an object; faults go to `faults` with pointers below `at`. */
export function readEvent(value: unknown, at: string, faults: ProblemItem[]): CloudEvent | undefined {
  const before = faults.length;
  const say = (name: string, message: string) => {
    if (faults.length < 100) faults.push({ pointer: name ? `${at}/${name}` : at, message });
  };
  if (!value || typeof value !== 'object' || Array.isArray(value)) {
    say('', '事件应是一个对象');
    return undefined;
  }
  const e = value as Record<string, unknown>;
  if (e.specversion !== '1.0') say('specversion', e.specversion === undefined ? '缺少 specversion' : '只接受 specversion 1.0');
  const text = (name: string, required: boolean, max: number): string | undefined => {
    const v = e[name];
    if (v === undefined || v === null) {
      if (required) say(name, `缺少 ${name}`);
      return undefined;
    }
    if (typeof v !== 'string' || v === '' || v.length > max || control.test(v) || !v.isWellFormed()) {
      say(name, `${name} 应为 1–${max} 个字符的文字`);
      return undefined;
    }
    return v;
  };
  const id = text('id', true, 500);
  const source = text('source', true, 1000);
  if (source !== undefined && /[\s<>"{}|\\^`]/.test(source)) say('source', 'source 应是 URI 引用');
  const type = text('type', true, 300);
  const subject = text('subject', false, 500);
  const time = text('time', false, 60);
  if (time !== undefined && (!INSTANT.test(time) || Number.isNaN(Date.parse(time)))) say('time', 'time 应为 RFC 3339 时刻');
  const datacontenttype = text('datacontenttype', false, 200);
  if (datacontenttype !== undefined && !/^[\w.+-]+\/[\w.+*-]+\s*(;.*)?$/.test(datacontenttype)) say('datacontenttype', '不是媒体类型');
  const dataschema = text('dataschema', false, 1000);
  const extensions: Record<string, string | number | boolean> = {};
  for (const [k, v] of Object.entries(e)) {
    if (known.has(k)) continue;
    if (!/^[a-z0-9]{1,60}$/.test(k)) say(k.slice(0, 60).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1'), '属性名只能用小写字母与数字');
    else if (v === null) continue;
    else if (typeof v === 'boolean' || (typeof v === 'number' && Number.isInteger(v)) || (typeof v === 'string' && v.isWellFormed() && v.length <= 4000)) extensions[k] = v;
    else say(k, '扩展属性应为文字、整数或是否');
  }
  let data: unknown = e.data;
  if (e.data_base64 !== undefined && e.data_base64 !== null) {
    if (e.data !== undefined) say('data_base64', 'data 与 data_base64 只能有一个');
    else if (typeof e.data_base64 !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(e.data_base64) || e.data_base64.length % 4 !== 0) say('data_base64', '不是 base64');
    else data = { base64: e.data_base64 };
  }
  if (faults.length > before) return undefined;
  return {
    id: id!,
    source: source!,
    type: type!,
    ...(subject === undefined ? {} : { subject }),
    ...(time === undefined ? {} : { time }),
    ...(datacontenttype === undefined ? {} : { datacontenttype }),
    ...(dataschema === undefined ? {} : { dataschema }),
    data,
    extensions,
  };
}

/** The attributes of an event as a mapper sees them. */
export const attributesOf = (e: CloudEvent): Record<string, unknown> => ({ id: e.id, source: e.source, type: e.type, subject: e.subject, time: e.time, ...e.extensions });

/** Header names `ce-…` to an event object; values are percent-decoded. Undefined when no such header is there. */
export function fromHeaders(headers: Record<string, string | string[] | undefined>, at: string, faults: ProblemItem[]): Record<string, unknown> | undefined {
  const e: Record<string, unknown> = {};
  let any = false;
  for (const [name, given] of Object.entries(headers)) {
    if (!name.startsWith('ce-') || given === undefined) continue;
    any = true;
    const value = Array.isArray(given) ? given.join(',') : given;
    const attribute = name.slice(3);
    if (attribute === 'data' || attribute === 'datacontenttype' || attribute === 'data_base64') {
      faults.push({ pointer: `${at}/ce-${attribute}`, message: '二进制方式下不应有这个请求头' });
      continue;
    }
    try {
      e[attribute] = /%[0-9A-Fa-f]{2}/.test(value) ? decodeURIComponent(value) : value;
    } catch {
      faults.push({ pointer: `${at}/ce-${attribute}`, message: '百分号编码不是 UTF-8' });
    }
  }
  return any ? e : undefined;
}

/**
 * The readings an event of the hub's own type carries: references are relative to `subject` when it is given, times default to the event's.
 * A text says what is wrong.
 */
export function readingsOf(e: CloudEvent): unknown[] | string {
  if (e.data === undefined || e.data === null) return '没有 data';
  const raw = e.data as { readings?: unknown };
  const list = Array.isArray(e.data) ? e.data : typeof e.data === 'object' && Array.isArray(raw.readings) ? raw.readings : [e.data];
  const thing = e.subject;
  if (thing !== undefined && !/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/.test(thing)) return 'subject 应是设备编码';
  const out: unknown[] = [];
  for (const r of list as Record<string, unknown>[]) {
    if (!r || typeof r !== 'object' || Array.isArray(r)) {
      out.push(r);
      continue;
    }
    const time = r.time === undefined && r.times === undefined && e.time !== undefined ? { time: e.time } : {};
    if ('stream' in r && ('value' in r || 'values' in r)) {
      const relative = thing !== undefined && typeof r.stream === 'string' && !r.stream.includes('/');
      out.push({ ...r, ...(relative ? { stream: `${thing}/${r.stream as string}` } : {}), ...time });
    } else if (thing === undefined) out.push(r);
    else {
      const { time: own, ...values } = r;
      for (const [stream, value] of Object.entries(values)) out.push({ stream: `${thing}/${stream}`, value, ...(own === undefined ? time : { time: own }) });
    }
  }
  return out;
}
