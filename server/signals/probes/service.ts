// Probes at work: added to things, looked at on time from their place, told as readings with a reason for what is wrong.
import { within } from '#core/people/roles.ts';
import { problem } from '#core/problem.ts';
import { type ProbeExpect, type ProbeKind, type ProbeLast, type ProbeOutcome, expectFault, readingsOf, sameAs, streamFrom, streamsOf, targetFault } from '#core/signals/probe.ts';
import { append } from '../../platform/facts.ts';
import type { Hub, Work } from '../../platform/hub.ts';
import { loop } from '../../platform/loop.ts';
import { counter, gauge } from '../../platform/metrics.ts';
import { signalsOf } from '../service.ts';
import { thingByCode } from '../store.ts';
import { look } from './look.ts';
import * as store from './store.ts';
export { list } from './store.ts';
export type { ProbeRow } from './store.ts';

const AT_ONCE = 16;

export interface NewProbe {
  thing: string;
  kind: ProbeKind;
  target: string;
  place: string;
  intervalS: number;
  timeoutMs: number;
  expect: ProbeExpect;
}
function checked(kind: ProbeKind, target: string, expect: ProbeExpect): void {
  const fault = targetFault(kind, target);
  if (fault) throw problem('invalid-input', { detail: fault, errors: [{ pointer: '/body/target', message: fault }] });
  const stray = expectFault(kind, expect);
  if (stray) throw problem('invalid-input', { detail: stray.message, errors: [{ pointer: `/body/expect/${stray.name}`, message: stray.message }] });
}

/** Adds a probe to a thing, with the streams its results go to. */
export async function addProbe(work: Work, p: NewProbe, scope: string[]): Promise<{ id: string }> {
  checked(p.kind, p.target, p.expect);
  if (p.timeoutMs >= p.intervalS * 1000) throw problem('invalid-input', { detail: '超时须短于间隔', errors: [{ pointer: '/body/timeoutMs', message: '须短于间隔' }] });
  const thing = await thingByCode(work.tx, p.thing);
  if (!thing || !scope.some((s) => within(thing.unit, s)))
    throw problem('invalid-input', { detail: '没有这个设备，或不在您的管理范围', errors: [{ pointer: '/body/thing', message: '没有这个设备' }] });
  const [row] = await store.add(work.tx, { ...p, realm: work.realm, thingId: thing.id });
  if (!row) throw problem('conflict', { detail: '这个设备已有同样的探测' });
  await store.ensureStreams(
    work.tx,
    thing.id,
    streamsOf(p.kind, p.target).map((s) => ({ ...s, code: streamFrom(s.code, p.place), name: p.place === 'local' ? s.name : `${s.name}（${p.place}）` })),
  );
  await append(work, [
    { kind: 'probe.added', subject: `probe:${row.id}`, data: { thing: p.thing, kind: p.kind, target: p.target, place: p.place, every: p.intervalS }, unit: thing.unit },
  ]);
  return row;
}

async function own(db: Parameters<typeof store.read>[0], id: string, realm: string, scope: string[]): Promise<store.ProbeRow> {
  const p = await store.read(db, id);
  if (!p || p.realm !== realm || !scope.some((s) => within(p.unit, s))) throw problem('not-found', { detail: '没有这个探测' });
  return p;
}

export async function changeProbe(
  work: Work,
  id: string,
  c: { active?: boolean | undefined; intervalS?: number | undefined; timeoutMs?: number | undefined; expect?: ProbeExpect | undefined },
  scope: string[],
): Promise<{ id: string; active: boolean }> {
  const p = await own(work.tx, id, work.realm, scope);
  checked(p.kind, p.target, c.expect ?? p.expect);
  if ((c.timeoutMs ?? p.timeoutMs) >= (c.intervalS ?? p.intervalS) * 1000)
    throw problem('invalid-input', { detail: '超时须短于间隔', errors: [{ pointer: '/body/timeoutMs', message: '须短于间隔' }] });
  const [row] = await store.change(work.tx, id, c);
  await append(work, [{ kind: 'probe.changed', subject: `probe:${id}`, data: { ...c }, unit: p.unit }]);
  return { id, active: row!.active };
}

export async function removeProbe(work: Work, id: string, scope: string[]): Promise<{ removed: boolean }> {
  const p = await own(work.tx, id, work.realm, scope);
  await store.remove(work.tx, id);
  await append(work, [{ kind: 'probe.removed', subject: `probe:${id}`, data: { thing: p.thing, kind: p.kind, target: p.target }, unit: p.unit }]);
  return { removed: true };
}

/** Keeps an outcome: readings of the thing's streams, and the last result with since when. */
export async function keep(hub: Hub, p: store.ProbeRow, o: ProbeOutcome): Promise<{ stored: number; last: ProbeLast }> {
  const now = (await hub.now(p.realm)).toISOString();
  const same = p.last?.up === o.up;
  const last: ProbeLast = { ...o, at: now, failures: o.up === true ? 0 : (p.last?.failures ?? 0) + (o.up === false ? 1 : 0), since: same ? p.last!.since : now };
  const signals = signalsOf(hub);
  const known = (code: string) => signals.registry.find(`${p.thing}/${code}`);
  const values: Record<string, number> = Object.fromEntries(Object.entries(readingsOf(o)).map(([k, v]) => [streamFrom(k, p.place), v]));
  if (Object.keys(values).some((c) => !known(c))) await signals.registry.refresh();
  if (p.place === 'local') for (const [code, v] of Object.entries(sameAs(o))) if (known(code)) values[code] = v;
  const list = Object.entries(values).flatMap(([code, value]) => (known(code) ? [{ stream: `${p.thing}/${code}`, value, time: now }] : []));
  const taken = list.length ? await signals.take(list, { scope: [''], source: `probe:${p.place}`, partial: true }) : { stored: 0 };
  await store.remember(hub.sql, p.id, last);
  return { stored: taken.stored, last };
}

/** Looks now when the probe is of this process's place; otherwise its own place looks next. */
export async function runProbe(hub: Hub, id: string, realm: string, scope: string[]): Promise<{ ran: boolean; last: ProbeLast | null }> {
  const p = await own(hub.sql, id, realm, scope);
  if (p.place !== hub.config.probePlace) {
    await store.soon(hub.sql, id);
    return { ran: false, last: p.last };
  }
  return { ran: true, last: (await keep(hub, p, await look(p))).last };
}

/** Takes what another place saw of a probe that is its own. */
export async function reportProbe(hub: Hub, id: string, realm: string, scope: string[], o: ProbeOutcome): Promise<{ stored: number }> {
  const p = await own(hub.sql, id, realm, scope);
  if (p.place === hub.config.probePlace) throw problem('conflict', { detail: '这个探测由本机进行' });
  return { stored: (await keep(hub, p, o)).stored };
}

/** Looks at what is due from this process's place until the hub closes; never more than a few at once. */
export function runProbes(hub: Hub): void {
  const stopping = new AbortController();
  const flying = new Set<Promise<void>>();
  const looked = counter('chengshu_probes_total', '已完成的探测');
  const running = gauge('chengshu_probes_running', '正在进行的探测');
  const one = async (p: store.ProbeRow) => {
    const outcome = await look(p, stopping.signal);
    if (stopping.signal.aborted) return;
    await keep(hub, p, outcome);
    looked.inc();
  };
  loop(hub, 'probes', 1000, async () => {
    const free = AT_ONCE - flying.size;
    if (free <= 0 || stopping.signal.aborted) return false;
    const due = await store.due(hub.sql, hub.config.probePlace, free);
    for (const p of due) {
      const f: Promise<void> = one(p)
        .catch((error: unknown) => hub.log.error('probe failed', { probe: p.id, error }))
        .finally(() => {
          flying.delete(f);
          running.set(flying.size);
        });
      flying.add(f);
    }
    running.set(flying.size);
    return false;
  });
  hub.onClose(async () => {
    stopping.abort();
    await Promise.allSettled(flying);
  });
}
