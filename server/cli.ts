// The command line: results go to standard output, talk to standard error; the commands are the files of server/cli.
import { Problem } from '#core/problem.ts';
import { type Io, runCommand } from './cli/_run.ts';

export type { Command, Io } from './cli/_run.ts';

const io: Io = {
  out: (text) => void process.stdout.write(text.endsWith('\n') ? text : `${text}\n`),
  say: (text) => void process.stderr.write(`${text}\n`),
  colour: process.stdout.isTTY === true && !process.env.NO_COLOR,
  columns: process.stdout.columns ?? 100,
};

process.stdout.on('error', (error: { code?: string }) => {
  // The reader went away (a pipe to head, say): nothing more to tell it.
  if (error.code === 'EPIPE') process.exit(0);
});
try {
  process.exitCode = await runCommand(process.argv.slice(2), io);
} catch (error) {
  io.say(error instanceof Problem ? `${error.message}${(error.errors ?? []).map((e) => `\n  ${e.pointer}: ${e.message}`).join('')}` : `${(error as Error).message}`);
  if (process.env.DEBUG) io.say(String((error as Error).stack));
  process.exitCode = 2;
}
