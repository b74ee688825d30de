// The queue of an import: which files form one disclosure, sent one after another, each with its progress, result or refusal.
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState } from 'react';
import { financeApi } from '#core/finance/contract.ts';
import { CallError, randomKey, type Reply, send } from '../api.ts';

export type ImportReply = Reply<typeof financeApi.importDisclosure>;
export interface Options {
  unit?: string | undefined;
  year?: number | undefined;
  kind?: 'budget' | 'final-account' | undefined;
  trial: boolean;
  keep: boolean;
  again: boolean;
}
export interface Job {
  id: string;
  name: string;
  files: File[];
  options: Options;
  state: 'waiting' | 'sending' | 'reading' | 'choose' | 'done' | 'failed' | 'stopped';
  /** 0–1 of the bytes sent. */
  sent: number;
  result?: ImportReply;
  error?: { message: string; hint: 'retry' | 'file' | 'none'; details: string[] };
}
/** As the server takes them: one file at most so large. */
export const largest = 50 * 1024 * 1024;
export const readable = /\.(txt|pdf|docx|xlsx|xls|html?|zip)$/i;

/** Groups files into disclosures: each one by itself, or all together; an archive always stands alone. */
export function grouped(files: File[], together: boolean): File[][] {
  const archives = files.filter((f) => /\.zip$/i.test(f.name));
  const others = files.filter((f) => !/\.zip$/i.test(f.name));
  return [...archives.map((f) => [f]), ...(together ? (others.length ? [others] : []) : others.map((f) => [f]))];
}

export function useImportQueue() {
  const queries = useQueryClient();
  const [jobs, setJobs] = useState<Job[]>([]);
  const [running, setRunning] = useState(false);
  const now = useRef<Job[]>([]);
  const stop = useRef<AbortController | null>(null);
  const put = useCallback((next: Job[]) => {
    now.current = next;
    setJobs(next);
  }, []);
  const change = useCallback((id: string, part: Partial<Job>) => put(now.current.map((j) => (j.id === id ? { ...j, ...part } : j))), [put]);
  useEffect(() => () => stop.current?.abort(), []);

  const one = useCallback(
    async (job: Job, signal: AbortSignal) => {
      const form = new FormData();
      for (const f of job.files) form.append('files', f, f.name);
      const { unit, year, kind, trial, keep, again } = job.options;
      change(job.id, { state: 'sending', sent: 0 });
      try {
        const result = await send(
          financeApi.importDisclosure,
          {
            query: {
              ...(unit ? { unit } : {}),
              ...(year ? { year } : {}),
              ...(kind ? { kind } : {}),
              ...(trial ? { trial: 'true' as const } : {}),
              ...(keep ? { keep: 'true' as const } : {}),
              ...(again ? { again: 'true' as const } : {}),
            },
          },
          form,
          { signal, onProgress: (sent) => change(job.id, sent >= 1 ? { state: 'reading', sent: 1 } : { sent }) },
        );
        change(job.id, { state: result.needs.length && !result.id ? 'choose' : 'done', result });
        if (result.id) void queries.invalidateQueries({ queryKey: ['finance'] });
      } catch (error) {
        if (error instanceof DOMException) return change(job.id, { state: 'stopped' });
        const refused = error instanceof CallError;
        change(job.id, {
          state: 'failed',
          error: {
            message: refused ? error.message : '',
            hint: !refused || error.status >= 500 ? 'retry' : error.status === 422 || error.status === 400 || error.status === 415 ? 'file' : 'none',
            details: refused ? (error.problem.errors ?? []).map((e) => e.message) : [],
          },
        });
      }
    },
    [change, queries],
  );

  /** Works through all that waits, one at a time: reading is work for the server. */
  const run = useCallback(async () => {
    if (stop.current) return;
    const controller = new AbortController();
    stop.current = controller;
    setRunning(true);
    for (;;) {
      const next = now.current.find((j) => j.state === 'waiting');
      if (!next || controller.signal.aborted) break;
      await one(next, controller.signal);
    }
    stop.current = null;
    setRunning(false);
  }, [one]);

  return {
    jobs,
    running,
    add(files: File[], together: boolean, options: Options) {
      put([
        ...now.current,
        ...grouped(files, together).map((g): Job => ({ id: randomKey(), name: g.map((f) => f.name).join('、'), files: g, options, state: 'waiting', sent: 0 })),
      ]);
    },
    run,
    halt() {
      stop.current?.abort();
      put(now.current.map((j) => (j.state === 'waiting' ? { ...j, state: 'stopped' as const } : j)));
    },
    /** Puts one back in the queue, with what was chosen since. */
    again(id: string, options: Partial<Options> = {}) {
      const found = now.current.find((j) => j.id === id);
      if (!found) return;
      const { error: _, ...rest } = found;
      put(now.current.map((j) => (j.id === id ? { ...rest, state: 'waiting' as const, sent: 0, options: { ...j.options, ...options } } : j)));
      void run();
    },
    remove: (id: string) => put(now.current.filter((j) => j.id !== id || j.state === 'sending' || j.state === 'reading')),
    clear: () => put(now.current.filter((j) => j.state === 'waiting' || j.state === 'sending' || j.state === 'reading')),
  };
}
