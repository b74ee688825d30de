// HTTP contract of mappers: which there are, what one makes of a message, and what was set aside tried again after it was put right.
import * as z from 'zod';
import { route, text } from '../contract.ts';

const params = z.strictObject({ mapper: z.string().regex(/^[a-z][a-z0-9-]{0,60}$/) });
const reading = z.object({ thing: z.string(), stream: z.string(), value: z.unknown(), time: z.union([z.string(), z.number()]).optional(), quality: z.number().optional() });

export const mappersApi = {
  list: route({
    id: 'listMappers',
    method: 'GET',
    path: '/api/signals/mappers',
    tag: 'signals',
    access: 'thing.manage',
    summary: { zh: '别家消息的映射', en: 'Payload mappers' },
    output: z.object({
      items: z.array(
        z.object({
          code: z.string(),
          name: text,
          format: z.string(),
          topics: z.array(z.string()),
          types: z.array(z.string()),
          sourceRef: z.string(),
          examples: z.array(z.object({ name: z.string(), topic: z.string().nullable(), payload: z.unknown() })),
          /** Messages and readings of it that wait in quarantine. */
          waiting: z.number(),
        }),
      ),
    }),
  }),
  try: route({
    id: 'tryMapper',
    method: 'POST',
    path: '/api/signals/mappers/:mapper/try',
    tag: 'signals',
    access: 'thing.manage',
    summary: { zh: '试一条消息（不写入）', en: 'Try a message, writing nothing' },
    params,
    body: z.strictObject({ payload: z.string().max(256 * 1024), topic: z.string().max(500).optional() }),
    output: z.object({
      ignored: z.boolean(),
      fault: z.string().nullable(),
      /** `known`: such a stream is registered and within the caller's reach. */
      readings: z.array(reading.extend({ known: z.boolean() })),
    }),
  }),
  replay: route({
    id: 'replayMapper',
    method: 'POST',
    path: '/api/signals/mappers/:mapper/replay',
    tag: 'signals',
    access: 'thing.manage',
    summary: { zh: '重试隔离的消息（改好映射或登记设备之后）', en: 'Try again what was set aside' },
    params,
    body: z.strictObject({}),
    /** `taken` rows left quarantine; `waiting` stay, each with its present reason; `left` were not looked at this time. */
    output: z.object({ taken: z.number(), stored: z.number(), duplicates: z.number(), waiting: z.number(), left: z.number() }),
  }),
};
