// chengshu deadline: computes one deadline and explains it; needs no database.
import { parseArgs } from 'node:util';
import { makeCalendar } from '#core/duty/calendar.ts';
import { type Clock, clockNames, clocks, deadline, deadlineJson } from '#core/duty/deadline.ts';
import type { Command } from '../cli.ts';

export const command: Command = {
  name: 'deadline',
  summary: { zh: '计算并解释一个时限', en: 'Compute and explain a deadline' },
  usage: `npm run -s chengshu -- deadline --from 2026-02-13T16:30+08:00 --clock work_hour --amount 5 [--format text|json]

时钟：${clocks.map((c) => `${c}（${clockNames[c].zh}）`).join('、')}`,
  async run(args, io) {
    const fail = (text: string) => {
      io.say(text);
      return 2;
    };
    let values: { from?: string; clock?: string; amount?: string; format?: string };
    try {
      ({ values } = parseArgs({ args, options: { from: { type: 'string' }, clock: { type: 'string' }, amount: { type: 'string' }, format: { type: 'string', default: 'text' } } }));
    } catch (error) {
      return fail(`${(error as Error).message}\n\n${command.usage}`);
    }
    const { from, clock, amount, format } = values;
    if (!from || !clock || !amount) return fail(`--from、--clock、--amount 都要给出\n\n${command.usage}`);
    if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(from) || Number.isNaN(Date.parse(from)))
      return fail(`--from 应是带时区的时刻，如 2026-02-13T16:30+08:00：${from}`);
    if (new Date(Date.parse(`${from.slice(0, 10)}T00:00:00Z`)).toISOString().slice(0, 10) !== from.slice(0, 10)) return fail(`--from 的日期不存在：${from}`);
    if (!clocks.includes(clock as Clock)) return fail(`--clock 应是 ${clocks.join('、')} 之一：${clock}`);
    if (!/^\d+(\.\d+)?$/.test(amount)) return fail(`--amount 应是不小于 0 的数：${amount}`);
    if (format !== 'text' && format !== 'json') return fail(`--format 应是 text 或 json：${format}`);
    try {
      const d = deadline(makeCalendar(), new Date(from), clock as Clock, Number(amount));
      const json = deadlineJson(d);
      io.out(format === 'json' ? JSON.stringify(json) : `${json.due}${d.provisional ? '（暂定）' : ''}\n${d.explanation.map((l) => `  ${l}`).join('\n')}`);
      return 0;
    } catch (error) {
      return fail((error as Error).message);
    }
  },
};
