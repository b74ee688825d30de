// $batch: several requests in one, as multipart/mixed (the standard's form) or as JSON; a change set is all or nothing (STA-060).
import { StaFault, bad } from '#core/signals/sta/fault.ts';
import { parseBody } from '#core/signals/sta/json.ts';
import { faultBody, faultOf } from './http.ts';
import { type Ask, type Reply, answer } from './serve.ts';
import { changing } from './commands.ts';
import { type Request, parseMultipart, writeMultipart } from './multipart.ts';

const MAX_REQUESTS = 1000;
export interface Answered extends Reply {
  id?: string | undefined;
}

/** Answers a batch. */
export async function batch(ask: Ask): Promise<Reply> {
  if (ask.method !== 'POST') throw new StaFault(405, '$batch 只接受 POST');
  if (/^multipart\/mixed/i.test(ask.type)) {
    const parts = parseMultipart(ask.type, ask.body);
    limit(parts.reduce((n, p) => n + p.length, 0));
    const known = new Map<string, string>();
    const answers: Answered[][] = [];
    for (const p of parts) answers.push(p.set ? await together(ask, p, known) : [await single(ask, p[0]!, known)]);
    const { type, text } = writeMultipart(parts.map((p, i) => ({ set: p.set, answers: answers[i]! })));
    return { status: 200, headers: { 'content-type': type }, text };
  }
  return json(ask);
}
function limit(n: number): void {
  if (n > MAX_REQUESTS) throw new StaFault(413, `一批最多 ${MAX_REQUESTS} 个请求`);
}

async function json(ask: Ask): Promise<Reply> {
  const body = parseBody(ask.body) as { requests?: unknown };
  if (!body || !Array.isArray(body.requests)) throw bad('$batch 应有 requests 数组', '/requests');
  limit(body.requests.length);
  const requests = body.requests.map((r: unknown, i): Request & { group?: string } => {
    const x = r as { id?: unknown; method?: unknown; url?: unknown; body?: unknown; headers?: Record<string, string>; atomicityGroup?: unknown; if?: unknown };
    if (!x || typeof x !== 'object' || typeof x.method !== 'string' || typeof x.url !== 'string' || (typeof x.id !== 'string' && typeof x.id !== 'number'))
      throw bad('每个请求应有 id、method、url', `/requests/${i}`);
    const type = x.headers && (x.headers['content-type'] ?? x.headers['Content-Type']);
    return {
      id: String(x.id),
      method: x.method.toUpperCase(),
      url: x.url,
      type: typeof type === 'string' ? type : 'application/json',
      body: x.body === undefined ? '' : JSON.stringify(x.body),
      ...(typeof x.atomicityGroup === 'string' ? { group: x.atomicityGroup } : {}),
    };
  });
  const known = new Map<string, string>();
  const responses: Answered[] = [];
  for (let i = 0; i < requests.length;) {
    const group = requests[i]!.group;
    if (group === undefined) {
      responses.push(await single(ask, requests[i]!, known));
      i++;
      continue;
    }
    let end = i;
    while (end < requests.length && requests[end]!.group === group) end++;
    responses.push(...(await together(ask, requests.slice(i, end), known)));
    i = end;
  }
  return {
    status: 200,
    headers: {},
    body: {
      responses: responses.map((r) => ({
        id: r.id,
        status: r.status,
        headers: r.headers,
        ...(r.text !== undefined ? { body: r.text } : r.body !== undefined ? { body: r.body } : {}),
      })),
    },
  };
}

const fault = (ask: Ask, error: unknown, id?: string): Answered => {
  const f = faultOf(ask.hub, error, 'batch');
  return { id, status: f.status, headers: {}, body: faultBody(f) };
};

async function single(ask: Ask, r: Request, known: Map<string, string>): Promise<Answered> {
  try {
    const reply = await answer(part(ask, r, known));
    remember(ask, r, reply, known);
    return { ...reply, id: r.id };
  } catch (error) {
    return fault(ask, error, r.id);
  }
}

class Failed extends Error {
  readonly answer: Answered;
  constructor(a: Answered) {
    super('change set');
    this.answer = a;
  }
}
/** A change set: the first refusal takes back everything of it and is its only answer. */
async function together(ask: Ask, requests: Request[], known: Map<string, string>): Promise<Answered[]> {
  let names = new Map(known);
  try {
    const replies = await changing(ask.hub, ask.caller, async (c) => {
      names = new Map(known);
      const list: Answered[] = [];
      for (const r of requests) {
        try {
          const reply = await answer({ ...part(ask, r, names), change: c });
          remember(ask, r, reply, names);
          list.push({ ...reply, id: r.id });
        } catch (error) {
          // What may pass at a second try must reach the command that tries again.
          if (/^(40|55P03)/.test((error as { code?: string }).code ?? '')) throw error;
          throw new Failed(fault(ask, error, r.id));
        }
      }
      return list;
    });
    for (const [k, v] of names) known.set(k, v);
    return replies;
  } catch (error) {
    if (error instanceof Failed) return [error.answer];
    return [fault(ask, error, requests[0]?.id)];
  }
}

function remember(_ask: Ask, r: Request, reply: Reply, known: Map<string, string>): void {
  if (r.id !== undefined && reply.headers.location) known.set(r.id, reply.headers.location);
}

/** A request of a batch as one of its own: its URL absolute, from the root or relative, `$1` standing for what request 1 made. */
function part(ask: Ask, r: Request, known: Map<string, string>): Ask {
  let url = r.url.trim();
  const reference = /^\/?\$([A-Za-z0-9_.-]+)(.*)$/s.exec(url);
  if (reference && known.has(reference[1]!)) url = known.get(reference[1]!)! + reference[2]!;
  const root = new URL(ask.base);
  if (url.startsWith(ask.base)) url = url.slice(ask.base.length);
  else if (/^https?:\/\//i.test(url)) {
    const path = url.replace(/^https?:\/\/[^/]*/i, '');
    if (!path.startsWith(root.pathname)) throw bad('批内只能请求本服务');
    url = path.slice(root.pathname.length);
  } else if (url.startsWith(`${root.pathname}/`)) url = url.slice(root.pathname.length);
  else if (/^\/v1\.[01]\//.test(url)) url = url.slice(5);
  if (!url.startsWith('/')) url = `/${url}`;
  const [path = '', ...query] = url.split('?');
  if (/^\/\$batch/.test(path)) throw bad('批内不能再有 $batch');
  // In bodies a reference is a link: {"@iot.id": "$1"}.
  const body = r.body.replace(/"\$([A-Za-z0-9_.-]+)"/g, (all, id: string) => {
    const to = known.get(id);
    return to ? (/\((\d+)\)$/.exec(to)?.[1] ?? all) : all;
  });
  return { ...ask, method: r.method, path, query: query.join('?'), type: r.type, body };
}
