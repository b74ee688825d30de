// What a centre offers the public to report through open interfaces (Open311): which matters, what is asked for each, who may send.
import * as z from 'zod';
import { text } from '../contract.ts';
import { fields } from '../form.ts';

const code = z.string().regex(/^[a-z][a-z0-9-]{0,60}$/);

export const publicServicesPack = z.strictObject({
  /** The `jurisdiction_id` of Open311. */
  code,
  name: text,
  /** How the public reaches the office that answers for the interface; no person's name. */
  contact: z.string().min(2).max(500),
  /** How another system asks for a key. */
  keyService: z.string().min(2).max(500),
  /** `key`: only systems with a key may report; `open`: anybody may, slowly. */
  intake: z.enum(['key', 'open']).default('key'),
  type: z.enum(['production', 'test']).default('production'),
  /** Changes when the offer changes; shown to other systems. */
  changeset: z.iso.datetime({ offset: true }),
  /** The flow that a report begins. */
  flow: code,
  /** What the public may read of a reporter's own words: nothing, or the text with numbers and addresses of persons masked. */
  publish: z.enum(['nothing', 'masked']).default('nothing'),
  services: z
    .array(
      z.strictObject({
        matter: code,
        description: text,
        keywords: z.array(z.string().max(40)).max(20).default([]),
        /** Said to whoever reports it: what happens next. */
        notice: text.optional(),
        /** `realtime`: the number of the report is given at once; `batch`: a token first. */
        type: z.enum(['realtime', 'batch']).default('realtime'),
        /** What is asked besides place and description; never personal. */
        form: fields.default([]).refine((list) => list.every((f) => !f.personal && f.type !== 'file'), { error: '公众上报的补充字段不能是个人信息或附件' }),
      }),
    )
    .min(1)
    .refine((list) => new Set(list.map((s) => s.matter)).size === list.length, { error: '同一事项只能列一次' }),
});
export type PublicServices = z.output<typeof publicServicesPack>;
export type PublicService = PublicServices['services'][number];
