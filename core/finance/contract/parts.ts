// What the schemas of the finance contract share: money, keys, places, names of kinds.
import * as z from 'zod';
import { paging } from '../../contract.ts';

/** Money is an integer number of fen everywhere in this contract; figures as published are decimal strings in the document's own unit. */
export const fen = z.number().int();
export const unit = z.string().min(1).max(300);
export const year = z.number().int().min(2000).max(2100);
export const yearQuery = z.coerce.number().int().min(2000).max(2100);
/** Stable key of a target or finding: it outlives the document version. */
export const stableKey = z.string().regex(/^[0-9a-f]{32}$/);
export const disclosureKinds = ['budget', 'final-account'] as const;
export const kind = z.enum(disclosureKinds);
export const moneyUnit = z.enum(['元', '万元']);
export const natureNames = ['≥', '≤', '=', '>', '<', '定性'] as const;
export const nature = z.enum(natureNames).nullable();
export const why = z.string().trim().min(1).max(2000);
/** A decimal amount as a person writes it; separators are not accepted. */
export const amount = z.string().regex(/^-?\d{1,13}(\.\d{1,6})?$/, '金额应为数字，不带千分位');

/** Where something stands: file (from 0), page or line, row and column of a sheet, all from 1. */
export const place = z.object({ file: z.number().optional(), page: z.number().optional(), line: z.number().optional(), row: z.number().optional(), column: z.number().optional() });
export const author = { by: z.string(), byName: z.string(), at: z.date() };

export const counts = z.record(z.string(), z.number());

export const list = { ...paging };
export const tag = 'finance';
export const files = ['multipart/form-data'];
export const attachment = 'application/octet-stream';
