// HTTP contract of readings by hand and meter readings: what a post may enter, what it entered.
import * as z from 'zod';
import { bigId, instant, page, paging, route } from '../contract.ts';

const stream = z.object({
  stream: bigId,
  thing: z.string(),
  thingName: z.string(),
  unit: z.string(),
  code: z.string(),
  name: z.string(),
  measure: z.string(),
  min: z.number().nullable(),
  max: z.number().nullable(),
  /** A meter: digits it shows, and where the use between two readings goes. */
  meter: z.object({ digits: z.number(), used: z.string() }).nullable(),
  last: z.object({ at: z.date(), value: z.number().nullable() }).nullable(),
});

export const byHandApi = {
  streams: route({
    id: 'streamsByHand',
    method: 'GET',
    path: '/api/signals/by-hand/streams',
    tag: 'signals',
    access: 'signal.write',
    summary: { zh: '可人工填报的数据流与上次读数', en: 'Streams to enter by hand' },
    query: z.strictObject({ ...paging, unit: z.string().max(300).optional(), text: z.string().max(100).optional(), all: z.enum(['true', 'false']).default('false') }),
    output: page(stream),
  }),
  enter: route({
    id: 'enterReadings',
    method: 'POST',
    path: '/api/signals/by-hand',
    tag: 'signals',
    access: 'signal.write',
    idempotent: true,
    status: 201,
    summary: { zh: '人工填报与抄表（全部成功或全不）', en: 'Enter readings by hand' },
    body: z.strictObject({
      readings: z
        .array(
          z.strictObject({
            stream: z.string().min(1).max(200),
            at: instant,
            value: z.number(),
            /** The meter went through zero. */
            rollover: z.boolean().optional(),
            /** The meter was replaced; the new one began at this count. */
            start: z.number().min(0).optional(),
            /** The value is right although it lies outside what is thought possible. */
            confirmed: z.boolean().optional(),
            note: z.string().max(500).optional(),
          }),
        )
        .min(1)
        .max(500),
    }),
    output: z.object({ stored: z.number(), duplicates: z.number(), used: z.array(z.object({ stream: z.string(), used: z.number(), rolled: z.boolean() })) }),
  }),
};
