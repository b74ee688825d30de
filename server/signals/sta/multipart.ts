// multipart/mixed of OData batches: reading the parts and change sets, writing their answers.
import { bad } from '#core/signals/sta/fault.ts';

export interface Request {
  id?: string | undefined;
  method: string;
  url: string;
  type: string;
  body: string;
}
export type Part = Request[] & { set?: boolean };

const boundaryOf = (type: string): string => {
  const m = /boundary=(?:"([^"]{1,200})"|([^;\s]{1,200}))/i.exec(type);
  if (!m) throw bad('multipart 缺少 boundary');
  return (m[1] ?? m[2])!;
};

/** Bodies between boundaries; the preamble and what follows the end are left out. */
function pieces(type: string, body: string): string[] {
  const mark = `--${boundaryOf(type)}`;
  const text = `\n${body.replaceAll('\r\n', '\n')}`;
  const list = text.split(`\n${mark}`);
  if (list.length < 2) throw bad('multipart 没有内容');
  const parts: string[] = [];
  for (const piece of list.slice(1)) {
    if (piece.startsWith('--')) break;
    parts.push(piece.replace(/^[ \t]*\n/, ''));
  }
  return parts;
}
function split(text: string): { headers: Map<string, string>; rest: string } {
  const headers = new Map<string, string>();
  let from = 0;
  for (;;) {
    const end = text.indexOf('\n', from);
    const line = end < 0 ? text.slice(from) : text.slice(from, end);
    if (!line.trim()) return { headers, rest: end < 0 ? '' : text.slice(end + 1) };
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
    if (end < 0) return { headers, rest: '' };
    from = end + 1;
  }
}
function request(headers: Map<string, string>, rest: string): Request {
  const text = rest.replace(/^\n+/, '');
  const end = text.indexOf('\n');
  const first = end < 0 ? text : text.slice(0, end);
  const m = /^(GET|HEAD|POST|PUT|PATCH|DELETE) (\S.*?)(?: HTTP\/\d(?:\.\d)?)?\s*$/.exec(first);
  if (!m) throw bad(`批内请求行无效：${first.slice(0, 80)}`);
  const inner = split(end < 0 ? '' : text.slice(end + 1));
  return {
    id: headers.get('content-id') ?? inner.headers.get('content-id'),
    method: m[1]!,
    url: m[2]!,
    type: inner.headers.get('content-type') ?? 'application/json',
    body: inner.rest.trim(),
  };
}

/** The parts of a batch in order; those of a change set together. */
export function parseMultipart(type: string, body: string): Part[] {
  return pieces(type, body).map((piece) => {
    const { headers, rest } = split(piece);
    const kind = headers.get('content-type') ?? '';
    if (/^multipart\/mixed/i.test(kind)) {
      const list: Part = pieces(kind, rest).map((p) => {
        const inner = split(p);
        return request(inner.headers, inner.rest);
      });
      if (list.some((r) => r.method === 'GET' || r.method === 'HEAD')) throw bad('变更集中不能有 GET');
      list.set = true;
      return list;
    }
    if (!/^application\/http/i.test(kind)) throw bad('批内各部分应为 application/http 或 multipart/mixed');
    return [request(headers, rest)];
  });
}

const REASON: Record<number, string> = {
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  501: 'Not Implemented',
};
interface Answer {
  id?: string | undefined;
  status: number;
  headers: Record<string, string>;
  body?: unknown;
  text?: string;
}
function one(a: Answer): string {
  const text = a.text ?? (a.body === undefined ? '' : JSON.stringify(a.body));
  const headers = { ...a.headers, ...(text ? { 'Content-Type': a.text === undefined ? 'application/json' : 'text/plain' } : {}) };
  const lines = Object.entries(headers).map(([k, v]) => `${k === 'location' ? 'Location' : k}: ${v}\r\n`);
  return `Content-Type: application/http\r\n${a.id === undefined ? '' : `Content-ID: ${a.id}\r\n`}\r\nHTTP/1.1 ${a.status} ${REASON[a.status] ?? 'Status'}\r\n${lines.join('')}\r\n${text}\r\n`;
}
/** The answers in the order and nesting of the requests; a change set that failed has one answer instead. */
export function writeMultipart(parts: { set: boolean | undefined; answers: Answer[] }[]): { type: string; text: string } {
  const outer = 'batch_answer';
  const body = parts.map((p, i) => {
    if (!p.set || (p.answers.length === 1 && p.answers[0]!.status >= 400)) return one(p.answers[0]!);
    const inner = `changeset_answer_${i}`;
    return `Content-Type: multipart/mixed; boundary=${inner}\r\n\r\n${p.answers.map((a) => `--${inner}\r\n${one(a)}`).join('')}--${inner}--\r\n`;
  });
  return { type: `multipart/mixed; boundary=${outer}`, text: `${body.map((b) => `--${outer}\r\n${b}`).join('')}--${outer}--\r\n` };
}
