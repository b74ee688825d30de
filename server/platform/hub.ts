// The hub: what every service is handed – database, configuration, log, domain clock – and the one way to run a command.
import type { Actor } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { type Db, type Sql, type Tx, isDatabaseAway, isRetryable } from './db.ts';
import type { Config } from './config.ts';
import { type Log, silentLog } from './log.ts';

/** One command at work: one transaction, one actor, one instant of domain time. */
export interface Work {
  hub: Hub;
  tx: Tx;
  realm: string;
  actor: Actor;
  /** What facts record as their author: `account:<id>`, `device:<id>`, `system:<name>`. */
  by: string;
  /** `app_now(realm)` when the transaction began: the only clock of domain time inside it. */
  at: Date;
  /** Id of the HTTP request or job this belongs to. */
  request: string | null;
}

export interface Who {
  actor: Actor;
  realm: string;
  request?: string | null;
}

/** What a loop may wait for: facts (with timers, jobs and messages, which come with facts) or stored readings. */
export type Wake = 'facts' | 'readings';

export interface Hub {
  sql: Sql;
  config: Config;
  log: Log;
  /** Domain time of a realm. */
  now(realm: string, db?: Db): Promise<Date>;
  /** Runs `fn` in one transaction, again on serialisation failure or deadlock (`fn` must therefore have no other effects). */
  command<T>(who: Who, fn: (work: Work) => Promise<T>): Promise<T>;
  /** The hub itself as the author of what follows by rule. */
  system(name: string, realm?: string): Who;
  /** Wakes the loops that wait for this after a commit; they also poll. */
  wake(what: Wake): void;
  onWake(listener: (what: Wake) => void): () => void;
  /** Runs at close, last registered first. */
  onClose(end: () => Promise<void> | void): void;
  close(): Promise<void>;
}

export const systemActor = (name: string): Actor => ({
  account: null,
  name,
  kind: 'system',
  unit: { id: '', path: '', name: '' },
  grants: [],
});

const authorOf = (actor: Actor): string => (actor.kind === 'system' ? `system:${actor.name}` : actor.kind === 'device' ? `device:${actor.name}` : `account:${actor.account}`);

/** Makes a hub over an open pool; the caller has migrated the database. */
export function openHub(o: { sql: Sql; config: Config; log?: Log }): Hub {
  const listeners = new Set<(what: Wake) => void>();
  const endings: (() => Promise<void> | void)[] = [];
  let closing: Promise<void> | undefined;
  const hub: Hub = {
    sql: o.sql,
    config: o.config,
    log: o.log ?? silentLog,
    async now(realm, db = o.sql) {
      const [row] = await (db as Sql)<{ at: Date | null }[]>`select app_now(${realm}) as at`;
      if (!row?.at) throw problem('not-found', { detail: `没有这个运行域：${realm}` });
      return row.at;
    },
    async command(who, fn) {
      for (let attempt = 1; ; attempt++) {
        try {
          const result = await o.sql.begin(async (tx) => {
            const [row] = await tx<{ at: Date | null }[]>`select app_now(${who.realm}) as at`;
            if (!row?.at) throw problem('not-found', { detail: `没有这个运行域：${who.realm}` });
            return fn({ hub, tx, realm: who.realm, actor: who.actor, by: authorOf(who.actor), at: row.at, request: who.request ?? null });
          });
          hub.wake('facts');
          return result as Awaited<ReturnType<typeof fn>>;
        } catch (error) {
          if (isRetryable(error) && attempt < 5) {
            await new Promise((r) => setTimeout(r, attempt * attempt * 5));
            continue;
          }
          if (isDatabaseAway(error)) throw problem('overloaded', { detail: '数据库暂不可用，请稍后重试', retryAfter: 5 });
          throw error;
        }
      }
    },
    system: (name, realm = 'live') => ({ actor: systemActor(name), realm }),
    wake: (what) => {
      for (const l of listeners) l(what);
    },
    onWake: (l) => {
      listeners.add(l);
      return () => listeners.delete(l);
    },
    onClose: (end) => {
      endings.push(end);
    },
    close: () =>
      (closing ??= (async () => {
        for (const end of endings.reverse()) await end();
        await o.sql.end({ timeout: 5 });
      })()),
  };
  return hub;
}
