// The thread in which mappers run: it has the expression and one message, nothing else, and is ended when it takes too long.
import { parentPort } from 'node:worker_threads';
import { type MapInput, type MapOutcome, type Mapper, MapperProgram } from '#core/signals/mapper.ts';

export interface Job {
  /** Changes when the mapper does. */
  key: string;
  spec: Pick<Mapper, 'ignore' | 'readings'>;
  input: MapInput;
}
const programs = new Map<string, MapperProgram>();
parentPort!.on('message', (job: Job) => {
  let program = programs.get(job.key);
  if (!program) {
    if (programs.size > 500) programs.clear();
    programs.set(job.key, (program = new MapperProgram(job.spec)));
  }
  void program
    .run(job.input)
    .catch((error: unknown): MapOutcome => ({ fault: `映射出错：${String((error as Error).message).slice(0, 200)}` }))
    .then((outcome) => {
      try {
        parentPort!.postMessage(outcome);
      } catch {
        parentPort!.postMessage({ fault: '映射的结果不能传递' } satisfies MapOutcome);
      }
    });
});
// Only now everything is loaded: what that takes is not counted as the first message's time.
parentPort!.postMessage('ready');
