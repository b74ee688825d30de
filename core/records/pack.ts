// Ledgers (台账) as data: what an entry holds, what it counts for, what evidence is asked and why.
import * as z from 'zod';
import { text } from '../contract.ts';
import { fields } from '../form.ts';

export const ledgerPack = z.strictObject({
  code: z.string().regex(/^[a-z][a-z0-9-]{0,60}$/),
  name: text,
  purpose: text,
  owner: z.string(),
  fields,
  /** Evidence may be attached; asked for only with a reason. */
  evidence: z.strictObject({ wanted: z.boolean(), reason: text }),
});
export type Ledger = z.output<typeof ledgerPack>;
