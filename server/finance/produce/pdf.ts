// Prints the page of a disclosure to PDF with a Chromium that is installed on this machine; none is shipped.
import { execFile } from 'node:child_process';
import { access, constants, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge'];

/** The first Chromium on a search path (PATH); null when there is none. */
export async function findChromium(path: string | undefined = process.env.PATH): Promise<string | null> {
  for (const candidate of names.flatMap((n) =>
    (path ?? '')
      .split(delimiter)
      .filter(Boolean)
      .map((dir) => join(dir, n)),
  )) {
    try {
      await access(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not here: the next one.
    }
  }
  return null;
}

/** Cannot print: says what to do instead. */
export class NoPrinter extends Error {}

/** The PDF of an HTML page, by the Chromium given or found. Throws NoPrinter when there is none or it fails within `milliseconds`. */
export async function pdfOf(html: string, options: { chromium?: string; milliseconds?: number } = {}): Promise<Uint8Array> {
  const chromium = options.chromium ?? (await findChromium());
  if (!chromium) throw new NoPrinter('这台机器上没有 Chromium，不能直接生成 PDF：请生成 html，用浏览器打开后打印为 PDF；或安装 chromium');
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
      execFile(chromium, args, { timeout: options.milliseconds ?? 60_000, killSignal: 'SIGKILL', maxBuffer: 4 << 20 }, (error) => {
        if (error) reject(new NoPrinter(`Chromium 没有印出 PDF：${error.killed ? '超过时限' : error.message.split('\n')[0]!.slice(0, 160)}`));
        else resolve();
      });
    });
    return new Uint8Array(await readFile(out));
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
