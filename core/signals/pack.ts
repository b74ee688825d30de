// Device profiles: what a kind of device measures, how often, and what makes its readings believable.
import * as z from 'zod';
import { text } from '../contract.ts';

const code = z.string().regex(/^[a-z][a-z0-9-]{0,60}$/);
export const profilePack = z
  .strictObject({
    code,
    name: text,
    /** 物联设备, 视频, 专线, 机房, 网站 … */
    kind: z.enum(['iot', 'video', 'line', 'room', 'site', 'manual']),
    /** ISO 8601: silence for twice as long means the device is silent. */
    interval: z.string().regex(/^PT?\w+$/),
    streams: z
      .array(
        z.strictObject({
          code,
          name: text,
          unit: z.string().max(20),
          /** Physically possible readings; others are kept but flagged. */
          min: z.number().optional(),
          max: z.number().optional(),
          /** A cumulative meter read by hand: digits it shows, and the stream that gets the use between two counts. */
          meter: z.strictObject({ digits: z.number().int().min(1).max(12), used: code }).optional(),
        }),
      )
      .min(1),
    sourceRef: z.string().optional(),
  })
  .refine((p) => p.streams.every((s) => !s.meter || p.streams.some((x) => x.code === s.meter!.used && x !== s)), { error: '抄表的 used 须是同一类型的另一条数据流' });
export type Profile = z.output<typeof profilePack>;
