// Devices in a browser: registered from a pasted table after a preview, readings seen as they come, a mapper tried, a meter read on a phone, a batch taken back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { DEMO_PASSWORD } from '#server/first-start.ts';
import { scratch, signIn, start } from '../running.ts';
import { axe } from './axe.ts';
import { openBrowser, withoutBrowser } from './browser.ts';

const enter = async (page: Page, url: string, login: string): Promise<void> => {
  await page.context().clearCookies();
  const r = await page.context().request.post(`${url}/api/session`, { data: { login, password: DEMO_PASSWORD } });
  assert.equal(r.status(), 200, login);
};
const head = '设备编码\t设备名称\t设备类型\t责任单位\t经度\t纬度';
const table = (rows: string[]): string => [head, ...rows].join('\n');

test('devices from a pasted table to a reading on the phone', { skip: withoutBrowser(), timeout: 120_000 }, async (t) => {
  const server = await start(scratch(t));
  t.after(() => server.kill('SIGTERM'));
  const { url } = server;
  const browser = await openBrowser(t);
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (e) => errors.push(e.message));
  await enter(page, url, 'zhibiao');

  const paste = async (text: string): Promise<void> => {
    await page.goto(`${url}/things/register`);
    await page.getByLabel('粘贴或选择表格').last().fill(text);
    await page.getByRole('button', { name: '粘贴或选择表格' }).click();
  };
  // A wrong row is named, and nothing is registered.
  await paste(table(['e2e-1\t演示压力计 1\tpipe-pressure\tdemo.waterworks\t106.30\t29.45', 'e2e-2\t演示压力计 2\tno-such-profile\tdemo.waterworks\t106.31\t29.45']));
  const preview = page.getByRole('button', { name: '预览' });
  if (await preview.isEnabled()) await preview.click();
  await page.getByText('1 行有问题').waitFor();
  assert.equal(await page.getByRole('button', { name: /^登记 \d+ 台/ }).isEnabled(), false);

  await paste(table(['e2e-1\t演示压力计 1\tpipe-pressure\tdemo.waterworks\t106.30\t29.45', 'e2e-2\t演示压力计 2\tpipe-pressure\tdemo.waterworks\t106.31\t29.45']));
  await preview.click();
  await page.getByText('预览通过：将登记 2 台').waitFor();
  assert.deepEqual(await axe(page), []);
  await page.getByRole('button', { name: '登记 2 台' }).click();
  await page.getByText('已登记 2 台').waitFor();

  // What they send is on the list, with the rate of those online.
  const session = await signIn(url, 'zhibiao');
  const credential = await session.send<{ login: string; secret: string }>('POST', '/api/signals/credentials', { login: 'e2e-gateway', unit: 'demo' });
  const { login, secret } = credential.body;
  const r = await fetch(`${url}/api/observations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Basic ${Buffer.from(`${login}:${secret}`).toString('base64')}` },
    body: JSON.stringify([{ stream: 'e2e-1/pressure', time: new Date().toISOString(), value: 0.33 }]),
  });
  assert.equal(r.status, 200, await r.text());
  await page.goto(`${url}/things?text=e2e-1`);
  const row = page.getByRole('row').filter({ hasText: 'e2e-1' });
  await row.getByText('0.33').waitFor();
  await row.getByText('在线').waitFor();

  // A mapper tried on its own example, writing nothing.
  await page.goto(`${url}/things/mappers`);
  await page.getByRole('row').filter({ hasText: 'modbus-gateway' }).getByRole('button', { name: '试一条' }).click();
  await page.getByRole('button', { name: '试转换' }).click();
  await page.getByText(/转成 \d+ 个读数/).waitFor();

  // Those without data may be taken back; those with data may not.
  await paste(table(['e2e-9\t演示压力计 9\tpipe-pressure\tdemo.waterworks\t106.32\t29.45']));
  await preview.click();
  await page.getByRole('button', { name: '登记 1 台' }).click();
  await page.getByText('已登记 1 台').waitFor();
  const history = page.getByRole('table', { name: '登记记录' }).or(page.locator('[aria-label="登记记录"]')).first();
  await history.getByText('已收到数据').waitFor();
  await history
    .getByRole('button', { name: /撤\s?销/ })
    .first()
    .click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /撤\s?销/ })
    .click();
  await history.getByText('已撤销').waitFor();

  // Others' pages say whose they are.
  await enter(page, url, 'zhiban1');
  await page.goto(`${url}/things/register`);
  await page.getByText('这一页由别的岗位使用').waitFor();
  await page.getByText(/“维护设备与点位”/).waitFor();

  // On a phone, a unit reads its meter.
  await enter(page, url, 'waterworks');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${url}/things/by-hand`);
  await page.getByLabel('包括联网设备').click();
  const meter = page.getByLabel('演示压力计 2 压力');
  await meter.waitFor();
  assert.deepEqual(await axe(page), []);
  await meter.fill('0.29');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await page.getByRole('button', { name: '提交 1 个读数' }).click();
  await page.getByText('已收入 1 个读数').waitFor();
  assert.deepEqual(errors, []);
});
