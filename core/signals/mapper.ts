// Payload mappers: content that says how a device's or a platform's own message becomes readings (JSONata), checked, bounded, and run the same in packs' tests.
import jsonata from 'jsonata';
import * as z from 'zod';
import { text } from '../contract.ts';

const code = z.string().regex(/^[a-z][a-z0-9-]{0,60}$/);

/** What bounds an expression: milliseconds, depth of calls, longest list it may make. */
export const limits = { timeout: 500, stack: 200, sequence: 20_000 } as const;
/** Readings one message may give. */
export const MAX_MAPPED = 2000;
/** Bytes of a message. */
export const MAX_MESSAGE = 256 * 1024;

type Expression = ReturnType<typeof jsonata>;

const limited = (value: unknown, what: string): string => {
  if (typeof value !== 'string' || value.length > 16_384) throw new Error(`${what} 需要不超过 16 K 的文字`);
  return value.replace(/\s+/g, '');
};
/** A byte list from hex digits. */
function hex(value: unknown): number[] | undefined {
  if (value === undefined) return undefined;
  const v = limited(value, '$hex');
  if (!/^([0-9a-fA-F]{2})*$/.test(v)) throw new Error('$hex 需要成对的十六进制数字');
  return Array.from({ length: v.length / 2 }, (_, i) => Number.parseInt(v.slice(i * 2, i * 2 + 2), 16));
}
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** A byte list from base64, also in its URL form. */
function base64(value: unknown): number[] | undefined {
  if (value === undefined) return undefined;
  const v = limited(value, '$base64').replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/');
  if (!/^[A-Za-z0-9+/]*$/.test(v)) throw new Error('$base64 的内容不是 base64');
  const out: number[] = [];
  let buffer = 0;
  let bits = 0;
  for (const c of v) {
    buffer = ((buffer << 6) | alphabet.indexOf(c)) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.push((buffer >> bits) & 255);
    }
  }
  return out;
}
const part = (list: unknown, from: number, count: number, little: unknown): number[] => {
  if (!Array.isArray(list) || !Number.isInteger(from) || from < 0 || from + count > list.length) throw new Error('字节不够');
  const p = list.slice(from, from + count) as number[];
  return little === true ? p.reverse() : p;
};
/** Unsigned integer of 1–6 bytes, big end first unless told. */
const uint = (list: unknown, from: number, count: number, little: unknown): number => {
  if (!(count >= 1 && count <= 6)) throw new Error('$uint 的字节数应为 1 至 6');
  return part(list, from, count, little).reduce((n, b) => n * 256 + b, 0);
};
const int = (list: unknown, from: number, count: number, little: unknown): number => {
  const v = uint(list, from, count, little);
  return v >= 2 ** (count * 8 - 1) ? v - 2 ** (count * 8) : v;
};
/** IEEE 754 single precision. */
const float32 = (list: unknown, from: number, little: unknown): number => {
  const view = new DataView(new ArrayBuffer(4));
  part(list, from, 4, little).forEach((b, i) => view.setUint8(i, b));
  return view.getFloat32(0);
};

const compile = (source: string): Expression => {
  const e = jsonata(source, limits);
  e.registerFunction('hex', hex);
  e.registerFunction('base64', base64);
  e.registerFunction('uint', uint);
  e.registerFunction('int', int);
  e.registerFunction('float32', float32);
  return e;
};
const expression = z
  .string()
  .min(1)
  .max(8000)
  .superRefine((source, ctx) => {
    try {
      jsonata(source, limits);
    } catch (error) {
      const e = error as { message?: string; position?: number };
      ctx.addIssue({ code: 'custom', message: `JSONata 有误：${e.message ?? '无法解析'}（第 ${(e.position ?? 0) + 1} 个字符）` });
    }
    // `$eval` would run what a message says.
    if (/\$eval\b/.test(source)) ctx.addIssue({ code: 'custom', message: '不能使用 $eval' });
  });

export const mapperPack = z.strictObject({
  code,
  name: text,
  /** Where the form of the message is described. */
  sourceRef: z.string().min(3),
  /** MQTT topics (`+` and a final `#` allowed) and CloudEvents types this speaks for; by name it is always reached. */
  on: z
    .strictObject({
      topics: z
        .array(z.string().regex(/^[^\s+#\u0000]*(?:(?<=^|\/)\+(?=\/|$)[^\s+#\u0000]*)*(?:(?<=^|\/)#)?$/))
        .max(20)
        .default([]),
      types: z.array(z.string().min(1).max(200)).max(20).default([]),
    })
    .default({ topics: [], types: [] }),
  /** How the bytes are read before the expression sees them. */
  format: z.enum(['json', 'text', 'hex']).default('json'),
  /** True for messages that carry no readings (joins, acknowledgements): taken and forgotten. */
  ignore: expression.optional(),
  /**
   * Gives `{thing, stream, value, time?, quality?}`, a list of them, or `{thing, time?, values: {stream: value}}`. The message is `$`;
   * `$topic` the levels of the topic, `$event` the event's attributes, `$hex(text)` and `$base64(text)` give bytes, `$uint(bytes, from, count, little)`, `$int`, `$float32(bytes, from, little)` read them.
   */
  readings: expression,
  /** Readings of streams that a known device has not: kept aside with the reason, or dropped (platforms send much that nobody registered). */
  unknownStream: z.enum(['quarantine', 'drop']).default('quarantine'),
  /** Messages with what must come of them; run by `packs check`. */
  examples: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(100),
        topic: z.string().max(500).optional(),
        payload: z.unknown(),
        readings: z
          .array(z.strictObject({ thing: z.string(), stream: z.string(), value: z.unknown(), time: z.union([z.string(), z.number()]).optional(), quality: z.number().optional() }))
          .optional(),
        ignored: z.boolean().default(false),
        /** The message is bad, with a reason that contains this. */
        fault: z.string().optional(),
      }),
    )
    .min(1)
    .max(50),
});
export type Mapper = z.output<typeof mapperPack>;

export interface MappedReading {
  thing: string;
  stream: string;
  value: unknown;
  /** RFC 3339 with offset, or milliseconds; absent: when it arrived. */
  time?: string | number;
  quality?: number;
}
export interface MapInput {
  payload: unknown;
  topic?: string | undefined;
  /** Attributes of the CloudEvent it came in. */
  event?: Record<string, unknown> | undefined;
}
export type MapOutcome = { readings: MappedReading[] } | { ignored: true } | { fault: string };

/** What is wrong with JSON from outside, before anything reads it: depth, names that objects have of themselves, characters no database keeps (API-18). */
export function jsonFault(value: unknown, depth = 0): string | undefined {
  if (depth > 32) return '嵌套超过 32 层';
  if (typeof value === 'string') return value.includes('\u0000') || !value.isWellFormed() ? '含有不能保存的字符' : undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : '不是有限的数';
  if (Array.isArray(value)) {
    for (const v of value) {
      const f = jsonFault(v, depth + 1);
      if (f) return f;
    }
    return undefined;
  }
  if (value && typeof value === 'object')
    for (const [k, v] of Object.entries(value)) {
      if (k === '__proto__' || k === 'constructor' || k === 'prototype') return `不允许的名称 ${k}`;
      const f = jsonFault(k, depth + 1) ?? jsonFault(v, depth + 1);
      if (f) return f;
    }
  return undefined;
}

const name = /^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/;
const nameOf = (v: unknown): string | undefined => (typeof v === 'number' && Number.isSafeInteger(v) ? String(v) : typeof v === 'string' && name.test(v) ? v : undefined);
/** Copies of lists and objects as JSON has them: the library's sequences carry marks of their own. */
const plain = (v: unknown): unknown =>
  Array.isArray(v) ? Array.from(v, plain) : v && typeof v === 'object' ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, plain(x)])) : v;

/** What an expression gave, as readings; a text says why it is none. */
export function readMapped(result: unknown): MappedReading[] | string {
  const list = result === undefined || result === null ? [] : Array.isArray(result) ? result : [result];
  const out: MappedReading[] = [];
  const add = (thing: unknown, stream: unknown, value: unknown, time: unknown, quality: unknown): string | undefined => {
    const t = nameOf(thing);
    const s = nameOf(stream);
    if (t === undefined) return `thing 应是设备编码，得到 ${JSON.stringify(thing)?.slice(0, 60) ?? '空'}`;
    if (s === undefined) return `stream 应是数据流编码，得到 ${JSON.stringify(stream)?.slice(0, 60) ?? '空'}`;
    if (value === undefined || typeof value === 'function') return `${t}/${s} 没有值`;
    if (time !== undefined && time !== null && typeof time !== 'string' && typeof time !== 'number') return `${t}/${s} 的时间应为文字或毫秒数`;
    if (quality !== undefined && !(Number.isInteger(quality) && (quality as number) >= 0 && (quality as number) <= 9)) return `${t}/${s} 的质量标记应为 0 至 9`;
    if (out.length >= MAX_MAPPED) return `一条消息最多 ${MAX_MAPPED} 个读数`;
    out.push({
      thing: t,
      stream: s,
      value: plain(value),
      ...(time === undefined || time === null ? {} : { time: time as string | number }),
      ...(quality ? { quality: quality as number } : {}),
    });
    return undefined;
  };
  for (const r of list as Record<string, unknown>[]) {
    if (!r || typeof r !== 'object' || Array.isArray(r)) return '映射的结果应是读数对象';
    if ('values' in r) {
      if (!r.values || typeof r.values !== 'object' || Array.isArray(r.values)) return 'values 应是“数据流：值”';
      for (const [stream, value] of Object.entries(r.values)) {
        const fault = add(r.thing, stream, value, r.time, r.quality);
        if (fault) return fault;
      }
    } else {
      const fault = add(r.thing, r.stream, r.value, r.time, r.quality);
      if (fault) return fault;
    }
  }
  return out;
}

/** Reads a message's text as its mapper wants it; throws with a reason. */
export function readMessage(format: Mapper['format'], body: string): unknown {
  if (format === 'hex') {
    if (!/^([0-9a-fA-F]{2})*$/.test(body.trim())) throw new Error('不是十六进制文字');
    return body.trim();
  }
  let value: unknown = body;
  if (format === 'json')
    try {
      value = JSON.parse(body);
    } catch (error) {
      throw new Error(`不是有效的 JSON：${(error as Error).message.slice(0, 120).toWellFormed()}`, { cause: error });
    }
  const fault = jsonFault(value);
  if (fault) throw new Error(fault);
  return value;
}

const said = (error: unknown): string => {
  const e = error as { code?: string; message?: string };
  if (e.code === 'D1012') return '映射超时';
  if (e.code === 'D1011') return '映射嵌套过深';
  if (e.code === 'D2015' || e.code === 'D2014') return '映射产生的列表过长';
  return `映射出错：${(e.message ?? String(error)).slice(0, 200).toWellFormed()}`;
};

/** A mapper ready to run; nothing it does reaches outside its input, and it ends within its limits or with a fault. */
export class MapperProgram {
  readonly #ignore: Expression | undefined;
  readonly #readings: Expression;
  constructor(spec: Pick<Mapper, 'ignore' | 'readings'>) {
    this.#ignore = spec.ignore === undefined ? undefined : compile(spec.ignore);
    this.#readings = compile(spec.readings);
  }
  async run(input: MapInput): Promise<MapOutcome> {
    const bindings = { topic: input.topic?.split('/') ?? [], event: input.event ?? {} };
    try {
      if (this.#ignore && (await this.#ignore.evaluate(input.payload, bindings)) === true) return { ignored: true };
      const readings = readMapped(await this.#readings.evaluate(input.payload, bindings));
      return typeof readings === 'string' ? { fault: readings } : { readings };
    } catch (error) {
      return { fault: said(error) };
    }
  }
}

/** Whether an MQTT topic fits a filter with `+` and `#`. */
export function topicFits(filter: string, topic: string): boolean {
  const f = filter.split('/');
  const t = topic.split('/');
  for (const [i, level] of f.entries()) {
    if (level === '#') return true;
    if (i >= t.length || (level !== '+' && level !== t[i])) return false;
  }
  return f.length === t.length;
}

/** Why an example of a mapper does not hold; undefined when it does. */
export async function exampleFault(mapper: Mapper, example: Mapper['examples'][number]): Promise<string | undefined> {
  let payload: unknown = example.payload;
  try {
    payload = readMessage(mapper.format, typeof payload === 'string' && mapper.format !== 'json' ? payload : JSON.stringify(payload));
  } catch (error) {
    const reason = (error as Error).message;
    return example.fault !== undefined && reason.includes(example.fault) ? undefined : reason;
  }
  const got = await new MapperProgram(mapper).run({ payload, topic: example.topic });
  if ('fault' in got) return example.fault !== undefined && got.fault.includes(example.fault) ? undefined : got.fault;
  if (example.fault !== undefined) return `应有问题“${example.fault}”，却得到 ${JSON.stringify(got).slice(0, 300)}`;
  if ('ignored' in got) return example.ignored ? undefined : '被忽略';
  if (example.ignored) return `应忽略，却得到 ${JSON.stringify(got.readings).slice(0, 300)}`;
  const order = (r: MappedReading) => JSON.stringify([r.thing, r.stream, r.time ?? null, r.value, r.quality ?? 0]);
  const want = (example.readings ?? []).map((r) => order(r as MappedReading)).sort();
  const have = got.readings.map(order).sort();
  return want.join('\n') === have.join('\n') ? undefined : `应得 ${want.join(' ')}，得到 ${have.join(' ')}`;
}
