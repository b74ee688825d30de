// One look at a target: web, TCP, TLS or DNS, ended by its timeout, told in words; throws nothing.
import { Resolver } from 'node:dns/promises';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, isIP } from 'node:net';
import { type TLSSocket, connect as connectTls } from 'node:tls';
import { type ProbeExpect, type ProbeKind, type ProbeOutcome, addressOf, certificateReason, ownTrouble, reasonOf } from '#core/signals/probe.ts';
import { Forbidden, type Pinned, isForbidden, pin } from './guard.ts';

export interface Look {
  kind: ProbeKind;
  target: string;
  timeoutMs: number;
  expect: ProbeExpect;
}
const MAX_BODY = 256 * 1024;
const MAX_REDIRECTS = 5;
const DAY = 86_400_000;
const nothing = { up: false, ms: null, status: null, days: null, issuer: null, address: null } as const;
/** Resolves false when aborted first, so that nothing waits beyond the timeout. */
const since = (began: number): number => Math.round((performance.now() - began) * 10) / 10;

interface Certificate {
  days: number | null;
  issuer: string | null;
  /** What is wrong with it. */
  fault: string | undefined;
}
/** What a handshake showed, against what is expected of the certificate. */
function certificateOf(socket: TLSSocket, expect: ProbeExpect, now: number): Certificate {
  const c = socket.getPeerCertificate();
  const until = c?.valid_to ? Date.parse(c.valid_to) : Number.NaN;
  const days = Number.isNaN(until) ? null : Math.floor((until - now) / DAY);
  const names = [c?.issuer?.O, c?.issuer?.CN, c?.issuer?.OU].flat().filter((x): x is string => typeof x === 'string');
  const issuer = names.length ? [...new Set(names)].join(' ').slice(0, 300) : null;
  const problem = socket.authorized ? undefined : String((socket.authorizationError as Error & { code?: string })?.code ?? socket.authorizationError ?? 'unknown');
  let fault: string | undefined;
  if (days !== null && until <= now) fault = `证书已过期 ${-days} 天`;
  else if (problem && problem !== 'CERT_HAS_EXPIRED' && !expect.anyIssuer) fault = certificateReason(problem);
  else if (problem === 'ERR_TLS_CERT_ALTNAME_INVALID') fault = certificateReason(problem);
  else if (expect.issuer && !issuer?.toLowerCase().includes(expect.issuer.toLowerCase())) fault = `证书的签发者是 ${issuer ?? '（无）'}，不含“${expect.issuer}”`;
  else if (expect.minDays !== undefined && days !== null && days < expect.minDays) fault = `证书只剩 ${days} 天，少于 ${expect.minDays} 天`;
  return { days, issuer, fault };
}

/** Rejects when the signal is aborted; whatever is running is ended by the caller's `stop`. */
const ended = (signal: AbortSignal, stop: () => void): Promise<never> =>
  new Promise((_, fail) => {
    const abort = () => {
      stop();
      fail(Object.assign(new Error('timeout'), { code: 'PROBE_TIMEOUT' }));
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });

async function web(p: Look, signal: AbortSignal): Promise<ProbeOutcome> {
  let url = new URL(p.target);
  let began = performance.now();
  let at: Pinned | undefined;
  for (let hop = 0; ; hop++) {
    at = await Promise.race([pin(url.hostname), ended(signal, () => {})]);
    if (hop === 0) began = performance.now();
    const secure = url.protocol === 'https:';
    const { address, family } = at;
    let made: ReturnType<typeof httpRequest> | undefined;
    const response = new Promise<IncomingMessage>((done, fail) => {
      made = (secure ? httpsRequest : httpRequest)(
        url,
        {
          agent: false,
          // Judged below, so that the certificate is seen even when it is bad.
          rejectUnauthorized: false,
          headers: { 'user-agent': 'chengshu-probe', accept: '*/*', connection: 'close' },
          lookup: (_host: string, options: { all?: boolean }, next: (e: null, a: never, f?: number) => void) =>
            options.all ? next(null, [{ address, family }] as never) : next(null, address as never, family),
        } as never,
        done,
      );
      made.on('error', fail);
      made.end();
    });
    const stop = () => made?.destroy();
    const res = await Promise.race([response, ended(signal, stop)]);
    res.on('error', () => {});
    const ms = since(began);
    const status = res.statusCode ?? 0;
    const cert = secure ? certificateOf(res.socket as TLSSocket, p.expect, Date.now()) : { days: null, issuer: null, fault: undefined };
    const seen = { ms, status, days: cert.days, issuer: cert.issuer, address };
    const location = res.headers.location;
    if (p.expect.follow && status >= 300 && status < 400 && location && !cert.fault) {
      stop();
      if (hop >= MAX_REDIRECTS || !URL.canParse(location, url.href)) return { ...seen, up: false, reason: '重定向过多或地址不对' };
      const next = new URL(location, url.href);
      if (next.protocol !== 'http:' && next.protocol !== 'https:') return { ...seen, up: false, reason: '重定向到别的协议' };
      url = next;
      continue;
    }
    let fault = cert.fault;
    if (!fault && !(p.expect.status ? p.expect.status.includes(status) : status >= 200 && status < 400))
      fault = `状态 ${status}${p.expect.status ? `，应为 ${p.expect.status.join('、')}` : ''}`;
    if (!fault && (p.expect.contains || p.expect.lacks)) {
      const parts: Buffer[] = [];
      let size = 0;
      const read = (async () => {
        for await (const part of res) {
          parts.push(part as Buffer);
          size += (part as Buffer).length;
          if (size >= MAX_BODY) break;
        }
      })();
      read.catch(() => {});
      await Promise.race([read, ended(signal, stop)]);
      const text = textOf(Buffer.concat(parts).subarray(0, MAX_BODY), String(res.headers['content-type'] ?? ''));
      if (p.expect.contains && !text.includes(p.expect.contains)) fault = `页面中没有“${p.expect.contains}”`;
      else if (p.expect.lacks && text.includes(p.expect.lacks)) fault = `页面中出现了“${p.expect.lacks}”`;
    }
    stop();
    if (!fault && p.expect.maxMs !== undefined && ms > p.expect.maxMs) fault = `用时 ${Math.round(ms)} 毫秒，超过 ${p.expect.maxMs} 毫秒`;
    return { ...seen, up: !fault, reason: fault ?? `状态 ${status}，${Math.round(ms)} 毫秒` };
  }
}
/** Text of a page in the encoding it says. */
function textOf(body: Buffer, type: string): string {
  const said = /charset=["']?([\w-]+)/i.exec(type)?.[1] ?? /charset=["']?([\w-]+)/i.exec(body.subarray(0, 2048).toString('latin1'))?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(/^gb/i.test(said) ? 'gb18030' : said).decode(body);
  } catch {
    return body.toString('utf8');
  }
}

async function tcp(p: Look, signal: AbortSignal): Promise<ProbeOutcome> {
  const { host, port } = addressOf(p.target)!;
  const at = await Promise.race([pin(host), ended(signal, () => {})]);
  const began = performance.now();
  const socket = connect({ host: at.address, port, family: at.family });
  socket.on('error', () => {});
  const stop = () => socket.destroy();
  try {
    try {
      await Promise.race([
        new Promise<void>((done, fail) => {
          socket.once('connect', () => done());
          socket.once('error', fail);
        }),
        ended(signal, stop),
      ]);
    } catch (error) {
      const ms = since(began);
      if ((error as { code?: string }).code === 'ECONNREFUSED' && p.expect.refusedIsUp)
        return { ...nothing, up: true, ms, address: at.address, reason: `主机有应答（端口未开），${Math.round(ms)} 毫秒` };
      throw Object.assign(error as Error, { address: at.address });
    }
    const ms = since(began);
    let fault: string | undefined;
    if (p.expect.contains) {
      let heard = '';
      const said = new Promise<void>((done) => {
        socket.on('data', (d) => {
          heard += d.toString('utf8');
          if (heard.includes(p.expect.contains!) || heard.length > 16_384) done();
        });
        socket.once('close', () => done());
      });
      await Promise.race([said, ended(signal, stop)]).catch(() => {});
      if (!heard.includes(p.expect.contains)) fault = `服务的问候中没有“${p.expect.contains}”`;
    }
    if (!fault && p.expect.maxMs !== undefined && ms > p.expect.maxMs) fault = `用时 ${Math.round(ms)} 毫秒，超过 ${p.expect.maxMs} 毫秒`;
    return { ...nothing, up: !fault, ms, address: at.address, reason: fault ?? `已连接，${Math.round(ms)} 毫秒` };
  } finally {
    stop();
  }
}

async function tls(p: Look, signal: AbortSignal): Promise<ProbeOutcome> {
  const { host, port } = addressOf(p.target, 443)!;
  const at = await Promise.race([pin(host), ended(signal, () => {})]);
  const began = performance.now();
  const socket = connectTls({ host: at.address, port, rejectUnauthorized: false, ...(isIP(host) ? {} : { servername: host }) });
  socket.on('error', () => {});
  const stop = () => socket.destroy();
  try {
    await Promise.race([
      new Promise<void>((done, fail) => {
        socket.once('secureConnect', () => done());
        socket.once('error', fail);
        socket.once('end', () => fail(Object.assign(new Error('closed'), { code: 'EPROTO' })));
      }),
      ended(signal, stop),
    ]);
    const ms = since(began);
    const cert = certificateOf(socket, p.expect, Date.now());
    const fault = cert.fault ?? (p.expect.maxMs !== undefined && ms > p.expect.maxMs ? `用时 ${Math.round(ms)} 毫秒，超过 ${p.expect.maxMs} 毫秒` : undefined);
    return { ...nothing, up: !fault, ms, days: cert.days, issuer: cert.issuer, address: at.address, reason: fault ?? `证书还有 ${cert.days} 天，${Math.round(ms)} 毫秒` };
  } finally {
    stop();
  }
}

async function dns(p: Look, signal: AbortSignal): Promise<ProbeOutcome> {
  const resolver = new Resolver({ timeout: p.timeoutMs, tries: 1 });
  const { server } = p.expect;
  if (server) {
    const asked = addressOf(server, 53);
    if (!asked || isForbidden(asked.host)) throw new Forbidden('不允许探测链路本地、元数据或组播地址');
    resolver.setServers([server]);
  }
  const record = p.expect.record ?? 'A';
  const began = performance.now();
  const answer = (await Promise.race([resolver.resolve(p.target, record), ended(signal, () => resolver.cancel())])) as unknown[];
  const ms = since(began);
  const values = answer.map((a) =>
    typeof a === 'string' ? a : Array.isArray(a) ? a.join('') : `${(a as { priority?: number }).priority ?? ''} ${(a as { exchange?: string }).exchange ?? ''}`.trim(),
  );
  const absent = (p.expect.values ?? []).filter((v) => !values.some((x) => x.replace(/\.$/, '').toLowerCase() === v.replace(/\.$/, '').toLowerCase()));
  let fault = absent.length ? `解析结果中没有 ${absent.join('、')}，得到 ${values.slice(0, 5).join('、') || '空'}` : values.length ? undefined : '没有解析结果';
  if (!fault && p.expect.maxMs !== undefined && ms > p.expect.maxMs) fault = `用时 ${Math.round(ms)} 毫秒，超过 ${p.expect.maxMs} 毫秒`;
  return { ...nothing, up: !fault, ms, address: server ?? null, reason: (fault ?? `${record} ${values.slice(0, 5).join('、')}`).slice(0, 400) };
}

/** Looks once, within the timeout; whatever happens becomes an outcome with a reason. */
export async function look(p: Look, stopping?: AbortSignal): Promise<ProbeOutcome> {
  const timer = new AbortController();
  const timeout = setTimeout(() => timer.abort(), p.timeoutMs);
  const stop = () => timer.abort();
  stopping?.addEventListener('abort', stop, { once: true });
  try {
    return await { web, tcp, tls, dns }[p.kind](p, timer.signal);
  } catch (error) {
    const e = error as { code?: string; message?: string; address?: string };
    const address = typeof e.address === 'string' ? e.address : null;
    if (stopping?.aborted) return { ...nothing, up: null, reason: '探测中止' };
    if (error instanceof Forbidden) return { ...nothing, reason: error.message };
    if (e.code === 'PROBE_TIMEOUT') return { ...nothing, address, reason: `${p.timeoutMs} 毫秒内没有答复` };
    // Nothing is known of a target when the place that looks has no network.
    if (ownTrouble(e.code)) return { ...nothing, up: null, address, reason: reasonOf(e) };
    return { ...nothing, address, reason: reasonOf(e) };
  } finally {
    clearTimeout(timeout);
    stopping?.removeEventListener('abort', stop);
  }
}
