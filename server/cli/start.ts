// chengshu start: opens the data folder, brings everything up, prints one ready line, stops cleanly on a signal.
import { plantDemo } from '../../demo/plant.ts';
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
    // From here on a signal only asks: what was begun is ended in order. Later signals of the same Ctrl-C change nothing.
    let asked: () => void = () => {};
    const ask = new Promise<void>((done) => (asked = done));
    for (const s of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(s, asked);
    // The bootstrap that started us is gone (kill -9): nobody could stop us any more.
    process.on('disconnect', asked);
    try {
      const shown = await firstStart(hub, io.say);
      if (shown.first && shown.demo && config.demoData) await plantDemo(hub);
      const { url } = await startServer(hub).catch((error: unknown) => {
        const { code, port, address } = error as { code?: string; port?: number; address?: string };
        if (code === 'EADDRINUSE')
          throw new Error(`${address}:${port} 已被占用；请用 PORT 或 MQTT_PORT 另选端口 (the port is taken; choose another with PORT or MQTT_PORT)`, { cause: error });
        throw error;
      });
      io.out(`ready ${url}${shown.demo ? ' 演示数据，登录页列有演示账号' : ''} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
      await ask;
      io.say('正在停止 …');
    } finally {
      // Whatever hangs must not keep the process: PostgreSQL is then adopted by the next start.
      const late = setTimeout(() => process.exit(1), 30_000);
      await hub.close();
      clearTimeout(late);
    }
    // Keep-alive sockets of browsers must not hold the process.
    setImmediate(() => process.exit(process.exitCode ?? 0));
    return 0;
  },
};
