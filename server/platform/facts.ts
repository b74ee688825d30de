// The facts log: append inside a command, follow with a named cursor. There is no second event bus.
import { createHash, randomBytes } from 'node:crypto';
import { type Fact, type NewFact, canonicalJson } from '#core/fact.ts';
import type { Hub, Work } from './hub.ts';
import { loop } from './loop.ts';
import type { Db } from './db.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Digest of one fact's content; `fact_heads` chains these per subject. */
export const factDigest = (f: { at: Date; realm: string; by: string; kind: string; subject: string; unit: string | null; data: unknown }): string =>
  sha256(canonicalJson([f.at.toISOString(), f.realm, f.by, f.kind, f.subject, f.unit, f.data]));

/** Appends facts to the log in the transaction of `work`; they are visible to followers once it commits. */
export async function append(work: Work, facts: NewFact[]): Promise<void> {
  if (!facts.length) return;
  const items: unknown[] = [];
  for (const f of facts) {
    let data = JSON.parse(JSON.stringify(f.data)) as Record<string, unknown>;
    if (f.erasable) {
      const salt = randomBytes(16).toString('hex');
      const digest = sha256(salt + canonicalJson(f.erasable));
      await work.tx`insert into fact_texts (digest, salt, data) values (${digest}, ${salt}, ${work.tx.json(f.erasable as never)})`;
      data = { ...data, textDigest: digest };
    }
    const unit = f.unit ?? null;
    items.push({
      at: work.at.toISOString(),
      by: work.by,
      kind: f.kind,
      subject: f.subject,
      unit,
      data,
      digest: factDigest({ at: work.at, realm: work.realm, by: work.by, kind: f.kind, subject: f.subject, unit, data }),
    });
  }
  await work.tx`select append_facts(${work.realm}, ${work.request}, ${work.tx.json(items as never)})`;
}

// Columns cast to text take their own names: order by must name the table's, or PostgreSQL sorts the text (1000 before 999).
const columns = `position::text, tx::text, at, realm, by, kind, subject, unit, data, seq::int, encode(hash, 'hex') as hash`;

/** Facts of one subject in order: its history. */
export async function history(db: Db, subject: string): Promise<Fact[]> {
  return (await db.unsafe(`select ${columns} from facts where subject = $1 order by seq`, [subject])) as unknown as Fact[];
}

/**
 * Facts after a place in the log that no unfinished transaction can still precede, in the order of (transaction, position).
 * A transaction that waited for another's subject has the lower number and the higher position: sort by position where the
 * order within a subject matters, as followers get them.
 */
export async function factsAfter(db: Db, after: { tx: string; position: string }, limit = 500): Promise<Fact[]> {
  return (await db.unsafe(
    `select ${columns} from facts
     where (tx, position) > ($1::text::xid8, $2::text::bigint) and tx < pg_snapshot_xmin(pg_current_snapshot())
     order by facts.tx, facts.position limit ${Number(limit)}`,
    [after.tx, after.position],
  )) as unknown as Fact[];
}

/**
 * Committed facts after a cursor as soon as they can be seen, `settled` ones first: before those nothing can appear any more. The others
 * come at once, but the cursor may only move to a settled one. For those who tell people; what must happen once follows `factsAfter`.
 */
export async function factsSeen(db: Db, after: { tx: string; position: string }, limit = 500): Promise<(Fact & { settled: boolean })[]> {
  return (await db.unsafe(
    `select ${columns}, facts.tx < pg_snapshot_xmin(pg_current_snapshot()) as settled from facts
     where (tx, position) > ($1::text::xid8, $2::text::bigint) order by facts.tx, facts.position limit ${Number(limit)}`,
    [after.tx, after.position],
  )) as unknown as (Fact & { settled: boolean })[];
}

/** The end of the settled log: where somebody who wants only what comes now begins. */
export async function logEnd(db: Db): Promise<{ tx: string; position: string }> {
  const rows = (await db.unsafe(
    `select tx::text, position::text from facts where tx < pg_snapshot_xmin(pg_current_snapshot()) order by facts.tx desc, facts.position desc limit 1`,
  )) as unknown as { tx: string; position: string }[];
  return rows[0] ?? { tx: '0', position: '0' };
}

export interface Follower {
  /** Prefixes of the kinds it wants; others only move the cursor. */
  kinds: string[];
  /** Handles facts of one realm, in order, in the transaction that moves the cursor: its effects in the database happen exactly once. */
  handle(work: Work, facts: Fact[]): Promise<void>;
  batch?: number;
}

/** One step of a follower; true when there may be more. Exported for tests and for the first catch-up. */
export async function followStep(hub: Hub, name: string, f: Follower): Promise<boolean> {
  return hub.sql.begin(async (tx) => {
    const [cursor] = await tx<{ tx: string; position: string }[]>`
      select tx::text, position::text from cursors where name = ${name} for update skip locked`;
    if (!cursor) return false;
    const limit = f.batch ?? 500;
    const facts = await factsAfter(tx, cursor, limit);
    const last = facts.at(-1);
    if (!last) return false;
    const byRealm = new Map<string, Fact[]>();
    for (const fact of facts) {
      if (!f.kinds.some((k) => fact.kind.startsWith(k))) continue;
      const list = byRealm.get(fact.realm) ?? [];
      list.push(fact);
      byRealm.set(fact.realm, list);
    }
    for (const [realm, list] of byRealm) {
      list.sort((a, b) => Number(a.position) - Number(b.position));
      const at = await hub.now(realm, tx);
      const who = hub.system(name, realm);
      await f.handle({ hub, tx, realm, actor: who.actor, by: `system:${name}`, at, request: null }, list);
    }
    await tx`update cursors set tx = ${last.tx}::text::xid8, position = ${last.position}, failures = 0, last_error = null,
      updated_at = clock_timestamp() where name = ${name}`;
    return facts.length === limit;
  }) as Promise<boolean>;
}

/** Registers a follower and runs it until the hub closes. A new follower begins at the start of the log. */
export async function follow(hub: Hub, name: string, f: Follower): Promise<{ stop(): Promise<void> }> {
  await hub.sql`insert into cursors (name) values (${name}) on conflict do nothing`;
  const step = async () => {
    try {
      // Most wakes are for others' facts or for facts read already: one look instead of a transaction.
      const [row] = await hub.sql<{ open: boolean }[]>`select exists (select 1 from cursors c join facts f on (f.tx, f.position) > (c.tx, c.position)
        where c.name = ${name} and f.tx < pg_snapshot_xmin(pg_current_snapshot())) as open`;
      return row!.open && (await followStep(hub, name, f));
    } catch (error) {
      await hub.sql`update cursors set failures = failures + 1, last_error = ${String((error as Error).message).slice(0, 500)}
        where name = ${name}`.catch(() => {});
      throw error;
    }
  };
  return loop(hub, `follower ${name}`, 500, step, 'facts');
}
