// A request sent again with its Idempotency-Key is answered as the first time, from the transaction that did it (API-12, STA-063).
import { createHash } from 'node:crypto';
import { StaFault } from '#core/signals/sta/fault.ts';
import type { Sql } from '../../platform/db.ts';
import type { Caller } from './caller.ts';

export interface Key {
  key: string;
  scope: string;
  print: Buffer;
}
/** The key of a request; undefined when it has none. */
export function keyOf(caller: Caller, header: unknown, path: string, body: string): Key | undefined {
  if (header === undefined) return undefined;
  if (typeof header !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(header)) throw new StaFault(400, 'Idempotency-Key 应为 1–200 个可见 ASCII 字符');
  return { key: header, scope: `sta:${caller.actor.account ?? caller.source}`, print: createHash('sha256').update(`${path}\n${body}`).digest() };
}

/** Claims the key in this transaction; gives what was answered before, if it was. */
export async function claim(sql: Sql, k: Key): Promise<unknown> {
  const mine = await sql`insert into idempotency (scope, key, fingerprint) values (${k.scope}, ${k.key}, ${k.print}) on conflict do nothing returning key`;
  if (mine.length) return undefined;
  const [before] = await sql<
    { fingerprint: Buffer; status: number | null; reply: unknown }[]
  >`select fingerprint, status, reply from idempotency where scope = ${k.scope} and key = ${k.key}`;
  if (before && !before.fingerprint.equals(k.print)) throw new StaFault(422, '同一 Idempotency-Key 用于不同内容');
  if (!before || before.status === null) throw new StaFault(409, '同一请求正在处理', undefined, 1);
  return before.reply;
}
/** Keeps the answer with the key. */
export async function answered(sql: Sql, k: Key, reply: unknown): Promise<void> {
  await sql`update idempotency set status = 201, reply = ${JSON.stringify(reply)}::text::jsonb where scope = ${k.scope} and key = ${k.key}`;
}
