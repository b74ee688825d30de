// Bulk work as resumable jobs: progress, checkpoint, cancel; a killed worker's job is taken up again when its lease ends.
import { problem } from '#core/problem.ts';
import type { Hub, Who, Work } from './hub.ts';
import { uuidv7 } from './ids.ts';
import { loop } from './loop.ts';

export interface JobRun<I = Record<string, unknown>> {
  id: string;
  realm: string;
  input: I;
  hub: Hub;
  who: Who;
  /** What the last attempt saved; null at first. */
  checkpoint: unknown;
  /** Reports progress and saves where to resume, prolongs the lease; throws when the job was cancelled. */
  progress(done: number, total?: number, message?: string, checkpoint?: unknown): Promise<void>;
}
export type JobHandler = (job: JobRun<never>) => Promise<unknown>;

class Cancelled extends Error {}
const LEASE = '30 seconds';

/** Queues a job in the transaction of `work`; gives its id. */
export async function startJob(work: Work, kind: string, input: Record<string, unknown>): Promise<string> {
  const id = uuidv7();
  await work.tx`insert into jobs (id, realm, kind, by, unit, input)
    values (${id}, ${work.realm}, ${kind}, ${work.by}, ${work.actor.unit.path}, ${work.tx.json(input as never)})`;
  return id;
}

/** Asks a job to stop; it does so at its next progress report. */
export async function cancelJob(work: Work, id: string): Promise<void> {
  const rows = await work.tx`update jobs set state = 'cancelled', finished_at = clock_timestamp()
    where id = ${id} and state in ('queued', 'running') returning id`;
  if (!rows.length) throw problem('not-allowed-in-state', { detail: '任务已结束或不存在' });
}

export class Jobs {
  readonly #handlers = new Map<string, JobHandler>();
  on<I>(kind: string, handler: (job: JobRun<I>) => Promise<unknown>): void {
    this.#handlers.set(kind, handler as unknown as JobHandler);
  }

  /** Claims and runs one job to its end; false when there was none. */
  async runOne(hub: Hub): Promise<boolean> {
    const kinds = [...this.#handlers.keys()];
    const [row] = await hub.sql<{ id: string; realm: string; kind: string; by: string; input: Record<string, unknown>; checkpoint: unknown }[]>`
      update jobs set state = 'running', attempts = attempts + 1, lease_until = clock_timestamp() + ${LEASE}::interval
      where id = (select id from jobs where kind = any(${kinds})
        and (state = 'queued' or (state = 'running' and lease_until < clock_timestamp()))
        order by created_at limit 1 for update skip locked)
      returning id, realm, kind, by, input, checkpoint`;
    if (!row) return false;
    const handler = this.#handlers.get(row.kind)!;
    const who = { ...hub.system(`job.${row.kind}`, row.realm), request: `job:${row.id}` };
    const beat = setInterval(() => {
      hub.sql`update jobs set lease_until = clock_timestamp() + ${LEASE}::interval where id = ${row.id} and state = 'running'`.catch(() => {});
    }, 10_000);
    const job: JobRun = {
      id: row.id,
      realm: row.realm,
      input: row.input,
      hub,
      who,
      checkpoint: row.checkpoint,
      async progress(done, total, message, checkpoint) {
        const rows = await hub.sql`update jobs set done = ${Math.trunc(done)},
          total = coalesce(${total === undefined ? null : Math.trunc(total)}, total), message = coalesce(${message ?? null}, message),
          checkpoint = coalesce(${checkpoint === undefined ? null : hub.sql.json(checkpoint as never)}, checkpoint),
          lease_until = clock_timestamp() + ${LEASE}::interval where id = ${row.id} and state = 'running' returning id`;
        if (!rows.length) throw new Cancelled();
      },
    };
    try {
      const result = await handler(job as JobRun<never>);
      await hub.sql`update jobs set state = 'done', result = ${hub.sql.json((result ?? null) as never)}, finished_at = clock_timestamp(),
        done = coalesce(total, done) where id = ${row.id} and state = 'running'`;
    } catch (error) {
      if (!(error instanceof Cancelled)) {
        hub.log.error('job failed', { kind: row.kind, id: row.id, error });
        await hub.sql`update jobs set state = 'failed', error = ${String((error as Error).message).slice(0, 1000)},
          finished_at = clock_timestamp() where id = ${row.id} and state = 'running'`;
      }
    } finally {
      clearInterval(beat);
    }
    return true;
  }

  run(hub: Hub): { stop(): Promise<void> } {
    return loop(hub, 'jobs', 1000, () => this.runOne(hub), 'facts');
  }
}
