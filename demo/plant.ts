// Fills a new demonstration centre: devices with some days of ordinary readings, a year's ledger entries, cases done and open – through the real services.
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { Command } from '#core/cases/kernel.ts';
import { open } from '#core/cases/state.ts';
import { DAY, MINUTE, dateOf, localIso } from '#core/time.ts';
import { act, openCase } from '#server/cases/service.ts';
import { planShift } from '#server/duty/service.ts';
import { putRiskPoint } from '#server/indicators/service.ts';
import { actorFor } from '#server/people/service.ts';
import type { Hub } from '#server/platform/hub.ts';
import { createRecord } from '#server/records/service.ts';
import { registerThings, signalsOf } from '#server/signals/service.ts';

interface Shape {
  base: number;
  daily: number;
  noise: number;
  min?: number;
}
interface District {
  things: { profile: string; name: string; unit: string; count: number; value: Record<string, Shape> }[];
  days: number;
  ledgers: { ledger: string; count: number; data: Record<string, unknown>; at?: string; on?: boolean }[];
  'risk-points': { type: string; name: string; unit: string; level: number; count: number; attributes: Record<string, string | number | boolean> }[];
  cases: { title: string; matter: string; condition: string; level: number; lon: number; lat: number; done: boolean; satisfaction?: number }[];
  letters: { title: string; to: string; channel: string }[];
}

/** A number in [0, 1) that depends only on its place: the same centre on every machine. */
const noise = (a: number, b: number): number => {
  const x = Math.sin(a * 127.1 + b * 311.7) * 43_758.5453;
  return x - Math.floor(x);
};
/** Places spread over the six schematic towns. */
const spot = (i: number): { lon: number; lat: number } => ({ lon: 106.235 + ((i * 0.0413) % 0.23), lat: 29.395 + ((i * 0.0277) % 0.16) });

/** Where devices of the demo measure, by code: `pipe-pressure-8`. */
export const codeOf = (profile: string, i: number): string => `${profile}-${i + 1}`;

/** Plants the demonstration; meant for a centre that has just been made. */
export async function plantDemo(hub: Hub): Promise<void> {
  const d = parse(await readFile(new URL('./district.yaml', import.meta.url), 'utf8')) as District;
  const now = await hub.now('live');
  let n = 0;
  const things = d.things.flatMap((t) =>
    Array.from({ length: t.count }, (_, i) => ({ code: codeOf(t.profile, i), name: `${t.name} ${i + 1}`, profile: t.profile, unit: `demo.${t.unit}`, ...spot(n++) })),
  );
  await hub.command(hub.system('demo'), (work) => registerThings(work, things, ['demo']));
  const signals = signalsOf(hub);
  const step = 30 * MINUTE;
  const start = Math.floor((now.getTime() - d.days * DAY) / step) * step;
  for (const t of d.things)
    for (let i = 0; i < t.count; i++) {
      const rows: { stream: string; time: string; value: number }[] = [];
      for (const [code, v] of Object.entries(t.value)) {
        const stream = `${codeOf(t.profile, i)}/${code}`;
        const seed = [...stream].reduce((n, c) => n * 31 + c.charCodeAt(0), 7) % 9973;
        for (let at = start; at <= now.getTime(); at += step) {
          const day = Math.sin(((at % DAY) / DAY) * 2 * Math.PI);
          const value = v.base + v.daily * day + v.noise * (noise(seed, at / step) * 2 - 1);
          rows.push({ stream, time: new Date(at).toISOString(), value: Math.round(Math.max(v.min ?? -Infinity, value) * 1000) / 1000 });
        }
        // The last minute too, so that the devices are online when somebody first looks.
        rows.push({ stream, time: new Date(now.getTime() - 1000 * (i % 50)).toISOString(), value: Math.round(v.base * 1000) / 1000 });
      }
      await signals.take(rows, { scope: ['demo'], source: 'demo' });
    }
  const desk = { actor: await actorFor(hub.sql, 'zhiban1'), realm: 'live' };
  const year = Date.parse(`${dateOf(now).slice(0, 4)}-01-01T09:00:00+08:00`);
  await hub.command(desk, async (work) => {
    for (const l of d.ledgers)
      for (let i = 0; i < l.count; i++) {
        const at = new Date(year + ((now.getTime() - year) * (i + 0.5)) / l.count);
        await createRecord(work, { ledger: l.ledger, data: { ...l.data, ...(l.at ? { [l.at]: localIso(at) } : {}), ...(l.on ? { on: dateOf(at) } : {}) }, unit: 'demo.center' });
      }
  });
  // Most were visited in their cycle, some are due, some never were.
  await hub.command(hub.system('demo'), async (work) => {
    let k = 3;
    for (const r of d['risk-points'])
      for (let i = 0; i < r.count; i++, k++)
        await putRiskPoint(
          work,
          {
            type: r.type,
            name: `${r.name} ${i + 1}`,
            unit: `demo.${r.unit}`,
            level: r.level as 1 | 2 | 3 | 4,
            ...spot(k),
            address: null,
            attributes: r.attributes,
            responsible: { district: '区级责任岗', town: '镇街责任岗', keeper: '管护岗' },
            things: [],
            status: 'active',
            inspectedOn: k % 9 === 0 ? null : dateOf(new Date(now.getTime() - ((k * 5) % 11) * DAY)),
          },
          ['demo'],
        );
  });
  // A week's roster, day and night, from the shift that runs now.
  const lead = await actorFor(hub.sql, 'zhibanzhang');
  const leader = (await actorFor(hub.sql, 'daiban')).account!;
  const officers = await Promise.all(['zhiban1', 'zhiban2'].map(async (l) => (await actorFor(hub.sql, l)).account!));
  const half = DAY / 2;
  // 08:00 and 20:00 in the centre are 00:00 and 12:00 UTC.
  const running = Math.floor(now.getTime() / half) * half;
  await hub.command({ actor: lead, realm: 'live' }, async (work) => {
    for (let i = 0; i < 14; i++) {
      const startsAt = new Date(running + i * half);
      await planShift(work, { unit: 'demo.center', startsAt, endsAt: new Date(startsAt.getTime() + half), leader, officers, note: '' });
    }
  });
  const as = async (login: string, id: string, command: Command) =>
    (await hub.command({ actor: await actorFor(hub.sql, login), realm: 'live' }, (work) => act(work, id, null, command))).state;
  for (const c of d.cases) {
    const made = await hub.command(desk, (work) =>
      openCase(work, {
        flow: 'incident',
        title: c.title,
        description: '',
        source: 'grid',
        set: { matter: c.matter, condition: c.condition, level: c.level, place: { lon: c.lon, lat: c.lat, address: c.title.slice(0, 6) } },
      }),
    );
    let { state } = made;
    for (const outcome of ['accept', 'file', 'dispatch']) state = await as('zhibanzhang', made.id, { kind: 'decide', task: state.tasks.find(open)!.id, outcome });
    if (!c.done) continue;
    for (const t of state.tasks.filter((x) => x.step === 'handle')) {
      await as('urban-b', made.id, { kind: 'accept', task: t.id });
      await as('urban-b', made.id, { kind: 'submit', task: t.id, form: { result: '已按标准处理完毕' } });
      state = await as('urban', made.id, { kind: 'confirm', task: t.id });
    }
    state = await as('shouli', made.id, { kind: 'decide', task: state.tasks.find(open)!.id, outcome: 'pass', form: { evidence: '现场已恢复' } });
    await as('shouli', made.id, { kind: 'decide', task: state.tasks.find(open)!.id, outcome: 'close', form: { conditionMet: true } });
    await as('shouli', made.id, { kind: 'evaluate', form: { satisfaction: c.satisfaction ?? 5 } });
  }
  for (const l of d.letters) {
    const office = { actor: await actorFor(hub.sql, 'xinfang'), realm: 'live' };
    const made = await hub.command(office, (work) =>
      openCase(work, { flow: 'letter', title: l.title, description: '', source: 'letter', form: { channel: l.channel, publishable: true } }),
    );
    await as('xinfang', made.id, { kind: 'decide', task: made.state.tasks.find(open)!.id, outcome: 'assign', assign: [{ unit: `demo.${l.to}`, title: '办理答复', lead: true }] });
  }
}
