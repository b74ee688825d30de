// One invented disclosure in five formats gives one model; hostile and broken files are refused quickly.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { strToU8, zipSync } from 'fflate';
import { asDocx, asHtml, asText, asXlsx, budget, finalAccount } from '../../../test/fixtures/finance/invented.ts';
import type { Disclosure } from '#core/finance/model.ts';
import { readDisclosure } from '#core/finance/read/read.ts';
import { FileError, Opener } from './open.ts';

const opener = new Opener();
after(() => opener.close());
const fixture = (name: string) => readFileSync(new URL(`../../../test/fixtures/finance/${name}`, import.meta.url));
const read = async (bytes: Uint8Array, name: string) => readDisclosure(await opener.bytes(bytes, name));

/** What must be the same whatever the file was. */
const essence = (d: Disclosure) => ({
  unit: d.unit,
  year: d.year,
  kind: d.kind,
  moneyUnit: d.moneyUnit,
  tables: d.tables.map((t) => ({
    id: t.id,
    title: t.title,
    kind: t.kind,
    unit: t.moneyUnit,
    roles: t.columns.map((c) => c.role),
    empty: t.empty,
    rows: t.rows.map((r) => [r.code, r.name, r.level, ...r.cells.map((c) => c.value ?? c.text)]),
  })),
  targets: d.targets.map(({ raw: _raw, place: _place, confidence: _confidence, ...t }) => t),
  statements: d.statements.map((s) => [s.topic, s.amount?.value, s.direction, s.change?.value, s.percent?.value, s.baseYear]),
  unread: d.unread.length,
});

for (const [name, invented] of [
  ['budget', budget],
  ['final-account', finalAccount],
] as const)
  test(`${name}: txt, html, docx, xlsx and pdf give the same model`, async () => {
    const wanted = essence(await read(strToU8(asText(invented)), `${name}.txt`));
    assert.equal(wanted.tables.length, invented.tables.length);
    assert.equal(wanted.unread, 0);
    assert.deepEqual(essence(await read(strToU8(asHtml(invented)), `${name}.html`)), wanted);
    assert.deepEqual(essence(await read(await asDocx(invented), `${name}.docx`)), wanted);
    assert.deepEqual(essence(await read(await asXlsx(invented), `${name}.xlsx`)), wanted);
    assert.deepEqual(essence(await read(fixture(`${name}.pdf`), `${name}.pdf`)), wanted);
  });

test('the invented budget is understood', async () => {
  const d = await read(strToU8(asText(budget)), 'a.txt');
  assert.deepEqual(
    d.tables.map((t) => t.kind),
    ['income-expenditure', 'expenditure', 'three-public', 'government-fund', 'project-list', 'project-targets', 'overall-targets'],
  );
  assert.deepEqual(
    d.targets.map((t) => [t.level1, t.indicator, t.nature, t.value, t.unit]),
    [
      ['产出指标', '水位监测次数', '≥', '48', '次'],
      ['产出指标', '监测站点数', '=', '12', '个'],
      ['产出指标', '汛情提示发布及时性', '定性', '及时', null],
      ['满意度指标', '沿河居民满意度', '≥', '90', '%'],
      ['产出指标', '巡河里程', '≥', '1200', '公里'],
      ['产出指标', '单次监测成本', '≤', '500', '元'],
      ['效益指标', '险情处置', '定性', '优', null],
    ],
  );
  assert.equal(d.projects[0]!.rows[0]!.code, '530102270000000000001');
});

test('GB18030 text and a ZIP of two files are one disclosure each', async () => {
  const gbk = Uint8Array.from([0xb1, 0xed, 0xd2, 0xbb, 0x0a]); // 表一 in GB18030
  assert.equal((await opener.bytes(gbk, 'a.txt'))[0]!.pages[0]!.blocks![0]!.kind, 'text');
  assert.equal(((await opener.bytes(gbk, 'a.txt'))[0]!.pages[0]!.blocks![0] as { text: string }).text, '表一');
  const documents = await opener.bytes(zipSync({ '1说明.txt': strToU8(asText({ ...budget, tables: [] })), '2表.xlsx': await asXlsx({ ...budget, paragraphs: [] }) }), 'a.zip');
  assert.equal(documents.length, 2);
  const d = readDisclosure(documents);
  assert.deepEqual([d.tables.length, d.targets.length, d.statements.length, d.files.length], [7, 7, 6, 2]);
});

async function refused(bytes: Uint8Array, name: string, codes: string[]) {
  const start = performance.now();
  await assert.rejects(opener.bytes(bytes, name), (error) => {
    assert.ok(error instanceof FileError, String(error));
    assert.ok(codes.includes(error.code), `${error.code}: ${error.message}`);
    assert.match(error.message, /\p{Script=Han}/u);
    return true;
  });
  assert.ok(performance.now() - start < 5000, `refused after ${Math.round(performance.now() - start)} ms`);
  assert.ok(process.memoryUsage.rss() < 512 * 1048576);
}

test('bombs, entities, nesting, encrypted and broken files are refused within five seconds', async (t) => {
  const zeros = new Uint8Array(30 << 20);
  await t.test('zip bomb', () => refused(zipSync({ 'a.txt': zeros }, { level: 9 }), 'a.zip', ['malicious']));
  await t.test('docx bomb', () => refused(zipSync({ 'word/document.xml': zeros }, { level: 9 }), 'a.docx', ['malicious']));
  await t.test('zip in zip', () => refused(zipSync({ 'a.txt': strToU8('x'), 'b.html': zipSync({ 'c.txt': strToU8('x') }) }), 'a.zip', ['malicious']));
  const entities = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><w:document>&b;</w:document>';
  await t.test('docx entities', () => refused(zipSync({ 'word/document.xml': strToU8(entities) }), 'a.docx', ['malicious']));
  await t.test('xlsx entities', () => refused(zipSync({ 'xl/workbook.xml': strToU8(entities), 'xl/worksheets/sheet1.xml': strToU8(entities) }), 'a.xlsx', ['malicious']));
  await t.test('deep docx', () => refused(zipSync({ 'word/document.xml': strToU8(`${'<w:tbl><w:tr><w:tc>'.repeat(20000)}`) }), 'a.docx', ['malicious', 'damaged']));
  await t.test('deep html', () => refused(strToU8('<div>'.repeat(300_000)), 'a.html', ['malicious']));
  await t.test('broken pdf', () => refused(strToU8('%PDF-1.7\nnothing of a kind'), 'a.pdf', ['damaged']));
  const deep = `%PDF-1.4\n1 0 obj\n${'<</A '.repeat(200_000)}`;
  await t.test('deep pdf', () => refused(strToU8(deep), 'a.pdf', ['damaged', 'timeout', 'memory']));
  const kids = Array.from({ length: 3000 }, (_, i) => `${i + 2} 0 obj <</Type/Pages/Kids[${i + 3} 0 R]/Count 1>> endobj`).join('\n');
  await t.test('page tree without end', async () => {
    const pdf = `%PDF-1.4\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n${kids}\n3002 0 obj <</Type/Pages/Kids[2 0 R]/Count 1>> endobj\ntrailer <</Root 1 0 R>>\n`;
    const start = performance.now();
    await opener.bytes(strToU8(pdf), 'a.pdf').then(
      (d) => assert.ok(d[0]!.pages.every((p) => !p.items?.length)),
      (error) => assert.ok(error instanceof FileError),
    );
    assert.ok(performance.now() - start < 5000);
  });
  await t.test('png', () => refused(Uint8Array.from([0x89, 0x50, 0x4e, 0x47]), 'a.png', ['scanned']));
  await t.test('binary as text', () => refused(new Uint8Array(5000), 'a.txt', ['unsupported']));
  await t.test('empty', () => refused(new Uint8Array(0), 'a.txt', ['empty']));
});

test('a 200 MB file is refused by its size alone, and the opener still works after refusals', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'disclosure-'));
  try {
    const path = join(dir, 'large.pdf');
    writeFileSync(path, '%PDF-1.7');
    truncateSync(path, 200 << 20);
    const start = performance.now();
    await assert.rejects(opener.file(path), { code: 'too-large' });
    assert.ok(performance.now() - start < 500);
    await assert.rejects(opener.file(join(dir, 'none.txt')), { code: 'not-found' });
    assert.equal((await read(fixture('budget.pdf'), 'budget.pdf')).targets.length, 7);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
