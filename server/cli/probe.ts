// chengshu probe: looks at targets from another place and reports to the centre over its HTTP interface; needs no database.
import { parseArgs } from 'node:util';
import type { ProbeExpect, ProbeKind } from '#core/signals/probe.ts';
import type { Command } from '../cli.ts';
import { look } from '../signals/probes/look.ts';

interface Listed {
  id: string;
  kind: ProbeKind;
  target: string;
  intervalS: number;
  timeoutMs: number;
  expect: ProbeExpect;
  active: boolean;
}
const AT_ONCE = 16;

export const command: Command = {
  name: 'probe',
  summary: { zh: '在另一处探测并回报', en: 'Probe from another place' },
  usage: `npm run -s chengshu -- probe --place 区机房 --server https://hub.example --token cs_… [--once]

对 place 为该处的探测按各自间隔进行，结果回报中心；--once 各探测一遍即止。
密钥用 user token 签发，账号须有“维护设备与点位”权限；也可放在环境变量 CHENGSHU_TOKEN。`,
  async run(args, io) {
    const { values: v } = parseArgs({
      args,
      options: { place: { type: 'string' }, server: { type: 'string' }, token: { type: 'string' }, once: { type: 'boolean', default: false } },
    });
    const token = v.token ?? process.env.CHENGSHU_TOKEN;
    if (!v.place || !v.server || !token || !URL.canParse(v.server)) {
      io.say(command.usage);
      return 2;
    }
    const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
      const r = await fetch(new URL(path, v.server), {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(20_000),
      });
      if (!r.ok) throw new Error(`${r.status} ${((await r.json().catch(() => ({}))) as { detail?: string }).detail ?? ''}`);
      return r.json();
    };
    const all = async (): Promise<Listed[]> => {
      const items: Listed[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const page = (await call('GET', `/api/probes?place=${encodeURIComponent(v.place!)}&limit=500${cursor ? `&cursor=${cursor}` : ''}`)) as {
          items: Listed[];
          next: string | null;
        };
        items.push(...page.items.filter((p) => p.active));
        cursor = page.next;
      }
      return items;
    };
    const one = async (p: Listed): Promise<void> => {
      const o = await look(p);
      await call('POST', `/api/probes/${p.id}/result`, o);
      io.say(`${p.target}  ${o.up === null ? '未知' : o.up ? '正常' : '异常'}  ${o.reason}`);
    };
    if (v.once) {
      const list = await all();
      for (let i = 0; i < list.length; i += AT_ONCE) await Promise.all(list.slice(i, i + AT_ONCE).map(one));
      io.out(JSON.stringify({ place: v.place, probed: list.length }));
      return 0;
    }
    const next = new Map<string, number>();
    const flying = new Set<string>();
    let list: Listed[] = [];
    let listed = Number.NEGATIVE_INFINITY;
    let stop = false;
    process.once('SIGINT', () => (stop = true));
    process.once('SIGTERM', () => (stop = true));
    io.say(`从 ${v.place} 探测，回报 ${new URL(v.server).origin}`);
    while (!stop) {
      if (performance.now() - listed > 30_000)
        try {
          list = await all();
          listed = performance.now();
        } catch (error) {
          io.say(`取不到探测清单：${(error as Error).message}`);
          listed = performance.now() - 20_000;
        }
      for (const p of list) {
        if (flying.size >= AT_ONCE) break;
        if (flying.has(p.id) || (next.get(p.id) ?? 0) > performance.now()) continue;
        next.set(p.id, performance.now() + p.intervalS * 1000 * (0.95 + Math.random() * 0.1));
        flying.add(p.id);
        void one(p)
          .catch((error: unknown) => io.say(`${p.target}  未能回报：${(error as Error).message}`))
          .finally(() => flying.delete(p.id));
      }
      await new Promise((r) => setTimeout(r, 500));
    }
    return 0;
  },
};
