// chengshu start: opens the data folder, brings everything up, prints one ready line, stops cleanly on a signal.
import { startServer } from '../main.ts';
import { readConfig } from '../platform/config.ts';
import { openInstance } from '../platform/instance.ts';
import { firstStart } from '../first-start.ts';
import type { Command } from '../cli.ts';

export const command: Command = {
  name: 'start',
  summary: { zh: '启动中心（npm start 即此命令）', en: 'Start the centre (what npm start runs)' },
  usage: 'npm start\n\n配置见 docs/operate.md；Ctrl-C 停止。',
  async run(_args, io) {
    const began = performance.now();
    const config = readConfig();
    const hub = await openInstance(config);
    const shown = await firstStart(hub, io.say);
    const { url, stop } = await startServer(hub);
    io.out(`ready ${url}${shown.demo ? ' 演示数据，登录页列有演示账号' : ''} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    await new Promise<void>((done) => {
      for (const s of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(s, () => done());
    });
    io.say('正在停止 …');
    const late = setTimeout(() => process.exit(1), 30_000);
    await stop();
    clearTimeout(late);
    // Keep-alive sockets of browsers must not hold the process.
    setImmediate(() => process.exit(0));
    return 0;
  },
};
