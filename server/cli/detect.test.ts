// The detect command: one row out for each row in, texts as given, the times files have, errors by line, nothing half written.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createDetector } from '#core/signals/detect.ts';
import { runCommand } from './_run.ts';
import { scoreLines, timeOf } from './detect.ts';

const folder = mkdtempSync(join(tmpdir(), 'detect-'));
after(() => rmSync(folder, { recursive: true, force: true }));
async function detect(text: string, ...more: string[]): Promise<{ code: number; rows: string[]; say: string }> {
  const input = join(folder, 'in.csv');
  const output = join(folder, 'out.csv');
  rmSync(output, { force: true });
  writeFileSync(input, text);
  let say = '';
  const code = await runCommand(['detect', '--input', input, '--output', output, ...more], { out: () => {}, say: (t) => void (say += t), colour: false, columns: 100 });
  const rows = readdirSync(folder).includes('out.csv') ? readFileSync(output, 'utf8').trimEnd().split('\n') : [];
  assert.ok(!readdirSync(folder).some((f) => f.includes('.part')), 'nothing half written stays');
  return { code, rows, say };
}
const two = (n: number) => String(n).padStart(2, '0');
const time = (i: number) => `2014-04-${two(1 + Math.floor(i / 288))} ${two(Math.floor((i % 288) / 12))}:${two((i % 12) * 5)}:00`;

test('a row out for each row in, with the scores of the detector itself and the texts as given', async () => {
  const value = (i: number) => (i % 97 === 5 ? '' : i === 2000 ? '400.50' : (20 + 3 * Math.sin(i * 12.9898)).toFixed(3));
  const text = `timestamp,value\n${Array.from({ length: 2600 }, (_, i) => `${time(i)},${value(i)}`).join('\n')}\n`;
  const { code, rows } = await detect(text);
  assert.equal(code, 0);
  assert.equal(rows.length, 2601);
  assert.equal(rows[0], 'timestamp,value,anomaly_score');
  const d = createDetector();
  for (let i = 0; i < 2600; i++) {
    const [t, v, s] = rows[i + 1]!.split(',') as [string, string, string];
    assert.deepEqual([t, v], [time(i), value(i)]);
    const score = d.push(Date.parse(`${t.replace(' ', 'T')}Z`), v === '' ? null : Number(v));
    assert.ok(Math.abs(Number(s) - score) < 1e-6 && Number(s) >= 0.5 === score >= 0.5);
  }
  assert.ok(Number(rows[2001]!.split(',')[2]) >= 0.5);
  // Cut after any row, the rows before keep their scores.
  const cut = await detect(text.split('\n').slice(0, 1501).join('\n'));
  assert.deepEqual(cut.rows, rows.slice(0, 1501));
});

test('headings in any order and case, other columns, quotes, CRLF, byte order mark, no last line end', async () => {
  const { code, rows } = await detect('\uFEFFlabel, Value ,"Timestamp"\r\n0,1.50,"2014-04-01 00:00:00"\r\n\r\n1,NaN,2014-04-01T00:05:00+08:00\r\n"a,b",-2e3,1396310400');
  assert.equal(code, 0);
  assert.deepEqual(rows, ['timestamp,value,anomaly_score', '2014-04-01 00:00:00,1.50,0.000000', '2014-04-01T00:05:00+08:00,NaN,0.000000', '1396310400,-2e3,0.000000']);
});

test('times as files have them', () => {
  const at = Date.UTC(2014, 3, 1, 7, 5);
  for (const text of [
    '2014-04-01 07:05:00',
    '2014-04-01T07:05',
    '2014-04-01T07:05:00Z',
    '2014-04-01 07:05:00.000',
    '2014/4/1 7:05',
    '2014-04-01T15:05:00+08:00',
    '2014-04-01 15:05:00 +0800',
    '20140401T070500Z',
    String(at),
    String(at / 1000),
    `${at / 1000}.0`,
    `${at}000`,
    `${at}000000`,
  ])
    assert.equal(timeOf(text), at, text);
  assert.equal(timeOf('2014-04-01'), Date.UTC(2014, 3, 1));
  assert.equal(timeOf('17'), 17_000);
  for (const text of ['', 'x', '2014-13-01', '2014-02-30 00:00:00', '2014-04-01 25:00', '1e99', '07:05', 'NaN']) assert.equal(timeOf(text), undefined, text);
});

test('what is no table of these columns is refused with status 1, and no file', async () => {
  for (const [text, message] of [
    ['', /第 1 行.*line 1/],
    ['time,amount\n1,2\n', /第 1 行.*timestamp.*value/],
  ] as const) {
    const { code, rows, say } = await detect(text);
    assert.deepEqual([code, rows], [1, []], text);
    assert.match(say, message);
  }
});

test('a row that cannot be read is a row all the same: score 0 for no number, and the work goes on', async () => {
  const rest = Array.from({ length: 400 }, (_, i) => `${time(i)},${(20 + Math.sin(i * 12.9898)).toFixed(3)}`);
  const odd = ['yesterday,21', `${time(1)},fault`, time(2), `${time(3)},20,3`, `${time(4)},"20`, ',', `${time(2)},20.5`, `${time(2)},20.5`];
  const { code, rows, say } = await detect(['TimeStamp,VALUE', ...rest, ...odd, ...rest].join('\r\n'));
  assert.equal(code, 0);
  assert.equal(rows.length, 1 + 400 + odd.length + 400);
  assert.deepEqual(
    rows.slice(401, 401 + odd.length).map((r) => r.slice(0, r.lastIndexOf(','))),
    ['yesterday,21', `${time(1)},fault`, `${time(2)},`, `${time(3)},20`, `${time(4)},"""20"`, ',', `${time(2)},20.5`, `${time(2)},20.5`],
  );
  for (const i of [402, 403, 405, 406]) assert.match(rows[i]!, /,0\.000000$/);
  assert.match(say, /4 行的时间或数值无法识别/);
});

test('one row, a constant series and only missing values are no reason for an error or an alarm', async () => {
  const one = await detect('timestamp,value\n2014-04-01 00:00:00,1\n');
  assert.deepEqual([one.code, one.rows.slice(1)], [0, ['2014-04-01 00:00:00,1,0.000000']]);
  assert.deepEqual((await detect('timestamp,value\n')).rows, ['timestamp,value,anomaly_score']);
  for (const v of ['7', '']) {
    const { rows } = await detect(`timestamp,value\n${Array.from({ length: 3000 }, (_, i) => `${time(i)},${v}`).join('\n')}`);
    assert.equal(rows.length, 3001);
    assert.ok(rows.slice(1).every((r) => Number(r.split(',')[2]) < 0.5));
  }
});

test('wrong use and a missing file are status 2, a folder status 1', async () => {
  let say = '';
  const quiet = { out: () => {}, say: (t: string) => void (say += t), colour: false, columns: 100 };
  assert.equal(await runCommand(['detect'], quiet), 2);
  assert.equal(await runCommand(['detect', '--input', 'x'], quiet), 2);
  assert.equal(await runCommand(['detect', '--nonsense'], quiet), 2);
  say = '';
  assert.equal(await runCommand(['detect', '--input', join(folder, 'none.csv'), '--output', join(folder, 'o.csv')], quiet), 2);
  assert.match(say, /none\.csv：找不到文件/);
  assert.equal(await runCommand(['detect', '--input', folder, '--output', join(folder, 'o.csv')], quiet), 1);
});

test('pieces of a file may end anywhere', async () => {
  const text = `timestamp,value\n${Array.from({ length: 300 }, (_, i) => `${i * 60},${(i * 7919) % 13}`).join('\n')}`;
  const scored = async (size: number) => {
    let out = '';
    async function* pieces() {
      for (let i = 0; i < text.length; i += size) yield text.slice(i, i + size);
    }
    const { rows } = await scoreLines(pieces(), (t) => void (out += t));
    return { rows, out };
  };
  const whole = await scored(text.length);
  assert.equal(whole.rows, 300);
  for (const size of [1, 7, 100]) assert.deepEqual(await scored(size), whole);
});
