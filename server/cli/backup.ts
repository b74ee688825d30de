// chengshu backup: copies a running centre, restores a copy into a new folder and verifies it.
import { resolve } from 'node:path';
import type { Command } from '../cli.ts';
import { backup, restore } from '../platform/backup.ts';
import { readConfig } from '../platform/config.ts';
import { attachInstance } from '../platform/instance.ts';

export const command: Command = {
  name: 'backup',
  summary: { zh: '备份运行中的中心；恢复并核验', en: 'Back up a running centre; restore and verify' },
  usage: `npm run -s chengshu -- backup create 目录      不停机备份到空目录
DATA_DIR=新目录 npm run -s chengshu -- backup restore 目录   校验每个文件，恢复到新的数据目录，启动并核验事实日志`,
  async run([what, dir], io) {
    if ((what !== 'create' && what !== 'restore') || !dir) {
      io.say(command.usage);
      return 2;
    }
    const config = readConfig();
    if (what === 'restore') {
      const { manifest, verdict } = await restore(resolve(dir), config);
      io.out(JSON.stringify({ restored: config.dataDir, madeAt: manifest.madeAt, ...verdict }));
      return verdict.good ? 0 : 1;
    }
    const hub = await attachInstance(config);
    try {
      const m = await backup(hub, resolve(dir), (n) => io.say(`已复制 ${n} 个文件 …`));
      const bytes = Object.values(m.files).reduce((n, f) => n + f.size, 0);
      io.out(JSON.stringify({ backup: resolve(dir), files: Object.keys(m.files).length, bytes, facts: m.facts, madeAt: m.madeAt }));
      return 0;
    } finally {
      await hub.close();
    }
  },
};
