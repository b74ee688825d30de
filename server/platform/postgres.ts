// The embedded PostgreSQL of a data folder: makes the cluster, starts it on a Unix socket in its own process group, adopts or stops what a crash left.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, realpathSync, renameSync, rmSync, rmdirSync, statSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { type Program, type RunAs, handOver, postgresProgram, removeFolder, socketFolder } from './postgres-program.ts';
import { alive, commandLine, ended, processesOf } from './process.ts';

export interface Postgres {
  /** Socket folder: postgres.js takes it as `host`. */
  host: string;
  user: string;
  /** Number of the main process now (another after a restart). */
  readonly pid: number;
  /** Was it running already when we came? */
  adopted: boolean;
  /** Stops the server (fast shutdown) and waits for its end. */
  stop(): Promise<void>;
}

export interface StartOptions {
  /** Holds `postgres/` (the cluster). The caller has locked it. */
  dir: string;
  /** Only for throw-away test databases. */
  unsafeNoFsync?: boolean;
  settings?: Record<string, string>;
  /** Starts it again when it ends by itself; `say` hears of it. */
  keepUp?: { say(text: string): void };
  /** As whom, when we are root; found out when not given. */
  as?: RunAs;
}

const USER = 'chengshu';
const MAJOR = '18';
const wait = (ms: number) => new Promise((r) => setTimeout(r, ms));

/** What postmaster.pid says; PostgreSQL removes it at a clean end only. */
interface Posted {
  pid: number;
  socket: string;
  state: string;
}
function posted(data: string): Posted | undefined {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(lines[0]);
    return pid > 0 ? { pid, socket: lines[4]?.trim() ?? '', state: lines[7]?.trim() ?? '' } : undefined;
  } catch {
    return undefined;
  }
}

/** A word in the command line of each of the cluster's processes. */
const wordOf = (data: string): string => `chengshu-${createHash('sha256').update(data).digest('hex').slice(0, 12)}`;
const dataOf = (dir: string): string => join(realpathSync(dir), 'postgres');

/** The living main process of a cluster, if there is one. */
function living(data: string): Posted | undefined {
  const p = posted(data);
  return p && alive(p.pid) && processesOf(data, wordOf(data)).includes(p.pid) ? p : undefined;
}

function initialise(dir: string, data: string, program: Program): void {
  // A cluster half made (killed during initdb) never gets its final name.
  const aside = mkdtempSync(join(dir, 'initdb-'));
  handOver(aside, program.owner);
  const [c, a] = program.wrap(join(program.bin, 'initdb'), [
    ...`-U ${USER} -A trust -E UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8 --data-checksums --no-instructions -c listen_addresses=`.split(' '),
    '-D',
    here(aside, program),
  ]);
  try {
    execFileSync(c, a, { cwd: aside, env: environment(program), stdio: ['ignore', 'ignore', 'pipe'], ...program.ids });
    if (existsSync(data)) throw new Error(`${data} 已存在但不是数据库 (exists but is not a cluster)`);
    renameSync(aside, data);
  } catch (error) {
    removeFolder(aside);
    const said = (error as { stderr?: Buffer }).stderr?.toString().trim();
    throw new Error(`内置数据库初始化失败 (initdb failed): ${said || (error as Error).message}`, { cause: error });
  }
}

/**
 * The cluster's path as its process sees it. Another user cannot walk through our private folders, but it may stay in a
 * folder it is put into: as another user PostgreSQL gets its own working directory, which leads straight there.
 */
const here = (folder: string, program: Program): string => (program.ids.uid === undefined ? folder : '/proc/self/cwd');

const environment = (program: Program): NodeJS.ProcessEnv => {
  const { PATH = '/usr/bin:/bin', TMPDIR } = process.env;
  return { PATH, ...(TMPDIR ? { TMPDIR } : {}), LD_LIBRARY_PATH: program.lib, LC_ALL: 'C', TZ: 'UTC' };
};

function settingsOf(o: StartOptions, socket: string, word: string): Record<string, string> {
  const shm = existsSync('/dev/shm') ? statfsSync('/dev/shm') : undefined;
  // Containers often give 64 MB of /dev/shm, too little for parallel queries.
  const small = !shm || shm.bsize * shm.blocks < 256 * 1024 * 1024;
  return {
    listen_addresses: '',
    unix_socket_directories: socket,
    unix_socket_permissions: '0700',
    cluster_name: word,
    max_connections: '120',
    shared_buffers: '256MB',
    dynamic_shared_memory_type: small ? 'sysv' : 'posix',
    work_mem: '16MB',
    maintenance_work_mem: '128MB',
    effective_cache_size: '2GB',
    wal_level: 'replica',
    wal_buffers: '16MB',
    max_wal_size: '4GB',
    min_wal_size: '256MB',
    checkpoint_timeout: '15min',
    checkpoint_completion_target: '0.9',
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    random_page_cost: '1.1',
    jit: 'off',
    autovacuum_naptime: '20s',
    log_min_messages: 'warning',
    log_timezone: 'UTC',
    timezone: 'UTC',
    ...(o.unsafeNoFsync ? { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' } : {}),
    ...o.settings,
  };
}

/** Ends a main process: fast, then at once. */
async function end(pid: number): Promise<void> {
  for (const [signal, ms] of [
    ['SIGINT', 20_000],
    ['SIGQUIT', 5_000],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    if (await ended(pid, ms)) return;
  }
  throw new Error(`内置数据库（进程 ${pid}）没有停下来 (the embedded PostgreSQL does not stop)`);
}

/**
 * Deals with what a crash left. Gives a living main process that runs just as we would start it; one that runs otherwise is
 * stopped; the rest of one killed is waited for. Only when no process of the cluster lives may a leftover postmaster.pid go,
 * and only if its number now belongs to a stranger (PostgreSQL would take that for itself and refuse).
 */
async function settle(data: string, word: string, line: string): Promise<Posted | undefined> {
  for (let ms = 0; ; ms += 50, await wait(50)) {
    const rest = processesOf(data, word);
    if (!rest.length) break;
    const main = living(data);
    if (main) {
      if (main.state === 'ready' && commandLine(main.pid) === line) return main;
      if (main.state === 'ready' || main.state === 'standby') await end(main.pid);
      else if (ms > 300_000) throw new Error(`原有的数据库进程 ${main.pid} 迟迟不就绪 (an earlier PostgreSQL does not get ready)`);
    } else if (ms > 5_000) {
      // Without their main process these can do nothing useful; they normally leave by themselves at once.
      for (const pid of rest) {
        try {
          process.kill(pid, ms > 10_000 ? 'SIGKILL' : 'SIGQUIT');
        } catch {
          // It left meanwhile.
        }
      }
    }
  }
  const left = posted(data);
  if (left && alive(left.pid)) rmSync(join(data, 'postmaster.pid'), { force: true });
  return undefined;
}

/** Starts (or, after a crash of the app, adopts) the PostgreSQL of a folder, making the cluster first when there is none. */
export async function startPostgres(o: StartOptions): Promise<Postgres> {
  const program = postgresProgram(o.as);
  const data = dataOf(o.dir);
  if (!existsSync(join(data, 'PG_VERSION'))) initialise(o.dir, data, program);
  const version = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  if (version !== MAJOR) throw new Error(`${data} 是 PostgreSQL ${version} 的数据，本版本需要 ${MAJOR} (data of another PostgreSQL version)`);
  const socket = socketFolder(data, program.owner);
  const word = wordOf(data);
  const log = join(o.dir, 'postgres.log');
  const args = ['-D', here(data, program), ...Object.entries(settingsOf(o, socket, word)).flatMap(([k, v]) => ['-c', `${k}=${v}`])];
  const line = [join(program.bin, 'postgres'), ...args, ''].join('\0');

  const launch = async (): Promise<{ pid: number; adopted: boolean }> => {
    const left = await settle(data, word, line);
    if (left) return { pid: left.pid, adopted: true };
    handOver(data, program.owner);
    handOver(socket, program.owner);
    if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 20_000_000) renameSync(log, `${log}.1`);
    const out = openSync(log, 'a', 0o600);
    const [c, a] = program.wrap(join(program.bin, 'postgres'), args);
    const child: ChildProcess = spawn(c, a, { cwd: data, env: environment(program), stdio: ['ignore', out, out], detached: true, ...program.ids });
    closeSync(out);
    child.unref();
    let over: string | undefined;
    child.once('error', (error) => (over = error.message));
    child.once('exit', (code, signal) => (over = String(signal ?? code)));
    for (const until = Date.now() + 300_000; ; await wait(10)) {
      if (over !== undefined) throw new Error(`内置数据库启动失败（${over}），见 ${log} (the embedded PostgreSQL did not start)`);
      const p = posted(data);
      // A file left by a killed predecessor also says ready: the number decides.
      if (p?.pid === child.pid && p?.state === 'ready') return { pid: child.pid!, adopted: false };
      if (Date.now() > until) throw new Error(`内置数据库迟迟不就绪，见 ${log} (the embedded PostgreSQL does not get ready)`);
    }
  };

  // A predecessor killed while it restarted PostgreSQL leaves one that is not yet to be seen: it takes the folder's lock first,
  // ours ends, and a moment later there is something to adopt.
  const persist = async (): Promise<{ pid: number; adopted: boolean }> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await launch();
      } catch (error) {
        if (attempt >= 6) throw error;
        await wait(attempt * 250);
      }
    }
  };
  const first = await persist();
  let pid = first.pid;
  let stopping = false;
  let restarting: Promise<void> | undefined;
  const restart = async (say: (text: string) => void): Promise<void> => {
    for (let pause = 100; !stopping; pause = Math.min(10_000, pause * 2)) {
      say(`内置数据库（进程 ${pid}）意外结束，正在重新启动 (PostgreSQL ended; starting it again)`);
      try {
        ({ pid } = await launch());
        return;
      } catch (error) {
        say((error as Error).message);
        await wait(pause);
      }
    }
  };
  const watch = o.keepUp
    ? setInterval(() => {
        if (!stopping && !alive(pid)) restarting ??= restart(o.keepUp!.say).finally(() => (restarting = undefined));
      }, 100).unref()
    : undefined;

  return {
    host: socket,
    user: USER,
    get pid() {
      return pid;
    },
    adopted: first.adopted,
    async stop() {
      stopping = true;
      clearInterval(watch);
      await restarting;
      if (alive(pid)) await end(pid);
      try {
        rmdirSync(socket);
      } catch {
        // Somebody else's file is in it, or it is gone: nothing to do.
      }
    },
  };
}

/** Where the running PostgreSQL of a folder listens, waiting a while for it to get ready; starts and stops nothing. */
export async function findPostgres(dir: string, ms = 60_000): Promise<{ host: string; user: string; pid: number }> {
  for (const until = Date.now() + ms; ; await wait(50)) {
    const p = existsSync(dir) ? living(dataOf(dir)) : undefined;
    if (p?.state === 'ready') return { host: p.socket, user: USER, pid: p.pid };
    if (Date.now() > until) throw new Error(`${dir} 的数据库没有在运行 (no PostgreSQL is running on this folder)`);
  }
}
