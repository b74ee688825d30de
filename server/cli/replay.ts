// chengshu replay: sends a CSV of real readings through a real MQTT client, at any speed, with the times of the file.
import { createReadStream } from 'node:fs';
import { parseArgs } from 'node:util';
import mqtt from 'mqtt';
import { CsvMapper, CsvReader, type CsvRecord, delimiterOf, lackingColumns, proposal } from '#core/signals/csv.ts';
import type { Command } from '../cli.ts';
import { readConfig } from '../platform/config.ts';
import { attachInstance } from '../platform/instance.ts';
import { registerThings, issueCredential } from '../signals/service.ts';

const IN_FLIGHT = 200;

export const command: Command = {
  name: 'replay',
  summary: { zh: '把 CSV 里的真实读数经 MQTT 回放', en: 'Replay readings from a CSV through MQTT' },
  usage: `npm run -s chengshu -- replay --file beijing-air.csv --thing replay-air --profile air-station --unit demo.ecology --map pm25=pm2.5 [--speed 0] [--mqtt URL] [--limit N]

--map 数据流=列名，可多个，用逗号分开；空值、NA 视为缺测，不送出。
--speed 0 尽快；3600 表示一秒回放一小时。设备不存在时先登记。中心须正在运行。`,
  async run(args, io) {
    const { values: v } = parseArgs({
      args,
      options: {
        file: { type: 'string' },
        thing: { type: 'string', default: 'replay-1' },
        profile: { type: 'string', default: 'air-station' },
        unit: { type: 'string', default: 'demo.ecology' },
        map: { type: 'string' },
        speed: { type: 'string', default: '0' },
        mqtt: { type: 'string' },
        limit: { type: 'string' },
      },
    });
    const speed = Number(v.speed);
    if (!v.file || !v.map || !(speed >= 0)) {
      io.say(command.usage);
      return 2;
    }
    const map = v.map.split(',').map((m) => m.split('=') as [string, string]);
    const config = readConfig();
    const hub = await attachInstance(config);
    try {
      const known = await hub.sql`select 1 from things where code = ${v.thing}`;
      if (!known.length)
        await hub.command(hub.system('replay'), (work) =>
          registerThings(work, [{ code: v.thing, name: `回放 ${v.thing}`, profile: v.profile, unit: v.unit, lon: 106.35, lat: 29.47 }], ['']),
        );
      const { login, secret } = await hub.command(hub.system('replay'), (work) => issueCredential(work, `replay-${Date.now().toString(36)}`, v.unit));
      const [row] = await hub.sql<{ port: number }[]>`select value::int as port from installation where key = 'mqtt-port'`;
      const client = await mqtt.connectAsync(v.mqtt ?? `mqtt://${config.mqttHost}:${row?.port ?? config.mqttPort}`, { username: login, password: secret, protocolVersion: 4 });
      let reader: CsvReader | undefined;
      let mapper: CsvMapper | undefined;
      let sent = 0;
      let missing = 0;
      let first: number | undefined;
      const began = performance.now();
      const flying = new Set<Promise<unknown>>();
      const send = async (record: CsvRecord): Promise<void> => {
        if (!mapper) {
          const header = record.cells.map((c) => c.trim());
          // The times by the column's name; the streams as asked.
          const mapping = { ...proposal(header, [], v.thing), layout: 'wide' as const, streams: map.map(([stream, column]) => ({ stream, column })) };
          const lacking = lackingColumns(mapping, header);
          if (lacking.length) throw new Error(`文件没有列 ${lacking.join('、')}；有：${header.join('、')}`);
          mapper = new CsvMapper(mapping, header);
          return;
        }
        const read = mapper.read(record);
        const at = read.readings[0]?.at;
        if (at === undefined || read.faults.length) {
          missing++;
          return;
        }
        const readings = Object.fromEntries(read.readings.map((r) => [r.ref.slice(r.ref.indexOf('/') + 1), r.value]));
        first ??= at;
        if (speed > 0) {
          const left = (at - first) / speed - (performance.now() - began);
          if (left > 0) await new Promise((r) => setTimeout(r, left));
        }
        const one: Promise<unknown> = client
          .publishAsync(`v1/things/${v.thing}/readings`, JSON.stringify({ time: new Date(at).toISOString(), ...readings }), { qos: 1 })
          .finally(() => flying.delete(one));
        flying.add(one);
        if (flying.size >= IN_FLIGHT) await Promise.race(flying);
        if (++sent % 2000 === 0) io.say(`已确认约 ${sent} 条，到 ${new Date(at).toISOString()}`);
      };
      const most = v.limit === undefined ? Number.POSITIVE_INFINITY : Number(v.limit);
      reading: for await (const part of createReadStream(v.file, 'utf8')) {
        const text = String(part).replace(/^\ufeff/, '');
        reader ??= new CsvReader(delimiterOf(text));
        for (const record of reader.feed(text)) {
          if (mapper && sent + missing >= most) break reading;
          await send(record);
        }
      }
      for (const record of reader?.end() ?? []) if (sent + missing < most) await send(record);
      await Promise.all(flying);
      await client.endAsync();
      await hub.sql`update device_credentials set active = false where login = ${login}`;
      io.out(JSON.stringify({ thing: v.thing, sent, missing, seconds: Math.round((performance.now() - began) / 100) / 10 }));
      return 0;
    } finally {
      await hub.close();
    }
  },
};
