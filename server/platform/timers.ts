// Timers are rows due by domain time: claimed with SKIP LOCKED, fired in the transaction of their effect, exactly once.
import type { Hub, Work } from './hub.ts';
import { loop } from './loop.ts';

export interface NewTimer {
  subject: string;
  kind: string;
  /** A changed deadline is a new generation; the old one is cancelled, never moved. */
  generation: number;
  dueAt: Date;
  data?: Record<string, unknown>;
}

export interface Timer {
  id: string;
  realm: string;
  subject: string;
  kind: string;
  generation: number;
  dueAt: Date;
  data: Record<string, unknown>;
}

export type TimerHandler = (work: Work, timer: Timer) => Promise<void>;

/** Sets timers in the transaction of `work`. The same (subject, kind, generation) a second time is a programming error. */
export async function setTimers(work: Work, timers: NewTimer[]): Promise<void> {
  if (!timers.length) return;
  const rows = timers.map((t) => ({
    realm: work.realm,
    subject: t.subject,
    kind: t.kind,
    generation: t.generation,
    due_at: t.dueAt,
    data: work.tx.json((t.data ?? {}) as never),
  }));
  await work.tx`insert into timers ${work.tx(rows as never)}`;
}
export const setTimer = (work: Work, timer: NewTimer): Promise<void> => setTimers(work, [timer]);

/** Cancels waiting timers of a subject, all or of one kind. Waits for one that is just firing, so that it fires or is cancelled, never both. */
export async function cancelTimers(work: Work, subject: string, kind?: string): Promise<void> {
  await work.tx`update timers set state = 'cancelled' where subject = ${subject} and state = 'waiting'
    ${kind === undefined ? work.tx`` : work.tx`and kind = ${kind}`}`;
}

/** Handlers by prefix of the kind; the longest prefix wins. */
export class Timers {
  readonly #handlers = new Map<string, TimerHandler>();
  on(prefix: string, handler: TimerHandler): void {
    if (this.#handlers.has(prefix)) throw new Error(`timer handler for ${prefix} twice`);
    this.#handlers.set(prefix, handler);
  }

  #handler(kind: string): TimerHandler | undefined {
    let best: string | undefined;
    for (const p of this.#handlers.keys()) if (kind.startsWith(p) && (best === undefined || p.length > best.length)) best = p;
    return best === undefined ? undefined : this.#handlers.get(best);
  }

  /** Fires what is due, at most `limit`; gives how many. A handler that fails is retried with a growing pause, others go on. */
  async fireDue(hub: Hub, limit = 100): Promise<number> {
    const realms = await hub.sql<{ realm: string }[]>`select distinct realm from timers where state = 'waiting'`;
    let fired = 0;
    for (const { realm } of realms) {
      while (fired < limit) {
        const one = await this.#fireOne(hub, realm);
        if (!one) break;
        fired++;
      }
    }
    return fired;
  }

  async #fireOne(hub: Hub, realm: string): Promise<boolean> {
    let failed: { id: string; error: unknown } | undefined;
    const result = await hub.sql
      .begin(async (tx) => {
        const [t] = await tx<Timer[]>`
          select id::text, realm, subject, kind, generation, due_at as "dueAt", data from timers
          where realm = ${realm} and state = 'waiting' and due_at <= app_now(${realm})
            and (retry_at is null or retry_at <= clock_timestamp())
          order by due_at limit 1 for update skip locked`;
        if (!t) return false;
        const handler = this.#handler(t.kind);
        if (!handler) {
          await tx`update timers set state = 'failed', last_error = 'no handler' where id = ${t.id}`;
          hub.log.error('timer without handler', { kind: t.kind });
          return true;
        }
        const at = await hub.now(realm, tx);
        const who = hub.system('timers', realm);
        try {
          await tx`update timers set state = 'fired', fired_at = ${at} where id = ${t.id}`;
          await handler({ hub, tx, realm, actor: who.actor, by: 'system:timers', at, request: `timer:${t.id}` }, t);
        } catch (error) {
          failed = { id: t.id, error };
          throw error;
        }
        return true;
      })
      .catch((error: unknown) => {
        if (!failed) throw error;
        return true;
      });
    if (failed) {
      const { id, error } = failed;
      hub.log.error('timer failed', { id, error });
      await hub.sql`update timers set attempts = attempts + 1, last_error = ${String((error as Error)?.message).slice(0, 500)},
        retry_at = clock_timestamp() + least(interval '10 minutes', interval '1 second' * power(2, attempts))
        where id = ${id} and state = 'waiting'`;
    } else if (result) hub.wake('facts');
    return result as boolean;
  }

  /** Runs until the hub closes. */
  run(hub: Hub, pollMs = 1000): { stop(): Promise<void> } {
    return loop(hub, 'timers', pollMs, async () => (await this.fireDue(hub, 50)) >= 50, 'facts');
  }
}
