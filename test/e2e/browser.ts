// Chromium for the browser tests: the system's own, with a fresh profile that is gone afterwards; absent, the test is skipped and counted.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type BrowserContext, chromium } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable'];

/** The browser's program, from CHROMIUM or where systems keep it; none without it. */
export const chromiumPath = (): string | undefined => [process.env.CHROMIUM, ...places].find((p) => p && existsSync(p));

/** Option of a browser test: `test('…', { skip: withoutBrowser() }, …)`. With REQUIRE_BROWSER=1 a missing browser is an error, not a skip. */
export function withoutBrowser(): string | false {
  if (chromiumPath()) return false;
  if (process.env.REQUIRE_BROWSER === '1') throw new Error('REQUIRE_BROWSER=1，但没有找到 Chromium (no Chromium found; set CHROMIUM to its path)');
  return '没有 Chromium (no Chromium)';
}

/** A browser with a fresh profile; closed and removed after the test. Its pages must not reach anything but the hub. */
export async function openBrowser(t: TestContext, o: { width?: number; height?: number; colorScheme?: 'light' | 'dark' } = {}): Promise<BrowserContext> {
  const profile = mkdtempSync(join(tmpdir(), 'chengshu-browser-'));
  const flags =
    '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --use-gl=angle --use-angle=swiftshader --enable-unsafe-swiftshader';
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath()!,
    headless: true,
    args: flags.split(' '),
    viewport: { width: o.width ?? 1440, height: o.height ?? 900 },
    colorScheme: o.colorScheme ?? 'light',
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
  });
  t.after(async () => {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  });
  return browser;
}
