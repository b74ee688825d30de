// The outbox: messages to the outside, written in the transaction that caused them, delivered at least once.
import type { Hub, Work } from './hub.ts';
import { loop } from './loop.ts';

export interface Message {
  id: string;
  realm: string;
  channel: string;
  destination: string;
  subject: string;
  payload: Record<string, unknown>;
  attempts: number;
}
/** Delivers one message; throwing means not delivered. `{ dead: true }` gives up at once. */
export type Deliver = (message: Message) => Promise<void | { dead: string }>;

const MAX_ATTEMPTS = 12;

/** Queues a message in the transaction of `work`. */
export async function enqueue(work: Work, m: { channel: string; to: string; subject: string; payload: Record<string, unknown> }): Promise<void> {
  await work.tx`insert into outbox (realm, channel, destination, subject, payload)
    values (${work.realm}, ${m.channel}, ${m.to}, ${m.subject}, ${work.tx.json(m.payload as never)})`;
}

export class Outbox {
  readonly #channels = new Map<string, Deliver>();
  on(channel: string, deliver: Deliver): void {
    this.#channels.set(channel, deliver);
  }

  /** Delivers one round of what is due; gives how many were tried. A drill's messages never leave the house (CAP-06). */
  async deliverDue(hub: Hub, limit = 20): Promise<number> {
    const due = await hub.sql<Message[]>`
      update outbox set attempts = attempts + 1, next_at = clock_timestamp() + interval '60 seconds'
      where id in (select id from outbox where state = 'waiting' and next_at <= clock_timestamp()
        order by next_at limit ${limit} for update skip locked)
      returning id::text, realm, channel, destination, subject, payload, attempts`;
    await Promise.all(due.map((m) => this.#deliver(hub, m)));
    return due.length;
  }

  async #deliver(hub: Hub, m: Message): Promise<void> {
    const channel = this.#channels.get(m.channel);
    try {
      if (!channel) throw new Error(`没有通道 ${m.channel}`);
      const outcome = m.realm === 'live' ? await channel(m) : undefined;
      if (outcome?.dead) await hub.sql`update outbox set state = 'dead', last_error = ${outcome.dead} where id = ${m.id}`;
      else await hub.sql`update outbox set state = 'sent', sent_at = clock_timestamp(), last_error = null where id = ${m.id}`;
    } catch (error) {
      const text = String((error as Error).message).slice(0, 500);
      if (m.attempts >= MAX_ATTEMPTS) await hub.sql`update outbox set state = 'dead', last_error = ${text} where id = ${m.id}`;
      else
        await hub.sql`update outbox set last_error = ${text}, next_at = clock_timestamp()
          + least(interval '2 hours', interval '2 seconds' * power(2, ${m.attempts})) where id = ${m.id}`;
    }
  }

  run(hub: Hub): { stop(): Promise<void> } {
    return loop(hub, 'outbox', 1000, async () => (await this.deliverDue(hub)) === 20, 'facts');
  }
}
