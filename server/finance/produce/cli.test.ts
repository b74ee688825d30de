// The command disclosure produce: files written and read back, figures of a published file as input, wrong use told with its status.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { runProduce } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'produce-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const demo = fileURLToPath(new URL('../../../demo/disclosure.yaml', import.meta.url));
const run = async (...args: string[]) => {
  const out: string[] = [];
  const said: string[] = [];
  const status = await runProduce(args, { out: (t) => void out.push(t), say: (t) => void said.push(t) });
  return { status, out, said: said.join('\n') };
};

test('writes the files, names them, reads them back', async () => {
  const r = await run(demo, '--out', join(folder, 'a'), '--format', 'html,csv,json', '--check');
  assert.equal(r.status, 0, r.said);
  assert.match(r.said, /没有错误，没有警告/);
  assert.deepEqual(readdirSync(join(folder, 'a')).toSorted(), ['.html', '-数据包.zip', '.json'].map((e) => `渝溪区城市运行和治理中心2026年预算公开${e}`).toSorted());
  assert.equal(r.out.length, 3);
});

test('figures of a published file become an input that writes the same figures; another money unit on request', async () => {
  const [html] = (await run(demo, '--out', join(folder, 'b'), '--format', 'html')).out;
  const data = join(folder, 'derived.yaml');
  const derived = await run('--from', html!, '--input', data);
  assert.equal(derived.status, 0, derived.said);
  const again = await run(data, '--out', join(folder, 'c'), '--format', 'json', '--unit', '元');
  assert.equal(again.status, 0, again.said);
  const made = JSON.parse(readFileSync(again.out[0]!, 'utf8')) as { moneyUnit: string; tables: { kind: string; rows: { values: Record<string, string> }[] }[] };
  assert.equal(made.moneyUnit, '元');
  assert.equal(made.tables.find((t) => t.kind === 'expenditure')!.rows[0]!.values.total, '15990900.00');
});

test('wrong use and wrong figures end with status 2 and say why', async () => {
  assert.equal((await run()).status, 2);
  assert.match((await run(demo, '--format', 'doc')).said, /没有格式 doc/);
  assert.match((await run(demo, '--nonsense')).said, /disclosure produce/);
  assert.match((await run(join(folder, 'nowhere.yaml'))).said, /找不到文件/);
  const bad = parse(readFileSync(demo, 'utf8')) as { basic: { department: { amount: number }[] } };
  bad.basic.department[0]!.amount += 100;
  const path = join(folder, 'bad.yaml');
  writeFileSync(path, stringify(bad));
  const refused = await run(path, '--out', join(folder, 'd'));
  assert.equal(refused.status, 2);
  assert.match(refused.said, /\/basic\/department：基本支出按经济分类合计/);
  const none = await run(demo, '--out', folder, '--format', 'pdf', '--chromium', join(folder, 'no-such-browser'));
  assert.equal(none.status, 2);
  assert.match(none.said, /Chromium/);
});
