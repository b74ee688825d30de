// HTTP contract of packs: what content is current, and site overlays on it.
import * as z from 'zod';
import { route } from '../contract.ts';

const params = z.strictObject({ kind: z.string().regex(/^[a-z-]{1,40}$/), code: z.string().regex(/^[a-z0-9-]{1,80}$/) });
export const packsApi = {
  list: route({
    id: 'listContent',
    method: 'GET',
    path: '/api/packs',
    tag: 'packs',
    access: 'pack.read',
    summary: { zh: '当前内容', en: 'Current content' },
    output: z.object({
      version: z.string(),
      importedAt: z.date(),
      kinds: z.array(z.object({ kind: z.string(), items: z.array(z.object({ code: z.string(), name: z.string(), file: z.string(), local: z.boolean() })) })),
    }),
  }),
  item: route({
    id: 'readContent',
    method: 'GET',
    path: '/api/packs/:kind/:code',
    tag: 'packs',
    access: 'pack.read',
    summary: { zh: '一项内容的原文', en: 'Source of one item' },
    params,
    output: z.object({ file: z.string(), text: z.string(), local: z.boolean() }),
  }),
  put: route({
    id: 'putContent',
    method: 'PUT',
    path: '/api/packs/:kind/:code',
    tag: 'packs',
    access: 'pack.manage',
    summary: { zh: '本地修改一项（生成新版本）', en: 'Overlay one item' },
    params,
    body: z.strictObject({ text: z.string().min(1).max(200_000) }),
    output: z.object({ version: z.string() }),
  }),
  drop: route({
    id: 'dropContent',
    method: 'DELETE',
    path: '/api/packs/:kind/:code',
    tag: 'packs',
    access: 'pack.manage',
    summary: { zh: '撤销本地修改', en: 'Drop the overlay' },
    params,
    output: z.object({ version: z.string() }),
  }),
};
