// The first thing that runs, in plain JavaScript on any Node ≥ 20: installs what is missing, then hands over to the pinned Node 24.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const say = (text) => process.stderr.write(`${text}\n`);
const [command = 'start', ...args] = process.argv.slice(2);

/** Is everything in the lockfile installed? npm keeps its own list of what it put there; optional packages of other machines may be absent. */
function installed() {
  try {
    const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
    const there = JSON.parse(readFileSync(join(root, 'node_modules', '.package-lock.json'), 'utf8')).packages;
    const here = (list, value) => !list || list.includes(value);
    return Object.entries(wanted).every(([path, p]) => {
      if (!path) return true;
      if (there[path]) return there[path].version === p.version && existsSync(join(root, path));
      return p.optional && !(path.startsWith('node_modules/node-linux') && here(p.os, process.platform) && here(p.cpu, process.arch));
    });
  } catch {
    return false;
  }
}

function install() {
  if (installed()) return;
  say('正在安装依赖，首次约需一分钟 (installing packages) …');
  const npm = process.env.npm_execpath;
  const rest = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const o = { cwd: root, stdio: ['ignore', 2, 2] };
  const r = npm?.endsWith('.js') ? spawnSync(process.execPath, [npm, ...rest], o) : spawnSync('npm', rest, o);
  if (r.status !== 0) {
    say('依赖安装失败；请检查 npm 源与网络后重试 (npm ci failed)');
    process.exit(1);
  }
}

/** The pinned Node from the lockfile where npm brought one, else this one when it is new enough. */
function node() {
  const pinned = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (existsSync(pinned)) return pinned;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  say(`本机没有随附的 Node 24，请安装 Node 24 以上版本 (no bundled Node 24 for ${process.platform}-${process.arch})`);
  process.exit(1);
}

/** Files below a folder whose names end so. */
function files(folder, ending) {
  const found = [];
  const walk = (dir) => {
    for (const e of existsSync(dir) ? readdirSync(dir, { withFileTypes: true }) : []) {
      const path = join(dir, e.name);
      if (e.isDirectory()) walk(path);
      else if (e.name.endsWith(ending)) found.push(path);
    }
  };
  walk(join(root, folder));
  return found.sort();
}

let exec;
/** npm, when told to stop, ends its shell and leaves us: its number and the shell's are watched. Started by hand we stay, as any server does. */
function ancestors() {
  try {
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
    return `${process.ppid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]}`;
  } catch {
    return String(process.ppid);
  }
}
const born = ancestors();
function whenLeft(act) {
  if (!process.env.npm_lifecycle_event || process.platform !== 'linux') return;
  const watch = setInterval(() => {
    if (ancestors() === born) return;
    clearInterval(watch);
    act();
  }, 250);
  watch.unref();
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** Runs a program to its end and gives its exit status. `tied`: it notices when we are killed (its IPC channel closes). */
function run(program, argv, { env = {}, tied = false } = {}) {
  return new Promise((done) => {
    const child = spawn(program, argv, { cwd: root, stdio: ['inherit', 'inherit', 'inherit', ...(tied ? ['ipc'] : [])], env: { ...process.env, ...env } });
    // A terminal's Ctrl-C reaches the child too (same group): only pass on what is sent to us alone.
    const pass = signals.map((s) => [
      s,
      () => {
        if (!(s === 'SIGINT' && process.stdin.isTTY)) child.kill(s);
      },
    ]);
    for (const [s, f] of pass) process.on(s, f);
    whenLeft(() => child.kill('SIGTERM'));
    child.on('exit', (code, signal) => {
      for (const [s, f] of pass) process.off(s, f);
      done(signal ? 1 : (code ?? 1));
    });
    child.on('error', (error) => {
      say(String(error));
      done(1);
    });
  });
}
const quiet = '--disable-warning=ExperimentalWarning';
const ts = (file, argv, o) => run(exec, [quiet, join(root, file), ...argv], o);
const sources = ['core', 'server', 'web', 'bench', 'test', 'demo', 'bootstrap.mjs', 'vite.config.ts'].filter((f) => existsSync(join(root, f)));
const bin = (name) => join(root, 'node_modules', '.bin', name);

/** Builds the web app when its sources, the core or the lockfile changed since. */
async function buildWeb() {
  if (!existsSync(join(root, 'web', 'index.html'))) return 0;
  const hash = createHash('sha256');
  for (const f of [...files('web', ''), ...files('core', '.ts'), join(root, 'package-lock.json'), join(root, 'vite.config.ts')]) {
    if (/\.test\.tsx?$/.test(f)) continue;
    hash.update(f.slice(root.length)).update(readFileSync(f));
  }
  const print = hash.digest('hex');
  const mark = join(root, 'dist', 'web', '.built');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === print) return 0;
  say('正在构建网页 (building the web app) …');
  const code = await new Promise((done) => {
    const child = spawn(exec, [bin('vite'), 'build', '--logLevel', 'warn'], { cwd: root, stdio: ['ignore', 2, 2] });
    child.on('exit', (c) => done(c ?? 1));
  });
  if (code === 0) {
    mkdirSync(dirname(mark), { recursive: true });
    writeFileSync(mark, print);
  } else say('网页构建失败 (web build failed)');
  return code;
}

async function tests(kind, argv) {
  const patterns = argv.filter((a) => !a.startsWith('-'));
  const all =
    kind === 'faults'
      ? files('test/faults', '.test.ts')
      : ['core', 'server', 'web', 'bench', 'test'].flatMap((f) => files(f, '.test.ts')).filter((f) => !f.includes(join('test', 'faults')));
  const chosen = patterns.length ? all.filter((f) => patterns.some((p) => f.includes(p))) : all;
  if (!chosen.length) {
    say('没有匹配的测试 (no tests match)');
    return 1;
  }
  if (chosen.some((f) => f.includes(join('test', 'e2e')) || f.includes(join('test', 'faults')))) {
    const built = await buildWeb();
    if (built) return built;
  }
  // Faults kill what they find: they have the machine to themselves.
  const [lanes, minutes] = kind === 'faults' ? [1, 30] : [2, 10];
  const env = { CHENGSHU_TEST: '1' };
  // A whole run has clusters of its own and leaves nothing running behind; chosen files, one at a time, use the one cached for this checkout.
  if (!patterns.length && !process.env.DATABASE_URL) return run(exec, [quiet, join(root, 'test', 'run.ts'), `${lanes}`, `${minutes}`, ...chosen], { env });
  const argv2 = [quiet, '--test', '--test-concurrency=1', `--test-timeout=${minutes * 60_000}`, '--test-force-exit', '--test-reporter=spec', ...chosen];
  return run(exec, argv2, { env });
}

async function check() {
  const cli = (file, ...argv) => (existsSync(join(root, 'server', 'cli', `${file}.ts`)) ? ts('server/cli.ts', [file, ...argv]) : 0);
  const steps = [
    ['类型', () => run(exec, [bin('tsc'), '-p', 'tsconfig.json'])],
    ['规范', () => run(exec, [bin('oxlint'), '--deny-warnings', ...sources])],
    ['格式', () => run(exec, [bin('oxfmt'), '--check', ...sources])],
    ['内容包', () => cli('packs', 'check')],
    ['生成的文件', () => cli('generate', '--check')],
  ];
  for (const [name, step] of steps) {
    const code = await step();
    if (code) {
      say(`检查未通过：${name}`);
      return code;
    }
  }
  say('检查通过');
  return 0;
}

async function main() {
  install();
  exec = node();
  switch (command) {
    case 'start': {
      const code = await buildWeb();
      return code || ts('server/cli.ts', ['start', ...args], { tied: true });
    }
    case 'test':
      return tests('all', args);
    case 'test:faults':
      return tests('faults', args);
    case 'check':
      return check();
    case 'format':
      return run(exec, [bin('oxfmt'), ...(args.length ? args : sources)]);
    case 'build':
      return buildWeb();
    case 'bench':
      return ts('bench/run.ts', args);
    case 'cli':
      return ts('server/cli.ts', args);
    default:
      say(`未知命令 ${command}`);
      return 2;
  }
}
process.exitCode = await main();
