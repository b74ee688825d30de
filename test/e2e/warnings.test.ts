// The duty officer's chair in a browser: a storm is a short list that opens, does not move under the hand and comes back when it flaps;
// one warning with its evidence; a rule tried on history; maintenance set and ended.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { DEMO_PASSWORD } from '#server/first-start.ts';
import { gauges, scratch, start } from '../running.ts';
import { axe } from './axe.ts';
import { openBrowser, withoutBrowser } from './browser.ts';

const enter = async (page: Page, url: string, login: string): Promise<void> => {
  await page.context().clearCookies();
  const r = await page.context().request.post(`${url}/api/session`, { data: { login, password: DEMO_PASSWORD } });
  assert.equal(r.status(), 200, login);
};

test('a storm on the duty officer’s screen', { skip: withoutBrowser(), timeout: 120_000 }, async (t) => {
  const server = await start(scratch(t));
  t.after(() => server.kill('SIGTERM'));
  const { url } = server;
  const { codes, login, secret } = await gauges(url, 30);
  const say = async (value: number, which = codes): Promise<void> => {
    const r = await fetch(`${url}/api/observations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Basic ${Buffer.from(`${login}:${secret}`).toString('base64')}` },
      body: JSON.stringify(which.map((c) => ({ stream: `${c}/pressure`, time: new Date().toISOString(), value }))),
    });
    assert.equal(r.status, 200, await r.text());
  };
  const browser = await openBrowser(t);
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (e) => errors.push(e.message));
  await page.addInitScript(() => {
    const w = window as unknown as { rings: number; AudioContext: typeof AudioContext };
    w.rings = 0;
    const Real = w.AudioContext;
    w.AudioContext = class extends Real {
      constructor() {
        super();
        w.rings++;
      }
    };
  });
  await enter(page, url, 'zhiban1');
  await say(0.31);
  await page.goto(`${url}/warnings`);
  await page.getByText('现在没有需要应对的预警').waitFor();
  await page.mouse.move(5, 5);

  // Thirty at once: one row, without reload.
  await say(0.02);
  const rows = page.locator('ul.warnings > li > .warning:not(.warning-members .warning)');
  const storm = rows.filter({ hasText: '合并 30 条' });
  await storm.waitFor({ timeout: 15_000 });
  assert.equal(await rows.count(), 1, 'one cause, one row');
  assert.match(await storm.innerText(), /等 30 条同因告警/);
  assert.equal(await page.evaluate(() => (window as unknown as { rings: number }).rings), 1, 'one sound, not thirty');
  await page.waitForFunction(() => document.title.includes('红色预警待确认'));
  assert.deepEqual(await axe(page), []);

  // Opened, it shows its members.
  await storm.getByRole('button', { name: '合并 30 条' }).click();
  await page.locator('.warning-members .warning').nth(19).waitFor();
  await page.getByRole('button', { name: '收起' }).click();

  // While the hand is on the list another comes: nothing moves, a bar tells.
  await storm.hover();
  await page.evaluate(() => ((window as unknown as { top0: number }).top0 = document.querySelector('.warning')!.getBoundingClientRect().top));
  await storm.getByRole('button', { name: '确认', exact: true }).click();
  await storm.getByText('已确认').waitFor();
  assert.equal(await page.evaluate(() => document.querySelector('.warning')!.getBoundingClientRect().top === (window as unknown as { top0: number }).top0), true);
  await page.waitForFunction(() => !document.title.includes('红色预警待确认'));

  // All back, then wrong again: the same row is there again, known already, without another sound.
  await page.mouse.move(5, 5);
  await say(0.31);
  await page.getByText('现在没有需要应对的预警').waitFor({ timeout: 15_000 });
  await say(0.02);
  await storm.waitFor({ timeout: 15_000 });
  await storm.getByText('已确认').waitFor();
  assert.equal(await page.evaluate(() => (window as unknown as { rings: number }).rings), 1);

  // One of them: why it fired, with the rule's lines, as a chart and as a table.
  await storm.getByRole('button', { name: '合并 30 条' }).click();
  await page.locator('.warning-members .what a').first().click();
  await page.waitForURL('**/warnings/*');
  await page.getByRole('heading', { name: '触发时的依据（已冻结）' }).waitFor();
  await page.locator('[role=img] canvas').first().waitFor();
  await page.getByText('II ≤ 0.12 / I ≤ 0.05').waitFor();
  await page.getByRole('button', { name: '数据表' }).click();
  await page.getByRole('cell', { name: '0.02', exact: true }).first().waitFor();
  assert.deepEqual(await axe(page), []);

  // The shift lead tries the rule on history: how many, when, what was said of them.
  await enter(page, url, 'zhibanzhang');
  await page.goto(`${url}/warnings/rules`);
  const rule = page.getByRole('row').filter({ hasText: 'pipe-pressure-low' });
  await rule.getByRole('button', { name: '回测' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: '回测', exact: true }).click();
  await dialog.getByText(/会触发 \d+ 次/).waitFor({ timeout: 15_000 });
  const count = Number(/会触发 (\d+) 次/.exec(await dialog.innerText())?.[1]);
  assert.ok(count >= 30, `${count} would have fired`);
  await dialog.locator('[role=img] canvas').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).or(dialog.getByLabel('关闭')).first().click();

  // Maintenance: set, seen, ended before its time.
  await page.goto(`${url}/warnings/shelves`);
  await page.getByRole('button', { name: '设检修窗口' }).click();
  await page.getByRole('dialog').getByLabel('单位').fill('供水');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByLabel('理由').fill('换表');
  await page.getByRole('dialog').getByRole('button', { name: '设检修窗口' }).click();
  await page.getByRole('cell', { name: '换表' }).waitFor();
  await page.getByRole('button', { name: '提前结束' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '提前结束' }).click();
  await page.getByText('没有搁置或检修窗口').waitFor();

  // On a phone the list fits.
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${url}/warnings`);
  await page.locator('.warning').first().waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.deepEqual(errors, []);
});
