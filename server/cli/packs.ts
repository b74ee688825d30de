// chengshu packs: checks content files, lists what is there, imports into the centre.
import type { Command } from '../cli.ts';
import { kindNames } from '#core/packs/kinds.ts';
import { loadPacks } from '#core/packs/load.ts';
import { exampleFault } from '#core/signals/mapper.ts';
import { mistakeText, readPacks } from '../packs/service.ts';

export const command: Command = {
  name: 'packs',
  summary: { zh: '检查、列出内容包', en: 'Check and list packs' },
  usage:
    'npm run -s chengshu -- packs check [包 …]   每处错误给出 文件:行:列；内容包自带的测试一并运行\nnpm run -s chengshu -- packs test [包 …]    运行内容包自带的测试\nnpm run -s chengshu -- packs list [包 …]    各类内容的数量与编码',
  async run([what = 'check', ...names], io) {
    const files = await readPacks(names.length ? names : ['district', 'finance-rules', 'demo-center']);
    const { content, mistakes, failures } = loadPacks(files);
    // Mappers carry their own examples; expressions run asynchronously, so they are tried here.
    const mapped: string[] = [];
    let examples = 0;
    if (!mistakes.length && what !== 'list')
      for (const m of content.mappers.values())
        for (const e of m.examples) {
          examples++;
          const why = await exampleFault(m, e);
          if (why !== undefined) mapped.push(`mappers/${m.code}（${e.name}）：${why}`);
          else if (what === 'test') io.out(`通过  ${m.code}  ${e.name}`);
        }
    if (what === 'list') {
      for (const k of kindNames) io.out(`${k}\t${content[k].size}\t${[...content[k].keys()].slice(0, 8).join(' ')}${content[k].size > 8 ? ' …' : ''}`);
      return 0;
    }
    if (what !== 'check' && what !== 'test') {
      io.say(command.usage);
      return 2;
    }
    for (const m of [...mistakes, ...failures]) io.out(mistakeText(m));
    for (const m of mapped) io.out(m);
    if (what === 'test' && !mistakes.length)
      for (const e of content.tests.values()) if (!failures.some((f) => f.message.startsWith(`${e.code}（`))) io.out(`通过  ${e.code}  ${e.name.zh}`);
    io.say(
      mistakes.length
        ? `${mistakes.length} 处错误`
        : failures.length || mapped.length
          ? `${content.tests.size + examples} 个测试，${failures.length + mapped.length} 个不成立`
          : `${files.length} 个文件，没有错误；${content.tests.size + examples} 个测试都成立`,
    );
    return mistakes.length || failures.length || mapped.length ? 1 : 0;
  },
};
