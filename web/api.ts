// The typed web client: calls contract routes, carries CSRF, idempotency and versions, and turns problem details into errors.
import { type QueryClient, type UseQueryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { App } from 'antd';
import type * as z from 'zod';
import type { Route } from '#core/contract.ts';
import { peopleApi, type Me } from '#core/people/contract.ts';

/** What travels back: the contract's output with dates as ISO strings. */
export type Wire<T> = T extends Date ? string : T extends (infer U)[] ? Wire<U>[] : T extends Record<string, unknown> ? { [K in keyof T]: Wire<T[K]> } : T;
export type Reply<R extends Route> = Wire<z.output<R['output']>>;
export interface Input<R extends Route> {
  params?: z.input<R['params']>;
  query?: z.input<R['query']>;
  body?: z.input<R['body']>;
  /** Sent as If-Match. */
  version?: number;
  /** The same key for a retry of the same press of a button. */
  key?: string;
  signal?: AbortSignal;
}

export interface ProblemDetails {
  title: string;
  status: number;
  detail?: string;
  code: string;
  traceId?: string;
  errors?: { pointer: string; message: string }[];
}
/** A refusal by the server, with its problem details. */
export class CallError extends Error {
  readonly status: number;
  readonly problem: ProblemDetails;
  constructor(p: ProblemDetails) {
    super(p.detail ?? p.title);
    this.status = p.status;
    this.problem = p;
  }
}

let csrf = '';
export const setCsrf = (value: string): void => {
  csrf = value;
};

/** A random key; `crypto.randomUUID` is missing on plain-http intranet pages. */
export const randomKey = (): string => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');

/** Path with its parameters and query string. */
export function addressOf(route: Route, input: { params?: unknown; query?: unknown } = {}): string {
  const params = (input.params ?? {}) as Record<string, string>;
  let path = route.path.replace(/:([A-Za-z]+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const query = new URLSearchParams();
  for (const [k, v] of Object.entries((input.query ?? {}) as Record<string, unknown>)) {
    if (v === undefined || v === null || v === '') continue;
    for (const one of Array.isArray(v) ? v : [v]) query.append(k, String(one));
  }
  const text = query.toString();
  if (text) path += `?${text}`;
  return path;
}

async function problemOf(response: Response): Promise<CallError> {
  const body = (await response.json().catch(() => undefined)) as ProblemDetails | undefined;
  return new CallError(body?.title ? body : { title: `请求失败（${response.status}）`, status: response.status, code: 'internal' });
}

/** Calls a route. Throws `CallError` on refusal, `TypeError` when the server is out of reach. */
export async function call<R extends Route>(route: R, input: Input<R> = {}): Promise<Reply<R>> {
  const headers: Record<string, string> = {};
  if (route.method !== 'GET') headers['x-csrf-token'] = csrf;
  if (route.idempotent) headers['idempotency-key'] = input.key ?? randomKey();
  if (input.version !== undefined) headers['if-match'] = `"v${input.version}"`;
  let body: BodyInit | undefined;
  if (route.method !== 'GET' && input.body !== undefined) {
    headers['content-type'] = 'application/json';
    body = JSON.stringify(input.body);
  }
  const response = await fetch(addressOf(route, input), { method: route.method, headers, body: body ?? null, credentials: 'same-origin', signal: input.signal ?? null });
  if (!response.ok) throw await problemOf(response);
  if (response.status === 204) return undefined as Reply<R>;
  return (await response.json()) as Reply<R>;
}

/** Sends a file's bytes or a form to a streaming route. */
export async function upload(path: string, body: Blob | FormData, type?: string, headers: Record<string, string> = {}): Promise<unknown> {
  const response = await fetch(path, {
    method: 'POST',
    body,
    credentials: 'same-origin',
    headers: { 'x-csrf-token': csrf, 'idempotency-key': randomKey(), ...(body instanceof FormData ? {} : { 'content-type': type ?? 'application/octet-stream' }), ...headers },
  });
  if (!response.ok) throw await problemOf(response);
  return response.status === 204 ? undefined : response.json();
}

export const keyOf = (route: Route, input: { params?: unknown; query?: unknown } = {}): unknown[] => [route.tag, route.id, input.params ?? {}, input.query ?? {}];

/** Reads a route; live facts about its tag make it read again. */
export function useCall<R extends Route>(route: R, input: Pick<Input<R>, 'params' | 'query'> = {}, options: Partial<UseQueryOptions<Reply<R>>> = {}) {
  return useQuery<Reply<R>>({ queryKey: keyOf(route, input), queryFn: ({ signal }) => call(route, { ...input, signal }), ...options });
}

/** A command: shows refusals, refreshes what its tag (and `also` tags) shows. */
export function useCommand<R extends Route>(route: R, o: { done?: string; also?: string[]; quiet?: boolean; onSuccess?: (reply: Reply<R>) => void } = {}) {
  const queries = useQueryClient();
  const { message } = App.useApp();
  return useMutation<Reply<R>, Error, Input<R>>({
    mutationFn: (input) => call(route, input),
    onSuccess: async (reply) => {
      if (o.done) message.success(o.done);
      o.onSuccess?.(reply);
      await Promise.all([route.tag, ...(o.also ?? [])].map((tag) => queries.invalidateQueries({ queryKey: [tag] })));
    },
    onError: (error) => {
      if (!o.quiet) message.error(error instanceof CallError ? error.message : '网络不通，请稍后重试', 5);
      if (error instanceof CallError && error.status === 412) void queries.invalidateQueries({ queryKey: [route.tag] });
    },
  });
}

/** The session, or null when nobody is signed in. */
export async function loadMe(queries: QueryClient): Promise<Wire<Me> | null> {
  return queries.fetchQuery({
    queryKey: ['session', 'me'],
    staleTime: 60_000,
    queryFn: async () => {
      try {
        const me = (await call(peopleApi.me)) as Wire<Me>;
        setCsrf(me.csrf);
        return me;
      } catch (error) {
        if (error instanceof CallError && error.status === 401) return null;
        throw error;
      }
    },
  });
}
export function useMe(): Wire<Me> {
  return useQuery<Wire<Me>>({ queryKey: ['session', 'me'], staleTime: Number.POSITIVE_INFINITY }).data!;
}
/** Whether the person may do this somewhere. */
export function useMay(): (permission: Me['permissions'][number]) => boolean {
  const me = useMe();
  return (p) => me.permissions.includes(p);
}

/** Sends a form to a streaming route and tells how much has been sent (0–1). Aborting refuses with an AbortError. */
export function send<R extends Route>(
  route: R,
  input: Pick<Input<R>, 'params' | 'query'>,
  body: FormData | Blob,
  o: { onProgress?: (part: number) => void; signal?: AbortSignal } = {},
): Promise<Reply<R>> {
  // fetch has no progress of what is sent.
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open(route.method, addressOf(route, input));
    request.setRequestHeader('x-csrf-token', csrf);
    if (route.idempotent) request.setRequestHeader('idempotency-key', randomKey());
    request.responseType = 'json';
    request.upload.onprogress = (e) => o.onProgress?.(e.lengthComputable ? e.loaded / e.total : 0);
    request.upload.onload = () => o.onProgress?.(1);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) return done(request.response as Reply<R>);
      const problem = request.response as ProblemDetails | null;
      fail(new CallError(problem?.title ? problem : { title: `请求失败（${request.status}）`, status: request.status, code: 'internal' }));
    };
    request.onerror = () => fail(new TypeError('network'));
    request.onabort = () => fail(new DOMException('aborted', 'AbortError'));
    o.signal?.addEventListener('abort', () => request.abort());
    request.send(body);
  });
}
