// What packs say about working time: published days off and make-up days, and the office hours of the site.
import * as z from 'zod';
import { text } from '../contract.ts';

const minute = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

export const calendarPack = z
  .strictObject({
    code: z.string().regex(/^[a-z][a-z0-9-]{0,60}$/),
    name: text,
    /** Last day whose arrangement is published; left out, the one the library holds. */
    publishedThrough: z.iso.date().optional(),
    hours: z
      .array(z.strictObject({ from: minute, to: minute }))
      .min(1)
      .optional(),
    /** Days that differ from the published table: a new year's notice, a local day off. */
    days: z.array(z.strictObject({ date: z.iso.date(), work: z.boolean(), name: z.string().min(1).max(40), sourceRef: z.string().min(3) })).default([]),
    sourceRef: z.string().min(3),
  })
  .superRefine((c, ctx) => {
    for (const [i, h] of (c.hours ?? []).entries()) {
      if (h.from >= h.to) ctx.addIssue({ code: 'custom', message: '上班时间应早于下班时间', path: ['hours', i, 'to'] });
      if (i > 0 && h.from < c.hours![i - 1]!.to) ctx.addIssue({ code: 'custom', message: '办公时段应依次排列，不重叠', path: ['hours', i, 'from'] });
    }
    const seen = new Set<string>();
    for (const [i, d] of c.days.entries()) {
      if (seen.has(d.date)) ctx.addIssue({ code: 'custom', message: `${d.date} 重复`, path: ['days', i, 'date'] });
      seen.add(d.date);
    }
  });
export type CalendarPack = z.output<typeof calendarPack>;
