// One database connection for bulk writes: whole transactions with COPY in them leave in one write and every answer comes back, also of a COPY
// that fails after its end (the driver loses those). The driver opens and authenticates the connection; then this file speaks on it.
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import postgres from 'postgres';
import type { Sql } from '../platform/db.ts';

/** What the server said to one query message. */
export interface Answer {
  /** SQLSTATE and message when it failed. */
  error?: { code: string; message: string };
  /** Rows in text form. */
  rows: (string | null)[][];
}
export class LaneLost extends Error {
  readonly code = 'CONNECTION_CLOSED';
}

/** A simple query message. The text must not contain values from outside. */
export function query(text: string): Buffer {
  const n = Buffer.byteLength(text);
  const b = Buffer.allocUnsafe(n + 6);
  b[0] = 0x51;
  b.writeInt32BE(n + 5, 1);
  b.write(text, 5);
  b[n + 5] = 0;
  return b;
}
/** Bytes of a COPY after its query; ignored by the server when the COPY was refused. */
export function copyData(body: Buffer): Buffer[] {
  const head = Buffer.allocUnsafe(5);
  head[0] = 0x64;
  head.writeInt32BE(body.length + 4, 1);
  return [head, body, DONE];
}
const DONE = Buffer.from([0x63, 0, 0, 0, 4]);

async function openSocket(o: Sql['options']): Promise<Socket> {
  const socket = o.path ? connect(String(o.path)) : connect(o.port[0]!, o.host[0]!);
  socket.setNoDelay(true);
  await once(socket, 'connect');
  const ssl = o.ssl as unknown;
  if (!ssl) return socket;
  socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]));
  const [reply] = (await once(socket, 'data')) as [Buffer];
  if (reply[0] !== 0x53) {
    if (ssl === 'prefer' || ssl === 'allow') return socket;
    throw new Error('the database server offers no TLS');
  }
  const loose = ssl === 'require' || ssl === 'prefer' || ssl === 'allow';
  const secure = connectTls({ socket, servername: o.host[0]!, ...(loose ? { rejectUnauthorized: false } : typeof ssl === 'object' ? ssl : {}) });
  await once(secure, 'secureConnect');
  return secure;
}

export class Lane {
  readonly #socket: Socket;
  #buffer: Buffer[] = [];
  #held = 0;
  #waiting: { left: number; answers: Answer[]; current: Answer; done(a: Answer[]): void; fail(e: unknown): void } | undefined;
  #lost: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.#end(error));
    socket.on('close', () => this.#end(new LaneLost('database connection closed')));
  }

  /** Opens a connection with the settings of the pool. */
  static async open(sql: Sql): Promise<Lane> {
    const o = sql.options;
    const socket = await openSocket(o);
    const driver = postgres({
      host: 'lane',
      user: o.user as string,
      database: o.database as string,
      ...(o.pass ? { password: o.pass as string } : {}),
      connection: { ...(o.connection as object), application_name: 'chengshu-ingest' },
      max: 1,
      fetch_types: false,
      idle_timeout: 0,
      max_lifetime: null,
      onnotice: () => {},
      socket: () => socket,
    } as never);
    await driver`select 1`;
    // From here on the connection is ours; the driver hears no more of it.
    for (const event of ['data', 'error', 'close', 'drain', 'connect']) socket.removeAllListeners(event);
    return new Lane(socket);
  }

  get alive(): boolean {
    return !this.#lost;
  }

  /** Sends messages holding `queries` query messages at once; resolves with one answer for each, rejects only when the connection is lost. */
  run(messages: Buffer[], queries: number): Promise<Answer[]> {
    if (this.#lost) return Promise.reject(this.#lost);
    if (this.#waiting) return Promise.reject(new Error('lane is busy'));
    return new Promise((done, fail) => {
      this.#waiting = { left: queries, answers: [], current: { rows: [] }, done, fail };
      this.#socket.cork();
      for (const m of messages) this.#socket.write(m);
      this.#socket.uncork();
    });
  }

  close(): void {
    this.#socket.end(Buffer.from([0x58, 0, 0, 0, 4]));
  }

  #end(error: Error): void {
    this.#lost ??= Object.assign(new LaneLost(error.message), { cause: error });
    const w = this.#waiting;
    this.#waiting = undefined;
    w?.fail(this.#lost);
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#buffer.push(chunk);
    this.#held += chunk.length;
    let b = this.#buffer.length === 1 ? chunk : Buffer.concat(this.#buffer, this.#held);
    let p = 0;
    while (b.length - p >= 5) {
      const n = b.readInt32BE(p + 1);
      if (b.length - p < n + 1) break;
      this.#message(b[p]!, b.subarray(p + 5, p + 1 + n));
      p += n + 1;
    }
    b = b.subarray(p);
    this.#buffer = b.length ? [b] : [];
    this.#held = b.length;
  }

  #message(type: number, body: Buffer): void {
    const w = this.#waiting;
    if (!w) return;
    if (type === 0x45) {
      const fields: Record<string, string> = {};
      for (let p = 0; body[p];) {
        const end = body.indexOf(0, p + 1);
        fields[String.fromCharCode(body[p]!)] = body.toString('utf8', p + 1, end);
        p = end + 1;
      }
      w.current.error ??= { code: fields.C ?? '', message: fields.M ?? '' };
      // Shut down by an administrator or broken: what was sent is not done, the next use opens anew.
      if (fields.C?.startsWith('57P')) this.#end(Object.assign(new Error(fields.M), { code: fields.C }));
    } else if (type === 0x44) {
      const row: (string | null)[] = [];
      let p = 2;
      for (let i = body.readInt16BE(0); i > 0; i--) {
        const n = body.readInt32BE(p);
        p += 4;
        row.push(n < 0 ? null : body.toString('utf8', p, p + n));
        if (n > 0) p += n;
      }
      w.current.rows.push(row);
    } else if (type === 0x5a) {
      w.answers.push(w.current);
      w.current = { rows: [] };
      if (--w.left === 0) {
        this.#waiting = undefined;
        w.done(w.answers);
      }
    }
  }
}
