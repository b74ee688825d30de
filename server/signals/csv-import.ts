// CSV backfill: a file is uploaded and looked at, tried, then imported as a job that goes on where it was killed; every fault is kept by line.
import type { Readable } from 'node:stream';
import { type CsvFault, CsvMapper, type CsvMapping, type CsvReading, lackingColumns, proposal } from '#core/signals/csv.ts';
import { canonicalJson } from '#core/fact.ts';
import { type Actor, within } from '#core/people/roles.ts';
import { type ProblemItem, Problem, problem } from '#core/problem.ts';
import { append } from '../platform/facts.ts';
import { putFile } from '../platform/files.ts';
import type { Hub, Work } from '../platform/hub.ts';
import { uuidv7 } from '../platform/ids.ts';
import { type JobRun, startJob } from '../platform/jobs.ts';
import { lookAt, recordsOf } from './imports/file.ts';
import * as store from './imports/store.ts';
import { timeFault } from './ingest.ts';
import { type Signals, signalsOf } from './service.ts';
export { type ImportRow, faultsOf, list } from './imports/store.ts';

const JOB = 'signals.import';
const MAX_FILE = 1024 ** 3;
const BATCH = 5000;
/** Faults kept by line; beyond these they are only counted. */
const MAX_FAULTS = 100_000;
const TRY_ROWS = 200;

/** Keeps an uploaded file and says what it seems to hold. */
export async function upload(
  hub: Hub,
  who: { actor: Actor; realm: string; request: string },
  bytes: Readable,
  o: { name: string; thing?: string | undefined; scope: string[] },
): Promise<store.ImportRow> {
  const stored = await putFile(hub.config.dataDir, bytes, MAX_FILE);
  let looked;
  try {
    looked = await lookAt(hub.config.dataDir, stored.sha256);
  } catch (error) {
    throw problem('invalid-input', { detail: (error as Error).message, errors: [{ pointer: '/body', message: (error as Error).message }] });
  }
  const signals = signalsOf(hub);
  if (o.thing !== undefined && !signals.registry.rows.some((r) => r.thing === o.thing)) await signals.registry.refresh();
  const streams = signals.registry.rows.filter((r) => r.thing === o.thing && o.scope.some((p) => within(r.unit, p)));
  const id = uuidv7();
  await hub.command(who, async (work) => {
    await store.add(work.tx, {
      id,
      realm: work.realm,
      name: o.name,
      ...stored,
      scope: o.scope,
      unit: who.actor.unit.path,
      by: work.by,
      at: work.at,
      looked: { ...looked, proposal: proposal(looked.header, streams, o.thing) },
    });
    await append(work, [{ kind: 'import.uploaded', subject: `signal-import:${id}`, data: { name: o.name, sha256: stored.sha256, size: stored.size }, unit: who.actor.unit.path }]);
  });
  return (await store.read(hub.sql, id))!;
}

/** The import if it may be seen; 404 otherwise. */
export async function importOf(hub: Hub, id: string, realm: string, scope: string[]): Promise<store.ImportRow> {
  const row = await store.read(hub.sql, id);
  if (!row || row.realm !== realm || !scope.some((p) => within(row.unit, p))) throw problem('not-found', { detail: '没有这次导入' });
  return row;
}

function checkColumns(mapping: CsvMapping, row: store.ImportRow): void {
  const lacking = lackingColumns(mapping, row.looked.header);
  if (lacking.length)
    throw problem('invalid-input', {
      detail: `文件没有列 ${lacking.join('、')}；有：${row.looked.header.slice(0, 30).join('、')}`,
      errors: lacking.map((c): ProblemItem => ({ pointer: '/body/mapping', message: `没有列 ${c}` })),
    });
}

/** Sorts readings into those that can be stored and faults by line: unknown stream, no right to it, a time that cannot be. */
function sift(signals: Signals, list: { line: number; r: CsvReading }[], scope: string[], now: number, retentionDays: number) {
  const good: { stream: string; time: number; value: number | string }[] = [];
  const faults: CsvFault[] = [];
  const judged = new Map<string, string | { id: string }>();
  for (const { line, r } of list) {
    let s = judged.get(r.ref);
    if (s === undefined) {
      const found = signals.registry.find(r.ref);
      s = !found ? '没有这条数据流' : !scope.some((p) => within(found.unit, p)) ? '无权写入这条数据流' : { id: found.id };
      judged.set(r.ref, s);
    }
    const reason = typeof s === 'string' ? s : timeFault(r.at, now, retentionDays);
    if (typeof s === 'string' || reason !== undefined)
      faults.push({ line, column: r.ref.slice(0, 200), reason: reason!, text: typeof s === 'string' ? r.ref.slice(0, 100) : new Date(r.at).toISOString() });
    else good.push({ stream: s.id, time: r.at, value: r.value });
  }
  return { good, faults };
}

/** Reads the first rows by a mapping and writes nothing. */
export async function preview(hub: Hub, row: store.ImportRow, mapping: CsvMapping, scope: string[]) {
  checkColumns(mapping, row);
  const signals = signalsOf(hub);
  await signals.registry.refresh();
  const now = await signals.now();
  const mapper = new CsvMapper(mapping, row.looked.header);
  const readings: { line: number; r: CsvReading }[] = [];
  const faults: CsvFault[] = [];
  let records = 0;
  reading: for await (const part of recordsOf(hub.config.dataDir, row.sha256, row.looked))
    for (const record of part) {
      if (records >= TRY_ROWS) break reading;
      records++;
      const read = mapper.read(record);
      readings.push(...read.readings.map((r) => ({ line: record.line, r })));
      faults.push(...read.faults);
    }
  const sifted = sift(signals, readings, scope, now, hub.config.retentionDays);
  faults.push(...sifted.faults);
  const bad = new Set(sifted.faults.map((f) => `${f.line}/${f.column}`));
  const right = readings.filter(({ line, r }) => !bad.has(`${line}/${r.ref}`));
  const byStream: Record<string, number> = {};
  for (const { r } of right) byStream[r.ref] = (byStream[r.ref] ?? 0) + 1;
  return {
    records,
    readings: right.slice(0, 50).map(({ line, r }) => ({ line, stream: r.ref, at: new Date(r.at), value: r.value })),
    faults: faults.toSorted((a, b) => a.line - b.line).slice(0, 100),
    byStream,
  };
}

/** Queues the import; one that was cancelled or failed goes on, with another mapping it begins anew (what is stored stays: the same readings are duplicates). */
export async function begin(work: Work, id: string, mapping: CsvMapping, scope: string[]): Promise<{ job: string }> {
  const row = await store.read(work.tx, id, true);
  if (!row || row.realm !== work.realm || !scope.some((p) => within(row.unit, p))) throw problem('not-found', { detail: '没有这次导入' });
  if (row.state === 'queued' || row.state === 'running') throw problem('not-allowed-in-state', { detail: '正在导入' });
  const same = row.mapping !== null && canonicalJson(row.mapping) === canonicalJson(mapping);
  if (row.state === 'done' && same) throw problem('not-allowed-in-state', { detail: '已经导入完毕' });
  checkColumns(mapping, row);
  const job = await startJob(work, JOB, { import: id });
  await store.begin(work.tx, id, mapping, job, scope, !same);
  await append(work, [{ kind: 'import.started', subject: `signal-import:${id}`, data: { job, mapping }, unit: row.unit }]);
  return { job };
}

const wait = (ms: number) => new Promise((r) => setTimeout(r, ms));

/** The job: reads on from the last record that was counted, stores in batches, counts each batch with its faults in one transaction. */
export async function runImport(job: JobRun<{ import: string }>): Promise<unknown> {
  const { hub } = job;
  const signals = signalsOf(hub);
  const row = await store.read(hub.sql, job.input.import);
  if (!row?.mapping) throw new Error('没有这次导入');
  await signals.registry.refresh();
  const mapper = new CsvMapper(row.mapping, row.looked.header);
  let counted = row.records;
  let kept = row.faults;
  let seen = 0;
  let bytes = 0;
  let readings: { line: number; r: CsvReading }[] = [];
  let faults: CsvFault[] = [];
  const flush = async () => {
    if (seen === counted) return;
    const now = await signals.now();
    const sifted = sift(signals, readings, row.scope, now, hub.config.retentionDays);
    const all = [...faults, ...sifted.faults];
    const sum = { stored: 0, duplicates: 0, conflicts: 0, quarantined: 0 };
    for (let i = 0; i < sifted.good.length; i += 10_000)
      for (;;)
        try {
          const r = await signals.take(sifted.good.slice(i, i + 10_000), { scope: row.scope, source: `import:${row.id}`, partial: true });
          for (const k of ['stored', 'duplicates', 'conflicts', 'quarantined'] as const) sum[k] += r[k];
          break;
        } catch (error) {
          // Devices go first: the file can wait.
          if (!(error instanceof Problem) || error.code !== 'overloaded') throw error;
          await job.progress(bytes, row.size, '等待数据库');
          await wait(1000);
        }
    const to = seen;
    const mine = await hub.sql.begin((tx) => store.advance(tx as never, row.id, { from: counted, to, ...sum, faults: all.length }, all.slice(0, Math.max(0, MAX_FAULTS - kept))));
    if (!mine) throw new Error('另有一个任务在做同一次导入');
    kept += all.length;
    counted = to;
    readings = [];
    faults = [];
    await job.progress(Math.min(bytes, row.size), row.size, `已读 ${counted} 行`);
  };
  for await (const part of recordsOf(hub.config.dataDir, row.sha256, row.looked, (n) => (bytes += n))) {
    for (const record of part) {
      seen++;
      // Counted before the last stop.
      if (seen <= row.records) continue;
      const read = mapper.read(record);
      for (const r of read.readings) readings.push({ line: record.line, r });
      faults.push(...read.faults);
      if (seen - counted >= BATCH || readings.length >= 10_000) await flush();
    }
  }
  await flush();
  const end = (await store.read(hub.sql, row.id))!;
  await hub.command(job.who, (work) =>
    append(work, [
      {
        kind: 'import.done',
        subject: `signal-import:${row.id}`,
        data: { records: end.records, stored: end.stored, duplicates: end.duplicates, conflicts: end.conflicts, faults: end.faults },
        unit: row.unit,
      },
    ]),
  );
  return { records: end.records, stored: end.stored, duplicates: end.duplicates, conflicts: end.conflicts, faults: end.faults };
}
export const IMPORT_JOB = JOB;
