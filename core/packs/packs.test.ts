// The pack loader: every mistake at its line and column, all at once; references, duplicates, overlays; tests inside packs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PackFile, loadPacks } from './load.ts';

const sector: PackFile = {
  path: 'base/sectors/s.yaml',
  text: `- { code: facilities, name: { zh: 设施运行, en: F }, order: 1, tracks: [{ code: water, name: { zh: 供水, en: W } }] }\n`,
};
const ledger = (code: string, more = ''): string =>
  `- code: ${code}\n  name: { zh: 演练, en: Drill }\n  purpose: { zh: 演练, en: Drill }\n  owner: center\n  evidence: { wanted: false, reason: { zh: 不需要, en: none } }\n  fields:\n    - { name: on, label: { zh: 日期, en: Date }, type: date, required: true }\n${more}`;
const target = (code: string, more: string): string =>
  `- code: ${code}\n  name: { zh: 目标, en: T }\n  year: 2026\n  nature: ≥\n  value: '48'\n  unit: 次\n  weight: 10\n  progress: cumulative\n  source: { document: d, place: p }\n${more}`;
const where = (files: PackFile[]) => loadPacks(files).mistakes.map((m) => `${m.file}:${m.line}:${m.column}`);

test('several mistakes of several files come together, each at its place', () => {
  const files: PackFile[] = [
    sector,
    { path: 'base/ledgers/a.yaml', text: ledger('drill', '  colour: red\n') + ledger('drill') },
    { path: 'base/ledgers/b.yaml', text: ledger('visit').replace('type: date', 'type: datum') },
    { path: 'base/targets/t.yaml', text: target('a', '  indicator: nothing-here\n') + target('b', '') },
    { path: 'base/banners/x.yaml', text: 'a: 1\n' },
    { path: 'base/ledgers/c.yaml', text: '- code: [\n' },
  ];
  const { mistakes } = loadPacks(files);
  const at = (place: string) => mistakes.find((m) => `${m.file}:${m.line}:${m.column}` === place)?.message ?? `nothing at ${place}: ${where(files).join(' ')}`;
  assert.match(at('base/ledgers/a.yaml:8:3'), /不认识的字段 colour/);
  assert.match(at('base/targets/t.yaml:10:14'), /indicators 中没有 nothing-here/);
  assert.match(at('base/banners/x.yaml:1:1'), /没有内容种类 banners/);
  assert.ok(mistakes.some((m) => m.file === 'base/ledgers/b.yaml' && m.line === 7 && /只能是/.test(m.message)));
  assert.ok(mistakes.some((m) => m.file === 'base/ledgers/c.yaml' && /YAML/.test(m.message)));
  assert.ok(mistakes.some((m) => /没有绑定指标的目标须写明/.test(m.message)));
});
test('a code twice in one pack is a mistake; in a later pack it replaces', () => {
  const a = { path: 'base/ledgers/a.yaml', text: ledger('drill') };
  assert.match(loadPacks([a, { path: 'base/ledgers/b.yaml', text: ledger('drill') }]).mistakes[0]!.message, /重复/);
  const { content, mistakes } = loadPacks([a, { path: 'site/ledgers/drill.yaml', text: ledger('drill').replace('zh: 演练, en: Drill', 'zh: 联合演练, en: Joint') }]);
  assert.deepEqual(mistakes, []);
  assert.equal(content.ledgers.get('drill')!.name.zh, '联合演练');
});
test('a ledger says when its work was done, and holds nothing personal', () => {
  assert.match(loadPacks([{ path: 'base/ledgers/a.yaml', text: ledger('drill').replace('type: date', 'type: text') }]).mistakes[0]!.message, /日期或时刻/);
  const personal = ledger('drill').replace('required: true }', 'required: true }\n    - { name: phone, label: { zh: 电话, en: Phone }, type: text, personal: true }');
  assert.match(loadPacks([{ path: 'base/ledgers/a.yaml', text: personal }]).mistakes[0]!.message, /不登记个人信息/);
});
test('a test inside a pack fails at its place and says what came out instead', () => {
  const example = (due: string) => ({
    path: 'base/tests/t.yaml',
    text: `# 说明\n- code: five-hours\n  name: { zh: 五小时, en: Five }\n  about: deadline\n  clock: work_hour\n  amount: 5\n  from: '2026-02-13T16:30:00+08:00'\n  due: '${due}'\n`,
  });
  assert.deepEqual(loadPacks([example('2026-02-14T12:00:00+08:00')]).failures, []);
  const [failure] = loadPacks([example('2026-02-16T12:00:00+08:00')]).failures;
  assert.deepEqual([failure!.file, failure!.line], ['base/tests/t.yaml', 2]);
  assert.match(failure!.message, /five-hours（五小时）：应为 2026-02-16T12:00:00\+08:00，算得 2026-02-14T12:00:00\+08:00/);
});
