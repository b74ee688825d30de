// chengshu audit: verifies the facts log against its chains and the anchors outside the database, or writes an anchor.
import type { Command } from '../cli.ts';
import { anchor, verify } from '../platform/audit.ts';
import { readConfig } from '../platform/config.ts';
import { attachInstance } from '../platform/instance.ts';

export const command: Command = {
  name: 'audit',
  summary: { zh: '核验事实日志，或写一个锚点', en: 'Verify the facts log, or write an anchor' },
  usage: 'npm run -s chengshu -- audit verify   核验；发现问题时退出码 1，并指出第一条\nnpm run -s chengshu -- audit anchor   立即写一个锚点',
  async run([what = 'verify'], io) {
    if (what !== 'verify' && what !== 'anchor') {
      io.say('用法：audit verify | audit anchor');
      return 2;
    }
    const hub = await attachInstance(readConfig());
    try {
      if (what === 'anchor') {
        io.out(`锚点覆盖 ${await anchor(hub)} 条新事实`);
        return 0;
      }
      const v = await verify(hub);
      io.out(JSON.stringify(v));
      io.say(v.good ? `完好：${v.facts} 条事实，${v.anchors} 个锚点，其中 ${v.unanchored} 条尚未锚定` : `有问题：${v.problem}`);
      return v.good ? 0 : 1;
    } finally {
      await hub.close();
    }
  },
};
