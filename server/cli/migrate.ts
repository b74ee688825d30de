// chengshu migrate: brings the database schema up to date.
import type { Command } from '../cli.ts';
import { readConfig } from '../platform/config.ts';
import { openInstance } from '../platform/instance.ts';
import { migrate } from '../platform/migrate.ts';

export const command: Command = {
  name: 'migrate',
  summary: { zh: '升级数据库结构', en: 'Bring the database schema up to date' },
  usage: 'npm run -s chengshu -- migrate\n\n中心须先停止；启动时也会自动执行。',
  async run(_args, io) {
    const hub = await openInstance(readConfig(), { migrate: false });
    try {
      io.out(`${await migrate(hub.sql)} 个迁移已执行`);
      return 0;
    } finally {
      await hub.close();
    }
  },
};
