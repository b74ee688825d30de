// The first thing that runs, in plain JavaScript on any Node ≥ 20: installs what is missing, then hands over to the pinned Node 24.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const say = (text) => process.stderr.write(`${text}\n`);
const [command = 'start', ...args] = process.argv.slice(2);

function install() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  const print = createHash('sha256').update(lock).digest('hex');
  const mark = join(root, 'node_modules', '.chengshu-installed');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === print) return;
  say('正在安装依赖，首次约需一分钟 (installing packages) …');
  const npm = process.env.npm_execpath;
  const rest = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const r = npm ? spawnSync(process.execPath, [npm, ...rest], { cwd: root, stdio: ['ignore', 2, 2] }) : spawnSync('npm', rest, { cwd: root, stdio: ['ignore', 2, 2] });
  if (r.status !== 0) {
    say('依赖安装失败；请检查 npm 源与网络后重试 (npm ci failed)');
    process.exit(1);
  }
  writeFileSync(mark, print);
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
function run(program, argv, env = {}) {
  return new Promise((done) => {
    const child = spawn(program, argv, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
    // A terminal's Ctrl-C reaches the child too (same group): only pass on what is sent to us alone.
    const pass = (signal) => () => {
      if (!(signal === 'SIGINT' && process.stdin.isTTY)) child.kill(signal);
    };
    for (const s of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(s, pass(s));
    child.on('exit', (code, signal) => done(signal ? 1 : (code ?? 1)));
    child.on('error', (error) => {
      say(String(error));
      done(1);
    });
  });
}
const ts = (file, argv, env) => run(exec, ['--disable-warning=ExperimentalWarning', join(root, file), ...argv], env);
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
  const all = kind === 'faults' ? files('test/faults', '.test.ts') : ['core', 'server', 'web', 'bench', 'test'].flatMap((f) => files(f, '.test.ts')).filter((f) => !f.includes(join('test', 'faults')));
  const chosen = patterns.length ? all.filter((f) => patterns.some((p) => f.includes(p))) : all;
  if (!chosen.length) {
    say('没有匹配的测试 (no tests match)');
    return 1;
  }
  if (chosen.some((f) => f.includes(join('test', 'e2e')) || f.includes(join('test', 'faults')))) {
    const built = await buildWeb();
    if (built) return built;
  }
  const jobs = kind === 'faults' ? 1 : 2;
  return run(exec, ['--disable-warning=ExperimentalWarning', '--test', `--test-concurrency=${jobs}`, '--test-timeout=1500000', '--test-force-exit', '--test-reporter=spec', ...chosen], { CHENGSHU_TEST: '1' });
}

async function check() {
  const steps = [
    ['类型', () => run(exec, [bin('tsc'), '-p', 'tsconfig.json'])],
    ['规范', () => run(bin('oxlint'), ['--deny-warnings', 'core', 'server', 'web', 'bench', 'test', 'demo'])],
    ['格式', () => run(bin('oxfmt'), ['--check', 'core', 'server', 'web', 'bench', 'test', 'demo', 'bootstrap.mjs'])],
    ['内容包', () => ts('server/cli.ts', ['packs', 'check'])],
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
      return code || ts('server/cli.ts', ['start', ...args]);
    }
    case 'test':
      return tests('all', args);
    case 'test:faults':
      return tests('faults', args);
    case 'check':
      return check();
    case 'format':
      return run(bin('oxfmt'), args.length ? args : ['core', 'server', 'web', 'bench', 'test', 'demo', 'bootstrap.mjs']);
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
