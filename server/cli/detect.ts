// chengshu detect: runs the streaming anomaly detector with its defaults over a CSV of timestamp,value and writes each row with its score.
import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { createDetector } from '#core/signals/detect.ts';
import type { Command } from '../cli.ts';

/** Something in the file that cannot be read, with its line (1 = the heading). */
class BadInput extends Error {}

const MISSING = /^(?:|nan|null|none|na|n\/a|nil|-|[+-]?inf(?:inity)?)$/i;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const DATE = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?)?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?$/i;
const COMPACT = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})?(Z)?$/i;

/**
 * Unix ms of a time as files have it, undefined when it is none: ISO 8601 and `2014-04-01 00:00:00` (without an offset it counts as UTC:
 * only differences and the time of day matter), or a count since 1970 in seconds, ms, µs or ns, told apart by its size.
 */
export function timeOf(text: string): number | undefined {
  if (NUMBER.test(text)) {
    const x = Number(text);
    const size = Math.abs(x);
    if (!Number.isFinite(x) || size >= 1e20) return undefined;
    return size < 1e11 ? x * 1000 : size < 1e14 ? x : size < 1e17 ? x / 1000 : x / 1e6;
  }
  const m = DATE.exec(text) ?? COMPACT.exec(text);
  if (!m) return undefined;
  const [year, month, day] = [Number(m[1]), Number(m[2]), Number(m[3])];
  const [hour, minute, second] = [Number(m[4] ?? 0), Number(m[5] ?? 0), Number(m[6] ?? 0)];
  if (month < 1 || month > 12 || day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate() || hour > 24 || minute > 59 || second > 60) return undefined;
  let at = Date.UTC(year, month - 1, day, hour, minute, second);
  if (m.length > 8 && m[7]) at += Number(`0.${m[7]}`) * 1000;
  const zone = m.length > 8 ? m[8] : undefined;
  const offset = zone && /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  if (offset) at -= (offset[1] === '-' ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3] ?? 0)) * 60_000;
  return at;
}

/** Cells of a line, quotes taken off; undefined when a quote stays open. */
function cellsOf(line: string): string[] | undefined {
  if (!line.includes('"')) return line.split(',');
  const out: string[] = [];
  for (let at = 0; ;) {
    if (line[at] === '"') {
      let cell = '';
      for (;;) {
        const end = line.indexOf('"', at + 1);
        if (end < 0) return undefined;
        cell += line.slice(at + 1, end);
        at = end + 1;
        if (line[at] !== '"') break;
        cell += '"';
      }
      out.push(cell);
      const comma = line.indexOf(',', at);
      if (comma < 0) return out;
      at = comma + 1;
    } else {
      const comma = line.indexOf(',', at);
      if (comma < 0) {
        out.push(line.slice(at));
        return out;
      }
      out.push(line.slice(at, comma));
      at = comma + 1;
    }
  }
}
const asCell = (x: string): string => (/[",]/.test(x) ? `"${x.replaceAll('"', '""')}"` : x);

/** Lines of a file, read in pieces; a line of more than a megabyte is no table. */
async function* linesOf(input: AsyncIterable<string>): AsyncGenerator<string[]> {
  let rest = '';
  for await (const piece of input) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop()!;
    if (rest.length > 1_048_576) throw new BadInput('有一行超过 1 MB，不是逗号分隔的表 (a line of more than 1 MB)');
    yield lines;
  }
  if (rest) yield [rest];
}

/**
 * Adds scores line by line; `write` gets whole lines. Gives the rows, how many reach 0.5, and how many had no readable number or time:
 * such a row counts as a missing reading, or as one at an unknown time, and never ends the work.
 */
export async function scoreLines(input: AsyncIterable<string>, write: (text: string) => Promise<void> | void): Promise<{ rows: number; warned: number; unread: number }> {
  const detector = createDetector();
  let line = 0;
  let rows = 0;
  let warned = 0;
  let unread = 0;
  let at: [number, number] | undefined;
  const bad = (what: string): never => {
    throw new BadInput(`第 ${line} 行 (line ${line})：${what}`);
  };
  for await (const lines of linesOf(input)) {
    let out = '';
    for (const raw of lines) {
      line++;
      let text = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      if (line === 1 && text.charCodeAt(0) === 0xfeff) text = text.slice(1);
      if (text.trim() === '') continue;
      const cells = cellsOf(text) ?? text.split(',');
      if (!at) {
        const names = cells.map((c) => c.trim().toLowerCase());
        at = [names.indexOf('timestamp'), names.indexOf('value')];
        if (at.includes(-1)) bad(`表头须有 timestamp 和 value 两列，实际是 ${text.slice(0, 100)} (heading must name timestamp and value)`);
        out += 'timestamp,value,anomaly_score\n';
        continue;
      }
      const time = cells[at[0]] ?? '';
      const value = cells[at[1]] ?? '';
      const when = timeOf(time.trim());
      const number = value.trim();
      const missing = !NUMBER.test(number);
      if (when === undefined || (missing && !MISSING.test(number))) unread++;
      const score = detector.push(when ?? Number.NaN, missing ? null : Number(number));
      rows++;
      if (score >= 0.5) warned++;
      // Cut, not rounded: what is printed as 0.5 was 0.5.
      out += `${asCell(time)},${asCell(value)},${(Math.floor(score * 1e6) / 1e6).toFixed(6)}\n`;
    }
    if (out) await write(out);
  }
  if (!at) {
    line = 1;
    bad('文件是空的，须有表头 timestamp,value (empty file)');
  }
  return { rows, warned, unread };
}

export const command: Command = {
  name: 'detect',
  summary: { zh: '对一列读数逐行给出异常分数', en: 'Score a series of readings with the anomaly detector' },
  usage: `npm run -s chengshu -- detect --input FILE.csv --output OUT.csv

输入须有 timestamp、value 两列；输出为 timestamp,value,anomaly_score，每行一个 0 到 1 的分数，只依据该行及以前的行；
0.5 及以上即平台会预警。空值、NaN、文字视为缺测，分数为 0。时间可为 2014-04-01 00:00:00、ISO 8601，或自 1970 年起的秒、毫秒。
文件名写作 - 即标准输入、标准输出。出错时说明原因，不留下写了一半的结果；退出码 0 成功，1 内容不是这样的表，2 用法有误或找不到文件。`,
  async run(args, io) {
    let v: { input?: string | undefined; output?: string | undefined };
    try {
      ({ values: v } = parseArgs({ args, options: { input: { type: 'string' }, output: { type: 'string' } } }));
    } catch (error) {
      io.say(`${(error as Error).message}\n\n${command.usage}`);
      return 2;
    }
    if (!v.input || !v.output) {
      io.say(command.usage);
      return 2;
    }
    const began = performance.now();
    const part = v.output === '-' ? undefined : `${v.output}.part-${process.pid}`;
    try {
      if (v.input !== '-' && statSync(v.input).isDirectory()) throw new BadInput(`${v.input} 是文件夹 (is a directory)`);
      const source = v.input === '-' ? process.stdin : createReadStream(v.input, { highWaterMark: 1 << 18 });
      source.setEncoding('utf8');
      const target = part ? createWriteStream(part) : process.stdout;
      let failed: Error | undefined;
      target.on('error', (error) => (failed ??= error));
      const { rows, warned, unread } = await scoreLines(source, async (text) => {
        if (failed) throw failed;
        if (!target.write(text))
          await new Promise<void>((go) => {
            const done = () => {
              target.off('drain', done).off('close', done);
              go();
            };
            target.on('drain', done).on('close', done);
          });
      });
      if (part) {
        target.end();
        await finished(target);
        await rename(part, v.output);
      }
      const seconds = (performance.now() - began) / 1000;
      io.say(`${rows} 行，${warned} 行达到 0.5${unread ? `，${unread} 行的时间或数值无法识别，按缺测处理` : ''}，用时 ${seconds.toFixed(1)} 秒`);
      return 0;
    } catch (error) {
      if (part) await rm(part, { force: true });
      const { code, message } = error as NodeJS.ErrnoException;
      const why = code === 'ENOENT' ? '找不到文件或文件夹 (no such file or directory)' : code === 'EACCES' ? '没有权限 (permission denied)' : message;
      io.say(`${v.input}：${why}`);
      return code === 'ENOENT' ? 2 : 1;
    }
  },
};
