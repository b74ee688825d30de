// Finds the commands of the command line by their file names and runs one; files that begin with _ are no commands.
import { readdir } from 'node:fs/promises';
import type { Text } from '#core/contract.ts';

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

const folder = new URL('./', import.meta.url);
async function names(): Promise<string[]> {
  return (await readdir(folder))
    .filter((f) => /^[a-z][a-z-]*\.ts$/.test(f))
    .map((f) => f.slice(0, -3))
    .sort();
}
const load = async (name: string): Promise<Command> => ((await import(new URL(`${name}.ts`, folder).href)) as { command: Command }).command;
/** Every command there is. */
export const commands = async (): Promise<Command[]> => Promise.all((await names()).map(load));

/** Runs a command line and gives its exit status. */
export async function runCommand(argv: string[], to: Io): Promise<number> {
  const [name = 'help', ...args] = argv[0] === '--help' || argv[0] === '-h' ? ['help'] : argv;
  const known = await names();
  if (!known.includes(name)) {
    to.say(`没有命令 ${name}；可用：${known.join(' ')} (no such command)`);
    return 2;
  }
  const command = await load(name);
  return args.includes('--help') || args.includes('-h') ? runCommand(['help', name], to) : command.run(args, to);
}
