// The lock on a data folder: one process at a time, named by its number and start time, so that a crash leaves nothing to clean up by hand.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processStart } from './process.ts';

/** The folder belongs to a living process. */
export class FolderInUse extends Error {
  pid: number;
  constructor(dir: string, pid: number) {
    super(`数据目录 ${dir} 正被进程 ${pid} 使用；请先停止它，或用 DATA_DIR 指定另一个目录 (the data folder is in use by process ${pid}; stop it, or choose another with DATA_DIR)`);
    this.pid = pid;
  }
}

interface Holder {
  pid: number;
  start: string;
}

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};
/** The living process a lock's text names. */
function holder(text: string | undefined): Holder | undefined {
  try {
    const h = JSON.parse(text ?? '') as Holder;
    return h.start !== undefined && processStart(h.pid) === h.start ? h : undefined;
  } catch {
    return undefined;
  }
}

let count = 0;

/**
 * Takes a folder (made when missing) for this process; gives the way to release it.
 * @throws FolderInUse while another process, or this one, holds it
 */
export function lockFolder(dir: string): () => void {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, 'chengshu.lock');
  const n = `${process.pid}-${++count}`;
  const mine = JSON.stringify({ pid: process.pid, start: processStart(process.pid), n });
  const aside = `${path}.${n}`;
  writeFileSync(aside, mine);
  try {
    for (let attempt = 0; attempt < 100; attempt++) {
      try {
        // A link appears whole or not at all, and never over another.
        linkSync(aside, path);
        return () => {
          if (read(path) === mine) rmSync(path, { force: true });
        };
      } catch (error) {
        if ((error as { code?: string }).code !== 'EEXIST') throw error;
      }
      const held = holder(read(path));
      if (held) throw new FolderInUse(dir, held.pid);
      breakStale(path, `${aside}.old`);
    }
    throw new Error(`无法锁定数据目录 ${dir} (cannot lock the data folder)`);
  } finally {
    rmSync(aside, { force: true });
  }
}

/** Moves a dead process's lock away. If a living one slipped in since we looked, it gets its place back. */
function breakStale(path: string, old: string): void {
  try {
    renameSync(path, old);
  } catch {
    return;
  }
  const h = holder(read(old));
  if (h) {
    try {
      linkSync(old, path);
    } catch {
      // A third process took the place in between; PostgreSQL's own lock tells the two apart.
    }
  }
  rmSync(old, { force: true });
}
