// Plays one day of signals into a running centre as devices, callers and writers would: readings by a real MQTT client, reports through the service.
import { readFile } from 'node:fs/promises';
import mqtt from 'mqtt';
import { parse } from 'yaml';
import { openCase } from '#server/cases/service.ts';
import { actorFor } from '#server/people/service.ts';
import type { Hub } from '#server/platform/hub.ts';
import { issueCredential } from '#server/signals/service.ts';

export interface Story {
  story: string;
  name: string;
  thing?: string;
  readings?: [minute: number, values: Record<string, number>][];
  report?: { title: string; source: string; lon: number; lat: number; address: string };
  letter?: { title: string; channel: string };
  at?: number;
}

/** The stories of the demo day. */
export const stories = async (): Promise<Story[]> => parse(await readFile(new URL('./day.yaml', import.meta.url), 'utf8')) as Story[];

export interface Played {
  readings: number;
  reports: number;
  seconds: number;
}

/** Plays stories at `speed` times real time; resolves when all was acknowledged. */
export async function play(hub: Hub, o: { mqtt: string; speed: number; only?: string[] | undefined; say(text: string): void; signal?: AbortSignal }): Promise<Played> {
  const chosen = (await stories()).filter((s) => !o.only?.length || o.only.includes(s.story));
  if (!chosen.length) throw new Error(`没有这个故事；可用：${(await stories()).map((s) => s.story).join(' ')}`);
  const events = chosen.flatMap((s) => [
    ...(s.readings ?? []).map(([minute, values]) => ({ minute, s, values })),
    ...(s.report || s.letter ? [{ minute: s.at ?? 0, s, values: undefined }] : []),
  ]);
  events.sort((a, b) => a.minute - b.minute);
  const { login, secret } = await hub.command(hub.system('demo'), (work) => issueCredential(work, `demo-${Date.now().toString(36)}`, 'demo'));
  const client = await mqtt.connectAsync(o.mqtt, { username: login, password: secret, protocolVersion: 4, reconnectPeriod: 500 });
  const began = performance.now();
  const first = events[0]!.minute;
  const result: Played = { readings: 0, reports: 0, seconds: 0 };
  try {
    for (const e of events) {
      const due = ((e.minute - first) * 60_000) / o.speed;
      const left = due - (performance.now() - began);
      if (left > 0) await new Promise((r) => setTimeout(r, left));
      if (o.signal?.aborted) break;
      if (e.values) {
        await client.publishAsync(`v1/things/${e.s.thing}/readings`, JSON.stringify({ time: new Date().toISOString(), ...e.values }), { qos: 1 });
        result.readings++;
        o.say(
          `${e.s.name}：${Object.entries(e.values)
            .map(([k, v]) => `${k} ${v}`)
            .join('，')}`,
        );
      } else if (e.s.report) {
        const { title, source, ...place } = e.s.report;
        await hub.command({ actor: await actorFor(hub.sql, 'zhiban1'), realm: 'live' }, (work) =>
          openCase(work, { flow: 'incident', title, description: '', source, set: { place } }),
        );
        result.reports++;
        o.say(`${e.s.name}：${title}`);
      } else if (e.s.letter) {
        const { title, channel } = e.s.letter;
        await hub.command({ actor: await actorFor(hub.sql, 'xinfang'), realm: 'live' }, (work) =>
          openCase(work, { flow: 'letter', title, description: '', source: 'letter', form: { channel } }),
        );
        result.reports++;
        o.say(`${e.s.name}：${title}`);
      }
    }
  } finally {
    await client.endAsync();
    await hub.sql`update device_credentials set active = false where login = ${login}`;
  }
  result.seconds = Math.round((performance.now() - began) / 100) / 10;
  return result;
}
