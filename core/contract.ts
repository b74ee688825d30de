// The HTTP contract as a value: typed handlers, the typed web client and OpenAPI 3.1 all come from it.
import * as z from 'zod';
import type { Permission } from './people/roles.ts';

// In a browser schemas run without generated code: a strict content security policy forbids it. Set before any schema is made.
if ('document' in globalThis) z.config({ jitless: true });

/** A text in both languages; Chinese is the source. */
export interface Text {
  zh: string;
  en: string;
}
export const text = z.strictObject({ zh: z.string().min(1), en: z.string().min(1) });

type Shape = z.ZodType;
/** `public` needs no session; `signed-in` any; a permission is checked before the handler, its scope by the handler. */
export type Access = 'public' | 'signed-in' | Permission;

export interface Route<P extends Shape = Shape, Q extends Shape = Shape, B extends Shape = Shape, O extends Shape = Shape> {
  id: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Fastify style: `/api/cases/:id`. */
  path: string;
  summary: Text;
  tag: string;
  access: Access;
  params: P;
  query: Q;
  body: B;
  output: O;
  /** Success status, 200 unless told. */
  status: number;
  /** Asks for an Idempotency-Key header; the reply is stored in the transaction of the effect and replayed. */
  idempotent: boolean;
  /** Asks for If-Match; the handler compares with `ifMatch` and answers 412 when stale. */
  ifMatch: boolean;
  /** The body is bytes of these media types, handed over as a stream; `body` then describes nothing. */
  stream?: string[];
  /** The reply is not JSON but this media type (CSV, HTML, event stream). */
  produces?: string;
  /** Largest body in bytes; 1 MiB unless told. */
  bodyLimit?: number;
}

const none = z.strictObject({});

/** Declares a route; what is left out takes the plain default. */
export function route<P extends Shape = typeof none, Q extends Shape = typeof none, B extends Shape = z.ZodUndefined, O extends Shape = z.ZodUndefined>(
  r: Pick<Route, 'id' | 'method' | 'path' | 'summary' | 'tag' | 'access'> &
    Partial<Pick<Route, 'status' | 'idempotent' | 'ifMatch' | 'stream' | 'produces' | 'bodyLimit'>> & {
      params?: P;
      query?: Q;
      body?: B;
      output?: O;
    },
): Route<P, Q, B, O> {
  return {
    status: 200,
    idempotent: false,
    ifMatch: false,
    ...r,
    params: (r.params ?? none) as P,
    query: (r.query ?? none) as Q,
    body: (r.body ?? z.undefined()) as B,
    output: (r.output ?? z.undefined()) as O,
  };
}

export type Api = Record<string, Route>;
export type Params<R extends Route> = z.output<R['params']>;
export type Query<R extends Route> = z.output<R['query']>;
export type Body<R extends Route> = z.output<R['body']>;
export type Output<R extends Route> = z.input<R['output']>;

/** What every list takes: an opaque cursor and a page size. */
export const paging = {
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
};

/** What every list gives: items and the cursor of the next page. */
export const page = <T extends Shape>(item: T) => z.object({ items: z.array(item), next: z.string().nullable() });

export const uuid = z.uuid();
/** 64-bit ids travel as strings of digits. */
export const bigId = z.string().regex(/^\d{1,19}$/);
/** RFC 3339 with offset. */
export const instant = z.iso.datetime({ offset: true });
export const date = z.iso.date();
export const idParams = z.strictObject({ id: uuid });
/** `true`/`false` in a query string. */
export const flag = z.enum(['true', 'false']).transform((v) => v === 'true');
