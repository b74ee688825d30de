// Structured logs, one JSON line each on standard error; request ids yes, personal data and bodies never.

export interface Log {
  info(message: string, data?: Record<string, unknown>): void;
  warn(message: string, data?: Record<string, unknown>): void;
  error(message: string, data?: Record<string, unknown>): void;
}

const serial = (v: unknown): unknown =>
  v instanceof Error ? { name: v.name, message: v.message, code: (v as { code?: string }).code, stack: v.stack?.split('\n').slice(0, 6) } : v;

const line =
  (level: string) =>
  (message: string, data: Record<string, unknown> = {}) => {
    const entry: Record<string, unknown> = { at: new Date().toISOString(), level, message };
    for (const [k, v] of Object.entries(data)) entry[k] = serial(v);
    process.stderr.write(`${JSON.stringify(entry)}\n`);
  };

export const jsonLog: Log = { info: line('info'), warn: line('warn'), error: line('error') };
export const silentLog: Log = { info() {}, warn() {}, error() {} };
/** Only what somebody should look at: the log of tests and of command-line tools. */
export const quietLog: Log = { ...silentLog, warn: line('warn'), error: line('error') };
