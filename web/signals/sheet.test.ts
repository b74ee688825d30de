// Tables as people bring them: quotes, delimiters, encodings, headings guessed, faults by row.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { distance } from '#core/signals/place.ts';
import { controlsOf, lookup, pointFields, pointsOf, serverFaults, thingFields, thingsOf } from './bring.ts';
import { decode, delimiterOf, fromFile, fromText, guess, toCsv } from './sheet.ts';

test('text becomes rows: quotes, line ends, tabs, empty lines, a mark at the beginning', () => {
  assert.deepEqual(fromText('\ufeff编码,名称\r\na1,"泵站, ""东"""\r\n\r\na2,"两\n行"\n'), {
    heading: ['编码', '名称'],
    rows: [
      ['a1', '泵站, "东"'],
      ['a2', '两\n行'],
    ],
  });
  assert.deepEqual(fromText('编码\t名称\na1\t泵站, 东').rows, [['a1', '泵站, 东']]);
  assert.equal(delimiterOf('"a,b";"c,d";e'), ';');
  assert.deepEqual(fromText('').rows, []);
});

test('CSV of spreadsheet programs in GBK is read; UTF-8 stays UTF-8', () => {
  // 编码,名称 in GBK.
  assert.equal(decode(Uint8Array.from([0xb1, 0xe0, 0xc2, 0xeb, 0x2c, 0xc3, 0xfb, 0xb3, 0xc6])), '编码,名称');
  assert.equal(decode(new TextEncoder().encode('编码')), '编码');
});

test('a workbook is read like text, numbers as they are', async () => {
  const { utils, write } = await import('@e965/xlsx');
  const book = utils.book_new();
  utils.book_append_sheet(
    book,
    utils.aoa_to_sheet([
      ['编码', '经度'],
      ['a1', 106.3051234],
    ]),
    '表',
  );
  const bytes = write(book, { type: 'array', bookType: 'xlsx' }) as ArrayBuffer;
  assert.deepEqual(await fromFile(new File([bytes], 'x.xlsx')), { heading: ['编码', '经度'], rows: [['a1', '106.3051234']] });
});

test('headings are guessed once each', () => {
  assert.deepEqual(guess(['设备编码', '设备名称', '设备类型', '所属单位', '经度(GCJ02)', '纬度', '安装位置'], thingFields), {
    code: 0,
    name: 1,
    profile: 2,
    unit: 3,
    lon: 4,
    lat: 5,
    address: 6,
  });
  assert.deepEqual(guess(['code', 'x', 'y'], pointFields), { thing: 0, x: 1, y: 2 });
});

const units = lookup([{ code: 'demo.t01', names: ['渝溪街道'] }]);
const profiles = lookup([{ code: 'pipe-pressure', names: ['供水压力计'] }]);

test('rows become things, each fault at its row and field', () => {
  const sheet = fromText(
    '编码,名称,类型,单位,经度,纬度,周期\np1,一号,供水压力计,渝溪街道,106.3,29.4,60\np1,二号,pipe-pressure,demo.t01,,,\np 3,三号,无此类型,无此单位,29.4,106.3,0\np4,,供水压力计,渝溪街道,x,1,',
  );
  const r = thingsOf(sheet, guess(sheet.heading, thingFields), { units, profiles, crs: 'wgs84' });
  assert.deepEqual(r.items, [{ code: 'p1', name: '一号', profile: 'pipe-pressure', unit: 'demo.t01', lon: 106.3, lat: 29.4, intervalS: 60 }]);
  assert.deepEqual(
    r.faults.map((f) => [f.row, f.field]),
    [
      [1, 'code'],
      [2, 'unit'],
      [2, 'profile'],
      [2, 'lat'],
      [2, 'code'],
      [2, 'intervalS'],
      [3, 'lon'],
      [3, 'name'],
    ],
  );
  assert.match(r.faults.find((f) => f.row === 2 && f.field === 'lat')!.message, /写反/);
});

test('coordinates of map screens are moved to WGS84 on the way in', () => {
  const sheet = fromText('编码,名称,经度,纬度\np1,一号,106.3036,29.4277');
  const at = (crs: 'wgs84' | 'gcj02') => thingsOf(sheet, guess(sheet.heading, thingFields), { units, profiles, crs, unit: 'demo.t01', profile: 'pipe-pressure' }).items[0]!;
  const moved = distance([at('wgs84').lon!, at('wgs84').lat!], [at('gcj02').lon!, at('gcj02').lat!]);
  assert.ok(moved > 300 && moved < 700, String(moved));
});

test('points and control points refuse what is no number; answers of the server find their row', () => {
  const sheet = fromText('编码,x,y\np1,1,2\n,1,2\np3,a,2');
  const r = pointsOf(sheet, guess(sheet.heading, pointFields));
  assert.deepEqual([r.items.length, r.faults.map((f) => f.row)], [1, [1, 2]]);
  assert.equal(controlsOf(fromText('x,y,经度,纬度\n1,2,106,29\n1,2,,29'), { x: 0, y: 1, lon: 2, lat: 3 }, 'wgs84').faults.length, 1);
  assert.deepEqual(serverFaults([{ pointer: '/body/things/1/code', message: '编码 p3 已登记' }], 'things', [0, 2]), [{ row: 2, field: 'code', message: '编码 p3 已登记' }]);
});

test('what is saved is never a formula', () => {
  assert.equal(toCsv([['=1+1', -5, 'a,b']]), '\ufeff\'=1+1,-5,"a,b"\r\n');
});
