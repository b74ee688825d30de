// Probes of sites, lines and machine rooms: what may be asked of which kind, what an outcome means, and in which words.
import * as z from 'zod';

export const probeKinds = ['web', 'tcp', 'tls', 'dns'] as const;
export type ProbeKind = (typeof probeKinds)[number];

const words = z.string().min(1).max(200);
/** What must hold for a target to count as up, besides answering in time. */
export const probeExpect = z.strictObject({
  /** web: HTTP status that is right; 200–399 unless told. */
  status: z.array(z.number().int().min(100).max(599)).max(20).optional(),
  /** web: text that must (not) be in the first 256 KB; tcp: in what the service says first. */
  contains: words.optional(),
  lacks: words.optional(),
  /** web: follow redirects, at most five; each is guarded like the first. */
  follow: z.boolean().optional(),
  /** tls and https: part of the issuer's name; a certificate nobody known signed is accepted with `anyIssuer`. */
  issuer: words.optional(),
  anyIssuer: z.boolean().optional(),
  /** tls and https: days the certificate must still be good for. */
  minDays: z.number().int().min(0).max(3650).optional(),
  /** Slower than this counts as down. */
  maxMs: z.number().int().min(1).max(60_000).optional(),
  /** tcp: a refused connection still proves that the host lives (for lines and machine rooms, instead of ICMP). */
  refusedIsUp: z.boolean().optional(),
  /** dns: record type, values that must be among the answers, the server asked (address, optional port). */
  record: z.enum(['A', 'AAAA', 'CNAME', 'MX', 'NS', 'TXT']).optional(),
  values: z.array(words).max(20).optional(),
  server: z
    .string()
    .regex(/^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-fA-F:]{2,45}\])(:\d{1,5})?$/)
    .optional(),
});
export type ProbeExpect = z.output<typeof probeExpect>;

export interface Address {
  host: string;
  port: number;
}
/** `host:port` of tcp and tls targets, IPv6 in brackets; undefined when it is none. */
export function addressOf(target: string, port?: number): Address | undefined {
  const m = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9._-]{1,253}))(?::(\d{1,5}))?$/.exec(target);
  const p = m?.[3] === undefined ? port : Number(m[3]);
  return m && p !== undefined && p >= 1 && p <= 65_535 ? { host: m[1] ?? m[2]!, port: p } : undefined;
}

/** What is wrong with a target of a kind; undefined when nothing. */
export function targetFault(kind: ProbeKind, target: string): string | undefined {
  if (kind === 'web') {
    if (!URL.canParse(target)) return '应为 http 或 https 地址';
    const url = new URL(target);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') return '应为 http 或 https 地址';
    return url.username || url.password ? '地址中不能带账号' : undefined;
  }
  if (kind === 'tcp') return addressOf(target) ? undefined : '应为“主机:端口”';
  if (kind === 'tls') return addressOf(target, 443) ? undefined : '应为“主机”或“主机:端口”';
  return /^(?=.{1,253}$)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.?$/.test(target) ? undefined : '应为域名';
}

/** Which expectations a kind knows; one that it does not is a mistake, not a wish. */
const asks: Record<ProbeKind, (keyof ProbeExpect)[]> = {
  web: ['status', 'contains', 'lacks', 'follow', 'issuer', 'anyIssuer', 'minDays', 'maxMs'],
  tcp: ['contains', 'maxMs', 'refusedIsUp'],
  tls: ['issuer', 'anyIssuer', 'minDays', 'maxMs'],
  dns: ['record', 'values', 'server', 'maxMs'],
};
export const expectFault = (kind: ProbeKind, expect: ProbeExpect): { name: string; message: string } | undefined => {
  const stray = (Object.keys(expect) as (keyof ProbeExpect)[]).find((k) => expect[k] !== undefined && !asks[kind].includes(k));
  return stray && { name: stray, message: `${kind} 探测没有这项要求` };
};

/** One look at a target. `up` null: the place that looks has no network itself, so nothing is known. */
export interface ProbeOutcome {
  up: boolean | null;
  /** Milliseconds until the answer; null when there was none. */
  ms: number | null;
  /** HTTP status. */
  status: number | null;
  /** Whole days the certificate is still good for; negative when it has run out. */
  days: number | null;
  issuer: string | null;
  /** Address that was asked. */
  address: string | null;
  /** In words: what was seen or what went wrong. */
  reason: string;
}
/** What is remembered of the last look, beside the readings. */
export interface ProbeLast extends ProbeOutcome {
  at: string;
  /** Looks in a row that were not up. */
  failures: number;
  /** Since when it is as it is. */
  since: string;
}

const reasons: Record<string, string> = {
  ECONNREFUSED: '对方拒绝连接',
  ECONNRESET: '连接被对方中断',
  EPIPE: '连接被对方中断',
  ETIMEDOUT: '连接超时',
  ENOTFOUND: '域名无法解析',
  ENODATA: '域名没有这种记录',
  ESERVFAIL: '域名服务器出错',
  EREFUSED: '域名服务器拒绝查询',
  EAI_AGAIN: '域名解析暂时失败',
  ETIMEOUT: '域名服务器没有答复',
  ECANCELLED: '域名服务器没有答复',
  EHOSTUNREACH: '主机不可达',
  EHOSTDOWN: '主机不可达',
  CERT_HAS_EXPIRED: '证书已过期',
  CERT_NOT_YET_VALID: '证书尚未生效',
  DEPTH_ZERO_SELF_SIGNED_CERT: '证书不受信任（自签名）',
  SELF_SIGNED_CERT_IN_CHAIN: '证书不受信任（自签名）',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: '证书不受信任（证书链不完整）',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: '证书不受信任（证书链不完整）',
  UNABLE_TO_GET_ISSUER_CERT: '证书不受信任（证书链不完整）',
  CERT_REVOKED: '证书已吊销',
  ERR_TLS_CERT_ALTNAME_INVALID: '证书与名称不符',
  EPROTO: '对方不是 TLS 服务，或协议版本不合',
};
/** Errors that say something of where we look from, not of what we look at. */
export const ownTrouble = (code: string | undefined): boolean =>
  code === 'ENETUNREACH' || code === 'ENETDOWN' || code === 'EMFILE' || code === 'ENFILE' || code === 'EADDRNOTAVAIL';
/** An error of the network in words. */
export function reasonOf(error: { code?: string | undefined; message?: string }): string {
  const { code } = error;
  if (code && reasons[code]) return reasons[code];
  if (code && ownTrouble(code)) return '探测点自身网络不可用';
  if (code?.startsWith('HPE_')) return '对方不是 HTTP 服务';
  if (code?.startsWith('ERR_SSL') || code?.startsWith('ERR_TLS')) return '对方不是 TLS 服务，或协议版本不合';
  return `探测失败：${(code ?? error.message ?? '').slice(0, 100)}`;
}
/** Problem of a certificate in words: by code where it is one. */
export const certificateReason = (problem: string): string => reasons[problem] ?? '证书不受信任';

/** The readings of an outcome: stream code to value; what is not known is not said (never 0). */
export function readingsOf(o: ProbeOutcome): Record<string, number> {
  if (o.up === null) return {};
  return {
    up: o.up ? 1 : 0,
    ...(o.ms === null ? {} : { ms: o.ms }),
    ...(o.status === null ? {} : { status: o.status }),
    ...(o.days === null ? {} : { days: o.days }),
  };
}
/** Streams that a kind of probe fills. */
export function streamsOf(kind: ProbeKind, target: string): { code: string; name: string; unit: string; min: number | null; max: number | null }[] {
  return [
    { code: 'up', name: '可用', unit: '', min: 0, max: 1 },
    { code: 'ms', name: '响应时间', unit: 'ms', min: 0, max: 60_000 },
    ...(kind === 'web' ? [{ code: 'status', name: 'HTTP 状态', unit: '', min: 100, max: 599 }] : []),
    ...(kind === 'tls' || (kind === 'web' && target.startsWith('https:')) ? [{ code: 'days', name: '证书剩余天数', unit: 'd', min: -36_500, max: 36_500 }] : []),
  ];
}
/** Older streams of device types that mean the same as a probe's: code → value. */
export const sameAs = (o: ProbeOutcome): Record<string, number> =>
  o.up === null ? {} : { ok: o.up ? 1 : 0, alive: o.up ? 1 : 0, loss: o.up ? 0 : 100, ...(o.ms === null ? {} : { delay: o.ms }) };

/** Code of a stream as seen from a place: `up` from the hub's own, `up-<place>` from elsewhere. */
export const streamFrom = (code: string, place: string): string => (place === 'local' ? code : `${code}-${place}`);
export const placeName = /^[a-z][a-z0-9-]{0,30}$/;
