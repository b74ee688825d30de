// The whole loop in a browser: a device's reading becomes a warning on screen without reload, a case with parallel tasks,
// handled by several accounts, inspected, closed, evaluated, reviewed – and a published target moves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import mqtt from 'mqtt';
import type { Case } from '#core/cases/state.ts';
import { DEMO_PASSWORD } from '#server/first-start.ts';
import { gauges, scratch, signIn, start } from '../running.ts';
import { openBrowser, withoutBrowser } from './browser.ts';

interface Detail {
  state: Case;
  version: number;
}
interface Target {
  code: string;
  value: number | null;
  state: string;
}

test('reading → warning → case → evaluation → review → target', { skip: withoutBrowser(), timeout: 240_000 }, async (t) => {
  const server = await start(scratch(t));
  t.after(() => server.kill('SIGTERM'));
  const { url } = server;
  const { login, secret } = await gauges(url, 12);
  const device = await mqtt.connectAsync({ host: '127.0.0.1', port: server.mqttPort, username: login, password: secret, protocolVersion: 4, reconnectPeriod: 0 });
  t.after(() => device.endAsync(true));
  const reading = (code: string, pressure: number, ago = 0) =>
    device.publishAsync(`v1/things/${code}/readings`, JSON.stringify({ time: new Date(Date.now() - ago).toISOString(), pressure }), { qos: 1 });
  for (let m = 30; m > 0; m -= 5) await reading('gauge-3', 0.31, m * 60_000);

  const officer = await signIn(url, 'zhiban1');
  const budget = await signIn(url, 'yusuan');
  const target = async (code: string) => (await budget.get<{ items: Target[] }>('/api/targets')).items.find((x) => x.code === code)!;
  const before = await target('satisfaction');
  assert.equal(before.value, null, 'nothing answered yet: not measurable, not zero');

  const browser = await openBrowser(t);
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (e) => errors.push(e.message));
  page.on('console', (m) => m.type() === 'error' && errors.push(m.text()));
  const outside: string[] = [];
  page.on('request', (r) => !r.url().startsWith(url) && !/^(data|blob):/.test(r.url()) && outside.push(r.url()));
  await page.goto(`${url}/login`);
  await page.getByRole('button', { name: /值班员一/ }).click();
  await page.waitForURL('**/work');
  await page.getByText('演示数据').first().waitFor();
  await page.goto(`${url}/warnings`);
  await page.getByText('现在没有需要应对的预警').waitFor();

  // The page stays as it is; the device speaks.
  await reading('gauge-3', 0.02);
  await new Promise((r) => setTimeout(r, 1200));
  await reading('gauge-3', 0.018);
  const row = page.locator('.warning').first();
  await row.getByText(/疑似爆管/).waitFor({ timeout: 15_000 });
  await row.getByText('I 红').waitFor();
  await row.getByRole('button', { name: '确认' }).click();
  await row.getByRole('link', { name: '查看事件' }).click();
  await page.waitForURL('**/cases/*');
  const id = page.url().split('/').at(-1)!;
  await page.getByText('关阀止水、抢修管道').waitFor();

  const read = () => officer.get<Detail>(`/api/cases/${id}`);
  const { state } = await read();
  const called = state.tasks.filter((x) => x.step === 'handle');
  assert.ok(called.length >= 3, 'at least three units at once');
  assert.equal(new Set(called.map((x) => x.unit)).size, called.length);

  // One unit works on screen: acknowledges, submits; its lead confirms.
  const workers = await openBrowser(t, { width: 390, height: 844 });
  const phone = await workers.newPage();
  phone.on('pageerror', (e) => errors.push(e.message));
  const enter = async (account: string) => {
    await phone.context().clearCookies();
    await phone.goto(`${url}/login`);
    await phone.locator('input[autocomplete=username]').fill(account);
    await phone.locator('input[type=password]').fill(DEMO_PASSWORD);
    await phone.locator('button[type=submit]').click();
    await phone.waitForURL('**/work');
    await phone.goto(`${url}/cases/${id}`);
  };
  await enter('waterworks-b');
  await phone.getByRole('button', { name: '签收' }).first().click();
  await phone.getByRole('button', { name: '提交结果' }).first().click();
  await phone.getByLabel('处置结果').fill('阀门已关，管段更换完毕');
  await phone.keyboard.press('Control+Enter');
  await phone.getByText('待确认').first().waitFor();
  await enter('waterworks');
  await phone.getByRole('button', { name: '确认', exact: true }).first().click();
  await phone.getByText('已完成').first().waitFor();

  // The others by their own sessions.
  const act = async (account: string, command: object): Promise<void> => {
    const session = await signIn(url, account);
    const { version } = await session.get<Detail>(`/api/cases/${id}`);
    const r = await session.send('POST', `/api/cases/${id}/commands`, command, { version });
    assert.equal(r.status, 200, `${account} ${JSON.stringify(command)} ${JSON.stringify(r.body)}`);
  };
  for (const task of (await read()).state.tasks.filter((x) => x.step === 'handle' && x.state === 'offered')) {
    const unit = task.unit.split('.')[1]!;
    const [doer, boss] = ['traffic', 'urban', 'waterworks'].includes(unit) ? [`${unit}-b`, unit] : [unit, unit];
    await act(doer, { kind: 'accept', task: task.id });
    await act(doer, { kind: 'submit', task: task.id, form: { result: '已完成' } });
    await act(boss, { kind: 'confirm', task: task.id });
  }
  const taskAt = async (step: string) => (await read()).state.tasks.find((x) => x.step === step && x.state === 'offered')!.id;
  await act('shouli', { kind: 'decide', task: await taskAt('inspect'), outcome: 'pass', form: { evidence: '压力恢复，路面完好' } });
  await act('shouli', { kind: 'decide', task: await taskAt('closing'), outcome: 'close', form: { conditionMet: true } });
  await page.locator('.ant-tag', { hasText: '已结案' }).first().waitFor({ timeout: 15_000 });
  await act('shouli', { kind: 'evaluate', form: { satisfaction: 5 } });

  // Evaluation: the units' on-time rate has this case; the satisfaction target is answered by it.
  const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
  const rates = await budget.get<{ items: { unit: string; rates: { onTimeRate: number | null } }[] }>(`/api/evaluation/units?from=${today}&to=${today}`);
  assert.equal(rates.items.find((x) => x.unit === 'demo.waterworks')?.rates.onTimeRate, 100);
  for (let i = 0; i < 40 && (await target('satisfaction')).value === null; i++) await new Promise((r) => setTimeout(r, 500));
  assert.equal((await target('satisfaction')).value, 100, 'a published target moved');

  // Review: proposed by its level; its improvement becomes a case.
  const lead = await signIn(url, 'zhibanzhang');
  let reviews: { id: string; caseId: string; version: number }[] = [];
  for (let i = 0; i < 40 && !reviews.length; i++) {
    reviews = (await lead.get<{ items: typeof reviews }>('/api/reviews')).items.filter((x) => x.caseId === id);
    if (!reviews.length) await new Promise((r) => setTimeout(r, 500));
  }
  assert.equal(reviews.length, 1, 'a level I case is proposed for review');
  const review = reviews[0]!;
  const saved = await lead.send<{ version: number }>(
    'PUT',
    `/api/reviews/${review.id}`,
    {
      summary: '压力骤降到止水 2 分钟',
      worked: '场景自动派遣',
      failed: '',
      causes: [{ kind: 'standards', text: '阈值偏宽' }],
      improvements: [{ text: '收紧压力阈值', unit: 'demo.waterworks', dueOn: today, changes: 'threshold' }],
    },
    { version: review.version },
  );
  assert.equal(saved.status, 200, JSON.stringify(saved.body));
  const finished = await lead.send<{ cases: string[] }>('POST', `/api/reviews/${review.id}/finish`, undefined, { version: saved.body.version });
  assert.equal(finished.status, 200, JSON.stringify(finished.body));
  assert.equal(finished.body.cases.length, 1);

  for (const path of [
    '/work',
    '/cases',
    '/warnings',
    '/things',
    '/indicators',
    '/ledgers',
    '/targets',
    '/evaluation',
    '/reviews',
    `/reviews/${review.id}`,
    '/settings/people',
    '/settings/packs',
    '/settings/jobs',
  ]) {
    await page.goto(url + path);
    await page.locator('h1').first().waitFor();
    await page.getByText('演示数据').first().waitFor();
  }
  assert.deepEqual(outside, [], 'nothing is asked of the outside');
  assert.deepEqual(errors, [], 'no error in the browser');
});
