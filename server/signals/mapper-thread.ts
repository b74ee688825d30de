// Runs mappers one message at a time in a thread of their own: a message that takes too long or too much memory ends the thread, not the hub.
import { Worker } from 'node:worker_threads';
import type { MapInput, MapOutcome, Mapper } from '#core/signals/mapper.ts';
import { problem } from '#core/problem.ts';
import type { Hub } from '../platform/hub.ts';
import type { Job } from './mapper-worker.ts';

/** Milliseconds for one message, the thread's start not counted. */
const HARD_LIMIT = 1500;
const MAX_WAITING = 5000;

interface Waiting {
  job: Job;
  done(outcome: MapOutcome): void;
}

export class MapperThread {
  #worker: Worker | undefined;
  #ready: Promise<void> | undefined;
  readonly #queue: Waiting[] = [];
  #busy = false;
  #closed = false;

  /** Runs a mapper on a message; always resolves with readings, or the fault. Rejects with `overloaded` when too many wait. */
  run(key: string, spec: Pick<Mapper, 'ignore' | 'readings'>, input: MapInput): Promise<MapOutcome> {
    if (this.#closed || this.#queue.length >= MAX_WAITING) return Promise.reject(problem('overloaded', { detail: '待映射的消息过多，请稍后重发', retryAfter: 2 }));
    return new Promise((done) => {
      this.#queue.push({ job: { key, spec: { readings: spec.readings, ...(spec.ignore === undefined ? {} : { ignore: spec.ignore }) }, input }, done });
      if (!this.#busy) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#busy = true;
    try {
      for (let w = this.#queue.shift(); w; w = this.#queue.shift()) w.done(await this.#one(w.job));
    } finally {
      this.#busy = false;
    }
  }

  async #one(job: Job): Promise<MapOutcome> {
    let worker: Worker;
    try {
      worker = await this.#start();
    } catch (error) {
      return { fault: `映射线程未能启动：${String((error as Error).message).slice(0, 200)}` };
    }
    return new Promise((done) => {
      let settled = false;
      const end = (outcome: MapOutcome, kill: boolean) => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        worker.off('message', onMessage);
        worker.off('error', onError);
        worker.off('exit', onExit);
        if (!kill) {
          done(outcome);
          return;
        }
        this.#worker = this.#ready = undefined;
        worker.on('error', () => {});
        void worker.terminate().then(
          () => done(outcome),
          () => done(outcome),
        );
      };
      const onMessage = (outcome: MapOutcome) => end(outcome, false);
      const onError = (error: Error) =>
        end({ fault: (error as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY' ? '映射用了过多内存' : `映射出错：${error.message.slice(0, 200)}` }, true);
      const onExit = () => end({ fault: '映射线程意外结束' }, true);
      const timer = setTimeout(() => end({ fault: '映射超时' }, true), HARD_LIMIT);
      worker.on('message', onMessage);
      worker.on('error', onError);
      worker.on('exit', onExit);
      worker.postMessage(job);
    });
  }

  async #start(): Promise<Worker> {
    if (!this.#worker) {
      const worker = new Worker(new URL('./mapper-worker.ts', import.meta.url), {
        env: {},
        argv: [],
        stdin: false,
        resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
      });
      worker.unref();
      this.#worker = worker;
      this.#ready = new Promise((ready, fail) => {
        // The first thing it says is that it has loaded.
        worker.once('message', () => ready());
        worker.once('error', fail);
        worker.once('exit', () => fail(new Error('线程结束')));
      });
    }
    const worker = this.#worker;
    try {
      await this.#ready;
    } catch (error) {
      this.#worker = this.#ready = undefined;
      throw error;
    }
    return worker;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
  }
}

const known = new WeakMap<Hub, MapperThread>();
/** The thread of a hub's process; started with the first message. */
export function mapperThread(hub: Hub): MapperThread {
  let t = known.get(hub);
  if (!t) {
    known.set(hub, (t = new MapperThread()));
    const own = t;
    hub.onClose(() => own.close());
  }
  return t;
}
