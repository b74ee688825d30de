// Opens files of a disclosure safely: size before content, text here, everything else in a worker under time and memory limits.
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { SourceDocument } from '#core/finance/source.ts';
import { FileError, type FileErrorCode, limits } from './limits.ts';
import { kindOf, parseFile } from './parse.ts';

export { FileError, limits } from './limits.ts';

interface Task {
  resolve: (d: SourceDocument[]) => void;
  reject: (e: Error) => void;
}

/** One worker, started when first needed and again after it had to be cut off. Files are read one after another. */
export class Opener {
  #worker: Worker | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #task: (Task & { id: number; began: number; seen: number }) | null = null;
  #id = 0;
  #watch: NodeJS.Timeout | null = null;

  /** Reads one file from disk; the name shown is its base name. Throws FileError. */
  async file(path: string, name = basename(path)): Promise<SourceDocument[]> {
    let size: number;
    try {
      const info = await stat(path);
      if (!info.isFile()) throw new FileError('unreadable', '这不是文件');
      size = info.size;
    } catch (error) {
      if (error instanceof FileError) throw error;
      throw new FileError(
        (error as { code?: string }).code === 'ENOENT' ? 'not-found' : 'unreadable',
        (error as { code?: string }).code === 'ENOENT' ? '找不到文件' : `文件无法打开：${(error as { code?: string }).code ?? ''}`,
      );
    }
    if (size > limits.fileBytes) throw new FileError('too-large', `文件有 ${Math.round(size / 1048576)} MB，超过 ${limits.fileBytes >> 20} MB`);
    let bytes: Buffer;
    try {
      bytes = await readFile(path);
    } catch (error) {
      throw new FileError('unreadable', `文件无法读取：${(error as { code?: string }).code ?? ''}`);
    }
    return this.bytes(bytes, name);
  }

  /** Reads a file already in memory. */
  async bytes(bytes: Uint8Array, name: string): Promise<SourceDocument[]> {
    if (bytes.length > limits.fileBytes) throw new FileError('too-large', `文件有 ${Math.round(bytes.length / 1048576)} MB，超过 ${limits.fileBytes >> 20} MB`);
    if (kindOf(bytes, name) === 'txt') return parseFile(bytes, name);
    const run = this.#queue.then(() => this.#run(bytes, name));
    this.#queue = run.catch(() => {});
    return run;
  }

  #run(bytes: Uint8Array, name: string): Promise<SourceDocument[]> {
    return new Promise((resolve, reject) => {
      this.#id += 1;
      const now = performance.now();
      this.#task = { id: this.#id, resolve, reject, began: now, seen: now };
      const worker = this.#start();
      this.#watch ??= setInterval(() => this.#check(), 40);
      worker.ref();
      const copy = new Uint8Array(bytes);
      worker.postMessage({ id: this.#id, bytes: copy, name }, [copy.buffer]);
    });
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: limits.heapMb, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
      stderr: true,
      stdout: true,
    });
    worker.on('message', (m: { id: number; tick?: true; documents?: SourceDocument[]; error?: { code: FileErrorCode; message: string } }) => {
      const task = this.#task;
      if (!task || m.id !== task.id) return;
      task.seen = performance.now();
      if (m.tick) return;
      if (m.error) this.#end(new FileError(m.error.code, m.error.message));
      else this.#end(null, m.documents);
    });
    worker.on('error', (error: Error & { code?: string }) => {
      if (this.#worker === worker) this.#worker = null;
      this.#end(
        error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? new FileError('memory', '解析文件所需内存超过上限，已停止')
          : new FileError('damaged', `文件无法读取：${error.message.slice(0, 120)}`),
      );
    });
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = null;
      if (this.#worker === null) this.#end(new FileError('damaged', '解析文件时中断'));
    });
    this.#worker = worker;
    return worker;
  }

  #check(): void {
    const task = this.#task;
    if (!task) return;
    const now = performance.now();
    const memory = process.memoryUsage.rss() / 1048576;
    if (memory > limits.residentMb) void this.#cut(new FileError('memory', '解析文件所需内存超过上限，已停止'));
    else if (now - task.seen > limits.stall) void this.#cut(new FileError('timeout', `解析超过 ${limits.stall / 1000} 秒没有进展，已停止`));
    else if (now - task.began > limits.total) void this.#cut(new FileError('timeout', `解析超过 ${limits.total / 1000} 秒，已停止`));
  }

  async #cut(error: FileError): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    const task = this.#task;
    this.#task = null;
    if (worker) await worker.terminate();
    if (this.#watch) clearInterval(this.#watch);
    this.#watch = null;
    task?.reject(error);
  }

  #end(error: Error | null, documents?: SourceDocument[]): void {
    const task = this.#task;
    if (!task) return;
    this.#task = null;
    if (this.#watch) clearInterval(this.#watch);
    this.#watch = null;
    this.#worker?.unref();
    if (error) task.reject(error);
    else task.resolve(documents!);
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    if (this.#watch) clearInterval(this.#watch);
    this.#watch = null;
    await worker?.terminate();
  }
}
