// Hands uploads to the reading process, one after another; ends it when idle or when it takes too long.
import { type ChildProcess, fork } from 'node:child_process';
import type { RuleSet } from '#core/finance/pack.ts';
import { FileError, type FileErrorCode } from './formats/limits.ts';
import type { GivenFile, Understood } from './understand.ts';

/** Longer than the limit on one file: several files of a disclosure are read together. */
const longest = 60_000;
/** A process kept warm reads the next upload without starting anew. */
const idleAfter = 600_000;

interface Waiting {
  resolve: (value: never) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

export class Reader {
  #child: ChildProcess | null = null;
  #waiting = new Map<number, Waiting>();
  #queue: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | null = null;
  #id = 0;

  /** Reads and checks the files of one disclosure. Throws FileError. */
  understand(files: GivenFile[], rules: RuleSet): Promise<Understood> {
    return this.#next<Understood>({ files, rules });
  }
  /** Cells of the first table of a workbook or document; empty when there is none. Throws FileError. */
  rows(file: GivenFile): Promise<string[][]> {
    return this.#next<string[][]>({ files: [file], rows: true });
  }

  #next<T>(message: object): Promise<T> {
    const run = this.#queue.then(() => this.#ask<T>(message));
    this.#queue = run.catch(() => {});
    return run;
  }

  #ask<T>(message: object): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#idle) clearTimeout(this.#idle);
      const child = this.#start();
      const id = ++this.#id;
      const timer = setTimeout(() => {
        this.#fail(id, new FileError('timeout', `读取超过 ${longest / 1000} 秒，已停止`));
        child.kill('SIGKILL');
      }, longest);
      this.#waiting.set(id, { resolve: resolve as (v: never) => void, reject, timer });
      child.send({ id, ...message }, (error) => {
        if (error) this.#fail(id, new FileError('damaged', '读取进程没有响应，请重试'));
      });
    });
  }

  #fail(id: number, error: Error): void {
    const w = this.#waiting.get(id);
    if (!w) return;
    this.#waiting.delete(id);
    clearTimeout(w.timer);
    w.reject(error);
  }

  #start(): ChildProcess {
    if (this.#child?.connected) return this.#child;
    const child = fork(new URL('./reader-process.ts', import.meta.url), [], {
      serialization: 'advanced',
      execArgv: ['--max-old-space-size=384', '--no-warnings'],
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.on('message', (m: { id: number; result?: never; error?: { code: FileErrorCode; message: string } }) => {
      const w = this.#waiting.get(m.id);
      if (!w) return;
      this.#waiting.delete(m.id);
      clearTimeout(w.timer);
      if (m.error) w.reject(new FileError(m.error.code, m.error.message));
      else w.resolve(m.result as never);
      this.#idle = setTimeout(() => this.close(), idleAfter);
      this.#idle.unref();
    });
    child.on('exit', () => {
      if (this.#child === child) this.#child = null;
      for (const id of Array.from(this.#waiting.keys())) this.#fail(id, new FileError('memory', '读取文件所需资源超过上限，已停止'));
    });
    child.on('error', () => {});
    this.#child = child;
    return child;
  }

  close(): void {
    if (this.#idle) clearTimeout(this.#idle);
    this.#idle = null;
    const child = this.#child;
    this.#child = null;
    child?.kill('SIGKILL');
  }
}
