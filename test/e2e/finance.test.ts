// The finance screens in a browser: a disclosure dropped in, its error seen with both cells and taken away by a correction, a promise bound
// to what is really recorded, the self-evaluation exported – and nothing of it for a post without the right.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { unzipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { DEMO_PASSWORD } from '#server/first-start.ts';
import { disclosureText } from '#server/finance/fixtures/disclosure.ts';
import { scratch, signIn, start } from '../running.ts';
import { openBrowser, withoutBrowser } from './browser.ts';

async function enter(page: Page, url: string, login: string): Promise<void> {
  await page.goto(`${url}/login`);
  await page.locator('input[autocomplete=username]').fill(login);
  await page.locator('input[type=password]').fill(DEMO_PASSWORD);
  await page.locator('button[type=submit]').click();
  await page.waitForURL('**/work');
}

/** Files dropped on the import page as a hand would. */
async function drop(page: Page, files: { name: string; text: string }[]): Promise<void> {
  const held = await page.evaluateHandle((list) => {
    const transfer = new DataTransfer();
    for (const f of list) transfer.items.add(new File([f.text], f.name, { type: 'text/plain' }));
    return transfer;
  }, files);
  await page.locator('.ant-upload-drag .ant-upload').dispatchEvent('drop', { dataTransfer: held });
}

test('a disclosure is imported, corrected, bound to what happens and evaluated on screen', { skip: withoutBrowser(), timeout: 150_000 }, async (t) => {
  const server = await start(scratch(t));
  t.after(() => server.kill('SIGTERM'));
  const { url } = server;
  const year = new Date().getFullYear();
  const officer = await signIn(url, 'yusuan');
  const browser = await openBrowser(t);
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  const errors: string[] = [];
  page.on('pageerror', (e) => errors.push(e.message));
  await enter(page, url, 'yusuan');
  await page.getByRole('link', { name: '预决算公开' }).click();
  await page.getByRole('button', { name: '导入公开文件' }).first().click();

  // Two disclosures of one published name: the unit chosen for one answers for the other.
  await drop(page, [
    { name: '本年.txt', text: disclosureText({ year, contact: false }) },
    { name: '上年.txt', text: disclosureText({ year: year - 1, wrong: '30.00', contact: false }) },
  ]);
  await page.getByRole('button', { name: '导入 2 份' }).click();
  await page.getByText('已处理 2 / 2，2 份等您补充后存入').waitFor();
  await page.getByText('“治理中心”可能是“数字化城市运行和治理中心”的简称').first().waitFor();
  await page.getByRole('button', { name: '存入' }).first().click();
  await page.getByText('已存入').nth(1).waitFor();
  const list = await officer.get<{ items: { id: string; unit: string; year: number; findings: { error: number } }[] }>('/api/finance/disclosures');
  assert.deepEqual(list.items.map((d) => [d.unit, d.year]).toSorted(), [
    ['demo.center', year - 1],
    ['demo.center', year],
  ]);
  const now = list.items.find((d) => d.year === year)!;
  assert.ok(now.findings.error > 0, 'the wrong figure is found');

  // The finding shows both figures, the difference and the cells they stand in.
  await page.goto(`${url}/finance/${now.id}?tab=findings`);
  const finding = page.locator('.fin-item', { hasText: '31.00' }).first();
  await finding.click();
  const detail = page.getByRole('region', { name: '发现' }).or(page.locator('section.card[aria-label]')).last();
  await detail.locator('td.lit', { hasText: '31.00' }).first().waitFor();
  assert.ok((await detail.locator('td.lit').count()) >= 2, 'both sides are lit');

  // The cell is corrected by hand, everything is checked anew; taken back, the finding is there again.
  await detail.getByRole('link', { name: '在原文中看' }).first().click();
  const cell = page.locator('.fin-grid td', { hasText: /^31\.00$/ });
  await cell.click();
  await page.locator('.fin-source mark, .fin-source td.lit', { hasText: '31.00' }).first().waitFor();
  await page.keyboard.press('Enter');
  await page.getByLabel('应为').fill('30.00');
  await page.getByLabel('理由').fill('原件为30.00');
  await page.getByRole('button', { name: '更正并重新校验' }).click();
  await page.getByText(/已更正：新出现 0 项发现，消除 [1-9]/).waitFor();
  const errorsNow = async () => (await officer.get<{ findings: { error: number } }>(`/api/finance/disclosures/${now.id}`)).findings.error;
  assert.ok((await errorsNow()) < now.findings.error);
  await page.getByRole('tab', { name: '更正记录 1' }).click();
  await page.getByRole('button', { name: '撤回' }).click();
  await page.locator('.ant-popover:visible .ant-btn-primary, .ant-popconfirm:visible .ant-btn-primary').first().click();
  await page.getByText(/已撤回：新出现 [1-9]/).waitFor();
  assert.equal(await errorsNow(), now.findings.error);

  // The promise of 48 calls is bound to the ledger of calls: three are entered, three are seen.
  for (const [i, called] of [3, 2, 1].entries()) {
    const entered = await officer.send('POST', '/api/ledgers/duty-call-check/records', {
      data: { unit: '区城市管理局', answered: true, seconds: 9 + i, calledAt: new Date(Date.now() - called * 3_600_000).toISOString() },
    });
    assert.equal(entered.status, 201, JSON.stringify(entered.body));
  }
  await page.goto(`${url}/finance/targets?year=${year}`);
  const promise = page.locator('tr', { hasText: '值班电话抽查次数' }).first();
  await promise.getByText(/建议：值班电话抽查次数/).waitFor();
  await promise.getByRole('button', { name: /^确认/ }).click();
  await promise.getByText(/^3 次$/).waitFor();
  await promise.getByRole('button', { name: '值班电话抽查次数' }).click();
  await page.getByRole('heading', { name: '实际发生了什么' }).waitFor();
  await page.keyboard.press('Escape');

  // The self-evaluation takes the live value, shows its arithmetic, and goes out as a document with the column of causes.
  await page.goto(`${url}/finance/evaluations?year=${year}`);
  await page
    .getByRole('button', { name: /^开始自评/ })
    .first()
    .click();
  await page.waitForURL('**/finance/evaluations/*-*');
  await page.getByRole('button', { name: /用实时值\s*3/ }).click();
  await page.getByRole('button', { name: /^保\s*存$/ }).click();
  await page
    .getByText(/3 ÷ 48/)
    .first()
    .waitFor();
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: '导出 DOCX' }).click()]);
  const parts = unzipSync(await readFile((await file.path())!));
  const words = new TextDecoder().decode(parts['word/document.xml']).replace(/<[^>]+>/g, '');
  assert.match(file.suggestedFilename(), /\.docx$/);
  for (const word of ['值班电话抽查次数', '平台运维项目', '偏差原因']) assert.ok(words.includes(word), word);

  // On a phone the same lists are cards and nothing sticks out.
  const hand = await openBrowser(t, { width: 390, height: 844 });
  const phone = await hand.newPage();
  phone.setDefaultTimeout(20_000);
  phone.on('pageerror', (e) => errors.push(e.message));
  await enter(phone, url, 'lingdao');
  for (const path of ['/finance', `/finance/targets?year=${year}`, `/finance/${now.id}?tab=findings`, '/finance/monitoring', '/finance/compare']) {
    await phone.goto(url + path);
    await phone.locator('.row-card, .fin-item, canvas').first().waitFor();
    assert.equal(await phone.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth)), 0, path);
  }
  // The leader sees the promise and may not touch it.
  await phone.goto(`${url}/finance/targets?year=${year}`);
  await phone
    .locator('.row-card', { hasText: '值班电话抽查次数' })
    .getByText(/^3 次$/)
    .waitFor();
  assert.equal(await phone.getByRole('button', { name: /^(确认|否决)/ }).count(), 0);

  // A post without the right has no entry in the menu and no answer from the server.
  const worker = await signIn(url, 'waterworks');
  assert.equal((await worker.send('GET', '/api/finance/disclosures')).status, 403);
  assert.equal((await worker.send('GET', `/api/finance/disclosures/${now.id}`)).status, 403);
  await phone.context().clearCookies();
  await enter(phone, url, 'waterworks');
  await phone.getByRole('button', { name: '菜单' }).click();
  await phone.getByRole('link', { name: '事件中心' }).waitFor();
  assert.equal(await phone.getByRole('link', { name: '预决算公开' }).count(), 0);
  assert.deepEqual(errors, []);
});
