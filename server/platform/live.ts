// Live updates: one reader of the facts log, many SSE clients; each sees only subjects it may, and resumes from Last-Event-ID.
import type { FastifyInstance, FastifyReply } from 'fastify';
import { type Fact, splitSubject } from '#core/fact.ts';
import { type Actor, type Permission, scopeOf, within } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { factsSeen, logEnd } from './facts.ts';
import type { Hub } from './hub.ts';
import { loop } from './loop.ts';

/** Says which of these subject ids the actor may see; registered per subject type by its slice. */
export type Visible = (hub: Hub, actor: Actor, realm: string, ids: string[]) => Promise<Set<string>>;

interface Place {
  tx: string;
  position: string;
}
interface Client {
  reply: FastifyReply;
  actor: Actor;
  realm: string;
  pending: number;
}
/** Facts looked at in one round. */
const LOOK = 500;
const MAX_PENDING_BYTES = 256 * 1024;

export class Live {
  readonly #clients = new Set<Client>();
  readonly #rules = new Map<string, { permission: Permission; visible?: Visible }>();
  /** The settled end of what was told, and what was told beyond it: a long transaction elsewhere holds nobody's news up. */
  #at: Place = { tx: '0', position: '0' };
  #ahead = new Set<string>();

  /** Facts of this subject type go to whoever holds the permission over the fact's unit, or to whom `visible` says. */
  show(type: string, permission: Permission, visible?: Visible): void {
    this.#rules.set(type, visible ? { permission, visible } : { permission });
  }

  get clients(): number {
    return this.#clients.size;
  }

  async #permitted(hub: Hub, actor: Actor, realm: string, facts: Fact[]): Promise<Fact[]> {
    const allowed = new Map<string, Set<string>>();
    const byType = Map.groupBy(facts, (f) => splitSubject(f.subject)[0]);
    for (const [type, list] of byType) {
      const rule = this.#rules.get(type);
      if (!rule) continue;
      const scope = scopeOf(actor, rule.permission);
      if (!scope.length) continue;
      const ids = [...new Set(list.map((f) => splitSubject(f.subject)[1]))];
      allowed.set(
        type,
        rule.visible
          ? await rule.visible(hub, actor, realm, ids)
          : new Set(list.filter((f) => f.unit === null || scope.some((p) => within(f.unit!, p))).map((f) => splitSubject(f.subject)[1])),
      );
    }
    return facts.filter((f) => {
      const [type, id] = splitSubject(f.subject);
      return f.realm === realm && allowed.get(type)?.has(id);
    });
  }

  /** The last event carries the settled place from which to resume, those before it the place before: some may come twice, none is missing. */
  #send(c: Client, facts: Fact[], before: Place, after: Place): void {
    if (!facts.length) return;
    const text = facts
      .map((f, i) => {
        const at = i === facts.length - 1 ? after : before;
        return `id: ${at.tx}-${at.position}\nevent: fact\ndata: ${JSON.stringify({ kind: f.kind, subject: f.subject, at: f.at })}\n\n`;
      })
      .join('');
    // A client that does not read is let go; it comes back with its Last-Event-ID (F-23).
    if (c.reply.raw.writableLength > MAX_PENDING_BYTES) {
      this.#clients.delete(c);
      c.reply.raw.destroy();
      return;
    }
    c.reply.raw.write(text);
  }

  /** Starts the reader and serves `GET /api/live`. */
  async start(hub: Hub, app: FastifyInstance): Promise<void> {
    this.#at = await logEnd(hub.sql);
    loop(
      hub,
      'live',
      250,
      async () => {
        const found = await factsSeen(hub.sql, this.#at, LOOK);
        const settled = found.filter((f) => f.settled);
        const end = settled.at(-1) ?? this.#at;
        // By position: the order within a subject.
        const facts = found.filter((f) => !this.#ahead.has(f.position)).sort((a, b) => Number(BigInt(a.position) - BigInt(b.position)));
        // Clients of one account see the same: work out what once.
        const groups = facts.length ? Map.groupBy(this.#clients, (c) => `${c.actor.account}:${c.realm}`) : new Map<string, Client[]>();
        for (const group of groups.values()) {
          const first = group[0]!;
          const seen = await this.#permitted(hub, first.actor, first.realm, facts);
          for (const c of group) this.#send(c, seen, this.#at, end);
        }
        for (const f of found)
          if (f.settled) this.#ahead.delete(f.position);
          else this.#ahead.add(f.position);
        this.#at = { tx: end.tx, position: end.position };
        return settled.length === LOOK;
      },
      'facts',
    );
    const beat = setInterval(() => {
      for (const c of this.#clients) c.reply.raw.write(': beat\n\n');
    }, 15_000);
    hub.onClose(() => {
      clearInterval(beat);
      for (const c of this.#clients) c.reply.raw.end();
    });
    app.get('/api/live', async (request, reply) => {
      const s = request.session;
      if (!s) throw problem('not-signed-in');
      reply.hijack();
      reply.raw.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
        connection: 'keep-alive',
      });
      reply.raw.write('retry: 2000\n\n');
      const client: Client = { reply, actor: s.actor, realm: s.realm, pending: 0 };
      const m = /^(\d{1,20})-(\d{1,20})$/.exec(String(request.headers['last-event-id'] ?? (request.query as { after?: string }).after ?? ''));
      // Heard from now on; what it missed until now follows. What cannot be seen yet comes to all.
      this.#clients.add(client);
      request.raw.on('close', () => this.#clients.delete(client));
      if (m) {
        let at = { tx: m[1]!, position: m[2]! };
        for (let i = 0; i < 20; i++) {
          const facts = await factsSeen(hub.sql, at, LOOK);
          this.#send(client, await this.#permitted(hub, s.actor, s.realm, facts), at, facts.findLast((f) => f.settled) ?? at);
          const last = facts.at(-1);
          if (!last || facts.length < LOOK) break;
          at = { tx: last.tx, position: last.position };
        }
      }
    });
  }
}
