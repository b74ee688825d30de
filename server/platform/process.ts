// What we know of other processes on this machine: whether one lives, since when, and where it works.
import { readFileSync, readdirSync, statSync } from 'node:fs';

/** Fields of /proc/PID/stat after the program's name (which may itself hold blanks and brackets). */
function stat(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

const hasProc = stat(process.pid) !== undefined;

/** True while a process runs; one that has ended and only waits to be reaped counts as gone. */
export function alive(pid: number): boolean {
  if (hasProc) {
    const fields = stat(pid);
    return fields !== undefined && fields[0] !== 'Z' && fields[0] !== 'X';
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}

/** This boot of the machine: process numbers and start times repeat after a restart. */
const boot = (() => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim().slice(0, 8);
  } catch {
    return 'boot';
  }
})();

/** Boot and start time of a living process: with its number this names one process for good. Undefined when it does not run. */
export function processStart(pid: number): string | undefined {
  if (!alive(pid)) return undefined;
  return `${boot}-${hasProc ? stat(pid)?.[19] : 'unknown'}`;
}

/** Command line of a process, its words separated by NUL; empty when it cannot be read. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Living processes that work inside a folder or carry a word in their command line (a process title counts). */
export function processesOf(folder: string, word: string): number[] {
  const here = statSync(folder, { throwIfNoEntry: false });
  const found: number[] = [];
  for (const name of hasProc ? readdirSync('/proc') : []) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid || !alive(pid)) continue;
    let inside = false;
    try {
      const there = statSync(`/proc/${pid}/cwd`);
      inside = here !== undefined && there.ino === here.ino && there.dev === here.dev;
    } catch {
      // Not ours to look into: its command line still tells.
    }
    const line = commandLine(pid);
    if ((inside && /postgres/.test(line)) || (line.includes(word) && /postgres/.test(line))) found.push(pid);
  }
  return found;
}

/** Waits until a process has ended; false when it still runs after `ms`. */
export async function ended(pid: number, ms: number): Promise<boolean> {
  for (const end = Date.now() + ms; ; await new Promise((r) => setTimeout(r, 20))) {
    if (!alive(pid)) return true;
    if (Date.now() > end) return false;
  }
}
