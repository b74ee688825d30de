// The one database driver and its settings; PostgreSQL ≥ 15, embedded or by DATABASE_URL.
import postgres from 'postgres';

export type Sql = postgres.Sql<Record<string, never>>;
export type Tx = postgres.TransactionSql<Record<string, never>>;
/** Either a pool or a transaction: what reads accept. */
export type Db = Sql | Tx;

export interface DbOptions {
  /** `postgres://…`, or host (a socket folder), database and user. */
  url?: string | undefined;
  host?: string | undefined;
  database?: string | undefined;
  user?: string | undefined;
  port?: number | undefined;
  max?: number | undefined;
}

/** Opens a pool. 64-bit integers and numerics arrive as strings, instants as Date, JSON parsed. */
export function openDb(o: DbOptions): Sql {
  const settings = {
    max: o.max ?? 16,
    idle_timeout: 0,
    connect_timeout: 20,
    onnotice: () => {},
    connection: {
      application_name: 'chengshu',
      TimeZone: 'UTC',
      statement_timeout: 60_000,
      idle_in_transaction_session_timeout: 60_000,
    },
  } satisfies postgres.Options<Record<string, never>>;
  return o.url
    ? postgres(o.url, settings)
    : postgres({
        ...settings,
        host: o.host ?? '127.0.0.1',
        port: o.port ?? 5432,
        database: o.database ?? 'chengshu',
        user: o.user ?? 'chengshu',
      });
}

/** Errors after which the same transaction may simply be run again: serialisation failure, deadlock, lost connection before commit. */
export const isRetryable = (error: unknown): boolean => {
  const code = (error as { code?: string } | null)?.code;
  return code === '40001' || code === '40P01' || code === '55P03';
};

/** Errors that mean the database is away for now. */
export const isDatabaseAway = (error: unknown): boolean => {
  const code = (error as { code?: string } | null)?.code ?? '';
  return (
    code.startsWith('57P') ||
    code.startsWith('08') ||
    ['CONNECTION_CLOSED', 'CONNECTION_ENDED', 'CONNECTION_DESTROYED', 'CONNECT_TIMEOUT', 'ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE'].includes(code)
  );
};
