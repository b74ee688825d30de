// Forms as data: the fields that flows, ledgers and surveys ask for, checked the same way in the browser and on the server.
import * as z from 'zod';
import { type Text, text } from './contract.ts';
import type { ProblemItem } from './problem.ts';

export const field = z
  .strictObject({
    name: z.string().regex(/^[a-z][A-Za-z0-9]{0,40}$/),
    label: text,
    type: z.enum(['text', 'long', 'number', 'integer', 'boolean', 'choice', 'choices', 'date', 'instant', 'file', 'rating']),
    required: z.boolean().default(false),
    /** Unit of a number: 次, ℃, 万元. */
    unit: z.string().max(20).optional(),
    help: text.optional(),
    options: z
      .array(z.strictObject({ value: z.string().max(80), label: text }))
      .max(100)
      .optional(),
    min: z.number().optional(),
    max: z.number().optional(),
    maxLength: z.number().int().max(20_000).optional(),
    /** Why this is asked for at all; required for photographs and files (国办函〔2026〕12号). */
    reason: text.optional(),
    /** Personal data: masked unless somebody says why he must see it. */
    personal: z.boolean().default(false),
  })
  .refine((f) => !(f.type === 'choice' || f.type === 'choices') || (f.options?.length ?? 0) > 0, { error: '选项字段须给出 options' })
  .refine((f) => f.type !== 'file' || f.reason, { error: '附件字段须写明理由 reason' });
export type Field = z.output<typeof field>;
export const fields = z
  .array(field)
  .max(60)
  .superRefine((list, ctx) => {
    const seen = new Set<string>();
    for (const [i, f] of list.entries()) {
      if (seen.has(f.name)) ctx.addIssue({ code: 'custom', message: `字段 ${f.name} 重复`, path: [i, 'name'] });
      seen.add(f.name);
    }
  });

const dateForm = /^\d{4}-\d{2}-\d{2}$/;
const words = (t: Text): string => t.zh;

/** Checks data against fields; gives what is wrong, by pointer below `at`. Unknown names are wrong too. */
export function formFaults(list: readonly Field[], data: Record<string, unknown>, at = '/body/form'): ProblemItem[] {
  const faults: ProblemItem[] = [];
  const known = new Set(list.map((f) => f.name));
  for (const name of Object.keys(data)) if (!known.has(name)) faults.push({ pointer: `${at}/${name}`, message: '没有这个字段' });
  for (const f of list) {
    const v = data[f.name];
    const say = (message: string) => faults.push({ pointer: `${at}/${f.name}`, message: `${words(f.label)}：${message}` });
    if (v === undefined || v === null || v === '' || (Array.isArray(v) && v.length === 0)) {
      if (f.required) say('必填');
      continue;
    }
    switch (f.type) {
      case 'text':
      case 'long':
        if (typeof v !== 'string') say('应为文字');
        else if (v.length > (f.maxLength ?? (f.type === 'text' ? 200 : 5000))) say(`不超过 ${f.maxLength ?? (f.type === 'text' ? 200 : 5000)} 字`);
        break;
      case 'number':
      case 'integer':
      case 'rating':
        if (typeof v !== 'number' || !Number.isFinite(v)) say('应为数字');
        else if (f.type !== 'number' && !Number.isInteger(v)) say('应为整数');
        else if (f.min !== undefined && v < f.min) say(`不小于 ${f.min}`);
        else if (f.max !== undefined && v > f.max) say(`不大于 ${f.max}`);
        else if (f.type === 'rating' && (v < 1 || v > (f.max ?? 5))) say(`应在 1 与 ${f.max ?? 5} 之间`);
        break;
      case 'boolean':
        if (typeof v !== 'boolean') say('应为是或否');
        break;
      case 'choice':
        if (!f.options!.some((o) => o.value === v)) say('不在选项中');
        break;
      case 'choices':
        if (!Array.isArray(v) || v.some((x) => !f.options!.some((o) => o.value === x))) say('不在选项中');
        break;
      case 'date':
        if (typeof v !== 'string' || !dateForm.test(v) || Number.isNaN(Date.parse(v))) say('应为日期');
        break;
      case 'instant':
        if (typeof v !== 'string' || !/(Z|[+-]\d{2}:\d{2})$/.test(v) || Number.isNaN(Date.parse(v))) say('应为带时区的时刻');
        break;
      case 'file':
        if (!Array.isArray(v) || v.some((x) => typeof x !== 'string' || !/^[0-9a-f]{64}$/.test(x))) say('应为附件编号');
        break;
    }
  }
  return faults;
}
