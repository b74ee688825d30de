// PDF fonts of many makers: Chinese fonts that are not embedded, in every encoding; fonts without any encoding are reported and never read as something else.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { strToU8 } from 'fflate';
import { linesOfPage } from '#core/finance/read/positions.ts';
import { Opener } from './open.ts';

const opener = new Opener();
after(() => opener.close());
const text = '一般公共预算财政拨款支出预算表 1,234.56 万元（龘）';
const hex = (bytes: Iterable<number>) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
const ucs2 = (t: string) => hex([...t].flatMap((c) => [c.charCodeAt(0) >> 8, c.charCodeAt(0) & 0xff]));
/** GBK bytes of a text, found by decoding every code once. */
const gbk = (t: string): string => {
  const decoder = new TextDecoder('gbk');
  const codes = new Map<string, number[]>();
  for (let high = 0x81; high < 0xff; high += 1) for (let low = 0x40; low < 0xff; low += 1) codes.set(decoder.decode(Uint8Array.of(high, low)), [high, low]);
  return hex([...t].flatMap((c) => (c < '\u0080' ? [c.charCodeAt(0)] : codes.get(c)!)));
};

function pdf(encoding: string, shown: string, collection: string, content = `BT /F1 10 Tf 50 700 Td <${shown}> Tj ET`, page = ''): Uint8Array {
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    `<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]${page}/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>`,
    `<</Length ${content.length}>>\nstream\n${content}\nendstream`,
    `<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/${encoding}/DescendantFonts[6 0 R]>>`,
    `<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(${collection})/Supplement 2>>/DW 1000/W[1 95 500 814 939 500]/FontDescriptor 7 0 R>>`,
    '<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 880/StemV 93>>',
  ];
  let out = '%PDF-1.7\n';
  const at = objects.map((o, i) => {
    const from = out.length;
    out += `${i + 1} 0 obj\n${o}\nendobj\n`;
    return from;
  });
  const start = out.length;
  return strToU8(
    `${out}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${at.map((n) => `${String(n).padStart(10, '0')} 00000 n \n`).join('')}trailer\n<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${start}\n%%EOF\n`,
  );
}

test('fonts of Adobe-GB1 that are not embedded: text and widths by their encoding', async () => {
  for (const [encoding, shown] of [
    ['UniGB-UCS2-H', ucs2(text)],
    ['UniGB-UTF16-H', ucs2(text)],
    ['GBK-EUC-H', gbk(text)],
    ['GBKp-EUC-H', gbk(text)],
    ['GBK2K-H', gbk(text)],
    ['GB-EUC-H', gbk(text.replace('龘', '龙'))],
  ] as const) {
    const [document] = await opener.bytes(pdf(encoding, shown, 'GB1'), 'a.pdf');
    const items = document!.pages[0]!.items!;
    assert.equal(items.map((i) => i.text).join(' '), encoding === 'GB-EUC-H' ? text.replace('龘', '龙') : text, encoding);
    // Half-width figures take half the width, so that they fall into their own cells.
    for (const i of items)
      assert.equal(
        i.width,
        [...i.text].reduce((n, c) => n + (c < '\u0080' ? 5 : 10), 0),
        `${encoding} ${i.text}`,
      );
  }
  const [own] = await opener.bytes(pdf('Identity-H', '03ac0022', 'GB1'), 'a.pdf');
  assert.deepEqual(
    own!.pages[0]!.items!.map((i) => i.text),
    ['啊A'],
    'CIDs of the collection itself',
  );
});

test('a font without any encoding is reported as a page that cannot be read', async () => {
  const numbers = hex(Array.from({ length: 40 }, (_, i) => [0x0e + (i % 8), 0x21 + i]).flat());
  const [document] = await opener.bytes(pdf('Identity-H', numbers, 'Identity'), 'a.pdf');
  assert.equal(document!.pages[0]!.scanned, true);
  assert.match(document!.remarks![0]!.text, /字符编码/);
});

test('a table laid on its side reads like an upright one, whichever way it was turned', async () => {
  // Head and one row with their ruling, drawn once upright and then turned by the page or by its content.
  const draw = (m: string) =>
    `q ${m} cm 0.5 w 50 600 300 40 re S 50 620 m 350 620 l S 200 600 m 200 640 l S BT /F1 10 Tf 1 0 0 1 60 625 Tm <${ucs2('项目')}> Tj ET BT /F1 10 Tf 1 0 0 1 210 625 Tm <${ucs2('预算数')}> Tj ET BT /F1 10 Tf 1 0 0 1 60 605 Tm <${ucs2('合计')}> Tj ET BT /F1 10 Tf 1 0 0 1 210 605 Tm <${ucs2('3.00')}> Tj ET Q`;
  const grid = async (content: string, page = '') => {
    const [document] = await opener.bytes(pdf('UniGB-UCS2-H', '', 'GB1', content, page), 'a.pdf');
    return linesOfPage(document!.pages[0]!).map((b) => (b.kind === 'grid' ? b.cells.map((c) => `${c.row},${c.column} ${c.text}`) : b.kind));
  };
  const wanted = [['0,0 项目', '0,1 预算数', '1,0 合计', '1,1 3.00']];
  assert.deepEqual(await grid(draw('1 0 0 1 0 0')), wanted);
  assert.deepEqual(await grid(draw('0 1 -1 0 700 100')), wanted, 'runs upwards');
  assert.deepEqual(await grid(draw('0 -1 1 0 -100 500')), wanted, 'runs downwards');
  assert.deepEqual(await grid(draw('0 1 -1 0 700 100'), '/Rotate 90'), wanted, 'turned by the page');
});
