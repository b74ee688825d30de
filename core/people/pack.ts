// What a site pack says about its own organisation: units as a tree and the posts that get accounts.
import * as z from 'zod';
import { text } from '../contract.ts';
import { unitKind } from './contract.ts';
import { type Role, roleNames } from './roles.ts';

const code = z.string().regex(/^[a-z0-9][a-z0-9-]{0,40}$/);
interface UnitNode {
  code: string;
  name: { zh: string; en: string };
  kind: z.output<typeof unitKind>;
  area?: [number, number][] | undefined;
  children?: UnitNode[] | undefined;
}
const node: z.ZodType<UnitNode> = z.strictObject({
  code,
  name: text,
  kind: unitKind,
  /** Ring of lon/lat points, WGS84. */
  area: z
    .array(z.tuple([z.number(), z.number()]))
    .min(3)
    .optional(),
  children: z.lazy(() => z.array(node)).optional(),
});

export const centrePack = z.strictObject({
  code,
  name: text,
  demo: z.boolean().default(false),
  /** Areas are sketches, not surveyed boundaries; said on every map. */
  schematic: z.boolean().default(false),
  root: node,
  accounts: z.array(
    z.strictObject({
      login: z.string().regex(/^[a-z][a-z0-9.-]{1,40}$/),
      post: z.string().min(1).max(40),
      unit: z.string(),
      roles: z.array(z.strictObject({ role: z.enum(roleNames as [Role, ...Role[]]), over: z.string() })).min(1),
    }),
  ),
});
export type Centre = z.output<typeof centrePack>;
