// Live updates: one reader of the facts log, many SSE clients; each sees only subjects it may, and resumes from Last-Event-ID.
import type { FastifyInstance, FastifyReply } from 'fastify';
import { type Fact, splitSubject } from '#core/fact.ts';
import { type Actor, type Permission, scopeOf, within } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { factsAfter, logEnd } from './facts.ts';
import type { Hub } from './hub.ts';
import { loop } from './loop.ts';

/** Says which of these subject ids the actor may see; registered per subject type by its slice. */
export type Visible = (hub: Hub, actor: Actor, realm: string, ids: string[]) => Promise<Set<string>>;

interface Client {
  reply: FastifyReply;
  actor: Actor;
  realm: string;
  pending: number;
}
const MAX_PENDING_BYTES = 256 * 1024;

export class Live {
  readonly #clients = new Set<Client>();
  readonly #rules = new Map<string, { permission: Permission; visible?: Visible }>();
  #at = { tx: '0', position: '0' };

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

  #send(c: Client, facts: Fact[]): void {
    if (!facts.length) return;
    const text = facts.map((f) => `id: ${f.tx}-${f.position}\nevent: fact\ndata: ${JSON.stringify({ kind: f.kind, subject: f.subject, at: f.at })}\n\n`).join('');
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
        const facts = await factsAfter(hub.sql, this.#at, 500);
        const last = facts.at(-1);
        if (!last) return false;
        // Clients of one account see the same: work out what once.
        const groups = Map.groupBy(this.#clients, (c) => `${c.actor.account}:${c.realm}`);
        for (const group of groups.values()) {
          const first = group[0]!;
          const seen = await this.#permitted(hub, first.actor, first.realm, facts);
          for (const c of group) this.#send(c, seen);
        }
        this.#at = { tx: last.tx, position: last.position };
        return facts.length === 500;
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
      if (m) {
        let at = { tx: m[1]!, position: m[2]! };
        for (let i = 0; i < 20; i++) {
          const facts = await factsAfter(hub.sql, at, 500);
          this.#send(client, await this.#permitted(hub, s.actor, s.realm, facts));
          const last = facts.at(-1);
          if (!last || facts.length < 500) break;
          at = { tx: last.tx, position: last.position };
        }
      }
      this.#clients.add(client);
      request.raw.on('close', () => this.#clients.delete(client));
    });
  }
}
