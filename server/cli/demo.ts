// chengshu demo: plays the demonstration day into a running centre.
import { parseArgs } from 'node:util';
import { play, stories } from '../../demo/play.ts';
import type { Command } from '../cli.ts';
import { readConfig } from '../platform/config.ts';
import { attachInstance } from '../platform/instance.ts';

export const command: Command = {
  name: 'demo',
  summary: { zh: '向运行中的演示中心播放一天的信号', en: 'Play the demo day into a running centre' },
  usage: `npm run -s chengshu -- demo play [--speed 60] [--only pipe-burst,ponding] [--mqtt mqtt://127.0.0.1:1883]
npm run -s chengshu -- demo stories

中心须正在运行（npm start）。--speed 60 表示一分钟播放一小时。`,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { speed: { type: 'string', default: '60' }, only: { type: 'string' }, mqtt: { type: 'string' } },
    });
    if (positionals[0] === 'stories') {
      for (const s of await stories()) io.out(`${s.story}\t${s.name}`);
      return 0;
    }
    const speed = Number(values.speed);
    if (positionals[0] !== 'play' || !(speed > 0 && speed <= 100_000)) {
      io.say(command.usage);
      return 2;
    }
    const config = readConfig();
    const hub = await attachInstance(config);
    try {
      const [demo] = await hub.sql`select 1 from installation where key = 'demo' and value = 'true'`;
      if (!demo) {
        io.say('这不是演示中心：真实中心不播放演示信号');
        return 1;
      }
      const [row] = await hub.sql<{ port: number }[]>`select value::int as port from installation where key = 'mqtt-port'`;
      const url = values.mqtt ?? `mqtt://${config.mqttHost}:${row?.port ?? config.mqttPort}`;
      io.out(JSON.stringify(await play(hub, { mqtt: url, speed, only: values.only?.split(','), say: io.say })));
      return 0;
    } finally {
      await hub.close();
    }
  },
};
