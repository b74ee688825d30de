// Ledgers (台账) as data: what an entry holds, what evidence is asked and why; nothing personal, no photograph without a reason.
import * as z from 'zod';
import { text } from '../contract.ts';
import { fields } from '../form.ts';

export const ledgerPack = z
  .strictObject({
    code: z.string().regex(/^[a-z][a-z0-9-]{0,60}$/),
    name: text,
    purpose: text,
    /** Code below the district of the unit that keeps it. */
    owner: z.string(),
    fields,
    /** The field that says when the work was done; the first date or instant unless named. */
    when: z.string().optional(),
    /** Evidence may be attached; asked for only with a reason. */
    evidence: z.strictObject({ wanted: z.boolean(), reason: text }),
  })
  .superRefine((l, ctx) => {
    const say = (message: string, ...path: (string | number)[]) => ctx.addIssue({ code: 'custom', message, path });
    const dated = l.fields.filter((f) => f.type === 'date' || f.type === 'instant');
    const when = l.when ? l.fields.find((f) => f.name === l.when) : dated[0];
    if (!when || !dated.includes(when)) say('台账须有一个日期或时刻字段说明何时完成', ...(l.when ? ['when'] : ['fields']));
    else if (!when.required) say('说明何时完成的字段须为必填', 'fields', l.fields.indexOf(when), 'required');
    for (const [i, f] of l.fields.entries()) {
      if (f.personal) say('台账不登记个人信息', 'fields', i, 'personal');
      if (f.type === 'file') say('附件不作为字段，见 evidence', 'fields', i, 'type');
    }
  });
export type Ledger = z.output<typeof ledgerPack>;
