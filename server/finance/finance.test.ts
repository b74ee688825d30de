// Disclosures over HTTP: imported once, superseded with the difference, corrected and checked again, decided on, seen by scope only.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { zipSync } from 'fflate';
import type { Output } from '#core/contract.ts';
import { financeApi } from '#core/finance/contract.ts';
import { verify } from '#server/platform/audit.ts';
import { financeRoutes } from './routes.ts';
import { importFiles, importText } from './import-cli.ts';
import { FileError } from './formats/limits.ts';
import { Reader } from './reader.ts';
import { disclosureText } from './fixtures/disclosure.ts';
import { office, ok } from './fixtures/office.ts';

type One = Output<typeof financeApi.disclosure>;
type Imported = Output<typeof financeApi.importDisclosure>;
type Targets = Output<typeof financeApi.targets>;

const at = 'disclosures?unit=demo.center&keep=true';

test('every route has its handler', () => {
  assert.deepEqual(Object.keys(financeRoutes(() => new Reader()).handlers).sort(), Object.keys(financeApi).sort());
});

test('a disclosure is stored once; a corrected version supersedes it and says what differs; scope holds everywhere', async (t) => {
  const { hub, signIn } = await office(t);
  const me = await signIn('ys-center');
  const trial = ok<Imported>(await me.upload(`${at}&trial=true`, { '预算.txt': disclosureText() }));
  assert.deepEqual([trial.id, trial.read.year, trial.read.kind, trial.needs], [null, 2026, 'budget', []]);
  assert.ok(trial.read.findings.error >= 1 && trial.read.targets === 4 && trial.read.masked >= 1, JSON.stringify(trial.read));
  assert.equal((await hub.sql`select 1 from finance_disclosures`).length, 0, 'a trial leaves nothing');

  const first = ok<Imported>(await me.upload(at, { '预算.txt': disclosureText() }));
  assert.deepEqual([first.fresh, first.number, first.superseded], [true, 1, null]);
  assert.match(first.notes.join(), /联系人.*不保存原件/);
  const again = ok<Imported>(await me.upload(at, { '换个名字.txt': disclosureText() }));
  assert.deepEqual([again.fresh, again.id], [false, first.id], 'the same content is the same disclosure');
  const all = await Promise.all([1, 2, 3].map(() => me.upload(at, { '预算.txt': disclosureText() })));
  assert.deepEqual([...new Set(all.map((r) => (r.json() as Imported).id))], [first.id]);

  const d = ok<One>(await me.get(`disclosures/${first.id}`));
  assert.deepEqual([d.unit, d.year, d.kind, d.number, d.current, d.targets], ['demo.center', 2026, 'budget', 1, true, 4]);
  const kept =
    JSON.stringify(await hub.sql`select unread, files from finance_disclosures`) +
    JSON.stringify(await hub.sql`select lines from finance_pages`) +
    JSON.stringify(await hub.sql`select text from finance_cells`) +
    JSON.stringify(await hub.sql`select data from facts`);
  for (const secret of ['赵示例', '13800000000']) assert.equal(kept.includes(secret), false, `${secret} is not stored in clear`);
  const model = (await hub.sql<{ model: Buffer }[]>`select model from finance_disclosures`)[0]!.model;
  assert.equal((await import('node:zlib')).gunzipSync(model).includes('13800000000'), false);

  // The table with its tree, its text, its findings.
  const functional = d.tableList.find((x) => x.kind === 'functional-expenditure')!;
  const table = ok<Output<typeof financeApi.table>>(await me.get(`disclosures/${first.id}/tables/${functional.n}`));
  const row = table.body.find((r) => r.code === '2010302')!;
  assert.equal(table.body.find((r) => r.r === row.parent)!.code, '20103');
  assert.ok(table.findingKeys.length >= 1);
  const cell = row.cells.find((c) => c.text === '31.00')!;
  assert.equal(cell.fen, 31_000_000);
  const page = ok<Output<typeof financeApi.pageText>>(await me.get(`disclosures/${first.id}/pages/0/1`));
  assert.ok(
    page.lines.some((l) => l.cells?.includes('2010302') && l.place.line === cell.place.line),
    'the cell is found again in the text',
  );

  // A decision is kept when the corrected version comes.
  const found = ok<Output<typeof financeApi.findings>>(await me.get(`disclosures/${first.id}/findings`));
  const wrong = found.items.find((f) => f.severity === 'error')!;
  assert.ok(wrong.ruleMeaning.zh && wrong.ruleSource);
  const explained = ok<typeof wrong>(await me.send('POST', `disclosures/${first.id}/findings/${wrong.key}`, { status: 'explained', note: '上级批复如此' }));
  assert.deepEqual([explained.status, explained.note, explained.decided!.byName], ['explained', '上级批复如此', 'ys-center']);
  const changed = disclosureText({ calls: '60', extra: true });
  const second = ok<Imported>(await me.upload(at, { '预算.txt': changed }));
  assert.deepEqual([second.fresh, second.number, second.superseded], [true, 2, first.id]);
  const diff = second.difference!;
  assert.ok(
    diff.targets.some((x) => x.change === 'changed' && x.fields.some((f) => f.field === 'value' && f.before === '48' && f.after === '60')),
    JSON.stringify(diff.targets),
  );
  assert.ok(diff.targets.some((x) => x.change === 'added'));
  assert.ok(diff.cells.some((c) => c.before === '48' && c.after === '60'));
  assert.deepEqual(ok<Output<typeof financeApi.difference>>(await me.get(`disclosures/${second.id}/difference`)).targets, diff.targets);
  const after = ok<Output<typeof financeApi.findings>>(await me.get(`disclosures/${second.id}/findings`));
  assert.deepEqual(after.items.find((f) => f.key === wrong.key)?.status, 'explained', 'kept across the import');
  assert.equal(ok<One>(await me.get(`disclosures/${first.id}`)).current, false);
  assert.equal((await me.send('POST', `disclosures/${first.id}/findings/${wrong.key}`, { status: 'open', note: 'x' })).statusCode, 409);
  assert.equal(ok<Output<typeof financeApi.disclosures>>(await me.get('disclosures')).items.length, 1);
  assert.equal(ok<Output<typeof financeApi.disclosures>>(await me.get('disclosures?old=true&limit=1')).next !== null, true);
  // A finding that was said to be corrected and stands again says so.
  ok(await me.send('POST', `disclosures/${second.id}/findings/${wrong.key}`, { status: 'corrected', note: '已重新公开' }));
  const third = ok<Imported>(await me.upload(at, { '预算.txt': `${changed}\n附注：第三次公开。` }));
  assert.equal(ok<Output<typeof financeApi.findings>>(await me.get(`disclosures/${third.id}/findings`)).items.find((f) => f.key === wrong.key)!.recurring, true);

  // Scope: another unit's officer sees nothing and can do nothing; a reviewer reads and cannot change.
  const other = await signIn('ys-urban');
  assert.deepEqual(ok<Output<typeof financeApi.disclosures>>(await other.get('disclosures?old=true')).items, []);
  for (const url of ['', `/tables/${functional.n}`, '/pages/0/1', '/findings', '/statements', '/difference', '/corrections', '/report', '/advice'])
    assert.equal((await other.get(`disclosures/${third.id}${url}`)).statusCode, 404, url);
  assert.equal((await other.upload(at, { '预算.txt': disclosureText() })).statusCode, 403);
  const targets = ok<Targets>(await me.get('targets?year=2026'));
  assert.equal((await other.get(`targets/${targets.items[0]!.key}`)).statusCode, 404);
  assert.equal(ok<Targets>(await other.get('targets?year=2026')).items.length, 0);
  const reviewer = await signIn('sh-all');
  assert.equal((await reviewer.get(`disclosures/${third.id}`)).statusCode, 200);
  assert.equal((await reviewer.upload(at, { '预算.txt': disclosureText() })).statusCode, 403);
  assert.equal((await (await signIn('zhiban1')).get('disclosures')).statusCode, 403, 'a duty officer has no part in it');
  assert.equal(ok<Imported>(await other.upload('disclosures?trial=true', { '预算.txt': disclosureText() })).needs.includes('unit'), true);

  for (const format of ['html', 'csv', 'json']) {
    const r = await me.get(`disclosures/${third.id}/report?format=${format}`);
    assert.equal(r.statusCode, 200);
    assert.ok(r.body.includes(wrong.message.slice(0, 8)), format);
  }
  assert.equal((await verify(hub)).good, true);
});

test('a correction is a fact, is checked at once, survives in the views, and can be withdrawn', async (t) => {
  const { hub, signIn } = await office(t);
  const me = await signIn('ys-center');
  const { id } = ok<Imported>(await me.upload(at, { '预算.txt': disclosureText() }));
  const d = ok<One>(await me.get(`disclosures/${id}`));
  const n = d.tableList.find((x) => x.kind === 'functional-expenditure')!.n;
  const read = async () => ok<Output<typeof financeApi.table>>(await me.get(`disclosures/${id}/tables/${n}`));
  const row = (await read()).body.find((r) => r.code === '2010302')!;
  const cell = row.cells.find((c) => c.text === '31.00')!;
  const body = { what: 'cell', table: n, row: row.r, column: cell.c, from: '31.00', to: '30.00', reason: '核对原件，应为30.00' };
  const stale = await me.send('POST', `disclosures/${id}/corrections`, { ...body, from: '32.00' });
  assert.equal(stale.statusCode, 409, stale.body);
  const done = ok<{ id: string; removed: string[]; checks: { failed: number } }>(await me.send('POST', `disclosures/${id}/corrections`, body), 201);
  assert.ok(done.removed.length >= 1 && done.checks.failed < d.checks.failed);
  const now = (await read()).body.find((r) => r.code === '2010302')!.cells.find((c) => c.c === cell.c)!;
  assert.deepEqual([now.text, now.fen, now.was], ['30.00', 30_000_000, '31.00']);
  const [fact] = await hub.sql<{ data: Record<string, unknown>; by: string }[]>`select data, by from facts where kind = 'disclosure.corrected'`;
  assert.deepEqual([fact!.data.from, fact!.data.to, fact!.data.reason, fact!.by.startsWith('account:')], ['31.00', '30.00', '核对原件，应为30.00', true]);
  const list = ok<Output<typeof financeApi.corrections>>(await me.get(`disclosures/${id}/corrections`)).items;
  assert.deepEqual([list.length, list[0]!.byName, list[0]!.withdrawn], [1, 'ys-center', null]);
  // A target can be corrected too, and keeps its key.
  const key = ok<Targets>(await me.get('targets?year=2026')).items.find((x) => x.indicator === '值班电话抽查次数')!.key;
  ok(await me.send('POST', `disclosures/${id}/corrections`, { what: 'target', key, field: 'value', from: '48', to: '50', reason: '扫描不清' }), 201);
  assert.equal(ok<Targets>(await me.get('targets?year=2026')).items.find((x) => x.key === key)!.value, '50');
  const back = ok<{ added: string[] }>(await me.send('DELETE', `disclosures/${id}/corrections/${done.id}`));
  assert.ok(back.added.length >= 1);
  const first = (await read()).body.find((r) => r.code === '2010302')!.cells.find((c) => c.c === cell.c)!;
  assert.deepEqual([first.text, first.was], ['31.00', null]);
  assert.equal((await me.send('DELETE', `disclosures/${id}/corrections/${done.id}`)).statusCode, 409);
  assert.equal((await (await signIn('ys-urban')).send('POST', `disclosures/${id}/corrections`, body)).statusCode, 404);
});

test('originals are kept only when they name nobody, and given only to who manages', async (t) => {
  const { hub, signIn } = await office(t);
  const me = await signIn('ys-center');
  const plain = disclosureText({ contact: false });
  const { id, notes } = ok<Imported>(await me.upload(at, { '预算.txt': plain }));
  assert.deepEqual(
    notes.filter((n) => /原件/.test(n)),
    [],
  );
  const d = ok<One>(await me.get(`disclosures/${id}`));
  assert.equal(d.files[0]!.kept, true);
  const url = `disclosures/${id}/files/${d.files[0]!.sha256}`;
  assert.equal((await me.get(url)).body, plain);
  assert.equal((await (await signIn('sh-all')).get(url)).statusCode, 403);
  assert.equal((await hub.sql`select 1 from facts where kind = 'export.made'`).length, 1);
  // Files that cannot be read are refused with a sentence, and nothing is stored.
  for (const bytes of [Buffer.from([0x52, 0x61, 0x72, 0x21, 1, 2]), Buffer.from('%PDF-1.7\ngarbage'), Buffer.alloc(0)]) {
    const r = await me.upload(at, { 'x.pdf': bytes });
    assert.equal(r.statusCode, 400, r.body);
    assert.ok((r.json() as { detail: string }).detail.length > 3);
  }
  assert.equal((await me.send('POST', at, {})).statusCode, 415);
});

test('the reading process: one hostile or killed reading is a refusal, the next is read again', async (t) => {
  const reader = new Reader();
  t.after(() => reader.close());
  const text = { name: 'a.txt', bytes: new TextEncoder().encode(disclosureText()) };
  assert.equal((await reader.understand([text], [])).disclosure.targets.length, 4);
  const bomb = { name: 'b.zip', bytes: zipSync({ 'a.html': [new Uint8Array(30 << 20), { level: 9 }] }) };
  await assert.rejects(reader.understand([bomb], []), (e: Error) => e instanceof FileError && e.message.length > 3);
  const running = reader.understand([text], []);
  reader.close();
  await assert.rejects(running, FileError);
  const all = await Promise.all([1, 2, 3].map(() => reader.understand([text], [])));
  assert.equal(new Set(all.map((u) => u.content)).size, 1);
  const shared = all[0]!.disclosure.functional[0]!;
  assert.ok(all[0]!.disclosure.tables.includes(shared.table), 'views and tables stay joined across the process');
});

test('a stored disclosure is written anew from its figures', async (t) => {
  const { signIn } = await office(t);
  const me = await signIn('ys-center');
  const { id } = ok<Imported>(await me.upload(at, { 'a.txt': disclosureText({ wrong: '30.00' }) }));
  assert.ok(Array.isArray(ok<{ missing: string[] }>(await me.get(`disclosures/${id}/produce`)).missing));
  const html = await me.get(`disclosures/${id}/produce?format=html`);
  assert.equal(html.statusCode, 200, html.body);
  assert.ok(html.body.includes('2010302') && html.body.includes('130.00'));
  const r = ok<Imported>(await me.upload(`${at}&trial=true`, { 'b.html': html.body }));
  assert.deepEqual([r.read.findings.error, r.read.year], [0, 2026], 'what is written is read back without an error');
  assert.equal((await (await signIn('ys-urban')).get(`disclosures/${id}/produce?format=html`)).statusCode, 404);
});

test('comparison over two years and the published prior year', async (t) => {
  const { signIn } = await office(t);
  const me = await signIn('ys-center');
  ok(await me.upload(at, { 'a.txt': disclosureText({ year: 2025, wrong: '30.00' }) }));
  ok(await me.upload(at, { 'b.txt': disclosureText({ year: 2026, wrong: '30.00' }) }));
  const c = ok<Output<typeof financeApi.compare>>(await me.get('compare'));
  assert.deepEqual(c.years, [2025, 2026]);
  assert.deepEqual(
    c.totals.map((x) => [x.year, x.expenditure, x.changeFrom, x.change]),
    [
      [2025, 130_000_000, 'none', null],
      [2026, 130_000_000, 'stored', 0],
    ],
  );
  assert.equal(c.composition.filter((x) => x.year === 2026 && x.dimension === 'function' && x.level === 1).length, 2);
  assert.deepEqual(
    c.threePublic.map((x) => x.total),
    [5_000_000, 5_000_000],
  );
  assert.deepEqual(ok<Output<typeof financeApi.compare>>(await (await signIn('ys-urban')).get('compare')).totals, []);
});

const seeds = fileURLToPath(new URL('../../../shared/seeds/', import.meta.url));
test('the published seeds are imported, their figures and targets stored', { skip: existsSync(seeds) ? false : 'the published documents are not at hand' }, async (t) => {
  const { hub, signIn } = await office(t);
  const me = await signIn('ys-all');
  const units = ['demo.center', 'demo.office', 'demo.bigdata', 'demo.urban', 'demo.water'];
  for (const [i, name] of readdirSync(seeds)
    .filter((f) => f.endsWith('.txt'))
    .sort()
    .entries()) {
    const r = ok<Imported>(await me.upload(`disclosures?unit=${units[i]}`, { [name]: readFileSync(`${seeds}${name}`) }));
    assert.ok(r.id && r.read.tables >= 5 && r.read.cells > 200, `${name} ${JSON.stringify(r.read)}`);
    const stored = await hub.sql<{ n: number }[]>`select count(*)::int as n from finance_targets where disclosure = ${r.id}`;
    assert.equal(stored[0]!.n, r.read.targets);
    // The same bytes again, whatever they are called.
    assert.equal(ok<Imported>(await me.upload(`disclosures?unit=${units[i]}`, { 'x.txt': readFileSync(`${seeds}${name}`) })).fresh, false);
    const d = ok<One>(await me.get(`disclosures/${r.id}`));
    assert.equal(d.sheets.length > 0, r.read.targets > 0);
    for (const x of d.tableList) ok(await me.get(`disclosures/${r.id}/tables/${x.n}`));
    ok(await me.get(`disclosures/${r.id}/advice`));
  }
  const sheets = await hub.sql<
    { basis: number; parts: number; codes: number }[]
  >`select count(*) filter (where fields @? '$[*] ? (@.label like_regex "立项依据" && @.text like_regex ".{6}")')::int as basis,
    count(*) filter (where jsonb_array_length(parts) > 0)::int as parts, count(*) filter (where project_code is not null)::int as codes from finance_sheets`;
  assert.ok(sheets[0]!.basis >= 3 && sheets[0]!.parts >= 3 && sheets[0]!.codes >= 3, JSON.stringify(sheets[0]));
  const totals = ok<Output<typeof financeApi.compare>>(await me.get('compare')).totals;
  assert.equal(totals.length, 5);
  assert.ok(
    totals.every((x) => x.expenditure !== null && x.expenditure > 0),
    JSON.stringify(totals),
  );
});

test('the command line stores each file once, asks for what it cannot tell, and lists the difference', async (t) => {
  const { hub } = await office(t);
  const folder = mkdtempSync(join(tmpdir(), 'chengshu-import-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const put = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const one = put('一.txt', disclosureText());
  const [asked, missing] = await importFiles(hub, [[one], [join(folder, '没有.txt')]], {});
  assert.ok('result' in asked! && asked.result.needs.includes('unit') && asked.result.id === null);
  assert.match(importText(asked), /还要选定机构/);
  assert.ok('error' in missing! && missing.error.code === 'not-found');
  const [first] = await importFiles(hub, [[one]], { unit: 'demo.center' });
  assert.match(importText(first!), /存为第 1 版/);
  const [same] = await importFiles(hub, [[one]], { unit: 'demo.center' });
  assert.match(importText(same!), /没有改动/);
  const [again] = await importFiles(hub, [[one]], { unit: 'demo.center', again: true });
  assert.match(importText(again!), /存为第 2 版，取代前一版/);
  const [second] = await importFiles(hub, [[put('二.txt', disclosureText({ calls: '60' }))]], { unit: 'demo.center' });
  assert.match(importText(second!), /48 → 60/);
  const [no] = await importFiles(hub, [[one]], { unit: 'demo.nowhere' });
  assert.ok('error' in no! && no.error.code === 'invalid-input');
});

test('a name chosen once is known; projects a new version no longer names go, unless something was put on them', async (t) => {
  const { signIn } = await office(t);
  const me = await signIn('ys-all');
  const year = (y: number, project = '平台运维项目') => ({ '预算.txt': disclosureText({ year: y, contact: false }).replace('平台运维项目', project) });
  const asked = ok<Imported>(await me.upload('disclosures', year(2026)));
  assert.deepEqual([asked.id, asked.needs, asked.units[0]?.unit], [null, ['unit'], 'demo.center']);
  ok(await me.upload('disclosures?unit=demo.center', year(2026)));
  const known = ok<Imported>(await me.upload('disclosures', year(2025)));
  assert.ok(known.id && !known.needs.length, JSON.stringify(known.units));

  const names = async () => ok<Output<typeof financeApi.execution>>(await me.get('execution?unit=demo.center&year=2026')).rows.map((r) => r.name);
  assert.deepEqual(await names(), ['单位整体', '平台运维项目']);
  ok(await me.upload('disclosures', year(2026, '平台改造项目')));
  assert.deepEqual(await names(), ['单位整体', '平台改造项目']);
  ok(await me.send('PUT', 'execution', { unit: 'demo.center', year: 2026, project: '平台改造项目', month: 3, amount: '1', moneyUnit: '万元' }));
  ok(await me.upload('disclosures', year(2026, '平台新建项目')));
  assert.deepEqual((await names()).toSorted(), ['单位整体', '平台改造项目', '平台新建项目'].toSorted(), 'money was spent on it: it stays');
});
