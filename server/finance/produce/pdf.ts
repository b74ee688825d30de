// Prints the page of a disclosure to PDF with a Chromium that is installed on this machine; none is shipped.
import { execFile } from 'node:child_process';
import { access, constants, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge'];

/** Path of a Chromium: CHROMIUM_PATH, else the first found on PATH; null when there is none. */
export async function findChromium(env: NodeJS.ProcessEnv = process.env): Promise<string | null> {
  const candidates = env.CHROMIUM_PATH
    ? [env.CHROMIUM_PATH]
    : names.flatMap((n) =>
        (env.PATH ?? '')
          .split(delimiter)
          .filter(Boolean)
          .map((dir) => join(dir, n)),
      );
  for (const path of candidates) {
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // Not here: the next one.
    }
  }
  return null;
}

/** Cannot print: says what to do instead. */
export class NoPrinter extends Error {}

/** The PDF of an HTML page. Throws NoPrinter when no Chromium is found or it fails within `milliseconds`. */
export async function pdfOf(html: string, milliseconds = 60_000): Promise<Uint8Array> {
  const chromium = await findChromium();
  if (!chromium) throw new NoPrinter('这台机器上没有 Chromium，不能直接生成 PDF：请生成 html，用浏览器打开后打印为 PDF；或安装 chromium，或用环境变量 CHROMIUM_PATH 指明位置');
  const folder = await mkdtemp(join(tmpdir(), 'chengshu-print-'));
  try {
    const page = join(folder, 'page.html');
    const out = join(folder, 'page.pdf');
    await writeFile(page, html);
    const args = [
      '--headless',
      '--disable-gpu',
      '--disable-extensions',
      '--disable-background-networking',
      '--no-first-run',
      '--no-pdf-header-footer',
      // A root user (containers) has no user namespaces to sandbox with; the page is our own and has no scripts.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-dev-shm-usage',
      `--user-data-dir=${join(folder, 'profile')}`,
      `--print-to-pdf=${out}`,
      pathToFileURL(page).href,
    ];
    await new Promise<void>((resolve, reject) => {
      execFile(chromium, args, { timeout: milliseconds, killSignal: 'SIGKILL', maxBuffer: 4 << 20 }, (error) => {
        if (error) reject(new NoPrinter(`Chromium 没有印出 PDF：${error.killed ? '超过时限' : error.message.split('\n')[0]!.slice(0, 160)}`));
        else resolve();
      });
    });
    return new Uint8Array(await readFile(out));
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
