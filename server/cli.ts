// The command line: finds a command by its file name in server/cli; results go to standard output, talk to standard error.
import { readdir } from 'node:fs/promises';
import type { Text } from '#core/contract.ts';
import { Problem } from '#core/problem.ts';

export interface Io {
  out(text: string): void;
  say(text: string): void;
  colour: boolean;
  columns: number;
}
export interface Command {
  name: string;
  summary: Text;
  usage: string;
  /** Gives the exit status: 0 good, 1 found wanting, 2 wrong use. */
  run(args: string[], io: Io): Promise<number>;
}

const folder = new URL('./cli/', import.meta.url);
const io: Io = {
  out: (text) => void process.stdout.write(text.endsWith('\n') ? text : `${text}\n`),
  say: (text) => void process.stderr.write(`${text}\n`),
  colour: process.stdout.isTTY === true && !process.env.NO_COLOR,
  columns: process.stdout.columns ?? 100,
};

async function names(): Promise<string[]> {
  return (await readdir(folder)).filter((f) => /^[a-z][a-z-]*\.ts$/.test(f)).map((f) => f.slice(0, -3)).sort();
}
const load = async (name: string): Promise<Command> => ((await import(new URL(`${name}.ts`, folder).href)) as { command: Command }).command;

async function main(argv: string[]): Promise<number> {
  const [name, ...args] = argv;
  const known = await names();
  if (!name || name === 'help' || name === '--help' || name === '-h') {
    io.out('城枢命令行\n\n用法: npm run -s chengshu -- <命令> [参数]\n');
    for (const n of known) io.out(`  ${n.padEnd(14)}${(await load(n)).summary.zh}`);
    io.out('\n每个命令加 --help 查看用法');
    return 0;
  }
  if (!known.includes(name)) {
    io.say(`没有命令 ${name}；可用：${known.join(' ')}`);
    return 2;
  }
  const command = await load(name);
  if (args.includes('--help') || args.includes('-h')) {
    io.out(`${command.summary.zh}\n${command.summary.en}\n\n${command.usage}`);
    return 0;
  }
  return command.run(args, io);
}

process.stdout.on('error', (error: { code?: string }) => {
  // The reader went away (a pipe to head, say): nothing more to tell it.
  if (error.code === 'EPIPE') process.exit(0);
});
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  io.say(error instanceof Problem ? `${error.message}${(error.errors ?? []).map((e) => `\n  ${e.pointer}: ${e.message}`).join('')}` : `${(error as Error).message}`);
  if (process.env.DEBUG) io.say(String((error as Error).stack));
  process.exitCode = 2;
}
