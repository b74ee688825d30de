// PDF files that want to cost time or memory, scanned pages, archives with old names, texts in other encodings.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { strToU8, zipSync } from 'fflate';
import { readDisclosure } from '#core/finance/read/read.ts';
import { FileError, Opener } from './open.ts';

const opener = new Opener();
after(() => opener.close());

/** A PDF of the given objects (number → dictionary and perhaps a stream) with a proper cross-reference table. */
function pdfOf(objects: [dictionary: string, stream?: Uint8Array][], root = 1): Uint8Array {
  const parts: Uint8Array[] = [strToU8('%PDF-1.7\n')];
  const at: number[] = [];
  let length = parts[0]!.length;
  const put = (b: Uint8Array) => {
    parts.push(b);
    length += b.length;
  };
  objects.forEach(([dictionary, stream], i) => {
    at.push(length);
    put(strToU8(`${i + 1} 0 obj\n${dictionary}\n`));
    if (stream) {
      put(strToU8('stream\n'));
      put(stream);
      put(strToU8('\nendstream\n'));
    }
    put(strToU8('endobj\n'));
  });
  const start = length;
  put(
    strToU8(
      `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${at.map((n) => `${String(n).padStart(10, '0')} 00000 n \n`).join('')}trailer\n<</Size ${objects.length + 1}/Root ${root} 0 R>>\nstartxref\n${start}\n%%EOF\n`,
    ),
  );
  const out = new Uint8Array(length);
  let offset = 0;
  for (const p of parts) {
    out.set(p, offset);
    offset += p.length;
  }
  return out;
}
const page = (contents: string, resources = '') => `<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents ${contents}/Resources<<${resources}>>>>`;

async function bounded(bytes: Uint8Array, name: string): Promise<FileError | null> {
  const start = performance.now();
  let error: unknown = null;
  await opener.bytes(bytes, name).catch((e: unknown) => (error = e));
  assert.ok(performance.now() - start < 5000, `${name} after ${Math.round(performance.now() - start)} ms`);
  assert.ok(process.memoryUsage.rss() < 512 * 1048576, `${name} with ${Math.round(process.memoryUsage.rss() / 1048576)} MB`);
  if (error !== null) assert.ok(error instanceof FileError, String(error));
  return error as FileError | null;
}

test('a deflate bomb in a page is refused', async () => {
  const bomb = deflateSync(Buffer.alloc(400 << 20, 0x20), { level: 9 });
  const bytes = pdfOf([['<</Type/Catalog/Pages 2 0 R>>'], ['<</Type/Pages/Kids[3 0 R]/Count 1>>'], [page('4 0 R')], [`<</Length ${bomb.length}/Filter/FlateDecode>>`, bomb]]);
  const error = await bounded(bytes, 'bomb.pdf');
  assert.ok(error && ['malicious', 'memory', 'timeout'].includes(error.code), String(error?.code));
});

test('a deflate bomb inside a deflate bomb is refused or stays small', async () => {
  const inner = deflateSync(Buffer.alloc(300 << 20), { level: 9 });
  const outer = deflateSync(inner, { level: 9 });
  const bytes = pdfOf([
    ['<</Type/Catalog/Pages 2 0 R>>'],
    ['<</Type/Pages/Kids[3 0 R]/Count 1>>'],
    [page('4 0 R')],
    [`<</Length ${outer.length}/Filter[/FlateDecode/FlateDecode]>>`, outer],
  ]);
  await bounded(bytes, 'double.pdf');
});

test('many middle-sized streams together are a bomb too', async () => {
  const part = deflateSync(Buffer.alloc(30 << 20, 0x20), { level: 9 });
  const n = 20;
  const bytes = pdfOf([
    ['<</Type/Catalog/Pages 2 0 R>>'],
    [`<</Type/Pages/Kids[${Array.from({ length: n }, (_, i) => `${3 + 2 * i} 0 R`).join(' ')}]/Count ${n}>>`],
    ...Array.from({ length: n }, (_, i): [string, Uint8Array?][] => [[page(`${4 + 2 * i} 0 R`)], [`<</Length ${part.length}/Filter/FlateDecode>>`, part]]).flat(),
  ]);
  const error = await bounded(bytes, 'many.pdf');
  assert.ok(error, 'refused');
});

test('a form that draws itself, a page that is its own parent, arrays a hundred thousand deep', async () => {
  const draw = strToU8('/F Do');
  const self = pdfOf([
    ['<</Type/Catalog/Pages 2 0 R>>'],
    ['<</Type/Pages/Kids[3 0 R]/Count 1>>'],
    [page('4 0 R', '/XObject<</F 5 0 R>>')],
    [`<</Length ${draw.length}>>`, draw],
    [`<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F 5 0 R>>>>/Length ${draw.length}>>`, draw],
  ]);
  await bounded(self, 'self.pdf');
  await bounded(pdfOf([['<</Type/Catalog/Pages 2 0 R>>'], ['<</Type/Pages/Parent 2 0 R/Kids[2 0 R]/Count 1>>']]), 'loop.pdf');
  const deep = strToU8(`${'['.repeat(100_000)}${']'.repeat(100_000)} TJ`);
  await bounded(pdfOf([['<</Type/Catalog/Pages 2 0 R>>'], ['<</Type/Pages/Kids[3 0 R]/Count 1>>'], [page('4 0 R')], [`<</Length ${deep.length}>>`, deep]]), 'deep.pdf');
});

test('a page count beyond all measure is not believed', async () => {
  await bounded(pdfOf([['<</Type/Catalog/Pages 2 0 R>>'], ['<</Type/Pages/Kids[3 0 R]/Count 5000000>>'], [page('4 0 R')], ['<</Length 0>>', new Uint8Array(0)]]), 'count.pdf');
});

test('a page that is only a picture is reported as scanned', async () => {
  const image = deflateSync(Buffer.alloc(64 * 64, 0x80));
  const draw = strToU8('q 600 0 0 800 0 0 cm /I Do Q');
  const bytes = pdfOf([
    ['<</Type/Catalog/Pages 2 0 R>>'],
    ['<</Type/Pages/Kids[3 0 R 6 0 R]/Count 2>>'],
    [page('4 0 R', '/XObject<</I 5 0 R>>')],
    [`<</Length ${draw.length}>>`, draw],
    [`<</Type/XObject/Subtype/Image/Width 64/Height 64/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode/Length ${image.length}>>`, image],
    [page('7 0 R')],
    ['<</Length 0>>', new Uint8Array(0)],
  ]);
  const [document] = await opener.bytes(bytes, 'scan.pdf');
  assert.deepEqual(
    document!.pages.map((p) => p.scanned ?? false),
    [true, false],
  );
  assert.deepEqual(readDisclosure([document!]).scannedPages, [{ file: 0, page: 1 }]);
});

const sample = '表一\n\n2025年收支总表\n\n单位：万元\n\n收入\t\t支出\t\n项目\t预算数\t项目\t预算数\n合计\t3.00\t合计\t3.00\n';
/** 表一 … in GB18030, byte by byte for the few characters needed. */
const gbk: Record<string, number[]> = { 表: [0xb1, 0xed], 一: [0xd2, 0xbb], 预: [0xd4, 0xa4], 算: [0xcb, 0xe3] };

test('UTF-8 and UTF-16 with marks are read alike', async () => {
  const utf16 = (big: boolean) => {
    const out = new Uint8Array(2 + sample.length * 2);
    out.set(big ? [0xfe, 0xff] : [0xff, 0xfe]);
    [...sample].forEach((c, i) => out.set(big ? [c.charCodeAt(0) >> 8, c.charCodeAt(0) & 255] : [c.charCodeAt(0) & 255, c.charCodeAt(0) >> 8], 2 + 2 * i));
    return out;
  };
  const kinds = async (b: Uint8Array) => readDisclosure(await opener.bytes(b, 'a.txt')).tables.map((t) => [t.id, t.kind, t.rows.length]);
  const wanted = [['表一', 'income-expenditure', 1]];
  assert.deepEqual(await kinds(strToU8(sample)), wanted);
  assert.deepEqual(await kinds(strToU8(`\ufeff${sample}`)), wanted);
  assert.deepEqual(await kinds(utf16(false)), wanted);
  assert.deepEqual(await kinds(utf16(true)), wanted);
});

test('names of files in an archive packed on a Chinese Windows are shown in characters', async () => {
  const bytes = zipSync({ 'XXXX.txt': strToU8(sample) });
  const name = [...gbk['预']!, ...gbk['算']!];
  for (let i = 0; i + 4 <= bytes.length; i += 1) if (bytes[i] === 0x58 && bytes[i + 1] === 0x58 && bytes[i + 2] === 0x58 && bytes[i + 3] === 0x58) bytes.set(name, i);
  const documents = await opener.bytes(bytes, 'a.zip');
  assert.deepEqual(
    documents.map((d) => d.file),
    ['预算.txt'],
  );
  assert.equal(readDisclosure(documents).tables.length, 1);
});

test('texts of endless lines or of one endless line are refused before they are split; the longest allowed ones stay within five seconds', { timeout: 60_000 }, async () => {
  for (const text of ['一\n'.repeat(2_000_000), '一'.repeat(2_600_000)]) {
    const error = await bounded(strToU8(text), 'long.txt');
    assert.equal(error?.code, 'too-large');
  }
  const head = '表一\n2025年一般公共预算支出表\n单位：万元\n科目编码 科目名称 总计 基本支出 项目支出\n合计 1.00 1.00\n';
  for (const text of [`${head}${'20101 1.00\n'.repeat(45_000)}`, `2025年部门预算说明\n一、情况\n${'50000711T000000 \n'.repeat(45_000)}`]) {
    const start = process.cpuUsage();
    readDisclosure(await opener.bytes(strToU8(text), 'long.txt'));
    const used = process.cpuUsage(start);
    assert.ok((used.user + used.system) / 1000 < 5000, `${(used.user + used.system) / 1000} ms of processor`);
  }
});
