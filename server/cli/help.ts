// chengshu help: lists the commands, or explains one.
import { type Command, commands } from './_run.ts';

export const command: Command = {
  name: 'help',
  summary: { zh: '列出全部命令，或说明一个命令', en: 'List the commands, or explain one' },
  usage: 'npm run -s chengshu -- help [命令]',
  async run([name], io) {
    const all = await commands();
    if (name) {
      const found = all.find((c) => c.name === name);
      if (!found) {
        io.say(`没有命令 ${name}；可用：${all.map((c) => c.name).join(' ')}`);
        return 2;
      }
      io.out(`${found.summary.zh}\n${found.summary.en}\n\n${found.usage}`);
      return 0;
    }
    io.out(`城枢命令行 (the command line of Chengshu)\n\n用法: npm run -s chengshu -- <命令> [参数]\n`);
    for (const c of all) io.out(`  ${c.name.padEnd(12)}${c.summary.zh}  ${c.summary.en}`);
    io.out('\n每个命令加 --help 查看用法。退出码：0 正常，1 检查发现问题，2 用法或运行错误。');
    return 0;
  },
};
