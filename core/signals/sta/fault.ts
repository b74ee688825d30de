// What the façade refuses, with the HTTP status the standard asks for; it has an error form of its own.

export class StaFault extends Error {
  readonly status: number;
  /** JSON pointer into the body, or the query option. */
  readonly at: string | undefined;
  readonly retryAfter: number | undefined;
  constructor(status: number, message: string, at?: string, retryAfter?: number) {
    super(message);
    this.status = status;
    this.at = at;
    this.retryAfter = retryAfter;
  }
}
export const bad = (message: string, at?: string): StaFault => new StaFault(400, message, at);
export const missing = (message: string): StaFault => new StaFault(404, message);
export const unsupported = (message: string): StaFault => new StaFault(501, message);
