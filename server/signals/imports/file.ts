// The stored file as records: unpacked when gzipped, decoded by what it is (UTF-8, UTF-16 or GB 18030), split by its own delimiter.
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CsvReader, type CsvRecord, delimiterOf } from '#core/signals/csv.ts';
import { openFile } from '../../platform/files.ts';

export interface Looked {
  encoding: 'utf-8' | 'utf-16le' | 'gb18030';
  delimiter: string;
  header: string[];
  rows: string[][];
}
const MAX_UNPACKED = 4 * 1024 ** 3;

/** Bytes of the file, unpacked; counts what of the stored file was read. */
async function* unpacked(dir: string, sha256: string, count: (bytes: number) => void): AsyncGenerator<Buffer> {
  const { stream } = await openFile(dir, sha256);
  const head = await new Promise<Buffer | null>((done, fail) => {
    stream.once('error', fail);
    stream.once('end', () => done(null));
    stream.once('readable', () => done(stream.read() as Buffer | null));
  });
  if (!head) return;
  stream.unshift(head);
  stream.on('data', (b: Buffer | string) => count(b.length));
  const source: Readable = head[0] === 0x1f && head[1] === 0x8b ? stream.pipe(createGunzip()) : stream;
  if (source !== stream) stream.on('error', (e) => source.destroy(e));
  let size = 0;
  try {
    for await (const part of source) {
      size += (part as Buffer).length;
      if (size > MAX_UNPACKED) throw new Error('解压后超过 4 GB');
      yield part as Buffer;
    }
  } finally {
    stream.destroy();
  }
}

/** Reads the file through once: what it is written in, its header and its first rows. Throws with a reason when it is no table. */
export async function lookAt(dir: string, sha256: string): Promise<Looked> {
  const heads: Buffer[] = [];
  let held = 0;
  let utf8: TextDecoder | undefined = new TextDecoder('utf-8', { fatal: true });
  for await (const part of unpacked(dir, sha256, () => {})) {
    if (held < 256 * 1024) {
      heads.push(part);
      held += part.length;
    }
    try {
      utf8?.decode(part, { stream: true });
    } catch {
      utf8 = undefined;
    }
    // Once it is known not to be UTF-8 only the head is of interest.
    if (!utf8 && held >= 256 * 1024) break;
  }
  const head = Buffer.concat(heads);
  if (!head.length) throw new Error('文件是空的');
  const encoding = head[0] === 0xff && head[1] === 0xfe ? 'utf-16le' : utf8 ? 'utf-8' : 'gb18030';
  const text = new TextDecoder(encoding).decode(head);
  if (text.includes('\u0000')) throw new Error('不是文本表格（含有空字符）；Excel 文件请另存为 CSV');
  const delimiter = delimiterOf(text);
  const reader = new CsvReader(delimiter);
  const records = reader.feed(text);
  if (records.length < 21 && held < 256 * 1024) records.push(...reader.end());
  const header = records[0]?.cells.map((c) => c.trim().slice(0, 200)) ?? [];
  if (header.filter(Boolean).length < 2) throw new Error('第一行应是列名，至少两列');
  return { encoding, delimiter, header, rows: records.slice(1, 21).map((r) => r.cells.map((c) => c.slice(0, 200))) };
}

/** Records below the header, in order; `read` hears how many bytes of the stored file have been read. */
export async function* recordsOf(dir: string, sha256: string, looked: Looked, read: (bytes: number) => void = () => {}): AsyncGenerator<CsvRecord[]> {
  const decoder = new TextDecoder(looked.encoding);
  const reader = new CsvReader(looked.delimiter);
  let first = true;
  const body = (records: CsvRecord[]): CsvRecord[] => {
    if (!first || !records.length) return records;
    first = false;
    return records.slice(1);
  };
  for await (const part of unpacked(dir, sha256, read)) yield body(reader.feed(decoder.decode(part, { stream: true })));
  yield body([...reader.feed(decoder.decode()), ...reader.end()]);
}
